"""Rules of scipy.integrate.odeint and solve_ivp: tangents by sensitivities, adjoints backwards.

The tangent s of a solution y obeys s' = df/dy s + df/dp p_dot, and is integrated beside y. The
adjoint obeys l' = -(df/dy)^T l backwards, l jumps by the adjoint of the state at each time that
was asked for, and the parameters collect -(df/dp)^T l on the way. Both are initial value problems
themselves, solved by the method and to the tolerances of the primal one, and differentiated by
these same rules. Sources: Cao, Li, Petzold and Serban (2003); Chen et al. (2018). Backwards,
each interval starts from the state that the forward solution found, so that errors do not grow.

Why not through the solver's steps: see docs/decisions/0020-initial-value-problems.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import aval_of
from adcompile.frontend import contents, emit, static
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal, Zero
from adcompile.ir import avals, dims
from adcompile.ir.avals import FLOAT, Array, Aval
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY, rule, transpose
from adcompile.rules.programs import applied, linear_in, own_args, pullback, with_tangents
from adcompile.rules.scipy.quadrature import flat, split_like
from adcompile.rules.scipy.solvers import extra_args, label_of, program_on

FLOATS = np.dtype(float)

# -- while the program runs --------------------------------------------------------------------


def states(f: Any, y0: Any, ts: Any, args: Any, options: Any) -> Any:
    """The states at the times ts of y' = f(t, y, *args) that start from y0 at ts[0].

    Args:
        f: the right side; it gets and returns arrays of the shape of y0.
        y0: an array of floats.
        ts: times in order, the first one that of y0.
        args: further arguments of f.
        options: pairs (name, value); "method" is one of solve_ivp's, or "odeint".

    Returns:
        An array of shape (len(ts), *y0.shape).

    Raises:
        RuntimeError: the solver does not reach the last time.
    """
    named = dict(options)
    method = named.pop("method")
    y0 = np.asarray(y0, float)

    def rate(t: Any, y: Any) -> Any:
        return np.ravel(f(t, np.reshape(y, y0.shape), *args))

    start = np.ravel(y0)
    found = np.empty((len(ts), start.size))
    later = ts != ts[0]
    found[~later] = start
    if not later.any():
        return np.reshape(found, (len(ts), *y0.shape))
    if method == "odeint":
        at = np.concatenate((ts[:1], ts[later]))
        rows, info = integrate.odeint(rate, start, at, tfirst=True, full_output=True, **named)
        if info["message"] != "Integration successful.":
            raise RuntimeError(f"odeint does not reach t = {ts[-1]}: {info['message']}")
        found[later] = rows[1:]
    else:
        span = (ts[0], ts[-1])
        done = integrate.solve_ivp(rate, span, start, method, t_eval=ts[later], **named)
        if not done.success:
            raise RuntimeError(f"solve_ivp does not reach t = {ts[-1]}: {done.message}")
        found[later] = done.y.T
    return np.reshape(found, (len(ts), *y0.shape))


def state_tangents(
    f: Any, rate: Any, y0: Any, ts: Any, args: Any, count: int, primal: Any, options: Any
) -> Any:
    """The tangents of `states`, integrated beside them.

    rate: the tangent of f, a function of t, y, the first `count` of args, and then the tangents
    of y and of these; args[count] is the tangent of y0. primal: what `states` gave.
    """
    y0_dot, dots = args[count], args[count + 1 :]

    def both(t: Any, z: Any, *args: Any) -> Any:
        return np.stack((f(t, z[0], *args), rate(t, z[0], *args, z[1], *dots)))

    return states(both, np.stack((y0, y0_dot)), ts, args[:count], options)[:, 1]


def step_times(f: Any, y0: Any, span: Any, args: Any, options: Any) -> Any:
    """The times at which solve_ivp gives states where none are asked for: its own steps."""
    named = dict(options)
    start = np.asarray(y0, float)
    return integrate.solve_ivp(lambda t, y: f(t, y, *args), span, start, **named).t


# -- rows --------------------------------------------------------------------------------------


def _states(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    y0, ts = (aval_of(args[k]) for k in ((1, 2) if prim.rule == "scipy.states" else (2, 3)))
    return Array(FLOATS, (*avals.shape_of(ts)[:1], *avals.shape_of(y0)))


SHAPES["scipy.states"] = _states
SHAPES["scipy.times"] = lambda *_: Array(FLOATS, (dims.fresh("steps"),))
_STATES = REGISTRY.add(
    Primitive("scipy.states", states, signature("f, y0, ts~, args&, options$"), "=states",
              "scipy.states", cost=9, rule="scipy.states"), [states]
)  # fmt: skip
_RATES = REGISTRY.add(
    Primitive("scipy.state_tangents", state_tangents,
              signature("f, rate, y0, ts~, args&, count$, primal, options$"), "=state_tangents",
              "scipy.states", cost=9, rule="scipy.state_tangents"), [state_tangents]
)  # fmt: skip
_TIMES = REGISTRY.add(
    Primitive("scipy.step_times", step_times, signature("f, y0, span&, args&, options$"),
              "=step_times", "scipy.times", cost=9, differentiable=False)
)  # fmt: skip


# -- calls -------------------------------------------------------------------------------------


class OdeResult:
    """Stands for SciPy's class while a function is compiled."""


def time_first(t: Any, y: Any, function: Any, *args: Any) -> Any:
    return np.asarray(function(t, y, *args))


def state_first(t: Any, y: Any, function: Any, *args: Any) -> Any:
    return np.asarray(function(y, t, *args))


TIMES_ADVICE = "Times are constants. Let the unknown scale the right side: t = T * s with s fixed."


def _array(cx: Context, value: PyVal) -> PyVal:
    if isinstance(value, TupleVal) or not avals.is_numeric(cx.aval(value)):
        return emit.call(cx, "array", value)
    return value


def _floats(cx: Context, value: PyVal) -> PyVal:
    value = _array(cx, value)
    aval = cx.aval(value)
    if avals.is_complex(aval):
        raise cx.refuse("a complex state is not supported", "Integrate real and imaginary parts.")
    if not avals.shape_of(aval):
        return emit.call(cx, "array", TupleVal((value,)))
    return value if aval.dtype == FLOATS else emit.call(cx, "astype", value, Lit(FLOATS))  # type: ignore[union-attr]


def _solver_options(cx: Context, name: str, given: dict[str, PyVal], allowed: str) -> Any:
    found = []
    for key, value in given.items():
        if isinstance(value, Lit) and (value.value is None or value.value is False):
            continue
        if key not in allowed.split():
            raise cx.refuse(
                f"the argument {key!r} of scipy.integrate.{name} is not supported",
                "Ask for states at given times, with t_eval." if key in ("dense_output", "events")
                else "Write it without that argument.",
            )  # fmt: skip
        found.append((key, static.value(cx, value, f"the argument {key!r}")))
    return tuple(found)


def _lower_odeint(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("func", "y0", "t", "args"), args, strict=False)) | kwargs
    fn, y0, ts = given.pop("func"), _floats(cx, given.pop("y0")), _array(cx, given.pop("t"))
    extra = extra_args(cx, given.pop("args", None))
    first = static.value(cx, given.pop("tfirst", Lit(False)), "tfirst")
    options = _solver_options(cx, "odeint", given, "rtol atol hmax h0 hmin mxstep mxordn mxords")
    wrapper = time_first if first else state_first
    kinds = [FLOAT, cx.aval(y0)]
    program, rest = program_on(cx, wrapper, kinds, [fn, *extra], label_of(fn))
    return emit.primitive(
        cx, _STATES, [program, y0, ts, rest, Lit((("method", "odeint"), *options))]
    )


def _lower_solve_ivp(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    order = ("fun", "t_span", "y0", "method", "t_eval", "dense_output", "events", "vectorized")
    given = dict(zip(order, args, strict=False)) | kwargs
    fn, span, y0 = given.pop("fun"), given.pop("t_span"), _floats(cx, given.pop("y0"))
    extra, at = extra_args(cx, given.pop("args", None)), given.pop("t_eval", Lit(None))
    method = static.value(cx, given.pop("method", Lit("RK45")), "the method")
    options = _solver_options(cx, "solve_ivp", given, "rtol atol max_step first_step lband uband "
                              "min_step")  # fmt: skip
    whole = Lit((("method", method), *options))
    kinds = [FLOAT, cx.aval(y0)]
    program, rest = program_on(cx, time_first, kinds, [fn, *extra], label_of(fn))
    ends = list(static.items(cx, span) or (cx.hooks["getitem"](cx, span, Lit(k)) for k in (0, 1)))
    begin = emit.call(cx, "array", TupleVal((emit.call(cx, "multiply", Lit(1.0), ends[0]),)))
    if isinstance(at, Lit) and at.value is None:
        times: PyVal = emit.primitive(cx, _TIMES, [program, y0, TupleVal(tuple(ends)), rest, whole])
        found = emit.primitive(cx, _STATES, [program, y0, times, rest, whole])
    else:
        times = _array(cx, at)
        every = emit.call(cx, "concatenate", TupleVal((begin, times)))
        rows = emit.primitive(cx, _STATES, [program, y0, every, rest, whole])
        found = dispatch.call(cx, Lit(later_rows), [rows, times], {})
    fields = {
        "t": times,
        "y": emit.call(cx, "transpose", found),
        "success": Lit(True),
        "status": Lit(0),
    }
    return contents.new_object(cx, OdeResult, fields)


def later_rows(rows: Any, times: Any) -> Any:
    """The states without that at the start."""
    return np.reshape(rows[1:], (np.shape(times)[0], np.shape(rows)[1]))


SPECIAL[integrate.odeint] = _lower_odeint
SPECIAL[integrate.solve_ivp] = _lower_solve_ivp


# -- tangents ----------------------------------------------------------------------------------


def dense(dot: Any, like: Any) -> Any:
    """A tangent, zeros where it is none."""
    raise NotImplementedError


def _dense(cx: Context, args: Any, kwargs: Any) -> PyVal:
    dot, like = args
    return emit.call(cx, "zeros_like", like) if isinstance(dot, Zero) else dot


SPECIAL[dense] = _dense


@rule("scipy.states")
def states_rule(
    f: Any, y0: Any, ts: Any, args: Any, options: Any, *, result: Any, y0_dot: Any, args_dot: Any
) -> Any:
    rate, operands, _ = with_tangents(f, args, args_dot, (0,))
    count = own_args(f)
    given = (*operands[:count], dense(y0_dot, y0), *operands[count:])
    return state_tangents(f, rate, y0, ts, given, count, result, options)


def both_rates(t: Any, z: Any, f: Any, rate: Any, count: int, *args: Any) -> Any:
    """The right side for a state and its tangent: a system like any other."""
    return np.stack(
        (applied(f, t, z[0], *args[:count]), applied(rate, t, z[0], *args[:count], z[1],
                                                     *args[count:]))
    )  # fmt: skip


def system_of(f: Any, rate: Any, count: int, state: Any, args: Any) -> Any:
    """The program of `both_rates`, and its operands."""
    raise NotImplementedError


def _system_of(cx: Context, args: Any, kwargs: Any) -> PyVal:
    f, rate, count, state, rest = args
    kinds = [FLOAT, cx.aval(state)]
    fixed = [f, rate, count, *(static.items(cx, rest) or ())]
    name = f"{f.value.function.name}_pair"
    return TupleVal(program_on(cx, both_rates, kinds, fixed, name, prune=False))


SPECIAL[system_of] = _system_of


@rule("scipy.state_tangents")
def state_tangents_rule(
    f: Any,
    rate: Any,
    y0: Any,
    ts: Any,
    args: Any,
    count: int,
    primal: Any,
    options: Any,
    *,
    result: Any,
    y0_dot: Any,
    args_dot: Any,
) -> Any:
    """The tangent of a system twice as large: of the half that are tangents."""
    z0 = np.stack((y0, args[count]))
    z0_dot = np.stack((dense(y0_dot, y0), dense(args_dot[count], y0)))
    others = (*args[:count], *args[count + 1 :])
    pair, operands = system_of(f, rate, count, z0, others)
    dots = (*args_dot[:count], *args_dot[count + 1 :])
    wide, given, _ = with_tangents(pair, operands, dots, (0,))
    total = own_args(pair)
    every = (*given[:total], z0_dot, *given[total:])
    both = np.stack((primal, result), axis=1)
    return state_tangents(pair, wide, z0, ts, every, total, both, options)[:, 1]


# -- adjoints ----------------------------------------------------------------------------------


def backward_rates(t: Any, w: Any, f: Any, back: Any, count: int, like: Any, *args: Any) -> Any:
    """The right side for a state, its adjoint and the adjoints of what it depends on.

    `like` has the shape of a state; in the tangents, which `back` takes too, it is linear, so
    their values do not matter.
    """
    n = np.size(like)
    y, adjoint = np.reshape(w[:n], np.shape(like)), np.reshape(w[n : 2 * n], np.shape(like))
    rates = applied(f, t, y, *args[:count])
    bars = applied(back, t, y, *args[:count], like, *args[count:], adjoint)
    return np.concatenate((np.ravel(rates), -flat(bars)))


def backward(
    f: Any, back: Any, count: int, like: Any, args: Any, w: Any, ts: Any, options: Any
) -> Any:
    """What `backward_rates` leads to from w at the first time to the second."""
    raise NotImplementedError


def _backward(cx: Context, args: Any, kwargs: Any) -> PyVal:
    f, back, count, like, rest, w, ts, options = args
    kinds = [FLOAT, cx.aval(w)]
    fixed = [f, back, count, like, *(static.items(cx, rest) or ())]
    name = f"{f.value.function.name}_adjoint"
    program, operands = program_on(cx, backward_rates, kinds, fixed, name)
    found = emit.primitive(cx, _STATES, [program, w, ts, operands, options])
    return cx.hooks["getitem"](cx, found, Lit(1))


SPECIAL[backward] = _backward


@transpose("scipy.state_tangents", wrt="args")
def state_tangents_args(
    f: Any,
    rate: Any,
    y0: Any,
    ts: Any,
    args: Any,
    count: int,
    primal: Any,
    options: Any,
    *,
    result_bar: Any,
) -> Any:
    back = pullback(rate, linear_in(rate))
    others = (*args[:count], *args[count + 1 :])
    likes = args[count + 1 :]
    n = np.size(y0)
    adjoint = result_bar[-1]
    collected = flat(tuple(np.zeros(np.shape(v)) for v in likes)) if likes else np.zeros(0)
    for k in range(np.shape(ts)[0] - 1, 0, -1):
        w = np.concatenate((np.ravel(primal[k]), np.ravel(adjoint), collected))
        pair = np.stack((ts[k], ts[k - 1]))
        w = backward(f, back, count, y0, others, w, pair, options)
        adjoint = np.reshape(w[n : 2 * n], np.shape(y0)) + result_bar[k - 1]
        collected = np.reshape(w[2 * n :], np.shape(collected))
    return (None,) * count + (adjoint, *split_like(collected, likes))
