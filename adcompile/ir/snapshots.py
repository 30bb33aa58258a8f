"""Checkpoints in the IR: operations on the snapshots of a loop, and marks around a call.

The object is `runtime.snapshots.Snapshots`. It changes as it is used, so its operations keep their
order and happen once; none of them is an effect that the user would notice.
"""

from __future__ import annotations

import operator
from typing import Any

from adcompile.ir.avals import INT, Aval, Opaque, Parts
from adcompile.ir.nodes import UNDEFINED, Block, If, Let, Lit, Stmt, Var, new_key
from adcompile.ir.primitives import Primitive, not_here, signature
from adcompile.ir.walk import map_blocks, outs, reads_of, substitute

SNAPSHOTS = Opaque("snapshots")


def _row(name: str, params: str, effect: str, **more: Any) -> Primitive:
    facts: dict[str, Any] = {"cost": 9, "differentiable": False, "variadic": True, **more}
    return Primitive(name, not_here, signature(params), f"@{name}", "none", effect=effect, **facts)


NEW = _row("snapshots", "slots, start, stop, step", "fresh")
"""Before a loop over range(start, stop, step); without a range the trip count is unknown."""

OFFER = _row("offer", "snapshots", "effect")
"""offer(snapshots, *carries): an iteration begins."""

REWIND = _row("rewind", "snapshots", "fresh")
REPLAY = _row("replay", "snapshots", "fresh")
"""What a backward or a forward sweep over the iterations works on."""

RESTORE = _row("restore", "snapshots", "draw")
"""(number of an iteration, *carries at its start): `Parts`, taken apart by RESTORED."""

RESTORED = Primitive(
    "restored", operator.getitem, signature("x, index"), "@getitem", "part", cost=0, alias="stored"
)

RECORD = _row("record", "snapshots, value", "effect")
RECORDED = _row("recorded", "snapshots", "draw", alias="stored")
"""What must not be computed twice: given to the snapshots, taken from them in another run."""

INTERNAL = frozenset((NEW, OFFER, REWIND, REPLAY, RESTORE, RECORD, RECORDED))

BEGIN = _row("begin_checkpoint", "", "effect")
END = _row("end_checkpoint", "mark", "effect")
"""Around the statements of a call whose values are not kept; `regions` makes it a region."""


def regions(block: Block) -> Block:
    """`block` with what lies between BEGIN and END as regions, results as its outputs."""
    stmts = [map_blocks(regions, s) for s in block.stmts]
    results = block.results
    for first in range(len(stmts) - 1, -1, -1):  # inner calls first
        mark = stmts[first]
        if not (isinstance(mark, Let) and mark.op is BEGIN):
            continue
        last = next((k for k, s in enumerate(stmts) if _ends(s, mark.out)), None)
        if last is None:  # it always raises
            del stmts[first]
            continue
        inside = stmts[first + 1 : last]
        rest = Block(tuple(stmts[last + 1 :]), results)
        region, rest = _region(mark, inside, rest)
        stmts[first:] = [region, *rest.stmts]
        results = rest.results
    return Block(tuple(stmts), results)


def _ends(stmt: Stmt, mark: Var) -> bool:
    return isinstance(stmt, Let) and stmt.op is END and stmt.args[0] is mark


def _region(mark: Let, inside: list[Stmt], rest: Block) -> tuple[Stmt, Block]:
    """A region of statements, and what follows reading its outputs."""
    read = {r for r in rest.results if isinstance(r, Var)}.union(*map(reads_of, rest.stmts))
    leaving = [v for s in inside for v in outs(s) if v in read]
    new = {v: Var(v.aval, v.hint) for v in leaving}
    then = Block(tuple(inside), tuple(leaving))
    orelse = Block((), tuple(UNDEFINED for _ in leaving))
    region = If(
        tuple(new.values()), Lit(True), then, orelse, new_key(), mark.origin, checkpoint=True
    )
    return region, substitute(rest, new)


def restored_kind(kinds: list[Aval]) -> Aval:
    """The kind of what RESTORE gives."""
    return Parts("restored", (INT, *kinds))
