"""What the parts of the writer share: functions of a `Writer` and the statement at hand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from adcompile.analysis.repeats import distinct_values
from adcompile.codegen.comments import Origins
from adcompile.codegen.liveness import add_named
from adcompile.codegen.names import Alive, Names
from adcompile.codegen.nesting import nested_values
from adcompile.codegen.spelling import Speller, name
from adcompile.codegen.values import all_values
from adcompile.ir.absent import absent_values
from adcompile.ir.avals import Opaque
from adcompile.ir.nodes import Atom, Block, For, Function, If, Let, Lit, Stmt, Tree, Var, While
from adcompile.ir.primitives import Primitive, signature
from adcompile.ir.walk import use_counts

SHAPE = Primitive("shape", len, signature("a"), "@shape", "shape")


class WriteBlock(Protocol):
    """The statements of a block: `codegen.blocks.write_block`.

    outside: what is alive after it. finish: the statements at its end. kept: values that are
    read if it raises an exception.
    """

    def __call__(
        self,
        w: Writer,
        block: Block,
        outside: Alive,
        finish: Callable[[], list[ast.stmt]],
        kept: frozenset[Var] = frozenset(),
    ) -> list[ast.stmt]: ...


@dataclass(frozen=True, eq=False)
class Leave:
    """A conditional in which a loop is left: on which sides, out of which conditionals."""

    loop: For | While
    flag: Var
    sides: tuple[int, ...]
    after: tuple[tuple[If, int], ...]


class Writer:
    """One function while it is written.

    nested: values that are written inside the expression that uses them. unbound, absent, to_bind:
    values that may be absent, and those of them that the text reads. breaks, left: conditionals
    in which a loop is left by `break`, and these loops. protected: how many `try` are around.
    tried, flags: by the flag that says that it completed the `try` statement, and the flags
    that its clauses set.
    """

    def __init__(
        self,
        fn: Function,
        params: tuple[str, ...],
        buffers: Mapping[Var, frozenset[Var]],
        optimize: bool,
        write_block: WriteBlock,
    ) -> None:
        self.optimize = optimize
        self.write_block = write_block
        self.nested = nested_values(fn, buffers, optimize)
        self.uses = use_counts(fn.body)
        self.distinct = distinct_values(fn)
        self.names = Names(all_values(fn), params, self.nested, optimize)
        self.origins = Origins()
        self.speller = Speller(self._atomic, lambda value: name(self.names.constant(value)))
        self.unbound = absent_values(fn)
        self.absent = absent_values(fn, attempts=True)
        self.to_bind: set[Var] = set()
        self.breaks: dict[Stmt, Leave] = {}
        self.left: set[Stmt] = set()
        self.protected = 0
        self.tried: dict[Atom, ast.stmt] = {}
        self.flags: set[Var] = set()

    def tree(self, tree: Tree) -> ast.expr:
        """An operand as an expression."""
        return self.speller.tree(tree)

    def let(self, let: Let) -> ast.expr:
        """An operation as an expression. Shapes read entry by entry are read whole: `x.shape`."""
        args = tuple(self._whole_shape(a) for a in let.args)
        if any(a is not b for a, b in zip(args, let.args, strict=True)):
            let = Let(let.out, let.op, args, let.kwargs, let.origin, let.linear)
        return self.speller.let(let)

    def inner(self, tree: Tree) -> Let | None:
        """The operation of an operand that is written inside the expression that uses it."""
        return self.nested.get(tree) if isinstance(tree, Var) else None

    def named(self, tree: Tree) -> Var | None:
        """The value of an operand that is a name, as what it shares the name with."""
        if not isinstance(tree, Var) or tree in self.nested:
            return None
        return self.names.base(tree)

    def needs(self, atom: Atom) -> None:
        """The text reads an operand, so what may be absent of it has to be bound."""
        read: set[Var] = set()
        add_named([atom] if isinstance(atom, Var) else [], self.nested, read)
        self.to_bind |= read & self.absent

    def _atomic(self, var: Var) -> ast.expr:
        let = self.nested.get(var)
        if let is not None:
            return self.let(let)
        return ast.Name(self.names.shared(var), ast.Load())

    def _whole_shape(self, tree: Tree) -> Tree:
        if not isinstance(tree, tuple) or not tree:
            return tree
        source: Var | None = None
        for axis, item in enumerate(tree):
            let = self.inner(item)
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
        self.nested[shape] = Let(shape, SHAPE, (source,))
        return shape


def target(text: str) -> ast.Name:
    return ast.Name(text, ast.Store())


def assign(text: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([target(text)], value, lineno=0)
