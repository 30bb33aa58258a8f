"""Tangents and adjoints that a caller passes, in the structure and kinds of their primals."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.errors import UnsupportedInput
from adcompile.frontend.structure import parts_of


def like(value: Any, primal: Any, what: str) -> Any:
    """A tangent or adjoint in the kind of its primal. Raises UnsupportedInput if it differs."""
    kind = type(primal)
    if value is None:
        return None
    parts = parts_of(primal)
    if parts is not None:
        mine = parts_of(value)
        sequences = ("tuple", "list")
        same_kind = mine is not None and (
            mine.kind == parts.kind or (mine.kind in sequences and parts.kind in sequences)
        )
        if mine is None or not same_kind or set(mine.keys) != set(parts.keys):
            raise UnsupportedInput(f"{what} must have the structure of its primal")
        held = dict(zip(mine.keys, mine.values, strict=True))
        made = [like(held[k], v, what) for k, v in zip(parts.keys, parts.values, strict=True)]
        return parts.made(made)
    if kind is np.ndarray:
        if primal.dtype.kind not in "fc":
            return None
        if isinstance(value, (tuple, list, dict)):
            raise UnsupportedInput(f"{what} must be an array, like its primal")
        array = np.asarray(value)
        if array.dtype.kind not in "fciub":
            raise UnsupportedInput(f"{what} is not numeric")
        array = array.astype(primal.dtype)
        if array.shape != primal.shape:
            raise UnsupportedInput(
                f"{what} has shape {array.shape}, its primal {primal.shape}",
                advice="Give it the shape of its primal.",
            )
        return array
    if kind is int or isinstance(primal, (bool, str)):
        return None
    if np.ndim(value) and kind is not np.ndarray:
        raise UnsupportedInput(f"{what} must be a number, like its primal")
    if kind is float:
        return float(value)
    if isinstance(primal, np.inexact):
        return kind(value)
    if kind is complex:
        return complex(value)
    return None


def zeros_of(value: Any) -> Any:
    """A zero tangent of the structure and kinds of `value`; what has no tangent is kept."""
    parts = parts_of(value)
    if parts is not None:
        return parts.made([zeros_of(v) for v in parts.values])
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return np.zeros_like(value)
    if isinstance(value, (float, complex, np.inexact)):
        return type(value)(0)
    return value
