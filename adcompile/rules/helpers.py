"""What rules may call besides NumPy: known to the compiler, callable as plain Python too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from adcompile.frontend import emit, extents
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import Masked, PyVal, Zero
from adcompile.ir import avals
from adcompile.ir.nodes import Lit
from adcompile.runtime.helpers import unbroadcast as runtime_unbroadcast

F = TypeVar("F", bound=Callable[..., Any])


def compile_time(fn: F) -> F:
    """A function of static values that a rule calls while it is inlined."""
    fn.__compile_time__ = True  # type: ignore[attr-defined]
    return fn


def unbroadcast(value: Any, like: Any) -> Any:
    """Sum `value` over the axes along which `like` was broadcast to its shape."""
    return runtime_unbroadcast(value, np.shape(like))


def masked(value: Any, cond: Any) -> Any:
    """`value` where `cond` holds, else zero; the selection is made after later products."""
    return np.where(cond, value, 0.0)


def is_literal(value: Any) -> bool:
    """Whether a number is known at compile time."""
    return isinstance(value, (int, float))


def lower_unbroadcast(cx: Context, value: PyVal, like: PyVal) -> PyVal:
    if isinstance(value, Zero):
        return value
    source, target = avals.shape_of(cx.aval(value)), avals.shape_of(cx.aval(like))
    if source == target:
        return value
    if len(source) < len(target):
        return value  # narrower than its target: fitted by broadcasting
    actions = cx.facts.reduces(source, target)
    if actions is not None and all(a == "keep" for a in actions):
        return value
    if isinstance(value, Masked):
        cond = _any_selected(cx, value, like, actions)
        if cond is value.cond:  # whole sums are selected
            return Masked(_summed(cx, value.value, like, actions), cond, value.selected)
        return Masked(_summed(cx, emit.unmask(cx, value), like, actions), cond, selected=True)
    return _summed(cx, value, like, actions)


def _any_selected(cx: Context, value: Masked, like: PyVal, actions: list[str] | None) -> PyVal:
    """Where a sum over broadcast axes has an entry that counts."""
    if actions is None:
        ones = emit.call(cx, "where", emit.whole_mask(cx, value), Lit(1.0), Lit(0.0))
        return emit.call(cx, "greater", _summed(cx, ones, like, None), Lit(0.0))
    cond = value.cond
    shape = avals.shape_of(cx.aval(cond))
    missing = len(actions) - len(shape)
    kept, drops = (
        tuple(
            i - missing
            for i, a in enumerate(actions)
            if a == action and i >= missing and (action == "drop" or shape[i - missing] != 1)
        )
        for action in ("one", "drop")
    )
    if kept:
        cond = emit.call(cx, "any", cond, axis=Lit(_one(kept)), keepdims=Lit(True))
    if drops:
        every = len(drops) == len(shape)
        cond = emit.call(cx, "any", cond, **({} if every else {"axis": Lit(_one(drops))}))
    return cond


def _summed(cx: Context, value: PyVal, like: PyVal, actions: list[str] | None) -> PyVal:
    """The sum over broadcast axes, by the actions of `Facts.reduces`."""
    if actions is None:
        return emit.call(cx, "unbroadcast", value, extents.of_shape(cx, like))
    ones = tuple(i for i, a in enumerate(actions) if a == "one")
    drops = tuple(i for i, a in enumerate(actions) if a == "drop")
    if len(drops) == len(actions):
        return emit.call(cx, "sum", value)
    if ones:
        value = emit.call(cx, "sum", value, axis=Lit(_one(ones)), keepdims=Lit(True))
    if drops:
        value = emit.call(cx, "sum", value, axis=Lit(_one(drops)))
    return value


def _one(axes: tuple[int, ...]) -> Any:
    return axes[0] if len(axes) == 1 else axes


def _call_unbroadcast(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return lower_unbroadcast(cx, *args)


def _call_masked(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value, cond = args
    if isinstance(value, Zero):
        return value
    if isinstance(value, Masked):
        both = emit.call(cx, "logical_and", value.cond, cond)
        return Masked(value.value, both)
    return Masked(value, cond)


@compile_time
def inverse_axes(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    ndim = len(axes)
    return tuple(int(i) for i in np.argsort([a % ndim for a in axes]))


@compile_time
def front_axes(first: int, second: int, ndim: int) -> tuple[int, ...]:
    """The permutation that brings two axes to the front."""
    front = (first % ndim, second % ndim)
    return (*front, *(k for k in range(ndim) if k not in front))


@compile_time
def axis_tuple(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction as a sorted tuple of non-negative ints."""
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(a % ndim for a in axes))


SPECIAL[unbroadcast] = _call_unbroadcast
SPECIAL[masked] = _call_masked
SPECIAL[is_literal] = lambda cx, args, kwargs: Lit(isinstance(args[0], Lit))


@compile_time
def reduced_first(axis: Any, ndim: int) -> tuple[int, ...]:
    """The permutation that brings the axes of a reduction to the front."""
    front = axis_tuple(axis, ndim)
    return (*front, *(i for i in range(ndim) if i not in front))


@compile_time
def along(axis: int, ndim: int) -> tuple[int, ...]:
    """The shape, for reshape, of a vector along one axis of an array."""
    return tuple(-1 if i == axis % ndim else 1 for i in range(ndim))


def lanes(a: Any, axis: Any, ndim: Any = None) -> Any:
    """The entries of a reduction along one first axis; ndim is the rank, where `a` may be zero."""
    if axis is None:
        return np.reshape(a, (-1,))
    rank = np.ndim(a) if ndim is None else ndim
    count = len(axis_tuple(axis, rank))
    moved = np.transpose(a, reduced_first(axis, rank))
    if count == 1:
        return moved
    size = 1
    for n in np.shape(moved)[:count]:
        size = size * n
    return np.reshape(moved, (size, *np.shape(moved)[count:]))


@compile_time
def _moved(source: int, target: int, ndim: int) -> tuple[int, ...]:
    order = [i for i in range(ndim) if i != source % ndim]
    order.insert(target % ndim, source % ndim)
    return tuple(order)


def moved(a: Any, source: int, target: int) -> Any:
    """The array with one axis at another place."""
    return np.transpose(a, _moved(source, target, np.ndim(a)))


@compile_time
def known(n: int) -> int:
    """A length that must be known: it joins the signature of the program."""
    return n


@compile_time
def times(n: int) -> tuple[int, ...]:
    """What a loop that is written out iterates over."""
    return tuple(range(n))


def shaped(value: Any, like: Any) -> Any:
    """An array with as many entries in the shape of another, or a number like it."""
    if isinstance(like, np.ndarray):
        return np.reshape(value, np.shape(like))
    return np.reshape(value, (-1,))[0]


@compile_time
def at(axis: int, ndim: int, *where: Any) -> tuple[Any, ...]:
    """The index of an int or slice(*where) along one axis."""
    item = where[0] if len(where) == 1 else slice(*where)
    return (*(slice(None),) * (axis % ndim), item)


@compile_time
def axes_in_order(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes given as None, one or several, as they were given."""
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % ndim for a in axes)


@compile_time
def epsilon(dtype: Any) -> float:
    """The relative precision of a dtype."""
    return float(np.finfo(dtype).eps)
