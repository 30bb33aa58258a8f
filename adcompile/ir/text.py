"""The IR as text, for reading and for the messages of failed checks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adcompile.ir.nodes import (
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
    While,
)


def dump(fn: Function) -> str:
    """A function, one statement a line; values and regions are numbered from 0."""
    params = ", ".join(f"{p!r}: {p.aval}" for p in fn.params)
    return renumbered("\n".join([f"def {fn.name}({params}):", *_block(fn.body, 1)]))


def renumbered(text: str) -> str:
    """The text with its `%id` and `#id` marks counted in order of appearance."""
    seen: dict[str, dict[str, int]] = {"%": {}, "#": {}}

    def short(found: re.Match[str]) -> str:
        numbers = seen[found[1]]
        return f"{found[1]}{numbers.setdefault(found[2], len(numbers))}"

    return re.sub(r"([%#])(\d+)", short, text)


def tree_text(tree: Tree) -> str:
    if isinstance(tree, (Var, Lit)):
        return repr(tree)
    if isinstance(tree, SliceTree):
        return f"{tree_text(tree.start)}:{tree_text(tree.stop)}:{tree_text(tree.step)}"
    if isinstance(tree, Lens):
        steps = "".join(f".{s.op.name}{tuple(map(tree_text, s.args))}" for s in tree.steps)
        return f"<{steps}>[{tree_text(tree.index)}]"
    return f"({', '.join(map(tree_text, tree))})"


def stmt_text(stmt: Stmt, depth: int = 0) -> str:
    return "\n".join(_stmt(stmt, depth))


def _block(block: Block, depth: int) -> Iterator[str]:
    for stmt in block.stmts:
        yield from _stmt(stmt, depth)
    yield f"{'  ' * depth}-> {', '.join(map(repr, block.results))}"


def _stmt(stmt: Stmt, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(stmt, Let):
        args = [tree_text(a) for a in stmt.args]
        args += [f"{k}={tree_text(t)}" for k, t in stmt.kwargs]
        mark = " (linear)" if stmt.linear else ""
        yield f"{pad}{stmt.out!r}: {stmt.out.aval} = {stmt.op.name}({', '.join(args)}){mark}"
    elif isinstance(stmt, If):
        mark = " checkpoint" if stmt.checkpoint else ""
        yield f"{pad}{list(stmt.outs)} = if#{stmt.key} {stmt.cond!r}{mark}:"
        yield from _block(stmt.then, depth + 1)
        yield f"{pad}else:"
        yield from _block(stmt.orelse, depth + 1)
    elif isinstance(stmt, Try):
        flags = ", ".join(map(repr, (stmt.done, *stmt.caught, stmt.error)))
        yield f"{pad}{list(stmt.outs)}, {flags} = try#{stmt.key}:"
        yield from _block(stmt.then, depth + 1)
        yield f"{pad}caught {', '.join(map(repr, stmt.kinds))}:"
        yield from _block(stmt.orelse, depth + 1)
    elif isinstance(stmt, Call):
        yield f"{pad}{list(stmt.outs)} = {stmt.callee}#{stmt.key}{stmt.args}"
    else:
        carried = ", ".join(f"{c.out!r} = {c.param!r} <- {c.init!r}" for c in stmt.carries)
        more = f" count={stmt.count!r}" if stmt.count is not None else ""
        more += f" collects={list(stmt.collects)}" if stmt.collects else ""
        more += " exits" if stmt.exits else ""
        if isinstance(stmt, For):
            back = "reversed " if stmt.backward else ""
            more += (
                f" feeds={[(f.source, f.param, f.reverse) for f in stmt.feeds]}"
                if stmt.feeds
                else ""
            )
            more += f" snapshots={stmt.checkpoint}" if stmt.checkpoint is not None else ""
            bounds = f"{stmt.start!r}, {stmt.stop!r}, {stmt.step!r}"
            yield f"{pad}for#{stmt.key} {stmt.index!r} in {back}range({bounds}) [{carried}]{more}:"
        else:
            assert isinstance(stmt, While)
            yield f"{pad}while#{stmt.key} [{carried}]{more}:"
            yield from _block(stmt.test, depth + 2)
        yield from _block(stmt.body, depth + 1)
