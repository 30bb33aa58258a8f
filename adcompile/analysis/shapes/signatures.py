"""Shapes given as a signature, "(m,n),(n)->(m)".

Core axes have names; what stands before them is a stack that broadcasts.
"""

from __future__ import annotations

import re
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import example, of_example
from adcompile.analysis.operands import InferenceError, aval_of, static_options, static_value
from adcompile.ir import avals
from adcompile.ir.avals import Aval, Parts
from adcompile.ir.dims import Dim
from adcompile.ir.primitives import Primitive


def by_signature(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """The shape that a signature such as "(m,n),(n)->(m)" gives."""
    given, results = (
        [tuple(filter(None, part.split(","))) for part in re.findall(r"\(([^)]*)\)", side)]
        for side in prim.shape.split("->")
    )
    core: dict[str, Dim] = {}
    stacks = []
    operands = [aval_of(a) for a in args[: len(given)]]
    for names, operand in zip(given, operands, strict=True):
        shape = avals.shape_of(operand)
        if len(shape) < len(names):
            raise InferenceError(f"needs an array of rank {len(names)} or more")
        split = len(shape) - len(names)
        stacks.append(shape[:split])
        for axis, length in zip(names, shape[split:], strict=True):
            _agree(core, axis, length, facts)
    stack = facts.broadcast(stacks)
    static = [static_value(a) for a in args[len(given) :]]
    options = static_options(kwargs)
    value = example(prim.fn, operands, *static, **options)
    shapes = [(*stack, *(core[axis] for axis in names)) for names in results]
    if len(results) == 1:
        return of_example(value, shapes[0])
    items = tuple(of_example(v, s) for v, s in zip(value, shapes, strict=True))
    return Parts("tuple", items, type(value))


def _agree(core: dict[str, Dim], axis: str, length: Dim, facts: Facts) -> None:
    have = core.setdefault(axis, length)
    if have != length and isinstance(length, int):
        core[axis] = length
    if isinstance(have, int) and isinstance(length, int) and have != length:
        raise InferenceError(f"needs two equal lengths here, not {have} and {length}")
