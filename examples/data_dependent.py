"""Programs whose path depends on the data: branches, loops that stop when done, recursion.

Also the idea itself, in forty lines: reverse mode as a recursive walk over an expression, which
hands each operand its share of the adjoint.
"""

import ast
import math
from collections.abc import Mapping

import numpy as np

from adcompile import grad

EXPRESSION = "log(x1) + x1 * x2 - sin(x2)"
FUNCTIONS = {"log": math.log, "sin": math.sin, "exp": math.exp}
SLOPES = {"log": lambda x: 1 / x, "sin": math.cos, "exp": math.exp}


def evaluate(node: ast.expr, values: Mapping[str, float]) -> float:
    """The value of an expression of names, numbers, + − · / and the functions above."""
    match node:
        case ast.Name(name):
            return values[name]
        case ast.Constant(number) if isinstance(number, int | float):
            return float(number)
        case ast.Call(ast.Name(name), [argument]):
            return FUNCTIONS[name](evaluate(argument, values))
        case ast.BinOp(left, operator, right):
            x, y = evaluate(left, values), evaluate(right, values)
            match operator:
                case ast.Add():
                    return x + y
                case ast.Sub():
                    return x - y
                case ast.Mult():
                    return x * y
                case ast.Div():
                    return x / y
    raise ValueError(f"not a supported expression: {ast.unparse(node)}")


def propagate(
    node: ast.expr, adjoint: float, values: Mapping[str, float], bars: dict[str, float]
) -> None:
    """Hand ``adjoint``, that of ``node``, down to its operands; the names collect theirs."""
    match node:
        case ast.Name(name):
            bars[name] += adjoint
        case ast.Call(ast.Name(name), [argument]):
            propagate(argument, adjoint * SLOPES[name](evaluate(argument, values)), values, bars)
        case ast.BinOp(left, operator, right):
            x, y = evaluate(left, values), evaluate(right, values)
            match operator:
                case ast.Add():
                    shares = adjoint, adjoint
                case ast.Sub():
                    shares = adjoint, -adjoint
                case ast.Mult():
                    shares = adjoint * y, adjoint * x
                case ast.Div():
                    shares = adjoint / y, -adjoint * x / (y * y)
                case _:
                    raise ValueError(f"not a supported expression: {ast.unparse(node)}")
            propagate(left, shares[0], values, bars)
            propagate(right, shares[1], values, bars)


def recursive_gradient(expression: str, values: Mapping[str, float]) -> dict[str, float]:
    """The gradient of an expression, by recursion over it."""
    bars = dict.fromkeys(values, 0.0)
    propagate(ast.parse(expression, mode="eval").body, 1.0, values, bars)
    return bars


def f(x1, x2):
    """The same expression, as a program."""
    return np.log(x1) + x1 * x2 - np.sin(x2)


def power(x, n):
    """xⁿ by repeated squaring, recursively."""
    if n == 0:
        return 1.0
    if n % 2 == 1:
        return x * power(x, n - 1)
    half = power(x, n // 2)
    return half * half


def pairwise_sum_of_squares(x):
    """Σ x², summed by halves."""
    n = x.shape[0]
    if n == 1:
        return x[0] * x[0]
    return pairwise_sum_of_squares(x[: n // 2]) + pairwise_sum_of_squares(x[n // 2 :])


def huber(x, limit):
    """Quadratic near zero, linear beyond ``limit``."""
    if x < -limit:
        return limit * (-x - 0.5 * limit)
    elif x <= limit:
        return 0.5 * x * x
    return limit * (x - 0.5 * limit)


def newton_sqrt(a):
    """√a by Newton's iteration, as many steps as it takes."""
    x = a
    while np.abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


def main() -> None:
    """Print each derivative beside its formula."""
    by_recursion = recursive_gradient(EXPRESSION, {"x1": 2.0, "x2": 5.0})
    compiled = grad(f, argnums=(0, 1))(2.0, 5.0)
    print(f"recursion over the expression: {by_recursion}; compiled: {compiled}")
    np.testing.assert_allclose(tuple(by_recursion.values()), compiled, rtol=1e-14)

    for n in (0, 1, 5, 10):
        slope = grad(power)(1.5, n)
        formula = n * 1.5 ** (n - 1)
        print(f"power(1.5, {n}): derivative {slope:.6f}, formula {formula:.6f}")
        np.testing.assert_allclose(slope, formula, rtol=1e-12)

    x = np.arange(1.0, 8.0)
    x_bar = grad(pairwise_sum_of_squares)(x)
    print("sum by halves: gradient", x_bar)
    np.testing.assert_allclose(x_bar, 2 * x)

    for point, formula in ((-3.0, -1.0), (0.4, 0.4), (3.0, 1.0)):
        slope = grad(huber)(point, 1.0)
        print(f"huber({point:g}): derivative {slope:g}")
        np.testing.assert_allclose(slope, formula)

    for a in (2.0, 1e6):
        slope = grad(newton_sqrt)(a)
        print(f"newton_sqrt({a:g}): derivative {slope:.10g}, formula {0.5 / math.sqrt(a):.10g}")
        np.testing.assert_allclose(slope, 0.5 / math.sqrt(a), rtol=1e-6)


if __name__ == "__main__":
    main()
