"""Reverse mode: linearise, split, transpose the linear part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.analysis.repeats import distinct_values
from adcompile.frontend.values import Zero
from adcompile.ir.absent import absent_values, bind_to_none, unbound_if_failed
from adcompile.ir.avals import FLOAT
from adcompile.ir.nodes import Atom, Block, Function, Let, Lit, Try, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import all_stmts, paths
from adcompile.transforms.inline import Builder
from adcompile.transforms.linearize import linearize
from adcompile.transforms.split import split
from adcompile.transforms.transpose import Transposer, bar_name


@dataclass(frozen=True)
class Reversed:
    """`function` returns the primal results, then the adjoints of the parameters `wrt`.

    With `seeds` it takes, after the primals, one adjoint for each result in `seeded`.
    """

    function: Function
    seeded: tuple[int, ...]


def reverse(
    fn: Function,
    wrt: Sequence[int],
    registry: Registry,
    facts: Facts,
    homes: Homes,
    seeds: Sequence[int] | None = None,
    np_floats: bool = False,
    literal_seed: bool = True,
) -> Reversed:
    """The reverse-mode derivative.

    `seeds` None: the first result is a scalar with adjoint 1. Otherwise the results whose
    adjoints are parameters.
    """
    lin = linearize(fn, wrt, registry, facts, homes, np_floats, for_reverse=True)
    body = lin.function.body
    primal, tangent = split(body.stmts, lin.linear, registry)
    builder = Builder(registry, facts, homes, np_floats)
    builder.learn_lengths(lin.function, lin.linear)
    tried = {
        s.done: unbound_if_failed(s) for s in all_stmts(lin.function.body) if isinstance(s, Try)
    }
    absent, distinct = absent_values(lin.function), distinct_values(lin.function)
    transposer = Transposer(
        builder, lin.linear, paths(lin.function), lin.primal_of, tried, absent, distinct
    )
    count = len(fn.body.results)
    dots: dict[int, Atom] = dict(zip(lin.active_results, body.results[count:], strict=True))
    params: list[Var] = []
    with builder.into(primal):
        wanted = [0] if seeds is None else list(seeds)
        for k in wanted:
            result = fn.body.results[k]
            if seeds is None:
                seed: Atom = Lit(1.0)
                if not literal_seed and isinstance(result, Var):
                    out = Var(FLOAT, bar_name(result.hint))
                    builder.stmts.append(Let(out, registry.by_name["constant"], (seed,)))
                    seed = out
            else:
                assert isinstance(result, Var)
                seed = Var(result.aval, bar_name(result.hint) or "y_bar")
                params.append(seed)
            if k in dots:
                transposer.contribute(dots[k], seed)
        transposer.block(tangent)
        adjoints: list[Atom] = []
        for i, dot in zip(wrt, lin.inputs, strict=True):
            bar = transposer.take(dot)
            if isinstance(bar, Zero):
                bar = builder.zeros(fn.params[i])
            atom = builder.atom(bar)
            if isinstance(atom, Var) and not atom.hint:
                atom.hint = bar_name(fn.params[i].hint)
            adjoints.append(atom)
    results = (*fn.body.results, *adjoints)
    function = Function(fn.name, (*fn.params, *params), Block(tuple(primal), results), fn.doc)
    if transposer.to_bind:
        function = bind_to_none(function, transposer.to_bind)
    return Reversed(function, tuple(wanted))
