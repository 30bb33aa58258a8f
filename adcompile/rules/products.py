"""Products of matrices and vectors: bilinear, so only transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import transpose
from adcompile.rules.helpers import unbroadcast


@transpose("matmul", wrt="x")
def matmul_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    if y.ndim == 1:
        if x.ndim == 1:
            return result_bar * y
        if x.ndim == 2:
            return np.outer(result_bar, y)
        return np.expand_dims(result_bar, -1) * y
    if x.ndim == 1:
        if y.ndim == 2:
            return y @ result_bar
        return unbroadcast(np.sum(y * np.expand_dims(result_bar, -2), axis=-1), x)
    if y.ndim == 2:
        return result_bar @ y.T
    return unbroadcast(result_bar @ np.swapaxes(y, -1, -2), x)


@transpose("matmul", wrt="y")
def matmul_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    if x.ndim == 1:
        if y.ndim == 1:
            return result_bar * x
        if y.ndim == 2:
            return np.outer(x, result_bar)
        return unbroadcast(np.expand_dims(x, -1) * np.expand_dims(result_bar, -2), y)
    if y.ndim == 1:
        if x.ndim == 2:
            return result_bar @ x
        return unbroadcast(np.expand_dims(result_bar, -1) * x, y)
    if x.ndim == 2 and y.ndim == 2:
        return x.T @ result_bar
    return unbroadcast(np.swapaxes(x, -1, -2) @ result_bar, y)


@transpose("dot", wrt="a")
def dot_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * b, a)
    if b.ndim == 1:
        return matmul_x(a, b, result_bar=result_bar)
    assert a.ndim <= 2 and b.ndim <= 2
    return matmul_x(a, b, result_bar=result_bar)


@transpose("dot", wrt="b")
def dot_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * a, b)
    if a.ndim == 1 or a.ndim == 2:
        return matmul_y(a, b, result_bar=result_bar)
    flat = np.reshape(a, (-1, a.shape[-1]))
    return np.reshape(np.reshape(result_bar, (-1,)) @ flat, b.shape)


@transpose("outer", wrt="a")
def outer_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    return np.reshape(result_bar @ np.ravel(b), np.shape(a))


@transpose("outer", wrt="b")
def outer_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    return np.reshape(np.ravel(a) @ result_bar, np.shape(b))
