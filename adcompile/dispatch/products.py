"""Calls with seeds: jvp, vjp, linearize, and products with the Hessian."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adcompile.compiling.request import Transform, moved, selected_names
from adcompile.dispatch.failures import ARITHMETIC, quiet
from adcompile.dispatch.seeds import like, zeros_of
from adcompile.dispatch.state import MAX_SIGNATURES, State
from adcompile.dispatch.targets import unwrap
from adcompile.errors import UnsupportedInput

_states: dict[tuple[Any, ...], State] = {}
_states_lock = threading.Lock()


def _in_a_new_process() -> None:
    """After a fork: the thread that held the lock is not in this process."""
    global _states_lock
    _states_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_new_process)


def state_of(fn: Any, transform: Transform, optimize: bool) -> State:
    """The programs of a function under one more transform, shared by all calls."""
    target = unwrap(fn)
    target = replace(target, transforms=(*target.transforms, moved(transform, len(target.bound))))
    key = (
        target.fn,
        target.transforms,
        tuple(map(id, target.bound)),
        tuple((k, id(v)) for k, v in target.keywords),
        optimize,
    )
    with _states_lock:
        state = _states.get(key)
        if state is None:
            if len(_states) > MAX_SIGNATURES:
                _states.clear()
            state = _states[key] = State(target, optimize)
    return state


def jvp_call(
    f: Any,
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    optimize: bool,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The value of f at the primals and its tangent along `tangents`; what is aside comes last."""
    if len(primals) != len(tangents):
        raise UnsupportedInput(
            f"jvp got {len(primals)} primals and {len(tangents)} tangents",
            advice="Give one tangent for each primal; None where it is not perturbed.",
        )
    perturbed = tuple(t is not None for t in tangents)
    transform = Transform("jvp", None, has_aux=has_aux, perturbed=perturbed)
    state = state_of(f, transform, optimize)
    entry, call = state.entry_for(primals, kwargs)
    floats = state.as_floats([v for _, v in call.items()], call)[call.bound :]
    given = [
        like(t, p, f"the tangent of argument {i}")
        for i, (p, t) in enumerate(zip(floats, tangents, strict=False))
        if t is not None
    ]
    values = state.values(entry, call, given)
    try:
        made = entry.program.run(*values)
    except ARITHMETIC as exc:
        made = state.retry(entry, call, values, exc)
    value, tangent = made
    return (value[0], tangent, value[1]) if has_aux else (value, tangent)


def paired_state(f: Any, kind: str, optimize: bool = True, has_aux: bool = False) -> State:
    """The programs of f's value with residuals, and of the linear function on these."""
    state = state_of(f, Transform(kind, None, has_aux=has_aux), optimize)
    state.paired = True
    return state


def vjp_call(
    f: Any,
    primals: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    optimize: bool,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The value of f at the primals and its pullback; what is aside comes last."""
    value, back, _ = _paired_call(f, "vjp", primals, kwargs, optimize, has_aux)
    aside = (value[1],) if has_aux else ()
    value = value[0] if has_aux else value

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        bars: tuple[Any, ...] = back(like(y_bar, value, "the adjoint"))
        return bars

    plan = paired_state(f, "vjp", optimize, has_aux).memory_plan
    pullback.memory_plan = lambda: plan(primals, kwargs)  # type: ignore[attr-defined]

    return (value, pullback, *aside)


def adjoints(f: Any, primals: tuple[Any, ...], y_bar: Any) -> tuple[Any, ...]:
    """The adjoints of f's arguments at the primals, given that of its value."""
    _, pullback = vjp_call(f, primals, {}, True)
    return pullback(y_bar)


def linearize_call(
    f: Any,
    primals: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    optimize: bool,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The value of f at the primals, and its tangent as a function of theirs; what is aside
    comes last."""
    value, forward, floats = _paired_call(f, "linearize", primals, kwargs, optimize, has_aux)
    aside = (value[1],) if has_aux else ()
    value = value[0] if has_aux else value
    shapes = [zeros_of(p) for p in floats]

    def linear(*tangents: Any) -> Any:
        if len(tangents) != len(shapes):
            raise UnsupportedInput(
                f"the linear function takes {len(shapes)} tangents, not {len(tangents)}",
                advice="Give one tangent for each primal; None where it is not perturbed.",
            )
        given = [
            z if t is None else like(t, z, f"the tangent of argument {i}")
            for i, (z, t) in enumerate(zip(shapes, tangents, strict=True))
        ]
        return forward(*given)

    return (value, linear, *aside)


def _paired_call(
    f: Any,
    kind: str,
    primals: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    optimize: bool,
    has_aux: bool = False,
) -> tuple[Any, Callable[..., Any], list[Any]]:
    """f's value at the primals, the linear function of the seeds there, and the primals as
    they are read."""
    state = paired_state(f, kind, optimize, has_aux)
    entry, call = state.entry_for(primals, kwargs)
    values = state.values(entry, call)
    value, residuals = entry.program.run(*values)

    def apply(*seeds: Any) -> Any:
        assert entry.pullback is not None
        try:
            return entry.pullback(residuals, *seeds)
        except ARITHMETIC:
            if entry.program.has_effects:
                raise
            with np.errstate(**quiet()):
                with state.lock:
                    if entry.robust is None:
                        robust = state.compile(call, np_floats=True)
                        entry.robust, entry.robust_pullback = robust.program, robust.pullback
                assert entry.robust is not None and entry.robust_pullback is not None
                _, again = entry.robust.run(*values)
                return entry.robust_pullback(again, *seeds)

    return value, apply, values[call.bound : len(call.args)]


def product_call(state: State, args: tuple[Any, ...], seed: Any, kwargs: Mapping[str, Any]) -> Any:
    """A pushforward along `seed`, or a pullback of it: of the structure of the selection."""
    transform = state.transforms[-1]
    entry, call = state.entry_for(args, kwargs)
    names = [n for n, _ in call.items()]
    primals = dict(zip(names, state.as_floats([v for _, v in call.items()], call), strict=True))
    chosen = [primals[n] for n in selected_names(transform, call)]
    if transform.single:
        extra = [like(seed, chosen[0], "the vector")]
    else:
        given = like(seed, tuple(chosen), "the vector")
        extra = list(given) if transform.kind == "pushforward" else [given]
    values = state.values(entry, call, extra)
    try:
        return entry.program.run(*values)
    except ARITHMETIC as exc:
        return state.retry(entry, call, values, exc)
