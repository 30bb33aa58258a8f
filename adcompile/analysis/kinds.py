"""Kinds of results, from NumPy itself.

The result kind of a function is found by calling it on tiny dummies of the same kind and
dtype, so promotion (NEP 50, Python floats against np.float64, 0-d arrays) is NumPy's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from adcompile.analysis.operands import InferenceError, aval_of
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Lit, Tree

Shape = tuple[Dim, ...]


def stand_in(aval: Aval) -> Any:
    """A value of this kind, of one entry: 1."""
    if isinstance(aval, Scalar):
        if aval.weak:
            return {"b": True, "i": 1, "f": 1.0, "c": 1.0 + 0j}[aval.dtype.kind]
        return aval.dtype.type(1)
    if isinstance(aval, Array):
        return np.ones((1,) if aval.shape else (), aval.dtype)
    raise InferenceError(f"takes numbers and arrays, not {aval}")


def kind_key(aval: Aval) -> tuple[Any, ...]:
    """What decides the result's kind: equal for operands of one kind."""
    if isinstance(aval, Scalar):
        return ("s", aval.dtype, aval.weak)
    if isinstance(aval, Array):
        return ("a", aval.dtype, bool(aval.shape))
    raise InferenceError(f"takes numbers and arrays, not {aval}")


@lru_cache(maxsize=4096)
def _result_kind(fn: Callable[..., Any], keys: tuple[tuple[Any, ...], ...]) -> Aval:
    dummies = [
        stand_in(Scalar(key[1], key[2]) if key[0] == "s" else Array(key[1], (1,) * key[2]))
        for key in keys
    ]
    with np.errstate(all="ignore"):
        try:
            return avals.of_constant(fn(*dummies))
        except TypeError as exc:
            raise InferenceError(str(exc)) from None


def result_kind(fn: Callable[..., Any], operands: Sequence[Aval]) -> Aval:
    """What fn gives for operands of these kinds, shapes apart."""
    aval = _result_kind(fn, tuple(kind_key(a) for a in operands))
    if isinstance(aval, Scalar) and aval.extent is not None:
        return Scalar(aval.dtype, aval.weak)
    return aval


def product_kind(operands: Sequence[Aval]) -> Aval:
    """What the product of operands of these kinds is, shapes apart."""
    return result_kind(_product, operands)


def _product(*factors: Any) -> Any:
    return math.prod(factors[1:], start=factors[0])


def with_shape(kind: Aval, shape: Shape) -> Aval:
    """An array of this shape; a number stays one if there are no axes."""
    assert not isinstance(kind, Opaque)
    if isinstance(kind, Array) or shape:
        return Array(kind.dtype, shape)
    return kind


def array_or_scalar(kind: Aval, shape: Shape) -> Aval:
    """An array of this shape; without axes the scalar of NumPy's that functions return then."""
    assert not isinstance(kind, Opaque)
    return Array(kind.dtype, shape) if shape else Scalar(kind.dtype, weak=False)


@lru_cache(maxsize=4096)
def _example(
    fn: Callable[..., Any], keys: tuple[Any, ...], more: tuple[Any, ...], options: tuple[Any, ...]
) -> Any:
    def dummy(key: Any) -> Any:
        dtype, rank = key
        value = np.ones((1,) * rank, dtype)
        return value if rank else value[()]

    with np.errstate(all="ignore"):
        try:
            return fn(*map(dummy, keys), *more, **dict(options))
        except (TypeError, ValueError, np.linalg.LinAlgError) as exc:
            raise InferenceError(str(exc)) from None


def example(fn: Callable[..., Any], operands: Sequence[Aval], *more: Any, **options: Any) -> Any:
    """What fn gives for arrays of ones of these kinds, all lengths 1."""
    keys = []
    for aval in operands:
        if isinstance(aval, Opaque):
            raise InferenceError(f"expected an array, not {aval}")
        keys.append((aval.dtype, len(avals.shape_of(aval))))
    return _example(fn, tuple(keys), more, tuple(options.items()))


def of_example(value: Any, shape: Shape) -> Array | Scalar:
    """The kind of an example, with the shape found."""
    aval = avals.of_constant(value)
    assert not isinstance(aval, Opaque)
    return Array(aval.dtype, shape) if shape else Scalar(aval.dtype, weak=False)


_EXAMPLES: dict[str, Any] = {}


def opaque_kind(fn: Callable[..., Any], args: Sequence[Tree]) -> Aval:
    """What a function that nothing is known of gives, found by calling it on dummies."""

    def dummy(tree: Tree) -> Any:
        if isinstance(tree, Lit):
            return tree.value
        if isinstance(tree, tuple):
            return tuple(dummy(t) for t in tree)
        aval = aval_of(tree)
        if isinstance(aval, Opaque):
            return _EXAMPLES[aval.what]
        return np.ones((2,) * aval.ndim, aval.dtype) if isinstance(aval, Array) else stand_in(aval)

    with np.errstate(all="ignore"):
        result = fn(*map(dummy, args))
    aval = avals.of_constant(result)
    if isinstance(aval, Opaque):
        _EXAMPLES[aval.what] = result
    if isinstance(aval, Array):
        return Array(aval.dtype, tuple(dims.fresh() for _ in aval.shape))
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval
