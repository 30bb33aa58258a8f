"""Entries taken, left out and put in as compositions.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.mutation import expand
from adcompile.frontend.values import PyVal
from adcompile.rules.dsl import composition, kept, transpose
from adcompile.rules.helpers import along, axes_in_order, moved

nonzero_part = kept("nonzero_part")
unique_part = kept("unique_part")
tril_part = kept("tril_indices_part")
triu_part = kept("triu_indices_part")
delete_positions = kept("delete_positions")


@composition(np.nonzero, constant=True)
def nonzero(a: Any) -> Any:
    parts = []
    for k in range(np.ndim(a)):
        parts.append(nonzero_part(a, k))
    return tuple(parts)


def _lower_where(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    """np.where of a condition alone is np.nonzero."""
    if len(args) == 1 and not kwargs:
        return expand(cx, nonzero, args, {})
    return primitives.emit_bound(cx, cx.prim("where"), args, kwargs)


SPECIAL[np.where] = _lower_where


@composition(np.unravel_index, constant=True)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    if not isinstance(shape, tuple):
        shape = (shape,)
    indices = np.asarray(indices)
    count = 1
    for n in shape:
        count = count * n
    if np.any(indices < 0) or np.any(indices >= count):
        raise ValueError("index is out of bounds for array")
    parts: Any = ()
    for k in range(len(shape)):
        n = shape[k] if order == "F" else shape[-1 - k]
        parts = (*parts, indices % n) if order == "F" else (indices % n, *parts)
        indices = indices // n
    return parts


@composition(np.ravel_multi_index, constant=True)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    if not isinstance(dims, tuple):
        dims = (dims,)
    total = 0
    for k in range(len(dims)):
        axis = len(dims) - 1 - k if order == "F" else k
        n, index = dims[axis], np.asarray(multi_index[axis])
        how = mode if isinstance(mode, str) else mode[axis]
        if how == "wrap":
            index = index % n
        elif how == "clip":
            index = np.clip(index, 0, n - 1)
        elif np.any(index < 0) or np.any(index >= n):
            raise ValueError("invalid entry in coordinates array")
        total = total * n + index
    return total


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
    if isinstance(obj, list) and len(obj) == 0:
        return np.copy(arr)
    return np.take(arr, delete_positions(np.arange(np.shape(arr)[axis]), obj), axis)


@composition(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr, values = np.asarray(arr), np.asarray(values)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    ndim, axis = np.ndim(arr), axis % np.ndim(arr)
    n = np.shape(arr)[axis]
    if isinstance(obj, slice):
        obj = np.arange(n)[obj]
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
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
) -> Any:
    """The entries (or, along an axis, the slices) at the places of the first of their kind."""
    ar = np.asarray(ar)
    rows = np.reshape(ar, (-1,)) if axis is None else ar
    index = unique_part(rows, True, False, False, axis, 1)
    parts = [rows[index] if axis is None else np.take(rows, index, axis)]
    if return_index:
        parts.append(index)
    if return_inverse:
        inverse = unique_part(rows, False, True, False, axis, 1)
        parts.append(np.reshape(inverse, np.shape(ar)) if axis is None else inverse)
    if return_counts:
        parts.append(unique_part(rows, False, False, True, axis, 1))
    return parts[0] if len(parts) == 1 else tuple(parts)


@composition(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@transpose("sliding_window_view", wrt="x")
def sliding_window_view_x(x: Any, window_shape: Any, axis: Any = None, *, result_bar: Any) -> Any:
    """The last window first: what it had is added up, one place of the window after the other."""
    sizes = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    axes = axes_in_order(axis, np.ndim(x))
    for i in range(len(sizes) - 1, -1, -1):
        result_bar = _unwindowed(result_bar, axes[i], sizes[i])
    return result_bar


def _unwindowed(bar: Any, axis: int, size: int) -> Any:
    n = np.shape(bar)[axis]
    shape = np.shape(bar)[:-1]
    before = (slice(None),) * axis
    out = np.zeros((*shape[:axis], n + size - 1, *shape[axis + 1 :]), dtype=bar.dtype)
    for k in range(size):
        out[(*before, slice(k, k + n))] += bar[..., k]
    return out


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
