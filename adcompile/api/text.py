"""The generated text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcompile.api.options import Argnums


def source(
    f: Callable[..., Any],
    mode: str = "reverse",
    argnums: Argnums | None = None,
    *,
    optimize: bool = True,
) -> Callable[..., str]:
    """The generated text of a derivative: source(f, mode=...)(*args).

    Args:
        f: a plain function.
        mode: "reverse" (gradient with respect to `argnums`, default all float arguments),
            "forward" (value and tangent), or "primal".
        argnums: as for `grad`.
        optimize: False writes one primitive a line.

    Returns:
        A function of f's arguments that returns the text; `str` of it is general code.

    Raises:
        What `grad` and `jvp` raise.

    >>> print(source(lambda x: x * x, mode="reverse")(3.0).splitlines()[0])
    def f_grad(x):
    """
    from adcompile.export import SourceText

    return SourceText(f, mode, argnums, optimize)


__all__ = ["source"]
