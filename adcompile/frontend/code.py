"""Whether a compiled function is what a text says: compiled again, it must be the same code.

A file may have changed since it was imported. Own modules of the package are not compared.
"""

from __future__ import annotations
import __future__

import ast
import hashlib
import types
from bisect import bisect_right
from collections.abc import Iterator
from os.path import dirname, join
from typing import Any

_PACKAGE = join(dirname(dirname(__file__)), "")
_FUTURE = sum(getattr(__future__, n).compiler_flag for n in __future__.all_feature_names)


def is_own(code: types.CodeType) -> bool:
    """Whether it is code of this package's modules."""
    return code.co_filename.startswith(_PACKAGE)


class Outline:
    """A text's statements by line and its imports, looked up once for all of its functions."""

    def __init__(self, tree: ast.AST) -> None:
        self.whole = isinstance(tree, ast.Module)
        self.body: list[ast.stmt] = tree.body if isinstance(tree, ast.Module) else []
        self.firsts = [_first_line(s) for s in self.body]
        self.imports = list(_imports(self.body))

    def around(self, node: ast.AST) -> ast.Module:
        """The statements of the line where `node` starts. Calls of imported names are spelled in
        their own way in bytecode, so the imports come first."""
        line = getattr(node, "lineno", 0)
        last = end = bisect_right(self.firsts, line)
        while last and (self.body[last - 1].end_lineno or 0) >= line:
            last -= 1
        return ast.Module([*self.imports, *self.body[last:end]], [])


def is_source_of(
    outline: Outline, node: ast.FunctionDef | ast.Lambda, code: types.CodeType
) -> bool:
    """Whether `node`, within the text of `outline`, compiles to `code`."""
    if is_own(code) or not outline.whole:
        return True
    made = [c for c in _codes_around(outline, node, code) if c.co_name == code.co_name]
    if any(c == code for c in made):
        return True
    wanted = fingerprint(code, places=False)
    if any(fingerprint(c, places=False) == wanted for c in made):
        return True
    # pytest rewrites assert statements: what else there is must be found again.
    asserts = any(isinstance(n, ast.Assert) for n in ast.walk(node))
    return asserts and any(_is_part_of(c, code) for c in made)


def _codes_around(
    outline: Outline, node: ast.AST, code: types.CodeType
) -> Iterator[types.CodeType]:
    """The code objects of the statements around `node`."""
    module = outline.around(node)
    flags = code.co_flags & _FUTURE
    try:
        made = compile(module, code.co_filename, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return
    open_codes = [made]
    while open_codes:
        inside = [c for c in open_codes.pop().co_consts if isinstance(c, types.CodeType)]
        yield from inside
        open_codes += inside


def _first_line(stmt: ast.stmt) -> int:
    return min([stmt.lineno, *(d.lineno for d in getattr(stmt, "decorator_list", ()))])


def _imports(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The imports of the module's own scope."""
    rest: list[ast.AST] = list(body)
    while rest:
        node = rest.pop()
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.stmt) and not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            rest += ast.iter_child_nodes(node)


def _is_part_of(part: types.CodeType, whole: types.CodeType) -> bool:
    """Whether `whole` has all names and constants of `part`, and maybe more."""
    if part.co_varnames[: part.co_argcount] != whole.co_varnames[: whole.co_argcount]:
        return False
    names = {*whole.co_names, *whole.co_varnames, *whole.co_freevars, *whole.co_cellvars}
    if not names >= {*part.co_names, *part.co_varnames, *part.co_freevars, *part.co_cellvars}:
        return False
    inside = [c for c in whole.co_consts if isinstance(c, types.CodeType)]
    constants = {(type(c), repr(c)) for c in whole.co_consts}
    return all(
        any(c.co_name == other.co_name and _is_part_of(c, other) for other in inside)
        if isinstance(c, types.CodeType)
        else c is None or (type(c), repr(c)) in constants
        for c in part.co_consts
    )


def digest(code: types.CodeType) -> str:
    """A short text that is the same for the same code, wherever it comes from, in any process."""
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_flags)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    told = repr((code.co_code, names, counts, [_constant(c) for c in code.co_consts]))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _constant(value: Any) -> str:
    if isinstance(value, types.CodeType):
        return digest(value)
    if isinstance(value, frozenset):  # whose order differs between processes
        return f"frozenset {sorted(map(_constant, value))}"
    return f"{type(value).__name__} {value!r}"


def fingerprint(code: types.CodeType, places: bool) -> tuple[Any, ...]:
    inside = [
        fingerprint(c, places)
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
