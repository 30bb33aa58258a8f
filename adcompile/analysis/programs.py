"""Programs: functions lowered apart, for solvers that call them while the program runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.ir.nodes import Function


@dataclass(eq=False)
class Program:
    """A function in IR whose parameters are its own arguments, then all that it closes over.

    own         how many of the parameters are its own arguments
    dots        which parameters are tangents, in which it is linear
    derived     the programs that transforms made of it
    definition  writes it: (program, name) -> its AST, and the constants that its text names

    Closure conversion is what makes a function of the user's, however nested, one that a solver
    can call and that has derivatives in all it depends on.
    """

    function: Function
    own: int
    homes: Homes
    facts: Facts
    definition: Callable[[Program, str], tuple[Any, dict[str, Any]]]
    dots: tuple[int, ...] = ()
    derived: dict[Any, Program] = field(default_factory=dict)

    @property
    def __name__(self) -> str:
        return self.function.name

    def made(self, key: Any, make: Callable[[], Program]) -> Program:
        """The program of a transform, made once."""
        if key not in self.derived:
            self.derived[key] = make()
        return self.derived[key]
