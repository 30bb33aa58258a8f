"""NumPy's functions that make arrays of sequences, copy them, or ask about them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from adcompile.frontend import emit, extents, layouts, static, writes
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs, Lower
from adcompile.frontend.context import Context
from adcompile.frontend.values import ArrayRef, ContainerRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit


def _np_array(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """np.array: a copy, unless copy=None or False says that the array itself will do."""
    value, kwargs = args[0], dict(kwargs)
    order = static.value(cx, kwargs.pop("order", Lit("K")), "the order")
    copy = static.value(cx, kwargs.pop("copy", Lit(True)), "copy")
    rank = static.value(cx, kwargs.pop("ndmin", Lit(0)), "ndmin")
    kwargs.pop("subok", None)
    if set(kwargs) - {"dtype"} or order not in ("K", "C"):
        raise cx.refuse(
            "np.array is supported with dtype=, copy=, ndmin= and subok= alone",
            "Write it without other arguments.",
        )
    if rank:
        made = _np_array(cx, args, {**kwargs, "copy": Lit(copy), "order": Lit(order)})
        missing = rank - len(avals.shape_of(cx.aval(made)))
        return (
            emit.call(cx, "expand_dims", made, Lit(tuple(range(missing)))) if missing > 0 else made
        )
    if isinstance(value, ArrayRef) and not copy:
        return _np_asarray(cx, args, kwargs)
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 else Lit(None))
    dtype = Lit(static.value(cx, dtype, "the dtype"))
    if isinstance(value, ArrayRef):
        if dtype.value is None or np.dtype(dtype.value) == cx.ref_aval(value).dtype:
            return _np_copy(cx, [value], {})
        return emit.call(cx, "astype", value, dtype)
    if isinstance(value, Lit) and isinstance(value.value, (tuple, list)):
        value = _frozen_sequence(value.value)
    extra = {} if dtype.value is None else {"dtype": dtype}
    return emit.primitive(cx, cx.prim("array"), [value], extra)


def _np_copy(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """np.copy and np.array keep the layout of their operand; the method .copy() does not."""
    given = dict(zip(("a", "order", "subok"), args, strict=False)) | kwargs
    value, order = given["a"], static.value(cx, given.get("order", Lit("K")), "the order")
    if isinstance(value, (TupleVal, ContainerRef)):
        return emit.call(cx, "array", value)
    result = emit.call(cx, "copy", value)
    if isinstance(result, ArrayRef) and isinstance(value, ArrayRef):
        result.obj.layout = _copied_layout(cx, value, order)
    return result


def _copied_layout(cx: Context, value: ArrayRef, order: str) -> layouts.Layout:
    shape = cx.ref_aval(value).shape
    if len(shape) <= 1 or order == "C":
        return "C"
    if order == "F":
        return "F" if layouts.two_long_axes(cx, shape) else None
    return layouts.layout_of(cx, value) if order == "K" else None


def _frozen_sequence(value: Any) -> PyVal:
    if isinstance(value, (tuple, list)):
        return TupleVal(tuple(_frozen_sequence(v) for v in value))
    return Lit(value)


def _np_asarray(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if isinstance(args[0], ArrayRef):
        dtype = kwargs.get("dtype", args[1] if len(args) > 1 else None)
        given = None if dtype is None else static.value(cx, dtype, "the dtype")
        if given is None:
            return args[0]
        wanted = np.dtype(given)
        if wanted == cx.ref_aval(args[0]).dtype:
            return args[0]
        return emit.call(cx, "astype", args[0], Lit(wanted))
    return _np_array(cx, args, kwargs)


def _like(name: str, *more: str) -> Lower:
    """np.zeros_like and its kin: with shape=, arrays of that shape, in the dtype of the first."""

    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        given = dict(zip(("a", *more, "dtype", "order", "subok", "shape"), args, strict=False))
        given |= {"a" if k == "prototype" else k: v for k, v in kwargs.items()}
        shape = given.pop("shape", Lit(None))
        given = {k: v for k, v in given.items() if k not in ("order", "subok")}
        if isinstance(shape, Lit) and shape.value is None:
            return primitives.emit_bound(cx, cx.prim(f"{name}_like"), [], given)
        like = given.pop("a")
        if isinstance(like, (TupleVal, ContainerRef)):
            like = emit.call(cx, "array", like)
        dtype = static.value(cx, given.get("dtype", Lit(None)), "the dtype")
        kind = cx.aval(like)
        if isinstance(kind, (Array, Scalar)) and dtype is None:
            dtype = kind.dtype
        given["dtype"] = Lit(dtype)
        return primitives.emit_bound(cx, cx.prim(name), [shape], given)

    return lower


def _nan_to_num(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """With copy=False it writes its operand, and returns it."""
    given = dict(zip(("x", "copy", "nan", "posinf", "neginf"), args, strict=False)) | kwargs
    copy = static.value(cx, given.pop("copy", Lit(True)), "copy")
    result = primitives.emit_bound(cx, cx.prim("nan_to_num"), [], given)
    if copy or not isinstance(given["x"], ArrayRef):
        return result
    written: PyVal = cx.hooks["into"](cx, given["x"], result)
    return written


def _at(accumulate: bool) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        from adcompile.frontend.indexing import array_index

        target, index, value = args
        if not isinstance(target, ArrayRef):
            raise cx.refuse("np.add.at needs an array to write")
        if not accumulate:
            value = emit.call(cx, "negative", value)
        index = array_index(cx, index)
        cx.note_change(target.obj, midway=True)
        writes.write(cx, target, index, value, accumulate=True)
        return Lit(None)

    return lower


def _shape(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    value = args[0]
    if isinstance(value, (TupleVal, ContainerRef)):
        value = emit.call(cx, "array", value)
    return extents.of_shape(cx, value)


def _ndim(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return Lit(len(cast("TupleVal", _shape(cx, args, kwargs)).items))


def _size(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """np.size, of all axes or along one."""
    given = dict(zip(("a", "axis"), args, strict=False)) | kwargs
    axis = static.value(cx, given.get("axis", Lit(None)), "the axis")
    shape = cast("TupleVal", _shape(cx, [given["a"]], {})).items
    if axis is None and isinstance(given["a"], ArrayRef):
        return emit.call(cx, "size", given["a"])
    total: PyVal = Lit(1)
    for length in shape if axis is None else (shape[axis],):
        total = length if total == Lit(1) else emit.call(cx, "multiply", total, length)
    return total


def _is_complex(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return Lit(avals.is_complex(cx.aval(args[0])))


def _dtype(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return Lit(np.dtype(static.value(cx, args[0], "the dtype")))


SPECIAL.update(
    {
        np.array: _np_array,
        np.asarray: _np_asarray,
        np.copy: _np_copy,
        np.zeros_like: _like("zeros"),
        np.ones_like: _like("ones"),
        np.empty_like: _like("empty"),
        np.full_like: _like("full", "fill_value"),
        np.nan_to_num: _nan_to_num,
        np.add.at: _at(True),
        np.subtract.at: _at(False),
        np.shape: _shape,
        np.size: _size,
        np.ndim: _ndim,
        np.dtype: _dtype,
        np.iscomplexobj: _is_complex,
    }
)
