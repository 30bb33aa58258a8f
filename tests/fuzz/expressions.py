"""Random expressions of known shapes, over what is in scope.

Each form is a function in a table with its weight: numbers, and arrays of a wanted shape. A form
that does not fit gives None, and a plain name or literal stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.fuzz.choices import Choices
from tests.fuzz.program import Scope, Shape, Stmt

UNARY = ("(0.5 * {})", "np.sin({})", "np.tanh({})", "np.cos({})", "-{}", "({} ** 2)")
UNARY += ("np.exp(-np.abs({}))", "np.sqrt(1.0 + {} ** 2)", "({} + 0.3)", "np.maximum({}, 0.1)")
UNARY += ("np.clip({}, -0.8, 0.7)", "np.arctan({})", "np.log(1.2 + {} ** 2)", "(1.0 - {})")
BINARY = ("({} + {})", "({} - {})", "(0.5 * {} * {})", "np.where({1} > 0.2, {0}, {1})")
BINARY += ("np.minimum({}, {})", "({0} / (1.5 + {1} ** 2))", "({0} * np.cos({1}))")
BINARY += ("np.arctan2({0}, 2.0 + {1} ** 2)", "np.hypot({0}, {1} + 2.0)")
POISONED = ("np.where({0} > 0.2, np.sqrt({0} - 0.2), {1})", "np.where({0} > 0.1, np.log({0}), {1})")
POISONED += ("np.where(np.abs({0}) > 0.1, {1} / {0}, {0})",)
POISONED += ("np.where({0} > 0.0, {0} ** 1.5, {1})",)

NumberForm = Callable[["Writer", int], "str | None"]
ArrayForm = Callable[["Writer", Shape, int], "str | None"]
NUMBERS: list[tuple[float, NumberForm]] = []
VECTORS: list[tuple[float, ArrayForm]] = []
MATRICES: list[tuple[float, ArrayForm]] = []


def form(table: list[Any], weight: float) -> Callable[[Any], Any]:
    """The decorated function is a form of the table."""

    def register(function: Any) -> Any:
        table.append((weight, function))
        return function

    return register


class Writer:
    """What is in scope while a program is written, and the choices that write it.

    here: "f", "helper" or "inner", the function that is written; leave: how it returns early;
    depth: how many loops are around; budget: how many more statements may be nested.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.pick, self.chance = choices.pick, choices.chance
        self.below, self.between, self.sample = choices.below, choices.between, choices.sample
        self.size = self.pick((3, 2, 4, 1, 5))
        self.rows = self.pick((2, 3, 1))
        self.scope = Scope()
        self.count = 0
        self.budget = 0
        self.depth = 0
        self.here = "helper"
        self.leave: Callable[[], str] | None = None
        self.around: list[Scope] = []
        self.before: list[Stmt] = []
        self.helpers: dict[str, Any] = {}
        self.classes: list[str] = []
        self.aliasing = self.pick((1.0, 2.0, 0.3))

    def fresh(self, base: str) -> str:
        self.count += 1
        return f"{base}{self.count}"

    def of_shape(self, shape: Shape) -> list[str]:
        return [name for name, s in self.scope.arrays.items() if s == shape]

    def bindable(self, shape: Shape | None = None) -> list[str]:
        """Names of arrays, of a shape if given, that can be assigned."""
        arrays = self.scope.arrays.items()
        fixed = self.scope.fixed
        return [n for n, s in arrays if n not in fixed and shape in (None, s)]

    def of_rank(self, rank: int) -> list[str]:
        return [name for name, s in self.scope.arrays.items() if len(s) == rank]

    def vector_shape(self) -> Shape:
        return self.scope.arrays[self.pick(self.of_rank(1))]

    # -- numbers

    def number(self, depth: int = 2) -> str:
        """An expression that is a float."""
        if depth > 0 and self.chance(0.75):
            k = self.choices.weighted([w for w, _ in NUMBERS])
            found = NUMBERS[k][1](self, depth)
            if found is not None:
                return found
        if self.scope.floats and self.chance(0.75):
            return self.pick(self.scope.floats)
        return self.pick(("0.7", "1.3", "-0.4", "0.2", "1.0", "2.0", "0.0"))

    def index(self, length: int) -> str:
        fitting = [c for c, bound in self.scope.counters.items() if bound <= length]
        if fitting and self.chance(0.5):
            return self.pick(fitting)
        if self.scope.counters and self.chance(0.3):
            return f"{self.pick(self.scope.counters)} % {length}"
        if self.chance(0.2):
            return str(-self.between(1, length))
        return str(self.below(length))

    def bounds(self, length: int, part: int) -> str:
        """A slice of `part` elements of `length`."""
        start = self.between(0, length - part)
        low = "" if start == 0 and not self.chance(0.3) else str(start)
        high = "" if start + part == length and not self.chance(0.3) else str(start + part)
        if high and start + part < length and self.chance(0.5):
            high = str(start + part - length)
        return f"{low}:{high}"

    def picks(self, bound: int, count: int) -> list[int]:
        """Indices, with repetitions."""
        return [self.below(bound) for _ in range(count)]

    def condition(self) -> str:
        if self.scope.counters and self.chance(0.35):
            counter = self.pick(self.scope.counters)
            return self.pick((f"{counter} > 0", f"{counter} % 2 == 0", f"{counter} == 1"))
        if self.here == "f" and self.chance(0.15):
            return self.pick(("n > 0", "n > 2", "n % 2 == 1"))
        text = f"{self.number(1)} {self.pick('><')} {self.pick(('0.15', '-0.25', '0.05'))}"
        if self.chance(0.15):
            return f"{text} {self.pick(('and', 'or'))} {self.number(1)} < 0.9"
        if self.chance(0.1):
            return (
                self.pick(("not {}", "{} is not None and {}"))
                .replace("{}", text, 1)
                .replace("{}", "True")
            )
        return text

    # -- arrays

    def array(self, shape: Shape, depth: int = 2) -> str:
        """An expression that is an array of this shape."""
        if depth > 0 and self.chance(0.8):
            table = VECTORS if len(shape) == 1 else MATRICES
            k = self.choices.weighted([w for w, _ in table])
            found = table[k][1](self, shape, depth)
            if found is not None:
                return found
        names = self.of_shape(shape)
        if names and self.chance(0.7):
            return self.pick(names)
        view = self.view(shape)
        if view:
            return view
        if names:
            return self.pick(names)
        return f"np.full({shape[0] if len(shape) == 1 else shape}, {self.number(0)})"

    def bounded(self, shape: Shape) -> str:
        """An array expression that stays of moderate size in loops."""
        text = self.array(shape)
        return f"np.tanh({text})" if self.depth and self.chance(0.6) else text

    def view(self, shape: Shape) -> str | None:
        """A view of this shape of some array (a copy, for some layouts), if there is one."""
        options = [o for n, s in self.scope.arrays.items() for o in views(self, n, s, shape) if o]
        return self.pick(options) if options else None

    def value_for(self, shape: Shape) -> str:
        if shape == () or self.chance(0.15):
            text = self.number()
            return f"np.tanh({text})" if self.depth and self.chance(0.6) else text
        return self.bounded(shape)

    # -- blocks

    def nested(self, make: Callable[[], list[Stmt]], **counters: int) -> list[Stmt]:
        """A block whose new names are not seen outside."""
        outer = self.scope
        self.scope = outer.copy()
        self.scope.counters.update(counters)
        made = make()
        self.scope = outer
        return made


def views(w: Writer, name: str, s: Shape, shape: Shape) -> Iterable[str]:
    """The views of this shape of an array of shape s."""
    if len(shape) == 1 and len(s) == 1:
        if s == shape:
            yield from (f"{name}[:]", f"{name}[::-1]", f"{name}.reshape(-1)", f"np.flip({name})")
            yield from (f"{name}.view()", f"np.asarray({name})", f"{name}[...]", f"{name}.T")
        if s[0] >= shape[0]:
            yield f"{name}[{w.bounds(s[0], shape[0])}]"
            yield f"{name}[::-1][{w.bounds(s[0], shape[0])}]"
        if s[0] == 2 * shape[0]:
            yield from (f"{name}[::2]", f"{name}[1::2]", f"{name}[::-2]")
            yield f"np.split({name}, 2)[{w.below(2)}]"
    elif len(shape) == 1:
        if s[1] == shape[0]:
            yield f"{name}[{w.index(s[0])}]"
            yield f"{name}[{w.index(s[0])}][::-1]"
        if s[1] >= shape[0]:
            yield f"{name}[{w.index(s[0])}, {w.bounds(s[1], shape[0])}]"
        if s[0] >= shape[0]:
            yield f"{name}[{w.bounds(s[0], shape[0])}, {w.index(s[1])}]"
        if s[0] == shape[0]:
            yield f"{name}.T[{w.index(s[1])}]"
        if s[0] * s[1] == shape[0]:
            yield from (f"{name}.reshape(-1)", f"{name}.ravel()", f"{name}.T.ravel()")
            yield f"{name}.reshape(-1, order='F')"
            if 1 in s:
                yield from (f"{name}.squeeze()",) if shape[0] > 1 else ()
    elif len(s) == 2:
        if s[::-1] == shape:
            yield from (f"{name}.T", f"np.rot90({name})", f"np.moveaxis({name}, 0, 1)")
            yield from (f"{name}.swapaxes(0, 1)", f"np.transpose({name})[:, ::-1]")
        if s == shape:
            yield from (f"{name}[::-1]", f"{name}[:, ::-1]", f"np.fliplr({name})", f"{name}[:]")
            yield from (f"np.ascontiguousarray({name})", f"{name}[...]")
        if s[0] * s[1] == shape[0] * shape[1]:
            yield f"{name}.reshape({shape[0]}, {shape[1]})"
            yield f"{name}.T.reshape({shape[0]}, {shape[1]})"
        if s[0] >= shape[0] and s[1] >= shape[1]:
            yield f"{name}[{w.bounds(s[0], shape[0])}, {w.bounds(s[1], shape[1])}]"
            if s[1] == shape[1]:
                yield f"{name}[{w.bounds(s[0], shape[0])}]"
    else:
        if s[0] == shape[0] * shape[1]:
            yield f"{name}.reshape({shape[0]}, {shape[1]})"
        if shape == (1, s[0]):
            yield from (f"{name}[None]", f"np.atleast_2d({name})")
        if shape == (s[0], 1):
            yield from (f"{name}[:, None]", f"np.expand_dims({name}, 1)")
