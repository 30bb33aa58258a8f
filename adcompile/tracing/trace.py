"""Traces of a call: the forward primal, the forward tangent and the reverse adjoint trace."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.compiling.request import Transform, check_argnums
from adcompile.dispatch.targets import unwrap
from adcompile.errors import BadArgnums, UnsupportedInput
from adcompile.frontend.arguments import describe, flatten
from adcompile.frontend.binding import bind, float_arguments
from adcompile.frontend.lower import Lowered, lower
from adcompile.ir import avals
from adcompile.ir.avals import Parts
from adcompile.ir.nodes import Atom, Let, Lit, Var
from adcompile.render.markdown import markdown
from adcompile.render.numbers import number_text
from adcompile.render.table import Table, shortened
from adcompile.render.text import text_table
from adcompile.rules.load import registry as loaded_registry
from adcompile.tracing.derive import Derivatives, forward_sweep, reverse_sweep
from adcompile.tracing.record import CallRecord, Recorder, Step, by_level, marked_body
from adcompile.tracing.spell import Book, Formulas, called, unparsed

MODES = ("primal", "forward", "reverse")
GRANULARITIES = ("primitive", "statement", "function")
NAMINGS = ("v", "griewank")
DIGITS = 6
SIGNS = {
    "put(": "put(b, [i]): an array of zeros with b at [i]",
    " with ": "a with [i] = b: the array a after a[i] = b",
}
"""Signs of formulas that are no Python."""


@dataclass(frozen=True)
class Row:
    """One value of a trace.

    formula: in v's. user: in the user's names. tangent, adjoint: None where the trace has none,
    also for values that do not depend on the selected arguments (adjoints).
    """

    name: str
    formula: str
    user: str
    value: Any
    tangent_formula: str | None = None
    tangent: Any = None
    adjoint_formula: str | None = None
    adjoint: Any = None


@dataclass(frozen=True, repr=False)
class Trace:
    """A trace of one call. `rows` in the order of execution; `str` gives the table.

    result: how the function's result is made of the rows.
    """

    function: str
    mode: str
    point: str
    result: str
    rows: tuple[Row, ...]

    def table(self, digits: int = DIGITS, max_rows: int | None = None) -> Table:
        """The rows as text cells."""
        head: tuple[str, ...] = ("", "formula", f"in {self.function}", "value")
        if self.mode == "forward":
            head = (*head, "tangent formula", "tangent")
        elif self.mode == "reverse":
            head = (*head, "adjoint formula (from the last row up)", "adjoint")
        cells = [self._cells(row, digits) for row in self.rows]
        what = {"primal": "Primal", "forward": "Forward tangent", "reverse": "Reverse adjoint"}
        table = Table(
            f"{what[self.mode]} trace of {self.function}{self.point}",
            head,
            cells,
            numbers=tuple(i for i, h in enumerate(head) if h in ("value", "tangent", "adjoint")),
            code=tuple(i for i, h in enumerate(head) if "formula" in h or h.startswith("in ")),
            note="\n".join([f"result: {self.result}", *self._legend()]),
        )
        return table if max_rows is None else shortened(table, max_rows)

    def _legend(self) -> list[str]:
        """What the signs for writes mean, where they occur."""
        formulas = [
            text
            for row in self.rows
            for text in (row.formula, row.tangent_formula, row.adjoint_formula)
            if text
        ]
        return [
            meaning for sign, meaning in SIGNS.items() if any(sign in text for text in formulas)
        ]

    def _cells(self, row: Row, digits: int) -> tuple[str, ...]:
        cells: tuple[str, ...] = (row.name, row.formula, row.user, number_text(row.value, digits))
        if self.mode == "forward":
            cells += (row.tangent_formula or "", number_text(row.tangent, digits))
        elif self.mode == "reverse":
            cells += (row.adjoint_formula or "", number_text(row.adjoint, digits))
        return cells

    def text(self, digits: int = DIGITS, max_rows: int | None = None) -> str:
        """The table in columns."""
        return text_table(self.table(digits, max_rows))

    def markdown(self, digits: int = DIGITS, max_rows: int | None = None) -> str:
        """The table in Markdown."""
        return markdown(self.table(digits, max_rows))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.markdown(max_rows=200)


def trace(
    f: Callable[..., Any],
    mode: str = "primal",
    argnums: int | str | Sequence[int | str] | None = None,
    seed: Any = None,
    granularity: str = "primitive",
    *,
    naming: str = "v",
) -> Callable[..., Trace]:
    """A function that gives the trace of a call: trace(f)(*args, **kwargs).

    Args:
        f: a plain function; a derivative of one is traced as the function itself.
        mode: "primal" (values), "forward" (with tangents) or "reverse" (with adjoints).
        argnums: the selected arguments: a position, a name, or a sequence of these; None for
            all numeric ones. Python ints are read as floats where f allows it.
        seed: forward: the tangent of the selected argument, a sequence of tangents for several;
            reverse: the adjoint of the result (of each, for a tuple). Default: ones.
        granularity: "primitive" (a row an operation), "statement" (a row a statement), or
            "function" (a row a call of another function).
        naming: "v" numbers inputs and operations from v0; "griewank" ends the inputs at v0.

    Returns:
        A function of f's arguments that gives a Trace: rows, and `text()`, `markdown()` of them.
        Loops appear as they were executed. Operations of a function with a rule of the user's
        are one row.

    Raises:
        ValueError: an unknown mode, granularity or naming.
        BadArgnums: argnums names no argument of f.
        UnsupportedSyntax, MissingRule, NotDifferentiable: f cannot be compiled.

    Method: evaluation traces, Griewank and Walther, Evaluating Derivatives, chapters 2 and 3.

    >>> print(trace(lambda x: x * x + 1.0)(2.0).markdown().splitlines()[-3])
    | v2 | `v1 + 1.0` | `x * x + 1.0` | 5 |
    """
    for what, value, allowed in (
        ("mode", mode, MODES),
        ("granularity", granularity, GRANULARITIES),
        ("naming", naming, NAMINGS),
    ):
        if value not in allowed:
            raise ValueError(f"{what} must be one of {', '.join(allowed)}, not {value!r}")
    target = unwrap(f)
    fn = target.fn
    chosen = (
        None
        if argnums is None
        else ((argnums,) if isinstance(argnums, (int, str)) else tuple(argnums))
    )
    check_argnums(fn, Transform("grad", chosen))

    def traced(*args: Any, **kwargs: Any) -> Trace:
        given = {**dict(target.keywords), **kwargs}
        tracer = _Tracer(fn, mode, chosen, seed, granularity, naming)
        return tracer.run((*target.bound, *args), given)

    return traced


# -- the call ------------------------------------------------------------------------------------


class _Tracer:
    """Makes one trace."""

    def __init__(
        self,
        fn: types.FunctionType,
        mode: str,
        chosen: tuple[int | str, ...] | None,
        seed: Any,
        granularity: str,
        naming: str,
    ) -> None:
        self.fn = fn
        self.mode = mode
        self.chosen = chosen
        self.seed = seed
        self.granularity = granularity
        self.naming = naming
        self.registry = loaded_registry()
        self.values: dict[Var, Any] = {}
        self.labels: dict[Var, str] = {}

    def run(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Trace:
        args, kwargs, names = bind(self.fn, args, kwargs)
        given = dict(zip(names, [*args, *kwargs.values()], strict=True))
        for name, value in given.items():
            describe(value, f"the argument {name!r}", opened=True)
        lowered = self.lowered(args, kwargs, names)
        recorder = Recorder(self.values)
        inputs, by_name = self.enter(lowered, given, recorder)
        results = recorder.block(lowered.function.body)
        steps = by_level(recorder.steps)
        rows = self.rows_of(steps, results)
        return self.tabulate(steps, inputs, by_name, results, rows, names)

    # -- lowering and inputs

    def lowered(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str]
    ) -> Lowered:
        """f for this call, with Python ints as floats where f allows it."""
        hooks = {"run_body": marked_body} if self.granularity == "function" else None
        as_float = float_arguments(self.registry, self.fn, args, kwargs)
        if self.chosen is not None and self.mode != "primal":
            values = dict(zip(names, [*args, *kwargs.values()], strict=True))
            as_float |= {n for n in self.selected(names) if type(values.get(n)) is int}
        made = lower(self.registry, self.fn, args, kwargs, as_float, {}, hooks, set(names))
        seen: dict[int, int] = {}
        same: dict[int, int] = {}
        for i, leaf in enumerate(flatten((*args, *kwargs.values()), True)):
            if isinstance(leaf, np.ndarray) and seen.setdefault(id(leaf), i) != i:
                same[i] = seen[id(leaf)]
        if any(i in made.written or j in made.written for i, j in same.items()):
            made = lower(self.registry, self.fn, args, kwargs, as_float, same, hooks, set(names))
        return made

    def selected(self, names: Sequence[str]) -> list[str]:
        """The names of the selected arguments; all for argnums=None."""
        if self.chosen is None:
            return list(names)
        found = []
        for a in self.chosen:
            if isinstance(a, str):
                if a not in names:
                    raise BadArgnums(f"this call does not pass the argument {a!r}")
                found.append(a)
            else:
                if not -len(names) <= a < len(names):
                    raise BadArgnums(f"this call does not pass the argument argnums={a}")
                found.append(names[a])
        return found

    def enter(
        self, lowered: Lowered, given: Mapping[str, Any], recorder: Recorder
    ) -> tuple[list[Var], dict[str, list[Var]]]:
        """Bind the parameters; the numbered inputs, and the float leaves of each argument."""
        params = lowered.function.params
        concrete = [*flatten(tuple(given.values()), True)]
        concrete += [
            v for c in lowered.captures for v in ([c.value] if c.handle else flatten(c.value))
        ]
        of_arguments = sum(len(r) for r in lowered.arg_leaves.values())
        inputs = []
        made: list[Var] = []
        for i, (param, value) in enumerate(zip(params, concrete, strict=True)):
            if type(value) is int and avals.is_inexact(param.aval):
                value = float(value)
            if type(value) is int:
                recorder.bind(param, Lit(value))
                made.append(param)
                continue
            var = Var(avals.of_constant(value), param.hint)
            self.values[var] = value.copy(order="K") if isinstance(value, np.ndarray) else value
            self.labels[var] = param.hint or lowered.leaves[i].path
            recorder.bind(param, var)
            made.append(var)
            if i < of_arguments and avals.is_inexact(var.aval):
                inputs.append(var)
        by_name = {
            name: [made[i] for i in places if made[i] in inputs]
            for name, places in lowered.arg_leaves.items()
        }
        return inputs, by_name

    # -- which steps are rows

    def rows_of(self, steps: Sequence[Step], results: Sequence[Atom]) -> list[Step]:
        """The steps that have a row of their own."""
        numeric = [
            s for s in steps if avals.is_inexact(s.out.aval) and not isinstance(s.out.aval, Parts)
        ]
        if self.granularity == "primitive":
            return numeric
        if self.granularity == "statement":
            block: Callable[[Step], Any] = lambda s: s.group  # noqa: E731
        else:
            block = lambda s: s.call or s  # noqa: E731
        of = {s.out: block(s) for s in steps}
        shown = {r for r in results if isinstance(r, Var)}
        for s in steps:
            shown |= {v for v in s.operands() if of.get(v) != block(s)}
        last = {block(s): s.out for s in numeric if self.granularity == "statement"}
        shown |= set(last.values())
        return [s for s in numeric if s.out in shown]

    # -- derivatives

    def forward(
        self, steps: Sequence[Step], by_name: Mapping[str, list[Var]], names: Sequence[str]
    ) -> Derivatives:
        chosen = self.selected(names)
        seeds = self.split_seed(chosen)
        tangents: dict[Var, Any] = {}
        for name, seed in zip(chosen, seeds, strict=True):
            variables = self.checked(name, by_name)
            parts = [None] * len(variables) if seed is None else list(flatten(seed))
            if len(variables) == 1 and seed is not None:
                parts = [seed]
            if len(parts) != len(variables):
                raise UnsupportedInput(
                    f"the tangent of {name!r} has {len(parts)} numbers or arrays, the argument "
                    f"{len(variables)}"
                )
            for var, part in zip(variables, parts, strict=True):
                tangents[var] = self.like(part, var, f"the tangent of {name!r}")
        return forward_sweep(steps, tangents, self.values, self.registry)

    def split_seed(self, chosen: Sequence[str]) -> list[Any]:
        """One tangent for each selected argument."""
        if self.seed is None:
            return [None] * len(chosen)
        if len(chosen) == 1:
            return [self.seed]
        if not isinstance(self.seed, (tuple, list)) or len(self.seed) != len(chosen):
            raise UnsupportedInput(
                f"the seed must be a sequence of {len(chosen)} tangents, for {', '.join(chosen)}"
            )
        return list(self.seed)

    def checked(self, name: str, by_name: Mapping[str, list[Var]]) -> list[Var]:
        """The float leaves of a selected argument."""
        variables = by_name.get(name, [])
        if not variables and self.chosen is not None:
            raise BadArgnums(
                f"the argument {name!r} holds no floats", advice="Select numeric arguments."
            )
        return variables

    def reverse(
        self,
        steps: Sequence[Step],
        by_name: Mapping[str, list[Var]],
        results: Sequence[Atom],
        names: Sequence[str],
    ) -> tuple[Derivatives, set[Var]]:
        inputs = [v for n in self.selected(names) for v in self.checked(n, by_name)]
        ends = [r for r in results if isinstance(r, Var) and avals.is_inexact(r.aval)]
        parts = [None] * len(ends) if self.seed is None else [self.seed]
        if len(ends) != 1 and self.seed is not None:
            parts = list(flatten(self.seed))
        if len(parts) != len(ends):
            raise UnsupportedInput(
                f"the seed holds {len(parts)} adjoints, but {self.fn.__name__} returns "
                f"{len(ends)} floats or arrays"
            )
        seeds = [
            (v, self.like(p, v, "the adjoint of the result"))
            for v, p in zip(ends, parts, strict=True)
        ]
        return reverse_sweep(steps, inputs, seeds, self.values, self.registry)

    def like(self, seed: Any, var: Var, what: str) -> Any:
        """A seed in the kind of its value; ones by default."""
        value = self.values[var]
        if isinstance(value, np.ndarray):
            if seed is None:
                return np.ones_like(value)
            made = np.asarray(seed, dtype=value.dtype)
            if made.shape != value.shape:
                raise UnsupportedInput(f"{what} has shape {made.shape}, its value {value.shape}")
            return made
        if seed is None:
            return 1.0
        if np.ndim(seed):
            raise UnsupportedInput(f"{what} must be a number")
        return float(seed)

    # -- rows

    def tabulate(
        self,
        steps: Sequence[Step],
        inputs: Sequence[Var],
        by_name: Mapping[str, list[Var]],
        results: Sequence[Atom],
        rows: Sequence[Step],
        names: Sequence[str],
    ) -> Trace:
        numbers = self.numbered(inputs, rows)
        sweep, active = Derivatives(), set[Var]()
        if self.mode == "forward":
            sweep = self.forward(steps, by_name, names)
        elif self.mode == "reverse":
            sweep, active = self.reverse(steps, by_name, results, names)
        writer = _Writer(self, steps, numbers, sweep)
        made = []
        for var in inputs:
            label = self.labels[var]
            made.append(Row(numbers[var], label, label, self.values[var]))
        for step in rows:
            made.append(writer.row(step))
        done = [
            writer.derived(row, var, self.mode, active)
            for row, var in zip(made, [*inputs, *(s.out for s in rows)], strict=True)
        ]
        result = ", ".join(writer.formulas.text_of(r) for r in results) or "None"
        return Trace(self.fn.__name__, self.mode, self.point(inputs), result, tuple(done))

    def numbered(self, inputs: Sequence[Var], rows: Sequence[Step]) -> dict[Var, str]:
        first = 0 if self.naming == "v" else 1 - len(inputs)
        ordered = [*inputs, *(s.out for s in rows)]
        return {v: f"v{k}" for k, v in enumerate(ordered, first)}

    def point(self, inputs: Sequence[Var]) -> str:
        """The call's numbers, for the title."""
        shown = []
        for var in inputs:
            text = number_text(self.values[var], DIGITS)
            if len(text) > 30:
                text = f"array {'x'.join(map(str, np.shape(self.values[var])))}"
            shown.append(f"{self.labels[var]} = {text}")
        return f" at {', '.join(shown)}" if 0 < len(shown) <= 8 else ""


class _Writer:
    """The cells of a trace's rows."""

    def __init__(
        self, tracer: _Tracer, steps: Sequence[Step], numbers: Mapping[Var, str], sweep: Derivatives
    ) -> None:
        self.values = tracer.values
        self.sweep = sweep
        self.numbers = numbers
        made: dict[Var, Let] = {**{s.out: s.let for s in steps}, **sweep.made}
        book = Book(made, sweep.parts)
        labels = tracer.labels
        suffix = "_dot" if tracer.mode == "forward" else "_bar"
        derived = {sweep.of[v]: f"{n}{suffix}" for v, n in numbers.items() if v in sweep.of}

        def in_numbers(var: Var) -> str | None:
            return numbers.get(var) or derived.get(var) or labels.get(var)

        def in_user_terms(var: Var) -> str | None:
            return labels.get(var) or var.hint or None

        self.formulas = _Texts(book, in_numbers)
        self.user = _Texts(book, in_user_terms, long=numbers.get, bare=False)
        self.outputs: dict[CallRecord, list[Var]] = {}
        if tracer.granularity == "function":
            for step in steps:
                if step.call is not None and step.out in numbers:
                    self.outputs.setdefault(step.call, []).append(step.out)

    def row(self, step: Step) -> Row:
        """A step's row, without derivative."""
        name = self.numbers[step.out]
        if step.call is not None and self.outputs:
            formula = self.call_text(step, self.formulas)
            user = self.call_text(step, self.user)
        else:
            formula = self.formulas.text(step.out)
            user = self.user.text(step.out)
        hint = step.out.hint
        if step.let.op.name in ("setitem", "scatter_add") and step.call is None:
            user = self.user.assignment(step.let, hint or name)
        elif hint:
            user = f"{hint} = {user}"
        return Row(name, formula, user, self.values[step.out])

    def call_text(self, step: Step, formulas: _Texts) -> str:
        """`sigmoid(v4)`; one of several results is numbered."""
        record = step.call
        assert record is not None
        text = called(record.name, [formulas.tree(a) for a in record.args])
        if len(self.outputs[record]) == 1:
            return text
        if step.out in record.results:
            return f"{text}[{record.results.index(step.out)}]"
        return formulas.text(step.out)

    def derived(self, row: Row, var: Var, mode: str, active: set[Var]) -> Row:
        """A row with its tangent or adjoint."""
        if mode == "primal":
            return row
        own = self.sweep.of.get(var)
        if own is None:
            reached = mode == "forward" or var in active
            text, value = ("0", _zeros(row.value)) if reached else ("", None)
        else:
            text, value = self.formulas.text(own), self.values[own]
        if mode == "forward":
            return _replace(row, tangent_formula=text, tangent=value)
        return _replace(row, adjoint_formula=text, adjoint=value)


class _Texts(Formulas):
    """Formulas with the names of a trace."""

    def text_of(self, atom: Atom) -> str:
        """A result: its name, or its literal."""
        return unparsed(self.tree(atom))


def _replace(row: Row, **changes: Any) -> Row:
    return Row(**{**row.__dict__, **changes})


def _zeros(value: Any) -> Any:
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0.0
