"""Operators: transposes of the linear ones, tangents of the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import is_literal, masked, unbroadcast


@transpose("add", wrt="x")
def add_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, x)


@transpose("add", wrt="y")
def add_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, y)


@transpose("subtract", wrt="x")
def subtract_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, x)


@transpose("subtract", wrt="y")
def subtract_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(-result_bar, y)


@transpose("negative", wrt="x")
def negative_x(x: Any, *, result_bar: Any) -> Any:
    return -result_bar


@transpose("positive", wrt="x")
def positive_x(x: Any, *, result_bar: Any) -> Any:
    return result_bar


@transpose("multiply", wrt="x")
def multiply_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar * y, x)


@transpose("multiply", wrt="y")
def multiply_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar * x, y)


@transpose("divide", wrt="x")
def divide_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar / y, x)


@rule("divide")
def divide(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    return x_dot / y - y_dot * (result / y)


@rule("remainder")
def remainder(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return x_dot - y_dot * (x // y)


@rule("fmod")
def fmod(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return x_dot - y_dot * np.trunc(x / y)


@rule("power", "float_power")
def power(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    """x**0 is constant; 0**y is constant for y > 0: neither leaves a nan behind."""
    if is_literal(y):
        if y == 0:
            return 0.0 * x_dot
        if y == 1:
            return x_dot
        if y == 2:
            return 2 * x * x_dot
        if y == 3:
            return 3 * (x * x) * x_dot
        if y == 0.5:
            return 0.5 * x_dot / result
        return y * x ** (y - 1) * x_dot
    slope = y * x ** np.where(y == 0, 1.0, y - 1)
    one = 1.0 + 0.0j if np.iscomplexobj(result) else 1.0  # of a negative base too
    rate = result * np.log(np.where(x == 0, one, x))
    return slope * x_dot + rate * y_dot


@transpose("where", wrt="x")
def where_x(cond: Any, x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(masked(result_bar, cond), x)


@transpose("where", wrt="y")
def where_y(cond: Any, x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(masked(result_bar, np.logical_not(cond)), y)


@rule("python_max")
def python_max(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    """Python's max returns its first argument at a tie."""
    return np.where(y > x, y_dot, x_dot)


@rule("python_min")
def python_min(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return np.where(y < x, y_dot, x_dot)
