"""Subscripts that read: integers, slices, newaxis, ellipsis, index arrays, masks."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(5))
def elements(x):
    return x[0] * x[-1] + np.sin(x[2])


@case(draw(3, 4))
def matrix_elements(a):
    return a[0, 1] * a[-1, -2] + a[1][2] ** 2


@case(draw(7))
def slices(x):
    return np.sum(x[1:4] * x[3:6]) + np.sum(x[:-2] ** 2) + np.sum(x[::3])


@case(draw(6))
def negative_steps(x):
    return np.sum(x[::-1] * np.arange(6.0) * x) + np.sum(x[4:0:-2] ** 2)


@case(draw(4, 5))
def matrix_slices(a):
    return np.sum(a[1:, ::2] * a[:-1, 1:4]) + np.sum(a[2] * a[0]) + np.sum(a[:, 3])


@case(draw(3), draw(4))
def newaxis(x, y):
    return np.sum(np.sin(x[:, None] * y[None, :]) + x[:, np.newaxis])


@case(draw(2, 3, 4))
def ellipsis(a):
    return np.sum(a[..., 1] * a[..., -1]) + np.sum(a[0, ...] ** 2)


@case(draw(4), np.array([2, 0, 2, 2, 1]), argnums=(0,))
def gather(x, index):
    return np.sum(x[index] ** 2 * np.arange(5.0))


@case(draw(3, 4), np.array([0, 2, 0]), np.array([1, 1, 3]), argnums=(0,))
def gather_pairs(a, rows, columns):
    return np.sum(a[rows, columns] ** 2) + np.sum(a[rows] * 0.5) + np.sum(a[:, columns])


@case(draw(4, 3), np.array([2, 0, 1, 1]), argnums=(0,))
def one_logit_per_row(logits, labels):
    n = logits.shape[0]
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_z = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_z - shifted[np.arange(n), labels])


@case(draw(6, signed=True))
def mask_read(x):
    return np.sum(x[x > 0] ** 2)


@case(draw(6))
def mask_read_scaled(x):
    chosen = x[x > 0.5]
    return np.sum(chosen * chosen) / len(chosen)


@case(draw(4), np.array([3, 1, 0, 1]), argnums=(0,))
def scalar_index_from_array(x, order):
    s = 1.0
    for k in order:
        s = s * x[k] + x[0]
    return s


@case(draw(4))
def computed_slice_bounds(x):
    s = 0.0
    for i in range(4):
        s += np.sum(x[: i + 1]) * np.sum(x[i:])
    return s


@case(draw(5), 3, argnums=(0,))
def bound_from_argument(x, k):
    return np.sum(x[:k] ** 2) - np.sum(x[k:]) * x[k - 1]


@case(draw(6))
def shape_attributes(x):
    m = x.reshape(2, 3)
    n, k = m.shape
    return np.sum(m) * n / k + x.size + m.ndim * x[0] + len(m)


@case(draw(4), np.array([1, 1, 0]), argnums=(0,))
def scatter_winners(x, index):
    z = np.zeros(3)
    z[index] = x[:3]
    z[index] += x[1:]
    return np.sum(z * z)


@case(draw(4, signed=True))
def poisoned_where_written_by_index(x):
    x[np.array([0, 0, 1, 1])] = np.where(x > 0.2, np.sqrt(x - 0.2), x)
    y = x * 1.0
    np.add.at(y, [0, 0, 2, 3], np.where(x > 0.2, np.sqrt(x - 0.2), 0.0))
    return np.sum(x * y)
