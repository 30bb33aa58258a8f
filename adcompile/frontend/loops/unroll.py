"""Unrolled loops: the body once for each element."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import nullcontext

from adcompile.frontend import static
from adcompile.frontend.context import Context
from adcompile.frontend.emit import marked
from adcompile.frontend.iteration import counted, static_items
from adcompile.frontend.loops.syntax import EXIT, LEFT, RETURNED, has
from adcompile.frontend.values import ContainerRef, IterVal, PyVal, TupleVal
from adcompile.ir.nodes import UNDEFINED, Lit

UNROLL_LIMIT = 1024


def unrolled_items(cx: Context, iterable: PyVal) -> tuple[PyVal, ...]:
    items = static_items(cx, iterable)
    if items is None:
        source = counted(cx, iterable)
        start, stop, step = (
            static.value(cx, v, "the number of iterations")
            for v in (source.start, source.stop, source.step)
        )
        indices = range(start, stop, step)
        _check_unrolling(cx, len(indices))
        return tuple(source.element(Lit(i)) for i in indices)
    _check_unrolling(cx, len(items))
    return items


def _check_unrolling(cx: Context, times: int) -> None:
    if times > UNROLL_LIMIT:
        raise cx.refuse(
            f"this loop would have to be unrolled {times} times",
            "Keep its index out of places that must be known at compile time.",
        )


def unrolled(cx: Context, node: ast.For, items: list[PyVal], checkpoint: bool = False) -> None:
    """The body once for each item; with `checkpoint` values of an iteration are not kept."""
    env = cx.state.env
    env[EXIT] = Lit(False)
    _unroll_from(cx, node, items, checkpoint)
    left = cx.state.env.get(RETURNED, Lit(False)) if has([node], ast.Return) else Lit(False)
    cx.state.env[LEFT] = left
    cx.state.env[EXIT] = left


def _unroll_from(cx: Context, node: ast.For, items: list[PyVal], checkpoint: bool) -> None:
    for k, item in enumerate(items):
        exited = cx.state.env[EXIT]
        if not isinstance(exited, Lit):

            def resume(rest: list[PyVal] = items[k:]) -> None:
                cx.state.env[EXIT] = Lit(False)
                _unroll_from(cx, node, rest, checkpoint)

            cx.hooks["branch"](cx, exited, lambda: None, resume)
            return
        if exited.value:
            return
        cx.state.env[LEFT] = Lit(False)
        with marked(cx) if checkpoint else nullcontext():
            cx.hooks["assign"](cx, node.target, _at_present(cx, node, item, len(items) - k))
            cx.hooks["stmts"](cx, node.body)
    if node.orelse:
        cx.state.env[LEFT] = Lit(False)
        exited = cx.state.env[EXIT]
        cx.hooks["branch"](cx, exited, lambda: None, lambda: cx.hooks["stmts"](cx, node.orelse))


def unroll_while(cx: Context, node: ast.While, test: Callable[[], PyVal]) -> None:
    """A while loop that changes the structure of lists or dicts, and whose test is known in
    each iteration: `while queue:`."""
    for _ in range(UNROLL_LIMIT):
        cx.state.env[LEFT] = Lit(False)
        goes_on = test()
        if not isinstance(goes_on, Lit):
            break
        if not goes_on.value:
            cx.hooks["stmts"](cx, node.orelse)
            break
        cx.hooks["stmts"](cx, node.body)
        exited = cx.state.env[EXIT]
        if not isinstance(exited, Lit):
            goes_on = exited
            break
        if exited.value:
            break
    else:
        _check_unrolling(cx, UNROLL_LIMIT + 1)
    if not isinstance(goes_on, Lit):
        raise cx.refuse(
            "a list or dict changes its structure in this loop, and the number of iterations "
            "is not known",
            "Only append to lists in it, or preallocate an array and write its entries.",
        )
    left = cx.state.env.get(RETURNED, Lit(False)) if has([node], ast.Return) else Lit(False)
    if not node.orelse or cx.state.env[EXIT] != Lit(False):
        cx.state.env[LEFT] = left
    cx.state.env[EXIT] = cx.state.env[LEFT]


def has_lists(iterable: PyVal) -> bool:
    """Whether a loop goes over lists or dicts, whose entries its body may set."""
    if isinstance(iterable, IterVal):
        return any(map(has_lists, iterable.args))
    return isinstance(iterable, ContainerRef)


def _at_present(cx: Context, node: ast.For, item: PyVal, remaining: int) -> PyVal:
    """The next element: that of a list is read when its turn has come."""
    held = cx.state.env.get(f"%list {node.lineno}", UNDEFINED)
    if not isinstance(held, TupleVal):
        return item
    iterable, count = held.items
    items = static_items(cx, iterable)
    if items is None or len(items) != static.value(cx, count):
        raise cx.refuse("a list changes its length while a loop goes over it", "Loop over a copy.")
    return items[len(items) - remaining]
