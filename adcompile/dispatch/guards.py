"""Whether a program is the one for a call: guards, what it reads from outside, shared memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adcompile.analysis.facts import Guard
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call
from adcompile.errors import AmbiguousAlias
from adcompile.frontend.arguments import describe, flatten, layout_of
from adcompile.ir import dims


def holds(program: Program, leaves: list[Any], call: Call) -> bool:
    """Whether a program's guards hold for a call of its signature."""
    arguments = len(leaves)
    given = dict(call.items())
    try:
        for place, value in program.identities:
            now = place.read(given)
            if now is not value and not (isinstance(value, (str, bool)) and now == value):
                return False
        for capture in program.captures:
            if not capture.handle:
                now = capture.place.read(given)
                if describe(now) != describe(capture.value):
                    return False
                leaves = [*leaves, *flatten(now)]
        objects = [id(place.read(given)) for place, _ in program.shared]
    except (KeyError, ValueError, AttributeError, IndexError, TypeError):
        return False
    numbers: dict[int, int] = {}
    if [numbers.setdefault(o, len(numbers)) for o in objects] != [n for _, n in program.shared]:
        return False
    for leaf, layout in program.layouts.items():
        if layout_of(leaves[leaf]) != layout:
            return False
    if program.guards:
        values = {s: _read(leaves, home) for s, home in program.symbols.items()}
        if not all(_guard_holds(g, values) for g in program.guards):
            return False
    if program.written:
        check_overlap(program, leaves, arguments)
    return True


def captured_leaves(program: Program, call: Call) -> list[Any]:
    given = dict(call.items())
    return [leaf for c in program.captures if not c.handle for leaf in flatten(c.place.read(given))]


def check_overlap(program: Program, leaves: list[Any], arguments: int) -> None:
    """A written argument that shares memory with another one, or with a global, is refused.

    Identical arguments are fine: they were compiled as one object.
    """
    for w in program.written:
        for i, other in enumerate(leaves):
            if i == w or not isinstance(other, np.ndarray):
                continue
            if other is leaves[w] and i < arguments:
                continue
            if np.may_share_memory(leaves[w], other) and np.shares_memory(leaves[w], other):
                what = "arguments" if i < arguments else "an argument and a global"
                raise AmbiguousAlias(
                    f"two {what} share memory, and the function writes one of them"
                    if i < arguments
                    else f"{what} share memory, and the function writes one of them",
                    advice="Pass a copy of one of them.",
                )


def _read(leaves: list[Any], home: tuple[int, int | None]) -> int:
    leaf, axis = home
    return int(leaves[leaf]) if axis is None else leaves[leaf].shape[axis]


def _guard_holds(guard: Guard, values: Mapping[Any, int]) -> bool:
    value = dims.evaluate(guard.dim, values)
    return (value > 0 if guard.positive else value == guard.value) == guard.holds
