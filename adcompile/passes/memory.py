"""What a program keeps for later: the plan of residuals read as bytes.

At each statement of the outermost block some values are alive for statements that follow, and
what a loop stores counts once an iteration. The statement where that is most is looked at.
Values that are given or returned, and what one expression needs for itself, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adcompile.ir import dims
from adcompile.ir.avals import Array, Aval, Scalar
from adcompile.ir.dims import Dim, Symbol
from adcompile.ir.nodes import NOWHERE, Atom, For, Function, Let, Lit, Origin, Stmt, Var, While
from adcompile.ir.snapshots import NEW, OFFER, RECORD, REWIND
from adcompile.ir.walk import all_stmts, blocks, defined, reads_of
from adcompile.passes.residuals import Place, Plan, common

ENTRY = 8
"""Bytes of a reference in a list."""

NUMBER = 24 + ENTRY
ARRAY_HEAD = 112 + ENTRY


@dataclass(frozen=True)
class Kept:
    """A value that is kept.

    name: the user's, if it has one. origin: where it is computed. each: bytes of one, times:
    how many are kept; None where the arguments do not say. what: "value", "snapshots", "drawn"
    (recorded, as it must not be computed twice).
    """

    name: str
    origin: Origin
    each: int | None
    times: int | None
    what: str = "value"

    @property
    def bytes(self) -> int | None:
        return None if self.each is None or self.times is None else self.each * self.times


def kept_values(fn: Function, values: Mapping[Symbol, int]) -> list[Kept]:
    """What `fn` (checkpoints placed, residuals not) keeps where it keeps most, largest first.

    values: those of the lengths and integers of a call.
    """
    work = _Memory(fn, Lengths(values))
    found = max(work.moments(), key=lambda kept: sum(map(_weight, kept)), default=[])
    return sorted(found, key=_weight, reverse=True)


def _weight(kept: Kept) -> int:
    """Bytes; what may be any number counts more than all that is known."""
    return 1 << 62 if kept.bytes is None else kept.bytes


@dataclass
class Lengths:
    """Symbolic lengths and trip counts as numbers, None where the arguments do not say."""

    values: Mapping[Symbol, int]

    def known(self, dim: Dim | None, inner: Mapping[Symbol, int] | None = None) -> int | None:
        values = {**self.values, **inner} if inner else self.values
        if dim is None or not all(
            s in values or (isinstance(s.key, tuple) and s.key[0] in dims.OPERATIONS)
            for s in dims.all_symbols(dim)
        ):
            return None
        return max(dims.evaluate(dim, values), 0)

    def size(self, aval: Aval) -> int | None:
        """Bytes of a value of this kind."""
        if not isinstance(aval, Array):
            return NUMBER
        lengths = [self.known(d) for d in aval.shape]
        if any(n is None for n in lengths):
            return None
        total = aval.dtype.itemsize
        for n in lengths:
            total *= n  # type: ignore[operator]
        return total + ARRAY_HEAD

    def numbers(self, loop: For | While, inner: Mapping[Symbol, int]) -> range | None:
        """The range of a loop."""
        if not isinstance(loop, For) or loop.exits:
            return None
        bounds = [self.number(a, inner) for a in (loop.start, loop.stop, loop.step)]
        return None if any(b is None for b in bounds) else range(*bounds)  # type: ignore[arg-type]

    def number(self, atom: Atom, inner: Mapping[Symbol, int] | None = None) -> int | None:
        if isinstance(atom, Lit):
            return atom.value if type(atom.value) is int else None
        extent = atom.aval.extent if isinstance(atom.aval, Scalar) else None
        return self.known(extent, inner)

    def times(
        self, loops: tuple[For | While, ...], inner: Mapping[Symbol, int] | None = None
    ) -> int | None:
        """How often a nest of loops comes to its innermost body."""
        if not loops:
            return 1
        first, *rest = loops
        inner = inner or {}
        numbers = self.numbers(first, inner)
        if numbers is None:
            return None
        index = first.index.aval if isinstance(first, For) else None
        extent = index.extent if isinstance(index, Scalar) else None
        symbol = dims.symbols(extent)[:1] if extent is not None else ()
        if symbol and any(_depends(loop, symbol[0]) for loop in rest):
            counts = [self.times(tuple(rest), {**inner, symbol[0]: i}) for i in numbers]
            return None if None in counts else sum(c for c in counts if c is not None)
        below = self.times(tuple(rest), inner)
        return None if below is None else len(numbers) * below


def _depends(loop: For | While, symbol: Symbol) -> bool:
    if not isinstance(loop, For):
        return False
    extents = [
        a.aval.extent
        for a in (loop.start, loop.stop, loop.step)
        if isinstance(a, Var) and isinstance(a.aval, Scalar) and a.aval.extent is not None
    ]
    return any(s == symbol for e in extents for s in dims.all_symbols(e))


@dataclass
class _Memory:
    fn: Function
    lengths: Lengths
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.plan = Plan(self.fn)
        self.plan.decide()
        self.at: dict[Var, int] = {}
        self.last: dict[Var, int] = {}
        self.origins: dict[Var, Origin] = {}
        for i, stmt in enumerate(self.fn.body.stmts):
            self.at.update(dict.fromkeys(defined(stmt), i))
            for v in reads_of(stmt):
                self.last[v] = i
        for s in all_stmts(self.fn.body):
            self.origins.update(dict.fromkeys(defined(s), s.origin))
        self.last.update({v: -1 for v in self.fn.body.results if isinstance(v, Var)})
        for v in self.plan.recompute:
            self._extend(v)
        self.states: dict[Var, list[Kept]] = {}
        self._snapshots()

    def _extend(self, var: Var) -> None:
        """What a value is computed again from is needed as long as it is."""
        let = self.plan.let_of[var]
        for v in reads_of(let):
            if v in self.last and self.last[v] >= 0:
                self.last[v] = max(self.last[v], self.last.get(var, -1))

    def moments(self) -> Iterable[list[Kept]]:
        """What is kept while each statement of the outermost block runs."""
        lives: list[tuple[int, int, list[Kept]]] = []
        for var, first in self.at.items():
            last = self.last.get(var, -1)
            crossing = self.plan.stored.get(var)
            if var in self.states:
                lives.append((first, last, self._states_of(var, crossing)))
            elif crossing:
                lives.append((first, last, [self._row(var, self._around(var, crossing))]))
            elif not self.plan.place[var] and first < last and self._holds_memory(var):
                lives.append((first, last, [self._row(var, ())]))
        for i in range(len(self.fn.body.stmts)):
            yield [
                k
                for first, last, kept in lives
                if first < i <= last or first == i == last
                for k in kept
            ]

    def _holds_memory(self, var: Var) -> bool:
        let = self.plan.let_of.get(var)
        return isinstance(var.aval, Array) and (let is None or let.op.alias == "fresh")

    def _around(self, var: Var, places: list[Place]) -> tuple[For | While, ...]:
        """The loops that a stored value is kept for each iteration of."""
        where = self.plan.place[var]
        shared = min(common(where, p) for p in places)
        return tuple(s for s, _ in where[shared:] if isinstance(s, (For, While)))

    def _row(self, var: Var, loops: tuple[For | While, ...]) -> Kept:
        times = self.lengths.times(loops)
        origin = self.origins.get(var, NOWHERE)
        return Kept(var.hint, origin, self.lengths.size(var.aval), times)

    # -- snapshots

    def _states_of(self, var: Var, crossing: list[Place] | None) -> list[Kept]:
        """Those that a loop around keeps for each iteration, too."""
        if not crossing:
            return self.states[var]
        times = self.lengths.times(self._around(var, crossing))
        return [
            replace(k, times=None if times is None or k.times is None else times * k.times)
            for k in self.states[var]
        ]

    def _snapshots(self) -> None:
        """The rows of each object that keeps snapshots."""
        homes: dict[Var, tuple[Stmt, ...]] = {}
        for stmt, around in self._with_places(self.fn.body.stmts, ()):
            if stmt.op is NEW:
                homes[stmt.out] = around
                row = Kept("", stmt.origin, 0, self._slots(stmt), "snapshots")
                self.states[stmt.out] = [row]
            of = stmt.args[0] if stmt.args else None
            if not isinstance(of, Var) or of not in homes:
                continue
            if stmt.op is OFFER:
                self.states[of][0] = self._offered(stmt, self.states[of][0])
            elif stmt.op is RECORD:
                self.states[of].append(self._recorded(stmt, around[len(homes[of]) :]))
            elif stmt.op is REWIND and not self.plan.place[stmt.out]:
                self.states[stmt.out] = self.states[of]

    def _slots(self, stmt: Let) -> int:
        """How many snapshots there are at most."""
        slots, *bounds = [a for a in stmt.args if isinstance(a, (Var, Lit))]
        assert isinstance(slots, Lit)
        start, *rest = [self.lengths.number(b) for b in bounds] or [None]
        if start is None or None in rest:
            return int(slots.value)
        return min(int(slots.value), len(range(start, *(n for n in rest if n is not None))))

    def _offered(self, stmt: Let, row: Kept) -> Kept:
        state = [a for a in stmt.args[1:] if isinstance(a, Var)]
        sizes = [self.lengths.size(v.aval) for v in state]
        each = None if None in sizes else sum(n for n in sizes if n is not None)
        return replace(row, name=", ".join(v.hint for v in state if v.hint), each=each)

    def _recorded(self, stmt: Let, around: tuple[Stmt, ...]) -> Kept:
        value = stmt.args[1]
        assert isinstance(value, Var)
        times = self.lengths.times(tuple(s for s in around if isinstance(s, (For, While))))
        return Kept(value.hint, stmt.origin, self.lengths.size(value.aval), times, "drawn")

    def _with_places(
        self, stmts: Iterable[Stmt], around: tuple[Stmt, ...]
    ) -> Iterable[tuple[Let, tuple[Stmt, ...]]]:
        for stmt in stmts:
            if isinstance(stmt, Let):
                yield stmt, around
            for _, inner in blocks(stmt):
                yield from self._with_places(inner.stmts, (*around, stmt))
