"""What code that comes from JAX or autograd expects of the transforms, and tools of signatures."""

from __future__ import annotations

import functools
import inspect
import pickle

import numpy as np
import pytest

import adcompile
from adcompile import (
    custom_jvp,
    custom_vjp,
    grad,
    jacobian,
    jvp,
    linearize,
    on_adjoint,
    value_and_grad,
    vjp,
)

# -- results aside ---------------------------------------------------------------------------------


def with_logs(x):
    return x * x, {"logs": np.log(x), "count": 2}


def test_what_is_aside_takes_no_part_in_derivatives():
    """The logarithm has no derivative at 0, and does not spoil that of the value."""
    x = np.array([0.0, 2.0])
    with np.errstate(divide="ignore"):
        value, tangent, aux = jvp(with_logs, (x,), (np.ones(2),), has_aux=True)
        np.testing.assert_array_equal(value, [0.0, 4.0])
        np.testing.assert_array_equal(tangent, [0.0, 4.0])
        np.testing.assert_array_equal(aux["logs"], np.log(x))
        assert aux["count"] == 2
        value, pullback, aux = vjp(with_logs, x, has_aux=True)
        np.testing.assert_array_equal(pullback(np.ones(2))[0], [0.0, 4.0])
        np.testing.assert_array_equal(aux["logs"], np.log(x))
        value, linear, aux = linearize(with_logs, x, has_aux=True)
        np.testing.assert_array_equal(linear(np.ones(2)), [0.0, 4.0])
        np.testing.assert_array_equal(aux["logs"], np.log(x))


@pytest.mark.parametrize(
    "call",
    [
        lambda f: jvp(f, (2.0,), (1.0,), has_aux=True),
        lambda f: vjp(f, 2.0, has_aux=True),
        lambda f: linearize(f, 2.0, has_aux=True),
        lambda f: grad(f, has_aux=True)(2.0),
    ],
)
def test_a_result_aside_needs_a_pair(call):
    with pytest.raises(adcompile.NonScalarOutput, match="pair"):
        call(lambda x: x * x)


# -- decorators ------------------------------------------------------------------------------------


@custom_jvp(nondiff_argnums=(1,))
def power(x, n):
    return x**n


@power.defjvp
def power_jvp(n, primals, tangents):
    (x,), (x_dot,) = primals, tangents
    return power(x, n), 10.0 * x_dot


@functools.partial(custom_vjp, nondiff_argnums=(0,))
def apply(f, x):
    return f(x)


apply.defvjp(lambda f, x: (f(x), x), lambda f, x, bar: (7.0 * bar * x,))


def test_custom_derivatives_are_decorators_with_arguments():
    assert grad(power)(2.0, 3) == 10.0
    assert grad(lambda x: apply(np.sin, x))(2.0) == 14.0
    assert power.nondiff_argnums == (1,) and power.__name__ == "power"
    assert pickle.loads(pickle.dumps(power)) is power


LOG: list = []


class Watch:
    """Counts adjoints and doubles them."""

    def __init__(self):
        self.count = 0

    def see(self, bar):
        self.count += 1
        return 2.0 * bar


WATCH = Watch()


def test_methods_of_what_is_outside_see_adjoints():
    LOG.clear()
    g = grad(lambda x: np.sum(on_adjoint(x * x, LOG.append)))
    for _ in range(2):
        np.testing.assert_array_equal(g(np.array([1.0, 2.0])), [2.0, 4.0])
    assert len(LOG) == 2 and LOG[0].tolist() == [1.0, 1.0]
    g = grad(lambda x: on_adjoint(x * x, WATCH.see))
    assert g(3.0) == 12.0 and WATCH.count == 1


# -- signatures ------------------------------------------------------------------------------------


def scaled(x: np.ndarray, y: float = 2.0, *, z: int = 1) -> float:
    """A sum."""
    return y * np.sum(x) * z


class Method:
    def f(self, x: float, *, s: float = 2.0) -> float:
        return x * s

    @grad(argnums=1)
    def g(self, x: float) -> float:
        return x * x


@pytest.mark.parametrize(
    ("made", "returns"),
    [
        (grad(scaled), "np.ndarray"),
        (grad(scaled, (0, "y")), "tuple[np.ndarray, float]"),
        (value_and_grad(scaled, "y"), "tuple[float, float]"),
        (grad(grad(scaled, 1), 0), "np.ndarray"),
        (jacobian(scaled), inspect.Signature.empty),
        (grad(scaled, has_aux=True), inspect.Signature.empty),
    ],
)
def test_signatures_tell_what_derivatives_return(made, returns):
    spec = inspect.signature(made)
    plain = inspect.signature(scaled)
    assert list(spec.parameters.values()) == list(plain.parameters.values())
    assert spec.return_annotation == returns
    assert made.__name__ == "scaled" and made.__doc__ == "A sum." and made.__wrapped__ is scaled
    assert "return" not in made.__annotations__ and "return" in scaled.__annotations__


def test_signatures_of_methods_and_partials():
    assert (
        str(inspect.signature(grad(Method().f))) == "(x: 'float', *, s: 'float' = 2.0) -> 'float'"
    )
    assert str(inspect.signature(Method().g)) == "(x: 'float') -> 'float'"
    made = grad(functools.partial(scaled, y=3.0))
    assert str(inspect.signature(made)).startswith("(x: 'np.ndarray', *, y: 'float' = 3.0")
