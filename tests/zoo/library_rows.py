"""Builtins and the standard library, a few functions each."""

import math
from enum import Enum, IntEnum
from types import SimpleNamespace
from typing import Generic, TypeVar

import numpy as np

from tests.zoo.registry import case, draw

T = TypeVar("T")


class Axis(IntEnum):
    FIRST = 0
    LAST = 1


class Kind(Enum):
    LINEAR = "linear"
    CUBIC = "cubic"


class Cell(Generic[T]):
    def __init__(self, value):
        self.value = value


class Scale:
    def __init__(self, factor):
        self.factor = factor
        self.offset = 0.0


@case(draw(4, signed=True))
def bit_operations(x):
    positive, small = x > 0.0, abs(x) < 1.0
    chosen = positive & small | ~positive ^ small
    k = (5 & 3 | 8 ^ 2) + (1 << 2 >> 1) + ~-3
    return np.sum(x[chosen] ** 2) * k


@case(draw(3))
def static_builtins(x):
    codes = [ord(c) - ord("a") for c in "bca"]
    text = chr(97) + bin(5) + hex(255) + oct(8) + ascii("x")
    total = 0.0
    for k, code in enumerate(codes):
        total += x[code] ** (k + 1)
    box = Scale(x[0])
    held = vars(box)["factor"] * len(text)
    box.extra = 2.0
    delattr(box, "extra")
    return total * held * pow(2, 3, 5) * hasattr(box, "offset") * (not hasattr(box, "extra"))


@case(draw(3))
def remaining_builtins(x):
    part = slice(0, 2)
    flags = any([x[0] > 0.0, False]) and all(v > 0.0 for v in x)
    odd = filter(lambda k: k % 2, range(3))
    z = complex(x[0], x[1])
    d = dict(zip("ab", x)) | dict(c=float(int(2.5)))
    assert callable(abs) and issubclass(bool, int) and isinstance(d, dict) and type(z) is complex
    assert not isinstance(x, bytes) and isinstance(x, object)
    s = sum(d.values()) * len(frozenset({1, 2}) | set([3])) + next(iter(odd)) * bool(1)
    t = sum(tuple(x[part])) * round(2.6) * pow(x[2], 2) + getattr(z, "real") * divmod(7, 3)[1]
    return s * t * flags + sorted([2, 1])[0] * len(format(3.14159, ".2f") + str(1) + repr("a"))


@case(draw(3))
def enumerations(x):
    power = {Kind.LINEAR: 1, Kind.CUBIC: 3}[Kind("cubic")]
    total = x[Axis.LAST] ** power * (Axis.LAST + 1)
    for member in Kind:
        total += x[0] * len(member.value) if member is Kind.LINEAR else x[2] ** 2
    return total * len(Axis)


@case(draw(3))
def namespaces_and_generics(x):
    ns = SimpleNamespace(a=x[0], b=2.0)
    ns.c = ns.a * ns.b
    ns.a = Cell[float](x[1])
    return ns.c**2 * ns.a.value + vars(ns)["b"] * x[2]


@case(draw(3))
def ranges_and_slices_as_values(x):
    steps, window = range(0, 6, 2), np.s_[1:]
    corner = np.s_[:, 0]
    return np.sum(x[window] ** 2) * len(steps) * steps[1] + np.sum(np.outer(x, x)[corner])


@case(draw(3))
def integer_scalars(x):
    return np.sum(x) ** np.int64(2) * np.float64(1.5) ** np.int32(2) * int("11", 2)


@case(draw(3))
def more_of_math(x):
    y = math.log(x[0], 2) * math.log(x[1], x[2]) + math.degrees(x[0]) * math.radians(x[1])
    if math.isnan(y) or math.isinf(x[0]) or not math.isfinite(x[1]):
        return 0.0
    return y**2


@case(draw(3))
@case(draw(3, low=-1.7, high=-0.3))
def functions_by_choice(x):
    f = np.sin if x[0] > 0.0 else np.exp
    if x[1] > 0.0:

        def g(v):
            return v**2 * x[0]

    else:

        def g(v):
            return v**3

    mode = "sum" if x[2] > 0.0 else "mean"
    total = sum(f(v) * g(v) for v in x)
    return total if mode == "sum" else total / len(x)


@case(draw(3))
def queues(x):
    graph, queue, seen = {0: [1, 2], 1: [2], 2: []}, [0], set()
    total = 0.0
    while queue:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        total += x[node] ** (node + 1)
        queue.extend(graph[node])
    stack = [(x[0], 1.0), (x[1], 2.0)]
    while len(stack) > 0:
        value, weight = stack.pop()
        total += value**2 * weight
    else:
        total = total * x[2]
    return total
