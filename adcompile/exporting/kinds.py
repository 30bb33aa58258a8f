"""Kinds of arguments and results as annotations and as words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Var
from adcompile.ir.trees import Node


def kind_of(atom: Any) -> Any:
    """The abstract value of a leaf."""
    return atom.aval if isinstance(atom, Var) else avals.of_constant(getattr(atom, "value", atom))


def annotation(node: Node) -> str:
    """A tree as a type, as precise as annotations of NumPy's arrays are."""
    if node.kind == "leaf":
        return _leaf(kind_of(node.value))
    if node.kind == "static":
        if node.value is None or isinstance(node.value, (bool, str, int)):
            return "None" if node.value is None else type(node.value).__name__
        return "Any"
    inner = [annotation(c) for c in node.children]
    if node.kind == "tuple" and node.type in (None, tuple):
        return f"tuple[{', '.join(inner) or '()'}]"
    if node.kind == "list":
        return f"list[{_common(inner)}]"
    if node.kind == "dict" and node.type in (None, dict):
        keys = _common([type(k).__name__ for k in node.value])
        return f"dict[{keys}, {_common(inner)}]"
    return "list[Any]" if node.kind == "run" else "Any"


def _common(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else "Any"


def _leaf(aval: Any) -> str:
    if isinstance(aval, Scalar):
        return str(aval) if aval.weak else f"np.{aval.dtype.name}"
    return "np.ndarray" if isinstance(aval, Array) else "Any"


def words(node: Node) -> str:
    """A tree as a reader of documentation wants it."""
    if node.kind == "leaf":
        aval = kind_of(node.value)
        if isinstance(aval, Array):
            return f"array of {aval.dtype.name}, {_axes(aval.ndim)}"
        return _leaf(aval)
    if node.kind == "static":
        return repr(node.value) if isinstance(node.value, (str, bool, int, type(None))) else "as is"
    inner = [words(c) for c in node.children]
    if node.kind == "dict":
        return f"{{{', '.join(f'{k!r}: {w}' for k, w in zip(node.value, inner, strict=True))}}}"
    if node.kind == "object":
        held = ", ".join(f"{k}: {w}" for k, w in zip(node.value, inner, strict=True))
        return f"{node.type.__name__}({held})"
    listed = "; ".join(inner)
    if node.kind == "list":
        return f"[{listed}]"
    if node.kind == "run":
        return "a list"
    plain = node.type in (None, tuple)
    return f"({listed})" if plain else f"{node.type.__name__}({listed})"


def _axes(count: int) -> str:
    return f"{count} {'axis' if count == 1 else 'axes'}"
