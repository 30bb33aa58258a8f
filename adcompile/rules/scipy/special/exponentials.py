"""logsumexp, softmax, log_softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.reductions import kept
from adcompile.rules.scipy.rows import add_rows

add_rows(
    special,
    (
        "logsumexp: a, axis=None, b=None, keepdims=False, return_sign=False!",
        "softmax: x, axis=None",
        "log_softmax: x, axis=None",
    ),
    "probe",
)


@rule(special.logsumexp)
def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    *,
    result: Any,
    a_dot: Any,
    b_dot: Any,
) -> Any:
    weights = np.exp(a - kept(result, axis, keepdims, np.ndim(a)))
    if b is None:
        return np.sum(weights * a_dot, axis=axis, keepdims=keepdims)
    return np.sum(weights * (b * a_dot + b_dot), axis=axis, keepdims=keepdims)


@rule(special.softmax)
def softmax(x: Any, axis: Any = None, *, result: Any, x_dot: Any) -> Any:
    moved = result * x_dot
    return moved - result * np.sum(moved, axis=axis, keepdims=True)


@rule(special.log_softmax)
def log_softmax(x: Any, axis: Any = None, *, result: Any, x_dot: Any) -> Any:
    return x_dot - np.sum(np.exp(result) * x_dot, axis=axis, keepdims=True)
