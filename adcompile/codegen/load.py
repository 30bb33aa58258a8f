"""Text to function: registered with linecache, so tracebacks and debuggers show it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

_numbers = count(1)


def load_text(text: str, name: str, constants: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `name` of a module's text; `constants` are the user's objects it names."""
    return load_all(text, (name,), constants)[0]


def load_all(
    text: str, names: Sequence[str], constants: Mapping[str, Any]
) -> tuple[Callable[..., Any], ...]:
    """The functions `names` of a module's text."""
    name = names[0]
    filename = f"<adcompile {name} {next(_numbers)}>"
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (len(text), None, lines, filename)
    namespace: dict[str, Any] = {"__name__": "adcompile.generated", **constants}
    exec(compile(text, filename, "exec"), namespace)
    return tuple(namespace[n] for n in names)
