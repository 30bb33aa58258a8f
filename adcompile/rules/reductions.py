"""Reductions: transposes of the linear ones, tangents of the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import axis_tuple, is_literal, lanes, masked, shaped


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


def deviations(
    a: Any,
    axis: Any,
    ddof: Any,
    where: Any,
    mean: Any,
    correction: Any,
    a_dot: Any,
    mean_dot: Any,
) -> Any:
    """For a variance: the distances from the mean, how they move, and the degrees of freedom.

    The mean moves too, but that has no influence unless it is given.
    """
    freedom = ddof if correction is None else correction
    n = count(a, axis) if where is True else counted(a, axis, where)
    if not (is_literal(freedom) and freedom == 0):
        n = n - freedom
    if mean is None:
        centred = a - np.mean(a, axis=axis, keepdims=axis is not None, where=where)
        moved = a_dot
    else:
        centred, moved = a - mean, a_dot - mean_dot
    if where is not True:
        centred = np.where(where, centred, 0.0)
    return centred if not np.iscomplexobj(a) else np.conj(centred), moved, n


def variance_dot(centred: Any, moved: Any, n: Any, axis: Any, keepdims: bool) -> Any:
    total = np.sum(2 / n * centred * moved, axis=axis, keepdims=keepdims)
    return np.real(total) if np.iscomplexobj(centred) else total


def deviation_dot(centred: Any, moved: Any, n: Any, axis: Any, keepdims: bool, result: Any) -> Any:
    """Zero where all entries are equal: the subgradient of least norm."""
    scale = kept(np.where(result == 0, 1.0, result), axis, keepdims, np.ndim(centred))
    total = np.sum(centred / (n * scale) * moved, axis=axis, keepdims=keepdims)
    return np.real(total) if np.iscomplexobj(centred) else total


@rule("var")
def var(
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
    centred, moved, n = deviations(a, axis, ddof, where, mean, correction, a_dot, mean_dot)
    return variance_dot(centred, moved, n, axis, keepdims)


@rule("std")
def std(
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
    centred, moved, n = deviations(a, axis, ddof, where, mean, correction, a_dot, mean_dot)
    return deviation_dot(centred, moved, n, axis, keepdims, result)


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
    if np.ndim(a) == 0 and initial is None:
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
def prod(
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
    """Without zeros the others' product is a quotient; with zeros it is multiplied out."""
    if np.ndim(a) == 0 and initial is None and where is True:
        return a_dot
    if where is not True:
        a, a_dot = np.where(where, a, 1.0), np.where(where, a_dot, 0.0)
    if np.all(a != 0):
        whole = kept(result, axis, keepdims, np.ndim(a))
        total = np.sum(whole / a * a_dot, axis=axis, keepdims=keepdims)
    else:
        first = product_dot(lanes(a, axis), lanes(a_dot, axis, np.ndim(a)))
        total = shaped(first if initial is None else initial * first, result)
    if initial is None:
        return total
    return total + np.prod(a, axis=axis, keepdims=keepdims) * initial_dot


def product_dot(a: Any, a_dot: Any) -> Any:
    """The tangent of a product along the first axis, by the product rule."""
    value, value_dot = a[0], a_dot[0]
    for i in range(1, np.shape(a)[0]):
        value_dot = value_dot * a[i] + value * a_dot[i]
        value = value * a[i]
    return value_dot
