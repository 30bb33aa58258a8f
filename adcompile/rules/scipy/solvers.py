"""What the rules of SciPy's solvers share: the functions that solvers call, as programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import aval_of
from adcompile.analysis.programs import Program
from adcompile.frontend import emit, static
from adcompile.frontend.context import Context
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir.avals import Aval, Opaque
from adcompile.ir.nodes import Lit, Var
from adcompile.ir.primitives import Primitive
from adcompile.rules.dsl import REGISTRY

FLOATS = np.dtype(float)


def as_number(x: Any, function: Any, *args: Any) -> Any:
    """The value of a function of a number."""
    return function(x, *args)


def as_vector(x: Any, function: Any, *args: Any) -> Any:
    """The values of a function as a vector."""
    return np.ravel(np.asarray(function(x, *args)))


def label_of(fn: PyVal) -> str:
    """What the user calls a function."""
    node = getattr(fn, "node", None)
    value = getattr(fn, "value", None)
    name = str(getattr(node, "name", None) or getattr(value, "__name__", None) or "function")
    return name if name.isidentifier() else "function"


def extra_args(cx: Context, value: PyVal | None) -> list[PyVal]:
    """SciPy's `args`: a tuple or list, or one value."""
    if value is None:
        return []
    if isinstance(value, (TupleVal, ContainerRef)):
        return list(static.items(cx, value) or ())
    return [value]


def program_of(
    cx: Context, wrapper: Callable[..., Any], kind: Aval, fn: PyVal, extra: PyVal | None
) -> tuple[Lit, TupleVal]:
    """The program of a function of one unknown, and the operands for what it depends on."""
    return program_on(cx, wrapper, [kind], [fn, *extra_args(cx, extra)], label_of(fn))


def program_on(
    cx: Context,
    wrapper: Callable[..., Any],
    kinds: Sequence[Aval],
    fixed: Sequence[PyVal],
    label: str,
    prune: bool = True,
) -> tuple[Lit, TupleVal]:
    """The program of a function of these rules, and the operands for what it is given."""
    made, rest = cx.hooks["program"](cx, wrapper, kinds, fixed, label, prune)
    return Lit(made), TupleVal(tuple(rest))


def joined(pairs: Sequence[tuple[Lit, TupleVal]]) -> tuple[list[Lit], TupleVal]:
    """Programs that a solver calls with the same arguments: each takes those of all."""
    if len(pairs) == 1:
        return [pairs[0][0]], pairs[0][1]
    programs: list[Program] = [p.value for p, _ in pairs]
    every: list[PyVal] = []
    for _, rest in pairs:
        every += [v for v in rest.items if not any(v is w for w in every)]
    made = []
    for p, (_, rest) in zip(programs, pairs, strict=True):
        theirs = list(zip(rest.items, p.function.params[p.own :], strict=True))
        params = list(p.function.params[: p.own])
        for v in every:
            mine = next((q for w, q in theirs if w is v), None)
            params.append(mine or Var(aval_of(v), "unused"))  # type: ignore[arg-type]
        wide = replace(p.function, params=tuple(params))
        made.append(Lit(replace(p, function=wide, derived={})))
    return made, TupleVal(tuple(every))


SHAPES["scipy.options"] = lambda *_: Opaque("dict")
_dict = REGISTRY.add(Primitive("scipy.options", dict, (), "@dict", "scipy.options", cost=1,
                               differentiable=False, variadic=True))  # fmt: skip


def dictionary(cx: Context, value: PyVal) -> PyVal:
    """A dict of options as an operand; other values as they are."""
    if not isinstance(value, ContainerRef) or not issubclass(value.obj.kind, dict):
        return value
    held = cx.state.store[value.obj]
    return emit.primitive(cx, _dict, [Lit(tuple(held)), *held.values()])
