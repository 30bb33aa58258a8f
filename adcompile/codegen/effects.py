"""Statements that are there for their effect: `print`, `raise`, writes to objects outside."""

from __future__ import annotations

import ast

from adcompile.codegen.spelling import call, name
from adcompile.codegen.state import Writer
from adcompile.ir.nodes import Let, Lit, Tree, Var
from adcompile.ir.snapshots import INTERNAL


def effect(w: Writer, stmt: Let) -> ast.stmt:
    """The statement of a primitive that has an effect."""
    if stmt.op in INTERNAL:
        return ast.Expr(w.let(stmt))
    args = [w.tree(a) for a in stmt.args]
    if stmt.op.name == "print":
        printed = call(name("print"), args)
        printed.keywords = [ast.keyword(k, w.tree(v)) for k, v in stmt.kwargs]
        return ast.Expr(printed)
    if stmt.op.name == "assert":
        return ast.Assert(args[0], args[1] if len(args) > 1 else None)
    if stmt.op.name in ("raise", "raise_from"):
        cause = args.pop(0) if stmt.op.name == "raise_from" else None
        bound = isinstance(stmt.args[-1 - len(args[1:])], Var)  # an exception, not a class
        return ast.Raise(args[0] if bound else call(args[0], args[1:]), cause)
    if stmt.op.name == "set_attribute":
        place = ast.Attribute(args[0], stmt.args[1].value, ast.Store())  # type: ignore[union-attr]
        return ast.Assign([place], args[2], lineno=0)
    if stmt.op.name == "set_item":
        return ast.Assign([_entry(args[0], stmt.args[1], args[1])], args[2], lineno=0)
    if stmt.op.name == "delete_item":
        return ast.Delete([_entry(args[0], stmt.args[1], args[1])])
    if stmt.op.name == "copyto":
        every = ast.Subscript(args[0], ast.Constant(...), ast.Store())
        return ast.Assign([every], args[1], lineno=0)
    if stmt.op.name == "append":
        return ast.Expr(call(ast.Attribute(args[0], "append", ast.Load()), args[1:]))
    return ast.Expr(args[0])


def _entry(owner: ast.expr, key: Tree, spelled: ast.expr) -> ast.expr:
    """owner[key] as a target; a whole slice is `[:]`."""
    whole = isinstance(key, Lit) and isinstance(key.value, slice)
    return ast.Subscript(owner, ast.Slice() if whole else spelled, ast.Store())
