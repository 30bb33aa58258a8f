"""adcompile: a source-transformation automatic differentiation compiler for NumPy Python."""

from adcompile.api import grad, jvp, source, value_and_grad, vjp
from adcompile.errors import (
    ADCompileError,
    AmbiguousAlias,
    BadArgnums,
    MissingRule,
    NonScalarOutput,
    NotDifferentiable,
    SourceUnavailable,
    UnsupportedInput,
    UnsupportedSyntax,
)
from adcompile.rules.dsl import adjoint, nondiff, rule, transpose
from adcompile.tracing import trace

__version__ = "0.1.0"

__all__ = [
    "ADCompileError",
    "AmbiguousAlias",
    "BadArgnums",
    "MissingRule",
    "NonScalarOutput",
    "NotDifferentiable",
    "SourceUnavailable",
    "UnsupportedInput",
    "UnsupportedSyntax",
    "adjoint",
    "grad",
    "jvp",
    "nondiff",
    "rule",
    "source",
    "trace",
    "transpose",
    "value_and_grad",
    "vjp",
]
