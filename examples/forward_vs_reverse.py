"""Forward mode against reverse mode: the cost of the Jacobian of f: Rⁿ → Rᵐ.

Forward mode gives one column a sweep, so n sweeps; reverse mode one row, so m sweeps. Which is
cheaper depends on the shape of the Jacobian. ``--plot FILE`` draws the times.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from adcompile import jvp, vjp

SHAPES = ((1, 256), (4, 64), (16, 16), (64, 4), (256, 1))


def f(x, A):
    """A layer with n inputs and m outputs."""
    return np.tanh(A @ x)


def jacobian_by_hand(x: np.ndarray, A: np.ndarray) -> np.ndarray:
    """diag(1 − tanh²(A x)) · A."""
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def forward_jacobian(x: np.ndarray, A: np.ndarray) -> tuple[np.ndarray, int]:
    """The Jacobian, column by column, and the number of sweeps."""
    columns = [jvp(f, (x, A), (e, None))[1] for e in np.eye(len(x))]
    return np.stack(columns, axis=1), len(columns)


def reverse_jacobian(x: np.ndarray, A: np.ndarray) -> tuple[np.ndarray, int]:
    """The Jacobian, row by row, and the number of sweeps."""
    y, pullback = vjp(f, x, A)
    rows = [pullback(e)[0] for e in np.eye(len(y))]
    return np.stack(rows), len(rows)


def best_time(function: Callable[..., object], *arguments: np.ndarray, repeats: int = 5) -> float:
    """The shortest of a few runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def plot(path: str, labels: list[str], forward: list[float], reverse: list[float]) -> None:
    """Times against the shape of the Jacobian."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.semilogy(labels, forward, "o-", label="forward mode: n sweeps")
    axes.semilogy(labels, reverse, "s-", label="reverse mode: m sweeps")
    axes.set(xlabel="inputs → outputs", ylabel="seconds")
    axes.legend()
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Print sweeps and times for several shapes."""
    parser = argparse.ArgumentParser(description="forward against reverse mode")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)

    rng = np.random.default_rng(0)
    labels, forward_times, reverse_times = [], [], []
    print("inputs  outputs   forward: sweeps  ms        reverse: sweeps  ms")
    for n, m in SHAPES:
        x, A = rng.normal(size=n), rng.normal(size=(m, n)) / n
        forward, forward_sweeps = forward_jacobian(x, A)
        reverse, reverse_sweeps = reverse_jacobian(x, A)
        np.testing.assert_allclose(forward, jacobian_by_hand(x, A), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(reverse, jacobian_by_hand(x, A), rtol=1e-10, atol=1e-14)
        forward_times.append(best_time(forward_jacobian, x, A))
        reverse_times.append(best_time(reverse_jacobian, x, A))
        labels.append(f"{n} → {m}")
        print(
            f"{n:6d} {m:8d} {forward_sweeps:17d} {1e3 * forward_times[-1]:8.3f}"
            f" {reverse_sweeps:17d} {1e3 * reverse_times[-1]:8.3f}"
        )
    if options.plot:
        plot(options.plot, labels, forward_times, reverse_times)


if __name__ == "__main__":
    main()
