"""Lists, dicts and sets whose entries are known: methods and deletion.

A set holds values known at compile time. Sets of strings have an order that differs from run to
run, so they are not iterated over (`sorted` is).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from adcompile.frontend import contents, static, wording
from adcompile.frontend.context import Context
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir.nodes import Lit


def dict_method(
    cx: Context,
    owner: ContainerRef,
    name: str,
    args: Sequence[PyVal],
    kwargs: dict[str, PyVal],
) -> PyVal:
    """The methods of a dict that change it."""
    held: dict[Any, PyVal] = cx.state.store[owner.obj]
    if name == "update":
        contents.change(cx, owner, {**held, **entries(cx, args, kwargs)})
        return Lit(None)
    if name == "clear":
        contents.change(cx, owner, {})
        return Lit(None)
    if name == "popitem":
        if not held:
            raise cx.refuse("popitem of an empty dict")
        key = [*held][-1]
        contents.change(cx, owner, {k: v for k, v in held.items() if k != key})
        return TupleVal((Lit(key), held[key]))
    if name in ("pop", "setdefault"):
        key = static.value(cx, args[0], "a dict key")
        if name == "setdefault":
            if key not in held:
                contents.change(cx, owner, {**held, key: args[1] if len(args) > 1 else Lit(None)})
            return cx.state.store[owner.obj][key]
        if key not in held and len(args) < 2:
            raise cx.refuse(f"the dict has no key {key!r}")
        contents.change(cx, owner, {k: v for k, v in held.items() if k != key})
        return held[key] if key in held else args[1]
    raise cx.refuse(f"dict.{name} is not supported")


def entries(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> dict[Any, PyVal]:
    """What `dict(*args, **kwargs)` holds."""
    found: dict[Any, PyVal] = {}
    for source in args:
        if isinstance(source, ContainerRef) and source.obj.kind is dict:
            found.update(cx.state.store[source.obj])
            continue
        pairs = cx.hooks["static_items"](cx, source)
        if pairs is None:
            raise cx.refuse("a dict is made of another dict, or of pairs whose number is known")
        for pair in pairs:
            items = static.items(cx, pair)
            if items is None or len(items) != 2:
                raise cx.refuse("a dict is made of (key, value) pairs")
            found[static.value(cx, items[0], "a dict key")] = items[1]
    return {**found, **kwargs}


def list_method(
    cx: Context,
    owner: ContainerRef,
    name: str,
    args: Sequence[PyVal],
    kwargs: dict[str, PyVal],
) -> PyVal:
    """The methods of a list that look for values or reorder them."""
    held: tuple[PyVal, ...] = cx.state.store[owner.obj]
    if name == "clear":
        contents.change(cx, owner, ())
    elif name == "remove":
        at = index_of(cx, held, args[0], "remove")
        contents.change(cx, owner, held[:at] + held[at + 1 :])
    elif name == "sort":
        result = cx.hooks["sorted"](cx, [owner], kwargs)
        contents.change(cx, owner, cx.state.store[result.obj])
    else:
        return sequence_method(cx, held, name, args)
    return Lit(None)


def sequence_method(cx: Context, held: Sequence[PyVal], name: str, args: Sequence[PyVal]) -> PyVal:
    """Methods that lists and tuples share."""
    if name == "index":
        return Lit(index_of(cx, held, *args))
    if name == "count":
        same = [_equal(cx, v, args[0]) for v in held]
        total: PyVal = Lit(0)
        for hit in same:
            total = cx.hooks["binary"](cx, ast.Add(), total, hit)
        return total
    raise cx.refuse(f"list.{name} is not supported")


def index_of(cx: Context, held: Sequence[PyVal], value: PyVal, what: object = "index") -> int:
    for k, item in enumerate(held):
        hit = _equal(cx, item, value)
        if not isinstance(hit, Lit):
            raise cx.refuse(
                f"{what}() must find its value at compile time",
                "Use argmin, argmax or a loop.",
            )
        if hit.value:
            return k
    raise cx.refuse("the value is not in the list")


def _equal(cx: Context, a: PyVal, b: PyVal) -> PyVal:
    return cx.hooks["equal"](cx, a, b)


def set_method(cx: Context, owner: ContainerRef, name: str, args: Sequence[PyVal]) -> PyVal:
    """Methods of sets."""
    held: tuple[PyVal, ...] = cx.state.store[owner.obj]
    if name == "copy":
        return contents.new_set(cx, held)
    if name in ("add", "discard", "remove"):
        value = static.value(cx, args[0], "an element of a set")
        values = {v.value for v in held if isinstance(v, Lit)}
        try:
            getattr(values, name)(value)
        except KeyError:
            raise cx.refuse(f"the set has no element {value!r}") from None
        contents.change(cx, owner, tuple(Lit(v) for v in values))
        return Lit(None)
    other = _SET_METHODS.get(name)
    if other is not None and len(args) == 1:
        items = cx.hooks["static_items"](cx, args[0])
        if items is not None:
            return set_operation(cx, other, owner, contents.new_set(cx, items))
    raise cx.refuse(f"set.{name} is not supported")


def set_operation(cx: Context, name: str, left: ContainerRef, right: ContainerRef) -> PyVal:
    """An operator between two sets."""
    if name not in _SET_OPERATORS:
        raise cx.refuse("this operator is not defined between sets")
    a, b = ({v.value for v in cx.state.store[s.obj]} for s in (left, right))
    return contents.new_set(cx, [Lit(v) for v in _SET_OPERATORS[name](a, b)])


def delete(cx: Context, owner: PyVal, index: PyVal) -> None:
    """del owner[index]."""
    if not isinstance(owner, ContainerRef) or owner.obj.kind not in (list, dict):
        raise cx.refuse(f"an item of {wording.describe(cx, owner)} cannot be deleted")
    held = cx.state.store[owner.obj]
    key = static.value(cx, index, "the index of 'del'")
    if isinstance(held, dict):
        if key not in held:
            raise cx.refuse(f"the dict has no key {key!r}")
        contents.change(cx, owner, {k: v for k, v in held.items() if k != key})
        return
    items = [*held]
    try:
        del items[key]
    except IndexError:
        raise cx.refuse(f"index {key} is out of range for a list of length {len(held)}") from None
    contents.change(cx, owner, tuple(items))


_SET_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "bitwise_or": operator.or_,
    "bitwise_and": operator.and_,
    "bitwise_xor": operator.xor,
    "subtract": operator.sub,
}
_SET_METHODS = {
    "union": "bitwise_or",
    "intersection": "bitwise_and",
    "symmetric_difference": "bitwise_xor",
    "difference": "subtract",
}
