"""What a module that runs alone asks of its arguments.

A derivative is right for the kinds of arguments that it was generated for, and for the lengths
that the code rests on. Where adcompile would generate other code, the module raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcompile.analysis.facts import Guard
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call
from adcompile.compiling.signature import identifier
from adcompile.errors import ADCompileError
from adcompile.frontend.arguments import place_text
from adcompile.frontend.places import Place
from adcompile.frontend.structure import is_number, is_object, parts_of
from adcompile.ir.avals import Array
from adcompile.ir.dims import Dim, Linear, Symbol, is_entry


@dataclass
class Checks:
    """The tests of a call, in order: a condition, and what to say where it does not hold.

    paths: of the numeric leaves. numbers: the parameters that are read as numbers of a type.
    classes: those of objects in the arguments, and where they are found.
    """

    tests: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    classes: dict[type, str] = field(default_factory=dict)
    containers: list[str] = field(default_factory=list)
    count: int = 0

    @staticmethod
    def of_call(call: Call, opened: set[str]) -> Checks:
        """The tests of the kinds of arguments."""
        made = Checks()
        seen: dict[int, str] = {}
        for label, value in call.items():
            made.value(value, identifier(label), label in opened, seen)
        made.count = len(made.paths)
        return made

    def test(self, condition: str, message: str) -> None:
        self.tests.setdefault(condition, message)

    def value(self, value: Any, path: str, opened: bool, seen: dict[int, str]) -> None:
        """Test that what is at `path` has the kind of `value`."""
        if is_number(value):
            self.number(value, path)
            return
        parts = parts_of(value, opened)
        if parts is None:
            self.constant(value, path)
            return
        if parts.kind != "tuple" and id(value) in seen:
            self.test(f"{path} is {seen[id(value)]}", f"{path} must be {seen[id(value)]}")
            return
        seen[id(value)] = path
        if parts.kind != "tuple":
            self.containers.append(path)
        self.class_of(parts.type, path)
        if parts.kind == "dict":
            keys = list(parts.keys)
            self.test(f"list({path}) == {keys!r}", f"the keys of {path} must be {keys!r}")
        elif parts.kind != "object":
            count = len(parts.keys)
            self.test(f"len({path}) == {count}", f"{path} must have {count} elements")
        for key, part in zip(parts.keys, parts.values, strict=True):
            self.value(part, place_text(path, parts, key), opened, seen)

    def class_of(self, kind: type, path: str) -> None:
        if kind in (tuple, list, dict):
            self.test(f"type({path}) is {kind.__name__}", f"{path} must be a {kind.__name__}")
            return
        self.classes.setdefault(kind, f"type({path})")
        name = kind.__qualname__
        self.test(f"type({path}).__qualname__ == {name!r}", f"{path} must be a {name}")

    def number(self, value: Any, path: str) -> None:
        self.paths.append(path)
        self.values.append(value)
        kind = type(value)
        if kind is np.ndarray:
            self.array(value.dtype, value.ndim, path)
            self.lengths(value.shape, path)
        elif kind is float and path.isidentifier():
            self.numbers[path] = "float"
            self.test(f"isinstance({path}, (int, float))", f"{path} must be a float")
        elif kind in (int, float, complex):
            self.test(f"type({path}) is {kind.__name__}", f"{path} must be of type {kind.__name__}")
        else:
            text = f"np.{value.dtype.name}"
            self.test(f"isinstance({path}, {text})", f"{path} must be of type {text}")

    def array(self, dtype: np.dtype[Any], ndim: int, path: str) -> None:
        axes = f"{ndim} {'axis' if ndim == 1 else 'axes'}"
        self.test(
            f"_is_array({path}, {dtype.name!r}, {ndim})",
            f"{path} must be an array of {dtype.name} with {axes}",
        )

    def lengths(self, shape: Sequence[int], path: str) -> None:
        """Which axes have length 1 decides how operands broadcast."""
        if shape and 1 not in shape:
            self.test(f"1 not in {path}.shape", f"{path} must have no axis of length 1")
            return
        for axis, n in enumerate(shape):
            sign, word = ("==", "length 1") if n == 1 else ("!=", "another length than 1")
            self.test(f"{path}.shape[{axis}] {sign} 1", f"axis {axis} of {path} must have {word}")

    def constant(self, value: Any, path: str) -> None:
        """Test what the code was generated for as a constant."""
        if value is None or isinstance(value, bool):
            self.test(f"{path} is {value}", f"{path} must be {value}")
        elif isinstance(value, (str, bytes)):
            self.test(f"{path} == {value!r}", f"{path} must be {value!r}")
        elif is_object(value):
            self.class_of(type(value), path)
        elif isinstance(value, type):
            raise self.refusal(path)
        elif getattr(value, "__qualname__", "<") and "<" not in getattr(value, "__qualname__", "<"):
            name = value.__qualname__
            self.test(
                f"getattr({path}, '__qualname__', None) == {name!r}", f"{path} must be {name}"
            )
        else:
            raise self.refusal(path)

    def refusal(self, path: str) -> ADCompileError:
        return ADCompileError(
            f"the argument {path} cannot be told from others by a module that runs alone",
            advice="Bind it before: export a lambda or functools.partial that passes it.",
        )

    # -- what a program rests on

    def program(self, program: Program) -> None:
        """Test what the code of a program rests on, beside the kinds."""
        del self.paths[self.count :], self.values[self.count :]
        for place, value in program.identities:
            if place.root.kind == "argument":
                self.known(place, value)
        for capture in program.captures:
            if capture.place.root.kind == "argument" and not capture.handle:
                self.value(capture.value, self.place(capture.place), False, {})
            elif not capture.handle:
                self.paths += [""] * sum(1 for _ in _numbers(capture.value))
        self.sharing(program)
        for leaf, layout in program.layouts.items():
            self.layout(leaf, layout)
        for guard in program.guards:
            self.guard(guard, program)
        self.overlap(program)

    def known(self, place: Place, value: Any) -> None:
        path = self.place(place)
        if place.kind == "class":
            self.test(
                f"{path}.__qualname__ == {value.__qualname__!r}",
                f"{path} must be {value.__qualname__}",
            )
        elif type(value) in (int, float):
            self.test(f"{path} == {value!r}", f"{path} must be {value!r}")
        else:
            self.constant(value, path)

    def place(self, place: Place) -> str:
        """The expression of what is at a place in an argument."""
        if not place.derived:
            return identifier(place.base)
        base = self.place(place.base)
        if place.kind == "class":
            return f"type({base})"
        return f"{base}.{place.key}" if place.kind == "attribute" else f"{base}[{place.key!r}]"

    def sharing(self, program: Program) -> None:
        for k, path in enumerate(self.containers if program.changes else ()):
            for before in self.containers[:k]:
                self.test(f"{path} is not {before}", f"{path} and {before} must be two objects")
        found: dict[int, str] = {}
        for place, number in program.shared:
            if place.root.kind != "argument":
                continue
            path = self.place(place)
            if number in found and found[number] != path:
                self.test(f"{path} is {found[number]}", f"{path} must be {found[number]}")
            for other, first in found.items():
                if other != number:
                    self.test(f"{path} is not {first}", f"{path} and {first} must be two objects")
            found.setdefault(number, path)

    def layout(self, leaf: int, layout: str) -> None:
        path = self.paths[leaf]
        if not path:
            return
        flags = f"{path}.flags"
        fortran = f"{flags}.f_contiguous and sum(n > 1 for n in {path}.shape) > 1"
        condition, words = {
            "C": (f"{flags}.c_contiguous", "contiguous (C order)"),
            "F": (f"not {flags}.c_contiguous and {fortran}", "in Fortran order"),
            "other": (f"not {flags}.c_contiguous and not ({fortran})", "not contiguous"),
        }[layout]
        self.test(condition, f"{path} must be {words}")

    def overlap(self, program: Program) -> None:
        """An argument that is written must not share memory with another one."""
        for w in sorted(program.written):
            for i, path in enumerate(self.paths[: len(self.values)]):
                other = self.values[i]
                if i == w or not isinstance(other, np.ndarray) or not path:
                    continue
                mine = self.paths[w]
                if other is self.values[w]:
                    self.test(f"{path} is {mine}", f"{path} must be {mine}")
                else:
                    self.test(
                        f"not np.shares_memory({mine}, {path})",
                        f"{mine} is written, so {path} must not share memory with it",
                    )

    def guard(self, guard: Guard, program: Program) -> None:
        assert not isinstance(guard.dim, int)
        if self.length(guard.dim, program.symbols) is None:
            return  # it speaks of what is a constant here
        sign = (">" if guard.holds else "<=") if guard.positive else "==" if guard.holds else "!="
        left, right = sides(guard.dim, 0 if guard.positive else guard.value)
        ends = [self.length(d, program.symbols) for d in (left, right)]
        text = f"{ends[0]} {sign} {ends[1]}"
        self.test(text, f"this code was generated for {text}")

    def length(self, dim: Dim | None, homes: Mapping[Symbol, tuple[int, int | None]]) -> str | None:
        """A length as an expression of the arguments; None where it is of a constant."""
        if dim is None or isinstance(dim, int):
            return repr(dim)
        text = ""
        for symbol, coefficient in dim.terms:
            part = self._symbol(symbol, homes)
            if part is None:
                return None
            part = part if abs(coefficient) == 1 else f"{abs(coefficient)} * {part}"
            sign = "-" if coefficient < 0 else "+"
            text += f" {sign} {part}" if text else f"-{part}" if sign == "-" else part
        if dim.const:
            text += f" {'-' if dim.const < 0 else '+'} {abs(dim.const)}"
        return text

    def _symbol(self, symbol: Symbol, homes: Mapping[Symbol, tuple[int, int | None]]) -> str | None:
        home = homes.get(symbol)
        if home is not None:
            path = self.paths[home[0]]
            if not path:
                return None
            return path if home[1] is None else f"{path}.shape[{home[1]}]"
        assert isinstance(symbol.key, tuple)
        operation, operands = symbol.key
        parts = [self.length(d, homes) for d in operands]
        if any(p is None for p in parts):
            return None
        return _SPELLED[operation].format(*parts)

    def seed(self, aval: Any, path: str, program: Program) -> None:
        """Test that a tangent or an adjoint has the kind and lengths of its primal."""
        if not isinstance(aval, Array):
            if path.isidentifier():
                self.numbers[path] = str(aval)
            self.test(f"np.ndim({path}) == 0", f"{path} must be a number")
            return
        self.array(aval.dtype, aval.ndim, path)
        lengths = [self.length(d, program.symbols) if is_entry(d) else None for d in aval.shape]
        known = [t for t in lengths if t is not None]
        owner = known[0].removesuffix(".shape[0]") if known else ""
        if lengths and lengths == [f"{owner}.shape[{axis}]" for axis in range(aval.ndim)]:
            self.test(f"{path}.shape == {owner}.shape", f"{path} must have the shape of {owner}")
            return
        for axis, text in enumerate(lengths):
            if text is not None:
                condition = f"{path}.shape[{axis}] == {text}"
                self.test(condition, f"{path} must have the shape of its primal")


def sides(dim: Linear, value: int) -> tuple[Dim, Dim]:
    """dim == value, as an equation without negative terms."""
    left = tuple((s, c) for s, c in dim.terms if c > 0)
    right = tuple((s, -c) for s, c in dim.terms if c < 0)
    if not left:
        return dim, value
    return Linear(0, left), Linear(value - dim.const, right) if right else value - dim.const


_SPELLED = {
    "mul": "(({}) * ({}))",
    "floordiv": "(({}) // ({}))",
    "mod": "(({}) % ({}))",
    "min": "min({}, {})",
    "max": "max({}, {})",
    "slice": "len(range({})[{}:{}:{}])",
    "range": "len(range({}, {}, {}))",
}


def _numbers(value: Any) -> Iterator[Any]:
    if is_number(value):
        yield value
        return
    parts = parts_of(value, False)
    for part in parts.values if parts is not None else ():
        yield from _numbers(part)
