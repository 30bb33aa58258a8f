"""The committed coverage page against the registry and the installed NumPy."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from adcompile import grad
from adcompile.errors import UnsupportedSyntax
from adcompile.rules.coverage import MISSING, STATUSES, coverage
from adcompile.rules.load import missing_rules, registry

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


def documented() -> dict[tuple[str, str], str]:
    """(namespace, function) -> status, as the page says."""
    found = {}
    for title, status, names in re.findall(
        r"^## ([\w.]+): (\w+)\n\n((?:.+\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    ):
        for name in names.replace("\n", " ").split(","):
            found[title, name.strip()] = status
    return found


def test_every_function_of_the_installed_numpy_is_on_the_page():
    page = documented()
    actual = {
        (title, name): status
        for title, table in coverage(registry()).items()
        for name, status in table.items()
    }
    differing = {key: status for key, status in actual.items() if page.get(key) != status}
    assert not differing, "run python docs/build_coverage.py, or cover what is new"
    assert set(page.values()) <= set(STATUSES)


def test_every_primitive_has_its_rules():
    assert missing_rules(registry()) == []


def refused_by_name(x):
    return np.sum(np.polyfit(x, x, 1))


def test_what_is_refused_comes_with_advice():
    with pytest.raises(UnsupportedSyntax, match=r"polyfit is not supported[\s\S]*lstsq"):
        grad(refused_by_name)(np.array([1.0, 2.0]))


def test_most_of_numpy_is_covered():
    """What is missing is known by name; nothing is missing silently."""
    table = coverage(registry())["numpy"]
    assert sum(s == MISSING for s in table.values()) <= 0.15 * len(table)
