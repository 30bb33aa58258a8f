"""scipy.linalg: solving, factorisations, matrix equations, functions of matrices."""

from __future__ import annotations

import pytest

from tests.rules.checking import check, comp, real, row, square

sl = pytest.importorskip("scipy.linalg")
SYM = "s = a @ a.T + 2 * np.eye(3)\n"
HERM = "s = a @ a.conj().T + 2 * np.eye(3)\n"


def case(body, **draws):
    return row(body, sl=sl, **draws)


SOLVING = [
    case("sl.solve(a, b)", a=square(3, 3), b=real(3)),
    case("sl.solve(a, b)", a=square(3, 3, cplx=True), b=comp(3, 2)),
    case("sl.solve(a, b, transposed=True)", a=square(3, 3), b=real(3, 2)),
    case(SYM + "sl.solve(s, b, assume_a='pos')", a=real(3, 3), b=real(3)),
    case(SYM + "sl.solve(s, b, lower=True, assume_a='sym')", a=real(3, 3), b=real(3), order=1),
    case(HERM + "sl.solve(s, b, assume_a='her')", a=comp(3, 3), b=comp(3)),
    case("sl.solve(np.triu(a), b, assume_a='upper triangular')", a=square(3, 3), b=real(3)),
    case("sl.solve(a * np.eye(3), b, assume_a='diagonal')", a=square(3, 3), b=real(3), order=1),
    case("sl.solve_triangular(a, b)", a=square(3, 3), b=real(3)),
    case("sl.solve_triangular(a, b, lower=True)", a=square(3, 3), b=real(3, 2)),
    case("sl.solve_triangular(a, b, trans='T')", a=square(3, 3), b=real(3), order=1),
    case("sl.solve_triangular(a, b, trans=1, lower=True, unit_diagonal=True)", a=square(3, 3),
         b=real(3)),
    case("sl.solve_triangular(a, b, trans='C')", a=square(3, 3, cplx=True), b=comp(3)),
    case(SYM + "sl.cho_solve(sl.cho_factor(s), b)", a=real(3, 3), b=real(3)),
    case(SYM + "c, low = sl.cho_factor(s, lower=True)\nsl.cho_solve((c, low), b)", a=real(3, 3),
         b=real(3, 2), order=1),
    case(HERM + "sl.cho_solve(sl.cho_factor(s), b)", a=comp(3, 3), b=comp(3), order=1),
    case("sl.lu_solve(sl.lu_factor(a), b)", a=square(3, 3), b=real(3)),
    case("lu = sl.lu_factor(a[::-1])\nsl.lu_solve(lu, b) + sl.lu_solve(lu, b, trans=1)",
         a=square(3, 3), b=real(3, 2), order=1),
    case("sl.lu_solve(sl.lu_factor(a), b, 2)", a=square(3, 3, cplx=True), b=comp(3), order=1),
    case("sl.lu_factor(a[::-1])[0]", a=square(3, 3)),
    case("sl.lu(a[::-1])[1:]", a=square(3, 3)),
    case("sl.lu(a, permute_l=True)", a=real(4, 2)),
    case("sl.lu(a, p_indices=True)[1:]", a=real(2, 4), order=1),
    case("sl.inv(a)", a=square(3, 3)),
    case("sl.det(a)", a=square(3, 3)),
    case("sl.pinv(a)", a=real(2, 3)),
    case(SYM + "sl.pinvh(s)", a=real(3, 3), order=1),
    case("sl.lstsq(a, b)[0]", a=real(4, 2), b=real(4)),
    case("x, _, rank, s = sl.lstsq(a, b)\n(x * rank, s)", a=real(4, 2), b=real(4, 2), order=1),
    case("sl.solve_toeplitz(a, b)", a=real(3, high=0.6) , b=real(3)),
    case("c = np.array([3.0, 0.0, 0.0]) + a\nsl.solve_toeplitz((c, r), b)", a=real(3),
         r=real(3), b=real(3, 2)),
    case("sl.solve_banded((1, 1), a + np.array([[0.0], [4.0], [0.0]]), b)", a=real(3, 4),
         b=real(4)),
    case("sl.solve_banded((1, 2), a + np.array([[0.0], [0.0], [5.0], [0.0]]), b)", a=real(4, 5),
         b=real(5, 2), order=1),
]  # fmt: skip

FACTORS = [
    case(SYM + "sl.cholesky(s)", a=real(3, 3)),
    case(SYM + "sl.cholesky(s, lower=True)", a=real(3, 3), order=1),
    case(HERM + "sl.cholesky(s)", a=comp(3, 3), order=1),
    case("sl.qr(a)", a=square(3, 3)),
    case("sl.qr(a, mode='economic')", a=real(4, 2)),
    case("sl.qr(a)", a=real(2, 4), order=1),
    case("sl.qr(a)[1]", a=real(4, 2), order=1),
    case("sl.qr(a, mode='r')[0]", a=real(4, 2), order=1),
    case("sl.qr(a, mode='economic', pivoting=True)[:2]", a=real(4, 2), order=1),
    case("u, s, vh = sl.svd(a, full_matrices=False)\n(u, s, vh)", a=real(3, 2)),
    case("sl.svd(a)[1]", a=real(3, 2), order=1),
    case("sl.svd(a, compute_uv=False)", a=real(2, 3)),
    case("sl.svdvals(a)", a=comp(2, 3)),
    case(SYM + "w, v = sl.eigh(s)\n(w, np.abs(v))", a=real(3, 3)),
    case(SYM + "sl.eigh(s, lower=False, eigvals_only=True)", a=real(3, 3), order=1),
    case(
        SYM + "t = b @ b.T + np.eye(3)\nw, v = sl.eigh(s, t)\n(w, np.abs(v))",
        a=real(3, 3),
        b=real(3, 3),
    ),
    case(SYM + "sl.eigvalsh(s)", a=real(3, 3)),
    case(SYM + "sl.eigvalsh(s, b @ b.T + np.eye(3))", a=real(3, 3), b=real(3, 3), order=1),
    case("sl.eig(a)", a=square(3, 3, cplx=True), order=1),
    case("sl.eigvals(a.astype(complex))", a=square(3, 3), order=1),
    case("sl.polar(a)", a=square(3, 3)),
    case("sl.polar(a, 'left')", a=real(2, 3), order=1),
    case("sl.norm(a)", a=real(3)),
    case("sl.norm(a, 1)", a=real(3, 2)),
    case("sl.norm(a, axis=1)", a=real(3, 2), order=1),
]

EQUATIONS = [
    case("sl.solve_sylvester(a, b, q)", a=square(3, 3), b=square(2, 2), q=real(3, 2)),
    case(
        "sl.solve_sylvester(a, b, q)",
        a=square(2, 2, cplx=True),
        b=square(2, 2, cplx=True),
        q=comp(2, 2),
        order=1,
    ),
    case("sl.solve_continuous_lyapunov(a, q)", a=square(3, 3), q=real(3, 3)),
    case("sl.solve_continuous_lyapunov(a, q)", a=square(2, 2, cplx=True), q=comp(2, 2), order=1),
    case("sl.solve_discrete_lyapunov(0.2 * a, q)", a=square(3, 3), q=real(3, 3)),
    case(
        "sl.solve_continuous_are(a, b, q @ q.T, r @ r.T + np.eye(2))",
        a=real(3, 3),
        b=real(3, 2),
        q=real(3, 3),
        r=real(2, 2),
        order=1,
    ),
    case("sl.expm(a)", a=real(3, 3)),
    case("sl.expm(a)", a=comp(2, 2)),
    case("sl.expm_frechet(a, b)", a=real(2, 2), b=real(2, 2)),
    case(SYM + "sl.logm(s)", a=real(3, 3), tolerance=1e-5),
    case("sl.logm(a)", a=square(2, 2, cplx=True), order=1),
    case(SYM + "sl.sqrtm(s)", a=real(3, 3)),
    case("sl.sqrtm(a)", a=square(2, 2, cplx=True), order=1),
    case("sl.sinm(a) + sl.cosm(a)", a=square(2, 2)),
    case("sl.tanm(0.2 * a) + sl.tanhm(a)", a=square(2, 2), order=1),
    case("sl.sinhm(a) * sl.coshm(a)", a=square(2, 2), order=1),
]

FORMS = [
    case("sl.toeplitz(a)**2", a=real(3)),
    case("sl.toeplitz(a, b)**2", a=real(3), b=real(2)),
    case("sl.toeplitz(a)**2", a=comp(3), order=1),
    case("sl.hankel(a)**2", a=real(3), order=1),
    case("sl.hankel(a, b)**2", a=real(3), b=real(4)),
    case("sl.circulant(a)**2", a=real(3)),
    case("sl.block_diag(a, b, c)**2", a=real(2, 2), b=real(2), c=real(1, 3)),
    case("sl.khatri_rao(a, b)", a=real(2, 3), b=real(3, 3)),
    case("sl.companion(a)**2", a=real(4), order=1),
    case("sl.leslie(a, b)**2", a=real(3), b=real(2), order=1),
    case("sl.fiedler(a)**2", a=real(3), order=1),
    case("sl.diagsvd(a, 3, 2)**2", a=real(2), order=1),
    case("(sl.hilbert(3) + sl.pascal(3)) @ a", a=real(3), order=1),
]


@pytest.mark.parametrize("case", SOLVING, ids=str)
def test_solving(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", FACTORS, ids=str)
def test_factors(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", EQUATIONS, ids=str)
def test_equations(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", FORMS, ids=str)
def test_forms(case, tmp_path):
    check(case, tmp_path)
