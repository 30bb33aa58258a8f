"""A compiled program: its function, its text, and what must hold for a call of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adcompile.analysis.facts import Guard
from adcompile.compiling.signature import roots_of
from adcompile.compiling.structured import Structured
from adcompile.frontend.lower import Capture, Lowered
from adcompile.frontend.places import Place
from adcompile.ir.avals import Scalar
from adcompile.ir.nodes import Function, Let, Stmt, Var
from adcompile.ir.snapshots import INTERNAL
from adcompile.ir.walk import all_stmts, inner_vars, outs


@dataclass
class Program:
    """A compiled derivative for one signature."""

    run: Callable[..., Any]
    text: str
    guards: list[Guard]
    identities: list[tuple[Place, Any]]
    captures: list[Capture]
    roots: list[tuple[str, Place]]
    shared: list[tuple[Place, int]]
    changes: bool
    layouts: dict[int, str]
    written: set[int]
    symbols: dict[Any, tuple[int, int | None]]
    floats: bool
    has_effects: bool
    names: tuple[str, ...]
    constants: dict[str, Any]


def packed(
    made: Structured,
    run: Callable[..., Any],
    text: str,
    function: Function,
    names: tuple[str, ...],
    constants: dict[str, Any],
) -> Program:
    """A program with what its calls must check: from the lowering and the written function.

    names: the functions that the text defines. constants: the user's objects that it names.
    """
    lowered = made.lowered
    floats = any(
        isinstance(v.aval, Scalar) and v.aval.weak and v.aval.dtype.kind == "f"
        for v in _all_vars(function)
    )
    effects = any(map(_once, all_stmts(function.body)))
    return Program(
        run,
        text,
        list(lowered.facts.guards.values()),
        lowered.identities,
        lowered.captures,
        list(roots_of(made).values()),
        lowered.shared,
        lowered.changes,
        lowered.layouts,
        lowered.written,
        _symbol_homes(lowered),
        floats,
        effects,
        names,
        constants,
    )


def _once(stmt: Stmt) -> bool:
    """Whether a statement does what must not happen twice: prints, writes what is outside,
    enters a user's context."""
    harmless = ("assert", "raise", "raise_from", "leave")
    if (
        not isinstance(stmt, Let)
        or stmt.op.effect not in ("effect", "draw")
        or stmt.op.name in harmless
        or stmt.op in INTERNAL
    ):
        return False
    module = getattr(stmt.args[0].value, "__module__", "") if stmt.op.name == "with" else ""  # type: ignore[union-attr]
    return module not in ("numpy", "warnings")


def _all_vars(function: Function) -> list[Var]:
    found = list(function.params)
    for s in all_stmts(function.body):
        found += [*outs(s), *inner_vars(s)]
    return found


def _symbol_homes(lowered: Lowered) -> dict[Any, tuple[int, int | None]]:
    """Where each entry symbol is found: (leaf, axis), axis None for an int."""
    homes: dict[Any, tuple[int, int | None]] = {}
    for symbol in lowered.facts.values:
        assert isinstance(symbol.key, tuple)
        kind, leaf, *axis = symbol.key
        homes[symbol] = (leaf, axis[0] if kind == "axis" else None)
    return homes
