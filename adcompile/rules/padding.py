"""np.pad as a composition.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.frontend.mutation import supported
from adcompile.rules.dsl import composition, kept
from adcompile.rules.helpers import along, at, compile_time, moved

pad_positions = kept("pad_positions")


@compile_time
def _pairs(width: Any, ndim: int) -> tuple[tuple[Any, Any], ...]:
    """np.pad's argument for each axis, as (before, after)."""
    if isinstance(width, dict):
        table = np.zeros((ndim, 2), dtype=int)
        for axis, pair in width.items():
            table[axis] = pair
    else:
        table = np.broadcast_to(np.asarray(width), (ndim, 2))
    return tuple((a, b) for a, b in table.tolist())


def _both(value: Any, k: int) -> Any:
    """The (before, after) of an axis in an argument that may be given once for all."""
    if not isinstance(value, (tuple, list)):
        return value, value
    if isinstance(value[0], (tuple, list)):
        pair = value[0] if len(value) == 1 else value[k]
    else:
        pair = value
    return (pair[0], pair[0]) if len(pair) == 1 else (pair[0], pair[1])


@composition(np.pad)
def pad(
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
) -> Any:
    supported(not callable(mode), "np.pad with a function is not supported", "Write the edges.")
    array = np.asarray(array)
    pairs = _pairs(pad_width, np.ndim(array))
    if mode == "empty":
        return _framed(array, pairs, 0)
    if mode == "constant" and isinstance(constant_values, (int, float)):
        return _framed(array, pairs, constant_values)
    for axis in range(np.ndim(array)):
        if mode in ("edge", "reflect", "symmetric", "wrap"):
            array = _copied(array, axis, pairs[axis], mode, reflect_type)
        elif mode == "constant":
            low, high = _both(constant_values, axis)
            array = _sides(array, axis, pairs[axis], low, high)
        elif mode == "linear_ramp":
            array = _ramps(array, axis, pairs[axis], _both(end_values, axis))
        else:
            low, high = (None, None) if stat_length is None else _both(stat_length, axis)
            n = np.ndim(array)
            head = array if low is None else array[at(axis, n, None, low)]
            tail = array if high is None else array[at(axis, n, -high, None)]
            array = _sides(
                array, axis, pairs[axis], _statistic(head, axis, mode), _statistic(tail, axis, mode)
            )
    return array


def _copied(array: Any, axis: int, pair: Any, mode: Any, reflect_type: str) -> Any:
    """Entries along an axis copied past its ends; "odd" mirrors the values too, at the edge's."""
    n = np.shape(array)[axis]
    if reflect_type == "even" or mode not in ("reflect", "symmetric"):
        return np.take(array, pad_positions(np.arange(n), pair, mode), axis)
    place = np.arange(n + pair[0] + pair[1]) - pair[0]
    period = np.maximum(2 * (n - 1), 1) if mode == "reflect" else 2 * n
    turns, place = place // period, place % period
    mirrored = period - place - (0 if mode == "reflect" else 1)
    rows = moved(array, axis, 0)
    ahead = rows[np.minimum(place, n - 1)]
    back = 2 * rows[-1] - rows[np.minimum(np.maximum(mirrored, 0), n - 1)]
    shape = along(0, np.ndim(array))
    out = np.where(np.reshape(place < n, shape), ahead, back)
    turns = np.reshape(2 * turns, shape).astype(array.dtype)
    return moved(out + turns * (rows[-1] - rows[0]), 0, axis)


def _framed(array: Any, pairs: Any, value: Any) -> Any:
    """An array inside a larger one of one value."""
    shape: Any = ()
    inner: Any = ()
    for axis in range(np.ndim(array)):
        low, high = pairs[axis]
        n = np.shape(array)[axis]
        shape = (*shape, low + n + high)
        inner = (*inner, slice(low, low + n))
    out = np.full(shape, value, dtype=array.dtype)
    out[inner] = array
    return out


def _sides(array: Any, axis: int, pair: Any, low: Any, high: Any) -> Any:
    """An array with values before and after it along an axis."""
    parts = [array]
    shape = np.shape(array)
    if pair[0]:
        size = (*shape[:axis], pair[0], *shape[axis + 1 :])
        parts.insert(0, np.broadcast_to(low, size).astype(array.dtype))
    if pair[1]:
        size = (*shape[:axis], pair[1], *shape[axis + 1 :])
        parts.append(np.broadcast_to(high, size).astype(array.dtype))
    return np.concatenate(parts, axis=axis)


def _statistic(array: Any, axis: int, mode: str) -> Any:
    if mode == "maximum":
        return np.max(array, axis=axis, keepdims=True)
    if mode == "minimum":
        return np.min(array, axis=axis, keepdims=True)
    if mode == "mean":
        return np.mean(array, axis=axis, keepdims=True)
    return np.median(array, axis=axis, keepdims=True)


def _ramps(array: Any, axis: int, pair: Any, ends: Any) -> Any:
    """Straight lines from the ends to the edges."""
    n = np.ndim(array)
    first, last = array[at(axis, n, 0, 1)], array[at(axis, n, -1, None)]
    parts = [array]
    if pair[0]:
        steps = np.reshape(np.arange(pair[0]), along(axis, n))
        ramp = steps * ((first - ends[0]) / pair[0]) + ends[0]
        parts.insert(0, ramp.astype(array.dtype))
    if pair[1]:
        steps = np.reshape(np.arange(pair[1])[::-1], along(axis, n))
        ramp = steps * ((last - ends[1]) / pair[1]) + ends[1]
        parts.append(ramp.astype(array.dtype))
    return np.concatenate(parts, axis=axis)
