"""Programs looked up on disk, and kept there.

A file is named by its function and a key: the digest of the survey of the function and the call,
of the derivatives asked for, and of the versions. What remains (guards on lengths, layouts, which
objects are one) is in the file, and tested as in memory; so a key may have several files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adcompile.cache import folder
from adcompile.cache.libraries import environment, of_library
from adcompile.cache.record import NotKept, program_of, record_of
from adcompile.cache.survey import EXACT, FIXED, KINDS, Survey, TooLarge
from adcompile.codegen.load import load_all
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call, Transform
from adcompile.rules.dsl import REGISTRY

VARIANTS = 8
"""How many programs are kept for one key."""

_FORMAT = "# adcompile cache, format 1"


@dataclass
class Request:
    """What a program is looked up by: its survey and key."""

    name: str
    call: Call
    survey: Survey
    key: str

    def paths(self) -> list[Path]:
        at = folder.programs()
        if at is None:
            return []
        return [at / f"{self.name}-{self.key}-{n}.py" for n in range(VARIANTS)]


def request(
    fn: Any, name: str, call: Call, transforms: Sequence[Transform], options: Mapping[str, Any]
) -> Request | None:
    """How to find the program of a call; None where it is not kept on disk."""
    if folder.programs() is None:
        return None
    survey = Survey()
    try:
        survey.add(environment_digest(), fn)
        survey.add("transforms", tuple(map(repr, transforms)))
        survey.add("options", repr(sorted(options.items())))
        for k, what in enumerate(list(REGISTRY.by_users)):
            survey.add(f"rule {k}", what, EXACT | FIXED)
        survey.add("call", (name, len(call.args), call.bound, call.receiver), EXACT)
        for label, value in call.items():
            survey.add(label, value, KINDS | FIXED)
    except (TooLarge, RecursionError):
        return None
    return Request(name, call, survey, survey.digest()) if survey.complete else None


def environment_digest() -> str:
    return hashlib.sha256(environment().encode()).hexdigest()


def found(request: Request) -> Iterator[tuple[Program, tuple[Any, ...]]]:
    """The programs of a request, each with its functions."""
    given = dict(request.call.items())
    for path in request.paths():
        parts = _parts(folder.read(path), request.key)
        if parts is None:
            continue
        record, text = parts
        try:
            yield program_of(text, json.loads(record), request.survey, given, load_all)
        except (NotKept, ImportError, AttributeError, LookupError, TypeError, ValueError):
            continue  # what it reads is not there, or of another kind


def keep(request: Request, program: Program, used: Sequence[Any]) -> bool:
    """Write a program for a request. used: the functions whose sources it was made from.

    Whether it can be told in text."""
    survey = request.survey
    if not all(of_library(f) or survey.number(f) is not None for f in used):
        return False
    try:
        record = json.dumps(record_of(program, survey), separators=(",", ":"))
        content = f"# key {request.key}\n# {record}\n{program.text}"
        whole = f"{_FORMAT}\n# sha256 {_hash(content)}\n{content}"
    except (NotKept, TooLarge, RecursionError, TypeError, ValueError):
        return False
    path = _place(request.paths(), whole, request.key)
    if path is not None:
        folder.write(path, whole)
    return True


def _place(paths: Sequence[Path], whole: str, key: str) -> Path | None:
    """Where to write: the first that holds no program, else the one that was not used for the
    longest time; None where another process has written the same."""
    written = {path: folder.read(path) for path in paths}
    if whole in written.values():
        return None
    for path, text in written.items():
        if _parts(text, key) is None:
            return path
    return min(paths, key=folder.last_use, default=None)


def _parts(text: str | None, key: str) -> tuple[str, str] | None:
    """The record and the program of a file, if it is whole and for this key."""
    lines = (text or "").split("\n", 4)
    if len(lines) < 5 or lines[0] != _FORMAT:
        return None
    content = "\n".join(lines[2:])
    if lines[1] != f"# sha256 {_hash(content)}" or lines[2] != f"# key {key}":
        return None
    return lines[3][2:], lines[4]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
