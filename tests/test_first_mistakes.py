"""The mistakes of a first day: what is said must lead to what is right."""

from __future__ import annotations

import functools
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy as xp
import pytest
from numpy import sin
from numpy import sum as total

from adcompile import (
    ADCompileError,
    BadArgnums,
    NonScalarOutput,
    NotDifferentiable,
    SourceUnavailable,
    UnsupportedInput,
    UnsupportedSyntax,
    grad,
    hvp,
    jvp,
    value_and_grad,
)

X = np.array([0.7, 1.2, 0.4])


def squares(x):
    return np.sum(x**2)


def product(x, y):
    return np.sum(x * y)


def forgot_the_return(x):
    y = np.sum(x**2)


def returns_an_array(x):
    return x**2


def returns_a_list(x):
    return [np.sum(x)]


def no_pair(x):
    return np.sum(x)


def shadowed_module(x):
    np = 2.0
    return np.sum(x)


def shadowed_later(x):
    y = np.sum(x)
    sum = 3.0
    return y * sum


def math_of_an_array(x):
    return math.sin(x)


def misspelled_name(x):
    gain = 2.0
    return np.sum(x) * gian  # noqa: F821


def misspelled_function(x):
    return np.sine(x[0])


def misspelled_submodule(x):
    return np.linalg.slove(np.outer(x, x), x)[0]


def misspelled_method(x):
    return x.summ()


def method_of_a_float(x):
    return x.sum()


def misspelled_dict_method(x):
    return {"a": x[0]}.itms()


def helper(a, b):
    return a * b


def missing_argument(x):
    return helper(x[0])


def wrong_keyword(x):
    return helper(x[0], c=2.0)


def numpy_keyword(x):
    return np.sum(x, axes=0)


def numpy_without_argument(x):
    return np.sin() * x[0]


def calls_an_array(x):
    return x(0)


def calls_a_number(x):
    gain = 2
    return gain(x[0])


def too_many_indices(x):
    return x[0, 0]


def float_index(x):
    return x[1.0]


def text_index(x):
    return x["first"]


def unpacks_too_few(x):
    a, b = x[0], x[1], x[2]
    return a * b


def unpacks_a_float(x):
    a, b = x[0]
    return a * b


def adds_text(x):
    return "loss: " + x[0]


def adds_none(x):
    y = print(end="")
    return x[0] + y


def ragged(x):
    return np.array([[x[0], x[1]], [x[2]]]).sum()


def asks_an_array(x):
    if x > 0:
        return np.sum(x)
    return 0.0


def truncates(x):
    z = np.zeros(3, dtype=int)
    z[0] = x[0]
    return z[0] * x[0]


MISTAKES: list[tuple[Any, Any, type[BaseException], str, str]] = [
    (squares, np.array([1, 2]), NotDifferentiable, "an array of int", "x.astype(float)"),
    (squares, [1, 2], NotDifferentiable, "'x' holds no floats", "Pass floats"),
    (squares, "abc", NotDifferentiable, "'x' of squares is 'abc'", "argnums"),
    (squares, None, NotDifferentiable, "'x' of squares is None", "argnums"),
    (squares, True, NotDifferentiable, "'x' of squares is True", "argnums"),
    (squares, np.array(["a"]), UnsupportedInput, "array of dtype <U1", "array of numbers"),
    (squares, np.array([None]), UnsupportedInput, "array of dtype object", "array of numbers"),
    (squares, Decimal(1), UnsupportedInput, "decimal.Decimal", "float(x)"),
    (squares, Fraction(1), UnsupportedInput, "fractions.Fraction", "float(x)"),
    (squares, 1j, NonScalarOutput, "returns a complex number", "holomorphic=True"),
    (forgot_the_return, X, NonScalarOutput, "returns None (is a return missing?)", "scalar"),
    (returns_an_array, X, NonScalarOutput, "an array of rank 1", "jacobian"),
    (returns_a_list, X, NonScalarOutput, "returns a list", "has_aux=True"),
    (shadowed_module, X, UnsupportedSyntax, "a float has no attribute 'sum'", "'np' is"),
    (math_of_an_array, X, UnsupportedSyntax, "math.sin takes numbers, not arrays", "np.sin"),
    (misspelled_name, X, UnsupportedSyntax, "'gian' is not defined", "'gain'"),
    (misspelled_function, X, UnsupportedSyntax, "numpy has no attribute 'sine'", "'sin'"),
    (misspelled_submodule, X, UnsupportedSyntax, "no attribute 'slove'", "'solve'"),
    (misspelled_method, X, UnsupportedSyntax, "no attribute 'summ'", "'sum'"),
    (method_of_a_float, 2.0, UnsupportedSyntax, "a float has no attribute 'sum'", ""),
    (misspelled_dict_method, X, UnsupportedSyntax, "a dict has no attribute 'itms'", "'items'"),
    (missing_argument, X, UnsupportedSyntax, "helper needs the argument 'b'", ""),
    (wrong_keyword, X, UnsupportedSyntax, "helper has no parameter 'c'", ""),
    (numpy_keyword, X, UnsupportedSyntax, "the argument 'axes' of sum", "without"),
    (numpy_without_argument, X, UnsupportedSyntax, "sin needs the argument 'x'", ""),
    (calls_an_array, X, UnsupportedSyntax, "an array of rank 1 cannot be called", ""),
    (calls_a_number, X, UnsupportedSyntax, "an int cannot be called", ""),
    (too_many_indices, X, UnsupportedSyntax, "too many indices: 2 for an array of rank 1", ""),
    (float_index, X, UnsupportedSyntax, "integers, slices or bools, not float", ""),
    (text_index, X, UnsupportedSyntax, "integers, slices or bools, not str", ""),
    (unpacks_too_few, X, UnsupportedSyntax, "3 values cannot be unpacked into 2 names", ""),
    (unpacks_a_float, X, UnsupportedSyntax, "a np.float64 cannot be unpacked", ""),
    (adds_text, X, UnsupportedSyntax, "'+' takes numbers and arrays, not str", ""),
    (adds_none, X, UnsupportedSyntax, "'+' takes numbers and arrays, not NoneType", ""),
    (ragged, X, UnsupportedSyntax, "np.array needs rows of one length", ""),
    (asks_an_array, X, UnsupportedSyntax, "truth value of an array", ".any() or .all()"),
    (truncates, X, NotDifferentiable, "array of int64, which truncates", "dtype=float"),
    (np.sin, 1.0, SourceUnavailable, "sin has no Python source", "lambda x: np.sin(x)"),
    (math.sin, 1.0, SourceUnavailable, "sin has no Python source", "@rule"),
    (Decimal, 1.0, SourceUnavailable, "Decimal is a class", "a function"),
]


@pytest.mark.parametrize(("function", "argument", "kind", "says", "advice"), MISTAKES)
def test_a_mistake_is_named_with_its_remedy(function, argument, kind, says, advice):
    with pytest.raises(kind) as caught:
        grad(function)(argument)
    assert isinstance(caught.value, ADCompileError)
    message = str(caught.value)
    assert says in message
    assert advice in message
    if isinstance(caught.value, UnsupportedSyntax):
        assert "^" in message and "test_first_mistakes.py:" in message


@pytest.mark.parametrize("argnums", ["z", 5, -3, True, 1.0, None, (0, True), {"x"}, {"x": 1}])
def test_wrong_argnums_are_refused_before_the_call(argnums):
    with pytest.raises(BadArgnums, match="argnums"):
        grad(product, argnums=argnums)


def test_argnums_as_other_libraries_take_them():
    assert grad(product, np.int64(0))(1.0, 2.0) == 2.0
    assert grad(product, "y")(1.0, 2.0) == 1.0
    assert grad(product, [0])(1.0, 2.0) == (2.0,)
    np.testing.assert_array_equal(grad(product, argnums="y")(X, y=X), X)


@pytest.mark.parametrize("value", [4.0, np.float64(2.0), X])
def test_the_value_instead_of_the_function(value):
    with pytest.raises(UnsupportedInput, match="takes a function first"):
        grad(value)


def test_calls_that_python_refuses():
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        grad(product)(X)
    with pytest.raises(TypeError, match="too many positional arguments"):
        grad(squares)(X, X)
    with pytest.raises(TypeError):
        grad(product)(X, z=X)


def test_products_take_tuples():
    with pytest.raises(UnsupportedInput, match=r"primals as a tuple.*not ndarray"):
        jvp(squares, X, X)
    with pytest.raises(UnsupportedInput, match=r"tangents as a tuple.*not ndarray"):
        jvp(squares, (X,), X)
    with pytest.raises(UnsupportedInput, match=r"shape \(2,\), its primal \(3,\)"):
        jvp(squares, (X,), (np.ones(2),))


def test_what_looks_wrong_and_is_right():
    assert grad(squares)(3) == 6.0, "an int that is selected is read as a float"
    assert grad(shadowed_later)(2.0) == 3.0
    np.testing.assert_array_equal(grad(lambda w: np.sum([1.0, 2.0] * w))(np.ones(2)), [1.0, 2.0])
    np.testing.assert_array_equal(grad(lambda w: w * [1.0, 2.0] @ w)(np.ones(2)), [2.0, 4.0])
    np.testing.assert_allclose(grad(other_names)(X), np.cos(X) + 2 * X)
    assert hvp(squares)(3, 1.0) == 2.0


def other_names(x):
    return total(sin(x)) + xp.dot(x, x)


def test_an_aux_that_is_no_pair():
    with pytest.raises(NonScalarOutput, match=r"must return a pair \(value, aux\)"):
        grad(no_pair, has_aux=True)(X)


class FromAnotherLibrary:
    """Converts to an array, as the arrays of other libraries do."""

    def __array__(self, dtype=None, copy=None):
        return np.ones(3)


def test_arrays_of_other_libraries_are_refused_by_name():
    with pytest.raises(UnsupportedInput, match="FromAnotherLibrary") as caught:
        grad(squares)(FromAnotherLibrary())
    assert "NumPy arrays" in str(caught.value)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0]])
    with pytest.raises(UnsupportedInput, match=r"numpy\.matrix.*subclass"):
        grad(squares)(matrix)
    with pytest.raises(UnsupportedInput, match="MaskedArray"):
        grad(squares)(np.ma.array([1.0], mask=[True]))


def shapes(x, y):
    z = x * 2.0
    return np.sum((z + y) ** 2)


def matmuls(x, y):
    return np.sum(x @ y)


@pytest.mark.parametrize(("function", "a", "b"), [(shapes, 3, 4), (matmuls, (2, 3), (2, 3))])
def test_numpys_own_error_comes_through_with_the_users_line(function, a, b):
    arguments = np.ones(a), np.ones(b)
    with pytest.raises(ValueError) as plain:
        function(*arguments)
    with pytest.raises(ValueError) as ours:
        value_and_grad(function)(*arguments)
    assert str(ours.value) == str(plain.value)
    generated = [frame for frame in ours.traceback if "adcompile " in str(frame.path)]
    assert generated, "the generated code is in the traceback"


def test_all_that_the_text_shows_is_reported_at_once():
    def several(x):
        a = eval("x")
        b = undefined_here * 2.0  # noqa: F821
        return a * b * id(x) * also_undefined  # noqa: F821

    with pytest.raises(UnsupportedSyntax) as caught:
        grad(several)(2.0)
    message = str(caught.value)
    assert len(caught.value.problems) >= 3
    for part in ("eval()", "'undefined_here'", "'also_undefined'"):
        assert part in message


def test_a_result_that_no_library_knows():
    def wraps(x):
        return functools.cmp_to_key(x)

    with pytest.raises(NonScalarOutput, match="returns KeyWrapper"):
        grad(wraps)(2.0)
