"""Objects: dataclasses, named tuples, user classes, their attributes, methods and operators."""

from __future__ import annotations

import dataclasses
import functools
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tests.zoo.registry import case, draw

Point = namedtuple("Point", "x y")


class Line(NamedTuple):
    slope: Any
    offset: Any = 0.5

    def at(self, x):
        return self.slope * x + self.offset

    @property
    def norm(self):
        return self.slope**2 + self.offset**2


@dataclass
class Layer:
    W: Any
    b: Any
    activation: str = "tanh"

    def apply(self, x):
        y = x @ self.W + self.b
        if self.activation == "tanh":
            return np.tanh(y)
        return y


@dataclass
class Network:
    layers: list
    scale: float = 1.5
    depth: int = 2

    def forward(self, x):
        for layer in self.layers:
            x = layer.apply(x)
        return self.scale * x


class Vector:
    """A user class with arithmetic."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        if isinstance(factor, Vector):
            return self.x * factor.x + self.y * factor.y
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __truediv__(self, factor):
        return self * (1.0 / factor)

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __iadd__(self, other):
        self.x = self.x + other.x
        self.y = self.y + other.y
        return self

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __len__(self):
        return 2

    def __abs__(self):
        return np.sqrt(self.norm2)

    @property
    def norm2(self):
        return self.x**2 + self.y**2

    @staticmethod
    def unit():
        return Vector(1.0, 0.0)

    @classmethod
    def diagonal(cls, r):
        return cls(r, r)


class Vector3(Vector):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z

    @property
    def norm2(self):
        return super().norm2 + self.z**2


class Quadratic:
    """A callable with coefficients and a counter."""

    order: ClassVar[int] = 2
    factor = 0.5

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.a * x**self.order + self.factor * self.b * x


QUADRATIC = Quadratic(1.3, -0.4)
LINE = Line(1.1, 0.3)
NETWORK = Network([Layer(np.eye(2) * 0.7, np.array([0.1, -0.2]))])
SETTINGS = {"gain": 2.5, "shift": np.array([0.5, 1.0, -0.5])}


@case(Point(1.2, 0.7))
def named_tuple_fields(p):
    return p.x**2 * p.y


@case(Point(draw(3), (0.4, draw(2, 2))))
def named_tuple_of_arrays(p):
    a, (b, c) = p
    return np.sum(a * b) + np.sum(c @ c) * p.x[0]


@case(Line(1.3), 0.7)
def named_tuple_with_methods(line, x):
    return line.at(x) ** 2 + line.norm


@case(0.8, 1.1)
def named_tuple_built_inside(a, b):
    p = Point(a * b, y=a - b)
    q = p._replace(x=p.y * 2)
    return p.x * q.x + sum(p) * q[1]


@case(draw(3))
def named_tuple_in_a_loop(v):
    p = Point(0.0, 1.0)
    for value in v:
        p = Point(p.x + value * p.y, p.y * 0.9)
    return p.x * p.y


@case(draw(3))
def named_tuple_from_branches(v):
    if v[0] > 0.5:
        p = Point(v[1], v[2])
    else:
        p = Point(v[2], 2.0)
    return p.x * p.y


@case(draw(2), note="the result is a named tuple")
def returns_a_named_tuple(v):
    return Point(v * 2, np.sum(v) ** 2)


@case(
    Network([Layer(draw(3, 4), draw(4)), Layer(draw(4, 2), draw(2), "none")], 0.8),
    draw(5, 3),
)
def dataclass_network(net, x):
    return np.sum(net.forward(x) ** 2)


@case([{"layer": Layer(draw(2, 2), draw(2))}, {"layer": Layer(draw(2, 1), draw(1))}], draw(3, 2))
def nested_containers_of_objects(params, x):
    for i in range(len(params)):
        x = params[i]["layer"].apply(x)
    return np.sum(x**2) + np.sum(params[0]["layer"].W)


@case(1.3, 0.4)
def dataclass_built_inside(a, b):
    layer = Layer(np.array([[a, b]]), b)
    other = dataclasses.replace(layer, activation="none")
    return np.sum(layer.apply(np.ones((2, 1)))) + np.sum(other.apply(np.ones((1, 1))))


@dataclass
class Running:
    total: float = 0.0
    seen: list = field(default_factory=list)
    weight: float = field(default=2.0)

    def __post_init__(self):
        self.scale = self.weight * 0.5

    def add(self, v):
        self.total = self.total + self.scale * v
        self.seen.append(v)
        return self


@case(1.2, 0.5)
def dataclass_with_state(x, y):
    r = Running()
    r.add(x).add(x * y).add(y)
    return r.total * r.seen[1] + len(r.seen) * r.seen[-1]


@case(draw(4))
def dataclass_with_state_in_a_loop(v):
    r = Running(weight=3.0)
    for value in v:
        r.total += r.scale * value * r.total + value
    return r.total


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = 2.0

    def __add__(self, other):
        return Frozen(self.a + other.a, self.b * other.b)


@case(1.4)
def frozen_dataclass(x):
    s = Frozen(x) + Frozen(x**2, x)
    return s.a * s.b


@case(Frozen(1.4, 0.3))
def frozen_dataclass_argument(f):
    return f.a**2 * f.b


@case(1.4, 0.6)
def operators(a, b):
    v = Vector(a, b) + 2.0 * Vector(b, a * b) - Vector.unit() / a
    v = -v
    v += Vector.diagonal(b)
    return v.norm2 + v[0] * v[1] + (v * v) * len(v) + abs(v)


@case(1.4, 0.6)
def inheritance(a, b):
    v = Vector3(a, b, a * b)
    w = v + v
    return v.norm2 * w.x + isinstance(v, Vector) * a


@case(draw(3))
def attribute_store_and_alias(x):
    c = Vector(x * 1.0, x)
    d = c
    d.x[0] = 5.0 * x[1]
    c.y = c.x * 2
    return np.sum(d.x * d.y)


@case(draw(3))
def attribute_written_in_branches(x):
    c = Vector(0.0, 1.0)
    if x[0] > 0.5:
        c.x = x[1] ** 2
        c.extra = x[2]
    else:
        c.extra = 1.0
    return c.x * c.y + c.extra


@case(draw(5))
def attribute_first_set_in_a_loop(x):
    c = Vector(0.0, 1.0)
    for v in x:
        c.last = v * v
        c.x = c.x + c.last * c.y
    return c.x + c.last


@case(draw(3))
def objects_swap(x):
    a, b = Vector(x[0], 1.0), Vector(x[1], x[2])
    for _ in range(3):
        a, b = b, a + b
    return a * b


@case(0.9, order=1, note="it counts its calls: refused where a derivative is taken inside")
def callable_object_from_outside(x):
    return QUADRATIC(x) + QUADRATIC(2 * x)


@case(0.9)
def bound_method_as_a_value(x):
    f = Vector(x, 2.0).__mul__
    g = LINE.at
    return f(3.0).x * g(x)


@case(draw(3, 2))
def network_from_outside(x):
    return np.sum(NETWORK.forward(x) ** 2)


@case(draw(3))
def dict_from_outside(x):
    return np.sum((x - SETTINGS["shift"]) ** 2) * SETTINGS["gain"]


@case(1.1)
def class_inside(x):
    class Cell:
        gain = 2.0

        def __init__(self, value):
            self.value = value

        @property
        def doubled(self):
            return self.value * self.gain

        @staticmethod
        def cube(v):
            return v**3

        def step(self, by):
            self.value = self.value * x + by
            return self

    class Leaky(Cell):
        def step(self, by):
            super().step(by)
            self.value *= 0.5
            return self

    cell, leaky = Cell(x), Leaky(x**2)
    return cell.step(x).doubled + leaky.step(1.0).value * Cell.cube(x)


@case(1.1, 0.6)
def dataclass_inside(x, y):
    @dataclass
    class Pair:
        a: float
        b: float = 3.0

        def product(self):
            return self.a * self.b

    return Pair(x).product() + Pair(y, b=x).product()


@case(0.7, 1.2)
def partials(x, y):
    def weighted(w, a, b=1.0):
        return w * a**2 * b

    f = functools.partial(weighted, x)
    g = functools.partial(f, b=y)
    return f(y) + g(2.0) * g(x, b=0.5)


@case(0.7)
def getattr_and_setattr(x):
    c = Vector(x, 1.0)
    for name in ("x", "y"):
        setattr(c, name, getattr(c, name) * x)
    if hasattr(c, "z"):
        return x
    return c.x * c.y + getattr(c, "z", x)


class Cached:
    def __init__(self, w):
        self.w = w

    @functools.cached_property
    def square(self):
        return self.w**2

    def __getattr__(self, name):
        if name == "cube":
            return self.w**3
        raise AttributeError(name)


@case(1.3)
def cached_property_and_getattr(x):
    c = Cached(x)
    return c.square * c.cube + c.square


@case(Cached(1.3))
def plain_object_argument(c):
    return c.w**2 * np.sin(c.w)


class Tree:
    def __init__(self, value, children=()):
        self.value = value
        self.children = children

    def total(self):
        t = self.value
        for child in self.children:
            t = t + child.total() * 0.5
        return t


@case(0.6, 1.7)
def recursive_methods(x, y):
    tree = Tree(x, (Tree(y, (Tree(x * y),)), Tree(x**2)))
    return tree.total() ** 2


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __eq__(self, other):
        return self.a == other.a

    def __lt__(self, other):
        return self.a < other.a

    def __call__(self, *args, scale=1.0, **rest):
        return scale * (self.a + sum(args)) + rest.get("shift", 0.0)


@case(0.6, 1.7)
def slots_and_comparisons(x, y):
    s, t = Slotted(x, y), Slotted(y, x)
    big = t if s < t else s
    return big.a * s.b + (s == t) * x + s(x, y, scale=y, shift=x)


class Boxed:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)

    def __contains__(self, key):
        return key in ("a", "b")

    def __setitem__(self, i, value):
        self.items[i] = value

    def __getitem__(self, i):
        return self.items[i]

    def __bool__(self):
        return len(self.items) > 1

    def __matmul__(self, other):
        return self.items[0] * other


@case(0.6, 1.7)
def container_protocol(x, y):
    box = Boxed([x, y, x * y])
    box[1] = box[0] + y
    total = 0.0
    for value in box.items:
        total = total + value**2
    if box and "a" in box:
        total = total * (box @ x)
    return total
