"""Effects on what is outside: globals, closures, attributes of the receiver of a method.

Inside a program they are values like any other: what is written is read on entry, and what it
has become is written back at the end, once, with primal values.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adcompile.frontend import attributes, emit, indexing, wording
from adcompile.frontend.context import APPENDED, Context
from adcompile.frontend.names import cell_at, outside_value
from adcompile.frontend.objects import classes, members
from adcompile.frontend.places import Place
from adcompile.frontend.values import (
    ArrayRef,
    Conflict,
    Container,
    ContainerRef,
    ObjectRef,
    PyVal,
    TupleVal,
    is_atom,
)
from adcompile.ir.avals import Opaque
from adcompile.ir.nodes import UNDEFINED, Atom, Let, Lit, Var


@dataclass(frozen=True)
class Slot:
    """Something outside that the function writes, as it is on entry.

    part: the attribute of the object at `place`; None where the array, list or dict there is
    written itself.
    """

    place: Place
    part: Any
    ref: Any
    before: Any


def open_place(cx: Context, place: Place) -> PyVal:
    """What is at a place, on entry."""
    if place.kind == "argument":
        return cx.arguments[place.base]
    if isinstance(place.base, types.CellType) and place.kind == "constant":
        return cell_at(cx, place)
    if place.kind == "attribute":
        return attributes.get(cx, open_place(cx, place.base), place.key)
    if place.kind == "item":
        return indexing.get(cx, open_place(cx, place.base), Lit(place.key))
    return outside_value(cx, place.read(), place, _name(place))


def _name(place: Place) -> str:
    """What to call what is at a place."""
    if isinstance(place.base, types.CellType):
        return f"{place.key}_cell"
    if isinstance(place.key, str):
        return place.key
    if place.kind == "argument":
        return str(place.base)
    return _name(place.base) if place.derived else type(place.read()).__name__.lower()


def open_slots(cx: Context) -> list[Slot]:
    """What the function was found to write outside, read before anything else happens."""
    slots = []
    for place, part in cx.demands.slots.values():
        ref = open_place(cx, place)
        if isinstance(ref, ArrayRef):
            before: Any = cx.state.store[ref.obj]
            cx.state.store[ref.obj] = emit.let(cx, cx.prim("copy"), (before,), {})
        elif isinstance(ref, ObjectRef):
            before = members.instance_attribute(cx, ref, part) or UNDEFINED
            held = cx.state.store.get(ref.obj, {})
            cx.state.store[ref.obj] = {**held, part: before}
        else:
            assert isinstance(ref, ContainerRef)
            if part is APPENDED:
                ref.obj.appended = Container(list, ref.obj.born)
                cx.state.store[ref.obj.appended] = ()
            before = () if part is APPENDED else cx.state.store[ref.obj]
        slots.append(Slot(place, part, ref, before))
    return slots


class _Writer:
    """Emits what happens outside at the end of a program."""

    def __init__(self, cx: Context, handle_of: Any) -> None:
        self.cx = cx
        self.handle_of = handle_of
        self.handles: dict[Any, Var] = {}

    def handle(self, obj: Container) -> Var:
        """The object, list or dict itself, as a parameter."""
        if obj not in self.handles:
            place = obj.place
            assert place is not None
            self.handles[obj] = self.handle_of(place, obj.value, _name(place))
        return self.handles[obj]

    def slot(self, slot: Slot) -> None:
        if isinstance(slot.ref, ArrayRef):
            self.array(slot)
        elif isinstance(slot.ref, ObjectRef):
            self.attribute(slot)
        else:
            self.container(slot)

    def array(self, slot: Slot) -> None:
        emit.effect(self.cx, "copyto", slot.before, self.cx.state.store[slot.ref.obj])

    def attribute(self, slot: Slot) -> None:
        now = self.cx.state.store[slot.ref.obj][slot.part]
        if _unchanged(slot.before, now):
            return
        value = self.value(now)
        emit.effect(self.cx, "set_attribute", self.handle(slot.ref.obj), Lit(slot.part), value)

    def container(self, slot: Slot) -> None:
        changed = slot.ref.obj.appended if slot.part is APPENDED else slot.ref.obj
        now, before = self.cx.state.store[changed], slot.before
        target = self.handle(slot.ref.obj)
        if slot.ref.obj.kind is types.CellType:
            (after,), (first,) = now.values(), before.values()
            if not _unchanged(first, after):
                emit.effect(
                    self.cx, "set_attribute", target, Lit("cell_contents"), self.value(after)
                )
            return
        if isinstance(now, dict):
            for key in before:
                if key not in now:
                    emit.effect(self.cx, "delete_item", target, Lit(key))
            for key, value in now.items():
                if key not in before or not _unchanged(before[key], value):
                    emit.effect(self.cx, "set_item", target, Lit(key), self.value(value))
            return
        kept = len(now) >= len(before) and all(map(_unchanged, before, now))
        if kept:
            for value in now[len(before) :]:
                emit.effect(self.cx, "append", target, self.value(value))
        else:
            items = self.display("list", [self.value(v) for v in now])
            emit.effect(self.cx, "set_item", target, Lit(slice(None)), items)

    # -- values as Python objects

    def value(self, value: PyVal) -> Any:
        """A value as an operand that is the Python object itself: lists, dicts, objects made."""
        cx = self.cx
        if isinstance(value, TupleVal) and value.kind is tuple:
            return tuple(self.value(v) for v in value.items)
        if isinstance(value, TupleVal):
            return self.display("call", [Lit(value.kind), *map(self.value, value.items)])
        if isinstance(value, (ContainerRef, ObjectRef)):
            if value.obj.place is not None:
                return self.handle(value.obj)
            held = cx.state.store[value.obj]
            if isinstance(value, ObjectRef):
                cls = value.obj.kind
                if not isinstance(cls, type):
                    raise cx.refuse(
                        f"an object of the local class {classes.name_of(cls)} leaves the function",
                        "Define the class outside.",
                    )
                names = Lit(tuple(held))
                return self.display("object", [Lit(cls), names, *map(self.value, held.values())])
            if isinstance(held, dict):
                return self.display("dict", [Lit(tuple(held)), *map(self.value, held.values())])
            return self.display("list", [self.value(v) for v in held])
        if isinstance(value, Conflict) and value.either is not None:
            return value.either
        if value is UNDEFINED or isinstance(value, Conflict):
            raise cx.refuse(
                "what is written outside of the function is not of one kind on every path",
                "Write the same kind of value on every path.",
            )
        if is_atom(value) or isinstance(value, ArrayRef):
            return emit.atom(cx, value)
        raise wording.cannot(cx, value, "cannot be stored outside of the function")

    def display(self, kind: str, args: Sequence[Any]) -> Atom:
        out = Var(Opaque(kind))
        prim = self.cx.prim(f"{kind}_display")
        self.cx.stmts.append(Let(out, prim, tuple(args), (), self.cx.origin))
        return out


def _unchanged(before: PyVal, now: PyVal) -> bool:
    if isinstance(before, ArrayRef) and isinstance(now, ArrayRef):
        return before.obj is now.obj and before.path == now.path
    if isinstance(before, (ContainerRef, ObjectRef)) and type(before) is type(now):
        return before.obj is now.obj
    if isinstance(before, Lit) and isinstance(now, Lit):
        return before.value is now.value
    return before is now


def write_back(cx: Context, slots: Sequence[Slot], handle_of: Any, receiver: str | None) -> None:
    """Do outside what the function did to it. What belongs to an argument stays as it was,
    the receiver of a method excepted."""
    if "%dead" in cx.state.env:
        return
    writer = _Writer(cx, handle_of)
    for slot in slots:
        root = slot.place.root
        if root.kind != "argument" or root.base == receiver:
            writer.slot(slot)


def shared_places(cx: Context) -> list[tuple[Place, int]]:
    """Places of objects with the number of the object that is there: for a guard that the same
    ones are the same. Needed where one is at several places, or something is written."""
    numbers: dict[Any, int] = {}
    found = [(p, numbers.setdefault(ref.obj, len(numbers))) for p, ref in cx.places.values()]
    return found if len(numbers) < len(found) or cx.demands.slots else []
