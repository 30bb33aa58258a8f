"""Statements with effects, displays of objects, and what steers or calls a derivative."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adcompile.ir.primitives import Primitive, Registry, not_here, signature

FIRST = ((0,),)
EFFECTS = "print assert raise evaluate delete_item copyto".split()
KEPT = "set_attribute set_item append raise_from with leave".split()
"""Effects that hold on to their operands."""


def add_effects(reg: Registry) -> None:
    _derivatives(reg)
    constant: dict[str, Any] = {"differentiable": False, "variadic": True}
    reg.add(Primitive("format", str.format, (), "@format", "none", cost=2, **constant))
    constant["cost"] = 9
    for kind, make in (("list", _list), ("dict", _dict), ("object", not_here), ("call", _call)):
        reg.add(Primitive(f"{kind}_display", make, (), f"@{kind}", "none", **constant))
    for alias, names in (("fresh", EFFECTS), ("kept", KEPT)):
        for name in names:
            facts: dict[str, Any] = {"alias": alias, "effect": "effect", **constant}
            reg.add(Primitive(name, not_here, (), f"@{name}", "none", **facts))


def _derivatives(reg: Registry) -> None:
    # On arrays these are copies, so that a write to the result leaves the operand alone.
    for kind, shape, spelling in (("array", "copy", "@copied"), ("number", "same", "@constant")):
        reg.row(f"stop_{kind}", _first, "a", spelling, shape, differentiable=False)
        reg.row(f"on_adjoint_{kind}", _first, "x, fn", spelling, shape, FIRST, rule="on_adjoint")
    reg.row("adjoint_hook", not_here, "x, fn", "replaced", "same", effect="draw", cost=9)
    called = signature("dots, operands, result")
    reg.add(Primitive("adjoint_call", not_here, called, "@", "none", FIRST, cost=9))
    # Derivatives of kept recursive calls, taken when the program runs: the linear functions that
    # `vjp` and `linearize` give, and the tangents of a call and of its pullback,
    # which exist to be transposed.
    opaque: dict[str, Any] = {"cost": 9, "variadic": True}
    reg.add(Primitive("part", operator.getitem, (), "@getitem", "opaque", **opaque))
    reg.add(Primitive("apply_pullback", not_here, (), "@call", "opaque", **opaque))
    reg.add(Primitive("apply_linear", not_here, (), "@call", "opaque", **opaque))
    for name in ("pullback_call", "adjoint_tangent"):
        reg.add(Primitive(name, not_here, (), "@", "opaque", FIRST, **opaque))


def _list(*items: Any) -> list[Any]:
    return list(items)


def _dict(keys: Any, *values: Any) -> dict[Any, Any]:
    return dict(zip(keys, values, strict=True))


def _first(x: Any, fn: Any = None) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def _call(fn: Any, *args: Any) -> Any:
    return fn(*args)
