"""What must hold for every random program, and the outcome of checking one."""

from __future__ import annotations

import copy
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adcompile import ADCompileError, jvp, value_and_grad, vjp
from tests.fuzz.programs import Program
from tests.helpers import import_source, random_like, to_vector

CHOSEN = (0, 1, 2, 3)
VALUE = 1e-11  # copies change the layout, and with it the order in which np.sum adds

SECOND = """
from adcompile import grad, jvp


def gradient(x, y, A, s, n):
    return grad(f, argnums={chosen})(x, y, A, s, n)


def second(x, y, A, s, n, tangents):
    return jvp(gradient, (x, y, A, s, n), tangents)[1]
"""


@dataclass
class Outcome:
    """kind: ok, invalid (the plain program fails), kink, refused, or what went wrong."""

    kind: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind not in ("ok", "invalid", "kink", "refused")


class Wrong(Exception):
    pass


def _close(a: Any, b: Any, tolerance: float) -> bool:
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        return False
    scale = 1.0 + (np.max(np.abs(b)) if b.size else 0.0)
    return bool(np.all(np.abs(a - b) <= tolerance * scale))


def _slope(function: Any, args: Any, chosen: Any, direction: Any, h: float) -> np.ndarray:
    """A central difference; an array given twice is moved once."""
    ends = []
    for sign in (1.0, -1.0):
        moved = list(copy.deepcopy(args))
        done: dict[int, Any] = {}
        for i, d in zip(chosen, direction, strict=True):
            if id(args[i]) in done:
                moved[i] = done[id(args[i])]
            elif isinstance(moved[i], np.ndarray):
                moved[i] += sign * h * d  # in place: the layout stays
                done[id(args[i])] = moved[i]
            else:
                moved[i] = moved[i] + sign * h * d
        ends.append(to_vector(function(*moved)))
    return (ends[0] - ends[1]) / (2 * h)


def check(
    program: Program, directory: Path, optimize: bool = True, second: bool = False
) -> Outcome:
    """Run every check on one program."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _check(program, directory, optimize, second)


def _check(program: Program, directory: Path, optimize: bool, second: bool) -> Outcome:
    try:
        module = import_source(program.text(), directory, "fuzz")
    except SyntaxError:
        return Outcome("invalid")
    f = module.f
    args = program.args()
    chosen = (0, 2, 3) if program.layout == "repeated" else CHOSEN
    try:
        plain = f(*copy.deepcopy(args))
        again = f(*copy.deepcopy(args))
    except Exception:
        return Outcome("invalid")
    if not isinstance(plain, (int, float, np.floating)):
        return Outcome("invalid")
    if not (np.isfinite(plain) and abs(plain) < 1e6) or plain != again:
        return Outcome("invalid")
    rng = np.random.default_rng(program.seed + 1)
    direction = random_like(tuple(args[i] for i in chosen), rng)
    try:
        return _compare(program, directory, f, args, chosen, direction, plain, optimize, second)
    except ADCompileError as refusal:
        return Outcome("refused", f"{type(refusal).__name__}: {refusal}")
    except Wrong as wrong:
        return Outcome(str(wrong.args[0]), str(wrong.args[1:]))
    except Exception as exc:
        return Outcome(f"crash {type(exc).__name__}", traceback.format_exc(limit=-6))


def _compare(
    program: Program,
    directory: Path,
    f: Any,
    args: Any,
    chosen: Any,
    direction: Any,
    plain: Any,
    optimize: bool,
    second: bool,
) -> Outcome:
    flags = {} if optimize else {"optimize": False}
    before = copy.deepcopy(args)

    def unchanged(what: str) -> None:
        for one, other in zip(args, before, strict=True):
            if not np.array_equal(one, other):
                raise Wrong("argument mutated", what)

    compiled = value_and_grad(f, argnums=chosen, **flags)
    value, gradient = compiled(*args)
    unchanged("value_and_grad")
    if not _close(value, plain, VALUE):
        raise Wrong("value", "value_and_grad", value, plain)
    if program.layout == "repeated" and not compiled.state.last.program.written & {0, 1}:
        return Outcome("invalid")  # then the two names count as two arguments
    arrays = [g for g in gradient if isinstance(g, np.ndarray)]
    for i, g in enumerate(arrays):
        for other in (*arrays[i + 1 :], *(a for a in args if isinstance(a, np.ndarray))):
            if np.shares_memory(g, other):
                raise Wrong("shared memory", "value_and_grad", i)
    repeated = compiled(*args)
    if not np.array_equal(to_vector(repeated[1]), to_vector(gradient)):
        raise Wrong("second call differs", to_vector(repeated[1]), to_vector(gradient))
    tangents: list[Any] = [None] * 5
    for i, d in zip(chosen, direction, strict=True):
        tangents[i] = d
    if program.layout == "repeated":
        tangents[1] = tangents[0]
    forward_value, tangent = jvp(f, args, tuple(tangents), **flags)
    unchanged("jvp")
    if not _close(forward_value, plain, VALUE):
        raise Wrong("value", "jvp", forward_value, plain)
    vjp_value, pullback = vjp(f, *args, **flags)
    if not _close(vjp_value, plain, VALUE):
        raise Wrong("value", "vjp", vjp_value, plain)
    adjoints = pullback(1.0)
    if not np.array_equal(to_vector(pullback(1.0)), to_vector(adjoints)):
        raise Wrong("second pullback differs")
    unchanged("vjp")
    if program.layout != "repeated":
        pulled = to_vector([adjoints[i] for i in chosen])
        if not _close(pulled, to_vector(gradient), 1e-10):
            raise Wrong("vjp against grad", pulled, to_vector(gradient))
    reverse = float(to_vector(gradient) @ to_vector(direction))
    tangent = float(tangent)
    numeric = [_slope(f, args, chosen, direction, h)[0] for h in (1e-5, 1e-6)]
    smooth = abs(numeric[0] - numeric[1]) <= 1e-6 * (1 + abs(numeric[0]))
    if not _close(reverse, tangent, 1e-9):
        raise Wrong("reverse against forward", reverse, tangent, numeric, smooth)
    if not np.isfinite(reverse):
        raise Wrong("not finite", reverse, numeric)
    if smooth and not _close(reverse, numeric[0], 1e-5):
        raise Wrong("finite differences", reverse, numeric)
    if second:
        text = SECOND.format(chosen=chosen)
        module = import_source(text, directory, "second", f=f)

        def of(*point: Any) -> Any:
            return compiled(*point)[1]

        product = module.second(*args, tuple(tangents))
        unchanged("second order")
        steps = [_slope(of, args, chosen, direction, h) for h in (1e-5, 1e-6)]
        if _close(steps[0], steps[1], 1e-5) and not _close(to_vector(product), steps[0], 1e-4):
            raise Wrong("second order", to_vector(product), steps[0])
    return Outcome("ok" if smooth else "kink")
