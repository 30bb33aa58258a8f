"""Many random programs, with the share of each outcome at the end."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.fuzz.campaign import run, shares


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, help="how many programs")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--no-shrink", action="store_true", help="show failures as found")
    chosen = parser.parse_args()
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    for found in run(chosen.programs, chosen.jobs, chosen.first, not chosen.no_shrink):
        counts += found.counts
        for failure in found.failures:
            failures.append(failure)
            print(f"\n{'-' * 100}\n{failure}\n", flush=True)
    print(f"{shares(counts)}\n{len(failures)} failures, {time.perf_counter() - start:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
