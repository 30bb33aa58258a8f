"""The text of a generated module: imports, helpers, functions."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcompile.codegen.source import to_source


def module_text(trees: Sequence[ast.stmt]) -> str:
    """A module: imports, helpers, functions."""
    body = "\n\n".join(to_source(t).rstrip() + "\n" for t in trees)
    imports = []
    if "math." in body:
        imports.append("import math\n")
    if "np." in body:
        imports.append("import numpy as np\n")
    names = ("rebuilt", "replaced", "unbroadcast", "winners", "with_room")
    helpers = [h for h in names if f"{h}(" in body]
    if helpers:
        imports.append(f"from adcompile.runtime.helpers import {', '.join(helpers)}\n")
    head = "\n".join(imports)
    return f"{head}\n\n{body}" if head else body
