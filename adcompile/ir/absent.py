"""Values that some path leaves without one: outputs of conditionals and loops.

In the IR they are `UNDEFINED` there. Generated code simply does not assign them, except where a
value is handed on under another name: then it is None.
"""

from __future__ import annotations

from dataclasses import replace

from adcompile.ir.avals import Array
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    For,
    Function,
    If,
    Let,
    Lit,
    Stmt,
    Try,
    Var,
    While,
)
from adcompile.ir.primitives import Primitive
from adcompile.ir.walk import all_stmts, map_blocks


def absent_values(fn: Function, none_too: bool = False, attempts: bool = False) -> set[Var]:
    """Values that are unbound (or, with none_too, None) on some path.

    Those of a Try that failed count with `attempts`: they are read where it completed, so they
    are bound, unless its body has left them without a value.
    """
    found: set[Var] = set()
    left: set[Atom] = set()  # without a value by the body of a Try
    tried: dict[Atom, tuple[Var, ...]] = {
        s.done: s.outs for s in all_stmts(fn.body) if isinstance(s, Try)
    }
    size = -1

    def gone(r: Atom) -> bool:
        none = none_too and isinstance(r, Lit) and r.value is None
        return none or r is UNDEFINED or r in found

    while size != len(found):
        size = len(found)
        for stmt in all_stmts(fn.body):
            if isinstance(stmt, Try):
                sides = zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True)
                for v, a, b in sides:
                    if gone(a):
                        left.add(v)
                    if gone(a) or (attempts and gone(b)):
                        found.add(v)
            elif isinstance(stmt, If):
                sides = zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True)
                sure = {*tried.get(stmt.cond, ())} - left
                found.update(
                    v
                    for v, a, b in sides
                    if (gone(a) and a not in sure) or (gone(b) and not stmt.checkpoint)
                )
            elif isinstance(stmt, (For, While)):
                for c, r in zip(stmt.carries, stmt.body.results, strict=False):
                    if gone(c.init) or gone(r):
                        found.update((c.param, c.out))
    return found


def unbound_if_failed(stmt: Try) -> set[Var]:
    """The outputs of a Try that have a value only where it completed."""
    sides = zip(stmt.outs, stmt.orelse.results, strict=True)
    return {v for v, other in sides if other is UNDEFINED}


def bind_to_none(fn: Function, variables: set[Var], copy: Primitive | None = None) -> Function:
    """`fn` with these values, and those that flow into them, None on the paths without one.

    With `copy`, an array among them is copied in its own branch, where it is known to be one:
    so it can leave the program.
    """
    absent = absent_values(fn, none_too=True, attempts=True) if copy is not None else set()
    _flow_back(fn, variables)

    def block(b: Block) -> Block:
        return Block(tuple(map(one, b.stmts)), b.results)

    def side(stmt: If | Try, b: Block) -> Block:
        stmts = list(b.stmts)
        results: list[Atom] = []
        for out, r in zip(stmt.outs, b.results, strict=True):
            if out in variables and r is UNDEFINED:
                r = Lit(None)
            elif out in variables and isinstance(r, Var):
                leaves = copy is not None and out in absent and r not in absent
                if leaves and copy is not None and isinstance(r.aval, Array):
                    made = Var(r.aval, r.hint)
                    stmts.append(Let(made, copy, (r,)))
                    r = made
            results.append(r)
        return Block(tuple(stmts), tuple(results))

    def one(stmt: Stmt) -> Stmt:
        if isinstance(stmt, (If, Try)):
            stmt = replace(stmt, then=side(stmt, stmt.then), orelse=side(stmt, stmt.orelse))
        elif isinstance(stmt, (For, While)):
            carries = tuple(
                replace(c, init=Lit(None)) if c.out in variables and c.init is UNDEFINED else c
                for c in stmt.carries
            )
            stmt = replace(stmt, carries=carries)
        return map_blocks(block, stmt)

    return replace(fn, body=block(fn.body))


def _flow_back(fn: Function, variables: set[Var]) -> None:
    """Add to `variables` the values that flow into them."""
    size = -1
    while size != len(variables):
        size = len(variables)
        for stmt in all_stmts(fn.body):
            found: list[tuple[Atom, ...]]
            if isinstance(stmt, (If, Try)):
                sides = zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True)
                found = [(v, a, b) for v, a, b in sides if v in variables]
            elif isinstance(stmt, (For, While)):
                moved = zip(stmt.carries, stmt.body.results, strict=False)
                found = [
                    (c.param, c.out, c.init, r)
                    for c, r in moved
                    if c.out in variables or c.param in variables
                ]
            else:
                continue
            variables.update(v for group in found for v in group if isinstance(v, Var))
