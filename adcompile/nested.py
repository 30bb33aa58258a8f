"""Derivatives taken inside a differentiated function: higher order from inside.

A call of `grad(f)` in a function is lowered like any other: `f` is lowered for the operands at
hand, transformed, and its program is inlined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adcompile.dispatch import Target, unwrap
from adcompile.frontend import calls, runs
from adcompile.frontend.context import Context
from adcompile.frontend.lower import HOOKS, lower_inner
from adcompile.frontend.objects import all_attributes
from adcompile.frontend.values import (
    ContainerRef,
    ObjectRef,
    PyVal,
    TupleVal,
)
from adcompile.ir.nodes import Atom, Lit
from adcompile.ir.primitives import Primitive
from adcompile.ir.trees import Node, node_leaves
from adcompile.ir.walk import refresh, substitute
from adcompile.pipeline import Call, Compilation, Transform, selected_names
from adcompile.rules.dsl import REGISTRY


def transform_call(
    cx: Context, fn: Any, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
) -> PyVal:
    """A call of a compiled derivative from inside a function."""
    return inline_transforms(cx, fn.state.target, args, kwargs, ())


def inline_transforms(
    cx: Context,
    target: Target,
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    extra: Sequence[PyVal],
) -> PyVal:
    """Lower a function on these operands, transform, inline. `extra`: operands after the
    primals."""
    fn, transforms = target.fn, target.transforms
    args = (*(calls.constant(cx, v) for v in target.bound), *args)
    kwargs = {**{k: calls.constant(cx, v) for k, v in target.keywords}, **kwargs}
    names = list(fn.__code__.co_varnames[: fn.__code__.co_argcount])[: len(args)]
    call = Call(tuple(args), dict(kwargs), names, len(target.bound), target.receiver)
    chosen = {n for t in transforms for n in selected_names(t, call)}
    inner, nodes, outer_atoms = lower_inner(cx, fn, names, args, dict(kwargs), chosen)
    made = Compilation(inner, nodes, call, cx.registry, True)
    for t in transforms:
        made.apply(t)
    made._normalize_results()
    values: list[Atom] = list(outer_atoms)
    seeds = [v for _, n in made.extra for v in node_leaves(n)]
    given = [a for (_, n), e in zip(made.extra, extra, strict=True) for a in _atoms(cx, n, e)]
    function = made.function
    bindings: dict[Atom, Atom] = dict(zip(function.params[: len(values)], values, strict=True))
    bindings.update(zip(seeds, given, strict=True))
    fresh = refresh(function)
    body = substitute(
        fresh.body,
        {new: bindings[old] for new, old in zip(fresh.params, function.params, strict=True)},
    )
    cx.stmts.extend(body.stmts)
    results = list(body.results)
    return _value(cx, made.result, results)


def _atoms(cx: Context, node: Node, value: PyVal) -> list[Atom]:
    """The numbers of a tangent, where its primal carries one."""
    if node.kind == "leaf":
        return [cx.atom(value)]
    if node.kind == "static":
        return []
    run = runs.run_of(cx, value)
    if run is not None and node.kind == "run":
        return [cx.atom(runs.rows(cx, run, c)) for c in runs.known(cx, run)]
    items: Any = cx.items(value)
    if isinstance(value, (ContainerRef, ObjectRef)):
        held = (
            all_attributes(cx, value) if isinstance(value, ObjectRef) else cx.state.store[value.obj]
        )
        items = [held[k] for k in node.value] if isinstance(held, dict) else held
    if items is None or len(items) != len(node.children):
        raise cx.refuse("a tangent must have the structure of its primal")
    return [a for n, v in zip(node.children, items, strict=True) for a in _atoms(cx, n, v)]


def _value(cx: Context, node: Node, results: list[Atom]) -> PyVal:
    """A result tree as an abstract Python value."""
    if node.kind == "leaf":
        return cx.wrap(results.pop(0))
    if node.kind == "static":
        return Lit(node.value)
    items = [_value(cx, c, results) for c in node.children]
    if node.kind == "run":
        return runs.of_columns(cx, node.value, items)
    if node.kind == "tuple":
        return TupleVal(tuple(items), node.type or tuple)
    if node.kind == "list":
        return cx.new_list(items)
    if node.kind == "object":
        return cx.new_object(node.type, dict(zip(node.value, items, strict=True)))
    return cx.new_dict(dict(zip(node.value, items, strict=True)))


def _static_function(cx: Context, value: PyVal) -> Any:
    if isinstance(value, Lit) and callable(value.value):
        return value.value
    raise cx.refuse(
        "a derivative inside a function can only be taken of a function defined outside of it",
        "Define the inner function at module level.",
    )


def _maker(make: Any) -> Any:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
        options = {k: cx.static(v, k) for k, v in kwargs.items()}
        rest = [cx.static(a, "argnums") for a in args[1:]]
        return Lit(make(_static_function(cx, args[0]), *rest, **options))

    return lower


def _jvp(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    target = unwrap(_static_function(cx, args[0]))
    primals, tangents = (cx.items(a) for a in args[1:3])
    if primals is None or tangents is None:
        raise cx.refuse("jvp needs its primals and tangents as tuples")
    on = tuple(not (isinstance(t, Lit) and t.value is None) for t in tangents)
    extra = [t for t, o in zip(tangents, on, strict=True) if o]
    transform = Transform("jvp", None, perturbed=on)
    target = replace(target, transforms=(*target.transforms, transform))
    return inline_transforms(cx, target, primals, {}, extra)


def _vjp(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    raise cx.refuse(
        "vjp inside a differentiated function is not supported yet",
        "Use grad or value_and_grad of a scalar, or jvp.",
    )


def register(api: Any) -> None:
    """Make the derivative functions known to the lowering."""
    calls.SPECIAL[api.grad] = _maker(api.grad)
    calls.SPECIAL[api.value_and_grad] = _maker(api.value_and_grad)
    calls.SPECIAL[api.jvp] = _jvp
    calls.SPECIAL[api.vjp] = _vjp
    for fn in (api.vjp, api.jvp):
        name = f"{fn.__name__}_call"
        REGISTRY.add(Primitive(name, fn, (), f"={fn.__name__}", "opaque", cost=9, variadic=True))


HOOKS["transform_call"] = transform_call
