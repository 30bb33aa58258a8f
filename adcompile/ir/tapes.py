"""Several stored values of one iteration as one entry of a list: a tuple."""

from __future__ import annotations

from collections.abc import Iterator

from adcompile.ir.nodes import Let, Lit, Stmt, Var
from adcompile.ir.primitives import Primitive, signature
from adcompile.ir.walk import operands

PACK = Primitive("pack", tuple, signature("values"), "@pack", "residuals")
"""out = (a, b, ...): pack((a, b, ...))."""

UNPACK = Primitive(
    "unpack", len, signature("packed, k, size"), "@unpack", "residuals", alias="stored"
)
"""out = packed[k], one of `size`; written as the target of the loop that feeds `packed`."""


def packed_values(stmts: tuple[Stmt, ...]) -> dict[Var, tuple[Var, ...]]:
    """What each tuple made by one of these statements holds."""
    return {s.out: tuple(operands(s)) for s in stmts if isinstance(s, Let) and s.op is PACK}


def unpackings(stmts: tuple[Stmt, ...]) -> Iterator[tuple[Var, int, int, Var]]:
    """(tuple, position, size, value) of the statements that take tuples apart."""
    for s in stmts:
        if isinstance(s, Let) and s.op is UNPACK:
            packed, k, size = s.args
            assert isinstance(packed, Var) and isinstance(k, Lit) and isinstance(size, Lit)
            yield packed, k.value, size.value, s.out
