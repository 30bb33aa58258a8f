"""What arguments and results are made of: tuples, lists, dicts and objects, down to numbers.

One table of containers, used wherever a value is taken apart or put together again.
"""

from __future__ import annotations

import enum
import sys
import types
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.runtime.helpers import rebuilt

NUMBERS = (np.ndarray, float, int, complex)
_NO_OBJECT = (
    type,
    enum.Enum,
    BaseException,
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    list,
    dict,
    set,
    frozenset,
)


REGISTERED: dict[type, str] = {}
"""Classes that the user has named as containers: "list", "dict" or "object"."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A container taken apart. kind: "tuple", "list", "dict" or "object"; keys: the dict's, the
    attributes' names, or the positions."""

    kind: str
    type: type
    keys: tuple[Any, ...]
    values: tuple[Any, ...]

    def made(self, values: Sequence[Any]) -> Any:
        """The same container of other values; an object's __init__ is not run."""
        if self.kind == "object":
            return rebuilt(self.type, **dict(zip(self.keys, values, strict=True)))
        if self.kind == "dict":
            return self.type(zip(self.keys, values, strict=True))
        plain = self.type is tuple or self.kind == "list"
        return self.type(values) if plain else self.type(*values)


def parts_of(value: Any, opened: bool = True) -> Parts | None:
    """The parts of a container; None of anything else. Objects are only taken apart if `opened`."""
    kind = type(value)
    if kind is tuple or is_named_tuple(kind):
        return Parts("tuple", kind, tuple(range(len(value))), tuple(value))
    if kind is list or REGISTERED.get(kind) == "list":
        return Parts("list", kind, tuple(range(len(value))), tuple(value))
    if kind is dict or kind is OrderedDict or REGISTERED.get(kind) == "dict":
        return Parts("dict", kind, tuple(value), tuple(value.values()))
    if opened and is_object(value):
        held = attributes_of(value)
        return Parts("object", kind, tuple(held), tuple(held.values()))
    return None


def is_number(value: Any) -> bool:
    """Whether a value is a leaf that becomes a parameter."""
    return type(value) in NUMBERS or isinstance(value, np.generic)


def is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and kind is not tuple and hasattr(kind, "_fields")


def is_object(value: Any) -> bool:
    """Whether a value is an instance of a class that the user wrote in Python."""
    kind = type(value)
    if kind is types.SimpleNamespace or REGISTERED.get(kind) == "object":
        return True
    named = getattr(kind, "__module__", None)
    # The types of Cython's functions have a descriptor there in Python 3.10.
    module = named.split(".")[0] if isinstance(named, str) else "_cython"
    return (
        bool(kind.__flags__ & _HEAP_TYPE)
        and module not in sys.stdlib_module_names
        and module not in ("numpy", "scipy", "numba")
        and not module.startswith("_cython")  # functions of libraries
        and not isinstance(value, _NO_OBJECT)
        and not hasattr(kind, "__array__")
        and not hasattr(kind, "__adcompile__")
    )


_HEAP_TYPE = 1 << 9


def is_library_dict(value: Any) -> bool:
    """Whether a dict is an object of a library first: one kind of SciPy's sparse matrices is."""
    return isinstance(value, dict) and type(value).__module__.startswith("scipy.")


def snapshot(value: Any) -> Any:
    """A value whose lists and dicts do not change with those of the user."""
    parts = parts_of(value, opened=False)
    return value if parts is None else parts.made([snapshot(v) for v in parts.values])


def attributes_of(value: Any) -> dict[str, Any]:
    """The instance attributes of an object, slots included."""
    held = {
        name: getattr(value, name)
        for cls in reversed(type(value).__mro__)
        for name in slot_names(cls)
        if hasattr(value, name)
    }
    return {**held, **getattr(value, "__dict__", {})}


def slot_names(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(n for n in names if n not in ("__dict__", "__weakref__"))
