"""A `try` statement under construction.

In the IR a protected block only sets flags: which path ran. Conditionals on these that follow
at once become its `except` and `else` clauses; a flag that is read later is set in them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcompile.codegen.branches import branches
from adcompile.codegen.comments import any_code, is_code
from adcompile.codegen.liveness import Moment
from adcompile.codegen.state import Writer, assign
from adcompile.ir.nodes import Try


def attempt(w: Writer, stmt: Try, at: Moment, out: list[ast.stmt]) -> Attempt:
    """Append a `try` statement; conditionals on its flags that follow become its clauses."""
    flags = (stmt.done, *stmt.caught, stmt.error)
    names = [w.names.give(v, at.reading) for v in flags]
    w.flags.update(stmt.caught)
    body, fallback = branches(w, stmt, at)
    kinds = [w.tree(k) for k in stmt.kinds]
    made = Attempt(body, fallback, kinds, names, [w.uses.get(v, 0) for v in flags])
    w.tried[stmt.done] = made.node
    out.append(made.node)
    return made


class Attempt:
    """The statement, and what of its flags is not yet spoken for.

    names, reads: of the flag that says that the body completed, of those for all clauses but
    the last, and of the exception; and how often each is read in all.
    """

    def __init__(
        self,
        body: list[ast.stmt],
        fallback: list[ast.stmt],
        kinds: Sequence[ast.expr],
        names: Sequence[str],
        reads: Sequence[int],
    ) -> None:
        self.done, *self.caught, self.error = names
        self.reads = dict(zip(names, reads, strict=True))
        self.absorbed = 0
        handlers = [ast.ExceptHandler(k, None, list(fallback)) for k in kinds]
        self.node = ast.Try(_some(body), handlers, [], [])

    def absorb(self, out: list[ast.stmt]) -> None:
        """Take in the last statement, if it follows at once and is a conditional on the flag."""
        real = [k for k, s in enumerate(out) if is_code(s)]
        if len(real) < 2 or out[real[-2]] is not self.node:
            return
        sides = _choice(out[real[-1]], self.done)
        if sides is None:
            return
        clauses = self._clauses(sides[1])
        if clauses is None:
            return
        for handler, stmts in zip(self.node.handlers, clauses, strict=True):
            handler.body += stmts
        self.node.orelse += sides[0]
        self.reads[self.done] -= 1
        self.absorbed += 1
        del out[real[-2] + 1 :]

    def _clauses(self, stmts: list[ast.stmt]) -> list[list[ast.stmt]] | None:
        """The statements of each handler, from a chain of conditionals on their flags."""
        made: list[list[ast.stmt]] = []
        for flag in self.caught:
            code = [s for s in stmts if is_code(s)]
            if not code:
                made.append([])
                continue
            sides = _choice(code[0], flag) if len(code) == 1 else None
            if sides is None:
                return None
            self.reads[flag] -= 1
            made.append(sides[0])
            stmts = sides[1]
        return [*made, stmts]

    def close(self) -> None:
        """Set the flags that are still read, bind the exception where it is."""
        handlers = self.node.handlers
        loose = self.reads[self.error] > 0 and self.absorbed == 0
        for k, handler in enumerate(handlers):
            _reraise(handler.body, self.error)
            flags = [self._set(self.done, False)] + [
                self._set(flag, k == j) for j, flag in enumerate(self.caught)
            ]
            own = any(isinstance(n, ast.Name) and n.id == self.error for n in _walk(handler))
            if own:
                handler.name = self.error
            elif loose:  # Python unbinds the name at the end of the clause
                handler.name = f"{self.error}_caught"
                held = ast.Name(handler.name, ast.Load())
                handler.body.insert(0, assign(self.error, held))
            _cut(handler.body)
            handler.body[:0] = [f for f in flags if f is not None]
            handler.body = _some(handler.body)
        marks = [self._set(self.done, True), *(self._set(flag, False) for flag in self.caught)]
        self.node.orelse[:0] = [m for m in marks if m is not None]
        self.node.orelse = self.node.orelse if any_code(self.node.orelse) else []

    def _set(self, flag: str, value: bool) -> ast.stmt | None:
        if self.reads[flag] <= 0:
            return None
        return assign(flag, ast.Constant(value))


def _walk(handler: ast.ExceptHandler) -> list[ast.AST]:
    return [n for s in handler.body if is_code(s) for n in ast.walk(s)]


def _choice(stmt: ast.stmt, flag: str) -> tuple[list[ast.stmt], list[ast.stmt]] | None:
    """Both sides of a conditional on a flag; None for another statement."""
    if not isinstance(stmt, ast.If):
        return None
    if isinstance(stmt.test, ast.Name) and stmt.test.id == flag:
        return stmt.body, stmt.orelse
    negated = isinstance(stmt.test, ast.UnaryOp) and isinstance(stmt.test.op, ast.Not)
    if negated and isinstance(stmt.test.operand, ast.Name) and stmt.test.operand.id == flag:  # type: ignore[attr-defined]
        return stmt.orelse, stmt.body
    return None


def _reraise(stmts: list[ast.stmt], error: str) -> None:
    """`raise error` of the exception at hand is a plain `raise`."""
    for s in stmts:
        if isinstance(s, ast.Raise) and isinstance(s.exc, ast.Name) and s.exc.id == error:
            s.exc = None
        elif isinstance(s, (ast.If, ast.For, ast.While)):
            _reraise([*s.body, *s.orelse], error)
        elif isinstance(s, ast.With):
            _reraise(s.body, error)


def _cut(stmts: list[ast.stmt]) -> None:
    """Nothing follows a raise."""
    ends = [k for k, s in enumerate(stmts) if isinstance(s, ast.Raise)]
    if ends:
        del stmts[ends[0] + 1 :]


def _some(stmts: list[ast.stmt]) -> list[ast.stmt]:
    return stmts if any_code(stmts) else [*stmts, ast.Pass()]
