"""The forms of expressions: what stands at a place where a number or an array is due."""

from __future__ import annotations

from tests.fuzz.expressions import (
    BINARY,
    MATRICES,
    NUMBERS,
    POISONED,
    UNARY,
    VECTORS,
    Writer,
    form,
)
from tests.fuzz.program import Shape

# -- numbers -------------------------------------------------------------------------------------


@form(NUMBERS, 3)
def item(w: Writer, depth: int) -> str:
    name = w.pick(w.scope.arrays)
    s = w.scope.arrays[name]
    return f"{name}[{', '.join(w.index(length) for length in s)}]"


@form(NUMBERS, 2)
def reduced(w: Writer, depth: int) -> str:
    inner = w.array(w.pick(w.scope.arrays.values()), depth - 1)
    reduce = ("np.sum({})", "np.mean({})", "({}).sum()", "np.max({})", "np.var({})")
    reduce += ("np.min({})", "np.prod({} * 0.5)", "np.sqrt(np.sum({} ** 2) + 0.1)", "({}).max()")
    return w.pick(reduce).format(inner)


@form(NUMBERS, 1)
def unary(w: Writer, depth: int) -> str:
    return w.pick(UNARY).format(w.number(depth - 1))


@form(NUMBERS, 1.2)
def binary(w: Writer, depth: int) -> str:
    return w.pick(BINARY).format(w.number(depth - 1), w.number(depth - 1))


@form(NUMBERS, 0.7)
def product(w: Writer, depth: int) -> str:
    n = w.vector_shape()
    text = w.pick(("({} @ {})", "np.dot({}, {})", "np.inner({}, {})", "np.sum({} * {})"))
    return text.format(w.array(n, depth - 1), w.array(n, depth - 1))


@form(NUMBERS, 0.6)
def counted(w: Writer, depth: int) -> str | None:
    if not w.scope.counters:
        return None
    return w.pick(("(0.1 * {})", "float({})", "({} / 3)")).format(w.pick(w.scope.counters))


@form(NUMBERS, 0.6)
def chosen(w: Writer, depth: int) -> str:
    return f"({w.number(1)} if {w.condition()} else {w.number(1)})"


@form(NUMBERS, 0.6)
def python_sum(w: Writer, depth: int) -> str:
    name, e = w.pick(w.of_rank(1)), w.fresh("e")
    n = w.scope.arrays[name][0]
    k = w.fresh("i")
    return w.pick(
        (
            f"sum({e} * {e} for {e} in {name})",
            f"sum([{w.number(0)} * {e} for {e} in {name} if {e} > 0.1])",
            f"sum({name}[{k}] * {name}[{k} - 1] for {k} in range({n}))",
            f"max({e} * 0.5 for {e} in {name})",
            f"min({name})",
            f"max({w.number(1)}, {w.number(1)})",
            f"abs({w.number(1)})",
            f"sum(map(lambda {e}: {e} * {w.number(0)}, {name}))",
            f"float({w.number(1)})",
            f"np.float64({w.number(1)})",
            f"({w.number(1)} + len({name}))",
        )
    )


@form(NUMBERS, 0.4)
def contracted(w: Writer, depth: int) -> str | None:
    matrices = w.of_rank(2)
    if not matrices:
        return None
    m = w.pick(matrices)
    s = w.scope.arrays[m]
    return w.pick(
        (
            f"np.trace({m} @ {m}.T)",
            f'np.einsum("ij,j->", {m}, {w.array((s[1],), depth - 1)})',
            f"({w.array((s[0],), depth - 1)} @ {m} @ {w.array((s[1],), depth - 1)})",
            f"np.sum(np.sum({m}, axis=0) * {w.array((s[1],), depth - 1)})",
        )
    )


@form(NUMBERS, 0.3)
def walrus(w: Writer, depth: int) -> str | None:
    if w.here == "inner":
        return None
    t = w.fresh("u")
    return w.pick((f"(({t} := {w.number(1)}) * {t} + {t})", f"({t} := {w.number(1)})"))


@form(NUMBERS, 0.2)
def from_list(w: Writer, depth: int) -> str | None:
    if not w.scope.lists:
        return None
    name, e = w.pick(w.scope.lists), w.fresh("e")
    return w.pick(
        (
            f"np.sum(sum({name}))",
            f"sum({e}[0] * {e}[-1] for {e} in {name})",
            f"sum(np.sum({e} ** 2) for {e} in {name}[1:])",
            f"np.sum(np.array({name}) ** 2)",
        )
    )


# -- arrays of any rank --------------------------------------------------------------------------


def _unary(w: Writer, shape: Shape, depth: int) -> str:
    return w.pick(UNARY).format(w.array(shape, depth - 1))


def _binary(w: Writer, shape: Shape, depth: int) -> str:
    return w.pick(BINARY).format(w.array(shape, depth - 1), w.array(shape, depth - 1))


def _with_number(w: Writer, shape: Shape, depth: int) -> str:
    text = w.pick(("({} * {})", "({} + {})", "({} - {})", "({} / (1.3 + {} ** 2))"))
    return text.format(w.array(shape, depth - 1), w.number(1))


def _poisoned(w: Writer, shape: Shape, depth: int) -> str:
    return w.pick(POISONED).format(w.array(shape, 0), w.value_for(shape))


def _masked(w: Writer, shape: Shape, depth: int) -> str:
    inner = w.array(shape, 0)
    return w.pick(("({0} * ({0} > 0.1))", "np.where({0} > 0.2, {0}, 0.0)")).format(inner)


for _table in (VECTORS, MATRICES):
    _table += [(2, _unary), (2, _binary), (1, _with_number), (0.4, _poisoned), (0.3, _masked)]


# -- vectors -------------------------------------------------------------------------------------


@form(VECTORS, 0.6)
def matrix_times_vector(w: Writer, shape: Shape, depth: int) -> str | None:
    options = []
    for name, s in w.scope.arrays.items():
        if len(s) == 2 and s[0] == shape[0]:
            options += [(name, s[1], "({0} @ {1})"), (name, s[1], "np.dot({0}, {1})")]
            options.append((name, s[1], 'np.einsum("ij,j->i", {0}, {1})'))
        if len(s) == 2 and s[1] == shape[0]:
            options.append((name, s[0], "({1} @ {0})"))
    if not options:
        return None
    name, length, text = w.pick(options)
    return text.format(name, w.array((length,), depth - 1))


@form(VECTORS, 0.5)
def joined(w: Writer, shape: Shape, depth: int) -> str | None:
    if shape[0] < 2:
        return None
    k = w.between(1, shape[0] - 1)
    left, right = w.array((k,), depth - 1), w.array((shape[0] - k,), depth - 1)
    texts = ("np.concatenate(({}, {}))", "np.hstack([{}, {}])", "np.append({}, {})")
    return w.pick(texts).format(left, right)


@form(VECTORS, 0.5)
def gathered(w: Writer, shape: Shape, depth: int) -> str:
    source = w.pick(w.of_rank(1))
    bound = w.scope.arrays[source][0]
    named = [n for n, (count, b) in w.scope.indices.items() if count == shape[0] and b <= bound]
    if named and w.chance(0.6):
        return f"{source}[{w.pick(named)}]"
    picks = w.picks(bound, shape[0])
    texts = (f"{source}[np.array({picks})]", f"{source}[{picks}]", f"np.take({source}, {picks})")
    return w.pick(texts)


@form(VECTORS, 0.6)
def along_an_axis(w: Writer, shape: Shape, depth: int) -> str | None:
    axis = w.below(2)
    fits = [m for m, s in w.scope.arrays.items() if len(s) == 2 and s[1 - axis] == shape[0]]
    if not fits:
        return None
    texts = ("{}.sum(axis={})", "np.mean({}, axis={})", "np.max({}, axis={})", "{}.min(axis={})")
    texts += ("np.var({}, axis={})", "np.prod({}, axis={})")
    texts += ("np.cumsum({}, axis={})[%s]" % (":, -1" if axis else "-1"),)
    return w.pick(texts).format(w.pick(fits), axis)


@form(VECTORS, 0.4)
def listed(w: Writer, shape: Shape, depth: int) -> str:
    return f"np.array([{', '.join(w.number(1) for _ in range(shape[0]))}])"


@form(VECTORS, 0.4)
def stretched(w: Writer, shape: Shape, depth: int) -> str:
    text = w.pick(("({} + {})", "({} * {})"))
    return text.format(w.array(shape, depth - 1), w.array((1,), depth - 1))


@form(VECTORS, 0.7)
def rearranged(w: Writer, shape: Shape, depth: int) -> str:
    inner = w.array(shape, depth - 1)
    texts = ("np.cumsum({})", "np.sort({})", "np.roll({}, 1)", "np.cumprod(0.5 * {})")
    texts += ("np.flip({})", "np.array({})", "({}).copy()", "np.asarray({})")
    texts += ("np.abs({})", "({}).astype(float)")
    return w.pick(texts).format(inner)


@form(VECTORS, 0.3)
def differences(w: Writer, shape: Shape, depth: int) -> str | None:
    longer = w.of_shape((shape[0] + 1,))
    if longer:
        return w.pick(("np.diff({0})", "({0}[1:] - {0}[:-1])", "({0}[1:] * {0}[:-1])")).format(
            w.pick(longer)
        )
    if shape[0] % 2 == 0:
        half = w.array((shape[0] // 2,), depth - 1)
        return w.pick(("np.repeat({}, 2)", "np.tile({}, 2)")).format(half)
    return None


@form(VECTORS, 0.4)
def comprehension(w: Writer, shape: Shape, depth: int) -> str | None:
    sources = w.of_shape(shape)
    if not sources:
        return None
    name, e, k = w.pick(sources), w.fresh("e"), w.fresh("i")
    other = w.pick(sources)
    return w.pick(
        (
            f"np.array([{e} * {w.number(0)} for {e} in {name}])",
            f"np.array([{name}[{k}] * {other}[-{k} - 1] for {k} in range({shape[0]})])",
            f"np.array([{e} + 0.1 * {k} for {k}, {e} in enumerate({name})])",
            f"np.array([{e} * {k} for {e}, {k} in zip({name}, {other})])",
            f"np.array([{e} if {e} > 0.1 else {w.number(0)} for {e} in {name}])",
            f"np.array(list(map(lambda {e}: {e} ** 2, {name})))",
        )
    )


@form(VECTORS, 0.3)
def of_a_list(w: Writer, shape: Shape, depth: int) -> str | None:
    if not w.scope.lists or shape != (w.size,):
        return None
    name, e = w.pick(w.scope.lists), w.fresh("e")
    texts = (f"sum({name})", f"sum([{e} * 0.5 for {e} in {name}])", f"np.mean({name}, axis=0)")
    texts += (f"{name}[-1]", f"np.array({name})[0]", f"sum({e} * {e} for {e} in {name}[::-1])")
    return w.pick(texts)


# -- matrices ------------------------------------------------------------------------------------


@form(MATRICES, 0.5)
def scaled_rows(w: Writer, shape: Shape, depth: int) -> str:
    if w.chance(0.5):
        return f"({w.array(shape, depth - 1)} * {w.array((shape[1],), depth - 1)})"
    return f"({w.array(shape, depth - 1)} + {w.array((shape[0],), depth - 1)}[:, None])"


@form(MATRICES, 0.5)
def stacked(w: Writer, shape: Shape, depth: int) -> str:
    if w.chance(0.3):
        columns = ", ".join(w.array((shape[0],), depth - 1) for _ in range(shape[1]))
        return w.pick(("np.stack(({},), axis=1)", "np.column_stack(({},))")).format(columns)
    rows = ", ".join(w.array((shape[1],), depth - 1) for _ in range(shape[0]))
    return w.pick(("np.stack(({},))", "np.array([{}])", "np.vstack(({},))")).format(rows)


@form(MATRICES, 0.4)
def matrix_product(w: Writer, shape: Shape, depth: int) -> str:
    inner = w.between(1, 3)
    return f"({w.array((shape[0], inner), 1)} @ {w.array((inner, shape[1]), 1)})"


@form(MATRICES, 0.4)
def centred(w: Writer, shape: Shape, depth: int) -> str:
    part, axis = w.array(shape, 1), w.below(2)
    texts = ("({0} - {0}.mean(axis={1}, keepdims=True))", "({0} * np.max({0}, {1}, keepdims=True))")
    texts += ("({0} / (1.0 + np.sum({0} ** 2, axis={1}, keepdims=True)))",)
    return w.pick(texts).format(part if part.isidentifier() else f"({part})", axis)


@form(MATRICES, 0.3)
def outer(w: Writer, shape: Shape, depth: int) -> str:
    left, right = w.array((shape[0],), 1), w.array((shape[1],), 1)
    return w.pick(("({}[:, None] * {})", "np.outer({}, {})")).format(left, right)


@form(MATRICES, 0.5)
def rearranged_matrix(w: Writer, shape: Shape, depth: int) -> str:
    inner, axis = w.array(shape, depth - 1), w.below(2)
    texts = ("np.cumsum({}, axis={})", "np.sort({}, axis={})", "np.roll({}, 1, axis={})")
    texts += ("np.flip({}, axis={})", "np.array({})", "({}).copy()", "np.concatenate([{}], {})")
    return w.pick(texts).format(inner, axis)


@form(MATRICES, 0.4)
def chosen_rows(w: Writer, shape: Shape, depth: int) -> str | None:
    tall = [(m, s) for m, s in w.scope.arrays.items() if len(s) == 2 and s[1] == shape[1]]
    if not tall:
        return None
    m, s = w.pick(tall)
    e = w.fresh("e")
    if s == shape and w.chance(0.5):
        row = w.array((shape[1],), 0)
        return w.pick((f"np.array([{e} * {row} for {e} in {m}])", f"np.stack([*{m}])"))
    return f"{m}[{w.picks(s[0], shape[0])}]"
