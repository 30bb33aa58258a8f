"""The lowering's context: the state of names and objects, and the emission of statements.

`emit` is the one door through which operations enter the IR. In rules it also carries symbolic
zeros and masked adjoints through linear operations, as the primitive's row says.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.analysis.infer import infer
from adcompile.analysis.operands import InferenceError, aval_of, index_items, is_basic
from adcompile.errors import ADCompileError, AmbiguousAlias, Span, UnsupportedSyntax
from adcompile.frontend import layouts
from adcompile.frontend.liveness import live_names
from adcompile.frontend.places import Place
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import (
    DICT_VIEWS,
    ZERO,
    ArrayObj,
    ArrayRef,
    ClassVal,
    Conflict,
    Container,
    ContainerRef,
    FlatVal,
    FuncVal,
    GenVal,
    IterVal,
    Masked,
    MethodVal,
    ObjectRef,
    PartialVal,
    PyVal,
    Run,
    SliceVal,
    State,
    SuperVal,
    TupleVal,
    Zero,
    is_cell,
    leaves,
)
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Lens,
    Let,
    Lit,
    Origin,
    SliceTree,
    Stmt,
    Tree,
    Var,
    View,
)
from adcompile.ir.primitives import Primitive, Registry
from adcompile.ir.walk import Path, tree_vars

JOINING = ("array", "stack", "concatenate")
STATIC_TYPES = (type(None), str, bytes, bool, types.FunctionType, types.ModuleType, type)


APPENDED = "%appended"
"""The part of a list from outside that is known where the function only appends to it."""


class Mismatch(Exception):
    """A name is of one kind before a loop and of another after its body."""


class Bottom(Exception):
    """A recursive call whose result is not known yet: this path is left out for now."""


class Restart(Exception):
    """Lowering must begin again with one more thing known (an unrolled loop, a layout)."""


@dataclass
class Demands:
    """What earlier attempts at lowering found necessary."""

    unroll: set[int] = field(default_factory=set)
    peel: set[int] = field(default_factory=set)
    layouts: set[int] = field(default_factory=set)
    recursive: set[Any] = field(default_factory=set)
    kept: set[Any] = field(default_factory=set)
    slots: dict[Any, tuple[Place, Any]] = field(default_factory=dict)
    changes: bool = False
    one_container: bool = False
    could_unroll: set[int] = field(default_factory=set)

    def read(self, place: Place) -> None:
        """A list at `place` is read: it no longer does to know what is appended to it."""
        if self.slots.pop((place.identity, APPENDED), None) is not None:
            self.slots[place.identity, None] = (place, None)
            raise Restart


@dataclass(eq=False)
class Attempt:
    """A block that may end in an exception that the program catches, while it is lowered.

    changed: names and objects of before that it changes, each with the number of the block's
    statements that have run by then, and the place.
    """

    stmts: list[Stmt]
    entry: State
    frame: Frame
    changed: dict[Any, tuple[int, Span | None]] = field(default_factory=dict)


@dataclass(eq=False)
class Frame:
    """One function being lowered: its source, and the frame it was defined in.

    A generator that is inlined into a loop has the frame of that loop as `host`, and its names
    in the host's state, each with `suffix`.
    What a `library` frame emits comes from the line of its call. `line` is where a frame is.
    """

    source: FunctionSource
    outer: Frame | None = None
    line: int | None = None
    node: Any = None
    final_env: dict[str, PyVal] | None = None
    home: Any = None
    owner: Any = None
    host: Frame | None = None
    suffix: str = ""

    @property
    def root(self) -> Frame:
        """The frame whose state holds this one's names."""
        return self if self.host is None else self.host.root

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def library(self) -> bool:
        """Whether it is a composition that stands for a library's function, or says what one
        does: its lines are not the user's."""
        module = self.source.fn.__module__
        return module.startswith("adcompile.rules.") or module == "adcompile.frontend.mutation"


class Context:
    """Everything the lowering of one program needs."""

    def __init__(
        self,
        registry: Registry,
        facts: Facts,
        demands: Demands | None = None,
        in_rule: bool = False,
    ) -> None:
        self.registry = registry
        self.facts = facts
        self.demands = demands or Demands()
        self.in_rule = in_rule
        self.state = State()
        self.stmts: list[Stmt] = []
        self.frames: list[Frame] = []
        self.callers: list[dict[str, PyVal]] = []
        self.origin = Origin()
        self.captured: dict[Hashable, PyVal] = {}
        self.capture: Any = None
        self.guards: list[tuple[Place, Any]] = []
        self.loop_symbols: dict[Symbol, int] = {}
        self.running: dict[Symbol, Var] = {}
        self.lowest: dict[Symbol, float] = {}
        self.partial: set[Atom] = set()
        self.layouts: dict[int, str] = {}
        self.homes = Homes()
        self.path: Path = ()
        self.hooks: dict[str, Any] = {}
        self.linear: set[Var] = set()
        self.np_floats = False
        self.bound_at: dict[str, Span] = {}
        self.late: list[set[str]] = []
        self.attempts: list[Attempt] = []
        self.handled: list[Var] = []
        self.guesses: dict[Any, Aval | None] = {}
        self.objects: dict[int, ObjectRef] = {}
        self.cells: dict[int, ContainerRef] = {}
        self.places: dict[Any, tuple[Place, ObjectRef | ContainerRef]] = {}
        self.captured_leaves: dict[int, Place] = {}
        self.arguments: dict[str, PyVal] = {}
        self.inner = False
        self.parent: Context | None = None
        self.bring: Callable[[PyVal, str], PyVal] | None = None
        self.written: set[int] = set()
        self.settled: dict[int, Any] = {}
        self.generators: dict[str, Any] = {}
        self.texts: dict[Var, tuple[str, Sequence[PyVal]]] = {}
        self.pending: list[PyVal] = []

    # -- errors ------------------------------------------------------------------------------

    def span(self, node: Any) -> Span | None:
        if not self.frames or self.frames[-1].source.hidden:
            return self.origin.span
        return self.frames[-1].source.span(node)

    def refuse(
        self,
        message: str,
        advice: str = "",
        kind: type[ADCompileError] | None = None,
        span: Span | None = None,
        raises: Exception | None = None,
    ) -> ADCompileError:
        """The error to raise for something at the current statement. `raises`: what the plain
        function would raise there."""
        error = (kind or UnsupportedSyntax)(message, span or self.origin.span, advice)
        error.raises = raises
        return error

    @contextmanager
    def at(self, node: Any) -> Iterator[None]:
        """Statements emitted inside come from `node`."""
        before = self.origin
        if self.in_rule or not self.frames or self.frames[-1].library:
            yield
            return
        self.origin = Origin(self.span(node), before.derivative)
        try:
            yield
        except ADCompileError as exc:
            raise exc.located(self.origin.span) from exc.__cause__
        finally:
            self.origin = before

    def env_of(self, frame: Frame) -> dict[str, PyVal]:
        """The present names of a frame: also of one that has returned."""
        if frame.final_env is not None:
            return frame.final_env
        at = next(i for i, f in enumerate(self.frames) if f.root is frame.root)
        return self.state.env if at == len(self.frames) - 1 else self.callers[at]

    def enter(
        self,
        source: FunctionSource,
        outer: Frame | None = None,
        home: Any = None,
    ) -> Frame:
        """A frame for a function whose lowering begins here."""
        frame = Frame(source, outer, home=home, owner=self)
        self.frames.append(frame)
        return frame

    def lookup(self, frame: Frame, name: str) -> PyVal | None:
        """What a name of an enclosing function is bound to now; None if it is not bound."""
        if frame.owner is self or self.parent is None:
            return self.env_of(frame).get(name)
        found = self.parent.lookup(frame, name)
        if found is None or found is UNDEFINED:
            return found
        if is_cell(found):
            (found,) = self.parent.state.store[found.obj].values()  # type: ignore[union-attr]
        assert self.bring is not None
        return self.bring(found, name)

    @contextmanager
    def within(self, stmt: Any) -> Iterator[None]:
        """Lower a statement of an inlined generator, or of its consumer, in its own frame."""
        role = getattr(stmt, "role", None)
        if role is None:
            yield
            return
        suffix, inside = role
        generator = self.generators[suffix]
        before = self.frames[-1]
        self.frames[-1] = generator if inside else generator.host
        try:
            yield
        finally:
            self.frames[-1] = before

    # -- blocks ------------------------------------------------------------------------------

    @contextmanager
    def block(self, state: State, stmts: list[Stmt] | None = None) -> Iterator[list[Stmt]]:
        """Lower into another block, with its own state."""
        before = self.stmts, self.state
        self.stmts, self.state = ([] if stmts is None else stmts), state
        try:
            yield self.stmts
        finally:
            self.stmts, self.state = before

    def note_change(self, what: Any, midway: bool = False) -> None:
        """A name of this frame or an object is about to change: may a handler see either?
        midway: what changes it may raise when it has done so."""
        for attempt in self.attempts:
            if isinstance(what, str):
                known = attempt.frame.root is self.frames[-1].root
            else:
                outside = getattr(what, "opening", None) is not None
                known = outside or what in attempt.entry.store
            if known:
                writes = isinstance(what, ArrayObj) and self.stmts is attempt.stmts and not midway
                at = len(attempt.stmts) + writes
                attempt.changed.setdefault(what, (at, self.origin.span))

    # -- values ------------------------------------------------------------------------------

    def new_var(self, aval: Aval, hint: str = "") -> Var:
        hint = hint.partition("@")[0]
        var = Var(aval, hint)
        if isinstance(aval, Scalar) and aval.dtype.kind == "i" and aval.extent is None:
            extent = dims.symbol(Symbol(hint or "k", ("var", var.id)))
            var.aval = Scalar(aval.dtype, aval.weak, extent)
        return var

    def new_array(self, version: Var, hint: str = "", leaf: int | None = None) -> ArrayRef:
        obj = ArrayObj(hint or version.hint, self.origin.span, leaf)
        self.state.store[obj] = version
        return ArrayRef(obj)

    def wrap(self, atom: Atom) -> PyVal:
        """A PyVal for an IR value: arrays become fresh objects."""
        if isinstance(atom, Var) and isinstance(atom.aval, Array):
            return self.new_array(atom)
        return atom

    def read(self, ref: ArrayRef) -> Var:
        """The present content of an array or view."""
        value: Var = self.state.store[ref.obj]
        for step in ref.path:
            value = self._let(step.op, (value, *step.args), dict(step.kwargs))
        return value

    def atom(self, value: PyVal) -> Atom:
        """A number or array as an operand."""
        if isinstance(value, (Var, Lit)):
            return value
        if isinstance(value, ArrayRef):
            return self.read(value)
        if isinstance(value, Masked):
            return self.atom(self.unmask(value))
        if isinstance(value, FlatVal):
            return self.atom(self.call("ravel", value.ref))
        is_set = isinstance(value, ContainerRef) and value.obj.kind not in (list, tuple)
        if isinstance(value, (TupleVal, ContainerRef)) and not is_set:
            array = self.emit(self.registry.by_name["array"], [value])
            return self.atom(array)
        raise self.unusable(value)

    def unusable(self, value: PyVal) -> ADCompileError:
        if isinstance(value, Conflict) and value.why:
            return self.refuse(value.why, "Bind it before the 'try', or inside each handler.")
        if isinstance(value, Conflict) and UNDEFINED in (value.first, value.second):
            return self.refuse(
                "this was made inside a loop and cannot be used after it",
                "Use it in the loop, or keep it in a list.",
            )
        if isinstance(value, Conflict):
            return self.refuse(
                f"this is {self.describe(value.first)} on one path and "
                f"{self.describe(value.second)} on another",
                "Bind the name to the same kind of value on every path.",
            )
        if isinstance(value, Zero):
            return self.refuse("a derivative rule must be linear in its tangents")
        advice = "Make it a list first: [...] or list(...)." if isinstance(value, GenVal) else ""
        return self.refuse(
            f"{self.describe(value)} cannot be used as a number or array here", advice
        )

    def describe(self, value: PyVal) -> str:
        if value is UNDEFINED:
            return "unbound"
        if isinstance(value, Var):
            return f"a {value.aval}"
        if isinstance(value, Lit):
            return "None" if value.value is None else f"a {type(value.value).__name__}"
        if isinstance(value, ArrayRef):
            aval = self.ref_aval(value)
            return f"an array of rank {aval.ndim}"
        names = {
            TupleVal: "a tuple",
            SliceVal: "a slice",
            IterVal: "an iterator",
            GenVal: "a generator",
        }
        if isinstance(value, (ContainerRef, ObjectRef)):
            kind = value.obj.kind
            return f"a {kind.name if isinstance(kind, ClassVal) else kind.__name__}"
        if isinstance(value, ClassVal):
            return f"the class {value.name}"
        return names.get(type(value), "a function")

    def ref_aval(self, ref: ArrayRef) -> Array:
        """Kind and shape of an array or view, without emitting a read."""
        aval: Aval = self.state.store[ref.obj].aval
        for step in ref.path:
            try:
                aval = infer(step.op, (Var(aval), *step.args), dict(step.kwargs), self.facts)
            except InferenceError as exc:
                raise self.refuse(f"{_name(step.op)} {exc}") from None
        assert isinstance(aval, Array)
        return aval

    def aval(self, value: PyVal) -> Aval:
        if isinstance(value, ArrayRef):
            return self.ref_aval(value)
        if isinstance(value, Masked):
            return self.aval(value.value)
        if isinstance(value, (Var, Lit)):
            return aval_of(value)
        return Opaque(type(value).__name__)

    def tree(self, value: PyVal) -> Tree:
        """A value as an operand tree: tuples and lists stay structured."""
        if isinstance(value, TupleVal):
            return tuple(self.tree(v) for v in value.items)
        if isinstance(value, ContainerRef) and value.obj.kind is list:
            held = self.state.store[value.obj]
            if isinstance(held, Run):
                raise self.refuse("a list that grew in a loop cannot be used here", "np.array(...)")
            return tuple(self.tree(v) for v in held)
        if isinstance(value, SliceVal):
            return SliceTree(self.atom(value.start), self.atom(value.stop), self.atom(value.step))
        return self.atom(value)

    # -- emission ----------------------------------------------------------------------------

    def prim(self, name: str) -> Primitive:
        return self.registry.by_name[name]

    def call(self, name: str, *args: PyVal, **kwargs: PyVal) -> PyVal:
        """Emit a primitive by name."""
        return self.emit(self.prim(name), args, kwargs)

    def emit(
        self, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal] | None = None
    ) -> PyVal:
        """prim(*args, **kwargs) as a statement; the result as an abstract Python value."""
        kwargs = dict(kwargs or {})
        if prim.name in JOINING:
            run = self.hooks["as_run"](self, args[0])
            if run is not None:
                return self.hooks["joined"](self, prim, run, args, kwargs)
            args = [self._with_arrays(args[0]), *args[1:]]
        if self.in_rule:
            special = self._zero_or_masked(prim, args, kwargs)
            if special is not None:
                return special
            prim = self._derivative_spelling(prim, args)
            if self.np_floats and prim.name in ("divide", "power"):
                args = [self._as_float64(args[0]), *args[1:]]
        if prim.name == "transpose" and isinstance(self.aval(args[0]), Scalar):
            return args[0]
        if prim.name in ("real", "imag", "conj") and not avals.is_complex(self.aval(args[0])):
            if prim.name == "imag":
                return self._zero_like(args[0])
            if prim.name == "real" or self.in_rule:
                return args[0]
        folded = _fold(prim, args, kwargs)
        if folded is not None:
            return folded
        view = self._as_view(prim, args, kwargs)
        if view is not None:
            return view
        trees = tuple(self.tree(a) for a in args)
        out = self._let(prim, trees, {k: self.tree(v) for k, v in kwargs.items()})
        if isinstance(out.aval, avals.Parts):
            return self.parts_of(out)
        if not isinstance(out.aval, Array):
            return out
        result = self.new_array(out)
        result.obj.layout = layouts.fresh_layout(self, prim, args, out.aval.ndim)
        if prim.alias != "fresh" and not (prim.name == "getitem" and not is_basic(trees[1])):
            for base in (a for a in args if isinstance(a, ArrayRef)):
                result.obj.link(base.obj)
        return result

    def _with_arrays(self, value: PyVal) -> PyVal:
        """A nesting of sequences with arrays for the lists in it that grew in loops."""
        if isinstance(value, TupleVal) or (
            isinstance(value, ContainerRef) and value.obj.kind is list
        ):
            run = self.hooks["as_run"](self, value)
            if run is not None:
                return self.hooks["joined"](self, self.prim("array"), run, (value,), {})
            return TupleVal(tuple(map(self._with_arrays, self.items(value) or ())))
        return value

    def _zero_like(self, value: PyVal) -> PyVal:
        """The imaginary part of a real number or array."""
        return self.call("zeros_like", value) if isinstance(self.aval(value), Array) else Lit(0.0)

    def parts_of(self, var: Var) -> TupleVal:
        """The items of a tuple that a library function returned."""
        kind = var.aval
        assert isinstance(kind, avals.Parts)
        part = self.prim("part_of")
        items = (self.wrap(self._let(part, (var, Lit(k)), {})) for k in range(len(kind.items)))
        return TupleVal(tuple(items), kind.kind)

    def _let(self, prim: Primitive, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Var:
        try:
            aval = infer(prim, args, kwargs, self.facts)
        except InferenceError as exc:
            raise self.refuse(f"{_name(prim)} {exc}", kind=UnsupportedSyntax) from None
        except AssertionError:
            kinds = ", ".join(str(aval_of(a)) for a in args)
            raise self.refuse(f"{_name(prim)} cannot be applied to: {kinds}") from None
        out = self.new_var(aval)
        linear = any(v in self.linear for v in _vars(args, kwargs)) if self.linear else False
        if linear:
            self.linear.add(out)
        self.stmts.append(Let(out, prim, args, tuple(kwargs.items()), self.origin, linear))
        return out

    def effect(self, name: str, *trees: Tree, **kwargs: Tree) -> None:
        """Emit a statement that happens once, in order."""
        prim = self.prim(name)
        named = tuple(kwargs.items())
        self.stmts.append(Let(Var(Opaque("none")), prim, trees, named, self.origin))

    def _as_view(
        self, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
    ) -> PyVal | None:
        """A view of an object, not read yet, where the operation gives one."""
        base = args[0] if args else None
        if not isinstance(base, ArrayRef) or self.in_rule:
            return None
        if prim.name == "getitem":
            index = self.tree(args[1])
            if not is_basic(index):
                return None
            try:
                aval = infer(prim, (Var(self.ref_aval(base)), index), {}, self.facts)
            except InferenceError as exc:
                raise self.refuse(f"{_name(prim)} {exc}") from None
            if not isinstance(aval, Array):
                return None
            part = ArrayRef(base.obj, (*base.path, View(prim, (index,))))
            if self.attempts and any(isinstance(i, (Var, Lit)) for i in index_items(index)):
                self.read(part)  # out of range it raises here, not where the view is read
            return part
        if prim.alias == "view" and prim.name != "unbroadcast":
            step = View(
                prim,
                tuple(self.tree(a) for a in args[1:]),
                tuple((k, self.tree(v)) for k, v in kwargs.items()),
            )
            ref = ArrayRef(base.obj, (*base.path, step))
            self.ref_aval(ref)
            return ref
        if prim.alias == "layout":
            view = layouts.gives_view(self, prim, base, args)
            if view:
                step = View(
                    prim,
                    tuple(self.tree(a) for a in args[1:]),
                    tuple((k, self.tree(v)) for k, v in kwargs.items()),
                )
                return ArrayRef(base.obj, (*base.path, step))
            if view is False:
                return self.emit(prim, [self.call("copy", base), *args[1:]], kwargs)
        return None

    # -- writes ------------------------------------------------------------------------------

    def write(self, ref: ArrayRef, index: PyVal, value: PyVal, accumulate: bool = False) -> None:
        """ref[index] = value, or += value (of a basic index)."""
        for step in ref.path:
            if step.op.readonly:
                raise self.refuse(
                    f"{_name(step.op).removeprefix('.')} gives a view that cannot be written",
                    "Write to a copy (`.copy()`), or to the array itself by index.",
                )
        self._check_alias(ref.obj)
        if ref.obj.leaf is not None:
            place = self.captured_leaves.get(ref.obj.leaf)
            if place is not None:
                self.demand(place, None)
            self.written.add(ref.obj.leaf)
        base: Var = self.state.store[ref.obj]
        operand = self.atom(value)
        assert isinstance(base.aval, Array)
        at = layouts.needs_order(self, base.aval, ref.path)
        if at is not None and layouts.base_layout(self, ref.obj) != "C":
            self._write_behind(ref, at, index, operand, accumulate)
            return
        tree = self.tree(index)
        where: Tree = Lens(ref.path, tree) if ref.path else tree
        prim = self.prim("scatter_add" if accumulate else "setitem")
        self.note_change(ref.obj)
        out = Var(base.aval, ref.obj.hint)
        self.stmts.append(Let(out, prim, (base, where, operand), (), self.origin))
        self.state.store[ref.obj] = out

    def _write_behind(
        self, ref: ArrayRef, at: int, index: PyVal, value: PyVal, accumulate: bool
    ) -> None:
        """A write through a reshape of an array that is not in C order: the reshaped array is
        written apart, and its entries put back."""
        whole = ArrayRef(ref.obj, ref.path[:at])
        part = self.call("copy", ArrayRef(ref.obj, ref.path[: at + 1]))
        assert isinstance(part, ArrayRef)
        self.write(ArrayRef(part.obj, ref.path[at + 1 :]), index, value, accumulate)
        self.write(whole, Lit(Ellipsis), self.call("reshape", part, self.shape_value(whole)))

    def reachable(self) -> set[ArrayObj]:
        """The arrays that some live name or container can still reach."""
        seen: set[Any] = set()
        todo: list[PyVal] = [*self.pending]
        for frame, env in zip(self.frames, (*self.callers, self.state.env), strict=False):
            spliced = frame.host is not None or frame.source.hidden
            if frame.line is None or spliced or self.in_rule:
                todo.extend(env.values())
                continue
            live = live_names(frame.source.node, frame.line)
            todo.extend(v for k, v in env.items() if k in live or "@" in k or "%" in k)
        while todo:
            value = todo.pop()
            for leaf in leaves(value):
                if isinstance(leaf, ArrayRef):
                    seen.add(leaf.obj)
                elif isinstance(leaf, (ContainerRef, ObjectRef)) and leaf.obj not in seen:
                    seen.add(leaf.obj)
                    held = self.state.store.get(leaf.obj, ())
                    if isinstance(held, Run):
                        held = held.columns or ()
                    todo.extend(held.values() if isinstance(held, dict) else held)
                elif isinstance(leaf, Conflict):
                    todo.extend((leaf.first, leaf.second))
                elif isinstance(leaf, (IterVal, PartialVal)):
                    todo.extend(leaf.args)
                elif isinstance(leaf, (SuperVal, MethodVal)):
                    todo.append(leaf.owner)
                elif isinstance(leaf, GenVal):
                    todo.extend(leaf.env.values())
                elif isinstance(leaf, FlatVal):
                    todo.append(leaf.ref)
                elif isinstance(leaf, FuncVal) and leaf not in seen:
                    seen.add(leaf)
                    todo.extend(leaf.defaults)
                    todo.extend((leaf.frame.final_env or {}).values())
        return {s for s in seen if isinstance(s, ArrayObj)}

    def _check_alias(self, obj: ArrayObj) -> None:
        """Refuse a write whose effect on another live array is undecided."""
        if obj.repeats:
            raise self._list_alias(obj, obj)
        if not obj.maybe:
            return
        live = self.reachable()
        for other in obj.maybe:
            if other not in live and other.leaf not in self.captured_leaves:
                continue
            if obj.rows or other.rows:
                raise self._list_alias(obj, other)
            self.ask_layouts()
            name, second = (
                default if not side.hint or side.hint.startswith("%") else side.hint
                for side, default in ((obj, "this array"), (other, "another array"))
            )
            related = tuple(
                s
                for s in (self._named(other), other.born, obj.born)
                if s is not None and s != self.origin.span
            )
            raise AmbiguousAlias(
                f"this writes {name}, which may or may not share memory with {second}",
                self.origin.span,
                "Write to a copy (`.copy()`), or bind the name to one array on every path.",
                related[:1],
            )

    def _list_alias(self, obj: ArrayObj, other: ArrayObj) -> AmbiguousAlias:
        """A write that changes elements of a list that grows in a loop."""
        kept, written = (obj, other) if obj.rows else (other, obj)
        name = kept.hint or "the list"
        return AmbiguousAlias(
            f"this writes an array that {name} may hold, and so an element of it",
            self.origin.span,
            f"Append a copy: `{name}.append({written.hint or 'u'}.copy())`.",
        )

    def ask_layouts(self) -> None:
        """Let the arguments' memory layouts join the signature."""
        if not self.demands.layouts >= set(self.layouts):
            self.demands.layouts |= set(self.layouts)
            raise Restart

    def _named(self, obj: ArrayObj) -> Span | None:
        """Where a name that still reaches `obj` was bound."""
        for env in (self.state.env, *self.callers):
            for name, value in env.items():
                if isinstance(value, ArrayRef) and value.obj is obj and name in self.bound_at:
                    return self.bound_at[name]
        return None

    # -- rules: symbolic zeros and masks -------------------------------------------------------

    def unmask(self, value: Masked) -> PyVal:
        return self.emit(self.prim("where"), [value.cond, value.value, Lit(0.0)])

    def _derivative_spelling(self, prim: Primitive, args: Sequence[PyVal]) -> Primitive:
        """On Python floats a derivative is written with `math` and conditional expressions."""
        kinds = [self.aval(a) for a in args]
        if not all(isinstance(k, Scalar) for k in kinds):
            return prim
        if prim.name == "where":
            return self.prim("select")
        twin = self.registry.python_twin.get(prim.name)
        if twin is not None and not self.np_floats and all(k == avals.FLOAT for k in kinds):
            return twin
        return prim

    def _as_float64(self, value: PyVal) -> PyVal:
        """A Python float as a NumPy one, which divides by zero without an exception."""
        if isinstance(value, Lit) and isinstance(value.value, (int, float)):
            return Lit(np.float64(value.value))
        return self.call("float64", value) if self.aval(value) == avals.FLOAT else value

    def _zero_or_masked(
        self, prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
    ) -> PyVal | None:
        """The result where an operand is zero or masked; None for an ordinary emission."""
        zeros = [_is_zero(a) for a in args]
        if any(zeros):
            return self._with_zeros(prim, args, kwargs, zeros)
        masked = [i for i, a in enumerate(args) if isinstance(a, Masked)]
        if not masked:
            return None
        plain = list(args)
        first = args[masked[0]]
        assert isinstance(first, Masked)
        if len(masked) == 1:
            plain[masked[0]] = first.value
            if prim.elementwise and any(masked[0] in g for g in prim.linear):
                shape = self.facts.broadcast([avals.shape_of(self.aval(a)) for a in plain])
                if shape == avals.shape_of(self.aval(first.cond)) and prim.name in (
                    "multiply",
                    "divide",
                    "negative",
                    "np_multiply",
                ):
                    return Masked(self.emit(prim, plain, kwargs), first.cond)
            elif prim.alias in ("view", "layout") and prim.name in (
                "reshape",
                "transpose",
                "swapaxes",
                "expand_dims",
                "squeeze",
                "ravel",
            ):
                cond = self.emit(prim, [first.cond, *plain[1:]], kwargs)
                return Masked(self.emit(prim, plain, kwargs), cond)
        return self.emit(
            prim, [self.unmask(a) if isinstance(a, Masked) else a for a in args], kwargs
        )

    def _with_zeros(
        self,
        prim: Primitive,
        args: Sequence[PyVal],
        kwargs: Mapping[str, PyVal],
        zeros: list[bool],
    ) -> PyVal:
        for group in prim.linear:
            if all(zeros[i] for i in group):
                return ZERO
        if prim.rule in ("add", "subtract"):
            if zeros[1]:
                return args[0]
            return args[1] if prim.rule == "add" else self.call("negative", args[1])
        if prim.name in ("where", "select"):
            return self.emit(prim, [Lit(0.0) if z else a for a, z in zip(args, zeros, strict=True)])
        if not prim.linear and prim.name in ("unbroadcast", "astype"):
            return ZERO
        raise self.refuse(f"a derivative rule must be linear in its tangents; {prim.name} is not")

    # -- shapes --------------------------------------------------------------------------------

    def dim_value(self, value: PyVal, axis: int) -> PyVal:
        """value.shape[axis] as an operand: a literal, an argument's length, or a read."""
        shape = avals.shape_of(self.aval(value))
        return self.length(shape[axis], lambda: self._dim_of(value, axis))

    def _dim_of(self, value: PyVal, axis: int) -> PyVal:
        return self.emit(self.prim("dim"), [self.atom(value), Lit(axis)])

    def length(self, dim: dims.Dim, otherwise: Any) -> PyVal:
        """A symbolic length as an operand, through the arguments where that is possible."""
        if isinstance(dim, int):
            return Lit(dim)
        parts = [self._symbol_value(s) for s, _ in dim.terms[:3]]
        if len(parts) > 2 or any(p is None for p in parts):
            return otherwise()
        total: PyVal | None = None
        for (_, coefficient), part in zip(dim.terms, parts, strict=True):
            assert part is not None
            if coefficient != 1:
                part = self.call("multiply", Lit(coefficient), part)
            total = part if total is None else self.call("add", total, part)
        assert total is not None
        if dim.const:
            name = "add" if dim.const > 0 else "subtract"
            total = self.call(name, total, Lit(abs(dim.const)))
        return total

    def _symbol_value(self, s: Symbol) -> PyVal | None:
        """A symbol as an operand: read where it shows, or computed from its arguments."""
        if s in self.running:
            return self.running[s]
        found = self.homes.find(s, self.path)
        if found is not None:
            var, axis = found
            return var if axis is None else self._let(self.prim("dim"), (var, Lit(axis)), {})
        op = (
            {
                "mul": "multiply",
                "floordiv": "floor_divide",
                "mod": "remainder",
                "min": "python_min",
                "max": "python_max",
            }.get(str(s.key[0]))
            if isinstance(s.key, tuple)
            else None
        )
        if op is None:
            return None
        missing = object()
        values = [self.length(a, lambda: missing) for a in s.key[1]]  # type: ignore[index]
        return None if any(v is missing for v in values) else self.call(op, *values)

    def shape_value(self, value: PyVal) -> TupleVal:
        """value.shape as a tuple of lengths."""
        rank = len(avals.shape_of(self.aval(value)))
        return TupleVal(tuple(self.dim_value(value, axis) for axis in range(rank)))

    # -- containers ----------------------------------------------------------------------------

    def new_list(self, items: Sequence[PyVal]) -> ContainerRef:
        obj = Container(list, self.origin.span)
        self.state.store[obj] = tuple(items)
        return ContainerRef(obj)

    def new_dict(self, items: Mapping[Any, PyVal]) -> ContainerRef:
        obj = Container(dict, self.origin.span)
        self.state.store[obj] = dict(items)
        return ContainerRef(obj)

    def new_object(self, cls: Any, attributes: Mapping[str, PyVal]) -> ObjectRef:
        obj = Container(cls, self.origin.span)
        self.state.store[obj] = dict(attributes)
        return ObjectRef(obj)

    def new_set(self, items: Sequence[PyVal]) -> ContainerRef:
        """A set of values known at compile time, in the order in which Python holds them."""
        obj = Container(set, self.origin.span)
        held = {self.static(v, "an element of a set") for v in items}
        self.state.store[obj] = tuple(Lit(v) for v in held)
        return ContainerRef(obj)

    def new_iterator(self) -> ContainerRef:
        """Whether an iterator has been read: an entry of the store, so that control flow counts."""
        obj = Container(types.GeneratorType, self.origin.span)
        self.state.store[obj] = {"used": Lit(False)}
        return ContainerRef(obj)

    def read_once(self, iterator: ContainerRef) -> None:
        """Read an iterator; it is refused a second time."""
        used = self.state.store[iterator.obj]["used"]
        if not isinstance(used, Lit) or used.value:
            raise self.refuse(
                "this iterator may have been consumed before",
                "Make it a list, which can be read again, or make a new one for each use.",
            )
        self.state.store[iterator.obj] = {"used": Lit(True)}

    def new_cell(self, name: str, value: PyVal) -> ContainerRef:
        """The place of a name that inner functions rebind."""
        obj = Container(types.CellType, self.origin.span)
        self.state.store[obj] = {name: value}
        return ContainerRef(obj)

    def change(self, ref: ContainerRef, held: Any) -> None:
        """Set the contents of a list or dict of this call's own."""
        if ref.obj.place is not None:
            self.demand(ref.obj.place, None)
        if ref.obj.closed_over:
            raise self.refuse(
                f"changing a {ref.obj.kind.__name__} of an enclosing function is not supported "
                "where a derivative is taken inside",
                "Return what changes.",
            )
        if ref.obj.argument:
            self.demands.changes = True
        if ref.obj.frozen:
            raise self.refuse(
                f"this changes a {ref.obj.kind.__name__} that is an element of a list that grew "
                "in a loop",
                "Change it before it is appended.",
            )
        self.note_change(ref.obj)
        self.state.store[ref.obj] = held

    def appended(self, ref: ContainerRef) -> ContainerRef:
        """Of a list from outside that was not read: what the function appends to it."""
        assert ref.obj.place is not None
        self.demand(ref.obj.place, APPENDED)
        assert ref.obj.appended is not None
        return ContainerRef(ref.obj.appended)

    # -- what is outside -----------------------------------------------------------------------

    def outside_object(self, value: Any, place: Place) -> ObjectRef:
        """An object from outside; found at several places it is one."""
        ref = self.objects.get(id(value))
        if ref is None:
            obj = Container(type(value), self.origin.span)
            obj.place, obj.value = place, value
            ref = self.objects[id(value)] = ObjectRef(obj)
        if place.root.kind != "constant" and place.identity not in self.places:
            self.guards.append((Place("class", place), type(value)))
        self.places[place.identity] = (place, ref)
        return ref

    def demand(self, place: Place, part: Any) -> None:
        """What is at `place` (its attribute `part`) is written: it must be known on entry."""
        if self.inner:
            raise self.refuse(
                "changing what is outside of a function is not supported inside a function whose "
                "derivative is taken here",
                "Return what changes.",
            )
        key = (place.identity, part)
        if key not in self.demands.slots:
            self.demands.slots[key] = (place, part)
            raise Restart

    def items(self, value: PyVal) -> tuple[PyVal, ...] | None:
        """The elements of a tuple or list whose length is known, else None."""
        if isinstance(value, TupleVal):
            return value.items
        if isinstance(value, IterVal) and value.kind in DICT_VIEWS:
            return self._dict_view(value)
        if isinstance(value, ContainerRef):
            held = self.state.store[value.obj]
            if isinstance(held, dict):
                return tuple(Lit(k) for k in held)
            return None if isinstance(held, Run) else tuple(held)
        if isinstance(value, Lit) and isinstance(value.value, (tuple, list, str)):
            return tuple(Lit(v) for v in value.value)
        return None

    def python_type(self, value: PyVal) -> type:
        """type(value) of a value that is no instance of a user's class."""
        if isinstance(value, Lit):
            return type(value.value)
        if isinstance(value, TupleVal):
            return value.kind
        if isinstance(value, ContainerRef):
            kind: type = value.obj.kind
            return kind
        aval = self.aval(value)
        if isinstance(aval, Array):
            return np.ndarray
        if isinstance(aval, Scalar):
            python = {"b": bool, "i": int, "f": float, "c": complex}
            return python[aval.dtype.kind] if aval.weak else aval.dtype.type
        return types.FunctionType

    def _dict_view(self, value: IterVal) -> tuple[PyVal, ...]:
        """What a dict's items(), keys() or values() hold now."""
        (owner,) = value.args
        assert isinstance(owner, ContainerRef)
        held = self.state.store[owner.obj]
        if value.kind == "values":
            return tuple(held.values())
        if value.kind == "keys":
            return tuple(Lit(k) for k in held)
        return tuple(TupleVal((Lit(k), v)) for k, v in held.items())

    def static(self, value: PyVal, what: str = "this") -> Any:
        """The Python value of `value`, made known at compile time where that is possible."""
        if isinstance(value, Lit):
            return value.value
        if isinstance(value, TupleVal):
            return tuple(self.static(v, what) for v in value.items)
        held = self.items(value) if isinstance(value, ContainerRef) else None
        if held is not None:
            return [self.static(v, what) for v in held]
        if isinstance(value, SliceVal):
            parts = (value.start, value.stop, value.step)
            return slice(*(self.static(v, what) for v in parts))
        if isinstance(value, Var) and value in self.texts:
            template, pieces = self.texts[value]
            return template.format(*(self.static(p, what) for p in pieces))
        if isinstance(value, Var) and isinstance(value.aval, Scalar):
            extent = value.aval.extent
            if extent is not None:
                known = self.facts.static(extent)
                if known is not None:
                    return known
                for s in dims.all_symbols(extent):
                    if s in self.loop_symbols:
                        self.demands.unroll.add(self.loop_symbols[s])
                        raise Restart
        # A loop around may decide it: each of its iterations alone knows more.
        around = (self.loop_symbols[s] for s in self.running if s in self.loop_symbols)
        self.demands.could_unroll.update(around)
        raise self.refuse(
            f"{what} must be known at compile time",
            "Make it a literal, an integer argument, or an entry of a shape.",
        )


def _is_zero(value: PyVal) -> bool:
    if isinstance(value, TupleVal):
        return bool(value.items) and all(_is_zero(v) for v in value.items)
    return isinstance(value, Zero)


def _vars(args: Sequence[Tree], kwargs: Mapping[str, Tree]) -> Iterator[Var]:
    for tree in (*args, *kwargs.values()):
        yield from tree_vars(tree)


def _name(prim: Primitive) -> str:
    return prim.name if prim.spelling.startswith("@") else prim.spelling.removeprefix("u")


_NUMBERS = (bool, int, float, complex, np.generic)


def _fold(prim: Primitive, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]) -> Lit | None:
    """The value of a pure operation on literal numbers."""
    if prim.effect != "pure" or kwargs or prim.shape not in ("elementwise", "bool", "int"):
        return None
    values = []
    for a in args:
        if not isinstance(a, Lit) or not isinstance(a.value, _NUMBERS):
            return None
        values.append(a.value)
    try:
        with np.errstate(all="raise"):
            result = prim.fn(*values)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return Lit(result) if isinstance(result, (bool, int, float, complex)) else None
