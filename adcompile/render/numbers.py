"""Numbers and arrays in one line."""

from __future__ import annotations

from typing import Any

import numpy as np


def number_text(value: Any, digits: int) -> str:
    """A value with so many significant digits; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, np.ndarray) and value.ndim:
        return _array_text(value, digits)
    if isinstance(value, np.ndarray):
        value = value[()]
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(value)
    if isinstance(value, (complex, np.complexfloating)):
        return f"{complex(value):.{digits}g}"
    return f"{float(value):.{digits}g}"


def _array_text(value: np.ndarray[Any, Any], digits: int) -> str:
    """Rows of at most eight entries: the ends of longer ones."""
    text = np.array2string(
        value,
        separator=", ",
        threshold=16,
        edgeitems=3,
        max_line_width=10**6,
        formatter={
            "float_kind": lambda x: f"{float(x):.{digits}g}",
            "complex_kind": lambda x: f"{complex(x):.{digits}g}",
        },
    )
    return " ".join(text.split())
