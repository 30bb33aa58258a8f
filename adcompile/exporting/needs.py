"""What a module needs before its functions: imports, constants, helpers, the user's functions."""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import math
import re
import sys
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcompile.codegen.source import to_source
from adcompile.codegen.spelling import Speller, name
from adcompile.errors import ADCompileError
from adcompile.runtime import helpers, snapshots

HELPERS = (helpers, snapshots)
MODULES = {"np": np, "math": math, "itertools": itertools}


@dataclass
class Needs:
    """The names that functions of a module use, defined before them.

    classes: those of the arguments, which a function finds by itself.
    """

    classes: Mapping[type, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)

    def names_of(self, node: ast.AST, scope: Mapping[str, Any]) -> dict[str, str]:
        """Bring the free names of a function. Those that are classes of its arguments: how it
        finds them."""
        bound = {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        bound |= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        bound |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
        used = [
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        ]
        found = {}
        for text in dict.fromkeys(used):
            if text in bound or (text not in scope and hasattr(builtins, text)):
                continue
            value = scope.get(text)
            if isinstance(value, type) and value in self.classes:
                found[text] = self.classes[value]
            else:
                self.bring(text, scope)
        return found

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
            root = value.__name__.split(".")[0]
            if root not in ("numpy", "scipy") and root not in sys.stdlib_module_names:
                raise ADCompileError(f"a module that runs alone cannot import {value.__name__}")
            if value.__name__ != "scipy":  # its modules are imported one by one
                self.modules[text] = value.__name__
        elif isinstance(value, (types.FunctionType, type)) and _of_library(value):
            renamed = "" if text == value.__name__ else f" as {text}"
            self.imported[text] = f"from {value.__module__} import {value.__name__}{renamed}"
        elif isinstance(value, types.FunctionType) or _is_helper(value):
            self.definition(text, value)
        elif isinstance(value, type):
            raise ADCompileError(
                f"the class {value.__qualname__} cannot be written into a module that runs alone",
                advice="Pass an object of this class, or return a tuple or dict.",
            )
        else:
            self.parts.append(f"{text} = {self.literal(value)}")

    def definition(self, text: str, value: types.FunctionType | type) -> None:
        """The source of a function, or of a class of helpers, after what it needs."""
        try:
            source = textwrap.dedent(inspect.getsource(value))
        except (OSError, TypeError):
            raise ADCompileError(f"the source of {value.__name__} is not available") from None
        node = ast.parse(source).body[0]
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name != text:
            raise ADCompileError(f"{text!r} is no plain function that could be written out")
        if not hasattr(value, "__wrapped__"):
            node.decorator_list = []  # they have left the function as it is
        _Bare().visit(node)
        if isinstance(value, type):
            scope = dict(vars(sys.modules[value.__module__]))
        else:
            plain = inspect.unwrap(value)
            scope = {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals}
        if self.names_of(node, scope):
            raise ADCompileError(f"{text} names a class, so it cannot be written out")
        self.parts.append(to_source(node).rstrip())

    def imports(self) -> list[str]:
        """Python's own modules, then others, as a checker of style wants them."""
        plain = [f"import {m}" if m == a else f"import {m} as {a}" for a, m in self.modules.items()]
        return [*plain, *self.imported.values()]

    def constant(self, text: str, value: Any) -> str:
        """What stands for a value that is read from outside, under the name `text`."""
        literal = self.literal(value)
        if isinstance(value, (bool, int, float, str, type(None))):
            return literal
        written, number = f"_{text}", 2
        while self.constants.get(written, literal) != literal:
            written, number = f"_{text}_{number}", number + 1
        if written not in self.constants:
            self.constants[written] = literal
            self.parts.append(f"{written} = {literal}")
        return written

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
        if isinstance(value, np.ndarray) and not value.size:
            return ast.parse(f"np.zeros({value.shape}, np.{value.dtype.name})", mode="eval").body
        if isinstance(value, np.ndarray) and value.dtype != float:
            made = Speller(_no_variable, _no_text).literal(value)
            assert isinstance(made, ast.Call)
            made.keywords.append(ast.keyword("dtype", name(f"np.{value.dtype.name}")))
            return made
        return Speller(_no_variable, _no_text).literal(value)


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
        value = node.value
        made: ast.stmt = ast.Pass() if value is None else ast.Assign([node.target], value)
        return ast.copy_location(made, node)


def _is_helper(value: Any) -> bool:
    """Whether a class is one of the helpers of generated code."""
    return isinstance(value, type) and value.__module__ == snapshots.__name__


def _of_library(value: Any) -> bool:
    """Whether a function or class is of Python's own library, where its name leads to it."""
    module = sys.modules.get(value.__module__)
    return (
        value.__module__.split(".")[0] in sys.stdlib_module_names
        and value.__module__ not in ("__main__", "builtins")
        and getattr(module, value.__name__, None) is value
    )


def _no_variable(var: Any) -> ast.expr:
    raise AssertionError(f"{var!r} in a constant")


def _no_text(value: Any) -> ast.expr:
    raise ADCompileError(f"{value!r} cannot be written into a module that runs alone")
