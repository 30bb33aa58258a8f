"""Legendre's elliptic integrals, in SciPy's parameter m.

Near m = 0 the formulas 19.4 divide a small difference by m. There the complete integrals are
hypergeometric functions (19.5.1, 19.5.2), and the incomplete ones are integrated numerically.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.helpers import compile_time
from adcompile.rules.scipy.rows import add_rows

add_rows(special, ("ellipk: m", "ellipkm1: p", "ellipe: m"), "elementwise")
add_rows(special, ("ellipkinc: phi, m", "ellipeinc: phi, m"), "elementwise")
NEAR = 0.1


def slope_of_k(m: Any) -> Any:
    """19.4.1."""
    small = np.abs(m) < NEAR
    far, near = np.where(small, 0.5, m), np.where(small, m, 0.0)
    direct = (special.ellipe(far) / (1 - far) - special.ellipk(far)) / (2 * far)
    return np.where(small, np.pi / 8 * special.hyp2f1(1.5, 1.5, 2, near), direct)


def slope_of_e(m: Any) -> Any:
    """19.4.2."""
    small = np.abs(m) < NEAR
    far, near = np.where(small, 0.5, m), np.where(small, m, 0.0)
    direct = (special.ellipe(far) - special.ellipk(far)) / (2 * far)
    return np.where(small, -np.pi / 8 * special.hyp2f1(0.5, 1.5, 2, near), direct)


@rule(special.ellipk)
def ellipk(m: Any, *, m_dot: Any) -> Any:
    return slope_of_k(m) * m_dot


@rule(special.ellipe)
def ellipe(m: Any, *, m_dot: Any) -> Any:
    return slope_of_e(m) * m_dot


@rule(special.ellipkm1)
def ellipkm1(p: Any, *, p_dot: Any) -> Any:
    """K(1 - p), which keeps its digits as p goes to 0."""
    small = np.abs(1 - p) < NEAR
    far, near = np.where(small, 0.5, p), np.where(small, 1 - p, 0.0)
    direct = (special.ellipe(1 - far) / far - special.ellipkm1(far)) / (2 * (1 - far))
    return -np.where(small, np.pi / 8 * special.hyp2f1(1.5, 1.5, 2, near), direct) * p_dot


@compile_time
def gauss_rule() -> tuple[Any, Any]:
    """Nodes and weights on (0, 1)."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    return 0.5 + 0.5 * nodes, 0.5 * weights


def partial_integral(phi: Any, m: Any, power: float) -> Any:
    """The integral over (0, phi) of sin^2 (1 - m sin^2)^power / 2, for |phi| <= pi / 2."""
    nodes, weights = gauss_rule()
    square = np.square(np.sin(np.multiply.outer(phi, nodes)))
    roots = np.exp(power * np.log1p(-np.multiply.outer(m, np.ones(16)) * square))
    return 0.5 * phi * np.sum(weights * square * roots, axis=-1)


def incomplete(phi: Any, m: Any, power: float, direct: Any, period: Any) -> Any:
    """`direct`, or near m = 0 the integral: whole half turns and a rest.

    period: the integral over a quarter turn.
    """
    small = np.abs(m) < NEAR
    turns = np.round(phi / np.pi)
    near = np.where(small, m, 0.0)
    rest = partial_integral(phi - turns * np.pi, near, power)
    return np.where(small, rest + 2 * turns * period, direct)


@rule(special.ellipkinc)
def ellipkinc(phi: Any, m: Any, *, result: Any, phi_dot: Any, m_dot: Any) -> Any:
    """19.4.5."""
    sine = np.sin(phi)
    root = np.sqrt(1 - m * (sine * sine))
    far = np.where(np.abs(m) < NEAR, 0.5, m)
    direct = special.ellipeinc(phi, far) / (2 * far * (1 - far)) - result / (2 * far)
    direct = direct - np.sin(2 * phi) / (4 * (1 - far) * root)
    near = np.where(np.abs(m) < NEAR, m, 0.0)
    slope = incomplete(phi, m, -1.5, direct, np.pi / 8 * special.hyp2f1(1.5, 1.5, 2, near))
    return phi_dot / root + slope * m_dot


@rule(special.ellipeinc)
def ellipeinc(phi: Any, m: Any, *, result: Any, phi_dot: Any, m_dot: Any) -> Any:
    """19.4.6."""
    sine = np.sin(phi)
    root = np.sqrt(1 - m * (sine * sine))
    far = np.where(np.abs(m) < NEAR, 0.5, m)
    direct = (special.ellipkinc(phi, far) - result) / (2 * far)
    near = np.where(np.abs(m) < NEAR, m, 0.0)
    slope = incomplete(phi, m, -0.5, direct, np.pi / 8 * special.hyp2f1(0.5, 1.5, 2, near))
    return root * phi_dot - slope * m_dot
