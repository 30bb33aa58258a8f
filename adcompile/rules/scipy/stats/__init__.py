"""Rows and rules of scipy.stats: the methods of distributions.

Values are SciPy's, call for call. A rule needs of a distribution only the slopes of the logarithm
of its density and, where there is a formula, how a quantile moves with the shape parameters.
"""

from adcompile.rules.scipy.stats import others as others
