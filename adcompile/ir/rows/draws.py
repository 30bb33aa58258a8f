"""Rows of random draws: methods of a Generator, of a RandomState, and the functions of np.random.

A draw happens once, in order, as it does in the plain program; its operand 0 is the generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir.primitives import Primitive, Registry, signature

SHIFTED = "normal laplace logistic gumbel"
DRAWS = (
    *(f"{name}: loc=0.0, scale=1.0, size=None" for name in SHIFTED.split()),
    "uniform: low=0.0, high=1.0, size=None",
    "exponential: scale=1.0, size=None",
    "rayleigh: scale=1.0, size=None",
    "lognormal: mean=0.0, sigma=1.0, size=None",
    "gamma: shape_, scale=1.0, size=None",
    "standard_normal: size=None",
    "standard_exponential: size=None",
    "standard_cauchy: size=None",
    "standard_gamma: shape_, size=None",
    "standard_t: df, size=None",
    "random: size=None",
    "random_sample: size=None",
    "integers: low, high=None, size=None",
    "randint: low, high=None, size=None",
    "binomial: n, p, size=None",
    "poisson: lam=1.0, size=None",
    "geometric: p, size=None",
    "beta: a, b, size=None",
    "chisquare: df, size=None",
    "permutation: x",
    "choice: a, size=None, replace=True$, p=None",
)
POSITIONAL = ("rand", "randn")
"""Of np.random alone: each operand is a length."""


def add_draws(reg: Registry) -> None:
    for text in DRAWS:
        name, _, params = text.partition(": ")
        _row(reg, name, signature(f"generator, {params}"))
    for name in POSITIONAL:
        _row(reg, name, (), variadic=True)
    for make in (np.random.default_rng, np.random.RandomState):
        row = Primitive(
            make.__name__,
            make,
            signature("seed=None"),
            f"np.random.{make.__name__}",
            "generator",
            effect="draw",
            cost=9,
            rule="generator",
            differentiable=False,
        )
        reg.add(row, [make])


def _row(reg: Registry, name: str, params: Any, **more: Any) -> None:
    key = f"draw_{name}"
    fn = _method(name)
    reg.add(Primitive(key, fn, params, "@draw", "draw", effect="draw", cost=9, rule=key, **more))


def _method(name: str) -> Callable[..., Any]:
    def draw(generator: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(generator, name)(*args, **kwargs)

    return draw


def trial(name: str) -> Callable[..., Any]:
    """The same draw from a generator of its own: to see what kind of thing it gives."""

    def draw(*args: Any, **kwargs: Any) -> Any:
        made: Any = np.random.default_rng(0)
        if not hasattr(made, name):
            made = np.random.RandomState(0)
        return getattr(made, name)(*args, **{k.rstrip("_"): v for k, v in kwargs.items()})

    return draw
