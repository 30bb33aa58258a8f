"""Where adjoints count: the masks that selections leave on them while a program is transposed.

The adjoint of what `where` or a boolean index selects is zero elsewhere, and that must hold after
products with what is nan there too. The mask therefore goes with the adjoint (`Masked`): through
elementwise operations and views in rules (`frontend.zeros`, `rules.helpers`), and here through
reads, writes, loops and conditionals. It ends where an adjoint without one is added, at loop
variables, at contractions and at calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import TypeGuard

import numpy as np

from adcompile.analysis.operands import aval_of, is_basic
from adcompile.frontend import emit, extents
from adcompile.frontend.values import ZERO, Masked, PyVal, Zero
from adcompile.ir import avals
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Atom, For, Let, Lit, Stmt, Tree, Var
from adcompile.ir.walk import all_stmts
from adcompile.transforms.inline import Builder


def is_mask(index: Tree) -> TypeGuard[Var]:
    """Whether an index is one boolean array."""
    return isinstance(index, Var) and isinstance(index.aval, Array) and index.aval.dtype == bool


class Masks:
    """Emits masks into `builder`.

    `like`: the primal of a tangent, for shapes. `unsure`: primals that some path leaves without a
    value, so without a shape.
    """

    def __init__(self, builder: Builder, like: Callable[[Var], Var], unsure: Set[Var]) -> None:
        self.b = builder
        self.like = like
        self.unsure = unsure

    def whole(self, bar: Masked) -> PyVal:
        """The mask in the shape of its adjoint."""
        return emit.whole_mask(self.b.cx, bar)

    def nowhere(self, v: Var) -> PyVal:
        """The mask of an adjoint of v that is zero."""
        shape = extents.of_shape(self.b.cx, self.like(v))
        return self.b.emit("zeros", shape, dtype=Lit(np.dtype(bool)))

    def known(self, v: Var) -> bool:
        """Whether v is an array, whatever path was taken."""
        return isinstance(v.aval, Array) and self.like(v) not in self.unsure

    # -- reads and writes

    def of_index(self, index: Tree, base: Var) -> PyVal | None:
        """A boolean index, so that it broadcasts to the array's shape; None for another."""
        if not is_mask(index):
            return None
        axes = tuple(range(len(avals.shape_of(index.aval)), len(avals.shape_of(base.aval))))
        return self.b.emit("expand_dims", index, Lit(axes)) if axes else index

    def of_read(self, index: Tree, source: Var, bar: PyVal) -> PyVal | None:
        """Where the adjoint of x that x[index], with adjoint `bar`, gives counts; None if
        everywhere."""
        if not (isinstance(bar, Masked) and self.known(source) and is_basic(index)):
            return self.of_index(index, source)
        nowhere, where = self.b.atom(self.nowhere(source)), self.b.atom(self.whole(bar))
        setitem = self.b.registry.by_name["setitem"]
        out = Var(aval_of(nowhere))
        self.b.stmts.append(Let(out, setitem, (nowhere, index, where), (), self.b.cx.origin))
        return out

    # -- regions

    def carried(
        self, loop: For, captured: Sequence[Var], bars: Mapping[Var, PyVal]
    ) -> dict[Var, tuple[Atom, Var]]:
        """For adjoints that a loop with a selection in it may add to where that selects: where
        they count before it, and the loop's variable for it. Unread ones vanish as dead code."""
        found: dict[Var, tuple[Atom, Var]] = {}
        if not any(isinstance(s, Let) and _selects(s) for s in all_stmts(loop.body)):
            return found
        for v in captured:
            held = bars.get(v, ZERO)
            if self.known(v) and isinstance(held, (Masked, Zero)):
                before = self.b.atom(
                    self.whole(held) if isinstance(held, Masked) else self.nowhere(v)
                )
                found[v] = before, Var(aval_of(before))
        return found

    def at_end(self, bar: PyVal, carried: Var) -> Atom | None:
        """Where an adjoint counts at the end of a loop's body, if it has kept track of that."""
        if not isinstance(bar, Masked):
            return None
        have, want = (avals.shape_of(self.b.aval(m)) for m in (bar.cond, carried))
        return self.b.atom(bar.cond) if self.b.fits(have, want) else None

    def joined(
        self, v: Var, bars: Sequence[PyVal], sides: Sequence[list[Stmt]]
    ) -> list[Atom] | None:
        """Where the adjoint of a conditional's operand counts, on each side; None if
        everywhere."""
        if not self.known(v) or not all(isinstance(x, (Masked, Zero)) for x in bars):
            return None
        found = []
        for x, stmts in zip(bars, sides, strict=True):
            with self.b.into(stmts):
                mask = self.whole(x) if isinstance(x, Masked) else self.nowhere(v)
                found.append(self.b.atom(mask))
        return found if self.b.fits(*(avals.shape_of(aval_of(m)) for m in found)) else None


def _selects(let: Let) -> bool:
    """Whether the adjoint of an operand is zero where a condition does not hold."""
    return let.op.rule == "where" or (let.op.rule == "getitem" and is_mask(let.args[1]))
