"""Python's operators, their ufuncs, and the products of arrays that have an operator's rank."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir.primitives import Registry

FIRST, BOTH = ((0,),), ((0,), (1,))
COMPARISONS = {
    "less": ("<", operator.lt),
    "less_equal": ("<=", operator.le),
    "greater": (">", operator.gt),
    "greater_equal": (">=", operator.ge),
    "equal": ("==", operator.eq),
    "not_equal": ("!=", operator.ne),
    "bitwise_and": ("&", operator.and_),
    "bitwise_or": ("|", operator.or_),
    "bitwise_xor": ("^", operator.xor),
    "left_shift": ("<<", operator.lshift),
    "right_shift": (">>", operator.rshift),
}
ARITHMETIC: dict[str, tuple[str, Callable[..., Any], dict[str, Any]]] = {
    "add": ("+", operator.add, {"linear": ((0, 1),)}),
    "subtract": ("-", operator.sub, {"linear": ((0, 1),)}),
    "multiply": ("*", operator.mul, {"linear": BOTH}),
    "divide": ("/", operator.truediv, {"linear": FIRST}),
    "floor_divide": ("//", operator.floordiv, {"differentiable": False}),
    "remainder": ("%", operator.mod, {}),
    "power": ("**", operator.pow, {"cost": 2}),
}


def add_operators(reg: Registry) -> None:
    for name, (symbol, fn, facts) in ARITHMETIC.items():
        _operator(reg, name, symbol, fn, "x, y", **facts)
    for name, (symbol, fn) in COMPARISONS.items():
        _operator(reg, name, symbol, fn, "x, y", differentiable=False)
    for ufunc in (np.logical_and, np.logical_or):
        name = ufunc.__name__
        reg.row(name, ufunc, "x, y", f"np.{name}", callables=[ufunc], differentiable=False)
    _operator(reg, "negative", "u-", operator.neg, "x", linear=FIRST)
    _operator(reg, "positive", "u+", operator.pos, "x", linear=FIRST)
    inverts = (operator.invert, np.invert)
    reg.row("invert", operator.invert, "x", "u~", callables=inverts, differentiable=False)
    matmuls = (operator.matmul, np.matmul, np.linalg.matmul)
    product: dict[str, Any] = {"cost": 3, "ordered": True}
    reg.row("matmul", operator.matmul, "x, y", "@", "matmul", BOTH, matmuls, **product)
    reg.row("dot", np.dot, "a, b", ".dot", "dot", BOTH, [np.dot], **product)
    outers = (np.outer, np.linalg.outer)
    reg.row("outer", np.outer, "a, b", "np.outer", "outer", BOTH, outers, **product)


def _operator(
    reg: Registry, name: str, symbol: str, fn: Callable[..., Any], params: str, **facts: Any
) -> None:
    reg.row(name, fn, params, symbol, callables=[fn], **facts)
    # np.multiply of two Python floats is an np.float64: a row of its own.
    ufunc = getattr(np, name)
    facts["rule"] = name
    reg.row(f"np_{name}", ufunc, params, f"np.{name}", callables=[ufunc], **facts)
