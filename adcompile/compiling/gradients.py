"""Adjoints of a result that is one number, in the structure of the arguments."""

from __future__ import annotations

from dataclasses import replace

from adcompile.compiling.kinds import kind_text, zeros
from adcompile.compiling.request import Transform
from adcompile.compiling.structured import Structured
from adcompile.errors import NonScalarOutput, NotDifferentiable
from adcompile.ir import avals
from adcompile.ir.avals import Array, Opaque, Scalar
from adcompile.ir.nodes import Atom, Block, Let, Lit, Var
from adcompile.ir.trees import Node, node_leaves, tuple_node, with_leaves
from adcompile.ir.verify import checked
from adcompile.transforms.reverse import reverse


def take_gradient(made: Structured, t: Transform) -> None:
    """The function becomes its gradient, or the pair of its value and that."""
    chosen = made.selection(t)
    if t.kind == "elementwise_grad":
        _sum_result(made)
    value, aux = made.value_and_aux(t)
    wrt, variables = made.positions([n for _, n in chosen])
    if t.holomorphic and not all(avals.is_complex(v.aval) for v in variables):
        raise NotDifferentiable(
            "with holomorphic=True every selected argument must be complex",
            made.def_span(),
            "Pass complex numbers, or differentiate the real and imaginary parts.",
        )
    seed_of = _scalar(made, value, t.holomorphic)
    atoms = node_leaves(made.result)
    position = (
        next(i for i, a in enumerate(atoms) if a is seed_of) if isinstance(seed_of, Var) else -1
    )
    if position < 0:
        bars: list[Atom] = [Lit(0.0)] * len(variables)
        body = made.function.body
        stmts = list(body.stmts)
        bars = [zeros(made.registry, v, stmts) for v in variables]
        made.function = replace(made.function, body=Block(tuple(stmts), body.results))
    else:
        results = made.function.body.results
        order = [position, *(i for i in range(len(results)) if i != position)]
        body = replace(made.function.body, results=tuple(results[i] for i in order))
        derived = reverse(
            replace(made.function, body=body),
            wrt,
            made.registry,
            made.lowered.facts,
            made.lowered.homes,
            np_floats=made.np_floats,
            literal_seed=made.optimize,
        ).function
        checked(derived, "reverse")
        count = len(results)
        bars = list(derived.body.results[count:])
        back = {i: derived.body.results[k] for k, i in enumerate(order)}
        made.result = with_leaves(made.result, [back[i] for i in range(count)])
        made.function = derived
        if t.has_aux:
            value, aux = made.result.children
        else:
            value = made.result
    grads = made.gradient_nodes(chosen, dict(zip(variables, bars, strict=True)))
    gradient = grads[0] if t.single else tuple_node(*grads)
    if t.kind == "value_and_grad":
        head = tuple_node(value, aux) if aux is not None else value
        made.result = tuple_node(head, gradient)
    else:
        made.result = tuple_node(gradient, aux) if aux is not None else gradient
    made.set_results()


def _sum_result(made: Structured) -> None:
    """The sum of an array result: its gradient is the derivative entry by entry."""
    if made.result.kind != "leaf" or not isinstance(made.result.value.aval, Array):
        return
    (atom,) = made.function.body.results
    total = Var(Scalar(made.result.value.aval.dtype, weak=False))
    stmts = (*made.function.body.stmts, Let(total, made.registry.by_name["sum"], (atom,)))
    made.function = replace(made.function, body=Block(stmts, (total,)))
    made.result = Node("leaf", total)


def _scalar(made: Structured, value: Node, holomorphic: bool = False) -> Atom:
    """The one number that grad differentiates. Raises NonScalarOutput otherwise."""
    span = made.return_span()
    if value.kind != "leaf":
        what = (
            "None (is a return missing?)"
            if value.kind == "static" and (value.value is None)
            else f"a {value.kind}"
            if value.kind != "static"
            else type(value.value).__name__
        )
        raise NonScalarOutput(
            f"grad needs a function that returns a number, but {made.name} returns {what}",
            span,
            "Return a scalar; for several results use jacobian, or has_aux=True for extras.",
        )
    atom = value.value
    if isinstance(atom, Lit):
        return atom
    aval = atom.aval
    if isinstance(aval, Opaque):
        raise NonScalarOutput(
            f"grad needs a function that returns a number, but {made.name} returns {aval}",
            span,
            "Return a scalar, or has_aux=True for extras.",
        )
    if isinstance(aval, Array) and not all(made.lowered.facts.equals(d, 1) for d in aval.shape):
        raise NonScalarOutput(
            f"grad needs a function that returns a number, but {made.name} returns an "
            f"array of rank {aval.ndim}",
            span,
            "Sum it, or use jacobian (or elementwise_grad) for the derivative of each entry.",
        )
    if holomorphic and aval.dtype.kind != "c":
        raise NonScalarOutput(
            f"grad with holomorphic=True needs a complex result, but {made.name} returns "
            f"{kind_text(aval)}",
            span,
            "Leave holomorphic out.",
        )
    if aval.dtype.kind == "c" and not holomorphic:
        raise NonScalarOutput(
            f"grad needs a real result, but {made.name} returns a complex number",
            span,
            "Take the real part or the absolute value, or pass holomorphic=True.",
        )
    if aval.dtype.kind not in "fc":
        raise NonScalarOutput(
            f"grad needs a real result, but {made.name} returns {kind_text(aval)}",
            span,
            "Return a float.",
        )
    return atom
