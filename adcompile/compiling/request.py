"""What is asked for: derivatives of a function, for a call; which arguments they select."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcompile.errors import BadArgnums, NotDifferentiable


@dataclass(frozen=True)
class Transform:
    """One derivative of a function.

    kind: "grad" (adjoints of a scalar result), "value_and_grad", "elementwise_grad", "jvp"
    (value and tangent), "vjp" (value and adjoints, given the result's adjoint), "pushforward" and
    "pullback" (the same without the value), "linearize" (value and tangent, in two halves),
    "jacfwd", "jacrev", "jacobian", "derivative", "primal".
    argnums: selected parameters (positions or names), None for all. single: one selection
    that is not wrapped in a tuple. has_aux: the result is (value, aux). holomorphic: arguments
    and value are complex, and the derivative is the complex one.
    """

    kind: str
    argnums: tuple[Any, ...] | None = (0,)
    single: bool = True
    has_aux: bool = False
    perturbed: tuple[bool, ...] | None = None
    holomorphic: bool = False


GRADIENTS = ("grad", "value_and_grad", "elementwise_grad")
JACOBIANS = ("jacfwd", "jacrev", "jacobian", "derivative")
TANGENTS = ("jvp", "pushforward", "linearize")
ADJOINTS = ("vjp", "pullback")


@dataclass
class Call:
    """A call to compile for: arguments by name, in order; those given by position first.

    bound: how many of them come with the function (a method's object, the arguments of a
    partial), not with the call. receiver: the first is the object whose method it is.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: list[str]
    bound: int = 0
    receiver: bool = False

    def items(self) -> list[tuple[str, Any]]:
        positional = list(zip(self.names, self.args, strict=True))
        return [*positional, *self.kwargs.items()]


def selected_names(t: Transform, call: Call) -> list[str]:
    """The names of the arguments that a transform selects in a call."""
    if t.kind in (*ADJOINTS, "linearize") and t.argnums is None:
        return []
    if t.kind in TANGENTS and t.argnums is None:
        given = call.names[call.bound :]
        on = t.perturbed or (True,) * len(given)
        return [n for n, o in zip(given, on, strict=False) if o]
    if t.kind == "primal":
        return []
    names: list[str] = []
    for a in t.argnums or ():
        if isinstance(a, str):
            names.append(a)
        else:
            if not -len(call.args) <= a < len(call.args):
                raise BadArgnums(
                    f"argnums={a} selects an argument that this call does not pass by position",
                    advice=f"The call passes {len(call.args)} positional arguments.",
                )
            names.append(call.names[a % len(call.args)])
    return names


def opened_names(transforms: Sequence[Transform], call: Call) -> set[str]:
    """The arguments whose objects are taken apart: those that carry derivatives."""
    found = {n for t in transforms for n in selected_names(t, call)}
    if any(t.kind in (*ADJOINTS, "linearize") and t.argnums is None for t in transforms):
        found.update(call.names[call.bound :])
    return found


def check_passed(function: str, transforms: Sequence[Transform], call: Call) -> None:
    """Refuse a gradient by an argument that the call does not pass, or that holds no numbers."""
    values = dict(call.items())
    for t in transforms:
        if t.kind not in (*GRADIENTS, *JACOBIANS):
            continue
        for name in selected_names(t, call):
            if name not in values:
                raise BadArgnums(
                    f"argnums selects {name!r}, which this call of {function} does not pass",
                    advice="Pass the argument; a default is a constant.",
                )
            check_value(function, name, values[name])


def check_value(function: str, name: str, value: Any) -> None:
    """Refuse to differentiate with respect to what holds no numbers."""
    if isinstance(value, (str, bytes, bool, type(None))):
        raise NotDifferentiable(
            f"the argument {name!r} of {function} is {value!r}, which has no derivative",
            advice="Select only numeric arguments with argnums.",
        )


def moved(t: Transform, bound: int) -> Transform:
    """A transform whose positions count the bound arguments too."""
    if not bound or t.argnums is None:
        return t
    moved = tuple(a + bound if isinstance(a, int) and a >= 0 else a for a in t.argnums)
    return replace(t, argnums=moved)


def check_argnums(fn: types.FunctionType, t: Transform, bound: int = 0) -> None:
    """Refuse argnums that no call can satisfy. `bound`: arguments that no call passes."""
    code = fn.__code__
    names = code.co_varnames[bound : code.co_argcount + code.co_kwonlyargcount]
    count = code.co_argcount - bound
    varargs = bool(code.co_flags & inspect.CO_VARARGS)
    varkw = bool(code.co_flags & inspect.CO_VARKEYWORDS)
    seen: list[Any] = []
    listed = f"{fn.__name__} has the arguments: {', '.join(names) or 'none'}."
    for a in t.argnums or ():
        if isinstance(a, bool) or not isinstance(a, (int, np.integer, str)):
            raise BadArgnums(f"argnums must be ints or names, not {a!r}", advice=listed)
        if isinstance(a, str):
            if a not in names and not varkw:
                raise BadArgnums(f"argnums={a!r} names no argument of {fn.__name__}", advice=listed)
            key: Any = names.index(a) if a in names[:count] else a
        else:
            if not varargs and not -count <= a < count:
                raise BadArgnums(f"argnums={a} is out of range for {fn.__name__}", advice=listed)
            key = a % count if count and not varargs else a
        if key in seen:
            raise BadArgnums(f"argnums selects {a!r} twice", advice=listed)
        seen.append(key)
