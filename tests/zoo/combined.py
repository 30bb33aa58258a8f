"""Several constructs at once, as they meet in real programs."""

import contextlib
import functools
import math
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any

import numpy as np

from tests.zoo.registry import case, draw

State = namedtuple("State", ["position", "velocity"])


@dataclass
class Dense:
    """One layer."""

    W: Any
    b: Any
    name: str = "dense"

    def __call__(self, x, activation=np.tanh):
        return activation(x @ self.W + self.b)


@dataclass
class Model:
    """Layers and options, nested."""

    layers: list
    options: dict = field(default_factory=dict)

    @property
    def depth(self):
        return len(self.layers)

    @classmethod
    def stacked(cls, *layers, **options):
        return cls(list(layers), options)

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            last = i == self.depth - 1
            x = layer(x, (lambda v: v) if last else np.tanh)
            if self.options.get("residual", False) and not last:
                x = x + 0.5 * x**2
        return x


class Optimiser:
    """Abstract over its step."""

    def __init__(self, rate=0.1):
        self.rate = rate
        self.history = []

    def step(self, p, g):
        raise NotImplementedError

    def run(self, p, gradient, *, steps=3):
        for _ in range(steps):
            p = self.step(p, gradient(p))
            self.history.append(p)
        return p


class Momentum(Optimiser):
    def __init__(self, rate=0.1, momentum=0.9):
        super().__init__(rate)
        self.momentum = momentum
        self.v = 0.0

    def step(self, p, g):
        self.v = self.momentum * self.v - self.rate * g
        return p + self.v


def traced(fn=None, *, scale=1.0):
    """A decorator with and without arguments."""
    if fn is None:
        return functools.partial(traced, scale=scale)

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return scale * fn(*args, **kwargs)

    return wrapper


@traced
def plainly(v, w=1.0):
    return v * w


@traced(scale=2.5)
def scaled(v, *, w):
    return v**w


def is_even(x, n):
    return x if n == 0 else is_odd(x * x, n - 1)


def is_odd(x, n):
    if n == 0:
        return -x
    return is_even(x + 0.1, n - 1)


def pairwise_sums(values):
    previous = None
    for v in values:
        if previous is not None:
            yield previous + v
        previous = v


def mean_and_spread(values, /, *rest, ddof=0, **unused):
    n = len(values) + len(rest)
    m = (sum(values) + sum(rest)) / n
    spread = sum((v - m) ** 2 for v in (*values, *rest)) / (n - ddof)
    return m, spread


@case(
    {
        "layers": [Dense(draw(3, 4), draw(4)), Dense(draw(4, 2), draw(2), "out")],
        "scale": (draw(2), 0.7),
    },
    draw(5, 3),
)
def nested_parameters(params, x):
    h = x
    for i in range(len(params["layers"])):
        h = h @ params["layers"][i].W + params["layers"][i].b
        if i + 1 < len(params["layers"]):
            h = np.tanh(h)
    factor, power = params["scale"]
    return np.sum(np.abs(h * factor) ** power)


@case(
    Model([Dense(draw(2, 3), draw(3)), Dense(draw(3, 1), draw(1))], {"residual": True}), draw(4, 2)
)
@case(Model([Dense(draw(2, 2), draw(2))]), draw(4, 2))
def model_of_objects(model, x):
    y = model.forward(x)
    penalty = sum(np.sum(layer.W**2) for layer in model.layers)
    return np.mean(y**2) + 0.01 * penalty / model.depth


@case(draw(2, 2), draw(3, 2))
def model_built_inside(w, x):
    model = Model.stacked(Dense(w, w[0]), Dense(w.T * 2.0, b=0.0), residual=True)
    return np.sum(model.forward(x) ** 2)


@case(draw(3), 0.2, argnums=(0, 1))
def optimiser_with_state(target, rate):
    def gradient(p):
        return 2.0 * (p - target)

    momentum = Momentum(rate, momentum=0.5)
    end = momentum.run(target * 0.0, gradient, steps=4)
    return np.sum((end - target) ** 2) + np.sum(momentum.history[1] * momentum.v)


@case(draw(3))
def decorators_of_two_kinds(x):
    return np.sum(plainly(x, w=x) + scaled(x, w=2)) * plainly(x[0])


@case(1.1, 3, argnums=(0,))
@case(1.1, 4, argnums=(0,))
def mutual_recursion(x, n):
    return is_even(x, n) * is_odd(x, n)


@case(draw(5))
def generators_into_functions(x):
    sums = list(pairwise_sums(x))
    m, spread = mean_and_spread(sums, x[0], x[1], ddof=1, label="ignored")
    return m * spread + max(pairwise_sums(sums)) * min(s for s in sums)


@case(draw(6, signed=True))
def continue_break_else_return(x):
    total = 0.0
    for i in range(3):
        for j in range(i, 6):
            if (v := x[j]) < 0:
                continue
            if j > 4:
                break
            total += v * (i + 1)
            if total > 50.0:
                return total * x[0]
        else:
            total = total * 0.5
    return total**2


@case(draw(3, 3), 1.2, argnums=(0,))
@case(draw(3, 3), 99.0, argnums=(0,))
def first_pivot_above(a, limit):
    for i, row in enumerate(a):
        for j, v in enumerate(row):
            if limit > v > limit / 2 and i != j:
                return v * a[j, i]
    return np.trace(a) ** 2


@case(draw(4))
def chained_comparison_evaluates_once(x):
    calls = [0.0]

    def probe(v):
        calls[0] += v
        return v

    if 0.0 < probe(x[0]) < probe(x[1] + 5.0) < 100.0:
        return calls[0] * x[2]
    return calls[0] + x[3]


@case(draw(4))
def walrus_everywhere(x):
    squares = (
        [y := 0.5 * v + x[0], y**2, (z := y) * 2.0] if (v := x[1]) > 0 else [0.0, y := x[0], z := y]
    )
    kept = [w for u in x if (w := u * y) > 0.0]
    while (z := z * 0.5) > 0.1:
        squares[0] = squares[0] + z
    return sum(squares) * kept[0] + len(kept)


@case(draw(4))
def match_on_commands(x):
    program = [
        ("push", x[0]),
        ("push", x[1]),
        ("mul",),
        ("push", x[2]),
        ("add",),
        {"op": "scale", "by": x[3]},
    ]
    stack = []
    for command in program:
        match command:
            case ("push", value):
                stack.append(value)
            case ("mul" | "add" as op,):
                b, a = stack.pop(), stack.pop()
                stack.append(a * b if op == "mul" else a + b)
            case {"op": "scale", "by": factor, **rest} if not rest:
                stack = [s * factor for s in stack]
    (result,) = stack
    return result**2


@case(State(draw(2), draw(2)), 4, argnums=(0,))
def named_tuples_stepped(state, steps):
    def force(p):
        return -p / np.sum(p * p) ** 1.5

    for _ in range(steps):
        half = state.velocity + 0.05 * force(state.position)
        position = state.position + 0.1 * half
        state = state._replace(position=position, velocity=half + 0.05 * force(position))
    kinetic, potential = 0.5 * np.sum(state.velocity**2), -1.0 / np.linalg.norm(state.position)
    return kinetic + potential


@case(draw(4))
def try_with_and_errstate(x):
    total = 0.0
    with np.errstate(divide="ignore", invalid="ignore"), contextlib.nullcontext():
        for v in (*x, 0.0):
            try:
                term = math.log(v)
            except ValueError as error:
                term = -2.0 * isinstance(error, ValueError)
            else:
                term = term * 1.1
            finally:
                print(end="")
            total = total + term * v + x[0]
    return total


@case(draw(3))
def text_of_every_kind(x):
    name, width = "loss", 12
    line = f"{name!r:>{width}}|{x[0]:+.2e}|{x.shape!s}|{len(x):03d}|{x[1]=:.1f}"
    print(line, f"{'a' if len(x) > 2 else 'b'}", f"{name}-{2}", sep="\n", end="")
    return np.sum(x**2) * len("-".join([name, "x"]))


@case(draw(4))
def iterator_tools(x):
    running = list(accumulate(x, lambda a, b: a * 0.5 + b))
    merged = OrderedDict((str(k), v) for k, v in enumerate(chain(running, [x[0]])))
    groups = defaultdict(list)
    for key, value in merged.items():
        groups["even" if int(key) % 2 == 0 else "odd"].append(value)
    even, odd = sum(groups["even"]), sum(groups["odd"])
    biggest = functools.reduce(lambda a, b: a + b**2, groups["odd"])
    return even * odd + biggest


@case(draw(3), draw(3))
def star_args_of_every_kind(x, y):
    def f(a, /, b, *args, c=1.0, d, **kw):
        return a * b + sum(args) * c - d * kw["e"] + kw.get("g", 0.0)

    head, *tail = x
    named = dict(d=y[0], e=y[1])
    return f(head, *tail, *y, **named) + f(head, b=y[2], **{**named, "c": x[1], "g": x[2]})


@case(draw(3))
def closures_that_count(x):
    def make(start):
        total = start
        calls = 0

        def add(v, /, times=1):
            nonlocal total, calls
            for _ in range(times):
                total = total + v
                calls += 1
            return total * calls

        return add

    first, second = make(x[0]), make(start=x[1])
    return first(x[1]) + second(x[2], 2) * first(x[2], times=3)


@case(draw(3, 3))
def comprehensions_in_each_other(a):
    table = {(i, j): a[i, j] for i in range(3) for j in range(3) if i <= j}
    columns = [[table[min(i, j), max(i, j)] for i in range(3)] for j in range(3)]
    positive = {k for k in range(3) if k % 2 == 0}
    return sum(sum(v * w for v, w in zip(c, d)) for c in columns for d in columns[1:]) + sum(
        columns[k][k] ** 2 for k in sorted(positive)
    )


@case(draw(5))
def windows_and_sorting(x):
    best = max(range(5), key=lambda k: -k)
    low, high = min(x), max(*x, 0.0)
    q, r = divmod(x[0], 0.75)
    middle = sorted([x[0], x[1], x[2]], reverse=True)[1]
    return (high - low) * middle + pow(x[best], 2) * r + q * x[4] + abs(-x[3])


@case(draw(4, 2), draw(2))
def epochs_over_batches(data, w):
    w = w.copy()
    losses = []
    for epoch in range(2):
        for start in range(0, len(data), 2):
            batch = data[start : start + 2]
            residual = batch @ w - 1.0
            w -= 0.1 * batch.T @ residual
            losses.append(np.mean(residual**2))
        if epoch and losses[-1] > 1e3:
            raise FloatingPointError(f"diverged: {losses[-1]}")
    return sum(losses) / len(losses) + np.sum(w)


@case(draw(3, 3))
def elimination_with_swaps(a):
    a = a + 3.0 * np.eye(3)
    n, sign = len(a), 1.0
    for k in range(n - 1):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            sign = -sign
        for i in range(k + 1, n):
            a[i, k:] -= a[i, k] / a[k, k] * a[k, k:]
    det = sign
    for d in np.diag(a):
        det *= d
    return det
