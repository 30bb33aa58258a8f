"""Reductions over axes."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import array_or_scalar, result_kind
from adcompile.analysis.operands import aval_of, normalize_axes, static_options, static_value
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.primitives import Primitive


def _reduction(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else None
    keep = static_value(kwargs["keepdims"]) if "keepdims" in kwargs else False
    shape = avals.shape_of(operand)
    wide = static_value(kwargs["dtype"]) if "dtype" in kwargs else None
    fn = prim.fn if wide is None else functools.partial(prim.fn, dtype=wide)
    kind = result_kind(fn, [operand])
    assert not isinstance(kind, Opaque)
    axes = normalize_axes(axis, len(shape)) if shape else ()
    if keep:
        left = tuple(1 if i in axes else d for i, d in enumerate(shape))
    else:
        left = tuple(d for i, d in enumerate(shape) if i not in axes)
    if left or (keep and isinstance(operand, Array)):
        return Array(kind.dtype, left)
    return Scalar(kind.dtype, weak=isinstance(kind, Scalar) and kind.weak)


def _python_sum(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    kind = result_kind(operator.add, [operand, avals.INT])
    assert not isinstance(kind, Opaque)
    shape = operand.shape[1:]
    return array_or_scalar(kind, shape)


def _trace(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = avals.shape_of(operand)
    options = static_options(kwargs)
    axes = (options.get("axis1", 0), options.get("axis2", 1))
    out = normalize_axes(axes, len(shape))
    kind = result_kind(np.sum, [operand])
    return array_or_scalar(kind, tuple(d for i, d in enumerate(shape) if i not in out))


SHAPES: dict[str, ShapeFunction] = {
    "reduction": _reduction,
    "python_sum": _python_sum,
    "trace": _trace,
}
