"""scipy.sparse: constant matrices beside dense arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adcompile import ADCompileError, grad
from tests.rules.checking import check, comp, real, row

sp = pytest.importorskip("scipy.sparse")
sl = pytest.importorskip("scipy.sparse.linalg")

DENSE = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0], [0.5, 0.0, 4.0], [0.0, 1.0, 0.0]])
KINDS = {
    name: getattr(sp, name)(DENSE)
    for name in ("csr_array", "csc_array", "coo_array", "dia_array", "csr_matrix", "csc_matrix",
                 "coo_matrix", "dia_matrix", "bsr_array", "lil_array", "dok_array", "dok_matrix")
}  # fmt: skip
SQUARE = sp.csc_array(DENSE[:3])


def case(body, A, **more):
    return replace(row(body, **more), fixed={"A": A, "sl": sl, "S": SQUARE})


ROWS = [
    *(case("A @ x", A, x=real(3)) for A in KINDS.values()),
    *(case("A.T @ x", A, x=real(4), order=1) for A in KINDS.values()),
    *(case("x @ A.T + A.T.T @ x", A, x=real(3), order=1) for A in KINDS.values()),
    *(case("x @ A.T", A, x=real(2, 3), order=1) for A in KINDS.values()),
    *(case("A.dot(x)", A, x=real(3, 2), order=1) for A in list(KINDS.values())[::3]),
    case("x @ A", KINDS["csr_array"], x=real(4)),
    case("x @ A", KINDS["coo_matrix"], x=real(2, 4), order=1),
    case("A * x", KINDS["csr_matrix"], x=real(3), order=1),
    case("np.sum(np.sin(A @ x)) * x", KINDS["csr_array"], x=real(3)),
    case("A @ x", KINDS["csr_array"] * 1j, x=comp(3)),
    case("sl.spsolve(S, x)**2", None, x=real(3)),
    case("sl.spsolve(S, x)", None, x=real(3, 2), order=1),
]


@pytest.mark.parametrize("case", ROWS, ids=lambda r: f"{type(r.fixed['A']).__name__} {r}")
def test_row(case, tmp_path):
    check(case, tmp_path)


A = KINDS["csr_array"]


@pytest.mark.parametrize("kind", [k for k in KINDS if k[:3] not in ("lil", "dok")])
def test_the_matrix_is_read_at_each_call(kind):
    B = getattr(sp, kind)(DENSE)

    def f(x):
        return np.sum(B.T @ (B @ x))

    gradient = grad(f)
    before = gradient(np.ones(3))
    B.data *= 2.0
    np.testing.assert_allclose(gradient(np.ones(3)), 4 * before)


def twice(x):
    return np.sum((2.0 * A) @ x)


def added(x):
    return np.sum((A.T + A.T) @ x)


def opposite(x):
    return np.sum((-A) @ x)


@pytest.mark.parametrize("function", [twice, added, opposite])
def test_arithmetic_of_constants_is_not_decided_at_compile_time(function):
    with pytest.raises(ADCompileError, match="may change from call to call"):
        grad(function)(np.ones(3))


def active_entries(d):
    return np.sum(sp.csr_array((d, [0, 1], [0, 1, 2])) @ np.ones(2))


def scaled(x):
    return np.sum((A * x[0]) @ x)


def multiplied(x):
    return np.sum(A.multiply(x) @ x)


def factored(x):
    return np.sum(sl.factorized(SQUARE)(x))


@pytest.mark.parametrize(
    ("function", "says"),
    [(active_entries, "np.add.at"), (scaled, "@"), (multiplied, "@"), (factored, "spsolve")],
)
def test_refused(function, says):
    with pytest.raises(ADCompileError, match=says) as error:
        grad(function)(np.ones(3)[: 2 if function is active_entries else 3])
    assert "test_scipy_sparse.py" in str(error.value)
