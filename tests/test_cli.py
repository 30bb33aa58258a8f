"""The command line: as a module in a process of its own, and in-process through main()."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adcompile.cli import main

EXAMPLE = '''"""Functions for the command line."""

import numpy as np

from adcompile import grad


def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


@grad(argnums=(0, 1))
def decorated(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def relu(x):
    return np.maximum(0, x)


def chain(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


def squared_norm(x, W):
    q = W @ x
    return np.sum(q * q)


def statements(x, y):
    a = x * y + x
    b = np.sin(a) * y
    return a + b


def weighted(x, scale=2.0, *, power=2):
    return scale * x**power


def refused(x):
    global counter
    counter = 1
    return x * x


not_a_function = 3
'''


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "example.py"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def run_module(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).resolve().parents[1])
    environment = dict(os.environ, PYTHONPATH=root, PYTHONIOENCODING="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "adcompile", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment,
        timeout=120,
        check=False,
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """main() in this process: its status (argparse's exit counts), stdout and stderr."""
    try:
        status = main(list(arguments))
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return status, captured.out.replace("−", "-"), captured.err


def line_of(text: str, name: str) -> str:
    """The table's line for a variable: the first cell that is its name."""
    pattern = re.compile(rf"^[\s|]*{re.escape(name)}(?![\w.])")
    (line,) = [line for line in text.splitlines() if pattern.match(line)]
    return line


# --- as a process ---------------------------------------------------------------------------------


def test_trace_as_a_module(example):
    done = run_module("trace", f"{example}:f", "--at", "x1=2,x2=5")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "11.652" in line_of(done.stdout, "v6")


def test_source_as_a_module(example):
    done = run_module("source", f"{example}:f", "--at", "x1=2.0,x2=5.0")
    assert done.returncode == 0, done.stderr
    ast.parse(done.stdout)
    assert "def f_grad(x1, x2)" in done.stdout


def test_a_module_on_the_path_by_its_dotted_name(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "module.py").write_text(EXAMPLE, encoding="utf-8")
    done = run_module("trace", "package.module:f", "--at", "x1=2,x2=5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "11.652" in done.stdout


def test_errors_of_a_process(example):
    done = run_module("trace", f"{example}:missing", "--at", "x1=2")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "missing" in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


# --- trace ----------------------------------------------------------------------------------------


def test_primal_is_the_default_mode(example, capsys):
    status, out, err = run(capsys, "trace", f"{example}:f", "--at", "x1=2,x2=5")
    assert (status, err) == (0, "")
    expected = {"v0": "2", "v1": "5", "v2": "0.69", "v3": "10", "v4": "-0.95", "v5": "10.69"}
    for name, digits in expected.items():
        assert digits in line_of(out, name)
    assert "11.65" in line_of(out, "v6")


def test_at_may_be_repeated(example, capsys):
    once = run(capsys, "trace", f"{example}:f", "--at", "x1=2,x2=5")
    twice = run(capsys, "trace", f"{example}:f", "--at", "x1=2", "--at", "x2=5")
    assert once == twice


def test_forward_trace(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--mode", "forward", "--wrt", "x1")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert line_of(out, "v6").count("5.5") >= 1
    assert "0.5" in line_of(out, "v2")


def test_reverse_trace_with_respect_to_all_arguments(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--mode", "reverse")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "5.5" in out
    assert "1.716" in out


def test_reverse_trace_with_respect_to_one_argument(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--mode", "reverse")
    status, out, _ = run(capsys, *arguments, "--wrt", "x2")
    assert status == 0
    assert "1.716" in out


def test_seed(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--mode", "reverse", "--seed", "2")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert re.search(r"\b11(\.0*)?(?!\.?\d)", out)
    assert "3.432" in out or "3.433" in out


def test_seed_of_a_vector(example, capsys):
    status, out, _ = run(
        capsys,
        "trace",
        f"{example}:relu",
        "--at",
        "x=[1,-2,3,-1]",
        "--mode",
        "reverse",
        "--seed",
        "[4,-1,5,9]",
    )
    assert status == 0
    assert re.search(r"4\.?0*,?\s+-?0\.?0*,?\s+5\.?0*,?\s+-?0\.?", out)


def test_arrays_from_literals_and_files(example, tmp_path, capsys):
    np.save(tmp_path / "w.npy", np.array([[0.1, 0.5], [-0.3, 0.8]]))
    literal = run(
        capsys,
        "trace",
        f"{example}:squared_norm",
        "--at",
        "x=[0.2,0.4],W=[[0.1,0.5],[-0.3,0.8]]",
    )
    from_file = run(
        capsys,
        "trace",
        f"{example}:squared_norm",
        "--at",
        f"x=[0.2, 0.4],W=@{tmp_path / 'w.npy'}",
    )
    assert literal[0] == 0
    assert literal == from_file
    assert "0.116" in literal[1]


def test_pickled_arrays_are_not_loaded(example, tmp_path, capsys):
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    status, out, err = run(capsys, "trace", f"{example}:relu", "--at", f"x=@{tmp_path / 'o.npy'}")
    assert (status, out) == (2, "")
    assert "o.npy" in err.splitlines()[0]


def test_markdown(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--format", "markdown")
    status, out, _ = run(capsys, *arguments, "--mode", "reverse")
    assert status == 0
    lines = [line for line in out.splitlines() if line.strip()]
    table = [line for line in lines if line.startswith("|")]
    assert len(table) >= 2 + 7
    assert re.fullmatch(r"\|[\s:|-]+\|", table[1])
    assert len({line.count("|") - line.count("\\|") for line in table}) == 1


def test_text_is_the_default_format(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5")
    assert run(capsys, *arguments) == run(capsys, *arguments, "--format", "text")


def test_digits(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5")
    _, few, _ = run(capsys, *arguments, "--digits", "3")
    _, many, _ = run(capsys, *arguments, "--digits", "10")
    assert "11.652071" in many
    assert "11.652071" not in few
    assert "11.65" in few or "11.7" in few


def test_max_rows(example, capsys):
    arguments = ("trace", f"{example}:chain", "--at", "x=1.01,n=200")
    _, everything, _ = run(capsys, *arguments)
    status, some, _ = run(capsys, *arguments, "--max-rows", "10")
    assert status == 0
    assert len(some.splitlines()) < 25
    assert len(some.splitlines()) < len(everything.splitlines())
    assert "..." in some or "…" in some or "more" in some or "omitted" in some


def test_loops_are_unrolled_as_executed(example, capsys):
    status, out, _ = run(capsys, "trace", f"{example}:chain", "--at", "x=2.0,n=3")
    assert status == 0
    for value in ("2", "4", "8"):
        assert re.search(rf"\b{value}(\.0*)?(?![\d.])", out)


def test_griewank_naming(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5", "--naming", "griewank")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "2" in line_of(out, "v-1")
    assert "5" in line_of(out, "v0")
    assert "0.69" in line_of(out, "v1")
    assert "11.65" in line_of(out, "v5")


def test_naming_v_is_the_default(example, capsys):
    arguments = ("trace", f"{example}:f", "--at", "x1=2,x2=5")
    assert run(capsys, *arguments) == run(capsys, *arguments, "--naming", "v")


def test_granularity(example, capsys):
    arguments = ("trace", f"{example}:statements", "--at", "x=2.0,y=5.0")
    _, primitive, _ = run(capsys, *arguments, "--granularity", "primitive")
    status, statement, _ = run(capsys, *arguments, "--granularity", "statement")
    assert status == 0
    assert run(capsys, *arguments)[1] == primitive
    assert len(statement.splitlines()) < len(primitive.splitlines())
    assert "12" in line_of(statement, "v2")
    with pytest.raises(ValueError):
        line_of(statement, "v5")
    assert line_of(primitive, "v6")


def test_a_decorated_function_is_unwrapped(example, capsys):
    status, out, _ = run(capsys, "trace", f"{example}:decorated", "--at", "x1=2,x2=5")
    assert status == 0
    assert "11.65" in out


def test_defaults_and_keyword_only_arguments(example, capsys):
    status, out, _ = run(capsys, "trace", f"{example}:weighted", "--at", "x=3.0")
    assert status == 0 and "18" in out
    status, out, _ = run(capsys, "trace", f"{example}:weighted", "--at", "x=3.0,power=3")
    assert status == 0 and "54" in out


# --- source ---------------------------------------------------------------------------------------


def test_source_is_reverse_by_default(example, capsys):
    arguments = ("source", f"{example}:f", "--at", "x1=2.0,x2=5.0")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "def f_grad(x1, x2)" in out
    assert run(capsys, *arguments, "--mode", "reverse")[1] == out


def test_source_forward(example, capsys):
    arguments = ("source", f"{example}:f", "--at", "x1=2.0,x2=5.0", "--mode", "forward")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    ast.parse(out)
    assert "def f_jvp(x1, x2, x1_dot, x2_dot)" in out


def test_source_without_optimisation(example, capsys):
    arguments = ("source", f"{example}:f", "--at", "x1=2.0,x2=5.0")
    nested = run(capsys, *arguments)[1]
    status, flat, _ = run(capsys, *arguments, "--no-optimize")
    assert status == 0
    ast.parse(flat)
    assert len(flat.splitlines()) > len(nested.splitlines())
    assert re.search(r"\bv\d+\b", flat)


def test_source_without_a_point(example, capsys):
    status, out, _ = run(capsys, "source", f"{example}:f")
    assert status == 0
    ast.parse(out)


def test_source_keeps_the_users_line(example, capsys):
    _, out, _ = run(capsys, "source", f"{example}:f", "--at", "x1=2.0,x2=5.0")
    formula = "    return np.log(x1) + x1 * x2 - np.sin(x2)"
    assert f"example.py:{EXAMPLE.splitlines().index(formula) + 1}" in out
    assert "np.log(x1) + x1 * x2 - np.sin(x2)" in out
    assert str(example.parent) not in out, "no path of the machine"


@pytest.mark.parametrize("flags", [(), ("--no-optimize",)])
@pytest.mark.parametrize(
    ("target", "at", "call", "expected"),
    [
        ("f", "x1=2.0,x2=5.0", "f_grad(2.0, 5.0)", "(5.5, 1.7163378145367738)"),
        ("chain", "x=1.5,n=4", "chain_grad(1.5, 4)", "13.5"),
        (
            "squared_norm",
            "x=[0.2,0.4],W=[[0.1,0.5],[-0.3,0.8]]",
            "squared_norm_grad(np.array([0.2, 0.4]), np.array([[0.1, 0.5], [-0.3, 0.8]]))[0]",
            "np.array([-0.112, 0.636])",
        ),
    ],
)
def test_a_written_module_runs_with_numpy_alone(
    example, tmp_path, capsys, target, at, call, expected, flags
):
    written = tmp_path / "written.py"
    arguments = ("source", f"{example}:{target}", "--at", at, "-o", str(written), *flags)
    if target == "chain":
        arguments = (*arguments, "--wrt", "x")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    program = (
        "import sys; sys.modules['adcompile'] = None\n"
        "import numpy as np, written\n"
        f"got = written.{call}\n"
        f"np.testing.assert_allclose(got, {expected}, rtol=1e-12)\n"
        "loaded = [m for m in sys.modules if m.split('.')[0] in ('adcompile', 'astor')]\n"
        "assert loaded == ['adcompile'], loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- refusals: status 2, and the first line of stderr says all ------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trace", "{file}:missing", "--at", "x1=2"), ("missing",)),
        (("trace", "nowhere.py:f", "--at", "x1=2,x2=5"), ("nowhere.py",)),
        (("trace", "no_such_package.module:f", "--at", "x1=2"), ("no_such_package",)),
        (("trace", "{file}", "--at", "x1=2,x2=5"), (":",)),
        (("trace", "{file}:not_a_function", "--at", "x1=2"), ("not_a_function",)),
        (("trace", "{file}:f", "--at", "x1=2"), ("x2",)),
        (("trace", "{file}:f"), ("x1",)),
        (("trace", "{file}:f", "--at", "x1=2,x2=5,x3=1"), ("x3",)),
        (("trace", "{file}:f", "--at", "x1=2,x2=oops"), ("oops",)),
        (("trace", "{file}:f", "--at", "x1=2,x2=__import__('os')"), ("x2",)),
        (("trace", "{file}:f", "--at", "x1=2,5"), ("5",)),
        (("trace", "{file}:f", "--at", "x1=2,x2=@gone.npy"), ("gone.npy",)),
        (("trace", "{file}:f", "--at", "x1=2,x2=5", "--wrt", "x9", "--mode", "reverse"), ("x9",)),
        (("trace", "{file}:refused", "--at", "x=2.0"), ("global",)),
        (("source", "{file}:refused", "--at", "x=2.0"), ("global",)),
    ],
)
def test_bad_input(example, capsys, arguments, words):
    filled = [argument.replace("{file}", str(example)) for argument in arguments]
    status, out, err = run(capsys, *filled)
    assert status == 2
    assert out == ""
    first = err.splitlines()[0]
    for word in words:
        assert word in first, err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("unknown-command",),
        ("trace",),
        ("trace", "{file}:f", "--at", "x1=2,x2=5", "--mode", "sideways"),
        ("trace", "{file}:f", "--at", "x1=2,x2=5", "--format", "papyrus"),
        ("trace", "{file}:f", "--at", "x1=2,x2=5", "--digits", "many"),
        ("trace", "{file}:f", "--at", "x1=2,x2=5", "--naming", "roman"),
    ],
)
def test_bad_usage(example, capsys, arguments):
    status, out, err = run(capsys, *[part.replace("{file}", str(example)) for part in arguments])
    assert status == 2
    assert out == ""
    assert err
    assert "Traceback" not in err


def test_details_with_carets_below_the_first_line(example, capsys):
    status, _, err = run(capsys, "trace", f"{example}:refused", "--at", "x=2.0")
    assert status == 2
    lines = err.splitlines()
    assert f"example.py:{EXAMPLE.splitlines().index('    global counter') + 1}" in err
    assert any("global counter" in line for line in lines)
    assert any(line.strip() and set(line.strip()) <= set("^ ") for line in lines[1:])


def test_an_exception_of_the_users_function_is_told_in_one_line(example, capsys):
    example.write_text(
        "def guarded(x):\n    assert x > 0, 'x must be positive'\n    return x * x\n",
        encoding="utf-8",
    )
    status, _, err = run(capsys, "trace", f"{example}:guarded", "--at", "x=-2.0")
    assert status == 2
    assert "x must be positive" in err.splitlines()[0]


def test_help_lists_the_commands(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert "trace" in out and "source" in out
