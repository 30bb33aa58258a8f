"""What the writer asks of a function's values: their names' hints, and argument trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adcompile.codegen.lists import row_paths
from adcompile.codegen.spelling import call, name
from adcompile.ir.avals import Parts
from adcompile.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Try, Var, While
from adcompile.ir.walk import blocks, inner_vars, map_blocks, outs


def spread_hints(block: Block) -> None:
    """A value that flows into a loop variable or out of a branch is called like it."""
    for stmt in block.stmts:
        pairs: list[tuple[Var, Atom]] = []
        if isinstance(stmt, (If, Try)):
            for v, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                pairs += [(v, a), (v, b)]
        elif isinstance(stmt, (For, While)):
            pairs += [(c.param, c.init) for c in stmt.carries]
            pairs += [(c.param, r) for c, r in zip(stmt.carries, stmt.body.results, strict=False)]
        for named, value in pairs:
            if named.hint and isinstance(value, Var) and not value.hint:
                value.hint = named.hint
        for _, inner in blocks(stmt):
            spread_hints(inner)


def gather_parts(fn: Function) -> Function:
    """`fn` with the items of each tuple read right after the call that returns it."""

    def block(b: Block) -> Block:
        parts: dict[Var, list[Let]] = {}
        made = {s.out for s in b.stmts if isinstance(s, Let) and isinstance(s.out.aval, Parts)}
        if not made:
            return Block(tuple(map_blocks(block, s) for s in b.stmts), b.results)
        for s in b.stmts:
            if isinstance(s, Let) and s.op.shape == "part" and s.args[0] in made:
                parts.setdefault(s.args[0], []).append(s)
        moved = {s for held in parts.values() for s in held}
        stmts: list[Stmt] = []
        for s in b.stmts:
            if s in moved:
                continue
            stmts.append(map_blocks(block, s))
            after = parts.get(s.out, []) if isinstance(s, Let) else []
            while after:  # an item may be a tuple too
                stmts += after
                after = [t for p in after for t in parts.get(p.out, [])]
        return Block(tuple(stmts), b.results)

    return replace(fn, body=block(fn.body))


def all_values(fn: Function) -> Iterable[Var]:
    """Every variable of a function."""
    yield from fn.params
    for stmt in fn.body.stmts:
        yield from outs(stmt)
        yield from bound_inside(stmt)


def bound_inside(stmt: Stmt) -> set[Var]:
    """Every variable that a region statement binds for or in its blocks."""
    found = set(inner_vars(stmt))
    for _, b in blocks(stmt):
        for s in b.stmts:
            found |= {*outs(s)} | bound_inside(s)
    return found


def leaf_vars(tree: Any) -> Iterable[Var]:
    if isinstance(tree, Var):
        yield tree
    elif tree is not None:
        for t in tree[1]:
            yield from leaf_vars(t)


def only_sequences(tree: Any) -> bool:
    if isinstance(tree, Var) or tree is None:
        return True
    return tree[0] in ("tuple", "list") and all(only_sequences(t) for t in tree[1])


def zip_paths(tree: Any, base: ast.expr) -> Iterable[tuple[Var, ast.expr]]:
    """The columns of a list of elements of one kind, with the arrays to make of it."""
    for leaf, path in zip(tree[1], row_paths(tree[2], ast.Name("e", ast.Load())), strict=True):
        if leaf is not None:
            source = base
            if not isinstance(path, ast.Name):
                loop = ast.comprehension(ast.Name("e", ast.Store()), base, [], 0)
                source = ast.ListComp(path, [loop])
            yield leaf, call(name("np.array"), [source])


def leaf_paths(tree: Any, base: ast.expr) -> Iterable[tuple[Var, ast.expr]]:
    if isinstance(tree, Var):
        yield tree, base
    elif tree is not None and tree[0] == "run":
        yield from zip_paths(tree, base)
    elif tree is not None:
        kind, children, names = tree
        keys = names if kind in ("dict", "object") else range(len(children))
        for k, t in zip(keys, children, strict=True):
            part: ast.expr = ast.Subscript(base, ast.Constant(k), ast.Load())
            if kind == "object":
                part = ast.Attribute(base, k, ast.Load())
            yield from leaf_paths(t, part)
