"""Rules of scipy.signal: convolutions are bilinear, filters are linear in the signal.

Formulas: the transpose of a convolution is a correlation; that of a recursive filter is the
filter run backwards (Oppenheim and Schafer, Discrete-Time Signal Processing).
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from scipy import signal

from adcompile.analysis.facts import Facts
from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import InferenceError, aval_of, static_value
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY, composition, rule, transpose
from adcompile.rules.helpers import compile_time, known
from adcompile.rules.scipy.rows import add_row, refuse

# -- convolutions ------------------------------------------------------------------------------

BOTH = ((0,), (1,))


def _convolved(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """Of mode "valid" which operand is the longer one joins the signature."""
    one, two = (aval_of(a) for a in args[:2])
    mode = static_value(kwargs["mode"]) if "mode" in kwargs else "full"
    if len(avals.shape_of(one)) != len(avals.shape_of(two)) or not avals.shape_of(one):
        raise InferenceError("needs two arrays of one rank")
    shape = []
    for n, m in zip(avals.shape_of(one), avals.shape_of(two), strict=True):
        both, apart = dims.sub(dims.add(n, m), 1), dims.add(dims.sub(n, m), 1)
        if mode == "valid" and facts.positive(apart) is False:
            apart = dims.add(dims.sub(m, n), 1)
        shape.append(both if mode == "full" else n if mode == "same" else apart)
    dtype = np.result_type(one.dtype, two.dtype)  # type: ignore[union-attr]
    if dtype.kind not in "fc" and prim.name != "scipy.signal.convolve":
        dtype = np.dtype(float)
    return Array(dtype, tuple(shape))


SHAPES["scipy.convolved"] = _convolved
add_row("scipy.signal.convolve", signal.convolve, "in1, in2, mode='full'$, method='auto'$",
        "scipy.convolved", linear=BOTH)  # fmt: skip
for _name in ("fftconvolve", "oaconvolve"):
    add_row(f"scipy.signal.{_name}", getattr(signal, _name),
            "in1, in2, mode='full'$, axes=None!", "scipy.convolved", linear=BOTH)  # fmt: skip


def whole(bar: Any, in1: Any, in2: Any, mode: str) -> Any:
    """The adjoint of a convolution as that of the full one: zeros outside of what was kept."""
    if mode == "full":
        return bar
    shape: Any = ()
    place: Any = ()
    for k in range(in1.ndim):
        one, two, kept = in1.shape[k], in2.shape[k], bar.shape[k]
        shape = (*shape, one + two - 1)
        start = (two - 1) // 2 if mode == "same" else np.minimum(one, two) - 1
        place = (*place, slice(start, start + kept))
    out = np.zeros(shape, dtype=bar.dtype)
    out[place] = bar
    return out


def _transposes(name: str) -> None:
    fn = getattr(signal, name)

    @transpose(f"scipy.signal.{name}", wrt="in1")
    def first(in1: Any, in2: Any, mode: str = "full", *, result_bar: Any) -> Any:
        bar = whole(result_bar, in1, in2, mode)
        return np.reshape(fn(bar, np.flip(in2), "valid"), np.shape(in1))

    @transpose(f"scipy.signal.{name}", wrt="in2")
    def second(in1: Any, in2: Any, mode: str = "full", *, result_bar: Any) -> Any:
        bar = whole(result_bar, in1, in2, mode)
        return np.reshape(fn(bar, np.flip(in1), "valid"), np.shape(in2))


for _name in ("convolve", "fftconvolve", "oaconvolve"):
    _transposes(_name)


@composition(signal.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    return signal.convolve(in1, np.conj(np.flip(in2)), mode, method)


# -- filters -----------------------------------------------------------------------------------


def _like_signal(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    dtype = np.result_type(np.float32, *(aval_of(a).dtype for a in args))  # type: ignore[union-attr]
    return Array(dtype, avals.shape_of(aval_of(args[2])))


SHAPES["scipy.filtered"] = _like_signal
add_row("scipy.signal.lfilter", signal.lfilter, "b, a, x, axis=-1, zi=None!", "scipy.filtered",
        linear=((0,), (2,)))  # fmt: skip


@rule("scipy.signal.lfilter")
def lfilter(
    b: Any, a: Any, x: Any, axis: int = -1, *, result: Any, b_dot: Any, a_dot: Any, x_dot: Any
) -> Any:
    """The filter is b / a: a * y = b * x."""
    driven = signal.lfilter(b_dot, a, x, axis) + signal.lfilter(b, a, x_dot, axis)
    return driven - signal.lfilter(a_dot, a, result, axis)


@transpose("scipy.signal.lfilter", wrt="x")
def lfilter_x(b: Any, a: Any, x: Any, axis: int = -1, *, result_bar: Any) -> Any:
    return np.flip(signal.lfilter(b, a, np.flip(result_bar, axis), axis), axis)


@transpose("scipy.signal.lfilter", wrt="b")
def lfilter_b(b: Any, a: Any, x: Any, axis: int = -1, *, result_bar: Any) -> Any:
    echo = np.moveaxis(signal.lfilter(np.ones(1), a, x, axis), axis, -1)
    bar = np.moveaxis(result_bar, axis, -1)
    n = x.shape[axis]
    shares: Any = ()
    for k in range(known(b.shape[0])):
        shares = (*shares, np.sum(bar[..., k:] * echo[..., : n - k]))
    return np.stack(shares)


@composition(signal.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1) -> Any:
    for k in range(known(np.shape(sos)[0])):
        x = signal.lfilter(sos[k, :3], sos[k, 3:], x, axis)
    return x


@compile_time
def savgol_end(window_length: int, polyorder: int, deriv: int, delta: float, last: bool) -> Any:
    """What the filter does at an end, as a matrix: it is the same on one window alone."""
    one = np.eye(window_length)
    rows = signal.savgol_filter(one, window_length, polyorder, deriv, delta, axis=0)
    half = window_length // 2
    return np.ascontiguousarray((rows[half + 1 :] if last else rows[:half]).T)


@compile_time
def savgol_kernel(
    window_length: int, polyorder: int, deriv: int, delta: float
) -> tuple[float, ...]:
    return tuple(map(float, signal.savgol_coeffs(window_length, polyorder, deriv, delta)))


@composition(signal.savgol_filter)
def savgol_filter(
    x: Any, window_length: int, polyorder: int, deriv: int = 0, delta: float = 1.0, axis: int = -1
) -> Any:
    """A convolution inside; polynomials at the ends."""
    rows = np.moveaxis(1.0 * x, axis, -1)
    kernel = np.array(savgol_kernel(window_length, polyorder, deriv, delta))
    kernel = np.reshape(kernel, (1,) * (np.ndim(x) - 1) + (window_length,))
    inside = signal.convolve(rows, kernel, "valid", "direct")
    left = rows[..., :window_length] @ savgol_end(window_length, polyorder, deriv, delta, False)
    right = rows[..., -window_length:] @ savgol_end(window_length, polyorder, deriv, delta, True)
    half, n = window_length // 2, np.shape(rows)[-1]
    out = np.zeros(np.shape(rows), dtype=rows.dtype)
    out[..., :half], out[..., n - half :] = left, right
    out[..., half : n - half] = inside
    return np.moveaxis(out, -1, axis)


@composition(signal.detrend)
def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0) -> Any:
    rows = np.moveaxis(np.asarray(data), axis, -1)
    level = rows - np.mean(rows, axis=-1, keepdims=True)
    if type in ("constant", "c"):
        return np.moveaxis(level, -1, axis)
    n = np.shape(rows)[-1]
    t = np.arange(n) - 0.5 * (n - 1)
    slope = np.sum(t * level, axis=-1, keepdims=True) / np.sum(t * t)
    return np.moveaxis(level - slope * t, -1, axis)


@composition(signal.hilbert)
def hilbert(x: Any, N: Any = None, axis: int = -1) -> Any:
    rows = np.moveaxis(np.asarray(x), axis, -1)
    n = np.shape(rows)[-1] if N is None else N
    at = np.arange(n)
    twice = (at > 0) & (2 * at < n)
    once = (at == 0) | (2 * at == n)
    return np.moveaxis(np.fft.ifft(np.fft.fft(rows, n) * (2.0 * twice + once)), -1, axis)


# -- windows, and the rest ---------------------------------------------------------------------

for _name in signal.windows.__all__:
    _fn = getattr(signal.windows, _name)
    _params = [p for p in inspect.signature(_fn).parameters.values() if p.kind != p.KEYWORD_ONLY]
    _text = ", ".join(
        p.name if p.default is p.empty else f"{p.name}={p.default!r}$" for p in _params
    )
    _row = Primitive(f"scipy.signal.windows.{_name}", _fn, signature(_text),
                     f"scipy.signal.windows.{_name}", "probe", cost=3,
                     differentiable=False)  # fmt: skip
    REGISTRY.add(_row, [_fn])

for _name in signal.__all__:
    _fn = getattr(signal, _name, None)
    if not callable(_fn) or REGISTRY.by_callable.get(_fn) or _fn in REGISTRY.compositions:
        continue
    refuse(
        signal,
        "Use scipy.signal.convolve, lfilter or scipy.fft, or do it outside of the "
        "differentiated function.",
        _name,
    )
