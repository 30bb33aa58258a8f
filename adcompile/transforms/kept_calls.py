"""Kept calls (recursion to a depth that depends on data) under derivatives.

The derivative of a kept call is a kept call of a derivative of the function. In forward mode
`y = f(x)` becomes `y, y_dot = f_tangent(x, x_dot)`. In reverse mode, and where tangents come apart
from primals, it becomes a call in two halves: `y, back = vjp(f, x)`, later `back(y_bar)`; or
`y, linear = linearize(f, x)`, later `linear(x_dot)`.

A call in two halves is taken back to kept calls before it is differentiated again: `y = f(x)`,
and `f_adjoint(x, y_bar)` or `f_tangent(x, x_dot)` at the place of the second half. So every order
and every nesting follows from the one rule for kept calls.

For a kept call of an adjoint function `x_bar = f_adjoint(x, y_bar)` there is a shorter one, which
keeps the work in proportion to the depth: its tangent and adjoint follow from the pullback of
the tangent function. With `back` of `vjp(f_tangent, x, x_dot)`, `back((y_bar_dot, y_bar))` is
`(x_bar_dot, x_bar)`. With w the adjoint of `x_bar` and `back` of `vjp(f_tangent, x, w)`, that
of `y_bar` is the tangent there, and that of `x` the first item of `back((0, y_bar))`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adcompile.analysis.activity import active_vars
from adcompile.analysis.operands import aval_of
from adcompile.frontend.derived import (
    Adjoint,
    adjoint_function,
    adjoint_of,
    kept_primitive,
    tangent_function,
)
from adcompile.frontend.values import ZERO, PyVal, Zero
from adcompile.ir import avals
from adcompile.ir.avals import Aval, Opaque, Parts
from adcompile.ir.nodes import UNDEFINED, Atom, Block, Function, Let, Lit, Stmt, Tree, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import all_stmts, map_blocks
from adcompile.transforms.inline import Builder

NONE = Opaque("none")


def items_of(kind: Aval) -> tuple[Any, ...]:
    """The kinds of the items of a function's result."""
    return kind.items if isinstance(kind, Parts) else (kind,)


def with_tangents(kind: Aval) -> tuple[bool, ...] | None:
    """Which items of a result of a kind have tangents; None for one number or array."""
    return tuple(map(avals.is_inexact, kind.items)) if isinstance(kind, Parts) else None


def tangent_kind(kind: Aval) -> Parts:
    """The kind of what the tangent function returns: the items, then their tangents."""
    items = items_of(kind)
    return Parts("tuple", (*items, *(i for i in items if avals.is_inexact(i))))


# -- from two halves back to calls


@dataclass
class _Halves:
    """A call in two halves: its first statement, and those that read it."""

    let: Let
    operands: list[Tree] = field(default_factory=list)

    @property
    def fn(self) -> Any:
        return self.let.args[0].value  # type: ignore[union-attr]

    @property
    def primals(self) -> tuple[Tree, ...]:
        return self.let.args[1:]

    @property
    def kind(self) -> Aval:
        assert isinstance(self.let.out.aval, Parts)
        return self.let.out.aval.items[0]


def rejoined(fn: Function, inputs: Iterable[Var], registry: Registry) -> Function:
    """`fn` with calls in two halves as kept calls, where they depend on `inputs`."""
    work = _Rejoiner(registry, fn)
    if not work.pairs:
        return fn
    every = replace(fn, body=work.block(fn.body))
    active = active_vars(every, inputs)
    for var, halves in list(work.pairs.items()):
        read = {v for t in (*halves.primals, *halves.operands) for v in _vars(t)}
        if not read & active:
            del work.pairs[var]
    return replace(fn, body=work.block(fn.body))


class _Rejoiner:
    def __init__(self, registry: Registry, fn: Function) -> None:
        self.registry = registry
        self.part = registry.by_name["part_of"]
        self.pairs: dict[Var, _Halves] = {}
        self.map_of: dict[Var | None, Var] = {}  # the linear function -> its pair
        for stmt in _lets(fn.body):
            first: Any = stmt.args[0] if stmt.args else None
            if stmt.op.name in ("vjp_call", "linearize_call"):
                self.pairs[stmt.out] = _Halves(stmt)
            elif stmt.op is self.part and first in self.pairs and _index(stmt) == 1:
                self.map_of[stmt.out] = first
            elif stmt.op.name in ("apply_pullback", "apply_linear") and first in self.map_of:
                self.pairs[self.map_of[first]].operands += stmt.args[1:]
        self.moved: dict[Var, tuple[Var, tuple[int, ...]]] = {}

    def block(self, block: Block) -> Block:
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            if isinstance(stmt, Let):
                stmts += self.let(stmt)
            else:
                stmts.append(map_blocks(self.block, stmt))
        return Block(tuple(stmts), block.results)

    def let(self, stmt: Let) -> Iterator[Let]:
        first: Any = stmt.args[0] if stmt.args else None
        if stmt.out in self.pairs or self.map_of.get(stmt.out) in self.pairs:
            return
        if first in self.pairs:  # the value
            halves = self.pairs[first]
            yield self._kept(stmt, stmt.out, halves.fn, halves.primals)
        elif self.map_of.get(first) in self.pairs:
            halves = self.pairs[self.map_of[first]]
            again = self._pullback if stmt.op.name == "apply_pullback" else self._linear
            yield from again(stmt, halves)
        elif first in self.moved:
            whole, places = self.moved[first]
            yield replace(stmt, args=(whole, Lit(places[_index(stmt)])))
        else:
            yield stmt

    def _kept(self, stmt: Let, out: Var, fn: Any, args: Sequence[Tree]) -> Let:
        return Let(out, kept_primitive(fn), tuple(args), (), stmt.origin)

    def _pullback(self, stmt: Let, halves: _Halves) -> Iterator[Let]:
        bar = stmt.args[1]
        bars = bar if isinstance(bar, tuple) else (bar,)
        on = [avals.is_inexact(i) for i in items_of(halves.kind)]
        given = [b for b, o in zip(bars, on, strict=True) if o]
        results = with_tangents(halves.kind)
        made = adjoint_function(self.registry, halves.fn, len(halves.primals), results)
        yield self._kept(stmt, stmt.out, made, (*halves.primals, *given))

    def _linear(self, stmt: Let, halves: _Halves) -> Iterator[Let]:
        dots = stmt.args[1:]
        on = tuple(not (isinstance(d, Lit) and d.value is None) for d in dots)
        results = with_tangents(halves.kind)
        made = tangent_function(self.registry, halves.fn, on, results)
        out = Var(tangent_kind(halves.kind))
        given = [d for d, o in zip(dots, on, strict=True) if o]
        yield self._kept(stmt, out, made, (*halves.primals, *given))
        if results is None:
            yield replace(stmt, op=self.part, args=(out, Lit(1)), linear=False)
        else:
            places = (len(results) + sum(results[:k]) for k in range(len(results)))
            self.moved[stmt.out] = out, tuple(places)


def _index(stmt: Let) -> int:
    index: int = stmt.args[1].value  # type: ignore[union-attr]
    return index


def _lets(block: Block) -> Iterator[Let]:
    return (s for s in all_stmts(block) if isinstance(s, Let))


def _vars(tree: Tree) -> Iterator[Var]:
    if isinstance(tree, tuple):
        for t in tree:
            yield from _vars(t)
    elif isinstance(tree, Var):
        yield tree


# -- the derivative of a kept call


class KeptCalls:
    """Emits kept calls with their tangents.

    `own`: what belongs to the primal part. `renamed`: a tuple of results that became part of a
    longer one, and the places of its items there.
    """

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        self.registry = builder.registry
        self.own: set[Var] = set()
        self.renamed: dict[Tree, tuple[Var, Sequence[int]]] = {}

    def joint(self, stmt: Let, dots: Sequence[Any]) -> list[PyVal]:
        """The value and its tangent from one call; the tangents of the items of the result."""
        base = adjoint_of(stmt.op.fn)
        if base is not None:
            return self._adjoint_jointly(stmt, dots, base)
        kind = stmt.out.aval
        results = with_tangents(kind)
        on = tuple(not isinstance(d, Zero) for d in dots)
        made = tangent_function(self.registry, stmt.op.fn, on, results)
        given = [self.b.atom(d) for d, o in zip(dots, on, strict=True) if o]
        whole = Var(tangent_kind(kind))
        self._let(whole, kept_primitive(made), (*stmt.args, *given))
        if isinstance(kind, Parts):
            self.renamed[stmt.out] = whole, range(len(kind.items))
        else:
            self._part(stmt.out, whole, 0)
        items = items_of(kind)
        return self._parts(whole, items, iter(range(len(items), len(whole.aval.items))))  # type: ignore[union-attr]

    def halves(self, stmt: Let, dots: Sequence[Any], reverse: bool) -> list[PyVal]:
        """The value with a linear function, and the tangents by that function.

        reverse: the function is the pullback, by which the tangents can only be transposed.
        """
        base = adjoint_of(stmt.op.fn)
        if base is not None:
            return self._adjoint_in_halves(stmt, dots, base, reverse)
        kind = stmt.out.aval
        pair = Var(Parts("pair", (kind, Opaque("pullback" if reverse else "linear"))))
        name = "vjp_call" if reverse else "linearize_call"
        self._let(pair, self.registry.by_name[name], (Lit(stmt.op.fn), *stmt.args))
        self._part(stmt.out, pair, 0)
        by = Var(Opaque("pullback" if reverse else "linear"))
        self._part(by, pair, 1)
        self.own |= {pair, by}
        items = items_of(kind)
        single = not isinstance(kind, Parts)
        out = Var(kind if single else Parts("tangents", tuple(map(_dot_kind, items))))
        if reverse:
            values = (stmt.out,) if single else self._values(stmt.out, items)
            places = tuple(UNDEFINED if isinstance(d, Zero) else self.b.atom(d) for d in dots)
            args = (places, by, values, tuple(stmt.args))
            self._let(out, self.registry.by_name["pullback_call"], args, True)
        else:
            given = (Lit(None) if isinstance(d, Zero) else self.b.atom(d) for d in dots)
            self._let(out, self.registry.by_name["apply_linear"], (by, *given), True)
        if single:
            return [out if avals.is_inexact(kind) else ZERO]
        return self._parts(out, items, (k for k, i in enumerate(items) if avals.is_inexact(i)))

    def _adjoint_jointly(self, stmt: Let, dots: Sequence[Any], base: Adjoint) -> list[PyVal]:
        """The adjoints that an adjoint function gives, and their tangents."""
        primals, bars = stmt.args[: base.arguments], stmt.args[base.arguments :]
        pairs = list(zip(stmt.args, dots, strict=True))
        full = [self._filled(a, d) for a, d in pairs]
        given = {k: d for k, d in enumerate(full[: base.arguments]) if d is not None}
        _, back = pushed_forward(self.b, base, primals, given, bars)
        places = [*full[base.arguments :], *bars]
        arguments = (*primals, *given.values())
        shares, found = pulled_back(self.b, base, back, places, arguments, linear=True)
        order = {k: len(primals) + i for i, k in enumerate(given)}
        self.renamed[stmt.out] = shares, [order.get(k, 0) for k in range(len(primals))]
        return [found[k] if k in given else ZERO for k in range(len(primals))]

    def _filled(self, tree: Tree, dot: Any) -> Any:
        """The tangent of an operand, zeros where it is zero; None for what has none."""
        if not avals.is_inexact(aval_of(tree)):
            return None
        return self.b.atom(self.b.zeros(tree) if isinstance(dot, Zero) else dot)  # type: ignore[arg-type]

    def _adjoint_in_halves(
        self, stmt: Let, dots: Sequence[Any], base: Adjoint, reverse: bool
    ) -> list[PyVal]:
        """The adjoints that an adjoint function gives, and their tangents apart from them."""
        primals, bars = stmt.args[: base.arguments], stmt.args[base.arguments :]
        pair = Var(Parts("pair", (result_kind(base, bars), Opaque("pullback"))))
        self._let(pair, self.registry.by_name["vjp_call"], (Lit(base.fn), *primals))
        back = Var(Opaque("pullback"))
        self._part(back, pair, 1)
        self.own |= {pair, back}
        seeds = seed_tree(base, bars)
        self._let(stmt.out, self.registry.by_name["apply_pullback"], (back, seeds))
        items = items_of(stmt.out.aval)
        if reverse:
            out = Var(Parts("tangents", tuple(map(_dot_kind, items))))
            places = tuple(UNDEFINED if isinstance(d, Zero) else self.b.atom(d) for d in dots)
            args = (places, Lit(base), tuple(stmt.args))
            self._let(out, self.registry.by_name["adjoint_tangent"], args, True)
            return self._parts(out, items, (k for k, i in enumerate(items) if avals.is_inexact(i)))
        on = tuple(not isinstance(d, Zero) for d in dots)
        results = with_tangents(stmt.out.aval)
        made = tangent_function(self.registry, stmt.op.fn, on, results)
        given = [self.b.atom(d) for d, o in zip(dots, on, strict=True) if o]
        whole = Var(tangent_kind(stmt.out.aval))
        self._let(whole, kept_primitive(made), (*stmt.args, *given), True)
        return self._parts(whole, items, iter(range(len(items), len(items) + len(items))))

    def _values(self, whole: Var, items: Sequence[Aval]) -> tuple[Atom, ...]:
        """The items of a result, for the shapes of their adjoints."""
        values: list[Atom] = []
        for k, kind in enumerate(items):
            value: Atom = UNDEFINED
            if avals.is_inexact(kind):
                value = Var(kind)
                self._part(value, whole, k)
                self.own.add(value)
            values.append(value)
        return tuple(values)

    def _parts(self, whole: Var, items: Sequence[Aval], places: Iterator[int]) -> list[PyVal]:
        found: list[PyVal] = []
        for kind in items:
            dot: PyVal = ZERO
            if avals.is_inexact(kind):
                dot = Var(kind)
                self._part(dot, whole, next(places), True)
            found.append(dot)
        return found

    def _part(self, out: Var, whole: Var, index: int, linear: bool = False) -> None:
        self._let(out, self.registry.by_name["part_of"], (whole, Lit(index)), linear)

    def _let(self, out: Var, prim: Any, args: tuple[Tree, ...], linear: bool = False) -> None:
        if linear:
            self.b.cx.linear.add(out)
        self.b.stmts.append(Let(out, prim, args, (), self.b.cx.origin, linear))


def _dot_kind(kind: Aval) -> Any:
    return kind if avals.is_inexact(kind) else NONE


def result_kind(base: Adjoint, bars: Sequence[Tree]) -> Any:
    """The kind of a function's result, of which the adjoints are known."""
    kinds = iter([aval_of(b) for b in bars])
    if base.results is None:
        return next(kinds)
    return Parts("tuple", tuple(next(kinds) if on else NONE for on in base.results))


def seed_tree(base: Adjoint, bars: Sequence[Tree]) -> Tree:
    """The adjoints of a result as its pullback takes them."""
    if base.results is None:
        return bars[0]
    given = iter(bars)
    return tuple(next(given) if on else Lit(None) for on in base.results)


def pushed_forward(
    b: Builder,
    base: Adjoint,
    primals: Sequence[Tree],
    dots: Mapping[int, Tree],
    bars: Sequence[Tree],
) -> tuple[list[Var], Var]:
    """The tangents of the items of a function's result, and the pullback of its tangent function.

    dots: the tangents of the arguments that have them, by position.
    """
    on = tuple(k in dots for k in range(len(primals)))
    made = tangent_function(b.registry, base.fn, on, base.results)
    kind = tangent_kind(result_kind(base, bars))
    pair, whole = Var(Parts("pair", (kind, Opaque("pullback")))), Var(kind)
    back = Var(Opaque("pullback"))
    part, origin = b.registry.by_name["part_of"], b.cx.origin
    args = (Lit(made), *primals, *dots.values())
    b.stmts.append(Let(pair, b.registry.by_name["vjp_call"], args, (), origin))
    b.stmts.append(Let(whole, part, (pair, Lit(0)), (), origin))
    b.stmts.append(Let(back, part, (pair, Lit(1)), (), origin))
    count = len(kind.items) - len(bars)
    tangents = [Var(k) for k in kind.items[count:]]
    for k, out in enumerate(tangents, count):
        b.stmts.append(Let(out, part, (whole, Lit(k)), (), origin))
    return tangents, back


def pulled_back(
    b: Builder,
    base: Adjoint,
    back: Var,
    seeds: Sequence[Tree],
    arguments: Sequence[Tree],
    linear: bool = False,
) -> tuple[Var, list[Var]]:
    """The adjoints of the arguments of a tangent function: all of them, and one by one.

    seeds: the adjoints of the items of the function's result, then those of their tangents.
    """
    half = len(seeds) // 2
    first = seed_tree(base, seeds[:half])
    items = (*(first if isinstance(first, tuple) else (first,)), *seeds[half:])
    parts = apply_pullback(b, back, items, False, arguments, linear)
    return parts[0], parts[1]


def apply_pullback(
    b: Builder,
    back: Atom,
    bars: Sequence[Tree],
    single: bool,
    arguments: Sequence[Tree],
    linear: bool = False,
) -> tuple[Var, list[Var]]:
    """The adjoints of the arguments of a call, from its pullback: all of them, and one by one.

    arguments: its arguments, for the kinds of their adjoints. linear: the adjoints are tangents.
    """
    kinds = tuple(strong(k) if avals.is_inexact(k) else NONE for k in map(aval_of, arguments))
    shares = Var(Parts("adjoints", kinds))
    given: Tree = bars[0] if single else tuple(bars)
    origin, part = b.cx.origin, b.registry.by_name["part_of"]
    b.stmts.append(Let(shares, b.registry.by_name["apply_pullback"], (back, given), (), origin))
    parts = [Var(kind) for kind in kinds]
    for k, out in enumerate(parts):
        if out.aval is not NONE:
            b.stmts.append(Let(out, part, (shares, Lit(k)), (), origin, linear))
            if linear:
                b.cx.linear.add(out)
    return shares, parts


def strong(aval: Aval) -> Any:
    """The kind of a sum of adjoints that may be NumPy scalars."""
    if isinstance(aval, avals.Scalar) and aval.weak and aval.dtype.kind in "fc":
        return avals.Scalar(aval.dtype, weak=False)
    return aval
