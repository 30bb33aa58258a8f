"""In-place writes: elements, slices, whole buffers, in loops and branches."""

import numpy as np

from tests.zoo.registry import case, draw


@case(0.7, 1.2)
def fill_buffer(x, y):
    out = np.zeros(3)
    out[0] = x
    out[1] = x * y
    out[2] = np.sin(y)
    return np.sum(out * out)


@case(draw(4))
def write_argument(x):
    x[1] = x[0] * x[2]
    x[3] = 5.0
    return np.sum(x * x)


@case(draw(4), 0.6)
def overwrite_twice(x, c):
    a = x.copy()
    a[0] = c
    s = a[0] * a[1]
    a[0] = s * c
    return np.sum(a**2)


@case(draw(5), order=3)
def scan_into_zeros(x):
    out = np.zeros(5)
    acc = 1.0
    for i in range(5):
        acc = acc * x[i] + 0.1
        out[i] = acc
    return np.sum(out**2)


@case(draw(5))
def scan_from_previous_entry(x):
    out = np.zeros_like(x)
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = out[i - 1] * x[i] + np.sin(out[i - 1])
    return out[-1] * out[2]


@case(draw(5))
def prefix_sums(x):
    a = x.copy()
    for i in range(1, 5):
        a[i] += a[i - 1]
    return np.sum(a * a)


@case(draw(6), 0.2, 3, argnums=(0, 1))
@case(draw(6), 0.2, 0, argnums=(0, 1))
def diffuse(u, k, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)


@case(draw(6), 0.2, 3, argnums=(0, 1))
def diffuse_the_argument(u, k, steps):
    for t in range(steps):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
    return np.sum(u * u)


@case(draw(7), 0.05, 3, argnums=(0, 1))
def burgers(u, dt, steps):
    u = u.copy()
    for t in range(steps):
        flux = 0.5 * u * u
        u[1:-1] -= dt * (flux[2:] - flux[:-2])
        u[0] = u[-2]
        u[-1] = u[1]
    return np.sum(u**2)


@case(draw(3, 4), draw(4))
def write_rows(matrix, row):
    a = matrix.copy()
    a[1] = row
    a[2, :] *= row
    a[:, 0] = a[:, 1] * 2.0
    return np.sum(a * matrix)


@case(draw(4, 4))
def write_blocks(matrix):
    a = np.zeros((4, 4))
    a[:2, :2] = matrix[2:, 2:]
    a[2:, 2:] = matrix[:2, :2] * 2.0
    a[::2, 1::2] += matrix[1::2, ::2]
    return np.sum(a**2)


@case(draw(4), 0.9)
def whole_buffer(x, c):
    out = np.empty(4)
    out[:] = x * c
    out[...] += x
    return np.sum(out * x)


@case(draw(4), 1.4)
def augmented_arrays(x, c):
    a = x * 1.0
    a += c
    a *= x
    a -= 0.5
    a /= c
    a **= 2
    return np.sum(a)


@case(draw(4))
def augmented_elements(x):
    a = x.copy()
    a[0] += a[1]
    a[1] -= a[0] * 2.0
    a[2] *= a[1]
    a[3] /= 1.0 + a[0]
    a[0] **= 2
    return np.sum(a)


@case(draw(5))
def overlapping_right_side_first(x):
    a = x.copy()
    a[1:] += a[:-1]
    a[:-1] *= a[1:]
    a[::-1] = a * x
    return np.sum(a**2)


@case(draw(6, signed=True))
def write_in_branch(x):
    a = x.copy()
    for i in range(6):
        if a[i] < 0:
            a[i] = -a[i] * 0.5
        else:
            a[i] *= x[0]
    return np.sum(a * a)


@case(draw(6, distinct=True))
def bubble_sort(x):
    a = x.copy()
    n = len(a)
    for i in range(n):
        for j in range(n - 1 - i):
            if a[j] > a[j + 1]:
                t = a[j]
                a[j] = a[j + 1]
                a[j + 1] = t
    s = 0.0
    for i in range(n):
        s += (i + 1) * a[i] ** 2
    return s


@case(draw(5, distinct=True))
def insertion_sort_while(x):
    a = x.copy()
    for i in range(1, len(a)):
        key = a[i]
        j = i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return np.sum(a * np.arange(5.0)) + a[0] * a[1]


@case(draw(4))
def swap_elements(x):
    a = x.copy()
    a[0], a[3] = a[3], a[0]
    return a[0] * 2.0 + a[3] * a[1] ** 2


@case(draw(4), 3, argnums=(0,))
def read_before_overwrite(x, n):
    a = x.copy()
    s = 0.0
    for i in range(n):
        t = a[0] * 2.0
        a[0] = t * a[1]
        s += t * 3.0
    return s * a[0]


@case(draw(4), np.array([2, 0, 2, 1]), argnums=(0,))
def write_by_index_array_values(x, perm):
    a = x.copy()
    for k in range(4):
        p = perm[k]
        a[p] = a[p] * a[(k + 1) % 4] + np.sin(a[k])
    return np.sum(a)


@case(draw(8), 1.2)
def break_between_writes(x, limit):
    a = x.copy()
    for i in range(1, 8):
        a[i] += a[i - 1] * 0.3
        if a[i] > limit:
            break
        a[i - 1] = a[i] ** 2
    return np.sum(a * x)


@case(draw(4), draw(3))
def convolution_loops(x, kernel):
    n, m = len(x), len(kernel)
    out = np.zeros(n + m - 1)
    for i in range(n):
        for j in range(m):
            out[i + j] += x[i] * kernel[j]
    return np.sum(out * out)


@case(draw(4), draw(5))
def dynamic_time_warping(a, b):
    n, m = len(a), len(b)
    table = np.full((n + 1, m + 1), 1e6)
    table[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (a[i - 1] - b[j - 1]) ** 2
            best = np.minimum(table[i - 1, j], table[i, j - 1])
            table[i, j] = cost + np.minimum(best, table[i - 1, j - 1])
    return table[n, m]


@case(draw(5), 3, argnums=(0,))
@case(draw(5), 4, argnums=(0,))
def double_buffering(x, n):
    u = x.copy()
    v = np.zeros_like(x)
    for t in range(n):
        v[1:-1] = 0.5 * (u[2:] + u[:-2]) * u[1:-1]
        v[0] = u[0]
        v[-1] = u[-1]
        u, v = v, u
    return np.sum(u * u)


@case(draw(3, 3), draw(3), order=3)
def quadratic_form_buffer(matrix, x):
    y = np.zeros(3)
    for i in range(3):
        for j in range(3):
            y[i] += matrix[i, j] * x[j]
    return np.sum(y * x)


@case(draw(4), 0.5)
def buffers_like(x, c):
    a = np.ones_like(x)
    b = np.full(4, 2.0)
    d = np.full_like(x, 3.0)
    e = np.empty_like(x)
    a[0] = c
    b[1:] *= x[1:]
    d -= x
    e[:] = a * b
    return np.sum(e * d)


@case(draw(4), draw(4))
def masked_write(x, y):
    a = x.copy()
    a[y > 0.9] = 0.0
    a[x > 1.0] *= y[x > 1.0]
    return np.sum(a * y)


@case(draw(3), draw(4))
def write_reads_itself(x, y):
    a = np.zeros(3)
    a[:] = y[1:] * x
    a[1] = a[1] * a[1] + a[0]
    return a @ a


@case(draw(3), 2.5)
def active_fill(x, c):
    a = np.full(3, c)
    b = np.full((2, 3), c * c)
    a *= x
    return np.sum(a + b)


@case(draw(3), 3)
@case(draw(3), 0)
def write_after_loop_that_kept_it(x, n):
    v = np.stack((x, x))
    for k in range(n):
        v = np.tanh(v)
    v -= 0.5
    return np.sum(v * v)


@case(draw(3), draw(3))
def write_after_swapping_loop(x, y):
    x = x.copy()
    for k in range(3):
        x, y = y, x
    x[0] = 2.0 * y[1]
    return np.sum(x * x)


@case(draw(3), draw(3))
def write_into_slot_after_loop(x, y):
    slots = [y + x, x]
    for k in range(3):
        slots[0] = np.tanh(x)
    slots[0] += x
    return np.sum(slots[0] * slots[0]) + np.sum(slots[1])


@case(draw(4), draw(4), draw(3, 4))
def sum_seed_reaches_a_write(x, y, a):
    y = y + a.sum()
    if y[2] > 0.1:
        x[0] -= a[0, 0]
    a = a.sum(axis=0)
    return np.sum(x) + np.sum(y) + np.sum(a)
