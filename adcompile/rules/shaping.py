"""Shape operations, casts and construction: all linear, so only transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.ir.rows.scalars import CASTS
from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import front_axes, inverse_axes, shaped, unbroadcast


@transpose("reshape", wrt="a")
def reshape_a(a: Any, shape: Any, *, result_bar: Any) -> Any:
    return shaped(result_bar, a)


@transpose("ravel", "squeeze", wrt="a")
def ravel_a(a: Any, axis: Any = None, *, result_bar: Any) -> Any:
    return shaped(result_bar, a)


@transpose("transpose", wrt="a")
def transpose_a(a: Any, axes: Any = None, *, result_bar: Any) -> Any:
    if axes is None:
        return np.transpose(result_bar)
    return np.transpose(result_bar, inverse_axes(axes))


@transpose("swapaxes", wrt="a")
def swapaxes_a(a: Any, axis1: int, axis2: int, *, result_bar: Any) -> Any:
    return np.swapaxes(result_bar, axis1, axis2)


@transpose("diagonal", wrt="a")
def diagonal_a(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *, result_bar: Any) -> Any:
    order = front_axes(axis1, axis2, a.ndim)
    shape: Any = ()
    for k in order:
        shape = (*shape, a.shape[k])
    out = np.zeros(shape, dtype=result_bar.dtype)
    i = np.arange(result_bar.shape[-1])
    rows, columns = (i, i + offset) if offset > 0 else (i - offset, i)
    out[rows, columns] = np.moveaxis(result_bar, -1, 0)
    return np.transpose(out, inverse_axes(order))


@transpose("expand_dims", wrt="a")
def expand_dims_a(a: Any, axis: Any, *, result_bar: Any) -> Any:
    return np.squeeze(result_bar, axis)


@transpose("broadcast_to", wrt="x")
def broadcast_to_x(x: Any, shape: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, x)


@transpose("spread", wrt="x")
def spread_x(x: Any, count: Any, *, result_bar: Any) -> Any:
    return np.sum(result_bar, axis=0)


@transpose("unbroadcast", wrt="x")
def unbroadcast_x(x: Any, shape: Any, *, result_bar: Any) -> Any:
    return np.broadcast_to(result_bar, x.shape)


@transpose("astype", "asarray", wrt="a")
def astype_a(a: Any, dtype: Any = None, *, result_bar: Any) -> Any:
    return result_bar


@transpose("float", "complex", *CASTS, wrt="x")
def float_x(x: Any, *, result_bar: Any) -> Any:
    return result_bar


@transpose("item", wrt="a")
def item_a(a: Any, *, result_bar: Any) -> Any:
    return result_bar


@transpose("with_room", wrt="x")
def with_room_x(x: Any, count: Any, *, result_bar: Any) -> Any:
    """The adjoint keeps its length: the rows past the end are never read."""
    return result_bar


@transpose("full", wrt="fill_value")
def full_fill(shape: Any, fill_value: Any, dtype: Any = None, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, fill_value)


@transpose("full_like", wrt="fill_value")
def full_like_fill(a: Any, fill_value: Any, dtype: Any = None, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, fill_value)


@transpose("winners", wrt="x")
def winners_x(x: Any, index: Any, *, result_bar: Any) -> Any:
    out = np.zeros(x.shape, dtype=x.dtype)
    out[index] = result_bar
    return out


@transpose("concatenate", wrt="arrays")
def concatenate_arrays(arrays: Any, axis: int = 0, *, result_bar: Any) -> Any:
    parts = []
    start = 0
    for a in arrays:
        stop = start + a.shape[axis]
        before = (slice(None),) * (axis % a.ndim)
        parts.append(result_bar[(*before, slice(start, stop))])
        start = stop
    return parts


@transpose("stack", wrt="arrays")
def stack_arrays(arrays: Any, axis: int = 0, *, result_bar: Any) -> Any:
    parts = []
    before = (slice(None),) * (axis % result_bar.ndim)
    for i in range(len(arrays)):
        parts.append(result_bar[(*before, i)])
    return parts


@transpose("array", wrt="object")
def array_object(object: Any, dtype: Any = None, *, result_bar: Any) -> Any:
    return pieces(object, result_bar)


def pieces(item: Any, bar: Any) -> Any:
    """The adjoint of each part of a nested list that became an array."""
    if not isinstance(item, tuple):
        return bar
    parts = []
    for i in range(len(item)):
        parts.append(pieces(item[i], bar[i]))
    return parts


@rule("arange")
def arange(
    start: Any, stop: Any = None, step: Any = None, *, result: Any, start_dot: Any, step_dot: Any
) -> Any:
    """The number of entries is constant; with one argument that is all it says."""
    if stop is None:
        return start_dot * np.zeros_like(result)
    if step is None:
        return start_dot * np.ones_like(result)
    return start_dot * np.ones_like(result) + step_dot * np.arange(len(result))
