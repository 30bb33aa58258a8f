"""Every rule in both modes against finite differences; forward against reverse; float32 kept."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import jvp, vjp
from tests.checks import Probe, check_duality, check_forward, check_second_order
from tests.helpers import as_tree, assert_close, import_source, random_like, to_vector
from tests.rules import scipy_table, table
from tests.rules.table.row import FLOAT

ROWS = [row for row in (*table.ROWS, *scipy_table.ROWS) if row.available]
CASES = [(row, number) for row in ROWS for number in range(len(row.operands))]
IDS = [f"{row}-{row.sets()[number]}" for row, number in CASES]


def functions() -> str:
    lines = ['"""The rows of the table as functions."""', "", "import numpy as np", ""]
    lines[-1:] = [f"import scipy.{area}" for area in ("special", "stats")] + [""]
    for k, row in enumerate(ROWS):
        names = ", ".join(row.names)
        *before, last = (f"    {line}" for line in row.expression.split("\n"))
        result = last.strip()
        lines += ["", f"def value_{k}({names}):", *before, f"    return {result}", ""]
        lines += [f"def square_{k}({names}):", *before, f"    v = {result}"]
        lines += ["    return np.sum(v * v * v)", ""]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def module(tmp_path_factory):
    return import_source(functions(), tmp_path_factory.mktemp("table"), "rows")


def probe_of(function, row, number) -> Probe:
    count = len(row.names)
    return Probe(function, lambda: row.draw(number), tuple(range(count)), tolerance=row.tolerance)


@pytest.mark.parametrize(("row", "number"), CASES, ids=IDS)
def test_first_order(row, number, module):
    function = getattr(module, f"value_{ROWS.index(row)}")
    p = probe_of(function, row, number)
    check_forward(p)
    check_duality(p)


SEVERAL = [(row, number) for row, number in CASES if len(row.names) > 1]


@pytest.mark.slow
@pytest.mark.parametrize(("row", "number"), SEVERAL, ids=str)
def test_one_operand_at_a_time(row, number, module):
    """The tangents of the others are zero then, at compile time."""
    function = getattr(module, f"value_{ROWS.index(row)}")
    for k in range(len(row.names)):
        p = Probe(function, lambda: row.draw(number), (k,), tolerance=row.tolerance)
        check_forward(p)
        check_duality(p)


@pytest.mark.slow
@pytest.mark.parametrize(("row", "number"), CASES, ids=IDS)
def test_second_order(row, number, module, tmp_path):
    if row.order < 2:
        pytest.skip(row.note)
    p = probe_of(getattr(module, f"square_{ROWS.index(row)}"), row, number)
    check_second_order(p, tmp_path)


SINGLE = 1e-4


def narrow_sets(row):
    """The sets of operands that a single precision can be given to: those of arrays first."""
    numbers = [k for k, s in enumerate(row.sets()) if FLOAT not in s]
    return sorted(numbers, key=lambda k: not all(isinstance(o, tuple) and o for o in row.sets()[k]))


@pytest.mark.parametrize("row", [r for r in ROWS if r.single and narrow_sets(r)], ids=str)
def test_single_precision(row, module):
    """float32 stays, and agrees with the wide result at the same operands."""
    number = narrow_sets(row)[0]
    function = getattr(module, f"value_{ROWS.index(row)}")
    narrow = row.draw(number, np.float32)
    wide = widened(narrow)
    value = as_tree(function(*narrow))
    weights = random_like(value, np.random.default_rng(0))
    direction = random_like(narrow, np.random.default_rng(1))
    tangent = jvp(function, narrow, direction)[1]
    assert np.asarray(tangent).dtype == np.asarray(value).dtype
    expected = jvp(function, wide, widened(direction))[1]
    assert_close(to_vector(tangent), to_vector(expected), SINGLE, "tangent")
    bars = vjp(function, *narrow)[1](weights)
    full = vjp(function, *wide)[1](np.asarray(weights, np.asarray(function(*wide)).dtype)[()])
    for bar, expected in zip(bars, full, strict=True):
        assert bar.dtype == np.float32
        assert_close(to_vector(bar), to_vector(expected), SINGLE, "adjoint")


def widened(operands):
    return tuple(np.asarray(operand, np.float64)[()] for operand in operands)
