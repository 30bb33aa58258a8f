"""The disk cache: what is found again is what would be compiled, and never what is out of date."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import linecache
import os
import stat
import subprocess
import sys
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import field, make_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import adcompile
from adcompile import grad, hvp, jacobian, jvp, linearize, value_and_grad, vjp
from adcompile.cache import disk, folder
from adcompile.cache.libraries import environment, is_library, version_of
from adcompile.cache.survey import Survey
from adcompile.dispatch.products import _states
from adcompile.rules.dsl import REGISTRY
from tests.helpers import assert_same_value
from tests.zoo import CASES

X = np.array([0.5, -1.2, 0.8])
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of its own, without the rules that other tests have registered."""
    monkeypatch.delenv("ADCOMPILE_CACHE")
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(REGISTRY, "by_users", [])
    monkeypatch.setattr(folder, "_warned", set())
    monkeypatch.syspath_prepend(str(tmp_path))
    _states.clear()
    yield tmp_path / "cache" / "programs"
    for name in [n for n in sys.modules if n.startswith("written_")]:
        del sys.modules[name]


def module(tmp_path: Path, text: str, name: str = "written_main") -> ModuleType:
    """A module of this text, as a new process would import it."""
    path = tmp_path / f"{name}.py"
    path.write_text("import numpy as np\n" + textwrap.dedent(text))
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    linecache.checkcache(str(path))
    return importlib.import_module(name)


def found(f: Any) -> bool:
    """Whether the last program of a new derivative came from disk."""
    return f.cache_info().from_disk == 1


def files(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.py"))


def check_again(make: Callable[[], Any], *args: Any, kept: bool = True) -> None:
    """A derivative is compiled and then found again, with the same text and values."""
    first = make()
    wanted = first(*args)
    assert not found(first)
    second = make()
    assert_same_value(second(*args), wanted)
    assert found(second) == kept
    assert second.source == first.source


# -- what is the same


def test_a_program_is_found_again(cache: Path) -> None:
    def f(x):
        return np.sum(np.sin(x) * x)

    check_again(lambda: grad(f), X)
    (path,) = files(cache)
    assert path.name.startswith("f_grad-")
    assert path.read_text().endswith(grad(f).source_for(X))
    compile(path.read_text(), str(path), "exec")


@pytest.mark.parametrize(
    "case", [c for c in CASES if "rev" in c.modes and c.seed % 6 == 0], ids=str
)
def test_the_zoo(case: Any) -> None:
    """Everything that decides whether a program is the one for a call is told again."""
    kwargs = dict(case.kwargs)
    first = value_and_grad(case.function, case.argnums)
    try:
        wanted = first(*case.args(), **kwargs)
    except adcompile.NonScalarOutput:
        return
    second = value_and_grad(case.function, case.argnums)
    assert_same_value(second(*case.args(), **kwargs), wanted)
    a, b = first.state.last.program, second.state.last.program
    assert a.text == b.text
    if not found(second):
        return
    same = ("guards", "layouts", "written", "symbols", "changes", "floats", "has_effects", "names")
    for name in same:
        assert getattr(a, name) == getattr(b, name), name
    assert a.constants == b.constants
    assert [v for _, v in a.identities] == [v for _, v in b.identities]
    assert [(c.name, c.handle) for c in a.captures] == [(c.name, c.handle) for c in b.captures]
    assert [n for _, n in a.shared] == [n for _, n in b.shared]
    assert [n for n, _ in a.roots] == [n for n, _ in b.roots]


def test_most_of_the_zoo_is_kept() -> None:
    """So that the test above says something."""
    cases = [c for c in CASES if "rev" in c.modes and c.seed % 40 == 0]
    kept = 0
    for case in cases:
        for _ in range(2):
            f = grad(case.function, case.argnums)
            try:
                f(*case.args(), **dict(case.kwargs))
            except adcompile.NonScalarOutput:
                break
        kept += f.cache_info().from_disk
    assert kept > 0.9 * len(cases)


def test_all_kinds_of_derivatives() -> None:
    def f(x):
        return np.sum(np.sin(x) * x)

    v = np.ones(3)
    calls: dict[str, Callable[[], Any]] = {
        "jvp": lambda: jvp(f, (X,), (v,)),
        "vjp": lambda: vjp(f, X)[1](2.0),
        "linearize": lambda: linearize(f, X)[1](v),
        "hvp": lambda: hvp(f)(X, v),
        "jacobian": lambda: jacobian(grad(f))(X),
        "nested": lambda: grad(lambda x: np.sum(grad(f)(x) ** 2))(X),
        "plain": lambda: grad(f, optimize=False)(X),
    }
    for call in calls.values():
        _states.clear()
        wanted = call()
        _states.clear()
        assert_same_value(call(), wanted)
    states = list(_states.values())
    assert [s.from_disk for s in states] == [1] * len(states)


def test_a_program_that_is_run_again_with_numpy_floats() -> None:
    for k in range(2):
        f = grad(lambda x: x**0.5)
        assert f(0.0) == np.inf
        assert f.cache_info().from_disk == 2 * k


def test_guards_hold_as_in_memory() -> None:
    """One signature, several programs: by a length, by an integer."""

    def f(x, n):
        total = 0.0
        for k in range(n):
            total = total + x[k] if x.shape[0] > 2 else total * x[0]
        return total * x[:1].sum() + np.sum(x[: n - 1] * np.ones(1))

    points = [(X, 2), (X, 3), (X[:2], 2), (np.arange(5.0), 2)]
    wanted = [grad(f)(*p) for p in points]
    again = grad(f)
    for p, w in zip(points, wanted):
        assert_same_value(again(*p), w)
    assert again.cache_info().from_disk == again.cache_info().misses


def test_memory_layouts_are_told_apart() -> None:
    def f(A):
        B = A.copy()
        C = B.reshape(-1)
        C[0] = 2.0
        return np.sum(B * A.reshape(B.shape))

    A = np.arange(6.0).reshape(2, 3)
    for _ in range(2):
        assert_same_value(grad(f)(A), grad(f)(np.asfortranarray(A)))


def test_what_is_outside_is_read_at_each_call(tmp_path: Path) -> None:
    text = """
        SCALE = 2.0
        TABLE = {"w": np.ones(3), "name": "relu"}

        class Model:
            def __init__(self):
                self.weight = 3.0
                self.calls = 0

            def loss(self, x):
                self.calls += 1
                return self.weight * np.sum(TABLE["w"] * x**2) * SCALE

        MODEL = Model()

        def f(x):
            return MODEL.loss(x)
        """
    m = module(tmp_path, text)
    check_again(lambda: grad(m.f), X)
    m = module(tmp_path, text)
    g = grad(m.f)
    for scale, weight in ((2.0, 3.0), (5.0, -1.0)):
        m.SCALE, m.MODEL.weight, m.TABLE["w"] = scale, weight, np.full(3, scale)
        np.testing.assert_allclose(g(X), 2 * scale * scale * weight * X)
    assert found(g)
    assert m.MODEL.calls == 2
    check_again(lambda: grad(m.MODEL.loss), X)


def test_effects_and_exceptions_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
        def f(x):
            print("sum", np.sum(x))
            if x[0] > 5.0:
                raise ValueError("too large")
            return np.sum(x * x)
        """
    m = module(tmp_path, text)
    notes, outputs = [], []
    for k in range(2):
        g = grad(m.f)
        g(X)
        assert found(g) == (k == 1)
        with pytest.raises(ValueError, match="too large") as caught:
            g(10 + X)
        notes.append(getattr(caught.value, "__notes__", []))
        outputs.append(capsys.readouterr().out)
        shown = "".join(traceback.format_exception(caught.value))
        assert "raise ValueError" in shown
        assert "written_main.py:6" in shown or sys.version_info < (3, 11)
    assert notes[0] == notes[1]
    assert outputs[0] == outputs[1]


def test_another_process_finds_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import numpy as np
        from adcompile import grad

        SCALE, NAMES = 3.0, {"b", "a"}

        def activation(name, x):
            return np.tanh(x) if name in ("tanh", "sigmoid") else np.maximum(x, 0)

        def f(x, name="tanh"):
            return SCALE * np.sum(activation(name, x))

        g = grad(f)
        g(np.array([0.5, 1.0]))
        print(g.cache_info().from_disk)
        print(g.source)
    """)
    )

    first, second = (run_script(script, PYTHONHASHSEED=seed) for seed in "12")
    assert first.startswith("0\n")
    assert second == first.replace("0\n", "1\n", 1)


def run_script(script: Path, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# -- what is out of date


CHANGES: dict[str, tuple[str, str, str]] = {
    "the function": ("x**2", "x**3", "return np.sum(helper(x))"),
    "a helper": ("x**2", "x**3", ""),
    "a helper of a helper": ("3.0 * y", "4.0 * y", ""),
    "a static global": ('KIND = "square"', 'KIND = "cube"', ""),
    "a flag": ("FLAG = False", "FLAG = True", ""),
    "names in a tuple": ('ORDERS = ("a", "b")', 'ORDERS = ("b", "b")', ""),
    "a default": ("power=2", "power=4", ""),
    "a constant of a class": ("EXPONENTS = (2, 3)", "EXPONENTS = (2, 5)", ""),
    "a method": ("return self.k * v", "return self.k + v", ""),
    "a base class": ("return v * v", "return v * v * v", ""),
    "a property": ("return 2.0 * self.k", "return 3.0 * self.k", ""),
    "a member of an enum": ("FIRST = 2", "FIRST = 3", ""),
    "an argument of a partial": ("partial(scaled, 2.0)", "partial(scaled, 2.5)", ""),
    "a decorated function": ("return fn(x) + 1.0 * x", "return fn(x) + 2.0 * x", ""),
    "what an alias names": ("ALIAS = plus", "ALIAS = minus", ""),
    "a function in a table": ('TABLE = {"g": plus}', 'TABLE = {"g": minus}', ""),
    "a derivative inside": ("INNER = grad(cube)", "INNER = grad(fourth)", ""),
    "of what it is the derivative": ("INNER = grad(cube)", "INNER = jacobian(cube)", ""),
    "a field of a dataclass": ("slope: float = 1.5", "slope: float = 2.5", ""),
    "the order of the fields": ("a: float\n    b: float", "b: float\n    a: float", ""),
    "a loop's length": ("for _ in range(2)", "for _ in range(3)", ""),
}

PROGRAM = """
from dataclasses import dataclass
from enum import Enum
from functools import partial, wraps
from typing import NamedTuple
from adcompile import grad, jacobian

KIND = "square"
FLAG = False
ORDERS = ("a", "b")

class Order(Enum):
    FIRST = 2

class Base:
    EXPONENTS = (2, 3)
    def square(self, v):
        return v * v

class Layer(Base):
    def __init__(self, k):
        self.k = k
    @property
    def double(self):
        return 2.0 * self.k
    def __call__(self, v):
        return self.k * v

LAYER = Layer(3.0)

@dataclass
class Line:
    slope: float = 1.5

class Pair(NamedTuple):
    a: float
    b: float

def scaled(k, x):
    return k * x

SCALED = partial(scaled, 2.0)

def decorate(fn):
    @wraps(fn)
    def wrapper(x):
        return fn(x) + 1.0 * x
    return wrapper

@decorate
def decorated(x):
    return x * x

def plus(x):
    return x + x * x

def minus(x):
    return x - x * x

ALIAS = plus
TABLE = {"g": plus}

def cube(x):
    return np.sum(x**3)

def fourth(x):
    return np.sum(x**4)

INNER = grad(cube)

def inner_helper(y):
    return 3.0 * y

def helper(x, power=2):
    y = x**2 + x**power
    for _ in range(2):
        y = inner_helper(y) if KIND == "square" else y * x
    if FLAG:
        y = y * 2.0
    if "a" in ORDERS:
        y = y + x
    pair = Pair(x[0], 2.0 * x[1])
    y = LAYER(y) + LAYER.square(x) * LAYER.double + x ** LAYER.EXPONENTS[1]
    y = y + SCALED(x) + decorated(x) + ALIAS(x) + TABLE["g"](x) + INNER(x) * Line().slope
    return y + x ** Order.FIRST.value + pair[0] * pair[0]

def f(x):
    return np.sum(helper(x))
"""


def by_differences(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    steps = 1e-6 * np.eye(len(x))
    return np.array([(f(x + s) - f(x - s)) / 2e-6 for s in steps])


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_compiled_anew(change: str, tmp_path: Path) -> None:
    """Each change, and none that was not made."""
    before, after, _ = CHANGES[change]
    assert PROGRAM.count(before) == 1 or change in ("the function", "a helper")
    x = np.array([0.5, 1.2, 0.8])
    m = module(tmp_path, PROGRAM)
    grad(m.f)(x)
    m = module(tmp_path, PROGRAM)
    again = grad(m.f)
    np.testing.assert_allclose(again(x), by_differences(m.f, x), rtol=1e-5)
    assert found(again)
    m = module(tmp_path, PROGRAM.replace(before, after, 1))
    changed = grad(m.f)
    np.testing.assert_allclose(changed(x), by_differences(m.f, x), rtol=1e-5)
    assert not found(changed)


def test_a_changed_module_next_to_it(tmp_path: Path) -> None:
    """Read by attribute, under the name of a module; also where that name is another function's."""
    text = """
        import written_other

        def f(x):
            return np.sum(written_other.g(x) * written_other.FACTOR)
        """
    values = []
    for other in (
        "FACTOR = 2.0\ndef g(x):\n    return x**2\n",
        "FACTOR = 3.0\ndef g(x):\n    return x**2\n",
        "FACTOR = 3.0\ndef g(x):\n    return x**3\n",
        "FACTOR = 3.0\ndef g(x):\n    return x**3\ndef h(x):\n    return x**4\ng = h\n",
    ):
        module(tmp_path, other, "written_other")
        g = grad(module(tmp_path, text).f)
        np.testing.assert_allclose(g(X), by_differences(g.__wrapped__, X), rtol=1e-5)
        values.append(found(g))
    assert values == [False, True, False, False]


@pytest.mark.parametrize(
    "body",
    ["import written_other as o; x = o.g(x) * o.K", "from written_other import K, g; x = g(x) * K"],
)
def test_a_module_that_the_function_imports(body: str, tmp_path: Path) -> None:
    text = f"def f(x):\n    {body}\n    return np.sum(x)\n"
    for other in ("K = 2.0\ndef g(x):\n    return x**2\n", "K = 3.0\ndef g(x):\n    return x**3\n"):
        for _ in range(2):
            module(tmp_path, other, "written_other")
            g = grad(module(tmp_path, text).f)
            np.testing.assert_allclose(g(X), by_differences(g.__wrapped__, X), rtol=1e-5)


def test_names_that_are_put_together(tmp_path: Path) -> None:
    text = """
        import written_other as o
        def f(x, kind):
            return np.sum(getattr(o, "act_" + kind)(x) + getattr(o, f"{kind}_factor"))
        """
    for k, other in enumerate(
        (
            "def act_a(x):\n    return x**2\na_factor = 1.0\n",
            "def act_a(x):\n    return x**3\na_factor = 1.0\n",
            "def b(x):\n    return x**4\ndef c(x):\n    return x\na_factor = 1.0\nact_a = b\n",
        )
    ):
        module(tmp_path, other, "written_other")
        g = grad(module(tmp_path, text).f)
        np.testing.assert_allclose(
            g(X, "a"), by_differences(lambda x: g.__wrapped__(x, "a"), X), rtol=1e-5
        )


def test_a_module_named_like_a_standard_one(tmp_path: Path) -> None:
    """A script's own `code.py` or `profile.py` comes before the standard library's."""
    before = sys.modules.pop("symtable", None)
    try:
        seen = []
        for body in ("x**2", "x**2", "x**3"):
            version_of.cache_clear()
            m = module(tmp_path, f"def f(x):\n    return np.sum({body})\n", "symtable")
            g = grad(m.f)
            np.testing.assert_allclose(g(X), by_differences(m.f, X), rtol=1e-5)
            seen.append(found(g))
        assert seen == [False, True, False]
    finally:
        version_of.cache_clear()
        sys.modules.pop("symtable", None)
        if before is not None:
            sys.modules["symtable"] = before


def test_closures_are_told_apart(tmp_path: Path) -> None:
    m = module(
        tmp_path,
        """
        def make(fn, flag, shift):
            def f(x):
                return np.sum(fn(x - shift)) if flag else np.sum(x)
            return f
        """,
    )
    sine, cosine = np.sin, np.cos
    seen = []
    for args in (
        (sine, True, 0.5),
        (cosine, True, 0.5),
        (sine, False, 0.5),
        (sine, True, 0.25),
        (sine, True, np.ones(3)),
        (lambda x: x**2, True, 0.0),
        (lambda x: x**3, True, 0.0),
    ):
        f = m.make(*args)
        g = grad(f)
        np.testing.assert_allclose(g(X), by_differences(f, X), rtol=1e-5, atol=1e-8)
        seen.append(found(g))
    assert seen == [False, False, False, True, False, False, False]


def test_arguments_that_are_not_numbers_are_told_apart(tmp_path: Path) -> None:
    def f(x, kind, fn):
        return np.sum(fn(x)) if kind == "fn" else np.sum(x * x)

    first, second = (lambda x: x**3), (lambda x: x**4)
    seen = []
    for kind, fn in (("fn", first), ("fn", second), ("no", first), ("fn", np.sin), ("fn", first)):
        g = grad(f)
        np.testing.assert_allclose(
            g(X, kind, fn), by_differences(lambda x: f(x, kind, fn), X), rtol=1e-5
        )
        seen.append(found(g))
    assert seen == [False, False, False, False, True]


def test_what_claims_to_be_of_a_library_is_told_apart() -> None:
    """A wrapper takes the name and module of what it wraps; made classes say they are of others."""

    def wrapper(power):
        @functools.wraps(np.linalg.norm)
        def norm(x):
            return x**2 if power == 2 else x**3

        return norm

    def other(power):
        @functools.wraps(np.linalg.norm)
        def norm(x):
            return x**4

        return norm

    points = [make_dataclass("P", [("a", float, field(default=d))]) for d in (2.0, 3.0)]
    modules = [ModuleType("numpy"), ModuleType("math")]
    generated = [exec_as_library(f"def f(x): return x ** {n}") for n in (2, 3)]
    for one, two in (
        points,
        modules,
        generated,
        (wrapper(2), other(2)),
        (np.linalg.norm, other(2)),
    ):
        assert digest(one) != digest(two)


def test_which_modules_are_libraries() -> None:
    for name in ("math", "sys", "builtins", "functools", "numpy", "numpy.linalg", "adcompile.api"):
        assert is_library(name), name
    for name in ("__main__", "tests", "tests.zoo", "written_main", "no.such", None, 3):
        assert not is_library(name), name


def exec_as_library(text: str) -> Any:
    namespace = {"__name__": "numpy.linalg"}
    exec(text, namespace)
    return namespace["f"]


def test_rules_of_the_user_are_told_apart(tmp_path: Path) -> None:
    text = """
        import numpy as np
        from adcompile import custom_jvp, custom_vjp, grad, rule

        @custom_vjp
        def c(x):
            return np.sum(x)

        c.defvjp(lambda x: (np.sum(x), x), lambda x, bar: (2.0 * bar * x,))

        @custom_jvp
        def d(x):
            return 1.0 * x

        d.defjvps(lambda x_dot, value, x: 3.0 * x_dot)

        def cube(x):
            return x**3

        @rule(cube)
        def _(x, *, x_dot):
            return 5.0 * x_dot

        def f(x):
            return c(x) + np.sum(cube(x)) + np.sum(d(x))

        g = grad(f)
        slope = g(np.array([1.0]))
        print(g.cache_info().from_disk, slope[0])
        """
    told = []
    for factor in ("2.0", "2.0", "7.0"):
        script = tmp_path / "rules.py"
        script.write_text(textwrap.dedent(text.replace("2.0 * bar", f"{factor} * bar")))
        told.append(run_script(script))
    assert told == ["0 10.0", "1 10.0", "0 15.0"]


def test_versions_are_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return np.sum(x * x)

    check_again(lambda: grad(f), X)
    environment.cache_clear()
    monkeypatch.setattr(adcompile, "__version__", "0.0.0")
    try:
        check_again(lambda: grad(f), X)
    finally:
        environment.cache_clear()


# -- what is not kept


def test_what_cannot_be_told_in_text_is_not_kept(cache: Path, tmp_path: Path) -> None:
    import threading

    lock = threading.Lock()
    rng = np.random.default_rng(0)

    def locked(x):
        with lock:
            return np.sum(x * x)

    def noisy(x):
        return np.sum(x * x) + rng.normal()

    def with_default(x, what=object()):
        return np.sum(x * x)

    for f in (locked, with_default):
        check_again(lambda f=f: grad(f), X, kept=False)
    grad(noisy)(X)
    assert files(cache) == []


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", "0")

    def f(x):
        return np.sum(x * x)

    check_again(lambda: grad(f), X, kept=False)
    assert not cache.exists()


# -- files


def kept_file(cache: Path) -> tuple[Callable[[Any], Any], Path]:
    def f(x):
        return np.sum(x * x)

    grad(f)(X)
    (path,) = files(cache)
    return f, path


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace("2 * x", "3 * x"),
        lambda text: text.replace("# key ", "# key 0"),
        lambda text: text.replace("format 1", "format 99"),
        lambda text: text + "\n# more",
        lambda text: "\x00" * 100,
        lambda text: "import os\nraise SystemExit\n",
    ],
)
def test_a_spoilt_file_is_ignored(spoil: Callable[[str], str], cache: Path) -> None:
    f, path = kept_file(cache)
    whole = path.read_text()
    assert spoil(whole) != whole
    path.write_text(spoil(whole))
    g = grad(f)
    assert_same_value(g(X), 2 * X)
    assert not found(g)
    assert path.read_text() == whole  # it is written again
    g = grad(f)
    g(X)
    assert found(g)


def test_a_file_of_another_function_is_ignored(cache: Path) -> None:
    f, path = kept_file(cache)

    def other(x):
        return np.sum(x**3)

    grad(other)(X)
    (theirs,) = [p for p in files(cache) if p != path]
    path.write_bytes(theirs.read_bytes())
    g = grad(f)
    assert_same_value(g(X), 2 * X)
    assert not found(g)


posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_is_not_read(what: str, cache: Path) -> None:
    f, path = kept_file(cache)
    os.chmod(path if what == "file" else cache, 0o722)
    g = grad(f)
    with pytest.warns(RuntimeWarning, match="others may write"):
        g(X)
    assert not found(g)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        grad(f)(X)


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_belongs_to_others_is_not_read(
    what: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, path = kept_file(cache)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    g = grad(f)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        g(X)
    assert not found(g)


@posix
def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    f, path = kept_file(cache)
    moved = tmp_path / "elsewhere.py"
    path.rename(moved)
    path.symlink_to(moved)
    g = grad(f)
    g(X)
    assert not found(g)


@posix
def test_files_are_the_users_alone(cache: Path) -> None:
    before = os.umask(0)
    try:
        _, path = kept_file(cache)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(blocked))

    def f(x):
        return np.sum(x * x)

    check_again(lambda: grad(f), X, kept=False)


def test_a_folder_that_can_only_be_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    f, path = kept_file(cache)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError

    for name in ("replace", "utime", "makedirs", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    os_stat = path.stat()
    monkeypatch.setattr("time.time", lambda: os_stat.st_mtime + 1e6)
    g = grad(f)
    assert_same_value(g(X), 2 * X)
    assert found(g)
    assert_same_value(grad(lambda x: np.sum(x**3))(X), 3 * X**2)
    assert files(cache) == [path]


def test_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADCOMPILE_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert folder.programs() is None

    def f(x):
        return np.sum(x * x)

    check_again(lambda: grad(f), X, kept=False)
    assert folder.files(None) == []
    assert folder.clear() == 0


@pytest.mark.parametrize(
    ("platform", "variables", "wanted"),
    [
        ("linux", {}, "/home/me/.cache/adcompile"),
        ("linux", {"XDG_CACHE_HOME": "/big/cache"}, "/big/cache/adcompile"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/adcompile"),
        ("darwin", {}, "/home/me/Library/Caches/adcompile"),
        ("linux", {"ADCOMPILE_CACHE_DIR": "/mine"}, "/mine"),
    ],
)
@posix
def test_where_it_is(
    platform: str, variables: dict[str, str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADCOMPILE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert str(folder.base()) == wanted


def test_it_is_bounded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not used for the longest time goes first."""
    monkeypatch.setattr(folder, "MAX_FILES", 10)
    cache.mkdir(parents=True, mode=0o700)
    for k in range(15):
        path = cache / f"f-{k}.py"
        path.write_text("x")
        os.utime(path, (k, k))
    (cache / ".left.tmp").write_text("")
    os.utime(cache / ".left.tmp", (0, 0))
    folder.sweep(cache)
    assert [p.name for p in files(cache)] == sorted(f"f-{k}.py" for k in range(6, 15))
    assert not (cache / ".left.tmp").exists()
    monkeypatch.setattr(folder, "MAX_BYTES", 4)
    folder.sweep(cache)
    assert len(files(cache)) == 3


def test_a_key_has_a_bounded_number_of_programs(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "VARIANTS", 3)

    def f(x, n):
        for _ in range(n):
            x = x * x
        return x if n == 1 else x + n * (x[0] if n > 99 else 1.0)

    def g(x, n):
        return x ** [1.0, 2.0, 3.0, 4.0, 5.0][n]

    for n in range(5):
        np.testing.assert_allclose(grad(g)(2.0, n), (n + 1) * 2.0**n)
    assert len(files(cache)) <= 3


def digest(value: Any, *modes: int) -> str:
    survey = Survey()
    survey.add("value", value, *modes)
    return survey.digest()


def test_surveys_agree_only_where_all_is_the_same() -> None:
    a, b = np.ones(3), np.ones(3)
    assert digest([a, a]) != digest([a, b])
    assert digest([a, b]) == digest([b, a])
    assert digest(np.ones(1)) != digest(np.ones(2))
    assert digest(np.ones(3)) == digest(np.zeros(4))
    assert digest(np.ones(3), 1) != digest(np.zeros(3), 1)
    assert digest(1) == digest(2) != digest(1.0)
    assert digest(True) != digest(False)
    assert digest("a") != digest("b")
    assert digest(np.float32(1)) != digest(np.float64(1))
    assert digest({"a": 1.0}) != digest({"b": 1.0})
    assert digest(np.sin) != digest(np.cos)
    assert digest(np.linalg.norm) != digest(np.linalg.det)
    assert digest(inspect.signature) != digest(inspect.getsource)
    loop: list[Any] = []
    loop.append(loop)
    assert digest(loop) != digest([[]])


# -- the command line


def test_the_command_line(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from adcompile.cli import main

    _, path = kept_file(cache)
    assert main(["cache", "dir"]) == 0
    assert capsys.readouterr().out.strip() == str(cache)
    assert main(["cache", "list"]) == 0
    listed = capsys.readouterr().out
    assert "f_grad" in listed and "1 program" in listed
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out.strip() == "1 program removed"
    assert not path.exists()
    assert main(["cache", "list"]) == 0
    assert "0 programs" in capsys.readouterr().out


def test_the_command_line_without_a_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from adcompile.cli import main

    monkeypatch.setenv("ADCOMPILE_CACHE", "0")
    assert main(["cache", "dir"]) == 0
    assert "off" in capsys.readouterr().out
    assert main(["cache", "clear"]) == 0


def test_the_record_is_one_line_of_json(cache: Path) -> None:
    _, path = kept_file(cache)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# adcompile cache")
    assert json.loads(lines[3][2:])["names"] == ["f_grad"]
