"""Builtins over iterables, written in Python: they are inlined like the user's functions.

So a builtin on a generator is a loop, with whatever loops can do: an accumulation stays an
accumulation, `any` and `all` stop early, and nothing is unrolled that need not be.
"""

# ruff: noqa: F821, F841, UP028 (names first bound in a loop; loops in which values are handed on)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def as_list(items: Iterable[Any]) -> list[Any]:
    out = []
    for item in items:
        out.append(item)
    return out


def as_dict(items: Iterable[Any]) -> dict[Any, Any]:
    out = {}
    for key, value in items:
        out[key] = value
    return out


def as_set(items: Iterable[Any]) -> set[Any]:
    out: set[Any] = set()
    for item in items:
        out.add(item)
    return out


def total(items: Iterable[Any], total: Any) -> Any:
    for item in items:
        total = total + item
    return total


def some(items: Iterable[Any]) -> bool:
    found = False
    for item in items:
        if item:
            found = True
            break
    return found


def every(items: Iterable[Any]) -> bool:
    holds = True
    for item in items:
        if not item:
            holds = False
            break
    return holds


def largest(items: Iterable[Any]) -> Any:
    found = False
    for item in items:
        best = max(best, item) if found else item  # type: ignore[has-type]
        found = True
    if not found:
        raise ValueError("max() iterable argument is empty")
    return best


def smallest(items: Iterable[Any]) -> Any:
    found = False
    for item in items:
        best = min(best, item) if found else item  # type: ignore[has-type]
        found = True
    if not found:
        raise ValueError("min() iterable argument is empty")
    return best


def largest_or(items: Iterable[Any], default: Any) -> Any:
    found = False
    for item in items:
        best = max(best, item) if found else item  # type: ignore[has-type]
        found = True
    return best if found else default


def smallest_or(items: Iterable[Any], default: Any) -> Any:
    found = False
    for item in items:
        best = min(best, item) if found else item  # type: ignore[has-type]
        found = True
    return best if found else default


def largest_by(items: Iterable[Any], key: Callable[[Any], Any]) -> Any:
    found = False
    for item in items:
        rank = key(item)
        if not found or rank > top:  # type: ignore[has-type]
            best, top = item, rank
        found = True
    if not found:
        raise ValueError("max() iterable argument is empty")
    return best


def smallest_by(items: Iterable[Any], key: Callable[[Any], Any]) -> Any:
    found = False
    for item in items:
        rank = key(item)
        if not found or rank < top:  # type: ignore[has-type]
            best, top = item, rank
        found = True
    if not found:
        raise ValueError("min() iterable argument is empty")
    return best


def numbered(items: Iterable[Any], number: int) -> Iterator[Any]:
    for item in items:
        yield number, item
        number += 1


def mapped(fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        yield fn(item)


def mapped_together(fn: Callable[..., Any], *items: Iterable[Any]) -> Iterator[Any]:
    for row in zip(*items):  # noqa: B905
        yield fn(*row)


def filtered(fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if fn(item):
            yield item


def first(items: Iterable[Any]) -> Any:
    for item in items:
        return item
    raise StopIteration


def first_or(items: Iterable[Any], default: Any) -> Any:
    for item in items:
        return item
    return default


def reduced(fn: Callable[[Any, Any], Any], items: Iterable[Any]) -> Any:
    found = False
    for item in items:
        value = fn(value, item) if found else item  # type: ignore[has-type]
        found = True
    if not found:
        raise TypeError("reduce() of empty iterable with no initial value")
    return value


def reduced_from(fn: Callable[[Any, Any], Any], items: Iterable[Any], value: Any) -> Any:
    for item in items:
        value = fn(value, item)
    return value


def each(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        yield item
