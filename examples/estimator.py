"""An estimator of scikit-learn's kind that trains with a compiled gradient.

Poisson regression: the loss is plain NumPy, `fit` follows its gradient with SciPy's L-BFGS. The
estimator can be cloned, searched over and put into a pipeline as any other. Needs the extra
``examples``.
"""

import numpy as np
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from adcompile import value_and_grad


@value_and_grad
def deviance(w, X, y, penalty):
    """The mean of exp(Xw) - y Xw, and an L2 penalty on all weights but the first."""
    z = w[0] + X @ w[1:]
    return np.mean(np.exp(z) - y * z) + 0.5 * penalty * np.sum(w[1:] ** 2)


class PoissonRegression(RegressorMixin, BaseEstimator):
    """Counts whose logarithm is linear in the features."""

    def __init__(self, penalty=1e-3, max_iter=200):
        self.penalty = penalty
        self.max_iter = max_iter

    def fit(self, X, y):
        """Minimise the penalised deviance; the compiled gradient serves all fits."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        found = minimize(
            deviance,
            np.zeros(X.shape[1] + 1),
            args=(X, y, float(self.penalty)),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter},
        )
        self.intercept_, self.coef_, self.n_iter_ = found.x[0], found.x[1:], found.nit
        return self

    def predict(self, X):
        """The expected counts."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.exp(self.intercept_ + X @ self.coef_)


def data(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Counts with known weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3)) * np.array([1.0, 10.0, 0.1])
    z = 0.3 + X @ np.array([0.5, -0.05, 2.0])
    return X, rng.poisson(np.exp(z))


def main() -> None:
    """Fit alone, in a pipeline and in a search over penalties."""
    X, y = data()
    plain = PoissonRegression(penalty=0.0).fit(X, y)
    print("weights          ", plain.intercept_.round(2), plain.coef_.round(2))
    copy = clone(plain)
    assert copy.get_params() == plain.get_params() and not hasattr(copy, "coef_")
    pipeline = make_pipeline(StandardScaler(), PoissonRegression())
    search = GridSearchCV(pipeline, {"poissonregression__penalty": [0.0, 1e-2, 1.0]}, cv=3)
    search.fit(X, y)
    best = search.best_params_["poissonregression__penalty"]
    print(f"best penalty      {best}, score {search.best_score_:.3f}")
    print("programs compiled", deviance.cache_info().misses)
    assert abs(plain.coef_ - [0.5, -0.05, 2.0]).max() < 0.5


if __name__ == "__main__":
    main()
