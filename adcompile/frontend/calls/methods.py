"""Methods of arrays, tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from adcompile.frontend import containers, contents, emit, runs, static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.values import (
    DICT_VIEWS,
    ContainerRef,
    IterVal,
    MethodVal,
    PyVal,
    Run,
    SliceVal,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import GENERATOR, Array
from adcompile.ir.nodes import Lit


def method(cx: Context, fn: MethodVal, args: Args, kwargs: Kwargs) -> PyVal:
    """owner.name(*args)."""
    owner, name = fn.owner, fn.name
    if isinstance(owner, ContainerRef):
        return container_method(cx, owner, name, args, kwargs)
    if isinstance(owner, TupleVal) and name in ("_replace", "_asdict"):
        return _named_tuple_method(cx, owner, name, kwargs)
    if isinstance(owner, TupleVal):
        return containers.sequence_method(cx, owner.items, name, args)
    if cx.aval(owner) == GENERATOR:
        return primitives.draw(cx, owner, name, args, kwargs)
    if "out" in kwargs:
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        return cx.hooks["into"](cx, kwargs["out"], method(cx, fn, args, rest))
    if name == "tolist" and not isinstance(owner, Lit):
        return cast("PyVal", cx.hooks["tolist"](cx, owner))
    if name in cx.hooks["mutating"]:
        return cx.hooks["expand"](cx, cx.hooks["mutating"][name], [owner, *args], kwargs)
    if name in cx.hooks["view_methods"]:
        return cx.hooks["view_methods"][name](cx, owner, args, kwargs)
    if name == "transpose":
        if not args:
            return emit.call(cx, "transpose", owner)
        axes = args[0] if len(args) == 1 else TupleVal(tuple(args))
        if isinstance(axes, Lit) and axes.value is None:
            return emit.call(cx, "transpose", owner)
        return emit.call(cx, "transpose", owner, axes=Lit(tuple(static.value(cx, axes, "axes"))))
    if name == "conj" and not avals.is_complex(cx.aval(owner)):
        return owner
    if name == "astype":
        return _astype(cx, owner, args, kwargs)
    if name == "copy" and (args or kwargs):
        order = args[0] if args else kwargs["order"]
        copied: PyVal = SPECIAL[np.copy](cx, [owner], {"order": order})
        return copied
    if name == "item" and args:
        return _entry(cx, owner, args)
    prim = cx.registry.by_name.get(name)
    if prim is None:
        made: PyVal = cx.hooks["call"](cx, Lit(getattr(np, name)), [owner, *args], kwargs)
        return made
    return primitives.emit_bound(cx, prim, [owner, *args], kwargs)


def _named_tuple_method(cx: Context, owner: TupleVal, name: str, kwargs: dict[str, PyVal]) -> PyVal:
    fields = owner.kind._fields  # type: ignore[attr-defined]
    now = dict(zip(fields, owner.items, strict=True))
    if name == "_asdict":
        return contents.new_dict(cx, now)
    wrong = [k for k in kwargs if k not in now]
    if wrong:
        raise cx.refuse(f"{owner.kind.__name__} has no field {wrong[0]!r}")
    return TupleVal(tuple({**now, **kwargs}.values()), owner.kind)


def _entry(cx: Context, owner: PyVal, args: Args) -> PyVal:
    """x.item(k), in C order, or x.item(i, j, ...)."""
    index = args[0] if len(args) == 1 else TupleVal(tuple(args))
    aval = cx.aval(owner)
    if not isinstance(index, TupleVal) and isinstance(aval, Array) and aval.ndim > 1:
        owner = emit.call(cx, "ravel", owner)
    return emit.call(cx, "item", emit.primitive(cx, cx.prim("getitem"), [owner, index]))


def _astype(cx: Context, owner: PyVal, args: Args, kwargs: Kwargs) -> PyVal:
    dtype = np.dtype(static.value(cx, args[0] if args else kwargs["dtype"], "the dtype"))
    same = static.value(cx, kwargs["copy"], "copy") is False if "copy" in kwargs else False
    if set(kwargs) - {"copy", "dtype"}:
        raise cx.refuse("astype is supported with a dtype and copy= alone")
    aval = cx.aval(owner)
    if same and isinstance(aval, Array) and aval.dtype == dtype:
        return owner
    return emit.call(cx, "astype", owner, Lit(dtype))


def container_method(
    cx: Context, owner: ContainerRef, name: str, args: Args, kwargs: Kwargs
) -> PyVal:
    """Methods of lists and dicts whose length is known."""
    grows = owner.obj.kind is list and name in ("append", "extend")
    if grows and owner.obj.outside and owner.obj not in cx.state.store:
        owner = contents.appended(cx, owner)  # what it holds so far need not be known
    held = cx.state.store[owner.obj]
    if owner.obj.kind is set:
        return containers.set_method(cx, owner, name, args)
    if isinstance(held, dict):
        if name in DICT_VIEWS:
            return IterVal(name, (owner,))
        if name == "copy":
            return contents.new_dict(cx, held)
        if name == "get":
            key = static.value(cx, args[0], "a dict key")
            return held.get(key, args[1] if len(args) > 1 else Lit(None))
        return containers.dict_method(cx, owner, name, args, kwargs)
    if isinstance(held, Run):
        return _run_method(cx, owner, held, name, args)
    items = list(held)
    result: PyVal = Lit(None)
    if name == "append":
        items.append(args[0])
    elif name == "extend":
        more = cx.hooks["static_items"](cx, args[0])
        if more is None:
            raise cx.refuse("extend needs a sequence whose length is known")
        items.extend(more)
    elif name == "pop":
        at = static.value(cx, args[0], "the index of pop") if args else -1
        try:
            result = items.pop(at)
        except IndexError:
            raise cx.refuse(f"pop index {at} is out of range") from None
    elif name == "appendleft":
        items.insert(0, args[0])
    elif name == "popleft" and items:
        result = items.pop(0)
    elif name == "insert":
        items.insert(static.value(cx, args[0], "the index of insert"), args[1])
    elif name == "copy":
        return contents.new_list(cx, items)
    elif name == "reverse":
        items.reverse()
    else:
        return containers.list_method(cx, owner, name, args, kwargs)
    contents.change(cx, owner, tuple(items))
    return result


def _run_method(
    cx: Context, owner: ContainerRef, run: Run, name: str, args: Sequence[PyVal]
) -> PyVal:
    """Methods of lists that loops grow."""
    if name == "copy":
        return runs.part(cx, run, SliceVal(Lit(None), Lit(None), Lit(None)))
    more = static.items(cx, args[0]) if name == "extend" else args if name == "append" else None
    if more is None:
        raise cx.refuse(
            f"list.{name} is not supported here on a list that grows in a loop",
            "Append to the list, or use an array.",
        )
    for item in more:
        runs.append(cx, owner, item)
    return Lit(None)
