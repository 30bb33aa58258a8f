"""Differences, integrals and cross products as compositions.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition
from adcompile.rules.helpers import along, at, axes_in_order, known, moved, times


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
        parts.insert(0, np.ravel(np.asarray(to_begin)).astype(ary.dtype, copy=False))
    if to_end is not None:
        parts.append(np.ravel(np.asarray(to_end)).astype(ary.dtype, copy=False))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@composition(np.trapezoid, *([np.trapz] if hasattr(np, "trapz") else []))  # before NumPy 2.4
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
    axes = axes_in_order(axis, np.ndim(f))
    parts = []
    for i in range(len(axes)):
        step = 1.0 if len(spacing) == 0 else spacing[0] if len(spacing) == 1 else spacing[i]
        parts.append(_slopes(f, step, axes[i], edge_order))
    return parts[0] if len(parts) == 1 else tuple(parts)


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


@composition(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.cross(x1, x2, axis=axis)


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
