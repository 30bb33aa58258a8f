"""Arrays of no axes, of one entry and of none."""

from __future__ import annotations

from tests.rules.table.row import SCALAR, Row, every

ROWS: list[Row] = []

ROWS += every(
    [(1,)],
    """
    x.reshape(())
    np.reshape(x, (1, 1))
    np.squeeze(x)
    x.squeeze()
    np.squeeze(x, axis=0)
    np.atleast_2d(x)
    x[0]
    x.sum()
    x.item()
    np.broadcast_to(x, (3,))
    np.repeat(x, 3)
    np.tile(x, 4)
    np.roll(x, 1)
    np.flip(x)
    np.concatenate([x, x])
    np.sort(x)
    np.diag(x)
    np.pad(x, 2, mode='edge')
    np.pad(x, 2, mode='wrap')
    np.cumsum(x)
    np.take(x, 0)
    np.delete(x, 0)
    np.insert(x, 0, 1.0)
    np.append(x, x)
    np.unique(x)
    np.median(x)
    np.trapezoid(x)
    np.outer(x, x)
    np.split(x, 1)[0]
    np.vander(x, 3)
    np.polyval(x, x)
    np.meshgrid(x, x)[0]
    """,
)

ROWS += every(
    [(0,)],
    """
    x.reshape(0, 2)
    x.reshape(-1, 2)
    x.ravel()
    x.T
    np.tile(x, 2)
    np.repeat(x, 2)
    np.roll(x, 1)
    np.flip(x)
    np.concatenate([x, x])
    np.concatenate([x, np.ones(2)])
    np.stack([x, x])
    np.sort(x)
    np.sort(x, axis=None)
    np.diag(x)
    np.pad(x, 2)
    np.cumsum(x)
    np.take(x, np.array([], dtype=int))
    np.append(x, 1.0)
    np.insert(x, 0, 1.0)
    np.unique(x)
    np.outer(x, x)
    np.array_split(x, 2)[0]
    np.meshgrid(x, x)[0]
    x @ x
    np.dot(x, x)
    np.linalg.norm(x)
    np.diff(x)
    np.where(x > 0, x, 1.0)
    np.expand_dims(x, 0)
    x[:, None]
    np.broadcast_to(x, (3, 0))
    np.einsum('i->', x)
    np.prod(x)
    np.vander(x)
    np.interp(x, [0.0, 1.0], [1.0, 2.0])
    np.clip(x, 0, 1)
    np.hypot(x, x)
    """,
)

ROWS += every(
    [(), SCALAR],
    """
    x.reshape(1)
    x.reshape(-1)
    x.ravel()
    x.T
    x.copy()
    x[()]
    x[None]
    x[...]
    np.atleast_1d(x)
    np.expand_dims(x, 0)
    np.broadcast_to(x, (2, 2))
    np.tile(x, 3)
    np.repeat(x, 3)
    np.stack([x, x])
    np.hstack([x, x])
    np.vstack([x, x])
    np.append(x, x)
    np.full(3, x)
    x.item() * x
    float(x) * x
    x.astype(float)
    np.squeeze(x)
    np.sum(x)
    x.sum()
    np.cumsum(x)
    np.array([x, x])
    np.transpose(x)
    np.flip(x)
    np.where(x > 1, x, 2 * x)
    np.dot(x, x)
    np.outer(x, x)
    np.multiply.outer(x, x)
    np.ravel(x)
    np.reshape(x, (1, 1))
    np.linspace(x, 2 * x, 3)
    np.meshgrid(x, x)[0]
    np.inner(x, x)
    np.vdot(x, x)
    np.kron(x, x)
    np.tensordot(x, x, 0)
    np.max(x)
    np.prod(x)
    np.mean(x)
    np.std(x) + x
    np.var(x) + x
    np.clip(x, 0.5, 1.0)
    np.linalg.norm(x)
    np.median(x)
    np.pad(x, 0)
    np.roll(x, 1)
    np.diagflat(x)
    np.unique(x)
    np.trapezoid([x, x])
    np.block([x, x])
    np.concat([np.atleast_1d(x), np.ones(1)])
    np.array(x)
    np.take(x, 0)
    np.clip(x, None, 1.0)
    np.nan_to_num(x)
    np.resize(x, 3)
    """,
)
