"""The programs of one compiled function: looked up, compiled, run."""

from __future__ import annotations

import gc
import inspect
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from adcompile.cache import disk
from adcompile.compiling.memory import MemoryPlan
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call, check_passed, opened_names, selected_names
from adcompile.dispatch.failures import ARITHMETIC, annotate, quiet
from adcompile.dispatch.guards import captured_leaves, check_overlap, holds
from adcompile.dispatch.inline import MISSING, make_dispatcher
from adcompile.dispatch.naming import described, general_call
from adcompile.dispatch.targets import Target
from adcompile.errors import ADCompileError
from adcompile.frontend.arguments import Spec, describe, flatten
from adcompile.frontend.source import recorded
from adcompile.pipeline import Compilation
from adcompile.rules.dsl import REGISTRY

MAX_SIGNATURES = 256


@dataclass
class Entry:
    """A program with what must hold for it, beside the signature."""

    program: Program
    robust: Program | None = None
    pullback: Callable[..., Any] | None = None
    robust_pullback: Callable[..., Any] | None = None


_compiled: weakref.WeakSet[State] = weakref.WeakSet()
_compiled_lock = threading.Lock()


def _all_states() -> list[State]:
    with _compiled_lock:
        return list(_compiled)


def _forget_dispatchers() -> None:
    """A rule was registered: every function looks for its program again."""
    for state in _all_states():
        if state.owner is not None:
            state.owner.__setstate__((state.slow, (), {}, state.owner.__dict__))


REGISTRY.listeners.append(_forget_dispatchers)


def _in_a_new_process() -> None:
    """After a fork: threads that held a lock are not in this process."""
    global _compiled_lock
    _compiled_lock = threading.Lock()
    REGISTRY.lock = threading.RLock()
    for state in _all_states():
        state.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_new_process)


class State:
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
        self.from_disk = 0
        self.lock = threading.RLock()
        self.rules = 0
        self.paired = False
        with _compiled_lock:
            _compiled.add(self)
        code = fn.__code__
        self.names = code.co_varnames[: code.co_argcount]
        flags = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
        self.plain = not code.co_flags & flags and not code.co_kwonlyargcount

    def parts(self) -> tuple[Any, ...]:
        """What tells a derivative from another one."""
        target = self.target
        asked = tuple(map(repr, target.transforms))
        given = (target.bound, dict(target.keywords), target.receiver)
        return ("derivative", asked, self.optimize, target.fn, *given)

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
        """Compile for one call, or find on disk what was compiled for such a call."""
        check_passed(self.fn.__name__, self.transforms, call)
        name, doc = described(self.fn, self.transforms, call, self.selected(call))
        request = self.request(call, name, np_floats)
        leaves = self.leaves(call)
        for program, functions in () if request is None else disk.found(request):
            if holds(program, leaves, call):
                self.from_disk += 1
                return Entry(program, pullback=functions[1] if self.paired else None)
        with collection_paused(), recorded() as used:
            entry = self._compile(call, name, doc, np_floats)
        if request is not None:
            disk.keep(request, entry.program, used)
        return entry

    def request(self, call: Call, name: str, np_floats: bool) -> disk.Request | None:
        options = {"optimize": self.optimize, "np_floats": np_floats, "paired": self.paired}
        read_as = replace(call, args=tuple(self._floats_of_positional(call)))
        return disk.request(self.fn, name, read_as, self.transforms, options)

    def _compile(self, call: Call, name: str, doc: str, np_floats: bool) -> Entry:
        """Identical arrays are one object if one of them is written."""
        made = self._compilation(call, {}, np_floats)
        same = self.same(call)
        written = made.lowered.written
        if written and any(i in written or j in written for i, j in same.items()):
            made = self._compilation(call, same, np_floats)
        if self.paired:
            names = (f"{name}_fwd", f"{name}_bwd")
            if self.transforms[-1].kind == "linearize":
                names = (name, f"{name.removesuffix('_linearize')}_linear")
            program, pullback = made.pair(*names, doc)
            return Entry(program, pullback=pullback)
        return Entry(made.program(name, doc))

    def memory_plan(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> MemoryPlan:
        """What the program for a call keeps. Compiles, and does not run it."""
        call = self.bind(args, kwargs)
        with collection_paused():
            made = self._compilation(call, {}, False)
            return made.memory_plan()

    def _compilation(self, call: Call, same: Mapping[int, int], np_floats: bool) -> Compilation:
        call = replace(call, args=tuple(self._floats_of_positional(call)))
        return Compilation.of_call(self.fn, self.transforms, call, self.optimize, same, np_floats)

    def _floats_of_positional(self, call: Call) -> list[Any]:
        if not call.args:
            return []
        return self.as_floats(list(call.args), replace(call, kwargs={}))

    def source(self) -> str:
        if self.rerun is not None:
            return self.rerun.text
        if self.last is not None:
            return self.last.program.text
        return self.general_source()

    def general_source(self) -> str:
        """The text before any call."""
        header = "# General code: no call has been compiled yet; arguments are taken as floats.\n"
        try:
            return header + self.compile(general_call(self.target, self.names)).program.text
        except ADCompileError as exc:
            return f"{header}# It needs a call to know more: {str(exc).splitlines()[0]}\n"

    # -- the fast path

    def install(self, entry: Entry, call: Call) -> None:
        """Make the dispatcher of this signature the function that is called."""
        if not self.plain or call.kwargs or entry.program.written:
            return
        dispatcher = make_dispatcher(
            entry.program,
            call,
            self.names,
            self.selected(call),
            self.opened(call),
            self.general,
            partial(self.recover, entry),
        )
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
