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
    Each kind is also an error of Python's own that a user of NumPy would catch. They are raised
    before anything runs.

    >>> try:
    ...     grad(lambda x: x * x)("two")
    ... except ADCompileError as error:
    ...     isinstance(error, TypeError)
    True
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
    """A construct that cannot be compiled; the message says what to write instead.

    >>> def f(x):
    ...     async def g():
    ...         return x
    ...     return g()
    >>> grad(f)(2.0)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnsupportedSyntax: 'async def' is not supported in a differentiated function
    """

    def __str__(self) -> str:  # SyntaxError formats itself from its attributes
        return str(self.args[0])


class MissingRule(ADCompileError, NotImplementedError):
    """An active value flows into a function that has no derivative rule.

    Give it one with `rule`, or say with `nondiff` that its result is constant.

    >>> import math
    >>> grad(lambda x: math.ulp(x))(2.0)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    MissingRule: math.ulp has no derivative rule
    """


class NotDifferentiable(ADCompileError, TypeError):
    """What is asked has no derivative: an integer argument, an active value stored as integer.

    Pass floats, as `np.arange(3.0)`.

    >>> grad(lambda x: np.sum(x * x))(np.arange(3))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    NotDifferentiable: the argument 'x' is an array of int64, which has no derivative
    """


class AmbiguousAlias(ADCompileError, ValueError):
    """A write through a name that may or may not share memory with another live array.

    Write to a copy.

    >>> def f(x, y):
    ...     x[0] = 0.0
    ...     return np.sum(x * y)
    >>> a = np.arange(4.0)
    >>> grad(f)(a[:3], a[1:])  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    AmbiguousAlias: two arguments share memory, and the function writes one of them
    >>> grad(f)(a[:3], a[1:].copy())
    array([0., 2., 3.])
    """


class NonScalarOutput(ADCompileError, TypeError):
    """`grad` of a function whose result is not a real scalar.

    Reduce it to a number, or use `jacobian` or `elementwise_grad`.

    >>> grad(lambda x: x * x)(np.ones(3))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    NonScalarOutput: grad needs a scalar result
    """


class SourceUnavailable(ADCompileError, TypeError):
    """The function has no Python source to read (a builtin, a C extension, typed at a prompt).

    >>> grad(np.sin)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    SourceUnavailable: np.sin has no Python source to differentiate
    >>> float(grad(lambda x: np.sin(x))(0.0))
    1.0
    """


class BadArgnums(ADCompileError, ValueError):
    """`argnums` names a parameter that does not exist, or one that cannot be differentiated.

    >>> grad(lambda x: x * x, argnums="y")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    BadArgnums: argnums='y' names no argument
    """


class UnsupportedInput(ADCompileError, TypeError):
    """An argument that is no number, NumPy array or nesting of these.

    >>> grad(lambda x: np.sum(x))(np.ma.array([1.0]))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnsupportedInput: the argument 'x' is a numpy.ma.MaskedArray, a subclass of numpy.ndarray
    """


class VerificationError(AssertionError):
    """The IR breaks one of its invariants: a bug of adcompile, never of the user's program."""
