"""The lowering's context: where it is, and the state of names and objects there.

What is done with values has its own modules, of functions that take the context: operations
(`emit`), writes to arrays (`writes`), lists and objects (`contents`), lengths (`extents`), what
is known at compile time (`static`).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.analysis.infer import infer
from adcompile.analysis.operands import InferenceError, aval_of
from adcompile.errors import ADCompileError, Span, UnsupportedSyntax
from adcompile.frontend.places import Place
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    ContainerRef,
    Masked,
    ObjectRef,
    PyVal,
    State,
    is_cell,
)
from adcompile.ir import dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Symbol
from adcompile.ir.nodes import UNDEFINED, Atom, Lit, Origin, Stmt, Var
from adcompile.ir.primitives import Primitive, Registry
from adcompile.ir.walk import Path

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
        module = self.source.fn.__module__ or ""
        return module.startswith("adcompile.rules.") or module == "adcompile.frontend.mutation"


class Context:
    """Where the lowering of one program is, and what it knows there."""

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
        self.guesses: dict[Any, tuple[Aval, bool] | None] = {}
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

    def misfit(self, prim: Primitive, why: InferenceError) -> ADCompileError:
        """The error for operands that do not fit an operation."""
        message = str(why) if why.alone else f"{shown_name(prim)} {why}"
        return self.refuse(message, why.advice)

    def ref_aval(self, ref: ArrayRef) -> Array:
        """Kind and shape of an array or view, without emitting a read."""
        aval: Aval = self.state.store[ref.obj].aval
        for step in ref.path:
            try:
                aval = infer(step.op, (Var(aval), *step.args), dict(step.kwargs), self.facts)
            except InferenceError as exc:
                raise self.misfit(step.op, exc) from None
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

    def prim(self, name: str) -> Primitive:
        return self.registry.by_name[name]


def shown_name(prim: Primitive) -> str:
    """A primitive's name in messages."""
    if prim.spelling.startswith("@"):
        return prim.name
    name = prim.spelling.removeprefix("u").lstrip(".")
    return name if name[-1:].isalnum() else f"{name!r}"
