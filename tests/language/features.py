"""The supported rows of features.txt, in the order of the Python language reference.

A line: the construct | how (ok, or static: decided while compiling) | its nodes of `ast` | the zoo
cases or tests that show it | a note. Cases run in both modes, optimised or not, at orders 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Feature:
    """A row of the page."""

    section: str
    construct: str
    status: str
    nodes: tuple[str, ...]
    evidence: tuple[str, ...]
    note: str


STATUSES = {
    "ok": "differentiates, in both modes; tested at orders 1 and 2",
    "static": "decided while compiling, from literals, shapes, integers and other constants",
    "refused": "an error with file, line and what to write instead, before anything runs",
}

_TABLE = Path(__file__).with_name("features.txt").read_text(encoding="utf-8")

BUILTINS = {
    "ok": """abs all any bool complex dict divmod enumerate filter float format frozenset getattr
    hasattr int isinstance issubclass iter len list map max min next object pow print property
    range repr reversed round set setattr slice sorted staticmethod classmethod str sum super tuple
    type zip callable""",
    "static": "chr ord bin hex oct ascii bytes vars delattr",
    "refused": """eval exec compile globals locals dir id hash input open breakpoint __import__
    memoryview bytearray help aiter anext exit quit copyright credits license""",
}
"""Each builtin function and type, and how it differentiates."""


def features() -> list[Feature]:
    """The rows of the table above."""
    found = []
    section = ""
    for line in _TABLE.strip().splitlines():
        if line.startswith("# "):
            section = line[2:]
        elif line:
            construct, status, nodes, evidence, note = map(str.strip, _columns(line))
            row = (section, construct, status, (*nodes.split(),), (*evidence.split(),), note)
            found.append(Feature(*row))
    return found


def _columns(line: str) -> list[str]:
    """The five columns; a bar between backticks is none."""
    head, _, rest = line.partition(" | ")
    while head.count("`") % 2:
        more, _, rest = rest.partition(" | ")
        head = f"{head} | {more}"
    return [head, *f"{rest} ".split(" |")[:4]]
