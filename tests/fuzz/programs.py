"""Random programs: nested control flow, writes through names, aliases, views and containers.

Every program is one function `f(x, y, A, s, n)` of two vectors, a matrix, a float and an int, with
helpers and classes before it, and returns a float. Shapes are known while it is written, so that
nearly all programs run. Nothing here knows adcompile.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz import control, forms
from tests.fuzz.choices import Choices, Drawn, Seeded
from tests.fuzz.containers import make_class
from tests.fuzz.expressions import UNARY, Writer
from tests.fuzz.functions import generic_helper, helper
from tests.fuzz.program import LAYOUTS, Program, Scope, Stmt
from tests.fuzz.statements import block

__all__ = ["control", "forms", "generate", "programs", "written"]


def written(choices: Choices) -> Program:
    """The program of some choices."""
    w = Writer(choices)
    for _ in range(choices.below(3)):
        choices.region(lambda: (helper if w.chance(0.6) else generic_helper)(w))
    for _ in range(2 if w.chance(0.15) else w.below(2)):
        choices.region(lambda: make_class(w))
    states = _globals(w) if w.chance(0.12) else ()
    matrix = (w.rows, w.size)
    w.scope = Scope({"x": (w.size,), "y": (w.size,), "A": matrix}, ["s"])
    if states:
        w.scope.arrays.update({"W": (w.size,), 'STATE["u"]': (w.size,)})
        w.scope.floats.append('STATE["c"]')
        w.scope.fixed.add("W")
    w.here, w.budget = "f", w.pick((3, 8, 16))
    w.leave = lambda: f"{w.number(2)} + np.sum(x * y)"
    layout = LAYOUTS[choices.weighted((12, 2, 2, 2, 2))]
    body: list[Stmt] = []
    if layout == "repeated":
        # Only where an argument is written do two names of one array count as one.
        body.append("x[0] = 0.9 * y[0]")
    if w.chance(0.4):
        body.append("x = x.copy()")
    body += block(w, 1, 9)
    body.append(f"return {_result(w)}")
    chosen: tuple[int, ...] = (0, 2, 3) if layout == "repeated" else (0, 1, 2, 3)
    if w.chance(0.3):
        chosen = w.pick(((0,), (2,), (3,), (0, 3), (0, 2)))
    trips = w.pick((3, 2, 1, 0, 4))
    seed, strong = choices.below(1000), w.chance(0.15)
    return Program(w.before, body, w.size, w.rows, trips, seed, layout, chosen, states, strong)


def _globals(w: Writer) -> tuple[str, ...]:
    """Globals that the program may write."""
    entries = ", ".join(f"{0.3 + 0.2 * k:.1f}" for k in range(w.size))
    state = f'STATE = {{"u": np.array([{entries}]) * -0.5, "c": 0.4}}'
    w.before.append([f"W = np.array([{entries}])", state])
    return ("W", "STATE")


def _result(w: Writer) -> str:
    """A sum over all that may have been written."""
    arrays = [n for n in w.scope.arrays if n not in ("x", "y", "A")]
    used = ["x", "y", "A", *w.sample(arrays, min(3, len(arrays)))]
    terms = [f"np.sum({w.pick(UNARY[:4]).format(v)} * {v})" for v in used]
    terms.append(w.pick(w.scope.floats))
    return " + ".join(terms)


@st.composite
def programs(draw: Any) -> Program:
    """Programs whose choices hypothesis makes, and shrinks."""
    return written(Drawn(draw))


def generate(seed: int) -> Program:
    """The program of this number: always the same."""
    return written(Seeded(seed))
