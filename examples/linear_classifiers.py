"""Linear classifiers against formulas derived by hand: SVM, softmax, logistic regression.

The multiclass SVM (hinge) loss writes into an array by index, the softmax loss subtracts the row
maximum: both are differentiated as they stand.
"""

import numpy as np

from adcompile import grad


def svm_loss(W, X, labels, penalty):
    """The mean of Σ max(0, s_j − s_label + 1) over the wrong classes, plus penalty · ‖W‖²."""
    n = X.shape[0]
    s = X @ W
    rows = np.arange(n)
    correct = s[rows, labels].reshape(n, 1)
    margins = np.maximum(0.0, s - correct + 1.0)
    margins[rows, labels] = 0.0
    return np.sum(margins) / n + penalty * np.sum(W * W)


def svm_gradient(W: np.ndarray, X: np.ndarray, labels: np.ndarray, penalty: float) -> np.ndarray:
    """The gradient of ``svm_loss`` by hand: count the margins that are violated."""
    n = len(X)
    rows = np.arange(n)
    s = X @ W
    violated = (s - s[rows, labels][:, None] + 1.0 > 0).astype(float)
    violated[rows, labels] = 0.0
    violated[rows, labels] = -violated.sum(axis=1)
    return X.T @ violated / n + 2 * penalty * W


def softmax_loss(W, X, targets, penalty):
    """The mean cross-entropy of the softmax of the scores, plus penalty · ‖W‖²."""
    s = X @ W
    s = s - np.max(s, axis=1, keepdims=True)
    log_p = s - np.log(np.sum(np.exp(s), axis=1, keepdims=True))
    return -np.sum(targets * log_p) / X.shape[0] + penalty * np.sum(W * W)


def softmax_gradient(
    W: np.ndarray, X: np.ndarray, targets: np.ndarray, penalty: float
) -> np.ndarray:
    """The gradient of ``softmax_loss`` by hand: the famous p − Y."""
    s = X @ W
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return X.T @ (p - targets) / len(X) + 2 * penalty * W


def sigmoid(z):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-z))


def logistic_rss(w0, w1, w2):
    """Logistic regression on two samples, residual sum of squares: a textbook's example."""
    first = 0.0 - sigmoid(w0 + w1 + 1.5 * w2)
    second = 1.0 - sigmoid(w0 + 1.5 * w1 - w2)
    return first**2 + second**2


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, samples and labels of a small problem: 5 features, 4 classes, 30 samples."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(5, 4)), rng.normal(size=(30, 5)), rng.integers(4, size=30)


def main() -> None:
    """Print the largest difference between compiled and hand-derived gradients."""
    W, X, labels = data()
    targets = np.eye(4)[labels]

    svm = grad(svm_loss)(W, X, labels, 0.1)
    difference = np.max(np.abs(svm - svm_gradient(W, X, labels, 0.1)))
    print(f"SVM:     largest difference from the formula {difference:.1e}")
    assert difference < 1e-12

    softmax = grad(softmax_loss)(W, X, targets, 0.1)
    difference = np.max(np.abs(softmax - softmax_gradient(W, X, targets, 0.1)))
    print(f"softmax: largest difference from the formula {difference:.1e}")
    assert difference < 1e-12

    gradient = grad(logistic_rss, argnums=(0, 1, 2))(-1.0, 1.5, 0.5)
    print("logistic regression: gradient", tuple(round(float(bar), 2) for bar in gradient))
    np.testing.assert_allclose(gradient, (0.13, 0.06, 0.54), atol=5e-3)


if __name__ == "__main__":
    main()
