"""The signature of a derivative: the parameters of its function, and the type of its own result."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from typing import Any

from adcompile.compiling.request import Transform
from adcompile.dispatch.targets import Target

EMPTY: Any = inspect.Parameter.empty


class SignatureOf:
    """`__signature__` of an object with a `state`, made when it is asked for."""

    def __get__(self, instance: Any, owner: type) -> inspect.Signature | None:
        return None if instance is None else signature_of(instance.state.target)


def signature_of(target: Target) -> inspect.Signature:
    """The signature of a callable that was taken apart."""
    plain = inspect.signature(target.fn)
    result = plain.return_annotation
    names = list(plain.parameters)
    for t in target.transforms:
        result = _result(plain, names, t, result)
    keywords = dict(target.keywords)
    parameters = []
    for p in list(plain.parameters.values())[len(target.bound) :]:
        given = p.name in keywords
        parameters.append(p.replace(default=keywords[p.name], kind=p.KEYWORD_ONLY) if given else p)
    parameters.sort(key=lambda p: p.kind)
    return plain.replace(parameters=parameters, return_annotation=result)


def _result(plain: inspect.Signature, names: Sequence[str], t: Transform, result: Any) -> Any:
    """What a derivative returns, where annotations tell."""
    if t.kind in ("primal", "derivative"):
        return result
    if t.kind not in ("grad", "elementwise_grad", "value_and_grad") or t.has_aux:
        return EMPTY
    chosen = []
    for a in t.argnums or ():
        name = a if isinstance(a, str) else names[a] if -len(names) <= a < len(names) else None
        p = plain.parameters.get(name) if name is not None else None
        if p is None or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            chosen.append(EMPTY)
        else:
            chosen.append(p.annotation)
    gradient = chosen[0] if t.single and chosen else _tuple(chosen)
    return _tuple([result, gradient]) if t.kind == "value_and_grad" else gradient


def _tuple(parts: Sequence[Any]) -> Any:
    """The annotation of a tuple; none if one of the parts has none."""
    if any(p is EMPTY for p in parts):
        return EMPTY
    if all(isinstance(p, str) for p in parts):
        return f"tuple[{', '.join(parts)}]"
    if any(isinstance(p, str) for p in parts):
        return EMPTY
    return types.GenericAlias(tuple, tuple(parts))
