"""A table of text cells, and a shorter version of a long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Table:
    """Cells by row. numbers: the columns aligned right. code: the columns of formulas."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: tuple[int, ...] = ()
    code: tuple[int, ...] = ()
    note: str = ""


def shortened(table: Table, max_rows: int) -> Table:
    """The first and last rows of a table of more than `max_rows`, with a row between."""
    count = len(table.rows)
    if count <= max_rows:
        return table
    first = (max_rows + 1) // 2
    last = max_rows - first
    gap = ("...", f"({count - first - last} rows omitted)", *("",) * (len(table.head) - 2))
    tail = list(table.rows[count - last :])
    return replace(table, rows=[*table.rows[:first], gap, *tail], code=table.code)
