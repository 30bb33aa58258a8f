"""Numerical differentiation against automatic differentiation.

A difference quotient has a truncation error that shrinks with the step h and a rounding error that
grows as h shrinks: it is never exact, whatever h is. The compiled gradient has neither.
``--plot FILE`` draws error against h on logarithmic axes.
"""

import argparse
from collections.abc import Callable

import numpy as np

from adcompile import grad

Function = Callable[..., float]


def f(x1, x2):
    """The first example."""
    return np.log(x1) + x1 * x2 - np.sin(x2)


def f_gradient(x1: float, x2: float) -> np.ndarray:
    """The gradient of f by hand."""
    return np.array([1 / x1 + x2, x1 - np.cos(x2)])


def forward_difference(function: Function, x: np.ndarray, h: float) -> np.ndarray:
    """(f(x + h e_i) − f(x)) / h for each i: an error of order h."""
    steps = h * np.eye(len(x))
    base = function(*x)
    return np.array([(function(*(x + step)) - base) / h for step in steps])


def central_difference(function: Function, x: np.ndarray, h: float) -> np.ndarray:
    """(f(x + h e_i) − f(x − h e_i)) / 2h for each i: an error of order h²."""
    steps = h * np.eye(len(x))
    return np.array([(function(*(x + step)) - function(*(x - step))) / (2 * h) for step in steps])


def gradient_check(function: Function, x: np.ndarray, h: float = 1e-5) -> float:
    """The largest difference, relative to the gradient, between the compiled gradient and a
    central one: the check for a rule that you have written."""
    compiled = np.array(grad(function, argnums=tuple(range(len(x))))(*map(float, x)))
    numerical = central_difference(function, x, h)
    return float(np.max(np.abs(compiled - numerical)) / np.max(np.abs(numerical)))


def errors(x: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The largest errors of forward and central differences at each step, and that of grad."""
    exact = f_gradient(*x)
    forward = [np.max(np.abs(forward_difference(f, x, h) - exact)) for h in steps]
    central = [np.max(np.abs(central_difference(f, x, h) - exact)) for h in steps]
    compiled = np.array(grad(f, argnums=(0, 1))(float(x[0]), float(x[1])))
    return np.array(forward), np.array(central), float(np.max(np.abs(compiled - exact)))


def plot(path: str, steps: np.ndarray, forward: np.ndarray, central: np.ndarray) -> None:
    """Error against step, both axes logarithmic."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.loglog(steps, forward, "o-", label="forward difference")
    axes.loglog(steps, central, "s-", label="central difference")
    axes.axhline(np.finfo(float).eps, linestyle="--", color="gray", label="machine epsilon")
    axes.set(xlabel="h", ylabel="largest error of the gradient")
    axes.legend()
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Print the errors for steps from 1e-1 to 1e-12."""
    parser = argparse.ArgumentParser(description="numerical against automatic differentiation")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)

    x = np.array([2.0, 5.0])
    steps = 10.0 ** -np.arange(1, 13)
    forward, central, compiled = errors(x, steps)
    print("     h   forward difference   central difference")
    for h, forward_error, central_error in zip(steps, forward, central):
        print(f"{h:6.0e} {forward_error:20.1e} {central_error:20.1e}")
    print(f"grad   {compiled:20.1e}")
    print(f"gradient check of f: {gradient_check(f, x):.1e}")
    assert compiled < 1e-14 < min(forward.min(), central.min())
    if options.plot:
        plot(options.plot, steps, forward, central)


if __name__ == "__main__":
    main()
