"""Functions that copy entries to other places: linear, so only transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import transpose
from adcompile.rules.helpers import compile_time


@transpose("roll", wrt="a")
def roll_a(a: Any, shift: Any, axis: Any = None, *, result_bar: Any) -> Any:
    return np.roll(result_bar, negated(shift), axis)


def negated(shift: Any) -> Any:
    """Minus an integer, or each of a tuple of them."""
    if not isinstance(shift, tuple):
        return -shift
    parts = []
    for s in shift:
        parts.append(-s)
    return tuple(parts)


@compile_time
def repetitions(reps: Any, ndim: int) -> tuple[int, ...]:
    """np.tile's counts, one an axis of its result."""
    counts = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    return (1,) * (ndim - len(counts)) + counts


@compile_time
def even_axes(count: int) -> tuple[int, ...]:
    return tuple(range(0, 2 * count, 2))


@transpose("tile", wrt="A")
def tile_a(A: Any, reps: Any, *, result_bar: Any) -> Any:
    counts = repetitions(reps, np.ndim(A))
    shape = (1,) * (len(counts) - np.ndim(A)) + np.shape(A)
    split: Any = ()
    for i in range(len(counts)):
        split = (*split, counts[i], shape[i])
    total = np.sum(np.reshape(result_bar, split), axis=even_axes(len(counts)))
    return np.reshape(total, np.shape(A))


@transpose("repeat", wrt="a")
def repeat_a(a: Any, repeats: Any, axis: Any = None, *, result_bar: Any) -> Any:
    if np.ndim(repeats) == 0:
        shape = np.shape(a)
        if axis is None:
            total = np.sum(np.reshape(result_bar, (-1, repeats)), axis=1)
            return np.reshape(total, shape)
        at = axis % len(shape)
        return np.sum(
            np.reshape(result_bar, (*shape[: at + 1], repeats, *shape[at + 1 :])), axis=at + 1
        )
    if axis is None:
        out = np.zeros(a.size, dtype=result_bar.dtype)
        np.add.at(out, np.repeat(np.arange(a.size), repeats), result_bar)
        return np.reshape(out, np.shape(a))
    out = np.zeros(np.shape(a), dtype=result_bar.dtype)
    places = np.repeat(np.arange(np.shape(a)[axis]), repeats)
    np.add.at(out, (*(slice(None),) * (axis % a.ndim), places), result_bar)
    return out


@transpose("triu", wrt="m")
def triu_m(m: Any, k: int = 0, *, result_bar: Any) -> Any:
    bar = np.triu(result_bar, k)
    return np.sum(bar, axis=0) if np.ndim(m) == 1 else bar


@transpose("tril", wrt="m")
def tril_m(m: Any, k: int = 0, *, result_bar: Any) -> Any:
    bar = np.tril(result_bar, k)
    return np.sum(bar, axis=0) if np.ndim(m) == 1 else bar


@transpose("diagflat", wrt="v")
def diagflat_v(v: Any, k: int = 0, *, result_bar: Any) -> Any:
    return np.reshape(off_diagonal(result_bar, k, v.size), np.shape(v))


def off_diagonal(a: Any, k: int, n: Any) -> Any:
    """A copy of the first n entries of a diagonal of a matrix."""
    i = np.arange(n)
    return a[i, i + k] if k >= 0 else a[i - k, i]


@transpose("trace", wrt="a")
def trace_a(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *, result_bar: Any) -> Any:
    first, second = axis1 % a.ndim, axis2 % a.ndim
    shape = np.shape(a)
    ones = np.eye(shape[first], shape[second], offset)
    if a.ndim == 2:
        return result_bar * (ones if first < second else ones.T)
    if first > second:
        ones = ones.T
    spread = (1,) * a.ndim
    low, high = min(first, second), max(first, second)
    spread = (*spread[:low], shape[low], *spread[low + 1 :])
    spread = (*spread[:high], shape[high], *spread[high + 1 :])
    return np.expand_dims(result_bar, (low, high)) * np.reshape(ones, spread)
