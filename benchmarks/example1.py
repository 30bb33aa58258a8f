"""The gradient of ln(x1) + x1·x2 − sin(x2) with respect to both floats, against hand-written code.

What is measured is mostly the call: dispatch on the signature, then a line of arithmetic.
"""

import math

import numpy as np
from compare import Side, installed, report, with_numpy

from adcompile import grad

POINT = (2.0, 5.0)


def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def by_hand(x1, x2):
    return x2 + 1 / x1, x1 - math.cos(x2)


def by_hand_numpy(x1, x2):
    return x2 + 1 / x1, x1 - np.cos(x2)


def peers() -> list[Side]:
    """The same gradient from the tracing tools that are installed."""
    sides = []
    if installed("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(jax.grad(with_numpy(f, jax.numpy), argnums=(0, 1)))
        sides.append(Side("JAX, jit", lambda x, y: jax.block_until_ready(compiled(x, y)), POINT))
    if installed("autograd"):
        import autograd

        traced = autograd.grad(with_numpy(f, autograd.numpy), (0, 1))
        sides.append(Side("autograd", traced, POINT))
    if installed("torch"):
        import torch

        torch.set_num_threads(1)
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in POINT]

        def torch_gradient(x1, x2):
            return torch.autograd.grad(torch.log(x1) + x1 * x2 - torch.sin(x2), (x1, x2))

        sides.append(Side("PyTorch", torch_gradient, tuple(leaves)))
    return sides


def main() -> None:
    """Check that all sides agree, then time them."""
    sides = [
        Side("by hand, math.cos", by_hand, POINT),
        Side("by hand, np.cos", by_hand_numpy, POINT),
        Side("adcompile", grad(f, argnums=(0, 1)), POINT),
        *peers(),
    ]
    for side in sides:
        gradient = [float(bar) for bar in side.call(*side.args)]
        np.testing.assert_allclose(gradient, by_hand(*POINT), rtol=1e-12)
    report("gradient of example 1", sides, "adcompile at most 2.5x")


if __name__ == "__main__":
    main()
