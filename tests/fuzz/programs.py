"""Random programs: nested control flow, writes through names, aliases and views, helper calls.

`generate(seed)` makes a program as a tree of statements, which `text` writes as Python and which
`shrink` cuts down by leaving statements out. Shapes are known while generating, so that nearly all
programs run; those that raise are skipped by the caller. Nothing here knows adcompile.

Every program is one function `f(x, y, A, s, n)` of two vectors, a matrix, a float and an int, with
two helpers before it, and returns a float.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Stmt = Any  # a line, or (header, [Stmt, ...]); an else branch is a statement of its own

UNARY = ("np.sin({})", "np.tanh({})", "np.cos({})", "-{}", "({} ** 2)", "np.exp(-np.abs({}))")
UNARY += ("(0.5 * {})", "np.sqrt(1.0 + {} ** 2)", "({} + 0.3)", "np.maximum({}, 0.1)")
BINARY = ("({} + {})", "({} - {})", "(0.5 * {} * {})", "np.where({1} > 0.2, {0}, {1})")
BINARY += ("np.minimum({}, {})", "({0} / (1.5 + {1} ** 2))", "({0} * np.cos({1}))")


@dataclass
class Scope:
    """Names by kind: arrays with their shapes, floats, lists of vectors, dicts, loop counters."""

    arrays: dict[str, Shape] = field(default_factory=dict)
    floats: list[str] = field(default_factory=list)
    lists: dict[str, int] = field(default_factory=dict)
    dicts: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Scope:
        return Scope(
            dict(self.arrays),
            list(self.floats),
            dict(self.lists),
            list(self.dicts),
            dict(self.counters),
        )


@dataclass
class Program:
    """Helpers and body as statement trees, and how to call f."""

    helpers: list[Stmt]
    body: list[Stmt]
    size: int
    rows: int
    trips: int
    seed: int
    layout: str

    def text(self) -> str:
        lines = ["import numpy as np", "", ""]
        for helper in self.helpers:
            lines += [*_lines([helper], 0), "", ""]
        lines += _lines([("def f(x, y, A, s, n):", self.body)], 0)
        return "\n".join(lines) + "\n"

    def args(self) -> tuple[Any, ...]:
        rng = np.random.default_rng(self.seed)
        x, y = rng.uniform(-1.3, 1.3, (2, self.size))
        A = rng.uniform(-1.3, 1.3, (self.rows, self.size))
        if self.layout == "transposed":
            A = np.ascontiguousarray(A.T).T
        elif self.layout == "strided":
            x = np.repeat(x, 2)[::2]
        elif self.layout == "repeated":
            y = x
        return (x, y, A, float(rng.uniform(-1.0, 1.0)), self.trips)


def _lines(stmts: list[Stmt], depth: int) -> Iterator[str]:
    for stmt in stmts:
        if isinstance(stmt, str):
            yield "    " * depth + stmt
        else:
            yield "    " * depth + stmt[0]
            yield from _lines(stmt[1] or ["pass"], depth + 1)


class _Writer:
    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.size = self.rng.choice((1, 2, 3, 3, 4, 5))
        self.rows = self.rng.choice((1, 2, 3, 3))
        self.count = 0
        self.scope = Scope()
        self.helpers: dict[str, str] = {}
        self.loops = 0
        self.budget = 0
        self.in_f = False
        self.aliasing = self.rng.choice((0.3, 1.0, 2.0))

    def fresh(self, base: str) -> str:
        self.count += 1
        return f"{base}{self.count}"

    def pick(self, items: Any) -> Any:
        return self.rng.choice(list(items))

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    # -- expressions

    def of_shape(self, shape: Shape) -> list[str]:
        return [name for name, s in self.scope.arrays.items() if s == shape]

    def number(self) -> str:
        return self.pick(("0.7", "1.3", "-0.4", "0.2", "1.0", "2.0", "0.0"))

    def floating(self, depth: int = 2) -> str:
        """An expression that is a number."""
        roll = self.rng.random()
        arrays = self.scope.arrays
        if depth <= 0 or roll < 0.25:
            if self.scope.floats and self.chance(0.75):
                return self.pick(self.scope.floats)
            return self.number()
        if roll < 0.5:
            name = self.pick(arrays)
            if len(arrays[name]) == 1:
                return f"{name}[{self.index(arrays[name][0])}]"
            return f"{name}[{self.index(arrays[name][0])}, {self.index(arrays[name][1])}]"
        if roll < 0.65:
            shape = self.pick(arrays.values())
            reduce = self.pick(("np.sum({})", "np.mean({})", "np.max({})", "({}).sum()"))
            return reduce.format(self.array(shape, depth - 1))
        if roll < 0.72:
            n = self.pick(s for s in arrays.values() if len(s) == 1)
            return f"({self.array(n, depth - 1)} @ {self.array(n, depth - 1)})"
        if roll < 0.77 and self.scope.counters:
            return f"(0.1 * {self.pick(self.scope.counters)})"
        if roll < 0.82:
            return f"({self.floating(1)} if {self.condition()} else {self.floating(1)})"
        if roll < 0.9:
            return self.pick(UNARY).format(self.floating(depth - 1))
        return self.pick(BINARY[:3] + BINARY[4:]).format(
            self.floating(depth - 1), self.floating(depth - 1)
        )

    def index(self, length: int) -> str:
        fitting = [c for c, bound in self.scope.counters.items() if bound <= length]
        if fitting and self.chance(0.5):
            return self.pick(fitting)
        if self.scope.counters and self.chance(0.3):
            return f"{self.pick(self.scope.counters)} % {length}"
        if self.chance(0.2):
            return str(-self.rng.randint(1, length))
        return str(self.rng.randrange(length))

    def bounds(self, length: int, part: int) -> str:
        """A slice of `part` elements of `length`."""
        start = self.rng.randint(0, length - part)
        low = "" if start == 0 and self.chance(0.7) else str(start)
        high = "" if start + part == length and self.chance(0.7) else str(start + part)
        if high and start + part < length and self.chance(0.5):
            high = str(start + part - length)
        return f"{low}:{high}"

    def view(self, shape: Shape) -> str | None:
        """A basic view of this shape of some array, if there is one."""
        options = []
        for name, s in self.scope.arrays.items():
            if len(shape) == 1 and len(s) == 1 and s[0] >= shape[0]:
                options.append(f"{name}[{self.bounds(s[0], shape[0])}]")
                if s[0] == 2 * shape[0]:
                    options += [f"{name}[::2]", f"{name}[1::2]", f"{name}[::-2]"]
                if s == shape:
                    options += [f"{name}[::-1]", f"{name}.reshape(-1)", f"np.flip({name})"]
                if s[0] == 2 * shape[0]:
                    options.append(f"np.split({name}, 2)[{self.rng.randrange(2)}]")
            elif len(shape) == 1 and len(s) == 2:
                if s[1] >= shape[0]:
                    options.append(f"{name}[{self.index(s[0])}]" if s[1] == shape[0] else "")
                    options.append(f"{name}[{self.index(s[0])}, {self.bounds(s[1], shape[0])}]")
                if s[0] >= shape[0]:
                    options.append(f"{name}[{self.bounds(s[0], shape[0])}, {self.index(s[1])}]")
                if s[0] * s[1] == shape[0]:
                    options += [f"{name}.reshape(-1)", f"{name}.ravel()"]
                    options += [f"{name}.T.ravel()", f"{name}.reshape(-1, order='F')"]
            elif len(shape) == 2 and len(s) == 2:
                if s[::-1] == shape:
                    options += [f"{name}.T", f"np.rot90({name})", f"np.moveaxis({name}, 0, 1)"]
                if s == shape:
                    options += [f"{name}[::-1]", f"{name}[:, ::-1]", f"np.fliplr({name})"]
                    options.append(f"np.ascontiguousarray({name})")
                if s[0] * s[1] == shape[0] * shape[1]:
                    options.append(f"{name}.reshape({shape[0]}, {shape[1]})")
                if s[0] >= shape[0] and s[1] >= shape[1]:
                    rows, columns = self.bounds(s[0], shape[0]), self.bounds(s[1], shape[1])
                    options.append(f"{name}[{rows}, {columns}]")
                    if s[1] == shape[1]:
                        options.append(f"{name}[{rows}]")
            elif len(shape) == 2 and len(s) == 1 and s[0] == shape[0] * shape[1]:
                options.append(f"{name}.reshape({shape[0]}, {shape[1]})")
        options = [o for o in options if o]
        return self.pick(options) if options else None

    def array(self, shape: Shape, depth: int = 2) -> str:
        """An expression that is an array of this shape."""
        names = self.of_shape(shape)
        roll = self.rng.random()
        if depth <= 0 or roll < 0.2:
            if names and self.chance(0.7):
                return self.pick(names)
            view = self.view(shape)
            if view:
                return view
            if names:
                return self.pick(names)
            inside = shape[0] if len(shape) == 1 else shape
            return f"np.full({inside}, {self.floating(0)})"
        if roll < 0.4:
            return self.pick(UNARY).format(self.array(shape, depth - 1))
        if roll < 0.6:
            return self.pick(BINARY).format(
                self.array(shape, depth - 1), self.array(shape, depth - 1)
            )
        if roll < 0.7:
            return self.pick(("({} * {})", "({} + {})", "({} - {})")).format(
                self.array(shape, depth - 1), self.floating(1)
            )
        if len(shape) == 1:
            n = shape[0]
            if roll < 0.75:
                matrices = [m for m, s in self.scope.arrays.items() if len(s) == 2 and s[0] == n]
                if matrices:
                    m = self.pick(matrices)
                    return f"({m} @ {self.array((self.scope.arrays[m][1],), depth - 1)})"
            if roll < 0.79 and n > 1:
                k = self.rng.randint(1, n - 1)
                return (
                    f"np.concatenate(({self.array((k,), depth - 1)}, "
                    f"{self.array((n - k,), depth - 1)}))"
                )
            if roll < 0.83:
                source = self.pick(s for s in self.scope.arrays.values() if len(s) == 1)
                picks = [self.rng.randrange(source[0]) for _ in range(n)]
                return f"{self.pick(self.of_shape(source))}[np.array({picks})]"
            if roll < 0.87:
                axis = self.rng.randrange(2)
                fits = [m for m, s in self.scope.arrays.items() if len(s) == 2 and s[1 - axis] == n]
                if fits:
                    return f"{self.pick(fits)}.sum(axis={axis})"
            if roll < 0.9:
                return f"np.array([{', '.join(self.floating(1) for _ in range(n))}])"
            if roll < 0.94:
                return f"({self.array((n,), depth - 1)} + {self.array((1,), depth - 1)})"
            fits = [name for name, s in self.scope.lists.items() if s == n]
            if fits:
                return f"{self.pick(fits)}[{self.index(2)}]"
        else:
            if roll < 0.77:
                row = self.array((shape[1],), depth - 1)
                return f"({self.array(shape, depth - 1)} * {row})"
            if roll < 0.84:
                rows = ", ".join(self.array((shape[1],), depth - 1) for _ in range(shape[0]))
                return f"np.stack(({rows},))"
            if roll < 0.86 and self.chance(0.5):
                inner = self.rng.randint(1, 3)
                left, right = self.array((shape[0], inner), 1), self.array((inner, shape[1]), 1)
                return f"({left} @ {right})"
            if roll < 0.88:
                part = self.array(shape, 1)
                return f"({part} - {part}.mean(axis={self.rng.randrange(2)}, keepdims=True))"
            if roll < 0.9:
                left, right = self.array((shape[0],), 1), self.array((shape[1],), 1)
                return f"({left}[:, None] * {right})"
        view = self.view(shape)
        return view if view else self.array(shape, depth - 1)

    def condition(self) -> str:
        roll = self.rng.random()
        if roll < 0.35 and self.scope.counters:
            counter = self.pick(self.scope.counters)
            return self.pick((f"{counter} % 2 == 0", f"{counter} > 0", f"{counter} == 1"))
        if roll < 0.45 and self.in_f:
            return self.pick(("n > 2", "n % 2 == 1", "n > 0"))
        if roll < 0.55:
            return f"{self.floating(1)} > 0.1 and {self.floating(1)} < 0.9"
        return f"{self.floating(1)} {self.pick('<>')} {self.pick(('0.15', '-0.25', '0.05'))}"

    # -- statements

    def block(self, length: int) -> list[Stmt]:
        made: list[Stmt] = []
        for _ in range(length):
            made += self.statement()
        return made

    def inner(self, length: int, **counter: int) -> list[Stmt]:
        """A block whose new names are not seen outside."""
        outer = self.scope
        self.scope = outer.copy()
        self.scope.counters.update(counter)
        made = self.block(length)
        self.scope = outer
        return made

    def statement(self) -> list[Stmt]:
        self.budget -= 1
        kinds: list[tuple[float, Callable[[], list[Stmt]]]] = [
            (3, self.assign),
            (2 * self.aliasing, self.alias),
            (7, self.write),
            (1.5, self.mutate),
            (self.aliasing, self.swap),
            (1, self.temporary),
            (0.7, self.closure),
            (2, self.scalar),
            (1, self.make_list),
            (1.5, self.use_list),
            (0.5, self.grow_list),
            (0.6, self.make_dict),
            (1, self.use_dict),
            (2, self.call),
        ]
        if self.budget > 0:
            kinds += [(2.5, self.branch), (2.5, self.loop), (0.7, self.while_loop)]
            kinds += [(1.2, self.attempt), (0.5, self.context)]
        if self.loops:
            kinds.append((0.8, self.leave))
        if self.in_f:
            kinds.append((0.25, self.early_return))
        weights = [w for w, _ in kinds]
        return self.rng.choices([k for _, k in kinds], weights)[0]()

    def shape(self) -> Shape:
        return self.pick(self.scope.arrays.values())

    def bounded(self, shape: Shape) -> str:
        """An array expression that stays of moderate size in loops."""
        text = self.array(shape)
        return f"np.tanh({text})" if self.loops and self.chance(0.6) else text

    def assign(self) -> list[Stmt]:
        shape = self.shape()
        names = [n for n in self.of_shape(shape)]
        name = self.pick(names) if names and self.chance(0.4) else self.fresh("v")
        line = f"{name} = {self.bounded(shape)}"
        self.scope.arrays[name] = shape
        return [line]

    def alias(self) -> list[Stmt]:
        shape = self.shape()
        if len(shape) == 1 and shape[0] > 1 and self.chance(0.4):
            shape = (shape[0] - 1,)
        elif self.chance(0.2):
            shape = (self.size,)
        source = self.view(shape) if self.chance(0.7) else None
        source = source or (self.pick(self.of_shape(shape)) if self.of_shape(shape) else None)
        if source is None:
            return self.assign()
        name = self.fresh("w")
        if self.chance(0.15):
            source = f"np.asarray({source})"
        self.scope.arrays[name] = shape
        return [f"{name} = {source}"]

    def target(self) -> tuple[str, Shape]:
        """A place that can be written, and the shape of what goes there; () for a number."""
        name = self.pick(self.scope.arrays)
        s = self.scope.arrays[name]
        roll = self.rng.random()
        if len(s) == 1:
            if roll < 0.35:
                return f"{name}[{self.index(s[0])}]", ()
            if roll < 0.75:
                part = self.rng.randint(1, s[0])
                return f"{name}[{self.bounds(s[0], part)}]", (part,)
            if roll < 0.85:
                picks = [self.rng.randrange(s[0]) for _ in range(self.rng.randint(1, s[0]))]
                return f"{name}[np.array({picks})]", (len(picks),)
            if roll < 0.93:
                return f"{name}[{name} > {self.pick(('0.0', '0.3'))}]", ()
            return f"{name}[:]", s
        if roll < 0.25:
            return f"{name}[{self.index(s[0])}, {self.index(s[1])}]", ()
        if roll < 0.55:
            return f"{name}[{self.index(s[0])}]", (s[1],)
        if roll < 0.75:
            return f"{name}[:, {self.index(s[1])}]", (s[0],)
        if roll < 0.85:
            part = self.rng.randint(1, s[1])
            return f"{name}[{self.index(s[0])}, {self.bounds(s[1], part)}]", (part,)
        if roll < 0.93:
            part = self.rng.randint(1, s[0])
            return f"{name}[{self.bounds(s[0], part)}]", (part, s[1])
        return f"{name}[{self.index(s[0])}][{self.index(s[1])}]", ()

    def value_for(self, shape: Shape) -> str:
        if shape == () or self.chance(0.15):
            text = self.floating()
            return f"np.tanh({text})" if self.loops and self.chance(0.6) else text
        return self.bounded(shape)

    def write(self) -> list[Stmt]:
        if self.chance(0.25):
            name = self.pick(self.scope.arrays)
            shape = self.scope.arrays[name]
            return [f"{name} {self.pick(('+=', '-=', '*='))} {self.value_for(shape)}"]
        place, shape = self.target()
        op = self.pick(("=", "=", "=", "+=", "-=", "*="))
        return [f"{place} {op} {self.value_for(shape)}"]

    def mutate(self) -> list[Stmt]:
        """A call that writes an array: out=, a mutating function or method, an iterator."""
        name = self.pick(self.scope.arrays)
        shape = self.scope.arrays[name]
        place = name
        if self.chance(0.4):
            place = self.view(shape) or name
        array, number = self.bounded(shape), f"np.tanh({self.floating(1)})"
        size = int(np.prod(shape))
        spots = [self.rng.randrange(size) for _ in range(self.rng.randint(1, 3))]
        options = [
            f"np.multiply({array}, 0.5, out={place})",
            f"np.add({self.array(shape, 1)}, {place}, out={place})",
            f"np.sin({array}, {place})",
            f"np.divide({array}, 2.0, out={place}, where={place} > 0.1)",
            f"np.clip({place}, -0.9, 1.1, out={place})",
            f"np.copyto({place}, {array})",
            f"np.copyto({place}, {array}, where={place} < 0.3)",
            f"np.put({place}, {spots}, {number})",
            f"np.putmask({place}, {place} > 0.2, {number})",
            f"np.place({place}, {place} > 0.2, [{number}, 0.3])",
            f"{place}.fill({number})",
            f"{place}.sort()",
            f"{place}.flat[{spots[0]}] = {number}",
            f"{place}.flat[{spots}] *= {number}",
        ]
        if len(shape) == 1:
            options += [f"np.{f}.at({place}, {spots}, {number})" for f in ("add", "multiply")]
        else:
            options.append(f"np.fill_diagonal({place}, {number})")
        line = self.pick(options)
        if "out=" in line and self.chance(0.3):
            fresh = self.fresh("w")
            self.scope.arrays[fresh] = shape
            line = f"{fresh} = {line}"
        return [line]

    def temporary(self) -> list[Stmt]:
        """A fresh array, so that writes to it can touch nothing else."""
        shape = self.shape()
        name = self.fresh("z")
        source = self.array(shape, 1)
        made = self.pick(
            ("({}).copy()", "np.array({})", "np.zeros_like({})", "{} * 1.0", "np.sin({})")
        )
        self.scope.arrays[name] = shape
        return [f"{name} = {made.format(source)}"]

    def closure(self) -> list[Stmt]:
        """A function inside, which reads and may write what is around it."""
        if not self.in_f or self.loops:
            return self.assign()
        shape = self.pick(s for s in self.scope.arrays.values() if len(s) == 1)
        name, arg = self.fresh("inner"), self.fresh("p")
        saved = self.scope
        self.scope = saved.copy()
        self.scope.arrays[arg] = shape
        self.in_f = False
        body: list[Stmt] = []
        if self.chance(0.6):
            place, inside = self.target()
            body.append(f"{place} {self.pick(('=', '+=', '*='))} {self.value_for(inside)}")
        body.append(f"return {self.array(shape, 2)}")
        self.in_f = True
        self.scope = saved
        made: list[Stmt] = [(f"def {name}({arg}):", body)]
        one = self.fresh("v")
        k = self.fresh("k")
        first = f"{one} = {name}({self.array(shape, 1)})"
        self.scope.arrays[one] = shape
        if self.chance(0.4):
            loop = (
                f"for {k} in range({self.pick(('n', '2'))}):",
                [f"{one} = np.tanh({name}({one}))"],
            )
            return [*made, first, loop]
        return [*made, first]

    def swap(self) -> list[Stmt]:
        names = self.of_shape(self.shape())
        if len(names) < 2:
            return self.write()
        if len(names) > 2 and self.chance(0.3):
            a, b, c = self.rng.sample(names, 3)
            return [f"{a}, {b}, {c} = {c}, {a}, {b}"]
        a, b = self.rng.sample(names, 2)
        return [f"{a}, {b} = {b}, {a}"]

    def scalar(self) -> list[Stmt]:
        own = [n for n in self.scope.floats if n != "s" or self.chance(0.3)]
        value = self.floating()
        if self.loops:
            value = f"np.tanh({value})"
        if own and self.chance(0.6):
            name = self.pick(own)
            return [f"{name} {self.pick(('=', '+=', '-='))} {value}"]
        name = self.fresh("t")
        self.scope.floats.append(name)
        return [f"{name} = {value}"]

    def make_list(self) -> list[Stmt]:
        name = self.fresh("L")
        n = self.size
        items = [self.pick(self.of_shape((n,)) or ["x"]) for _ in range(2)]
        if self.chance(0.5):
            items[0] = self.array((n,), 1)
        self.scope.lists[name] = n
        return [f"{name} = [{', '.join(items)}]"]

    def use_list(self) -> list[Stmt]:
        if not self.scope.lists:
            return self.make_list()
        name = self.pick(self.scope.lists)
        n = self.scope.lists[name]
        roll = self.rng.random()
        if roll < 0.2:
            return [f"{name}[{self.index(2)}] = {self.bounded((n,))}"]
        if roll < 0.45:
            return [f"{name}[{self.index(2)}][{self.index(n)}] = {self.value_for(())}"]
        if roll < 0.6:
            return [f"{name}[{self.index(2)}] += {self.value_for((n,))}"]
        if roll < 0.7:
            return [f"{name}[0], {name}[1] = {name}[1], {name}[0]"]
        if roll < 0.8:
            row = self.fresh("r")
            self.scope.arrays[row] = (n,)
            return [f"{row} = {name}[{self.index(2)}]"]
        if roll < 0.9:
            row = self.fresh("r")
            outer = self.scope
            self.scope = outer.copy()
            self.scope.arrays[row] = (n,)
            self.loops += 1
            body = self.block(self.rng.randint(1, 2))
            self.loops -= 1
            self.scope = outer
            return [(f"for {row} in {name}:", [f"{row} *= {self.floating(1)}", *body])]
        hist, row, k = self.fresh("H"), self.fresh("h"), self.fresh("k")
        source = self.pick(self.of_shape((n,)) or ["x"])
        change = self.pick((f"{source} = {source} * 0.5", f"{source} += 0.1 * {source}", "pass"))
        total = self.fresh("t")
        self.scope.floats.append(total)
        item = self.pick((source, f"{source}.copy()", f"{source} * 2.0"))
        use = self.pick((f"{total} += np.sum({row} ** 2)", f"{total} += {row}[0] * {row}[-1]"))
        return [
            f"{hist} = []",
            (
                f"for {k} in range({self.pick(('n', '2', '3'))}):",
                [change, f"{hist}.append({item})"],
            ),
            f"{total} = 0.0",
            (f"for {row} in {hist}:", [use]),
        ]

    def grow_list(self) -> list[Stmt]:
        """A list that a loop grows, read in it and after it, and the arrays it holds written."""
        h, v, k, total = (self.fresh(base) for base in "HvkT")
        n = self.size
        source = self.pick(self.of_shape((n,)) or ["x"])
        vectors = self.chance(0.6)
        make = "{}" if vectors else "np.sum({})"
        first = make.format(self.pick((source, f"{source} * 1.0")))
        item = make.format(self.pick((source, f"{source}.copy()", v, f"{v} + {source}")))
        write = self.pick((f"{source}[{k} % 2] += 0.1", f"{source} += 0.1 * {v}", "pass"))
        change = [f"{v} = {v} * 0.5 + {source}", write, "pass"]
        append: list[Stmt] = [f"{h}.append({item})"]
        roll = self.rng.random()
        if roll < 0.2:
            append = [(f"if {self.condition()}:", append)]
        elif roll < 0.35:
            append.append((f"if len({h}) > 2:", [f"{h}.append({h}[-1] * 0.5 + {h}[-2])"]))
        elif roll < 0.45:
            append.append((f"if len({h}) > 3:", ["break"]))
        elif roll < 0.6:
            append = [(f"for {k}_ in range({self.pick(('2', 'n', k))}):", append)]
        elif roll < 0.7:
            append.append(f"{v} = {v} + 0.1 * {h}[-1]")
        body = [*self.rng.sample(change, 2), *append, self.pick((write, "pass"))]
        loop: list[Stmt] = [(f"for {k} in range({self.pick(('n', 'n + 7', '12'))}):", body)]
        if self.chance(0.2):
            step = f"{k} += 1"
            loop = [f"{k} = 0", (f"while {k} < n + 1:", [step, *body])]
        row = self.fresh("r")
        weigh = "np.sum({} * {})" if vectors else "{} * {}"
        uses: list[Stmt] = [
            (f"for {row} in {h}:", [f"{total} += {weigh.format(row, row)}"]),
            (
                f"for {row}, {row}_ in zip({h}, {h}[1:]):",
                [f"{total} += {weigh.format(row, row + '_')}"],
            ),
            (f"if len({h}) > 0:", [f"{total} += np.sum(np.array({h}) ** 2)"]),
            (f"if {h}:", [f"{total} += np.sum({h}[-1]) * len({h})"]),
            f"{total} += np.sum(sum({h}[-2:]))",
            f"{source}[0] = 0.4",
        ]
        if vectors:
            uses.append((f"if len({h}) > 1:", [f"{h}[-1][0] = 0.2 * {h}[0][1]"]))
        else:
            uses.append((f"if len({h}) > 1:", [f"{h}[0] = 0.2 * {h}[-1]"]))
        start = self.pick(("[]", "[]", f"[{first}]"))
        self.scope.floats.append(total)
        head = [f"{v} = {source} * 0.7", f"{h} = {start}", *loop, f"{total} = 0.0"]
        return [*head, *self.rng.sample(uses, self.rng.randint(1, 4))]

    def make_dict(self) -> list[Stmt]:
        name = self.fresh("D")
        array = self.pick(self.of_shape((self.size,)) or ["x"])
        self.scope.dicts.append(name)
        return [f'{name} = {{"a": {array}, "b": {self.floating(1)}}}']

    def use_dict(self) -> list[Stmt]:
        if not self.scope.dicts:
            return self.make_dict()
        name = self.pick(self.scope.dicts)
        n = self.size
        options = [
            f'{name}["a"] = {self.bounded((n,))}',
            f'{name}["a"][{self.index(n)}] = {self.value_for(())}',
            f'{name}["a"] += {self.value_for((n,))}',
            f'{name}["b"] = np.tanh({name}["b"] + {self.floating(1)})',
        ]
        return [self.pick(options)]

    def call(self) -> list[Stmt]:
        if not self.helpers:
            return self.assign()
        helper, result = self.pick(self.helpers.items())
        n = self.pick(s for s in self.scope.arrays.values() if len(s) == 1)
        a, b = (self.array(n, self.pick((0, 0, 1))) for _ in range(2))
        text = f"{helper}({a}, {b}, {self.floating(1)})"
        if result == "number":
            name = self.fresh("t")
            self.scope.floats.append(name)
            return [f"{name} = {text}"]
        if self.chance(0.3):
            return [text]
        if result == "pair":
            one, two = self.fresh("v"), self.fresh("v")
            self.scope.arrays.update({one: n, two: n})
            return [f"{one}, {two} = {text}"]
        names = self.of_shape(n)
        name = self.pick(names) if names and self.chance(0.4) else self.fresh("v")
        self.scope.arrays[name] = n
        return [f"{name} = {text}"]

    # -- control flow

    def branch(self) -> list[Stmt]:
        before = self.scope.copy()
        test = self.condition()
        made: list[Stmt] = [(f"if {test}:", self.inner(self.rng.randint(1, 3)))]
        if self.chance(0.25):
            made.append((f"elif {self.condition()}:", self.inner(self.rng.randint(1, 2))))
        if self.chance(0.6):
            made.append(("else:", self.inner(self.rng.randint(1, 3))))
        self.scope = before
        return made

    def attempt(self) -> list[Stmt]:
        """A body that may raise, writing last; its handler may do anything."""
        before = self.scope.copy()
        unsure: Stmt = (f"if {self.condition()}:", ['raise ValueError("fuzz")'])
        body: list[Stmt] = [f"{self.fresh('t')} = {self.floating()}", unsure]
        handler = self.inner(self.rng.randint(1, 2))
        own = [n for n in self.scope.floats if n != "s"]
        if own and self.chance(0.6):
            body.append(f"{self.pick(own)} = np.tanh({self.floating()})")
        made: list[Stmt] = [("try:", body), ("except (ValueError, KeyError):", handler)]
        if self.chance(0.4):
            made.append(("else:", self.inner(self.rng.randint(1, 2))))
        if self.chance(0.2):
            made.append(("finally:", [f"{self.fresh('t')} = {self.floating()}"]))
        self.scope = before
        return made

    def context(self) -> list[Stmt]:
        return [('with np.errstate(divide="ignore"):', self.inner(self.rng.randint(1, 3)))]

    def loop(self) -> list[Stmt]:
        self.loops += 1
        k = self.fresh("k")
        roll = self.rng.random()
        length = self.rng.randint(1, 4)
        matrices = [m for m, s in self.scope.arrays.items() if len(s) == 2]
        vectors = [m for m, s in self.scope.arrays.items() if len(s) == 1]
        if roll < 0.35 and self.in_f:
            made = (f"for {k} in range(n):", self.inner(length, **{k: 9}))
        elif roll < 0.5:
            trips = self.rng.randint(0, 3)
            made = (f"for {k} in range({trips}):", self.inner(length, **{k: trips}))
        elif roll < 0.6:
            v = self.pick(vectors)
            n = self.scope.arrays[v][0]
            span = self.pick((f"range(len({v}))", f"range({v}.shape[0] - 1, -1, -1)"))
            made = (f"for {k} in {span}:", self.inner(length, **{k: n}))
        elif roll < 0.68 and self.scope.counters:
            outer = self.pick(self.scope.counters)
            bound = self.scope.counters[outer]
            made = (f"for {k} in range({outer}):", self.inner(length, **{k: bound}))
        elif roll < 0.9 and matrices:
            m, row = self.pick(matrices), self.fresh("r")
            rows, columns = self.scope.arrays[m]
            saved = self.scope
            self.scope = saved.copy()
            self.scope.arrays[row] = (columns,)
            if self.chance(0.5):
                made = (f"for {row} in {m}:", self.block(length))
            else:
                self.scope.counters[k] = rows
                made = (f"for {k}, {row} in enumerate({m}):", self.block(length))
            self.scope = saved
        else:
            v, e = self.pick(vectors), self.fresh("e")
            saved = self.scope
            self.scope = saved.copy()
            self.scope.floats.append(e)
            self.scope.counters[k] = self.scope.arrays[v][0]
            header = self.pick(
                (f"for {k}, {e} in enumerate({v}):", f"for {k}, {e} in zip(range(9), {v}):")
            )
            made = (header, self.block(length))
            self.scope = saved
        self.loops -= 1
        return [made]

    def while_loop(self) -> list[Stmt]:
        k = self.fresh("k")
        bound = self.pick(("n", "2", "3") if self.in_f else ("2", "3"))
        test = self.pick((f"{k} < {bound}", f"{k} < {bound} and {self.floating(1)} < 0.8"))
        self.loops += 1
        body = self.inner(self.rng.randint(1, 3), **{k: 9})
        self.loops -= 1
        # First in the body, so that `continue` does not skip it.
        return [f"{k} = 0", (f"while {test}:", [f"{k} += 1", *body])]

    def leave(self) -> list[Stmt]:
        word = self.pick(("break", "continue", "break"))
        return [(f"if {self.condition()}:", [*self.inner(self.rng.randint(0, 1)), word])]

    def early_return(self) -> list[Stmt]:
        return [(f"if {self.condition()}:", [f"return {self.floating(2)} + np.sum(x * y)"])]

    # -- programs

    def helper(self, name: str) -> Stmt:
        self.scope = Scope({"a": (self.size,), "b": (self.size,)}, ["c"])
        # Helpers are called with vectors of any length; only shape-free statements fit.
        self.in_f, self.budget = False, 2
        saved, self.size = self.size, 1
        self.scope.arrays = {"a": (1,), "b": (1,)}
        body: list[Stmt] = []
        simple = (
            "a[0] = {s}",
            "a[-1] += {s}",
            "b[0] = a[-1] * {s}",
            "a += 0.3 * b",
            "a *= {s}",
            "b[:] = np.sin(a)",
            "a = a + b",
            "b = a",
            "a, b = b, a",
            "a[b > 0.1] = {s}",
            "d = a[::-1]",
            "c = c + np.sum(a * b)",
        )
        for _ in range(self.rng.randint(1, 4)):
            line = self.pick(simple).format(s=self.pick(("c", "0.4", "b[0]", "c * a[-1]")))
            wrap = self.rng.random()
            if wrap < 0.2:
                body.append(
                    (self.pick(("if c > 0.1:", "if a[0] > b[0]:", "if len(a) > 2:")), [line])
                )
            elif wrap < 0.4:
                heads = (
                    "for i in range(2):",
                    "for i in range(len(a)):",
                    "for i, e in enumerate(b):",
                )
                last = self.pick(("a[i % len(a)] += 0.2 * c", "c = 0.5 * c + 0.1 * a[-1]"))
                body.append((self.pick(heads), [line, last]))
            else:
                body.append(line)
        if self.chance(0.2):
            early = self.pick(("return a", "return a * 2.0"))
            body.insert(self.rng.randrange(len(body) + 1), ("if c < -0.1:", [early]))
        kind = "array"
        if not any(isinstance(s, tuple) and "return" in str(s) for s in body):
            kind = self.pick(("array", "array", "number", "pair"))
        results = {
            "array": ("return a", "return b", "return a * b + c", "return a + 0.0"),
            "number": ("return c", "return np.sum(a) * c"),
            "pair": ("return a, b", "return b, a * 0.5", "return a, a"),
        }
        body.append(self.pick(results[kind]))
        self.size = saved
        self.helpers[name] = kind
        return (f"def {name}(a, b, c):", body)

    def program(self, seed: int) -> Program:
        helpers = [self.helper(f"g{i}") for i in range(2)]
        matrix = (self.rows, self.size)
        self.scope = Scope({"x": (self.size,), "y": (self.size,), "A": matrix}, ["s"])
        self.in_f, self.budget = True, self.rng.choice((3, 8, 16))
        body: list[Stmt] = []
        if self.chance(0.4):
            body.append("x = x.copy()")
        body += self.block(self.rng.randint(2, 8))
        arrays = list(self.scope.arrays)
        used = ["x", "y", "A", *self.rng.sample(arrays, min(3, len(arrays)))]
        terms = [f"np.sum({self.pick(UNARY[:3]).format(v)} * {v})" for v in dict.fromkeys(used)]
        terms += [self.pick(self.scope.floats)]
        terms += [f"np.sum({name}[0] * {name}[1])" for name in self.scope.lists]
        terms += [f'np.sum({name}["a"]) * {name}["b"]' for name in self.scope.dicts]
        body.append(f"return {' + '.join(terms)}")
        layout = self.pick(("plain",) * 5 + ("transposed", "strided", "repeated"))
        if layout == "repeated":
            # Only where an argument is written do two names of one array count as one.
            body.insert(0, "x[0] = 0.9 * y[0]")
        return Program(
            helpers,
            body,
            self.size,
            self.rows,
            self.rng.choice((0, 1, 2, 3, 3, 4)),
            seed,
            layout,
        )


def generate(seed: int) -> Program:
    """The program of this number: always the same."""
    return _Writer(seed).program(seed)


# -- shrinking -----------------------------------------------------------------------------------


def _simpler(line: str) -> Iterator[str]:
    """The line with one expression replaced by a part of it, or by a number."""
    opens = line.endswith(":")
    if line.startswith(("elif", "else")):
        return
    try:
        tree = ast.parse(line + (" pass" if opens else ""))
    except SyntaxError:
        return
    count = sum(1 for _ in ast.walk(tree))
    for k in range(count):
        place = list(ast.walk(tree))[k]
        for name, value in ast.iter_fields(place):
            items = value if isinstance(value, list) else [value]
            for i, node in enumerate(items):
                if not isinstance(node, ast.expr) or isinstance(node, (ast.Name, ast.Constant)):
                    continue
                if isinstance(getattr(node, "ctx", None), ast.Store):
                    continue
                parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
                for part in (*parts, ast.Constant(1.0)):
                    if isinstance(value, list):
                        value[i] = part
                    else:
                        setattr(place, name, part)
                    try:
                        text = ast.unparse(tree)
                    except Exception:
                        text = line
                    if isinstance(value, list):
                        value[i] = node
                    else:
                        setattr(place, name, node)
                    if opens:
                        text = text.rsplit("\n", 1)[0]
                    if len(text) < len(line):
                        yield text


def _smaller(stmts: list[Stmt]) -> Iterator[list[Stmt]]:
    """The lists with one statement left out, one block in its place, or a simpler line."""
    for i, stmt in enumerate(stmts):
        yield stmts[:i] + stmts[i + 1 :]
        if isinstance(stmt, tuple):
            if not stmt[0].startswith("def"):
                yield stmts[:i] + stmt[1] + stmts[i + 1 :]
            for inner in _smaller(stmt[1]):
                yield stmts[:i] + [(stmt[0], inner)] + stmts[i + 1 :]
    for i, stmt in enumerate(stmts):
        if isinstance(stmt, tuple):
            for header in _simpler(stmt[0]):
                yield stmts[:i] + [(header, stmt[1])] + stmts[i + 1 :]
        else:
            for line in _simpler(stmt):
                yield stmts[:i] + [line] + stmts[i + 1 :]


def shrink(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A program with fewer statements that still fails."""

    def pass_over(program: Program, name: str) -> tuple[Program, bool]:
        for part in _smaller(getattr(program, name)):
            smaller = replace(program, **{name: part})
            if fails(smaller):
                return smaller, True
        return program, False

    progress = True
    while progress:
        program, progress = pass_over(program, "body")
        if not progress:
            program, progress = pass_over(program, "helpers")
    return program
