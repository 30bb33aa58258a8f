"""Functions of itertools, math and numpy over iterables, written in Python and inlined.

As in `prelude`: an iterable of unknown length stays a loop.
"""

# ruff: noqa: UP028 (names first bound in a loop; loops in which values are handed on)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def chain(*iterables: Iterable[Any]) -> Iterator[Any]:
    for items in iterables:
        for item in items:
            yield item


def from_iterable(iterables: Iterable[Iterable[Any]]) -> Iterator[Any]:
    for items in iterables:
        for item in items:
            yield item


def running_sum(items: Iterable[Any]) -> Iterator[Any]:
    total: Any = None
    begun = False
    for item in items:
        if begun:
            total = total + item
        else:
            total = item
            begun = True
        yield total


def running(items: Iterable[Any], fn: Callable[[Any, Any], Any]) -> Iterator[Any]:
    total: Any = None
    begun = False
    for item in items:
        if begun:
            total = fn(total, item)
        else:
            total = item
            begun = True
        yield total


def pairs(items: Any) -> Iterator[Any]:
    for i in range(len(items) - 1):
        yield items[i], items[i + 1]


def of_two(items: Any) -> Iterator[Any]:
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            yield items[i], items[j]


def of_three(items: Any) -> Iterator[Any]:
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            for k in range(j + 1, len(items)):
                yield items[i], items[j], items[k]


def product_of_two(first: Any, second: Any) -> Iterator[Any]:
    for a in first:
        for b in second:
            yield a, b


def product_of_three(first: Any, second: Any, third: Any) -> Iterator[Any]:
    for a in first:
        for b in second:
            for c in third:
                yield a, b, c


def part(items: Iterable[Any], start: Any, stop: Any, step: Any) -> Iterator[Any]:
    for i, item in enumerate(items):
        if i >= stop:
            break
        if i >= start and (i - start) % step == 0:
            yield item


def spread(fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
    for args in items:
        yield fn(*args)


def multiplied(items: Iterable[Any], start: Any) -> Any:
    product = start
    for item in items:
        product = product * item
    return product


def close(a: Any, b: Any, rel_tol: Any, abs_tol: Any) -> bool:
    return a == b or abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)


def numbers_of(x: Any) -> list[Any]:
    return [v.item() for v in x]


def rows_of(x: Any) -> list[Any]:
    return [row.tolist() for row in x]


def numbered(x: Any) -> Iterator[Any]:
    for i in range(len(x)):
        yield (i,), x[i]


def numbered_rows(x: Any) -> Iterator[Any]:
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            yield (i, j), x[i, j]


def places_in_one(n: int) -> Iterator[Any]:
    for i in range(n):
        yield (i,)


def places_in_two(n: int, m: int) -> Iterator[Any]:
    for i in range(n):
        for j in range(m):
            yield i, j


def places_in_three(n: int, m: int, k: int) -> Iterator[Any]:
    for i in range(n):
        for j in range(m):
            for h in range(k):
                yield i, j, h
