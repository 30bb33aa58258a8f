"""The folder of the disk cache: where it is, whose it is, how much it holds.

A file is only read if it and its folder belong to the user and nobody else may write there, as
what it holds is run.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

MAX_FILES = 2_000
MAX_BYTES = 64 * 1024 * 1024
SWEEP_EVERY = 50
"""Files written by a process between two looks at how much the folder holds."""

_DAY = 86_400
_written = 0
_warned: set[str] = set()


def base() -> Path | None:
    """Where the user wants the cache: ADCOMPILE_CACHE_DIR, or the platform's folder for caches;
    None if ADCOMPILE_CACHE is 0 or there is no home folder."""
    if os.environ.get("ADCOMPILE_CACHE", "").strip().lower() in ("0", "off", "false", "no"):
        return None
    chosen = os.environ.get("ADCOMPILE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "adcompile" / "Cache" if local else None
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if sys.platform != "darwin" and os.path.isabs(shared):
        return Path(shared) / "adcompile"
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return None
    return Path(home, "Library/Caches" if sys.platform == "darwin" else ".cache", "adcompile")


def programs() -> Path | None:
    """The folder that holds the files, which is the cache's own inside of `base`."""
    at = base()
    return None if at is None else at / "programs"


def read(path: Path) -> str | None:
    """The text of a file; None if there is none, or it is not to be trusted (with a warning)."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or not _trusted(path.parent, path, status):
            return None
        if status.st_mtime < time.time() - _DAY:
            _touch(path)
        try:
            return file.read().decode()
        except (OSError, UnicodeDecodeError):
            return None


def _trusted(folder: Path, path: Path, status: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):
        return True  # the user's own folder, by the platform's rules
    try:
        around = os.lstat(folder)
    except OSError:
        return False
    for what, found in ((folder, around), (path, status)):
        if found.st_uid != os.geteuid():
            _warn(f"{what} belongs to another user: the disk cache is not used")
            return False
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            _warn(f"others may write to {what}: the disk cache is not used")
            return False
    return True


def _warn(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)


def _touch(path: Path) -> None:
    """It is in use: the files that were not used for the longest time are removed first."""
    with contextlib.suppress(OSError):
        os.utime(path)


def last_use(path: Path) -> float:
    """When a program was written or, to a day, used; 0 if it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def write(path: Path, text: str) -> None:
    """Write a file as a whole: another process sees all of it or nothing. A folder that cannot
    be written is left alone."""
    global _written
    temporary = None
    try:
        os.makedirs(path.parent.parent, mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not _trusted(path.parent, path.parent, os.lstat(path.parent)):
            return
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        os.replace(temporary, path)
    except (OSError, UnicodeEncodeError):
        if temporary is not None:
            remove(Path(temporary))
        return
    _written += 1
    if _written % SWEEP_EVERY == 1:
        sweep(path.parent)


def remove(path: Path) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def files(folder: Path | None) -> list[tuple[Path, os.stat_result]]:
    """The programs in a folder, the one used last first."""
    found = list(_files(folder, ".py"))
    return sorted(found, key=lambda f: f[1].st_mtime, reverse=True)


def _files(folder: Path | None, suffix: str) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        entries = list(os.scandir(folder)) if folder is not None else []
    except OSError:
        return
    for entry in entries:
        try:
            if entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                yield Path(entry.path), entry.stat(follow_symlinks=False)
        except OSError:  # another process has removed it
            continue


def sweep(folder: Path) -> None:
    """Remove what was not used for the longest time, down to nine tenths of the limits, and what
    writers that died have left."""
    for path, status in _files(folder, ".tmp"):
        if status.st_mtime < time.time() - _DAY:
            remove(path)
    held = files(folder)
    total = 0
    crowded = len(held) > MAX_FILES or sum(s.st_size for _, s in held) > MAX_BYTES
    for k, (path, status) in enumerate(held):
        total += status.st_size
        if crowded and (k >= 0.9 * MAX_FILES or total > 0.9 * MAX_BYTES):
            remove(path)


def clear() -> int:
    """Remove every program; how many there were."""
    folder = programs()
    for path, _ in _files(folder, ".tmp"):
        remove(path)
    return sum(remove(path) for path, _ in files(folder))
