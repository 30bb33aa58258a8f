"""Derivatives against difference quotients, in users' own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.api.jacobians import jacfwd, jacrev
from adcompile.api.options import check_callable
from adcompile.errors import UnsupportedInput
from adcompile.frontend.structure import parts_of

MODES: dict[str, Callable[..., Any]] = {"fwd": jacfwd, "rev": jacrev}


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Compare the derivatives of f with difference quotients, entry by entry.

    Args:
        f: a plain function; its arguments and results are real numbers, arrays, or containers
            of these.
        args: the point, a tuple of positional arguments. Those that hold floats are checked.
        order: how often to differentiate: at order 2 each mode is checked over each.
        modes: "fwd" and "rev", one or both.
        atol, rtol: tolerances; the default suits the dtypes.
        eps: the step of the quotients, relative to entries above 1.

    Raises:
        AssertionError: a derivative differs. The message names the argument, the entry, and
            both numbers.
        UnsupportedInput: modes or order are unknown, or no argument holds floats.
        What `jacfwd` and `jacrev` raise.

    Method: the Jacobian of f, and then of that, against its central difference quotients.

    >>> check_grads(lambda x, y: np.sum(np.sin(x) * y), (np.array([1.0, 2.0]), 3.0))
    """
    check_callable("check_grads", f)
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(MODES):
        raise UnsupportedInput(f'modes are "fwd" and "rev", not {modes!r}')
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise UnsupportedInput(f"the order of a check is 1, 2, ..., not {order!r}")
    args = tuple(args)
    active = tuple(i for i, a in enumerate(args) if any(True for _ in entries(a, "")))
    if not active:
        raise UnsupportedInput("no argument holds floats, so there is nothing to check")
    kinds = [leaf.dtype for i in active for leaf in floats(args[i])]
    unit = max(float(np.finfo(k).eps) for k in kinds)
    step = unit ** (1 / 3) if eps is None else eps
    near = 100 * unit ** (2 / 3)
    check = _Check(
        f, args, active, near if atol is None else atol, near if rtol is None else rtol, step
    )
    check.run(f, order, chosen, "")


@dataclass
class _Check:
    """A function at a point, with what counts as equal."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    active: tuple[int, ...]
    atol: float
    rtol: float
    step: float

    def run(self, fn: Callable[..., Any], order: int, modes: Sequence[str], before: str) -> None:
        """Check fn's derivative in each mode, then the derivative of that."""
        for mode in modes:
            what = f"{before}{mode}"
            made = MODES[mode](fn, argnums=self.active)
            self.compare(fn, made, what)
            if order > 1:
                self.run(made, order - 1, modes, f"{what} then ")

    def compare(self, fn: Callable[..., Any], made: Callable[..., Any], what: str) -> None:
        blocks = list(floats(made(*map(copied, self.args))))
        names = _names(self.f, len(self.args))
        columns = [
            (i, number, leaf)
            for i in self.active
            for number, leaf in enumerate(floats(self.args[i]))
        ]
        for column, (i, number, leaf) in enumerate(columns):
            labels = list(entries(self.args[i], names[i]))
            first = sum(x.size for x in list(floats(self.args[i]))[:number])
            for k, place in enumerate(np.ndindex(leaf.shape)):
                quotients = self.quotient(fn, i, number, place)
                for row, quotient in enumerate(quotients):
                    exact = blocks[row * len(columns) + column][(..., *place)]
                    self._agree(exact, quotient, what, labels[first + k])

    def quotient(
        self, fn: Callable[..., Any], i: int, number: int, place: tuple[int, ...]
    ) -> list[np.ndarray]:
        """The central difference quotient of each leaf of the result by one entry."""
        at = float(list(floats(self.args[i]))[number][place])
        ends = []
        h = self.step * max(1.0, abs(at))
        for x in (at + h, at - h):
            moved = list(map(copied, self.args))
            moved[i] = with_entry(moved[i], number, place, x)
            ends.append((list(floats(fn(*moved))), x))
        (high, x_high), (low, x_low) = ends
        return [
            (a.astype(float) - b.astype(float)) / (x_high - x_low)
            for a, b in zip(high, low, strict=True)
        ]

    def _agree(self, exact: Any, quotient: np.ndarray, what: str, label: str) -> None:
        exact = np.asarray(exact, dtype=float)
        close = np.isclose(exact, quotient, rtol=self.rtol, atol=self.atol, equal_nan=True)
        if np.all(close):
            return
        place = tuple(int(n) for n in np.argwhere(~close)[0])
        of = f" of result entry {list(place)}" if place else ""
        name = getattr(self.f, "__name__", "f")
        raise AssertionError(
            f"{what} derivative of {name}{of} by {label}: {exact[place]!r}, difference quotient "
            f"{quotient[place]!r}"
        )


def floats(value: Any) -> Iterator[np.ndarray]:
    """The float leaves of a value, as arrays."""
    parts = parts_of(value)
    if parts is not None:
        for part in parts.values:
            yield from floats(part)
    elif isinstance(value, (float, np.floating, np.ndarray)):
        array = np.asarray(value)
        if array.dtype.kind == "f":
            yield array


def entries(value: Any, label: str) -> Iterator[str]:
    """How Python names each float entry of a value."""
    parts = parts_of(value)
    if parts is not None:
        for key, part in zip(parts.keys, parts.values, strict=True):
            dotted = parts.kind == "object"
            yield from entries(part, f"{label}.{key}" if dotted else f"{label}[{key!r}]")
    else:
        for array in floats(value):
            for place in np.ndindex(array.shape):
                yield f"{label}[{', '.join(map(str, place))}]" if place else label


def copied(value: Any) -> Any:
    """A value that shares no memory with the original."""
    parts = parts_of(value)
    if parts is not None:
        return parts.made([copied(v) for v in parts.values])
    return value.copy() if isinstance(value, np.ndarray) else value


def with_entry(value: Any, number: int, place: tuple[int, ...], x: float) -> Any:
    """A value with one entry of its float leaf `number` replaced."""
    parts = parts_of(value)
    if parts is None:
        if isinstance(value, np.ndarray):
            value[place] = x
            return value
        return type(value)(x)
    made = []
    for part in parts.values:
        count = sum(1 for _ in floats(part))
        made.append(with_entry(part, number, place, x) if 0 <= number < count else part)
        number -= count
    return parts.made(made)


def _names(f: Callable[..., Any], count: int) -> list[str]:
    code = getattr(getattr(f, "__wrapped__", f), "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code is not None else []
    return [*names, *(f"args[{i}]" for i in range(len(names), count))][:count]


__all__ = ["check_grads"]
