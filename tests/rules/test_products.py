"""Products of every rank: dot, matmul, einsum and their kin."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rules.checking import check, comp, real, row, square

ROWS = [
    row("np.dot(a, b)", a=real(3), b=real(3)),
    row("np.dot(a, b)", a=real(2, 3), b=real(3, 2)),
    row("np.dot(a, b)", a=real(2, 2, 3), b=real(3)),
    row("np.dot(a, b)", a=real(3), b=real(2, 3, 2)),
    row("np.dot(a, b)", a=real(2, 3), b=real(2, 3, 2)),
    row("np.dot(a, b)", a=real(2, 2, 3), b=real(3, 2), order=1),
    row("a.dot(b)", a=comp(2, 3), b=real(3)),
    row("np.vdot(a, b)", a=real(2, 3), b=real(3, 2)),
    row("np.vdot(a, b)", a=comp(3), b=comp(3)),
    row("np.vdot(a, b)", a=real(3), b=comp(3)),
    row("np.inner(a, b)", a=real(3), b=real(3)),
    row("np.inner(a, b)", a=real(2, 3), b=real(3)),
    row("np.inner(a, b)", a=real(2, 3), b=real(2, 2, 3)),
    row("np.inner(a, b)", a=comp(3), b=comp(2, 3)),
    row("np.outer(a, b)", a=real(3), b=comp(2)),
    row("np.outer(a, b)", a=real(2, 2), b=real(3)),
    row("a @ b", a=real(3), b=real(3, 2)),
    row("a @ b", a=real(2, 3), b=real(3)),
    row("a @ b", a=real(2, 2, 3), b=real(3, 2)),
    row("a @ b", a=real(2, 3), b=real(2, 3, 2)),
    row("a @ b", a=real(2, 1, 2, 3), b=real(3, 3, 2), order=1),
    row("a @ b", a=real(2, 2, 3), b=real(3)),
    row("a @ b", a=real(3), b=real(2, 3, 2)),
    row("np.matmul(a, b)", a=comp(2, 2, 3), b=comp(1, 3, 2)),
    row("np.tensordot(a, b)", a=real(2, 3, 2), b=real(3, 2, 2)),
    row("np.tensordot(a, b, axes=1)", a=real(2, 3), b=real(3, 2)),
    row("np.tensordot(a, b, axes=0)", a=real(2), b=real(3)),
    row("np.tensordot(a, b, axes=([0, 2], [1, 0]))", a=real(2, 3, 4), b=real(4, 2, 2)),
    row("np.tensordot(a, b, axes=((-1,), (0,)))", a=comp(2, 3), b=comp(3, 2)),
    row("np.tensordot(a, b, 2)", a=real(2, 3), b=real(2, 3)),
    row("np.kron(a, b)", a=real(2), b=real(3)),
    row("np.kron(a, b)", a=real(2, 2), b=real(2, 3)),
    row("np.kron(a, b)", a=real(3), b=comp(2, 2)),
    row("np.vecdot(a, b)", a=comp(2, 3), b=comp(3)),
    row("np.vecdot(a, b, axis=0)", a=real(3, 2), b=real(3, 2)),
    row("np.trace(a)", a=real(3, 3)),
    row("np.trace(a, 1)", a=real(3, 4)),
    row("a.trace(offset=-1, axis1=2, axis2=0)", a=real(3, 2, 3)),
    row("np.linalg.matmul(a, b)", a=real(2, 3), b=real(3, 2), order=1),
    row("np.linalg.multi_dot([a, b, c])", a=real(2, 3), b=real(3, 2), c=real(2, 2)),
    row("np.linalg.multi_dot([a, b, c])", a=real(3), b=real(3, 2), c=real(2)),
    row("np.linalg.matrix_power(a, 0)", a=square(2, 2)),
    row("np.linalg.matrix_power(a, 5)", a=square(2, 2), tolerance=1e-5),
    row("np.linalg.matrix_power(a, 2)", a=square(2, 2, 2)),
    row("np.linalg.matrix_power(a, -3)", a=square(3, 3)),
    row("np.einsum('ij,jk->ik', a, b)", a=real(2, 3), b=real(3, 2)),
    row("np.einsum('ij,jk', a, b)", a=real(2, 3), b=real(3, 2), order=1),
    row("np.einsum('ij->ji', a)", a=real(2, 3)),
    row("np.einsum('ji', a)", a=real(2, 3), order=1),
    row("np.einsum('ii', a)", a=real(3, 3)),
    row("np.einsum('ii->i', a)", a=real(3, 3)),
    row("np.einsum('iij->j', a)", a=real(2, 2, 3)),
    row("np.einsum('iii->i', a)", a=real(2, 2, 2), order=1),
    row("np.einsum('ij->', a)", a=real(2, 3)),
    row("np.einsum('ij->i', a)", a=real(2, 3)),
    row("np.einsum('ij,k->i', a, b)", a=real(2, 3), b=real(2)),
    row("np.einsum('...ij,...jk->...ik', a, b)", a=real(2, 2, 3), b=real(3, 2)),
    row("np.einsum('...ii->...i', a)", a=real(2, 3, 3)),
    row("np.einsum('...,...', a, b)", a=real(2, 3), b=real(3), order=1),
    row("np.einsum('i...,i->...', a, b)", a=real(2, 3), b=real(2)),
    row("np.einsum('i,ij,j->', a, b, c)", a=real(2), b=real(2, 3), c=real(3)),
    row("np.einsum('ij,ij,ij->j', a, b, a)", a=real(2, 3), b=real(2, 3)),
    row("np.einsum('ij,jk,kl->il', a, b, c, optimize=True)", a=real(2, 3), b=real(3, 2),
        c=real(2, 2), order=1),
    row("np.einsum('ij,jk,kl->il', a, b, c, optimize=['einsum_path', (0, 1), (0, 1)])",
        a=real(2, 3), b=real(3, 2), c=real(2, 2), order=1),
    row("np.einsum(a, [0, 1], b, [1, 2], [0, 2])", a=real(2, 3), b=real(3, 2), order=1),
    row("np.einsum(a, [Ellipsis, 0], b, [0])", a=real(2, 3), b=real(3), order=1),
    row("np.einsum('ij,ij->ij', a, b)", a=real(1, 3), b=real(2, 3)),
    row("np.einsum('ij,jk->ik', a, b)", a=real(2, 1), b=real(3, 2), order=1),
    row("np.einsum('ij,j->i', a, b)", a=comp(2, 3), b=comp(3)),
    row("np.einsum('i,i->', a, b)", a=comp(3), b=real(3)),
]  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    ROWS += [
        row("np.matvec(a, b)", a=comp(2, 2, 3), b=comp(3)),
        row("np.vecmat(a, b)", a=comp(3), b=comp(2, 3, 2)),
    ]


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)
