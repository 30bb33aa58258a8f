"""Derivatives at kinks, poles, infinities and NaN: every row of tests/data/edge_semantics.csv.

Each expression becomes real source in a temporary module. A row that lies outside the functions
covered so far is listed below with its reason, and is still run: it must then be refused by name,
or be right. It is never wrong. Rows whose `test` column says "no" state no requirement.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import ADCompileError, grad, jvp, value_and_grad
from tests.helpers import import_source

TABLE = Path(__file__).with_name("data") / "edge_semantics.csv"


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table, read."""

    number: int
    case: str
    expression: str
    point: str
    wrt: str
    recommended: str
    why: str
    test: str

    def __str__(self) -> str:
        return f"{self.number}: {self.case} wrt {self.wrt}"


@cache
def rows() -> tuple[Row, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Row(
                number,
                *(line[k] for k in ("case", "expression", "point", "wrt", "recommended", "why")),
                test=line["test"],
            )
            for number, line in enumerate(csv.DictReader(file), start=2)
        )


# Rows outside the functions covered so far: a pattern in the expression (or the case), and why.
LATER: tuple[tuple[str, str], ...] = ()


def reason_for_later(row: Row) -> str | None:
    for pattern, reason in LATER:
        if re.search(pattern, row.expression) or re.search(pattern, row.case):
            return reason
    return None


REQUIRED = [row for row in rows() if row.test != "no" and reason_for_later(row) is None]
BEYOND = [row for row in rows() if row.test != "no" and reason_for_later(row) is not None]


# --- reading the table ----------------------------------------------------------------------------


def read_value(text: str) -> Any:
    """A number, `[1 2 3]`, `[[1 2] [3 4]]`, `empty(0,)`; scalars are np.float64."""
    text = text.strip()
    if text.startswith("empty"):
        return np.empty(eval(text.removeprefix("empty"), {}))
    if text.startswith("["):
        listed = re.sub(r"(?<=[^\[\s])\s+(?=[^\]\s])", ", ", text)
        return np.array(eval(listed, {"nan": np.nan, "inf": np.inf}), dtype=np.float64)
    if "j" in text:
        return np.complex128(complex(text))
    return np.float64(text)


def read_point(row: Row) -> dict[str, Any]:
    """The arguments by name, in the kinds that the row's case asks for."""
    if row.case == "bool input":
        return {"x": True}
    parts = re.split(r",\s*(?=\w+=)", row.point)
    point = {name: read_value(text) for name, text in (part.split("=", 1) for part in parts)}
    if row.case == "python int":
        point["x"] = int(point["x"])
    elif row.case == "int array":
        point["x"] = point["x"].astype(int)
    elif row.case.startswith("float32"):
        point["x"] = point["x"].astype(np.float32)
    elif row.case.startswith("float16"):
        point["x"] = point["x"].astype(np.float16)
    return point


# No rule of eigh can give this one: at equal eigenvalues the adjoints of values and vectors do
# not say how the function depends on the difference. It must not be a wrong number.
UNDETERMINED = ("eigh degenerate invariant fn",)


def accepted(row: Row) -> list[Any]:
    """The values that pass; the table allows two at one tie."""
    values = [read_value(row.recommended)]
    if "either accepted" in row.why:
        values.append(np.float64(0.0))
    return values


SECOND = re.compile(r"deriv\(lambda t: (?P<body>.*)\)\(x\)$")


def source_of(row: Row) -> tuple[str, bool]:
    """The row as a function definition, and whether its *second* derivative is meant."""
    expression = row.expression
    match = SECOND.match(expression)
    if match:
        expression = re.sub(r"\bt\b", "x", match["body"])
    parameters = list(read_point(row))
    text = (
        "import math\n\nimport numpy as np\nimport scipy.special\n\n\n"
        if "scipy" in expression
        else "import math\n\nimport numpy as np\n\n\n"
    )
    text += f"def f({', '.join(parameters)}):\n    return {expression}\n"
    if match:
        text += (
            "\n\nfrom adcompile import jvp\n\n\n"
            f"def slope({', '.join(parameters)}):\n"
            f"    return jvp(f, ({', '.join(parameters)},), "
            f"({', '.join('1.0' if p == row.wrt else 'None' for p in parameters)},))[1]\n"
        )
    return text, bool(match)


def equal(actual: Any, expected: Any) -> bool:
    if np.shape(actual) != np.shape(expected):
        return False
    return np.allclose(actual, expected, rtol=5e-4, atol=1e-12, equal_nan=True)


def by_reverse(function: Callable[..., Any], row: Row) -> Any:
    return grad(function, argnums=row.wrt)(*read_point(row).values())


def by_forward(function: Callable[..., Any], row: Row) -> Any:
    """The derivative entry by entry: one jvp for each unit tangent."""
    point = read_point(row)
    at = point[row.wrt]
    if isinstance(at, np.complexfloating):  # df/dx - 1j * df/dy
        slopes = [_tangent(function, row, unit) for unit in (1.0, 1j)]
        return np.reshape(slopes[0] - 1j * slopes[1], ())
    if isinstance(at, (int, np.generic)):
        return np.reshape(_tangent(function, row, 1.0), ())
    entries = []
    for index in np.ndindex(at.shape):
        unit = np.zeros_like(at)
        unit[index] = 1
        entries.append(np.reshape(_tangent(function, row, unit), ()))
    return np.array(entries).reshape(at.shape)


def _tangent(function: Callable[..., Any], row: Row, direction: Any) -> Any:
    point = read_point(row)
    if not isinstance(direction, np.ndarray) and isinstance(point[row.wrt], np.generic):
        direction = type(point[row.wrt])(direction)
    tangents = tuple(direction if name == row.wrt else None for name in point)
    return jvp(function, tuple(point.values()), tangents)[1]


def derivative(row: Row, mode: str, directory: Path) -> Any:
    text, second = source_of(row)
    module = import_source(text, directory, "edge")
    function = module.f
    if second:  # then its first derivative is what by_reverse or by_forward differentiates
        function = grad(module.f, argnums=row.wrt) if mode == "rev" else module.slope
    with np.errstate(all="ignore"):
        return (by_reverse if mode == "rev" else by_forward)(function, row)


def has_numeric_answer(row: Row) -> bool:
    return row.test in ("exact", "nonfinite")


MODES = ("rev", "fwd")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", [row for row in REQUIRED if has_numeric_answer(row)], ids=str)
def test_row(row, mode, tmp_path):
    actual = derivative(row, mode, tmp_path)
    if row.case in UNDETERMINED:
        assert np.all(np.isnan(actual))
        return
    assert any(equal(actual, value) for value in accepted(row)), (
        f"{row.expression} at {row.point} wrt {row.wrt}: {actual}, not {row.recommended}"
    )


ERRORS = {"TypeError": TypeError, "ValueError": ValueError, "LinAlgError": np.linalg.LinAlgError}

# These are about what grad accepts as a result; a tangent of a vector is no error.
ABOUT_RESULTS = ("vector output", "output is int", "output None", "complex output")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", [row for row in REQUIRED if row.test == "error"], ids=str)
def test_error_row(row, mode, tmp_path):
    if mode == "fwd" and row.case in ABOUT_RESULTS:
        pytest.skip("forward mode takes any result")
    if mode == "fwd" and row.case == "max of empty":
        pytest.skip("an empty argument has no direction to call jvp along")
    with pytest.raises(ERRORS[row.recommended]):
        derivative(row, mode, tmp_path)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", BEYOND, ids=lambda row: f"{row} ({reason_for_later(row)})")
def test_row_beyond_the_covered_functions_is_refused_or_right(row, mode, tmp_path):
    if row.test == "error":
        expected: Any = (ERRORS[row.recommended], ADCompileError)
        with pytest.raises(expected):
            derivative(row, mode, tmp_path)
        return
    try:
        actual = derivative(row, mode, tmp_path)
    except ADCompileError:
        return
    assert any(equal(actual, value) for value in accepted(row)), (
        f"{row.expression} at {row.point} wrt {row.wrt}: {actual}, not {row.recommended}"
    )


def test_every_row_is_accounted_for():
    counted = {row.number for row in REQUIRED + BEYOND}
    uncounted = [row for row in rows() if row.number not in counted]
    assert all(row.test == "no" for row in uncounted)
    assert len(REQUIRED) >= 100
    assert len(rows()) == len(REQUIRED) + len(BEYOND) + len(uncounted)
    used = {reason_for_later(row) for row in BEYOND}
    assert used == {reason for _, reason in LATER}, "a reason that no row needs any more"


# --- Python floats: exceptions of Python, values of NumPy -----------------------------------------


def root(x):
    return np.sqrt(x)


def half_power(x):
    return x**0.5


def math_root(x):
    return math.sqrt(x)


def math_log(x):
    return math.log(x)


def arcsine(x):
    return np.arcsin(x)


def reciprocal(x):
    return 1 / x


def guarded_reciprocal(x):
    if x == 0:
        return 0.0 * x
    return 1 / x


def huge(x):
    return x**3.0


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (root, 0.0, np.inf),
        (half_power, 0.0, np.inf),
        (math_root, 0.0, np.inf),
        (arcsine, 1.0, np.inf),
        (huge, 1e200, np.inf),
        (guarded_reciprocal, 0.0, 0.0),
    ],
)
def test_python_floats_follow_numpy_in_derivatives(function, x, expected):
    """The derivative's own division by zero or overflow gives inf, and the kind stays float."""
    with np.errstate(all="ignore"):
        gradient = grad(function)(x)
        assert gradient == expected
        assert type(gradient) is float
        if function is not huge:
            value, tangent = jvp(function, (x,), (1.0,))
            assert value == function(x)
            assert tangent == expected


def test_the_users_own_expressions_behave_as_python_does():
    with pytest.raises(ZeroDivisionError):
        value_and_grad(reciprocal)(0.0)
    with pytest.raises(ZeroDivisionError):
        jvp(reciprocal, (0.0,), (1.0,))
    with np.errstate(all="ignore"):
        value, gradient = value_and_grad(reciprocal)(np.float64(0.0))
    assert (value, gradient) == (np.inf, -np.inf)
    with pytest.raises(OverflowError):
        value_and_grad(huge)(1e200)


def test_a_math_function_raises_as_it_does():
    with pytest.raises(ValueError):
        math.log(-1.0)
    with pytest.raises(ValueError):
        value_and_grad(math_log)(-1.0)
