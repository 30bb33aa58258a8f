"""Products and numpy.linalg."""

from __future__ import annotations

from tests.rules.table.row import FLOAT, Row, every

ROWS: list[Row] = []

ROWS += every(
    [
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(2, 3), (3, 4)],
        [(2, 2, 3), (3,)],
        [(2, 2, 3), (4, 3, 2)],
        [FLOAT, (3,)],
        [(3,), (3, 2)],
        [(3,), (2, 3, 2)],
        [(), (2,)],
    ],
    "np.dot(x, y)",
    tolerance=1e-06,
)

ROWS += every([[(3,), (3,)], [(2, 3), (3, 4)]], "x.dot(y)", tolerance=1e-06)

ROWS += every([(3,), (2, 3)], "np.dot(x, [1.0, 2.0, 3.0])", tolerance=1e-06)

ROWS += every(
    [[(2, 3), (3, 4)]], "np.dot(x, y, out=np.zeros((2, 4)))", tolerance=1e-06, single=False
)

ROWS += every([[(3,), (3,)], [(2, 3), (2, 3)], [(2, 3), (6,)]], "np.vdot(x, y)", tolerance=1e-06)

ROWS += every(
    [[(3,), (3,)], [(2, 3), (3,)], [(2, 3), (4, 3)], [(2, 2, 3), (4, 3)], [FLOAT, (3,)]],
    "np.inner(x, y)",
    tolerance=1e-06,
)

ROWS += every([[(3,), (2,)], [(2, 2), (3,)], [FLOAT, (3,)]], "np.outer(x, y)", tolerance=1e-06)

ROWS += every([[(3,), (2,)]], "np.linalg.outer(x, y)", tolerance=1e-06)

ROWS += every(
    [
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(3,), (3, 2)],
        [(2, 3), (3, 4)],
        [(5, 2, 3), (3, 4)],
        [(2, 3), (5, 3, 4)],
        [(5, 2, 3), (5, 3, 4)],
        [(1, 2, 3), (5, 3, 4)],
        [(4, 1, 2, 3), (5, 3, 4)],
        [(3,), (5, 3, 2)],
        [(5, 2, 3), (3,)],
        [(0, 3), (3, 2)],
        [(2, 0), (0, 3)],
    ],
    "np.matmul(x, y)",
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 4)]],
    """
    np.linalg.matmul(x, y)
    np.matmul(x, y, out=np.zeros((2, 4)))
    np.linalg.tensordot(x, y, axes=1)
    """,
    tolerance=1e-06,
)

ROWS += every([[(2, 3), (2, 3)], [(4, 2, 3), (2, 3, 5)]], "np.tensordot(x, y)", tolerance=1e-06)

ROWS += every([[(2, 3), (3, 4)], [(3,), (3,)]], "np.tensordot(x, y, 1)", tolerance=1e-06)

ROWS += every([[(2,), (3,)], [FLOAT, (3,)]], "np.tensordot(x, y, 0)", tolerance=1e-06)

ROWS += every(
    [[(2, 3, 4), (3, 2, 5)]], "np.tensordot(x, y, axes=([0, 1], [1, 0]))", tolerance=1e-06
)

ROWS += every([[(3, 2), (4, 3)]], "np.tensordot(x, y, axes=(0, -1))", tolerance=1e-06)

ROWS += every([[(3, 2), (3, 4)]], "np.tensordot(x, y, [[0], [0]])", tolerance=1e-06)

ROWS += every(
    [[(2,), (3,)], [(2, 2), (2, 3)], [(2,), (2, 2)], [FLOAT, (2,)]],
    "np.kron(x, y)",
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 2)]],
    """
    np.linalg.multi_dot([x, y])
    np.linalg.multi_dot((x, y, x))
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 2), (2, 4)], [(3,), (3, 2), (2,)], [(3,), (3, 2), (2, 2)]],
    "np.linalg.multi_dot([x, y, z])",
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3), (2, 2, 2)],
    """
    np.linalg.matrix_power(x, 0)
    np.linalg.matrix_power(x, 1)
    np.linalg.matrix_power(x, 2)
    np.linalg.matrix_power(x, 3)
    np.linalg.matrix_power(x, 5)
    np.linalg.matrix_power(x, -1)
    np.linalg.matrix_power(x + 3 * np.eye(x.shape[-1]), -3)
    """,
    low=0.5,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3), (2, 3, 3), (1, 1)],
    """
    np.linalg.inv(x)
    np.linalg.det(x)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3), (2, 3, 3)],
    """
    np.linalg.slogdet(x)[1]
    np.linalg.cholesky((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3)))
    np.linalg.eigvalsh((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3)))
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3)],
    """
    s, l = np.linalg.slogdet(x) ;; s * l
    r = np.linalg.slogdet(x) ;; r.sign * r.logabsdet
    np.linalg.solve(x, np.eye(3))
    np.linalg.cholesky((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3)), upper=True)
    np.linalg.eigvalsh((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3)), UPLO='U')
    r = np.linalg.eigh((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3))) ;; r.eigenvalues + np.abs(r[1])
    np.abs(np.linalg.eigh((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3)), 'U')[1])
    np.abs(np.linalg.svd(x)[0])
    u, s, vh = np.linalg.svd(x) ;; np.abs(vh) * s
    np.linalg.matrix_rank(x) * x
    """,
    tolerance=1e-06,
)

ROWS += every(
    [
        [(3, 3), (3,)],
        [(3, 3), (3, 2)],
        [(2, 3, 3), (2, 3, 2)],
        [(3, 3), (2, 3, 2)],
        [(2, 3, 3), (3, 2)],
        [(2, 3, 3), (3,)],
    ],
    "np.linalg.solve(x, y)",
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3), (3, 3)],
    """
    w, v = np.linalg.eigh((x @ np.swapaxes(x, -1, -2) + 2 * np.eye(3))) ;; w * np.abs(v)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3), (2, 3), (3, 2), (2, 3, 2)], "np.linalg.svd(x, compute_uv=False)", tolerance=1e-06
)

ROWS += every([(3, 2), (2, 3, 2)], "np.linalg.svdvals(x)", tolerance=1e-06)

ROWS += every(
    [(3, 2), (2, 3), (3, 3)],
    """
    u, s, v = np.linalg.svd(x, full_matrices=False) ;; (u * s ** 2) @ v
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 3)],
    """
    np.linalg.svd(x).S
    np.linalg.svd(x, full_matrices=False).S
    np.linalg.matrix_transpose(x) @ x
    """,
    tolerance=1e-06,
)

ROWS += every([(3, 3), (4, 2), (2, 4, 2)], "np.abs(np.linalg.qr(x)[0])", tolerance=1e-06)

ROWS += every([(3, 3), (4, 2), (2, 4)], "np.abs(np.linalg.qr(x)[1])", tolerance=1e-06)

ROWS += every([(3, 3), (4, 2)], "np.abs(np.linalg.qr(x, 'r'))", tolerance=1e-06)

ROWS += every(
    [(3, 2)],
    """
    np.abs(np.linalg.qr(x).R)
    np.linalg.pinv(x, rcond=1e-10)
    np.linalg.pinv(x, rtol=1e-10)
    """,
    tolerance=1e-06,
)

ROWS += every([(2, 4)], "np.abs(np.linalg.qr(x)[0])", tolerance=1e-06)

ROWS += every([(3, 2), (2, 3), (3, 3), (2, 3, 2)], "np.linalg.pinv(x)", tolerance=1e-06)

ROWS += every(
    [[(4, 2), (4,)], [(4, 2), (4, 3)], [(2, 4), (2,)], [(3, 3), (3,)]],
    "np.linalg.lstsq(x, y, rcond=None)[0]",
    tolerance=1e-06,
)

ROWS += every(
    [[(4, 2), (4,)]],
    """
    np.linalg.lstsq(x, y)[0]
    a, r, k, s = np.linalg.lstsq(x, y, rcond=None) ;; a * k
    np.linalg.lstsq(x, y, rcond=None)[3]
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3)],
    """
    np.linalg.cond(x, None)
    np.linalg.cond(x, 1)
    np.linalg.cond(x, -1)
    np.linalg.cond(x, 2)
    np.linalg.cond(x, -2)
    np.linalg.cond(x, 'fro')
    np.linalg.cond(x, np.inf)
    np.linalg.cond(x, -np.inf)
    np.linalg.cond(x, 'nuc')
    """,
    low=0.5,
    tolerance=1e-06,
)

ROWS += every([(3, 2), (2, 3, 3)], "np.linalg.cond(x)", tolerance=1e-06)

ROWS += every([(6, 2, 3)], "np.linalg.tensorinv(x, ind=1)", tolerance=1e-06)

ROWS += every([(2, 3, 3, 2)], "np.linalg.tensorinv(x)", tolerance=1e-06)

ROWS += every([[(2, 3, 3, 2), (2, 3)]], "np.linalg.tensorsolve(x, y)", tolerance=1e-06)

ROWS += every([[(2, 6, 3), (6,)]], "np.linalg.tensorsolve(x, y, axes=(0,))", tolerance=1e-06)

ROWS += every(
    [(3, 3), (2, 3, 3)],
    """
    np.linalg.svd(x + np.swapaxes(x, -1, -2), hermitian=True, compute_uv=False)
    np.linalg.svd(x + np.swapaxes(x, -1, -2), False, False, True)
    np.abs(np.linalg.svd(x + np.swapaxes(x, -1, -2), hermitian=True)[0])
    u, s, v = np.linalg.svd(x + np.swapaxes(x, -1, -2), hermitian=True) ;; (u * s[..., None, :]) @ v
    np.linalg.pinv(x + np.swapaxes(x, -1, -2), hermitian=True)
    np.trace(x, 1, -2, -1, np.float64)
    np.trace(x * x, dtype=np.float64, axis1=-1, axis2=-2)
    np.linalg.trace(x, offset=1, dtype=np.float64)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 2), (2, 2)],
    """
    y = x * x ;; z = np.nan_to_num(y, copy=False) ;; y[0] = 2 * x[1] ;; z * y
    np.nan_to_num(x * x, False, 1.0)
    np.copy(x * x, order='C') * x
    np.copy(x.T, "F")
    (x * x).copy(order='F') * x
    x.copy('C') * x
    y = np.copy(x.T, order='F') ;; y.ravel()[0] = 2.0 ;; y * x.T
    y = np.copy(x, order='F') ;; z = y.T.ravel() ;; z[1] = 3.0 * x[0, 1] ;; y * x
    y = np.copy(x.T, order='C') ;; z = y.ravel() ;; z[1] = 3.0 * x[0, 1] ;; y * x.T
    y = np.zeros_like(x, shape=(3,)) ;; y[0] = x[0, 0] * x[1, 1] ;; y
    np.ones_like(x, shape=(3, len(x))) @ x
    np.full_like(x, x[0, 1] * x[1, 0], shape=(3,)) * 2
    np.zeros_like(x[0], None, 'C', True, (2,)) + x
    np.full_like(1, x[0, 0] * x[0, 1], dtype=x.dtype, shape=3) * x[0, 0]
    np.arange(x[0, 0], 4.0, dtype=int) * x[0, 1]
    np.arange(x[0, 0], dtype=int) * x[0, 1] + np.arange(2.5, dtype=int)[0] * x[0, 0]
    """,
)
