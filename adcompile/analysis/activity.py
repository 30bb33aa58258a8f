"""Activity: which values depend on the differentiated inputs through differentiable operations.

By version, with a fixed point at loop headers.
"""

from __future__ import annotations

from collections.abc import Iterable

from adcompile.ir.avals import is_inexact
from adcompile.ir.nodes import Block, Call, For, Function, If, Let, Try, Var, While
from adcompile.ir.walk import let_trees, tree_vars


def active_vars(fn: Function, inputs: Iterable[Var]) -> set[Var]:
    """The variables of `fn` that carry a tangent when `inputs` do."""
    active: set[Var] = set(inputs)

    def block(b: Block) -> None:
        for stmt in b.stmts:
            if isinstance(stmt, Let):
                if stmt.op.differentiable and is_inexact(stmt.out.aval):
                    operands = (v for t in let_trees(stmt) for v in tree_vars(t))
                    if any(v in active for v in operands):
                        active.add(stmt.out)
            elif isinstance(stmt, (If, Try)):
                block(stmt.then)
                block(stmt.orelse)
                for out, a, b2 in zip(
                    stmt.outs, stmt.then.results, stmt.orelse.results, strict=True
                ):
                    if is_inexact(out.aval) and (a in active or b2 in active):
                        active.add(out)
            elif isinstance(stmt, (For, While)):
                loop(stmt)
            else:
                assert isinstance(stmt, Call)

    def loop(stmt: For | While) -> None:
        for c in stmt.carries:
            if c.init in active:
                active.add(c.param)
        while True:
            before = len(active)
            block(stmt.body)
            for c, result in zip(stmt.carries, stmt.body.results, strict=False):
                if result in active and is_inexact(c.param.aval):
                    active.add(c.param)
            if len(active) == before:
                break
        active.update(c.out for c in stmt.carries if c.param in active)

    block(fn.body)
    return active
