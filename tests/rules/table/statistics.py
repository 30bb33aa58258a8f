"""Order statistics, averages, covariances, histograms, norms."""

from __future__ import annotations

from tests.rules.table.row import FLOAT, Row, every

ROWS: list[Row] = []

ROWS += every(
    [(3,)],
    """
    np.std(x, correction=1)
    np.var(x, correction=1)
    np.average(x, weights=[1.0, 2.0, 3.0])
    np.average(x, returned=True)[0]
    np.histogram2d(np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.4, 0.3]), bins=2, weights=x)[0]
    np.histogramdd(np.array([[0.1, 0.5], [0.9, 0.2], [0.3, 0.3]]), bins=2, weights=x)[0]
    np.linalg.norm(x, None)
    np.linalg.norm(x, 1)
    np.linalg.norm(x, 2)
    np.linalg.norm(x, np.inf)
    np.linalg.norm(x, -np.inf)
    np.linalg.norm(x, 3)
    np.linalg.norm(x, 2.5)
    np.linalg.norm(x, 0) * x
    np.linalg.norm(x, -1)
    np.convolve(x, [1.0, 2.0])
    np.cross([1.0, 2.0, 3.0], x)
    """,
)

ROWS += every(
    [(2, 3)],
    """
    np.nanstd(x, axis=1, correction=1)
    np.nanvar(x, axis=1, correction=1)
    np.nanmedian(x, axis=(0,1), keepdims=True)
    np.nanmedian(x, axis=-1)
    np.median(x, axis=(0,1))
    np.average(x, axis=0)
    np.linalg.norm(x, ord=None, axis=1)*1.0
    np.linalg.norm(x, ord=None, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=2)*np.sum(x)
    np.linalg.norm(x, ord=1, axis=1)*1.0
    np.linalg.norm(x, ord=1, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=1)*np.sum(x)
    np.linalg.norm(x, ord=2, axis=1)*1.0
    np.linalg.norm(x, ord=2, axis=-1, keepdims=True)*x
    np.linalg.norm(x, ord=np.inf, axis=1)*1.0
    np.linalg.norm(x, ord=np.inf, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=np.inf)*np.sum(x)
    np.linalg.norm(x, ord=-np.inf, axis=1)*1.0
    np.linalg.norm(x, ord=-np.inf, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=-np.inf)*np.sum(x)
    np.linalg.norm(x, ord=3, axis=1)*1.0
    np.linalg.norm(x, ord=3, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=3)*np.sum(x)
    np.linalg.norm(x, ord=2.5, axis=1)*1.0
    np.linalg.norm(x, ord=2.5, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=2.5)*np.sum(x)
    np.linalg.norm(x, ord=0, axis=1)*x[:,0]
    np.linalg.norm(x, ord=0, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=0)*np.sum(x)
    np.linalg.norm(x, ord=-1, axis=1)*1.0
    np.linalg.norm(x, ord=-1, axis=-1, keepdims=True)*x
    np.linalg.vector_norm(x, axis=(0,1), ord=-1)*np.sum(x)
    """,
)

ROWS += every(
    [(6,)],
    """
    np.nanmedian(np.where(x > 1.2, np.nan, x))
    np.nanquantile(np.where(x > 1.2, np.nan, x), 0.4)
    """,
)

ROWS += every(
    [(3, 3)],
    """
    np.nanmedian(np.where(np.eye(3) > 0, np.nan, x), axis=1)
    np.nanpercentile(np.where(np.eye(3) > 0, np.nan, x), 40, axis=1)
    np.linalg.norm(x, None, (0,1), True)
    np.linalg.norm(x, 'fro', (0,1), True)
    np.linalg.norm(x, 'nuc', (0,1), True)
    np.linalg.norm(x, 1, (0,1), True)
    np.linalg.norm(x, -1, (0,1), True)
    np.linalg.norm(x, 2, (0,1), True)
    np.linalg.norm(x, -2, (0,1), True)
    np.linalg.norm(x, np.inf, (0,1), True)
    np.linalg.norm(x, -np.inf, (0,1), True)
    x.trace()
    np.trace(x, 1)
    x.trace(offset=-1)
    """,
)

ROWS += every([(1,), (4,), (5,), (2, 3), ()], "np.median(x)")

ROWS += every(
    [(2, 4)],
    """
    np.median(x, axis=1, keepdims=True)
    np.percentile(x, [20, 60], axis=(0,1))
    np.cov(x, bias=True)
    np.cov(x, dtype=np.float64)
    """,
)

ROWS += every([(2, 3, 2)], "np.median(x, axis=(0,2), keepdims=True)")

ROWS += every(
    [[(3,), (3,)]],
    """
    np.median([x, y], axis=0)
    a, w = np.average(x, weights=y, returned=True) ;; a * w
    np.average([x, y], weights=[1, 2], axis=0)
    np.convolve(x, y, mode='same')
    np.correlate(x + 1j * y, y - 2j * x, 'full').real
    """,
)

ROWS += every(
    [(7,)],
    """
    np.quantile(x, 0.43, method='inverted_cdf')
    np.percentile(x, 43, method='inverted_cdf')
    np.quantile(x, 0.43, method='averaged_inverted_cdf')
    np.percentile(x, 43, method='averaged_inverted_cdf')
    np.quantile(x, 0.43, method='closest_observation')
    np.percentile(x, 43, method='closest_observation')
    np.quantile(x, 0.43, method='interpolated_inverted_cdf')
    np.percentile(x, 43, method='interpolated_inverted_cdf')
    np.quantile(x, 0.43, method='hazen')
    np.percentile(x, 43, method='hazen')
    np.quantile(x, 0.43, method='weibull')
    np.percentile(x, 43, method='weibull')
    np.quantile(x, 0.43, method='linear')
    np.percentile(x, 43, method='linear')
    np.quantile(x, 0.43, method='median_unbiased')
    np.percentile(x, 43, method='median_unbiased')
    np.quantile(x, 0.43, method='normal_unbiased')
    np.percentile(x, 43, method='normal_unbiased')
    np.quantile(x, 0.43, method='lower')
    np.percentile(x, 43, method='lower')
    np.quantile(x, 0.43, method='higher')
    np.percentile(x, 43, method='higher')
    np.quantile(x, 0.43, method='midpoint')
    np.percentile(x, 43, method='midpoint')
    np.quantile(x, 0.43, method='nearest')
    np.percentile(x, 43, method='nearest')
    """,
)

ROWS += every(
    [(2, 7)],
    """
    np.quantile(x, [0.13, 0.77], axis=1, method='inverted_cdf')
    np.quantile(x, [0.13, 0.77], axis=1, method='averaged_inverted_cdf')
    np.quantile(x, [0.13, 0.77], axis=1, method='closest_observation')
    np.quantile(x, [0.13, 0.77], axis=1, method='interpolated_inverted_cdf')
    np.quantile(x, [0.13, 0.77], axis=1, method='hazen')
    np.quantile(x, [0.13, 0.77], axis=1, method='weibull')
    np.quantile(x, [0.13, 0.77], axis=1, method='linear')
    np.quantile(x, [0.13, 0.77], axis=1, method='median_unbiased')
    np.quantile(x, [0.13, 0.77], axis=1, method='normal_unbiased')
    np.quantile(x, [0.13, 0.77], axis=1, method='lower')
    np.quantile(x, [0.13, 0.77], axis=1, method='higher')
    np.quantile(x, [0.13, 0.77], axis=1, method='midpoint')
    np.quantile(x, [0.13, 0.77], axis=1, method='nearest')
    """,
)

ROWS += every(
    [(5,)],
    """
    np.quantile(x, np.array([[0.1, 0.2], [0.6, 0.7]]))
    np.quantile(x, 0.0) + np.quantile(x, 1.0)
    np.quantile(x, 0.5, weights=np.array([1.0, 2.0, 1.0, 3.0, 1.0]), method='inverted_cdf')
    """,
)

ROWS += every([(5, 2)], "np.quantile(x, np.array([0.2, 0.5]), axis=0, keepdims=True)")

ROWS += every([[(5, 2), (3,)]], "np.quantile(x, y, axis=0)", low=0.1, high=0.9)

ROWS += every([[(2, 3), (2, 3)]], "np.average(x, axis=(0,1), weights=y)")

ROWS += every([[(2, 3, 2), (2, 2)]], "np.average(x, axis=(0,2), weights=y)")

ROWS += every([[(2, 3), (3,)]], "np.average(x, axis=1, weights=y, keepdims=True)")

ROWS += every(
    [(4,)],
    """
    np.bincount([0, 2, 2, 4], x)
    np.bincount(np.array([0, 2, 2, 4]), weights=x, minlength=7)
    np.histogram([0.1, 0.5, 0.9, 1.0], bins=3, range=(0.0, 1.0), weights=x)[0]
    np.histogram(np.array([0.1, 0.5, 0.9, 1.0]), bins=[0.0, 0.3, 0.6, 1.0], weights=x)[0]
    np.histogram(np.array([0.1, 0.5, 0.9, 1.0]), bins=3, weights=x, density=True)[0]
    h, e = np.histogram(np.array([0.1, 0.5, 0.9, 1.0]), weights=x) ;; h * e[1:]
    np.histogram(x, bins=4)[0] * 1.0 + np.sum(x)
    np.histogram_bin_edges(x, 3, (0.0, 2.0)) + np.sum(x)
    np.histogram_bin_edges(x, [0.0, 1.0]) + np.sum(x)
    """,
)

ROWS += every([(2,)], "np.bincount(np.array([0, 1]), minlength=3)[:2] * x")

ROWS += every(
    [(3,), (2, 3)],
    """
    np.linalg.vector_norm(x, ord=2)*np.sum(x)
    np.linalg.vector_norm(x, ord=1)*np.sum(x)
    np.linalg.vector_norm(x, ord=np.inf)*np.sum(x)
    np.linalg.vector_norm(x, ord=-np.inf)*np.sum(x)
    np.linalg.vector_norm(x, ord=3)*np.sum(x)
    np.linalg.vector_norm(x, ord=2.5)*np.sum(x)
    np.linalg.vector_norm(x, ord=0)*np.sum(x)
    np.linalg.vector_norm(x, ord=-1)*np.sum(x)
    """,
)

ROWS += every(
    [(3, 3), (2, 3)],
    """
    np.linalg.norm(x, None)
    np.linalg.norm(x, 'fro')
    np.linalg.norm(x, 'nuc')
    np.linalg.norm(x, 1)
    np.linalg.norm(x, -1)
    np.linalg.norm(x, 2)
    np.linalg.norm(x, -2)
    np.linalg.norm(x, np.inf)
    np.linalg.norm(x, -np.inf)
    """,
)

ROWS += every(
    [(2, 3, 3)],
    """
    np.linalg.norm(x, None, axis=(1,2))
    np.linalg.norm(x, None, axis=(2,0))
    np.linalg.norm(x, 'fro', axis=(1,2))
    np.linalg.norm(x, 'fro', axis=(2,0))
    np.linalg.norm(x, 'nuc', axis=(1,2))
    np.linalg.norm(x, 'nuc', axis=(2,0))
    np.linalg.norm(x, 1, axis=(1,2))
    np.linalg.norm(x, 1, axis=(2,0))
    np.linalg.norm(x, -1, axis=(1,2))
    np.linalg.norm(x, -1, axis=(2,0))
    np.linalg.norm(x, 2, axis=(1,2))
    np.linalg.norm(x, 2, axis=(2,0))
    np.linalg.norm(x, -2, axis=(1,2))
    np.linalg.norm(x, -2, axis=(2,0))
    np.linalg.norm(x, np.inf, axis=(1,2))
    np.linalg.norm(x, np.inf, axis=(2,0))
    np.linalg.norm(x, -np.inf, axis=(1,2))
    np.linalg.norm(x, -np.inf, axis=(2,0))
    np.trace(x, axis1=1, axis2=2)
    np.linalg.trace(x, offset=1)
    """,
)

ROWS += every(
    [(3, 3), (2, 3, 3)],
    """
    np.linalg.matrix_norm(x, ord='fro')
    np.linalg.matrix_norm(x, ord='nuc')
    np.linalg.matrix_norm(x, ord=1)
    np.linalg.matrix_norm(x, ord=-1)
    np.linalg.matrix_norm(x, ord=2)
    np.linalg.matrix_norm(x, ord=-2)
    np.linalg.matrix_norm(x, ord=np.inf)
    np.linalg.matrix_norm(x, ord=-np.inf)
    np.linalg.trace(x)
    """,
)

ROWS += every([(2, 3, 2), (1,)], "np.linalg.norm(x)")

ROWS += every([[FLOAT, FLOAT]], "np.linalg.norm([x, y])")

ROWS += every([(3, 2)], "np.linalg.norm(x, axis=(0,))")

ROWS += every(
    [(3, 5)],
    """
    np.cov(x, ddof=0)
    np.cov(x, fweights=np.array([1, 2, 1, 3, 1]))
    """,
)

ROWS += every(
    [[(3, 5), (5,)]], "np.cov(x, fweights=np.array([1, 2, 1, 3, 1]), aweights=y)", tolerance=1e-06
)

ROWS += every([(3, 4)], "np.cov(x.T)")

ROWS += every([[(4,), (4,)]], "np.cov([x, y])")

ROWS += every([[(3, 5), (5,)]], "np.cov(x, aweights=y, ddof=0)")

ROWS += every([(3, 6)], "np.corrcoef(x)", tolerance=1e-06)

ROWS += every([(6, 3)], "np.corrcoef(x, rowvar=False)[0]", tolerance=1e-06)

ROWS += every([[(5,), (5,)]], "np.corrcoef(x, y)", tolerance=1e-06)

ROWS += every([[(5,), (3,)]], "np.correlate(x, y)")

ROWS += every([[(1,), (1,)], [(3,), (1,)]], "np.convolve(x, y)")

ROWS += every(
    [[(3, 2), (2, 3)]],
    """
    np.cross(x, y, axisa=0)
    np.cross(x, y, axisa=0, axisb=-1, axisc=0)
    """,
)

ROWS += every([[(3,), (3,)], [(2, 3), (2, 3)]], "np.linalg.cross(x, y)")

ROWS += every([[(3, 2), (3, 2)]], "np.linalg.cross(x, y, axis=0)")
