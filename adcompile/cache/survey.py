"""What a program may depend on besides the numbers of its call.

A survey visits what is reachable from a function by the names in its code: the functions it
calls, their sources, what they close over, classes, modules, objects. It goes in a fixed order
and numbers what has an identity. Two surveys with one digest, also in different processes, have
met the same things in the same order, so what has a number in one has it in the other.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import os
import types
from collections import OrderedDict, deque, namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from adcompile.cache.libraries import library_name, singleton_name
from adcompile.errors import SourceUnavailable
from adcompile.frontend.code import digest
from adcompile.frontend.source import last_line, located
from adcompile.frontend.structure import attributes_of, is_named_tuple, is_object

LIMIT = 5_000
"""How many things a survey visits; a function that reaches more is not kept on disk."""

KINDS = 0
EXACT = 1
FIXED = 2
"""How a value is looked at, bits: its numbers matter, not just their kinds; lowering may look
into it without noting that, so its content must be known."""


class TooLarge(Exception):
    """More is reachable than a survey visits."""


PLAIN = (type(None), bool, str, bytes, type(Ellipsis), type(NotImplemented))
_LEAVES: tuple[type, ...] = (
    type(vars(namedtuple("_", "x"))["x"]),
    TypeVar,
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
)
_CLASS_DETAILS = frozenset(
    """__dict__ __weakref__ __doc__ __module__ __annotations__ __annotate__ __annotate_func__
    __annotations_cache__ __firstlineno__ __static_attributes__ __abstractmethods__ _abc_impl
    __parameters__ __orig_bases__ __qualname__""".split()
)


class Survey:
    """objects: what was met, by number. opaque: the numbers of those whose content is unknown."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.opaque: set[int] = set()
        self._numbers: dict[tuple[int, int], int] = {}
        self._first: dict[int, int] = {}
        self._unknown = False
        self._tokens: list[str] = []
        self._waiting: deque[tuple[int, Any, int]] = deque()
        self._modules: dict[int, types.ModuleType] = {}
        self._names: set[str] = set()
        self._told: set[tuple[int, str]] = set()

    def add(self, label: str, value: Any, mode: int = KINDS) -> None:
        """Visit a value. mode: how it is looked at."""
        self._tokens.append(f"{label} = {self._ref(value, mode)}")
        self._visit_waiting()

    def digest(self) -> str:
        """The same for the same things met in the same order."""
        return hashlib.sha256("\n".join(self._tokens).encode("utf-8", "surrogatepass")).hexdigest()[
            :40
        ]

    def number(self, value: Any) -> int | None:
        """The number of an object that was met."""
        return self._first.get(id(value))

    @property
    def complete(self) -> bool:
        """Whether all is known that lowering may have used without noting it."""
        return not self._unknown

    # -- the order of the visit

    def _visit_waiting(self) -> None:
        while True:
            while self._waiting:
                number, value, mode = self._waiting.popleft()
                told = self._describe(number, value, mode)
                self._tokens.append(f"#{number}: {told}")
            if not self._visit_modules():
                return

    def _visit_modules(self) -> bool:
        """Of each module the attributes whose names occur in code. Whether there were new ones."""
        new = False
        for key, module in list(self._modules.items()):
            held = vars(module)
            number = self._first[key]
            for name in sorted(self._names):
                if (key, name) not in self._told and name in held:
                    self._told.add((key, name))
                    self._tokens.append(f"#{number}.{name} = {self._attribute(module, name)}")
                    new = True
        return new

    def _attribute(self, module: types.ModuleType, name: str) -> str:
        """What a module holds; a library's own objects are known by its version."""
        value = vars(module)[name]
        own = isinstance(value, (types.FunctionType, types.ModuleType, type, np.ufunc))
        if library_name(module) is None or own:
            return self._ref(value)
        return type(value).__qualname__

    def _ref(self, value: Any, mode: int = KINDS) -> str:
        """A value without identity as text, another by its number."""
        kind = type(value)
        if kind in PLAIN:
            return repr(value)
        if kind in (int, float, complex):
            return f"{kind.__name__} {value!r}" if mode & EXACT else kind.__name__
        if isinstance(value, np.dtype):
            return f"dtype {value!r}"
        if isinstance(value, np.generic):
            return f"{kind.__name__} {value.tobytes().hex() if mode & EXACT else ''}"
        key = (id(value), mode)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._enter(value)
            self._waiting.append((number, value, mode))
        return f"#{number}"

    def _enter(self, value: Any) -> int:
        number = len(self.objects)
        if number >= LIMIT:
            raise TooLarge
        self.objects.append(value)  # which also keeps its id its own
        self._first.setdefault(id(value), number)
        return number

    def _refs(self, values: Any, mode: int) -> str:
        return "[" + ", ".join([self._ref(v, mode) for v in values]) + "]"

    def _pairs(self, items: Mapping[Any, Any], mode: int) -> str:
        told = (f"{self._ref(k, EXACT)}: {self._ref(v, mode)}" for k, v in items.items())
        return "{" + ", ".join(told) + "}"

    # -- what a thing is

    def _describe(self, number: int, value: Any, mode: int) -> str:
        kind = type(value)
        if kind is types.ModuleType:
            self._modules[id(value)] = value
            self._enter_namespace(vars(value))
        named = library_name(value)
        if named is not None:
            return f"library {named} {self._carried(value)}"
        tell = _TELLERS.get(kind)
        if tell is not None:
            return tell(self, value, mode)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, enum.Enum):
            return f"member {self._ref(kind)} {value.name} {self._ref(value._value_, EXACT)}"
        if is_named_tuple(kind):
            return f"named {self._ref(kind)} {self._refs(value, mode)}"
        if is_object(value):
            return f"object {self._ref(kind)} {self._pairs(attributes_of(value), mode)}"
        if isinstance(value, _LEAVES):
            return f"{kind.__module__} {kind.__qualname__} {getattr(value, '__qualname__', '')}"
        if hasattr(kind, "__adcompile_parts__"):
            return f"{kind.__name__} {self._refs(value.__adcompile_parts__(), EXACT | FIXED)}"
        named = singleton_name(value)
        if named is not None:
            return f"library {named}"
        self.opaque.add(number)
        looked_at = mode & FIXED or (mode & EXACT and hasattr(kind, "__get__"))
        self._unknown = self._unknown or bool(looked_at)
        return f"opaque {kind.__module__}.{kind.__qualname__}"

    def _carried(self, value: Any) -> str:
        """What a function made by a library holds: the user's, for one that wraps it."""
        if not isinstance(value, types.FunctionType):
            return ""
        self._enter_namespace(value.__globals__)
        closure = self._refs(value.__closure__ or (), KINDS)
        defaults = self._refs(value.__defaults__ or (), EXACT)
        return f"{closure} {defaults} {self._pairs(vars(value), EXACT)}"

    def _enter_namespace(self, held: dict[str, Any]) -> int:
        """Number a module's or function's names without visiting them."""
        key = (id(held), KINDS)
        if key not in self._numbers:
            self._numbers[key] = self._enter(held)
        return self._numbers[key]

    def _module(self, module: types.ModuleType, mode: int) -> str:
        return f"module {module.__name__}"

    def _function(self, fn: types.FunctionType, mode: int) -> str:
        code = fn.__code__
        names = sorted(set(_names(code)))
        self._names.update(names)
        space = self._enter_namespace(fn.__globals__)
        held = fn.__globals__
        builtin = held.get("__builtins__", {})
        builtin = builtin if isinstance(builtin, dict) else vars(builtin)
        told = [
            f"function {fn.__module__} {fn.__qualname__} {_text(fn)} {digest(code)}",
            f"defaults {self._refs(fn.__defaults__ or (), EXACT | FIXED)}",
            f"keywords {self._pairs(fn.__kwdefaults__ or {}, EXACT | FIXED)}",
            f"closure {code.co_freevars!r} {self._refs(fn.__closure__ or (), KINDS)}",
            f"attributes {self._pairs(vars(fn), EXACT)}",
            f"names in #{space}",
        ]
        for name in names:
            if name in held:
                told.append(f"{name} = {self._ref(held[name])}")
            elif name in builtin:
                told.append(f"{name} = builtin {self._ref(builtin[name])}")
        return "; ".join(told)

    def _class(self, cls: type) -> str:
        told = [
            f"class {cls.__module__} {cls.__qualname__} {self._ref(type(cls))}",
            self._refs(cls.__mro__[1:], KINDS),
        ]
        members = getattr(cls, "__members__", None) if issubclass(cls, enum.Enum) else None
        for name, value in vars(cls).items():
            private = members is not None and (name in members or name.startswith("_"))
            if name not in _CLASS_DETAILS and (not private or isinstance(value, _METHODS)):
                told.append(f"{name} = {self._ref(value, EXACT)}")
        if members is not None:
            told.append(self._pairs(dict(members), EXACT))
        return "; ".join(told)

    def _array(self, value: np.ndarray[Any, Any], mode: int) -> str:
        if value.dtype.hasobject:
            return "objects"
        told = f"array {value.dtype!r} {[n == 1 for n in value.shape]}"
        if mode & EXACT:
            told += f" {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
        return told

    def _cell(self, value: types.CellType, mode: int) -> str:
        try:
            return f"cell {self._ref(value.cell_contents, mode)}"
        except ValueError:
            return "empty cell"

    def _set(self, value: Any, mode: int) -> str:
        told = sorted(self._ref(v, EXACT) if type(v) in _SIMPLE else "?" for v in value)
        if "?" in told:
            self.opaque.add(self._numbers[id(value), mode])
        return f"{type(value).__name__} {told}"

    def _field(self, value: Any, mode: int) -> str:
        flags = (value.name, value.init, value.kw_only, str(value._field_type))
        return f"field {flags} {self._refs((value.default, value.default_factory), EXACT)}"

    def _partial(self, value: Any, mode: int) -> str:
        given = f"{self._refs(value.args, EXACT | FIXED)} "
        given += self._pairs(value.keywords, EXACT | FIXED)
        return f"{type(value).__name__} {self._ref(value.func)} {given}"


def digest_of(text: str) -> str:
    """A text's fingerprint."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


Teller = Callable[[Survey, Any, int], str]


def _parts(*names: str) -> Teller:
    """A thing that is told by attributes of it."""

    def tell(survey: Survey, value: Any, mode: int) -> str:
        parts = [getattr(value, n) for n in names]
        return f"{type(value).__name__} {survey._refs(parts, mode)}"

    return tell


def _sequence(survey: Survey, value: Any, mode: int) -> str:
    return f"{type(value).__name__} {survey._refs(value, mode)}"


def _mapping(survey: Survey, value: Any, mode: int) -> str:
    return f"{type(value).__name__} {survey._pairs(value, mode)}"


_SIMPLE = (*PLAIN, int, float, complex)
_METHODS = (types.FunctionType, property, staticmethod, classmethod)
_TELLERS: dict[type, Teller] = {
    types.ModuleType: Survey._module,
    types.FunctionType: Survey._function,
    types.CellType: Survey._cell,
    types.MethodType: _parts("__func__", "__self__"),
    types.SimpleNamespace: lambda survey, value, mode: _mapping(survey, vars(value), mode),
    np.ndarray: Survey._array,
    tuple: _sequence,
    list: _sequence,
    dict: _mapping,
    OrderedDict: _mapping,
    set: Survey._set,
    frozenset: Survey._set,
    property: _parts("fget", "fset"),
    staticmethod: _parts("__func__"),
    classmethod: _parts("__func__"),
    functools.cached_property: _parts("func"),
    functools.partial: Survey._partial,
    functools.partialmethod: Survey._partial,
    dataclasses.Field: Survey._field,
    slice: lambda survey, value, mode: repr(value),
    range: lambda survey, value, mode: repr(value),
}


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that code reads, and texts in it that may become names by getattr."""
    yield from code.co_names
    yield from code.co_freevars
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
        elif isinstance(constant, str) and constant.isidentifier():
            yield constant


def _text(fn: types.FunctionType) -> str:
    """The lines of a function and where they are: generated code repeats them."""
    code = fn.__code__
    first = code.co_firstlineno - 1
    try:
        filename, lines = located(fn)
    except SourceUnavailable:
        return "without source"
    if not lines[first : first + 1]:
        return "without source"
    end = last_line(code)
    margin = _indent(lines[first])
    while end < len(lines) and (
        not lines[end].strip() or _indent(lines[end]) > margin or lines[end].lstrip()[0] in ")]}#"
    ):
        end += 1
    text = "".join(lines[first:end]).rstrip()
    if filename.startswith("<adcompile "):  # generated, and numbered
        return digest_of(text)
    return f"{os.path.basename(filename)}:{code.co_firstlineno} {digest_of(text)}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
