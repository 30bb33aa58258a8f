"""Python's rules for classes: private names, descriptors, order of bases, comparisons."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.zoo.registry import case, draw


class Account:
    """A private name of its own, another of the same spelling in its subclass."""

    __rates = {"low": 0.5, "high": 2.0}

    def __init__(self, value):
        self.__value = value

    def value(self):
        return self.__value

    def __scaled(self, by):
        return self.__value * self.__rates[by]

    def total(self):
        return self.__scaled("low") + self.__scaled("high") ** 2


class Savings(Account):
    def __init__(self, value, bonus):
        super().__init__(value)
        self.__value = bonus

    def bonus(self):
        return self.__value * self._Account__value


SAVINGS = Savings(1.5, 0.5)


class Scaled:
    """A descriptor that stores three times the value and reads it doubled."""

    def __set_name__(self, owner, name):
        self.slot = "_" + name

    def __get__(self, obj, owner=None):
        return getattr(obj, self.slot) * 2.0

    def __set__(self, obj, value):
        setattr(obj, self.slot, value * 3.0)


class Doubled:
    """A descriptor that an attribute of the object hides."""

    def __get__(self, obj, owner=None):
        return obj.base * 2.0


class Described:
    scaled = Scaled()
    doubled = Doubled()

    def __init__(self, base):
        self.base = base
        self.scaled = base


class Near:
    """Equal when close; says nothing of `!=`."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return abs(self.value - other.value) < 0.75


@dataclass(eq=False)
class ByIdentity:
    value: Any


@dataclass(order=True)
class Version:
    number: Any
    minor: Any = 0.0
    label: Any = field(default="", compare=False)

    def __post_init__(self):
        self.seen = self.number


class Readings:
    """Goes through its own list by index."""

    def __init__(self, values):
        self.values = values

    def __getitem__(self, i):
        return self.values[i]

    def __delitem__(self, i):
        self.values[i] = 0.0

    def __len__(self):
        return len(self.values)


class Shifts:
    """The operators that numbers seldom have."""

    def __init__(self, v):
        self.v = v

    def __lshift__(self, by):
        return Shifts(self.v + by)

    def __rrshift__(self, by):
        return Shifts(by - self.v)

    def __and__(self, other):
        return Shifts(self.v * other.v)

    def __invert__(self):
        return Shifts(1.0 / self.v)

    def __pos__(self):
        return self.v


class Setter:
    def __init__(self, v):
        self._v = v

    @property
    def v(self):
        return self._v

    @v.setter
    def v(self, new):
        self._v = new * self._v


@case(draw(2))
def private_names(x):
    account = Savings(x[0], x[1])
    return account.value() ** 2 * account.bonus() + account.total() + SAVINGS.total() * x[0]


@case(draw(2))
def private_names_inside(x):
    class Outer:
        __k = 2.0

        def __init__(self):
            self.__v = x[0]

        def __f(self, __a):
            return __a * self.__v * self.__k

        def f(self, a):
            return self.__f(a)

    class Inner(Outer):
        def __init__(self):
            super().__init__()
            self.__v = x[1]

    return Inner().f(x[0]) ** 2


@case(draw(2))
def descriptors(x):
    d = Described(x[0])
    first = d.scaled
    d.scaled = x[1]
    second = d.doubled
    d.doubled = 1.5
    return first * d.scaled**2 + second * d.doubled


@case(draw(2))
def descriptor_inside(x):
    class Half:
        def __get__(self, obj, owner=None):
            return obj.v * 0.5

    class Holder:
        half = Half()

        def __init__(self, v):
            self.v = v

    return Holder(x[0]).half * Holder(x[1]).half


@case(draw(2))
def order_of_bases(x):
    class A:
        def f(self):
            return 1.0

    class B(A):
        def f(self):
            return super().f() * x[0]

    class C(A):
        def f(self):
            return super().f() + x[1]

    class D(B, C):
        pass

    return D().f() ** 2


@case(0.7, 1.2)
@case(0.7, 2.2)
def unequal_without_a_method(x, y):
    if Near(x) != Near(y):
        return x * y
    return x**2 * y


@case(0.7, 1.2)
def equal_by_identity_or_fields(x, y):
    a, b = ByIdentity(1.0), ByIdentity(1.0)
    v, w = Version(1.0, label="a"), Version(1.0, label="b")
    w.seen = y
    s = x if a == b else y * x
    t = x**2 if v == w else y
    return s * t if a == a and v == dataclasses.replace(w, label="c") else y


@case(0.7, 1.2)
@case(1.7, 1.2)
def ordered_by_fields(x, y):
    low, high = Version(1.0, x), Version(1.0, y)
    if low < high:
        return low.minor**2 * y
    return high.minor * x if low >= high else 0.0


@case(0.7, 1.2)
@case(1.7, 1.2)
def tuples_in_order(x, y):
    s = x if (1, x, y) < (1, y, x) else y
    t = x * y if [x, 1.0] == [x, 1.0] and (x, y) != (x, y, 1.0) else 0.0
    return s**2 + (t if [1, 2] < [1, 3] else x)


@case(draw(2))
def deleted_attributes(x):
    class Options:
        gain = 3.0

    o = Options()
    o.gain = x[0]
    first = o.gain
    del o.gain
    r = Readings([x[0], x[1] ** 2])
    del r[0]
    return first * o.gain * x[1] + r[0] + r[1] * len(r)


@case(draw(2))
def operators_of_every_kind(x):
    s = (Shifts(x[0]) << x[1]) & ~Shifts(x[1])
    return +s * +(2.0 >> Shifts(x[0]))


@case(draw(2))
def property_setters(x):
    s = Setter(x[0])
    s.v = x[1]
    s.v += 1.0
    return s.v**2


@case(draw(3))
def bound_to_the_instance(x):
    class Poly:
        def __init__(self, degree):
            self.degree = degree
            self.activation = np.sin

        def apply(self, v):
            return self.activation(v) ** self.degree

    p = Poly(2)
    q = Poly(3)
    q.apply = lambda v: v * x[0]
    return np.sum(p.apply(x)) + q.apply(x[1])
