"""Places outside a function whose values are read at each call.

Globals, closure cells, constants (defaults, library objects) and arguments, and the attributes
and items of what is found there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Where a value is found.

    kind   base                    key
    cell   the closure cell
    global the module's dict       the name
    constant the object itself
    argument the argument's name
    attribute another place        the attribute's name
    item   another place           the index or key
    class  another place           (the class of what is there)
    """

    kind: str
    base: Any
    key: Any = None

    @property
    def derived(self) -> bool:
        """Whether it is a part of what is at another place."""
        return isinstance(self.base, Place)

    @property
    def root(self) -> Place:
        return self.base.root if isinstance(self.base, Place) else self

    def read(self, given: Mapping[str, Any] = _NOTHING) -> Any:
        """What is there now; `given` are the arguments of the call by name."""
        if self.kind == "constant":
            return self.base
        if self.kind == "cell":
            return self.base.cell_contents
        if self.kind == "argument":
            return given[self.base]
        if self.kind == "global":
            return self.base[self.key]
        owner = self.base.read(given)
        if self.kind == "attribute":
            return getattr(owner, self.key)
        return type(owner) if self.kind == "class" else owner[self.key]

    @property
    def identity(self) -> Hashable:
        """Equal for two places that are one."""
        if self.derived:
            return (self.kind, self.base.identity, self.key)
        if self.kind == "argument":
            return (self.kind, self.base)
        return (self.kind, id(self.base), self.key)

    def attribute(self, name: str) -> Place:
        return Place("attribute", self, name)

    def item(self, key: Any) -> Place:
        return Place("item", self, key)
