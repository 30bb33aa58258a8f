"""Recursion to a depth that depends on data: every order and nesting, cost, what is refused."""

import numpy as np
import pytest

import adcompile.dispatch.state
from adcompile import (
    ADCompileError,
    AmbiguousAlias,
    derivative,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vhp,
    vjp,
)


def chain(x, s):
    if s < 1.0:
        return x * s
    return np.sin(chain(x, s - 1.0) + x)


def along(x):
    """A chain whose depth depends on x, in closed form between its jumps: see `closed`."""
    if x < 1.0:
        return x * x
    return along(x * 0.5) * x


def closed(x, order):
    """Derivatives of `along` at 3.0: 3.0 -> 1.5 -> 0.75, so x * (x / 2) * (x / 4) ** 2 there."""
    factor = 1.0
    for k in range(order):
        factor *= 4 - k
    return factor / 32 * x ** (4 - order)


def tangent(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


def pulled(f):
    return lambda x: vjp(f, x)[1](1.0)[0]


def linear(f):
    return lambda x: linearize(f, x)[1](1.0)


def along_tangent(x):
    return jvp(along, (x,), (1.0,))[1]


def product(x):
    return hvp(along)(x, 1.0)


STEPS = (grad, tangent, pulled, linear, jacfwd, jacrev, derivative)


@pytest.mark.parametrize("step", STEPS)
def test_first_order(step):
    np.testing.assert_allclose(step(along)(3.0), closed(3.0, 1), rtol=1e-13)


@pytest.mark.parametrize("first", [grad, jacfwd, jacrev, derivative])
@pytest.mark.parametrize("second", STEPS)
def test_second_order(first, second):
    np.testing.assert_allclose(second(first(along))(3.0), closed(3.0, 2), rtol=1e-13)


@pytest.mark.parametrize("second", STEPS)
def test_derivative_of_a_tangent(second):
    np.testing.assert_allclose(second(along_tangent)(3.0), closed(3.0, 2), rtol=1e-13)


@pytest.mark.parametrize("third", STEPS)
@pytest.mark.parametrize("second", [grad, jacfwd])
@pytest.mark.parametrize("first", [grad, derivative])
def test_third_order(first, second, third):
    np.testing.assert_allclose(third(second(first(along)))(3.0), closed(3.0, 3), rtol=1e-12)


@pytest.mark.parametrize("third", STEPS)
def test_third_order_over_a_product(third):
    np.testing.assert_allclose(third(product)(3.0), closed(3.0, 3), rtol=1e-12)


def test_fourth_order():
    np.testing.assert_allclose(grad(grad(grad(grad(along))))(3.0), closed(3.0, 4), rtol=1e-12)
    np.testing.assert_allclose(derivative(along, n=4)(3.0), closed(3.0, 4), rtol=1e-12)


def test_products_with_the_hessian():
    np.testing.assert_allclose(hvp(along)(3.0, 2.0), 2 * closed(3.0, 2), rtol=1e-13)
    np.testing.assert_allclose(vhp(along)(3.0, 2.0), 2 * closed(3.0, 2), rtol=1e-13)


def smoothed(x, s):
    if s > 10.0:
        return x * s, np.sum(x) * s
    y, total = smoothed(np.sin(x) + s, s * 2.0)
    return y * 0.5, total + y[0]


def of_arrays(x):
    y, total = smoothed(x, 1.0)
    return np.sum(y**2) + total * x[0]


def items(x):
    y, total = smoothed(x, 1.0)
    return y * total


X = np.array([0.3, 0.8, -0.4])


def rows(f):
    """The Jacobian by central differences."""
    return np.stack([(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(3)], axis=-1)


@pytest.mark.parametrize("jacobian", [jacfwd, jacrev])
def test_many_directions(jacobian):
    np.testing.assert_allclose(jacobian(items)(X), rows(items), rtol=1e-7)
    want = rows(grad(of_arrays))
    np.testing.assert_allclose(jacobian(grad(of_arrays))(X), want, rtol=1e-6, atol=1e-7)
    want = rows(jacobian(items))
    for other in (jacfwd, jacrev):
        np.testing.assert_allclose(other(jacobian(items))(X), want, rtol=1e-6, atol=1e-6)


def test_hessian_of_arrays():
    want = rows(grad(of_arrays))
    found = hessian(of_arrays)(X)
    np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found, found.T, rtol=1e-13)
    np.testing.assert_allclose(hvp(of_arrays)(X, X), found @ X, rtol=1e-13)
    np.testing.assert_allclose(vhp(of_arrays)(X, X), found @ X, rtol=1e-13)


@pytest.mark.parametrize(
    "made",
    [grad(chain), grad(grad(chain)), derivative(chain, n=2), grad(grad(grad(chain)))],
    ids=["1", "2", "2 forward", "3"],
)
def test_calls_are_as_many_as_levels(made, monkeypatch):
    """Twice the depth takes twice the calls, at each order."""
    count = 0
    State = adcompile.dispatch.state.State
    plain = State.entry_for

    def counted(*args):
        nonlocal count
        count += 1
        return plain(*args)

    made(0.3, 2.5)
    monkeypatch.setattr(State, "entry_for", counted)
    made(0.3, 20.5)
    first, count = count, 0
    made(0.3, 40.5)
    assert 0 < count <= 2.1 * first


def test_a_tangent_is_named_in_the_source():
    f = derivative(along)
    f(3.0)
    assert "along_tangent(x * 0.5, 0.5)" in f.source


def noted(x, seen):
    seen.append(x)
    if x < 1.0:
        return x
    return noted(x * 0.5, seen) * x


def reads_notes(x):
    seen = []
    return noted(x, seen) + seen[0]


def test_a_list_that_is_written_is_refused():
    with pytest.raises(ADCompileError, match="writes its arguments"):
        grad(reads_notes)(3.0)


def doubled(x, t):
    if t > 5.0:
        return x
    z = doubled(x, t + np.exp(t))
    z[0] = 2 * z[0] * z[1]  # may be x
    return z


def reads_what_was_doubled(x):
    a = x * 1.0
    y = doubled(a, x[2])
    return np.sum(a * a) + np.sum(y)


def test_a_write_of_what_may_be_an_argument_is_refused():
    with pytest.raises(AmbiguousAlias, match="may or may not share memory"):
        grad(reads_what_was_doubled)(np.array([1.5, 2.0, 3.0]))


def doubled_copy(x, t):
    if t > 5.0:
        return x
    y = doubled_copy(x, t + np.exp(t)).copy()
    y[0] = 2 * y[0] * y[1]
    y += x
    return y + x


def reads_the_copy(x):
    a = x * 1.0
    y = doubled_copy(a, 0.5 + x[2])
    return np.sum(a * a) + np.sum(y**3)


def test_a_result_that_may_be_an_argument():
    x = np.array([0.5, 0.2, 0.3])
    steps = 1e-6 * np.eye(3)
    want = [(reads_the_copy(x + h) - reads_the_copy(x - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(grad(reads_the_copy)(x), want, rtol=1e-7)
    want = [(grad(reads_the_copy)(x + h) - grad(reads_the_copy)(x - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(hessian(reads_the_copy)(x), want, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(x, [0.5, 0.2, 0.3])


def test_names_of_arguments_do_not_meet():
    np.testing.assert_allclose(derivative(clashing, n=2)(3.0, 1.0), 0.0, atol=1e-13)
    np.testing.assert_allclose(grad(grad(clashing))(3.0, 1.0), 0.0, atol=1e-13)
    np.testing.assert_allclose(grad(grad(clashing, argnums=1))(3.0, 2.0), 0.25, rtol=1e-13)


def clashing(jvp, jvp_dot):
    if jvp < 1.0:
        return jvp * jvp_dot
    return clashing(jvp * 0.5, jvp_dot)
