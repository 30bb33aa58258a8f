"""Jacobians, Hessians and products: against each other on the zoo, structure, quotients."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
from collections import namedtuple
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy

import adcompile
from adcompile import (
    derivative,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    vhp,
    vjp,
)
from adcompile.frontend.structure import parts_of
from tests.helpers import random_like, selected
from tests.zoo import CASES, Case


def leaves(value: Any) -> list[np.ndarray]:
    """The numbers of a nested value, None and strings left out."""
    if value is None or isinstance(value, str):
        return []
    parts = parts_of(value)
    if parts is None:
        return [np.asarray(value)]
    return [leaf for part in parts.values for leaf in leaves(part)]


def times(jacobian: Any, result: Any, direction: Any) -> list[np.ndarray]:
    """For each leaf of the result its tangent: blocks times direction, summed."""
    parts = parts_of(result)
    if parts is not None:
        rows = parts_of(jacobian)
        assert rows is not None and rows.keys == parts.keys
        pairs = zip(rows.values, parts.values, strict=True)
        return [leaf for j, r in pairs for leaf in times(j, r, direction)]
    if result is None or isinstance(result, str):
        return []
    blocks = leaves(jacobian)
    steps = leaves(only_floats(direction))
    assert len(blocks) == len(steps)
    for block, step in zip(blocks, steps, strict=True):
        assert block.shape == np.shape(result) + step.shape
    products = [np.tensordot(b, d, d.ndim) for b, d in zip(blocks, steps, strict=True)]
    return [np.asarray(sum(products))]


@cache
def direction_of(case: Case) -> tuple[Any, ...]:
    return random_like(selected(case.args(), case.argnums), np.random.default_rng(case.seed + 1))


def tangent_of(case: Case) -> tuple[Any, list[np.ndarray]]:
    directions: list[Any] = [None] * len(case.args())
    for i, d in zip(case.argnums, direction_of(case), strict=True):
        directions[i] = d
    value, tangent = jvp(case.function, case.args(), directions, **copy.deepcopy(case.kwargs))
    return value, leaves(tangent)


def assert_near(case: Case, have: list[np.ndarray], want: list[np.ndarray]) -> None:
    assert len(have) == len(want)
    tolerance = 1e-4 if any(leaf.dtype == np.float32 for leaf in leaves(case.args())) else 1e-8
    for a, b in zip(have, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def holds_floats(value: Any) -> bool:
    return any(leaf.dtype.kind == "f" for leaf in leaves(value))


GROWN = "growing_lists.returned", "growing_lists.returned_in_tuple"
"""Results that are lists of a length that the data decide: they have no Jacobian."""

FORWARD = [c for c in CASES if "fwd" in c.modes and c.name not in GROWN]
BOTH = [c for c in FORWARD if "rev" in c.modes]


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize("case", FORWARD, ids=str)
def test_jacfwd_times_a_direction_is_the_tangent(case: Case, optimize: bool) -> None:
    value, tangent = tangent_of(case)
    jac = jacfwd(case.function, argnums=case.argnums, optimize=optimize)
    blocks = jac(*case.args(), **copy.deepcopy(case.kwargs))
    assert_near(case, times(blocks, only_floats(value), direction_of(case)), tangent)


@pytest.mark.parametrize("case", BOTH, ids=str)
def test_jacrev_times_a_direction_is_the_tangent(case: Case) -> None:
    value, tangent = tangent_of(case)
    blocks = jacrev(case.function, argnums=case.argnums)(*case.args(), **copy.deepcopy(case.kwargs))
    assert_near(case, times(blocks, only_floats(value), direction_of(case)), tangent)


def only_floats(value: Any) -> Any:
    """A result with None where it holds no floats, as in its derivative."""
    parts = parts_of(value)
    if parts is not None:
        return parts.made([only_floats(v) for v in parts.values])
    return value if holds_floats(value) else None


@pytest.mark.parametrize("case", FORWARD, ids=str)
def test_a_linearisation_is_the_tangent_any_number_of_times(case: Case) -> None:
    value, tangent = tangent_of(case)
    args = case.args()
    again, linear = linearize(case.function, *args, **copy.deepcopy(case.kwargs))
    assert_near(case, leaves(only_floats(again)), leaves(only_floats(value)))
    directions: list[Any] = [None] * len(args)
    for i, d in zip(case.argnums, direction_of(case), strict=True):
        directions[i] = d
    for _ in range(2):
        assert_near(case, leaves(linear(*directions)), tangent)


UNBOUND = "exceptions.errstate_raise#2", "exceptions.try_value_used_in_later_loop"
"""Reverse over reverse of a protected block reads an adjoint that one path leaves unbound."""

SECOND = [c for c in BOTH if c.order >= 2 and c.name not in UNBOUND]


@pytest.mark.parametrize("case", SECOND, ids=str)
def test_hessians_and_their_products_agree(case: Case) -> None:
    value = case.function(*case.args(), **copy.deepcopy(case.kwargs))
    if not isinstance(value, (float, np.floating)):
        pytest.skip("not a number")
    direction = direction_of(case)

    def call(made: Any, *more: Any) -> Any:
        return made(*case.args(), *more, **copy.deepcopy(case.kwargs))

    gradient = call(grad(case.function, argnums=case.argnums))
    along = leaves(call(hvp(case.function, argnums=case.argnums), direction))
    back = leaves(call(vhp(case.function, argnums=case.argnums), direction))
    whole = call(hessian(case.function, argnums=case.argnums))
    assert_near(case, back, along)
    assert_near(case, times(whole, gradient, direction), along)


# --- structure ------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "a b")


@dataclass
class Params:
    """Weights with a name that is no number."""

    w: np.ndarray
    scale: float
    name: str = "layer"
    count: int = 3

    def __post_init__(self) -> None:
        self.made = True


def structured(params, x):
    y = params.w @ x * params.scale
    return {"y": Pair(y, [np.sum(y), params.scale]), "n": params.count}


@pytest.mark.parametrize("make", [jacfwd, jacrev, jacobian])
def test_any_nesting_of_containers(make):
    params = Params(np.arange(6.0).reshape(2, 3), 2.0)
    x = np.array([1.0, 2.0, 3.0])
    jac = make(structured)(params, x)
    assert list(jac) == ["y", "n"] and jac["n"] is not None
    y = jac["y"]
    assert type(y) is Pair and type(y.a) is Params
    assert y.a.w.shape == (2, 2, 3) and y.a.scale.shape == (2,)
    assert y.a.name is None and y.a.count is None
    np.testing.assert_allclose(y.a.w, 2 * np.einsum("ij,k->ijk", np.eye(2), x))
    np.testing.assert_allclose(y.a.scale, params.w @ x)
    total, scale = y.b
    assert total.w.shape == (2, 3) and type(scale.scale) is float and scale.scale == 1.0
    np.testing.assert_array_equal(scale.w, np.zeros((2, 3)))
    both = make(structured, argnums=(0, 1))(params, x)
    assert type(both["y"].a) is tuple
    np.testing.assert_allclose(both["y"].a[1], 2 * params.w)


@pytest.mark.parametrize("make", [jacfwd, jacrev, jacobian])
def test_shapes_and_kinds(make):
    A = np.arange(6.0).reshape(2, 3)
    square = make(lambda a: a * a)
    assert square(A).shape == (2, 3, 2, 3)
    np.testing.assert_allclose(square(A).reshape(6, 6), np.diag(2 * A.ravel()))
    assert type(square(3.0)) is float and square(3.0) == 6.0
    assert type(square(np.float32(3.0))) is np.float32
    assert square(np.float32([1, 2])).dtype == np.float32
    assert square(np.array(3.0)).shape == ()
    assert square(np.ones(1)).shape == (1, 1)
    assert square(np.ones((0,))).shape == (0, 0)
    assert square(np.ones((2, 0))).shape == (2, 0, 2, 0)
    np.testing.assert_allclose(make(np_outer)(np.ones(2)), [[[2, 0], [1, 1]], [[1, 1], [0, 2]]])
    np.testing.assert_array_equal(make(constant)(np.ones(2)), [0.0, 0.0])


def np_outer(x):
    return np.outer(x, x)


def constant(x):
    return 3.0


@pytest.mark.parametrize("make", [jacfwd, jacrev, jacobian, hessian])
def test_aux_and_decorators(make):
    @make(has_aux=True)
    def f(x, k=2):
        """Doc."""
        return np.sum(x**3) * k, {"x": x, "k": k}

    jac, aux = f(np.array([1.0, 2.0]))
    want = np.array([6.0, 24.0]) if make is not hessian else np.diag([12.0, 24.0])
    np.testing.assert_allclose(jac, want)
    assert aux["k"] == 2
    assert f.__doc__ == "Doc." and str(inspect.signature(f)) == "(x, k=2)"


def test_jacobian_takes_the_mode_with_fewer_sweeps():
    @jacobian
    def f(x, A):
        return A @ x

    wide, tall = np.ones((2, 5)), np.ones((5, 2))
    f(np.ones(5), wide)
    assert "y_bar" in f.source or "_bar" in f.source
    f(np.ones(2), tall)
    assert "x_dot" in f.source
    f(np.ones(7), np.ones((3, 7)))
    assert "x_dot" not in f.source


def test_a_jacobian_of_a_jacobian():
    def f(x):
        return np.sin(x) * x[0]

    x = np.array([0.5, 1.0])
    second = jacfwd(jacrev(f))(x)
    assert second.shape == (2, 2, 2)
    np.testing.assert_allclose(second, jacrev(jacfwd(f))(x), atol=1e-12)
    np.testing.assert_allclose(second, jacfwd(jacfwd(f))(x), atol=1e-12)
    np.testing.assert_allclose(second, hessian(f)(x), atol=1e-12)
    h = 1e-5
    quotient = [(jacfwd(f)(x + e) - jacfwd(f)(x - e)) / (2 * h) for e in h * np.eye(2)]
    np.testing.assert_allclose(second, np.stack(quotient, axis=-1), atol=1e-8)
    third = grad(lambda z: np.sum(hessian(f)(z) ** 2))
    assert third(x).shape == (2,)


def inner_jacobian(x):
    return np.sum(jacfwd(np_outer)(x) ** 2)


def test_jacobians_inside_a_function():
    x = np.array([1.0, 2.0])
    quotient = [(inner_jacobian(x + e) - inner_jacobian(x - e)) / 2e-6 for e in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(grad(inner_jacobian)(x), quotient, rtol=1e-6)


def test_jacobians_do_not_loop_in_python():
    f = jacfwd(lambda x, A: np.tanh(A @ x))
    f(np.ones(3), np.ones((3, 3)))
    assert "for " not in f.source


def loops_over_directions(x, s):
    y = np.zeros((2, 3))
    y.reshape(-1)[1:] = x * s
    return y[1] * x[0]


@pytest.mark.parametrize("make", [jacfwd, jacrev])
def test_what_has_no_rule_is_applied_in_a_loop(make):
    x = np.arange(1.0, 6.0)
    have = make(loops_over_directions)(x, 2.0)
    want = [jvp(loops_over_directions, (x, 2.0), (e, None))[1] for e in np.eye(5)]
    np.testing.assert_allclose(have, np.stack(want, axis=-1))


# --- products, derivatives ------------------------------------------------------------------------


def quartic(x, y, *, scale=1.0):
    return scale * np.sum(x**4) * y


def test_products_take_the_vector_last():
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    for make in (hvp, vhp):
        np.testing.assert_allclose(make(quartic)(x, 2.0, v), 24 * x**2 * v)
        np.testing.assert_allclose(make(quartic)(x, 2.0, v, scale=3.0), 72 * x**2 * v)
        both = make(quartic, argnums=(0, "y"))(x, 2.0, (v, 1.0))
        np.testing.assert_allclose(both[0], 24 * x**2 * v + 4 * x**3)
        assert both[1] == pytest.approx(np.sum(4 * x**3 * v))
        product = make(quartic)
        assert str(inspect.signature(product)) == "(x, y, v, /, *, scale=1.0)"
        np.testing.assert_allclose(pickle.loads(pickle.dumps(product))(x, 2.0, v), 24 * x**2 * v)
        product(x, 2.0, v)
        assert "def quartic_" in product.source
        with pytest.raises(adcompile.UnsupportedInput, match="shape"):
            product(x, 2.0, np.ones(3))


@pytest.mark.parametrize("order", range(6))
def test_derivatives_of_any_order(order):
    x = sympy.Symbol("x")
    formula = sympy.sin(x) * sympy.exp(-x / 2) * x**2
    want = (
        float(sympy.diff(formula, x, order).subs(x, 0.7)) if order else float(formula.subs(x, 0.7))
    )
    have = derivative(damped, n=order)(0.7)
    assert type(have) is (float if order else np.float64)
    assert have == pytest.approx(want, rel=1e-11)


def damped(x):
    return np.sin(x) * np.exp(-x / 2) * x**2


def test_derivatives_of_structures_and_refusals():
    f = derivative(lambda t: {"p": np.array([t, t * t]), "v": (t**3,)})
    result = f(2.0)
    np.testing.assert_allclose(result["p"], [1.0, 4.0])
    assert result["v"] == (12.0,)
    assert derivative(n=2)(lambda t: t**3)(2) == 12.0
    with pytest.raises(adcompile.NotDifferentiable, match="by a number"):
        f(np.ones(2))
    for order in (-1, 1.5, True):
        with pytest.raises(adcompile.UnsupportedInput, match="order"):
            derivative(damped, n=order)


def test_elementwise_grad():
    x = np.array([[0.1, 1.0], [2.0, 3.0]])
    np.testing.assert_allclose(elementwise_grad(np_tanh)(x), 1 - np.tanh(x) ** 2)
    second = elementwise_grad(elementwise_grad(np_tanh))(x)
    np.testing.assert_allclose(second, -2 * np.tanh(x) * (1 - np.tanh(x) ** 2))
    assert elementwise_grad(np_tanh)(0.5) == pytest.approx(1 - math.tanh(0.5) ** 2)
    with pytest.raises(adcompile.NonScalarOutput):
        elementwise_grad(lambda z: (z, z))(x)


def np_tanh(x):
    return np.tanh(x)


def test_linearize_evaluates_once():
    seen = []

    def f(x, k):
        seen.append(1)
        return np.sin(x) * k

    x = np.array([0.1, 0.2])
    value, linear = linearize(f, x, 3)
    x[0] = 100.0
    for v in (np.ones(2), np.array([1.0, 0.0])):
        np.testing.assert_allclose(linear(v, None), 3 * np.cos([0.1, 0.2]) * v)
    np.testing.assert_array_equal(linear(None, None), [0.0, 0.0])
    assert len(seen) == 1
    with pytest.raises(adcompile.UnsupportedInput, match="takes 2 tangents"):
        linear(np.ones(2))
    with pytest.raises(adcompile.UnsupportedInput, match="shape"):
        linear(np.ones(3), None)


def diffusion(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
    return u


def test_a_linearised_loop_keeps_what_it_needs():
    u, v = np.linspace(0.0, 1.0, 7) ** 2, np.linspace(1.0, 2.0, 7)
    _, linear = linearize(diffusion, u, 5)
    np.testing.assert_allclose(linear(v, None), jvp(diffusion, (u, 5), (v, None))[1])
    _, pullback = vjp(diffusion, u, 5)
    w = np.arange(7.0)
    assert np.vdot(w, linear(v, None)) == pytest.approx(np.vdot(pullback(w)[0], v))


def test_selection_by_keyword():
    x = np.array([1.0, 2.0])
    by_scale = jacfwd(quartic, argnums="scale")
    assert by_scale(x, 2.0, scale=3.0) == pytest.approx(34.0)
    assert grad(quartic, argnums=["x", "scale"])(x, 1.0, scale=1.0)[1] == pytest.approx(17.0)
    with pytest.raises(adcompile.BadArgnums, match="does not pass"):
        by_scale(x, 2.0)
    with pytest.raises(adcompile.BadArgnums):
        jacfwd(quartic, argnums="nothing")


def test_a_list_that_grew_is_refused():
    (case,) = (c for c in CASES if c.name == GROWN[0])
    for make in (jacfwd, jacrev):
        with pytest.raises(adcompile.NotDifferentiable, match="length depends on the data"):
            make(case.function, argnums=case.argnums)(*case.args())


M = np.array([[3.0, 1.0], [0.5, 2.0]])


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.cumsum(x) * x, np.arange(1.0, 4.0)),
        (lambda x: np.cumsum(x, axis=1) * np.cumsum(x, axis=-1), np.ones((2, 3))),
        (lambda x: np.cumsum(x), np.arange(6.0).reshape(2, 3)),
        (lambda x: np.roll(x, 1) * x, np.arange(3.0)),
        (lambda x: np.roll(x, 1, axis=0) * x, np.arange(6.0).reshape(2, 3)),
        (lambda x: np.repeat(x, 2, axis=0), np.arange(4.0).reshape(2, 2)),
        (lambda x: np.diagonal(x) * 2.0, np.arange(9.0).reshape(3, 3)),
        (lambda x: np.linalg.solve(M, x), np.array([1.0, 2.0])),
        (lambda x: np.linalg.solve(M, x), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 4.0]])),
        (lambda x: np.linalg.solve(x, np.ones(2)), M),
        (lambda x: np.linalg.inv(x), M),
        (lambda x: np.real(np.fft.fft(x)) * x, np.arange(4.0)),
        (lambda x: np.abs(np.fft.rfft(x, axis=0)), np.arange(1.0, 7.0).reshape(3, 2)),
        (lambda x: np.einsum("ij,j->i", x, np.ones(2)), M),
        (lambda x: np.sort(x) * x, np.array([3.0, 1.0, 2.0])),
        (lambda x: np.triu(x) @ x, M),
        (lambda x: np.max(x, axis=0), M),
        (lambda x: x[[1, 0, 1], :][:, [0, 0]] * x[0, 1], M),
        (lambda x: x[[0, 1], None, [1, 0]], M),
        (lambda x: np.kron(x, x), np.array([1.0, 2.0])),
        (lambda x: x @ np.ones((4, 2, 3)), M),
        (lambda x: np.ones((4, 3, 2)) @ x, M),
        (lambda x: x @ np.ones((4, 2, 3)), np.array([1.0, 2.0])),
        (lambda x: np.ones((4, 3, 2)) @ x, np.array([1.0, 2.0])),
        (lambda x: np.ones(2) @ x, M),
        (lambda x: np.dot(x, np.ones((2, 3))), M),
    ],
)
def test_operations_on_stacks(f, x):
    want = np.stack(
        [jvp(f, (x,), (e.reshape(x.shape),))[1] for e in np.eye(x.size)], axis=-1
    ).reshape(np.shape(f(x)) + x.shape)
    np.testing.assert_allclose(jacfwd(f)(x), want, atol=1e-12)
    np.testing.assert_allclose(jacrev(f)(x), want, atol=1e-12)


def cubes(x):
    return np.sum(x**3)


product_of_cubes = hvp(cubes)


@pytest.mark.parametrize(
    "f", [lambda x: np.sum(product_of_cubes(x, x)), lambda x: np.sum(vhp(cubes)(x, x))]
)
def test_products_inside_a_function(f):
    x = np.array([1.0, 2.0])
    assert f(x) == np.sum(6 * x * x)
    np.testing.assert_allclose(grad(f)(x), 12 * x)
