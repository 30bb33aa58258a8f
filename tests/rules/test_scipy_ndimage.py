"""scipy.ndimage: filters with constant weights, in every way to continue an array."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adcompile import ADCompileError, grad
from tests.rules.checking import check, real, row

nd = pytest.importorskip("scipy.ndimage")

MODES = "reflect mirror nearest wrap constant grid-mirror grid-wrap grid-constant".split()
K = np.array([[1.0, -0.5, 0.3], [0.2, 2.0, 0.7]])
ODD = np.array([[0.5, 1.0, -2.0], [0.1, 0.2, 0.3], [1.5, -1.0, 0.4]])


def case(body, **more):
    return replace(row(body, **more), fixed={"nd": nd, "K": K, "ODD": ODD})


ROWS = [
    *(case(f"nd.correlate1d(x, [1.0, 2.0, -0.5, 0.3], mode='{m}', cval=2.0)**2", x=real(5))
      for m in MODES),
    *(case(f"nd.correlate(x, K, mode='{m}', cval=2.0)**2", x=real(4, 5), order=1) for m in MODES),
    *(case(f"nd.correlate1d(x, [1.0, 2.0, -0.5, 0.3, 0.9], mode='{m}')", x=real(2), order=1)
      for m in MODES),
    *(case(f"nd.correlate1d(x, [1.0, 2.0, 0.4, 0.1], 0, origin={o})", x=real(5, 2), order=1)
      for o in (-2, -1, 0, 1)),
    *(case(f"nd.convolve1d(x, {w}, 1, None, 'wrap', origin={o})", x=real(2, 5), order=1)
      for w in ([1.0, 2.0, 0.4], [1.0, 2.0, 0.4, 0.1]) for o in (-1, 0, 1)),
    *(case(f"nd.convolve(x, K, mode='{m}', origin=(0, 1))", x=real(4, 5), order=1) for m in MODES),
    case("nd.convolve(x, ODD, mode='constant', cval=1.0)**2", x=real(3, 4)),
    case("nd.correlate(x, ODD, mode='nearest', origin=1)", x=real(4, 5)),
    case("nd.correlate(x, ODD[None], mode='constant')", x=real(2, 4, 3), order=1),
    case("nd.gaussian_filter(x, 0.8)**2", x=real(6, 5)),
    case("nd.gaussian_filter(x, (0.8, 0.5), order=(1, 0), mode=('wrap', 'mirror'))", x=real(6, 5),
         order=1),
    case("nd.gaussian_filter(x, (0.8, 0.0), radius=2)", x=real(6, 5), order=1),
    case("nd.gaussian_filter(x, 0.7, axes=(1,), truncate=2.0)", x=real(6, 5), order=1),
    case("nd.gaussian_filter1d(x, 1.3, order=2, mode='nearest')", x=real(7), order=1),
    case("nd.sobel(x) * nd.sobel(x, 0)", x=real(4, 5)),
    case("nd.prewitt(x, mode='constant', cval=1.0)", x=real(4, 5), order=1),
    case("nd.laplace(x)", x=real(4, 5), order=1),
]  # fmt: skip


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.7])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_weights_of_a_gaussian_filter_are_scipys(sigma, order):
    def f(x):
        return np.sum(nd.gaussian_filter1d(x, sigma, order=order) ** 2)

    x = np.random.default_rng(1).uniform(-1, 1, 12)
    gradient = grad(f)(x)
    steps = [(f(x + 1e-6 * e) - f(x - 1e-6 * e)) / 2e-6 for e in np.eye(12)]
    np.testing.assert_allclose(gradient, steps, atol=1e-8)


def the_width(x, sigma):
    return np.sum(nd.gaussian_filter(x, sigma) ** 2)


def the_weights(x, sigma):
    return np.sum(nd.correlate1d(np.ones(5), x) * sigma)


def median(x, sigma):
    return np.sum(nd.median_filter(x, 3)) * sigma


def output(x, sigma):
    out = np.zeros(5)
    nd.gaussian_filter(x, 1.0, output=out)
    return np.sum(out)


@pytest.mark.parametrize(
    ("function", "argnums", "says"),
    [(the_width, 1, "sigma"), (the_weights, 0, "weights"), (median, 0, "gaussian_filter"),
     (output, 0, "Assign the result")],
)  # fmt: skip
def test_refused(function, argnums, says):
    with pytest.raises(ADCompileError, match=says) as error:
        grad(function, argnums)(np.arange(1.0, 6.0), 1.5)
    assert "test_scipy_ndimage.py" in str(error.value)


def test_a_width_that_is_an_argument():
    x = np.arange(1.0, 6.0) ** 2
    gradient = grad(the_width)
    for sigma in (0.5, 2.0, 0.0):
        steps = [
            (the_width(x + 1e-5 * e, sigma) - the_width(x - 1e-5 * e, sigma)) / 2e-5
            for e in np.eye(5)
        ]
        np.testing.assert_allclose(gradient(x, sigma), steps, rtol=1e-6)
