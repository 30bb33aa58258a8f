"""Arrays made of lengths and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Registry


def add_creation(reg: Registry) -> None:
    def row(name: str, params: str, shape: str, **more: Any) -> None:
        fn = getattr(np, name)
        more = {"differentiable": False, "ordered": not name.endswith("_like"), **more}
        reg.row(name, fn, params, f"np.{name}", shape, callables=[fn], **more)

    for name in ("zeros", "ones", "empty"):
        row(name, "shape, dtype=float, order='C'!", "creation")
        row(f"{name}_like", "a, dtype=None", "zeros_like")
    filled: dict[str, Any] = {"linear": ((1,),), "differentiable": True}
    row("full", "shape, fill_value, dtype=None, order='C'!", "full", **filled)
    row("full_like", "a, fill_value, dtype=None", "full_like", **filled)
    line = "start, stop=None, step=None, dtype=None"
    row("arange", line, "arange", differentiable=True, distinct=_counts_up)
    line = "start, stop, num=50, endpoint=True$, retstep=False!, dtype=None, axis=0"
    row("linspace", line, "probe", differentiable=True)
    row("eye", "N, M=None, k=0$, dtype=float", "eye")
    row("identity", "n, dtype=float", "eye")


def _counts_up(let: Any) -> bool:
    """Whether np.arange gives 0, 1, ... or later parts of that."""
    options = dict(let.kwargs)
    operands = (*let.args, *(options[k] for k in ("stop", "step") if k in options))
    start = operands[0] if len(operands) > 1 else Lit(0)
    step = operands[2] if len(operands) > 2 else Lit(1)
    return _literal(start) >= 0 and _literal(step) > 0


def _literal(tree: Any) -> Any:
    """The value of a literal int; -1 for anything else."""
    return tree.value if isinstance(tree, Lit) and isinstance(tree.value, int) else -1
