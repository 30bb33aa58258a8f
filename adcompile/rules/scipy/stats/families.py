"""Continuous distributions in standard form: slopes of log densities, and of quantiles.

`slopes(z, a, b)` gives the derivatives of log p in z and in the shape parameters a and b, in the
order of SciPy; `drift(z, a)` that of a quantile in a, at a constant probability. Formulas: Johnson,
Kotz and Balakrishnan, Continuous Univariate Distributions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Family:
    """A distribution of scipy.stats; its density is zero outside of [low, high]."""

    name: str
    slopes: Callable[..., Any]
    low: float = -np.inf
    high: float = np.inf
    drift: Callable[..., Any] | None = None


def norm(z: Any, a: Any, b: Any) -> Any:
    return -z, 0.0, 0.0


def student(z: Any, a: Any, b: Any) -> Any:
    square = z * z
    in_a = special.digamma(0.5 * (a + 1)) - special.digamma(0.5 * a) - 1 / a
    in_a = in_a - np.log1p(square / a) + (a + 1) * square / (a * (a + square))
    return -(a + 1) * z / (a + square), 0.5 * in_a, 0.0


def gamma(z: Any, a: Any, b: Any) -> Any:
    return (a - 1) / z - 1, np.log(z) - special.digamma(a), 0.0


def beta(z: Any, a: Any, b: Any) -> Any:
    both = special.digamma(a + b)
    in_a = np.log(z) - special.digamma(a) + both
    in_b = np.log1p(-z) - special.digamma(b) + both
    return (a - 1) / z - (b - 1) / (1 - z), in_a, in_b


def expon(z: Any, a: Any, b: Any) -> Any:
    return -1.0, 0.0, 0.0


def uniform(z: Any, a: Any, b: Any) -> Any:
    return 0.0, 0.0, 0.0


def laplace(z: Any, a: Any, b: Any) -> Any:
    """With a kink at 0."""
    return -np.sign(z), 0.0, 0.0


def logistic(z: Any, a: Any, b: Any) -> Any:
    return -np.tanh(0.5 * z), 0.0, 0.0


def cauchy(z: Any, a: Any, b: Any) -> Any:
    return -2 * z / (1 + z * z), 0.0, 0.0


def lognorm(z: Any, a: Any, b: Any) -> Any:
    log = np.log(z) / a
    return -(1 + log / a) / z, (log * log - 1) / a, 0.0


def lognorm_drift(z: Any, a: Any) -> Any:
    return z * np.log(z) / a


def chi2(z: Any, a: Any, b: Any) -> Any:
    return (0.5 * a - 1) / z - 0.5, 0.5 * (np.log(0.5 * z) - special.digamma(0.5 * a)), 0.0


def fisher(z: Any, a: Any, b: Any) -> Any:
    whole = b + a * z
    both = special.digamma(0.5 * (a + b))
    log = np.log(a * z / whole)
    in_a = both - special.digamma(0.5 * a) + log + 1 - (a + b) * z / whole
    in_b = (
        both - special.digamma(0.5 * b) + np.log(b / whole) - a / b + (a + b) * a * z / (b * whole)
    )
    return (0.5 * a - 1) / z - 0.5 * (a + b) * a / whole, 0.5 * in_a, 0.5 * in_b


def weibull(z: Any, a: Any, b: Any) -> Any:
    log, power = np.log(z), np.power(z, a)
    return (a - 1 - a * power) / z, 1 / a + log - power * log, 0.0


def weibull_drift(z: Any, a: Any) -> Any:
    return -z * np.log(z) / a


def pareto(z: Any, a: Any, b: Any) -> Any:
    return -(a + 1) / z, 1 / a - np.log(z), 0.0


FAMILIES = (
    Family("norm", norm),
    Family("t", student),
    Family("gamma", gamma, 0.0),
    Family("beta", beta, 0.0, 1.0),
    Family("expon", expon, 0.0),
    Family("uniform", uniform, 0.0, 1.0),
    Family("laplace", laplace),
    Family("logistic", logistic),
    Family("cauchy", cauchy),
    Family("lognorm", lognorm, 0.0, drift=lognorm_drift),
    Family("chi2", chi2, 0.0),
    Family("f", fisher, 0.0),
    Family("weibull_min", weibull, 0.0, drift=weibull_drift),
    Family("pareto", pareto, 1.0, drift=weibull_drift),
)
