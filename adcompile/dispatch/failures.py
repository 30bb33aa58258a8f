"""What a program raises: the user's line is added, Python's arithmetic errors are tried again."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.compiling.program import Program

ARITHMETIC = (ZeroDivisionError, OverflowError, ValueError)
"""What Python raises where NumPy gives inf or nan."""


def quiet() -> dict[str, Any]:
    """NumPy's error state without its warnings; what the user wants raised is raised."""
    return {k: "ignore" for k, v in np.geterr().items() if v == "warn"}


def annotate(exc: BaseException, program: Program) -> None:
    """Add the user's line to an exception from generated code."""
    add_note = getattr(exc, "add_note", None)
    tb = exc.__traceback__
    line = None
    while tb is not None:
        if tb.tb_frame.f_code.co_filename.startswith("<adcompile "):
            line = tb.tb_lineno
        tb = tb.tb_next
    if add_note is None or line is None:
        return
    for text in reversed(program.text.splitlines()[:line]):
        stripped = text.strip()
        if stripped.startswith("# ") and ".py:" in stripped:
            add_note(f"from {stripped[2:]}")
            return
