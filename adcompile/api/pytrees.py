"""Containers as vectors: for optimisers that know arrays only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.codegen.load import load_text
from adcompile.errors import UnsupportedInput
from adcompile.frontend.structure import is_number, parts_of
from adcompile.runtime.helpers import rebuilt


def ravel_pytree(tree: Any) -> tuple[np.ndarray, Callable[[Any], Any]]:
    """The floats of a container as one vector, and the function that puts a vector back.

    Args:
        tree: a number, an array, or any nesting of tuples, lists, dicts, named tuples,
            dataclasses and objects of these. Strings, None, bools and integers are kept as
            they are.

    Returns:
        (vector, unravel): the entries in order, of the common dtype; and unravel(vector), which
        gives a container of this structure, each leaf in its shape and dtype. An object's
        `__init__` is not run. unravel is plain Python (`unravel.source`), so it may stand in a
        function that is differentiated.

    Raises:
        UnsupportedInput: the container holds something else.
        ValueError: by unravel, of a vector of another length.

    Method: unravel is written out as source: slices of the vector in the container's structure.

    >>> vector, unravel = ravel_pytree({"w": np.ones((2, 2)), "b": 3.0})
    >>> vector
    array([1., 1., 1., 1., 3.])
    >>> unravel(2 * vector)["b"]
    6.0
    >>> grad(lambda v: np.sum(unravel(v)["w"] ** 2))(vector)
    array([2., 2., 2., 2., 0.])
    """
    work = _Unravel()
    expression = work.expression(tree, "tree")
    vector = np.concatenate([np.ravel(p) for p in work.parts]) if work.parts else np.zeros(0)
    text = (
        "def unravel(vector):\n"
        f"    vector = np.reshape(vector, ({work.count},))\n"
        f"    return {expression}\n"
    )
    unravel = load_text("import numpy as np\n\n\n" + text, "unravel", work.constants)
    unravel.source = text  # type: ignore[attr-defined]
    return vector, unravel


class _Unravel:
    """The expression of a container whose floats are slices of `vector`."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.count = 0

    def constant(self, value: Any) -> str:
        for name, known in self.constants.items():
            if known is value:
                return name
        name = getattr(value, "__name__", "kept") if isinstance(value, type) else "kept"
        name = f"{name}_{len(self.constants)}"
        self.constants[name] = value
        return name

    def expression(self, value: Any, path: str) -> str:
        if is_number(value):
            return self.leaf(value)
        parts = parts_of(value)
        if parts is None:
            if value is not None and not isinstance(value, (str, bytes, bool)):
                raise UnsupportedInput(
                    f"{path} is a {type(value).__qualname__}, which cannot be ravelled",
                    advice="Use numbers, arrays, and containers of these.",
                )
            return repr(value)
        items = [
            self.expression(v, f"{path}[{k!r}]")
            for k, v in zip(parts.keys, parts.values, strict=True)
        ]
        if parts.kind == "object":
            self.constants["rebuilt"] = rebuilt
            named = [f", {k}={e}" for k, e in zip(parts.keys, items, strict=True)]
            return f"rebuilt({self.constant(parts.type)}{''.join(named)})"
        if parts.kind == "dict":
            keys = [repr(k) if isinstance(k, (str, int)) else self.constant(k) for k in parts.keys]
            made = ", ".join(f"{k}: {e}" for k, e in zip(keys, items, strict=True))
            plain = f"{{{made}}}"
            return plain if parts.type is dict else f"{self.constant(parts.type)}({plain})"
        listed = ", ".join(items)
        if parts.kind == "list":
            return f"[{listed}]"
        if parts.type is tuple:
            return f"({listed}{',' if len(items) == 1 else ''})"
        return f"{self.constant(parts.type)}({listed})"

    def leaf(self, value: Any) -> str:
        array = np.asarray(value)
        if array.dtype.kind not in "fc":
            return repr(value) if type(value) is int else self.constant(value)
        start, self.count = self.count, self.count + array.size
        self.parts.append(array)
        if isinstance(value, np.ndarray):
            shape = ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")
            part = f"vector[{start}:{self.count}]"
            part += f".reshape(({shape}))" if array.ndim != 1 else ""
            return f"{part}.astype(np.{array.dtype.name})"
        if isinstance(value, np.generic):
            return f"np.{array.dtype.name}(vector[{start}])"
        return f"{type(value).__name__}(vector[{start}])"


__all__ = ["ravel_pytree"]
