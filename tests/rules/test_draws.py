"""Draws of generators from outside: the stream goes on exactly as in the plain program."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import grad, value_and_grad, vjp
from adcompile.errors import ADCompileError

GENERATOR = np.random.default_rng(11)


def from_outside(x):
    return np.sum(x * GENERATOR.normal(size=3)) + GENERATOR.uniform()


def from_an_argument(rng, x):
    return np.sum(x * rng.normal(x, 2.0)) + rng.permutation(x)[0]


def from_the_legacy_functions(x):
    return np.sum(x * np.random.randn(3)) + np.random.uniform(0.0, x[0])


def active_shape(a):
    return GENERATOR.gamma(a)


X = np.array([0.5, 0.25, 2.0])


def test_a_global_generator():
    GENERATOR.bit_generator.state = np.random.default_rng(4).bit_generator.state
    expected = [from_outside(X) for _ in range(3)]
    GENERATOR.bit_generator.state = np.random.default_rng(4).bit_generator.state
    assert [value_and_grad(from_outside)(X)[0] for _ in range(3)] == expected


def test_a_generator_that_is_passed():
    for seed in range(3):
        rng, same = np.random.default_rng(seed), np.random.default_rng(seed)
        value, _ = value_and_grad(from_an_argument, argnums=1)(rng, X)
        assert value == from_an_argument(same, X)
        assert rng.uniform() == same.uniform()


def test_the_legacy_functions():
    np.random.seed(8)
    expected = [from_the_legacy_functions(X), np.random.rand()]
    np.random.seed(8)
    value, pullback = vjp(from_the_legacy_functions, X)
    first, second = pullback(1.0), pullback(1.0)
    np.testing.assert_array_equal(first[0], second[0])
    assert [value, np.random.rand()] == expected


def test_a_parameter_without_a_derivative_is_refused():
    with pytest.raises(ADCompileError, match="shape_"):
        grad(active_shape)(1.5)
