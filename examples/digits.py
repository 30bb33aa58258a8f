"""A multilayer perceptron on scikit-learn's handwritten digits, trained with a compiled gradient.

The loss is plain NumPy: tanh layers, softmax and cross-entropy written out, and an L2 penalty.
``@value_and_grad`` turns it into a function that returns the loss and its gradient with respect to
all weights, a list of (W, b). Needs the extra ``examples``.

    python examples/digits.py                        # ends with the held-out accuracy
    python examples/digits.py --hidden 128,64        # a deeper network
    python examples/digits.py --show-source          # also prints the generated adjoint code
"""

import argparse
import itertools
import sys

import numpy as np

from adcompile import value_and_grad

Layers = list[tuple[np.ndarray, np.ndarray]]
TARGET = 0.97


def scores(params, x):
    """The last layer's scores, one row an image: tanh layers, then a linear one."""
    h = x
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    return h @ W + b


@value_and_grad
def loss(params, x, targets, penalty, n):
    """The images' mean cross-entropy + penalty · R / n: R sums the squared weights, n images
    share the penalty."""
    z = scores(params, x)
    z = z - np.max(z, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    mean = -np.sum(targets * log_p) / x.shape[0]
    squares = 0.0
    for W, _ in params:
        squares = squares + np.sum(W * W)
    return mean + penalty * squares / n


def initial_layers(sizes: list[int], rng: np.random.Generator) -> Layers:
    """Weights of variance 1 / fan-in, zero biases."""
    return [
        (rng.normal(size=(n_in, n_out)) / np.sqrt(n_in), np.zeros(n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]


def load_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images (pixels in 0..1) and labels: a stratified 80/20 split with a fixed seed."""
    from sklearn.datasets import load_digits as bundled_digits
    from sklearn.model_selection import train_test_split

    x, labels = bundled_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        x / 16.0, labels, test_size=0.2, stratify=labels, random_state=0
    )
    return x_train, x_test, y_train, y_test


def accuracy(params: Layers, x: np.ndarray, labels: np.ndarray) -> float:
    """The fraction of images whose largest score is that of their label."""
    return float(np.mean(np.argmax(scores(params, x), axis=1) == labels))


def train(
    params: Layers,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int = 60,
    batch: int = 32,
    rate: float = 0.1,
    momentum: float = 0.9,
    penalty: float = 0.5,
    seed: int = 0,
) -> list[float]:
    """Mini-batch gradient descent with momentum, in place; returns each epoch's mean loss.

    The rate falls linearly to zero. ``batch=1`` is incremental learning: one step an image
    (take a rate some twenty times smaller).
    """
    from tqdm import tqdm

    rng = np.random.default_rng(seed)
    targets = np.eye(10)[labels]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    history = []
    progress = tqdm(range(epochs), desc="training", unit="epoch", disable=None)
    for epoch in progress:
        step = rate * (1 - epoch / epochs)
        order = rng.permutation(len(x))
        losses = []
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            value, gradient = loss(params, x[chosen], targets[chosen], penalty, len(x))
            for layer, layer_velocity, layer_bar in zip(params, velocity, gradient):
                for p, v, p_bar in zip(layer, layer_velocity, layer_bar):
                    v *= momentum
                    v -= step * p_bar
                    p += v
            losses.append(float(value))
        history.append(float(np.mean(losses)))
        progress.set_postfix(loss=f"{history[-1]:.4f}")
    return history


def main(arguments: list[str] | None = None) -> int:
    """Train, print the held-out accuracy; 0 if it reaches 97 %, else 1."""
    parser = argparse.ArgumentParser(description="train a perceptron on handwritten digits")
    parser.add_argument("--hidden", default="64", help="hidden layer sizes, comma-separated")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=32, help="images a step (1: incremental)")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--show-source", action="store_true", help="print the adjoint code")
    options = parser.parse_args(arguments)

    x_train, x_test, y_train, y_test = load_digits()
    hidden = [int(size) for size in options.hidden.split(",") if size]
    params = initial_layers([x_train.shape[1], *hidden, 10], np.random.default_rng(0))
    history = train(
        params,
        x_train,
        y_train,
        epochs=options.epochs,
        batch=options.batch,
        rate=options.rate,
    )
    if options.show_source:
        print(loss.source)
    print(f"loss: {history[0]:.4f} after the first epoch, {history[-1]:.4f} after the last")
    print(f"training accuracy: {accuracy(params, x_train, y_train):.2%}")
    held_out = accuracy(params, x_test, y_test)
    print(f"held-out accuracy: {held_out:.2%} of {len(x_test)} images")
    return 0 if held_out >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
