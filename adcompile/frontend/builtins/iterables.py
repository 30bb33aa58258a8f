"""Python's builtins over iterables.

What takes an iterable of unknown length is a loop, written in Python in `prelude` and inlined.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from adcompile.errors import Span
from adcompile.frontend import containers, contents, emit, prelude, runs, static, wording
from adcompile.frontend.calls import inlining
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs, Lower
from adcompile.frontend.context import Context
from adcompile.frontend.generators import copy_tree, new_generator
from adcompile.frontend.iteration import counted, elements, read_once, static_items
from adcompile.frontend.scopes import yields
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.values import ArrayRef, ContainerRef, GenVal, IterVal, PyVal, TupleVal
from adcompile.ir import dims
from adcompile.ir.nodes import Lit, Var


@lru_cache(maxsize=1024)
def _written_here(fn: Any, place: Span | None) -> FunctionSource:
    """A function of the prelude as if written at each place that calls it."""
    found = function_source(fn)
    node = copy_tree(found.node)
    return FunctionSource(found.name, node, found.filename, found.lines, found.fn, hidden=True)


def run(cx: Context, fn: Callable[..., Any], *args: PyVal) -> PyVal:
    """Inline a function of the prelude."""
    source = _written_here(fn, cx.origin.span)
    env = inlining.bind_arguments(cx, source, args, {}, ((), {}))
    if yields(source.node):
        return new_generator(cx, source, env, None)
    return inlining.lower_body(cx, source, env, None)


def as_list(cx: Context, items: PyVal) -> PyVal:
    """A list of what an iterable gives."""
    known = None if isinstance(items, GenVal) else static_items(cx, items)
    if known is None:
        return run(cx, prelude.as_list, items)
    read_once(cx, items)
    return contents.new_list(cx, known)


def as_dict(cx: Context, pairs: PyVal) -> PyVal:
    return run(cx, prelude.as_dict, pairs)


def as_set(cx: Context, items: PyVal) -> PyVal:
    return run(cx, prelude.as_set, items)


def _known(cx: Context, value: PyVal) -> tuple[PyVal, ...] | None:
    """The elements of a sequence whose length is known (of a set, in no order)."""
    return None if isinstance(value, IterVal) else static.items(cx, value)


# -- accumulations -----------------------------------------------------------------------------


def _sum(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    start = args[1] if len(args) > 1 else kwargs.get("start", Lit(0))
    known = _known(cx, args[0])
    whole = _sum_of_rows(cx, args[0])
    if whole is not None and isinstance(start, (Lit, Var, ArrayRef)):
        if isinstance(start, Lit) and start.value == 0 and type(start.value) is int:
            return whole
        return cx.hooks["binary"](cx, ast.Add(), start, whole)
    if known is None:
        return run(cx, prelude.total, args[0], start)
    total = start
    for v in known:
        total = cx.hooks["binary"](cx, ast.Add(), total, v)
    return total


def _sum_of_rows(cx: Context, items: PyVal) -> PyVal | None:
    """The sum of an array's rows, or of a list that is held as one; None for anything else."""
    if isinstance(items, ArrayRef):
        return emit.primitive(cx, cx.prim("python_sum"), [items])
    grown = runs.run_of(cx, items)
    return None if grown is None else runs.total(cx, grown)


def _some(every: bool) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        (items,) = args
        if isinstance(items, ArrayRef) and cx.ref_aval(items).ndim == 1:
            return emit.call(cx, "bool", emit.call(cx, "all" if every else "any", items))
        if isinstance(items, ContainerRef) and items.obj.kind is set:
            items = TupleVal(static.items(cx, items) or ())
        return run(cx, prelude.every if every else prelude.some, items)

    return lower


def _extreme(name: str) -> Lower:
    largest = name == "max"

    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        key, default = kwargs.get("key"), kwargs.get("default")
        if isinstance(key, Lit) and key.value is None:
            key = None
        items = args[0] if len(args) == 1 else TupleVal(tuple(args))
        known = _known(cx, items)
        if key is not None:
            if default is not None and known == ():
                return default
            if default is not None and known is None:
                raise cx.refuse(f"{name}() takes key= or default= here, not both")
            return run(cx, prelude.largest_by if largest else prelude.smallest_by, items, key)
        if default is not None:
            return run(cx, prelude.largest_or if largest else prelude.smallest_or, items, default)
        if known is None and not isinstance(items, ArrayRef):
            return run(cx, prelude.largest if largest else prelude.smallest, items)
        return _plain_extreme(cx, name, items)

    return lower


def _plain_extreme(cx: Context, name: str, items: PyVal) -> PyVal:
    """min or max of an array, or of a sequence whose length is known."""
    if isinstance(items, ArrayRef):
        at = emit.primitive(cx, cx.prim(f"arg{name}"), [items])
        return emit.primitive(cx, cx.prim("getitem"), [items, at])
    values = static.items(cx, items)
    if not values:
        raise cx.refuse(f"{name}() needs numbers, or a sequence whose length is known")
    best = values[0]
    for v in values[1:]:
        if isinstance(best, Lit) and isinstance(v, Lit):
            best = Lit(max(best.value, v.value) if name == "max" else min(best.value, v.value))
        else:
            best = emit.call(cx, f"python_{name}", best, v)
    return best


def _reduce(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if len(args) > 2:
        return run(cx, prelude.reduced_from, *args)
    return run(cx, prelude.reduced, *args)


# -- iterators ---------------------------------------------------------------------------------


def _map(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if len(args) == 2:
        return run(cx, prelude.mapped, *args)
    return run(cx, prelude.mapped_together, *args)


def _filter(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    test, items = args
    if isinstance(test, Lit) and test.value is None:
        test = Lit(bool)
    return run(cx, prelude.filtered, test, items)


def _enumerate(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    start = args[1] if len(args) > 1 else kwargs.get("start", Lit(0))
    if isinstance(args[0], GenVal):
        return run(cx, prelude.numbered, args[0], start)
    return IterVal("enumerate", (args[0], start), contents.new_iterator(cx))


def _zip(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    strict = "strict" in kwargs and static.value(cx, kwargs["strict"], "strict=")
    if strict and len(args) > 1:
        lengths = [_length(cx, a) for a in args]
        for other in lengths[1:]:
            known = lengths[0] is not None and other is not None
            same = cx.facts.equals(dims.sub(lengths[0], other), 0) if known else None
            if same is False:
                raise cx.refuse("zip(strict=True) of sequences of different lengths")
            if same is None:
                raise cx.refuse(
                    "zip(strict=True) needs lengths that are known on entry",
                    "Leave strict=True, or assert the lengths.",
                )
    return IterVal("zip", tuple(args), contents.new_iterator(cx))


def _reversed(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if isinstance(args[0], GenVal):
        raise cx.refuse("a generator cannot be reversed", "Make it a list first.")
    return IterVal("reversed", (args[0],), contents.new_iterator(cx))


def _length(cx: Context, value: PyVal) -> Any:
    """The symbolic length of something to iterate over."""
    if isinstance(value, GenVal):
        return None
    known = static_items(cx, value)
    if known is not None:
        return len(known)
    source = counted(cx, value)
    return getattr(cx.aval(source.stop), "extent", None)


def _iter(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    items: PyVal = cx.hooks["iterable"](cx, args[0])
    return items if isinstance(items, GenVal) else run(cx, prelude.each, items)


def _next(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if not isinstance(args[0], GenVal):
        raise wording.cannot(cx, args[0], "is not an iterator")
    if len(args) > 1:
        return run(cx, prelude.first_or, *args)
    return run(cx, prelude.first, *args)


def _sequence(kind: type) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        made = as_list(cx, args[0]) if args else contents.new_list(cx, ())
        if kind is list:
            return made
        items = static.items(cx, made)
        if items is None:
            raise cx.refuse("tuple() needs a sequence whose length is known")
        return TupleVal(items)

    return lower


def _set(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    known = _known(cx, args[0]) if args else ()
    return contents.new_set(cx, known) if known is not None else as_set(cx, args[0])


def _dict(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return contents.new_dict(cx, containers.entries(cx, args, kwargs))


def _fromkeys(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    keys = elements(cx, args[0])
    if keys is None:
        raise cx.refuse("dict.fromkeys needs keys whose number is known")
    value = args[1] if len(args) > 1 else Lit(None)
    return contents.new_dict(cx, {static.value(cx, k, "a dict key"): value for k in keys})


SPECIAL.update(
    {
        sum: _sum,
        any: _some(every=False),
        all: _some(every=True),
        max: _extreme("max"),
        min: _extreme("min"),
        functools.reduce: _reduce,
        range: lambda cx, args, kwargs: IterVal("range", tuple(args)),
        map: _map,
        filter: _filter,
        enumerate: _enumerate,
        zip: _zip,
        reversed: _reversed,
        iter: _iter,
        next: _next,
        list: _sequence(list),
        tuple: _sequence(tuple),
        set: _set,
        frozenset: _set,
        dict: _dict,
        dict.fromkeys: _fromkeys,
    }
)
