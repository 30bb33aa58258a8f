"""Memory of reverse mode: what is not kept, but computed again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Generic, ParamSpec, TypeVar

from adcompile import markers
from adcompile.api.custom import on_adjoint, stop_gradient
from adcompile.dispatch.pickling import global_name, portable, texts_with
from adcompile.dispatch.targets import Target, unwrap
from adcompile.errors import UnsupportedInput
from adcompile.frontend.source import Located, receive_texts

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class checkpoint(Generic[P, R]):
    """A function whose intermediate values reverse mode does not keep.

    Args:
        f: a function. Also a decorator, of methods too.

    Returns:
        A function that computes the same. A derivative of a program that calls it keeps what the
        call reads, and computes the rest again when the adjoints of that call are due. Random
        draws and calls of code without source happen once: their values are kept. So do prints,
        assertions and other effects.

    Raises:
        UnsupportedInput: f cannot be called.
        UnsupportedSyntax: f is a generator.

    Method: the statements of the call are copied to where their values are read (Griewank and
    Walther, Evaluating Derivatives, ch. 12; of one level).

    In forward mode it changes nothing. The whole of a differentiated function gains nothing from
    it: there is nothing to keep for later.

    >>> @checkpoint
    ... def layer(W, h):
    ...     return np.tanh(W @ np.tanh(W @ h))
    >>> def loss(W, h):
    ...     for _ in range(3):
    ...         h = layer(W, h)
    ...     return np.sum(h)
    >>> grad(loss)(np.eye(2), np.array([0.5, -1.0])).round(3)
    array([[ 1.484, -2.19 ],
           [ 0.986, -1.383]])
    """

    __adcompile__ = True
    __adcompile_marker__ = staticmethod(markers.called)

    __name__: str
    __wrapped__: Callable[P, R]

    def __init__(self, f: Callable[P, R]) -> None:
        if not callable(f):
            raise UnsupportedInput(
                f"checkpoint takes a function, not {f!r}",
                advice="For a loop: for ... in checkpointed(iterable, snapshots=...).",
            )
        functools.update_wrapper(self, f)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __adcompile_target__(self) -> Target:
        return unwrap(self.__wrapped__)

    def __adcompile_parts__(self) -> tuple[Any, ...]:
        return ("checkpoint", self.__wrapped__)

    def __reduce__(self) -> Any:
        f = self.__wrapped__
        return global_name(self) or (_received, (texts_with(f), portable(f)))


def _received(texts: dict[str, Located], f: Callable[..., Any]) -> checkpoint[..., Any]:
    receive_texts(texts)
    return checkpoint(f)


def checkpointed(iterable: Iterable[T], snapshots: int) -> Iterable[T]:
    """The iterable, for a loop whose values reverse mode does not keep.

    Args:
        iterable: what a `for` statement goes over: a range, an array, `itertools.count()`.
        snapshots: how many states of the loop (the values of what it carries from one iteration
            to the next) are kept at a time, at least 1; known at compile time.

    Returns:
        The iterable itself.

    Raises:
        UnsupportedInput: snapshots is no positive int.
        UnsupportedSyntax: the loop has to be unrolled, or goes over a generator.

    The reverse sweep of `for t in checkpointed(range(n), snapshots=s)` computes each state again
    from the last snapshot before it. With s snapshots an iteration is run r times before it is
    reversed, where n <= (s + r)! / (s! r!): 20 snapshots and r = 4 do for 10626 iterations. What
    is drawn at random in the loop is kept for all iterations. Where the number of iterations is
    not known when the loop begins (it is left by `break` or `return`), about as many suffice.

    Method: binomial checkpointing, Griewank and Walther, "Algorithm 799: revolve", ACM Trans.
    Math. Softw. 26 (2000).

    >>> def decay(u, steps):
    ...     for t in checkpointed(range(steps), snapshots=3):
    ...         u = u - 0.1 * u**3
    ...     return np.sum(u)
    >>> grad(decay)(np.array([1.0, 2.0]), 50).round(5)
    array([ 0.02202, -0.00242])
    """
    if isinstance(snapshots, bool) or not hasattr(snapshots, "__index__") or snapshots < 1:
        raise UnsupportedInput(
            f"snapshots={snapshots!r} is no number of snapshots", advice="Give at least 1."
        )
    return iterable


markers.register(stop_gradient, on_adjoint, checkpoint, checkpointed)

__all__ = ["checkpoint", "checkpointed"]
