"""One array under several names, in containers, helpers, loops and closures."""

import numpy as np

from tests.zoo.registry import case

X = np.array([0.7, -1.2, 0.4, 1.3])
Y = np.array([0.3, 0.5, -0.8, 1.1])
M = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9]])
S = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9], [0.2, 0.8, -0.5]])


def scale_first(a, c):
    a[0] *= c


def pick(A, c):
    return A[1:] if c else A


def pickrec(A, n):
    if n == 0:
        return A
    return pickrec(A[1:], n - 1)


def swap(a, b):
    t = a.copy()
    a[:] = b
    b[:] = t


def axpy(a, x, y):
    y += a * x


def norm_(a):
    a /= np.sqrt(np.sum(a * a))
    return None


def both(a, b):
    a[0] = b[1] * 2.0
    b[0] = a[0] + 1.0
    return a


def tail(a):
    return a[1:]


@case(X, Y)
def helpers_called_for_effect(x, y):
    scale_first(x, y[1])
    scale_first(x[1:], x[0])
    axpy(0.5, x[:2], y[2:])
    norm_(y)
    swap(x, y)
    return np.sum(x * y * np.arange(4.0))


@case(X)
def same_array_passed_twice(x):
    both(x, x)
    both(x[1:], x[:-1])
    b = tail(tail(x))
    b[0] = x[0]
    c = pickrec(x, 2)
    c[1] *= x[1]
    return np.sum(x * x)


@case(X)
def list_of_one_buffer(x):
    bufs = [np.zeros(2)] * 3
    for i in range(3):
        bufs[i][i % 2] += x[i] * x[0]
    return np.sum(bufs[0] * bufs[2])


@case(X, Y)
def buffers_by_turns(x, y):
    bufs = [x, y]
    for t in range(4):
        bufs[t % 2][t] = bufs[(t + 1) % 2][0] * bufs[t % 2][1]
    return np.sum(x * y)


@case(X, Y)
def double_buffer_of_argument(x, y):
    u, v = (x.copy(), y)
    for t in range(3):
        v[1:-1] = u[2:] * u[:-2]
        u, v = (v, u)
    u[0] = 2.0
    return np.sum(u * u) + np.sum(v * v * v)


@case(X, Y)
def dict_holds_it_twice(x, y):
    d = {"a": x, "b": x, "c": y}
    d["a"][0] = d["c"][1]
    d["b"][1] *= d["a"][0]
    for k in d:
        d[k] *= 1.5
    return np.sum(d["a"] * d["c"])


@case(S)
def rows_ahead_and_mirrored(a):
    for i, r in enumerate(a):
        if i + 1 < len(a):
            a[i + 1] += 0.5 * r * r
        r[::-1][0] *= 2.0
    for r, s in zip(a, a[::-1]):
        r += s
    return np.sum(a * a)


@case(X)
def history_of_one_array(x):
    h = []
    u = x * 1.0
    for t in range(3):
        u += x
        h.append(u)
    s = 0.0
    for v in h:
        s = s + np.sum(v * v)
    return s


@case(X)
def history_of_new_arrays(x):
    h = []
    u = x * 1.0
    for t in range(3):
        u = u + x
        h.append(u)
        u[0] *= 2.0
    s = 0.0
    for v in h:
        s = s + np.sum(v * v)
    return s


@case(X, Y)
def lambda_with_out(x, y):
    f = lambda a: np.multiply(a, a, out=a)
    s = np.sum(f(x)) + np.sum(x * f(y))
    return s * np.sum(y)


@case(X)
def backward_views_and_swaps(x):
    v = x[::-1]
    w = v[::2]
    w[0] *= w[1]
    v[1:] += v[:-1]
    x[:2], x[2:] = (x[2:].copy(), x[:2].copy())
    x[0], x[1] = (x[1], x[0])
    return np.sum(x * x * np.arange(4.0))


@case(X)
def halves_assigned_through_views(x):
    x[:2], x[2:] = (x[2:], x[:2])
    return np.sum(x * x * np.arange(4.0))


@case(S)
def mixed_indices(a):
    a[:, [0, 2]] *= a[:, [2, 1]]
    a[[0, 0], [1, 1]] += a[1, :2]
    a[a[:, 0] > 0, 1] = 3.0 * a[0, 0]
    a[1:, np.array([True, False, True])] += 1.0
    a[..., None][0, 1] = a[2, 2]
    a[None][0][1] *= 2.0
    a[:, ::-1][[0, 1], 1:] *= 1.5
    return np.sum(a * a)


@case(X, Y)
def names_swapped_in_while(x, y):
    k = 0
    while k < 4:
        if x[k] > 0:
            x[k:] *= 0.5
        else:
            y, x = (x, y)
            if k == 2:
                break
        k += 1
    x[0] = 7.0 * y[1]
    return np.sum(x * y)


@case(X)
def row_of_rebound_matrix(x):
    A = np.zeros((3, 4))
    row = A[1]
    A[1] = x
    row[0] = x[1] * row[2]
    B = A
    A = A * 2.0
    B[0] = x
    row += A[1]
    return np.sum(A * B)


@case(X)
def closure_writes_outer_array(x):

    def inner():
        x[0] = x[1] * x[2]

    inner()
    y = x
    inner()
    y[1] *= 3.0
    inner()
    return np.sum(x * x)


@case(X, Y)
def copy_of_one_of_two(x, y):
    z = x if x[0] > y[0] else y
    s = np.sum(z * z)
    x = x.copy()
    x[0] = 3.0 * s
    return np.sum(x * x) + np.sum(z)


@case(X, Y)
def sum_before_the_write(x, y):

    def bump(a):
        a[0] = 5.0 * a[1]
        return a[0]

    return np.sum(x if x[0] > y[0] else y) + bump(x) * np.sum(x)


@case(X)
def views_in_tuples(x):
    w = x.T
    w[1] *= 2.0
    t = (x, x[1:])
    t[1][0] = x[0]
    t[0][1] += 1.0
    (p, q), r = ((x[:2], x[2:]), x)
    p *= q
    r[3] = p[0]
    p, *rest = np.reshape(x, (4, 1))
    p[0] = rest[0][0] * 2.0
    return np.sum(x * x)


@case(M)
def columns_of_transposed(a):
    b = a[:, 1]
    c = a.T
    c[1] += b
    b *= c[0]
    for col in a.T:
        col[0] *= col[1]
    return np.sum(a * a)


@case(X, Y)
def dict_entries_rebound(x, y):
    state = {"u": x, "h": [y, y]}
    state["h"][0][1] = state["u"][0]
    state["u"] = state["h"][1]
    state["u"] *= 2.0
    state["h"].append(state["u"])
    state["h"][2][0] = 1.5 * x[2]
    return np.sum(state["u"] * x)


@case(X)
def rebound_argument(x):
    try_ = x
    x += 0.0
    x = x + 1.0
    x *= try_
    try_[0] = x[0]
    return np.sum(x * try_)


def addto(a, b, out=None):
    if out is None:
        out = np.zeros_like(a)
    np.add(a, b, out=out)
    return out


@case(X, Y)
def optional_out_of_a_helper(x, y):
    z = addto(x, y)
    addto(z, x, out=x)
    w = addto(x, y, x)
    w[0] = z[1]
    return np.sum(x * z)


@case(X, Y)
def out_with_swapped_names(x, y):
    for t in range(3):
        np.multiply(x, y, out=y)
        x, y = (y, x)
    x[1] *= 2.0
    return np.sum(x * y * y)


@case(X, Y)
def reused_work_arrays(x, y):
    k1 = np.empty_like(x)
    k2 = np.empty_like(x)
    t = np.empty_like(x)
    for i in range(2):
        np.sin(x, out=k1)
        np.multiply(k1, 0.5, out=t)
        t += x
        np.cos(t, out=k2)
        x += 0.1 * (k1 + k2) * y
    return np.sum(x * x)


@case(X)
def method_bound_before_the_write(x):
    f = x.sum
    x[0] = 3.0 * x[1]
    g = np.sum
    return f() * g(x)


@case(X, Y)
def sum_of_one_of_two(x, y):
    z = x if np.sum(x) > 0 else y.copy()
    z = z + 0.0
    z[0] = 2.0
    return np.sum(z * x)


@case(X)
def tails_kept_in_a_list(x):
    r = []
    for k in range(3):
        v = x[k:]
        v[0] *= v[-1]
        r.append(v)
    x *= 2.0
    return np.sum(r[0]) + r[1][0] * r[2][1]


@case(X, Y)
def overlapping_copies(x, y):
    np.copyto(x[1:], x[:-1])
    np.copyto(y, y[::-1])
    x[:-1] = x[1:]
    x[::2] = x[1::2] + x[::2][::-1]
    x[1:] += x[:-1]
    x[2:] -= x[:-2]
    y[:2] *= np.flip(y[:2])
    y[::-1] += y
    return np.sum(x * y)


@case(X, Y)
def windows_in_while(x, y):
    i = 0
    while i < 3:
        v = x[i : i + 2]
        v += y[i]
        v[::-1][0] *= v[0]
        i += 1
        if v[0] > 50:
            break
    else:
        x[0] = y[0] * x[3]
    return np.sum(x * x)


@case(X, Y)
def columns_swapped_by_rows(x, y):
    z = np.zeros((2, 4))
    z[0], z[1] = (x, y)
    z[:, 0], z[:, 1] = (z[:, 1].copy(), z[:, 0])
    a, b = z
    a, b = (b, a)
    a -= b
    z[0] *= a
    return np.sum(z * z)


@case(X, 3)
def two_rows_by_turns(x, n):
    buf = np.zeros((2, 4))
    buf[0] = x
    for t in range(n):
        buf[(t + 1) % 2] = np.tanh(buf[t % 2]) * x[t]
        buf[t % 2][0] = buf[(t + 1) % 2][1]
    return np.sum(buf[n % 2] * buf[(n + 1) % 2])


@case(X, 3)
def outer_name_of_a_swapped_buffer(x, n):
    a = x
    b = np.zeros(4)
    outer = a
    for t in range(n):
        b[:] = a * 0.5 + a[::-1]
        a, b = (b, a)
    return np.sum(a * a) + np.sum(b)


@case(X, Y)
def helper_fills_the_other_buffer(x, y):

    def step(u, out):
        out[1:-1] = u[2:] - u[:-2]
        out[0] = u[0] * u[1]
        out[-1] = u[-1]

    a, b = (x, y)
    for t in range(3):
        step(a, b)
        a, b = (b, a)
    step(a, a)
    return np.sum(a * b)


@case(X)
def reshapes_that_copy_or_not(x):
    y = x.reshape(2, 2)
    z = y.T.reshape(-1)
    z[0] = 9.0
    y.T.ravel()[1] = 7.0
    y.ravel()[2] *= 2.0
    y.flat[3] *= x[1]
    q = y.reshape(4, 1)[:, 0]
    q[1] += z[2]
    t = y[:, :1].reshape(-1)
    t[0] *= 3.0
    return np.sum(x * x) + np.sum(z * z)


@case(S)
def elimination_in_place(a):
    a[1:, 1:] -= np.outer(a[1:, 0], a[0, 1:]) / a[0, 0]
    a[1:, 0] /= a[0, 0]
    a[2:, 2:] -= np.outer(a[2:, 1], a[1, 2:]) / a[1, 1]
    a[2:, 1] /= a[1, 1]
    return np.prod(np.diag(a)) * a[2, 1]


@case(S)
def pivoted_elimination(a):
    n = 3
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
    return np.sum(np.log(np.abs(np.diagonal(a))))


@case(X, Y, 0.3)
@case(X, Y, -0.3)
def exchanged_on_one_path(x, y, c):
    if c > 0:
        x, y = y, x
    x[0] = 7.0 * y[1]
    y *= x[2]
    return np.sum(x * np.cos(y))
