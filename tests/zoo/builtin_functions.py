"""Python's builtin functions, and the methods of lists, dicts, tuples, sets and strings."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(5, distinct=True))
def min_max_forms(x):
    return max(x) * min(x[1:]) + max(x[0], x[1], 0.2) + min([x[2], 9.0])


@case(draw(3))
def sum_forms(x):
    return sum(x) + sum(x, 2.0) + sum([x[0], x[1] * x[2]], start=x[0]) + sum(range(4)) * x[1]


@case(draw(2, 3))
def sum_of_rows(A):
    return np.sum(sum(A) ** 2) + np.sum(sum([r * r for r in A]))


@case(2.6, 0.7)
@case(-2.6, 0.7)
def divmod_of_floats(x, y):
    q, r = divmod(x, y)
    return q * r + r * x


@case(2.61)
def round_forms(x):
    return round(x) * x + round(x, 1) * x**2 + round(x * 100, -1) * x


@case(0.7)
def number_conversions(x):
    return float(x) * int(3.7) + abs(-x) ** 2 + bool(x) * x + float("2.5") * x


@case(draw(3), 2)
def type_questions(x, n):
    s = x[0] if isinstance(n, int) and not isinstance(n, (float, str)) else 0.0
    if type(n) is int and type(x) is np.ndarray:
        s = s * x[1]
    if hasattr(x, "shape") and not hasattr(x, "nothing"):
        s = s + getattr(x, "sum")()
    if issubclass(type(n), int) and callable(np.sin):
        s = s * getattr(x, "nothing", 2.0)
    return s


@case(draw(4))
def sorted_static(x):
    names = sorted({"b": 1, "a": 2})
    order = sorted([3, 1, 2], reverse=True)
    pairs = sorted([(2, x[0]), (1, x[1])], key=lambda p: p[0])
    return x[order[0]] * pairs[0][1] + len(names[0]) * x[0] + pairs[1][1]


@case(0.9, 0.2, 1.4)
def sorted_numbers(a, b, c):
    low, mid, high = sorted([a, b, c])
    values = [c, a, b]
    values.sort(reverse=True)
    return low * 2 + mid**2 + high**3 + values[0] * values[2]


@case(draw(4))
def reversed_forms(x):
    s = 0.0
    for v in reversed(x):
        s = s * 0.5 + v
    for k in reversed(range(3)):
        s = s * x[k]
    return s + sum(v * k for k, v in enumerate(reversed([x[0], x[1]])))


@case(draw(3), draw(3))
def zip_strict(x, y):
    s = 0.0
    for a, b in zip(x, x[::-1], strict=True):
        s += a * b
    for k, v in zip(("a", "b"), [y[0], y[1]], strict=True):
        s += v * len(k)
    return s


@case(draw(4))
def enumerate_start(x):
    return sum(i * v for i, v in enumerate(x, start=2)) + sum(
        i * v for i, v in enumerate([x[0], x[1]], 5)
    )


@case(draw(4))
def any_all_of_arrays(x):
    if any(x > 0.4) and all(x > 0.0) and any([False, x[0] > 9, True]):
        return np.sum(x * x)
    return np.sum(x)


@case(draw(3))
def iter_next(x):
    it = iter([x[0], x[1]])
    first = next(it)
    return first * next(iter((x[2],))) + next((v for v in x if v > 99), 2.0) * x[1]


@case(draw(3))
def dict_methods(x):
    d = {"a": x[0]}
    d.update({"b": x[1]}, c=x[2])
    d.setdefault("a", 9.0)
    e = d.setdefault("z", x[0] * x[1])
    p = d.pop("b") + d.pop("nothing", 1.0)
    key, last = d.popitem()
    merged = d | {"c": x[1] * 5.0}
    d |= {"q": p}
    k = dict.fromkeys(["u", "v"], x[2])
    empty = dict(d)
    empty.clear()
    return (
        merged["c"] * d["c"] + d["q"] + last * e + k["u"] + d.get("nope", x[0]) + len(empty)
    ) + len(key)


@case(draw(3))
def dict_forms(x):
    d = dict([("a", x[0]), ("b", x[1])], c=x[2])
    e = {**d, "a": d["b"] * 2.0}
    s = 0.0
    for k in d:
        s += d[k] * e[k]
    if "a" in d and "z" not in d:
        s *= len(d)
    return s


@case(draw(4))
def list_methods(x):
    items = [x[0], x[1], x[2]]
    items.extend(v * 2 for v in (x[3], x[0]))
    items.insert(1, x[3])
    items.reverse()
    last = items.pop()
    copy = items.copy()
    items[1:3] = [x[0] * x[1]]
    items += (x[2],)
    twice = [x[1], 1.0]
    twice *= 2
    copy.clear()
    kinds = ["a", "b", "a"]
    kinds.remove("b")
    return (
        sum(v * k for k, v in enumerate(items))
        + last
        + sum(twice)
        + len(copy)
        + kinds.count("a") * x[0]
        + kinds.index("a")
    )


@case(draw(3))
def tuple_methods(x):
    names = ("a", "b", "a")
    pair = (x[0], x[1]) + (x[2],) * 2
    return pair[names.index("b")] * names.count("a") + sum(pair[1:])


@case(draw(3))
def string_methods(x):
    spec = "ij,jk->ik".replace("i", "a").split("->")
    flag = "Relu".lower().startswith("re")
    name = ",".join(["p", "q"]).upper()
    return np.sum(x) ** 2 * len(spec) if flag and name == "P,Q" else x[0]


@case(draw(3))
def set_methods(x):
    s = {0, 1}
    s.add(2)
    s.discard(1)
    t = (s | {1}) - {0} & s
    total = sum(x[k] ** 2 for k in sorted(s))
    return total * len(t) + (x[1] if t.union([5]) == {1, 2, 5} else x[0])


@case(draw(3))
def prints(x):
    print("x", x[0], sep=" = ", end="\n", flush=True)
    print(f"{x[0]:.3f}", *[1, 2])
    return np.sum(x * x)
