"""Shape functions by family: from a primitive and its operands to the kind of the result."""

from collections.abc import Callable
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.ir.avals import Aval
from adcompile.ir.primitives import Primitive

ShapeFunction = Callable[[Primitive, Any, Any, Facts], Aval]
