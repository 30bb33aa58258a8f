"""Kinds and shapes of products, of numpy.linalg and of numpy.fft.

Most rows give their shape as a signature, "(m,n),(n)->(m)": core axes by name, behind a stack
that broadcasts. The others have a function here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.infer import (
    SHAPES,
    InferenceError,
    aval_of,
    extent_of,
    normalize_axes,
    result_kind,
    static_value,
)
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Parts, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Tree
from adcompile.ir.primitives import Primitive

Shape = tuple[Dim, ...]


def letters(subscript: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\.\.\.|\w", subscript))


# -- kinds -------------------------------------------------------------------------------------


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


def _options(kwargs: dict[str, Tree]) -> dict[str, Any]:
    """The arguments that are known at compile time."""
    found = {}
    for key, tree in kwargs.items():
        try:
            found[key] = static_value(tree)
        except InferenceError:
            continue
    return found


def _kind(value: Any, shape: Shape) -> Array | Scalar:
    """The kind of an example, with the shape found."""
    aval = avals.of_constant(value)
    assert not isinstance(aval, Opaque)
    return Array(aval.dtype, shape) if shape else Scalar(aval.dtype, weak=False)


# -- signatures --------------------------------------------------------------------------------


def by_signature(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """The shape that a signature such as "(m,n),(n)->(m)" gives."""
    given, results = (
        [tuple(filter(None, part.split(","))) for part in re.findall(r"\(([^)]*)\)", side)]
        for side in prim.shape.split("->")
    )
    core: dict[str, Dim] = {}
    stacks = []
    operands = [aval_of(a) for a in args[: len(given)]]
    for names, operand in zip(given, operands, strict=True):
        shape = avals.shape_of(operand)
        if len(shape) < len(names):
            raise InferenceError(f"needs an array of rank {len(names)} or more")
        split = len(shape) - len(names)
        stacks.append(shape[:split])
        for axis, length in zip(names, shape[split:], strict=True):
            _agree(core, axis, length, facts)
    stack = facts.broadcast(stacks)
    static = [static_value(a) for a in args[len(given) :]]
    options = _options(kwargs)
    value = example(prim.fn, operands, *static, **options)
    shapes = [(*stack, *(core[axis] for axis in names)) for names in results]
    if len(results) == 1:
        return _kind(value, shapes[0])
    items = tuple(_kind(v, s) for v, s in zip(value, shapes, strict=True))
    return Parts("tuple", items, type(value))


def _agree(core: dict[str, Dim], axis: str, length: Dim, facts: Facts) -> None:
    have = core.setdefault(axis, length)
    if have != length and isinstance(length, int):
        core[axis] = length
    if isinstance(have, int) and isinstance(length, int) and have != length:
        raise InferenceError(f"needs two equal lengths here, not {have} and {length}")


# -- products ----------------------------------------------------------------------------------


def _scalar_or(kind: Aval, shape: Shape) -> Aval:
    assert not isinstance(kind, Opaque)
    return Array(kind.dtype, shape) if shape else Scalar(kind.dtype, weak=False)


def _product_kind(operands: Sequence[Aval]) -> Aval:
    return result_kind(lambda *v: math.prod(v[1:], start=v[0]), operands)


def _vdot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return _scalar_or(_product_kind([aval_of(t) for t in args]), ())


def _inner(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    return _scalar_or(_product_kind(operands), a[:-1] + b[:-1] if a and b else a + b)


def _kron(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    rank = max(len(a), len(b))
    one, two = ((1,) * (rank - len(s)) + s for s in (a, b))
    shape = tuple(dims.mul(x, y) for x, y in zip(one, two, strict=True))
    return _scalar_or(_product_kind(operands), shape)


def contracted(axes: Any, a: int, b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that a tensordot of ranks a and b sums over, non-negative."""
    if isinstance(axes, (int, np.integer)):
        return tuple(range(a - int(axes), a)), tuple(range(int(axes)))
    pair = [(x,) if isinstance(x, (int, np.integer)) else tuple(x) for x in axes]
    return tuple(int(x) % a for x in pair[0]), tuple(int(x) % b for x in pair[1])


def _tensordot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    left, right = contracted(_options(kwargs).get("axes", 2), len(a), len(b))
    shape = tuple(d for i, d in enumerate(a) if i not in left) + tuple(
        d for i, d in enumerate(b) if i not in right
    )
    kind = _product_kind(operands)
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
    return _scalar_or(_product_kind(operands), tuple(lengths[c] for c in result))


def _trace(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = avals.shape_of(operand)
    options = _options(kwargs)
    axes = (options.get("axis1", 0), options.get("axis2", 1))
    out = normalize_axes(axes, len(shape))
    kind = result_kind(np.sum, [operand])
    return _scalar_or(kind, tuple(d for i, d in enumerate(shape) if i not in out))


def _vecdot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    axis = _options(kwargs).get("axis", -1)
    cut = []
    for shape in map(avals.shape_of, operands):
        (at,) = normalize_axes(axis, len(shape))
        cut.append(shape[:at] + shape[at + 1 :])
    return _scalar_or(_product_kind(operands), facts.broadcast(cut))


def _multi_dot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args[0]]
    shapes = [avals.shape_of(a) for a in operands]
    shape = shapes[0][:-1] + (shapes[-1][1:])
    return _scalar_or(_product_kind(operands), shape)


# -- numpy.linalg ------------------------------------------------------------------------------


def _solve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    if len(a) < 2 or not b:
        raise InferenceError("needs a matrix and a right side of rank 1 or more")
    core = 1 if len(b) == 1 else 2
    stack = facts.broadcast([a[:-2], b[:-core]])
    return _kind(example(prim.fn, operands), (*stack, *b[-core:]))


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
        items.append(Scalar(kind.dtype, kind.weak) if isinstance(kind, Scalar) else _kind(v, s))
    return Parts("tuple", tuple(items))


def smaller(m: Dim, n: Dim, facts: Facts) -> Dim:
    """The smaller of two lengths; which one it is joins the signature."""
    tall = facts.positive(dims.add(dims.sub(m, n), 1))
    if tall is None:
        return dims.derived("min", m, n)
    return n if tall else m


def _qr(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    *stack, m, n = _matrix(operand)
    mode = static_value(args[1]) if len(args) > 1 else _options(kwargs).get("mode", "reduced")
    k = m if mode == "complete" else smaller(m, n, facts)
    if mode == "r":
        return _kind(example(np.linalg.qr, [operand], mode="r"), (*stack, k, n))
    if mode not in ("reduced", "complete"):
        raise InferenceError(f"is not supported with mode={mode!r}")
    both = example(np.linalg.qr, [operand])
    items = (_kind(both[0], (*stack, m, k)), _kind(both[1], (*stack, k, n)))
    return Parts("tuple", items, type(both))


def _svd(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    *stack, m, n = _matrix(operand)
    k = smaller(m, n, facts)
    if prim.name == "svdvals":
        return _kind(example(prim.fn, [operand]), (*stack, k))
    full = _options(kwargs).get("full_matrices", True)
    shapes = ((m, m if full else k), (k,), (n if full else k, n))
    values = example(np.linalg.svd, [operand])
    items = tuple(_kind(v, (*stack, *s)) for v, s in zip(values, shapes, strict=True))
    return Parts("tuple", items, type(values))


def _matrix(operand: Aval) -> Shape:
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
    *stack, n, _ = _matrix(operand)
    value = example(prim.fn, [operand])
    if prim.name == "eigvals":
        return _kind(value, (*stack, n))
    items = (_kind(value[0], (*stack, n)), _kind(value[1], (*stack, n, n)))
    return Parts("tuple", items, type(value))


def _norm(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    options = _options(kwargs)
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
    return _kind(value, shape)


def _tensorsolve(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(t) for t in args]
    a, b = map(avals.shape_of, operands)
    axes = _options(kwargs).get("axes") or ()
    kept = [d for i, d in enumerate(a) if i not in normalize_axes(tuple(axes), len(a))]
    moved = [*kept, *(a[i] for i in axes)]
    kind = np.result_type(*(x.dtype for x in operands))  # type: ignore[union-attr]
    return Array(np.dtype(kind if kind.kind in "fc" else float), tuple(moved[len(b) :]))


def _tensorinv(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = avals.shape_of(operand)
    ind = _options(kwargs).get("ind", 2)
    return _kind(example(np.linalg.tensorinv, [operand], ind=ind), shape[ind:] + shape[:ind])


def _part(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    whole = aval_of(args[0])
    assert isinstance(whole, Parts)
    return whole.items[static_value(args[1])]


# -- numpy.fft ---------------------------------------------------------------------------------


def fft_axes(prim: Primitive, options: dict[str, Any], sizes: Any, rank: int) -> tuple[int, ...]:
    """The axes that a transform works along, in its order."""
    if "n" in {p.name for p in prim.params}:
        return (options.get("axis", -1) % rank,)
    default = next(p.default for p in prim.params if p.name == "axes")
    axes = options.get("axes", default)
    if axes is None:
        axes = range(-len(sizes), 0) if sizes is not None else range(rank)
    return tuple(a % rank for a in axes)


def _fft(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    shape = list(avals.shape_of(operand))
    if not shape:
        raise InferenceError("needs an array of rank 1 or more")
    given = kwargs.get("n", kwargs.get("s"))
    sizes = None if given is None else given if isinstance(given, tuple) else (given,)
    axes = fft_axes(prim, _options(kwargs), sizes, len(shape))
    half = prim.name in ("irfft", "hfft", "irfftn", "irfft2")
    for k, axis in enumerate(axes):
        last = k == len(axes) - 1
        if sizes is not None:
            length = extent_of(sizes[k])
        elif half and last:
            length = dims.scale(dims.sub(shape[axis], 1), 2)
        else:
            length = shape[axis]
        if last and prim.name in ("rfft", "ihfft", "rfftn", "rfft2"):
            length = dims.add(_floor_half(length), 1)
        shape[axis] = length
    kind = example(np.fft.fft, [operand]).dtype
    if half:
        kind = np.zeros((), kind).real.dtype
    return Array(kind, tuple(shape))


def _floor_half(length: Dim) -> Dim:
    return length // 2 if isinstance(length, int) else dims.derived("floordiv", length, 2)


def _fftfreq(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    n = extent_of(args[0])
    length = n if prim.name == "fftfreq" else dims.add(_floor_half(n), 1)
    return Array(np.dtype(float), (length,))


def _leading(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    """Elementwise in its first operand; the others are options."""
    operand = aval_of(args[0])
    kind = result_kind(prim.fn, [operand])
    assert not isinstance(kind, Opaque)
    shape = avals.shape_of(operand)
    return Array(kind.dtype, shape) if isinstance(kind, Array) or shape else kind


SHAPES.update(
    {
        "signature": by_signature,
        "vdot": _vdot,
        "inner": _inner,
        "kron": _kron,
        "tensordot": _tensordot,
        "einsum": _einsum,
        "einsum_view": _einsum_view,
        "trace": _trace,
        "vecdot": _vecdot,
        "multi_dot": _multi_dot,
        "solve": _solve,
        "lstsq": _lstsq,
        "qr": _qr,
        "svd": _svd,
        "eig": _eig,
        "norm": _norm,
        "tensorsolve": _tensorsolve,
        "tensorinv": _tensorinv,
        "part": _part,
        "fft": _fft,
        "fftfreq": _fftfreq,
        "leading": _leading,
    }
)
