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

from adcompile.frontend import contents, wording
from adcompile.frontend.context import Context, Frame, Mismatch
from adcompile.frontend.places import Place
from adcompile.frontend.scopes import scope_of
from adcompile.frontend.structure import is_library_dict, is_object
from adcompile.frontend.values import Container, ContainerRef, PyVal, is_cell
from adcompile.ir.nodes import UNDEFINED, Lit

_MISSING = object()


def load_name(cx: Context, name: str, node: ast.AST | None = None) -> PyVal:
    """What `name` is bound to here."""
    frame: Frame = cx.frames[-1]
    value = cx.state.env.get(name)
    while value is None:
        name = name.removesuffix(frame.suffix)
        if frame.outer is None or name in scope_of(frame.source.node).globals:
            return outer_name(cx, frame.source.fn, name.partition("@")[0], node)
        frame = frame.outer
        value = cx.lookup(frame, name)
    if is_cell(value):
        (value,) = cx.state.store[value.obj].values()  # type: ignore[union-attr]
    if value is UNDEFINED:
        if cx.late and name in cx.late[-1]:
            raise Mismatch  # bound by an earlier iteration: peel the first
        shown = name.partition("@")[0]
        deleted = " or after it was deleted" if _deleted(frame, shown) else ""
        raise cx.refuse(
            f"{shown!r} is used before it is bound{deleted}",
            "Bind it on every path that leads here.",
            span=cx.span(node) if node is not None else None,
        )
    return value


def _deleted(frame: Frame, name: str) -> bool:
    return name in scope_of(frame.source.node).deleted


def open_scope(cx: Context, frame: Frame) -> None:
    """Give the frame its cells: those of its shared names, and those of `nonlocal` ones."""
    scope = scope_of(frame.source.node)
    env = cx.state.env
    for name in sorted(scope.shared):
        key = name + frame.suffix
        env[key] = contents.new_cell(cx, key, env.get(key, UNDEFINED))
    for name in sorted(scope.nonlocals):
        cell = _outer_cell(cx, frame, name)
        env[name + frame.suffix] = outside_cell(cx, frame, name) if cell is None else cell


def outside_cell(cx: Context, frame: Frame, name: str) -> PyVal:
    """The cell of a name that belongs to a function around the differentiated one."""
    while frame.outer is not None:
        frame = frame.outer
    fn = frame.source.fn
    if cx.inner or name not in fn.__code__.co_freevars or fn.__closure__ is None:
        raise cx.refuse(
            f"writing {name!r} of a function around the differentiated one is not supported here",
            "Return the value, or differentiate the function around it.",
        )
    return cell_at(cx, Place("constant", fn.__closure__[fn.__code__.co_freevars.index(name)], name))


def cell_at(cx: Context, place: Place) -> ContainerRef:
    """A cell from outside as the place of a name."""
    cell, name = place.base, place.key
    known = cx.cells.get(id(cell))
    if known is None:
        obj = Container(types.CellType, cx.origin.span)
        obj.place, obj.value = place, cell

        def opening() -> dict[str, PyVal]:
            inside = Place("cell", cell, name)
            try:
                held = outside_value(cx, cell.cell_contents, inside, name)
            except ValueError:  # nothing is bound yet
                held = UNDEFINED
            return {name: held}

        obj.opening = opening
        known = cx.cells[id(cell)] = ContainerRef(obj)
    return known


def _outer_cell(cx: Context, frame: Frame, name: str) -> PyVal | None:
    while frame.outer is not None:
        frame = frame.outer
        if frame.owner is not cx:
            return None
        found = cx.env_of(frame).get(name)
        if found is not None and is_cell(found):
            return found
        name = name.removesuffix(frame.suffix)
    return None


def outer_name(cx: Context, fn: types.FunctionType, name: str, node: ast.AST | None) -> PyVal:
    """A name of the scopes around a real function."""
    value: Any = _MISSING
    freevars = fn.__code__.co_freevars
    if name in freevars and fn.__closure__ is not None:
        cell = fn.__closure__[freevars.index(name)]
        if id(cell) in cx.cells:
            (held,) = cx.state.store[cx.cells[id(cell)].obj].values()
            return held
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
        bound = (n.partition("@")[0] for n in cx.state.env if not n.startswith("%"))
        known = {*bound, *freevars, *fn.__globals__, *dir(builtins)}
        raise cx.refuse(
            f"the name {name!r} is not defined",
            wording.did_you_mean(name, known)
            or "It is neither local, nor in an enclosing scope, global or builtin.",
            span=cx.span(node) if node is not None else None,
        )
    return outside_value(cx, value, place, name)


def outside_value(cx: Context, value: Any, place: Place, name: str) -> PyVal:
    """A value from outside: static, an object, or a parameter read at each call."""
    if place.root.kind == "constant" and isinstance(value, (bool, str, type(None))):
        return Lit(value)
    if is_object(value) and cx.capture is not None:
        return contents.outside_object(cx, value, place)
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
    return not isinstance(value, dict) or is_library_dict(value)
