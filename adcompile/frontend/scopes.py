"""Which names belong to which function: locals, `nonlocal`, `global`, and shared names.

A name that an inner function rebinds (`nonlocal`, or `:=` inside a comprehension) is *shared*: it
lives in a cell, an object of the store, so that branches and loops of either function carry it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Scope:
    """The names of one function's body."""

    locals: frozenset[str]
    nonlocals: frozenset[str]
    globals: frozenset[str]
    shared: frozenset[str]
    deleted: frozenset[str]


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's body, without what is inside functions and comprehensions."""
    todo: list[ast.AST] = [*body][::-1]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS)):
            todo.extend(list(ast.iter_child_nodes(node))[::-1])


def bound_by(node: ast.AST) -> list[str]:
    """Names that this one node binds or unbinds in its own scope."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [a.asname or a.name.partition(".")[0] for a in node.names]
    if isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)):
        return [] if node.name is None else [node.name]
    if isinstance(node, ast.MatchMapping):
        return [] if node.rest is None else [node.rest]
    if isinstance(node, COMPREHENSIONS):
        return [*walrus_targets(node)]
    return []


def walrus_targets(node: Comprehension) -> Iterator[str]:
    """Names that `:=` inside a comprehension binds: they belong to the function around it."""
    todo: list[ast.AST] = [node]
    while todo:
        inner = todo.pop()
        if isinstance(inner, ast.NamedExpr):
            yield inner.target.id
        if not isinstance(inner, FUNCTIONS):
            todo.extend(ast.iter_child_nodes(inner))


def parameters(args: ast.arguments) -> list[str]:
    """All parameter names, `*args` and `**kwargs` too."""
    stars = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs, *stars)]


def body_of(node: ast.FunctionDef | ast.Lambda) -> list[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else [*node.body]


@lru_cache(maxsize=1024)
def scope_of(node: ast.FunctionDef | ast.Lambda) -> Scope:
    """The names of a function."""
    bound = set(parameters(node.args))
    outer: set[str] = set()
    everywhere: set[str] = set()
    shared: set[str] = set()
    deleted: set[str] = set()
    for inner in own_nodes(body_of(node)):
        bound.update(bound_by(inner))
        if isinstance(inner, ast.Nonlocal):
            outer.update(inner.names)
        elif isinstance(inner, ast.Global):
            everywhere.update(inner.names)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Del):
            deleted.add(inner.id)
        if isinstance(inner, (ast.FunctionDef, ast.Lambda)):
            shared.update(_rebound_outside(inner))
        elif isinstance(inner, COMPREHENSIONS):
            shared.update(walrus_targets(inner))
            for function in _functions_in(inner):
                shared.update(_rebound_outside(function))
    own = bound - outer - everywhere
    return Scope(
        frozenset(own),
        frozenset(outer),
        frozenset(everywhere),
        frozenset(shared & own),
        frozenset(deleted),
    )


def _functions_in(node: ast.AST) -> Iterator[ast.FunctionDef | ast.Lambda]:
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.Lambda)):
            yield inner


def _rebound_outside(node: ast.FunctionDef | ast.Lambda) -> set[str]:
    """Names of enclosing functions that this one, or one inside it, rebinds."""
    names: set[str] = set()
    own = set(parameters(node.args))
    for inner in own_nodes(body_of(node)):
        if isinstance(inner, ast.Nonlocal):
            names.update(inner.names)
        else:
            own.update(bound_by(inner))
    direct = set(names)
    for inner in own_nodes(body_of(node)):
        if isinstance(inner, (ast.FunctionDef, ast.Lambda)):
            names |= _rebound_outside(inner) - (own - direct)
    return names


def yields(node: ast.FunctionDef | ast.Lambda) -> bool:
    """Whether calling the function makes a generator."""
    kinds = (ast.Yield, ast.YieldFrom)
    return any(isinstance(n, kinds) for n in own_nodes(body_of(node)))


def global_writes(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names declared `global` that the function binds."""
    bound = {name for n in own_nodes(body_of(node)) for name in bound_by(n)}
    return scope_of(node).globals & bound
