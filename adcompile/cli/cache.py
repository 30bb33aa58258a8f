"""adcompile cache: the programs kept on disk."""

from __future__ import annotations

import time

from adcompile.cache import folder
from adcompile.render.table import Table
from adcompile.render.text import text_table

OFF = "the disk cache is off (ADCOMPILE_CACHE, or there is no home folder)"


def cache(action: str) -> int:
    """List the programs, the one used last first; remove them; or print the folder."""
    at = folder.programs()
    if at is None:
        print(OFF)
    elif action == "dir":
        print(at)
    elif action == "clear":
        print(f"{_count(folder.clear())} removed")
    else:
        _list()
    return 0


def _list() -> None:
    held = folder.files(folder.programs())
    rows = [
        (
            path.name.partition("-")[0],
            f"{status.st_size:,}",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(status.st_mtime)),
            path.name,
        )
        for path, status in held
    ]
    size = sum(status.st_size for _, status in held)
    note = f"{_count(len(held))}, {size:,} bytes"
    print(text_table(Table("", ("program", "bytes", "last used", "file"), rows, note=note)))


def _count(number: int) -> str:
    return f"{number} program{'' if number == 1 else 's'}"
