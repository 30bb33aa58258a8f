"""Single operations that are statements, tuples that are unpacked, the head of a `with`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcompile.codegen.comments import is_code
from adcompile.codegen.effects import effect
from adcompile.codegen.names import Alive
from adcompile.codegen.spelling import call
from adcompile.codegen.state import Writer, assign, target
from adcompile.codegen.writes import write
from adcompile.ir.avals import Parts, Scalar
from adcompile.ir.nodes import Let, Lit, Stmt


def operation(w: Writer, stmt: Let, alive: Alive) -> ast.stmt:
    """The statement of one operation."""
    op = stmt.op
    if op.effect == "effect":
        return effect(w, stmt)
    if op.effect == "writes":
        return write(w, stmt)
    value = w.let(stmt)
    if w.optimize and w.protected and not w.uses.get(stmt.out):
        return ast.Expr(value)  # only whether it raises matters
    first = stmt.args[0] if stmt.args else None
    before = w.names.held(first)
    text = w.names.give(stmt.out, alive)
    if isinstance(value, ast.BinOp) and before == text:
        numbers = (stmt.out.aval, first.aval)  # type: ignore[union-attr]
        if all(isinstance(kind, Scalar) for kind in numbers):
            return ast.AugAssign(target(text), value.op, value.right)
    return assign(text, value)


def unpacked(w: Writer, stmt: Stmt, following: Sequence[Stmt]) -> list[Let]:
    """The items of a tuple that are read right after it, if nothing else reads it."""
    if not isinstance(stmt, Let) or not isinstance(stmt.out.aval, Parts) or not w.optimize:
        return []
    found: list[Let] = []
    for s in following:
        if not (isinstance(s, Let) and s.op.shape == "part" and s.args[0] is stmt.out):
            break
        found.append(s)
    return found if len(found) == w.uses.get(stmt.out) else []


def unpacking(w: Writer, stmt: Let, parts: Sequence[Let], alive: Alive) -> ast.stmt:
    """`w, V = np.linalg.eigh(A)`."""
    assert isinstance(stmt.out.aval, Parts)
    value = w.let(stmt)
    made = {part.out for part in parts}
    names = ["_"] * len(stmt.out.aval.items)
    for part in parts:
        index = part.args[1]
        assert isinstance(index, Lit)
        if not part.out.hint and stmt.out.aval.fields:
            part.out.hint = stmt.out.aval.fields[index.value].lower()
        names[index.value] = w.names.give(part.out, lambda v: alive(v) or v in made)
    targets = ast.Tuple([target(n) for n in names], ast.Store())
    return ast.Assign([targets], value, lineno=0)


def open_context(w: Writer, stmt: Let, alive: Alive) -> ast.With:
    """The head of a `with`; its statements follow."""
    manager, called, *args = stmt.args
    value = w.tree(manager)
    if isinstance(called, Lit) and called.value:
        keywords = {k: w.tree(t) for k, t in stmt.kwargs}
        value = call(value, [w.tree(a) for a in args], **keywords)
    read = w.uses.get(stmt.out, 0) > 1  # the mark at its end is one
    bound = target(w.names.give(stmt.out, alive)) if read else None
    return ast.With([ast.withitem(value, bound)], [], lineno=0)


def close_context(made: ast.With) -> None:
    """The end of a `with`: its statements are complete."""
    inner = [s for s in made.body if is_code(s)]
    if not inner:
        made.body.append(ast.Pass())
    elif len(inner) == 1 and isinstance(inner[0], ast.With):
        made.items += inner[0].items
        made.body = inner[0].body
