"""Elementwise functions of NumPy and their twins in `math`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir.primitives import MATH_NAMES, Registry, scalar_twin

UNARY = """exp expm1 exp2 log log1p log2 log10 sqrt cbrt sin cos tan arcsin arccos arctan
    sinh cosh tanh arcsinh arccosh arctanh absolute fabs square reciprocal
    deg2rad rad2deg""".split()
BINARY = "maximum minimum fmax fmin arctan2 hypot logaddexp float_power copysign fmod".split()
PIECEWISE_CONSTANT = "floor ceil trunc rint sign isnan isinf isfinite signbit logical_not".split()
CHEAP = {"absolute", "fabs", "square", "reciprocal"}
LINEAR = {"deg2rad", "rad2deg"}

_ALIASES = {"absolute": "abs"}
_SAME: dict[str, list[Callable[..., Any]]] = {"deg2rad": [np.radians], "rad2deg": [np.degrees]}


def add_elementwise(reg: Registry) -> None:
    for name in UNARY:
        fn = getattr(np, name)
        reg.row(
            name,
            fn,
            "x",
            f"np.{_ALIASES.get(name, name)}",
            linear=((0,),) if name in LINEAR else (),
            callables=[fn, *_SAME.get(name, ())],
            cost=1 if name in CHEAP else 2,
        )
    for name in BINARY:
        fn = getattr(np, name)
        reg.row(name, fn, "x, y", f"np.{name}", callables=[fn], cost=2)
    constant: dict[str, Any] = {"differentiable": False}
    for name in PIECEWISE_CONSTANT:
        fn = getattr(np, name)
        reg.row(name, fn, "x", f"np.{name}", callables=[fn], **constant)
    step = np.heaviside
    reg.row("heaviside", step, "x, y", "np.heaviside", callables=[step], **constant)
    rounds = (np.round, np.around)
    reg.row("round", np.round, "a, decimals=0, out=None!", "np.round", callables=rounds, **constant)
    clip = "x, lo=None, hi=None, out=None!"
    reg.row("clip", np.clip, clip, "np.clip", callables=[np.clip])
    sides = ((1, 2),)
    reg.row("where", np.where, "cond, x, y", "np.where", linear=sides, callables=[np.where])
    reg.row("select", _select, "cond, x, y", "@select", linear=sides, rule="where")
    _twins(reg)


def _twins(reg: Registry) -> None:
    """What derivatives of Python floats are spelled with."""
    for name in MATH_NAMES:
        fn = scalar_twin(name)
        if fn is None:
            continue
        reg.python_twin[name] = reg.row(
            f"math_{name}",
            fn,
            "x, y" if name in BINARY else "x",
            f"math.{MATH_NAMES[name]}",
            "python",
            callables=[fn],
            cost=2,
            rule=name,
            differentiable=name not in PIECEWISE_CONSTANT,
        )
    reg.row("math_pow", math.pow, "x, y", "math.pow", "python", callables=[math.pow], rule="power")
    absolute = reg.row("abs", abs, "x", "abs", callables=[abs], rule="absolute")
    reg.python_twin["absolute"] = absolute


def _select(cond: Any, x: Any, y: Any) -> Any:
    return x if cond else y
