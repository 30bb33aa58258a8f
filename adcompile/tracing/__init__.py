"""Traces: the textbooks' tables of a call, computed from the program that adcompile compiles.

record   the lowered function, executed: a straight line of steps with their values
derive   each step's tangent or adjoint, from its rule and the rule's transpose
spell    formulas in v's, and in the user's terms
trace    the rows, as an object that prints itself
"""

from adcompile.tracing.trace import Row, Trace, trace

__all__ = ["Row", "Trace", "trace"]
