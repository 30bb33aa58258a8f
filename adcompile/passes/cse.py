"""Common subexpressions: one value for equal pure operations, within the scope of the first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adcompile.ir.nodes import (
    Atom,
    Block,
    Function,
    Lens,
    Let,
    Lit,
    SliceTree,
    Stmt,
    Tree,
    Var,
)
from adcompile.ir.walk import map_atoms, map_blocks

MUTABLE = frozenset(("zeros_like", "creation", "full", "full_like", "copy", "array", "none"))
"""Shapes of operations whose results are buffers to write: each keeps its own."""


def eliminate_common_subexpressions(fn: Function) -> Function:
    """`fn` with equal pure operations computed once."""
    work = _Numbering()
    body = work.block(fn.body)
    return replace(fn, body=_resubstitute(body, work.same))


class _Numbering:
    def __init__(self) -> None:
        self.same: dict[Var, Var] = {}
        self.known: dict[Any, Var] = {}

    def atom(self, a: Atom) -> Atom:
        while isinstance(a, Var) and a in self.same:
            a = self.same[a]
        return a

    def block(self, block: Block) -> Block:
        mine: list[Any] = []
        outside = self.known
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            if not isinstance(stmt, Let):
                stmts.append(map_blocks(self.block, stmt))
                continue
            stmt = map_atoms(self.atom, stmt)
            assert isinstance(stmt, Let)
            if stmt.op.name in ("with", "leave"):  # the same operation may raise there
                self._forget(mine)
                self.known, mine = {}, []
            key = _key(stmt)
            if key is not None:
                first = self.known.setdefault(key, stmt.out)
                if first is not stmt.out:
                    self.same[stmt.out] = first
                    if not first.hint:
                        first.hint = stmt.out.hint
                    continue
                mine.append(key)
            stmts.append(stmt)
        self._forget(mine)  # what a block computes is not known outside of it
        self.known = outside
        return Block(tuple(stmts), block.results)

    def _forget(self, keys: list[Any]) -> None:
        for key in keys:
            del self.known[key]


def _resubstitute(block: Block, same: dict[Var, Var]) -> Block:
    from adcompile.ir.walk import map_block_atoms

    def atom(a: Atom) -> Atom:
        while isinstance(a, Var) and a in same:
            a = same[a]
        return a

    return map_block_atoms(atom, block) if same else block


def _key(stmt: Let) -> Any:
    """What makes two operations equal; None for one that must stay."""
    if stmt.op.effect != "pure" or stmt.op.shape in MUTABLE:
        return None
    args = tuple(_tree_key(a) for a in stmt.args)
    return (stmt.op, args, tuple((k, _tree_key(t)) for k, t in stmt.kwargs))


def _tree_key(tree: Tree) -> Any:
    if isinstance(tree, Var):
        return tree
    if isinstance(tree, Lit):
        value = tree.value
        if isinstance(value, np.ndarray):
            return ("array", id(value))
        if isinstance(value, float):
            return ("lit", type(value), repr(value))
        try:
            hash(value)
        except TypeError:
            return ("id", id(value))
        return ("lit", type(value), value)
    if isinstance(tree, SliceTree):
        return ("slice", *map(_tree_key, (tree.start, tree.stop, tree.step)))
    assert not isinstance(tree, Lens)
    return tuple(map(_tree_key, tree))
