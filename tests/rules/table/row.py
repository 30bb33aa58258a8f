"""A row of the table of NumPy functions: expression, operands, domain, tolerance.

A row is an expression in x, y, z, or statements of which the last is one. Each entry of `operands`
is one set of operands: a shape (x alone) or a list of shapes; `FLOAT` is a Python float, `SCALAR`
an np.float64. Entries are distinct, in general position, between `low` and `high`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOAT, SCALAR = "float", "np.float64"


@dataclass(frozen=True, eq=False)
class Row:
    """One expression with all its sets of operands.

    single: whether float32 is tried; not where it would meet an array of float64. since: the
    release of NumPy that has this form; the row is left out with an older one.
    """

    expression: str
    operands: tuple[Any, ...]
    low: float = 0.3
    high: float = 1.7
    signed: bool = False
    tolerance: float = 1e-7
    order: int = 2
    single: bool = True
    note: str = ""
    since: tuple[int, int] = (2, 0)

    @property
    def available(self) -> bool:
        return tuple(map(int, np.__version__.split(".")[:2])) >= self.since

    def __str__(self) -> str:
        return self.expression

    @property
    def names(self) -> tuple[str, ...]:
        return ("x", "y", "z")[: len(self.sets()[0])]

    def sets(self) -> list[list[Any]]:
        return [o if isinstance(o, list) else [o] for o in self.operands]

    def draw(self, number: int, dtype: type = np.float64) -> tuple[Any, ...]:
        """The operands of one set: the same ones in every run."""
        rng = np.random.default_rng(zlib.crc32(self.expression.encode()) + number)
        values: list[Any] = []
        for shape in self.sets()[number]:
            if shape in (FLOAT, SCALAR):
                entry = rng.uniform(self.low, self.high)
                values.append(float(entry) if shape == FLOAT else dtype(entry))
                continue
            count = int(np.prod(shape))
            ladder = np.linspace(self.low, self.high, count + 2)[1:-1]
            # No two entries closer than a third of the spacing, in no regular pattern.
            jitter = rng.uniform(-0.3, 0.3, count) * (self.high - self.low) / (count + 1)
            entries = rng.permutation(ladder + jitter)
            if self.signed:
                entries = entries * rng.choice([-1.0, 1.0], count)
            values.append(entries.reshape(shape).astype(dtype))
        return tuple(values)


def every(operands: list[Any], expressions: str, **more: Any) -> list[Row]:
    """Rows of the same operands: an expression a line, statements before it end with ";;"."""
    lines = (line.strip() for line in expressions.strip().splitlines())
    return [Row(line.replace(" ;; ", "\n"), tuple(operands), **more) for line in lines]
