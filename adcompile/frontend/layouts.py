"""Memory layouts of the plain program's arrays, and whether a reshape of one is a view.

A layout is "C" (contiguous), "F" (in Fortran order with two long axes, so not also "C"), "other"
(not "C"), or None where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from adcompile.analysis.infer import infer
from adcompile.analysis.operands import aval_of, index_items
from adcompile.frontend.context import Context, Restart
from adcompile.frontend.values import ArrayObj, ArrayRef, PyVal
from adcompile.ir import dims
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Lit, SliceTree, Tree, Var, View
from adcompile.ir.primitives import Primitive

Layout: TypeAlias = str | None

KEEPING = ("expand_dims", "squeeze")


def base_layout(cx: Context, obj: ArrayObj) -> Layout:
    """The layout of an array itself; that of an argument is asked for first."""
    if obj.leaf is not None and obj.leaf in cx.demands.layouts:
        return cx.layouts[obj.leaf]
    return obj.layout


def ask(cx: Context) -> None:
    """Let the arguments' memory layouts join the signature."""
    if not cx.demands.layouts >= set(cx.layouts):
        cx.demands.layouts |= set(cx.layouts)
        raise Restart


def layout_of(cx: Context, ref: ArrayRef) -> Layout:
    """The layout of an array or view."""
    layout = base_layout(cx, ref.obj)
    aval = cx.state.store[ref.obj].aval
    for step in ref.path:
        after = infer(step.op, (Var(aval), *step.args), dict(step.kwargs), cx.facts)
        assert isinstance(after, Array)
        layout = _after(cx, step, aval, after, layout)
        aval = after
    return layout


def gives_view(cx: Context, prim: Primitive, base: ArrayRef, args: Sequence[Tree]) -> bool | None:
    """Whether a reshape or ravel of an array shares its memory; None where that is not known."""
    layout = layout_of(cx, base)
    shape = cx.ref_aval(base).shape
    if layout == "C":
        return True
    if prim.name == "ravel":
        return None if layout is None else False
    if prim.name != "reshape":
        return None
    wanted = infer(prim, (Var(cx.ref_aval(base)), args[0]), {}, cx.facts)
    assert isinstance(wanted, Array)
    if sum(d != 1 for d in shape) <= 1 or wanted.shape == shape:
        return True  # one stride fits all, and so do the old ones
    if layout != "F" or len(shape) != 2:
        return False if layout == "F" and wanted.ndim == 1 else None
    moved = cx.facts.equals(dims.sub(wanted.shape[0], shape[0]), 0) is False
    return False if wanted.ndim == 1 or (wanted.ndim == 2 and moved) else None


def needs_order(cx: Context, base: Array, path: Sequence[View]) -> int | None:
    """The first step of a path that is a view in some layouts only, if there is one."""
    aval = base
    for k, step in enumerate(path):
        after = infer(step.op, (Var(aval), *step.args), dict(step.kwargs), cx.facts)
        assert isinstance(after, Array)
        long = sum(d != 1 for d in aval.shape)
        if step.op.alias == "layout" and long > 1 and after.shape != aval.shape:
            return k
        aval = after
    return None


def fresh_layout(cx: Context, prim: Primitive, args: Sequence[PyVal], rank: int) -> Layout:
    """The layout of an operation's own result."""
    if prim.alias != "fresh":
        return None
    if rank <= 1 or prim.ordered:
        return "C"
    arrays = [a for a in args if isinstance(a, ArrayRef)]
    held = [layout_of(cx, a) for a in arrays]
    if prim.shape in ("zeros_like", "full_like") or prim.name == "astype":
        return held[0] if held and held[0] in ("C", "F") else None
    if prim.elementwise and held:
        whole = [h for h, a in zip(held, arrays, strict=True) if cx.ref_aval(a).ndim == rank]
        if whole and set(whole) <= {"C", "F"} and len(set(whole)) == 1:
            narrow = [a for a in arrays if cx.ref_aval(a).ndim < rank]
            return whole[0] if not narrow or whole[0] == "C" else None
    return None


def _long(cx: Context, dim: Dim) -> bool:
    """Whether a length is certainly not 1."""
    return cx.facts.equals(dim, 1) is False


def _after(cx: Context, step: View, before: Array, after: Array, layout: Layout) -> Layout:
    name = step.op.name
    if layout is None:
        return None
    if name in KEEPING:
        return layout
    if name in ("reshape", "ravel"):
        return "C" if layout == "C" else None
    if name == "transpose" and not step.kwargs:
        return _transposed(cx, after.shape, layout)
    if name == "getitem":
        return _indexed(cx, step.args[0], before.shape, after.shape, layout)
    return None


def _transposed(cx: Context, shape: tuple[Dim, ...], layout: str) -> Layout:
    if sum(d != 1 for d in shape) <= 1:
        return layout
    if layout == "F":
        return "C"
    return "F" if layout == "C" and two_long_axes(cx, shape) else None


def two_long_axes(cx: Context, shape: tuple[Dim, ...]) -> bool:
    """Whether an array of this shape cannot be in C and in Fortran order at once."""
    return sum(_long(cx, d) for d in shape) >= 2


def _indexed(
    cx: Context, index: Tree, shape: tuple[Dim, ...], result: tuple[Dim, ...], layout: str
) -> Layout:
    """The layout of a basic view."""
    items = [i for i in index_items(index) if not (isinstance(i, Lit) and i.value is None)]
    whole = SliceTree(Lit(None), Lit(None), Lit(None))
    dots = [k for k, i in enumerate(items) if isinstance(i, Lit) and i.value is Ellipsis]
    at = dots[0] if dots else len(items)
    items[at : at + len(dots)] = [whole] * (len(shape) - len(items) + len(dots))
    if layout == "F":
        inside = _contiguous(items[::-1])
        if inside and len(result) > 1:
            return "F" if two_long_axes(cx, result) else None
        return "C" if inside else None
    if layout == "C" and _contiguous(items):
        return "C"
    if len(shape) == 1 and len(result) == 1 and _long(cx, result[0]):
        return "other" if layout == "other" or _strided(items[0]) else None
    return None


def _contiguous(items: Sequence[Tree]) -> bool:
    """Whether an index of a C-ordered array leaves one run of memory: integers, then at most
    one slice of step 1, then whole axes."""
    cut = False
    for item in items:
        if isinstance(item, SliceTree):
            if _strided(item):
                return False
            part = any(not _is_none(t) for t in (item.start, item.stop))
            if part and cut:
                return False
            cut = True
        elif cut or not isinstance(aval_of(item), Scalar):
            return False
    return True


def _strided(item: Tree) -> bool:
    if not isinstance(item, SliceTree) or _is_none(item.step):
        return False
    return not (isinstance(item.step, Lit) and item.step.value == 1)


def _is_none(tree: Tree) -> bool:
    return isinstance(tree, Lit) and tree.value is None
