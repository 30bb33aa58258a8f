"""Checkpoints: the same numbers from less memory; draws and effects once."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from adcompile import grad, hessian, hvp, jacrev, jvp, value_and_grad, vjp
from tests import checkpoint_programs
from tests.checkpoint_programs import PROGRAMS

U = np.array([0.3, -0.4, 0.8, 0.55])
K = 0.7
LENGTHS = (0, 1, 2, 3, 4, 9, 21)


def plain_module():
    """The same programs, with checkpoints that do nothing."""
    text = inspect.getsource(checkpoint_programs)
    text = text.replace(
        "from adcompile import checkpoint, checkpointed",
        "checkpoint = lambda f: f\ncheckpointed = lambda iterable, snapshots: iterable",
    )
    names = {}
    from tests.helpers import import_source
    import tempfile

    module = import_source(text, tempfile.mkdtemp(), "plain_programs", **names)
    return module.PROGRAMS


PLAIN = plain_module()


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_first_order(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    both, expected = (value_and_grad(g, argnums=(0, 1)) for g in (f, plain))
    alone = grad(f)
    for n in LENGTHS:
        value, bars = both(U, K, n)
        want, bars_wanted = expected(U, K, n)
        assert value == f(U, K, n) == want
        for a, b in zip(bars, bars_wanted, strict=True):
            close(a, b)
        close(alone(U, K, n), bars_wanted[0])


@pytest.mark.parametrize("name", PROGRAMS)
def test_unoptimised(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    for n in (0, 2, 9):
        close(grad(f, optimize=False)(U, K, n), grad(plain)(U, K, n))


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullback_twice(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    for n in (1, 9):
        u = U.copy()
        value, back = vjp(f, u, K, n)
        u[:] = 0.0
        expected = grad(plain, argnums=(0, 1))(U, K, n)
        for bar in (1.0, 2.0):
            for a, b in zip(back(bar)[:2], expected, strict=True):
                close(a, bar * np.asarray(b))


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    v = np.array([0.1, 0.2, -0.3, 1.0])
    for n in (0, 3, 9):
        for a, b in zip(
            jvp(f, (U, K, n), (v, 1.0, None)), jvp(plain, (U, K, n), (v, 1.0, None)), strict=True
        ):
            close(a, b)


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_over_reverse(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    v = np.array([0.1, 0.2, -0.3, 1.0])
    for n in (0, 1, 3, 9):
        along = hvp(lambda u, n=n: f(u, K, n))(U, v)
        close(along, hvp(lambda u, n=n: plain(u, K, n))(U, v))
    close(hessian(f)(U, K, 5), hessian(plain)(U, K, 5))


@pytest.mark.parametrize("name", PROGRAMS)
def test_reverse_over_reverse(name):
    f, plain = PROGRAMS[name], PLAIN[name]
    for n in (0, 1, 3, 9):
        close(jacrev(grad(f))(U, K, n), jacrev(grad(plain))(U, K, n))
        close(grad(grad(f, argnums=1), argnums=1)(U, K, n),
              grad(grad(plain, argnums=1), argnums=1)(U, K, n))
