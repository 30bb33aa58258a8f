"""Arrays joined, repeated and broadcast as compositions.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.frontend import emit, static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.mutation import expand
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import composition
from adcompile.rules.helpers import along, at, known, times


def _flattened(arrays: Any) -> Any:
    """The entries of all arrays."""
    parts = []
    for a in arrays:
        parts.append(np.ravel(a))
    return np.concatenate(parts)


def _lower_concatenate(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("arrays", "axis"), args, strict=False)) | kwargs
    dtype = static.value(cx, given.pop("dtype", Lit(None)), "the dtype")
    given.pop("casting", None)
    axis = given.get("axis")
    if isinstance(axis, Lit) and axis.value is None:
        whole = expand(cx, _flattened, [given["arrays"]], {})
    else:
        whole = primitives.emit_bound(cx, cx.prim("concatenate"), [], given)
    return whole if dtype is None else emit.call(cx, "astype", whole, Lit(np.dtype(dtype)))


SPECIAL[np.concatenate] = _lower_concatenate


@composition(np.vstack, *([np.row_stack] if hasattr(np, "row_stack") else []))
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = []
    for a in tup:
        parts.append(np.atleast_2d(a))
    return np.concatenate(parts, axis=0, dtype=dtype, casting=casting)


@composition(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = []
    for a in tup:
        parts.append(np.atleast_1d(a))
    axis = 0 if np.ndim(parts[0]) == 1 else 1
    return np.concatenate(parts, axis=axis, dtype=dtype, casting=casting)


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
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: None = None) -> Any:
    return x.astype(dtype, copy=copy)


if hasattr(np, "unstack"):  # NumPy 2.1

    @composition(np.unstack)
    def unstack(x: Any, /, *, axis: int = 0) -> Any:
        parts = []
        for k in times(known(np.shape(x)[axis])):
            parts.append(x[at(axis, np.ndim(x), k)])
        return tuple(parts)


@composition(np.asarray_chkfinite)
def asarray_chkfinite(a: Any, dtype: Any = None, order: None = None) -> Any:
    a = np.asarray(a, dtype=dtype)
    if not np.all(np.isfinite(a)):
        raise ValueError("array must not contain infs or NaNs")
    return a


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
