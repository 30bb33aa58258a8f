"""A reverse-mode program in two halves: the value with its residuals, and the pullback."""

from __future__ import annotations

from adcompile.ir.absent import bind_to_none
from adcompile.ir.nodes import Atom, Block, For, Function, Let, Stmt, Var, While
from adcompile.ir.primitives import Registry
from adcompile.ir.tapes import packed_values
from adcompile.ir.walk import all_stmts, blocks, inner_vars, outs, reads_of, substitute


def split_at(
    fn: Function,
    seeds: set[Var],
    values: tuple[Atom, ...],
    bars: tuple[Atom, ...],
    registry: Registry,
) -> tuple[Function, Function, list[Var]]:
    """`fn` as a first half that does not need the seeds and a second half that does.

    The second takes what it reads of the first (the residuals), then the seeds.
    """
    late: set[Var] = set(seeds)
    first: list[Stmt] = []
    second: list[Stmt] = []
    for stmt in fn.body.stmts:
        if reads_of(stmt) & late:
            second.append(stmt)
            late.update(outs(stmt))
        else:
            first.append(stmt)
    first, sunk = _sunk(first)
    second = [*sunk, *second]
    needed: set[Var] = set().union(*(reads_of(s) for s in second)) if second else set()
    needed |= {b for b in bars if isinstance(b, Var)}
    local = {v for s in second for v in outs(s)}
    inner = {v for s in second for v in defined_inside(s)}
    order = [*fn.params, *(v for s in first for v in outs(s))]
    residuals = [v for v in order if v in needed and v not in local | inner | seeds]
    own = tuple(p for p in fn.params if p not in seeds)
    one = Function(fn.name, own, Block(tuple(first), (*values, *residuals)))
    kept = {*residuals, *_taped(one)}
    one = bind_to_none(one, kept, registry.by_name["copy"])
    new = {v: Var(v.aval, v.hint) for v in residuals}
    body = substitute(Block(tuple(second), bars), new)
    given = tuple(new[v] for v in residuals)
    kept_seeds = tuple(p for p in fn.params if p in seeds)
    return one, Function(fn.name, (*given, *kept_seeds), body), residuals


def _sunk(stmts: list[Stmt]) -> tuple[list[Stmt], list[Stmt]]:
    """Objects that change as they are used are made in the half that uses them: each run of the
    second half needs new ones."""
    kept: list[Stmt] = []
    sunk: list[Stmt] = []
    read: set[Var] = set()
    for stmt in reversed(stmts):
        if isinstance(stmt, Let) and stmt.op.effect == "fresh" and stmt.out not in read:
            sunk.append(stmt)
            continue
        kept.append(stmt)
        read |= reads_of(stmt)
    return kept[::-1], sunk[::-1]


def _taped(fn: Function) -> set[Var]:
    """What loops keep in lists: it leaves the first half too."""
    found: set[Var] = set()
    for stmt in all_stmts(fn.body):
        if isinstance(stmt, (For, While)):
            kept = stmt.body.results[len(stmt.carries) + stmt.exits :]
            packed = packed_values(stmt.body.stmts)
            found.update(v for r in kept if isinstance(r, Var) for v in packed.get(r, (r,)))
    return found


def defined_inside(stmt: Stmt) -> set[Var]:
    found = set(inner_vars(stmt))
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            found |= set(outs(s)) | defined_inside(s)
    return found
