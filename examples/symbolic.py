"""Symbolic differentiation against compiled derivatives: expression swell.

The logistic map l(1) = x, l(k+1) = 4 l(k) (1 − l(k)) is a short loop, but the expression it stands
for doubles at each step, and so does its symbolic derivative. Compiled code keeps the loop: the
source has the same size for every n, and the operations it executes grow linearly.
Needs sympy (in the extra ``test``).
"""

import ast
from typing import Any

from adcompile import grad


def logistic(x, n):
    """n steps of the logistic map."""
    y = x
    for _ in range(n):
        y = 4.0 * y * (1.0 - y)
    return y


def hand(x: float, n: int) -> float:
    """The derivative of ``logistic`` with respect to x, by hand."""
    y, y_dot = x, 1.0
    for _ in range(n):
        y, y_dot = 4.0 * y * (1.0 - y), 4.0 * (1.0 - 2.0 * y) * y_dot
    return y_dot


def symbolic_derivative(n: int) -> tuple[Any, Any]:
    """The symbol x and sympy's derivative of ``logistic`` with respect to it."""
    import sympy

    x = sympy.Symbol("x")
    return x, sympy.diff(logistic(x, n), x)


def operations(source: str) -> int:
    """The arithmetic operators written in a piece of Python."""
    counted = (ast.BinOp, ast.UnaryOp, ast.AugAssign)
    return sum(isinstance(node, counted) for node in ast.walk(ast.parse(source)))


def main() -> None:
    """Print sizes and values for growing n."""
    try:
        import sympy
    except ImportError:
        print("symbolic.py needs sympy: pip install sympy")
        return

    derivative = grad(logistic)
    point = 0.2
    print(" n   operations of the symbolic derivative   operators in the source   derivative")
    for n in range(1, 9):
        compiled = derivative(point, n)
        x, expression = symbolic_derivative(n)
        symbolic = float(expression.subs(x, point))
        written = operations(derivative.source)
        print(f"{n:2d} {sympy.count_ops(expression):39d} {written:25d} {compiled:14.6f}")
        assert abs(compiled - symbolic) <= 1e-9 * max(1.0, abs(symbolic))
        assert abs(compiled - hand(point, n)) <= 1e-9 * max(1.0, abs(symbolic))


if __name__ == "__main__":
    main()
