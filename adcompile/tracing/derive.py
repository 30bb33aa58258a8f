"""Tangents and adjoints of recorded steps.

Each step is linearised by itself with the rule that compiled code uses, and that linear piece
is transposed. What a rule does is executed and recorded as well, so its branches are decided
and its formula can be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.frontend.values import Zero
from adcompile.ir import avals
from adcompile.ir.avals import Parts
from adcompile.ir.nodes import Atom, Block, Function, Let, Lit, Stmt, Var
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import Path
from adcompile.tracing.record import Recorder, Step
from adcompile.transforms.inline import Builder
from adcompile.transforms.linearize import Linearized, linearize
from adcompile.transforms.transpose import Transposer


@dataclass
class Derivatives:
    """The tangents or adjoints of a record.

    of: the variable that stands for a value's tangent or adjoint. parts: what it is the sum of.
    made: the operations that rules executed.
    """

    of: dict[Var, Var] = field(default_factory=dict)
    parts: dict[Var, list[Atom]] = field(default_factory=dict)
    made: dict[Var, Let] = field(default_factory=dict)

    def add(self, of: Var, values: dict[Var, Any], part: Atom, value: Any) -> None:
        """Add a part to the derivative of a value: parts of adjoints come last to first."""
        if of not in self.of:
            made = Var(of.aval)
            self.of[of] = made
            self.parts[made] = [part]
            values[made] = value
            return
        made = self.of[of]
        self.parts[made].insert(0, part)
        with np.errstate(all="ignore"):
            values[made] = values[made] + value


def active_steps(steps: Sequence[Step], inputs: Iterable[Var]) -> set[Var]:
    """The values that depend on `inputs` through differentiable operations."""
    active = set(inputs)
    for step in steps:
        carries = step.let.op.differentiable and avals.is_inexact(step.out.aval)
        if carries and any(v in active for v in step.operands()):
            active.add(step.out)
    return active


def joined(steps: Sequence[Step]) -> list[Step]:
    """The steps, each item of a tuple together with the call that returned the tuple."""
    calls = {s.out: s.let for s in steps if isinstance(s.out.aval, Parts)}
    return [
        replace(s, call_of=calls[s.let.args[0]]) if s.let.op.shape == "part" else s  # type: ignore[index]
        for s in steps
        if s.out not in calls
    ]


def forward_sweep(
    steps: Sequence[Step],
    seeds: Mapping[Var, Any],
    values: dict[Var, Any],
    registry: Registry,
) -> Derivatives:
    """Tangents of every step, first to last. seeds: the tangents of the selected inputs."""
    result = Derivatives()
    for var, seed in seeds.items():
        result.add(var, values, Lit(_plain(seed)), seed)
    steps = joined(steps)
    active = active_steps(steps, seeds)
    for step in steps:
        if step.out not in active:
            continue
        lin, operands = _linearized(step, active, registry)
        if not lin.active_results:
            continue
        known = {dot: result.of.get(v) for v, dot in zip(operands, lin.inputs, strict=True)}
        recorder = _recorder(step, values)
        for var, (dot, held) in zip(operands, known.items(), strict=True):
            recorder.bind(dot, held or _zero(var, values))
        end = recorder.block(lin.function.body)[1]
        result.made.update((s.out, s.let) for s in recorder.steps)
        result.add(step.out, values, end, recorder.read(end))
    return result


def reverse_sweep(
    steps: Sequence[Step],
    inputs: Iterable[Var],
    seeds: Sequence[tuple[Var, Any]],
    values: dict[Var, Any],
    registry: Registry,
) -> tuple[Derivatives, set[Var]]:
    """Adjoints of every step between the selected inputs and the results, last to first.

    Also gives the values that depend on the inputs: those without adjoint have adjoint zero.
    """
    result = Derivatives()
    steps = joined(steps)
    active = active_steps(steps, inputs)
    for var, seed in seeds:
        if var in active:
            result.add(var, values, Lit(_plain(seed)), seed)
    for step in reversed(steps):
        bar = result.of.get(step.out)
        if step.out in active and bar is not None:
            for var, part, value in _pull_back(step, bar, active, values, registry, result):
                result.add(var, values, part, value)
    return result, active


def _linearized(step: Step, active: set[Var], registry: Registry) -> tuple[Linearized, list[Var]]:
    """The linearisation of one step, and its active operands."""
    operands = step.operands()
    chosen = [i for i, v in enumerate(operands) if v in active]
    body = Block((step.let,) if step.call_of is None else (step.call_of, step.let), (step.out,))
    fn = Function((step.call_of or step.let).op.name, tuple(operands), body)
    return linearize(fn, chosen, registry, Facts(), Homes()), [operands[i] for i in chosen]


def _recorder(step: Step, values: dict[Var, Any]) -> Recorder:
    return Recorder(values, lenient=True, known={step.out})


def _zero(var: Var, values: dict[Var, Any]) -> Var:
    """A tangent of zeros for `var`."""
    dot = Var(var.aval)
    values[dot] = np.zeros_like(values[var]) if isinstance(values[var], np.ndarray) else 0.0
    return dot


def _pull_back(
    step: Step,
    bar: Var,
    active: set[Var],
    values: dict[Var, Any],
    registry: Registry,
    result: Derivatives,
) -> list[tuple[Var, Atom, Any]]:
    """What the adjoint of a step adds to those of its operands."""
    lin, operands = _linearized(step, active, registry)
    if not lin.active_results:
        return []
    recorder = _recorder(step, values)
    dots = {v: _zero(v, values) for v in operands}
    for var, dot in zip(operands, lin.inputs, strict=True):
        recorder.bind(dot, dots[var])
    dot_out = recorder.block(lin.function.body)[1]
    linear = [s.let for s in recorder.steps if s.let.linear]
    result.made.update((s.out, s.let) for s in recorder.steps)
    shares, stmts = _transposed(linear, dot_out, dots, step, bar, registry)
    back = Recorder(values, lenient=True)
    found = back.block(Block(tuple(stmts), tuple(shares.values())))
    result.made.update((s.out, s.let) for s in back.steps)
    return [(v, a, back.read(a)) for v, a in zip(shares, found, strict=True)]


def _transposed(
    linear: Sequence[Let],
    dot_out: Atom,
    dots: Mapping[Var, Var],
    step: Step,
    bar: Var,
    registry: Registry,
) -> tuple[dict[Var, Atom], list[Stmt]]:
    """The transpose of a straight linear program: each operand's share of the adjoint."""
    builder = Builder(registry, Facts(), Homes())
    primal_of = {dot: v for v, dot in dots.items()}
    if isinstance(dot_out, Var):
        primal_of.setdefault(dot_out, step.out)
    variables = {*dots.values(), *(s.out for s in linear)}
    paths: dict[Var, Path] = dict.fromkeys([*variables, *dots, step.out], ())
    transposer = Transposer(builder, variables, paths, primal_of)
    stmts: list[Stmt] = []
    shares: dict[Var, Atom] = {}
    with builder.into(stmts):
        transposer.contribute(dot_out, bar)
        transposer.block(linear)
        for var, dot in dots.items():
            share = transposer.take(dot)
            if not isinstance(share, Zero):
                shares[var] = builder.atom(share)
    return shares, stmts


def _plain(seed: Any) -> Any:
    """A seed as it is shown: whole numbers without a point."""
    if isinstance(seed, (float, np.floating)) and float(seed).is_integer():
        return int(seed)
    return seed
