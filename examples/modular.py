"""The modular form: operations that know their own derivative, and forward/backward pairs.

``@rule`` gives a function its tangent rule. It is never looked into again: forward mode uses the
rule as it is, reverse mode its transpose. ``vjp`` returns a value together with its pullback, the
backward half with the values it needs saved.
"""

import numpy as np

from adcompile import grad, jvp, rule, vjp


def multiply(x, y):
    """A product, as an operation of its own."""
    return x * y


@rule(multiply)
def multiply_rule(x, y, *, result, x_dot, y_dot):
    """The product rule."""
    return x_dot * y + x * y_dot


def log1pexp(x):
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(0.0, x)


@rule(log1pexp)
def log1pexp_rule(x, *, result, x_dot):
    """The derivative is exp(x) / (1 + exp(x)) = exp(x − result), which cannot overflow."""
    return np.exp(x - result) * x_dot


def product_of_sines(x, y):
    """A program that uses ``multiply``."""
    return multiply(np.sin(x), np.sin(y))


def matrix_product(x, w):
    """A layer without a bias."""
    return x @ w


def main() -> None:
    """Print the derivatives of both operations, and a forward/backward pair."""
    slope = grad(log1pexp)
    for at in (4.5, 1000.0, -1000.0):
        print(f"log1pexp({at:g}) = {log1pexp(at):.5f}, derivative {slope(at):.5f}")
    np.testing.assert_allclose(slope(4.5), 0.98901, atol=5e-6)
    assert slope(1000.0) == 1.0 and slope(-1000.0) == 0.0
    _, tangent = jvp(log1pexp, (4.5,), (1.0,))
    np.testing.assert_allclose(tangent, slope(4.5), rtol=1e-14)

    bars = grad(product_of_sines, argnums=(0, 1))(0.5, 1.5)
    print(f"product of sines: gradient {tuple(round(float(bar), 5) for bar in bars)}")
    np.testing.assert_allclose(
        bars, (np.cos(0.5) * np.sin(1.5), np.sin(0.5) * np.cos(1.5)), rtol=1e-14
    )

    x = np.array([[2.0, 1.0, -3.0], [-3.0, 4.0, 2.0]])
    w = np.array([[3.0, 2.0, 1.0, -1.0], [2.0, 1.0, 3.0, 2.0], [3.0, 2.0, 1.0, -2.0]])
    y, pullback = vjp(matrix_product, x, w)
    y_bar = np.array([[2.0, 3.0, -3.0, 9.0], [-8.0, 1.0, 4.0, 6.0]])
    x_bar, w_bar = pullback(y_bar)
    print(f"\ny = x @ w\n{y}")
    print(f"adjoint of x, y_bar @ w.T\n{x_bar}")
    print(f"adjoint of w, x.T @ y_bar\n{w_bar}")
    np.testing.assert_allclose(x_bar, y_bar @ w.T)
    np.testing.assert_allclose(w_bar, x.T @ y_bar)


if __name__ == "__main__":
    main()
