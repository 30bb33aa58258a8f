"""A zoo of plain NumPy functions, grouped by construct. `CASES` lists them all."""

from tests.zoo import (  # noqa: F401  (importing a group registers its cases)
    algebra,
    aliasing,
    arithmetic,
    builtin_functions,
    calls,
    class_rules,
    combined,
    comprehensions,
    containers,
    control_flow,
    draws,
    exceptions,
    generators,
    growing_lists,
    indexing,
    inplace,
    kinds,
    library_rows,
    linalg_basic,
    loops,
    mutators,
    numerics,
    objects,
    out_arguments,
    recursion,
    reductions,
    rows,
    selections,
    standard_library,
    syntax,
    view_functions,
    views_alias,
)
from tests.zoo.registry import CASES, Case

__all__ = ["CASES", "Case"]
