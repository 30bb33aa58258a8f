"""Abstract Python values of the lowering: what a name may be bound to at compile time.

Numbers are IR atoms. Arrays, lists and dicts are references to *objects*, whose current
version or contents the state holds: `B = A` binds the same object, a write changes the object.
A view is an object with the path of view operations that leads to it.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from adcompile.errors import Span
from adcompile.frontend.places import Place
from adcompile.ir.nodes import Lit, Var, View
from adcompile.ir.trees import Node
from adcompile.ir.walk import map_tree


class ArrayObj:
    """The identity of an array. `maybe` lists arrays that may share its memory, with why.

    rows: a list that grew in a loop has its elements here; repeats: one may be in several rows.
    """

    def __init__(self, hint: str = "", born: Span | None = None, leaf: int | None = None) -> None:
        self.hint = hint
        self.born = born
        self.leaf = leaf
        self.maybe: list[ArrayObj] = []
        self.layout: str | None = None
        self.opening: Callable[[], Var] | None = None
        self.rows = False
        self.repeats = False

    def link(self, other: ArrayObj, apart: frozenset[ArrayObj] = frozenset()) -> None:
        """Record that this one may share memory with `other`, and so with all that may, those
        in `apart` excepted."""
        for obj in (other, *other.maybe):
            if obj is not self and obj not in self.maybe and obj not in apart:
                self.maybe.append(obj)
                obj.maybe.append(self)

    def may_share(self, other: ArrayObj) -> bool:
        """Whether the two may lie in one memory."""
        return self is other or other in self.maybe


@dataclass(frozen=True, eq=False, slots=True)
class ArrayRef:
    obj: ArrayObj
    path: tuple[View, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class FlatVal:
    """`A.flat`: the array as a sequence, in C order whatever its layout."""

    ref: ArrayRef


class Container:
    """The identity of a list, a dict or an object; `kind` is its class.

    The state holds its contents: the items, or the attributes by name. One from outside has a
    `place` and the `value` that is there; its contents are found (`opening`) when they are
    first asked for, and of an object the state holds only the attributes that are written.
    One that is `frozen` stands for an element of a list that a loop grew: a change of it would
    not show.
    """

    def __init__(self, kind: Any, born: Span | None = None) -> None:
        self.kind = kind
        self.born = born
        self.place: Place | None = None
        self.value: Any = None
        self.opening: Callable[[], Any] | None = None
        self.appended: Container | None = None
        self.argument = False
        self.closed_over = False
        self.default: PyVal | None = None
        self.frozen = False

    @property
    def outside(self) -> bool:
        return self.place is not None


@dataclass(frozen=True, eq=False, slots=True)
class ContainerRef:
    """A list or dict."""

    obj: Container


@dataclass(frozen=True, eq=False, slots=True)
class ObjectRef:
    """An instance of a class written in Python."""

    obj: Container


ZERO_ROWS = Lit(0)


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """The contents of a list that a loop grows: elements of one kind, as rows of arrays.

    kind     the structure of an element, its leaves abstract values; None while unknown
    columns  an array for each leaf; None in a trial that is to find the kind
    count    the number of elements
    first    the row of the first one
    room     "full": all rows are elements; "open": the loop around fills the rest; "grows"
    """

    kind: Node | None
    columns: tuple[ArrayRef, ...] | None
    count: PyVal
    room: str
    first: PyVal = ZERO_ROWS


@dataclass(frozen=True, eq=False, slots=True)
class TupleVal:
    """A tuple; `kind` is the class of a named one."""

    items: tuple[PyVal, ...]
    kind: type = tuple


@dataclass(frozen=True, eq=False, slots=True)
class SliceVal:
    start: PyVal
    stop: PyVal
    step: PyVal


@dataclass(frozen=True, eq=False, slots=True)
class IterVal:
    """range, zip, enumerate or reversed, with its operands; items, keys or values of a dict.

    `used`: as in GenVal; None for a range, which can be read again.
    """

    kind: str
    args: tuple[PyVal, ...]
    used: ContainerRef | None = None


DICT_VIEWS = ("items", "keys", "values")


@dataclass(frozen=True, eq=False, slots=True)
class FuncVal:
    """A function defined inside the differentiated one, in `frame`; `home`: the class around."""

    node: ast.FunctionDef | ast.Lambda
    frame: Any
    defaults: tuple[PyVal, ...] = ()
    kw_defaults: tuple[PyVal | None, ...] = ()
    home: ClassVal | None = None


@dataclass(frozen=True, eq=False, slots=True)
class GenVal:
    """A generator that has not run: its body is inlined into the loop that consumes it.

    `env` holds its parameters, `outer` is the frame it sees names of; `used` is a container
    whose one entry says whether it has been consumed.
    """

    source: Any
    env: dict[str, PyVal]
    outer: Any
    used: ContainerRef


@dataclass(frozen=True, eq=False, slots=True)
class MethodVal:
    """A bound method of an array, list or dict."""

    owner: PyVal
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class PartialVal:
    """A function with some of its arguments: a bound method of an object, functools.partial."""

    fn: PyVal
    args: tuple[PyVal, ...]
    kwargs: tuple[tuple[str, PyVal], ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class ClassVal:
    """A class defined inside the differentiated function."""

    name: str
    bases: tuple[Any, ...]
    attributes: dict[str, PyVal]
    frame: Any


@dataclass(frozen=True, eq=False, slots=True)
class DerivativeVal:
    """A derivative, taken inside, of a function that was made inside."""

    transform: Any
    fn: PyVal


@dataclass(frozen=True, eq=False, slots=True)
class DescriptorVal:
    """A function in such a class under property, staticmethod or classmethod."""

    kind: type
    fn: PyVal


@dataclass(frozen=True, eq=False, slots=True)
class SuperVal:
    """super(): the attributes of the classes after `after`, for `owner`."""

    after: Any
    owner: PyVal


@dataclass(frozen=True, eq=False, slots=True)
class Conflict:
    """What a name is after branches that bind it to different kinds of things; `either`: the
    one it is, as a value that can be stored; `chosen`: whether it is the first; `why`: another
    reason that it is undecided."""

    first: PyVal
    second: PyVal
    either: Var | None = None
    why: str = ""
    chosen: Var | None = None


class Zero:
    """A tangent or adjoint known to be zero (rules only)."""

    def __repr__(self) -> str:
        return "zero"


ZERO = Zero()


@dataclass(frozen=True, eq=False, slots=True)
class Masked:
    """An adjoint that counts only where cond holds (rules only): select after the product.

    cond broadcasts to the value's shape. `selected`: the value is zero elsewhere already.
    """

    value: PyVal
    cond: PyVal
    selected: bool = False


PyVal: TypeAlias = (
    Var
    | Lit
    | ArrayRef
    | FlatVal
    | ContainerRef
    | ObjectRef
    | TupleVal
    | SliceVal
    | IterVal
    | FuncVal
    | GenVal
    | MethodVal
    | PartialVal
    | ClassVal
    | DerivativeVal
    | DescriptorVal
    | SuperVal
    | Conflict
    | Zero
    | Masked
)


class Store(dict[Any, Any]):
    """Versions of arrays and contents of containers; one from outside opens when asked for."""

    def __missing__(self, obj: Any) -> Any:
        opening = getattr(obj, "opening", None)
        if opening is None:
            raise KeyError(obj)
        contents = self[obj] = opening()
        return contents


@dataclass
class State:
    """The names of the current frame, and the versions and contents of all objects."""

    env: dict[str, PyVal] = field(default_factory=dict)
    store: Store = field(default_factory=Store)

    def fork(self) -> State:
        return State(dict(self.env), Store(self.store))


def leaves(value: PyVal) -> Iterator[PyVal]:
    """The parts of nested tuples."""
    if isinstance(value, TupleVal):
        for item in value.items:
            yield from leaves(item)
    else:
        yield value


def is_cell(value: object) -> bool:
    """Whether this stands for a name that inner functions rebind: its value is in the store."""
    return isinstance(value, ContainerRef) and value.obj.kind is types.CellType


def map_vars(fn: Callable[[Var], Var], value: PyVal) -> PyVal:
    """`value` with each IR variable in it replaced; objects keep their identity."""

    def deep(v: PyVal) -> PyVal:
        return map_vars(fn, v)

    def atom(a: Any) -> Any:
        return fn(a) if isinstance(a, Var) else a

    if isinstance(value, Var):
        return fn(value)
    if isinstance(value, ArrayRef):
        steps = tuple(
            View(
                s.op,
                tuple(map_tree(atom, t) for t in s.args),
                tuple((k, map_tree(atom, t)) for k, t in s.kwargs),
            )
            for s in value.path
        )
        return ArrayRef(value.obj, steps) if steps else value
    if isinstance(value, TupleVal):
        return replace(value, items=tuple(map(deep, value.items)))
    if isinstance(value, SliceVal):
        return SliceVal(deep(value.start), deep(value.stop), deep(value.step))
    if isinstance(value, IterVal):
        return replace(value, args=tuple(map(deep, value.args)))
    if isinstance(value, FuncVal):
        kw = tuple(None if d is None else deep(d) for d in value.kw_defaults)
        return replace(value, defaults=tuple(map(deep, value.defaults)), kw_defaults=kw)
    if isinstance(value, MethodVal):
        return replace(value, owner=deep(value.owner))
    if isinstance(value, Conflict):
        either = fn(value.either) if value.either is not None else None
        chosen = fn(value.chosen) if value.chosen is not None else None
        return Conflict(deep(value.first), deep(value.second), either, value.why, chosen)
    if isinstance(value, PartialVal):
        given = tuple((k, deep(v)) for k, v in value.kwargs)
        return replace(value, fn=deep(value.fn), args=tuple(map(deep, value.args)), kwargs=given)
    if isinstance(value, GenVal):
        return replace(value, env={k: deep(v) for k, v in value.env.items()})
    return value


def is_atom(value: object) -> bool:
    return isinstance(value, (Var, Lit))


def literal(value: PyVal) -> Any:
    """The Python value of a literal or a nesting of tuples of literals; KeyError otherwise."""
    if isinstance(value, Lit):
        return value.value
    if isinstance(value, TupleVal):
        return tuple(literal(v) for v in value.items)
    if isinstance(value, SliceVal):
        return slice(literal(value.start), literal(value.stop), literal(value.step))
    raise KeyError
