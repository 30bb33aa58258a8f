"""Calling a compiled function: one program a signature, found fast.

The common case is generated: a small function checks the kinds of its arguments inline and
calls the program of the last signature. Anything else goes through `Compiled.slow`: bind,
describe, look up, compile. A compiled function is a `functools.partial` whose function is that
dispatcher, so a call costs one C-level indirection.
"""

from __future__ import annotations

import functools
import gc
import inspect
import threading
import types
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcompile.analysis.facts import Guard
from adcompile.errors import (
    ADCompileError,
    AmbiguousAlias,
    BadArgnums,
    SourceUnavailable,
    UnsupportedInput,
)
from adcompile.frontend.arguments import Spec, describe, flatten, layout_of
from adcompile.frontend.places import Place
from adcompile.frontend.structure import is_object, parts_of
from adcompile.ir import dims
from adcompile.pipeline import (
    Call,
    Compilation,
    Program,
    Transform,
    opened_names,
    selected_names,
)
from adcompile.rules.dsl import REGISTRY

MISSING = inspect.Parameter.empty
MAX_SIGNATURES = 256
KNOWN_CHAINS: dict[tuple[str, ...], list[str]] = {
    ("jacrev", "jacfwd"): ["hessian"],
    ("grad", "pushforward"): ["hvp"],
    ("grad", "pullback"): ["vhp"],
}
ARITHMETIC = (ZeroDivisionError, OverflowError, ValueError)


@dataclass
class CacheInfo:
    hits: int = 0
    misses: int = 0


@dataclass
class Entry:
    """A program with what must hold for it, beside the signature."""

    program: Program
    robust: Program | None = None
    pullback: Callable[..., Any] | None = None
    robust_pullback: Callable[..., Any] | None = None


class Compiled(functools.partial):
    """A derivative of a function, compiled at the first call of each signature.

    Attributes: `source` (the text that ran last), `source_for(*args)`, `__wrapped__` (the plain
    function), `cache_info()`.
    """

    __adcompile__ = True

    state: _State
    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]

    def __new__(
        cls, fn: Callable[..., Any], transforms: Sequence[Transform], optimize: bool = True
    ) -> Compiled:
        target = unwrap(fn)
        if isinstance(fn, Compiled):
            optimize = optimize and fn.optimize
        for t in transforms:
            check_argnums(target.fn, t, len(target.bound))
        counted = tuple(moved(t, len(target.bound)) for t in transforms)
        target = replace(target, transforms=(*target.transforms, *counted))
        wrapped = fn.__wrapped__ if isinstance(fn, Compiled) else fn
        return cls._of(_State(target, optimize), wrapped)

    @classmethod
    def _of(cls, state: _State, wrapped: Callable[..., Any]) -> Compiled:
        self = super().__new__(cls, state.slow)
        state.owner = self
        self.state = state
        functools.update_wrapper(self, state.fn)
        self.__wrapped__ = wrapped
        return self

    @property
    def fn(self) -> types.FunctionType:
        return self.state.fn

    @property
    def transforms(self) -> tuple[Transform, ...]:
        return self.state.transforms

    @property
    def optimize(self) -> bool:
        return self.state.optimize

    @property
    def source(self) -> str:
        """The text that ran last; before any call, general code for unknown arguments."""
        return self.state.source()

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The text for a call with these arguments, without running it."""
        return self.state.entry_for(args, kwargs)[0].program.text

    def cache_info(self) -> CacheInfo:
        """How many signatures were compiled (misses)."""
        return CacheInfo(self.state.hits, self.state.misses)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method: the object comes first, and what the method does to it is done."""
        if instance is None:
            return self
        target = replace(
            self.state.target, bound=(instance, *self.state.target.bound), receiver=True
        )
        state = _State(target, self.optimize)
        state.entries = self.state.of_methods
        return self._of(state, self.__wrapped__)

    def __repr__(self) -> str:
        kinds = "(".join(t.kind for t in reversed(self.transforms))
        return f"<{kinds}({self.fn.__qualname__}{')' * len(self.transforms)}>"

    def __reduce__(self) -> Any:
        return (_rebuild, (self.state.target, self.optimize))


def _rebuild(target: Target, optimize: bool) -> Compiled:
    return Compiled._of(_State(target, optimize), target.fn)


@dataclass(frozen=True)
class Target:
    """A callable taken apart: the plain function, and what comes with it.

    bound: arguments in front of the call's own: the object of a method, those of a partial.
    receiver: the first of them is the object whose method it is.
    """

    fn: types.FunctionType
    transforms: tuple[Transform, ...] = ()
    bound: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    receiver: bool = False


def unwrap(fn: Any) -> Target:
    """The plain function under methods, partials and transforms.

    Raises SourceUnavailable for what is no Python function.
    """
    if isinstance(fn, Compiled):
        return fn.state.target
    if isinstance(fn, types.FunctionType):
        return Target(fn)
    if hasattr(type(fn), "__adcompile_entry__"):
        return Target(fn.__adcompile_entry__())
    if isinstance(fn, types.MethodType):
        inner = unwrap(fn.__func__)
        receiver = not inner.bound and not isinstance(fn.__self__, type)
        return replace(inner, bound=(fn.__self__, *inner.bound), receiver=receiver)
    if isinstance(fn, functools.partial):
        inner = unwrap(fn.func)
        keywords = {**dict(inner.keywords), **fn.keywords}
        return replace(inner, bound=(*inner.bound, *fn.args), keywords=tuple(keywords.items()))
    name = getattr(fn, "__name__", type(fn).__name__)
    method = inspect.getattr_static(type(fn), "__call__", None)
    if is_object(fn) and isinstance(method, types.FunctionType):
        return Target(method, bound=(fn,), receiver=True)
    if isinstance(fn, type):
        raise SourceUnavailable(
            f"{name} is a class", advice="Differentiate a function that makes the object."
        )
    if hasattr(fn, "cache_info"):
        raise SourceUnavailable(
            f"{name} remembers its results (functools.lru_cache)",
            advice=f"Differentiate the plain function: {name}.__wrapped__.",
        )
    raise SourceUnavailable(
        f"{name} has no Python source to differentiate",
        advice="Wrap it in a Python function, and give it a derivative with @rule.",
    )


def moved(t: Transform, bound: int) -> Transform:
    """A transform whose positions count the bound arguments too."""
    if not bound or t.argnums is None:
        return t
    moved = tuple(a + bound if isinstance(a, int) and a >= 0 else a for a in t.argnums)
    return replace(t, argnums=moved)


def check_argnums(fn: types.FunctionType, t: Transform, bound: int = 0) -> None:
    """Refuse argnums that no call can satisfy. `bound`: arguments that no call passes."""
    code = fn.__code__
    names = code.co_varnames[bound : code.co_argcount + code.co_kwonlyargcount]
    count = code.co_argcount - bound
    varargs = bool(code.co_flags & inspect.CO_VARARGS)
    varkw = bool(code.co_flags & inspect.CO_VARKEYWORDS)
    seen: list[Any] = []
    listed = f"{fn.__name__} has the arguments: {', '.join(names) or 'none'}."
    for a in t.argnums or ():
        if isinstance(a, bool) or not isinstance(a, (int, np.integer, str)):
            raise BadArgnums(f"argnums must be ints or names, not {a!r}", advice=listed)
        if isinstance(a, str):
            if a not in names and not varkw:
                raise BadArgnums(f"argnums={a!r} names no argument of {fn.__name__}", advice=listed)
            key: Any = names.index(a) if a in names[:count] else a
        else:
            if not varargs and not -count <= a < count:
                raise BadArgnums(f"argnums={a} is out of range for {fn.__name__}", advice=listed)
            key = a % count if count and not varargs else a
        if key in seen:
            raise BadArgnums(f"argnums selects {a!r} twice", advice=listed)
        seen.append(key)


def quiet() -> dict[str, Any]:
    """NumPy's error state without its warnings; what the user wants raised is raised."""
    return {k: "ignore" for k, v in np.geterr().items() if v == "warn"}


_compiled: weakref.WeakSet[_State] = weakref.WeakSet()


def _forget_dispatchers() -> None:
    """A rule was registered: every function looks for its program again."""
    for state in list(_compiled):
        if state.owner is not None:
            state.owner.__setstate__((state.slow, (), {}, state.owner.__dict__))


REGISTRY.listeners.append(_forget_dispatchers)


class _State:
    """The programs of one compiled function."""

    def __init__(self, target: Target, optimize: bool) -> None:
        self.target = target
        self.fn = fn = target.fn
        self.transforms = target.transforms
        self.optimize = optimize
        self.of_methods: dict[Any, list[Entry]] = {}
        self.owner: Any = None
        self.entries: dict[Any, list[Entry]] = {}
        self.last: Entry | None = None
        self.rerun: Program | None = None
        self.hits = 0
        self.misses = 0
        self.lock = threading.RLock()
        self.rules = 0
        self.paired = False
        _compiled.add(self)
        code = fn.__code__
        self.names = code.co_varnames[: code.co_argcount]
        flags = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
        self.plain = not code.co_flags & flags and not code.co_kwonlyargcount

    # -- the slow path

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        """Arguments by name; keywords that continue the positional ones join them."""
        args = (*self.target.bound, *args)
        names = list(self.names[: len(args)])
        if len(args) > len(names):
            names += [f"args[{i}]" for i in range(len(args) - len(names))]
        kw = {**dict(self.target.keywords), **kwargs}
        positional = list(args)
        if len(args) <= len(self.names) and self.transforms[-1].argnums is not None:
            for n in self.names[len(args) :]:
                if n not in kw:
                    break
                names.append(n)
                positional.append(kw.pop(n))
        return Call(tuple(positional), kw, names, len(self.target.bound), self.target.receiver)

    def slow(self, *args: Any, **kwargs: Any) -> Any:
        try:
            given = {**dict(self.target.keywords), **kwargs}
            inspect.signature(self.fn).bind(*self.target.bound, *args, **given)
        except TypeError as exc:
            raise TypeError(f"{self.fn.__name__}() {exc}") from None
        entry, call = self.entry_for(args, kwargs)
        self.rerun = None
        result = self.run(entry, call)
        self.install(entry, call)
        return result

    def run(self, entry: Entry, call: Call) -> Any:
        values = self.values(entry, call)
        try:
            return entry.program.run(*values)
        except ARITHMETIC as exc:
            return self.retry(entry, call, values, exc)
        except Exception as exc:
            annotate(exc, entry.program)
            raise

    def values(self, entry: Entry, call: Call, extra: Sequence[Any] = ()) -> list[Any]:
        """What a program is called with: arguments, `extra`, and what it reads from outside."""
        values = self.as_floats([v for _, v in call.items()], call)
        return [*values, *extra, *(root.read() for _, root in entry.program.roots)]

    def as_floats(self, values: list[Any], call: Call) -> list[Any]:
        """Selected Python ints are read as floats."""
        chosen = self.selected(call)
        names = [n for n, _ in call.items()]
        return [
            float(v) if type(v) is int and n in chosen else v
            for n, v in zip(names, values, strict=True)
        ]

    def selected(self, call: Call) -> set[str]:
        return {n for t in self.transforms for n in selected_names(t, call)}

    def retry(self, entry: Entry, call: Call, values: list[Any], exc: Exception) -> Any:
        """Python raised where NumPy gives inf or nan: run the derivative with NumPy floats."""
        program = entry.program
        if not program.floats or program.has_effects:
            annotate(exc, program)
            raise exc
        with self.lock:
            if entry.robust is None:
                entry.robust = self.compile(call, np_floats=True).program
        self.rerun = entry.robust
        try:
            with np.errstate(**quiet()):
                return entry.robust.run(*values)
        except Exception as second:
            annotate(second, entry.robust)
            raise second from None

    def entry_for(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Entry, Call]:
        call = self.bind(args, kwargs)
        key = self.key(call)
        with self.lock:
            if self.rules != REGISTRY.version:
                self.entries.clear()
                self.rules = REGISTRY.version
            found = self.entries.setdefault(key, [])
            leaves = self.leaves(call)
            for entry in found:
                if holds(entry.program, leaves, call):
                    self.hits += 1
                    self.last = entry
                    return entry, call
            entry = self.compile(call)
            outside = captured_leaves(entry.program, call)
            check_overlap(entry.program, [*leaves, *outside], len(leaves))
            self.misses += 1
            found.append(entry)
            self.last = entry
            if self.misses == MAX_SIGNATURES:
                warnings.warn(
                    f"{self.fn.__name__} has been compiled for {MAX_SIGNATURES} signatures",
                    RuntimeWarning,
                    stacklevel=3,
                )
                self.entries.clear()
            return entry, call

    def key(self, call: Call) -> tuple[Any, ...]:
        chosen = self.selected(call)
        opened = self.opened(call)
        specs: list[tuple[str, Spec]] = []
        seen: dict[int, int] = {}
        for name, value in call.items():
            spec = describe(value, f"the argument {name!r}", name in opened, seen)
            if spec == ("int",) and name in chosen:
                spec = ("float",)
            specs.append((name, spec))
        return (len(call.args), tuple(specs), tuple(self.same(call).items()))

    def opened(self, call: Call) -> set[str]:
        return opened_names(self.transforms, call)

    def leaves(self, call: Call) -> list[Any]:
        opened = self.opened(call)
        seen: set[int] = set()
        return [leaf for n, v in call.items() for leaf in flatten(v, n in opened, seen)]

    def same(self, call: Call) -> dict[int, int]:
        """Leaves that are the same array as an earlier one."""
        seen: dict[int, int] = {}
        same: dict[int, int] = {}
        for i, leaf in enumerate(self.leaves(call)):
            if isinstance(leaf, np.ndarray):
                first = seen.setdefault(id(leaf), i)
                if first != i:
                    same[i] = first
        return same

    def compile(self, call: Call, np_floats: bool = False) -> Entry:
        """Compile for one call. Identical arrays are one object if one of them is written."""
        with collection_paused():
            return self._compile(call, np_floats)

    def _compile(self, call: Call, np_floats: bool) -> Entry:
        made = self._compilation(call, {}, np_floats)
        same = self.same(call)
        written = made.lowered.written
        if written and any(i in written or j in written for i, j in same.items()):
            made = self._compilation(call, same, np_floats)
        name, doc = self.describe(call)
        if self.paired:
            names = (f"{name}_fwd", f"{name}_bwd")
            if self.transforms[-1].kind == "linearize":
                names = (name, f"{name.removesuffix('_linearize')}_linear")
            program, pullback, _ = made.pair(*names, doc)
            return Entry(program, pullback=pullback)
        return Entry(made.program(name, doc))

    def _compilation(self, call: Call, same: Mapping[int, int], np_floats: bool) -> Compilation:
        if call.args:
            floats = self.as_floats(list(call.args), replace(call, kwargs={}))
            call = replace(call, args=tuple(floats))
        return Compilation.of_call(self.fn, self.transforms, call, self.optimize, same, np_floats)

    def describe(self, call: Call) -> tuple[str, str]:
        """The generated function's name and docstring."""
        name = self.fn.__name__ if self.fn.__name__.isidentifier() else "f"
        chosen = ", ".join(sorted(self.selected(call), key=[n for n, _ in call.items()].index))
        kinds = [t.kind for t in self.transforms]
        kinds = KNOWN_CHAINS.get(tuple(kinds), kinds)
        suffix = "_".join(kinds) or "primal"
        what = {
            "primal": f"Value of {name}.",
            "grad": f"Gradient of {name} with respect to {chosen} (reverse mode).",
            "value_and_grad": f"Value and gradient of {name} with respect to {chosen} "
            "(reverse mode).",
            "elementwise_grad": f"Derivative of each entry of {name} with respect to {chosen} "
            "(reverse mode).",
            "jacfwd": f"Jacobian of {name} with respect to {chosen} (forward mode).",
            "jacrev": f"Jacobian of {name} with respect to {chosen} (reverse mode).",
            "jacobian": f"Jacobian of {name} with respect to {chosen}.",
            "derivative": f"Derivative of {name} with respect to {chosen} (forward mode).",
            "hessian": f"Hessian of {name} with respect to {chosen} (forward over reverse mode).",
            "hvp": f"Hessian of {name} times a vector (forward over reverse mode).",
            "vhp": f"A vector times the Hessian of {name} (reverse over reverse mode).",
            "jvp": f"Value and tangent of {name} (forward mode).",
            "pushforward": f"Tangent of {name} (forward mode).",
            "linearize": f"Value of {name}, and its tangent as a function (forward mode).",
            "vjp": f"Value of {name} and adjoints of its arguments (reverse mode).",
            "pullback": f"Adjoints of the arguments of {name} (reverse mode).",
        }
        doc = what[kinds[0]] if len(kinds) == 1 else f"{' of '.join(reversed(kinds))} of {name}."
        return f"{name}_{suffix}", doc

    def source(self) -> str:
        if self.rerun is not None:
            return self.rerun.text
        if self.last is not None:
            return self.last.program.text
        return general_source(self)

    # -- the fast path

    def install(self, entry: Entry, call: Call) -> None:
        """Make the dispatcher of this signature the function that is called."""
        if not self.plain or call.kwargs or entry.program.written:
            return
        dispatcher = make_dispatcher(self, entry, call)
        if dispatcher is not None:
            self.owner.__setstate__((dispatcher, self.target.bound, {}, self.owner.__dict__))

    def recover(self, entry: Entry, values: tuple[Any, ...], exc: Exception) -> Any:
        """What the dispatcher does when the program raises."""
        bound, receiver = len(self.target.bound), self.target.receiver
        call = Call(values, {}, list(self.names[: len(values)]), bound, receiver)
        if isinstance(exc, ARITHMETIC):
            return self.retry(entry, call, self.values(entry, call), exc)
        annotate(exc, entry.program)
        raise exc

    def general(self, values: tuple[Any, ...]) -> Any:
        """A call that the dispatcher did not recognise; MISSING marks absent arguments."""
        given: list[Any] = []
        kwargs: dict[str, Any] = {}
        first = len(self.target.bound)
        for k, (name, value) in enumerate(zip(self.names, values, strict=True)):
            if value is MISSING or k < first:
                continue
            if len(given) == k - first:
                given.append(value)
            else:
                kwargs[name] = value
        return self.slow(*given, **kwargs)


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection meanwhile: compiling makes many objects that live until its end, and
    looking through them again and again takes a quarter of a long program's time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def general_source(state: _State) -> str:
    """The text before any call: for annotated or unknown arguments, read as floats."""
    values: list[Any] = []
    names = list(state.names)
    for name in names:
        annotation = state.fn.__annotations__.get(name)
        text = (
            annotation
            if isinstance(annotation, str)
            else getattr(annotation, "__name__", str(annotation))
        )
        if "ndarray" in str(text) or "NDArray" in str(text):
            values.append(np.zeros((2, 3)))
        elif text == "int":
            values.append(2)
        else:
            values.append(0.5)
    bound = len(state.target.bound)
    values[:bound] = state.target.bound
    call = Call(tuple(values), {}, names, bound, state.target.receiver)
    header = "# General code: no call has been compiled yet; arguments are taken as floats.\n"
    try:
        return header + state.compile(call).program.text
    except ADCompileError as exc:
        return f"{header}# It needs a call to know more: {str(exc).splitlines()[0]}\n"


# -- guards ------------------------------------------------------------------------------------


def holds(program: Program, leaves: list[Any], call: Call) -> bool:
    """Whether a program's guards hold for a call of its signature."""
    arguments = len(leaves)
    given = dict(call.items())
    try:
        for place, value in program.identities:
            now = place.read(given)
            if now is not value and not (isinstance(value, (str, bool)) and now == value):
                return False
        for capture in program.captures:
            if not capture.handle:
                now = capture.place.read(given)
                if describe(now) != describe(capture.value):
                    return False
                leaves = [*leaves, *flatten(now)]
        objects = [id(place.read(given)) for place, _ in program.shared]
    except (KeyError, ValueError, AttributeError, IndexError, TypeError):
        return False
    numbers: dict[int, int] = {}
    if [numbers.setdefault(o, len(numbers)) for o in objects] != [n for _, n in program.shared]:
        return False
    for leaf, layout in program.layouts.items():
        if layout_of(leaves[leaf]) != layout:
            return False
    if program.guards:
        values = {s: _read(leaves, home) for s, home in program.symbols.items()}
        if not all(_guard_holds(g, values) for g in program.guards):
            return False
    if program.written:
        check_overlap(program, leaves, arguments)
    return True


def captured_leaves(program: Program, call: Call) -> list[Any]:
    given = dict(call.items())
    return [leaf for c in program.captures if not c.handle for leaf in flatten(c.place.read(given))]


def check_overlap(program: Program, leaves: list[Any], arguments: int) -> None:
    """A written argument that shares memory with another one, or with a global, is refused.

    Identical arguments are fine: they were compiled as one object.
    """
    for w in program.written:
        for i, other in enumerate(leaves):
            if i == w or not isinstance(other, np.ndarray):
                continue
            if other is leaves[w] and i < arguments:
                continue
            if np.may_share_memory(leaves[w], other) and np.shares_memory(leaves[w], other):
                what = "arguments" if i < arguments else "an argument and a global"
                raise AmbiguousAlias(
                    f"two {what} share memory, and the function writes one of them"
                    if i < arguments
                    else f"{what} share memory, and the function writes one of them",
                    advice="Pass a copy of one of them.",
                )


def _read(leaves: list[Any], home: tuple[int, int | None]) -> int:
    leaf, axis = home
    return int(leaves[leaf]) if axis is None else leaves[leaf].shape[axis]


def _guard_holds(guard: Guard, values: Mapping[Any, int]) -> bool:
    value = dims.evaluate(guard.dim, values)
    return (value > 0 if guard.positive else value == guard.value) == guard.holds


# -- generated dispatchers ---------------------------------------------------------------------


def make_dispatcher(state: _State, entry: Entry, call: Call) -> Callable[..., Any] | None:
    """A function that recognises one signature and calls its program."""
    program = entry.program
    names = state.names
    scope: dict[str, Any] = {
        "_missing": MISSING,
        "_run": program.run,
        "_general": state.general,
        "_recover": state.recover,
        "_entry": entry,
        "_ndarray": np.ndarray,
        "_errors": Exception,
    }
    work = _Checks(scope)
    chosen = state.selected(call)
    passed = []
    for name, value in zip(call.names, call.args, strict=True):
        if not work.check(name, value):
            return None
        passed.append(f"float({name})" if type(value) is int and name in chosen else name)
    for name in names[len(call.names) :]:
        work.tests.append(f"{name} is _missing")
    if program.shared or program.changes:
        return None
    for k, (place, value) in enumerate(program.identities):
        scope[f"_is{k}"] = value
        work.tests.append(f"{work.place(place)} is _is{k}")
    for k, capture in enumerate(program.captures):
        if capture.handle:
            continue
        text = f"_cap{k}"
        work.before.append(f"{text} = {work.place(capture.place)}")
        if not work.check(text, capture.value):
            return None
    passed += [work.place(root) for _, root in program.roots]
    if program.layouts:
        return None
    for guard in program.guards:
        test = work.guard(guard, program)
        if test is None:
            return None
        work.tests.append(test)
    params = ", ".join(f"{n}=_missing" for n in names)
    every = ", ".join(names) + ("," if len(names) == 1 else "")
    given = ", ".join(call.names) + ("," if len(call.names) == 1 else "")
    lines = [f"def dispatch({params}):"]
    lines += [f"    {b}" for b in work.before]
    lines += [
        f"    if {' and '.join(work.tests) or 'True'}:",
        "        try:",
        f"            return _run({', '.join(passed)})",
        "        except _errors as exc:",
        f"            return _recover(_entry, ({given}), exc)",
        f"    return _general(({every}))",
    ]
    exec("\n".join(lines), scope)
    return scope["dispatch"]


class _Checks:
    """The tests of a dispatcher, and the objects they name."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope
        self.tests: list[str] = []
        self.before: list[str] = []
        self.paths: list[str] = []

    def place(self, place: Place) -> str:
        """The expression of what is at a place."""
        if place.kind == "argument":
            return str(place.base)
        if place.derived:
            base = self.place(place.base)
            if place.kind == "class":
                return f"type({base})"
            return f"{base}.{place.key}" if place.kind == "attribute" else f"{base}[{place.key!r}]"
        text = f"_at{len(self.scope)}"
        self.scope[text] = place.base
        if place.kind == "constant":
            return text
        return f"{text}.cell_contents" if place.kind == "cell" else f"{text}[{place.key!r}]"

    def check(self, path: str, value: Any) -> bool:
        """Test that `path` has the spec of `value`; False if that is beyond a dispatcher."""
        kind = type(value)
        if kind in (float, int, complex):
            self.tests.append(f"type({path}) is {kind.__name__}")
            self.paths.append(path)
        elif kind is np.ndarray:
            self._array(path, value)
            self.paths.append(path)
        elif kind in (tuple, list):
            self.tests.append(f"type({path}) is {kind.__name__} and len({path}) == {len(value)}")
            return all(self.check(f"{path}[{i}]", v) for i, v in enumerate(value))
        elif kind is dict:
            if not all(isinstance(k, str) for k in value):
                return False
            self.tests.append(f"type({path}) is dict and list({path}) == {list(value)!r}")
            return all(self.check(f"{path}[{k!r}]", v) for k, v in value.items())
        elif isinstance(value, np.generic):
            key = f"_kind{len(self.scope)}"
            self.scope[key] = kind
            self.tests.append(f"type({path}) is {key}")
            self.paths.append(path)
        elif not hasattr(value, "__array__") and not isinstance(value, str):
            key = f"_same{len(self.scope)}"
            self.scope[key] = value
            self.tests.append(f"{path} is {key}")
        elif isinstance(value, str):
            self.tests.append(f"{path} == {value!r}")
        else:
            return False
        return True

    def _array(self, path: str, value: Any) -> None:
        key = f"_dtype_{value.dtype.name}"
        self.scope[key] = value.dtype
        self.tests.append(f"type({path}) is _ndarray and {path}.dtype is {key}")
        ones = tuple(n == 1 for n in value.shape)
        self.tests.append(f"{path}.ndim == {value.ndim}")
        if value.ndim and not any(ones):
            self.tests.append(f"1 not in {path}.shape")
        else:
            for axis, one in enumerate(ones):
                self.tests.append(f"{path}.shape[{axis}] {'==' if one else '!='} 1")

    def guard(self, guard: Guard, program: Program) -> str | None:
        """A guard as an expression of the arguments."""
        if isinstance(guard.dim, int):
            return None
        text = str(guard.dim.const)
        for symbol, coefficient in guard.dim.terms:
            home = program.symbols.get(symbol)
            if home is None:
                return None
            leaf, axis = home
            part = self.paths[leaf] if axis is None else f"{self.paths[leaf]}.shape[{axis}]"
            text += f" + {coefficient} * {part}"
        if guard.positive:
            return f"{'' if guard.holds else 'not '}({text} > 0)"
        return f"{text} {'==' if guard.holds else '!='} {guard.value}"


def annotate(exc: BaseException, program: Program) -> None:
    """Add the user's line to an exception from generated code."""
    add_note = getattr(exc, "add_note", None)
    tb = exc.__traceback__
    line = None
    while tb is not None:
        if tb.tb_frame.f_code.co_filename.startswith("<adcompile "):
            line = tb.tb_lineno
        tb = tb.tb_next
    if add_note is None or line is None:
        return
    for text in reversed(program.text.splitlines()[:line]):
        stripped = text.strip()
        if stripped.startswith("# ") and ".py:" in stripped:
            add_note(f"from {stripped[2:]}")
            return


# -- jvp and vjp --------------------------------------------------------------------------------

_states: dict[tuple[Any, ...], _State] = {}
_states_lock = threading.Lock()


def state_of(fn: Any, transform: Transform, optimize: bool) -> _State:
    """The programs of a function under one more transform, shared by all calls."""
    target = unwrap(fn)
    target = replace(target, transforms=(*target.transforms, moved(transform, len(target.bound))))
    key = (
        target.fn,
        target.transforms,
        tuple(map(id, target.bound)),
        tuple((k, id(v)) for k, v in target.keywords),
        optimize,
    )
    with _states_lock:
        state = _states.get(key)
        if state is None:
            if len(_states) > MAX_SIGNATURES:
                _states.clear()
            state = _states[key] = _State(target, optimize)
    return state


def jvp_call(
    f: Any,
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    optimize: bool,
) -> tuple[Any, Any]:
    """The value of f at the primals and its tangent along `tangents`."""
    if len(primals) != len(tangents):
        raise UnsupportedInput(
            f"jvp got {len(primals)} primals and {len(tangents)} tangents",
            advice="Give one tangent for each primal; None where it is not perturbed.",
        )
    perturbed = tuple(t is not None for t in tangents)
    state = state_of(f, Transform("jvp", None, perturbed=perturbed), optimize)
    entry, call = state.entry_for(primals, kwargs)
    floats = state.as_floats([v for _, v in call.items()], call)[call.bound :]
    given = [
        like(t, p, f"the tangent of argument {i}")
        for i, (p, t) in enumerate(zip(floats, tangents, strict=False))
        if t is not None
    ]
    values = state.values(entry, call, given)
    try:
        return entry.program.run(*values)
    except ARITHMETIC as exc:
        return state.retry(entry, call, values, exc)


def paired_state(f: Any, kind: str, optimize: bool = True) -> _State:
    """The programs of f's value with residuals, and of the linear function on these."""
    state = state_of(f, Transform(kind, None), optimize)
    state.paired = True
    return state


def vjp_call(
    f: Any, primals: tuple[Any, ...], kwargs: Mapping[str, Any], optimize: bool
) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """The value of f at the primals and its pullback."""
    value, back, _ = _paired_call(f, "vjp", primals, kwargs, optimize)

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        bars: tuple[Any, ...] = back(like(y_bar, value, "the adjoint"))
        return bars

    return value, pullback


def linearize_call(
    f: Any, primals: tuple[Any, ...], kwargs: Mapping[str, Any], optimize: bool
) -> tuple[Any, Callable[..., Any]]:
    """The value of f at the primals, and its tangent as a function of theirs."""
    value, forward, floats = _paired_call(f, "linearize", primals, kwargs, optimize)
    shapes = [zeros_of(p) for p in floats]

    def linear(*tangents: Any) -> Any:
        if len(tangents) != len(shapes):
            raise UnsupportedInput(
                f"the linear function takes {len(shapes)} tangents, not {len(tangents)}",
                advice="Give one tangent for each primal; None where it is not perturbed.",
            )
        given = [
            z if t is None else like(t, z, f"the tangent of argument {i}")
            for i, (z, t) in enumerate(zip(shapes, tangents, strict=True))
        ]
        return forward(*given)

    return value, linear


def zeros_of(value: Any) -> Any:
    """A zero tangent of the structure and kinds of `value`; what has no tangent is kept."""
    parts = parts_of(value)
    if parts is not None:
        return parts.made([zeros_of(v) for v in parts.values])
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return np.zeros_like(value)
    if isinstance(value, (float, complex, np.inexact)):
        return type(value)(0)
    return value


def _paired_call(
    f: Any, kind: str, primals: tuple[Any, ...], kwargs: Mapping[str, Any], optimize: bool
) -> tuple[Any, Callable[..., Any], list[Any]]:
    """f's value at the primals, the linear function of the seeds there, and the primals as
    they are read."""
    state = paired_state(f, kind, optimize)
    entry, call = state.entry_for(primals, kwargs)
    values = state.values(entry, call)
    value, residuals = entry.program.run(*values)

    def apply(*seeds: Any) -> Any:
        assert entry.pullback is not None
        try:
            return entry.pullback(residuals, *seeds)
        except ARITHMETIC:
            if entry.program.has_effects:
                raise
            with np.errstate(**quiet()):
                if entry.robust is None:
                    robust = state.compile(call, np_floats=True)
                    entry.robust, entry.robust_pullback = robust.program, robust.pullback
                assert entry.robust is not None and entry.robust_pullback is not None
                _, again = entry.robust.run(*values)
                return entry.robust_pullback(again, *seeds)

    return value, apply, values[call.bound : len(call.args)]


def product_call(state: _State, args: tuple[Any, ...], seed: Any, kwargs: Mapping[str, Any]) -> Any:
    """A pushforward along `seed`, or a pullback of it: of the structure of the selection."""
    transform = state.transforms[-1]
    entry, call = state.entry_for(args, kwargs)
    names = [n for n, _ in call.items()]
    primals = dict(zip(names, state.as_floats([v for _, v in call.items()], call), strict=True))
    chosen = [primals[n] for n in selected_names(transform, call)]
    if transform.single:
        extra = [like(seed, chosen[0], "the vector")]
    else:
        given = like(seed, tuple(chosen), "the vector")
        extra = list(given) if transform.kind == "pushforward" else [given]
    values = state.values(entry, call, extra)
    try:
        return entry.program.run(*values)
    except ARITHMETIC as exc:
        return state.retry(entry, call, values, exc)


def like(value: Any, primal: Any, what: str) -> Any:
    """A tangent or adjoint in the kind of its primal. Raises UnsupportedInput if it differs."""
    kind = type(primal)
    if value is None:
        return None
    parts = parts_of(primal)
    if parts is not None:
        mine = parts_of(value)
        sequences = ("tuple", "list")
        same_kind = mine is not None and (
            mine.kind == parts.kind or (mine.kind in sequences and parts.kind in sequences)
        )
        if mine is None or not same_kind or set(mine.keys) != set(parts.keys):
            raise UnsupportedInput(f"{what} must have the structure of its primal")
        held = dict(zip(mine.keys, mine.values, strict=True))
        made = [like(held[k], v, what) for k, v in zip(parts.keys, parts.values, strict=True)]
        return parts.made(made)
    if kind is np.ndarray:
        if primal.dtype.kind not in "fc":
            return None
        if isinstance(value, (tuple, list, dict)):
            raise UnsupportedInput(f"{what} must be an array, like its primal")
        array = np.asarray(value)
        if array.dtype.kind not in "fciub":
            raise UnsupportedInput(f"{what} is not numeric")
        array = array.astype(primal.dtype)
        if array.shape != primal.shape:
            raise UnsupportedInput(
                f"{what} has shape {array.shape}, its primal {primal.shape}",
                advice="Give it the shape of its primal.",
            )
        return array
    if kind is int or isinstance(primal, (bool, str)):
        return None
    if np.ndim(value) and kind is not np.ndarray:
        raise UnsupportedInput(f"{what} must be a number, like its primal")
    if kind is float:
        return float(value)
    if isinstance(primal, np.inexact):
        return kind(value)
    if kind is complex:
        return complex(value)
    return None
