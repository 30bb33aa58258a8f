"""What checkers of types see: the README's programs, and the signatures that transforms keep."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What the README's fragments speak of without defining it.
BEFORE = """
from typing import Any

import numpy as np

from adcompile import *
from adcompile import grad, rule, value_and_grad

params: Any = None
x: Any = None
targets: Any = None
calls: int = 0
"""

SIGNATURES = """
import numpy as np

from adcompile import grad, jacfwd, value_and_grad


@grad
def f(x: float, y: int = 1) -> float:
    return x * y


@value_and_grad(argnums=(0, 1))
def g(x: np.ndarray, *, s: float) -> float:
    return float(np.sum(x) * s)


def h(x: float) -> float:
    return x


f(2.0)
f(2.0, 3)
g(np.ones(2), s=1.0)
grad(grad(h))(2.0)
jacfwd(h, argnums=0)(2.0)
print(f.source.splitlines(), f.source_for(2.0))
f("two")
f()
g(np.ones(2))
grad(grad(h))("two")
"""


def run(tool, *options, path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run(
        [tool, *options, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


def blocks():
    """The README's programs; what shows generated code has an import of its own and no ours."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_checkers_accept_the_programs_of_the_readme(tmp_path):
    found = blocks()
    assert len(found) > 4
    for number, block in enumerate(found):
        own = "import" in block.split("\n\n")[0]
        path = tmp_path / f"block_{number}.py"
        path.write_text(block if own else BEFORE + "\n\n" + block, encoding="utf-8")
    out = run("mypy", "--config-file=", "--check-untyped-defs", path=tmp_path)
    assert "Success" in out, out
    if shutil.which("pyright") is not None:
        out = run("pyright", path=tmp_path)
        assert "0 errors" in out, out


def test_transforms_keep_the_parameters_of_their_functions(tmp_path):
    path = tmp_path / "signatures.py"
    path.write_text(SIGNATURES, encoding="utf-8")
    wrong = [n for n, line in enumerate(SIGNATURES.splitlines(), 1) if line.startswith('f("two')]
    out = run("mypy", "--config-file=", path=path)
    reported = [int(n) for n in re.findall(r"signatures\.py:(\d+): error", out)]
    assert reported == list(range(wrong[0], wrong[0] + 4)), out
