"""Where a function's text comes from, and that it is the text of the code that runs."""

from __future__ import annotations

import functools
import importlib
import linecache
import os
import struct
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import MissingRule, SourceUnavailable, UnsupportedSyntax, grad, rule, value_and_grad

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """\
import numpy as np
from adcompile import grad


def f(x):
    return x**2


print(grad(f)(3.0))
"""


def cell(text: str, name: str, **namespace: Any) -> dict[str, Any]:
    """Run a text as notebooks do: its lines are put into linecache under a made-up name."""
    text = textwrap.dedent(text)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), namespace)
    return namespace


def python(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *args], input=text, capture_output=True, text=True, env=environment
    )


# --- files, cells, prompts ------------------------------------------------------------------------


def test_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM, encoding="utf-8")
    done = python(str(script))
    assert done.stdout == "6.0\n", done.stderr


def test_a_module(tmp_path, monkeypatch):
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("from .inner import f\n")
    (tmp_path / "own_package" / "inner.py").write_text("def f(x):\n    return x**3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert grad(importlib.import_module("own_package").f)(2.0) == 12.0


def test_a_module_in_a_zip_file(tmp_path, monkeypatch):
    import zipfile

    archive = tmp_path / "zipped.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("inside_a_zip.py", "def f(x):\n    return x**3\n")
    monkeypatch.syspath_prepend(str(archive))
    assert grad(importlib.import_module("inside_a_zip").f)(2.0) == 12.0


@pytest.mark.parametrize("given", [{}, {"__name__": "__main__"}, {"__name__": None}])
@pytest.mark.parametrize("name", ["<ipython-input-1-0123456789ab>", "/tmp/ipykernel_1/12345.py"])
def test_a_notebook_cell(name, given):
    names = cell("import numpy as np\ndef f(x):\n    return np.sum(x**2)\n", name, **given)
    np.testing.assert_array_equal(grad(names["f"])(np.ones(2)), [2.0, 2.0])


def test_cells_that_redefine_a_function():
    first = cell("def f(x):\n    return x**2\n", "<cell 1>")["f"]
    second = cell("def f(x):\n    return x**3\n", "<cell 2>")["f"]
    assert grad(first)(2.0) == 4.0
    assert grad(second)(2.0) == 12.0


def test_a_cell_whose_name_is_used_again():
    """The first function's text is gone: another text must not stand for it."""
    first = cell("def f(x):\n    return x**2\n", "<one cell>")["f"]
    second = cell("def f(x):\n    return x**3\n", "<one cell>")["f"]
    assert grad(second)(2.0) == 12.0
    with pytest.raises(SourceUnavailable, match="no longer holds"):
        grad(first)(2.0)


def test_ipython():
    shell_module = pytest.importorskip("IPython.core.interactiveshell", reason="needs IPython")
    shell = shell_module.InteractiveShell.instance()
    for text in (
        "import numpy as np; from adcompile import grad",
        "def f(x):\n    return np.sum(x**2)",
        "first = grad(f)(np.ones(2))",
        "def f(x):\n    return np.sum(x**3)",
        "second = grad(f)(np.ones(2)); third = grad(lambda v: v**2)(3.0)",
        "%timeit -n1 -r1 grad(f)(np.ones(2))",
    ):
        assert shell.run_cell(text).success
    np.testing.assert_array_equal(shell.user_ns["first"], [2.0, 2.0])
    np.testing.assert_array_equal(shell.user_ns["second"], [3.0, 3.0])
    assert shell.user_ns["third"] == 6.0


def test_exec_with_and_without_its_text():
    text = "def made(x):\n    return x * x\n"
    assert grad(cell(text, "<made by a test>")["made"])(3.0) == 6.0
    namespace: dict[str, Any] = {}
    linecache.cache.pop("<string>", None)  # Python 3.13 may hold the text of something else
    exec(text, namespace)
    with pytest.raises(SourceUnavailable, match=r"made is not available \(<string>\)") as caught:
        grad(namespace["made"])(3.0)
    assert "linecache" in str(caught.value)


@pytest.mark.parametrize("args", [("-c", PROGRAM), ("-",)])
def test_programs_without_a_file(args):
    """Python 3.13 keeps some of these texts; before, the message says what to do."""
    done = python(*args, text="" if "-c" in args else PROGRAM)
    if done.returncode == 0:
        assert done.stdout == "6.0\n"
    else:
        assert "SourceUnavailable: the source of f is not available" in done.stderr
        assert "Define the function in a file or a notebook cell" in done.stderr


def test_the_interactive_prompt():
    done = python("-i", "-q", text=PROGRAM.replace("\n\n\n", "\n\n"))
    assert "6.0" in done.stdout or "SourceUnavailable: the source of f" in done.stderr
    if sys.version_info < (3, 13):
        assert "Python 3.13" in done.stderr


# --- which function of a line ---------------------------------------------------------------------

square, cube = lambda v: v**2, lambda v: v**3
LINES = [lambda v: v * 2.0, lambda v: v * 3.0, lambda w: w * 3.0]
NESTED = lambda x: (lambda y: y**2)(x) * (lambda z: z**3)(x)
DEFAULTS = lambda x, f=lambda v: v**2: f(x) * 3.0
SPREAD = (
    lambda x:
    x**2
    + x
)  # fmt: skip
MADE = [(lambda x, c=c: x * c) for c in (1.0, 2.0)], [(lambda x, c=c: x * c * c) for c in (3.0,)]


def test_lambdas_on_one_line():
    assert (grad(square)(2.0), grad(cube)(2.0)) == (4.0, 12.0)
    assert [grad(f)(1.0) for f in LINES] == [2.0, 3.0, 3.0]
    assert grad(NESTED)(2.0) == 80.0
    assert grad(DEFAULTS)(2.0) == 12.0
    assert grad(SPREAD)(2.0) == 5.0
    assert [grad(f)(1.0) for made in MADE for f in made] == [1.0, 2.0, 9.0]


def test_a_lambda_among_others_is_found_by_its_code():
    names = cell("a = lambda x: x**2; b = lambda x: x**3; c = [lambda x: x**4]\n", "<one line>")
    assert [grad(f)(1.0) for f in (names["a"], names["b"], *names["c"])] == [2.0, 3.0, 4.0]


def test_a_name_that_is_defined_twice():
    names = cell(
        """
        def f(x):
            return x**2
        g = f
        def f(x):
            return x**3
        if True:
            h = f
            def f(x): return x**4
        """,
        "<defined three times>",
    )
    assert [grad(names[n])(1.0) for n in "ghf"] == [2.0, 3.0, 4.0]


# --- wrapped, bound, made elsewhere ---------------------------------------------------------------


def tenfold(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return 10.0 * fn(*args, **kwargs)

    return wrapper


def unnamed(fn):
    def wrapper(*args):
        return fn(*args) * 10.0

    return wrapper


@tenfold
@tenfold
def wrapped_twice(x):
    return x**2


@unnamed
def wrapped_plainly(x):
    return x**2


@functools.lru_cache
def remembered(x):
    return x**2


def made_in(n):
    class Local:
        def method(self, x):
            return x**n

        @staticmethod
        def static(x):
            return x**n

        @classmethod
        def of_class(cls, x):
            return x**n

        def __call__(self, x):
            return self.method(x) * 2.0

        curried = functools.partialmethod(method)

    return Local


def two(x, y):
    return x * y**2


def test_wrapped_functions():
    assert grad(wrapped_twice)(2.0) == 400.0
    assert grad(wrapped_plainly)(2.0) == 40.0


def test_functions_that_remember_name_the_plain_one():
    with pytest.raises(SourceUnavailable, match=r"remembered\.__wrapped__"):
        grad(remembered)(2.0)
    assert grad(remembered.__wrapped__)(2.0) == 4.0


def test_methods_of_classes_defined_in_functions():
    local = made_in(3)
    assert grad(local().method)(2.0) == 12.0
    assert grad(local.static)(2.0) == 12.0
    assert grad(local.of_class)(2.0) == 12.0
    assert grad(local())(2.0) == 24.0
    assert grad(local().curried)(2.0) == 12.0


def test_partials():
    assert grad(functools.partial(two, y=3.0))(2.0) == 9.0
    assert grad(functools.partial(two, 2.0))(3.0) == 12.0
    assert grad(functools.partial(functools.partial(two, 2.0)))(3.0) == 12.0


# --- files that changed ---------------------------------------------------------------------------


class OneFile:
    """A module whose file a test rewrites."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.py"
        self.name = name

    def write(self, text: str) -> None:
        self.path.write_text(textwrap.dedent(text), encoding="utf-8")

    def load(self) -> types.ModuleType:
        importlib.invalidate_caches()
        return importlib.import_module(self.name)


@pytest.fixture
def file(tmp_path, monkeypatch, request):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = OneFile(tmp_path, f"changing_{abs(hash(request.node.name))}")
    yield made
    sys.modules.pop(made.name, None)


def test_a_constant_that_changed_on_disk(file):
    file.write("def f(x):\n    return x * 2.0\n\n\ndef g(x):\n    return x * 5.0\n")
    module = file.load()
    file.write("def f(x):\n    return x * 3.0\n\n\ndef g(x):\n    return x * 5.0\n")
    with pytest.raises(SourceUnavailable, match="no longer holds the source of f") as caught:
        grad(module.f)(1.0)
    assert "import it again" in str(caught.value)
    assert grad(module.g)(1.0) == 5.0, "its own lines are as they were"


def test_two_statements_on_a_line(file):
    file.write("f = lambda x: x * x; g = 3.0\ny = [\n    2.0]; h = lambda x: y[0] * x\n")
    module = file.load()
    assert grad(module.f)(3.0) == 6.0
    assert grad(module.h)(3.0) == 2.0


def test_a_helper_that_changed_on_disk(file):
    file.write("def helper(x):\n    return x * 2.0\n")
    module = file.load()
    file.write("def helper(x):\n    return x * 3.0\n")

    def calls_it(x):
        return module.helper(x)

    with pytest.raises(SourceUnavailable, match="no longer holds the source of helper"):
        grad(calls_it)(1.0)


@pytest.mark.parametrize(
    "text",
    [
        "# a line more\ndef f(x):\n    return x * 2.0\n",
        "def g(x):\n    return x * 2.0\n",
        "def (\n",
    ],
)
def test_other_changes_on_disk(file, text):
    file.write("def f(x):\n    return x * 2.0\n")
    module = file.load()
    file.write(text)
    with pytest.raises(SourceUnavailable):
        grad(module.f)(1.0)


def test_a_file_that_is_gone(file):
    file.write("def f(x):\n    return x * 2.0\n")
    module = file.load()
    file.path.unlink()
    with pytest.raises(SourceUnavailable, match="f is not available"):
        grad(module.f)(1.0)


def test_a_module_that_is_loaded_again(file):
    file.write("def f(x):\n    return x * 2.0\n")
    module = file.load()
    assert grad(module.f)(1.0) == 2.0
    file.write("def f(x):\n    return x * 3.5 + 1.0\n")
    os.utime(file.path, (1e9, 1e9))
    importlib.reload(module)
    assert grad(module.f)(1.0) == 3.5


def test_every_kind_of_function_compiles_to_its_own_code(file):
    """No false alarm: closures, defaults, decorators, future imports, private names, asserts."""
    file.write(
        '''
        """A docstring."""
        from __future__ import annotations
        import functools, math
        from math import exp as e
        if True:
            import numpy as np

        def logged(fn):
            @functools.wraps(fn)
            def wrapper(*args: list[int], **kwargs) -> Later:
                assert len(args) > 0, f"none of {args!r}"
                return fn(*args, **kwargs)
            return wrapper

        class A:
            __k: Later = 2.0
            def f(self, x: Later, *rest, by=1.5, **kw) -> Later:
                """Doc."""
                def inner(v, w=lambda u: u * 2.0):
                    nonlocal x
                    x = x + w(v)
                    return sum(a * x for a in (1.0, 2.0))
                return inner(x) * self.__k * by

        class B(A):
            @logged
            def f(self, x):
                return super().f(x) + e(math.sin(x)) + np.sum(np.array([x]))

        h = logged(lambda x: x**2 if x > 0 else -x)
        '''
    )
    module = file.load()
    assert grad(module.B().f)(0.5) > 0
    assert grad(module.A().f)(0.5) == 27.0
    assert grad(module.h)(3.0) == 6.0


def asserts_of_a_test_module(x):
    assert x > 0, f"{x} is not positive"
    assert np.isfinite(x)
    return x**2


def test_asserts_that_pytest_rewrites():
    assert grad(asserts_of_a_test_module)(3.0) == 6.0


# --- no source ------------------------------------------------------------------------------------


def packs(x):
    return x * len(struct.pack("d", x))


def packs_a_constant(x):
    return x * len(struct.pack("d", 3.0))


@pytest.mark.parametrize("fn", [struct.pack, len, dict.get, np.random.default_rng, "text".join])
def test_compiled_functions_are_named_with_what_to_do(fn):
    with pytest.raises((SourceUnavailable, MissingRule)) as caught:
        grad(fn)("d", 1.0)
    message = str(caught.value)
    assert fn.__name__ in message
    assert "rule" in message


def test_a_compiled_function_inside_names_itself_and_the_rule():
    with pytest.raises(MissingRule, match=r"struct\.pack has no derivative rule") as caught:
        grad(packs)(3.0)
    assert "@rule" in str(caught.value)
    assert 'struct.pack("d", x)' in str(caught.value)


def test_with_inactive_arguments_no_rule_is_needed():
    assert grad(packs_a_constant)(2.0) == 8.0


def test_a_rule_for_a_function_without_source():
    names = cell("def opaque(x):\n    return x**2\n", "<forgotten>")
    del linecache.cache["<forgotten>"]
    opaque = names["opaque"]

    @rule(opaque)
    def opaque_rule(x, *, result, x_dot):
        return 2.0 * x * x_dot

    def f(x):
        return opaque(x) * 3.0

    assert value_and_grad(f)(2.0) == (12.0, 12.0)


def test_async_functions_and_classes_are_named():
    async def later(x):
        return x

    with pytest.raises(UnsupportedSyntax, match="async def"):
        grad(later)(1.0)
    with pytest.raises(SourceUnavailable, match="Local is a class"):
        grad(made_in(2))(1.0)
