"""Linearisation: each primal statement is followed by its tangent, tagged linear.

The tangent of `op` comes from its row (a linear operation is its own derivative) or from its
one rule. Loops carry tangents beside their primals; a tangent read in another region is the
tangent of the value read there, so programs that already hold residuals linearise the same
way (forward over reverse, reverse over reverse).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adcompile.analysis.activity import active_vars
from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.analysis.operands import aval_of
from adcompile.errors import ADCompileError, MissingRule, NotDifferentiable
from adcompile.frontend import emit, extents, static
from adcompile.frontend.values import ZERO, PyVal, TupleVal, Zero
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Parts
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    Call,
    Carry,
    For,
    Function,
    If,
    Lens,
    Let,
    Lit,
    Stmt,
    Tree,
    Try,
    Var,
    While,
)
from adcompile.ir.primitives import Registry
from adcompile.ir.rows.algebra import COMPLEX
from adcompile.ir.walk import inner_vars, operands, outs, region, substitute, tree_vars
from adcompile.transforms.inline import Builder
from adcompile.transforms.kept_calls import KeptCalls, rejoined
from adcompile.transforms.split import apart
from adcompile.transforms.transpose import overwrites


@dataclass
class Linearized:
    """A program with its tangents: `function` takes the primals, then the input tangents, and
    returns the primal results, then the tangents of `active_results`."""

    function: Function
    tangents: dict[Var, Var]
    inputs: tuple[Var, ...]
    active_results: tuple[int, ...]
    linear: set[Var]
    primal_of: dict[Var, Var]


def linearize(
    fn: Function,
    wrt: Sequence[int],
    registry: Registry,
    facts: Facts,
    homes: Homes,
    np_floats: bool = False,
    for_reverse: bool = False,
    in_halves: bool = False,
) -> Linearized:
    """The linearisation of `fn` with respect to the parameters numbered `wrt`.

    for_reverse: functions with an adjoint rule become one linear call, transposable only.
    in_halves: a kept call's tangent comes apart from its value (see `kept_calls`).
    """
    inputs = [fn.params[i] for i in wrt]
    fn = rejoined(fn, inputs, registry)
    builder = Builder(registry, facts, homes, np_floats)
    work = _Linearizer(fn, registry, builder, active_vars(fn, inputs), for_reverse, in_halves)
    dots = tuple(work.new_tangent(p) for p in inputs)
    stmts = work.block_stmts(fn.body)
    results: list[Atom] = list(fn.body.results)
    active_results = []
    with work.b.into(stmts):
        for k, result in enumerate(fn.body.results):
            dot = work.dot(result)
            if not isinstance(dot, Zero):
                active_results.append(k)
                results.append(work.b.atom(dot))
    body = Block(tuple(stmts), tuple(results))
    function = replace(fn, params=fn.params + dots, body=body)
    return Linearized(
        function,
        work.tangents,
        dots,
        tuple(active_results),
        work.b.cx.linear,
        {**work.related, **{dot: var for var, dot in work.tangents.items()}},
    )


class _Linearizer:
    def __init__(
        self,
        fn: Function,
        registry: Registry,
        builder: Builder,
        active: set[Var],
        for_reverse: bool,
        in_halves: bool,
    ) -> None:
        self.for_reverse = for_reverse
        self.in_halves = in_halves
        self.b = builder
        self.kept = KeptCalls(builder)
        for p in fn.params:
            self.b.cx.homes.learn(p)
        self.registry = registry
        self.active = active
        self.tangents: dict[Var, Var] = {}
        self.related: dict[Var, Var] = {}
        self.parts: dict[Var, PyVal] = {}
        self.protected = 0

    # -- tangents of values

    def new_tangent(self, primal: Var) -> Var:
        hint = f"{primal.hint}_dot" if primal.hint else ""
        dot = Var(primal.aval, hint)
        self.tangents[primal] = dot
        self.b.cx.linear.add(dot)
        return dot

    def dot(self, atom: Atom) -> Any:
        """The tangent of an operand, or ZERO."""
        if isinstance(atom, Var) and atom in self.tangents:
            return self.tangents[atom]
        return ZERO

    def dot_tree(self, tree: Tree) -> PyVal:
        if isinstance(tree, (Var, Lit)):
            return self.dot(tree)
        if isinstance(tree, tuple):
            return TupleVal(tuple(self.dot_tree(t) for t in tree))
        return ZERO

    def dot_or_zeros(self, atom: Atom) -> Atom:
        """The tangent of an operand as an atom, zeros where it has none."""
        if atom is UNDEFINED:
            return UNDEFINED
        dot = self.dot(atom)
        if isinstance(dot, Zero):
            dot = self.b.zeros(atom)
            made = self.b.atom(dot)
            if isinstance(made, Var):
                self.b.cx.linear.add(made)
                self._mark_last(made)
            return made
        return dot

    def weakened(self, atom: Atom, like: Var) -> Atom:
        """The tangent of what becomes `like`: a Python float stays one."""
        dot = self.dot_or_zeros(atom)
        return self.b.atom(self.b.weaken(dot, like.aval)) if isinstance(dot, Var) else dot

    def _mark_last(self, var: Var) -> None:
        """A tangent that is zero by construction belongs to the linear program."""
        for i in range(len(self.b.stmts) - 1, -1, -1):
            stmt = self.b.stmts[i]
            if isinstance(stmt, Let) and stmt.out is var:
                self.b.stmts[i] = replace(stmt, linear=True)
                return

    # -- statements

    def block_stmts(self, block: Block) -> list[Stmt]:
        out: list[Stmt] = []
        with self.b.into(out):
            for stmt in block.stmts:
                self.stmt(stmt)
        return out

    def stmt(self, stmt: Stmt) -> None:
        if not isinstance(stmt, Let):
            self.b.come_from(stmt.origin)
        self._statement(stmt)
        for var in outs(stmt):
            self.b.cx.homes.learn(var, self.b.cx.path)

    def _statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Let):
            self.let(stmt)
        elif isinstance(stmt, If):
            self.conditional(stmt)
        elif isinstance(stmt, Try):
            self.attempt(stmt)
        elif isinstance(stmt, (For, While)):
            self.loop(stmt)
        else:
            assert isinstance(stmt, Call)
            raise NotImplementedError

    def let(self, stmt: Let) -> None:
        # An earlier transform's tags are over: its tangents are values like any other now.
        if stmt.op.shape == "recursive" and any(v in self.active for v in operands(stmt)):
            self._kept_call(stmt)
            return
        self.b.stmts.append(self._as_primal(stmt))
        _check_integer_store(stmt, self.active)
        _check_field(stmt, self.active, self.registry)
        if stmt.op.shape == "opaque" and any(v in self.active for v in operands(stmt)):
            raise self._missing(stmt)
        if stmt.out not in self.active:
            return
        self.b.come_from(stmt.origin)
        if isinstance(stmt.out.aval, Parts):
            self.parts[stmt.out] = self.tangent(stmt)
            return
        start = len(self.b.stmts)
        dot = self.b.fit(self.tangent(stmt), stmt.out)
        self._relate(start, stmt)
        if isinstance(dot, Zero):
            return
        atom = self.b.atom(dot)
        if not isinstance(atom, Var) or atom not in self.b.cx.linear:
            raise ADCompileError(
                f"the rule of {stmt.op.name} gives a tangent that does not depend on the "
                "tangents of its arguments",
                stmt.origin.span,
            )
        if stmt.out.hint and not atom.hint:
            atom.hint = f"{stmt.out.hint}_dot"
        self.tangents[stmt.out] = atom

    def _as_primal(self, stmt: Let) -> Let:
        longer = self.kept.renamed.get(stmt.args[0]) if stmt.op.shape == "part" else None
        if longer is not None:
            whole, places = longer
            stmt = replace(stmt, args=(whole, Lit(places[stmt.args[1].value])))  # type: ignore[union-attr]
        return replace(stmt, linear=False) if stmt.linear else stmt

    def _relate(self, start: int, stmt: Let) -> None:
        """Parts of an elementwise tangent have the shape of its primal, where they have its
        rank; others where that is known."""
        primal = stmt.out
        if not isinstance(primal.aval, Array):
            return
        for s in self.b.stmts[start:]:
            if not (isinstance(s, Let) and s.linear and isinstance(s.out.aval, Array)):
                continue
            have, want = s.out.aval.shape, primal.aval.shape
            ranked = stmt.op.elementwise and len(have) == len(want) and 1 not in have
            if have == want or (ranked and not _apart(have, want)):
                self.related.setdefault(s.out, primal)

    def tangent(self, stmt: Let) -> PyVal:
        """The tangent of one operation."""
        op = stmt.op
        if op.name in ("setitem", "scatter_add"):
            return self._write_tangent(stmt)
        if op.shape == "part":
            return self._part_tangent(stmt)
        made = self.registry.tangents.get(op.rule)
        if self.for_reverse and op.rule in self.registry.adjoints:
            return self._adjoint_call(stmt)
        if made is not None:
            return self._by_rule(stmt, made)
        if op.linear:
            return self._linear_tangent(stmt)
        raise self._missing(stmt)

    def _part_tangent(self, stmt: Let) -> PyVal:
        """The tangent of an item of a tuple: an item of what the tuple's rule gave."""
        whole, index = stmt.args
        assert isinstance(whole, Var) and isinstance(index, Lit)
        tangents = self.parts.get(whole, ZERO)
        if isinstance(tangents, Zero):
            return ZERO
        tangent = static.items(self.b.cx, tangents)[index.value]  # type: ignore[index]
        if isinstance(tangent, Lit) and tangent.value == 0:
            return ZERO
        if isinstance(tangent, Lit) and tangent.value is None:
            raise NotDifferentiable(
                f"item {index.value} of this result has no derivative rule", stmt.origin.span
            )
        return tangent

    def _kept_call(self, stmt: Let) -> None:
        """A kept call: the value comes with its tangent, or with a linear function for it."""
        self.b.come_from(stmt.origin)
        dots = [self.dot_tree(t) for t in stmt.args]
        if self.for_reverse or self.in_halves or self.protected:
            found = self.kept.halves(stmt, dots, self.for_reverse)
        else:
            found = self.kept.joint(stmt, dots)
        if isinstance(stmt.out.aval, Parts):
            self.parts[stmt.out] = TupleVal(tuple(found))
        elif isinstance(found[0], Var):
            self.tangents[stmt.out] = found[0]

    def _adjoint_call(self, stmt: Let) -> PyVal:
        """The tangent as one linear call: only its transpose, the adjoint rule, is known."""
        dots = tuple(
            UNDEFINED if isinstance(d, Zero) else self.b.atom(d)
            for d in (self.dot_tree(t) for t in stmt.args)
        )
        out = Var(stmt.out.aval)
        self.b.cx.linear.add(out)
        call = self.registry.by_name["adjoint_call"]
        args = (dots, tuple(stmt.args), stmt.out)
        rule = (("rule", Lit(stmt.op)),)
        self.b.stmts.append(Let(out, call, args, rule, self.b.cx.origin, True))
        return out

    def _missing(self, stmt: Let) -> MissingRule:
        if stmt.op.name == "adjoint_hook":
            return MissingRule(
                "a second derivative through on_adjoint is not supported: its function is known "
                "when it runs only",
                stmt.origin.span,
                "Differentiate without on_adjoint, or write it as a custom_vjp.",
            )
        own = stmt.op.shape in ("opaque", "draw")
        name = stmt.op.name if own else stmt.op.spelling.lstrip("=.@")
        return MissingRule(
            f"{name} has no derivative rule, and is called with a value that is differentiated",
            stmt.origin.span,
            "Give it one with @rule, or declare it with @nondiff if it has no derivative.",
        )

    def _uncovered(self, stmt: Let, name: str) -> MissingRule:
        return MissingRule(
            f"{stmt.op.spelling.lstrip('=.@')} has no derivative rule in {name!r}",
            stmt.origin.span,
            "Let that argument not depend on what is differentiated.",
        )

    def _by_rule(self, stmt: Let, made: Any) -> PyVal:
        names = [p.name for p in stmt.op.params]
        required = [p.name for p in stmt.op.params if p.required]
        trees: dict[str, Tree] = dict(zip(required, stmt.args, strict=False))
        trees.update(stmt.kwargs)
        values = {name: self.b.value(trees[name]) for name in names if name in trees}
        if made.parameters and not set(made.parameters) & set(values):
            values = dict(zip(made.parameters, values.values(), strict=False))
            trees = dict(zip(made.parameters, trees.values(), strict=False))
        unknown = {p.name for p in stmt.op.params if not p.covered}
        for name, tree in trees.items():
            known = name in made.parameters and name not in unknown
            if not known and not _is_zero_tree(self.dot_tree(tree)):
                raise self._uncovered(stmt, name)
        dots: dict[str, PyVal] = {
            f"{name}_dot": self.dot_tree(trees[name]) if name in trees else ZERO
            for name in made.parameters
        }
        parts = isinstance(stmt.out.aval, Parts) and "result" in made.keywords
        result = emit.parts_of(self.b.cx, stmt.out) if parts else stmt.out
        return self.b.apply(made, values, {**dots, "result": result})

    def _linear_tangent(self, stmt: Let) -> PyVal:
        """The operation itself on the tangents, one term for each group of operands."""
        total: PyVal = ZERO
        offsets = {k: self.dot_tree(t) for k, t in stmt.kwargs if k in stmt.op.offsets}
        rest = [(k, t) for k, t in stmt.kwargs if k not in offsets]
        for name, tree in rest:
            if not _is_zero_tree(self.dot_tree(tree)):
                raise self._uncovered(stmt, name)
        kwargs = {k: self.b.value(t) for k, t in rest}
        for group in stmt.op.linear:
            dots = {i: self.dot_tree(stmt.args[i]) for i in group}
            args = [
                dots[i] if i in dots else self.b.value(tree) for i, tree in enumerate(stmt.args)
            ]
            if stmt.op.shape in ("concatenate", "stack", "array"):
                args[0] = self._filled(stmt.args[0], args[0])
            term = emit.primitive(self.b.cx, stmt.op, args, kwargs)
            if stmt.op.linear == ((0,),) and not isinstance(term, Zero):
                # The same operation on the same shapes: no new unknown lengths.
                made = self.b.atom(term)
                if isinstance(made.aval, Array) and isinstance(stmt.out.aval, Array):
                    made.aval = Array(made.aval.dtype, stmt.out.aval.shape)
            total = self.b.add(total, term)
        for dot in offsets.values():
            if not isinstance(dot, Zero):
                shape = extents.of_shape(self.b.cx, self.b.value(stmt.out))
                whole = isinstance(stmt.out.aval, Array)
                term = emit.call(self.b.cx, "broadcast_to", dot, shape) if whole else dot
                total = self.b.add(total, term)
        return total

    def _filled(self, tree: Tree, dots: PyVal) -> PyVal:
        """A list of parts with zeros for the parts that have no tangent."""
        if isinstance(tree, tuple) and isinstance(dots, TupleVal):
            if all(isinstance(d, Zero) for d in dots.items):
                return (
                    dots
                    if not dots.items
                    else TupleVal(
                        tuple(self._filled(t, d) for t, d in zip(tree, dots.items, strict=True))
                    )
                )
            return TupleVal(
                tuple(self._filled(t, d) for t, d in zip(tree, dots.items, strict=True))
            )
        if isinstance(dots, Zero) and isinstance(tree, (Var, Lit)):
            return self.b.zeros(tree)
        return dots

    def _write_tangent(self, stmt: Let) -> PyVal:
        """setitem and scatter_add of the tangents, zeros where one side has none."""
        base, index, value = stmt.args
        assert isinstance(base, Var) and isinstance(value, (Var, Lit))
        base_dot, value_dot = self.dot(base), self.dot(value)
        if stmt.op.name == "setitem" and overwrites(index):
            if isinstance(value_dot, Zero):
                return ZERO
            if aval_of(value) == base.aval and not isinstance(index, Lens):
                return value_dot
        if isinstance(value_dot, Zero):
            if isinstance(base_dot, Zero):
                return ZERO
            if stmt.op.name == "scatter_add":
                return base_dot
            value_dot = Lit(0.0)
        if isinstance(base_dot, Zero):
            base_dot = self.dot_or_zeros(base)
        out = Var(base.aval)
        self.b.cx.linear.add(out)
        args = (base_dot, index, self.b.atom(value_dot))
        self.b.stmts.append(Let(out, stmt.op, args, stmt.kwargs, self.b.cx.origin, True))
        return out

    # -- regions

    def region(self, stmt: Stmt, name: str, block: Block) -> list[Stmt]:
        """The statements of a region's block, lowered where its own lengths can be read."""
        outside = self.b.cx.path
        self.b.cx.path = (*outside, region(stmt, name))
        try:
            return self.block_stmts(block)
        finally:
            self.b.cx.path = outside

    def conditional(self, stmt: If) -> None:
        blocks = [self.region(stmt, "then", stmt.then), self.region(stmt, "orelse", stmt.orelse)]
        results = [list(stmt.then.results), list(stmt.orelse.results)]
        new_outs = list(stmt.outs)
        for k, out in enumerate(stmt.outs):
            if out not in self.active:
                continue
            atoms = []
            for stmts, side in zip(blocks, (stmt.then, stmt.orelse), strict=True):
                with self.b.into(stmts):
                    atoms.append(self.weakened(side.results[k], out))
            new_outs.append(self.new_tangent(out))
            for r, atom in zip(results, atoms, strict=True):
                r.append(atom)
        then, orelse = (Block(tuple(s), tuple(r)) for s, r in zip(blocks, results, strict=True))
        self.b.stmts.append(replace(stmt, outs=tuple(new_outs), then=then, orelse=orelse))

    def attempt(self, stmt: Try) -> None:
        """The tangents come after it, where it completed: a derivative that raises is none of
        the user's exceptions."""
        self.protected += 1
        body = self.region(stmt, "then", stmt.then)
        self.protected -= 1
        own, then = apart(tuple(body), stmt.then, self.b.cx.linear, self.registry, self.kept.own)
        self.b.stmts.append(replace(stmt, then=Block(tuple(own), stmt.then.results)))
        made = zip(stmt.then.results, stmt.outs, strict=True)
        known = {r: out for r, out in made if isinstance(r, Var)}
        then = list(substitute(Block(tuple(then), ()), known).stmts)
        orelse: list[Stmt] = []
        outs: list[Var] = []
        results: tuple[list[Atom], list[Atom]] = ([], [])
        for out, *sides in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
            if out not in self.active:
                continue
            for stmts, side, sink in zip((then, orelse), sides, results, strict=True):
                with self.b.into(stmts):
                    sink.append(self.weakened(side, out))
            outs.append(self.new_tangent(out))
        if not then and not outs:
            return
        first, second = (
            Block(tuple(s), tuple(r)) for s, r in zip((then, orelse), results, strict=True)
        )
        self.b.stmts.append(If(tuple(outs), stmt.done, first, second, stmt.key, stmt.origin))

    def loop(self, stmt: For | While) -> None:
        inits: dict[int, Atom] = {}
        for k, c in enumerate(stmt.carries):
            if c.param in self.active:
                _check_lengths(stmt, c, self.b.cx.facts)
                inits[k] = self.weakened(c.init, c.param)
        carries = list(stmt.carries)
        for k, init in inits.items():
            c = stmt.carries[k]
            carries.append(Carry(init, self.new_tangent(c.param), self.new_tangent(c.out)))
        for var in inner_vars(stmt):
            self.b.cx.homes.learn(var, (*self.b.cx.path, region(stmt, "body")))
        body = self.region(stmt, "body", stmt.body)
        count = len(stmt.carries)
        with self.b.into(body):
            dots = [self.weakened(stmt.body.results[k], stmt.carries[k].param) for k in inits]
        results = (*stmt.body.results[:count], *dots, *stmt.body.results[count:])
        self.b.stmts.append(replace(stmt, carries=tuple(carries), body=Block(tuple(body), results)))


def _is_zero_tree(dot: PyVal) -> bool:
    """Whether nothing in a tree of tangents is other than zero."""
    if isinstance(dot, TupleVal):
        return all(map(_is_zero_tree, dot.items))
    return isinstance(dot, Zero)


def _apart(have: Sequence[Dim], want: Sequence[Dim]) -> bool:
    """Whether two shapes differ in lengths that are both known on entry."""
    pairs = zip(have, want, strict=True)
    return any(a != b and dims.is_entry(a) and dims.is_entry(b) for a, b in pairs)


def _check_lengths(stmt: For | While, carry: Carry, facts: Facts) -> None:
    """An array that has another length at each iteration has adjoints of other lengths too."""
    have, want = aval_of(carry.init), carry.param.aval
    if stmt.origin.derivative or not isinstance(have, Array) or not isinstance(want, Array):
        return
    if not all(facts.same(a, b) for a, b in zip(have.shape, want.shape, strict=True)):
        name = carry.param.hint or "an array"
        raise NotDifferentiable(
            f"{name} changes its length in this loop, which cannot be differentiated",
            stmt.origin.span,
            "Keep its length and mask what is over, or use recursion.",
        )


def _check_field(stmt: Let, active: set[Var], registry: Registry) -> None:
    """Refuse rules that hold for real numbers only, on complex ones."""
    op = stmt.op
    kinds = [aval_of(v) for t in (stmt.out, *stmt.args) for v in tree_vars(t)]
    if op.shape == "user" or not any(map(avals.is_complex, kinds)):
        return
    if op.differentiable:
        holds = op.rule in COMPLEX or op.rule in registry.complex_rules
        real_only = op.rule in registry.tangents and not holds
    else:  # such as np.sign: piecewise constant on the real numbers alone
        real_only = avals.is_complex(stmt.out.aval) and not op.metadata
    if real_only and any(v in active for v in operands(stmt)):
        raise NotDifferentiable(
            f"{op.spelling.lstrip('=.@')} of complex numbers cannot be differentiated",
            stmt.origin.span,
            "Work with the real and imaginary parts.",
        )


def _check_integer_store(stmt: Let, active: set[Var]) -> None:
    """An active value stored into an integer array would lose its derivative silently."""
    if stmt.op.name == "setitem" or stmt.op.name == "scatter_add":
        base = aval_of(stmt.args[0])
        value = stmt.args[2]
        if (
            isinstance(base, Array)
            and not avals.is_inexact(base)
            and any(v in active for v in tree_vars(value))
        ):
            raise NotDifferentiable(
                f"a value that is differentiated is stored in an array of {base.dtype}, "
                "which truncates it",
                stmt.origin.span,
                "Make the array one of floats: dtype=float.",
            )
