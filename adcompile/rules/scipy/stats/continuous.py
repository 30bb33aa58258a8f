"""Methods of continuous distributions: one set of rules for all families."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from adcompile.rules.dsl import REGISTRY, make_rule
from adcompile.rules.scipy.stats.families import FAMILIES, Family
from adcompile.rules.scipy.stats.methods import add_method, shapes_of

PLACE = (("loc", 0), ("scale", 1))


def _add(family: Family) -> None:
    dist = getattr(stats, family.name)
    count = len(shapes_of(dist))
    slopes, drift = family.slopes, family.drift
    low, high = family.low, family.high
    below, above = low > -np.inf, high < np.inf

    def inside(z: Any, value: Any) -> Any:
        """Zero where the density is zero around z."""
        if above:
            return np.where(np.logical_or(z < low, z > high), 0.0, value)
        return np.where(z < low, 0.0, value) if below else value

    def moved(z: Any, x_dot: Any, loc_dot: Any, scale: Any, scale_dot: Any) -> Any:
        """The tangent of z = (x - loc) / scale."""
        return (x_dot - loc_dot - z * scale_dot) / scale

    def density(z: Any, a: Any, b: Any) -> Any:
        if count == 0:
            return dist.pdf(z)
        return dist.pdf(z, a) if count == 1 else dist.pdf(z, a, b)

    def log_density(z: Any, a: Any, b: Any) -> Any:
        if count == 0:
            return dist.logpdf(z)
        return dist.logpdf(z, a) if count == 1 else dist.logpdf(z, a, b)

    def logpdf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
        b_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        in_z, in_a, in_b = slopes(z, a, b)
        value = in_z * moved(z, x_dot, loc_dot, scale, scale_dot) - scale_dot / scale
        return inside(z, value + in_a * a_dot + in_b * b_dot)

    def pdf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        result: Any,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
        b_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        in_z, in_a, in_b = slopes(z, a, b)
        value = in_z * moved(z, x_dot, loc_dot, scale, scale_dot) - scale_dot / scale
        return inside(z, result * (value + in_a * a_dot + in_b * b_dot))

    def flow(z: Any, z_dot: Any, a: Any, a_dot: Any) -> Any:
        """How far the quantile runs ahead of the one of a constant probability."""
        return z_dot if drift is None else z_dot - drift(z, a) * a_dot

    def cdf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        z_dot = moved(z, x_dot, loc_dot, scale, scale_dot)
        return inside(z, density(z, a, b) * flow(z, z_dot, a, a_dot))

    def sf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        z_dot = moved(z, x_dot, loc_dot, scale, scale_dot)
        return -inside(z, density(z, a, b) * flow(z, z_dot, a, a_dot))

    def logcdf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        result: Any,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        z_dot = moved(z, x_dot, loc_dot, scale, scale_dot)
        share = np.exp(log_density(z, a, b) - result)
        return inside(z, share * flow(z, z_dot, a, a_dot))

    def logsf(
        x: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        result: Any,
        x_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (x - loc) / scale
        z_dot = moved(z, x_dot, loc_dot, scale, scale_dot)
        share = np.exp(log_density(z, a, b) - result)
        return -inside(z, share * flow(z, z_dot, a, a_dot))

    def ppf(
        q: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        result: Any,
        q_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (result - loc) / scale
        z_dot = -flow(z, -q_dot / density(z, a, b), a, a_dot)
        return loc_dot + z * scale_dot + scale * z_dot

    def isf(
        q: Any,
        loc: Any,
        scale: Any,
        a: Any = 0.0,
        b: Any = 0.0,
        *,
        result: Any,
        q_dot: Any,
        loc_dot: Any,
        scale_dot: Any,
        a_dot: Any,
    ) -> Any:
        z = (result - loc) / scale
        z_dot = -flow(z, q_dot / density(z, a, b), a, a_dot)
        return loc_dot + z * scale_dot + scale * z_dot

    for rule in (pdf, logpdf, cdf, sf, logcdf, logsf, ppf, isf):
        every = rule in (pdf, logpdf)
        first = "q" if rule in (ppf, isf) else "x"
        covered = f"{first} loc scale" + (" a b" if every else " a" if drift else "")
        prim = add_method(dist, family.name, rule.__name__, first, PLACE, covered)
        REGISTRY.tangents[prim.rule] = make_rule(rule)


for _family in FAMILIES:
    _add(_family)
