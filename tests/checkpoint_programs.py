"""Programs with checkpoints, and the plain programs that they must agree with.

A program is written once, over `checkpoint` and `checkpointed`; `plain` reads it with these doing
nothing. `SNAPSHOTS` is what the loops ask for.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from adcompile import checkpoint, checkpointed

SNAPSHOTS = 3


def rebound(u, k, n):
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        u = u + 0.1 * np.sin(u) * k * u
    return np.sum(u * u)


def in_place(u, k, n):
    u = u.copy()
    for t in checkpointed(range(n), snapshots=SNAPSHOTS):
        u[1:] += k * np.sin(u[:-1]) * (0.1 + 0.01 * t)
        u[0] *= 0.9
    return np.sum(u**3)


def two_arrays(u, k, n):
    u, v = u.copy(), np.zeros_like(u)
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        v[1:-1] = u[1:-1] + k * (np.sin(u[2:]) - u[:-2] ** 2) * 0.1
        u, v = v, u
    return np.sum(u * u) + np.sum(v[1:] ** 3)


def steps_of_two(u, k, n):
    s = 0.0
    for t in checkpointed(range(3, 2 * n + 3, 2), snapshots=SNAPSHOTS):
        u = u * np.cos(0.1 * k * u) + 0.01 * t
        s = s + np.sum(u) * t
    return s


def downwards(u, k, n):
    for t in checkpointed(range(n, 0, -1), snapshots=SNAPSHOTS):
        u = np.tanh(u * k + 0.1 * t)
    return np.sum(u)


def left_early(u, k, n):
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        u = u + 0.3 * np.sin(u) * k
        if np.sum(u) > 9.0:
            break
        u = u * 1.02
    return np.sum(u * u)


def endless(u, k, n):
    for t in checkpointed(itertools.count(), snapshots=SNAPSHOTS):
        if t >= n:
            break
        u = u + 0.1 * np.sin(u) * k
    return np.sum(u**2) + t


def returned(u, k, n):
    for t in checkpointed(range(100), snapshots=SNAPSHOTS):
        if t == n:
            return np.sum(u**2) * t
        u = u + 0.1 * np.cos(u * k)
    return np.sum(u)


def skipped(u, k, n):
    for t in checkpointed(range(n), snapshots=SNAPSHOTS):
        if t % 3 == 1:
            continue
        if np.sum(u) > 2.0:
            w = np.exp(-u * k)
            u = u - 0.1 * w * w
        else:
            u = u + np.sin(u)
    return np.sum(u**2)


def nested(u, k, n):
    for t in checkpointed(range(n), snapshots=2):
        for _ in checkpointed(range(t % 4), snapshots=2):
            u = u + 0.1 * np.sin(u * k)
        u = u * np.cos(u)
    return np.sum(u**2)


def inside_a_loop(u, k, n):
    s = 0.0
    for i in range(3):
        for _ in checkpointed(range(n + i), snapshots=SNAPSHOTS):
            u = u + 0.1 * np.sin(u) * k
        s += np.sum(u**2)
    return s


def loop_inside(u, k, n):
    for t in checkpointed(range(n), snapshots=SNAPSHOTS):
        for j in range(t % 3):
            u = u * np.exp(-0.1 * u * k) + 0.01 * j
        s = 0.0
        while s < 1.0:
            u = np.sin(u) + 0.1
            s += 0.4
    return np.sum(u)


def rows(u, k, n):
    A = np.outer(np.arange(1.0, n + 1.0), u)
    s = u * 0.0
    for r in checkpointed(A, snapshots=SNAPSHOTS):
        s = np.tanh(s * k + r)
    return np.sum(s)


def nothing_carried(u, k, n):
    s = 0.0
    for t in checkpointed(range(n), snapshots=SNAPSHOTS):
        s = s + np.sum(np.sin(u * t) * k)
    return s


@checkpoint
def layer(u, k):
    a = np.tanh(u * k)
    b = np.sin(a) + u
    return a * b, b


def calls(u, k, n):
    for _ in range(n):
        u, v = layer(u, k)
        u = u + 0.1 * v
    return np.sum(u)


def calls_unrolled(u, k, n):
    a, b = layer(u, k)
    c, d = layer(a, k * 0.5)
    return np.sum(c * d + b)


@checkpoint
def looping(u, k, n):
    out = u.copy()
    for t in range(n):
        if t % 2:
            out[1:] += np.sin(out[:-1]) * k
        else:
            out = np.cos(out * k)
    return out


def loops_in_calls(u, k, n):
    return np.sum(looping(looping(u, k, n), k, 2) ** 2)


@checkpoint
def marching(u, k, n):
    for _ in checkpointed(range(n), snapshots=2):
        u, v = layer(u, k)
        u = u + 0.1 * np.sin(v)
    return u


def everything_nested(u, k, n):
    for _ in checkpointed(range(3), snapshots=2):
        u = marching(u, k, n)
    return np.sum(u**2)


@checkpoint
def written(u, k):
    """Writes its argument, and leaves early."""
    if np.sum(u) > 100.0:
        return u * 2.0
    u[1:] *= np.cos(u[:-1] * k)
    return u


def arguments_written(u, k, n):
    u = u.copy()
    for _ in range(n):
        v = written(u, k)
        u = u + v * 0.1
    return np.sum(u**2)


class Cell:
    def __init__(self, w):
        self.w = w

    @checkpoint
    def advance(self, h):
        z = np.tanh(h * self.w)
        return z + np.sin(z * h)


def methods(u, k, n):
    cell = Cell(k)
    for _ in range(n):
        u = cell.advance(u)
    return np.sum(u)


def made_inside(u, k, n):
    @checkpoint
    def g(u):
        return np.sin(u * k) * u

    for _ in range(n):
        u = g(u)
    return np.sum(checkpoint(lambda v: np.exp(-v) * v)(u))


@checkpoint
def safe(u, k):
    try:
        if np.sum(u) > 4.0:
            raise ValueError("large")
        v = np.sin(u * k)
    except ValueError:
        v = np.cos(u) * k
    return v * u + 1.0


def caught_in_calls(u, k, n):
    for _ in range(n):
        u = safe(u, k)
    return np.sum(u)


def caught_in_loops(u, k, n):
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        try:
            if np.sum(u) > 4.0:
                raise ValueError("large")
            v = np.sin(u * k)
        except ValueError:
            v = np.cos(u) * k
        u = v * u + 1.0
    return np.sum(u)


def history(u, k, n):
    """A list that grows in the loop."""
    kept = []
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        u = u + 0.1 * np.sin(u * k)
        kept.append(np.sum(u))
    s = 0.0
    for v in kept:
        s += v * v
    return s


def previous(u, k, n):
    last = None
    s = 0.0
    for _ in checkpointed(range(n), snapshots=SNAPSHOTS):
        u = np.sin(u * k)
        if last is not None:
            s += np.sum((u - last) ** 2)
        last = u
    return s + np.sum(u)


PROGRAMS: dict[str, Any] = {
    f.__name__: f
    for f in (
        rebound,
        in_place,
        two_arrays,
        steps_of_two,
        downwards,
        left_early,
        endless,
        returned,
        skipped,
        nested,
        inside_a_loop,
        loop_inside,
        rows,
        nothing_carried,
        calls,
        calls_unrolled,
        loops_in_calls,
        everything_nested,
        arguments_written,
        methods,
        made_inside,
        caught_in_calls,
        caught_in_loops,
        history,
        previous,
    )
}
