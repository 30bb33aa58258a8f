"""A program as text, beside its source: guards, places, and the objects that it names.

Objects are told by their numbers in a survey, so the text is read with an equal survey.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from adcompile.analysis.facts import Guard
from adcompile.cache.libraries import reference, referred
from adcompile.cache.survey import FIXED, PLAIN, Survey
from adcompile.compiling.program import Program
from adcompile.frontend.lower import Capture
from adcompile.frontend.places import Place
from adcompile.frontend.structure import snapshot
from adcompile.ir.dims import Dim, Linear, Symbol

Json: TypeAlias = Any
Load: TypeAlias = Callable[[str, tuple[str, ...], Mapping[str, Any]], tuple[Any, ...]]


class NotKept(Exception):
    """Something of a program cannot be told in text, or is not the same now."""


def spec_digest(value: Any) -> str:
    """The kinds of a value that is read at each call."""
    survey = Survey()
    survey.add("value", value, FIXED)
    if not survey.complete:
        raise NotKept(f"the content of a {type(value).__name__}")
    return survey.digest()[:16]


def record_of(program: Program, survey: Survey) -> Json:
    """A program without its text, as JSON. Raises NotKept."""
    write = _Encoder(survey)
    return {
        "names": list(program.names),
        "constants": {k: write.value(v) for k, v in program.constants.items()},
        "guards": [[write.dim(g.dim), g.value, g.holds, g.positive] for g in program.guards],
        "symbols": [[write.symbol(s), *home] for s, home in program.symbols.items()],
        "identities": [[write.place(p), write.value(v)] for p, v in program.identities],
        "captures": [
            [write.place(c.place), c.name, None if c.handle else spec_digest(c.value)]
            for c in program.captures
        ],
        "roots": [[text, write.place(p)] for text, p in program.roots],
        "shared": [[write.place(p), n] for p, n in program.shared],
        "layouts": sorted(program.layouts.items()),
        "written": sorted(program.written),
        "flags": [program.changes, program.floats, program.has_effects],
    }


def program_of(
    text: str, record: Json, survey: Survey, given: Mapping[str, Any], load: Load
) -> tuple[Program, tuple[Any, ...]]:
    """The program that was recorded, and its functions. Raises NotKept if something that it reads
    is of another kind now."""
    read = _Decoder(survey)
    captures = []
    for encoded, name, digest in record["captures"]:
        place = read.place(encoded)
        value = place.read(given)
        if digest is not None and spec_digest(value) != digest:
            raise NotKept(f"the kind of {name}")
        captures.append(Capture(place, name, snapshot(value), [], handle=digest is None))
    names = tuple(record["names"])
    constants = {k: read.value(v) for k, v in record["constants"].items()}
    functions = load(text, names, constants)
    changes, floats, has_effects = record["flags"]
    program = Program(
        functions[0],
        text,
        [Guard(read.dim(d), value, *rest) for d, value, *rest in record["guards"]],
        [read.identity(p, v, given) for p, v in record["identities"]],
        captures,
        [(name, read.place(p)) for name, p in record["roots"]],
        [(read.place(p), n) for p, n in record["shared"]],
        changes,
        dict(map(tuple, record["layouts"])),
        set(record["written"]),
        {read.symbol(s): (leaf, axis) for s, leaf, axis in record["symbols"]},
        floats,
        has_effects,
        names,
        constants,
    )
    return program, functions


@dataclass
class _Encoder:
    survey: Survey

    def value(self, value: Any) -> Json:
        """A number in the survey, a constant, or something that a library defines."""
        if type(value) in PLAIN or type(value) in (int, float, complex):
            return ["constant", literal(value)]
        if isinstance(value, np.dtype):
            if value.hasobject or value.names:
                raise NotKept("a structured dtype")
            return ["dtype", value.str]
        if type(value) is slice:
            return ["slice", *map(self.value, (value.start, value.stop, value.step))]
        if type(value) is tuple:
            return ["tuple", *map(self.value, value)]
        number = self.survey.number(value)
        if number is not None and number not in self.survey.opaque:
            return ["number", number]
        found = reference(value)
        if found is None:
            raise NotKept(f"a {type(value).__name__}")
        return ["library", *found]

    def place(self, place: Place) -> Json:
        if place.derived:
            return [place.kind, self.place(place.base), self.value(place.key)]
        if place.kind == "argument":
            return ["argument", place.base, None]
        return [place.kind, self.value(place.base), self.value(place.key)]

    def dim(self, dim: Dim | None) -> Json:
        if isinstance(dim, Linear):
            return [dim.const, [[self.symbol(s), c] for s, c in dim.terms]]
        return dim

    def symbol(self, symbol: Symbol) -> Json:
        key: Any = symbol.key
        kind, *rest = key
        if kind in ("axis", "int"):
            return [symbol.name, kind, *rest]
        return [symbol.name, kind, [self.dim(d) for d in rest[0]]]


@dataclass
class _Decoder:
    survey: Survey

    def value(self, text: Json) -> Any:
        kind, *rest = text
        if kind == "constant":
            return constant(rest[0])
        if kind == "dtype":
            return np.dtype(rest[0])
        if kind == "slice":
            return slice(*map(self.value, rest))
        if kind == "tuple":
            return tuple(map(self.value, rest))
        if kind == "number":
            return self.survey.objects[rest[0]]
        return referred(*rest)

    def place(self, text: Json) -> Place:
        kind: str = text[0]
        base, key = text[1:]
        if kind == "argument":
            return Place(kind, base)
        if kind in ("attribute", "item", "class"):
            return Place(kind, self.place(base), self.value(key))
        return Place(kind, self.value(base), self.value(key))

    def identity(self, at: Json, text: Json, given: Mapping[str, Any]) -> tuple[Place, Any]:
        """A place and what has to be there: the object itself, also of a constant."""
        place, value = self.place(at), self.value(text)
        now = place.read(given)
        return place, now if type(now) is type(value) and now == value else value

    def dim(self, text: Json) -> Dim:
        if isinstance(text, list):
            return Linear(text[0], tuple((self.symbol(s), c) for s, c in text[1]))
        made: Dim = text
        return made

    def symbol(self, text: Json) -> Symbol:
        name, kind, *rest = text
        if kind in ("axis", "int"):
            return Symbol(name, (kind, *rest), entry=True)
        return Symbol(name, (kind, tuple(self.dim(d) for d in rest[0])), entry=True)


def literal(value: Any) -> str:
    """A constant as text that `constant` reads."""
    text = repr(value)
    if text in ("inf", "-inf", "nan", "Ellipsis", "NotImplemented"):
        return text
    try:
        if repr(ast.literal_eval(text)) == text:
            return text
    except ValueError:
        pass
    raise NotKept(text)


def constant(text: str) -> Any:
    special = {"Ellipsis": ..., "NotImplemented": NotImplemented}
    if text in special:
        return special[text]
    return float(text) if text in ("inf", "-inf", "nan") else ast.literal_eval(text)
