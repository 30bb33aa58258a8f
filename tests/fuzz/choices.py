"""Where the choices of a random program come from: hypothesis, or a seed.

A program is written by asking for numbers below a bound, and for nothing else. Of each choice 0 is
the simplest, so that hypothesis, which shrinks numbers and leaves out regions, shrinks programs.
A seed is several times faster; what it has chosen, hypothesis can replay, and so shrink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, choices_to_bytes

T = TypeVar("T")


class Choices:
    """Choices of every kind, made of numbers below a bound."""

    def below(self, bound: int) -> int:
        raise NotImplementedError

    def region(self, make: Callable[[], T]) -> T:
        """What `make` makes, as a part that can be left out when shrinking."""
        return make()

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        return self.below(100) >= 100 - round(100 * probability)

    def pick(self, items: Iterable[T]) -> T:
        found = list(items)
        return found[self.below(len(found))]

    def sample(self, items: Iterable[T], count: int) -> list[T]:
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index into the weights."""
        whole = [round(10 * w) for w in weights]
        at = self.below(sum(whole))
        for k, w in enumerate(whole):
            at -= w
            if at < 0:
                return k
        raise AssertionError

    def several(self, low: int, high: int, make: Callable[[], T]) -> list[T]:
        """Between low and high things, each in a region of its own with the choice to go on."""
        made: list[T] = []

        def one() -> bool:
            if len(made) >= low and not self.chance(0.6):
                return False
            made.append(make())
            return True

        while len(made) < high and self.region(one):
            pass
        return made


class Seeded(Choices):
    """The choices of a pseudo-random generator; `taken` are those it has made."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.taken: list[int] = []

    def below(self, bound: int) -> int:
        self.taken.append(self.random.randrange(bound))
        return self.taken[-1]


@cache
def _under(bound: int) -> st.SearchStrategy[int]:
    return st.integers(0, bound - 1)


class Drawn(Choices):
    """The choices of hypothesis."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def below(self, bound: int) -> int:
        return self.draw(_under(bound))

    def region(self, make: Callable[[], T]) -> T:
        return self.draw(st.builds(make))


class Replayed(ExampleDatabase):
    """The database of a test that is to begin with given choices, and remember nothing."""

    def __init__(self, taken: Sequence[int]) -> None:
        # One choice too many: an exact copy would count as shrunk already.
        self.taken = choices_to_bytes((*taken, 0))

    def fetch(self, key: bytes) -> Iterable[bytes]:
        yield self.taken

    def save(self, key: bytes, value: bytes) -> None:
        pass

    def delete(self, key: bytes, value: bytes) -> None:
        pass
