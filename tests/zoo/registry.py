"""The table of zoo functions: `@case(...)` above a plain function adds it with its arguments.

Adding a function here tests it in every mode and order it allows, optimised or not. A function may
carry several `@case` lines, one a set of arguments. Arguments are values, or `draw(...)` for random
arrays in general position (the same ones in every run). The functions are plain NumPy code and
know nothing of adcompile, those of `checkpoints` apart.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.helpers import attributes, rebuilt


@dataclass(frozen=True)
class Draw:
    """A random array (or, without a shape, a Python float) still to be drawn."""

    shape: tuple[int, ...]
    low: float
    high: float
    signed: bool
    distinct: bool
    dtype: type

    def realise(self, rng: np.random.Generator) -> np.ndarray:
        count = int(np.prod(self.shape))
        if self.distinct:
            # A shuffled ladder: no two entries closer than the spacing, so no order can flip.
            entries = rng.permutation(np.linspace(self.low, self.high, count))
        else:
            entries = rng.uniform(self.low, self.high, count)
        if self.signed:
            entries = entries * rng.choice([-1.0, 1.0], count)
        return entries.reshape(self.shape).astype(self.dtype)


def draw(
    *shape: int,
    low: float = 0.3,
    high: float = 1.7,
    signed: bool = False,
    distinct: bool = False,
    dtype: type = np.float64,
) -> Draw:
    return Draw(shape, low, high, signed, distinct, dtype)


def realise(value: Any, rng: np.random.Generator) -> Any:
    """The value with every Draw in it replaced by an array."""
    if isinstance(value, Draw):
        return value.realise(rng)
    held = attributes(value)
    if isinstance(value, (tuple, list)):
        return rebuilt(value, [realise(child, rng) for child in value])
    if isinstance(value, dict) or held is not None:
        return rebuilt(value, [realise(child, rng) for child in (held or value).values()])
    return copy.deepcopy(value)


def _carries_derivative(value: Any) -> bool:
    """Whether every leaf is a float or a float array, so that the argument is differentiated."""
    if isinstance(value, Draw):
        return True
    if isinstance(value, (tuple, list)):
        return len(value) > 0 and all(_carries_derivative(child) for child in value)
    if isinstance(value, dict):
        return len(value) > 0 and all(_carries_derivative(child) for child in value.values())
    held = attributes(value)
    if held is not None:
        return any(_carries_derivative(child) for child in held.values())
    if isinstance(value, (np.ndarray, np.generic)):
        return np.issubdtype(value.dtype, np.floating)
    return isinstance(value, float)


@dataclass(frozen=True, eq=False)
class Case:
    """One function of the zoo with one set of arguments."""

    name: str
    function: Callable[..., Any]
    spec: tuple[Any, ...]
    argnums: tuple[int, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    order: int = 2
    modes: tuple[str, ...] = ("fwd", "rev")
    fd_tol: float = 1e-7
    note: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def seed(self) -> int:
        return zlib.crc32(self.name.encode())

    def args(self) -> tuple[Any, ...]:
        """Fresh arguments: equal in every call, shared with none."""
        return realise(self.spec, np.random.default_rng(self.seed))

    def plain(self, *args: Any) -> Any:
        """What the undifferentiated function returns; it may write into these arguments."""
        return self.function(*args, **copy.deepcopy(self.kwargs))


CASES: list[Case] = []


def case(
    *spec: Any,
    argnums: Sequence[int] | None = None,
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    fd_tol: float = 1e-7,
    note: str = "",
    **kwargs: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the function below under its name; extra keywords are passed to each call."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        group = function.__module__.rpartition(".")[2]
        stem = f"{group}.{function.__name__}"
        taken = sum(1 for other in CASES if other.name == stem or other.name.startswith(stem + "#"))
        numbers = (
            tuple(argnums)
            if argnums is not None
            else tuple(number for number, value in enumerate(spec) if _carries_derivative(value))
        )
        CASES.append(
            Case(
                name=stem if not taken else f"{stem}#{taken + 1}",
                function=function,
                spec=spec,
                argnums=numbers,
                kwargs=kwargs,
                order=order,
                modes=tuple(modes),
                fd_tol=fd_tol,
                note=note,
            )
        )
        return function

    return register
