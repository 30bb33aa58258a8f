"""Arguments as abstract values: the structure of a call, and its leaves as parameters.

A *spec* describes a value as far as a compiled program depends on it: the nesting of tuples,
lists and dicts, and of each leaf the kind, dtype, rank and which axes have length 1. Specs
are hashable; equal specs (and equal guards) share a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Number
from typing import Any, TypeAlias

import numpy as np

from adcompile.errors import UnsupportedInput
from adcompile.frontend import contents
from adcompile.frontend.context import Context
from adcompile.frontend.names import is_static
from adcompile.frontend.places import Place
from adcompile.frontend.structure import Parts, is_number, is_object, parts_of
from adcompile.frontend.values import (
    Container,
    ContainerRef,
    ObjectRef,
    PyVal,
    TupleVal,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval, Scalar
from adcompile.ir.dims import Dim, Symbol, symbol
from adcompile.ir.nodes import Lit, Var

Spec: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Leaf:
    """A numeric part of the arguments: a parameter of the program."""

    index: int
    path: str
    aval: Aval
    selectable: bool = True


def describe(
    value: Any,
    path: str = "the argument",
    opened: bool = False,
    seen: dict[int, int] | None = None,
) -> Spec:
    """The spec of a value; of an object its class alone, unless it is `opened`.

    `seen` numbers the containers: one that comes again is told by its number.
    Raises UnsupportedInput for what is no number, array, container or object.
    """
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype.kind not in "fciub":
            raise UnsupportedInput(
                f"{path} is an array of dtype {value.dtype}, which cannot be differentiated",
                advice="Pass an array of numbers.",
            )
        return ("array", value.dtype, tuple(n == 1 for n in value.shape))
    if kind is float:
        return ("float",)
    if kind is int:
        return ("int",)
    if kind is complex:
        return ("complex",)
    if isinstance(value, np.generic) and value.dtype.kind in "fciub":
        return ("scalar", value.dtype)
    parts = parts_of(value, opened)
    if parts is not None:
        seen = {} if seen is None else seen
        if parts.kind != "tuple":
            if id(value) in seen:
                return ("again", seen[id(value)])
            seen[id(value)] = len(seen)
        return (
            parts.kind,
            kind,
            parts.keys,
            *(
                describe(v, place_text(path, parts, k), opened, seen)
                for k, v in zip(parts.keys, parts.values, strict=True)
            ),
        )
    if isinstance(value, np.ndarray):
        raise UnsupportedInput(
            f"{path} is a {kind.__module__}.{kind.__qualname__}, a subclass of numpy.ndarray",
            advice="Pass a plain array: np.asarray(...).",
        )
    if isinstance(value, Number) and not isinstance(value, bool):
        raise UnsupportedInput(
            f"{path} is a {kind.__module__}.{kind.__qualname__}, which is not supported",
            advice="Pass a float: float(x).",
        )
    if is_object(value):
        return ("object", kind)
    if is_static(value) and (isinstance(value, type) or not hasattr(value, "__array__")):
        return ("static", _Identity(value))
    raise UnsupportedInput(
        f"{path} is a {kind.__module__}.{kind.__qualname__}, which is not supported",
        advice="Pass numbers, NumPy arrays, or tuples, lists, dicts and objects of these.",
    )


def place_text(path: str, parts: Parts, key: Any) -> str:
    """How Python writes a part of what `path` names."""
    return f"{path}.{key}" if parts.kind == "object" else f"{path}[{key!r}]"


class _Identity:
    """A static value in a spec: equal if identical, or equal plain constants."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Identity):
            return NotImplemented
        a, b = self.value, other.value
        return a is b or (type(a) is type(b) and isinstance(a, (str, bytes)) and a == b)

    def __hash__(self) -> int:
        plain = isinstance(self.value, (str, bytes))
        return hash(self.value) if plain else id(self.value)


def flatten(value: Any, opened: bool = False, seen: set[int] | None = None) -> Iterator[Any]:
    """The numeric leaves of a value, in the order of the program's parameters."""
    if is_number(value):
        yield value
        return
    parts = parts_of(value, opened)
    if parts is None:
        return
    seen = set() if seen is None else seen
    if parts.kind == "object":
        if id(value) in seen:
            return
        seen.add(id(value))
    for v in parts.values:
        yield from flatten(v, opened, seen)


def layout_of(array: np.ndarray[Any, Any]) -> str:
    """ "C", "F" (Fortran order with two long axes, so not also C) or "other"."""
    if array.flags.c_contiguous:
        return "C"
    long = sum(n > 1 for n in array.shape)
    return "F" if array.flags.f_contiguous and long >= 2 else "other"


@dataclass
class Parameters:
    """Makes the parameters of a program from specs and the values of the call at hand."""

    cx: Context
    leaves: list[Leaf]
    variables: list[Var]
    as_float: set[str]
    same: dict[int, int]
    shown: Callable[[str], str] | None = None

    def build(
        self, value: Any, path: str, name: str = "", place: Place | None = None, opened: bool = True
    ) -> PyVal:
        """The abstract value of an argument; its leaves become parameters.

        An object that is not `opened` stays at its `place`: its attributes are read as needed.
        """
        if is_number(value):
            if place is not None:
                self.places[len(self.leaves)] = place
            return self.leaf(value, path, name)
        parts = parts_of(value, opened)
        if parts is None:
            if is_object(value) and place is not None:
                return contents.outside_object(self.cx, value, place)
            return Lit(value)
        known = self.built.get(id(value))
        if known is not None and parts.kind == "object":
            return known
        items = []
        obj = Container(parts.type, self.cx.origin.span)
        ref = ObjectRef(obj) if parts.kind == "object" else ContainerRef(obj)
        if parts.kind != "tuple":
            self.built.setdefault(id(value), ref)
        for k, v in zip(parts.keys, parts.values, strict=True):
            hint = str(k) if parts.kind == "object" else ""
            inside = place.item(k) if place is not None else None
            items.append(self.build(v, place_text(path, parts, k), hint, inside, opened))
        if parts.kind == "tuple":
            return TupleVal(tuple(items), parts.type)
        obj.argument = place is not None and place.root.kind == "argument"
        if not obj.argument:
            obj.place, obj.value = place, value
        keyed = parts.kind != "list"
        held = dict(zip(parts.keys, items, strict=True)) if keyed else tuple(items)
        self.cx.state.store[obj] = held
        obj.opening = lambda: held
        if known is not None:
            self.repeated = True
        return known if known is not None and self.cx.demands.one_container else ref

    def leaf(self, value: Any, path: str, name: str) -> PyVal:
        index = len(self.leaves)
        aval = self.aval(value, index, path)
        self.leaves.append(Leaf(index, path, aval))
        var = Var(aval, name)
        self.variables.append(var)
        self.cx.homes.learn(var)
        if isinstance(aval, Array):
            if index in self.same:
                original = self.refs[self.same[index]]
                self.refs[index] = original
                return original
            ref = self.cx.new_array(var, name, leaf=index)
            ref.obj.opening = lambda: var  # also where another branch asks first
            self.refs[index] = ref
            self.cx.layouts[index] = layout_of(value)
            return ref
        return var

    def __post_init__(self) -> None:
        self.refs: dict[int, Any] = {}
        self.built: dict[int, PyVal] = {}
        self.places: dict[int, Place] = {}
        self.repeated = False

    def aval(self, value: Any, index: int, path: str) -> Aval:
        facts = self.cx.facts
        if isinstance(value, np.ndarray):
            shape: list[Dim] = []
            for axis, n in enumerate(value.shape):
                if n == 1:
                    shape.append(1)
                    continue
                s = Symbol(f"{path}.shape[{axis}]", ("axis", index, axis), entry=True)
                facts.values[s] = n
                shape.append(symbol(s))
            return Array(value.dtype, tuple(shape))
        if type(value) is int and path not in self.as_float:
            s = Symbol(path, ("int", index), entry=True)
            facts.values[s] = value
            return Scalar(avals.INT.dtype, True, symbol(s))
        if type(value) is int:
            return avals.FLOAT
        return avals.of_constant(value)
