"""Loads every family of rules and checks that nothing is left without one."""

from __future__ import annotations

import importlib
import importlib.util
from functools import partial

from adcompile.ir.primitives import Registry
from adcompile.rules import (  # noqa: F401  (importing registers)
    arithmetic,
    choices,
    complex_numbers,
    compositions,
    differences,
    draws,
    elementwise,
    fourier,
    joining,
    linalg,
    nanfunctions,
    ordering,
    padding,
    picking,
    polynomials,
    products,
    python_math,
    rearranging,
    reductions,
    refused,
    scans,
    shaping,
    stacks,
    statistics,
    ufuncs,
)
from adcompile.rules.dsl import REGISTRY

NATIVE = frozenset("getitem setitem scatter_add copy part_of on_adjoint adjoint_hook".split())
"""Primitives whose transposes the transform itself knows."""


AREAS = "fft integrate interpolate linalg ndimage optimize signal sparse special stats".split()
LIBRARIES = {f"scipy.{area}": f"adcompile.rules.scipy.{area}" for area in AREAS}
"""Modules of other libraries, and the modules here that register rows and rules when imported.

Each is imported when a function of the library's module is first looked up, never before.
"""

for _theirs, _ours in LIBRARIES.items():
    REGISTRY.later[_theirs] = partial(importlib.import_module, _ours)


def load_libraries() -> None:
    """Import and load every library that is installed: for lists of what is covered."""
    for theirs in tuple(REGISTRY.later):
        if importlib.util.find_spec(theirs.partition(".")[0]) is not None:
            importlib.import_module(theirs)
            REGISTRY.load(theirs)


def missing_rules(registry: Registry) -> list[str]:
    """Differentiable primitives without a tangent, or linear ones without a transpose."""
    missing = []
    for prim in registry.by_name.values():
        if not prim.differentiable or prim.rule in NATIVE or not prim.params:
            continue
        if prim.shape == "user":
            continue
        if prim.effect == "draw" or prim.spelling == "@":  # refused where a derivative meets it
            continue
        if not any(p.covered for p in prim.params):
            continue
        if prim.rule not in registry.tangents and not prim.linear:
            missing.append(prim.name)
        for group in prim.linear:
            for position in group:
                name = [p.name for p in prim.params if p.required][position]
                if (prim.rule, name) not in registry.transposes:
                    missing.append(f"{prim.name} (transpose in {name})")
    return missing


def registry() -> Registry:
    """The registry with all rules loaded."""
    return REGISTRY
