"""Jacobians: forward or reverse mode in all directions at once.

The basis of the space of the inputs (or results) is one identity matrix, whose columns belong
to the entries of all of them in order. A single number needs no basis: its tangent or adjoint
is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.frontend import extents
from adcompile.frontend.values import PyVal, SliceVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import FLOAT, Array, Scalar
from adcompile.ir.nodes import Atom, Block, Function, Let, Lit, Origin, Stmt, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import all_stmts, reads_of, substitute
from adcompile.transforms.batch import WHOLE, Batcher
from adcompile.transforms.forward import forward
from adcompile.transforms.inline import Builder
from adcompile.transforms.reverse import reverse

Blocks = dict[tuple[int, int], Atom]


@dataclass(frozen=True)
class Jacobian:
    """`function` has the parameters and results of the primal, then the blocks: `blocks[i, j]` is
    the derivative of result i by parameter j, of shape result.shape + parameter.shape."""

    function: Function
    blocks: Blocks


@dataclass
class Tools:
    """What the transforms of one compilation share."""

    registry: Registry
    facts: Facts
    homes: Homes
    np_floats: bool = False

    def builder(self) -> Builder:
        made = Builder(self.registry, self.facts, self.homes, self.np_floats)
        made.cx.origin = Origin(None, True)
        return made


def jacobian_forward(fn: Function, wrt: Sequence[int], of: Sequence[int], tools: Tools) -> Jacobian:
    """One tangent for each entry of the parameters `wrt`, all at once."""
    inputs = [fn.params[i] for i in wrt]
    made = forward(
        fn,
        wrt,
        tools.registry,
        tools.facts,
        tools.homes,
        of,
        tools.np_floats,
        stacked=not is_number(inputs),
    ).function
    dots = made.params[len(fn.params) :]
    count = len(fn.body.results)
    tangents = made.body.results[count:]
    if is_number(inputs):
        body = substitute(made.body, {dots[0]: one(inputs[0])})
        function = replace(made, params=fn.params, body=body)
        blocks = {(i, wrt[0]): body.results[count + k] for k, i in enumerate(of)}
        return Jacobian(function, blocks)
    work = _Stacked(tools, made, dots, inputs)
    with work.b.into(work.stmts):
        blocks = {}
        for i, dot in zip(of, tangents, strict=True):
            stack = work.stack(dot, fn.body.results[i])
            for j, rows in zip(wrt, work.rows, strict=True):
                blocks[i, j] = work.columns(stack, rows, fn.body.results[i], fn.params[j])
    return work.finished(fn, made, blocks)


def jacobian_reverse(fn: Function, wrt: Sequence[int], of: Sequence[int], tools: Tools) -> Jacobian:
    """One adjoint for each entry of the results `of`, all at once."""
    made = reverse(fn, wrt, tools.registry, tools.facts, tools.homes, of, tools.np_floats).function
    outputs = [fn.body.results[i] for i in of]
    seeds = made.params[len(fn.params) :]
    count = len(fn.body.results)
    bars = made.body.results[count:]
    if is_number(outputs):
        body = substitute(made.body, {seeds[0]: Lit(1.0)})
        function = replace(made, params=fn.params, body=body)
        blocks = {(of[0], j): body.results[count + k] for k, j in enumerate(wrt)}
        return Jacobian(function, blocks)
    work = _Stacked(tools, made, seeds, outputs)
    with work.b.into(work.stmts):
        blocks = {}
        for j, bar in zip(wrt, bars, strict=True):
            stack = work.stack(bar, fn.params[j])
            for i, rows in zip(of, work.rows, strict=True):
                blocks[i, j] = work.entries(stack, rows, fn.body.results[i], fn.params[j])
    return work.finished(fn, made, blocks)


def is_number(values: Sequence[Atom]) -> bool:
    """Whether there is one direction only, of a number: no basis is needed."""
    return len(values) == 1 and not isinstance(values[0].aval, Array)  # type: ignore[union-attr]


def one(like: Any) -> Lit:
    """The derivative of a number by itself."""
    aval = like.aval
    assert isinstance(aval, Scalar)
    return Lit(1.0) if aval.weak else Lit(aval.dtype.type(1))


class _Stacked:
    """A derivative with its seeds replaced by a basis. `rows`: where each seeded value's
    directions start and stop."""

    def __init__(
        self, tools: Tools, made: Function, seeds: Sequence[Var], like: Sequence[Any]
    ) -> None:
        self.b = tools.builder()
        self.seeds = seeds
        self.stmts: list[Stmt] = []
        stmts = made.body.stmts
        known = set(seeds)
        first = next((k for k, s in enumerate(stmts) if reads_of(s) & known), len(stmts))
        for p in made.params:
            if p not in known:
                self.b.cx.homes.learn(p)
        with self.b.into(self.stmts):
            before = Batcher(self.b, Lit(0), {})
            before.block(stmts[:first])
            self.size, basis = self._basis(like)
            self.batcher = Batcher(self.b, self.size, basis)
            self.batcher.zero = before.zero
            self.batcher.growing = any(
                isinstance(s, Let) and s.op.name == "with_room" for s in all_stmts(made.body)
            )
            self.batcher.block(stmts[first:])

    def _basis(self, like: Sequence[Any]) -> tuple[Atom, dict[Var, Atom]]:
        sizes = [self._size(v) for v in like]
        ends: list[PyVal] = [Lit(0)]
        for n in sizes:
            start = ends[-1]
            ends.append(n if isinstance(start, Lit) and not start.value else self._sum(start, n))
        size = self.b.atom(ends[-1])
        dtype = _common(like)
        eye = self.b.emit("eye", size, **({} if dtype == FLOAT.dtype else {"dtype": Lit(dtype)}))
        self.rows: list[Any] = list(pairwise(ends)) if len(like) > 1 else [None]
        basis: dict[Var, Atom] = {}
        for seed, v, rows in zip(self.seeds, like, self.rows, strict=True):
            part: PyVal = eye
            if rows is not None:
                columns = (
                    SliceVal(rows[0], rows[1], Lit(None)) if isinstance(v.aval, Array) else rows[0]
                )
                part = self.b.emit("getitem", eye, TupleVal((WHOLE, columns)))
            if isinstance(v.aval, Array) and v.aval.ndim != 1:
                lengths = extents.of_shape(self.b.cx, v).items
                part = self.b.emit("reshape", part, TupleVal((size, *lengths)))
            atom = self.b.atom(self.b.fit_dtype(part, Array(v.aval.dtype, ())))
            if atom is not basis.get(seed) and isinstance(atom, Var) and not atom.hint:
                atom.hint = seed.hint
            basis[seed] = atom
        return size, basis

    def _size(self, v: Any) -> PyVal:
        total: PyVal = Lit(1)
        for n in extents.of_shape(self.b.cx, v).items if isinstance(v.aval, Array) else ():
            one = isinstance(total, Lit) and total.value == 1
            total = n if one else self.b.emit("multiply", total, n)
        return total

    def _sum(self, a: PyVal, b: PyVal) -> PyVal:
        if isinstance(a, Lit) and isinstance(b, Lit):
            return Lit(a.value + b.value)
        return self.b.emit("add", a, b)

    def stack(self, atom: Atom, like: Any) -> Atom:
        return self.batcher.spread(atom, like)

    def _part(self, stack: Atom, rows: Any, number: bool) -> PyVal:
        if rows is None:
            return stack
        where = rows[0] if number else SliceVal(rows[0], rows[1], Lit(None))
        return self.b.emit("getitem", stack, TupleVal((where,)))

    def columns(self, stack: Atom, rows: Any, result: Any, param: Any) -> Atom:
        """Tangents along the first axis: moved to the end, in the shape of the parameter."""
        number = not isinstance(param.aval, Array)
        part = self._part(stack, rows, number)
        rank = len(avals.shape_of(result.aval))
        if not number:
            if rank:
                order = {"axes": Lit((*range(1, rank + 1), 0))} if rank > 1 else {}
                part = self.b.emit("transpose", part, **order)
            if param.aval.ndim != 1:
                part = self.b.emit("reshape", part, self._whole(result, param))
        return self._block(part, result, param)

    def entries(self, stack: Atom, rows: Any, result: Any, param: Any) -> Atom:
        """Adjoints along the first axis: in the shape of the result."""
        number = not isinstance(result.aval, Array)
        part = self._part(stack, rows, number)
        if not number and result.aval.ndim != 1:
            part = self.b.emit("reshape", part, self._whole(result, param))
        return self._block(part, result, param)

    def _whole(self, result: Any, param: Any) -> TupleVal:
        lengths = [n for v in (result, param) for n in extents.of_shape(self.b.cx, v).items]
        return TupleVal(tuple(lengths))

    def _block(self, part: PyVal, result: Any, param: Any) -> Atom:
        """A block of numbers by numbers is a number, in the kind of the parameter."""
        if not isinstance(result.aval, Array) and not isinstance(param.aval, Array):
            part = self.b.weaken(part, param.aval)
        return self.b.atom(part)

    def finished(self, fn: Function, made: Function, blocks: Blocks) -> Jacobian:
        body = Block(tuple(self.stmts), fn.body.results)
        return Jacobian(replace(made, params=fn.params, body=body), blocks)


def _common(like: Sequence[Any]) -> Any:
    """The dtype of a basis for several values; float64 if theirs differ."""
    kinds = {v.aval.dtype for v in like}
    return kinds.pop() if len(kinds) == 1 else FLOAT.dtype
