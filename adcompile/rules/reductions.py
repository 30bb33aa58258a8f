"""Reductions: transposes of the linear ones, tangents of the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import axis_tuple, masked


def kept(value: Any, axis: Any, keepdims: bool, ndim: int) -> Any:
    """A reduction's result with its reduced axes back, of length 1."""
    if keepdims or axis is None:
        return value
    return np.expand_dims(value, axis)


def count(a: Any, axis: Any) -> Any:
    """How many entries each entry of a reduction comes from."""
    n = 1
    for i in axis_tuple(axis, np.ndim(a)):
        n = n * np.shape(a)[i]
    return n


def counted(a: Any, axis: Any, where: Any) -> Any:
    """As count, of the entries where a mask holds; the reduced axes are kept."""
    if where is True:
        return count(a, axis)
    return np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=True)


def spread(value: Any, a: Any, where: Any) -> Any:
    """A value of a reduction's kept shape for each entry that went into it."""
    whole = np.broadcast_to(value, np.shape(a))
    return whole if where is True else masked(whole, np.broadcast_to(where, np.shape(a)))


@transpose("sum", wrt="a")
def sum_a(
    a: Any, axis: Any = None, keepdims: bool = False, where: Any = True, *, result_bar: Any
) -> Any:
    if np.ndim(a) == 0:
        return result_bar
    return spread(kept(result_bar, axis, keepdims, np.ndim(a)), a, where)


@transpose("python_sum", wrt="a")
def python_sum_a(a: Any, *, result_bar: Any) -> Any:
    return np.broadcast_to(result_bar, np.shape(a))


@transpose("mean", wrt="a")
def mean_a(
    a: Any, axis: Any = None, keepdims: bool = False, where: Any = True, *, result_bar: Any
) -> Any:
    if np.ndim(a) == 0:
        return result_bar
    share = kept(result_bar, axis, keepdims, np.ndim(a)) / counted(a, axis, where)
    return spread(share, a, where)


def spread_dot(a: Any, axis: Any, ddof: Any, keepdims: bool, where: Any, a_dot: Any) -> Any:
    """The tangent of a variance."""
    if where is True:
        centred = a - np.mean(a, axis=axis, keepdims=True)
        share = (2.0 / (count(a, axis) - ddof)) * centred
        return np.sum(share * a_dot, axis=axis, keepdims=keepdims)
    centred = np.where(where, a - np.mean(a, axis=axis, keepdims=True, where=where), 0.0)
    share = 2.0 * centred / (counted(a, axis, where) - ddof)
    return np.sum(share * a_dot, axis=axis, keepdims=keepdims)


@rule("var")
def var(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
    *,
    a_dot: Any,
) -> Any:
    return spread_dot(a, axis, ddof, keepdims, where, a_dot)


@rule("std")
def std(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
    *,
    result: Any,
    a_dot: Any,
) -> Any:
    """Zero where all entries are equal: the subgradient of least norm."""
    scale = np.where(result == 0, 1.0, 2 * result)
    return spread_dot(a, axis, ddof, keepdims, where, a_dot) / scale


@rule("max", "min", "nanmax", "nanmin")
def extreme(
    a: Any,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    *,
    result: Any,
    a_dot: Any,
    initial_dot: Any,
) -> Any:
    """Ties share evenly, `initial` being one more entry."""
    if np.ndim(a) == 0:
        return a_dot
    top = kept(result, axis, keepdims, np.ndim(a))
    hits = a == top
    if where is not True:
        hits = hits & where
    number = np.sum(hits, axis=axis, keepdims=True)
    if initial is None:
        return np.sum(hits / number * a_dot, axis=axis, keepdims=keepdims)
    start = kept(initial == result, axis, keepdims, np.ndim(a))
    number = number + start
    first = np.reshape(start / number, np.shape(result)) * initial_dot
    return np.sum(hits / number * a_dot, axis=axis, keepdims=keepdims) + first


@rule("prod")
def prod(a: Any, axis: Any = None, keepdims: bool = False, *, result: Any, a_dot: Any) -> Any:
    """Without zeros the others' product is a quotient; with zeros it is multiplied out."""
    if np.ndim(a) == 0:
        return a_dot
    if np.all(a != 0):
        whole = kept(result, axis, keepdims, np.ndim(a))
        return np.sum(whole / a * a_dot, axis=axis, keepdims=keepdims)
    if axis is None:
        flat, flat_dot = np.reshape(a, (-1,)), np.reshape(a_dot, (-1,))
        total = product_dot(flat, flat_dot)
        if keepdims:
            return np.reshape(total, np.shape(result))
        return total
    moved, moved_dot = a, a_dot
    axes = axis_tuple(axis, np.ndim(a))
    for i in range(len(axes)):
        moved = np.swapaxes(moved, i, axes[i])
        moved_dot = np.swapaxes(moved_dot, i, axes[i])
    if len(axes) > 1:
        rest = np.shape(moved)[len(axes) :]
        moved = np.reshape(moved, (-1, *rest))
        moved_dot = np.reshape(moved_dot, (-1, *rest))
    total = product_dot(moved, moved_dot)
    if np.ndim(result) == 0:
        return total
    if len(axes) == 1 and axes[0] > 1:
        total = np.swapaxes(np.expand_dims(total, 0), 0, axes[0])
        return np.reshape(total, np.shape(result))
    return np.reshape(total, np.shape(result))


def product_dot(a: Any, a_dot: Any) -> Any:
    """The tangent of a product along the first axis, by the product rule."""
    value, value_dot = a[0], a_dot[0]
    for i in range(1, np.shape(a)[0]):
        value_dot = value_dot * a[i] + value * a_dot[i]
        value = value * a[i]
    return value_dot
