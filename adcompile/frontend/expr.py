"""Lowering of expressions: one function an AST node, in a table."""

from __future__ import annotations

import ast
import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.frontend import (
    attributes,
    containers,
    contents,
    emit,
    generators,
    indexing,
    runs,
    static,
    wording,
)
from adcompile.frontend.builtins import text
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Bottom, Context
from adcompile.frontend.join import join_states
from adcompile.frontend.names import load_name
from adcompile.frontend.objects import operators
from adcompile.frontend.scopes import Comprehension
from adcompile.frontend.values import (
    ArrayRef,
    Conflict,
    ContainerRef,
    FuncVal,
    GenVal,
    ObjectRef,
    PyVal,
    SliceVal,
    TupleVal,
    literal,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Block, If, Lit, Var, new_key

BINARY: dict[type[ast.operator], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("subtract", operator.sub),
    ast.Mult: ("multiply", operator.mul),
    ast.Div: ("divide", operator.truediv),
    ast.FloorDiv: ("floor_divide", operator.floordiv),
    ast.Mod: ("remainder", operator.mod),
    ast.Pow: ("power", operator.pow),
    ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("bitwise_and", operator.and_),
    ast.BitOr: ("bitwise_or", operator.or_),
    ast.BitXor: ("bitwise_xor", operator.xor),
    ast.LShift: ("left_shift", operator.lshift),
    ast.RShift: ("right_shift", operator.rshift),
}
COMPARE: dict[type[ast.cmpop], tuple[str, Callable[..., Any]]] = {
    ast.Lt: ("less", operator.lt),
    ast.LtE: ("less_equal", operator.le),
    ast.Gt: ("greater", operator.gt),
    ast.GtE: ("greater_equal", operator.ge),
    ast.Eq: ("equal", operator.eq),
    ast.NotEq: ("not_equal", operator.ne),
}
UNARY: dict[type[ast.unaryop], tuple[str, Callable[..., Any]]] = {
    ast.USub: ("negative", operator.neg),
    ast.UAdd: ("positive", operator.pos),
    ast.Invert: ("invert", operator.invert),
}


UNARY_METHODS = {"negative": "__neg__", "positive": "__pos__", "invert": "__invert__"}


def lower_expr(cx: Context, node: ast.expr) -> PyVal:
    """The abstract value of an expression; its statements go to the current block."""
    handler = EXPRESSIONS.get(type(node))
    if handler is None:
        raise cx.refuse(
            f"{_describe(node)} is not supported in a differentiated function",
            span=cx.span(node),
        )
    return handler(cx, node)


def _describe(node: ast.AST) -> str:
    return f"'{type(node).__name__}'"


def _constant(cx: Context, node: ast.Constant) -> PyVal:
    return Lit(node.value)


def _name(cx: Context, node: ast.Name) -> PyVal:
    return load_name(cx, node.id, node)


def _binop(cx: Context, node: ast.BinOp) -> PyVal:
    left = lower_expr(cx, node.left)
    cx.pending.append(left)
    right = lower_expr(cx, node.right)
    cx.pending.pop()
    with cx.at(node):
        return binary(cx, node.op, left, right)


def binary(cx: Context, op: ast.operator, left: PyVal, right: PyVal) -> PyVal:
    """left op right."""
    if type(op) not in BINARY:
        raise cx.refuse(f"the operator {_describe(op)} is not supported")
    name, fn = BINARY[type(op)]
    foreign = _by_library(cx, fn.__name__, left, right)
    if foreign is not None:
        return foreign
    try:
        a, b = literal(left), literal(right)
    except KeyError:
        pass
    else:
        if not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray):
            try:
                value = fn(a, b)
            except (ArithmeticError, TypeError, ValueError):
                value = None
            if value is not None and not isinstance(value, (tuple, complex)):
                return Lit(value)
    own = operators.binary(cx, name, left, right)
    if own is not None:
        return own
    sequence = _sequence_op(cx, name, left, right)
    if sequence is not None:
        return sequence
    return emit.primitive(cx, cx.prim(name), [_operand(cx, left), _operand(cx, right)])


def _by_library(cx: Context, name: str, *operands: PyVal) -> PyVal | None:
    """An operator of a constant object of another library, such as a sparse matrix."""
    for prefix, owner in zip(("__", "__r"), operands, strict=False):
        if not isinstance(owner, Lit) or isinstance(owner.value, (int, float, complex, str)):
            continue
        fn = getattr(type(owner.value), f"{prefix}{name}__", None)
        cx.registry.meet(fn)
        lower = SPECIAL.get(fn)
        if lower is not None:
            return lower(cx, [owner, *(v for v in operands if v is not owner)], {})
    return None


def _operand(cx: Context, value: PyVal) -> PyVal:
    """A list or tuple meets an array: NumPy makes an array of it."""
    return emit.call(cx, "array", value) if isinstance(value, (TupleVal, ContainerRef)) else value


def _sequence_op(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """Concatenation and repetition of lists and tuples."""
    pairs = [(left, right), (right, left)]
    if name == "add":
        if any(v in cx.texts for v in pairs[0] if isinstance(v, Var)):
            return text.format_string(cx, "{}{}", pairs[0])
        if isinstance(left, TupleVal) and isinstance(right, TupleVal):
            return TupleVal(left.items + right.items)
        if _is_list(left) and _is_list(right):
            a, b = static.items(cx, left), static.items(cx, right)
            if a is None or b is None:
                raise cx.refuse("lists that grew in a loop cannot be added", "Use extend.")
            return contents.new_list(cx, (*a, *b))
    if name == "bitwise_or" and _is_dict(left) and _is_dict(right):
        return contents.new_dict(cx, {**cx.state.store[left.obj], **cx.state.store[right.obj]})  # type: ignore[union-attr]
    if _is_set(left) and _is_set(right):
        return containers.set_operation(cx, name, left, right)  # type: ignore[arg-type]
    if name == "multiply":
        for seq, times in pairs:
            number = isinstance(times, Lit) or (
                isinstance(times, Var) and getattr(times.aval, "extent", None) is not None
            )
            if isinstance(seq, (TupleVal, ContainerRef)) and number:
                n = static.value(cx, times, "the length of a repeated list")
                parts = static.items(cx, seq)
                if parts is None:
                    raise cx.refuse("a list that grew in a loop cannot be repeated", "np.tile(...)")
                items = parts * n
                return (
                    TupleVal(items) if isinstance(seq, TupleVal) else contents.new_list(cx, items)
                )
    return None


def _is_list(value: PyVal) -> bool:
    return isinstance(value, ContainerRef) and value.obj.kind is list


def _is_dict(value: PyVal) -> bool:
    return isinstance(value, ContainerRef) and value.obj.kind is dict


def _is_set(value: PyVal) -> bool:
    return isinstance(value, ContainerRef) and value.obj.kind is set


def _unary(cx: Context, node: ast.UnaryOp) -> PyVal:
    value = lower_expr(cx, node.operand)
    with cx.at(node):
        if isinstance(node.op, ast.Not):
            return negate(cx, truth(cx, value))
        name, fn = UNARY[type(node.op)]
        foreign = _by_library(cx, UNARY_METHODS[name].strip("_"), value)
        if foreign is not None:
            return foreign
        own = operators.special(cx, value, UNARY_METHODS[name])
        if own is not None:
            return own
        if isinstance(value, Lit) and isinstance(value.value, (int, float, complex)):
            return Lit(fn(value.value))
        return emit.primitive(cx, cx.prim(name), [_operand(cx, value)])


def negate(cx: Context, value: PyVal) -> PyVal:
    if isinstance(value, Lit):
        return Lit(not value.value)
    return emit.call(cx, "not", value)


def truth(cx: Context, value: PyVal) -> PyVal:
    """bool(value): a literal where it is known, else a bool-valued atom."""
    if isinstance(value, Lit):
        return Lit(bool(value.value))
    if isinstance(value, (TupleVal, ContainerRef)):
        run = runs.run_of(cx, value)
        if run is not None:
            return truth(cx, emit.call(cx, "greater", run.count, Lit(0)))
        items = static.items(cx, value)
        return Lit(bool(items))
    if isinstance(value, (Var, ArrayRef)):
        aval = cx.aval(value)
        if isinstance(aval, Scalar) and aval.dtype.kind == "b":
            return value
        if isinstance(aval, Array) and all(d == 1 for d in aval.shape):
            return emit.call(cx, "bool", value)
        if isinstance(aval, Array):
            raise cx.refuse("the truth value of an array is ambiguous", "Use .any() or .all().")
        return emit.call(cx, "bool", value)
    if isinstance(value, Conflict) and value.chosen is not None:
        first, second = value.first, value.second
        return choose(cx, value.chosen, lambda: truth(cx, first), lambda: truth(cx, second))
    if isinstance(value, Conflict):
        raise wording.unusable(cx, value)
    for method in ("__bool__", "__len__"):
        own = operators.special(cx, value, method)
        if own is not None:
            return truth(cx, own)
    return Lit(True)


def _compare(cx: Context, node: ast.Compare) -> PyVal:
    left = lower_expr(cx, node.left)
    parts = list(zip(node.ops, node.comparators, strict=True))
    return _chain(cx, node, left, parts)


def _chain(
    cx: Context, node: ast.Compare, left: PyVal, parts: list[tuple[ast.cmpop, ast.expr]]
) -> PyVal:
    """a < b < c evaluates b once and stops at the first false."""
    op, right_node = parts[0]
    cx.pending.append(left)
    right = lower_expr(cx, right_node)
    cx.pending.pop()
    with cx.at(node):
        first = compare(cx, op, left, right)
        if len(parts) == 1:
            return first
        return choose(
            cx, truth(cx, first), lambda: _chain(cx, node, right, parts[1:]), lambda: Lit(False)
        )


def compare(cx: Context, op: ast.cmpop, left: PyVal, right: PyVal) -> PyVal:
    if isinstance(op, (ast.Is, ast.IsNot)):
        same = _is_same(cx, left, right)
        return Lit(same if isinstance(op, ast.Is) else not same)
    if isinstance(op, (ast.In, ast.NotIn)):
        own = operators.special(cx, right, "__contains__", left)
        if own is not None:
            return truth(cx, own) if isinstance(op, ast.In) else negate(cx, truth(cx, own))
        if (
            isinstance(left, Lit)
            and isinstance(right, Lit)
            and isinstance(right.value, (str, range))
        ):
            inside = left.value in right.value
            return Lit(inside if isinstance(op, ast.In) else not inside)
        if isinstance(right, ArrayRef):
            any_equal = emit.call(
                cx, "bool", emit.call(cx, "any", emit.call(cx, "equal", right, left))
            )
            return any_equal if isinstance(op, ast.In) else negate(cx, any_equal)
        is_set = isinstance(right, ContainerRef) and right.obj.kind is set
        held = static.items(cx, right) if is_set else cx.hooks["static_items"](cx, right)
        if held is None:
            raise cx.refuse("'in' needs a tuple, list or dict whose items are known")
        found: PyVal = Lit(False)
        for item in held:
            hit = truth(cx, compare(cx, ast.Eq(), left, item))
            if isinstance(hit, Lit) and hit.value:
                found = Lit(True)
                break
            if not isinstance(hit, Lit):
                found = hit if isinstance(found, Lit) else emit.call(cx, "or", found, hit)
        return found if isinstance(op, ast.In) else negate(cx, found)
    if isinstance(left, Conflict) and left.chosen is not None:
        one, two = left.first, left.second
        return choose(
            cx,
            left.chosen,
            lambda: compare(cx, op, one, right),
            lambda: compare(cx, op, two, right),
        )
    if isinstance(right, Conflict) and right.chosen is not None:
        one, two = right.first, right.second
        return choose(
            cx, right.chosen, lambda: compare(cx, op, left, one), lambda: compare(cx, op, left, two)
        )
    name, fn = COMPARE[type(op)]
    own = operators.binary(cx, name, left, right)
    if own is not None:
        return own
    if _is_set(left) and _is_set(right):
        sides = [
            {v.value for v in static.items(cx, s) or () if isinstance(v, Lit)}
            for s in (left, right)
        ]
        return Lit(fn(*sides))
    try:
        a, b = literal(left), literal(right)
    except KeyError:
        pass
    else:
        value = fn(a, b)
        if isinstance(value, (bool, np.bool_)):
            return Lit(bool(value))
    verdict = _compare_sequences(cx, op, left, right)
    if verdict is not None:
        return verdict
    if cx.frames and cx.frames[-1].source.node in cx.demands.recursive:
        lengths = [_entry_length(cx, v) for v in (left, right)]
        if all(n is not None for n in lengths):
            return Lit(fn(*lengths))
    statics = (isinstance(left, Lit) and not avals.is_numeric(cx.aval(left))) or (
        isinstance(right, Lit) and not avals.is_numeric(cx.aval(right))
    )
    if statics and name in ("equal", "not_equal"):
        return Lit(name == "not_equal")
    return emit.primitive(cx, cx.prim(name), [_operand(cx, left), _operand(cx, right)])


def _compare_sequences(cx: Context, op: ast.cmpop, left: PyVal, right: PyVal) -> PyVal | None:
    """Two tuples or two lists, by their first items that differ; None for anything else."""
    first, second = _sequence(cx, left), _sequence(cx, right)
    if first is None or second is None:
        return None
    (kind, a), (other, b) = first, second
    if isinstance(op, (ast.Eq, ast.NotEq)):
        found: PyVal = Lit(kind is other and len(a) == len(b))
        for one, two in zip(a, b, strict=False):
            if isinstance(found, Lit) and not found.value:
                break
            found = _and(cx, found, equal(cx, one, two))
        return found if isinstance(op, ast.Eq) else negate(cx, found)
    if kind is not other:
        raise cx.refuse(f"a {kind.__name__} and a {other.__name__} have no order")
    if not a or not b:
        return Lit(COMPARE[type(op)][1](len(a), len(b)))
    return choose(
        cx,
        equal(cx, a[0], b[0]),
        lambda: compare(cx, op, TupleVal(a[1:]), TupleVal(b[1:])),
        lambda: truth(cx, compare(cx, op, a[0], b[0])),
    )


def _sequence(cx: Context, value: PyVal) -> tuple[type, tuple[PyVal, ...]] | None:
    if isinstance(value, TupleVal):
        return tuple, value.items
    items = (
        static.items(cx, value)
        if isinstance(value, ContainerRef) and value.obj.kind is list
        else None
    )
    return None if items is None else (list, tuple(items))


def _and(cx: Context, left: PyVal, right: PyVal) -> PyVal:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Lit):
            return other if one.value else one
    return emit.call(cx, "and", left, right)


def equal(cx: Context, left: PyVal, right: PyVal) -> PyVal:
    """bool(left is right or left == right): how Python looks for a value in a container."""
    return truth(cx, compare(cx, ast.Eq(), left, right))


def _entry_length(cx: Context, value: PyVal) -> int | None:
    """The value of an integer that each call knows on entry; it then joins the signature."""
    extent = getattr(cx.aval(value), "extent", None)
    return None if extent is None else cx.facts.static(extent)


def _is_same(cx: Context, left: PyVal, right: PyVal) -> bool:
    """`is`, decided at compile time."""
    for value in (left, right):
        if isinstance(value, Conflict):
            raise wording.unusable(cx, value)
    if isinstance(left, Lit) and isinstance(right, Lit):
        return left.value is right.value or (
            left.value == right.value and isinstance(left.value, (bool, str, int))
        )
    if isinstance(left, ArrayRef) and isinstance(right, ArrayRef):
        if left.obj is right.obj and not left.path and not right.path:
            return True
        if right.obj in left.obj.maybe:
            raise cx.refuse("whether these are one array is not known at compile time")
        return False
    if isinstance(left, (ContainerRef, ObjectRef)) and isinstance(right, (ContainerRef, ObjectRef)):
        return left.obj is right.obj
    return left is right


def choose(
    cx: Context, cond: PyVal, then: Callable[[], PyVal], orelse: Callable[[], PyVal]
) -> PyVal:
    """then() if cond else orelse(): only one of them is evaluated."""
    if isinstance(cond, Lit):
        return then() if cond.value else orelse()
    assert isinstance(cond, Var)
    before = cx.state
    first, second = before.fork(), before.fork()
    slot = "%value"
    sides = []
    for state, side in ((first, then), (second, orelse)):
        with cx.block(state) as stmts:
            try:
                state.env[slot] = side()
            except Bottom:  # a path of a recursion that is left out for now
                state.env["%dead"] = Lit(True)
            sides.append(stmts)
    then_stmts, else_stmts = sides
    if all("%dead" in state.env for state in (first, second)):
        raise Bottom
    key = new_key()
    outs, then_results, else_results = join_states(
        cx, (first, then_stmts), (second, else_stmts), before
    )
    value = cx.state.env.pop(slot)
    cx.stmts.append(
        If(
            outs,
            cond,
            Block(tuple(then_stmts), then_results),
            Block(tuple(else_stmts), else_results),
            key,
            cx.origin,
        )
    )
    return value


def _boolop(cx: Context, node: ast.BoolOp) -> PyVal:
    with cx.at(node):
        return _bool_chain(cx, isinstance(node.op, ast.And), node.values)


def _bool_chain(cx: Context, conjunction: bool, nodes: list[ast.expr]) -> PyVal:
    value = lower_expr(cx, nodes[0])
    if len(nodes) == 1:
        return value
    cond = truth(cx, value)

    def rest() -> PyVal:
        return _bool_chain(cx, conjunction, nodes[1:])

    if conjunction:
        return choose(cx, cond, rest, lambda: value)
    return choose(cx, cond, lambda: value, rest)


def _ifexp(cx: Context, node: ast.IfExp) -> PyVal:
    with cx.at(node):
        cond = truth(cx, lower_expr(cx, node.test))
        return choose(
            cx, cond, lambda: lower_expr(cx, node.body), lambda: lower_expr(cx, node.orelse)
        )


def _tuple(cx: Context, node: ast.Tuple) -> PyVal:
    return TupleVal(tuple(_elements(cx, node.elts)))


def _list(cx: Context, node: ast.List) -> PyVal:
    return contents.new_list(cx, _elements(cx, node.elts))


def _elements(cx: Context, nodes: list[ast.expr]) -> list[PyVal]:
    result: list[PyVal] = []
    before = len(cx.pending)
    for n in nodes:
        cx.pending[before:] = result
        if isinstance(n, ast.Starred):
            value = lower_expr(cx, n.value)
            items = cx.hooks["static_items"](cx, value)
            if items is None and isinstance(value, ArrayRef):
                items = cx.hooks["entries"](cx, value)
            if items is None:
                raise cx.refuse(
                    "only a sequence of known length can be unpacked with *", span=cx.span(n)
                )
            result.extend(items)
        else:
            result.append(lower_expr(cx, n))
    del cx.pending[before:]
    return result


def _dict(cx: Context, node: ast.Dict) -> PyVal:
    items: dict[Any, PyVal] = {}
    for k, v in zip(node.keys, node.values, strict=True):
        if k is None:
            other = lower_expr(cx, v)
            if not isinstance(other, ContainerRef) or other.obj.kind is not dict:
                raise cx.refuse("** needs a dict", span=cx.span(v))
            items.update(cx.state.store[other.obj])
        else:
            key = static.value(cx, lower_expr(cx, k), "a dict key")
            items[key] = lower_expr(cx, v)
    return contents.new_dict(cx, items)


def _set(cx: Context, node: ast.Set) -> PyVal:
    return contents.new_set(cx, _elements(cx, node.elts))


def _generator(cx: Context, node: Comprehension) -> GenVal:
    return generators.comprehension(cx, node, lower_expr(cx, node.generators[0].iter))


def _comprehension(kind: str) -> Callable[[Context, Any], PyVal]:
    """A comprehension: a generator that a loop of the prelude collects."""

    def lower(cx: Context, node: Any) -> PyVal:
        with cx.at(node):
            return cx.hooks[kind](cx, _generator(cx, node))

    return lower


def _subscript(cx: Context, node: ast.Subscript) -> PyVal:
    owner = lower_expr(cx, node.value)
    index = lower_expr(cx, node.slice)
    with cx.at(node):
        return indexing.get(cx, owner, index)


def _slice(cx: Context, node: ast.Slice) -> PyVal:
    parts = [
        Lit(None) if n is None else lower_expr(cx, n) for n in (node.lower, node.upper, node.step)
    ]
    return SliceVal(*parts)


def _attribute(cx: Context, node: ast.Attribute) -> PyVal:
    owner = lower_expr(cx, node.value)
    with cx.at(node):
        hidden = _hidden_module(cx, node.value, owner)
        if hidden and not hasattr(owner.value, node.attr):  # type: ignore[union-attr]
            raise cx.refuse(f"{wording.describe(cx, owner)} has no attribute {node.attr!r}", hidden)
        return attributes.get(cx, owner, node.attr)


def _hidden_module(cx: Context, node: ast.expr, owner: PyVal) -> str:
    """Advice where a name for a module is bound anew inside the function."""
    if not isinstance(node, ast.Name) or not isinstance(owner, Lit):
        return ""
    outside = cx.frames[-1].source.fn.__globals__.get(node.id)
    if not isinstance(outside, types.ModuleType) or isinstance(owner.value, types.ModuleType):
        return ""
    what = wording.describe(cx, owner)
    return f"{node.id!r} is {what} here, no longer the module {outside.__name__}: rename one."


def _call(cx: Context, node: ast.Call) -> PyVal:
    fn = lower_expr(cx, node.func)
    cx.pending.append(fn)
    args = _elements(cx, node.args)
    kwargs: dict[str, PyVal] = {}
    cx.pending.extend(args)
    for keyword in node.keywords:
        value = lower_expr(cx, keyword.value)
        if keyword.arg is None:
            if not isinstance(value, ContainerRef) or value.obj.kind is not dict:
                raise cx.refuse("** needs a dict", span=cx.span(keyword.value))
            kwargs.update(cx.state.store[value.obj])
        else:
            kwargs[keyword.arg] = value
    del cx.pending[len(cx.pending) - len(args) - 1 :]
    with cx.at(node):
        return dispatch.call(cx, fn, args, kwargs)


def _lambda(cx: Context, node: ast.Lambda) -> PyVal:
    return function_value(cx, node)


def function_value(cx: Context, node: ast.FunctionDef | ast.Lambda) -> FuncVal:
    """A function defined here: it sees the names around it as they are when it is called."""
    defaults = tuple(lower_expr(cx, d) for d in node.args.defaults)
    kw = tuple(None if d is None else lower_expr(cx, d) for d in node.args.kw_defaults)
    return FuncVal(node, cx.frames[-1], defaults, kw)


def _joined(cx: Context, node: ast.JoinedStr) -> PyVal:
    template, parts = "", []
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            template += str(piece.value).replace("{", "{{").replace("}", "}}")
            continue
        assert isinstance(piece, ast.FormattedValue)
        spec = ""
        if piece.format_spec is not None:
            assert isinstance(piece.format_spec, ast.JoinedStr)
            for v in piece.format_spec.values:
                fixed = isinstance(v, ast.Constant)
                spec += str(v.value) if fixed else "{}"  # type: ignore[attr-defined]
            spec = f":{spec}"
        conversion = f"!{chr(piece.conversion)}" if piece.conversion > 0 else ""
        template += "{" + conversion + spec + "}"
        parts.append(lower_expr(cx, piece.value))
        if isinstance(piece.format_spec, ast.JoinedStr):
            computed = [v for v in piece.format_spec.values if isinstance(v, ast.FormattedValue)]
            parts += [lower_expr(cx, v.value) for v in computed]
    return text.format_string(cx, template, parts)


def _walrus(cx: Context, node: ast.NamedExpr) -> PyVal:
    value = lower_expr(cx, node.value)
    cx.hooks["assign"](cx, node.target, value)
    return value


EXPRESSIONS: dict[type[ast.expr], Callable[[Context, Any], PyVal]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binop,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolop,
    ast.IfExp: _ifexp,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Dict: _dict,
    ast.Set: _set,
    ast.ListComp: _comprehension("as_list"),
    ast.SetComp: _comprehension("as_set"),
    ast.DictComp: _comprehension("as_dict"),
    ast.GeneratorExp: _generator,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.JoinedStr: _joined,
    ast.NamedExpr: _walrus,
}
