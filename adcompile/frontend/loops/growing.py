"""Lists that a loop's body grows: the plan for their rows, and how their lengths are known."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from adcompile.frontend import emit, extents, runs
from adcompile.frontend.context import Context
from adcompile.frontend.iteration import Counted, is_number, length, trip_count
from adcompile.frontend.join import join_kinds
from adcompile.frontend.loops.specs import Correction, ScalarSpec
from adcompile.frontend.loops.syntax import EXIT
from adcompile.frontend.values import ArrayObj, Container, ContainerRef, PyVal, Run, State
from adcompile.ir import dims
from adcompile.ir.avals import INT
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import Lit, Var


class NeverRuns(Exception):
    """A loop that is known to have no iteration."""


@dataclass
class Growth:
    """A list that the body changes as a run: what it is before the loop, and the plan.

    step, each: how many elements each iteration adds, where all add as many, as a length and as
    an operand; else they are counted.
    planned: whether the plan is of a trial that knew the kind of the elements.
    """

    initial: Any
    count: PyVal
    step: dims.Dim | None = None
    each: PyVal | None = None
    after: PyVal | None = None
    planned: bool = False

    @property
    def owned(self) -> bool:
        """Whether this loop makes the columns; else one around it has made them."""
        return not isinstance(self.initial, Run) or self.initial.room == "full"


COUNT = "count"
SHORT = 8
"""A loop of at most so many iterations, literally, is unrolled where it grows a list."""


class Growing:
    """The growing lists of one loop. `specs` and `objects` are those of its header."""

    def __init__(
        self,
        cx: Context,
        correction: Correction,
        source: Counted | None,
        index: Var | None,
        specs: dict[Any, Any],
        objects: dict[ArrayObj, None],
    ) -> None:
        self.cx = cx
        self.correction = correction
        self.node = correction.node
        self.entry = correction.entry
        self.source = source
        self.index = index
        self.specs = specs
        self.objects = objects
        self.lists: dict[Container, Growth] = {}
        self.names: dict[Container, str] = {}
        self.headers: dict[Container, Run] = {}
        self.linked: set[tuple[ArrayObj, ArrayObj]] = set()
        self.replan: list[tuple[Container, Run, dims.Dim | None]] = []

    def grow(self, obj: Container) -> bool:
        """Take a list for one that the body grows; False if it is one already."""
        content = self.entry.store.get(obj)
        if obj in self.lists or not isinstance(content, (tuple, Run)) or obj.outside:
            return False
        trips = trip_count(self.cx, self.source) if self.source is not None else None
        if isinstance(trips, int) and 0 < trips <= SHORT and self.index is not None:
            self.correction.unroll()
        count = content.count if isinstance(content, Run) else Lit(len(content))
        growth = self.lists[obj] = Growth(content, count)
        if isinstance(self.node, ast.For):
            self.cx.demands.could_unroll.add(id(self.node))
        if growth.owned:
            kind = content.kind if isinstance(content, Run) else None
            run = Run(kind, None, count, "open")
            for item in () if isinstance(content, Run) else content:
                try:
                    kind = join_kinds(self.cx, kind, runs.kind_of(self.cx, item))
                except LookupError:
                    raise runs.misfit(self.cx) from None
            self.entry.store[obj] = replace(run, kind=kind)
        self.specs[obj, COUNT] = ScalarSpec(INT)
        self.names[obj] = self.name_of(obj)
        return True

    def at_header(self, state: State) -> None:
        """Begin a trial, in its state at the header."""
        self.linked = self.links()
        self._bound_counts(state)

    def in_body(self, state: State) -> None:
        """Begin the trial's body."""
        self._index_counts(state)
        self.headers = {obj: state.store[obj] for obj in self.lists}

    def plan_again(self) -> None:
        """Make the plans again that the last trial proved wrong."""
        for obj, now, step in self.replan:
            self._plan(obj, now, step)
        self.replan.clear()

    def measure(self, obj: Container, end: State) -> bool:
        """Whether the plan for a growing list holds; else it is made again."""
        growth, header = self.lists[obj], self.headers[obj]
        now = end.store[obj]
        if not isinstance(now, Run) or now.room != header.room:
            self.correction.unroll()
        step = self._step(header, now, end)
        if growth.planned and now.kind is header.kind and step == growth.step:
            # A write earlier in the body did not know yet what the list holds.
            return self.links() == self.linked
        self.replan.append((obj, now, step))
        return False

    def undo(self) -> State:
        """The state before the loop, as it was."""
        for obj, growth in self.lists.items():
            self.entry.store[obj] = growth.initial
        return self.entry

    def grown(self, after: State) -> None:
        """Growing lists as they are after the loop."""
        for obj, growth in self.lists.items():
            run: Run = after.store[obj]
            if growth.after is not None:
                run = replace(run, count=growth.after, room="full" if growth.owned else run.room)
            elif isinstance(run.count, Var):
                self._at_least(run.count, growth.count)
            after.store[obj] = run

    def links(self) -> set[tuple[ArrayObj, ArrayObj]]:
        """The arrays from before the loop that the growing lists may hold."""
        held = (self.entry.store[obj] for obj in self.lists)
        columns = [c.obj for run in held for c in run.columns or ()]
        return {(c, o) for c in columns for o in c.maybe if o in self.entry.store}

    def _bound_counts(self, state: State) -> None:
        """Elements are only added: what is counted is at least what there was."""
        for obj, growth in self.lists.items():
            count = state.store[obj].count
            if (obj, COUNT) in self.specs and isinstance(count, Var):
                self._at_least(count, growth.count)
                self.cx.running.update({s: count for s in _own_symbol(count)})

    def _at_least(self, count: Var, entry: PyVal) -> None:
        symbols = _own_symbol(count)
        extent = entry.value if isinstance(entry, Lit) else getattr(entry.aval, "extent", None)  # type: ignore[union-attr]
        if len(symbols) == 1:
            self.cx.lowest[symbols[0]] = 0 if extent is None else runs.lowest(self.cx, extent)

    def _index_counts(self, state: State) -> None:
        """Counts that follow from the loop's index."""
        cx = self.cx
        for obj, growth in self.lists.items():
            if growth.each is not None:
                assert self.source is not None and self.index is not None
                number: PyVal = self.index
                if not is_number(self.source.start, 0):
                    number = emit.call(cx, "subtract", number, self.source.start)
                count = runs.plus(cx, growth.count, runs.times(cx, growth.each, number))
                state.store[obj] = replace(state.store[obj], count=count)

    def _step(self, header: Run, now: Run, end: State) -> dims.Dim | None:
        """How many elements an iteration adds, if all add as many and each of them runs."""
        by_one = self.source is not None and is_number(self.source.step, 1)
        if not by_one or self.index is None or not is_false(end.env[EXIT]):
            return None
        a, b = (c.value if isinstance(c, Lit) else c.aval.extent for c in (header.count, now.count))  # type: ignore[union-attr]
        if a is None or b is None:
            return None
        added = dims.sub(b, a)
        with self.cx.block(self.entry.fork()):
            return None if extents.of_dim(self.cx, added, lambda: None) is None else added

    def _plan(self, obj: Container, now: Run, step: dims.Dim | None) -> None:
        """Make the columns of a growing list, before the loop."""
        cx, growth = self.cx, self.lists[obj]
        start: Run = self.entry.store[obj]
        if now.kind is None:
            raise cx.refuse("the first element that this list gets is made of another one")
        if step == 0 and now.columns == start.columns and growth.owned:
            del self.lists[obj], self.specs[obj, COUNT]
            self.entry.store[obj] = growth.initial
            return
        growth.step, growth.planned = step, True
        growth.each = growth.after = None
        if step is None:
            self.specs[obj, COUNT] = ScalarSpec(INT)
        else:
            self.specs.pop((obj, COUNT), None)
            assert self.source is not None
            trips = trip_count(cx, self.source)
            if trips is not None and cx.facts.positive(trips) is False:
                raise NeverRuns
            number = length(cx, self.source)
            if trips is None or not runs.at_least(cx, trips, 0):
                number = emit.call(cx, "python_max", number, Lit(0))
            elif not is_number(self.source.start, 0):
                number = emit.call(cx, "subtract", self.source.stop, self.source.start)
            growth.each = extents.of_dim(cx, step, lambda: None)
            assert growth.each is not None
            growth.after = runs.plus(cx, growth.count, runs.times(cx, growth.each, number))
        if not growth.owned:
            self.entry.store[obj] = replace(start, kind=now.kind)
            return
        for column in start.columns or ():
            self.objects.pop(column.obj, None)
            self.entry.store.pop(column.obj)
        room = "grows" if step is None else "open"
        run = Run(now.kind, None, growth.count, room)
        try:
            columns = runs.allocate(cx, now.kind, growth.after, self.name_of(obj))
        except LookupError:
            raise runs.misfit(cx) from None
        run = replace(run, columns=columns)
        runs.begin(cx, run, growth.initial)
        self.entry.store[obj] = run
        self.objects.update({c.obj: None for c in columns})

    def name_of(self, obj: Container) -> str:
        """The user's name of a list."""
        for name, value in self.entry.env.items():
            if isinstance(value, ContainerRef) and value.obj is obj and not name.startswith("%"):
                return name
        return ""


def _own_symbol(count: Var) -> tuple[Symbol, ...]:
    """What stands for the value of an integer that nothing else is known of."""
    extent = getattr(count.aval, "extent", None)
    return () if extent is None else dims.symbols(extent)


def is_false(value: PyVal) -> bool:
    return isinstance(value, Lit) and not value.value
