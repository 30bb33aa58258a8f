"""Reductions over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.ir.primitives import Registry

USUAL = "a, axis=None, dtype=None, out=None!, keepdims=False"
SHORT = "a, axis=None, out=None!, keepdims=False"
FIRST = ((0,),)


def add_reductions(reg: Registry) -> None:
    def row(name: str, params: str, spelling: str, *callables: Any, **more: Any) -> None:
        fn = getattr(np, name)
        every = [fn, *callables]
        reg.row(name, fn, params, spelling, "reduction", callables=every, cost=3, **more)

    row("sum", f"{USUAL}, initial=0, where=True", ".sum", linear=FIRST, offsets=("initial",))
    row("mean", f"{USUAL}, where=True", ".mean", linear=FIRST)
    row("prod", f"{USUAL}, initial=None, where=True", ".prod")
    for name in ("max", "min"):
        row(name, f"{SHORT}, initial=None, where=True", f".{name}", getattr(np, f"a{name}"))
    reg.row("python_sum", sum, "a", "sum", "python_sum", FIRST, cost=3)
    for name in ("any", "all"):
        row(name, f"{SHORT}, where=True", f"np.{name}", differentiable=False)
    counted = "a, axis=None, keepdims=False"
    row("count_nonzero", counted, "np.count_nonzero", differentiable=False)
    for name in ("argmax", "argmin"):
        row(name, SHORT, f".{name}", differentiable=False)
