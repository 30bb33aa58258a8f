"""Lists, dicts, sets, objects and cells: what they hold, and their changes.

What is outside of the function and changes is demanded: it must be known on entry.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any

from adcompile.frontend import static
from adcompile.frontend.context import APPENDED, Context, Restart
from adcompile.frontend.places import Place
from adcompile.frontend.values import Container, ContainerRef, ObjectRef, PyVal
from adcompile.ir.nodes import Lit


def new_list(cx: Context, items: Sequence[PyVal]) -> ContainerRef:
    obj = Container(list, cx.origin.span)
    cx.state.store[obj] = tuple(items)
    return ContainerRef(obj)


def new_dict(cx: Context, items: Mapping[Any, PyVal]) -> ContainerRef:
    obj = Container(dict, cx.origin.span)
    cx.state.store[obj] = dict(items)
    return ContainerRef(obj)


def new_object(cx: Context, cls: Any, attributes: Mapping[str, PyVal]) -> ObjectRef:
    obj = Container(cls, cx.origin.span)
    cx.state.store[obj] = dict(attributes)
    return ObjectRef(obj)


def new_set(cx: Context, items: Sequence[PyVal]) -> ContainerRef:
    """A set of values known at compile time, in the order in which Python holds them."""
    obj = Container(set, cx.origin.span)
    held = {static.value(cx, v, "an element of a set") for v in items}
    cx.state.store[obj] = tuple(Lit(v) for v in held)
    return ContainerRef(obj)


def new_iterator(cx: Context) -> ContainerRef:
    """Whether an iterator has been read: an entry of the store, so that control flow counts."""
    obj = Container(types.GeneratorType, cx.origin.span)
    cx.state.store[obj] = {"used": Lit(False)}
    return ContainerRef(obj)


def read_once(cx: Context, iterator: ContainerRef) -> None:
    """Read an iterator; it is refused a second time."""
    used = cx.state.store[iterator.obj]["used"]
    if not isinstance(used, Lit) or used.value:
        raise cx.refuse(
            "this iterator may have been consumed before",
            "Make it a list, which can be read again, or make a new one for each use.",
        )
    cx.state.store[iterator.obj] = {"used": Lit(True)}


def new_cell(cx: Context, name: str, value: PyVal) -> ContainerRef:
    """The place of a name that inner functions rebind."""
    obj = Container(types.CellType, cx.origin.span)
    cx.state.store[obj] = {name: value}
    return ContainerRef(obj)


def change(cx: Context, ref: ContainerRef, held: Any) -> None:
    """Set the contents of a list or dict of this call's own."""
    if ref.obj.place is not None:
        demand(cx, ref.obj.place, None)
    if ref.obj.closed_over:
        raise cx.refuse(
            f"changing a {ref.obj.kind.__name__} from outside of the function is not supported "
            "where a derivative is taken inside",
            "Return what changes.",
        )
    if ref.obj.argument:
        cx.demands.changes = True
    if ref.obj.frozen:
        raise cx.refuse(
            f"this changes a {ref.obj.kind.__name__} that is an element of a list that grew "
            "in a loop",
            "Change it before it is appended.",
        )
    cx.note_change(ref.obj)
    cx.state.store[ref.obj] = held


def appended(cx: Context, ref: ContainerRef) -> ContainerRef:
    """Of a list from outside that was not read: what the function appends to it."""
    assert ref.obj.place is not None
    demand(cx, ref.obj.place, APPENDED)
    assert ref.obj.appended is not None
    return ContainerRef(ref.obj.appended)


def outside_object(cx: Context, value: Any, place: Place) -> ObjectRef:
    """An object from outside; found at several places it is one."""
    ref = cx.objects.get(id(value))
    if ref is None:
        obj = Container(type(value), cx.origin.span)
        obj.place, obj.value = place, value
        ref = cx.objects[id(value)] = ObjectRef(obj)
    if place.root.kind != "constant" and place.identity not in cx.places:
        cx.guards.append((Place("class", place), type(value)))
    cx.places[place.identity] = (place, ref)
    return ref


def demand(cx: Context, place: Place, part: Any) -> None:
    """What is at `place` (its attribute `part`) is written: it must be known on entry."""
    if cx.inner:
        raise cx.refuse(
            "changing what is outside of a function is not supported inside a function whose "
            "derivative is taken here",
            "Return what changes.",
        )
    key = (place.identity, part)
    if key not in cx.demands.slots:
        cx.demands.slots[key] = (place, part)
        raise Restart
