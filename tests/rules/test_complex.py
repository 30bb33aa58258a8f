"""Complex numbers: parts, elementwise functions, real values among complex ones, writes."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import NonScalarOutput, NotDifferentiable, grad, jvp, value_and_grad, vjp
from tests.rules.checking import check, comp, real, row

SMOOTH = """exp expm1 log log1p log2 log10 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh
    arcsinh arccosh arctanh square reciprocal exp2""".split()

ROWS = [
    *(row(f"np.{name}(z)", z=comp(3), order=1 + (k % 3 == 0)) for k, name in enumerate(SMOOTH)),
    row("np.real(z) * np.imag(z)", z=comp(3)),
    row("z.real**2 + z.imag**3", z=comp(2, 2)),
    row("np.real(z) + np.imag(z)", z=real(3)),
    row("z * np.conj(z) * z.conj()", z=comp(3)),
    row("np.conj(z) * z.conjugate()", z=real(3)),
    row("np.abs(z)", z=comp(3)),
    row("abs(z)**3", z=comp()),
    row("np.abs(z) * w", z=comp(2, 3), w=comp(3)),
    row("np.angle(z)", z=comp(3)),
    row("np.angle(z, deg=True)", z=comp(3), order=1),
    row("np.angle(z) * z", z=real(3)),
    row("z + w", z=comp(2, 3), w=real(3)),
    row("x - z", z=comp(3), x=real()),
    row("z * w", z=comp(3), w=real(2, 3)),
    row("z * x", z=comp(3), x=real()),
    row("x / z", z=comp(3), x=real(3)),
    row("z / x", z=comp(), x=real(3)),
    row("1j * x + 2", x=real(3)),
    row("np.exp(1j * x)", x=real()),
    row("complex(x, y)**2", x=real(), y=real()),
    row("z**2 + z**3 + z**-1", z=comp(3)),
    row("z**2.5", z=comp(3)),
    row("z**w", z=comp(3), w=comp(3)),
    row("x**w", x=real(3, signed=False), w=comp(3)),
    row("z**x", z=comp(3), x=real(3)),
    row("np.sum(z, axis=0) * np.mean(z)", z=comp(2, 3)),
    row("np.prod(z)", z=comp(3)),
    row("np.where(x > 0, z, x)", z=comp(4), x=real(4)),
    row("np.concatenate([z, x]) ** 2", z=comp(2), x=real(3)),
    row("np.stack([x, z]) ** 2", z=comp(3), x=real(3)),
    row("np.array([x[0], z[1]]) ** 2", z=comp(3), x=real(3)),
    row("x.astype(complex) * z", z=comp(3), x=real(3)),
    row("out = np.zeros(3, dtype=complex)\nout[1:] = x\nout * z", z=comp(3), x=real(2)),
    row("out = z * 1.0\nout[[0, 0, 1]] = x\nout * z", z=comp(3), x=real(3)),
    row("out = z * 1.0\nout.real[1] = x[0]\nout.imag[:] = x\nout * z", z=comp(3), x=real(3)),
    row("out = z * 1.0\nout.imag[1:] += x * x\nout * z", z=comp(3), x=real(2)),
    row("out = z * 1.0\nout *= x\nout += x\nout * out", z=comp(3), x=real(3)),
    row("p = z * z\np.real * x * z.imag", z=comp(3), x=real(3)),
    row("z.T * z.T", z=comp(2, 3)),
    row("np.sum(np.abs(z)) ** 2 * z[1:]", z=comp(3)),
]  # fmt: skip


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_row(case, tmp_path):
    check(case, tmp_path)


def modulus(z):
    return abs(z) ** 2


def test_a_python_complex_number_has_a_complex_gradient():
    gradient = grad(modulus)(1 + 2j)
    assert type(gradient) is complex
    assert gradient == 2 - 4j
    value, tangent = jvp(modulus, (1 + 2j,), (1j,))
    assert type(value) is type(tangent) is float
    assert (value, tangent) == (pytest.approx(5.0), pytest.approx(4.0))


def mapped(z, x):
    return np.exp(1j * z) * x


def test_vjp_transposes_without_conjugation():
    z, x = np.array([0.3 + 0.1j, -0.2j]), np.array([1.0, 2.0])
    value, pullback = vjp(mapped, z, x)
    z_bar, x_bar = pullback(np.ones(2))
    np.testing.assert_allclose(z_bar, 1j * value)
    np.testing.assert_allclose(x_bar, np.real(value / x))
    assert x_bar.dtype == float
    _, tangent = jvp(mapped, (z, x), (np.ones(2), None))
    np.testing.assert_allclose(tangent, 1j * value)


def complex_result(z):
    return z**2


def test_a_complex_result_needs_a_real_part():
    with pytest.raises(NonScalarOutput, match="complex"):
        grad(complex_result)(1 + 2j)


def test_holomorphic_functions_have_a_complex_derivative():
    for optimize in (True, False):
        derivative = grad(complex_result, holomorphic=True, optimize=optimize)
        assert derivative(1 + 2j) == 2 + 4j
        assert type(derivative(1 + 2j)) is complex
    value, slope = value_and_grad(complex_result, holomorphic=True)(np.complex64(2j))
    assert (value, slope) == (-4, 4j)
    assert type(slope) is np.complex64
    with pytest.raises(NotDifferentiable, match="must be complex"):
        grad(complex_result, holomorphic=True)(2.0)


def evolve(psi, h, steps):
    """A loop over complex states, with a real control, a branch and writes."""
    norm = 0.0
    trace = np.zeros((4, 2), dtype=complex)
    for t in range(steps):
        psi = psi - 0.1j * (h @ psi)
        if np.abs(psi[0]) > np.abs(psi[1]):
            psi = psi * np.exp(1j * h[0, 0])
        else:
            psi = psi / (1 + 0.1 * h[1, 1] ** 2)
        trace[t] = psi
        norm += np.abs(psi[0]) ** 2
    return norm + np.sum(np.abs(trace.real) ** 2) + np.vdot(psi, psi).real


def accumulated(z, n):
    """A sum that starts as a real number, in a loop."""
    total = 0.0
    for k in range(n):
        total = total + z[k] * z[k]
    return (total * np.conj(total)).real


@pytest.mark.parametrize("optimize", [True, False])
def test_loops_over_complex_states(optimize):
    psi, h = np.array([1.0 + 0.2j, 0.4j]), np.array([[0.5, 0.2], [0.2, -0.3]])
    value, (psi_bar, h_bar) = value_and_grad(evolve, argnums=(0, 1), optimize=optimize)(psi, h, 4)
    assert value == pytest.approx(evolve(psi, h, 4))
    for k in range(2):
        for unit in (1e-6, 1e-6j):
            step = np.zeros(2, complex)
            step[k] = unit
            slope = (evolve(psi + step, h, 4) - evolve(psi - step, h, 4)) / 2e-6
            assert slope == pytest.approx(np.real(psi_bar[k] * unit / 1e-6), rel=1e-7)
    assert h_bar.dtype == float
    direction = np.array([[0.3, -1.0], [0.5, 0.2]])
    _, tangent = jvp(evolve, (psi, h, 4), (None, direction, None))
    assert tangent == pytest.approx(np.sum(h_bar * direction))
    z = np.array([0.5 + 1j, 2.0, -1j])
    g = grad(accumulated, optimize=optimize)(z, 3)
    np.testing.assert_allclose(g, 4 * np.conj(np.sum(z * z)) * z)
    assert g.dtype == complex


def chosen(z, x):
    """A branch that gives a real number on one path and a complex one on the other."""
    if x > 0:
        y = z * x
    else:
        y = x
    return np.abs(y) ** 2


@pytest.mark.parametrize("x", [0.5, -0.5])
def test_branches_of_different_fields(x):
    z = np.complex128(1 - 2j)
    z_bar, x_bar = grad(chosen, argnums=(0, 1))(z, x)
    if x > 0:
        assert z_bar == pytest.approx(2 * x * x * np.conj(z))
        assert x_bar == pytest.approx(2 * x * abs(z) ** 2)
    else:
        assert z_bar == 0
        assert x_bar == pytest.approx(2 * x)
    assert type(x_bar) is float


def test_abs_at_zero_has_the_least_subgradient():
    assert grad(modulus)(0j) == 0
    np.testing.assert_array_equal(grad(lambda z: np.sum(np.abs(z)))(np.zeros(2, complex)), 0)
