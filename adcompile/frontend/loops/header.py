"""The header of a loop, found by trial: what it carries, and the body lowered under that.

Most loops need one trial.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import CellType
from typing import Any

from adcompile.frontend import emit
from adcompile.frontend.context import Context, Mismatch
from adcompile.frontend.iteration import Counted, trip_count
from adcompile.frontend.join import UnevenBranches
from adcompile.frontend.loops.growing import Growing
from adcompile.frontend.loops.memory import Memory
from adcompile.frontend.loops.specs import (
    KEEP,
    LATE,
    MIXED,
    ArraySpec,
    Correction,
    ScalarSpec,
    TupleSpec,
    unbound,
)
from adcompile.frontend.loops.syntax import (
    DEAD_KEY,
    EXIT,
    LEFT,
    RESULT,
    RETURNED,
    assigned_names,
    growing_names,
    has,
    test_binds,
    written_names,
)
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    Container,
    ContainerRef,
    PyVal,
    Run,
    State,
    TupleVal,
    leaves,
)
from adcompile.ir.nodes import UNDEFINED, Atom, Block, If, Let, Lit, Stmt, Var
from adcompile.ir.walk import all_stmts


@dataclass
class Trial:
    """One attempt: the header that was assumed and what the body made of it.

    params, results   what each carry starts from with its parameter, and what an iteration makes
    values            the slots at the header
    header, objects   the parameters of the arrays that are carried: rebound, or written
    end, stmts, test  the state after the body, its statements, and the block of a while's test
    late              arrays that the body is first to bind: as they are after the loop, and in it
    """

    params: list[tuple[Atom, Var]] = field(default_factory=list)
    results: list[Atom] = field(default_factory=list)
    header: dict[ArrayObj, Var] = field(default_factory=dict)
    objects: dict[ArrayObj, Var] = field(default_factory=dict)
    groups: dict[tuple[object, ...], ArrayRef] = field(default_factory=dict)
    values: dict[Any, PyVal] = field(default_factory=dict)
    end: State = field(default_factory=State)
    stmts: list[Stmt] = field(default_factory=list)
    test: Block | None = None
    late: list[tuple[ArrayObj, ArrayRef]] = field(default_factory=list)


class TestWrites(Exception):
    """The test of a while loop is more than an expression: it binds names, changes objects,
    catches exceptions or has a loop in it."""


class Header:
    """The solving of one loop's header."""

    def __init__(
        self,
        cx: Context,
        node: ast.For | ast.While,
        body: Callable[[], None],
        test: Callable[[], PyVal] | None,
        bound: Sequence[ast.stmt],
        peeled: bool,
        source: Counted | None = None,
        index: Var | None = None,
    ) -> None:
        self.cx = cx
        self.node = node
        self.body = body
        self.test = test
        self.entry = cx.state
        self.peeled = peeled
        self.specs: dict[Any, Any] = {}
        self.headers: list[ArrayObj] = []
        self.objects: dict[ArrayObj, None] = {}
        self.touching: set[tuple[Any, Any]] = set()
        self.source = source
        self.correction = Correction(cx, node, self.entry, peeled)
        self.growing = Growing(cx, self.correction, source, index, self.specs, self.objects)
        self.memory = Memory(cx, self.correction, self.specs, self.objects)
        names = assigned_names(bound)
        if has(node.body, ast.Return):
            names.update({RESULT: None, RETURNED: None})
        for name in names:
            value = self.entry.env.get(name, UNDEFINED)
            self.specs[name] = self.correction.guess(value)
        for name in written_names(node.body):
            value = self.entry.env.get(name, UNDEFINED)
            if isinstance(value, ArrayRef):
                self.objects[value.obj] = None
        self.memory.expect()
        for name in growing_names(node.body):
            value = self.entry.env.get(name, UNDEFINED)
            if isinstance(value, ContainerRef) and value.obj.kind is list:
                self.growing.grow(value.obj)

    def entry_value(self, key: Any) -> PyVal:
        if isinstance(key, str):
            return self.entry.env.get(key, UNDEFINED)
        container, item = key
        return slot(self.entry.store[container], item)

    def hint(self, key: Any) -> str:
        """The name of a carried slot."""
        if isinstance(key, str) or key[0].kind is CellType:
            return user_name(key)
        name = self.growing.names.get(key[0])
        return f"{name}_len" if name else ""

    def build(self, trial: Trial, spec: Any, value: PyVal, hint: str) -> PyVal:
        """The value of a slot at the header, with a carry for each changing part."""
        cx = self.cx
        if spec in (KEEP, LATE):
            return value
        if spec == MIXED:
            return Conflict(value, UNDEFINED)
        if isinstance(spec, TupleSpec):
            value = unbound(spec) if value is UNDEFINED else value
            assert isinstance(value, TupleVal)
            return TupleVal(
                tuple(
                    self.build(trial, s, v, hint)
                    for s, v in zip(spec.items, value.items, strict=True)
                ),
                value.kind,
            )
        if isinstance(spec, ScalarSpec):
            param = cx.new_var(spec.aval, hint)
            trial.params.append((emit.atom(cx, value), param))
            return param
        assert isinstance(spec, ArraySpec)
        if spec.group in trial.groups:
            return trial.groups[spec.group]
        param = Var(spec.aval, hint)
        trial.params.append((emit.atom(cx, value), param))
        obj = ArrayObj(hint, cx.origin.span)
        # Loop variables that swap their arrays hold different ones at any time.
        for source in spec.sources:
            obj.link(source, frozenset(self.headers))
        self.headers.append(obj)
        for group, other in trial.groups.items():
            same = group[0] is spec.group[0] or group[1] is spec.group[1]
            if same or _may_share(group[0], spec.group[0]):  # it may run zero times
                obj.link(other.obj)
        ref = ArrayRef(obj)
        trial.groups[spec.group] = ref
        trial.header[obj] = param
        return ref

    def attempt(self) -> Trial:
        """Lower the body once under the present specs."""
        cx = self.cx
        trial = Trial()
        state = self.entry.fork()
        for key, spec in self.specs.items():
            hint = self.hint(key)
            trial.values[key] = self.build(trial, spec, self.entry_value(key), hint)
        carried = carried_arrays(trial, trial.values)
        for one, other in self.touching:
            if one in carried and other in carried:
                carried[one].obj.link(carried[other].obj)
        for obj in self.objects:
            version = self.entry.store[obj]
            param = Var(version.aval, obj.hint or version.hint)
            trial.params.append((version, param))
            trial.objects[obj] = param
            state.store[obj] = param
        for key, value in trial.values.items():
            if isinstance(key, str):
                state.env[key] = value
            else:
                container, item = key
                state.store[container] = with_slot(state.store[container], item, value)
        for obj, param in trial.header.items():
            state.store[obj] = param
        running = dict(cx.running)
        self.growing.at_header(state)
        if self.test is not None:
            cx.frames[-1].line = self.node.lineno
            with cx.block(state.fork()) as stmts:
                cond = self.test()
                trial.test = Block(tuple(stmts), (emit.atom(cx, cond),))
                flat = all(isinstance(s, (Let, If)) for s in all_stmts(trial.test))
                if not flat or _changed(state, cx.state) or test_binds(self.node):
                    raise TestWrites
        state.env[LEFT] = state.env[EXIT] = Lit(False)
        late = {k for k, s in self.specs.items() if s == LATE and isinstance(k, str)}
        cx.late.append(set() if self.peeled else late)
        try:
            with cx.block(state) as trial.stmts:
                self.growing.in_body(state)
                self.body()
                trial.end = cx.state
        except UnevenBranches:  # which branch is taken may be known in each iteration
            if isinstance(self.node, ast.While) or not countable(cx, self.source):
                raise
            self.correction.unroll()
        finally:
            cx.late.pop()
            cx.running = running
        return trial

    def settle(self, trial: Trial) -> bool:
        """Correct the specs from what the body did; True if nothing changed."""
        settled = True
        end = trial.end
        for key in list(self.specs):
            after: PyVal
            if isinstance(key, str):
                after = end.env.get(key, UNDEFINED)
            else:
                container, item = key
                after = slot(end.store[container], item)
            last = key == RESULT and self.specs[key] == LATE  # the iteration that returns
            if DEAD_KEY in end.env or last:
                continue
            entry, header = self.entry_value(key), trial.values[key]
            new = self.correction.correct(self.specs[key], entry, header, after)
            if new is not self.specs[key]:
                self.specs[key] = new
                settled = False
        if DEAD_KEY not in end.env and self.touch(trial):
            settled = False
        for obj, before in self.entry.store.items():
            now = end.store.get(obj, before)
            start = trial.objects.get(obj, before) if isinstance(obj, ArrayObj) else before
            if obj in self.growing.lists:
                settled &= self.growing.measure(obj, end)
                continue
            if now is start:
                continue
            if isinstance(obj, ArrayObj):
                if obj not in self.objects:
                    self.objects[obj] = None
                    settled = False
            elif self.watch(obj, before, now):
                settled = False
        return settled

    def touch(self, trial: Trial) -> bool:
        """Link what an iteration leaves in one memory for the next; True if some is new.

        Carried arrays that are one behind several names, or may be: `x = y[::-1]` where `y` may
        be bound anew after it.
        """
        headers = carried_arrays(trial, trial.values)
        after = {k: v for k, v in arrays_at(ends_of(trial)).items() if k in headers}
        new = False
        for (i, one), (j, other) in combinations(after.items(), 2):
            if headers[i].obj is not headers[j].obj and one.obj.may_share(other.obj):
                new |= (i, j) not in self.touching
                self.touching.add((i, j))
        return new

    def watch(self, obj: Container, before: Any, now: Any) -> bool:
        """Carry the entries of a list or dict that the body changes; True if some are new."""
        correction = self.correction
        is_run = isinstance(before, Run) or isinstance(now, Run)
        if is_run or (isinstance(before, tuple) and _extends(now, before, correction.same)):
            if not self.growing.grow(obj):
                correction.unroll()
            return True
        if len(before) != len(now) or (isinstance(before, dict) and list(before) != list(now)):
            if obj.kind not in (list, dict) and not self.peeled:
                raise Mismatch  # an attribute that the first iteration sets
            correction.unroll()
        new = False
        for item in before if isinstance(before, dict) else range(len(before)):
            if (obj, item) not in self.specs and not correction.same(before[item], now[item]):
                first = obj.kind is CellType and before[item] is UNDEFINED
                spec = correction.carried(now[item]) if first else MIXED
                if spec is MIXED:
                    spec = correction.spec_for(before[item], now[item])
                self.specs[obj, item] = spec
                new = True
        return new

    def solve(self) -> Trial:
        """The trial under a header that the body leaves as it is."""
        for _ in range(12):
            trial = self.attempt()
            with self.cx.block(trial.end, trial.stmts):
                settled = self.settle(trial)
            self.growing.plan_again()
            if settled:
                self.memory.remember()
                return trial
        raise self.cx.refuse("the kinds of values in this loop do not settle")


def arrays_at(values: dict[Any, PyVal]) -> dict[Any, ArrayRef]:
    """The arrays among the parts of some slots, by slot and position."""
    parts = ((key, list(leaves(value))) for key, value in values.items())
    return {
        (key, k): part
        for key, found in parts
        for k, part in enumerate(found)
        if isinstance(part, ArrayRef)
    }


def ends_of(trial: Trial) -> dict[Any, PyVal]:
    """What an iteration leaves in the slots."""
    env, store = trial.end.env, trial.end.store
    return {
        key: env.get(key, UNDEFINED) if isinstance(key, str) else slot(store[key[0]], key[1])
        for key in trial.values
    }


def carried_arrays(trial: Trial, values: dict[Any, PyVal]) -> dict[Any, ArrayRef]:
    """Those that each iteration may bind anew."""
    return {at: ref for at, ref in arrays_at(values).items() if ref.obj in trial.header}


def user_name(key: Any) -> str:
    """The user's name for what a slot holds, if it has one."""
    if not isinstance(key, str):
        key = key[1] if key[0].kind is CellType else ""
    return "" if key.startswith("%") else key.partition("@")[0]


def slot(held: Any, item: Any) -> PyVal:
    return held.count if isinstance(held, Run) else held[item]


def with_slot(held: Any, item: Any, value: PyVal) -> Any:
    if isinstance(held, Run):
        return replace(held, count=value)
    if isinstance(held, dict):
        return {**held, item: value}
    return (*held[:item], value, *held[item + 1 :])


def _extends(now: Any, before: tuple[PyVal, ...], same: Callable[[PyVal, PyVal], bool]) -> bool:
    """Whether a list has only got more elements."""
    return len(now) > len(before) and all(map(same, before, now))


def _changed(before: State, after: State) -> bool:
    """Whether names or objects that were there have changed."""
    return any(after.env.get(k) is not v for k, v in before.env.items()) or any(
        after.store.get(k) is not v for k, v in before.store.items()
    )


def countable(cx: Context, source: Counted | None) -> bool:
    """Whether the number of iterations can be known on entry."""
    trip = None if source is None else trip_count(cx, source)
    return trip is not None and cx.facts.static(trip) is not None


def _may_share(a: object, b: object) -> bool:
    return isinstance(a, ArrayObj) and isinstance(b, ArrayObj) and a.may_share(b)
