"""Making objects: __init__, dataclasses, named tuples."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Any

from adcompile.frontend import contents
from adcompile.frontend.calls import dispatch, inlining
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs
from adcompile.frontend.context import Context
from adcompile.frontend.objects.classes import MISSING, bases_of, find, name_of
from adcompile.frontend.objects.members import all_attributes, put_attribute
from adcompile.frontend.structure import is_named_tuple, is_object
from adcompile.frontend.values import ClassVal, Container, FuncVal, ObjectRef, PyVal, TupleVal
from adcompile.ir.nodes import Lit

_OUTSIDE = "Make the object outside of the function, or use a plain class."


def construct(cx: Context, cls: Any, args: Args, kwargs: Kwargs) -> PyVal | None:
    """cls(*args, **kwargs); None if the class is none that is known here."""
    if isinstance(cls, type) and is_named_tuple(cls):
        return _named_tuple(cx, cls, args, kwargs)
    if isinstance(cls, type) and not _is_user_class(cls):
        return None
    meta = type(cls)
    if isinstance(cls, type) and meta.__call__ is not type.__call__:
        raise cx.refuse(f"{name_of(cls)} has a metaclass, which is not supported", _OUTSIDE)
    home, _ = find(cls, "__new__")
    if home is not None and home is not object and cls is not types.SimpleNamespace:
        raise cx.refuse(f"{name_of(cls)} defines __new__, which is not supported", _OUTSIDE)
    if cls is types.SimpleNamespace and not args:
        return contents.new_object(cx, cls, kwargs)
    obj = Container(cls, cx.origin.span)
    ref = ObjectRef(obj)
    cx.state.store[obj] = {}
    home, init = find(cls, "__init__")
    if isinstance(cls, type) and home is not object and _generated_init(home):
        _dataclass_init(cx, cls, ref, args, kwargs)
    elif isinstance(cls, ClassVal) and cls.attributes.get("%dataclass"):
        _local_dataclass_init(cx, cls, ref, args, kwargs)
    elif init is not MISSING and home is not object:
        function = init if isinstance(init, FuncVal) else Lit(init)
        dispatch.call(cx, function, [ref, *args], kwargs)
    elif args or kwargs:
        raise cx.refuse(f"{name_of(cls)}() takes no arguments")
    return ref


def _is_user_class(cls: type) -> bool:
    if cls is types.SimpleNamespace:
        return True
    try:
        return is_object(object.__new__(cls))
    except TypeError:
        return False


def _generated_init(cls: Any) -> bool:
    """Whether the __init__ of a class was made by dataclass."""
    return (
        isinstance(cls, type)
        and "__dataclass_fields__" in vars(cls)
        and (vars(cls)["__init__"].__code__.co_filename.startswith("<"))
    )


def _named_tuple(cx: Context, cls: type, args: Args, kwargs: Kwargs) -> TupleVal:
    fields = cls._fields  # type: ignore[attr-defined]
    defaults = cls._field_defaults  # type: ignore[attr-defined]
    given = dict(zip(fields, args, strict=False))
    extra = [k for k in kwargs if k not in fields or k in given]
    if len(args) > len(fields) or extra:
        raise cx.refuse(f"{name_of(cls)} takes the arguments: {', '.join(fields)}")
    given.update(kwargs)
    items = []
    for name in fields:
        if name not in given and name not in defaults:
            raise cx.refuse(f"{name_of(cls)} needs the argument {name!r}")
        items.append(given[name] if name in given else inlining.constant(cx, defaults[name], name))
    return TupleVal(tuple(items), cls)


def _dataclass_init(cx: Context, cls: type, ref: ObjectRef, args: Args, kwargs: Kwargs) -> None:
    """What the __init__ of a dataclass does: bind the fields, then __post_init__."""
    fields = vars(cls).get("__dataclass_fields__") or cls.__dataclass_fields__  # type: ignore[attr-defined]
    init_vars = [n for n, f in fields.items() if _is_init_var(f)]
    wanted = [
        f
        for f in fields.values()
        if f.init and f._field_type is not dataclasses._FIELD_CLASSVAR  # type: ignore[attr-defined]
    ]
    positional = [f.name for f in wanted if not f.kw_only]
    given = bind_fields(cx, name_of(cls), positional, [f.name for f in wanted], args, kwargs)
    post: list[PyVal] = []
    for field in fields.values():
        if field._field_type is dataclasses._FIELD_CLASSVAR:  # type: ignore[attr-defined]
            continue
        if field.init and field.name in given:
            value = given[field.name]
        elif field.default is not dataclasses.MISSING:
            value = inlining.constant(cx, field.default, field.name)
        elif field.default_factory is not dataclasses.MISSING:
            value = dispatch.call(cx, Lit(field.default_factory), [], {})
        elif field.init:
            raise cx.refuse(f"{name_of(cls)} needs the argument {field.name!r}")
        else:
            continue
        if field.name in init_vars:
            post.append(value)
        else:
            put_attribute(cx, ref, field.name, value)
    _, after = find(cls, "__post_init__")
    if after is not MISSING:
        dispatch.call(cx, Lit(after), [ref, *post], {})


def _is_init_var(field: Any) -> bool:
    return field._field_type is dataclasses._FIELD_INITVAR  # type: ignore[attr-defined]


def bind_fields(
    cx: Context,
    name: str,
    positional: Sequence[str],
    every: Sequence[str],
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
) -> dict[str, PyVal]:
    given = dict(zip(positional, args, strict=False))
    wrong = [k for k in kwargs if k in given or k not in every]
    if len(args) > len(positional) or wrong:
        raise cx.refuse(f"{name} takes the arguments: {', '.join(every)}")
    return {**given, **kwargs}


def _local_dataclass_init(
    cx: Context, cls: ClassVal, ref: ObjectRef, args: Args, kwargs: Kwargs
) -> None:
    """The fields of a dataclass that is defined inside the function: its annotations."""
    names: list[str] = []
    for c in reversed(bases_of(cls)):
        if isinstance(c, ClassVal):
            fields = c.attributes.get("%fields")
            if isinstance(fields, Lit):
                names += [n for n in fields.value if n not in names]
    given = bind_fields(cx, cls.name, names, names, args, kwargs)
    for name in names:
        _, default = find(cls, name)
        if name not in given and default is MISSING:
            raise cx.refuse(f"{cls.name} needs the argument {name!r}")
        put_attribute(cx, ref, name, given.get(name, default))
    _, after = find(cls, "__post_init__")
    if after is not MISSING:
        dispatch.call(cx, after, [ref], {})


def replaced(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """dataclasses.replace(obj, **changes)."""
    (ref,) = args
    if not isinstance(ref, ObjectRef):
        raise cx.refuse("dataclasses.replace needs a dataclass instance")
    cls = ref.obj.kind
    names = (
        [f.name for f in dataclasses.fields(cls) if f.init]
        if isinstance(cls, type)
        else list(all_attributes(cx, ref))
    )
    now = all_attributes(cx, ref)
    made = construct(cx, cls, [], {n: kwargs.get(n, now[n]) for n in names})
    assert made is not None
    return made


SPECIAL[dataclasses.replace] = replaced
