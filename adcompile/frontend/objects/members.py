"""Attributes of objects, read and written by the rules of their class.

An object from outside is opened attribute by attribute, as the function reads them.
"""

from __future__ import annotations

import functools
import types
from typing import Any, cast

from adcompile.errors import ADCompileError
from adcompile.frontend import contents, wording
from adcompile.frontend.calls import dispatch
from adcompile.frontend.context import Context
from adcompile.frontend.names import outside_value
from adcompile.frontend.objects.classes import MISSING, class_of, class_value, find, name_of
from adcompile.frontend.places import Place
from adcompile.frontend.structure import attributes_of, is_object
from adcompile.frontend.values import (
    ClassVal,
    DescriptorVal,
    FuncVal,
    ObjectRef,
    PartialVal,
    PyVal,
    SuperVal,
)
from adcompile.ir.nodes import UNDEFINED, Lit


def get_attribute(cx: Context, ref: PyVal, name: str) -> PyVal:
    """ref.name of an object, by Python's rules."""
    if isinstance(ref, SuperVal):
        return _through_super(cx, ref, name)
    assert isinstance(ref, ObjectRef)
    cls = ref.obj.kind
    if name == "__class__":
        return class_value(cls)
    if name == "__dict__":
        return contents.new_dict(cx, all_attributes(cx, ref))
    owner, found = find(cls, name)
    data = isinstance(found, property) or (
        isinstance(found, DescriptorVal) and found.kind is property
    )
    if data or _descriptor(cx, owner, found, name, "__set__") is not None:
        return bound(cx, owner, found, ref, cls, name)
    _, custom = find(cls, "__getattribute__")
    if isinstance(custom, (types.FunctionType, FuncVal)):
        raise cx.refuse(
            f"{name_of(cls)} defines __getattribute__, which is not supported",
            "Define __getattr__, or properties.",
        )
    value = instance_attribute(cx, ref, name)
    if value is not None:
        return value
    if found is not MISSING and not isinstance(found, types.MemberDescriptorType):
        return bound(cx, owner, found, ref, cls, name)
    _, fallback = find(cls, "__getattr__")
    if fallback is not MISSING:
        function = fallback if isinstance(fallback, FuncVal) else Lit(fallback)
        return dispatch.call(cx, function, [ref, Lit(name)], {})
    raise cx.refuse(f"{name_of(cls)!r} object has no attribute {name!r}")


def instance_attribute(cx: Context, ref: ObjectRef, name: str) -> PyVal | None:
    """An attribute of the object itself, None if it has none of this name."""
    held = cx.state.store.get(ref.obj, {})
    if name in held:
        value: PyVal = held[name]
        if value is UNDEFINED:
            raise cx.refuse(f"the attribute {name!r} is used before it is set")
        return value
    if ref.obj.place is None:
        return None
    now = attributes_of(ref.obj.value)
    if name not in now:
        return None
    return outside_value(cx, now[name], ref.obj.place.attribute(name), name)


def all_attributes(cx: Context, ref: ObjectRef) -> dict[str, PyVal]:
    """Every attribute of the object itself, in order."""
    held = cx.state.store.get(ref.obj, {})
    names = dict.fromkeys(held)
    if ref.obj.place is not None:
        names = {**dict.fromkeys(attributes_of(ref.obj.value)), **names}
    found = {n: instance_attribute(cx, ref, n) for n in names}
    return {n: v for n, v in found.items() if v is not None}


def has_attribute(cx: Context, owner: PyVal, name: str) -> bool:
    if isinstance(owner, ObjectRef):
        held = all_attributes(cx, owner)
        return name in held or find(owner.obj.kind, name)[1] is not MISSING
    try:
        cx.hooks["attribute"](cx, owner, name)
    except ADCompileError:
        return False
    return True


def bound(cx: Context, owner: Any, found: Any, self: PyVal, cls: Any, name: str) -> PyVal:
    """A class attribute as seen through an instance (or, self is None, through the class)."""
    own = _descriptor(cx, owner, found, name, "__get__")
    if own is not None:
        return dispatch.call(cx, own, [self, class_value(cls)], {})
    kind = found.kind if isinstance(found, DescriptorVal) else type(found)
    inner = found.fn if isinstance(found, DescriptorVal) else None
    instance = not (isinstance(self, Lit) and self.value is None)
    if kind is staticmethod:
        return inner or Lit(found.__func__)
    if kind is classmethod:
        return PartialVal(inner or Lit(found.__func__), (class_value(cls),))
    if kind is property and instance:
        getter = inner or Lit(found.fget)
        return dispatch.call(cx, getter, [self], {})
    if isinstance(found, functools.cached_property) and instance:
        value = dispatch.call(cx, Lit(found.func), [self], {})
        set_attribute(cx, self, name, value)
        return value
    if isinstance(found, (types.FunctionType, FuncVal)) or hasattr(found, "__adcompile__"):
        function = found if isinstance(found, FuncVal) else Lit(found)
        return PartialVal(function, (self,)) if instance else function
    if isinstance(found, DescriptorVal):
        return found
    if isinstance(found, PartialVal) and instance and _is_method(found):
        return PartialVal(found.fn, (*found.args, self))
    if not isinstance(owner, type):
        return cast("PyVal", found)
    if isinstance(found, functools.partialmethod):
        first = (self,) if instance else ()
        return PartialVal(
            Lit(found.func),
            (*first, *map(Lit, found.args)),
            tuple((k, Lit(v)) for k, v in found.keywords.items()),
        )
    if hasattr(type(found), "__get__") and not isinstance(found, type):
        if hasattr(type(found), "__set__"):
            raise cx.refuse(
                f"{name!r} is a descriptor ({type(found).__name__}), which is not supported",
                "Use a property.",
            )
        return Lit(getattr(owner, name))
    return outside_value(cx, found, Place("constant", owner).attribute(name), name)


def _descriptor(cx: Context, owner: Any, found: Any, name: str, method: str) -> PyVal | None:
    """A method (__get__ or __set__) of what is found in a class, if its own class defines it."""
    value: Any = found
    if not isinstance(owner, ClassVal) and is_object(found):
        value = outside_value(cx, found, Place("constant", owner).attribute(name), name)
    if not isinstance(value, ObjectRef):
        return None
    home, inner = find(value.obj.kind, method)
    return None if inner is MISSING else bound(cx, home, inner, value, value.obj.kind, method)


def _is_method(value: PartialVal) -> bool:
    """Whether a function with arguments is one under a marker, which binds as methods do."""
    return isinstance(value.fn, Lit) and hasattr(value.fn.value, "__marks_function__")


def _through_super(cx: Context, ref: SuperVal, name: str) -> PyVal:
    owner = ref.owner
    cls = class_of(owner)
    instance = owner
    if cls is None:  # in a classmethod
        assert isinstance(owner, (Lit, ClassVal))
        cls = owner if isinstance(owner, ClassVal) else owner.value
        instance = Lit(None)
    home, found = find(cls, name, after=ref.after)
    if found is MISSING:
        raise cx.refuse(f"super() has no attribute {name!r}")
    if home is object:
        return Lit(_no_operation) if name == "__init__" else Lit(found)
    return bound(cx, home, found, instance, cls, name)


def _no_operation(*_: Any) -> None:
    """object.__init__: nothing to do."""


def set_attribute(cx: Context, ref: PyVal, name: str, value: PyVal) -> None:
    """ref.name = value."""
    if not isinstance(ref, ObjectRef):
        raise cx.refuse(
            f"the attribute {name!r} of {wording.describe(cx, ref)} cannot be written",
            "Only attributes of your own objects can.",
        )
    cls = ref.obj.kind
    owner, found = find(cls, name)
    own = _descriptor(cx, owner, found, name, "__set__")
    if own is not None:
        dispatch.call(cx, own, [ref, value], {})
        return
    if isinstance(found, property) or (isinstance(found, DescriptorVal) and found.kind is property):
        setter = getattr(found, "fset", None)
        if setter is None:
            raise cx.refuse(f"the property {name!r} of {name_of(cls)} cannot be set")
        dispatch.call(cx, Lit(setter), [ref, value], {})
        return
    _, custom = find(cls, "__setattr__")
    frozen = isinstance(cls, type) and _is_frozen(cls)
    if frozen:
        raise cx.refuse(f"{name_of(cls)} is frozen: its attributes cannot be written")
    if isinstance(custom, (types.FunctionType, FuncVal)):
        raise cx.refuse(
            f"{name_of(cls)} defines __setattr__, which is not supported",
            "Use properties.",
        )
    put_attribute(cx, ref, name, value)


def put_attribute(cx: Context, ref: ObjectRef, name: str, value: PyVal) -> None:
    """Set an attribute of the object itself, whatever its class says."""
    if ref.obj.place is not None:
        contents.demand(cx, ref.obj.place, name)
    held = cx.state.store.get(ref.obj, {})
    cx.note_change(ref.obj)
    cx.state.store[ref.obj] = {**held, name: value}


def delete_attribute(cx: Context, ref: PyVal, name: str) -> None:
    """del ref.name of an object that was made inside."""
    held = cx.state.store.get(ref.obj, {}) if isinstance(ref, ObjectRef) else {}
    if not isinstance(ref, ObjectRef) or ref.obj.place is not None or name not in held:
        raise cx.refuse(
            f"the attribute {name!r} of {wording.describe(cx, ref)} cannot be deleted",
            "Only attributes of objects that were made inside of the function can.",
        )
    cls = ref.obj.kind
    custom = find(cls, "__delattr__")[0] not in (object, None)
    if custom or isinstance(find(cls, name)[1], property):
        raise cx.refuse(
            f"{name_of(cls)} says how {name!r} is deleted, which is not supported", "Leave it."
        )
    cx.note_change(ref.obj)
    cx.state.store[ref.obj] = {k: v for k, v in held.items() if k != name}


def _is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and bool(params.frozen)
