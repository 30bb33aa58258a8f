"""The first call in a new process when an earlier one has compiled it, and a pickle's round trip.

Each sample of the first call is a fresh process that reads from a cache that this one has filled.
NumPy and adcompile are imported before the clock starts; that import is timed beside it.
"""

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time

PROCESSES = 9
AIMS = {"first call": 0.020, "pickle": 0.005}


def child() -> None:
    """Print the seconds of the import, of the first call, and whether it came from disk."""
    import numpy  # noqa: F401

    start = time.perf_counter()
    import adcompile

    imported = time.perf_counter() - start
    from mlp import loss, problem

    arguments = problem([20, 32, 10], 32)
    start = time.perf_counter()
    gradient = adcompile.grad(loss)
    gradient(*arguments)
    print(imported, time.perf_counter() - start, gradient.cache_info().from_disk)


def samples() -> list[list[float]]:
    """What ``child`` prints, of several processes that find the program on disk."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ADCOMPILE_CACHE": "1", "ADCOMPILE_CACHE_DIR": folder}
        command = [sys.executable, __file__, "--child"]
        found = []
        for k in range(PROCESSES + 1):
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            values = [float(v) for v in done.stdout.split()]
            if values[2] != (k > 0):
                raise SystemExit("the program was not found on disk")
            found.append(values)
        return found[1:]


def round_trip() -> list[float]:
    """Seconds of pickling and unpickling a compiled gradient."""
    from mlp import loss, problem

    from adcompile import grad

    gradient = grad(loss)
    gradient(*problem([20, 32, 10], 32))
    times = []
    for _ in range(100):
        start = time.perf_counter()
        pickle.loads(pickle.dumps(gradient))
        times.append(time.perf_counter() - start)
    return times


def show(what: str, times: list[float], aim: float | None = None) -> None:
    """The median and the range of some times, in milliseconds."""
    ms = [1e3 * t for t in times]
    aimed = "" if aim is None else f" (aim: under {1e3 * aim:.0f})"
    print(f"{what}: median {statistics.median(ms):.2f} ms, {min(ms):.2f} to {max(ms):.2f}{aimed}")


def main() -> None:
    """Print the times of all parts."""
    if sys.argv[1:2] == ["--child"]:
        child()
        return
    rows = samples()
    show("import of adcompile after NumPy", [r[0] for r in rows])
    show("first call of mlp from disk", [r[1] for r in rows], AIMS["first call"])
    show("pickle round trip of mlp", round_trip(), AIMS["pickle"])


if __name__ == "__main__":
    main()
