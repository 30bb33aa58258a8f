"""Rows of SciPy's functions, as lines of text: a name and its signature (see `signature`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY


def add_rows(
    module: ModuleType, rows: Iterable[str], shape: str, holomorphic: bool = False, **more: Any
) -> None:
    """A primitive for each line, called and spelled "scipy.special.erf"; those that the
    installed SciPy does not have are left out.

    shape: a shape function of `analysis.infer` ("elementwise", "probe"), or a signature such as
    "(m,n)->(n)". holomorphic: the rules hold for complex numbers. more: further columns of the
    row, such as `linear`.
    """
    for text in rows:
        name, _, params = text.partition(": ")
        fn = getattr(module, name, None)
        if fn is None or REGISTRY.lookup(fn) is not None:
            continue
        prim = add_row(f"{module.__name__}.{name}", fn, params, shape, **more)
        if holomorphic:
            REGISTRY.complex_rules.add(prim.rule)


def add_row(
    spelling: str, fn: Callable[..., Any], params: str, shape: str, key: str = "", **more: Any
) -> Primitive:
    """A primitive that is spelled like this; its name and its rule's are the same, or `key`."""
    key = key or spelling
    more = {"cost": 3, "rule": key, **more}
    prim = Primitive(key, fn, signature(params), spelling, shape, **more)
    return REGISTRY.add(prim, [fn])


def refuse(module: ModuleType, advice: str, names: str) -> None:
    """Refuse functions by name, with advice."""
    for name in names.split():
        if hasattr(module, name):
            REGISTRY.refused[getattr(module, name)] = advice
