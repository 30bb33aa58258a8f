"""Effects outside of a function happen once, with primal values; arguments stay as they were."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from adcompile import grad, jvp, value_and_grad, vjp
from adcompile.errors import ADCompileError, AmbiguousAlias


class Meter:
    """Everything that a method may do to its object."""

    def __init__(self):
        self.mean = 0.0
        self.count = 0
        self.history = []
        self.last = None
        self.table = {"a": 1.0}
        self.buffer = np.zeros(3)
        self.nested = {"inner": Inner()}

    def loss(self, x):
        self.mean = 0.9 * self.mean + 0.1 * np.mean(x)
        for i in range(3):
            self.count += 1
            self.buffer[i] += x[i]
        if np.sum(x) > 0:
            self.last = x * 2
        self.history.append(float(np.sum(x)))
        self.table["b"] = np.max(x)
        self.table["a"] += 1.0
        self.nested["inner"].hits += 2
        return np.sum((x - self.mean) ** 2) * self.count

    @grad(argnums=1)
    def slope(self, x):
        self.count += 1
        return np.sum(x**2)


class Inner:
    def __init__(self):
        self.hits = 0


METER = Meter()


def through_a_global(x):
    return METER.loss(x)


def state_of(meter):
    return {
        **{k: v for k, v in vars(meter).items() if k not in ("nested", "last")},
        "last": None if meter.last is None else meter.last.tolist(),
        "buffer": meter.buffer.tolist(),
        "hits": meter.nested["inner"].hits,
        "history": list(meter.history),
        "table": dict(meter.table),
    }


X = np.array([0.5, 1.5, -0.25])


def run_vjp_twice(f, x):
    _, pullback = vjp(f, x)
    pullback(1.0)
    pullback(2.0)


RUNS = {
    "grad": lambda f, x: grad(f)(x),
    "value_and_grad": lambda f, x: value_and_grad(f)(x),
    "flat": lambda f, x: grad(f, optimize=False)(x),
    "jvp": lambda f, x: jvp(f, (x,), (x,)),
    "vjp": run_vjp_twice,
    "reverse over reverse": lambda f, x: vjp(grad(f), x)[1](x),
    "forward over reverse": lambda f, x: jvp(grad(f), (x,), (x,)),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("calls", [1, 3])
def test_a_bound_method_does_to_its_object_what_it_does(run, calls):
    plain, meter = Meter(), Meter()
    f = meter.loss
    for _ in range(calls):
        plain.loss(X)
        run(f, X)
    assert state_of(meter) == state_of(plain)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_global_object(run):
    global METER
    METER, plain = Meter(), Meter()
    run(through_a_global, X)
    plain.loss(X)
    assert state_of(METER) == state_of(plain)


def test_the_gradient_sees_what_was_written():
    meter, plain = Meter(), Meter()
    h = 1e-6
    quotient = []
    for i in range(3):
        moved = []
        for sign in (1, -1):
            x = X.copy()
            x[i] += sign * h
            moved.append(Meter().loss(x))
        quotient.append((moved[0] - moved[1]) / (2 * h))
    np.testing.assert_allclose(grad(meter.loss)(X), quotient, rtol=1e-6)
    assert plain.count == 0


def test_calls_that_only_append_share_a_program():
    log = []

    def f(x):
        log.append(x * 2)
        return x**2

    g = grad(f)
    for k in range(5):
        g(float(k))
    assert log == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert g.cache_info().misses == 1


def test_a_decorated_method_does_to_its_object_what_it_does():
    meter = Meter()
    np.testing.assert_array_equal(meter.slope(X), 2 * X)
    np.testing.assert_array_equal(meter.slope(X), 2 * X)
    assert meter.count == 2


def test_objects_of_a_class_share_programs():
    compiled = Meter.__dict__["slope"]
    before = len(compiled.state.of_methods)
    for _ in range(4):
        Meter().slope(X)
    assert len(compiled.state.of_methods) <= before + 1


def changes(obj, x):
    obj.count += 1
    obj.history.append(1.0)
    obj.buffer[0] = 7.0
    return np.sum(x**2) * obj.count


def test_an_object_that_is_an_argument_stays_as_it_was():
    meter = Meter()
    before = state_of(meter)
    for run in (grad(changes, argnums=1), value_and_grad(changes, argnums=1)):
        run(meter, X)
    assert state_of(meter) == before


G = np.zeros(3)
TABLE = {"n": 0.0, "gone": 1.0}
ITEMS = [1.0, 2.0]


def writes_globals(x):
    G[1:] = x[:2]
    G[0] += 1.0
    TABLE["n"] += np.sum(x)
    TABLE.pop("gone", None)
    ITEMS[0] = x[0]
    ITEMS.append(ITEMS[0] * 2)
    return np.sum(G * x) + TABLE["n"] + sum(ITEMS)


def test_globals_written_in_place():
    grad(writes_globals)(X)
    np.testing.assert_array_equal(G, [1.0, 0.5, 1.5])
    assert TABLE == {"n": 1.75}
    assert ITEMS == [0.5, 2.0, 1.0]
    G[...] = 0.0
    TABLE.update(n=0.0, gone=1.0)
    ITEMS[:] = [1.0, 2.0]

    def again(x):
        G[...] = 0.0
        TABLE.clear()
        TABLE.update(n=0.0, gone=1.0)
        ITEMS[:] = [1.0, 2.0]
        return writes_globals(x)

    step = 1e-6
    expected = [(again(X + step * e) - again(X - step * e)) / (2 * step) for e in np.eye(3)]
    G[...] = 0.0
    TABLE.clear()
    TABLE.update(n=0.0, gone=1.0)
    ITEMS[:] = [1.0, 2.0]
    np.testing.assert_allclose(grad(writes_globals)(X), expected, rtol=1e-6)


VIEW = G[1:]


def writes_one_of_two_globals(x):
    G[1] = x[0]
    return np.sum(VIEW * x[:2])


def test_globals_that_share_memory_are_refused():
    with pytest.raises(AmbiguousAlias):
        grad(writes_one_of_two_globals)(X)


def mutable_default(x, seen=[]):
    seen.append(1)
    return x**2 * len(seen)


def test_a_mutable_default_lives_as_long_as_the_function():
    assert [grad(mutable_default)(3.0) for _ in range(3)] == [6.0, 12.0, 18.0]


class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b


def writes_one_reads_the_other(p, q, x):
    p.a = x
    return q.a * x


def test_one_object_behind_two_arguments():
    one, two = Pair(2.0, 3.0), Pair(5.0, 7.0)
    g = grad(writes_one_reads_the_other, argnums=2)
    assert g(one, two, 4.0) == 5.0
    assert g(one, one, 4.0) == 8.0
    assert g(one, two, 4.0) == 5.0


HOLDER_A = Pair(1.0, 2.0)
HOLDER_B = HOLDER_A


def reads_through_two_names(x):
    return x * HOLDER_A.a + x**2 * HOLDER_B.a


def test_two_names_that_part_later():
    global HOLDER_B
    g = grad(reads_through_two_names)
    assert g(3.0) == 1.0 + 6.0
    HOLDER_B = Pair(10.0, 0.0)
    assert g(3.0) == 1.0 + 60.0
    HOLDER_B = HOLDER_A
    assert g(3.0) == 7.0


def appends_to_the_same_list(a, b, x):
    a.append(x)
    return b[-1] * x


def test_one_list_behind_two_arguments():
    g = grad(appends_to_the_same_list, argnums=2)
    one, two = [1.0], [2.0]
    assert g(one, two, 3.0) == 2.0
    assert g(one, one, 3.0) == 6.0
    assert one == [1.0]


def test_partials_and_callable_objects():
    def f(w, x, power=1):
        return np.sum((w * x) ** power)

    g = grad(functools.partial(f, np.array([1.0, 2.0, 3.0]), power=2))
    np.testing.assert_allclose(g(X), 2 * np.array([1.0, 4.0, 9.0]) * X)

    class Model:
        def __init__(self, w):
            self.w = w
            self.calls = 0

        def __call__(self, x):
            self.calls += 1
            return self.w * np.sum(x**2)

    model = Model(3.0)
    np.testing.assert_allclose(grad(model)(X), 6 * X)
    assert model.calls == 1
    value, pullback = vjp(model, X)
    assert value == 3 * np.sum(X**2)
    (x_bar,) = pullback(1.0)
    np.testing.assert_allclose(x_bar, 6 * X)


@pytest.mark.parametrize(
    "function",
    [
        len,
        functools.lru_cache(lambda x: x),
        Meter,
    ],
    ids=["builtin", "lru_cache", "class"],
)
def test_what_is_no_function_is_refused_by_name(function):
    with pytest.raises(ADCompileError):
        grad(function)


def counters():
    calls = 0
    total = 0.0
    last = None

    def f(x):
        nonlocal calls, total, last
        calls += 1
        for v in x:
            total += v
        if total > 1:
            last = x * 2
        return np.sum(x**2) * calls + so_far()

    def so_far():
        return total * 3

    def state():
        return calls, total, None if last is None else last.tolist()

    return f, state


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_names_of_a_function_around(run):
    (f, state), (plain, plain_state) = counters(), counters()
    for _ in range(2):
        run(f, X)
        plain(X)
        assert state() == plain_state()
    expected = 2 * X * 3 + 3.0
    np.testing.assert_allclose(grad(f)(X), expected)


OUTSIDE = {"u": np.array([0.3, 0.5, 0.7]), "c": 0.5}


def reads_a_global_in_a_loop(x, y):
    for _ in range(3):
        u, y = y * OUTSIDE["c"], OUTSIDE["u"]
    return np.sum(np.cos(x) * x) + np.sum(y * u)


def slope_of_reading(x, y):
    return grad(reads_a_global_in_a_loop)(x, y)


def exchanges_with_a_global(x, y):
    for _ in range(2):
        OUTSIDE["u"], y = y, OUTSIDE["u"]
    return np.sum(np.cos(x) * x) + np.sum(y * OUTSIDE["u"])


def slope_of_exchanging(x, y):
    return grad(exchanges_with_a_global)(x, y)


def test_a_dict_from_outside_under_an_inner_derivative():
    """It is read in a loop as anywhere; a change to it, which would be lost, is refused."""
    x = np.array([0.3, 0.5, 0.4])
    _, tangent = jvp(slope_of_reading, (x, x + 1.0), (np.ones(3), None))
    np.testing.assert_allclose(tangent, -2 * np.sin(x) - x * np.cos(x), rtol=1e-12)
    with pytest.raises(ADCompileError, match=r'OUTSIDE\["u"\], y = y'):
        jvp(slope_of_exchanging, (x, x + 1.0), (np.ones(3), None))
    np.testing.assert_array_equal(OUTSIDE["u"], [0.3, 0.5, 0.7])
