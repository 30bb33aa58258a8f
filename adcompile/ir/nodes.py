"""IR nodes: small frozen dataclasses, one assignment per Var, regions for If, Try, For and While.

Operands are *trees*: an atom, a tuple of trees, or a slice of trees (an index, a shape, a list
of arrays to concatenate). Values are immutable here; in-place writes are `setitem` and
`scatter_add`, and become in-place again in generated code.

Regions carry a `key`: two loops with the same key run the same iterations, two conditionals
with the same key take the same branch. A statement in one may read a Var that is defined in
another with the same key: "the value it had at this iteration", a residual. The last pass of
the pipeline turns such references into stored or recomputed values.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from adcompile.errors import Span
from adcompile.ir.avals import Aval

if TYPE_CHECKING:
    from adcompile.ir.primitives import Primitive

_ids = count()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a statement comes from; `derivative` where a transform wrote it."""

    span: Span | None = None
    derivative: bool = False

    def derived(self) -> Origin:
        return self if self.derivative else replace(self, derivative=True)


NOWHERE = Origin()


class Var:
    """A value, assigned once. `hint` is the user's name for it, if any."""

    __slots__ = ("aval", "hint", "id")

    def __init__(self, aval: Aval, hint: str = "") -> None:
        self.id = next(_ids)
        self.aval = aval
        self.hint = hint

    def __repr__(self) -> str:
        return f"{self.hint or 'v'}%{self.id}"


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """A value known at compile time: a number, None, a string, a dtype, a function."""

    value: Any

    def __repr__(self) -> str:
        return f"{self.value!r}"


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Lit(_Undefined())
"""The value of a name on a path that has not bound it."""

ENDLESS = sys.maxsize
"""Where the range of a loop ends that only an exit leaves."""


@dataclass(frozen=True, slots=True, eq=False)
class SliceTree:
    start: Tree
    stop: Tree
    step: Tree


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One step from an array to a view of it: op(array, *args, **kwargs)."""

    op: Primitive
    args: tuple[Tree, ...]
    kwargs: tuple[tuple[str, Tree], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """An index behind views: `Lens((A[1:],), 0)` is the place that `A[1:][0] = e` writes."""

    steps: tuple[View, ...]
    index: Tree


Atom: TypeAlias = Var | Lit
Tree: TypeAlias = Var | Lit | SliceTree | Lens | tuple["Tree", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """out = op(*args, **kwargs); `linear` marks a statement of the linear (tangent) program."""

    out: Var
    op: Primitive
    args: tuple[Tree, ...]
    kwargs: tuple[tuple[str, Tree], ...] = ()
    origin: Origin = NOWHERE
    linear: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A straight run of statements and the values it hands on."""

    stmts: tuple[Stmt, ...]
    results: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """outs = then.results if cond else orelse.results.

    `checkpoint`: a stretch of statements that always runs (cond is True), whose values are not
    kept for the reverse sweep but computed again there.
    """

    outs: tuple[Var, ...]
    cond: Atom
    then: Block
    orelse: Block
    key: int
    origin: Origin = NOWHERE
    checkpoint: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    """A conditional whose condition is found by running its first block.

    outs = then.results if `then` completes; orelse.results if it raises one of `kinds` (a
    class, or a tuple of classes, for each clause). `done` says which; `caught[k]` whether
    clause k caught the exception (the last clause needs no flag), `error` is the exception.
    Handlers follow as conditionals on these: only `then` is protected, and only the user's own
    statements run in it. A derivative of it is an `If` on `done` with the same key.
    """

    outs: tuple[Var, ...]
    done: Var
    caught: tuple[Var, ...]
    error: Var
    kinds: tuple[Lit, ...]
    then: Block
    orelse: Block
    key: int
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Carry:
    """A loop-carried value: `param` is `init` at first, then the body's result."""

    init: Atom
    param: Var
    out: Var


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """`param` is the entry of the list `source` for this iteration; `reverse` reads it from its
    end: the loop that made the list ran the other way."""

    source: Atom
    param: Var
    reverse: bool


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """for index in range(start, stop, step), backwards if `backward`.

    body.results are the next values of the carries, then (if `exits`) a bool that leaves the
    loop, then one value for each of `collects`: lists of what a value was at each iteration.
    `feeds` give the body this iteration's entries of such lists;
    `count` is the number of iterations begun. `checkpoint`: values of its iterations are not kept
    for the reverse sweep but computed again there, from at most so many snapshots of the carries.
    """

    start: Atom
    stop: Atom
    step: Atom
    index: Var
    carries: tuple[Carry, ...]
    body: Block
    key: int
    backward: bool = False
    exits: bool = False
    count: Var | None = None
    collects: tuple[Var, ...] = ()
    feeds: tuple[Feed, ...] = ()
    origin: Origin = NOWHERE
    checkpoint: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """while test(carries): body. `test` is a block over the carries with one result."""

    carries: tuple[Carry, ...]
    test: Block
    body: Block
    key: int
    exits: bool = False
    count: Var | None = None
    collects: tuple[Var, ...] = ()
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """outs = callee(*args), a function of the same program (recursion)."""

    outs: tuple[Var, ...]
    callee: str
    args: tuple[Atom, ...]
    key: int
    origin: Origin = NOWHERE


Stmt: TypeAlias = Let | If | Try | For | While | Call
Fork: TypeAlias = If | Try
Loop: TypeAlias = For | While


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A program: parameters, body, results (the body's)."""

    name: str
    params: tuple[Var, ...]
    body: Block
    doc: str = ""


def new_key() -> int:
    """A region key nobody else has."""
    return next(_ids)


@dataclass
class Emitter:
    """Collects the statements of a block under construction."""

    stmts: list[Stmt] = field(default_factory=list)

    def emit(self, stmt: Stmt) -> None:
        self.stmts.append(stmt)

    def block(self, results: Iterable[Atom]) -> Block:
        return Block(tuple(self.stmts), tuple(results))
