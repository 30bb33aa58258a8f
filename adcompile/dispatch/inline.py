"""Generated dispatchers: the tests of one signature written out, then its program."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from adcompile.analysis.facts import Guard
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call
from adcompile.frontend.places import Place
from adcompile.frontend.structure import parts_of

MISSING = inspect.Parameter.empty
"""What a dispatcher gets for an argument that is not passed."""


def make_dispatcher(
    program: Program,
    call: Call,
    names: Sequence[str],
    floats: Collection[str],
    opened: Collection[str],
    general: Callable[..., Any],
    recover: Callable[..., Any],
) -> Callable[..., Any] | None:
    """A function that recognises the signature of `call` and calls its program.

    names: the parameters. floats: those whose ints are read as floats. opened: those
    whose objects are taken apart. general: takes the values
    of any other call; recover: the values and what the program raised. None where the signature
    needs more than inline tests.
    """
    scope: dict[str, Any] = {
        "_missing": MISSING,
        "_run": program.run,
        "_general": general,
        "_recover": recover,
        "_ndarray": np.ndarray,
        "_errors": Exception,
    }
    work = _Checks(scope)
    passed = []
    for name, value in zip(call.names, call.args, strict=True):
        if name in opened and holds_object(value):
            return None  # what its attributes are would have to be tested
        if not work.check(name, value):
            return None
        passed.append(f"float({name})" if type(value) is int and name in floats else name)
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
        f"            return _recover(({given}), exc)",
        f"    return _general(({every}))",
    ]
    exec("\n".join(lines), scope)
    return scope["dispatch"]


def holds_object(value: Any) -> bool:
    """Whether a value is an object that is taken apart by its attributes, or holds one."""
    parts = parts_of(value)
    return parts is not None and (parts.kind == "object" or any(map(holds_object, parts.values)))


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
        elif isinstance(value, tuple):  # a named tuple
            return False
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
