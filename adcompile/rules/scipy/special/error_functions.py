"""The error function and its kin, the normal distribution, integrals of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.helpers import compile_time
from adcompile.rules.scipy.rows import add_rows

TWO_OVER_SQRT_PI = 1.1283791670955126
SQRT_PI_OVER_2 = 0.8862269254527580  # the square root, then halved
SQRT_HALF_PI = 1.2533141373155003  # of half of pi
SQRT_2_PI = 2.5066282746310002
SQRT_HALF = 0.7071067811865476
LN10 = 2.302585092994046

add_rows(special, [f"{f}: x" for f in ("erf", "erfc", "erfi", "exp1", "expi", "wofz")],
         "elementwise", holomorphic=True)  # fmt: skip
add_rows(
    special,
    [
        f"{name}: x"
        for name in """erfcx dawsn erfinv erfcinv ndtr log_ndtr ndtri ndtri_exp expit logit
        log_expit softplus exp10 exprel cosm1 sindg cosdg tandg cotdg""".split()
    ],
    "elementwise",
)
add_rows(special, ("owens_t: h, a", "powm1: x, y", "expn: n~, x"), "elementwise")
add_rows(special, ("fresnel: x", "sici: x", "shichi: x"), "()->(),()")
for _name in ("exp2", "expm1", "log1p", "cbrt"):
    add_rows(special, (f"{_name}: x",), "elementwise", rule=_name)


@rule(special.erf)
def erf(x: Any, *, x_dot: Any) -> Any:
    """7.2.1."""
    return TWO_OVER_SQRT_PI * np.exp(-(x * x)) * x_dot


@rule(special.erfc)
def erfc(x: Any, *, x_dot: Any) -> Any:
    return -TWO_OVER_SQRT_PI * np.exp(-(x * x)) * x_dot


@rule(special.erfi)
def erfi(x: Any, *, x_dot: Any) -> Any:
    return TWO_OVER_SQRT_PI * np.exp(x * x) * x_dot


@compile_time
def tail(alternating: bool) -> tuple[float, ...]:
    """(2n + 1)!! / 2^n with its sign for n = 9, ..., 0: the asymptotic series 7.12.1,
    differentiated, in 1 / x^2."""
    found, value = [], 1.0
    for n in range(10):
        found.append(value)
        value *= (2 * n + 3) / 2 * (-1 if alternating else 1)
    return tuple(reversed(found))


def tail_slope(x: Any, alternating: bool) -> Any:
    """The sum of the terms of `tail` over x^2, for |x| > 20."""
    inverse = 1 / (x * x)
    total = 0.0
    for coefficient in tail(alternating):
        total = total * inverse + coefficient
    return total * inverse


@rule(special.erfcx)
def erfcx(x: Any, *, result: Any, x_dot: Any) -> Any:
    """7.10.1; by the asymptotic series for large x, where it cancels."""
    far = x > 20
    series = -0.5 * TWO_OVER_SQRT_PI * tail_slope(np.where(far, x, 20.0), True)
    return np.where(far, series, 2 * x * result - TWO_OVER_SQRT_PI) * x_dot


@rule(special.dawsn)
def dawsn(x: Any, *, result: Any, x_dot: Any) -> Any:
    """1 - 2 x F(x), 7.5.1; by the asymptotic series for large |x|, where it cancels."""
    far = np.abs(x) > 20
    series = -0.5 * tail_slope(np.where(far, x, 20.0), False)
    return np.where(far, series, 1 - 2 * x * result) * x_dot


@rule(special.wofz)
def wofz(x: Any, *, result: Any, x_dot: Any) -> Any:
    """7.10.2."""
    return (-2 * x * result + 1j * TWO_OVER_SQRT_PI) * x_dot


@rule(special.erfinv)
def erfinv(x: Any, *, result: Any, x_dot: Any) -> Any:
    return SQRT_PI_OVER_2 * np.exp(result * result) * x_dot


@rule(special.erfcinv)
def erfcinv(x: Any, *, result: Any, x_dot: Any) -> Any:
    return -SQRT_PI_OVER_2 * np.exp(result * result) * x_dot


@rule(special.ndtr)
def ndtr(x: Any, *, x_dot: Any) -> Any:
    return np.exp(-0.5 * (x * x)) / SQRT_2_PI * x_dot


@rule(special.ndtri)
def ndtri(x: Any, *, result: Any, x_dot: Any) -> Any:
    return SQRT_2_PI * np.exp(0.5 * (result * result)) * x_dot


@rule(special.log_ndtr)
def log_ndtr(x: Any, *, result: Any, x_dot: Any) -> Any:
    """The density over the distribution; by erfcx where both underflow."""
    high = x > 5
    safe = np.where(high, 0.0, x)
    lower = 1 / (SQRT_HALF_PI * special.erfcx(-SQRT_HALF * safe))
    return np.where(high, np.exp(-0.5 * (x * x) - result) / SQRT_2_PI, lower) * x_dot


@rule(special.ndtri_exp)
def ndtri_exp(x: Any, *, result: Any, x_dot: Any) -> Any:
    return SQRT_HALF_PI * special.erfcx(-SQRT_HALF * result) * x_dot


@rule(special.expit)
def expit(x: Any, *, result: Any, x_dot: Any) -> Any:
    """result * (1 - result), without the rounding of the difference."""
    return result * special.expit(-x) * x_dot


@rule(special.logit)
def logit(x: Any, *, x_dot: Any) -> Any:
    return x_dot / (x * (1 - x))


@rule(special.log_expit)
def log_expit(x: Any, *, x_dot: Any) -> Any:
    return special.expit(-x) * x_dot


if hasattr(special, "softplus"):

    @rule(special.softplus)
    def softplus(x: Any, *, x_dot: Any) -> Any:
        return special.expit(x) * x_dot


@rule(special.exp10)
def exp10(x: Any, *, result: Any, x_dot: Any) -> Any:
    return LN10 * result * x_dot


def exprel_slope(x: Any) -> Any:
    """The derivative of (e^x - 1) / x = 1F1(1; 2; x): 13.3.15."""
    small = np.abs(x) < 1
    safe = np.where(small, 1.0, x)
    direct = (np.exp(safe) - special.exprel(safe)) / safe
    return np.where(small, 0.5 * special.hyp1f1(2, 3, np.where(small, x, 0.0)), direct)


@rule(special.exprel)
def exprel(x: Any, *, x_dot: Any) -> Any:
    return exprel_slope(x) * x_dot


@rule(special.powm1)
def powm1(x: Any, y: Any, *, result: Any, x_dot: Any, y_dot: Any) -> Any:
    return y * np.power(x, y - 1) * x_dot + special.xlogy(result + 1, x) * y_dot


@rule(special.cosm1)
def cosm1(x: Any, *, x_dot: Any) -> Any:
    return -np.sin(x) * x_dot


@rule(special.sindg)
def sindg(x: Any, *, x_dot: Any) -> Any:
    return np.pi / 180 * special.cosdg(x) * x_dot


@rule(special.cosdg)
def cosdg(x: Any, *, x_dot: Any) -> Any:
    return -np.pi / 180 * special.sindg(x) * x_dot


@rule(special.tandg)
def tandg(x: Any, *, result: Any, x_dot: Any) -> Any:
    return np.pi / 180 * (1 + result * result) * x_dot


@rule(special.cotdg)
def cotdg(x: Any, *, result: Any, x_dot: Any) -> Any:
    return -np.pi / 180 * (1 + result * result) * x_dot


@rule(special.owens_t)
def owens_t(h: Any, a: Any, *, h_dot: Any, a_dot: Any) -> Any:
    """Owen (1956), Tables for computing bivariate normal probabilities."""
    in_h = -np.exp(-0.5 * (h * h)) * special.erf(SQRT_HALF * (a * h)) / (2 * SQRT_2_PI)
    square = 1 + a * a
    return in_h * h_dot + np.exp(-0.5 * (h * h) * square) / (2 * np.pi * square) * a_dot


# -- integrals -----------------------------------------------------------------------------------


@rule(special.exp1)
def exp1(x: Any, *, x_dot: Any) -> Any:
    """6.2.1."""
    return -np.exp(-x) / x * x_dot


@rule(special.expi)
def expi(x: Any, *, x_dot: Any) -> Any:
    return np.exp(x) / x * x_dot


@rule(special.expn)
def expn(n: Any, x: Any, *, x_dot: Any) -> Any:
    """8.19.13; of order 0 it is exp(-x) / x."""
    first = np.exp(-x) * (1 + 1 / x) / x
    before = special.expn(np.where(np.equal(n, 0), 1, n) - 1, x)
    return -np.where(np.equal(n, 0), first, before) * x_dot


@rule(special.fresnel)
def fresnel(x: Any, *, x_dot: Any) -> Any:
    """7.2.7 and 7.2.8: S, C."""
    angle = 0.5 * np.pi * (x * x)
    return np.sin(angle) * x_dot, np.cos(angle) * x_dot


@rule(special.sici)
def sici(x: Any, *, x_dot: Any) -> Any:
    """6.2.9 and 6.2.11."""
    return np.sinc(x / np.pi) * x_dot, np.cos(x) / x * x_dot


@rule(special.shichi)
def shichi(x: Any, *, x_dot: Any) -> Any:
    """6.2.15 and 6.2.16; sinh x / x is finite at 0."""
    return 0.5 * (special.exprel(x) + special.exprel(-x)) * x_dot, np.cosh(x) / x * x_dot
