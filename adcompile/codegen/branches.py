"""The two sides of a conditional or a `try`, and the names of the values that leave them."""

from __future__ import annotations

import ast

from adcompile.codegen.liveness import Moment
from adcompile.codegen.moves import moves
from adcompile.codegen.names import Alive
from adcompile.codegen.state import Writer
from adcompile.ir.nodes import Block, If, Try, Var


def branches(w: Writer, stmt: If | Try, at: Moment) -> list[list[ast.stmt]]:
    """The statements of both sides; the outputs of `stmt` are named."""
    names = w.names
    before = dict(names.holder)
    _name_outputs(w, stmt, at.alive)
    # What shares its name with an output is unbound on the other side.
    shared = {names.base(v) for v in stmt.outs if v in names.root}

    def outside_else(v: Var) -> bool:
        return names.base(v) not in shared and at.alive(v)

    def enter() -> None:
        names.holder = dict(before)
        w.origins.forget()

    enter()
    if isinstance(stmt, Try):
        fallbacks = stmt.orelse.results
        risked = frozenset(names.base(r) for r in fallbacks if isinstance(r, Var))
        w.protected += 1
        then = _side(w, stmt, stmt.then, at.alive, risked)
        w.protected -= 1
    else:
        then = _side(w, stmt, stmt.then, at.alive)
    enter()
    orelse = _side(w, stmt, stmt.orelse, outside_else if shared else at.alive)
    enter()
    for v in stmt.outs:
        names.holder[names.of[v]] = v
    return [then, orelse]


def _side(
    w: Writer,
    stmt: If | Try,
    side: Block,
    outside: Alive,
    kept: frozenset[Var] = frozenset(),
) -> list[ast.stmt]:
    """One side; at its end the outputs take their values."""
    pairs = [(w.names.of[v], r) for v, r in zip(stmt.outs, side.results, strict=True)]
    for text, r in pairs:
        if isinstance(r, Var):
            w.names.prefer.setdefault(w.names.base(r), text)
    return w.write_block(w, side, outside, lambda: moves(w, pairs), kept)


def _name_outputs(w: Writer, stmt: If | Try, alive: Alive) -> None:
    """Name what leaves a conditional: an unchanged outer value keeps its own."""
    names = w.names
    for k, v in enumerate(stmt.outs):
        if v in names.root:
            names.of[v] = names.shared(v)
            continue
        wish = names.prefer.get(v)
        kept = None
        for r in (stmt.then.results[k], stmt.orelse.results[k]):
            text = names.held(r)
            if text is not None and not alive(names.base(r)):  # type: ignore[arg-type]
                kept = text
        others = frozenset(names.of[x] for x in stmt.outs[:k])
        if kept is not None and kept not in others and (wish is None or wish == kept):
            names.of[v] = kept
        else:
            # A name that only the branches still read is free: each side takes it when
            # its last read is past, or at its end.
            names.give(v, alive, others)
