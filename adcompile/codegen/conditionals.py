"""Conditionals: as `if` statements, as expressions, and as ends of a loop."""

from __future__ import annotations

import ast
from dataclasses import replace

from adcompile.codegen.branches import branches
from adcompile.codegen.comments import any_code, is_code
from adcompile.codegen.endings import leave
from adcompile.codegen.liveness import Moment
from adcompile.codegen.names import Alive
from adcompile.codegen.state import Writer, assign
from adcompile.ir.nodes import UNDEFINED, Block, If, Let, Lit, Var


def conditional(w: Writer, stmt: If, at: Moment, out: list[ast.stmt]) -> None:
    """Append the statements of a conditional."""
    cond = w.tree(stmt.cond)
    leaves = w.breaks.get(stmt)
    if leaves is not None:
        stmt = _without(stmt, leaves.flag)
    before = next((s for s in reversed(out) if is_code(s)), None)
    follows = before is not None and before is w.tried.get(stmt.cond)
    single = None if leaves or follows else _as_expression(w, stmt, cond, at.alive)
    if single is not None:
        out.append(single)
        return
    then, orelse = sides = branches(w, stmt, at)
    if leaves is not None:
        for which in leaves.sides:
            sides[which] += leave(w, leaves)
        if 0 in leaves.sides:
            out.append(ast.If(cond, then, []))
            out += orelse
            return
    if any_code(then):
        out.append(ast.If(cond, then, _else(orelse)))
    elif any_code(orelse):
        out.append(ast.If(ast.UnaryOp(ast.Not(), cond), orelse, []))


def _as_expression(w: Writer, stmt: If, cond: ast.expr, alive: Alive) -> ast.stmt | None:
    """A conditional expression where both sides are single expressions."""
    if len(stmt.outs) != 1 or not w.optimize or stmt.cond in w.flags:
        return None
    [out] = stmt.outs
    if out in w.names.root:
        return None
    values = []
    for side in (stmt.then, stmt.orelse):
        if any(not (isinstance(s, Let) and s.out in w.nested) for s in side.stmts):
            return None
        if side.results[0] is UNDEFINED:
            return None
        values.append(w.tree(side.results[0]))
    first, second = (s.results[0] for s in (stmt.then, stmt.orelse))
    if out.hint and out.hint in [w.names.held(r) for r in (first, second)]:
        return None
    value: ast.expr
    if isinstance(second, Lit) and second.value is False:
        value = ast.BoolOp(ast.And(), [cond, values[0]])
    elif isinstance(first, Lit) and first.value is True:
        value = ast.BoolOp(ast.Or(), [cond, values[1]])
    else:
        value = ast.IfExp(cond, values[0], values[1])
    return assign(w.names.give(out, alive), value)


def _else(body: list[ast.stmt]) -> list[ast.stmt]:
    """An else branch; of a lone conditional, whose comment moves inside, an elif."""
    if not any_code(body):
        return []
    *comments, last = body
    if isinstance(last, ast.If) and not any_code(comments):
        return [ast.If(last.test, [*comments, *last.body], last.orelse)]
    return body


def _without(stmt: If, flag: Var) -> If:
    """The conditional without the output that says whether to leave the loop."""
    keep = [k for k, v in enumerate(stmt.outs) if v is not flag]
    then, orelse = (
        Block(b.stmts, tuple(b.results[k] for k in keep)) for b in (stmt.then, stmt.orelse)
    )
    return replace(stmt, outs=tuple(stmt.outs[k] for k in keep), then=then, orelse=orelse)
