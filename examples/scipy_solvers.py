"""SciPy's solvers with exact derivatives: minimize, least_squares, root and curve_fit.

Each solver takes a compiled function where it asks for derivatives, as it is. Needs SciPy.
"""

import numpy as np
from scipy.optimize import curve_fit, least_squares, minimize, root

from adcompile import hessian, hvp, jacfwd, value_and_grad


def rosenbrock(x):
    """Its least value is 0, at (1, 1, ..., 1)."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def minimise(n: int = 6) -> dict[str, np.ndarray]:
    """The minimum by a gradient, by a Hessian, and by products with the Hessian."""
    start = np.full(n, -0.5)
    f = value_and_grad(rosenbrock)
    found = {
        "BFGS, jac=True": minimize(f, start, jac=True, method="BFGS"),
        "Newton-CG, hess": minimize(
            f, start, jac=True, hess=hessian(rosenbrock), method="Newton-CG"
        ),
        "trust-ncg, hessp": minimize(
            f, start, jac=True, hessp=hvp(rosenbrock), method="trust-ncg", tol=1e-10
        ),
    }
    for name, result in found.items():
        print(f"{name:18} {result.nfev:4} evaluations   |x - 1| = {abs(result.x - 1).max():.1e}")
        assert np.allclose(result.x, 1.0, atol=1e-4)
    return {name: result.x for name, result in found.items()}


def decay(t, height, rate, floor):
    """An exponential that falls to a floor."""
    return height * np.exp(-rate * t) + floor


def residuals(p, t, y):
    """What the curve leaves of the data."""
    return decay(t, p[0], p[1], p[2]) - y


def decay_jacobian(t, *p):
    """A column for each parameter, as curve_fit wants it."""
    return np.column_stack(jacfwd(decay, argnums=(1, 2, 3))(t, *p))


def fit() -> np.ndarray:
    """The parameters of noisy data, by two solvers."""
    rng = np.random.default_rng(0)
    t = np.linspace(0.0, 4.0, 50)
    y = decay(t, 2.5, 1.3, 0.5) + 0.01 * rng.normal(size=t.size)
    start = np.array([1.0, 1.0, 0.0])
    squares = least_squares(residuals, start, jac=jacfwd(residuals), args=(t, y))
    curve, _ = curve_fit(decay, t, y, p0=start, jac=decay_jacobian)
    print(f"least_squares      {squares.x}\ncurve_fit          {curve}")
    assert np.allclose(squares.x, curve, atol=1e-6)
    return curve


def equilibrium(x):
    """Two reactions at rest."""
    a, b = x
    return np.array([a + 0.5 * (a - b) ** 3 - 1.0, 0.5 * (b - a) ** 3 + b])


def solve() -> np.ndarray:
    """A root of the equations, by Powell's hybrid method with the Jacobian."""
    found = root(equilibrium, np.zeros(2), jac=jacfwd(equilibrium))
    print(f"root               {found.x}   residual {abs(equilibrium(found.x)).max():.1e}")
    assert found.success
    return found.x


if __name__ == "__main__":
    minimise()
    fit()
    solve()
