"""Random statements with lists, dicts and objects that hold arrays.

What a container holds is put in scope under the text that reads it (`L1[0]`, `D2["a"]`,
`box3.u`), so that every other statement reads it, writes it and binds it anew.
"""

from __future__ import annotations

from tests.fuzz.control import looped
from tests.fuzz.expressions import Writer
from tests.fuzz.program import Stmt
from tests.fuzz.statements import NESTED, SIMPLE, block, statement


def held(w: Writer, shape: tuple[int, ...]) -> str:
    """An array to put into a container: most often one that has a name."""
    names = w.of_shape(shape)
    return w.pick(names) if names and w.chance(0.7) else w.array(shape, 1)


@statement(1.2, SIMPLE)
def make_list(w: Writer) -> list[Stmt]:
    name, shape = w.fresh("L"), (w.size,)
    if w.chance(0.15):
        text = f"[{w.array(shape, 1)}] * 2"
        count = 2
    else:
        count = w.between(1, 3)
        text = f"[{', '.join(held(w, shape) for _ in range(count))}]"
    w.scope.lists[name] = count
    w.scope.arrays.update({f"{name}[{k}]": shape for k in range(count)})
    if w.chance(0.15):
        text = text.replace("[", "(", 1)[:-1] + ",)" if "*" not in text else text
        if text.startswith("("):
            w.scope.fixed.update(f"{name}[{k}]" for k in range(count))
    return [f"{name} = {text}"]


@statement(1, SIMPLE)
def use_list(w: Writer) -> list[Stmt] | None:
    if not w.scope.lists:
        return None
    name = w.pick(w.scope.lists)
    count, shape = w.scope.lists[name], (w.size,)
    if f"{name}[0]" in w.scope.fixed:
        a = w.fresh("v")
        w.scope.arrays[a] = shape
        return [f"{a} = {name}[{w.index(count)}]"]
    kind = w.below(6)
    if kind == 0:
        return [f"{name}[{w.index(count)}] = {held(w, shape)}"]
    if kind == 1:
        return [f"{name}[{w.index(count)}] += {w.value_for(shape)}"]
    if kind == 2 and count > 1:
        return [f"{name}[0], {name}[1] = {name}[1], {name}[0]"]
    if kind == 3:
        return [f"{name}[{w.index(count)}][{w.index(w.size)}] = {w.value_for(())}"]
    if kind == 4:
        other = w.fresh("L")
        w.scope.lists[other] = count
        w.scope.arrays.update({f"{other}[{k}]": shape for k in range(count)})
        copies = (f"{name}", f"{name}[:]", f"list({name})", f"{name}[::-1]")
        return [f"{other} = {w.pick((*copies, f'[*{name}]', f'{name}.copy()'))}"]
    w.scope.lists[name] = count + 1
    if w.chance(0.5) and w.here == "f" and not w.depth and len(w.around) == 0:
        w.scope.lists[name] = count
        return [f"{name}.append({held(w, shape)})", f"{name}.pop({w.pick(('', '0'))})"]
    w.scope.lists[name] = count
    return [w.pick((f"{name}.reverse()", f"{name}.insert(0, {name}.pop())"))]


@statement(0.8, NESTED)
def list_loop(w: Writer) -> list[Stmt] | None:
    if not w.scope.lists:
        return None
    name, row, k = w.pick(w.scope.lists), w.fresh("r"), w.fresh("k")
    saved = w.scope
    w.scope = saved.copy()
    w.scope.arrays[row] = (w.size,)
    if w.chance(0.5):
        header = f"for {row} in {name}:"
        body = [f"{row} *= {w.number(1)}", *looped(w, 0, 2)]
    else:
        header = f"for {k}, {row} in enumerate({name}):"
        body = looped(w, 1, 3, **{k: w.scope.lists[name]})
    w.scope = saved
    return [(header, body)]


@statement(0.8, SIMPLE)
def make_dict(w: Writer) -> list[Stmt]:
    name, shape = w.fresh("D"), (w.size,)
    u, v = held(w, shape), held(w, shape)
    number = w.number(1)
    texts = (
        f'{{"a": {u}, "c": {v}, "b": {number}}}',
        f"dict(a={u}, c={v}, b={number})",
        f'{{**{{"a": {u}, "b": {number}}}, "c": {v}}}',
    )
    w.scope.floats.append(f'{name}["b"]')
    w.scope.arrays.update({f'{name}["a"]': shape, f'{name}["c"]': shape})
    return [f"{name} = {w.pick(texts)}"]


@statement(0.7, SIMPLE)
def use_dict(w: Writer) -> list[Stmt] | None:
    names = [n[:-5] for n in w.scope.floats if n.startswith("D") and n.endswith('["b"]')]
    if not names:
        return None
    name, shape, t = w.pick(names), (w.size,), w.fresh("t")
    e = w.fresh("e")
    kind = w.below(5)
    if kind == 0:
        return [f"{name}.update(a={held(w, shape)}, b={w.number(1)})"]
    if kind == 1:
        w.scope.floats.append(t)
        return [f'{t} = {name}.get("b", 0.0) + {name}.get("z", 0.5)']
    if kind == 2:
        w.scope.floats.append(t)
        body = [f"{t} += np.sum({e}_ ** 2)", w.pick(("pass", f"{e}_ *= 0.5"))]
        return [f"{t} = 0.0", (f"for {e}, {e}_ in {name}.items():", body)]
    if kind == 3:
        w.scope.floats.append(t)
        return [f'{t} = sum(np.sum({name}[{e}]) for {e} in ("a", "b"))']
    other = w.fresh("D")
    w.scope.floats.append(f'{other}["b"]')
    w.scope.arrays.update({f'{other}["a"]': shape, f'{other}["c"]': shape})
    texts = (f"dict({name})", f"{{**{name}}}", f"{name}.copy()", name)
    texts += (f"{{{e}: {e}_ * 0.5 for {e}, {e}_ in {name}.items()}}",)
    return [f"{other} = {w.pick(texts)}"]


@statement(1, NESTED)
def grow_list(w: Writer) -> list[Stmt]:
    """A list that a loop grows, read in it and after it, and the arrays it holds written."""
    h, v, k, total = (w.fresh(base) for base in "HvkT")
    source = w.pick([n for n in w.of_shape((w.size,)) if n.isidentifier()] or ["x"])
    if source not in w.scope.arrays:
        return [f"{v} = {w.array((w.size,), 1)}"]
    vectors = w.chance(0.6)
    make = "{}" if vectors else "np.sum({})"
    first = make.format(w.pick((source, f"{source} * 1.0")))
    item = make.format(w.pick((source, f"{source}.copy()", v, f"{v} + {source}")))
    steps = ["pass", f"{source}[{k} % {w.size}] += 0.1"]
    if source not in w.scope.fixed:
        steps.append(f"{source} += 0.1 * {v}")
    write = w.pick(steps)
    append: list[Stmt] = [f"{h}.append({item})"]
    kind = w.below(10)
    if kind == 1:
        append = [(f"if {w.condition()}:", append)]
    elif kind == 2:
        append.append((f"if len({h}) > 2:", [f"{h}.append({h}[-1] * 0.5 + {h}[-2])"]))
    elif kind == 3:
        append.append((f"if len({h}) > 3:", ["break"]))
    elif kind == 4:
        append = [(f"for {k}_ in range({w.pick(('2', k))}):", append)]
    elif kind == 5:
        append.append(f"{v} = {v} + 0.1 * {h}[-1]")
    change = [f"{v} = {v} * 0.5 + {source}", write, "pass"]
    body = [*w.sample(change, 2), *append, w.pick((write, "pass"))]
    trips = w.pick(("n", "n + 7", "12")) if w.here == "f" else w.pick(("3", "12"))
    loop: list[Stmt] = [(f"for {k} in range({trips}):", body)]
    if w.chance(0.2):
        loop = [f"{k} = 0", (f"while {k} < {trips} - 1:", [f"{k} += 1", *body])]
    row = w.fresh("r")
    weigh = "np.sum({} * {})" if vectors else "{} * {}"
    pairs = f"for {row}, {row}_ in zip({h}, {h}[1:]):"
    uses: list[Stmt] = [
        (f"for {row} in {h}:", [f"{total} += {weigh.format(row, row)}"]),
        (pairs, [f"{total} += {weigh.format(row, row + '_')}"]),
        (f"if len({h}) > 0:", [f"{total} += np.sum(np.array({h}) ** 2)"]),
        (f"if {h}:", [f"{total} += np.sum({h}[-1]) * len({h})"]),
        f"{total} += np.sum(sum({h}[-2:]))",
        f"{source}[0] = 0.4",
    ]
    if vectors:
        uses.append((f"if len({h}) > 1:", [f"{h}[-1][0] = 0.2 * {h}[0][-1]"]))
    else:
        uses.append((f"if len({h}) > 1:", [f"{h}[0] = 0.2 * {h}[-1]"]))
    start = w.pick(("[]", "[]", f"[{first}]"))
    w.scope.floats.append(total)
    head = [f"{v} = {source} * 0.7", f"{h} = {start}", *loop, f"{total} = 0.0"]
    return [*head, *w.sample(uses, w.between(1, 3))]


# -- objects -------------------------------------------------------------------------------------

CLASSES = {
    "Box": ["class Box:", "    scale = 0.5", "", "    def __init__(self, u, c):"]
    + ["        self.u = u", "        self.c = c"],
    "Cell": ["@dataclass", "class Cell:", "    u: np.ndarray", "    c: float = 0.2"],
    "Pair": ["class Pair(NamedTuple):", "    u: np.ndarray", "    c: float"],
}


def make_class(w: Writer) -> None:
    """A class with a generated method, once a program."""
    name = w.pick([c for c in CLASSES if c not in w.classes])
    w.classes.append(name)
    lines = list(CLASSES[name])
    if name != "Pair":
        saved = w.scope, w.budget, w.here, w.leave
        w.scope = type(w.scope)({"self.u": (w.size,), "v": (w.size,)}, ["self.c", "c"])
        w.budget, w.here = 3, "helper"
        w.leave = None
        body = block(w, 1, 3)
        body.append(f"return {w.array((w.size,), 1)}")
        w.scope, w.budget, w.here, w.leave = saved
        method = ("def step(self, v, c):", body)
        lines.append("")
        w.before.append([*lines, ("    ", [])][:-1])
        w.before[-1] = [*lines, *_indented([method])]
    else:
        w.before.append(lines)


def _indented(stmts: list[Stmt]) -> list[Stmt]:
    """The statements one level deeper, as the body of what stands before them."""
    return [f"    {s}" if isinstance(s, str) else (f"    {s[0]}", _indented(s[1])) for s in stmts]


@statement(lambda w: 0.7 if w.classes else 0.0, SIMPLE)
def make_object(w: Writer) -> list[Stmt]:
    kind, name, shape = w.pick(w.classes), w.fresh("box"), (w.size,)
    line = f"{name} = {kind}({held(w, shape)}, {w.number(1)})"
    w.scope.arrays[f"{name}.u"] = shape
    w.scope.floats.append(f"{name}.c")
    if kind == "Pair":
        w.scope.fixed.update((f"{name}.u", f"{name}.c"))
    return [line]


@statement(lambda w: 1.0 if w.classes else 0.0, SIMPLE)
def use_object(w: Writer) -> list[Stmt] | None:
    names = [n[:-2] for n in w.scope.arrays if n.startswith("box") and n.endswith(".u")]
    if not names:
        return None
    name, shape = w.pick(names), (w.size,)
    other = w.fresh("box" if w.chance(0.5) else "v")
    if f"{name}.u" in w.scope.fixed:
        line = f"{other} = {name}._replace(c={w.number(1)})"
        if not other.startswith("box"):
            w.scope.arrays[other] = shape
            return [f"{other}, {w.fresh('t')} = {name}"]
        w.scope.fixed.update((f"{other}.u", f"{other}.c"))
        w.scope.arrays[f"{other}.u"] = shape
        w.scope.floats.append(f"{other}.c")
        return [line]
    if other.startswith("box") and w.chance(0.3):
        w.scope.arrays[f"{other}.u"] = shape
        w.scope.floats.append(f"{other}.c")
        return [f"{other} = {name}"]
    text = f"{name}.step({held(w, shape)}, {w.number(1)})"
    if w.chance(0.3):
        return [text]
    result = w.fresh("v")
    w.scope.arrays[result] = shape
    return [f"{result} = {text}"]
