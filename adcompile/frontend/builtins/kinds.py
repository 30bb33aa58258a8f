"""Builtins that ask what a value is, and those that are refused."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from adcompile.frontend import extents, runs, static, wording
from adcompile.frontend.calls import opaque
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs, Lower
from adcompile.frontend.context import Context
from adcompile.frontend.fence import NOT_SUPPORTED, REFUSED_CALLS
from adcompile.frontend.values import (
    ArrayRef,
    ClassVal,
    FuncVal,
    IterVal,
    ObjectRef,
    PartialVal,
    PyVal,
    SliceVal,
    TupleVal,
)
from adcompile.ir.avals import Opaque
from adcompile.ir.nodes import Lit, Var


def _len(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    (value,) = args
    run = runs.run_of(cx, value)
    if run is not None:
        return run.count
    items = static.items(cx, value)
    if items is not None:
        return Lit(len(items))
    if isinstance(value, IterVal) and value.kind == "range":
        bounds = [static.value(cx, a, "a bound of the range") for a in value.args]
        return Lit(len(range(*bounds)))
    if isinstance(value, ArrayRef) and cx.ref_aval(value).ndim:
        return extents.of_axis(cx, value, 0)
    if isinstance(value, Var) and isinstance(value.aval, Opaque):
        result = opaque.call(cx, len, args, {})
        if result is not None:
            return result
    raise wording.cannot(cx, value, "has no len()")


def _slice(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    none = Lit(None)
    if len(args) == 1:
        return SliceVal(none, args[0], none)
    return SliceVal(args[0], args[1], args[2] if len(args) > 2 else none)


def isinstance_(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    value, kinds = args
    listed = kinds.items if isinstance(kinds, TupleVal) else (kinds,)
    wanted = tuple(
        w
        for k in listed
        for w in _flat(k if isinstance(k, ClassVal) else static.value(cx, k, "the type"))
    )
    if isinstance(value, Lit):
        return Lit(isinstance(value.value, wanted))
    if isinstance(value, SliceVal):
        return Lit(slice in wanted or object in wanted)
    kind = value.obj.kind if isinstance(value, ObjectRef) else static.python_type(cx, value)
    if isinstance(kind, type):
        return Lit(issubclass(kind, tuple(w for w in wanted if isinstance(w, type))))
    return Lit(any(cx.hooks["is_subclass"](kind, w) for w in wanted))


def _flat(kinds: Any) -> Iterator[Any]:
    if isinstance(kinds, tuple):
        for k in kinds:
            yield from _flat(k)
    elif isinstance(kinds, types.UnionType):
        yield from kinds.__args__
    else:
        yield kinds


def _callable(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    value = args[0]
    if isinstance(value, Lit):
        return Lit(callable(value.value))
    return Lit(isinstance(value, (FuncVal, PartialVal)))


def _static_call(fn: Callable[..., Any]) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        return Lit(fn(*(static.value(cx, a, f"the arguments of {fn.__name__}()") for a in args)))

    return lower


def _vars(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if not args:
        raise cx.refuse(NOT_SUPPORTED.format("vars()"), "Name what is needed.")
    held: PyVal = cx.hooks["attribute"](cx, args[0], "__dict__")
    return held


def _delattr(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    owner, name = args
    cx.hooks["delete_attribute"](cx, owner, static.value(cx, name, "the name of the attribute"))
    return Lit(None)


def _same(fn: Any) -> Any:
    """What functools.wraps(...) is here: names and docstrings do not matter."""
    return fn


def _refused(what: str, advice: str) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        raise cx.refuse(NOT_SUPPORTED.format(what), advice)

    return lower


SPECIAL.update(
    {
        len: _len,
        slice: _slice,
        isinstance: isinstance_,
        issubclass: _static_call(issubclass),
        callable: _callable,
        functools.wraps: lambda cx, args, kwargs: Lit(_same),
        _same: lambda cx, args, kwargs: args[0],
        vars: _vars,
        delattr: _delattr,
        **{fn: _static_call(fn) for fn in (chr, ord, bin, hex, oct, ascii)},
        **{fn: _refused(*words) for fn, words in REFUSED_CALLS.items()},
    }
)
