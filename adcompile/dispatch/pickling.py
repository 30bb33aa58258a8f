"""How derivatives are pickled: by the name they have, else by the function they are of.

A module's name may hold what a decorator made of a function, so the function cannot be found
under its own name: it is pickled as what is wrapped there.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from typing import Any

from adcompile.cache.libraries import of_library
from adcompile.cache.survey import Survey, TooLarge
from adcompile.frontend.source import Located, send_texts

_DEPTH = 10
"""How many decorators one name may have."""


def global_name(value: Any) -> str | None:
    """The name under which a module holds `value`, for `__reduce__` to return: it is the same
    object when it is loaded again. None if there is none, or it is to be pickled by value."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if by_value(module) or held_by(module, name) is not value:
        return None
    return name


def held_by(module: Any, name: Any) -> Any:
    """What an imported module holds under a qualified name; None if there is nothing."""
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in name.split(".") if isinstance(name, str) else ():
        found = getattr(found, part, None)
    return found


def by_value(module: Any) -> bool:
    """Whether cloudpickle is at work, for another process in which what is in `module` may not be
    found: `__main__`, or a module that is not imported. It pickles such functions by value."""
    return (module == "__main__" or module not in sys.modules) and cloudpickling()


def cloudpickling() -> bool:
    """Whether cloudpickle is at work: `__reduce__` is not told by whom it is called."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "dump" and "cloudpickle" in frame.f_globals.get("__name__", ""):
            return True
        frame = frame.f_back
    return False


class Wrapped:
    """A function that a module's name holds under decorators. `depth`: under how many."""

    def __init__(self, module: str, name: str, depth: int) -> None:
        self.place = (module, name, depth)

    def __reduce__(self) -> Any:
        return (unwrapped, self.place)


def unwrapped(module: str, name: str, depth: int) -> Any:
    """The function that was pickled as a `Wrapped`."""
    importlib.import_module(module)
    found = held_by(module, name)
    for _ in range(depth):
        found = found.__wrapped__
    return found


class EntryOf:
    """The plain function that stands for a function with a derivative of its own."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def __reduce__(self) -> Any:
        return (entry_of, (self.owner,))


def entry_of(owner: Any) -> Any:
    """The function that was pickled as an `EntryOf`."""
    return owner.__adcompile_entry__()


def portable(fn: Any) -> Any:
    """A function in the form in which it is pickled."""
    owner = getattr(fn, "__adcompile_owner__", None)
    if owner is not None:
        return EntryOf(owner)
    depth = depth_of(fn)
    return Wrapped(fn.__module__, fn.__qualname__, depth) if depth else fn


def depth_of(fn: Any) -> int | None:
    """Under how many decorators the module's name holds a function; None if it does not, or if
    the function is pickled by value."""
    module, name = getattr(fn, "__module__", None), getattr(fn, "__qualname__", None)
    found = None if by_value(module) else held_by(module, name)
    for depth in range(_DEPTH):
        if found is fn:
            return depth
        found = getattr(found, "__wrapped__", None)
    return None


def texts_with(*fns: Any) -> dict[str, Located]:
    """The texts that go along with functions: of those that cloudpickle pickles by value, which
    keeps their code and not where it is from."""
    if not cloudpickling() or all(depth_of(fn) is not None for fn in fns):
        return {}
    survey = Survey()
    with contextlib.suppress(TooLarge, RecursionError):
        survey.add("functions", fns)
    met = [f for f in survey.objects if isinstance(f, types.FunctionType) and not of_library(f)]
    return send_texts(f for f in met if depth_of(f) is None)
