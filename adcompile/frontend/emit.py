"""Emission: the one door through which operations enter the IR.

In rules it also carries symbolic zeros and masked adjoints through linear operations (`zeros`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum

import numpy as np

from adcompile.analysis.infer import infer
from adcompile.analysis.operands import InferenceError, aval_of, index_items, is_basic
from adcompile.frontend import layouts, static, wording, zeros
from adcompile.frontend.context import JOINING, Context, shown_name
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    FlatVal,
    Masked,
    PyVal,
    Run,
    SliceVal,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Opaque, Scalar
from adcompile.ir.nodes import Atom, Let, Lit, SliceTree, Tree, Var, View
from adcompile.ir.primitives import Primitive
from adcompile.ir.snapshots import BEGIN, END
from adcompile.ir.walk import tree_vars

_NUMBERS = (bool, int, float, complex, np.generic)


def call(cx: Context, name: str, *args: PyVal, **kwargs: PyVal) -> PyVal:
    """Emit a primitive by name."""
    return primitive(cx, cx.prim(name), args, kwargs)


def primitive(
    cx: Context, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal] | None = None
) -> PyVal:
    """prim(*args, **kwargs) as a statement; the result as an abstract Python value."""
    kwargs = dict(kwargs or {})
    if prim.name in JOINING:
        run = cx.hooks["as_run"](cx, args[0])
        if run is not None:
            return cx.hooks["joined"](cx, prim, run, args, kwargs)
        args = [_with_arrays(cx, args[0]), *args[1:]]
    if cx.in_rule:
        special = zeros.zero_or_masked(cx, prim, args, kwargs, primitive)
        if special is not None:
            return special
        prim = zeros.derivative_spelling(cx, prim, args)
        if cx.np_floats and prim.name in ("divide", "power"):
            args = [zeros.as_float64(cx, args[0], primitive), *args[1:]]
    if prim.name == "transpose" and isinstance(cx.aval(args[0]), Scalar):
        return args[0]
    if prim.name in ("real", "imag", "conj") and not avals.is_complex(cx.aval(args[0])):
        if prim.name == "imag":
            return _zero_like(cx, args[0])
        if prim.name == "real" or cx.in_rule:
            return args[0]
    folded = _fold(prim, args, kwargs)
    if folded is not None:
        return folded
    view = _as_view(cx, prim, args, kwargs)
    if view is not None:
        return view
    trees = tuple(tree(cx, a) for a in args)
    out = let(cx, prim, trees, {k: tree(cx, v) for k, v in kwargs.items()})
    if isinstance(out.aval, avals.Parts):
        return parts_of(cx, out)
    if not isinstance(out.aval, Array):
        return out
    result = cx.new_array(out)
    result.obj.layout = layouts.fresh_layout(cx, prim, args, out.aval.ndim)
    if prim.alias != "fresh" and not (prim.name == "getitem" and not is_basic(trees[1])):
        for base in (a for a in args if isinstance(a, ArrayRef)):
            result.obj.link(base.obj)
    return result


def atom(cx: Context, value: PyVal) -> Atom:
    """A number or array as an operand."""
    if isinstance(value, Lit) and isinstance(value.value, Enum):
        held = value.value.value  # an IntEnum is a number
        return Lit(held) if isinstance(value.value, (int, float)) else value
    if isinstance(value, (Var, Lit)):
        return value
    if isinstance(value, ArrayRef):
        return read(cx, value)
    if isinstance(value, Masked):
        return atom(cx, unmask(cx, value))
    if isinstance(value, FlatVal):
        return atom(cx, call(cx, "ravel", value.ref))
    is_set = isinstance(value, ContainerRef) and value.obj.kind not in (list, tuple)
    if isinstance(value, (TupleVal, ContainerRef)) and not is_set:
        array = primitive(cx, cx.registry.by_name["array"], [value])
        return atom(cx, array)
    raise wording.unusable(cx, value)


def tree(cx: Context, value: PyVal) -> Tree:
    """A value as an operand tree: tuples and lists stay structured."""
    if isinstance(value, TupleVal):
        return tuple(tree(cx, v) for v in value.items)
    if isinstance(value, ContainerRef) and value.obj.kind is list:
        held = cx.state.store[value.obj]
        if isinstance(held, Run):
            raise cx.refuse("a list that grew in a loop cannot be used here", "np.array(...)")
        return tuple(tree(cx, v) for v in held)
    if isinstance(value, SliceVal):
        return SliceTree(atom(cx, value.start), atom(cx, value.stop), atom(cx, value.step))
    return atom(cx, value)


def let(cx: Context, prim: Primitive, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Var:
    misfits = cx.facts.misfits
    try:
        aval = infer(prim, args, kwargs, cx.facts)
    except InferenceError as exc:
        raise cx.misfit(prim, exc) from None
    except AssertionError:
        kinds = ", ".join(str(aval_of(a)) for a in args)
        raise cx.refuse(f"{shown_name(prim)} cannot be applied to: {kinds}") from None
    out = cx.new_var(aval)
    linear = any(v in cx.linear for v in _vars(args, kwargs)) if cx.linear else False
    if linear:
        cx.linear.add(out)
    cx.stmts.append(Let(out, prim, args, tuple(kwargs.items()), cx.origin, linear))
    if cx.facts.misfits > misfits and not cx.in_rule:
        effect(cx, "evaluate", out)  # it raises, also where its value is not needed
    return out


def effect(cx: Context, name: str, *trees: Tree, **kwargs: Tree) -> None:
    """Emit a statement that happens once, in order."""
    prim = cx.prim(name)
    named = tuple(kwargs.items())
    cx.stmts.append(Let(Var(Opaque("none")), prim, trees, named, cx.origin))


def read(cx: Context, ref: ArrayRef) -> Var:
    """The present content of an array or view."""
    value: Var = cx.state.store[ref.obj]
    for step in ref.path:
        value = let(cx, step.op, (value, *step.args), dict(step.kwargs))
    return value


def unmask(cx: Context, value: Masked) -> PyVal:
    """The adjoint with its selection made."""
    return zeros.selected(cx, value, primitive)


def whole_mask(cx: Context, value: Masked) -> PyVal:
    """The condition of a masked adjoint in its shape."""
    return zeros.whole_mask(cx, value, primitive)


def parts_of(cx: Context, var: Var) -> TupleVal:
    """The items of a tuple that a library function returned."""
    kind = var.aval
    assert isinstance(kind, avals.Parts)
    part = cx.prim("part_of")
    items = (cx.wrap(let(cx, part, (var, Lit(k)), {})) for k in range(len(kind.items)))
    return TupleVal(tuple(items), kind.kind)


def _with_arrays(cx: Context, value: PyVal) -> PyVal:
    """A nesting of sequences with arrays for the lists in it that grew in loops."""
    if isinstance(value, TupleVal) or (isinstance(value, ContainerRef) and value.obj.kind is list):
        run = cx.hooks["as_run"](cx, value)
        if run is not None:
            return cx.hooks["joined"](cx, cx.prim("array"), run, (value,), {})
        return TupleVal(tuple(_with_arrays(cx, v) for v in static.items(cx, value) or ()))
    return value


def _zero_like(cx: Context, value: PyVal) -> PyVal:
    """The imaginary part of a real number or array."""
    return call(cx, "zeros_like", value) if isinstance(cx.aval(value), Array) else Lit(0.0)


def _as_view(
    cx: Context, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
) -> PyVal | None:
    """A view of an object, not read yet, where the operation gives one."""
    base = args[0] if args else None
    if not isinstance(base, ArrayRef) or cx.in_rule:
        return None
    if prim.name == "getitem":
        index = tree(cx, args[1])
        if not is_basic(index):
            return None
        try:
            aval = infer(prim, (Var(cx.ref_aval(base)), index), {}, cx.facts)
        except InferenceError as exc:
            raise cx.misfit(prim, exc) from None
        if not isinstance(aval, Array):
            return None
        part = ArrayRef(base.obj, (*base.path, View(prim, (index,))))
        if cx.attempts and any(isinstance(i, (Var, Lit)) for i in index_items(index)):
            read(cx, part)  # out of range it raises here, not where the view is read
        return part
    if prim.alias == "view" and prim.name != "unbroadcast":
        ref = _through(cx, prim, base, args, kwargs)
        cx.ref_aval(ref)
        return ref
    if prim.alias == "layout":
        ref = _through(cx, prim, base, args, kwargs)
        shares = layouts.gives_view(cx, prim, base, ref.path[-1].args)
        if shares:
            return ref
        if shares is False:
            return primitive(cx, prim, [call(cx, "copy", base), *args[1:]], kwargs)
    return None


def _through(
    cx: Context,
    prim: Primitive,
    base: ArrayRef,
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
) -> ArrayRef:
    """The view that one more operation gives."""
    step = View(
        prim,
        tuple(tree(cx, a) for a in args[1:]),
        tuple((k, tree(cx, v)) for k, v in kwargs.items()),
    )
    return ArrayRef(base.obj, (*base.path, step))


def _vars(args: Sequence[Tree], kwargs: Mapping[str, Tree]) -> Iterator[Var]:
    for operand in (*args, *kwargs.values()):
        yield from tree_vars(operand)


def _fold(prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> Lit | None:
    """The value of a pure operation on literal numbers."""
    if prim.effect != "pure" or kwargs or prim.shape not in ("elementwise", "bool", "int"):
        return None
    values = []
    for a in args:
        if not isinstance(a, Lit) or not isinstance(a.value, _NUMBERS):
            return None
        values.append(a.value)
    try:
        with np.errstate(all="raise"):
            result = prim.fn(*values)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return Lit(result) if isinstance(result, (bool, int, float, complex)) else None


@contextmanager
def marked(cx: Context) -> Iterator[None]:
    """The statements emitted meanwhile become a stretch whose values are not kept."""
    mark = cx.new_var(Opaque("mark"))
    cx.stmts.append(Let(mark, BEGIN, (), (), cx.origin))
    yield
    cx.stmts.append(Let(cx.new_var(Opaque("None")), END, (mark,), (), cx.origin))
