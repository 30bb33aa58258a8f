"""Which names of a function may still be read at a line, before something binds them anew.

Backward over the structure of the body. Names that nested functions read, or that are declared
`global` or `nonlocal`, are always live; inside `try`, `with` and `match` nothing counts as bound
anew, since control may leave them anywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

Names = frozenset[str]
NOTHING: Names = frozenset()
SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.GeneratorExp,
)
"""What may read a name later than where it stands."""


def live_names(node: ast.FunctionDef | ast.Lambda, line: int) -> Names:
    """Names that may be read by the statements at `line`, or later without being bound first."""
    found = _solve(node)
    return found.at.get(line, found.everything) | found.always


@dataclass
class _Live:
    """at: the names live at a line; always: live anywhere; everything: all that is ever read."""

    everything: Names
    always: Names
    at: dict[int, Names] = field(default_factory=dict)

    def note(self, stmt: ast.AST, live: Names) -> Names:
        line = getattr(stmt, "lineno", 0)
        self.at[line] = self.at.get(line, NOTHING) | live
        return live


@lru_cache(maxsize=512)
def _solve(node: ast.FunctionDef | ast.Lambda) -> _Live:
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    found = _Live(_reads(body), _always(body))
    if not isinstance(node, ast.Lambda):
        _block(found, node.body, NOTHING, NOTHING, NOTHING)
    return found


def _reads(nodes: Iterable[ast.AST]) -> Names:
    """Names that some nodes read, nested functions included."""
    names = set()
    for node in nodes:
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store):
                names.add(n.id)
            elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
                names.add(n.target.id)
    return frozenset(names)


def _always(body: Iterable[ast.AST]) -> Names:
    names: set[str] = set()
    for part in body:
        for n in ast.walk(part):
            if isinstance(n, SCOPES):
                names |= _reads([n])
            elif isinstance(n, (ast.Global, ast.Nonlocal)):
                names.update(n.names)
    return frozenset(names)


def _bound(target: ast.AST) -> Names:
    """The names that an assignment to a target binds for certain."""
    if isinstance(target, ast.Name):
        return frozenset((target.id,))
    if isinstance(target, (ast.Tuple, ast.List)):
        return NOTHING.union(*map(_bound, target.elts))
    return _bound(target.value) if isinstance(target, ast.Starred) else NOTHING


def _block(
    found: _Live, stmts: Sequence[ast.stmt], after: Names, broken: Names, continued: Names
) -> Names:
    """The names live before some statements; `broken` and `continued` where they leave a loop."""
    for stmt in reversed(stmts):
        after = found.note(stmt, _stmt(found, stmt, after, broken, continued))
    return after


def _stmt(found: _Live, stmt: ast.stmt, after: Names, broken: Names, continued: Names) -> Names:
    if isinstance(stmt, ast.If):
        sides = (_block(found, s, after, broken, continued) for s in (stmt.body, stmt.orelse))
        return _reads([stmt.test]).union(*sides)
    if isinstance(stmt, (ast.For, ast.While)):
        return _loop(found, stmt, after, broken, continued)
    if isinstance(stmt, ast.Break):
        return broken
    if isinstance(stmt, ast.Continue):
        return continued
    if isinstance(stmt, (ast.Return, ast.Raise)):
        return _reads([stmt])
    if isinstance(stmt, (ast.Assign, ast.AnnAssign)):
        targets = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
        bound = NOTHING.union(*map(_bound, targets)) if stmt.value is not None else NOTHING
        return _reads([stmt]) | (after - bound)
    if any(hasattr(stmt, name) for name in ("body", "cases")):
        whole = _reads([stmt]) | after | broken | continued
        for inner in ast.walk(stmt):
            found.note(inner, whole)
        return whole
    return _reads([stmt]) | after


def _loop(
    found: _Live, stmt: ast.For | ast.While, after: Names, broken: Names, continued: Names
) -> Names:
    finished = _block(found, stmt.orelse, after, broken, continued)
    test = _reads([stmt.test]) if isinstance(stmt, ast.While) else NOTHING
    bound = _bound(stmt.target) if isinstance(stmt, ast.For) else NOTHING
    header = finished | test
    if isinstance(stmt, ast.For):
        header |= _reads([stmt.target])
    while True:
        inside = _block(found, stmt.body, header, after, header)
        wider = header | (inside - bound)
        if wider == header:
            break
        header = wider
    return header | _reads([stmt.iter]) if isinstance(stmt, ast.For) else header
