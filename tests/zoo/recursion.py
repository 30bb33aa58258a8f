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


@case(3.7, order=3)
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


@case(0.1, 2.0, 1e-4, argnums=(0, 1))
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


@case(draw(3))
def recursion_on_arrays(x):
    return np.sum(smoothed(x, 1.0))


def newton_steps(y, a):
    if abs(y * y - a) < 1e-10:
        return y
    return newton_steps(0.5 * (y + a / y), a)


@case(2.3, order=3)
def newton_iteration(a):
    return newton_steps(a, a) * a


def pruned_sum(x, weight):
    if len(x) == 1 or weight < 0.3:
        return weight * np.sum(np.sin(x))
    m = len(x) // 2
    left = np.tanh(np.sum(x[:m] ** 2))
    return pruned_sum(x[:m], weight * left) + pruned_sum(x[m:], weight * (1.0 - left)) * x[0]


@case(draw(5))
def tree_pruned_by_data(x):
    return pruned_sum(x, 1.2)


def even_by_data(x, limit):
    if x < limit:
        return x * x
    return np.sin(odd_by_data(x * 0.7, limit)) + x


def odd_by_data(x, limit):
    if x < limit:
        return x * limit
    return even_by_data(x - 0.3, limit) * x


@case(2.9, 1.0, argnums=(0, 1))
def mutual_by_data(x, limit):
    return even_by_data(x, limit) * limit


def pair_by_data(x, y):
    if x < 1.0:
        return x, np.sin(y), 1
    a, b, depth = pair_by_data(x * 0.5, y * 0.3)
    return b * x, a + b * y, depth + 1


@case(3.1, 0.4, argnums=(0, 1), order=3)
def recursion_that_returns_a_tuple(x, y):
    a, b, depth = pair_by_data(x, y)
    return a * b + depth * a


@case(draw(3))
def recursion_in_a_loop(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            total = total + recursion_until_small(x[i] + i) * x[0]
    return total


@case(1.7)
def recursion_in_a_while(x):
    steps = 0
    while x < 4.0 and steps < 5:
        x = x + 1.0 / (1.0 + recursion_until_small(x))
        steps += 1
    return x


@case(2.2)
def recursion_in_try(x):
    try:
        y = recursion_until_small(x) * x
    except ValueError:
        y = x
    return y * np.sin(x)


def with_state(state, n):
    position, speeds = state["position"], state["speeds"]
    if position > 3.0:
        return position * speeds[0]
    new = {"position": position + 0.5 * speeds[0], "speeds": [speeds[0] * 0.9, speeds[1]]}
    return with_state(new, n + 1) + speeds[1] * position


@case(0.4, 1.9, argnums=(0, 1))
def recursion_on_containers(x, v):
    return with_state({"position": x, "speeds": [v, x * v]}, 0)


def complex_steps(z, s):
    if s > 4.0:
        return z * s
    return np.sin(complex_steps(z * (0.5 + 0.2j), s + 1.0)) * z


@case(0.7)
def recursion_in_complex_numbers(x):
    return np.abs(complex_steps(x + 1j * x * x, 1.0))


def powers_written(x, t):
    y = x.copy()
    y[0] = y[0] * t
    if t > 5.0:
        return y
    z = powers_written(y, t + np.exp(x[1]))
    z[1:] += y[:-1] * z[:-1]
    return z


@case(draw(3))
def recursion_that_writes_its_own_arrays(x):
    return np.sum(powers_written(x, 1.0) ** 2)


def nested_stop(x, y):
    while y < 2.0:
        y = y + nested_stop(x * 0.5, y + 1.5) * 0.1 + 0.5
    return x * y * y


@case(1.3, 0.2, argnums=(0, 1))
def recursion_inside_a_while(x, y):
    return nested_stop(x, y)
