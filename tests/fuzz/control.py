"""Random control flow: branches, loops, what leaves them, try, with, match."""

from __future__ import annotations

from tests.fuzz.expressions import Writer
from tests.fuzz.program import Stmt
from tests.fuzz.statements import NESTED, SIMPLE, block, inner, statement, target


@statement(2.5, NESTED)
def branch(w: Writer) -> list[Stmt]:
    test = w.condition()
    if w.here != "inner" and w.chance(0.1):
        test = f"({w.fresh('u')} := {w.number(1)}) > 0.1"
    made: list[Stmt] = [(f"if {test}:", inner(w, 1, 3))]
    if w.chance(0.2):
        made.append((f"elif {w.condition()}:", inner(w, 1, 2)))
    if w.chance(0.6):
        made.append(("else:", inner(w, 1, 3)))
    return made


@statement(0.6, NESTED)
def bound_on_both_sides(w: Writer) -> list[Stmt]:
    """A name first bound in a branch and read after it."""
    shape = w.pick(w.scope.arrays.values())
    name, test = w.fresh("v"), w.condition()

    def side() -> list[Stmt]:
        return [*block(w, 0, 2), f"{name} = {w.array(shape, w.below(2))}"]

    made: list[Stmt] = [(f"if {test}:", w.nested(side)), ("else:", w.nested(side))]
    w.scope.arrays[name] = shape
    return made


@statement(0.5, NESTED)
def matched(w: Writer) -> list[Stmt]:
    """match on a number that is known, on one that is not, on a tuple, on a list of arrays."""
    e = w.fresh("e")
    kind = w.below(5)
    cases: list[tuple[str, dict[str, int]]]
    if kind == 0:
        subject = w.pick(["n", *w.scope.counters]) if w.here == "f" else str(w.below(3))
        cases = [("case 0:", {}), ("case 1 | 2:", {}), ("case _:", {})]
    elif kind == 1:
        subject = w.pick(('"one"', '"two"'))
        cases = [('case "one":', {}), ("case other:", {})]
    elif kind == 2:
        subject = f"({w.number(1)}, {w.below(2)})"
        cases = [(f"case ({e}, 1):", {}), (f"case ({e}, _) if {e} > 0.1:", {}), ("case _:", {})]
    elif kind == 3:
        subject = w.number(1)
        cases = [(f"case {e} if {e} > 0.2:", {}), ("case _:", {})]
    else:
        shape = w.vector_shape()
        one, two = w.pick(w.of_shape(shape)), w.array(shape, 1)
        a, b = w.fresh("p"), w.fresh("p")
        saved = w.scope
        w.scope = saved.copy()
        w.scope.arrays.update({a: shape, b: shape})
        body = block(w, 1, 2)
        w.scope = saved
        return [(f"match [{one}, {two}]:", [(f"case [{a}, {b}]:", body), ("case _:", ["pass"])])]
    arms: list[Stmt] = []
    for header, _ in cases:
        if header.startswith("case (") or (e in header and kind == 3):
            saved = w.scope
            w.scope = saved.copy()
            w.scope.floats.append(e)
            w.scope.fixed.add(e)
            arms.append((header, block(w, 1, 2)))
            w.scope = saved
        else:
            arms.append((header, inner(w, 1, 2)))
    return [(f"match {subject}:", arms)]


# -- exceptions ----------------------------------------------------------------------------------


@statement(1.2, NESTED)
def attempt(w: Writer) -> list[Stmt]:
    """A body that may raise; its handler may do anything."""
    name = w.pick(w.of_rank(1))
    t = w.fresh("t")
    raising: list[Stmt] = [
        (f"if {w.condition()}:", ['raise ValueError("fuzz")']),
        f"{t} = {name}[{w.below(7)}]",
        f'{t} = {{"a": 0.5}}["{w.pick("ab")}"]',
        f"{t} = 1.0 / max({w.number(1)}, 0)",
        f"{t} = [0.1, 0.2][{w.pick(('n', '1', '2')) if w.here == 'f' else '2'}]",
    ]
    body: list[Stmt] = []
    if w.chance(0.4):
        body += inner(w, 1, 1)
    body.append(w.pick(raising))
    if w.chance(0.5):
        body += inner(w, 1, 2)
    errors = "(ValueError, LookupError, ZeroDivisionError)"
    made: list[Stmt] = [("try:", body), (f"except {errors}:", inner(w, 1, 2))]
    if w.chance(0.3):
        made.append(("else:", inner(w, 1, 2)))
    if w.chance(0.3):
        made.append(("finally:", inner(w, 1, 2)))
    return made


@statement(0.3, NESTED)
def at_last(w: Writer) -> list[Stmt]:
    return [("try:", inner(w, 1, 3)), ("finally:", inner(w, 1, 2))]


@statement(0.3, NESTED)
def context(w: Writer) -> list[Stmt]:
    return [('with np.errstate(divide="ignore"):', inner(w, 1, 3))]


# -- loops ---------------------------------------------------------------------------------------


def looped(w: Writer, low: int = 1, high: int = 4, **counters: int) -> list[Stmt]:
    w.depth += 1
    made = inner(w, low, high, **counters)
    w.depth -= 1
    return made


def over(w: Writer, header: str, arrays: dict, floats: list[str], **counters: int) -> Stmt:
    """A loop that binds arrays and floats."""
    saved = w.scope
    w.scope = saved.copy()
    w.scope.arrays.update(arrays)
    w.scope.floats += floats
    made = looped(w, **counters)
    w.scope = saved
    return (header, made)


def ended(w: Writer, loop: Stmt) -> list[Stmt]:
    return [loop, ("else:", inner(w, 1, 2))] if w.chance(0.1) else [loop]


@statement(2, NESTED)
def for_loop(w: Writer) -> list[Stmt]:
    k = w.fresh("k")
    if w.here == "f" and w.chance(0.6):
        span = w.pick(("range(n)", "range(n)", "range(n - 1, -1, -1)", "range(1, n)"))
        return ended(w, (f"for {k} in {span}:", looped(w, **{k: 9})))
    if w.scope.counters and w.chance(0.2):
        outer = w.pick(w.scope.counters)
        header = f"for {k} in range({w.pick(('{}', '{} + 1')).format(outer)}):"
        return ended(w, (header, looped(w, **{k: 9})))
    if w.chance(0.5):
        trips = w.below(4)
        return ended(w, (f"for {k} in range({trips}):", looped(w, **{k: max(trips, 1)})))
    v = w.pick(w.of_rank(1))
    n = w.scope.arrays[v][0]
    span = w.pick((f"range(len({v}))", f"range({v}.shape[0] - 1, -1, -1)", f"range({v}.size)"))
    return ended(w, (f"for {k} in {span}:", looped(w, **{k: n})))


@statement(1.3, NESTED)
def rows_loop(w: Writer) -> list[Stmt] | None:
    """Rows while iterating, which are views."""
    matrices = w.of_rank(2)
    if not matrices:
        return None
    m, row, k = w.pick(matrices), w.fresh("r"), w.fresh("k")
    rows, columns = w.scope.arrays[m]
    source = w.pick((m, m, f"{m}[::-1]", f"{m}.T"))
    if source.endswith(".T"):
        rows, columns = columns, rows
    if w.chance(0.2):
        other = w.pick(matrices)
        two = w.fresh("r")
        width = w.scope.arrays[other][1]
        header = f"for {row}, {two} in zip({source}, {other}):"
        return [over(w, header, {row: (columns,), two: (width,)}, [])]
    if w.chance(0.5):
        return ended(w, over(w, f"for {row} in {source}:", {row: (columns,)}, []))
    header = f"for {k}, {row} in enumerate({source}):"
    return ended(w, over(w, header, {row: (columns,)}, [], **{k: rows}))


@statement(0.8, NESTED)
def entries_loop(w: Writer) -> list[Stmt]:
    v, e, k = w.pick(w.of_rank(1)), w.fresh("e"), w.fresh("k")
    n = w.scope.arrays[v][0]
    if w.scope.indices and w.chance(0.3):
        index = w.pick(w.scope.indices)
        return [over(w, f"for {k} in {index}:", {}, [], **{k: w.scope.indices[index][1]})]
    if w.chance(0.2):
        picks = w.picks(n, w.between(1, 4))
        return [
            over(w, f"for {k} in {w.pick(('{}', 'np.array({})')).format(picks)}:", {}, [], **{k: n})
        ]
    header = w.pick((f"for {k}, {e} in enumerate({v}):", f"for {k}, {e} in zip(range(9), {v}):"))
    return ended(w, over(w, header, {}, [e], **{k: n}))


@statement(0.8, NESTED)
def while_loop(w: Writer) -> list[Stmt]:
    k = w.fresh("k")
    bound = w.pick(("n", "2", "3") if w.here == "f" else ("2", "3"))
    tests = (f"{k} < {bound}", f"{k} < {bound} and {w.number(1)} < 0.8")
    test = w.pick(tests)
    # The count goes first, so that `continue` does not skip it.
    step: list[Stmt] = [f"{k} += 1"]
    if w.chance(0.15):
        test = "True"
        step.append((f"if {k} > {bound}:", ["break"]))
    return [f"{k} = 0", *ended(w, (f"while {test}:", [*step, *looped(w, 1, 3, **{k: 9})]))]


@statement(0.5, NESTED)
def double_buffer(w: Writer) -> list[Stmt] | None:
    """Two arrays that trade places after each step."""
    shape = w.vector_shape()
    names = [n for n in w.bindable(shape) if n.isidentifier()]
    if len(names) < 2:
        return None
    u, v = w.sample(names, 2)
    k = w.fresh("k")
    trips = w.pick(("n", "3", "2")) if w.here == "f" else "3"
    saved = w.scope
    w.scope = saved.copy()
    w.scope.arrays = {u: shape, v: shape}
    w.depth += 1
    place, size = target(w, v)
    step = [f"{place} = {w.value_for(size)}", *block(w, 0, 1)]
    w.depth -= 1
    w.scope = saved
    head = [] if w.chance(0.3) else [f"{u}, {v} = {u} * 1.0, np.zeros_like({u})"]
    return [*head, (f"for {k} in range({trips}):", [*step, f"{u}, {v} = {v}, {u}"])]


@statement(0.4, NESTED)
def previous(w: Writer) -> list[Stmt]:
    """What the last iteration left, which the first one lacks."""
    t, p, e = w.fresh("t"), w.fresh("prev"), w.fresh("e")
    matrices = w.of_rank(2)
    if matrices and w.chance(0.5):
        source, use = w.pick(matrices), f"{t} += np.sum(({e} - {p}) ** 2)"
        step = w.pick((f"{e}[0] = 0.5 * {p}[-1]", f"{p} += 0.1", "pass"))
    else:
        source, use = w.pick(w.of_rank(1)), f"{t} += ({e} - {p}) ** 2"
        step = "pass"
    body: list[Stmt] = [(f"if {p} is not None:", [use, step]), f"{p} = {e}"]
    w.scope.floats.append(t)
    return [f"{t} = 0.0", f"{p} = None", (f"for {e} in {source}:", body)]


@statement(lambda w: 0.9 if w.depth else 0.0, SIMPLE)
def leave(w: Writer) -> list[Stmt]:
    word = w.pick(("break", "continue", "break"))
    return [(f"if {w.condition()}:", [*inner(w, 0, 1), word])]


@statement(lambda w: 0.3 if w.leave else 0.0, SIMPLE)
def early_return(w: Writer) -> list[Stmt]:
    assert w.leave is not None
    return [(f"if {w.condition()}:", [f"return {w.leave()}"])]
