"""What is refused by its syntax alone: all occurrences in a function, reported at once."""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Iterator
from typing import Any

from adcompile.errors import ADCompileError, Problem, UnsupportedSyntax
from adcompile.frontend.scopes import body_of, global_writes, own_nodes
from adcompile.frontend.source import FunctionSource

NOT_SUPPORTED = "{} is not supported in a differentiated function"
REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Global: ("writing a global", "Return the value, or pass it as an argument."),
    ast.AsyncFunctionDef: ("'async def'", "Use a plain function."),
    ast.Await: ("'await'", "Use a plain function."),
    ast.AsyncFor: ("'async for'", "Use a plain loop."),
    ast.AsyncWith: ("'async with'", "Use a plain block."),
    ast.Yield: ("'yield'", "Collect the values in a list or an array."),
    ast.YieldFrom: ("'yield from'", "Collect the values in a list or an array."),
}


_CACHE = "Caching would keep values of one call for the next: call the function itself."
_NAMES = "Name what is needed."
_OUTSIDE = "Do it outside of the function, and pass the value."
REFUSED_CALLS: dict[Any, tuple[str, str]] = {
    eval: ("eval()", "Write the expression."),
    exec: ("exec()", "Write the statements."),
    compile: ("compile()", "Write the statements."),
    globals: ("globals()", _NAMES),
    locals: ("locals()", _NAMES),
    dir: ("dir()", _NAMES),
    id: ("id()", "Compare with 'is'."),
    hash: ("hash()", "It may differ from run to run: compare the values."),
    input: ("input()", "Pass the value as an argument."),
    open: ("open()", _OUTSIDE),
    breakpoint: ("breakpoint()", "Set it in the generated code, or print."),
    __import__: ("__import__()", "Use an import statement."),
    memoryview: ("memoryview()", "Use an array."),
    bytearray: ("bytearray()", "Use an array."),
    functools.lru_cache: ("functools.lru_cache", _CACHE),
    functools.cache: ("functools.cache", _CACHE),
}
"""Functions that are refused where they are called."""


def check(source: FunctionSource) -> None:
    """Raise UnsupportedSyntax with every unsupported construct of the function."""
    problems = [
        Problem(
            NOT_SUPPORTED.format(REFUSED[type(node)][0]),
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


def all_problems(source: FunctionSource, error: ADCompileError) -> ADCompileError:
    """The error with what else the text alone shows: refused calls, and undefined names."""
    place = error.span
    if not isinstance(error, UnsupportedSyntax) or place is None:
        return error
    if place.filename != source.filename:
        return error
    known = {p.span.lineno for p in error.problems if p.span}
    more = [p for p in _by_text(source) if p.span and p.span.lineno not in known]
    if not more:
        return error
    problems = sorted([*error.problems, *more], key=_place)
    return UnsupportedSyntax(problems).with_traceback(error.__traceback__)


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.span.lineno, problem.span.col) if problem.span else (0, 0)


def _by_text(source: FunctionSource) -> Iterator[Problem]:
    fn = source.fn
    bound = {*fn.__code__.co_freevars, *_bound(source.node)}
    known = {*bound, *fn.__globals__, *dir(builtins)}
    for node in ast.walk(source.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id not in known:
                yield Problem(
                    f"the name {node.id!r} is not defined", source.span(node), "Bind it first."
                )
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            called = fn.__globals__.get(name, getattr(builtins, name, None))
            if name not in bound and _hashable(called) and called in REFUSED_CALLS:
                what, advice = REFUSED_CALLS[called]
                yield Problem(NOT_SUPPORTED.format(what), source.span(node), advice)


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that is bound somewhere inside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        for field in ("name", "asname", "arg", "rest"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name.partition(".")[0]


def _hashable(value: Any) -> bool:
    return getattr(value, "__hash__", None) is not None and callable(value)
