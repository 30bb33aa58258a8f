"""The Jacobian of a layer is rarely formed: products with it are enough.

An elementwise layer of 2048 units has a Jacobian of 2048² entries, all zero off the diagonal.
A pullback multiplies by its transpose, a tangent by itself, at the cost of the layer.
"""

import numpy as np

from adcompile import grad, jvp, vjp


def relu_layer(x):
    """max(0, x), elementwise."""
    return np.maximum(0.0, x)


def squared_norm(x, W):
    """‖W x‖²."""
    q = W @ x
    return np.sum(q * q)


def main() -> None:
    """Print the textbook's small cases, then a layer 2048 wide."""
    x = np.array([1.0, -2.0, 3.0, -1.0])
    _, pullback = vjp(relu_layer, x)
    (x_bar,) = pullback(np.array([4.0, -1.0, 5.0, 9.0]))
    print("ReLU of a vector: adjoint", x_bar)
    np.testing.assert_array_equal(x_bar, [4.0, 0.0, 5.0, 0.0])

    W = np.array([[0.1, 0.5], [-0.3, 0.8]])
    x_bar, W_bar = grad(squared_norm, argnums=(0, 1))(np.array([0.2, 0.4]), W)
    print("squared norm: adjoint of x", x_bar, "of W", W_bar.tolist())
    np.testing.assert_allclose(x_bar, [-0.112, 0.636], atol=1e-12)
    np.testing.assert_allclose(W_bar, [[0.088, 0.176], [0.104, 0.208]], atol=1e-12)

    width = 2048
    x = np.random.default_rng(0).normal(size=width)
    ones = np.ones(width)
    _, pullback = vjp(relu_layer, x)
    (diagonal,) = pullback(ones)
    _, forward_diagonal = jvp(relu_layer, (x,), (ones,))
    np.testing.assert_array_equal(diagonal, (x > 0).astype(float))
    np.testing.assert_array_equal(forward_diagonal, diagonal)
    print(f"layer of {width}: {int(diagonal.sum())} of {width} diagonal entries are 1, the rest 0")
    print(f"computed {diagonal.nbytes / 1e3:.0f} kB; the Jacobian is {8 * width**2 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
