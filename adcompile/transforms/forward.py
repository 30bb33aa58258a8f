"""Forward mode: the linearised program itself, tangents interleaved with primals or after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.frontend.values import Zero
from adcompile.ir.nodes import Atom, Block, Function, Lit, Var
from adcompile.ir.primitives import Registry
from adcompile.transforms.inline import Builder
from adcompile.transforms.linearize import linearize
from adcompile.transforms.split import split


@dataclass(frozen=True)
class Forward:
    """`function` takes the primals, then the tangents of `wrt`; returns the primal results,
    then the tangents of the results numbered `of`."""

    function: Function
    of: tuple[int, ...]


def forward(
    fn: Function,
    wrt: Sequence[int],
    registry: Registry,
    facts: Facts,
    homes: Homes,
    of: Sequence[int],
    np_floats: bool = False,
    apart: bool = False,
    stacked: bool = False,
) -> Forward:
    """The forward-mode derivative of the results numbered `of`.

    apart: primal statements first, then the linear ones, which read what loops had at each
    iteration; otherwise each tangent follows its primal. stacked: the tangents will be stacks of
    many, so that no operation may give a primal with a tangent.
    """
    halves = apart or stacked
    lin = linearize(fn, wrt, registry, facts, homes, np_floats, in_halves=halves)
    body = lin.function.body
    count = len(fn.body.results)
    dots: dict[int, Atom] = dict(zip(lin.active_results, body.results[count:], strict=True))
    builder = Builder(registry, facts, homes, np_floats)
    stmts = list(body.stmts)
    if apart:
        primal, tangent = split(body.stmts, lin.linear, registry)
        stmts = [*primal, *tangent]
    tangents: list[Atom] = []
    with builder.into(stmts):
        for k in of:
            dot: Any = dots.get(k)
            result = body.results[k]
            if dot is None:
                zero = builder.zeros(result) if isinstance(result, Var) else Lit(0.0)
                dot = Lit(0.0) if isinstance(zero, Zero) else builder.atom(zero)
            tangents.append(dot)
    results = (*body.results[:count], *tangents)
    function = replace(lin.function, body=Block(tuple(stmts), results))
    return Forward(function, tuple(of))
