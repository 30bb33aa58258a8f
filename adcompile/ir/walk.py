"""One walk over the IR that every pass uses: children, operands, substitution, region paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from adcompile.ir.nodes import (
    Atom,
    Block,
    Call,
    For,
    Function,
    If,
    Lens,
    Let,
    Lit,
    SliceTree,
    Stmt,
    Tree,
    Try,
    Var,
    View,
    While,
)

Path: TypeAlias = tuple[tuple[int, str], ...]
"""The regions around a statement, outermost first: (key, which block of it)."""


def map_tree(fn: Callable[[Atom], Tree], tree: Tree) -> Tree:
    """`tree` with every atom replaced by fn(atom)."""
    if isinstance(tree, (Var, Lit)):
        return fn(tree)
    if isinstance(tree, SliceTree):
        parts = (tree.start, tree.stop, tree.step)
        new = tuple([map_tree(fn, t) for t in parts])
        return tree if new == parts else SliceTree(*new)
    if isinstance(tree, Lens):
        steps = tuple(
            View(
                v.op,
                tuple(map_tree(fn, a) for a in v.args),
                tuple((k, map_tree(fn, t)) for k, t in v.kwargs),
            )
            for v in tree.steps
        )
        return Lens(steps, map_tree(fn, tree.index))
    return tuple([map_tree(fn, t) for t in tree])


def tree_vars(tree: Tree) -> Iterator[Var]:
    if isinstance(tree, Var):
        yield tree
    elif isinstance(tree, SliceTree):
        for part in (tree.start, tree.stop, tree.step):
            yield from tree_vars(part)
    elif isinstance(tree, Lens):
        for step in tree.steps:
            yield from tree_vars((*step.args, *(t for _, t in step.kwargs)))
        yield from tree_vars(tree.index)
    elif isinstance(tree, tuple):
        for part in tree:
            yield from tree_vars(part)


def let_trees(let: Let) -> Iterator[Tree]:
    yield from let.args
    for _, tree in let.kwargs:
        yield tree


def operands(stmt: Stmt) -> Iterator[Var]:
    """The variables that a statement itself reads, its blocks left out."""
    if isinstance(stmt, Let):
        for tree in let_trees(stmt):
            yield from tree_vars(tree)
        return
    atoms: list[Atom] = []
    if isinstance(stmt, If):
        atoms = [stmt.cond]
    elif isinstance(stmt, For):
        atoms = [stmt.start, stmt.stop, stmt.step, *(c.init for c in stmt.carries)]
        atoms += [f.source for f in stmt.feeds]
    elif isinstance(stmt, While):
        atoms = [c.init for c in stmt.carries]
    elif isinstance(stmt, Call):
        atoms = list(stmt.args)
    yield from (a for a in atoms if isinstance(a, Var))


def outs(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement defines in its own block."""
    if isinstance(stmt, Let):
        return (stmt.out,)
    if isinstance(stmt, (If, Call)):
        return stmt.outs
    if isinstance(stmt, Try):
        return (*stmt.outs, stmt.done, *stmt.caught, stmt.error)
    counted = (stmt.count,) if stmt.count is not None else ()
    return tuple(c.out for c in stmt.carries) + counted + stmt.collects


def inner_vars(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement binds for its blocks: index, loop parameters."""
    if isinstance(stmt, For):
        return (stmt.index, *(c.param for c in stmt.carries), *(f.param for f in stmt.feeds))
    if isinstance(stmt, While):
        return tuple(c.param for c in stmt.carries)
    return ()


def blocks(stmt: Stmt) -> tuple[tuple[str, Block], ...]:
    """The named blocks of a statement."""
    if isinstance(stmt, (If, Try)):
        return (("then", stmt.then), ("orelse", stmt.orelse))
    if isinstance(stmt, For):
        return (("body", stmt.body),)
    if isinstance(stmt, While):
        return (("test", stmt.test), ("body", stmt.body))
    return ()


def with_blocks(stmt: Stmt, new: Mapping[str, Block]) -> Stmt:
    return replace(stmt, **new) if new else stmt  # type: ignore[arg-type]


def map_blocks(fn: Callable[[Block], Block], stmt: Stmt) -> Stmt:
    """`stmt` with fn applied to each of its blocks."""
    return with_blocks(stmt, {name: fn(block) for name, block in blocks(stmt)})


def map_atoms(fn: Callable[[Atom], Atom], stmt: Stmt) -> Stmt:
    """`stmt` with every atom that it reads replaced, in its blocks too."""
    if isinstance(stmt, Let):
        args = tuple([map_tree(fn, a) for a in stmt.args])
        kwargs = tuple([(k, map_tree(fn, t)) for k, t in stmt.kwargs])
        if args == stmt.args and kwargs == stmt.kwargs:
            return stmt
        return Let(stmt.out, stmt.op, args, kwargs, stmt.origin, stmt.linear)
    inside = {name: map_block_atoms(fn, block) for name, block in blocks(stmt)}
    if isinstance(stmt, If):
        return replace(stmt, cond=fn(stmt.cond), **inside)  # type: ignore[arg-type]
    if isinstance(stmt, Try):
        return replace(stmt, **inside)  # type: ignore[arg-type]
    if isinstance(stmt, Call):
        return replace(stmt, args=tuple(map(fn, stmt.args)))
    carries = tuple(replace(c, init=fn(c.init)) for c in stmt.carries)
    if isinstance(stmt, While):
        return replace(stmt, carries=carries, **inside)  # type: ignore[arg-type]
    return replace(
        stmt,
        start=fn(stmt.start),
        stop=fn(stmt.stop),
        step=fn(stmt.step),
        carries=carries,
        feeds=tuple(replace(f, source=fn(f.source)) for f in stmt.feeds),
        **inside,  # type: ignore[arg-type]
    )


def map_block_atoms(fn: Callable[[Atom], Atom], block: Block) -> Block:
    return Block(tuple(map_atoms(fn, s) for s in block.stmts), tuple(map(fn, block.results)))


def substitute(block: Block, new: Mapping[Var, Atom]) -> Block:
    """`block` reading `new[v]` wherever it read v."""
    return map_block_atoms(lambda a: new.get(a, a) if isinstance(a, Var) else a, block)


def all_stmts(block: Block) -> Iterator[Stmt]:
    """Every statement of a block and of the blocks inside it, in order."""
    for stmt in block.stmts:
        yield stmt
        for _, inner in blocks(stmt):
            yield from all_stmts(inner)


def defined(stmt: Stmt) -> Iterator[Var]:
    """Every variable that a statement defines: its own, and those of its blocks."""
    yield from outs(stmt)
    yield from inner_vars(stmt)
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            yield from defined(s)


def region(stmt: Stmt, name: str) -> tuple[int, str]:
    """The path element of a statement's block: a while's test runs in the region of its body."""
    assert not isinstance(stmt, Let)
    return (stmt.key, "body" if name == "test" else name)


def paths(fn: Function) -> dict[Var, Path]:
    """Where each variable is defined."""
    where: dict[Var, Path] = dict.fromkeys(fn.params, ())

    def visit(block: Block, path: Path) -> None:
        for stmt in block.stmts:
            where.update(dict.fromkeys(outs(stmt), path))
            for name, inner in blocks(stmt):
                deeper = (*path, region(stmt, name))
                where.update(dict.fromkeys(inner_vars(stmt), deeper))
                visit(inner, deeper)

    visit(fn.body, ())
    return where


def reads_of(stmt: Stmt) -> set[Var]:
    """Everything a statement reads, its blocks included."""
    found = set(operands(stmt))
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            found |= reads_of(s)
        found.update(r for r in inner.results if isinstance(r, Var))
    return found


def use_counts(block: Block) -> dict[Var, int]:
    """How often each variable is read, results included."""
    counts: dict[Var, int] = {}

    def see(atom: Atom) -> None:
        if isinstance(atom, Var):
            counts[atom] = counts.get(atom, 0) + 1

    def visit(block: Block) -> None:
        for stmt in block.stmts:
            for var in operands(stmt):
                see(var)
            for _, inner in blocks(stmt):
                visit(inner)
        for atom in block.results:
            see(atom)

    visit(block)
    return counts
