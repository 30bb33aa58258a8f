"""Functions of `math` that are compositions of others.

Values and kinds are those of `math`; derivatives follow from the parts.
"""

from __future__ import annotations

import math

import numpy as np

from adcompile.rules.dsl import composition


@composition(math.degrees)
def degrees(x: float) -> float:
    return float(x) * (180.0 / math.pi)


@composition(math.radians)
def radians(x: float) -> float:
    return float(x) * (math.pi / 180.0)


@composition(math.isnan, constant=True)
def isnan(x: float) -> bool:
    return bool(np.isnan(x))


@composition(math.isinf, constant=True)
def isinf(x: float) -> bool:
    return bool(np.isinf(x))


@composition(math.isfinite, constant=True)
def isfinite(x: float) -> bool:
    return bool(np.isfinite(x))
