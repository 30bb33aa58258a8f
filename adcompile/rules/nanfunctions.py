"""Functions that skip nan, as NumPy composes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition, rule
from adcompile.rules.reductions import deviation_dot, deviations, variance_dot


@composition(np.nansum)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    a = np.asarray(a)
    filled = np.where(np.isnan(a), 0, a)
    return np.sum(filled, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@composition(np.nanprod)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    a = np.asarray(a)
    filled = np.where(np.isnan(a), 1, a)
    return np.prod(filled, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@composition(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype)


@composition(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype)


@composition(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Any:
    a = np.asarray(a)
    missing = np.isnan(a)
    filled = np.where(missing, 0, a)
    total = np.sum(filled, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    number = np.sum(~missing, axis=axis, keepdims=keepdims, where=where)
    return (total / number).astype(total.dtype)


@rule("nanvar")
def nanvar(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
    *,
    a_dot: Any,
    mean_dot: Any,
) -> Any:
    there = present(a, where)
    centred, moved, n = deviations(a, axis, ddof, there, mean, correction, a_dot, mean_dot)
    return variance_dot(centred, moved, n, axis, keepdims)


@rule("nanstd")
def nanstd(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
    *,
    result: Any,
    a_dot: Any,
    mean_dot: Any,
) -> Any:
    there = present(a, where)
    centred, moved, n = deviations(a, axis, ddof, there, mean, correction, a_dot, mean_dot)
    return deviation_dot(centred, moved, n, axis, keepdims, result)


def present(a: Any, where: Any) -> Any:
    """The entries that are no nan, of those that a mask selects."""
    return ~np.isnan(a) if where is True else where & ~np.isnan(a)
