"""Reductions and scans."""

from __future__ import annotations

from tests.rules.table.row import FLOAT, SCALAR, Row, every

ROWS: list[Row] = []

ROWS += every(
    [(0,), (1,), (1, 1), (2, 3), (1, 3), (3, 1), ()],
    """
    np.sum(x)
    x.sum()
    np.prod(x)
    x.prod()
    """,
)

ROWS += every(
    [(2, 3), (3,), (0, 3), (1, 3)],
    """
    x.sum(axis=0)
    x.prod(axis=0)
    """,
)

ROWS += every(
    [(2, 3)],
    """
    x.sum(1)
    np.sum(x, 1)
    np.sum(x, axis=())
    np.sum(x, axis=0, where=x > 1)
    np.sum(x, None, None, None, True)
    x.prod(1)
    np.prod(x, 1)
    np.prod(x, axis=())
    np.prod(x, axis=0, where=x > 1)
    np.prod(x, None, None, None, True)
    x.mean(1)
    x.std(1)
    x.var(1)
    x.max(1)
    x.min(1)
    np.std(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))
    np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))
    np.max(x, axis=0, initial=1.0, keepdims=True)
    np.max(x, where=x < 1.4, initial=0.2)
    np.amax(x, axis=1)
    np.min(x, axis=0, initial=1.0, keepdims=True)
    np.min(x, where=x < 1.4, initial=0.2)
    np.amin(x, axis=1)
    np.ptp(x, axis=1)
    np.ptp(x, axis=(0,1), keepdims=True)
    np.ptp(x, -1)
    np.nansum(x, axis=(0,1), keepdims=True)
    np.nansum(x, axis=-1)
    np.nanprod(x, axis=(0,1), keepdims=True)
    np.nanprod(x, axis=-1)
    np.nanmean(x, axis=(0,1), keepdims=True)
    np.nanmean(x, axis=-1)
    np.nanmax(x, axis=(0,1), keepdims=True)
    np.nanmax(x, axis=-1)
    np.nanmin(x, axis=(0,1), keepdims=True)
    np.nanmin(x, axis=-1)
    np.nanstd(x, axis=(0,1), keepdims=True)
    np.nanstd(x, axis=-1)
    np.nanvar(x, axis=(0,1), keepdims=True)
    np.nanvar(x, axis=-1)
    x.cumprod(axis=1)
    x.cumsum(axis=-1, dtype=float)
    np.linalg.matrix_transpose(x)
    """,
)

ROWS += every(
    [(2, 3), (1, 1), (4, 2, 3)],
    """
    x.sum(axis=(0,1))
    x.prod(axis=(0,1))
    """,
)

ROWS += every(
    [(2, 3), (4, 2, 3)],
    """
    x.sum(axis=(-1,0), keepdims=True)
    x.prod(axis=(-1,0), keepdims=True)
    x.mean(axis=(0,1))
    x.mean(axis=(-1,0), keepdims=True)
    x.std(axis=(0,1))
    x.std(axis=(-1,0), keepdims=True)
    x.var(axis=(0,1))
    x.var(axis=(-1,0), keepdims=True)
    x.max(axis=(0,1))
    x.max(axis=(-1,0), keepdims=True)
    x.min(axis=(0,1))
    x.min(axis=(-1,0), keepdims=True)
    """,
)

ROWS += every(
    [(2, 3), (0, 3)],
    """
    np.sum(x, axis=0, initial=2.0)
    np.prod(x, axis=0, initial=2.0)
    """,
)

ROWS += every(
    [[(3,), FLOAT]],
    """
    np.sum(x, initial=y)
    np.prod(x, initial=y)
    """,
)

ROWS += every(
    [(2, 3), (3,)],
    """
    np.sum(x, where=[True, False, True])
    np.prod(x, where=[True, False, True])
    x.mean()
    x.mean(axis=0)
    x.std()
    x.std(axis=0)
    x.var()
    x.var(axis=0)
    x.max()
    x.max(axis=0)
    x.min()
    x.min(axis=0)
    """,
)

ROWS += every(
    [(2, 3)],
    """
    np.sum(x, axis=1, out=np.zeros(2))
    np.prod(x, axis=1, out=np.zeros(2))
    np.mean(x, axis=1, out=np.zeros(2))
    np.std(x, axis=1, out=np.zeros(2))
    np.var(x, axis=1, out=np.zeros(2))
    np.max(x, axis=1, out=np.zeros(2))
    np.min(x, axis=1, out=np.zeros(2))
    """,
    single=False,
)

ROWS += every(
    [(3,)],
    """
    x.sum(dtype=np.float64)
    x.prod(dtype=np.float64)
    np.mean(x, dtype=np.float64)
    np.std(x, dtype=np.float64)
    np.var(x, dtype=np.float64)
    x.std(ddof=1)
    np.nanstd(x, ddof=1)
    x.var(ddof=1)
    np.nanvar(x, ddof=1)
    np.nansum(x, initial=2.0)
    np.nanprod(x, initial=2.0)
    np.nanmean(x, dtype=np.float64)
    np.cumsum(x, dtype=np.float64)
    np.cumprod(x, dtype=np.float64)
    np.nancumsum(x, dtype=np.float64)
    np.nancumprod(x, dtype=np.float64)
    x.cumsum() + x.cumsum(0)
    np.diff(x, n=0)
    np.ediff1d(x, to_end=[1.0, 2.0])
    np.any(x > 1) * x + np.all(x > 0) * x + np.argmax(x) * x
    np.argmin(x, axis=0) + np.count_nonzero(x) * x
    (x > 1).any() * x + (x > 0).all() * x + x.argmax() + x.argmin()
    x.argsort() * x + np.argpartition(x, 1)
    x.mean(dtype=np.float64)
    x.max(initial=0.5)
    x.mean(where=x > 0.5)
    x.nonzero()[0] * x + x.searchsorted(0.5)
    """,
)

ROWS += every(
    [[(3,), (3,)], [FLOAT, FLOAT]],
    """
    np.sum([x, y])
    np.prod([x, y])
    """,
)

ROWS += every(
    [(1,), (1, 1), (2, 3), (1, 3), (3, 1), ()],
    """
    np.mean(x)
    np.var(x)
    np.max(x)
    np.min(x)
    """,
)

ROWS += every(
    [(4, 2, 3)],
    """
    x.mean(axis=-2)
    x.std(axis=-2)
    x.var(axis=-2)
    x.max(axis=-2)
    x.min(axis=-2)
    """,
)

ROWS += every(
    [[(3,), (3,)]],
    """
    np.mean([x, y], axis=0)
    np.std([x, y], axis=0)
    np.var([x, y], axis=0)
    np.max([x, y], axis=0)
    np.min([x, y], axis=0)
    np.cumsum([x, y], axis=0)
    np.trapezoid(x, x=y)
    """,
)

ROWS += every([(2, 3), (1, 3)], "np.std(x)")

ROWS += every(
    [(3, 2)],
    """
    np.mean(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    np.std(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    np.var(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    m = np.mean(x, axis=0, keepdims=True) ;; np.std(x, axis=0, mean=m, ddof=1)
    m = np.mean(x, axis=0, keepdims=True) ;; np.var(x, axis=0, mean=m, ddof=1)
    np.nansum(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    np.nanprod(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    np.nanmax(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]), initial=0.1)
    np.nanmin(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]), initial=0.1)
    np.nanmean(x, axis=0, where=np.array([[True, False], [True, True], [True, True]]))
    np.diff(x, axis=0, prepend=x[:1])
    np.trapezoid(x, axis=0)
    """,
)

ROWS += every(
    [(2, 5)],
    """
    np.mean(x, axis=1, where=x < 1.4, keepdims=True)
    np.std(x, axis=1, where=x < 1.4, keepdims=True)
    np.var(x, axis=1, where=x < 1.4, keepdims=True)
    """,
)

ROWS += every(
    [(0,), ()],
    """
    np.max(x, initial=0.5)
    np.min(x, initial=0.5)
    """,
)

ROWS += every(
    [(6,)],
    """
    np.nansum(np.where(x > 1.2, np.nan, x))
    np.nanprod(np.where(x > 1.2, np.nan, x))
    np.nanmean(np.where(x > 1.2, np.nan, x))
    np.nanmax(np.where(x > 1.2, np.nan, x))
    np.nanmin(np.where(x > 1.2, np.nan, x))
    np.nanstd(np.where(x > 1.2, np.nan, x))
    np.nanvar(np.where(x > 1.2, np.nan, x))
    """,
)

ROWS += every(
    [(3, 3)],
    """
    np.nansum(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanprod(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanmean(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanmax(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanmin(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanstd(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanvar(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    """,
)

ROWS += every(
    [(0,), (1,), (2, 3), (), SCALAR],
    """
    np.cumsum(x)
    np.cumprod(x)
    np.nancumsum(x)
    np.nancumprod(x)
    """,
)

ROWS += every(
    [(2, 3), (0, 3), (2, 1)],
    """
    np.cumsum(x, axis=-1)
    np.cumprod(x, axis=-1)
    np.nancumsum(x, axis=-1)
    np.nancumprod(x, axis=-1)
    """,
)

ROWS += every(
    [(3, 2), (2, 3, 2)],
    """
    np.cumsum(x, 0)
    np.cumprod(x, 0)
    np.nancumsum(x, 0)
    np.nancumprod(x, 0)
    """,
)

ROWS += every([(3,)], "np.cumsum(x, out=np.zeros(3))", single=False)

ROWS += every([(3, 2)], "np.cumprod(x, axis=0, out=np.zeros((3, 2)))", single=False)

ROWS += every([[(2, 3), FLOAT], [(2, 3), (2, 1)]], "np.diff(x, append=y)")

ROWS += every(
    [(3,), (2, 3)],
    """
    np.diff(x, prepend=0)
    np.trapezoid(x, dx=0.5)
    np.trapezoid(x, [0.0, 1.0, 3.0])
    """,
)

ROWS += every(
    [(5,)],
    """
    np.diff(x, 3)
    np.gradient(x, edge_order=2)
    """,
)

ROWS += every([(2,), (1,)], "np.diff(x, n=2)")

ROWS += every([[FLOAT, FLOAT]], "np.diff([x, y, x * y])")

ROWS += every([[(3,), (2,)]], "np.ediff1d(x, 0.0, y)")

ROWS += every(
    [(3, 4)],
    """
    np.gradient(x, 0.5, 2.0)[1]
    np.gradient(x, np.array([0., 1., 3.]), np.array([0., 1., 1.5, 4.]))[0]
    np.gradient(x, 2.0, axis=0, edge_order=2)
    np.gradient(x, axis=(0,1))[0]
    a, b = np.gradient(x) ;; a * b
    np.gradient(x, axis=-1)
    np.stack(np.gradient(x))
    """,
)

ROWS += every(
    [[(2, 4), (4,)]], "np.gradient(x, y, axis=1, edge_order=2)", high=4.0, tolerance=1e-06
)

ROWS += every([[(3, 2), (3,)]], "np.trapezoid(x, y, axis=0)")

ROWS += every(
    [(4,)],
    """
    np.digitize(x, [0.5, 1.0]) * x
    np.searchsorted(np.array([0.5, 1.0]), x) * x
    """,
)

ROWS += every([(3, 3), (2, 3, 4)], "np.linalg.diagonal(x)")

ROWS += every([(2, 3, 4)], "np.linalg.diagonal(x, offset=1)")
