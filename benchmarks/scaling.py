"""How the gradient of a loop grows with its length n: time and memory should be linear in n.

One program multiplies a number n times, the other reads x[i] in a loop over an array: the reverse
sweep must pay O(1) for each read, not one array of zeros a read.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from compare import duration

from adcompile import grad

LENGTHS = (1_000, 3_000, 10_000, 30_000, 100_000)


def chain(x, n):
    """xⁿ, by n multiplications."""
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


def reads(x):
    """Σ x[i]³, element by element."""
    s = 0.0
    for i in range(x.shape[0]):
        s = s + x[i] * x[i] * x[i]
    return s


def seconds(function: Callable[..., Any], *args: Any, repeats: int = 5) -> float:
    """The median time of a call."""
    samples = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*args)
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def peak_memory(function: Callable[..., Any], *args: Any) -> int:
    """The most bytes that a call holds at once."""
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def table(
    title: str,
    function: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: Callable[[int], tuple[Any, ...]],
) -> None:
    """Time and memory for each length, in total and for each step."""
    print(title)
    print("         n         plain      gradient   ratio    a step        peak  bytes a step")
    for n in LENGTHS:
        args = arguments(n)
        gradient(*args)
        plain, derived = seconds(function, *args), seconds(gradient, *args)
        peak = peak_memory(gradient, *args)
        print(
            f"    {n:6d} {duration(plain):>13s} {duration(derived):>13s} {derived / plain:6.2f}x"
            f" {duration(derived / n):>9s} {peak / 1e3:8.0f} kB {peak / n:13.1f}"
        )


def main() -> None:
    """Check both gradients, then print their tables."""
    chain_bar, reads_bar = grad(chain), grad(reads)
    np.testing.assert_allclose(chain_bar(1.0001, 1000), 1000 * 1.0001**999, rtol=1e-9)
    x = np.linspace(0.0, 1.0, 100)
    np.testing.assert_allclose(reads_bar(x), 3 * x * x, rtol=1e-12)

    table("a chain of n multiplications", chain, chain_bar, lambda n: (1.0 + 1e-6, n))
    table("x[i] read in a loop over n elements", reads, reads_bar, lambda n: (np.ones(n),))


if __name__ == "__main__":
    main()
