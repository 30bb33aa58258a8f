"""Indices that cannot name a place twice are added to directly; all others accumulate."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import grad
from tests.checks import Probe, check_duality, check_reverse


def rows(x, y):
    return np.sum(x[np.arange(len(y)), y] ** 2)


def order(x, y):
    return np.sum(x[np.argsort(x[:, 0])[1:], 1] ** 2 * y[1:])


def later(x, y):
    return np.sum(x[np.arange(1, 4), 2] ** 3)


def crossed(x, y):
    i = np.arange(2)
    return np.sum(x[i[:, None], np.array([[0, 0], [2, 1]])] ** 2)


def wrapped(x, y):
    return np.sum(x[np.arange(8) - 4, 0] ** 2)


def below_zero(x, y):
    return np.sum(x[np.arange(-4, 4), 0] ** 2)


def chosen(x, y):
    return np.sum(x[y, y - y] ** 2)


def written(x, y):
    z = x * 1.0
    z[np.arange(4), y] = x[0, 1] * np.arange(4.0)
    return np.sum(z * z * x)


def written_twice(x, y):
    z = x * 1.0
    z[np.arange(8) % 4, 1] = x[0, 1] * np.arange(8.0)
    return np.sum(z * z * x)


DIRECT = [rows, order, later, written]
ACCUMULATED = [crossed, wrapped, below_zero, chosen]


@pytest.mark.parametrize("f", [*DIRECT, *ACCUMULATED, written_twice], ids=lambda f: f.__name__)
def test_gradient(f):
    x = np.random.default_rng(0).normal(size=(4, 3))
    probe = Probe(f, lambda: (x.copy(), np.array([2, 0, 0, 1])), (0,), {}, seed=1)
    check_reverse(probe)
    check_duality(probe)


@pytest.mark.parametrize("f", [*DIRECT, *ACCUMULATED], ids=lambda f: f.__name__)
def test_text(f):
    compiled = grad(f)
    compiled(np.random.default_rng(0).normal(size=(4, 3)), np.array([2, 0, 0, 1]))
    assert ("np.add.at" in compiled.source) == (f in ACCUMULATED), compiled.source
