"""The standard library's iterators, containers and helpers, and NumPy's index helpers."""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import math
import operator

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(4))
def chains(x):
    return sum(v * 2 for v in itertools.chain(x, x[1:], [x[0]])) * x[1]


@case(draw(4))
def accumulates(x):
    total = 0.0
    for partial in itertools.accumulate(x):
        total += partial**2
    for partial in itertools.accumulate(x, operator.mul):
        total += partial
    return total


@case(draw(5))
def pairs_and_triples(x):
    s = sum(a * b for a, b in itertools.combinations(x, 2))
    t = sum(a * b * c for a, b, c in itertools.combinations(x, 3))
    return s * t + sum((b - a) ** 2 for a, b in itertools.pairwise(x))


@case(draw(3))
def products(x):
    s = 0.0
    for a, b in itertools.product(x, x[:2]):
        s += a * b**2
    for i, j, k in itertools.product(range(2), repeat=3):
        s += x[i] * x[j] * x[k]
    for i, j in itertools.permutations((0, 1, 2), 2):
        s += x[i] / x[j]
    return s


@case(draw(6))
def slices_and_stars(x):
    s = sum(itertools.islice(x, 1, 5, 2)) * x[0]
    t = sum(map(lambda a, b: a * b, x, x[1:]))
    return s + t + sum(a * b for a, b in zip(x, itertools.repeat(3.0, 6)))


@case(draw(4))
def operators_as_functions(x):
    second = operator.itemgetter(1)
    both = operator.itemgetter(0, -1)
    a, b = both(x)
    return functools.reduce(operator.mul, x) + second(x) * operator.sub(a, b)


@case(draw(4))
def special_dicts(x):
    ordered = collections.OrderedDict(a=x[0], b=x[1] * 2)
    counts = collections.defaultdict(float)
    groups = collections.defaultdict(list)
    for i in range(4):
        counts["even" if i % 2 == 0 else "odd"] += x[i] * i
        groups[i % 2].append(x[i])
    return sum(ordered.values()) * counts["even"] + counts["odd"] * groups[1][0]


@case(draw(4))
def deques(x):
    queue = collections.deque([x[0]])
    queue.append(x[1])
    queue.appendleft(x[2] * 2)
    first = queue.popleft()
    return first * queue.pop() + queue[0] ** 2


@case(draw(2))
def named_tuple_class_inside(x):
    Pair = collections.namedtuple("Pair", "a b")
    p = Pair(*x)
    return p.a * p.b**2


@case(draw(3))
def copies(x):
    held = {"a": x, "b": [x * 2]}
    shallow, deep = copy.copy(held), copy.deepcopy(held)
    y = x * 1.0
    z = copy.copy(y)
    y[0] = 5.0
    deep["b"][0][1] = 7.0
    return np.sum(shallow["a"] * deep["b"][0]) + np.sum(y * z) + np.sum(held["b"][0])


@case(draw(3))
def math_over_iterables(x):
    close = math.isclose(x[0], x[0] * (1 + 1e-12))
    return math.prod(v + 1.0 for v in x) + (x[1] if close else 0.0)


@case(draw(2, 3))
def lists_of_arrays(x):
    rows = x.tolist()
    return sum(sum(v * v for v in row) for row in rows) * x[0].tolist()[1]


@case(draw(2, 3))
def nd_indices(x):
    s = 0.0
    for i, j in np.ndindex(2, 3):
        s += x[i, j] * (i + 2 * j)
    for (i, j), v in np.ndenumerate(x):
        s += v**2 * (i - j)
    for place in np.ndindex(x.shape):
        s += x[place] ** 3
    return s


@case(draw(3))
def index_helpers(x):
    joined = np.r_[x, 1.0, x[:2] * 2, 0:2]
    columns = np.c_[x, x**2]
    grid = np.mgrid[0:3]
    return np.sum(joined**2) + np.sum(columns[:, 0] * columns[:, 1]) + np.sum(grid * x)


@case(draw(3))
def arrays_from_iterators(x):
    doubled = np.fromiter((v * 2 for v in x), float)
    return np.sum(doubled * x)


@case(draw(3))
def arrays_as_arguments(x):
    def volume(a, b, c=1.0):
        return a * b**2 * c

    a, *rest = x
    return volume(*x) + volume(*rest) * a + max(*x)
