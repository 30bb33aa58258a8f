"""Gradient descent on a surface: the path from (0, 0) to a minimum of Himmelblau's function.

``--plot FILE`` draws the path over the contour lines.
"""

import argparse

import numpy as np

from adcompile import value_and_grad


def surface(x, y):
    """Himmelblau's function: four minima, all of value 0; one of them is (3, 2)."""
    return (x * x + y - 11.0) ** 2 + (x + y * y - 7.0) ** 2


def gradient_by_hand(x: float, y: float) -> tuple[float, float]:
    """The gradient of ``surface``, on paper."""
    a, b = x * x + y - 11.0, x + y * y - 7.0
    return 4 * a * x + 2 * b, 2 * a + 4 * b * y


def descend(x: float, y: float, *, rate: float = 0.01, steps: int = 100) -> np.ndarray:
    """The points visited, each with its height: rows of (x, y, height)."""
    height_and_slope = value_and_grad(surface, argnums=("x", "y"))
    path = []
    for _ in range(steps):
        height, (x_bar, y_bar) = height_and_slope(x, y)
        path.append((x, y, height))
        x, y = x - rate * x_bar, y - rate * y_bar
    path.append((x, y, surface(x, y)))
    return np.array(path)


def plot(path: str, points: np.ndarray) -> None:
    """The path over the contour lines of the surface."""
    import matplotlib.pyplot as plt

    x, y = np.meshgrid(np.linspace(-1, 5, 200), np.linspace(-1, 4, 200))
    figure, axes = plt.subplots()
    axes.contour(x, y, surface(x, y), levels=np.geomspace(0.5, 400, 15), cmap="viridis")
    axes.plot(points[:, 0], points[:, 1], "o-", color="black", markersize=3)
    axes.set(xlabel="x", ylabel="y")
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Print the path, every tenth step."""
    parser = argparse.ArgumentParser(description="gradient descent on a surface")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)

    _, slope = value_and_grad(surface, argnums=(0, 1))(1.0, 2.0)
    np.testing.assert_allclose(slope, gradient_by_hand(1.0, 2.0), rtol=1e-14)
    points = descend(0.0, 0.0)
    print("step         x         y        height")
    for step in range(0, len(points), 10):
        x, y, height = points[step]
        print(f"{step:4d} {x:9.5f} {y:9.5f} {height:13.6e}")
    np.testing.assert_allclose(points[-1], (3.0, 2.0, 0.0), atol=1e-6)
    if options.plot:
        plot(options.plot, points)


if __name__ == "__main__":
    main()
