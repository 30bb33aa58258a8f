"""What is refused by its syntax alone: all occurrences in a function, reported at once."""

from __future__ import annotations

import ast

from adcompile.errors import Problem, UnsupportedSyntax
from adcompile.frontend.scopes import body_of, global_writes, own_nodes
from adcompile.frontend.source import FunctionSource

REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Global: ("writing a global", "Return the value, or pass it as an argument."),
    ast.AsyncFunctionDef: ("'async def'", "Use a plain function."),
    ast.Await: ("'await'", "Use a plain function."),
    ast.AsyncFor: ("'async for'", "Use a plain loop."),
    ast.AsyncWith: ("'async with'", "Use a plain block."),
    ast.Yield: ("'yield'", "Collect the values in a list or an array."),
    ast.YieldFrom: ("'yield from'", "Collect the values in a list or an array."),
}


def check(source: FunctionSource) -> None:
    """Raise UnsupportedSyntax with every unsupported construct of the function."""
    problems = [
        Problem(
            f"{REFUSED[type(node)][0]} is not supported in a differentiated function",
            source.span(node),
            REFUSED[type(node)][1],
        )
        for stmt in source.body
        for node in ast.walk(stmt)
        if type(node) in REFUSED and not _allowed(source, node)
    ]
    problems.sort(key=lambda p: (p.span.lineno, p.span.col) if p.span else (0, 0))
    if problems:
        raise UnsupportedSyntax(problems)


def _allowed(source: FunctionSource, node: ast.AST) -> bool:
    """Generators may be defined inside the function, and globals may be declared and read."""
    if isinstance(node, (ast.Yield, ast.YieldFrom)):
        return all(n is not node for n in own_nodes(body_of(source.node)))
    if not isinstance(node, ast.Global):
        return False
    functions = (n for n in ast.walk(source.node) if isinstance(n, (ast.FunctionDef, ast.Lambda)))
    return not any(global_writes(n) & {*node.names} for n in functions)
