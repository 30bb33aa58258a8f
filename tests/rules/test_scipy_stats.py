"""scipy.stats: ways of passing parameters, values, supports, refusals. The table has the rest."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as stats

from adcompile import grad, jvp, value_and_grad
from adcompile.errors import MissingRule, UnsupportedSyntax

X = np.array([0.3, 1.2, 2.5])
frozen = stats.gamma(2.5, scale=2.0)
frozen_of_arrays = stats.norm(np.array([0.0, 1.0, 2.0]), 1.5)


def by_keyword(x, m, s):
    return np.sum(stats.norm.logpdf(x, scale=s, loc=m))


def by_position(x, m, s):
    return np.sum(stats.norm.logpdf(x, m, s))


def of_frozen(x):
    return np.sum(frozen.logpdf(x) + frozen.cdf(x))


def written_out(x):
    return np.sum(stats.gamma.logpdf(x, 2.5, scale=2.0) + stats.gamma.cdf(x, 2.5, 0, 2.0))


def of_frozen_arrays(x):
    return np.sum(frozen_of_arrays.logpdf(x))


def test_parameters_by_position_keyword_and_frozen():
    by = [grad(f, argnums=(0, 1, 2))(X, 0.4, 1.3) for f in (by_keyword, by_position)]
    for one, other in zip(*by, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(grad(of_frozen)(X), grad(written_out)(X))
    expected = -(X - np.array([0.0, 1.0, 2.0])) / 1.5**2
    np.testing.assert_allclose(grad(of_frozen_arrays)(X), expected)


@pytest.mark.parametrize("f", [of_frozen, written_out, of_frozen_arrays])
def test_values_are_those_of_scipy(f):
    assert value_and_grad(f)(X)[0] == f(X)


def expon_pdf(x):
    return np.sum(stats.expon.pdf(x) + stats.expon.logpdf(x) + stats.expon.cdf(x))


def uniform_cdf(x):
    return np.sum(stats.uniform.cdf(x, 0.0, 2.0) + stats.uniform.sf(x * x))


def beta_pdf(x):
    return np.sum(stats.beta.pdf(x, 2.0, 3.0))


def test_outside_of_the_support_nothing_moves():
    out = np.array([-1.0, 0.5])
    np.testing.assert_allclose(grad(expon_pdf)(out), [0.0, -1.0])
    np.testing.assert_allclose(grad(uniform_cdf)(np.array([-3.0, 1.5, 4.0])), [0.0, 0.5, 0.0])
    np.testing.assert_allclose(grad(beta_pdf)(np.array([-0.5, 1.5])), [0.0, 0.0])
    assert jvp(expon_pdf, (out,), (np.array([1.0, 0.0]),))[1] == 0.0


def bad_scale(s):
    return stats.norm.logpdf(0.3, 0.0, s)


def test_a_bad_parameter_gives_nan():
    with np.errstate(all="ignore"):
        assert np.isnan(bad_scale(-1.0))
        assert np.isnan(value_and_grad(bad_scale)(-1.0)[0])


def far_tail(x):
    return stats.norm.logcdf(x) + stats.norm.logsf(-x)


def test_far_tails_keep_their_digits():
    # The inverse Mills ratio at -100: 100 + 1/100 - 2/100^3 + 10/100^5.
    assert grad(far_tail)(-100.0) == pytest.approx(2 * (100.01 - 2e-6 + 1e-9), rel=1e-9)


def poisson_loss(rate):
    return -np.sum(stats.poisson.logpmf(np.array([0, 2, 5]), rate))


def test_likelihood_of_counts():
    assert grad(poisson_loss)(2.0) == pytest.approx(3 - 7 / 2)
    assert grad(grad(poisson_loss))(2.0) == pytest.approx(7 / 4)


def bernoulli_certain(p):
    return np.sum(stats.bernoulli.logpmf(np.array([1, 1]), p))


def test_certainty():
    assert grad(bernoulli_certain)(1.0) == 2.0


def shape_of_cdf(a):
    return stats.gamma.cdf(1.0, a)


def frozen_inside(m):
    return stats.norm(m, 1.0).logpdf(0.3)


def drawn(m):
    return np.sum(stats.norm.rvs(m, size=3))


def counted(k):
    return stats.poisson.pmf(k, 2.0)


def wrong_name(x):
    return stats.norm.pdf(x, sigma=2.0)


def uncovered(x):
    return stats.skewnorm.pdf(x, 2.0)


def standardised(x):
    return np.sum(stats.zscore(x) ** 3)


def scalar_covariance(x):
    return stats.multivariate_normal.logpdf(x, np.zeros(3), 2.0)


@pytest.mark.parametrize(
    ("f", "x", "error", "message"),
    [
        (shape_of_cdf, 1.5, MissingRule, r"gamma\.cdf has no derivative rule in 'a'"),
        (frozen_inside, 0.5, UnsupportedSyntax, r"scipy\.stats\.norm\.pdf\(x, loc, scale\)"),
        (drawn, 0.5, UnsupportedSyntax, r"default_rng"),
        (counted, 2.0, MissingRule, r"poisson\.pmf has no derivative rule in 'k'"),
        (wrong_name, 0.5, UnsupportedSyntax, r"no parameter 'sigma'"),
        (uncovered, 0.5, UnsupportedSyntax, r"pdf is not supported[\s\S]*scipy\.special"),
        (standardised, X, UnsupportedSyntax, r"zscore is not supported[\s\S]*NumPy"),
        (scalar_covariance, X, UnsupportedSyntax, r"covariance as a matrix"),
    ],
)
def test_refused(f, x, error, message):
    with pytest.raises(error, match=message) as caught:
        grad(f)(x)
    assert "test_scipy_stats.py" in str(caught.value)
