"""Formulas of recorded steps: in v's as a textbook writes them, and in the user's terms."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.codegen.spelling import Speller, call, name
from adcompile.ir.nodes import Atom, Lens, Let, Lit, Tree, Var

MAX_LENGTH = 160
"""Formulas longer than this are cut: the parts of a formula nest."""

NamedAs = Callable[[Var], str | None]


@dataclass
class Book:
    """What formulas may refer to: the operation that made a value, or the sum it is."""

    made: Mapping[Var, Let]
    parts: Mapping[Var, Sequence[Atom]]


class Formulas(Speller):
    """Writes values as names where `named` gives one, else as their expression.

    long: the name of a value whose expression is too long. bare: `log(v0)` for `np.log(v0)`.
    """

    def __init__(
        self, book: Book, named: NamedAs, long: NamedAs | None = None, bare: bool = True
    ) -> None:
        super().__init__(self._value, _constant)
        self.book = book
        self.named = named
        self.bare = bare
        self.long = long or (lambda var: None)
        self.nested: dict[Var, ast.expr] = {}

    def text(self, tree: Tree) -> str:
        """An operand, written out one level at least."""
        return unparsed(self.expression(tree) if isinstance(tree, Var) else self.tree(tree))

    def _value(self, var: Var) -> ast.expr:
        text = self.named(var)
        if text is not None:
            return _name(text)
        if var not in self.nested:
            made = self.expression(var)
            if len(unparsed(made)) > MAX_LENGTH:
                made = _name(self.long(var) or "...")
            self.nested[var] = made
        return self.nested[var]

    def expression(self, var: Var) -> ast.expr:
        """What a value is made of."""
        if var in self.book.parts:
            return _sum([self.tree(p) for p in self.book.parts[var]])
        if var in self.book.made:
            return self.let(self.book.made[var])
        return _name(self.named(var) or var.hint or "...")

    # -- operations that only formulas show

    def let(self, let: Let) -> ast.expr:
        if let.op.name in ("setitem", "scatter_add"):
            return self._write(let)
        if let.op.name in ("zeros_like", "zeros") and not let.out.hint and let.origin.derivative:
            return name("zeros")
        return self._bared(super().let(let))

    def _bared(self, node: ast.expr) -> ast.expr:
        return _Bare().visit(node) if self.bare else node

    def _write(self, let: Let) -> ast.expr:
        """`v5 with [1] = v7`; a write into zeros is `put(v7, [1])`."""
        base, where, value = let.args
        place = self._bracket(where)
        made = self.book.made.get(base) if isinstance(base, Var) else None
        if made is not None and made.op.name in ("zeros_like", "zeros") and made.origin.derivative:
            return call(name("put"), [self.tree(value), _name(place)])
        sign = "=" if let.op.name == "setitem" else "+="
        text = f"{self._inner(base)} with {place} {sign} {unparsed(self.tree(value))}"
        return _name(f"({text})")

    def _inner(self, tree: Tree) -> str:
        text = unparsed(self.tree(tree))
        return text if text.isidentifier() else f"({text})"

    def _bracket(self, where: Tree) -> str:
        place = self.place(_name(""), where)
        return ast.unparse(place) or "[...]"

    def assignment(self, let: Let, target: str) -> str:
        """A write as the user wrote it: `A[1] = e`."""
        _, where, value = let.args
        sign = "=" if let.op.name == "setitem" else "+="
        place = ast.unparse(self.place(_name(target), where))
        if isinstance(where, Lit) and where.value is Ellipsis and sign == "=":
            place = f"{target}[:]"
        return f"{place} {sign} {unparsed(self.tree(value))}"

    # -- operands

    def tree(self, tree: Tree) -> ast.expr:
        if isinstance(tree, Lens):
            return _name(self._bracket(tree))
        return super().tree(tree)

    def literal(self, value: Any) -> ast.expr:
        if isinstance(value, np.generic) and value.dtype.kind in "fiu":
            return super().literal(value.item())
        if isinstance(value, np.ndarray) and value.size > 8:
            return _name("[...]")
        return self._bared(super().literal(value))


def called(function: str, args: Sequence[ast.expr]) -> str:
    return ast.unparse(call(_name(function), args))


def unparsed(node: ast.expr) -> str:
    """The text of an expression, without parentheses around all of it."""
    if isinstance(node, ast.Name):
        inner = node.id.removeprefix("(").removesuffix(")")
        return inner if node.id.startswith("(") else node.id
    return ast.unparse(ast.fix_missing_locations(node))


def _name(text: str) -> ast.expr:
    return ast.Name(text, ast.Load())


def _constant(value: Any) -> ast.expr:
    return _name(getattr(value, "__name__", None) or type(value).__name__)


def _sum(terms: Sequence[ast.expr]) -> ast.expr:
    """Terms added up; one that begins with a minus is subtracted."""
    flat = [t for term in terms for t in _addends(term)]
    total = flat[0]
    for term in flat[1:]:
        if isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.USub):
            total = ast.BinOp(total, ast.Sub(), term.operand)
        else:
            total = ast.BinOp(total, ast.Add(), term)
    return total


def _addends(term: ast.expr) -> list[ast.expr]:
    if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add):
        return [*_addends(term.left), *_addends(term.right)]
    return [term]


class _Bare(ast.NodeTransformer):
    """Drops `np.`, `math.` and `scipy.special.`."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        inner = node.value
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            if inner.value.id == "scipy":
                return ast.Name(node.attr, ast.Load())
        elif isinstance(inner, ast.Name) and inner.id in ("np", "math"):
            return ast.Name(node.attr, ast.Load())
        return node
