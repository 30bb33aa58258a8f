"""Random draws are constants; those of a family of location and scale follow its parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule


@rule("draw_normal", "draw_laplace", "draw_logistic", "draw_gumbel")
def shifted(
    generator: Any,
    loc: Any = 0.0,
    scale: Any = 1.0,
    *,
    result: Any,
    loc_dot: Any,
    scale_dot: Any,
) -> Any:
    """loc + scale * z with a constant z."""
    return loc_dot + (result - loc) / np.where(scale == 0, 1.0, scale) * scale_dot


@rule("draw_uniform")
def uniform(
    generator: Any, low: Any = 0.0, high: Any = 1.0, *, result: Any, low_dot: Any, high_dot: Any
) -> Any:
    share = (result - low) / np.where(high == low, 1.0, high - low)
    return low_dot + share * (high_dot - low_dot)


@rule("draw_exponential", "draw_rayleigh")
def scaled(generator: Any, scale: Any = 1.0, *, result: Any, scale_dot: Any) -> Any:
    return result / np.where(scale == 0, 1.0, scale) * scale_dot


@rule("draw_gamma")
def gamma(generator: Any, scale: Any = 1.0, *, result: Any, scale_dot: Any) -> Any:
    return result / np.where(scale == 0, 1.0, scale) * scale_dot


@rule("draw_lognormal")
def lognormal(
    generator: Any,
    mean: Any = 0.0,
    sigma: Any = 1.0,
    *,
    result: Any,
    mean_dot: Any,
    sigma_dot: Any,
) -> Any:
    z = (np.log(result) - mean) / np.where(sigma == 0, 1.0, sigma)
    return result * (mean_dot + z * sigma_dot)
