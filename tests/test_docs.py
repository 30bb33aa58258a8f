"""The documentation is the tool's own output where it shows any."""

from __future__ import annotations

import doctest
import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_design_page_is_up_to_date():
    """Rewrite it with `python docs/build_design.py`."""
    spec = importlib.util.spec_from_file_location("build_design", DOCS / "build_design.py")
    assert spec is not None and spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert (DOCS / "design.md").read_text(encoding="utf-8") == builder.build()


@pytest.mark.parametrize("page", ["rules.md"])
def test_the_examples_of_a_page_run(page):
    result = doctest.testfile(str(DOCS / page), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
