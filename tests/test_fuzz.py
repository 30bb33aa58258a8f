"""Random programs against plain Python, both modes against each other, and finite differences.

`python -m tests.fuzz` runs many more; see `tests/fuzz/__init__.py`.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from tests.fuzz.campaign import Mismatch, explore, hold, options, shares, shrunk
from tests.fuzz.choices import Seeded
from tests.fuzz.programs import generate, programs, written

DRAWN = 100
SEEDED = 75
LONG = 3000
CHECKPOINTED = 25


def test_random_programs_of_hypothesis(tmp_path):
    counts: Counter[str] = Counter()

    def holds(program):
        hold(program, tmp_path, counts)

    options(derandomize=True, database=None, max_examples=DRAWN)(given(programs())(holds))()
    assert counts["ok"] > 0.7 * counts.total(), shares(counts)


@pytest.mark.parametrize("part", range(2))
def test_random_programs_of_seeds(part):
    found = explore(range(part * SEEDED, (part + 1) * SEEDED))
    assert not found.failures, found.failures[0]
    assert found.counts["ok"] > 0.7 * SEEDED, shares(found.counts)
    assert found.counts["refused"] < 0.25 * SEEDED, shares(found.counts)
    assert found.counts["kink"] < 0.1 * SEEDED, shares(found.counts)


@pytest.mark.parametrize("first", [2000, 2100])
def test_random_programs_with_checkpoints(first):
    found = explore(range(first, first + CHECKPOINTED), marked=True)
    assert not found.failures, found.failures[0]
    assert found.counts["ok"] > 0.6 * CHECKPOINTED, shares(found.counts)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_many_random_programs(part):
    each = LONG // 6
    found = explore(range(10_000 + part * each, 10_000 + (part + 1) * each))
    assert not found.failures, "\n\n".join(found.failures)


def test_programs_are_always_the_same():
    assert generate(7).text() == generate(7).text()
    assert generate(7).text() != generate(8).text()


def test_hypothesis_replays_and_shrinks_what_a_seed_chose(tmp_path, monkeypatch):
    """With a check that fails where a program has a loop: it keeps one, and loses the rest."""

    def loopless(program, directory, counts):
        if "\n    for " in program.text():
            raise Mismatch(program.text())

    monkeypatch.setattr("tests.fuzz.campaign.hold", loopless)
    taken, text = next(
        (choices.taken, program.text())
        for choices in map(Seeded, range(100))
        for program in [written(choices)]
        if program.text().count("\n    for ") > 1 and program.text().count("\n") > 50
    )
    small = shrunk(taken, tmp_path)
    assert small is not None
    assert "\n    for " in small
    assert small.count("\n") < 0.8 * text.count("\n")  # how far it gets depends on the time it has
