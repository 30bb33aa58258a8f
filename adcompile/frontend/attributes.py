"""Attribute reads: array properties and methods, modules, static objects."""

from __future__ import annotations

import inspect
import types
from typing import Any

import numpy as np

from adcompile.frontend import emit, extents, static, wording
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.names import is_static, outside_value
from adcompile.frontend.objects import classes, members
from adcompile.frontend.places import Place
from adcompile.frontend.structure import is_object
from adcompile.frontend.values import (
    ArrayRef,
    ClassVal,
    ContainerRef,
    FlatVal,
    FuncVal,
    Masked,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    SuperVal,
    TupleVal,
    Zero,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit, Var

METHODS = frozenset(
    """sum mean prod max min any all argmax argmin dot reshape ravel flatten transpose swapaxes
    squeeze copy astype item round clip fill put sort view conj std var cumsum cumprod take
    compress choose partition repeat argsort argpartition searchsorted nonzero diagonal trace
    tolist __setitem__ __getitem__ __iadd__ __isub__ __imul__ __itruediv__""".split()
)
CONTAINER_METHODS: dict[type, frozenset[str]] = {
    list: frozenset(
        """append appendleft popleft extend pop insert copy index count reverse remove clear
        sort""".split()
    ),
    dict: frozenset("items keys values get copy update pop setdefault popitem clear".split()),
    set: frozenset(
        "add discard remove copy union intersection difference symmetric_difference".split()
    ),
    tuple: frozenset("index count".split()),
}


def get(cx: Context, owner: PyVal, name: str) -> PyVal:
    """owner.name."""
    if isinstance(owner, Lit):
        return _static_attribute(cx, owner.value, name)
    if isinstance(owner, (ObjectRef, SuperVal)):
        return members.get_attribute(cx, owner, name)
    if isinstance(owner, TupleVal) and owner.kind is not tuple:
        return _of_named_tuple(cx, owner, name)
    if isinstance(owner, ClassVal):
        home, found = classes.find(owner, name)
        if home is not None:
            return members.bound(cx, home, found, Lit(None), owner, name)
    if isinstance(owner, (PartialVal, FuncVal)) and name in ("__name__", "__wrapped__", "func"):
        return _of_function(cx, owner, name)
    if isinstance(owner, ContainerRef):
        kind = dict if issubclass(owner.obj.kind, dict) else owner.obj.kind
        if name in CONTAINER_METHODS.get(kind, frozenset()):
            return MethodVal(owner, name)
        raise cx.refuse(
            f"{wording.describe(cx, owner)} has no attribute {name!r} known here",
            wording.did_you_mean(name, CONTAINER_METHODS.get(kind, ())),
        )
    if isinstance(owner, TupleVal) and name in CONTAINER_METHODS[tuple]:
        return MethodVal(owner, name)
    if isinstance(owner, (Masked, Zero)) and name == "T":
        return owner if isinstance(owner, Zero) else emit.call(cx, "transpose", owner)
    if isinstance(owner, (ArrayRef, Var, Masked, TupleVal)):
        return _numeric_attribute(cx, owner, name)
    raise wording.cannot(cx, owner, f"has no attribute {name!r} known here")


def _numeric_attribute(cx: Context, owner: PyVal, name: str) -> PyVal:
    aval = cx.aval(owner)
    if aval == avals.GENERATOR:
        return MethodVal(owner, name)
    if isinstance(aval, (Array, Scalar)):
        shape = avals.shape_of(aval)
        strong = isinstance(aval, Array) or not aval.weak
        if name in ("real", "imag"):
            return emit.call(cx, name, owner)
        if name in ("conj", "conjugate") and (strong or name == "conjugate"):
            return MethodVal(owner, "conj")
        if strong:
            if name == "T":
                return emit.call(cx, "transpose", owner) if len(shape) > 1 else owner
            if name == "mT" and len(shape) > 1:
                return emit.call(cx, "swapaxes", owner, Lit(-2), Lit(-1))
            if name == "shape":
                return extents.of_shape(cx, owner)
            if name == "ndim":
                return Lit(len(shape))
            if name == "dtype":
                return Lit(aval.dtype)
            if name == "size":
                return _size(cx, owner)
            if name == "itemsize":
                return Lit(aval.dtype.itemsize)
            if name == "nbytes":
                return emit.call(cx, "multiply", _size(cx, owner), Lit(aval.dtype.itemsize))
            if name == "flat" and isinstance(owner, ArrayRef):
                return FlatVal(owner)
            if name in METHODS:
                return MethodVal(owner, name)
    kind = np.ndarray if isinstance(aval, Array) else static.python_type(cx, owner)
    if not hasattr(kind, name):
        what = f"{wording.describe(cx, owner)} has no attribute {name!r}"
        error = cx.refuse(what, wording.did_you_mean(name, dir(kind)))
        error.raises = AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
        raise error
    raise cx.refuse(
        f"the attribute {name!r} of {wording.describe(cx, owner)} is not supported",
        "Use a function of numpy, or an operator.",
    )


def _size(cx: Context, owner: PyVal) -> PyVal:
    total: PyVal = Lit(1)
    for length in extents.of_shape(cx, owner).items:
        total = (
            length
            if isinstance(total, Lit) and total.value == 1
            else emit.call(cx, "multiply", total, length)
        )
    return total


def _static_attribute(cx: Context, value: Any, name: str) -> PyVal:
    if isinstance(value, np.generic):
        if name in METHODS:
            return MethodVal(Lit(value), name)
        if name in ("shape", "ndim", "dtype", "size", "T"):
            return Lit(getattr(value, name))
    if isinstance(value, np.ndarray):
        if name in METHODS:
            return MethodVal(Lit(value), name)
        return Lit(getattr(value, name))
    computed = inspect.getattr_static(type(value), name, None)
    if isinstance(computed, property):
        cx.registry.meet(type(value))
        if computed in SPECIAL:
            return SPECIAL[computed](cx, [Lit(value)], {})
    try:
        found = getattr(value, name)
    except AttributeError as exc:
        what = getattr(value, "__name__", None) or wording.describe(cx, Lit(value))
        error = cx.refuse(
            f"{what} has no attribute {name!r}", wording.did_you_mean(name, dir(value))
        )
        error.raises = exc
        raise error from None
    if isinstance(value, types.ModuleType):
        if value is np or value.__name__ == "math":
            return Lit(found)
        return outside_value(cx, found, Place("global", vars(value), name), name)
    place = Place("constant", value).attribute(name)
    if not isinstance(value, type) and hasattr(value, "__dict__") and name in vars(value):
        return outside_value(cx, found, place, name)
    if is_object(found) or (isinstance(found, (list, dict)) and not is_static(found)):
        return outside_value(cx, found, place, name)
    if isinstance(found, (int, float, np.ndarray)) and not isinstance(found, bool):
        return outside_value(cx, found, place, name)
    return Lit(found)


def _of_named_tuple(cx: Context, owner: TupleVal, name: str) -> PyVal:
    fields: tuple[str, ...] = owner.kind._fields  # type: ignore[attr-defined]
    if name in fields:
        return owner.items[fields.index(name)]
    if name in ("_replace", "_asdict"):
        return MethodVal(owner, name)
    home, found = classes.find(owner.kind, name)
    if home is None:
        raise cx.refuse(f"{owner.kind.__name__} has no field {name!r}")
    return members.bound(cx, home, found, owner, owner.kind, name)


def _of_function(cx: Context, owner: PartialVal | FuncVal, name: str) -> PyVal:
    if isinstance(owner, PartialVal):
        return owner.fn if name == "func" else get(cx, owner.fn, name)
    if name == "__name__":
        return Lit(getattr(owner.node, "name", "<lambda>"))
    raise cx.refuse(f"a function defined inside has no attribute {name!r} known here")
