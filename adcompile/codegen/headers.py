"""Headers of loops: what a `for` runs over and binds, the condition of a `while`."""

from __future__ import annotations

import ast

from adcompile.codegen.liveness import block_reads
from adcompile.codegen.names import UNUSED, Alive
from adcompile.codegen.spelling import call, name
from adcompile.codegen.state import Writer, assign, target
from adcompile.ir.nodes import ENDLESS, Atom, Block, For, If, Let, Lit, Var, While
from adcompile.ir.primitives import Primitive, signature
from adcompile.ir.tapes import unpackings

AND = Primitive("and", len, signature("x, y"), "@and", "bool")
OR = Primitive("or", len, signature("x, y"), "@or", "bool")
SELECT = Primitive("select", len, signature("cond, x, y"), "@select")


def header(
    w: Writer, stmt: For | While, through: Alive, out: list[ast.stmt]
) -> ast.For | ast.While:
    """A loop without its body. through: what the body may read. out: before the loop."""
    binding = _Binding(w, {c.param for c in stmt.carries}, through)
    if stmt.count is not None:
        out.append(assign(binding.give(stmt.count), ast.Constant(0)))
    if isinstance(stmt, While):
        return ast.While(_condition(w, stmt), [], [])
    used: set[Var] = set()
    block_reads(stmt.body, w.nested, used)
    sources: list[ast.expr] = []
    targets: list[ast.expr] = []
    if stmt.index in used or not stmt.feeds:
        backward = stmt.backward and stmt.index in used
        sources.append(_listed(_range(w, stmt), backward))
        targets.append(binding.target(stmt.index if stmt.index in used else None))
    apart = _taken_apart(stmt)
    for feed in stmt.feeds:
        sources.append(_listed(w.tree(feed.source), feed.reverse))
        values = apart.get(feed.param)
        names = [binding.target(v) for v in values or [feed.param]]
        targets.append(names[0] if values is None else ast.Tuple(names, ast.Store()))
    if len(sources) == 1:
        return ast.For(targets[0], sources[0], [], [], lineno=0)
    both = ast.Tuple(targets, ast.Store())
    return ast.For(both, call(name("zip"), sources), [], [], lineno=0)


class _Binding:
    """Names of what a header binds: none of another that it binds, or that the body reads."""

    def __init__(self, w: Writer, bound: set[Var], through: Alive) -> None:
        self.names = w.names
        self.bound = bound
        self.through = through

    def give(self, var: Var) -> str:
        text = self.names.give(var, lambda v: v in self.bound or self.through(v))
        self.bound.add(var)
        return text

    def target(self, var: Var | None) -> ast.expr:
        return target(UNUSED if var is None else self.give(var))


def _range(w: Writer, stmt: For) -> ast.expr:
    bounds = [stmt.start, stmt.stop, stmt.step]
    endless = _is(stmt.stop, ENDLESS)
    if endless:
        del bounds[1]
    if _is(bounds[-1], 1):
        bounds.pop()
        if _is(bounds[0], 0):
            bounds.pop(0)
    return call(name("itertools.count" if endless else "range"), [w.tree(b) for b in bounds])


def _listed(source: ast.expr, backward: bool) -> ast.expr:
    return call(name("reversed"), [source]) if backward else source


def _taken_apart(loop: For) -> dict[Var, list[Var | None]]:
    """The values of each tuple that feeds a loop, by position."""
    found: dict[Var, list[Var | None]] = {}
    for packed, k, size, value in unpackings(loop.body.stmts):
        found.setdefault(packed, [None] * size)[k] = value
    return found


def _is(atom: Atom, value: int) -> bool:
    return isinstance(atom, Lit) and type(atom.value) is int and atom.value == value


def _condition(w: Writer, stmt: While) -> ast.expr:
    """A while's condition, as one expression."""
    w.names.link(stmt.test)
    _nest(w, stmt.test)
    return w.tree(stmt.test.results[0])


def _nest(w: Writer, block: Block) -> None:
    """The values of a condition are written inside of it; a conditional is an expression."""
    for s in block.stmts:
        if isinstance(s, Let):
            w.nested.setdefault(s.out, s)
            continue
        assert isinstance(s, If)
        _nest(w, s.then)
        _nest(w, s.orelse)
        for out, a, b in zip(s.outs, s.then.results, s.orelse.results, strict=True):
            if isinstance(b, Lit) and b.value is False:
                w.nested[out] = Let(out, AND, (s.cond, a))
            elif isinstance(a, Lit) and a.value is True:
                w.nested[out] = Let(out, OR, (s.cond, b))
            else:
                w.nested[out] = Let(out, SELECT, (s.cond, a, b))
