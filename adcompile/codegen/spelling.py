"""How each operation is written: an AST expression from the operands' expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcompile.analysis.operands import aval_of
from adcompile.ir.avals import Array
from adcompile.ir.nodes import Lens, Let, Lit, SliceTree, Tree, Var

BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "**": ast.Pow,
    "@": ast.MatMult,
    "&": ast.BitAnd,
    "|": ast.BitOr,
    "^": ast.BitXor,
    "<<": ast.LShift,
    ">>": ast.RShift,
}
COMPARE: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}
UNARY: dict[str, type[ast.unaryop]] = {
    "u-": ast.USub,
    "u+": ast.UAdd,
    "u~": ast.Invert,
    "unot": ast.Not,
}

Atomic = Callable[[Var], ast.expr]


def name(text: str) -> ast.expr:
    """A dotted name: `np.linalg.solve`."""
    head, *rest = text.split(".")
    node: ast.expr = ast.Name(head, ast.Load())
    for part in rest:
        node = ast.Attribute(node, part, ast.Load())
    return node


def call(fn: ast.expr, args: Sequence[ast.expr], /, **kwargs: ast.expr) -> ast.Call:
    return ast.Call(fn, list(args), [ast.keyword(k, v) for k, v in kwargs.items()])


class Speller:
    """Writes operands and operations; `atomic` gives the expression of a variable."""

    def __init__(self, atomic: Atomic, constant: Callable[[Any], ast.expr]) -> None:
        self.atomic = atomic
        self.constant = constant

    def tree(self, tree: Tree) -> ast.expr:
        if isinstance(tree, Var):
            return self.atomic(tree)
        if isinstance(tree, Lit):
            return self.literal(tree.value)
        if isinstance(tree, SliceTree):
            return ast.Slice(*(self._bound(t) for t in (tree.start, tree.stop, tree.step)))
        assert not isinstance(tree, Lens)
        return ast.Tuple([self.tree(t) for t in tree], ast.Load())

    def _bound(self, tree: Tree) -> ast.expr | None:
        return None if isinstance(tree, Lit) and tree.value is None else self.tree(tree)

    def literal(self, value: Any) -> ast.expr:
        if type(value) in (int, float) and value == value and abs(value) != float("inf"):
            if value < 0 or (value == 0 and str(value).startswith("-")):
                return ast.UnaryOp(ast.USub(), ast.Constant(-value))
            return ast.Constant(value)
        if type(value) is float:
            return (
                name("np.nan")
                if value != value
                else (name("np.inf") if value > 0 else ast.UnaryOp(ast.USub(), name("np.inf")))
            )
        if value is None or value is Ellipsis or isinstance(value, (bool, str, bytes)):
            return ast.Constant(value)
        if type(value) is complex:
            return (
                ast.Constant(value)
                if value.real == 0
                else call(name("complex"), [self.literal(value.real), self.literal(value.imag)])
            )
        if isinstance(value, tuple):
            return ast.Tuple([self.literal(v) for v in value], ast.Load())
        if isinstance(value, np.dtype) or (
            isinstance(value, type) and issubclass(value, np.generic)
        ):
            dtype = np.dtype(value)
            return name("bool" if dtype.kind == "b" else f"np.{dtype.name}")
        if isinstance(value, type) and value in (float, int, bool, complex):
            return name(value.__name__)
        if isinstance(value, np.generic):
            return call(name(f"np.{value.dtype.name}"), [self.literal(value.item())])
        if isinstance(value, np.ndarray):
            listed = value.tolist()
            return call(name("np.array"), [_nested(self, listed)])
        return self.constant(value)

    def index(self, tree: Tree) -> ast.expr:
        """An index, slices allowed at its top level."""
        return self.tree(tree)

    def index_value(self, tree: Tree) -> ast.expr:
        """An index as an argument of a call: slices spelled out."""
        if isinstance(tree, tuple):
            return ast.Tuple([self.index_value(t) for t in tree], ast.Load())
        if isinstance(tree, SliceTree):
            return call(name("slice"), [self.tree(t) for t in (tree.start, tree.stop, tree.step)])
        return self.tree(tree)

    def place(self, base: ast.expr, where: Tree) -> ast.expr:
        """The expression of a place to write, behind views where there are some."""
        if isinstance(where, Lens):
            for step in where.steps:
                base = self._view(base, step.op, step.args, dict(step.kwargs))
            where = where.index
        if isinstance(where, Lit) and where.value is Ellipsis:
            return base
        return ast.Subscript(base, self.index(where), ast.Load())

    def _view(
        self, base: ast.expr, op: Any, args: Sequence[Tree], kwargs: dict[str, Tree]
    ) -> ast.expr:
        if op.name == "getitem":
            return ast.Subscript(base, self.index(args[0]), ast.Load())
        if op.name == "transpose" and not kwargs:
            return ast.Attribute(base, "T", ast.Load())
        if op.name == "einsum_view":
            return call(name("np.einsum"), [self.tree(args[0]), base])
        if op.spelling.startswith("@."):
            return ast.Attribute(base, op.spelling[2:], ast.Load())
        keywords = {k: self.tree(t) for k, t in kwargs.items()}
        return call(name(f"np.{op.name}"), [base, *map(self.tree, args)], **keywords)

    # -- operations

    def let(self, let: Let) -> ast.expr:
        op = let.op
        spelling = op.spelling
        if spelling.startswith("@."):
            return ast.Attribute(self.tree(let.args[0]), spelling[2:], ast.Load())
        if spelling.startswith("@") and spelling != "@":
            return SPECIAL[spelling](self, let)
        as_value = not spelling.startswith("@")
        args = [self.index_value(a) if as_value else self.tree(a) for a in let.args]
        if spelling in BINARY:
            return ast.BinOp(args[0], BINARY[spelling](), args[1])
        if spelling in COMPARE:
            return ast.Compare(args[0], [COMPARE[spelling]()], [args[1]])
        if spelling in UNARY:
            return ast.UnaryOp(UNARY[spelling](), args[0])
        kwargs = {k: self.tree(t) for k, t in let.kwargs}
        if op.name == "clip":
            return call(name("np.clip"), [*args, *kwargs.values()])
        if op.shape == "arange":
            args += [kwargs.pop(k) for k in ("stop", "step") if k in kwargs]
        if spelling.startswith("."):
            if isinstance(aval_of(let.args[0]), Array):
                method = ast.Attribute(args[0], spelling[1:], ast.Load())
                return call(method, args[1:], **kwargs)
            spelling = f"np{spelling}"
        if spelling.endswith("[]"):
            whole = call(name(spelling[:-2]), args[:-1], **kwargs)
            return ast.Subscript(whole, args[-1], ast.Load())
        if spelling.startswith("="):
            return call(self.constant(op.fn), args, **kwargs)
        return call(name(spelling), args, **kwargs)


def _nested(speller: Speller, value: Any) -> ast.expr:
    if isinstance(value, list):
        return ast.List([_nested(speller, v) for v in value], ast.Load())
    return speller.literal(value)


def _getitem(s: Speller, let: Let) -> ast.expr:
    return ast.Subscript(s.tree(let.args[0]), s.index(let.args[1]), ast.Load())


def _select(s: Speller, let: Let) -> ast.expr:
    cond, x, y = map(s.tree, let.args)
    return ast.IfExp(cond, x, y)


def _transpose(s: Speller, let: Let) -> ast.expr:
    base = s.tree(let.args[0])
    if let.kwargs:
        return call(
            ast.Attribute(base, "transpose", ast.Load()), [s.tree(dict(let.kwargs)["axes"])]
        )
    return ast.Attribute(base, "T", ast.Load())


def _shape(s: Speller, let: Let) -> ast.expr:
    return ast.Attribute(s.tree(let.args[0]), "shape", ast.Load())


def _dim(s: Speller, let: Let) -> ast.expr:
    axis = let.args[1]
    if isinstance(axis, Lit) and axis.value == 0:
        return call(name("len"), [s.tree(let.args[0])])
    return ast.Subscript(_shape(s, let), s.tree(axis), ast.Load())


def _spread(s: Speller, let: Let) -> ast.expr:
    array, count = map(s.tree, let.args)
    lengths = ast.Starred(ast.Attribute(array, "shape", ast.Load()), ast.Load())
    return call(name("np.broadcast_to"), [array, ast.Tuple([count, lengths], ast.Load())])


def _size(s: Speller, let: Let) -> ast.expr:
    return ast.Attribute(s.tree(let.args[0]), "size", ast.Load())


def _item(s: Speller, let: Let) -> ast.expr:
    return call(ast.Attribute(s.tree(let.args[0]), "item", ast.Load()), [])


def _bool(op: type[ast.boolop]) -> Callable[[Speller, Let], ast.expr]:
    def spell(s: Speller, let: Let) -> ast.expr:
        return ast.BoolOp(op(), [s.tree(a) for a in let.args])

    return spell


def _draw(s: Speller, let: Let) -> ast.expr:
    owner = let.args[0]
    legacy = isinstance(owner, Lit) and owner.value is np.random.mtrand._rand
    generator = name("np.random") if legacy else s.tree(owner)
    method = ast.Attribute(generator, let.op.name.removeprefix("draw_"), ast.Load())
    kwargs = {k.rstrip("_"): s.tree(t) for k, t in let.kwargs}
    return call(method, [s.tree(a) for a in let.args[1:]], **kwargs)


def _call(s: Speller, let: Let) -> ast.expr:
    function, *args = map(s.tree, let.args)
    return call(function, args, **{k: s.tree(t) for k, t in let.kwargs})


def _format(s: Speller, let: Let) -> ast.expr:
    template, *parts = map(s.tree, let.args)
    return call(ast.Attribute(template, "format", ast.Load()), parts)


def _transposed(s: Speller, let: Let) -> ast.expr:
    matrix, x = map(s.tree, let.args)
    return ast.BinOp(ast.Attribute(matrix, "T", ast.Load()), ast.MatMult(), x)


def _list(s: Speller, let: Let) -> ast.expr:
    return ast.List([s.tree(a) for a in let.args], ast.Load())


def _dict(s: Speller, let: Let) -> ast.expr:
    keys, *values = let.args
    assert isinstance(keys, Lit)
    return ast.Dict([s.literal(k) for k in keys.value], [s.tree(v) for v in values])


def _object(s: Speller, let: Let) -> ast.expr:
    cls, names, *values = let.args
    assert isinstance(names, Lit)
    named = {k: s.tree(v) for k, v in zip(names.value, values, strict=True)}
    return call(name("rebuilt"), [s.tree(cls)], **named)


def _method(method: str) -> Callable[[Speller, Let], ast.expr]:
    def spell(s: Speller, let: Let) -> ast.expr:
        owner, *args = map(s.tree, let.args)
        return call(ast.Attribute(owner, method, ast.Load()), args)

    return spell


def _snapshots(s: Speller, let: Let) -> ast.expr:
    slots, *bounds = let.args
    args = [s.tree(slots)]
    if bounds:
        start, stop, step = bounds
        numbers = [getattr(b, "value", None) for b in (start, step)]
        plain = numbers == [0, 1]
        counted = call(name("range"), [*map(s.tree, bounds)])
        args.append(s.tree(stop) if plain else call(name("len"), [counted]))
    return call(name("Snapshots"), args)


def _einsum(s: Speller, let: Let) -> ast.expr:
    subscripts, x, others = let.args
    assert isinstance(others, tuple)
    kwargs = {k: s.tree(t) for k, t in let.kwargs}
    return call(name("np.einsum"), [*map(s.tree, (subscripts, x, *others))], **kwargs)


SPECIAL: dict[str, Callable[[Speller, Let], ast.expr]] = {
    "@list": _list,
    "@transposed": _transposed,
    "@dict": _dict,
    "@object": _object,
    "@getitem": _getitem,
    "@select": _select,
    "@transpose": _transpose,
    "@shape": _shape,
    "@dim": _dim,
    "@pack": lambda s, let: s.tree(let.args[0]),
    "@size": _size,
    "@spread": _spread,
    "@item": _item,
    "@einsum": _einsum,
    "@einsum_view": lambda s, let: call(name("np.einsum"), [*map(s.tree, let.args[::-1])]),
    "@call": _call,
    "@copied": lambda s, let: call(ast.Attribute(s.tree(let.args[0]), "copy", ast.Load()), []),
    "@constant": lambda s, let: s.tree(let.args[0]),
    "@draw": _draw,
    "@and": _bool(ast.And),
    "@or": _bool(ast.Or),
    "@format": _format,
    "@snapshots": _snapshots,
    **{f"@{m}": _method(m) for m in "offer rewind replay restore record recorded".split()},
}
