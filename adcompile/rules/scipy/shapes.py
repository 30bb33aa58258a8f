"""Kinds and shapes of what scipy.linalg's functions give, where a signature does not say it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import InferenceError, aval_of, static_options
from adcompile.analysis.shapes.linalg import matrix_shape, smaller
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval, Parts, Scalar
from adcompile.ir.primitives import Primitive


def _inexact(*operands: Aval) -> np.dtype[Any]:
    """The dtype that LAPACK works in for operands of these kinds."""
    dtype = np.result_type(*(a.dtype for a in operands))  # type: ignore[union-attr]
    return dtype if dtype.kind in "fc" else np.dtype(float)


def _real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.zeros((), dtype).real.dtype


def _factored_solve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """A right side of rank 1 or 2, and a matrix that is factored: (factor, extra), b."""
    factor, b = aval_of(args[0][0]), aval_of(args[1])
    if len(avals.shape_of(factor)) != 2 or len(avals.shape_of(b)) not in (1, 2):
        raise InferenceError("is supported for one matrix, and a right side of rank 1 or 2")
    return Array(_inexact(factor, b), avals.shape_of(b))


def _one_matrix(prim: Primitive, args: Any) -> tuple[Aval, Any, Any]:
    operand = aval_of(args[0])
    shape = matrix_shape(operand)
    if len(shape) != 2:
        raise InferenceError("is supported for one matrix, not for stacks of them")
    return operand, *shape


def _lu(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, m, n = _one_matrix(prim, args)
    k, dtype = smaller(m, n, facts), _inexact(operand)
    order = Array(np.dtype(np.int32), (m,))
    return Parts("tuple", (order, Array(dtype, (m, k)), Array(dtype, (k, n))))


def _qr(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, m, n = _one_matrix(prim, args)
    options = static_options(kwargs)
    mode = options.get("mode", "full")
    dtype = _inexact(operand)
    k = smaller(m, n, facts) if mode == "economic" else m
    items: tuple[Array, ...] = (Array(dtype, (k, n)),)
    if mode in ("full", "economic"):
        items = (Array(dtype, (m, k)), *items)
    elif mode != "r":
        raise InferenceError(f"is not supported with mode={mode!r}")
    if options.get("pivoting", False):
        items = (*items, Array(np.dtype(np.int32), (n,)))
    return Parts("tuple", items)


def _svd(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, m, n = _one_matrix(prim, args)
    dtype, k = _inexact(operand), smaller(m, n, facts)
    full = static_options(kwargs).get("full_matrices", True)
    u = Array(dtype, (m, m if full else k))
    vh = Array(dtype, (n if full else k, n))
    return Parts("tuple", (u, Array(_real(dtype), (k,)), vh))


def _lstsq(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, m, n = _one_matrix(prim, args)
    b = aval_of(args[1])
    rest = avals.shape_of(b)[1:]
    dtype = _inexact(operand, b)
    least = smaller(m, n, facts)
    tall = least == n and m != n
    one: Scalar | Array = Scalar(_real(dtype), weak=False)
    residues = (Array(_real(dtype), rest) if rest else one) if tall else Array(dtype, (0,))
    rank = Scalar(np.dtype(np.int32), weak=True)
    return Parts("tuple", (Array(dtype, (n, *rest)), residues, rank, Array(_real(dtype), (least,))))


def _eig_of(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, n, _ = _one_matrix(prim, args)
    if not avals.is_complex(operand):
        raise InferenceError(
            "of a real matrix gives complex numbers, and vectors that are real or complex, "
            "depending on its entries; convert the matrix first: A.astype(complex)"
        )
    dtype = _inexact(operand)
    values = Array(dtype, (n,))
    return values if prim.rule == "eigvals" else Parts("tuple", (values, Array(dtype, (n, n))))


def _toeplitz_solve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    c, b = aval_of(args[0][0]), aval_of(args[1])
    if len(avals.shape_of(c)) != 1 or len(avals.shape_of(b)) not in (1, 2):
        raise InferenceError("is supported for columns of rank 1, and right sides of rank 1 or 2")
    dtype = np.result_type(_inexact(c, aval_of(args[0][1]), b), float)
    return Array(dtype, avals.shape_of(b))


def _banded_solve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    ab, b = aval_of(args[-2]), aval_of(args[-1])
    if len(avals.shape_of(ab)) != 2 or len(avals.shape_of(b)) not in (1, 2):
        raise InferenceError("is supported for one matrix, and a right side of rank 1 or 2")
    return Array(_inexact(ab, b), avals.shape_of(b))


def _tried(prim: Primitive, args: Any) -> np.dtype[Any]:
    """The dtype that a function of matrices gives for small operands of these dtypes."""
    dtypes = [aval_of(a).dtype for a in args]  # type: ignore[union-attr]
    return _dtype_given(prim.fn, tuple(dtypes))


@lru_cache(maxsize=256)
def _dtype_given(fn: Callable[..., Any], dtypes: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    return np.asarray(fn(*(np.full((1, 1), 0.5).astype(d) for d in dtypes))).dtype


def _last(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """The shape of the last operand."""
    return Array(_tried(prim, args), avals.shape_of(aval_of(args[-1])))


def _are(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return Array(_inexact(*map(aval_of, args)), avals.shape_of(aval_of(args[0])))


def _svdvals(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand, m, n = _one_matrix(prim, args)
    return Array(_real(_inexact(operand)), (smaller(m, n, facts),))


SHAPES.update(
    {
        "scipy.factored_solve": _factored_solve,
        "scipy.lu": _lu,
        "scipy.qr": _qr,
        "scipy.svd": _svd,
        "scipy.svdvals": _svdvals,
        "scipy.are": _are,
        "scipy.lstsq": _lstsq,
        "scipy.eig": _eig_of,
        "scipy.toeplitz_solve": _toeplitz_solve,
        "scipy.banded_solve": _banded_solve,
        "scipy.last": _last,
    }
)
