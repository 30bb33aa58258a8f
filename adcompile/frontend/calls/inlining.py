"""Plain functions: a call's arguments bound to parameters, and the body lowered in its place."""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.frontend import contents
from adcompile.frontend.calls.table import Args, Kwargs
from adcompile.frontend.context import Bottom, Context, Frame, Restart
from adcompile.frontend.generators import new_generator
from adcompile.frontend.names import outside_value
from adcompile.frontend.places import Place
from adcompile.frontend.recursion import recursive_call
from adcompile.frontend.scopes import yields
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.structure import is_object
from adcompile.frontend.values import ClassVal, FuncVal, PyVal, State, TupleVal
from adcompile.ir.nodes import Lit

MAX_DEPTH = 200


def inline_nested(cx: Context, fn: FuncVal, args: Args, kwargs: Kwargs) -> PyVal:
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
    return Callee(function_source(fn), defaults_of(cx, fn))


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
    env = bind_arguments(cx, source, args, {}, defaults_of(cx, source.fn))
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


def defaults_of(cx: Context, fn: types.FunctionType) -> tuple[tuple[PyVal, ...], dict[str, PyVal]]:
    positional = tuple(Lit(d) for d in fn.__defaults__ or ())
    return positional, {k: Lit(v) for k, v in (fn.__kwdefaults__ or {}).items()}


def default_value(cx: Context, default: PyVal) -> PyVal:
    """A default: constants stay literals; a mutable one lives as long as the function."""
    return constant(cx, default.value, "default") if isinstance(default, Lit) else default


def constant(cx: Context, value: Any, name: str = "constant") -> PyVal:
    """A Python object that is part of a known one; a mutable one is read at each call."""
    if isinstance(value, (list, dict, np.ndarray)) or is_object(value):
        return outside_value(cx, value, Place("constant", value), name)
    return Lit(value)
