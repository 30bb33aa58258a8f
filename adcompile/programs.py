"""What solvers call: functions lowered apart, their derivatives, and their text.

A call such as `scipy.optimize.brentq(f, a, b)` lowers `f` to a program of its own whose
parameters are the unknown and then everything that `f` closes over. Generated code defines it as
a function and hands it to SciPy. The rule of the call works with the program: its tangent and
its Jacobian are inlined where they are needed, so derivatives of any order follow.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from adcompile.analysis.programs import Program
from adcompile.codegen.writer import Signature, write_function
from adcompile.frontend import emit
from adcompile.frontend.calls import inlining
from adcompile.frontend.context import Context
from adcompile.frontend.lower import HOOKS, lower_inner, positional_names
from adcompile.frontend.source import function_source
from adcompile.frontend.values import ZERO, PyVal, TupleVal, Zero
from adcompile.ir import avals
from adcompile.ir.avals import Aval
from adcompile.ir.copying import refresh
from adcompile.ir.nodes import Atom, Block, Function, Let, Lit, Stmt, Var
from adcompile.ir.trees import node_leaves
from adcompile.ir.walk import all_stmts, defined, map_blocks, outs, substitute, use_counts
from adcompile.passes.dce import eliminate_dead_code
from adcompile.pipeline import finish
from adcompile.rules.load import registry as loaded_registry
from adcompile.transforms.jacobian import Tools, jacobian_forward
from adcompile.transforms.linearize import linearize
from adcompile.transforms.reverse import reverse


def lowered(
    cx: Context,
    wrapper: Callable[..., Any],
    own: Sequence[Aval],
    fixed: Sequence[PyVal],
    label: str,
    prune: bool = True,
) -> tuple[Program, list[Atom]]:
    """The program of `wrapper(*own, *fixed)`, a function of the rules that calls the user's.

    own: the kinds of its own arguments. fixed: what else it is called with: functions, numbers.
    Returns it, and the operands for what it closes over; of what it does not read, only without
    `prune`.
    """
    source = function_source(wrapper)
    unknowns = [Var(a) for a in own]
    operands: list[PyVal] = [cx.wrap(v) for v in unknowns]
    args = [*operands, *fixed]
    names = positional_names(source, len(args))
    callee = inlining.Callee(source, inlining.defaults_of(cx, wrapper))  # type: ignore[arg-type]
    inner, nodes, outer = lower_inner(cx, callee, names, args, {}, set())
    first = [v for n in names[: len(own)] for v in node_leaves(nodes[n])]
    pairs = zip(inner.function.params, outer, strict=True)
    rest = [(p, a) for p, a in pairs if p not in first]
    for p, a in rest:
        if not p.hint.isidentifier() and isinstance(a, Var):
            p.hint = a.hint
    _check_pure(cx, inner.function.body, label)
    used = use_counts(inner.function.body)
    rest = [(p, a) for p, a in rest if p in used or not prune]
    params = (*(v for v in first if isinstance(v, Var)), *(p for p, _ in rest))
    body = replace(inner.function.body, results=tuple(node_leaves(inner.result)))
    function = Function(label, params, body)
    return _program(function, len(own), inner.homes, inner.facts), [a for _, a in rest]


def _check_pure(cx: Context, body: Block, label: str) -> None:
    """A solver calls its function as often as it likes, and so do derivatives."""
    for stmt in all_stmts(body):
        once = isinstance(stmt, Let) and stmt.op.effect in ("effect", "draw")
        if once and stmt.op.name not in ("assert", "raise", "raise_from"):  # type: ignore[union-attr]
            raise cx.refuse(
                f"{label} prints, draws or writes what is outside of it, and is called by a solver",
                "Let the function that a solver calls only compute a value.",
            )


def _program(function: Function, own: int, homes: Any, facts: Any) -> Program:
    function = eliminate_dead_code(replace(function, body=_untagged(function.body)))
    return Program(function, own, homes, facts, _definition)


def _untagged(block: Block) -> Block:
    """An earlier transform's tags are over: its tangents are values like any other."""
    stmts = (
        replace(s, linear=False) if isinstance(s, Let) else map_blocks(_untagged, s)
        for s in block.stmts
    )
    return Block(tuple(stmts), block.results)


def _definition(program: Program, name: str) -> tuple[ast.FunctionDef, dict[str, Any]]:
    """The program as a function definition, and the constants that its text names."""
    function, buffers = finish(program.function, loaded_registry(), optimize=True)
    names: list[str] = []
    for k, p in enumerate(function.params):
        wish = p.hint if p.hint.isidentifier() else f"x{k}"
        while wish in names:
            wish += "_"
        names.append(wish)
    leaves = tuple(zip(function.params, names, strict=True))

    def result(values: Sequence[ast.expr], spell: Any) -> ast.expr:
        return values[0] if len(values) == 1 else ast.Tuple(list(values), ast.Load())

    sig = Signature(name, "What a solver calls.", tuple(names), leaves, (), result)
    written = write_function(function, sig, buffers, True)
    return written.tree, written.constants


# -- transforms of programs --------------------------------------------------------------------


def gradient_of(program: Program) -> Program:
    """The gradient of a program with one number as its result, in its first parameter."""

    def make() -> Program:
        fn = program.function
        made = reverse(fn, [0], loaded_registry(), program.facts, program.homes).function
        body = replace(made.body, results=made.body.results[1:])
        name = f"{fn.name}_grad"
        return _program(replace(made, name=name, body=body), program.own, *_known(program))

    return program.made("gradient", make)


def jacobian_of(program: Program) -> Program:
    """The Jacobian of the first result in the first parameter: a matrix, or a number."""

    def make() -> Program:
        fn = program.function
        tools = Tools(loaded_registry(), program.facts, program.homes)
        made = jacobian_forward(fn, [0], [0], tools)
        result = made.blocks.get((0, 0), Lit(0.0))
        body = replace(made.function.body, results=(result,))
        name = f"{fn.name}_jac"
        return _program(replace(made.function, name=name, body=body), program.own, *_known(program))

    return program.made("jacobian", make)


def pullback_of(program: Program, wrt: tuple[int, ...]) -> Program:
    """Adjoints of the parameters numbered `wrt`, given the first result's as the last one."""

    def make() -> Program:
        fn = program.function
        made = reverse(fn, wrt, loaded_registry(), program.facts, program.homes, [0]).function
        body = replace(made.body, results=made.body.results[len(fn.body.results) :])
        name = f"{fn.name}_vjp"
        return _program(replace(made, name=name, body=body), program.own, *_known(program))

    return program.made(("pullback", wrt), make)


def tangent_program(program: Program, wrt: tuple[int, ...]) -> Program:
    """The tangent of the first result; the tangents of the parameters `wrt` follow the others."""

    def make() -> Program:
        fn = program.function
        lin = linearize(fn, wrt, loaded_registry(), program.facts, program.homes)
        results = lin.function.body.results[len(fn.body.results) :]
        results = results[: 1 if 0 in lin.active_results else 0]
        body = replace(lin.function.body, results=results)
        made = replace(lin.function, name=f"{fn.name}_dot", body=body)
        found = _program(made, program.own, *_known(program))
        found.dots = tuple(range(len(fn.params), len(made.params)))
        return found

    return program.made(("tangent", wrt), make)


def _known(program: Program) -> tuple[Any, Any]:
    return program.homes, program.facts


# -- inlining ----------------------------------------------------------------------------------


def inlined(cx: Context, program: Program, operands: Sequence[PyVal]) -> PyVal:
    """The results of a program on operands at hand."""
    fn = refresh(program.function)
    atoms = [emit.atom(cx, v) for v in operands]
    body = substitute(fn.body, dict(zip(fn.params, atoms, strict=True)))
    _take_over(cx, body.stmts)
    return _results(cx, body.results)


def tangent(
    cx: Context, program: Program, operands: Sequence[PyVal], dots: Sequence[PyVal]
) -> PyVal:
    """The tangents of a program's results for tangents of its parameters, some of them zero."""
    fn = program.function
    wrt = [
        k
        for k, (p, d) in enumerate(zip(fn.params, dots, strict=True))
        if not isinstance(d, Zero) and avals.is_inexact(p.aval)
    ]
    count = len(fn.body.results)
    if not wrt:
        return ZERO if count == 1 else TupleVal((ZERO,) * count)
    lin = linearize(fn, wrt, cx.registry, program.facts, program.homes)
    old = lin.function
    new = refresh(old)
    twins = dict(zip(old.params, new.params, strict=True))
    for a, b in zip(all_stmts(old.body), all_stmts(new.body), strict=True):
        twins.update(zip(defined(a), defined(b), strict=True))
    cx.linear.update(twins[v] for v in lin.linear if v in twins)
    given = [*(emit.atom(cx, v) for v in operands), *(emit.atom(cx, dots[k]) for k in wrt)]
    body = substitute(new.body, dict(zip(new.params, given, strict=True)))
    _take_over(cx, body.stmts)
    tangents = dict(zip(lin.active_results, body.results[count:], strict=True))
    found = [cx.wrap(tangents[k]) if k in tangents else ZERO for k in range(count)]
    return found[0] if count == 1 else TupleVal(tuple(found))


def _take_over(cx: Context, stmts: Sequence[Stmt]) -> None:
    """Emit statements as they are."""
    cx.stmts.extend(stmts)
    for stmt in stmts:
        for var in outs(stmt):
            cx.homes.learn(var, cx.path)


def _results(cx: Context, results: Sequence[Atom]) -> PyVal:
    values = tuple(cx.wrap(r) for r in results)
    return values[0] if len(values) == 1 else TupleVal(values)


HOOKS["program"] = lowered
HOOKS["program_inlined"] = inlined
HOOKS["program_tangent"] = tangent
HOOKS["program_gradient"] = gradient_of
HOOKS["program_jacobian"] = jacobian_of
HOOKS["program_pullback"] = pullback_of
HOOKS["program_tangent_of"] = tangent_program
