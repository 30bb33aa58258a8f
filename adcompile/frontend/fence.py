"""What is refused by its syntax alone: all occurrences in a function, reported at once."""

from __future__ import annotations

import ast

from adcompile.errors import Problem, UnsupportedSyntax
from adcompile.frontend.source import FunctionSource

REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Global: ("writing a global", "Return the value, or pass it as an argument."),
    ast.Nonlocal: ("'nonlocal'", "Return the value instead."),
    ast.AsyncFunctionDef: ("'async def'", "Use a plain function."),
    ast.Await: ("'await'", "Use a plain function."),
    ast.AsyncFor: ("'async for'", "Use a plain loop."),
    ast.AsyncWith: ("'async with'", "Use a plain block."),
    ast.Yield: ("'yield'", "Collect the values in a list or an array."),
    ast.YieldFrom: ("'yield from'", "Collect the values in a list or an array."),
    ast.Delete: ("'del'", "Leave the name; it costs nothing."),
    ast.With: ("'with'", "Move the context outside of the function."),
    ast.Try: ("'try'", "Test for the condition with 'if'."),
    ast.Import: ("'import'", "Import at the top of the module."),
    ast.ImportFrom: ("'import'", "Import at the top of the module."),
    ast.ListComp: ("a list comprehension", "Write a for loop."),
    ast.SetComp: ("a set comprehension", "Write a for loop."),
    ast.DictComp: ("a dict comprehension", "Write a for loop."),
    ast.GeneratorExp: ("a generator expression", "Write a for loop."),
    ast.Set: ("a set", "Use a tuple or a list."),
    ast.Match: ("'match'", "Use if and elif."),
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
        if type(node) in REFUSED
    ]
    problems.sort(key=lambda p: (p.span.lineno, p.span.col) if p.span else (0, 0))
    if problems:
        raise UnsupportedSyntax(problems)
