"""Generated source as text, and as a module that runs without adcompile."""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import math
import re
import textwrap
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import basename
from typing import Any

import numpy as np

from adcompile.codegen.module import library_modules
from adcompile.codegen.source import to_source
from adcompile.codegen.spelling import Speller, name
from adcompile.compiling.program import Program
from adcompile.compiling.request import Transform, check_argnums
from adcompile.dispatch.compiled import Compiled
from adcompile.dispatch.targets import unwrap
from adcompile.errors import ADCompileError, BadArgnums
from adcompile.frontend.arguments import flatten
from adcompile.frontend.binding import bind
from adcompile.runtime import helpers, snapshots

HELPERS = (helpers, snapshots)
MODULES = {"np": np, "math": math, "itertools": itertools}

Argnums = int | str | Sequence[int | str] | None
MODES = ("reverse", "forward", "primal")


@dataclass(frozen=True)
class SourceText:
    """The text of a derivative: call it with arguments; `str` is general code."""

    f: Callable[..., Any]
    mode: str
    argnums: Argnums
    optimize: bool

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        return source_text(self.f, self.mode, self.argnums, self.optimize, args, kwargs)

    def __str__(self) -> str:
        return source_text(self.f, self.mode, self.argnums, self.optimize, (), {})


def source_text(
    f: Callable[..., Any],
    mode: str,
    argnums: Argnums,
    optimize: bool,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> str:
    """The generated text for a call with these arguments; without any, general code.

    mode: "reverse" (gradient), "forward" (value and tangent), or "primal". argnums: None selects
    every argument that holds floats (the ints, if none does).
    """
    return generate(f, mode, argnums, optimize, args, kwargs).text


@dataclass(frozen=True)
class Generated:
    """A generated text, the function it is from, and its program unless the code is general."""

    text: str
    fn: types.FunctionType
    program: Program | None


def generate(
    f: Callable[..., Any],
    mode: str,
    argnums: Argnums,
    optimize: bool,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Generated:
    """Compile for a call, without running it."""
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    target = unwrap(f)
    fn = target.fn
    args = (*target.bound, *args)
    kwargs = {**dict(target.keywords), **kwargs}
    general = len(args) == len(target.bound) and not kwargs and _needs_arguments(fn)
    if general:
        args, kwargs = tuple(_guesses(fn)), {}
    args, kwargs, names = bind(fn, args, kwargs)
    values = dict(zip(names, [*args, *kwargs.values()], strict=True))
    transform = _transform(fn, mode, argnums, values, len(args))
    compiled = Compiled(f, (transform,), optimize)
    if general:
        return Generated(compiled.source, fn, None)
    entry, _ = compiled.state.entry_for(args, kwargs)
    return Generated(entry.program.text, fn, entry.program)


def _needs_arguments(fn: types.FunctionType) -> bool:
    return fn.__code__.co_argcount > 0


def _guesses(fn: types.FunctionType) -> list[Any]:
    """Arguments for general code: floats, ints where the annotation says so."""
    code = fn.__code__
    names = code.co_varnames[: code.co_argcount]
    ints = {n for n in names if fn.__annotations__.get(n) in (int, "int")}
    return [2 if n in ints else 0.5 for n in names]


def _transform(
    fn: types.FunctionType, mode: str, argnums: Argnums, values: Mapping[str, Any], count: int
) -> Transform:
    names = list(values)
    if argnums is None:
        floats = [n for n, v in values.items() if _holds(v, "fc")]
        chosen = floats or [n for n, v in values.items() if type(v) is int]
        single = len(chosen) == 1
    else:
        single = isinstance(argnums, (int, str))
        listed = (argnums,) if isinstance(argnums, (int, str)) else tuple(argnums)
        check_argnums(fn, Transform("grad", listed))
        chosen = [_named(fn, a, names) for a in listed]
    if mode == "primal":
        return Transform("primal", None)
    if mode == "reverse":
        return Transform("grad", tuple(chosen), single)
    late = [n for n in chosen if n not in names[:count]]
    if late and argnums is not None:
        raise BadArgnums(f"forward mode needs {late[0]!r} as a positional argument")
    return Transform("jvp", None, perturbed=tuple(n in chosen for n in names[:count]))


def _named(fn: types.FunctionType, argnum: int | str, names: Sequence[str]) -> str:
    if isinstance(argnum, int):
        if not -len(names) <= argnum < len(names):
            raise BadArgnums(f"this call of {fn.__name__} does not pass argnums={argnum}")
        return names[argnum]
    if argnum not in names:
        raise BadArgnums(f"this call of {fn.__name__} does not pass {argnum!r}")
    return argnum


def _holds(value: Any, kinds: str) -> bool:
    return any(np.asarray(leaf).dtype.kind in kinds for leaf in flatten(value))


# -- modules that stand alone --------------------------------------------------------------------


def standalone(made: Generated) -> str:
    """A module that runs with NumPy alone, and SciPy where the text calls it.

    Helpers and the user's functions that the text calls are written into it; numbers and
    arrays captured from outside become defaults. Raises ADCompileError for an object that has
    no text.
    """
    work = _Module()
    tree = ast.parse(made.text)
    functions = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
    scope = made.program.run.__globals__ if made.program else {}
    for node in functions:
        work.names_of(node, scope)
    body = "\n\n".join(_functions_text(made.text))
    for label, root in made.program.roots if made.program else ():
        body = _with_default(body, label, work.literal(root.read()))
    place = f"{basename(made.fn.__code__.co_filename)}:{made.fn.__code__.co_firstlineno}"
    theirs = library_modules("\n".join([*work.parts, body]))
    needs = "NumPy and SciPy" if theirs else "NumPy only"
    head = [f"# Generated by adcompile from {made.fn.__name__} ({place}). Needs {needs}."]
    if made.text.startswith("#"):
        head.append(made.text.splitlines()[0])
    imports = [f"import {m}" if m == a else f"import {m} as {a}" for a, m in work.modules.items()]
    imports += [f"import {module}" for module in theirs]
    top = [p for p in ("\n".join(head), "\n".join(sorted(imports))) if p]
    parts = ["\n\n".join(top), *work.parts, body]
    return "\n\n\n".join(p.strip("\n") for p in parts) + "\n"


def _functions_text(text: str) -> list[str]:
    """The functions of a module's text, with their comments."""
    start = re.search(r"^def ", text, re.MULTILINE)
    if start is None:
        first = text.splitlines()[-1].removeprefix("# ") if text else "nothing was generated"
        raise ADCompileError(first)
    return [text[start.start() :].rstrip()]


def _with_default(text: str, parameter: str, default: str) -> str:
    """The text with a default for a parameter in its first line."""
    line, rest = text.split("\n", 1)
    changed = re.sub(rf"(?<=[(\s]){re.escape(parameter)}(?=[,)])", f"{parameter}={default}", line)
    return f"{changed}\n{rest}"


class _Bare(ast.NodeTransformer):
    """Definitions without annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


@dataclass
class _Module:
    """What a module needs before its functions: imports, constants, other functions."""

    modules: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    done: dict[str, Any] = field(default_factory=dict)

    def names_of(self, node: ast.AST, scope: Mapping[str, Any]) -> None:
        """Bring the free names of a function."""
        bound = {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        bound |= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        bound |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
        used = [
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        ]
        for text in dict.fromkeys(used):
            if text in bound or (text not in scope and hasattr(builtins, text)):
                continue
            self.bring(text, scope)

    def bring(self, text: str, scope: Mapping[str, Any]) -> None:
        """Define a name as it is in `scope`."""
        value = scope.get(text, MODULES.get(text))
        if value is None:
            value = next((getattr(m, text) for m in HELPERS if hasattr(m, text)), None)
        if text in self.done:
            if self.done[text] is not value:
                raise ADCompileError(f"two different objects are called {text!r}")
            return
        self.done[text] = value
        if isinstance(value, types.ModuleType):
            if value.__name__.split(".")[0] not in ("numpy", "math", "itertools", "scipy"):
                raise ADCompileError(f"a module that runs alone cannot import {value.__name__}")
            if value.__name__ != "scipy":  # its modules are imported one by one
                self.modules[text] = value.__name__
        elif isinstance(value, (types.FunctionType, type)):
            self.definition(text, value)
        else:
            self.parts.append(f"{text} = {self.literal(value)}")

    def definition(self, text: str, value: types.FunctionType | type) -> None:
        """The source of a function or a class, after what it needs."""
        try:
            source = textwrap.dedent(inspect.getsource(value))
        except (OSError, TypeError):
            raise ADCompileError(f"the source of {value.__name__} is not available") from None
        node = ast.parse(source).body[0]
        plain = isinstance(value, types.FunctionType) or value.__module__ == snapshots.__name__
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name != text or not plain:
            raise ADCompileError(f"{text!r} is no plain function that could be written out")
        node.decorator_list = []
        _Bare().visit(node)
        if isinstance(value, type):
            scope = vars(inspect.getmodule(value))
        else:
            scope = {**value.__globals__, **inspect.getclosurevars(value).nonlocals}
        self.names_of(node, scope)
        self.parts.append(to_source(node).rstrip())

    def literal(self, value: Any) -> str:
        """A number, array or nesting of these as an expression."""
        text = ast.unparse(ast.fix_missing_locations(self._expression(value)))
        if re.search(r"\bnp\.", text):
            self.modules["np"] = "numpy"
        return text

    def _expression(self, value: Any) -> ast.expr:
        if isinstance(value, list):
            return ast.List([self._expression(v) for v in value], ast.Load())
        if isinstance(value, tuple):
            return ast.Tuple([self._expression(v) for v in value], ast.Load())
        if isinstance(value, dict):
            return ast.Dict(
                [ast.Constant(k) for k in value], [self._expression(v) for v in value.values()]
            )
        if isinstance(value, np.ndarray) and value.dtype != float:
            made = Speller(_no_variable, _no_text).literal(value)
            assert isinstance(made, ast.Call)
            made.keywords.append(ast.keyword("dtype", name(f"np.{value.dtype.name}")))
            return made
        return Speller(_no_variable, _no_text).literal(value)


def _no_variable(var: Any) -> ast.expr:
    raise AssertionError(f"{var!r} in a constant")


def _no_text(value: Any) -> ast.expr:
    raise ADCompileError(f"{value!r} cannot be written into a module that runs alone")
