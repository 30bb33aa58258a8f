"""The statements of a block, each written where the names it reads and gives are known."""

from __future__ import annotations

import ast
from collections.abc import Callable

from adcompile.codegen.attempts import Attempt, attempt
from adcompile.codegen.conditionals import conditional
from adcompile.codegen.liveness import Liveness
from adcompile.codegen.loops import loop
from adcompile.codegen.names import Alive
from adcompile.codegen.state import Writer
from adcompile.codegen.statements import (
    close_context,
    open_context,
    operation,
    unpacked,
    unpacking,
)
from adcompile.ir.nodes import Block, For, If, Let, Try, Var, While
from adcompile.ir.tapes import UNPACK


def write_block(
    w: Writer,
    block: Block,
    outside: Alive,
    finish: Callable[[], list[ast.stmt]],
    kept: frozenset[Var] = frozenset(),
) -> list[ast.stmt]:
    """The statements of a block.

    outside: what is alive after it. finish: the statements at its end. kept: values that are
    read if it raises an exception.
    """
    w.names.link(block)
    w.names.made.update((s.out, s) for s in block.stmts if isinstance(s, Let))
    stmts = [
        s for s in block.stmts if not (isinstance(s, Let) and (s.out in w.nested or s.op is UNPACK))
    ]
    live = Liveness(w.names, w.nested, stmts, block, outside, kept)
    out: list[ast.stmt] = []
    whole = out
    end = 0
    contexts: list[tuple[ast.With, list[ast.stmt]]] = []
    opened: list[Attempt] = []
    for i, stmt in enumerate(stmts):
        if i < end:  # unpacked with the tuple before it
            continue
        parts = unpacked(w, stmt, stmts[i + 1 :])
        end = i + 1 + len(parts)
        at = live.moment(stmt, i, end)
        if isinstance(stmt, Let) and stmt.op.name == "leave":
            made, out = contexts.pop()
            close_context(made)
            continue
        w.origins.comment(stmt.origin, out)
        if isinstance(stmt, Let) and stmt.op.name == "with":
            made = open_context(w, stmt, at.alive)
            out.append(made)
            contexts.append((made, out))
            out = made.body
        elif isinstance(stmt, Let):
            alive = at.alive
            written = unpacking(w, stmt, parts, alive) if parts else operation(w, stmt, alive)
            w.origins.at.append((written, stmt.origin))
            out.append(written)
        elif isinstance(stmt, Try):
            opened.append(attempt(w, stmt, at, out))
        elif isinstance(stmt, If):
            conditional(w, stmt, at, out)
            if opened:
                opened[-1].absorb(out)
        else:
            assert isinstance(stmt, (For, While))
            loop(w, stmt, at, out)
    for tried in opened:
        tried.close()
    return whole + finish()
