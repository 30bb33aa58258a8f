"""Linear algebra written out: products of every rank, factorisations and solvers as loops."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(3, 3))
def cholesky_loops(matrix):
    a = matrix @ matrix.T
    n = a.shape[0]
    for i in range(n):
        a[i, i] += 3.0
    lower = np.zeros((n, n))
    for j in range(n):
        s = a[j, j]
        for k in range(j):
            s -= lower[j, k] ** 2
        lower[j, j] = np.sqrt(s)
        for i in range(j + 1, n):
            t = a[i, j]
            for k in range(j):
                t -= lower[i, k] * lower[j, k]
            lower[i, j] = t / lower[j, j]
    return np.sum(lower * lower * np.arange(3.0)) + np.sum(lower)


@case(draw(3, 3))
def cholesky_in_place(matrix):
    a = matrix @ matrix.T
    n = len(a)
    for i in range(n):
        a[i, i] += 3.0
    for k in range(n):
        a[k, k] = np.sqrt(a[k, k])
        a[k + 1 :, k] /= a[k, k]
        for j in range(k + 1, n):
            a[j:, j] -= a[j:, k] * a[j, k]
    s = 0.0
    for i in range(n):
        for j in range(i + 1):
            s += a[i, j] * (i + 2 * j + 1)
    return s


@case(draw(3, 3), draw(3))
def lu_solve(matrix, rhs):
    n = len(rhs)
    a = matrix.copy()
    for i in range(n):
        a[i, i] += 4.0
    x = rhs.copy()
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
            x[i] -= a[i, k] * x[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return np.sum(x * x)


@case(draw(4), draw(5, low=3.0, high=4.0), draw(4), draw(5))
def thomas_tridiagonal(lower, diagonal, upper, rhs):
    n = len(diagonal)
    b = diagonal.copy()
    d = rhs.copy()
    for i in range(1, n):
        w = lower[i - 1] / b[i - 1]
        b[i] -= w * upper[i - 1]
        d[i] -= w * d[i - 1]
    x = np.zeros(n)
    x[n - 1] = d[n - 1] / b[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - upper[i] * x[i + 1]) / b[i]
    return np.sum(x * x)


@case(draw(3, 3), draw(3))
def power_iteration(matrix, start):
    v = start
    for _ in range(4):
        w = matrix @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ matrix @ v


@case(draw(3, 3), draw(3))
def gauss_seidel(matrix, b):
    x = np.zeros(3)
    for sweep in range(3):
        for i in range(3):
            s = b[i]
            for j in range(3):
                if j != i:
                    s -= matrix[i, j] * x[j]
            x[i] = s / (matrix[i, i] + 4.0)
    return np.sum(x**2)


@case(draw(3), draw(3))
def vector_dot_vector(x, y):
    return (x @ y) ** 2


@case(draw(3, 2), draw(2), draw(3), order=3)
def matrix_vector(a, x, y):
    return y @ a @ x + np.sum(np.matmul(a, x) * y)


@case(draw(2, 3), draw(3, 2))
def matrix_matrix(a, b):
    return np.sum(np.dot(a, b) * np.matmul(a, b)) + np.sum(b @ a)


@case(draw(2, 2, 3), draw(2, 3, 2))
def batched_matmul(a, b):
    return np.sum((a @ b) ** 2)


@case(draw(2, 2, 3), draw(3, 2))
def batched_matmul_broadcast(a, b):
    return np.sum(np.sin(a @ b))


@case(draw(2, 3, 3), draw(3))
def batched_matrix_vector(a, x):
    return np.sum((a @ x) ** 2) + np.sum(x @ a)


@case(draw(3, 3))
def determinant_by_elimination(matrix):
    a = matrix.copy()
    for i in range(3):
        a[i, i] += 3.0
    det = 1.0
    for k in range(3):
        det *= a[k, k]
        for i in range(k + 1, 3):
            a[i] = a[i] - a[i, k] / a[k, k] * a[k]
    return det


@case(draw(3, 3))
def gram_schmidt(matrix):
    q = matrix.copy()
    for i in range(3):
        for j in range(i):
            q[i] -= (q[i] @ q[j]) * q[j]
        q[i] /= np.sqrt(q[i] @ q[i])
    return np.sum(q * q[0] * np.arange(3.0)) + q[1, 2]


@case(draw(4, 2), draw(4), draw(2))
def least_squares_loss(x, y, w):
    r = x @ w - y
    return 0.5 * np.sum(r**2) / len(y) + 0.1 * w @ w
