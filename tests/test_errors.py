"""Refusals: the type, the built-in base class, the place, the caret and the advice.

Every compile error shows `file:line`, the user's line with a caret under the spot, what is wrong,
and what to do instead. All occurrences in a function are reported at once, before anything runs.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adcompile
from adcompile import (
    ADCompileError,
    AmbiguousAlias,
    BadArgnums,
    MissingRule,
    NonScalarOutput,
    NotDifferentiable,
    SourceUnavailable,
    UnsupportedSyntax,
    grad,
    jvp,
    value_and_grad,
    vjp,
)

THIS_FILE = __file__.rpartition("/")[2].rpartition("\\")[2]
RAN: list[str] = []


def line_number(function: Callable[..., Any], text: str) -> int:
    """The line of this file on which the function's source contains the text."""
    lines, start = inspect.getsourcelines(function)
    (number,) = [start + offset for offset, line in enumerate(lines) if text in line]
    return number


def assert_points_at(error: BaseException, function: Callable[..., Any], line: str, spot: str):
    """The message names file and line, shows the line, and has a caret below the spot."""
    message = str(error)
    assert f"{THIS_FILE}:{line_number(function, line)}" in message, message
    shown = message.splitlines()
    below = [
        (shown[i], shown[i + 1])
        for i in range(len(shown) - 1)
        if line in shown[i] and "^" in shown[i + 1]
    ]
    assert below, f"no caret under {line!r} in\n{message}"
    starts = [carets.index("^") for _, carets in below]
    spans = [(text.index(spot), text.index(spot) + len(spot)) for text, _ in below]
    assert any(begin <= start < end for start, (begin, end) in zip(starts, spans, strict=True)), (
        f"the caret is not under {spot!r} in\n{message}"
    )


def refusal(kind: type[BaseException], run: Callable[[], Any]) -> Any:
    RAN.clear()
    with pytest.raises(kind) as caught:
        run()
    assert not RAN, "something ran before the refusal"
    return caught.value


# --- the family -----------------------------------------------------------------------------------

KINDS = (
    UnsupportedSyntax,
    MissingRule,
    NotDifferentiable,
    AmbiguousAlias,
    NonScalarOutput,
    SourceUnavailable,
    BadArgnums,
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_is_also_a_builtin_that_a_user_would_catch(kind):
    assert issubclass(kind, ADCompileError)
    builtin = [
        base
        for base in kind.__mro__
        if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
    ]
    assert builtin
    assert inspect.getdoc(kind)
    assert getattr(adcompile, kind.__name__) is kind


def test_type_errors_and_value_errors():
    assert issubclass(NotDifferentiable, TypeError)
    assert issubclass(NonScalarOutput, TypeError)
    assert issubclass(SourceUnavailable, TypeError)
    assert issubclass(AmbiguousAlias, ValueError)
    assert issubclass(BadArgnums, (TypeError, ValueError))


# --- unsupported syntax ---------------------------------------------------------------------------

counter = 0


def writes_a_global(x):
    global counter
    counter = counter + 1
    return x * x


def generates(x):
    yield x * x


async def awaited(x):
    return x * x


def uses_a_deleted_name(x):
    y = x * 2.0
    del y
    return x * y  # noqa: F821


def many_at_once(x):
    RAN.append("ran")
    global counter
    counter = 1

    async def helper(y):
        return await y

    return x * helper(x)


def keeps_a_generator(x):
    return [x, (v for v in [x])]


def reads_a_generator_twice(x):
    g = (v * x for v in [1.0, 2.0])
    return sum(g) + sum(g)


def reads_a_zip_twice(x):
    pairs = zip([x], [2.0])
    return sum(a * b for a, b in pairs) + sum(a for a, _ in pairs)


def list_of_unknown_length(x):
    y = np.array([x, 2.0 * x])
    return sum([v for v in y if v > 0])


def zips_what_it_writes(x):
    c = x
    s = 0.0
    for a, b in zip((v * c for v in [1.0, 2.0]), [x, x]):
        c = c + b
        s = s + a
    return s


def yields_in_an_expression(x):
    def g():
        y = 1.0 + (yield x)
        return y

    return sum(g())


def set_of_numbers(x):
    return len({x, 1.0}) * x


def loops_over_a_set(x):
    for k in {1.0, 2.0}:
        x = x * k
    return x


def sorts_by_data(x):
    return sorted([x, 2.0], key=lambda v: -v)[0]


def asks_for_an_id(x):
    return x * id(x)


def imports_nothing(x):
    import no_such_module

    return x * no_such_module.gain


@functools.lru_cache
def cached_gain(k):
    return k * 2.0


def calls_a_cached_function(x):
    return x * cached_gain(2.0)


@pytest.mark.parametrize(
    ("function", "line", "spot", "advice"),
    [
        (keeps_a_generator, "def keeps_a_generator", "def", "list"),
        (reads_a_generator_twice, "return sum(g)", "+ sum(g)", "list"),
        (reads_a_zip_twice, "return sum(a * b", "sum(a for", "list"),
        (list_of_unknown_length, "return sum([v", "[v for", "x[x > 0]"),
        (zips_what_it_writes, "for a, b in zip", "for", "list"),
        (yields_in_an_expression, "y = 1.0", "y = 1.0", "statement"),
        (set_of_numbers, "return len({x", "return", "literal"),
        (loops_over_a_set, "for k in", "for k", "sorted"),
        (sorts_by_data, "return sorted", "sorted", "np.sort"),
        (asks_for_an_id, "return x * id", "id(x)", "'is'"),
        (imports_nothing, "import no_such_module", "import", "no_such_module"),
        (calls_a_cached_function, "return x * cached", "cached_gain", "__wrapped__"),
    ],
)
def test_what_cannot_be_iterated_or_called(function, line, spot, advice):
    error = refusal(UnsupportedSyntax, lambda: grad(function)(2.0))
    assert_points_at(error, function, line, spot)
    assert advice in str(error)


def calls_a_refused_helper(x):
    return x * writes_a_global(x)


@pytest.mark.parametrize(
    ("function", "line", "spot"),
    [
        (writes_a_global, "global counter", "global counter"),
        (generates, "yield x * x", "yield x * x"),
        (awaited, "async def awaited", "async def awaited(x):"),
    ],
)
def test_unsupported_syntax(function, line, spot):
    for run in (
        lambda: grad(function)(2.0),
        lambda: jvp(function, (2.0,), (1.0,)),
        lambda: vjp(function, 2.0),
    ):
        error = refusal(UnsupportedSyntax, run)
        assert_points_at(error, function, line, spot)
        assert len(str(error).splitlines()) >= 3


def test_the_use_of_a_deleted_name():
    """Refused at the `del` or at the use."""
    error = refusal((ADCompileError, NameError), lambda: grad(uses_a_deleted_name)(2.0))
    assert isinstance(error, ADCompileError)
    text = str(error)
    line = "del y" if "del y" in text else "return x * y"
    assert_points_at(error, uses_a_deleted_name, line, line)


def test_unsupported_constructs_are_reported_together():
    error = refusal(UnsupportedSyntax, lambda: grad(many_at_once)(2.0))
    for line, spot in (
        ("global counter", "global counter"),
        ("async def helper(y):", "async def helper(y):"),
        ("return await y", "await y"),
    ):
        assert_points_at(error, many_at_once, line, spot)


def test_unsupported_syntax_in_a_helper_points_into_the_helper():
    error = refusal(UnsupportedSyntax, lambda: grad(calls_a_refused_helper)(2.0))
    assert_points_at(error, writes_a_global, "global counter", "global counter")


def test_the_advice_says_what_to_write_instead():
    error = refusal(UnsupportedSyntax, lambda: grad(writes_a_global)(2.0))
    lines = str(error).splitlines()
    (row,) = [number for number, line in enumerate(lines) if "^" in line]
    outside = [line for line in [lines[0], *lines[row + 1 :]] if line.strip()]
    words = " ".join(outside)
    assert re.search(r"return|argument|instead|pass|parameter", words), str(error)


# --- missing rules --------------------------------------------------------------------------------


def unknown_function(x):
    y = x * 2.0
    raw = struct.pack("d", y)
    return x * len(raw)


def unknown_function_of_a_constant(x, k):
    raw = struct.pack("d", k)
    return x * len(raw)


def test_missing_rule_names_the_function_and_how_to_give_one():
    for run in (lambda: grad(unknown_function)(2.0), lambda: jvp(unknown_function, (2.0,), (1.0,))):
        error = refusal(MissingRule, run)
        assert "pack" in str(error)
        assert "rule" in str(error)
        assert_points_at(error, unknown_function, "raw = struct.pack", 'struct.pack("d", y)')


def test_a_function_called_with_inactive_arguments_needs_no_rule():
    assert grad(unknown_function_of_a_constant)(2.0, 1.0) == 8.0


# --- ambiguous aliases ----------------------------------------------------------------------------


def one_of_two(x, y, c):
    if c > 0:
        a = x
    else:
        a = y
    a[0] = 5.0
    return np.sum(x * y)


def one_of_two_read_only(x, y, c):
    if c > 0:
        a = x
    else:
        a = y
    return np.sum(a * y)


def one_of_two_in_a_loop(x, y, n):
    a = x
    for i in range(n):
        a[0] = 2.0 * a[1]
        if a[0] > 1.0:
            a = y
    return np.sum(x * y)


def two_that_may_be_one_before_a_loop(x, y, n):
    v = x
    if y[1] > 10.0:
        x = y * 2.0
    for _ in range(n):
        v = np.tanh(v)
        if y[1] > 10.0:
            x = y * 2.0
    v[0] = 0.5
    return np.sum(x * x) + np.sum(v)


def made_in_a_loop_only(x, n):
    for k in range(n):
        items = [x * k]
    return items[0]


X = np.array([0.7, -1.2, 0.4])


def test_arrays_that_may_be_one_before_a_loop_may_be_one_after_it():
    refusal(AmbiguousAlias, lambda: grad(two_that_may_be_one_before_a_loop)(X, X + 1.0, 0))


def test_what_only_a_loop_binds_is_refused_with_the_reason():
    message = str(refusal(UnsupportedSyntax, lambda: grad(made_in_a_loop_only)(2.0, 3)))
    assert "bound inside a loop only" in message and "before the loop too" in message


def test_ambiguous_alias_shows_both_lines():
    for run in (
        lambda: grad(one_of_two)(X.copy(), X + 1.0, 0.5),
        lambda: jvp(one_of_two, (X.copy(), X + 1.0, 0.5), (X, X, None)),
    ):
        error = refusal(AmbiguousAlias, run)
        message = str(error)
        numbers = {
            line_number(one_of_two, line)
            for line in ("a = x", "a = y", "a[0] = 5.0", "if c > 0:")
            if f"{THIS_FILE}:{line_number(one_of_two, line)}" in message
        }
        assert len(numbers) >= 2, message
        assert "copy" in message, "the advice: make a copy"


def test_reading_one_of_two_is_no_ambiguity():
    for c in (0.5, -0.5):
        chosen = X if c > 0 else X + 1.0
        gradient = grad(one_of_two_read_only, argnums=(0, 1))(X, X + 1.0, c)
        expected = (X + 1.0, chosen) if c > 0 else (0 * X, 2 * (X + 1.0))
        np.testing.assert_allclose(gradient, expected)


def test_ambiguity_in_a_loop_is_refused_or_right():
    try:
        value, _ = value_and_grad(one_of_two_in_a_loop)(X.copy(), X + 1.0, 3)
    except AmbiguousAlias as error:
        assert len(re.findall(rf"{re.escape(THIS_FILE)}:\d+", str(error))) >= 2
    else:
        assert value == one_of_two_in_a_loop(X.copy(), X + 1.0, 3)


# --- integers -------------------------------------------------------------------------------------


def stores_into_integers(x):
    out = np.zeros(3, dtype=int)
    out[1] = x * 2.0
    return np.sum(out) * x


def stores_into_an_integer_argument(x, counts):
    counts[0] = x
    return np.sum(counts) * x


def square(x):
    return np.sum(x * x)


def product(x, y):
    return np.sum(x * y)


def test_an_active_value_written_into_an_integer_array():
    error = refusal(NotDifferentiable, lambda: grad(stores_into_integers)(0.7))
    assert_points_at(error, stores_into_integers, "out[1] = x * 2.0", "out[1] = x * 2.0")
    assert "float" in str(error)
    counts = np.array([1, 2, 3])
    error = refusal(NotDifferentiable, lambda: grad(stores_into_an_integer_argument)(0.7, counts))
    assert "float" in str(error)
    np.testing.assert_array_equal(counts, [1, 2, 3])


@pytest.mark.parametrize(
    "argument", [np.array([1, 2]), np.array([True, False]), True, "text", None]
)
def test_arguments_that_carry_no_derivative(argument):
    error = refusal(TypeError, lambda: grad(square)(argument))
    assert isinstance(error, ADCompileError)
    assert "x" in str(error)


def test_an_integer_array_is_named_with_its_dtype_and_the_way_out():
    error = refusal(TypeError, lambda: grad(square)(np.array([1, 2])))
    assert "int64" in str(error) or "int32" in str(error) or "integer" in str(error)
    assert "float" in str(error)


def test_an_integer_array_that_is_not_differentiated_is_fine():
    np.testing.assert_array_equal(grad(product)(np.array([0.5, 2.0]), np.array([1, 2])), [1, 2])


# --- argnums --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argnums", [2, -3, 7, "z", "", 1.5, None, (0, 2), ("x", "z"), (0, 0), (0, "x"), (1, -1), b"x"]
)
def test_bad_argnums_fail_at_once(argnums):
    for make in (
        lambda: grad(product, argnums=argnums),
        lambda: value_and_grad(product, argnums=argnums),
        lambda: grad(argnums=argnums)(product),
    ):
        error = refusal(BadArgnums, make)
        assert isinstance(error, (TypeError, ValueError))


def test_bad_argnums_name_the_parameters():
    for argnums in (2, "z"):
        message = str(refusal(BadArgnums, lambda: grad(product, argnums=argnums)))
        assert "product" in message
        assert "x" in message and "y" in message
        assert str(argnums) in message
    message = str(refusal(BadArgnums, lambda: grad(product, argnums=(0, "x"))))
    assert re.search("twice|duplicate|more than once|repeat", message), message


# --- results --------------------------------------------------------------------------------------


def vector(x):
    y = x * x
    return y


def pair(x):
    return x * x, x


def forgot_to_return(x):
    y = x * x
    y = y + 1.0


def returns_a_comparison(x):
    return x > 0


def returns_an_integer(x):
    return (x > 0) * 1


def returns_text(x):
    return "text"


def complex_result(x):
    return x * 1j


def test_vector_output_names_the_jacobian():
    for make in (grad, value_and_grad):
        error = refusal(NonScalarOutput, lambda: make(vector)(np.array([1.0, 2.0])))
        assert isinstance(error, TypeError)
        assert "jacobian" in str(error) or "vjp" in str(error)
        assert "vector" in str(error)
        assert_points_at(error, vector, "return y", "return y")


@pytest.mark.parametrize(
    "function", [pair, returns_a_comparison, returns_an_integer, returns_text, complex_result]
)
def test_other_results_that_are_no_real_scalar(function):
    error = refusal(TypeError, lambda: grad(function)(0.7))
    assert isinstance(error, ADCompileError)
    assert function.__name__ in str(error) or THIS_FILE in str(error)


def test_none_output_asks_for_the_return():
    error = refusal(TypeError, lambda: grad(forgot_to_return)(0.7))
    assert isinstance(error, NonScalarOutput)
    assert "None" in str(error)
    assert "return" in str(error)


def test_a_pair_suggests_has_aux():
    assert "has_aux" in str(refusal(TypeError, lambda: grad(pair)(0.7)))


# --- source ---------------------------------------------------------------------------------------


def test_builtins_have_no_source():
    for run in (
        lambda: grad(struct.pack)("d", 1.0),
        lambda: jvp(struct.pack, ("d", 1.0), (None, 1.0)),
    ):
        error = refusal(ADCompileError, run)
        assert isinstance(error, (SourceUnavailable, MissingRule, BadArgnums))
        assert "pack" in str(error)


def test_a_function_made_from_text_has_no_source():
    namespace: dict[str, Any] = {}
    exec("def made(x):\n    return x * x\n", namespace)
    error = refusal(SourceUnavailable, lambda: grad(namespace["made"])(2.0))
    assert isinstance(error, TypeError)
    assert "made" in str(error)
    assert "source" in str(error).lower()


@pytest.mark.parametrize("thing", [3.0, "f", None, [1, 2]])
def test_what_is_no_function(thing):
    with pytest.raises(TypeError):
        made = grad(thing)
        made(1.0)


# --- inputs that are no plain arrays --------------------------------------------------------------


class Subclass(np.ndarray):
    """An array with a mind of its own."""


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (np.array([1.0, 2.0], dtype=object), "object"),
        (np.ma.masked_array([1.0, 2.0], mask=[False, True]), "MaskedArray"),
        (np.array([1.0, 2.0]).view(Subclass), "Subclass"),
        (np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]), "rec"),
    ],
)
def test_inputs_refused_by_name(argument, name):
    for run in (
        lambda: grad(square)(argument),
        lambda: vjp(square, argument),
        lambda: grad(product)(np.array([1.0, 2.0]), argument),
    ):
        error = refusal(TypeError, run)
        assert isinstance(error, ADCompileError)
        assert name in str(error)


def test_matrices_are_refused_by_name():
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 2.0]])
    error = refusal(TypeError, lambda: grad(square)(matrix))
    assert "matrix" in str(error)


def test_inputs_refused_inside_containers():
    error = refusal(
        TypeError, lambda: grad(first_entry)({"w": [np.array([1.0, 2.0], dtype=object)]})
    )
    assert "object" in str(error)


def first_entry(params):
    return np.sum(params["w"][0])


# --- calls ----------------------------------------------------------------------------------------


def test_a_wrong_call_is_a_type_error_as_in_python():
    compiled = grad(product)
    for run in (
        lambda: compiled(1.0),
        lambda: compiled(1.0, 2.0, 3.0),
        lambda: compiled(1.0, 2.0, z=3.0),
        lambda: compiled(1.0, 2.0, x=3.0),
    ):
        with pytest.raises(TypeError):
            run()


def test_tangents_must_match_their_primals():
    for tangents in ((1.0,), (np.ones(3), None), (np.ones(2), np.ones((2, 2))), 1.0):
        with pytest.raises((TypeError, ValueError)):
            jvp(product, (np.ones(2), np.ones(2)), tangents)


def test_cotangents_must_match_the_value():
    _, pullback = vjp(vector, np.array([1.0, 2.0]))
    for cotangent in (np.ones(3), np.ones((2, 2)), (1.0, 2.0)):
        with pytest.raises((TypeError, ValueError)):
            pullback(cotangent)


def undefined_name(x):
    return x * nowhere_defined  # noqa: F821


def test_an_undefined_name():
    error = refusal((NameError, ADCompileError), lambda: grad(undefined_name)(2.0))
    assert "nowhere_defined" in str(error)


# --- the user's own exceptions --------------------------------------------------------------------


class OwnError(Exception):
    """The user's exception type."""


def shape_mismatch(x, y):
    z = x * 2.0
    return np.sum(z @ y)


def asserts(x):
    assert x > 0, "x must be positive"
    return math.sqrt(x)


def test_the_users_exceptions_pass_unchanged():
    with pytest.raises(AssertionError, match="x must be positive") as caught:
        grad(asserts)(-1.0)
    assert type(caught.value) is AssertionError
    with pytest.raises(ValueError) as plain:
        shape_mismatch(np.ones(3), np.ones(4))
    with pytest.raises(ValueError) as ours:
        value_and_grad(shape_mismatch)(np.ones(3), np.ones(4))
    if not isinstance(ours.value, ADCompileError):
        assert str(ours.value) == str(plain.value)


def index_out_of_range(x, i):
    return x[i] * x[0]


def test_a_run_time_error_of_numpy_passes():
    with pytest.raises(IndexError):
        grad(index_out_of_range)(np.ones(3), 7)


# --- lists that loops grow ------------------------------------------------------------------------


def appends_what_it_writes(x, tol):
    u = x * 1.0
    history = []
    while np.sum(u) > tol:
        u *= 0.5
        history.append(u)
    return np.sum(history[-1])


def appends_shorter_and_shorter(x, tol):
    history = []
    k = 0
    while k < tol:
        k += 1
        history.append(x[k:])
    return np.sum(history[-1])


def pops_while_it_grows(x, tol):
    history = [x]
    while len(history) < tol:
        history.append(history[-1] * 0.5)
        history.pop(0)
        tol = tol - 1.0
    return np.sum(history[0])


def replaces_an_element(x, tol):
    history = []
    while len(history) < tol:
        history.append(x * tol)
    history[1] = x
    return np.sum(history[0] * history[1])


def begins_with_itself(x, tol):
    history = []
    while len(history) < tol:
        history.append(history[-1] * x)
    return np.sum(history[0])


def grows_what_it_goes_over(x, tol):
    history = [x * 1.0]
    while np.sum(history[-1]) > tol:
        history.append(history[-1] * 0.5)
    for u in history:
        if len(history) < 12:
            history.append(u)
    return np.sum(history[-1])


GROWING = [
    (appends_what_it_writes, AmbiguousAlias, "u *= 0.5", "history.append(u.copy())"),
    (appends_shorter_and_shorter, UnsupportedSyntax, "while k < tol", "one dtype and shape"),
    (pops_while_it_grows, UnsupportedSyntax, "history.pop(0)", "use an array"),
    (replaces_an_element, UnsupportedSyntax, "history[1] = x", "[:] ="),
    (begins_with_itself, UnsupportedSyntax, "while len(history) < tol", "another one"),
    (grows_what_it_goes_over, UnsupportedSyntax, "for u in history", "history[:]"),
]


@pytest.mark.parametrize("function, kind, line, advice", GROWING, ids=lambda v: str(v)[:30])
def test_growing_lists(function, kind, line, advice):
    error = refusal(kind, lambda: grad(function)(np.array([2.0, 3.0, 4.0]), 0.7))
    assert f"{THIS_FILE}:{line_number(function, line)}" in str(error)
    assert advice in str(error).replace("h[:]", "history[:]")


# --- writes by calls ------------------------------------------------------------------------------


def out_of_integers(x):
    c = np.zeros(3, dtype=int)
    np.multiply(x, 2.0, out=c)
    return np.sum(x * c)


def where_without_out(x):
    y = np.divide(x, 2.0, where=x > 0)
    return np.sum(y)


def broadcast_written(x):
    y = np.broadcast_to(x, (2, 3))
    y[0] = 1.0
    return np.sum(y)


def diagonal_written(x):
    a = np.outer(x, x)
    np.diagonal(a)[0] = 2.0
    return np.sum(a)


def integers_divided_in_place(x):
    n = np.arange(3)
    n /= 2
    return np.sum(x * n)


def put_with_mode(x):
    np.put(x, [5], 1.0, mode="wrap")
    return np.sum(x)


def ufunc_at_without_rule(x):
    np.arctan2.at(x, [0, 0], 2.0)
    return np.sum(x)


def resized(x):
    x.resize(6)
    return np.sum(x)


def out_of_sum_of_another_dtype(x):
    total = np.zeros((), dtype=np.float32)
    np.sum(x, out=total)
    return total * 2.0


@pytest.mark.parametrize(
    ("function", "line", "words"),
    [
        (out_of_integers, "out=c", "cannot be written into an array of int64"),
        (where_without_out, "where=x > 0", "entries of the result undefined"),
        (broadcast_written, "y[0] = 1.0", "a view that cannot be written"),
        (diagonal_written, "np.diagonal(a)[0]", "a view that cannot be written"),
        (integers_divided_in_place, "n /= 2", "cannot be written into an array of int64"),
        (put_with_mode, "np.put", "with a mode is not supported"),
        (ufunc_at_without_rule, "np.arctan2.at", "np.arctan2.at has no derivative rule"),
        (resized, "x.resize", "resize"),
        (out_of_sum_of_another_dtype, "out=total", "cannot be written into an array of float32"),
    ],
)
def test_writes_that_numpy_or_adcompile_refuses(function, line, words):
    error = refusal(ADCompileError, lambda: grad(function)(np.array([0.7, 1.2, 0.4])))
    assert words in str(error)
    assert f"{THIS_FILE}:{line_number(function, line)}" in str(error), error


# --- exceptions and contexts ----------------------------------------------------------------------


def writes_then_raises(x):
    A = np.zeros(3)
    try:
        A[0] = x
        y = math.log(x)
    except ValueError:
        y = A[0]
    return y


def adds_to_an_array(A):
    B = np.zeros_like(A)
    try:
        B += A / np.sum(A)
    except FloatingPointError:
        pass
    return np.sum(B * A)


def divides_into(A):
    B = np.ones_like(A)
    try:
        np.divide(A, A[0] - 1.0, out=B)
    except FloatingPointError:
        pass
    return np.sum(B * A)


def appends_then_raises(x):
    parts = [x]
    try:
        parts.append(x * x)
        y = math.log(x)
    except ValueError:
        y = parts[-1]
    return y


def undecided_name(x):
    a = x
    try:
        a = 2.0 * x
        y = math.log(x)
    except ValueError:
        y = a * x
    return y


class Swallows:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return True


def in_a_swallowing_context(x):
    with Swallows():
        y = x * x
    return y


def opens_a_file(x):
    with open("somewhere") as handle:
        y = x * len(handle.name)
    return y


def raises_nothing(x):
    if x < 0:
        raise  # what?
    return x


def halves(x):
    try:
        yield x / 2.0
    finally:
        yield x


def yields_in_a_try(x):
    total = 0.0
    for half in halves(x):
        total = total + half
    return total


def calculates_with_an_exception(x):
    try:
        y = math.log(x)
    except ValueError as error:
        y = x * error
    return y


@pytest.mark.parametrize(
    ("function", "line", "spot", "says", "advice"),
    [
        (writes_then_raises, "A[0] = x", "A[0]", "changes A in a 'try' body", "write last"),
        (adds_to_an_array, "B += A", "B", "changes B in a 'try' body", "write last"),
        (divides_into, "np.divide", "np.divide", "changes B in a 'try' body", "write last"),
        (appends_then_raises, "parts.append(x * x)", "parts", "changes a list", "write last"),
        (undecided_name, "y = a * x", "a * x", "'a' may have been bound", "before the 'try'"),
        (in_a_swallowing_context, "with Swallows():", "with", "may swallow", "suppress"),
        (opens_a_file, 'with open("somewhere")', "with", "open is no context", "contextmanager"),
        (raises_nothing, "raise  # what?", "raise", "no exception to raise again", "Name one"),
        (yields_in_a_try, "try:", "try", "'yield' inside 'try'", "Yield after it"),
        (calculates_with_an_exception, "y = x * error", "x", "exception", ""),
    ],
)
def test_what_try_and_with_refuse(function, line, spot, says, advice):
    argument = np.ones(2) if function in (adds_to_an_array, divides_into) else 2.5
    error = refusal(UnsupportedSyntax, lambda: grad(function)(argument))
    assert_points_at(error, halves if function is yields_in_a_try else function, line, spot)
    assert says in str(error) and advice in str(error)


def log_or_cleanup(x):
    try:
        y = math.log(x)
    except ZeroDivisionError:
        y = x
    finally:
        print("cleanup")
    return y


def wraps_the_cause(x):
    try:
        return math.log(x)
    except ValueError as error:
        raise RuntimeError(f"no logarithm: {error}") from error


def test_exceptions_that_are_not_caught_pass_as_in_the_plain_function(capsys):
    with pytest.raises(ValueError, match="math domain"):
        grad(log_or_cleanup)(-1.0)
    assert capsys.readouterr().out == "cleanup\n"
    with pytest.raises(RuntimeError, match="no logarithm: math domain") as caught:
        grad(wraps_the_cause)(-1.0)
    assert isinstance(caught.value.__cause__, ValueError)


def caught_in_the_value_only(x):
    try:
        a = 1.0 / x
    except ZeroDivisionError:
        a = 5.0
    return a * math.sqrt(x)


def test_a_second_run_with_numpy_floats_takes_the_same_path():
    """sqrt has no finite slope at 0: the derivative raises, and is not caught by the user."""
    assert value_and_grad(caught_in_the_value_only)(0.0) == (0.0, math.inf)
