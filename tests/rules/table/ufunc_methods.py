"""reduce, accumulate, outer and reduceat."""

from __future__ import annotations

from tests.rules.table.row import Row, every

ROWS: list[Row] = []

ROWS += every(
    [(3,), (3, 2)],
    """
    np.add.reduce(x)
    np.add.accumulate(x)
    np.multiply.reduce(x)
    np.multiply.accumulate(x)
    np.maximum.reduce(x)
    np.maximum.accumulate(x)
    np.minimum.reduce(x)
    np.minimum.accumulate(x)
    np.logaddexp.reduce(x)
    np.logaddexp.accumulate(x)
    np.fmax.reduce(x)
    np.fmax.accumulate(x)
    np.fmin.reduce(x)
    np.fmin.accumulate(x)
    np.hypot.reduce(x)
    np.hypot.accumulate(x)
    np.logaddexp2.reduce(x)
    np.logaddexp2.accumulate(x)
    np.subtract.reduce(x)
    np.subtract.accumulate(x)
    np.divide.reduce(x)
    np.divide.accumulate(x)
    """,
)

ROWS += every(
    [(2, 3)],
    """
    np.add.reduce(x, axis=1)
    np.add.reduce(x, axis=-1, keepdims=True)
    np.add.reduce(x, axis=None)
    np.add.accumulate(x, axis=1)
    np.multiply.reduce(x, axis=1)
    np.multiply.reduce(x, axis=-1, keepdims=True)
    np.multiply.reduce(x, axis=None)
    np.multiply.accumulate(x, axis=1)
    np.maximum.reduce(x, axis=1)
    np.maximum.reduce(x, axis=-1, keepdims=True)
    np.maximum.reduce(x, axis=None)
    np.maximum.accumulate(x, axis=1)
    np.minimum.reduce(x, axis=1)
    np.minimum.reduce(x, axis=-1, keepdims=True)
    np.minimum.reduce(x, axis=None)
    np.minimum.accumulate(x, axis=1)
    np.logaddexp.reduce(x, axis=1)
    np.logaddexp.reduce(x, axis=-1, keepdims=True)
    np.logaddexp.reduce(x, axis=None)
    np.logaddexp.accumulate(x, axis=1)
    np.fmax.reduce(x, axis=1)
    np.fmax.reduce(x, axis=-1, keepdims=True)
    np.fmax.reduce(x, axis=None)
    np.fmax.accumulate(x, axis=1)
    np.fmin.reduce(x, axis=1)
    np.fmin.reduce(x, axis=-1, keepdims=True)
    np.fmin.reduce(x, axis=None)
    np.fmin.accumulate(x, axis=1)
    np.hypot.reduce(x, axis=1)
    np.hypot.reduce(x, axis=-1, keepdims=True)
    np.hypot.reduce(x, axis=None)
    np.hypot.accumulate(x, axis=1)
    np.logaddexp2.reduce(x, axis=1)
    np.logaddexp2.reduce(x, axis=-1, keepdims=True)
    np.logaddexp2.reduce(x, axis=None)
    np.logaddexp2.accumulate(x, axis=1)
    np.subtract.accumulate(x, axis=1)
    np.divide.accumulate(x, axis=1)
    np.add.reduce(x, axis=(0,1))
    np.multiply.reduce(x, axis=(0,1), initial=2.0)
    np.logaddexp.reduce(x, axis=(0,1))
    """,
)

ROWS += every(
    [[(2,), (3,)], [(2, 2), (2,)]],
    """
    np.add.outer(x, y)
    np.multiply.outer(x, y)
    np.maximum.outer(x, y)
    np.minimum.outer(x, y)
    np.logaddexp.outer(x, y)
    np.fmax.outer(x, y)
    np.fmin.outer(x, y)
    np.hypot.outer(x, y)
    np.logaddexp2.outer(x, y)
    np.subtract.outer(x, y)
    np.divide.outer(x, y)
    """,
)

ROWS += every(
    [(5,)],
    """
    np.add.reduceat(x, [0, 2, 3])
    np.multiply.reduceat(x, [0, 2, 3])
    np.maximum.reduceat(x, [0, 2, 3])
    np.minimum.reduceat(x, [0, 2, 3])
    np.logaddexp.reduceat(x, [0, 2, 3])
    np.fmax.reduceat(x, [0, 2, 3])
    np.fmin.reduceat(x, [0, 2, 3])
    np.hypot.reduceat(x, [0, 2, 3])
    np.logaddexp2.reduceat(x, [0, 2, 3])
    np.subtract.reduceat(x, [0, 2, 3])
    np.divide.reduceat(x, [0, 2, 3])
    """,
)

ROWS += every(
    [(2, 5)],
    """
    np.add.reduceat(x, np.array([0, 3]), axis=1)
    np.multiply.reduceat(x, np.array([0, 3]), axis=1)
    np.maximum.reduceat(x, np.array([0, 3]), axis=1)
    np.minimum.reduceat(x, np.array([0, 3]), axis=1)
    np.logaddexp.reduceat(x, np.array([0, 3]), axis=1)
    np.fmax.reduceat(x, np.array([0, 3]), axis=1)
    np.fmin.reduceat(x, np.array([0, 3]), axis=1)
    np.hypot.reduceat(x, np.array([0, 3]), axis=1)
    np.logaddexp2.reduceat(x, np.array([0, 3]), axis=1)
    np.subtract.reduceat(x, np.array([0, 3]), axis=1)
    np.divide.reduceat(x, np.array([0, 3]), axis=1)
    """,
)

ROWS += every(
    [(3,)],
    """
    np.add.reduce(x, initial=1.0)
    np.add.reduce(x, where=np.array([True, False, True]))
    np.maximum.reduce(x, initial=0.5)
    """,
)

ROWS += every(
    [[(3,), (3,)]],
    """
    np.maximum.reduce([x, y, 2 * x - y])
    np.add.reduce([x, y])
    """,
)

ROWS += every(
    [[(2,), (2,)]],
    """
    np.power.outer(x, y)
    np.arctan2.outer(x, y)
    """,
)

ROWS += every([[(2,), (3,)]], "np.less.outer(x, y) * x[:, None]")
