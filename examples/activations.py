"""Activation functions and their derivatives: sigmoid, tanh, ReLU, leaky ReLU, PReLU.

The derivative of an elementwise function at every point of an array is one forward sweep, with a
tangent of ones. PReLU's slope is a parameter: it is learned here. ``--plot FILE`` draws values
and derivatives.
"""

import argparse
from collections.abc import Callable

import numpy as np

from adcompile import grad, jvp


def sigmoid(x):
    """1 / (1 + exp(−x))."""
    return 1.0 / (1.0 + np.exp(-x))


def tanh(x):
    """The hyperbolic tangent."""
    return np.tanh(x)


def relu(x):
    """max(0, x)."""
    return np.maximum(0.0, x)


def leaky_relu(x):
    """x, or x/10 where x is negative."""
    return np.where(x > 0, x, 0.1 * x)


def prelu(x, slope):
    """x, or slope·x where x is negative."""
    return np.where(x > 0, x, slope * x)


def prelu_loss(slope, x, target):
    """The mean squared difference of ``prelu`` from a target."""
    return np.mean((prelu(x, slope) - target) ** 2)


ACTIVATIONS = (sigmoid, tanh, relu, leaky_relu)


def value_and_derivative(
    function: Callable[..., np.ndarray], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """An elementwise function and its derivative at every element of x."""
    return jvp(function, (x,), (np.ones_like(x),))


def derivative_by_hand(name: str, x: np.ndarray) -> np.ndarray:
    """The textbook's formulas."""
    formulas = {
        "sigmoid": sigmoid(x) * (1 - sigmoid(x)),
        "tanh": 1 - np.tanh(x) ** 2,
        "relu": (x > 0).astype(float),
        "leaky_relu": np.where(x > 0, 1.0, 0.1),
    }
    return formulas[name]


def learn_slope(x: np.ndarray, target: np.ndarray, steps: int = 200) -> float:
    """PReLU's slope, fitted to a target by gradient descent."""
    slope_bar = grad(prelu_loss)
    slope = 0.0
    for _ in range(steps):
        slope -= 0.1 * slope_bar(slope, x, target)
    return float(slope)


def plot(path: str) -> None:
    """Values (solid) and derivatives (dashed) on −4..4."""
    import matplotlib.pyplot as plt

    x = np.linspace(-4, 4, 401)
    figure, panels = plt.subplots(1, len(ACTIVATIONS), figsize=(12, 3), sharex=True)
    for axes, function in zip(panels, ACTIVATIONS):
        value, derivative = value_and_derivative(function, x)
        axes.plot(x, value, label="value")
        axes.plot(x, derivative, "--", label="derivative")
        axes.set_title(function.__name__)
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Print values and derivatives at a few points, and the learned slope."""
    parser = argparse.ArgumentParser(description="activation functions and their derivatives")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)

    x = np.array([-2.0, -0.5, 0.5, 2.0])
    print(f"{'x':12s}", *(f"{point:9.4f}" for point in x))
    for function in ACTIVATIONS:
        value, derivative = value_and_derivative(function, x)
        print(f"{function.__name__:12s}", *(f"{number:9.4f}" for number in value))
        print(f"{'  derivative':12s}", *(f"{number:9.4f}" for number in derivative))
        np.testing.assert_allclose(
            derivative, derivative_by_hand(function.__name__, x), rtol=1e-12, atol=1e-15
        )

    samples = np.linspace(-3.0, 3.0, 61)
    slope = learn_slope(samples, np.where(samples > 0, samples, 0.25 * samples))
    print(f"PReLU: learned slope {slope:.6f}, true slope 0.25")
    np.testing.assert_allclose(slope, 0.25, atol=1e-6)
    if options.plot:
        plot(options.plot)


if __name__ == "__main__":
    main()
