"""Densities of the multivariate normal and the Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

from adcompile.frontend import emit
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import REGISTRY, rule
from adcompile.rules.scipy.rows import add_row

NORMAL = ("x", "mean", "cov", "allow_singular")
for _name in ("logpdf", "pdf"):
    add_row(
        f"scipy.stats.multivariate_normal.{_name}",
        getattr(stats.multivariate_normal, _name),
        "x, mean, cov",
        "(n),(n),(n,n)->()",
    )
    add_row(f"scipy.stats.dirichlet.{_name}", getattr(stats.dirichlet, _name), "x, alpha",
            "(n),(n)->()")  # fmt: skip


def normal_slope(x: Any, mean: Any, cov: Any, x_dot: Any, mean_dot: Any, cov_dot: Any) -> Any:
    """The tangent of the log density. SciPy reads one triangle of `cov`, which is symmetric: its
    adjoint is the symmetric one."""
    inverse = np.linalg.inv(cov)
    v = (x - mean) @ inverse
    half = 0.5 * (np.sum((v @ cov_dot) * v, axis=-1) - np.sum(inverse * cov_dot))
    return half - np.sum(v * (x_dot - mean_dot), axis=-1)


@rule("scipy.stats.multivariate_normal.logpdf")
def normal_logpdf(x: Any, mean: Any, cov: Any, *, x_dot: Any, mean_dot: Any, cov_dot: Any) -> Any:
    return normal_slope(x, mean, cov, x_dot, mean_dot, cov_dot)


@rule("scipy.stats.multivariate_normal.pdf")
def normal_pdf(
    x: Any, mean: Any, cov: Any, *, result: Any, x_dot: Any, mean_dot: Any, cov_dot: Any
) -> Any:
    return result * normal_slope(x, mean, cov, x_dot, mean_dot, cov_dot)


def dirichlet_slope(x: Any, alpha: Any, x_dot: Any, alpha_dot: Any) -> Any:
    in_alpha = np.log(x) - special.digamma(alpha) + special.digamma(np.sum(alpha))
    return np.sum((alpha - 1) / x * x_dot + in_alpha * alpha_dot)


@rule("scipy.stats.dirichlet.logpdf")
def dirichlet_logpdf(x: Any, alpha: Any, *, x_dot: Any, alpha_dot: Any) -> Any:
    return dirichlet_slope(x, alpha, x_dot, alpha_dot)


@rule("scipy.stats.dirichlet.pdf")
def dirichlet_pdf(x: Any, alpha: Any, *, result: Any, x_dot: Any, alpha_dot: Any) -> Any:
    return result * dirichlet_slope(x, alpha, x_dot, alpha_dot)


def _lower(
    name: str, ranks: dict[str, tuple[int, ...]], advice: str, given: tuple[str, ...]
) -> Any:
    prim = REGISTRY.by_name[name]

    def lower(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
        bound = dict(zip(given, args, strict=False)) | kwargs
        singular = bound.pop("allow_singular", Lit(False))
        if not isinstance(singular, Lit) or singular.value is not False:
            raise cx.refuse(f"allow_singular of {name} is not supported")
        if set(bound) != set(ranks):
            raise cx.refuse(f"{name} takes {', '.join(ranks)} here", advice)
        values = [bound[k] for k in ranks]
        for k, wanted in enumerate(ranks.values()):
            if isinstance(values[k], (TupleVal, ContainerRef)):
                values[k] = emit.call(cx, "array", values[k])
            if len(avals.shape_of(cx.aval(values[k]))) not in wanted:
                raise cx.refuse(f"{name} takes {', '.join(ranks)} of other ranks here", advice)
        return primitives.emit_bound(cx, prim, values, {})

    SPECIAL[prim.fn] = lower


for _name in ("logpdf", "pdf"):
    _lower(f"scipy.stats.multivariate_normal.{_name}", {"x": (1, 2, 3), "mean": (1,), "cov": (2,)},
           "Pass the mean as a vector and the covariance as a matrix.", NORMAL)  # fmt: skip
    _lower(f"scipy.stats.dirichlet.{_name}", {"x": (1,), "alpha": (1,)},
           "Pass one point at a time.", ("x", "alpha"))  # fmt: skip
for _object in (stats.multivariate_normal, stats.dirichlet):
    REGISTRY.refused[_object.rvs] = "Draw outside of the differentiated function."
    REGISTRY.objects[type(_object)] = type(_object).__call__
    REGISTRY.refused[type(_object).__call__] = (
        "Call the method with all parameters: logpdf(x, mean, cov)."
    )
