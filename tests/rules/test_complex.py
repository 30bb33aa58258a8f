"""Complex numbers: parts, elementwise functions, real values among complex ones, writes."""

from __future__ import annotations

import pytest

from tests.rules.checking import check, comp, real, row

SMOOTH = """exp expm1 log log1p log2 log10 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh
    arcsinh arccosh arctanh square reciprocal exp2""".split()

ROWS = [
    *(row(f"np.{name}(z)", z=comp(3), order=1 + (k % 3 == 0)) for k, name in enumerate(SMOOTH)),
    row("np.real(z) * np.imag(z)", z=comp(3)),
    row("z.real**2 + z.imag**3", z=comp(2, 2)),
    row("np.real(z) + np.imag(z)", z=real(3)),
    row("z * np.conj(z) * z.conj()", z=comp(3)),
    row("np.conj(z) * z.conjugate()", z=real(3)),
    row("np.abs(z)", z=comp(3)),
    row("abs(z)**3", z=comp()),
    row("np.abs(z) * w", z=comp(2, 3), w=comp(3)),
    row("np.angle(z)", z=comp(3)),
    row("np.angle(z, deg=True)", z=comp(3), order=1),
    row("np.angle(z) * z", z=real(3)),
    row("z + w", z=comp(2, 3), w=real(3)),
    row("x - z", z=comp(3), x=real()),
    row("z * w", z=comp(3), w=real(2, 3)),
    row("z * x", z=comp(3), x=real()),
    row("x / z", z=comp(3), x=real(3)),
    row("z / x", z=comp(), x=real(3)),
    row("1j * x + 2", x=real(3)),
    row("np.exp(1j * x)", x=real()),
    row("complex(x, y)**2", x=real(), y=real(), narrow=False),
    row("z**2 + z**3 + z**-1", z=comp(3)),
    row("z**2.5", z=comp(3)),
    row("z**w", z=comp(3), w=comp(3)),
    row("x**w", x=real(3, signed=False), w=comp(3)),
    row("z**x", z=comp(3), x=real(3)),
    row("np.sum(z, axis=0) * np.mean(z)", z=comp(2, 3)),
    row("np.prod(z)", z=comp(3)),
    row("np.where(x > 0, z, x)", z=comp(4), x=real(4)),
    row("np.concatenate([z, x]) ** 2", z=comp(2), x=real(3)),
    row("np.stack([x, z]) ** 2", z=comp(3), x=real(3)),
    row("np.array([x[0], z[1]]) ** 2", z=comp(3), x=real(3), narrow=False),
    row("x.astype(complex) * z", z=comp(3), x=real(3), narrow=False),
    row("out = np.zeros(3, dtype=complex)\nout[1:] = x\nout * z", z=comp(3), x=real(2),
        narrow=False),
    row("out = z * 1.0\nout[[0, 0, 1]] = x\nout * z", z=comp(3), x=real(3)),
    row("out = z * 1.0\nout.real[1] = x[0]\nout.imag[:] = x\nout * z", z=comp(3), x=real(3)),
    row("out = z * 1.0\nout.imag[1:] += x * x\nout * z", z=comp(3), x=real(2)),
    row("out = z * 1.0\nout *= x\nout += x\nout * out", z=comp(3), x=real(3)),
    row("p = z * z\np.real * x * z.imag", z=comp(3), x=real(3)),
    row("z.T * z.T", z=comp(2, 3)),
    row("np.sum(np.abs(z)) ** 2 * z[1:]", z=comp(3)),
]  # fmt: skip


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)
