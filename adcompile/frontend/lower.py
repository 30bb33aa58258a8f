"""Lowering of one function for one signature: Python to IR.

Abstract interpretation over the arguments' kinds. If it finds that something more must be
known (a loop to unroll, a layout), it begins again with that demand.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adcompile.analysis.facts import Facts, Guard
from adcompile.errors import ADCompileError
from adcompile.frontend import calls, expr, fence, indexing, loops, stmts
from adcompile.frontend.arguments import Leaf, Parameters
from adcompile.frontend.context import Context, Demands, Frame, Restart
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    PyVal,
    State,
    TupleVal,
)
from adcompile.ir.nodes import Atom, Block, Function, Lit, Var
from adcompile.ir.primitives import Registry

HOOKS: dict[str, Any] = {
    "assign": stmts.assign,
    "run_body": stmts.run_body,
    "branch": stmts.branch,
    "stmts": stmts.lower_stmts,
    "binary": expr.binary,
    "getitem": indexing.get,
    "static_items": loops.static_items,
}


@dataclass(frozen=True)
class OutTree:
    """The structure of a result: `kind` is leaf, static, tuple, list or dict."""

    kind: str
    value: Any = None
    children: tuple[OutTree, ...] = ()


@dataclass
class Capture:
    """A number, array or container from outside the function: read at each call."""

    where: tuple[Any, ...]
    name: str
    value: Any


@dataclass
class Lowered:
    """A function in IR, with what its compilation rests on."""

    function: Function
    leaves: list[Leaf]
    result: OutTree
    captures: list[Capture]
    guards: list[Guard]
    identities: list[tuple[tuple[Any, ...], Any]]
    contiguous: dict[int, bool]
    written: set[int]
    arg_leaves: dict[str, range]
    source: FunctionSource
    homes: dict[Any, tuple[Var, int | None]]
    facts: Facts


def lower(
    registry: Registry,
    fn: types.FunctionType,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    as_float: set[str],
    same: Mapping[int, int],
    hooks: Mapping[str, Any],
) -> Lowered:
    """Lower `fn` for a call with these arguments.

    `as_float`: parameters whose Python ints are read as floats. `same`: leaves that are the
    same array as an earlier leaf.
    """
    source = function_source(fn)
    fence.check(source)
    demands = Demands()
    for _ in range(64):
        cx = Context(registry, Facts(), demands)
        cx.hooks = {**HOOKS, **hooks}
        try:
            return _lower_once(cx, source, fn, args, kwargs, as_float, same)
        except Restart:
            continue
    raise ADCompileError(f"{fn.__name__} makes no progress in compilation")


def _lower_once(
    cx: Context,
    source: FunctionSource,
    fn: types.FunctionType,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    as_float: set[str],
    same: Mapping[int, int],
) -> Lowered:
    params = Parameters(cx, [], [], as_float, dict(same))
    captures: list[Capture] = []

    def capture(cx: Context, value: Any, where: tuple[Any, ...], name: str) -> PyVal:
        before = len(params.leaves)
        result = params.build(value, name, name)
        captures.append(Capture(where, name, value))
        cx.captured_leaves.update(range(before, len(params.leaves)))
        return result

    cx.capture = capture
    cx.frames.append(Frame(source))
    arg_leaves: dict[str, range] = {}

    def argument(value: Any, name: str) -> PyVal:
        before = len(params.leaves)
        result = params.build(value, name, name if name.isidentifier() else "")
        arg_leaves[name] = range(before, len(params.leaves))
        return result

    names = positional_names(source, len(args))
    positional = [argument(v, n) for n, v in zip(names, args, strict=True)]
    keywords = {k: argument(v, k) for k, v in kwargs.items()}
    origin_node = source.node
    with cx.at(origin_node):
        env = calls.bind_arguments(cx, source, positional, keywords, calls._defaults(cx, fn))
        cx.state = State(env, cx.state.store)
        value = stmts.run_body(cx, source)
        results: list[Atom] = []
        tree = out_tree(cx, value, results)
    body = Block(tuple(cx.stmts), tuple(results))
    function = Function(fn.__name__, tuple(params.variables), body)
    return Lowered(
        function,
        params.leaves,
        tree,
        captures,
        list(cx.facts.guards.values()),
        cx.guards,
        {k: cx.contiguity[k] for k in cx.demands.contiguous},
        cx.written,
        arg_leaves,
        source,
        cx.homes,
        cx.facts,
    )


def positional_names(source: FunctionSource, count: int) -> list[str]:
    """The names of positional arguments; those that go to *args are numbered."""
    spec = source.node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args)][:count]
    if spec.vararg is not None:
        extra = count - len(names)
        names += [f"{spec.vararg.arg}[{i}]" for i in range(extra)]
    if len(names) < count:
        raise ADCompileError(
            f"{source.name}() takes {len(names)} positional arguments but {count} were given"
        )
    return names


def out_tree(cx: Context, value: PyVal, results: list[Atom]) -> OutTree:
    """The structure of a result; its numeric leaves are appended to `results`."""
    if isinstance(value, TupleVal):
        return OutTree("tuple", None, tuple(out_tree(cx, v, results) for v in value.items))
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, dict):
            children = tuple(out_tree(cx, v, results) for v in held.values())
            return OutTree("dict", tuple(held), children)
        return OutTree("list", None, tuple(out_tree(cx, v, results) for v in held))
    if isinstance(value, (Var, ArrayRef)):
        results.append(cx.atom(value))
        return OutTree("leaf", len(results) - 1)
    if isinstance(value, Lit):
        if isinstance(value.value, (int, float, complex)) and not isinstance(value.value, bool):
            results.append(value)
            return OutTree("leaf", len(results) - 1)
        return OutTree("static", value.value)
    raise cx.unusable(value)
