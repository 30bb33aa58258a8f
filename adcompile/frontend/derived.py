"""Derivatives of a function as functions of their own: what a kept call becomes.

    f_tangent(x, ..., x_dot, ...) -> (y, ..., y_dot, ...)      the tangent function
    f_adjoint(x, ..., y_bar, ...) -> (x_bar, ...)              the adjoint function

Each is a line of ordinary Python that takes the derivative of `f` when it runs. So it can be
differentiated like any other function, and derivatives of any order are functions of these two
kinds: `f_tangent_tangent`, `f_tangent_adjoint`.
"""

from __future__ import annotations

import keyword
import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from adcompile.ir.primitives import Primitive, Registry

Function = Callable[..., Any]
_numbers = count(1)


def tangent_function(
    registry: Registry, fn: Function, perturbed: tuple[bool, ...], results: tuple[bool, ...] | None
) -> Function:
    """The tangent function of `fn`: it takes the primals, then the tangents of the perturbed ones.

    results: which items of its result have tangents, None for one number or array. Returns
    these items, then their tangents, in one tuple.
    """
    return _tangent(registry.by_name["jvp_call"].fn, fn, perturbed, results)


def adjoint_function(
    registry: Registry, fn: Function, arguments: int, results: tuple[bool, ...] | None
) -> Function:
    """The adjoint function of `fn`: it takes the primals, then the adjoints of the results.

    results: as for `tangent_function`. Returns a tuple: one adjoint for each argument, None for
    one that has none.
    """
    return _adjoint(registry.by_name["adjoints_call"].fn, fn, arguments, results)


Shape = Any
"""How an argument is made of operands: None for one, else ("tuple" or "list", shapes) or ("dict",
shapes, keys)."""


@cache
def flat_function(fn: Function, shapes: tuple[Shape, ...]) -> Function:
    """`fn` as a function of the numbers and arrays in its arguments."""
    text = _Text(fn, f"{fn.__name__}_flat", 0)
    code = fn.__code__
    names = code.co_varnames[: code.co_argcount]

    def made(shape: Shape, name: str) -> str:
        if shape is None:
            return text.parameter(name)
        kind, inner, *keys = shape
        parts = [made(s, f"{name}_{k}") for k, s in enumerate(inner)]
        if kind == "dict":
            return f"{{{', '.join(f'{k!r}: {p}' for k, p in zip(keys[0], parts, strict=True))}}}"
        return f"[{', '.join(parts)}]" if kind == "list" else _tuple(parts)

    args = [made(s, names[k] if k < len(names) else f"a{k}") for k, s in enumerate(shapes)]
    return text.made(f"return {text.outside(fn.__name__, fn)}({', '.join(args)})")


@cache
def kept_primitive(fn: Function) -> Primitive:
    """The operation that a kept call of `fn` is."""
    name = fn.__name__
    return Primitive(name, fn, (), f"={name}", "recursive", cost=9, rule=name, variadic=True)


@cache
def _tangent(
    jvp: Function, fn: Function, perturbed: tuple[bool, ...], results: tuple[bool, ...] | None
) -> Function:
    text = _Text(fn, f"{fn.__name__}_tangent", len(perturbed))
    dots = [
        text.parameter(f"{n}_dot") if on else "None"
        for n, on in zip(text.primals, perturbed, strict=True)
    ]
    call = f"{text.outside('jvp', jvp)}({text.fn}, {_tuple(text.primals)}, {_tuple(dots)})"
    if results is None:
        return text.made(f"return {call}")
    value, tangent = text.name("value"), text.name("tangent")
    items = [f"{value}[{k}]" for k in range(len(results))]
    items += [f"{tangent}[{k}]" for k, on in enumerate(results) if on]
    return text.made(f"{value}, {tangent} = {call}", f"return {_tuple(items)}")


@cache
def _adjoint(
    adjoints: Function, fn: Function, arguments: int, results: tuple[bool, ...] | None
) -> Function:
    text = _Text(fn, f"{fn.__name__}_adjoint", arguments)
    if results is None:
        given = text.parameter("y_bar")
    else:
        given = _tuple(
            [text.parameter(f"y{k}_bar") if on else "None" for k, on in enumerate(results)]
        )
    call = f"{text.outside('adjoints', adjoints)}({text.fn}, {_tuple(text.primals)}, {given})"
    made = text.made(f"return {call}")
    _adjoints[made] = Adjoint(fn, arguments, results)
    return made


@dataclass(frozen=True)
class Adjoint:
    """What an adjoint function is the adjoint of: the function, how many arguments it has, which
    items of its result have adjoints."""

    fn: Function
    arguments: int
    results: tuple[bool, ...] | None


_adjoints: dict[Function, Adjoint] = {}


def adjoint_of(fn: Function) -> Adjoint | None:
    """What `fn` is the adjoint function of."""
    return _adjoints.get(fn)


class _Text:
    """The text of a function of one more function's arguments; no two names in it are one."""

    def __init__(self, fn: Function, name: str, arguments: int) -> None:
        code = fn.__code__
        self.own = name if name.isidentifier() else "derived"
        self.taken = {self.own}
        self.scope: dict[str, Any] = {}
        self.params: list[str] = []
        names = code.co_varnames[: code.co_argcount][:arguments]
        for k in range(arguments):
            self.parameter(names[k] if k < len(names) else f"a{k}")
        self.primals = tuple(self.params)
        self.fn = self.outside(fn.__name__, fn) if arguments else ""

    def name(self, wanted: str) -> str:
        """`wanted`, with a number if something else has that name."""
        wanted = wanted if wanted.isidentifier() else "f"
        text, number = wanted, 2
        while text in self.taken or keyword.iskeyword(text):
            text, number = f"{wanted}{number}", number + 1
        self.taken.add(text)
        return text

    def parameter(self, wanted: str) -> str:
        self.params.append(self.name(wanted))
        return self.params[-1]

    def outside(self, wanted: str, value: Any) -> str:
        """The name of an object that the text refers to."""
        text = self.name(wanted)
        self.scope[text] = value
        return text

    def made(self, *lines: str) -> Function:
        """The function; linecache knows the text, which is read again to be differentiated."""
        head = f"def {self.own}({', '.join(self.params)}):"
        text = "\n".join((head, *(f"    {line}" for line in lines), ""))
        filename = f"<adcompile {self.own} {next(_numbers)}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        namespace: dict[str, Any] = {"__name__": "adcompile.generated", **self.scope}
        exec(compile(text, filename, "exec"), namespace)
        made: Function = namespace[self.own]
        return made


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
