"""Calls: primitives, builtins, methods, and plain Python functions, which are inlined."""

from __future__ import annotations

import ast
import functools
import operator
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from adcompile.analysis.infer import opaque_kind
from adcompile.errors import MissingRule, SourceUnavailable
from adcompile.frontend import (
    containers,
    contents,
    emit,
    extents,
    layouts,
    runs,
    static,
    wording,
    writes,
)
from adcompile.frontend.context import Bottom, Context, Frame, Restart
from adcompile.frontend.generators import new_generator
from adcompile.frontend.names import outside_value
from adcompile.frontend.places import Place
from adcompile.frontend.recursion import recursive_call
from adcompile.frontend.scopes import yields
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.structure import is_object
from adcompile.frontend.values import (
    DICT_VIEWS,
    ArrayRef,
    ClassVal,
    Conflict,
    ContainerRef,
    DerivativeVal,
    FuncVal,
    IterVal,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    Run,
    SliceVal,
    State,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import GENERATOR, Array, Opaque, Scalar
from adcompile.ir.nodes import Let, Lit, Var
from adcompile.ir.primitives import Primitive

MAX_DEPTH = 200
DRAWN_BY_POSITION = ("choice", "permutation")


def call(cx: Context, fn: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """fn(*args, **kwargs)."""
    if isinstance(fn, FuncVal):
        return inline_nested(cx, fn, args, kwargs)
    if isinstance(fn, MethodVal):
        return method(cx, fn, args, kwargs)
    if isinstance(fn, PartialVal):
        return call(cx, fn.fn, [*fn.args, *args], {**dict(fn.kwargs), **kwargs})
    if isinstance(fn, Lit):
        return call_static(cx, fn.value, args, kwargs)
    if isinstance(fn, DerivativeVal):
        derived: PyVal = cx.hooks["derivative_call"](cx, fn, args, kwargs)
        return derived
    if isinstance(fn, ObjectRef):
        return call(cx, cx.hooks["attribute"](cx, fn, "__call__"), args, kwargs)
    if isinstance(fn, ClassVal):
        made: PyVal = cx.hooks["construct"](cx, fn, args, kwargs)
        return made
    if isinstance(fn, Conflict):
        raise wording.unusable(cx, fn)
    raise cx.refuse(f"{wording.describe(cx, fn)} cannot be called")


def call_static(cx: Context, fn: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """A call of a known Python object."""
    if isinstance(fn, np.ufunc) or "out" in kwargs or len(args) > 2:
        written = cx.hooks["with_out"](cx, fn, args, kwargs)
        if written is not None:
            return written
    special = SPECIAL.get(fn) if _hashable(fn) else None
    if special is not None or fn in (abs, float, int, bool, round):
        own = cx.hooks["protocol"](cx, fn, args)
        if own is not None:
            return cast("PyVal", own)
    if special is not None:
        return special(cx, args, kwargs)
    if getattr(fn, "__compile_time__", False):
        return known_value(fn(*(static.value(cx, a, "this") for a in args)))
    if not args and not kwargs and any(fn is kind for kind in (float, int, bool, complex)):
        return Lit(fn())
    prim = cx.registry.lookup(fn)
    if prim is not None:
        return emit_bound(cx, prim, args, kwargs)
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, (np.random.Generator, np.random.RandomState)):
        return draw(cx, Lit(owner), fn.__name__, args, kwargs)
    composed = cx.registry.composition(fn)
    if composed is not None:
        defaults = _defaults(cx, composed)  # type: ignore[arg-type]
        return inline(cx, function_source(composed), args, kwargs, defaults, None)
    if _hashable(fn) and fn in cx.registry.static:
        return Lit(fn(*(static.value(cx, a, "this argument") for a in args)))
    if _hashable(fn) and fn in cx.registry.refused:
        name = f"{fn.__module__}.{fn.__name__}"
        raise cx.refuse(f"{name} is not supported", cx.registry.refused[fn])
    if hasattr(fn, "__adcompile__"):
        return cx.hooks["transform_call"](cx, fn, args, kwargs)
    if isinstance(fn, (operator.itemgetter, operator.attrgetter, operator.methodcaller)):
        return cast("PyVal", cx.hooks["getter_call"](cx, fn, args))
    if isinstance(fn, functools.partial):
        merged = {**{k: constant(cx, v) for k, v in fn.keywords.items()}, **kwargs}
        return call_static(cx, fn.func, [*(constant(cx, v) for v in fn.args), *args], merged)
    if isinstance(fn, types.MethodType):
        return call_static(cx, fn.__func__, [constant(cx, fn.__self__), *args], kwargs)
    if isinstance(fn, type):
        made: PyVal | None = cx.hooks["construct"](cx, fn, args, kwargs)
        if made is not None:
            return made
    if isinstance(getattr(fn, "__self__", None), (str, bytes, tuple, range)):
        return _constant_method(cx, fn, args, kwargs)
    if isinstance(fn, functools._lru_cache_wrapper):
        raise cx.refuse(
            f"{fn.__name__} is cached by functools, which keeps values from call to call",
            f"Call the function itself: {fn.__name__}.__wrapped__.",
        )
    module = getattr(fn, "__module__", None) or ""
    if isinstance(fn, types.FunctionType) and not module.startswith(("numpy", "scipy")):
        try:
            source = function_source(fn)
        except SourceUnavailable as exc:
            raise exc.located(cx.origin.span) from None
        return inline(cx, source, args, kwargs, _defaults(cx, fn), None)
    opaque = _opaque_call(cx, fn, args, kwargs)
    if opaque is not None:
        return opaque
    name = getattr(fn, "__qualname__", repr(fn))
    shown = f"{module}.{name}" if module and module != "builtins" else name
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        shown = f"np.{owner.__name__}.{fn.__name__}"
    raise MissingRule(
        f"{shown} has no derivative rule",
        cx.origin.span,
        "Give it one with @rule, or declare it with @nondiff if it has no derivative.",
    )


def _constant_method(
    cx: Context, fn: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    """A method of a string or another constant."""
    owner, name = fn.__self__, fn.__name__
    if name == "format" and not kwargs:
        return format_string(cx, owner, args)
    if name == "join":
        pieces = cx.hooks["static_items"](cx, args[0])
        if pieces is None:
            raise cx.refuse("join() needs a sequence whose length is known")
        if not all(isinstance(p, Lit) for p in pieces):
            plain = owner.replace("{", "{{").replace("}", "}}")
            return format_string(cx, plain.join(["{}"] * len(pieces)), pieces)
        return Lit(owner.join(p.value for p in pieces if isinstance(p, Lit)))
    given = [static.value(cx, a, f"the arguments of {name}()") for a in args]
    named = {k: static.value(cx, v, f"the arguments of {name}()") for k, v in kwargs.items()}
    try:
        return Lit(fn(*given, **named))
    except Exception as exc:
        raise cx.refuse(f"{name}() fails: {exc}") from None


def known_value(value: Any) -> PyVal:
    """A Python value known at compile time; tuples and slices may be taken apart."""
    if isinstance(value, tuple):
        return TupleVal(tuple(map(known_value, value)))
    if isinstance(value, slice):
        return SliceVal(Lit(value.start), Lit(value.stop), Lit(value.step))
    return Lit(value)


def _opaque_call(
    cx: Context, fn: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal | None:
    """A call of a function without source or rule, which inactive arguments may pass through.

    Its result's kind is found on dummies; None where it cannot be called so.
    """
    module = getattr(fn, "__module__", None) or ""
    foreign = module.split(".")[0] in ("numpy", "scipy")
    if foreign or not callable(fn) or isinstance(fn, type) or kwargs or not args:
        return None
    try:
        trees = [emit.tree(cx, a) for a in args]
        kind = opaque_kind(fn, trees)
    except Exception:
        return None
    if isinstance(kind, Array):  # it might share memory with an argument
        return None
    label = getattr(fn, "__name__", type(fn).__name__)
    shown = f"{module}.{label}" if module not in ("", "builtins") else label
    prim = Primitive(shown, fn, (), f"={label}", "opaque", cost=9, rule=shown, variadic=True)
    out = cx.new_var(kind)
    cx.stmts.append(Let(out, prim, tuple(trees), (), cx.origin))
    return cx.wrap(out)


def _hashable(fn: Any) -> bool:
    try:
        hash(fn)
    except TypeError:
        return False
    return True


def _defaults(cx: Context, fn: types.FunctionType) -> tuple[tuple[PyVal, ...], dict[str, PyVal]]:
    positional = tuple(Lit(d) for d in fn.__defaults__ or ())
    return positional, {k: Lit(v) for k, v in (fn.__kwdefaults__ or {}).items()}


# -- primitives --------------------------------------------------------------------------------


def emit_bound(
    cx: Context, prim: Primitive, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
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


def _user_call(
    cx: Context, prim: Primitive, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
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
            body = inline(cx, source, args, kwargs, _defaults(cx, prim.fn), None)  # type: ignore[arg-type]
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
    if takes_tree or param.name in ("shape", "index", "generator") or param.static:
        return value
    if isinstance(value, (TupleVal, ContainerRef)):
        return emit.call(cx, "array", value)
    return value


def draw(
    cx: Context, generator: PyVal, name: str, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
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


# -- methods -----------------------------------------------------------------------------------


def method(cx: Context, fn: MethodVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """owner.name(*args)."""
    owner, name = fn.owner, fn.name
    if isinstance(owner, ContainerRef):
        return container_method(cx, owner, name, args, kwargs)
    if isinstance(owner, TupleVal) and name in ("_replace", "_asdict"):
        return _named_tuple_method(cx, owner, name, kwargs)
    if isinstance(owner, TupleVal):
        return containers.sequence_method(cx, owner.items, name, args)
    if cx.aval(owner) == GENERATOR:
        return draw(cx, owner, name, args, kwargs)
    if "out" in kwargs:
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        return cx.hooks["into"](cx, kwargs["out"], method(cx, fn, args, rest))
    if name == "tolist" and not isinstance(owner, Lit):
        return cast("PyVal", cx.hooks["tolist"](cx, owner))
    if name in cx.hooks["mutating"]:
        return cx.hooks["expand"](cx, cx.hooks["mutating"][name], [owner, *args], kwargs)
    if name in cx.hooks["view_methods"]:
        return cx.hooks["view_methods"][name](cx, owner, args, kwargs)
    if name == "transpose":
        if not args:
            return emit.call(cx, "transpose", owner)
        axes = args[0] if len(args) == 1 else TupleVal(tuple(args))
        if isinstance(axes, Lit) and axes.value is None:
            return emit.call(cx, "transpose", owner)
        return emit.call(cx, "transpose", owner, axes=Lit(tuple(static.value(cx, axes, "axes"))))
    if name == "conj" and not avals.is_complex(cx.aval(owner)):
        return owner
    if name == "astype":
        return _astype(cx, owner, args, kwargs)
    if name == "item" and args:
        return emit.call(cx, "item", emit.primitive(cx, cx.prim("getitem"), [owner, *args]))
    prim = cx.registry.by_name.get(name)
    if prim is None:
        return call_static(cx, getattr(np, name), [owner, *args], kwargs)
    return emit_bound(cx, prim, [owner, *args], kwargs)


def _named_tuple_method(cx: Context, owner: TupleVal, name: str, kwargs: dict[str, PyVal]) -> PyVal:
    fields = owner.kind._fields  # type: ignore[attr-defined]
    now = dict(zip(fields, owner.items, strict=True))
    if name == "_asdict":
        return contents.new_dict(cx, now)
    wrong = [k for k in kwargs if k not in now]
    if wrong:
        raise cx.refuse(f"{owner.kind.__name__} has no field {wrong[0]!r}")
    return TupleVal(tuple({**now, **kwargs}.values()), owner.kind)


def _astype(cx: Context, owner: PyVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    dtype = np.dtype(static.value(cx, args[0] if args else kwargs["dtype"], "the dtype"))
    same = static.value(cx, kwargs["copy"], "copy") is False if "copy" in kwargs else False
    if set(kwargs) - {"copy", "dtype"}:
        raise cx.refuse("astype is supported with a dtype and copy= alone")
    aval = cx.aval(owner)
    if same and isinstance(aval, Array) and aval.dtype == dtype:
        return owner
    return emit.call(cx, "astype", owner, Lit(dtype))


def container_method(
    cx: Context, owner: ContainerRef, name: str, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    """Methods of lists and dicts whose length is known."""
    grows = owner.obj.kind is list and name in ("append", "extend")
    if grows and owner.obj.outside and owner.obj not in cx.state.store:
        owner = contents.appended(cx, owner)  # what it holds so far need not be known
    held = cx.state.store[owner.obj]
    if owner.obj.kind is set:
        return containers.set_method(cx, owner, name, args)
    if isinstance(held, dict):
        if name in DICT_VIEWS:
            return IterVal(name, (owner,))
        if name == "copy":
            return contents.new_dict(cx, held)
        if name == "get":
            key = static.value(cx, args[0], "a dict key")
            return held.get(key, args[1] if len(args) > 1 else Lit(None))
        return containers.dict_method(cx, owner, name, args, kwargs)
    if isinstance(held, Run):
        return _run_method(cx, owner, held, name, args)
    items = list(held)
    result: PyVal = Lit(None)
    if name == "append":
        items.append(args[0])
    elif name == "extend":
        more = cx.hooks["static_items"](cx, args[0])
        if more is None:
            raise cx.refuse("extend needs a sequence whose length is known")
        items.extend(more)
    elif name == "pop":
        at = static.value(cx, args[0], "the index of pop") if args else -1
        try:
            result = items.pop(at)
        except IndexError:
            raise cx.refuse(f"pop index {at} is out of range") from None
    elif name == "appendleft":
        items.insert(0, args[0])
    elif name == "popleft" and items:
        result = items.pop(0)
    elif name == "insert":
        items.insert(static.value(cx, args[0], "the index of insert"), args[1])
    elif name == "copy":
        return contents.new_list(cx, items)
    elif name == "reverse":
        items.reverse()
    else:
        return containers.list_method(cx, owner, name, args, kwargs)
    contents.change(cx, owner, tuple(items))
    return result


def _run_method(
    cx: Context, owner: ContainerRef, run: Run, name: str, args: Sequence[PyVal]
) -> PyVal:
    """Methods of lists that loops grow."""
    if name == "copy":
        return runs.part(cx, run, SliceVal(Lit(None), Lit(None), Lit(None)))
    more = static.items(cx, args[0]) if name == "extend" else args if name == "append" else None
    if more is None:
        raise cx.refuse(
            f"list.{name} is not supported here on a list that grows in a loop",
            "Append to the list, or use an array.",
        )
    for item in more:
        runs.append(cx, owner, item)
    return Lit(None)


# -- plain functions ---------------------------------------------------------------------------


def inline_nested(
    cx: Context, fn: FuncVal, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    """A call of a function defined inside the differentiated one."""
    callee = nested_callee(fn)
    return inline(cx, callee.source, args, kwargs, callee.defaults, callee.outer, fn.home)


@dataclass(frozen=True)
class Callee:
    """A function to lower: its source, its defaults, and the frame it was made in."""

    source: FunctionSource
    defaults: tuple[tuple[PyVal, ...], dict[str, PyVal]]
    outer: Frame | None = None


def nested_callee(fn: FuncVal) -> Callee:
    outer: Frame = fn.frame
    base = outer.source
    name = fn.node.name if isinstance(fn.node, ast.FunctionDef) else "<lambda>"
    source = FunctionSource(name, fn.node, base.filename, base.lines, base.fn)
    kw_names = [a.arg for a in fn.node.args.kwonlyargs]
    kw = {n: d for n, d in zip(kw_names, fn.kw_defaults, strict=True) if d is not None}
    return Callee(source, (fn.defaults, kw), outer)


def plain_callee(cx: Context, fn: types.FunctionType) -> Callee:
    return Callee(function_source(fn), _defaults(cx, fn))


def inline(
    cx: Context,
    source: FunctionSource,
    args: Sequence[PyVal],
    kwargs: dict[str, PyVal],
    defaults: tuple[tuple[PyVal, ...], dict[str, PyVal]],
    outer: Frame | None,
    home: ClassVal | None = None,
) -> PyVal:
    """Lower the callee's body here; a call of itself may be kept (see `recursion`)."""
    env = bind_arguments(cx, source, args, kwargs, defaults)
    if yields(source.node):
        return new_generator(cx, source, env, outer)
    if any(f.source.node is source.node for f in cx.frames) and not cx.in_rule:
        if source.node in cx.demands.kept:
            return recursive_call(cx, source, args, kwargs)
        if source.node not in cx.demands.recursive:
            cx.demands.recursive.add(source.node)
            raise Restart
        if len(cx.frames) > MAX_DEPTH and outer is None:
            cx.demands.kept.add(source.node)
            cx.demands.recursive.discard(source.node)
            raise Restart
        if len(cx.frames) > MAX_DEPTH:
            raise cx.refuse(
                f"the recursion of {source.name} does not end at a depth known on entry",
                "Let its end depend on integers or lengths of the arguments, or write a loop.",
            )
    return lower_body(cx, source, env, outer, home)


def lower_body(
    cx: Context,
    source: FunctionSource,
    env: dict[str, PyVal],
    outer: Frame | None,
    home: ClassVal | None = None,
) -> PyVal:
    """The body of a function, its parameters bound, in a frame of its own."""
    caller = cx.state
    cx.callers.append(caller.env)
    frame = cx.enter(source, outer, home)
    cx.state = State(env, caller.store)
    origin = cx.origin
    try:
        result = cx.hooks["run_body"](cx, source)
    finally:
        callee = cx.state
        frame.final_env = callee.env
        cx.frames.pop()
        cx.callers.pop()
        cx.state = State(caller.env, callee.store)
        cx.origin = origin
    if "%dead" in callee.env and not cx.in_rule:
        raise Bottom  # it always raises
    return result


def inline_again(cx: Context, source: FunctionSource, args: Sequence[PyVal]) -> PyVal:
    """One level of a recursion, lowered to see what it gives."""
    env = bind_arguments(cx, source, args, {}, _defaults(cx, source.fn))
    return lower_body(cx, source, env, None)


def bind_arguments(
    cx: Context,
    source: FunctionSource,
    args: Sequence[PyVal],
    kwargs: dict[str, PyVal],
    defaults: tuple[tuple[PyVal, ...], dict[str, PyVal]],
) -> dict[str, PyVal]:
    """Python's binding of a call's arguments to a function's parameters."""
    spec = source.node.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    env: dict[str, PyVal] = dict(zip(positional, args, strict=False))
    if len(args) > len(positional):
        if spec.vararg is None:
            raise cx.refuse(
                f"{source.name} takes {len(positional)} arguments but {len(args)} are given"
            )
        env[spec.vararg.arg] = TupleVal(tuple(args[len(positional) :]))
    elif spec.vararg is not None:
        env[spec.vararg.arg] = TupleVal(())
    keyword_only = [a.arg for a in spec.kwonlyargs]
    accepted = {*(a.arg for a in spec.args), *keyword_only}
    extra: dict[str, PyVal] = {}
    for k, v in kwargs.items():
        if k in env and k in accepted:
            raise cx.refuse(f"{source.name} got two values for {k!r}")
        if k in accepted:
            env[k] = v
        elif spec.kwarg is not None:
            extra[k] = v
        else:
            raise cx.refuse(f"{source.name} has no parameter {k!r}")
    if spec.kwarg is not None:
        env[spec.kwarg.arg] = contents.new_dict(cx, extra)
    for name, default in zip(positional[::-1], defaults[0][::-1], strict=False):
        env.setdefault(name, default_value(cx, default))
    for name, default in defaults[1].items():
        env.setdefault(name, default_value(cx, default))
    missing = [n for n in (*positional, *keyword_only) if n not in env]
    if missing:
        raise cx.refuse(f"{source.name} needs the argument {missing[0]!r}")
    return env


def default_value(cx: Context, default: PyVal) -> PyVal:
    """A default: constants stay literals; a mutable one lives as long as the function."""
    return constant(cx, default.value, "default") if isinstance(default, Lit) else default


def constant(cx: Context, value: Any, name: str = "constant") -> PyVal:
    """A Python object that is part of a known one; a mutable one is read at each call."""
    if isinstance(value, (list, dict, np.ndarray)) or is_object(value):
        return outside_value(cx, value, Place("constant", value), name)
    return Lit(value)


def _frozen(value: Any) -> PyVal:
    if isinstance(value, np.ndarray) and value.ndim:
        return TupleVal(tuple(_frozen(v) for v in value))
    return Lit(value.item() if isinstance(value, np.ndarray) else value)


# -- builtins ----------------------------------------------------------------------------------


def _len(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    (value,) = args
    run = runs.run_of(cx, value)
    if run is not None:
        return run.count
    items = static.items(cx, value)
    if items is not None:
        return Lit(len(items))
    if isinstance(value, ArrayRef) and cx.ref_aval(value).ndim:
        return extents.of_axis(cx, value, 0)
    if isinstance(value, Var) and isinstance(value.aval, Opaque):
        opaque = _opaque_call(cx, len, args, {})
        if opaque is not None:
            return opaque
    raise cx.refuse(f"{wording.describe(cx, value)} has no len()")


def _iterator(kind: str) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        if kind == "enumerate" and "start" in kwargs:
            args = [*args, kwargs["start"]]
        return IterVal(kind, tuple(args))

    return lower


def _extreme(name: str) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        if kwargs:
            raise cx.refuse(f"{name}() with key= or default= is not supported")
        if len(args) == 1 and isinstance(args[0], ArrayRef):
            at = emit.primitive(cx, cx.prim(f"arg{name}"), [args[0]])
            return emit.primitive(cx, cx.prim("getitem"), [args[0], at])
        run = runs.run_of(cx, args[0]) if len(args) == 1 else None
        if run is not None:
            return runs.extreme(cx, name, run)
        values = static.items(cx, args[0]) if len(args) == 1 else tuple(args)
        if not values:
            raise cx.refuse(f"{name}() needs numbers, or a sequence whose length is known")
        best = values[0]
        for v in values[1:]:
            if isinstance(best, Lit) and isinstance(v, Lit):
                best = Lit(max(best.value, v.value) if name == "max" else min(best.value, v.value))
            else:
                best = emit.call(cx, f"python_{name}", best, v)
        return best

    return lower


def _sum(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    start = args[1] if len(args) > 1 else kwargs.get("start", Lit(0))
    if isinstance(args[0], ArrayRef):
        total = emit.primitive(cx, cx.prim("python_sum"), [args[0]])
        if isinstance(start, Lit) and start.value == 0:
            return total
        return emit.call(cx, "add", start, total)
    run = runs.run_of(cx, args[0])
    if run is not None:
        return runs.total(cx, run, start)
    values = static.items(cx, args[0])
    if values is None:
        raise cx.refuse("sum() needs an array, or a sequence whose length is known")
    total = start
    for v in values:
        total = emit.call(cx, "add", total, v)
    return total


def _sequence(kind: type) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        run = runs.run_of(cx, args[0]) if args and kind is list else None
        if run is not None:
            return runs.part(cx, run, SliceVal(Lit(None), Lit(None), Lit(None)))
        items = cx.hooks["static_items"](cx, args[0]) if args else ()
        if items is None:
            raise cx.refuse(f"{kind.__name__}() needs a sequence whose length is known")
        return TupleVal(tuple(items)) if kind is tuple else contents.new_list(cx, items)

    return lower


def _dict(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    items: dict[Any, PyVal] = {}
    if args:
        source = args[0]
        if not isinstance(source, ContainerRef) or source.obj.kind is not dict:
            raise cx.refuse("dict() needs another dict or keyword arguments")
        items.update(cx.state.store[source.obj])
    return contents.new_dict(cx, {**items, **kwargs})


def format_string(cx: Context, template: str, parts: Sequence[PyVal]) -> PyVal:
    """template.format(*parts): a string if all is known, else a value for messages only."""
    if all(isinstance(p, Lit) for p in parts):
        return Lit(template.format(*(p.value for p in parts if isinstance(p, Lit))))
    text = emit.primitive(cx, cx.prim("format"), [Lit(template), *map(_printable(cx), parts)])
    if isinstance(text, Var):
        cx.texts[text] = (template, parts)
    return text


def _printable(cx: Context) -> Callable[[PyVal], PyVal]:
    def convert(value: PyVal) -> PyVal:
        grown = runs.run_of(cx, value) is not None
        if not grown and isinstance(value, (Var, Lit, ArrayRef, TupleVal, ContainerRef)):
            return value
        raise cx.refuse(f"{wording.describe(cx, value)} cannot be printed here")

    return convert


def _print(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    trees = [emit.tree(cx, _printable(cx)(a)) for a in args]
    if kwargs:
        raise cx.refuse("print() with keyword arguments is not supported")
    emit.effect(cx, "print", *trees)
    return Lit(None)


def _isinstance(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value, kinds = args
    listed = kinds.items if isinstance(kinds, TupleVal) else (kinds,)
    wanted = tuple(
        w
        for k in listed
        for w in _flat(k if isinstance(k, ClassVal) else static.value(cx, k, "the type"))
    )
    if isinstance(value, Lit):
        return Lit(isinstance(value.value, wanted))
    kind = value.obj.kind if isinstance(value, ObjectRef) else static.python_type(cx, value)
    if isinstance(kind, type):
        return Lit(issubclass(kind, tuple(w for w in wanted if isinstance(w, type))))
    return Lit(any(cx.hooks["is_subclass"](kind, w) for w in wanted))


def _flat(kinds: Any) -> Iterator[Any]:
    if isinstance(kinds, tuple):
        for k in kinds:
            yield from _flat(k)
    elif isinstance(kinds, types.UnionType):
        yield from kinds.__args__
    else:
        yield kinds


def _np_array(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value = args[0]
    if set(kwargs) - {"dtype"}:
        raise cx.refuse("np.array is supported with a dtype alone")
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


def _np_copy(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """np.copy and np.array keep the layout of their operand; the method .copy() does not."""
    if kwargs or len(args) != 1:
        raise cx.refuse("np.copy is supported with one argument")
    if isinstance(args[0], (TupleVal, ContainerRef)):
        return emit.call(cx, "array", args[0])
    result = emit.call(cx, "copy", args[0])
    if isinstance(result, ArrayRef) and isinstance(args[0], ArrayRef):
        rank = cx.ref_aval(result).ndim
        result.obj.layout = "C" if rank <= 1 else layouts.layout_of(cx, args[0])
    return result


def _frozen_sequence(value: Any) -> PyVal:
    if isinstance(value, (tuple, list)):
        return TupleVal(tuple(_frozen_sequence(v) for v in value))
    return Lit(value)


def _np_asarray(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    if isinstance(args[0], ArrayRef):
        dtype = kwargs.get("dtype", args[1] if len(args) > 1 else None)
        if dtype is None:
            return args[0]
        wanted = np.dtype(static.value(cx, dtype, "the dtype"))
        if wanted == cx.ref_aval(args[0]).dtype:
            return args[0]
        return emit.call(cx, "astype", args[0], Lit(wanted))
    return _np_array(cx, args, kwargs)


def _at(accumulate: bool) -> Callable[..., PyVal]:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
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


def _zip_static(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return IterVal("zip", tuple(args))


def _callable(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value = args[0]
    return Lit(isinstance(value, FuncVal) or (isinstance(value, Lit) and callable(value.value)))


def _shape(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    value = args[0]
    if isinstance(value, (TupleVal, ContainerRef)):
        value = emit.call(cx, "array", value)
    return extents.of_shape(cx, value)


def _ndim(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return Lit(len(cast("TupleVal", _shape(cx, args, kwargs)).items))


def _slice(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    none = Lit(None)
    if len(args) == 1:
        return SliceVal(none, args[0], none)
    return SliceVal(args[0], args[1], args[2] if len(args) > 2 else none)


def _complex(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    given = [*args, *(kwargs[k] for k in ("real", "imag") if k in kwargs)]
    if len(given) == 1 and "imag" not in kwargs:
        return emit.call(cx, "complex", *given)
    if len(given) != 2 or set(kwargs) - {"real", "imag"}:
        raise cx.refuse("complex() is supported with one or two numbers")
    return emit.call(cx, "complex_of", *given)


def _is_complex(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return Lit(avals.is_complex(cx.aval(args[0])))


def _pow(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return emit.primitive(cx, cx.prim("power"), args)


def _dtype(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return Lit(np.dtype(static.value(cx, args[0], "the dtype")))


SPECIAL: dict[Any, Callable[..., PyVal]] = {
    len: _len,
    range: _iterator("range"),
    zip: _zip_static,
    enumerate: _iterator("enumerate"),
    reversed: _iterator("reversed"),
    max: _extreme("max"),
    min: _extreme("min"),
    sum: _sum,
    pow: _pow,
    slice: _slice,
    tuple: _sequence(tuple),
    list: _sequence(list),
    dict: _dict,
    print: _print,
    isinstance: _isinstance,
    callable: _callable,
    np.array: _np_array,
    np.asarray: _np_asarray,
    np.asanyarray: _np_asarray,
    np.copy: _np_copy,
    np.add.at: _at(True),
    np.subtract.at: _at(False),
    np.shape: _shape,
    np.ndim: _ndim,
    np.dtype: _dtype,
    complex: _complex,
    np.iscomplexobj: _is_complex,
}
