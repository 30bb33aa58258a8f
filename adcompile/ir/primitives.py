"""The primitive: one row of data for each operation that the IR knows.

Dead code, recomputation, reordering, symbolic zeros and code generation look at this row and
nowhere else. Rules (tangents and transposes) hang on `rule`, so that `np.sin` and `math.sin`
share one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """A parameter of a primitive; `accepted` is False for one that must keep its default."""

    name: str
    required: bool
    default: Any = None
    accepted: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One operation.

    spelling  how generated code writes it: an operator ("+"), a function ("np.sin"), a method
              (".sum": of an array, else the function of `np`), or "@name" for a special form
    shape     which shape function of `analysis.infer` applies
    linear    groups of operand positions; the operation is linear in each group jointly
    alias     "fresh"; "view": shares memory with operand 0; "layout": may share; "kept": of an
              effect that holds on to its operands
    effect    "pure"; "writes": consumes operand 0; "effect": happens once, in order
    ordered   a fresh result is in C order, whatever the operands' memory layout
    readonly  a view that NumPy does not let one write
    cost      0 metadata and views, 1 cheap per element, 2 transcendental, 3 a contraction
    """

    name: str
    fn: Callable[..., Any]
    params: tuple[Param, ...]
    spelling: str
    shape: str = "elementwise"
    linear: tuple[tuple[int, ...], ...] = ()
    alias: str = "fresh"
    effect: str = "pure"
    cost: int = 1
    rule: str = ""
    differentiable: bool = True
    variadic: bool = False
    ordered: bool = False
    readonly: bool = False

    @property
    def elementwise(self) -> bool:
        return self.shape == "elementwise"

    @property
    def metadata(self) -> bool:
        """Whether it reads the shape of its operand only, never the content."""
        return self.shape in ("shape", "dim", "zeros_like")

    def __repr__(self) -> str:
        return self.name


def signature(text: str) -> tuple[Param, ...]:
    """Parses "a, axis=None, dtype=None!": a `!` marks a parameter that must keep its default."""
    params = []
    for part in filter(None, (p.strip() for p in re.split(r",(?![^(]*\))", text))):
        name, has_default, default = part.partition("=")
        accepted = not default.endswith("!")
        value = eval(default.rstrip("!"), {}) if has_default else None
        params.append(Param(name.strip(), not has_default, value, accepted))
    return tuple(params)


@dataclass
class Registry:
    """What is known of functions: primitives by callable, rules by primitive."""

    by_name: dict[str, Primitive] = field(default_factory=dict)
    by_callable: dict[Any, Primitive] = field(default_factory=dict)
    tangents: dict[str, Any] = field(default_factory=dict)
    transposes: dict[tuple[str, str], Any] = field(default_factory=dict)
    adjoints: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    python_twin: dict[str, Primitive] = field(default_factory=dict)

    def add(self, prim: Primitive, callables: Iterable[Any] = ()) -> Primitive:
        if prim.name in self.by_name:
            raise ValueError(f"primitive {prim.name!r} is registered twice")
        self.by_name[prim.name] = prim
        for fn in callables:
            self.by_callable[fn] = prim
        return prim

    def lookup(self, fn: object) -> Primitive | None:
        try:
            return self.by_callable.get(fn)
        except TypeError:  # unhashable
            return None


def scalar_twin(name: str) -> Callable[..., Any] | None:
    """The function of `math` that does on Python floats what `np.<name>` does on arrays."""
    return getattr(math, MATH_NAMES.get(name, name), None) if name in MATH_NAMES else None


MATH_NAMES = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "log2": "log2",
    "log10": "log10",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "fabs": "fabs",
    "arctan2": "atan2",
    "hypot": "hypot",
    "copysign": "copysign",
    "fmod": "fmod",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
}
"""NumPy's names for the functions of `math` that adcompile differentiates."""
