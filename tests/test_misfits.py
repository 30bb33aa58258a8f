"""Shapes that do not fit raise NumPy's own error, also where the derivative needs no such value."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import grad, jvp, value_and_grad, vjp


def added(x, y):
    return np.sum(x + y)


def multiplied(x, y):
    return np.sum(x @ y)


def dotted(x, y):
    return np.sum(np.dot(x, y))


def inner(x, y):
    return np.sum(np.inner(x, y))


def derived(x, y):
    return np.sum(x[1:] + y[:-1])


def guarded(x, y):
    total = np.sum(x) * 2.0
    if total > 1e9:
        total = np.sum(x + y)
    return total


def caught(x, y):
    try:
        return np.sum(x + y)
    except ValueError:
        return np.sum(x) * 3.0


CASES = [
    (added, (3,), (4,)),
    (added, (2, 3), (2,)),
    (multiplied, (2, 3), (2, 3)),
    (multiplied, (3,), (4,)),
    (dotted, (2, 3), (2,)),
    (inner, (2, 3), (2, 4)),
    (derived, (4,), (6,)),
]


@pytest.mark.parametrize(("f", "one", "other"), CASES)
def test_raises_as_the_plain_function(f, one, other):
    x, y = np.ones(one), np.ones(other)
    with pytest.raises(ValueError) as plain:
        f(x, y)
    calls = [
        lambda: grad(f)(x, y),
        lambda: grad(f, argnums=(0, 1))(x, y),
        lambda: value_and_grad(f)(x, y),
        lambda: jvp(f, (x, y), (x, None)),
        lambda: vjp(f, x, y),
    ]
    for call in calls:
        with pytest.raises(ValueError) as compiled:
            call()
        assert str(compiled.value) == str(plain.value)


def test_after_a_call_that_fits():
    compiled = grad(added)
    assert np.array_equal(compiled(np.ones(3), np.ones(3)), np.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        compiled(np.ones(3), np.ones(4))
    assert np.array_equal(compiled(np.ones(5), np.ones(5)), np.ones(5))


def test_what_does_not_run_does_not_raise():
    assert np.array_equal(grad(guarded)(np.ones(3), np.ones(4)), np.full(3, 2.0))


def test_what_is_caught_is_caught():
    assert np.array_equal(grad(caught)(np.ones(3), np.ones(4)), np.full(3, 3.0))
    assert np.array_equal(grad(caught)(np.ones(3), np.ones(3)), np.ones(3))
