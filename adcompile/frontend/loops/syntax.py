"""What a loop's source shows: names that its body binds, writes or appends to, and its exits."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from adcompile.frontend.scopes import bound_by, own_nodes

LEFT, EXIT, RETURNED, RESULT = "%left", "%exit", "%returned", "%result"
DEAD_KEY = "%dead"


def assigned_names(stmts: Sequence[ast.stmt]) -> dict[str, None]:
    """Names that statements may bind, in order."""
    return {name: None for node in own_nodes(stmts) for name in bound_by(node)}


def written_names(stmts: Sequence[ast.stmt]) -> Iterator[str]:
    """Names whose arrays the statements evidently write."""
    for node in own_nodes(stmts):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            owner: ast.expr = node.value
            while isinstance(owner, ast.Subscript):
                owner = owner.value
            if isinstance(owner, ast.Name):
                yield owner.id
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def growing_names(stmts: Sequence[ast.stmt]) -> Iterator[str]:
    """Names of what the statements evidently append to."""
    for node in own_nodes(stmts):
        appends = isinstance(node, ast.Attribute) and node.attr == "append"
        if appends and isinstance(node.value, ast.Name):  # type: ignore[attr-defined]
            yield node.value.id  # type: ignore[attr-defined]


def has(stmts: Sequence[ast.stmt], kind: type[ast.AST]) -> bool:
    return any(isinstance(n, kind) for n in own_nodes(stmts))


def own_breaks(stmts: Sequence[ast.stmt]) -> bool:
    """Whether a `break` leaves the loop with this body."""
    for s in stmts:
        if isinstance(s, ast.Break):
            return True
        if isinstance(s, ast.If) and own_breaks([*s.body, *s.orelse]):
            return True
        if isinstance(s, (ast.For, ast.While)) and own_breaks(s.orelse):
            return True
        if isinstance(s, ast.With) and own_breaks(s.body):
            return True
        if isinstance(s, ast.Try):
            handlers = [h for handler in s.handlers for h in handler.body]
            if own_breaks([*s.body, *handlers, *s.orelse, *s.finalbody]):
                return True
    return False


def test_binds(node: ast.For | ast.While) -> bool:
    """Whether the test of a while loop binds names."""
    test = [node.test] if isinstance(node, ast.While) else []
    return any(bound_by(n) for n in own_nodes(test))
