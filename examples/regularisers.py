"""Regularisation: L1 and L2 penalties, and dropout with a fixed mask.

L2 shrinks every weight, L1 sets the useless ones to zero, dropout lets no gradient through the
units that are dropped.
"""

from collections.abc import Callable

import numpy as np

from adcompile import grad


def squared_error(w, X, y):
    """The mean squared residual of a linear model."""
    residual = X @ w - y
    return np.mean(residual * residual)


def l1_loss(w, X, y, strength):
    """Squared error + strength · Σ|w|."""
    return squared_error(w, X, y) + strength * np.sum(np.abs(w))


def l2_loss(w, X, y, strength):
    """Squared error + strength · Σw²."""
    return squared_error(w, X, y) + strength * np.sum(w**2)


def dropout_loss(params, X, y, mask, keep):
    """Two layers; the hidden units where ``mask`` is 0 are dropped, the others scaled up."""
    hidden = np.tanh(X @ params["W1"] + params["b1"]) * mask / keep
    residual = hidden @ params["w2"] - y
    return np.mean(residual * residual)


def data(n: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Eight features, of which only the first two matter."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    return X, X @ np.array([2.0, -1.0, 0, 0, 0, 0, 0, 0]) + 0.3 * rng.normal(size=n)


def descend(
    gradient: Callable[..., np.ndarray], X: np.ndarray, y: np.ndarray, strength: float
) -> np.ndarray:
    """Gradient descent from zero, the rate falling to zero so that L1's kinks settle."""
    w = np.zeros(X.shape[1])
    for step in range(1000):
        w -= 0.1 * (1 - step / 1000) * gradient(w, X, y, strength)
    return w


def main() -> None:
    """Print the fitted weights under each penalty, and the gradient under dropout."""
    X, y = data()
    plain = descend(grad(l2_loss), X, y, 0.0)
    l2 = descend(grad(l2_loss), X, y, 0.5)
    l1 = descend(grad(l1_loss), X, y, 0.5)
    for name, w in (("no penalty", plain), ("L2", l2), ("L1", l1)):
        print(f"{name:10s}", *(f"{weight:7.3f}" for weight in w))
    assert np.sum(l2**2) < np.sum(plain**2)
    assert np.max(np.abs(l1[2:])) < 1e-2 < np.max(np.abs(plain[2:]))

    w = np.linspace(-1.0, 1.0, 8)
    extra = grad(l1_loss)(w, X, y, 0.5) - grad(squared_error)(w, X, y)
    np.testing.assert_allclose(extra, 0.5 * np.sign(w), atol=1e-12)
    extra = grad(l2_loss)(w, X, y, 0.5) - grad(squared_error)(w, X, y)
    np.testing.assert_allclose(extra, w, atol=1e-12)

    rng = np.random.default_rng(1)
    params = {
        "W1": rng.normal(size=(8, 6)),
        "b1": np.zeros(6),
        "w2": rng.normal(size=6),
    }
    mask = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    params_bar = grad(dropout_loss)(params, X, y, mask, 0.8)
    print("dropout mask       ", mask)
    print("gradient of b1     ", np.round(params_bar["b1"], 3))
    dropped = mask == 0
    assert np.all(params_bar["W1"][:, dropped] == 0) and np.all(params_bar["w2"][dropped] == 0)
    assert np.all(params_bar["b1"][~dropped] != 0)


if __name__ == "__main__":
    main()
