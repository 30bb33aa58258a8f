"""User objects: attributes by the rules of their class, methods, operators, construction.

An object is a container whose contents are its attributes. One from outside is opened attribute
by attribute, as the function reads them.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from adcompile.errors import ADCompileError, SourceUnavailable
from adcompile.frontend import contents, emit, static, wording
from adcompile.frontend.calls import dispatch, inlining
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context, Frame
from adcompile.frontend.names import outside_value
from adcompile.frontend.places import Place
from adcompile.frontend.structure import attributes_of, is_named_tuple, is_object
from adcompile.frontend.values import (
    ClassVal,
    Container,
    DescriptorVal,
    FuncVal,
    ObjectRef,
    PartialVal,
    PyVal,
    State,
    SuperVal,
    TupleVal,
)
from adcompile.ir.nodes import UNDEFINED, Lit

_MISSING = object()
_PLAIN_SETATTR = (object.__setattr__,)


# -- classes -----------------------------------------------------------------------------------


def bases_of(cls: Any) -> tuple[Any, ...]:
    """The classes in which an attribute is looked for, in order."""
    if not isinstance(cls, ClassVal):
        return tuple(cls.__mro__)
    found: list[Any] = [cls]
    for base in cls.bases:
        found += [b for b in bases_of(base) if b not in found]
    return tuple(found)


def find(cls: Any, name: str, after: Any = None) -> tuple[Any, Any]:
    """(class, attribute) of the first class that defines `name`; after: only classes behind it."""
    order = bases_of(cls)
    if after is not None:
        order = order[order.index(after) + 1 :]
    for c in order:
        held = c.attributes if isinstance(c, ClassVal) else vars(c)
        if name in held:
            return c, held[name]
    return None, _MISSING


def class_of(value: PyVal) -> Any:
    """The user's class of a value, None if it has none."""
    if isinstance(value, ObjectRef):
        return value.obj.kind
    if isinstance(value, TupleVal) and value.kind is not tuple:
        return value.kind
    return None


def name_of(cls: Any) -> str:
    return cls.name if isinstance(cls, ClassVal) else str(cls.__name__)


def class_value(cls: Any) -> PyVal:
    return cls if isinstance(cls, ClassVal) else Lit(cls)


def is_subclass(cls: Any, wanted: Any) -> bool:
    return wanted in bases_of(cls) or (
        isinstance(cls, type) and isinstance(wanted, type) and issubclass(cls, wanted)
    )


def bound(cx: Context, owner: Any, found: Any, self: PyVal, cls: Any, name: str) -> PyVal:
    """A class attribute as seen through an instance (or, self is None, through the class)."""
    kind = found.kind if isinstance(found, DescriptorVal) else type(found)
    inner = found.fn if isinstance(found, DescriptorVal) else None
    instance = not (isinstance(self, Lit) and self.value is None)
    if kind is staticmethod:
        return inner or Lit(found.__func__)
    if kind is classmethod:
        return PartialVal(inner or Lit(found.__func__), (class_value(cls),))
    if kind is property and instance:
        getter = inner or Lit(found.fget)
        return dispatch.call(cx, getter, [self], {})
    if isinstance(found, functools.cached_property) and instance:
        value = dispatch.call(cx, Lit(found.func), [self], {})
        set_attribute(cx, self, name, value)
        return value
    if isinstance(found, (types.FunctionType, FuncVal)) or hasattr(found, "__adcompile__"):
        function = found if isinstance(found, FuncVal) else Lit(found)
        return PartialVal(function, (self,)) if instance else function
    if isinstance(found, DescriptorVal):
        return found
    if not isinstance(owner, type):
        return cast("PyVal", found)
    if isinstance(found, functools.partialmethod):
        first = (self,) if instance else ()
        return PartialVal(
            Lit(found.func),
            (*first, *map(Lit, found.args)),
            tuple((k, Lit(v)) for k, v in found.keywords.items()),
        )
    if hasattr(type(found), "__get__") and not isinstance(found, type):
        if instance and hasattr(type(found), "__set__"):
            raise cx.refuse(
                f"{name!r} is a descriptor ({type(found).__name__}), which is not supported",
                "Use a property.",
            )
        return Lit(getattr(owner, name))
    return outside_value(cx, found, Place("constant", owner).attribute(name), name)


# -- attributes --------------------------------------------------------------------------------


def get_attribute(cx: Context, ref: PyVal, name: str) -> PyVal:
    """ref.name of an object, by Python's rules."""
    if isinstance(ref, SuperVal):
        return _through_super(cx, ref, name)
    assert isinstance(ref, ObjectRef)
    cls = ref.obj.kind
    if name == "__class__":
        return class_value(cls)
    if name == "__dict__":
        return contents.new_dict(cx, all_attributes(cx, ref))
    owner, found = find(cls, name)
    data = isinstance(found, property) or (
        isinstance(found, DescriptorVal) and found.kind is property
    )
    if data:
        return bound(cx, owner, found, ref, cls, name)
    value = instance_attribute(cx, ref, name)
    if value is not None:
        return value
    if found is not _MISSING and not isinstance(found, types.MemberDescriptorType):
        return bound(cx, owner, found, ref, cls, name)
    _, fallback = find(cls, "__getattr__")
    if fallback is not _MISSING:
        function = fallback if isinstance(fallback, FuncVal) else Lit(fallback)
        return dispatch.call(cx, function, [ref, Lit(name)], {})
    raise cx.refuse(f"{name_of(cls)!r} object has no attribute {name!r}")


def instance_attribute(cx: Context, ref: ObjectRef, name: str) -> PyVal | None:
    """An attribute of the object itself, None if it has none of this name."""
    held = cx.state.store.get(ref.obj, {})
    if name in held:
        value: PyVal = held[name]
        if value is UNDEFINED:
            raise cx.refuse(f"the attribute {name!r} is used before it is set")
        return value
    if ref.obj.place is None:
        return None
    now = attributes_of(ref.obj.value)
    if name not in now:
        return None
    return outside_value(cx, now[name], ref.obj.place.attribute(name), name)


def all_attributes(cx: Context, ref: ObjectRef) -> dict[str, PyVal]:
    """Every attribute of the object itself, in order."""
    held = cx.state.store.get(ref.obj, {})
    names = dict.fromkeys(held)
    if ref.obj.place is not None:
        names = {**dict.fromkeys(attributes_of(ref.obj.value)), **names}
    found = {n: instance_attribute(cx, ref, n) for n in names}
    return {n: v for n, v in found.items() if v is not None}


def _through_super(cx: Context, ref: SuperVal, name: str) -> PyVal:
    owner = ref.owner
    cls = class_of(owner)
    instance = owner
    if cls is None:  # in a classmethod
        assert isinstance(owner, (Lit, ClassVal))
        cls = owner if isinstance(owner, ClassVal) else owner.value
        instance = Lit(None)
    home, found = find(cls, name, after=ref.after)
    if found is _MISSING:
        raise cx.refuse(f"super() has no attribute {name!r}")
    if home is object:
        return Lit(_no_operation) if name == "__init__" else Lit(found)
    return bound(cx, home, found, instance, cls, name)


def _no_operation(*_: Any) -> None:
    """object.__init__: nothing to do."""


def set_attribute(cx: Context, ref: PyVal, name: str, value: PyVal) -> None:
    """ref.name = value."""
    if not isinstance(ref, ObjectRef):
        raise cx.refuse(
            f"the attribute {name!r} of {wording.describe(cx, ref)} cannot be written",
            "Only attributes of your own objects can.",
        )
    cls = ref.obj.kind
    _, found = find(cls, name)
    if isinstance(found, property) or (isinstance(found, DescriptorVal) and found.kind is property):
        setter = getattr(found, "fset", None)
        if setter is None:
            raise cx.refuse(f"the property {name!r} of {name_of(cls)} cannot be set")
        dispatch.call(cx, Lit(setter), [ref, value], {})
        return
    _, custom = find(cls, "__setattr__")
    frozen = isinstance(cls, type) and _is_frozen(cls)
    if frozen:
        raise cx.refuse(f"{name_of(cls)} is frozen: its attributes cannot be written")
    if custom is not _MISSING and custom not in _PLAIN_SETATTR:
        raise cx.refuse(
            f"{name_of(cls)} defines __setattr__, which is not supported",
            "Use properties.",
        )
    put_attribute(cx, ref, name, value)


def put_attribute(cx: Context, ref: ObjectRef, name: str, value: PyVal) -> None:
    """Set an attribute of the object itself, whatever its class says."""
    if ref.obj.place is not None:
        contents.demand(cx, ref.obj.place, name)
    held = cx.state.store.get(ref.obj, {})
    cx.note_change(ref.obj)
    cx.state.store[ref.obj] = {**held, name: value}


def _is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and bool(params.frozen)


# -- construction ------------------------------------------------------------------------------


def construct(
    cx: Context, cls: Any, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> PyVal | None:
    """cls(*args, **kwargs); None if the class is none that is known here."""
    if isinstance(cls, type) and is_named_tuple(cls):
        return _named_tuple(cx, cls, args, kwargs)
    if isinstance(cls, type) and not _is_user_class(cls):
        return None
    meta = type(cls)
    if isinstance(cls, type) and meta.__call__ is not type.__call__:
        raise cx.refuse(f"{name_of(cls)} has a metaclass, which is not supported")
    home, _ = find(cls, "__new__")
    if home is not None and home is not object:
        raise cx.refuse(f"{name_of(cls)} defines __new__, which is not supported")
    obj = Container(cls, cx.origin.span)
    ref = ObjectRef(obj)
    cx.state.store[obj] = {}
    home, init = find(cls, "__init__")
    if isinstance(cls, type) and home is not object and _generated_init(home):
        _dataclass_init(cx, cls, ref, args, kwargs)
    elif isinstance(cls, ClassVal) and cls.attributes.get("%dataclass"):
        _local_dataclass_init(cx, cls, ref, args, kwargs)
    elif init is not _MISSING and home is not object:
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


def _named_tuple(
    cx: Context, cls: type, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> TupleVal:
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


def _dataclass_init(
    cx: Context, cls: type, ref: ObjectRef, args: Sequence[PyVal], kwargs: dict[str, PyVal]
) -> None:
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
    if after is not _MISSING:
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
    cx: Context, cls: ClassVal, ref: ObjectRef, args: Sequence[PyVal], kwargs: dict[str, PyVal]
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
        if name not in given and default is _MISSING:
            raise cx.refuse(f"{cls.name} needs the argument {name!r}")
        put_attribute(cx, ref, name, given.get(name, default))
    _, after = find(cls, "__post_init__")
    if after is not _MISSING:
        dispatch.call(cx, after, [ref], {})


def replaced(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
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


def described(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """type(value)."""
    (value,) = args
    cls = class_of(value)
    if cls is not None:
        return class_value(cls)
    return Lit(static.python_type(cx, value))


def partial(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """functools.partial made inside the function."""
    return PartialVal(args[0], tuple(args[1:]), tuple(kwargs.items()))


def descriptor(kind: type) -> Any:
    def lower(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
        return DescriptorVal(kind, args[0])

    return lower


def getattr_(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """getattr(obj, name) and getattr(obj, name, default) with a name known at compile time."""
    name = static.value(cx, args[1], "the name of the attribute")
    if len(args) > 2 and not has_attribute(cx, args[0], name):
        return args[2]
    value: PyVal = cx.hooks["attribute"](cx, args[0], name)
    return value


def setattr_(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    owner, name, value = args
    set_attribute(cx, owner, static.value(cx, name, "the name of the attribute"), value)
    return Lit(None)


def object_setattr(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    """object.__setattr__(obj, name, value), as frozen dataclasses use it."""
    owner, name, value = args
    if not isinstance(owner, ObjectRef):
        raise cx.refuse("object.__setattr__ needs one of your own objects")
    put_attribute(cx, owner, static.value(cx, name, "the name of the attribute"), value)
    return Lit(None)


def hasattr_(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
    return Lit(has_attribute(cx, args[0], static.value(cx, args[1], "the name of the attribute")))


def has_attribute(cx: Context, owner: PyVal, name: str) -> bool:
    if isinstance(owner, ObjectRef):
        held = all_attributes(cx, owner)
        return name in held or find(owner.obj.kind, name)[1] is not _MISSING
    try:
        cx.hooks["attribute"](cx, owner, name)
    except ADCompileError:
        return False
    return True


# -- classes defined inside --------------------------------------------------------------------


def define_class(cx: Context, node: ast.ClassDef) -> ClassVal:
    """A class statement inside the function: its methods see the names around it."""
    if node.keywords:
        raise cx.refuse("a class with a metaclass or class arguments is not supported")
    bases: list[Any] = []
    for b in node.bases:
        value = cx.hooks["expr"](cx, b)
        if isinstance(value, ClassVal):
            bases.append(value)
        elif isinstance(value, Lit) and isinstance(value.value, type):
            bases.append(value.value)
        else:
            raise cx.refuse("a base class must be a class")
    dataclass = False
    for d in node.decorator_list:
        target = d.func if isinstance(d, ast.Call) else d
        value = cx.hooks["expr"](cx, target)
        if not (isinstance(value, Lit) and value.value is dataclasses.dataclass):
            raise cx.refuse("a class decorator other than dataclass is not supported")
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


def _at_home(value: PyVal, home: ClassVal) -> PyVal:
    """A method that knows its class, for super()."""
    if isinstance(value, FuncVal):
        return replace(value, home=home)
    if isinstance(value, DescriptorVal):
        return replace(value, fn=_at_home(value.fn, home))
    return value


def super_value(cx: Context, args: Sequence[PyVal], kwargs: dict[str, PyVal]) -> PyVal:
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


# -- operators ---------------------------------------------------------------------------------

BINARY = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "matmul": "matmul",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
}
COMPARISONS = {
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
}


def special(cx: Context, value: PyVal, name: str, *args: PyVal) -> PyVal | None:
    """type(value).name(value, *args); None if its class does not define the method."""
    cls = class_of(value)
    if cls is None:
        return None
    home, found = find(cls, name)
    if found is _MISSING or home is object or home is tuple or found is None:
        return None
    method = bound(cx, home, found, value, cls, name)
    try:
        result = dispatch.call(cx, method, args, {})
    except SourceUnavailable:
        if name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__repr__"):
            return None
        raise
    refused = isinstance(result, Lit) and result.value is NotImplemented
    return None if refused else result


def binary(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """An operator that a class of either operand defines."""
    first, second = class_of(left), class_of(right)
    if first is None and second is None:
        return None
    if name in COMPARISONS:
        straight, mirrored = COMPARISONS[name]
    else:
        straight, mirrored = f"__{BINARY[name]}__", f"__r{BINARY[name]}__"
    tries = [(left, straight, right), (right, mirrored, left)]
    if None not in (first, second) and first is not second and is_subclass(second, first):
        tries.reverse()
    for owner, method, other in tries:
        result = special(cx, owner, method, other)
        if result is not None:
            return result
    if name in ("equal", "not_equal"):
        return _fields_equal(cx, name, left, right)
    return None


PROTOCOL: dict[Any, str] = {
    len: "__len__",
    abs: "__abs__",
    float: "__float__",
    int: "__int__",
    bool: "__bool__",
    round: "__round__",
    reversed: "__reversed__",
}


def protocol(cx: Context, fn: Any, args: Sequence[PyVal]) -> PyVal | None:
    """A builtin that asks the class of its argument."""
    method = PROTOCOL.get(fn)
    return special(cx, args[0], method, *args[1:]) if method and args else None


def iterable(cx: Context, value: PyVal) -> PyVal:
    """What iterating over a value goes through: an object's own __iter__."""
    while isinstance(value, ObjectRef):
        inner = special(cx, value, "__iter__")
        if inner is None or inner is value:
            raise cx.refuse(
                f"{wording.describe(cx, value)} cannot be iterated over here",
                "Give it an __iter__ that returns iter(...) of a sequence.",
            )
        value = inner
    return value


def in_place(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """left op= right where the class of `left` defines that operator."""
    if class_of(left) is None:
        return None
    return special(cx, left, f"__i{BINARY[name]}__", right)


def _fields_equal(cx: Context, name: str, left: PyVal, right: PyVal) -> PyVal | None:
    """== of objects without a method for it: dataclasses by their fields, others by identity."""
    if not isinstance(left, ObjectRef) or not isinstance(right, ObjectRef):
        return Lit(name == "not_equal") if isinstance(left, ObjectRef) else None
    same = left.obj is right.obj
    cls = left.obj.kind
    if not same and isinstance(cls, type) and dataclasses.is_dataclass(cls):
        if cls is not right.obj.kind:
            return Lit(name == "not_equal")
        pairs = zip(
            all_attributes(cx, left).values(), all_attributes(cx, right).values(), strict=True
        )
        verdict: PyVal = Lit(True)
        for a, b in pairs:
            one = cx.hooks["truth"](cx, cx.hooks["compare"](cx, ast.Eq(), a, b))
            verdict = (
                one
                if isinstance(verdict, Lit) and verdict.value
                else emit.call(cx, "and", verdict, one)
            )
        return verdict if name == "equal" else cx.hooks["negate"](cx, verdict)
    return Lit(same if name == "equal" else not same)


SPECIAL.update(
    {
        type: described,
        super: super_value,
        property: descriptor(property),
        staticmethod: descriptor(staticmethod),
        classmethod: descriptor(classmethod),
        getattr: getattr_,
        setattr: setattr_,
        hasattr: hasattr_,
        object.__setattr__: object_setattr,
        functools.partial: partial,
        dataclasses.replace: replaced,
    }
)
