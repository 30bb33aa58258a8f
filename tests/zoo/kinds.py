"""Kinds of arguments: Python floats and ints, NumPy scalars, 0-d arrays, float32, empty arrays."""

import numpy as np

from tests.zoo.registry import case, draw

# float32 results agree with the wide finite differences to about single precision.
SINGLE = 2e-4


@case(0.7, draw(3))
def float_times_array(a, x):
    s = np.sin(a)
    return np.sum(s * x) + s


@case(np.float64(0.7), draw(3))
def numpy_scalar_argument(a, x):
    return np.sum(np.sin(a) * x) + a * a


@case(np.array(0.7), draw(3))
def zero_dimensional_argument(a, x):
    return np.sum(a * x) + a * a


@case(np.array(0.7), 1.2)
def zero_dimensional_written(a, c):
    b = a.copy()
    b[...] = b * c
    b += 1.0
    return b * b


@case(draw(4, dtype=np.float32), fd_tol=SINGLE)
def single_precision(x):
    return np.sum(x * np.sin(x))


@case(draw(4, dtype=np.float32), 0.5, fd_tol=SINGLE)
def single_precision_weak_scalar(x, c):
    return np.sum(x * c + 2.0) * c


@case(draw(4, dtype=np.float32), draw(4), fd_tol=SINGLE)
def mixed_precision(x, y):
    return np.sum(x * y + x)


@case(np.float32(0.7), np.float64(1.2), fd_tol=SINGLE)
def mixed_scalars(a, b):
    return a * b + np.exp(a)


@case(draw(3, dtype=np.float32), 0.7, fd_tol=SINGLE)
def strong_scalar_widens(x, a):
    s = np.sin(a)
    return np.sum(s * x)


@case(draw(3, dtype=np.float32), draw(3), fd_tol=SINGLE)
def single_buffer_written_with_double(x, y):
    z = x.copy()
    z += y
    z[0] = y[1] * 2.0
    return np.sum(z * z)


@case(draw(3), np.array([1, 2, 3]), argnums=(0,))
def integer_array_operand(x, k):
    return np.sum(x * k + x / k + k**2)


@case(draw(3), np.array([True, False, True]), argnums=(0,))
def boolean_array_operand(x, mask):
    return np.sum(x * mask) + np.sum(np.where(mask, x**2, -x))


@case(0.7, 3, argnums=(0,))
def int_and_float(x, n):
    s = 0
    for i in range(n):
        s = s + i * x
    return s * n // 1 * 0.0 + s * s


@case(draw(0), 0.7)
def empty_argument(x, c):
    return np.sum(x * c) + c * c


@case(draw(1), draw(3))
def length_one_axis(x, y):
    return np.sum(x * y) + np.sum(y + x)


@case(draw(2, 3), order=3)
def returns_numpy_scalar(a):
    return (a * a * a).sum()


@case(0.7)
def list_of_constants(x):
    w = np.array([1.0, 2.0, 3.0])
    return np.sum(w * x) ** 2


@case(draw(3))
def methods_of_scalars(x):
    s = np.sin(x[0])
    return s.sum() * np.sum(x) + s.mean()


@case(draw(3))
def result_of_size_one(x):
    return np.sum(x * x, keepdims=True)


@case(draw(3), draw(2, 3))
def vector_result(x, a):
    return a @ np.sin(x)


@case(draw(3), 0.5)
def tuple_result(x, c):
    return x * c, np.sum(x), {"both": [x + c, c * c]}
