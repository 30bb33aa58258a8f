"""Logarithms with care at 0, losses, and Box and Cox's transformations.

Limits at the edge of a domain are those of the formula (log 0 is -inf), except where the function
does not depend on the argument: xlogy(0, y) is 0 for every y.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.scipy.rows import add_rows
from adcompile.rules.scipy.special.error_functions import exprel_slope

add_rows(special, ("xlogy: x, y", "xlog1py: x, y"), "elementwise", holomorphic=True)
add_rows(
    special,
    (
        "entr: x",
        "rel_entr: x, y",
        "kl_div: x, y",
        "huber: delta, r",
        "pseudo_huber: delta, r",
        "boxcox: x, lmbda",
        "boxcox1p: x, lmbda",
        "inv_boxcox: x, lmbda",
        "inv_boxcox1p: x, lmbda",
    ),
    "elementwise",
)


def ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 where both are."""
    both = np.logical_and(np.equal(x, 0), np.equal(y, 0))
    return np.where(both, 0.0, x / np.where(both, 1.0, y))


@rule(special.xlogy)
def xlogy(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return np.log(y) * x_dot + ratio(x, y) * y_dot


@rule(special.xlog1py)
def xlog1py(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return np.log1p(y) * x_dot + ratio(x, 1 + y) * y_dot


@rule(special.entr)
def entr(x: Any, *, x_dot: Any) -> Any:
    return -(np.log(x) + 1) * x_dot


@rule(special.rel_entr)
def rel_entr(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return (np.log(x / y) + 1) * x_dot - ratio(x, y) * y_dot


@rule(special.kl_div)
def kl_div(x: Any, y: Any, *, x_dot: Any, y_dot: Any) -> Any:
    return np.log(x / y) * x_dot + (1 - ratio(x, y)) * y_dot


@rule(special.huber)
def huber(delta: Any, r: Any, *, delta_dot: Any, r_dot: Any) -> Any:
    size = np.abs(r)
    inside = size <= delta
    in_r = np.where(inside, r, delta * np.sign(r))
    return in_r * r_dot + np.where(inside, 0.0, size - delta) * delta_dot


@rule(special.pseudo_huber)
def pseudo_huber(delta: Any, r: Any, *, delta_dot: Any, r_dot: Any) -> Any:
    square = np.square(r / delta)
    root = np.sqrt(1 + square)
    in_delta = delta * np.square(square / (1 + root)) / root
    return r / root * r_dot + in_delta * delta_dot


# -- transformations: (x^l - 1) / l and its inverse ----------------------------------------------


def slope_in_power(log: Any, lmbda: Any, result: Any) -> Any:
    """The derivative of expm1(lmbda * log) / lmbda in lmbda."""
    small = np.abs(lmbda * log) < 1
    near = np.where(small, log, 0.0)
    series = near * near * exprel_slope(np.where(small, lmbda, 0.0) * near)
    far = np.where(small, 1.0, lmbda)
    grown = 1 + far * np.where(small, 1.0, result)
    # At x = 0 the power vanishes and its logarithm does not count.
    product = np.where(grown == 0, 0.0, grown * np.where(grown == 0, 1.0, log))
    return np.where(small, series, (product - np.where(small, 1.0, result)) / far)


@rule(special.boxcox)
def boxcox(x: Any, lmbda: Any, *, result: Any, x_dot: Any, lmbda_dot: Any) -> Any:
    slope = slope_in_power(np.log(x), lmbda, result)
    return np.power(x, lmbda - 1) * x_dot + slope * lmbda_dot


@rule(special.boxcox1p)
def boxcox1p(x: Any, lmbda: Any, *, result: Any, x_dot: Any, lmbda_dot: Any) -> Any:
    log = np.log1p(x)
    slope = slope_in_power(log, lmbda, result)
    return np.exp((lmbda - 1) * log) * x_dot + slope * lmbda_dot


def root_slope(u: Any) -> Any:
    """The derivative of log(1 + u) / u = 2F1(1, 1; 2; -u)."""
    small = np.abs(u) < 0.1
    far, near = np.where(small, 1.0, u), np.where(small, u, 0.0)
    direct = (far / (1 + far) - np.log1p(far)) / np.square(far)
    return np.where(small, -0.5 * special.hyp2f1(2, 2, 3, -near), direct)


@rule(special.inv_boxcox)
def inv_boxcox(x: Any, lmbda: Any, *, result: Any, x_dot: Any, lmbda_dot: Any) -> Any:
    u = lmbda * x
    return result * (x_dot / (1 + u) + x * x * root_slope(u) * lmbda_dot)


@rule(special.inv_boxcox1p)
def inv_boxcox1p(x: Any, lmbda: Any, *, result: Any, x_dot: Any, lmbda_dot: Any) -> Any:
    u = lmbda * x
    return (1 + result) * (x_dot / (1 + u) + x * x * root_slope(u) * lmbda_dot)
