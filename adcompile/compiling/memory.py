"""The memory plan of a derivative: what is kept for its reverse sweep, what is computed again."""

from __future__ import annotations

from dataclasses import dataclass

from adcompile.errors import Span
from adcompile.ir.nodes import Origin
from adcompile.passes.checkpoints import Note
from adcompile.passes.memory import Kept, Lengths
from adcompile.runtime.snapshots import runs, split


@dataclass(frozen=True)
class KeptValue:
    """A value that is kept for the reverse sweep.

    name: the user's name for it, "" if it has none. what: "value"; "snapshots" of what a loop
    carries; "drawn", a value that must not be computed twice. line: `file.py:6`, text: that line.
    each: bytes of one; times: how many are kept; bytes: of all. None where only a run can tell.
    """

    name: str
    what: str
    line: str
    text: str
    each: int | None
    times: int | None

    @property
    def bytes(self) -> int | None:
        return None if self.each is None or self.times is None else self.each * self.times


@dataclass(frozen=True)
class Again:
    """A checkpointed call or loop.

    iterations: how many iterations of a loop are run again before the sweep comes to those that
    it reverses (each of which is run once more); None of a call, and where only a run can tell.
    kept: why its values are kept all the same, "" if they are not.
    """

    line: str
    text: str
    iterations: int | None = None
    kept: str = ""


@dataclass(frozen=True)
class MemoryPlan:
    """What a derivative keeps where it keeps most, and what it computes again.

    kept: the values, largest first. again: checkpointed calls and loops. bytes: of all that the
    arguments tell; `unknown` are the values that only a run can tell of. Bytes are those of
    numbers and of Python's objects around them; the arguments and the results are not counted,
    nor what one expression needs for itself.
    """

    kept: tuple[KeptValue, ...]
    again: tuple[Again, ...]

    @property
    def bytes(self) -> int:
        return sum(k.bytes or 0 for k in self.kept)

    @property
    def unknown(self) -> tuple[KeptValue, ...]:
        return tuple(k for k in self.kept if k.bytes is None)

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("kept", "bytes", "times", "in all", "line")]
        for k in self.kept:
            numbers = ["?" if n is None else f"{n:,}" for n in (k.each, k.times, k.bytes)]
            label = k.name or "(unnamed)"
            label = label if k.what == "value" else f"{k.what}: {label}"
            rows.append((label, *numbers, f"{k.line}: {k.text}"))
        more = " and what only a run can tell" if self.unknown else ""
        widths = [max(len(r[i]) for r in rows) for i in range(4)]
        table = [
            "  ".join(
                [r[0].ljust(widths[0]), *(r[i].rjust(widths[i]) for i in (1, 2, 3)), r[4]]
            ).rstrip()
            for r in rows
        ]
        lines = [*table, f"{self.bytes:,} bytes in all{more}"]
        for a in self.again:
            if a.kept:
                how = f"kept all the same: {a.kept}"
            elif a.iterations is None:
                how = "computed again"
            else:
                how = f"computed again, {a.iterations:,} iterations"
            lines.append(f"{a.line}: {a.text}  ({how})")
        return "\n".join(lines)


def memory_plan(kept: list[Kept], notes: list[Note], lengths: Lengths) -> MemoryPlan:
    """The plan, from what the passes found."""
    values = tuple(KeptValue(k.name, k.what, *_place(k.origin), k.each, k.times) for k in kept)
    again: dict[tuple[str, str], Again] = {}
    for note in notes:
        iterations = None
        if note.slots is not None and not note.kept:
            bounds = [lengths.number(a) for a in note.bounds]
            if len(bounds) == 3 and None not in bounds:
                iterations = _replayed(len(range(*bounds)), note.slots)  # type: ignore[arg-type]
        place = _place(note.origin)
        again.setdefault(place, Again(*place, iterations, note.kept))
    return MemoryPlan(values, tuple(again.values()))


def _replayed(steps: int, slots: int) -> int:
    """How many iterations the reverse sweep runs before it comes to those that it reverses."""
    total = first = 0
    for free in range(slots, 0, -1):
        last = free == 1 or steps - first < 2
        length = steps - first if last else split(steps - first, free)
        total += runs(length, free)
        first += length
    return total


def _place(origin: Origin) -> tuple[str, str]:
    span: Span | None = origin.span
    return ("", "") if span is None else (span.short, span.text.strip())
