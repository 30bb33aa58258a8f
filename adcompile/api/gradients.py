"""Gradients: reverse mode for functions that return a number, and derivatives of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, overload

from adcompile.api.options import Argnums, compiled
from adcompile.dispatch.compiled import Compiled
from adcompile.errors import UnsupportedInput

P = ParamSpec("P")
Function = Callable[..., Any]


@overload
def grad(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def grad(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def grad(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The gradient of a function that returns a number, by reverse mode.

    Args:
        f: a plain Python function of numbers, float arrays, or containers of these. It returns
            a real number, or an array with one entry.
        argnums: the argument to differentiate: a position (negative counts from the end), a
            name, or a sequence of these, which gives a tuple of gradients. A keyword argument
            is selected by its name.
        has_aux: f returns (value, aux); the result is (gradient, aux).
        holomorphic: f maps complex numbers to a complex number and has a complex derivative,
            which is the result. Otherwise the value is real, and the gradient at z = x + 1j * y
            is df/dx - 1j * df/dy: descend along its conjugate.
        optimize: False writes one primitive a line, v0, v1, ..., as in a trace.

    Returns:
        A function of f's arguments. The gradient has the structure, type, dtype and shape of
        its argument. `.source` is the text that ran.

    Raises:
        NonScalarOutput: f returns an array, a complex number or None.
        NotDifferentiable: a selected argument holds integers.
        BadArgnums: argnums names no argument of f.
        UnsupportedSyntax, MissingRule, AmbiguousAlias: f cannot be compiled; with the line.

    Also a decorator, bare or with arguments. Method: linearise and transpose (Radul et al.,
    You Only Linearize Once, POPL 2023; Griewank and Walther, Evaluating Derivatives, ch. 3).

    >>> def f(x, *, scale=1.0):
    ...     return scale * np.sum(x**3)
    >>> grad(f)(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> grad(f, argnums=[0, "scale"])(2.0, scale=3.0)
    (36.0, 8.0)
    """
    return compiled("grad", f, argnums, optimize, (), has_aux, holomorphic)


@overload
def value_and_grad(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def value_and_grad(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def value_and_grad(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The value and the gradient: (value, gradient), or ((value, aux), gradient).

    Args:
        f, argnums, has_aux, holomorphic, optimize: as for `grad`.

    Returns:
        A function of f's arguments.

    Raises:
        What `grad` raises.

    Method: as for `grad`; the value is computed once.

    >>> value_and_grad(lambda x: np.sum(x * x))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    return compiled("value_and_grad", f, argnums, optimize, (), has_aux, holomorphic)


@overload
def elementwise_grad(
    f: Callable[P, Any], argnums: Argnums = ..., *, optimize: bool = ...
) -> Compiled[P]: ...
@overload
def elementwise_grad(
    f: None = ..., argnums: Argnums = ..., *, optimize: bool = ...
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def elementwise_grad(
    f: Function | None = None, argnums: Argnums = 0, *, optimize: bool = True
) -> Any:
    """The derivative of each entry of an array function by the same entry of its argument.

    Args:
        f: a function whose result's entries each depend on the same entry of the argument
            only. Of other functions it gives the sum of each column of the Jacobian.
        argnums, optimize: as for `grad`.

    Returns:
        A function of f's arguments; its result has the argument's shape.

    Raises:
        What `grad` raises; NonScalarOutput where f returns a container.

    Method: the gradient of the sum of the entries, one reverse sweep.

    >>> elementwise_grad(lambda x: np.sin(x))(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """
    return compiled("elementwise_grad", f, argnums, optimize)


@overload
def derivative(
    f: Callable[P, Any], n: int = ..., argnums: int | str = ..., *, optimize: bool = ...
) -> Compiled[P]: ...
@overload
def derivative(
    f: None = ..., n: int = ..., argnums: int | str = ..., *, optimize: bool = ...
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def derivative(
    f: Function | None = None, n: int = 1, argnums: int | str = 0, *, optimize: bool = True
) -> Any:
    """The n-th derivative of a function of a number.

    Args:
        f: a function of a number; it may return numbers, arrays, or containers of these.
        n: the order, 0 or more.
        argnums: which argument, as for `grad`.

    Returns:
        A function of f's arguments; its result has the structure of f's.

    Raises:
        UnsupportedInput: n is no order.
        NotDifferentiable: the argument is no number.

    Method: forward mode, n times (Griewank and Walther, ch. 3.1).

    >>> derivative(lambda x: x**4, n=3)(2.0)
    48.0
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise UnsupportedInput(f"the order of a derivative is 0, 1, 2, ..., not {n!r}")
    return compiled("derivative", f, argnums, optimize, ("derivative",) * n or ("primal",))


__all__ = ["derivative", "elementwise_grad", "grad", "value_and_grad"]
