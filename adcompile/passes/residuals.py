"""The residual plan: how a value of one region is had in another region of the same key.

The last pass before code generation. A value that the reverse sweep reads from the iterations
of the primal sweep is, in this order of preference: recomputed, where that is cheap and its
operands are at hand; moved to the reverse sweep, where only that needs it and it costs one
stored operand; stored in a list, one entry an iteration, nested as the loops are. Values of a
conditional's branch leave it as its outputs; loop indices are those of the other loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adcompile.ir.avals import RESIDUALS, Array, Scalar
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    Feed,
    For,
    Function,
    If,
    Let,
    Stmt,
    Try,
    Var,
    While,
)
from adcompile.ir.walk import (
    all_stmts,
    blocks,
    inner_vars,
    let_trees,
    map_atoms,
    map_tree,
    operands,
    outs,
    region,
    tree_vars,
    with_blocks,
)

Place = tuple[tuple[Stmt, str], ...]
"""The region statements around a place, outermost first, with the block's name."""


def plan_residuals(fn: Function) -> Function:
    """`fn` without references between regions."""
    plan = Plan(fn)
    if not plan.crossing:
        return fn
    plan.decide()
    plan.export()
    return replace(fn, body=plan.rebuild(fn.body, (), {}))


@dataclass
class Plan:
    """How each value that crosses between regions is had there."""

    fn: Function
    place: dict[Var, Place] = field(default_factory=dict)
    let_of: dict[Var, Let] = field(default_factory=dict)
    index_of: dict[Var, For] = field(default_factory=dict)
    crossing: dict[Var, list[Place]] = field(default_factory=dict)
    plain_uses: dict[Var, list[Stmt | None]] = field(default_factory=dict)
    recompute: set[Var] = field(default_factory=set)
    stored: dict[Var, list[Place]] = field(default_factory=dict)
    exports: dict[Var, dict[int, Var]] = field(default_factory=dict)
    leaving: dict[tuple[Stmt, str], list[tuple[Var, Var]]] = field(default_factory=dict)
    feeds: dict[Stmt, dict[Var, Feed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for p in self.fn.params:
            self.place[p] = ()
        self._locate(self.fn.body, ())
        self._uses(self.fn.body, ())

    # -- where things are

    def _locate(self, block: Block, here: Place) -> None:
        for stmt in block.stmts:
            for var in outs(stmt):
                self.place[var] = here
            if isinstance(stmt, Let):
                self.let_of[stmt.out] = stmt
            for name, inner in blocks(stmt):
                deeper = (*here, (stmt, region(stmt, name)[1]))
                for var in inner_vars(stmt):
                    self.place[var] = deeper
                if isinstance(stmt, For):
                    self.index_of[stmt.index] = stmt
                self._locate(inner, deeper)

    def visible(self, var: Var, here: Place) -> bool:
        where = self.place[var]
        return here[: len(where)] == where

    def _uses(self, block: Block, here: Place) -> None:
        for stmt in block.stmts:
            for var in operands(stmt):
                self._use(var, here, stmt)
            for name, inner in blocks(stmt):
                self._uses(inner, (*here, (stmt, region(stmt, name)[1])))
        for atom in block.results:
            if isinstance(atom, Var):
                self._use(atom, here, None)

    def _use(self, var: Var, here: Place, stmt: Stmt | None) -> None:
        if self.visible(var, here):
            self.plain_uses.setdefault(var, []).append(stmt)
        else:
            self.crossing.setdefault(var, []).append(here)

    # -- what to do with each

    def decide(self) -> None:
        """Recompute or store each crossing value, later definitions first."""
        order = {v: i for i, v in enumerate(_definition_order(self.fn))}
        todo = dict(self.crossing)
        while todo:
            var = max(todo, key=lambda v: order[v])
            places = todo.pop(var)
            if var in self.index_of:
                continue
            if self._worth_recomputing(var, places):
                self.recompute.add(var)
                for operand in self._operands(var):
                    away = [p for p in places if not self.visible(operand, p)]
                    if away:
                        todo.setdefault(operand, []).extend(away)
            else:
                self.stored.setdefault(var, []).extend(places)

    def _operands(self, var: Var) -> list[Var]:
        let = self.let_of[var]
        return list(dict.fromkeys(v for t in let_trees(let) for v in tree_vars(t)))

    def _worth_recomputing(self, var: Var, places: list[Place]) -> bool:
        let = self.let_of.get(var)
        if let is None or let.op.effect != "pure" or let.op.shape == "none":
            return False
        missing = [
            v
            for v in self._operands(var)
            if v not in self.index_of and not all(self.visible(v, p) for p in places)
        ]
        users = [
            s
            for s in self.plain_uses.get(var, [])
            if not (isinstance(s, Let) and s.out in self.recompute and self._idle(s.out))
        ]
        if not missing:
            cheap = let.op.cost == 0 or (let.op.cost == 1 and not isinstance(var.aval, Array))
            return cheap or (not users and let.op.cost <= 2)
        if let.op.elementwise and _is_int(var) and all(self._countable(v, places) for v in missing):
            return True
        if users or let.op.cost > 2:
            return False
        new = [v for v in missing if v not in self.stored and v not in self.crossing]
        return len(new) <= 1

    def _countable(self, var: Var, places: list[Place]) -> bool:
        """Whether an integer follows from loop indices and from what is stored anyway."""
        if var in self.index_of or var in self.stored or var in self.crossing:
            return True
        if all(self.visible(var, p) for p in places):
            return True
        let = self.let_of.get(var)
        if let is None or let.op.effect != "pure" or not let.op.elementwise or not _is_int(var):
            return False
        return all(self._countable(v, places) for v in self._operands(var))

    def _idle(self, var: Var) -> bool:
        """Whether the primal sweep itself no longer needs `var`."""
        return all(
            isinstance(s, Let) and s.out in self.recompute and self._idle(s.out)
            for s in self.plain_uses.get(var, [])
        )

    # -- out of the regions that define

    def export(self) -> None:
        for var, places in self.stored.items():
            where = self.place[var]
            shared = min(common(where, p) for p in places)
            level: dict[int, Var] = {len(where): var}
            current = var
            for depth in range(len(where), shared, -1):
                stmt, name = where[depth - 1]
                hint = current.hint
                if isinstance(stmt, (If, Try)):
                    outer = Var(current.aval, hint)
                else:
                    outer = Var(RESIDUALS, _tape_name(hint))
                self.leaving.setdefault((stmt, name), []).append((current, outer))
                level[depth - 1] = current = outer
            self.exports[var] = level

    # -- into the regions that read

    def fetch(self, var: Var, here: Place, depth: int) -> Var:
        """The stored value of `var` at the block `depth` deep in `here`."""
        where = self.place[var]
        shared = common(where, here)
        if depth <= shared:
            return self.exports[var][depth]
        stmt, _ = here[depth - 1]
        outer = self.fetch(var, here, depth - 1)
        if not isinstance(stmt, For):
            return outer
        held = self.feeds.setdefault(stmt, {})
        if var not in held:
            inner = self.exports[var][depth]
            maker = where[depth - 1][0]
            made_backward = isinstance(maker, For) and maker.backward
            held[var] = Feed(outer, Var(inner.aval, inner.hint), made_backward != stmt.backward)
        return held[var].param

    def rebuild(self, block: Block, here: Place, known: dict[Var, Atom]) -> Block:
        """`block` with its foreign references resolved; `known` are those of blocks around."""
        known = dict(known)
        stmts: list[Stmt] = []

        def resolve(var: Var) -> Atom:
            if var in known:
                return known[var]
            if self.visible(var, here):
                return var
            where = self.place[var]
            if var in self.index_of:
                twin = here[len(where) - 1][0]
                assert isinstance(twin, For)
                known[var] = twin.index
            elif var in self.recompute:
                let = self.let_of[var]
                out = Var(var.aval, var.hint)
                moved = map_atoms(lambda a: resolve(a) if isinstance(a, Var) else a, let)
                assert isinstance(moved, Let)
                stmts.append(replace(moved, out=out))
                known[var] = out
            else:
                known[var] = self.fetch(var, here, len(where))
            return known[var]

        for stmt in block.stmts:
            for var in self._foreign(stmt, here):
                if len(self.place[var]) <= len(here):
                    resolve(var)
            stmts.append(self._rebuilt(stmt, here, known))
        for result in block.results:
            if isinstance(result, Var):
                resolve(result)
        return Block(tuple(stmts), tuple(_lookup(known, r) for r in block.results))

    def _foreign(self, stmt: Stmt, here: Place) -> Iterator[Var]:
        """Variables read in a statement, at any depth, that are not visible there."""
        for var in operands(stmt):
            if not self.visible(var, here):
                yield var
        for name, inner in blocks(stmt):
            deeper = (*here, (stmt, region(stmt, name)[1]))
            for s in inner.stmts:
                yield from self._foreign(s, deeper)
            for r in inner.results:
                if isinstance(r, Var) and not self.visible(r, deeper):
                    yield r

    def _rebuilt(self, stmt: Stmt, here: Place, known: dict[Var, Atom]) -> Stmt:
        inside = {
            name: self.rebuild(inner, (*here, (stmt, region(stmt, name)[1])), known)
            for name, inner in blocks(stmt)
        }
        new = _with_operands(stmt, known)
        new = with_blocks(new, inside)
        if isinstance(new, (If, Try)):
            return self._leave_branches(stmt, new)
        if isinstance(new, (For, While)):
            more = self.leaving.get((stmt, "body"), [])
            if more:
                body = Block(new.body.stmts, (*new.body.results, *(v for v, _ in more)))
                new = replace(new, body=body, collects=(*new.collects, *(o for _, o in more)))
            fed = self.feeds.get(stmt)
            if fed:
                assert isinstance(new, For)
                new = replace(new, feeds=(*new.feeds, *fed.values()))
        return new

    def _leave_branches(self, stmt: Stmt, new: If | Try) -> If | Try:
        for name in ("then", "orelse"):
            for inner, outer in self.leaving.get((stmt, name), []):
                first = inner if name == "then" else UNDEFINED
                second = inner if name == "orelse" else UNDEFINED
                new = replace(
                    new,
                    outs=(*new.outs, outer),
                    then=Block(new.then.stmts, (*new.then.results, first)),
                    orelse=Block(new.orelse.stmts, (*new.orelse.results, second)),
                )
        return new


def _is_int(var: Var) -> bool:
    return isinstance(var.aval, Scalar) and var.aval.dtype.kind == "i"


def _tape_name(hint: str) -> str:
    base = hint.removesuffix("_tape")
    return f"{base}_tape" if base and base != "tape" else "tape"


def _lookup(known: dict[Var, Atom], atom: Atom) -> Atom:
    return known.get(atom, atom) if isinstance(atom, Var) else atom


def _with_operands(stmt: Stmt, known: dict[Var, Atom]) -> Stmt:
    """The statement's own operands replaced; its blocks are rebuilt apart."""
    if isinstance(stmt, Let):
        return replace(
            stmt,
            args=tuple(map_tree(lambda a: _lookup(known, a), t) for t in stmt.args),
            kwargs=tuple((k, map_tree(lambda a: _lookup(known, a), t)) for k, t in stmt.kwargs),
        )
    if isinstance(stmt, If):
        return replace(stmt, cond=_lookup(known, stmt.cond))
    if isinstance(stmt, (For, While)):
        carries = tuple(replace(c, init=_lookup(known, c.init)) for c in stmt.carries)
        stmt = replace(stmt, carries=carries)
    if isinstance(stmt, For):
        return replace(
            stmt,
            start=_lookup(known, stmt.start),
            stop=_lookup(known, stmt.stop),
            step=_lookup(known, stmt.step),
            feeds=tuple(replace(f, source=_lookup(known, f.source)) for f in stmt.feeds),
        )
    return stmt


def common(a: Place, b: Place) -> int:
    """How many regions two places share."""
    n = 0
    for (s, x), (t, y) in zip(a, b, strict=False):
        if s is not t or x != y:
            break
        n += 1
    return n


def _definition_order(fn: Function) -> Iterator[Var]:
    yield from fn.params
    for stmt in all_stmts(fn.body):
        yield from inner_vars(stmt)
        yield from outs(stmt)
