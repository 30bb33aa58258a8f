"""Derivatives taken inside a function of what is made there: lambdas, closures, methods."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from adcompile import grad, jvp, value_and_grad
from adcompile.errors import UnsupportedSyntax


def slope(f, x, h=1e-5):
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def of_a_lambda(x):
    return grad(lambda t: t**3 * x)(2.0) * x


def plain_of_a_lambda(x):
    return 12.0 * x * x


def of_a_closure(x):
    b = np.array([x, 2 * x, x * x])

    def inner(t, scale=x):
        return np.sum(t * b * scale) ** 2

    return np.sum(grad(inner)(np.ones(3)))


def plain_of_a_closure(x):
    b = np.array([x, 2 * x, x * x])
    return np.sum(2 * np.sum(b * x) * b * x)


def twice(x):
    return grad(grad(lambda t: t**4 * x))(x)


def plain_twice(x):
    return 12 * x**3


def newton(a):
    residual = lambda y: y**2 - a
    y = 1.0
    for _ in range(30):
        y = y - residual(y) / grad(residual)(y)
    return y


class Potential:
    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return self.k * x**3

    def force(self, x):
        return -grad(self.energy)(x)


POTENTIAL = Potential(2.0)


def of_a_method(x):
    return POTENTIAL.force(x) + Potential(x).force(x)


def plain_of_a_method(x):
    return -6 * x**2 - 3 * x * x**2


def of_a_partial(x):
    def weighted(w, t):
        return w**2 * t**3

    value, slope_ = value_and_grad(functools.partial(weighted, x))(x)
    along = jvp(lambda t: t * x, (x,), (2.0 * x,))[1]
    return value + slope_ + along


def plain_of_a_partial(x):
    return x**5 + 3 * x**4 + 2 * x**2


CASES = [
    (of_a_lambda, plain_of_a_lambda),
    (of_a_closure, plain_of_a_closure),
    (twice, plain_twice),
    (newton, np.sqrt),
    (of_a_method, plain_of_a_method),
    (of_a_partial, plain_of_a_partial),
]


@pytest.mark.parametrize(("function", "plain"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_derivatives_inside(function, plain):
    x = 1.3
    expected = slope(plain, x)
    assert grad(function)(x) == pytest.approx(expected, rel=1e-9)
    value, tangent = jvp(function, (x,), (1.0,))
    assert value == pytest.approx(plain(x), rel=1e-12)
    assert tangent == pytest.approx(expected, rel=1e-9)
    second = slope(lambda t: slope(plain, t, 1e-3), x, 1e-3)
    assert grad(grad(function))(x) == pytest.approx(second, rel=1e-6)


def changes_an_outer_list(x):
    seen = [x]
    g = grad(lambda t: seen.append(t) or t * t)
    return g(x)


def test_what_the_inner_function_changes_outside_is_refused():
    with pytest.raises(UnsupportedSyntax, match="changing a list from outside of the function"):
        grad(changes_an_outer_list)(1.0)
