"""The table of NumPy functions: expression, operands, domain, tolerance.

A row is an expression in x, y, z. Each entry of `operands` is one set of operands: a shape (x
alone) or a list of shapes; `FLOAT` is a Python float, `SCALAR` an np.float64. Entries are distinct,
in general position, between `low` and `high`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOAT, SCALAR = "float", "np.float64"


@dataclass(frozen=True, eq=False)
class Row:
    """One expression with all its sets of operands."""

    expression: str
    operands: tuple[Any, ...]
    low: float = 0.3
    high: float = 1.7
    signed: bool = False
    tolerance: float = 1e-7
    order: int = 2
    single: bool = True
    note: str = ""

    def __str__(self) -> str:
        return self.expression

    @property
    def names(self) -> tuple[str, ...]:
        return ("x", "y", "z")[: len(self.sets()[0])]

    def sets(self) -> list[list[Any]]:
        return [o if isinstance(o, list) else [o] for o in self.operands]

    def draw(self, number: int, dtype: type = np.float64) -> tuple[Any, ...]:
        """The operands of one set: the same ones in every run."""
        rng = np.random.default_rng(zlib.crc32(self.expression.encode()) + number)
        values: list[Any] = []
        for shape in self.sets()[number]:
            if shape in (FLOAT, SCALAR):
                entry = rng.uniform(self.low, self.high)
                values.append(float(entry) if shape == FLOAT else dtype(entry))
                continue
            count = int(np.prod(shape))
            ladder = np.linspace(self.low, self.high, count + 2)[1:-1]
            # No two entries closer than a third of the spacing, in no regular pattern.
            jitter = rng.uniform(-0.3, 0.3, count) * (self.high - self.low) / (count + 1)
            entries = rng.permutation(ladder + jitter)
            if self.signed:
                entries = entries * rng.choice([-1.0, 1.0], count)
            values.append(entries.reshape(shape).astype(dtype))
        return tuple(values)


ROWS: list[Row] = []


def row(expression: str, *operands: Any, **more: Any) -> None:
    ROWS.append(Row(expression, operands or ((4,),), **more))


EVERY = (FLOAT, SCALAR, (), (4,), (2, 3), (1,), (0,))
PAIRS = ([(4,), (4,)], [(2, 1), (3,)], [FLOAT, (3,)], [(), SCALAR], [(0,), (0,)])

# -- elementwise ---------------------------------------------------------------------------------
for (
    name
) in """exp expm1 exp2 log log2 log10 log1p sqrt cbrt sin cos tan arcsinh sinh cosh tanh arctan
    square reciprocal abs absolute fabs negative positive deg2rad rad2deg degrees radians
    sinc i0 nan_to_num""".split():
    row(f"np.{name}(x)", *EVERY)
for name in "arcsin arccos arctanh".split():
    row(f"np.{name}(x)", *EVERY, low=0.1, high=0.9)
row("np.arccosh(x)", *EVERY, low=1.2, high=3.0)
row("np.sinc(x)", (5,), low=0.01, high=0.2, tolerance=1e-6)
row("np.i0(x)", (5,), low=3.0, high=9.0, tolerance=1e-6)
for name in """add subtract multiply divide true_divide power float_power maximum minimum fmax fmin
    arctan2 hypot logaddexp logaddexp2""".split():
    row(f"np.{name}(x, y)", *PAIRS)
for name in "remainder mod fmod".split():
    row(f"np.{name}(x, y)", *PAIRS, low=1.1, high=1.9)
row("np.copysign(x, -y)", *PAIRS)
row("np.nextafter(x, y)", [(3,), (3,)], single=False)
row("np.heaviside(x, y) * x", [(4,), (4,)], signed=True)
row("np.ldexp(x, 3)", *EVERY)
row("np.ldexp(x, np.array([1, 2, -1]))", (3,), (2, 3))
row("np.frexp(x)[0]", *EVERY, low=0.6, high=0.9)
row("np.modf(x)[0] * x + np.modf(x)[1]", (4,), SCALAR, (), low=1.1, high=1.9)
row("np.divmod(x, y)[1]", [(4,), (4,)], low=1.1, high=1.9)
row("np.clip(x, 0.5, 1.2)", *EVERY)
row("np.clip(x, y, z)", [(4,), (4,), (4,)], [(2, 3), (3,), FLOAT])
row("np.where(x > y, x * y, y)", *PAIRS)
row("np.where(x > 1, x, 2.0)", *EVERY)
row("np.select([x < 0.7, x < 1.2], [x * x, 2 * x], 1.0)", (6,), (2, 3))
row("np.select([x < 0.7, x < 1.2], [x * y, y], x)", [(6,), (6,)])
row("np.choose(np.array([0, 1, 1, 0]), [x, y])", [(4,), (4,)], [(2, 4), (4,)])
row("np.piecewise(x, [x < 0.7, x >= 0.7], [lambda t: t * t, lambda t: 2 * t])", (6,), (2, 3))
row("np.piecewise(x, [x < 0.7], [lambda t: t * t, 3.0])", (6,), ())
row("np.unwrap(x)", (6,), (2, 5), low=0.0, high=30.0)
row("np.unwrap(x, axis=0)", (6,), (3, 2), low=0.0, high=30.0)
row("np.interp(x, np.array([0.0, 0.8, 1.1, 3.0]), y)", [(5,), (4,)], [FLOAT, (4,)], [(2, 3), (4,)])
row("np.interp(x, np.sort(y), z)", [(5,), (4,), (4,)], tolerance=1e-6)
row("np.interp(x, np.sort(y), z, left=2.0, right=0.5)", [(5,), (4,), (4,)], tolerance=1e-6)
row("np.where(np.isnan(np.log(x - 1)), x, 0.0)", (5,))

# -- reductions ----------------------------------------------------------------------------------
SHAPES = ((5,), (2, 3), (2, 1, 3), ())
for name in """sum prod mean max min amax amin ptp median nansum nanprod nanmean nanmax
    nanmin""".split():
    row(f"np.{name}(x)", *SHAPES)
row("np.var(x)", *SHAPES[:3])
row("np.std(x)", *SHAPES[:3])
for name in """sum prod mean max min var std ptp median nansum nanmean nanvar nanstd nanmedian
    nanmax""".split():
    row(f"np.{name}(x, axis=0)", (2, 3), (4, 2, 3))
    row(f"np.{name}(x, axis=-1, keepdims=True)", (2, 3), (4, 2, 3))
    row(f"np.{name}(x, axis=(0, 2))", (4, 2, 3))
    row(f"np.{name}(x, axis=None, keepdims=True)", (2, 3))
row("np.var(x, ddof=1)", (5,))
row("np.std(x, axis=1, ddof=1)", (2, 4))
row("np.sum(x, axis=0, where=np.array([[True, False], [True, True], [False, True]]))", (3, 2))
row("np.mean(x, axis=0, where=np.array([[True, False], [True, True], [False, True]]))", (3, 2))
row("np.var(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))", (3, 2))
row("np.std(x, where=np.array([True, False, True]))", (3,), (2, 3))
row("np.max(x, axis=0, initial=0.1, where=np.array([True, False, True]))", (2, 3))
row("np.max(x, initial=1.2)", (5,), (2, 3))
row("np.min(x, axis=1, initial=y)", [(2, 3), FLOAT])
row("np.sum(x, axis=0, dtype=np.float64)", (2, 3))
row("np.nansum(np.where(x > 1, np.nan, x))", (5,))
for q in ("0.3", "y"):
    operands = ((5,), (2, 3)) if q != "y" else ([(5,), FLOAT], [(2, 3), (2,)])
    more = {} if q != "y" else {"low": 0.1, "high": 0.9}
    row(f"np.quantile(x, {q})", *operands, **more)
    row(f"np.nanquantile(x, {q})", *operands, **more)
row("np.quantile(x, [0.1, 0.55], axis=0)", (4, 3))
row("np.quantile(x, 0.4, axis=(0, 2), keepdims=True)", (4, 2, 3))
for method in "lower higher midpoint nearest hazen weibull median_unbiased normal_unbiased".split():
    row(f"np.quantile(x, 0.4, method='{method}')", (6,), (2, 3))
row("np.percentile(x, 40, axis=1)", (2, 5))
row("np.percentile(x, y)", [(6,), FLOAT], low=20.0, high=80.0)
row("np.nanpercentile(x, 40)", (6,))
row("np.average(x)", (5,), (2, 3))
row("np.average(x, weights=y)", [(5,), (5,)], [(2, 3), (2, 3)])
row("np.average(x, axis=1, weights=y)", [(2, 3), (3,)], [(2, 3), (2, 3)])
row("np.average(x, axis=0, weights=y, returned=True)[0]", [(2, 3), (2,)])
row("np.cumsum(x)", (5,), (2, 3), ())
row("np.cumsum(x, axis=0)", (5,), (2, 3))
row("np.cumsum(x, axis=-1)", (2, 3, 2))
row("np.cumprod(x)", (5,), (2, 3))
row("np.cumprod(x, axis=1)", (2, 3), (2, 3, 2))
row("np.nancumsum(x, axis=0)", (2, 3))
row("np.nancumprod(x)", (4,))
row("np.diff(x)", (5,), (2, 4), (1,))
row("np.diff(x, n=2, axis=0)", (5,), (4, 2))
row("np.diff(x, prepend=y)", [(5,), FLOAT], [(2, 3), FLOAT])
row("np.ediff1d(x)", (5,), (2, 3))
row("np.ediff1d(x, to_end=y, to_begin=0.5)", [(5,), FLOAT])
row("np.gradient(x)", (5,))
row("np.gradient(x, y)", [(5,), FLOAT], [(5,), (5,)], tolerance=1e-6, low=0.3, high=4.0)
row("np.gradient(x, 0.5, edge_order=2)", (5,), (3, 4)[:1])
row("np.gradient(x, np.array([0.0, 0.5, 1.5, 2.0]), edge_order=2)", (4,))
row("np.gradient(x, axis=1)", (3, 4))
row("np.gradient(x)[0] * np.gradient(x)[1]", (3, 4))
row("np.trapezoid(x)", (5,), (2, 3))
row("np.trapezoid(x, y)", [(5,), (5,)], [(2, 3), (3,)], [(2, 3), (2, 3)])
row("np.trapezoid(x, dx=y, axis=0)", [(3, 2), FLOAT])
row("np.add.reduce(x)", (5,), (2, 3))
row("np.multiply.reduce(x, axis=1)", (2, 3))
row("np.maximum.reduce(x)", (2, 3))
row("np.minimum.reduce(x, axis=None)", (2, 3))
row("np.add.accumulate(x)", (5,), (2, 3))
row("np.multiply.accumulate(x)", (5,), (2, 3))
row("np.add.outer(x, y)", [(2,), (3,)], [(2, 2), (3,)])
row("np.multiply.outer(x, y)", [(2,), (3,)], [FLOAT, (3,)])
row("np.hypot.outer(x, y)", [(2,), (3,)])
row("np.add.reduceat(x, np.array([0, 3, 1, 4]))", (6,), (6, 2))
row("np.bincount(np.array([0, 2, 2, 4]), weights=x)", (4,))
row("np.histogram(np.array([0.1, 0.5, 0.9, 1.0]), bins=3, weights=x)[0]", (4,))
row("np.cov(x)", (3, 5), (5,))
row("np.cov(x, y)", [(5,), (5,)], [(2, 5), (1, 5)])
row("np.cov(x, rowvar=False, bias=True)", (5, 3))
row("np.cov(x, aweights=y)", [(3, 5), (5,)], tolerance=1e-6)
row("np.corrcoef(x)[0, 1]", (3, 5), tolerance=1e-6)
row("np.corrcoef(x, y)[0]", [(5,), (5,)], tolerance=1e-6)
row("np.histogram_bin_edges(x, 4)", (6,))
for mode in ("full", "same", "valid"):
    for name in ("convolve", "correlate"):
        row(f"np.{name}(x, y, '{mode}')", [(6,), (3,)], [(6,), (4,)], [(3,), (6,)], [(2,), (5,)])
row("np.trace(x)", (3, 3), (2, 4), (2, 3, 4))
row("np.trace(x, offset=1, axis1=2, axis2=0)", (2, 3, 4))

# -- order ---------------------------------------------------------------------------------------
row("np.sort(x)", (6,), (2, 3), (0,))
row("np.sort(x, axis=0)", (4, 2))
row("np.sort(x, axis=None)", (2, 3))
row("np.partition(x, 2)", (6,), (2, 4))
row("np.partition(x, 1, axis=0)", (4, 2))
row("np.unique(x)", (5,), (2, 3))
row("x[np.argsort(x)]", (5,))
row("np.unique(np.array([3.0, 1.0, 3.0]), return_inverse=True)[1] * x", (3,))

# -- shape ---------------------------------------------------------------------------------------
row("np.tile(x, 3)", (4,), (2, 3), ())
row("np.tile(x, (2, 1, 2))", (4,), (2, 3))
row("np.repeat(x, 2)", (4,), (2, 3))
row("np.repeat(x, 2, axis=1)", (2, 3))
row("np.repeat(x, np.array([1, 0, 2]), axis=0)", (3,), (3, 2))
row("np.roll(x, 2)", (5,), (2, 3))
row("np.roll(x, -1, axis=1)", (2, 3))
row("np.roll(x, (1, -1), axis=(0, 1))", (2, 3))
row("np.triu(x)", (3, 3), (2, 4), (2, 3, 3), (3,))
row("np.tril(x, -1)", (3, 3), (2, 4))
row("np.diag(x)", (3,))
row("np.diag(x, 1)", (3,))
row("np.diagflat(x, -1)", (3,), (2, 2))
row("np.vstack((x, y))", [(3,), (3,)], [(2, 3), (3,)])
row("np.hstack((x, y))", [(3,), (2,)], [(2, 3), (2, 2)])
row("np.dstack((x, y))", [(3,), (3,)], [(2, 3), (2, 3)])
row("np.column_stack((x, y))", [(3,), (3,)], [(2, 3), (2,)])
row("np.append(x, y)", [(3,), (2,)], [(3,), FLOAT], [(2, 2), (3,)])
row("np.append(x, y, axis=0)", [(2, 3), (1, 3)])
row("np.block([[x, y], [y, x]])", [(2, 2), (2, 2)])
row("np.block([x, 2.0, y])", [(2,), (3,)])
row("np.meshgrid(x, y)[0] * np.meshgrid(x, y)[1]", [(3,), (2,)])
row("np.meshgrid(x, y, indexing='ij')[1]", [(3,), (2,)])
row("np.meshgrid(x, y, sparse=True)[0]", [(3,), (2,)])
row("np.broadcast_arrays(x, y)[0] * 2", [(3,), (2, 1)])
row("np.atleast_1d(x)", SCALAR, (3,), ())
row("np.atleast_2d(x)", (3,), (2, 3), ())
row("np.atleast_3d(x)", (3,), (2, 3))
row("np.take(x, 2)", (4,), (2, 3))
row("np.take(x, np.array([0, 2, 2, -1]))", (4,), (2, 3))
row("np.take(x, np.array([[0, 1], [1, 1]]), axis=1)", (2, 3))
row("np.take(x, np.array([0, 7, -3]), mode='wrap')", (4,))
row("np.take(x, np.array([0, 7, -3]), mode='clip')", (4,))
row("np.take_along_axis(x, np.array([[0, 1], [2, 2]]), 1)", (2, 3))
row("np.take_along_axis(x, np.argsort(x, axis=0), 0)", (3, 2))
row("np.compress(np.array([True, False, True]), x)", (3,))
row("np.compress(np.array([True, False, True]), x, axis=1)", (2, 3))
row("np.extract(x > 1, x)", (5,), (2, 3))
row("np.delete(x, 1)", (4,), (2, 3))
row("np.delete(x, np.array([0, 2]), axis=1)", (2, 4))
row("np.delete(x, slice(0, 2))", (4,))
row("np.insert(x, 2, y)", [(4,), FLOAT], [(4,), (2,)])
row("np.insert(x, np.array([0, 2]), y)", [(4,), (2,)], [(4,), FLOAT])
row("np.insert(x, 1, y, axis=1)", [(2, 3), (2,)], [(2, 3), FLOAT])
row("np.vander(x)", (3,))
row("np.vander(x, 4, increasing=True)", (3,))
row("np.polyval(x, y)", [(3,), (4,)], [(3,), FLOAT])
row("np.polymul(x, y)", [(3,), (2,)])
row("np.polyder(x)", (4,))
row("np.linspace(x, y, 5)", [FLOAT, FLOAT], [(2,), (2,)], [(2,), FLOAT])
row("np.linspace(x, 2.0, 5, endpoint=False)", FLOAT)
row("np.linspace(x, y, 3, axis=1)", [(2,), (2,)])
row("np.logspace(x, y, 4)", [FLOAT, FLOAT], tolerance=1e-6, single=False)
row("np.geomspace(x, y, 4)", [FLOAT, FLOAT], single=False)
row("np.pad(x, 2)", (3,), (2, 3))
row("np.pad(x, (1, 2), constant_values=y)", [(3,), FLOAT])
row("np.pad(x, ((1, 0), (0, 2)), constant_values=((1.0, 2.0), (3.0, 4.0)))", (2, 3))
for mode in "edge reflect symmetric wrap maximum minimum mean median linear_ramp".split():
    row(f"np.pad(x, (2, 1), mode='{mode}')", (4,))
    row(f"np.pad(x, ((1, 0), (0, 2)), mode='{mode}')", (3, 4))
row("np.apply_along_axis(lambda v: np.sum(v * v), 0, x)", (3, 2))
row("np.apply_along_axis(lambda v: v / np.sum(v), 1, x)", (2, 3))
row("np.lib.stride_tricks.sliding_window_view(x, 3) * 1.0", (5,))
row("np.lib.stride_tricks.sliding_window_view(x, (2, 2)) * 1.0", (3, 4))
row("x[np.ix_(np.array([0, 1]), np.array([2, 0]))]", (2, 3))
row("x[np.nonzero(x > 1)]", (5,), (2, 3))

# -- more ----------------------------------------------------------------------------------------
row("np.diagonal(x)", (3, 3), (2, 4), (2, 3, 4))
row("np.diagonal(x, 1, 2, 0)", (2, 3, 4))
row("np.diag(x, -1)", (3, 4))
row("np.polyadd(x, y)", [(3,), (2,)], [(2,), (4,)])
row("np.polysub(x, y)", [(3,), (2,)])
row("np.polyint(x)", (3,))
row("np.matrix_transpose(x)", (2, 3), (2, 3, 4))
row("np.resize(x, (2, 5))", (3,), (2, 2))
row("np.union1d(x, y)", [(3,), (4,)])
row("np.setdiff1d(x, np.array([9.0]))", (3,))
row("np.intersect1d(x, x[1:])", (4,))
row("np.setxor1d(x, y)", [(3,), (4,)])
row("x[np.triu_indices(3)]", (3, 3))
row("x[np.tril_indices_from(x, -1)]", (3, 4))
row("x[np.diag_indices(2)]", (2, 3))
row("np.fromfunction(lambda i, j: x * i + j, (2, 3))", FLOAT, (3,))
row("np.vectorize(lambda t: t * t + 1)(x)", (4,), (2, 3))
row(
    "np.vectorize(lambda t, u: t * u if t > u else u)(x, y)",
    [(4,), (4,)],
    [(2, 1), (3,)],
    single=False,
)
row("np.cumulative_sum(x)", (4,))
row("np.cumulative_prod(x, axis=1, include_initial=True)", (2, 3))
row("np.hanning(4) * x", (4,))
row("x * np.finfo(x.dtype).max ** 0", (3,))
row("x.std() + x.var(axis=0).sum() + x.cumsum()[1] + x.cumprod()[2]", (4,), (2, 2))
row("x.take(np.array([1, 0])) + x.repeat(2)[:2] + x.trace()", (2, 2))
row("np.cross(x, y)", [(3,), (3,)], [(2, 3), (3,)], [(2, 3), (2, 3)])
row("np.cross(x, y, axis=0)", [(3, 2), (3, 2)])
