"""Classes: in which order attributes are looked for, and which class a value has."""

from __future__ import annotations

from typing import Any

from adcompile.frontend.values import ClassVal, ObjectRef, PyVal, TupleVal
from adcompile.ir.nodes import Lit

MISSING = object()


def bases_of(cls: Any) -> tuple[Any, ...]:
    """The classes in which an attribute is looked for, in order: a class comes before its bases."""
    if not isinstance(cls, ClassVal):
        return tuple(cls.__mro__)
    lines = [[*bases_of(base)] for base in cls.bases] + [[*cls.bases]]
    order: list[Any] = [cls]
    while lines := [line for line in lines if line]:
        heads = [line[0] for line in lines]
        free = [h for h in heads if not any(h in line[1:] for line in lines)]
        order.append((free or heads)[0])
        lines = [[c for c in line if c is not order[-1]] for line in lines]
    return tuple(order)


def find(cls: Any, name: str, after: Any = None) -> tuple[Any, Any]:
    """(class, attribute) of the first class that defines `name`; after: only classes behind it."""
    order = bases_of(cls)
    if after is not None:
        order = order[order.index(after) + 1 :]
    for c in order:
        held = c.attributes if isinstance(c, ClassVal) else vars(c)
        if name in held:
            return c, held[name]
    return None, MISSING


def class_of(value: PyVal) -> Any:
    """The user's class of a value, None if it has none."""
    if isinstance(value, ObjectRef):
        return value.obj.kind
    if isinstance(value, TupleVal) and value.kind is not tuple:
        return value.kind
    return None


def name_of(cls: Any) -> str:
    return cls.name if isinstance(cls, ClassVal) else str(cls.__name__)


def class_value(cls: Any) -> PyVal:
    return cls if isinstance(cls, ClassVal) else Lit(cls)


def is_subclass(cls: Any, wanted: Any) -> bool:
    return wanted in bases_of(cls) or (
        isinstance(cls, type) and isinstance(wanted, type) and issubclass(cls, wanted)
    )
