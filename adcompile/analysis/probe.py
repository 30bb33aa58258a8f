"""Shapes of results found by experiment: a function is called on small samples.

Each unknown length gets several small values; the lengths of the result are then matched with
linear forms, products, maxima and minima of the operands' lengths. What fits at every sample is
taken; what fits none (a length that depends on data, for the samples' contents vary too) is a
length about which nothing is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adcompile.analysis.facts import Facts
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Scalar
from adcompile.ir.dims import Dim, Symbol
from adcompile.ir.nodes import Lit, SliceTree, Tree, Var

SAMPLES = 9
Values = Mapping[Symbol, int]


class ProbeFailed(Exception):
    """The function raised on every sample; the message is its own."""


def probe(
    fn: Callable[..., Any], args: Sequence[Tree], kwargs: dict[str, Tree], facts: Facts
) -> Aval:
    """Kind and shape of fn(*args, **kwargs). Raises ProbeFailed, or as fn does."""
    trees = (*args, *kwargs.values())
    lengths = list(dict.fromkeys(d for t in trees for d in _lengths(t)))
    symbols = list(dict.fromkeys(s for d in lengths for s in dims.all_symbols(d) if _base(s)))

    def run(first: Mapping[Symbol, Symbol | int]) -> tuple[list[Values], list[Any]]:
        samples = _samples(symbols, first)
        return samples, [_call(fn, args, kwargs, v, k) for k, v in enumerate(samples)]

    try:
        samples, results = run({s: s for s in symbols})
    except (ValueError, IndexError, ProbeFailed):
        equal = _equal_now(symbols, lengths, facts)
        try:  # lengths that must agree, and do in this call
            samples, results = run(equal)
            for s, first in equal.items():
                same = first if isinstance(first, int) else dims.symbol(first)
                facts.same(dims.symbol(s), same)
        except (ValueError, IndexError):  # they are not known before it runs
            return _unknown(_any_rank(run, symbols, lengths))
    kind = avals.of_constant(results[0])
    if not isinstance(kind, Array):
        return Scalar(kind.dtype, kind.weak) if isinstance(kind, Scalar) else kind
    shapes = [np.shape(r) for r in results]
    if len({len(s) for s in shapes}) != 1:
        raise ProbeFailed("gives an array whose rank depends on the data")
    forms = list(_forms(symbols, lengths, [avals.shape_of(a) for a in _arrays(trees)]))
    return Array(kind.dtype, tuple(_fit(column, forms, samples) for column in zip(*shapes)))  # noqa: B905


def _any_rank(run: Any, symbols: Sequence[Symbol], lengths: Sequence[Dim]) -> Any:
    """The result for some one length of everything whose length is unknown."""
    known = [d for d in lengths if isinstance(d, int) and d > 0]
    for k, length in enumerate((4, *known)):
        try:
            return run(dict.fromkeys(symbols, length))[1][0]
        except (ValueError, IndexError):
            if k == len(known):
                raise
    return None


def _base(s: Symbol) -> bool:
    return not (isinstance(s.key, tuple) and s.key[0] in dims.OPERATIONS)


def _lengths(tree: Tree) -> Iterator[Dim]:
    """Every length and every integer of unknown value among the operands."""
    if isinstance(tree, tuple):
        for t in tree:
            yield from _lengths(t)
    elif isinstance(tree, SliceTree):
        yield from _lengths((tree.start, tree.stop, tree.step))
    elif isinstance(tree, Lit):
        if isinstance(tree.value, np.ndarray):
            yield from tree.value.shape
        elif type(tree.value) is int:
            yield tree.value
    elif isinstance(tree, Var):
        yield from avals.shape_of(tree.aval)
        if isinstance(tree.aval, Scalar) and tree.aval.extent is not None:
            yield tree.aval.extent


def _arrays(trees: Sequence[Tree]) -> Iterator[Aval]:
    for tree in trees:
        if isinstance(tree, tuple):
            yield from _arrays(tree)
        elif isinstance(tree, Var) and isinstance(tree.aval, Array):
            yield tree.aval


def _equal_now(
    symbols: Sequence[Symbol], lengths: Sequence[Dim], facts: Facts
) -> dict[Symbol, Symbol | int]:
    """For each length the first that has the same value in this call."""
    first: dict[int, Symbol | int] = {d: d for d in lengths if isinstance(d, int)}
    known = facts.values
    return {s: first.setdefault(known[s], s) if s in known else s for s in symbols}


def _samples(symbols: Sequence[Symbol], first: Mapping[Symbol, Symbol | int]) -> list[Values]:
    """Small lengths for each symbol: in every order, never in step; equal ones alike."""
    rng = np.random.default_rng(7)
    pool = np.arange(4, 4 + 2 * len(symbols) + 4)
    samples: list[Values] = []
    for _ in range(SAMPLES + len(symbols)):
        drawn = dict(zip(symbols, map(int, rng.permutation(pool)), strict=False))
        fixed = {s: f for s, f in first.items() if isinstance(f, int)}
        samples.append({s: fixed[s] if s in fixed else drawn[first[s]] for s in symbols})  # type: ignore[index]
    return samples


def _call(
    fn: Callable[..., Any],
    args: Sequence[Tree],
    kwargs: dict[str, Tree],
    values: Values,
    seed: int,
) -> Any:
    rng = np.random.default_rng(seed)
    given = [_sample(a, values, rng) for a in args]
    named = {k: _sample(t, values, rng) for k, t in kwargs.items()}
    with np.errstate(all="ignore"):
        try:
            return fn(*given, **named)
        except TypeError as exc:
            raise ProbeFailed(str(exc)) from None


def _sample(tree: Tree, values: Values, rng: np.random.Generator) -> Any:
    """An operand of the kind at hand; its content differs from sample to sample."""
    if isinstance(tree, Lit):
        return tree.value
    if isinstance(tree, tuple):
        return tuple(_sample(t, values, rng) for t in tree)
    if isinstance(tree, SliceTree):
        return slice(*(_sample(t, values, rng) for t in (tree.start, tree.stop, tree.step)))
    assert isinstance(tree, Var)
    aval = tree.aval
    if isinstance(aval, Scalar):
        if aval.extent is not None:
            number: Any = dims.evaluate(aval.extent, values)
        else:
            number = {"b": True, "c": 1.0 + 0j}.get(aval.dtype.kind, 1)
        python = {"b": bool, "i": int, "u": int, "f": float, "c": complex}[aval.dtype.kind]
        return python(number) if aval.weak else aval.dtype.type(number)
    if isinstance(aval, Array):
        shape = tuple(max(dims.evaluate(d, values), 0) for d in aval.shape)
        high = 2 if aval.dtype.kind in "biu" else 5
        drawn = rng.integers(0, high, shape)
        return ((drawn + 1) / high if aval.dtype.kind in "fc" else drawn).astype(aval.dtype)
    raise ProbeFailed(f"cannot be applied to {aval}")


def _unknown(result: Any) -> Aval:
    kind = avals.of_constant(result)
    if isinstance(kind, Array):
        return Array(kind.dtype, tuple(dims.fresh() for _ in kind.shape))
    return Scalar(kind.dtype, kind.weak) if isinstance(kind, Scalar) else kind


# -- fitting -----------------------------------------------------------------------------------


def _forms(
    symbols: Sequence[Symbol], lengths: Sequence[Dim], shapes: Sequence[tuple[Dim, ...]]
) -> Iterator[Dim]:
    """What a length may be a multiple of, up to a constant: the simple first."""
    yield from lengths
    for shape in shapes:
        if len(shape) > 1:
            size: Dim = 1
            for d in shape:
                size = dims.mul(size, d)
            yield size
    for a, b in itertools.combinations(lengths, 2):
        if isinstance(a, int) or isinstance(b, int):
            continue
        yield dims.add(a, b)
        yield dims.sub(a, b)
        yield dims.mul(a, b)
        yield dims.derived("max", a, b)
        yield dims.derived("min", a, b)
        yield dims.sub(dims.derived("max", a, b), dims.derived("min", a, b))


def _fit(column: Sequence[int], forms: Sequence[Dim], samples: Sequence[Values]) -> Dim:
    """The form whose values these lengths are, up to a factor and a constant."""
    if len(set(column)) == 1:
        return column[0]
    for form in forms:
        at = [dims.evaluate(form, values) for values in samples]
        factor = _slope(at, column)
        if factor is None:
            continue
        constant = column[0] - factor * at[0]
        if all(factor * a + constant == c for a, c in zip(at, column, strict=True)):
            return dims.add(dims.scale(form, factor), constant)
    return dims.fresh()


def _slope(at: Sequence[int], column: Sequence[int]) -> int | None:
    """The factor between two samples that differ."""
    for a, c in zip(at[1:], column[1:], strict=True):
        if a != at[0]:
            quotient, rest = divmod(c - column[0], a - at[0])
            return quotient if not rest else None
    return None


def infer_by_probe(
    fn: Callable[..., Any], args: Sequence[Tree], kwargs: dict[str, Tree], facts: Facts
) -> Aval:
    """As `probe`, numbers and arrays alone."""
    found = probe(fn, args, kwargs, facts)
    if isinstance(found, Opaque):
        raise ProbeFailed(f"gives a {found} here, not a number or an array")
    return found
