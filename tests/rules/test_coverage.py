"""The committed coverage page against the registry and the installed NumPy."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from adcompile import grad
from adcompile.errors import UnsupportedSyntax
from adcompile.rules.coverage import MISSING, STATUSES, coverage, listing, share
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


def older_than_the_page() -> set[str]:
    """Which of NumPy and SciPy is older than the one of the page: it has names that have gone."""
    told = re.search(r"NumPy (\d+)\.(\d+) and SciPy (\d+)\.(\d+)", PAGE.read_text("utf-8"))
    assert told is not None
    page = {"numpy": told.groups()[:2], "scipy": told.groups()[2:]}
    return {
        name
        for name, release in page.items()
        if [*map(int, version(name).split(".")[:2])] < [*map(int, release)]
    }


def test_every_function_of_the_installed_numpy_is_on_the_page():
    page, older = documented(), older_than_the_page()
    actual = {
        (title, name): status
        for title, table in coverage(registry()).items()
        for name, status in table.items()
        if (title, name) in page or title.partition(".")[0] not in older
    }
    unknown = sorted(f"{title}.{name}" for title, name in actual.keys() - page.keys())
    assert not unknown, (
        f"new in this NumPy, and neither covered, declared nor refused: {', '.join(unknown)}; "
        "then run python docs/build_coverage.py"
    )
    differing = {key: status for key, status in actual.items() if page[key] != status}
    assert not differing, "run python docs/build_coverage.py"
    assert set(page.values()) <= set(STATUSES)


def test_every_primitive_has_its_rules():
    assert missing_rules(registry()) == []


HARMLESS = {
    "dtype": "the tangent is cast to the dtype of the result",
    "kind": "how it is sorted has no influence",
    "stable": "how it is sorted has no influence",
    "size": "the draw's shape is the result's",
    "shape_": "the parameter of the distribution that is not followed",
    "count": "room at the end is never read",
    **dict.fromkeys(
        "check_finite workers driver lapack_driver permc_spec use_umfpack".split(),
        "how it is computed has no influence",
    ),
}
SHAPED = """median nanmedian quantile percentile nanquantile nanpercentile unwrap partition
    nan_to_num with_room full""".split()
"""Rules that take what an operand says from the result, whose shape or entries it decides."""


SOLUTIONS = "scipy.root_between scipy.root_from scipy.roots_from scipy.fixed_point".split()
"""Rules of solutions, which do not depend on how they are found; active options are refused."""


def test_a_rule_takes_what_its_primitive_takes():
    """An operand that a rule does not ask for would be ignored without a word."""
    known, wrong = registry(), []
    for prim in known.by_name.values():
        if not prim.differentiable or prim.effect == "draw" or prim.name.startswith("scipy"):
            continue
        rules = [r for (rule, _), r in known.transposes.items() if rule == prim.rule]
        rules += [known.tangents[prim.rule]] if prim.rule in known.tangents else []
        for rule in rules:
            own = inspect.signature(rule.fn).parameters
            for param in prim.params:
                if not param.accepted or param.name in HARMLESS or param.name in prim.offsets:
                    continue
                if prim.rule in SOLUTIONS and not param.covered:
                    continue
                if param.name not in own:
                    if len(own) >= len(prim.params) or prim.rule in SHAPED:
                        continue
                    wrong.append(f"{prim.name}: {param.name} is ignored")
                elif not param.required and own[param.name].default != param.default:
                    wrong.append(f"{prim.name}: {param.name} has another default")
    assert not wrong


def refused_by_name(x):
    return np.sum(np.roots(x))


def test_what_is_refused_comes_with_advice():
    with pytest.raises(UnsupportedSyntax, match=r"roots is not supported[\s\S]*eigvals"):
        grad(refused_by_name)(np.array([1.0, 2.0]))


def test_numpy_is_covered():
    """Nothing is missing; of what has a derivative nineteen in twenty have a rule."""
    tables = coverage(registry())
    missing = [(title, names) for title, status, names in listing(tables) if status == MISSING]
    assert [entry for entry in missing if entry[0].startswith("numpy")] == []
    covered, differentiable = share(registry(), tables)
    assert covered >= 0.95 * differentiable
