"""A generated function's name and docstring, and the call for which code is general."""

from __future__ import annotations

import types
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from adcompile.compiling.request import Call, Transform
from adcompile.dispatch.targets import Target

KNOWN_CHAINS: dict[tuple[str, ...], list[str]] = {
    ("jacrev", "jacfwd"): ["hessian"],
    ("grad", "pushforward"): ["hvp"],
    ("grad", "pullback"): ["vhp"],
}


def described(
    fn: types.FunctionType, transforms: Sequence[Transform], call: Call, selected: Collection[str]
) -> tuple[str, str]:
    """The generated function's name and docstring."""
    name = fn.__name__ if fn.__name__.isidentifier() else "f"
    chosen = ", ".join(sorted(selected, key=[n for n, _ in call.items()].index))
    kinds = [t.kind for t in transforms]
    kinds = KNOWN_CHAINS.get(tuple(kinds), kinds)
    suffix = "_".join(kinds) or "primal"
    what = {
        "primal": f"Value of {name}.",
        "grad": f"Gradient of {name} with respect to {chosen} (reverse mode).",
        "value_and_grad": f"Value and gradient of {name} with respect to {chosen} (reverse mode).",
        "elementwise_grad": f"Derivative of each entry of {name} with respect to {chosen} "
        "(reverse mode).",
        "jacfwd": f"Jacobian of {name} with respect to {chosen} (forward mode).",
        "jacrev": f"Jacobian of {name} with respect to {chosen} (reverse mode).",
        "jacobian": f"Jacobian of {name} with respect to {chosen}.",
        "derivative": f"Derivative of {name} with respect to {chosen} (forward mode).",
        "hessian": f"Hessian of {name} with respect to {chosen} (forward over reverse mode).",
        "hvp": f"Hessian of {name} times a vector (forward over reverse mode).",
        "vhp": f"A vector times the Hessian of {name} (reverse over reverse mode).",
        "jvp": f"Value and tangent of {name} (forward mode).",
        "pushforward": f"Tangent of {name} (forward mode).",
        "linearize": f"Value of {name}, and its tangent as a function (forward mode).",
        "vjp": f"Value of {name} and adjoints of its arguments (reverse mode).",
        "pullback": f"Adjoints of the arguments of {name} (reverse mode).",
    }
    doc = what[kinds[0]] if len(kinds) == 1 else f"{' of '.join(reversed(kinds))} of {name}."
    return f"{name}_{suffix}", doc


def general_call(target: Target, names: Sequence[str]) -> Call:
    """The call before any call: defaults, annotated arguments, and unknown ones as floats."""
    values: list[Any] = []
    defaults = target.fn.__defaults__ or ()
    positional = target.fn.__code__.co_varnames[: target.fn.__code__.co_argcount]
    known = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    for name in names:
        if name in known:
            values.append(known[name])
            continue
        annotation = target.fn.__annotations__.get(name)
        text = (
            annotation
            if isinstance(annotation, str)
            else getattr(annotation, "__name__", str(annotation))
        )
        if "ndarray" in str(text) or "NDArray" in str(text):
            values.append(np.zeros((2, 3)))
        elif text == "int":
            values.append(2)
        else:
            values.append(0.5)
    bound = len(target.bound)
    values[:bound] = target.bound
    return Call(tuple(values), {}, list(names), bound, target.receiver)
