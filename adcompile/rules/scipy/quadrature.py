"""Rules of scipy.integrate: quadrature by Leibniz's rule, one integral of a vector for adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import aval_of
from adcompile.frontend import emit, static
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import FLOAT, Array, Aval
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY, rule, transpose
from adcompile.rules.programs import applied, edge, linear_in, pullback, with_tangents
from adcompile.rules.scipy.solvers import as_number, program_of, program_on

# -- quadrature --------------------------------------------------------------------------------


def _value(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    """What the program of the integrand gives."""
    (result,) = args[0].value.function.body.results
    aval = aval_of(result)
    return Array(np.dtype(float), avals.shape_of(aval)) if avals.shape_of(aval) else FLOAT


SHAPES["scipy.integral"] = _value
_QUAD = "f, a, b, args&, part, epsabs=None~, epsrel=None~, limit=None~, points=None~"


def _row(name: str, params: str, **more: Any) -> Primitive:
    spelling = f"scipy.integrate.{name}"
    prim = Primitive(spelling, getattr(integrate, name), signature(params), f"{spelling}[]",
                     "scipy.integral", cost=9, rule=spelling, **more)  # fmt: skip
    return REGISTRY.add(prim)


QUAD = _row("quad", _QUAD)
QUAD_VEC = REGISTRY.add(
    Primitive(
        "scipy.integrate.quad_vec",
        integrate.quad_vec,
        signature(
            "f, a, b, part, args=()&, epsabs=None~, epsrel=None~, limit=None~, "
            "points=None~, norm=None~"
        ),
        "scipy.integrate.quad_vec[]",
        "scipy.integral",
        cost=9,
        rule="scipy.integrate.quad_vec",
    )
)


def _options(cx: Context, name: str, given: dict[str, PyVal], allowed: str) -> dict[str, PyVal]:
    for key in given:
        if key not in allowed.split():
            raise cx.refuse(
                f"the argument {key!r} of scipy.integrate.{name} is not supported",
                "Write it without that argument.",
            )
    return given


def _lower_quad(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("func", "a", "b", "args", "full_output", "epsabs", "epsrel", "limit", "points")
    given = dict(zip(order, args, strict=False)) | kwargs
    fn, a, b = (given.pop(k) for k in ("func", "a", "b"))
    program, rest = program_of(cx, as_number, FLOAT, fn, given.pop("args", None))
    options = _options(cx, "quad", given, "epsabs epsrel limit points")
    value = emit.primitive(cx, QUAD, [program, a, b, rest, Lit(0)], options)
    return TupleVal((value, emit.primitive(cx, ERROR, [program, a, b, rest, Lit(1)], options)))


ERROR = REGISTRY.add(
    Primitive("scipy.integrate.quad_error", integrate.quad, signature(_QUAD),
              "scipy.integrate.quad[]", "scipy.number_", cost=9, differentiable=False)
)  # fmt: skip
SHAPES["scipy.number_"] = lambda *_: FLOAT


def _lower_quad_vec(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("f", "a", "b", "epsabs", "epsrel", "norm"), args, strict=False)) | kwargs
    fn, a, b = (given.pop(k) for k in ("f", "a", "b"))
    program, rest = program_of(cx, as_given, FLOAT, fn, given.pop("args", None))
    options = _options(cx, "quad_vec", given, "epsabs epsrel limit points norm")
    value = emit.primitive(cx, QUAD_VEC, [program, a, b, Lit(0)], {"args": rest, **options})
    return TupleVal((value, Lit(None)))


def as_given(x: Any, function: Any, *args: Any) -> Any:
    return function(x, *args)


SPECIAL[integrate.quad] = _lower_quad
SPECIAL[integrate.quad_vec] = _lower_quad_vec


def integrated(name: str, f: Any, a: Any, b: Any, args: Any, options: Any) -> Any:
    """The integral of a program by a function of SciPy, "quad" or "quad_vec"."""
    raise NotImplementedError


def _emitted(cx: Context, name: str, f: PyVal, a: PyVal, b: PyVal, rest: Any, given: Any) -> PyVal:
    names = ("epsabs", "epsrel", "limit", "points", "norm")
    pairs = zip(names, static.items(cx, given) or (), strict=False)
    options = {k: v for k, v in pairs if not (isinstance(v, Lit) and v.value is None)}
    operands = TupleVal(tuple(static.items(cx, rest) or ()))
    if name == "quad":
        return emit.primitive(cx, QUAD, [f, a, b, operands, Lit(0)], options)
    return emit.primitive(cx, QUAD_VEC, [f, a, b, Lit(0)], {"args": operands, **options})


def _integrated(cx: Context, args: Any, kwargs: Any) -> PyVal:
    name, *rest = args
    return _emitted(cx, name.value, *rest)


SPECIAL[integrated] = _integrated


@rule("scipy.integrate.quad")
def quad(
    f: Any,
    a: Any,
    b: Any,
    args: Any,
    part: int,
    epsabs: Any = None,
    epsrel: Any = None,
    limit: Any = None,
    points: Any = None,
    *,
    a_dot: Any,
    b_dot: Any,
    args_dot: Any,
) -> Any:
    """Leibniz's rule. The tangent is integrated as accurately as the value."""
    ends = edge(f, b, b_dot, args) - edge(f, a, a_dot, args)
    rate, operands, none = with_tangents(f, args, args_dot)
    if none:
        return ends
    return ends + integrated("quad", rate, a, b, operands, (epsabs, epsrel, limit, points))


@rule("scipy.integrate.quad_vec")
def quad_vec(
    f: Any,
    a: Any,
    b: Any,
    part: int,
    args: Any = (),
    epsabs: Any = None,
    epsrel: Any = None,
    limit: Any = None,
    points: Any = None,
    norm: Any = None,
    *,
    a_dot: Any,
    b_dot: Any,
    args_dot: Any,
) -> Any:
    ends = edge(f, b, b_dot, args) - edge(f, a, a_dot, args)
    rate, operands, none = with_tangents(f, args, args_dot)
    if none:
        return ends
    options = (epsabs, epsrel, limit, points, norm)
    return ends + integrated("quad_vec", rate, a, b, operands, options)


@transpose("scipy.integrate.quad", wrt="args")
def quad_args(
    f: Any,
    a: Any,
    b: Any,
    args: Any,
    part: int,
    epsabs: Any = None,
    epsrel: Any = None,
    limit: Any = None,
    points: Any = None,
    *,
    result_bar: Any,
) -> Any:
    return shares(f, a, b, args, (epsabs, epsrel, limit, points), result_bar)


@transpose("scipy.integrate.quad_vec", wrt="args")
def quad_vec_args(
    f: Any,
    a: Any,
    b: Any,
    part: int,
    args: Any = (),
    epsabs: Any = None,
    epsrel: Any = None,
    limit: Any = None,
    points: Any = None,
    norm: Any = None,
    *,
    result_bar: Any,
) -> Any:
    return shares(f, a, b, args, (epsabs, epsrel, limit, points, norm), result_bar)


def shares(f: Any, a: Any, b: Any, args: Any, options: Any, result_bar: Any) -> Any:
    """The adjoints of the tangents among the operands: one integral of a vector."""
    back = pullback(f, linear_in(f))
    whole = integral_of(flat_adjoints, a, b, (back, result_bar, *args), options)
    first = len(args) - len(linear_in(f))
    return (None,) * first + split_like(whole, args[first:])


def flat_adjoints(x: Any, back: Any, bar: Any, *args: Any) -> Any:
    return flat(applied(back, x, *args, bar))


def integral_of(fn: Any, a: Any, b: Any, args: Any, options: Any) -> Any:
    """The integral of a function of these rules that gives a vector."""
    raise NotImplementedError


def _integral_of(cx: Context, args: Any, kwargs: Any) -> PyVal:
    fn, a, b, rest, options = args
    program, operands = program_on(cx, fn.value, [FLOAT], static.items(cx, rest) or (), "adjoint")
    return _emitted(cx, "quad_vec", program, a, b, operands, options)


SPECIAL[integral_of] = _integral_of


def flat(values: Any) -> Any:
    """Numbers and arrays as one vector."""
    if isinstance(values, tuple):
        return np.concatenate([np.ravel(v) for v in values])
    return np.reshape(values, (-1,))


def split_like(vector: Any, likes: Any) -> Any:
    """A vector taken apart into the shapes of others."""
    found: Any = ()
    start = 0
    for k in range(len(likes)):
        if np.ndim(likes[k]) == 0:
            found = (*found, vector[start])
            start = start + 1
        else:
            stop = start + np.size(likes[k])
            found = (*found, np.reshape(vector[start:stop], np.shape(likes[k])))
            start = stop
    return found
