"""Which named values are read when: what decides whether a name is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adcompile.codegen.names import Alive, Names
from adcompile.ir.nodes import Block, Let, Stmt, Var
from adcompile.ir.raising import may_raise
from adcompile.ir.walk import blocks, let_trees, operands, tree_vars

Nested = Mapping[Var, Let]
LAST = 1 << 60


@dataclass(frozen=True)
class Moment:
    """Of a statement: which values are alive after it, and which are read by it or later."""

    alive: Alive
    reading: Alive


class Liveness:
    """Of the statements of a block that are written as such: when each value is last read.

    outside: what is alive after the block. kept: values that are read if it raises.
    """

    def __init__(
        self,
        names: Names,
        nested: Nested,
        stmts: Sequence[Stmt],
        block: Block,
        outside: Alive,
        kept: frozenset[Var],
    ) -> None:
        self.base = names.base
        self.outside = outside
        self.kept = kept
        self.last: dict[Var, int] = {}
        for i, stmt in enumerate(stmts):
            for v in reads(stmt, nested):
                self.last[self.base(v)] = i
        tail: set[Var] = set()
        add_named((r for r in block.results if isinstance(r, Var)), nested, tail)
        for v in tail:
            self.last[self.base(v)] = LAST
        self.raising = max((i for i, s in enumerate(stmts) if kept and may_raise(s)), default=-1)

    def moment(self, stmt: Stmt, first: int, end: int) -> Moment:
        """Of the statement at `first`, written together with those up to `end`."""
        # An exception may still have a kept value read: a region may bind and then raise.
        bar = self.raising + (not isinstance(stmt, Let))

        def risked(v: Var) -> bool:
            return v in self.kept and first < bar

        def alive(v: Var) -> bool:
            b = self.base(v)
            return self.last.get(b, -1) >= end or self.outside(b) or risked(b)

        def reading(v: Var) -> bool:
            b = self.base(v)
            return self.last.get(b, -1) >= first or self.outside(b) or risked(b)

        return Moment(alive, reading)


def reads(stmt: Stmt, nested: Nested) -> set[Var]:
    """Named values that a statement reads when it runs, nested expressions included."""
    found: set[Var] = set()
    add_named(operands(stmt), nested, found)
    for _, inner in blocks(stmt):
        block_reads(inner, nested, found)
    return found


def block_reads(block: Block, nested: Nested, found: set[Var]) -> None:
    """Add the named values that a block reads."""
    for s in block.stmts:
        if isinstance(s, Let) and s.out in nested:
            continue
        add_named(operands(s), nested, found)
        for _, inner in blocks(s):
            block_reads(inner, nested, found)
    add_named((r for r in block.results if isinstance(r, Var)), nested, found)


def add_named(variables: Iterable[Var], nested: Nested, found: set[Var]) -> None:
    """Add the variables, of a nested one those that its expression reads."""
    for v in variables:
        let = nested.get(v)
        if let is None:
            found.add(v)
        else:
            add_named((x for t in let_trees(let) for x in tree_vars(t)), nested, found)


def all_reads(block: Block) -> set[Var]:
    """Every value that is read in a block."""
    found: set[Var] = set()
    for s in block.stmts:
        found.update(operands(s))
        for _, inner in blocks(s):
            found |= all_reads(inner)
    found.update(r for r in block.results if isinstance(r, Var))
    return found
