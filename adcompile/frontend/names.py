"""Name resolution: locals, enclosing scopes, closure cells, globals, builtins.

Numbers and arrays outside the function are captured: parameters of the program, read at each
call. Functions, classes and modules are static, and guarded by identity.
"""

from __future__ import annotations

import ast
import builtins
import types
from typing import Any

import numpy as np

from adcompile.frontend.context import Context, Frame, Mismatch
from adcompile.frontend.places import Place
from adcompile.frontend.structure import is_object
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import UNDEFINED, Lit

_MISSING = object()


def load_name(cx: Context, name: str, node: ast.AST | None = None) -> PyVal:
    """What `name` is bound to here."""
    if name in cx.state.env:
        value = cx.state.env[name]
        if value is UNDEFINED:
            if cx.late and name in cx.late[-1]:
                raise Mismatch  # bound by an earlier iteration: peel the first
            raise cx.refuse(
                f"{name!r} is used before it is bound",
                span=cx.span(node) if node is not None else None,
            )
        return value
    frame: Frame = cx.frames[-1]
    while frame.outer is not None:
        frame = frame.outer
        found = cx.lookup(frame, name)
        if found is not None:
            return found
    return outer_name(cx, frame.source.fn, name, node)


def outer_name(cx: Context, fn: types.FunctionType, name: str, node: ast.AST | None) -> PyVal:
    """A name of the scopes around a real function."""
    value: Any = _MISSING
    freevars = fn.__code__.co_freevars
    if name in freevars and fn.__closure__ is not None:
        cell = fn.__closure__[freevars.index(name)]
        try:
            value = cell.cell_contents
        except ValueError:
            value = _MISSING
        place = Place("cell", cell, name)
    elif name in fn.__globals__:
        value, place = fn.__globals__[name], Place("global", fn.__globals__, name)
    elif hasattr(builtins, name):
        return Lit(getattr(builtins, name))
    if value is _MISSING:
        raise cx.refuse(
            f"the name {name!r} is not defined",
            "It is neither local, nor in an enclosing scope, global or builtin.",
            span=cx.span(node) if node is not None else None,
        )
    return outside_value(cx, value, place, name)


def outside_value(cx: Context, value: Any, place: Place, name: str) -> PyVal:
    """A value from outside: static, an object, or a parameter read at each call."""
    if place.root.kind == "constant" and isinstance(value, (bool, str, type(None))):
        return Lit(value)
    if is_object(value) and cx.capture is not None:
        return cx.outside_object(value, place)
    if is_static(value):
        if not isinstance(value, types.ModuleType):
            cx.guards.append((place, value))
        return Lit(value)
    if cx.capture is None:
        if isinstance(value, (int, float, complex)):
            return Lit(value)
        raise cx.refuse(f"{name!r} is a {type(value).__name__}, which cannot be used here")
    key = place.identity
    if key not in cx.captured:
        cx.captured[key] = cx.capture(cx, value, place, name)
    return cx.captured[key]


def is_static(value: Any) -> bool:
    """Whether a value is known by identity or equality: everything but numbers and arrays."""
    if isinstance(value, (bool, str, bytes, type(None), type, np.dtype)) or value is Ellipsis:
        return True
    if isinstance(value, (int, float, complex, np.generic, np.ndarray)):
        return False
    if isinstance(value, (tuple, list)):
        return False
    return not isinstance(value, dict)
