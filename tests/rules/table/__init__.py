"""The table of NumPy functions in the forms that users write, a family a file."""

from __future__ import annotations

from tests.rules.table import (
    algebra,
    basics,
    choices,
    einsum,
    fourier,
    lengths,
    reductions,
    shapes,
    statistics,
    ufunc_methods,
)
from tests.rules.table.row import Row

ROWS: list[Row] = [
    *basics.ROWS,
    *choices.ROWS,
    *reductions.ROWS,
    *statistics.ROWS,
    *ufunc_methods.ROWS,
    *shapes.ROWS,
    *lengths.ROWS,
    *algebra.ROWS,
    *einsum.ROWS,
    *fourier.ROWS,
]
