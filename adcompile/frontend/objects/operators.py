"""Operators and protocols that a class defines."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence
from typing import Any

from adcompile.errors import SourceUnavailable
from adcompile.frontend import wording
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.objects.classes import MISSING, class_of, find, is_subclass
from adcompile.frontend.objects.members import all_attributes, bound
from adcompile.frontend.values import ClassVal, ObjectRef, PyVal, TupleVal
from adcompile.ir.nodes import Lit

BINARY = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "matmul": "matmul",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "left_shift": "lshift",
    "right_shift": "rshift",
}
COMPARISONS = {
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
}
PROTOCOL: dict[Any, str] = {
    len: "__len__",
    abs: "__abs__",
    float: "__float__",
    int: "__int__",
    bool: "__bool__",
    round: "__round__",
    reversed: "__reversed__",
}


def special(
    cx: Context, value: PyVal, name: str, *args: PyVal, kwargs: Kwargs | None = None
) -> PyVal | None:
    """type(value).name(value, *args, **kwargs); None if its class does not define the method."""
    cls = class_of(value)
    if cls is None:
        return None
    home, found = find(cls, name)
    if found is MISSING or home is object or home is tuple or found is None:
        return None
    method = bound(cx, home, found, value, cls, name)
    try:
        result = dispatch.call(cx, method, args, kwargs or {})
    except SourceUnavailable:
        if name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__repr__"):
            return None
        raise
    refused = isinstance(result, Lit) and result.value is NotImplemented
    return None if refused else result


def binary(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """An operator that a class of either operand defines."""
    first, second = class_of(left), class_of(right)
    if first is None and second is None:
        return None
    if name in COMPARISONS:
        straight, mirrored = COMPARISONS[name]
    else:
        straight, mirrored = f"__{BINARY[name]}__", f"__r{BINARY[name]}__"
    tries = [(left, straight, right), (right, mirrored, left)]
    if None not in (first, second) and first is not second and is_subclass(second, first):
        tries.reverse()
    for owner, method, other in tries:
        result = special(cx, owner, method, other)
        if result is not None:
            return result
    if name == "not_equal":
        # Without a method of its own, != is the opposite of ==.
        result = binary(cx, "equal", left, right)
        return None if result is None else cx.hooks["negate"](cx, cx.hooks["truth"](cx, result))
    if name in COMPARISONS:
        return _fields_compared(cx, name, left, right)
    return None


def protocol(cx: Context, fn: Any, args: Sequence[PyVal]) -> PyVal | None:
    """A builtin that asks the class of its argument."""
    method = PROTOCOL.get(fn)
    return special(cx, args[0], method, *args[1:]) if method and args else None


def iterable(cx: Context, value: PyVal) -> PyVal:
    """What iterating over a value goes through: an object's own __iter__."""
    while isinstance(value, ObjectRef):
        inner = special(cx, value, "__iter__")
        if inner is None or inner is value:
            raise cx.refuse(
                f"{wording.describe(cx, value)} cannot be iterated over here",
                "Give it an __iter__ that returns iter(...) of a sequence.",
            )
        value = inner
    return value


def in_place(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """left op= right where the class of `left` defines that operator."""
    if class_of(left) is None:
        return None
    return special(cx, left, f"__i{BINARY[name]}__", right)


def _fields_compared(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """Comparing objects without a method for it: by the fields of dataclasses, or by identity."""
    if not isinstance(left, ObjectRef):
        return None
    cls = left.obj.kind
    fields = _compared_fields(cls, name)
    if fields is not None and isinstance(right, ObjectRef) and cls is right.obj.kind:
        held = [all_attributes(cx, ref) for ref in (left, right)]
        a, b = (TupleVal(tuple(h[f] for f in fields)) for h in held)
        verdict: PyVal = cx.hooks["compare"](cx, _OPERATORS[name](), a, b)
        return verdict
    if name != "equal":
        return None
    return Lit(isinstance(right, ObjectRef) and left.obj is right.obj)


_OPERATORS: dict[str, type[ast.cmpop]] = {
    "equal": ast.Eq,
    "less": ast.Lt,
    "less_equal": ast.LtE,
    "greater": ast.Gt,
    "greater_equal": ast.GtE,
}


def _compared_fields(cls: Any, name: str) -> list[str] | None:
    """The fields by which the method that dataclass made compares; None if it made none."""
    if isinstance(cls, ClassVal):
        fields = cls.attributes.get("%fields")
        return list(fields.value) if name == "equal" and isinstance(fields, Lit) else None
    home, method = find(cls, COMPARISONS[name][0])
    params = vars(home).get("__dataclass_params__") if home is not None else None
    if params is None or not (params.eq if name == "equal" else params.order):
        return None
    if not method.__code__.co_filename.startswith("<"):
        return None
    return [f.name for f in dataclasses.fields(home) if f.compare]
