"""A table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from adcompile.render.table import Table


def markdown(table: Table) -> str:
    """The title, the table with formulas as code, the note."""
    rules = ["---:" if k in table.numbers else "---" for k in range(len(table.head))]
    lines = [_line(table.head), _line(rules)]
    lines += [_line([_cell(table, k, c) for k, c in enumerate(row)]) for row in table.rows]
    head = [f"**{_escaped(table.title)}**", ""] if table.title else []
    foot = ["", _escaped(table.note)] if table.note else []
    return "\n".join([*head, *lines, *foot])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(table: Table, column: int, text: str) -> str:
    """A bar ends a cell even inside of code, so it is escaped there too."""
    if not text:
        return ""
    if column in table.code:
        return f"`{text.replace('|', chr(92) + '|')}`"
    return _escaped(text)


def _escaped(text: str) -> str:
    for mark in "\\|*_`[]<>":
        text = text.replace(mark, f"\\{mark}")
    return text
