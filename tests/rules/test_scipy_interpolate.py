"""scipy.interpolate: interpolants made outside, evaluated inside."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.interpolate as interpolate

from adcompile import grad, jvp, value_and_grad
from adcompile.errors import ADCompileError, MissingRule, UnsupportedSyntax
from tests.checks import Probe, check_duality, check_forward, check_second_order
from tests.helpers import import_source

RNG = np.random.default_rng(4)
KNOTS = np.linspace(0.0, 4.0, 9)
VALUES = RNG.normal(size=9)
PLANES = RNG.normal(size=(9, 2, 3))
POINTS = np.array([[0.3, 2.71], [1.1, 3.33]])
MADE = {
    "CubicSpline": interpolate.CubicSpline(KNOTS, VALUES),
    "natural": interpolate.CubicSpline(KNOTS, VALUES, bc_type="natural"),
    "Pchip": interpolate.PchipInterpolator(KNOTS, VALUES),
    "Akima": interpolate.Akima1DInterpolator(KNOTS, VALUES),
    "BSpline": interpolate.make_interp_spline(KNOTS, VALUES, k=3),
    "quintic": interpolate.make_interp_spline(KNOTS, VALUES, k=5),
    "derivative": interpolate.CubicSpline(KNOTS, VALUES).derivative(),
    "UnivariateSpline": interpolate.UnivariateSpline(KNOTS, VALUES, s=0.1),
    "interp1d": interpolate.interp1d(KNOTS, VALUES),
    "extrapolated": interpolate.interp1d(KNOTS, VALUES, fill_value="extrapolate"),
    "filled": interpolate.interp1d(KNOTS, VALUES, fill_value=0.5, bounds_error=False),
}
MANY = {
    "CubicSpline": interpolate.CubicSpline(KNOTS, PLANES),
    "BSpline": interpolate.make_interp_spline(KNOTS, PLANES, k=3),
    "axis": interpolate.CubicSpline(KNOTS, PLANES.transpose(1, 0, 2), axis=1),
}
GRIDS = {
    1: interpolate.RegularGridInterpolator((KNOTS,), VALUES),
    2: interpolate.RegularGridInterpolator((KNOTS, KNOTS[:4]), RNG.normal(size=(9, 4))),
    3: interpolate.RegularGridInterpolator((KNOTS,) * 3, RNG.normal(size=(9, 9, 9))),
}
SOURCE = """
import numpy as np


def f(x):
    return curve(x)


def cubed(x):
    v = curve(x)
    return np.sum(v * v * v)
"""


def module_of(curve, directory):
    return import_source(SOURCE, directory, "curve", curve=curve)


@pytest.mark.parametrize("points", [1.3, np.float64(2.71), POINTS[0], POINTS, np.array(0.3)])
@pytest.mark.parametrize("name", MADE)
def test_evaluation(name, points, tmp_path):
    module = module_of(MADE[name], tmp_path)
    probe = Probe(module.f, lambda: (points,), (0,), tolerance=1e-6)
    check_forward(probe)
    check_duality(probe)
    if isinstance(points, np.ndarray) and points.ndim == 1:
        check_second_order(Probe(module.cubed, lambda: (points,), (0,), tolerance=1e-6), tmp_path)


@pytest.mark.parametrize("points", [1.3, POINTS[0], POINTS])
@pytest.mark.parametrize("name", MANY)
def test_arrays_of_values(name, points, tmp_path):
    module = module_of(MANY[name], tmp_path)
    probe = Probe(module.f, lambda: (points,), (0,), tolerance=1e-6)
    check_forward(probe)
    check_duality(probe)


@pytest.mark.parametrize("count", GRIDS)
def test_grids(count, tmp_path):
    module = module_of(GRIDS[count], tmp_path)
    points = np.random.default_rng(1).uniform(0.05, 1.45, (5, count))
    for x in (points, points[0], points[None]):
        probe = Probe(module.f, lambda x=x: (x,), (0,), tolerance=1e-6)
        check_forward(probe)
        check_duality(probe)
    check_second_order(Probe(module.cubed, lambda: (points,), (0,), tolerance=1e-5), tmp_path)


line = MADE["interp1d"]
filled = MADE["filled"]
extrapolated = MADE["extrapolated"]
spline = MADE["CubicSpline"]
plane = interpolate.RegularGridInterpolator(
    (KNOTS, KNOTS), np.add.outer(KNOTS, 2 * KNOTS), bounds_error=False, fill_value=7.0
)
beyond = interpolate.RegularGridInterpolator(
    (KNOTS, KNOTS), np.add.outer(KNOTS, 2 * KNOTS), bounds_error=False, fill_value=None
)


def sum_filled(x):
    return np.sum(filled(x))


def sum_extrapolated(x):
    return np.sum(extrapolated(x))


def sum_line(x):
    return np.sum(line(x))


strict = interpolate.RegularGridInterpolator((KNOTS,), VALUES)


def sum_strict(x):
    return np.sum(strict(x))


def slopes(k):
    return np.diff(VALUES)[k] / 0.5


def test_knots_and_ends():
    """At a knot the piece on its right, at the last one that on its left; outside a constant."""
    x = np.array([-1.0, 0.0, 0.5, 4.0, 5.0])
    inner = [slopes(0), slopes(1), slopes(-1)]
    np.testing.assert_allclose(grad(sum_filled)(x), [0.0, *inner, 0.0])
    np.testing.assert_allclose(grad(sum_extrapolated)(x), [inner[0], *inner, inner[-1]])
    # Where the value is needed it raises; where it is not, there is no slope to give.
    with pytest.raises(ValueError, match="interpolation range"):
        value_and_grad(sum_line)(x)
    np.testing.assert_allclose(grad(sum_line)(x), [np.nan, *inner, np.nan])
    with pytest.raises(ValueError, match="out of bounds"):
        grad(sum_strict)(x[:, None])


def sum_plane(x):
    return np.sum(plane(x))


def sum_beyond(x):
    return np.sum(beyond(x))


def test_grid_points_and_ends():
    x = np.array([[0.5, 1.0], [4.0, 4.0], [5.0, 1.2], [1.2, -1.0]])
    np.testing.assert_allclose(grad(sum_plane)(x), [[1, 2], [1, 2], [0, 0], [0, 0]])
    np.testing.assert_allclose(grad(sum_beyond)(x), np.tile([1.0, 2.0], (4, 1)))


def of_derivative(x):
    return spline(x, 1)


def in_a_loop(x):
    for _ in range(3):
        x = x + 0.1 * spline(x, nu=0)
    return x


def test_derivatives_and_loops():
    assert grad(of_derivative)(1.3) == spline(1.3, 2)
    value, slope = value_and_grad(in_a_loop)(1.3)
    assert value == in_a_loop(1.3)
    h = 1e-6
    assert slope == pytest.approx((in_a_loop(1.3 + h) - in_a_loop(1.3 - h)) / (2 * h), rel=1e-8)
    assert jvp(in_a_loop, (1.3,), (1.0,))[1] == pytest.approx(slope, rel=1e-14)


cubic = interpolate.interp1d(KNOTS, VALUES, kind="cubic")
nearest = interpolate.RegularGridInterpolator((KNOTS,), VALUES, method="nearest")
krogh = interpolate.KroghInterpolator(KNOTS[:4], VALUES[:4])
scattered = interpolate.RBFInterpolator(RNG.normal(size=(5, 2)), RNG.normal(size=5))


def of_cubic(x):
    return cubic(x)


def of_nearest(x):
    return nearest(x[None])[0]


def of_krogh(x):
    return krogh(x)


def of_scattered(x):
    return scattered(x[None])[0]


def made_inside(y):
    return interpolate.CubicSpline(KNOTS, y)(1.2)


def made_by_function(y):
    return interpolate.make_interp_spline(KNOTS, y)(1.2)


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (of_cubic, 1.2, r"make_interp_spline"),
        (of_nearest, np.array([1.2]), r"method='linear'"),
        (of_krogh, 1.2, r"KroghInterpolator is not supported[\s\S]*spline"),
        (of_scattered, np.array([1.2, 0.3]), r"RBFInterpolator is not supported"),
        (made_inside, VALUES, r"CubicSpline is not supported[\s\S]*outside"),
        (made_by_function, VALUES, r"make_interp_spline is not supported[\s\S]*outside"),
    ],
)
def test_refused(f, x, message):
    with pytest.raises(ADCompileError, match=message) as caught:
        grad(f)(x)
    assert isinstance(caught.value, (UnsupportedSyntax, MissingRule))
    assert "test_scipy_interpolate.py" in str(caught.value)
