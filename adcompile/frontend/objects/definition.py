"""Class statements inside the function, and super()."""

from __future__ import annotations

import abc
import ast
import dataclasses
from dataclasses import replace
from typing import Any, Generic, Protocol

from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context, Frame
from adcompile.frontend.objects.classes import find
from adcompile.frontend.values import ClassVal, DescriptorVal, FuncVal, PyVal, State, SuperVal
from adcompile.ir.nodes import UNDEFINED, Lit

_OUTSIDE = "Define the class outside of the function."


def define_class(cx: Context, node: ast.ClassDef) -> ClassVal:
    """A class statement inside the function: its methods see the names around it."""
    if node.keywords:
        raise cx.refuse("a class with a metaclass or class arguments is not supported", _OUTSIDE)
    bases: list[Any] = []
    for b in node.bases:
        value = cx.hooks["expr"](cx, b)
        if isinstance(value, ClassVal):
            bases.append(value)
        elif isinstance(value, Lit) and isinstance(value.value, type):
            _may_be_subclassed(cx, value.value)
            bases.append(value.value)
        else:
            raise cx.refuse("a base class must be a class")
    dataclass = False
    for d in node.decorator_list:
        target = d.func if isinstance(d, ast.Call) else d
        value = cx.hooks["expr"](cx, target)
        if not (isinstance(value, Lit) and value.value is dataclasses.dataclass):
            raise cx.refuse("a class decorator other than dataclass is not supported", _OUTSIDE)
        dataclass = True
    outer = cx.state
    names = dict(outer.env)
    cx.state = State(names, outer.store)
    before = set(names)
    try:
        body = [
            s
            for s in node.body
            if not isinstance(s, ast.Pass)
            and not (isinstance(s, ast.AnnAssign) and s.value is None)
        ]
        cx.hooks["stmts"](cx, body)
        env, store = cx.state.env, cx.state.store
    finally:
        cx.state = State(outer.env, cx.state.store)
    cx.state.store = store
    attributes = {
        k: v
        for k, v in env.items()
        if not k.startswith("%") and (k not in before or v is not outer.env.get(k))
    }
    annotated = [
        s.target.id
        for s in node.body
        if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
    ]
    if dataclass:
        attributes["%dataclass"] = Lit(True)
        attributes["%fields"] = Lit(tuple(annotated))
    made = ClassVal(node.name, tuple(bases), attributes, cx.frames[-1])
    for k, v in attributes.items():
        attributes[k] = _at_home(v, made)
    return made


def _may_be_subclassed(cx: Context, base: type) -> None:
    """Refuse a base class that runs code of its own when a subclass is made."""
    if type(base).__new__ not in (type.__new__, abc.ABCMeta.__new__):
        what = "has a metaclass"
    elif find(base, "__init_subclass__")[0] not in (object, Generic, Protocol, abc.ABC):
        what = "defines __init_subclass__"
    else:
        return
    raise cx.refuse(
        f"{base.__name__} {what}, which is not supported for a class inside the function", _OUTSIDE
    )


def _at_home(value: PyVal, home: ClassVal) -> PyVal:
    """A method that knows its class, for super()."""
    if isinstance(value, FuncVal):
        return replace(value, home=home)
    if isinstance(value, DescriptorVal):
        return replace(value, fn=_at_home(value.fn, home))
    return value


def super_value(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """super() in a method, or super(Class, self)."""
    if args:
        first, owner = args
        after = first.value if isinstance(first, Lit) else first
        return SuperVal(after, owner)
    frame: Frame = cx.frames[-1]
    given = frame.source.node.args
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    owner = cx.state.env[names[0]] if names else UNDEFINED
    home = frame.home
    if home is None:
        fn = frame.source.fn
        free = fn.__code__.co_freevars
        if "__class__" not in free or fn.__closure__ is None or owner is UNDEFINED:
            raise cx.refuse("super() is only known in a method")
        home = fn.__closure__[free.index("__class__")].cell_contents
    return SuperVal(home, owner)


SPECIAL[super] = super_value
