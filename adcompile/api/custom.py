"""Derivatives that the user states: own rules for functions, and what happens to adjoints."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from operator import index
from typing import Any, TypeVar

import numpy as np

from adcompile.api.options import check_callable
from adcompile.codegen.load import load_text
from adcompile.dispatch.pickling import global_name, portable, texts_with
from adcompile.errors import BadArgnums, UnsupportedInput
from adcompile.frontend.source import Located, function_source, receive_texts
from adcompile.frontend.structure import parts_of
from adcompile.rules.dsl import (
    REGISTRY,
    CustomAdjoint,
    CustomTangent,
    register_function,
)

T = TypeVar("T")
Function = Callable[..., Any]


def stop_gradient(x: T) -> T:
    """The value of x, as a constant for derivatives.

    Args:
        x: a number, an array, or a container of these.

    Returns:
        x; of an array a copy, of a container a new one.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    parts = parts_of(x)
    if parts is not None:
        made: T = parts.made([stop_gradient(v) for v in parts.values])
        return made
    return x.copy() if isinstance(x, np.ndarray) else x


def on_adjoint(h: T, fn: Callable[[Any], Any]) -> T:
    """The value h; its adjoint goes through `fn` in the reverse sweep.

    Args:
        h: a number or an array.
        fn: a function of the adjoint of h. It may print, check, or stop in a debugger, and
            returns a new adjoint of the same shape, or None for the one it was given. It is
            called once for each execution of this line that has an adjoint, the last first.

    Returns:
        h; of an array a copy.

    Raises:
        MissingRule: a second derivative is taken through it.
        ValueError: fn returns another shape.

    Forward mode does not call fn. Method: the transpose of the identity, with fn in its place.

    >>> def f(x):
    ...     h = on_adjoint(x * x, lambda h_bar: np.clip(h_bar, -1.0, 1.0))
    ...     return 10.0 * h
    >>> grad(f)(3.0)
    6.0
    """
    if not callable(fn):
        raise UnsupportedInput(f"on_adjoint takes a function, not {fn!r}")
    return h.copy() if isinstance(h, np.ndarray) else h


class Custom:
    """A function with a derivative of its own: callable like the function.

    Attributes: `__wrapped__` (the plain function), `nondiff_argnums`.
    """

    __adcompile__ = True

    __name__: str
    __wrapped__: Function

    def __new__(cls, f: Function | None = None, nondiff_argnums: int | Sequence[int] = ()) -> Any:
        """Without a function, a decorator that makes one of it."""
        if f is None:
            return functools.partial(cls, nondiff_argnums=nondiff_argnums)
        return super().__new__(cls)

    def __init__(
        self, f: Function | None = None, nondiff_argnums: int | Sequence[int] = ()
    ) -> None:
        assert f is not None  # without a function none is made
        check_callable(type(self).__name__, f)
        functools.update_wrapper(self, f)
        function_source(f)
        given = (nondiff_argnums,) if hasattr(nondiff_argnums, "__index__") else nondiff_argnums
        self._names = _parameters(f)
        self.nondiff_argnums = tuple(sorted(_position(a, len(self._names), f) for a in given))
        self._prim = register_function(f, key=self)
        self._entry: Function | None = None
        self._rules: tuple[str, tuple[Any, ...]] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __adcompile_parts__(self) -> tuple[Any, ...]:
        """What tells it from another one."""
        kind = type(self).__name__
        return (kind, self.__wrapped__, self.nondiff_argnums, self._prim.rule, self._rules)

    def __reduce__(self) -> Any:
        """By name if a module holds it under its name, else with its function and rules."""
        named = global_name(self)
        if named is not None:
            return named
        rules = [r for r in (self._rules or ("", ()))[1] if r is not None]
        texts = texts_with(self.__wrapped__, *rules)
        made = (type(self), texts, portable(self.__wrapped__), self.nondiff_argnums)
        return (_received, made, self._rules)

    def __setstate__(self, rules: tuple[str, tuple[Any, ...]] | None) -> None:
        if rules is not None:
            name, given = rules
            getattr(self, name)(*given)

    def __adcompile_entry__(self) -> Function:
        """A plain function that calls this one: what is compiled for `grad(f)`."""
        if self._entry is None:
            name = self.__name__ if self.__name__.isidentifier() else "f"
            inner = f"{name}_custom"
            passed = ", ".join(self._names)
            text = f"def {name}{_spec(self.__wrapped__)}:\n    return {inner}({passed})\n"
            made = load_text(text, name, {inner: self})
            made.__defaults__ = self.__wrapped__.__defaults__
            made.__adcompile_owner__ = self  # type: ignore[attr-defined]
            self._entry = made
        return self._entry


def _received(
    kind: type[Custom], texts: dict[str, Located], f: Function, nondiff: tuple[int, ...]
) -> Custom:
    receive_texts(texts)
    return kind(f, nondiff)


def _parameters(f: Function) -> tuple[str, ...]:
    spec = inspect.signature(f)
    for p in spec.parameters.values():
        if p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            raise UnsupportedInput(
                f"{f.__name__} has the parameter {p}, which a custom derivative cannot have",
                advice="Let it take its arguments by position, each under its name.",
            )
    return tuple(spec.parameters)


def _spec(f: Function) -> str:
    """The parameters of f, with `None` for defaults (they are set afterwards)."""
    parts = []
    for p in inspect.signature(f).parameters.values():
        parts.append(p.name if p.default is p.empty else f"{p.name}=None")
    return f"({', '.join(parts)})"


def _position(a: Any, count: int, f: Function) -> int:
    try:
        position = index(a)
    except TypeError:
        raise BadArgnums(f"nondiff_argnums holds positions, not {a!r}") from None
    if not -count <= position < count:
        raise BadArgnums(f"nondiff_argnums={a} is out of range for {f.__name__}")
    return position % count


class custom_jvp(Custom):
    """A function with a tangent of its own, as in JAX.

    Args:
        f: a function of numbers, arrays and sequences of these, by position; it returns a
            number or an array. Also a decorator.
        nondiff_argnums: positions of arguments that have no tangent; the rule gets them first.

    Returns:
        The function, with `defjvp` and `defjvps`.

    Raises:
        MissingRule: it is differentiated before a rule is given.
        BadArgnums: nondiff_argnums names no argument.
        SourceUnavailable: the rule's source cannot be read.

    Method: the rule's source is inlined where f is called, and transposed for reverse mode; so it
    must be linear in the tangents.

    >>> @custom_jvp
    ... def f(x):
    ...     return np.log1p(np.exp(x))
    >>> @f.defjvp
    ... def f_jvp(primals, tangents):
    ...     (x,), (x_dot,) = primals, tangents
    ...     return f(x), x_dot / (1.0 + np.exp(-x))
    >>> float(grad(f)(1000.0))
    1.0
    """

    def defjvp(self, rule: Function) -> Function:
        """Set the rule: f_jvp(*nondiff, primals, tangents) -> (value, tangent)."""
        source = function_source(rule)
        self._rules = ("defjvp", (rule,))
        made = CustomTangent(source, rule, self._names, self.nondiff_argnums)
        REGISTRY.tangents[self._prim.rule] = made
        REGISTRY.changed("", "custom", self)
        return rule

    def defjvps(self, *rules: Function | None) -> None:
        """Set a rule an argument: rule(x_dot, value, *args), None where it has no tangent."""
        if len(rules) != len(self._names):
            raise UnsupportedInput(
                f"defjvps got {len(rules)} rules for {len(self._names)} arguments"
            )
        names = [f"rule_{i}" for i in range(len(rules))]
        args = ", ".join(self._names)
        terms = [
            f"{n}(tangents[{i}], value, {args})"
            for i, (n, r) in enumerate(zip(names, rules, strict=True))
            if r is not None
        ]
        text = (
            "def rule(primals, tangents):\n"
            f"    {args}, = primals\n"
            f"    value = function({args})\n"
            f"    return value, {' + '.join(terms) or '0.0 * tangents[0]'}\n"
        )
        constants = {n: r for n, r in zip(names, rules, strict=True) if r is not None}
        self.defjvp(load_text(text, "rule", {**constants, "function": self}))
        self._rules = ("defjvps", rules)


class custom_vjp(Custom):
    """A function with an adjoint of its own, as in JAX.

    Args:
        f: a function of numbers, arrays and sequences of these, by position; it returns a
            number or an array. Also a decorator.
        nondiff_argnums: positions of arguments that have no adjoint; the backward rule gets
            them first.

    Returns:
        The function, with `defvjp`.

    Raises:
        MissingRule: it is differentiated by forward mode, or before a rule is given.
        BadArgnums: nondiff_argnums names no argument.
        SourceUnavailable: a rule's source cannot be read.

    Method: both rules are inlined in the reverse sweep; what the forward one keeps is stored or
    computed again, as other residuals are.

    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda kept, bar: (np.clip(bar, -1.0, 1.0),))
    >>> grad(lambda x: 5.0 * clipped(x))(3.0)
    1.0
    """

    def defvjp(self, forward: Function, backward: Function) -> None:
        """Set the rules: forward(*args) -> (value, residuals), and backward(*nondiff, residuals,
        adjoint) -> a tuple with one adjoint an argument, None where it has none."""
        made = CustomAdjoint(
            function_source(forward),
            forward,
            function_source(backward),
            backward,
            self._names,
            self.nondiff_argnums,
        )
        self._rules = ("defvjp", (forward, backward))
        REGISTRY.adjoints[self._prim.rule] = made
        REGISTRY.changed("", "custom", self)


__all__ = ["Custom", "custom_jvp", "custom_vjp", "on_adjoint", "stop_gradient"]
