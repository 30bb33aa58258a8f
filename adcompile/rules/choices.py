"""Compositions that choose between values, or take them apart.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition, kept

modf_part = kept("modf_part")
frexp_part = kept("frexp_part")


@composition(np.modf)
def modf(x: Any) -> Any:
    return modf_part(x, 0), modf_part(x, 1)


@composition(np.frexp)
def frexp(x: Any) -> Any:
    exponent = frexp_part(x, 1)
    return np.ldexp(x, -exponent), exponent


@composition(np.divmod)
def divmod_(x: Any, y: Any) -> Any:
    return np.floor_divide(x, y), np.remainder(x, y)


@composition(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    value = default
    for i in range(len(condlist) - 1, -1, -1):
        value = np.where(condlist[i], choicelist[i], value)
    return value


@composition(np.choose)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    count = len(choices)
    if mode == "wrap":
        a = np.asarray(a) % count
    elif mode == "clip":
        a = np.clip(a, 0, count - 1)
    elif np.any(np.asarray(a) < 0) or np.any(np.asarray(a) >= count):
        raise ValueError("invalid entry in choice array")
    value = np.asarray(choices[0])
    for i in range(1, count):
        value = np.where(np.equal(a, i), choices[i], value)
    return value


@composition(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function sees the entries where its condition holds."""
    x = np.asarray(x)
    if not isinstance(condlist, (list, tuple)):
        condlist = [condlist]
    if len(funclist) == len(condlist) + 1:
        rest = np.logical_not(condlist[0])
        for cond in condlist[1:]:
            rest = rest & np.logical_not(cond)
        condlist = [*condlist, rest]
    if np.ndim(x) == 0:
        value = np.zeros_like(x)
        for i in range(len(funclist)):
            piece = funclist[i](x, *args, **kw) if callable(funclist[i]) else funclist[i]
            value = np.where(condlist[i], piece, value)
        return value
    y = np.zeros_like(x)
    for i in range(len(funclist)):
        cond = np.asarray(condlist[i])
        if callable(funclist[i]):
            y[cond] = funclist[i](x[cond], *args, **kw)
        else:
            y[cond] = funclist[i]
    return y
