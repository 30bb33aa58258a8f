"""The source of a function as an AST with absolute lines, and the names it sees.

Files, notebook cells and anything else that `linecache` knows are read whole and parsed once;
the function is found by its first line, a lambda also by its compiled code.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from adcompile.errors import SourceUnavailable, Span, UnsupportedSyntax, span_of


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


@lru_cache(maxsize=256)
def _functions(text: str) -> dict[str, list[Node]]:
    """The functions of a file by name: it is parsed and walked once for all of them."""
    return _by_name(ast.parse(text))


def _by_name(tree: ast.AST) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault("<lambda>", []).append(node)
    return found


_found: dict[types.CodeType, FunctionSource] = {}


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
    code = fn.__code__
    found = _found.get(code)
    if found is not None and found.fn is fn:
        return found
    lines = linecache.getlines(code.co_filename, fn.__globals__)
    if not lines:
        raise SourceUnavailable(
            f"the source of {fn.__name__} is not available ({code.co_filename})",
            advice="Define the function in a file or a notebook cell.",
        )
    node = _find(fn, lines)
    source = FunctionSource(fn.__name__, node, code.co_filename, tuple(lines), fn)
    _found[code] = source
    return source


def _find(fn: types.FunctionType, lines: list[str]) -> ast.FunctionDef | ast.Lambda:
    code = fn.__code__
    try:
        functions = _functions("".join(lines))
    except SyntaxError:
        functions = _by_name(_parse_alone(fn))
    candidates: list[ast.FunctionDef | ast.Lambda] = []
    for node in functions.get(code.co_name, ()):
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
    if not candidates:
        raise SourceUnavailable(
            f"the source of {code.co_name} does not match its file ({code.co_filename})",
            advice="The file may have changed since it was imported.",
        )
    return candidates[0]


def _starts_near(node: ast.Lambda, code: types.CodeType) -> bool:
    return node.lineno <= code.co_firstlineno <= (node.end_lineno or node.lineno)


def _parse_alone(fn: types.FunctionType) -> ast.AST:
    """The function's own lines, for files that are not plain Python (cell magics)."""
    try:
        block, start = inspect.getsourcelines(fn)
        indent = len(block[0]) - len(block[0].lstrip())
        tree = ast.parse("".join(line[indent:] or "\n" for line in block))
    except (OSError, SyntaxError):
        raise SourceUnavailable(f"the source of {fn.__name__} cannot be parsed") from None
    ast.increment_lineno(tree, start - 1)
    return tree


def _lambda(candidates: list[ast.Lambda], code: types.CodeType) -> ast.Lambda | None:
    """The one of several lambdas of a line that compiles to `code`.

    Places are compared first. Where they tell nothing (Python 3.10, or source that was cut out of
    its file), lambdas with the same code are as good as each other.
    """
    for places in (True, False):
        wanted = _fingerprint(code, places)
        for node in candidates:
            made = _compiled(node, code.co_freevars)
            if made is not None and _fingerprint(made, places) == wanted:
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


def _fingerprint(code: types.CodeType, places: bool) -> tuple[Any, ...]:
    inside = [
        _fingerprint(c, places)
        if isinstance(c, types.CodeType)
        # Python 3.10 holds the name of a function inside with its owner's.
        else (type(c), repr(c).rpartition("<locals>.")[2])
        for c in code.co_consts
    ]
    names = (code.co_names, code.co_varnames, code.co_freevars, inside)
    if places and hasattr(code, "co_positions"):
        positions = frozenset(code.co_positions())
        if any(p[2] for p in positions):
            # How a call is spelled in bytecode depends on the imports around it: left out.
            return (*names, code.co_firstlineno, positions)
    return (*names, code.co_code)
