"""Calls and loops whose values are computed again in the reverse sweep."""

import itertools

import numpy as np

from adcompile import checkpoint, checkpointed
from tests.zoo.registry import case, draw


@checkpoint
def layer(W, h):
    a = np.tanh(W @ h)
    return np.tanh(W @ a + a)


@case(draw(3, 3), draw(3), 4)
@case(draw(3, 3), draw(3), 0, argnums=(0, 1))
def layers(W, h, n):
    for _ in range(n):
        h = layer(W, h)
    return np.sum(h)


@case(draw(5), 0.4, 7, argnums=(0, 1), order=3)
@case(draw(5), 0.4, 1, argnums=(0, 1))
@case(draw(5), 0.4, 0, argnums=(0,))
def diffusion(u, k, n):
    u = u.copy()
    for t in checkpointed(range(n), snapshots=3):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2]) * np.cos(u[1:-1] + t)
    return np.sum(u**3)


@case(0.3, draw(4), order=3)
def until_large(x, w):
    for _ in checkpointed(itertools.count(), snapshots=2):
        w = w + x * np.sin(w)
        if np.sum(w) > 8.0:
            break
    return np.sum(w * w)


@case(draw(4), 5)
def loops_in_loops(u, n):
    for i in checkpointed(range(n), snapshots=2):
        v = u
        for _ in checkpointed(range(i), snapshots=1):
            v = np.sin(v) * u
        u = u + 0.1 * v
    return np.sum(u)


@case(draw(4), draw(3, 4))
def recurrence(w, xs):
    h = np.zeros(4)
    for x in checkpointed(xs, snapshots=1):
        h = np.tanh(w * h + x)
    return np.sum(h**2)


@case(draw(2), [draw(2), draw(2), draw(2)], argnums=(0, 1))
def listed_layers(x, weights):
    for w in checkpointed(weights, snapshots=1):
        h = np.sin(w * x)
        x = h * h + x
    return np.sum(x)
