"""Decisions about symbolic lengths, with the guards that a compiled program then rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adcompile.ir import dims
from adcompile.ir.dims import Dim, Symbol


@dataclass(frozen=True, slots=True)
class Guard:
    """A fact about entry lengths that joins the signature: `dim == value` is `holds`.

    `positive` guards say `dim > 0` instead.
    """

    dim: Dim
    value: int
    holds: bool
    positive: bool = False


@dataclass
class Facts:
    """Entry symbols' values in the call being compiled, and what was decided from them.

    misfits: how often two lengths that an operation needs to be one were found to differ.
    """

    values: dict[Symbol, int] = field(default_factory=dict)
    guards: dict[tuple[Dim, int, bool], Guard] = field(default_factory=dict)
    misfits: int = 0

    def equals(self, dim: Dim, value: int) -> bool | None:
        """Whether dim == value: True, False, or None where no call can know it on entry."""
        if isinstance(dim, int):
            return dim == value
        if not dims.is_entry(dim):
            return None
        holds = dims.evaluate(dim, self.values) == value
        if not (value == 1 and _is_axis(dim)):  # which axes have length 1 is in the signature
            self.guards[dim, value, False] = Guard(dim, value, holds)
        return holds

    def positive(self, dim: Dim) -> bool | None:
        """Whether dim > 0, as `equals`."""
        if isinstance(dim, int):
            return dim > 0
        if not dims.is_entry(dim):
            return None
        holds = dims.evaluate(dim, self.values) > 0
        self.guards[dim, 0, True] = Guard(dim, 0, holds, positive=True)
        return holds

    def static(self, dim: Dim) -> int | None:
        """The value of dim in this call, which thereby joins the signature."""
        if isinstance(dim, int):
            return dim
        if not dims.is_entry(dim):
            return None
        value = dims.evaluate(dim, self.values)
        self.guards[dim, value, False] = Guard(dim, value, True)
        return value

    def fills(self, shape: tuple[Dim, ...], target: tuple[Dim, ...]) -> bool:
        """Whether an operand of this shape has the whole shape of a broadcast result."""
        if len(shape) != len(target):
            return False
        return all(
            a == b or (a != 1 and self.equals(a, 1) is False)
            for a, b in zip(shape, target, strict=True)
        )

    def same(self, a: Dim, b: Dim) -> bool:
        """Whether two lengths are one: always, or in this call, which then joins the
        signature."""
        return a == b or self.equals(dims.sub(a, b), 0) is True

    def expect(self, a: Dim, b: Dim) -> None:
        """An operation raises unless two lengths are one."""
        if a != b and self.equals(dims.sub(a, b), 0) is False:
            self.misfits += 1

    def broadcast(self, shapes: Sequence[tuple[Dim, ...]]) -> tuple[Dim, ...]:
        """NumPy's broadcast of symbolic shapes."""
        rank = max((len(s) for s in shapes), default=0)
        result: list[Dim] = []
        for axis in range(-rank, 0):
            lengths = [s[axis] for s in shapes if len(s) >= -axis]
            distinct = list(dict.fromkeys(d for d in lengths if d != 1))
            if not distinct:
                result.append(1)
            elif len(distinct) == 1:
                result.append(distinct[0])
            else:
                result.append(self._pick(distinct))
        return tuple(result)

    def _pick(self, lengths: list[Dim]) -> Dim:
        """The length that several different ones broadcast to."""
        ones = {d: self.equals(d, 1) for d in lengths}
        certain = [d for d in lengths if ones[d] is False]
        if certain:
            for other in certain[1:]:
                self.expect(certain[0], other)
            return certain[0]
        if all(ones.values()):
            return 1
        return dims.fresh("broadcast")

    def reduces(self, source: tuple[Dim, ...], target: tuple[Dim, ...]) -> list[str] | None:
        """How a value of shape `source` sums down to `target`, an action an axis of source.

        "keep", "drop" (the axis is new) or "one" (the target has length 1 there); None where
        that is only known at run time.
        """
        extra = len(source) - len(target)
        actions = ["drop"] * extra
        for big, small in zip(source[extra:], target, strict=True):
            if big == small:
                actions.append("keep")
            elif small == 1:
                actions.append("one")
            else:
                one = self.equals(small, 1)
                if one is None and self.equals(big, 1) is not True:
                    return None
                actions.append("one" if one else "keep")
        return actions


def _is_axis(dim: Dim) -> bool:
    """Whether dim is just the length of an argument's axis."""
    if isinstance(dim, int) or dim.const or len(dim.terms) != 1:
        return False
    s, coefficient = dim.terms[0]
    return coefficient == 1 and isinstance(s.key, tuple) and s.key[0] == "axis"
