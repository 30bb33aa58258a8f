"""Containers as vectors: for optimisers that know arrays only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from adcompile.codegen.load import load_text
from adcompile.errors import UnsupportedInput
from adcompile.frontend.structure import NUMBERS, REGISTERED, is_number, parts_of
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


C = TypeVar("C", bound=type)


def register_container(cls: C) -> C:
    """Let objects of a class be containers, where they are not by themselves.

    Args:
        cls: a subclass of dict or list that is made from a dict or list alone, or a class whose
            objects are no containers otherwise: one of a library, or with an `__array__` method.
            Dataclasses, named tuples and the other classes that you write in Python need no
            registration. Also a decorator.

    Returns:
        cls. A dict or list subclass is read as a dict or list is, and a derivative of it is of
        the class; its own methods are not known. Other objects are taken apart by their
        attributes, and derivatives are made without running `__init__`.

    Raises:
        UnsupportedInput: cls is no class, or one that has no parts (a number, an array, a set),
            or a subclass of dict or list that reads, writes or iterates in its own way.

    Method: an entry of the table by which every transform takes values apart.

    >>> @register_container
    ... class Params(dict):
    ...     pass
    >>> grad(lambda p: p["w"] ** 2)(Params(w=3.0, name="layer"))
    {'w': 6.0, 'name': None}
    """
    if not isinstance(cls, type):
        raise UnsupportedInput(f"register_container takes a class, not {cls!r}")
    kinds = [kind for base, kind in ((dict, "dict"), (list, "list")) if issubclass(cls, base)]
    if not kinds and issubclass(cls, _NO_CONTAINERS):
        raise UnsupportedInput(
            f"{cls.__qualname__} has no parts that could carry derivatives",
            advice="Register a subclass of dict or list, or a class with attributes.",
        )
    for base in (dict, list):
        changed = sorted(_changed(cls, base)) if issubclass(cls, base) else []
        if changed:
            raise UnsupportedInput(
                f"{cls.__qualname__} has its own {', '.join(changed)}, so it is not read as a "
                f"{base.__name__} is",
                advice="Hold the values in attributes of a class that is no "
                f"{base.__name__}, or pass a plain one.",
            )
    if cls not in (dict, list):
        REGISTERED[cls] = kinds[0] if kinds else "object"
    return cls


_NO_CONTAINERS = (*NUMBERS, np.generic, str, bytes, tuple, set, frozenset, type, BaseException)


_HARMLESS = set(
    "__init__ __new__ __repr__ __str__ __doc__ __module__ __dict__ __weakref__ __slots__ "
    "__annotations__ __init_subclass__ __class_getitem__ __reduce__ __reduce_ex__ __getstate__ "
    "__setstate__ __firstlineno__ __static_attributes__ __orig_bases__ __parameters__".split()
)


def _changed(cls: type, base: type) -> set[str]:
    """What a subclass of dict or list does otherwise than its base."""
    own = {n for c in cls.__mro__ if issubclass(c, base) and c is not base for n in vars(c)}
    protocol = {*dir(base), "__missing__", "__getattr__"}
    return (own & protocol) - _HARMLESS


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
            plain = f"[{listed}]"
            return plain if parts.type is list else f"{self.constant(parts.type)}({plain})"
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


__all__ = ["ravel_pytree", "register_container"]
