"""Loops: the names of loop variables, and the statements before, inside and at the end."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcompile.codegen.endings import Loop, append, early, end, plan_break
from adcompile.codegen.headers import header
from adcompile.codegen.liveness import Moment, block_reads
from adcompile.codegen.moves import moves
from adcompile.codegen.names import Alive
from adcompile.codegen.state import Writer, assign
from adcompile.codegen.values import bound_inside
from adcompile.ir.nodes import UNDEFINED, Atom, Block, Lit, Var
from adcompile.ir.walk import blocks


def loop(w: Writer, stmt: Loop, at: Moment, out: list[ast.stmt]) -> None:
    """Append a loop and what precedes it: its variables' first values, empty lists."""
    names = w.names
    through = _alive_inside(w, stmt, at.alive)
    _enter(w, stmt, through, at.reading, out)
    _hold_variables(w, stmt)
    made = header(w, stmt, through, out)
    _hold_variables(w, stmt)
    held = dict(names.holder)
    w.origins.forget()
    made.body = _body(w, stmt, through) or [ast.Pass()]
    w.origins.forget()
    names.holder = held
    for c in stmt.carries:
        names.of[c.out] = names.of[c.param]
        names.holder[names.of[c.param]] = c.out
    out.append(made)


def _alive_inside(w: Writer, stmt: Loop, alive: Alive) -> Alive:
    """What is alive all through a loop: what it reads from outside, and what is read later."""
    inside: set[Var] = set()
    for _, b in blocks(stmt):
        block_reads(b, w.nested, inside)
    own = bound_inside(stmt)
    captured = {w.names.base(v) for v in inside if v not in own}
    return lambda v: v in captured or alive(v)


def _hold_variables(w: Writer, stmt: Loop) -> None:
    for c in stmt.carries:
        w.names.holder[w.names.of[c.param]] = c.param


def _enter(w: Writer, stmt: Loop, through: Alive, reading: Alive, out: list[ast.stmt]) -> None:
    """Name the loop variables and the lists, and append their first values."""
    names = w.names
    inits = [c.init for c in stmt.carries]
    first: list[tuple[str, Atom]] = []
    given: set[str] = set()
    for c in stmt.carries:
        if c.out in names.prefer:
            names.prefer.setdefault(c.param, names.prefer[c.out])
        text = _kept_name(w, c.init, c.param, through, inits, given)
        if text is None:
            alive = _before_loop(w, through, reading, inits)
            text = names.give(c.param, alive, frozenset(given))
        given.add(text)
        names.of[c.param] = text
        unbound = c.init is UNDEFINED and not c.param.hint
        first.append((text, Lit(None) if unbound else c.init))
    lists = []
    for v in stmt.collects:
        text = names.give(v, reading, frozenset(given))
        given.add(text)
        lists.append(assign(text, ast.List([], ast.Load())))
    out += moves(w, first)
    out += lists


def _kept_name(
    w: Writer,
    init: Atom,
    param: Var,
    through: Alive,
    inits: Sequence[Atom],
    given: set[str],
) -> str | None:
    """A loop variable keeps its initial value's name where that is read nowhere else."""
    base, text = w.named(init), w.names.held(init)
    if base is None or text is None or through(base) or text in given:
        return None
    if sum(1 for i in inits if isinstance(i, Var) and w.names.base(i) is base) != 1:
        return None
    wish = w.names.prefer.get(param, param.hint)
    if not wish or wish == text or not w.names.free(wish, through):
        return text
    return None


def _before_loop(w: Writer, through: Alive, reading: Alive, inits: Sequence[Atom]) -> Alive:
    """What is alive while the loop variables take their first values.

    A lone initial value is read by its own variable, which may take its name.
    """
    bases = {w.named(i) for i in inits} - {None}
    alone = len(bases) == 1
    return lambda v: through(v) or (reading(v) and not (alone and v in bases))


def _body(w: Writer, stmt: Loop, through: Alive) -> list[ast.stmt]:
    """The statements of a body, its end included."""
    names = w.names
    for c, r in zip(stmt.carries, stmt.body.results, strict=False):
        if isinstance(r, Var):
            names.prefer.setdefault(names.base(r), names.of[c.param])
    plan_break(w, stmt)
    at_start = early(w, stmt)
    grown = {v for v, _ in at_start}
    n = len(stmt.carries) + stmt.exits
    later = [r for v, r in zip(stmt.collects, stmt.body.results[n:], strict=True) if v not in grown]
    inner = Block(stmt.body.stmts, (*stmt.body.results[:n], *later))
    body = [append(w, v, r) for v, r in at_start]
    return body + w.write_block(w, inner, through, lambda: end(w, stmt))
