"""Lists that loops grow: appended to in counted, ragged and open-ended loops, read while they
grow and in every way afterwards."""

from __future__ import annotations

import numpy as np

from tests.zoo.registry import case, draw


@case(0.3, 12)
@case(0.3, 1)
@case(0.3, 0)
def recursion_of_one(x, n):
    xs = [x]
    for t in range(n):
        xs.append(0.5 * xs[-1] + np.sin(xs[-1]))
    return xs[-1] * xs[0]


@case(0.3, 0.7, 11)
def recursion_of_two(a, b, n):
    xs = [1.0, a]
    for t in range(2, n):
        xs.append(a * xs[t - 1] + b * xs[t - 2] * xs[0])
    return sum(xs)


@case(draw(3), 0.8, 10)
def states_as_array(x, c, n):
    u = x * 1.0
    traj = []
    for t in range(n):
        u = u + c * np.sin(u)
        traj.append(u)
    return np.sum(np.array(traj) ** 2)


@case(draw(6), 0.1, 9)
def states_written_in_place(x, k, n):
    u = x.copy()
    traj = [u.copy()]
    for t in range(n):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
        traj.append(u.copy())
    s = 0.0
    for a, b in zip(traj, traj[1:]):  # noqa: RUF007
        s = s + np.sum((a - b) ** 2)
    return s + np.sum(traj[-1] * traj[0])


@case(draw(3), 0.3, 4)
def one_object_many_times(x, c, n):
    u = x.copy()
    h = []
    for t in range(n):
        u += x * c
        h.append(u)
    return np.sum(h[0] * x) + np.sum(h[1] * h[2])


@case(draw(3), 12)
def losses_summed(x, n):
    losses = []
    for t in range(n):
        x = x * 0.9
        losses.append(np.sum(x * x))
    return sum(losses) + losses[-1] + max(losses) - min(losses) * len(losses)


@case(1.3, 12)
def python_floats(x, n):
    h = []
    y = x
    for t in range(n):
        y = 0.7 * y + 0.1 * y * y
        h.append(y)
    return sum(h) / len(h) + h[3] ** 2 + max(h) * min(h) + (h[2] if h else 0.0)


@case(1.0, 0.1)
def halved_until_small(x, tol):
    h = [x]
    while h[-1] > tol:
        h.append(h[-1] * 0.5)
    return sum(h) / len(h)


@case(draw(4), 0.2)
def newton_until_converged(x, tol):
    u = x * 1.0 + 3.0
    iterates = []
    errors = []
    for it in range(60):
        step = (u * u - 2.0) / (2 * u)
        u = u - step
        iterates.append(u)
        errors.append(np.sum(step**2))
        if errors[-1] < tol:
            break
    return np.sum(np.stack(iterates)) + sum(errors)


@case(draw(20), 0.1)
def only_some_kept(x, c):
    kept = []
    for v in x:
        if v > c:
            kept.append(v * v)
    return sum(kept) * len(kept) + (kept[0] if kept else c)


@case(draw(3), 10)
def pairs_appended(x, n):
    u = x * 1.0
    h = []
    for t in range(n):
        u = np.sin(u) + 0.1 * x
        h.append((u, np.sum(u), t))
    s = 0.0
    for u, e, t in h:
        s = s + np.sum(u * x) * e + t * e
    return s + h[-1][1]


@case(draw(3), 10)
def dicts_appended(x, n):
    u = x * 1.0
    h = []
    for t in range(n):
        u = np.sin(u) + 0.1 * x
        h.append({"u": u, "e": np.sum(u)})
    return sum([h[0]["e"], h[-1]["e"] ** 2]) + np.sum(h[4]["u"])


@case(draw(4, 10), 10)
def nested_loops_one_list(A, n):
    h = []
    for i in range(A.shape[0]):
        for j in range(n):
            h.append(A[i, j] * (i + 1.0))
    return np.sum(np.array(h) * np.arange(len(h)))


@case(draw(10), 10)
def ragged_loops_one_list(x, n):
    h = []
    for i in range(n):
        for j in range(i):
            h.append(x[i] * x[j])
    return sum(h) + h[-1] * h[0]


@case(draw(9), 9)
def list_of_lists(x, n):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append(x[i] * x[j] + i)
        rows.append(row)
    return np.sum(np.array(rows) ** 2) + rows[1][2] + sum(rows[-1])


@case(draw(3), 9)
def two_lists(x, n):
    us, vs = [x], [np.cos(x)]
    for t in range(n):
        us.append(us[-1] + 0.1 * vs[-1])
        vs.append(vs[-1] - 0.1 * us[-1])
    return np.sum(us[-1] * vs[-1]) + np.sum(np.stack(us, axis=1)[:, 2] * np.asarray(vs)[3])


@case(draw(3), 9)
def element_written(x, n):
    h = []
    for t in range(n):
        h.append(x * (t + 1.0))
    h[2][0] = x[1] ** 2
    h[-1] += x
    for t in range(1, n):
        h[t] *= h[t - 1]
    return np.sum(h[4]) + np.sum(h[2] * h[-1])


@case(0.4, 9)
def number_replaced(x, n):
    h = []
    for t in range(n):
        h.append(x * (t + 1.0))
    first = h[:]
    h[2] = x * x
    h[-1] = h[2] * 3.0
    return sum(h) + first[2] * first[-1]


@case(draw(5), 9)
def sliced_and_reversed(x, n):
    h = []
    for t in range(n):
        h.append(np.sum(x * (t + 1.0)) ** 2)
    s = 0.0
    for k, v in enumerate(reversed(h)):
        s += v * k
    for v in h[2:-1]:
        s += v * v
    return s + sum(h[-3:]) + sum(h[::2]) * h[1:][0] + len(h[4:])


@case(draw(5), 9)
def grown_twice(x, n):
    h = []
    for t in range(n):
        h.append(x[0] * t)
    h.append(x[1])
    for v in x:
        h.append(v * h[-1] + h[0])
    h += [x[2], x[3] * 2.0]
    return sum(h) + h[n] * h[-1]


@case(draw(3), 12)
def returned(x, n):
    h = []
    for t in range(n):
        x = np.sin(x)
        h.append(x)
    return h


@case(0.4, 12)
def returned_in_tuple(x, n):
    h, k = [x], []
    for t in range(n):
        h.append(h[-1] * 0.9)
        k.append((h[-1] * x, np.cos(h[-1])))
    return h, k, len(h)


@case(draw(3), 12)
def changed_by_a_helper(x, n):
    def push(h, v):
        h.append(v * 2.0)
        return h

    h = []
    u = x
    for t in range(n):
        u = np.tanh(u) + 0.1
        push(h, u)
    return np.sum(push(h, u)[-1] * h[3]) + len(h)


@case(draw(3), 12)
def appended_on_both_paths(x, n):
    h = []
    for t in range(n):
        if t % 3 == 0:
            h.append(x * t)
        else:
            h.append(h[-1] * 0.5 + x)
    return np.sum(np.mean(h, axis=0) * h[5])


@case(draw(3), 12)
def previous_state(x, n):
    h = []
    for t in range(n):
        prev = h[-1] if t > 0 else x
        h.append(np.sin(prev) * 1.1)
    return np.sum(np.concatenate(h) ** 2)


@case(draw(3), 12)
def read_through_len(x, n):
    h = [x[0], x[1]]
    for t in range(n):
        h.append(h[len(h) - 2] * 0.5 + h[len(h) // 2])
    return h[-1] + h[len(h) - 3]


@case(draw(12))
def over_rows_with_steps(x):
    h = []
    for i in range(0, len(x), 2):
        h.append(x[i] ** 2)
    g = []
    for i in range(len(x) - 1, -1, -1):
        g.append(x[i] * len(g))
    return sum(h) * g[1] + sum(g)


@case(draw(3), 12)
def view_carried(x, n):
    h = [x * 1.0]
    last = h[0]
    for t in range(n):
        h.append(last * 0.5 + x)
        last = h[-1]
    return np.sum(last * h[3])


@case(draw(10), 3.1)
def count_from_data(x, c):
    h = []
    for t in range(int(c * 4)):
        h.append(np.sum(x) * t)
    k = []
    for t in range(int(c) - 7):
        k.append(c)
    return sum(h) + len(k) + sum(k)


@case(draw(3), 9)
def written_after_the_loop(x, n):
    u = x * 1.0
    h = []
    for t in range(n):
        u = u * 0.9
        h.append(u)
    u[0] = 7.0 * x[1]
    return np.sum(h[-1] * x)


@case(draw(3), 5)
def written_after_the_append(x, n):
    u = x * 1.0
    h = []
    for t in range(n):
        h.append(u)
        u[0] += x[1]
        u = u * 0.9
    return np.sum(sum(h) * x)


@case(draw(3), 5)
def one_object_in_some_rows(x, n):
    h = []
    u = x * 2.0
    for t in range(n):
        if t % 2 == 0:
            u = u + 1
        h.append(u)
    h[0][1] = 5 * x[2]
    return np.sum(h[1] * x) + np.sum(h[2] * x)


@case(draw(3), 9)
def element_by_another_name(x, n):
    h = []
    for t in range(n):
        h.append(x * t)
    r = h[2]
    r[0] = x[2] ** 2
    h[2][1] += 3 * x[0]
    return np.sum(h[2] * x) + np.sum(r)


@case(draw(3), 9)
def slice_of_elements(x, n):
    h = []
    for t in range(n):
        h.append(x * t)
    k = h[2:5]
    k[0][0] = x[1]
    k.append(x)
    return np.sum(h[2] * x) + len(k) * np.sum(k[-1]) + np.sum(k[0])


@case(draw(3), 12)
def moving_window(x, n):
    h = [x[0], x[1], x[2]]
    for t in range(n):
        h.append(sum(h[-3:]) / 3.0 + np.mean(h[-2:]) + min(h[-3:]))
    return h[-1]


@case(0.5, 12)
def returned_from_the_loop(x, n):
    h = []
    for t in range(n):
        x = x * 1.5
        h.append(x)
        if x > 3:
            return sum(h)
    return h[-1]


@case(draw(3), 12)
def differences(x, n):
    prev = None
    h = []
    for t in range(n):
        cur = x * t
        if prev is not None:
            h.append(np.sum((cur - prev) ** 2))
        prev = cur
    return sum(h)


@case(draw(3), 12)
def integers_as_indices(x, n):
    idx = []
    for t in range(n):
        if t % 3 != 1:
            idx.append(t % 3)
    s = 0.0
    for i in idx:
        s += x[i] ** 2
    return s + np.sum(x[np.array(idx)]) + np.sum(x[idx])


@case(draw(3), 12)
def flags(x, n):
    f = []
    for t in range(n):
        f.append(x[t % 3] > 0)
    s = 0.0
    for t in range(n):
        if f[t]:
            s += x[t % 3] ** 2
    return s + sum(f)


@case(draw(3), 10)
def joined_along_axes(x, n):
    h = []
    for t in range(n):
        h.append(np.outer(x, x) * t)
    a = np.concatenate(h, axis=1)
    b = np.concatenate(h)
    c = np.stack(h, axis=-1)
    d = np.stack(h, 1)
    return np.sum(a[:, 4] * x) + np.sum(b[4]) + np.sum(c[0, 1]) + np.sum(d[1, 2])


@case(draw(3), 10)
def array_of_pairs(x, n):
    h = []
    for t in range(n):
        h.append((x[0] * t, x[1]))
    a = np.array(h)
    a[0, 0] = x[2]
    return np.sum(a[:, 0] * a[:, 1]) + h[0][0]


@case(draw(3), 10)
def mean_while_growing(x, n):
    h = []
    s = 0.0
    for t in range(n):
        h.append(x * t)
        s += np.sum(np.mean(h, axis=0) ** 2) * len(h)
    return s


@case(draw(3), 10)
def while_in_for(x, n):
    h = []
    for t in range(n):
        v = float(np.sum(x * x)) + t
        while v > 1.0:
            v *= 0.5
            h.append(v)
    return sum(h)


@case(draw(3), 10)
def array_of_some(x, n):
    h = []
    for t in range(n):
        h.append(x * t)
        if t == 4:
            m = np.mean(np.array(h), axis=0)
    return np.sum(m * h[-1])


@case(draw(3), 9)
def list_in_a_dict(x, n):
    st = {"h": [], "u": x * 1.0}
    for t in range(n):
        st["u"] = st["u"] * 0.9
        st["h"].append(st["u"])
    return np.sum(np.array(st["h"]) * x)


@case(draw(3), 12)
def zipped_unequal(x, n):
    a = []
    b = []
    for t in range(n):
        a.append(x * t)
        b.append(np.sum(x) + t)
    s = 0.0
    for i, (u, v, w) in enumerate(zip(a[1:], b, np.arange(20.0))):
        s += np.sum(u) * v * w + i
    return s


@case(draw(3), 12)
def from_a_helper(x, n):
    def sim(u, n):
        h = [u]
        for t in range(n):
            h.append(np.sin(h[-1]))
        return h

    a = sim(x, n)
    b = sim(x * 2, n - 3)
    return np.sum(a[-1] * b[-1]) + len(a) * np.sum(b[2])


@case(draw(3), 12)
def last_of_ragged_rows(x, n):
    rows = []
    for i in range(n):
        row = [x * i]
        for j in range(3 + i % 2):
            row.append(row[-1] * 0.5)
        rows.append(row[-1])
    return np.sum(np.array(rows))


@case(draw(3), 12)
def ragged_rows_kept(x, n):
    rows = []
    for i in range(n):
        row = []
        for j in range(i + 1):
            row.append(x[0] * j)
        rows.append(row)
    return sum(rows[3])


@case(draw(3), 9)
def extended(x, n):
    h = []
    for t in range(n):
        h.extend((x[0] * t, x[1]))
    h += [x[2]]
    a, *b = h[:3]
    return sum(h) * a + b[1]


@case(draw(3), 9)
def index_from_the_end(x, n):
    h = [x[0], x[1], x[2]]
    s = 0.0
    for t in range(n):
        s += h[t - 3] * t
        h.append(x[0] * t)
    return s


@case(draw(4, 6), 3)
def inner_lengths_of_arrays(A, n):
    h = []
    for i in range(n):
        for v in A.T[: 2 * n]:
            h.append(np.sum(v) * i)
        for j in range(A.shape[0] * 2):
            h.append(A[j % 4, i])
    return np.sum(np.array(h) ** 2) + h[A.shape[0]]


@case(draw(3), 2)
@case(draw(3), 1)
def grown_past_its_first_room_in_a_loop(x, n):
    total = 0.0
    for _ in range(n):
        h = [np.sum(x)]
        for i in range(n + 5):
            for j in range(i + n):
                h.append(0.1 * j * np.sum(x * x))
        for r in h:
            total += r * np.sin(r)
    return total


@case(draw(3), 4)
def summed(x, n):
    numbers, arrays = [], []
    for k in range(n):
        numbers.append(np.sum(x) * k)
        arrays.append(x * k)
    return sum(numbers) ** 2 + np.sum(sum(arrays) ** 2) + sum(numbers, x[0]) * x[1]


@case(draw(4, signed=True), 4)
@case(np.array([-0.4, -0.9, -1.2]), 3)
def summed_where_picked(x, n):
    picked = []
    for k in range(n):
        if x[k] > 0.0:
            picked.append(x[k] ** 3)
    return sum(picked) * x[0] + sum(picked, x[1])
