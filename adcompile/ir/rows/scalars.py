"""Numbers: what is read of a shape, conversions, Python's own functions and logic."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adcompile.ir.primitives import Registry

CASTS = ("float16", "float32", "float64", "complex64", "complex128")
FIRST = ((0,),)


def add_scalars(reg: Registry) -> None:
    row = reg.row
    constant: dict[str, Any] = {"differentiable": False, "cost": 0}
    row("shape", np.shape, "a", "@shape", "shape", callables=[np.shape], **constant)
    row("dim", _dim, "a, axis", "@dim", "dim", **constant)
    row("size", np.size, "a", "@size", "dim", callables=[np.size], **constant)
    row("float", float, "x", "float", "float", FIRST, [float])
    row("complex", complex, "x", "complex", "cast", FIRST)
    for name in CASTS:
        kind = getattr(np, name)
        row(name, kind, "x", f"np.{name}", "cast", FIRST, [kind])
    row("constant", float, "x", "@constant", "float", **constant)
    row("item", _item, "a", "@item", "float", FIRST)
    row("int", int, "x", "int", "int", callables=[int], **constant)
    row("bool", bool, "x", "bool", "bool", callables=[bool], **constant)
    row("not", operator.not_, "x", "unot", "bool", callables=[operator.not_], **constant)
    row("and", _and, "x, y", "@and", "bool", **constant)
    row("or", _or, "x, y", "@or", "bool", **constant)
    row("python_round", round, "x", "round", "int", **constant)
    row("python_round_to", round, "x, digits", "round", "elementwise", **constant)
    row("python_max", max, "x, y", "max", "python2")
    row("python_min", min, "x, y", "min", "python2")


def _dim(a: Any, axis: int) -> int:
    return a.shape[axis]


def _item(a: Any) -> Any:
    return a.item()


def _and(x: Any, y: Any) -> Any:
    return x and y


def _or(x: Any, y: Any) -> Any:
    return x or y
