"""The table of contents: from a function and a call to a compiled program, stage by stage.

lower        Python -> IR, by abstract interpretation on the call's arguments
transform    linearise, then interleave (forward) or transpose (reverse); they compose
simplify     folding, common subexpressions, dead code
plan         residuals stored or recomputed; copies where a write needs one
write        IR -> Python AST -> text
load         text registered with linecache, compiled
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adcompile.codegen.load import load_all, load_text
from adcompile.codegen.module import module_text, with_programs
from adcompile.codegen.writer import write_function
from adcompile.compiling.gradients import take_gradient
from adcompile.compiling.jacobians import take_jacobian
from adcompile.compiling.memory import MemoryPlan, memory_plan
from adcompile.compiling.products import take_adjoints, take_tangents
from adcompile.compiling.program import Program, packed
from adcompile.compiling.request import (
    ADJOINTS,
    GRADIENTS,
    JACOBIANS,
    Call,
    Transform,
    check_passed,
    opened_names,
    selected_names,
)
from adcompile.compiling.signature import (
    linear_signature,
    returning,
    returning_residuals,
    signature,
)
from adcompile.compiling.structured import Structured, argument_tree, capture_tree
from adcompile.frontend.lower import Lowered, lower
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Function, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.trees import Node, node_leaves, with_leaves
from adcompile.ir.verify import checked
from adcompile.ir.walk import all_stmts, inner_vars, outs
from adcompile.passes.checkpoints import Note, place_checkpoints
from adcompile.passes.cse import eliminate_common_subexpressions
from adcompile.passes.dce import eliminate_dead_code
from adcompile.passes.fold import fold
from adcompile.passes.halves import split_at
from adcompile.passes.memory import Lengths, kept_values
from adcompile.passes.ownership import make_writes_safe
from adcompile.passes.residuals import plan_residuals
from adcompile.passes.tapes import group_tapes
from adcompile.rules.load import registry as loaded_registry


def simplify(fn: Function, registry: Registry, lowered: Lowered, optimize: bool) -> Function:
    """The passes between transforms and code."""
    fn = eliminate_dead_code(fn, keep_primal=not optimize)
    checked(fn, "dead code")
    if not optimize:
        return fn
    fn = fold(fn, registry, lowered.facts)
    checked(fn, "folding")
    fn = eliminate_common_subexpressions(fn)
    checked(fn, "common subexpressions")
    fn = fold(fn, registry, lowered.facts)
    fn = eliminate_dead_code(fn)
    checked(fn, "simplification")
    return fn


def finish(fn: Function, registry: Registry, optimize: bool) -> tuple[Function, Any]:
    """Residuals planned, copies placed: ready to be written."""
    fn = place_checkpoints(fn, registry, keep_primal=not optimize)
    checked(fn, "checkpoints")
    fn = eliminate_dead_code(plan_residuals(fn), keep_primal=not optimize)
    if optimize:
        fn = group_tapes(fn)
    checked(fn, "residuals")
    fn, buffers = make_writes_safe(fn, registry)
    fn = eliminate_dead_code(fn, keep_primal=not optimize)
    checked(fn, "ownership", buffers)
    return fn, buffers


def number_values(fn: Function) -> None:
    """Name every value v0, v1, ...: one primitive a line, as in a trace."""
    count = len(fn.params)
    for stmt in all_stmts(fn.body):
        for v in (*inner_vars(stmt), *outs(stmt)):
            if isinstance(v.aval, (Scalar, Array)):
                v.hint = f"v{count}"
                count += 1


class Compilation(Structured):
    """A program in IR with the structure of its arguments and results, under transforms."""

    def __init__(
        self,
        lowered: Lowered,
        arguments: dict[str, Node],
        call: Call,
        registry: Registry,
        optimize: bool,
        np_floats: bool = False,
    ) -> None:
        super().__init__(lowered, arguments, call, registry, optimize, np_floats)
        self.simple: Function | None = None  # the function as it was last simplified
        if not optimize:
            number_values(self.function)
        checked(self.function, "lowering")

    @staticmethod
    def of_call(
        fn: types.FunctionType,
        transforms: Sequence[Transform],
        call: Call,
        optimize: bool,
        same: Mapping[int, int],
        np_floats: bool = False,
    ) -> Compilation:
        """Lower `fn` for a call and apply the transforms.

        np_floats: derivative expressions of Python floats are evaluated with NumPy, which
        gives inf and nan where Python raises.
        """
        registry = loaded_registry()
        values = dict(call.items())
        selected = {name for t in transforms for name in selected_names(t, call)}
        as_float = {name for name in selected if isinstance(values.get(name), int)}
        check_passed(fn.__name__, transforms, call)
        opened = opened_names(transforms, call)
        receiver = call.names[0] if call.receiver else None
        lowered = lower(
            registry,
            fn,
            call.args,
            call.kwargs,
            as_float,
            same,
            opened=opened,
            receiver=receiver,
        )
        leaves = list(lowered.function.params)
        seen: set[int] = set()
        arguments = {
            name: argument_tree(value, leaves, name in opened, seen) for name, value in call.items()
        }
        made = Compilation(lowered, arguments, call, registry, optimize, np_floats)
        made.captures = [(c, capture_tree(c)) for c in lowered.captures]
        for t in transforms:
            made.apply(t)
        return made

    def apply(self, t: Transform) -> None:
        """The function becomes its derivative, simplified."""
        if t.kind == "primal":
            return
        self.normalize_results()
        if t.kind in GRADIENTS:
            take_gradient(self, t)
        elif t.kind in JACOBIANS:
            take_jacobian(self, t)
        elif t.kind in ADJOINTS:
            take_adjoints(self, t)
        else:
            take_tangents(self, t)
        self._simplify()

    def normalize_results(self) -> None:
        """The function's results are the leaves of the result tree, in order."""
        atoms = tuple(node_leaves(self.result))
        if self.function is self.simple and atoms == self.function.body.results:
            return
        self.set_results()
        self._simplify()

    def _simplify(self) -> None:
        simple = simplify(self.function, self.registry, self.lowered, self.optimize)
        self.function = self.simple = simple
        self.result = with_leaves(self.result, simple.body.results)

    def program(self, name: str, doc: str) -> Program:
        """The text, compiled."""
        self.normalize_results()
        function, buffers = finish(self.function, self.registry, self.optimize)
        result = with_leaves(self.result, function.body.results)
        sig = replace(signature(self, name, doc), result=returning(result))
        written = write_function(function, sig, buffers, self.optimize)
        text = module_text(with_programs([written.tree], written.constants))
        run = load_text(text, name, written.constants)
        return packed(self, run, text, function, (name,), written.constants)

    def memory_plan(self) -> MemoryPlan:
        """What the program keeps and what it computes again, for the call it is compiled for."""
        self.normalize_results()
        notes: list[Note] = []
        keep = not self.optimize
        function = place_checkpoints(self.function, self.registry, keep, notes)
        values = self.lowered.facts.values
        return memory_plan(kept_values(function, values), notes, Lengths(values))

    def pair(
        self, first_name: str, second_name: str, doc: str
    ) -> tuple[Program, Callable[..., Any]]:
        """The two halves of a vjp or a linearisation: the value with residuals, and the linear
        function of the seeds on these."""
        self.normalize_results()
        whole = place_checkpoints(self.function, self.registry)
        checked(whole, "checkpoints")
        whole = eliminate_dead_code(plan_residuals(whole))
        if self.optimize:
            whole = group_tapes(whole)
        value, linear = self.result.children
        values = whole.body.results[: len(node_leaves(value))]
        rest = whole.body.results[len(values) :]
        seeds = {v for _, n in self.extra for v in node_leaves(n) if isinstance(v, Var)}
        first, second, residuals = split_at(whole, seeds, values, rest, self.registry)
        first, buffers = make_writes_safe(first, self.registry, tapes_escape=True)
        first = eliminate_dead_code(first)
        sig = signature(self, first_name, doc, extra=False)
        sig = replace(sig, result=returning_residuals(value))
        wrote = write_function(first, sig, buffers, self.optimize)
        second, buffers = make_writes_safe(second, self.registry)
        second = eliminate_dead_code(second)
        kept = second.params[: len(residuals)]
        sig = linear_signature(self, second_name, doc, kept, linear)
        wrote_back = write_function(second, sig, buffers, self.optimize)
        constants = {**wrote.constants, **wrote_back.constants}
        text = module_text(with_programs([wrote.tree, wrote_back.tree], constants))
        names = (first_name, second_name)
        run, back = load_all(text, names, constants)
        return packed(self, run, text, first, names, constants), back
