"""Generated source as text."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.compiling.program import Program
from adcompile.compiling.request import Transform, check_argnums
from adcompile.dispatch.compiled import Compiled
from adcompile.dispatch.targets import unwrap
from adcompile.errors import BadArgnums
from adcompile.frontend.arguments import flatten
from adcompile.frontend.binding import bind

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
    """Arguments for general code: floats, ints where the annotation says so; defaults stay."""
    code = fn.__code__
    names = code.co_varnames[: code.co_argcount - len(fn.__defaults__ or ())]
    ints = {n for n in names if fn.__annotations__.get(n) in (int, "int")}
    return [2 if n in ints else 0.5 for n in names]


def _transform(
    fn: types.FunctionType, mode: str, argnums: Argnums, values: Mapping[str, Any], count: int
) -> Transform:
    chosen, single = selection(fn, argnums, values)
    if mode == "primal":
        return Transform("primal", None)
    if mode == "reverse":
        return Transform("grad", chosen, single)
    return tangents_of(chosen, list(values), count, argnums is not None)


def selection(
    fn: types.FunctionType, argnums: Argnums, values: Mapping[str, Any], bound: int = 0
) -> tuple[tuple[str, ...], bool]:
    """The names of the selected arguments of a call, and whether one is selected by itself.

    argnums None selects those that hold floats, or else the ints, but no `bound` ones.
    """
    names = list(values)
    if argnums is None:
        given = dict(list(values.items())[bound:])
        floats = [n for n, v in given.items() if _holds(v, "fc")]
        chosen = floats or [n for n, v in given.items() if type(v) is int]
        return tuple(chosen), len(chosen) == 1
    listed = (argnums,) if isinstance(argnums, (int, str)) else tuple(argnums)
    check_argnums(fn, Transform("grad", listed), bound)
    chosen = [_named(fn, a + bound if isinstance(a, int) and a >= 0 else a, names) for a in listed]
    return tuple(chosen), isinstance(argnums, (int, str))


def tangents_of(
    chosen: Sequence[str], names: Sequence[str], count: int, asked: bool = True
) -> Transform:
    """Forward mode along tangents of the chosen ones among `count` positional arguments."""
    late = [n for n in chosen if n not in names[:count]]
    if late and asked:
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
    return any(np.asarray(leaf).dtype.kind in kinds for leaf in flatten(value, True))
