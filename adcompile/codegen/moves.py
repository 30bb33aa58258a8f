"""Names that take their next values at once: at the end of a branch, around a loop."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeGuard

from adcompile.analysis.operands import aval_of
from adcompile.codegen.state import Writer, assign, target
from adcompile.ir.avals import Scalar
from adcompile.ir.nodes import UNDEFINED, Atom, Var


def moves(w: Writer, pairs: Sequence[tuple[str, Atom]]) -> list[ast.stmt]:
    """Bind names to values at once: only those that do not hold them already."""
    todo = []
    for text, value in pairs:
        if value is UNDEFINED:
            continue
        base = w.named(value)
        if base is not None and w.names.of[base] == text:
            continue
        if isinstance(value, Var) and value in w.unbound:
            w.to_bind.add(value)
        todo.append((text, w.tree(value)))
    if len(todo) == 1:
        text, new = todo[0]
        numbers = {t for t, v in pairs if isinstance(aval_of(v), Scalar)}
        if text in numbers and _counts(new, text):
            return [ast.AugAssign(target(text), new.op, new.right)]
        return [assign(text, new)]
    targets = {t for t, _ in todo}
    tangled = any(
        isinstance(n, ast.Name) and n.id in targets for _, value in todo for n in ast.walk(value)
    )
    if not tangled:
        return [assign(t, v) for t, v in todo]
    names: list[ast.expr] = [target(t) for t, _ in todo]
    values = [v for _, v in todo]
    return [
        ast.Assign([ast.Tuple(names, ast.Store())], ast.Tuple(values, ast.Load()), lineno=0),
    ]


def _counts(value: ast.expr, text: str) -> TypeGuard[ast.BinOp]:
    """Whether a value is the name's own plus a literal integer."""
    return (
        isinstance(value, ast.BinOp)
        and isinstance(value.left, ast.Name)
        and value.left.id == text
        and isinstance(value.right, ast.Constant)
        and type(value.right.value) is int
    )
