"""Memory and time of a long time loop: 20 snapshots against all values kept.

The state is a vector of 10,000 numbers. At 10,000 steps both fit into memory and are timed in turn;
at 100,000 steps the values of all would take gigabytes, so what they would take is planned, and
what 20 snapshots take is measured.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc

import numpy as np

from adcompile import checkpointed, grad

SIZE = 10_000
SNAPSHOTS = 20


def advance(u):
    d = u[2:] - 2.0 * u[1:-1] + u[:-2]
    return 0.1 * d + 0.01 * u[1:-1] * (1.0 - u[1:-1] * u[1:-1])


def checkpointed_loop(u, steps):
    u = u.copy()
    for _ in checkpointed(range(steps), snapshots=SNAPSHOTS):
        u[1:-1] += advance(u)
    return np.sum(u * u)


def plain_loop(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += advance(u)
    return np.sum(u * u)


def seconds(fn, *args):
    start = time.perf_counter()
    fn(*args)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    u = np.sin(np.linspace(0.0, 6.0, SIZE))
    few, every = grad(checkpointed_loop), grad(plain_loop)
    np.testing.assert_allclose(few(u, 300), every(u, 300), rtol=1e-12)

    rounds = [
        (seconds(few, u, options.steps), seconds(every, u, options.steps))
        for _ in range(options.rounds)
    ]
    first, second = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    print(
        f"{options.steps:,} steps: {first:.2f} s with {SNAPSHOTS} snapshots, "
        f"{second:.2f} s with all values: {ratio:.2f} times as long"
    )
    for n in (options.steps, options.long):
        planned, whole = few.memory_plan(u, n).bytes, every.memory_plan(u, n).bytes
        print(
            f"{n:,} steps, planned: {planned / 1e6:.2f} MB against {whole / 1e6:,.0f} MB, "
            f"1/{whole / planned:,.0f}"
        )
    tracemalloc.start()
    few(u, options.long)
    peak = tracemalloc.get_traced_memory()[1]
    whole = every.memory_plan(u, options.long).bytes
    print(f"{options.long:,} steps, measured peak: {peak / 1e6:.2f} MB, 1/{whole / peak:,.0f}")


if __name__ == "__main__":
    main()
