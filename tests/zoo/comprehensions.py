"""Comprehensions and generator expressions: nested, filtered, and where they are consumed."""

import functools
import operator

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(4, signed=True))
def list_comprehension(x):
    return sum([v * v for v in x])


@case(draw(4))
def list_comprehension_to_array(x):
    y = np.array([np.sin(v) * i for i, v in enumerate(x)])
    return np.sum(y * x)


@case(draw(5))
def list_comprehension_static_filter(x):
    return np.sum(np.stack([x[i] * x[i + 1] for i in range(4) if i % 2 == 0]))


@case(draw(5, signed=True))
def sum_of_filtered(x):
    return sum(v**3 for v in x if v > 0) + sum((v for v in x if v < 0), 1.0)


@case(draw(3), draw(4))
def generator_two_loops(x, y):
    return sum(a * b**2 for a in x for b in y)


@case(draw(4, distinct=True))
def generator_dependent_condition(x):
    return sum(a * b for a in x for b in x if a > b)


@case(draw(3, 4))
def nested_comprehension(A):
    rows = [[A[i, j] * (i + j) for j in range(4)] for i in range(3)]
    return sum(sum(row) * row[0] for row in rows)


@case(draw(3, 4))
def nested_generator(A):
    return sum(sum(v * v for v in row) * row[1] for row in A)


@case(draw(3, 3))
def matrix_comprehension(A):
    T = np.array([[A[j, i] for j in range(3)] for i in range(3)])
    return np.sum(T @ A)


@case(draw(3))
def dict_comprehension(x):
    d = {f"w{k}": x[k] * 2 for k in range(3)}
    return sum(v * v for v in d.values()) + d["w1"]


@case({"a": draw(2), "b": draw(2)})
def dict_comprehension_over_items(params):
    squared = {k: v * v for k, v in params.items()}
    return sum(np.sum(v) * ((k == "a" and 2.0) or 1.0) for k, v in squared.items())


@case({"a": draw(2), "b": draw(2)})
def dict_update_step(params):
    moved = {k: v - 0.1 * v**2 for k, v in params.items() if k != "c"}
    return np.sum(moved["a"] * moved["b"])


@case(draw(3), draw(3))
def comprehension_over_zip(x, y):
    return sum([a * b for a, b in zip(x, y)]) + sum(a / b for a, b in zip(x, y))


@case([draw(2, 2), draw(2, 2)], [draw(2), draw(2)], draw(2))
def comprehension_over_zipped_lists(Ws, bs, x):
    return np.sum(sum(np.tanh(W @ x + b) for W, b in zip(Ws, bs)))


@case(draw(4))
def comprehension_scope_is_its_own(x):
    v = 2.0
    y = [v * v for v in x]
    return v * sum(y)


@case(draw(3))
def comprehension_sees_outer_names(x):
    scale = x[0] * 2
    return sum([scale * w for w in x])


@case(draw(3), 0.7)
def comprehension_shadows_parameter(x, c):
    return sum([c * c for c in x]) * c


@case(draw(4))
def walrus_in_comprehension(x):
    y = [last := v * 2 for v in x[:3]]
    return sum(y) * last


@case(draw(4, signed=True))
def walrus_in_condition(x):
    return sum(y * y for v in x if (y := np.sin(v)) > 0)


@case(draw(4))
def walrus_accumulates(x):
    total = 0.0
    sums = [total := total + v for v in x[:3]]
    return sum(s * s for s in sums) + total


@case(draw(5, distinct=True))
def min_max_of_generator(x):
    return max(v * v for v in x) - min(np.sin(v) for v in x)


@case(draw(4, signed=True, distinct=True))
def min_with_default(x):
    return min((v for v in x if v > 9), default=x[0] * 2) + max(
        (v for v in x if v > 0), default=3.0
    )


@case(draw(5, signed=True, distinct=True))
def max_with_key(x):
    return max(x, key=lambda v: -((v - 0.3) ** 2)) * x[0] + min(x, key=abs)


@case([0.3, -1.2, 0.8])
def max_of_list_with_key(values):
    return max(values, key=abs) ** 2


@case(draw(4, signed=True))
def any_all_over_generator(x):
    if any(v > 1.0 for v in x) or all(v > -5 for v in x):
        return sum(v * v for v in x)
    return x[0]


@case(draw(4))
@case(-0.3 * np.ones(4))
def any_stops_early(x):
    if any(1.0 / v > 0.8 for v in x):
        return np.sum(x**2)
    return np.sum(x**3)


@case(draw(3))
def join_and_generator(x):
    label = "-".join(str(i) for i in range(3))
    return np.sum(x) * len(label)


@case(draw(3))
def star_unpacks_generator(x):
    def f(a, b, c):
        return a * b + c

    return f(*(v * v for v in x[:3])) + max(*(v for v in [x[0], x[1] * 9.0]))


@case(draw(3))
def tuple_and_list_of_generator(x):
    t = tuple(v * 2 for v in (x[0], x[1], x[2]))
    lst = list(v + 1 for v in t)
    a, *rest = (v * v for v in lst)
    return a * sum(rest) + t[-1]


@case(draw(3))
def dict_of_generator(x):
    d = dict((k, x[k] ** 2) for k in range(3))
    return d[0] * d[2]


@case(draw(4))
def enumerate_generator(x):
    return sum(i * v for i, v in enumerate((w * w for w in x), start=1))


@case(draw(4), draw(4))
def zip_of_generators(x, y):
    pairs = zip((a * a for a in x[:3]), [b for b in y[:3]])
    return sum(a * b for a, b in pairs)


@case(draw(4, 3))
def comprehension_of_rows(A):
    rows = [r / np.sum(r) for r in A]
    return sum(np.max(r) * k for k, r in enumerate(rows))


@case(draw(3, 2))
def stack_of_comprehension(A):
    return np.sum(np.stack([np.sin(r) for r in A]) * np.concatenate([r[:1] for r in A])[:, None])


@case(draw(3))
def comprehension_of_lambdas(x):
    fs = [lambda v, k=k: v**k for k in range(1, 4)]
    return sum(f(v) for f, v in zip(fs, x))


@case(draw(3))
def comprehension_of_late_lambdas(x):
    fs = [lambda v: v * k for k in (1.0, 2.0, 3.0)]
    return sum(f(x[0]) for f in fs)


@case(draw(6))
def comprehension_in_loop(x):
    s = 0.0
    for t in range(3):
        window = [x[t + k] for k in range(3)]
        s += window[0] * window[2] + sum(w * w for w in window)
    return s


@case(draw(4), 3)
def comprehension_in_branch(x, n):
    if n > 2:
        parts = [v * n for v in x]
    else:
        parts = [v for v in x]
    return sum(p * p for p in parts)


@case(draw(4, signed=True))
def conditional_element(x):
    return sum(v * v if v > 0 else -v for v in x)


@case(draw(4))
def map_and_filter(x):
    s = sum(map(np.sin, x)) + sum(map(lambda a, b: a * b, x, x[::-1]))
    return s + sum(filter(lambda v: v > 0.7, x))


@case(draw(3))
def map_to_list(x):
    a, b, c = map(lambda v: v * v, x)
    return a * b - c + list(map(float, [a, b]))[1]


@case(draw(4))
def reduce_product(x):
    p = functools.reduce(lambda a, b: a * b, x)
    return p + functools.reduce(operator.add, [v * v for v in x], 1.0)


@case(draw(5, signed=True))
def first_that_holds(x):
    first = next((v for v in x if v > 0), 1.0)
    return first * first + x[1]


@case(draw(3))
def generator_bound_to_name(x):
    squares = (v * v for v in x)
    scale = x[0]
    return scale * sum(squares)


@case(draw(3))
def generator_passed_to_function(x):
    def mean(values):
        total, n = 0.0, 0
        for v in values:
            total += v
            n += 1
        return total / n

    return mean(np.exp(v) for v in x)


@case(draw(4))
def generator_is_lazy(x):
    y = x.copy()
    s = 0.0
    for v in (a * 1.0 for a in y):
        s += v * v
        y[3] = v * 2.0
    return s


@case(draw(4), 3)
def comprehension_over_range_argument(x, n):
    return sum(x[i] * i for i in range(n)) + np.sum(np.array([x[i] for i in range(1, n)]))


@case(draw(3))
def sets_of_static_values(x):
    active = {0, 2}
    odd = {k for k in range(3) if k % 2}
    return sum(x[k] * x[k] for k in range(3) if k in active) + len(odd) * x[1]


@case(draw(2, 3))
def early_return_in_comprehending_loop(A):
    for row in A:
        best = max(v for v in row)
        if best > 0.5:
            return best * sum(v for v in row)
    return np.sum(A)


@case(draw(3))
def comprehension_in_comprehension_condition(x):
    return sum(v for v in x if all(v * w > -1 for w in x))


@case(draw(3))
def loop_over_generator_breaks(x):
    s = 0.0
    for k, v in ((i, w) for i in range(3) for w in x if w > 0):
        if k == 2:
            break
        if v > 1.2:
            continue
        s += v * (k + 1)
    else:
        s = 100.0 * s
    return s
