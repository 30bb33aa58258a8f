"""Many threads compile and call at once: no deadlock, no wrong result, one compile a signature."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import custom_vjp, grad, hvp, jvp, value_and_grad, vjp
from tests.helpers import assert_same_value

THREADS = 12
X = np.linspace(0.5, 1.5, 4)


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """The results of tasks that begin together, each in a thread of its own."""
    barrier = threading.Barrier(len(tasks))
    found: list[Any] = [None] * len(tasks)

    def work(k: int) -> None:
        barrier.wait()
        try:
            found[k] = tasks[k]()
        except BaseException as exc:
            found[k] = exc

    threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(len(tasks))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not any(t.is_alive() for t in threads), "deadlock"
    for f in found:
        if isinstance(f, BaseException):
            raise f
    return found


def polynomial(n: int) -> Callable[[Any], Any]:
    def f(x):
        total = 0.0
        for k in range(n):
            total = total + np.sum(x**k)
        return total

    return f


def slope_of_polynomial(n: int) -> Any:
    return sum(k * X ** (k - 1) for k in range(1, n)) if n > 1 else 0.0 * X


def test_one_function_is_compiled_once() -> None:
    f = grad(polynomial(4))
    for found in at_once(*[lambda: f(X)] * THREADS):
        np.testing.assert_allclose(found, slope_of_polynomial(4), rtol=1e-12)
    assert f.cache_info().misses == 1


def test_different_functions() -> None:
    fs = [grad(polynomial(k + 2)) for k in range(THREADS)]
    for k, found in enumerate(at_once(*[lambda f=f: f(X) for f in fs])):
        np.testing.assert_allclose(found, slope_of_polynomial(k + 2), rtol=1e-12)


def test_one_function_with_different_signatures() -> None:
    """The dispatcher is replaced while others call it."""

    @value_and_grad
    def f(x):
        return np.sum(x * x * x)

    points: list[Any] = [2.0, np.float64(2.0), np.float32(2.0), X, X.reshape(2, 2), X[:1], X[None]]

    def call(k: int) -> list[Any]:
        return [f(points[(k + i) % len(points)]) for i in range(40)]

    for k, found in enumerate(at_once(*[lambda k=k: call(k) for k in range(THREADS)])):
        for i, (value, slope) in enumerate(found):
            x = points[(k + i) % len(points)]
            np.testing.assert_allclose(value, np.sum(x * x * x), rtol=1e-6)
            np.testing.assert_allclose(slope, 3 * x * x, rtol=1e-6)
            assert type(slope) is type(x)
    assert f.cache_info().misses == len(points)


def test_all_kinds_of_derivatives() -> None:
    def f(x):
        return np.sum(np.sin(x) * x)

    v = np.ones(4)
    tasks = [
        lambda: grad(f)(X),
        lambda: jvp(f, (X,), (v,)),
        lambda: vjp(f, X)[1](1.0),
        lambda: hvp(f)(X, v),
        lambda: grad(lambda x: np.sum(grad(f)(x) ** 2))(X),
    ]
    alone = [t() for t in tasks]
    for k, found in enumerate(at_once(*tasks * 3)):
        assert_same_value(found, alone[k % len(tasks)])


def test_derivatives_that_are_run_again_with_numpy() -> None:
    """Each thread comes to the division by zero first."""
    for _ in range(5):
        f = grad(lambda x: x**0.5)
        assert at_once(*[lambda: f(0.0)] * THREADS) == [np.inf] * THREADS
        g = lambda x: x**0.5
        back = [vjp(g, 0.0)[1] for _ in range(THREADS)]
        assert at_once(*[lambda b=b: b(1.0) for b in back]) == [(np.inf,)] * THREADS


def test_a_rule_that_is_registered_meanwhile() -> None:
    f = grad(polynomial(3))

    def register() -> None:
        for _ in range(10):
            g = custom_vjp(lambda x: np.sum(x))
            g.defvjp(lambda x: (np.sum(x), None), lambda kept, bar: (bar * np.ones(4),))

    calls = [lambda: [f(X) for _ in range(100)]] * 4
    for found in at_once(register, *calls)[1:]:
        for slope in found:
            np.testing.assert_allclose(slope, slope_of_polynomial(3), rtol=1e-12)


def test_the_warning_filters_stay_as_they_are() -> None:
    before = list(warnings.filters)
    at_once(*[lambda k=k: grad(polynomial(k + 2))(X) for k in range(THREADS)])
    assert list(warnings.filters) == before


def test_the_disk_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("ADCOMPILE_CACHE")
    for _ in range(2):
        fs = [grad(polynomial(5)) for _ in range(THREADS)]
        for found in at_once(*[lambda f=f: f(X) for f in fs]):
            np.testing.assert_allclose(found, slope_of_polynomial(5), rtol=1e-12)
    assert all(f.cache_info().from_disk == 1 for f in fs)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_while_a_thread_compiles() -> None:
    f = grad(polynomial(6))
    context = multiprocessing.get_context("fork")
    stop = threading.Event()

    def compile_on_and_on() -> None:
        while not stop.is_set():
            grad(polynomial(6))(X)

    worker = threading.Thread(target=compile_on_and_on, daemon=True)
    with f.state.lock:
        worker.start()
        child = threading.Thread(target=_call_in_child, args=(context, f), daemon=True)
        child.start()
        child.join(60)
    stop.set()
    worker.join(60)
    assert not child.is_alive()
    assert _RESULTS.pop() == 0


_RESULTS: list[int | None] = []


def _call_in_child(context: Any, f: Any) -> None:
    process = context.Process(target=f, args=(X,))
    process.start()
    process.join(30)
    _RESULTS.append(process.exitcode)
    process.kill()
