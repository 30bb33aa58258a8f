"""The source of a function as an AST with absolute lines, and the names it sees.

Files, notebook cells and anything else that `linecache` knows are read whole and parsed once;
the function is found by its first line, a lambda also by its compiled code.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import threading
import tokenize
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from adcompile.errors import SourceUnavailable, Span, UnsupportedSyntax, span_of
from adcompile.frontend.code import Outline, digest, fingerprint, is_own, is_source_of
from adcompile.frontend.private import has_private_names, is_name, is_private, mangled


@dataclass(frozen=True, eq=False)
class FunctionSource:
    """A function's definition and where its free names live.

    hidden: it is no text of the user's, and errors in it are shown where it is called.
    """

    name: str
    node: ast.FunctionDef | ast.Lambda
    filename: str
    lines: tuple[str, ...]
    fn: types.FunctionType
    hidden: bool = False
    spans: dict[ast.AST, Span] = field(default_factory=dict, repr=False)

    def span(self, node: ast.AST) -> Span:
        found = self.spans.get(node)
        if found is None:
            found = self.spans[node] = span_of(node, self.filename, self.lines)
        return found

    @property
    def body(self) -> list[ast.stmt]:
        if isinstance(self.node, ast.Lambda):
            value = ast.Return(value=self.node.body)
            return [ast.copy_location(value, self.node.body)]
        return self.node.body


Node: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class _Module:
    """A parsed text: the outline of what is written, and its functions by name, with the private
    names of classes (`__x`) as Python sees them."""

    outline: Outline
    functions: dict[str, list[Node]]

    def named(self, name: str) -> list[Node]:
        found = self.functions.get(name, [])
        if not is_private(name):
            return found
        return [n for own, nodes in self.functions.items() if is_name(own, name) for n in nodes]


@lru_cache(maxsize=256)
def _module(text: str) -> _Module:
    """A file, parsed and walked once for all of its functions."""
    tree = ast.parse(text)
    private = "__" in text and has_private_names(tree)
    return _Module(Outline(tree), _by_name(mangled(ast.parse(text)) if private else tree))


def _by_name(tree: ast.AST) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault("<lambda>", []).append(node)
    return found


_found: dict[types.CodeType, FunctionSource] = {}
_recording = threading.local()


@contextmanager
def recorded() -> Iterator[list[types.FunctionType]]:
    """The functions whose source is asked for meanwhile, in this thread."""
    before: list[types.FunctionType] | None = getattr(_recording, "used", None)
    used: list[types.FunctionType] = []
    _recording.used = used
    try:
        yield used
    finally:
        _recording.used = before
        if before is not None:
            before.extend(used)


def function_source(fn: Callable[..., Any]) -> FunctionSource:
    """The source of a Python function.

    Raises SourceUnavailable for builtins, C functions and code typed where no source is kept.
    """
    if not isinstance(fn, types.FunctionType):
        name = getattr(fn, "__name__", type(fn).__name__)
        raise SourceUnavailable(
            f"{name} has no Python source to differentiate",
            advice="Give it a derivative with @rule, or write it in Python.",
        )
    used = getattr(_recording, "used", None)
    if used is not None:
        used.append(fn)
    code = fn.__code__
    found = _found.get(code)
    if found is not None and found.fn is fn:
        return found
    filename, lines = located(fn)
    try:
        node = _find(fn, lines)
    except SourceUnavailable:
        # linecache reads a file once: it may be older than a module that was loaded again.
        linecache.checkcache(filename)
        filename, again = located(fn)
        if again == lines:
            raise
        lines = again
        node = _find(fn, lines)
    source = FunctionSource(fn.__name__, node, filename, tuple(lines), fn)
    _found[code] = source
    return source


Located: TypeAlias = tuple[str, list[str]]
_sent: dict[str, Located] = {}


def send_texts(fns: Iterable[types.FunctionType]) -> dict[str, Located]:
    """Where functions are from, by a digest of their code: for a process that gets that alone."""
    sent: dict[str, Located] = {}
    for fn in fns:
        try:
            sent[digest(fn.__code__)] = located(fn)
        except SourceUnavailable:
            continue
    return sent


def receive_texts(sent: Mapping[str, Located]) -> None:
    """Know where code is from that comes from another process."""
    _sent.update(sent)


def located(fn: types.FunctionType) -> Located:
    """The file of a function and its text, as linecache knows it. Raises SourceUnavailable."""
    code = fn.__code__
    # linecache looks for a loader under these names, and takes a name of None for a string.
    namespace = {k: fn.__globals__[k] for k in _LOADER if fn.__globals__.get(k) is not None}
    lines = linecache.getlines(code.co_filename, namespace)
    if lines:
        return code.co_filename, lines
    known = _sent.get(digest(code)) if _sent else None
    if known is not None:
        return known
    try:
        # Python 3.13 keeps what is typed at its prompt, by code.
        return code.co_filename, inspect.findsource(code)[0]
    except (OSError, TypeError, IndexError):
        pass
    raise SourceUnavailable(
        f"the source of {fn.__name__} is not available ({code.co_filename})",
        advice="Define the function in a file or a notebook cell. What is typed at the prompt can "
        "be read from Python 3.13 on; text given to exec() only where linecache holds it.",
    )


_LOADER = ("__name__", "__loader__", "__spec__")


def _find(fn: types.FunctionType, lines: list[str]) -> ast.FunctionDef | ast.Lambda:
    code = fn.__code__
    try:
        module = _module(_own_lines(code, lines) if is_own(code) else "".join(lines))
    except SyntaxError:
        alone = _parse_alone(fn)
        module = _Module(Outline(alone), _by_name(alone))
    candidates: list[ast.FunctionDef | ast.Lambda] = []
    for node in module.named(code.co_name):
        if isinstance(node, ast.Lambda):
            if node.lineno == code.co_firstlineno or _starts_near(node, code):
                candidates.append(node)
        else:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if code.co_firstlineno in (first, node.lineno):
                if isinstance(node, ast.AsyncFunctionDef):
                    raise UnsupportedSyntax(
                        "'async def' is not supported in a differentiated function",
                        span_of(node, code.co_filename, lines),
                        "Use a plain function.",
                    )
                candidates.append(node)
    lambdas = [c for c in candidates if isinstance(c, ast.Lambda)]
    if len(lambdas) > 1:
        found = _lambda(lambdas, code)
        if found is None:
            raise SourceUnavailable(
                f"there are several lambdas on line {code.co_firstlineno} of {code.co_filename}, "
                "and it cannot be told which one this is",
                advice="Put each on a line of its own, or write it with def.",
            )
        return found
    if not candidates or not is_source_of(module.outline, candidates[0], code):
        raise SourceUnavailable(
            f"{code.co_filename} no longer holds the source of {fn.__name__} that runs",
            advice="It has changed since it was imported: import it again. Code that an import "
            "hook has rewritten cannot be differentiated.",
        )
    return candidates[0]


def _own_lines(code: types.CodeType, lines: Sequence[str]) -> str:
    """The lines of a function at the top level of a file, after empty ones in the place of what
    comes before: hundreds of rules are not parsed for the few that a program needs."""
    first = code.co_firstlineno - 1
    if not lines[first].startswith(("def ", "@")):
        return "".join(lines)
    end = last_line(code)
    while end < len(lines) and lines[end].startswith((" ", "\n", ")", "]", "}", "#")):
        end += 1
    return "\n" * first + "".join(lines[first:end])


def last_line(code: types.CodeType) -> int:
    """The last line from which code was made, in functions inside too."""
    lines = [line for _, _, line in code.co_lines() if line]
    inside = [last_line(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return max(code.co_firstlineno, *lines, *inside)


def _starts_near(node: ast.Lambda, code: types.CodeType) -> bool:
    return node.lineno <= code.co_firstlineno <= (node.end_lineno or node.lineno)


def _parse_alone(fn: types.FunctionType) -> ast.AST:
    """The function's own lines, for files that are not plain Python (cell magics)."""
    try:
        block, start = inspect.getsourcelines(fn)
        indent = len(block[0]) - len(block[0].lstrip())
        tree = ast.parse("".join(line[indent:] or "\n" for line in block))
    except (OSError, SyntaxError, tokenize.TokenError):
        raise SourceUnavailable(f"the source of {fn.__name__} cannot be parsed") from None
    ast.increment_lineno(tree, start - 1)
    return tree


def _lambda(candidates: list[ast.Lambda], code: types.CodeType) -> ast.Lambda | None:
    """The one of several lambdas of a line that compiles to `code`.

    Places are compared first. Where they tell nothing (Python 3.10, or source that was cut out of
    its file), lambdas with the same code are as good as each other.
    """
    for places in (True, False):
        wanted = fingerprint(code, places)
        for node in candidates:
            made = _compiled(node, code.co_freevars)
            if made is not None and fingerprint(made, places) == wanted:
                return node
    return None


def _compiled(node: ast.Lambda, free: tuple[str, ...]) -> types.CodeType | None:
    """The code of a lambda alone, inside another one that has the variables it closes over."""
    given = ast.arguments(
        posonlyargs=[], args=[ast.arg(n) for n in free], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    outer = ast.copy_location(ast.Lambda(given, node), node)
    tree = ast.fix_missing_locations(ast.Expression(outer))
    try:
        module = compile(tree, "<lambda>", "eval", dont_inherit=True)
    except SyntaxError:  # an `await` in a default
        return None
    inside = [c for c in module.co_consts if isinstance(c, types.CodeType)][-1]
    # Lambdas in its defaults come before it.
    return [c for c in inside.co_consts if isinstance(c, types.CodeType)][-1]
