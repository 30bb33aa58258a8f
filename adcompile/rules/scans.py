"""Cumulative sums and products, products of sequences, and positions that move."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.frontend import static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.mutation import expand
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import along, lanes, moved


@transpose("cumsum", wrt="a")
def cumsum_a(a: Any, axis: Any = None, *, result_bar: Any) -> Any:
    if axis is None:
        return np.reshape(np.cumsum(result_bar[::-1])[::-1], np.shape(a))
    return backwards(np.cumsum(backwards(result_bar, axis), axis=axis), axis)


def backwards(a: Any, axis: int) -> Any:
    """The array with one axis reversed."""
    before = (slice(None),) * (axis % a.ndim)
    return a[(*before, slice(None, None, -1))]


@rule("cumprod")
def cumprod(a: Any, axis: Any = None, *, result: Any, a_dot: Any) -> Any:
    """Without zeros by quotients; with zeros by the product rule, entry by entry."""
    if np.all(a != 0):
        if axis is None:
            return result * np.cumsum(np.reshape(a_dot, (-1,)) / np.reshape(a, (-1,)))
        return result * np.cumsum(a_dot / a, axis=axis)
    rows, rows_dot = lanes(a, axis), lanes(a_dot, axis, np.ndim(a))
    value, value_dot = rows[0], rows_dot[0]
    out = np.zeros_like(rows, dtype=result.dtype)
    out[0] = value_dot
    for i in range(1, np.shape(rows)[0]):
        value_dot = value_dot * rows[i] + value * rows_dot[i]
        value = value * rows[i]
        out[i] = value_dot
    if axis is None:
        return out
    return moved(out, 0, axis)


@rule("unwrap")
def unwrap(
    p: Any,
    discont: Any = None,
    axis: int = -1,
    period: Any = 6.283185307179586,
    *,
    p_dot: Any,
) -> Any:
    """The added multiples of the period are constants."""
    return p_dot


@rule("vander")
def vander(x: Any, N: Any = None, increasing: bool = False, *, result: Any, x_dot: Any) -> Any:
    n = np.shape(result)[1]
    lower = np.roll(result, 1 if increasing else -1, axis=1)
    degree = np.arange(n) if increasing else np.arange(n - 1, -1, -1)
    return degree * lower * np.expand_dims(x_dot, 1)


def shares(num: Any, endpoint: bool, result: Any, axis: int) -> Any:
    """How far between start and stop each entry of np.linspace is."""
    return np.reshape(np.linspace(0.0, 1.0, num, endpoint=endpoint), along(axis, np.ndim(result)))


def line(num: Any, endpoint: bool, axis: int, result: Any, start_dot: Any, stop_dot: Any) -> Any:
    t = shares(num, endpoint, result, axis)
    if np.ndim(result) == 1:
        return start_dot * (1.0 - t) + stop_dot * t
    return raised(start_dot, axis) * (1.0 - t) + raised(stop_dot, axis) * t


def raised(value: Any, axis: int) -> Any:
    return np.expand_dims(value, axis) if np.ndim(value) else value


def _with_step(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """np.linspace with retstep=True."""
    gaps = num - 1 if endpoint else num
    step = (np.asarray(stop) - np.asarray(start)) / gaps if gaps > 0 else np.nan
    return np.linspace(start, stop, num, endpoint, dtype=dtype, axis=axis), step


def _lower_linspace(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    names = ("start", "stop", "num", "endpoint", "retstep", "dtype", "axis")
    given = dict(zip(names, args, strict=False)) | kwargs
    if static.value(cx, given.pop("retstep", Lit(False)), "retstep"):
        return expand(cx, _with_step, [], given)
    return primitives.emit_bound(cx, cx.prim("linspace"), [], given)


SPECIAL[np.linspace] = _lower_linspace


@rule("linspace")
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    axis: int = 0,
    *,
    result: Any,
    start_dot: Any,
    stop_dot: Any,
) -> Any:
    return line(num, endpoint, axis, result, start_dot, stop_dot)


@rule("logspace")
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    axis: int = 0,
    *,
    result: Any,
    start_dot: Any,
    stop_dot: Any,
    base_dot: Any,
) -> Any:
    """base**e with e between start and stop."""
    exponent_dot = line(num, endpoint, axis, result, start_dot, stop_dot)
    exponent = np.linspace(start, stop, num, endpoint=endpoint, axis=axis)
    return result * (np.log(base) * exponent_dot + exponent / base * base_dot)


@rule("geomspace")
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    axis: int = 0,
    *,
    result: Any,
    start_dot: Any,
    stop_dot: Any,
) -> Any:
    return result * line(num, endpoint, axis, result, start_dot / start, stop_dot / stop)


@transpose("convolve", wrt="a")
def convolve_a(a: Any, v: Any, mode: str = "full", *, result_bar: Any) -> Any:
    return np.correlate(whole(result_bar, a, v, mode, 1), np.conj(v), "valid")


@transpose("convolve", wrt="v")
def convolve_v(a: Any, v: Any, mode: str = "full", *, result_bar: Any) -> Any:
    return np.correlate(whole(result_bar, a, v, mode, 1), np.conj(a), "valid")


@transpose("correlate", wrt="a")
def correlate_a(a: Any, v: Any, mode: str = "valid", *, result_bar: Any) -> Any:
    return np.convolve(whole(result_bar, a, v, mode, 0), np.conj(v), "valid")


@transpose("correlate", wrt="v")
def correlate_v(a: Any, v: Any, mode: str = "valid", *, result_bar: Any) -> Any:
    return np.conj(np.convolve(whole(result_bar, a, v, mode, 0), a[::-1], "valid")[::-1])


def whole(bar: Any, a: Any, v: Any, mode: str, turned: int) -> Any:
    """The adjoint of the full convolution, zero where `mode` leaves entries out.

    np.correlate swaps its operands where the second is longer and turns the result, so that the
    longer part left out is then on the other side.
    """
    if mode == "full":
        return bar
    n, m = np.shape(a)[0], np.shape(v)[0]
    short = min(n, m)
    start = short - 1
    if mode == "same":
        start = short - 1 - short // 2
        if not turned and n < m:
            start = short // 2
    out = np.zeros(n + m - 1, dtype=bar.dtype)
    out[start : start + np.shape(bar)[0]] = bar
    return out
