"""Writes in place: `A[i] = v`, `A[i] += v`, `A *= v`."""

from __future__ import annotations

import ast
from typing import Any

from adcompile.analysis.operands import index_items, is_basic
from adcompile.analysis.repeats import may_repeat
from adcompile.codegen.spelling import call, name
from adcompile.codegen.state import Writer, assign
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lens, Let, Lit, Var


def write(w: Writer, stmt: Let) -> ast.stmt:
    """The statement of a primitive that writes its first operand."""
    if stmt.op.name == "with_room":
        keywords = {k: w.tree(t) for k, t in stmt.kwargs}
        made = call(name("with_room"), list(map(w.tree, stmt.args)), **keywords)
        return assign(w.names.shared(stmt.out), made)
    base, where, value = stmt.args
    assert isinstance(base, Var)
    owner = ast.Name(w.names.shared(base), ast.Load())
    place = w.speller.place(owner, where)
    if not isinstance(place, (ast.Name, ast.Subscript)):  # a view by name: A.T[...] += v
        place = _whole(place)
    index = where.index if isinstance(where, Lens) else where
    if stmt.op.name == "scatter_add":
        if not is_basic(index) and may_repeat(index, w.distinct):
            assert not isinstance(where, Lens) or where.steps
            every = Lit(Ellipsis)
            array = w.speller.place(
                owner, Lens(where.steps, every) if isinstance(where, Lens) else every
            )
            args = [array, w.speller.index_value(index), w.tree(value)]
            return ast.Expr(call(name("np.add.at"), args))
        inner = w.inner(value)
        if inner is not None and inner.op.name == "negative":
            return ast.AugAssign(_store(place), ast.Sub(), w.tree(inner.args[0]))
        return ast.AugAssign(_store(place), ast.Add(), w.tree(value))
    updated = _update(w, stmt, place, isinstance(index, Lit) and index.value is Ellipsis)
    if updated is not None:
        return updated
    if isinstance(place, ast.Name):
        place = _whole(place)
    return ast.Assign([_store(place)], w.tree(value), lineno=0)


def _update(w: Writer, stmt: Let, place: ast.expr, whole: bool) -> ast.stmt | None:
    """A[i] = A[i] * e as A[i] *= e."""
    base, where, value = stmt.args
    inner = w.inner(value)
    if inner is None or len(inner.args) != 2 or isinstance(where, Lens):
        return None
    if w.protected and isinstance(inner.out.aval, Array):
        return None  # what raises in the middle must not have written yet
    left = inner.args[0]
    owner = w.names.base(base)  # type: ignore[arg-type]
    if whole:
        same = w.named(left) is owner
    else:
        read = w.inner(left)
        same = (
            read is not None
            and read.op.name == "getitem"
            and w.named(read.args[0]) is owner
            and ast.dump(w.speller.index(read.args[1])) == ast.dump(w.speller.index(where))
            and all(is_basic(i) for i in index_items(where))
        )
    spelled = w.let(inner)
    if not same or not isinstance(spelled, ast.BinOp):
        return None
    return ast.AugAssign(_store(place), spelled.op, spelled.right)


def _whole(array: ast.expr) -> ast.expr:
    return ast.Subscript(array, ast.Constant(Ellipsis), ast.Load())


def _store(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Store())
    if isinstance(node, ast.Subscript):
        return ast.Subscript(node.value, node.slice, ast.Store())
    return node
