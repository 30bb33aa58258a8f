"""Whether an index of arrays may name a place twice.

What a repeated index does is settled at run time: adjoints accumulate (`np.add.at`), and of several
writes the last one counts. An index that cannot repeat needs neither.
"""

from __future__ import annotations

from collections.abc import Set

from adcompile.analysis.operands import aval_of, index_items, is_basic
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Function, Let, Tree, Var
from adcompile.ir.walk import all_stmts


def distinct_values(fn: Function) -> frozenset[Var]:
    """Integer arrays whose entries are all different and not negative (a negative index names the
    place of a positive one)."""
    found: set[Var] = set()
    for stmt in all_stmts(fn.body):
        if not isinstance(stmt, Let):
            continue
        own = stmt.op.distinct
        if (own is not None and own(stmt)) or (
            stmt.op.name == "getitem" and stmt.args[0] in found and is_basic(stmt.args[1])
        ):
            found.add(stmt.out)
    return frozenset(found)


def may_repeat(index: Tree, distinct: Set[Var]) -> bool:
    """Whether an index may name a place twice: integer arrays may, masks do not.

    Places differ where one of the arrays has different entries all over the joint shape.
    """
    items = [(i, aval_of(i)) for i in index_items(index)]
    arrays = [(i, k) for i, k in items if isinstance(k, Array) and k.dtype.kind in "iu"]
    if not arrays:
        return False
    shapes = {k.shape for _, k in arrays if k.shape}
    one_shape = len(shapes) <= 1 and len(arrays) == sum(isinstance(k, Array) for _, k in items)
    return not (one_shape and any(i in distinct and k.shape for i, k in arrays))
