"""Which names may still be read at a line: decides whether an alias can be observed."""

from __future__ import annotations

import ast

import pytest

from adcompile.frontend.liveness import live_names

PROGRAMS = [
    ("a[0] = 1\nb = a\nreturn b", 1, {"a"}),
    ("a[0] = 1\na = 2\nreturn a", 1, {"a"}),
    ("x[0] = 1\na = 2\nreturn a + x", 1, {"x"}),
    ("a = f(b)\nreturn a", 1, {"f", "b"}),
    ("a += b\nreturn c", 1, {"a", "b", "c"}),
    # Around a loop: what its next iteration reads is live at its end.
    ("for i in n:\n    use(a)\n    x[0] = 1\n    b = 2\nreturn b", 3, {"use", "a", "x"}),
    ("for i in n:\n    a = 1\n    use(a)\n    x[0] = 1", 4, {"use", "x"}),
    ("while c:\n    x[0] = 1\n    break\nelse:\n    y\nreturn z", 2, {"x", "z"}),
    ("while c:\n    x[0] = 1\n    continue\nreturn z", 2, {"x", "c", "z"}),
    ("for i in n:\n    pass\nelse:\n    x[0] = 1\nreturn i", 4, {"x", "i"}),
    ("if c:\n    x[0] = 1\n    return a\nreturn b", 2, {"x", "a"}),
    ("if c:\n    a = 1\nx[0] = a\nreturn b", 1, {"c", "a", "x", "b"}),
    ("def g():\n    return a\nx[0] = 1\na = 2", 3, {"x", "a"}),
    ("try:\n    a = 1\n    x[0] = 1\nexcept E:\n    b\nreturn a", 3, {"x", "a", "b", "E"}),
    ("with c:\n    x[0] = 1\n    a = 2\nreturn a", 2, {"x", "a", "c"}),
    ("for A[0] in n:\n    x[0] = 1", 2, {"x", "A"}),
]


@pytest.mark.parametrize(("body", "line", "expected"), PROGRAMS)
def test_names_live_at_a_line(body, line, expected):
    text = "def f():\n" + "\n".join("    " + part for part in body.splitlines())
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    assert live_names(node, line + 1) == expected
