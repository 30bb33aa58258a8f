"""Kinds and shapes of results: the table of shape functions, one for each family.

A row of the table of primitives names its family (`Primitive.shape`). A name that is not here
is a signature in the manner of NumPy's generalised functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from adcompile.analysis.facts import Facts
from adcompile.analysis.shapes import (
    ShapeFunction,
    creation,
    elementwise,
    fourier,
    indexing,
    linalg,
    probed,
    products,
    reductions,
    scalars,
    shaping,
)
from adcompile.analysis.shapes.signatures import by_signature
from adcompile.ir.avals import Aval
from adcompile.ir.nodes import Tree
from adcompile.ir.primitives import Primitive

FAMILIES: tuple[dict[str, ShapeFunction], ...] = (
    elementwise.SHAPES,
    reductions.SHAPES,
    products.SHAPES,
    indexing.SHAPES,
    shaping.SHAPES,
    creation.SHAPES,
    scalars.SHAPES,
    linalg.SHAPES,
    fourier.SHAPES,
    probed.SHAPES,
)
SHAPES = {name: shape for family in FAMILIES for name, shape in family.items()}


def infer(prim: Primitive, args: Sequence[Tree], kwargs: dict[str, Tree], facts: Facts) -> Aval:
    """The abstract value of prim(*args, **kwargs). Raises InferenceError if they do not fit."""
    shape = SHAPES.get(prim.shape, by_signature)
    return shape(prim, args, kwargs, facts)
