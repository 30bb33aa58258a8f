"""A call's arguments by name, and which of its ints may be floats."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import Any

from adcompile.errors import ADCompileError
from adcompile.frontend.lower import lower, positional_names
from adcompile.frontend.source import function_source
from adcompile.ir.primitives import Registry


def bind(
    fn: types.FunctionType, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[str]]:
    """Positional arguments, keyword arguments, and the names of both in order.

    Raises TypeError as the call itself would.
    """
    try:
        bound = inspect.signature(fn).bind(*args, **kwargs)
    except TypeError as exc:
        raise TypeError(f"{fn.__name__}() {exc}") from None
    names = [*positional_names(function_source(fn), len(bound.args)), *bound.kwargs]
    return bound.args, bound.kwargs, names


def float_arguments(
    registry: Registry, fn: types.FunctionType, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> set[str]:
    """The arguments given as Python ints that may be floats as well: no counts, no indices."""
    args, kwargs, names = bind(fn, args, kwargs)
    ints = [n for n, v in zip(names, [*args, *kwargs.values()], strict=True) if type(v) is int]
    attempts = [set(ints), *(set(ints) - {n} for n in ints)] if ints else []
    for attempt in attempts:
        try:
            lower(registry, fn, args, kwargs, attempt, {})
        except ADCompileError:
            continue
        return attempt
    return set()
