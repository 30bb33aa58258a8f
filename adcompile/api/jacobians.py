"""Jacobians and Hessians: all directions at once, along a leading axis of generated code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, overload

from adcompile.api.options import Argnums, compiled
from adcompile.dispatch.compiled import Compiled

P = ParamSpec("P")
Function = Callable[..., Any]


@overload
def jacfwd(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def jacfwd(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def jacfwd(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The Jacobian by forward mode, for functions with fewer inputs than outputs.

    Args:
        f: a plain function; its result may be a number, an array, or a container of these.
        argnums, has_aux, holomorphic, optimize: as for `grad`.

    Returns:
        A function of f's arguments. Each leaf of f's result is replaced by the structure of the
        selected argument (a tuple for several), with leaves of shape
        result.shape + argument.shape; None where the result or the argument holds no floats.

    Raises:
        NotDifferentiable: a selected argument holds integers, or complex numbers without
            holomorphic.
        BadArgnums, UnsupportedSyntax, MissingRule, AmbiguousAlias: as for `grad`.

    Method: one tangent for each input entry, carried together along a leading axis (Griewank
    and Walther, Evaluating Derivatives, ch. 3.1, vector mode). Memory: that many tangents.

    >>> jacfwd(lambda x: np.array([x[0] * x[1], x[1]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [0., 1.]])
    """
    return compiled("jacfwd", f, argnums, optimize, (), has_aux, holomorphic)


@overload
def jacrev(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def jacrev(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def jacrev(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The Jacobian by reverse mode, for functions with fewer outputs than inputs.

    Args:
        f, argnums, has_aux, holomorphic, optimize: as for `jacfwd`.

    Returns:
        As `jacfwd`.

    Raises:
        What `jacfwd` raises.

    Method: one adjoint for each output entry, carried together along a leading axis; of a
    number the gradient itself.

    >>> jacrev(lambda x, y: (x * y, x @ y), argnums=1)(np.array([2.0, 3.0]), np.ones(2))
    (array([[2., 0.],
           [0., 3.]]), array([2., 3.]))
    """
    return compiled("jacrev", f, argnums, optimize, (), has_aux, holomorphic)


@overload
def jacobian(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def jacobian(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def jacobian(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The Jacobian by the mode that takes fewer sweeps.

    Args:
        f, argnums, has_aux, holomorphic, optimize: as for `jacfwd`.

    Returns:
        As `jacfwd`.

    Raises:
        What `jacfwd` raises.

    Method: `jacrev` if the result has fewer entries than the selected arguments, else `jacfwd`;
    decided by the lengths of the call, and again when they change sides.

    >>> jacobian(lambda x: np.sum(x * x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return compiled("jacobian", f, argnums, optimize, (), has_aux, holomorphic)


@overload
def hessian(
    f: Callable[P, Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled[P]: ...
@overload
def hessian(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[P, Any]], Compiled[P]]: ...
def hessian(
    f: Function | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The matrix of second derivatives, forward over reverse.

    Args:
        f, argnums, has_aux, holomorphic, optimize: as for `jacfwd`.

    Returns:
        A function of f's arguments; of a scalar f and an array x an array of shape
        x.shape + x.shape. Containers nest as in `jacfwd(jacrev(f))`.

    Raises:
        What `jacfwd` raises.

    Method: the gradient's tangents in all directions at once (Griewank and Walther,
    Evaluating Derivatives, ch. 5).

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    kinds = ("jacrev", "jacfwd")
    return compiled("hessian", f, argnums, optimize, kinds, has_aux, holomorphic)


__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]
