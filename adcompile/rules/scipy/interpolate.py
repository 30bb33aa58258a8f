"""scipy.interpolate: interpolants made outside of the function, evaluated inside.

The object is a constant of the program. Where an interpolant has a kink or a jump, at a knot, the
piece on its right counts, at the last knot the one on its left: as for np.interp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import interpolate

from adcompile.frontend import static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive
from adcompile.rules.dsl import REGISTRY, rule
from adcompile.rules.helpers import compile_time, times
from adcompile.rules.scipy.rows import add_row


def _call(self: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return self(x, *args, **kwargs)


def _row(cls: type, params: str, start: Callable[[Any], Any]) -> Primitive:
    """A row for calls of objects of a class; `start` gives a point where they are defined, which
    stands for samples when the shape of the result is looked for."""

    def trial(self: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        point = np.asarray(start(self))
        shape = (*np.shape(x)[: np.ndim(x) - point.ndim], *point.shape)
        return self(np.full(shape, point), *args, **kwargs)

    key = f"scipy.interpolate.{cls.__name__}"
    prim = add_row("@call", _call, params, "probe", key=key, trial=trial)
    call: Any = _object_call(cls)
    REGISTRY.objects[cls] = call
    REGISTRY.by_callable[call] = prim
    return prim


def _object_call(cls: type) -> Callable[..., Any]:
    """A function of its own for each class: the classes share theirs."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self(*args, **kwargs)

    call.__qualname__ = cls.__name__
    return call


PIECEWISE = _row(interpolate.PPoly, "self$, x, nu=0$, extrapolate=None$", lambda s: s.x[0])
_row(interpolate.BSpline, "self$, x, nu=0$, extrapolate=None$", lambda s: s.t[s.k])
_row(interpolate.UnivariateSpline, "self$, x, nu=0$, ext=None$", lambda s: s.get_knots()[0])
LINE = _row(interpolate.interp1d, "self$, x", lambda s: s.x[0])
GRID = _row(
    interpolate.RegularGridInterpolator,
    "self$, xi",
    lambda s: np.array([points[0] for points in s.grid]),
)


# -- splines and piecewise polynomials -------------------------------------------------------------


@compile_time
def new_axes(axis: int, points: int, ndim: int) -> tuple[int, ...]:
    """The axes of values of a result, which stand around those of the points."""
    return tuple(i for i in range(ndim) if not axis <= i < axis + points)


@compile_time
def axis_of(self: Any) -> int:
    return int(getattr(self, "axis", 0))


def spread(self: Any, slope: Any, x: Any, x_dot: Any) -> Any:
    """slope * x_dot, where each point has an array of values."""
    if np.ndim(x) == 0 or np.ndim(x) == np.ndim(slope):
        return slope * x_dot
    axes = new_axes(axis_of(self), np.ndim(x), np.ndim(slope))
    return slope * np.expand_dims(x_dot, axes)


@rule("scipy.interpolate.PPoly", "scipy.interpolate.BSpline")
def piecewise(self: Any, x: Any, nu: int = 0, extrapolate: Any = None, *, x_dot: Any) -> Any:
    """The object itself knows its derivatives."""
    return spread(self, self(x, nu + 1, extrapolate), x, x_dot)


@rule("scipy.interpolate.UnivariateSpline")
def univariate(self: Any, x: Any, nu: int = 0, ext: Any = None, *, x_dot: Any) -> Any:
    return self(x, nu + 1, ext) * x_dot


# -- lines -----------------------------------------------------------------------------------------


def _steps(values: Any, knots: Any, strict: bool) -> Any:
    """A function that is constant between knots; beyond them nan, if it is strict."""
    return interpolate.PPoly(
        np.asarray(values, dtype=float)[None], np.asarray(knots, dtype=float), not strict
    )


@compile_time
def piece_of(self: Any) -> tuple[Any, Any]:
    """Functions of a point: the knots on its left and on its right."""
    strict = self.bounds_error
    return _steps(self.x[:-1], self.x, strict), _steps(self.x[1:], self.x, strict)


@compile_time
def ends_of(self: Any) -> Any:
    """Beyond which points it is constant; None of an object that goes on or raises there."""
    constant = not self.bounds_error and not isinstance(self.fill_value, str)
    return (float(self.x[0]), float(self.x[-1])) if constant else None


@rule("scipy.interpolate.interp1d")
def line(self: Any, x: Any, *, x_dot: Any) -> Any:
    """The values are read when it runs, the knots when it is compiled."""
    left, right = piece_of(self)
    ends = ends_of(self)
    low, high = left(x), right(x)
    slope = (self(high) - self(low)) / (high - low)
    if ends is None:
        return slope * x_dot
    return np.where(np.logical_or(x < ends[0], x > ends[1]), 0.0, slope) * x_dot


def _lower_line(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    held = args[0].value
    if getattr(held, "_kind", None) != "linear" or np.ndim(held.y) != 1:
        raise cx.refuse(
            "interp1d is supported for kind='linear' and one value a point",
            "Use scipy.interpolate.make_interp_spline(x, y, k=3) outside of the function.",
        )
    return primitives.emit_bound(cx, LINE, args, kwargs)


SPECIAL[REGISTRY.objects[interpolate.interp1d]] = _lower_line


# -- grids -----------------------------------------------------------------------------------------


@compile_time
def cell_of(self: Any, axis: int) -> tuple[Any, Any]:
    """Functions of a coordinate: the grid points below and above it."""
    points, strict = self.grid[axis], self.bounds_error
    return _steps(points[:-1], points, strict), _steps(points[1:], points, strict)


@compile_time
def coordinates_of(self: Any) -> int:
    return len(self.grid)


@compile_time
def box_of(self: Any) -> Any:
    """The corners of a grid beyond which it is constant."""
    if self.bounds_error or self.fill_value is None:
        return None
    return tuple((float(points[0]), float(points[-1])) for points in self.grid)


@rule("scipy.interpolate.RegularGridInterpolator")
def grid(self: Any, xi: Any, *, xi_dot: Any) -> Any:
    """Linear in each coordinate inside of a cell: its slope is that between two faces."""
    count = coordinates_of(self)
    box = box_of(self)
    total = 0.0
    for axis in times(count):
        below, above = cell_of(self, axis)
        low, high = below(xi[..., axis]), above(xi[..., axis])
        here = np.arange(count) == axis
        rise = self(np.where(here, np.expand_dims(high, -1), xi))
        rise = rise - self(np.where(here, np.expand_dims(low, -1), xi))
        slope = rise / (high - low)
        if box is not None:
            beyond = np.logical_or(xi[..., axis] < box[axis][0], xi[..., axis] > box[axis][1])
            slope = np.where(beyond, 0.0, slope)
        total = total + slope * xi_dot[..., axis]
    return total


def _lower_grid(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("self", "xi", "method"), args, strict=False)) | kwargs
    held = given["self"].value
    method = static.value(cx, given.pop("method", Lit(None)), "the method") or held.method
    if method != held.method or method != "linear" or held.values.ndim != len(held.grid):
        raise cx.refuse(
            "RegularGridInterpolator is supported for method='linear' and one value a point",
            "Make one with method='linear' for each component of the values.",
        )
    return primitives.emit_bound(cx, GRID, [], given)


SPECIAL[REGISTRY.objects[interpolate.RegularGridInterpolator]] = _lower_grid


# -- what is made inside ---------------------------------------------------------------------------

OUTSIDE = (
    "Make it outside of the differentiated function, where it is a constant; for derivatives in "
    "the values use np.interp, or write the linear system of the spline with np.linalg.solve."
)
for _name in interpolate.__all__:
    _found = getattr(interpolate, _name)
    if callable(_found):
        REGISTRY.refused[_found] = OUTSIDE
for _cls in (
    interpolate.BarycentricInterpolator,
    interpolate.KroghInterpolator,
    interpolate.LinearNDInterpolator,
    interpolate.NearestNDInterpolator,
    interpolate.CloughTocher2DInterpolator,
    interpolate.RBFInterpolator,
    interpolate.RectBivariateSpline,
):
    _fn = REGISTRY.objects[_cls] = _object_call(_cls)
    REGISTRY.refused[_fn] = (
        "Use RegularGridInterpolator or a spline, or give a function around it a rule with @rule."
    )
