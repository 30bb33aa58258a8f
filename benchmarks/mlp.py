"""The gradient of a perceptron's loss with respect to all weights, against hand-written NumPy.

The hand-written side uses the known gradient p − Y of softmax followed by cross-entropy; the others
differentiate the loss as it stands, row maximum included. Everything runs on one thread.
"""

import itertools
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from compare import Side, installed, report, with_numpy  # noqa: E402

from adcompile import grad  # noqa: E402

Layers = list[tuple[np.ndarray, np.ndarray]]


def loss(params, x, targets):
    """Mean cross-entropy of the softmax of a network with tanh layers."""
    h = x
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    z = h @ W + b
    z = z - np.max(z, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(targets * log_p) / x.shape[0]


def by_hand(params: Layers, x: np.ndarray, targets: np.ndarray) -> Layers:
    """Backpropagation as an expert writes it."""
    activations = [x]
    for W, b in params[:-1]:
        activations.append(np.tanh(activations[-1] @ W + b))
    W, b = params[-1]
    z = activations[-1] @ W + b
    p = np.exp(z - np.max(z, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    z_bar = (p - targets) / x.shape[0]
    bars = []
    for (W, _), h in zip(reversed(params), reversed(activations)):
        bars.append((h.T @ z_bar, z_bar.sum(axis=0)))
        if h is not x:
            z_bar = (z_bar @ W.T) * (1.0 - h * h)
    return bars[::-1]


def problem(sizes: list[int], batch: int) -> tuple[Layers, np.ndarray, np.ndarray]:
    """Random weights, inputs and one-hot targets."""
    rng = np.random.default_rng(0)
    params = [
        (rng.normal(size=(n_in, n_out)) / np.sqrt(n_in), 0.1 * rng.normal(size=n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    x = rng.normal(size=(batch, sizes[0]))
    return params, x, np.eye(sizes[-1])[rng.integers(sizes[-1], size=batch)]


def peers(params: Layers, x: np.ndarray, targets: np.ndarray) -> list[Side]:
    """The same gradient from the tracing tools that are installed."""
    sides = []
    if installed("jax"):
        if hasattr(os, "sched_setaffinity"):  # no variable keeps XLA to one thread: one core does
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        import jax

        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(jax.grad(with_numpy(loss, jax.numpy)))
        arguments = jax.tree_util.tree_map(jax.numpy.asarray, (params, x, targets))
        sides.append(
            Side("JAX, jit", lambda *args: jax.block_until_ready(compiled(*args)), arguments)
        )
    if installed("autograd"):
        import autograd

        traced = autograd.grad(with_numpy(loss, autograd.numpy))
        sides.append(Side("autograd", traced, (params, x, targets)))
    if installed("torch"):
        import torch

        torch.set_num_threads(1)
        leaves = [torch.tensor(p, requires_grad=True) for layer in params for p in layer]

        def torch_gradient(leaves, x, targets):
            h = x
            for i in range(0, len(leaves) - 2, 2):
                h = torch.tanh(h @ leaves[i] + leaves[i + 1])
            log_p = torch.log_softmax(h @ leaves[-2] + leaves[-1], dim=1)
            bars = torch.autograd.grad(-(targets * log_p).sum() / len(x), leaves)
            return list(zip(bars[::2], bars[1::2]))

        arguments = (leaves, torch.tensor(x), torch.tensor(targets))
        sides.append(Side("PyTorch", torch_gradient, arguments))
    return sides


def compare(sizes: list[int], batch: int, aim: str, rounds: int) -> None:
    """Check that all sides agree, then time them."""
    arguments = problem(sizes, batch)
    sides = [
        Side("by hand, p - Y", by_hand, arguments),
        Side("adcompile", grad(loss), arguments),
        *peers(*arguments),
    ]
    expected = by_hand(*arguments)
    for side in sides:
        for layer_bar, layer_expected in zip(side.call(*side.args), expected, strict=True):
            for p_bar, p_expected in zip(layer_bar, layer_expected, strict=True):
                np.testing.assert_allclose(np.asarray(p_bar), p_expected, rtol=1e-8, atol=1e-12)
    report(f"gradient of {'-'.join(map(str, sizes))}, batch {batch}", sides, aim, rounds)


def main() -> None:
    """A small network, where the calls count, and a larger one, where the products do."""
    compare([20, 32, 10], 32, "adcompile at most 1.5x", rounds=201)
    compare([784, 256, 128, 10], 64, "adcompile at most 1.2x", rounds=101)


if __name__ == "__main__":
    main()
