"""Functions that are compositions in NumPy: written here as such, inlined where they are called.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import REGISTRY, composition, kept
from adcompile.rules.helpers import along, compile_time, known, moved, times

modf_part = kept("modf_part")
frexp_part = kept("frexp_part")
nonzero_part = kept("nonzero_part")
unravel_part = kept("unravel_index_part")
unique_part = kept("unique_part")
tril_part = kept("tril_indices_part")
triu_part = kept("triu_indices_part")
pad_positions = kept("pad_positions")
delete_positions = kept("delete_positions")


# -- elementwise ---------------------------------------------------------------------------------


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
def choose(a: Any, choices: Any) -> Any:
    value = np.asarray(choices[0])
    for i in range(1, len(choices)):
        value = np.where(np.equal(a, i), choices[i], value)
    return value


@composition(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any) -> Any:
    """Each function sees the entries where its condition holds."""
    x = np.asarray(x)
    if len(funclist) == len(condlist) + 1:
        rest = np.logical_not(condlist[0])
        for cond in condlist[1:]:
            rest = rest & np.logical_not(cond)
        condlist = [*condlist, rest]
    if np.ndim(x) == 0:
        value = np.zeros_like(x)
        for i in range(len(funclist)):
            piece = funclist[i](x, *args) if callable(funclist[i]) else funclist[i]
            value = np.where(condlist[i], piece, value)
        return value
    y = np.zeros_like(x)
    for i in range(len(funclist)):
        cond = np.asarray(condlist[i])
        if callable(funclist[i]):
            y[cond] = funclist[i](x[cond], *args)
        else:
            y[cond] = funclist[i]
    return y


# -- differences and integrals -------------------------------------------------------------------


@compile_time
def at(axis: int, ndim: int, *where: Any) -> tuple[Any, ...]:
    """The index of an int or slice(*where) along one axis."""
    item = where[0] if len(where) == 1 else slice(*where)
    return (*(slice(None),) * (axis % ndim), item)


@composition(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = np.asarray(a)
    if prepend is not None:
        a = np.concatenate((_edge(prepend, a, axis), a), axis=axis)
    if append is not None:
        a = np.concatenate((a, _edge(append, a, axis)), axis=axis)
    if n == 0:
        return a
    later, earlier = at(axis, np.ndim(a), 1, None), at(axis, np.ndim(a), None, -1)
    for _ in times(n):
        a = a[later] != a[earlier] if a.dtype == bool else a[later] - a[earlier]
    return a


def _edge(value: Any, a: Any, axis: int) -> Any:
    """A number as a slice of length one along an axis."""
    if np.ndim(value):
        return np.asarray(value)
    shape = np.shape(a[at(axis, np.ndim(a), 0, 1)])
    return np.broadcast_to(np.reshape(value, (1,) * np.ndim(a)), shape)


@composition(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.ravel(np.asarray(ary))
    parts = [ary[1:] - ary[:-1]]
    if to_begin is not None:
        parts.insert(0, np.ravel(np.asarray(to_begin)))
    if to_end is not None:
        parts.append(np.ravel(np.asarray(to_end)))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@composition(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.asarray(y)
    if x is None:
        width = dx
    else:
        x = np.asarray(x)
        if np.ndim(x) == 1:
            width = np.reshape(np.diff(x), along(axis, np.ndim(y)))
        else:
            width = np.diff(x, axis=axis)
    both = y[at(axis, np.ndim(y), 1, None)] + y[at(axis, np.ndim(y), None, -1)]
    return np.sum(width * both / 2.0, axis=axis)


@composition(np.gradient)
def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones at the ends."""
    f = np.asarray(f)
    axes = _axes(axis, np.ndim(f))
    parts = []
    for i in range(len(axes)):
        step = 1.0 if len(spacing) == 0 else spacing[0] if len(spacing) == 1 else spacing[i]
        parts.append(_slopes(f, step, axes[i], edge_order))
    return parts[0] if len(parts) == 1 else tuple(parts)


@compile_time
def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % ndim for a in axes)


def _slopes(f: Any, step: Any, axis: int, edge_order: int) -> Any:
    ndim = np.ndim(f)
    out = np.empty_like(f)
    before, here, after = at(axis, ndim, None, -2), at(axis, ndim, 1, -1), at(axis, ndim, 2, None)
    even = np.ndim(step) == 0
    if even:
        out[here] = (f[after] - f[before]) / (2.0 * step)
        first = last = step
    else:
        steps = np.diff(step)
        left, right = steps[:-1], steps[1:]
        a = np.reshape(-right / (left * (left + right)), along(axis, ndim))
        b = np.reshape((right - left) / (left * right), along(axis, ndim))
        c = np.reshape(left / (right * (left + right)), along(axis, ndim))
        out[here] = a * f[before] + b * f[here] + c * f[after]
        first, last = steps[0], steps[-1]
    f0, f1 = f[at(axis, ndim, 0)], f[at(axis, ndim, 1)]
    g0, g1 = f[at(axis, ndim, -1)], f[at(axis, ndim, -2)]
    if edge_order == 1:
        out[at(axis, ndim, 0)] = (f1 - f0) / first
        out[at(axis, ndim, -1)] = (g0 - g1) / last
        return out
    f2, g2 = f[at(axis, ndim, 2)], f[at(axis, ndim, -3)]
    if even:
        out[at(axis, ndim, 0)] = -1.5 / step * f0 + 2.0 / step * f1 + -0.5 / step * f2
        out[at(axis, ndim, -1)] = 0.5 / step * g2 + -2.0 / step * g1 + 1.5 / step * g0
        return out
    second, other = steps[1], steps[-2]
    a = -(2.0 * first + second) / (first * (first + second))
    b = (first + second) / (first * second)
    c = -first / (second * (first + second))
    out[at(axis, ndim, 0)] = a * f0 + b * f1 + c * f2
    a = last / (other * (other + last))
    b = -(last + other) / (other * last)
    c = (2.0 * last + other) / (last * (other + last))
    out[at(axis, ndim, -1)] = a * g2 + b * g1 + c * g0
    return out


@composition(np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moved(np.asarray(a), axisa, -1), moved(np.asarray(b), axisb, -1)
    a0, a1, b0, b1 = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    last = a0 * b1 - a1 * b0
    if known(np.shape(a)[-1]) == 2 and known(np.shape(b)[-1]) == 2:
        return last
    a2, b2 = a[..., 2], b[..., 2]
    return moved(np.stack((a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last), axis=-1), -1, axisc)


# -- polynomials ---------------------------------------------------------------------------------


@composition(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    p = np.asarray(p)
    y = np.zeros_like(x)
    for k in range(len(p)):
        y = y * x + p[k]
    return y


@composition(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(np.asarray(a1), np.asarray(a2))


@composition(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    p = np.asarray(p)
    for _ in times(m):
        n = len(p) - 1
        p = p[:-1] * np.arange(n, 0, -1)
    return p


@composition(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_degree(np.atleast_1d(a1), np.atleast_1d(a2))
    return a1 + a2


@composition(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_degree(np.atleast_1d(a1), np.atleast_1d(a2))
    return a1 - a2


def _same_degree(a1: Any, a2: Any) -> Any:
    n = max(len(a1), len(a2))
    first = np.concatenate((np.zeros(n - len(a1), dtype=a1.dtype), a1))
    return first, np.concatenate((np.zeros(n - len(a2), dtype=a2.dtype), a2))


@composition(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = 0.0) -> Any:
    p = np.asarray(p)
    for _ in times(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), np.reshape(k, (1,))))
    return p


# -- joining -------------------------------------------------------------------------------------


@composition(np.vstack, *([np.row_stack] if hasattr(np, "row_stack") else []))
def vstack(tup: Any) -> Any:
    parts = []
    for a in tup:
        parts.append(np.atleast_2d(a))
    return np.concatenate(parts, axis=0)


@composition(np.hstack)
def hstack(tup: Any) -> Any:
    parts = []
    for a in tup:
        parts.append(np.atleast_1d(a))
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


@composition(np.dstack)
def dstack(tup: Any) -> Any:
    parts = []
    for a in tup:
        parts.append(np.atleast_3d(a))
    return np.concatenate(parts, axis=2)


@composition(np.column_stack)
def column_stack(tup: Any) -> Any:
    parts = []
    for a in tup:
        a = np.asarray(a)
        parts.append(np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a)
    return np.concatenate(parts, axis=1)


@composition(np.astype)
def astype(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


@composition(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    flat = np.ravel(np.asarray(a))
    size = 1
    for n in new_shape if isinstance(new_shape, tuple) else (new_shape,):
        size = size * n
    return np.reshape(flat[np.arange(size) % np.size(a)], new_shape)


@composition(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    arr, values = np.asarray(arr), np.asarray(values)
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis=axis)


@composition(np.block)
def block(arrays: Any) -> Any:
    ndim = max(_depth(arrays), _rank(arrays))
    return _blocks(arrays, _depth(arrays), ndim)


def _depth(arrays: Any) -> Any:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _rank(arrays: Any) -> Any:
    if not isinstance(arrays, list):
        return np.ndim(arrays)
    rank = 0
    for a in arrays:
        rank = max(rank, _rank(a))
    return rank


def _blocks(arrays: Any, depth: int, ndim: int) -> Any:
    if not isinstance(arrays, list):
        return np.reshape(arrays, (1,) * (ndim - np.ndim(arrays)) + np.shape(arrays))
    parts = []
    for a in arrays:
        parts.append(_blocks(a, depth - 1, ndim))
    return np.concatenate(parts, axis=-depth)


@composition(np.broadcast_arrays)
def broadcast_arrays(*args: Any) -> Any:
    whole = np.zeros(())
    for a in args:
        whole = whole + np.zeros(np.shape(a))
    parts = []
    for a in args:
        parts.append(np.broadcast_to(a, np.shape(whole)))
    return tuple(parts)


@composition(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    n = len(xi)
    turned = indexing == "xy" and n > 1
    shape: Any = ()
    for k in range(n):
        shape = (*shape, np.size(xi[k]))
    if turned:
        shape = (shape[1], shape[0], *shape[2:])
    parts = []
    for k in range(n):
        axis = 1 - k if turned and k < 2 else k
        part = np.reshape(xi[k], along(axis, n))
        if not sparse:
            part = np.broadcast_to(part, shape)
        parts.append(np.copy(part) if copy else part)
    return tuple(parts)


@composition(np.ix_, constant=True)
def ix_(*args: Any) -> Any:
    parts = []
    for k in range(len(args)):
        index = np.asarray(args[k])
        if index.dtype == bool:
            index = np.flatnonzero(index)
        parts.append(np.reshape(index, along(k, len(args))))
    return tuple(parts)


# -- taking and leaving out ----------------------------------------------------------------------


@composition(np.nonzero, constant=True)
def nonzero(a: Any) -> Any:
    parts = []
    for k in range(np.ndim(a)):
        parts.append(nonzero_part(a, k))
    return tuple(parts)


@composition(np.unravel_index, constant=True)
def unravel_index(indices: Any, shape: Any) -> Any:
    if not isinstance(shape, tuple):
        shape = (shape,)
    parts = []
    for k in range(len(shape)):
        parts.append(unravel_part(indices, shape, k))
    return tuple(parts)


@composition(np.take)
def take(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    a, indices = np.asarray(a), np.asarray(indices)
    if axis is None:
        a, axis = np.reshape(a, (-1,)), 0
    if mode == "wrap":
        indices = indices % np.shape(a)[axis]
    if mode == "clip":
        indices = np.minimum(np.maximum(indices, 0), np.shape(a)[axis] - 1)
    return a[(*(slice(None),) * (axis % np.ndim(a)), indices)]


@composition(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        return np.reshape(arr, (-1,))[indices]
    return arr[_places(arr, indices, axis)]


def _places(arr: Any, indices: Any, axis: int) -> Any:
    """The index that takes along one axis, entry by entry along the others."""
    parts = []
    for k in range(np.ndim(arr)):
        if k == axis % np.ndim(arr):
            parts.append(indices)
        else:
            parts.append(np.reshape(np.arange(np.shape(arr)[k]), along(k, np.ndim(arr))))
    return tuple(parts)


@composition(np.compress)
def compress(condition: Any, a: Any, axis: Any = None) -> Any:
    return np.take(a, np.flatnonzero(condition), axis)


@composition(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    return np.reshape(arr, (-1,))[np.flatnonzero(condition)]


@composition(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    arr = np.asarray(arr)
    if axis is None:
        arr, axis = np.reshape(arr, (-1,)), 0
    return np.take(arr, delete_positions(np.arange(np.shape(arr)[axis]), obj), axis)


@composition(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr, values = np.asarray(arr), np.asarray(values)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    ndim, axis = np.ndim(arr), axis % np.ndim(arr)
    n = np.shape(arr)[axis]
    if np.ndim(obj) == 0:
        values = np.reshape(values, (1,) * (ndim - np.ndim(values)) + np.shape(values))
        values = moved(values, 0, axis)
        index = np.zeros(np.shape(values)[axis], dtype=int) + (obj if obj >= 0 else obj + n)
    else:
        index = np.asarray(obj)
        index = np.where(index < 0, index + n, index)
        if np.ndim(values) == 0:
            values = np.reshape(values, (1,) * ndim)
    count = np.shape(index)[0]
    order = np.argsort(index, kind="stable")
    place = np.zeros(count, dtype=int)
    place[order] = index[order] + np.arange(count)
    old = np.ones(n + count, dtype=bool)
    old[place] = False
    before = (slice(None),) * axis
    shape = np.shape(arr)
    out = np.zeros((*shape[:axis], n + count, *shape[axis + 1 :]), dtype=arr.dtype)
    out[(*before, place)] = values
    out[(*before, np.flatnonzero(old))] = arr
    return out


@composition(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    flat = np.reshape(ar, (-1,))
    index = unique_part(flat, True, False, False, 1)
    parts = [flat[index]]
    if return_index:
        parts.append(index)
    if return_inverse:
        parts.append(np.reshape(unique_part(flat, False, True, False, 1), np.shape(ar)))
    if return_counts:
        parts.append(unique_part(flat, False, False, True, 1))
    return parts[0] if len(parts) == 1 else tuple(parts)


@composition(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    x = np.asarray(x)
    sizes = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    axes = _axes(axis, np.ndim(x))
    for i in range(len(axes)):
        starts = np.arange(np.shape(x)[axes[i]] - sizes[i] + 1)
        index = starts[:, None] + np.arange(sizes[i])
        x = moved(x[(*(slice(None),) * axes[i], index)], axes[i] + 1, -1)
    return x


@composition(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.append(ar1, ar2))


@composition(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any) -> Any:
    ar1 = np.unique(ar1)
    return ar1[~np.isin(ar1, ar2)]


@composition(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any) -> Any:
    """An entry of both is an entry of the first."""
    ar1 = np.unique(ar1)
    return ar1[np.isin(ar1, ar2)]


@composition(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any) -> Any:
    return np.sort(np.concatenate((np.setdiff1d(ar1, ar2), np.setdiff1d(ar2, ar1))))


@composition(np.tril_indices, constant=True)
def tril_indices(n: Any, k: int = 0, m: Any = None) -> Any:
    return tril_part(n, k, m, 0), tril_part(n, k, m, 1)


@composition(np.triu_indices, constant=True)
def triu_indices(n: Any, k: int = 0, m: Any = None) -> Any:
    return triu_part(n, k, m, 0), triu_part(n, k, m, 1)


@composition(np.tril_indices_from, constant=True)
def tril_indices_from(arr: Any, k: int = 0) -> Any:
    return np.tril_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@composition(np.triu_indices_from, constant=True)
def triu_indices_from(arr: Any, k: int = 0) -> Any:
    return np.triu_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@composition(np.diag_indices, constant=True)
def diag_indices(n: Any, ndim: int = 2) -> Any:
    return (np.arange(n),) * ndim


@composition(np.diag_indices_from, constant=True)
def diag_indices_from(arr: Any) -> Any:
    return (np.arange(np.shape(arr)[0]),) * np.ndim(arr)


# -- padding -------------------------------------------------------------------------------------


@compile_time
def _pairs(width: Any, ndim: int) -> tuple[tuple[Any, Any], ...]:
    """np.pad's argument for each axis, as (before, after)."""
    table = np.broadcast_to(np.asarray(width), (ndim, 2))
    return tuple((a, b) for a, b in table.tolist())


def _both(value: Any, k: int) -> Any:
    """The (before, after) of an axis in an argument that may be given once for all."""
    if not isinstance(value, (tuple, list)):
        return value, value
    if isinstance(value[0], (tuple, list)):
        pair = value[0] if len(value) == 1 else value[k]
    else:
        pair = value
    return (pair[0], pair[0]) if len(pair) == 1 else (pair[0], pair[1])


@composition(np.pad)
def pad(
    array: Any,
    pad_width: Any,
    mode: str = "constant",
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
) -> Any:
    array = np.asarray(array)
    pairs = _pairs(pad_width, np.ndim(array))
    if mode == "constant" and isinstance(constant_values, (int, float)):
        return _framed(array, pairs, constant_values)
    for axis in range(np.ndim(array)):
        if mode in ("edge", "reflect", "symmetric", "wrap"):
            places = pad_positions(np.arange(np.shape(array)[axis]), pairs[axis], mode)
            array = array[(*(slice(None),) * axis, places)]
        elif mode == "constant":
            low, high = _both(constant_values, axis)
            array = _sides(array, axis, pairs[axis], low, high)
        elif mode == "linear_ramp":
            array = _ramps(array, axis, pairs[axis], _both(end_values, axis))
        else:
            low, high = (None, None) if stat_length is None else _both(stat_length, axis)
            n = np.ndim(array)
            head = array if low is None else array[at(axis, n, None, low)]
            tail = array if high is None else array[at(axis, n, -high, None)]
            array = _sides(
                array, axis, pairs[axis], _statistic(head, axis, mode), _statistic(tail, axis, mode)
            )
    return array


def _framed(array: Any, pairs: Any, value: Any) -> Any:
    """An array inside a larger one of one value."""
    shape: Any = ()
    inner: Any = ()
    for axis in range(np.ndim(array)):
        low, high = pairs[axis]
        n = np.shape(array)[axis]
        shape = (*shape, low + n + high)
        inner = (*inner, slice(low, low + n))
    out = np.full(shape, value, dtype=array.dtype)
    out[inner] = array
    return out


def _sides(array: Any, axis: int, pair: Any, low: Any, high: Any) -> Any:
    """An array with values before and after it along an axis."""
    parts = [array]
    shape = np.shape(array)
    if pair[0]:
        size = (*shape[:axis], pair[0], *shape[axis + 1 :])
        parts.insert(0, np.broadcast_to(low, size).astype(array.dtype))
    if pair[1]:
        size = (*shape[:axis], pair[1], *shape[axis + 1 :])
        parts.append(np.broadcast_to(high, size).astype(array.dtype))
    return np.concatenate(parts, axis=axis)


def _statistic(array: Any, axis: int, mode: str) -> Any:
    if mode == "maximum":
        return np.max(array, axis=axis, keepdims=True)
    if mode == "minimum":
        return np.min(array, axis=axis, keepdims=True)
    if mode == "mean":
        return np.mean(array, axis=axis, keepdims=True)
    return np.median(array, axis=axis, keepdims=True)


def _ramps(array: Any, axis: int, pair: Any, ends: Any) -> Any:
    """Straight lines from the ends to the edges."""
    n = np.ndim(array)
    first, last = array[at(axis, n, 0, 1)], array[at(axis, n, -1, None)]
    parts = [array]
    if pair[0]:
        steps = np.reshape(np.arange(pair[0]), along(axis, n))
        ramp = steps * ((first - ends[0]) / pair[0]) + ends[0]
        parts.insert(0, ramp.astype(array.dtype))
    if pair[1]:
        steps = np.reshape(np.arange(pair[1])[::-1], along(axis, n))
        ramp = steps * ((last - ends[1]) / pair[1]) + ends[1]
        parts.append(ramp.astype(array.dtype))
    return np.concatenate(parts, axis=axis)


# -- functions over arrays -----------------------------------------------------------------------


@composition(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any) -> Any:
    arr = np.asarray(arr)
    rows = moved(arr, axis, -1)
    shape = np.shape(rows)
    flat = np.reshape(rows, (-1, shape[-1]))
    first = np.asarray(func1d(flat[0], *args))
    out = np.zeros((np.shape(flat)[0], *np.shape(first)), dtype=first.dtype)
    out[0] = first
    for i in range(1, np.shape(flat)[0]):
        out[i] = func1d(flat[i], *args)
    out = np.reshape(out, (*shape[:-1], *np.shape(first)))
    return moved(out, -1, axis) if np.ndim(first) == 1 else out


@composition(np.fromfunction)
def fromfunction(function: Any, shape: Any, *, dtype: Any = float) -> Any:
    grid = np.indices(shape, dtype=dtype)
    parts = []
    for k in range(len(shape)):
        parts.append(grid[k])
    return function(*parts)


def _row(arrays: Any, i: int) -> Any:
    entries = []
    for a in arrays:
        entries.append(a[i])
    return tuple(entries)


@composition(np.vectorize)
def vectorize(pyfunc: Any) -> Any:
    """A function that calls another for each entry of its broadcast arguments."""

    def entrywise(*args: Any) -> Any:
        whole = np.broadcast_arrays(*args)
        shape = np.shape(whole[0])
        flat = []
        for a in whole:
            flat.append(np.reshape(a, (-1,)))
        first = pyfunc(*_row(flat, 0))
        out = np.zeros(len(flat[0]), dtype=np.asarray(first).dtype)
        out[0] = first
        for i in range(1, len(flat[0])):
            out[i] = pyfunc(*_row(flat, i))
        return np.reshape(out, shape)

    return entrywise


# -- kinds ---------------------------------------------------------------------------------------

REGISTRY.static.update(
    (np.finfo, np.iinfo, np.result_type, np.promote_types, np.can_cast, np.issubdtype, np.isdtype)
)
REGISTRY.static.update((np.min_scalar_type, np.common_type, np.broadcast_shapes))


@composition(np.isscalar, constant=True)
def isscalar(element: Any) -> Any:
    return not isinstance(element, (np.ndarray, list, tuple))


@composition(np.isrealobj, constant=True)
def isrealobj(x: Any) -> Any:
    return np.asarray(x).dtype.kind != "c"
