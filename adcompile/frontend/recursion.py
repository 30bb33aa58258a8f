"""Recursion whose depth depends on data: calls that are kept, as one operation each.

A recursion that ends at a depth known from integers or lengths of the arguments is inlined.
Any other becomes a `recursive` operation: its derivative calls the derivative of the same
function, one pair (value with residuals, pullback) a level. The kind of its result is found
by lowering the body with an assumption about the inner calls, corrected until it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from adcompile.frontend import emit
from adcompile.frontend.context import Bottom, Context
from adcompile.frontend.derived import Shape, flat_function, kept_primitive
from adcompile.frontend.join import join_avals
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import ArrayObj, ArrayRef, ContainerRef, PyVal, TupleVal
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Opaque, Parts, Scalar
from adcompile.ir.nodes import Let, Tree, Var


def recursive_call(
    cx: Context, source: FunctionSource, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal:
    """A call of a function from inside itself, kept as a call."""
    node = source.node
    if node in cx.guesses:
        guess = cx.guesses[node]
        if guess is None:
            raise Bottom
        kind, shared = guess
        return _result(cx, cx.new_var(_unknown_lengths(kind)), args if shared else ())
    if kwargs:
        raise cx.refuse(
            f"{source.name} calls itself with keyword arguments to a depth that depends on data",
            "Pass the arguments by position.",
        )
    kind, shared = _result_kind(cx, source, args)
    taken = [_taken_apart(cx, source, a) for a in args]
    shapes = tuple(shape for shape, _ in taken)
    flat = source.fn if all(s is None for s in shapes) else flat_function(source.fn, shapes)
    prim = kept_primitive(flat)
    trees = tuple(t for _, leaves in taken for t in leaves)
    out = cx.new_var(_unknown_lengths(kind))
    cx.stmts.append(Let(out, prim, trees, (), cx.origin))
    return _result(cx, out, args if shared else ())


def _taken_apart(cx: Context, source: FunctionSource, value: PyVal) -> tuple[Shape, list[Tree]]:
    """An argument's numbers and arrays, and how it is made of them."""
    keys: tuple[Any, ...] = ()
    if isinstance(value, TupleVal):
        kind = value.kind.__name__
        items: Any = value.items
    elif isinstance(value, ContainerRef) and value.obj.kind in (list, dict):
        kind = value.obj.kind.__name__
        items = cx.state.store[value.obj]
        if isinstance(items, dict):
            keys, items = (tuple(items),), list(items.values())
    else:
        return None, [emit.tree(cx, value)]
    if kind not in ("tuple", "list", "dict") or not isinstance(items, (tuple, list)):
        raise cx.refuse(
            f"{source.name} passes itself a {kind} to a depth that depends on data",
            "Pass numbers, arrays, and tuples, lists or dicts of these.",
        )
    made = [_taken_apart(cx, source, v) for v in items]
    leaves = [leaf for _, found in made for leaf in found]
    return (kind, tuple(s for s, _ in made), *keys), leaves


def _result(cx: Context, out: Var, sharing: Sequence[PyVal]) -> PyVal:
    """The result as a value. `sharing`: arguments that it may share memory with."""
    result = emit.parts_of(cx, out) if isinstance(out.aval, Parts) else cx.wrap(out)
    for obj in _arrays(cx, result):
        for other in (o for a in sharing for o in _arrays(cx, a)):
            obj.link(other)
    return result


def _arrays(cx: Context, value: PyVal) -> list[ArrayObj]:
    """The arrays in a value."""
    if isinstance(value, ArrayRef):
        return [value.obj]
    items: Any = ()
    if isinstance(value, TupleVal):
        items = value.items
    elif isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        items = held.values() if isinstance(held, dict) else held
    return [obj for v in items for obj in _arrays(cx, v)] if isinstance(items, Iterable) else []


def _result_kind(cx: Context, source: FunctionSource, args: Sequence[PyVal]) -> tuple[Aval, bool]:
    """The least kind that the function's result can have, and whether it may share memory with
    an argument: a fixed point over its calls."""
    guess: Aval | None = None
    shared = False
    for _ in range(4):
        cx.guesses[source.node] = None if guess is None else (guess, shared)
        before = dict(cx.state.store)
        try:
            with cx.block(cx.state.fork()):
                value = cx.hooks["inline"](cx, source, args)
                found = _kind(cx, value)
                known = [*before, *(o for a in args for o in _arrays(cx, a))]
                results = _arrays(cx, value)
                sharing = any(obj is o or o in obj.maybe for obj in results for o in known)
                _check_writes(cx, source, before)
        except Bottom:
            raise cx.refuse(f"the recursion of {source.name} never ends") from None
        finally:
            del cx.guesses[source.node]
        if any(isinstance(k, Opaque) for k in _items(found)):
            raise cx.refuse(
                f"{source.name} calls itself to a depth that depends on data, and does not "
                "return a number, an array or a tuple of these",
                "Return numbers or arrays from it.",
            )
        joined = found if guess is None else _joined(cx, _plain(guess), _plain(found))
        if joined is None:
            raise cx.refuse(f"the kind of the result of {source.name} depends on its depth")
        if guess is not None and _same_kind(joined, guess) and sharing <= shared:
            return guess, shared
        guess, shared = _plain(joined), shared or sharing
    assert guess is not None
    return guess, shared


def _check_writes(cx: Context, source: FunctionSource, before: dict[Any, Any]) -> None:
    for obj, version in before.items():
        now = cx.state.store.get(obj)
        if now is not version and (isinstance(obj, ArrayObj) or now != version):
            raise cx.refuse(
                f"{source.name} writes its arguments and calls itself to a depth that depends "
                "on data",
                "Write to a copy inside it.",
            )


def _kind(cx: Context, value: PyVal) -> Aval:
    """The kind of a result: a number, an array, a tuple of these."""
    if isinstance(value, TupleVal) and value.kind is tuple:
        return Parts("tuple", tuple(cx.aval(v) for v in value.items))
    return cx.aval(value)


def _items(kind: Aval) -> tuple[Aval, ...]:
    return kind.items if isinstance(kind, Parts) else (kind,)


def _each(change: Callable[[Any], Any], kind: Aval) -> Any:
    if isinstance(kind, Parts):
        return replace(kind, items=tuple(map(change, kind.items)))
    return change(kind)


def _joined(cx: Context, a: Aval, b: Aval) -> Aval | None:
    if not isinstance(a, Parts) or not isinstance(b, Parts):
        return None if isinstance(a, Parts) or isinstance(b, Parts) else join_avals(cx, a, b)
    if len(a.items) != len(b.items):
        return None
    items = [_joined(cx, x, y) for x, y in zip(a.items, b.items, strict=True)]
    return None if None in items else Parts("tuple", tuple(items))  # type: ignore[arg-type]


def _same_kind(a: Aval, b: Aval) -> bool:
    if isinstance(a, Parts) and isinstance(b, Parts):
        return all(map(_same_kind, a.items, b.items))
    if isinstance(a, Array) and isinstance(b, Array):
        return a.dtype == b.dtype and a.ndim == b.ndim
    return a == b


def _plain(aval: Aval) -> Any:
    if isinstance(aval, Parts):
        return _each(_plain, aval)
    if isinstance(aval, Array):
        return Array(aval.dtype, tuple(dims.fresh() for _ in aval.shape))
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


def _unknown_lengths(aval: Aval) -> Any:
    """The kind with lengths that nothing is known of."""
    if isinstance(aval, Parts):
        return _each(_unknown_lengths, aval)
    if isinstance(aval, Array):
        return Array(aval.dtype, tuple(dims.fresh() for _ in avals.shape_of(aval)))
    return aval
