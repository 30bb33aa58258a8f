"""Small functions, one a construct: each is named after what it shows and shows little else."""

import math

import numpy as np

from tests.zoo.registry import case, draw

WEIGHTS = np.array([0.5, 1.5, -0.7])
RATE = 0.3


class Scale:
    """A helper object with a constant and a method."""

    def __init__(self, factor, offset=0.0):
        self.factor = factor
        self.offset = offset

    def apply(self, v):
        return self.factor * v + self.offset

    def __call__(self, v):
        return self.apply(v) ** 2


class Shifted(Scale):
    """Overrides one method and calls the inherited one."""

    def apply(self, v):
        return super().apply(v) + 1.0


SCALE = Scale(1.7, 0.2)
cube = lambda v: v**3


def outer_power(exponent):
    def power(v):
        return v**exponent

    return power


squared = outer_power(2.0)


def cosine_of(fn, v):
    return fn(np.cos(v))


def pair_of(v):
    return v * 2.0, np.sin(v)


def geometric(ratio, count):
    term = 1.0
    for _ in range(count):
        yield term
        term = term * ratio


@case(draw(3))
def for_else(x):
    s = 0.0
    for v in x:
        if v > 100.0:
            break
        s += v**3
    else:
        s = s * x[0]
    return s


@case(draw(3), 2)
@case(draw(3), 7)
def for_else_left_or_not(x, k):
    s = 1.0
    for i in range(3):
        s = s * x[i]
        if i == k:
            break
    else:
        s = s + x[0] ** 2
    return s


@case(draw(3))
def while_else(x):
    i, s = 0, 1.0
    while i < 3:
        s = s * x[i]
        i += 1
    else:
        s = s + x[1]
    return s**2


@case(draw(4))
def for_reversed(x):
    s = 0.0
    for v in reversed(x):
        s = s * 0.5 + v**2
    for i in reversed(range(3)):
        s = s * x[i]
    return s


@case(draw(3))
def nested_def(x):
    def inner(v):
        return np.sin(v) * v

    return np.sum(inner(x) + inner(2.0 * x))


@case(draw(3))
def nested_def_closure(x):
    weight = x[0] * 2.0

    def inner(v):
        return weight * v**2

    return np.sum(inner(x)) + inner(x[1])


@case(draw(3))
def closure_function(x):
    return np.sum(squared(x) * x)


@case(draw(3))
def lambda_toplevel(x):
    return np.sum(cube(x)) + cube(x[0])


@case(draw(3))
def lambda_inside(x):
    f = lambda v, w=2.0: w * np.exp(-v)
    return np.sum(f(x) + f(x, x))


@case(draw(3))
def higher_order(x):
    return np.sum(cosine_of(np.sin, x) + cosine_of(lambda v: v * x, x))


@case(draw(4, signed=True))
def filtered_by_value(x):
    kept = [v * v for v in x if v > 0.0]
    return sum(kept) * x[0] + len(kept) * np.sum(x) + sum([v**3 for v in x if v < 0.5])


@case(draw(3))
def generator_expression(x):
    return sum(v * v for v in x) * max(v * 0.5 for v in x)


@case(draw(3))
def generator_function(x):
    total = 0.0
    for k, term in enumerate(geometric(x[0], 4)):
        total = total + term * x[k % 3]
    return total + sum(geometric(x[1], 3))


@case(draw(3))
def tuple_return_inner(x):
    def both(v):
        return v**2, np.cos(v)

    a, b = both(x)
    c, d = pair_of(b)
    return np.sum(a * b + c * d)


@case(draw(3))
def nested_unpack(x):
    (a, b), [c, (d, e)] = (x[0], x[1]), [x[2], (x[0] * x[1], 2.0)]
    return a * b + c * d**e


@case(draw(3))
def list_setitem(x):
    items = [0.0, 0.0, 1.0]
    items[0] = x[0] * 2.0
    items[1] = items[0] ** 2
    items[-1] = items[-1] + items[1] * x[2]
    return items[0] * items[1] + items[2]


@case(draw(3))
def list_pop(x):
    stack = [x[0], x[1] ** 2]
    stack.append(x[2] * x[0])
    top = stack.pop()
    first = stack.pop(0)
    stack.insert(0, top * first)
    stack.extend([x[1], top])
    return sum(stack) * top + len(stack) * first


@case(draw(3))
def dict_literal(x):
    d = {"a": x[0], "b": x[1:] ** 2, 3: 2.0}
    return d["a"] * np.sum(d["b"]) * d[3]


@case(draw(3))
def dict_setitem(x):
    d = {}
    d["a"] = x * 2.0
    d["b"] = d["a"] + 1.0
    d["a"] = d["b"] * x
    return np.sum(d["a"] * d["b"])


@case(draw(3))
def dict_items(x):
    d = {"a": x[0], "b": x[1] ** 2, "c": x[2]}
    s = 0.0
    for key, value in d.items():
        s += value * (2.0 if key == "b" else value)
    for value in d.values():
        s = s * value
    return s * len(list(d.keys()))


@case({"a": draw(3), "b": draw(3)})
def dict_merge(params):
    merged = {**params, "c": params["a"] * 2.0} | {"b": params["b"] ** 2}
    return np.sum(merged["a"] * merged["b"] + merged["c"])


@case(draw(3))
def augassign(x):
    y = x * 1.0
    y += x
    y *= y
    y -= 0.5
    y /= x + 1.0
    y **= 2
    s = 0.0
    s += np.sum(y)
    return s


@case(draw(3))
def augassign_alias(x):
    y = x * 1.0
    z = y
    z += x[0] * 2.0
    return np.sum(y * y)


@case(draw(4))
def setitem_slice(x):
    y = np.zeros(6)
    y[1:5] = x * x
    y[::2] = y[1::2] * x[0]
    return np.sum(y**2)


@case(draw(4, signed=True))
def setitem_mask(x):
    y = x * 1.0
    y[y < 0] = 0.0
    y[x > 0.5] *= 3.0
    return np.sum(y * x)


@case(draw(4))
def setitem_view(x):
    y = np.zeros(4)
    tail = y[2:]
    tail[:] = x[:2] ** 2
    y[3] += x[0]
    return np.sum(tail * x[2:]) + y[2]


@case(draw(3))
def ufunc_out(x):
    y = np.zeros(3)
    np.sin(x, out=y)
    np.multiply(y, x, out=y)
    return np.sum(y)


@case(draw(6))
def slices(x):
    return np.sum(x[1:4] * x[2:5]) + np.sum(x[::2] ** 2) + np.sum(x[-2:]) * x[0]


@case(draw(4))
def fancy_index(x):
    idx = np.array([0, 2, 2, 1])
    return np.sum(x[idx] ** 2 * x) + np.sum(x[[3, 0]])


@case(draw(5, signed=True))
def bool_index(x):
    return np.sum(x[x > 0] ** 2) + np.sum(x[x < 0]) * x[0]


@case(draw(3))
def varargs(x):
    def total(first, *rest):
        s = first
        for r in rest:
            s = s + r * first
        return s

    return total(x[0], x[1], x[2] ** 2) + total(x[1])


@case(draw(3))
def keyword_varargs(x):
    def weighted(v, **weights):
        s = 0.0
        for name, w in weights.items():
            s = s + w * (v if name == "a" else v**2)
        return s

    return weighted(x[0], a=x[1], b=x[2]) + weighted(x[1]) * 2.0


@case(draw(3))
def star_call(x):
    def combine(a, b, c=1.0, *, d=2.0):
        return a * b + c**d

    args = (x[0], x[1])
    named = {"c": x[2], "d": 3.0}
    return combine(*args) + combine(*args, **named) + combine(*x)


@case(draw(3))
def kwargs_call(x):
    return np.sum(x) * math.pow(SCALE.apply(v=x[0]), 2.0) + Scale(factor=x[1], offset=x[2])(v=x[0])


@case(draw(2, 3))
def np_kwargs(x):
    return np.sum(np.sum(x, axis=0, keepdims=True) * np.mean(a=x, axis=1, keepdims=True))


@case(draw(3))
def class_active_attr(x):
    s = Scale(x[0], offset=x[1])
    s.factor = s.factor * x[2]
    return s(x[0]) + s.apply(x[1])


@case(draw(3))
def inherits(x):
    s = Shifted(x[0])
    return s(x[1]) + np.sum(s.apply(x))


@case(draw(3))
def global_object_method(x):
    return np.sum(SCALE.apply(x) * x)


@case(draw(3))
def callable_object(x):
    return np.sum(SCALE(x)) + SCALE(x[0])


@case(draw(3))
def bound_method(x):
    f = SCALE.apply
    g = Shifted(x[0]).apply
    return np.sum(f(x)) * g(x[1])


@case(draw(3))
def array_methods(x):
    y = x.reshape(3, 1).T.copy()
    return y.sum() * x.mean() + x.dot(x) + (x.max() - x.min()) * x.prod() + y.ravel()[0]


@case(draw(2, 3))
def property_of_array(x):
    return np.sum(x.T[0] * 2.0) / x.size + x.shape[0] * x[0, 1] ** x.ndim + np.sum(x.real)


@case(draw(3, 3), draw(3))
def matmul_operator(a, b):
    return b @ a @ b + np.sum(a @ a.T)


@case(draw(3))
def global_const(x):
    return np.sum(WEIGHTS * x) * RATE + math.pi * x[0] ** 2


@case(draw(3))
def floordiv_mod_int(x):
    s = 0.0
    for i in range(6):
        s += x[i // 2] * x[i % 3] * (i % 2 + 1)
    return s


@case(draw(3))
def math_module(x):
    return (
        math.sin(x[0]) * math.exp(x[1]) + math.sqrt(x[2]) * math.log(x[0]) + math.hypot(x[0], 1.0)
    )


@case(draw(3, signed=True))
def builtin_sum_abs_max(x):
    return sum(x) * abs(x[0]) + max(x[0], x[1]) * min(x) + sum(abs(x)) + round(2.7) * x[2]


@case(draw(3))
def map_builtin(x):
    return sum(map(lambda v: v**2, x)) + sum(map(np.sin, [x[0], x[1]])) * x[2]


@case(draw(3))
def np_random_const(x):
    rng = np.random.default_rng(7)
    noise = rng.normal(size=3)
    return np.sum(noise * x**2)


@case(draw(3))
def np_concatenate_stack(x):
    y = np.concatenate([x, x[:2] ** 2])
    z = np.stack([x, 2.0 * x], axis=1)
    return np.sum(y * y) + np.sum(z[:, 0] * z[:, 1])


@case(draw(3), draw(3, 3))
def np_linalg_solve(b, m):
    return np.sum(np.linalg.solve(m + 3.0 * np.eye(3), b) ** 2)


@case(draw(3))
def np_einsum(x):
    return np.einsum("i,j,ij->", x, x, np.outer(x, WEIGHTS))


@case(draw(3))
def fstring_debug(x):
    text = f"{x[0]=:.3f} and {len(x) = }"
    assert x[0] > 0.0, text
    return np.sum(x**2) * len(f"{2 + 3=}")


@case(draw(3))
def docstring_and_comments(x):
    """This says what the function does.

    In several lines.
    """
    # A comment.
    return np.sum(x**2)  # another


@case(draw(3), None, argnums=(0,))
@case(draw(3), True, argnums=(0,))
def match_singletons(x, option):
    match option:
        case None:
            return np.sum(x**2)
        case True | False:
            return x[0] * x[1]
