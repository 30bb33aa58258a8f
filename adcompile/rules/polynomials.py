"""Polynomials by their coefficients as compositions.

Values, kinds and views are exactly NumPy's; derivatives follow from the parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import composition
from adcompile.rules.helpers import epsilon, known, times


@composition(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    p = np.asarray(p)
    y = np.zeros_like(x)
    for k in range(len(p)):
        y = y * x + p[k]
    return y


@composition(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(np.asarray(a1), np.asarray(a2))


@composition(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    p = np.asarray(p)
    for _ in times(m):
        n = len(p) - 1
        p = p[:-1] * np.arange(n, 0, -1)
    return p


@composition(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_degree(np.atleast_1d(a1), np.atleast_1d(a2))
    return a1 + a2


@composition(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_degree(np.atleast_1d(a1), np.atleast_1d(a2))
    return a1 - a2


def _same_degree(a1: Any, a2: Any) -> Any:
    n = max(len(a1), len(a2))
    first = np.concatenate((np.zeros(n - len(a1), dtype=a1.dtype), a1))
    return first, np.concatenate((np.zeros(n - len(a2), dtype=a2.dtype), a2))


@composition(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = 0.0) -> Any:
    p, k = np.asarray(p), np.asarray(k)
    for i in times(m):
        constant = k if np.ndim(k) == 0 else k[i] if len(k) > 1 else k[0]
        p = np.concatenate((p / np.arange(len(p), 0, -1), np.reshape(constant, (1,))))
    return p


@composition(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these zeros, one factor after the other."""
    zeros = np.asarray(seq_of_zeros)
    if np.ndim(zeros) == 2:
        zeros = np.linalg.eigvals(zeros)
    coefficients = np.ones(1, dtype=zeros.dtype)
    for k in times(known(np.shape(zeros)[0])):
        factor = np.ones(2, dtype=zeros.dtype)
        factor[1] = -zeros[k]
        coefficients = np.convolve(coefficients, factor)
    return coefficients


@composition(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    """The quotient and the rest, as by hand; leading zeros of the rest are left out."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = len(u) - 1, len(v) - 1
    scale = 1.0 / v[0]
    quotient = np.zeros(max(m - n + 1, 1), dtype=(u[:1] + v[:1]).dtype)
    rest = u.astype(quotient.dtype)
    for k in range(m - n + 1):
        share = scale * rest[k]
        quotient[k] = share
        rest[k : k + n + 1] -= share * v
    while np.allclose(rest[0], 0, rtol=1e-14) and np.shape(rest)[-1] > 1:
        rest = rest[1:]
    return quotient, rest


@composition(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None) -> Any:
    """Least squares of a Vandermonde matrix whose columns are scaled to length 1."""
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    if rcond is None:
        rcond = len(x) * epsilon(x.dtype)
    left, right = np.vander(x, deg + 1), y
    if w is not None:
        w = np.asarray(w) + 0.0
        left = left * w[:, None]
        right = right * (w[:, None] if np.ndim(y) == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    solution = np.linalg.lstsq(left / scale, right, rcond)[0]
    return (solution.T / scale).T
