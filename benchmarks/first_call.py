"""The time of the first call: read, lower, transform, write and compile the gradient.

Each sample is a fresh process with the disk cache off. NumPy, astor and adcompile are imported
before the clock starts; whatever adcompile loads on demand is part of the call.
"""

import os
import statistics
import subprocess
import sys
import time

PROCESSES = 9
AIMS = {"example1": 0.050, "mlp": 0.200}


def first_call(name: str) -> float:
    """Seconds from ``grad(f)`` to its first result, in this process."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import astor  # noqa: F401

    from adcompile import grad

    if name == "example1":
        from example1 import POINT, f

        start = time.perf_counter()
        grad(f, argnums=(0, 1))(*POINT)
    else:
        from mlp import loss, problem

        arguments = problem([20, 32, 10], 32)
        start = time.perf_counter()
        grad(loss)(*arguments)
    return time.perf_counter() - start


def in_fresh_process(name: str) -> float:
    """``first_call`` in a process of its own."""
    environment = {**os.environ, "ADCOMPILE_CACHE": "0"}
    command = [sys.executable, __file__, "--child", name]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(output.stdout)


def main() -> None:
    """Print the median and the range over several processes."""
    if sys.argv[1:2] == ["--child"]:
        print(first_call(sys.argv[2]))
        return
    for name, aim in AIMS.items():
        samples = [1e3 * in_fresh_process(name) for _ in range(PROCESSES)]
        print(
            f"first call of {name}: median {statistics.median(samples):.1f} ms, "
            f"{min(samples):.1f} to {max(samples):.1f} (aim: under {1e3 * aim:.0f})"
        )


if __name__ == "__main__":
    main()
