"""Writes docs/coverage.md from the registry, the installed NumPy and SciPy."""

from __future__ import annotations

import argparse
import textwrap
from importlib.metadata import version
from pathlib import Path

from adcompile.rules.coverage import STATUSES, counts, coverage, listing, share
from adcompile.rules.load import registry

PAGE = Path(__file__).with_name("coverage.md")
HEAD = """# Coverage

Every public function of NumPy, and of the modules of SciPy that have rules, as the registry knows
it: here NumPy {numpy} and SciPy {scipy}. This page is written by `python docs/build_coverage.py`; a
test compares it with the installed NumPy and SciPy, where they are not older. `adcompile rules`
prints it after the operations with their rules.

The rules of SciPy's functions are loaded when one of them is first met; `import adcompile` does not
import SciPy. A distribution counts as covered by its methods (`pdf`, `logpdf`, `cdf`, `logcdf`,
`sf`, `logsf`, `ppf`, `isf`; `pmf`, `logpmf`), a class of interpolants by calls of its objects.

"""


def release(text: str) -> str:
    """1.2 of 1.2.3."""
    return ".".join(text.split(".")[:2])


def page() -> str:
    tables = coverage(registry())
    versions = {name: release(version(name)) for name in ("numpy", "scipy")}
    lines = [HEAD.format(**versions) + "| status | meaning |", "|---|---|"]
    lines += [f"| {name} | {meaning} |" for name, meaning in STATUSES.items()]
    covered, differentiable = share(registry(), tables)
    lines += [
        "",
        f"Of {differentiable} functions of numpy, numpy.linalg and numpy.fft that have a "
        f"derivative, {covered} are covered.",
    ]
    lines += ["", "| namespace | " + " | ".join(STATUSES) + " |", "|---" * 5 + "|"]
    for title, table in tables.items():
        found = counts(table)
        lines.append(f"| {title} | " + " | ".join(str(found[s]) for s in STATUSES) + " |")
    for title, status, names in listing(tables):
        lines += ["", f"## {title}: {status}", ""]
        lines += textwrap.wrap(", ".join(names), 100, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the page is out of date")
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") != page():
            raise SystemExit("docs/coverage.md is out of date: run python docs/build_coverage.py")
        return
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
