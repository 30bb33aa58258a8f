"""Random simple statements: bindings, aliases, writes of every kind.

Each kind is a function in a table with its weight; it gives the lines it writes, or None where it
does not fit. `simple` chooses one of these, `block` any kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fuzz.expressions import Writer
from tests.fuzz.program import Shape, Stmt

Kind = Callable[[Writer], "list[Stmt] | None"]
SIMPLE: list[tuple[Any, Kind]] = []
NESTED: list[tuple[Any, Kind]] = []


def statement(weight: Any, table: list[tuple[Any, Kind]] = SIMPLE) -> Callable[[Kind], Kind]:
    """The decorated function writes statements; its weight is a number, or one of the writer."""

    def register(kind: Kind) -> Kind:
        table.append((weight, kind))
        return kind

    return register


def block(w: Writer, low: int, high: int) -> list[Stmt]:
    made: list[Stmt] = []
    for part in w.choices.several(low, high, lambda: one(w)):
        made += part
    return made


def one(w: Writer) -> list[Stmt]:
    """A statement of any kind, with what it needs before it."""
    w.budget -= 1
    table = SIMPLE + NESTED if w.budget > 0 else SIMPLE
    weights = [weight(w) if callable(weight) else weight for weight, _ in table]
    made = table[w.choices.weighted(weights)][1](w)
    return assign(w) if made is None else made


def inner(w: Writer, low: int, high: int, **counters: int) -> list[Stmt]:
    """A block whose new names are not seen outside."""
    return w.nested(lambda: block(w, low, high), **counters)


def any_shape(w: Writer) -> Shape:
    return w.pick(w.scope.arrays.values())


# -- bindings ------------------------------------------------------------------------------------


@statement(3)
def assign(w: Writer) -> list[Stmt]:
    shape = any_shape(w)
    names = w.bindable(shape)
    name = w.pick(names) if names and w.chance(0.4) else w.fresh("v")
    line = f"{name} = {w.bounded(shape)}"
    w.scope.arrays[name] = shape
    return [line]


@statement(lambda w: 2 * w.aliasing)
def alias(w: Writer) -> list[Stmt] | None:
    shape = any_shape(w)
    if len(shape) == 1 and shape[0] > 1 and w.chance(0.4):
        shape = (shape[0] - 1,)
    elif w.chance(0.2):
        shape = (w.size,)
    source = w.view(shape) if w.chance(0.7) else None
    if source is None and w.of_shape(shape):
        source = w.pick(w.of_shape(shape))
    if source is None:
        return None
    name = w.fresh("w")
    if w.chance(0.25):
        one, two = w.pick(w.of_shape(shape) or [source]), source
        source = w.pick((f"np.asarray({source})", f"{one} if {w.condition()} else {two}"))
    w.scope.arrays[name] = shape
    return [f"{name} = {source}"]


@statement(0.8)
def temporary(w: Writer) -> list[Stmt]:
    """A fresh array, so that writes to it can touch nothing else."""
    shape = any_shape(w)
    name, source = w.fresh("z"), w.array(shape, 1)
    made = ("({}).copy()", "np.array({})", "np.zeros_like({})", "{} * 1.0", "np.sin({})")
    made += ("np.empty_like({})", "np.ones_like({})")
    text = w.pick(made).format(source)
    lines = [f"{name} = {text}"]
    if "empty" in text:
        lines.append(f"{name}[:] = {w.value_for(shape)}")
    w.scope.arrays[name] = shape
    return lines


@statement(lambda w: w.aliasing)
def swap(w: Writer) -> list[Stmt] | None:
    names = w.bindable(any_shape(w))
    if len(names) < 2:
        return None
    if len(names) > 2 and w.chance(0.3):
        a, b, c = w.sample(names, 3)
        return [f"{a}, {b}, {c} = {c}, {a}, {b}"]
    a, b = w.sample(names, 2)
    return [f"{a}, {b} = {b}, {a}"]


@statement(2)
def scalar(w: Writer) -> list[Stmt]:
    own = [n for n in w.scope.floats if n not in w.scope.fixed and (n != "s" or w.chance(0.3))]
    value = w.number()
    if w.depth:
        value = f"np.tanh({value})"
    if own and w.chance(0.6):
        return [f"{w.pick(own)} {w.pick(('=', '+=', '-=', '*='))} {value}"]
    name = w.fresh("t")
    w.scope.floats.append(name)
    return [f"{name} = {value}"]


@statement(0.6)
def unpacked(w: Writer) -> list[Stmt] | None:
    """Rows of a matrix or entries of a vector as names."""
    name = w.pick(w.scope.arrays)
    s = w.scope.arrays[name]
    if s[0] < 2 or s[0] > 4:
        return None
    names = [w.fresh("q") for _ in range(s[0])]
    if len(s) == 1:
        w.scope.floats += names
    else:
        w.scope.arrays.update(dict.fromkeys(names, (s[1],)))
    if w.chance(0.2):
        for extra in names[1:]:
            if len(s) == 1:
                w.scope.floats.remove(extra)
            else:
                del w.scope.arrays[extra]
        return [f"{names[0]}, *{names[1]} = {name}"]
    return [f"{', '.join(names)} = {name}"]


@statement(0.4)
def chained(w: Writer) -> list[Stmt]:
    shape = any_shape(w)
    a, b = w.fresh("v"), w.fresh("v")
    line = f"{a} = {b} = {w.array(shape, 1)}"
    w.scope.arrays.update({a: shape, b: shape})
    return [line]


@statement(0.5)
def integer_array(w: Writer) -> list[Stmt]:
    name = w.fresh("idx")
    n = w.vector_shape()[0]
    ranked = w.of_shape((n,))
    if w.chance(0.4):
        count, line = n, f"{name} = np.argsort({w.pick(ranked)})"
    else:
        count = w.between(1, n)
        picks = w.picks(n, count)
        line = f"{name} = {w.pick(('np.array({})', 'np.array({}, dtype=int)')).format(picks)}"
    w.scope.indices[name] = (count, n)
    return [line]


# -- writes --------------------------------------------------------------------------------------


def target(w: Writer, name: str = "") -> tuple[str, Shape]:
    """A place that can be written, and the shape of what goes there; () for a number."""
    name = name or w.pick(w.scope.arrays)
    s = w.scope.arrays[name]
    if len(s) == 1:
        return _vector_target(w, name, s[0])
    kind = w.below(8)
    if kind < 2:
        return f"{name}[{w.index(s[0])}, {w.index(s[1])}]", ()
    if kind < 4:
        return f"{name}[{w.index(s[0])}]", (s[1],)
    if kind == 4:
        return w.pick((f"{name}[:, {w.index(s[1])}]", f"{name}.T[{w.index(s[1])}]")), (s[0],)
    if kind == 5:
        part = w.between(1, s[1])
        return f"{name}[{w.index(s[0])}, {w.bounds(s[1], part)}]", (part,)
    if kind == 6:
        part = w.between(1, s[0])
        return f"{name}[{w.bounds(s[0], part)}]", (part, s[1])
    if w.chance(0.4):
        count = w.between(1, 3)
        rows, columns = w.picks(s[0], count), w.picks(s[1], count)
        return w.pick(
            ((f"{name}[{rows}]", (count, s[1])), (f"{name}[{rows}, {columns}]", (count,)))
        )
    return w.pick((f"{name}[{w.index(s[0])}][{w.index(s[1])}]", f"{name}[{name} < 0.2]")), ()


def _vector_target(w: Writer, name: str, n: int) -> tuple[str, Shape]:
    kind = w.below(20)
    if kind < 7:
        return f"{name}[{w.index(n)}]", ()
    if kind < 14:
        part = w.between(1, n)
        return f"{name}[{w.bounds(n, part)}]", (part,)
    if kind < 16:
        named = [i for i, (_, bound) in w.scope.indices.items() if bound <= n]
        if named and w.chance(0.6):
            index = w.pick(named)
            return f"{name}[{index}]", (w.scope.indices[index][0],)
        picks = w.picks(n, w.between(1, n))
        return f"{name}[{w.pick(('np.array({})', '{}')).format(picks)}]", (len(picks),)
    if kind < 18:
        other = w.pick(w.of_shape((n,)))
        return f"{name}[{other} > {w.pick(('0.0', '0.3'))}]", ()
    views = (f"{name}[:]", f"{name}[::-1]", f"{name}[...]", f"{name}.reshape(-1)[:]")
    return w.pick(views), (n,)


@statement(7)
def write(w: Writer) -> list[Stmt]:
    places = w.bindable()
    if places and w.chance(0.25):
        name = w.pick(places)
        value = w.value_for(w.scope.arrays[name])
        return [f"{name} {w.pick(('+=', '-=', '*='))} {value}"]
    place, shape = target(w)
    return [f"{place} {w.pick(('=', '=', '=', '+=', '-=', '*='))} {w.value_for(shape)}"]


@statement(0.6)
def stencil(w: Writer) -> list[Stmt] | None:
    """An update of a part of an array from overlapping parts of it."""
    long = [n for n in w.of_rank(1) if w.scope.arrays[n][0] >= 3]
    if not long:
        return None
    u, c = w.pick(long), w.pick(("0.1", "0.3", *w.scope.floats))
    return [
        w.pick(
            (
                f"{u}[1:-1] += 0.2 * ({u}[2:] - 2 * {u}[1:-1] + {u}[:-2])",
                f"{u}[1:] += 0.3 * {u}[:-1]",
                f"{u}[:-1] = np.tanh({c} * {u}[1:] + {u}[:-1])",
                f"{u}[1:-1] = 0.5 * ({u}[2:] + {u}[:-2])",
                f"{u}[::-1] += 0.5 * {u}",
                f"{u}[:2] += 0.3 * np.flip({u}[:2])",
            )
        )
    ]


@statement(1.5)
def mutate(w: Writer) -> list[Stmt]:
    """A call that writes an array: out=, a mutating function or method, an iterator."""
    name = w.pick(w.scope.arrays)
    shape = w.scope.arrays[name]
    place = name
    if w.chance(0.4):
        place = w.view(shape) or name
    array, number = w.bounded(shape), f"np.tanh({w.number(1)})"
    size = shape[0] if len(shape) == 1 else shape[0] * shape[1]
    spots = w.picks(size, w.between(1, 3))
    options = [
        f"np.multiply({array}, 0.5, out={place})",
        f"np.add({array}, {place}, out={place})",
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
        options += [f"np.add.at({place}, np.array({spots}), {w.array((len(spots),), 1)})"] * 2
        options.append(f"np.cumsum({array}, out={place})")
    else:
        options += [f"np.fill_diagonal({place}, {number})", f"{place}.sort(axis=0)"]
        options.append(f"np.add.at({place}, {w.picks(shape[0], 2)}, {w.array((shape[1],), 1)})")
    line = w.pick(options)
    if "out=" in line and w.chance(0.3):
        fresh = w.fresh("w")
        w.scope.arrays[fresh] = shape
        line = f"{fresh} = {line}"
    return [line]


@statement(0.2)
def asserted(w: Writer) -> list[Stmt]:
    return [f"assert np.all(np.isfinite({w.pick(w.scope.arrays)}))"]
