"""Rules of scipy.optimize: solutions depend on the parameters by the implicit function theorem.

The root x of f(x, p) = 0 has the tangent -inv(df/dx) df/dp p_dot at the root, whatever method found
it; a minimiser is a root of the gradient. Formulas: Griewank and Walther, Evaluating Derivatives
(2008), chapter 15; Blondel et al., Efficient and modular implicit differentiation (2022).

What a solver starts from (x0, a bracket) does not influence the solution. Derivatives are as
exact as the solution is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import aval_of
from adcompile.frontend import contents, emit, static
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import FLOAT, Array, Aval, Opaque, Scalar
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY, rule
from adcompile.rules.programs import gradient_of, jacobian_at, tangent_of
from adcompile.rules.scipy.rows import refuse
from adcompile.rules.scipy.solvers import (
    FLOATS,
    as_number,
    as_vector,
    dictionary,
    joined,
    program_of,
)


def _solution(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    """A vector as long as what the solver starts from."""
    return _like(aval_of(args[1]))


def _like(start: Aval) -> Aval:
    return Array(FLOATS, avals.shape_of(start) or (1,))


def _minimiser(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    """As long as the vector it is found from; of one unknown, a number."""
    start = aval_of(args[1])
    return Scalar(FLOATS, weak=False) if start == FLOAT else _like(start)


SHAPES.update(
    {
        "scipy.number": lambda *_: FLOAT,
        "scipy.solution": _solution,
        "scipy.minimiser": _minimiser,
        "scipy.result": lambda *_: Opaque("OptimizeResult"),
        "scipy.value": lambda *_: Scalar(FLOATS, weak=False),
    }
)


class OptimizeResult:
    """Stands for SciPy's class while a function is compiled."""


def _row(name: str, params: str, shape: str, rule: str, **more: Any) -> Primitive:
    spelling = f"scipy.optimize.{name}"
    prim = Primitive(spelling, getattr(optimize, name), signature(params), spelling, shape,
                     cost=9, rule=rule, **more)  # fmt: skip
    return REGISTRY.add(prim)


def _field(name: str, shape: str, params: str = "found", rule: str = "") -> Primitive:
    """An item of what a solver returns."""
    prim = Primitive(f"scipy.optimize{rule}.{name}", getattr, signature(params), f"@.{name}", shape,
                     cost=0, rule=f"scipy.{rule or name}", differentiable=bool(rule))  # fmt: skip
    return REGISTRY.add(prim)


COUNTS = [_field(n, "int") for n in ("nit", "nfev", "njev", "status", "iterations")]
FLAGS = [_field(n, "bool") for n in ("success", "converged")]
MINIMISER = _field("x", "scipy.minimiser", "found, start, f, args&", "minimiser")
MINIMUM = _field("fun", "scipy.value", "found, x, f, args&", "minimum")
ROOTS = _field("x", "scipy.solution", "found, start, f, args&", "roots")
ROOT = _field("root", "scipy.number", "found, f, args&", "root")


def _result(cx: Context, whole: PyVal, fields: dict[str, PyVal]) -> PyVal:
    counts = {p.spelling[2:]: emit.primitive(cx, p, [whole]) for p in (*COUNTS, *FLAGS)}
    return contents.new_object(cx, OptimizeResult, {**counts, **fields})


def _options(cx: Context, name: str, given: dict[str, PyVal], allowed: str) -> dict[str, PyVal]:
    """The options of a solver: no derivative's business."""
    found = {}
    for key, value in given.items():
        if isinstance(value, Lit) and value.value is None:
            continue
        if key not in allowed.split():
            raise cx.refuse(
                f"the argument {key!r} of scipy.optimize.{name} is not supported",
                ADVICE.get(key, "Write it without that argument."),
            )
        found[key] = dictionary(cx, value)
    return found


ADVICE = {
    "bounds": "At an active bound the solution is no stationary point. Transform the unknown so "
    "that it is free: x = lo + (hi - lo) / (1 + np.exp(-t)).",
    "constraints": "Eliminate the constraints, or solve the optimality conditions with "
    "scipy.optimize.root.",
    "full_output": "Use scipy.optimize.root, whose result has fields.",
    "callback": "Do it outside of the differentiated function.",
}


# -- roots of one unknown ----------------------------------------------------------------------


def _bracketing(name: str) -> Callable[[Context, Any, dict[str, PyVal]], PyVal]:
    row = _row(name, "f, a, b, args=()&, xtol=None~, rtol=None~, maxiter=None~, k=None~",
               "scipy.number", "scipy.root_between")  # fmt: skip

    def lower(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
        given = dict(zip(("f", "a", "b", "args"), args, strict=False)) | kwargs
        fn, a, b = (given.pop(k) for k in ("f", "a", "b"))
        program, rest = program_of(cx, as_number, FLOAT, fn, given.pop("args", None))
        options = _options(cx, name, given, "xtol rtol maxiter k")
        return emit.primitive(cx, row, [program, a, b], {"args": rest, **options})

    return lower


for _name in "brentq brenth ridder bisect toms748".split():
    SPECIAL[getattr(optimize, _name)] = _bracketing(_name)


@rule("scipy.root_between")
def root_between(f: Any, a: Any, b: Any, args: Any = (), *, result: Any, args_dot: Any) -> Any:
    return root(None, f, args, result=result, args_dot=args_dot)


@rule("scipy.root")
def root(found: Any, f: Any, args: Any, *, result: Any, args_dot: Any) -> Any:
    return -tangent_of(f, (result, *args), args_dot) / jacobian_at(f, result, *args)


_newton = _row("newton", "f, x0, args=()&, fprime=None~, fprime2=None~, x1=None~, tol=None~, "
               "rtol=None~, maxiter=None~", "scipy.number", "scipy.root_from")  # fmt: skip
_root_scalar = _row("root_scalar", "f, args=()&, fprime=None~, fprime2=None~, method=None~, "
                    "bracket=None~, x0=None~, x1=None~, xtol=None~, rtol=None~, maxiter=None~, "
                    "options=None~", "scipy.result", "", differentiable=False)  # fmt: skip


def _with_slopes(
    cx: Context, fn: PyVal, extra: PyVal | None, given: dict[str, PyVal]
) -> tuple[Lit, TupleVal, dict[str, PyVal]]:
    """The programs of a function of one number and of the derivatives that are given."""
    names = ["f"]
    pairs = [program_of(cx, as_number, FLOAT, fn, extra)]
    for name in ("fprime", "fprime2"):
        value = given.pop(name, Lit(None))
        if isinstance(value, Lit) and (value.value is None or value.value is False):
            continue
        if isinstance(value, Lit) and value.value is True:
            raise cx.refuse(
                f"{name}=True, for a function that returns its derivative too, is not supported",
                "Pass the derivative as a function: fprime=grad(f).",
            )
        names.append(name)
        pairs.append(program_of(cx, as_number, FLOAT, value, extra))
    programs, rest = joined(pairs)
    found = dict(zip(names, programs, strict=True))
    return found.pop("f"), rest, dict(found)


def _lower_newton(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("func", "x0", "fprime", "args", "tol", "maxiter", "fprime2", "x1", "rtol")
    given = dict(zip(order, args, strict=False)) | kwargs
    fn, start = given.pop("func"), given.pop("x0")
    if avals.shape_of(cx.aval(start)):
        raise cx.refuse("newton is supported for one unknown", "Use scipy.optimize.root.")
    program, rest, slopes = _with_slopes(cx, fn, given.pop("args", None), given)
    options = _options(cx, "newton", given, "tol maxiter x1 rtol")
    return emit.primitive(cx, _newton, [program, start], {"args": rest, **slopes, **options})


@rule("scipy.root_from")
def root_from(f: Any, x0: Any, args: Any = (), *, result: Any, args_dot: Any) -> Any:
    return root(None, f, args, result=result, args_dot=args_dot)


def _lower_root_scalar(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("f", "args", "method", "bracket", "fprime", "fprime2", "x0", "x1")
    given = dict(zip(order, args, strict=False)) | kwargs
    program, rest, slopes = _with_slopes(cx, given.pop("f"), given.pop("args", None), given)
    options = _options(cx, "root_scalar", given,
                       "method bracket x0 x1 xtol rtol maxiter options")  # fmt: skip
    whole = emit.primitive(cx, _root_scalar, [program], {"args": rest, **slopes, **options})
    return _result(cx, whole, {"root": emit.primitive(cx, ROOT, [whole, program, rest])})


SPECIAL[optimize.newton] = _lower_newton
SPECIAL[optimize.root_scalar] = _lower_root_scalar


# -- roots of several unknowns -----------------------------------------------------------------

_fsolve = _row("fsolve", "f, x0, args=()&, fprime=None~, col_deriv=None~, xtol=None~, "
               "maxfev=None~, band=None~, epsfcn=None~, factor=None~", "scipy.solution",
               "scipy.roots_from")  # fmt: skip
_root = _row("root", "f, x0, args=()&, jac=None~, method=None~, tol=None~, options=None~",
             "scipy.result", "", differentiable=False)  # fmt: skip


def _system(
    cx: Context, given: dict[str, PyVal], slope: str
) -> tuple[Lit, PyVal, TupleVal, dict[str, PyVal]]:
    """The program of a system of equations, what it starts from, and its Jacobian if given."""
    start, extra = _vector(cx, given.pop("x0")), given.pop("args", None)
    kind = _like(cx.aval(start))
    fn = given.pop("func", None) or given.pop("fun")
    pairs = [program_of(cx, as_vector, kind, fn, extra)]
    value = given.pop(slope, Lit(None))
    if isinstance(value, Lit) and value.value in (None, False):
        return pairs[0][0], start, pairs[0][1], {}
    if isinstance(value, Lit) and value.value is True:
        raise cx.refuse(
            f"{slope}=True, for a function that returns its derivative too, is not supported",
            "Pass the derivative as a function.",
        )
    pairs.append(program_of(cx, as_given, kind, value, extra))
    (program, jacobian), rest = joined(pairs)
    return program, start, rest, {slope: jacobian}


def as_given(x: Any, function: Any, *args: Any) -> Any:
    return np.asarray(function(x, *args))


def _vector(cx: Context, start: PyVal) -> PyVal:
    """What a solver starts from, as an array."""
    if isinstance(start, TupleVal) or not avals.is_numeric(cx.aval(start)):
        return emit.call(cx, "array", start)
    return start


def _lower_fsolve(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("func", "x0", "args", "fprime", "full_output"), args, strict=False)) | kwargs
    program, start, rest, slope = _system(cx, given, "fprime")
    if isinstance(given.get("full_output"), Lit) and not given["full_output"].value:
        given.pop("full_output")
    options = _options(cx, "fsolve", given, "xtol maxfev band epsfcn factor")
    return emit.primitive(cx, _fsolve, [program, start], {"args": rest, **slope, **options})


def _lower_root(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("fun", "x0", "args", "method", "jac", "tol"), args, strict=False)) | kwargs
    program, start, rest, slope = _system(cx, given, "jac")
    options = _options(cx, "root", given, "method tol options")
    whole = emit.primitive(cx, _root, [program, start], {"args": rest, **slope, **options})
    return _result(cx, whole, {"x": emit.primitive(cx, ROOTS, [whole, start, program, rest])})


SPECIAL[optimize.fsolve] = _lower_fsolve
SPECIAL[optimize.root] = _lower_root


@rule("scipy.roots_from")
def roots_from(f: Any, x0: Any, args: Any = (), *, result: Any, args_dot: Any) -> Any:
    return roots(None, x0, f, args, result=result, args_dot=args_dot)


@rule("scipy.roots")
def roots(found: Any, start: Any, f: Any, args: Any, *, result: Any, args_dot: Any) -> Any:
    moved = tangent_of(f, (result, *args), args_dot)
    return -np.linalg.solve(jacobian_at(f, result, *args), moved)


_fixed = _row("fixed_point", "f, x0, args=()&, xtol=None~, maxiter=None~, method=None~",
              "scipy.minimiser", "scipy.fixed_point")  # fmt: skip


def _lower_fixed_point(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("func", "x0", "args", "xtol", "maxiter", "method"), args, strict=False))
    given |= kwargs
    fn, extra, start = given.pop("func"), given.pop("args", None), given.pop("x0")
    if isinstance(start, TupleVal) or avals.shape_of(cx.aval(start)):
        start = _vector(cx, start)
        program, rest = program_of(cx, as_vector, _like(cx.aval(start)), fn, extra)
    else:
        start = emit.call(cx, "float", start)
        program, rest = program_of(cx, as_number, FLOAT, fn, extra)
    options = _options(cx, "fixed_point", given, "xtol maxiter method")
    return emit.primitive(cx, _fixed, [program, start], {"args": rest, **options})


SPECIAL[optimize.fixed_point] = _lower_fixed_point


@rule("scipy.fixed_point")
def fixed_point(f: Any, x0: Any, args: Any = (), *, result: Any, args_dot: Any) -> Any:
    moved = tangent_of(f, (result, *args), args_dot)
    slope = jacobian_at(f, result, *args)
    if np.ndim(result) == 0:
        return moved / (1.0 - slope)
    return np.linalg.solve(np.eye(result.shape[0]) - slope, moved)


# -- minima ------------------------------------------------------------------------------------

_minimize = _row("minimize", "f, x0, args=()&, method=None~, jac=None~, hess=None~, tol=None~, "
                 "options=None~", "scipy.result", "", differentiable=False)  # fmt: skip
_minimize_scalar = _row("minimize_scalar", "f, bracket=None~, args=()&, method=None~, tol=None~, "
                        "options=None~", "scipy.result", "", differentiable=False)  # fmt: skip


def as_objective(x: Any, function: Any, *args: Any) -> Any:
    """The value of a function of a vector, which may come as an array of one entry."""
    return np.sum(function(x, *args))


def _lower_minimize(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("fun", "x0", "args", "method", "jac", "hess", "hessp", "bounds", "constraints", "tol")
    given = dict(zip(order, args, strict=False)) | kwargs
    fn, extra, start = given.pop("fun"), given.pop("args", None), _vector(cx, given.pop("x0"))
    if given.get("constraints") is not None and static.items(cx, given["constraints"]) == ():
        given.pop("constraints")
    kind = _like(cx.aval(start))
    names, pairs = ["f"], [program_of(cx, as_objective, kind, fn, extra)]
    for name in ("jac", "hess"):
        value = given.get(name, Lit(None))
        if isinstance(value, Lit) and not callable(value.value):
            if value.value is True:
                raise cx.refuse(
                    f"{name}=True, for a function that returns its gradient too, is not supported",
                    "Pass the gradient as a function: jac=grad(f).",
                )
            continue
        given.pop(name)
        names.append(name)
        pairs.append(program_of(cx, as_given, kind, value, extra))
    programs, rest = joined(pairs)
    found = dict(zip(names, programs, strict=True))
    program = found.pop("f")
    options = _options(cx, "minimize", given, "method jac hess tol options")
    whole = emit.primitive(cx, _minimize, [program, start], {"args": rest, **found, **options})
    return _minimum(cx, whole, start, program, rest)


def _minimum(cx: Context, whole: PyVal, start: PyVal, program: Lit, rest: TupleVal) -> PyVal:
    x = emit.primitive(cx, MINIMISER, [whole, start, program, rest])
    return _result(
        cx, whole, {"x": x, "fun": emit.primitive(cx, MINIMUM, [whole, x, program, rest])}
    )


def _lower_minimize_scalar(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("fun", "bracket", "bounds", "args", "method", "tol", "options")
    given = dict(zip(order, args, strict=False)) | kwargs
    program, rest = program_of(cx, as_number, FLOAT, given.pop("fun"), given.pop("args", None))
    options = _options(cx, "minimize_scalar", given, "bracket method tol options")
    whole = emit.primitive(cx, _minimize_scalar, [program], {"args": rest, **options})
    return _minimum(cx, whole, Lit(0.0), program, rest)


SPECIAL[optimize.minimize] = _lower_minimize
SPECIAL[optimize.minimize_scalar] = _lower_minimize_scalar


@rule("scipy.minimiser")
def minimiser(found: Any, start: Any, f: Any, args: Any, *, result: Any, args_dot: Any) -> Any:
    """The gradient is zero there, so its Jacobian, the Hessian, is what is solved with."""
    slope = gradient_of(f)
    moved = tangent_of(slope, (result, *args), args_dot)
    hessian = jacobian_at(slope, result, *args)
    if np.ndim(result) == 0:
        return -moved / hessian
    return -np.linalg.solve(hessian, moved)


@rule("scipy.minimum")
def minimum(found: Any, x: Any, f: Any, args: Any, *, args_dot: Any) -> Any:
    """The envelope theorem: a move of the minimiser does not count."""
    return tangent_of(f, (x, *args), args_dot)


refuse(
    optimize,
    "Minimise the sum of squares with scipy.optimize.minimize, or solve the normal "
    "equations with np.linalg.lstsq.",
    "curve_fit least_squares leastsq lsq_linear nnls",
)
refuse(
    optimize,
    "Use scipy.optimize.minimize.",
    "fmin fmin_bfgs fmin_cg fmin_ncg fmin_powell fmin_l_bfgs_b fmin_tnc fmin_cobyla fmin_slsqp "
    "basinhopping differential_evolution dual_annealing shgo direct brute",
)
refuse(optimize, "Use scipy.optimize.minimize_scalar.", "brent fminbound golden bracket")
refuse(
    optimize,
    "Use scipy.optimize.root.",
    "broyden1 broyden2 anderson linearmixing diagbroyden excitingmixing newton_krylov",
)
refuse(
    optimize,
    "Its solution is piecewise constant or piecewise linear in the data; solve the "
    "optimality conditions of the active constraints with np.linalg.solve.",
    "linprog milp linear_sum_assignment quadratic_assignment isotonic_regression",
)
refuse(optimize, "Use adcompile.grad or check_grads.", "approx_fprime check_grad")
refuse(optimize, ADVICE["constraints"], "Bounds LinearConstraint NonlinearConstraint")
refuse(optimize, "Write the function out with NumPy.", "rosen rosen_der rosen_hess rosen_hess_prod")
refuse(optimize, "Do it outside of the differentiated function.",
       "BFGS SR1 HessianUpdateStrategy BroydenFirst InverseJacobian KrylovJacobian "
       "LbfgsInvHessProduct OptimizeResult RootResults line_search linprog_verbose_callback "
       "show_options")  # fmt: skip
