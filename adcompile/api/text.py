"""The generated text, and modules of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
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

    Method: as for `grad` and `jvp`; the text is compiled, not run.

    >>> print(source(lambda x: x * x, mode="reverse")(3.0).splitlines()[0])
    def f_grad(x):
    """
    from adcompile.exporting import SourceText

    return SourceText(f, mode, argnums, optimize)


def export(
    f: Callable[..., Any],
    path: str | Path,
    modes: str | Sequence[str] | None = None,
    argnums: Argnums | None = None,
    *,
    at: Sequence[Any] | Mapping[str, Any] | None = None,
    optimize: bool = True,
) -> str:
    """Write a function and its derivatives to a file that runs without adcompile.

    Args:
        f: a plain function, or a derivative of one.
        path: the file; one that is there is replaced.
        modes: what to write, one or several of "primal", "grad", "value_and_grad", "jvp", "vjp",
            "elementwise_grad", "derivative", "jacfwd", "jacrev", "hessian", "hvp". Unless told,
            the first five; of a function that returns no number, those that it has.
        argnums: as for `grad`; unless told, every argument that holds floats.
        at: a tuple of arguments, or a dict of them by name: the code is for calls with arguments
            of these types, dtypes and numbers of axes. Unless told, arguments are what their
            annotations say, and floats.
        optimize: False writes one primitive a line.

    Returns:
        The text. Its functions are named after f: f, f_grad, f_value_and_grad, f_jvp (tangents
        follow the arguments; it returns the value and the tangent), f_vjp (the adjoint of the
        result comes last; it returns the value and a tuple of adjoints), and so on. They need
        NumPy, and SciPy if f does. They check their arguments: those for which other code would
        be generated raise TypeError or ValueError. What f reads from outside is written into
        the module as it is now. The same f and at give the same text, byte for byte.

    Raises:
        UnsupportedInput: a mode is unknown.
        ADCompileError: f needs an object that has no text.
        What `grad` and `jvp` raise.

    Method: the generated programs of each mode, and the source of what they call.

    >>> import runpy, tempfile
    >>> def area(r: float) -> float:
    ...     return 3.0 * r**2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = export(area, f"{folder}/area.py", modes=("primal", "grad"))
    ...     module = runpy.run_path(f"{folder}/area.py")
    >>> module["area"](2.0), module["area_grad"](2.0)
    (12.0, 12.0)
    """
    from adcompile.exporting import module_of

    chosen = (modes,) if isinstance(modes, str) else tuple(modes) if modes is not None else None
    text = module_of(f, chosen, argnums, at, optimize)
    Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text


__all__ = ["export", "source"]
