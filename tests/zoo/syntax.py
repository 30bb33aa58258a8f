"""`match`, `nonlocal`, `del`, local imports, decorators, unpacking, and f-strings."""

import functools
import math

import numpy as np

from tests.zoo.registry import case, draw

GAIN = 1.5


def logged(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(*args, **kwargs)

    return wrapper


def scaled(factor):
    def decorate(fn):
        @functools.wraps(fn)
        def wrapper(*args):
            return factor * fn(*args)

        return wrapper

    return decorate


@logged
def decorated_square(v):
    return v * v


@scaled(3.0)
@logged
def twice_decorated(v, w):
    return v * w


@case(draw(3))
def match_literal(x, kind="cubic"):
    match kind:
        case "linear":
            return np.sum(x)
        case "square" | "cubic" as k:
            return np.sum(x ** (2 if k == "square" else 3))
        case _:
            return 0.0 * x[0]


@case(0.7, 1.4)
@case(1.7, 1.4)
@case(-1.7, 1.4)
def match_guards(x, y):
    match x:
        case v if v > 1:
            z = v * v * y
        case v if v > 0:
            z = v + y
        case _:
            z = x * y * y
    return z * y


@case(0.7, 2)
@case(0.7, 5)
def match_number(x, n):
    match n:
        case 1:
            y = x
        case 2 | 3:
            y = x * x
        case _:
            y = x**n
    return y * 2.0


@case((0.7, 1.2, 0.3))
def match_sequence(values):
    match values:
        case (a,):
            return a
        case (a, *rest):
            return a * sum(rest)
    return 0.0


@case({"kind": "scale", "by": 0.7}, draw(2), argnums=(1,))
@case({"kind": "shift", "by": 0.7}, draw(2), argnums=(1,))
def match_mapping(op, x):
    match op:
        case {"kind": "scale", "by": factor}:
            return np.sum(x * factor) ** 2
        case {"kind": "shift", **rest}:
            return np.sum((x + rest["by"]) ** 2)
    return np.sum(x)


@case(draw(3))
@case(0.7)
@case((0.7, 0.4))
def match_class(x):
    match x:
        case float(v):
            return v * v
        case (float() as a, b):
            return a * b
        case np.ndarray():
            return np.sum(x * x)


@case(draw(4, signed=True))
def match_in_loop(x):
    s = 0.0
    for i, v in enumerate(x):
        match i % 3:
            case 0:
                s += v
            case 1 if v > 0:
                s += v * v
            case _:
                s -= v
    return s


@case(draw(3))
def match_nested(x):
    s = 0.0
    for op in [("add", x[0]), ("scale", (x[1], 2.0)), ("none",)]:
        match op:
            case ("add", value):
                s += value
            case ("scale", (a, b)):
                s = s * a * b
            case [name]:
                s += len(name)
    return s


@case(draw(4))
def nonlocal_counter(x):
    n = 0.0

    def add(v):
        nonlocal n
        n += v * v
        return n

    for v in x:
        add(v)
    return n * add(x[0])


@case(draw(4, signed=True))
def nonlocal_in_branches(x):
    low = high = 0.0

    def visit(v):
        nonlocal low, high
        if v < 0:
            low = low + v
        else:
            high = high + v * v

    for v in x:
        visit(v)
    return low * 2.0 + high


@case(draw(3))
def nonlocal_array(x):
    state = x * 1.0

    def step():
        nonlocal state
        state = state + 0.1 * np.sin(state)

    for _ in range(4):
        step()
    return np.sum(state * x)


@case(draw(3))
def nonlocal_two_levels(x):
    total = x[0]

    def outer(v):
        def inner(w):
            nonlocal total
            total = total * w

        inner(v)
        inner(v + 1.0)

    outer(x[1])
    outer(x[2])
    return total


@case(draw(3))
def nonlocal_counter_closure(x):
    def counter():
        n = 0.0

        def tick(v):
            nonlocal n
            n += v
            return n

        return tick

    a, b = counter(), counter()
    a(x[0])
    b(x[1])
    return a(x[2]) * b(x[2] * 2.0)


@case(draw(3))
def nonlocal_while(x):
    t = 0.0
    steps = 0

    def advance():
        nonlocal t, steps
        t = t + x[0] * x[1]
        steps += 1

    while steps < 3:
        advance()
    return t * x[2]


@case(0.7, 1.2)
def delete_names(x, y):
    t = x * y
    u = t + x
    del t
    t = u * 2.0
    del u
    return t * x


@case(draw(3))
def delete_in_loop(x):
    s = 0.0
    for v in x:
        tmp = v * v
        s += tmp
        del tmp
    return s


@case(draw(3))
def delete_items(x):
    d = {"a": x[0], "b": x[1]}
    del d["a"]
    lst = [x[0], x[1], x[2]]
    del lst[0], lst[-1]
    return d["b"] * lst[0] * len(lst)


@case(0.7)
def local_imports(x):
    import math
    import math as m
    from math import exp
    from math import pi as half_turn

    return math.sin(x) * exp(x) + half_turn * x * m.floor(3.5)


@case(draw(2))
def local_import_numpy(x):
    import numpy
    import numpy.linalg
    from numpy import sin as s

    return numpy.sum(s(x)) + numpy.sum(x**2)


@case(0.7, 1.2)
def calls_decorated(x, y):
    return decorated_square(x) * twice_decorated(x, y)


@case(0.7)
def decorated_inner(x):
    def twice(fn):
        def wrapper(v):
            return fn(fn(v))

        return wrapper

    def named(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            return fn(*args, **kwargs) * x

        return wrapper

    @named
    @twice
    def f(v):
        return v * v + 0.1

    return f(x)


@case(0.7, 1.2)
@logged
def is_decorated(x, y=2.0):
    return x * x * y


@case(0.7)
def partials(x):
    def f(a, b, c=1.0):
        return a * b + c

    g = functools.partial(f, x, c=x * x)
    h = functools.partial(math.pow, x)
    return g(2.0) + h(3.0) + functools.partial(g, 4.0)()


@case(draw(4))
def star_unpacking(x):
    first, *middle, last = x[0], x[1], x[2], x[3]
    *head, end = middle
    (a, (b, *c)), d = (first, (last, end, *head)), [*middle, first]
    return a * b + sum(c) * sum(d) + len([*head, *c])


@case(draw(3))
def star_unpacks_array(x):
    a, *rest = x
    return a * sum(v * v for v in rest)


@case(0.7, 1.2)
def chained_assignment(x, y):
    a = b = c = x * y
    a = a + 1.0
    d = [0.0, 0.0]
    d[0] = e = b * 2
    return a * b + c + d[0] * e


@case(draw(3))
def chained_assignment_alias(x):
    a = b = x * 1.0
    a[0] = 5.0 * x[1]
    return np.sum(a * b)


@case(0.7)
def annotations(x: float) -> float:
    """A docstring, annotated locals, `pass` and a bare constant."""
    y: float = x * 2
    z: float
    if x > 0:
        pass
    ...
    z = y * y
    return z


@case(0.7, 1.2)
def lambda_defaults(x, y):
    f = lambda a, b=x, *c, k=y, **d: a * b + k + sum(c) + sum(d.values())
    return f(2.0) + f(x, y, 1.0, x, k=3.0, z=y)


@case(0.7, 1.2)
def positional_and_keyword_only(x, y):
    def f(a, b=2.0, /, c=3.0, *, d, e=5.0):
        return a * b + c * d - e

    return f(x, d=y) + f(x, y, c=x, d=1.0, e=y)


@case(draw(3))
def in_operator(x):
    s = 0.0
    for k in range(3):
        if k in (0, 2):
            s += x[k] ** 2
        if "a" not in {"b": 1} and "el" in "hello":
            s += x[k]
    return s


@case(0.7)
def messages(x, width=8):
    y = x * x
    text = f"{x=} {y:.{2}f} {y!r:>{width}} {'n':<4} {{}} {width:{width}d}"
    assert y > 0, text
    assert y > 0, "y = {:.3f} of {}".format(y, "x")
    if y < 0:
        raise ValueError(str(y) + repr(x) + format(y, ".3f"))
    return y * len(f"{width:03d}")


@case(draw(2))
def globals_are_read(x):
    global GAIN
    return np.sum(x) ** 2 * GAIN


@case(draw(3), 0.5)
def closures_in_list(x, c):
    layers = [lambda v: v * c, np.sin, lambda v: v + x[0]]
    h = x
    for layer in layers:
        h = layer(h)
    return np.sum(h)
