"""Generated source stays proportional to the program, whatever its shape; nothing is timed."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from adcompile import grad, jvp
from adcompile.frontend.loops.header import Header

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import long_functions as long

STYLES = sorted(long.STYLES)
LINES_A_LINE = 4


def gradient_source(style, lines):
    function, arguments = long.built(style, lines)
    gradient = grad(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gradient(*arguments)
    return gradient.source


def size(style, lines):
    """Generated code lines for each primal line."""
    text = long.long_function(style, lines)
    return long.code_lines(gradient_source(style, lines)) / long.executed_lines(text)


@pytest.mark.parametrize("style", STYLES)
def test_size_is_proportional(style):
    short, longer = size(style, 100), size(style, 200)
    assert short <= LINES_A_LINE
    assert longer <= min(LINES_A_LINE, 1.25 * short)


@pytest.mark.parametrize("style", STYLES)
def test_long_functions_are_right(style):
    """Reverse against forward mode, along one direction."""
    function, arguments = long.built(style, 60)
    first, *rest = arguments
    bar = grad(function)(first, *rest)
    if isinstance(first, dict):
        direction = {k: np.cos(np.arange(v.size)).reshape(v.shape) for k, v in first.items()}
        expected = sum(np.sum(bar[k] * direction[k]) for k in first)
    else:
        direction = np.cos(np.arange(np.size(first))).reshape(np.shape(first))[()]
        direction = direction if isinstance(first, np.ndarray) else float(direction)
        expected = np.sum(bar * direction)
    _, tangent = jvp(function, arguments, (direction, *[None] * len(rest)))
    np.testing.assert_allclose(tangent, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("shape", "small", "large"),
    [
        (long.nested_loops, 3, 6),
        (long.nested_swaps, 3, 6),
        (long.nested_branches, 4, 8),
        (long.loops_in_a_row, 5, 10),
        (long.many_helpers, 10, 20),
        (long.inlined_recursion, 10, 20),
    ],
)
def test_nests_grow_linearly(shape, small, large):
    """Twice the depth or the number, at most about twice the source."""

    def lines(count):
        gradient = grad(long.module_of(shape(count)).program)
        gradient(0.3, long.VECTOR.copy(), 1)
        return long.code_lines(gradient.source)

    assert lines(large) <= 2.2 * lines(small)


def test_values_of_an_iteration_share_a_list():
    """Nested loops keep one list for what they compute and one for what they start from."""
    gradient = grad(long.module_of(long.nested_loops(4)).program)
    gradient(0.3, long.VECTOR.copy(), 2)
    assert gradient.source.count("= []") == 8


def test_each_loop_that_unrolls_does_so_alone():
    """Lists that grow in many loops: the program is not lowered again for each."""
    lines = ["s = x"]
    for k in range(80):
        lines += [f"parts{k} = []", "for i in range(2):", f"    parts{k}.append(s * {k + 1}.0)"]
        lines += [f"s = np.tanh(parts{k}[0] + parts{k}[1])"]
    body = "".join(f"    {line}\n" for line in [*lines, "return s"])
    function = long.module_of(f"def program(x):\n{body}").program
    step = 1e-6
    expected = (function(0.3 + step) - function(0.3 - step)) / (2 * step)
    np.testing.assert_allclose(grad(function)(0.3), expected, rtol=1e-4)


@pytest.mark.parametrize("shape", [long.nested_loops, long.nested_swaps, long.nested_updates])
def test_trials_of_nested_loops_do_not_double(shape, monkeypatch):
    """A body in a nest of loops is lowered at most about twice for each loop around it."""
    trials = {}
    attempt = Header.attempt

    def counted(loop):
        trials[loop.node] = trials.get(loop.node, 0) + 1
        return attempt(loop)

    monkeypatch.setattr(Header, "attempt", counted)
    depth = 6
    grad(long.module_of(shape(depth)).program)(0.3, long.VECTOR.copy(), 1)
    assert len(trials) == depth
    assert max(trials.values()) <= 2 * depth
