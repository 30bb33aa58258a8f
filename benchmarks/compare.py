"""A harness for comparing functions within one process.

All sides are called in turn, many rounds, in an order that rotates: a machine that slows down for a
while slows all of them. What is reported is the median time of each and its ratio to the first.
Absolute times mean little across machines; ratios of one run do.
"""

import importlib.util
import statistics
import timeit
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

SAMPLE_SECONDS = 1e-3


@dataclass(frozen=True)
class Side:
    """One of the functions compared, with its arguments."""

    name: str
    call: Callable[..., Any]
    args: tuple[Any, ...]

    def timer(self) -> timeit.Timer:
        """Times ``call(a0, a1, ...)``: the plain call, no unpacking of arguments."""
        names = [f"a{i}" for i in range(len(self.args))]
        statement = f"call({', '.join(names)})"
        return timeit.Timer(statement, globals={"call": self.call, **dict(zip(names, self.args))})


def loops_for(timer: timeit.Timer) -> int:
    """How many calls make a sample long enough to time."""
    loops = 1
    while timer.timeit(loops) < SAMPLE_SECONDS:
        loops *= 2
    return loops


def medians(sides: Sequence[Side], rounds: int = 101) -> list[float]:
    """The median seconds a call of each side, over interleaved samples."""
    timers = [side.timer() for side in sides]
    loops = [loops_for(timer) for timer in timers]
    samples: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        for offset in range(len(sides)):
            i = (turn + offset) % len(sides)
            samples[i].append(timers[i].timeit(loops[i]) / loops[i])
    return [statistics.median(one) for one in samples]


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3f} {unit}"
    return f"{seconds / 1e-9:.1f} ns"


def report(title: str, sides: Sequence[Side], aim: str = "", rounds: int = 101) -> list[float]:
    """Print each side's median and its ratio to the first side; return the ratios."""
    times = medians(sides, rounds)
    print(f"{title}{f' (aim: {aim})' if aim else ''}")
    for side, seconds in zip(sides, times):
        print(f"    {side.name:24s} {duration(seconds):>12s} {seconds / times[0]:9.2f}x")
    return [seconds / times[0] for seconds in times]


def installed(module: str) -> bool:
    """Whether a peer can be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def with_numpy(function: Callable[..., Any], namespace: Any) -> Callable[..., Any]:
    """A copy of a plain function that finds ``namespace`` under the name ``np``."""
    assert isinstance(function, types.FunctionType)
    names = {**function.__globals__, "np": namespace}
    return types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
