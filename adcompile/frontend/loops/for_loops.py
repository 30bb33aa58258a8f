"""For loops: unrolled over a known sequence, else counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from adcompile.frontend import emit, generators, runs, static
from adcompile.frontend.context import Context, Mismatch, Restart
from adcompile.frontend.expr import lower_expr, truth
from adcompile.frontend.iteration import (
    Counted,
    collected,
    counted,
    is_number,
    read_once,
    static_items,
    trip_count,
)
from adcompile.frontend.loops.finish import finish
from adcompile.frontend.loops.growing import NeverRuns
from adcompile.frontend.loops.header import Header, user_name
from adcompile.frontend.loops.syntax import EXIT, LEFT, RETURNED, has
from adcompile.frontend.loops.unroll import has_lists, unrolled, unrolled_items
from adcompile.frontend.values import ArrayRef, GenVal, IterVal, PyVal, TupleVal
from adcompile.ir import dims
from adcompile.ir.avals import INT, Scalar
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import UNDEFINED, Block, For, Lit, Stmt, Var, new_key


def lower_for(cx: Context, node: ast.For) -> None:
    """A for loop: unrolled over a known sequence, else a counted loop."""
    iterable = cx.hooks["iterable"](cx, lower_expr(cx, node.iter))
    snapshots = None
    if isinstance(iterable, IterVal) and iterable.kind == "checkpointed":
        inner, held = iterable.args
        iterable = cx.hooks["iterable"](cx, inner)
        snapshots = static.value(cx, held)
        if isinstance(iterable, GenVal):
            raise cx.refuse("a generator cannot be checkpointed", "Loop over a range or an array.")
    if isinstance(iterable, GenVal):
        generators.consume(cx, node, iterable)
        return
    read_once(cx, iterable)
    gens = generators.inside(iterable)
    if gens:
        with generators.undisturbed(cx, node, gens):
            _lower_over(cx, node, iterable, snapshots)
        return
    _lower_over(cx, node, iterable, snapshots)


def _lower_over(cx: Context, node: ast.For, iterable: PyVal, snapshots: int | None) -> None:
    items: tuple[PyVal, ...] | None
    if id(node) in cx.demands.unroll or (cx.in_rule and static_items(cx, iterable) is not None):
        items = unrolled_items(cx, iterable)
    elif _is_counted(cx, iterable):
        items = None
    else:
        iterable = collected(cx, iterable)
        items = static_items(cx, iterable)
    if items is not None:
        hidden = f"%list {node.lineno}"
        held = TupleVal((iterable, Lit(len(items))))
        cx.state.env[hidden] = held if has_lists(iterable) else UNDEFINED
        unrolled(cx, node, list(items), snapshots is not None)
        cx.state.env.pop(hidden, None)
        return
    source = counted(cx, iterable)
    hidden = f"%iterable {node.lineno}"  # the loop holds what it iterates over
    cx.state.env[hidden] = iterable
    lists = [(run, runs.run_of(cx, run)) for run in _runs_in(cx, iterable)]
    entry, emitted = cx.state.fork(), len(cx.stmts)
    try:
        _counted_loop(cx, node, source, peeled=False, snapshots=snapshots)
    except Restart:
        if id(node) not in cx.demands.unroll:
            raise
        cx.state = entry  # only this loop is lowered again, not the whole program
        del cx.stmts[emitted:]
        unrolled(cx, node, list(unrolled_items(cx, iterable)), snapshots is not None)
    cx.state.env.pop(hidden, None)
    for value, run in lists:
        now = runs.run_of(cx, value)
        if run is not None and (now is None or now.count is not run.count):
            raise cx.refuse("a list grows while a loop goes over it", "Loop over a copy: h[:].")


def _is_counted(cx: Context, value: PyVal) -> bool:
    """Whether a loop over `value` stays a loop even if its length is known."""
    if isinstance(value, IterVal):
        if value.kind in ("range", "count"):
            return True
        args = value.args[:1] if value.kind == "enumerate" else value.args
        return bool(args) and all(_is_counted(cx, a) for a in args)
    return isinstance(value, ArrayRef) or runs.run_of(cx, value) is not None


def _runs_in(cx: Context, iterable: PyVal) -> Iterator[PyVal]:
    """The grown lists that a loop goes over."""
    if isinstance(iterable, IterVal):
        for arg in iterable.args:
            yield from _runs_in(cx, arg)
    elif runs.run_of(cx, iterable) is not None:
        yield iterable


def _counted_loop(
    cx: Context, node: ast.For, source: Counted, peeled: bool, snapshots: int | None
) -> None:
    hint = user_name(node.target.id) if source.plain and isinstance(node.target, ast.Name) else "i"
    hint = "i" if hint == "_" else hint
    index = Var(INT, hint)
    symbol = Symbol(hint, ("var", index.id))
    index.aval = Scalar(INT.dtype, True, dims.symbol(symbol))
    cx.loop_symbols[symbol] = id(node)

    start = source.start.value if isinstance(source.start, Lit) else None
    if isinstance(start, int) and is_number(source.step, 1):
        cx.lowest[symbol] = start

    def body() -> None:
        cx.running[symbol] = index
        cx.hooks["assign"](cx, node.target, source.element(index))
        cx.hooks["stmts"](cx, node.body)

    target = ast.copy_location(
        ast.Assign(targets=[node.target], value=ast.Constant(value=None)), node
    )
    header = Header(cx, node, body, None, [target, *node.body], peeled, source, index)

    def make(carries: Any, block: Block, test: Any, exits: bool) -> Stmt:
        return For(
            emit.atom(cx, source.start),
            emit.atom(cx, source.stop),
            emit.atom(cx, source.step),
            index,
            carries,
            block,
            new_key(),
            exits=exits,
            origin=cx.origin,
            checkpoint=snapshots,
        )

    try:
        finish(header, make)
    except NeverRuns:
        cx.state = header.growing.undo()
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)
        cx.hooks["stmts"](cx, node.orelse)
    except Mismatch:
        cx.state = header.growing.undo()
        _peel(cx, node, source, snapshots)


def _peel(cx: Context, node: ast.For, source: Counted, snapshots: int | None) -> None:
    """Run the first iteration before the loop: a name changes its kind in it."""
    trip = trip_count(cx, source)
    known = cx.facts.positive(trip) if trip is not None else None

    def never() -> None:
        cx.hooks["stmts"](cx, node.orelse)

    def first() -> None:
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)
        cx.hooks["assign"](cx, node.target, source.element(source.start))
        cx.hooks["stmts"](cx, node.body)
        exited = cx.state.env[EXIT]
        cx.hooks["branch"](cx, exited, lambda: None, rest)

    def rest() -> None:
        cx.state.env[LEFT] = Lit(False)
        following = Counted(
            emit.call(cx, "add", source.start, source.step),
            source.stop,
            source.step,
            source.element,
        )
        _counted_loop(cx, node, following, peeled=True, snapshots=snapshots)

    if known is not None:
        (first if known else never)()
    else:
        name = "less" if is_number(source.step, 1) else "greater"
        runs = truth(cx, emit.call(cx, name, source.start, source.stop))
        cx.hooks["branch"](cx, runs, first, never)
    cx.state.env[LEFT] = (
        cx.state.env.get(RETURNED, Lit(False)) if has([node], ast.Return) else Lit(False)
    )
    cx.state.env[EXIT] = cx.state.env[LEFT]
