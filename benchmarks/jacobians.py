"""Jacobians, Hessians and products with them: many directions at once against one by one.

Each figure is a ratio of one run: a Jacobian in 64 directions against a loop of `jvp` calls, a
Hessian against the `hvp` calls of its columns, `hvp` against `grad`.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from compare import Side, report  # noqa: E402
from mlp import loss, problem  # noqa: E402

from adcompile import grad, hessian, hvp, jacfwd, jacrev, jvp, linearize, vjp  # noqa: E402


def layers(x, A, B):
    """Elementwise functions and products, from 64 inputs to 64 outputs."""
    h = np.tanh(A @ x)
    return np.exp(-h * h) * (B @ h) + np.sin(x)


def energy(x, A, B):
    """A number of the same kind of function."""
    y = layers(x, A, B)
    return np.sum(y * y)


def diffuse(u, k, steps):
    """An in-place loop; quadratic, so that its Hessian is not zero."""
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def main() -> None:
    rng = np.random.default_rng(0)
    n = 64
    x, A, B = rng.normal(size=n), rng.normal(size=(n, n)) / 8, rng.normal(size=(n, n)) / 8
    basis = np.eye(n)
    forward, backward = jacfwd(layers), jacrev(layers)

    def tangents() -> Any:
        return np.stack([jvp(layers, (x, A, B), (e, None, None))[1] for e in basis], axis=1)

    def linear_tangents() -> Any:
        _, linear = linearize(layers, x, A, B)
        return np.stack([linear(e, None, None) for e in basis], axis=1)

    def adjoints() -> Any:
        _, pullback = vjp(layers, x, A, B)
        return np.stack([pullback(e)[0] for e in basis])

    for other in (tangents(), linear_tangents(), adjoints(), backward(x, A, B)):
        np.testing.assert_allclose(forward(x, A, B), other, rtol=1e-10, atol=1e-12)

    sides = [
        Side("jacfwd", forward, (x, A, B)),
        Side("jacrev", backward, (x, A, B)),
        Side("jvp, 64 calls", tangents, ()),
        Side("linearize, 64 calls", linear_tangents, ()),
        Side("vjp, 64 pullbacks", adjoints, ()),
    ]
    report("64 x 64 Jacobian", sides, "jvp calls 3x or more")

    n = 50
    x, A, B = x[:n], A[:n, :n].copy(), B[:n, :n].copy()
    second, product = hessian(energy), hvp(energy)
    columns = [np.eye(n)[i] for i in range(n)]

    def products() -> Any:
        return np.stack([product(x, A, B, e) for e in columns], axis=1)

    np.testing.assert_allclose(second(x, A, B), products(), rtol=1e-9, atol=1e-10)
    sides = [Side("hessian", second, (x, A, B)), Side("hvp, 50 calls", products, ())]
    report("Hessian of 50 inputs", sides, "hvp calls 2x or more")

    params, inputs, targets = problem([784, 128, 10], 64)
    gradient, along = grad(loss), hvp(loss)
    sides = [
        Side("grad", gradient, (params, inputs, targets)),
        Side("hvp", along, (params, inputs, targets, params)),
    ]
    report("Perceptron", sides, "hvp 3x at most")

    u = rng.normal(size=10_000)
    slope, along_u = grad(diffuse), hvp(diffuse)
    sides = [
        Side("grad", slope, (u, 0.1, 100)),
        Side("hvp", along_u, (u, 0.1, 100, u)),
    ]
    report("Diffusion loop, 100 steps of 10000 points", sides, "hvp 3x at most")


if __name__ == "__main__":
    main()
