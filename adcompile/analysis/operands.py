"""What shape functions and passes ask of operands: kinds, static values, lengths, indices."""

from __future__ import annotations

import operator
from typing import Any

from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Lit, Tree, Var


class InferenceError(Exception):
    """The operands do not fit the operation; the message says why.

    It follows the operation's name, or stands `alone`. `advice`: what to write instead.
    """

    def __init__(self, message: str, alone: bool = False, advice: str = "") -> None:
        super().__init__(message)
        self.alone = alone
        self.advice = advice


def aval_of(atom: Tree) -> Aval:
    if isinstance(atom, Var):
        return atom.aval
    if isinstance(atom, Lit):
        return avals.of_constant(atom.value)
    return Opaque("tuple" if isinstance(atom, tuple) else "slice")


def static_value(tree: Tree) -> Any:
    """The Python value of a tree of literals."""
    if isinstance(tree, Lit):
        return tree.value
    if isinstance(tree, tuple):
        return tuple(static_value(t) for t in tree)
    raise InferenceError("must be known at compile time")


def static_options(kwargs: dict[str, Tree]) -> dict[str, Any]:
    """The arguments that are known at compile time."""
    found = {}
    for key, tree in kwargs.items():
        try:
            found[key] = static_value(tree)
        except InferenceError:
            continue
    return found


def extent_of(atom: Tree) -> Dim:
    """An int atom as a symbolic length."""
    if isinstance(atom, Lit):
        return operator.index(atom.value)
    if isinstance(atom, Var) and isinstance(atom.aval, Scalar):
        return atom.aval.extent if atom.aval.extent is not None else dims.fresh()
    raise InferenceError("a shape must be made of ints")


def shape_tree(tree: Tree) -> tuple[Dim, ...]:
    """A shape argument: an int, or a tuple of ints."""
    if isinstance(tree, tuple):
        return tuple(extent_of(t) for t in tree)
    return (extent_of(tree),)


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, sorted and non-negative."""
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise InferenceError(f"axis {a} is out of bounds for an array of rank {ndim}")
    return tuple(sorted(a % ndim for a in axes))


def index_items(index: Tree) -> tuple[Tree, ...]:
    """An index as a tuple of its items."""
    return index if isinstance(index, tuple) else (index,)


def is_basic(index: Tree) -> bool:
    """Whether the index gives a view: ints, slices, None and ... alone."""
    return not any(isinstance(aval_of(i), Array) for i in index_items(index))
