"""Flat backpropagation: the generated code of a sigmoid neuron beside a hand-written one.

Courses teach to write the backward pass line by line, mirroring the forward pass. That is what the
compiler writes.
"""

import numpy as np

from adcompile import grad, trace


def neuron(w0, x0, w1, x1, w2):
    """σ(w0·x0 + w1·x1 + w2), in elementary operations."""
    s = w0 * x0 + w1 * x1 + w2
    return 1.0 / (1.0 + np.exp(-s))


def neuron_backward(w0, x0, w1, x1, w2):
    """The gradient of ``neuron``, as one would write it on paper."""
    # forward pass
    s0 = w0 * x0
    s1 = w1 * x1
    s2 = s0 + s1
    s3 = s2 + w2
    out = 1.0 / (1.0 + np.exp(-s3))
    # backward pass
    out_bar = 1.0
    s3_bar = out_bar * (1.0 - out) * out
    w2_bar = s3_bar
    s2_bar = s3_bar
    s0_bar = s2_bar
    s1_bar = s2_bar
    w1_bar = s1_bar * x1
    x1_bar = s1_bar * w1
    w0_bar = s0_bar * x0
    x0_bar = s0_bar * w0
    return w0_bar, x0_bar, w1_bar, x1_bar, w2_bar


POINT = (2.0, -1.0, -3.0, -2.0, -3.0)
NAMES = ("w0", "x0", "w1", "x1", "w2")


def main() -> None:
    """Print the generated code, both gradients, and the reverse trace."""
    gradient = grad(neuron, argnums=NAMES)
    compiled = gradient(*POINT)
    by_hand = neuron_backward(*POINT)
    print(gradient.source)
    print("name   compiled   by hand")
    for name, value, reference in zip(NAMES, compiled, by_hand):
        print(f"{name:4s} {value:10.4f} {reference:9.4f}")
    print()
    print(trace(neuron, mode="reverse")(*POINT))
    np.testing.assert_allclose(compiled, by_hand, rtol=1e-12)


if __name__ == "__main__":
    main()
