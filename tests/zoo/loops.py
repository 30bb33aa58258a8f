"""for and while in every nesting, with break, continue, returns from inside, zero trips."""

import numpy as np

from tests.zoo.registry import case, draw


@case(0.9, 6, argnums=(0,), order=3)
@case(0.9, 0, argnums=(0,))
@case(0.9, 1, argnums=(0,))
def product_chain(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


@case(0.37, 5, argnums=(0,), order=3)
def logistic_map(x, n):
    r = 3.6
    for i in range(n):
        x = r * x * (1.0 - x)
    return x


@case(0.8, draw(4))
def horner(x, coefficients):
    y = 0.0
    for c in coefficients:
        y = y * x + c
    return y


@case(0.8, draw(4))
def horner_indexed(x, coefficients):
    y = coefficients[-1]
    for i in range(len(coefficients) - 2, -1, -1):
        y = y * x + coefficients[i]
    return y


@case(draw(5), order=3)
def sum_of_squares(x):
    s = 0.0
    for v in x:
        s += v * v
    return s


@case(draw(5))
def integer_accumulator(x):
    total = 0
    for v in x:
        total = total + np.sin(v)
    return total


@case(draw(4), draw(4))
def zip_loop(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a * np.cos(b)
    return s


@case(draw(4))
def enumerate_loop(x):
    s = 0.0
    for i, v in enumerate(x):
        s += (i + 1) * v**2
    return s


@case(draw(3), draw(3))
def enumerate_zip_loop(x, y):
    s = 1.0
    for i, (a, b) in enumerate(zip(x, y)):
        s = s * (a + i * b)
    return s


@case(draw(3, 4))
def rows_read(matrix):
    s = 0.0
    for row in matrix:
        s += np.sum(row) * row[0]
    return s


@case(0.8)
def tuple_loop(x):
    s = 0.0
    for k in (1.0, 2.0, 4.0):
        s += np.sin(k * x)
    return s


@case(0.8, 1.1)
def list_of_active_values(x, y):
    s = 0.0
    for v in [x, y, x * y]:
        s += v**2
    return s


@case(draw(3, 3))
def nested_loops(matrix):
    n = matrix.shape[0]
    s = 0.0
    for i in range(n):
        for j in range(n):
            s += matrix[i, j] * (i - j) * matrix[j, i] + matrix[i, j] ** 2
    return s


@case(draw(5))
def ragged_loops(x):
    s = 1.0
    for i in range(len(x)):
        for j in range(i):
            s = s * (1.0 + 0.1 * x[i] * x[j])
    return s


@case(draw(4), order=3)
def ragged_loops_with_state(x):
    total = 0.0
    for i in range(4):
        t = x[i]
        for j in range(i + 1):
            t = np.sin(t) * x[j] + t
        total = total + t * t
    return total


@case(5.0, order=3)
def while_halving(x):
    y = x
    while y > 1.0:
        y = y * y / (y + x)
    return y * x


@case(0.37)
@case(2.0, note="zero trips")
def while_until_large(x):
    s = x
    while s < 1.0:
        s = s + x * np.exp(-s)
    return s


@case(1.2, 4, argnums=(0,))
def while_with_counter(x, n):
    i = 0
    y = x
    while i < n:
        y = np.sin(y) + x / (i + 1)
        i += 1
    return y


@case(2.0, order=3)
def newton_sqrt(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


@case(0.9)
def newton_fixed_steps(a):
    x = 1.0
    for _ in range(6):
        x = x - (np.cos(x) - a * x) / (-np.sin(x) - a)
    return x


@case(draw(6), 1.9, argnums=(0,))
@case(draw(6), 100.0, argnums=(0,))
def break_for(x, limit):
    s = 0.0
    for v in x:
        s += v * v
        if s > limit:
            break
    return s * s


@case(draw(6))
def break_in_the_middle(x):
    s = 1.0
    for i in range(6):
        s = s * x[i]
        if i == 3:
            break
        s = s + x[i] ** 2
    return s


@case(draw(6, signed=True))
def continue_for(x):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        s += np.sqrt(v)
    return s


@case(draw(6, signed=True))
def break_and_continue(x):
    s = 1.0
    for i, v in enumerate(x):
        if v < 0:
            continue
        if i > 4:
            break
        s = s * (1.0 + v * s)
    return s


@case(0.7)
def while_with_break(x):
    y = x
    count = 0
    while True:
        y = np.cos(y) * x
        count += 1
        if count > 4:
            break
        y = y + 0.1
    return y


@case(3.0)
def while_with_two_exits(x):
    y = x
    k = 0
    while y > 0.1:
        y = y * 0.7 - 0.01 * x
        k = k + 1
        if k >= 5:
            y = y * y
            break
    return y + x


@case(draw(5, distinct=True), 1.9, argnums=(0,))
@case(draw(5, distinct=True), 99.0, argnums=(0,))
def return_from_loop(x, limit):
    s = 0.0
    for v in x:
        s = s + v * v
        if s > limit:
            return s * v
    return s


@case(draw(3, 3), 1.5, argnums=(0,))
@case(draw(3, 3), 1e3, argnums=(0,))
def return_from_nested_loops(matrix, limit):
    s = 0.0
    for i in range(3):
        for j in range(3):
            s += matrix[i, j]
            if s > limit:
                return s * matrix[j, i]
    return s * s


@case(draw(4))
def break_inner_only(x):
    s = 0.0
    for i in range(4):
        t = 1.0
        for j in range(4):
            if j > i:
                break
            t = t * x[j]
        s += t
    return s


@case(0.6, 3, argnums=(0,))
def loop_variable_after_loop(x, n):
    for i in range(n):
        y = x ** (i + 1)
    return y * i


@case(draw(5))
def previous_element(x):
    prev = None
    s = 0.0
    for v in x:
        if prev is not None:
            s += (v - prev) ** 2
        prev = v
    return s


@case(draw(3, 2))
def accumulator_changes_kind(matrix):
    acc = 0
    for row in matrix:
        acc += row
    return np.sum(acc * acc)


@case(draw(5))
def loop_with_branches(x):
    s, t = 0.0, 1.0
    for i in range(5):
        if i % 2 == 0:
            s = s + t * x[i]
        elif x[i] > 0.8:
            t = t * x[i]
        else:
            s, t = t, s + x[i]
    return s * t


@case(0.3, 1.1, 5, argnums=(0, 1))
def fibonacci_pair(a, b, n):
    for _ in range(n):
        a, b = b, a + 0.5 * b * a
    return a * b


@case(draw(4))
def while_over_pointers(x):
    lo, hi = 0, len(x) - 1
    s = 0.0
    while lo < hi:
        s += x[lo] * np.exp(x[hi])
        lo += 1
        hi -= 1
    return s


@case(draw(6))
def range_with_step(x):
    s = 0.0
    for i in range(1, 6, 2):
        s += x[i] * x[i - 1]
    for i in range(5, 0, -2):
        s = s * 0.5 + x[i] ** 2
    return s


@case(draw(3), 3, argnums=(0,), order=3)
def array_carried(x, n):
    y = x
    for _ in range(n):
        y = np.sin(y) * x + y.sum() * 0.1
    return np.sum(y)


@case(draw(0))
@case(draw(1))
def empty_array_loop(x):
    s = 2.0
    for v in x:
        s = s * v
    return s


@case(0.7, 3, argnums=(0,))
def nested_while(x, n):
    s = x
    for i in range(n):
        t = s
        while t > 0.2:
            t = t * 0.5
        s = s + t * x
    return s


@case(draw(4), 0.5)
def loop_invariant_work(x, c):
    s = 0.0
    for i in range(4):
        w = np.exp(c) * x
        s += w[i] * i
    return s


@case(draw(3))
def while_test_binds(x):
    while (m := np.max(x)) > 0.4:
        x = x * 0.5
    return m * np.sum(x)


@case(draw(3))
def while_test_writes(x):
    u = x * 1.0

    def shrink():
        u[:] = u * 0.6
        return np.sum(u)

    steps = 0.0
    while shrink() > 0.5:
        steps += u[0]
    else:
        steps *= 2.0
    return steps + np.sum(u * x)


@case(draw(3))
def while_test_counts(x):
    t = 0.0

    def advance():
        nonlocal t
        t = t + x[0] * 0.5
        return t

    s = 0.0
    while advance() < 1.1:
        s += t * x[1]
        if s > 50.0:
            break
    return s * t


@case(draw(3), 7)
def bound_in_one_iteration(x, n):
    for t in range(n):
        y = x * t
        if t == 4:
            m = y * 2.0
    return np.sum(m * y)


@case(draw(3), 7)
def bound_in_some_iterations(x, n):
    t = 0
    while t < n:
        if t % 3 == 1:
            s = np.sum(x) * t
            a, b = x * t, (s, t)
        t += 1
    return np.sum(a) * b[0] + s * b[1]


@case(draw(8), 0.0)
def last_that_fits(x, c):
    for i in range(len(x)):
        for j in range(i):
            if x[i] * x[j] > c:
                best = x[i] + 2.0 * x[j], x * i
    return best[0] * np.sum(best[1])


@case(draw(8), 0.0)
def bound_or_left(x, c):
    for v in x:
        if v < c:
            continue
        kept = v * v
    return kept * x[0]


@case(draw(2), 0.4)
def loop_in_the_test_of_a_while(y, s):
    k = 0
    x = y * 1.0
    while k < 3 and sum(map(lambda e: e * s, x)) < 9.0:
        k += 1
        x = x * 1.5
    while sum(e * s for e in x) < 8.0 + k:
        x = x * 1.5 + k
    return np.sum(x)


# -- an else of a loop that leaves the loop around it, or the function ---------------------------


@case(1.5, 3)
@case(1.5, 0)
def else_continues_the_loop_around(x, n):
    t, k = x, 0
    while k < 2:
        k += 1
        for j in range(n):
            t = t + x * j
        else:
            if k == 1:
                continue
            t = t * x
        t = t + x
    return t


@case(1.5, 3)
@case(1.5, 1)
def else_breaks_the_loop_around(x, n):
    t = x
    for k in range(n):
        for j in range(n):
            if t > 50.0:
                break
            t = t + x * j
        else:
            if k == 1:
                break
            t = t * 1.5
        t = t + x
    else:
        t = t * 2
    return t


@case(1.5, 3)
@case(1.5, 2)
@case(1.5, 1)
def else_of_a_peeled_loop(x, n):
    t = x
    for k in range(n):
        p = None
        for _ in range(n - 2):
            p = x if p is None else p * x
            t = t + p
        else:
            if k == n - 1:
                continue
            t = t * x
        t = t + x
    return t


@case(1.5, 2)
@case(1.5, 0)
def else_returns(x, n):
    t, p, i = x, None, 0
    while i < n:
        p = x if p is None else p * x
        t = t + p
        i += 1
    else:
        if n > 1:
            return t * x
        t = t + 7 * x
    for _ in (1, 2):
        t = t * x
    else:
        if n < 1:
            return t
    return t * x
