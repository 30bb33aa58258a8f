"""Jacobians: a block for each leaf of the result and of the arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adcompile.analysis.operands import aval_of
from adcompile.compiling.kinds import as_kind, kind_text, zeros
from adcompile.compiling.request import Transform
from adcompile.compiling.structured import Structured
from adcompile.errors import NotDifferentiable
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Atom, Var
from adcompile.ir.trees import NONE, Node, node_leaves, tuple_node, with_leaves
from adcompile.ir.verify import checked
from adcompile.transforms.jacobian import Jacobian, Tools, jacobian_forward, jacobian_reverse


def take_jacobian(made: Structured, t: Transform) -> None:
    """A block for each leaf of the result and of the arguments."""
    chosen = made.selection(t)
    value, aux = made.value_and_aux(t)
    wrt, variables = made.positions([n for _, n in chosen])
    atoms = node_leaves(made.result)
    entries = atoms[: len(node_leaves(value))]
    of = [i for i, a in enumerate(entries) if isinstance(a, Var) and avals.is_inexact(a.aval)]
    if t.kind == "derivative":
        _check_number(made, chosen)
    _check_complex(made, [*variables, *(atoms[i] for i in of)], t)
    tools = Tools(made.registry, made.lowered.facts, made.lowered.homes, made.np_floats)
    make = jacobian_reverse if _backwards(made, t, variables, of) else jacobian_forward
    derived = make(made.function, wrt, of, tools) if of else Jacobian(made.function, {})
    checked(derived.function, t.kind)
    made.function = derived.function
    made.result = with_leaves(made.result, derived.function.body.results)
    stmts = list(derived.function.body.stmts)
    index = dict(zip(variables, wrt, strict=True))

    def block(i: int, atom: Atom, node: Node) -> Node:
        if node.kind != "leaf":
            return (
                NONE
                if node.kind == "static"
                else node.over(block(i, atom, c) for c in node.children)
            )
        j = index.get(node.value)
        if j is None or not avals.is_inexact(aval_of(atom)):
            return NONE
        if (i, j) not in derived.blocks:
            return Node("leaf", zeros(made.registry, node.value, stmts))
        found = derived.blocks[i, j]
        assert isinstance(atom, Var)
        arrays = [v for v in (atom, node.value) if isinstance(v.aval, Array)]
        if len(arrays) == 2:
            return Node("leaf", found)
        like = arrays[0] if arrays else node.value
        return Node("leaf", as_kind(made.registry, found, like, stmts, certain=bool(arrays)))

    counter = iter(range(len(entries)))

    def row(node: Node) -> Node:
        if node.kind == "run":
            raise NotDifferentiable(
                f"{made.name} returns a list whose length depends on the data, which has no "
                "Jacobian",
                made.return_span(),
                "Return an array, or use jvp or vjp.",
            )
        if node.kind == "leaf":
            i = next(counter)
            blocks = [block(i, atoms[i], n) for _, n in chosen]
            return blocks[0] if t.single else tuple_node(*blocks)
        return NONE if node.kind == "static" else node.over(map(row, node.children))

    jacobian = row(value)
    made.function = replace(made.function, body=replace(made.function.body, stmts=tuple(stmts)))
    aux = made.result.children[1] if t.has_aux else None
    made.result = tuple_node(jacobian, aux) if aux is not None else jacobian
    made.set_results()


def _backwards(made: Structured, t: Transform, inputs: Sequence[Var], of: Sequence[int]) -> bool:
    """Whether reverse mode is to be used: for "jacobian", where it takes fewer sweeps."""
    if t.kind != "jacobian":
        return t.kind == "jacrev"
    outputs = [made.function.body.results[i] for i in of]
    more = dims.sub(_entries(inputs), _entries(outputs))
    return made.lowered.facts.positive(more) is True


def _entries(values: Sequence[Any]) -> dims.Dim:
    """How many numbers some values hold."""
    total: dims.Dim = 0
    for v in values:
        size: dims.Dim = 1
        for d in avals.shape_of(v.aval):
            size = dims.mul(size, d)
        total = dims.add(total, size)
    return total


def _check_number(made: Structured, chosen: Sequence[tuple[str, Node]]) -> None:
    for name, node in chosen:
        if node.kind != "leaf" or isinstance(node.value.aval, Array):
            raise NotDifferentiable(
                f"derivative is by a number, and the argument {name!r} is "
                + (kind_text(node.value.aval) if node.kind == "leaf" else f"a {node.kind}"),
                made.def_span(),
                "Use grad, jacobian, or elementwise_grad.",
            )


def _check_complex(made: Structured, values: Sequence[Any], t: Transform) -> None:
    """Complex values only where the function is declared holomorphic, and all of them."""
    for v in values:
        if (v.aval.dtype.kind == "c") != t.holomorphic:
            raise NotDifferentiable(
                f"{t.kind} of {made.name} with holomorphic={t.holomorphic} needs "
                f"{'complex' if t.holomorphic else 'real'} arguments and results, "
                f"not {kind_text(v.aval)}",
                made.def_span(),
                "Pass holomorphic=True for a holomorphic function of complex arguments.",
            )
