"""Batching: a program of one tangent (or adjoint) becomes one of many, along a leading axis.

Only what depends on the stacked parameters changes. The program is linear in these, so that
conditions, indices and lengths are never stacked, and products have one stacked factor. How a
primitive works on a stack follows from its row: elementwise operations broadcast, indices get
a leading `:`, axes count from one further on (`registry.axes`), products have rules
(`registry.stacked`). What has neither is applied in a loop over the directions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from adcompile.analysis.infer import infer
from adcompile.analysis.operands import aval_of, extent_of, index_items, is_basic
from adcompile.errors import ADCompileError, MissingRule
from adcompile.frontend import emit, extents
from adcompile.frontend.values import PyVal, SliceVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import INT, Array, Aval, Opaque, Parts, Scalar
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    Carry,
    For,
    If,
    Lens,
    Let,
    Lit,
    SliceTree,
    Stmt,
    Tree,
    Try,
    Var,
    View,
    While,
    new_key,
)
from adcompile.ir.primitives import Primitive
from adcompile.ir.walk import (
    let_trees,
    map_tree,
    outs,
    reads_of,
    region,
    tree_vars,
)
from adcompile.transforms.inline import Builder

WHOLE = SliceVal(Lit(None), Lit(None), Lit(None))
ALL = SliceTree(Lit(None), Lit(None), Lit(None))
SAME = frozenset("copy astype asarray zeros_like ones_like empty_like".split())
"""Primitives that do to a stack what they do to each entry."""

Form = tuple[Primitive, tuple[Tree, ...], tuple[tuple[str, Tree], ...]]


class Batcher:
    """Rewrites statements into `builder`; `stacks` holds the stack of each stacked value.

    size: the number of directions, an int atom. growing: the program has lists that grow, which are
    longer than their abstract values say.
    """

    def __init__(self, builder: Builder, size: Atom, stacks: dict[Var, Atom]) -> None:
        self.b = builder
        self.registry = builder.registry
        self.size = size
        self.count = extent_of(size)
        self.stacks: dict[Var, PyVal] = dict(stacks)
        self.items: dict[Tree, list[Var | None]] = {}  # the stacks of a tuple's items
        self.zero: set[Var] = set()
        self.growing = False

    # -- values

    def stacked(self, tree: Tree) -> bool:
        return any(v in self.stacks for v in tree_vars(tree))

    def new(self, atom: Atom) -> Any:
        return self.stacks.get(atom, atom) if isinstance(atom, Var) else atom

    def rank(self, tree: Tree) -> int:
        """The rank of one entry."""
        return len(avals.shape_of(aval_of(tree)))

    def aligned(self, tree: Tree, rank: int) -> PyVal:
        """An operand whose entries broadcast like values of `rank`."""
        value = self.new(tree) if isinstance(tree, (Var, Lit)) else self.b.value(tree)
        missing = rank - self.rank(tree)
        if not self.stacked(tree) or missing <= 0:
            return value
        index: list[PyVal] = [WHOLE, *[Lit(None)] * missing]
        return self.b.emit("getitem", value, TupleVal(tuple(index)))

    def shape(self, var: Any) -> TupleVal:
        """The shape of a stack of values like `var`."""
        if not isinstance(var, Var):
            return TupleVal((self.size,))
        lengths: tuple[Any, ...] = (self.size, *extents.of_shape(self.b.cx, var).items)
        return TupleVal(lengths)

    def spread(self, atom: Atom, like: Var) -> Atom:
        """A value as a stack: the same in each direction, if it is not stacked."""
        if atom is UNDEFINED or self.stacked(atom):
            return self.new(atom)
        if self.growing and isinstance(atom, Var) and isinstance(atom.aval, Array):
            return self.b.atom(self.b.emit("spread", atom, self.size))
        shape = self.shape(atom if isinstance(atom, Var) else like)
        dtype = getattr(like.aval, "dtype", avals.FLOAT.dtype)
        given = {} if dtype == avals.FLOAT.dtype else {"dtype": Lit(dtype)}
        if atom in self.zero or (isinstance(atom, Lit) and atom.value == 0):
            made = self.b.emit("zeros", shape, **given)
        elif isinstance(aval_of(atom), Array):
            made = self.b.fit_dtype(self.b.emit("broadcast_to", atom, shape), like.aval)
        else:
            made = self.b.emit("full", shape, atom, **given)
        return self.b.atom(made)

    def like(self, var: Var) -> Array:
        """The abstract value of a stack of values like `var`."""
        aval = var.aval
        assert not isinstance(aval, Opaque)
        return Array(aval.dtype, (self.count, *avals.shape_of(aval)))

    # -- statements

    def block(self, stmts: Sequence[Stmt]) -> None:
        for stmt in stmts:
            self.b.cx.origin = stmt.origin
            self.statement(stmt)
            for v in outs(stmt):
                made = self.stacks.get(v)
                self.b.cx.homes.learn(v if made is None else self.b.atom(made), self.b.cx.path)

    def statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Let):
            self.let(stmt)
        elif isinstance(stmt, If):
            self.conditional(stmt)
        elif isinstance(stmt, (For, While)):
            self.loop(stmt)
        elif isinstance(stmt, Try) and not any(v in self.stacks for v in reads_of(stmt)):
            self.b.stmts.append(stmt)  # it protects primal statements alone
        else:
            raise NotImplementedError

    def let(self, stmt: Let) -> None:
        if stmt.op.shape == "part" and stmt.args[0] in self.items:
            item = self.items[stmt.args[0]][stmt.args[1].value]  # type: ignore[union-attr]
            assert item is not None
            self.stacks[stmt.out] = item
            return
        if not any(self.stacked(t) for t in let_trees(stmt)):
            if stmt.op.name in ("zeros", "zeros_like"):
                self.zero.add(stmt.out)
            self.b.stmts.append(stmt)
            return
        op = stmt.op
        if op.name in ("shape", "dim", "size"):
            self._length(stmt)
            return
        if isinstance(stmt.out.aval, Parts):
            self.items[stmt.out] = self.one_by_one(stmt, stmt.out.aval.items)
            return
        start = len(self.b.stmts)
        try:
            value = self.apply(stmt)
        except ADCompileError:
            del self.b.stmts[start:]
            value = None
        if value is None:
            (value,) = self.one_by_one(stmt, (stmt.out.aval,))
            assert value is not None
        atom = self.b.atom(self.b.fit_dtype(value, self.like(stmt.out)))
        assert isinstance(atom, Var) and isinstance(atom.aval, Array)
        assert atom.aval.ndim == self.rank(stmt.out) + 1, stmt
        if isinstance(stmt.out.aval, Array):
            atom.aval = Array(atom.aval.dtype, (atom.aval.shape[0], *stmt.out.aval.shape))
        atom.hint = atom.hint or stmt.out.hint
        self.stacks[stmt.out] = atom

    def _length(self, stmt: Let) -> None:
        """A length of one entry of a stack."""
        stack = self.atom_of(stmt.args[0])
        named = self.registry.by_name

        def let(out: Var, name: str, *args: Tree) -> Var:
            self.b.stmts.append(Let(out, named[name], args, (), stmt.origin))
            return out

        if stmt.op.name == "shape":
            whole = let(Var(avals.SHAPE), "shape", stack)
            let(stmt.out, "part", whole, SliceTree(Lit(1), Lit(None), Lit(None)))
        elif stmt.op.name == "dim":
            let(stmt.out, "dim", stack, _axes(_static(stmt.args[1])))
        else:
            total: Atom = Lit(1)
            for axis in range(self.rank(stmt.args[0])):
                length = let(Var(INT), "dim", stack, Lit(axis + 1))
                total = let(Var(INT), "multiply", total, length)
            let(stmt.out, "positive", total)

    # -- operations

    def apply(self, stmt: Let) -> PyVal | None:
        """The operation on stacks; None if that takes a loop."""
        op = stmt.op
        if op.elementwise:
            return self._elementwise(stmt)
        native = NATIVE.get(op.name) or NATIVE.get(op.shape)
        if native is not None:
            return native(self, stmt)
        names = [p.name for p in op.params if p.required]
        trees: dict[str, Tree] = dict(zip(names, stmt.args, strict=False))
        trees.update(stmt.kwargs)
        stacked = [n for n, t in trees.items() if self.stacked(t)]
        if len(stacked) == 1 and (op.name, stacked[0]) in self.registry.stacked:
            rule = self.registry.stacked[op.name, stacked[0]]
            values = {
                n: self.new(t) if isinstance(t, (Var, Lit)) else self.b.value(t)
                for n, t in trees.items()
            }
            return self.b.apply(rule, values, {})
        if op.shape in ("concatenate", "stack"):
            return self._joined(stmt)
        form = self.form(op, stmt.args[1:], stmt.kwargs, aval_of(stmt.args[0]))
        if form is None:
            return None
        op, args, kwargs = form
        return self._let(op, (self.atom_of(stmt.args[0]), *args), kwargs)

    def atom_of(self, tree: Tree) -> Any:
        return self.b.atom(self.new(tree))  # type: ignore[arg-type]

    def _let(
        self, op: Primitive, args: tuple[Tree, ...], kwargs: Iterable[tuple[str, Tree]]
    ) -> Var:
        return emit.let(self.b.cx, op, args, dict(kwargs))

    def _elementwise(self, stmt: Let) -> PyVal:
        rank = max(self.rank(t) for t in stmt.args)
        args = [self.aligned(t, rank) for t in stmt.args]
        kwargs = {k: self.b.value(t) for k, t in stmt.kwargs}
        op = self.registry.by_name["where"] if stmt.op.name == "select" else stmt.op
        return emit.primitive(self.b.cx, op, args, kwargs)

    def form(
        self,
        op: Primitive,
        args: tuple[Tree, ...],
        kwargs: Sequence[tuple[str, Tree]],
        aval: Any,
    ) -> Form | None:
        """An operation on one array as the same operation on a stack of arrays like `aval`.

        args: its operands after the array. None if it takes more than other operands.
        """
        rank = len(avals.shape_of(aval))
        if op.name in SAME:
            return op, args, tuple(kwargs)
        if op.name == "getitem":
            index = stacked_index(args[0])
            return None if index is None else (op, (index,), ())
        if op.name == "transpose":
            axes = dict(kwargs).get("axes", Lit(None))
            given = _static(axes)
            order = range(rank)[::-1] if given is None else [a % rank for a in given]
            moved = (Lit(0), *(Lit(a + 1) for a in order))
            return op, (), (("axes", moved),)
        names = self.registry.axes.get(op.name)
        if names is None:
            return None
        params = [p.name for p in op.params if p.required][1:]
        found = dict(zip(params, args, strict=False))
        found.update(kwargs)
        defaults = {p.name: p.default for p in op.params}
        for name in names:
            axis = _static(found[name]) if name in found else defaults[name]
            if axis is None and op.shape != "reduction" and (rank != 1 or op.name == "squeeze"):
                return None
            found[name] = _axes(range(1, rank + 1) if axis is None else axis)
            if name not in params and _static(found[name]) == defaults[name]:
                del found[name]
        positional = tuple(found.pop(n) for n in params)
        return op, positional, tuple(found.items())

    def _joined(self, stmt: Let) -> PyVal:
        """concatenate and stack: the parts that are not stacked are repeated."""
        parts = stmt.args[0]
        assert isinstance(parts, tuple)
        like = next(p for p in parts if isinstance(p, Var) and p in self.stacks)
        spread = tuple(
            self.spread(p, p if isinstance(p, Var) else like)  # type: ignore[arg-type]
            for p in parts
        )
        axis = _static(dict(stmt.kwargs).get("axis", Lit(0)))
        return self._let(stmt.op, (spread,), (("axis", _axes(axis)),))

    def _array(self, stmt: Let) -> PyVal | None:
        """np.array of nested numbers: entries are stacked, the axes come after."""
        if not isinstance(stmt.args[0], tuple):
            return self._let(stmt.op, (self.atom_of(stmt.args[0]),), stmt.kwargs)

        def made(tree: Tree) -> Atom:
            if isinstance(tree, tuple):
                parts = tuple(made(t) for t in tree)
                axis = (("axis", Lit(1)),)
                return self._let(self.registry.by_name["stack"], (parts,), axis)
            assert isinstance(tree, (Var, Lit))
            return self.spread(tree, tree if isinstance(tree, Var) else Var(avals.FLOAT))

        return made(stmt.args[0])

    def _reshaped(self, stmt: Let) -> PyVal | None:
        """reshape, ravel, squeeze: to the shape of one result, with the leading axis."""
        if stmt.op.name == "reshape":
            wanted = stmt.args[1]
            given = wanted if isinstance(wanted, tuple) else (wanted,)
            if all(_static_or_none(t) != -1 for t in given):
                return self._let(stmt.op, (self.atom_of(stmt.args[0]), (self.size, *given)), ())
        lengths = self.lengths(stmt.out.aval)
        if lengths is None:
            return None
        shape = TupleVal((self.size, *lengths))
        return self.b.emit("reshape", self.atom_of(stmt.args[0]), shape)

    def _squeezed(self, stmt: Let) -> PyVal | None:
        form = self.form(stmt.op, stmt.args[1:], stmt.kwargs, aval_of(stmt.args[0]))
        if form is None:
            return self._reshaped(stmt)
        return self._let(form[0], (self.atom_of(stmt.args[0]), *form[1]), form[2])

    def _broadcast(self, stmt: Let) -> PyVal:
        value = self.aligned(stmt.args[0], self.rank(stmt.out))
        wanted = stmt.args[1]
        given = wanted if isinstance(wanted, tuple) else (wanted,)
        shape = TupleVal((self.size, *map(self._plain, given)))
        return self.b.emit("broadcast_to", value, shape)

    def _plain(self, tree: Tree) -> PyVal:
        return self.new(tree) if isinstance(tree, (Var, Lit)) else self.b.value(tree)

    def _unbroadcast(self, stmt: Let) -> PyVal | None:
        value, wanted = stmt.args
        if not isinstance(wanted, tuple):
            return None
        ones = [Lit(1)] * (self.rank(value) - len(wanted))
        given = [self._plain(t) for t in wanted]
        shape = TupleVal((self.size, *ones, *given))
        summed = self.b.emit("unbroadcast", self.atom_of(value), shape)
        return self.b.emit("reshape", summed, TupleVal((self.size, *given))) if ones else summed

    def _filled(self, stmt: Let) -> PyVal:
        """full and full_like of a stacked number."""
        rank = self.rank(stmt.out)
        value = self.aligned(stmt.args[1], rank)
        if stmt.op.name == "full":
            wanted = stmt.args[0]
            lengths = [self._plain(t) for t in (wanted if isinstance(wanted, tuple) else (wanted,))]
        else:
            lengths = list(extents.of_shape(self.b.cx, stmt.args[0]).items)  # type: ignore[arg-type]
        return self.b.emit("broadcast_to", value, TupleVal((self.size, *lengths)))

    def _number(self, stmt: Let) -> PyVal:
        """float(x), np.float32(x), x.item(): the stack itself, in their dtype."""
        value = self.new(stmt.args[0])  # type: ignore[arg-type]
        if self.rank(stmt.args[0]) > self.rank(stmt.out):
            value = self.b.emit("reshape", value, TupleVal((self.size,)))
        return value

    def _read(self, stmt: Let) -> PyVal | None:
        source, index = stmt.args
        moved = stacked_index(index)
        if moved is None or self.stacked(index):
            return None
        read = self._let(stmt.op, (self.atom_of(source), moved), ())
        # A number is a copy; of a stack it would be a view.
        number = isinstance(stmt.out.aval, Scalar) and is_basic(index)
        return self.b.emit("copy", read) if number else read

    def _write(self, stmt: Let) -> PyVal | None:
        """setitem, scatter_add: in each entry at the same place."""
        base, index, value = stmt.args
        assert isinstance(base, Var)
        where = self.place(index, base.aval)
        if where is None:
            return None
        moved, target = where
        given = self.aligned(value, len(avals.shape_of(target)))
        buffer = self.spread(base, base)
        return self._let(stmt.op, (buffer, moved, self.b.atom(given)), ())

    def _with_room(self, stmt: Let) -> PyVal:
        """The rows of a list that a loop grows: those of each entry."""
        base, count = stmt.args
        assert isinstance(base, Var)
        return self._let(stmt.op, (self.spread(base, base), count), (("axis", Lit(1)),))

    def place(self, index: Tree, aval: Any) -> tuple[Tree, Any] | None:
        """An index, behind views perhaps, into each entry; and what it selects of one."""
        if isinstance(aval, Scalar):  # the tangent of an array without axes
            aval = Array(aval.dtype, ())
        steps = []
        inner = index
        if isinstance(index, Lens):
            for step in index.steps:
                form = self.form(step.op, step.args, step.kwargs, aval)
                if form is None:
                    return None
                steps.append(View(*form))
                aval = infer(step.op, (Var(aval), *step.args), dict(step.kwargs), self.b.cx.facts)
            inner = index.index
        moved = stacked_index(inner)
        if moved is None:
            return None
        getitem = self.registry.by_name["getitem"]
        target = infer(getitem, (Var(aval), inner), {}, self.b.cx.facts)
        return (Lens(tuple(steps), moved) if steps else moved), target

    # -- one direction after the other

    def lengths(self, kind: Aval) -> list[PyVal] | None:
        """The shape of a value that is not computed yet, where it can be read elsewhere."""
        missing = object()
        found = [extents.of_dim(self.b.cx, d, lambda: missing) for d in avals.shape_of(kind)]
        return None if any(n is missing for n in found) else found

    def one_by_one(self, stmt: Let, kinds: Sequence[Aval]) -> list[Var | None]:
        """The operation in a loop over the directions: a stack for each item of its result.

        kinds: those of the items; None is the stack of what holds no numbers.
        """
        several = isinstance(stmt.out.aval, Parts)
        numbers = [k for k, kind in enumerate(kinds) if not isinstance(kind, Opaque)]
        shapes = [self.lengths(kinds[k]) for k in numbers]
        operands = [v for t in let_trees(stmt) for v in tree_vars(t) if v in self.stacks]
        known = stmt.op.effect != "writes" or stmt.op.name in ("setitem", "scatter_add")
        opaque = any(isinstance(v.aval, Opaque) for v in operands)
        if None in shapes or not shapes or not known or opaque:
            raise MissingRule(
                f"{stmt.op.spelling.lstrip('=.@')} cannot be applied to many directions at once",
                stmt.origin.span,
                "Use jvp or vjp, one direction at a time.",
            )
        carries = []
        for k, lengths in zip(numbers, shapes, strict=True):
            dtype = kinds[k].dtype  # type: ignore[union-attr]
            shape = TupleVal((self.size, *lengths))  # type: ignore[misc]
            buffer = self.b.atom(self.b.emit("empty", shape, dtype=Lit(dtype)))
            carries.append(Carry(buffer, Var(buffer.aval), Var(buffer.aval)))
        index = Var(INT, "k")
        key = new_key()
        body: list[Stmt] = []
        with self._inside((key, "body")), self.b.into(body):
            rows = {v: self._row(v, index) for v in dict.fromkeys(operands)}
            args, kwargs = (
                tuple(map_tree(lambda a: rows.get(a, a), t) for t in stmt.args),  # type: ignore
                tuple((k, map_tree(lambda a: rows.get(a, a), t)) for k, t in stmt.kwargs),  # type: ignore
            )
            out = Var(stmt.out.aval, stmt.out.hint)
            self.b.stmts.append(replace(stmt, out=out, args=args, kwargs=kwargs))
            setitem, part = self.registry.by_name["setitem"], self.registry.by_name["part_of"]
            items = [out]
            if several:
                items = [Var(kinds[k]) for k in numbers]
                for k, item in zip(numbers, items, strict=True):
                    self.b.stmts.append(Let(item, part, (out, Lit(k)), (), stmt.origin))
            written = tuple(
                self._let(setitem, (c.param, index, item), ())
                for c, item in zip(carries, items, strict=True)
            )
        self.b.stmts.append(
            For(
                Lit(0),
                self.size,
                Lit(1),
                index,
                tuple(carries),
                Block(tuple(body), written),
                key,
                origin=stmt.origin,
            )
        )
        done: list[Var | None] = [None] * len(kinds)
        for k, c in zip(numbers, carries, strict=True):
            done[k] = c.out
            self.b.cx.homes.learn(c.out, self.b.cx.path)
        return done

    def _row(self, var: Var, index: Var) -> Atom:
        row: PyVal = self._let(self.registry.by_name["getitem"], (self.atom_of(var), index), ())
        if isinstance(var.aval, Array) and not var.aval.shape:
            row = self.b.emit("array", row)
        return self.b.atom(self.b.weaken(row, var.aval))

    # -- regions

    @contextmanager
    def _inside(self, where: tuple[int, str]) -> Any:
        outside = self.b.cx.path
        self.b.cx.path = (*outside, where)
        try:
            yield
        finally:
            self.b.cx.path = outside

    def region(self, stmt: Stmt, name: str, block: Block) -> list[Stmt]:
        made: list[Stmt] = []
        with self._inside(region(stmt, name)), self.b.into(made):
            self.block(block.stmts)
        return made

    def conditional(self, stmt: If) -> None:
        sides = (("then", stmt.then), ("orelse", stmt.orelse))
        made = [self.region(stmt, name, side) for name, side in sides]
        new_outs = list(stmt.outs)
        results = [list(side.results) for _, side in sides]
        for k, out in enumerate(stmt.outs):
            if not any(self.stacked(side.results[k]) for _, side in sides):
                continue
            new_outs[k] = Var(self.like(out), out.hint)
            for (name, side), stmts, sink in zip(sides, made, results, strict=True):
                with self._inside(region(stmt, name)), self.b.into(stmts):
                    sink[k] = self.spread(side.results[k], out)
        for out, new in zip(stmt.outs, new_outs, strict=True):
            if new is not out:
                self.stacks[out] = new
        blocks = [Block(tuple(s), tuple(r)) for s, r in zip(made, results, strict=True)]
        self.b.stmts.append(replace(stmt, outs=tuple(new_outs), then=blocks[0], orelse=blocks[1]))

    def loop(self, stmt: For | While) -> None:
        chosen = stacked_carries(stmt, set(self.stacks))
        carries = list(stmt.carries)
        for k in chosen:
            c = stmt.carries[k]
            init = self.spread(c.init, c.param)
            param, out = (Var(self.like(v), v.hint) for v in (c.param, c.out))
            carries[k] = Carry(init, param, out)
            self.stacks[c.param] = param
        indices = (stmt.index,) if isinstance(stmt, For) else ()
        for var in (*indices, *(c.param for c in carries)):
            self.b.cx.homes.learn(var, (*self.b.cx.path, region(stmt, "body")))
        body = self.region(stmt, "body", stmt.body)
        results = list(stmt.body.results)
        with self._inside(region(stmt, "body")), self.b.into(body):
            for k in chosen:
                results[k] = self.spread(results[k], stmt.carries[k].param)
        for k in chosen:
            self.stacks[stmt.carries[k].out] = carries[k].out
        self.b.stmts.append(
            replace(stmt, carries=tuple(carries), body=Block(tuple(body), tuple(results)))
        )


def stacked_carries(stmt: For | While, stacked: set[Var]) -> list[int]:
    """The carries of a loop that hold stacks, once or later."""
    found = set(stacked)
    chosen: list[int] = []
    size = -1
    while size != len(chosen):
        size = len(chosen)
        _spread_through(stmt.body, found)
        for k, (c, r) in enumerate(zip(stmt.carries, stmt.body.results, strict=False)):
            if k not in chosen and (c.init in found or r in found):
                chosen.append(k)
                found.update((c.param, c.out))
    return sorted(chosen)


def _spread_through(block: Block, found: set[Var]) -> None:
    """Add to `found` what depends on it."""
    for s in block.stmts:
        if isinstance(s, Let):
            if s.op.name not in ("shape", "dim", "size") and any(
                v in found for t in let_trees(s) for v in tree_vars(t)
            ):
                found.add(s.out)
        elif isinstance(s, If):
            for side in (s.then, s.orelse):
                _spread_through(side, found)
            sides = zip(s.outs, s.then.results, s.orelse.results, strict=True)
            found.update(v for v, a, b in sides if a in found or b in found)
        elif isinstance(s, (For, While)):
            for k in stacked_carries(s, found):
                found.update((s.carries[k].param, s.carries[k].out))
            _spread_through(s.body, found)


def stacked_index(index: Tree) -> Tree | None:
    """An index into each entry; None where NumPy would put its axes before the stack's."""
    items = index_items(index)
    if not is_basic(index):
        kinds = [aval_of(i) for i in items]
        advanced = [
            k
            for k, (item, kind) in enumerate(zip(items, kinds, strict=True))
            if isinstance(kind, Array) or (isinstance(kind, Scalar) and not _is_none(item))
        ]
        if advanced != list(range(advanced[0], advanced[-1] + 1)):
            return None
    return (ALL, *items)


def _is_none(item: Tree) -> bool:
    return isinstance(item, Lit) and item.value is None


def _static(tree: Tree) -> Any:
    if isinstance(tree, tuple):
        return tuple(_static(t) for t in tree)
    assert isinstance(tree, Lit)
    return tree.value


def _static_or_none(tree: Tree) -> Any:
    return tree.value if isinstance(tree, Lit) else None


def _axes(axis: Any) -> Tree:
    """Axes counted from one further on; those counted from the end stay."""
    if isinstance(axis, (tuple, range)):
        moved = tuple(a if isinstance(axis, range) else _moved(a) for a in axis)
        return Lit(moved[0] if len(moved) == 1 else moved)
    return Lit(_moved(axis))


def _moved(axis: int) -> int:
    return axis + 1 if axis >= 0 else axis


NATIVE: dict[str, Callable[[Batcher, Let], PyVal | None]] = {
    "getitem": Batcher._read,
    "setitem": Batcher._write,
    "scatter_add": Batcher._write,
    "with_room": Batcher._with_room,
    "array": Batcher._array,
    "reshape": Batcher._reshaped,
    "ravel": Batcher._reshaped,
    "squeeze": Batcher._squeezed,
    "broadcast_to": Batcher._broadcast,
    "unbroadcast": Batcher._unbroadcast,
    "full": Batcher._filled,
    "full_like": Batcher._filled,
    "float": Batcher._number,
    "cast": Batcher._number,
}
"""By shape function or name: what needs more than its axes moved."""
