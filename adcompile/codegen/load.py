"""Text to function: registered with linecache, so tracebacks and debuggers show it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

_numbers = count(1)


def load_text(text: str, name: str, constants: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `name` of a module's text; `constants` are the user's objects it names."""
    filename = f"<adcompile {name} {next(_numbers)}>"
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (len(text), None, lines, filename)
    namespace: dict[str, Any] = {"__name__": "adcompile.generated", **constants}
    exec(compile(text, filename, "exec"), namespace)
    return namespace[name]
