"""Functions and methods that write an argument."""

import numpy as np

from tests.zoo.registry import case

X = np.array([0.7, -1.2, 0.4, 1.3])
Y = np.array([0.3, 0.5, -0.8, 1.1])
M = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9]])
S = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9], [0.2, 0.8, -0.5]])


@case(X, Y)
def copy_to(x, y):
    a = np.zeros(4)
    np.copyto(a, x)
    np.copyto(a, y * 2.0, where=x > 0)
    np.copyto(a[::2], 3.0)
    return np.sum(a * x)


@case(M, Y)
def put_by_flat_index(a, y):
    np.put(a, [0, 4], y[:2])
    a.put(np.array([-1, 1]), y[2] * y[3])
    np.put(a.T, [1, 2, 3], y[:2])
    return np.sum(a * a)


@case(M, X)
def place_and_putmask(a, y):
    np.place(a, a > 0.5, y)
    np.putmask(a, a < -0.5, y[:2] * 2.0)
    return np.sum(a * a * np.arange(6.0).reshape(2, 3))


@case(S, X)
def filled_diagonals(a, y):
    np.fill_diagonal(a, y[0] * y[1])
    b = a.copy()
    np.fill_diagonal(b, y[:2])
    return np.sum(a @ b)


@case(S)
def put_along_rows(a):
    i = np.argmax(a, axis=1)
    np.put_along_axis(a, i[:, None], a[0, 0] * 2.0, axis=1)
    return np.sum(a * a)


@case(S)
def sorted_in_place(a):
    a.sort(axis=0)
    w = a.copy()
    w.sort()
    v = a[1]
    v.sort()
    return np.sum(w * np.arange(9.0).reshape(3, 3)) + np.sum(a * a * np.arange(3.0))


@case(X, Y)
def ufuncs_at(x, y):
    z = x * 1.0
    i = np.array([0, 0, 2, 1])
    np.multiply.at(z, i, y)
    np.divide.at(z, [1, 1], 2.0)
    np.maximum.at(z, np.array([3, 0]), y[:2])
    np.add.at(z, (np.array([1, 1]),), y[2:])
    np.multiply.at(z, 1, 3.0)
    return np.sum(z * z)


@case(M)
def flat_iterator(a):
    a.flat[1] = a.flat[0] * 2.0
    a.flat[[2, 4]] = a.flat[1:3]
    b = a.T
    b.flat[0] *= 3.0
    b.flat[::2] += b.flat[1]
    s = 0.0
    for v in b.flat:
        s = s * 0.5 + v * v
    return s + np.sum(a.flat)


@case(X)
def powers_and_quotients_in_place(x):
    x **= 2
    x //= 0.3
    return np.sum(x)


@case(S)
def operators_in_place(a):
    a @= a
    a %= 0.7
    n = np.arange(4)
    n <<= 1
    n |= 1
    n >>= 1
    n ^= 2
    n &= 3
    return np.sum(a[:, n[:3] % 3] * a)
