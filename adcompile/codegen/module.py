"""The text of a generated module: imports, helpers, functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from adcompile.codegen.source import to_source


def library_modules(text: str) -> list[str]:
    """The modules of SciPy that a text names in full: `scipy.special.erf(x)`."""
    return sorted(set(re.findall(r"\bscipy\.[a-z_]+(?=\.)", text)))


def module_text(trees: Sequence[ast.stmt]) -> str:
    """A module: imports, helpers, functions."""
    body = "\n\n".join(to_source(t).rstrip() + "\n" for t in trees)
    imports = []
    if "math." in body:
        imports.append("import math\n")
    arrays = ["numpy as np"] if "np." in body else []
    arrays += library_modules(body)
    if arrays:
        imports.append("".join(f"import {module}\n" for module in arrays))
    names = ("rebuilt", "replaced", "unbroadcast", "winners", "with_room")
    helpers = [h for h in names if f"{h}(" in body]
    if helpers:
        imports.append(f"from adcompile.runtime.helpers import {', '.join(helpers)}\n")
    head = "\n".join(imports)
    return f"{head}\n\n{body}" if head else body
