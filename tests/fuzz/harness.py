"""What must hold for every random program, and the outcome of checking one."""

from __future__ import annotations

import copy
import linecache
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adcompile import ADCompileError, jvp, value_and_grad, vjp
from tests.fuzz.program import Program
from tests.helpers import import_source, random_like, to_vector

VALUE = 1e-11  # copies change the layout, and with it the order in which np.sum adds
LIMIT = 1e6

SECOND = """
from adcompile import grad, jvp


def gradient(x, y, A, s, n):
    return grad(f, argnums={chosen})(x, y, A, s, n)


def second(x, y, A, s, n, tangents):
    return jvp(gradient, (x, y, A, s, n), tangents)[1]
"""

PASSED = ("ok", "kink", "refused", "raises", "invalid")


@dataclass
class Outcome:
    """kind: one of PASSED, or what went wrong.

    kink: the finite differences at two steps disagree, and say nothing. refused: by an
    ADCompileError. raises: the program raises, and so do its derivatives. invalid: the program is
    no test (its value is not finite, or large, or differs from call to call).
    """

    kind: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind not in PASSED


class Wrong(Exception):
    pass


def _close(a: Any, b: Any, tolerance: float) -> bool:
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        return False
    scale = 1.0 + (np.max(np.abs(b)) if b.size else 0.0)
    return bool(np.all(np.abs(a - b) <= tolerance * scale))


def check(
    program: Program, directory: Path, optimize: bool = True, second: bool = False
) -> Outcome:
    """Run every check on one program."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            module = import_source(program.text(), directory, "fuzz")
        except SyntaxError:
            return Outcome("invalid", "syntax")
        try:
            return _Check(program, directory, module, optimize).outcome(second)
        finally:
            _forget(module)


def _forget(module: Any) -> None:
    del sys.modules[module.__name__]
    linecache.cache.pop(module.__file__, None)
    Path(module.__file__).unlink()


class _Check:
    """One program under test, with its globals as they were at first."""

    def __init__(self, program: Program, directory: Path, module: Any, optimize: bool) -> None:
        self.program, self.directory, self.module = program, directory, module
        self.f, self.chosen = module.f, program.chosen
        self.flags: dict[str, Any] = {} if optimize else {"optimize": False}
        self.states = {name: copy.deepcopy(vars(module)[name]) for name in program.states}
        self.effects: Any = None

    # -- calls from a fresh state

    def reset(self) -> None:
        for name, value in self.states.items():
            held = vars(self.module)[name]
            if isinstance(held, dict):
                held.clear()
                held.update(copy.deepcopy(value))
            else:
                held[...] = value

    def after(self) -> list[Any]:
        """What has become of the globals, as vectors."""
        return [to_vector(copy.deepcopy(vars(self.module)[name])) for name in self.states]

    def plain(self, *args: Any) -> Any:
        self.reset()
        return self.f(*args)

    def checked(self, what: str, args: Any, call: Any) -> Any:
        """A call that leaves arguments as they are and globals as the plain function does."""
        self.reset()
        before = copy.deepcopy(args)
        result = call()
        for one, other in zip(args, before, strict=True):
            if not np.array_equal(one, other):
                raise Wrong("argument mutated", what)
        for mine, theirs in zip(self.after(), self.effects, strict=True):
            if not _close(mine, theirs, VALUE):
                raise Wrong("effect", what, mine, theirs)
        return result

    def slope(self, function: Any, args: Any, direction: Any, h: float) -> np.ndarray:
        """A central difference; an array given twice is moved once."""
        ends = []
        for sign in (1.0, -1.0):
            moved = list(copy.deepcopy(args))
            done: dict[int, Any] = {}
            for i, d in zip(self.chosen, direction, strict=True):
                if id(args[i]) in done:
                    moved[i] = done[id(args[i])]
                elif isinstance(moved[i], np.ndarray):
                    moved[i] += sign * h * d  # in place: the layout stays
                    done[id(args[i])] = moved[i]
                else:
                    moved[i] = moved[i] + sign * h * d
            ends.append(to_vector(function(*moved)))
        return (ends[0] - ends[1]) / (2 * h)

    # -- the checks

    def outcome(self, second: bool) -> Outcome:
        args = self.program.args()
        compiled = value_and_grad(self.f, argnums=self.chosen, **self.flags)
        try:
            usable = self.usable(args)
        except Exception as raised:
            return self.raising(compiled, args, raised)
        if not usable:
            return Outcome("invalid")
        try:
            smooth = self.compare(compiled, args, second)
        except ADCompileError as refusal:
            return Outcome("refused", f"{type(refusal).__name__}: {refusal}")
        except Wrong as wrong:
            return Outcome(str(wrong.args[0]), str(wrong.args[1:]))
        except Exception as exc:
            return Outcome(f"crash {type(exc).__name__}", traceback.format_exc(limit=-6))
        return self.elsewhere(compiled) or Outcome("ok" if smooth else "kink")

    def usable(self, args: Any) -> bool:
        """Whether the plain function returns the same moderate number each time."""
        value = self.plain(*copy.deepcopy(args))
        self.effects = self.after()
        again = self.plain(*copy.deepcopy(args))
        if not isinstance(value, (int, float, np.floating)):
            return False
        moderate = [value, *(v for e in self.effects for v in e)]
        small = np.all(np.isfinite(moderate)) and np.max(np.abs(moderate)) < LIMIT
        return bool(small and value == again)

    def raising(self, compiled: Any, args: Any, raised: Exception) -> Outcome:
        """The plain function raises: so does the compiled one, or it is refused."""
        self.reset()
        try:
            value = compiled(*args)
        except ADCompileError:
            return Outcome("refused")
        except Exception as exc:
            if type(exc) is type(raised):
                return Outcome("raises")
            wanted = f"{type(raised).__name__}: {raised}"
            return Outcome(f"raises {type(exc).__name__}", wanted + traceback.format_exc(limit=-4))
        return Outcome("does not raise", f"{type(raised).__name__}: {raised}, but {value}")

    def elsewhere(self, compiled: Any) -> Outcome | None:
        """The same compiled function called with other sizes and counts."""
        program = self.program
        others = {"size": program.size + 1}, {"size": 1}, {"trips": 5}, {"trips": 0}
        for other in others:
            args = program.args(**other)
            try:
                if not self.usable(args):
                    continue
            except Exception:
                continue
            try:
                self.compare_at(compiled, args)
            except ADCompileError:
                continue
            except Wrong as wrong:
                return Outcome(f"{wrong.args[0]} elsewhere", str((other, *wrong.args[1:])))
            except Exception as exc:
                trace = traceback.format_exc(limit=-6)
                return Outcome(f"crash {type(exc).__name__} elsewhere", f"{other} {trace}")
        return None

    def direction(self, args: Any) -> Any:
        rng = np.random.default_rng(self.program.seed + 1)
        return random_like(tuple(args[i] for i in self.chosen), rng)

    def compare_at(self, compiled: Any, args: Any) -> tuple[Any, Any, bool]:
        """Value, gradient and tangent at a point; whether the function is smooth there."""
        plain = self.plain(*copy.deepcopy(args))
        value, gradient = self.checked("value_and_grad", args, lambda: compiled(*args))
        if not _close(value, plain, VALUE):
            raise Wrong("value", "value_and_grad", value, plain)
        direction = self.direction(args)
        tangents = self.tangents(direction)
        forward = self.checked("jvp", args, lambda: jvp(self.f, args, tangents, **self.flags))
        if not _close(forward[0], plain, VALUE):
            raise Wrong("value", "jvp", forward[0], plain)
        reverse = float(to_vector(gradient) @ to_vector(direction))
        tangent = float(forward[1])
        numeric = [self.slope(self.plain, args, direction, h)[0] for h in (1e-5, 1e-6)]
        smooth = abs(numeric[0] - numeric[1]) <= 1e-6 * (1 + abs(numeric[0]))
        if not _close(reverse, tangent, 1e-9):
            raise Wrong("reverse against forward", reverse, tangent, numeric, smooth)
        if smooth and not np.isfinite(reverse):
            raise Wrong("not finite", reverse, numeric)
        if smooth and not _close(reverse, numeric[0], 1e-5):
            raise Wrong("finite differences", reverse, numeric)
        return direction, gradient, bool(smooth)

    def tangents(self, direction: Any) -> tuple[Any, ...]:
        tangents: list[Any] = [None] * 5
        for i, d in zip(self.chosen, direction, strict=True):
            tangents[i] = d
        if self.program.layout == "repeated" and 0 in self.chosen:
            tangents[1] = tangents[0]
        return tuple(tangents)

    def compare(self, compiled: Any, args: Any, second: bool) -> bool:
        direction, gradient, smooth = self.compare_at(compiled, args)
        plain = self.plain(*copy.deepcopy(args))
        arrays = [g for g in gradient if isinstance(g, np.ndarray)]
        outside = [*args, *(vars(self.module)[name] for name in self.states)]
        for i, g in enumerate(arrays):
            for other in (*arrays[i + 1 :], *(a for a in outside if isinstance(a, np.ndarray))):
                if np.shares_memory(g, other):
                    raise Wrong("shared memory", "value_and_grad", i)
        repeated = self.checked("second call", args, lambda: compiled(*args))
        if not np.array_equal(to_vector(repeated[1]), to_vector(gradient), equal_nan=True):
            raise Wrong("second call differs", to_vector(repeated[1]), to_vector(gradient))
        value, pullback = self.checked("vjp", args, lambda: vjp(self.f, *args, **self.flags))
        if not _close(value, plain, VALUE):
            raise Wrong("value", "vjp", value, plain)
        adjoints = self.checked("pullback", args, lambda: self.after_plain(args, pullback))
        again = pullback(1.0)
        if not np.array_equal(to_vector(again), to_vector(adjoints), equal_nan=True):
            raise Wrong("second pullback differs")
        if self.program.layout != "repeated":
            pulled = to_vector([adjoints[i] for i in self.chosen])
            if not _close(pulled, to_vector(gradient), 1e-10):
                raise Wrong("vjp against grad", pulled, to_vector(gradient))
        if second and smooth:
            self.second_order(compiled, args, direction)
        return smooth

    def after_plain(self, args: Any, pullback: Any) -> Any:
        """The pullback, where the globals are as after the function that it belongs to."""
        self.plain(*copy.deepcopy(args))
        return pullback(1.0)

    def second_order(self, compiled: Any, args: Any, direction: Any) -> None:
        text = SECOND.format(chosen=self.chosen)
        module = import_source(text, self.directory, "second", f=self.f)
        try:
            tangents = self.tangents(direction)
            product = self.checked("second order", args, lambda: module.second(*args, tangents))
        finally:
            _forget(module)

        def gradient(*point: Any) -> Any:
            self.reset()
            return compiled(*point)[1]

        steps = [self.slope(gradient, args, direction, h) for h in (1e-5, 1e-6)]
        if _close(steps[0], steps[1], 1e-5) and not _close(to_vector(product), steps[0], 1e-4):
            raise Wrong("second order", to_vector(product), steps[0])
