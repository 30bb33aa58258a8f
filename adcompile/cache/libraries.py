"""Which modules are libraries: what they define is known by their version, not by its text."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import sysconfig
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STANDARD = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
_INSTALLED = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))


def is_library(module: Any) -> bool:
    """Whether a module of this name is Python's own, installed, or this package."""
    return isinstance(module, str) and version_of(module.partition(".")[0]) is not None


@lru_cache(maxsize=4096)
def version_of(top: str) -> str | None:
    """The version of a library by the name of its outermost package; None of other modules."""
    if top == "__main__":
        return None
    module = sys.modules.get(top)
    file = getattr(module, "__file__", None)
    if top in sys.stdlib_module_names:  # also what a module of the user's may be called
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        inside = origin in ("built-in", "frozen") if file is None else _is_in(file, _STANDARD)
        if inside:
            return ""
    if file is None:
        return None
    if _is_in(file, (_PACKAGE,)):
        return ""
    if not any(part in os.path.normcase(file) for part in _INSTALLED):
        return None
    return f"{getattr(module, '__version__', '')} {stamp_of(file)}"


def _is_in(file: str, folders: tuple[str, ...]) -> bool:
    return os.path.normcase(os.path.realpath(file)).startswith(
        tuple(os.path.normcase(os.path.realpath(f)) + os.sep for f in folders)
    )


def stamp_of(file: str) -> str:
    """When a file was written and how long it is: a package installed again differs."""
    try:
        status = os.stat(file)
    except OSError:
        return ""
    return f"{status.st_mtime_ns}.{status.st_size}"


@lru_cache(maxsize=1)
def environment() -> str:
    """What every program depends on: this package (also while it is worked on), Python, NumPy."""
    stamps = [
        f"{name} {stamp_of(os.path.join(folder, name))}"
        for folder, _, names in sorted(os.walk(_PACKAGE))
        for name in sorted(names)
        if name.endswith(".py")
    ]
    python = f"{platform.python_implementation()} {sys.version}"
    numbers = f"{np.__version__} {np.dtype(int)} {sys.byteorder}"
    return "\n".join(
        (sys.modules["adcompile"].__version__, python, str(sys.flags.optimize), numbers, *stamps)
    )


def reference(value: Any) -> tuple[str, str] | None:
    """(module, qualified name) of a function, class, module, or of a module's names, that a
    library defines: what is found there is this very object. None of anything else."""
    for module, name in _places(value):
        if is_library(module) and _found(module, name) is value:
            return module, name
    return None


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Where a value says that it is defined."""
    if isinstance(value, dict):
        return [(value.get("__name__"), "__dict__")]
    if isinstance(value, ModuleType):
        return [(value.__name__, "")]
    if isinstance(value, np.ufunc):
        return [(module, value.__name__) for module in ("numpy", "scipy.special")]
    return [(getattr(value, "__module__", None), getattr(value, "__qualname__", None))]


def _found(module: str, name: Any) -> Any:
    """What is at a place; modules that nobody has imported hold nothing."""
    found: Any = sys.modules.get(module)
    if not isinstance(name, str):
        return None
    for part in name.split(".") if name else ():
        found = vars(found).get(part) if isinstance(found, type) else getattr(found, part, None)
    return found


def referred(module: str, name: str) -> Any:
    """The object of a reference. Raises ImportError if it is not there."""
    if not is_library(module):
        raise ImportError(f"{module} is no library")
    importlib.import_module(module)
    found = _found(module, name)
    if found is None:
        raise ImportError(f"{module} has no {name}")
    return found


def of_library(fn: FunctionType) -> bool:
    """Whether a function's code is a library's; what it closes over may be the user's."""
    held = fn.__globals__
    name = held.get("__name__")
    return is_library(name) and getattr(sys.modules.get(str(name)), "__dict__", None) is held


def library_name(value: Any) -> str | None:
    """What a library's function, class or module is called, with the library's version."""
    if isinstance(value, FunctionType):
        if not of_library(value):
            return None
        place = value.__globals__["__name__"], value.__qualname__
    else:
        found = reference(value)
        if found is None:
            return None
        place = found
    return f"{place[0]}:{place[1]} {version_of(place[0].partition('.')[0])}"


def singleton_name(value: Any) -> str | None:
    """What a library calls an object that it made itself, such as `dataclasses.MISSING`."""
    home = type(value).__module__
    module = sys.modules.get(home) if is_library(home) else None
    names = (name for name, held in list(vars(module or object).items()) if held is value)
    name = next(names, None)
    return None if name is None else f"{home}:{name} {version_of(home.partition('.')[0])}"
