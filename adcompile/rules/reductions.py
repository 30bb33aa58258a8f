"""Reductions: transposes of the linear ones, tangents of the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import axis_tuple


def kept(value: Any, axis: Any, keepdims: bool, ndim: int) -> Any:
    """A reduction's result with its reduced axes back, of length 1."""
    if keepdims or axis is None:
        return value
    return np.expand_dims(value, axis)


def count(a: Any, axis: Any) -> Any:
    """How many entries each entry of a reduction comes from."""
    n = 1
    for i in axis_tuple(axis, a.ndim):
        n = n * a.shape[i]
    return n


@transpose("sum", wrt="a")
def sum_a(a: Any, axis: Any = None, keepdims: bool = False, *, result_bar: Any) -> Any:
    return np.broadcast_to(kept(result_bar, axis, keepdims, a.ndim), a.shape)


@transpose("python_sum", wrt="a")
def python_sum_a(a: Any, *, result_bar: Any) -> Any:
    return np.broadcast_to(result_bar, a.shape)


@transpose("mean", wrt="a")
def mean_a(a: Any, axis: Any = None, keepdims: bool = False, *, result_bar: Any) -> Any:
    share = kept(result_bar, axis, keepdims, a.ndim) / count(a, axis)
    return np.broadcast_to(share, a.shape)


@rule("max", "min")
def extreme(
    a: Any, axis: Any = None, keepdims: bool = False, *, result: Any, a_dot: Any
) -> Any:
    """Ties share evenly."""
    hits = a == kept(result, axis, keepdims, a.ndim)
    share = hits / np.sum(hits, axis=axis, keepdims=True)
    return np.sum(share * a_dot, axis=axis, keepdims=keepdims)


@rule("prod")
def prod(
    a: Any, axis: Any = None, keepdims: bool = False, *, result: Any, a_dot: Any
) -> Any:
    """Without zeros the others' product is a quotient; with zeros it is multiplied out."""
    if np.all(a != 0):
        whole = kept(result, axis, keepdims, a.ndim)
        return np.sum(whole / a * a_dot, axis=axis, keepdims=keepdims)
    if axis is None:
        flat, flat_dot = np.reshape(a, (-1,)), np.reshape(a_dot, (-1,))
        total = product_dot(flat, flat_dot)
        if keepdims:
            return np.reshape(total, result.shape)
        return total
    moved, moved_dot = a, a_dot
    axes = axis_tuple(axis, a.ndim)
    for i in range(len(axes)):
        moved = np.swapaxes(moved, i, axes[i])
        moved_dot = np.swapaxes(moved_dot, i, axes[i])
    if len(axes) > 1:
        rest = moved.shape[len(axes) :]
        moved = np.reshape(moved, (-1,) + rest)
        moved_dot = np.reshape(moved_dot, (-1,) + rest)
    total = product_dot(moved, moved_dot)
    if len(axes) == 1 and axes[0] > 1:
        total = np.swapaxes(np.expand_dims(total, 0), 0, axes[0])
        return np.reshape(total, result.shape)
    return np.reshape(total, result.shape)


def product_dot(a: Any, a_dot: Any) -> Any:
    """The tangent of a product along the first axis, by the product rule."""
    value, value_dot = a[0], a_dot[0]
    for i in range(1, a.shape[0]):
        value_dot = value_dot * a[i] + value * a_dot[i]
        value = value * a[i]
    return value_dot
