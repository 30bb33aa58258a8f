"""Indices of arrays, and parts of tuples."""

from __future__ import annotations

from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.operands import (
    InferenceError,
    aval_of,
    extent_of,
    index_items,
    is_basic,
    static_value,
)
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import dims
from adcompile.ir.avals import Array, Aval, Parts, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Lit, SliceTree, Tree
from adcompile.ir.primitives import Primitive


def _getitem(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array):
        raise InferenceError(f"{operand} cannot be indexed", alone=True)
    return getitem_aval(operand, args[1], facts)


def getitem_aval(operand: Array, index: Tree, facts: Facts) -> Aval:
    """The kind and shape of operand[index]."""
    items = list(index_items(index))
    used = 0
    for item in items:
        aval = aval_of(item)
        if isinstance(item, Lit) and (item.value is None or item.value is Ellipsis):
            continue
        used += aval.ndim if isinstance(aval, Array) and aval.dtype.kind == "b" else 1
    if used > operand.ndim:
        raise InferenceError(
            f"too many indices: {used} for an array of rank {operand.ndim}", alone=True
        )
    has_ellipsis = any(isinstance(i, Lit) and i.value is Ellipsis for i in items)
    if not has_ellipsis:
        items.append(Lit(Ellipsis))
    full = SliceTree(Lit(None), Lit(None), Lit(None))
    at = next(k for k, i in enumerate(items) if isinstance(i, Lit) and i.value is Ellipsis)
    items[at : at + 1] = [full] * (operand.ndim - used)

    advanced = not is_basic(index)
    result: list[Dim] = []
    adv_shapes: list[tuple[Dim, ...]] = []
    places: list[int] = []
    axis = 0
    for position, item in enumerate(items):
        aval = aval_of(item)
        if isinstance(item, SliceTree):
            bounds = []
            for t in (item.start, item.stop, item.step):
                none = isinstance(t, Lit) and t.value is None
                bounds.append(None if none else extent_of(t))
            result.append(dims.slice_length(operand.shape[axis], *bounds))
            axis += 1
        elif isinstance(item, Lit) and item.value is None:
            result.append(1)
        elif isinstance(aval, Array):
            if aval.dtype.kind == "b":
                adv_shapes.append((dims.fresh("selected"),))
                axis += aval.ndim
            elif aval.dtype.kind in "iu":
                adv_shapes.append(aval.shape)
                axis += 1
            else:
                raise InferenceError(
                    f"an index must be of integers or bools, not {aval}", alone=True
                )
            places.append(position)
            if len(places) == 1:
                insert_at = len(result)
        elif isinstance(aval, Scalar) and aval.dtype.kind in "iu":
            if advanced:
                adv_shapes.append(())
                places.append(position)
                if len(places) == 1:
                    insert_at = len(result)
            axis += 1
        else:
            raise InferenceError(
                f"an index must be of integers, slices or bools, not {aval}", alone=True
            )
    if places:
        contiguous = places == list(range(places[0], places[-1] + 1))
        where = insert_at if contiguous else 0
        result[where:where] = facts.broadcast(adv_shapes)
    if result or has_ellipsis or advanced:
        return Array(operand.dtype, tuple(result))
    return Scalar(operand.dtype, weak=False)


def _winners(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    return getitem_aval(operand, args[1], facts)


def _part(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    whole = aval_of(args[0])
    assert isinstance(whole, Parts)
    return whole.items[static_value(args[1])]


SHAPES: dict[str, ShapeFunction] = {"getitem": _getitem, "winners": _winners, "part": _part}
