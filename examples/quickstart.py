"""The first example: the gradient of ln(x1) + x1·x2 − sin(x2), its source, and its trace.

Run ``python examples/quickstart.py``, or look at the same function from the command line:
``adcompile trace examples/quickstart.py:f --at x1=2,x2=5 --mode reverse``.
"""

import numpy as np

from adcompile import grad, jvp, trace


@grad(argnums=(0, 1))
def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def main() -> None:
    """Print the gradient at (2, 5), the Python that computed it, and the trace."""
    x1_bar, x2_bar = f(2.0, 5.0)
    print(f"gradient at (2, 5): {x1_bar}, {x2_bar}\n")
    np.testing.assert_allclose((x1_bar, x2_bar), (5.5, 2.0 - np.cos(5.0)))

    print("computed by:\n")
    print(f.source)

    plain = f.__wrapped__
    y, y_dot = jvp(plain, (2.0, 5.0), (1.0, 0.0))
    print(f"value {y:.4f}, tangent along x1 {y_dot:.4f}\n")

    print(trace(plain, mode="reverse")(2.0, 5.0))


if __name__ == "__main__":
    main()
