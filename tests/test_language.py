"""docs/language.md: every row is shown by what it names, and nothing of Python is left out."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import textwrap
import types
from functools import cache
from pathlib import Path

import pytest

from adcompile import ADCompileError
from adcompile.frontend.fence import REFUSED as REFUSED_SYNTAX
from adcompile.frontend.fence import REFUSED_CALLS
from tests.language.features import BUILTINS, STATUSES, Feature, features
from tests.language.refused import REFUSED, Refused
from tests.zoo import CASES

ROOT = Path(__file__).resolve().parents[1]
FEATURES = features()
BY_NAME = {case.name: case for case in CASES}


@cache
def builder() -> types.ModuleType:
    path = ROOT / "docs" / "build_language.py"
    spec = importlib.util.spec_from_file_location("build_language", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    """Rewrite it with `python docs/build_language.py`."""
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert page == builder().page()


def test_the_page_is_linked():
    for name in ("docs/index.md", "README.md"):
        assert "language.md)" in (ROOT / name).read_text(encoding="utf-8")


# --- what is supported ----------------------------------------------------------------------------


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.construct[:40])
def test_a_supported_row_is_shown_by_tests(feature: Feature):
    assert feature.status in STATUSES
    assert feature.evidence
    for name in feature.evidence:
        path, _, test = name.partition("::")
        if path.endswith(".py"):
            text = (ROOT / path).read_text(encoding="utf-8")
            assert f"def {test or 'test_'}" in text
            continue
        case = BY_NAME[name]
        assert {*case.modes} == {"fwd", "rev"}
        assert case.order >= 2


def test_every_node_of_the_grammar_is_on_the_page():
    shown = {node for feature in FEATURES for node in feature.nodes}
    refused = {kind.__name__ for kind in REFUSED_SYNTAX}
    kinds = (ast.stmt, ast.expr, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.pattern)
    old = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice"}
    later = {"TryStar", "TypeAlias", "TemplateStr", "Interpolation"}  # 3.11, 3.12, 3.14
    for name, kind in vars(ast).items():
        if name.startswith("_"):
            continue
        if isinstance(kind, type) and issubclass(kind, kinds) and kind not in kinds:
            assert name in shown | refused | old | later, f"ast.{name} is on no row"


def test_nodes_of_a_row_are_in_its_cases():
    """A row that names a node has a case whose text contains it."""
    for feature in FEATURES:
        names = [n for n in feature.evidence if n in BY_NAME]
        trees = [ast.parse(textwrap.dedent(inspect.getsource(_module_of(n)))) for n in names]
        present = {type(node).__name__ for tree in trees for node in ast.walk(tree)}
        assert not {*feature.nodes} - present, feature.construct


def _module_of(name: str) -> types.ModuleType:
    module = inspect.getmodule(inspect.unwrap(BY_NAME[name].function))
    assert module is not None
    return module


# --- builtins -------------------------------------------------------------------------------------

EXCEPTIONS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
CONSTANTS = {"None", "True", "False", "Ellipsis", "NotImplemented"}


def test_every_builtin_is_on_the_page():
    shown = {name for names in BUILTINS.values() for name in names.split()}
    public = {n for n in dir(builtins) if not n.startswith("_") or n == "__import__"}
    assert public - EXCEPTIONS - CONSTANTS - {"PythonFinalizationError"} <= shown | {"_"}


@cache
def called_in_the_zoo() -> frozenset[str]:
    modules = {inspect.getmodule(inspect.unwrap(case.function)) for case in CASES}
    trees = [ast.parse(inspect.getsource(m)) for m in modules if m is not None]
    return frozenset(
        node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)
    )


@pytest.mark.parametrize("status", ["ok", "static"])
def test_supported_builtins_are_used_in_the_zoo(status):
    assert not {*BUILTINS[status].split()} - called_in_the_zoo()


def test_refused_builtins_have_a_row():
    rows = {row.construct.strip("`") for row in REFUSED if row.section == "Builtins"}
    names = {*BUILTINS["refused"].split()}
    unusual = set("help aiter anext exit quit copyright credits license".split())
    assert names - unusual <= rows
    assert {fn.__name__ for fn in REFUSED_CALLS} & {*vars(builtins)} <= names


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("row", REFUSED, ids=lambda r: r.construct[:40])
def test_a_refused_row_says_where_and_what_to_do(row: Refused):
    error = row.error()
    assert isinstance(error, ADCompileError)
    for problem in error.problems:
        assert problem.span is not None
        assert problem.advice, problem.message
    (first, *_) = [p.span for p in error.problems if p.span]
    assert f"{first.filename}:{first.lineno}: " in str(error)
    assert row.spot in str(error)
    assert "^" in str(error)


def test_every_refused_node_has_a_row():
    programs = [ast.parse(textwrap.dedent(row.program)) for row in REFUSED]
    present = {type(node) for tree in programs for node in ast.walk(tree)}
    missing = {*REFUSED_SYNTAX} - present - {ast.YieldFrom}
    assert not missing
