"""What rules do with programs (see `analysis.programs`): known to the compiler alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcompile.analysis.programs import Program
from adcompile.frontend import emit, static
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import ZERO, PyVal, TupleVal, Zero
from adcompile.ir.nodes import Lit


def applied(program: Any, *operands: Any) -> Any:
    """The result of a program."""
    raise NotImplementedError


def tangent_of(program: Any, operands: Any, dots: Any) -> Any:
    """The tangent of its result, for a tuple of operands and one of their tangents; fewer of
    these are those of the last operands."""
    raise NotImplementedError


def jacobian_at(program: Any, *operands: Any) -> Any:
    """The Jacobian of its result in its first parameter."""
    raise NotImplementedError


def gradient_of(program: Any) -> Any:
    """The program of its gradient in its first parameter."""
    raise NotImplementedError


def edge(program: Any, x: Any, x_dot: Any, args: Any) -> Any:
    """program(x, *args) * x_dot, nothing where x is no variable: it may be infinite."""
    raise NotImplementedError


def with_tangents(program: Any, args: Any, dots: Any, first: Any = ()) -> Any:
    """The program of the tangent, and its operands: `args`, then those of `dots` that are not
    zero. `first`: the tangents of its own arguments from the last on, which count as not zero."""
    raise NotImplementedError


def pullback(program: Any, wrt: Any) -> Any:
    """The program of the adjoints of parameters by number; the adjoint of the result is its last
    operand."""
    raise NotImplementedError


def own_args(program: Any) -> Any:
    """How many operands it takes after its own arguments."""
    raise NotImplementedError


def linear_in(program: Any) -> Any:
    """The numbers of the parameters that are tangents."""
    raise NotImplementedError


def _program(value: PyVal) -> Program:
    assert isinstance(value, Lit) and isinstance(value.value, Program)
    return value.value


def _items(cx: Context, value: PyVal) -> tuple[PyVal, ...]:
    return value.items if isinstance(value, TupleVal) else tuple(static.items(cx, value) or ())


def _applied(cx: Context, args: Any, kwargs: Any) -> PyVal:
    found: PyVal = cx.hooks["program_inlined"](cx, _program(args[0]), args[1:])
    return found


def _tangent(cx: Context, args: Any, kwargs: Any) -> PyVal:
    program, operands, dots = args
    inline: Callable[..., PyVal] = cx.hooks["program_tangent"]
    primals, tangents = _items(cx, operands), _items(cx, dots)
    first = (ZERO,) * (len(primals) - len(tangents))
    return inline(cx, _program(program), primals, (*first, *tangents))


def _jacobian(cx: Context, args: Any, kwargs: Any) -> PyVal:
    program = cx.hooks["program_jacobian"](_program(args[0]))
    found: PyVal = cx.hooks["program_inlined"](cx, program, args[1:])
    return found


def _gradient(cx: Context, args: Any, kwargs: Any) -> PyVal:
    return Lit(cx.hooks["program_gradient"](_program(args[0])))


def _edge(cx: Context, args: Any, kwargs: Any) -> PyVal:
    program, x, x_dot, rest = args
    if isinstance(x_dot, Zero):
        return ZERO
    value = cx.hooks["program_inlined"](cx, _program(program), [x, *_items(cx, rest)])
    return emit.call(cx, "multiply", value, x_dot)


def _with_tangents(cx: Context, args: Any, kwargs: Any) -> PyVal:
    program, primals, dots = _program(args[0]), _items(cx, args[1]), _items(cx, args[2])
    first = _items(cx, args[3]) if len(args) > 3 else ()
    on = [k for k, d in enumerate(dots) if not isinstance(d, Zero)]
    wrt = (*range(program.own - len(first), program.own), *(program.own + k for k in on))
    made = cx.hooks["program_tangent_of"](program, wrt) if wrt else program
    given = (*primals, *(emit.atom(cx, dots[k]) for k in on))
    none = not wrt or not made.function.body.results
    return TupleVal((Lit(made), TupleVal(given), Lit(none)))


def _pullback(cx: Context, args: Any, kwargs: Any) -> PyVal:
    wrt = tuple(static.value(cx, args[1], "which parameters"))
    return Lit(cx.hooks["program_pullback"](_program(args[0]), wrt))


def _linear_in(cx: Context, args: Any, kwargs: Any) -> PyVal:
    return TupleVal(tuple(Lit(k) for k in _program(args[0]).dots))


def _own_args(cx: Context, args: Any, kwargs: Any) -> PyVal:
    program = _program(args[0])
    return Lit(len(program.function.params) - program.own)


SPECIAL[own_args] = _own_args
SPECIAL[edge] = _edge
SPECIAL[with_tangents] = _with_tangents
SPECIAL[pullback] = _pullback
SPECIAL[linear_in] = _linear_in
SPECIAL[applied] = _applied
SPECIAL[tangent_of] = _tangent
SPECIAL[jacobian_at] = _jacobian
SPECIAL[gradient_of] = _gradient
