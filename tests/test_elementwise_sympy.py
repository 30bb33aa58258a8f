"""Every elementwise function against sympy: the value and the first two derivatives.

Sympy differentiates the formula, evaluated to 30 digits; nothing of the rules is used. Each
function is tried on Python floats, np.float64 and arrays, in both modes; binary functions in both
arguments, with the mixed second derivative.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from adcompile import grad, jvp, value_and_grad
from tests.helpers import import_source

sympy = pytest.importorskip("sympy")

x, y = sympy.symbols("x y", real=True)


@dataclass(frozen=True, eq=False)
class Unary:
    """A function of one argument: its source, sympy's formula, points inside its domain."""

    name: str
    source: str
    formula: Any
    points: tuple[float, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Binary:
    """A function of two arguments."""

    name: str
    source: str
    formula: Any
    points: tuple[tuple[float, float], ...]

    def __str__(self) -> str:
        return self.name


WIDE = (-2.3, -0.4, 0.3, 1.7)
POSITIVE = (0.05, 0.6, 1.4, 7.5)
UNIT = (-0.9, -0.25, 0.1, 0.75)
ABOVE_ONE = (1.1, 1.9, 6.0)
ABOVE_MINUS_ONE = (-0.7, -0.01, 0.4, 3.0)

# name in numpy, name in math (or None), sympy's formula, points
FUNCTIONS = (
    ("exp", "exp", sympy.exp(x), WIDE),
    ("expm1", "expm1", sympy.exp(x) - 1, WIDE),
    ("log", "log", sympy.log(x), POSITIVE),
    ("log1p", "log1p", sympy.log(1 + x), ABOVE_MINUS_ONE),
    ("log2", "log2", sympy.log(x) / sympy.log(2), POSITIVE),
    ("log10", "log10", sympy.log(x) / sympy.log(10), POSITIVE),
    ("sqrt", "sqrt", sympy.sqrt(x), POSITIVE),
    ("cbrt", None, sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3), WIDE),
    ("sin", "sin", sympy.sin(x), WIDE),
    ("cos", "cos", sympy.cos(x), WIDE),
    ("tan", "tan", sympy.tan(x), (-1.2, -0.4, 0.3, 2.0)),
    ("arcsin", "asin", sympy.asin(x), UNIT),
    ("arccos", "acos", sympy.acos(x), UNIT),
    ("arctan", "atan", sympy.atan(x), WIDE),
    ("sinh", "sinh", sympy.sinh(x), WIDE),
    ("cosh", "cosh", sympy.cosh(x), WIDE),
    ("tanh", "tanh", sympy.tanh(x), WIDE),
    ("arcsinh", "asinh", sympy.asinh(x), WIDE),
    ("arccosh", "acosh", sympy.acosh(x), ABOVE_ONE),
    ("arctanh", "atanh", sympy.atanh(x), UNIT),
    ("abs", None, sympy.Abs(x), WIDE),
    ("absolute", "fabs", sympy.Abs(x), WIDE),
    ("sign", None, sympy.sign(x), WIDE),
    ("square", None, x**2, WIDE),
    ("reciprocal", None, 1 / x, WIDE),
    ("negative", None, -x, WIDE),
)


def _unary() -> list[Unary]:
    table = []
    for numpy_name, math_name, formula, points in FUNCTIONS:
        table.append(Unary(f"np_{numpy_name}", f"np.{numpy_name}(x)", formula, points))
        if math_name is not None:
            table.append(Unary(f"math_{math_name}", f"math.{math_name}(x)", formula, points))
    piecewise = sympy.Piecewise((sympy.sin(x), x > 0), (x**3, True))
    clipped = sympy.Piecewise((-1, x < -1), (1, x > 1), (x, True))
    table += [
        Unary("builtin_abs", "abs(x)", sympy.Abs(x), WIDE),
        Unary("negation", "-x", -x, WIDE),
        Unary("np_clip", "np.clip(x, -1.0, 1.0)", clipped, WIDE),
        Unary("np_where", "np.where(x > 0, np.sin(x), x**3)", piecewise, WIDE),
        Unary("power_2", "x**2", x**2, WIDE),
        Unary("power_3", "x**3", x**3, WIDE),
        Unary("power_minus_2", "x**-2", x**-2, WIDE),
        Unary("power_0", "x**0", sympy.Integer(1), WIDE),
        Unary("power_half", "x**0.5", sympy.sqrt(x), POSITIVE),
        Unary("power_2_5", "np.power(x, 2.5)", x ** sympy.Rational(5, 2), POSITIVE),
        Unary("exponential", "2.5**x", sympy.Rational(5, 2) ** x, WIDE),
        Unary("modulo", "x % 0.7", x - sympy.Rational(7, 10) * sympy.floor(x / 0.7), WIDE),
        Unary("np_maximum_0", "np.maximum(x, 0.0)", sympy.Max(x, 0), WIDE),
        Unary("np_minimum_0", "np.minimum(0.0, x)", sympy.Min(x, 0), WIDE),
        Unary("np_logaddexp_0", "np.logaddexp(0.0, x)", sympy.log(1 + sympy.exp(x)), WIDE),
    ]
    return table


PAIRS = tuple(itertools.product((-1.3, 0.4, 2.2), (-0.8, 0.7, 1.9)))
POSITIVE_PAIRS = tuple(itertools.product((0.3, 1.6), (-0.8, 0.7, 2.4)))
HYPOT = sympy.sqrt(x**2 + y**2)
LOGADDEXP = sympy.log(sympy.exp(x) + sympy.exp(y))

BINARY = (
    Binary("add", "x + y", x + y, PAIRS),
    Binary("subtract", "x - y", x - y, PAIRS),
    Binary("multiply", "x * y", x * y, PAIRS),
    Binary("divide", "x / y", x / y, PAIRS),
    Binary("power", "x**y", x**y, POSITIVE_PAIRS),
    Binary("np_power", "np.power(x, y)", x**y, POSITIVE_PAIRS),
    Binary("math_pow", "math.pow(x, y)", x**y, POSITIVE_PAIRS),
    Binary("modulo", "x % y", x - y * sympy.floor(x / y), PAIRS),
    Binary("floor_divide", "x // y", sympy.floor(x / y), PAIRS),
    Binary("np_add", "np.add(x, y)", x + y, PAIRS),
    Binary("np_subtract", "np.subtract(x, y)", x - y, PAIRS),
    Binary("np_multiply", "np.multiply(x, y)", x * y, PAIRS),
    Binary("np_divide", "np.divide(x, y)", x / y, PAIRS),
    Binary("np_arctan2", "np.arctan2(x, y)", sympy.atan2(x, y), PAIRS),
    Binary("math_atan2", "math.atan2(x, y)", sympy.atan2(x, y), PAIRS),
    Binary("np_hypot", "np.hypot(x, y)", HYPOT, PAIRS),
    Binary("math_hypot", "math.hypot(x, y)", HYPOT, PAIRS),
    Binary("np_maximum", "np.maximum(x, y)", sympy.Max(x, y), PAIRS),
    Binary("np_minimum", "np.minimum(x, y)", sympy.Min(x, y), PAIRS),
    Binary("np_logaddexp", "np.logaddexp(x, y)", LOGADDEXP, PAIRS),
    Binary("np_clip_low", "np.clip(x, y, 5.0)", sympy.Max(x, y), PAIRS),
    Binary(
        "np_where",
        "np.where(x > y, x * y, x - y)",
        sympy.Piecewise((x * y, x > y), (x - y, True)),
        PAIRS,
    ),
)
UNARY = tuple(_unary())


# --- sympy's numbers ------------------------------------------------------------------------------


def _evaluate(expression: Any, at: dict[Any, float]) -> float:
    """To 30 digits; Heaviside and delta functions of a kink vanish or step away from it."""
    exact = {symbol: sympy.Rational(value) for symbol, value in at.items()}
    return float(sympy.N(expression.subs(exact).doit(), 30))


@cache
def derivatives_of(case: Any) -> dict[str, Any]:
    """The formula and its derivatives, named by the variables: "", "x", "xy", ..."""
    one = isinstance(case, Unary)
    names = ("", "x", "xx") if one else ("", "x", "y", "xx", "xy", "yy")
    by_letter = {"x": x, "y": y}
    # floor has no derivative in sympy's calculus; away from its jumps it is a constant.
    formula = case.formula
    constants = {}
    for number, jump in enumerate(sorted(formula.atoms(sympy.floor), key=str)):
        constants[sympy.Symbol(f"jump{number}", real=True)] = jump
    smooth = formula.subs({jump: symbol for symbol, jump in constants.items()})
    result = {}
    for name in names:
        derivative = smooth
        for letter in name:
            derivative = sympy.diff(derivative, by_letter[letter])
        result[name] = derivative.subs(constants)
    return result


def expected(case: Any, name: str, *point: float) -> float:
    return _evaluate(derivatives_of(case)[name], dict(zip((x, y), point)))


# --- the functions, as source ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """All functions of the tables in one written module, alone and weighted over an array."""
    parts = ['"""Elementwise functions, one each."""', "import math\n\nimport numpy as np"]
    for case in UNARY:
        parts.append(f"def {case.name}(x):\n    return {case.source}")
        parts.append(f"def {case.name}_sum(x, w):\n    return np.sum(w * {parenthesised(case)})")
    for case in BINARY:
        parts.append(f"def {case.name}_of_two(x, y):\n    return {case.source}")
        parts.append(
            f"def {case.name}_of_two_sum(x, y, w):\n    return np.sum(w * {parenthesised(case)})"
        )
    text = "\n\n\n".join(parts) + "\n"
    return import_source(text, tmp_path_factory.mktemp("elementwise"), "elementwise")


def parenthesised(case: Any) -> str:
    return f"({case.source})"


def close(actual: Any, wanted: float) -> bool:
    return bool(np.isclose(float(actual), wanted, rtol=1e-10, atol=1e-11))


@pytest.mark.parametrize("kind", [float, np.float64])
@pytest.mark.parametrize("case", UNARY, ids=str)
def test_unary_on_scalars(case: Unary, kind: Callable, functions: ModuleType) -> None:
    function = getattr(functions, case.name)
    first, second = value_and_grad(function), grad(grad(function))
    derivative = grad(function)
    for point in case.points:
        at = kind(point)
        value, slope = first(at)
        assert value == function(at)
        assert close(value, expected(case, "", point)), point
        assert close(slope, expected(case, "x", point)), point
        assert type(slope) is kind
        curvature = second(at)
        assert close(curvature, expected(case, "xx", point)), point
        again, tangent = jvp(function, (at,), (kind(1.5),))
        assert again == value
        assert close(tangent, 1.5 * expected(case, "x", point)), point
        forward_over_reverse = jvp(derivative, (at,), (kind(1.0),))[1]
        assert close(forward_over_reverse, expected(case, "xx", point)), point


# math's functions take scalars only.
@pytest.mark.parametrize("case", [c for c in UNARY if not c.name.startswith("math_")], ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_unary_on_arrays(case: Unary, dtype: type, functions: ModuleType) -> None:
    function = getattr(functions, f"{case.name}_sum")
    at = np.array(case.points, dtype=dtype)
    weights = np.linspace(0.5, 1.5, at.size).astype(dtype)
    gradient = grad(function)(at, weights)
    assert gradient.dtype == dtype
    exact = np.array([expected(case, "x", float(point)) for point in at])
    tolerance = 1e-10 if dtype is np.float64 else 2e-5
    np.testing.assert_allclose(gradient, weights * exact, rtol=tolerance, atol=tolerance)
    if dtype is np.float64:
        direction = np.linspace(1.0, 2.0, at.size)
        curvature = jvp(grad(function), (at, weights), (direction, None))[1]
        exact = np.array([expected(case, "xx", float(point)) for point in at])
        np.testing.assert_allclose(curvature, weights * exact * direction, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("case", BINARY, ids=str)
def test_binary_on_scalars(case: Binary, functions: ModuleType) -> None:
    function = getattr(functions, f"{case.name}_of_two")
    both = value_and_grad(function, argnums=(0, 1))
    by_x, by_y = grad(function, argnums=0), grad(function, argnums=1)
    second = {
        "xx": grad(by_x, argnums=0),
        "xy": grad(by_x, argnums=1),
        "yx": grad(by_y, argnums=0),
        "yy": grad(by_y, argnums=1),
    }
    for point in case.points:
        value, (slope_x, slope_y) = both(*point)
        assert value == function(*point)
        assert close(value, expected(case, "", *point)), point
        assert close(slope_x, expected(case, "x", *point)), point
        assert close(slope_y, expected(case, "y", *point)), point
        _, tangent = jvp(function, point, (1.5, -0.5))
        assert close(tangent, 1.5 * slope_x - 0.5 * slope_y), point
        for name, derivative in second.items():
            wanted = expected(case, "".join(sorted(name)), *point)
            assert close(derivative(*point), wanted), (name, point)


@pytest.mark.parametrize("case", [c for c in BINARY if not c.name.startswith("math_")], ids=str)
def test_binary_on_arrays(case: Binary, functions: ModuleType) -> None:
    function = getattr(functions, f"{case.name}_of_two_sum")
    xs = np.array([point[0] for point in case.points])
    ys = np.array([point[1] for point in case.points])
    weights = np.linspace(0.5, 1.5, xs.size)
    x_bar, y_bar = grad(function, argnums=(0, 1))(xs, ys, weights)
    for actual, name in ((x_bar, "x"), (y_bar, "y")):
        exact = np.array([expected(case, name, *point) for point in case.points])
        np.testing.assert_allclose(actual, weights * exact, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("case", BINARY, ids=str)
def test_binary_with_a_constant(case: Binary, functions: ModuleType) -> None:
    """One argument active at a time: the other carries no derivative."""
    function = getattr(functions, f"{case.name}_of_two")
    for point in case.points:
        for number, name in enumerate("xy"):
            wanted = expected(case, name, *point)
            assert close(grad(function, argnums=number)(*point), wanted)
            tangents = tuple(1.0 if position == number else None for position in (0, 1))
            assert close(jvp(function, point, tangents)[1], wanted)


def test_every_function_of_numpy_named_here_exists() -> None:
    for numpy_name, math_name, _, points in FUNCTIONS:
        assert callable(getattr(np, numpy_name))
        assert math_name is None or callable(getattr(math, math_name))
        assert len(points) >= 3
