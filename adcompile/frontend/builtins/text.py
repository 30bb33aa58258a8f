"""Text: str, repr, format and print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adcompile.frontend import emit, runs, static, wording
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs, Lower
from adcompile.frontend.context import Context
from adcompile.frontend.values import (
    ArrayRef,
    Conflict,
    ContainerRef,
    ObjectRef,
    PyVal,
    TupleVal,
)
from adcompile.ir.nodes import Lit, Var


def format_string(cx: Context, template: str, parts: Sequence[PyVal]) -> PyVal:
    """template.format(*parts): a string if all is known, else a value for messages only."""
    if all(isinstance(p, Lit) for p in parts):
        return Lit(template.format(*(p.value for p in parts if isinstance(p, Lit))))
    text = emit.primitive(cx, cx.prim("format"), [Lit(template), *map(printable(cx), parts)])
    if isinstance(text, Var):
        cx.texts[text] = (template, parts)
    return text


def printable(cx: Context) -> Callable[[PyVal], PyVal]:
    def convert(value: PyVal) -> PyVal:
        if isinstance(value, Conflict) and value.either is not None:
            return value.either
        if isinstance(value, ObjectRef):
            return of_object(cx, value, "__str__")
        grown = runs.run_of(cx, value) is not None
        if not grown and isinstance(value, (Var, Lit, ArrayRef, TupleVal, ContainerRef)):
            return value
        raise wording.cannot(cx, value, "cannot be printed here")

    return convert


def of_object(cx: Context, value: ObjectRef, method: str) -> PyVal:
    """str(value) or repr(value) by the class's own method."""
    for name in (method, "__repr__"):
        own: PyVal | None = cx.hooks["special"](cx, value, name)
        if own is not None:
            return own
    raise cx.refuse(f"{wording.describe(cx, value)} cannot be printed here", "Give it a __repr__.")


def _text(template: str) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        if args and isinstance(args[0], ObjectRef):
            return of_object(cx, args[0], "__repr__" if "!r" in template else "__str__")
        return format_string(cx, template, args) if args else Lit("")

    return lower


def _format(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return format_string(cx, "{:{}}" if len(args) > 1 else "{}", args)


def _print(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    for name in kwargs:
        if name not in ("sep", "end", "file", "flush"):
            raise cx.refuse(f"print() has no argument {name!r}")
    shown = printable(cx)
    trees = [emit.tree(cx, shown(a)) for a in args]
    named = {k: Lit(static.value(cx, v, f"{k}= of print")) for k, v in kwargs.items()}
    emit.effect(cx, "print", *trees, **named)
    return Lit(None)


SPECIAL.update(
    {
        str: _text("{}"),
        repr: _text("{!r}"),
        format: _format,
        print: _print,
    }
)
