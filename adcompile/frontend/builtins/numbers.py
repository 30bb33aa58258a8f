"""Builtins of numbers."""

from __future__ import annotations

import ast

from adcompile.frontend import emit, static
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lit


def _complex(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    given = [*args, *(kwargs[k] for k in ("real", "imag") if k in kwargs)]
    if len(given) == 1 and "imag" not in kwargs:
        return emit.call(cx, "complex", *given)
    if len(given) != 2 or set(kwargs) - {"real", "imag"}:
        raise cx.refuse("complex() is supported with one or two numbers")
    return emit.call(cx, "complex_of", *given)


def _pow(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    given = [*args, *(kwargs[k] for k in ("base", "exp", "mod") if k in kwargs)]
    if len(given) == 3:
        return Lit(pow(*(static.value(cx, v, "each argument of pow(a, b, mod)") for v in given)))
    power: PyVal = cx.hooks["binary"](cx, ast.Pow(), *given)
    return power


def _divmod(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    binary = cx.hooks["binary"]
    return TupleVal((binary(cx, ast.FloorDiv(), *args), binary(cx, ast.Mod(), *args)))


def _round(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    digits = args[1] if len(args) > 1 else kwargs.get("ndigits", Lit(None))
    value = args[0]
    if isinstance(cx.aval(value), Array):
        raise cx.refuse("round() takes a number", "Use np.round.")
    if isinstance(digits, Lit) and digits.value is None:
        return emit.call(cx, "python_round", value)
    return emit.call(cx, "python_round_to", value, digits)


SPECIAL.update(
    {
        pow: _pow,
        complex: _complex,
        divmod: _divmod,
        round: _round,
    }
)
