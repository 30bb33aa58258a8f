"""Results written into arrays: `out=`, `where=`, positional."""

import numpy as np

from tests.zoo.registry import case

X = np.array([0.7, -1.2, 0.4, 1.3])
Y = np.array([0.3, 0.5, -0.8, 1.1])
S = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9], [0.2, 0.8, -0.5]])


@case(X, Y)
def out_of_ufuncs(x, y):
    c = np.zeros(4)
    r = np.multiply(x, y, out=c)
    r[0] *= 2.0
    np.add(c, x, out=c)
    np.sin(c, c)
    return np.sum(c * y)


@case(X, Y)
def divide_where(x, y):
    q = np.divide(x, y, out=np.zeros_like(x), where=y > 0)
    return np.sum(q * q)


@case(S, S * 0.5 + 0.1)
def out_of_products_and_sums(a, b):
    c = np.empty((3, 3))
    np.dot(a, b, out=c)
    np.dot(c, b, a)
    d = np.zeros(3)
    np.sum(c, axis=0, out=d)
    a.sum(axis=1, out=c[1])
    return np.sum(c * a) + np.sum(d * d)


@case(X)
def out_into_overlapping_views(x):
    np.clip(x, -0.5, 1.0, out=x)
    np.exp(x[1:], out=x[:-1])
    return np.sum(x * x)
