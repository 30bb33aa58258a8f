"""Functions of numpy.linalg whose shapes are no signature."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import example, of_example
from adcompile.analysis.operands import (
    InferenceError,
    aval_of,
    normalize_axes,
    static_options,
    static_value,
)
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Parts, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.primitives import Primitive

Shape = tuple[Dim, ...]


def _solve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    if len(a) < 2 or not b:
        raise InferenceError("needs a matrix and a right side of rank 1 or more")
    core = 1 if len(b) == 1 else 2
    stack = facts.broadcast([a[:-2], b[:-core]])
    return of_example(example(prim.fn, operands), (*stack, *b[-core:]))


def _lstsq(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args[:2]]
    a, b = map(avals.shape_of, operands)
    if len(a) != 2 or len(b) not in (1, 2):
        raise InferenceError("needs a matrix and one or two axes of right sides")
    value = example(prim.fn, operands, rcond=None)
    least = smaller(a[0], a[1], facts)
    shapes: list[Shape] = [(a[1], *b[1:]), (dims.fresh("residuals"),), (), (least,)]
    items = []
    for v, s in zip(value, shapes, strict=True):
        kind = avals.of_constant(v)
        items.append(
            Scalar(kind.dtype, kind.weak) if isinstance(kind, Scalar) else of_example(v, s)
        )
    return Parts("tuple", tuple(items))


def smaller(m: Dim, n: Dim, facts: Facts) -> Dim:
    """The smaller of two lengths; which one it is joins the signature."""
    tall = facts.positive(dims.add(dims.sub(m, n), 1))
    if tall is None:
        return dims.derived("min", m, n)
    return n if tall else m


def _qr(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    *stack, m, n = matrix_shape(operand)
    mode = static_value(args[1]) if len(args) > 1 else static_options(kwargs).get("mode", "reduced")
    k = m if mode == "complete" else smaller(m, n, facts)
    if mode == "r":
        return of_example(example(np.linalg.qr, [operand], mode="r"), (*stack, k, n))
    if mode not in ("reduced", "complete"):
        raise InferenceError(f"is not supported with mode={mode!r}")
    both = example(np.linalg.qr, [operand])
    items = (of_example(both[0], (*stack, m, k)), of_example(both[1], (*stack, k, n)))
    return Parts("tuple", items, type(both))


def _svd(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    *stack, m, n = matrix_shape(operand)
    k = smaller(m, n, facts)
    if prim.name == "svdvals":
        return of_example(example(prim.fn, [operand]), (*stack, k))
    full = static_options(kwargs).get("full_matrices", True)
    shapes = ((m, m if full else k), (k,), (n if full else k, n))
    values = example(np.linalg.svd, [operand])
    items = tuple(of_example(v, (*stack, *s)) for v, s in zip(values, shapes, strict=True))
    return Parts("tuple", items, type(values))


def matrix_shape(operand: Aval) -> Shape:
    shape = avals.shape_of(operand)
    if len(shape) < 2:
        raise InferenceError("needs an array of rank 2 or more")
    return shape


def _eig(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not avals.is_complex(operand):
        raise InferenceError(
            "of a real matrix gives real or complex numbers, depending on its entries; convert "
            "the matrix first: A.astype(complex)"
        )
    *stack, n, _ = matrix_shape(operand)
    value = example(prim.fn, [operand])
    if prim.name == "eigvals":
        return of_example(value, (*stack, n))
    items = (of_example(value[0], (*stack, n)), of_example(value[1], (*stack, n, n)))
    return Parts("tuple", items, type(value))


def _norm(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    options = static_options(kwargs)
    axis = options.get("axis")
    rank = len(avals.shape_of(operand))
    axes = normalize_axes(axis, rank)
    value = example(prim.fn, [operand], **{**options, "axis": axis})
    keep = options.get("keepdims", False)
    shape = tuple(
        1 if i in axes else d
        for i, d in enumerate(avals.shape_of(operand))
        if keep or i not in axes
    )
    return of_example(value, shape)


def _tensorsolve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    axes = static_options(kwargs).get("axes") or ()
    kept = [d for i, d in enumerate(a) if i not in normalize_axes(tuple(axes), len(a))]
    moved = [*kept, *(a[i] for i in axes)]
    kind = np.result_type(*(x.dtype for x in operands))  # type: ignore[union-attr]
    return Array(np.dtype(kind if kind.kind in "fc" else float), tuple(moved[len(b) :]))


def _tensorinv(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = avals.shape_of(operand)
    ind = static_options(kwargs).get("ind", 2)
    return of_example(example(np.linalg.tensorinv, [operand], ind=ind), shape[ind:] + shape[:ind])


SHAPES: dict[str, ShapeFunction] = {
    "solve": _solve,
    "lstsq": _lstsq,
    "qr": _qr,
    "svd": _svd,
    "eig": _eig,
    "norm": _norm,
    "tensorsolve": _tensorsolve,
    "tensorinv": _tensorinv,
}
