"""Random draws: constants drawn once, in order; some follow their parameters."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(3))
def noise_on_an_argument(x):
    rng = np.random.default_rng(3)
    return np.sum(np.sin(x + rng.standard_normal(x.shape)) * x)


@case(draw(3), 0.8)
def reparametrised(mu, sigma):
    rng = np.random.default_rng(5)
    z = rng.normal(mu, sigma, size=(4, 3))
    return np.sum(z * z) * rng.exponential(sigma) + np.sum(rng.uniform(mu, 2.0 + sigma))


@case(draw(4), 3)
def dropout_in_a_loop(x, n):
    rng = np.random.RandomState(7)
    for i in range(n):
        keep = rng.rand(4) < 0.6
        x = np.tanh(x * keep) + x * rng.uniform(0.5, 1.5)
    return np.sum(x**2)


@case(draw(5))
def drawn_entries(x):
    rng = np.random.default_rng(1)
    first = rng.permutation(x)[0]
    if first > 1:
        first = first * rng.normal()
    return first * x[rng.integers(5)] + np.sum(rng.choice(x, 3, replace=False) ** 2)


@case(0.4, 0.9)
def location_and_scale(m, s):
    rng = np.random.default_rng(2)
    total = rng.laplace(m, s) + rng.gumbel(m, s) * rng.logistic(m, s)
    return total + rng.lognormal(m, s) ** 2 + rng.gamma(2.0, s) * rng.rayleigh(s)
