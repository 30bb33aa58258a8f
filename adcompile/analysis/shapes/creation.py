"""Arrays made of lengths and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import stand_in
from adcompile.analysis.operands import InferenceError, aval_of, extent_of, shape_tree, static_value
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Tree
from adcompile.ir.primitives import Primitive


def _array(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    def shape(tree: Tree) -> tuple[Dim, ...]:
        if not isinstance(tree, tuple):
            return avals.shape_of(aval_of(tree))
        inner = [shape(t) for t in tree]
        if any(_differ(inner[0], other, facts) for other in inner[1:]):
            raise InferenceError("needs rows of one length: these make no array")
        return (len(tree), *(inner[0] if tree else ()))

    def leaves(tree: Tree) -> list[Aval]:
        if isinstance(tree, tuple):
            return [a for t in tree for a in leaves(t)]
        return [aval_of(tree)]

    if "dtype" in kwargs and static_value(kwargs["dtype"]) is not None:
        dtype = np.dtype(static_value(kwargs["dtype"]))
    else:
        every = [a for a in leaves(args[0]) if avals.is_numeric(a)]
        dtype = (
            np.array(
                [stand_in(a).reshape(-1)[0] if isinstance(a, Array) else stand_in(a) for a in every]
            ).dtype
            if every
            else np.dtype(float)
        )
    return Array(dtype, shape(args[0]))


def _differ(a: tuple[Dim, ...], b: tuple[Dim, ...], facts: Facts) -> bool:
    """Whether two shapes are known to be different."""
    return len(a) != len(b) or any(
        facts.equals(dims.sub(m, n), 0) is False for m, n in zip(a, b, strict=True)
    )


def _dtype_kwarg(kwargs: dict[str, Tree], default: Any) -> np.dtype[Any]:
    given = static_value(kwargs["dtype"]) if "dtype" in kwargs else None
    return np.dtype(default if given is None else given)


def _creation(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return Array(_dtype_kwarg(kwargs, float), shape_tree(args[0]))


def _zeros_like(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(_dtype_kwarg(kwargs, operand.dtype), avals.shape_of(operand))


def _full(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    value = aval_of(args[1])
    assert not isinstance(value, Opaque)
    return Array(_dtype_kwarg(kwargs, value.dtype), shape_tree(args[0]))


def _full_like(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(_dtype_kwarg(kwargs, operand.dtype), avals.shape_of(operand))


def _arange(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    bounds = [args[0]] + [kwargs[k] for k in ("stop", "step") if k in kwargs]
    numbers = [aval_of(b) for b in bounds]
    kind = np.result_type(*[stand_in(a) for a in numbers])
    dtype = _dtype_kwarg(kwargs, np.dtype(int) if kind.kind in "iub" else kind)
    if kind.kind in "iu" and "step" not in kwargs and len(bounds) <= 2:
        ends = [extent_of(b) for b in bounds]
        length = ends[0] if len(ends) == 1 else dims.sub(ends[1], ends[0])
        return Array(dtype, (length,))
    return Array(dtype, (dims.fresh("arange"),))


def _eye(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    rows = extent_of(args[0])
    columns = extent_of(kwargs["M"]) if "M" in kwargs else rows
    return Array(_dtype_kwarg(kwargs, float), (rows, columns))


SHAPES: dict[str, ShapeFunction] = {
    "array": _array,
    "creation": _creation,
    "zeros_like": _zeros_like,
    "full": _full,
    "full_like": _full_like,
    "arange": _arange,
    "eye": _eye,
}
