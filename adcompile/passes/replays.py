"""Iterations of a marked loop run again: the loop that offers states, those that restore them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from adcompile.ir.avals import INT, Opaque
from adcompile.ir.copying import Copier
from adcompile.ir.nodes import Atom, Block, Carry, For, Let, Lit, Origin, Stmt, Var, new_key
from adcompile.ir.primitives import Registry
from adcompile.ir.raising import RAISING
from adcompile.ir.snapshots import (
    NEW,
    OFFER,
    RECORD,
    RECORDED,
    RESTORE,
    RESTORED,
    restored_kind,
)
from adcompile.ir.walk import map_blocks, substitute


@dataclass(frozen=True, eq=False)
class MarkedLoop:
    """What is needed to run iterations of a marked loop again.

    carries: positions of those that are needed. once: the values that are recorded.
    snapshots: the object, None where there is nothing to keep.
    """

    stmt: For
    carries: tuple[int, ...]
    once: frozenset[Var]
    snapshots: Var | None


def offering(loop: MarkedLoop) -> Iterable[Stmt]:
    """A marked loop that offers what it carries."""
    stmt, snapshots = loop.stmt, loop.snapshots
    if snapshots is None:
        return [replace(stmt, checkpoint=None)]
    bounds = () if stmt.exits else (stmt.start, stmt.stop, stmt.step)
    new = Let(snapshots, NEW, (Lit(stmt.checkpoint), *bounds), (), stmt.origin)
    params = [stmt.carries[k].param for k in loop.carries]
    body = _recording(stmt.body, loop)
    body = Block((_offer(snapshots, params), *body.stmts), body.results)
    return [new, replace(stmt, checkpoint=None, body=body)]


def running_up(stmt: For, loop: MarkedLoop, sweep: Var | None, registry: Registry) -> For:
    """A backward loop that first runs up to its iteration from the last snapshot."""
    source = loop.stmt
    origin = stmt.origin.derived()
    front: list[Stmt] = []
    carries = [source.carries[k] for k in loop.carries]
    current: list[Atom] = []
    if sweep is not None:
        kinds = [c.param.aval for c in carries]
        restored = Var(restored_kind(kinds), "restored")
        front.append(Let(restored, RESTORE, (sweep,), (), origin))
        number = Var(INT, "start")
        held = [number, *(Var(c.param.aval, c.param.hint) for c in carries)]
        for k, v in enumerate(held):
            front.append(Let(v, RESTORED, (restored, Lit(k)), (), origin))
        start = _index_of(number, stmt, front, registry)
        copier = copier_of(loop.once, sweep, keep_keys=False)
        index = copier.var(source.index)
        params = [copier.var(c.param) for c in carries]
        body = copier.stmts(source.body.stmts)
        results = tuple(copier.atom(source.body.results[k]) for k in loop.carries)
        outs = [Var(c.param.aval, c.param.hint) for c in carries]
        front.append(
            For(
                start,
                stmt.index,
                stmt.step,
                index,
                tuple(map(Carry, held[1:], params, outs)),
                Block((_offer(sweep, params), *body), results),
                new_key(),
                origin=origin,
            )
        )
        current = list(outs)
    copier = copier_of(loop.once, sweep, keep_keys=True)
    copier.new.update({c.param: now for c, now in zip(carries, current, strict=True)})
    copier.new[source.index] = stmt.index
    front += copier.stmts(source.body.stmts)
    own = substitute(stmt.body, copier.new)
    return replace(stmt, body=Block((*front, *own.stmts), own.results))


def _index_of(number: Var, stmt: For, stmts: list[Stmt], registry: Registry) -> Atom:
    """The index of the iteration with a number."""
    value: Atom = number
    for name, atom, neutral in (("multiply", stmt.step, 1), ("add", stmt.start, 0)):
        if not (isinstance(atom, Lit) and atom.value == neutral):
            made = Var(INT, "start")
            op = registry.by_name[name]
            stmts.append(Let(made, op, (value, atom), (), stmt.origin.derived()))
            value = made
    return value


def carrying_along(stmt: For, loop: MarkedLoop, sweep: Var | None) -> For:
    """A forward loop that carries along what the marked loop carried."""
    source = loop.stmt
    copier = copier_of(loop.once, sweep, keep_keys=True)
    copier.new[source.index] = stmt.index
    carries = [source.carries[k] for k in loop.carries]
    params = [copier.var(c.param) for c in carries]
    copies = copier.stmts(source.body.stmts)
    own = substitute(stmt.body, copier.new)
    results = tuple(copier.atom(source.body.results[k]) for k in loop.carries)
    outs = [Var(c.param.aval, c.param.hint) for c in carries]
    more = tuple(map(Carry, [c.init for c in carries], params, outs))
    n = len(stmt.carries)
    body = Block((*copies, *own.stmts), (*own.results[:n], *results, *own.results[n:]))
    return replace(stmt, carries=(*stmt.carries, *more), body=body)


def copier_of(once: Collection[Var], sweep: Var | None, keep_keys: bool) -> Copier:
    """Copies what can be run again; what cannot is taken from the record if there is one, else it
    is left out: copies read what it was."""

    def instead(let: Let, copier: Copier) -> Iterable[Stmt]:
        if let.out in once:
            if sweep is not None:
                origin = let.origin.derived()
                yield Let(copier.var(let.out), RECORDED, (sweep,), (), origin)
        elif let.op.repeatable or (copier.protected and let.op.name in RAISING):
            yield copier.stmt(let)

    return Copier(keep_keys=keep_keys, instead=instead, origin=Origin.derived)


def _offer(snapshots: Var, params: Iterable[Var]) -> Let:
    return Let(Var(Opaque("None")), OFFER, (snapshots, *params))


def _recording(block: Block, loop: MarkedLoop) -> Block:
    """A body that records what must not be computed twice."""
    stmts: list[Stmt] = []
    for stmt in block.stmts:
        stmts.append(map_blocks(lambda b: _recording(b, loop), stmt))
        if isinstance(stmt, Let) and stmt.out in loop.once:
            args = (loop.snapshots, stmt.out)
            stmts.append(Let(Var(Opaque("None")), RECORD, args, (), stmt.origin))  # type: ignore[arg-type]
    return Block(tuple(stmts), block.results)
