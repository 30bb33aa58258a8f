"""Joining two states where control flow meets: one phi a differing name, version or slot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import CellType
from typing import Any

import numpy as np

from adcompile.errors import UnsupportedSyntax
from adcompile.frontend import emit
from adcompile.frontend.context import Context
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    Container,
    ContainerRef,
    ObjectRef,
    PyVal,
    Run,
    State,
    TupleVal,
    is_atom,
)
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import fresh
from adcompile.ir.nodes import UNDEFINED, Atom, Lit, Stmt, Var
from adcompile.ir.trees import Node


def join_avals(cx: Context, a: Aval, b: Aval) -> Aval | None:
    """The kind of a value that is one of two, or None where they do not go together."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        if a.dtype == b.dtype:
            return Scalar(a.dtype, a.weak and b.weak, a.extent if a == b else None)
        if "b" in (a.dtype.kind, b.dtype.kind) and a.dtype != b.dtype:
            return None
        if (a.weak and b.weak) or (not a.weak and not b.weak):
            dtype = np.result_type(a.dtype, b.dtype)
        else:
            strong, weak = (b, a) if a.weak else (a, b)
            dtype = np.result_type(strong.dtype, {"i": 1, "f": 1.0, "c": 1j}[weak.dtype.kind])
        return Scalar(dtype, a.weak and b.weak)
    if isinstance(a, Array) and isinstance(b, Array):
        if a.ndim != b.ndim or a.dtype != b.dtype:
            return None
        shape = tuple(
            x if cx.facts.same(x, y) else fresh() for x, y in zip(a.shape, b.shape, strict=True)
        )
        return Array(a.dtype, shape)
    return None


class UnevenBranches(UnsupportedSyntax):
    """Two branches leave a list or dict with different entries."""


def join_kinds(cx: Context, a: Node | None, b: Node | None) -> Node | None:
    """The kind of elements of either kind. Raises LookupError where there is none."""
    if a is None or b is None or a is b:
        return b if a is None else a
    if a.kind != b.kind or len(a.children) != len(b.children):
        raise LookupError
    if a.kind == "leaf":
        joined = join_avals(cx, a.value, b.value)
        if joined is None:
            raise LookupError
        return a if same_aval(joined, a.value) else Node("leaf", joined)
    if a.kind == "run":
        if join_kinds(cx, a.value, b.value) is not a.value:
            raise LookupError
    elif a.value != b.value:
        raise LookupError
    parts = tuple(join_kinds(cx, x, y) for x, y in zip(a.children, b.children, strict=True))
    if all(p is x for p, x in zip(parts, a.children, strict=True)):
        return a
    return Node(a.kind, a.value, parts)  # type: ignore[arg-type]


def same_aval(a: Aval, b: Aval) -> bool:
    """Whether two kinds are one, lengths of which nothing is known included."""
    if isinstance(a, Array) and isinstance(b, Array):
        return a.dtype == b.dtype and all(
            x == y or any(s.name == "len" for s in dims.symbols(y))
            for x, y in zip(a.shape, b.shape, strict=True)
        )
    return a == b


@dataclass
class _Joiner:
    """Collects the outputs of a conditional while values are joined pairwise."""

    cx: Context
    first: tuple[State, list[Stmt]]
    second: tuple[State, list[Stmt]]
    outs: list[Var] = field(default_factory=list)
    results: tuple[list[Atom], list[Atom]] = field(default_factory=lambda: ([], []))
    store: dict[object, object] = field(default_factory=dict)
    sides: dict[ArrayObj, tuple[ArrayObj | None, ...]] = field(default_factory=dict)

    def dead(self) -> list[bool]:
        return [state.env.get("%dead") is not None for state, _ in (self.first, self.second)]

    def alive(self, a: PyVal, b: PyVal) -> tuple[PyVal, PyVal]:
        """The pair, with nothing on a path that ended in `raise`."""
        dead = self.dead()
        return (UNDEFINED if dead[0] else a), (UNDEFINED if dead[1] else b)

    def atoms(self, a: PyVal, b: PyVal) -> tuple[Atom, Atom]:
        """Both values as operands, arrays read at the end of their own branch."""
        read = []
        for value, (state, stmts) in ((a, self.first), (b, self.second)):
            with self.cx.block(state, stmts):
                read.append(UNDEFINED if value is UNDEFINED else emit.atom(self.cx, value))
        return read[0], read[1]

    def out(self, aval: Aval, a: Atom, b: Atom, hint: str) -> Var:
        for i, (x, y) in enumerate(zip(self.results[0], self.results[1], strict=True)):
            if x is a and y is b and isinstance(a, Var) and isinstance(b, Var):
                return self.outs[i]
        var = self.cx.new_var(aval, hint)
        if a in self.cx.partial or b in self.cx.partial:
            self.cx.partial.add(var)
        self.outs.append(var)
        self.results[0].append(a)
        self.results[1].append(b)
        return var

    def phi(self, a: PyVal, b: PyVal, hint: str) -> PyVal:
        """One value for a on the first path and b on the second."""
        if a is b or _same_literal(a, b):
            return a
        if any(self.dead()):  # what is known on the only path that goes on is known after it
            going = b if self.dead()[0] else a
            if isinstance(going, Lit):
                return going
        unbound = a is UNDEFINED or b is UNDEFINED
        a, b = self.alive(a, b)
        if a is UNDEFINED or b is UNDEFINED:
            first = len(self.outs)
            value = self.half(a, b, hint)
            if unbound:
                self.cx.partial.update(self.outs[first:])
            return value
        if (
            isinstance(a, TupleVal)
            and isinstance(b, TupleVal)
            and a.kind is b.kind
            and len(a.items) == len(b.items)
        ):
            items = tuple(self.phi(x, y, hint) for x, y in zip(a.items, b.items, strict=True))
            return TupleVal(items, a.kind)
        if isinstance(a, ArrayRef) and isinstance(b, ArrayRef):
            if a.obj is b.obj and a.path == b.path:
                return a
            x, y = self.atoms(a, b)
            aval = join_avals(self.cx, self.cx.aval(x), self.cx.aval(y))
            if aval is None:
                return self.conflict(a, b)
            return self.array(aval, x, y, hint, (a, b))
        if is_atom(a) and is_atom(b):
            assert isinstance(a, (Var, Lit)) and isinstance(b, (Var, Lit))
            x, y = self.cx.aval(a), self.cx.aval(b)  # type: ignore[assignment]
            aval = join_avals(self.cx, x, y)  # type: ignore[arg-type]
            if aval is not None:
                return self.out(_no_extent(aval), a, b, hint)
        if isinstance(a, (ContainerRef, ObjectRef)) and type(a) is type(b):
            if a.obj is b.obj:
                return a
            return self.container(a, b, hint)
        return self.conflict(a, b)

    def conflict(self, a: PyVal, b: PyVal) -> Conflict:
        """Two kinds of values: one that is either, if both are numbers, arrays or constants."""
        why = getattr(a, "why", "") or getattr(b, "why", "")
        if why:
            return Conflict(a, b, why=why)
        chosen = None
        if not isinstance(a, Conflict) and not isinstance(b, Conflict):
            chosen = self.out(avals.BOOL, Lit(True), Lit(False), "")
        if not all(isinstance(v, (Var, Lit, ArrayRef)) for v in (a, b)):
            return Conflict(a, b, chosen=chosen)
        either = self.out(Opaque("object"), *self.atoms(a, b), "")
        return Conflict(a, b, either, chosen=chosen)

    def array(
        self, aval: Aval, x: Atom, y: Atom, hint: str, sources: tuple[PyVal, ...]
    ) -> ArrayRef:
        obj = ArrayObj(hint, self.cx.origin.span)
        self.store[obj] = self.out(aval, x, y, hint)
        mine = tuple(s.obj if isinstance(s, ArrayRef) else None for s in sources)
        # After `x, y = y, x` on one path they are two arrays on either.
        apart = frozenset(o for o, other in self.sides.items() if not _meet(mine, other))
        for source in mine:
            if source is not None:
                obj.link(source, apart)
        self.sides[obj] = mine
        return ArrayRef(obj)

    def half(self, a: PyVal, b: PyVal, hint: str) -> PyVal:
        """A value that only one path has bound."""
        bound = b if a is UNDEFINED else a
        if isinstance(bound, TupleVal):
            return TupleVal(
                tuple(
                    self.half(UNDEFINED, v, hint)
                    if a is UNDEFINED
                    else self.half(v, UNDEFINED, hint)
                    for v in bound.items
                ),
                bound.kind,
            )
        if isinstance(bound, ArrayRef):
            x, y = self.atoms(a, b)
            known = y if a is UNDEFINED else x
            return self.array(self.cx.aval(known), x, y, hint, (a, b))
        if isinstance(bound, (Var, Lit)) and avals.is_numeric(self.cx.aval(bound)):
            x, y = self.atoms(a, b)
            return self.out(_no_extent(self.cx.aval(bound)), x, y, hint)
        return bound

    def container(
        self, a: ContainerRef | ObjectRef, b: ContainerRef | ObjectRef, hint: str
    ) -> PyVal:
        kind = a.obj.kind
        outside = a.obj.outside or b.obj.outside
        if kind is not b.obj.kind or (outside and isinstance(a, ObjectRef)):
            return Conflict(a, b)
        first, second = self.first[0].store[a.obj], self.second[0].store[b.obj]
        joined = self.contents(kind, first, second, hint)
        if joined is None:
            return Conflict(a, b)
        obj = Container(kind, self.cx.origin.span)
        self.store[obj] = joined
        return ObjectRef(obj) if isinstance(a, ObjectRef) else ContainerRef(obj)

    def run(self, first: Run, second: Run) -> Run | None:
        """A list that grew on one side or on both."""
        columns = [
            None if run.columns is None else [(c.obj, c.path) for c in run.columns]
            for run in (first, second)
        ]
        if columns[0] != columns[1]:
            return None
        try:
            kind = join_kinds(self.cx, first.kind, second.kind)
        except LookupError:
            return None
        return replace(first, kind=kind, count=self.phi(first.count, second.count, ""))

    def contents(self, kind: Any, first: object, second: object, hint: str) -> object | None:
        if isinstance(first, Run) or isinstance(second, Run):
            both = isinstance(first, Run) and isinstance(second, Run)
            return self.run(first, second) if both else None  # type: ignore[arg-type]
        if isinstance(first, dict) and isinstance(second, dict):
            if kind is not dict:  # attributes, which one side may lack
                names = dict.fromkeys((*first, *second))
                return {
                    k: self.phi(first.get(k, UNDEFINED), second.get(k, UNDEFINED), k) for k in names
                }
            if list(first) != list(second):
                return None
            return {k: self.phi(first[k], second[k], hint) for k in first}
        assert isinstance(first, tuple) and isinstance(second, tuple)
        if len(first) != len(second):
            return None
        return tuple(self.phi(x, y, hint) for x, y in zip(first, second, strict=True))


def _meet(one: tuple[ArrayObj | None, ...], other: tuple[ArrayObj | None, ...]) -> bool:
    """Whether two arrays may be in one memory on one of the paths."""
    pairs = zip(one, other, strict=True)
    return any(a is not None and b is not None and a.may_share(b) for a, b in pairs)


def _no_extent(aval: Aval) -> Aval:
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


def _same_literal(a: PyVal, b: PyVal) -> bool:
    if not (isinstance(a, Lit) and isinstance(b, Lit)):
        return False
    if a.value is b.value:
        return True
    plain = (bool, int, float, str)
    return type(a.value) is type(b.value) and isinstance(a.value, plain) and a.value == b.value


def join_states(
    cx: Context,
    first: tuple[State, list[Stmt]],
    second: tuple[State, list[Stmt]],
    before: State,
) -> tuple[tuple[Var, ...], tuple[Atom, ...], tuple[Atom, ...]]:
    """Make cx.state what holds after either; returns the conditional's outputs and results.

    `before` is updated in place, as it is the state of the frame that goes on.
    """
    joiner = _Joiner(cx, first, second)
    a, b = first[0], second[0]
    env: dict[str, PyVal] = {}
    for name in dict.fromkeys((*a.env, *b.env)):
        if name == "%dead":
            continue
        env[name] = joiner.phi(a.env.get(name, UNDEFINED), b.env.get(name, UNDEFINED), name)
    store: dict[object, object] = {}
    for obj in dict.fromkeys((*a.store, *b.store)):
        if obj not in a.store or obj not in b.store:
            store[obj] = a.store.get(obj, b.store.get(obj))
            continue
        x, y = a.store[obj], b.store[obj]
        if x is y:
            store[obj] = x
        elif isinstance(obj, ArrayObj):
            aval = join_avals(cx, x.aval, y.aval)
            assert aval is not None
            left, right = joiner.alive(x, y)
            assert isinstance(left, (Var, Lit)) and isinstance(right, (Var, Lit))
            store[obj] = joiner.out(aval, left, right, obj.hint)
        else:
            hint = next(iter(x)) if obj.kind is CellType else "item"
            joined = joiner.contents(obj.kind, x, y, hint)
            if joined is None:
                raise UnevenBranches(
                    "a list or dict has different lengths or keys after the two branches",
                    cx.origin.span,
                    "Give it the same entries on both paths, or select from an array: x[x > 0].",
                )
            store[obj] = joined
    store.update(joiner.store)
    before.env.clear()
    before.env.update(env)
    before.store.clear()
    before.store.update(store)
    cx.state = before
    return tuple(joiner.outs), tuple(joiner.results[0]), tuple(joiner.results[1])
