"""The worked examples of the lectures, line by line: values, gradients and trace tables."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from adcompile import grad, jvp, rule, trace, value_and_grad, vjp
from tests.helpers import is_scalar


def numbered(rows: Any) -> list[Any]:
    """The rows named v0, v1, ...: a closing row for the result by name is not one of them."""
    return [row for row in rows if re.fullmatch(r"v-?\d+", row.name)]


def by_name(table: Any) -> dict[str, Any]:
    return {row.name: row for row in table.rows}


def squeezed(text: str) -> str:
    return text.replace(" ", "").replace("np.", "").replace("numpy.", "")


# --- 1. f(x1, x2) = ln(x1) + x1*x2 - sin(x2) at (2, 5) -------------------------------------------


def textbook(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


PRIMAL_1 = {"v0": 2, "v1": 5, "v2": 0.693, "v3": 10, "v4": -0.959, "v5": 10.693, "v6": 11.652}
FORWARD_1 = {"v0": 1, "v1": 0, "v2": 0.5, "v3": 5, "v4": 0, "v5": 5.5, "v6": 5.5}
REVERSE_1 = {"v6": 1, "v5": 1, "v4": -1, "v3": 1, "v2": 1, "v1": 1.7163, "v0": 5.5}


def test_1_primal_trace():
    table = trace(textbook)(2.0, 5.0)
    rows = by_name(table)
    assert [row.name for row in numbered(table.rows)] == list(PRIMAL_1)
    for name, value in PRIMAL_1.items():
        assert rows[name].value == pytest.approx(value, abs=5e-4)
    assert "log" in rows["v2"].formula and "v0" in rows["v2"].formula
    assert squeezed(rows["v3"].formula) == "v0*v1"
    assert "sin" in rows["v4"].formula and "v1" in rows["v4"].formula
    assert squeezed(rows["v5"].formula) == "v2+v3"
    assert squeezed(rows["v6"].formula) == "v5-v4"


def test_1_formulas_in_the_users_terms():
    rows = by_name(trace(textbook)(2.0, 5.0))
    assert squeezed(rows["v3"].user) == "x1*x2"
    assert "sin" in rows["v4"].user and "x2" in rows["v4"].user


def test_1_the_text_of_the_trace():
    text = str(trace(textbook)(2.0, 5.0))
    lines = text.splitlines()
    for name, digits in (("v2", "0.693"), ("v4", "-0.95"), ("v5", "10.69"), ("v6", "11.65")):
        (line,) = [line for line in lines if re.search(rf"(^|[^\w]){name}\b", line.strip()[:4])]
        assert digits in line.replace("−", "-")


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        (0, FORWARD_1),
        ("x1", FORWARD_1),
        (1, {"v0": 0, "v1": 1, "v2": 0, "v3": 2, "v4": 0.2837, "v5": 2, "v6": 1.7163}),
    ],
)
def test_1_forward_trace(wrt, expected):
    rows = by_name(trace(textbook, mode="forward", argnums=wrt)(2.0, 5.0))
    for name, tangent in expected.items():
        assert rows[name].value == pytest.approx(PRIMAL_1[name], abs=5e-4)
        assert rows[name].tangent == pytest.approx(tangent, abs=5e-5), name
    assert rows["v6"].tangent_formula


def test_1_reverse_trace():
    rows = by_name(trace(textbook, mode="reverse")(2.0, 5.0))
    for name, adjoint in REVERSE_1.items():
        assert rows[name].value == pytest.approx(PRIMAL_1[name], abs=5e-4)
        assert rows[name].adjoint == pytest.approx(adjoint, abs=5e-5), name
    assert "cos" in rows["v1"].adjoint_formula
    assert rows["v0"].adjoint_formula


def test_1_seed_of_the_reverse_trace():
    rows = by_name(trace(textbook, mode="reverse", seed=2.0)(2.0, 5.0))
    assert rows["v6"].adjoint == 2.0
    assert rows["v0"].adjoint == pytest.approx(11.0)


def test_1_gradient_and_modes():
    assert textbook(2.0, 5.0) == pytest.approx(11.652, abs=5e-4)
    value, gradient = value_and_grad(textbook, argnums=(0, 1))(2.0, 5.0)
    assert value == textbook(2.0, 5.0)
    assert gradient == pytest.approx((5.5, 1.7163378145367738), rel=1e-15)
    assert all(type(part) is float for part in gradient)
    assert jvp(textbook, (2.0, 5.0), (1.0, 0.0))[1] == pytest.approx(5.5)
    assert jvp(textbook, (2.0, 5.0), (0.0, 1.0))[1] == pytest.approx(1.7163378145367738)
    value, pullback = vjp(textbook, 2.0, 5.0)
    assert pullback(1.0) == pytest.approx((5.5, 1.7163378145367738))


def test_1_the_generated_gradient_is_what_one_would_write():
    g = grad(textbook, argnums=(0, 1))
    g(2.0, 5.0)
    body = squeezed(g.source)
    assert "deftextbook_grad(x1,x2)" in body
    assert "cos(x2)" in body
    assert "log(" not in squeezed(
        "".join(line for line in g.source.splitlines() if not line.strip().startswith("#"))
    ), "the value is not needed for the gradient"


# --- 2. f(x, y, z) = (x + y) * z ------------------------------------------------------------------


def product_of_sum(x, y, z):
    q = x + y
    return q * z


def test_2_values_and_gradient():
    value, gradient = value_and_grad(product_of_sum, argnums=(0, 1, 2))(-2.0, 5.0, -4.0)
    assert value == -12.0
    assert gradient == (-4.0, -4.0, 3.0)


def test_2_trace():
    rows = by_name(trace(product_of_sum, mode="reverse")(-2.0, 5.0, -4.0))
    assert rows["v3"].value == 3.0
    assert rows["v4"].value == -12.0
    adjoints = {name: rows[name].adjoint for name in ("v4", "v3", "v2", "v1", "v0")}
    assert adjoints == {"v4": 1.0, "v3": -4.0, "v2": 3.0, "v1": -4.0, "v0": -4.0}


# --- 3. Sigmoid neuron ----------------------------------------------------------------------------


def neuron(w0, x0, w1, x1, w2):
    return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@rule(sigmoid)
def sigmoid_rule(z, *, result, z_dot):
    return (1 - result) * result * z_dot


def neuron_modular(w0, x0, w1, x1, w2):
    return sigmoid(w0 * x0 + w1 * x1 + w2)


NEURON_AT = (2.0, -1.0, -3.0, -2.0, -3.0)
NEURON_GRADIENT = (-0.20, 0.39, -0.39, -0.59, 0.20)


@pytest.mark.parametrize("function", [neuron, neuron_modular])
@pytest.mark.parametrize("optimize", [True, False])
def test_3_gradient_at_two_granularities(function, optimize):
    compiled = value_and_grad(function, argnums=(0, 1, 2, 3, 4), optimize=optimize)
    value, gradient = compiled(*NEURON_AT)
    assert value == pytest.approx(0.73, abs=5e-3)
    assert gradient == pytest.approx(NEURON_GRADIENT, abs=5e-3)
    exact = value * (1 - value)
    w0, x0, w1, x1, _ = NEURON_AT
    assert gradient == pytest.approx(tuple(exact * v for v in (x0, w0, x1, w1, 1)), rel=1e-14)


def test_3_elementary_operations_in_the_trace():
    rows = numbered(trace(neuron, mode="reverse")(*NEURON_AT).rows)
    chain = rows[-5:]
    assert [row.value for row in chain] == pytest.approx([1, -1, 0.37, 1.37, 0.73], abs=5e-3)
    adjoints = [row.adjoint for row in reversed(chain)]
    assert adjoints == pytest.approx([1, -0.53, -0.53, -0.20, 0.20], abs=5e-3)
    inputs = [row.adjoint for row in rows[:5]]
    assert inputs == pytest.approx(NEURON_GRADIENT, abs=5e-3)


def test_3_sigmoid_as_one_operation_in_the_trace():
    rows = numbered(trace(neuron_modular, mode="reverse")(*NEURON_AT).rows)
    gate, argument = rows[-1], rows[-2]
    assert "sigmoid" in gate.formula
    assert gate.value == pytest.approx(0.73, abs=5e-3)
    assert argument.value == pytest.approx(1.0)
    assert argument.adjoint == pytest.approx(0.20, abs=5e-3)
    assert [row.adjoint for row in rows[:5]] == pytest.approx(NEURON_GRADIENT, abs=5e-3)


def test_3_second_order_through_the_users_rule():
    def written_out(z):
        s = 1 / (1 + np.exp(-z))
        return s * (1 - s) * (1 - 2 * s)

    assert grad(grad(sigmoid_of))(0.8) == pytest.approx(written_out(0.8), rel=1e-13)


def sigmoid_of(z):
    return sigmoid(z)


# --- 4. f(x, W) = |W x|^2 -------------------------------------------------------------------------


def squared_norm(x, W):
    q = W @ x
    return np.sum(q * q)


W_4 = np.array([[0.1, 0.5], [-0.3, 0.8]])
X_4 = np.array([0.2, 0.4])


def test_4_gradient():
    value, (x_bar, w_bar) = value_and_grad(squared_norm, argnums=(0, 1))(X_4, W_4)
    assert value == pytest.approx(0.116)
    np.testing.assert_allclose(w_bar, [[0.088, 0.176], [0.104, 0.208]], rtol=1e-12)
    np.testing.assert_allclose(x_bar, [-0.112, 0.636], rtol=1e-12)


def test_4_trace_shows_arrays():
    rows = by_name(trace(squared_norm, mode="reverse")(X_4, W_4))
    np.testing.assert_allclose(rows["v2"].value, [0.22, 0.26], rtol=1e-12)
    np.testing.assert_allclose(rows["v2"].adjoint, [0.44, 0.52], rtol=1e-12)
    np.testing.assert_allclose(rows["v1"].adjoint, [[0.088, 0.176], [0.104, 0.208]], rtol=1e-12)
    np.testing.assert_allclose(rows["v0"].adjoint, [-0.112, 0.636], rtol=1e-12)


# --- 5. Matrix product ----------------------------------------------------------------------------


def matrix_product(x, w):
    return x @ w


X_5 = np.array([[2.0, 1, -3], [-3, 4, 2]])
W_5 = np.array([[3.0, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]])
UPSTREAM_5 = np.array([[2.0, 3, -3, 9], [-8, 1, 4, 6]])
X_BAR_5 = [[0, 16, -9], [-24, 9, -30]]
W_BAR_5 = [[28, 3, -18, 0], [-30, 7, 13, 33], [-22, -7, 17, -15]]


def test_5_pullback_of_a_matrix_product():
    y, pullback = vjp(matrix_product, X_5, W_5)
    np.testing.assert_array_equal(y, [[-1, -1, 2, 6], [5, 2, 11, 7]])
    x_bar, w_bar = pullback(UPSTREAM_5)
    np.testing.assert_array_equal(x_bar, X_BAR_5)
    np.testing.assert_array_equal(w_bar, W_BAR_5)


def test_5_trace_with_an_upstream_seed():
    rows = by_name(trace(matrix_product, mode="reverse", seed=UPSTREAM_5)(X_5, W_5))
    np.testing.assert_array_equal(rows["v2"].adjoint, UPSTREAM_5)
    np.testing.assert_array_equal(rows["v0"].adjoint, X_BAR_5)
    np.testing.assert_array_equal(rows["v1"].adjoint, W_BAR_5)


# --- 6. ReLU of a vector --------------------------------------------------------------------------


def relu(x):
    return np.maximum(0, x)


def test_6_pullback_of_relu():
    y, pullback = vjp(relu, np.array([1.0, -2.0, 3.0, -1.0]))
    np.testing.assert_array_equal(y, [1, 0, 3, 0])
    (x_bar,) = pullback(np.array([4.0, -1.0, 5.0, 9.0]))
    np.testing.assert_array_equal(x_bar, [4, 0, 5, 0])


def test_6_without_ever_forming_the_jacobian():
    """At this width the Jacobian would take 320 GB."""
    rng = np.random.default_rng(0)
    x, upstream = rng.normal(size=200_000), rng.normal(size=200_000)
    _, pullback = vjp(relu, x)
    np.testing.assert_array_equal(pullback(upstream)[0], upstream * (x > 0))


# --- 7. Logistic regression, residual sum of squares ----------------------------------------------


def residual_sum_of_squares(w0, w1, w2):
    z1 = w0 + w1 + 1.5 * w2
    z2 = w0 + 1.5 * w1 - w2
    s1 = sigmoid(z1)
    s2 = sigmoid(z2)
    r1 = 0 - s1
    r2 = 1 - s2
    q1 = r1**2
    q2 = r2**2
    return q1 + q2


AT_7 = (-1.0, 1.5, 0.5)
VALUES_7 = [1.25, 0.75, 0.78, 0.68, -0.78, 0.32, 0.60, 0.10, 0.71]
ADJOINTS_7 = [0.27, -0.14, 1.55, -0.64, -1.55, 0.64, 1, 1, 1]


def test_7_gradient():
    value, gradient = value_and_grad(residual_sum_of_squares, argnums=(0, 1, 2))(*AT_7)
    assert value == pytest.approx(0.71, abs=5e-3)
    assert gradient == pytest.approx((0.13, 0.06, 0.54), abs=5e-3)


def test_7_trace_by_statements():
    table = trace(residual_sum_of_squares, mode="reverse", granularity="statement")(*AT_7)
    rows = numbered(table.rows)
    assert len(rows) == 3 + 9
    assert [row.value for row in rows[3:]] == pytest.approx(VALUES_7, abs=5.1e-3)
    assert [row.adjoint for row in rows[3:]] == pytest.approx(ADJOINTS_7, abs=5.1e-3)
    assert [row.adjoint for row in rows[:3]] == pytest.approx([0.13, 0.06, 0.54], abs=5e-3)


# --- 8. log(1 + exp(x)) as a user-defined operation -----------------------------------------------


def log1pexp(x):
    return np.log(1 + np.exp(x))


@rule(log1pexp)
def log1pexp_rule(x, *, result, x_dot):
    return x_dot / (1 + np.exp(-x))


def stable_log1pexp(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@rule(stable_log1pexp)
def stable_log1pexp_rule(x, *, result, x_dot):
    return x_dot / (1 + np.exp(-x))


def use_log1pexp(x):
    return log1pexp(x)


def use_stable_log1pexp(x):
    return stable_log1pexp(x)


@pytest.mark.parametrize("function", [use_log1pexp, use_stable_log1pexp])
def test_8_value_and_derivative(function):
    value, gradient = value_and_grad(function)(4.5)
    assert value == pytest.approx(4.51105, abs=5e-6)
    assert gradient == pytest.approx(0.98901, abs=5e-6)
    value, tangent = jvp(function, (4.5,), (1.0,))
    assert value == pytest.approx(4.51105, abs=5e-6)
    assert tangent == pytest.approx(0.98901, abs=5e-6)


def test_8_derivative_of_the_operation_itself():
    """A function with a rule is never differentiated through its body, not even at the top."""
    assert grad(log1pexp)(4.5) == pytest.approx(0.98901, abs=5e-6)
    assert grad(stable_log1pexp)(1000.0) == 1.0


def test_8_does_not_overflow():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, gradient = value_and_grad(use_stable_log1pexp)(1000.0)
        assert (value, gradient) == (1000.0, 1.0)
        value, tangent = jvp(use_stable_log1pexp, (1000.0,), (1.0,))
        assert (value, tangent) == (1000.0, 1.0)


def test_8_the_rule_serves_where_the_plain_derivative_is_nan():
    with np.errstate(all="ignore"):
        assert grad(use_log1pexp)(1000.0) == 1.0


def test_8_second_order():
    s = 1 / (1 + np.exp(-4.5))
    assert grad(grad(use_log1pexp))(4.5) == pytest.approx(s * (1 - s), rel=1e-12)
    _, curvature = jvp(grad(use_log1pexp), (4.5,), (1.0,))
    assert curvature == pytest.approx(s * (1 - s), rel=1e-12)


def test_8_on_arrays():
    x = np.array([4.5, -2.0, 1000.0])
    _, pullback = vjp(use_stable_log1pexp, x)
    (x_bar,) = pullback(np.ones(3))
    np.testing.assert_allclose(x_bar, [0.98901306, 0.11920292, 1.0], rtol=1e-7)


def test_rows_of_every_example_are_numbers_or_arrays():
    for row in trace(neuron, mode="forward", argnums=0)(*NEURON_AT).rows:
        assert is_scalar(row.value)
