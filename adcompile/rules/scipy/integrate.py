"""Rules of scipy.integrate: what it does with samples, and what is refused.

Formulas: Simpson's rule on unequal steps and its end correction, Cartwright (2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from adcompile.rules.dsl import composition
from adcompile.rules.helpers import known
from adcompile.rules.scipy import ivp, quadrature  # noqa: F401  (importing registers)
from adcompile.rules.scipy.rows import refuse


@composition(integrate.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


def steps(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The steps between samples along the last axis; dx, or those of x."""
    if x is None:
        return dx * np.ones(np.shape(y)[-1] - 1)
    return np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))


@composition(integrate.cumulative_trapezoid)
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    y = np.asarray(y)
    rows = np.moveaxis(y, axis, -1)
    means = 0.5 * (rows[..., 1:] + rows[..., :-1])
    sums = np.cumsum((dx if x is None else steps(rows, x, dx, axis)) * means, axis=-1)
    if initial is not None:
        sums = np.concatenate((0.0 * rows[..., :1] + initial, sums), axis=-1)
    return np.moveaxis(sums, -1, axis)


@composition(integrate.simpson)
def simpson(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Of an even number of samples the last step has a formula of its own."""
    y = np.asarray(y)
    rows = np.moveaxis(y, axis, -1)
    count = known(np.shape(rows)[-1])
    h = steps(rows, x, dx, axis)
    if count == 1:
        return 0.0 * rows[..., 0]
    if count == 2:
        return 0.5 * h[..., 0] * (rows[..., 0] + rows[..., 1])
    stop = count - 1 if count % 2 else count - 2
    one, two = h[..., 0:stop:2], h[..., 1:stop:2]
    both = one + two
    left, middle = rows[..., 0:stop:2], rows[..., 1:stop:2]
    right = rows[..., 2 : stop + 1 : 2]
    terms = (2.0 - two / one) * left + both * both / (one * two) * middle
    total = np.sum(both / 6.0 * (terms + (2.0 - one / two) * right), axis=-1)
    if count % 2:
        return total
    one, two = h[..., -2], h[..., -1]
    last = (2.0 * two * two + 3.0 * one * two) / (6.0 * (one + two)) * rows[..., -1]
    before = (two * two + 3.0 * one * two) / (6.0 * one) * rows[..., -2]
    return total + last + before - two**3 / (6.0 * one * (one + two)) * rows[..., -3]


refuse(integrate, "Use scipy.integrate.cumulative_trapezoid.", "cumulative_simpson")
refuse(integrate, "Use scipy.integrate.simpson.", "romb newton_cotes")
refuse(integrate, "Nest scipy.integrate.quad: the integrand of the outer one calls the inner one.",
       "dblquad tplquad nquad cubature")  # fmt: skip
refuse(integrate, "Use scipy.integrate.quad.", "fixed_quad qmc_quad tanhsinh nsum")
refuse(integrate, "Use scipy.integrate.solve_ivp.",
       "ode complex_ode RK23 RK45 DOP853 Radau BDF LSODA OdeSolver DenseOutput")  # fmt: skip
refuse(integrate, "Discretise it, and solve with scipy.optimize.root.", "solve_bvp")
refuse(integrate, "Do it outside of the differentiated function.", "OdeSolution lebedev_rule")
