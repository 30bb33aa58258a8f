"""Shapes, joining, padding, order and places of a matrix."""

from __future__ import annotations

from tests.rules.table.row import Row, every

ROWS: list[Row] = []

ROWS += every([(2, 3)], "np.pad(x, {0: (1, 1)})", since=(2, 4))

ROWS += every(
    [(2, 3)],
    """
    np.reshape(x, (3, 2))
    x.reshape(3, 2)
    x.reshape((3, -1))
    x.reshape(-1)
    np.reshape(x, -1)
    np.reshape(x, (3, 2), order='F')
    x.reshape(3, 2, order='F')
    x.ravel()
    np.ravel(x)
    x.ravel(order='F')
    np.ravel(x, 'F')
    x.ravel(order='K')
    x.ravel(order='A')
    x.flatten()
    x.flatten('F')
    x.flatten(order='C')
    x.T
    np.transpose(x)
    x.transpose()
    x.transpose(1, 0)
    x.transpose((1, 0))
    np.transpose(x, (1, 0))
    np.transpose(x, axes=(-1, 0))
    np.moveaxis(x, 0, 1)
    np.moveaxis(x, [0, 1], [1, 0])
    np.moveaxis(x, -1, 0)
    np.swapaxes(x, 0, 1)
    x.swapaxes(-1, 0)
    np.rollaxis(x, 1)
    np.rollaxis(x, 0, 2)
    np.expand_dims(x, 0)
    np.expand_dims(x, (0, 2))
    np.expand_dims(x, -1)
    x[None]
    x[:, np.newaxis, :]
    x[..., None]
    np.broadcast_to(x, (2, 2, 3))
    np.tile(x, (2,))
    np.repeat(x, 3, axis=-1)
    x.repeat(2)
    x.repeat(2, axis=0)
    np.repeat(x, [1, 2], axis=0)
    x.repeat([0, 2, 1], 1)
    np.roll(x, 1, axis=0)
    np.roll(x, (1, 1), (0, 1))
    np.roll(x, -7)
    np.flip(x)
    np.flip(x, 0)
    np.flip(x, axis=(0, 1))
    np.fliplr(x)
    np.flipud(x)
    np.rot90(x)
    np.rot90(x, 2)
    np.rot90(x, k=-1)
    np.rot90(x, 1, axes=(1, 0))
    x[::-1]
    x[:, ::-2]
    np.concatenate([x, x])
    np.concatenate((x, 2 * x), axis=1)
    np.concatenate((x, x), axis=None)
    np.concatenate((x, x), -1)
    np.concatenate([x, np.ones((1, 3))])
    np.concatenate((x, x), dtype=np.float64)
    np.stack([x, x])
    np.stack((x, x), axis=-1)
    np.stack([x, x], axis=1)
    np.vstack([x, x[0]])
    np.hstack([x, x])
    np.dstack([x, x])
    np.column_stack([x, x[:, 0]])
    np.split(x, 3, axis=1)[1]
    np.split(x, [1, 2], axis=1)[2]
    np.array_split(x, 2, axis=1)[0]
    np.array_split(x, 2)[1]
    np.hsplit(x, 3)[0]
    np.vsplit(x, 2)[1]
    np.dsplit(x[:, :, None], 1)[0]
    np.split(x, 2)[0] * np.split(x, 2)[1]
    a, b = np.split(x, 2) ;; a * b
    np.sum(np.array([np.sum(p * p) for p in np.split(x, 3, axis=1)]))
    np.block([[x, x], [x, x]])
    np.block([x, x])
    np.block(x)
    np.resize(x, 8)
    np.resize(x, (3, 3))
    np.resize(x, (2,))
    np.triu(x, 1)
    np.tril(x)
    np.tril(x, k=1)
    np.diag(x)
    np.diag(x, k=1)
    np.diagonal(x, offset=1)
    x.diagonal()
    x.diagonal(-1)
    np.diagflat(x)
    np.diagflat(x, 1)
    x[np.tril_indices(2, 0, 3)]
    x[np.triu_indices_from(x)]
    x[np.tril_indices(2)]
    np.take(x, 1, axis=1)
    np.take(x, [0, 2], axis=-1)
    x.take([0, 2, 2], axis=1)
    x.take(3)
    x.take([[0, 1], [4, 5]])
    np.take(x, np.array([5, -1]), mode='wrap')
    np.take(x, [7, -3], axis=1, mode='clip')
    np.take(x, 1, 0, mode='wrap')
    np.take_along_axis(x, np.array([[0], [1]]), axis=1)
    np.take_along_axis(x, np.array([0, 3]), axis=None)
    np.take_along_axis(x, np.argsort(x, axis=-1), axis=-1)
    np.compress([True, False, True], x, axis=1)
    np.compress([True, False, True], x)
    x.compress([True, False], axis=0)
    np.compress([1, 0], x, 0)
    np.extract(x > 1, x)
    np.extract([[True, False, True], [False, True, True]], x)
    np.delete(x, 1, axis=1)
    np.delete(x, [0, 2], 1)
    np.delete(x, -1, axis=1)
    np.delete(x, slice(None, None, 2), axis=1)
    np.delete(x, [True, False, True], axis=1)
    np.delete(x, [])
    np.insert(x, 1, 5.0, axis=1)
    np.insert(x, 1, x[:, 0], axis=1)
    np.insert(x, [1, 2], 2.0 * x[:, :2], axis=1)
    np.insert(x, [1], x[:, :1], axis=1)
    np.insert(x, 0, x[0], axis=0)
    np.insert(x, 3, 1.0)
    np.insert(x, -1, 1.0, axis=1)
    np.insert(x, slice(0, 2), 1.0, axis=1)
    np.append(x, 1.0)
    np.append(x, x, axis=1)
    np.append(x, [[1.0, 2.0, 3.0]], axis=0)
    np.sort(x)
    np.sort(x, 0)
    np.sort(x, axis=None)
    np.sort(x, kind='stable')
    np.sort(x, stable=True)
    y = x * 1 ;; y.sort() ;; y
    y = x * 1 ;; y.sort(axis=0) ;; y
    np.partition(x, 1)
    np.partition(x, [0, 1], axis=1)
    np.partition(x, -1, axis=0)
    y = x * 1 ;; y.partition(1) ;; y
    np.take_along_axis(x, np.argpartition(x, 1, axis=1), axis=1)
    np.unique(x)
    np.unique(x, return_counts=True)[0]
    np.unique(x, axis=0)
    np.unique(x, return_index=True, return_inverse=True)[0]
    np.lexsort((x[0], x[1])) * x[0]
    np.squeeze(x[None])
    np.squeeze(x[None], axis=0)
    x[:, None].squeeze()
    x[:, None].squeeze(1)
    np.atleast_1d(x, 2 * x)[1]
    np.atleast_2d(x)
    np.atleast_3d(x)
    np.meshgrid(x[0], x[1], indexing='ij')[0]
    np.meshgrid(x[0], x[1])[1]
    np.meshgrid(x[0], x[1], x[0], sparse=True)[2]
    np.meshgrid(x[0], x[1], copy=False)[0]
    a, b = np.meshgrid(x[0], x[1]) ;; a * b
    a, b = np.broadcast_arrays(x, x[0]) ;; a * b
    np.broadcast_arrays(x, 1.0)[0]
    x[np.ix_([0, 1], [0, 2])]
    x[np.ix_([True, False], [0, 2])]
    np.r_[x[0], x[1]]
    np.r_[x[0], 0.0, x[1, 0]]
    np.c_[x[0], x[1]]
    np.r_[x, x]
    np.c_[x, x]
    np.mgrid[0:2, 0:3][1] * x
    np.ogrid[0:2, 0:3][1] * x
    np.s_[0:1] and x[np.s_[:, 1:]]
    np.index_exp[0] and x[np.index_exp[0, 1:]]
    sum(x[i] for i in np.ndindex(2, 3))
    t = 0.0 ;; for i in np.ndindex(x.shape): ;;     t += x[i] ** 2 ;; t
    t = 0.0 ;; for i, v in np.ndenumerate(x): ;;     t += v * v ;; t
    t = 0.0 ;; for v in x.flat: ;;     t += v * v ;; t
    x.flat[2] * x
    np.apply_along_axis(np.sum, 0, x)
    np.apply_along_axis(lambda v: v[::-1] * v, 1, x)
    np.apply_along_axis(np.sort, -1, x)
    np.apply_over_axes(np.sum, x, [0, 1])
    np.apply_over_axes(np.sum, x, 1)
    np.vectorize(lambda a, b: a * b)(x, 2.0)
    np.vectorize(np.sin)(x)
    np.fromfunction(lambda i, j: x[0, 0] * i + j, (2, 3))
    np.lib.stride_tricks.sliding_window_view(x, 2, axis=1) * 1
    np.lib.stride_tricks.sliding_window_view(x, (2, 2)) * 1
    np.lib.stride_tricks.sliding_window_view(x, 2, axis=-1).sum(-1)
    np.lib.stride_tricks.sliding_window_view(x, (1, 2), axis=(0, 1)) * 1
    np.pad(x, 1)
    np.pad(x, 0)
    np.pad(x, ((1, 1), (0, 2)))
    np.pad(x, (1, 2), 'constant', constant_values=3.0)
    np.pad(x, ((0, 0), (1, 1)), mode='edge')
    np.pad(x, 1, mode='reflect')
    np.pad(x, 1, mode='reflect', reflect_type='odd')
    np.pad(x, 1, mode='symmetric', reflect_type='odd')
    np.pad(x, 4, mode='symmetric')
    np.pad(x, 4, mode='wrap')
    np.pad(x, 4, 'reflect')
    np.pad(x, 2, mode='mean', stat_length=2)
    np.pad(x, 1, mode='maximum', stat_length=((1, 2), (2, 1)))
    np.pad(x, 1, mode='median')
    np.pad(x, 2, mode='linear_ramp', end_values=(1.0, 2.0))
    np.pad(x, 2, mode='linear_ramp')
    np.pad(x, [(1, 0), (0, 1)])
    np.pad(x, [1, 2])
    np.vander(x[0])
    np.vander(x[0], N=2, increasing=True)
    np.polyval(x[0], x[1])
    np.polyval(x[0], 2.0)
    np.polyval([1.0, 2.0, 3.0], x)
    np.polymul(x[0], x[1])
    np.polyadd(x[0], x[1, :2])
    np.polysub(x[0], 1.0)
    np.polyder(x[0])
    np.polyder(x[0], 2)
    np.polyint(x[0])
    np.polyint(x[0], m=2)
    np.polyint(x[0], m=2, k=[1.0, 2.0])
    np.polyint(x[0], k=x[1, 0])
    np.polydiv(x[0], x[1, :2])[0]
    np.polyfit(np.array([0.0, 1.0, 2.0]), x[0], 1)
    np.poly(x[0])
    np.asarray(x) * 1
    np.array(x, copy=True)
    np.array(x, ndmin=3)
    np.array(x, dtype=float)
    np.array(x, order='C')
    np.asarray(x, dtype=np.float64) * 1
    np.asanyarray(x) * 1
    np.ascontiguousarray(x) * 1
    np.asfortranarray(x) * 1
    np.asarray_chkfinite(x) * 1
    np.require(x) * 1
    np.copy(x)
    x.copy()
    np.full((2, 3), x)
    np.full_like(x, x[0, 0])
    np.full(3, x[0, 0])
    np.zeros_like(x) + x
    np.ones_like(x) * x
    np.empty_like(x) * 0 + x
    np.ones_like(x, dtype=float) * x
    np.eye(2, 3) * x
    np.identity(3) @ x.T
    np.tri(2, 3) * x
    np.arange(3) * x
    np.arange(x[0, 0], 3.0) * 1.0
    np.indices((2, 3))[0] * x
    x.tolist()[0][1] * x
    x.item(1) * x
    x.item((0, 1)) * x
    x[0, 1].item() * x
    x.size * x + x.ndim + x.shape[0] + len(x)
    y = x * 1 ;; np.copyto(y, 2 * x, where=x > 1) ;; y
    y = x * 1 ;; np.putmask(y, x > 1, x * x) ;; y
    y = x * 1 ;; np.put(y, [0, 2], x[0, :2]) ;; y
    y = x * 1 ;; y.put([0, 2], 3.0) ;; y
    y = x * 1 ;; np.place(y, x > 1, [1.0, 2.0]) ;; y
    y = x * 1 ;; np.put_along_axis(y, np.array([[0], [1]]), x[:, 2:], axis=1) ;; y
    y = x * 1 ;; np.fill_diagonal(y, x[0, 0]) ;; y
    y = x * 1 ;; y.fill(x[0, 0]) ;; y
    y = x * 1 ;; np.fill_diagonal(y, x[1, :2]) ;; y
    y = x * 1 ;; y.flat[1] = x[0, 0] ;; y
    np.nonzero(x > 1)[0] + np.sum(x)
    np.flatnonzero(x > 1) + np.sum(x)
    np.argwhere(x > 1) + np.sum(x)
    x[np.unravel_index(4, (2, 3))]
    x[np.unravel_index([1, 4], x.shape)]
    x.ravel()[np.ravel_multi_index((1, 2), (2, 3))]
    np.ravel_multi_index(([0, 1], [1, 2]), x.shape) * x[0, :2]
    x.sum(0).cumsum().prod()
    x.argsort(axis=0) * x
    x.view()[0]
    np.array_equal(x, x) * x
    np.isin(x, [1.0]) * x
    np.union1d(x, [9.0, 10.0])
    np.intersect1d(x, x[0])
    np.setdiff1d(x, x[0])
    np.setxor1d(x, x[0])
    np.trace(x)
    x.dot(x.T)
    x @ x.T
    np.array([[x[0, 0], 1.0], [2.0, x[1, 1]]])
    np.array([x[0], x[1]])
    np.array([x, x])
    np.float64(x[0, 0]) * x
    np.logspace(x[0, 0], x[0, 1], 4)
    np.geomspace(x[0], x[1], 4)
    np.geomspace(x[0], x[1], 4, endpoint=False, axis=1)
    np.logspace(x[0], x[1], num=3, base=2.0)
    np.linspace(x[0], x[1], 4, axis=-1)
    np.linspace(x[0], x[1], 4, retstep=True)[1]
    np.linspace(x[0], 2.0, num=1)
    np.linspace(x[0, 0], 2.0)
    np.linspace(0, x[0, 0], 4, endpoint=False)
    np.linspace(x[0], 2, 0)
    np.fromiter((v * v for v in x[0]), float)
    np.fromiter(x[0], float, 3)
    np.fromiter(x[0], dtype=np.float64, count=2)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 3)],
    """
    x.nbytes * x
    x.itemsize * x
    """,
    tolerance=1e-06,
    single=False,
)
