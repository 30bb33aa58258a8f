"""The callable: a derivative of a function, compiled at the first call of each signature."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

from adcompile.compiling.memory import MemoryPlan
from adcompile.compiling.request import Transform, check_argnums, moved
from adcompile.dispatch.honest import SignatureOf
from adcompile.dispatch.pickling import global_name
from adcompile.dispatch.state import State
from adcompile.dispatch.targets import Target, unwrap

P = ParamSpec("P")


@dataclass
class CacheInfo:
    """hits, misses: whether a call's signature had a program in memory. from_disk: how many of
    the misses were compiled by an earlier process."""

    hits: int = 0
    misses: int = 0
    from_disk: int = 0


class Compiled(functools.partial, Generic[P]):
    """A derivative of a function, compiled at the first call of each signature.

    Attributes: `source` (the text that ran last), `source_for(*args)`, `memory_plan(*args)`,
    `__wrapped__` (the plain function), `cache_info()`.
    """

    __adcompile__ = True

    state: State
    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]
    __signature__ = SignatureOf()

    def __new__(
        cls, fn: Callable[P, Any], transforms: Sequence[Transform], optimize: bool = True
    ) -> Compiled[P]:
        target = unwrap(fn)
        if isinstance(fn, Compiled):
            optimize = optimize and fn.optimize
        for t in transforms:
            check_argnums(target.fn, t, len(target.bound))
        counted = tuple(moved(t, len(target.bound)) for t in transforms)
        target = replace(target, transforms=(*target.transforms, *counted))
        wrapped = fn.__wrapped__ if isinstance(fn, Compiled) else fn
        return cls._of(State(target, optimize), wrapped)

    @classmethod
    def _of(cls, state: State, wrapped: Callable[..., Any]) -> Compiled:
        self = super().__new__(cls, state.slow)
        state.owner = self
        self.state = state
        functools.update_wrapper(self, state.fn)
        self.__wrapped__ = wrapped
        given = getattr(state.fn, "__annotations__", {})
        self.__annotations__ = {k: v for k, v in given.items() if k != "return"}
        return self

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any: ...

    def __adcompile_target__(self) -> Target:
        """What `unwrap` finds in it."""
        return self.state.target

    def __adcompile_parts__(self) -> tuple[Any, ...]:
        return self.state.parts()

    @property
    def fn(self) -> types.FunctionType:
        return self.state.fn

    @property
    def transforms(self) -> tuple[Transform, ...]:
        return self.state.transforms

    @property
    def optimize(self) -> bool:
        return self.state.optimize

    @property
    def source(self) -> str:
        """The text that ran last; before any call, general code for unknown arguments."""
        return self.state.source()

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The text for a call with these arguments, without running it."""
        return self.state.entry_for(args, kwargs)[0].program.text

    def memory_plan(self, *args: Any, **kwargs: Any) -> MemoryPlan:
        """What a call with these arguments keeps for its reverse sweep, without running it.

        Returns:
            An object with `bytes`, `kept` (each value with its line, bytes and number), `again`
            (checkpointed calls and loops) and `unknown` (values of which only a run can tell how
            many there are); printed, a table.

        Raises:
            ADCompileError: as the call itself at compile time.
        """
        return self.state.memory_plan(args, kwargs)

    def cache_info(self) -> CacheInfo:
        """How many calls found their signature compiled, and how many had to have it compiled."""
        return CacheInfo(self.state.hits, self.state.misses, self.state.from_disk)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method: the object comes first, and what the method does to it is done."""
        if instance is None:
            return self
        target = replace(
            self.state.target, bound=(instance, *self.state.target.bound), receiver=True
        )
        state = State(target, self.optimize)
        state.entries = self.state.of_methods
        return self._of(state, self.__wrapped__)

    def __repr__(self) -> str:
        kinds = "(".join(t.kind for t in reversed(self.transforms))
        return f"<{kinds}({self.fn.__qualname__}{')' * len(self.transforms)}>"

    def __reduce__(self) -> Any:
        """By name if a module holds it under its name, else as the derivative of its function."""
        return global_name(self) or (_rebuild, (self.state.target, self.optimize))


def _rebuild(target: Target, optimize: bool) -> Compiled:
    return Compiled._of(State(target, optimize), target.fn)
