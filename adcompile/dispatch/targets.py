"""A callable taken apart: the plain function under methods, partials and derivatives."""

from __future__ import annotations

import functools
import inspect
import types
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcompile.compiling.request import Transform
from adcompile.dispatch.pickling import portable, texts_with
from adcompile.errors import SourceUnavailable
from adcompile.frontend.source import Located, receive_texts
from adcompile.frontend.structure import is_object


@dataclass(frozen=True)
class Target:
    """A callable taken apart: the plain function, and what comes with it.

    bound: arguments in front of the call's own: the object of a method, those of a partial.
    receiver: the first of them is the object whose method it is.
    """

    fn: types.FunctionType
    transforms: tuple[Transform, ...] = ()
    bound: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    receiver: bool = False

    def __reduce__(self) -> Any:
        rest = (self.transforms, self.bound, self.keywords, self.receiver)
        return (_target, (texts_with(self.fn), portable(self.fn), *rest))


def _target(texts: dict[str, Located], fn: types.FunctionType, *rest: Any) -> Target:
    receive_texts(texts)
    return Target(fn, *rest)


def unwrap(fn: Any) -> Target:
    """The plain function under methods, partials and transforms.

    Raises SourceUnavailable for what is no Python function.
    """
    if hasattr(type(fn), "__adcompile_target__"):
        target: Target = fn.__adcompile_target__()
        return target
    if isinstance(fn, types.FunctionType):
        return Target(fn)
    if hasattr(type(fn), "__adcompile_entry__"):
        return Target(fn.__adcompile_entry__())
    if isinstance(fn, types.MethodType):
        inner = unwrap(fn.__func__)
        receiver = not inner.bound and not isinstance(fn.__self__, type)
        return replace(inner, bound=(fn.__self__, *inner.bound), receiver=receiver)
    if isinstance(fn, functools.partial):
        inner = unwrap(fn.func)
        keywords = {**dict(inner.keywords), **fn.keywords}
        return replace(inner, bound=(*inner.bound, *fn.args), keywords=tuple(keywords.items()))
    name = getattr(fn, "__name__", type(fn).__name__)
    method = inspect.getattr_static(type(fn), "__call__", None)
    if is_object(fn) and isinstance(method, types.FunctionType):
        return Target(method, bound=(fn,), receiver=True)
    if isinstance(fn, type):
        raise SourceUnavailable(
            f"{name} is a class", advice="Differentiate a function that makes the object."
        )
    if hasattr(fn, "cache_info"):
        raise SourceUnavailable(
            f"{name} remembers its results (functools.lru_cache)",
            advice=f"Differentiate the plain function: {name}.__wrapped__.",
        )
    shown = f"np.{name}" if isinstance(fn, np.ufunc) else name
    raise SourceUnavailable(
        f"{name} has no Python source to differentiate",
        advice=f"Wrap it in a Python function, as in lambda x: {shown}(x); if {shown} has no rule, "
        "give it a derivative with @rule.",
    )
