"""Functions of numpy.fft."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import example
from adcompile.analysis.operands import InferenceError, aval_of, extent_of, static_options
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval
from adcompile.ir.dims import Dim
from adcompile.ir.primitives import Primitive


def fft_axes(prim: Primitive, options: dict[str, Any], sizes: Any, rank: int) -> tuple[int, ...]:
    """The axes that a transform works along, in its order."""
    if "n" in {p.name for p in prim.params}:
        return (options.get("axis", -1) % rank,)
    default = next(p.default for p in prim.params if p.name == "axes")
    axes = options.get("axes", default)
    if axes is None:
        axes = range(-len(sizes), 0) if sizes is not None else range(rank)
    return tuple(a % rank for a in axes)


def _fft(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = list(avals.shape_of(operand))
    if not shape:
        raise InferenceError("needs an array of rank 1 or more")
    given = kwargs.get("n", kwargs.get("s"))
    sizes = None if given is None else given if isinstance(given, tuple) else (given,)
    axes = fft_axes(prim, static_options(kwargs), sizes, len(shape))
    half = prim.name in ("irfft", "hfft", "irfftn", "irfft2")
    for k, axis in enumerate(axes):
        last = k == len(axes) - 1
        if sizes is not None:
            length = extent_of(sizes[k])
        elif half and last:
            length = dims.scale(dims.sub(shape[axis], 1), 2)
        else:
            length = shape[axis]
        if last and prim.name in ("rfft", "ihfft", "rfftn", "rfft2"):
            length = dims.add(_floor_half(length), 1)
        shape[axis] = length
    kind = example(np.fft.fft, [operand]).dtype
    if half:
        kind = np.zeros((), kind).real.dtype
    return Array(kind, tuple(shape))


def _floor_half(length: Dim) -> Dim:
    return length // 2 if isinstance(length, int) else dims.derived("floordiv", length, 2)


def _fftfreq(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    n = extent_of(args[0])
    length = n if prim.name == "fftfreq" else dims.add(_floor_half(n), 1)
    return Array(np.dtype(float), (length,))


SHAPES: dict[str, ShapeFunction] = {"fft": _fft, "fftfreq": _fftfreq}
