"""While loops."""

from __future__ import annotations

import ast
from typing import Any

from adcompile.frontend import generators
from adcompile.frontend.context import Context, Mismatch
from adcompile.frontend.expr import lower_expr, truth
from adcompile.frontend.loops.finish import finish
from adcompile.frontend.loops.header import Header, TestWrites
from adcompile.frontend.loops.syntax import EXIT, LEFT, RETURNED, has
from adcompile.frontend.loops.unroll import unroll_while
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Block, Lit, Stmt, While, new_key


def lower_while(cx: Context, node: ast.While, peeled: bool = False) -> None:
    """A while loop."""

    def test() -> PyVal:
        return truth(cx, lower_expr(cx, node.test))

    if id(node) in cx.demands.unroll:
        cx.state.env[EXIT] = Lit(False)
        unroll_while(cx, node, test)
        return
    header = Header(cx, node, lambda: cx.hooks["stmts"](cx, node.body), test, node.body, peeled)

    def make(carries: Any, block: Block, test: Any, exits: bool) -> Stmt:
        return While(carries, test, block, new_key(), exits=exits, origin=cx.origin)

    try:
        finish(header, make)
    except TestWrites:
        if any(generators.has_own(node.orelse, k) for k in (ast.Break, ast.Continue)):
            raise cx.refuse(
                "the test of this loop writes, and its 'else' leaves the loop around it"
            ) from None
        cx.state = header.entry
        lower_while(cx, _with_test_inside(node), peeled)
    except Mismatch:
        cx.state = header.growing.undo()
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)

        def first() -> None:
            cx.hooks["stmts"](cx, node.body)
            exited = cx.state.env[EXIT]
            cx.hooks["branch"](cx, exited, lambda: None, rest)

        def rest() -> None:
            cx.state.env[LEFT] = Lit(False)
            lower_while(cx, node, peeled=True)

        cx.hooks["branch"](cx, test(), first, lambda: cx.hooks["stmts"](cx, node.orelse))
        cx.state.env[LEFT] = (
            cx.state.env.get(RETURNED, Lit(False)) if has([node], ast.Return) else Lit(False)
        )
        cx.state.env[EXIT] = cx.state.env[LEFT]


def _with_test_inside(node: Any) -> ast.While:
    """`while test: body; else: rest` as `while True: if test: body; else: rest; break`."""
    if not hasattr(node, "test_inside"):
        leave = ast.copy_location(ast.Break(), node.test)
        choice = ast.If(node.test, [*node.body], [*node.orelse, leave])
        forever = ast.copy_location(ast.Constant(True), node.test)
        loop = ast.While(forever, [ast.copy_location(choice, node.test)], [])
        node.test_inside = ast.copy_location(loop, node)
    result: ast.While = node.test_inside
    return result
