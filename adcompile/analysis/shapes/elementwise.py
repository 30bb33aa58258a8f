"""Functions that act entry by entry: operands broadcast; ints stand for lengths."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import kind_key, result_kind, with_shape
from adcompile.analysis.operands import InferenceError, aval_of
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Tree
from adcompile.ir.primitives import Primitive


def _elementwise(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    if prim.name == "clip":
        operands = _numeric_args(args, kwargs)
        kind = result_kind(_clipped, operands)
    elif prim.name == "round":
        operands = [aval_of(args[0])]
        kind = result_kind(prim.fn, operands)
    elif prim.name in ("where", "select"):
        operands = [aval_of(a) for a in args]
        kind = result_kind(prim.fn, operands)
        if prim.name == "select" and not isinstance(kind, Opaque):
            kind = result_kind(operator.add, operands[1:])
    else:
        operands = [aval_of(a) for a in args]
        kind = result_kind(prim.fn, operands)
    if isinstance(kind, Opaque):
        raise InferenceError(f"gives a {kind} here, not a number or an array")
    shape = facts.broadcast([avals.shape_of(a) for a in operands])
    if isinstance(kind, Scalar) and kind == avals.INT:
        return Scalar(kind.dtype, True, _int_extent(prim.name, args))
    return with_shape(kind, shape)


def _clipped(x: Any, *bounds: Any) -> Any:
    return np.clip(x, *bounds, *[None] * (2 - len(bounds)))


def _numeric_args(args: Sequence[Tree], kwargs: dict[str, Tree]) -> list[Aval]:
    every = [aval_of(t) for t in (*args, *kwargs.values())]
    return [a for a in every if avals.is_numeric(a)]


def _int_extent(name: str, args: Sequence[Tree]) -> Dim | None:
    """The symbolic value of integer arithmetic."""
    known = []
    for arg in args:
        aval = aval_of(arg)
        if not isinstance(aval, Scalar) or aval.extent is None:
            return None
        known.append(aval.extent)
    match name, known:
        case "add", [a, b]:
            return dims.add(a, b)
        case "subtract", [a, b]:
            return dims.sub(a, b)
        case "multiply", [a, b]:
            return dims.mul(a, b)
        case "negative", [a]:
            return dims.scale(a, -1)
        case "floor_divide", [a, int(b)] if b != 0:
            return dims.derived("floordiv", a, b)
        case "remainder", [a, int(b)] if b != 0:
            return dims.derived("mod", a, b)
        case "python_min", [a, b]:
            return dims.derived("min", a, b)
        case "python_max", [a, b]:
            return dims.derived("max", a, b)
    return None


def _python(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    for a in args:
        if any(d != 1 for d in avals.shape_of(aval_of(a))):
            raise InferenceError(
                "takes numbers, not arrays", advice=f"Use the function of numpy: np.{prim.rule}."
            )
    return avals.INT if prim.rule in ("floor", "ceil", "trunc") else avals.FLOAT


def _python2(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(a) for a in args]
    if any(isinstance(a, Array) and a.shape for a in operands):
        raise InferenceError(
            "takes numbers here, not arrays", advice="Use np.maximum or np.minimum."
        )
    first, second = operands
    if (first, second) == (avals.INT, avals.INT) or all(
        a == avals.INT or (isinstance(a, Scalar) and a.dtype.kind == "i" and a.weak)
        for a in operands
    ):
        return Scalar(avals.INT.dtype, True, _int_extent(prim.name, args))
    if kind_key(first) == kind_key(second):
        return first
    return result_kind(operator.add, operands)


def _leading(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """Elementwise in its first operand; the others are options."""
    operand = aval_of(args[0])
    kind = result_kind(prim.fn, [operand])
    assert not isinstance(kind, Opaque)
    shape = avals.shape_of(operand)
    return Array(kind.dtype, shape) if isinstance(kind, Array) or shape else kind


SHAPES: dict[str, ShapeFunction] = {
    "elementwise": _elementwise,
    "python": _python,
    "python2": _python2,
    "leading": _leading,
}
