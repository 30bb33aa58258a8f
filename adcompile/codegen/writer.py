"""Statements and names: from IR without foreign references to a Python function.

Names are given as statements are written: a value takes the name it prefers (the user's, its
loop variable's, that of the conditional it leaves) if no live value holds it. A write keeps
the name of what it writes.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from adcompile.analysis.infer import aval_of, index_items, is_basic
from adcompile.codegen.nesting import nested_values
from adcompile.codegen.protected import Protected
from adcompile.codegen.spelling import Speller, call, name
from adcompile.codegen.values import (
    all_values,
    bound_inside,
    gather_parts,
    leaf_paths,
    leaf_vars,
    only_sequences,
    spread_hints,
)
from adcompile.ir.absent import absent_values, bind_to_none, unbound_if_failed
from adcompile.ir.avals import Array, Opaque, Parts, Scalar
from adcompile.ir.nodes import (
    UNDEFINED,
    Atom,
    Block,
    For,
    Function,
    If,
    Lens,
    Let,
    Lit,
    Origin,
    Stmt,
    Tree,
    Try,
    Var,
    While,
)
from adcompile.ir.raising import may_raise
from adcompile.ir.tapes import PACK, UNPACK, packed_values, unpackings
from adcompile.ir.walk import blocks, let_trees, operands, tree_vars, use_counts

LAST = 1 << 60
RESERVED = (
    frozenset(keyword.kwlist)
    | frozenset(dir(builtins))
    | {
        "np",
        "math",
        "rebuilt",
        "unbroadcast",
        "winners",
        "with_room",
    }
)
Alive = Callable[[Var], bool]


class Comment(ast.stmt):
    """A comment line: kept by the source generator of `codegen.source`."""

    _fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.lineno = self.col_offset = 0


@dataclass(frozen=True)
class Signature:
    """How a generated function looks from outside.

    params: names in order. containers: of each parameter that is taken apart its name, where in
    it, and the tree of leaf variables there. result: the structure of the results as a function
    from their expressions, and from what spells an object of the user's.
    """

    name: str
    doc: str
    params: tuple[str, ...]
    leaves: tuple[tuple[Var, str], ...]
    containers: tuple[tuple[str, ast.expr, Any], ...]
    result: Callable[[Sequence[ast.expr], Callable[[Any], ast.expr]], ast.expr]


@dataclass(frozen=True, eq=False)
class _Leave:
    """A conditional in which a loop is left: on which sides, out of which conditionals."""

    loop: For | While
    flag: Var
    sides: tuple[int, ...]
    after: tuple[tuple[If, int], ...]


@dataclass
class Written:
    """A function's AST and the objects its text refers to by name."""

    tree: ast.FunctionDef
    constants: dict[str, Any]
    origins: list[tuple[ast.stmt, Origin]] = field(default_factory=list)


def write_function(
    fn: Function,
    sig: Signature,
    buffers: Mapping[Var, frozenset[Var]],
    optimize: bool,
) -> Written:
    """The Python function for `fn`."""
    fn = gather_parts(fn)
    while True:
        writer = _Writer(fn, sig, buffers, optimize)
        written = writer.run()
        if not writer.to_bind:
            return written
        fn = bind_to_none(fn, writer.to_bind)


class _Writer:
    def __init__(
        self,
        fn: Function,
        sig: Signature,
        buffers: Mapping[Var, frozenset[Var]],
        optimize: bool,
    ) -> None:
        self.fn = fn
        self.sig = sig
        self.optimize = optimize
        self.nested = nested_values(fn, buffers, optimize)
        self.uses = use_counts(fn.body)
        self.names: dict[Var, str] = {}
        self.holder: dict[str, Var] = {}
        self.prefer: dict[Var, str] = {}
        self.root: dict[Var, Var] = {}
        self.made: dict[Var, Let] = {}
        self.unbound = absent_values(fn)
        self.to_bind: set[Var] = set()
        self.hints = {v.hint for v in all_values(fn)} if optimize else set()
        self.breaks: dict[Stmt, _Leave] = {}
        self.left: set[Stmt] = set()
        self.protected = 0
        self.flags: set[Var] = set()
        self.tried: dict[Atom, ast.stmt] = {}
        self.constants: dict[str, Any] = {}
        hints = [v.hint for v in all_values(fn)] if not optimize else []
        numbers = [int(h[1:]) for h in hints if h[:1] == "v" and h[1:].isdigit()]
        self.counter = max(numbers, default=-1) + 1
        self.said: set[str] = set()
        self.last_origin: tuple[int, bool] | None = None
        self.origins: list[tuple[ast.stmt, Origin]] = []
        self.speller = Speller(self.atomic, self.constant)
        self.taken: set[str] = set(sig.params)

    # -- expressions

    def atomic(self, var: Var) -> ast.expr:
        let = self.nested.get(var)
        if let is not None:
            return self.speller.let(self.pretty(let))
        return ast.Name(self.names[self.base(var)], ast.Load())

    def pretty(self, let: Let) -> Let:
        """Shapes read entry by entry are read whole: `x.shape`."""
        args = tuple(self._whole_shape(a) for a in let.args)
        if all(a is b for a, b in zip(args, let.args, strict=True)):
            return let
        return Let(let.out, let.op, args, let.kwargs, let.origin, let.linear)

    def _whole_shape(self, tree: Tree) -> Tree:
        if not isinstance(tree, tuple) or not tree:
            return tree
        source: Var | None = None
        for axis, item in enumerate(tree):
            let = self.nested.get(item) if isinstance(item, Var) else None
            if let is None or let.op.name != "dim":
                return tree
            array, at = let.args
            if not isinstance(array, Var) or (source is not None and array is not source):
                return tree
            if not isinstance(at, Lit) or at.value != axis:
                return tree
            source = array
        assert source is not None
        if len(source.aval.shape) != len(tree):  # type: ignore[union-attr]
            return tree
        shape = Var(Opaque("shape"))
        self.nested[shape] = Let(shape, self._shape_op, (source,))
        return shape

    @property
    def _shape_op(self) -> Any:
        from adcompile.ir.primitives import Primitive, signature

        return Primitive("shape", len, signature("a"), "@shape", "shape")

    def atom(self, atom: Atom) -> ast.expr:
        return self.speller.tree(atom)

    def constant(self, value: Any) -> ast.expr:
        """An object of the user's that the text refers to by name."""
        text = getattr(value, "__name__", None) or type(value).__name__.lower()
        text = text if text.isidentifier() else "constant"
        if isinstance(value, type) and getattr(builtins, text, None) is value:
            return name(text)
        for module, prefix in ((np, "np"), (np.linalg, "np.linalg")):
            if getattr(module, text, None) is value:
                return name(f"{prefix}.{text}")
        number = 2
        key = text
        while key in self.constants and self.constants[key] is not value:
            key, number = f"{text}_{number}", number + 1
        self.constants[key] = value
        self.taken.add(key)
        return name(key)

    # -- names

    def base(self, var: Var) -> Var:
        """The value whose name `var` shares: the root of a chain of writes."""
        while var in self.root:
            var = self.root[var]
        return var

    def free(self, text: str, alive: Alive) -> bool:
        if text in RESERVED or text in self.constants:
            return False
        held = self.holder.get(text)
        if held is None:
            return text not in self.taken
        return not alive(held)

    def give(self, var: Var, alive: Alive, avoid: frozenset[str] = frozenset()) -> str:
        """Name a value that is bound here."""
        wish = self.prefer.get(var)
        if wish is not None and wish not in avoid and self.free(wish, alive):
            return self.hold(var, wish)
        hint = var.hint
        if hint and not hint.isidentifier():
            hint = ""
        if not hint and self.optimize:
            hint = self.describe(var)
        if not hint:
            text = self.unnamed(var)
        else:
            text, number = hint, 2
            while text in avoid or not self.free(text, alive):
                text, number = f"{hint}_{number}", number + 1
        return self.hold(var, text)

    def unnamed(self, var: Var) -> str:
        while True:
            text = f"{'t' if self.optimize else 'v'}{self.counter}"
            self.counter += 1
            if not any(text in used for used in (self.taken, self.hints, self.holder)):
                return text

    def describe(self, var: Var) -> str:
        """A name for an unnamed value, after what it is: `sin_x`, `x_i`."""
        let = self.made.get(var)
        if let is None or not let.args or not isinstance(let.args[0], Var):
            return ""
        base = self.base(let.args[0])
        if base not in self.names or let.args[0] in self.nested:
            return ""
        operand = self.names[base]
        if len(operand) > 12 or (operand[0] == "t" and operand[1:].isdigit()):
            return ""
        if let.op.name == "getitem":
            where = let.args[1]
            if isinstance(where, Var) and self.base(where) in self.names:
                return f"{operand}_{self.names[self.base(where)]}"
            if isinstance(where, Lit) and isinstance(where.value, int) and where.value >= 0:
                return f"{operand}_{where.value}"
            return ""
        if len(let.args) == 1 and let.op.shape in ("elementwise", "python") and not let.kwargs:
            return f"{let.op.rule}_{operand}"
        return ""

    def hold(self, var: Var, text: str) -> str:
        self.names[var] = text
        self.holder[text] = var
        return text

    # -- program

    def run(self) -> Written:
        out: list[ast.stmt] = [ast.Expr(ast.Constant(self.sig.doc))]
        spread_hints(self.fn.body)
        reads = self.total_reads()
        for var, text in self.sig.leaves:
            self.hold(var, text)
        loose = {v for v in self.fn.params if v not in self.names}
        for _, path, tree in self.sig.containers:
            out += self.unpack(path, tree, loose & reads)
        for text, _, _ in self.sig.containers:
            self.taken.add(text)
        body = self.block(self.fn.body, lambda v: False, top=True)
        out += body
        args = ast.arguments(
            posonlyargs=[],
            args=[ast.arg(p) for p in self.sig.params],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        )
        tree = ast.FunctionDef(self.sig.name, args, out, [], None)
        tree.returns = None
        return Written(tree, self.constants, self.origins)

    def total_reads(self) -> set[Var]:
        found: set[Var] = set()

        def visit(block: Block) -> None:
            for s in block.stmts:
                found.update(operands(s))
                for _, inner in blocks(s):
                    visit(inner)
            found.update(r for r in block.results if isinstance(r, Var))

        visit(self.fn.body)
        return found

    def unpack(self, path: ast.expr, tree: Any, used: set[Var]) -> list[ast.stmt]:
        """Bind the leaves of a container argument that are read."""
        leaves = list(leaf_vars(tree))
        if not any(v in used for v in leaves):
            return []
        for v in leaves:
            if v in used:
                self.give(v, lambda w: True)
        if only_sequences(tree):
            target = self._target(tree, used)
            return [ast.Assign([target], path, lineno=0)]
        return [
            ast.Assign([ast.Name(self.names[v], ast.Store())], part, lineno=0)
            for v, part in leaf_paths(tree, path)
            if v in used
        ]

    def _target(self, tree: Any, used: set[Var]) -> ast.expr:
        if isinstance(tree, Var):
            return ast.Name(self.names[tree] if tree in used else "_", ast.Store())
        if tree is None:
            return ast.Name("_", ast.Store())
        return ast.Tuple([self._target(t, used) for t in tree[1]], ast.Store())

    # -- blocks

    def reads(self, stmt: Stmt) -> set[Var]:
        """Named values that a statement reads when it runs, nested expressions included."""
        found: set[Var] = set()
        self._add(operands(stmt), found)
        for _, inner in blocks(stmt):
            self._block_reads(inner, found)
        return found

    def _block_reads(self, block: Block, found: set[Var]) -> None:
        for s in block.stmts:
            if isinstance(s, Let) and s.out in self.nested:
                continue
            self._add(operands(s), found)
            for _, inner in blocks(s):
                self._block_reads(inner, found)
        self._add((r for r in block.results if isinstance(r, Var)), found)

    def _add(self, variables: Iterable[Var], found: set[Var]) -> None:
        for v in variables:
            let = self.nested.get(v)
            if let is None:
                found.add(v)
            else:
                self._add((x for t in let_trees(let) for x in tree_vars(t)), found)

    def link(self, block: Block) -> None:
        """Let each write share the name of what it writes, and what joins a value of a Try with
        another that of the value: which is read where the Try completed."""
        tried: dict[Atom, set[Atom]] = {}
        for stmt in block.stmts:
            if isinstance(stmt, Try):
                tried[stmt.done] = {*unbound_if_failed(stmt)}
            elif isinstance(stmt, If) and stmt.cond in tried:
                for out, r in zip(stmt.outs, stmt.then.results, strict=True):
                    if r in tried[stmt.cond] and out.hint == r.hint:  # type: ignore[union-attr]
                        tried[stmt.cond].discard(r)
                        self.root[out] = r  # type: ignore[assignment]
            if isinstance(stmt, Let) and stmt.op.effect == "writes":
                base = stmt.args[0]
                assert isinstance(base, Var)
                self.root[stmt.out] = base

    def block(
        self,
        block: Block,
        outside: Alive,
        top: bool = False,
        finish: Callable[[Alive], list[ast.stmt]] | None = None,
        kept: frozenset[Var] = frozenset(),
    ) -> list[ast.stmt]:
        """The statements of a block. `kept`: values that are read if it raises an exception."""
        self.link(block)
        self.made.update((s.out, s) for s in block.stmts if isinstance(s, Let))
        stmts = [
            s
            for s in block.stmts
            if not (isinstance(s, Let) and (s.out in self.nested or s.op is UNPACK))
        ]
        last: dict[Var, int] = {}
        for i, stmt in enumerate(stmts):
            for v in self.reads(stmt):
                last[self.base(v)] = i
        tail: set[Var] = set()
        self._add((r for r in block.results if isinstance(r, Var)), tail)
        for v in tail:
            last[self.base(v)] = LAST
        raising = max((i for i, s in enumerate(stmts) if kept and may_raise(s)), default=-1)
        out: list[ast.stmt] = []
        whole = out
        after = 0
        inside: list[list[ast.stmt]] = []
        opened: list[Protected] = []
        for i, stmt in enumerate(stmts):
            if i < after:  # unpacked with the tuple before it
                continue
            parts = self.unpacked(stmt, stmts[i + 1 :]) if isinstance(stmt, Let) else []
            after = i + 1 + len(parts)

            def risked(v: Var, i: int = i, stmt: Stmt = stmt) -> bool:
                """Whether an exception may still have `v` read: a region may bind and raise."""
                return v in kept and (i < raising or (i == raising and not isinstance(stmt, Let)))

            def alive(v: Var, i: int = after - 1, risked: Alive = risked) -> bool:
                b = self.base(v)
                return last.get(b, -1) > i or outside(b) or risked(b)

            def reading(v: Var, i: int = i, risked: Alive = risked) -> bool:
                b = self.base(v)
                return last.get(b, -1) >= i or outside(b) or risked(b)

            if parts and isinstance(stmt, Let):
                self.comment(stmt.origin, out)
                out.append(self.unpacking(stmt, parts, alive))
                self.origins.append((out[-1], stmt.origin))
            elif isinstance(stmt, Let) and stmt.op.name == "with":
                self.comment(stmt.origin, out)
                out.append(self.context(stmt, alive))
                inside.append(out)
                out = out[-1].body  # type: ignore[attr-defined]
            elif isinstance(stmt, Let) and stmt.op.name == "leave":
                out = inside.pop()
                _close_context(out)
            elif isinstance(stmt, Try):
                opened.append(self.attempt(stmt, alive, reading, out))
            else:
                self.stmt(stmt, alive, reading, out)
                if isinstance(stmt, If) and opened:
                    opened[-1].absorb(out)
        for attempt in opened:
            attempt.close()
        out = whole
        if top:
            values = [self.atom(r) for r in block.results]
            out.append(ast.Return(self.sig.result(values, self.speller.literal)))
        if finish is not None:
            out += finish(lambda v: outside(self.base(v)))
        return out

    # -- tuples that library functions return

    def unpacked(self, stmt: Let, following: Sequence[Stmt]) -> list[Let]:
        """The items of a tuple that are read right after it, if nothing else reads it."""
        if not isinstance(stmt.out.aval, Parts) or not self.optimize:
            return []
        found: list[Let] = []
        for s in following:
            if not (isinstance(s, Let) and s.op.shape == "part" and s.args[0] is stmt.out):
                break
            found.append(s)
        return found if len(found) == self.uses.get(stmt.out) else []

    def unpacking(self, stmt: Let, parts: Sequence[Let], alive: Alive) -> ast.stmt:
        """`w, V = np.linalg.eigh(A)`."""
        assert isinstance(stmt.out.aval, Parts)
        value = self.speller.let(self.pretty(stmt))
        made: set[Var] = set()
        names = ["_"] * len(stmt.out.aval.items)
        for part in parts:
            index = part.args[1]
            assert isinstance(index, Lit)
            if not part.out.hint and stmt.out.aval.fields:
                part.out.hint = stmt.out.aval.fields[index.value].lower()
            names[index.value] = self.give(part.out, lambda v: alive(v) or v in made)
            made.add(part.out)
        target = ast.Tuple([ast.Name(n, ast.Store()) for n in names], ast.Store())
        return ast.Assign([target], value, lineno=0)

    # -- statements

    def stmt(self, stmt: Stmt, alive: Alive, reading: Alive, out: list[ast.stmt]) -> None:
        if isinstance(stmt, Let):
            self.comment(stmt.origin, out)
            before = len(out)
            self.let(stmt, alive, out)
            self.origins += [(s, stmt.origin) for s in out[before:]]
        elif isinstance(stmt, If):
            self.conditional(stmt, alive, reading, out)
        elif isinstance(stmt, (For, While)):
            self.loop(stmt, alive, reading, out)
        else:
            raise NotImplementedError

    def context(self, stmt: Let, alive: Alive) -> ast.stmt:
        """The head of a `with`; its statements follow."""
        manager, called, *args = stmt.args
        value = self.atom(manager)  # type: ignore[arg-type]
        if isinstance(called, Lit) and called.value:
            keywords = {k: self.speller.tree(t) for k, t in stmt.kwargs}
            value = call(value, [self.speller.tree(a) for a in args], **keywords)
        read = self.uses.get(stmt.out, 0) > 1  # the mark at its end is one
        target = ast.Name(self.give(stmt.out, alive), ast.Store()) if read else None
        return ast.With([ast.withitem(value, target)], [], lineno=0)

    def attempt(self, stmt: Try, alive: Alive, reading: Alive, out: list[ast.stmt]) -> Protected:
        """A `try` statement; the conditionals on its flags that follow become its clauses."""
        self.comment(stmt.origin, out)
        flags = (stmt.done, *stmt.caught, stmt.error)
        names = [self.give(v, reading) for v in flags]
        self.flags.update(stmt.caught)
        body, fallback = self._sides(stmt, alive, reading)
        kinds = [self.atom(k) for k in stmt.kinds]
        reads = [self.uses.get(v, 0) for v in flags]
        made = Protected(body, fallback, kinds, names, reads)
        self.tried[stmt.done] = made.node
        out.append(made.node)
        return made

    def comment(self, origin: Origin, out: list[ast.stmt]) -> None:
        """The user's line before the first statement from it; a short mark when it returns."""
        span = origin.span
        if span is None:
            return
        key = (span.lineno, origin.derivative)
        if key == self.last_origin:
            return
        self.last_origin = key
        line = f"{span.short}: {span.text.strip()}"
        if line not in self.said:
            self.said.add(line)
            out.append(Comment(line))
        elif origin.derivative:
            out.append(Comment(f"derivative of line {span.lineno}"))
        else:
            out.append(Comment(f"line {span.lineno}"))

    def assign(self, target: str, value: ast.expr) -> ast.stmt:
        return ast.Assign([ast.Name(target, ast.Store())], value, lineno=0)

    def let(self, stmt: Let, alive: Alive, out: list[ast.stmt]) -> None:
        op = stmt.op
        if op.effect == "effect":
            out.append(self.effect(stmt))
            return
        if op.effect == "writes":
            out.append(self.write(stmt))
            return
        value = self.speller.let(self.pretty(stmt))
        if self.optimize and self.protected and not self.uses.get(stmt.out):
            out.append(ast.Expr(value))  # only whether it raises matters
            return
        first = stmt.args[0] if stmt.args else None
        before = self.names.get(self.base(first)) if isinstance(first, Var) else None
        text = self.give(stmt.out, alive)
        if (
            isinstance(value, ast.BinOp)
            and isinstance(first, Var)
            and first not in self.nested
            and before == text
            and isinstance(stmt.out.aval, Scalar)
            and isinstance(first.aval, Scalar)
        ):
            out.append(ast.AugAssign(ast.Name(text, ast.Store()), value.op, value.right))
            return
        out.append(self.assign(text, value))

    def write(self, stmt: Let) -> ast.stmt:
        """A write in place: `A[i] = v`, `A[i] += v`, `A *= v`."""
        if stmt.op.name == "with_room":
            target = self.names[self.base(stmt.out)]
            return self.assign(
                target,
                call(
                    name("with_room"),
                    list(map(self.speller.tree, stmt.args)),
                    **{k: self.speller.tree(t) for k, t in stmt.kwargs},
                ),
            )
        base, where, value = stmt.args
        assert isinstance(base, Var)
        target_base = ast.Name(self.names[self.base(base)], ast.Load())
        place = self.speller.place(target_base, where)
        if not isinstance(place, (ast.Name, ast.Subscript)):  # a view by name: A.T[...] += v
            place = ast.Subscript(place, ast.Constant(Ellipsis), ast.Load())
        index = where.index if isinstance(where, Lens) else where
        whole = isinstance(index, Lit) and index.value is Ellipsis
        if stmt.op.name == "scatter_add":
            inner = self.nested.get(value) if isinstance(value, Var) else None
            if not is_basic(index) and _may_repeat(index):
                assert not isinstance(where, Lens) or where.steps
                array = self.speller.place(
                    target_base,
                    Lens(where.steps, Lit(Ellipsis)) if isinstance(where, Lens) else Lit(Ellipsis),
                )
                args = [array, self.speller.index_value(index), self.speller.tree(value)]
                return ast.Expr(call(name("np.add.at"), args))
            if inner is not None and inner.op.name == "negative":
                operand = self.speller.tree(inner.args[0])
                return ast.AugAssign(_store(place), ast.Sub(), operand)
            return ast.AugAssign(_store(place), ast.Add(), self.speller.tree(value))
        updated = self._update(stmt, place, whole)
        if updated is not None:
            return updated
        if isinstance(place, ast.Name):
            place = ast.Subscript(place, ast.Constant(Ellipsis), ast.Load())
        return ast.Assign([_store(place)], self.speller.tree(value), lineno=0)

    def _update(self, stmt: Let, place: ast.expr, whole: bool) -> ast.stmt | None:
        """A[i] = A[i] * e as A[i] *= e."""
        base, where, value = stmt.args
        inner = self.nested.get(value) if isinstance(value, Var) else None
        if inner is None or len(inner.args) != 2 or isinstance(where, Lens):
            return None
        if self.protected and isinstance(inner.out.aval, Array):
            return None  # what raises in the middle must not have written yet
        left = inner.args[0]
        if whole:
            same = (
                isinstance(left, Var)
                and left not in self.nested
                and (
                    self.base(left) is self.base(base)  # type: ignore[arg-type]
                )
            )
        else:
            read = self.nested.get(left) if isinstance(left, Var) else None
            same = (
                read is not None
                and read.op.name == "getitem"
                and isinstance(read.args[0], Var)
                and read.args[0] not in self.nested
                and self.base(read.args[0]) is self.base(base)  # type: ignore[arg-type]
                and ast.dump(self.speller.index(read.args[1]))
                == ast.dump(self.speller.index(where))
                and all(is_basic(i) for i in index_items(where))
            )
        spelled = self.speller.let(inner)
        if not same or not isinstance(spelled, ast.BinOp):
            return None
        return ast.AugAssign(_store(place), spelled.op, spelled.right)

    def effect(self, stmt: Let) -> ast.stmt:
        args = [self.speller.tree(a) for a in stmt.args]
        if stmt.op.name == "print":
            printed = call(name("print"), args)
            printed.keywords = [ast.keyword(k, self.speller.tree(v)) for k, v in stmt.kwargs]
            return ast.Expr(printed)
        if stmt.op.name == "assert":
            return ast.Assert(args[0], args[1] if len(args) > 1 else None)
        if stmt.op.name in ("raise", "raise_from"):
            cause = args.pop(0) if stmt.op.name == "raise_from" else None
            bound = isinstance(stmt.args[-1 - len(args[1:])], Var)  # an exception, not a class
            return ast.Raise(args[0] if bound else call(args[0], args[1:]), cause)
        if stmt.op.name == "set_attribute":
            target = ast.Attribute(args[0], stmt.args[1].value, ast.Store())  # type: ignore[union-attr]
            return ast.Assign([target], args[2], lineno=0)
        if stmt.op.name == "set_item":
            return ast.Assign([_entry(args[0], stmt.args[1], args[1])], args[2], lineno=0)
        if stmt.op.name == "delete_item":
            return ast.Delete([_entry(args[0], stmt.args[1], args[1])])
        if stmt.op.name == "copyto":
            place = ast.Subscript(args[0], ast.Constant(...), ast.Store())
            return ast.Assign([place], args[1], lineno=0)
        if stmt.op.name == "append":
            return ast.Expr(call(ast.Attribute(args[0], "append", ast.Load()), args[1:]))
        return ast.Expr(args[0])

    # -- conditionals

    def conditional(self, stmt: If, alive: Alive, reading: Alive, out: list[ast.stmt]) -> None:
        self.comment(stmt.origin, out)
        cond = self.atom(stmt.cond)
        leaves = self.breaks.get(stmt)
        if leaves is not None:
            stmt = _without(stmt, leaves.flag)
        before = next((s for s in reversed(out) if not isinstance(s, Comment)), None)
        follows = before is not None and before is self.tried.get(stmt.cond)
        single = None if leaves or follows else self._as_expression(stmt, cond, alive)
        if single is not None:
            out.append(single)
            return
        branches = self._sides(stmt, alive, reading)
        then, orelse = branches
        if leaves is not None:
            for which in leaves.sides:
                branches[which] += self._leave(leaves)
            if 0 in leaves.sides:
                out.append(ast.If(cond, then, []))
                out += orelse
                return
        if not _real(then) and not _real(orelse):
            return
        if not _real(then):
            out.append(ast.If(ast.UnaryOp(ast.Not(), cond), orelse, []))
        else:
            out.append(ast.If(cond, then, _else(orelse)))

    def _sides(self, stmt: If | Try, alive: Alive, reading: Alive) -> list[list[ast.stmt]]:
        """Both sides of a conditional, with its outputs named."""
        before = dict(self.holder)
        # Names of the outputs: an unchanged outer value keeps its own.
        shared = {self.base(v) for v in stmt.outs if v in self.root}
        for k, v in enumerate(stmt.outs):
            if v in self.root:
                self.names[v] = self.names[self.base(v)]
                continue
            wish = self.prefer.get(v)
            sides = (stmt.then.results[k], stmt.orelse.results[k])
            kept = None
            for r in sides:
                if isinstance(r, Var) and r not in self.nested:
                    text = self.names.get(self.base(r))
                    if text is not None and not alive(self.base(r)):
                        kept = text
            others = [self.names[x] for x in stmt.outs[:k]]
            if kept is not None and kept not in others and (wish is None or wish == kept):
                self.names[v] = kept
            else:
                # A name that only the branches still read is free: each side takes it when
                # its last read is past, or at its end.
                self.give(v, alive, frozenset(others))
        branches: list[list[ast.stmt]] = []
        for side in (stmt.then, stmt.orelse):
            self.holder = dict(before)
            for v, r in zip(stmt.outs, side.results, strict=True):
                if isinstance(r, Var):
                    self.prefer.setdefault(self.base(r), self.names[v])
            self.last_origin = None
            risked: frozenset[Var] = frozenset()
            if isinstance(stmt, Try) and side is stmt.then:
                fallbacks = stmt.orelse.results
                risked = frozenset(self.base(r) for r in fallbacks if isinstance(r, Var))
            self.protected += isinstance(stmt, Try) and side is stmt.then
            lives = alive
            if shared and side is stmt.orelse:  # there what shares its name is unbound

                def lives(v: Var) -> bool:
                    return self.base(v) not in shared and alive(v)

            body = self.block(
                side,
                lives,
                kept=risked,
                finish=lambda al, side=side: self._moves(  # type: ignore[misc]
                    [(self.names[v], r) for v, r in zip(stmt.outs, side.results, strict=True)]
                ),
            )
            self.protected -= isinstance(stmt, Try) and side is stmt.then
            branches.append(body)
        self.holder = before
        for v in stmt.outs:
            self.holder[self.names[v]] = v
        self.last_origin = None
        return branches

    def _as_expression(self, stmt: If, cond: ast.expr, alive: Alive) -> ast.stmt | None:
        """A conditional expression where both sides are single expressions."""
        if len(stmt.outs) != 1 or not self.optimize or stmt.cond in self.flags:
            return None
        if stmt.outs[0] in self.root:
            return None
        values = []
        for side in (stmt.then, stmt.orelse):
            if any(not (isinstance(s, Let) and s.out in self.nested) for s in side.stmts):
                return None
            if side.results[0] is UNDEFINED:
                return None
            values.append(self.atom(side.results[0]))
        first, second = (s.results[0] for s in (stmt.then, stmt.orelse))
        text_before = [
            self.names.get(self.base(r)) if isinstance(r, Var) and r not in self.nested else None
            for r in (first, second)
        ]
        out = stmt.outs[0]
        if any(t is not None for t in text_before) and (out.hint and out.hint in text_before):
            return None
        value: ast.expr
        if isinstance(second, Lit) and second.value is False:
            value = ast.BoolOp(ast.And(), [cond, values[0]])
        elif isinstance(first, Lit) and first.value is True:
            value = ast.BoolOp(ast.Or(), [cond, values[1]])
        else:
            value = ast.IfExp(cond, values[0], values[1])
        return self.assign(self.give(out, alive), value)

    def _moves(self, pairs: Sequence[tuple[str, Atom]]) -> list[ast.stmt]:
        """Bind names to values at once: only those that do not hold them already."""
        todo = []
        for text, value in pairs:
            if value is UNDEFINED:
                continue
            plain = isinstance(value, Var) and value not in self.nested
            if isinstance(value, Var) and plain and self.names[self.base(value)] == text:
                continue
            if isinstance(value, Var) and value in self.unbound:
                self.to_bind.add(value)
            todo.append((text, self.atom(value)))
        if not todo:
            return []
        if len(todo) == 1:
            text, new = todo[0]
            numbers = {t for t, v in pairs if isinstance(aval_of(v), Scalar)}
            if text in numbers and _counts(new, text):
                return [ast.AugAssign(ast.Name(text, ast.Store()), new.op, new.right)]
            return [self.assign(text, new)]
        targets = {t for t, _ in todo}
        tangled = any(
            isinstance(n, ast.Name) and n.id in targets
            for _, value in todo
            for n in ast.walk(value)
        )
        if not tangled:
            return [self.assign(t, v) for t, v in todo]
        names: list[ast.expr] = [ast.Name(t, ast.Store()) for t, _ in todo]
        return [
            ast.Assign(
                [ast.Tuple(names, ast.Store())],
                ast.Tuple([v for _, v in todo], ast.Load()),
                lineno=0,
            )
        ]

    # -- loops

    def loop(self, stmt: For | While, alive: Alive, reading: Alive, out: list[ast.stmt]) -> None:
        self.comment(stmt.origin, out)
        inside: set[Var] = set()
        for _, b in blocks(stmt):
            self._block_reads(b, inside)
        own = bound_inside(stmt)
        captured = {self.base(v) for v in inside if v not in own}

        def through(v: Var) -> bool:
            return v in captured or alive(v)

        inits = [c.init for c in stmt.carries]
        moves: list[tuple[str, Atom]] = []
        given: set[str] = set()
        for c in stmt.carries:
            if c.out in self.prefer:
                self.prefer.setdefault(c.param, self.prefer[c.out])
            text = self._carry_name(c.init, c.param, through, reading, inits, given)
            given.add(text)
            self.names[c.param] = text
            unbound = c.init is UNDEFINED and not c.param.hint
            moves.append((text, Lit(None) if unbound else c.init))
        lists = []
        for v in stmt.collects:
            text = self.give(v, reading, frozenset(given))
            given.add(text)
            lists.append(self.assign(text, ast.List([], ast.Load())))
        out += self._moves(moves)
        out += lists
        header = self._header(stmt, through, out)
        for c in stmt.carries:
            self.holder[self.names[c.param]] = c.param
        held = dict(self.holder)
        for c, r in zip(stmt.carries, stmt.body.results, strict=False):
            if isinstance(r, Var):
                self.prefer.setdefault(self.base(r), self.names[c.param])
        self.last_origin = None
        self._plan_break(stmt)
        early = self._early(stmt)
        own_results = [
            r
            for k, r in enumerate(stmt.body.results)
            if k < len(stmt.carries) + stmt.exits
            or stmt.collects[k - len(stmt.carries) - stmt.exits] not in {v for v, _ in early}
        ]
        inner = Block(stmt.body.stmts, tuple(own_results))
        body = [self._append(v, r) for v, r in early]
        body += self.block(inner, through, finish=lambda al: self._end(stmt))
        self.last_origin = None
        self.holder = held
        for c in stmt.carries:
            self.names[c.out] = self.names[c.param]
            self.holder[self.names[c.param]] = c.out
        if isinstance(stmt, For):
            out.append(ast.For(header[0], header[1], body or [ast.Pass()], [], lineno=0))
        else:
            test = header[0]
            out.append(ast.While(test, body or [ast.Pass()], []))

    def _carry_name(
        self,
        init: Atom,
        param: Var,
        through: Alive,
        reading: Alive,
        inits: Sequence[Atom],
        given: set[str],
    ) -> str:
        """A loop variable keeps its initial value's name where that is read nowhere else."""
        if isinstance(init, Var) and init not in self.nested:
            base = self.base(init)
            text = self.names.get(base)
            alone = sum(1 for i in inits if isinstance(i, Var) and self.base(i) is base) == 1
            wish = self.prefer.get(param, param.hint)
            if text is None or through(base) or not alone or text in given:
                pass
            elif not wish or wish == text or not self.free(wish, through):
                return text
        return self.give(param, self._or(through, reading, inits), frozenset(given))

    def _or(self, a: Alive, b: Alive, inits: Sequence[Atom]) -> Alive:
        bases = {self.base(i) for i in inits if isinstance(i, Var) and i not in self.nested}
        return lambda v: (
            a(v) or (v not in bases and b(v)) or (v in bases and len(bases) > 1 and b(v))
        )

    def _header(self, stmt: For | While, through: Alive, out: list[ast.stmt]) -> list[Any]:
        bound = {c.param for c in stmt.carries}

        def busy(v: Var) -> bool:
            return v in bound or through(v)

        for c in stmt.carries:
            self.holder[self.names[c.param]] = c.param
        if stmt.count is not None:
            out.append(self.assign(self.give(stmt.count, busy), ast.Constant(0)))
            bound.add(stmt.count)
        if isinstance(stmt, While):
            return [self._test(stmt)]
        bounds = [stmt.start, stmt.stop, stmt.step]
        if _is(bounds[2], 1):
            bounds.pop()
            if _is(bounds[0], 0):
                bounds.pop(0)
        iterable: ast.expr = call(name("range"), [self.atom(b) for b in bounds])
        used: set[Var] = set()
        self._block_reads(stmt.body, used)
        if stmt.backward and stmt.index in used:
            iterable = call(name("reversed"), [iterable])
        sources = [iterable] if stmt.index in used or not stmt.feeds else []
        targets: list[ast.expr] = []
        if sources:
            index = self.give(stmt.index, busy) if stmt.index in used else "_"
            bound.add(stmt.index)
            targets.append(ast.Name(index, ast.Store()))
        apart = _taken_apart(stmt)
        for feed in stmt.feeds:
            listed = self.atom(feed.source)
            sources.append(call(name("reversed"), [listed]) if feed.reverse else listed)
            values = apart.get(feed.param)
            names = [self._bound(v, busy, bound) for v in values or [feed.param]]
            targets.append(names[0] if values is None else ast.Tuple(names, ast.Store()))
        if len(sources) == 1:
            return [targets[0], sources[0]]
        return [ast.Tuple(targets, ast.Store()), call(name("zip"), sources)]

    def _bound(self, var: Var | None, busy: Alive, bound: set[Var]) -> ast.expr:
        """The target of a value that a loop's header binds."""
        if var is None:
            return ast.Name("_", ast.Store())
        target = ast.Name(self.give(var, busy), ast.Store())
        bound.add(var)
        return target

    def _test(self, stmt: While) -> ast.expr:
        """A while's condition, as one expression."""
        self.link(stmt.test)
        for s in stmt.test.stmts:
            if isinstance(s, Let):
                self.nested.setdefault(s.out, s)
            else:
                assert isinstance(s, If)
                self._nest_choice(s)
        return self.atom(stmt.test.results[0])

    def _nest_choice(self, stmt: If) -> None:
        """A conditional inside a condition becomes an expression."""
        from adcompile.ir.primitives import Primitive, signature

        for side in (stmt.then, stmt.orelse):
            for s in side.stmts:
                if isinstance(s, Let):
                    self.nested.setdefault(s.out, s)
                else:
                    assert isinstance(s, If)
                    self._nest_choice(s)
        for out, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
            two, three = signature("x, y"), signature("cond, x, y")
            if isinstance(b, Lit) and b.value is False:
                op = Primitive("and", len, two, "@and", "bool")
                self.nested[out] = Let(out, op, (stmt.cond, a))
            elif isinstance(a, Lit) and a.value is True:
                op = Primitive("or", len, two, "@or", "bool")
                self.nested[out] = Let(out, op, (stmt.cond, b))
            else:
                op = Primitive("select", len, three, "@select")
                self.nested[out] = Let(out, op, (stmt.cond, a, b))

    def _append(self, tape: Var, value: Atom) -> ast.stmt:
        read: set[Var] = set()
        self._add([value] if isinstance(value, Var) else [], read)
        self.to_bind |= read & self.unbound
        append = ast.Attribute(ast.Name(self.names[tape], ast.Load()), "append", ast.Load())
        return ast.Expr(call(append, [self.atom(value)]))

    def _early(self, stmt: For | While) -> list[tuple[Var, Atom]]:
        """Lists of what a loop variable was at the start of each iteration."""
        if not self.optimize:
            return []
        params = {c.param for c in stmt.carries}
        results = stmt.body.results[len(stmt.carries) + stmt.exits :]
        packed = packed_values(stmt.body.stmts)
        return [
            (v, r)
            for v, r in zip(stmt.collects, results, strict=True)
            if isinstance(r, Var) and packed.get(r, (r,))[0] in params
        ]

    def _plan_break(self, loop: For | While) -> None:
        """A loop whose flag to leave is set by literals, at the ends of its last conditionals,
        is left there by `break`."""
        if not loop.exits or not self.optimize:
            return
        found: dict[Stmt, _Leave] = {}
        flag = loop.body.results[len(loop.carries)]
        if self._leaving(loop, loop.body, flag, (), found):
            self.breaks.update(found)
            self.left.add(loop)

    def _leaving(
        self,
        loop: For | While,
        block: Block,
        flag: Atom,
        after: tuple[tuple[If, int], ...],
        found: dict[Stmt, _Leave],
    ) -> bool:
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
            elif not self._leaving(loop, side, result, ((last, number), *after), found):
                return False
        found[last] = _Leave(loop, flag, tuple(sides), after)
        return True

    def _leave(self, leave: _Leave) -> list[ast.stmt]:
        """What happens before the break: the ends of the blocks that it jumps out of."""
        out: list[ast.stmt] = []
        for outer, number in leave.after:
            side = (outer.then, outer.orelse)[number]
            flag = self.breaks[outer].flag
            pairs = zip(outer.outs, side.results, strict=True)
            out += self._moves([(self.names[v], r) for v, r in pairs if v is not flag])
        return [*out, *self._end(leave.loop), ast.Break()]

    def _end(self, stmt: For | While) -> list[ast.stmt]:
        """The end of a body: lists grow, the loop variables move on, the loop may be left."""
        out: list[ast.stmt] = []
        results = stmt.body.results
        n = len(stmt.carries)
        if stmt.count is not None:
            text = self.names[stmt.count]
            out.append(ast.AugAssign(ast.Name(text, ast.Store()), ast.Add(), ast.Constant(1)))
        early = {v for v, _ in self._early(stmt)}
        for v, r in zip(stmt.collects, results[n + stmt.exits :], strict=True):
            if v not in early:
                out.append(self._append(v, r))
        exit_test = self.atom(results[n]) if stmt.exits and stmt not in self.left else None
        moves = [(self.names[c.param], r) for c, r in zip(stmt.carries, results, strict=False)]
        out += self._moves(moves)
        if exit_test is not None:
            out.append(ast.If(exit_test, [ast.Break()], []))
        return out


def _else(body: list[ast.stmt]) -> list[ast.stmt]:
    """An else branch; of a lone conditional, whose comment moves inside, an elif."""
    if not _real(body):
        return []
    *comments, last = body
    if isinstance(last, ast.If) and all(isinstance(s, Comment) for s in comments):
        return [ast.If(last.test, [*comments, *last.body], last.orelse)]
    return body


def _close_context(out: list[ast.stmt]) -> None:
    """The end of a `with`: its statements are complete."""
    made = out[-1]
    assert isinstance(made, ast.With)
    inner = [s for s in made.body if not isinstance(s, Comment)]
    if not inner:
        made.body.append(ast.Pass())
    elif len(inner) == 1 and isinstance(inner[0], ast.With):
        made.items += inner[0].items
        made.body = inner[0].body


def _without(stmt: If, flag: Var) -> If:
    """The conditional without the output that says whether to leave the loop."""
    keep = [k for k, v in enumerate(stmt.outs) if v is not flag]
    then, orelse = (
        Block(b.stmts, tuple(b.results[k] for k in keep)) for b in (stmt.then, stmt.orelse)
    )
    return replace(stmt, outs=tuple(stmt.outs[k] for k in keep), then=then, orelse=orelse)


def _taken_apart(loop: For) -> dict[Var, list[Var | None]]:
    """The values of each tuple that feeds a loop, by position."""
    found: dict[Var, list[Var | None]] = {}
    for packed, k, size, value in unpackings(loop.body.stmts):
        found.setdefault(packed, [None] * size)[k] = value
    return found


def _counts(value: ast.expr, text: str) -> TypeGuard[ast.BinOp]:
    """Whether a value is the name's own plus a literal integer."""
    return (
        isinstance(value, ast.BinOp)
        and isinstance(value.left, ast.Name)
        and value.left.id == text
        and isinstance(value.right, ast.Constant)
        and type(value.right.value) is int
    )


def _may_repeat(index: Tree) -> bool:
    """Whether an index of arrays may name a place twice: integers may, masks do not."""
    kinds = [aval_of(i) for i in index_items(index)]
    return any(isinstance(k, Array) and k.dtype.kind in "iu" for k in kinds)


def _is(atom: Atom, value: int) -> bool:
    return isinstance(atom, Lit) and type(atom.value) is int and atom.value == value


def _real(body: list[ast.stmt]) -> bool:
    return any(not isinstance(s, Comment) for s in body)


def _store(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Store())
    if isinstance(node, ast.Subscript):
        return ast.Subscript(node.value, node.slice, ast.Store())
    return node


def _entry(owner: ast.expr, key: Tree, spelled: ast.expr) -> ast.expr:
    """owner[key] as a target; a whole slice is `[:]`."""
    whole = isinstance(key, Lit) and isinstance(key.value, slice)
    return ast.Subscript(owner, ast.Slice() if whole else spelled, ast.Store())
