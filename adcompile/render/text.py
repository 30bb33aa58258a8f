"""A table in columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from adcompile.render.table import Table


def text_table(table: Table) -> str:
    """The title, the head, a rule, the rows, the note."""
    cells = [table.head, *table.rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(table.head))]
    lines = [_line(table, row, widths) for row in cells]
    rule = "  ".join("-" * w for w in widths)
    head = [table.title, ""] if table.title else []
    foot = ["", table.note] if table.note else []
    return "\n".join([*head, lines[0], rule, *lines[1:], *foot])


def _line(table: Table, row: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        cell.rjust(w) if k in table.numbers else cell.ljust(w)
        for k, (cell, w) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(parts).rstrip()
