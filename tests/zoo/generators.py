"""Generator functions: consumed by loops, by builtins, by each other."""

import numpy as np

from tests.zoo.registry import case, draw


def pairwise(v):
    for i in range(len(v) - 1):
        yield v[i], v[i + 1]


def walk(tree):
    if isinstance(tree, tuple):
        for child in tree:
            yield from walk(child)
    else:
        yield tree


@case(draw(4))
def generator_in_loop(x):
    def squares(v):
        for a in v:
            yield a * a

    s = 0.0
    for t in squares(x):
        s = s * 0.5 + t
    return s


@case(draw(4))
def generator_of_module(x):
    return sum(a * b for a, b in pairwise(x)) + max(a + b for a, b in pairwise(x))


@case(draw(4, signed=True))
def generator_yields_in_branches(x):
    def parts(v):
        for a in v:
            if a > 0:
                yield a * a
            else:
                yield -a

    return sum(parts(x))


@case(draw(3))
def generator_several_yields(x):
    def three(v):
        yield v[0]
        yield v[1] * v[2]
        v = v * 2.0
        yield np.sum(v)

    a, b, c = three(x)
    return a * b + c + sum(three(x * 3.0))


@case(draw(3))
def generator_yield_from(x):
    def inner(v):
        yield v[0] * 2
        yield v[1]

    def outer(v):
        yield from inner(v)
        yield from [v[2], v[2] * v[0]]

    return sum(k * t for k, t in enumerate(outer(x), 1))


@case((0.3, (1.2, 0.7), ((0.4,), 1.1)))
def generator_recursion(tree):
    return sum(v * v for v in walk(tree))


@case(draw(5, signed=True))
def generator_with_break(x):
    def until(v):
        for a in v:
            yield a
            if a < -0.2:
                return

    s = 0.0
    for t in until(x):
        s += t * t
    return s


@case(draw(5))
def consumer_breaks(x):
    def doubled(v):
        k = 0
        while k < len(v):
            yield v[k] * 2
            k += 1

    s = 0.0
    for t in doubled(x):
        if t > 2.4:
            break
        s += t * t
    else:
        s = s * 2.0
    return s + x[0]


@case(draw(5))
def consumer_continues(x):
    def both(v):
        for a in v:
            yield a
            yield a * a

    s = 0.0
    for t in both(x):
        if t > 1.2:
            continue
        s += t
    return s


@case(draw(5))
def consumer_returns(x):
    def cumulative(v):
        total = 0.0
        for a in v:
            total += a
            yield total

    for t in cumulative(x):
        if t > 1.5:
            return t * t
    return x[0]


@case(draw(3))
def infinite_generator(x):
    def powers(a):
        p = 1.0
        while True:
            yield p
            p = p * a

    s = 0.0
    for k, p in enumerate(powers(x[0])):
        if k > 3:
            break
        s += p * x[1]
    return s


@case(draw(4))
def interleaving_is_kept(x):
    y = x.copy()

    def read(a):
        for i in range(len(a)):
            yield a[i]

    s = 0.0
    for i, v in enumerate(read(y)):
        s += v * v
        if i + 1 < len(y):
            y[i + 1] += v
    return s


@case(draw(4))
def generator_same_names(x):
    def gen(v):
        s = 1.0
        for t in v:
            s = s * 1.1
            yield s * t

    s = 0.0
    for t in gen(x):
        s += t
    return s


@case(draw(3), 3)
def time_stepping_generator(u, steps):
    def march(u, steps):
        for _ in range(steps):
            u = u + 0.1 * np.sin(u)
            yield u

    energy = 0.0
    for state in march(u, steps):
        energy += np.sum(state * state)
    return energy


@case(draw(3), 0.3)
def generator_closure(x, c):
    def scaled():
        for v in x:
            yield v * c

    return sum(scaled()) * max(scaled())


@case(draw(4))
def generator_to_list(x):
    def firsts(v):
        yield v[0]
        yield v[1]

    lst = list(firsts(x))
    lst.append(x[2])
    return sum(a * b for a, b in zip(lst, firsts(x * 2.0))) + lst[-1]


@case(draw(3))
def nested_generator_loops(x):
    def rows(v):
        for a in v:
            yield (a * b for b in v)

    return sum(k * sum(row) for k, row in enumerate(rows(x)))


@case(draw(4))
def generator_in_generator(x):
    def evens(v):
        for i in range(0, len(v), 2):
            yield v[i]

    def squares(items):
        for a in items:
            yield a * a

    return sum(squares(evens(x)))


@case(draw(3, signed=True))
def consumer_has_effects_on_cells(x):
    s = 0.0

    def emit(v):
        nonlocal s
        s = s + v
        return v

    t = sum(emit(v) * 2 for v in x)
    return s * t


@case(draw(3))
def generator_writes_what_it_reads(x):
    y = x * 1.0

    def g():
        for i in range(len(y)):
            yield y[i]
            y[i] = y[i] * 2

    return sum(v * v for v in g()) + np.sum(y)


@case(draw(3))
def generator_in_recursion(x):
    def f(n):
        if n == 0:
            return x[0]
        return sum(f(n - 1) * v for v in (x[1], x[2]))

    return f(3)


@case(draw(3))
def generator_reads_names_late(x):
    c = 1.0
    scaled = (v * c for v in x)
    c = x[0] * 3
    y = x * 1.0
    first = (v for v in y)
    y = y * 5
    z = x * 1.0
    written = (v for v in z)
    z[0] = 9 * x[1]
    return sum(scaled) + sum(first) * sum(written) + y[0]


@case(draw(3, distinct=True))
def generator_of_pairs_returns(x):
    def pairs(v):
        for i, a in enumerate(v):
            for b in v[i + 1 :]:
                if a == b:
                    return
                yield a, b

    s = 0.0
    for a, b in pairs(x):
        s += a * b
        if s > 100:
            return s
    return s


@case(draw(4, signed=True))
def nested_consumers_leave(x):
    s = 0.0
    for i in range(4):
        if i == 2:
            continue
        for a in (v * i for v in x):
            if a < 0:
                continue
            if a > 4:
                break
            s += a
    return s


@case(0.9)
def generator_until_small(x):
    def halves(v):
        while True:
            v = v * 0.5
            if abs(v) < 0.1:
                return
            yield v

    return sum(t * t for t in halves(x))
