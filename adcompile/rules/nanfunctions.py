"""Functions that skip nan, as NumPy composes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition


@composition(np.nansum)
def nansum(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    return np.sum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype, keepdims=keepdims)


@composition(np.nanprod)
def nanprod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    return np.prod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype, keepdims=keepdims)


@composition(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype)


@composition(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype)


@composition(np.nanmean)
def nanmean(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    missing = np.isnan(a)
    total = np.sum(np.where(missing, 0, a), axis=axis, keepdims=keepdims)
    return (total / np.sum(~missing, axis=axis, keepdims=keepdims)).astype(total.dtype)


@composition(np.nanvar)
def nanvar(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    missing = np.isnan(a)
    count = np.sum(~missing, axis=axis, keepdims=True)
    centre = (np.sum(np.where(missing, 0, a), axis=axis, keepdims=True) / count).astype(a.dtype)
    apart = np.where(missing, 0, a - centre)
    freedom = np.sum(~missing, axis=axis, keepdims=keepdims) - ddof
    total = np.sum(apart * apart, axis=axis, keepdims=keepdims)
    value = (total / freedom).astype(total.dtype)
    return np.where(freedom <= 0, np.nan, value)[()]


@composition(np.nanstd)
def nanstd(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: bool = False) -> Any:
    spread = nanvar(a, axis=axis, ddof=ddof, keepdims=keepdims)
    flat = spread == 0
    return np.where(flat, 0.0, np.sqrt(np.where(flat, 1.0, spread)))[()]
