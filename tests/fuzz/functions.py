"""Random functions: helpers of a module, recursive ones, generators, functions inside f."""

from __future__ import annotations

from tests.fuzz.expressions import Writer
from tests.fuzz.program import Scope, Stmt
from tests.fuzz.statements import NESTED, SIMPLE, block, statement

GENERIC = (
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
    "a[1:] += 0.2 * a[:-1]",
    "b = a[:]",
    "a = a.reshape(-1)",
    "c *= a.max()",
)
RESULTS = {
    "array": ("return a", "return b", "return a * b + c", "return a + 0.0", "return a[:]"),
    "number": ("return c", "return np.sum(a) * c"),
    "pair": ("return a, b", "return b, a * 0.5", "return a, a"),
}


def generic_helper(w: Writer) -> None:
    """A helper whose statements fit vectors of any length."""
    name = f"g{len(w.helpers)}"
    early = False
    body: list[Stmt] = []

    def line() -> Stmt:
        nonlocal early
        text = w.pick(GENERIC).format(s=w.pick(("c", "0.4", "b[0]", "c * a[-1]")))
        kind = w.below(6)
        if kind == 1:
            return (w.pick(("if c > 0.1:", "if a[0] > b[0]:", "if len(a) > 2:")), [text])
        if kind == 2:
            heads = ("for i in range(2):", "for i in range(len(a)):", "for i, e in enumerate(b):")
            last = w.pick(("a[i % len(a)] += 0.2 * c", "c = 0.5 * c + 0.1 * a[-1]"))
            return (w.pick(heads), [text, last])
        if kind == 3 and w.chance(0.4):
            early = True
            return ("if c < -0.1:", [w.pick(("return a", "return a * 2.0"))])
        return text

    body += w.choices.several(1, 4, line)
    kind = "array" if early else w.pick(("array", "array", "number", "pair"))
    body.append(w.pick(RESULTS[kind]))
    w.helpers[name] = (kind, None)
    w.before.append((f"def {name}(a, b, c):", body))


def helper(w: Writer) -> None:
    """A helper with any statement, for arrays of the shapes it was written for."""
    name = f"g{len(w.helpers)}"
    shape = w.pick(((w.size,), (w.size,), (w.rows, w.size)))
    other = (w.size,)
    kind = w.pick(("array", "number", "pair"))
    recursive = w.chance(0.3)
    iterator = not recursive and w.chance(0.25)
    w.scope = Scope({"a": shape, "b": other}, ["c"])
    w.here, w.budget = "helper", w.pick((2, 5))

    def result() -> str:
        if kind == "array":
            return w.array(shape, w.below(2))
        if kind == "number":
            return w.number(2)
        return f"{w.array(shape, w.below(2))}, {w.array(other, w.below(2))}"

    if iterator:
        kind = "generator"
        w.leave = None
        w.depth += 1
        inside = block(w, 0, 2)
        inside.append(f"yield {w.pick(['a', w.array(shape, 1)])}")
        inside += block(w, 0, 1)
        w.depth -= 1
        body: list[Stmt] = [("for i in range(k):", inside)]
        if w.chance(0.3):
            body.append("yield a")
        w.helpers[name] = (kind, (shape, other))
        w.before.append((f"def {name}(a, b, c, k):", body))
        return
    w.leave = result
    body = block(w, 1, 4)
    if recursive:
        first, second, number = w.array(shape, w.below(2)), w.array(other, w.below(2)), w.number(1)
        again = f"{name}({first}, {second}, {number}, k - 1)"
        if kind == "pair":
            again = w.pick((again, f"({again})[::1]"))
        elif kind == "number":
            again = w.pick((again, f"0.5 * {again} + c"))
        else:
            again = w.pick((again, f"{again} * 0.5 + {w.array(shape, 1)}"))
        body = [("if k <= 0:", [f"return {result()}"]), *body, f"return {again}"]
    else:
        body.append(f"return {result()}")
    w.leave = None
    w.helpers[name] = (f"recursive {kind}" if recursive else kind, (shape, other))
    parameters = "a, b, c, k" if recursive else w.pick(("a, b, c", "a, b, c=0.4", "a, b, *, c"))
    w.before.append((f"def {name}({parameters}):", body))
    w.helpers[name] += (parameters,)


@statement(lambda w: 2 if w.helpers and w.here != "helper" else 0, SIMPLE)
def call(w: Writer) -> list[Stmt] | None:
    name = w.pick(w.helpers)
    kind, shapes, *parameters = w.helpers[name]
    shape, other = shapes or (w.vector_shape(),) * 2
    if not shapes:
        other = shape
    a, b = w.array(shape, w.pick((0, 0, 1))), w.array(other, w.pick((0, 0, 1)))
    number = w.number(1)
    trips = w.pick(("2", "1", "0", "3")) if w.here != "f" else w.pick(("2", "n", "0"))
    keyword = "*" in (parameters or [""])[0] or w.chance(0.1)
    third = f"c={number}" if keyword and "k" not in (parameters or [""])[0] else number
    if kind == "generator":
        return _iterate(w, f"{name}({a}, {b}, {number}, {trips})", shape)
    text = f"{name}({a}, {b}, {third})"
    if kind.startswith("recursive"):
        text = f"{name}({a}, {b}, {number}, {trips})"
        kind = kind.split()[1]
    if kind == "number":
        t = w.fresh("t")
        w.scope.floats.append(t)
        return [f"{t} = np.tanh({text})"]
    if w.chance(0.3):
        return [text]
    if kind == "pair":
        one, two = w.fresh("v"), w.fresh("v")
        w.scope.arrays.update({one: shape, two: other})
        return [f"{one}, {two} = {text}"]
    names = w.bindable(shape)
    result = w.pick(names) if names and w.chance(0.4) else w.fresh("v")
    w.scope.arrays[result] = shape
    return [f"{result} = {text}"]


def _iterate(w: Writer, text: str, shape: tuple[int, ...]) -> list[Stmt]:
    t, r = w.fresh("t"), w.fresh("r")
    w.scope.floats.append(t)
    kind = w.below(4)
    if kind == 0:
        return [f"{t} = sum(np.sum({r} ** 2) for {r} in {text})"]
    if kind == 1:
        return [f"{t} = np.tanh(np.sum(sum(list({text}))))"]
    body: list[Stmt] = [f"{t} += np.sum({r} * {w.number(1)})"]
    if kind == 3:
        body.append((f"if {t} > 0.5:", ["break"]))
    return [f"{t} = 0.0", (f"for {r} in {text}:", body)]


# -- functions inside ----------------------------------------------------------------------------


@statement(lambda w: 0.9 if w.here == "f" and not w.depth else 0.0, SIMPLE)
def closure(w: Writer) -> list[Stmt]:
    """A function inside, which reads, writes and may bind what is around it."""
    shape = w.vector_shape()
    name, arg = w.fresh("inner"), w.fresh("p")
    outer = [n for n in w.scope.floats if n.isidentifier() and n not in w.scope.fixed]
    bound = [n for n in w.bindable() if n.isidentifier()]
    names = w.sample(outer, min(len(outer), w.below(2)))
    names += w.sample(bound, min(len(bound), w.below(2)))
    saved, budget, leave = w.scope, w.budget, w.leave
    w.scope = saved.copy()
    w.scope.fixed = saved.fixed | {n for n in (*outer, *bound) if n not in names}
    w.scope.arrays[arg] = shape
    w.here, w.budget = "inner", 2
    w.leave = (lambda: w.array(shape, 1)) if w.chance(0.3) else None
    body: list[Stmt] = [f"nonlocal {', '.join(names)}"] if names else []
    body += block(w, 0, 2)
    body.append(f"return {w.array(shape, 1)}")
    w.scope, w.budget, w.leave = saved, budget, leave
    w.here = "f"
    made: list[Stmt] = [(f"def {name}({arg}):", body)]
    one, k = w.fresh("v"), w.fresh("k")
    made.append(f"{one} = {name}({w.array(shape, 1)})")
    w.scope.arrays[one] = shape
    if w.chance(0.3):
        made += block(w, 1, 1)
        made.append(f"{one} = {one} + {name}({w.array(shape, 0)})")
    if w.chance(0.4):
        span = w.pick(("n", "2"))
        made.append((f"for {k} in range({span}):", [f"{one} = np.tanh({name}({one}))"]))
    return made


@statement(lambda w: 0.4 if w.here == "f" else 0.0, NESTED)
def function_value(w: Writer) -> list[Stmt]:
    """A lambda, with a default that is read once and names that are read when it is called."""
    name, p, t = w.fresh("h"), w.fresh("p"), w.fresh("t")
    outside = w.pick(w.scope.floats)
    vector = w.pick(w.of_rank(1))
    text = f"{name} = lambda {p}, q={w.number(1)}: {p} * q + {outside} * {vector}[0]"
    made: list[Stmt] = [text, *block(w, 1, 2), f"{t} = {name}({w.number(1)}) * {name}(0.5, 0.2)"]
    w.scope.floats.append(t)
    return made
