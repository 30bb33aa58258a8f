"""Builtins that ask an object for its attributes or class, or that make descriptors."""

from __future__ import annotations

import functools
from typing import Any

from adcompile.frontend import static
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.objects.classes import class_of, class_value
from adcompile.frontend.objects.members import has_attribute, put_attribute, set_attribute
from adcompile.frontend.values import DescriptorVal, ObjectRef, PartialVal, PyVal
from adcompile.ir.nodes import Lit


def described(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """type(value)."""
    (value,) = args
    cls = class_of(value)
    if cls is not None:
        return class_value(cls)
    return Lit(static.python_type(cx, value))


def partial(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """functools.partial made inside the function."""
    return PartialVal(args[0], tuple(args[1:]), tuple(kwargs.items()))


def descriptor(kind: type) -> Any:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        return DescriptorVal(kind, args[0])

    return lower


def getattr_(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """getattr(obj, name) and getattr(obj, name, default) with a name known at compile time."""
    name = static.value(cx, args[1], "the name of the attribute")
    if len(args) > 2 and not has_attribute(cx, args[0], name):
        return args[2]
    value: PyVal = cx.hooks["attribute"](cx, args[0], name)
    return value


def setattr_(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    owner, name, value = args
    set_attribute(cx, owner, static.value(cx, name, "the name of the attribute"), value)
    return Lit(None)


def object_setattr(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """object.__setattr__(obj, name, value), as frozen dataclasses use it."""
    owner, name, value = args
    if not isinstance(owner, ObjectRef):
        raise cx.refuse("object.__setattr__ needs one of your own objects")
    put_attribute(cx, owner, static.value(cx, name, "the name of the attribute"), value)
    return Lit(None)


def hasattr_(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return Lit(has_attribute(cx, args[0], static.value(cx, args[1], "the name of the attribute")))


SPECIAL.update(
    {
        type: described,
        property: descriptor(property),
        staticmethod: descriptor(staticmethod),
        classmethod: descriptor(classmethod),
        getattr: getattr_,
        setattr: setattr_,
        hasattr: hasattr_,
        object.__setattr__: object_setattr,
        functools.partial: partial,
    }
)
