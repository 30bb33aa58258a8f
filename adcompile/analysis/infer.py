"""Kinds and shapes of results: one shape function a family, dtypes from NumPy itself.

The result kind of a function is found by calling it on tiny dummies of the same kind and
dtype, so promotion (NEP 50, Python floats against np.float64, 0-d arrays) is NumPy's own.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.probe import ProbeFailed, infer_by_probe
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.draws import trial
from adcompile.ir.nodes import Lit, SliceTree, Tree, Var
from adcompile.ir.primitives import Primitive


class InferenceError(Exception):
    """The operands do not fit the operation; the message says why."""


def aval_of(atom: Tree) -> Aval:
    if isinstance(atom, Var):
        return atom.aval
    if isinstance(atom, Lit):
        return avals.of_constant(atom.value)
    return Opaque("tuple" if isinstance(atom, tuple) else "slice")


def infer(prim: Primitive, args: Sequence[Tree], kwargs: dict[str, Tree], facts: Facts) -> Aval:
    """The abstract value of prim(*args, **kwargs)."""
    shape = SHAPES.get(prim.shape) or SHAPES["signature"]
    return shape(prim, args, kwargs, facts)


def static_value(tree: Tree) -> Any:
    """The Python value of a tree of literals."""
    if isinstance(tree, Lit):
        return tree.value
    if isinstance(tree, tuple):
        return tuple(static_value(t) for t in tree)
    raise InferenceError("must be known at compile time")


def extent_of(atom: Tree) -> Dim:
    """An int atom as a symbolic length."""
    if isinstance(atom, Lit):
        return operator.index(atom.value)
    if isinstance(atom, Var) and isinstance(atom.aval, Scalar):
        return atom.aval.extent if atom.aval.extent is not None else dims.fresh()
    raise InferenceError("a shape must be made of ints")


def shape_tree(tree: Tree) -> tuple[Dim, ...]:
    """A shape argument: an int, or a tuple of ints."""
    if isinstance(tree, tuple):
        return tuple(extent_of(t) for t in tree)
    return (extent_of(tree),)


# -- dtypes ------------------------------------------------------------------------------------


def _dummy(aval: Aval) -> Any:
    if isinstance(aval, Scalar):
        if aval.weak:
            return {"b": True, "i": 1, "f": 1.0, "c": 1.0 + 0j}[aval.dtype.kind]
        return aval.dtype.type(1)
    if isinstance(aval, Array):
        return np.ones((1,) if aval.shape else (), aval.dtype)
    raise InferenceError(f"expected a number or an array, not {aval}")


def _kind_key(aval: Aval) -> tuple[Any, ...]:
    if isinstance(aval, Scalar):
        return ("s", aval.dtype, aval.weak)
    if isinstance(aval, Array):
        return ("a", aval.dtype, bool(aval.shape))
    raise InferenceError(f"expected a number or an array, not {aval}")


@lru_cache(maxsize=4096)
def _result_kind(fn: Callable[..., Any], keys: tuple[tuple[Any, ...], ...]) -> Aval:
    dummies = [
        _dummy(Scalar(key[1], key[2]) if key[0] == "s" else Array(key[1], (1,) * key[2]))
        for key in keys
    ]
    with np.errstate(all="ignore"):
        try:
            return avals.of_constant(fn(*dummies))
        except TypeError as exc:
            raise InferenceError(str(exc)) from None


def result_kind(fn: Callable[..., Any], operands: Sequence[Aval]) -> Aval:
    """What fn gives for operands of these kinds, shapes apart."""
    aval = _result_kind(fn, tuple(_kind_key(a) for a in operands))
    if isinstance(aval, Scalar) and aval.extent is not None:
        return Scalar(aval.dtype, aval.weak)
    return aval


def _with_shape(kind: Aval, shape: tuple[Dim, ...]) -> Aval:
    assert not isinstance(kind, Opaque)
    if isinstance(kind, Array) or shape:
        return Array(kind.dtype, shape)
    return kind


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
        return np.ones((2,) * aval.ndim, aval.dtype) if isinstance(aval, Array) else _dummy(aval)

    with np.errstate(all="ignore"):
        result = fn(*map(dummy, args))
    aval = avals.of_constant(result)
    if isinstance(aval, Opaque):
        _EXAMPLES[aval.what] = result
    if isinstance(aval, Array):
        return Array(aval.dtype, tuple(dims.fresh() for _ in aval.shape))
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


_EXAMPLES: dict[str, Any] = {}


# -- families ----------------------------------------------------------------------------------


def _numeric_args(args: Sequence[Tree], kwargs: dict[str, Tree]) -> list[Aval]:
    every = [aval_of(t) for t in (*args, *kwargs.values())]
    return [a for a in every if avals.is_numeric(a)]


def _elementwise(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    if prim.name == "clip":
        operands = _numeric_args(args, kwargs)
        kind = result_kind(lambda *v: np.clip(v[0], *v[1:], *[None] * (3 - len(v))), operands)
    elif prim.name == "round":
        operands = [aval_of(args[0])]
        kind = result_kind(prim.fn, operands)
    elif prim.name in ("where", "select"):
        operands = [aval_of(a) for a in args]
        kind = result_kind(prim.fn, operands)
        if prim.name == "select" and not isinstance(kind, Opaque):
            kind = result_kind(operator.add, operands[1:])
    else:
        operands = [aval_of(a) for a in args]
        kind = result_kind(prim.fn, operands)
    if isinstance(kind, Opaque):
        raise InferenceError(f"gives a {kind} here, not a number or an array")
    shape = facts.broadcast([avals.shape_of(a) for a in operands])
    if isinstance(kind, Scalar) and kind == avals.INT:
        return Scalar(kind.dtype, True, _int_extent(prim.name, args))
    return _with_shape(kind, shape)


def _int_extent(name: str, args: Sequence[Tree]) -> Dim | None:
    """The symbolic value of integer arithmetic."""
    known = []
    for arg in args:
        aval = aval_of(arg)
        if not isinstance(aval, Scalar) or aval.extent is None:
            return None
        known.append(aval.extent)
    match name, known:
        case "add", [a, b]:
            return dims.add(a, b)
        case "subtract", [a, b]:
            return dims.sub(a, b)
        case "multiply", [a, b]:
            return dims.mul(a, b)
        case "negative", [a]:
            return dims.scale(a, -1)
        case "floor_divide", [a, int(b)] if b != 0:
            return dims.derived("floordiv", a, b)
        case "remainder", [a, int(b)] if b != 0:
            return dims.derived("mod", a, b)
        case "python_min", [a, b]:
            return dims.derived("min", a, b)
        case "python_max", [a, b]:
            return dims.derived("max", a, b)
    return None


def _python(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    for a in args:
        if any(d != 1 for d in avals.shape_of(aval_of(a))):
            raise InferenceError(
                f"takes numbers; an array needs the function of numpy, np.{prim.rule}"
            )
    return avals.INT if prim.rule in ("floor", "ceil", "trunc") else avals.FLOAT


def _python2(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operands = [aval_of(a) for a in args]
    if any(isinstance(a, Array) and a.shape for a in operands):
        raise InferenceError("takes numbers; for arrays write np.maximum or np.minimum")
    first, second = operands
    if (first, second) == (avals.INT, avals.INT) or all(
        a == avals.INT or (isinstance(a, Scalar) and a.dtype.kind == "i" and a.weak)
        for a in operands
    ):
        return Scalar(avals.INT.dtype, True, _int_extent(prim.name, args))
    if _kind_key(first) == _kind_key(second):
        return first
    return result_kind(operator.add, operands)


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, sorted and non-negative."""
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise InferenceError(f"axis {a} is out of bounds for an array of rank {ndim}")
    return tuple(sorted(a % ndim for a in axes))


def _reduction(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else None
    keep = static_value(kwargs["keepdims"]) if "keepdims" in kwargs else False
    shape = avals.shape_of(operand)
    wide = static_value(kwargs["dtype"]) if "dtype" in kwargs else None
    fn = prim.fn if wide is None else functools.partial(prim.fn, dtype=wide)
    kind = result_kind(fn, [operand])
    assert not isinstance(kind, Opaque)
    axes = normalize_axes(axis, len(shape)) if shape else ()
    if keep:
        left = tuple(1 if i in axes else d for i, d in enumerate(shape))
    else:
        left = tuple(d for i, d in enumerate(shape) if i not in axes)
    if left or (keep and isinstance(operand, Array)):
        return Array(kind.dtype, left)
    return Scalar(kind.dtype, weak=isinstance(kind, Scalar) and kind.weak)


def _python_sum(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    kind = result_kind(operator.add, [operand, avals.INT])
    assert not isinstance(kind, Opaque)
    shape = operand.shape[1:]
    return Array(kind.dtype, shape) if shape else Scalar(kind.dtype, weak=False)


def _matmul(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    sa, sb = avals.shape_of(a), avals.shape_of(b)
    if not sa or not sb:
        raise InferenceError("matmul needs arrays of rank 1 or more on both sides")
    kind = result_kind(operator.mul, [a, b])
    assert not isinstance(kind, Opaque)
    batch = facts.broadcast([sa[:-2], sb[:-2]])
    shape = batch + sa[-2:-1] + (sb[-1:] if len(sb) > 1 else ())
    return Array(kind.dtype, shape) if shape else Scalar(kind.dtype, weak=False)


def _dot(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    sa, sb = avals.shape_of(a), avals.shape_of(b)
    kind = result_kind(operator.mul if sa and sb else np.dot, [a, b])
    assert not isinstance(kind, Opaque)
    if not sa or not sb:
        return _with_shape(kind, sa or sb)
    shape = sa[:-1] + (sb[:-2] + sb[-1:] if len(sb) > 1 else ())
    return Array(kind.dtype, shape) if shape else Scalar(kind.dtype, weak=False)


def _outer(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    a, b = (aval_of(t) for t in args)
    kind = result_kind(operator.mul, [a, b])
    assert not isinstance(kind, Opaque)
    sizes = []
    for operand in (a, b):
        size: Dim = 1
        for d in avals.shape_of(operand):
            size = dims.mul(size, d)
        sizes.append(size)
    return Array(kind.dtype, tuple(sizes))


def index_items(index: Tree) -> tuple[Tree, ...]:
    """An index as a tuple of its items."""
    return index if isinstance(index, tuple) else (index,)


def is_basic(index: Tree) -> bool:
    """Whether the index gives a view: ints, slices, None and ... alone."""
    return not any(isinstance(aval_of(i), Array) for i in index_items(index))


def _getitem(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array):
        raise InferenceError(f"a {operand} cannot be indexed")
    return getitem_aval(operand, args[1], facts)


def getitem_aval(operand: Array, index: Tree, facts: Facts) -> Aval:
    """The kind and shape of operand[index]."""
    items = list(index_items(index))
    used = 0
    for item in items:
        aval = aval_of(item)
        if isinstance(item, Lit) and (item.value is None or item.value is Ellipsis):
            continue
        used += aval.ndim if isinstance(aval, Array) and aval.dtype.kind == "b" else 1
    if used > operand.ndim:
        raise InferenceError(f"too many indices: {used} for an array of rank {operand.ndim}")
    has_ellipsis = any(isinstance(i, Lit) and i.value is Ellipsis for i in items)
    if not has_ellipsis:
        items.append(Lit(Ellipsis))
    full = SliceTree(Lit(None), Lit(None), Lit(None))
    at = next(k for k, i in enumerate(items) if isinstance(i, Lit) and i.value is Ellipsis)
    items[at : at + 1] = [full] * (operand.ndim - used)

    advanced = not is_basic(index)
    result: list[Dim] = []
    adv_shapes: list[tuple[Dim, ...]] = []
    places: list[int] = []
    axis = 0
    for position, item in enumerate(items):
        aval = aval_of(item)
        if isinstance(item, SliceTree):
            bounds = []
            for t in (item.start, item.stop, item.step):
                none = isinstance(t, Lit) and t.value is None
                bounds.append(None if none else extent_of(t))
            result.append(dims.slice_length(operand.shape[axis], *bounds))
            axis += 1
        elif isinstance(item, Lit) and item.value is None:
            result.append(1)
        elif isinstance(aval, Array):
            if aval.dtype.kind == "b":
                adv_shapes.append((dims.fresh("selected"),))
                axis += aval.ndim
            elif aval.dtype.kind in "iu":
                adv_shapes.append(aval.shape)
                axis += 1
            else:
                raise InferenceError(f"an index must be of integers or bools, not {aval}")
            places.append(position)
            if len(places) == 1:
                insert_at = len(result)
        elif isinstance(aval, Scalar) and aval.dtype.kind in "iu":
            if advanced:
                adv_shapes.append(())
                places.append(position)
                if len(places) == 1:
                    insert_at = len(result)
            axis += 1
        else:
            raise InferenceError(f"an index must be of integers, slices or bools, not {aval}")
    if places:
        contiguous = places == list(range(places[0], places[-1] + 1))
        where = insert_at if contiguous else 0
        result[where:where] = facts.broadcast(adv_shapes)
    if result or has_ellipsis or advanced:
        return Array(operand.dtype, tuple(result))
    return Scalar(operand.dtype, weak=False)


def _winners(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    return getitem_aval(operand, args[1], facts)


def _same(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return aval_of(args[0])


def _reshape(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    shape = list(shape_tree(args[1]))
    if -1 in shape:
        at = shape.index(-1)
        have = list(avals.shape_of(operand))
        rest: list[Dim] = []
        for d in shape[:at] + shape[at + 1 :]:
            if d in have:
                have.remove(d)
            else:
                rest.append(d)
        left: Dim = 1
        for d in have:
            left = dims.mul(left, d)
        divisor: Dim = 1
        for d in rest:
            divisor = dims.mul(divisor, d)
        shape[at] = left if divisor == 1 else dims.derived("floordiv", left, divisor)
    return Array(operand.dtype, tuple(shape))


def _ravel(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    size: Dim = 1
    for d in avals.shape_of(operand):
        size = dims.mul(size, d)
    return Array(operand.dtype, (size,))


def _transpose(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array):
        return operand
    axes = static_value(kwargs["axes"]) if "axes" in kwargs else None
    order = range(operand.ndim)[::-1] if axes is None else axes
    if not isinstance(order, (tuple, range)) or len(order) != operand.ndim:
        raise InferenceError(f"needs {operand.ndim} axes, as a tuple")
    return Array(operand.dtype, tuple(operand.shape[a] for a in order))


def _swapaxes(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    i, j = static_value(args[1]), static_value(args[2])
    shape = list(operand.shape)
    shape[i], shape[j] = shape[j], shape[i]
    return Array(operand.dtype, tuple(shape))


def _diagonal(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if not isinstance(operand, Array) or operand.ndim < 2:
        raise InferenceError("needs an array of rank 2 or more")
    offset, first, second = (
        static_value(kwargs[k]) if k in kwargs else d
        for k, d in (("offset", 0), ("axis1", 0), ("axis2", 1))
    )
    taken = [a % operand.ndim for a in (first, second)]
    rows, columns = (operand.shape[a] for a in taken)
    rows, columns = dims.add(rows, min(offset, 0)), dims.sub(columns, max(offset, 0))
    length = rows if rows == columns else dims.derived("min", rows, columns)
    if offset:
        length = dims.derived("max", length, 0)
    kept = tuple(d for i, d in enumerate(operand.shape) if i not in taken)
    return Array(operand.dtype, (*kept, length))


def _expand_dims(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    axis = static_value(args[1])
    axes = axis if isinstance(axis, tuple) else (axis,)
    shape = list(avals.shape_of(operand))
    rank = len(shape) + len(axes)
    for a in sorted(x % rank for x in axes):
        shape.insert(a, 1)
    return Array(operand.dtype, tuple(shape))


def _squeeze(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    shape = avals.shape_of(operand)
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else None
    if axis is None:
        axes: tuple[int, ...] = tuple(i for i, d in enumerate(shape) if facts.equals(d, 1))
    else:
        axes = normalize_axes(axis, len(shape))
    return Array(operand.dtype, tuple(d for i, d in enumerate(shape) if i not in axes))


def _broadcast_to(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(operand.dtype, shape_tree(args[1]))


def _spread(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert isinstance(operand, Array)
    return Array(operand.dtype, (extent_of(args[1]), *operand.shape))


def _copy(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(operand.dtype, avals.shape_of(operand))


def _astype(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    dtype = np.dtype(static_value(args[1]))
    if isinstance(operand, Array):
        return Array(dtype, operand.shape)
    return Scalar(dtype, weak=False)


def _parts(tree: Tree) -> list[Aval]:
    if not isinstance(tree, tuple):
        aval = aval_of(tree)
        if isinstance(aval, Array) and aval.ndim and isinstance(aval.shape[0], int):
            part = Array(aval.dtype, aval.shape[1:])
            return [part] * aval.shape[0]
        raise InferenceError("expected a list or tuple of arrays")
    return [aval_of(t) for t in tree]


def _concatenate(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    parts = _parts(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else 0
    first = avals.shape_of(parts[0])
    if not first:
        raise InferenceError("zero-dimensional arrays cannot be concatenated")
    kind = result_kind(lambda *v: sum(v[1:], v[0]), parts)
    assert not isinstance(kind, Opaque)
    total: Dim = 0
    for p in parts:
        total = dims.add(total, avals.shape_of(p)[axis])
    shape = list(first)
    shape[axis] = total
    return Array(kind.dtype, tuple(shape))


def _stack(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    parts = _parts(args[0])
    axis = static_value(kwargs["axis"]) if "axis" in kwargs else 0
    kind = result_kind(lambda *v: np.stack([np.asarray(x) for x in v]), parts)
    assert not isinstance(kind, Opaque)
    shape = list(avals.shape_of(parts[0]))
    shape.insert(axis % (len(shape) + 1), len(parts))
    return Array(kind.dtype, tuple(shape))


def _array(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    def shape(tree: Tree) -> tuple[Dim, ...]:
        if isinstance(tree, tuple):
            inner = shape(tree[0]) if tree else ()
            return (len(tree), *inner)
        return avals.shape_of(aval_of(tree))

    def leaves(tree: Tree) -> list[Aval]:
        if isinstance(tree, tuple):
            return [a for t in tree for a in leaves(t)]
        return [aval_of(tree)]

    if "dtype" in kwargs and static_value(kwargs["dtype"]) is not None:
        dtype = np.dtype(static_value(kwargs["dtype"]))
    else:
        every = [a for a in leaves(args[0]) if avals.is_numeric(a)]
        dtype = (
            np.array(
                [_dummy(a).reshape(-1)[0] if isinstance(a, Array) else _dummy(a) for a in every]
            ).dtype
            if every
            else np.dtype(float)
        )
    return Array(dtype, shape(args[0]))


def _dtype_kwarg(kwargs: dict[str, Tree], default: Any) -> np.dtype[Any]:
    given = static_value(kwargs["dtype"]) if "dtype" in kwargs else None
    return np.dtype(default if given is None else given)


def _creation(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    return Array(_dtype_kwarg(kwargs, float), shape_tree(args[0]))


def _zeros_like(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(_dtype_kwarg(kwargs, operand.dtype), avals.shape_of(operand))


def _full(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    value = aval_of(args[1])
    assert not isinstance(value, Opaque)
    return Array(_dtype_kwarg(kwargs, value.dtype), shape_tree(args[0]))


def _full_like(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    assert not isinstance(operand, Opaque)
    return Array(_dtype_kwarg(kwargs, operand.dtype), avals.shape_of(operand))


def _arange(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    bounds = [args[0]] + [kwargs[k] for k in ("stop", "step") if k in kwargs]
    numbers = [aval_of(b) for b in bounds]
    kind = np.result_type(*[_dummy(a) for a in numbers])
    dtype = _dtype_kwarg(kwargs, np.dtype(int) if kind.kind in "iub" else kind)
    if dtype.kind == "i" and "step" not in kwargs and len(bounds) <= 2:
        ends = [extent_of(b) for b in bounds]
        length = ends[0] if len(ends) == 1 else dims.sub(ends[1], ends[0])
        return Array(dtype, (length,))
    return Array(dtype, (dims.fresh("arange"),))


def _eye(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    rows = extent_of(args[0])
    columns = extent_of(kwargs["M"]) if "M" in kwargs else rows
    return Array(_dtype_kwarg(kwargs, float), (rows, columns))


def _dim(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    shape = avals.shape_of(aval_of(args[0]))
    if prim.name == "size":
        size: Dim = 1
        for d in shape:
            size = dims.mul(size, d)
        return Scalar(avals.INT.dtype, True, size)
    return Scalar(avals.INT.dtype, True, shape[static_value(args[1])])


def _float(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    operand = aval_of(args[0])
    if prim.name == "item" and avals.is_numeric(operand):
        assert not isinstance(operand, Opaque)
        kind = {
            "f": avals.FLOAT,
            "i": avals.INT,
            "u": avals.INT,
            "b": avals.BOOL,
            "c": avals.COMPLEX,
        }
        return kind[operand.dtype.kind]
    return avals.FLOAT


def _cast(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    kind = result_kind(prim.fn, [aval_of(args[0])])
    return _with_shape(kind, avals.shape_of(aval_of(args[0])))


def _probe(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    try:
        return infer_by_probe(prim.fn, args, kwargs, facts)
    except (ProbeFailed, ValueError, IndexError) as exc:
        raise InferenceError(f"cannot be applied here: {exc}") from None


def _draw(prim: Primitive, args: Any, kwargs: Any, facts: Facts) -> Aval:
    attempt = dataclasses.replace(prim, fn=trial(prim.name.removeprefix("draw_")))
    return _probe(attempt, args[1:], kwargs, facts)


SHAPES: dict[str, Callable[[Primitive, Any, Any, Facts], Aval]] = {
    "elementwise": _elementwise,
    "probe": _probe,
    "draw": _draw,
    "generator": lambda *_: avals.GENERATOR,
    "python": _python,
    "python2": _python2,
    "reduction": _reduction,
    "python_sum": _python_sum,
    "matmul": _matmul,
    "dot": _dot,
    "outer": _outer,
    "getitem": _getitem,
    "winners": _winners,
    "same": _same,
    "reshape": _reshape,
    "ravel": _ravel,
    "transpose": _transpose,
    "swapaxes": _swapaxes,
    "diagonal": _diagonal,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": _broadcast_to,
    "unbroadcast": _broadcast_to,
    "spread": _spread,
    "copy": _copy,
    "astype": _astype,
    "concatenate": _concatenate,
    "stack": _stack,
    "array": _array,
    "asarray": _copy,
    "creation": _creation,
    "zeros_like": _zeros_like,
    "full": _full,
    "full_like": _full_like,
    "arange": _arange,
    "eye": _eye,
    "shape": lambda *_: avals.SHAPE,
    "dim": _dim,
    "float": _float,
    "cast": _cast,
    "int": lambda *_: avals.INT,
    "bool": lambda *_: avals.BOOL,
    "none": lambda *_: Opaque("none"),
}
