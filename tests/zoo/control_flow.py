"""Branches, conditional expressions, boolean operators, early returns, asserts."""

import numpy as np

from tests.zoo.registry import case, draw


@case(0.7, order=3)
@case(-0.7)
def if_else(x):
    if x > 0:
        y = np.sin(x)
    else:
        y = x**2
    return y * x


@case(0.2)
@case(0.8)
@case(1.9)
@case(5.0)
def if_elif_else(x):
    if x < 0.5:
        y = x * 2.0
    elif x < 1.0:
        y = np.exp(x)
    elif x < 3.0:
        y = np.log(x) * x
    else:
        y = 1.0
    return y * y + x


@case(0.7)
@case(-0.7)
def if_without_else(x):
    y = x
    if x > 0:
        y = y * np.cos(x)
    return y * 3.0


@case(0.7, 1.2)
@case(-0.7, 1.2)
def one_branch_constant(x, y):
    if x > 0:
        z = y * 2.0
    else:
        z = 1.0
    return z * x


@case(0.7)
@case(1.7)
def conditional_expression(x):
    y = np.sin(x) if x > 1.0 else x * x * x
    return y + (1.0 if x < 0.5 else x)


@case(0.7, 1.4)
@case(-0.7, 1.4)
@case(-0.7, -1.4)
def boolean_operators(x, y):
    if x > 0 and y > 0:
        return x * y
    if not (x > 0 or y > 0):
        return x / y
    return x - y * y


@case(0.7)
@case(2.5)
def chained_comparison(x):
    if 0.0 < x < 1.0 <= 2.0:
        return x**3
    return 1.0 / x


@case(0.4)
@case(1.4)
@case(-1.4)
def early_return(x):
    if x < 0:
        return -x * x
    y = np.exp(x)
    if x > 1:
        return y
    y = y * x
    return y + 1.0


@case(draw(4, signed=True), 0.8)
def branch_on_array_value(x, c):
    if x[0] * c > np.sum(x) - 2.0:
        r = x * c
    else:
        r = x / c
    return np.sum(r * r)


@case(0.9, 1.4)
@case(1.4, 0.9)
def nested_branches(x, y):
    s = x * y
    if x > 1.0:
        if y > 1.0:
            s = s + x
        else:
            s = s * y
            if s > 0.5:
                s = s - x**2
    else:
        if y > 1.2:
            t = np.sin(y)
            s = s * t
    return s * s


@case(draw(3), True, argnums=(0,))
@case(draw(3), False, argnums=(0,))
def static_flag(x, squared):
    if squared:
        return np.sum(x * x)
    return np.sum(np.sin(x))


@case(draw(3), None, argnums=(0,))
@case(draw(3), draw(3))
def optional_argument(x, weights):
    if weights is None:
        return np.sum(x * x)
    return np.sum(weights * x)


@case(draw(3), "mean", argnums=(0,))
@case(draw(3), "sum", argnums=(0,))
def string_option(x, reduction):
    y = x * x
    if reduction == "mean":
        return np.mean(y)
    elif reduction == "sum":
        return np.sum(y)
    return y[0]


@case(0.8, 0.5)
def name_first_bound_in_branch(x, y):
    if x > y:
        z = x - y
        w = z * y
    if x > y:
        return z * w
    return x


@case(draw(3), 1.3)
def assert_and_pass(x, c):
    """The docstring is no statement to differentiate."""
    assert c > 0, "c must be positive"
    if c > 100.0:
        pass
    assert x.ndim == 1
    return np.sum(x) * c


@case(0.9, 1.6)
def swap_in_branch(a, b):
    if a < b:
        a, b = b, a
    return a**2 / b


@case(0.9, 1.6)
def branch_merges_three_values(x, y):
    p, q, r = x, y, 1.0
    if x < y:
        p = q * x
        q = r + y
    else:
        r = p
    return p * q * r


@case(0.9)
def truth_value_of_float(x):
    if x:
        return x * x
    return 0.0


@case(draw(3), np.array([0.3, 1.0, 2.0]), 0.5, argnums=(0, 1))
@case(draw(3), np.array([-0.3, 1.0, 2.0]), 0.5, argnums=(0, 1))
@case(draw(3), np.array([0.3, 1.0, 2.0]), -0.5, argnums=(0, 1))
def return_from_nested_if(x, y, s):
    if s > 0:
        t1 = y[0]
        if t1 > 0.15:
            return x[0] * t1
    return np.sum(x * y)


@case(draw(3))
def return_only_from_endless_loop(x):
    while True:
        x = x * 0.5
        if np.sum(x) < 0.3:
            return np.sum(x * x)


@case(1.3, order=3, note="the adjoint of a branch is a residual of the other sweep, unchanged")
@case(-0.7)
def cube_in_branch(x):
    if x > 0:
        return x**3
    return 0.0


@case(draw(5, signed=True))
def cubes_in_branch_in_loop(x):
    s = 0.0
    for v in x:
        if v > 0:
            s += v**3
    return s


@case(draw(4, signed=True), draw(4), 0.4)
@case(draw(4, signed=True), draw(4), -0.4)
def returned_before_it_is_bound(x, y, s):
    if s > 0.0:
        if x[3] < 9.0:
            return s + np.sum(x * y)
    else:
        v = y * s
    return np.sum(v * x)
