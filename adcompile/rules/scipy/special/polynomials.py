"""Values of orthogonal polynomials: derivatives by shifted families (18.9), regular everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.scipy.rows import add_rows

add_rows(special, [f"eval_{f}: n~, x" for f in
         "legendre chebyt chebyu hermite hermitenorm laguerre".split()], "elementwise")  # fmt: skip
add_rows(special, ("eval_gegenbauer: n~, alpha~, x", "eval_genlaguerre: n~, alpha~, x",
                   "eval_jacobi: n~, alpha~, beta~, x"), "elementwise")  # fmt: skip


def below(n: Any) -> Any:
    """The degree of the derivative, and 0 for a constant."""
    return n - np.where(np.equal(n, 0), 0, 1)


def unless_constant(n: Any, value: Any) -> Any:
    return np.where(np.equal(n, 0), 0.0, value)


@rule(special.eval_legendre)
def legendre(n: Any, x: Any, *, x_dot: Any) -> Any:
    """18.7.9 and 18.9.19."""
    return unless_constant(n, special.eval_gegenbauer(below(n), 1.5, x)) * x_dot


@rule(special.eval_chebyt)
def chebyt(n: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.21."""
    return n * special.eval_chebyu(below(n), x) * x_dot


@rule(special.eval_chebyu)
def chebyu(n: Any, x: Any, *, x_dot: Any) -> Any:
    return unless_constant(n, 2 * special.eval_gegenbauer(below(n), 2.0, x)) * x_dot


@rule(special.eval_gegenbauer)
def gegenbauer(n: Any, alpha: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.19."""
    value = 2 * alpha * special.eval_gegenbauer(below(n), alpha + 1, x)
    return unless_constant(n, value) * x_dot


@rule(special.eval_jacobi)
def jacobi(n: Any, alpha: Any, beta: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.15."""
    value = 0.5 * (n + alpha + beta + 1) * special.eval_jacobi(below(n), alpha + 1, beta + 1, x)
    return unless_constant(n, value) * x_dot


@rule(special.eval_hermite)
def hermite(n: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.25."""
    return 2 * n * special.eval_hermite(below(n), x) * x_dot


@rule(special.eval_hermitenorm)
def hermitenorm(n: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.27."""
    return n * special.eval_hermitenorm(below(n), x) * x_dot


@rule(special.eval_laguerre)
def laguerre(n: Any, x: Any, *, x_dot: Any) -> Any:
    return unless_constant(n, -special.eval_genlaguerre(below(n), 1.0, x)) * x_dot


@rule(special.eval_genlaguerre)
def genlaguerre(n: Any, alpha: Any, x: Any, *, x_dot: Any) -> Any:
    """18.9.23."""
    return unless_constant(n, -special.eval_genlaguerre(below(n), alpha + 1, x)) * x_dot
