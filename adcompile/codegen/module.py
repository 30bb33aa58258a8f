"""The text of a generated module: imports, helpers, functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from adcompile.analysis.programs import Program
from adcompile.codegen.source import to_source


def library_modules(text: str) -> list[str]:
    """The modules of SciPy that a text names in full: `scipy.special.erf(x)`."""
    return sorted(set(re.findall(r"\bscipy\.(?:sparse\.linalg|[a-z_]+)(?=\.)", text)))


def with_programs(trees: Sequence[ast.stmt], constants: dict[str, Any]) -> list[ast.stmt]:
    """The functions of a module, those that solvers call before those that call the solvers.

    `constants`: the objects that the texts name. Those that are programs become functions; what
    these name is added.
    """
    written: list[ast.stmt] = []
    done: dict[str, Any] = dict(constants)
    while True:
        todo = [k for k, v in constants.items() if isinstance(v, Program)]
        if not todo:
            return [*written, *trees]
        program = constants.pop(todo[0])
        tree, theirs = program.definition(program, todo[0])
        new: dict[str, str] = {}
        for key, value in theirs.items():
            new[key] = _name_for(key, value, done, {*theirs, todo[0]})
            if new[key] not in done:
                done[new[key]] = constants[new[key]] = value
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in new:
                node.id = new[node.id]
        written.insert(0, tree)


def _name_for(key: str, value: Any, done: Mapping[str, Any], avoid: set[str]) -> str:
    """The name of an object in a module: the one it has, or one that no other has."""
    known = next((k for k, v in done.items() if v is value), None)
    if known is not None:
        return known
    text, number = key, 2
    while text in done or (text in avoid and text != key):
        text, number = f"{key}_{number}", number + 1
    return text


def module_text(trees: Sequence[ast.stmt]) -> str:
    """A module: imports, helpers, functions."""
    body = "\n\n".join(to_source(t).rstrip() + "\n" for t in trees)
    imports = []
    if "itertools." in body:
        imports.append("import itertools\n")
    if "math." in body:
        imports.append("import math\n")
    arrays = ["numpy as np"] if "np." in body else []
    arrays += library_modules(body)
    if arrays:
        imports.append("".join(f"import {module}\n" for module in arrays))
    names = ("copied", "rebuilt", "replaced", "unbroadcast", "winners", "with_room")
    helpers = [h for h in names if f"{h}(" in body]
    if helpers:
        imports.append(f"from adcompile.runtime.helpers import {', '.join(helpers)}\n")
    if "Snapshots(" in body:
        imports.append("from adcompile.runtime.snapshots import Snapshots\n")
    head = "\n".join(imports)
    return f"{head}\n\n{body}" if head else body
