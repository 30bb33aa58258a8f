"""Derivatives taken inside a differentiated function: higher order from inside.

A call of `grad(f)` in a function is lowered like any other: `f` is lowered for the operands at
hand, transformed, and its program is inlined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adcompile.compiling.request import Call, Transform, moved, selected_names
from adcompile.dispatch.products import adjoints
from adcompile.dispatch.targets import Target, unwrap
from adcompile.frontend import contents, emit, runs, static
from adcompile.frontend.calls import inlining
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.lower import HOOKS, lower_inner, positional_names
from adcompile.frontend.objects.members import all_attributes
from adcompile.frontend.values import (
    ContainerRef,
    DerivativeVal,
    FuncVal,
    ObjectRef,
    PartialVal,
    PyVal,
    TupleVal,
)
from adcompile.ir.copying import refresh
from adcompile.ir.nodes import Atom, Lit
from adcompile.ir.primitives import Primitive
from adcompile.ir.trees import Node, node_leaves
from adcompile.ir.walk import substitute
from adcompile.pipeline import Compilation
from adcompile.rules.dsl import REGISTRY


def transform_call(
    cx: Context, fn: Any, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
) -> PyVal:
    """A call of a compiled derivative from inside a function."""
    target = fn.state.target
    last = target.transforms[-1]
    if last.kind not in ("pushforward", "pullback"):
        return _inline_target(cx, target, args, kwargs, ())
    if not args:
        raise cx.refuse("the vector comes after the arguments of the function")
    *args, vector = args
    several = None if last.single or last.kind == "pullback" else static.items(cx, vector)
    return _inline_target(cx, target, args, kwargs, [vector] if several is None else several)


def derivative_call(
    cx: Context, fn: DerivativeVal, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
) -> PyVal:
    """A call of a derivative of a function that was made inside."""
    callee, transforms, bound, named = _taken_apart(cx, fn)
    return inline_transforms(
        cx, callee, transforms, [*bound, *args], {**named, **kwargs}, (), len(bound)
    )


def _taken_apart(
    cx: Context, value: PyVal
) -> tuple[inlining.Callee, tuple[Transform, ...], list[PyVal], dict[str, PyVal]]:
    """A function made inside: what to lower, the derivatives taken of it, bound arguments."""
    if isinstance(value, DerivativeVal):
        callee, transforms, bound, named = _taken_apart(cx, value.fn)
        return callee, (*transforms, moved(value.transform, len(bound))), bound, named
    if isinstance(value, PartialVal):
        callee, transforms, bound, named = _taken_apart(cx, value.fn)
        return callee, transforms, [*bound, *value.args], {**named, **dict(value.kwargs)}
    if isinstance(value, FuncVal):
        return inlining.nested_callee(value), (), [], {}
    if isinstance(value, ObjectRef):
        return _taken_apart(cx, cx.hooks["attribute"](cx, value, "__call__"))
    target = unwrap(_static_function(cx, value))
    bound = [inlining.constant(cx, v) for v in target.bound]
    named = {k: inlining.constant(cx, v) for k, v in target.keywords}
    return inlining.plain_callee(cx, target.fn), target.transforms, bound, named


def _inline_target(
    cx: Context,
    target: Target,
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    extra: Sequence[PyVal],
) -> PyVal:
    args = [*(inlining.constant(cx, v) for v in target.bound), *args]
    kwargs = {**{k: inlining.constant(cx, v) for k, v in target.keywords}, **kwargs}
    callee = inlining.plain_callee(cx, target.fn)
    return inline_transforms(cx, callee, target.transforms, args, kwargs, extra, len(target.bound))


def inline_transforms(
    cx: Context,
    callee: inlining.Callee,
    transforms: Sequence[Transform],
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    extra: Sequence[PyVal],
    bound: int,
) -> PyVal:
    """Lower a function on these operands, transform, inline. `extra`: operands after the
    primals; `bound`: how many of the operands come with the function."""
    names = positional_names(callee.source, len(args))
    call = Call(tuple(args), dict(kwargs), names, bound)
    chosen = {n for t in transforms for n in selected_names(t, call)}
    inner, nodes, outer_atoms = lower_inner(cx, callee, names, args, dict(kwargs), chosen)
    # Where exceptions are caught, a derivative must not raise what NumPy's numbers do not.
    made = Compilation(inner, nodes, call, cx.registry, True, np_floats=bool(cx.attempts))
    for t in transforms:
        made.apply(t)
    made.normalize_results()
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
        return [emit.atom(cx, value)]
    if node.kind == "static":
        return []
    run = runs.run_of(cx, value)
    if run is not None and node.kind == "run":
        return [emit.atom(cx, runs.rows(cx, run, c)) for c in runs.known(cx, run)]
    items: Any = static.items(cx, value)
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
        return contents.new_list(cx, items)
    if node.kind == "object":
        return contents.new_object(cx, node.type, dict(zip(node.value, items, strict=True)))
    return contents.new_dict(cx, dict(zip(node.value, items, strict=True)))


def _static_function(cx: Context, value: PyVal) -> Any:
    if isinstance(value, Lit) and callable(value.value):
        return value.value
    raise cx.refuse(
        "a derivative inside a function can only be taken of a function defined outside of it",
        "Define the inner function at module level.",
    )


def _maker(make: Any) -> Any:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
        options = {k: static.value(cx, v, k) for k, v in kwargs.items()}
        rest = [static.value(cx, a, "argnums") for a in args[1:]]
        if isinstance(args[0], Lit):
            return Lit(make(_static_function(cx, args[0]), *rest, **options))
        value: PyVal = args[0]
        for transform in make(_placeholder, *rest, **options).transforms:
            value = DerivativeVal(transform, value)
        return value

    return lower


def _product_maker(make: Any) -> Any:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
        options = {k: static.value(cx, v, k) for k, v in kwargs.items()}
        rest = [static.value(cx, a, "argnums") for a in args[1:]]
        return Lit(make(_static_function(cx, args[0]), *rest, **options))

    return lower


def _jvp(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    callee, chain, bound, named = _taken_apart(cx, args[0])
    primals, tangents = (static.items(cx, a) for a in args[1:3])
    if primals is None or tangents is None:
        raise cx.refuse("jvp needs its primals and tangents as tuples")
    on = tuple(not (isinstance(t, Lit) and t.value is None) for t in tangents)
    extra = [t for t, o in zip(tangents, on, strict=True) if o]
    transform = Transform("jvp", None, perturbed=on)
    every = [*bound, *primals]
    return inline_transforms(cx, callee, (*chain, transform), every, named, extra, len(bound))


def _adjoints(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    callee, chain, bound, named = _taken_apart(cx, args[0])
    primals = static.items(cx, args[1])
    assert primals is not None and not kwargs
    every = [*bound, *primals]
    transforms = (*chain, Transform("vjp", None))
    made = inline_transforms(cx, callee, transforms, every, named, [args[2]], len(bound))
    assert isinstance(made, TupleVal)
    return made.items[1]


def _vjp(cx: Context, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> PyVal:
    raise cx.refuse(
        "vjp inside a differentiated function is not supported yet",
        "Use grad, value_and_grad or jacrev, or jvp.",
    )


MAKERS = (
    """grad value_and_grad elementwise_grad derivative jacfwd jacrev jacobian hessian""".split()
)


def register(api: Any) -> None:
    """Make the derivative functions known to the lowering."""
    for name in MAKERS:
        make = getattr(api, name)
        SPECIAL[make] = _maker(make)
    for make in (api.hvp, api.vhp):
        SPECIAL[make] = _product_maker(make)
    SPECIAL[api.jvp] = _jvp
    SPECIAL[api.vjp] = _vjp
    SPECIAL[adjoints] = _adjoints
    for fn in (api.vjp, api.jvp, api.linearize, adjoints):
        name = f"{fn.__name__}_call"
        REGISTRY.add(Primitive(name, fn, (), f"={fn.__name__}", "opaque", cost=9, variadic=True))


def _placeholder(*args: Any, **kwargs: Any) -> None:
    """Stands for a function made inside, whose arguments are checked when it is called."""


HOOKS["transform_call"] = transform_call
HOOKS["derivative_call"] = derivative_call
