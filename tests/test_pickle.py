"""Derivatives go through pickle and cloudpickle, to other processes too, and stay the same."""

from __future__ import annotations

import copy
import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    value_and_grad,
    vhp,
)
from tests.helpers import assert_same_value

ROOT = Path(__file__).parent.parent
X = np.array([0.5, -1.2, 0.8])
V = np.array([1.0, 0.0, -2.0])
SCALE = 2.0


def cubes(x):
    return SCALE * np.sum(x**3)


def scaled(factor, x, *, power=2):
    return factor * np.sum(x**power)


@grad
def decorated(x):
    return np.sum(np.sin(x) * x)


@grad(argnums=1)
def decorated_with_arguments(a, x):
    return a * np.sum(x * x)


@hvp
def decorated_product(x):
    return np.sum(x**4)


@grad
@functools.partial(lambda f, k: f, k=1)
def decorated_twice(x):
    return np.sum(x * x * x)


@custom_vjp
def clipped(x):
    return np.sum(x)


clipped.defvjp(lambda x: (np.sum(x), x), lambda x, bar: (np.clip(bar * x, -1.0, 1.0),))


@custom_jvp
def softplus(x):
    return np.log1p(np.exp(x))


softplus.defjvps(lambda x_dot, value, x: x_dot / (1.0 + np.exp(-x)))


@checkpoint
def remembered(x):
    return np.sin(np.exp(x))


@checkpoint
@custom_jvp
def both(x):
    return np.sin(x)


both.__wrapped__.defjvps(lambda x_dot, value, x: x_dot * np.cos(x))


def through_checkpoints(x):
    return np.sum(remembered(x) * both(x))


def through_clipped(x):
    return 3.0 * clipped(x)


class Model:
    def __init__(self, weight):
        self.weight = weight

    def loss(self, x):
        return self.weight * np.sum(x**2)

    @grad(argnums=1)
    def slope(self, x):
        return self.weight * np.sum(x**3)

    def __call__(self, x):
        return self.weight * np.sum(x**4)


def made_here(shift):
    def shifted(x):
        return np.sum((x - shift) ** 2)

    return shifted


MODULE_LEVEL: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "function": (lambda: grad(cubes), (X,)),
    "value_and_grad": (lambda: value_and_grad(cubes), (X,)),
    "options": (lambda: grad(scaled, argnums=[0, "x"]), (2.0, X)),
    "decorated": (lambda: decorated, (X,)),
    "decorated_with_arguments": (lambda: decorated_with_arguments, (2.0, X)),
    "decorated_product": (lambda: decorated_product, (X, V)),
    "decorated_twice": (lambda: decorated_twice, (X,)),
    "of_a_decorated_one": (lambda: jacobian(decorated), (X,)),
    "nested": (lambda: grad(lambda_free_sum), (X,)),
    "second": (lambda: jacobian(grad(cubes)), (X,)),
    "hessian": (lambda: hessian(cubes), (X,)),
    "hvp": (lambda: hvp(cubes), (X, V)),
    "vhp": (lambda: vhp(cubes), (X, V)),
    "derivative": (lambda: derivative(square, n=2), (1.5,)),
    "partial": (lambda: grad(functools.partial(scaled, 3.0, power=3)), (X,)),
    "partial_of_one": (lambda: functools.partial(grad(scaled, argnums=1), 3.0), (X,)),
    "bound_method": (lambda: grad(Model(2.0).loss), (X,)),
    "decorated_method": (lambda: Model(2.0).slope, (X,)),
    "callable_object": (lambda: grad(Model(2.0)), (X,)),
    "plain": (lambda: grad(cubes, optimize=False), (X,)),
    "custom_vjp": (lambda: grad(through_clipped), (X,)),
    "custom_vjp_itself": (lambda: grad(clipped), (X,)),
    "checkpoint": (lambda: remembered, (X,)),
    "checkpoint_of_a_method": (lambda: checkpoint(Model(2.0).loss), (X,)),
    "through_checkpoints": (lambda: grad(through_checkpoints), (X,)),
    "custom_jvp": (lambda: derivative(softplus), (0.3,)),
}


def square(x):
    return x * x * x


def lambda_free_sum(x):
    return np.sum(grad(cubes)(x) ** 2)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", MODULE_LEVEL)
def test_round_trip(name: str, protocol: int) -> None:
    """Before and after it was called."""
    make, args = MODULE_LEVEL[name]
    f = make()
    fresh = pickle.loads(pickle.dumps(f, protocol))
    wanted = f(*args)
    assert_same_value(fresh(*args), wanted)
    again = pickle.loads(pickle.dumps(f, protocol))
    assert_same_value(again(*args), wanted)
    assert getattr(again, "source", None) == getattr(f, "source", None)
    assert type(again) is type(f)


def test_names_give_the_same_object() -> None:
    for f in (decorated, decorated_product, clipped, softplus):
        assert pickle.loads(pickle.dumps(f)) is f
        assert copy.copy(f) is f
        assert copy.deepcopy(f) is f


def test_copies_of_others() -> None:
    f = grad(cubes)
    for g in (copy.copy(f), copy.deepcopy(f)):
        assert_same_value(g(X), f(X))
        assert g.transforms == f.transforms


def test_what_plain_pickle_cannot_do_it_says() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match=r"lambda|local"):
        pickle.dumps(grad(lambda x: x * x))
    with pytest.raises((pickle.PicklingError, AttributeError), match=r"made_here|local"):
        pickle.dumps(grad(made_here(1.0)))


def test_cloudpickle_takes_closures_and_lambdas() -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    factor = 3.0
    made = {
        "closure": grad(made_here(0.5)),
        "lambda": grad(lambda x: factor * np.sum(x**2)),
        "nested": grad(lambda x: np.sum(grad(made_here(0.5))(x) ** 2)),
        "decorated": decorated,
        "checkpoint": grad(lambda x: np.sum(checkpoint(lambda y: factor * np.sin(y))(x))),
        "partial": grad(functools.partial(lambda a, x: a * np.sum(x**3), 2.0)),
    }
    for f in made.values():
        again = pickle.loads(cloudpickle.dumps(f))
        assert_same_value(again(X), f(X))
        assert again.source == f.source


@pytest.mark.parametrize("name", [n for n in MODULE_LEVEL])
def test_cloudpickle_takes_what_pickle_takes(name: str) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    make, args = MODULE_LEVEL[name]
    f = make()
    assert_same_value(pickle.loads(cloudpickle.dumps(f))(*args), f(*args))


SCRIPT = """
    import pickle, sys
    import numpy as np
    from adcompile import custom_vjp, grad, hvp

    def helper(x):
        return np.sin(x) * x

    @grad
    def f(x):
        return np.sum(helper(x))

    @custom_vjp
    def c(x):
        return np.sum(x)

    def c_fwd(x):
        return c(x), x

    def c_bwd(x, bar):
        return (2.0 * bar * x,)

    c.defvjp(c_fwd, c_bwd)

    @hvp
    def p(x):
        return np.sum(helper(x) * x)

    def plain(x):
        return f(x)[0] * c(x)

    X = np.array([0.5, -1.2])
    TASKS = {"f": (f, (X,)), "p": (p, (X, X)), "c": (grad(c), (X,)), "plain": (grad(plain), (X,))}
"""

SENDER = """
    import cloudpickle
    if __name__ == "__main__":
        values = {k: g(*a) for k, (g, a) in TASKS.items()}
        with open(sys.argv[1], "wb") as out:
            cloudpickle.dump({k: (g, a, values[k]) for k, (g, a) in TASKS.items()}, out)
"""

RECEIVER = """
    import pickle, sys
    import numpy as np
    with open(sys.argv[1], "rb") as file:
        tasks = pickle.load(file)
    for name, (g, args, value) in tasks.items():
        assert np.array_equal(g(*args), value), name
    print(len(tasks))
"""


def run(path: Path, text: str, *args: str) -> str:
    path.write_text("".join(textwrap.dedent(part) for part in text.split("%%")))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ADCOMPILE_CACHE": "0"}
    done = subprocess.run(
        [sys.executable, str(path), *args], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_cloudpickle_takes_functions_of_main_to_another_program(tmp_path: Path) -> None:
    pytest.importorskip("cloudpickle")
    data = str(tmp_path / "tasks")
    run(tmp_path / "sender.py", SCRIPT + "%%" + SENDER, data)
    assert run(tmp_path / "receiver.py", RECEIVER, data) == "4"


def test_cloudpickle_takes_functions_that_are_in_no_file(tmp_path: Path) -> None:
    """As in a notebook: their text goes along."""
    pytest.importorskip("cloudpickle")
    data = str(tmp_path / "tasks")
    sender = f"""
        import linecache, sys
        text = {textwrap.dedent(SCRIPT)!r}
        linecache.cache["<cell 1>"] = (len(text), None, text.splitlines(True), "<cell 1>")
        exec(compile(text, "<cell 1>", "exec"), globals())
    """
    run(tmp_path / "sender.py", sender + "%%" + SENDER, data)
    assert run(tmp_path / "receiver.py", RECEIVER, data) == "4"


POOL = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    if __name__ == "__main__":
        method, = sys.argv[1:]
        context = multiprocessing.get_context(method)
        f(X), p(X, X)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            for name, (g, args) in TASKS.items():
                assert np.array_equal(pool.submit(g, *args).result(), g(*args)), name
        with context.Pool(1) as pool:
            (found,) = pool.map(f, [X])
            assert np.array_equal(found, f(X))
        print("done")
"""


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_functions_of_main_in_worker_processes(method: str, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    assert run(tmp_path / "script.py", SCRIPT + "%%" + POOL, method) == "done"


def test_functions_of_a_module_in_worker_processes() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for f, args in ((decorated, (X,)), (grad(cubes), (X,)), (Model(2.0).slope, (X,))):
            assert_same_value(pool.submit(f, *args).result(), f(*args))


JOBLIB = """
    import joblib
    if __name__ == "__main__":
        local = grad(lambda x: np.sum(helper(x) ** 2))
        for g in (f, local):
            found = joblib.Parallel(n_jobs=2)(joblib.delayed(g)(k * X) for k in range(3))
            assert all(np.array_equal(a, g(k * X)) for k, a in enumerate(found))
        print("done")
"""


def test_joblib_runs_derivatives(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    assert run(tmp_path / "script.py", SCRIPT + "%%" + JOBLIB) == "done"
