"""numpy.fft: every transform, cropped and padded, in every normalisation."""

from __future__ import annotations

import pytest

from tests.rules.checking import check, comp, real, row

ROWS = [
    row("np.fft.fft(a)", a=real(4)),
    row("np.fft.fft(a, 3)", a=comp(5)),
    row("np.fft.fft(a, n=6, axis=0, norm='ortho')", a=comp(4, 2), order=1),
    row("np.abs(np.fft.fft(a))**2", a=real(2, 3)),
    row("np.fft.ifft(a)", a=comp(4)),
    row("np.fft.ifft(a, 5, norm='forward')", a=real(4), order=1),
    row("np.fft.rfft(a)", a=real(5)),
    row("np.fft.rfft(a, 4, axis=0)", a=real(6, 2), order=1),
    row("np.fft.rfft(a, 7, norm='ortho')", a=real(2, 5), order=1),
    row("np.fft.irfft(a)", a=comp(4)),
    row("np.fft.irfft(a, 5)", a=comp(3)),
    row("np.fft.irfft(a, 4, axis=0, norm='forward')", a=comp(5, 2), order=1),
    row("np.fft.irfft(a, 8)", a=real(3), order=1),
    row("np.fft.irfft(np.fft.rfft(a) * np.fft.rfft(b), len(a))", a=real(5), b=real(5)),
    row("np.fft.hfft(a)", a=comp(4)),
    row("np.fft.hfft(a, 5, norm='ortho')", a=comp(4), order=1),
    row("np.fft.ihfft(a)", a=real(6)),
    row("np.fft.ihfft(a, 4, norm='forward')", a=real(5), order=1),
    row("np.fft.fft2(a)", a=comp(3, 2)),
    row("np.fft.ifft2(a, s=(2, 4))", a=comp(3, 3), order=1),
    row("np.fft.rfft2(a)", a=real(2, 3, 4)),
    row("np.fft.irfft2(a, s=(3, 5))", a=comp(3, 3), order=1),
    row("np.fft.fftn(a)", a=real(2, 3, 2), order=1),
    row("np.fft.fftn(a, axes=(0, 2), norm='ortho')", a=comp(2, 3, 2), order=1),
    row("np.fft.ifftn(a, s=(3, 3), axes=(0, 1))", a=comp(2, 4), order=1),
    row("np.fft.rfftn(a)", a=real(3, 4), order=1),
    row("np.fft.rfftn(a, s=(2, 5), axes=(1, 0))", a=real(4, 3), order=1),
    row("np.fft.irfftn(a, norm='ortho')", a=comp(2, 3), order=1),
    row("np.fft.irfftn(a, s=(3, 4), axes=(1, 0))", a=comp(3, 2), order=1),
    row("np.fft.fftshift(a)**2", a=real(5)),
    row("np.fft.ifftshift(a, axes=1)**2", a=real(2, 5)),
    row("np.fft.fftshift(a, axes=(0, 1)) * a", a=comp(2, 3)),
    row("np.fft.fftfreq(5, d) * a", a=real(5), d=real(signed=False)),
    row("np.fft.rfftfreq(len(a), d=d)[:3] * a[:3]", a=real(5), d=real(signed=False)),
    row("np.fft.ifft(1j * np.fft.fftfreq(len(a)) * np.fft.fft(a)).real", a=real(6)),
]


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)
