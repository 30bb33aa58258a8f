"""Shapes found by calling the function on samples."""

from __future__ import annotations

import dataclasses
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.operands import InferenceError
from adcompile.analysis.probe import ProbeFailed, infer_by_probe
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir.avals import Aval
from adcompile.ir.primitives import Primitive
from adcompile.ir.rows.draws import trial


def _probe(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    try:
        return infer_by_probe(prim.trial or prim.fn, args, kwargs, facts)
    except (ProbeFailed, ValueError, IndexError) as exc:
        raise InferenceError(f"cannot be applied here: {exc}") from None


def _draw(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    attempt = dataclasses.replace(prim, trial=trial(prim.name.removeprefix("draw_")))
    return _probe(attempt, args[1:], kwargs, facts)


SHAPES: dict[str, ShapeFunction] = {"probe": _probe, "draw": _draw}
