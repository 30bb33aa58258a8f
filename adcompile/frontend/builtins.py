"""Python's builtins over iterables, and those that ask about kinds.

What takes an iterable of unknown length is a loop, written in Python in `prelude` and inlined.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from adcompile.errors import Span
from adcompile.frontend import calls, containers, contents, emit, prelude, static, wording
from adcompile.frontend.context import Context
from adcompile.frontend.generators import copy_tree, new_generator
from adcompile.frontend.iteration import counted, elements, read_once, static_items
from adcompile.frontend.scopes import yields
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    FuncVal,
    GenVal,
    IterVal,
    PartialVal,
    PyVal,
    TupleVal,
    literal,
)
from adcompile.ir import dims
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit

SORT_LIMIT = 16
"""Lists of numbers up to this length are sorted by comparing pairs."""

Args = Sequence[PyVal]
Kwargs = dict[str, PyVal]


@lru_cache(maxsize=1024)
def _written_here(fn: Any, place: Span | None) -> FunctionSource:
    """A function of the prelude as if written at each place that calls it."""
    found = function_source(fn)
    node = copy_tree(found.node)
    return FunctionSource(found.name, node, found.filename, found.lines, found.fn, hidden=True)


def run(cx: Context, fn: Callable[..., Any], *args: PyVal) -> PyVal:
    """Inline a function of the prelude."""
    source = _written_here(fn, cx.origin.span)
    env = calls.bind_arguments(cx, source, args, {}, ((), {}))
    if yields(source.node):
        return new_generator(cx, source, env, None)
    return calls.lower_body(cx, source, env, None)


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
    if isinstance(args[0], ArrayRef):
        return calls._sum(cx, args, kwargs)
    if known is None:
        return run(cx, prelude.total, args[0], start)
    total = start
    for v in known:
        total = cx.hooks["binary"](cx, ast.Add(), total, v)
    return total


def _some(every: bool) -> Callable[[Context, Args, Kwargs], PyVal]:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        (items,) = args
        if isinstance(items, ArrayRef) and cx.ref_aval(items).ndim == 1:
            return emit.call(cx, "bool", emit.call(cx, "all" if every else "any", items))
        if isinstance(items, ContainerRef) and items.obj.kind is set:
            items = TupleVal(static.items(cx, items) or ())
        return run(cx, prelude.every if every else prelude.some, items)

    return lower


def _extreme(name: str) -> Callable[[Context, Args, Kwargs], PyVal]:
    plain = calls._extreme(name)
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
        return plain(cx, args, {})

    return lower


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
        raise cx.refuse(f"{wording.describe(cx, args[0])} is not an iterator")
    if len(args) > 1:
        return run(cx, prelude.first_or, *args)
    return run(cx, prelude.first, *args)


def _sequence(kind: type) -> Callable[[Context, Args, Kwargs], PyVal]:
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


# -- sorting -----------------------------------------------------------------------------------


def in_order(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """sorted(items, key=, reverse=): by keys known at compile time, or of a few numbers."""
    is_set = isinstance(args[0], ContainerRef) and args[0].obj.kind is set
    items = static.items(cx, args[0]) if is_set else elements(cx, args[0])
    if items is None:
        raise cx.refuse("sorted() needs a sequence whose length is known", "Use np.sort.")
    key = kwargs.get("key", Lit(None))
    backwards = bool(static.value(cx, kwargs.get("reverse", Lit(False)), "reverse="))
    plain = isinstance(key, Lit) and key.value is None
    ranks = [*items] if plain else [calls.call(cx, key, [v], {}) for v in items]
    known = _ranks(ranks)
    if known is not None:
        order = sorted(range(len(items)), key=known.__getitem__, reverse=backwards)
        return contents.new_list(cx, [items[k] for k in order])
    if not plain or len(items) > SORT_LIMIT:
        raise cx.refuse(
            "the order of sorted() depends on data",
            "Make an array of the numbers and use np.sort or np.argsort.",
        )
    return contents.new_list(cx, _network(cx, items, backwards))


def _ranks(values: Sequence[PyVal]) -> list[Any] | None:
    """What orders the values, if it is known: all of each, or first entries that differ."""
    try:
        return [literal(v) for v in values]
    except KeyError:
        pass
    heads = [v.items[0] if isinstance(v, TupleVal) and v.items else v for v in values]
    known = [v.value for v in heads if isinstance(v, Lit)]
    return known if len(known) == len(values) == len({*known}) else None


def _network(cx: Context, items: Sequence[PyVal], backwards: bool) -> list[PyVal]:
    """Insertion sort by comparing and exchanging neighbours."""
    for v in items:
        aval = cx.aval(v)
        if not isinstance(aval, Scalar):
            raise cx.refuse("the order of sorted() depends on data", "Use np.sort or np.argsort.")
    names = ("python_max", "python_min") if backwards else ("python_min", "python_max")
    row = [*items]
    for end in range(1, len(row)):
        for k in range(end, 0, -1):
            low, high = (emit.call(cx, n, row[k - 1], row[k]) for n in names)
            row[k - 1], row[k] = low, high
    return row


# -- numbers -----------------------------------------------------------------------------------


def _divmod(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    binary = cx.hooks["binary"]
    return TupleVal((binary(cx, ast.FloorDiv(), *args), binary(cx, ast.Mod(), *args)))


def _round(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    digits = args[1] if len(args) > 1 else kwargs.get("ndigits", Lit(None))
    value = args[0]
    if isinstance(cx.aval(value), Array):
        raise cx.refuse("round() takes a number", "Use np.round.")
    if isinstance(digits, Lit) and digits.value is None:
        return emit.call(cx, "python_round", value)
    return emit.call(cx, "python_round_to", value, digits)


# -- kinds and attributes ----------------------------------------------------------------------


def _static_call(fn: Callable[..., Any]) -> Callable[[Context, Args, Kwargs], PyVal]:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        return Lit(fn(*(static.value(cx, a, f"the arguments of {fn.__name__}()") for a in args)))

    return lower


def _refused(what: str, advice: str) -> Callable[[Context, Args, Kwargs], PyVal]:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        raise cx.refuse(f"{what} is not supported in a differentiated function", advice)

    return lower


# -- text --------------------------------------------------------------------------------------


def _text(template: str) -> Callable[[Context, Args, Kwargs], PyVal]:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        return calls.format_string(cx, template, args) if args else Lit("")

    return lower


def _format(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return calls.format_string(cx, "{:{}}" if len(args) > 1 else "{}", args)


def _print(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    for name in kwargs:
        if name not in ("sep", "end", "file", "flush"):
            raise cx.refuse(f"print() has no argument {name!r}")
    shown = calls._printable(cx)
    trees = [emit.tree(cx, shown(a)) for a in args]
    named = {k: Lit(static.value(cx, v, f"{k}= of print")) for k, v in kwargs.items()}
    emit.effect(cx, "print", *trees, **named)
    return Lit(None)


# -- functions of functions --------------------------------------------------------------------


def _same(fn: Any) -> Any:
    """What functools.wraps(...) is here: names and docstrings do not matter."""
    return fn


def _callable(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    value = args[0]
    if isinstance(value, Lit):
        return Lit(callable(value.value))
    return Lit(isinstance(value, (FuncVal, PartialVal)))


_CACHE = "Caching would keep values of one call for the next: call the function itself."

BUILTINS: dict[Any, Callable[[Context, Args, Kwargs], PyVal]] = {
    sum: _sum,
    any: _some(every=False),
    all: _some(every=True),
    max: _extreme("max"),
    min: _extreme("min"),
    functools.reduce: _reduce,
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
    sorted: in_order,
    divmod: _divmod,
    round: _round,
    issubclass: _static_call(issubclass),
    callable: _callable,
    str: _text("{}"),
    repr: _text("{!r}"),
    format: _format,
    print: _print,
    functools.wraps: lambda cx, args, kwargs: Lit(_same),
    _same: lambda cx, args, kwargs: args[0],
    functools.lru_cache: _refused("functools.lru_cache", _CACHE),
    functools.cache: _refused("functools.cache", _CACHE),
    id: _refused("id()", "Compare with 'is'."),
    eval: _refused("eval()", "Write the expression."),
    exec: _refused("exec()", "Write the statements."),
    globals: _refused("globals()", "Name what is needed."),
    locals: _refused("locals()", "Name what is needed."),
    input: _refused("input()", "Pass the value as an argument."),
}
calls.SPECIAL.update(BUILTINS)
