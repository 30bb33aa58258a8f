"""Patterns of `match`: the condition under which one matches, and the names that it binds.

What a pattern asks of kinds, lengths and keys is decided at compile time; what it asks of
numbers is a condition in the program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from adcompile.frontend import attributes, contents, static
from adcompile.frontend.context import Context
from adcompile.frontend.expr import choose, equal, lower_expr, truth
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir.nodes import Lit

_ITSELF = (bool, bytes, dict, float, int, list, set, str, tuple)
"""Types whose one positional pattern matches the value itself."""


def matches(cx: Context, case: ast.match_case, subject: PyVal) -> PyVal:
    """Whether a case applies; its names are bound where it does."""

    def guarded() -> PyVal:
        if case.guard is None:
            return Lit(True)
        return truth(cx, lower_expr(cx, case.guard))

    return _pattern(cx, case.pattern, subject, guarded)


def _pattern(cx: Context, node: Any, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    """Whether the pattern matches `value` and then() holds."""
    return PATTERNS[type(node)](cx, node, value, then)


def _all(
    cx: Context, parts: Sequence[tuple[ast.pattern, PyVal]], then: Callable[[], PyVal]
) -> PyVal:
    if not parts:
        return then()
    (node, value), *rest = parts
    return _pattern(cx, node, value, lambda: _all(cx, rest, then))


def _test(cx: Context, cond: PyVal, then: Callable[[], PyVal]) -> PyVal:
    return choose(cx, cond, then, lambda: Lit(False))


def _value(cx: Context, node: ast.MatchValue, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    return _test(cx, equal(cx, value, lower_expr(cx, node.value)), then)


def _singleton(
    cx: Context, node: ast.MatchSingleton, value: PyVal, then: Callable[[], PyVal]
) -> PyVal:
    return _test(cx, Lit(isinstance(value, Lit) and value.value is node.value), then)


def _capture(cx: Context, node: ast.MatchAs, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    def bound() -> PyVal:
        if node.name is not None:
            _bind(cx, node, node.name, value)
        return then()

    return bound() if node.pattern is None else _pattern(cx, node.pattern, value, bound)


def _bind(cx: Context, node: ast.AST, name: str, value: PyVal) -> None:
    target = ast.copy_location(ast.Name(name, ast.Store()), node)
    cx.hooks["assign"](cx, target, value)


def _or(cx: Context, node: ast.MatchOr, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    """Alternatives bind the same names: the first that matches is the one."""

    def either(nodes: Sequence[ast.pattern]) -> PyVal:
        if len(nodes) == 1:
            return _pattern(cx, nodes[0], value, lambda: Lit(True))
        first = _pattern(cx, nodes[0], value, lambda: Lit(True))
        return choose(cx, truth(cx, first), lambda: Lit(True), lambda: either(nodes[1:]))

    return _test(cx, truth(cx, either(node.patterns)), then)


def _sequence(
    cx: Context, node: ast.MatchSequence, value: PyVal, then: Callable[[], PyVal]
) -> PyVal:
    """Tuples and lists match; arrays and strings are no sequences to `match`."""
    is_list = isinstance(value, ContainerRef) and value.obj.kind is list
    constant = isinstance(value, Lit) and isinstance(value.value, (tuple, list))
    if not (isinstance(value, TupleVal) or is_list or constant):
        return Lit(False)
    items = static.items(cx, value)
    if items is None:
        raise cx.refuse("the length of what is matched is not known at compile time")
    stars = [k for k, p in enumerate(node.patterns) if isinstance(p, ast.MatchStar)]
    if not stars:
        if len(items) != len(node.patterns):
            return Lit(False)
        return _all(cx, [*zip(node.patterns, items, strict=True)], then)
    at = stars[0]
    after = len(node.patterns) - at - 1
    if len(items) < at + after:
        return Lit(False)
    star = node.patterns[at]
    assert isinstance(star, ast.MatchStar)
    if star.name is not None:
        _bind(cx, star, star.name, contents.new_list(cx, items[at : len(items) - after]))
    ends = [
        *zip(node.patterns[:at], items[:at], strict=True),
        *zip(node.patterns[at + 1 :], items[len(items) - after :], strict=True),
    ]
    return _all(cx, ends, then)


def _mapping(cx: Context, node: ast.MatchMapping, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    if not isinstance(value, ContainerRef) or value.obj.kind is not dict:
        return Lit(False)
    held = cx.state.store[value.obj]
    keys = [static.value(cx, lower_expr(cx, k), "a key of a pattern") for k in node.keys]
    if any(k not in held for k in keys):
        return Lit(False)
    if node.rest is not None:
        rest = contents.new_dict(cx, {k: v for k, v in held.items() if k not in keys})
        _bind(cx, node, node.rest, rest)
    return _all(cx, [(p, held[k]) for p, k in zip(node.patterns, keys, strict=True)], then)


def _class(cx: Context, node: ast.MatchClass, value: PyVal, then: Callable[[], PyVal]) -> PyVal:
    """Class patterns: the kind is known at compile time."""
    kind = static.value(cx, lower_expr(cx, node.cls), "the class of a pattern")
    hit = cx.hooks["isinstance"](cx, [value, Lit(kind)], {})
    if not hit.value:
        return Lit(False)
    parts: list[tuple[ast.pattern, PyVal]] = []
    if kind in _ITSELF:
        if len(node.patterns) > 1:
            raise cx.refuse(f"{kind.__name__}() takes one pattern")
        parts = [(p, value) for p in node.patterns]
    elif node.patterns:
        names = getattr(kind, "__match_args__", ())
        if len(node.patterns) > len(names):
            raise cx.refuse(f"{kind.__name__}() takes {len(names)} positional patterns")
        for p, name in zip(node.patterns, names, strict=False):
            parts.append((p, attributes.get(cx, value, name)))
    for p, name in zip(node.kwd_patterns, node.kwd_attrs, strict=True):
        parts.append((p, attributes.get(cx, value, name)))
    return _all(cx, parts, then)


PATTERNS: dict[type[ast.pattern], Callable[..., PyVal]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchAs: _capture,
    ast.MatchOr: _or,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
}
