"""Writes docs/language.md from the rows that the tests check, and from the messages of refusals."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.language.features import BUILTINS, STATUSES, Feature, features
from tests.language.refused import REFUSED, Refused

PAGE = Path(__file__).with_name("language.md")
SECTIONS = """Lexical structure,Data model,Expressions,Simple statements,Compound statements,
Functions,Classes,Builtins,Standard library,Sources"""
HEAD = """# The language

What of Python differentiates, in the order of the Python language reference. This page is written
by `python docs/build_language.py`: each supported row names the functions of the
zoo in `tests/zoo` (`group.function`) or the tests that show it, and a test runs them; each refused
row shows the message that its program gets.

"""
SIGNATURE = """
A refusal is an `ADCompileError` before anything runs. It shows the file, the line with a caret
under the spot, and what to write instead.
"""


def page() -> str:
    lines = [HEAD + "| status | meaning |", "|---|---|"]
    lines += [f"| {name} | {meaning} |" for name, meaning in STATUSES.items()]
    lines += [SIGNATURE.rstrip()]
    rows = features()
    for section in map(str.strip, SECTIONS.split(",")):
        lines += ["", f"## {section}", ""]
        found = [row for row in rows if row.section == section]
        refused = [row for row in REFUSED if row.section == section]
        if section == "Builtins":
            lines += [*builtin_rows(), ""]
        if found:
            lines += ["| construct | status | shown by | note |", "|---|---|---|---|"]
            lines += [supported(row) for row in found] + [""]
        if refused:
            lines += ["| refused | what it says | what to do instead |", "|---|---|---|"]
            lines += [refusal(row) for row in refused] + [""]
        lines.pop()
    return "\n".join(lines) + "\n"


def builtin_rows() -> list[str]:
    lines = ["| status | functions and types |", "|---|---|"]
    for status, names in BUILTINS.items():
        shown = ", ".join(f"`{name}`" for name in sorted(names.split()))
        lines.append(f"| {status} | {shown} |")
    return lines


def supported(row: Feature) -> str:
    shown = ", ".join(f"`{e.rpartition('/')[2]}`" for e in row.evidence)
    return f"| {cell(row.construct)} | {row.status} | {shown} | {cell(row.note)} |"


def refusal(row: Refused) -> str:
    problem = row.error().problems[0]
    message = re.sub(r"<refused \d+>", "the file", problem.message)
    advice = re.sub(r"<refused \d+>", "the file", problem.advice)
    return f"| {cell(row.construct)} | {cell(message)} | {cell(advice)} |"


def cell(text: str) -> str:
    return textwrap.dedent(text).replace("|", "\\|").replace("\n", " ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the page is out of date")
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") != page():
            raise SystemExit("docs/language.md is out of date: run python docs/build_language.py")
        return
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
