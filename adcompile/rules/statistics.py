"""Averages, covariances and histograms, as NumPy composes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition, kept
from adcompile.rules.helpers import along, axis_tuple, compile_time, known, times


@composition(np.ptp)
def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    highest = np.max(a, axis=axis, keepdims=keepdims)
    return highest - np.min(a, axis=axis, keepdims=keepdims)


@composition(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    a = np.asarray(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        if not returned:
            return mean
        return mean, np.zeros_like(mean) + _share(a, axis)
    weights = np.asarray(weights)
    if np.ndim(weights) != np.ndim(a):
        if np.ndim(weights) == 1:
            weights = np.reshape(weights, along(axis, np.ndim(a)))
        else:
            weights = np.transpose(weights, order_of(axis))
            shape = (1,) * np.ndim(a)
            for i in axis_tuple(axis, np.ndim(a)):
                shape = (*shape[:i], np.shape(a)[i], *shape[i + 1 :])
            weights = np.reshape(weights, shape)
    scale = np.sum(weights, axis=axis, keepdims=keepdims)
    if np.any(scale == 0.0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / scale
    if returned:
        return mean, np.zeros_like(mean) + scale
    return mean


@compile_time
def order_of(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that sorts axes."""
    return tuple(int(i) for i in np.argsort(axes))


def _share(a: Any, axis: Any) -> Any:
    n = 1.0
    for i in axis_tuple(axis, np.ndim(a)):
        n = n * np.shape(a)[i]
    return n


@composition(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    x = _rows(m, rowvar, dtype)
    if y is not None:
        x = np.concatenate((x, _rows(y, rowvar, dtype)), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    weights = None
    if fweights is not None:
        weights = np.asarray(fweights)
    if aweights is not None:
        weights = aweights if weights is None else weights * aweights
    mean, total = np.average(x, axis=1, weights=weights, returned=True)
    if weights is None:
        scale = np.shape(x)[1] - ddof
    elif ddof == 0:
        scale = total[0]
    elif aweights is None:
        scale = total[0] - ddof
    else:
        scale = total[0] - ddof * np.sum(weights * aweights) / total[0]
    x = x - mean[:, None]
    turned = x.T if weights is None else (x * weights).T
    if np.iscomplexobj(x):
        turned = np.conj(turned)
    return np.squeeze(np.dot(x, turned) * np.true_divide(1, scale))


def _rows(m: Any, rowvar: bool, dtype: Any) -> Any:
    """The observations of each variable as a row."""
    x = np.asarray(m)
    if dtype is None:
        x = x.astype(np.result_type(x.dtype, np.float64), copy=False)
    else:
        x = x.astype(dtype, copy=False)
    if np.ndim(x) == 1:
        return np.expand_dims(x, 0)
    return x if rowvar else x.T


@composition(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    i = np.arange(np.shape(c)[0])
    deviation = np.sqrt(np.real(c[i, i]))
    c = c / deviation[:, None] / deviation[None, :]
    if np.iscomplexobj(c):
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)


@composition(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    x = np.asarray(x)
    if weights is None:
        return bincounts(x, None, minlength)
    n = np.maximum(np.max(x, initial=-1) + 1, minlength)
    out = np.zeros(int(n))
    np.add.at(out, x, weights)
    return out


bincounts = kept("bincount_positions")


@composition(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if not (isinstance(bins, (list, tuple)) and len(bins) in (1, 2)) and np.ndim(bins):
        bins = [bins, bins]
    points = np.stack((np.asarray(x), np.asarray(y)), axis=1)
    counts, edges = np.histogramdd(points, bins, range, density, weights)
    return counts, edges[0], edges[1]


@composition(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """The counts are constants of the sample; with weights they are sums of weights."""
    sample = np.asarray(sample)
    places: Any = 0
    inside: Any = True
    shape: Any = ()
    edges: Any = ()
    for k in times(known(np.shape(sample)[1])):
        column = sample[:, k]
        wanted = bins[k] if isinstance(bins, (list, tuple)) else bins
        between = None if range is None else range[k]
        mine = np.histogram_bin_edges(column, wanted, between)
        n = np.shape(mine)[0] - 1
        at = np.searchsorted(mine, column, side="right") - 1
        at = np.where(column == mine[-1], n - 1, at)
        inside = inside & (at >= 0) & (at < n)
        places = places * n + at
        shape, edges = (*shape, n), (*edges, mine)
    size = 1
    for n in shape:
        size = size * n
    worth = 1.0 if weights is None else np.asarray(weights)[inside]
    counts = np.zeros(size)
    np.add.at(counts, places[inside], worth)
    counts = np.reshape(counts, shape)
    if density:
        total = np.sum(counts)
        for k in times(len(shape)):
            counts = counts / np.reshape(np.diff(edges[k]), along(k, len(shape)))
        counts = counts / total
    return counts, edges


@composition(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """The counts are constants of `a`; with weights they are sums of weights."""
    a = np.ravel(np.asarray(a))
    edges = np.histogram_bin_edges(a, bins, range)
    n = np.shape(edges)[0] - 1
    at = np.searchsorted(edges, a, side="right") - 1
    at = np.where(a == edges[-1], n - 1, at)
    inside = (at >= 0) & (at < n)
    if weights is None:
        counts = np.zeros(n, dtype=int)
        np.add.at(counts, at[inside], 1)
    else:
        weights = np.ravel(np.asarray(weights))
        counts = np.zeros(n, dtype=weights.dtype)
        np.add.at(counts, at[inside], weights[inside])
    if density:
        return counts / np.diff(edges) / np.sum(counts), edges
    return counts, edges


@composition(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None) -> Any:
    if np.ndim(bins) == 1:
        return np.asarray(bins)
    if range is None:
        return np.linspace(np.min(a), np.max(a), bins + 1)
    a = np.asarray(a)
    kind = a.dtype if a.dtype.kind in "fc" else np.float64
    return np.linspace(range[0], range[1], bins + 1).astype(kind)
