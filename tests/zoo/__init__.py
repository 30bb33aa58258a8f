"""A zoo of plain NumPy functions, grouped by construct. `CASES` lists them all."""

from tests.zoo import (  # noqa: F401  (importing a group registers its cases)
    aliasing,
    arithmetic,
    calls,
    containers,
    control_flow,
    indexing,
    inplace,
    kinds,
    linalg_basic,
    loops,
    mutators,
    numerics,
    objects,
    out_arguments,
    recursion,
    reductions,
    view_functions,
    views_alias,
)
from tests.zoo.registry import CASES, Case

__all__ = ["CASES", "Case"]
