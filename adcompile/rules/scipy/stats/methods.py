"""Calls of methods of distributions: SciPy's ways of passing parameters, brought into one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scipy import stats
from scipy.stats._distn_infrastructure import rv_frozen, rv_generic

from adcompile.frontend.calls import dispatch, inlining, primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive
from adcompile.rules.dsl import REGISTRY
from adcompile.rules.scipy.rows import add_row

LETTERS = "ab"


def shapes_of(dist: Any) -> list[str]:
    """The names of a distribution's shape parameters."""
    return [s.strip() for s in dist.shapes.split(",")] if dist.shapes else []


def add_method(
    dist: Any, name: str, method: str, first: str, tail: Sequence[tuple[str, Any]], covered: str
) -> Primitive:
    """A row for `stats.<name>.<method>`: its operands are the first one, a, b for the shape
    parameters, and those of `tail`, always all of them.

    tail: names and defaults. covered: the operands that have a derivative.
    """
    fn = getattr(dist, method)
    given = [first, *shapes_of(dist), *(n for n, _ in tail)]
    ours = [first, *LETTERS[: len(shapes_of(dist))], *(n for n, _ in tail)]
    params = ", ".join(n if n in covered.split() else f"{n}~" for n in ours)
    prim = add_row(f"scipy.stats.{name}.{method}", fn, params, "elementwise")
    defaults = {n: Lit(v) for n, v in tail}

    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        bound = dict(defaults) | dict(zip(given, args, strict=False))
        for key, value in kwargs.items():
            if key not in given:
                raise cx.refuse(f"{prim.spelling} has no parameter {key!r}")
            bound[key] = value
        missing = [n for n in given if n not in bound]
        if missing or len(args) > len(given):
            raise cx.refuse(f"{prim.spelling} takes {', '.join(given)}")
        return primitives.emit_bound(cx, prim, [bound[n] for n in given], {})

    SPECIAL[fn] = lower
    return prim


def _frozen(method: str) -> None:
    """`dist.pdf(x)` of a distribution made outside with its parameters."""

    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        (frozen, *rest) = args
        if not isinstance(frozen, Lit):
            raise cx.refuse("this distribution is not known when the function is compiled")
        held = frozen.value
        dist = getattr(stats, held.dist.name, None)  # of which it holds a copy
        if type(dist) is not type(held.dist):
            dist = held.dist
        named = {k: inlining.constant(cx, v) for k, v in held.kwds.items()}
        fixed = [inlining.constant(cx, v) for v in held.args]
        return dispatch.call_static(cx, getattr(dist, method), [*rest, *fixed], named | kwargs)

    for owner in rv_frozen.__subclasses__():
        if hasattr(owner, method):
            SPECIAL[getattr(owner, method)] = lower


for _method in "pdf logpdf cdf logcdf sf logsf ppf isf pmf logpmf".split():
    _frozen(_method)

for _owner in (stats.rv_continuous, stats.rv_discrete, *rv_frozen.__subclasses__()):
    REGISTRY.refused[_owner.rvs] = (
        "Draw with the methods of np.random.default_rng(), or outside of the function."
    )

REGISTRY.objects[rv_generic] = rv_generic.__call__
REGISTRY.refused[rv_generic.__call__] = (
    "Call the method with all parameters: scipy.stats.norm.pdf(x, loc, scale)."
)
