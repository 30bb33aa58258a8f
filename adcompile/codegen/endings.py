"""The end of a loop's body: lists grow, loop variables move on, the loop may be left."""

from __future__ import annotations

import ast

from adcompile.codegen.moves import moves
from adcompile.codegen.spelling import call
from adcompile.codegen.state import Leave, Writer, target
from adcompile.ir.nodes import Atom, Block, For, If, Let, Lit, Stmt, Var, While
from adcompile.ir.tapes import PACK, packed_values

Loop = For | While


def end(w: Writer, stmt: Loop) -> list[ast.stmt]:
    """What happens at the end of each iteration."""
    out: list[ast.stmt] = []
    results = stmt.body.results
    n = len(stmt.carries)
    if stmt.count is not None:
        out.append(ast.AugAssign(target(w.names.of[stmt.count]), ast.Add(), ast.Constant(1)))
    at_start = {v for v, _ in early(w, stmt)}
    for v, r in zip(stmt.collects, results[n + stmt.exits :], strict=True):
        if v not in at_start:
            out.append(append(w, v, r))
    exit_test = w.tree(results[n]) if stmt.exits and stmt not in w.left else None
    out += moves(w, [(w.names.of[c.param], r) for c, r in zip(stmt.carries, results, strict=False)])
    if exit_test is not None:
        out.append(ast.If(exit_test, [ast.Break()], []))
    return out


def early(w: Writer, stmt: Loop) -> list[tuple[Var, Atom]]:
    """Lists of what a loop variable was at the start of each iteration."""
    if not w.optimize:
        return []
    params = {c.param for c in stmt.carries}
    results = stmt.body.results[len(stmt.carries) + stmt.exits :]
    packed = packed_values(stmt.body.stmts)
    return [
        (v, r)
        for v, r in zip(stmt.collects, results, strict=True)
        if isinstance(r, Var) and packed.get(r, (r,))[0] in params
    ]


def append(w: Writer, tape: Var, value: Atom) -> ast.stmt:
    """A list of what a value was at each iteration grows."""
    w.needs(value)
    grow = ast.Attribute(ast.Name(w.names.of[tape], ast.Load()), "append", ast.Load())
    return ast.Expr(call(grow, [w.tree(value)]))


def plan_break(w: Writer, loop: Loop) -> None:
    """A loop whose flag to leave is set by literals, at the ends of its last conditionals,
    is left there by `break`."""
    if not loop.exits or not w.optimize:
        return
    found: dict[Stmt, Leave] = {}
    flag = loop.body.results[len(loop.carries)]
    if _leaving(loop, loop.body, flag, (), found):
        w.breaks.update(found)
        w.left.add(loop)


def _leaving(
    loop: Loop,
    block: Block,
    flag: Atom,
    after: tuple[tuple[If, int], ...],
    found: dict[Stmt, Leave],
) -> bool:
    """Whether a block ends with conditionals that set the flag; `found`: each of them."""
    stmts = [s for s in block.stmts if not (isinstance(s, Let) and s.op is PACK)]
    last = stmts[-1] if stmts else None
    if not isinstance(last, If) or not isinstance(flag, Var) or flag not in last.outs:
        return False
    if sum(r is flag for r in block.results) != 1:
        return False
    k = last.outs.index(flag)
    sides: list[int] = []
    for number, side in enumerate((last.then, last.orelse)):
        result = side.results[k]
        if isinstance(result, Lit):
            sides += [number] if result.value else []
        elif not _leaving(loop, side, result, ((last, number), *after), found):
            return False
    found[last] = Leave(loop, flag, tuple(sides), after)
    return True


def leave(w: Writer, at: Leave) -> list[ast.stmt]:
    """What happens before the break: the ends of the blocks that it jumps out of."""
    out: list[ast.stmt] = []
    for outer, number in at.after:
        side = (outer.then, outer.orelse)[number]
        flag = w.breaks[outer].flag
        pairs = zip(outer.outs, side.results, strict=True)
        out += moves(w, [(w.names.of[v], r) for v, r in pairs if v is not flag])
    return [*out, *end(w, at.loop), ast.Break()]
