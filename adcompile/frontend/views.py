"""NumPy's functions that give views, in terms of indexing and transposition.

`np.flip(a)` is `a[::-1]`: a view of the same array, so a write through it is a write to that.
Where NumPy gives a view or a copy by the memory layout, the known layout decides; an unknown one
links the result with its source, and a write to either is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from adcompile.frontend import contents, emit, extents, layouts, static
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    PyVal,
    SliceVal,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lit

NONE = Lit(None)
C_ORDER = Lit("C")
WHOLE = SliceVal(NONE, NONE, NONE)
BACKWARDS = SliceVal(NONE, NONE, Lit(-1))


def as_array(cx: Context, value: PyVal) -> PyVal:
    """An operand that NumPy would take for an array."""
    if isinstance(value, (TupleVal, ContainerRef)):
        return emit.call(cx, "array", value)
    return value


def rank(cx: Context, value: PyVal) -> int:
    return len(avals.shape_of(cx.aval(value)))


def item(cx: Context, value: PyVal, *index: PyVal) -> PyVal:
    return cx.hooks["getitem"](cx, value, index[0] if len(index) == 1 else TupleVal(index))


def arguments(
    cx: Context, text: str, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> list[PyVal]:
    """The arguments of a call in the order of "a, b, c=1", missing ones by their default."""
    names: list[str] = []
    found: list[PyVal | None] = []
    for part in text.split(", "):
        name, _, default = part.partition("=")
        names.append(name)
        found.append(Lit(eval(default, {})) if default else None)
    rest = dict(kwargs)
    for k, name in enumerate(names):
        if k < len(args):
            found[k] = args[k]
        elif name in rest:
            found[k] = rest.pop(name)
    if rest or len(args) > len(names) or any(f is None for f in found):
        given = next(iter(rest), names[-1])
        raise cx.refuse(f"the argument {given!r} is not supported or missing here")
    return found  # type: ignore[return-value]


def axes_of(cx: Context, axis: PyVal, ndim: int, what: str = "the axis") -> tuple[int, ...]:
    """An axis or several as a tuple of non-negative ints."""
    value = static.value(cx, axis, what)
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    for a in given:
        if not -ndim <= a < ndim:
            raise cx.refuse(f"axis {a} is out of bounds for an array of rank {ndim}")
    return tuple(a % ndim for a in given)


# -- order of the entries ----------------------------------------------------------------------


def _flip(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    m, axis = arguments(cx, "m, axis=None", args, kwargs)
    m = as_array(cx, m)
    ndim = rank(cx, m)
    whole = isinstance(axis, Lit) and axis.value is None
    chosen = range(ndim) if whole else axes_of(cx, axis, ndim)
    return flip(cx, m, *chosen)


def flip(cx: Context, m: PyVal, *axes: int) -> PyVal:
    last = max(axes, default=-1)
    if last < 0:
        return m
    return item(cx, m, *(BACKWARDS if k in axes else WHOLE for k in range(last + 1)))


def _fliplr(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    (m,) = arguments(cx, "m", args, kwargs)
    return flip(cx, as_array(cx, m), 1)


def _flipud(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    (m,) = arguments(cx, "m", args, kwargs)
    return flip(cx, as_array(cx, m), 0)


def _rot90(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    m, k, axes = arguments(cx, "m, k=1, axes=None", args, kwargs)
    m = as_array(cx, m)
    given = Lit((0, 1)) if isinstance(axes, Lit) and axes.value is None else axes
    first, second = axes_of(cx, given, rank(cx, m), "axes")
    turns = static.value(cx, k, "the number of turns") % 4
    if turns == 0:
        return m
    if turns == 2:
        return flip(cx, m, first, second)
    if turns == 1:
        return _swapped(cx, flip(cx, m, second), first, second)
    return flip(cx, _swapped(cx, m, first, second), second)


def _swapped(cx: Context, m: PyVal, first: int, second: int) -> PyVal:
    if rank(cx, m) == 2:
        return emit.call(cx, "transpose", m)
    return emit.call(cx, "swapaxes", m, Lit(first), Lit(second))


def _moveaxis(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    a, source, destination = arguments(cx, "a, source, destination", args, kwargs)
    a = as_array(cx, a)
    ndim = rank(cx, a)
    sources, targets = axes_of(cx, source, ndim), axes_of(cx, destination, ndim)
    order = [k for k in range(ndim) if k not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return permuted(cx, a, order)


def _rollaxis(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    a, axis, start = arguments(cx, "a, axis, start=0", args, kwargs)
    a = as_array(cx, a)
    ndim = rank(cx, a)
    (origin,) = axes_of(cx, axis, ndim)
    target = static.value(cx, start, "start")
    target += ndim if target < 0 else 0
    target -= origin < target
    order = [k for k in range(ndim) if k != origin]
    order.insert(target, origin)
    return permuted(cx, a, order)


def permuted(cx: Context, a: PyVal, order: Sequence[int]) -> PyVal:
    if list(order) == list(range(len(order))):
        return a
    if list(order) == list(range(len(order)))[::-1]:
        return emit.call(cx, "transpose", a)
    return emit.call(cx, "transpose", a, axes=Lit(tuple(order)))


# -- pieces ------------------------------------------------------------------------------------


def _split(axis: int | None, uneven: bool = False) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        text = "ary, indices_or_sections, axis=0" if axis is None else "ary, indices_or_sections"
        ary, sections, *given = arguments(cx, text, args, kwargs)
        ary = as_array(cx, ary)
        ndim = rank(cx, ary)
        if axis is None:
            (along,) = axes_of(cx, given[0], ndim)
        else:
            along = 0 if axis == 1 and ndim == 1 else axis
        if along >= ndim:
            raise cx.refuse(f"an array of rank {ndim} has no axis {along} to split")
        bounds = _bounds(cx, extents.of_axis(cx, ary, along), sections, uneven)
        before = (WHOLE,) * along
        pieces = [
            item(cx, ary, *before, SliceVal(start, stop, NONE)) for start, stop in pairwise(bounds)
        ]
        return contents.new_list(cx, pieces)

    return lower


def _bounds(cx: Context, length: PyVal, sections: PyVal, uneven: bool) -> list[PyVal]:
    """Where the pieces begin and end."""
    cuts = static.items(cx, as_tuple(sections))
    if cuts is not None:
        return [NONE, *cuts, NONE]
    count = static.value(cx, sections, "the number of pieces")
    total = static.value(cx, length, "the length of the axis that is split")
    if total % count and not uneven:
        raise cx.refuse(
            f"an axis of length {total} cannot be split into {count} equal parts",
            "Use np.array_split.",
        )
    sizes = [total // count + (k < total % count) for k in range(count)]
    ends = [sum(sizes[: k + 1]) for k in range(count)]
    return [Lit(0), *map(Lit, ends)]


def as_tuple(value: PyVal) -> PyVal:
    """Constant sequences as tuples of literals."""
    if isinstance(value, Lit) and isinstance(value.value, np.ndarray):
        return TupleVal(tuple(Lit(int(v)) for v in value.value))
    return value


# -- as an array -------------------------------------------------------------------------------


def _atleast(wanted: int) -> Callable[..., PyVal]:
    def one(cx: Context, value: PyVal) -> PyVal:
        value = as_array(cx, value)
        have = rank(cx, value)
        if have >= wanted:
            return value
        if not isinstance(cx.aval(value), Array):
            return emit.call(cx, "array", _nested(value, wanted))
        if have == 0:
            return item(cx, value, *(NONE,) * wanted)
        if wanted == 2:
            return item(cx, value, NONE, WHOLE)
        front = (NONE, WHOLE) if have == 1 else (WHOLE, WHOLE)
        return item(cx, value, *front, NONE)

    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        if len(args) == 1:
            return one(cx, args[0])
        return TupleVal(tuple(one(cx, a) for a in args))

    return lower


def _nested(value: PyVal, depth: int) -> PyVal:
    for _ in range(depth):
        value = TupleVal((value,))
    return value


def _contiguous(order: str) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        a, dtype = arguments(cx, "a, dtype=None", args, kwargs)
        value = dispatch.call_static(cx, np.asarray, [a], {"dtype": dtype})
        if not isinstance(value, ArrayRef):
            return value
        if rank(cx, value) == 0:
            return item(cx, value, NONE)
        return in_order(cx, value, order)

    return lower


def in_order(cx: Context, value: ArrayRef, order: str) -> PyVal:
    """The array itself if it is in that order, else a copy that is; linked if unknown."""
    layout = layouts.layout_of(cx, value)
    ndim = rank(cx, value)
    if layout == order or (layout == "C" and ndim == 1):
        return value
    copy = emit.call(cx, "copy", value)
    assert isinstance(copy, ArrayRef)
    certain = layout == "F" or (layout == "other" and order == "C")
    certain |= layout == "C" and layouts.two_long_axes(cx, cx.ref_aval(value).shape)
    if not certain:
        copy.obj.link(value.obj)
    if ndim > 1:
        copy.obj.layout = order if certain or order == "C" else None
    return copy


def _asanyarray(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    a, dtype = arguments(cx, "a, dtype=None", args, kwargs)
    return dispatch.call_static(cx, np.asarray, [a], {"dtype": dtype})


def _require(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    a, dtype, flags = arguments(cx, "a, dtype=None, requirements=None", args, kwargs)
    value = dispatch.call_static(cx, np.asarray, [a], {"dtype": dtype})
    given = static.value(cx, flags, "the requirements") or ()
    wanted = {str(f).upper()[0] for f in ([given] if isinstance(given, str) else given)}
    if wanted - {"C", "A", "W"}:
        raise cx.refuse("np.require is supported with 'C', 'A' and 'W'", "Use .copy().")
    return in_order(cx, value, "C") if "C" in wanted and isinstance(value, ArrayRef) else value


# -- order= ------------------------------------------------------------------------------------


def reversed_axes(cx: Context, value: PyVal, order: PyVal) -> bool:
    """Whether an order= means the order of the transpose."""
    name = static.value(cx, order, "order")
    if name in ("C", "F"):
        return name == "F"
    layout = layouts.layout_of(cx, value) if isinstance(value, ArrayRef) else "C"
    if layout is None or (name == "K" and layout == "other"):
        layouts.ask(cx)
        raise cx.refuse(
            f"order={name!r} depends on a memory layout that is not known here",
            "Use order='C' or order='F'.",
        )
    return layout == "F"


def _reshape(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    given = {("shape" if k == "newshape" else k): v for k, v in kwargs.items()}
    a, shape, order, copy = arguments(cx, "a, shape, order='C', copy=None", args, given)
    return reshape(cx, as_array(cx, a), shape, order, copy)


def reshape(
    cx: Context, a: PyVal, shape: PyVal, order: PyVal = C_ORDER, copy: PyVal = NONE
) -> PyVal:
    """np.reshape; in Fortran order it is the reshape of the transpose, transposed."""
    forced = static.value(cx, copy, "copy")
    if forced is False:
        raise cx.refuse("reshape with copy=False is not supported", "Leave it out.")
    if forced is True:
        a = emit.call(cx, "copy", a)
    if reversed_axes(cx, a, order):
        wanted = static.items(cx, shape)
        lengths = (shape,) if wanted is None else wanted[::-1]
        flipped = a if rank(cx, a) <= 1 else emit.call(cx, "transpose", a)
        turned = emit.call(cx, "reshape", flipped, TupleVal(tuple(lengths)))
        return turned if len(lengths) <= 1 else emit.call(cx, "transpose", turned)
    return emit.call(cx, "reshape", a, shape)


def _ravel(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    a, order = arguments(cx, "a, order='C'", args, kwargs)
    return ravel(cx, as_array(cx, a), order)


def ravel(cx: Context, a: PyVal, order: PyVal = C_ORDER) -> PyVal:
    if reversed_axes(cx, a, order) and rank(cx, a) > 1:
        a = emit.call(cx, "transpose", a)
    return emit.call(cx, "ravel", a)


# -- methods -----------------------------------------------------------------------------------


def _reshape_method(
    cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    shape = args[0] if len(args) == 1 else TupleVal(tuple(args))
    order, copy = arguments(cx, "order='C', copy=None", (), kwargs)
    return reshape(cx, owner, shape, order, copy)


def _ravel_method(
    cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    (order,) = arguments(cx, "order='C'", args, kwargs)
    return ravel(cx, owner, order)


def _flatten_method(
    cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    (order,) = arguments(cx, "order='C'", args, kwargs)
    return emit.call(cx, "copy", ravel(cx, owner, order))


def _view_method(
    cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    dtype, kind = arguments(cx, "dtype=None, type=None", args, kwargs)
    wanted = [static.value(cx, v, "the type of a view") for v in (dtype, kind)]
    same = wanted[0] is None or wanted[0] == getattr(cx.aval(owner), "dtype", None)
    if not same or wanted[1] is not None:
        raise cx.refuse("a view of another type is not supported", "Use astype.")
    return item(cx, owner, Lit(Ellipsis)) if isinstance(owner, ArrayRef) else owner


def _diagonal_method(
    cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    return dispatch.call_static(cx, np.diagonal, [owner, *args], kwargs)


METHODS: dict[str, Callable[..., PyVal]] = {
    "reshape": _reshape_method,
    "ravel": _ravel_method,
    "flatten": _flatten_method,
    "view": _view_method,
    "diagonal": _diagonal_method,
}


SPECIAL.update(
    {
        np.flip: _flip,
        np.fliplr: _fliplr,
        np.flipud: _flipud,
        np.rot90: _rot90,
        np.moveaxis: _moveaxis,
        np.rollaxis: _rollaxis,
        np.split: _split(None),
        np.array_split: _split(None, uneven=True),
        np.hsplit: _split(1),
        np.vsplit: _split(0),
        np.dsplit: _split(2),
        np.atleast_1d: _atleast(1),
        np.atleast_2d: _atleast(2),
        np.atleast_3d: _atleast(3),
        np.asanyarray: _asanyarray,
        np.ascontiguousarray: _contiguous("C"),
        np.asfortranarray: _contiguous("F"),
        np.require: _require,
        np.reshape: _reshape,
        np.ravel: _ravel,
    }
)
