"""Tangents of elementwise functions, shared by NumPy's and math's.

Formulas: Abramowitz and Stegun, Handbook of Mathematical Functions, chapters 3 and 4. At a
kink: the subgradient of least norm, ties split evenly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import compile_time

LN2 = 0.6931471805599453
LN10 = 2.302585092994046


@rule("exp")
def exp(x: Any, *, result: Any, x_dot: Any) -> Any:
    return result * x_dot


@rule("expm1")
def expm1(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (result + 1) * x_dot


@rule("exp2")
def exp2(x: Any, *, result: Any, x_dot: Any) -> Any:
    return LN2 * result * x_dot


@rule("log")
def log(x: Any, *, x_dot: Any) -> Any:
    return x_dot / x


@rule("log1p")
def log1p(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (1 + x)


@rule("log2")
def log2(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (LN2 * x)


@rule("log10")
def log10(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (LN10 * x)


@rule("sqrt")
def sqrt(x: Any, *, result: Any, x_dot: Any) -> Any:
    return 0.5 * x_dot / result


@rule("cbrt")
def cbrt(x: Any, *, result: Any, x_dot: Any) -> Any:
    return x_dot / (3 * (result * result))


@rule("sin")
def sin(x: Any, *, x_dot: Any) -> Any:
    return np.cos(x) * x_dot


@rule("cos")
def cos(x: Any, *, x_dot: Any) -> Any:
    return -np.sin(x) * x_dot


@rule("tan")
def tan(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (1 + result * result) * x_dot


@rule("arcsin")
def arcsin(x: Any, *, x_dot: Any) -> Any:
    return x_dot / np.sqrt(1 - x * x)


@rule("arccos")
def arccos(x: Any, *, x_dot: Any) -> Any:
    return -x_dot / np.sqrt(1 - x * x)


@rule("arctan")
def arctan(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (1 + x * x)


@rule("sinh")
def sinh(x: Any, *, x_dot: Any) -> Any:
    return np.cosh(x) * x_dot


@rule("cosh")
def cosh(x: Any, *, x_dot: Any) -> Any:
    return np.sinh(x) * x_dot


@rule("tanh")
def tanh(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (1 - result * result) * x_dot


@rule("arcsinh")
def arcsinh(x: Any, *, x_dot: Any) -> Any:
    return x_dot / np.sqrt(x * x + 1)


@rule("arccosh")
def arccosh(x: Any, *, x_dot: Any) -> Any:
    if np.iscomplexobj(x):
        return x_dot / (np.sqrt(x - 1) * np.sqrt(x + 1))
    return x_dot / np.sqrt(x * x - 1)


@rule("arctanh")
def arctanh(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (1 - x * x)


@rule("absolute", "fabs")
def absolute(x: Any, *, result: Any, x_dot: Any) -> Any:
    if np.iscomplexobj(x):
        unit = x / np.where(result == 0, 1.0, result)
        return np.real(np.conj(unit) * x_dot)
    return np.sign(x) * x_dot


@rule("square")
def square(x: Any, *, x_dot: Any) -> Any:
    return 2 * x * x_dot


@rule("reciprocal")
def reciprocal(x: Any, *, result: Any, x_dot: Any) -> Any:
    return -(result * result) * x_dot


def above(x: Any, y: Any) -> Any:
    """x's share of the larger of two: 1, 0, or a half at a tie."""
    if np.ndim(x) == 0 and np.ndim(y) == 0:
        return np.where(x == y, 0.5, np.where(x > y, 1.0, 0.0))
    return np.where(x == y, 0.5, x > y)


@rule("maximum")
def maximum(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return above(x, y) * x_dot + above(y, x) * y_dot


@rule("minimum")
def minimum(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return above(y, x) * x_dot + above(x, y) * y_dot


@rule("fmax")
def fmax(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    """As maximum, but a nan gives way to the other argument."""
    first = np.where(np.isnan(y), 1.0, above(x, y))
    second = np.where(np.isnan(x), 1.0, above(y, x))
    return first * x_dot + second * y_dot


@rule("fmin")
def fmin(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    first = np.where(np.isnan(y), 1.0, above(y, x))
    second = np.where(np.isnan(x), 1.0, above(x, y))
    return first * x_dot + second * y_dot


@rule("clip")
def clip(x: Any, lo: Any = None, hi: Any = None, *, x_dot: Any, lo_dot: Any, hi_dot: Any) -> Any:
    """The minimum of hi and the maximum of x and lo, as NumPy documents it."""
    value, value_dot = x, x_dot
    if lo is not None:
        value_dot = above(x, lo) * x_dot + above(lo, x) * lo_dot
        value = np.maximum(x, lo)
    if hi is not None:
        value_dot = above(hi, value) * value_dot + above(value, hi) * hi_dot
    return value_dot


@rule("arctan2")
def arctan2(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    scale = x * x + y * y
    return y / scale * x_dot - x / scale * y_dot


@rule("hypot")
def hypot(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    """Zero at the origin: the subgradient of least norm."""
    scale = np.where(result == 0, 1.0, result)
    return x / scale * x_dot + y / scale * y_dot


@rule("logaddexp")
def logaddexp(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    return np.exp(x - result) * x_dot + np.exp(y - result) * y_dot


@rule("copysign")
def copysign(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return np.sign(x) * np.copysign(1.0, y) * x_dot


@transpose("deg2rad", wrt="x")
def deg2rad_x(x: Any, *, result_bar: Any) -> Any:
    return np.deg2rad(result_bar)


@transpose("rad2deg", wrt="x")
def rad2deg_x(x: Any, *, result_bar: Any) -> Any:
    return np.rad2deg(result_bar)


@rule("logaddexp2")
def logaddexp2(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    return np.exp2(x - result) * x_dot + np.exp2(y - result) * y_dot


@rule("nextafter")
def nextafter(x: Any, y: Any, *, x_dot: Any) -> Any:
    return x_dot + np.zeros_like(y) if np.ndim(y) > np.ndim(x) else x_dot


@rule("ldexp")
def ldexp(x: Any, y: Any, *, x_dot: Any) -> Any:
    return np.exp2(y) * x_dot


@rule("modf_part")
def modf_part(x: Any, part: int, *, x_dot: Any) -> Any:
    """The fraction moves with x; the whole part is constant."""
    return x_dot if part == 0 else 0.0 * x_dot


@rule("nan_to_num")
def nan_to_num(x: Any, *, x_dot: Any) -> Any:
    return np.where(np.isfinite(x), x_dot, 0.0)


@compile_time
def sinc_series() -> tuple[float, ...]:
    """Coefficients of the derivative of sin t / t, over t, in t squared: the highest first."""
    return tuple((-1) ** n * 2 * n / math.factorial(2 * n + 1) for n in range(8, 0, -1))


@rule("sinc")
def sinc(x: Any, *, x_dot: Any) -> Any:
    """(cos t - sin t / t) / t with t = pi x, by its series near zero, where that cancels."""
    t = np.pi * x
    small = np.abs(t) < 0.3
    safe = np.where(small, 1.0, t)
    series = 0.0
    for coefficient in sinc_series():
        series = series * (t * t) + coefficient
    slope = np.where(small, series * t, (np.cos(safe) - np.sin(safe) / safe) / safe)
    return np.pi * slope * x_dot


@rule("i0")
def i0(x: Any, *, x_dot: Any) -> Any:
    """The Bessel function I1 by the midpoint rule, which converges exponentially for it."""
    cosines = np.cos((np.arange(64) + 0.5) * (np.pi / 128))
    slope = np.sum(np.sinh(np.multiply.outer(x, cosines)) * cosines, axis=-1) / 64
    return slope * x_dot
