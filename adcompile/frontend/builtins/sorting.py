"""sorted(): by keys known at compile time, or of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adcompile.frontend import contents, emit, static
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.iteration import elements
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal, literal
from adcompile.ir.avals import Scalar
from adcompile.ir.nodes import Lit

SORT_LIMIT = 16
"""Lists of numbers up to this length are sorted by comparing pairs."""


def in_order(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """sorted(items, key=, reverse=): by keys known at compile time, or of a few numbers."""
    is_set = isinstance(args[0], ContainerRef) and args[0].obj.kind is set
    items = static.items(cx, args[0]) if is_set else elements(cx, args[0])
    if items is None:
        raise cx.refuse("sorted() needs a sequence whose length is known", "Use np.sort.")
    key = kwargs.get("key", Lit(None))
    backwards = bool(static.value(cx, kwargs.get("reverse", Lit(False)), "reverse="))
    plain = isinstance(key, Lit) and key.value is None
    ranks = [*items] if plain else [dispatch.call(cx, key, [v], {}) for v in items]
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


SPECIAL[sorted] = in_order
