"""Rules of scipy.ndimage: filters with constant weights are linear in what they filter.

A correlation is one of the array continued past its ends. Its transpose is the full convolution
with the weights, folded back: what falls outside is added where the entry there was taken from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import aval_of
from adcompile.frontend.mutation import supported
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval
from adcompile.ir.primitives import Primitive
from adcompile.rules.dsl import REGISTRY, composition, rule, transpose
from adcompile.rules.helpers import axes_in_order, compile_time, times
from adcompile.rules.scipy.rows import add_row, refuse

MODES = {"reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect",
         "nearest": "edge", "wrap": "wrap", "grid-wrap": "wrap"}  # fmt: skip
"""How np.pad calls what continues an array past its ends; the others continue it by zeros."""


def folded(whole: Any, axis: int, n: int, left: int, mode: str) -> Any:
    """The adjoint of an array, from that of its continuation along an axis."""
    rows = np.moveaxis(whole, axis, 0)
    out = rows[left : left + n].copy()
    if mode in MODES:
        place = np.pad(np.arange(n), (left, len(rows) - left - n), MODES[mode])  # type: ignore[call-overload]
        np.add.at(out, place[:left], rows[:left])
        np.add.at(out, place[left + n :], rows[left + n :])
    return np.moveaxis(out, 0, axis)


def spread1d(bar: Any, weights: Any, axis: int, mode: str, origin: int) -> Any:
    """The transpose of scipy.ndimage.correlate1d."""
    n, size = bar.shape[axis], len(weights)
    rows = np.moveaxis(bar, axis, 0)
    whole = np.concatenate([rows, np.zeros((size - 1, *rows.shape[1:]), rows.dtype)])
    late = (size - 1) // 2
    whole = ndimage.correlate1d(whole, weights[::-1], 0, mode="constant", origin=late)
    return np.moveaxis(folded(whole, 0, n, size // 2 + origin, mode), 0, axis)


def spread(bar: Any, weights: Any, mode: str, origin: Any) -> Any:
    """The transpose of scipy.ndimage.correlate."""
    whole = np.zeros([n + m - 1 for n, m in zip(bar.shape, weights.shape, strict=True)], bar.dtype)
    whole[tuple(slice(n) for n in bar.shape)] = bar
    late = tuple((m - 1) // 2 for m in weights.shape)
    whole = ndimage.correlate(whole, np.flip(weights), mode="constant", origin=late)
    for axis, (n, m) in enumerate(zip(bar.shape, weights.shape, strict=True)):
        whole = folded(whole, axis, n, m // 2 + of_axis(origin, axis), mode)
    return whole


def gaussian_weights(sigma: float, order: int, truncate: float, radius: Any) -> Any:
    """The weights of scipy.ndimage.gaussian_filter1d: how it spreads a single 1."""
    if sigma <= 1e-15:  # no filter at all
        return np.ones(1)
    reach = int(truncate * float(sigma) + 0.5) if radius is None else radius
    one = np.zeros(2 * reach + 1)
    one[reach] = 1.0
    spreads = ndimage.gaussian_filter1d(
        one, sigma, order=order, mode="constant", truncate=truncate, radius=radius
    )
    return spreads[::-1].copy()


def _like_first(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    operand = aval_of(args[0])
    return Array(operand.dtype, avals.shape_of(operand))  # type: ignore[union-attr]


SHAPES["scipy.ndimage"] = _like_first
SHAPES["scipy.weights"] = lambda *_: Array(np.dtype(float), (dims.fresh("weights"),))
USUAL = "output=None!, mode='reflect'$, cval=0.0~, origin=0$"
FIRST = ((0,),)
add_row("scipy.ndimage.correlate1d", ndimage.correlate1d, f"input, weights~, axis=-1, {USUAL}",
        "scipy.ndimage", linear=FIRST)  # fmt: skip
add_row("scipy.ndimage.correlate", ndimage.correlate, f"input, weights~, {USUAL}, axes=None!",
        "scipy.ndimage", linear=FIRST)  # fmt: skip
add_row("=spread1d", spread1d, "bar, weights~, axis, mode$, origin$", "scipy.ndimage",
        "scipy.ndimage.spread1d", linear=FIRST)  # fmt: skip
add_row("=spread", spread, "bar, weights~, mode$, origin$", "scipy.ndimage",
        "scipy.ndimage.spread", linear=FIRST)  # fmt: skip
add_row("=gaussian_weights", gaussian_weights, "sigma~, order~, truncate~, radius~",
        "scipy.weights", "scipy.ndimage.gaussian_weights")  # fmt: skip


@rule("scipy.ndimage.correlate1d")
def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
    *,
    input_dot: Any,
) -> Any:
    """The tangent goes on by zeros where the array goes on by a constant."""
    return ndimage.correlate1d(input_dot, weights, axis, mode=mode, origin=origin)


@transpose("scipy.ndimage.correlate1d", wrt="input")
def correlate1d_input(
    input: Any,
    weights: Any,
    axis: int = -1,
    mode: str = "reflect",
    origin: int = 0,
    *,
    result_bar: Any,
) -> Any:
    return spread1d(result_bar, weights, axis, mode, origin)


@transpose("scipy.ndimage.spread1d", wrt="bar")
def spread1d_bar(
    bar: Any, weights: Any, axis: int, mode: str, origin: int, *, result_bar: Any
) -> Any:
    return ndimage.correlate1d(result_bar, weights, axis, mode=mode, origin=origin)


@rule("scipy.ndimage.correlate")
def correlate(
    input: Any,
    weights: Any,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
    *,
    input_dot: Any,
) -> Any:
    return ndimage.correlate(input_dot, weights, mode=mode, origin=origin)


@transpose("scipy.ndimage.correlate", wrt="input")
def correlate_input(
    input: Any, weights: Any, mode: str = "reflect", origin: int = 0, *, result_bar: Any
) -> Any:
    return spread(result_bar, weights, mode, origin)


@transpose("scipy.ndimage.spread", wrt="bar")
def spread_bar(bar: Any, weights: Any, mode: str, origin: int, *, result_bar: Any) -> Any:
    return ndimage.correlate(result_bar, weights, mode=mode, origin=origin)


# -- what is made of correlations --------------------------------------------------------------


def fresh(output: Any) -> None:
    supported(output is None, "output= of scipy.ndimage is not supported", "Assign the result.")


def of_axis(value: Any, k: int) -> Any:
    """What an argument says of one axis, where it may be given once for all."""
    return value[k] if isinstance(value, (tuple, list)) else value


@compile_time
def late(size: int, origin: int) -> int:
    """The origin of a correlation that is a convolution with weights of this length."""
    return -origin if size % 2 else -origin - 1


@composition(ndimage.convolve)
def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    axes: Any = None,
) -> Any:
    fresh(output)
    supported(axes is None, "axes= of scipy.ndimage.convolve is not supported", "Loop over them.")
    weights = np.asarray(weights)
    origins: Any = ()
    for k in times(np.ndim(weights)):
        origins = (*origins, late(np.shape(weights)[k], of_axis(origin, k)))
    return ndimage.correlate(input, np.flip(weights), mode=mode, cval=cval, origin=origins)


@composition(ndimage.convolve1d)
def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    fresh(output)
    weights = np.asarray(weights)
    origin = late(len(weights), origin)
    return ndimage.correlate1d(input, weights[::-1], axis, mode=mode, cval=cval, origin=origin)


@composition(ndimage.gaussian_filter1d)
def gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    radius: Any = None,
) -> Any:
    fresh(output)
    weights = gaussian_weights(sigma, order, truncate, radius)
    return ndimage.correlate1d(input, weights, axis, mode=mode, cval=cval)


@composition(ndimage.gaussian_filter)
def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    fresh(output)
    which = axes_in_order(axes, np.ndim(input))
    for k in times(len(which)):
        weights = gaussian_weights(
            of_axis(sigma, k), of_axis(order, k), truncate, of_axis(radius, k)
        )
        input = ndimage.correlate1d(input, weights, which[k], mode=of_axis(mode, k), cval=cval)
    return input


def edges(input: Any, axis: int, across: Any, output: Any, mode: Any, cval: Any) -> Any:
    """Differences along an axis, weighted across the others."""
    fresh(output)
    n = np.ndim(input)
    out = ndimage.correlate1d(input, [-1, 0, 1], axis, mode=of_axis(mode, axis), cval=cval)
    for k in times(n):
        if k != axis % n:
            out = ndimage.correlate1d(out, across, k, mode=of_axis(mode, k), cval=cval)
    return out


@composition(ndimage.sobel)
def sobel(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0
) -> Any:
    return edges(input, axis, [1, 2, 1], output, mode, cval)


@composition(ndimage.prewitt)
def prewitt(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0
) -> Any:
    return edges(input, axis, [1, 1, 1], output, mode, cval)


@composition(ndimage.laplace)
def laplace(
    input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, axes: Any = None
) -> Any:
    fresh(output)
    which = axes_in_order(axes, np.ndim(input))
    out = ndimage.correlate1d(input, [1, -2, 1], which[0], mode=of_axis(mode, 0), cval=cval)
    for k in times(len(which)):
        if k > 0:
            out = out + ndimage.correlate1d(
                input, [1, -2, 1], which[k], mode=of_axis(mode, k), cval=cval
            )
    return out


for _name in ndimage.__all__:
    _fn = getattr(ndimage, _name, None)
    if callable(_fn) and not REGISTRY.by_callable.get(_fn) and _fn not in REGISTRY.compositions:
        refuse(
            ndimage,
            "Use scipy.ndimage.correlate, convolve or gaussian_filter, with constant weights, or "
            "do it outside of the differentiated function.",
            _name,
        )
