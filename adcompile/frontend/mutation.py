"""NumPy's functions that write an argument: `out=`, `copyto`, `put`, `sort`, `ufunc.at`, ...

What a function does is said in plain Python here, by writes with an index, and the source of
that is lowered in place of the call. Only what Python cannot say is done by hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from adcompile.frontend import emit, static, wording, writes
from adcompile.frontend.calls import dispatch, inlining
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.source import function_source
from adcompile.frontend.values import ArrayRef, ContainerRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit

F = TypeVar("F", bound=Callable[..., Any])
METHODS: dict[str, Callable[..., Any]] = {}
EVERYWHERE = Lit(True)


def means(*functions: Any, method: str = "") -> Callable[[F], F]:
    """The decorated function is what NumPy's `functions` and the array's method do."""

    def register(meaning: F) -> F:
        def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
            return expand(cx, meaning, args, kwargs)

        SPECIAL.update(dict.fromkeys(functions, lower))
        if method:
            METHODS[method] = meaning
        return meaning

    return register


def expand(cx: Context, meaning: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """A call of a function whose source stands in this package."""
    source = function_source(meaning)
    return inlining.inline(cx, source, args, kwargs, inlining.defaults_of(cx, meaning), None)


# -- the meanings ------------------------------------------------------------------------------


@means(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    fits(src, dst, casting)
    if where is True:
        dst[...] = src
    else:
        dst[...] = np.where(where, src, dst)


@means(np.put, method="put")
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    supported(mode == "raise", "np.put with a mode is not supported", "Wrap the indices first.")
    places = np.ravel(np.asarray(ind))
    a.flat[places] = recycled(v, len(places))


@means(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    chosen = as_mask(mask)
    arr[chosen] = recycled(vals, np.count_nonzero(chosen))


@means(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    chosen = as_mask(mask)
    if np.ndim(values) == 0:
        a[chosen] = values
    else:
        a[...] = np.where(chosen, np.reshape(recycled(values, a.size), a.shape), a)


@means(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: Any = False) -> None:
    supported(wrap is False, "np.fill_diagonal with wrap= is not supported", "Write it out.")
    diagonal = np.arange(min(a.shape))
    a[(diagonal,) * a.ndim] = recycled(val, len(diagonal))


@means(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    if axis is None:
        arr.flat[indices] = values
    else:
        arr[along(indices, axis, arr.shape)] = values


@means(method="sort")
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> None:
    supported(order is None, "sort with order= is not supported", "Sort by np.argsort.")
    ranks = np.argsort(a, axis=axis, kind="stable")
    a[...] = a[along(ranks, axis, a.shape)]


@means(method="partition")
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect") -> None:
    a[...] = np.partition(a, kth, axis)


@means(method="compress")
def compress(a: Any, condition: Any, axis: Any = None) -> Any:
    return np.compress(condition, a, axis)


@means(method="__setitem__")
def setitem(a: Any, index: Any, value: Any) -> None:
    a[index] = value


@means(method="__getitem__")
def getitem(a: Any, index: Any) -> Any:
    return a[index]


@means(method="__iadd__")
def iadd(a: Any, value: Any) -> Any:
    a += value
    return a


@means(method="__isub__")
def isub(a: Any, value: Any) -> Any:
    a -= value
    return a


@means(method="__imul__")
def imul(a: Any, value: Any) -> Any:
    a *= value
    return a


@means(method="__itruediv__")
def itruediv(a: Any, value: Any) -> Any:
    a /= value
    return a


@means(method="fill")
def fill(a: Any, value: Any) -> None:
    a[...] = value


def accumulate_at(combine: Any, a: Any, indices: Any, b: Any) -> None:
    """ufunc.at: entry by entry, so that repeated indices count each time."""
    if is_basic(indices):
        a[indices] = combine(a[indices], b)
    else:
        places = np.asarray(indices)
        supported(
            places.ndim == 1,
            "ufunc.at is supported with integers, slices and one-dimensional index arrays",
            "Flatten the index.",
        )
        if places.dtype == bool:
            a[places] = combine(a[places], b)
        else:
            values = np.broadcast_to(b, (len(places), *a.shape[1:]))
            for k in range(len(places)):
                a[places[k]] = combine(a[places[k]], values[k])


AT = (np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin, np.power, np.float_power)


@means(np.diag)
def diag(v: Any, k: Any = 0) -> Any:
    """The diagonal of a matrix is a view of it; a vector's matrix is new."""
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    v = np.asarray(v)
    size = len(v) + abs(k)
    out = np.zeros((size, size), dtype=v.dtype)
    places = np.arange(len(v))
    out[places + max(-k, 0), places + max(k, 0)] = v
    return out


# -- what the meanings call --------------------------------------------------------------------


def recycled(values: Any, count: Any) -> Any:
    """`count` values, repeated as often as it takes."""
    if np.ndim(values) == 0:
        return values
    flat = np.ravel(np.asarray(values))
    if same_length(len(flat), count):
        return flat
    return flat[np.arange(count) % len(flat)]


def as_mask(mask: Any) -> Any:
    chosen = np.asarray(mask)
    if chosen.dtype != bool:
        chosen = chosen != 0
    return chosen


def along(indices: Any, axis: Any, shape: Any) -> Any:
    """The index that takes `indices` along one axis."""
    parts = []
    for k in range(len(shape)):
        if k == axis % len(shape):
            parts.append(indices)
        else:
            lengths = [1] * len(shape)
            lengths[k] = shape[k]
            parts.append(np.reshape(np.arange(shape[k]), tuple(lengths)))
    return tuple(parts)


def supported(condition: Any, message: str, advice: str) -> None:
    """Refuse the call unless a condition holds, which is known at compile time."""


def fits(value: Any, target: Any, casting: Any) -> None:
    """Refuse a write that NumPy would not cast."""


def same_length(one: Any, other: Any) -> bool:
    """Whether two lengths are equal, by their symbols."""
    return bool(one == other)


def is_basic(index: Any) -> bool:
    """Whether an index is made of integers and slices."""
    return not isinstance(index, (list, np.ndarray))


def _supported(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    condition, message, advice = args
    if not static.value(cx, condition):
        raise cx.refuse(static.value(cx, message), static.value(cx, advice))
    return Lit(None)


def _fits(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value, target, casting = args
    if not isinstance(target, ArrayRef):
        raise wording.cannot(cx, target, "cannot be written")
    check_cast(cx, cx.aval(value), cx.ref_aval(target), static.value(cx, casting, "casting"))
    return Lit(None)


def _same_length(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    one, other = (getattr(cx.aval(v), "extent", None) for v in args)
    return Lit(one is not None and other is not None and cx.facts.same(one, other))


def _is_basic(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    parts = args[0].items if isinstance(args[0], TupleVal) else (args[0],)
    advanced = any(isinstance(p, (ArrayRef, ContainerRef)) for p in parts)
    return Lit(not advanced and not any(isinstance(cx.aval(p), Array) for p in parts))


def _at(ufunc: Any) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        return expand(cx, accumulate_at, [Lit(ufunc), *args], kwargs)

    return lower


SPECIAL[supported] = _supported
SPECIAL[fits] = _fits
SPECIAL[same_length] = _same_length
SPECIAL[is_basic] = _is_basic
SPECIAL.update({ufunc.at: _at(ufunc) for ufunc in AT})


# -- out= and where= ---------------------------------------------------------------------------


def check_cast(cx: Context, have: Any, target: Array, casting: str = "same_kind") -> None:
    """Refuse what NumPy refuses: a float into an array of integers, unless it is told so."""
    if not isinstance(have, (Array, Scalar)):
        return
    if isinstance(have, Scalar) and have.weak:
        order = "biufc"
        fine = order.index(have.dtype.kind) <= order.index(target.dtype.kind)
    else:
        fine = np.can_cast(have.dtype, target.dtype, casting)  # type: ignore[arg-type]
    if not fine and casting != "unsafe":
        raise cx.refuse(
            f"a result of dtype {have.dtype} cannot be written into an array of {target.dtype}",
            "Make the array of a dtype that holds the result.",
        )


@lru_cache(maxsize=1024)
def _positions(fn: Any) -> tuple[str, ...]:
    """The names of a NumPy function's positional arguments, as far as `out` stands among them."""
    if isinstance(fn, np.ufunc):
        return (*"x" * fn.nin, "out")
    if fn is np.dot:
        return ("a", "b", "out")
    try:
        given = inspect.signature(fn).parameters
    except (TypeError, ValueError):
        return ()
    return tuple(n for n, p in given.items() if p.kind is p.POSITIONAL_OR_KEYWORD)


def takes_out(fn: Any) -> bool:
    """Whether it is a function of NumPy's."""
    module = getattr(fn, "__module__", None) or ""
    return isinstance(fn, np.ufunc) or module.split(".")[0] == "numpy"


def with_out(cx: Context, fn: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal | None:
    """A call that writes its result into an array; None for any other call."""
    if not takes_out(fn):
        return None
    rest = dict(kwargs)
    out = rest.pop("out", None)
    names = _positions(fn) if out is None and len(args) > 1 else ()
    at = names.index("out") if "out" in names else len(args)
    stripped = len(args) > at
    if stripped:  # what comes after it is passed by name
        rest.update(zip(names[at + 1 :], args[at + 1 :], strict=False))
        out, args = args[at], args[:at]
    if isinstance(out, TupleVal) and len(out.items) == 1:
        out = out.items[0]
    where = rest.pop("where", EVERYWHERE) if isinstance(fn, np.ufunc) else EVERYWHERE
    if isinstance(fn, np.ufunc) and "dtype" in rest:
        args = _cast(cx, fn, args, rest.pop("dtype"))
    everywhere = isinstance(where, Lit) and where.value is True
    if out is None or (isinstance(out, Lit) and out.value is None):
        if not everywhere:
            raise cx.refuse(
                "where= without out= leaves entries of the result undefined",
                "Give it an array to write by out=, or use np.where.",
            )
        if len(rest) < len(kwargs) or stripped:
            return dispatch.call_static(cx, fn, args, rest)
        return None
    casting = static.value(cx, rest.pop("casting", Lit("same_kind")), "casting")
    result = dispatch.call_static(cx, fn, args, rest)
    exact = not isinstance(fn, np.ufunc) and fn is not np.clip
    return into(cx, out, result, where, "no" if exact else casting)


def _cast(cx: Context, fn: np.ufunc, args: Sequence[PyVal], dtype: PyVal) -> Sequence[PyVal]:
    """The operands of a ufunc in the dtype that it is told to compute in."""
    wanted = static.value(cx, dtype, "the dtype")
    if wanted is None:
        return args
    kind = np.dtype(wanted)
    if f"{kind.char * fn.nin}->{kind.char * fn.nout}" not in fn.types:
        raise cx.refuse(f"np.{fn.__name__} with dtype={kind} is not supported", "Use astype.")
    return [_in_kind(cx, a, kind) for a in args]


def _in_kind(cx: Context, value: PyVal, kind: np.dtype[Any]) -> PyVal:
    if isinstance(value, (TupleVal, ContainerRef)):
        value = emit.call(cx, "array", value)
    aval = cx.aval(value)
    if isinstance(aval, Array):
        return value if aval.dtype == kind else emit.call(cx, "astype", value, Lit(kind))
    return emit.call(cx, kind.name, value)


def into(
    cx: Context, out: PyVal, result: PyVal, where: PyVal = EVERYWHERE, casting: str = "no"
) -> PyVal:
    """Write a result into `out`, which is what the call then returns."""
    if not isinstance(out, ArrayRef):
        raise cx.refuse(f"out= needs an array, not {wording.describe(cx, out)}")
    aval, target = cx.aval(result), cx.ref_aval(out)
    if not isinstance(aval, (Array, Scalar)):
        raise cx.refuse("out= is supported for functions with one result")
    check_cast(cx, aval, target, casting)
    if len(avals.shape_of(aval)) > target.ndim:
        raise cx.refuse("the result has a higher rank than the array given as out=")
    if not (isinstance(where, Lit) and where.value is True):
        result = emit.call(
            cx, "where", emit.atom(cx, where), emit.atom(cx, result), emit.atom(cx, out)
        )
    cx.note_change(out.obj, midway=True)  # NumPy raises a floating-point error afterwards
    writes.write(cx, out, Lit(Ellipsis), result)
    return out
