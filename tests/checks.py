"""The derivative checks that the zoo, the traps and others run on a function.

`Probe` holds a function with its arguments and a random direction. `nested(probe, directory)`
writes a small module that nests the transforms around the function, in plain source as a user
would write it, since every function handed to the compiler needs source of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from adcompile import jvp, value_and_grad, vjp
from tests.helpers import (
    as_tree,
    assert_close,
    assert_same_structure,
    assert_same_value,
    assert_unchanged,
    directional,
    has_one_entry,
    import_source,
    inner,
    is_scalar,
    leaves_with_paths,
    numeric_gradient,
    random_like,
    selected,
    to_vector,
)

# Two exact derivatives of one program differ by rounding only, forward against reverse.
DUALITY = 1e-10
NESTING = 1e-9


@dataclass
class Probe:
    """A function at a point, with a direction to differentiate along."""

    function: Callable[..., Any]
    make_args: Callable[[], tuple[Any, ...]]
    argnums: tuple[int, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    tolerance: float = 1e-7

    @cached_property
    def plain_value(self) -> Any:
        return self.function(*self.make_args(), **copy.deepcopy(self.kwargs))

    @cached_property
    def scalar(self) -> bool:
        return has_one_entry(self.plain_value)

    @cached_property
    def single_precision(self) -> bool:
        """Whether a float32 takes part: then two modes agree to its rounding only."""
        chosen = selected(self.make_args(), self.argnums)
        return any(np.asarray(leaf).dtype == np.float32 for _, leaf in leaves_with_paths(chosen))

    @cached_property
    def direction(self) -> tuple[Any, ...]:
        rng = np.random.default_rng(self.seed + 1)
        return random_like(selected(self.make_args(), self.argnums), rng)

    @cached_property
    def expected_gradient(self) -> np.ndarray:
        return numeric_gradient(self.function, self.make_args(), self.argnums, kwargs=self.kwargs)

    @cached_property
    def expected_slope(self) -> np.ndarray:
        return directional(
            self.function, self.make_args(), self.argnums, self.direction, kwargs=self.kwargs
        )

    def exactness(self, tolerance: float) -> float:
        return 1e-4 if self.single_precision else tolerance

    def tangents(self) -> tuple[Any, ...]:
        """The direction as jvp wants it: None where an argument is not perturbed."""
        count = len(self.make_args())
        by_number = dict(zip(self.argnums, self.direction, strict=True))
        return tuple(by_number.get(number) for number in range(count))

    def compiled_value_and_grad(self, optimize: bool = True) -> Callable[..., Any]:
        return value_and_grad(self.function, argnums=self.argnums, **_flags(optimize))

    def run_jvp(self, args: tuple[Any, ...], optimize: bool = True) -> tuple[Any, Any]:
        return jvp(self.function, args, self.tangents(), **_flags(optimize), **self.kwargs)


def _flags(optimize: bool) -> dict[str, bool]:
    """`optimize` is passed only when it departs from the default, so that the default is tested."""
    return {} if optimize else {"optimize": False}


def probe(
    function: Callable[..., Any],
    *args: Any,
    argnums: Sequence[int] | None = None,
    tolerance: float = 1e-7,
    seed: int = 7,
    **kwargs: Any,
) -> Probe:
    """A probe on explicit arguments; argnums defaults to those with a floating-point leaf."""
    numbers = (
        tuple(argnums)
        if argnums is not None
        else tuple(n for n, value in enumerate(args) if any(True for _ in leaves_with_paths(value)))
    )
    return Probe(
        function, lambda: copy.deepcopy(args), numbers, kwargs, seed=seed, tolerance=tolerance
    )


def check_reverse(p: Probe, optimize: bool = True) -> np.ndarray:
    """Value, gradient and kinds by reverse mode; the arguments stay as they were."""
    args = p.make_args()
    if p.scalar:
        value, gradient = p.compiled_value_and_grad(optimize)(*args, **p.kwargs)
        expected = p.expected_gradient
        assert_same_value(value, p.plain_value)
        for one, number in zip(gradient, p.argnums, strict=True):
            assert_same_structure(one, args[number])
        actual = to_vector(gradient)
        assert_close(actual, expected, p.tolerance, "gradient against finite differences")
        slope = np.array([actual @ to_vector(p.direction)])
        assert_close(slope, p.expected_slope, p.tolerance, "gradient along a random direction")
    else:
        actual = check_duality(p, optimize)
    assert_unchanged(args, p.make_args())
    return actual


def check_forward(p: Probe, optimize: bool = True) -> np.ndarray:
    """Value and tangent by forward mode against finite differences."""
    args = p.make_args()
    value, tangent = p.run_jvp(args, optimize)
    assert_same_value(value, p.plain_value)
    if is_scalar(value):
        assert is_scalar(tangent)
    else:
        assert np.shape(to_vector(tangent)) == np.shape(to_vector(as_tree(value)))
    actual = to_vector(as_tree(tangent))
    assert_close(actual, p.expected_slope, p.tolerance, "tangent against finite differences")
    assert_unchanged(args, p.make_args())
    return actual


def check_duality(p: Probe, optimize: bool = True) -> np.ndarray:
    """The dot-product test <jvp(v), w> = <v, vjp(w)>; the pullback twice gives the same."""
    value, tangent = p.run_jvp(p.make_args(), optimize)
    weights = random_like(as_tree(p.plain_value), np.random.default_rng(p.seed + 2))
    args = p.make_args()
    again, pullback = vjp(p.function, *args, **_flags(optimize), **p.kwargs)
    assert_same_value(again, p.plain_value)
    cotangents = pullback(weights)
    assert isinstance(cotangents, tuple)
    assert len(cotangents) == len(args)
    for cotangent, argument in zip(cotangents, args, strict=True):
        if not isinstance(argument, int):
            assert_same_structure(cotangent, argument)
    chosen = selected(cotangents, p.argnums)
    left, right = inner(as_tree(tangent), weights), inner(p.direction, chosen)
    assert_close([left], [right], p.exactness(DUALITY), "dot-product test")
    second = to_vector(pullback(weights))
    np.testing.assert_array_equal(second, to_vector(cotangents), "the pullback ran twice")
    assert_unchanged(args, p.make_args())
    return to_vector(chosen)


def _inner_source(p: Probe, left: str, right: str) -> str:
    """Source of the inner product of two trees shaped like the chosen arguments."""
    terms = []
    for path, leaf in leaves_with_paths(selected(p.make_args(), p.argnums)):
        product = f"{left}{path} * {right}{path}"
        terms.append(f"np.sum({product})" if isinstance(leaf, np.ndarray) else product)
    return " + ".join(terms)


def nested_source(p: Probe) -> str:
    """A module that nests the transforms around a global `f`, to third order.

    Each name says which transform is outermost: `reverse_over_forward` is grad of a jvp.
    """
    count = len(p.make_args())
    names = [f"a{number}" for number in range(count)]
    keywords = "".join(f", {key}={value!r}" for key, value in p.kwargs.items())
    call = ", ".join(names) + keywords
    inputs = "".join(f"{name}, " for name in names)
    primals = f"({inputs})"
    places = {number: place for place, number in enumerate(p.argnums)}
    tangents = "".join(f"v[{places[n]}], " if n in places else "None, " for n in range(count))
    parameters = ", ".join([*names, "v"])
    return f'''"""Derivatives of derivatives of f, nested as a user nests them."""

import numpy as np

from adcompile import grad, jvp

gradient = grad(f, argnums={p.argnums!r})


def slope({parameters}):
    return jvp(f, {primals}, ({tangents}){keywords})[1]


def gradient_along({parameters}):
    g = gradient({call})
    return {_inner_source(p, "g", "v")}


reverse_over_reverse = grad(gradient_along, argnums={p.argnums!r})
reverse_over_forward = grad(slope, argnums={p.argnums!r})


def forward_over_reverse({parameters}):
    return jvp(gradient, {primals}, ({tangents}){keywords})[1]


def forward_over_forward({parameters}):
    return jvp(slope, ({inputs}v), ({tangents}None))[1]


def hessian_along({parameters}):
    h = reverse_over_reverse({parameters})
    return {_inner_source(p, "h", "v")}


third_rrr = grad(hessian_along, argnums={p.argnums!r})
third_rff = grad(forward_over_forward, argnums={p.argnums!r})


def third_ffr({parameters}):
    return jvp(forward_over_reverse, ({inputs}v), ({tangents}None))[1]
'''


def nested(p: Probe, directory: Path) -> ModuleType:
    return import_source(nested_source(p), directory, "nested", f=p.function)


SECOND_ORDER = ("forward_over_reverse", "reverse_over_reverse", "reverse_over_forward")
THIRD_ORDER = ("third_rrr", "third_rff", "third_ffr")


def check_second_order(
    p: Probe,
    directory: Path,
    combinations: Sequence[str] = SECOND_ORDER,
    forward_forward: bool = False,
) -> None:
    """Hessian times a direction in several nestings, against each other and differences."""
    module = nested(p, directory)
    gradient = module.gradient

    def at(*args: Any) -> Any:
        return gradient(*args, **copy.deepcopy(p.kwargs))

    args = p.make_args()
    numeric = directional(at, args, p.argnums, p.direction)
    reference: np.ndarray | None = None
    for name in combinations:
        product = getattr(module, name)(*args, p.direction)
        assert_unchanged(args, p.make_args())
        actual = to_vector(product)
        assert_close(actual, numeric, max(1e-6, p.tolerance), f"{name} against differences")
        if reference is None:
            reference = actual
        assert_close(actual, reference, p.exactness(NESTING), f"{name} against {combinations[0]}")
    if forward_forward:
        curvature = module.forward_over_forward(*args, p.direction)
        expected = np.asarray(reference) @ to_vector(p.direction)
        actual = np.reshape(np.asarray(curvature), (1,))
        assert_close(actual, [expected], p.exactness(NESTING), "forward over forward")


def check_third_order(p: Probe, directory: Path) -> None:
    """The third derivative along a direction twice, in three nestings."""
    module = nested(p, directory)
    args = p.make_args()
    hessian_product = module.reverse_over_reverse

    def along(*arguments: Any) -> Any:
        return hessian_product(*arguments, p.direction)

    numeric = directional(along, args, p.argnums, p.direction)
    reference: np.ndarray | None = None
    for name in THIRD_ORDER:
        actual = to_vector(getattr(module, name)(*args, p.direction))
        assert_close(actual, numeric, max(1e-5, p.tolerance), f"{name} against differences")
        if reference is None:
            reference = actual
        assert_close(actual, reference, p.exactness(1e-8), f"{name} against {THIRD_ORDER[0]}")


def check_all(p: Probe, directory: Path, order: int = 2) -> None:
    """Every check in both modes, up to an order: what most traps ask for."""
    check_reverse(p)
    check_forward(p)
    check_duality(p)
    if order >= 2 and p.scalar:
        check_second_order(p, directory)
