"""Where symbolic lengths can be read: which variable, which axis, in which region."""

from __future__ import annotations

from dataclasses import dataclass, field

from adcompile.ir.avals import Array, Scalar
from adcompile.ir.dims import Dim, Symbol
from adcompile.ir.nodes import Var
from adcompile.ir.walk import Path


@dataclass
class Homes:
    """For each symbol the values it can be read from; an axis of None: the value itself."""

    places: dict[Symbol, list[tuple[Var, int | None, Path]]] = field(default_factory=dict)

    def learn(self, var: Var, path: Path = ()) -> None:
        """Record the lengths that `var`, defined in region `path`, shows."""
        aval = var.aval
        if isinstance(aval, Array):
            for axis, d in enumerate(aval.shape):
                self._add(d, var, axis, path)
        elif isinstance(aval, Scalar) and aval.extent is not None:
            self._add(aval.extent, var, None, path)

    def _add(self, d: Dim, var: Var, axis: int | None, path: Path) -> None:
        if not isinstance(d, int) and len(d.terms) == 1 and not d.const and d.terms[0][1] == 1:
            self.places.setdefault(d.terms[0][0], []).append((var, axis, path))

    def find(self, symbol: Symbol, path: Path) -> tuple[Var, int | None] | None:
        """A value to read the symbol from in region `path`.

        The room of rows that a loop adds to is that of the last version: the others are shorter.
        """
        places = self.places.get(symbol, [])
        for var, axis, where in reversed(places) if symbol.name == "room" else places:
            if path[: len(where)] == where:
                return var, axis
        return None

    def copy(self) -> Homes:
        return Homes({s: list(p) for s, p in self.places.items()})
