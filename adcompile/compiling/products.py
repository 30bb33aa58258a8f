"""Products with the Jacobian: tangents along given ones, adjoints of given ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adcompile.compiling.kinds import as_kind
from adcompile.compiling.request import Transform
from adcompile.compiling.signature import identifier
from adcompile.compiling.structured import Structured
from adcompile.ir import avals
from adcompile.ir.nodes import Lit, Var
from adcompile.ir.trees import NONE, Node, node_leaves, tuple_node, with_leaves
from adcompile.ir.verify import checked
from adcompile.transforms.forward import forward
from adcompile.transforms.reverse import reverse


def take_adjoints(made: Structured, t: Transform) -> None:
    """The adjoint of the result becomes a parameter, those of the arguments are the result."""
    chosen = made.all_arguments() if t.argnums is None else made.selection(t)
    wrt, variables = made.positions([n for _, n in chosen])
    atoms = node_leaves(made.result)
    value, _ = made.value_and_aux(t)
    count = len(node_leaves(value))
    seeded = [
        i for i, a in enumerate(atoms[:count]) if isinstance(a, Var) and avals.is_inexact(a.aval)
    ]
    derived = reverse(
        made.function,
        wrt,
        made.registry,
        made.lowered.facts,
        made.lowered.homes,
        seeded,
        made.np_floats,
    ).function
    checked(derived, "reverse")
    seeds = derived.params[len(made.function.params) :]
    by_leaf = dict(zip(seeded, seeds, strict=True))
    bars = list(derived.body.results[len(atoms) :])
    made.function = derived
    counter = iter(range(count))

    def seed_node(n: Node) -> Node:
        if n.kind == "leaf":
            seed = by_leaf.get(next(counter))
            return NONE if seed is None else Node("leaf", seed)
        return n.over(map(seed_node, n.children))

    _add_seed(made, "y_bar", seed_node(value))
    made.result = with_leaves(made.result, derived.body.results[: len(atoms)])
    grads = made.gradient_nodes(chosen, dict(zip(variables, bars, strict=True)))
    alone = t.kind == "pullback" and t.single
    adjoints = grads[0] if alone else tuple_node(*grads)
    made.result = adjoints if t.kind == "pullback" else tuple_node(made.result, adjoints)
    made.set_results()


def take_tangents(made: Structured, t: Transform) -> None:
    """Tangent parameters follow the primals: one tree for each perturbed argument."""
    if t.argnums is None:
        arguments = made.all_arguments()
        perturbed = t.perturbed or (True,) * len(arguments)
        chosen = [a for a, on in zip(arguments, perturbed, strict=True) if on]
        for name, node in chosen if t.kind != "linearize" else ():
            made.check_differentiable(name, node)
    else:
        chosen = made.selection(t)
    wrt, variables = made.positions([n for _, n in chosen])
    atoms = node_leaves(made.result)
    differentiated, _ = made.value_and_aux(t)
    count = len(node_leaves(differentiated))
    of = [i for i, a in enumerate(atoms[:count]) if isinstance(a, Lit) or avals.is_inexact(a.aval)]
    derived = forward(
        made.function,
        wrt,
        made.registry,
        made.lowered.facts,
        made.lowered.homes,
        of,
        made.np_floats,
        apart=t.kind == "linearize",
    ).function
    checked(derived, "forward")
    dots = dict(zip(variables, derived.params[len(made.function.params) :], strict=True))
    made.function = derived

    def dot_node(n: Node) -> Node:
        if n.kind == "leaf":
            return Node("leaf", dots[n.value]) if n.value in dots else NONE
        if n.kind == "static":
            return NONE
        return n.over(map(dot_node, n.children))

    for name, node in chosen:
        _add_seed(made, f"{identifier(name)}_dot", dot_node(node))
    values = derived.body.results[: len(atoms)]
    tangents = dict(zip(of, derived.body.results[len(atoms) :], strict=True))
    stmts = list(derived.body.stmts)
    kinds: list[Any] = []
    for i, a in enumerate(values[:count]):
        dot = tangents.get(i)
        if dot is None:
            kinds.append(None)
        elif isinstance(a, Var):
            kinds.append(as_kind(made.registry, dot, a, stmts, certain=True))
        else:
            kinds.append(dot)
    made.function = replace(derived, body=replace(derived.body, stmts=tuple(stmts)))
    tangent = with_leaves(differentiated, kinds)
    tangent = _without_none(tangent)
    value = with_leaves(made.result, values)
    made.result = tangent if t.kind == "pushforward" else tuple_node(value, tangent)
    made.set_results()


def _add_seed(made: Structured, name: str, node: Node) -> None:
    """A tangent or adjoint as one more parameter, under a name that none has yet."""
    taken = {*map(identifier, made.arguments), *(text for text, _ in made.extra)}
    text, number = name, 2
    while text in taken:
        text, number = f"{name}_{number}", number + 1
    made.extra.append((text, node))


def _without_none(node: Node) -> Node:
    if node.kind == "leaf":
        return NONE if node.value is None else node
    if node.kind == "static":
        return NONE
    return node.over(map(_without_none, node.children))
