"""What the public functions share: how arguments are selected, what makes a decorator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

from adcompile.compiling.request import Transform
from adcompile.dispatch.compiled import Compiled
from adcompile.errors import BadArgnums, UnsupportedInput

Argnums = int | str | Sequence[int | str]


def selection(argnums: Argnums) -> tuple[tuple[int | str, ...], bool]:
    """The selected positions and names, and whether one was given that is not in a sequence."""
    single = isinstance(argnums, str) or hasattr(argnums, "__index__")
    chosen: Any = (argnums,) if single else argnums
    if isinstance(argnums, (set, frozenset, dict)):
        raise BadArgnums(
            f"argnums has an order, which a {type(argnums).__name__} has not", advice="Use a tuple."
        )
    try:
        selected = tuple(
            a if isinstance(a, (bool, str)) or not hasattr(a, "__index__") else index(a)
            for a in chosen
        )
    except TypeError:
        raise BadArgnums(
            f"argnums must be an int, a name, or a sequence of these, not {argnums!r}"
        ) from None
    return selected, single


def check_callable(name: str, f: Any) -> None:
    if not callable(f):
        raise UnsupportedInput(
            f"{name} takes a function first, not {f!r}",
            advice=f"As a decorator with arguments, name them: @{name}(argnums=...).",
        )


def compiled(
    name: str,
    f: Any,
    argnums: Argnums,
    optimize: bool,
    kinds: Sequence[str] = (),
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    """f under transforms of these kinds (default: the one called `name`); without f, a decorator
    that makes it."""
    if f is None:

        def decorate(fn: Callable[..., Any]) -> Any:
            return compiled(name, fn, argnums, optimize, kinds, has_aux, holomorphic)

        return decorate
    check_callable(name, f)
    selected, single = selection(argnums)
    transforms = [
        Transform(kind, selected, single, has_aux, holomorphic=holomorphic)
        for kind in kinds or (name,)
    ]
    return Compiled(f, transforms, optimize)
