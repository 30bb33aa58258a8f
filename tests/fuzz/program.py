"""A random program: its text, and the arguments it is called with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Stmt = Any  # a line, or (header, [Stmt, ...]); an else branch is a statement of its own

LAYOUTS = ("plain", "transposed", "strided", "backwards", "repeated")


@dataclass
class Program:
    """Statement trees and how to call f; `chosen` are the arguments it is differentiated by.

    states: the globals that the program may write, by name. marked: with checkpoints.
    """

    before: list[Stmt]
    body: list[Stmt]
    size: int
    rows: int
    trips: int
    seed: int
    layout: str = "plain"
    chosen: tuple[int, ...] = (0, 1, 2, 3)
    states: tuple[str, ...] = ()
    strong: bool = False
    marked: bool = False

    def text(self) -> str:
        lines = ["from dataclasses import dataclass", "from typing import NamedTuple", ""]
        lines += ["import numpy as np", "", ""]
        for part in self.before:
            lines += [*_lines(part if isinstance(part, list) else [part], 0), "", ""]
        lines += _lines([("def f(x, y, A, s, n):", self.body)], 0)
        if self.marked:
            lines = ["from adcompile import checkpoint, checkpointed", *_marked(lines)]
        return "\n".join(lines) + "\n"

    def args(self, size: int = 0, trips: int | None = None) -> tuple[Any, ...]:
        """Arguments of the program's own sizes, or of others."""
        rng = np.random.default_rng(self.seed)
        size = size or self.size
        x, y = rng.uniform(-1.3, 1.3, (2, size))
        A = rng.uniform(-1.3, 1.3, (self.rows, size))
        if self.layout == "transposed":
            A = np.ascontiguousarray(A.T).T
        elif self.layout == "strided":
            x = np.repeat(x, 2)[::2]
        elif self.layout == "backwards":
            y, A = np.ascontiguousarray(y[::-1])[::-1], A[::-1]
        elif self.layout == "repeated":
            y = x
        kind = np.float64 if self.strong else float
        return (x, y, A, kind(rng.uniform(-1.0, 1.0)), self.trips if trips is None else trips)

    def __repr__(self) -> str:
        called = f"size {self.size}, rows {self.rows}, n {self.trips}, seed {self.seed}"
        return f"{self.text()}# {called}, {self.layout}, strong {self.strong}, by {self.chosen}\n"


def _lines(stmts: list[Stmt], depth: int) -> Iterator[str]:
    for stmt in stmts:
        if isinstance(stmt, str):
            yield "    " * depth + stmt
        else:
            yield "    " * depth + stmt[0]
            yield from _lines(stmt[1] or ["pass"], depth + 1)


def _marked(lines: list[str]) -> Iterator[str]:
    """The lines with snapshots for each loop and a checkpoint around every other function."""
    for number, line in enumerate(lines):
        loop = re.match(r"(\s+)for (.+?) in (.+):$", line)
        defined = re.match(r"(\s*)def (?!f\(|__)\w+\(", line)
        if loop:
            indent, target, iterable = loop.groups()
            snapshots = 1 + number % 3
            line = f"{indent}for {target} in checkpointed({iterable}, snapshots={snapshots}):"
        elif defined and number % 2 and not lines[number - 1].strip().startswith("@"):
            body = itertools.takewhile(
                lambda inner: not inner.strip() or inner.startswith(defined[1] + " "),
                lines[number + 1 :],
            )
            if not any("yield" in inner for inner in body):
                yield f"{defined[1]}@checkpoint"
        yield line


@dataclass
class Scope:
    """What can be read: arrays with their shapes, floats, counters with their bounds, ...

    An array's or float's "name" is any place that can be read and assigned: `L1[0]`, `box.u`.
    fixed: names that cannot be assigned. lists: static lists of vectors, with their lengths.
    indices: integer arrays, with the length of what they index.
    """

    arrays: dict[str, Shape] = field(default_factory=dict)
    floats: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    lists: dict[str, int] = field(default_factory=dict)
    indices: dict[str, tuple[int, int]] = field(default_factory=dict)

    def copy(self) -> Scope:
        return Scope(
            dict(self.arrays),
            list(self.floats),
            dict(self.counters),
            set(self.fixed),
            dict(self.lists),
            dict(self.indices),
        )
