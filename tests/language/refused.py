"""What is refused: small programs, in the order of the page. Each defines `f`.

The page shows their messages as they are raised, so it cannot tell another story than the code.
"""

from __future__ import annotations

import itertools
import linecache
import textwrap
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile import ADCompileError, grad

ARRAY = np.array([0.7, 1.2, 0.4])


@dataclass(frozen=True)
class Refused:
    """A row: its program, the argument of `f`, and where the message points."""

    section: str
    construct: str
    program: str
    spot: str
    argument: Any = 2.0

    def function(self) -> types.FunctionType:
        """`f`, its source where notebooks keep theirs."""
        name = f"<refused {next(_numbers)}>"
        text = textwrap.dedent(self.program).lstrip("\n")
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        scope: dict[str, Any] = {"np": np, "__name__": "refused"}
        exec(compile(text, name, "exec"), scope)
        function: types.FunctionType = scope["f"]
        return function

    def error(self) -> ADCompileError:
        """The refusal."""
        function = self.function()
        try:
            grad(function)(self.argument)
        except ADCompileError as exc:
            return exc
        raise AssertionError(f"{self.construct} is not refused")


_numbers = itertools.count()
_DATA, _EXPR, _SIMPLE = "Data model", "Expressions", "Simple statements"
_COMPOUND, _FUNCTIONS, _CLASSES = "Compound statements", "Functions", "Classes"
_BUILTIN, _LIBRARY = "Builtins", "Standard library"

REFUSED: list[Refused] = [
    Refused(
        _DATA,
        "an active value in an integer array",
        """
        def f(x):
            a = np.zeros(3, dtype=int)
            a[0] = x
            return np.sum(a) * x
        """,
        "a[0] = x",
    ),
    Refused(
        _DATA,
        "the order of a set",
        """
        def f(x):
            for k in {1.0, 2.0}:
                x = x * k
            return x
        """,
        "for k in",
    ),
    Refused(
        _DATA,
        "active values in a set",
        """
        def f(x):
            return len({x, 1.0}) * x
        """,
        "{x, 1.0}",
    ),
    Refused(
        _DATA,
        "a dict whose keys are active values",
        """
        def f(x):
            d = {x: 1.0}
            return d[x] * x
        """,
        "{x: 1.0}",
    ),
    Refused(
        _DATA,
        "`__getattribute__` of a class",
        """
        class Odd:
            def __getattribute__(self, name):
                return 1.0

        def f(x):
            return Odd().gain * x
        """,
        "Odd().gain",
    ),
    Refused(
        _DATA,
        "`__setattr__` of a class",
        """
        class Odd:
            def __setattr__(self, name, value):
                object.__setattr__(self, name, value * 2)

        def f(x):
            o = Odd()
            o.gain = x
            return o.gain
        """,
        "o.gain = x",
    ),
    Refused(
        _EXPR,
        "a write through a name that is one of two arrays",
        """
        def f(x):
            a, b = x * 1.0, x * 2.0
            c = a if x[0] > 0 else b
            c[0] = 5.0
            return np.sum(a * b)
        """,
        "c[0] = 5.0",
        ARRAY,
    ),
    Refused(
        _EXPR,
        "a list index that depends on data",
        """
        def f(x):
            parts = [x, [x, 2.0]]
            return parts[int(x)]
        """,
        "parts[int(x)]",
    ),
    Refused(
        _EXPR,
        "the truth value of an array",
        """
        def f(x):
            if x > 0:
                return np.sum(x)
            return 0.0
        """,
        "if x > 0",
        ARRAY,
    ),
    Refused(
        _EXPR,
        "a name of different kinds on different paths",
        """
        def f(x):
            y = "text" if x > 0 else 1.0
            return y * x
        """,
        "y * x",
    ),
    Refused(
        _EXPR,
        "a name that is not defined",
        """
        def f(x):
            gain = 2.0
            return x * gian
        """,
        "gian",
    ),
    Refused(
        _EXPR,
        "`await`",
        """
        def f(x):
            async def g(y):
                return await y
            return x
        """,
        "await y",
    ),
    Refused(
        _SIMPLE,
        "writing a global",
        """
        def f(x):
            global calls
            calls = 1
            return x
        """,
        "global calls",
    ),
    Refused(
        _SIMPLE,
        "a name after `del`",
        """
        def f(x):
            y = x * 2.0
            del y
            return x * y
        """,
        "x * y",
    ),
    Refused(
        _SIMPLE,
        "an import that fails",
        """
        def f(x):
            import no_such_module
            return x * no_such_module.gain
        """,
        "import no_such_module",
    ),
    Refused(
        _SIMPLE,
        "an attribute of a module, class or function (monkeypatching)",
        """
        def f(x):
            np.sin = np.cos
            return np.sin(x)
        """,
        "np.sin = np.cos",
    ),
    Refused(
        _COMPOUND,
        "lists that change their structure in loops of unknown length",
        """
        def f(x):
            queue = [x, 2.0 * x]
            while queue[0] > 0.1:
                queue.pop(0)
            return queue[0]
        """,
        "while queue",
    ),
    Refused(
        _COMPOUND,
        "a list that grows while a loop goes over it",
        """
        def f(x):
            h = [x]
            while np.sum(h[-1]) > 0.1:
                h.append(h[-1] * 0.5)
            for u in h:
                if len(h) < 20:
                    h.append(u)
            return np.sum(h[-1])
        """,
        "for u in h",
        ARRAY,
    ),
    Refused(
        _COMPOUND,
        "writes into arrays in a `try` body before what may raise",
        """
        import math

        def f(x):
            a = np.zeros(3)
            try:
                a[0] = x
                y = math.log(x)
            except ValueError:
                y = a[0]
            return y
        """,
        "a[0] = x",
    ),
    Refused(
        _COMPOUND,
        "a `finally` that returns",
        """
        def f(x):
            while x > 1.0:
                try:
                    x = x / 2.0
                finally:
                    if x < 1.5:
                        break
            return x
        """,
        "try:",
    ),
    Refused(
        _COMPOUND,
        "a context that swallows exceptions",
        """
        class Swallows:
            def __enter__(self):
                return self
            def __exit__(self, *error):
                return True

        def f(x):
            with Swallows():
                y = x * x
            return y
        """,
        "with Swallows()",
    ),
    Refused(
        _COMPOUND,
        "`async for`, `async with`",
        """
        def f(x):
            async def g(xs):
                async for v in xs:
                    pass
                async with xs:
                    pass
            return x
        """,
        "async for",
    ),
    Refused(
        _FUNCTIONS,
        "a generator that leaves the function",
        """
        def f(x):
            yield x * x
        """,
        "yield x * x",
    ),
    Refused(
        _FUNCTIONS,
        "a generator that is kept in a list",
        """
        def f(x):
            return [x, (v for v in [x])]
        """,
        "def f(x)",
    ),
    Refused(
        _FUNCTIONS,
        "an iterator that is read twice",
        """
        def f(x):
            g = (v * x for v in [1.0, 2.0])
            return sum(g) + sum(g)
        """,
        "sum(g) + sum(g)",
    ),
    Refused(
        _FUNCTIONS,
        "`yield` inside `try` or an expression",
        """
        def f(x):
            def g():
                y = 1.0 + (yield x)
                return y
            return sum(g())
        """,
        "yield x",
    ),
    Refused(
        _FUNCTIONS,
        "`async def`",
        """
        def f(x):
            async def g(y):
                return y
            return x
        """,
        "async def g",
    ),
    Refused(
        _FUNCTIONS,
        "an attribute of a function",
        """
        def f(x):
            def g(y):
                return y
            g.calls = 1
            return g(x)
        """,
        "g.calls = 1",
    ),
    Refused(
        _FUNCTIONS,
        "a function without source or rule, of active values",
        """
        import struct

        def f(x):
            return x * len(struct.pack("d", x))
        """,
        'struct.pack("d", x)',
    ),
    Refused(
        _FUNCTIONS,
        "functions that remember their results (`functools.lru_cache`)",
        """
        import functools

        @functools.lru_cache
        def gain(k):
            return 2.0 * k

        def f(x):
            return x * gain(2.0)
        """,
        "gain(2.0)",
    ),
    Refused(
        _CLASSES,
        "a metaclass with a `__call__` of its own",
        """
        class Meta(type):
            def __call__(cls, *args):
                return super().__call__(*args)

        class Cell(metaclass=Meta):
            def __init__(self, v):
                self.v = v

        def f(x):
            return Cell(x).v
        """,
        "Cell(x)",
    ),
    Refused(
        _CLASSES,
        "`__new__` of a class",
        """
        class Cell:
            def __new__(cls, v):
                return super().__new__(cls)
            def __init__(self, v):
                self.v = v

        def f(x):
            return Cell(x).v
        """,
        "Cell(x)",
    ),
    Refused(
        _CLASSES,
        "class arguments, metaclasses and class decorators of classes defined inside",
        """
        def f(x):
            class Cell(metaclass=type):
                gain = 2.0
            return Cell.gain * x
        """,
        "class Cell",
    ),
    Refused(
        _CLASSES,
        "writing an attribute of a class",
        """
        class Cell:
            gain = 2.0

        def f(x):
            Cell.gain = x
            return Cell.gain
        """,
        "Cell.gain = x",
    ),
    Refused(
        _CLASSES,
        "returning an object of a class defined inside",
        """
        def f(x):
            class Cell:
                pass
            c = Cell()
            c.v = x
            return c
        """,
        "def f(x)",
    ),
    Refused(
        _BUILTIN,
        "`sorted` of more than a few numbers, or by a key that depends on data",
        """
        def f(x):
            return sorted([x, 2.0], key=lambda v: -v)[0]
        """,
        "sorted(",
    ),
    Refused(
        _BUILTIN,
        "`zip` with `strict=True` of lengths that are not known",
        """
        def f(x):
            return sum(a * b for a, b in zip(x[x > 0], x, strict=True))
        """,
        "zip(",
        ARRAY,
    ),
    Refused(
        _LIBRARY,
        "`math` functions of arrays",
        """
        import math

        def f(x):
            return math.sin(x)
        """,
        "math.sin(x)",
        ARRAY,
    ),
]

_CALLS = "eval exec compile globals locals dir id hash input open breakpoint __import__".split()
REFUSED += [
    Refused(_BUILTIN, f"`{name}`", f"def f(x):\n    return x * {name}(x)\n", f"{name}(x)")
    for name in [*_CALLS, "memoryview", "bytearray"]
]
