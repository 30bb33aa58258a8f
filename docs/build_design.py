"""Writes docs/design.md from docs/design.md.in: every listing is the tool's own output.

`{{name stage}}` in the template stands for a stage of the compilation of one of the functions
below. Run `python docs/build_design.py` after a change to the compiler; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from adcompile import checkpointed, grad, vjp
from adcompile.frontend.lower import lower
from adcompile.ir.nodes import Block
from adcompile.ir.text import dump
from adcompile.passes.dce import eliminate_dead_code
from adcompile.passes.residuals import plan_residuals
from adcompile.pipeline import simplify
from adcompile.rules.load import registry
from adcompile.transforms.linearize import linearize
from adcompile.transforms.reverse import reverse

HERE = Path(__file__).resolve().parent


def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def diffuse(u, k, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def react(u, steps):
    u = u.copy()
    for t in range(steps):
        u[1:] += np.sin(u[:-1])
    return np.sum(u)


def attenuate(x, y):
    return np.exp(-x) * y


def guarded(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def inverse_root(x):
    return x**0.5 + x


def unstable(x, n):
    s = x
    for i in range(n):
        for j in range(i):
            s = np.sin(s)
    return s


def settle(u, n):
    for t in checkpointed(range(n), snapshots=20):
        u = u - 0.1 * np.sin(u)
    return np.sum(u)


U = np.linspace(0.0, 1.0, 6)
CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]] = {
    "f": (f, (2.0, 5.0), (0, 1)),
    "diffuse": (diffuse, (U, 0.1, 3), (0, 1)),
    "react": (react, (U, 3), (0,)),
    "attenuate": (attenuate, (np.ones(3), np.ones(3)), (0, 1)),
    "guarded": (guarded, (U,), (0,)),
    "inverse_root": (inverse_root, (2.0,), (0,)),
    "unstable": (unstable, (0.5, 3), (0,)),
    "settle": (settle, (U, 3), (0,)),
}


def listing(key: str) -> str:
    """The text of `name stage [argnums]`."""
    name, stage, *rest = key.split()
    fn, args, wrt = CALLS[name]
    if rest:
        wrt = tuple(int(c) for c in rest[0])
    if stage == "source":
        return grad(fn, argnums=wrt if len(wrt) > 1 else wrt[0]).source_for(*args).rstrip()
    if stage == "flat":
        return grad(fn, argnums=wrt, optimize=False).source_for(*args).rstrip()
    if stage == "robust":
        compiled = grad(fn)
        compiled(*args)
        first = compiled.source.rstrip()
        compiled(0.0)
        return f"{first}\n\n\n{compiled.source.rstrip()}"
    if stage == "pair":
        return vjp_text(fn, args)
    return dump(stages(fn, args, wrt)[stage])


def vjp_text(fn: Callable[..., Any], args: tuple[Any, ...]) -> str:
    from adcompile.dispatch.products import paired_state

    vjp(fn, *args)
    return paired_state(fn, "vjp").source().rstrip()


def stages(fn: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> dict[str, Any]:
    """The function's IR after each stage."""
    rules = registry()
    lowered = lower(rules, fn, args, {}, set(), {})
    plain = simplify(lowered.function, rules, lowered, True)
    linear = linearize(plain, wrt, rules, lowered.facts, lowered.homes)
    transposed = reverse(plain, wrt, rules, lowered.facts, lowered.homes).function
    body = Block(transposed.body.stmts, transposed.body.results[1:])
    simple = simplify(replace(transposed, body=body), rules, lowered, True)
    return {
        "lowered": lowered.function,
        "linearised": linear.function,
        "transposed": transposed,
        "simplified": simple,
        "planned": eliminate_dead_code(plan_residuals(simple)),
    }


def build() -> str:
    """The page."""
    template = (HERE / "design.md.in").read_text(encoding="utf-8")
    return re.sub(r"\{\{(.+?)\}\}", lambda m: listing(m[1]), template)


if __name__ == "__main__":
    (HERE / "design.md").write_text(build(), encoding="utf-8")
