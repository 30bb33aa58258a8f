"""Conversions to numbers, and what is read of an array's shape."""

from __future__ import annotations

from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import result_kind, with_shape
from adcompile.analysis.operands import aval_of, static_value
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Aval, Opaque, Scalar
from adcompile.ir.primitives import Primitive


def _dim(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    shape = avals.shape_of(aval_of(args[0]))
    if prim.name == "size":
        return Scalar(avals.INT.dtype, True, dims.product(shape))
    return Scalar(avals.INT.dtype, True, shape[static_value(args[1])])


def _float(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if prim.name == "item" and avals.is_numeric(operand):
        assert not isinstance(operand, Opaque)
        kind = {
            "f": avals.FLOAT,
            "i": avals.INT,
            "u": avals.INT,
            "b": avals.BOOL,
            "c": avals.COMPLEX,
        }
        return kind[operand.dtype.kind]
    return avals.FLOAT


def _cast(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    kind = result_kind(prim.fn, [aval_of(args[0])])
    return with_shape(kind, avals.shape_of(aval_of(args[0])))


SHAPES: dict[str, ShapeFunction] = {
    "dim": _dim,
    "float": _float,
    "cast": _cast,
    "int": lambda *_: avals.INT,
    "bool": lambda *_: avals.BOOL,
    "none": lambda *_: Opaque("none"),
    "shape": lambda *_: avals.SHAPE,
    "generator": lambda *_: avals.GENERATOR,
}
