"""Which values are written inside the expression that uses them, as a person would.

A value is nested where it is used once, in the same block, and nothing in between writes what
it reads. The user's named values stay statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adcompile.ir.avals import Array
from adcompile.ir.nodes import Block, For, Function, Let, Stmt, Try, Var, While
from adcompile.ir.raising import may_raise
from adcompile.ir.tapes import PACK, UNPACK
from adcompile.ir.walk import blocks, let_trees, operands, tree_vars, use_counts

MAX_WIDTH = 64


def nested_values(
    fn: Function, buffers: Mapping[Var, frozenset[Var]], optimize: bool
) -> dict[Var, Let]:
    """The statements to nest, by the variable they define."""
    if not optimize:
        return {}
    work = _Nesting(use_counts(fn.body), buffers)
    work.block(fn.body)
    return work.nested


class _Nesting:
    def __init__(self, uses: dict[Var, int], buffers: Mapping[Var, frozenset[Var]]) -> None:
        self.uses = uses
        self.buffers = buffers
        self.nested: dict[Var, Let] = {}
        self.reads: dict[Var, frozenset[Var]] = {}
        self.width: dict[Var, int] = {}

    def block(self, block: Block, protected: bool = False) -> None:
        """Choose what nests in a block; `protected`: what raises keeps its order."""
        defined: dict[Var, tuple[int, Let]] = {}
        writes: list[frozenset[Var]] = []
        raising: list[Var | None] = []
        for i, stmt in enumerate(block.stmts):
            if isinstance(stmt, Let) and stmt.op.name in ("with", "leave"):
                defined.clear()  # what was computed outside of a context stays there
            for var in operands(stmt):
                if var in defined:
                    at, let = defined.pop(var)
                    self.consider(let, frozenset().union(*writes[at + 1 : i]), stmt)
            if protected:
                self.keep_order(stmt, raising)
                if may_raise(stmt):
                    raising.append(stmt.out if isinstance(stmt, Let) else None)
            writes.append(self.written(stmt))
            if isinstance(stmt, Let):
                self.measure(stmt)
                if stmt.op is PACK:
                    self.nested[stmt.out] = stmt
                elif self.candidate(stmt):
                    defined[stmt.out] = (i, stmt)
            for name, inner in blocks(stmt):
                self.block(inner, protected or (isinstance(stmt, Try) and name == "then"))
        for result in block.results:
            if protected and result in raising:
                continue
            if isinstance(result, Var) and result in defined and not result.hint:
                at, let = defined.pop(result)
                self.consider(let, frozenset().union(*writes[at + 1 :]), None)

    def keep_order(self, stmt: Stmt, raising: list[Var | None]) -> None:
        """Unnest the operands of a statement that would raise in another order than written."""
        chain = list(self.evaluated(stmt))
        lazy = isinstance(stmt, Let) and stmt.op.name in ("and", "or", "select")
        if chain and (lazy or raising[-len(chain) :] != chain):
            for var in operands(stmt):
                self.nested.pop(var, None)

    def evaluated(self, stmt: Stmt) -> Iterator[Var]:
        """What may raise in the expressions of a statement, in the order of evaluation."""
        trees = list(let_trees(stmt)) if isinstance(stmt, Let) else [*operands(stmt)]
        if isinstance(stmt, Let) and stmt.op.effect == "writes":
            trees = [*trees[2:], *trees[:2]]
        for var in (v for t in trees for v in tree_vars(t)):
            let = self.nested.get(var)
            if let is not None:
                yield from self.evaluated(let)
                if may_raise(let):
                    yield var

    def candidate(self, let: Let) -> bool:
        if let.op.effect != "pure" or let.op is UNPACK or self.uses.get(let.out, 0) != 1:
            return False
        tuple_ = let.args[0] if let.op.shape == "part" else None
        if isinstance(tuple_, Var) and self.uses.get(tuple_, 0) != 1:
            return False  # unpacked with the other items of its tuple
        return not let.out.hint or let.origin.derivative or let.linear

    def measure(self, let: Let) -> None:
        """What a value reads and how wide its expression is, nested parts included."""
        reads: frozenset[Var] = frozenset()
        width = len(let.op.spelling) + 2
        for tree in let_trees(let):
            for var in tree_vars(tree):
                if var in self.nested:
                    reads |= self.reads[var]
                    width += self.width[var]
                else:
                    if isinstance(var.aval, Array):
                        reads |= self.buffers.get(var, frozenset((var,)))
                    width += len(var.hint) or 3
        self.reads[let.out] = reads
        self.width[let.out] = width

    def consider(self, let: Let, written: frozenset[Var], user: Stmt | None) -> None:
        self.measure(let)
        if self.reads[let.out] & written:
            return
        if isinstance(user, Let) and user.op.effect == "writes" and user.args[0] is let.out:
            return
        named = bool(let.out.hint)
        limit = MAX_WIDTH // 2 if named else MAX_WIDTH
        if self.width[let.out] > limit:
            return
        if (
            isinstance(user, (For, While))
            and any(c.init is let.out for c in user.carries)
            and isinstance(let.out.aval, Array)
        ):
            return
        self.nested[let.out] = let

    def written(self, stmt: Stmt) -> frozenset[Var]:
        """The buffers that a statement may write."""
        if isinstance(stmt, Let):
            if stmt.op.effect != "writes":
                return frozenset()
            base = stmt.args[0]
            assert isinstance(base, Var)
            return self.buffers.get(base, frozenset((base,)))
        found: frozenset[Var] = frozenset()
        if isinstance(stmt, (For, While)):
            for c in stmt.carries:
                if isinstance(c.init, Var):
                    found |= self.buffers.get(c.init, frozenset((c.init,)))
        for _, inner in blocks(stmt):
            for s in inner.stmts:
                found |= self.written(s)
        return found
