"""A zoo of plain NumPy functions, grouped by construct. `CASES` lists them all."""

from tests.zoo import (  # noqa: F401  (importing a group registers its cases)
    arithmetic,
    builtin_functions,
    calls,
    comprehensions,
    containers,
    control_flow,
    draws,
    generators,
    growing_lists,
    indexing,
    inplace,
    kinds,
    linalg_basic,
    loops,
    numerics,
    objects,
    recursion,
    reductions,
    syntax,
    views_alias,
)
from tests.zoo.registry import CASES, Case

__all__ = ["CASES", "Case"]
