"""Universal approximation: a bump made of four ReLU units, fitted by gradient descent.

Four kinks make a trapezoid; sums of such bumps approximate any continuous function on an interval.
Here the four weights and four kinks are learned. ``--plot FILE`` draws the fit.
"""

import argparse

import numpy as np

from adcompile import value_and_grad


def network(params, x):
    """Σ wᵢ · max(0, x − kᵢ) over the hidden units, for every x at once."""
    kinks, weights = params
    hidden = np.maximum(0.0, x.reshape(-1, 1) - kinks)
    return hidden @ weights


@value_and_grad
def loss(params, x, target):
    """The mean squared difference from the target."""
    residual = network(params, x) - target
    return np.mean(residual * residual)


def bump(x: np.ndarray) -> np.ndarray:
    """The target: 1 on 0.4..0.6, 0 outside 0.2..0.8, straight lines between."""
    return np.interp(x, [0.2, 0.4, 0.6, 0.8], [0.0, 1.0, 1.0, 0.0])


def fit(steps: int = 4000) -> tuple[tuple[np.ndarray, np.ndarray], list[float]]:
    """Adam from four evenly spread kinks; returns the parameters and the losses."""
    x = np.linspace(0.0, 1.0, 201)
    target = bump(x)
    params = (np.array([0.1, 0.35, 0.65, 0.7]), np.array([3.0, -3.0, -3.0, 3.0]))
    mean = [np.zeros(4), np.zeros(4)]
    square = [np.zeros(4), np.zeros(4)]
    losses = []
    for step in range(1, steps + 1):
        value, params_bar = loss(params, x, target)
        losses.append(float(value))
        rate = 0.02 * (1 - step / (steps + 1))
        for p, p_bar, m, s in zip(params, params_bar, mean, square):
            m += 0.1 * (p_bar - m)
            s += 0.001 * (p_bar * p_bar - s)
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-12)
    return params, losses


def plot(path: str, params: tuple[np.ndarray, np.ndarray]) -> None:
    """The target, the fit, and the four units it is made of."""
    import matplotlib.pyplot as plt

    x = np.linspace(0.0, 1.0, 401)
    figure, axes = plt.subplots()
    for kink, weight in zip(*params):
        axes.plot(x, weight * np.maximum(0.0, x - kink), ":", color="gray")
    axes.plot(x, bump(x), label="target")
    axes.plot(x, network(params, x), "--", label="four ReLU units")
    axes.set_ylim(-0.5, 1.5)
    axes.legend()
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Print the learned units and the loss."""
    parser = argparse.ArgumentParser(description="a bump from four ReLU units")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)

    params, losses = fit()
    print("kinks   ", np.round(params[0], 4))
    print("weights ", np.round(params[1], 4))
    print(f"loss     {losses[0]:.2e} at the start, {losses[-1]:.2e} at the end")
    assert losses[-1] < 1e-4
    if options.plot:
        plot(options.plot, params)


if __name__ == "__main__":
    main()
