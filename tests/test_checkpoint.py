"""Checkpoints: the same numbers from less memory; draws and effects happen once."""

from __future__ import annotations

import inspect
import pickle
import tracemalloc

import numpy as np
import pytest

from adcompile import (
    checkpoint,
    checkpointed,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    trace,
    value_and_grad,
    vjp,
)
from adcompile.errors import UnsupportedInput, UnsupportedSyntax
from adcompile.exporting import module_of
from tests import checkpoint_programs
from tests.checkpoint_programs import PROGRAMS
from tests.helpers import import_source

U = np.array([0.3, -0.4, 0.8, 0.55])
V = np.array([0.1, 0.2, -0.3, 1.0])
K = 0.7
LENGTHS = (0, 1, 2, 3, 4, 9, 21)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The same programs, with checkpoints that do nothing."""
    text = inspect.getsource(checkpoint_programs).replace(
        "from adcompile import checkpoint, checkpointed",
        "checkpoint = lambda f: f\ncheckpointed = lambda iterable, snapshots: iterable",
    )
    return import_source(text, tmp_path_factory.mktemp("plain"), "plain_programs").PROGRAMS


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


# -- the same numbers


@pytest.mark.parametrize("name", PROGRAMS)
def test_first_order(name, plain):
    f = PROGRAMS[name]
    both, expected = (value_and_grad(g, argnums=(0, 1)) for g in (f, plain[name]))
    alone = grad(f)
    for n in LENGTHS:
        u = U.copy()
        value, bars = both(u, K, n)
        want, bars_wanted = expected(U, K, n)
        assert value == f(U, K, n) == want
        for a, b in zip(bars, bars_wanted, strict=True):
            close(a, b)
        close(alone(u, K, n), bars_wanted[0])
        np.testing.assert_array_equal(u, U)


@pytest.mark.parametrize("name", PROGRAMS)
def test_against_differences(name):
    """The plain programs could share a mistake: central differences along one direction."""
    f, h = PROGRAMS[name], 1e-6
    slope = (f(U + h * V, K, 5) - f(U - h * V, K, 5)) / (2 * h)
    np.testing.assert_allclose(grad(f)(U, K, 5) @ V, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", PROGRAMS)
def test_unoptimised(name, plain):
    for n in (0, 2, 9):
        close(grad(PROGRAMS[name], optimize=False)(U, K, n), grad(plain[name])(U, K, n))


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullback_twice(name, plain):
    for n in (1, 9):
        u = U.copy()
        _, back = vjp(PROGRAMS[name], u, K, n)
        u[:] = 0.0
        expected = grad(plain[name], argnums=(0, 1))(U, K, n)
        for bar in (1.0, 2.0):
            for a, b in zip(back(bar)[:2], expected, strict=True):
                close(a, bar * np.asarray(b))


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward(name, plain):
    for n in (0, 3, 9):
        pairs = [jvp(f, (U, K, n), (V, 1.0, None)) for f in (PROGRAMS[name], plain[name])]
        for a, b in zip(*pairs, strict=True):
            close(a, b)


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_over_reverse(name, plain):
    f, g = PROGRAMS[name], plain[name]
    for n in (0, 1, 3, 9):
        along = hvp(lambda u, n=n: f(u, K, n))(U, V)
        close(along, hvp(lambda u, n=n: g(u, K, n))(U, V))
    close(hessian(f)(U, K, 5), hessian(g)(U, K, 5))


@pytest.mark.parametrize("name", PROGRAMS)
def test_reverse_over_reverse(name, plain):
    f, g = PROGRAMS[name], plain[name]
    for n in (0, 1, 3, 9):
        close(jacrev(grad(f))(U, K, n), jacrev(grad(g))(U, K, n))
        twice = [grad(grad(h, argnums=1), argnums=1)(U, K, n) for h in (f, g)]
        close(*twice)


@pytest.mark.parametrize("take", [jacrev, jacfwd])
def test_jacobians(take):
    """Many directions at once are in the snapshots, too."""

    def last(u, n):
        for t in checkpointed(range(n), snapshots=2):
            u = np.sin(u * K + t) + 0.1 * u[::-1] * u
        return u

    def plainly(u, n):
        for t in range(n):
            u = np.sin(u * K + t) + 0.1 * u[::-1] * u
        return u

    for n in (0, 1, 7):
        close(take(last)(U, n), take(plainly)(U, n))
    _, linear = linearize(last, U, 7)
    close(linear(V, None), jvp(plainly, (U, 7), (V, None))[1])


def test_layers_in_a_list():
    """A loop that is unrolled keeps what its iterations start from."""

    def net(x, layers):
        for w in checkpointed(layers, snapshots=1):
            h = np.sin(x * w)
            x = h * np.cos(h)
        return np.sum(x)

    layers = [np.array([1.0, 2.0]), np.array([0.5, 0.1]), np.array([0.2, 0.3])]
    x, h = np.array([0.1, 0.9]), 1e-6
    bars = grad(net, argnums=1)(x, layers)
    for k in range(3):
        moved = [[w + s * h * (i == k) for i, w in enumerate(layers)] for s in (1, -1)]
        slope = (net(x, moved[0]) - net(x, moved[1])) / (2 * h)
        np.testing.assert_allclose(np.sum(bars[k]), slope, rtol=1e-6, atol=1e-9)


# -- once


def drawing(w, x, rng, n):
    for t in checkpointed(range(n), snapshots=2):
        mask = rng.random(x.shape) < 0.7
        assert np.sum(x) < 1e9, "large"
        x = np.tanh(x * w) * mask
        if t % 4 == 2:
            x = x + 0.1 * rng.normal(size=x.shape)
            print("step", t)
        for _ in range(t % 3):
            z = rng.standard_normal(x.shape)
            z *= 0.1
            x = np.sin(x) + z * w
    return np.sum(x**2)


@checkpoint
def dropout(w, x, rng):
    h = np.tanh(x * w)
    h = h * (rng.random(x.shape) < 0.7) / 0.7
    print("layer")
    return np.sin(h) * h


def dropping(w, x, rng, n):
    for _ in range(n):
        x = x + dropout(w, x, rng)
    return np.sum(x)


def dropping_in_a_loop(w, x, rng, n):
    for _ in checkpointed(range(n), snapshots=2):
        x = x + dropout(w, x, rng)
    return np.sum(x)


def nested_draws(w, x, rng, n):
    for t in checkpointed(range(n), snapshots=2):
        for _ in checkpointed(range(t), snapshots=1):
            x = np.sin(x * w) + 0.1 * rng.normal(size=x.shape)
        x = x * np.cos(w * x)
    return np.sum(x)


@pytest.mark.parametrize("f", [drawing, dropping, dropping_in_a_loop, nested_draws])
@pytest.mark.parametrize("n", [0, 1, 5, 8])
def test_draws_and_prints_once(f, n, capsys):
    x, h = np.linspace(-1.0, 1.0, 5), 1e-5

    def seeded():
        return np.random.default_rng(7)

    reference = seeded()
    value = f(1.3, x, reference, n)
    printed = capsys.readouterr().out
    following = reference.random()
    rng = seeded()
    got, bar = value_and_grad(f)(1.3, x, rng, n)
    assert got == value
    assert capsys.readouterr().out == printed
    assert rng.random() == following
    slope = (f(1.3 + h, x, seeded(), n) - f(1.3 - h, x, seeded(), n)) / (2 * h)
    np.testing.assert_allclose(bar, slope, rtol=1e-6, atol=1e-8)
    second = (grad(f)(1.3 + h, x, seeded(), n) - grad(f)(1.3 - h, x, seeded(), n)) / (2 * h)
    np.testing.assert_allclose(grad(grad(f))(1.3, x, seeded(), n), second, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(
        hvp(lambda w: f(w, x, seeded(), n))(1.3, 1.0), second, rtol=1e-5, atol=1e-7
    )
    _, back = vjp(f, 1.3, x, seeded(), n)
    close([back(1.0)[0], back(2.0)[0]], [bar, 2 * bar])


@checkpoint
def guarded(w, x):
    try:
        print("try", end=" ")
        if np.sum(x) > 3.0:
            raise ValueError("large")
        y = np.sin(x * w)
    except ValueError:
        y = np.cos(x) * w
    return y * x


def guarding(w, x, n):
    for _ in range(n):
        x = x + guarded(w, x)
    return np.sum(x)


def guarding_in_a_loop(w, x, n):
    for _ in checkpointed(range(n), snapshots=2):
        x = x + guarded(w, x)
    return np.sum(x)


@checkpoint
def strict_log(w, x):
    try:
        with np.errstate(all="raise"):
            y = np.log(x - 1.0) * w
    except FloatingPointError:
        y = x * w * w
    return y * y


def strictly(w, x, n):
    for _ in range(n):
        x = x + strict_log(w, x) * 0.1
    return np.sum(x)


def raising_around(w, x, n):
    """What raises in the loop is said outside of it."""
    with np.errstate(all="raise"):
        for _ in checkpointed(range(n), snapshots=1):
            try:
                y = np.log(x - 1.0) * w
            except FloatingPointError:
                y = x * w * w
            x = x + y * y * 0.1
    return np.sum(x)


@pytest.mark.parametrize("f", [guarding, guarding_in_a_loop, strictly, raising_around])
@pytest.mark.parametrize("x", [np.array([0.3, 0.9, 1.2]), np.array([1.3, 1.9, 2.2])])
def test_the_path_of_a_try_is_taken_once(f, x, capsys):
    h = 1e-6
    value = f(1.1, x, 4)
    printed = capsys.readouterr().out
    got, bar = value_and_grad(f)(1.1, x, 4)
    assert capsys.readouterr().out == printed
    assert got == value
    slope = (f(1.1 + h, x, 4) - f(1.1 - h, x, 4)) / (2 * h)
    np.testing.assert_allclose(bar, slope, rtol=1e-6)


@pytest.mark.parametrize("f", [strictly, raising_around])
def test_a_try_whose_context_is_gone_is_kept(f):
    (again,) = grad(f).memory_plan(1.1, U, 4).again
    assert "'with'" in again.kept


class Log:
    def __init__(self):
        self.entries = []
        self.steps = 0


def logged(x, log, n):
    for t in checkpointed(range(n), snapshots=2):
        x = np.sin(x) * 1.1
        LOG.steps += 1
    LOG.entries.append(x)
    return x


LOG = Log()


def test_effects_on_objects_once():
    expected = grad(lambda x: x)(1.0)
    assert expected == 1.0
    LOG.steps = 0
    grad(logged)(0.5, None, 6)
    assert LOG.steps == 6
    assert len(LOG.entries) == 1


# -- memory


def step(u):
    d = u[2:] - 2 * u[1:-1] + u[:-2]
    return u[1:-1] + 0.1 * d * u[1:-1] + 0.01 * np.sin(u[1:-1])


def march(u, n):
    u = u.copy()
    for _ in checkpointed(range(n), snapshots=5):
        u[1:-1] = step(u)
    return np.sum(u * u)


def march_plainly(u, n):
    u = u.copy()
    for _ in range(n):
        u[1:-1] = step(u)
    return np.sum(u * u)


def march_until(u, n):
    u = u.copy()
    for t in checkpointed(range(10 * n), snapshots=5):
        if t == n:
            break
        u[1:-1] = step(u)
    return np.sum(u * u)


@checkpoint
def block(u):
    for _ in range(20):
        u = u + 0.1 * np.sin(u)
    return u


def blocks(u, n):
    for _ in range(n // 20):
        u = block(u)
    return np.sum(u * u)


def peak(fn, *args):
    fn(*args)
    tracemalloc.start()
    fn(*args)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("f", [march, march_until, march_plainly, blocks])
def test_plan_tells_what_is_measured(f):
    """In arrays of the state's length; a few more are there for the expressions at hand."""
    u, n = np.linspace(0.0, 1.0, 20_000), 200
    derivative = grad(f)
    measured = peak(derivative, u, n) / u.nbytes
    planned = derivative.memory_plan(u, n).bytes / u.nbytes
    assert planned <= measured <= planned + 10
    assert planned < {march: 8, march_until: 8, march_plainly: 500, blocks: 35}[f]


def test_pullbacks_hold_snapshots():
    u, n = np.linspace(0.0, 1.0, 20_000), 200
    vjp(march, u, n)
    tracemalloc.start()
    _, back = vjp(march, u, n)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 10 * u.nbytes
    assert back.memory_plan().bytes < 10 * u.nbytes


def test_plan_of_a_known_loop():
    u, n = np.linspace(0.0, 1.0, 1000), 100
    plan = grad(march).memory_plan(u, n)
    snapshots, state = plan.kept
    assert (snapshots.what, snapshots.name, snapshots.times) == ("snapshots", "u", 5)
    assert snapshots.bytes == 5 * snapshots.each >= 5 * u.nbytes
    assert snapshots.text == "for _ in checkpointed(range(n), snapshots=5):"
    assert snapshots.line.startswith("test_checkpoint.py:")
    assert (state.name, state.what, state.times) == ("u", "value", 1)
    assert plan.bytes == snapshots.bytes + state.bytes
    assert not plan.unknown
    (again,) = plan.again
    assert again.iterations == replayed(100, 5)
    assert not again.kept
    assert "computed again" in str(plan)
    assert f"{plan.bytes:,} bytes in all" in str(plan)


def test_plan_counts_iterations_of_nests():
    def ragged(x, n):
        for i in range(n):
            for _ in range(i):
                x = np.sin(x)
        return np.sum(x)

    (kept,) = [k for k in grad(ragged).memory_plan(U, 10).kept if k.times != 1]
    assert kept.times == 45
    assert kept.name == "x"


def test_plan_says_what_it_does_not_know():
    def until(x):
        while np.sum(x) > 1.0:
            x = np.sin(x)
        return np.sum(x)

    plan = grad(until).memory_plan(U)
    assert [k.name for k in plan.unknown] == ["x"]
    assert "and what only a run can tell" in str(plan)


def test_plan_of_draws():
    plan = grad(drawing).memory_plan(1.3, U, np.random.default_rng(0), 30)
    drawn = {k.name: k for k in plan.kept if k.what == "drawn"}
    assert {k.times for k in drawn.values()} == {30}
    assert drawn["mask"].each < drawn["z"].each  # not the draw that it is made of


def test_what_cannot_be_run_again_is_kept():
    """A draw that may raise inside of try: the plan says so, the numbers are right."""

    def risky(w, x, rng, n):
        for _ in checkpointed(range(n), snapshots=2):
            try:
                z = rng.normal(size=x.shape)
                x = np.sin(x * w) + z
            except ValueError:
                x = x * 0.5
        return np.sum(x)

    derivative, h = grad(risky), 1e-6

    def seeded():
        return np.random.default_rng(3)

    slope = (risky(1.3 + h, U, seeded(), 4) - risky(1.3 - h, U, seeded(), 4)) / (2 * h)
    np.testing.assert_allclose(derivative(1.3, U, seeded(), 4), slope, rtol=1e-6)
    (again,) = derivative.memory_plan(1.3, U, seeded(), 4).again
    assert "inside of 'try'" in again.kept


# -- the schedule, through a program that counts its steps

COUNTED = []


def optimum(steps, slots, known={}):
    """The fewest steps that are run again after the primal sweep, by dynamic programming over
    where snapshots are put: on the way, and before it."""

    def within(n, s):
        """From a kept state: run to a place, keep that, reverse what follows, then the rest."""
        if n < 2:
            return 0
        if s == 1:
            return n * (n - 1) // 2
        key = ("within", n, s)
        if key not in known:
            known[key] = min(k + within(n - k, s - 1) + within(k, s) for k in range(1, n))
        return known[key]

    def after(n, s):
        """The primal sweep has gone to the end, so runs up to a place kept there are free."""
        if n < 2 or s == 1:
            return within(n, s)
        key = ("after", n, s)
        if key not in known:
            splits = [after(n - k, s - 1) + within(k, s) for k in range(1, n)]
            known[key] = min(within(n, s), *splits)
        return known[key]

    return after(steps, slots)


def replayed(steps, slots):
    return optimum(steps, slots)


@pytest.mark.parametrize("slots", [1, 2, 3, 7])
def test_fewest_steps_run_again(slots):
    from adcompile.runtime.snapshots import Snapshots

    for steps in range(45):
        again, most = swept(Snapshots(slots, steps), steps, slots)
        assert again == optimum(steps, slots)
        assert most == min(slots, steps)


@pytest.mark.parametrize("slots", [1, 2, 3, 5, 10, 20])
def test_unknown_numbers_of_steps(slots):
    from adcompile.runtime.snapshots import Snapshots

    for steps in (*range(12), 30, 100, 257, 1000):
        again, _ = swept(Snapshots(slots), steps, slots)
        fewest, _ = swept(Snapshots(slots, steps), steps, slots)
        assert fewest <= again <= 1.25 * fewest + 10


def swept(snapshots, steps, slots):
    """Runs a loop and its reverse sweep: how many steps are run again, the most states kept."""
    most = again = 0
    for t in range(steps):
        snapshots.offer(t)
        most = max(most, len(snapshots.kept))
    sweep = snapshots.rewind()
    for t in reversed(range(steps)):
        start, state = sweep.restore()
        assert start == state <= t
        for k in range(start, t):
            sweep.offer(k)
            again += 1
            most = max(most, len(sweep.kept))
    assert most <= slots
    return again, most


# -- as a decorator, in other products


def test_calls_and_pickles():
    layer = checkpoint_programs.layer
    close(layer(U, K)[0], layer.__wrapped__(U, K)[0])
    assert pickle.loads(pickle.dumps(layer)) is layer
    assert layer.__name__ == "layer"
    assert list(checkpointed(range(3), snapshots=1)) == [0, 1, 2]
    close(grad(checkpoint(lambda x: np.sin(x) * x))(0.3), np.sin(0.3) + 0.3 * np.cos(0.3))


@pytest.mark.parametrize("name", ["in_place", "endless", "calls", "everything_nested"])
def test_exported_modules_stand_alone(name, plain):
    text = module_of(PROGRAMS[name], ("grad",), 0, (U, K, 9))
    assert "adcompile" not in text.split("\n", 1)[1]
    names = {}
    exec(text, names)
    close(names[f"{name}_grad"](U, K, 9), grad(plain[name])(U, K, 9))


def test_trace():
    table = str(trace(PROGRAMS["calls_unrolled"], mode="reverse", argnums=0)(U, K, 2))
    assert "tanh(v3)" in table


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: checkpointed(range(3), 0), "no number of snapshots"),
        (lambda: checkpointed(range(3), True), "no number of snapshots"),
        (lambda: checkpoint(3), "takes a function"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(UnsupportedInput, match=message):
        call()


def count_up(n):
    yield from range(n)


def over_a_generator(x, n):
    for _ in checkpointed(count_up(n), snapshots=2):
        x = x * 2
    return x


def inside_zip(x, n):
    for _, _ in zip(checkpointed(range(n), snapshots=2), range(n), strict=False):
        x = x * 2
    return x


def no_snapshots(x, n):
    for _ in checkpointed(range(n), snapshots=0):
        x = x * 2
    return x


@checkpoint
def yielding(n):
    yield n


def over_a_checkpointed_generator(x, n):
    for k in yielding(n):
        x = x * k
    return x


@pytest.mark.parametrize(
    ("f", "message", "advice"),
    [
        (over_a_generator, "a generator cannot be checkpointed", "range"),
        (inside_zip, "stands for the loop of a for statement", "around all"),
        (no_snapshots, "snapshots=0", "at least 1"),
        (over_a_checkpointed_generator, "a generator cannot be checkpointed", "list"),
    ],
)
def test_refused(f, message, advice):
    with pytest.raises(UnsupportedSyntax, match=message) as caught:
        grad(f)(1.0, 3)
    assert advice in str(caught.value)
    assert "test_checkpoint.py:" in str(caught.value)
