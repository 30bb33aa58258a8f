"""What a function may say of derivatives inside its body: stop them, look at them, keep less.

`stop_gradient`, `on_adjoint`, `checkpoint` and `checkpointed` are ordinary Python too; here is
how they are lowered.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adcompile.frontend import contents, emit, static, wording
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.objects.members import all_attributes
from adcompile.frontend.places import Place
from adcompile.frontend.values import (
    ContainerRef,
    FuncVal,
    GenVal,
    IterVal,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lit
from adcompile.runtime.helpers import rebuilt


def stopped(cx: Context, value: PyVal) -> PyVal:
    """A value, or container of values, as a constant of derivatives."""
    if isinstance(value, TupleVal):
        return TupleVal(tuple(stopped(cx, v) for v in value.items), value.kind)
    if isinstance(value, ObjectRef):
        held = {k: stopped(cx, v) for k, v in all_attributes(cx, value).items()}
        return contents.new_object(cx, value.obj.kind, held)
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, dict):
            return contents.new_dict(cx, {k: stopped(cx, v) for k, v in held.items()})
        items = static.items(cx, value)
        if items is None:
            raise cx.refuse("stop_gradient needs a list whose length is known")
        return contents.new_list(cx, [stopped(cx, v) for v in items])
    if isinstance(value, Lit) or not avals.is_inexact(cx.aval(value)):
        return value
    kind = "array" if isinstance(cx.aval(value), Array) else "number"
    return emit.call(cx, f"stop_{kind}", value)


def _stop_gradient(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    (value,) = (*args, *kwargs.values())
    return stopped(cx, value)


def _on_adjoint(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    given = dict(zip(("h", "fn"), args, strict=False)) | dict(kwargs)
    if set(given) != {"h", "fn"}:
        raise cx.refuse("on_adjoint takes a value and a function")
    value = given["h"]
    if isinstance(value, (TupleVal, ContainerRef, ObjectRef)):
        raise cx.refuse(
            "on_adjoint takes a number or an array", "Call it for each part of a container."
        )
    fn = Lit(python_function(cx, given["fn"]))
    if isinstance(value, Lit) or not avals.is_inexact(cx.aval(value)):
        return value
    kind = "array" if isinstance(cx.aval(value), Array) else "number"
    return emit.call(cx, f"on_adjoint_{kind}", value, fn)


def python_function(cx: Context, value: PyVal) -> Any:
    """The Python function that a value of the lowering stands for; one that is written inside
    the differentiated function is made anew, and may read what is outside of that."""
    if isinstance(value, Lit) and callable(value.value):
        return value.value
    bound = _method_outside(value)
    if bound is not None:
        return bound
    if not isinstance(value, FuncVal) or value.defaults:
        raise cx.refuse(
            f"the function of on_adjoint is {wording.describe(cx, value)}",
            "Pass a plain function without defaults, or a method of an object that is outside of "
            "the differentiated function.",
        )
    outer: types.FunctionType = value.frame.source.fn
    inside = _local_name(cx, value)
    if inside is not None:
        raise cx.refuse(
            f"the function of on_adjoint reads {inside!r}, a value of the forward sweep",
            "Let it read its argument, and what is outside of the differentiated function.",
        )
    return _made(value.node, outer, value.frame.source.filename)


@dataclass(frozen=True)
class MethodAt:
    """A method of what is at a place outside when it is called: `log.append`."""

    place: Place
    __name__: str

    def __call__(self, value: Any) -> Any:
        return getattr(self.place.read(), self.__name__)(value)


def _method_outside(value: PyVal) -> MethodAt | None:
    """A bound method of a list, dict or object that is outside of the function."""
    if isinstance(value, MethodVal):
        owner, name = value.owner, value.name
    elif isinstance(value, PartialVal) and isinstance(value.fn, Lit) and not value.kwargs:
        if len(value.args) != 1 or not isinstance(value.fn.value, types.FunctionType):
            return None
        (owner,), name = value.args, value.fn.value.__name__
    else:
        return None
    place = owner.obj.place if isinstance(owner, (ContainerRef, ObjectRef)) else None
    return None if place is None or place.root.kind == "argument" else MethodAt(place, name)


def _local_name(cx: Context, fn: FuncVal) -> str | None:
    """A name that `fn` reads of the functions around it that are being lowered."""
    own = _own_names(fn.node)
    read = [n.id for n in ast.walk(fn.node) if isinstance(n, ast.Name) and n.id not in own]
    frame = fn.frame
    while frame is not None:
        for name in read:
            if cx.lookup(frame, name) is not None:
                return name
        frame = frame.outer
    return None


def _own_names(node: ast.FunctionDef | ast.Lambda) -> set[str]:
    stored = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return stored | {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}


def _made(
    node: ast.FunctionDef | ast.Lambda, outer: types.FunctionType, filename: str
) -> types.FunctionType:
    """The function that `node` defines, with the globals and cells of the one around it."""
    free = outer.__code__.co_freevars
    last: ast.stmt
    if isinstance(node, ast.Lambda):
        last = ast.Expr(node)
    else:
        last = node
    params = ast.arguments([], [ast.arg(n) for n in free], None, [], [], None, [])
    around: Any = ast.FunctionDef("around", params, [last], [], None)
    tree = ast.fix_missing_locations(ast.Module([ast.copy_location(around, node)], []))
    code = compile(tree, filename, "exec")
    (whole,) = (c for c in code.co_consts if isinstance(c, types.CodeType))
    (inner,) = (c for c in whole.co_consts if isinstance(c, types.CodeType))
    cells = dict(zip(free, outer.__closure__ or (), strict=True))
    closure = tuple(cells[n] for n in inner.co_freevars)
    return types.FunctionType(inner, outer.__globals__, inner.co_name, None, closure)


def _rebuilt(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    """An object put together without its __init__, as `ravel_pytree` writes it."""
    return contents.new_object(cx, static.value(cx, args[0], "the class"), kwargs)


def _checkpoint(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    """`checkpoint(f)`, of a function that is made inside."""
    (fn,) = (*args, *kwargs.values())
    return PartialVal(Lit(called), (fn,))


def called(fn: Any, *args: Any, **kwargs: Any) -> Any:
    """A call of a function under `checkpoint`."""
    return fn(*args, **kwargs)


called.__marks_function__ = True  # type: ignore[attr-defined]


def _called(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    """The statements of the call between marks."""
    fn, *given = args
    with emit.marked(cx):
        result: PyVal = cx.hooks["call"](cx, fn, given, dict(kwargs))
    if isinstance(result, GenVal):
        raise cx.refuse("a generator cannot be checkpointed", "Let the function return a list.")
    return result


def _checkpointed(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    given = dict(zip(("iterable", "snapshots"), args, strict=False)) | dict(kwargs)
    if set(given) != {"iterable", "snapshots"}:
        raise cx.refuse("checkpointed takes an iterable and a number of snapshots")
    snapshots = static.value(cx, given["snapshots"], "the number of snapshots")
    if type(snapshots) is not int or snapshots < 1:
        raise cx.refuse(f"snapshots={snapshots!r} is no number of snapshots", "Give at least 1.")
    return IterVal("checkpointed", (given["iterable"], Lit(snapshots)))


def register(stop_gradient: Any, on_adjoint: Any, checkpoint: Any, checkpointed: Any) -> None:
    """Make the markers known to the lowering."""
    SPECIAL[checkpoint] = _checkpoint
    SPECIAL[called] = _called
    SPECIAL[checkpointed] = _checkpointed
    SPECIAL[stop_gradient] = _stop_gradient
    SPECIAL[on_adjoint] = _on_adjoint
    SPECIAL[rebuilt] = _rebuilt
