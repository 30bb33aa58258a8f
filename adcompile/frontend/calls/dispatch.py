"""What a call means: a primitive, a builtin, a method, or a Python function, which is inlined."""

from __future__ import annotations

import functools
import operator
import types
from enum import Enum
from typing import Any, cast

import numpy as np

from adcompile.errors import MissingRule, SourceUnavailable
from adcompile.frontend import static, wording
from adcompile.frontend.builtins import text
from adcompile.frontend.calls import inlining, methods, opaque, primitives
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.source import function_source
from adcompile.frontend.values import (
    ClassVal,
    Conflict,
    DerivativeVal,
    FuncVal,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    SliceVal,
    TupleVal,
)
from adcompile.ir.nodes import Lit


def call(cx: Context, fn: PyVal, args: Args, kwargs: Kwargs) -> PyVal:
    """fn(*args, **kwargs)."""
    if isinstance(fn, FuncVal):
        return inlining.inline_nested(cx, fn, args, kwargs)
    if isinstance(fn, MethodVal):
        return methods.method(cx, fn, args, kwargs)
    if isinstance(fn, PartialVal):
        return call(cx, fn.fn, [*fn.args, *args], {**dict(fn.kwargs), **kwargs})
    if isinstance(fn, Lit):
        return call_static(cx, fn.value, args, kwargs)
    if isinstance(fn, DerivativeVal):
        derived: PyVal = cx.hooks["derivative_call"](cx, fn, args, kwargs)
        return derived
    if isinstance(fn, ObjectRef):
        own: PyVal | None = cx.hooks["special"](cx, fn, "__call__", *args, kwargs=kwargs)
        if own is None:
            raise wording.cannot(cx, fn, "cannot be called")
        return own
    if isinstance(fn, ClassVal):
        made: PyVal = cx.hooks["construct"](cx, fn, args, kwargs)
        return made
    if isinstance(fn, Conflict) and fn.chosen is not None:
        first, second = fn.first, fn.second
        value: PyVal = cx.hooks["choose"](
            cx,
            fn.chosen,
            lambda: call(cx, first, args, kwargs),
            lambda: call(cx, second, args, kwargs),
        )
        return value
    if isinstance(fn, Conflict):
        raise wording.unusable(cx, fn)
    raise wording.cannot(cx, fn, "cannot be called")


def call_static(cx: Context, fn: Any, args: Args, kwargs: Kwargs) -> PyVal:
    """A call of a known Python object."""
    cx.registry.meet(fn)
    if isinstance(fn, np.ufunc) or "out" in kwargs or len(args) > 2:
        written = cx.hooks["with_out"](cx, fn, args, kwargs)
        if written is not None:
            return written
    special = SPECIAL.get(fn) if _hashable(fn) else None
    if special is not None or fn in (abs, float, int, bool, round):
        own = cx.hooks["protocol"](cx, fn, args)
        if own is not None:
            return cast("PyVal", own)
    if special is not None:
        return special(cx, args, kwargs)
    marker = getattr(type(fn), "__adcompile_marker__", None)
    if marker is not None:
        wrapped = inlining.constant(cx, fn.__wrapped__)
        return SPECIAL[marker](cx, [wrapped, *args], kwargs)
    if getattr(fn, "__compile_time__", False):
        return known_value(fn(*(static.value(cx, a, "this") for a in args)))
    if not kwargs and any(fn is kind for kind in (float, int, bool, complex)):
        if not args:
            return Lit(fn())
        if isinstance(args[0], Lit) and isinstance(args[0].value, (str, bytes)):
            return _converted(cx, fn, args)
    prim = cx.registry.lookup(fn)
    if prim is not None:
        return primitives.emit_bound(cx, prim, args, kwargs)
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, (np.random.Generator, np.random.RandomState)):
        return primitives.draw(cx, Lit(owner), fn.__name__, args, kwargs)
    composed = cx.registry.composition(fn)
    if composed is not None:
        defaults = inlining.defaults_of(cx, composed)  # type: ignore[arg-type]
        return inlining.inline(cx, function_source(composed), args, kwargs, defaults, None)
    if _hashable(fn) and fn in cx.registry.static:
        return Lit(fn(*(static.value(cx, a, "this argument") for a in args)))
    if _hashable(fn) and fn in cx.registry.refused:
        raise cx.refuse(f"{_shown(fn)} is not supported", cx.registry.refused[fn])
    if hasattr(fn, "__adcompile__"):
        return cx.hooks["transform_call"](cx, fn, args, kwargs)
    if isinstance(fn, (operator.itemgetter, operator.attrgetter, operator.methodcaller)):
        return cast("PyVal", cx.hooks["getter_call"](cx, fn, args))
    if isinstance(fn, functools.partial):
        merged = {**{k: inlining.constant(cx, v) for k, v in fn.keywords.items()}, **kwargs}
        return call_static(
            cx, fn.func, [*(inlining.constant(cx, v) for v in fn.args), *args], merged
        )
    if isinstance(fn, types.MethodType):
        return call_static(cx, fn.__func__, [inlining.constant(cx, fn.__self__), *args], kwargs)
    inner = cx.registry.called(type(fn))
    if inner is not None:
        return call_static(cx, inner, [Lit(fn), *args], kwargs)
    known = not kwargs and all(isinstance(a, Lit) for a in args)
    if known and isinstance(fn, type) and issubclass(fn, (np.generic, Enum)):
        return _converted(cx, fn, args)
    if isinstance(fn, type):
        made: PyVal | None = cx.hooks["construct"](cx, fn, args, kwargs)
        if made is not None:
            return made
    if isinstance(getattr(fn, "__self__", None), (str, bytes, tuple, range)):
        return _constant_method(cx, fn, args, kwargs)
    if isinstance(fn, functools._lru_cache_wrapper):
        raise cx.refuse(
            f"{fn.__name__} is cached by functools, which keeps values from call to call",
            f"Call the function itself: {fn.__name__}.__wrapped__.",
        )
    module = getattr(fn, "__module__", None) or ""
    if isinstance(fn, types.FunctionType) and not module.startswith(("numpy", "scipy")):
        try:
            source = function_source(fn)
        except SourceUnavailable as exc:
            raise exc.located(cx.origin.span) from None
        return inlining.inline(cx, source, args, kwargs, inlining.defaults_of(cx, fn), None)
    passed = opaque.call(cx, fn, args, kwargs)
    if passed is not None:
        return passed
    if not callable(fn):
        raise cx.refuse(f"{wording.describe(cx, Lit(fn))} cannot be called")
    raise MissingRule(
        f"{_shown(fn)} has no derivative rule",
        cx.origin.span,
        "Give it one with @rule, or declare it with @nondiff if it has no derivative.",
    )


def _shown(fn: Any) -> str:
    """A function's full name."""
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{fn.__name__}"
    module = getattr(fn, "__module__", None) or ""
    name = getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or repr(fn)
    return f"{module}.{name}" if module and module != "builtins" else name


def _converted(cx: Context, fn: type, args: Args) -> PyVal:
    """float("2.5"), int("11", 2), np.int64(3), Color("red")."""
    try:
        return Lit(fn(*(static.value(cx, a, f"the arguments of {fn.__name__}()") for a in args)))
    except ValueError as exc:
        raise cx.refuse(str(exc), raises=exc) from None


def _constant_method(cx: Context, fn: Any, args: Args, kwargs: Kwargs) -> PyVal:
    """A method of a string or another constant."""
    owner, name = fn.__self__, fn.__name__
    if name == "format" and not kwargs:
        return text.format_string(cx, owner, args)
    if name == "join":
        pieces = cx.hooks["static_items"](cx, args[0])
        if pieces is None:
            raise cx.refuse("join() needs a sequence whose length is known")
        if not all(isinstance(p, Lit) for p in pieces):
            plain = owner.replace("{", "{{").replace("}", "}}")
            return text.format_string(cx, plain.join(["{}"] * len(pieces)), pieces)
        return Lit(owner.join(p.value for p in pieces if isinstance(p, Lit)))
    given = [static.value(cx, a, f"the arguments of {name}()") for a in args]
    named = {k: static.value(cx, v, f"the arguments of {name}()") for k, v in kwargs.items()}
    try:
        return Lit(fn(*given, **named))
    except Exception as exc:
        raise cx.refuse(f"{name}() fails: {exc}") from None


def known_value(value: Any) -> PyVal:
    """A Python value known at compile time; tuples and slices may be taken apart."""
    if isinstance(value, tuple):
        return TupleVal(tuple(map(known_value, value)))
    if isinstance(value, slice):
        return SliceVal(Lit(value.start), Lit(value.stop), Lit(value.step))
    return Lit(value)


def _hashable(fn: Any) -> bool:
    try:
        hash(fn)
    except TypeError:
        return False
    return True
