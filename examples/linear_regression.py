"""Linear regression: the closed form, gradient descent, and mini-batch SGD with momentum.

The least-squares problem has the solution (XᵀX)⁻¹XᵀY. Both iterations reach it from the compiled
gradient of the plain loss.
"""

import numpy as np

from adcompile import value_and_grad


@value_and_grad
def loss(w, X, Y):
    """Half the mean squared residual."""
    residual = X @ w - Y
    return 0.5 * np.mean(residual * residual)


def gradient_by_hand(w: np.ndarray, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Xᵀ(Xw − Y) / n."""
    return X.T @ (X @ w - Y) / len(X)


def data(n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A column of ones and three random features; noisy linear targets."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    Y = X @ np.array([1.0, -2.0, 0.5, 3.0]) + 0.1 * rng.normal(size=n)
    return X, Y


def closed_form(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """(XᵀX)⁻¹XᵀY."""
    return np.linalg.solve(X.T @ X, X.T @ Y)


def gradient_descent(X: np.ndarray, Y: np.ndarray, *, steps: int, rate: float) -> np.ndarray:
    """Steps along the gradient of all samples."""
    w = np.zeros(X.shape[1])
    for _ in range(steps):
        _, w_bar = loss(w, X, Y)
        w -= rate * w_bar
    return w


def momentum_sgd(
    X: np.ndarray, Y: np.ndarray, *, epochs: int, batch: int, rate: float, momentum: float
) -> np.ndarray:
    """Mini-batch steps with momentum, the rate falling to zero over the epochs."""
    rng = np.random.default_rng(1)
    w = np.zeros(X.shape[1])
    velocity = np.zeros_like(w)
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            chosen = order[start : start + batch]
            _, w_bar = loss(w, X[chosen], Y[chosen])
            velocity = momentum * velocity - rate * (1 - epoch / epochs) * w_bar
            w += velocity
    return w


def main() -> None:
    """Print the three solutions."""
    X, Y = data()
    exact = closed_form(X, Y)
    descent = gradient_descent(X, Y, steps=200, rate=0.2)
    stochastic = momentum_sgd(X, Y, epochs=40, batch=20, rate=0.05, momentum=0.8)
    print("closed form      ", np.round(exact, 5))
    print("gradient descent ", np.round(descent, 5))
    print("momentum SGD     ", np.round(stochastic, 5))
    _, w_bar = loss(np.zeros(4), X, Y)
    np.testing.assert_allclose(w_bar, gradient_by_hand(np.zeros(4), X, Y), rtol=1e-12)
    np.testing.assert_allclose(descent, exact, atol=1e-6)
    np.testing.assert_allclose(stochastic, exact, atol=1e-2)


if __name__ == "__main__":
    main()
