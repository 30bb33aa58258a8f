"""The functions whose calls are lowered in a way of their own.

Each file that defines such lowerings enters them here when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal

Args: TypeAlias = Sequence[PyVal]
Kwargs: TypeAlias = dict[str, PyVal]
Lower: TypeAlias = Callable[[Context, Args, Kwargs], PyVal]

SPECIAL: dict[Any, Lower] = {}
