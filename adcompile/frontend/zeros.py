"""Operations of rules whose operands are symbolic zeros or masked adjoints.

`emit` (`emit.primitive`, which asks here first) emits what remains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from adcompile.frontend.context import Context
from adcompile.frontend.values import ZERO, Masked, PyVal, TupleVal, Zero
from adcompile.ir import avals
from adcompile.ir.avals import Scalar
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive

Emit: TypeAlias = Callable[..., PyVal]


def zero_or_masked(
    cx: Context, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal], emit: Emit
) -> PyVal | None:
    """The result where an operand is zero or masked; None for an ordinary emission."""
    zeros = [_is_zero(a) for a in args]
    if any(zeros):
        return _with_zeros(cx, prim, args, kwargs, zeros, emit)
    masked = [i for i, a in enumerate(args) if isinstance(a, Masked)]
    if not masked:
        return None
    if len(masked) == 1:
        kept = _keeping_mask(cx, prim, args, kwargs, masked[0], emit)
        if kept is not None:
            return kept
    plain = [selected(cx, a, emit) if isinstance(a, Masked) else a for a in args]
    return emit(cx, prim, plain, kwargs)


SCALING = ("multiply", "divide", "np_multiply")
SAME_ENTRIES = ("broadcast_to", "astype")  # each entry stays what it is
REARRANGING = ("reshape", "transpose", "swapaxes", "expand_dims", "squeeze", "ravel")


def _keeping_mask(
    cx: Context,
    prim: Primitive,
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    place: int,
    emit: Emit,
) -> Masked | None:
    """The result as a masked adjoint again, where the operation is one of those that can."""
    masked = args[place]
    assert isinstance(masked, Masked)
    plain = list(args)
    plain[place] = masked.value
    if place == 0 and prim.name in SAME_ENTRIES:
        return Masked(emit(cx, prim, plain, kwargs), masked.cond, masked.selected)
    scales = prim.name in SCALING or len(args) == 1
    if prim.elementwise and scales and any(place in g for g in prim.linear):
        shape = cx.facts.broadcast([avals.shape_of(cx.aval(a)) for a in plain])
        if cx.facts.broadcast([shape, avals.shape_of(cx.aval(masked.cond))]) != shape:
            return None
        others = (a for k, a in enumerate(plain) if k != place)
        exact = masked.selected and all(_is_factor(a) for a in others)
        return Masked(emit(cx, prim, plain, kwargs), masked.cond, exact)
    if place == 0 and prim.alias in ("view", "layout") and prim.name in REARRANGING:
        cond = emit(cx, prim, [whole_mask(cx, masked, emit), *plain[1:]], kwargs)
        return Masked(emit(cx, prim, plain, kwargs), cond, masked.selected)
    return None


def _is_factor(value: PyVal) -> bool:
    """Whether zero times, and divided by, a value is zero for certain."""
    return isinstance(value, Lit) and bool(np.isfinite(value.value)) and value.value != 0


def selected(cx: Context, masked: Masked, emit: Emit) -> PyVal:
    """The adjoint with its selection made."""
    if masked.selected:
        return masked.value
    return emit(cx, cx.prim("where"), [masked.cond, masked.value, Lit(0.0)])


def whole_mask(cx: Context, masked: Masked, emit: Emit) -> PyVal:
    """The condition in the shape of the value."""
    shape = avals.shape_of(cx.aval(masked.value))
    if cx.facts.fills(avals.shape_of(cx.aval(masked.cond)), shape):
        return masked.cond
    read = cx.prim("dim")
    lengths = (
        Lit(n) if isinstance(n, int) else emit(cx, read, [masked.value, Lit(axis)])
        for axis, n in enumerate(shape)
    )
    return emit(cx, cx.prim("broadcast_to"), [masked.cond, TupleVal(tuple(lengths))])


def _with_zeros(
    cx: Context,
    prim: Primitive,
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    zeros: list[bool],
    emit: Emit,
) -> PyVal:
    for group in prim.linear:
        if all(zeros[i] for i in group):
            return ZERO
    if prim.rule in ("add", "subtract"):
        if zeros[1]:
            return args[0]
        return args[1] if prim.rule == "add" else emit(cx, cx.prim("negative"), [args[1]])
    if prim.name in ("where", "select"):
        return emit(cx, prim, [Lit(0.0) if z else a for a, z in zip(args, zeros, strict=True)])
    if not prim.linear and prim.name in ("unbroadcast", "astype"):
        return ZERO
    raise cx.refuse(f"a derivative rule must be linear in its tangents; {prim.name} is not")


def derivative_spelling(cx: Context, prim: Primitive, args: Sequence[PyVal]) -> Primitive:
    """On Python floats a derivative is written with `math` and conditional expressions."""
    kinds = [cx.aval(a) for a in args]
    if not all(isinstance(k, Scalar) for k in kinds):
        return prim
    if prim.name == "where":
        return cx.prim("select")
    twin = cx.registry.python_twin.get(prim.name)
    if twin is not None and not cx.np_floats and all(k == avals.FLOAT for k in kinds):
        return twin
    return prim


def as_float64(cx: Context, value: PyVal, emit: Emit) -> PyVal:
    """A Python float as a NumPy one, which divides by zero without an exception."""
    if isinstance(value, Lit) and isinstance(value.value, (int, float)):
        return Lit(np.float64(value.value))
    return emit(cx, cx.prim("float64"), [value]) if cx.aval(value) == avals.FLOAT else value


def _is_zero(value: PyVal) -> bool:
    if isinstance(value, TupleVal):
        return bool(value.items) and all(_is_zero(v) for v in value.items)
    return isinstance(value, Zero)
