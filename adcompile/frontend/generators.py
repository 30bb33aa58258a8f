"""Generators: a generator is inlined into the loop that consumes it.

`for t in gen: BODY` becomes the generator's body with `t = value; BODY` in place of each yield,
in the order in which Python runs them. The generator's names get a suffix, so that both can
live in one state; a statement's `role` says whose names and lines it has. A comprehension is a
generator too, consumed by a loop that appends (see `prelude`).

Not covered: `yield` as part of an expression, and consuming a generator in pieces.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from types import GeneratorType
from typing import Any

from adcompile.errors import ADCompileError
from adcompile.frontend import contents
from adcompile.frontend.context import Context, Frame
from adcompile.frontend.names import open_scope
from adcompile.frontend.scopes import (
    COMPREHENSIONS,
    Comprehension,
    bound_by,
    own_nodes,
    scope_of,
    walrus_targets,
)
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import Container, GenVal, IterVal, PyVal

FIRST = "%first"
MAX_NESTED = 100
_numbers = count(1)


def new_generator(
    cx: Context, source: FunctionSource, env: dict[str, PyVal], outer: Frame | None
) -> GenVal:
    """The generator that calling a function with `yield` makes."""
    return GenVal(source, env, outer, contents.new_iterator(cx))


def comprehension(cx: Context, node: Comprehension, first: PyVal) -> GenVal:
    """A comprehension over its first iterable's value, as a generator of its elements."""
    for part in node.generators:
        if part.is_async:
            raise cx.refuse("an asynchronous comprehension is not supported", span=cx.span(node))
    base = cx.frames[-1].source
    source = FunctionSource(
        "<comprehension>", _as_function(node), base.filename, base.lines, base.fn
    )
    return new_generator(cx, source, {FIRST: first}, cx.frames[-1])


def _as_function(node: Any) -> ast.FunctionDef:
    """`(e for t in first if c)` as `def g(first): for t in first: if c: yield e`; made once."""
    if not hasattr(node, "generator"):
        if isinstance(node, ast.DictComp):
            element: ast.expr = ast.Tuple([node.key, node.value], ast.Load())
        else:
            element = node.elt
        body: ast.stmt = ast.Expr(_at(ast.Yield(_at(element, node)), node))
        for k, part in reversed([*enumerate(node.generators)]):
            for test in reversed(part.ifs):
                body = ast.If(test, [_at(body, test)], [])
            iterable = part.iter if k else ast.Name(FIRST, ast.Load())
            body = ast.For(part.target, _at(iterable, part.iter), [_at(body, node)], [])
        spec = ast.arguments([], [ast.arg(FIRST)], None, [], [], None, [])
        outer = [*dict.fromkeys(walrus_targets(node))]
        declared = [_at(ast.Nonlocal(outer), node)] if outer else []
        function = ast.FunctionDef("<comprehension>", spec, [*declared, _at(body, node)], [])
        node.generator = _at(function, node)
    result: ast.FunctionDef = node.generator
    return result


def _at(node: Any, place: ast.AST) -> Any:
    """`node` at a place, unless it has one."""
    return node if hasattr(node, "lineno") else ast.copy_location(node, place)


# -- consuming ---------------------------------------------------------------------------------


def consume(cx: Context, node: ast.For, gen: GenVal) -> None:
    """Lower a loop over a generator."""
    contents.read_once(cx, gen.used)
    host = cx.frames[-1]
    depth, frame = 0, host
    while frame.host is not None:
        depth, frame = depth + 1, frame.host
    if depth > MAX_NESTED:
        raise cx.refuse(
            f"the recursion of the generator {gen.source.name} does not end at a depth known on "
            "entry",
            "Let its end depend on integers or lengths of the arguments.",
        )
    plan = _spliced(cx, gen, node)
    frame = Frame(gen.source, gen.outer, owner=cx, host=host, suffix=plan.suffix)
    before = cx.generators.get(plan.suffix)
    cx.generators[plan.suffix] = frame
    cx.state.env.update({name + plan.suffix: value for name, value in gen.env.items()})
    cx.frames[-1] = frame
    try:
        open_scope(cx, frame)
    finally:
        cx.frames[-1] = host
    try:
        cx.hooks["stmts"](cx, plan.body)
    finally:
        cx.generators[plan.suffix] = before
    env = cx.state.env
    frame.final_env = {k: v for k, v in env.items() if k.endswith(plan.suffix)}
    for name in frame.final_env:
        del env[name]


def inside(value: PyVal) -> list[GenVal]:
    """The generators among what is zipped."""
    if isinstance(value, GenVal):
        return [value]
    args = value.args if isinstance(value, IterVal) else ()
    return [gen for arg in args for gen in inside(arg)]


@contextmanager
def undisturbed(cx: Context, node: ast.For, gens: Sequence[GenVal]) -> Iterator[None]:
    """Lower a loop over generators that are collected first, which must make no difference."""
    bound = {n for s in (node.target, *node.body) for i in own_nodes([s]) for n in bound_by(i)}
    for gen in gens:
        read = {n.id for n in ast.walk(gen.source.node) if isinstance(n, ast.Name)}
        here = gen.outer is not None and gen.outer.root is cx.frames[-1].root
        if here and {n.partition("@")[0] for n in read & bound}:
            raise _disturbed(cx)
    with unwritten(cx):
        yield


@contextmanager
def unwritten(cx: Context) -> Iterator[None]:
    """Refuse what changes an array or a container that was there before."""
    before = dict(cx.state.store)
    yield
    for obj, version in before.items():
        iterator = isinstance(obj, Container) and obj.kind is GeneratorType
        if not iterator and cx.state.store.get(obj) is not version:
            raise _disturbed(cx)


def _disturbed(cx: Context) -> ADCompileError:
    return cx.refuse(
        "what a generator inside zip() reads may change while the zip is consumed",
        "Make the generator a list first.",
    )


@dataclass
class _Plan:
    suffix: str
    body: list[ast.stmt]


def _spliced(cx: Context, gen: GenVal, loop: Any) -> _Plan:
    """The statements of a loop over a generator: made once for each pair of them."""
    node = gen.source.node
    plans: dict[Any, _Plan] = loop.__dict__.setdefault("plans", {})
    if node not in plans:
        suffix = f"@{next(_numbers)}"
        splicer = _Splicer(cx, gen.source, loop, suffix)
        plans[node] = _Plan(suffix, splicer.whole())
    return plans[node]


class _Splicer:
    """Writes the statements of `for t in gen: BODY` from those of both."""

    def __init__(self, cx: Context, source: FunctionSource, loop: ast.For, suffix: str) -> None:
        self.cx = cx
        self.source = source
        self.loop = loop
        self.suffix = suffix
        self.done, self.broke = f"%done{suffix}", f"%broke{suffix}"
        self.direct = _is_plain_loop(_body(source))
        self.breaks = not self.direct and has_own(loop.body, ast.Break)
        self.leaves = self.breaks or any(
            isinstance(n, ast.Return) for n in own_nodes(_body(source))
        )

    def whole(self) -> list[ast.stmt]:
        body = self.stmts(_Renamer(self.suffix).body(_body(self.source)))
        if self.direct:
            orelse = [copy_tree(s) for s in self.loop.orelse]
            body[-1].orelse = [self.tag(s, False) for s in orelse]  # type: ignore[attr-defined]
            return body
        if not self.leaves and not self.loop.orelse:
            return body
        start = [self.set(n, False) for n in (self.done, self.broke)]
        wrapped: list[ast.stmt] = [*start, self.once(body, True)]
        if self.loop.orelse:
            orelse = [copy_tree(s) for s in self.loop.orelse]
            if self.breaks:
                test = ast.UnaryOp(ast.Not(), self.load(self.broke))
                orelse = [self.place(ast.If(test, orelse, []), False)]
            wrapped += [self.tag(s, False) for s in orelse]
        return wrapped

    # -- the generator's statements

    def stmts(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [new for s in body for new in self.stmt(s)]

    def stmt(self, s: Any) -> list[ast.stmt]:
        """One renamed statement of the generator, as statements of the loop."""
        value = getattr(s, "value", None)
        if isinstance(s, (ast.Expr, ast.Assign)) and isinstance(value, (ast.Yield, ast.YieldFrom)):
            if isinstance(value, ast.YieldFrom):
                if isinstance(s, ast.Assign):
                    self.refuse(s, "the result of 'yield from' is not supported")
                return self.each(value)
            after = [] if isinstance(s, ast.Expr) else [self.none(s)]
            return [*self.hand_over(value), *after]
        if isinstance(s, ast.Return):
            return [self.set(self.done, True), self.place(ast.Break())]
        has_yield = _has_yield([s])
        if has_yield and isinstance(s, (ast.Try, ast.With)):
            raise self.cx.refuse(
                "'yield' inside 'try' or 'with' is not supported",
                "Yield after it.",
                span=self.source.span(s),
            )
        for field in ("body", "orelse", "finalbody"):
            if isinstance(getattr(s, field, None), list) and not isinstance(s, ast.FunctionDef):
                setattr(s, field, self.stmts(getattr(s, field)))
        for part in (*getattr(s, "cases", ()), *getattr(s, "handlers", ())):
            part.body = self.stmts(part.body)
        rest = [n for n in ast.iter_child_nodes(s) if isinstance(n, ast.expr)]
        if _has_yield(rest):
            self.refuse(s, "'yield' as part of an expression is not supported")
        self.tag(s, True)
        if isinstance(s, (ast.For, ast.While)) and self.leaves and has_yield:
            return [s, self.stop()]
        if isinstance(s, (ast.For, ast.While)) and _sets(s, self.done):
            return [s, self.stop()]
        return [s]

    def refuse(self, s: ast.stmt, message: str) -> None:
        raise self.cx.refuse(
            message, "Write 'yield value' as a statement.", span=self.source.span(s)
        )

    def each(self, value: ast.YieldFrom) -> list[ast.stmt]:
        """yield from it: for each in it: yield each."""
        name = f"%each{self.suffix}"
        element = self.place(ast.Yield(self.load(name, value)))
        loop = ast.For(
            ast.copy_location(ast.Name(name, ast.Store()), value),
            value.value,
            [self.place(ast.Expr(element))],
            [],
        )
        return self.stmt(self.place(loop))

    def hand_over(self, value: ast.Yield) -> list[ast.stmt]:
        """target = value, then the loop's body."""
        name = f"%yield{self.suffix}"
        element = value.value or ast.copy_location(ast.Constant(None), value)
        store = ast.copy_location(ast.Name(name, ast.Store()), element)
        give = ast.copy_location(ast.Assign([store], element), element)
        take = ast.Assign([copy_tree(self.loop.target)], self.load(name, self.loop.target))
        body = [copy_tree(s) for s in self.loop.body]
        if self.breaks:
            body = self.with_breaks(body)
        if self.breaks or (not self.direct and has_own(body, ast.Continue)):
            body = [self.once(body, False)]
        taken = ast.copy_location(take, self.loop.target)
        result = [self.tag(give, True), *(self.tag(s, False) for s in (taken, *body))]
        return [*result, self.stop()] if self.breaks else result

    def with_breaks(self, body: Sequence[Any]) -> list[ast.stmt]:
        """The loop's body, its breaks leaving the generator as well."""
        result: list[ast.stmt] = []
        for s in body:
            if isinstance(s, ast.Break):
                result += [self.set(n, True) for n in (self.done, self.broke)]
            for field in ("body", "orelse", "finalbody"):
                inner = getattr(s, field, None)
                skip = field == "body" and isinstance(s, (ast.For, ast.While))
                if isinstance(inner, list) and not skip and not isinstance(s, ast.FunctionDef):
                    setattr(s, field, self.with_breaks(inner))
            for part in (*getattr(s, "cases", ()), *getattr(s, "handlers", ())):
                part.body = self.with_breaks(part.body)
            result.append(s)
        return result

    # -- pieces

    def load(self, name: str, place: ast.AST | None = None) -> ast.Name:
        return ast.copy_location(ast.Name(name, ast.Load()), place or self.loop)

    def set(self, name: str, value: bool) -> ast.stmt:
        target = ast.copy_location(ast.Name(name, ast.Store()), self.loop)
        constant = ast.copy_location(ast.Constant(value), self.loop)
        return self.place(ast.Assign([target], constant))

    def stop(self) -> ast.stmt:
        return self.place(ast.If(self.load(self.done), [self.place(ast.Break())], []))

    def none(self, s: ast.Assign) -> ast.stmt:
        return self.place(ast.Assign(s.targets, ast.copy_location(ast.Constant(None), s)))

    def once(self, body: list[ast.stmt], inside: bool) -> ast.stmt:
        """A loop of one trip around statements, for `break` and `continue` to leave."""
        trip = ast.Tuple([ast.copy_location(ast.Constant(None), self.loop)], ast.Load())
        target = ast.copy_location(ast.Name(f"%once{self.suffix}", ast.Store()), self.loop)
        loop = ast.For(target, ast.copy_location(trip, self.loop), body, [])
        return self.place(loop, inside)

    def place(self, node: Any, inside: bool = True) -> Any:
        node = ast.copy_location(node, self.source.node if inside else self.loop)
        return self.tag(node, inside) if isinstance(node, ast.stmt) else node

    def tag(self, s: Any, inside: bool) -> Any:
        if not hasattr(s, "role"):
            s.role = (self.suffix, inside)
        return s


def _body(source: FunctionSource) -> list[ast.stmt]:
    node = source.node
    assert isinstance(node, ast.FunctionDef)
    return node.body


def _has_yield(nodes: Sequence[ast.AST]) -> bool:
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(nodes))


def _sets(s: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(s))


def _is_plain_loop(body: Sequence[Any]) -> bool:
    """Whether the generator ends in a loop of which each yield is an end: the `break`,
    `continue` and `else` of its consumer are then those of this loop."""
    *before, last = body
    if not isinstance(last, (ast.For, ast.While)) or last.orelse or _has_yield(before):
        return False
    leaves = any(isinstance(n, ast.Return) for n in own_nodes(body))
    return not leaves and not has_own(last.body, ast.Break) and _yields_last(last.body)


def _yields_last(stmts: Sequence[Any]) -> bool:
    """Whether every yield is the last thing that its list of statements does."""
    if _has_yield(stmts[:-1]):
        return False
    last = stmts[-1]
    if isinstance(last, ast.If):
        return _yields_last(last.body) and (not last.orelse or _yields_last(last.orelse))
    plain = isinstance(last, ast.Expr) and isinstance(last.value, ast.Yield)
    return plain or not _has_yield([last])


def has_own(stmts: Sequence[Any], kind: type[ast.stmt]) -> bool:
    """Whether statements hold a `break` or `continue` of the loop around them."""
    for s in stmts:
        if isinstance(s, kind):
            return True
        if isinstance(s, (ast.FunctionDef, ast.ClassDef)):
            continue
        inner = [*getattr(s, "orelse", ()), *getattr(s, "finalbody", ())]
        if not isinstance(s, (ast.For, ast.While)):
            inner += getattr(s, "body", ())
        for part in (*getattr(s, "cases", ()), *getattr(s, "handlers", ())):
            inner += part.body
        if has_own(inner, kind):
            return True
    return False


# -- renaming ----------------------------------------------------------------------------------


def copy_tree(node: Any) -> Any:
    """A deep copy of a syntax tree: its fields and places alone."""
    if isinstance(node, list):
        return [copy_tree(n) for n in node]
    if not isinstance(node, ast.AST):
        return node
    new = type(node)(**{f: copy_tree(getattr(node, f, None)) for f in node._fields})
    if hasattr(node, "role"):
        new.role = node.role  # type: ignore[attr-defined]
    return ast.copy_location(new, node)


class _Renamer:
    """Copies of a generator's statements, in which each name that is not an inner function's
    own has the suffix."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def body(self, stmts: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(copy_tree(s), frozenset()) for s in stmts]

    def name(self, name: str, inner: frozenset[str]) -> str:
        return name if name in inner else name + self.suffix

    def visit(self, node: Any, inner: frozenset[str]) -> Any:
        """Rename in place; `inner` are the names of functions entered on the way."""
        if isinstance(node, list):
            for n in node:
                self.visit(n, inner)
            return node
        if not isinstance(node, ast.AST):
            return node
        if isinstance(node, ast.Name):
            node.id = self.name(node.id, inner)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [self.name(n, inner) for n in node.names]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if "." not in alias.name or alias.asname:
                    alias.asname = self.name(alias.asname or alias.name, inner)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
            node.name = self.name(node.name, inner)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            node.rest = self.name(node.rest, inner)
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            self.function(node, inner)
        elif isinstance(node, COMPREHENSIONS):
            self.comprehension(node, inner)
        else:
            for field in node._fields:
                self.visit(getattr(node, field, None), inner)
        return node

    def function(self, node: ast.FunctionDef | ast.Lambda, inner: frozenset[str]) -> None:
        own = inner | scope_of.__wrapped__(node).locals  # not cached: it changes here
        self.visit([*node.args.defaults, *(d for d in node.args.kw_defaults if d)], inner)
        if isinstance(node, ast.FunctionDef):
            self.visit(node.decorator_list, inner)
            node.name = self.name(node.name, inner)
        self.visit(node.body, own)

    def comprehension(self, node: Any, inner: frozenset[str]) -> None:
        own = inner | {
            n.id
            for part in node.generators
            for n in ast.walk(part.target)
            if isinstance(n, ast.Name)
        }
        self.visit(node.generators[0].iter, inner)
        for k, part in enumerate(node.generators):
            self.visit(part.target, own)
            self.visit(part.ifs, own)
            if k:
                self.visit(part.iter, own)
        elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.visit([*elements], own)
