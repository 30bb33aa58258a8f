"""One list for the values that a loop stores together: a tuple an iteration.

The residual plan gives each stored value a list of its own, nested as the loops are. Lists that
are filled by one loop and read by the same loops become one list of tuples. What a loop variable
was when an iteration began is kept apart: it is stored before its name is used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from adcompile.ir.avals import RESIDUALS
from adcompile.ir.nodes import Block, Feed, For, Function, If, Let, Lit, Stmt, Try, Var, While
from adcompile.ir.tapes import PACK, UNPACK
from adcompile.ir.walk import blocks, map_blocks, operands


def group_tapes(fn: Function) -> Function:
    """`fn` with lists that are filled and read together as one."""
    plan = _Grouping()
    plan.uses_in(fn.body)
    plan.decide(fn.body)
    return replace(fn, body=plan.block(fn.body)) if plan.packs else fn


@dataclass
class _Use:
    """A place that a list goes to: where, and the variable that it is from there on."""

    kind: str
    where: tuple[Any, ...]
    becomes: Var


@dataclass
class _Grouping:
    uses: dict[Var, list[_Use | None]] = field(default_factory=dict)
    packs: dict[Var, list[Var]] = field(default_factory=dict)
    unpacks: dict[Var, list[Var]] = field(default_factory=dict)
    dropped: set[Var] = field(default_factory=set)

    # -- where lists go

    def uses_in(self, block: Block) -> None:
        """Note where each list goes; None for a use that needs the list itself."""
        for stmt in block.stmts:
            if isinstance(stmt, Let):
                for var in operands(stmt):
                    self._note(var, None)
            if isinstance(stmt, For):
                for f in stmt.feeds:
                    if isinstance(f.source, Var):
                        self._note(f.source, _Use("feed", (stmt, f.reverse), f.param))
            if isinstance(stmt, (For, While)):
                lists = stmt.body.results[len(stmt.carries) + stmt.exits :]
                for out, r in zip(stmt.collects, lists, strict=True):
                    if isinstance(r, Var):
                        self._note(r, _Use("collect", (stmt,), out))
            elif isinstance(stmt, (If, Try)):
                for out, a, b in zip(
                    stmt.outs, stmt.then.results, stmt.orelse.results, strict=True
                ):
                    for inside, other in ((a, b), (b, a)):
                        absent = isinstance(other, Lit)
                        if isinstance(inside, Var):
                            where = (stmt, inside is a, other if absent else None)
                            self._note(inside, _Use("leave", where, out) if absent else None)
            for _, inner in blocks(stmt):
                self.uses_in(inner)

    def _note(self, var: Var, use: _Use | None) -> None:
        self.uses.setdefault(var, []).append(use)

    def route(self, tape: Var, level: int = 0) -> tuple[list[Any], list[Var], list[Var]] | None:
        """Where a list goes, the variables that it is on its way, and those that its entries
        become; None if something else needs it. `level` counts the lists around it."""
        places: list[Any] = []
        through: list[Var] = [tape]
        entries: list[Var] = []
        for use in self.uses.get(tape, [None]):
            if use is None:
                return None
            where = tuple(getattr(w, "value", w) if isinstance(w, Lit) else w for w in use.where)
            places.append((use.kind, *where))
            if use.kind == "feed" and level == 0:
                entries.append(use.becomes)
                continue
            step = {"feed": -1, "collect": 1, "leave": 0}[use.kind]
            rest = self.route(use.becomes, level + step)
            if rest is None:
                return None
            places.append(tuple(rest[0]))
            through += rest[1]
            entries += rest[2]
        return places, through, entries

    def decide(self, block: Block) -> None:
        """Choose the lists to join, those of inner loops first."""
        for stmt in block.stmts:
            for _, inner in blocks(stmt):
                self.decide(inner)
            if isinstance(stmt, (For, While)):
                for members in self._groups(stmt):
                    self._join(members)

    def _groups(self, loop: For | While) -> Iterator[list[tuple[list[Var], list[Var]]]]:
        params = {c.param for c in loop.carries}
        lists = loop.body.results[len(loop.carries) + loop.exits :]
        groups: dict[Any, list[tuple[list[Var], list[Var]]]] = {}
        for tape, r in zip(loop.collects, lists, strict=True):
            route = None if tape in self.dropped else self.route(tape)
            if route is not None:
                places, through, entries = route
                groups.setdefault((r in params, _key(places)), []).append((through, entries))
        yield from (g for g in groups.values() if len(g) > 1)

    def _join(self, members: list[tuple[list[Var], list[Var]]]) -> None:
        (first, entries), *others = members
        self.packs[first[0]] = [through[0] for through, _ in members]
        for through, _ in others:
            self.dropped.update(through)
        for var in first:
            var.hint = "tape"
        for k, entry in enumerate(entries):
            self.unpacks[entry] = [e[k] for _, e in members]
            self.dropped.update(e[k] for _, e in others)

    # -- the new program

    def block(self, block: Block) -> Block:
        return Block(tuple(map(self.stmt, block.stmts)), block.results)

    def stmt(self, stmt: Stmt) -> Stmt:
        new = map_blocks(self.block, stmt)
        if isinstance(new, (If, Try)):
            keep = [k for k, v in enumerate(new.outs) if v not in self.dropped]
            return replace(
                new,
                outs=tuple(new.outs[k] for k in keep),
                then=Block(new.then.stmts, tuple(new.then.results[k] for k in keep)),
                orelse=Block(new.orelse.stmts, tuple(new.orelse.results[k] for k in keep)),
            )
        if isinstance(new, (For, While)):
            new = self._filled(new)
        return self._fed(new) if isinstance(new, For) else new

    def _filled(self, loop: For | While) -> For | While:
        """The loop with one entry for each group of lists."""
        params = {c.param for c in loop.carries}
        n = len(loop.carries) + loop.exits
        value = dict(zip(loop.collects, loop.body.results[n:], strict=True))
        first: list[Stmt] = []
        last: list[Stmt] = []
        collects = tuple(v for v in loop.collects if v not in self.dropped)
        results = list(loop.body.results[:n])
        for tape in collects:
            held = value[tape]
            if tape in self.packs:
                values = tuple(value[t] for t in self.packs[tape])
                pack = Let(Var(RESIDUALS), PACK, (values,))
                (first if values[0] in params else last).append(pack)
                held = pack.out
            results.append(held)
        body = Block((*first, *loop.body.stmts, *last), tuple(results))
        return replace(loop, body=body, collects=collects)

    def _fed(self, loop: For) -> For:
        """The loop with the entries of its lists taken apart."""
        feeds: list[Feed] = []
        apart: list[Stmt] = []
        for feed in loop.feeds:
            if feed.param in self.unpacks:
                values = self.unpacks[feed.param]
                packed = Var(RESIDUALS)
                for k, v in enumerate(values):
                    apart.append(Let(v, UNPACK, (packed, Lit(k), Lit(len(values)))))
                feed = replace(feed, param=packed)
            elif feed.param in self.dropped:
                continue
            feeds.append(feed)
        body = Block((*apart, *loop.body.stmts), loop.body.results)
        return replace(loop, feeds=tuple(feeds), body=body)


def _key(places: Any) -> Any:
    """Places as a key: statements by identity."""
    return tuple(_key(p) if isinstance(p, tuple) else p for p in places)
