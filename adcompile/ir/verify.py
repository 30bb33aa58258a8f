"""The invariants of the IR, checked after every pass in tests.

Every variable is assigned once and read after its definition: in its scope, or in a region of
the same key. Branches and loop bodies give as many results as there are outputs. Operands
that must be arrays are. After ownership: nothing reads an array version after its write.
"""

from __future__ import annotations

from collections.abc import Mapping

from adcompile.errors import VerificationError
from adcompile.ir.nodes import Block, For, Function, If, Let, Stmt, Try, Var, While
from adcompile.ir.text import stmt_text
from adcompile.ir.walk import Path, blocks, inner_vars, operands, outs, region

CHECK = False
"""Verify the IR after every pass (set by the tests)."""


def checked(fn: Function, stage: str, buffers: Mapping[Var, frozenset[Var]] | None = None) -> None:
    """Verify `fn` if all passes are to be verified."""
    if CHECK:
        verify(fn, stage, buffers)


def verify(fn: Function, stage: str, buffers: Mapping[Var, frozenset[Var]] | None = None) -> None:
    """Raise VerificationError, with the statement, if `fn` breaks an invariant."""
    work = _Verifier(stage, buffers)
    for p in fn.params:
        work.define(p, (), None)
    work.block(fn.body, ())


class _Verifier:
    def __init__(self, stage: str, buffers: Mapping[Var, frozenset[Var]] | None) -> None:
        self.stage = stage
        self.buffers = buffers
        self.where: dict[Var, Path] = {}
        self.consumed: dict[Var, Stmt] = {}

    def fail(self, message: str, stmt: Stmt | None) -> VerificationError:
        shown = f"\n{stmt_text(stmt, 1)}" if stmt is not None else ""
        return VerificationError(f"after {self.stage}: {message}{shown}")

    def define(self, var: Var, path: Path, stmt: Stmt | None) -> None:
        if var in self.where:
            raise self.fail(f"{var!r} is assigned twice", stmt)
        self.where[var] = path

    def read(self, var: Var, path: Path, stmt: Stmt | None) -> None:
        where = self.where.get(var)
        if where is None:
            raise self.fail(f"{var!r} is read before its definition", stmt)
        if path[: len(where)] != where:
            raise self.fail(f"{var!r} of region {where} is read in {path}", stmt)
        if var in self.consumed:
            raise self.fail(f"{var!r} is read after it was written in place", stmt)

    def block(self, block: Block, path: Path) -> None:
        for stmt in block.stmts:
            self.stmt(stmt, path)
        for result in block.results:
            if isinstance(result, Var):
                self.read(result, path, None)

    def stmt(self, stmt: Stmt, path: Path) -> None:
        metadata = isinstance(stmt, Let) and stmt.op.metadata
        for var in operands(stmt):
            if metadata and var in self.where:
                continue  # a shape may be read of an array that was since written
            self.read(var, path, stmt)
        if isinstance(stmt, (If, Try)):
            for side in (stmt.then, stmt.orelse):
                if len(side.results) != len(stmt.outs):
                    raise self.fail("a branch has another number of results", stmt)
        if isinstance(stmt, (For, While)):
            expected = len(stmt.carries) + stmt.exits + len(stmt.collects)
            if len(stmt.body.results) != expected:
                raise self.fail("a loop body has another number of results", stmt)
        for k, (name, inner) in enumerate(blocks(stmt)):
            deeper = (*path, region(stmt, name))
            if k == 0:
                for var in inner_vars(stmt):
                    self.define(var, deeper, stmt)
            before = dict(self.consumed)
            self.block(inner, deeper)
            if isinstance(stmt, (If, Try)):
                self.consumed = before
        for var in outs(stmt):
            self.define(var, path, stmt)
        if self.buffers is not None and isinstance(stmt, Let) and stmt.op.effect == "writes":
            base = stmt.args[0]
            if isinstance(base, Var):
                self.consumed[base] = stmt
