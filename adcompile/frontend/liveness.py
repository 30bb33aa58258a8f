"""Which names of a function may still be read after a line: by its text alone.

Conservative: a name read anywhere later, in a loop around the line, or in a nested function.
"""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=512)
def _reads(
    node: ast.FunctionDef | ast.Lambda,
) -> tuple[tuple[tuple[str, int], ...], frozenset[str], tuple[tuple[int, int], ...]]:
    """(name, line) of each read; names read in nested functions; line ranges of loops."""
    loads: list[tuple[str, int]] = []
    nested: set[str] = set()
    loops: list[tuple[int, int]] = []

    def visit(n: ast.AST, inner: bool) -> None:
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store):
            loads.append((n.id, n.lineno))
            if inner:
                nested.add(n.id)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            loads.append((n.target.id, n.lineno))
        if isinstance(n, (ast.For, ast.While)):
            loops.append((n.lineno, n.end_lineno or n.lineno))
        inner = inner or isinstance(n, (ast.FunctionDef, ast.Lambda, ast.GeneratorExp))
        for child in ast.iter_child_nodes(n):
            visit(child, inner)

    for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
        visit(part, False)
    return tuple(loads), frozenset(nested), tuple(loops)


def live_names(node: ast.FunctionDef | ast.Lambda, line: int) -> set[str]:
    """Names of the function that may be read at or after `line`."""
    loads, nested, loops = _reads(node)
    start = min([line, *(a for a, b in loops if a <= line <= b)])
    return {name for name, at in loads if at >= start} | nested
