"""Dead code elimination: what no result and no effect needs is dropped, carries included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from adcompile.ir.nodes import Atom, Block, Call, For, Function, If, Let, Stmt, Try, Var, While
from adcompile.ir.raising import may_raise
from adcompile.ir.walk import all_stmts, blocks, let_trees, tree_vars


def eliminate_dead_code(fn: Function, keep_primal: bool = False) -> Function:
    """`fn` with only the statements and carried values that matter.

    keep_primal: the user's own operations matter all, as in a trace.
    """
    marker = _Marker(fn, keep_primal)
    return replace(fn, body=marker.sweep(fn.body, range(len(fn.body.results))))


def needed_for(stmt: Stmt, values: Iterable[Var]) -> set[Var]:
    """The variables of a region statement that values computed in it need; effects do not count."""
    body = Block((stmt,), tuple(values))
    return _Marker(Function("", (), body), False, effects=False).needed


class _Marker:
    """Marks backwards from the results: values read in other regions count as reads."""

    def __init__(self, fn: Function, keep_primal: bool, effects: bool = True) -> None:
        self.keep_primal = keep_primal
        self.needed: set[Var] = set()
        self.live: set[Stmt] = set()
        self.how: dict[Var, Callable[[], None]] = {}
        self.parent: dict[Stmt, Stmt | None] = {}
        self.todo: list[Var] = []
        self.effects: list[Let] = []
        self._index(fn.body, None)
        for stmt in self.effects if effects else ():
            self.needed.add(stmt.out)
            self._let(stmt)
        for result in fn.body.results:
            self.need(result)
        while self.todo:
            var = self.todo.pop()
            if var in self.how:
                self.how[var]()

    def _index(self, block: Block, parent: Stmt | None) -> None:
        for stmt in block.stmts:
            self.parent[stmt] = parent
            self._define(stmt)
            for _, inner in blocks(stmt):
                self._index(inner, stmt)
            if isinstance(stmt, Let) and (
                stmt.op.effect in ("effect", "draw")
                or (self.keep_primal and not stmt.origin.derivative)
            ):
                self.effects.append(stmt)

    def _define(self, stmt: Stmt) -> None:
        if isinstance(stmt, Let):
            self.how[stmt.out] = lambda: self._let(stmt)
        elif isinstance(stmt, If):
            for k, out in enumerate(stmt.outs):
                self.how[out] = lambda k=k: self._branch(stmt, k)  # type: ignore[misc]
        elif isinstance(stmt, Try):
            for k, out in enumerate(stmt.outs):
                self.how[out] = lambda k=k: self._branch(stmt, k)  # type: ignore[misc]
            for out in (stmt.done, *stmt.caught, stmt.error):
                self.how[out] = lambda: self.enter(stmt)
        elif isinstance(stmt, Call):
            for out in stmt.outs:
                self.how[out] = lambda: self._call(stmt)
        else:
            for k, c in enumerate(stmt.carries):
                self.how[c.param] = self.how[c.out] = lambda k=k: self._carry(stmt, k)  # type: ignore[misc]
            if stmt.count is not None:
                self.how[stmt.count] = lambda: self.enter(stmt)
            for k, var in enumerate(stmt.collects):
                self.how[var] = lambda k=k: self._collect(stmt, k)  # type: ignore[misc]
            if isinstance(stmt, For):
                self.how[stmt.index] = lambda: self.enter(stmt)
                for k, feed in enumerate(stmt.feeds):
                    self.how[feed.param] = lambda k=k: self._feed(stmt, k)  # type: ignore[misc]

    def need(self, atom: Atom) -> None:
        if isinstance(atom, Var) and atom not in self.needed:
            self.needed.add(atom)
            self.todo.append(atom)

    def enter(self, stmt: Stmt | None) -> None:
        """A region runs: its control values are needed, and so are the regions around it."""
        while stmt is not None and stmt not in self.live:
            self.live.add(stmt)
            if isinstance(stmt, If):
                self.need(stmt.cond)
            elif isinstance(stmt, Try):
                self._protect(stmt.then)
            elif isinstance(stmt, For):
                for atom in (stmt.start, stmt.stop, stmt.step):
                    self.need(atom)
            elif isinstance(stmt, While):
                self.need(stmt.test.results[0])
            if isinstance(stmt, (For, While)) and stmt.exits:
                self.need(stmt.body.results[len(stmt.carries)])
            stmt = self.parent[stmt]

    def _protect(self, block: Block) -> None:
        """Which path runs is decided by all that may raise in a protected block."""
        for s in all_stmts(block):
            if isinstance(s, Let) and s.out not in self.needed and may_raise(s):
                self.needed.add(s.out)
                self._let(s)

    def _let(self, stmt: Let) -> None:
        self.enter(stmt)
        for tree in let_trees(stmt):
            for var in tree_vars(tree):
                self.need(var)

    def _branch(self, stmt: If | Try, k: int) -> None:
        self.enter(stmt)
        self.need(stmt.then.results[k])
        self.need(stmt.orelse.results[k])

    def _carry(self, stmt: For | While, k: int) -> None:
        self.enter(stmt)
        c = stmt.carries[k]
        self.need(c.param)
        self.need(c.out)
        self.need(c.init)
        self.need(stmt.body.results[k])

    def _collect(self, stmt: For | While, k: int) -> None:
        self.enter(stmt)
        self.need(stmt.body.results[len(stmt.carries) + stmt.exits + k])

    def _feed(self, stmt: For, k: int) -> None:
        self.enter(stmt)
        self.need(stmt.feeds[k].source)

    def _call(self, stmt: Call) -> None:
        self.enter(stmt)
        for atom in stmt.args:
            self.need(atom)

    # -- sweeping

    def sweep(self, block: Block, keep: range | list[int]) -> Block:
        stmts = tuple(self._swept(s) for s in block.stmts if s in self.live)
        return Block(stmts, tuple(block.results[k] for k in keep))

    def _swept(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, (If, Try)):
            keep = [k for k, v in enumerate(stmt.outs) if v in self.needed]
            return replace(
                stmt,
                outs=tuple(stmt.outs[k] for k in keep),
                then=self.sweep(stmt.then, keep),
                orelse=self.sweep(stmt.orelse, keep),
            )
        if isinstance(stmt, (Let, Call)):
            return stmt
        kept = [k for k, c in enumerate(stmt.carries) if c.param in self.needed]
        results = list(kept)
        base = len(stmt.carries)
        if stmt.exits:
            results.append(base)
        lists = [k for k, v in enumerate(stmt.collects) if v in self.needed]
        results += [base + stmt.exits + k for k in lists]
        carries = tuple(stmt.carries[k] for k in kept)
        collects = tuple(stmt.collects[k] for k in lists)
        count = stmt.count if stmt.count in self.needed else None
        body = self.sweep(stmt.body, results)
        if isinstance(stmt, While):
            test = self.sweep(stmt.test, range(len(stmt.test.results)))
            return replace(
                stmt, carries=carries, collects=collects, count=count, body=body, test=test
            )
        feeds = tuple(f for f in stmt.feeds if f.param in self.needed)
        return replace(
            stmt, carries=carries, collects=collects, count=count, body=body, feeds=feeds
        )
