"""Two names for one object, and views: what is written through one is read through the other."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(4), 0.7)
def write_through_alias(x, c):
    a = x.copy()
    b = a
    b[0] = c
    return np.sum(a * a)


@case(draw(4), 0.7)
def augmented_alias(x, c):
    y = x * 1.0
    z = y
    z += x[0] * c
    return np.sum(y * y)


@case(draw(5), 0.7)
def write_through_slice(x, c):
    a = x.copy()
    b = a[1:]
    b[0] = c
    b[1:] *= 2.0
    return np.sum(a * a)


@case(draw(6))
def view_of_view(x):
    a = x.copy()
    b = a[1:]
    c = b[::2]
    c[1] = c[0] * b[0]
    b[0] = 3.0
    return np.sum(a * x) + np.sum(c)


@case(draw(5))
def view_sees_later_write(x):
    a = x.copy()
    b = a[:3]
    a[0] = a[4] * a[1]
    a *= 2.0
    return np.sum(b * b)


@case(draw(3, 4))
def row_view_written(matrix):
    a = matrix.copy()
    r = a[1]
    r[2] = a[0, 0] * 2.0
    r *= a[2]
    return np.sum(a * a)


@case(draw(3, 3))
def transposed_view_written(matrix):
    a = matrix.copy()
    b = a.T
    b[0, 2] = a[0, 1] * 3.0
    b[1] *= 2.0
    return np.sum(a * matrix)


@case(draw(3, 4))
def rows_written_while_iterating(matrix):
    a = matrix.copy()
    for r in a:
        r *= r[0]
        r += 1.0
    return np.sum(a * a)


@case(draw(3, 2), 0.4)
def rows_written_ahead(matrix, c):
    a = matrix.copy()
    n = len(a)
    for i, r in enumerate(a):
        if i + 1 < n:
            a[i + 1] += c * r * r
    return np.sum(a)


@case(draw(2, 3))
def rows_unpacked(matrix):
    m = matrix * 1.0
    a, b = m
    a[0] = 7.0 * b[1]
    b *= a
    return np.sum(m * m)


@case(draw(5))
def reshape_of_fresh_array(x):
    a = np.zeros(6)
    a[:5] = x
    b = a.reshape(2, 3)
    b[1, 0] = b[0, 0] * 2.0
    return np.sum(a * a)


@case(draw(4), draw(4))
def alias_of_either_read_only(x, y):
    if x[0] > y[0]:
        z = x
    else:
        z = y
    return np.sum(z * z)


@case(draw(4))
def alias_rebound(x):
    a = x.copy()
    b = a
    b = b + 1.0
    b[0] = 9.0
    return np.sum(a * b)


@case(draw(4))
def alias_in_loop(x):
    a = x.copy()
    for i in range(3):
        tail = a[i + 1 :]
        tail *= a[i]
    return np.sum(a)


@case(draw(6))
def two_views_of_one_array(x):
    a = x.copy()
    left = a[:3]
    right = a[3:]
    left += right
    right *= left
    return np.sum(a * x)


@case(draw(6))
def overlapping_views(x):
    a = x.copy()
    left = a[:4]
    right = a[2:]
    left *= 2.0
    right += left
    return np.sum(a * a)


@case(draw(2, 3), draw(3))
def view_written_by_broadcast(matrix, row):
    a = matrix.copy()
    v = a[:, 1:]
    v[:] = row[:2] * v
    v[0] = row[1]
    return np.sum(a**2)


@case(draw(4))
def copy_is_no_view(x):
    a = x.copy()
    b = a[1:].copy()
    c = np.copy(a)
    a[1] = 5.0
    b[0] *= 2.0
    return np.sum(a) * np.sum(b) + c[1]


@case(draw(3), 3, argnums=(0,))
def swap_names_after_write(x, n):
    a = x.copy()
    b = x * 2.0
    for i in range(n):
        a[i] = b[i] * b[0]
        a, b = b, a
    return np.sum(a * a) + np.sum(b)


@case(draw(3, 3))
def column_views(matrix):
    a = matrix.copy()
    for j in range(3):
        column = a[:, j]
        column /= np.sum(column)
    return np.sum(a * matrix)


@case(draw(4))
def chained_assignment(x):
    a = b = x * 2.0
    a[0] = x[3]
    return np.sum(b * b)


@case(draw(4), draw(4))
def add_into_reshaped_name(x, y):
    z = x.reshape(-1)
    z += 0.3 * y
    return np.sum(x * x)


@case(draw(3, 3))
def add_into_transposed_name(a):
    w = a.T
    w += w.T * 2.0 + a
    return np.sum(np.tanh(w.T))


@case(draw(4), draw(2))
def gather_update_behind_a_view(x, y):
    v = x[::-1]
    v[np.array([0, 2])] *= 2.0 * y
    return np.sum(x * x)
