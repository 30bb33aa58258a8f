"""The `else` of a loop, however the loop is compiled, inside of another loop that it steers."""

from __future__ import annotations

import numpy as np

from tests.zoo.registry import case


@case(0.7, 3, argnums=(0,))
def else_continues(x, n):
    k, s = 0, 0.0
    while k < n:
        k += 1
        for _ in range(n):
            s += np.sin(x)
        else:
            if k == 1:
                continue
            s += 10 * x
        s = s * x + 1.0
    return s


@case(0.7, 3, argnums=(0,))
def else_breaks(x, n):
    s = 0.0
    for k in range(n):
        j = 0
        while j < 2:
            j += 1
            s += np.sin(x) * j
        else:
            s += x
            if k == 1:
                break
        s = s * x + 1.0
    return s


@case(0.7, 3, argnums=(0,))
def else_of_an_unrolled_loop(x, n):
    s = 0.0
    for k in range(n):
        for w in (0.5, 1.5):
            if w * k > 2.0:
                break
            s += w * x
        else:
            if k == 0:
                continue
            s += x * x
            if k == 1:
                break
        s = s * x + 1.0
    return s


@case(0.7, 4, argnums=(0,))
def else_of_a_peeled_loop(x, n):
    total = 0.0
    for k in range(n):
        last, s = None, 0.0
        for j in range(k):
            if last is not None:
                s += last
                if j == 2:
                    break
            last = np.sin(x) * (j + 1)
        else:
            total += x * x
            if k == 1:
                continue
        total = total * x + s
    return total


@case(0.7, 4, argnums=(0,))
def else_of_a_peeled_while(x, n):
    total = 0.0
    for k in range(n):
        last, s, j = None, 0.0, 0
        while j < k:
            j += 1
            if last is not None:
                s += last
                if j == 3:
                    break
            last = np.sin(x) * j
        else:
            total += x * x
            if k == 2:
                continue
        total = total * x + s
    return total


@case(0.7, 4, argnums=(0,))
def else_after_a_return(x, n):
    s = 0.0
    for k in range(n):
        for j in range(3):
            if j + k == 4:
                return s * x
            s += x * j
        else:
            if k == 0:
                continue
            s += np.cos(x)
        s += 1.0
    return s


@case(0.7, 3, argnums=(0,))
def else_of_a_queue(x, n):
    s = 0.0
    for k in range(n):
        queue = [x, x * x]
        while queue:
            s += queue.pop()
        else:
            if k == 1:
                continue
        s = s * x + 1.0
    return s
