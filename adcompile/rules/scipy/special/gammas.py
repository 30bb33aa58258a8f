"""The gamma function, what is built of it, and the distributions that are its integrals."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import special

from adcompile.frontend import static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import composition, rule
from adcompile.rules.helpers import times
from adcompile.rules.scipy.rows import add_row, add_rows

add_rows(special, [f"{f}: x" for f in ("gamma", "loggamma", "rgamma")],
         "elementwise", holomorphic=True)  # fmt: skip
add_rows(special, ("gammaln: x", "digamma: x", "polygamma: n~, x"), "elementwise")
add_rows(
    special,
    (
        "beta: a, b",
        "betaln: a, b",
        "poch: z, m",
        "binom: n, k",
        "comb: N, k",
        "perm: N, k",
        "factorial: n",
        "multigammaln: a, d$",
    ),
    "elementwise",
)
add_rows(
    special,
    (
        *(f"{f}: a~, x" for f in ("gammainc", "gammaincc")),
        *(f"{f}: a~, y" for f in ("gammaincinv", "gammainccinv")),
        *(f"{f}: a~, b~, x" for f in ("betainc", "betaincc")),
        *(f"{f}: a~, b~, y" for f in ("betaincinv", "betainccinv")),
        "stdtr: df~, t",
        "stdtrit: df~, p",
        *(f"{f}: v~, x" for f in ("chdtr", "chdtrc")),
        "chdtri: v~, p",
        *(f"{f}: dfn~, dfd~, x" for f in ("fdtr", "fdtrc")),
        "fdtri: dfn~, dfd~, p",
        *(f"{f}: a, b~, x" for f in ("gdtr", "gdtrc")),
        *(f"{f}: k~, m" for f in ("pdtr", "pdtrc")),
        *(f"{f}: k~, n~, p" for f in ("bdtr", "bdtrc", "nbdtr", "nbdtrc")),
        "hyp0f1: v~, z",
        "hyp1f1: a~, b~, x",
        "hyp2f1: a~, b~, c~, z",
        "hyperu: a~, b~, x",
    ),
    "elementwise",
)
add_rows(special, ("lambertw: z, k=0$, tol=1e-08$", "wrightomega: z"), "elementwise",
         holomorphic=True)  # fmt: skip
add_rows(special, ("spence: z",), "elementwise")


@rule(special.gamma)
def gamma(x: Any, *, result: Any, x_dot: Any) -> Any:
    """5.2.2."""
    return result * special.digamma(x) * x_dot


@rule(special.gammaln, special.loggamma)
def gammaln(x: Any, *, x_dot: Any) -> Any:
    return special.digamma(x) * x_dot


@rule(special.rgamma)
def rgamma(x: Any, *, result: Any, x_dot: Any) -> Any:
    """By reflection, 5.5.3, where the gamma function has its poles."""
    if np.iscomplexobj(x):
        return -result * special.digamma(x) * x_dot
    low = x < 0.5
    other = 1 - np.where(low, x, 0.0)
    turned = np.cos(np.pi * x) - np.sin(np.pi * x) / np.pi * special.digamma(other)
    direct = -result * special.digamma(np.where(low, 1.0, x))
    return np.where(low, special.gamma(other) * turned, direct) * x_dot


@rule(special.digamma)
def digamma(x: Any, *, x_dot: Any) -> Any:
    """5.15.1."""
    return special.zeta(2, x) * x_dot


@rule(special.polygamma)
def polygamma(n: Any, x: Any, *, x_dot: Any) -> Any:
    return special.polygamma(n + 1, x) * x_dot


# zeta of one argument and of two are different functions under one name.
hurwitz = functools.partial(special.zeta)
riemann = functools.partial(special.zeta)
add_row("scipy.special.zeta", hurwitz, "x~, q", "elementwise")
add_row("scipy.special.zeta", riemann, "x~", "elementwise", key="scipy.special.riemann_zeta")


@composition(special.zeta)
def zeta(x: Any, q: Any = None) -> Any:
    return riemann(x) if q is None else hurwitz(x, q)


@rule(hurwitz)
def hurwitz_rule(x: Any, q: Any, *, q_dot: Any) -> Any:
    """25.11.17."""
    return -x * special.zeta(x + 1, q) * q_dot


@rule(special.beta)
def beta(a: Any, b: Any, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    both = special.digamma(a + b)
    return result * ((special.digamma(a) - both) * a_dot + (special.digamma(b) - both) * b_dot)


@rule(special.betaln)
def betaln(a: Any, b: Any, *, a_dot: Any, b_dot: Any) -> Any:
    both = special.digamma(a + b)
    return (special.digamma(a) - both) * a_dot + (special.digamma(b) - both) * b_dot


@rule(special.poch)
def poch(z: Any, m: Any, *, result: Any, z_dot: Any, m_dot: Any) -> Any:
    """5.2.5."""
    upper = special.digamma(z + m)
    return result * ((upper - special.digamma(z)) * z_dot + upper * m_dot)


def binom_slopes(n: Any, k: Any) -> Any:
    """The derivatives of the logarithm of a binomial coefficient in n and k."""
    rest = special.digamma(n - k + 1)
    return special.digamma(n + 1) - rest, rest - special.digamma(k + 1)


@rule(special.binom)
def binom(n: Any, k: Any, *, result: Any, n_dot: Any, k_dot: Any) -> Any:
    in_n, in_k = binom_slopes(n, k)
    return result * (in_n * n_dot + in_k * k_dot)


@rule(special.comb)
def comb(N: Any, k: Any, *, result: Any, N_dot: Any, k_dot: Any) -> Any:
    """Zero outside of 0 <= k <= N."""
    inside = (k >= 0) & (k <= N)
    in_n, in_k = binom_slopes(np.where(inside, N, 1.0), np.where(inside, k, 1.0))
    return result * (in_n * N_dot + in_k * k_dot)


@rule(special.perm)
def perm(N: Any, k: Any, *, result: Any, N_dot: Any, k_dot: Any) -> Any:
    """Zero outside of 0 <= k <= N."""
    inside = (k >= 0) & (k <= N)
    n, m = np.where(inside, N, 1.0), np.where(inside, k, 1.0)
    rest = special.digamma(n - m + 1)
    return result * ((special.digamma(n + 1) - rest) * N_dot + rest * k_dot)


@rule(special.factorial)
def factorial(n: Any, *, result: Any, n_dot: Any) -> Any:
    """gamma(n + 1); zero for negative n."""
    return result * special.digamma(np.where(n < 0, 1.0, n + 1)) * n_dot


def _counted(fn: Any, *names: str) -> None:
    """With exact=True the result is an int, of ints that are known at compile time."""

    def lower(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
        given = dict(zip(names, args, strict=False)) | kwargs
        plain = {k: v for k, v in given.items() if k in ("N", "k", "n")}
        usual = [v.value if isinstance(v, Lit) else v for k, v in given.items() if k not in plain]
        if all(v is False or v == "zero" for v in usual):
            return primitives.emit_bound(cx, cx.registry.by_callable[fn], [], plain)
        what = f"an argument of {fn.__name__} that is exact or repeats"
        return Lit(fn(**{k: static.value(cx, v, what) for k, v in given.items()}))

    SPECIAL[fn] = lower


_counted(special.comb, "N", "k")
_counted(special.perm, "N", "k", "exact")
_counted(special.factorial, "n", "exact")


@rule(special.multigammaln)
def multigammaln(a: Any, d: int, *, a_dot: Any) -> Any:
    """35.3.4."""
    total = 0.0
    for j in times(d):
        total = total + special.digamma(a - 0.5 * j)
    return total * a_dot


# -- integrals -----------------------------------------------------------------------------------


def gamma_density(a: Any, x: Any) -> Any:
    return np.exp(special.xlogy(a - 1, x) - x - special.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))


def t_density(df: Any, t: Any) -> Any:
    scale = np.exp(-special.betaln(0.5 * df, 0.5)) / np.sqrt(df)
    return scale * np.exp(-0.5 * (df + 1) * np.log1p(t * t / df))


def f_density(dfn: Any, dfd: Any, x: Any) -> Any:
    """That of a beta distribution of dfn x / (dfd + dfn x)."""
    ratio = dfd / (dfd + dfn * x)
    return beta_density(0.5 * dfn, 0.5 * dfd, 1 - ratio) * ratio * ratio * dfn / dfd


@rule(special.gammainc)
def gammainc(a: Any, x: Any, *, x_dot: Any) -> Any:
    """8.8.13."""
    return gamma_density(a, x) * x_dot


@rule(special.gammaincc)
def gammaincc(a: Any, x: Any, *, x_dot: Any) -> Any:
    return -gamma_density(a, x) * x_dot


@rule(special.gammaincinv)
def gammaincinv(a: Any, y: Any, *, result: Any, y_dot: Any) -> Any:
    return y_dot / gamma_density(a, result)


@rule(special.gammainccinv)
def gammainccinv(a: Any, y: Any, *, result: Any, y_dot: Any) -> Any:
    return -y_dot / gamma_density(a, result)


@rule(special.betainc)
def betainc(a: Any, b: Any, x: Any, *, x_dot: Any) -> Any:
    """8.17.1."""
    return beta_density(a, b, x) * x_dot


@rule(special.betaincinv)
def betaincinv(a: Any, b: Any, y: Any, *, result: Any, y_dot: Any) -> Any:
    return y_dot / beta_density(a, b, result)


if hasattr(special, "betaincc"):

    @rule(special.betaincc)
    def betaincc(a: Any, b: Any, x: Any, *, x_dot: Any) -> Any:
        return -beta_density(a, b, x) * x_dot

    @rule(special.betainccinv)
    def betainccinv(a: Any, b: Any, y: Any, *, result: Any, y_dot: Any) -> Any:
        return -y_dot / beta_density(a, b, result)


@rule(special.stdtr)
def stdtr(df: Any, t: Any, *, t_dot: Any) -> Any:
    return t_density(df, t) * t_dot


@rule(special.stdtrit)
def stdtrit(df: Any, p: Any, *, result: Any, p_dot: Any) -> Any:
    return p_dot / t_density(df, result)


@rule(special.chdtr)
def chdtr(v: Any, x: Any, *, x_dot: Any) -> Any:
    return 0.5 * gamma_density(0.5 * v, 0.5 * x) * x_dot


@rule(special.chdtrc)
def chdtrc(v: Any, x: Any, *, x_dot: Any) -> Any:
    return -0.5 * gamma_density(0.5 * v, 0.5 * x) * x_dot


@rule(special.chdtri)
def chdtri(v: Any, p: Any, *, result: Any, p_dot: Any) -> Any:
    """The inverse of the upper tail."""
    return -2 * p_dot / gamma_density(0.5 * v, 0.5 * result)


@rule(special.fdtr)
def fdtr(dfn: Any, dfd: Any, x: Any, *, x_dot: Any) -> Any:
    return f_density(dfn, dfd, x) * x_dot


@rule(special.fdtrc)
def fdtrc(dfn: Any, dfd: Any, x: Any, *, x_dot: Any) -> Any:
    return -f_density(dfn, dfd, x) * x_dot


@rule(special.fdtri)
def fdtri(dfn: Any, dfd: Any, p: Any, *, result: Any, p_dot: Any) -> Any:
    return p_dot / f_density(dfn, dfd, result)


@rule(special.gdtr)
def gdtr(a: Any, b: Any, x: Any, *, a_dot: Any, x_dot: Any) -> Any:
    density = gamma_density(b, a * x)
    return density * (x * a_dot) + density * (a * x_dot)


@rule(special.gdtrc)
def gdtrc(a: Any, b: Any, x: Any, *, a_dot: Any, x_dot: Any) -> Any:
    density = -gamma_density(b, a * x)
    return density * (x * a_dot) + density * (a * x_dot)


@rule(special.pdtr)
def pdtr(k: Any, m: Any, *, m_dot: Any) -> Any:
    return -gamma_density(np.floor(k) + 1, m) * m_dot


@rule(special.pdtrc)
def pdtrc(k: Any, m: Any, *, m_dot: Any) -> Any:
    return gamma_density(np.floor(k) + 1, m) * m_dot


@rule(special.bdtr)
def bdtr(k: Any, n: Any, p: Any, *, p_dot: Any) -> Any:
    low = np.floor(k)
    return -beta_density(low + 1, np.floor(n) - low, p) * p_dot


@rule(special.bdtrc)
def bdtrc(k: Any, n: Any, p: Any, *, p_dot: Any) -> Any:
    low = np.floor(k)
    return beta_density(low + 1, np.floor(n) - low, p) * p_dot


@rule(special.nbdtr)
def nbdtr(k: Any, n: Any, p: Any, *, p_dot: Any) -> Any:
    return beta_density(n, np.floor(k) + 1, p) * p_dot


@rule(special.nbdtrc)
def nbdtrc(k: Any, n: Any, p: Any, *, p_dot: Any) -> Any:
    return -beta_density(n, np.floor(k) + 1, p) * p_dot


# -- hypergeometric functions, Lambert's W, the dilogarithm ----------------------------------------


@rule(special.hyp0f1)
def hyp0f1(v: Any, z: Any, *, z_dot: Any) -> Any:
    """16.3.1."""
    return special.hyp0f1(v + 1, z) / v * z_dot


@rule(special.hyp1f1)
def hyp1f1(a: Any, b: Any, x: Any, *, x_dot: Any) -> Any:
    """13.3.15."""
    return a / b * special.hyp1f1(a + 1, b + 1, x) * x_dot


@rule(special.hyp2f1)
def hyp2f1(a: Any, b: Any, c: Any, z: Any, *, z_dot: Any) -> Any:
    """15.5.1."""
    return a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, z) * z_dot


@rule(special.hyperu)
def hyperu(a: Any, b: Any, x: Any, *, x_dot: Any) -> Any:
    """13.3.22."""
    return -a * special.hyperu(a + 1, b + 1, x) * x_dot


@rule(special.lambertw)
def lambertw(z: Any, *, result: Any, z_dot: Any) -> Any:
    """4.13.4, with z / W(z) = exp(W(z)), which is finite at 0."""
    return np.exp(-result) / (1 + result) * z_dot


@rule(special.wrightomega)
def wrightomega(z: Any, *, result: Any, z_dot: Any) -> Any:
    return result / (1 + result) * z_dot


def log1p_over(u: Any) -> Any:
    """log(1 + u) / u = 2F1(1, 1; 2; -u): 15.4.1."""
    small = np.abs(u) < 0.1
    safe = np.where(small, 1.0, u)
    series = special.hyp2f1(1, 1, 2, -np.where(small, u, 0.0))
    return np.where(small, series, np.log1p(safe) / safe)


@rule(special.spence)
def spence(z: Any, *, z_dot: Any) -> Any:
    """log(z) / (1 - z): 25.12.2, in SciPy's variable."""
    return -log1p_over(z - 1) * z_dot
