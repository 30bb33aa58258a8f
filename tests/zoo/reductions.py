"""sum, mean, max, min, prod over axes, and the functions that rearrange arrays."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(3, 4), order=3)
def sums(a):
    return np.sum(np.sum(a, axis=0) ** 2) + np.sum(a.sum(axis=-1) ** 3) + a.sum()


@case(draw(2, 3, 4))
def sums_over_axes(a):
    s = np.sum(a, axis=(0, 2))
    t = np.sum(a, axis=1, keepdims=True)
    return np.sum(s * s) + np.sum(a * t)


@case(draw(3, 4))
def means(a):
    centred = a - a.mean(axis=0)
    spread = np.mean(centred**2, axis=1, keepdims=True)
    return np.mean(centred * spread) + np.mean(a)


@case(draw(3, 4, distinct=True))
def extrema(a):
    return np.max(a) * np.min(a) + np.sum(a.max(axis=1) * a.min(axis=1))


@case(draw(3, 4, distinct=True))
def extrema_keepdims(a):
    return np.sum((a - np.max(a, axis=0, keepdims=True)) * np.min(a, axis=(0, 1)))


@case(draw(3, 3), order=3)
def products(a):
    return np.prod(a) + np.sum(np.prod(a, axis=0) * a.prod(axis=1))


@case(draw(4), draw(4))
def dot_and_outer(x, y):
    return np.dot(x, y) + np.sum(np.outer(x, y) ** 2) + x.dot(y) * (x @ y)


@case(draw(2, 3), draw(3, 2))
def transposes(a, b):
    return np.sum(a * b.T) + np.sum(np.transpose(a) @ a) + np.sum(a.transpose() * b)


@case(draw(2, 3, 4))
def transpose_axes(a):
    b = np.transpose(a, (2, 0, 1))
    return np.sum(b[1] * 2.0) + np.sum(b * b) + np.sum(a.T[0] ** 2)


@case(draw(6))
def reshapes(x):
    a = x.reshape(2, 3)
    b = np.reshape(a, (3, -1))
    return np.sum((a @ b) ** 2) + np.sum(b.reshape(-1) * x)


@case(draw(2), draw(3))
def concatenates(x, y):
    z = np.concatenate([x, y, x * 2.0])
    return np.sum(z * np.arange(7.0) * z)


@case(draw(2, 3), draw(1, 3))
def concatenates_axis(a, b):
    c = np.concatenate((a, b), axis=0)
    d = np.concatenate([c, c * c], axis=1)
    return np.sum(d @ d.T)


@case(draw(3), draw(3), 0.5)
def stacks(x, y, c):
    a = np.stack([x, y, x * y])
    b = np.stack((x, y), axis=1)
    return np.sum(a @ b) * c + np.sum(np.stack([x[0], y[1], c]) ** 2)


@case(draw(5), order=3)
def softmax_entropy(x):
    e = np.exp(x - np.max(x))
    p = e / np.sum(e)
    return -np.sum(p * np.log(p))


@case(draw(5))
def log_sum_exp(x):
    m = x.max()
    return m + np.log(np.sum(np.exp(x - m)))


@case(draw(4, 3))
def standardise(a):
    mu = np.mean(a, axis=0)
    var = np.mean((a - mu) ** 2, axis=0)
    z = (a - mu) / np.sqrt(var + 1e-3)
    return np.sum(z**3)


@case(draw(3), 4, argnums=(0,))
def aranges(x, n):
    t = np.arange(n)
    u = np.arange(0.0, 1.5, 0.5)
    return np.sum(x * u) + np.sum(t) * x[0] + np.sum(np.ones((2, 3)) * x)


@case(draw(3, 2))
def method_forms(a):
    b = a.copy()
    total = b.sum() * b.mean() + b.max() - b.min() + b.prod()
    return total + np.sum(b.T.dot(b)) + b.reshape(-1)[1] + b.transpose()[0, 1]
