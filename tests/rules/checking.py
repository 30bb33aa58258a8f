"""One row of a table of rules, and the checks that every row passes.

A row is the body of a function of named arguments. Its result (a number, an array, or a tuple
of these) is weighed into a real number, whose derivatives are compared with differences over
the real and imaginary parts of the arguments: gradients, tangents, and second derivatives in
three nestings. In single precision the gradient keeps its kind and agrees with the wide one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from adcompile import grad, jvp
from tests.helpers import import_source

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Row:
    """body: the statements of the function, the last one an expression. order: up to which
    derivative. narrow: whether single precision is tried. fixed: names that are no arguments."""

    body: str
    arguments: dict[str, Draw]
    order: int = 2
    tolerance: float = 1e-6
    narrow: bool = True
    fixed: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        kinds = "".join(
            f" {name}{list(np.shape(value))}{'c' if np.iscomplexobj(value) else ''}"
            for name, value in self.values().items()
        )
        return self.body.replace("\n", "; ").replace("np.linalg.", "").replace("np.", "") + kinds

    def values(self) -> dict[str, Any]:
        rng = np.random.default_rng(11)
        return {name: draw(rng) for name, draw in self.arguments.items()}


def row(
    body: str, order: int = 2, tolerance: float = 1e-6, narrow: bool = True, **draws: Any
) -> Row:
    arguments = {k: v for k, v in draws.items() if callable(v)}
    fixed = {k: v for k, v in draws.items() if not callable(v)}
    return Row(body, arguments, order, tolerance, narrow, fixed)


# -- arguments ---------------------------------------------------------------------------------


def real(*shape: int, low: float = 0.4, high: float = 1.6, signed: bool = True) -> Draw:
    def draw(rng: np.random.Generator) -> Any:
        value = rng.uniform(low, high, shape)
        if signed:
            value = value * rng.choice([-1.0, 1.0], shape)
        return value if shape else np.float64(value)

    return draw


def comp(*shape: int) -> Draw:
    def draw(rng: np.random.Generator) -> Any:
        value = rng.uniform(0.4, 1.6, shape) * np.exp(1j * rng.uniform(-2.5, 2.5, shape))
        return value if shape else np.complex128(value)

    return draw


def square(*shape: int, cplx: bool = False) -> Draw:
    """Well conditioned matrices with well separated eigenvalues."""

    def draw(rng: np.random.Generator) -> Any:
        n = shape[-1]
        value = 0.3 * rng.standard_normal(shape) + np.diag(np.arange(1.0, n + 1))
        return value + 0.3j * rng.standard_normal(shape) if cplx else value

    return draw


# -- checks ------------------------------------------------------------------------------------


def source_of(row: Row, parts: int) -> str:
    names = ", ".join(row.arguments)
    *before, last = row.body.split("\n")
    body = "".join(f"    {line}\n" for line in before)
    dots = ", ".join(f"{n}_dot" for n in row.arguments)
    weighed = " + ".join(
        f"np.sum(np.real(W{k} * y{f'[{k}]' if parts > 1 else ''}))" for k in range(parts)
    )
    inner = " + ".join(f"np.sum(np.real(g[{k}] * {n}_dot))" for k, n in enumerate(row.arguments))
    every = tuple(range(len(row.arguments)))
    return f'''"""A row of the table as a user would write it."""

import numpy as np

from adcompile import grad, jvp


def plain({names}):
{body}    return {last}


def f({names}):
    y = plain({names})
    return {weighed}


def slope({names}, {dots}):
    return jvp(f, ({names},), ({dots},))[1]


gradient = grad(f, argnums={every})


def along({names}, {dots}):
    g = gradient({names})
    return {inner}


def tangent_of_gradient({names}, {dots}):
    return jvp(gradient, ({names},), ({dots},))[1]
'''


def paired(left: Any, right: Any) -> float:
    """Re(sum(left * right)), over all arguments."""
    return float(sum(np.sum(np.real(a * b)) for a, b in zip(left, right, strict=True)))


def moved(values: list[Any], direction: list[Any], step: float) -> list[Any]:
    return [type(v)(v + step * d) if np.ndim(v) == 0 else v + step * d
            for v, d in zip(values, direction, strict=True)]  # fmt: skip


def difference(f: Callable[..., Any], values: list[Any], direction: list[Any]) -> Any:
    """The derivative of f along a direction, to fourth order."""
    h = 1e-3
    near = _minus(f(*moved(values, direction, h)), f(*moved(values, direction, -h)))
    far = _minus(f(*moved(values, direction, 2 * h)), f(*moved(values, direction, -2 * h)))
    if isinstance(near, tuple):
        return tuple((8 * n - w) / (12 * h) for n, w in zip(near, far, strict=True))
    return (8 * near - far) / (12 * h)


def _minus(a: Any, b: Any) -> Any:
    return tuple(x - y for x, y in zip(a, b, strict=True)) if isinstance(a, tuple) else a - b


def numeric(f: Callable[..., Any], values: list[Any]) -> list[Any]:
    """df/dx - 1j * df/dy for each entry of each argument."""
    found = []
    for k, value in enumerate(values):
        out = np.zeros(np.shape(value), np.asarray(value).dtype)
        for index in np.ndindex(np.shape(value)):
            for unit in (1.0, 1j) if np.iscomplexobj(value) else (1.0,):
                direction = [np.zeros_like(v) for v in values]
                direction[k] = np.zeros_like(np.asarray(value))
                direction[k][index] = unit
                direction[k] = direction[k] if np.ndim(value) else direction[k][()]
                slope = difference(f, values, direction)
                out[index] += slope if unit == 1.0 else -1j * slope
        found.append(out)
    return found


def close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    for one, other in zip(actual, expected, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
        scale = 1.0 + (np.max(np.abs(other)) if other.size else 0.0)
        error = np.max(np.abs(one - other)) if other.size else 0.0
        assert error <= tolerance * scale, f"{what}:\n{one}\nis not\n{other}"


def random_like(value: Any, rng: np.random.Generator) -> Any:
    drawn = rng.uniform(-1, 1, np.shape(value))
    if np.iscomplexobj(value):
        drawn = drawn + 1j * rng.uniform(-1, 1, np.shape(value))
    return np.asarray(drawn, np.asarray(value).dtype)[()] if np.ndim(value) == 0 else drawn


def check(row: Row, directory: Path) -> None:
    values = list(row.values().values())
    count = len(values)
    rng = np.random.default_rng(3)
    probe = import_source(source_of(row, 1), directory, "probe", **row.fixed)
    plain = probe.plain(*values)
    parts = plain if isinstance(plain, tuple) else (plain,)
    weights = {f"W{k}": random_like(np.asarray(p), rng) for k, p in enumerate(parts)}
    weights = {k: w if np.ndim(w) else w[()] for k, w in weights.items()}
    module = import_source(source_of(row, len(parts)), directory, "row", **weights, **row.fixed)
    direction = [random_like(v, rng) for v in values]
    with np.errstate(all="ignore"):
        gradient = module.gradient(*values)
        for g, v in zip(gradient, values, strict=True):
            assert type(g) is type(v)
            assert np.asarray(g).dtype == np.asarray(v).dtype
        close(gradient, numeric(module.f, values), row.tolerance, "gradient")
        value, tangent = jvp(module.f, tuple(values), tuple(direction))
        close([value], [module.f(*values)], 1e-12, "value")
        close([tangent], [paired(gradient, direction)], 1e-9, "tangent against gradient")
        if row.order >= 2:
            expected = difference(module.gradient, values, direction)
            forward = module.tangent_of_gradient(*values, *direction)
            close(forward, expected, 10 * row.tolerance, "forward over reverse")
            numbers = tuple(range(count))
            back = grad(module.along, argnums=numbers)(*values, *direction)
            close(back, forward, 1e-8, "reverse over reverse")
            back = grad(module.slope, argnums=numbers)(*values, *direction)
            close(back, forward, 1e-8, "reverse over forward")
        if row.narrow:
            check_narrow(module, values, gradient)


def check_narrow(module: Any, values: list[Any], wide: Any) -> None:
    """float32 and complex64 are kept, and give the wide result to their precision."""
    small = [
        np.asarray(v).astype(np.complex64 if np.iscomplexobj(v) else np.float32) for v in values
    ]
    small = [s if s.ndim else s[()] for s in small]
    narrow = module.gradient(*small)
    for n, s in zip(narrow, small, strict=True):
        assert np.asarray(n).dtype == s.dtype
    close(narrow, wide, 1e-4, "single precision")
