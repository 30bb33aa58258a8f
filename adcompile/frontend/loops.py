"""Loops: what they iterate over, and the values and objects that their header carries.

The header is found by trial: the body is lowered with a guess of what changes, the guess is
corrected by what did change, until nothing is left to correct. Most loops need one trial.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import CellType
from typing import Any

from adcompile.frontend import emit, extents, generators, runs, static
from adcompile.frontend.context import Context, Mismatch, Restart
from adcompile.frontend.expr import lower_expr, truth
from adcompile.frontend.iteration import (
    Counted,
    collected,
    counted,
    is_number,
    length,
    read_once,
    static_items,
    trip_count,
)
from adcompile.frontend.join import (
    UnevenBranches,
    _same_literal,
    join_avals,
    join_kinds,
    same_aval,
)
from adcompile.frontend.scopes import bound_by, own_nodes
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    Container,
    ContainerRef,
    GenVal,
    IterVal,
    ObjectRef,
    PyVal,
    Run,
    State,
    TupleVal,
    is_atom,
    leaves,
)
from adcompile.ir import avals, dims
from adcompile.ir.avals import INT, Array, Aval, Scalar
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    Carry,
    For,
    Lit,
    Stmt,
    Try,
    Var,
    While,
    new_key,
)

LEFT, EXIT, RETURNED, RESULT = "%left", "%exit", "%returned", "%result"
UNROLL_LIMIT = 1024
SHORT = 8
"""A loop of at most so many iterations, literally, is unrolled where it grows a list."""
COUNT = "count"


# -- names that a body assigns ------------------------------------------------------------------


def assigned_names(stmts: Sequence[ast.stmt]) -> dict[str, None]:
    """Names that statements may bind, in order."""
    return {name: None for node in own_nodes(stmts) for name in bound_by(node)}


def _written_names(stmts: Sequence[ast.stmt]) -> Iterator[str]:
    """Names whose arrays the statements evidently write."""
    for node in own_nodes(stmts):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            owner: ast.expr = node.value
            while isinstance(owner, ast.Subscript):
                owner = owner.value
            if isinstance(owner, ast.Name):
                yield owner.id
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _growing_names(stmts: Sequence[ast.stmt]) -> Iterator[str]:
    """Names of what the statements evidently append to."""
    for node in own_nodes(stmts):
        appends = isinstance(node, ast.Attribute) and node.attr == "append"
        if appends and isinstance(node.value, ast.Name):  # type: ignore[attr-defined]
            yield node.value.id  # type: ignore[attr-defined]


def _has(stmts: Sequence[ast.stmt], kind: type[ast.AST]) -> bool:
    return any(isinstance(n, kind) for n in own_nodes(stmts))


# -- the header ----------------------------------------------------------------------------------


@dataclass
class _Scalar:
    aval: Aval


@dataclass
class _Array:
    aval: Array
    group: tuple[object, ...]
    sources: tuple[ArrayObj, ...]


@dataclass
class _Tuple:
    items: list[Any]


_KEEP, _LATE, _MIXED = "keep", "late", "mixed"


@dataclass
class _Trial:
    """One attempt: the header that was assumed and what the body made of it."""

    params: list[tuple[Atom, Var]] = field(default_factory=list)
    results: list[Atom] = field(default_factory=list)
    header: dict[ArrayObj, Var] = field(default_factory=dict)
    objects: dict[ArrayObj, Var] = field(default_factory=dict)
    groups: dict[tuple[object, ...], ArrayRef] = field(default_factory=dict)


@dataclass
class _Rebound:
    """An array that an iteration rebinds: to that of another name, or to another one (`end`)
    that may share memory with those of the names in `sources`."""

    partner: str | None
    end: ArrayObj
    sources: tuple[str, ...]
    aval: Array


@dataclass
class _Settled:
    """What a loop's header came to: arrays that are rebound, names of arrays that are written."""

    rebound: dict[str, _Rebound]
    written: list[str]


class _NeverRuns(Exception):
    """A loop that is known to have no iteration."""


@dataclass
class _Growth:
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


class _Loop:
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
        self.source = source
        self.index = index
        self.growing: dict[Container, _Growth] = {}
        self.names: dict[Container, str] = {}
        self.replan: list[tuple[Container, Run, dims.Dim | None]] = []
        names = assigned_names(bound)
        if _has(node.body, ast.Return):
            names.update({RESULT: None, RETURNED: None})
        for name in names:
            value = self.entry.env.get(name, UNDEFINED)
            self.specs[name] = self.guess(value)
        for name in _written_names(node.body):
            value = self.entry.env.get(name, UNDEFINED)
            if isinstance(value, ArrayRef):
                self.objects[value.obj] = None
        self.expected: dict[str, _Array] = {}
        known = cx.settled.get(id(node))
        if known is not None:
            self.expect(known)
        for name in _growing_names(node.body):
            value = self.entry.env.get(name, UNDEFINED)
            if isinstance(value, ContainerRef) and value.obj.kind is list:
                self.grow(value.obj)

    def expect(self, known: _Settled) -> None:
        """Start from what the header came to in an earlier trial of a loop around this one:
        else the trials of nested loops would double with each level."""
        env = self.entry.env
        for name in known.written:
            value = env.get(name, UNDEFINED)
            if isinstance(value, ArrayRef):
                self.objects[value.obj] = None
        for name, was in known.rebound.items():
            value = env.get(name, UNDEFINED)
            others = [env.get(n, UNDEFINED) for n in (was.partner or name, *was.sources)]
            arrays = [v for v in (value, *others) if isinstance(v, ArrayRef)]
            avals_now = [self.cx.ref_aval(v) for v in arrays]
            same = {(a.ndim, a.dtype) for a in (*avals_now, was.aval)}
            if len(arrays) < len(others) + 1 or len(same) > 1:
                continue
            first, partner, *sources = arrays
            if was.partner is not None:
                self.specs[name] = self.spec_for(first, partner)
            elif same_aval(avals_now[0], was.aval):
                group = (first.obj, was.end, first.path, ())
                held = (first.obj, *(v.obj for v in sources))
                self.specs[name] = self.expected[name] = _Array(was.aval, group, held)

    def remember(self) -> None:
        """Keep what `expect` can start from."""
        names: dict[ArrayObj, list[str]] = {}
        for name, value in self.entry.env.items():
            if isinstance(value, ArrayRef):
                names.setdefault(value.obj, []).append(name)
        known = self.cx.settled.get(id(self.node))
        rebound: dict[str, _Rebound] = {}
        for name, spec in self.specs.items():
            if not isinstance(name, str) or not isinstance(spec, _Array):
                continue
            if known is not None and self.expected.get(name) is spec:
                rebound[name] = known.rebound[name]
                continue
            end, path = spec.group[1], spec.group[3]
            assert isinstance(end, ArrayObj)
            sources = [names.get(o, []) for o in spec.sources[1:]]
            if not path and all(len(n) == 1 for n in sources):
                partner = names[end][0] if end in names else None
                if partner is not None or end not in self.entry.store:
                    rebound[name] = _Rebound(partner, end, tuple(n[0] for n in sources), spec.aval)
        written = [n for obj in self.objects for n in names.get(obj, ())[:1]]
        self.cx.settled[id(self.node)] = _Settled(rebound, written)

    def guess(self, value: PyVal) -> Any:
        if value is UNDEFINED:
            return _LATE
        if isinstance(value, Lit) and isinstance(value.value, bool):
            return _KEEP  # a flag: known as long as the body does not change it
        if is_atom(value) and avals.is_numeric(self.cx.aval(value)):
            aval = self.cx.aval(value)
            return _Scalar(Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval)
        return _KEEP

    def entry_value(self, key: Any) -> PyVal:
        if isinstance(key, str):
            return self.entry.env.get(key, UNDEFINED)
        container, item = key
        return _slot(self.entry.store[container], item)

    # -- building a header

    def build(self, trial: _Trial, spec: Any, value: PyVal, hint: str) -> PyVal:
        """The value of a slot at the header, with a carry for each changing part."""
        cx = self.cx
        if spec in (_KEEP, _LATE):
            return value
        if spec == _MIXED:
            return Conflict(value, UNDEFINED)
        if isinstance(spec, _Tuple):
            value = _unbound(spec) if value is UNDEFINED else value
            assert isinstance(value, TupleVal)
            return TupleVal(
                tuple(
                    self.build(trial, s, v, hint)
                    for s, v in zip(spec.items, value.items, strict=True)
                ),
                value.kind,
            )
        if isinstance(spec, _Scalar):
            param = cx.new_var(spec.aval, hint)
            trial.params.append((emit.atom(cx, value), param))
            return param
        assert isinstance(spec, _Array)
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
            if group[0] is spec.group[0] or group[1] is spec.group[1]:
                obj.link(other.obj)
        ref = ArrayRef(obj)
        trial.groups[spec.group] = ref
        trial.header[obj] = param
        return ref

    def attempt(self) -> tuple[_Trial, State, list[Stmt], Block | None]:
        """Lower the body once under the present specs."""
        cx = self.cx
        trial = _Trial()
        state = self.entry.fork()
        values: dict[Any, PyVal] = {}
        for key, spec in self.specs.items():
            hint = self.hint(key)
            values[key] = self.build(trial, spec, self.entry_value(key), hint)
        for obj in self.objects:
            version = self.entry.store[obj]
            param = Var(version.aval, obj.hint or version.hint)
            trial.params.append((version, param))
            trial.objects[obj] = param
            state.store[obj] = param
        for key, value in values.items():
            if isinstance(key, str):
                state.env[key] = value
            else:
                container, item = key
                state.store[container] = _replace(state.store[container], item, value)
        for obj, param in trial.header.items():
            state.store[obj] = param
        self.values = values
        self.linked = self.links()
        running = dict(cx.running)
        self.bound_counts(state)
        test: Block | None = None
        if self.test is not None:
            cx.frames[-1].line = self.node.lineno
            with cx.block(state.fork()) as stmts:
                cond = self.test()
                test = Block(tuple(stmts), (emit.atom(cx, cond),))
                tries = any(isinstance(s, Try) for s in test.stmts)
                if tries or _changed(state, cx.state) or _binds(self.node):
                    raise TestWrites
        state.env[LEFT] = state.env[EXIT] = Lit(False)
        late = {k for k, s in self.specs.items() if s == _LATE and isinstance(k, str)}
        cx.late.append(set() if self.peeled else late)
        try:
            with cx.block(state) as stmts:
                self.index_counts(state)
                self.headers_of = {obj: state.store[obj] for obj in self.growing}
                self.body()
                end = cx.state
        except UnevenBranches:  # which branch is taken may be known in each iteration
            if isinstance(self.node, ast.While) or not _countable(cx, self.source):
                raise
            self.unroll()
        finally:
            cx.late.pop()
            cx.running = running
        return trial, end, stmts, test

    # -- comparing what came out

    def correct(self, spec: Any, entry: PyVal, header: PyVal, end: PyVal) -> Any:
        """The spec that the body's end value asks for; `spec` itself if it holds."""
        cx = self.cx
        if spec == _LATE:
            return self.partial(end)
        if spec == _MIXED:
            return spec
        if spec == _KEEP:
            if self.same(entry, end):
                return spec
            return self.spec_for(entry, end)
        if isinstance(spec, _Tuple):
            if not isinstance(end, TupleVal) or len(end.items) != len(spec.items):
                return self.mismatch()
            entry = _unbound(spec) if entry is UNDEFINED else entry
            assert isinstance(entry, TupleVal) and isinstance(header, TupleVal)
            new = [
                self.correct(*parts)
                for parts in zip(spec.items, entry.items, header.items, end.items, strict=True)
            ]
            if all(a is b for a, b in zip(new, spec.items, strict=True)):
                return spec
            return _Tuple(new)
        if isinstance(spec, _Scalar):
            if not is_atom(end) or not avals.is_numeric(cx.aval(end)) or end is UNDEFINED:
                return self.mismatch()
            joined = join_avals(cx, spec.aval, _plain(cx.aval(end)))
            if joined is None:
                return self.mismatch()
            return spec if joined == spec.aval else _Scalar(joined)
        assert isinstance(spec, _Array)
        if not isinstance(end, ArrayRef):
            return self.mismatch()
        joined = join_avals(cx, spec.aval, cx.ref_aval(end))
        if not isinstance(joined, Array):
            return self.mismatch()
        more = [o for o in self.held(end) if o.rows and o not in spec.sources]
        if same_aval(joined, spec.aval) and not more:
            return spec
        return _Array(joined, spec.group, (*spec.sources, *more))

    def held(self, end: ArrayRef) -> list[ArrayObj]:
        """The arrays from before the loop that `end` is, or may share memory with."""
        return [o for o in (end.obj, *end.obj.maybe) if o in self.entry.store]

    def partial(self, end: PyVal) -> Any:
        """How to carry a name first bound in the body: where not every iteration binds it, it
        keeps what an earlier one has bound."""
        held = self.cx.state.store
        found = [held[v.obj] if isinstance(v, ArrayRef) else v for v in leaves(end)]
        return self.carried(end) if any(v in self.cx.partial for v in found) else _LATE

    def carried(self, end: PyVal) -> Any:
        """A carry for what a name first bound in the body holds."""
        if isinstance(end, TupleVal):
            return _Tuple([self.carried(v) for v in end.items])
        if isinstance(end, ArrayRef):
            aval = self.cx.ref_aval(end)
            return _Array(aval, (ArrayObj(), end.obj, (), end.path), tuple(self.held(end)))
        numeric = is_atom(end) and avals.is_numeric(self.cx.aval(end))
        return _Scalar(_plain(self.cx.aval(end))) if numeric else _MIXED

    def same(self, a: PyVal, b: PyVal) -> bool:
        if a is b or _same_literal(a, b):
            return True
        if isinstance(a, ArrayRef) and isinstance(b, ArrayRef):
            return a.obj is b.obj and a.path == b.path
        if isinstance(a, (ContainerRef, ObjectRef)) and isinstance(b, (ContainerRef, ObjectRef)):
            return a.obj is b.obj
        if isinstance(a, TupleVal) and isinstance(b, TupleVal):
            return len(a.items) == len(b.items) and all(
                self.same(x, y) for x, y in zip(a.items, b.items, strict=True)
            )
        return False

    def spec_for(self, entry: PyVal, end: PyVal) -> Any:
        """How to carry a slot that is `entry` before and `end` after an iteration."""
        cx = self.cx
        if self.same(entry, end):
            return _KEEP
        if isinstance(entry, TupleVal) and isinstance(end, TupleVal) and entry.kind is end.kind:
            if len(entry.items) == len(end.items):
                return _Tuple(
                    [self.spec_for(a, b) for a, b in zip(entry.items, end.items, strict=True)]
                )
            return self.mismatch()
        if is_atom(entry) and is_atom(end) and UNDEFINED not in (entry, end):
            joined = join_avals(cx, _plain(cx.aval(entry)), _plain(cx.aval(end)))
            if joined is not None:
                return _Scalar(joined)
        if isinstance(entry, ArrayRef) and isinstance(end, ArrayRef):
            joined = join_avals(cx, cx.aval(emit.read(cx, entry)), cx.aval(emit.read(cx, end)))
            if isinstance(joined, Array):
                sources = [entry.obj, *self.held(end)]
                return _Array(joined, (entry.obj, end.obj, entry.path, end.path), tuple(sources))
        if any(isinstance(v, (ContainerRef, ObjectRef)) for v in (entry, end)):
            self.unroll()
        return self.mismatch()

    def mismatch(self) -> Any:
        if not self.peeled:
            raise Mismatch
        return _MIXED

    def unroll(self) -> None:
        """Unroll the loop, where its trip count can be known."""
        if id(self.node) not in self.cx.demands.unroll and isinstance(self.node, ast.For):
            self.cx.demands.unroll.add(id(self.node))
            raise Restart
        raise self.cx.refuse(
            "a list or dict changes its structure in this loop, and the number of iterations "
            "is not known",
            "Only append to lists in it, or preallocate an array and write its entries.",
        )

    # -- lists that grow

    def grow(self, obj: Container) -> bool:
        """Take a list for one that the body grows; False if it is one already."""
        content = self.entry.store.get(obj)
        if obj in self.growing or not isinstance(content, (tuple, Run)) or obj.outside:
            return False
        trips = trip_count(self.cx, self.source) if self.source is not None else None
        if isinstance(trips, int) and 0 < trips <= SHORT and self.index is not None:
            self.unroll()
        count = content.count if isinstance(content, Run) else Lit(len(content))
        growth = self.growing[obj] = _Growth(content, count)
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
        self.specs[obj, COUNT] = _Scalar(INT)
        self.names[obj] = self.name_of(obj)
        return True

    def links(self) -> set[tuple[ArrayObj, ArrayObj]]:
        """The arrays from before the loop that the growing lists may hold."""
        held = (self.entry.store[obj] for obj in self.growing)
        columns = [c.obj for run in held for c in run.columns or ()]
        return {(c, o) for c in columns for o in c.maybe if o in self.entry.store}

    def hint(self, key: Any) -> str:
        """The name of a carried slot."""
        if isinstance(key, str) or key[0].kind is CellType:
            return _hint(key)
        name = self.names.get(key[0])
        return f"{name}_len" if name else ""

    def undo(self) -> State:
        """The state before the loop, as it was."""
        for obj, growth in self.growing.items():
            self.entry.store[obj] = growth.initial
        return self.entry

    def bound_counts(self, state: State) -> None:
        """Elements are only added: what is counted is at least what there was."""
        for obj, growth in self.growing.items():
            count = state.store[obj].count
            if (obj, COUNT) in self.specs and isinstance(count, Var):
                self.at_least(count, growth.count)
                self.cx.running.update({s: count for s in _own_symbol(count)})

    def at_least(self, count: Var, entry: PyVal) -> None:
        symbols = _own_symbol(count)
        extent = entry.value if isinstance(entry, Lit) else getattr(entry.aval, "extent", None)  # type: ignore[union-attr]
        if len(symbols) == 1:
            self.cx.lowest[symbols[0]] = 0 if extent is None else runs.lowest(self.cx, extent)

    def index_counts(self, state: State) -> None:
        """Counts that follow from the loop's index."""
        cx = self.cx
        for obj, growth in self.growing.items():
            if growth.each is not None:
                assert self.source is not None and self.index is not None
                number: PyVal = self.index
                if not is_number(self.source.start, 0):
                    number = emit.call(cx, "subtract", number, self.source.start)
                count = runs.plus(cx, growth.count, runs.times(cx, growth.each, number))
                state.store[obj] = replace(state.store[obj], count=count)

    def measure(self, obj: Container, end: State) -> bool:
        """Whether the plan for a growing list holds; else it is made again."""
        growth, header = self.growing[obj], self.headers_of[obj]
        now = end.store[obj]
        if not isinstance(now, Run) or now.room != header.room:
            self.unroll()
        step = self.step(header, now, end)
        if growth.planned and now.kind is header.kind and step == growth.step:
            # A write earlier in the body did not know yet what the list holds.
            return self.links() == self.linked
        self.replan.append((obj, now, step))
        return False

    def step(self, header: Run, now: Run, end: State) -> dims.Dim | None:
        """How many elements an iteration adds, if all add as many and each of them runs."""
        by_one = self.source is not None and is_number(self.source.step, 1)
        if not by_one or self.index is None or not _false(end.env[EXIT]):
            return None
        a, b = (c.value if isinstance(c, Lit) else c.aval.extent for c in (header.count, now.count))  # type: ignore[union-attr]
        if a is None or b is None:
            return None
        added = dims.sub(b, a)
        with self.cx.block(self.entry.fork()):
            return None if extents.of_dim(self.cx, added, lambda: None) is None else added

    def plan(self, obj: Container, now: Run, step: dims.Dim | None) -> None:
        """Make the columns of a growing list, before the loop."""
        cx, growth = self.cx, self.growing[obj]
        start: Run = self.entry.store[obj]
        if now.kind is None:
            raise cx.refuse("the first element that this list gets is made of another one")
        if step == 0 and now.columns == start.columns and growth.owned:
            del self.growing[obj], self.specs[obj, COUNT]
            self.entry.store[obj] = growth.initial
            return
        growth.step, growth.planned = step, True
        growth.each = growth.after = None
        if step is None:
            self.specs[obj, COUNT] = _Scalar(INT)
        else:
            self.specs.pop((obj, COUNT), None)
            assert self.source is not None
            trips = trip_count(cx, self.source)
            if trips is not None and cx.facts.positive(trips) is False:
                raise _NeverRuns
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

    def grown(self, after: State) -> None:
        """Growing lists as they are after the loop."""
        for obj, growth in self.growing.items():
            run: Run = after.store[obj]
            if growth.after is not None:
                run = replace(run, count=growth.after, room="full" if growth.owned else run.room)
            elif isinstance(run.count, Var):
                self.at_least(run.count, growth.count)
            after.store[obj] = run

    def settle(self, trial: _Trial, end: State) -> bool:
        """Correct the specs from what the body did; True if nothing changed."""
        settled = True
        for key in list(self.specs):
            after: PyVal
            if isinstance(key, str):
                after = end.env.get(key, UNDEFINED)
            else:
                container, item = key
                after = _slot(end.store[container], item)
            last = key == RESULT and self.specs[key] == _LATE  # the iteration that returns
            if DEAD_KEY in end.env or last:
                continue
            new = self.correct(self.specs[key], self.entry_value(key), self.values[key], after)
            if new is not self.specs[key]:
                self.specs[key] = new
                settled = False
        for obj, before in self.entry.store.items():
            now = end.store.get(obj, before)
            start = trial.objects.get(obj, before) if isinstance(obj, ArrayObj) else before
            if obj in self.growing:
                settled &= self.measure(obj, end)
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

    def watch(self, obj: Container, before: Any, now: Any) -> bool:
        """Carry the entries of a list or dict that the body changes; True if some are new."""
        is_run = isinstance(before, Run) or isinstance(now, Run)
        if is_run or (isinstance(before, tuple) and _extends(now, before, self.same)):
            if not self.grow(obj):
                self.unroll()
            return True
        if len(before) != len(now) or (isinstance(before, dict) and list(before) != list(now)):
            if obj.kind not in (list, dict) and not self.peeled:
                raise Mismatch  # an attribute that the first iteration sets
            self.unroll()
        new = False
        for item in before if isinstance(before, dict) else range(len(before)):
            if (obj, item) not in self.specs and not self.same(before[item], now[item]):
                self.specs[obj, item] = self.spec_for(before[item], now[item])
                new = True
        return new

    # -- the finished loop

    def collect(self, trial: _Trial, spec: Any, end: PyVal) -> None:
        """The carries' results, in the order in which `build` made their parameters."""
        cx = self.cx
        if isinstance(spec, _Tuple):
            assert isinstance(end, TupleVal)
            for s, v in zip(spec.items, end.items, strict=True):
                self.collect(trial, s, v)
        elif isinstance(spec, _Scalar):
            trial.results.append(emit.atom(cx, end))
        elif isinstance(spec, _Array):
            if spec.group in self.done:
                return
            self.done.add(spec.group)
            trial.results.append(emit.atom(cx, end))

    def solve(self) -> tuple[_Trial, State, list[Stmt], Block | None]:
        for _ in range(12):
            trial, end, stmts, test = self.attempt()
            with self.cx.block(end, stmts):
                settled = self.settle(trial, end)
            for obj, now, step in self.replan:
                self.plan(obj, now, step)
            self.replan.clear()
            if settled:
                self.remember()
                return trial, end, stmts, test
        raise self.cx.refuse("the kinds of values in this loop do not settle")

    def finish(self, make: Callable[..., Stmt]) -> None:
        """Solve, emit the loop through `make`, and set the state after it."""
        cx = self.cx
        trial, end, stmts, test = self.solve()
        self.trial = trial
        self.done: set[Any] = set()
        late: dict[str, PyVal] = {}
        with cx.block(end, stmts):
            for key, spec in self.specs.items():
                value = (
                    end.env.get(key) if isinstance(key, str) else _slot(end.store[key[0]], key[1])
                )
                if DEAD_KEY not in end.env:
                    assert value is not None or spec == _LATE
                    self.collect(trial, spec, value)  # type: ignore[arg-type]
            trial.results.extend(end.store[obj] for obj in trial.objects)
            for key, spec in self.specs.items():
                if spec == _LATE and isinstance(key, str):
                    late[key] = self.late(trial, end.env.get(key, UNDEFINED), key, end)
            exits = end.env[EXIT]
            exit_atom = None if _false(exits) else emit.atom(cx, exits)
            results = list(trial.results)
            want_exit = exit_atom is not None and bool(self.node.orelse)
            if exit_atom is not None and want_exit:
                trial.params.append((Lit(False), Var(avals.BOOL)))
                results.append(exit_atom)
            if exit_atom is not None:
                results.append(exit_atom)
        carries = tuple(
            Carry(init, param, cx.new_var(_plain(param.aval), param.hint))
            for init, param in trial.params
        )
        outs = {c.param: c.out for c in carries}
        cx.partial.update(c.out for c in carries if c.init is UNDEFINED)
        block = Block(tuple(stmts), tuple(results))
        after = self.entry
        for key, value in self.values.items():
            result = self.outward(late.get(key, value), outs, after)
            if isinstance(key, str):
                after.env[key] = result
            else:
                after.store[key[0]] = _replace(after.store[key[0]], key[1], result)
        for obj, param in trial.objects.items():
            after.store[obj] = outs[param]
        for obj, version in end.store.items():
            if obj not in after.store and isinstance(obj, Container):
                after.store[obj] = version
        self.grown(after)
        cx.state = after
        cx.stmts.append(make(carries, block, test, exit_atom is not None))
        returned = after.env.get(RETURNED, Lit(False))
        if self.node.orelse:
            broke = carries[-1].out if want_exit else Lit(False)
            cx.state.env[LEFT] = Lit(False)
            cx.hooks["branch"](
                cx, broke, lambda: None, lambda: cx.hooks["stmts"](cx, self.node.orelse)
            )
            if RETURNED in cx.state.env:
                returned = cx.state.env[RETURNED]
        cx.state.env[LEFT] = (
            returned if _has(self.node.body, ast.Return) else cx.state.env.get(LEFT, Lit(False))
        )
        if not _has(self.node.body, ast.Return) and not self.node.orelse:
            cx.state.env[LEFT] = Lit(False)
        cx.state.env[EXIT] = cx.state.env[LEFT]
        if test is not None and _endless(test) and not _own_breaks(self.node.body):
            # Only a return leaves it: what follows is never reached.
            cx.state.env.update({LEFT: Lit(True), EXIT: Lit(True), RETURNED: Lit(True)})

    def late(self, trial: _Trial, end: PyVal, hint: str, state: State) -> PyVal:
        """A name first bound in the body: after the loop it is what the last iteration left."""
        cx = self.cx
        if end is UNDEFINED:
            return end
        if isinstance(end, TupleVal):
            items = tuple(self.late(trial, v, hint, state) for v in end.items)
            return TupleVal(items, end.kind)
        if isinstance(end, ArrayRef) or (is_atom(end) and avals.is_numeric(cx.aval(end))):
            atom = emit.atom(cx, end)
            if isinstance(atom, Lit):
                return atom
            param = Var(_plain(atom.aval), _hint(hint))
            trial.params.append((UNDEFINED, param))
            trial.results.append(atom)
            if isinstance(end, ArrayRef):
                obj = ArrayObj(_hint(hint), cx.origin.span)
                for other in self.held(end):
                    obj.link(other)
                trial.header[obj] = param
                return ArrayRef(obj)
            return param
        held = end.used if isinstance(end, GenVal) else end
        if isinstance(held, (ContainerRef, ObjectRef)) and held.obj not in self.entry.store:
            return Conflict(end, UNDEFINED)
        return end

    def outward(self, value: PyVal, outs: dict[Var, Var], after: State) -> PyVal:
        """A header value as seen after the loop."""
        if isinstance(value, Var):
            return outs.get(value, value)
        if isinstance(value, TupleVal):
            return TupleVal(tuple(self.outward(v, outs, after) for v in value.items), value.kind)
        if isinstance(value, ArrayRef) and value.obj in self.trial.header:
            after.store[value.obj] = outs[self.trial.header[value.obj]]
        return value


def _hint(key: Any) -> str:
    """The user's name for what a slot holds, if it has one."""
    if not isinstance(key, str):
        key = key[1] if key[0].kind is CellType else ""
    return "" if key.startswith("%") else key.partition("@")[0]


def _endless(test: Block) -> bool:
    result = test.results[0]
    return isinstance(result, Lit) and bool(result.value)


def _own_breaks(stmts: Sequence[ast.stmt]) -> bool:
    """Whether a `break` leaves the loop with this body."""
    for s in stmts:
        if isinstance(s, ast.Break):
            return True
        if isinstance(s, ast.If) and _own_breaks([*s.body, *s.orelse]):
            return True
        if isinstance(s, (ast.For, ast.While)) and _own_breaks(s.orelse):
            return True
        if isinstance(s, ast.With) and _own_breaks(s.body):
            return True
        if isinstance(s, ast.Try):
            handlers = [h for handler in s.handlers for h in handler.body]
            if _own_breaks([*s.body, *handlers, *s.orelse, *s.finalbody]):
                return True
    return False


DEAD_KEY = "%dead"


def _plain(aval: Aval) -> Aval:
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


def _countable(cx: Context, source: Counted | None) -> bool:
    """Whether the number of iterations can be known on entry."""
    trip = None if source is None else trip_count(cx, source)
    return trip is not None and cx.facts.static(trip) is not None


def _false(value: PyVal) -> bool:
    return isinstance(value, Lit) and not value.value


def _unbound(spec: _Tuple) -> TupleVal:
    """What stands for a tuple that no iteration has bound."""
    return TupleVal(tuple(UNDEFINED for _ in spec.items))


def _own_symbol(count: Var) -> tuple[Symbol, ...]:
    """What stands for the value of an integer that nothing else is known of."""
    extent = getattr(count.aval, "extent", None)
    return () if extent is None else dims.symbols(extent)


def _extends(now: Any, before: tuple[PyVal, ...], same: Callable[[PyVal, PyVal], bool]) -> bool:
    """Whether a list has only got more elements."""
    return len(now) > len(before) and all(map(same, before, now))


def _slot(held: Any, item: Any) -> PyVal:
    return held.count if isinstance(held, Run) else held[item]


def _replace(held: Any, item: Any, value: PyVal) -> Any:
    if isinstance(held, Run):
        return replace(held, count=value)
    if isinstance(held, dict):
        return {**held, item: value}
    return (*held[:item], value, *held[item + 1 :])


# -- statements ------------------------------------------------------------------------------


def lower_for(cx: Context, node: ast.For) -> None:
    """A for loop: unrolled over a known sequence, else a counted loop."""
    iterable = cx.hooks["iterable"](cx, lower_expr(cx, node.iter))
    if isinstance(iterable, GenVal):
        generators.consume(cx, node, iterable)
        return
    read_once(cx, iterable)
    gens = generators.inside(iterable)
    if gens:
        with generators.undisturbed(cx, node, gens):
            _lower_over(cx, node, iterable)
        return
    _lower_over(cx, node, iterable)


def _lower_over(cx: Context, node: ast.For, iterable: PyVal) -> None:
    items: tuple[PyVal, ...] | None
    if id(node) in cx.demands.unroll or (cx.in_rule and static_items(cx, iterable) is not None):
        items = _unrolled_items(cx, iterable)
    elif _is_counted(cx, iterable):
        items = None
    else:
        iterable = collected(cx, iterable)
        items = static_items(cx, iterable)
    if items is not None:
        hidden = f"%list {node.lineno}"
        held = TupleVal((iterable, Lit(len(items))))
        cx.state.env[hidden] = held if _has_lists(iterable) else UNDEFINED
        _unrolled(cx, node, list(items))
        cx.state.env.pop(hidden, None)
        return
    source = counted(cx, iterable)
    hidden = f"%iterable {node.lineno}"  # the loop holds what it iterates over
    cx.state.env[hidden] = iterable
    lists = [(run, runs.run_of(cx, run)) for run in _runs_in(cx, iterable)]
    entry, emitted = cx.state.fork(), len(cx.stmts)
    try:
        _counted_loop(cx, node, source, peeled=False)
    except Restart:
        if id(node) not in cx.demands.unroll:
            raise
        cx.state = entry  # only this loop is lowered again, not the whole program
        del cx.stmts[emitted:]
        _unrolled(cx, node, list(_unrolled_items(cx, iterable)))
    cx.state.env.pop(hidden, None)
    for value, run in lists:
        now = runs.run_of(cx, value)
        if run is not None and (now is None or now.count is not run.count):
            raise cx.refuse("a list grows while a loop goes over it", "Loop over a copy: h[:].")


def _is_counted(cx: Context, value: PyVal) -> bool:
    """Whether a loop over `value` stays a loop even if its length is known."""
    if isinstance(value, IterVal):
        if value.kind == "range":
            return True
        args = value.args[:1] if value.kind == "enumerate" else value.args
        return bool(args) and all(_is_counted(cx, a) for a in args)
    return isinstance(value, ArrayRef) or runs.run_of(cx, value) is not None


def _runs_in(cx: Context, iterable: PyVal) -> Iterator[PyVal]:
    """The grown lists that a loop goes over."""
    if isinstance(iterable, IterVal):
        for arg in iterable.args:
            yield from _runs_in(cx, arg)
    elif runs.run_of(cx, iterable) is not None:
        yield iterable


def _unrolled_items(cx: Context, iterable: PyVal) -> tuple[PyVal, ...]:
    items = static_items(cx, iterable)
    if items is None:
        source = counted(cx, iterable)
        start, stop, step = (
            static.value(cx, v, "the number of iterations")
            for v in (source.start, source.stop, source.step)
        )
        indices = range(start, stop, step)
        _check_unrolling(cx, len(indices))
        return tuple(source.element(Lit(i)) for i in indices)
    _check_unrolling(cx, len(items))
    return items


def _check_unrolling(cx: Context, times: int) -> None:
    if times > UNROLL_LIMIT:
        raise cx.refuse(
            f"this loop would have to be unrolled {times} times",
            "Keep its index out of places that must be known at compile time.",
        )


def _unrolled(cx: Context, node: ast.For, items: list[PyVal]) -> None:
    env = cx.state.env
    env[EXIT] = Lit(False)
    _unroll_from(cx, node, items)
    left = cx.state.env.get(RETURNED, Lit(False)) if _has(node.body, ast.Return) else Lit(False)
    cx.state.env[LEFT] = left
    cx.state.env[EXIT] = left


def _unroll_from(cx: Context, node: ast.For, items: list[PyVal]) -> None:
    for k, item in enumerate(items):
        exited = cx.state.env[EXIT]
        if not isinstance(exited, Lit):
            rest = items[k:]
            cx.hooks["branch"](
                cx, exited, lambda: None, lambda rest=rest: _resume_unrolled(cx, node, rest)
            )
            return
        if exited.value:
            return
        cx.state.env[LEFT] = Lit(False)
        cx.hooks["assign"](cx, node.target, _at_present(cx, node, item, len(items) - k))
        cx.hooks["stmts"](cx, node.body)
    if node.orelse:
        cx.state.env[LEFT] = Lit(False)
        exited = cx.state.env[EXIT]
        cx.hooks["branch"](cx, exited, lambda: None, lambda: cx.hooks["stmts"](cx, node.orelse))


def _has_lists(iterable: PyVal) -> bool:
    """Whether a loop goes over lists or dicts, whose entries its body may set."""
    if isinstance(iterable, IterVal):
        return any(map(_has_lists, iterable.args))
    return isinstance(iterable, ContainerRef)


def _at_present(cx: Context, node: ast.For, item: PyVal, remaining: int) -> PyVal:
    """The next element: that of a list is read when its turn has come."""
    held = cx.state.env.get(f"%list {node.lineno}", UNDEFINED)
    if not isinstance(held, TupleVal):
        return item
    iterable, count = held.items
    items = static_items(cx, iterable)
    if items is None or len(items) != static.value(cx, count):
        raise cx.refuse("a list changes its length while a loop goes over it", "Loop over a copy.")
    return items[len(items) - remaining]


def _resume_unrolled(cx: Context, node: ast.For, rest: list[PyVal]) -> None:
    cx.state.env[EXIT] = Lit(False)
    _unroll_from(cx, node, rest)


def _counted_loop(cx: Context, node: ast.For, source: Counted, peeled: bool) -> None:
    hint = _hint(node.target.id) if source.plain and isinstance(node.target, ast.Name) else "i"
    index = Var(INT, hint)
    symbol = Symbol(hint, ("var", index.id))
    index.aval = Scalar(INT.dtype, True, dims.symbol(symbol))
    cx.loop_symbols[symbol] = id(node)

    start = source.start.value if isinstance(source.start, Lit) else None
    if isinstance(start, int) and is_number(source.step, 1):
        cx.lowest[symbol] = start

    def body() -> None:
        cx.running[symbol] = index
        cx.hooks["assign"](cx, node.target, source.element(index))
        cx.hooks["stmts"](cx, node.body)

    target = ast.copy_location(
        ast.Assign(targets=[node.target], value=ast.Constant(value=None)), node
    )
    loop = _Loop(cx, node, body, None, [target, *node.body], peeled, source, index)

    def make(carries: Any, block: Block, test: Any, exits: bool) -> Stmt:
        return For(
            emit.atom(cx, source.start),
            emit.atom(cx, source.stop),
            emit.atom(cx, source.step),
            index,
            carries,
            block,
            new_key(),
            exits=exits,
            origin=cx.origin,
        )

    try:
        loop.finish(make)
    except _NeverRuns:
        cx.state = loop.undo()
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)
        cx.hooks["stmts"](cx, node.orelse)
    except Mismatch:
        cx.state = loop.undo()
        _peel(cx, node, source)


def _peel(cx: Context, node: ast.For, source: Counted) -> None:
    """Run the first iteration before the loop: a name changes its kind in it."""
    trip = trip_count(cx, source)
    known = cx.facts.positive(trip) if trip is not None else None
    if known is False:
        return

    def first() -> None:
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)
        cx.hooks["assign"](cx, node.target, source.element(source.start))
        cx.hooks["stmts"](cx, node.body)
        exited = cx.state.env[EXIT]
        cx.hooks["branch"](cx, exited, lambda: None, rest)

    def rest() -> None:
        cx.state.env[LEFT] = Lit(False)
        following = Counted(
            emit.call(cx, "add", source.start, source.step),
            source.stop,
            source.step,
            source.element,
        )
        _counted_loop(cx, node, following, peeled=True)

    if known:
        first()
    else:
        name = "less" if is_number(source.step, 1) else "greater"
        runs = truth(cx, emit.call(cx, name, source.start, source.stop))
        cx.hooks["branch"](cx, runs, first, lambda: None)
    cx.state.env[LEFT] = (
        cx.state.env.get(RETURNED, Lit(False)) if _has(node.body, ast.Return) else Lit(False)
    )
    cx.state.env[EXIT] = cx.state.env[LEFT]


class TestWrites(Exception):
    """The test of a while loop binds names, changes objects or catches exceptions."""


def _changed(before: State, after: State) -> bool:
    """Whether names or objects that were there have changed."""
    return any(after.env.get(k) is not v for k, v in before.env.items()) or any(
        after.store.get(k) is not v for k, v in before.store.items()
    )


def _binds(node: ast.For | ast.While) -> bool:
    """Whether the test of a while loop binds names."""
    test = [node.test] if isinstance(node, ast.While) else []
    return any(bound_by(n) for n in own_nodes(test))


def _with_test_inside(node: Any) -> ast.While:
    """`while test: body; else: rest` as `while True: if test: body; else: rest; break`."""
    if not hasattr(node, "test_inside"):
        leave = ast.copy_location(ast.Break(), node.test)
        choice = ast.If(node.test, [*node.body], [*node.orelse, leave])
        forever = ast.copy_location(ast.Constant(True), node.test)
        loop = ast.While(forever, [ast.copy_location(choice, node.test)], [])
        node.test_inside = ast.copy_location(loop, node)
    result: ast.While = node.test_inside
    return result


def lower_while(cx: Context, node: ast.While, peeled: bool = False) -> None:
    """A while loop."""

    def test() -> PyVal:
        return truth(cx, lower_expr(cx, node.test))

    loop = _Loop(cx, node, lambda: cx.hooks["stmts"](cx, node.body), test, node.body, peeled)

    def make(carries: Any, block: Block, test: Any, exits: bool) -> Stmt:
        return While(carries, test, block, new_key(), exits=exits, origin=cx.origin)

    try:
        loop.finish(make)
    except TestWrites:
        if any(generators.has_own(node.orelse, k) for k in (ast.Break, ast.Continue)):
            raise cx.refuse(
                "the test of this loop writes, and its 'else' leaves the loop around it"
            ) from None
        cx.state = loop.entry
        lower_while(cx, _with_test_inside(node), peeled)
    except Mismatch:
        cx.state = loop.undo()
        cx.state.env[LEFT] = cx.state.env[EXIT] = Lit(False)

        def first() -> None:
            cx.hooks["stmts"](cx, node.body)
            exited = cx.state.env[EXIT]
            cx.hooks["branch"](cx, exited, lambda: None, rest)

        def rest() -> None:
            cx.state.env[LEFT] = Lit(False)
            lower_while(cx, node, peeled=True)

        cx.hooks["branch"](cx, test(), first, lambda: None)
        cx.state.env[LEFT] = (
            cx.state.env.get(RETURNED, Lit(False)) if _has(node.body, ast.Return) else Lit(False)
        )
        cx.state.env[EXIT] = cx.state.env[LEFT]
