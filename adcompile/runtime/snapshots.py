"""Snapshots of a loop's state, for a reverse sweep that computes its iterations again.

Where the number of iterations is known, a state is kept where binomial checkpointing says so:
Griewank and Walther, "Algorithm 799: revolve", ACM Trans. Math. Softw. 26 (2000). Where it is not,
every k-th state is kept, with k doubled whenever the slots are full; what is best kept of those is
decided when the number is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Snapshots:
    """States at the start of iterations of a loop, at most `slots` of them at a time.

    steps: the number of iterations, None if the loop itself finds out.

    The loop calls `offer` at the start of each iteration. Its reverse sweep works on what
    `rewind` gives: `restore` once for each iteration, the last first, which gives the number
    of the iteration that the state kept last belongs to, and the state; from there the
    iterations are run again, with `offer`, up to the one that is being reversed.
    What must not be computed twice, such as a draw, the loop passes to `record`; an iteration
    that is run again takes it from `recorded`.
    """

    def __init__(self, slots: int, steps: int | None = None) -> None:
        self.slots = slots
        self.steps = steps
        self.kept: list[Any] = []  # (iteration, values recorded before it, state)
        self.values: list[Any] = []
        self.position = 0
        self.number = 0
        self.due = 0
        self.stride = 1

    def offer(self, *state: Any) -> None:
        """An iteration begins with this state: copied if it is one to keep."""
        if self.number == self.due:
            self._keep(state)
        self.number += 1

    def _keep(self, state: tuple[Any, ...]) -> None:
        if self.steps is None and len(self.kept) == self.slots:
            del self.kept[1::2]
            self.stride *= 2
        fits = self.number % self.stride == 0 and len(self.kept) < self.slots
        if fits:
            self.kept.append((self.number, self.position, tuple(map(own, state))))
        if self.steps is None:
            self.due = (self.number // self.stride + 1) * self.stride
        else:
            self._plan(self.steps)

    def _plan(self, end: int) -> None:
        """When the next state is to be kept, on the way from this one to `end`."""
        free = self.slots - len(self.kept)
        length = end - self.number
        self.due = self.number + split(length, free + 1) if free and length > 1 else -1

    def record(self, value: Any) -> None:
        """A value that must not be computed a second time."""
        self.values.append(own(value))
        self.position += 1

    def recorded(self) -> Any:
        """The value that was recorded at this point of the iteration."""
        self.position += 1
        return self.values[self.position - 1]

    def replay(self) -> Snapshots:
        """For a sweep that runs all iterations again from the first on."""
        made = Snapshots(self.slots, self.number)
        made.values = self.values
        return made

    def rewind(self) -> Snapshots:
        """For a reverse sweep: it uses up a list of its own, so another one may follow."""
        made = self.replay()
        made.kept = self.kept[:]
        if self.steps is None and self.kept:
            starts = [number for number, _, _ in self.kept]
            made.kept = [self.kept[i] for i in best_kept(starts, self.number, self.slots)]
        made.number = self.number
        return made

    def restore(self) -> tuple[Any, ...]:
        """The iteration that the state kept last belongs to, and that state; called once for each
        iteration, the last first."""
        assert self.steps is not None
        self.steps -= 1
        while self.kept[-1][0] > self.steps:
            self.kept.pop()
        self.number, self.position, state = self.kept[-1]
        if self.number == self.steps:
            self.kept.pop()
        self._plan(self.steps + 1)
        return (self.number, *state)


def own(value: Any) -> Any:
    """A value that nobody else can write."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def reach(slots: int, repeats: int) -> int:
    """How many iterations can be reversed if none is run more than `repeats` times before."""
    return math.comb(slots + repeats, slots) if repeats >= 0 else 0


def repetitions(steps: int, slots: int) -> int:
    """How often an iteration is run at most before it is reversed."""
    repeats = 0
    while reach(slots, repeats) < steps:
        repeats += 1
    return repeats


def split(steps: int, slots: int) -> int:
    """After how many of `steps` iterations the next of `slots` snapshots is best kept, the state at
    the first having been kept."""
    repeats = repetitions(steps, slots)
    return min(reach(slots, repeats - 1), steps - reach(slots - 1, repeats - 1))


def runs(steps: int, slots: int) -> int:
    """How many iterations are run, at least, to reverse `steps` of them, beside the run of each
    that its own reversal needs."""
    if steps < 2:
        return 0
    repeats = repetitions(steps, slots) if slots > 1 else steps - 1
    return repeats * steps - math.comb(slots + repeats, slots + 1)


def best_kept(starts: list[int], end: int, slots: int) -> list[int]:
    """Which of the states at `starts` to keep, so that reversing from `end` runs the fewest
    iterations: the others leave their slots free for the sweep."""

    best: dict[tuple[int, int], tuple[int, list[int]]] = {}
    for i in reversed(range(len(starts))):
        for free in range(1, slots + 1):
            found = [(runs(end - starts[i], free), [i])]
            for j in range(i + 1, len(starts)) if free > 1 else ():
                later, kept = best[j, free - 1]
                found.append((later + runs(starts[j] - starts[i], free), [i, *kept]))
            best[i, free] = min(found)
    return best[0, slots][1]
