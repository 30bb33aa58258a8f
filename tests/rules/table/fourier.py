"""numpy.fft."""

from __future__ import annotations

from tests.rules.table.row import Row, every

ROWS: list[Row] = []

ROWS += every(
    [(4,), (3, 4)],
    """
    np.abs(np.fft.fft(x)) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2)) * (1 + 2j))
    np.abs(np.fft.fft(x, n=3)) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), n=3) * (1 + 2j))
    np.abs(np.fft.fft(x, n=6)) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), n=6) * (1 + 2j))
    np.abs(np.fft.fft(x, axis=0)) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), axis=0) * (1 + 2j))
    np.abs(np.fft.fft(x, norm='ortho')) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), norm='ortho') * (1 + 2j))
    np.abs(np.fft.fft(x, norm='forward')) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), norm='forward') * (1 + 2j))
    np.abs(np.fft.fft(x, axis=-1, n=5)) ** 2
    np.real(np.fft.fft((x + 1j * x ** 2), axis=-1, n=5) * (1 + 2j))
    np.abs(np.fft.ifft(x)) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2)) * (1 + 2j))
    np.abs(np.fft.ifft(x, n=3)) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), n=3) * (1 + 2j))
    np.abs(np.fft.ifft(x, n=6)) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), n=6) * (1 + 2j))
    np.abs(np.fft.ifft(x, axis=0)) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), axis=0) * (1 + 2j))
    np.abs(np.fft.ifft(x, norm='ortho')) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), norm='ortho') * (1 + 2j))
    np.abs(np.fft.ifft(x, norm='forward')) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), norm='forward') * (1 + 2j))
    np.abs(np.fft.ifft(x, axis=-1, n=5)) ** 2
    np.real(np.fft.ifft((x + 1j * x ** 2), axis=-1, n=5) * (1 + 2j))
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(4,), (5,), (3, 4)],
    """
    np.abs(np.fft.rfft(x)) ** 2
    np.abs(np.fft.rfft(x, n=3)) ** 2
    np.abs(np.fft.rfft(x, n=7)) ** 2
    np.abs(np.fft.rfft(x, axis=0)) ** 2
    np.abs(np.fft.rfft(x, norm='ortho')) ** 2
    np.abs(np.fft.ihfft(x)) ** 2
    np.abs(np.fft.ihfft(x, n=3)) ** 2
    np.abs(np.fft.ihfft(x, n=7)) ** 2
    np.abs(np.fft.ihfft(x, axis=0)) ** 2
    np.abs(np.fft.ihfft(x, norm='ortho')) ** 2
    np.fft.irfft((x + 1j * x ** 2))
    np.fft.irfft((x + 1j * x ** 2), n=5)
    np.fft.irfft((x + 1j * x ** 2), n=7)
    np.fft.irfft((x + 1j * x ** 2), axis=0)
    np.fft.irfft((x + 1j * x ** 2), norm='ortho')
    np.fft.hfft((x + 1j * x ** 2))
    np.fft.hfft((x + 1j * x ** 2), n=5)
    np.fft.hfft((x + 1j * x ** 2), n=7)
    np.fft.hfft((x + 1j * x ** 2), axis=0)
    np.fft.hfft((x + 1j * x ** 2), norm='ortho')
    np.fft.fftshift(x)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(4,)],
    """
    np.fft.irfft(x)
    np.fft.hfft(x)
    np.fft.fftfreq(4) * x + np.fft.fftfreq(4, 0.1) + np.fft.fftfreq(4, d=x[0])
    np.fft.rfftfreq(4, d=x[0])
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 4), (3, 4)],
    """
    np.abs(np.fft.fft2(x)) ** 2
    np.abs(np.fft.fft2(x, s=(2, 5))) ** 2
    np.abs(np.fft.fft2(x, axes=(0, 1))) ** 2
    np.abs(np.fft.fft2(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.fft2(x, norm='ortho')) ** 2
    np.abs(np.fft.fft2(x, s=(4, 3))) ** 2
    np.abs(np.fft.ifft2(x)) ** 2
    np.abs(np.fft.ifft2(x, s=(2, 5))) ** 2
    np.abs(np.fft.ifft2(x, axes=(0, 1))) ** 2
    np.abs(np.fft.ifft2(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.ifft2(x, norm='ortho')) ** 2
    np.abs(np.fft.ifft2(x, s=(4, 3))) ** 2
    np.abs(np.fft.fftn(x)) ** 2
    np.abs(np.fft.fftn(x, s=(2, 5), axes=(0, 1))) ** 2
    np.abs(np.fft.fftn(x, axes=(0, 1))) ** 2
    np.abs(np.fft.fftn(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.fftn(x, norm='ortho')) ** 2
    np.abs(np.fft.fftn(x, s=(4,), axes=(0,))) ** 2
    np.abs(np.fft.ifftn(x)) ** 2
    np.abs(np.fft.ifftn(x, s=(2, 5), axes=(0, 1))) ** 2
    np.abs(np.fft.ifftn(x, axes=(0, 1))) ** 2
    np.abs(np.fft.ifftn(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.ifftn(x, norm='ortho')) ** 2
    np.abs(np.fft.ifftn(x, s=(4,), axes=(0,))) ** 2
    np.abs(np.fft.rfft2(x)) ** 2
    np.abs(np.fft.rfft2(x, s=(2, 5))) ** 2
    np.abs(np.fft.rfft2(x, axes=(0, 1))) ** 2
    np.abs(np.fft.rfft2(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.rfft2(x, norm='ortho')) ** 2
    np.abs(np.fft.rfft2(x, s=(4, 3))) ** 2
    np.abs(np.fft.rfftn(x)) ** 2
    np.abs(np.fft.rfftn(x, s=(2, 5), axes=(0, 1))) ** 2
    np.abs(np.fft.rfftn(x, axes=(0, 1))) ** 2
    np.abs(np.fft.rfftn(x, axes=(-1, 0))) ** 2
    np.abs(np.fft.rfftn(x, norm='ortho')) ** 2
    np.abs(np.fft.rfftn(x, s=(4,), axes=(0,))) ** 2
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 4)],
    """
    np.fft.irfft2((x + 1j * x ** 2))
    np.fft.irfft2((x + 1j * x ** 2), s=(3, 5), axes=(0, 1))
    np.fft.irfft2((x + 1j * x ** 2), axes=(1, 0))
    np.fft.irfft2((x + 1j * x ** 2), norm='forward')
    np.fft.irfftn((x + 1j * x ** 2))
    np.fft.irfftn((x + 1j * x ** 2), s=(3, 5), axes=(0, 1))
    np.fft.irfftn((x + 1j * x ** 2), axes=(1, 0))
    np.fft.irfftn((x + 1j * x ** 2), norm='forward')
    np.fft.ifftshift(x, axes=0)
    np.fft.fftshift(x, axes=(0, 1))
    """,
    tolerance=1e-06,
)

ROWS += every([(4,)], "np.fft.fft(x, out=np.zeros(4, complex)).real", tolerance=1e-06, single=False)

ROWS += every(
    [[(4,), (4,)]],
    "np.fft.fft(x)[0].real * np.fft.ifft(np.fft.fft(x) * np.fft.fft(y)).real",
    tolerance=1e-06,
)
