"""Splitting a linearised program into its primal part and its linear part.

The linear part keeps the structure: its loops run the same iterations (same key) and read the
primal loops' values of each iteration.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from adcompile.ir.avals import INT
from adcompile.ir.nodes import Atom, Block, For, If, Let, Lit, Stmt, Try, Var, While
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import defined


def split(
    stmts: tuple[Stmt, ...], linear: set[Var], registry: Registry
) -> tuple[list[Stmt], list[Stmt]]:
    """(primal statements, linear statements)."""
    primal: list[Stmt] = []
    tangent: list[Stmt] = []
    for stmt in stmts:
        if isinstance(stmt, Let):
            (tangent if stmt.linear or stmt.out in linear else primal).append(stmt)
        elif isinstance(stmt, Try):  # it protects primal statements alone
            primal.append(stmt)
        elif _wholly(stmt, linear):
            tangent.append(stmt)
        elif isinstance(stmt, If):
            _conditional(stmt, linear, registry, primal, tangent)
        elif isinstance(stmt, (For, While)):
            _loop(stmt, linear, registry, primal, tangent)
        else:
            raise NotImplementedError
    return primal, tangent


def apart(
    stmts: tuple[Stmt, ...],
    block: Block,
    linear: set[Var],
    registry: Registry,
    also: Set[Var] = frozenset(),
) -> tuple[list[Stmt], list[Stmt]]:
    """The linearised statements of `block` as its own (and what defines `also`), and all that
    linearisation added."""
    own = {v for s in block.stmts for v in defined(s)} | also
    added = {v for s in stmts for v in defined(s)} - own
    return split(stmts, linear | added, registry)


def _conditional(
    stmt: If, linear: set[Var], registry: Registry, primal: list[Stmt], tangent: list[Stmt]
) -> None:
    sides = [split(b.stmts, linear, registry) for b in (stmt.then, stmt.orelse)]
    for part, sink in ((0, primal), (1, tangent)):
        keep = [k for k, v in enumerate(stmt.outs) if (v in linear) == bool(part)]
        blocks = [
            Block(tuple(side[part]), tuple(b.results[k] for k in keep))
            for side, b in zip(sides, (stmt.then, stmt.orelse), strict=True)
        ]
        if part and not keep and not blocks[0].stmts and not blocks[1].stmts:
            continue
        outs = tuple(stmt.outs[k] for k in keep)
        sink.append(replace(stmt, outs=outs, then=blocks[0], orelse=blocks[1]))


def _loop(
    stmt: For | While,
    linear: set[Var],
    registry: Registry,
    primal: list[Stmt],
    tangent: list[Stmt],
) -> None:
    first, second = split(stmt.body.stmts, linear, registry)
    count = len(stmt.carries)
    tail = stmt.body.results[count:]
    is_linear = [c.param in linear for c in stmt.carries]
    results = stmt.body.results[:count]
    mine = tuple(r for r, lin in zip(results, is_linear, strict=True) if not lin)
    theirs = tuple(r for r, lin in zip(results, is_linear, strict=True) if lin)
    main = replace(
        stmt,
        carries=tuple(c for c, lin in zip(stmt.carries, is_linear, strict=True) if not lin),
        body=Block(tuple(first), (*mine, *tail)),
    )
    needs_loop = bool(second or theirs)
    start: Atom = Lit(0)
    stop: Atom
    step: Atom = Lit(1)
    index = Var(INT, "k")
    backward = False
    after: list[Stmt] = []
    if isinstance(stmt, For):
        index, start, stop, step = stmt.index, stmt.start, stmt.stop, stmt.step
        backward = stmt.backward
    if needs_loop and (isinstance(stmt, While) or stmt.exits):
        trips = main.count if main.count is not None else Var(INT, "count")
        main = replace(main, count=trips)
        stop = trips
        if isinstance(stmt, For) and not _is_one(step):
            scaled = Var(INT)
            after.append(Let(scaled, registry.by_name["multiply"], (trips, step)))
            stop = scaled
        if isinstance(stmt, For) and not _is_zero(start):
            moved = Var(INT)
            after.append(Let(moved, registry.by_name["add"], (start, stop)))
            stop = moved
    elif isinstance(stmt, For):
        stop = stmt.stop
    else:
        stop = Lit(0)
    primal.append(main)
    primal.extend(after)
    if not needs_loop:
        return
    new_index = Var(index.aval, index.hint)
    tangent.append(
        For(
            start,
            stop,
            step,
            new_index,
            tuple(c for c, lin in zip(stmt.carries, is_linear, strict=True) if lin),
            Block(tuple(second), theirs),
            stmt.key,
            backward=backward,
            origin=stmt.origin,
        )
    )


def _wholly(stmt: Stmt, linear: set[Var]) -> bool:
    """Whether nothing of a region belongs to the primal part."""
    inside = list(defined(stmt))
    return bool(inside) and all(v in linear for v in inside)


def _is_one(atom: Atom) -> bool:
    return isinstance(atom, Lit) and atom.value == 1


def _is_zero(atom: Atom) -> bool:
    return isinstance(atom, Lit) and atom.value == 0
