"""Rows of NumPy's functions beyond operators, elementwise functions and plain reductions.

A row a line: a name of `numpy` and its signature (see `signature`). Shapes are found by calling
the function on samples ("probe") unless the list says otherwise, so a row needs no code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir import avals
from adcompile.ir.primitives import Primitive, Registry, signature

ELEMENTWISE = (
    "sinc: x",
    "i0: x",
    "logaddexp2: x, y",
    "nextafter: x, y",
    "ldexp: x, y",
    "nan_to_num: x, nan=0.0$, posinf=None$, neginf=None$",
)

_SPREAD = (
    "a, axis=None, dtype=None, out=None!, ddof=0, keepdims=False, where=True, mean=None, "
    "correction=None"
)
REDUCTIONS = (
    f"var: {_SPREAD}",
    f"std: {_SPREAD}",
    f"nanvar: {_SPREAD}",
    f"nanstd: {_SPREAD}",
    "median: a, axis=None, out=None!, overwrite_input=False!, keepdims=False",
    "nanmedian: a, axis=None, out=None!, overwrite_input=False!, keepdims=False",
    "nanmax: a, axis=None, out=None!, keepdims=False, initial=None, where=True",
    "nanmin: a, axis=None, out=None!, keepdims=False, initial=None, where=True",
)

LINEAR = (
    "cumsum: a, axis=None, dtype=None, out=None!",
    "roll: a, shift, axis=None",
    "tile: A, reps$",
    "repeat: a, repeats, axis=None",
    "triu: m, k=0$",
    "tril: m, k=0$",
    "diagflat: v, k=0$",
)
"""Linear in the first operand: they need a transpose alone."""

_QUANTILE = (
    "a, q, axis=None, out=None!, overwrite_input=False!, method='linear'$, keepdims=False, "
    "weights=None"
)
RULED = (
    "cumprod: a, axis=None, dtype=None, out=None!",
    "sort: a, axis=-1, kind=None$, order=None!, stable=None$",
    "partition: a, kth$, axis=-1, kind='introselect'!, order=None!",
    "interp: x, xp, fp, left=None, right=None, period=None",
    f"quantile: {_QUANTILE}",
    f"percentile: {_QUANTILE}",
    f"nanquantile: {_QUANTILE}",
    f"nanpercentile: {_QUANTILE}",
    "vander: x, N=None$, increasing=False$",
    "unwrap: p, discont=None$, axis=-1, period=6.283185307179586",
    "logspace: start, stop, num=50, endpoint=True$, base=10.0, dtype=None!, axis=0",
    "geomspace: start, stop, num=50, endpoint=True$, dtype=None!, axis=0",
)

BILINEAR = ("convolve: a, v, mode='full'$", "correlate: a, v, mode='valid'$")

CONSTANT_ELEMENTWISE = (
    *(f"{name}: x" for name in "fix isposinf isneginf isreal iscomplex spacing".split()),
    *(f"{name}: x, y" for name in "gcd lcm logical_xor".split()),
    "bitwise_count: x",
    "isclose: x, y, rtol=1e-05$, atol=1e-08$, equal_nan=False$",
)

CONSTANT = (
    "hanning: M$",
    "hamming: M$",
    "blackman: M$",
    "bartlett: M$",
    "kaiser: M$, beta$",
    "argsort: a, axis=-1, kind=None$, order=None!, stable=None$",
    "argpartition: a, kth$, axis=-1, kind='introselect'!, order=None!",
    "lexsort: keys, axis=-1",
    "searchsorted: a, v, side='left'$, sorter=None",
    "digitize: x, bins, right=False$",
    "flatnonzero: a",
    "argwhere: a",
    "nanargmax: a, axis=None, out=None!, keepdims=False",
    "nanargmin: a, axis=None, out=None!, keepdims=False",
    "allclose: a, b, rtol=1e-05$, atol=1e-08$, equal_nan=False$",
    "array_equal: a1, a2, equal_nan=False$",
    "array_equiv: a1, a2",
    "isin: element, test_elements, assume_unique=False$, invert=False$, kind=None$",
    "tri: N, M=None, k=0$, dtype=float",
    "indices: dimensions$, dtype=int",
)
"""Functions whose results carry no derivative."""

DISTINCT = {"argsort", "argpartition", "flatnonzero"}
"""Those that number the entries of a vector, each once."""

INNER: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("pad", np.pad, "array, pad_width$, mode$"),
    ("delete", np.delete, "arr, obj"),
    ("bincount", np.bincount, "x, weights, minlength"),
)
"""Constants that compositions compute: functions of positions."""

_REDUCE = "axis=0, dtype=None!, out=None!, keepdims=False, initial=None, where=True"
METHODS = (
    *(f"{name}.reduce: array, {_REDUCE}" for name in ("logaddexp", "logaddexp2", "hypot")),
    *(f"{name}.reduce: a, {_REDUCE}" for name in ("fmax", "fmin")),
    *(
        f"{name}.accumulate: array, axis=0, dtype=None!, out=None!"
        for name in ("maximum", "minimum")
    ),
)
"""Methods of ufuncs that are more than a loop."""

PARTS = (
    "modf: x, part$",
    "frexp: x, part$",
    "nonzero: a, part$",
    "unique: ar, return_index$, return_inverse$, return_counts$, axis$, part$",
    "tril_indices: n, k$, m, part$",
    "triu_indices: n, k$, m, part$",
)
"""Functions that return tuples: a row stands for the item that the last operand numbers."""


def add_library(reg: Registry) -> None:
    """Add every row."""
    linear: tuple[tuple[int, ...], ...] = ((0,),)
    for text in ELEMENTWISE:
        _row(reg, text, "elementwise", cost=2)
    for text in REDUCTIONS:
        _row(reg, text, "reduction")
    for text in LINEAR:
        _row(reg, text, "probe", linear=linear)
    for text in METHODS:
        name, _, params = text.partition(": ")
        ufunc, _, method = name.partition(".")
        fn, key = getattr(getattr(np, ufunc), method), name.replace(".", "_")
        reg.add(
            Primitive(key, fn, signature(params), f"np.{name}", "probe", cost=3, rule=key), [fn]
        )
    windows = "np.lib.stride_tricks.sliding_window_view"
    reg.row(
        "sliding_window_view",
        np.lib.stride_tricks.sliding_window_view,
        "x, window_shape$, axis=None, subok=False!, writeable=False!",
        windows,
        "probe",
        linear,
        callables=[np.lib.stride_tricks.sliding_window_view],
        alias="view",
        readonly=True,
        cost=0,
    )
    for text in BILINEAR:
        _row(reg, text, "probe", linear=((0,), (1,)))
    for text in RULED:
        _row(reg, text, "probe")
    for text in CONSTANT_ELEMENTWISE:
        _row(reg, text, "elementwise", cost=1, differentiable=False)
    for text in CONSTANT:
        distinct = _of_vector if text.partition(":")[0] in DISTINCT else None
        _row(reg, text, "probe", differentiable=False, distinct=distinct)
    for name, fn, params in INNER:
        reg.add(
            Primitive(
                f"{name}_positions",
                functools.partial(fn),
                signature(params),
                f"np.{name}",
                "probe",
                cost=3,
                rule=f"{name}_positions",
                differentiable=False,
            )
        )
    for text in PARTS:
        name, _, params = text.partition(": ")
        reg.add(
            Primitive(
                f"{name}_part",
                _part(getattr(np, name)),
                signature(params),
                f"np.{name}[]",
                "probe",
                cost=3,
                rule=f"{name}_part",
                differentiable=name == "modf",
            )
        )


def _row(reg: Registry, text: str, shape: str, **more: Any) -> None:
    name, _, params = text.partition(": ")
    fn = getattr(np, name)
    more = {"cost": 3, **more}
    reg.add(Primitive(name, fn, signature(params), f"np.{name}", shape, rule=name, **more), [fn])


def _of_vector(let: Any) -> bool:
    return len(avals.shape_of(let.out.aval)) == 1


def _part(fn: Callable[..., Any]) -> Callable[..., Any]:
    def part(*args: Any) -> Any:
        return fn(*args[:-1])[args[-1]]

    return part
