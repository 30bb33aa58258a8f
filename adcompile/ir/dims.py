"""Symbolic lengths: linear forms over symbols, so that `u[1:-1]` and `u[2:]` are known equal.

A `Dim` is an int or a `Linear`. A `Symbol` is either an *entry* symbol (an axis length or an
integer of an argument, whose value is known when the program is called) or *inner* (a loop
index, a length that depends on data). Negative linear forms stand for an empty slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

_fresh = count()


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown integer. `key` identifies it; `entry` says that each call knows its value."""

    name: str
    key: object
    entry: bool = False

    @staticmethod
    def inner(name: str) -> Symbol:
        return Symbol(name, next(_fresh))


@dataclass(frozen=True, slots=True)
class Linear:
    """const + sum of coefficient * symbol, with a canonical order of terms."""

    const: int
    terms: tuple[tuple[Symbol, int], ...]

    def __str__(self) -> str:
        text = " + ".join(s.name if c == 1 else f"{c}*{s.name}" for s, c in self.terms)
        return text if not self.const else f"{text} {'-+'[self.const > 0]} {abs(self.const)}"


Dim: TypeAlias = int | Linear


def symbol(s: Symbol) -> Linear:
    return Linear(0, ((s, 1),))


def fresh(name: str = "len") -> Linear:
    """A length about which nothing is known."""
    return symbol(Symbol.inner(name))


def _parts(d: Dim) -> tuple[int, dict[Symbol, int]]:
    return (d, {}) if isinstance(d, int) else (d.const, dict(d.terms))


def _build(const: int, terms: Mapping[Symbol, int]) -> Dim:
    kept = tuple(
        sorted(((s, c) for s, c in terms.items() if c), key=lambda t: (t[0].name, repr(t[0].key)))
    )
    return Linear(const, kept) if kept else const


def add(a: Dim, b: Dim) -> Dim:
    ca, ta = _parts(a)
    cb, tb = _parts(b)
    for s, c in tb.items():
        ta[s] = ta.get(s, 0) + c
    return _build(ca + cb, ta)


def scale(a: Dim, k: int) -> Dim:
    c, t = _parts(a)
    return _build(c * k, {s: v * k for s, v in t.items()})


def sub(a: Dim, b: Dim) -> Dim:
    return add(a, scale(b, -1))


def derived(op: str, *args: Dim | None) -> Dim:
    """A length computed from others: equal arguments give the equal symbol."""
    if all(isinstance(a, (int, type(None))) for a in args):
        return OPERATIONS[op](*args)
    inner = [a for a in args if a is not None]
    text = f"{op}({', '.join(str(a) for a in args)})"
    return symbol(Symbol(text, (op, args), all(is_entry(a) for a in inner)))


def mul(a: Dim, b: Dim) -> Dim:
    """The product; of two unknown lengths it is a symbol named by both factors."""
    if isinstance(a, int):
        return scale(b, a)
    if isinstance(b, int):
        return scale(a, b)
    return derived("mul", *sorted((a, b), key=str))


def product(lengths: Iterable[Dim]) -> Dim:
    """How many entries an array of this shape has."""
    total: Dim = 1
    for d in lengths:
        total = mul(total, d)
    return total


def symbols(d: Dim) -> tuple[Symbol, ...]:
    return () if isinstance(d, int) else tuple(s for s, _ in d.terms)


def all_symbols(d: Dim) -> Iterator[Symbol]:
    """The symbols of a length, those inside derived ones too."""
    for s in symbols(d):
        yield s
        if isinstance(s.key, tuple) and s.key[0] in OPERATIONS:
            for part in s.key[1]:
                if part is not None:
                    yield from all_symbols(part)


def is_entry(d: Dim) -> bool:
    """Whether every call knows the value on entry."""
    return all(s.entry for s in symbols(d))


def evaluate(d: Dim, values: Mapping[Symbol, int]) -> int:
    """The value of an entry dim, given those of the arguments' symbols."""
    if isinstance(d, int):
        return d
    total = d.const
    for s, c in d.terms:
        if s in values:
            total += c * values[s]
        else:
            assert isinstance(s.key, tuple)
            op, args = s.key
            total += c * OPERATIONS[op](*(None if a is None else evaluate(a, values) for a in args))
    return total


OPERATIONS: dict[str, Callable[..., int]] = {
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "min": min,
    "max": max,
    "slice": lambda d, start, stop, step: len(range(d)[slice(start, stop, step)]),
    "range": lambda start, stop, step: len(range(start, stop, step)),
}


def slice_length(d: Dim, start: Dim | None, stop: Dim | None, step: Dim | None) -> Dim:
    """Length of `range(d)[start:stop:step]`.

    Literal bounds on an unknown length give a linear form, exact once the length is large
    enough; a shorter array gives an empty slice, which a negative form stands for.
    """
    step = 1 if step is None else step
    if (
        start is None
        and step == 1
        and stop is not None
        and any(s.name == "room" for s in symbols(d))
    ):
        return stop  # the rows of a growing list that are filled
    if step in (1, -1) and start is None and stop is None:
        return d
    if step == 1 and not isinstance(d, int):
        low = 0 if start is None else start
        if isinstance(low, int) and low < 0:
            low = add(d, low)
        high: Dim | None = d if stop is None else stop
        if isinstance(high, int):
            high = add(d, high) if high < 0 else None
        elif high != d:
            high = None
        if high is not None and (isinstance(start, (int, type(None)))):
            return sub(high, low)
    return derived("slice", d, start, stop, step)
