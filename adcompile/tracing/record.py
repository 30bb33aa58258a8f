"""Execution of a program on concrete values, recorded as a straight line of steps.

Loops run, branches are taken, so the record has one step for each operation executed. Numbers
that only steer (lengths, counters, indices) become literals; what is computed from floats
becomes a step.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from adcompile.errors import Span
from adcompile.frontend import emit
from adcompile.frontend import stmts as frontend_stmts
from adcompile.frontend.context import Context
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import ArrayRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import Aval, Opaque, Parts
from adcompile.ir.nodes import Atom, Block, For, If, Let, Lit, Stmt, Tree, Try, Var, While
from adcompile.ir.primitives import Primitive
from adcompile.ir.walk import Path, let_trees, map_tree, region, tree_vars
from adcompile.tracing.evaluate import ARITHMETIC, evaluate, evaluate_as_numpy, tree_value

ENTER = Primitive("enter", len, (), "@enter", "none", effect="effect", differentiable=False)
EXIT = Primitive("exit", len, (), "@exit", "none", effect="effect", differentiable=False)
"""Marks around the body of a called function, for traces by function."""


@dataclass(eq=False)
class CallRecord:
    """A call of one of the user's functions as it was executed."""

    name: str
    args: tuple[Tree, ...]
    results: tuple[Atom, ...] = ()


@dataclass(eq=False)
class Step:
    """One executed operation: `let` reads steps, parameters and literals only.

    call_of: where it is an item of a tuple that a library function returned, that call.
    """

    let: Let
    group: int
    call: CallRecord | None
    call_of: Let | None = None

    @property
    def out(self) -> Var:
        return self.let.out

    def operands(self) -> list[Var]:
        """The values it reads, each once."""
        return list(
            dict.fromkeys(v for t in let_trees(self.call_of or self.let) for v in tree_vars(t))
        )


def by_level(steps: Sequence[Step]) -> list[Step]:
    """The steps with those of each statement ordered as textbooks number them.

    What needs only the values from before the statement comes first, then what needs these,
    and so on: log(x1), x1 * x2, sin(x2), then the sums.
    """
    level: dict[Var, int] = {}
    group: dict[Var, int] = {}
    for step in steps:
        mine = [level[v] for v in step.operands() if group.get(v) == step.group]
        level[step.out] = max(mine, default=-1) + 1
        group[step.out] = step.group
    return sorted(steps, key=lambda s: (s.group, level[s.out]))


@dataclass
class Recorder:
    """Runs blocks and records what they do.

    values: of every step and parameter, shared by all recorders of a trace. known: values of
    the program that exist already. lenient: arithmetic that raises in Python gives inf or nan.
    """

    values: dict[Var, Any]
    lenient: bool = False
    env: dict[tuple[Var, Path], Atom] = field(default_factory=dict)
    known: set[Var] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    mark: int = 0
    last: Any = None
    contexts: list[Any] = field(default_factory=list)

    # -- values

    def bind(self, var: Var, atom: Atom, path: Path = ()) -> None:
        self.env[var, path] = atom

    def find(self, atom: Atom, path: Path = ()) -> Atom:
        """What an atom of the program is in the record: that of this or an outer iteration."""
        if isinstance(atom, Lit):
            return atom
        for depth in range(len(path), -1, -1):
            found = self.env.get((atom, path[:depth]))
            if found is not None:
                return found
        assert atom in self.values, f"{atom!r} has no value"
        return atom

    def read(self, atom: Atom) -> Any:
        """The value of an atom of the record."""
        return atom.value if isinstance(atom, Lit) else self.values[atom]

    # -- statements

    def block(self, block: Block, path: Path = ()) -> list[Atom]:
        """Run a block; its results."""
        depth = len(self.contexts)
        try:
            for stmt in block.stmts:
                self.stmt(stmt, path)
        except BaseException:
            while len(self.contexts) > depth:
                self.contexts.pop().__exit__(*sys.exc_info())
            raise
        return [self.find(r, path) for r in block.results]

    def stmt(self, stmt: Stmt, path: Path) -> None:
        if isinstance(stmt, Let):
            self.let(stmt, path)
        elif isinstance(stmt, If):
            self.conditional(stmt, path)
        elif isinstance(stmt, Try):
            self.attempt(stmt, path)
        elif isinstance(stmt, For):
            self.counted_loop(stmt, path)
        elif isinstance(stmt, While):
            self.open_loop(stmt, path)
        else:
            raise NotImplementedError

    def let(self, stmt: Let, path: Path) -> None:
        if stmt.out in self.known:
            return
        args = tuple(map_tree(lambda a: self.find(a, path), t) for t in stmt.args)
        kwargs = tuple((k, map_tree(lambda a: self.find(a, path), t)) for k, t in stmt.kwargs)
        if stmt.op.name == "with":
            self.enter(stmt, args, kwargs, path)
            return
        if stmt.op.effect == "effect":
            with located(stmt.origin.span):
                self.effect(stmt.op, args)
            return
        with located(stmt.origin.span):
            value = self.evaluate(stmt.op, args, kwargs)
        made = Let(
            Var(_kind(value, stmt.out.aval), stmt.out.hint),
            stmt.op,
            args,
            kwargs,
            stmt.origin,
            stmt.linear,
        )
        steering = not avals.is_inexact(made.out.aval)
        if steering and not any(True for t in let_trees(made) for _ in tree_vars(t)):
            self.bind(stmt.out, Lit(value), path)
            return
        self.values[made.out] = value
        self.bind(stmt.out, made.out, path)
        call = self.calls[0] if self.calls else None
        self.steps.append(Step(made, self.group(stmt), call))

    def evaluate(
        self, op: Primitive, args: Sequence[Tree], kwargs: Sequence[tuple[str, Tree]]
    ) -> Any:
        operands = [tree_value(t, self.read) for t in args]
        named = {k: tree_value(t, self.read) for k, t in kwargs}
        if not self.lenient:
            return evaluate(op, operands, named, self.read)
        with np.errstate(all="ignore"):
            try:
                return evaluate(op, operands, named, self.read)
            except ARITHMETIC:
                return evaluate_as_numpy(op, operands, named, self.read)

    def group(self, stmt: Let) -> int:
        """A number shared by the steps of one execution of a statement of the user's."""
        key = (self.calls[-1:], statement_of(stmt.origin.span))
        if key != self.last:
            self.mark += 1
            self.last = key
        return self.mark

    def boundary(self) -> None:
        """What comes next belongs to another execution of a statement."""
        self.last = None

    def effect(self, op: Primitive, args: tuple[Tree, ...]) -> None:
        if op is ENTER:
            self.calls.append(CallRecord(args[0].value, args[1:]))  # type: ignore[union-attr]
            return
        if op is EXIT:
            self.calls.pop().results = args  # type: ignore[assignment]
            return
        if op.name == "leave":
            self.contexts.pop().__exit__(None, None, None)
            return
        values = [tree_value(t, self.read) for t in args]
        if op.name == "print":
            print(*values)
        elif op.name == "assert" and not values[0]:
            raise AssertionError(*values[1:])
        elif op.name == "raise":
            raise _exception(values)
        elif op.name == "raise_from":
            raise _exception(values[1:]) from values[0]

    def enter(
        self, stmt: Let, args: tuple[Tree, ...], kwargs: Sequence[tuple[str, Tree]], path: Path
    ) -> None:
        """The head of a `with`."""
        manager, called, *given = (tree_value(t, self.read) for t in args)
        if called:
            manager = manager(*given, **{k: tree_value(t, self.read) for k, t in kwargs})
        self.bind(stmt.out, Lit(manager.__enter__()), path)
        self.contexts.append(manager)

    # -- regions

    def conditional(self, stmt: If, path: Path) -> None:
        name = "then" if self.read(self.find(stmt.cond, path)) else "orelse"
        side = stmt.then if name == "then" else stmt.orelse
        results = self.block(side, (*path, region(stmt, name)))
        for out, result in zip(stmt.outs, results, strict=True):
            self.bind(out, result, path)

    def attempt(self, stmt: Try, path: Path) -> None:
        """The steps of a block that ends in a caught exception are not part of the record."""
        steps, calls, lenient = len(self.steps), len(self.calls), self.lenient
        self.lenient = False
        classes = [k.value for k in stmt.kinds]
        error: BaseException | None = None
        side, name = stmt.then, "then"
        try:
            results = self.block(side, (*path, region(stmt, name)))
        except BaseException as exc:
            if not any(isinstance(exc, c) for c in classes):
                raise
            error = exc
            del self.steps[steps:], self.calls[calls:]
            side, name = stmt.orelse, "orelse"
            results = self.block(side, (*path, region(stmt, name)))
        finally:
            self.lenient = lenient
        for out, result in zip(stmt.outs, results, strict=True):
            self.bind(out, result, path)
        first = next((k for k, c in enumerate(classes) if error and isinstance(error, c)), None)
        self.bind(stmt.done, Lit(error is None), path)
        self.bind(stmt.error, Lit(error), path)
        for k, flag in enumerate(stmt.caught):
            self.bind(flag, Lit(k == first), path)

    def iteration(self, stmt: For | While, path: Path, number: int) -> Path:
        self.boundary()
        return (*path, (stmt.key, f"body {number}"))

    def carried(self, stmt: For | While, path: Path, current: Sequence[Atom]) -> None:
        for c, atom in zip(stmt.carries, current, strict=True):
            self.bind(c.param, atom, path)

    def finish(self, stmt: For | While, path: Path, current: Sequence[Atom], count: int) -> None:
        self.boundary()
        for c, atom in zip(stmt.carries, current, strict=True):
            self.bind(c.out, atom, path)
        if stmt.count is not None:
            self.bind(stmt.count, Lit(count), path)

    def counted_loop(self, stmt: For, path: Path) -> None:
        bounds = [self.read(self.find(a, path)) for a in (stmt.start, stmt.stop, stmt.step)]
        with located(stmt.origin.span):
            numbers = range(*bounds)
        current = [self.find(c.init, path) for c in stmt.carries]
        count = 0
        for number in reversed(numbers) if stmt.backward else numbers:
            inside = self.iteration(stmt, path, number)
            self.bind(stmt.index, Lit(number), inside)
            self.carried(stmt, inside, current)
            results = self.block(stmt.body, inside)
            current = results[: len(stmt.carries)]
            count += 1
            if stmt.exits and self.read(results[len(stmt.carries)]):
                break
        self.finish(stmt, path, current, count)

    def open_loop(self, stmt: While, path: Path) -> None:
        current = [self.find(c.init, path) for c in stmt.carries]
        count = 0
        while True:
            inside = self.iteration(stmt, path, count)
            self.carried(stmt, inside, current)
            if not self.read(self.block(stmt.test, inside)[0]):
                break
            results = self.block(stmt.body, inside)
            current = results[: len(stmt.carries)]
            count += 1
            if stmt.exits and self.read(results[len(stmt.carries)]):
                break
        self.finish(stmt, path, current, count)


def _kind(value: Any, declared: Aval) -> Aval:
    """The kind of a value, item by item where it is a tuple of a library function's."""
    if isinstance(declared, Parts):
        return Parts("tuple", tuple(map(avals.of_constant, value)), type(value))
    return avals.of_constant(value)


def _exception(values: Sequence[Any]) -> BaseException:
    """The exception itself, or one made of a class and its arguments."""
    what: Any = values[0]
    return what if isinstance(what, BaseException) else what(*values[1:])


@contextmanager
def located(span: Span | None) -> Iterator[None]:
    """The user's own exceptions pass unchanged; they remember where they were raised."""
    try:
        yield
    except Exception as exc:
        if not hasattr(exc, "adcompile_span"):
            exc.adcompile_span = span  # type: ignore[attr-defined]
        raise


# -- statements of the user's source -------------------------------------------------------------


def statement_of(span: Span | None) -> tuple[str, int] | None:
    """The file and first line of the statement around a place."""
    if span is None:
        return None
    return (span.filename, _first_lines(span.filename).get(span.lineno, span.lineno))


@lru_cache(maxsize=32)
def _first_lines(filename: str) -> dict[int, int]:
    """The first line of the innermost statement that each line of a file belongs to."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return {}
    first: dict[int, int] = {}
    for node in ast.walk(tree):  # outer statements before those inside
        if isinstance(node, ast.stmt):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                first[line] = node.lineno
    return first


# -- marks around calls --------------------------------------------------------------------------


def marked_body(cx: Context, source: FunctionSource) -> PyVal:
    """Lower a called function's body between marks with its arguments and results."""
    given = tuple(_mark_operand(cx, v) for v in cx.state.env.values())
    none = Opaque("none")
    cx.stmts.append(Let(Var(none), ENTER, (Lit(source.name), *given), (), cx.origin))
    result = frontend_stmts.run_body(cx, source)
    parts = result.items if isinstance(result, TupleVal) else (result,)
    made = tuple(_mark_operand(cx, v) for v in parts)
    cx.stmts.append(Let(Var(none), EXIT, made, (), cx.origin))
    return result


def _mark_operand(cx: Context, value: PyVal) -> Atom:
    if isinstance(value, (Var, Lit)):
        return value
    if isinstance(value, ArrayRef):
        return emit.read(cx, value)
    return Lit(Ellipsis)
