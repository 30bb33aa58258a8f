"""What may raise an exception when it runs: in a protected block nothing of it may vanish, move
or be written otherwise.

Conservative: an operation is safe only where no value of its operands makes it raise, whatever
NumPy's error state and the warning filters are.
"""

from __future__ import annotations

from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Let, Lit, Stmt, Tree, Var
from adcompile.ir.walk import blocks

_NEVER = frozenset(
    "shape dim size copy zeros_like none transpose not and or select bool part".split()
)
_ON_PYTHON_FLOATS = frozenset(
    "add subtract multiply negative positive abs less less_equal greater greater_equal equal "
    "not_equal float constant".split()
)


RAISING = frozenset("raise raise_from assert evaluate".split())
"""Effects that do nothing, or raise."""


def may_raise(stmt: Stmt) -> bool:
    """Whether running a statement may end in an exception."""
    if not isinstance(stmt, Let):
        return any(may_raise(s) for _, inner in blocks(stmt) for s in inner.stmts)
    if stmt.op.effect != "pure":
        return True
    if stmt.op.name == "bool" and not _python_number(stmt.args[0]):
        return True
    if stmt.op.name in _NEVER:
        return False
    return not (stmt.op.name in _ON_PYTHON_FLOATS and all(map(_python_number, stmt.args)))


def _python_number(tree: Tree) -> bool:
    """Whether an operand is a Python float or bool: it neither overflows nor warns."""
    if isinstance(tree, Lit):
        return isinstance(tree.value, (bool, float)) or (
            isinstance(tree.value, int) and abs(tree.value) < 1 << 53
        )
    if not isinstance(tree, Var) or isinstance(tree.aval, Array):
        return False
    return isinstance(tree.aval, Scalar) and tree.aval.weak and tree.aval.dtype.kind in "bf"
