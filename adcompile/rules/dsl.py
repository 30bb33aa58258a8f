"""How rules are written down: `@rule` (tangents), `@transpose` (adjoints of linear primitives).

A rule is ordinary Python. Its *source* is parsed and inlined where it applies, so generated
code reads `x2_bar * np.cos(x1)`; it can also be called, which is its unit test.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from adcompile.errors import ADCompileError
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.ir.primitives import Param, Primitive, Registry
from adcompile.ir.table import build

F = TypeVar("F", bound=Callable[..., Any])

REGISTRY: Registry = build()


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule function with what its signature says."""

    fn: Callable[..., Any]
    parameters: tuple[str, ...]
    keywords: tuple[str, ...]

    @property
    def source(self) -> FunctionSource:
        """Parsed when the rule is first used: of hundreds of rules a program needs a few."""
        return function_source(self.fn)


@dataclass(frozen=True, eq=False)
class CustomTangent:
    """A tangent as `custom_jvp` has it: f(*nondiff, primals, tangents) -> (value, tangent)."""

    source: FunctionSource
    fn: Callable[..., Any]
    parameters: tuple[str, ...]
    nondiff: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CustomAdjoint:
    """An adjoint as `custom_vjp` has it: forward(*args) -> (value, residuals), and
    backward(*nondiff, residuals, adjoint) -> the arguments' adjoints."""

    forward: FunctionSource
    forward_fn: Callable[..., Any]
    backward: FunctionSource
    backward_fn: Callable[..., Any]
    parameters: tuple[str, ...]
    nondiff: tuple[int, ...]


def make_rule(fn: Callable[..., Any]) -> Rule:
    """Read a rule's signature. Raises SourceUnavailable without source."""
    if not isinstance(fn, types.FunctionType):
        function_source(fn)  # raises
    code = fn.__code__
    if not fn.__module__.startswith(__package__):
        function_source(fn)
    names = code.co_varnames
    count = code.co_argcount
    return Rule(fn, names[:count], names[count : count + code.co_kwonlyargcount])


def _primitive(target: Any) -> str:
    """The rule key of a function or primitive name, registering a user's own function."""
    if isinstance(target, str):
        return target
    prim = REGISTRY.lookup(target)
    return (prim or register_function(target)).rule


def register_function(
    target: Callable[..., Any], differentiable: bool = True, key: Any = None
) -> Primitive:
    """A row for a function of the user's own; calls of it are kept, not inlined.

    key: the object that is called, if that is not the function itself.
    """
    if not callable(target):
        raise ADCompileError(f"{target!r} is not a function, so it cannot have a rule")
    name = getattr(target, "__name__", type(target).__name__)
    unique = name
    number = 2
    while unique in REGISTRY.by_name:
        unique, number = f"{name}_{number}", number + 1
    try:
        spec = inspect.signature(target)
        params = tuple(
            Param(p.name, p.default is p.empty, None if p.default is p.empty else p.default)
            for p in spec.parameters.values()
        )
    except (TypeError, ValueError):
        params = (Param("x", True),)
    prim = Primitive(
        unique,
        target,
        params,
        f"={name}",
        "user",
        cost=3,
        rule=unique,
        differentiable=differentiable,
    )
    return REGISTRY.add(prim, [target if key is None else key])


def rule(*targets: Any) -> Callable[[F], F]:
    """Declare the tangent rule of functions: `def f(x, *, result, x_dot)`. A decorator.

    Args:
        targets: plain functions, or functions of other libraries (`np.sinc`). The decorated rule
            takes a function's arguments, and by keyword any of `result` and the tangents
            `<argument>_dot` that it needs. It returns the tangent of the result, with its shape
            and dtype, and is linear in the tangents.

    Returns:
        The rule, which can be called: that is its test.

    Raises:
        SourceUnavailable: the rule's source cannot be read.
        TypeError: its parameters are not those of the function.

    Method: the source is inlined where the function is called; reverse mode is derived by
    transposition (Radul et al., You Only Linearize Once, POPL 2023).

    >>> def cube(x):
    ...     return x**3
    >>> @rule(cube)
    ... def cube_rule(x, *, result, x_dot):
    ...     return 3.0 * x**2 * x_dot
    >>> grad(lambda x: cube(x) + x)(2.0)
    13.0
    """

    def register(fn: F) -> F:
        made = make_rule(fn)
        for target in targets:
            key = _primitive(target)
            _check(made, key)
            REGISTRY.tangents[key] = made
            REGISTRY.changed(fn.__module__, "rule", key, target, fn)
        return fn

    return register


def _check(made: Rule, key: str) -> None:
    allowed = [
        p.name for p in next(prim for prim in REGISTRY.by_name.values() if prim.rule == key).params
    ]
    for name in made.keywords:
        base = name.removesuffix("_dot")
        if name != "result" and (base == name or base not in made.parameters):
            raise ADCompileError(
                f"the rule of {key} has the keyword {name!r}",
                made.source.span(made.source.node),
                "Its keywords are `result` and `<argument>_dot`.",
            )
    for name in made.parameters:
        if name not in allowed and allowed:
            raise ADCompileError(
                f"the rule of {key} has the parameter {name!r}, which {key} does not have",
                made.source.span(made.source.node),
                f"The parameters of {key} are: {', '.join(allowed)}.",
            )


def transpose(*targets: Any, wrt: str) -> Callable[[F], F]:
    """Declare how a linear primitive transposes. A decorator: this is how adcompile's own rules
    are written; functions of your own take `rule`.

    Args:
        targets: primitives by name ("multiply"), or functions of NumPy. The decorated rule,
            `def f(x, y, *, result_bar)`, takes their arguments and the adjoint of the result; of
            the argument called `wrt` it may read the shape only. It returns the adjoint of that
            argument, with its shape.
        wrt: the name of an argument in which they are linear.

    Returns:
        The rule.

    Raises:
        SourceUnavailable: the rule's source cannot be read.

    Method: <f(x), y> = <x, transpose(y)>. Functions made of linear ones need none. For instance:

        @transpose("multiply", wrt="x")
        def multiply_x(x, y, *, result_bar):
            return unbroadcast(result_bar * y, x)
    """

    def register(fn: F) -> F:
        made = make_rule(fn)
        for target in targets:
            key = _primitive(target)
            REGISTRY.transposes[key, wrt] = made
            REGISTRY.changed(fn.__module__, "transpose", key, wrt, target, fn)
        return fn

    return register


def stacked(*targets: str, wrt: str) -> Callable[[F], F]:
    """Declare a linear primitive on many values of an operand at once, along a leading axis.

    `def f(x, y)` gets the stack as `wrt`, the other operands as they are, and returns the stack
    of the results. A primitive without such a rule is applied in a loop.
    """

    def register(fn: F) -> F:
        made = make_rule(fn)
        for target in targets:
            REGISTRY.stacked[target, wrt] = made
        return fn

    return register


def adjoint(*targets: Any) -> Callable[[F], F]:
    """Declare the adjoint rule of functions: `def f(x, y, *, result, result_bar)`. A decorator.

    For where the transposed tangent rule is badly conditioned or dear; the reason belongs in the
    rule's docstring. Forward mode still uses the tangent rule, and is MissingRule without one.

    Args:
        targets: the functions. The decorated rule takes a function's arguments and by keyword
            `result` and `result_bar`, of the result's shape. It returns the adjoint of the only
            argument, or a tuple with one for each argument, of their shapes.

    Returns:
        The rule.

    Raises:
        SourceUnavailable: the rule's source cannot be read.

    Method: the source is inlined in the reverse sweep in place of the transposed tangent.

    >>> def norm(x):
    ...     return np.sqrt(np.sum(x * x))
    >>> @adjoint(norm)
    ... def norm_adjoint(x, *, result, result_bar):
    ...     return result_bar * x / max(result, 1e-300)
    >>> grad(lambda x: norm(x) + 0.0)(np.zeros(2))
    array([0., 0.])
    """

    def register(fn: F) -> F:
        made = make_rule(fn)
        for target in targets:
            key = _primitive(target)
            REGISTRY.adjoints[key] = made
            REGISTRY.changed(fn.__module__, "adjoint", key, target, fn)
        return fn

    return register


def nondiff(fn: F) -> F:
    """Declare a function to have no derivative: what it returns is a constant. A decorator.

    Args:
        fn: a plain function, or one of another library.

    Returns:
        fn.

    Raises:
        UnsupportedInput: it cannot be called.

    >>> @nondiff
    ... def rounded(x):
    ...     return float(round(x))
    >>> grad(lambda x: x * rounded(x))(2.2)
    2.0
    """
    prim = REGISTRY.lookup(fn)
    if prim is None:
        register_function(fn, differentiable=False)
        REGISTRY.changed(getattr(fn, "__module__", None) or "", "nondiff", fn)
    return fn


def composition(*targets: Any, constant: bool = False) -> Callable[[F], F]:
    """Declare library functions to be what a plain Python function computes.

    The function is inlined where they are called, so it needs no rule. It has their signature and
    gives exactly their values, kinds and views. constant: its result carries no derivative.
    """

    def register(fn: F) -> F:
        for target in targets:
            REGISTRY.compositions[target] = fn
            if constant:
                REGISTRY.constants.add(target)
        return fn

    return register


def kept(name: str) -> Callable[..., Any]:
    """What compositions and rules call to get the primitive `name` itself."""
    prim = REGISTRY.by_name[name]
    REGISTRY.by_callable.setdefault(prim.fn, prim)
    return prim.fn
