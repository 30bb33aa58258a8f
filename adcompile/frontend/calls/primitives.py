"""Calls of primitives, of functions with a rule of their own, and random draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adcompile.analysis.kinds import opaque_kind
from adcompile.errors import SourceUnavailable
from adcompile.frontend import emit, extents, static
from adcompile.frontend.calls import inlining
from adcompile.frontend.calls.table import Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.source import function_source
from adcompile.frontend.values import ArrayRef, ContainerRef, PyVal, TupleVal
from adcompile.ir.avals import Array, Opaque, Scalar
from adcompile.ir.nodes import Let, Lit
from adcompile.ir.primitives import Primitive

DRAWN_BY_POSITION = ("choice", "permutation")


def emit_bound(cx: Context, prim: Primitive, args: Args, kwargs: Kwargs) -> PyVal:
    """A call of a primitive: bind to its parameters, make static what must be."""
    kwargs = dict(kwargs)
    if prim.name == "clip":
        for given, ours in (("a_min", "lo"), ("a_max", "hi"), ("min", "lo"), ("max", "hi")):
            if given in kwargs:
                kwargs[ours] = kwargs.pop(given)
    names = [p.name for p in prim.params]
    if prim.variadic and not names:
        return emit.primitive(cx, prim, args, kwargs)
    if len(args) > len(names):
        raise cx.refuse(f"{prim.name} takes at most {len(names)} arguments here")
    bound = dict(zip(names, args, strict=False))
    if not prim.params or prim.params[0].required:
        alias = {"x1": "x", "x2": "y", "a": names[0] if names else "a"}
        kwargs = {alias.get(k, k) if k not in names else k: v for k, v in kwargs.items()}
    for k, v in kwargs.items():
        if k not in names or k in bound:
            raise cx.refuse(
                f"the argument {k!r} of {prim.spelling.lstrip('.')} is not supported",
                "Write it without that argument.",
            )
        bound[k] = v
    required: list[PyVal] = []
    optional: dict[str, PyVal] = {}
    for p in prim.params:
        if p.name not in bound:
            if p.required:
                raise cx.refuse(f"{prim.name} needs the argument {p.name!r}")
            continue
        value = bound[p.name]
        if p.static:
            value = Lit(static.value(cx, value, f"the argument {p.name!r}"))
        if p.required:
            required.append(value)
            continue
        if isinstance(value, Lit) and _is_default(value.value, p.default):
            continue
        if not p.accepted:
            raise cx.refuse(
                f"the argument {p.name!r} of {prim.spelling.lstrip('.')} is not supported",
                "Write it without that argument.",
            )
        optional[p.name] = value
    if prim.name == "clip":
        lo, hi = (bound.get(k, Lit(None)) for k in ("lo", "hi"))
        optional = {"lo": lo, "hi": hi}
    if prim.shape == "user":
        return _user_call(cx, prim, required, optional)
    prim = _operator_form(cx, prim, required)
    return emit.primitive(
        cx, prim, [_array_operand(cx, prim, i, v) for i, v in enumerate(required)], optional
    )


def _user_call(cx: Context, prim: Primitive, args: Args, kwargs: Kwargs) -> PyVal:
    """A call of a function that has a rule of its own: kept as it is.

    The kind of its result is that of its body, which is lowered and thrown away.
    """
    trees = tuple(emit.tree(cx, a) for a in args)
    named = {k: emit.tree(cx, v) for k, v in kwargs.items()}
    shared = False
    try:
        source = function_source(prim.fn)
    except SourceUnavailable:
        kind = opaque_kind(prim.fn, trees)
    else:
        with cx.block(cx.state.fork()):
            known = set(cx.state.store)
            defaults = inlining.defaults_of(cx, prim.fn)  # type: ignore[arg-type]
            body = inlining.inline(cx, source, args, kwargs, defaults, None)
            kind = cx.aval(body)
            shared = isinstance(body, ArrayRef) and body.obj in known
    if isinstance(kind, Opaque):
        raise cx.refuse(
            f"{prim.name} has a derivative rule, but does not return a number or an array"
        )
    out = cx.new_var(kind)
    cx.stmts.append(Let(out, prim, trees, tuple(named.items()), cx.origin))
    result = cx.wrap(out)
    if shared and isinstance(result, ArrayRef):
        for base in (a for a in args if isinstance(a, ArrayRef)):
            result.obj.link(base.obj)
    return result


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and isinstance(value, (bool, int, str)) and value == default
    )


def _operator_form(cx: Context, prim: Primitive, operands: Sequence[PyVal]) -> Primitive:
    """np.multiply on arrays is `*`; on Python floats it gives an np.float64 and stays."""
    if not prim.name.startswith("np_"):
        return prim
    strong = [
        isinstance(a, Array) or (isinstance(a, Scalar) and not a.weak)
        for a in map(cx.aval, operands)
    ]
    return cx.prim(prim.name[3:]) if any(strong) else prim


def _array_operand(cx: Context, prim: Primitive, position: int, value: PyVal) -> PyVal:
    """Lists where NumPy takes an array become arrays."""
    takes_tree = prim.shape in (
        *("concatenate", "stack", "array", "creation", "full", "eye", "einsum", "multi_dot"),
    )
    param = prim.params[position]
    named = param.name in ("shape", "index", "generator")
    if takes_tree or named or param.static or param.whole:
        return value
    if isinstance(value, (TupleVal, ContainerRef)):
        return emit.call(cx, "array", value)
    return value


def draw(cx: Context, generator: PyVal, name: str, args: Args, kwargs: Kwargs) -> PyVal:
    """A random draw: it happens once, in order; entries of an array are drawn by position."""
    prim = cx.registry.by_name.get(f"draw_{name}")
    if prim is None:
        raise cx.refuse(
            f"drawing with {name}() is not supported",
            "Draw outside of the function and pass the draws as an argument.",
        )
    renamed = {"shape_" if k == "shape" else k: v for k, v in kwargs.items()}
    if name in DRAWN_BY_POSITION and args and isinstance(cx.aval(args[0]), Array):
        at = emit_bound(cx, prim, [generator, extents.of_axis(cx, args[0], 0), *args[1:]], renamed)
        return emit.primitive(cx, cx.prim("getitem"), [args[0], at])
    return emit_bound(cx, prim, [generator, *args], renamed)
