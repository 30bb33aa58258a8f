"""Long functions for measuring the compiler: distinct blocks of code, put together as text.

Each style has a few kinds of block; block number k varies one of them (its names, constants and
functions), takes the running value `s` (and the arrays `u`, `w`) and hands them on.
"""

from __future__ import annotations

import importlib.util
import io
import sys
import tempfile
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ELEMENTARY = ("np.sin", "np.cos", "np.tanh", "np.arctan", "np.exp")


def _fill(template: str, k: int) -> str:
    """A block: @k, @c (a constant), @f and @g (functions) replaced by those of number k."""
    for mark, text in (
        ("@k", str(k)),
        ("@c", f"{0.1 + 0.07 * (k % 11):.2f}"),
        ("@f", ELEMENTARY[k % 4]),
        ("@g", ELEMENTARY[(k // 2 + 1) % 4]),
        ("@i", str(k % 3)),
    ):
        template = template.replace(mark, text)
    return textwrap.dedent(template).strip("\n")


SCALARS = (
    """
    mass@k = 1.0 + @c * x
    speed@k = np.sqrt(1.0 + s * s)
    energy@k = 0.5 * mass@k * speed@k**2
    angle@k = @f(y + @c)
    lift@k = energy@k * angle@k
    drag@k = @c * speed@k * np.cos(angle@k)
    power@k = (lift@k - drag@k) / (1.0 + speed@k)
    s = np.tanh(power@k)
    """,
    """
    rate@k = np.exp(-@c * s)
    gain@k = rate@k / (1.0 + rate@k)
    wave@k = @g(gain@k * z)
    phase@k = np.arctan2(wave@k, 1.0 + gain@k)
    heat@k = phase@k * phase@k + @c
    loss@k = np.log(1.0 + heat@k)
    flow@k = loss@k - x * gain@k
    s = s + @c * flow@k - 0.1 * wave@k
    """,
    """
    dx@k = x - @c
    dy@k = y * s
    r2@k = dx@k * dx@k + dy@k * dy@k + 0.5
    r@k = np.sqrt(r2@k)
    pull@k = -@c / (r2@k * r@k)
    ax@k = pull@k * dx@k
    ay@k = pull@k * dy@k
    twist@k = dx@k * ay@k - dy@k * ax@k
    s = @f(s + twist@k) + 0.01 * (ax@k + ay@k)
    """,
)

ARRAYS = (
    """
    v@k = u.copy()
    v@k[1:-1] += @c * (u[2:] - 2 * u[1:-1] + u[:-2])
    v@k[0] = s
    v@k *= 0.5
    for i in range(1, len(u)):
        v@k[i] = v@k[i] + @c * v@k[i - 1] * w[i]
    s = s + np.sum(v@k * w) / len(u)
    u = @f(v@k)
    """,
    """
    a@k = @f(u) * w + @c
    b@k = np.zeros(len(u))
    b@k[:-1] = a@k[1:] - a@k[:-1]
    b@k[-1] = a@k[-1]
    m@k = a@k.mean()
    d@k = (a@k - m@k) / np.sqrt(np.sum((a@k - m@k) ** 2) + 1.0)
    s = s + @c * np.dot(d@k, b@k)
    u = u + 0.1 * d@k
    """,
    """
    grid@k = np.outer(u, w) + @c
    rows@k = grid@k.sum(axis=1)
    top@k = np.exp(rows@k - rows@k.max())
    part@k = top@k / top@k.sum()
    t@k = grid@k @ part@k
    for step in range(3):
        t@k = t@k + @c * @g(t@k)
        t@k[step] *= 0.5
    s = s + np.sum(t@k * part@k)
    w = w + 0.01 * np.tanh(t@k)
    """,
)

BRANCHES = (
    """
    if s > @c:
        p@k = s * x
        q@k = @f(p@k)
    elif s > -@c:
        p@k = s + x
        q@k = p@k * p@k
    else:
        p@k = s - x
        q@k = 1.0 + p@k
    s = np.tanh(p@k * y + q@k)
    """,
    """
    h@k = 1.0 + s * s
    while h@k > @c + 0.3:
        h@k = h@k * (0.5 + 0.1 * np.tanh(x))
        if h@k > 2.0:
            h@k = h@k - @c * y
    s = s + h@k
    """,
    """
    total@k = 0.0
    for i in range(n):
        term@k = @g(s + i * @c)
        if term@k > 0.5:
            total@k = total@k + term@k * x
        else:
            total@k = total@k - term@k * term@k
        if total@k > 10.0:
            break
    s = 0.5 * s + total@k / n
    """,
    """
    lo@k = min(s, y)
    hi@k = max(s, @c)
    if hi@k - lo@k > 1.0:
        lo@k, hi@k = hi@k, lo@k
    mid@k = 0.5 * (lo@k + hi@k)
    s = @f(mid@k) if mid@k > 0.0 else mid@k * z
    """,
)

HELPERS = """
    def spring(a, b):
        stretch = np.sqrt(a * a + b * b + 1.0) - 1.0
        force = k1 * stretch
        if force > 2.0:
            force = 2.0 + np.tanh(force - 2.0)
        return force, stretch

    def damped(v, c):
        out = v
        for _ in range(n):
            out = out - c * out * np.abs(out)
        return out

    def mix(a, b, t):
        f, e = spring(a, b)
        weight = 1.0 / (1.0 + np.exp(-t))
        return weight * f + (1.0 - weight) * e
"""

CALLS = (
    """
    f@k, e@k = spring(s, x * @c)
    s = s + 0.1 * f@k * e@k
    bend@k = @f(s * y)
    s = s - @c * bend@k
    """,
    """
    v@k = damped(s, 0.05)
    turn@k = v@k * np.cos(y)
    rest@k = v@k - turn@k
    s = turn@k + @c * rest@k * rest@k
    """,
    """
    m@k = mix(s, y, @c)
    g@k = @g(m@k) + x
    s = 0.5 * s + g@k / (1.0 + m@k * m@k)
    """,
)

CONTAINERS = (
    """
    layer@k = {"w": params["a"] * @c, "b": params["b"]}
    z@k = layer@k["w"] @ u + layer@k["b"]
    outs@k = [@f(z@k), z@k * z@k]
    outs@k.append(u)
    acc@k = np.zeros(3)
    for part in outs@k:
        acc@k += part
    layer@k["s"] = acc@k.sum()
    s = s + 0.01 * layer@k["s"]
    u = np.tanh(acc@k)
    """,
    """
    pair@k = (u * @c, params["b"] + s)
    left@k, right@k = pair@k
    state@k = {"x": left@k, "v": right@k, "t": s}
    for i in range(3):
        state@k["v"] = state@k["v"] - @c * state@k["x"]
        state@k["x"] = state@k["x"] + 0.1 * state@k["v"]
    state@k["t"] = state@k["t"] + 1.0
    s = s + @c * np.dot(state@k["x"], state@k["v"])
    u = @g(state@k["x"])
    """,
    """
    rows@k = []
    best@k = 0.0
    for i in range(3):
        rows@k.append(params["a"][i] * u[i])
        best@k += rows@k[i].sum()
    table@k = np.stack(rows@k)
    table@k[@i] = table@k[@i] * @c
    norm@k = np.sqrt(np.sum(table@k**2) + 1.0)
    s = s + best@k / norm@k
    u = table@k.sum(axis=0) / norm@k
    """,
)

VECTOR = np.linspace(0.2, 1.1, 8)
PARAMS = {"a": np.arange(9.0).reshape(3, 3) / 10, "b": np.array([0.1, -0.2, 0.3])}

STYLES: dict[str, tuple[tuple[str, ...], str, str, tuple[Any, ...]]] = {
    "scalars": (SCALARS, "x, y, z", "s = x * y + z", (0.5, 0.3, 0.7)),
    "arrays": (ARRAYS, "u, w", "s = 0.0", (VECTOR, VECTOR[::-1] / 2)),
    "branches": (BRANCHES, "x, y, z, n", "s = x * y", (0.5, 0.3, 0.7, 4)),
    "helpers": (CALLS, "x, y, k1, n", HELPERS + "\n    s = x * y", (0.5, 0.3, 0.7, 3)),
    "containers": (CONTAINERS, "params, u", "s = 0.0", (PARAMS, np.array([0.3, 0.2, 0.1]))),
}
"""Each style's blocks, parameters, first statements, and arguments."""


def long_function(style: str, lines: int) -> str:
    """The text of a function of a style, of about as many code lines."""
    templates, params, first, _ = STYLES[style]
    body = [textwrap.dedent(first).strip("\n")]
    count = code_lines("\n".join(body)) + 2
    k = 0
    while count < lines:
        body.append(_fill(templates[k % len(templates)], k))
        count += code_lines(body[-1])
        k += 1
    return f"def program({params}):\n" + textwrap.indent("\n".join([*body, "return s"]), "    ")


def module_of(text: str) -> ModuleType:
    """A function's text as a module with a file, which stays until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="long_functions_"))
    path = folder / "long_function.py"
    path.write_text(f"import numpy as np\n\n\n{text}\n")
    spec = importlib.util.spec_from_file_location(f"long_function_{folder.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def built(style: str, lines: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The function of a style and length, with its arguments."""
    program = module_of(long_function(style, lines)).program
    return program, STYLES[style][3]


# -- code lines --------------------------------------------------------------------------------

_SILENT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def code_lines(text: str) -> int:
    """Lines of code: no comments, blank lines or docstrings."""
    return len(set(_lines_of_code(textwrap.dedent(text))))


def _lines_of_code(text: str) -> Iterator[int]:
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT:
            statement.append(token)
        elif token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if any(t.type != tokenize.STRING for t in statement):
                for t in statement:
                    yield from range(t.start[0], t.end[0] + 1)
            statement = []


def executed_lines(text: str) -> int:
    """Code lines of a function with helpers inside: a helper counts at each place that calls it,
    since it is compiled there; its definition is not counted besides."""
    import ast

    outer = ast.parse(text).body[0]
    assert isinstance(outer, ast.FunctionDef)
    helpers = {s.name: s for s in outer.body if isinstance(s, ast.FunctionDef)}

    def own(node: ast.FunctionDef) -> int:
        body = [s for s in node.body if not isinstance(s, ast.FunctionDef)]
        count = sum(code_lines(ast.get_source_segment(text, s, padded=True) or "") for s in body)
        for s in body:
            for call in ast.walk(s):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    count += own(helpers[call.func.id]) if call.func.id in helpers else 0
        return count

    return own(outer) + 1


# -- deep and long shapes: program(x, u, n) -------------------------------------------------------


def nests() -> dict[str, str]:
    """Programs whose regions nest deeply, or that have many of one kind, by name."""
    return {
        "5 nested for loops": nested_loops(5),
        "5 nested for loops that swap two arrays": nested_swaps(5),
        "5 nested for loops that renew an array": nested_updates(5),
        "6 nested conditionals": nested_branches(6),
        "40 loops in a row": loops_in_a_row(40),
        "30 helpers, each called once": many_helpers(30),
        "a recursion inlined 50 times": inlined_recursion(50),
    }


def _program(body: list[str], before: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body)
    return f"{before}def program(x, u, n):\n{lines}"


def nested_loops(depth: int) -> str:
    """Loops around one write, each with a value of its own that it needs again."""
    body = ["s = 0.0"]
    for k in range(depth):
        pad = "    " * k
        body += [f"{pad}for i{k} in range(n):", f"{pad}    a{k} = s * x + i{k}"]
    pad = "    " * depth
    body += [f"{pad}s = s + np.sin(a{depth - 1} * x) * u[i0]", f"{pad}u[i{depth - 1}] = 0.5 * s"]
    body += ["    " * (k + 1) + f"s = s + 0.01 * a{k}" for k in reversed(range(depth))]
    return _program([*body, "return s + u.sum()"])


def nested_swaps(depth: int) -> str:
    """Loops around two buffers that change places."""
    body = ["v = np.zeros(len(u))", "u = u * x"]
    body += ["    " * k + f"for i{k} in range(n):" for k in range(depth)]
    pad = "    " * depth
    body += [f"{pad}v[1:-1] = np.sin(u[2:] - u[:-2])", f"{pad}u, v = v, u"]
    return _program([*body, "return u.sum()"])


def nested_updates(depth: int) -> str:
    """Loops around an array that each iteration makes anew."""
    body = ["v = u * x"]
    body += ["    " * k + f"for i{k} in range(n):" for k in range(depth)]
    return _program([*body, "    " * depth + "v = np.tanh(v * x) + u", "return v.sum()"])


def nested_branches(depth: int) -> str:
    """A conditional in the first branch of a conditional, and so on."""
    body = ["s = x"]
    for k in range(depth):
        pad = "    " * k
        body += [f"{pad}if s > 0.{k}:", f"{pad}    a{k} = s * x + {k}", f"{pad}    s = s + a{k}"]
    for k in reversed(range(depth)):
        pad = "    " * k
        body += [f"{pad}else:", f"{pad}    s = s * 0.5", f"{pad}    s = s * s"]
    return _program([*body, "return s + u.sum()"])


def loops_in_a_row(count: int) -> str:
    """One loop after another."""
    body = ["s = x"]
    for k in range(count):
        body += [
            f"for i{k} in range(n):",
            f"    s = s + 0.{k + 1} * np.sin(s * x)",
            f"    u[i{k}] = s * u[i{k}]",
        ]
    return _program([*body, "return s + u.sum()"])


def many_helpers(count: int) -> str:
    """A function that calls many distinct ones."""
    helpers = "".join(
        f"def helper{k}(a, b):\n    c = a * b + {k}\n    d = np.sin(c)\n    return d * a\n\n\n"
        for k in range(count)
    )
    calls = [f"s = helper{k}(s, x)" for k in range(count)]
    return _program(["s = x", *calls, "return s + u.sum()"], helpers)


def inlined_recursion(depth: int) -> str:
    """A recursion whose depth is known at compile time."""
    helper = (
        "def power(a, m):\n    if m == 0:\n        return a\n"
        "    return np.sin(power(a * 1.01, m - 1)) * a\n\n\n"
    )
    return _program([f"return power(x, {depth}) + u.sum()"], helper)
