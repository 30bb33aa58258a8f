"""The user's lines in the text, and from which of them each statement is."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from adcompile.ir.nodes import Origin


class Comment(ast.stmt):
    """A comment line: kept by the source generator of `codegen.source`."""

    _fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.lineno = self.col_offset = 0


class Origins:
    """Where the statements are from. at: of each one that is a single operation."""

    def __init__(self) -> None:
        self.at: list[tuple[ast.stmt, Origin]] = []
        self._said: set[str] = set()
        self._last: tuple[int, bool] | None = None

    def comment(self, origin: Origin, out: list[ast.stmt]) -> None:
        """The user's line before the first statement from it; a short mark when it returns."""
        span = origin.span
        if span is None:
            return
        key = (span.lineno, origin.derivative)
        if key == self._last:
            return
        self._last = key
        line = f"{span.short}: {span.text.strip()}"
        if line not in self._said:
            self._said.add(line)
            out.append(Comment(line))
        elif origin.derivative:
            out.append(Comment(f"derivative of line {span.lineno}"))
        else:
            out.append(Comment(f"line {span.lineno}"))

    def record(self, stmts: Iterable[ast.stmt], origin: Origin) -> None:
        self.at += [(s, origin) for s in stmts]

    def forget(self) -> None:
        """Another indentation: the next statement says its line again."""
        self._last = None


def is_code(stmt: ast.stmt) -> bool:
    return not isinstance(stmt, Comment)


def any_code(body: list[ast.stmt]) -> bool:
    return any(map(is_code, body))
