"""The public functions, with JAX's names and argument order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any, TypeVar, overload

from adcompile import nested
from adcompile.dispatch import Compiled, jvp_call, vjp_call
from adcompile.errors import BadArgnums, UnsupportedInput
from adcompile.pipeline import Transform

F = TypeVar("F", bound=Callable[..., Any])
Argnums = int | str | Sequence[int | str]


def _derivative(
    kind: str, f: Any, argnums: Argnums, has_aux: bool, holomorphic: bool, optimize: bool
) -> Any:
    if f is None:
        return lambda fn: _derivative(kind, fn, argnums, has_aux, holomorphic, optimize)
    if not callable(f):
        raise UnsupportedInput(
            f"{kind} takes a function first, not {f!r}",
            advice=f"As a decorator with arguments, name them: @{kind}(argnums=...).",
        )
    single = isinstance(argnums, str) or hasattr(argnums, "__index__")
    chosen = (argnums,) if single else argnums
    try:
        selected = tuple(
            a if isinstance(a, (bool, str)) or not hasattr(a, "__index__") else index(a)
            for a in chosen  # type: ignore[union-attr]
        )
    except TypeError:
        raise BadArgnums(
            f"argnums must be an int, a name, or a sequence of these, not {argnums!r}"
        ) from None
    transform = Transform(kind, selected, single, has_aux, holomorphic=holomorphic)
    return Compiled(f, (transform,), optimize)


@overload
def grad(
    f: Callable[..., Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled: ...
@overload
def grad(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[..., Any]], Compiled]: ...
def grad(
    f: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The gradient of a function that returns a number, by reverse mode.

    Args:
        f: a plain Python function of numbers, float arrays, or tuples, lists and dicts of these.
        argnums: the argument to differentiate: a position (negative counts from the end), a
            name, or a sequence of these, which gives a tuple of gradients.
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
    """
    return _derivative("grad", f, argnums, has_aux, holomorphic, optimize)


@overload
def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Compiled: ...
@overload
def value_and_grad(
    f: None = ...,
    argnums: Argnums = ...,
    has_aux: bool = ...,
    holomorphic: bool = ...,
    *,
    optimize: bool = ...,
) -> Callable[[Callable[..., Any]], Compiled]: ...
def value_and_grad(
    f: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    optimize: bool = True,
) -> Any:
    """The value and the gradient: (value, gradient), or ((value, aux), gradient).

    Arguments and errors as for `grad`.
    """
    return _derivative("value_and_grad", f, argnums, has_aux, holomorphic, optimize)


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    optimize: bool = True,
    **kwargs: Any,
) -> tuple[Any, Any]:
    """Forward mode: the value of f and its derivative along the tangents.

    Args:
        f: a plain function, or a derivative of one.
        primals: the point, a tuple of f's positional arguments.
        tangents: for each primal a tangent of its structure and shape; None: not perturbed.

    Returns:
        (value, tangent), each with the structure of f's result.
    """
    return jvp_call(f, tuple(primals), tuple(tangents), kwargs, optimize)


def vjp(
    f: Callable[..., Any], *primals: Any, optimize: bool = True, **kwargs: Any
) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """Reverse mode: the value of f, and the pullback of adjoints.

    Returns:
        (value, pullback). pullback(y_bar) takes an adjoint with the structure of the value and
        returns a tuple with one gradient a primal, None for strings, None, bools and integer
        arrays. It may be called any number of times, also after the primals have changed.
    """
    return vjp_call(f, primals, kwargs, optimize)


def source(
    f: Callable[..., Any],
    mode: str = "reverse",
    argnums: Argnums | None = None,
    *,
    optimize: bool = True,
) -> Callable[..., str]:
    """The generated text of a derivative: source(f, mode=...)(*args).

    mode: "reverse" (gradient with respect to `argnums`, default all float arguments), "forward"
    (value and tangent), or "primal".
    """
    from adcompile.export import SourceText

    return SourceText(f, mode, argnums, optimize)


__all__ = ["grad", "jvp", "source", "value_and_grad", "vjp"]

nested.register(__import__(__name__, fromlist=["api"]))
