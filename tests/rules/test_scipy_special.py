"""scipy.special against mpmath at 40 digits, near and far from where formulas cancel; limits;
refusals; complex arguments."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import scipy.special as special

from adcompile import ADCompileError, NotDifferentiable, grad, jvp
from adcompile.errors import MissingRule, UnsupportedSyntax
from adcompile.exporting import module_of
from tests.helpers import import_source

BOTH = (-30.0, -3.0, -0.5, 0.0, 1e-9, 0.4, 3.0, 25.0)
POSITIVE = (1e-6, 0.3, 1.0, 2.5, 30.0)


def ndtr(t):
    return mp.erfc(-t / mp.sqrt(2)) / 2


def half_bessel(kind, n):
    return lambda t: mp.sqrt(mp.pi / (2 * t)) * kind(n + mp.mpf(1) / 2, t)


def boxcox(x):
    return lambda power: mp.log(x) if power == 0 else mp.expm1(power * mp.log(x)) / power


def inv_boxcox(x):
    return lambda power: mp.exp(x) if power == 0 else (1 + power * x) ** (1 / power)


TRUTH = [
    ("erf(x)", mp.erf, BOTH),
    ("erfc(x)", mp.erfc, BOTH),
    ("erfcx(x)", lambda t: mp.exp(t * t) * mp.erfc(t), (-3.0, 0.0, 1.0, 19.0, 21.0, 1e3, 1e8)),
    ("erfi(x)", mp.erfi, (-3.0, 0.0, 2.0)),
    ("dawsn(x)", lambda t: mp.sqrt(mp.pi) / 2 * mp.exp(-t * t) * mp.erfi(t),
     (-25.0, -2.0, 0.0, 0.5, 15.0, 22.0, 1e5)),
    ("ndtr(x)", ndtr, (-10.0, 0.0, 3.0)),
    ("log_ndtr(x)", lambda t: mp.log(ndtr(t)), (-1e4, -40.0, -1.0, 0.0, 4.9, 5.1, 20.0)),
    ("expit(x)", lambda t: 1 / (1 + mp.exp(-t)), (-60.0, -1.0, 0.0, 3.0, 60.0)),
    ("log_expit(x)", lambda t: -mp.log1p(mp.exp(-t)), (-60.0, -1.0, 0.0, 3.0, 60.0)),
    ("exprel(x)", lambda t: mp.expm1(t) / t if t else mp.mpf(1),
     (-30.0, -1.1, -0.9, -1e-9, 0.0, 1e-12, 0.3, 20.0)),
    ("exp1(x)", mp.e1, POSITIVE),
    ("expn(0, x)", lambda t: mp.expint(0, t), POSITIVE),
    ("expn(3, x)", lambda t: mp.expint(3, t), POSITIVE),
    ("sici(x)[0]", mp.si, BOTH),
    ("shichi(x)[0]", mp.shi, (-3.0, 0.0, 1e-9, 2.0, 500.0)),
    ("gamma(x)", mp.gamma, (-2.5, -0.3, 1e-5, 1.0, 2.7, 90.0)),
    ("gammaln(x)", mp.loggamma, (1e-5, 1.0, 2.7, 1e6)),
    ("rgamma(x)", mp.rgamma, (-3.0, -1.0, 0.0, -2.999999, -2.5, 0.49, 0.51, 3.0)),
    ("digamma(x)", mp.digamma, (-2.5, 1e-3, 1.5, 50.0)),
    ("polygamma(2, x)", lambda t: mp.polygamma(2, t), (0.3, 1.5, 50.0)),
    ("zeta(3.5, x)", lambda t: mp.zeta(3.5, t), (0.3, 1.5, 50.0)),
    ("betaln(x, 1.5)", lambda t: mp.log(mp.beta(t, 1.5)), (0.3, 1.5, 50.0)),
    ("binom(x, 2.5)", lambda t: mp.binomial(t, 2.5), (3.1, 7.5)),
    ("binom(7.5, x)", lambda t: mp.binomial(7.5, t), (0.0, 3.1)),
    ("poch(x, 1.5)", lambda t: mp.rf(t, 1.5), (0.3, 2.0)),
    ("gammainc(30.0, x)", lambda t: mp.gammainc(30, 0, t, True), (0.1, 25.0, 80.0)),
    ("gammaincc(0.5, x)", lambda t: mp.gammainc(0.5, t, mp.inf, True), (1e-9, 25.0)),
    ("betainc(30.0, 2.0, x)", lambda t: mp.betainc(30, 2, 0, t, True), (0.01, 0.5, 0.999)),
    ("hyp2f1(0.5, 1.5, 2.5, x)", lambda t: mp.hyp2f1(0.5, 1.5, 2.5, t), (-2.0, 0.0, 0.9)),
    ("spence(x)", lambda t: mp.polylog(2, 1 - t), (0.01, 0.5, 0.95, 1 + 1e-10, 1.0, 1.05, 1.9)),
    ("j1(x)", lambda t: mp.besselj(1, t), (0.0, 1e-5, 3.0, 40.0)),
    ("i1e(x)", lambda t: mp.besseli(1, t) * mp.exp(-t), (1e-5, 3.0, 40.0, 300.0)),
    ("kve(1.5, x)", lambda t: mp.besselk(1.5, t) * mp.exp(t), (0.1, 3.0, 40.0)),
    ("struve(0.5, x)", lambda t: mp.struveh(0.5, t), (0.1, 3.0, 9.0)),
    ("spherical_jn(2, x)", half_bessel(mp.besselj, 2), (0.5, 3.0, 9.0)),
    ("spherical_yn(1, x)", half_bessel(mp.bessely, 1), (0.5, 3.0, 9.0)),
    ("ellipk(x)", mp.ellipk, (-50.0, -0.2, -0.05, 0.0, 1e-9, 0.05, 0.5, 0.999)),
    ("ellipe(x)", mp.ellipe, (-50.0, -0.2, -0.05, 0.0, 1e-9, 0.05, 0.5, 0.999)),
    ("ellipkm1(x)", lambda t: mp.ellipk(1 - t), (1e-9, 0.3, 0.95, 1.0, 1.05, 3.0)),
    ("ellipkinc(0.7, x)", lambda m: mp.ellipf(0.7, m), (-3.0, -0.05, 0.0, 1e-9, 0.5)),
    ("ellipeinc(9.3, x)", lambda m: mp.ellipe(9.3, m), (-3.0, -0.05, 0.0, 1e-9, 0.5)),
    ("ellipkinc(x, 0.3)", lambda p: mp.ellipf(p, 0.3), (-4.0, 0.0, 1.2, 9.0)),
    ("boxcox(2.5, x)", boxcox(2.5), (-2.0, -1e-9, 0.0, 1e-12, 0.5, 3.0)),
    ("inv_boxcox(0.8, x)", inv_boxcox(0.8), (-0.5, -1e-9, 0.0, 1e-12, 0.5, 3.0)),
    ("pseudo_huber(2.0, x)", lambda r: 4 * (mp.sqrt(1 + r * r / 4) - 1), BOTH),
    ("pseudo_huber(x, 1e-3)", lambda d: d * d * (mp.sqrt(1 + mp.mpf("1e-6") / d**2) - 1), (2.0,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "truth", "points"), TRUTH, ids=[t[0] for t in TRUTH])
def test_first_and_second_derivative_against_mpmath(text, truth, points, tmp_path):
    name = text.partition("(")[0]
    body = text.replace(name, f"scipy.special.{name}", 1)
    module = import_source(
        f"import scipy.special\n\ndef f(x):\n    return {body}\n", tmp_path, "truth"
    )
    first = grad(module.f)
    with mp.workdps(40):
        for x in points:
            expected = [float(mp.re(mp.diff(truth, mp.mpf(x), n))) for n in (1, 2)]
            actual = first(x), grad(first)(x)
            assert jvp(module.f, (x,), (1.0,))[1] == pytest.approx(actual[0], rel=1e-13)
            for order, (have, want) in enumerate(zip(actual, expected, strict=True), start=1):
                assert have == pytest.approx(want, rel=1e-9, abs=1e-16), f"{x}, order {order}"


# -- limits ----------------------------------------------------------------------------------------


def xlogy(x, y):
    return special.xlogy(x, y)


def identity(y):
    return special.log_ndtr(special.ndtri_exp(y))


@pytest.mark.parametrize("y", [-1e8, -100.0, -3.0, -1e-3])
def test_a_function_of_its_inverse_is_the_identity(y):
    assert grad(identity)(y) == pytest.approx(1.0, rel=1e-9)


def xlogy_in_both(x, y):
    return jvp(grad(special_xlogy), (x, y), (0.0, 1.0))[1]


def special_xlogy(x, y):
    return special.xlogy(x, y)


def test_xlogy_at_zero_does_not_depend_on_y():
    with np.errstate(all="ignore"):
        assert grad(xlogy, argnums=(0, 1))(0.0, 0.0) == (-np.inf, 0.0)
        assert grad(xlogy, argnums=1)(0.0, 2.0) == 0.0
    # The mixed second derivative is 1 / y there, not the derivative of that zero.
    assert xlogy_in_both(0.0, 2.0) == 0.5


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("logsumexp(x)", [-np.inf, -np.inf], [np.nan, np.nan]),
        ("logsumexp(x)", [-np.inf, 0.0], [0.0, 1.0]),
        ("logsumexp(x)", [1e300, 0.0], [1.0, 0.0]),
        ("i0e(x)", [0.0], [0.0]),
        ("entr(x)", [0.0], [np.inf]),
        ("gammaln(x)", [0.0], [-np.inf]),
        ("logit(x)", [0.0, 1.0], [np.inf, np.inf]),
        ("erfinv(x)", [1.0], [np.inf]),
        ("boxcox(x[0], x[1])", [0.0, 2.0], [0.0, 0.25]),
        ("rel_entr(x[0], x[1])", [0.0, 0.0], [np.nan, 0.0]),
        ("huber(1.0, x)", [-1.0, 1.0, 0.5], [-1.0, 1.0, 0.5]),
        ("lambertw(x).real", [0.0], [1.0]),
        ("jv(0, x)", [0.0], [0.0]),
        ("spherical_jn(0, x)", [0.0], [0.0]),
        ("comb(x, 2)", [1.0, 4.0], [0.0, 3.5]),
    ],
)
def test_limits(text, x, expected, tmp_path):
    name = text.partition("(")[0]
    body = text.replace(name, f"scipy.special.{name}", 1)
    source = f"import numpy as np\nimport scipy.special\n\ndef f(x):\n    return np.sum({body})\n"
    module = import_source(source, tmp_path, "limit")
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(grad(module.f)(np.array(x)), expected, rtol=1e-12, atol=1e-15)
        # A zero of a tangent times an infinite slope is no number.
        for k in range(len(x)) if np.all(np.isfinite(expected)) else ():
            unit = np.zeros(len(x))
            unit[k] = 1.0
            tangent = jvp(module.f, (np.array(x),), (unit,))[1]
            np.testing.assert_allclose(tangent, expected[k], rtol=1e-12, atol=1e-15)


# -- complex arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", "erf erfc erfi wofz exp1 gamma loggamma rgamma".split())
def test_holomorphic(name, tmp_path):
    source = f"import scipy.special\n\ndef f(z):\n    return scipy.special.{name}(z)\n"
    f = import_source(source, tmp_path, "holomorphic").f
    z, h = 0.7 + 0.4j, 1e-5
    expected = (8 * (f(z + h) - f(z - h)) - (f(z + 2 * h) - f(z - 2 * h))) / (12 * h)
    np.testing.assert_allclose(jvp(f, (z,), (1 + 0j,))[1], expected, rtol=1e-8)
    np.testing.assert_allclose(jvp(f, (z,), (1j,))[1], 1j * expected, rtol=1e-8)


def real_part_of_airy(z):
    return np.real(special.jv(1, z))


def test_rules_of_real_functions_refuse_complex_arguments():
    with pytest.raises(NotDifferentiable, match="complex"):
        grad(real_part_of_airy)(1.0 + 1j)


# -- generated text ------------------------------------------------------------------------------


def logistic_loss(z):
    p = special.expit(z)
    return np.sum(special.xlogy(0.3, special.expit(z)) * p * special.expit(z))


def test_values_are_named_after_the_function_and_not_its_module():
    before = dict(vars(special))
    gradient = grad(logistic_loss)
    gradient(np.array([0.1, -0.4]))
    assert "import numpy as np\nimport scipy.special\n" in gradient.source
    assert "expit_z" in gradient.source or "p = " in gradient.source
    assert not any(
        line.split(" = ")[0].strip().startswith("scipy") for line in gradient.source.splitlines()
    )
    assert dict(vars(special)) == before


def test_a_module_that_runs_alone(tmp_path):
    text = module_of(logistic_loss, ("grad",), None, (np.array([0.1, -0.4]),))
    assert "Needs NumPy and SciPy." in text
    assert "import scipy.special\n" in text
    assert "adcompile" not in text.partition("\n")[2]
    alone = import_source(text, tmp_path, "alone").logistic_loss_grad
    x = np.array([0.1, -0.4])
    np.testing.assert_array_equal(alone(x), grad(logistic_loss)(x))


# -- refusals ------------------------------------------------------------------------------------


def order_of_bessel(v):
    return special.jv(v, 2.0)


def shape_of_gamma(a):
    return special.gammainc(a, 2.0)


def unknown(x):
    return special.kolmogorov(x)


def unknown_of_a_constant(x):
    return x * special.kolmogorov(0.5)


def polynomial_object(x):
    return special.legendre(3)(x)


def signed_logsumexp(x):
    return special.logsumexp(x, return_sign=True)[0]


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (order_of_bessel, MissingRule, r"scipy\.special\.jv has no derivative rule in 'v'"),
        (shape_of_gamma, MissingRule, r"gammainc has no derivative rule in 'a'"),
        (unknown, MissingRule, r"kolmogorov has no derivative rule"),
        (polynomial_object, UnsupportedSyntax, r"eval_legendre"),
        (signed_logsumexp, ADCompileError, r"return_sign"),
    ],
)
def test_refused(f, error, message):
    with pytest.raises(error, match=message) as caught:
        grad(f)(0.7)
    assert "test_scipy_special.py" in str(caught.value)


def test_values_of_functions_without_rule_are_constants():
    assert grad(unknown_of_a_constant)(2.0) == special.kolmogorov(0.5)
