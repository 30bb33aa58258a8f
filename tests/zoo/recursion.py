"""Functions that call themselves or each other."""

import numpy as np

from tests.zoo.registry import case, draw


@case(0.8, 5, argnums=(0,), order=3)
@case(0.8, 0, argnums=(0,))
def integer_power(x, n):
    if n == 0:
        return 1.0
    return x * integer_power(x, n - 1)


@case(0.8, 9, argnums=(0,))
def fast_power(x, n):
    if n == 0:
        return 1.0
    half = fast_power(x, n // 2)
    if n % 2 == 0:
        return half * half
    return x * half * half


@case(draw(5))
@case(draw(1))
@case(draw(8))
def sum_by_halves(x):
    if len(x) == 1:
        return x[0] ** 2
    m = len(x) // 2
    return sum_by_halves(x[:m]) + sum_by_halves(x[m:]) * 1.5


@case(draw(6))
def product_by_halves(x):
    n = len(x)
    if n == 0:
        return 1.0
    if n == 1:
        return np.sin(x[0])
    left = product_by_halves(x[: n // 2])
    right = product_by_halves(x[n // 2 :])
    return left * right + 0.1 * left


@case(1.3, 4, argnums=(0,))
def even_steps(x, n):
    if n == 0:
        return x
    return np.sin(odd_steps(x, n - 1)) + x


def odd_steps(x, n):
    if n == 0:
        return x * x
    return np.cos(even_steps(x, n - 1)) * x


def fill_from(a, x, i):
    if i < len(a):
        a[i] = a[i - 1] * x[i]
        fill_from(a, x, i + 1)


@case(draw(5))
def recursion_that_writes(x):
    a = x.copy()
    fill_from(a, x, 1)
    return np.sum(a)


@case(0.6, 0.9, 4, argnums=(0, 1))
def fibonacci_recursive(a, b, n):
    if n == 0:
        return a
    if n == 1:
        return b * a
    return fibonacci_recursive(a, b, n - 1) + 0.5 * fibonacci_recursive(a, b, n - 2) * a


@case(3.7, order=1, note="a second derivative through data-dependent depth is refused")
def recursion_until_small(x):
    if x < 1.0:
        return x * x
    return recursion_until_small(x * 0.6) * x


@case(0.9, 2.1, 3, argnums=(0, 1))
def adaptive_integral(a, b, depth):
    mid = 0.5 * (a + b)
    if depth == 0:
        return (b - a) * np.exp(-mid * mid)
    return adaptive_integral(a, mid, depth - 1) + adaptive_integral(mid, b, depth - 1)


@case(0.1, 2.0, 1e-4, order=1, argnums=(0, 1), note="refused at order 2: see above")
def adaptive_simpson(a, b, tolerance):
    m = 0.5 * (a + b)
    whole = (b - a) * (np.sin(a * a) + 4 * np.sin(m * m) + np.sin(b * b)) / 6
    left = (m - a) * (np.sin(a * a) + 4 * np.sin((0.5 * (a + m)) ** 2) + np.sin(m * m)) / 6
    right = (b - m) * (np.sin(m * m) + 4 * np.sin((0.5 * (m + b)) ** 2) + np.sin(b * b)) / 6
    if abs(left + right - whole) < tolerance:
        return left + right
    return adaptive_simpson(a, m, tolerance / 2) + adaptive_simpson(m, b, tolerance / 2)


def smoothed(x, s):
    if s > 10.0:
        return x * s
    return smoothed(np.sin(x) + s, s * 2.0) * 0.5


@case(draw(3), order=1, note="refused at order 2: see above")
def recursion_on_arrays(x):
    return np.sum(smoothed(x, 1.0))
