"""Reading and writing subscripts of arrays, tuples, lists and dicts."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Generic

import numpy as np

from adcompile.analysis.kinds import opaque_kind
from adcompile.analysis.operands import InferenceError, aval_of, is_basic
from adcompile.analysis.shapes.indexing import getitem_aval
from adcompile.frontend import contents, emit, extents, layouts, runs, static, wording, writes
from adcompile.frontend.context import Context
from adcompile.frontend.structure import is_library_dict
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    FlatVal,
    IterVal,
    Masked,
    PyVal,
    Run,
    SliceVal,
    TupleVal,
    Zero,
)
from adcompile.ir.avals import Array, Opaque, Scalar
from adcompile.ir.nodes import Let, Lit, Var


def get(cx: Context, owner: PyVal, index: PyVal) -> PyVal:
    """owner[index]."""
    if isinstance(owner, Lit) and any(owner.value is i for i in cx.hooks["indexers"]):
        joined: PyVal = cx.hooks["joined_by_index"](cx, owner.value, index)
        return joined
    constant = owner.value if isinstance(owner, Lit) else None
    if isinstance(constant, (tuple, list, str, dict, np.ndarray)) and not is_library_dict(constant):
        try:
            return Lit(constant[static.value(cx, index, "an index into a constant")])
        except (LookupError, TypeError) as exc:
            raise cx.refuse(f"this index raises {type(exc).__name__}: {exc}", raises=exc) from None
    kind = owner.value if isinstance(owner, Lit) else None
    if isinstance(kind, type) and issubclass(kind, Generic):
        return owner  # Cell[float] makes what Cell makes
    if isinstance(owner, IterVal) and owner.kind == "range":
        bounds = [static.value(cx, a, "a bound of an indexed range") for a in owner.args]
        return Lit(range(*bounds)[static.value(cx, index, "an index into a range")])
    own = cx.hooks["special"](cx, owner, "__getitem__", index)
    if own is not None:
        return own
    if isinstance(owner, TupleVal):
        return _sequence_item(cx, owner.items, index, tuple)
    if isinstance(owner, ContainerRef):
        held = cx.state.store[owner.obj]
        if isinstance(held, Run):
            if isinstance(index, SliceVal):
                return runs.part(cx, held, index)
            return runs.element(cx, held, index)
        if isinstance(held, dict):
            key = static.value(cx, index, "a dict key")
            if key not in held and owner.obj.default is not None:
                made: PyVal = cx.hooks["call"](cx, owner.obj.default, [], {})
                contents.change(cx, owner, {**cx.state.store[owner.obj], key: made})
                return made
            if key not in held:
                raise cx.refuse(f"the dict has no key {key!r}", raises=KeyError(key))
            return held[key]
        return _sequence_item(cx, held, index, list)
    if isinstance(owner, Masked) and isinstance(index, (Lit, SliceVal, TupleVal)):
        cond = get(cx, emit.whole_mask(cx, owner), index)
        return Masked(get(cx, owner.value, index), cond, owner.selected)
    if isinstance(owner, Zero):
        return owner
    index = array_index(cx, index)
    if isinstance(owner, FlatVal):
        part = emit.primitive(cx, cx.prim("getitem"), [flat(cx, owner), index])
        return emit.call(cx, "copy", part) if isinstance(part, ArrayRef) else part
    if isinstance(owner, Var) and isinstance(owner.aval, Opaque) and isinstance(index, Lit):
        getitem = cx.registry.by_name["getitem"]
        prim = replace(getitem, shape="opaque", alias="fresh", linear=(), rule="subscript")
        kind = opaque_kind(getitem.fn, (owner, index))
        out = cx.new_var(kind)
        cx.stmts.append(Let(out, prim, (owner, index), (), cx.origin))
        return cx.wrap(out)
    if isinstance(owner, (ArrayRef, Var, Masked)):
        aval = cx.aval(owner)
        if isinstance(aval, Scalar):
            if aval.weak:
                raise cx.refuse("a number cannot be indexed")
            if isinstance(index, TupleVal) and not index.items:
                return owner
            return get(cx, emit.call(cx, "asarray", owner), index)
        return emit.primitive(cx, cx.prim("getitem"), [owner, index])
    raise wording.cannot(cx, owner, "cannot be indexed")


def _sequence_item(cx: Context, items: tuple[PyVal, ...], index: PyVal, kind: type) -> PyVal:
    where = static.value(cx, index, "an index into a list or tuple")
    if isinstance(where, slice):
        part = items[where]
        return TupleVal(part) if kind is tuple else contents.new_list(cx, part)
    try:
        return items[where]
    except (IndexError, TypeError) as exc:
        raise cx.refuse(
            f"index {where} is out of range for a {kind.__name__} of length {len(items)}"
            if isinstance(exc, IndexError)
            else str(exc),
            raises=exc,
        ) from None


def array_index(cx: Context, index: PyVal) -> PyVal:
    """An index of an array: lists of integers become integer arrays."""
    if isinstance(index, TupleVal):
        return TupleVal(tuple(array_index(cx, i) for i in index.items))
    if isinstance(index, ContainerRef):
        return emit.call(cx, "array", index)
    if isinstance(index, Lit) and isinstance(index.value, (list, tuple)):
        return Lit(np.asarray(index.value))
    if isinstance(index, IterVal):
        raise cx.refuse("an array cannot be indexed by a range", "Use np.arange.")
    return index


def put(cx: Context, owner: PyVal, index: PyVal, value: PyVal) -> None:
    """owner[index] = value."""
    if cx.hooks["special"](cx, owner, "__setitem__", index, value) is not None:
        return
    if isinstance(owner, ContainerRef):
        held = cx.state.store[owner.obj]
        if isinstance(held, Run):
            runs.put(cx, owner, index, value)
            return
        key = static.value(cx, index, "an index into a list or dict")
        if isinstance(held, dict):
            contents.change(cx, owner, {**held, key: value})
            return
        items = list(held)
        if isinstance(key, slice):
            parts = cx.hooks["static_items"](cx, value)
            if parts is None:
                raise cx.refuse("what is stored in a slice of a list must have a known length")
            items[key] = parts
        else:
            items[key] = value
        contents.change(cx, owner, tuple(items))
        return
    if isinstance(owner, TupleVal):
        raise cx.refuse("a tuple cannot be written", "Use a list.")
    if isinstance(owner, FlatVal):
        _put_flat(cx, owner, index, value)
        return
    writes.write(cx, _written(cx, owner), array_index(cx, index), value)


def flat(cx: Context, owner: FlatVal) -> ArrayRef:
    """The entries of an array in C order: a view where its layout allows that."""
    if cx.ref_aval(owner.ref).ndim == 1:
        return owner.ref
    result = emit.call(cx, "ravel", owner.ref)
    assert isinstance(result, ArrayRef)
    return result


def _put_flat(cx: Context, owner: FlatVal, index: PyVal, value: PyVal) -> None:
    """A.flat[index] = value."""
    place = flat(cx, owner)
    index = array_index(cx, index)
    if place.obj is owner.ref.obj:
        writes.write(cx, place, index, value)
        return
    layouts.ask(cx)
    place = emit.call(cx, "copy", place)  # type: ignore[assignment]
    writes.write(cx, place, index, value)
    shape = extents.of_shape(cx, owner.ref)
    writes.write(cx, owner.ref, Lit(Ellipsis), emit.call(cx, "reshape", place, shape))


def _written(cx: Context, owner: PyVal) -> ArrayRef:
    if isinstance(owner, ArrayRef):
        return owner
    raise wording.cannot(cx, owner, "cannot be written by index")


def update(cx: Context, owner: PyVal, index: PyVal, op: ast.operator, value: PyVal) -> None:
    """owner[index] op= value, with NumPy's buffered meaning for repeated indices."""
    if isinstance(owner, FlatVal):
        _put_flat(cx, owner, index, cx.hooks["binary"](cx, op, get(cx, owner, index), value))
        return
    ref = _written(cx, owner)
    where = array_index(cx, index)
    tree = emit.tree(cx, where)
    if cx.attempts and _is_part(cx, ref, where):
        cx.note_change(ref.obj, midway=True)  # A += v raises a floating-point error afterwards
    if isinstance(op, (ast.Add, ast.Sub)) and is_basic(tree) and _inexact(cx, ref):
        # On a basic index, reading, adding and writing back is accumulation.
        try:
            getitem_aval(cx.ref_aval(ref), tree, cx.facts)
        except InferenceError as exc:
            raise cx.refuse(str(exc)) from None
        if isinstance(op, ast.Sub):
            value = emit.call(cx, "negative", emit.atom(cx, value))
        writes.write(cx, ref, where, value, accumulate=True)
        return
    whole = isinstance(where, Lit) and where.value is Ellipsis
    current = ref if whole else get(cx, ref, where)
    result = cx.hooks["binary"](cx, op, current, value)
    place = cx.aval(current)
    if isinstance(place, Array):  # of one number NumPy makes another, and stores that
        cx.hooks["check_cast"](cx, cx.aval(result), place)
    writes.write(cx, ref, where, result)


def _is_part(cx: Context, ref: ArrayRef, where: PyVal) -> bool:
    """Whether an index selects an array, not a single number."""
    if isinstance(where, Lit) and where.value is Ellipsis:
        return True
    return isinstance(get(cx, ref, where), ArrayRef)


def _inexact(cx: Context, ref: ArrayRef) -> bool:
    return cx.ref_aval(ref).dtype.kind in "fc"


def is_array(value: PyVal) -> bool:
    return isinstance(value, ArrayRef) or (
        isinstance(value, Var) and isinstance(aval_of(value), Array)
    )
