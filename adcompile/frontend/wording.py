"""Values in the words of error messages."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable

import numpy as np

from adcompile.errors import ADCompileError
from adcompile.frontend.context import Context
from adcompile.frontend.values import (
    ArrayRef,
    ClassVal,
    Conflict,
    ContainerRef,
    GenVal,
    IterVal,
    ObjectRef,
    PyVal,
    SliceVal,
    TupleVal,
    Zero,
)
from adcompile.ir.nodes import UNDEFINED, Lit, Var


def a(noun: str) -> str:
    """The noun with its article."""
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Advice for a name that is close to one that exists; empty if none is."""
    close = difflib.get_close_matches(name, [k for k in known if k != name], 1, 0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


_NAMED_AS: dict[type, str] = {
    type: "class",
    types.ModuleType: "module",
    types.FunctionType: "function",
    types.BuiltinFunctionType: "function",
    np.ufunc: "function",
}
_NAMED = tuple(_NAMED_AS)


def describe(cx: Context, value: PyVal) -> str:
    if value is UNDEFINED:
        return "unbound"
    if isinstance(value, Var) and value in cx.texts:
        return "text that is made while it runs"
    if isinstance(value, Var):
        return a(str(value.aval))
    if isinstance(value, Lit) and isinstance(value.value, _NAMED):
        kind = next(word for k, word in _NAMED_AS.items() if isinstance(value.value, k))
        return f"the {kind} {getattr(value.value, '__name__', '')}"
    if isinstance(value, Lit):
        return "None" if value.value is None else a(type(value.value).__name__)
    if isinstance(value, ArrayRef):
        aval = cx.ref_aval(value)
        return f"an array of rank {aval.ndim}"
    names = {
        TupleVal: "a tuple",
        SliceVal: "a slice",
        IterVal: "an iterator",
        GenVal: "a generator",
        Conflict: "one of several things",
    }
    if isinstance(value, (ContainerRef, ObjectRef)):
        kind = value.obj.kind
        return a(kind.name if isinstance(kind, ClassVal) else kind.__name__)
    if isinstance(value, ClassVal):
        return f"the class {value.name}"
    return names.get(type(value), "a function")


def cannot(cx: Context, value: PyVal, what: str) -> ADCompileError:
    """`what` a value of this kind cannot do, or why its kind is not known."""
    if isinstance(value, Conflict):
        return unusable(cx, value)
    return cx.refuse(f"{describe(cx, value)} {what}")


def unusable(cx: Context, value: PyVal) -> ADCompileError:
    if isinstance(value, Conflict) and value.why:
        return cx.refuse(value.why, "Bind it before the 'try', or inside each handler.")
    if isinstance(value, Conflict) and UNDEFINED in (value.first, value.second):
        return cx.refuse(
            "this is bound inside a loop only, which may run zero times: what it is after the "
            "loop is not known",
            "Bind it before the loop too, to the same kind of value, or use it in the loop.",
        )
    if isinstance(value, Conflict):
        return cx.refuse(
            f"this is {describe(cx, value.first)} on one path and "
            f"{describe(cx, value.second)} on another",
            "Bind the name to the same kind of value on every path.",
        )
    if isinstance(value, Zero):
        return cx.refuse("a derivative rule must be linear in its tangents")
    advice = "Make it a list first: [...] or list(...)." if isinstance(value, GenVal) else ""
    return cx.refuse(f"{describe(cx, value)} cannot be used as a number or array here", advice)
