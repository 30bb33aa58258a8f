"""Operators and protocols that a class defines."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence
from typing import Any

from adcompile.errors import SourceUnavailable
from adcompile.frontend import emit, wording
from adcompile.frontend.calls import dispatch
from adcompile.frontend.context import Context
from adcompile.frontend.objects.classes import MISSING, class_of, find, is_subclass
from adcompile.frontend.objects.members import all_attributes, bound
from adcompile.frontend.values import ObjectRef, PyVal
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


def special(cx: Context, value: PyVal, name: str, *args: PyVal) -> PyVal | None:
    """type(value).name(value, *args); None if its class does not define the method."""
    cls = class_of(value)
    if cls is None:
        return None
    home, found = find(cls, name)
    if found is MISSING or home is object or home is tuple or found is None:
        return None
    method = bound(cx, home, found, value, cls, name)
    try:
        result = dispatch.call(cx, method, args, {})
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
    if name in ("equal", "not_equal"):
        return _fields_equal(cx, name, left, right)
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


def _fields_equal(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """== of objects without a method for it: dataclasses by their fields, others by identity."""
    if not isinstance(left, ObjectRef) or not isinstance(right, ObjectRef):
        return Lit(name == "not_equal") if isinstance(left, ObjectRef) else None
    same = left.obj is right.obj
    cls = left.obj.kind
    if not same and isinstance(cls, type) and dataclasses.is_dataclass(cls):
        if cls is not right.obj.kind:
            return Lit(name == "not_equal")
        pairs = zip(
            all_attributes(cx, left).values(), all_attributes(cx, right).values(), strict=True
        )
        verdict: PyVal = Lit(True)
        for a, b in pairs:
            one = cx.hooks["truth"](cx, cx.hooks["compare"](cx, ast.Eq(), a, b))
            verdict = (
                one
                if isinstance(verdict, Lit) and verdict.value
                else emit.call(cx, "and", verdict, one)
            )
        return verdict if name == "equal" else cx.hooks["negate"](cx, verdict)
    return Lit(same if name == "equal" else not same)
