"""Rules of scipy.fft: the Fourier transforms are numpy.fft's; sines and cosines have their own.

The matrices of sine and cosine transforms are symmetric but for the weights of their first or
last entries; types 2 and 3 transpose to each other. Source: Makhoul (1980); Britanak, Yip and
Rao, Discrete Cosine and Sine Transforms (2007).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from adcompile.rules.dsl import REGISTRY, composition, transpose
from adcompile.rules.fourier import all_axes, count_of, positive, resized, reversed_norm
from adcompile.rules.helpers import compile_time, moved
from adcompile.rules.scipy.rows import add_row, refuse


def _along_one(name: str) -> None:
    theirs = getattr(np.fft, name)

    @composition(getattr(fft, name))
    def transform(
        x: Any,
        n: Any = None,
        axis: int = -1,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
        plan: Any = None,
    ) -> Any:
        return theirs(x, n, axis, norm)


def _along_many(name: str) -> None:
    theirs, plane = getattr(np.fft, name), name.endswith("2")

    @composition(getattr(fft, name))
    def transform(
        x: Any,
        s: Any = None,
        axes: Any = (-2, -1) if plane else None,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
        plan: Any = None,
    ) -> Any:
        return theirs(x, s, axes, norm)


for _name in "fft ifft rfft irfft hfft ihfft".split():
    _along_one(_name)
for _name in "fftn ifftn rfftn irfftn fft2 ifft2 rfft2 irfft2".split():
    _along_many(_name)


@composition(fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    return np.fft.fftshift(x, axes)


@composition(fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    return np.fft.ifftshift(x, axes)


@composition(fft.fftfreq)
def fftfreq(n: Any, d: Any = 1.0) -> Any:
    return np.fft.fftfreq(n, d)


@composition(fft.rfftfreq)
def rfftfreq(n: Any, d: Any = 1.0) -> Any:
    return np.fft.rfftfreq(n, d)


REGISTRY.static.update((fft.next_fast_len, fft.prev_fast_len))

# -- sines and cosines -------------------------------------------------------------------------

_PARAMS = (
    "x, type=2$, n=None, axis=-1, norm=None, overwrite_x=False!, workers=None$, orthogonalize=None!"
)
add_row("scipy.fft.dct", fft.dct, _PARAMS, "probe", linear=((0,),))
add_row("scipy.fft.dst", fft.dst, _PARAMS, "probe", linear=((0,),))


@compile_time
def partner(type: int) -> int:
    """The type of the inverse transform, and of the transposed one."""
    return {1: 1, 2: 3, 3: 2, 4: 4}[type]


def weights(x: Any, axis: int, first: Any, last: Any) -> Any:
    """Ones along an axis, but for the first and the last."""
    n = x.shape[axis]
    at = np.arange(n)
    line = np.where(at == 0, first, 1.0) * np.where(at == n - 1, last, 1.0)
    return moved(np.reshape(line, (1,) * (x.ndim - 1) + (-1,)), -1, axis)


@transpose("scipy.fft.dct", wrt="x")
def dct_x(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any
) -> Any:
    bar = result_bar
    if norm == "ortho":
        share = fft.dct(bar, partner(type), axis=axis, norm=norm)
    elif type == 1:
        line = weights(bar, axis, 2.0, 2.0)
        share = fft.dct(bar * line, 1, axis=axis, norm=norm) / line
    elif type == 2:
        share = fft.dct(bar * weights(bar, axis, 2.0, 1.0), 3, axis=axis, norm=norm)
    elif type == 3:
        share = fft.dct(bar, 2, axis=axis, norm=norm) * weights(bar, axis, 0.5, 1.0)
    else:
        share = fft.dct(bar, type, axis=axis, norm=norm)
    return resized(share, x, positive(axis, x.ndim))


@transpose("scipy.fft.dst", wrt="x")
def dst_x(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any
) -> Any:
    bar = result_bar
    if norm == "ortho" or type == 1 or type == 4:
        share = fft.dst(bar, partner(type), axis=axis, norm=norm)
    elif type == 2:
        share = fft.dst(bar * weights(bar, axis, 1.0, 2.0), 3, axis=axis, norm=norm)
    else:
        share = fft.dst(bar, 2, axis=axis, norm=norm) * weights(bar, axis, 1.0, 0.5)
    return resized(share, x, positive(axis, x.ndim))


def _inverse(name: str) -> None:
    forward = getattr(fft, name)

    @composition(getattr(fft, f"i{name}"))
    def transform(
        x: Any,
        type: int = 2,
        n: Any = None,
        axis: int = -1,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
    ) -> Any:
        return forward(x, partner(type), n, axis, reversed_norm(norm))


def _many(name: str) -> None:
    one = getattr(fft, name)

    @composition(getattr(fft, f"{name}n"))
    def transform(
        x: Any,
        type: int = 2,
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
    ) -> Any:
        along = all_axes(axes, np.ndim(x), count_of(s))
        for k in range(len(along)):
            x = one(x, type, None if s is None else s[k], along[k], norm)
        return x


for _name in ("dct", "dst"):
    _inverse(_name)
    _many(_name)
    _many(f"i{_name}")

refuse(fft, "Use the transforms along one axis in turn.", "hfft2 ihfft2 hfftn ihfftn")
refuse(fft, "Write the integral transform as a sum.", "fht ifht fhtoffset")
refuse(
    fft,
    "Do it outside of the differentiated function.",
    "set_workers get_workers set_backend skip_backend set_global_backend register_backend",
)
