"""Every zoo function, in every mode and order: values, finite differences, duality, nesting.

The default run checks one nesting of second order on every case and all of them on a rotating
third (chosen by the name, so always the same); `--full-zoo` runs all of them everywhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.checks import (
    SECOND_ORDER,
    Probe,
    check_duality,
    check_forward,
    check_reverse,
    check_second_order,
    check_third_order,
)
from tests.helpers import DEFAULT_STEP, assert_close, directional, to_vector
from tests.zoo import CASES, Case

REVERSE = [case for case in CASES if "rev" in case.modes]
FORWARD = [case for case in CASES if "fwd" in case.modes]
BOTH = [case for case in CASES if {"fwd", "rev"} <= set(case.modes)]


@cache
def probe_of(case: Case) -> Probe:
    """One probe a case, so that its finite differences are computed once."""
    return Probe(
        case.function,
        case.args,
        case.argnums,
        dict(case.kwargs),
        seed=case.seed,
        tolerance=case.fd_tol,
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Second order: (case, nestings) pairs; all nestings for a third of the cases by default."""
    if "nestings" not in metafunc.fixturenames:
        return
    full = metafunc.config.getoption("--full-zoo")
    pairs = []
    for case in BOTH:
        if case.order < 2 or not probe_of(case).scalar:
            continue
        everything = full or case.order >= 3 or case.seed % 3 == 0
        some = SECOND_ORDER if everything else SECOND_ORDER[: 1 + case.seed % 2]
        pairs.append(pytest.param(case, some, id=case.name))
    metafunc.parametrize(("case", "nestings"), pairs)


@pytest.mark.parametrize("case", REVERSE, ids=str)
def test_reverse(case: Case) -> None:
    check_reverse(probe_of(case))


@pytest.mark.parametrize("case", FORWARD, ids=str)
def test_forward(case: Case) -> None:
    check_forward(probe_of(case))


@pytest.mark.parametrize("case", BOTH, ids=str)
def test_duality(case: Case) -> None:
    check_duality(probe_of(case))


@pytest.mark.parametrize("case", REVERSE, ids=str)
def test_unoptimised_reverse_gives_the_same_numbers(case: Case) -> None:
    probe = probe_of(case)
    flat = check_reverse(probe, optimize=False)
    if probe.scalar:
        _, gradient = probe.compiled_value_and_grad()(*probe.make_args(), **probe.kwargs)
        assert_close(flat, to_vector(gradient), probe.exactness(1e-12), "unoptimised, optimised")


@pytest.mark.parametrize("case", FORWARD, ids=str)
def test_unoptimised_forward_gives_the_same_numbers(case: Case) -> None:
    check_forward(probe_of(case), optimize=False)


def test_second_order(case: Case, nestings: tuple[str, ...], tmp_path: Path) -> None:
    everything = len(nestings) == len(SECOND_ORDER)
    check_second_order(probe_of(case), tmp_path, nestings, forward_forward=everything)


@pytest.mark.parametrize("case", [case for case in BOTH if case.order >= 3], ids=str)
def test_third_order(case: Case, tmp_path: Path) -> None:
    check_third_order(probe_of(case), tmp_path)


def test_the_zoo_is_large_and_well_named() -> None:
    """The zoo itself: enough functions, unique names, every group in use."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len({case.function for case in CASES}) >= 120
    assert sum(case.order >= 3 for case in CASES) >= 15


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finite_differences_are_sound(case: Case) -> None:
    """At a tenth of the step they agree: the point is no kink, and the check above means it."""
    probe = probe_of(case)
    finer = directional(
        case.function,
        case.args(),
        case.argnums,
        probe.direction,
        kwargs=case.kwargs,
        step=DEFAULT_STEP / 10,
    )
    assert np.all(np.isfinite(to_vector(probe.direction)))
    assert_close(probe.expected_slope, finer, 1e-7, "two steps")
