"""Nested containers as vectors, finite differences, and comparison: the tools of every check.

A *tree* is a number, an array, or tuples, lists and dicts of trees. Its *leaves* in the sense used
here are the floating-point ones (Python float, NumPy scalar, array); everything else (ints, None,
strings, integer arrays) is carried along unchanged. Nothing here knows adcompile.
"""

from __future__ import annotations

import copy
import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Tree = Any

_module_numbers = itertools.count()


def is_real_leaf(value: Any) -> bool:
    """Whether the value carries a derivative: a float, a NumPy float, a float array."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.issubdtype(value.dtype, np.floating)
    return isinstance(value, float)


def leaves(tree: Tree) -> list[Any]:
    """The floating-point leaves, in the order of the containers."""
    return [leaf for _, leaf in leaves_with_paths(tree)]


def attributes(tree: Tree) -> dict[str, Any] | None:
    """The attributes of an object of a class of the tests; None of anything else."""
    ours = type(tree).__module__.startswith("tests.") and not isinstance(tree, (type, tuple))
    return dict(vars(tree)) if ours and hasattr(tree, "__dict__") else None


def rebuilt(like: Tree, children: Iterable[Any]) -> Tree:
    """A container of the type of `like` with other children."""
    if isinstance(like, tuple) and hasattr(like, "_fields"):
        return type(like)(*children)
    if isinstance(like, (tuple, list)):
        return type(like)(children)
    if isinstance(like, dict):
        return type(like)(zip(like, children, strict=True))
    made = object.__new__(type(like))
    for name, value in zip(vars(like), children, strict=True):
        object.__setattr__(made, name, value)
    return made


def leaves_with_paths(tree: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves, each with what leads to it, as Python source (`[0]["W"]`, `.layers[1]`)."""
    held = attributes(tree)
    if held is not None:
        for name, child in held.items():
            yield from leaves_with_paths(child, f"{path}.{name}")
        return
    if isinstance(tree, (tuple, list)):
        for position, child in enumerate(tree):
            yield from leaves_with_paths(child, f"{path}[{position}]")
    elif isinstance(tree, dict):
        for key, child in tree.items():
            yield from leaves_with_paths(child, f"{path}[{key!r}]")
    elif is_real_leaf(tree):
        yield path, tree


def map_leaves(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """A copy of the tree with each floating-point leaf replaced; the rest is deep-copied."""
    held = attributes(tree)
    if isinstance(tree, (tuple, list)):
        return rebuilt(tree, [map_leaves(function, child) for child in tree])
    if isinstance(tree, dict) or held is not None:
        return rebuilt(tree, [map_leaves(function, c) for c in (held or tree).values()])
    if is_real_leaf(tree):
        return function(tree)
    return copy.deepcopy(tree)


def to_vector(tree: Tree) -> np.ndarray:
    """All leaves end to end, as one float64 vector."""
    parts = [np.asarray(leaf, dtype=np.float64).reshape(-1) for leaf in leaves(tree)]
    return np.concatenate(parts) if parts else np.zeros(0)


def from_vector(tree: Tree, vector: np.ndarray, *, widen: bool = False) -> Tree:
    """The tree with its leaves taken from the vector, kinds and memory layouts as in the tree.

    With `widen`, float32 leaves become float64: finite differences in single precision say nothing.
    """
    remaining = iter(np.asarray(vector, dtype=np.float64))

    def fill(leaf: Any) -> Any:
        count = int(np.size(leaf))
        values = np.array(list(itertools.islice(remaining, count)), dtype=np.float64)
        if isinstance(leaf, np.ndarray):
            dtype = np.float64 if widen else leaf.dtype
            filled = np.empty_like(leaf, dtype=dtype)
            filled[...] = values.reshape(leaf.shape)
            return filled
        if isinstance(leaf, np.generic):
            return np.float64(values[0]) if widen else leaf.dtype.type(values[0])
        return float(values[0])

    return map_leaves(fill, tree)


def random_like(tree: Tree, rng: np.random.Generator) -> Tree:
    """A random tree of the same structure and kinds, each entry of size about one."""
    size = to_vector(tree).size
    entries = rng.uniform(0.5, 1.5, size) * rng.choice([-1.0, 1.0], size)
    return from_vector(tree, entries)


def inner(a: Tree, b: Tree) -> float:
    """The inner product of two trees of one structure."""
    return float(to_vector(a) @ to_vector(b))


def selected(args: Sequence[Any], argnums: Sequence[int]) -> tuple[Any, ...]:
    return tuple(args[number] for number in argnums)


def replaced(args: Sequence[Any], argnums: Sequence[int], new: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments with those at argnums replaced; all others are fresh copies."""
    by_number = dict(zip(argnums, new, strict=True))
    return tuple(
        by_number[number] if number in by_number else copy.deepcopy(value)
        for number, value in enumerate(args)
    )


# Weights of the central difference of fourth order: exact to about 1e-11 at this step, and short
# enough that values "in general position" stay on their side of every kink.
_STENCIL = ((1, 8.0 / 12.0), (-1, -8.0 / 12.0), (2, -1.0 / 12.0), (-2, 1.0 / 12.0))
DEFAULT_STEP = 2e-4


def directional(
    function: Callable[..., Tree],
    args: Sequence[Any],
    argnums: Sequence[int],
    direction: Sequence[Any],
    *,
    kwargs: dict[str, Any] | None = None,
    step: float = DEFAULT_STEP,
) -> np.ndarray:
    """The derivative of the (flattened) result along a direction, by finite differences."""
    chosen = selected(args, argnums)
    origin, slope = to_vector(chosen), to_vector(tuple(direction))
    total: np.ndarray | float = 0.0
    for multiple, weight in _STENCIL:
        moved = from_vector(chosen, origin + multiple * step * slope, widen=True)
        result = function(*replaced(args, argnums, moved), **copy.deepcopy(kwargs or {}))
        total = total + weight * to_vector(as_tree(result))
    return np.asarray(total) / step


def numeric_gradient(
    function: Callable[..., float],
    args: Sequence[Any],
    argnums: Sequence[int],
    *,
    kwargs: dict[str, Any] | None = None,
    step: float = DEFAULT_STEP,
) -> np.ndarray:
    """The gradient of a scalar function by finite differences, flattened over the argnums."""
    chosen = selected(args, argnums)
    size = to_vector(chosen).size
    gradient = np.zeros(size)
    for position in range(size):
        unit = np.zeros(size)
        unit[position] = 1.0
        direction = from_vector(chosen, unit, widen=True)
        slope = directional(function, args, argnums, direction, kwargs=kwargs, step=step)
        gradient[position] = slope.item()
    return gradient


def as_tree(result: Any) -> Tree:
    """A result whose Python ints count as floats, so that `return 0` has a (zero) derivative."""
    if isinstance(result, (int, np.integer)) and not isinstance(result, bool):
        return float(result)
    return result


def _is_container(value: Any) -> bool:
    return isinstance(value, (tuple, list, dict)) or attributes(value) is not None


def is_scalar(value: Any) -> bool:
    return not _is_container(value) and np.ndim(value) == 0


def has_one_entry(value: Any) -> bool:
    """Whether grad accepts it as a result: a number, or an array of size one."""
    return not _is_container(value) and np.size(value) == 1


def assert_close(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Agreement relative to the largest expected entry (absolute below one)."""
    actual = np.asarray(actual, dtype=np.float64)
    expected = np.asarray(expected, dtype=np.float64)
    assert actual.shape == expected.shape, f"{what}: {actual.shape} is not {expected.shape}"
    assert np.all(np.isfinite(expected)), f"{what}: the reference itself is not finite: {expected}"
    scale = 1.0 + (np.max(np.abs(expected)) if expected.size else 0.0)
    error = np.max(np.abs(actual - expected)) if expected.size else 0.0
    assert error <= tolerance * scale, (
        f"{what}: largest error {error:.3g} (allowed {tolerance * scale:.3g})\n"
        f"  actual   {actual}\n  expected {expected}"
    )


def assert_same_value(actual: Tree, expected: Tree) -> None:
    """Primal values: those of the plain function to 1e-14, of the same structure."""
    assert type(actual) is type(expected) or (is_scalar(actual) and is_scalar(expected))
    held = attributes(expected)
    if held is not None:
        return assert_same_value(vars(actual), held)
    if isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same_value(one, other)
    elif isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key in expected:
            assert_same_value(actual[key], expected[key])
    elif expected is None or isinstance(expected, str):
        assert actual == expected
    else:
        np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-300)
        assert np.asarray(actual).dtype == np.asarray(expected).dtype


def assert_same_structure(gradient: Tree, argument: Tree) -> None:
    """A gradient has the structure, type, dtype and shape of its argument."""
    held = attributes(argument)
    if held is not None:
        assert type(gradient) is type(argument)
        return assert_same_structure(vars(gradient), held)
    if isinstance(argument, (tuple, list)):
        assert type(gradient) is type(argument)
        assert len(gradient) == len(argument)
        for one, other in zip(gradient, argument, strict=True):
            assert_same_structure(one, other)
    elif isinstance(argument, dict):
        assert type(gradient) is dict
        assert list(gradient) == list(argument)
        for key in argument:
            assert_same_structure(gradient[key], argument[key])
    elif isinstance(argument, np.ndarray) and is_real_leaf(argument):
        assert type(gradient) is np.ndarray, f"{type(gradient).__name__} for an array"
        assert gradient.dtype == argument.dtype
        assert gradient.shape == argument.shape
    elif is_real_leaf(argument):
        assert type(gradient) is type(argument), f"{type(gradient)} for {type(argument)}"
    else:
        assert gradient is None


def assert_unchanged(before: Tree, after: Tree) -> None:
    """Two trees hold the same values (used on arguments before and after a call)."""
    assert type(before) is type(after)
    held = attributes(before)
    if held is not None:
        return assert_unchanged(held, vars(after))
    if isinstance(before, (tuple, list)):
        assert len(before) == len(after), "a container of the caller has been changed"
        for one, other in zip(before, after, strict=True):
            assert_unchanged(one, other)
    elif isinstance(before, dict):
        assert list(before) == list(after), "a dict of the caller has been changed"
        for key in before:
            assert_unchanged(before[key], after[key])
    else:
        np.testing.assert_array_equal(before, after, "an argument of the caller has been changed")


def import_source(text: str, directory: Path, name: str = "generated", **names: Any) -> ModuleType:
    """Writes a module, imports it with some names already defined, and returns it.

    The functions in it have their source in a real file, as those of a user do.
    """
    unique = f"{name}_{next(_module_numbers)}"
    path = Path(directory) / f"{unique}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(unique, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names)
    sys.modules[unique] = module
    spec.loader.exec_module(module)
    return module
