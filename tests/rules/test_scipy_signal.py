"""scipy.signal and scipy.fft."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adcompile import ADCompileError, grad
from tests.rules.checking import check, comp, real, row

ss = pytest.importorskip("scipy.signal")
sf = pytest.importorskip("scipy.fft")


def case(body, **more):
    return replace(row(body, **more), fixed={"ss": ss, "sf": sf})


CONVOLUTIONS = [
    *(
        case(f"ss.{name}(a, b, '{mode}')", a=real(6), b=real(3), order=1 + (name == "convolve"))
        for name in ("convolve", "fftconvolve", "oaconvolve", "correlate")
        for mode in ("full", "same", "valid")
    ),
    case("ss.convolve(a, b, 'same')", a=real(3), b=real(4), order=1),
    case("ss.convolve(a, b, mode='valid')", a=real(3), b=real(5), order=1),
    case("ss.correlate(a, b, 'valid')", a=real(3), b=real(5), order=1),
    case("ss.convolve(a, b, 'same')", a=real(4, 5), b=real(3, 2)),
    case("ss.fftconvolve(a, b)", a=comp(4), b=comp(3)),
    case("ss.correlate(a, b)", a=comp(4), b=comp(3), order=1),
]

FILTERS = [
    case("ss.lfilter(b, a + np.array([2.0, 0.0, 0.0]), x)", b=real(2), a=real(3), x=real(6)),
    case("ss.lfilter(b, 1.0, x, axis=0)", b=real(3), x=real(5, 2), order=1),
    case("ss.sosfilt(s * [1, 1, 1, 0, 1, 1] + np.array([0.0, 0, 0, 1, 0, 0]), x)",
         s=real(2, 6), x=real(5), order=1, tolerance=1e-5),
    case("ss.savgol_filter(x, 5, 2)**2", x=real(9)),
    case("ss.savgol_filter(x, 5, 3, deriv=1, delta=0.5, axis=0)**2", x=real(7, 2), order=1),
    case("ss.detrend(x)**2", x=real(6)),
    case("ss.detrend(x, axis=0, type='constant')**2", x=real(4, 2), order=1),
    case("np.abs(ss.hilbert(x))", x=real(6)),
    case("ss.hilbert(x, axis=0)", x=real(5, 2), order=1),
    case("x * ss.windows.hann(len(x)) + ss.get_window('hamming', 5)", x=real(5), order=1),
]  # fmt: skip

TRANSFORMS = [
    case("sf.fft(a, 3)", a=comp(5)),
    case("sf.irfft(sf.rfft(a, axis=0, norm='ortho') * 2.0, 5, axis=0)", a=real(5, 2), order=1),
    case("sf.ifft2(a)", a=comp(3, 2), order=1),
    case("sf.rfftn(a, axes=(1, 0))", a=real(3, 4), order=1),
    case("sf.hfft(sf.ihfft(a), 6) + sf.fftshift(a) * sf.fftfreq(6)", a=real(6), order=1),
    *(
        case(f"sf.{name}(a, {kind}{norm})", a=real(5), order=1)
        for name in ("dct", "dst", "idct", "idst")
        for kind in (1, 2, 3, 4)
        for norm in ("", ", norm='ortho'", ", norm='forward'")
    ),
    case("sf.dct(a, axis=0)**2", a=real(4, 3)),
    case("sf.dct(a, 2, 3)", a=real(2, 5), order=1),
    case("sf.dst(a, 3, 7, norm='ortho')", a=real(5), order=1),
    case("sf.idctn(sf.dctn(a) * a, axes=(0,))", a=real(3, 4), order=1),
]


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolutions(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", FILTERS, ids=str)
def test_filters(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", TRANSFORMS, ids=str)
def test_transforms(case, tmp_path):
    check(case, tmp_path)


def spectrum(x):
    return np.sum(ss.welch(x)[1])


def test_the_rest_is_refused_by_name():
    with pytest.raises(ADCompileError, match="welch is not supported"):
        grad(spectrum)(np.ones(8))
