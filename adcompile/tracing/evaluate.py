"""The value of one operation on concrete operands."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adcompile.ir.nodes import Lens, Lit, SliceTree, Tree, Var
from adcompile.ir.primitives import Primitive
from adcompile.runtime import helpers

Read = Callable[[Var], Any]
ARITHMETIC = (ZeroDivisionError, OverflowError, ValueError)


def tree_value(tree: Tree, read: Read) -> Any:
    """The concrete value of an operand."""
    if isinstance(tree, Var):
        return read(tree)
    if isinstance(tree, Lit):
        return tree.value
    if isinstance(tree, SliceTree):
        return slice(*(tree_value(t, read) for t in (tree.start, tree.stop, tree.step)))
    if isinstance(tree, Lens):
        return tree
    return tuple(tree_value(t, read) for t in tree)


def evaluate(op: Primitive, args: Sequence[Any], kwargs: Mapping[str, Any], read: Read) -> Any:
    """op(*args, **kwargs); a write gives a new array."""
    special = SPECIAL.get(op.name)
    if special is not None:
        return special(args, kwargs, read)
    return op.fn(*args, **kwargs)


def evaluate_as_numpy(
    op: Primitive, args: Sequence[Any], kwargs: Mapping[str, Any], read: Read
) -> Any:
    """The same with NumPy's arithmetic, which gives inf and nan where Python raises."""
    wide = [np.float64(a) if type(a) is float else a for a in args]
    fn = getattr(np, op.rule, op.fn) if op.shape == "python" else op.fn
    value = evaluate(op, wide, kwargs, read) if op.name in SPECIAL else fn(*wide, **kwargs)
    return float(value) if isinstance(value, np.float64) else value


def _place(base: Any, where: Any, read: Read) -> tuple[Any, Any]:
    """The array behind the views of an index, and the index into it."""
    if not isinstance(where, Lens):
        return base, where
    for step in where.steps:
        args = [tree_value(a, read) for a in step.args]
        kwargs = {k: tree_value(t, read) for k, t in step.kwargs}
        base = step.op.fn(base, *args, **kwargs)
    return base, tree_value(where.index, read)


def _setitem(args: Sequence[Any], kwargs: Mapping[str, Any], read: Read) -> Any:
    out = np.array(args[0], order="K")
    place, index = _place(out, args[1], read)
    place[index] = args[2]
    return out


def _scatter_add(args: Sequence[Any], kwargs: Mapping[str, Any], read: Read) -> Any:
    out = np.array(args[0], order="K")
    place, index = _place(out, args[1], read)
    np.add.at(place, index, args[2])
    return out


def _clip(args: Sequence[Any], kwargs: Mapping[str, Any], read: Read) -> Any:
    return np.clip(args[0], kwargs.get("lo"), kwargs.get("hi"))


def _arange(args: Sequence[Any], kwargs: Mapping[str, Any], read: Read) -> Any:
    rest = dict(kwargs)
    bounds = [rest.pop(k) for k in ("stop", "step") if k in rest]
    return np.arange(*args, *bounds, **rest)


SPECIAL: dict[str, Callable[[Sequence[Any], Mapping[str, Any], Read], Any]] = {
    "setitem": _setitem,
    "scatter_add": _scatter_add,
    "clip": _clip,
    "arange": _arange,
    "getitem": lambda args, kwargs, read: operator.getitem(*args),
    "unbroadcast": lambda args, kwargs, read: helpers.unbroadcast(*args),
    "copied": lambda args, kwargs, read: helpers.copied(*args),
    "winners": lambda args, kwargs, read: helpers.winners(*args),
    "with_room": lambda args, kwargs, read: helpers.with_room(*args, **kwargs),
}
