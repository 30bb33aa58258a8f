"""Selections whose unselected branch has no derivative: it is nan there, and must not be seen.

The selection outlasts what the adjoint goes through before it meets the nan: sums over broadcast
axes, casts, views, other selections, loops and conditionals.
"""

from __future__ import annotations

import numpy as np

from tests.zoo.registry import case, draw

BAD = np.array([-0.5])
SIGNED = np.array([-0.5, 0.8, -0.3])


@case(BAD, draw(3), np.float64(-0.5))
@case(-BAD, draw(3), np.float64(0.5))
@case(SIGNED, draw(3), 0.5)
def branch_of_length_one(y, wide, s):
    column = np.where(y > 0.0, y**1.5, wide)
    number = np.where(s > 0.0, np.sqrt(s), wide * wide)
    return np.sum(column * column) + np.sum(number * wide)


@case(BAD, draw(4))
@case(draw(2), draw(3))
def branch_whose_length_depends_on_a_slice(y, x):
    return np.sum(np.where(y[:1] > 0.0, y[:1] ** 1.5, x[::-2]) * x[::-2])


@case(SIGNED, draw(3, 2))
def condition_narrower_than_branches(s, A):
    rows = s[:, None]
    chosen = np.where(rows > 0.0, np.sqrt(rows) * rows**1.5 * A, A * A)
    return np.sum(chosen * A) + np.sum(np.where(s > 0.0, np.sqrt(s), A.T) ** 2)


@case(SIGNED, draw(3))
def condition_narrower_than_a_reshaped_branch(s, x):
    cells = (s[:, None] ** 1.5 * x).reshape(9)
    return np.sum(np.where(s[:, None] > 0.0, cells.reshape(3, 3), x) ** 2)


@case(SIGNED, np.array([0.6, -0.2, -0.9]))
def selections_in_each_other(x, y):
    inner = np.where(x > 0.0, np.sqrt(x), np.where(y > 0.0, np.sqrt(y), x * y))
    return np.sum(np.where(y > 0.2, inner, np.where(x > 0.2, np.sqrt(x - 0.2), y)) ** 2)


@case(SIGNED.astype(np.float32), draw(3), order=1)
def branch_in_single_precision(x, y):
    return np.sum(np.where(x > 0.0, np.sqrt(x), y) * y)


@case(SIGNED)
def roots_overwritten_where_undefined(x):
    y = np.sqrt(x) * x
    y[x < 0.0] = 0.5
    return np.sum(y * y)


@case(SIGNED)
def roots_picked_where_defined(x):
    y = x * 1.0
    y[x > 0.0] = np.sqrt(x)[x > 0.0]
    return np.sum(y * y)


@case(SIGNED, draw(3, 2))
def rows_overwritten_where_undefined(x, A):
    B = A * np.sqrt(x)[:, None]
    B[x < 0.0] = A[0]
    return np.sum(B * B)


@case(draw(3), BAD)
@case(draw(3), -BAD)
def nothing_written(x, y):
    z = x * 1.0
    z[x > 5.0] = y[0] ** 1.5
    return np.sum(z * z)


@case(draw(3), SIGNED, 3)
@case(draw(3), SIGNED, 0)
def branch_from_before_a_loop(x, y, n):
    root = np.sqrt(y)
    v = x
    for _ in range(n):
        v = np.tanh(np.where(y > 0.0, root, v) + np.where(y > 0.7, root, x))
    return np.sum(v * v)


@case(draw(3), SIGNED, 3)
@case(draw(3), SIGNED, 1)
def branch_from_before_a_conditional(x, y, n):
    root = np.sqrt(y)
    v = x
    if n > 2:
        v = np.where(y > 0.0, root, v)
    for k in range(n):
        if k > 1:
            v = v + np.where(y > 0.7, root, v)
    return np.sum(v * v)


@case(draw(3), SIGNED, 2)
def picked_in_a_loop(x, y, n):
    root = np.sqrt(y)
    v = x * 1.0
    for k in range(n):
        v[y > 0.0] += root[y > 0.0] * (k + 1)
    return np.sum(v * v)
