"""What is known of a value at compile time: the Python value, its elements, its type."""

from __future__ import annotations

import types
from enum import EnumMeta
from typing import Any

import numpy as np

from adcompile.frontend.context import Context, Restart
from adcompile.frontend.values import (
    DICT_VIEWS,
    ContainerRef,
    IterVal,
    PyVal,
    Run,
    SliceVal,
    TupleVal,
)
from adcompile.ir import dims
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit, Var


def value(cx: Context, operand: PyVal, what: str = "this") -> Any:
    """The Python value of `operand`, made known at compile time where that is possible."""
    if isinstance(operand, Lit):
        return operand.value
    if isinstance(operand, TupleVal):
        return tuple(value(cx, v, what) for v in operand.items)
    held = cx.state.store[operand.obj] if isinstance(operand, ContainerRef) else None
    if isinstance(held, dict):
        return {k: value(cx, v, what) for k, v in held.items()}
    held = items(cx, operand) if isinstance(operand, ContainerRef) else None
    if held is not None:
        return [value(cx, v, what) for v in held]
    if isinstance(operand, SliceVal):
        parts = (operand.start, operand.stop, operand.step)
        return slice(*(value(cx, v, what) for v in parts))
    if isinstance(operand, Var) and operand in cx.texts:
        template, pieces = cx.texts[operand]
        return template.format(*(value(cx, p, what) for p in pieces))
    if isinstance(operand, Var) and isinstance(operand.aval, Scalar):
        extent = operand.aval.extent
        if extent is not None:
            known = cx.facts.static(extent)
            if known is not None:
                return known
            for s in dims.all_symbols(extent):
                if s in cx.loop_symbols:
                    cx.demands.unroll.add(cx.loop_symbols[s])
                    raise Restart
    # A loop around may decide it: each of its iterations alone knows more.
    around = (cx.loop_symbols[s] for s in cx.running if s in cx.loop_symbols)
    cx.demands.could_unroll.update(around)
    raise cx.refuse(
        f"{what} must be known at compile time",
        "Make it a literal, an integer argument, or an entry of a shape.",
    )


def python_type(cx: Context, value: PyVal) -> type:
    """type(value) of a value that is no instance of a user's class."""
    if isinstance(value, Lit):
        return type(value.value)
    if isinstance(value, TupleVal):
        return value.kind
    if isinstance(value, ContainerRef):
        kind: type = value.obj.kind
        return kind
    aval = cx.aval(value)
    if isinstance(aval, Array):
        return np.ndarray
    if isinstance(aval, Scalar):
        python = {"b": bool, "i": int, "f": float, "c": complex}
        return python[aval.dtype.kind] if aval.weak else aval.dtype.type
    return types.FunctionType


def items(cx: Context, value: PyVal) -> tuple[PyVal, ...] | None:
    """The elements of a tuple or list whose length is known, else None."""
    if isinstance(value, TupleVal):
        return value.items
    if isinstance(value, IterVal) and value.kind in DICT_VIEWS:
        return _dict_view(cx, value)
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, dict):
            return tuple(Lit(k) for k in held)
        return None if isinstance(held, Run) else tuple(held)
    if isinstance(value, Lit) and isinstance(value.value, (tuple, list, str)):
        return tuple(Lit(v) for v in value.value)
    if isinstance(value, Lit) and isinstance(value.value, EnumMeta):
        return tuple(map(Lit, value.value))
    return None


def _dict_view(cx: Context, value: IterVal) -> tuple[PyVal, ...]:
    """What a dict's items(), keys() or values() hold now."""
    (owner,) = value.args
    assert isinstance(owner, ContainerRef)
    held = cx.state.store[owner.obj]
    if value.kind == "values":
        return tuple(held.values())
    if value.kind == "keys":
        return tuple(Lit(k) for k in held)
    return tuple(TupleVal((Lit(k), v)) for k, v in held.items())
