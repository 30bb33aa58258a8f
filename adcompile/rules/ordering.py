"""Sorting and order statistics: the tangent follows the entries that the value was made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule
from adcompile.rules.helpers import along, lanes, shaped


def by_rank(a: Any) -> Any:
    """The order of the entries along the first axis; equal ones keep theirs."""
    return np.argsort(a, axis=0, kind="stable")


@rule("sort")
def sort(a: Any, axis: Any = -1, *, a_dot: Any) -> Any:
    if axis is None:
        return np.reshape(a_dot, (-1,))[by_rank(np.reshape(a, (-1,)))]
    return np.take_along_axis(a_dot, np.argsort(a, axis=axis, kind="stable"), axis)


@rule("partition")
def partition(a: Any, axis: Any = -1, *, result: Any, a_dot: Any) -> Any:
    """The k-th smallest of the result is the k-th smallest of the operand."""
    if axis is None:
        order = by_rank(np.reshape(a, (-1,)))
        return np.reshape(a_dot, (-1,))[order[np.argsort(by_rank(result))]]
    order = np.argsort(a, axis=axis, kind="stable")
    back = np.argsort(np.argsort(result, axis=axis, kind="stable"), axis=axis)
    return np.take_along_axis(a_dot, np.take_along_axis(order, back, axis), axis)


def place_of(q: Any, n: Any, method: str) -> Any:
    """Where among n sorted entries, from 0, the quantile q lies (Hyndman and Fan 1996)."""
    if method == "hazen":
        return n * q - 0.5
    if method == "weibull":
        return (n + 1) * q - 1
    if method == "median_unbiased":
        return (n + 1.0 / 3.0) * q - 2.0 / 3.0
    if method == "normal_unbiased":
        return (n + 1.0 / 4.0) * q - 5.0 / 8.0
    if method == "interpolated_inverted_cdf" or method == "averaged_inverted_cdf":
        return n * q - 1
    assert method in ("linear", "lower", "higher", "midpoint", "nearest")
    return (n - 1) * q


def slope_of(n: Any, method: str) -> Any:
    """The derivative of that place in q."""
    if method == "weibull":
        return n + 1
    if method == "median_unbiased":
        return n + 1.0 / 3.0
    if method == "normal_unbiased":
        return n + 1.0 / 4.0
    if method in ("hazen", "interpolated_inverted_cdf"):
        return n
    if method == "linear":
        return n - 1
    return 0 * n


def flat(q: Any) -> Any:
    """Quantiles as a vector."""
    return np.reshape(np.asarray(q), (-1,))


def selected(rows: Any, axis: Any, ndim: int, result: Any, a_dot: Any) -> Any:
    """The tangents of the entries that a quantile is, the first of equal ones."""
    wanted = np.reshape(result, (-1, 1, *np.shape(rows)[1:]))
    index = np.argmax(rows == wanted, axis=1)
    return shaped(np.take_along_axis(lanes(a_dot, axis, ndim), index, 0), result)


def quantile_dot(
    a: Any,
    q: Any,
    axis: Any,
    method: str,
    result: Any,
    a_dot: Any,
    q_dot: Any,
    skip: bool,
) -> Any:
    """Interpolates between the tangents of two entries, and moves the place between them."""
    if np.ndim(a) == 0:
        return a_dot
    rows = lanes(a, axis)
    if method == "inverted_cdf" or method == "closest_observation":
        return selected(rows, axis, np.ndim(a), result, a_dot)
    order = by_rank(rows)
    n = np.shape(rows)[0]
    if skip:
        n = np.sum(~np.isnan(rows), axis=0)
    q, q_dot = flat(q), flat(q_dot)
    q = np.reshape(q, along(0, np.ndim(rows)))
    wanted = place_of(q, n, method)
    place = np.minimum(np.maximum(wanted, 0), n - 1)
    low = np.floor(place)
    share = place - low
    if method == "lower":
        share = 0 * share
    if method == "higher":
        share = np.ceil(share)
    if method == "nearest":
        share = np.rint(place) - low
    if method == "midpoint":
        share = 0.5 * np.ceil(share)
    if method == "averaged_inverted_cdf":
        share = np.where(wanted < 0, 0.0, np.where(share == 0, 0.5, 1.0))
    low = np.maximum(low.astype(int), 0)
    high = np.maximum(np.minimum(low + 1, n - 1), 0)
    first = np.take_along_axis(order, low + np.zeros_like(order[:1]), 0)
    second = np.take_along_axis(order, high + np.zeros_like(order[:1]), 0)
    rows_dot = lanes(a_dot, axis, np.ndim(a))
    moved = (1 - share) * np.take_along_axis(rows_dot, first, 0)
    moved = moved + share * np.take_along_axis(rows_dot, second, 0)
    gap = np.take_along_axis(rows, second, 0) - np.take_along_axis(rows, first, 0)
    inside = (place > 0) & (place < n - 1) | (method == "linear")
    rate = np.where(inside, gap * slope_of(n, method), 0.0)
    moved = moved + rate * np.reshape(q_dot, along(0, np.ndim(rows)))
    return shaped(moved, result)


@rule("quantile")
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    *,
    result: Any,
    a_dot: Any,
    q_dot: Any,
) -> Any:
    """The weights decide which entry it is."""
    return quantile_dot(a, q, axis, method, result, a_dot, q_dot, False)


@rule("percentile")
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    *,
    result: Any,
    a_dot: Any,
    q_dot: Any,
) -> Any:
    """The weights decide which entry it is."""
    return quantile_dot(a, q / 100, axis, method, result, a_dot, q_dot / 100, False)


@rule("nanquantile")
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    *,
    result: Any,
    a_dot: Any,
    q_dot: Any,
) -> Any:
    """The weights decide which entry it is."""
    return quantile_dot(a, q, axis, method, result, a_dot, q_dot, True)


@rule("nanpercentile")
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    *,
    result: Any,
    a_dot: Any,
    q_dot: Any,
) -> Any:
    """The weights decide which entry it is."""
    return quantile_dot(a, q / 100, axis, method, result, a_dot, q_dot / 100, True)


@rule("median")
def median(a: Any, axis: Any = None, *, result: Any, a_dot: Any) -> Any:
    return middle(a, axis, result, a_dot, False)


@rule("nanmedian")
def nanmedian(a: Any, axis: Any = None, *, result: Any, a_dot: Any) -> Any:
    return middle(a, axis, result, a_dot, True)


def middle(a: Any, axis: Any, result: Any, a_dot: Any, skip: bool) -> Any:
    """The mean of the tangents of the two middle entries, which may be one."""
    if np.ndim(a) == 0:
        return a_dot
    rows, rows_dot = lanes(a, axis), lanes(a_dot, axis, np.ndim(a))
    order = by_rank(rows)
    if not skip:
        n = np.shape(rows)[0]
        low = np.take_along_axis(rows_dot, order[(n - 1) // 2 : (n - 1) // 2 + 1], 0)
        high = np.take_along_axis(rows_dot, order[n // 2 : n // 2 + 1], 0)
        return shaped(0.5 * (low + high), result)
    n = np.sum(~np.isnan(rows), axis=0, keepdims=True)
    low = np.take_along_axis(order, np.maximum(n - 1, 0) // 2, 0)
    high = np.take_along_axis(order, n // 2 - (n == np.shape(rows)[0]) * 0, 0)
    total = np.take_along_axis(rows_dot, low, 0) + np.take_along_axis(rows_dot, high, 0)
    return shaped(0.5 * total, result)


def around(values: Any, order: Any) -> Any:
    """The values of a period in order, with the last before them and the first after them."""
    values = values[order]
    return np.concatenate((values[-1:], values, values[:1]))


@rule("interp")
def interp(
    x: Any,
    xp: Any,
    fp: Any,
    left: Any = None,
    right: Any = None,
    period: Any = None,
    *,
    x_dot: Any,
    xp_dot: Any,
    fp_dot: Any,
    left_dot: Any,
    right_dot: Any,
) -> Any:
    """At a knot the segment on its right, at the last one that on its left.

    With a period, as NumPy does it: the knots reduced, sorted, and one more at either end.
    """
    if period is not None:
        order = np.argsort(xp % period)
        x, xp = x % period, (xp % period)[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        xp_dot, fp_dot, fp = around(xp_dot, order), around(fp_dot, order), around(fp, order)
    n = np.shape(xp)[0]
    low = np.minimum(np.maximum(np.searchsorted(xp, x, side="right") - 1, 0), n - 2)
    width = xp[low + 1] - xp[low]
    slope = (fp[low + 1] - fp[low]) / width
    share = (x - xp[low]) / width
    along_x = x_dot - (1 - share) * xp_dot[low] - share * xp_dot[low + 1]
    inside = slope * along_x + (1 - share) * fp_dot[low] + share * fp_dot[low + 1]
    if period is not None:
        return inside
    before = fp_dot[0] if left is None else left_dot
    after = fp_dot[-1] if right is None else right_dot
    return np.where(x < xp[0], before, np.where(x > xp[-1], after, inside))
