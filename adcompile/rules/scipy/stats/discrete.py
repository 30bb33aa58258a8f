"""Probabilities of discrete distributions: they follow their parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from adcompile.rules.dsl import REGISTRY, make_rule
from adcompile.rules.scipy.special.entropies import ratio
from adcompile.rules.scipy.stats.methods import add_method

PLACE = (("loc", 0),)


def poisson(k: Any, a: Any, b: Any) -> Any:
    return ratio(k, a) - 1


def binom(k: Any, a: Any, b: Any) -> Any:
    return ratio(k, b) - ratio(a - k, 1 - b)


def bernoulli(k: Any, a: Any, b: Any) -> Any:
    return ratio(k, a) - ratio(1 - k, 1 - a)


def geom(k: Any, a: Any, b: Any) -> Any:
    return 1 / a - ratio(k - 1, 1 - a)


def _add(name: str, slope: Callable[..., Any], moving: str) -> None:
    """slope: the derivative of the logarithm of a probability in the parameter `moving`."""
    dist = getattr(stats, name)

    def pmf(
        k: Any, loc: Any, a: Any = 0.0, b: Any = 0.0, *, result: Any, a_dot: Any, b_dot: Any
    ) -> Any:
        value = np.where(result == 0, 0.0, result * slope(k - loc, a, b))
        return value * (b_dot if moving == "b" else a_dot)

    def logpmf(
        k: Any, loc: Any, a: Any = 0.0, b: Any = 0.0, *, result: Any, a_dot: Any, b_dot: Any
    ) -> Any:
        value = np.where(np.isneginf(result), 0.0, slope(k - loc, a, b))
        return value * (b_dot if moving == "b" else a_dot)

    for rule in (pmf, logpmf):
        prim = add_method(dist, name, rule.__name__, "k", PLACE, moving)
        REGISTRY.tangents[prim.rule] = make_rule(rule)
    for method in "cdf sf logcdf logsf".split():
        add_method(dist, name, method, "k", PLACE, "")


_add("poisson", poisson, "a")
_add("binom", binom, "b")
_add("bernoulli", bernoulli, "a")
_add("geom", geom, "a")
