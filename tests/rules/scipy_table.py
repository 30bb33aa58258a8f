"""The table of SciPy's functions: see `table`."""

from __future__ import annotations

from typing import Any

import scipy.special

from tests.rules.table.row import FLOAT, SCALAR, Row

ROWS: list[Row] = []

SP = "scipy.special."
ONE = (FLOAT, SCALAR, (4,), (2, 3))
TWO = ([(4,), (4,)], [(2, 1), (3,)], [FLOAT, (3,)])


def row(expression: str, *operands: Any, **more: Any) -> None:
    ROWS.append(Row(expression, operands or ((4,),), **more))


def one(names: str, *operands: Any, **more: Any) -> None:
    for name in names.split():
        row(f"{SP}{name}(x)", *(operands or ONE), **more)


def two(names: str, *operands: Any, **more: Any) -> None:
    for name in names.split():
        row(f"{SP}{name}(x, y)", *(operands or TWO), **more)


# -- scipy.special: error functions and exponentials ---------------------------------------------
one("""erf erfc erfcx erfi dawsn ndtr log_ndtr expit log_expit exp2 exp10 expm1 cbrt exprel
    cosm1 sinc sindg cosdg tandg""", signed=True)  # fmt: skip
one("exp1 expi entr cotdg log1p")
one("erfcx dawsn", (4,), low=15.0, high=30.0, tolerance=1e-6)
one("erfcx dawsn log_ndtr", (4,), low=-5.0, high=-1.0)
one("erfinv", low=-0.9, high=0.9)
one("erfcinv ndtri logit", low=0.1, high=0.9)
one("ndtri_exp", low=-3.0, high=-0.1)
one("log_ndtr", (4,), low=4.0, high=6.0)
two("owens_t powm1")
for n in (0, 1, 3):
    row(f"{SP}expn({n}, x)", FLOAT, (4,))
row(f"{SP}expn(np.array([0, 2, 1]), x)", (3,))
for name in ("fresnel", "sici", "shichi"):
    row(f"{SP}{name}(x)[0] + {SP}{name}(x)[1] * x", *ONE)
row(f"np.real({SP}wofz(x)) + np.imag({SP}wofz(x))", FLOAT, (4,), (2, 3))

# -- the gamma function --------------------------------------------------------------------------
one("gamma gammaln loggamma rgamma digamma psi factorial")
one("gamma gammaln rgamma digamma", (5,), low=-2.8, high=-2.2)
one("rgamma", (3,), low=-2.1, high=-1.9)
one("spence")
one("spence", (5,), low=0.95, high=1.05)
one("wrightomega", signed=True)
row(f"{SP}polygamma(1, x)", FLOAT, SCALAR, (4,))
row(f"{SP}polygamma(np.array([1, 2]), x)", (2,), (3, 1))
row(f"{SP}zeta(2.5, x)", FLOAT, (4,))
two("beta betaln poch", low=0.5, high=2.5)
two("binom", low=0.5, high=3.0)
row(f"{SP}comb(x + 2, y)", [(3,), (3,)])
row(f"{SP}perm(x + 2, y)", [(3,), (3,)])
row(f"{SP}comb(5, 2, exact=True) * x + {SP}perm(4, 2, True) + {SP}factorial(3, True)", (3,))
row(f"{SP}comb(3, 2, repetition=True, exact=True) * x + {SP}comb(x + 2, 1.5, exact=False)", (3,))
row(f"{SP}multigammaln(x, 3)", FLOAT, (4,), low=1.6, high=3.0)
for name in ("gammainc", "gammaincc"):
    row(f"{SP}{name}(1.7, x)", FLOAT, (4,))
    row(f"{SP}{name}(np.array([[0.6], [2.5]]), x)", (3,))
for name in ("gammaincinv", "gammainccinv"):
    row(f"{SP}{name}(1.7, x)", FLOAT, (4,), low=0.2, high=0.8)
row(f"{SP}betainc(1.3, 2.2, x)", FLOAT, (4,), low=0.1, high=0.9)
row(f"{SP}betaincc(1.3, 2.2, x)", (4,), low=0.1, high=0.9)
row(f"{SP}betaincinv(1.3, 2.2, x)", FLOAT, (4,), low=0.1, high=0.9)
row(f"{SP}betainccinv(1.3, 2.2, x)", (4,), low=0.1, high=0.9)
row(f"{SP}stdtr(3.5, x)", FLOAT, (4,), signed=True)
row(f"{SP}stdtrit(3.5, x)", FLOAT, (4,), low=0.1, high=0.9, tolerance=1e-6)
row(f"{SP}chdtr(2.5, x) * {SP}chdtrc(1.5, x)", FLOAT, (4,))
row(f"{SP}chdtri(2.5, x)", FLOAT, (4,), low=0.1, high=0.9)
row(f"{SP}fdtr(2.5, 4.0, x) * {SP}fdtrc(3.5, 2.0, x)", FLOAT, (4,))
row(f"{SP}fdtri(2.5, 4.0, x)", FLOAT, (4,), low=0.1, high=0.9, tolerance=1e-6)
row(f"{SP}gdtr(x, 2.5, y) * {SP}gdtrc(x, 1.5, y)", *TWO)
row(f"{SP}pdtr(3, x) * {SP}pdtrc(2, x)", FLOAT, (4,))
# SciPy warns of an int beside a float32 there.
row(f"{SP}bdtr(2, 5, x) * {SP}bdtrc(1, 5, x)", FLOAT, (4,), low=0.1, high=0.9, single=False)
row(f"{SP}nbdtr(2, 5, x) * {SP}nbdtrc(1, 5, x)", FLOAT, (4,), low=0.1, high=0.9)
row(f"{SP}hyp0f1(1.5, x)", FLOAT, (4,), signed=True)
row(f"{SP}hyp1f1(0.7, 1.5, x)", FLOAT, (4,), signed=True)
row(f"{SP}hyp2f1(0.7, 1.1, 1.5, x)", FLOAT, (4,), low=0.1, high=0.8, signed=True)
row(f"{SP}hyperu(0.7, 1.5, x)", FLOAT, (4,), tolerance=1e-6)
row(f"np.real({SP}lambertw(x))", FLOAT, (4,), (2, 3))
row(f"{SP}lambertw(-x, -1).real", (4,), low=0.1, high=0.3)

# -- entropies and losses --------------------------------------------------------------------------
two("xlogy xlog1py rel_entr kl_div pseudo_huber boxcox boxcox1p")
two("inv_boxcox inv_boxcox1p", low=0.3, high=1.2)
row(f"{SP}boxcox(x, y * 1e-3)", [(4,), (4,)])
row(f"{SP}inv_boxcox(x, y * 1e-3)", [(4,), (4,)])
row(f"{SP}huber(x, 3 * y - 2)", *TWO)
if hasattr(scipy.special, "softplus"):  # SciPy 1.15
    row(f"{SP}softplus(x)", (4,), FLOAT, signed=True)
one("logsumexp softmax log_softmax", FLOAT, (4,), (2, 3))
for name in ("logsumexp", "softmax", "log_softmax"):
    row(f"{SP}{name}(x, axis=0)", (4,), (2, 3))
    row(f"{SP}{name}(x, axis=(0, -1))", (2, 3, 2))
row(f"{SP}logsumexp(x, axis=1, keepdims=True)", (2, 3))
row(f"{SP}logsumexp(x, b=y)", [(4,), (4,)], [(2, 3), (3,)])
row(f"{SP}logsumexp(x, axis=0, b=y, keepdims=True)", [(4,), (4,)], [(2, 3), (2, 1)])

# -- Bessel functions ------------------------------------------------------------------------------
one("j0 j1 i0 i0e i1 i1e ber bei berp beip", signed=True)
one("y0 y1 k0 k0e k1 k1e ker kei kerp keip")
for name in "jv jn jve yv yn yve iv ive kn kv kve".split():
    row(f"{SP}{name}(2, x)", FLOAT, (4,))
for name in "jv jve yv yve iv ive kv kve".split():
    row(f"{SP}{name}(np.array([[0.3], [1.5]]), x)", (3,))
for name in ("struve", "modstruve"):
    row(f"{SP}{name}(0.7, x)", FLOAT, (4,))
for name in ("jvp", "yvp", "ivp", "kvp"):
    row(f"{SP}{name}(1, x)", FLOAT, (4,))
row(f"{SP}jvp(0.5, x, n=2)", (4,))
for name in "jyik":
    for n in (0, 2):
        row(f"{SP}spherical_{name}n({n}, x)", FLOAT, (4,))
    row(f"{SP}spherical_{name}n(1, x, derivative=True)", (4,))
row(f"sum({SP}airy(x)[k] * (k + 1) for k in range(4))", FLOAT, (4,))
row(f"sum({SP}ellipj(x, 0.4)[k] * (k + 1) for k in range(4))", FLOAT, (4,))

# -- elliptic integrals ----------------------------------------------------------------------------
one("ellipk ellipe ellipkm1", low=0.12, high=0.88)
one("ellipk ellipe", (5,), low=-0.08, high=0.08)
one("ellipkm1", (5,), low=0.93, high=1.05)
one("ellipk ellipe", (4,), low=-3.0, high=-0.2)
two("ellipkinc ellipeinc", low=0.12, high=0.8)
for name in ("ellipkinc", "ellipeinc"):
    row(f"{SP}{name}(x, 0.05 * y)", [(4,), (4,)], [(2, 1), (3,)], low=0.2, high=1.2)
    row(f"{SP}{name}(4 * x, 0.05 * y - 0.06)", [(4,), (4,)], low=0.5, high=1.6)
    row(f"{SP}{name}(4 * x, y)", [(4,), (4,)], low=0.15, high=0.8)

# -- polynomials -----------------------------------------------------------------------------------
for name in "legendre chebyt chebyu hermite hermitenorm laguerre".split():
    for n in (0, 1, 4):
        row(f"{SP}eval_{name}({n}, x)", (4,), low=0.1, high=0.9)
for n in (0, 3):
    row(f"{SP}eval_gegenbauer({n}, 0.7, x)", (4,), low=0.1, high=0.9)
    row(f"{SP}eval_genlaguerre({n}, 0.7, x)", (4,), low=0.1, high=0.9)
    row(f"{SP}eval_jacobi({n}, 0.7, 1.2, x)", (4,), low=0.1, high=0.9)
row(f"{SP}roots_legendre(3)[0] * x + {SP}gammasgn(x) * {SP}round(x)", (3,))

# -- scipy.stats -----------------------------------------------------------------------------------
# float32 arguments give float64 results there, as SciPy has it.
ST = "scipy.stats."
SIMPLE = {"norm": 0, "laplace": 0, "logistic": 0, "cauchy": 0, "expon": 0, "uniform": 0}
ONE_SHAPE = ("t", "gamma", "lognorm", "chi2", "weibull_min", "pareto")
DENSITIES = ("pdf", "logpdf")
TAILS = ("cdf", "sf", "logcdf", "logsf")
MOVING = ("lognorm", "weibull_min", "pareto")
PLACES = ([(4,), (4,)], [(2, 1), (3,)], [FLOAT, (3,)])
for name in SIMPLE:
    for method in (*DENSITIES, *TAILS):
        row(f"{ST}{name}.{method}(x, -y, 12 * z)", [(4,), FLOAT, FLOAT], [(2, 3), (3,), (2, 1)])
    for method in ("ppf", "isf"):
        row(f"{ST}{name}.{method}(x / 2, y, scale=z)", [(4,), FLOAT, FLOAT])
for name in ONE_SHAPE:
    where = "x + 1" if name == "pareto" else "x"
    for method in DENSITIES:
        row(f"{ST}{name}.{method}({where}, y, scale=z)", [(4,), (4,), FLOAT], [(2, 1), (3,), (3,)],
            low=0.4, high=0.95)  # fmt: skip
        row(f"{ST}{name}.{method}({where} + 1, 1.5, y / 2, z)", [(3,), FLOAT, FLOAT], low=0.4)
    shape = "y" if name in MOVING else "1.5"
    for method in TAILS:
        row(f"{ST}{name}.{method}({where} + 1 + 0 * y, {shape}, 0.1, z)", [(3,), (3,), FLOAT],
            low=0.4, high=0.95, tolerance=1e-6)  # fmt: skip
    for method in ("ppf", "isf"):
        row(f"{ST}{name}.{method}(x / 2 + 0 * y, {shape}, 0.1, z)", [(3,), (3,), FLOAT],
            tolerance=1e-6)  # fmt: skip
row(f"{ST}beta.pdf(x, 1.2 + y, z) + {ST}beta.logpdf(x, y, z)", [(3,), (3,), FLOAT], high=0.9)
row(f"{ST}beta.cdf(x, 1.5, 2.5, loc=0.1, scale=y + 1) * {ST}beta.logsf(x, 2.0, 1.5, 0.1, 2 + y)",
    [(3,), (3,)], high=0.9)  # fmt: skip
row(f"{ST}beta.ppf(x, 1.5, 2.5, scale=y)", [(3,), (3,)], high=0.9)
row(f"{ST}f.pdf(x, y, 1 + z) + {ST}f.logpdf(x, 1 + y, z)", [(3,), (3,), FLOAT])
row(f"{ST}f.cdf(x, 1.5, 2.5, scale=y) * {ST}f.logcdf(x, 2.0, 3.5)", [(3,), (3,)])
row(f"{ST}f.ppf(x / 2, 2.5, 3.5, scale=y)", [(3,), (3,)], tolerance=1e-6)
row(f"{ST}t.logpdf(x - 1, df=y, loc=0.2, scale=z)", [(3,), (3,), FLOAT])
row(f"{ST}expon.pdf(x - 1) * x + {ST}uniform.logpdf(x / 2) * x", (4,))
for method in ("pmf", "logpmf"):
    row(f"{ST}poisson.{method}(np.array([0, 1, 4]), x)", (3,), (2, 1))
    row(f"{ST}binom.{method}(np.array([0, 1, 4]), 4, x)", (3,), (2, 1), low=0.1, high=0.9)
    row(f"{ST}bernoulli.{method}(np.array([0, 1]), p=x)", (2,), (3, 1), low=0.1, high=0.9)
    row(f"{ST}geom.{method}(np.array([1, 2, 4]), x)", (3,), (2, 1), low=0.1, high=0.9)
row(f"{ST}poisson.pmf(np.array([0, 1, 4]), x) + {ST}poisson.cdf(2, 1.5)", (3,))
for method in DENSITIES:
    row(f"{ST}multivariate_normal.{method}(x, y, z @ z.T + np.eye(3))", [(3,), (3,), (3, 3)],
        [(2, 3), (3,), (3, 3)])  # fmt: skip
    row(f"{ST}dirichlet.{method}(np.array([0.2, 0.5, 0.3]), x)", (3,))
    # In single precision the shares do not sum to 1 closely enough for SciPy.
    row(f"{ST}dirichlet.{method}(x / np.sum(x), y)", [(3,), (3,)], single=False)
