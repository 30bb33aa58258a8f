"""numpy.fft: linear, so only transposes.

The matrix of a discrete Fourier transform is symmetric: its transpose (without conjugation) is
itself. Cropping and padding of the operand transpose to each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import compile_time
from adcompile.rules.linalg import at_least


@compile_time
def reversed_norm(norm: Any) -> Any:
    """The norm that scales the other direction."""
    return {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]


@compile_time
def all_axes(axes: Any, ndim: int, count: Any) -> tuple[int, ...]:
    """The axes that a transform of several works along, non-negative."""
    if axes is None:
        axes = range(ndim) if count is None else range(ndim - count, ndim)
    return tuple(a % ndim for a in axes)


def resized(value: Any, like: Any, axis: int) -> Any:
    """Cropped, or padded with zeros, to the length of `like` along an axis."""
    have, want = value.shape[axis], like.shape[axis]
    if at_least(have, want):
        return value if at_least(want, have) else value[first(want, axis)]
    shape = (*value.shape[:axis], want, *value.shape[axis + 1 :])
    out = np.zeros(shape, dtype=value.dtype)
    out[first(have, axis)] = value
    return out


def first(count: Any, axis: int) -> Any:
    """The index of the first entries along an axis."""
    part = slice(None, count)
    return part if axis == 0 else ((slice(None),) * axis) + (part,)


def all_resized(value: Any, like: Any, axes: Any) -> Any:
    for i in range(len(axes)):
        value = resized(value, like, axes[i])
    return value


def doubled(ndim: int, axis: int, half: int, n: int) -> Any:
    """How often each entry of a half spectrum counts in the whole, along an axis."""
    j = np.arange(half)
    weights = 2.0 - (j == 0) - (2 * j == n)
    trailing = trailing_axes(axis, ndim)
    return np.expand_dims(weights, trailing) if trailing else weights


@compile_time
def trailing_axes(axis: int, ndim: int) -> tuple[int, ...]:
    return tuple(range(1, ndim - axis % ndim))


@compile_time
def positive(axis: int, ndim: int) -> int:
    return axis % ndim


@transpose("fft", wrt="a")
def fft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    return resized(np.fft.fft(result_bar, axis=axis, norm=norm), a, positive(axis, a.ndim))


@transpose("ifft", wrt="a")
def ifft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    return resized(np.fft.ifft(result_bar, axis=axis, norm=norm), a, positive(axis, a.ndim))


@transpose("rfft", wrt="a")
def rfft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    length = a.shape[axis] if n is None else n
    share = np.real(np.fft.fft(result_bar, length, axis=axis, norm=norm))
    return resized(share, a, positive(axis, a.ndim))


@transpose("irfft", wrt="a")
def irfft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    half = np.conj(np.fft.rfft(result_bar, axis=axis, norm=reversed_norm(norm)))
    weights = doubled(a.ndim, axis, half.shape[axis], result_bar.shape[axis])
    return resized(weights * half, a, positive(axis, a.ndim))


@transpose("hfft", wrt="a")
def hfft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    return np.conj(irfft_a(a, n, axis, reversed_norm(norm), result_bar=result_bar))


@transpose("ihfft", wrt="a")
def ihfft_a(a: Any, n: Any = None, axis: int = -1, norm: Any = None, *, result_bar: Any) -> Any:
    return rfft_a(a, n, axis, reversed_norm(norm), result_bar=np.conj(result_bar))


def count_of(s: Any) -> Any:
    return None if s is None else len(s)


@transpose("fftn", wrt="a")
def fftn_a(a: Any, s: Any = None, axes: Any = None, norm: Any = None, *, result_bar: Any) -> Any:
    along = all_axes(axes, a.ndim, count_of(s))
    return all_resized(np.fft.fftn(result_bar, axes=along, norm=norm), a, along)


@transpose("ifftn", wrt="a")
def ifftn_a(a: Any, s: Any = None, axes: Any = None, norm: Any = None, *, result_bar: Any) -> Any:
    along = all_axes(axes, a.ndim, count_of(s))
    return all_resized(np.fft.ifftn(result_bar, axes=along, norm=norm), a, along)


@transpose("rfftn", wrt="a")
def rfftn_a(a: Any, s: Any = None, axes: Any = None, norm: Any = None, *, result_bar: Any) -> Any:
    along = all_axes(axes, a.ndim, count_of(s))
    sizes: Any = ()
    for i in range(len(along)):
        sizes = (*sizes, a.shape[along[i]] if s is None else s[i])
    share = np.real(np.fft.fftn(result_bar, s=sizes, axes=along, norm=norm))
    return all_resized(share, a, along)


@transpose("irfftn", wrt="a")
def irfftn_a(a: Any, s: Any = None, axes: Any = None, norm: Any = None, *, result_bar: Any) -> Any:
    along = all_axes(axes, a.ndim, count_of(s))
    last = along[-1]
    half = np.conj(np.fft.rfftn(result_bar, axes=along, norm=reversed_norm(norm)))
    weights = doubled(a.ndim, last, half.shape[last], result_bar.shape[last])
    return all_resized(weights * half, a, along)


PLANE = (-2, -1)


@transpose("fft2", wrt="a")
def fft2_a(a: Any, s: Any = None, axes: Any = PLANE, norm: Any = None, *, result_bar: Any) -> Any:
    return fftn_a(a, s, axes, norm, result_bar=result_bar)


@transpose("ifft2", wrt="a")
def ifft2_a(a: Any, s: Any = None, axes: Any = PLANE, norm: Any = None, *, result_bar: Any) -> Any:
    return ifftn_a(a, s, axes, norm, result_bar=result_bar)


@transpose("rfft2", wrt="a")
def rfft2_a(a: Any, s: Any = None, axes: Any = PLANE, norm: Any = None, *, result_bar: Any) -> Any:
    return rfftn_a(a, s, axes, norm, result_bar=result_bar)


@transpose("irfft2", wrt="a")
def irfft2_a(a: Any, s: Any = None, axes: Any = PLANE, norm: Any = None, *, result_bar: Any) -> Any:
    return irfftn_a(a, s, axes, norm, result_bar=result_bar)


@transpose("fftshift", wrt="x")
def fftshift_x(x: Any, axes: Any = None, *, result_bar: Any) -> Any:
    return np.fft.ifftshift(result_bar, axes)


@transpose("ifftshift", wrt="x")
def ifftshift_x(x: Any, axes: Any = None, *, result_bar: Any) -> Any:
    return np.fft.fftshift(result_bar, axes)


@rule("fftfreq", "rfftfreq")
def fftfreq(n: Any, d: Any = 1.0, *, result: Any, d_dot: Any) -> Any:
    return -result / d * d_dot
