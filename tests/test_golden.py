"""Generated source against the texts under tests/golden.

A change of text is a change to look at: `pytest --update-golden` writes the files anew, and the
diff goes with the commit. Texts are read as they are, so a blank at a line's end counts.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import grad, source
from tests import golden_functions as functions

GOLDEN = Path(__file__).with_name("golden")

VECTOR = np.array([0.7, 1.2, 0.4])
MATRIX = np.array([[0.7, 1.2, 0.4], [1.3, 0.6, 0.9]])

# function, arguments, argnums
SUBJECTS: tuple[tuple[Any, tuple[Any, ...], tuple[int, ...]], ...] = (
    (functions.textbook, (2.0, 5.0), (0, 1)),
    (functions.neuron, (2.0, -1.0, -3.0, -2.0, -3.0), (0, 1, 2, 3, 4)),
    (functions.squared_norm, (VECTOR, MATRIX), (0, 1)),
    (functions.diffuse, (np.arange(6.0), 0.1, 4), (0,)),
    (functions.layer, (MATRIX, MATRIX.T.copy(), np.ones(2)), (1, 2)),
    (functions.product_chain, (1.1, 4), (0,)),
    (functions.newton, (2.0,), (0,)),
    (functions.branches, (0.7, 1.2), (0, 1)),
    (functions.first_above, (VECTOR, 1.0), (0,)),
    (functions.scan, (VECTOR,), (0,)),
    (functions.gather, (VECTOR, np.array([0, 2, 0])), (0,)),
    (
        functions.cross_entropy,
        (
            [(MATRIX.T.copy(), np.ones(2)), (MATRIX[:, :2].copy(), np.ones(2))],
            MATRIX,
            np.eye(2),
        ),
        (0,),
    ),
    (functions.halves, (VECTOR,), (0,)),
)

FLAVOURS = [(mode, flavour) for mode in ("reverse", "forward") for flavour in ("optimized", "flat")]


def generated(function: Any, args: tuple[Any, ...], argnums: Any, mode: str, flat: bool) -> str:
    """The text for this signature: of the gradient, or of the tangent program."""
    flags = {"optimize": False} if flat else {}
    if mode == "reverse":
        return grad(function, argnums=argnums, **flags).source_for(*args)
    text = source(function, mode="forward", argnums=argnums, **flags)
    return text(*args) if callable(text) else str(text)


@pytest.mark.parametrize(("mode", "flavour"), FLAVOURS)
@pytest.mark.parametrize(
    ("function", "args", "argnums"), SUBJECTS, ids=[subject[0].__name__ for subject in SUBJECTS]
)
def test_golden_source(function, args, argnums, mode, flavour, update_golden):
    text = generated(function, args, argnums, mode, flavour == "flat")
    ast.parse(text)
    path = GOLDEN / f"{function.__name__}.{mode}.{flavour}.txt"
    if update_golden:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    assert path.exists(), f"no {path.name}: run pytest --update-golden and look at the text"
    assert text == path.read_text(encoding="utf-8"), (
        f"the text of {path.name} changed: look at the difference, then run pytest --update-golden"
    )


def test_no_golden_file_is_left_over(update_golden):
    wanted = {
        f"{subject[0].__name__}.{mode}.{flavour}.txt"
        for subject in SUBJECTS
        for mode, flavour in FLAVOURS
    }
    present = {path.name for path in GOLDEN.glob("*.txt")}
    if update_golden:
        for name in present - wanted:
            (GOLDEN / name).unlink()
        return
    assert present <= wanted, "golden files of no function"


def test_the_bias_adjoint_is_a_plain_sum():
    """Broadcasting is decided at compile time: no helper is called where a sum will do."""
    args = (MATRIX, MATRIX.T.copy(), np.ones(2))
    text = generated(functions.layer, args, (1, 2), "reverse", False)
    assert ".sum(axis=0)" in text or "np.sum(" in text
    assert "unbroadcast" not in text
    assert "isinstance" not in text


def test_a_linear_program_keeps_no_tape():
    text = generated(functions.diffuse, (np.arange(6.0), 0.1, 4), (0,), "reverse", False)
    code = [line for line in text.splitlines() if not line.strip().startswith("#")]
    assert "append" not in "".join(code)
    loops = [line for line in code if line.strip().startswith("for ")]
    assert len(loops) == 2
