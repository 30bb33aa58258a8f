"""Lengths and shapes as operands: through the arguments, or read."""

from __future__ import annotations

from typing import Any

from adcompile.frontend import emit
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal
from adcompile.ir import avals, dims
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import Lit


def of_axis(cx: Context, value: PyVal, axis: int) -> PyVal:
    """value.shape[axis] as an operand: a literal, an argument's length, or a read."""
    shape = avals.shape_of(cx.aval(value))
    return of_dim(cx, shape[axis], lambda: _read(cx, value, axis))


def of_dim(cx: Context, dim: dims.Dim, otherwise: Any) -> PyVal:
    """A symbolic length as an operand, through the arguments where that is possible."""
    if isinstance(dim, int):
        return Lit(dim)
    parts = [_of_symbol(cx, s) for s, _ in dim.terms[:3]]
    if len(parts) > 2 or any(p is None for p in parts):
        return otherwise()
    total: PyVal | None = None
    for (_, coefficient), part in zip(dim.terms, parts, strict=True):
        assert part is not None
        if coefficient != 1:
            part = emit.call(cx, "multiply", Lit(coefficient), part)
        total = part if total is None else emit.call(cx, "add", total, part)
    assert total is not None
    if dim.const:
        name = "add" if dim.const > 0 else "subtract"
        total = emit.call(cx, name, total, Lit(abs(dim.const)))
    return total


def of_shape(cx: Context, value: PyVal) -> TupleVal:
    """value.shape as a tuple of lengths."""
    rank = len(avals.shape_of(cx.aval(value)))
    return TupleVal(tuple(of_axis(cx, value, axis) for axis in range(rank)))


def _read(cx: Context, value: PyVal, axis: int) -> PyVal:
    return emit.primitive(cx, cx.prim("dim"), [emit.atom(cx, value), Lit(axis)])


def _of_symbol(cx: Context, s: Symbol) -> PyVal | None:
    """A symbol as an operand: read where it shows, or computed from its arguments."""
    if s in cx.running:
        return cx.running[s]
    found = cx.homes.find(s, cx.path)
    if found is not None:
        var, axis = found
        return var if axis is None else emit.let(cx, cx.prim("dim"), (var, Lit(axis)), {})
    op = (
        {
            "mul": "multiply",
            "floordiv": "floor_divide",
            "mod": "remainder",
            "min": "python_min",
            "max": "python_max",
        }.get(str(s.key[0]))
        if isinstance(s.key, tuple)
        else None
    )
    if op is None:
        return None
    missing = object()
    values = [of_dim(cx, a, lambda: missing) for a in s.key[1]]  # type: ignore[index]
    return None if any(v is missing for v in values) else emit.call(cx, op, *values)
