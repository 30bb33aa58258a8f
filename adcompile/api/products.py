"""Products with Jacobians and Hessians: one direction at a time."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from adcompile.api.options import Argnums, check_callable, compiled, selection
from adcompile.compiling.memory import MemoryPlan
from adcompile.compiling.request import Transform
from adcompile.dispatch.compiled import Compiled
from adcompile.dispatch.pickling import global_name
from adcompile.dispatch.products import jvp_call, linearize_call, product_call, state_of, vjp_call
from adcompile.errors import UnsupportedInput

Function = Callable[..., Any]


@overload
def jvp(
    f: Function,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: Literal[False] = ...,
    *,
    optimize: bool = ...,
    **kwargs: Any,
) -> tuple[Any, Any]: ...
@overload
def jvp(
    f: Function,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: Literal[True],
    *,
    optimize: bool = ...,
    **kwargs: Any,
) -> tuple[Any, Any, Any]: ...
def jvp(
    f: Function,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
    *,
    optimize: bool = True,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """Forward mode: the value of f and its derivative along the tangents.

    Args:
        f: a plain function, or a derivative of one.
        primals: the point, a tuple of f's positional arguments.
        tangents: for each primal a tangent of its structure and shape; None: not perturbed.
        has_aux: f returns (value, aux).
        kwargs: keyword arguments of f; they are not perturbed.

    Returns:
        (value, tangent), each with the structure of f's result; with has_aux (value, tangent,
        aux).

    Raises:
        UnsupportedInput: a tangent has not the structure or shape of its primal.
        NotDifferentiable: a perturbed primal holds integers.
        UnsupportedSyntax, MissingRule, AmbiguousAlias: f cannot be compiled; with the line.

    Method: the linearised program, each tangent beside its primal (Griewank and Walther,
    Evaluating Derivatives, ch. 3.1).

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, None))
    (10.0, 5.0)
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise UnsupportedInput(
                f"jvp takes its {what} as a tuple, one for each argument of the function, not "
                f"{type(given).__name__}",
                advice=f"Write ({what[:-1]},) for a single one.",
            )
    return jvp_call(f, tuple(primals), tuple(tangents), kwargs, optimize, has_aux)


@overload
def vjp(
    f: Function,
    *primals: Any,
    has_aux: Literal[False] = ...,
    optimize: bool = ...,
    **kwargs: Any,
) -> tuple[Any, Callable[..., tuple[Any, ...]]]: ...
@overload
def vjp(
    f: Function, *primals: Any, has_aux: Literal[True], optimize: bool = ..., **kwargs: Any
) -> tuple[Any, Callable[..., tuple[Any, ...]], Any]: ...
def vjp(
    f: Function, *primals: Any, has_aux: bool = False, optimize: bool = True, **kwargs: Any
) -> tuple[Any, ...]:
    """Reverse mode: the value of f, and the pullback of adjoints.

    Args:
        f: a plain function, or a derivative of one.
        primals: the point, f's positional arguments.
        has_aux: f returns (value, aux).
        kwargs: keyword arguments of f; they get no adjoint.

    Returns:
        (value, pullback); with has_aux (value, pullback, aux). pullback(y_bar) takes an adjoint
        with the structure of the value and returns a tuple with one gradient a primal, None for
        strings, None, bools and integer arrays. It may be called any number of times, also
        after the primals have changed. pullback.memory_plan() says what it holds.

    Raises:
        UnsupportedInput: the adjoint has not the structure or shape of the value.
        UnsupportedSyntax, MissingRule, AmbiguousAlias: f cannot be compiled; with the line.

    Method: linearise and transpose (Radul et al., You Only Linearize Once, POPL 2023).

    >>> value, pullback = vjp(lambda x, y: x * y, 2.0, 5.0)
    >>> pullback(1.0)
    (5.0, 2.0)
    """
    return vjp_call(f, primals, kwargs, optimize, has_aux)


@overload
def linearize(
    f: Function,
    *primals: Any,
    has_aux: Literal[False] = ...,
    optimize: bool = ...,
    **kwargs: Any,
) -> tuple[Any, Callable[..., Any]]: ...
@overload
def linearize(
    f: Function, *primals: Any, has_aux: Literal[True], optimize: bool = ..., **kwargs: Any
) -> tuple[Any, Callable[..., Any], Any]: ...
def linearize(
    f: Function, *primals: Any, has_aux: bool = False, optimize: bool = True, **kwargs: Any
) -> tuple[Any, ...]:
    """The value of f, and its derivative there as a function of the tangents.

    Args:
        f: a plain function, or a derivative of one.
        primals: the point, f's positional arguments.
        has_aux: f returns (value, aux).
        kwargs: keyword arguments of f; they are not perturbed.

    Returns:
        (value, linear); with has_aux (value, linear, aux). linear(*tangents) takes one tangent a
        primal (None: not perturbed) and returns the tangent of the value. f is evaluated once,
        however often linear is called; it stays the same when the primals change.

    Raises:
        UnsupportedInput: a tangent has not the structure or shape of its primal.
        UnsupportedSyntax, MissingRule, AmbiguousAlias: f cannot be compiled; with the line.

    Method: the linearised program in two halves; the second is linear and reads what the first
    has kept.

    >>> value, linear = linearize(lambda x: x * x, 3.0)
    >>> value, linear(1.0), linear(2.0)
    (9.0, 6.0, 12.0)
    """
    return linearize_call(f, primals, kwargs, optimize, has_aux)


class Product:
    """A product of the Hessian with a vector, as a function of f's arguments and the vector.

    Attributes: `source` (the text that ran last), `memory_plan(*args)`, `__wrapped__` (the plain
    function).
    """

    __adcompile__ = True

    __name__: str

    def __init__(self, gradient: Compiled, transform: Transform, optimize: bool) -> None:
        self._made = (gradient, transform, optimize)
        self.state = state_of(gradient, transform, optimize)
        functools.update_wrapper(self, gradient.__wrapped__)
        self.__signature__ = _with_vector(gradient)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args:
            raise UnsupportedInput("the vector comes after the arguments of the function")
        return product_call(self.state, args[:-1], args[-1], kwargs)

    @property
    def source(self) -> str:
        """The text that ran last; before any call, general code for unknown arguments."""
        return self.state.source()

    def memory_plan(self, *args: Any, **kwargs: Any) -> MemoryPlan:
        """What a call with these arguments keeps, without running it (see `grad`)."""
        return self.state.memory_plan(args[:-1], kwargs)

    def __adcompile_parts__(self) -> tuple[Any, ...]:
        return self.state.parts()

    def __reduce__(self) -> Any:
        return global_name(self) or (Product, self._made)


def _with_vector(gradient: Compiled) -> inspect.Signature:
    spec = inspect.signature(gradient)
    before = [p for p in spec.parameters.values() if p.kind <= p.VAR_POSITIONAL]
    after = [p for p in spec.parameters.values() if p.kind > p.VAR_POSITIONAL]
    before = [p.replace(kind=p.POSITIONAL_ONLY, default=p.empty) for p in before]
    name = "v" if "v" not in spec.parameters else "vector"
    vector = inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY)
    return spec.replace(parameters=[*before, vector, *after], return_annotation=spec.empty)


def _product(name: str, kind: str, f: Any, argnums: Argnums, optimize: bool) -> Any:
    if f is None:
        return lambda fn: _product(name, kind, fn, argnums, optimize)
    check_callable(name, f)
    selected, single = selection(argnums)
    gradient = compiled("grad", f, argnums, optimize)
    return Product(gradient, Transform(kind, selected, single), optimize)


@overload
def hvp(f: Function, argnums: Argnums = ..., *, optimize: bool = ...) -> Product: ...
@overload
def hvp(
    f: None = ..., argnums: Argnums = ..., *, optimize: bool = ...
) -> Callable[[Function], Product]: ...
def hvp(f: Function | None = None, argnums: Argnums = 0, *, optimize: bool = True) -> Any:
    """The Hessian times a vector, without the Hessian: hvp(f)(x, v).

    Args:
        f: a function that returns a number, as for `grad`.
        argnums: the argument to differentiate twice, as for `grad`.

    Returns:
        A function of f's arguments and, last by position, the vector: of the structure and
        shape of the argument, a tuple for several. The result has that structure too.

    Raises:
        UnsupportedInput: the vector has not the structure or shape of the argument.
        What `grad` raises.

    Method: forward over reverse (Pearlmutter, Fast Exact Multiplication by the Hessian, 1994).

    >>> hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return _product("hvp", "pushforward", f, argnums, optimize)


@overload
def vhp(f: Function, argnums: Argnums = ..., *, optimize: bool = ...) -> Product: ...
@overload
def vhp(
    f: None = ..., argnums: Argnums = ..., *, optimize: bool = ...
) -> Callable[[Function], Product]: ...
def vhp(f: Function | None = None, argnums: Argnums = 0, *, optimize: bool = True) -> Any:
    """A vector times the Hessian, by reverse over reverse: vhp(f)(x, v).

    Args:
        f, argnums: as for `hvp`.

    Returns:
        As `hvp`; the Hessian is symmetric, so the numbers are the same. For functions that only
        have adjoint rules.

    Raises:
        What `hvp` raises.

    Method: the pullback of the gradient.

    >>> vhp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return _product("vhp", "pullback", f, argnums, optimize)


__all__ = ["Product", "hvp", "jvp", "linearize", "vhp", "vjp"]
