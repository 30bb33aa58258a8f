"""Exact simplifications: rewrites that change no bit of a result.

No algebra that is only nearly true (0 * x stays: it may be a nan, and it has a shape).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adcompile.analysis.facts import Facts
from adcompile.analysis.infer import infer
from adcompile.analysis.operands import aval_of, static_options
from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Atom, Block, For, Function, If, Let, Lit, Stmt, Tree, Try, Var, While
from adcompile.ir.primitives import Registry
from adcompile.ir.raising import may_raise
from adcompile.ir.walk import map_atoms, map_block_atoms, map_blocks


def fold(fn: Function, registry: Registry, facts: Facts) -> Function:
    """`fn` simplified."""
    work = _Folder(registry, facts)
    body = work.block(fn.body)
    return replace(fn, body=map_block_atoms(work.atom, body))


class _Folder:
    def __init__(self, registry: Registry, facts: Facts) -> None:
        self.reg = registry
        self.facts = facts
        self.same: dict[Var, Atom] = {}
        self.defs: dict[Var, Let] = {}
        self.protected = 0

    def atom(self, a: Atom) -> Atom:
        while isinstance(a, Var) and a in self.same:
            a = self.same[a]
        return a

    def block(self, block: Block) -> Block:
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            if isinstance(stmt, Let):
                let = map_atoms(self.atom, stmt)
                assert isinstance(let, Let)
                self.let(let, stmts)
            elif isinstance(stmt, (If, Try)):
                self.conditional(stmt, stmts)
            else:
                stmts.append(self.loop(stmt))  # type: ignore[arg-type]
        return Block(tuple(stmts), tuple(map(self.atom, block.results)))

    def conditional(self, stmt: If | Try, stmts: list[Stmt]) -> None:
        self.protected += isinstance(stmt, Try)
        new = map_blocks(self.block, stmt)
        self.protected -= isinstance(stmt, Try)
        assert isinstance(new, (If, Try))
        keep = []
        for k, out in enumerate(new.outs):
            a, b = (self.atom(side.results[k]) for side in (new.then, new.orelse))
            if a is b:
                self.same[out] = a
            else:
                keep.append(k)
        if isinstance(new, If):
            new = replace(new, cond=self.atom(new.cond))
        stmts.append(
            replace(
                new,
                outs=tuple(new.outs[k] for k in keep),
                then=Block(new.then.stmts, tuple(new.then.results[k] for k in keep)),
                orelse=Block(new.orelse.stmts, tuple(new.orelse.results[k] for k in keep)),
            )
        )

    def loop(self, stmt: For | While) -> Stmt:
        """A carry that never changes is its initial value."""
        for c, result in zip(stmt.carries, stmt.body.results, strict=False):
            if self.atom(result) is c.param:
                self.same[c.param] = self.same[c.out] = self.atom(c.init)
        new = map_blocks(self.block, stmt)
        assert isinstance(new, (For, While))
        keep = [k for k, c in enumerate(new.carries) if c.param not in self.same]
        rest = new.body.results[len(new.carries) :]
        results = (*(new.body.results[k] for k in keep), *rest)
        new = replace(
            new,
            carries=tuple(new.carries[k] for k in keep),
            body=Block(new.body.stmts, results),
        )
        return map_atoms(self.atom, new)

    # -- operations

    def let(self, let: Let, stmts: list[Stmt]) -> None:
        if self.protected and may_raise(let):  # it must raise as the user wrote it
            self.defs[let.out] = let
            stmts.append(let)
            return
        for _ in range(8):
            rule = RULES.get(let.op.name)
            new = None if rule is None else rule(self, let, stmts)
            if new is None and let.op.elementwise and len(let.args) > 1:
                new = _narrow(self, let, stmts)
            if new is None:
                break
            if not isinstance(new, Let):
                self.same[let.out] = new
                if isinstance(new, Var) and not new.hint:
                    new.hint = let.out.hint
                return
            let = new
        self.defs[let.out] = let
        stmts.append(let)

    def same_value(self, a: Tree, out: Var) -> bool:
        """Whether `out` is `a` unchanged, given that it is a times one."""
        have, want = aval_of(a), out.aval
        if isinstance(have, Array) and isinstance(want, Array):
            return have.dtype == want.dtype and self.facts.fills(have.shape, want.shape)
        return _same_kind(a, out)

    def made_by(self, tree: Tree, name: str) -> Let | None:
        """The statement that defines an operand, if it is of this operation."""
        found = self.defs.get(tree) if isinstance(tree, Var) else None
        return found if found is not None and found.op.name == name else None

    def emit(self, like: Let, name: str, args: tuple[Tree, ...], stmts: list[Stmt]) -> Var:
        """A new statement of the kind of `like`'s result."""
        out = Var(like.out.aval)
        let = replace(like, out=out, op=self.reg.by_name[name], args=args, kwargs=())
        self.defs[out] = let
        stmts.append(let)
        return out


def _number(tree: Tree) -> float | None:
    """The value of a literal Python number."""
    if isinstance(tree, Lit) and type(tree.value) in (int, float):
        return float(tree.value)
    return None


def _same_kind(a: Tree, out: Var) -> bool:
    """Whether replacing `out` by `a` changes neither kind nor shape."""
    have, want = aval_of(a), out.aval
    if isinstance(have, Scalar) and isinstance(want, Scalar):
        return have.dtype == want.dtype and have.weak == want.weak
    return isinstance(have, Array) and have == want


def _literals(self: _Folder, let: Let) -> Lit | None:
    values = []
    for a in let.args:
        if not isinstance(a, Lit) or type(a.value) not in (int, float):
            return None
        values.append(a.value)
    try:
        value = let.op.fn(*values)
    except (ArithmeticError, ValueError):
        return None
    return Lit(value) if type(value) in (int, float) else None


def _multiply(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x, y = let.args
    folded = _literals(self, let)
    if folded is not None:
        return folded
    for a, b in ((x, y), (y, x)):
        if _number(a) == 1.0 and self.same_value(b, let.out):
            assert isinstance(b, (Var, Lit))  # a complex literal is not folded above
            return b
        if _number(a) == -1.0 and _same_kind(b, let.out):
            return replace(let, op=self.reg.by_name["negative"], args=(b,))
    for position, a in enumerate((x, y)):
        inner = self.made_by(a, "negative")
        if inner is not None:
            args = (inner.args[0], y) if position == 0 else (x, inner.args[0])
            product = self.emit(let, "multiply", args, stmts)
            return replace(let, op=self.reg.by_name["negative"], args=(product,))
        number = _number(a)
        if number is not None and number < 0 and position == 0 and _number(y) is None:
            product = self.emit(let, "multiply", (Lit(-a.value), y), stmts)  # type: ignore[union-attr]
            return replace(let, op=self.reg.by_name["negative"], args=(product,))
    return None


def _divide(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x, y = let.args
    if _number(y) == 1.0 and _same_kind(x, let.out) and isinstance(x, Var):
        return x
    number = _number(x)
    if number is not None and number < 0 and _number(y) is None:
        quotient = self.emit(let, "divide", (Lit(-x.value), y), stmts)  # type: ignore[union-attr]
        return replace(let, op=self.reg.by_name["negative"], args=(quotient,))
    inner = self.made_by(x, "negative")
    if inner is not None:
        quotient = self.emit(let, "divide", (inner.args[0], y), stmts)
        return replace(let, op=self.reg.by_name["negative"], args=(quotient,))
    return None


def _add(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x, y = let.args
    folded = _literals(self, let)
    if folded is not None:
        return folded
    if x is y and let.origin.derivative:
        return replace(let, op=self.reg.by_name["multiply"], args=(Lit(2), x))
    inner = self.made_by(y, "negative")
    if inner is not None:
        return replace(let, op=self.reg.by_name["subtract"], args=(x, inner.args[0]))
    inner = self.made_by(x, "negative")
    if inner is not None:
        return replace(let, op=self.reg.by_name["subtract"], args=(y, inner.args[0]))
    return None


def _subtract(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x, y = let.args
    folded = _literals(self, let)
    if folded is not None:
        return folded
    if _number(y) == 0 and _same_kind(x, let.out) and isinstance(x, Var):
        return x
    inner = self.made_by(y, "negative")
    if inner is not None:
        return replace(let, op=self.reg.by_name["add"], args=(x, inner.args[0]))
    return None


def _negative(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    number = _number(let.args[0])
    if number is not None:
        assert isinstance(let.args[0], Lit)
        return Lit(-let.args[0].value)
    inner = self.made_by(let.args[0], "negative")
    if inner is not None and isinstance(inner.args[0], Var):
        return inner.args[0]
    inner = self.made_by(let.args[0], "subtract")
    if (
        inner is not None
        and let.origin.derivative
        and inner.origin.derivative
        and not inner.out.hint
    ):
        return replace(let, op=inner.op, args=(inner.args[1], inner.args[0]))
    return None


def _where(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    cond, x, y = let.args
    for name in ("logical_not", "not"):
        inner = self.made_by(cond, name)
        if inner is not None:
            return replace(let, args=(inner.args[0], y, x))
    return None


def _transpose(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x = let.args[0]
    axes = static_options(dict(let.kwargs)).get("axes")
    if isinstance(x, Var) and axes is not None and axes == tuple(range(len(axes))):
        return x
    inner = self.made_by(x, "transpose")
    if inner is not None and not let.kwargs and not inner.kwargs:
        assert isinstance(inner.args[0], Var)
        return inner.args[0]
    return None


def _sum(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    """The sum of a negative is the negative of the sum."""
    inner = self.made_by(let.args[0], "negative")
    if inner is not None and let.origin.derivative:
        total = Var(let.out.aval)
        new = replace(let, out=total, args=(inner.args[0],))
        self.defs[total] = new
        stmts.append(new)
        return replace(let, op=self.reg.by_name["negative"], args=(total,), kwargs=())
    return None


def _matmul(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    for position, a in enumerate(let.args):
        inner = self.made_by(a, "negative")
        if inner is not None and inner.origin.derivative:
            args = list(let.args)
            args[position] = inner.args[0]
            product = self.emit(let, let.op.name, tuple(args), stmts)
            return replace(let, op=self.reg.by_name["negative"], args=(product,))
    return None


def _broadcast(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    x = let.args[0]
    if isinstance(x, Var) and x.aval == let.out.aval:
        return x
    return None


def _setitem(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    """An array that is overwritten as a whole is the new value; what is stored is no copy."""
    _, index, value = let.args
    whole = isinstance(index, Lit) and index.value is Ellipsis
    if whole and isinstance(value, Var) and value.aval == let.out.aval:
        return value
    inner = self.made_by(value, "copy") or self.made_by(value, "broadcast_to")
    return None if inner is None else replace(let, args=(*let.args[:2], inner.args[0]))


def _scatter_add(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    """What is added need not be broadcast before."""
    inner = self.made_by(let.args[2], "broadcast_to")
    return None if inner is None else replace(let, args=(*let.args[:2], inner.args[0]))


def _weak(tree: Tree) -> bool:
    aval = aval_of(tree)
    return isinstance(aval, Scalar) and aval.weak


def _narrow(self: _Folder, let: Let, stmts: list[Stmt]) -> Let | Atom | None:
    """An operand that was only broadcast to the result's shape need not be."""
    for k, a in enumerate(let.args):
        inner = self.made_by(a, "broadcast_to")
        if inner is None:
            continue
        args = [*let.args[:k], inner.args[0], *let.args[k + 1 :]]
        shapes = [avals.shape_of(aval_of(t)) for t in args]
        kept = [aval_of(t) for i, t in enumerate(args) if i != k or not _weak(t)]
        same_dtype = any(
            isinstance(a, (Scalar, Array)) and a.dtype == let.out.aval.dtype  # type: ignore[union-attr]
            for a in kept
        ) or let.op.name in ("where", "logical_or")
        others = [s for i, s in enumerate(shapes) if i != k]
        whole = avals.shape_of(let.out.aval)
        if same_dtype and any(self.facts.fills(s, whole) for s in others):
            return replace(let, args=tuple(args))
        if let.origin.derivative and avals.shape_of(inner.out.aval) == whole:
            return _broadcast_last(self, let, tuple(args), inner, stmts)
    return None


def _broadcast_last(
    self: _Folder, let: Let, args: tuple[Tree, ...], inner: Let, stmts: list[Stmt]
) -> Let | None:
    """op(broadcast(x), y) as broadcast(op(x, y)), if that is less work and as precise."""
    small = infer(let.op, args, dict(let.kwargs), self.facts)
    if getattr(small, "dtype", None) != let.out.aval.dtype:  # type: ignore[union-attr]
        return None
    if small == let.out.aval:
        return replace(let, args=args)
    if not isinstance(small, Array):
        return None
    first = replace(let, out=Var(small), args=args)
    self.defs[first.out] = first
    stmts.append(first)
    return replace(inner, out=let.out, args=(first.out, *inner.args[1:]), origin=let.origin)


RULES: dict[str, Callable[[_Folder, Let, list[Stmt]], Let | Atom | None]] = {
    "multiply": _multiply,
    "divide": _divide,
    "add": _add,
    "subtract": _subtract,
    "negative": _negative,
    "where": _where,
    "select": _where,
    "transpose": _transpose,
    "sum": _sum,
    "matmul": _matmul,
    "broadcast_to": _broadcast,
    "setitem": _setitem,
    "scatter_add": _scatter_add,
}
