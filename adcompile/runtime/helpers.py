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


def with_room(rows: Any, count: int) -> Any:
    """`rows`, or a copy twice as long where row number `count` is past its end."""
    return rows if count < len(rows) else np.concatenate([rows, np.empty_like(rows)])


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
