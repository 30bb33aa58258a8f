"""scipy.optimize and scipy.integrate: solutions as functions of what they depend on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adcompile import ADCompileError, MissingRule, grad, jvp
from tests.rules.checking import check, real, row

so = pytest.importorskip("scipy.optimize")
si = pytest.importorskip("scipy.integrate")

TIMES = np.array([0.0, 0.3, 0.7, 1.5])
TIGHT = "rtol=1e-11, atol=1e-11"


def cubic(x, k, c):
    return x**3 + k * x - np.sin(c)


def cubic_slope(x, k, c):
    return 3 * x**2 + k


def system(v, k, c):
    return [v[0] ** 2 + k * v[1] - 3, v[0] * v[1] - c]


def bowl(x, w, b):
    return np.sum((x - w) ** 2) + b * np.sum(np.cosh(x)) + 0.2 * x[0] * x[1]


def pendulum(t, y, k, d):
    return np.array([y[1], -k * np.sin(y[0]) - d * y[1] + np.cos(t)])


def swinging(y, t, k):
    return [y[1], -k * np.sin(y[0])]


def case(body, **more):
    names = {f.__name__: f for f in (cubic, cubic_slope, system, bowl, pendulum, swinging, grad)}
    return replace(row(body, **more), fixed={**names, "so": so, "si": si, "T": TIMES})


K, C = real(signed=False), real(signed=False)

ROOTS = [
    *(
        case(f"so.{name}(cubic, -5.0, 5.0, args=(k, c))", k=K, c=C, order=1 + (name == "brentq"))
        for name in ("brentq", "brenth", "ridder", "bisect", "toms748")
    ),
    case("so.brentq(lambda x: k * x + x**3 - c, -5.0, 5.0, xtol=1e-14)**2", k=K, c=C),
    case("so.newton(cubic, 1.0, args=(k, c))", k=K, c=C, order=1),
    case("so.newton(cubic, c, fprime=cubic_slope, args=(k, c))", k=K, c=C),
    case("so.root_scalar(cubic, args=(k, c), bracket=[-5, 5], method='brentq').root", k=K, c=C),
    case("so.root_scalar(cubic, args=(k, c), x0=1.0, fprime=cubic_slope).root", k=K, c=C, order=1),
    case("so.fsolve(system, np.array([1.0, 1.0]), args=(k, c), xtol=1e-13)", k=K, c=C),
    case("so.fsolve(lambda v: v**3 + v - w, np.ones(3), xtol=1e-13)", w=real(3)),
    case("r = so.root(system, [1.0, 1.0], args=(k, c), tol=1e-13)\nr.x", k=K, c=C),
    case("so.fixed_point(lambda x: np.cos(k * x), 0.5, xtol=1e-13)", k=K),
    case("so.fixed_point(lambda x: np.sqrt(w / (x + 1.0)), np.ones(2), xtol=1e-13)",
         w=real(2, signed=False)),
]  # fmt: skip

MINIMA = [
    case("r = so.minimize(bowl, np.ones(3), args=(w, b), jac=grad(bowl), tol=1e-11)\n(r.x, r.fun)",
         w=real(3), b=C),
    case("so.minimize(lambda x: bowl(x, w, 0.3), np.ones(2), tol=1e-11, "
         "options={'maxiter': 50}).fun", w=real(2), order=1, tolerance=1e-4),
    case("so.minimize(bowl, np.ones(2), (w, 0.5), 'Newton-CG', jac=grad(bowl), "
         "options={'xtol': 1e-12}).x", w=real(2), order=1, tolerance=1e-4),
    case("so.minimize_scalar(lambda x: (x - k)**2 + 0.1 * np.cosh(x)).fun", k=K, order=1),
    case("so.minimize_scalar(lambda x: (x - k)**2 + np.exp(x), tol=1e-14).x", k=K, order=1,
         tolerance=1e-4),
]  # fmt: skip

INTEGRALS = [
    case("si.quad(lambda x: np.exp(-k * x * x) * np.sin(x + c), -k, c)[0]", k=K, c=C),
    case("si.quad(lambda x, s: np.exp(-s * x * x) * (w[0] + w[1] * x * x), -np.inf, np.inf, "
         "args=(k,))[0]", w=real(2), k=K),
    case("value, error = si.quad(lambda x: np.sqrt(x + k), 0, 2.0, epsabs=1e-12)\nvalue * k", k=K,
         order=1),
    case("si.quad_vec(lambda x: np.exp(-w * x), 0.0, k)[0]", w=real(2, signed=False), k=K),
    case("si.quad(lambda x: np.abs(x - 0.3)**1.5 * np.exp(-k * x), 0.0, 1.0, points=[0.3], "
         "epsabs=1e-12, limit=90)[0]", k=K),
    case("si.quad_vec(lambda x: np.cos(w * x), 0.0, 1.0, epsrel=1e-10, norm='max')[0]", w=real(2),
         order=1),
    case("si.trapezoid(y, x)", x=real(5), y=real(5)),
    case("si.trapezoid(y, dx=0.1, axis=0)", y=real(3, 2), order=1),
    case("si.cumulative_trapezoid(y, x, initial=0)", x=real(5), y=real(5)),
    case("si.cumulative_trapezoid(y, dx=h, axis=0)", y=real(4, 2), h=K, order=1),
    *(case("si.simpson(y, x=np.cumsum(x))", x=real(n, signed=False), y=real(n)) for n in (2, 5, 6)),
    case("si.simpson(y, dx=h)", y=real(7), h=K, order=1),
    case("si.simpson(y, axis=0)", y=real(6, 2), order=1),
]  # fmt: skip

PROBLEMS = [
    # A right side in single precision is too rough for the tolerances: see below.
    case(f"si.odeint(swinging, y0, T, args=(k,), {TIGHT})", y0=real(2), k=K, tolerance=1e-5,
         narrow=False),
    case(f"si.odeint(lambda t, y: -k * y * y, c, T, tfirst=True, {TIGHT})", k=K, c=C, order=1,
         tolerance=1e-5),
    case(f"si.solve_ivp(pendulum, (0, 1.5), y0, t_eval=T, args=(k, d), {TIGHT}).y", y0=real(2), k=K,
         d=C, tolerance=1e-5),
    case(f"si.solve_ivp(pendulum, [0, 1.5], y0, 'DOP853', T[2:], args=(k, 0.1), {TIGHT}).y[0]",
         y0=real(2), k=K, order=1, tolerance=1e-5),
    case(f"s = si.solve_ivp(lambda t, y: A @ y, (0, 1), y0, 'LSODA', {TIGHT})\ns.y[:, -1]",
         A=real(2, 2), y0=real(2), order=1, tolerance=1e-5),
    case(f"si.solve_ivp(lambda t, y: -k * (y - np.cos(t)), (1.5, 0), [c], t_eval=T[::-1], {TIGHT})"
         ".y", k=K, c=C, order=1, tolerance=1e-5),
]  # fmt: skip


@pytest.mark.parametrize("case", [*ROOTS, *MINIMA], ids=str)
def test_solutions(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", INTEGRALS, ids=str)
def test_integrals(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", PROBLEMS, ids=str)
def test_initial_value_problems(case, tmp_path):
    check(case, tmp_path)


def test_a_solver_in_a_loop():
    def total(k):
        s = 0.0
        for i in range(3):
            s = s + so.brentq(lambda x, n=i: x**3 + k * x - n - s, -5.0, 5.0)
        return s

    h = 1e-6
    expected = (total(1.2 + h) - total(1.2 - h)) / (2 * h)
    np.testing.assert_allclose(grad(total)(1.2), expected, rtol=1e-7)
    np.testing.assert_allclose(jvp(total, (1.2,), (1.0,))[1], expected, rtol=1e-7)


def nested(k):
    """A solver in the function that a solver calls."""
    return so.brentq(lambda x: x - si.quad(lambda t: np.exp(-k * t * x), 0.0, 1.0)[0], 0.0, 5.0)


def test_solvers_nest():
    h = 1e-5
    expected = (nested(0.8 + h) - nested(0.8 - h)) / (2 * h)
    np.testing.assert_allclose(grad(nested)(0.8), expected, rtol=1e-6)
    np.testing.assert_allclose(jvp(nested, (0.8,), (1.0,))[1], expected, rtol=1e-6)


def bounded(k):
    return so.minimize(lambda x: np.sum((x - k) ** 2), np.ones(1), bounds=[(0, 1)]).fun


def constrained(k):
    cons = {"type": "eq", "fun": lambda x: x[0] - 1.0}
    return so.minimize(lambda x: np.sum((x - k) ** 2), np.ones(1), constraints=cons).fun


def with_events(k):
    return np.sum(si.solve_ivp(pendulum, (0, 1), [k, 1.0], events=[cubic], args=(k, k)).y)


def printing(k):
    def noisy(x):
        print(x)
        return x - k

    return so.brentq(noisy, -5.0, 5.0)


def fitted(k):
    return so.curve_fit(cubic, TIMES, TIMES * k)[0][0]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (bounded, "bounds"),
        (constrained, "constraints"),
        (with_events, "events"),
        (printing, "called by a solver"),
        (fitted, "curve_fit is not supported"),
    ],
)
def test_refused(function, says):
    with pytest.raises(ADCompileError, match=says) as error:
        grad(function)(0.5)
    assert "test_scipy_solvers.py" in str(error.value)


def test_times_are_constants():
    def final(T):
        return si.odeint(swinging, [1.0, 0.0], np.array([0.0, 1.0]) * T, args=(1.0,))[-1, 0]

    with pytest.raises(MissingRule, match="ts"):
        grad(final)(1.0)


def roughly(k):
    y = si.odeint(swinging, [0.5, 1.2], TIMES, args=(k,), rtol=1e-5, atol=1e-5)
    return np.sum(y**2)


def finely(k):
    y = si.odeint(swinging, [0.5, 1.2], TIMES, args=(k,), rtol=1e-11, atol=1e-11)
    return np.sum(y**2)


def test_single_precision_of_odeint():
    k = np.float32(1.3)
    slope = grad(roughly)(k)
    assert type(slope) is np.float32
    assert slope == pytest.approx(grad(finely)(np.float64(k)), rel=1e-4)


@pytest.mark.filterwarnings("ignore:Excess work")
def test_a_solver_that_gives_up_raises():
    """SciPy's odeint only warns, and returns what it has."""
    with pytest.raises(RuntimeError, match="odeint does not reach"):
        grad(finely)(np.float32(1.3))
