"""Helpers of generated code, for what is only known when it runs."""

from __future__ import annotations

from typing import Any

import numpy as np


def unbroadcast(value: Any, shape: tuple[int, ...]) -> Any:
    """Sum `value` down to `shape`, the transpose of broadcasting `shape` to it."""
    extra = np.ndim(value) - len(shape)
    if extra:
        value = value.sum(axis=tuple(range(extra)))
    ones = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(value)[i] != 1)
    return value.sum(axis=ones, keepdims=True) if ones else value


def with_room(rows: Any, count: int, axis: int = 0) -> Any:
    """`rows`, or a copy twice as long where row number `count` is past its end."""
    if count < rows.shape[axis]:
        return rows
    return np.concatenate([rows, np.empty_like(rows)], axis=axis)


def copied(value: Any) -> Any:
    """A copy of an array, where there is one."""
    return None if value is None else value.copy()


def winners(value: Any, index: Any) -> Any:
    """value[index], zero for entries that a later one of the same place overwrites."""
    part = value[index]
    order = np.arange(part.size).reshape(part.shape)
    last = np.zeros(value.shape, int)
    last[index] = order
    return np.where(last[index] == order, part, 0.0)


def rebuilt(cls: type, **attributes: Any) -> Any:
    """An instance of `cls` with these attributes; its __init__ is not run."""
    made: Any = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


def replaced(value: Any, fn: Any) -> Any:
    """What `fn` makes of an adjoint: its result, or if that is None the adjoint it was given."""
    array = isinstance(value, np.ndarray)
    given = value.copy() if array else value
    made = fn(given)
    if made is None:
        return given
    if np.shape(made) != np.shape(value):
        raise ValueError(
            f"the adjoint has shape {np.shape(value)}, and {getattr(fn, '__name__', fn)} returned "
            f"one of shape {np.shape(made)}"
        )
    return np.array(made, dtype=value.dtype) if array else type(value)(made)
