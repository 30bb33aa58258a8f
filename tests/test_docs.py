"""The documentation is the tool's own output where it shows any."""

from __future__ import annotations

import doctest
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import adcompile
import adcompile.api

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_design_page_is_up_to_date():
    """Rewrite it with `python docs/build_design.py`."""
    spec = importlib.util.spec_from_file_location("build_design", DOCS / "build_design.py")
    assert spec is not None and spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert (DOCS / "design.md").read_text(encoding="utf-8") == builder.build()


NAMES = [n for n in adcompile.__all__ if not isinstance(getattr(adcompile, n), type)]
NAMES += ["custom_jvp", "custom_vjp"]
ERRORS = [n for n in adcompile.__all__ if n not in NAMES]

# Those that are no derivative: there is no method to tell of, or nothing that they refuse.
WITHOUT = {
    "Method:": {"nondiff", "stop_gradient"},
    "Raises:": {"stop_gradient"},
    "Returns:": {"check_grads"},
    "an example": {"transpose"},  # it would replace a rule of adcompile's own
}


def run_examples(name):
    """Run the examples of a docstring; how many there are."""
    value = getattr(adcompile, name)
    names = {n: getattr(adcompile, n) for n in adcompile.__all__}
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner()
    count = 0
    for example in finder.find(value, name, globs={"np": np, **names}):
        count += len(example.examples)
        runner.run(example)
    assert runner.failures == 0
    return count


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_documented(name):
    """Each has arguments, results, errors, an example that runs, and its method."""
    doc = getattr(adcompile, name).__doc__
    assert run_examples(name) or name in WITHOUT["an example"], f"{name} has no example"
    for part in ("Args:", "Returns:", "Raises:", "Method:"):
        assert part in doc or name in WITHOUT[part], f"{name} has no {part}"


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_documented(name):
    """Each says when it is raised, with an example."""
    assert run_examples(name), f"{name} has no example"


def test_the_page_of_the_api_lists_every_name():
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    missing = [name for name in adcompile.__all__ if f"`{name}" not in page]
    assert not missing


@pytest.mark.parametrize("page", ["rules.md", "api.md", "migration.md", "interop.md"])
def test_the_examples_of_a_page_run(page):
    result = doctest.testfile(str(DOCS / page), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
