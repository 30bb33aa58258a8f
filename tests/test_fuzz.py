"""Random programs against plain Python, both modes against each other, and finite differences."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.harness import check
from tests.fuzz.programs import generate, shrink

BUDGET = 150
LONG = 3000


def run(seeds: range, directory: Path, optimize: bool = True) -> Counter[str]:
    """The kinds of outcome. A failure is shown as the smallest program that shows it."""
    kinds: Counter[str] = Counter()
    for seed in seeds:
        program = generate(seed)
        second = seed % 5 == 0 and program.layout != "repeated"
        outcome = check(program, directory, optimize, second)
        kinds[outcome.kind] += 1
        if outcome.failed:
            small = shrink(
                program,
                lambda p: check(p, directory, optimize, second).kind == outcome.kind,
            )
            detail = check(small, directory, optimize, second).detail
            pytest.fail(
                f"seed {seed}, {outcome.kind}, layout {small.layout}, size {small.size}, rows "
                f"{small.rows}, n {small.trips}, second order {second}\n{small.text()}\n{detail}"
            )
    return kinds


@pytest.mark.parametrize("part", range(3))
def test_random_programs(part, tmp_path):
    each = BUDGET // 3
    kinds = run(range(part * each, (part + 1) * each), tmp_path)
    assert kinds["ok"] > 0.6 * each, kinds
    assert kinds["refused"] < 0.35 * each, kinds


def test_random_programs_unoptimised(tmp_path):
    run(range(5000, 5030), tmp_path, optimize=False)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_many_random_programs(part, tmp_path):
    each = LONG // 6
    run(range(10_000 + part * each, 10_000 + (part + 1) * each), tmp_path)


def test_programs_are_always_the_same():
    assert generate(7).text() == generate(7).text()
    assert generate(7).text() != generate(8).text()
