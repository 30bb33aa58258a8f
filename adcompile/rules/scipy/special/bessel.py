"""Bessel functions and their kin: recurrences of derivatives, none in the order.

Where 10.6.1 and a division by x are both possible, the one without the division is taken: it holds
at 0 too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from adcompile.rules.dsl import rule
from adcompile.rules.scipy.rows import add_rows

add_rows(special, [f"{f}: x" for f in """j0 j1 y0 y1 i0 i0e i1 i1e k0 k0e k1 k1e ber bei berp beip
    ker kei kerp keip""".split()], "elementwise")  # fmt: skip
add_rows(special, [f"{f}: v~, z" for f in "jv jve yn yv yve iv ive kn kv kve".split()],
         "elementwise")  # fmt: skip
add_rows(special, [f"{f}: v~, x" for f in ("struve", "modstruve")], "elementwise")
add_rows(special, [f"{f}: v~, z, n=1$" for f in ("jvp", "yvp", "ivp", "kvp")], "elementwise")
add_rows(special, [f"spherical_{f}n: n$, z, derivative=False$" for f in "jyik"], "elementwise")
add_rows(special, ("airy: z",), "()->(),(),(),()")
add_rows(special, ("ellipj: u, m~",), "(),()->(),(),(),()")


@rule(special.j0)
def j0(x: Any, *, x_dot: Any) -> Any:
    return -special.j1(x) * x_dot


@rule(special.j1)
def j1(x: Any, *, x_dot: Any) -> Any:
    return 0.5 * (special.j0(x) - special.jv(2, x)) * x_dot


@rule(special.jv)
def jv(v: Any, z: Any, *, z_dot: Any) -> Any:
    """10.6.1."""
    return 0.5 * (special.jv(v - 1, z) - special.jv(v + 1, z)) * z_dot


@rule(special.jve)
def jve(v: Any, z: Any, *, z_dot: Any) -> Any:
    """Scaled by a constant on the real line."""
    return 0.5 * (special.jve(v - 1, z) - special.jve(v + 1, z)) * z_dot


@rule(special.y0)
def y0(x: Any, *, x_dot: Any) -> Any:
    return -special.y1(x) * x_dot


@rule(special.y1)
def y1(x: Any, *, x_dot: Any) -> Any:
    return 0.5 * (special.y0(x) - special.yv(2, x)) * x_dot


@rule(special.yv, special.yn)
def yv(v: Any, z: Any, *, z_dot: Any) -> Any:
    return 0.5 * (special.yv(v - 1, z) - special.yv(v + 1, z)) * z_dot


@rule(special.yve)
def yve(v: Any, z: Any, *, z_dot: Any) -> Any:
    return 0.5 * (special.yve(v - 1, z) - special.yve(v + 1, z)) * z_dot


@rule(special.i0)
def i0(x: Any, *, x_dot: Any) -> Any:
    return special.i1(x) * x_dot


@rule(special.i1)
def i1(x: Any, *, x_dot: Any) -> Any:
    return 0.5 * (special.i0(x) + special.iv(2, x)) * x_dot


@rule(special.iv)
def iv(v: Any, z: Any, *, z_dot: Any) -> Any:
    """10.29.1."""
    return 0.5 * (special.iv(v - 1, z) + special.iv(v + 1, z)) * z_dot


@rule(special.i0e)
def i0e(x: Any, *, result: Any, x_dot: Any) -> Any:
    """With a kink at 0."""
    return (special.i1e(x) - np.sign(x) * result) * x_dot


@rule(special.i1e)
def i1e(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (0.5 * (special.i0e(x) + special.ive(2, x)) - np.sign(x) * result) * x_dot


@rule(special.ive)
def ive(v: Any, z: Any, *, result: Any, z_dot: Any) -> Any:
    both = special.ive(v - 1, z) + special.ive(v + 1, z)
    return (0.5 * both - np.sign(z) * result) * z_dot


@rule(special.k0)
def k0(x: Any, *, x_dot: Any) -> Any:
    return -special.k1(x) * x_dot


@rule(special.k1)
def k1(x: Any, *, x_dot: Any) -> Any:
    return -0.5 * (special.k0(x) + special.kv(2, x)) * x_dot


@rule(special.kv, special.kn)
def kv(v: Any, z: Any, *, z_dot: Any) -> Any:
    return -0.5 * (special.kv(v - 1, z) + special.kv(v + 1, z)) * z_dot


@rule(special.k0e)
def k0e(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (result - special.k1e(x)) * x_dot


@rule(special.k1e)
def k1e(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (result - 0.5 * (special.k0e(x) + special.kve(2, x))) * x_dot


@rule(special.kve)
def kve(v: Any, z: Any, *, result: Any, z_dot: Any) -> Any:
    return (result - 0.5 * (special.kve(v - 1, z) + special.kve(v + 1, z))) * z_dot


@rule(special.jvp)
def jvp(v: Any, z: Any, n: int = 1, *, z_dot: Any) -> Any:
    """These are the nth derivatives themselves."""
    return special.jvp(v, z, n + 1) * z_dot


@rule(special.yvp)
def yvp(v: Any, z: Any, n: int = 1, *, z_dot: Any) -> Any:
    return special.yvp(v, z, n + 1) * z_dot


@rule(special.ivp)
def ivp(v: Any, z: Any, n: int = 1, *, z_dot: Any) -> Any:
    return special.ivp(v, z, n + 1) * z_dot


@rule(special.kvp)
def kvp(v: Any, z: Any, n: int = 1, *, z_dot: Any) -> Any:
    return special.kvp(v, z, n + 1) * z_dot


# -- of half-integer order, Struve, Kelvin, Airy, Jacobi -----------------------------------------


@rule(special.spherical_jn)
def spherical_jn(n: int, z: Any, derivative: bool = False, *, z_dot: Any) -> Any:
    """10.51.2, which holds for the derivatives too."""
    if n == 0:
        return -special.spherical_jn(1, z, derivative) * z_dot
    below = n * special.spherical_jn(n - 1, z, derivative)
    return (below - (n + 1) * special.spherical_jn(n + 1, z, derivative)) / (2 * n + 1) * z_dot


@rule(special.spherical_yn)
def spherical_yn(n: int, z: Any, derivative: bool = False, *, z_dot: Any) -> Any:
    if n == 0:
        return -special.spherical_yn(1, z, derivative) * z_dot
    below = n * special.spherical_yn(n - 1, z, derivative)
    return (below - (n + 1) * special.spherical_yn(n + 1, z, derivative)) / (2 * n + 1) * z_dot


@rule(special.spherical_in)
def spherical_in(n: int, z: Any, derivative: bool = False, *, z_dot: Any) -> Any:
    """10.51.5."""
    if n == 0:
        return special.spherical_in(1, z, derivative) * z_dot
    below = n * special.spherical_in(n - 1, z, derivative)
    return (below + (n + 1) * special.spherical_in(n + 1, z, derivative)) / (2 * n + 1) * z_dot


@rule(special.spherical_kn)
def spherical_kn(n: int, z: Any, derivative: bool = False, *, z_dot: Any) -> Any:
    if n == 0:
        return -special.spherical_kn(1, z, derivative) * z_dot
    below = n * special.spherical_kn(n - 1, z, derivative)
    return -(below + (n + 1) * special.spherical_kn(n + 1, z, derivative)) / (2 * n + 1) * z_dot


@rule(special.struve)
def struve(v: Any, x: Any, *, x_dot: Any) -> Any:
    """11.4.23 and 11.4.24, added."""
    first = np.power(0.5 * x, v) * special.rgamma(v + 1.5) / np.sqrt(np.pi)
    return 0.5 * (special.struve(v - 1, x) - special.struve(v + 1, x) + first) * x_dot


@rule(special.modstruve)
def modstruve(v: Any, x: Any, *, x_dot: Any) -> Any:
    """11.4.25 and 11.4.26, added."""
    first = np.power(0.5 * x, v) * special.rgamma(v + 1.5) / np.sqrt(np.pi)
    return 0.5 * (special.modstruve(v - 1, x) + special.modstruve(v + 1, x) + first) * x_dot


@rule(special.ber)
def ber(x: Any, *, x_dot: Any) -> Any:
    return special.berp(x) * x_dot


@rule(special.bei)
def bei(x: Any, *, x_dot: Any) -> Any:
    return special.beip(x) * x_dot


@rule(special.ker)
def ker(x: Any, *, x_dot: Any) -> Any:
    return special.kerp(x) * x_dot


@rule(special.kei)
def kei(x: Any, *, x_dot: Any) -> Any:
    return special.keip(x) * x_dot


@rule(special.berp)
def berp(x: Any, *, result: Any, x_dot: Any) -> Any:
    """10.61.3, the differential equation."""
    return -(result / x + special.bei(x)) * x_dot


@rule(special.beip)
def beip(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (special.ber(x) - result / x) * x_dot


@rule(special.kerp)
def kerp(x: Any, *, result: Any, x_dot: Any) -> Any:
    return -(result / x + special.kei(x)) * x_dot


@rule(special.keip)
def keip(x: Any, *, result: Any, x_dot: Any) -> Any:
    return (special.ker(x) - result / x) * x_dot


@rule(special.airy)
def airy(z: Any, *, result: Any, z_dot: Any) -> Any:
    """9.2.1: Ai, Ai', Bi, Bi'."""
    a, slope_a, b, slope_b = result
    return slope_a * z_dot, z * a * z_dot, slope_b * z_dot, z * b * z_dot


@rule(special.ellipj)
def ellipj(u: Any, m: Any, *, result: Any, u_dot: Any) -> Any:
    """22.13: sn, cn, dn and the amplitude."""
    sn, cn, dn, _ = result
    return cn * dn * u_dot, -sn * dn * u_dot, -m * sn * cn * u_dot, dn * u_dot
