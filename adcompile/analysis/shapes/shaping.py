"""Functions that keep an array's entries and change its shape, or join arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import result_kind
from adcompile.analysis.operands import (
    InferenceError,
    aval_of,
    extent_of,
    normalize_axes,
    shape_tree,
    static_value,
)
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Tree
from adcompile.ir.primitives import Primitive


def _same(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return aval_of(args[0])


def _copy(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(operand.dtype, avals.shape_of(operand))


def _astype(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    dtype = np.dtype(static_value(args[1]))
    if isinstance(operand, Array):
        return Array(dtype, operand.shape)
    return Scalar(dtype, weak=False)


def _reshape(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    shape = list(shape_tree(args[1]))
    if -1 in shape:
        at = shape.index(-1)
        have = list(avals.shape_of(operand))
        rest: list[Dim] = []
        for d in shape[:at] + shape[at + 1 :]:
            if d in have:
                have.remove(d)
            else:
                rest.append(d)
        left, divisor = dims.product(have), dims.product(rest)
        shape[at] = left if divisor == 1 else dims.derived("floordiv", left, divisor)
    return Array(operand.dtype, tuple(shape))


def _ravel(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(operand.dtype, (dims.product(avals.shape_of(operand)),))


def _transpose(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array):
        return operand
    axes = static_value(kwargs["axes"]) if "axes" in kwargs else None
    order = range(operand.ndim)[::-1] if axes is None else axes
    if not isinstance(order, (tuple, range)) or len(order) != operand.ndim:
        raise InferenceError(f"needs {operand.ndim} axes, as a tuple")
    return Array(operand.dtype, tuple(operand.shape[a] for a in order))


def _swapaxes(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    i, j = static_value(args[1]), static_value(args[2])
    shape = list(operand.shape)
    shape[i], shape[j] = shape[j], shape[i]
    return Array(operand.dtype, tuple(shape))


def _diagonal(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array) or operand.ndim < 2:
        raise InferenceError("needs an array of rank 2 or more")
    offset, first, second = (
        static_value(kwargs[k]) if k in kwargs else d
        for k, d in (("offset", 0), ("axis1", 0), ("axis2", 1))
    )
    taken = [a % operand.ndim for a in (first, second)]
    rows, columns = (operand.shape[a] for a in taken)
    rows, columns = dims.add(rows, min(offset, 0)), dims.sub(columns, max(offset, 0))
    length = rows if rows == columns else dims.derived("min", rows, columns)
    if offset:
        length = dims.derived("max", length, 0)
    kept = tuple(d for i, d in enumerate(operand.shape) if i not in taken)
    return Array(operand.dtype, (*kept, length))


def _expand_dims(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    axis = static_value(args[1])
    axes = axis if isinstance(axis, tuple) else (axis,)
    shape = list(avals.shape_of(operand))
    rank = len(shape) + len(axes)
    for a in sorted(x % rank for x in axes):
        shape.insert(a, 1)
    return Array(operand.dtype, tuple(shape))


def _squeeze(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    shape = avals.shape_of(operand)
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else None
    if axis is None:
        axes: tuple[int, ...] = tuple(i for i, d in enumerate(shape) if facts.equals(d, 1))
    else:
        axes = normalize_axes(axis, len(shape))
    return Array(operand.dtype, tuple(d for i, d in enumerate(shape) if i not in axes))


def _broadcast_to(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(operand.dtype, shape_tree(args[1]))


def _spread(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    return Array(operand.dtype, (extent_of(args[1]), *operand.shape))


def _parts(tree: Tree) -> list[Aval]:
    if not isinstance(tree, tuple):
        aval = aval_of(tree)
        if isinstance(aval, Array) and aval.ndim and isinstance(aval.shape[0], int):
            part = Array(aval.dtype, aval.shape[1:])
            return [part] * aval.shape[0]
        raise InferenceError("expected a list or tuple of arrays")
    return [aval_of(t) for t in tree]


def _concatenate(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    parts = _parts(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else 0
    first = avals.shape_of(parts[0])
    if not first:
        raise InferenceError("zero-dimensional arrays cannot be concatenated")
    kind = result_kind(_total, parts)
    assert not isinstance(kind, Opaque)
    total: Dim = 0
    for p in parts:
        total = dims.add(total, avals.shape_of(p)[axis])
    shape = list(first)
    shape[axis] = total
    return Array(kind.dtype, tuple(shape))


def _stack(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    parts = _parts(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else 0
    kind = result_kind(_stacked, parts)
    assert not isinstance(kind, Opaque)
    shape = list(avals.shape_of(parts[0]))
    shape.insert(axis % (len(shape) + 1), len(parts))
    return Array(kind.dtype, tuple(shape))


def _total(*parts: Any) -> Any:
    return sum(parts[1:], parts[0])


def _stacked(*parts: Any) -> Any:
    return np.stack([np.asarray(x) for x in parts])


SHAPES: dict[str, ShapeFunction] = {
    "same": _same,
    "copy": _copy,
    "asarray": _copy,
    "astype": _astype,
    "reshape": _reshape,
    "ravel": _ravel,
    "transpose": _transpose,
    "swapaxes": _swapaxes,
    "diagonal": _diagonal,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": _broadcast_to,
    "unbroadcast": _broadcast_to,
    "spread": _spread,
    "concatenate": _concatenate,
    "stack": _stack,
}
