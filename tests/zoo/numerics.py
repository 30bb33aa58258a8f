"""Small numerical programs, as a NumPy user writes them."""

import numpy as np

from tests.zoo.registry import case, draw


def lorenz(state, sigma, rho):
    out = np.zeros(3)
    out[0] = sigma * (state[1] - state[0])
    out[1] = state[0] * (rho - state[2]) - state[1]
    out[2] = state[0] * state[1] - 2.5 * state[2]
    return out


@case(draw(3), 5.0, 6.0, 3, argnums=(0, 1, 2))
def runge_kutta(state, sigma, rho, steps):
    h = 0.05
    for _ in range(steps):
        k1 = lorenz(state, sigma, rho)
        k2 = lorenz(state + 0.5 * h * k1, sigma, rho)
        k3 = lorenz(state + 0.5 * h * k2, sigma, rho)
        k4 = lorenz(state + h * k3, sigma, rho)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(state**2)


@case(0.8, 0.1, 1.3, 5, argnums=(0, 1, 2), order=3)
def leapfrog(x, v, omega, steps):
    dt = 0.1
    v = v - 0.5 * dt * omega**2 * np.sin(x)
    for _ in range(steps):
        x = x + dt * v
        v = v - dt * omega**2 * np.sin(x)
    return 0.5 * v * v - omega**2 * np.cos(x)


@case(draw(3, 2, distinct=True), 0.05, 2, argnums=(0, 1))
def verlet_n_body(positions, dt, steps):
    x = positions.copy()
    v = np.zeros_like(x)
    n = len(x)
    for _ in range(steps):
        force = np.zeros_like(x)
        for i in range(n):
            for j in range(i):
                d = x[i] - x[j]
                f = d / (np.sum(d * d) + 0.5)
                force[i] -= f
                force[j] += f
        v += dt * force
        x += dt * v
    return np.sum(x * x) + np.sum(v * v)


@case(draw(2, 2), draw(2, 2), draw(2), draw(4, 2))
def rnn(w_h, w_x, b, inputs):
    h = np.zeros(2)
    for x in inputs:
        h = np.tanh(w_h @ h + w_x @ x + b)
    return np.sum(h * h)


@case(draw(2, 2), draw(2, 2), draw(3, 2))
def rnn_storing_states(w_h, w_x, inputs):
    states = np.zeros((4, 2))
    for t in range(3):
        states[t + 1] = np.tanh(states[t] @ w_h + inputs[t] @ w_x)
    return np.sum(states**2)


@case(
    [(draw(3, 4, signed=True), draw(4)), (draw(4, 2, signed=True), draw(2))],
    draw(3, 3),
    np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]),
    argnums=(0,),
)
def mlp_cross_entropy(params, x, targets):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    logits = h @ w + b
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(np.sum(targets * log_p, axis=1))


@case(draw(2, signed=True), order=3)
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@case(draw(4, signed=True), draw(3, 4, signed=True), np.array([0.0, 1.0, 1.0]), argnums=(0, 1))
def logistic_regression(w, x, y):
    z = x @ w
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.01 * np.sum(w * w)


@case(draw(3, 4, signed=True, distinct=True), np.array([0, 3, 2]), argnums=(0,))
def hinge_loss(scores, labels):
    n = len(labels)
    loss = 0.0
    for i in range(n):
        for j in range(4):
            if j == labels[i]:
                continue
            margin = scores[i, j] - scores[i, labels[i]] + 1.0
            if margin > 0:
                loss += margin**2
    return loss / n


@case(draw(6), 0.15)
def exponential_smoothing(x, alpha):
    level = x[0]
    error = 0.0
    for v in x[1:]:
        error += (v - level) ** 2
        level = alpha * v + (1.0 - alpha) * level
    return error


@case(draw(3), draw(3, low=0.5, high=0.9), 0.3)
def gaussian_mixture(means, widths, x):
    density = 0.0
    for m, s in zip(means, widths):
        density += np.exp(-0.5 * ((x - m) / s) ** 2) / s
    return np.log(density)


@case(draw(5), 0.2, 3, argnums=(0, 1))
def upwind_advection(u, c, steps):
    for _ in range(steps):
        u = np.concatenate([u[:1], u[1:] - c * (u[1:] - u[:-1]) * u[1:]])
    return np.sum(u**2)


@case(draw(4, 4), 0.1, 2, argnums=(0, 1))
def heat_two_dimensions(u, k, steps):
    u = u.copy()
    for _ in range(steps):
        lap = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        u[1:-1, 1:-1] += k * lap
        u[0, :] = u[1, :]
    return np.sum(u**3)


@case(draw(2), 0.1, 4, argnums=(0, 1))
def gradient_descent_unrolled(start, rate, steps):
    x = start
    for _ in range(steps):
        g = np.stack([4.0 * x[0] ** 3 - x[1], 2.0 * x[1] - x[0]])
        x = x - rate * g
    return x[0] ** 4 + x[1] ** 2 - x[0] * x[1]


@case(draw(3), draw(3, 3), draw(3))
def viterbi_scores(initial, transition, emission):
    score = initial + emission
    for _ in range(3):
        best = np.max(score[:, None] + transition * 2.0, axis=0)
        score = best * 0.5 + emission
    return np.max(score)


@case(draw(3, distinct=True), draw(3))
def lagrange_interpolation(nodes, values):
    x = 0.45
    total = 0.0
    for i in range(3):
        basis = 1.0
        for j in range(3):
            if i != j:
                basis *= (x - nodes[j]) / (nodes[i] - nodes[j])
        total += values[i] * basis
    return total


@case(0.4, 1.6, 6, argnums=(0, 1))
def trapezoid_rule(a, b, n):
    h = (b - a) / n
    s = 0.5 * (np.exp(-a * a) + np.exp(-b * b))
    for i in range(1, n):
        x = a + i * h
        s += np.exp(-x * x)
    return s * h


@case(1.7, 0.6)
def bisection_then_newton(a, b):
    lo, hi = 0.0, 3.0
    for _ in range(4):
        mid = 0.5 * (lo + hi)
        if mid**3 + b * mid < a:
            lo = mid
        else:
            hi = mid
    x = 0.5 * (lo + hi)
    for _ in range(3):
        x = x - (x**3 + b * x - a) / (3.0 * x * x + b)
    return x


@case(draw(4, 4), 2, argnums=(0,))
def max_pool(image, size):
    n = image.shape[0] // size
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = np.max(image[i * size : (i + 1) * size, j * size : (j + 1) * size])
    return np.sum(out**2)


@case(draw(4, 4), draw(2, 2))
def convolution_two_dimensions(image, kernel):
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.sum(image[i : i + 2, j : j + 2] * kernel)
    return np.sum(np.maximum(out - 1.0, 0.0) ** 2)


@case(draw(3, 2), draw(2, 2), draw(2, 2), draw(2, 2))
def self_attention(x, w_q, w_k, w_v):
    scores = (x @ w_q) @ (x @ w_k).T / np.sqrt(2.0)
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    return np.sum((weights @ (x @ w_v)) ** 2)


@case(1.3, 4, argnums=(0,), order=3)
def continued_fraction(x, n):
    y = x
    for k in range(n, 0, -1):
        y = x + k / y
    return y


@case(draw(5), 0.3)
def kalman_filter(observations, noise):
    mean, var = 0.0, 1.0
    loss = 0.0
    for z in observations:
        var = var + 0.1
        s = var + noise
        innovation = z - mean
        loss += np.log(s) + innovation**2 / s
        gain = var / s
        mean = mean + gain * innovation
        var = (1.0 - gain) * var
    return loss
