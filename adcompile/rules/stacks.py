"""Linear primitives on a stack of operands: many directions at once, along a leading axis.

Elementwise operations, indices and reshapes need no rule: NumPy's broadcasting and a leading
`:` do. `AXES` lists the primitives that only need their axes counted from one further on; the
products have rules of their own. Everything else is applied in a loop over the directions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import REGISTRY, stacked

AXES: dict[str, tuple[str, ...]] = {
    "sum": ("axis",),
    "mean": ("axis",),
    "expand_dims": ("axis",),
    "squeeze": ("axis",),
    "swapaxes": ("axis1", "axis2"),
    "concatenate": ("axis",),
    "stack": ("axis",),
    "cumsum": ("axis",),
    "roll": ("axis",),
    "repeat": ("axis",),
    "diagonal": ("axis1", "axis2"),
    **{name: ("axis",) for name in "fft ifft rfft irfft hfft ihfft".split()},
}
"""The parameters that name axes."""

REGISTRY.axes.update(AXES)


@stacked("matmul", wrt="x")
def matmul_x(x: Any, y: Any) -> Any:
    if x.ndim == 2 and y.ndim > 2:
        return np.squeeze(np.expand_dims(x, axes_between(1, y.ndim)) @ y, -2)
    if 2 < x.ndim <= y.ndim:
        return np.expand_dims(x, axes_between(1, y.ndim + 2 - x.ndim)) @ y
    return x @ y


@stacked("matmul", wrt="y")
def matmul_y(x: Any, y: Any) -> Any:
    if y.ndim == 2:
        if x.ndim == 1:
            return y @ x
        if x.ndim == 2:
            return y @ x.T
        columns = np.expand_dims(y, axes_between(1, x.ndim - 1))
        return np.squeeze(x @ np.expand_dims(columns, -1), -1)
    if x.ndim >= y.ndim:
        return x @ np.expand_dims(y, axes_between(1, x.ndim + 2 - y.ndim))
    return x @ y


@stacked("dot", wrt="a")
def dot_a(a: Any, b: Any) -> Any:
    if np.ndim(b) == 0:
        return a * b
    if a.ndim == 1:
        return np.expand_dims(a, axes_between(1, 1 + b.ndim)) * b
    assert b.ndim <= 2
    return a @ b


@stacked("dot", wrt="b")
def dot_b(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0:
        return a * b
    if b.ndim == 1:
        return np.expand_dims(b, axes_between(1, 1 + a.ndim)) * a
    assert b.ndim <= 3 and a.ndim <= 2
    return matmul_y(a, b)


@stacked("outer", wrt="a")
def outer_a(a: Any, b: Any) -> Any:
    return np.expand_dims(np.reshape(a, (a.shape[0], -1)), 2) * np.ravel(b)


@stacked("outer", wrt="b")
def outer_b(a: Any, b: Any) -> Any:
    return np.expand_dims(np.ravel(a), 1) * np.expand_dims(np.reshape(b, (b.shape[0], -1)), 1)


def axes_between(start: int, stop: int) -> tuple[int, ...]:
    """The axes start, ..., stop - 1."""
    return tuple(range(start, stop))


axes_between.__compile_time__ = True  # type: ignore[attr-defined]


@stacked("solve", wrt="b")
def solve_b(a: Any, b: Any) -> Any:
    if b.ndim == 2:
        return np.linalg.solve(a, b.T).T
    return np.linalg.solve(a, b)


@stacked("python_sum", wrt="a")
def python_sum_a(a: Any) -> Any:
    return np.sum(a, axis=1)
