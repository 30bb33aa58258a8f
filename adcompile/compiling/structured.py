"""A function in IR with the structure of its arguments and results."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adcompile.compiling.kinds import as_kind, kind_text
from adcompile.compiling.request import Call, Transform, selected_names
from adcompile.errors import BadArgnums, NonScalarOutput, NotDifferentiable, Span
from adcompile.frontend.lower import Capture, Lowered
from adcompile.frontend.structure import is_number, parts_of
from adcompile.ir import avals
from adcompile.ir.nodes import Atom, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.trees import NONE, Node, node_leaves


def argument_tree(
    value: Any, leaves: list[Var], opened: bool = True, seen: set[int] | None = None
) -> Node:
    """An argument as a tree of its leaf parameters; objects are taken apart if `opened`."""
    if is_number(value):
        return Node("leaf", leaves.pop(0))
    parts = parts_of(value, opened)
    if parts is None:
        return Node("static", value)
    seen = set() if seen is None else seen
    if parts.kind == "object":
        if id(value) in seen:
            return NONE
        seen.add(id(value))
    children = tuple(argument_tree(v, leaves, opened, seen) for v in parts.values)
    keys = parts.keys if parts.kind in ("dict", "object") else None
    return Node(parts.kind, keys, children, parts.type)


def capture_tree(capture: Capture) -> Node:
    """What a function reads from outside as a tree of its leaf parameters."""
    if capture.handle:
        return Node("leaf", capture.variables[0])
    return argument_tree(capture.value, list(capture.variables), opened=False)


class Structured:
    """A function in IR with the structure of its arguments and results.

    Derivatives replace `function` and `result`; `extra` are the trees of tangents or adjoints
    that they add to the arguments.
    """

    def __init__(
        self,
        lowered: Lowered,
        arguments: dict[str, Node],
        call: Call,
        registry: Registry,
        optimize: bool,
        np_floats: bool = False,
    ) -> None:
        self.lowered = lowered
        self.arguments = arguments
        self.call = call
        self.registry = registry
        self.optimize = optimize
        self.np_floats = np_floats
        self.name = lowered.source.name
        self.function = lowered.function
        self.result = lowered.result
        self.captures: list[tuple[Capture, Node]] = []
        self.extra: list[tuple[str, Node]] = []

    def selection(self, t: Transform) -> list[tuple[str, Node]]:
        """The selected arguments, with a check of their kinds."""
        chosen = []
        for name in selected_names(t, self.call):
            node = self.arguments.get(name)
            if node is None:
                raise BadArgnums(f"{self.name} has no argument {name!r} in this call")
            self.check_differentiable(name, node)
            chosen.append((name, node))
        return chosen

    def all_arguments(self) -> list[tuple[str, Node]]:
        """Those that the call passes by position."""
        return list(self.arguments.items())[self.call.bound : len(self.call.args)]

    def check_differentiable(self, name: str, node: Node) -> None:
        """Refuse an argument that is no number with a derivative."""
        if node.kind != "leaf":
            if node.kind == "static":
                raise NotDifferentiable(
                    f"the argument {name!r} is a {type(node.value).__name__}, which cannot be "
                    "differentiated",
                    self.def_span(),
                    "Select only numeric arguments with argnums.",
                )
            leaves = node_leaves(node)
            if leaves and not any(avals.is_inexact(v.aval) for v in leaves if isinstance(v, Var)):
                raise NotDifferentiable(
                    f"the argument {name!r} holds no floats, so it has no derivative",
                    self.def_span(),
                    "Pass floats, or leave it out of argnums.",
                )
            return
        aval = node.value.aval
        if not avals.is_inexact(aval):
            raise NotDifferentiable(
                f"the argument {name!r} is {kind_text(aval)}, which has no derivative",
                self.def_span(),
                "Pass floats: x.astype(float), or leave it out of argnums.",
            )

    def positions(self, nodes: Sequence[Node]) -> tuple[list[int], list[Var]]:
        """The parameters that carry derivatives among the leaves of some arguments."""
        variables = [v for n in nodes for v in node_leaves(n)]
        wrt: list[int] = []
        index = {p: i for i, p in enumerate(self.function.params)}
        unique: list[Var] = []
        for v in variables:
            assert isinstance(v, Var)
            if avals.is_inexact(v.aval) and v not in unique:
                unique.append(v)
                wrt.append(index[v])
        return wrt, unique

    def value_and_aux(self, t: Transform) -> tuple[Node, Node | None]:
        """The result that is differentiated, and the rest of a pair."""
        if not t.has_aux:
            return self.result, None
        if self.result.kind != "tuple" or len(self.result.children) != 2:
            raise NonScalarOutput(
                "with has_aux the function must return a pair (value, aux)", self.def_span()
            )
        value, aux = self.result.children
        return value, aux

    def set_results(self) -> None:
        """The function gives the leaves of the result tree, in order."""
        atoms = tuple(node_leaves(self.result))
        self.function = replace(self.function, body=replace(self.function.body, results=atoms))

    def gradient_nodes(
        self, chosen: Sequence[tuple[str, Node]], bars: Mapping[Var, Atom]
    ) -> list[Node]:
        """Adjoints in the structure and kinds of their arguments."""
        stmts = list(self.function.body.stmts)
        made: dict[Var, Atom] = {}

        def leaf(node: Node) -> Node:
            if node.kind != "leaf":
                if node.kind == "static":
                    return NONE
                return node.over(map(leaf, node.children))
            var = node.value
            if var not in bars:
                return NONE
            if var not in made:
                made[var] = as_kind(self.registry, bars[var], var, stmts)
            return Node("leaf", made[var])

        nodes = [leaf(n) for _, n in chosen]
        body = replace(self.function.body, stmts=tuple(stmts))
        self.function = replace(self.function, body=body)
        return nodes

    def def_span(self) -> Span:
        """Where the function is defined."""
        source = self.lowered.source
        return source.span(source.node)

    def return_span(self) -> Span:
        """Where it returns first."""
        source = self.lowered.source
        for stmt in source.body:
            for node in ast.walk(stmt):
                if isinstance(node, ast.Return):
                    return source.span(node)
        return source.span(source.node)
