"""Calls of other plain Python functions: inlined or not, mutating, with defaults and keywords."""

import numpy as np

from tests.zoo.registry import case, draw

GAIN = 1.7
OFFSETS = np.array([0.1, -0.2, 0.3])


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def affine(x, w, b):
    return w * x + b


def sincos(x):
    return np.sin(x), np.cos(x)


def scale_in_place(a, c):
    a *= c


def set_first(a, value):
    a[0] = value
    return None


def normalise_rows(a):
    for r in a:
        r /= np.sum(r)


def shifted(x, by=0.5, *, power=2):
    return (x - by) ** power


def clamp(x, low=0.0, high=1.0):
    if x < low:
        return low
    if x > high:
        return high
    return x


def tail(a):
    return a[1:]


def identity(a):
    return a


def split_at(a, k):
    return a[:k], a[k:]


def apply_twice(x):
    return affine(affine(x, 2.0, 0.1), x, -0.3)


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def first_above(x, limit):
    for v in x:
        if v > limit:
            return v * v
    return 0.0


@case(draw(3), order=3)
def helper(x):
    return np.sum(sigmoid(x) * x)


@case(0.7, 1.2, -0.4)
def helper_of_scalars(x, w, b):
    return sigmoid(affine(x, w, b))


@case(0.8)
def helper_returns_tuple(x):
    s, c = sincos(x)
    t = sincos(s)
    return s * c + t[0] * t[1]


@case(draw(4), 0.7)
def mutating_helper(x, c):
    a = x.copy()
    scale_in_place(a, c)
    set_first(a, c * c)
    return np.sum(a * x)


@case(draw(4), 0.7)
def mutating_helper_on_view(x, c):
    a = x.copy()
    scale_in_place(a[1:3], c)
    scale_in_place(tail(a), 2.0)
    return np.sum(a * a)


@case(draw(3, 3))
def mutating_helper_with_loop(matrix):
    a = matrix.copy()
    normalise_rows(a)
    normalise_rows(a.T)
    return np.sum(a * matrix)


@case(draw(4), 0.7)
def mutating_helper_on_argument(x, c):
    scale_in_place(x, c)
    return np.sum(x**3)


@case(draw(3), 0.6)
def defaults_and_keywords(x, c):
    a = shifted(x)
    b = shifted(x, c)
    d = shifted(x, power=3, by=c)
    return np.sum(a * b + d)


@case(draw(3), 0.6)
def own_default(x, c, bias=0.25, power=2):
    return np.sum((x * c + bias) ** power)


@case(draw(3), 0.6, bias=0.75, power=3)
def keyword_arguments(x, c, *, bias=0.25, power=2):
    return np.sum((x * c + bias) ** power)


@case(0.4)
@case(1.4)
@case(-0.4)
def helper_with_returns(x):
    return clamp(x) * 3.0 + clamp(x, -1.0) + clamp(x, high=2.0) ** 2 + x


@case(draw(5), 0.8)
def helper_returns_view(x, c):
    a = x.copy()
    b = tail(a)
    b[0] = c
    d = identity(b)
    d[1] *= a[1]
    return np.sum(a * a)


@case(draw(5))
def helper_returns_two_views(x):
    a = x.copy()
    left, right = split_at(a, 2)
    left *= 3.0
    right[0] = left[1]
    return np.sum(a**2)


@case(0.9)
def helper_calls_helper(x):
    return apply_twice(apply_twice(x))


@case(draw(4), 3, argnums=(0,))
def helper_in_loop(x, n):
    h = x
    for _ in range(n):
        h = softmax(h * x) + sigmoid(h)
    return np.sum(h * h)


@case(draw(4), 1.0, argnums=(0,))
@case(draw(4), 9.0, argnums=(0,))
def helper_with_loop_and_return(x, limit):
    return first_above(x, limit) * np.sum(x)


@case(draw(3))
def module_globals(x):
    return np.sum(x * GAIN + OFFSETS * x**2)


@case(draw(2), draw(2))
def helper_called_twice_on_same(x, y):
    return np.sum(affine(x, y, x) * affine(y, x, y)) + np.sum(affine(x, x, x))


@case(draw(3))
def functions_as_values(x):
    f = sigmoid
    return np.sum(f(x) + f(f(x)))
