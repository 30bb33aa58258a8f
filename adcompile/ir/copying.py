"""Copies of statements: the same operations on new variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from adcompile.ir.nodes import (
    Atom,
    Block,
    Carry,
    Feed,
    For,
    Function,
    If,
    Let,
    Origin,
    Stmt,
    Try,
    Var,
    While,
    new_key,
)
from adcompile.ir.walk import map_atoms


def refresh(fn: Function) -> Function:
    """A copy with new variables and region keys, for inlining a function twice."""
    work = Copier()
    params = tuple(map(work.var, fn.params))
    return replace(fn, params=params, body=work.block(fn.body))


@dataclass
class Copier:
    """Copies statements. `new`: what stands for a variable in the copy; others are the same.

    keep_keys: the copies of regions run as those do. instead: what a statement of one operation
    becomes, if that is not the same operation. origin: what becomes of origins. protected: how
    many `try` are around what is being copied.
    """

    new: dict[Var, Atom] = field(default_factory=dict)
    keep_keys: bool = False
    instead: Callable[[Let, Copier], Iterable[Stmt]] | None = None
    origin: Callable[[Origin], Origin] = lambda origin: origin
    keys: dict[int, int] = field(default_factory=dict)
    protected: int = 0

    def var(self, v: Var) -> Var:
        """The copy of a variable that is defined."""
        made = Var(v.aval, v.hint)
        self.new[v] = made
        return made

    def atom(self, a: Atom) -> Atom:
        """What is read in the place of an operand."""
        return self.new.get(a, a) if isinstance(a, Var) else a

    def key(self, k: int) -> int:
        return k if self.keep_keys else self.keys.setdefault(k, new_key())

    def block(self, b: Block) -> Block:
        stmts = self.stmts(b.stmts)
        return Block(stmts, tuple(map(self.atom, b.results)))

    def stmts(self, stmts: Iterable[Stmt]) -> tuple[Stmt, ...]:
        made: list[Stmt] = []
        for s in stmts:
            if self.instead is not None and isinstance(s, Let):
                made += self.instead(s, self)
            else:
                made.append(self.stmt(s))
        return tuple(made)

    def stmt(self, s: Stmt) -> Stmt:
        """The copy of a statement."""
        made = self._copied(s)
        return replace(made, origin=self.origin(made.origin))

    def _copied(self, s: Stmt) -> Stmt:
        if isinstance(s, Let):
            return replace(map_atoms(self.atom, s), out=self.var(s.out))  # type: ignore[arg-type]
        if isinstance(s, If):
            cond, key = self.atom(s.cond), self.key(s.key)
            then, orelse = self.block(s.then), self.block(s.orelse)
            outs = tuple(map(self.var, s.outs))
            return replace(s, outs=outs, cond=cond, then=then, orelse=orelse, key=key)
        if isinstance(s, Try):
            key = self.key(s.key)
            self.protected += 1
            then = self.block(s.then)
            self.protected -= 1
            orelse = self.block(s.orelse)
            return replace(
                s,
                outs=tuple(map(self.var, s.outs)),
                done=self.var(s.done),
                caught=tuple(map(self.var, s.caught)),
                error=self.var(s.error),
                then=then,
                orelse=orelse,
                key=key,
            )
        if isinstance(s, (For, While)):
            return self._loop(s)
        args = tuple(map(self.atom, s.args))
        return replace(s, outs=tuple(map(self.var, s.outs)), args=args, key=self.key(s.key))

    def _loop(self, s: For | While) -> Stmt:
        inits = [self.atom(c.init) for c in s.carries]
        params = [self.var(c.param) for c in s.carries]
        key = self.key(s.key)
        if isinstance(s, For):
            index = self.var(s.index)
            start, stop, step = map(self.atom, (s.start, s.stop, s.step))
            feeds = tuple(Feed(self.atom(f.source), self.var(f.param), f.reverse) for f in s.feeds)
            s = replace(s, index=index, start=start, stop=stop, step=step, feeds=feeds)
        else:
            s = replace(s, test=self.block(s.test))
        body = self.block(s.body)
        outs = [self.var(c.out) for c in s.carries]
        carries = tuple(map(Carry, inits, params, outs))
        count = self.var(s.count) if s.count is not None else None
        collects = tuple(map(self.var, s.collects))
        return replace(s, carries=carries, body=body, key=key, count=count, collects=collects)
