"""The functions whose generated source is kept under tests/golden.

The golden texts quote file and line numbers of this file: add functions at the end, and run
`pytest --update-golden` after any change.
"""

from __future__ import annotations

import numpy as np


def textbook(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def neuron(w0, x0, w1, x1, w2):
    return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


def squared_norm(x, W):
    q = W @ x
    return np.sum(q * q)


def diffuse(u, k, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def layer(x, W, b):
    z = x @ W + b
    return np.mean(np.tanh(z) ** 2)


def product_chain(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def branches(x, y):
    if x > y:
        z = x * y
    else:
        z = np.sin(y)
    return z * x


def first_above(x, limit):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        s += v * v
        if s > limit:
            return s * v
    return s


def scan(x):
    out = np.zeros(len(x))
    acc = 1.0
    for i in range(len(x)):
        acc = acc * x[i]
        out[i] = acc
    return np.sum(out * out)


def gather(x, index):
    return np.sum(x[index] ** 2)


def cross_entropy(params, x, targets):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    logits = h @ w + b
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(np.sum(targets * log_p, axis=1))


def halves(x):
    if len(x) == 1:
        return x[0] ** 2
    m = len(x) // 2
    return halves(x[:m]) + halves(x[m:]) * 1.5
