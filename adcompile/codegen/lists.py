"""Lists that loops grew, where they leave or enter a function: as the user's lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from adcompile.codegen.spelling import call, name
from adcompile.ir.avals import Scalar
from adcompile.ir.trees import Node


def listed(kind: Node, columns: Sequence[ast.expr]) -> ast.expr:
    """The list whose elements, of this kind, are the rows of some columns."""
    real = [c for c in columns if not isinstance(c, ast.Constant)]
    if not real:  # derivatives that there are none of
        return ast.Constant(None)
    size = call(name("len"), [real[0]])
    rows = [_rows(k, c, size) for k, c in zip(_leaves(kind), columns, strict=True)]
    plain = [call(name("list"), [r]) if _is_array(r) else r for r in rows]
    if kind.kind == "leaf":
        return plain[0]
    if kind.kind == "tuple" and all(c.kind == "leaf" for c in kind.children) and len(rows) > 1:
        return call(name("list"), [call(name("zip"), rows)])
    names = [f"e{k}" for k in range(len(rows))]
    parts = iter([ast.Name(n, ast.Load()) for n in names])
    element = _element(kind, parts)
    target: ast.expr = ast.Name(names[0], ast.Store())
    source = rows[0]
    if len(rows) > 1:
        target = ast.Tuple([ast.Name(n, ast.Store()) for n in names], ast.Store())
        source = call(name("zip"), rows)
    return ast.ListComp(element, [ast.comprehension(target, source, [], 0)])


def _rows(leaf: Node, column: ast.expr, size: ast.expr) -> ast.expr:
    """The entries of a column, numbers as Python's where they were."""
    if isinstance(column, ast.Constant):
        return ast.BinOp(ast.List([column], ast.Load()), ast.Mult(), size)
    if isinstance(leaf.value, Scalar) and leaf.value.weak:
        return ast.Call(ast.Attribute(column, "tolist", ast.Load()), [], [])
    return column


def _is_array(rows: ast.expr) -> bool:
    return not (
        isinstance(rows, ast.BinOp)
        or (
            isinstance(rows, ast.Call)
            and isinstance(rows.func, ast.Attribute)
            and rows.func.attr == "tolist"
        )
    )


def _leaves(kind: Node) -> Iterator[Node]:
    if kind.kind == "leaf":
        yield kind
    for child in kind.children:
        yield from _leaves(child)


def _element(kind: Node, parts: Iterator[ast.expr]) -> ast.expr:
    """One element, of the entries of all columns."""
    if kind.kind == "leaf":
        return next(parts)
    if kind.kind == "static":
        return ast.Constant(kind.value)
    if kind.kind == "run":
        return listed(kind.value, [next(parts) for _ in kind.children])
    items = [_element(c, parts) for c in kind.children]
    if kind.kind == "tuple":
        return ast.Tuple(items, ast.Load())
    if kind.kind == "list":
        return ast.List(items, ast.Load())
    return ast.Dict([ast.Constant(k) for k in kind.value], items)


def row_paths(kind: Node, element: ast.expr) -> Iterator[ast.expr]:
    """Where each number or array of an element is found in it."""
    if kind.kind == "leaf":
        yield element
    elif kind.kind == "run":
        for path in row_paths(kind.value, ast.Name("r", ast.Load())):
            loop = ast.comprehension(ast.Name("r", ast.Store()), element, [], 0)
            yield element if isinstance(path, ast.Name) else ast.ListComp(path, [loop])
    elif kind.kind != "static":
        keys = kind.value if kind.kind == "dict" else range(len(kind.children))
        for k, child in zip(keys, kind.children, strict=True):
            yield from row_paths(child, ast.Subscript(element, ast.Constant(k), ast.Load()))
