"""Methods of ufuncs, as the functions that they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition
from adcompile.rules.helpers import moved


@composition(np.add.reduce)
def add_reduce(a: Any, axis: Any = 0, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return np.sum(np.asarray(a), axis=axis, dtype=dtype, keepdims=keepdims)


@composition(np.multiply.reduce)
def multiply_reduce(a: Any, axis: Any = 0, dtype: Any = None, *, keepdims: bool = False) -> Any:
    return np.prod(np.asarray(a), axis=axis, dtype=dtype, keepdims=keepdims)


@composition(np.maximum.reduce)
def maximum_reduce(a: Any, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.max(np.asarray(a), axis=axis, keepdims=keepdims)


@composition(np.minimum.reduce)
def minimum_reduce(a: Any, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.min(np.asarray(a), axis=axis, keepdims=keepdims)


@composition(np.logical_and.reduce)
def logical_and_reduce(a: Any, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.all(np.asarray(a), axis=axis, keepdims=keepdims)


@composition(np.logical_or.reduce)
def logical_or_reduce(a: Any, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.any(np.asarray(a), axis=axis, keepdims=keepdims)


@composition(np.add.accumulate)
def add_accumulate(a: Any, axis: int = 0, dtype: Any = None) -> Any:
    return np.cumsum(np.asarray(a), axis=axis, dtype=dtype)


@composition(np.multiply.accumulate)
def multiply_accumulate(a: Any, axis: int = 0, dtype: Any = None) -> Any:
    return np.cumprod(np.asarray(a), axis=axis, dtype=dtype)


@composition(np.cumulative_sum)
def cumulative_sum(
    x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    x = np.asarray(x)
    axis = 0 if axis is None else axis
    total = np.cumsum(x, axis=axis, dtype=dtype)
    return _with_first(total, axis, 0) if include_initial else total


@composition(np.cumulative_prod)
def cumulative_prod(
    x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    x = np.asarray(x)
    axis = 0 if axis is None else axis
    total = np.cumprod(x, axis=axis, dtype=dtype)
    return _with_first(total, axis, 1) if include_initial else total


def _with_first(total: Any, axis: int, value: int) -> Any:
    axis = axis % np.ndim(total)
    shape = (*np.shape(total)[:axis], 1, *np.shape(total)[axis + 1 :])
    return np.concatenate((np.full(shape, value, dtype=total.dtype), total), axis=axis)


@composition(np.add.reduceat)
def add_reduceat(a: Any, indices: Any, axis: int = 0) -> Any:
    """Sums from each index up to the next, or the one entry where that is not after it."""
    a = np.asarray(a)
    starts = np.asarray(indices)
    n = np.shape(a)[axis]
    stops = np.append(starts[1:], n)
    lengths = np.where(stops > starts, stops - starts, 1)
    first = np.cumsum(lengths) - lengths
    places = np.arange(np.sum(lengths)) + np.repeat(starts - first, lengths)
    groups = np.repeat(np.arange(np.shape(starts)[0]), lengths)
    rows = moved(a, axis, 0)
    out = np.zeros((np.shape(starts)[0], *np.shape(rows)[1:]), dtype=a.dtype)
    np.add.at(out, groups, rows[places])
    return moved(out, 0, axis)


def _outer(ufunc: Any) -> None:
    """ufunc.outer(a, b): each entry of a with each of b."""

    def outer(a: Any, b: Any) -> Any:
        if np.ndim(b):
            a = np.reshape(a, (*np.shape(a), *(1,) * np.ndim(b)))
        return ufunc(a, b)

    composition(ufunc.outer)(outer)


for (
    _name
) in """add subtract multiply divide power float_power maximum minimum fmax fmin arctan2 hypot
    logaddexp logaddexp2 remainder fmod floor_divide copysign ldexp heaviside equal not_equal less
    less_equal greater greater_equal logical_and logical_or""".split():
    _outer(getattr(np, _name))
