"""What each kind of operation does to an adjoint on its way back.

Addition distributes it, a value used twice adds what comes back, multiplication swaps its factors,
a maximum routes it to the larger operand. Each pattern is a two-line function here; its generated
adjoint code shows the pattern.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile import grad


def add_gate(x, y):
    """Both operands get the adjoint of the sum."""
    s = x + y
    return np.sin(s)


def copy_gate(x):
    """x is used twice: its adjoint is the sum of both contributions."""
    y = np.sin(x)
    return y + 3.0 * x


def multiply_gate(x, y):
    """Each factor gets the adjoint of the product times the other factor."""
    p = x * y
    return np.sin(p)


def max_gate(x, y):
    """The larger operand gets the whole adjoint, the other nothing."""
    m = np.maximum(x, y)
    return np.sin(m)


def circuit(x, y, z):
    """The textbook's circuit (x + y)·z."""
    q = x + y
    return q * z


def main() -> None:
    """Print each gate's gradient and the code that computed it."""
    cos = np.cos
    expected: dict[Callable[..., Any], Any] = {
        add_gate: ((2.0, 5.0), (cos(7.0), cos(7.0))),
        copy_gate: ((2.0,), (cos(2.0) + 3.0,)),
        multiply_gate: ((2.0, 5.0), (5.0 * cos(10.0), 2.0 * cos(10.0))),
        max_gate: ((2.0, 5.0), (0.0, cos(5.0))),
        circuit: ((-2.0, 5.0, -4.0), (-4.0, -4.0, 3.0)),
    }
    for gate, (at, by_hand) in expected.items():
        gradient = grad(gate, argnums=tuple(range(len(at))))
        bars = gradient(*at)
        print(f"{gate.__name__}{at}: gradient {tuple(round(float(bar), 4) for bar in bars)}")
        print(gradient.source)
        np.testing.assert_allclose(bars, by_hand)


if __name__ == "__main__":
    main()
