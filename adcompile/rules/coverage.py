"""What of NumPy and SciPy is covered: every public function, by name, against the registry."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

import numpy as np

from adcompile.frontend.calls.primitives import DRAWN_BY_POSITION
from adcompile.frontend.calls.table import SPECIAL
from adcompile.ir.primitives import Registry
from adcompile.rules.load import LIBRARIES, load_libraries

NAMESPACES: dict[str, ModuleType] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "numpy.random": np.random,
}
DIFFERENTIABLE, CONSTANT, REFUSED, MISSING = "differentiable", "constant", "refused", "missing"
STATUSES = {
    DIFFERENTIABLE: "has a rule, or is composed of functions that have one",
    CONSTANT: "what it gives carries no derivative",
    REFUSED: "refused by name, with advice (some of SciPy: differentiated values alone)",
    MISSING: "no rule yet: refused where a differentiated value meets it",
}


def coverage(registry: Registry) -> dict[str, dict[str, str]]:
    """The status of each public function, by namespace and name; SciPy's if it is installed."""
    spaces = dict(NAMESPACES)
    if importlib.util.find_spec("scipy") is not None:
        load_libraries()
        spaces |= {title: importlib.import_module(title) for title in LIBRARIES}
    return {
        title: {name: status(registry, getattr(module, name)) for name in functions(module)}
        for title, module in spaces.items()
    }


def functions(module: ModuleType) -> list[str]:
    """The public names that are called: no dtypes, no exceptions, no typing names."""
    names = []
    for name in sorted(set(module.__all__)):
        found = getattr(module, name, None)
        hidden = isinstance(found, type) and (
            issubclass(found, (np.generic, BaseException, np.dtype, np.ndarray))
            or found in (bool, np.random.BitGenerator)
            or issubclass(found, np.random.BitGenerator)
        )
        if callable(found) and not hidden and not name.startswith("_"):
            names.append(name)
    return names


def status(registry: Registry, fn: Any) -> str:
    """How a function is covered."""
    owner = getattr(fn, "__self__", None)
    prim = registry.lookup(fn)
    called = registry.called(fn) if isinstance(fn, type) else None  # by its objects
    if prim is None and called is not None:
        prim = registry.lookup(called)
    if isinstance(owner, np.random.RandomState):
        if fn.__name__ in DRAWN_BY_POSITION:
            return DIFFERENTIABLE
        prim = registry.by_name.get(f"draw_{fn.__name__}")
        if prim is None:
            return REFUSED
    if prim is not None:
        ruled = prim.linear or prim.rule in registry.tangents or prim.rule in ("copy",)
        if prim.effect == "draw" and not ruled:  # of parameters that are no location or scale
            return CONSTANT
        if prim.differentiable and not ruled:  # the row says in which operands there is none
            return MISSING if any(p.covered for p in prim.params) else REFUSED
        return DIFFERENTIABLE if prim.differentiable else CONSTANT
    if registry.composition(fn) is not None:
        return CONSTANT if fn in registry.constants else DIFFERENTIABLE
    if fn in registry.static or fn in (np.shape, np.ndim):
        return CONSTANT
    methods = [getattr(fn, name, None) for name in ("logpdf", "logpmf")]  # of a distribution
    if any(known in SPECIAL for known in (fn, *methods)):
        return DIFFERENTIABLE
    return REFUSED if fn in registry.refused else MISSING


def listing(tables: dict[str, dict[str, str]]) -> list[tuple[str, str, list[str]]]:
    """(namespace, status, names), without the empty ones."""
    found = [
        (title, status, [name for name, s in table.items() if s == status])
        for title, table in tables.items()
        for status in STATUSES
    ]
    return [entry for entry in found if entry[2]]


def share(registry: Registry, tables: dict[str, dict[str, str]]) -> tuple[int, int]:
    """How many functions that have a derivative are covered, and how many there are.

    Of numpy, numpy.linalg and numpy.fft; a draw's parameters are another matter.
    """
    statuses = [
        (s, registry.refused_differentiable & {getattr(module, name)})
        for title, module in NAMESPACES.items()
        if title != "numpy.random"
        for name, s in tables[title].items()
    ]
    covered = sum(s == DIFFERENTIABLE for s, _ in statuses)
    return covered, covered + sum(s == MISSING or bool(has) for s, has in statuses)


def counts(table: dict[str, str]) -> dict[str, int]:
    """How many functions have each status."""
    return {s: sum(found == s for found in table.values()) for s in STATUSES}
