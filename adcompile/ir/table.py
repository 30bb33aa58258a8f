"""The table of primitives: one row each. Derivative rules are in `adcompile.rules`."""

from __future__ import annotations

from adcompile.ir.primitives import Registry
from adcompile.ir.rows.algebra import add_algebra
from adcompile.ir.rows.creation import add_creation
from adcompile.ir.rows.draws import add_draws
from adcompile.ir.rows.effects import add_effects
from adcompile.ir.rows.elementwise import add_elementwise
from adcompile.ir.rows.library import add_library
from adcompile.ir.rows.operators import add_operators
from adcompile.ir.rows.reductions import add_reductions
from adcompile.ir.rows.scalars import add_scalars
from adcompile.ir.rows.shaping import add_shaping


def build() -> Registry:
    """A registry of every primitive, without rules."""
    registry = Registry()
    add_operators(registry)
    add_elementwise(registry)
    add_reductions(registry)
    add_shaping(registry)
    add_creation(registry)
    add_scalars(registry)
    add_effects(registry)
    add_algebra(registry)
    add_library(registry)
    add_draws(registry)
    return registry
