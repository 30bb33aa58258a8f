"""The rest of scipy.stats, refused by name: other distributions, tests, summaries."""

from __future__ import annotations

from scipy import stats

from adcompile.frontend.calls.table import SPECIAL
from adcompile.rules.dsl import REGISTRY
from adcompile.rules.scipy.stats import (  # noqa: F401  (importing registers)
    continuous,
    discrete,
    multivariate,
)

DENSITY = (
    "Write it with the functions of scipy.special, or give a function around it a rule with @rule."
)
OUTSIDE = "Write it with NumPy, or call it outside of the differentiated function."


def _is_covered(found: object) -> bool:
    return any(getattr(found, name, None) in SPECIAL for name in ("logpdf", "logpmf"))


for _name in stats.__all__:
    _found = getattr(stats, _name)
    if callable(_found) and not _is_covered(_found):
        _dist = isinstance(_found, (stats.rv_continuous, stats.rv_discrete))
        REGISTRY.refused.setdefault(_found, DENSITY if _dist else OUTSIDE)

# What a method of a distribution without rules comes down to.
for _owner in (stats.rv_continuous, stats.rv_discrete):
    for _method in "pdf logpdf cdf logcdf sf logsf ppf isf pmf logpmf".split():
        if hasattr(_owner, _method):
            REGISTRY.refused.setdefault(getattr(_owner, _method), DENSITY)
