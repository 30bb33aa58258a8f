"""Transposition of a linear program: last statement to first, adjoints accumulate.

The adjoint of a value is absent (zero) until something contributes. A value that is read in
another region of the same key is one value an iteration, and so is its adjoint: the
contribution made there is read here as a residual. A value from outside a loop accumulates
through the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from adcompile.analysis.operands import aval_of, is_basic
from adcompile.analysis.repeats import may_repeat
from adcompile.errors import MissingRule
from adcompile.frontend import emit, extents, static
from adcompile.frontend.derived import Adjoint
from adcompile.frontend.values import ZERO, Masked, PyVal, TupleVal, Zero
from adcompile.ir import avals
from adcompile.ir.avals import Array, Parts, Scalar, is_inexact
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
    Stmt,
    Tree,
    Var,
)
from adcompile.ir.walk import Path, let_trees, region, tree_vars
from adcompile.rules.helpers import lower_unbroadcast
from adcompile.transforms.inline import Builder
from adcompile.transforms.kept_calls import apply_pullback, pulled_back, pushed_forward, strong
from adcompile.transforms.masks import Masks, is_mask


class Transposer:
    """Transposes linear statements into `builder`.

    `paths`: where each variable of the linear program is defined. `primal_of`: the primal of
    each tangent, for shapes. `tried`: what has a value only where a Try completed. `absent`:
    what some path leaves without a value, as an early return does. `distinct`: index
    arrays without repeated entries.
    """

    def __init__(
        self,
        builder: Builder,
        linear: set[Var],
        paths: Mapping[Var, Path],
        primal_of: Mapping[Var, Var],
        tried: Mapping[Var, Set[Var]] | None = None,
        absent: Set[Var] = frozenset(),
        distinct: Set[Var] = frozenset(),
    ) -> None:
        self.distinct = distinct
        self.b = builder
        self.linear = linear
        self.paths = paths
        self.primal_of = primal_of
        self.tried: dict[Atom, Set[Var]] = {done: v for done, v in (tried or {}).items()}
        self.unsure = {*absent, *(v for outs in self.tried.values() for v in outs)}
        self.masks = Masks(builder, self._like, self.unsure)
        self.to_bind: set[Var] = set()
        self.ct: dict[Var, PyVal] = {}
        self.items: dict[Var, dict[int, PyVal]] = {}

    @property
    def path(self) -> Path:
        """The region that statements go to."""
        return self.b.cx.path

    @path.setter
    def path(self, value: Path) -> None:
        self.b.cx.path = value

    # -- adjoints of values

    def contribute(self, atom: Tree, value: PyVal) -> None:
        """Add to the adjoint of an operand."""
        if isinstance(value, Zero) or not isinstance(atom, Var) or atom not in self.linear:
            return
        value = self.b.fit(value, self._like(atom), atom.aval)
        before = self.ct.get(atom, ZERO)
        total = self.b.add(before, value)
        self._name(total, atom)
        self.ct[atom] = total

    def _like(self, var: Var) -> Var:
        return self.primal_of.get(var, var)

    def _name(self, value: PyVal, of: Var) -> None:
        """Adjoints are named after their primal, tangents of adjoints after both."""
        if isinstance(value, Var) and not value.hint and of.hint:
            value.hint = bar_name(of.hint)

    def zeros(self, var: Var) -> PyVal:
        """A zero adjoint of `var`."""
        aval = var.aval
        if not isinstance(aval, Array):
            return Lit(0.0)
        primal = self.primal_of.get(var)
        if (
            primal is not None
            and primal in self.unsure
            and self.path[: len(self.paths[primal])] == self.paths[primal]
        ):
            self.to_bind.add(primal)  # the zero of None is as good: it is never used
            return self.b.emit("zeros_like", primal)
        same = primal is not None and getattr(primal.aval, "dtype", None) == aval.dtype
        if primal is not None and same and self.paths.get(primal) == ():
            return self.b.emit("zeros_like", primal)
        shape = extents.of_shape(self.b.cx, self._like(var))
        dtype = {} if aval.dtype == float else {"dtype": Lit(aval.dtype)}
        return self.b.emit("zeros", shape, **dtype)

    def take(self, var: Atom) -> PyVal:
        """The adjoint of a value whose contributions are complete."""
        return self.ct.pop(var, ZERO) if isinstance(var, Var) else ZERO

    # -- statements

    def block(self, stmts: Sequence[Stmt]) -> None:
        for stmt in reversed(stmts):
            self.b.come_from(stmt.origin)
            if isinstance(stmt, Let):
                self.let(stmt)
            elif isinstance(stmt, If):
                self.conditional(stmt)
            elif isinstance(stmt, For):
                self.loop(stmt)
            else:
                raise NotImplementedError

    def let(self, stmt: Let) -> None:
        if stmt.out in self.items:
            transposed = (
                self.by_pullback if stmt.op.name == "pullback_call" else self.by_tangent_function
            )
            transposed(stmt, self.items.pop(stmt.out))
            return
        bar = self.take(stmt.out)
        if isinstance(bar, Zero):
            return
        op = stmt.op
        if op.name in ("setitem", "scatter_add"):
            self.write(stmt, bar)
        elif op.name == "getitem":
            self.gather(stmt, bar)
        elif op.name == "pullback_call":
            self.by_pullback(stmt, {0: bar})
        elif op.shape == "part":
            self.item(stmt, bar)
        elif op.name == "adjoint_call":
            self.by_adjoint(stmt, bar)
        elif op.name == "copy":
            self.contribute(stmt.args[0], bar)
        elif op.rule == "on_adjoint":
            self.hook(stmt, bar)
        else:
            self.by_rule(stmt, bar)

    def by_rule(self, stmt: Let, bar: PyVal) -> None:
        op = stmt.op
        required = [p.name for p in op.params if p.required]
        trees: dict[str, Tree] = dict(zip(required, stmt.args, strict=False))
        trees.update(stmt.kwargs)
        for name, tree in trees.items():
            if not any(v in self.linear for v in tree_vars(tree)):
                continue
            made = self.b.registry.transposes.get((op.rule, name))
            if made is None:
                raise MissingRule(
                    f"{op.spelling.lstrip('=.@')} cannot be transposed in {name!r}",
                    stmt.origin.span,
                    "Use forward mode, or give it a rule made of other functions.",
                )
            values = {k: self._operand(t) for k, t in trees.items()}
            share = self.b.apply(made, values, {"result_bar": bar})
            if isinstance(tree, tuple):
                self._scatter_tree(tree, share)
            else:
                self.contribute(tree, share)

    def item(self, stmt: Let, bar: PyVal) -> None:
        """An item of a tuple of tangents: its adjoint waits for those of the others."""
        whole, index = stmt.args
        assert isinstance(whole, Var) and isinstance(index, Lit)
        held = self.items.setdefault(whole, {})
        held[index.value] = self.b.add(held.get(index.value, ZERO), bar)

    def by_pullback(self, stmt: Let, bars: Mapping[int, PyVal]) -> None:
        """A kept call: its pullback gives the adjoints of all arguments from those of the items
        of its result."""
        dots, back, values, arguments = stmt.args
        assert isinstance(dots, tuple) and isinstance(back, Var)
        assert isinstance(values, tuple) and isinstance(arguments, tuple)
        given: list[Atom] = []
        for k, value in enumerate(values):
            if value is UNDEFINED:
                given.append(Lit(None))
            else:
                bar = bars.get(k, ZERO)
                assert isinstance(value, Var)
                given.append(self.b.atom(self._zeros_of(value) if isinstance(bar, Zero) else bar))
        single = not isinstance(stmt.out.aval, Parts)
        _, shares = apply_pullback(self.b, back, given, single, arguments)
        for dot, share in zip(dots, shares, strict=True):
            self.contribute(dot, share)

    def by_tangent_function(self, stmt: Let, bars: Mapping[int, PyVal]) -> None:
        """A kept call of an adjoint function: see `kept_calls`."""
        dots, held, arguments = stmt.args
        assert isinstance(dots, tuple) and isinstance(arguments, tuple)
        base: Adjoint = held.value  # type: ignore[union-attr]
        primals, given = arguments[: base.arguments], arguments[base.arguments :]
        along: dict[int, Atom] = {}
        for k, primal in enumerate(primals):
            if is_inexact(aval_of(primal)):
                bar = bars.get(k, ZERO)
                along[k] = self.b.atom(self.b.zeros(primal) if isinstance(bar, Zero) else bar)  # type: ignore[arg-type]
        tangents, back = pushed_forward(self.b, base, primals, along, given)
        zeros = [self.b.atom(self.b.zeros(bar)) for bar in given]  # type: ignore[arg-type]
        every = (*primals, *along.values())
        _, shares = pulled_back(self.b, base, back, [*zeros, *given], every)
        for dot, share in zip(dots, (*shares[: len(primals)], *tangents), strict=True):
            self.contribute(dot, share)

    def _zeros_of(self, value: Var) -> PyVal:
        return self.b.emit("zeros_like", value) if isinstance(value.aval, Array) else Lit(0.0)

    def hook(self, stmt: Let, bar: PyVal) -> None:
        """The user's function on the adjoint, at this point of the sweep."""
        atom = self.b.atom(bar)
        out = Var(aval_of(atom), atom.hint if isinstance(atom, Var) else "")
        call = self.b.registry.by_name["adjoint_hook"]
        self.b.stmts.append(Let(out, call, (atom, stmt.args[1]), (), self.b.cx.origin))
        self.contribute(stmt.args[0], out)

    def by_adjoint(self, stmt: Let, bar: PyVal) -> None:
        """The user's own adjoint rule."""
        dots, operands, result = stmt.args
        op = dict(stmt.kwargs)["rule"].value  # type: ignore[union-attr]
        made = self.b.registry.adjoints[op.rule]
        assert isinstance(dots, tuple) and isinstance(operands, tuple)
        values = {n: self.b.value(t) for n, t in zip(made.parameters, operands, strict=False)}
        bars = {"result": self.b.value(result), "result_bar": bar}
        share = self.b.apply(made, values, bars)
        shares = share.items if isinstance(share, TupleVal) else (share,)
        for dot, part in zip(dots, shares, strict=False):
            self.contribute(dot, part)

    def _operand(self, tree: Tree) -> PyVal:
        """An operand as the rule sees it: of a linear one only the shape may be asked."""
        if isinstance(tree, Var) and tree in self.linear:
            return self._like(tree)
        if isinstance(tree, tuple):
            return TupleVal(tuple(self._operand(t) for t in tree))
        return self.b.value(tree)

    def _scatter_tree(self, tree: Tree, share: PyVal) -> None:
        if isinstance(tree, tuple):
            items = share.items if isinstance(share, TupleVal) else None
            if items is None:
                items = static.items(self.b.cx, share)
            assert items is not None
            for t, s in zip(tree, items, strict=True):
                self._scatter_tree(t, s)
        else:
            self.contribute(tree, share)

    def gather(self, stmt: Let, bar: PyVal) -> None:
        """The adjoint of x[i] goes into one buffer: x_bar[i] += bar."""
        source = stmt.args[0]
        assert isinstance(source, Var)
        if source not in self.linear:
            return
        index = stmt.args[1]
        held = self.ct.get(source, ZERO)
        mask = self.masks.of_read(index, source, bar)
        if isinstance(held, Zero):
            held = self.zeros(source)
        elif isinstance(held, Masked) and mask is not None:
            mask = self.b.emit("logical_or", held.cond, mask)
        else:
            mask = None
        total = self._write("scatter_add", self._buffer(held, index), index, bar, source)
        self.ct[source] = total if mask is None else Masked(total, mask, selected=True)

    def _buffer(self, bar: PyVal, index: Tree) -> Atom:
        """An adjoint to be written; one of a 0-d array may be a number, which has no views."""
        if not _whole(index) and isinstance(self.b.aval(bar), Scalar):
            bar = self.b.emit("array", bar)
        return self.b.atom(bar)

    def _write(self, name: str, buffer: Atom, index: Tree, value: PyVal, of: Var) -> Var:
        atom = self.b.atom(value)
        out = Var(of.aval, bar_name(of.hint) if of.hint else "")
        op = self.b.registry.by_name[name]
        self.b.stmts.append(Let(out, op, (buffer, index, atom), (), self.b.cx.origin))
        return out

    def write(self, stmt: Let, bar: PyVal) -> None:
        """x[i] = v: v's share is read at i; for setitem x's is zero there."""
        base, index, value = stmt.args
        assert isinstance(base, Var)
        buffer = self._buffer(bar, index)
        linear_value = isinstance(value, Var) and value in self.linear
        unread = "unread" in dict(stmt.kwargs)
        if stmt.op.name == "scatter_add":
            if linear_value:
                self.contribute(value, self._shrink(self._read(buffer, index), value, index))
            self.contribute(base, buffer)
            return
        if overwrites(index):
            if linear_value:
                self.contribute(value, self._shrink(self._through(buffer, index), value, index))
            return
        if linear_value and may_repeat(_inner(index), self.distinct):
            share = self._winners(buffer, index, stmt)
            self.contribute(value, self._shrink(share, value, index))
        elif linear_value:
            read = self._read(buffer, index)
            view = (
                isinstance(read, Var) and isinstance(read.aval, Array) and is_basic(_inner(index))
            )
            if view and not unread:
                # A view of what is cleared next.
                read = self.b.emit("copy", read)
            self.contribute(value, self._shrink(read, value, index))
        if base in self.linear and unread:
            self.contribute(base, buffer)
        elif base in self.linear:
            cleared = self._write("setitem", buffer, index, Lit(0.0), base)
            mask = self.masks.of_index(index, base)
            if mask is None:
                self.contribute(base, cleared)
            else:
                rest = self.b.emit("logical_not", mask)
                self.contribute(base, Masked(cleared, rest, selected=True))

    def _read(self, buffer: Atom, index: Tree) -> PyVal:
        value = self._through(buffer, index)
        index = _inner(index)
        return (
            emit.let(
                self.b.cx,  # the index may hold trees that have no abstract Python value
                self.b.registry.by_name["getitem"],
                (self.b.atom(value), index),
                {},
            )
            if not _whole(index)
            else value
        )

    def _winners(self, buffer: Atom, index: Tree, stmt: Let) -> PyVal:
        """The adjoint of z[idx] = v: a repeated index credits the last write only."""
        winners = self.b.registry.by_name["winners"]
        view = self.b.atom(self._through(buffer, index))
        return emit.let(self.b.cx, winners, (view, _inner(index)), {})

    def _through(self, buffer: Atom, index: Tree) -> PyVal:
        """The view of a buffer that an index behind views starts from."""
        value: PyVal = buffer
        for step in index.steps if isinstance(index, Lens) else ():
            kwargs = {k: self.b.value(t) for k, t in step.kwargs}
            value = emit.primitive(
                self.b.cx, step.op, [value, *map(self.b.value, step.args)], kwargs
            )
            if step.op.name == "imag":  # z.imag[i] = v adds 1j * v, whose transpose is -imag
                value = self.b.emit("negative", value)
        return value

    def _shrink(self, share: PyVal, value: Tree, index: Tree) -> PyVal:
        """The share of a value that was broadcast into its place."""
        assert isinstance(value, Var)
        like = self._like(value)
        whole = avals.shape_of(self.b.aval(share))
        actions = self.b.cx.facts.reduces(whole, avals.shape_of(like.aval))
        share = lower_unbroadcast(self.b.cx, share, like)
        if not is_mask(index) or actions is None or set(actions) <= {"keep"}:
            return share
        return Masked(share, self.b.emit("any", index), selected=True)

    # -- regions

    def reached(self, stmts: Sequence[Stmt], seeds: Iterable[Var]) -> set[Var]:
        """The linear variables that get an adjoint if `seeds` have one."""
        nz = set(seeds)

        def visit(stmts: Sequence[Stmt]) -> None:
            for stmt in reversed(stmts):
                if isinstance(stmt, Let):
                    if stmt.out in nz:
                        for tree in let_trees(stmt):
                            nz.update(v for v in tree_vars(tree) if v in self.linear)
                elif isinstance(stmt, If):
                    for side in (stmt.then, stmt.orelse):
                        for out, r in zip(stmt.outs, side.results, strict=True):
                            if out in nz and isinstance(r, Var):
                                nz.add(r)
                        visit(side.stmts)
                elif isinstance(stmt, For):
                    while True:
                        size = len(nz)
                        for c, r in zip(stmt.carries, stmt.body.results, strict=True):
                            if (c.out in nz or c.param in nz) and isinstance(r, Var):
                                nz.add(r)
                        visit(stmt.body.stmts)
                        if len(nz) == size:
                            break
                    nz.update(
                        c.init
                        for c in stmt.carries
                        if isinstance(c.init, Var) and (c.param in nz or c.out in nz)
                    )

        visit(stmts)
        return nz

    def outer(self, variables: Iterable[Var], defined: set[Var]) -> list[Var]:
        """Those that live outside of the region about to be entered."""
        kept = [
            v
            for v in variables
            if v in self.linear
            and v not in defined
            and self.path[: len(self.paths[v])] == self.paths[v]
        ]
        return sorted(kept, key=lambda v: v.id)

    def _elsewhere(self, stmt: Stmt) -> set[Var]:
        """What a region statement reads of another one with its key: the adjoint of that is
        contributed there, iteration by iteration."""
        return {v for v in _used(stmt) if v in self.linear}

    def loop(self, stmt: For) -> None:
        bars = {k: self.take(c.out) for k, c in enumerate(stmt.carries)}
        nonzero = [c.out for k, c in enumerate(stmt.carries) if not isinstance(bars[k], Zero)]
        inside = _defined(stmt)
        nz = self.reached([stmt], [*nonzero, *(v for v in self.ct if v in inside)])
        captured = self.outer([v for v in _used(stmt) if v in nz], inside)
        chosen = [
            k for k, c in enumerate(stmt.carries) if not isinstance(bars[k], Zero) or c.param in nz
        ]
        if not chosen and not captured and not nz & (inside | self._elsewhere(stmt)):
            return
        new: list[tuple[Atom, Var]] = []
        for k in chosen:
            c = stmt.carries[k]
            init = bars[k] if not isinstance(bars[k], Zero) else self.zeros(c.out)
            init = self.b.weaken(self.b.atom(init), c.param.aval)
            new.append((self.b.atom(init), Var(c.param.aval, bar_name(c.param.hint))))
        for v in captured:
            held = self.ct.get(v, ZERO)
            init = held if not isinstance(held, Zero) else self.zeros(v)
            new.append((self.b.atom(init), Var(strong(v.aval), bar_name(v.hint))))
        masks = self.masks.carried(stmt, captured, self.ct)
        params = [p for _, p in new]
        new += masks.values()
        body: list[Stmt] = []
        outside = self.path
        self.path = (*outside, region(stmt, "body"))
        with self.b.into(body):
            for v, param in zip(captured, params[len(chosen) :], strict=True):
                mask = masks.get(v)
                self.ct[v] = Masked(param, mask[1], selected=True) if mask else param
            for k, param in zip(chosen, params, strict=False):
                self.contribute(stmt.body.results[k], param)
            self.block(stmt.body.stmts)
            self.b.come_from(stmt.origin)
            results: list[Atom] = []
            for k in chosen:
                param = stmt.carries[k].param
                bar = self.take(param)
                value = self.zeros(param) if isinstance(bar, Zero) else bar
                results.append(self.b.atom(self.b.weaken(self.b.atom(value), param.aval)))
            results += [self.b.atom(self.ct[v]) for v in captured]
            outlasting = {v: self.masks.at_end(self.ct[v], mask) for v, (_, mask) in masks.items()}
            results += [outlasting[v] or mask for v, (_, mask) in masks.items()]
        self.path = outside
        carries = tuple(Carry(init, param, Var(param.aval, param.hint)) for init, param in new)
        self.b.stmts.append(
            replace(
                stmt,
                index=Var(stmt.index.aval, stmt.index.hint),
                carries=carries,
                body=Block(tuple(body), tuple(results)),
                backward=not stmt.backward,
                origin=self.b.cx.origin,
            )
        )
        whole = {v: c.out for v, c in zip(masks, carries[len(params) :], strict=True)}
        for v, c in zip(captured, carries[len(chosen) :], strict=False):
            kept = outlasting.get(v) is not None
            self.ct[v] = Masked(c.out, whole[v], selected=True) if kept else c.out
        for k, c in zip(chosen, carries, strict=False):
            if stmt.carries[k].init is not UNDEFINED:
                self.contribute(stmt.carries[k].init, c.out)

    def conditional(self, stmt: If) -> None:
        bars = {k: self.take(out) for k, out in enumerate(stmt.outs)}
        nonzero = [out for k, out in enumerate(stmt.outs) if not isinstance(bars[k], Zero)]
        inside = _defined(stmt)
        nz = self.reached([stmt], [*nonzero, *(v for v in self.ct if v in inside)])
        touched = self.outer([v for v in _used(stmt) if v in nz], inside)
        if not touched and not nz & (inside | self._elsewhere(stmt)):
            return
        for k, bar in bars.items():
            if not isinstance(bar, Zero):
                bars[k] = self.b.atom(bar)
        before = {v: self.ct.get(v, ZERO) for v in touched}
        for v, held in before.items():
            if isinstance(held, Masked):
                before[v] = Masked(self.b.atom(held), self.b.atom(held.cond), selected=True)
            elif not isinstance(held, Zero):
                before[v] = self.b.atom(held)
        outside = self.path
        sides: list[tuple[list[Stmt], dict[Var, PyVal]]] = []
        for name, side in (("then", stmt.then), ("orelse", stmt.orelse)):
            stmts: list[Stmt] = []
            self.path = (*outside, region(stmt, name))
            with self.b.into(stmts):
                for v, held in before.items():
                    self.ct.pop(v, None)
                    if not isinstance(held, Zero):
                        self.ct[v] = held
                for k, bar in bars.items():
                    self.contribute(side.results[k], bar)
                self.block(side.stmts)
                sides.append((stmts, {v: self.ct.get(v, ZERO) for v in touched}))
        self.path = outside
        self.b.come_from(stmt.origin)
        outs: list[Var] = []
        results: tuple[list[Atom], list[Atom]] = ([], [])
        failing = self.tried.get(stmt.cond, frozenset())
        for v in touched:
            values = [state[v] for _, state in sides]
            self.ct.pop(v, None)
            if all(isinstance(x, Zero) for x in values):
                continue
            for (stmts, _), x, sink in zip(sides, values, results, strict=True):
                failed = stmts is sides[1][0] and self.primal_of.get(v) in failing
                with self.b.into(stmts):
                    if (
                        failed and isinstance(x, Zero) and isinstance(v.aval, Array)
                    ):  # there is no value to have an adjoint
                        sink.append(UNDEFINED)
                    else:
                        sink.append(self.b.atom(self.zeros(v) if isinstance(x, Zero) else x))
            if results[0][-1] is results[1][-1]:
                self.ct[v] = results[0].pop()
                results[1].pop()
                continue
            kinds = [self.b.aval(r[-1]) for r in results]
            weak = all(isinstance(k, Scalar) and k.weak for k in kinds)
            out = Var(v.aval if weak else strong(v.aval), bar_name(v.hint))
            outs.append(out)
            self.ct[v] = out
            mask = self.masks.joined(v, values, [stmts for stmts, _ in sides])
            if mask is not None:
                outs.append(Var(aval_of(mask[0])))
                for sink, m in zip(results, mask, strict=True):
                    sink.append(m)
                self.ct[v] = Masked(out, outs[-1], selected=True)
        then, orelse = (
            Block(tuple(stmts), tuple(r)) for (stmts, _), r in zip(sides, results, strict=True)
        )
        self.b.stmts.append(
            replace(stmt, outs=tuple(outs), then=then, orelse=orelse, origin=self.b.cx.origin)
        )


def bar_name(hint: str) -> str:
    """`u_dot` -> `u_bar`; the adjoint of an unnamed value is unnamed."""
    if not hint:
        return ""
    return f"{hint.removesuffix('_dot')}_bar" if hint.endswith("_dot") else f"{hint}_bar"


def _inner(index: Tree) -> Tree:
    return index.index if isinstance(index, Lens) else index


REARRANGING = ("transpose", "swapaxes", "reshape", "ravel", "expand_dims", "squeeze")


def overwrites(index: Tree) -> bool:
    """Whether a write leaves nothing of what was there."""
    steps = index.steps if isinstance(index, Lens) else ()
    return _whole(_inner(index)) and all(s.op.name in REARRANGING for s in steps)


def _whole(index: Tree) -> bool:
    return isinstance(index, Lit) and index.value is Ellipsis


def _blocks(stmt: Stmt) -> list[Block]:
    if isinstance(stmt, If):
        return [stmt.then, stmt.orelse]
    return [stmt.body] if isinstance(stmt, For) else []


def _defined(stmt: Stmt) -> set[Var]:
    """Everything bound inside a region statement."""
    found: set[Var] = set()
    if isinstance(stmt, For):
        found.update(c.param for c in stmt.carries)
    for block in _blocks(stmt):
        for s in block.stmts:
            if isinstance(s, Let):
                found.add(s.out)
            elif isinstance(s, If):
                found.update(s.outs)
            elif isinstance(s, For):
                found.update(c.out for c in s.carries)
            found |= _defined(s)
    return found


def _used(stmt: Stmt) -> set[Var]:
    """Every variable read inside a region statement."""
    found: set[Var] = set()
    for block in _blocks(stmt):
        found.update(r for r in block.results if isinstance(r, Var))
        for s in block.stmts:
            if isinstance(s, Let):
                found.update(v for t in let_trees(s) for v in tree_vars(t))
            elif isinstance(s, For):
                found.update(c.init for c in s.carries if isinstance(c.init, Var))
            found |= _used(s)
    return found
