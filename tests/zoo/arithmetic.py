"""Operators, elementwise functions of numpy and math, and broadcasting between them."""

import math

import numpy as np

from tests.zoo.registry import case, draw


@case(2.0, 5.0, order=3)
def textbook(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


@case(0.7, 1.3, order=3)
@case(np.float64(0.7), np.float64(1.3))
def rational(x, y):
    return (x * y - 2.0) / (1.0 + x * x + y**2) + x / y


@case(draw(4), draw(4))
def four_operations(x, y):
    return np.sum(x + y) * np.sum(x - 2.0 * y) + np.sum(x * y) / np.sum(x / y)


@case(draw(3), draw(3))
def powers(x, y):
    return np.sum(x**2 + x**3.0 - x**-1 + x**0.5 + x**y + 2.0**x + y ** (x / 2))


@case(1.3, 0.6, order=3)
def scalar_powers(x, y):
    return x**y + x**3 + y**-2 + 1.5**x - x**0.5


@case(draw(4, low=2.2, high=2.8), draw(4, low=0.8, high=0.9))
def modulo_and_floor(x, y):
    return np.sum((x % y) * x + (x // y) * y * y + (-x) % 1.0)


@case(2.7, 0.85)
def scalar_modulo_and_floor(x, y):
    return (x % y) * x + (x // y) * y * y


@case(0.8, 1.9)
def unary_signs(x, y):
    return -x * +y - (-(x * -y)) * (-2.0) ** 2


@case(0.8, 1.9)
def augmented_scalars(x, y):
    s = x
    s += y
    s *= s
    s -= x / 3.0
    s /= y
    s **= 2
    return s


@case(draw(3), 0.4)
def augmented_rebinding(x, c):
    s = c
    s = s + x
    s = s * x - c
    return np.sum(s * s)


@case(draw(3, 4), draw(4), draw(3, 1), 0.9)
def broadcasting(matrix, row, column, scalar):
    return np.sum((matrix * row + column) * scalar - row / (column + scalar))


@case(draw(1, 4), draw(3, 1), draw(1))
def broadcasting_length_one(row, column, single):
    return np.sum(np.sin(row * column) * single)


@case(draw(2, 3, 4), draw(3, 1), draw(4))
def broadcasting_rank_three(cube, column, row):
    return np.sum(cube * column - np.exp(-cube) * row)


@case(draw(5), order=3)
def exponentials(x):
    return np.sum(np.exp(x) - np.expm1(-x) + np.exp(-(x**2)))


@case(draw(5))
def logarithms(x):
    return np.sum(np.log(x) * np.log1p(x) + np.log2(x) - np.log10(x) * x)


@case(draw(5))
def roots(x):
    return np.sum(np.sqrt(x) + np.cbrt(x) * np.square(x) - np.reciprocal(x))


@case(draw(4))
def trigonometric(x):
    return np.sum(np.sin(x) * np.cos(x) + np.tan(x / 2.0))


@case(draw(4, low=0.1, high=0.8, signed=True))
def inverse_trigonometric(x):
    return np.sum(np.arcsin(x) * np.arccos(x) + np.arctan(3.0 * x))


@case(draw(4, signed=True))
def hyperbolic(x):
    return np.sum(np.sinh(x) / np.cosh(x) + np.tanh(x) ** 2)


@case(draw(4, low=0.2, high=0.8))
def inverse_hyperbolic(x):
    return np.sum(np.arcsinh(x) + np.arccosh(1.5 + x) * np.arctanh(x))


@case(draw(4, signed=True), draw(4, signed=True))
def two_argument_functions(x, y):
    return np.sum(np.arctan2(x, y) + np.hypot(x, y) * np.logaddexp(x, y))


@case(draw(6, signed=True), draw(6, low=0.1, high=0.25))
def kinked_functions(x, y):
    z = np.maximum(x, y) - np.minimum(x * 2.0, y)
    return np.sum(z * np.abs(x) + np.sign(x) * x * x + np.clip(x, -1.0, 1.05) * y)


@case(draw(6, signed=True))
def where_select(x):
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x)), x**2) * x)


@case(draw(6, signed=True), draw(6))
def where_both_sides(x, y):
    mask = (x > 0) & (y < 1.2) | ~(x > -1.5)
    return np.sum(np.where(mask, x * y, y / 3.0))


@case(draw(4), draw(4))
def named_ufuncs(x, y):
    total = np.add(x, np.multiply(y, 2.0)) - np.subtract(x, np.divide(y, x))
    return np.sum(np.power(total, 2) + np.negative(total) * np.true_divide(1.0, y))


@case(0.6, 1.7, order=3)
def math_functions(x, y):
    return math.exp(-x) * math.sin(y) + math.sqrt(x * y) + math.log(y) / math.cos(x)


@case(0.6, 0.3)
def more_math_functions(x, y):
    s = math.tanh(x) + math.atan2(y, x) + math.hypot(x, y) + math.expm1(y) * math.log1p(x)
    return s + math.asin(y) * math.acosh(1.0 + x) + math.pow(x, y) + math.fabs(x - y)


@case(0.6)
def math_constants(x):
    return math.sin(math.pi * x) + math.e**x + np.pi * x - np.e / x


@case(draw(3, 4), draw(4, 2), draw(2))
def matmul_operators(a, b, c):
    return np.sum(np.tanh(a @ b) @ c)


@case(draw(5), order=3)
def repeated_subexpressions(x):
    s = np.sin(x)
    t = s * s
    return np.sum(t * s + t / (1.0 + t)) + np.sum(t) ** 2


@case(1.1, order=3)
def deep_nesting(x):
    return np.sin(np.exp(np.cos(np.log(np.sqrt(1.0 + x * np.tanh(x))))))


@case(1.1, 0.7)
def unused_argument(x, y):
    return x * x


@case(draw(3), 0.7)
def constant_result(x, y):
    return 3.5


@case(draw(3))
def returns_argument_element(x):
    return x[1]


@case(0.7)
def returns_argument(x):
    return x


@case(draw(3), 2, argnums=(0,))
def integer_operand(x, k):
    return np.sum(x**k + k * x - x / k + k**x)
