"""Derivatives that the user states: custom_jvp, custom_vjp, stop_gradient, on_adjoint, rules."""

from __future__ import annotations

import numpy as np
import pytest

import adcompile
from adcompile import (
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    on_adjoint,
    rule,
    stop_gradient,
    value_and_grad,
    vjp,
)

# --- custom_jvp -----------------------------------------------------------------------------------


@custom_jvp
def softplus(x):
    """log(1 + exp(x))"""
    return np.log1p(np.exp(x))


@softplus.defjvp
def softplus_jvp(primals, tangents):
    (x,), (x_dot,) = primals, tangents
    return softplus(x), x_dot / (1.0 + np.exp(-x))


def test_custom_jvp_in_every_mode():
    assert softplus(0.0) == pytest.approx(np.log(2.0))
    assert softplus.__doc__ == "log(1 + exp(x))"
    x = np.array([-1000.0, 0.0, 1000.0])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(grad(lambda z: np.sum(softplus(z)))(x), [0.0, 0.5, 1.0])
        np.testing.assert_allclose(jvp(softplus, (x,), (np.ones(3),))[1], [0.0, 0.5, 1.0])
        np.testing.assert_allclose(np.diag(jacfwd(softplus)(x)), [0.0, 0.5, 1.0])
        np.testing.assert_allclose(np.diag(jacrev(softplus)(x)), [0.0, 0.5, 1.0])
    assert grad(softplus)(0.0) == 0.5
    assert grad(grad(softplus))(0.0) == 0.25
    assert hessian(softplus)(0.0) == 0.25


@custom_jvp
def product(x, y):
    return x * y


product.defjvps(lambda t, ans, x, y: 10.0 * y * t, lambda t, ans, x, y: x * t)


def test_defjvps():
    assert grad(product, argnums=(0, 1))(2.0, 3.0) == (30.0, 2.0)
    assert jvp(product, (2.0, 3.0), (1.0, None)) == (6.0, 30.0)
    assert grad(lambda x: product(x, x))(2.0) == 22.0
    with pytest.raises(adcompile.UnsupportedInput, match="1 rules for 2"):
        product.defjvps(None)


@custom_jvp
def one_active(x, y):
    return x * y


one_active.defjvps(lambda t, ans, x, y: y * t, None)


def test_an_argument_without_a_rule_is_constant():
    assert grad(one_active, argnums=(0, 1))(2.0, 3.0) == (3.0, 0.0)


# --- custom_vjp -----------------------------------------------------------------------------------


@custom_vjp
def clipped(x, low, high):
    return x


def clipped_fwd(x, low, high):
    return x, (low, high)


def clipped_bwd(res, g):
    low, high = res
    return np.clip(g, low, high), None, None


clipped.defvjp(clipped_fwd, clipped_bwd)


def test_custom_vjp():
    x = np.array([1.0, 2.0])

    def f(x):
        return np.sum(clipped(x * 1.0, -1.0, 1.0) * np.array([0.5, 100.0]))

    np.testing.assert_array_equal(grad(f)(x), [0.5, 1.0])
    value, pullback = vjp(clipped, x, -1.0, 1.0)
    np.testing.assert_array_equal(value, x)
    x_bar, low_bar, high_bar = pullback(np.array([5.0, -5.0]))
    np.testing.assert_array_equal(x_bar, [1.0, -1.0])
    assert (low_bar, high_bar) == (0.0, 0.0)
    np.testing.assert_array_equal(jacrev(clipped)(x, -1.0, 0.5), 0.5 * np.eye(2))
    with pytest.raises(adcompile.MissingRule, match="clipped"):
        jvp(clipped, (x, -1.0, 1.0), (x, None, None))


@custom_vjp
def power(x, n):
    return x**n


power.defvjp(lambda x, n: (x**n, x), lambda x, g: (3.0 * x * x * g, None))


def test_custom_vjp_in_a_loop_and_twice():
    def f(x):
        s = 0.0
        for i in range(3):
            s += power(x[i], 3) * i
        return s

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(grad(f)(x), 3 * x**2 * np.arange(3))
    np.testing.assert_allclose(grad(lambda z: np.sum(grad(f)(z) * z))(x), 9 * x**2 * np.arange(3))


def test_nondiff_argnums():
    from functools import partial

    @partial(custom_vjp, nondiff_argnums=(0,))
    def scaled(k, x):
        return k * x

    scaled.defvjp(lambda k, x: (k * x, x), lambda k, x, g: (k * g + 0.0 * x,))
    assert grad(lambda x: scaled(3.0, x) ** 2)(2.0) == 36.0

    @partial(custom_jvp, nondiff_argnums=1)
    def powered(x, n):
        return x**n

    @powered.defjvp
    def powered_jvp(n, primals, tangents):
        (x,), (x_dot,) = primals, tangents
        return powered(x, n), n * x ** (n - 1) * x_dot

    assert grad(powered)(2.0, 3) == 12.0
    with pytest.raises(adcompile.BadArgnums, match="out of range"):
        custom_jvp(lambda x: x, nondiff_argnums=(1,))


def test_a_missing_rule_is_named():
    @custom_vjp
    def bare(x):
        return x

    with pytest.raises(adcompile.MissingRule, match="bare"):
        grad(bare)(1.0)
    with pytest.raises(adcompile.UnsupportedInput):
        custom_jvp(lambda *xs: xs[0])


# --- rules registered later -----------------------------------------------------------------------


def late(x):
    return x * x


def uses_late(x):
    return late(x)


def test_a_rule_registered_later_takes_effect():
    compiled = grad(uses_late)
    assert [compiled(3.0) for _ in range(3)] == [6.0] * 3

    @rule(late)
    def late_rule(x, *, result, x_dot):
        return 100.0 * x_dot

    assert compiled(3.0) == 100.0
    f = custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x, None), lambda res, g: (2.0 * g,))
    bound = grad(f)
    assert [bound(1.0) for _ in range(2)] == [2.0, 2.0]
    f.defvjp(lambda x: (x, None), lambda res, g: (7.0 * g,))
    assert bound(1.0) == 7.0


# --- stop_gradient, on_adjoint --------------------------------------------------------------------


def test_stop_gradient():
    x = np.array([1.0, 2.0])
    assert stop_gradient(2.0) == 2.0
    assert stop_gradient(x) is not x
    np.testing.assert_array_equal(grad(lambda z: np.sum(z * stop_gradient(z)))(x), x)
    np.testing.assert_array_equal(grad(lambda z: np.sum(stop_gradient(z)))(x), [0.0, 0.0])
    assert jvp(lambda z: z * stop_gradient(z), (3.0,), (1.0,)) == (9.0, 3.0)

    def nested(p):
        q = stop_gradient(p)
        return np.sum(p["a"] * q["a"]) + q["b"][0]

    g = grad(nested)({"a": x, "b": [3.0]})
    np.testing.assert_array_equal(g["a"], x)
    assert g["b"] == [0.0]


def test_stop_gradient_of_an_array_is_a_copy():
    def f(x):
        y = x * 1.0
        kept = stop_gradient(y)
        y[0] = 5.0
        return np.sum(kept * x)

    x = np.array([1.0, 2.0])
    assert value_and_grad(f)(x)[0] == f(x) == 5.0
    np.testing.assert_array_equal(grad(f)(x), x)


SEEN: list[object] = []


def note(h_bar):
    SEEN.append(h_bar)


def halved(h_bar):
    h_bar *= 0.5


def noted(x):
    h = on_adjoint(x * x, note)
    return 3.0 * np.sum(h)


def test_on_adjoint_runs_in_the_reverse_sweep():
    x = np.array([1.0, 2.0])
    SEEN.clear()
    assert noted(x) == 15.0
    assert jvp(noted, (x,), (x,))[0] == 15.0
    assert SEEN == []
    np.testing.assert_array_equal(grad(noted)(x), 6 * x)
    assert len(SEEN) == 1
    np.testing.assert_array_equal(SEEN[0], [3.0, 3.0])


def test_on_adjoint_replaces():
    limit = 1.0
    kept = []

    def clip(g):
        return np.clip(g, -0.5, 0.5)

    x = np.array([1.0, 2.0])
    assert grad(lambda z: 10.0 * on_adjoint(z * z, lambda g: min(g, 1.0)))(3.0) == 6.0
    np.testing.assert_array_equal(grad(lambda z: np.sum(on_adjoint(z, halved) * 4.0))(x), [2, 2])
    np.testing.assert_array_equal(grad(lambda z: np.sum(on_adjoint(z, clip) * x))(x), [0.5, 0.5])
    grad(lambda z: np.sum(on_adjoint(z, lambda g: kept.append(g.sum())) * x))(x)
    assert kept == [3.0]
    assert grad(lambda z: on_adjoint(z, lambda g: min(g, limit)) * 5.0)(1.0) == 1.0
    with pytest.raises(ValueError, match="shape"):
        grad(lambda z: np.sum(on_adjoint(z, np.sum) * x))(x)


def in_a_loop(x):
    for i in range(3):
        x = on_adjoint(2.0 * x, note)
    return x


def test_on_adjoint_in_a_loop_and_its_limits():
    SEEN.clear()
    assert grad(in_a_loop)(1.0) == 8.0
    assert SEEN == [1.0, 2.0, 4.0]
    with pytest.raises(adcompile.MissingRule, match="second derivative through on_adjoint"):
        hessian(lambda z: np.sum(on_adjoint(z * z, note) ** 2))(np.ones(2))
    np.testing.assert_array_equal(hessian(noted)(np.ones(2)), 6 * np.eye(2))

    def reads_inside(x):
        y = x * 2.0
        return on_adjoint(x, lambda g: g * y)

    with pytest.raises(adcompile.UnsupportedSyntax, match="'y'"):
        grad(reads_inside)(1.0)


def test_on_adjoint_in_every_direction():
    SEEN.clear()
    jac = jacrev(lambda z: on_adjoint(z * z, note) * 1.0)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(jac, np.diag([2.0, 4.0]))
    assert len(SEEN) == 2
