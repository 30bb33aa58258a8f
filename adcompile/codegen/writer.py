"""From IR without foreign references to a Python function: its signature, unpacking, return."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adcompile.codegen.blocks import write_block
from adcompile.codegen.liveness import all_reads
from adcompile.codegen.state import Writer, assign, target
from adcompile.codegen.values import (
    gather_parts,
    leaf_paths,
    leaf_vars,
    only_sequences,
    spread_hints,
)
from adcompile.ir.absent import bind_to_none
from adcompile.ir.nodes import Function, Origin, Var


@dataclass(frozen=True)
class Signature:
    """How a generated function looks from outside.

    params: names in order. containers: of each parameter that is taken apart its name, where in
    it, and the tree of leaf variables there. result: the structure of the results as a function
    from their expressions, and from what spells an object of the user's.
    """

    name: str
    doc: str
    params: tuple[str, ...]
    leaves: tuple[tuple[Var, str], ...]
    containers: tuple[tuple[str, ast.expr, Any], ...]
    result: Callable[[Sequence[ast.expr], Callable[[Any], ast.expr]], ast.expr]


@dataclass
class Written:
    """A function's AST and the objects its text refers to by name."""

    tree: ast.FunctionDef
    constants: dict[str, Any]
    origins: list[tuple[ast.stmt, Origin]] = field(default_factory=list)


def write_function(
    fn: Function,
    sig: Signature,
    buffers: Mapping[Var, frozenset[Var]],
    optimize: bool,
) -> Written:
    """The Python function for `fn`."""
    fn = gather_parts(fn)
    while True:
        w = Writer(fn, sig.params, buffers, optimize, write_block)
        tree = _definition(w, fn, sig)
        if not w.to_bind:
            return Written(tree, w.names.constants, w.origins.at)
        fn = bind_to_none(fn, w.to_bind)


def _definition(w: Writer, fn: Function, sig: Signature) -> ast.FunctionDef:
    spread_hints(fn.body)
    for var, text in sig.leaves:
        w.names.hold(var, text)
    loose = {v for v in fn.params if v not in w.names.of}
    used = loose & all_reads(fn.body)
    out: list[ast.stmt] = [ast.Expr(ast.Constant(sig.doc))]
    for _, path, tree in sig.containers:
        out += _unpack(w, path, tree, used)
    w.names.taken.update(text for text, _, _ in sig.containers)

    def finish() -> list[ast.stmt]:
        values = [w.tree(r) for r in fn.body.results]
        return [ast.Return(sig.result(values, w.speller.literal))]

    out += write_block(w, fn.body, lambda v: False, finish)
    args = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(p) for p in sig.params],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    made = ast.FunctionDef(sig.name, args, out, [], None)
    made.returns = None
    return made


def _unpack(w: Writer, path: ast.expr, tree: Any, used: set[Var]) -> list[ast.stmt]:
    """Bind the leaves of a container argument that are read."""
    leaves = [v for v in leaf_vars(tree) if v in used]
    if not leaves:
        return []
    for v in leaves:
        w.names.give(v, lambda other: True)
    if only_sequences(tree):
        return [ast.Assign([_target(w, tree, used)], path, lineno=0)]
    return [assign(w.names.of[v], part) for v, part in leaf_paths(tree, path) if v in used]


def _target(w: Writer, tree: Any, used: set[Var]) -> ast.expr:
    if isinstance(tree, Var):
        return target(w.names.of[tree] if tree in used else "_")
    if tree is None:
        return target("_")
    return ast.Tuple([_target(w, t, used) for t in tree[1]], ast.Store())
