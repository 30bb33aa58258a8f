"""numpy.linalg: matrices and stacks of them, real and complex."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import grad, jvp, trace
from tests.rules.checking import check, comp, real, row, square

SYM = "s = a @ a.swapaxes(-1, -2) + 2 * np.eye(3)\n"
HERM = "s = a @ a.conj().swapaxes(-1, -2) + 2 * np.eye(3)\n"
EIGH = "w, v = np.linalg.eigh(s)\n"

ROWS = [
    row("np.linalg.inv(a)", a=square(3, 3)),
    row("np.linalg.inv(a)", a=square(2, 2, 2, cplx=True)),
    row("np.linalg.pinv(a)", a=real(2, 3)),
    row("np.linalg.pinv(a)", a=real(3, 2)),
    row("np.linalg.pinv(a)", a=comp(2, 3, 2)),
    # In single precision NumPy's own cutoff of 1e-15 takes rounding for a second direction.
    row("np.linalg.pinv(np.outer(a, b))", a=real(2), b=real(3), narrow=False),
    row("np.linalg.pinv(np.outer(a, b), rcond=1e-4)", a=real(2), b=real(3)),
    row("np.linalg.det(a)", a=square(3, 3)),
    row("np.linalg.det(a)", a=square(2, 2, 2, cplx=True)),
    row("np.linalg.det(np.outer(a, b))", a=real(2), b=real(2)),
    row("np.linalg.slogdet(a)[1]", a=square(2, 3, 3)),
    row("sign, logdet = np.linalg.slogdet(-a)\nsign * np.exp(logdet)", a=square(3, 3)),
    row("r = np.linalg.slogdet(a)\nr.sign * np.exp(r.logabsdet)", a=square(2, 2, cplx=True)),
    row("np.linalg.solve(a, b)", a=square(3, 3), b=real(3)),
    row("np.linalg.solve(a, b)", a=square(3, 3), b=real(3, 2)),
    row("np.linalg.solve(a, b)", a=square(2, 3, 3), b=real(3)),
    row("np.linalg.solve(a, b)", a=square(2, 3, 3), b=real(3, 2)),
    row("np.linalg.solve(a, b)", a=square(3, 3), b=real(2, 3, 1)),
    row("np.linalg.solve(a, b)", a=square(3, 3, cplx=True), b=real(3)),
    row("np.linalg.solve(a, b)", a=square(3, 3), b=comp(3)),
    row("np.linalg.lstsq(a, b)[0]", a=real(4, 2), b=real(4)),
    row("x, _, rank, s = np.linalg.lstsq(a, b, rcond=None)\n(x * rank, s)", a=real(4, 2),
        b=real(4, 2), order=1),
    row("np.linalg.lstsq(a, b, rcond=None)[0]", a=real(2, 3), b=comp(2)),
    row(SYM + "np.linalg.cholesky(s)", a=real(3, 3)),
    row(SYM + "np.linalg.cholesky(s, upper=True)", a=real(2, 3, 3), order=1),
    row(HERM + "np.linalg.cholesky(s)", a=comp(3, 3)),
    row("np.linalg.qr(a)", a=square(3, 3)),
    row("q, r = np.linalg.qr(a)\n(q, r)", a=real(4, 2)),
    row("q, r = np.linalg.qr(a, mode='reduced')\n(q, r)", a=real(2, 4)),
    row("np.linalg.qr(a, 'complete').Q", a=real(2, 3), order=1),
    row("np.linalg.qr(a, mode='r')", a=real(2, 4, 2)),
    row("np.linalg.qr(a)", a=comp(3, 2)),
    row("u, s, vh = np.linalg.svd(a, full_matrices=False)\n(u, s, vh)", a=real(3, 2)),
    row("u, s, vh = np.linalg.svd(a, full_matrices=False)\n(u, s, vh)", a=real(2, 3)),
    row("np.linalg.svd(a)", a=square(3, 3)),
    row("np.linalg.svd(a).S", a=real(2, 4, 3), order=1),
    row("np.linalg.svd(a)[2]", a=real(4, 2), order=1),
    row("np.linalg.svd(a, compute_uv=False)", a=real(4, 2)),
    row("np.linalg.svdvals(a)", a=comp(2, 2, 3)),
    row("u, s, vh = np.linalg.svd(a, full_matrices=False)\n(u * s**2) @ vh", a=comp(3, 2)),
    row("u, s, vh = np.linalg.svd(a, full_matrices=False)\nnp.abs(u @ vh)", a=comp(2, 3)),
    row(SYM + EIGH + "(w, v)", a=real(3, 3)),
    row(SYM + "np.linalg.eigh(s, UPLO='U').eigenvalues", a=real(2, 3, 3)),
    row(SYM + EIGH + "np.exp(w)[:, None] * np.abs(v)", a=real(2, 3, 3)),
    row(HERM + EIGH + "(v * np.log(w)) @ v.conj().T", a=comp(3, 3)),
    row(SYM + "np.linalg.eigvalsh(s)", a=real(3, 3)),
    row(HERM + "np.linalg.eigvalsh(s)", a=comp(3, 3), order=1),
    row("np.linalg.eigvals(a)", a=square(3, 3, cplx=True), order=1),
    row("np.linalg.eigvals(a.astype(complex))", a=square(2, 3, 3), order=1),
    row("w, v = np.linalg.eig(a)\n(w, v)", a=square(3, 3, cplx=True)),
    row("np.linalg.cond(a)", a=real(3, 2)),
    row("np.linalg.cond(a, -2)", a=square(2, 3, 3), order=1),
    row("np.linalg.cond(a, 'fro')", a=square(3, 3)),
    row("np.linalg.cond(a, 1)", a=square(3, 3, cplx=True), order=1),
    row("np.linalg.tensorsolve(a, b)", a=real(2, 3, 6), b=real(2, 3)),
    row("np.linalg.tensorsolve(a, b, axes=(0, 2))", a=real(2, 4, 2), b=real(4)),
    row("np.linalg.tensorinv(a, ind=1)", a=real(4, 2, 2)),
    row("np.linalg.tensorinv(a)", a=real(2, 2, 4), order=1),
    row("np.linalg.trace(a, offset=1)", a=real(2, 3, 3)),
    row("np.linalg.matrix_transpose(a) @ a", a=real(2, 3, 2)),
    row("np.linalg.matrix_rank(a) * np.sum(a * a)", a=square(2, 2)),
]  # fmt: skip

NORMS = [
    *(row(f"np.linalg.norm(a, {p})", a=real(4)) for p in ("1", "2", "3", "1.5", "-2", "np.inf")),
    *(row(f"np.linalg.norm(a, {p})", a=comp(3)) for p in ("1", "3", "-np.inf")),
    *(
        row(f"np.linalg.norm(a, {p})", a=real(3, 2), order=1 + (p in ("2", "'nuc'", "'fro'")))
        for p in ("1", "-1", "2", "-2", "np.inf", "-np.inf", "'nuc'", "'fro'")
    ),
    *(row(f"np.linalg.norm(a, {p})", a=comp(2, 2), order=1) for p in ("1", "2", "'nuc'", "'fro'")),
    row("np.linalg.norm(a)", a=real(2, 3, 2)),
    row("np.linalg.norm(a, 0)", a=real(3), order=1),
    row("np.linalg.norm(a)", a=comp(2, 2)),
    row("np.linalg.norm(a, axis=-1)", a=real(2, 3)),
    row("np.linalg.norm(a, 3, axis=0, keepdims=True)", a=real(2, 3)),
    row("np.linalg.norm(a, axis=(0, 2), keepdims=True)", a=real(2, 3, 2)),
    row("np.linalg.norm(a, 'nuc', axis=(2, 0))", a=real(2, 3, 2), order=1),
    row("np.linalg.norm(a, 2, (0, 1), True)", a=real(2, 3, 2), order=1),
    row("np.linalg.norm(a, 1, axis=(1, 0))", a=real(2, 3), order=1),
    row("np.linalg.matrix_norm(a)", a=real(2, 3)),
    row("np.linalg.matrix_norm(a, ord=2, keepdims=True)", a=real(2, 2, 3), order=1),
    row("np.linalg.vector_norm(a)", a=real(2, 3)),
    row("np.linalg.vector_norm(a, axis=1, ord=3)", a=real(2, 3)),
]


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", NORMS, ids=str)
def test_norm(case, tmp_path):
    check(case, tmp_path)


def weighed_eigenvector(a):
    w, v = np.linalg.eigh(a)
    return w[0] * v[0, 0] ** 2


def test_traces_take_tuples_apart():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    gradient = grad(weighed_eigenvector)(a)
    text = str(trace(weighed_eigenvector, mode="reverse")(a))
    assert f"{gradient[0, 1]:.6g}" in text
    _, slope = jvp(weighed_eigenvector, (a,), (np.ones((2, 2)),))
    text = str(trace(weighed_eigenvector, mode="forward")(a))
    assert f"{slope:.6g}" in text
