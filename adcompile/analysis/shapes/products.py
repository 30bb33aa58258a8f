"""Products of arrays."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.kinds import array_or_scalar, product_kind, result_kind, with_shape
from adcompile.analysis.operands import (
    InferenceError,
    aval_of,
    normalize_axes,
    static_options,
    static_value,
)
from adcompile.analysis.shapes import ShapeFunction
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque
from adcompile.ir.dims import Dim
from adcompile.ir.primitives import Primitive


def _matmul(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    sa, sb = avals.shape_of(a), avals.shape_of(b)
    if not sa or not sb:
        raise InferenceError("matmul needs arrays of rank 1 or more on both sides")
    facts.expect(sa[-1], sb[-2:][0])
    kind = result_kind(operator.mul, [a, b])
    batch = facts.broadcast([sa[:-2], sb[:-2]])
    shape = batch + sa[-2:-1] + (sb[-1:] if len(sb) > 1 else ())
    return array_or_scalar(kind, shape)


def _dot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    sa, sb = avals.shape_of(a), avals.shape_of(b)
    kind = result_kind(operator.mul if sa and sb else np.dot, [a, b])
    assert not isinstance(kind, Opaque)
    if not sa or not sb:
        return with_shape(kind, sa or sb)
    facts.expect(sa[-1], sb[-2:][0])
    shape = sa[:-1] + (sb[:-2] + sb[-1:] if len(sb) > 1 else ())
    return array_or_scalar(kind, shape)


def _outer(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    kind = result_kind(operator.mul, [a, b])
    assert not isinstance(kind, Opaque)
    return Array(kind.dtype, tuple(dims.product(avals.shape_of(x)) for x in (a, b)))


def _vdot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return array_or_scalar(product_kind([aval_of(t) for t in args]), ())


def _inner(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    if a and b:
        facts.expect(a[-1], b[-1])
    return array_or_scalar(product_kind(operands), a[:-1] + b[:-1] if a and b else a + b)


def _kron(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    rank = max(len(a), len(b))
    one, two = ((1,) * (rank - len(s)) + s for s in (a, b))
    shape = tuple(dims.mul(x, y) for x, y in zip(one, two, strict=True))
    return array_or_scalar(product_kind(operands), shape)


def contracted(axes: Any, a: int, b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that a tensordot of ranks a and b sums over, non-negative."""
    if isinstance(axes, (int, np.integer)):
        return tuple(range(a - int(axes), a)), tuple(range(int(axes)))
    pair = [(x,) if isinstance(x, (int, np.integer)) else tuple(x) for x in axes]
    return tuple(int(x) % a for x in pair[0]), tuple(int(x) % b for x in pair[1])


def _tensordot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    left, right = contracted(static_options(kwargs).get("axes", 2), len(a), len(b))
    shape = tuple(d for i, d in enumerate(a) if i not in left) + tuple(
        d for i, d in enumerate(b) if i not in right
    )
    kind = product_kind(operands)
    assert not isinstance(kind, Opaque)
    return Array(kind.dtype, shape)


def explicit(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """An einsum's operands and result with a letter for every axis."""
    text = subscripts.replace(" ", "")
    left, arrow, result = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise InferenceError(f"names {len(terms)} operands, and gets {len(ranks)}")
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in text]
    named = [len(t.replace("...", "")) for t in terms]
    extra = [r - n if "..." in t else 0 for t, r, n in zip(terms, ranks, named, strict=True)]
    for t, r, n, e in zip(terms, ranks, named, extra, strict=True):
        if n + e != r or e < 0:
            raise InferenceError(f"{t!r} does not fit an operand of rank {r}")
    most = max(extra, default=0)
    stack = "".join(free[:most])
    full = [t.replace("...", stack[most - e :]) for t, e in zip(terms, extra, strict=True)]
    if arrow:
        return full, result.replace("...", stack)
    letters_used = left.replace("...", "").replace(",", "")
    once = sorted(c for c in set(letters_used) if letters_used.count(c) == 1)
    return full, stack + "".join(once)


def _einsum_view(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return _einsum(prim, (args[1], args[0], ()), kwargs, facts)


def _einsum(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in (args[1], *args[2])]
    shapes = [avals.shape_of(a) for a in operands]
    terms, result = explicit(static_value(args[0]), [len(s) for s in shapes])
    lengths: dict[str, Dim] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for axis, length in zip(term, shape, strict=True):
            lengths[axis] = facts.broadcast([(lengths.get(axis, 1),), (length,)])[0]
    return array_or_scalar(product_kind(operands), tuple(lengths[c] for c in result))


def _vecdot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    axis = static_options(kwargs).get("axis", -1)
    cut = []
    for shape in map(avals.shape_of, operands):
        (at,) = normalize_axes(axis, len(shape))
        cut.append(shape[:at] + shape[at + 1 :])
    return array_or_scalar(product_kind(operands), facts.broadcast(cut))


def _multi_dot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args[0]]
    shapes = [avals.shape_of(a) for a in operands]
    shape = shapes[0][:-1] + (shapes[-1][1:])
    return array_or_scalar(product_kind(operands), shape)


SHAPES: dict[str, ShapeFunction] = {
    "matmul": _matmul,
    "dot": _dot,
    "outer": _outer,
    "vdot": _vdot,
    "inner": _inner,
    "kron": _kron,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "einsum_view": _einsum_view,
    "vecdot": _vecdot,
    "multi_dot": _multi_dot,
}
