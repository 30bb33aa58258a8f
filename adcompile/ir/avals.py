"""Abstract values: what is known of a value at compile time.

A scalar is a Python number (weak under NEP 50) or a NumPy scalar (strong); an array has a
dtype and a symbolic shape, and an array of rank 0 is an array (mutable), not a scalar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from adcompile.ir.dims import Dim


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number. `weak`: a Python number. `extent`: the symbolic value, where an int has one."""

    dtype: np.dtype[Any]
    weak: bool = True
    extent: Dim | None = None

    def __str__(self) -> str:
        return _PYTHON_NAMES[self.dtype.kind] if self.weak else f"np.{self.dtype}"


@dataclass(frozen=True, slots=True)
class Array:
    """An ndarray."""

    dtype: np.dtype[Any]
    shape: tuple[Dim, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that generated code only passes on: a shape tuple, a list of residuals."""

    what: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class Parts(Opaque):
    """A tuple that a function returns: the kinds of its items, and its class."""

    items: tuple[Scalar | Array | Opaque, ...] = ()
    kind: type = tuple

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the items, where they have names."""
        return getattr(self.kind, "_fields", ())


Aval: TypeAlias = Scalar | Array | Opaque

_PYTHON_NAMES = {"b": "bool", "i": "int", "f": "float", "c": "complex"}

BOOL = Scalar(np.dtype(bool))
INT = Scalar(np.dtype(np.int64))
FLOAT = Scalar(np.dtype(np.float64))
COMPLEX = Scalar(np.dtype(np.complex128))
SHAPE = Opaque("shape")
GENERATOR = Opaque("random generator")
RESIDUALS = Opaque("residuals")

_PYTHON_SCALARS: dict[type, Scalar] = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}


def of_constant(value: object) -> Aval:
    """The abstract value of a concrete one."""
    python = _PYTHON_SCALARS.get(type(value))
    if python is not None:
        if python is INT:
            return Scalar(INT.dtype, True, int(value))  # type: ignore[call-overload]
        return python
    if isinstance(value, np.ndarray):
        return Array(value.dtype, value.shape)
    if isinstance(value, np.generic):
        return Scalar(value.dtype, weak=False)
    return Opaque(type(value).__name__)


def is_numeric(aval: Aval) -> bool:
    return not isinstance(aval, Opaque)


def is_inexact(aval: Aval) -> bool:
    """Whether values of this kind can carry a tangent."""
    if isinstance(aval, Parts):
        return any(is_inexact(item) for item in aval.items)
    return not isinstance(aval, Opaque) and aval.dtype.kind in "fc"


def is_complex(aval: Aval) -> bool:
    return not isinstance(aval, Opaque) and aval.dtype.kind == "c"


def shape_of(aval: Aval) -> tuple[Dim, ...]:
    return aval.shape if isinstance(aval, Array) else ()
