"""Many random programs: the shares of what came out, and the smallest program of each failure."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky

from adcompile import pipeline
from tests.fuzz.choices import Replayed, Seeded
from tests.fuzz.harness import PASSED, check
from tests.fuzz.program import Program
from tests.fuzz.programs import programs, written

CHUNK = 250
SECOND = 5  # every fifth program is checked at second order
UNOPTIMISED = 7  # and every seventh in its unoptimised form
SHRINKING = 60.0  # seconds of processor time for each failure


class Mismatch(AssertionError):
    """A program that fails: its text, how it was called, and what was found."""


@cache
def _mismatch(kind: str) -> type[Mismatch]:
    """A class for each kind of failure, so that shrinking does not wander from one to another."""
    return type("Mismatch", (Mismatch,), {"kind": kind})


def refusal(detail: str) -> str:
    """The error's name."""
    return detail.partition(":")[0] or "compile error"


def hold(program: Program, directory: Path, counts: Counter[str], optimize: bool = True) -> None:
    """Check a program, count the outcome, and raise Mismatch if it fails."""
    second = program.seed % SECOND == 0 and program.layout != "repeated"
    outcome = check(program, directory, optimize and program.seed % UNOPTIMISED > 0, second)
    counts[outcome.kind] += 1
    if outcome.kind == "refused":
        counts[f"refused, {refusal(outcome.detail)}"] += 1
    if outcome.failed:
        raise _mismatch(outcome.kind)(f"{outcome.kind}\n{program!r}\n{outcome.detail}")


def options(**more: Any) -> Any:
    """Settings of hypothesis for tests that take long and are not to be remembered."""
    return settings(
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@dataclass
class Found:
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def explore(numbers: range, shrink: bool = True, marked: bool = False) -> Found:
    """The programs of these numbers, each failure as the smallest program that shows it.

    marked: with checkpoints in them.
    """
    found = Found()
    with tempfile.TemporaryDirectory() as place:
        for number in numbers:
            choices, failure = Seeded(number), None
            try:
                program = replace(written(choices), marked=marked)
                hold(program, Path(place), found.counts)
            except Mismatch as wrong:
                failure = str(wrong)
            if failure:
                small = shrunk(choices.taken, Path(place)) if shrink and not marked else None
                found.failures.append(f"program {number}, {small or failure}")
    return found


def shrunk(taken: Sequence[int], directory: Path) -> str | None:
    """The failure of the smallest program that hypothesis reaches from some choices."""

    end = time.process_time() + SHRINKING
    smallest: list[str] = []

    def holds(program: Program) -> None:
        if smallest and time.process_time() > end:
            return  # nothing fails any more: what is smallest stays
        try:
            hold(program, directory, Counter())
        except Mismatch as wrong:
            smallest[:] = [str(wrong)]
            raise

    chosen = options(database=Replayed(taken), phases=(Phase.reuse, Phase.shrink))
    with contextlib.suppress(Mismatch, Flaky), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen(given(programs())(holds))()
    return smallest[0] if smallest else None


def verified() -> None:
    """Check the IR after every pass, and read nothing that another version has compiled."""
    os.environ["ADCOMPILE_CACHE"] = "0"
    pipeline.CHECK = True


def run(budget: int, jobs: int, first: int = 0, shrink: bool = True) -> Iterator[Found]:
    """What each chunk of the programs gives, as they end; each runs in a process of its own."""
    end = first + budget
    chunks = [range(k, min(k + CHUNK, end)) for k in range(first, end, CHUNK)]
    # Each chunk has a new process: what was compiled would fill the memory.
    with get_context("spawn").Pool(jobs, verified, maxtasksperchild=1) as pool:
        yield from pool.imap(partial(explore, shrink=shrink), chunks)


def shares(counts: Counter[str]) -> str:
    """The share of each outcome, the usual ones first."""
    kinds = [k for k in counts if "," not in k]
    total = sum(counts[k] for k in kinds) or 1
    order = [*PASSED, *(k for k in sorted(kinds) if k not in PASSED)]
    lines = [f"{total} programs"]
    for kind in order:
        if counts[kind]:
            lines.append(f"  {kind:<24}{counts[kind]:>7}  {counts[kind] / total:7.2%}")
        if kind == "refused":
            for name in sorted(k for k in counts if k.startswith("refused,")):
                lines.append(f"    {name[9:]:<22}{counts[name]:>7}  {counts[name] / total:7.2%}")
    return "\n".join(lines)
