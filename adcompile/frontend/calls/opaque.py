"""Calls of functions without source or rule, which inactive arguments may pass through."""

from __future__ import annotations

from typing import Any

from adcompile.analysis.kinds import opaque_kind
from adcompile.frontend import emit
from adcompile.frontend.calls.table import Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Let
from adcompile.ir.primitives import Primitive


def call(cx: Context, fn: Any, args: Args, kwargs: Kwargs) -> PyVal | None:
    """A call of a function without source or rule, which inactive arguments may pass through.

    Its result's kind is found on dummies; None where it cannot be called so.
    """
    module = getattr(fn, "__module__", None) or ""
    foreign = module.split(".")[0] in ("numpy", "scipy")
    if foreign or not callable(fn) or isinstance(fn, type) or kwargs or not args:
        return None
    try:
        trees = [emit.tree(cx, a) for a in args]
        kind = opaque_kind(fn, trees)
    except Exception:
        return None
    if isinstance(kind, Array):  # it might share memory with an argument
        return None
    label = getattr(fn, "__name__", type(fn).__name__)
    shown = f"{module}.{label}" if module not in ("", "builtins") else label
    prim = Primitive(shown, fn, (), f"={label}", "opaque", cost=9, rule=shown, variadic=True)
    out = cx.new_var(kind)
    cx.stmts.append(Let(out, prim, tuple(trees), (), cx.origin))
    return cx.wrap(out)
