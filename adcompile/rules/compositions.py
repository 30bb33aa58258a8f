"""Functions over arrays, and functions of kinds, as compositions.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import REGISTRY, composition
from adcompile.rules.helpers import axes_in_order, moved


@composition(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any) -> Any:
    arr = np.asarray(arr)
    rows = moved(arr, axis, -1)
    shape = np.shape(rows)
    flat = np.reshape(rows, (-1, shape[-1]))
    first = np.asarray(func1d(flat[0], *args))
    out = np.zeros((np.shape(flat)[0], *np.shape(first)), dtype=first.dtype)
    out[0] = first
    for i in range(1, np.shape(flat)[0]):
        out[i] = func1d(flat[i], *args)
    out = np.reshape(out, (*shape[:-1], *np.shape(first)))
    return moved(out, -1, axis) if np.ndim(first) == 1 else out


@composition(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    a = np.asarray(a)
    ndim = np.ndim(a)
    for axis in axes_in_order(axes if isinstance(axes, int) else tuple(axes), ndim):
        result = func(a, axis)
        a = result if np.ndim(result) == ndim else np.expand_dims(result, axis)
    return a


@composition(np.fromfunction)
def fromfunction(function: Any, shape: Any, *, dtype: Any = float) -> Any:
    grid = np.indices(shape, dtype=dtype)
    parts = []
    for k in range(len(shape)):
        parts.append(grid[k])
    return function(*parts)


def _row(arrays: Any, i: int) -> Any:
    entries = []
    for a in arrays:
        entries.append(a[i])
    return tuple(entries)


@composition(np.vectorize)
def vectorize(pyfunc: Any) -> Any:
    """A function that calls another for each entry of its broadcast arguments."""

    def entrywise(*args: Any) -> Any:
        whole = np.broadcast_arrays(*args)
        shape = np.shape(whole[0])
        flat = []
        for a in whole:
            flat.append(np.reshape(a, (-1,)))
        first = pyfunc(*_row(flat, 0))
        out = np.zeros(len(flat[0]), dtype=np.asarray(first).dtype)
        out[0] = first
        for i in range(1, len(flat[0])):
            out[i] = pyfunc(*_row(flat, i))
        return np.reshape(out, shape)

    return entrywise


# -- kinds ---------------------------------------------------------------------------------------

REGISTRY.static.update(
    (np.finfo, np.iinfo, np.result_type, np.promote_types, np.can_cast, np.issubdtype, np.isdtype)
)
REGISTRY.static.update((np.min_scalar_type, np.common_type, np.broadcast_shapes))


@composition(np.isscalar, constant=True)
def isscalar(element: Any) -> Any:
    return not isinstance(element, (np.ndarray, list, tuple))


@composition(np.isrealobj, constant=True)
def isrealobj(x: Any) -> Any:
    return np.asarray(x).dtype.kind != "c"
