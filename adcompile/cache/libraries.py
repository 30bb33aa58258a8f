"""Which modules are libraries: what they define is known by their version, not by its text."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_INSTALLED = tuple(
    os.path.normcase(path) + os.sep
    for name, path in sysconfig.get_paths().items()
    if name in ("purelib", "platlib")
)
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def is_library(module: Any) -> bool:
    """Whether a module of this name is Python's own, installed, or this package."""
    return isinstance(module, str) and version_of(module.partition(".")[0]) is not None


@lru_cache(maxsize=4096)
def version_of(top: str) -> str | None:
    """The version of a library by the name of its outermost package; None of other modules."""
    if top == "adcompile" or top in sys.stdlib_module_names:
        return "" if top != "__main__" else None
    module = sys.modules.get(top)
    file = getattr(module, "__file__", None)
    if file is None or not os.path.normcase(file).startswith(_INSTALLED):
        return None
    return f"{getattr(module, '__version__', '')} {stamp_of(file)}"


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
    from adcompile import __version__

    stamps = [
        f"{name} {stamp_of(os.path.join(folder, name))}"
        for folder, _, names in sorted(os.walk(_PACKAGE))
        for name in sorted(names)
        if name.endswith(".py")
    ]
    python = f"{platform.python_implementation()} {sys.version}"
    numbers = f"{np.__version__} {np.dtype(int)} {sys.byteorder}"
    return "\n".join((__version__, python, str(sys.flags.optimize), numbers, *stamps))


def library_name(value: Any) -> str | None:
    """What a function, class or module of a library is called, with the library's version."""
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, (ModuleType, type)):
        return None  # a method of some object
    if isinstance(value, ModuleType):
        module, name = value.__name__, ""
    elif isinstance(value, np.ufunc):
        name = value.__name__
        module = "numpy" if getattr(np, name, None) is value else _ufunc_home(value)
    elif isinstance(value, FunctionType):  # whose __module__ is another's if it is a wrapper
        module, name = value.__globals__.get("__name__"), value.__qualname__
    else:
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(name, str):
        return None
    if not is_library(module):
        return None
    return f"{module}:{name} {version_of(module.partition('.')[0])}"


def singleton_name(value: Any) -> str | None:
    """What a library calls an object that it made itself, such as `dataclasses.MISSING`."""
    home = type(value).__module__
    module = sys.modules.get(home) if is_library(home) else None
    names = (name for name, held in list(vars(module or object).items()) if held is value)
    name = next(names, None)
    return None if name is None else f"{home}:{name} {version_of(home.partition('.')[0])}"


def _ufunc_home(value: np.ufunc) -> Any:
    special = sys.modules.get("scipy.special")
    return "scipy.special" if getattr(special, value.__name__, None) is value else None
