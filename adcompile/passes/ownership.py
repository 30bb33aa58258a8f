"""Ownership: where a write needs a copy first, so that every write can happen in place.

In the IR a write makes a new value. In generated code it happens in the buffer itself, which
is right if the buffer belongs to this program (no argument, nothing from outside the loop)
and nobody reads the old content later. Where that does not hold an explicit `copy` is
inserted: of the buffer, of a loop's initial value, or of a view that is read later. What the
program returns is owned too: it shares no memory with arguments or other results.

A write through `reshape` or `ravel` lands in the buffer only where that gives a view: such a
buffer must be in C order. Copies are, and so is what the creating functions make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from adcompile.analysis.operands import is_basic
from adcompile.ir.absent import absent_values
from adcompile.ir.avals import Array, shape_of
from adcompile.ir.nodes import (
    Atom,
    Block,
    Carry,
    For,
    Function,
    If,
    Lens,
    Let,
    Lit,
    Stmt,
    Tree,
    Try,
    Var,
    While,
)
from adcompile.ir.primitives import Registry
from adcompile.ir.tapes import PACK, packed_values
from adcompile.ir.walk import blocks, operands

LAST = 1 << 60
Alive = Callable[[Var], bool]


def make_writes_safe(
    fn: Function, registry: Registry, tapes_escape: bool = False
) -> tuple[Function, dict[Var, frozenset[Var]]]:
    """`fn` with the copies that in-place writes and owned results need; and for each array the
    buffers it may share. With `tapes_escape` stored residuals are owned too."""
    copied: set[Var] = set()
    while True:
        work = _Owner(registry, copied, tapes_escape)
        result = work.function(fn)
        if work.copied == copied:
            return result, work.buffers
        copied = set(work.copied)


@dataclass
class _Owner:
    registry: Registry
    copied_before: set[Var]
    tapes_escape: bool = False
    copied: set[Var] = field(default_factory=set)
    buffers: dict[Var, frozenset[Var]] = field(default_factory=dict)
    aliases: dict[Var, list[Var]] = field(default_factory=dict)
    owned: dict[Var, int] = field(default_factory=dict)
    kept: set[Var] = field(default_factory=set)
    consumed: set[Var] = field(default_factory=set)
    views: dict[Var, Let] = field(default_factory=dict)
    made: dict[Var, Let] = field(default_factory=dict)
    accumulators: set[Var] = field(default_factory=set)
    in_order: set[Var] = field(default_factory=set)
    wants_order: set[Var] = field(default_factory=set)
    depth: int = 0
    absent: set[Var] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.copied = set(self.copied_before)

    # -- buffers

    def fresh(self, var: Var, owned: bool = True) -> None:
        self._alias(var, frozenset((var,)))
        if owned:
            self.owned[var] = self.depth
            if len(shape_of(var.aval)) <= 1:
                self.in_order.add(var)

    def _alias(self, var: Var, buffers: frozenset[Var]) -> None:
        self.buffers[var] = buffers
        for b in buffers:
            self.aliases.setdefault(b, []).append(var)

    def of(self, atom: Atom) -> frozenset[Var]:
        return self.buffers.get(atom, frozenset()) if isinstance(atom, Var) else frozenset()

    def ordered(self, atom: Atom) -> bool:
        """Whether an array is in C order, which it is from now on required to be."""
        self.wants_order |= self.of(atom)
        return self.of(atom) <= self.in_order

    def is_owned(self, atom: Atom) -> bool:
        held = self.of(atom)
        return bool(held) and all(self.owned.get(b) == self.depth for b in held)

    # -- program

    def function(self, fn: Function) -> Function:
        for p in fn.params:
            if isinstance(p.aval, Array):
                self.fresh(p, owned=False)
        if self.tapes_escape:
            self.absent = absent_values(fn, none_too=True, attempts=True)
        body = self.block(fn.body, lambda v: False, function_end=True)
        return replace(fn, body=body)

    def block(self, block: Block, outside: Alive, function_end: bool = False) -> Block:
        last: dict[Var, int] = {}
        for i, stmt in enumerate(block.stmts):
            kept = isinstance(stmt, Let) and stmt.op.alias == "kept"
            for var in _reads(stmt):
                last[var] = max(last.get(var, -1), LAST if kept else i)
        for r in block.results:
            if isinstance(r, Var):
                last[r] = LAST
        packed = packed_values(block.stmts)
        last.update((v, LAST) for r in block.results for v in packed.get(r, ()))  # type: ignore[arg-type]
        stmts: list[Stmt] = []
        for i, stmt in enumerate(block.stmts):

            def alive(v: Var, i: int = i) -> bool:
                return last.get(v, -1) > i or outside(v)

            self.stmt(stmt, alive, stmts)
        results = block.results
        if function_end:
            results = self.own_results(results, stmts)
        return Block(tuple(stmts), results)

    def own_results(self, results: tuple[Atom, ...], stmts: list[Stmt]) -> tuple[Atom, ...]:
        out = list(results)
        # Of two that share memory the one that may be None is not the one to copy.
        order = sorted(range(len(results)), key=lambda k: results[k] in self.absent)
        for k, r in ((k, results[k]) for k in order):
            if not isinstance(r, Var) or not isinstance(r.aval, Array):
                continue
            shared = any(j != k and self.of(other) & self.of(r) for j, other in enumerate(out))
            broadcast = r in self.made and self.made[r].op.name == "broadcast_to"
            if not self.is_owned(r) or shared or broadcast or self.of(r) & self.kept:
                out[k] = self.copy(r, stmts, leaves=True)
        return tuple(out)

    def copy(self, var: Var, stmts: list[Stmt], leaves: bool = False) -> Var:
        """An owned copy; of a broadcast number, an array filled with it.

        What leaves the program may be None on the path taken, if nobody reads it on that.
        """
        out = Var(var.aval, var.hint)
        source = self.made.get(var)
        if (
            source is not None
            and source.op.name == "broadcast_to"
            and not isinstance(getattr(source.args[0], "aval", None), Array)
        ):
            fill, shape = source.args
            one = isinstance(fill, Lit) and fill.value == 1
            dtype: tuple[tuple[str, Tree], ...] = ()
            assert isinstance(var.aval, Array)
            if var.aval.dtype != float:
                dtype = (("dtype", Lit(var.aval.dtype)),)
            name, args = ("ones", (shape,)) if one else ("full", (shape, fill))
            stmts.append(Let(out, self.registry.by_name[name], args, dtype, source.origin))
        else:
            name = "copied" if leaves and var in self.absent else "copy"
            stmts.append(Let(out, self.registry.by_name[name], (var,)))
        self.fresh(out)
        self.in_order.add(out)
        return out

    # -- statements

    def stmt(self, stmt: Stmt, alive: Alive, stmts: list[Stmt]) -> None:
        if isinstance(stmt, Let):
            self.let(stmt, alive, stmts)
        elif isinstance(stmt, (If, Try)):
            self.conditional(stmt, alive, stmts)
        elif isinstance(stmt, (For, While)):
            self.loop(stmt, alive, stmts)
        else:
            raise NotImplementedError

    def let(self, stmt: Let, alive: Alive, stmts: list[Stmt]) -> None:
        op, out = stmt.op, stmt.out
        if op.alias == "kept":
            self.kept.update(b for v in operands(stmt) for b in self.of(v))
        if op is PACK:
            stmt = self.pack(stmt, stmts)
        elif op.effect == "writes":
            stmt = self.write(stmt, alive, stmts)
        elif self._accumulates(stmt, alive):
            scatter = self.registry.by_name["scatter_add"]
            base, other = self._sides(stmt, alive)
            stmt = replace(stmt, op=scatter, args=(base, Lit(Ellipsis), other))
            self._consume(base)
        elif isinstance(out.aval, Array):
            shares = op.alias not in ("fresh", "stored") and not (
                op.name == "getitem" and not is_basic(stmt.args[1])
            )
            owner = stmt.args[0] if stmt.args else None
            if out in self.copied and shares:
                view = Var(out.aval)
                stmts.append(replace(stmt, out=view))
                stmts.append(
                    Let(out, self.registry.by_name["copy"], (view,), (), stmt.origin, stmt.linear)
                )
                self.fresh(out)
                return
            if op.alias == "stored":
                self.fresh(out, owned=False)
            elif op.name == "broadcast_to":  # read-only memory: never owned
                assert isinstance(owner, (Var, Lit))
                self._alias(out, self.of(owner) | {out})
            elif shares and isinstance(owner, Var):
                self._alias(out, self.of(owner))
                self.views[out] = stmt
            else:
                self.fresh(out)
                if op.ordered:
                    self.in_order.add(out)
        self.made[out] = stmt
        if stmt.op.effect == "writes":
            written = stmt.args[0]
            assert isinstance(written, Var)
            self._alias(out, self.of(written))
            self.accumulators.add(out)
        stmts.append(stmt)

    def pack(self, stmt: Let, stmts: list[Stmt]) -> Let:
        """Values that are stored together: what they share memory with, the tuple does."""
        values = stmt.args[0]
        assert isinstance(values, tuple)
        if self.tapes_escape:
            values = tuple(
                self.copy(v, stmts, leaves=True) if self._foreign(v) else v for v in values
            )
            stmt = replace(stmt, args=(values,))
        held = (self.of(v) for v in values)  # type: ignore[arg-type]
        self.buffers[stmt.out] = frozenset().union(*held)
        return stmt

    def _consume(self, base: Var) -> None:
        self.consumed |= self.of(base)

    def write(self, stmt: Let, alive: Alive, stmts: list[Stmt]) -> Let:
        base = stmt.args[0]
        assert isinstance(base, Var)
        made = self.made.get(base)
        broadcast = made is not None and made.op.name == "broadcast_to"
        rivals = self.rivals(base, stmt.out, alive)
        ordered = not _by_layout(stmt.args[1]) or self.ordered(base)
        if ordered and self.is_owned(base) and not broadcast and base not in self.views:
            if rivals and all(r in self.views and r is not base for r in rivals):
                self.copied.update(rivals)
                rivals = []
            if not rivals:
                self._consume(base)
                return stmt
        copy = self.copy(base, stmts)
        self._consume(copy)
        return replace(stmt, args=(copy, *stmt.args[1:]))

    def rivals(self, base: Var, out: Var | None, alive: Alive) -> list[Var]:
        """Variables that share base's memory and are read later."""
        found = []
        for b in self.of(base):
            for v in self.aliases.get(b, ()):
                if v is not out and v not in found and alive(v):
                    found.append(v)
        return found

    def _accumulates(self, stmt: Let, alive: Alive) -> bool:
        """Whether a sum of adjoints can be added into a buffer in place."""
        return (
            stmt.op.name == "add"
            and stmt.origin.derivative
            and isinstance(stmt.out.aval, Array)
            and self._sides(stmt, alive)[0] is not None
        )

    def _sides(self, stmt: Let, alive: Alive) -> tuple[Var, Tree]:
        for k in (0, 1):
            base, other = stmt.args[k], stmt.args[1 - k]
            if (
                isinstance(base, Var)
                and base in self.accumulators
                and base is not other
                and base.aval == stmt.out.aval
                and self.is_owned(base)
                and base not in self.views
                and not self.rivals(base, stmt.out, alive)
            ):
                return base, other
        return None, Lit(None)  # type: ignore[return-value]

    def conditional(self, stmt: If | Try, alive: Alive, stmts: list[Stmt]) -> None:
        then = self.block(stmt.then, alive)
        orelse = self.block(stmt.orelse, alive)
        for out, a, b in zip(stmt.outs, then.results, orelse.results, strict=True):
            if self.of(a) | self.of(b):
                self._alias(out, self.of(a) | self.of(b))
                if a in self.accumulators or b in self.accumulators:
                    self.accumulators.add(out)
        stmts.append(replace(stmt, then=then, orelse=orelse))

    def loop(self, stmt: For | While, alive: Alive, stmts: list[Stmt]) -> None:
        arrays = [k for k, c in enumerate(stmt.carries) if isinstance(c.param.aval, Array)]
        self.depth += 1
        for k in arrays:
            self.fresh(stmt.carries[k].param)
            self.in_order.add(stmt.carries[k].param)  # made so below, where it matters
            self.accumulators.add(stmt.carries[k].param)
        if isinstance(stmt, For):
            for feed in stmt.feeds:
                if isinstance(feed.param.aval, Array):
                    self.fresh(feed.param, owned=False)
        before = set(self.consumed)
        body = self.block(stmt.body, lambda v: False)
        mine = self._carries_of(stmt, body, arrays, self.consumed)
        in_order = self._carries_of(stmt, body, arrays, self.wants_order)
        more: list[Stmt] = list(body.stmts)
        results = list(body.results)
        listed = {b for r in results[len(stmt.carries) + stmt.exits :] for b in self.of(r)}
        for k in arrays:
            r = results[k]
            assert isinstance(r, Var)
            held = self.of(r)
            shared = any(j != k and self.of(results[j]) & held for j in arrays)
            if k in mine and (
                not self.is_owned(r)
                or shared
                or held & listed
                or r in self.views
                or (k in in_order and not self.ordered(r))
            ):
                results[k] = self.copy(r, more)
        if self.tapes_escape:
            for k in range(len(stmt.carries) + stmt.exits, len(results)):
                r = results[k]
                if self._foreign(r):
                    results[k] = self.copy(r, more, leaves=True)
        self.depth -= 1
        self.consumed = before
        inits = dict(enumerate(c.init for c in stmt.carries))
        captured = _captured(stmt)
        used: set[Var] = set()
        for k in arrays:
            init = inits[k]
            if not isinstance(init, Var):
                continue
            taped = stmt.carries[k].param in listed
            if self.tapes_escape and taped and k not in mine and not self._local(init):
                inits[k] = self.copy(init, stmts)
                continue
            if k in mine:
                held = self.of(init)
                rivals = [v for v in self.rivals(init, None, alive) if v is not init]
                inside = [v for b in held for v in self.aliases.get(b, ()) if v in captured]
                others = [
                    j
                    for j in arrays
                    if j != k and isinstance(inits[j], Var) and self.of(inits[j]) & held
                ]
                made = self.made.get(init)
                broadcast = made is not None and made.op.name == "broadcast_to"
                if (
                    not self.is_owned(init)
                    or alive(init)
                    or rivals
                    or inside
                    or others
                    or held & used
                    or init in self.views
                    or broadcast
                    or (k in in_order and not self.ordered(init))
                ):
                    inits[k] = self.copy(init, stmts)
                    held = self.of(inits[k])
                self.consumed |= held
                used |= held
        carries = tuple(replace(c, init=inits[k]) for k, c in enumerate(stmt.carries))
        self._after(stmt, carries, results, arrays, mine, in_order)
        block = Block(tuple(more), tuple(results))
        stmts.append(replace(stmt, carries=carries, body=block))

    def _after(
        self,
        stmt: For | While,
        carries: tuple[Carry, ...],
        results: list[Atom],
        arrays: list[int],
        mine: set[int],
        in_order: set[int],
    ) -> None:
        """What the loop's outputs may share memory with, seen from outside.

        An array made in the body stands behind the first output that it can be in.
        """
        by_param = {c.param: k for k, c in enumerate(stmt.carries)}
        made: dict[Var, Var] = {}

        def outward(held: frozenset[Var], home: Var, seen: set[int]) -> set[Var]:
            found: set[Var] = set()
            for b in held:
                k = by_param.get(b)
                if k is None:
                    inner = self.owned.get(b, -1) > self.depth
                    found.add(made.setdefault(b, home) if inner else b)
                elif k not in seen:
                    seen.add(k)
                    found |= self.of(carries[k].init)
                    found |= outward(self.of(results[k]), stmt.carries[k].out, seen)
            return found

        for k in arrays:
            out = stmt.carries[k].out
            self.owned[out] = self.depth
            if k in mine:
                if k in in_order:
                    self.in_order.add(out)
                self._alias(out, frozenset((out,)))
                self.accumulators.add(out)
                made.update((b, out) for b in self.of(results[k]) if b not in by_param)
        for k in arrays:
            out = stmt.carries[k].out
            if k not in mine:
                held = self.of(carries[k].init) | outward(self.of(results[k]), out, {k})
                self._alias(out, frozenset(held | {out}))
        lists = results[len(carries) + stmt.exits :]
        for tape, r in zip(stmt.collects, lists, strict=True):
            held = frozenset(outward(self.of(r), tape, set()))
            if held:
                self._alias(tape, held)

    def _local(self, var: Var) -> bool:
        """Whether a value's buffers were all made by this program."""
        return all(b in self.owned for b in self.of(var))

    def _foreign(self, value: Tree) -> TypeGuard[Var]:
        """Whether a value is an array that may lie in memory from outside."""
        return isinstance(value, Var) and isinstance(value.aval, Array) and not self._local(value)

    def _carries_of(
        self, stmt: For | While, body: Block, arrays: list[int], chosen: set[Var]
    ) -> set[int]:
        """The carries whose buffers are among the chosen, and those that swap with them."""
        by_param = {stmt.carries[k].param: k for k in arrays}
        mine = {k for k in arrays if stmt.carries[k].param in chosen}
        while True:
            more = {by_param[b] for k in mine for b in self.of(body.results[k]) if b in by_param}
            if more <= mine:
                return mine
            mine |= more


def _by_layout(where: Tree) -> bool:
    """Whether a place is behind a step that is a view for some memory layouts only."""
    return isinstance(where, Lens) and any(step.op.alias == "layout" for step in where.steps)


def _reads(stmt: Stmt) -> set[Var]:
    """Variables whose content a statement reads, its blocks included."""
    if isinstance(stmt, Let):
        return set() if stmt.op.metadata else set(operands(stmt))
    found = set(operands(stmt))
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            found |= _reads(s)
        found.update(r for r in inner.results if isinstance(r, Var))
    return found


def _captured(stmt: For | While) -> set[Var]:
    """Variables read inside a loop (its own included; the outer ones matter)."""
    found: set[Var] = set()
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            found |= _reads(s)
        found.update(r for r in inner.results if isinstance(r, Var))
    return found
