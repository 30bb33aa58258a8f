"""NumPy's functions of complex matrices, in the forms beside the plain call."""

from __future__ import annotations

import re

import pytest

from tests.rules.checking import check, comp, real, row

MATRIX = """
np.cumsum(z)
np.cumsum(z, axis=0)
np.cumprod(z)
np.cumprod(z, axis=1)
np.prod(z)
np.prod(z, axis=0)
np.sum(z, axis=0)
np.mean(z, axis=1)
np.var(z)
np.var(z, axis=0, ddof=1)
np.std(z)
np.std(z, axis=1)
np.diff(z)
np.roll(z, 1)
np.tile(z, 2)
np.repeat(z, 2, axis=1)
np.flip(z)
np.triu(z)
np.tril(z)
np.diag(z[0])
np.diagonal(z)
np.trace(z)
np.transpose(z)
z.T
z.conj()
np.conj(z).T
z.real * z.imag
np.abs(z)
np.angle(z)
np.angle(z, deg=True)
np.square(z)
np.reciprocal(z)
np.sqrt(z)
np.exp(z)
np.log(z)
np.sin(z)
np.tanh(z)
z ** 2
z ** (-1)
z ** 0.5
np.power(z, 3)
2.0 ** z
np.expm1(z)
np.log1p(z)
np.exp2(z)
np.log2(z)
np.log10(z)
np.arcsin(z)
np.arccos(z)
np.arctan(z)
np.sinh(z)
np.cosh(z)
np.arcsinh(z)
np.arccosh(z)
np.arctanh(z)
np.tan(z)
np.where(np.real(z) > 0, z, 2 * z)
np.concatenate([z, z])
np.stack([z, z])
np.vstack([z, z])
np.pad(z, 1)
np.pad(z, 1, mode='edge')
np.pad(z, 1, mode='mean')
np.pad(z, 1, mode='linear_ramp')
np.trapezoid(z)
np.gradient(z)[0]
np.average(z, axis=0)
np.average(z, axis=1, weights=[1.0, 2.0, 3.0])
np.cov(z)
np.corrcoef(z)
np.linalg.norm(z)
np.linalg.norm(z, axis=0)
np.linalg.norm(z, 1)
np.linalg.norm(z, 3, axis=1)
np.linalg.norm(z, np.inf)
np.outer(z[0], z[1])
np.vdot(z[0], z[1])
np.inner(z, z)
np.dot(z, z.T)
np.kron(z, z)
np.tensordot(z, z)
np.einsum('ij,kj->ik', z, z)
np.cross(z[0], z[1])
np.convolve(z[0], z[1])
np.correlate(z[0], z[1], 'full')
np.correlate(z[0], z[1], 'same')
np.convolve(z[0], z[1][:2], 'valid')
np.correlate(z[0], z[1][:2], 'valid')
np.polyval(z[0], z[1])
np.polymul(z[0], z[1])
np.vander(z[0])
np.vander(z[0], 4)
np.fft.fft(z)
np.fft.ifft(z, axis=0)
np.fft.fft2(z)
np.fft.fftn(z)
np.fft.irfft(z)
np.fft.hfft(z)
np.fft.fftshift(z)
np.linspace(z[0], z[1], 4)
np.geomspace(z[0], z[1], 4)
np.sinc(z)
np.take(z, [0, 2], axis=1)
np.take_along_axis(z, np.array([[0], [1]]), 1)
z[::-1]
z[:, 1:]
np.insert(z, 1, z[0], axis=0)
np.delete(z, 0, axis=1)
np.append(z, z)
np.full(3, z[0, 0])
np.full_like(z, z[0, 0])
np.real(z)
np.imag(z)
np.abs(z) ** 2
(z * np.conj(z)).real
np.sum(np.abs(z) ** 2, axis=0)
np.nansum(z)
np.nanmean(z)
np.nanvar(z)
np.add.reduce(z)
np.multiply.reduce(z)
np.add.accumulate(z)
np.multiply.outer(z, z)
np.add.reduceat(z[0], [0, 2])
np.multiply.reduceat(z[0], [0, 2])
np.interp([0.2, 0.9], [0.0, 0.5, 1.0], z[0])
np.unwrap(np.angle(z))
np.positive(z)
-z
np.true_divide(z, 2.0)
np.divide(1.0, z)
np.float_power(z, 2)
np.vecdot(z, z)
np.matvec(z, z[0])
np.vecmat(z[:, 0], z)
np.matrix_transpose(z)
np.linalg.multi_dot([z, z.T, z])
np.bincount([0, 1, 1], np.real(z[0]))
np.apply_along_axis(np.sum, 0, z)
np.prod(z, where=np.real(z) > 0)
np.sum(z, initial=2.0)
np.prod(z, initial=1j)
np.broadcast_to(z, (2, 2, 3))
np.reshape(z, -1)
np.ravel(z)
z.flatten()
np.unique(z)
np.mean(z, where=np.real(z) > 0)
np.var(z, where=np.real(z) > 0)
np.moveaxis(z, 0, 1)
np.rot90(z)
np.squeeze(z[None])
np.block([z, z])
np.meshgrid(z[0], z[1])[0]
np.linalg.pinv(z)
np.linalg.svd(z, compute_uv=False)
np.ediff1d(z)
np.resize(z, (3, 3))
np.fliplr(z)
np.choose(np.array([0, 1, 0]), [z[0], z[1]])
np.select([np.real(z) > 0], [z * z], 1j)
np.logaddexp(np.real(z), np.imag(z))
np.hypot(np.real(z), np.imag(z))
np.arctan2(np.imag(z), np.real(z))
np.exp(1j * np.real(z))
np.lib.stride_tricks.sliding_window_view(z, 2, axis=1) * 1
np.polyfit([0.0, 1.0, 2.0], z[0], 1)
np.poly(z[0])
np.polydiv(z[0], z[1][:2])[0]
np.histogram([0.1, 0.5, 0.9], bins=2, weights=np.real(z[0]))[0]
np.iscomplex(z) * z
np.isreal(z) * z
np.linalg.vector_norm(z)
np.heaviside(np.real(z), 0.5) * z
"""

PAIRS = """z * w, z / w, z + w, z - w, z**w, np.vdot(z, w), np.dot(z, w), np.outer(z, w),
    np.convolve(z, w), np.correlate(z, w, 'full'), np.vecdot(z, w), np.inner(z, w),
    np.where(np.real(z) > 0, z, w)"""
KINDS = ({"z": comp(3), "w": comp(3)}, {"z": comp(3), "w": real(3)}, {"z": real(3), "w": comp(3)})

EXPRESSIONS = MATRIX.strip().splitlines()
TWO = [(text.strip(), kinds) for text in re.split(r",(?![^(]*\))", PAIRS) for kinds in KINDS]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_of_a_matrix(expression, tmp_path):
    check(row(expression, order=1, z=comp(2, 3)), tmp_path)


@pytest.mark.parametrize(("expression", "kinds"), TWO)
def test_of_two_vectors(expression, kinds, tmp_path):
    check(row(expression, order=1, **kinds), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_second_order(expression, tmp_path):
    check(row(expression, z=comp(2, 3)), tmp_path)
