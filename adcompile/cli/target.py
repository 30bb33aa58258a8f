"""The function that a command names: FILE.py:f or package.module:f."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import os
import sys
import types
from pathlib import Path
from typing import Any

from adcompile.cli.errors import BadInput
from adcompile.dispatch.targets import unwrap
from adcompile.errors import ADCompileError


def load_target(text: str) -> types.FunctionType:
    """The plain function that `text` names, taken out of its decorators."""
    place, colon, path = text.rpartition(":")
    if not colon or not path or not place or path.endswith(".py"):
        raise BadInput(f"{text!r} names no function: write FILE.py:function or module:function")
    value: Any = load_file(place) if place.endswith(".py") else load_module(place)
    for part in path.split("."):
        if not hasattr(value, part):
            raise BadInput(f"{place} has no function {path!r}")
        value = getattr(value, part)
    if not callable(value):
        raise BadInput(f"{path!r} in {place} is a {type(value).__name__}, not a function")
    try:
        return unwrap(value).fn
    except ADCompileError as exc:
        raise BadInput(str(exc)) from None


def load_file(place: str) -> types.ModuleType:
    """A file as a module; its folder is searched for what it imports."""
    path = Path(place)
    if not path.is_file():
        raise BadInput(f"there is no file {place}")
    linecache.checkcache(str(path))
    name = path.stem if path.stem.isidentifier() else "target"
    number = 2
    while name in sys.modules:
        name, number = f"{path.stem}_{number}", number + 1
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _search(str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as exc:
        raise BadInput(f"{place} cannot be loaded: {told(exc)}") from exc
    return module


def load_module(place: str) -> types.ModuleType:
    """A module by its dotted name, also from the present folder."""
    _search(os.getcwd())
    try:
        return importlib.import_module(place)
    except Exception as exc:
        raise BadInput(f"{place} cannot be imported: {told(exc)}") from exc


def _search(folder: str) -> None:
    if folder not in sys.path and "" not in sys.path:
        sys.path.insert(0, folder)
    elif folder not in sys.path:
        sys.path.append(folder)


def told(exc: BaseException) -> str:
    """An exception in one line."""
    lines = str(exc).splitlines()
    return f"{type(exc).__name__}: {lines[0]}" if lines else type(exc).__name__
