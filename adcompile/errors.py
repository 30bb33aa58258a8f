"""The error family: every refusal shows the user's line, a caret, what is wrong and what to do.

Compile-time errors are raised before anything runs. Each class is also a subclass of the
built-in exception that a NumPy user would catch. This module imports nothing of the package.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import basename


@dataclass(frozen=True, slots=True)
class Span:
    """A place in the user's source: absolute line and column, with the text of the line."""

    filename: str
    lineno: int
    col: int
    end_col: int
    text: str

    @property
    def short(self) -> str:
        """`file.py:6`, without the folder: generated text holds no path of the machine."""
        return f"{basename(self.filename)}:{self.lineno}"

    def caret(self) -> str:
        """The line with a caret row under the spot."""
        stripped = self.text.lstrip()
        shift = len(self.text) - len(stripped)
        start = max(self.col - shift, 0)
        width = max(min(self.end_col, len(self.text)) - self.col, 1)
        return f"    {stripped}\n    {' ' * start}{'^' * width}"


def span_of(node: ast.AST, filename: str, lines: Sequence[str]) -> Span:
    """The span of an AST node whose line numbers are absolute in `lines` (1-based)."""
    lineno = getattr(node, "lineno", 1)
    text = lines[lineno - 1].rstrip("\n") if 0 < lineno <= len(lines) else ""
    col = getattr(node, "col_offset", 0)
    same_line = getattr(node, "end_lineno", lineno) == lineno
    end = getattr(node, "end_col_offset", None) if same_line else len(text)
    encoded = text.encode()
    col_chars = len(encoded[:col].decode(errors="ignore"))
    end_chars = len(encoded[:end].decode(errors="ignore")) if end is not None else col_chars + 1
    return Span(filename, lineno, col_chars, end_chars, text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence: what is wrong, where, and what to do instead."""

    message: str
    span: Span | None = None
    advice: str = ""
    related: tuple[Span, ...] = ()

    def render(self) -> str:
        where = f"{self.span.filename}:{self.span.lineno}: " if self.span else ""
        parts = [f"{where}{self.message}"]
        if self.span:
            parts.append(self.span.caret())
        for other in self.related:
            parts.append(f"  see also {other.filename}:{other.lineno}:")
            parts.append(other.caret())
        if self.advice:
            parts.append(f"  {self.advice}")
        return "\n".join(parts)


class ADCompileError(Exception):
    """Base of all errors of adcompile. `problems` lists every occurrence found.

    `raises`: the exception that the plain function would raise at this place, if it would.
    """

    raises: Exception | None = None

    def __init__(
        self,
        message: str | Sequence[Problem],
        span: Span | None = None,
        advice: str = "",
        related: tuple[Span, ...] = (),
    ) -> None:
        if isinstance(message, str):
            message = [Problem(message, span, advice, related)]
        self.problems: tuple[Problem, ...] = tuple(message)
        super().__init__("\n".join(p.render() for p in self.problems))

    @property
    def span(self) -> Span | None:
        return self.problems[0].span

    def located(self, span: Span | None) -> ADCompileError:
        """The same error at `span`, if it has no place yet."""
        if span is None or self.span is not None:
            return self
        first = self.problems[0]
        placed = Problem(first.message, span, first.advice, first.related)
        error = type(self)([placed, *self.problems[1:]])
        error.raises = self.raises
        return error


class UnsupportedSyntax(ADCompileError, SyntaxError):
    """A construct that cannot be compiled; the message says what to write instead."""

    def __str__(self) -> str:  # SyntaxError formats itself from its attributes
        return str(self.args[0])


class MissingRule(ADCompileError, NotImplementedError):
    """An active value flows into a function that has no derivative rule."""


class NotDifferentiable(ADCompileError, TypeError):
    """What is asked has no derivative: an integer argument, an active value stored as integer."""


class AmbiguousAlias(ADCompileError, ValueError):
    """A write through a name that may or may not share memory with another live array."""


class NonScalarOutput(ADCompileError, TypeError):
    """`grad` of a function whose result is not a real scalar."""


class SourceUnavailable(ADCompileError, TypeError):
    """The function has no Python source to read (a builtin, a C extension, typed at a prompt)."""


class BadArgnums(ADCompileError, ValueError):
    """`argnums` names a parameter that does not exist, or one that cannot be differentiated."""


class UnsupportedInput(ADCompileError, TypeError):
    """An argument that is no number, NumPy array or nesting of these."""


class VerificationError(AssertionError):
    """The IR breaks one of its invariants: a bug of adcompile, never of the user's program."""
