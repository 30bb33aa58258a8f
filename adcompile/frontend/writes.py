"""Writes to arrays: a new version of the object, where no other live array may change with it."""

from __future__ import annotations

from typing import Any

from adcompile.errors import AmbiguousAlias, Span
from adcompile.frontend import contents, emit, extents, layouts
from adcompile.frontend.context import Context, shown_name
from adcompile.frontend.liveness import live_names
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    ContainerRef,
    FlatVal,
    FuncVal,
    GenVal,
    IterVal,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    Run,
    SuperVal,
    leaves,
)
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lens, Let, Lit, Tree, Var


def write(cx: Context, ref: ArrayRef, index: PyVal, value: PyVal, accumulate: bool = False) -> None:
    """ref[index] = value, or += value (of a basic index)."""
    for step in ref.path:
        if step.op.readonly:
            raise cx.refuse(
                f"{shown_name(step.op).removeprefix('.')} gives a view that cannot be written",
                "Write to a copy (`.copy()`), or to the array itself by index.",
            )
    _check_alias(cx, ref.obj)
    if ref.obj.leaf is not None:
        place = cx.captured_leaves.get(ref.obj.leaf)
        if place is not None:
            contents.demand(cx, place, None)
        cx.written.add(ref.obj.leaf)
    base: Var = cx.state.store[ref.obj]
    operand = emit.atom(cx, value)
    assert isinstance(base.aval, Array)
    at = layouts.needs_order(cx, base.aval, ref.path)
    if at is not None and layouts.base_layout(cx, ref.obj) != "C":
        _write_behind(cx, ref, at, index, operand, accumulate)
        return
    tree = emit.tree(cx, index)
    where: Tree = Lens(ref.path, tree) if ref.path else tree
    prim = cx.prim("scatter_add" if accumulate else "setitem")
    cx.note_change(ref.obj)
    out = Var(base.aval, ref.obj.hint)
    cx.stmts.append(Let(out, prim, (base, where, operand), (), cx.origin))
    cx.state.store[ref.obj] = out


def _write_behind(
    cx: Context, ref: ArrayRef, at: int, index: PyVal, value: PyVal, accumulate: bool
) -> None:
    """A write through a reshape of an array that is not in C order: the reshaped array is
    written apart, and its entries put back."""
    whole = ArrayRef(ref.obj, ref.path[:at])
    part = emit.call(cx, "copy", ArrayRef(ref.obj, ref.path[: at + 1]))
    assert isinstance(part, ArrayRef)
    write(cx, ArrayRef(part.obj, ref.path[at + 1 :]), index, value, accumulate)
    write(cx, whole, Lit(Ellipsis), emit.call(cx, "reshape", part, extents.of_shape(cx, whole)))


def reachable(cx: Context) -> set[ArrayObj]:
    """The arrays that some live name or container can still reach."""
    seen: set[Any] = set()
    todo: list[PyVal] = [*cx.pending]
    for frame, env in zip(cx.frames, (*cx.callers, cx.state.env), strict=False):
        spliced = frame.host is not None or frame.source.hidden
        if frame.line is None or spliced or cx.in_rule:
            todo.extend(env.values())
            continue
        live = live_names(frame.source.node, frame.line)
        todo.extend(v for k, v in env.items() if k in live or "@" in k or "%" in k)
    while todo:
        value = todo.pop()
        for leaf in leaves(value):
            if isinstance(leaf, ArrayRef):
                seen.add(leaf.obj)
            elif isinstance(leaf, (ContainerRef, ObjectRef)) and leaf.obj not in seen:
                seen.add(leaf.obj)
                held = cx.state.store.get(leaf.obj, ())
                if isinstance(held, Run):
                    held = held.columns or ()
                todo.extend(held.values() if isinstance(held, dict) else held)
            elif isinstance(leaf, Conflict):
                todo.extend((leaf.first, leaf.second))
            elif isinstance(leaf, (IterVal, PartialVal)):
                todo.extend(leaf.args)
            elif isinstance(leaf, (SuperVal, MethodVal)):
                todo.append(leaf.owner)
            elif isinstance(leaf, GenVal):
                todo.extend(leaf.env.values())
            elif isinstance(leaf, FlatVal):
                todo.append(leaf.ref)
            elif isinstance(leaf, FuncVal) and leaf not in seen:
                seen.add(leaf)
                todo.extend(leaf.defaults)
                todo.extend((leaf.frame.final_env or {}).values())
    return {s for s in seen if isinstance(s, ArrayObj)}


def _check_alias(cx: Context, obj: ArrayObj) -> None:
    """Refuse a write whose effect on another live array is undecided."""
    if obj.repeats:
        raise _list_alias(cx, obj, obj)
    if not obj.maybe:
        return
    live = reachable(cx)
    for other in obj.maybe:
        if other not in live and other.leaf not in cx.captured_leaves:
            continue
        if obj.rows or other.rows:
            raise _list_alias(cx, obj, other)
        layouts.ask(cx)
        name, second = (
            default if not side.hint or side.hint.startswith("%") else side.hint
            for side, default in ((obj, "this array"), (other, "another array"))
        )
        related = tuple(
            s
            for s in (_named(cx, other), other.born, obj.born)
            if s is not None and s != cx.origin.span
        )
        raise AmbiguousAlias(
            f"this writes {name}, which may or may not share memory with {second}",
            cx.origin.span,
            "Write to a copy (`.copy()`), or bind the name to one array on every path.",
            related[:1],
        )


def _list_alias(cx: Context, obj: ArrayObj, other: ArrayObj) -> AmbiguousAlias:
    """A write that changes elements of a list that grows in a loop."""
    kept, written = (obj, other) if obj.rows else (other, obj)
    name = kept.hint or "the list"
    return AmbiguousAlias(
        f"this writes an array that {name} may hold, and so an element of it",
        cx.origin.span,
        f"Append a copy: `{name}.append({written.hint or 'u'}.copy())`.",
    )


def _named(cx: Context, obj: ArrayObj) -> Span | None:
    """Where a name that still reaches `obj` was bound."""
    for env in (cx.state.env, *cx.callers):
        for name, value in env.items():
            if isinstance(value, ArrayRef) and value.obj is obj and name in cx.bound_at:
                return cx.bound_at[name]
    return None
