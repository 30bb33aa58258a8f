"""Methods of ufuncs, as the functions that they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import REGISTRY, composition, rule
from adcompile.rules.helpers import along, lanes, moved
from adcompile.rules.reductions import extreme, kept


@composition(np.add.reduce)
def add_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    a = np.asarray(array)
    return np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@composition(np.multiply.reduce)
def multiply_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a = np.asarray(array)
    return np.prod(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@composition(np.maximum.reduce)
def maximum_reduce(
    array: Any,
    axis: Any = 0,
    dtype: None = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return np.max(np.asarray(array), axis=axis, keepdims=keepdims, initial=initial, where=where)


@composition(np.minimum.reduce)
def minimum_reduce(
    array: Any,
    axis: Any = 0,
    dtype: None = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return np.min(np.asarray(array), axis=axis, keepdims=keepdims, initial=initial, where=where)


@composition(np.logical_and.reduce)
def logical_and_reduce(
    array: Any, axis: Any = 0, dtype: None = None, out: None = None, keepdims: bool = False
) -> Any:
    return np.all(np.asarray(array), axis=axis, keepdims=keepdims)


@composition(np.logical_or.reduce)
def logical_or_reduce(
    array: Any, axis: Any = 0, dtype: None = None, out: None = None, keepdims: bool = False
) -> Any:
    return np.any(np.asarray(array), axis=axis, keepdims=keepdims)


@composition(np.add.accumulate)
def add_accumulate(array: Any, axis: int = 0, dtype: Any = None) -> Any:
    return np.cumsum(np.asarray(array), axis=axis, dtype=dtype)


@composition(np.multiply.accumulate)
def multiply_accumulate(array: Any, axis: int = 0, dtype: Any = None) -> Any:
    return np.cumprod(np.asarray(array), axis=axis, dtype=dtype)


@rule("maximum_accumulate", "minimum_accumulate")
def running_extreme(array: Any, axis: int = 0, *, result: Any, array_dot: Any) -> Any:
    """The tangent of the entry that is the extreme so far; the mean of those that tie."""
    n = np.shape(array)[axis]
    index = np.reshape(np.arange(n), along(axis, np.ndim(array)))
    hits = array == result
    fresh = np.diff(result, axis=axis, prepend=np.nan) != 0
    start = np.maximum.accumulate(np.where(fresh, index, 0), axis=axis)
    tied = np.where(hits, array_dot, 0.0)
    total, number = np.cumsum(tied, axis=axis), np.cumsum(hits, axis=axis)
    gained = total - np.take_along_axis(total, start, axis)
    more = number - np.take_along_axis(number, start, axis)
    first = np.take_along_axis(tied, start, axis)
    return (gained + first) / (more + np.take_along_axis(hits, start, axis))


@rule("fmax_reduce", "fmin_reduce")
def extreme_reduce(
    a: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    *,
    result: Any,
    a_dot: Any,
    initial_dot: Any,
) -> Any:
    return extreme(
        a, axis, keepdims, initial, where, result=result, a_dot=a_dot, initial_dot=initial_dot
    )


@rule("logaddexp_reduce")
def logaddexp_reduce(
    array: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    *,
    result: Any,
    array_dot: Any,
    initial_dot: Any,
) -> Any:
    whole = kept(result, axis, keepdims, np.ndim(array))
    shares = np.where(where, np.exp(array - whole), 0.0)
    total = np.sum(shares * array_dot, axis=axis, keepdims=keepdims)
    return total if initial is None else total + np.exp(initial - result) * initial_dot


@rule("logaddexp2_reduce")
def logaddexp2_reduce(
    array: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    *,
    result: Any,
    array_dot: Any,
    initial_dot: Any,
) -> Any:
    whole = kept(result, axis, keepdims, np.ndim(array))
    shares = np.where(where, np.exp2(array - whole), 0.0)
    total = np.sum(shares * array_dot, axis=axis, keepdims=keepdims)
    return total if initial is None else total + np.exp2(initial - result) * initial_dot


@rule("hypot_reduce")
def hypot_reduce(
    array: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    *,
    result: Any,
    array_dot: Any,
    initial_dot: Any,
) -> Any:
    """Zero at the origin: the subgradient of least norm."""
    whole = kept(result, axis, keepdims, np.ndim(array))
    unit = np.where(where, array / np.where(whole == 0, 1.0, whole), 0.0)
    total = np.sum(unit * array_dot, axis=axis, keepdims=keepdims)
    if initial is None:
        return total
    return total + initial / np.where(result == 0, 1.0, result) * initial_dot


def _folds(ufunc: Any) -> None:
    """The methods of a ufunc, one entry after the other, as NumPy computes them."""

    def reduce(
        array: Any, axis: Any = 0, dtype: None = None, out: None = None, keepdims: bool = False
    ) -> Any:
        array = np.asarray(array)
        rows = lanes(array, axis)
        value = rows[0]
        for i in range(1, np.shape(rows)[0]):
            value = ufunc(value, rows[i])
        return np.expand_dims(value, axis) if keepdims else value

    def accumulate(array: Any, axis: int = 0) -> Any:
        rows = moved(np.asarray(array), axis, 0)
        out = np.zeros_like(rows)
        for i in range(np.shape(rows)[0]):
            out[i] = rows[i] if i == 0 else ufunc(out[i - 1], rows[i])
        return moved(out, 0, axis)

    def reduceat(array: Any, indices: Any, axis: int = 0) -> Any:
        rows = moved(np.asarray(array), axis, 0)
        starts = np.asarray(indices)
        count = np.shape(starts)[0]
        stops = np.append(starts[1:], np.shape(rows)[0])
        out = np.zeros((count, *np.shape(rows)[1:]), dtype=rows.dtype)
        for k in range(count):
            value = rows[starts[k]]
            for i in range(starts[k] + 1, stops[k]):
                value = ufunc(value, rows[i])
            out[k] = value
        return moved(out, 0, axis)

    for method, fn in (
        (ufunc.reduce, reduce),
        (ufunc.accumulate, accumulate),
        (ufunc.reduceat, reduceat),
    ):
        if REGISTRY.lookup(method) is None and REGISTRY.composition(method) is None:
            composition(method)(fn)


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
def add_reduceat(array: Any, indices: Any, axis: int = 0) -> Any:
    """Sums from each index up to the next, or the one entry where that is not after it."""
    a = np.asarray(array)
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

for _name in """subtract multiply divide power float_power maximum minimum fmax fmin hypot logaddexp
    logaddexp2 remainder fmod arctan2""".split():
    _folds(getattr(np, _name))
