"""How the slots of a loop's header are carried: a first guess, and its correction.

A slot is a name, or an entry of a list, dict or object. What its value is before the loop and
after an iteration decides: kept as it is, carried as a number, an array or a tuple of such.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from adcompile.frontend import emit
from adcompile.frontend.context import Context, Mismatch, Restart
from adcompile.frontend.join import _same_literal, join_avals, same_aval
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    ContainerRef,
    ObjectRef,
    PyVal,
    State,
    TupleVal,
    is_atom,
    leaves,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval, Scalar
from adcompile.ir.nodes import UNDEFINED, Lit

KEEP, LATE, MIXED = "keep", "late", "mixed"


@dataclass
class ScalarSpec:
    aval: Aval


@dataclass
class ArraySpec:
    aval: Array
    group: tuple[object, ...]
    sources: tuple[ArrayObj, ...]


@dataclass
class TupleSpec:
    items: list[Any]


@dataclass
class Correction:
    """Finds how a slot is carried, for a loop that begins in the state `entry`.

    peeled: the first iteration runs before the loop, so kinds have had their chance to settle.
    """

    cx: Context
    node: ast.For | ast.While
    entry: State
    peeled: bool

    def guess(self, value: PyVal) -> Any:
        if value is UNDEFINED:
            return LATE
        if isinstance(value, Lit) and isinstance(value.value, bool):
            return KEEP  # a flag: known as long as the body does not change it
        if is_atom(value) and avals.is_numeric(self.cx.aval(value)):
            aval = self.cx.aval(value)
            return ScalarSpec(Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval)
        return KEEP

    def correct(self, spec: Any, entry: PyVal, header: PyVal, end: PyVal) -> Any:
        """The spec that the body's end value asks for; `spec` itself if it holds."""
        cx = self.cx
        if spec == LATE:
            return self.partial(end)
        if spec == MIXED:
            return spec
        if spec == KEEP:
            if self.same(entry, end):
                return spec
            return self.spec_for(entry, end)
        if isinstance(spec, TupleSpec):
            if not isinstance(end, TupleVal) or len(end.items) != len(spec.items):
                return self.mismatch()
            entry = unbound(spec) if entry is UNDEFINED else entry
            assert isinstance(entry, TupleVal) and isinstance(header, TupleVal)
            new = [
                self.correct(*parts)
                for parts in zip(spec.items, entry.items, header.items, end.items, strict=True)
            ]
            if all(a is b for a, b in zip(new, spec.items, strict=True)):
                return spec
            return TupleSpec(new)
        if isinstance(spec, ScalarSpec):
            if not is_atom(end) or not avals.is_numeric(cx.aval(end)) or end is UNDEFINED:
                return self.mismatch()
            joined = join_avals(cx, spec.aval, plain(cx.aval(end)))
            if joined is None:
                return self.mismatch()
            return spec if joined == spec.aval else ScalarSpec(joined)
        assert isinstance(spec, ArraySpec)
        if not isinstance(end, ArrayRef):
            return self.mismatch()
        joined = join_avals(cx, spec.aval, cx.ref_aval(end))
        if not isinstance(joined, Array):
            return self.mismatch()
        more = [o for o in self.held(end) if o.rows and o not in spec.sources]
        if same_aval(joined, spec.aval) and not more:
            return spec
        return ArraySpec(joined, spec.group, (*spec.sources, *more))

    def spec_for(self, entry: PyVal, end: PyVal) -> Any:
        """How to carry a slot that is `entry` before and `end` after an iteration."""
        cx = self.cx
        if self.same(entry, end):
            return KEEP
        if isinstance(entry, TupleVal) and isinstance(end, TupleVal) and entry.kind is end.kind:
            if len(entry.items) == len(end.items):
                return TupleSpec(
                    [self.spec_for(a, b) for a, b in zip(entry.items, end.items, strict=True)]
                )
            return self.mismatch()
        if is_atom(entry) and is_atom(end) and UNDEFINED not in (entry, end):
            joined = join_avals(cx, plain(cx.aval(entry)), plain(cx.aval(end)))
            if joined is not None:
                return ScalarSpec(joined)
        if isinstance(entry, ArrayRef) and isinstance(end, ArrayRef):
            joined = join_avals(cx, cx.aval(emit.read(cx, entry)), cx.aval(emit.read(cx, end)))
            if isinstance(joined, Array):
                sources = [entry.obj, *self.held(end)]
                return ArraySpec(joined, (entry.obj, end.obj, entry.path, end.path), tuple(sources))
        if any(isinstance(v, (ContainerRef, ObjectRef)) for v in (entry, end)):
            self.unroll()
        return self.mismatch()

    def partial(self, end: PyVal) -> Any:
        """How to carry a name first bound in the body: where not every iteration binds it, it
        keeps what an earlier one has bound."""
        held = self.cx.state.store
        found = [held[v.obj] if isinstance(v, ArrayRef) else v for v in leaves(end)]
        return self.carried(end) if any(v in self.cx.partial for v in found) else LATE

    def carried(self, end: PyVal) -> Any:
        """A carry for what a name first bound in the body holds."""
        if isinstance(end, TupleVal):
            return TupleSpec([self.carried(v) for v in end.items])
        if isinstance(end, ArrayRef):
            aval = self.cx.ref_aval(end)
            return ArraySpec(aval, (ArrayObj(), end.obj, (), end.path), tuple(self.held(end)))
        numeric = is_atom(end) and avals.is_numeric(self.cx.aval(end))
        return ScalarSpec(plain(self.cx.aval(end))) if numeric else MIXED

    def held(self, end: ArrayRef) -> list[ArrayObj]:
        """The arrays from before the loop that `end` is, or may share memory with."""
        return [o for o in (end.obj, *end.obj.maybe) if o in self.entry.store]

    def same(self, a: PyVal, b: PyVal) -> bool:
        if a is b or _same_literal(a, b):
            return True
        if isinstance(a, ArrayRef) and isinstance(b, ArrayRef):
            return a.obj is b.obj and a.path == b.path
        if isinstance(a, (ContainerRef, ObjectRef)) and isinstance(b, (ContainerRef, ObjectRef)):
            return a.obj is b.obj
        if isinstance(a, TupleVal) and isinstance(b, TupleVal):
            return len(a.items) == len(b.items) and all(
                self.same(x, y) for x, y in zip(a.items, b.items, strict=True)
            )
        return False

    def mismatch(self) -> Any:
        if not self.peeled:
            raise Mismatch
        return MIXED

    def unroll(self) -> None:
        """Unroll the loop, where its trip count can be known."""
        if id(self.node) not in self.cx.demands.unroll and isinstance(self.node, ast.For):
            self.cx.demands.unroll.add(id(self.node))
            raise Restart
        raise self.cx.refuse(
            "a list or dict changes its structure in this loop, and the number of iterations "
            "is not known",
            "Only append to lists in it, or preallocate an array and write its entries.",
        )


def plain(aval: Aval) -> Aval:
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


def unbound(spec: TupleSpec) -> TupleVal:
    """What stands for a tuple that no iteration has bound."""
    return TupleVal(tuple(UNDEFINED for _ in spec.items))
