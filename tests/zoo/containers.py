"""Tuples, lists and dicts: as arguments, as locals, and holding arrays that are written."""

import numpy as np

from tests.zoo.registry import case, draw


@case([(draw(3, 4), draw(4)), (draw(4, 2), draw(2))], draw(2, 3), argnums=(0, 1))
def mlp_list_of_tuples(params, x):
    h = x
    for w, b in params:
        h = np.tanh(h @ w + b)
    return np.sum(h * h)


@case({"w": draw(3, 2), "b": draw(2), "scale": 0.8}, draw(4, 3))
def dict_params(params, x):
    y = x @ params["w"] + params["b"]
    return np.mean(y * y) * params["scale"]


@case({"layers": [(draw(2, 2), draw(2)), (draw(2, 2), draw(2))], "gain": (0.5, 1.5)}, draw(2))
def nested_params(params, x):
    h = x
    for w, b in params["layers"]:
        h = np.sin(w @ h + b)
    lo, hi = params["gain"]
    return np.sum(h) * lo + hi**2


@case((0.7, 1.2), order=3)
def tuple_argument(pair):
    a, b = pair
    return a * np.exp(b) + b / a


@case([0.7, 1.2, 0.4])
def list_argument(values):
    return values[0] * values[1] ** 2 - values[-1]


@case((0.7, (1.2, draw(3))))
def nested_unpacking(tree):
    a, (b, v) = tree
    return a * b * np.sum(v * v)


@case((draw(2), draw(2), draw(2)))
def loop_over_tuple_of_arrays(arrays):
    s = 0.0
    for i, a in enumerate(arrays):
        s += np.sum(a**2) * (i + 1)
    return s


@case(0.7, 1.2)
def local_tuple(x, y):
    pair = (x * y, x + y)
    first, second = pair
    return first * second + pair[0]


@case(0.7, 1.2)
def local_list(x, y):
    items = [x, y, x * y]
    items[1] = items[0] * 2.0
    total = 0.0
    for item in items:
        total += item * item
    return total + len(items)


@case(0.7, 1.2)
def local_dict(x, y):
    state = {"a": x, "b": y}
    state["c"] = state["a"] * state["b"]
    state["a"] = state["c"] + 1.0
    return state["a"] ** 2 + state["b"]


@case(draw(3), 0.6)
def list_append(x, c):
    h = []
    for t in range(3):
        h.append(x[t] * c + t)
    s = 0.0
    for v in h:
        s += v * v
    return s


@case(draw(3), 0.6)
def list_holds_one_object(x, c):
    u = x.copy()
    h = []
    for t in range(3):
        u += x * c
        h.append(u)
    return np.sum(h[0] * x) + np.sum(h[1] * h[2])


@case(draw(3))
def list_holds_copies(x):
    u = x.copy()
    h = []
    for t in range(3):
        u *= x
        h.append(u.copy())
    return np.sum(h[0]) * np.sum(h[1]) + np.sum(h[2])


@case(draw(3), 0.8)
def dict_slot_is_a_reference(x, c):
    u = x * 1.0
    state = {"u": u, "n": 2}
    u[0] = c * 5.0
    return np.sum(state["u"] ** 2) * state["n"]


@case(draw(3), 0.8)
def write_through_slot(x, c):
    u = x * 1.0
    slots = [u, x * 2.0]
    slots[0][1] = c
    slots[1][:] = u
    return np.sum(u * u) + np.sum(slots[1] * x)


@case(draw(4), draw(4))
def rows_in_tuple_written(x, y):
    a, b = x.copy(), y.copy()
    for r in (a, b):
        r *= 2.0
        r[0] = r[1]
    return np.sum(a * b)


@case(draw(3))
def same_array_repeated(x):
    rows = [np.zeros(3)] * 2
    rows[0][:] = x
    rows[1][0] = 4.0 * x[1]
    return np.sum(rows[0] * rows[1])


@case(draw(4))
def double_buffer_in_list(x):
    bufs = [x * 1.0, np.zeros(4)]
    for t in range(3):
        for i in range(4):
            bufs[(t + 1) % 2][i] = bufs[t % 2][i] * x[i] + t
    return np.sum(bufs[0] * bufs[1])


@case(draw(2), draw(2))
def list_concatenation(x, y):
    parts = [x] + [y]
    more = parts + [x * y]
    parts += [y]
    return np.sum(more[2]) * len(parts) + np.sum(parts[2] * parts[0])


@case(draw(2), draw(3))
def tuple_swap(a, b):
    a, b = b, a
    return np.sum(a) ** 2 * np.sum(b)


@case({"a": draw(2), "b": [draw(2), 0.5]}, 1.5)
def dict_with_list(tree, c):
    return np.sum(tree["a"] * tree["b"][0]) * tree["b"][1] ** c


@case([draw(2, 2), draw(2, 2)], 3, argnums=(0,))
def indexed_by_loop(matrices, n):
    h = np.ones(2)
    for i in range(n):
        h = matrices[i % 2] @ h
    return np.sum(h)


@case(draw(3))
def written_arrays_in_params(x):
    params = {"w": x * 2.0, "b": np.zeros(3)}
    params["b"][1] = x[0]
    params["w"] += params["b"]
    params["w"] = params["w"] * x
    return np.sum(params["w"] ** 2)
