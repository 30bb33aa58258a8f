"""adcompile check: the gradient against central finite differences."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from adcompile.api import grad
from adcompile.cli.errors import BadInput
from adcompile.errors import BadArgnums
from adcompile.frontend.binding import bind, float_arguments
from adcompile.render.numbers import number_text
from adcompile.render.table import Table
from adcompile.render.text import text_table
from adcompile.rules.load import registry

TOLERANCE = 1e-6
DIGITS = 9


def check(
    fn: types.FunctionType, given: Mapping[str, Any], wrt: str | tuple[str, ...] | None
) -> int:
    """Print a row for each input entry; 1 if one does not agree."""
    args, kwargs, names = bind(fn, (), given)
    passed = dict(zip(names, [*args, *kwargs.values()], strict=True))
    as_float = float_arguments(registry(), fn, args, kwargs)
    point = {n: float(v) if n in as_float else v for n, v in passed.items()}
    chosen = (wrt,) if isinstance(wrt, str) else wrt
    if chosen is None:
        chosen = tuple(n for n, v in point.items() if any(True for _ in entries(v, n)))
    for name in chosen:
        if name not in point:
            raise BadArgnums(f"this call of {fn.__name__} does not pass {name!r}")
    gradient = dict(zip(chosen, grad(fn, argnums=chosen)(**point), strict=True))
    rows = [row for name in chosen for row in compared(fn, point, name, gradient[name])]
    if not rows:
        raise BadInput(f"no argument of {fn.__name__} holds floats")
    wrong = sum(1 for row in rows if row[-1] != "ok")
    note = f"{len(rows)} entries, {wrong} do not agree" if wrong else f"{len(rows)} entries agree"
    head = ("entry", "gradient", "difference quotient", "error", "")
    print(text_table(Table(f"Gradient of {fn.__name__}", head, rows, (1, 2, 3), note=note)))
    return 1 if wrong else 0


def compared(
    fn: types.FunctionType, point: Mapping[str, Any], name: str, gradient: Any
) -> Iterator[tuple[str, ...]]:
    """The rows of one argument."""
    slopes = {label: number for label, number, _ in entries(gradient, name)}
    for label, number, moved in entries(point[name], name):

        def at(x: float, moved: Callable[[float], Any] = moved) -> float:
            return float(np.asarray(fn(**{**point, name: moved(x)})))

        expected, rounding = central(at, float(number), number)
        slope = float(slopes[label])
        error = abs(slope - expected)
        allowed = TOLERANCE * max(1.0, abs(slope), abs(expected)) + rounding
        ok = error <= allowed or (np.isnan(slope) and np.isnan(expected)) or slope == expected
        cells = [number_text(v, DIGITS) for v in (slope, expected)]
        yield (label, *cells, number_text(error, 2), "ok" if ok else "MISMATCH")


def central(at: Callable[[float], float], x: float, like: Any) -> tuple[float, float]:
    """A central difference quotient of fourth order, and a bound on its rounding error."""
    single = getattr(like, "dtype", None) == np.float32
    eps = float(np.finfo(np.float32 if single else np.float64).eps)
    h = eps ** (1 / 5) * max(1.0, abs(x))
    with np.errstate(all="ignore"):
        near = at(x + h) - at(x - h)
        far = at(x + 2 * h) - at(x - 2 * h)
        size = abs(at(x))
    return (8 * near - far) / (12 * h), 10 * eps * max(1.0, size) / h


def entries(value: Any, label: str) -> Iterator[tuple[str, Any, Callable[[float], Any]]]:
    """Each float of a value: its place, the number, and the value with another one there."""
    if isinstance(value, (float, np.floating)):
        yield label, value, type(value)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
        for place in np.ndindex(value.shape):
            text = f"{label}[{', '.join(map(str, place))}]" if place else label
            yield text, value[place], partial(_with_entry, value, place)
    elif isinstance(value, (tuple, list)):
        for i, part in enumerate(value):
            for text, number, moved in entries(part, f"{label}[{i}]"):
                yield text, number, partial(_with_part, value, i, moved)
    elif isinstance(value, dict):
        for key, part in value.items():
            for text, number, moved in entries(part, f"{label}[{key!r}]"):
                yield text, number, partial(_with_key, value, key, moved)


def _with_entry(array: Any, place: tuple[int, ...], x: float) -> Any:
    out = array.copy()
    out[place] = x
    return out


def _with_part(value: Any, i: int, moved: Callable[[float], Any], x: float) -> Any:
    return type(value)([moved(x) if k == i else v for k, v in enumerate(value)])


def _with_key(value: Any, key: Any, moved: Callable[[float], Any], x: float) -> Any:
    return {**value, key: moved(x)}
