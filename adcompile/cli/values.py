"""Values on the command line: `x1=2,W=[[1,2],[3,4]],b=@file.npy`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from adcompile.cli.errors import BadInput

CLOSING = {")": "(", "]": "[", "}": "{"}
SPECIAL = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


def point(options: Sequence[str]) -> dict[str, Any]:
    """The arguments that the --at options give, by name."""
    found: dict[str, Any] = {}
    for option in options:
        for item in split(option):
            name, equals, text = item.partition("=")
            name = name.strip()
            if not equals or not name.isidentifier():
                raise BadInput(f"--at {item!r}: write name=value")
            if name in found:
                raise BadInput(f"--at gives {name!r} twice")
            found[name] = value(text.strip(), f"--at {item}")
    return found


def split(text: str) -> Iterator[str]:
    """The parts of a text between commas outside of brackets and quotes."""
    depth, quote, start = 0, "", 0
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in CLOSING:
            depth -= 1
        elif c == "," and depth == 0:
            yield text[start:i]
            start = i + 1
    if text[start:].strip():
        yield text[start:]


def value(text: str, what: str) -> Any:
    """A Python literal, or the array of a file."""
    if text.startswith("@"):
        return array_file(text[1:], what)
    if text in SPECIAL:
        return SPECIAL[text]
    try:
        made = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise BadInput(f"{what}: {text!r} is neither a Python literal nor @file.npy") from None
    return arrays(made)


def array_file(path: str, what: str) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise BadInput(f"{what}: there is no file {path}") from None
    except Exception as exc:
        first = (str(exc).splitlines() or [""])[0]
        raise BadInput(f"{what}: {path} cannot be loaded: {first}") from None


def arrays(made: Any) -> Any:
    """Rectangular lists of numbers become arrays of float64."""
    if isinstance(made, list):
        array = rectangular(made)
        return [arrays(v) for v in made] if array is None else array
    if isinstance(made, tuple):
        return tuple(arrays(v) for v in made)
    if isinstance(made, dict):
        return {k: arrays(v) for k, v in made.items()}
    return made


def rectangular(made: list[Any]) -> Any:
    """The array of a rectangular list of numbers, else None."""
    if not made or not _numeric(made):
        return None
    try:
        return np.array(made, dtype=float)
    except (ValueError, TypeError):
        return None


def _numeric(made: Any) -> bool:
    if isinstance(made, list):
        return all(map(_numeric, made))
    return isinstance(made, (int, float)) and not isinstance(made, bool)
