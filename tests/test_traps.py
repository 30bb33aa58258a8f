"""Small programs that break a naive compiler, each with its required outcome.

The number in each test's name is the trap's; the headings below name them, and missing numbers are
traps in constructs that the language does not hold yet. The primal value must always equal what the
plain, undifferentiated function returns. Nearly all run in both modes and at second order.
"""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcompile import (
    ADCompileError,
    AmbiguousAlias,
    NotDifferentiable,
    grad,
    jvp,
    value_and_grad,
    vjp,
)
from tests.checks import check_all, check_forward, check_reverse, check_third_order, probe
from tests.helpers import assert_same_value, numeric_gradient, to_vector

X3 = np.array([0.7, -1.2, 0.4])
X4 = np.array([0.7, -1.2, 0.4, 1.3])
X5 = np.array([0.7, -1.2, 0.4, 1.3, -0.6])
M23 = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9]])
M33 = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9], [0.2, 0.8, -0.5]])


def right_or_refused(check: Callable[[], Any]) -> None:
    """For what lies beyond the language of the tests' core: a refusal will do, a wrong number not.

    The refusal must name a place: an error without a file and line is none.
    """
    try:
        check()
    except ADCompileError as refusal:
        assert ".py:" in str(refusal), refusal


# --- 1. Repeated indices --------------------------------------------------------------------------


def buffered_add(v, w):
    z = np.zeros(3)
    idx = np.array([0, 0])
    z[idx] += v
    return z @ w


def repeated_store(v, w):
    z = np.ones(3)
    idx = np.array([2, 0, 2])
    z[idx] = v
    return z @ w + np.sum(z * z)


def repeated_gather(v, w):
    idx = np.array([1, 1, 0, 1])
    return np.sum(v[idx] * np.array([1.0, 2.0, 3.0, 4.0]) * v[idx]) * w[0]


def accumulated_add(v, w):
    z = np.zeros(3)
    np.add.at(z, np.array([0, 0]), v)
    return z @ w


def repeated_rows(m, w):
    z = np.zeros((2, 3))
    z[np.array([1, 1])] += m
    return np.sum(z @ w)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (buffered_add, (np.array([1.0, 2.0]), X3)),
        (repeated_store, (X3, X3 + 2.0)),
        (repeated_gather, (X3, X3)),
        (accumulated_add, (np.array([1.0, 2.0]), X3)),
        (repeated_rows, (M23, X3)),
    ],
)
def test_trap_1_repeated_indices(function, args, tmp_path):
    check_all(probe(function, *args), tmp_path)


def test_trap_1_the_last_write_wins():
    v, w = np.array([1.0, 2.0]), np.array([1.0, 10.0, 100.0])
    value, gradient = value_and_grad(buffered_add)(v, w)
    assert value == 2.0
    np.testing.assert_array_equal(gradient, [0.0, 1.0])
    value, gradient = value_and_grad(accumulated_add)(v, w)
    assert value == 3.0
    np.testing.assert_array_equal(gradient, [1.0, 1.0])


# --- 4. Rows are views ----------------------------------------------------------------------------


def rows_incremented(A):
    A = A * 1.0
    for r in A:
        r += 1
        r *= r[1]
    return np.sum(A * A)


def rows_of_the_argument(A):
    for r in A:
        r *= 3.0
    return np.sum(A * A * A)


def rows_read_after_update(A, c):
    A = A.copy()
    n = len(A)
    for i, r in enumerate(A):
        if i + 1 < n:
            A[i + 1] += c * r * r
    return np.sum(A * A)


def rows_unpacked(A):
    A = A.copy()
    a, b = A
    a[0] = 7
    b[1] = a[2] * b[0]
    return np.sum(A * A)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (rows_incremented, (M23,)),
        (rows_of_the_argument, (M23,)),
        (rows_read_after_update, (M33, 0.6)),
        (rows_unpacked, (M23,)),
    ],
)
def test_trap_4_rows_are_views(function, args, tmp_path):
    check_all(probe(function, *args), tmp_path)


# --- 5. Layout decides ----------------------------------------------------------------------------


def reshape_then_write(A):
    B = A.reshape(-1)
    B[0] = 0.0
    B[1] = B[2] * 3.0
    return (A * A).sum() + B[1]


def reshape_of_transpose(A):
    A = A.copy()
    B = A.T.reshape(-1)
    B[0] = 0.0
    return (A * A).sum() + np.sum(B * B)


def ravel_then_write(A):
    B = A.ravel()
    B[0] = 0.0
    return (A * A).sum()


def asarray_then_write(A):
    B = np.asarray(A)
    B[0] = 0.0
    return (A * A).sum()


def contiguous_then_write(A):
    B = np.ascontiguousarray(A)
    B[0] = 0.0
    return (A * A).sum()


def cast_then_write(A):
    B = A.astype(float, copy=False)
    B[0] = 0.0
    return (A * A).sum()


def atleast_then_write(A):
    B = np.atleast_2d(A)
    B[0] = 0.0
    return (A * A).sum()


@pytest.mark.parametrize("function", [reshape_then_write, reshape_of_transpose])
def test_trap_5_layout_decides(function, tmp_path):
    for A in (M23, M23.T, np.asfortranarray(M23), np.ascontiguousarray(M23.T)):
        check_all(probe(function, A), tmp_path)


def test_trap_5_one_compiled_function_many_layouts():
    """The layout joins the signature where it matters: a call never uses another's code."""
    compiled = value_and_grad(reshape_then_write)
    for A in (M33.copy()[::-1], M33.copy()[:, ::-1], M33.copy()[:, :2]):
        # NumPy may copy or not here: it is refused where a write would tell the difference.
        with pytest.raises(AmbiguousAlias):
            compiled(A)
    for A in (M23, M33.T, M33, np.asfortranarray(M23), M33.T.copy()):
        value, gradient = compiled(A)
        assert_same_value(value, reshape_then_write(copy.deepcopy(A)))
        expected = numeric_gradient(reshape_then_write, (A,), (0,))
        np.testing.assert_allclose(gradient.ravel(), expected, atol=1e-8)


@pytest.mark.parametrize(
    "function",
    [
        ravel_then_write,
        asarray_then_write,
        contiguous_then_write,
        cast_then_write,
        atleast_then_write,
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_trap_5_other_spellings(function, transposed):
    p = probe(function, M23.T if transposed else M23)
    right_or_refused(lambda: check_reverse(p))
    right_or_refused(lambda: check_forward(p))


# --- 6. One array, two names ----------------------------------------------------------------------


def two_names(x, y):
    x[0] = 5 * y[1]
    x[1] = y[0]
    return (x * y).sum()


def both_the_same(A):
    return two_names(A, A)


def slots(params):
    params["a"][0] = 5 * params["b"][1]
    return np.sum(params["a"] * params["b"])


SHARED = np.array([0.7, -1.2, 0.4])


def reads_the_global(x):
    x[0] = 5.0 * x[1]
    return np.sum(x * SHARED)


def test_trap_6_the_same_array_twice():
    A = X3.copy()
    plain = two_names(X3.copy(), X3.copy())
    value, gradient = value_and_grad(two_names)(A, A)
    assert value == both_the_same(X3.copy()) != plain
    np.testing.assert_array_equal(A, X3)
    expected = numeric_gradient(both_the_same, (X3,), (0,))
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_trap_6_then_two_arrays():
    """The program compiled for one object behind both names is not used for two objects."""
    compiled = value_and_grad(two_names, argnums=(0, 1))
    A, B = X3.copy(), X3.copy()
    assert compiled(A, A)[0] == both_the_same(X3.copy())
    value, gradient = compiled(A, B)
    assert value == two_names(X3.copy(), X3.copy())
    expected = numeric_gradient(two_names, (X3, X3), (0, 1))
    np.testing.assert_allclose(to_vector(gradient), expected, atol=1e-8)
    assert compiled(A, A)[0] == both_the_same(X3.copy())


def test_trap_6_the_same_array_twice_inside(tmp_path):
    check_all(probe(both_the_same, X3), tmp_path)


def test_trap_6_partial_overlap_is_refused():
    A = X4.copy()
    for call in (
        lambda: grad(two_names)(A[1:], A[:-1]),
        lambda: value_and_grad(two_names, argnums=(0, 1))(A[1:], A[:-1]),
        lambda: jvp(two_names, (A[1:], A[:-1]), (X3, X3)),
    ):
        with pytest.raises(ValueError):
            call()
    np.testing.assert_array_equal(A, X4)


def test_trap_6_the_same_leaf_twice_in_a_dict():
    A = X3.copy()
    expected = slots({"a": (both := X3.copy()), "b": both})
    value, gradient = value_and_grad(slots)({"a": A, "b": A})
    assert value == expected
    assert list(gradient) == ["a", "b"]
    assert not np.shares_memory(gradient["a"], gradient["b"])
    np.testing.assert_array_equal(A, X3)


def test_trap_6_an_argument_that_is_also_a_global():
    """Either the plain value, or a refusal: never the value of a copy."""
    before = SHARED.copy()
    expected = reads_the_global(SHARED)
    SHARED[:] = before
    try:
        value, gradient = value_and_grad(reads_the_global)(SHARED)
    except ValueError:
        pass
    else:
        assert value == expected
    np.testing.assert_array_equal(SHARED, before)
    p = probe(reads_the_global, X3)
    check_reverse(p)
    check_forward(p)


# --- 7. Calls return aliases ----------------------------------------------------------------------


def pick(A):
    return A[1:]


def pick_recursively(A, depth):
    if depth == 0:
        return A
    return pick_recursively(A[1:], depth - 1)


def first_of(A, B):
    return A


def returned_view(A, x):
    A = A.copy()
    B = pick(A)
    B[0] = x
    C = pick(pick(A))
    C *= 2.0
    return np.sum(A * A)


def returned_recursively(A, x):
    A = A.copy()
    B = pick_recursively(A, 2)
    B[0] = x
    return np.sum(A * A)


def returned_argument(A, x):
    A = A.copy()
    B = first_of(A, x)
    B *= x
    return np.sum(A * A)


@pytest.mark.parametrize("function", [returned_view, returned_recursively, returned_argument])
def test_trap_7_calls_return_aliases(function, tmp_path):
    check_all(probe(function, X5, 0.9), tmp_path)


# --- 8. Scalar kinds ------------------------------------------------------------------------------


def strong_scalar(a, x32):
    s = np.sin(a)
    return s * x32


def weak_scalar(a, x32):
    return a * x32 + 2.0


def root_of_negative(a):
    return (np.sin(a) - 1) ** 0.5


def method_of_scalar(a):
    return np.sin(a).sum() * a


def arithmetic_of_zero_dimensional(a):
    b = a + 1
    return b * a


def test_trap_8_strong_and_weak_scalars():
    x32 = np.float32([0.7, -1.2])
    for function in (strong_scalar, weak_scalar):
        plain = function(0.7, x32)
        value, tangent = jvp(function, (0.7, x32), (1.0, None))
        assert_same_value(value, plain)
        assert value.dtype == tangent.dtype == plain.dtype
        value, pullback = vjp(function, 0.7, x32)
        assert value.dtype == plain.dtype
        a_bar, x_bar = pullback(np.ones(2, plain.dtype))
        assert type(a_bar) is float
        assert x_bar.dtype == np.float32
        expected = np.cos(0.7) * x32.sum() if function is strong_scalar else x32.sum()
        assert a_bar == pytest.approx(expected, rel=1e-6)


def test_trap_8_nan_is_never_complex():
    with np.errstate(invalid="ignore"):
        for argument in (0.5, np.float64(0.5)):
            value, gradient = value_and_grad(root_of_negative)(argument)
            assert np.isnan(value) and np.isnan(gradient)
            assert not np.iscomplexobj(value) and not np.iscomplexobj(gradient)
            value, tangent = jvp(root_of_negative, (argument,), (1.0,))
            assert np.isnan(value) and np.isnan(tangent)
            assert not np.iscomplexobj(tangent)


@pytest.mark.parametrize("argument", [0.7, np.float64(0.7), np.array(0.7)])
def test_trap_8_methods_and_kinds(argument, tmp_path):
    check_all(probe(method_of_scalar, argument), tmp_path)
    check_all(probe(arithmetic_of_zero_dimensional, argument), tmp_path)


def zero_dimensional_through_alias(a):
    b = a
    b += 1.0
    return a * a


def zero_dimensional_sum_is_fresh(a):
    b = a + 1
    b += 1.0
    return a * b


@pytest.mark.parametrize(
    "function", [zero_dimensional_through_alias, zero_dimensional_sum_is_fresh]
)
@pytest.mark.parametrize("argument", [0.7, np.float64(0.7), np.array(0.7)])
def test_trap_8_a_0d_array_is_mutable(function, argument, tmp_path):
    """`b += 1` writes the 0-d array behind `a` as well, but rebinds a scalar."""
    check_all(probe(function, argument), tmp_path)


# --- 9. Derived length 1 --------------------------------------------------------------------------


def inner_part(u, w):
    return np.sum(u[1:-1] * w)


def halves(x):
    if len(x) == 1:
        return np.sum(x * np.array([2.0]))
    m = len(x) // 2
    return halves(x[:m]) * halves(x[m:]) + np.sum(x[:m] * x[m:][:m])


def masked_times(x, w):
    return np.sum(x[x > 0] * w)


def differences(u, w):
    return np.sum((u[1:] - u[:-1]) * w)


def test_trap_9_lengths_that_become_one():
    """Compiled for one pair of lengths, called with others: the broadcast is seen each time."""
    rng = np.random.default_rng(1)
    for function in (inner_part, differences):
        offset = 2 if function is inner_part else 1
        compiled = value_and_grad(function, argnums=(0, 1))
        for n, m in ((10, 10 - offset), (1 + offset, 5), (10, 1), (4, 4 - offset), (1 + offset, 1)):
            u, w = rng.normal(size=n), rng.normal(size=m)
            value, gradient = compiled(u, w)
            assert_same_value(value, function(u, w))
            assert gradient[0].shape == (n,) and gradient[1].shape == (m,)
            expected = numeric_gradient(function, (u, w), (0, 1))
            np.testing.assert_allclose(to_vector(gradient), expected, atol=1e-8)


def test_trap_9_data_dependent_lengths():
    compiled = value_and_grad(masked_times, argnums=(0, 1))
    w3, w1 = np.array([1.0, -2.0, 3.0]), np.array([2.0])
    some = np.array([0.7, -1.2, 0.4, 1.3])
    one = np.array([-0.7, -1.2, 0.4, -1.3])
    for x, w in ((some, w3), (one, w3), (some, w1), (one, w1), (-np.abs(some), w1)):
        value, gradient = compiled(x, w)
        assert_same_value(value, masked_times(x, w))
        expected = numeric_gradient(masked_times, (x, w), (0, 1))
        np.testing.assert_allclose(to_vector(gradient), expected, atol=1e-8)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_trap_9_recursion_on_halves(size, tmp_path):
    x = np.random.default_rng(size).normal(size=size)
    check_all(probe(halves, x), tmp_path)


# --- 10. Integer buffers --------------------------------------------------------------------------


def store_into_integers(x):
    A = np.full(3, 0)
    A[0] = x
    return np.sum(A) * x


def store_into_integer_list(x):
    A = np.array([1, 2, 3])
    A[1] = x * 2.0
    return np.sum(A) * x


def zeros_like_integers(x, k):
    B = np.zeros_like(k)
    return np.sum(x * B) + np.sum(x * k)


def store_into_zeros_like_integers(x, k):
    B = np.zeros_like(k)
    B[0] = x[0]
    return np.sum(B * x)


def single_plus_double(x32, y64):
    z = x32.copy()
    z += y64
    z *= y64
    return z


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (store_into_integers, (0.7,)),
        (store_into_integer_list, (0.7,)),
        (store_into_zeros_like_integers, (X3, np.array([1, 2, 3]))),
    ],
)
def test_trap_10_an_active_value_in_an_integer_array(function, args):
    for run in (
        lambda: value_and_grad(function)(*args),
        lambda: jvp(function, args, (copy.deepcopy(args[0]), *[None] * (len(args) - 1))),
    ):
        with pytest.raises(NotDifferentiable) as refusal:
            run()
        assert isinstance(refusal.value, TypeError)
        assert "float" in str(refusal.value)


def test_trap_10_integer_buffers_carry_no_tangent(tmp_path):
    check_all(probe(zeros_like_integers, X3, np.array([1, 2, 3])), tmp_path)


def test_trap_10_single_precision_is_kept():
    x32, y64 = np.float32([0.7, -1.2]), np.array([1.0000000001, 2.0])
    value, pullback = vjp(single_plus_double, x32, y64)
    assert value.dtype == np.float32
    assert_same_value(value, single_plus_double(x32.copy(), y64))
    x_bar, y_bar = pullback(np.ones(2, np.float32))
    assert (x_bar.dtype, y_bar.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(x_bar, y64, rtol=1e-6)
    np.testing.assert_allclose(y_bar, x32 + 2 * y64, rtol=1e-6)
    value, tangent = jvp(single_plus_double, (x32, y64), (np.ones(2, np.float32), np.ones(2)))
    assert value.dtype == tangent.dtype == np.float32


# --- 11. Mutation after the call ------------------------------------------------------------------


def model(x):
    return np.exp(x) * x


def identity(x):
    return x


def passes_through(x, w):
    return x * w, x[1:], w


def sum_of_both(x, y):
    return np.sum(x + y)


X0 = np.array([1.0, 2.0, 3.0])


def linear_in_w(w):
    return w @ X0


def test_trap_11_writing_into_the_value_before_the_pullback():
    x, seed = X3.copy(), np.ones(3)
    expected = np.exp(X3) * (1 + X3)
    y, pullback = vjp(model, x)
    y -= 100.0
    np.testing.assert_allclose(pullback(seed)[0], expected, rtol=1e-14)
    x -= 5.0
    np.testing.assert_allclose(pullback(seed)[0], expected, rtol=1e-14)
    np.testing.assert_array_equal(seed, 1.0)


def test_trap_11_writing_into_an_argument_before_the_pullback():
    x, w = X3.copy(), X3 + 1.0
    _, pullback = vjp(passes_through, x, w)
    x *= 0.0
    w *= 0.0
    x_bar, w_bar = pullback((np.ones(3), np.zeros(2), np.zeros(3)))
    np.testing.assert_array_equal(x_bar, X3 + 1.0)
    np.testing.assert_array_equal(w_bar, X3)


def test_trap_11_results_are_owned():
    x, w = X3.copy(), X3 + 1.0
    value, pullback = vjp(passes_through, x, w)
    assert not np.shares_memory(value[1], x)
    assert not np.shares_memory(value[2], w)
    seed = (np.ones(3), np.ones(2), np.ones(3))
    first = pullback(seed)
    for result in first:
        assert not any(np.shares_memory(result, other) for other in (x, w, *seed, *value))
    result, _ = vjp(identity, x)
    assert not np.shares_memory(result, x)
    (x_bar,) = vjp(identity, x)[1](seed[0])
    assert not np.shares_memory(x_bar, seed[0])
    value, tangent = jvp(identity, (x,), (w,))
    assert not np.shares_memory(value, x)
    assert not np.shares_memory(tangent, w)


def test_trap_11_a_gradient_is_not_the_global():
    g = grad(linear_in_w)(np.array([0.5, 0.5, 0.5]))
    np.testing.assert_array_equal(g, [1.0, 2.0, 3.0])
    g -= 1
    np.testing.assert_array_equal(X0, [1.0, 2.0, 3.0])


def test_trap_11_gradients_of_a_sum_are_two_arrays():
    a, b = grad(sum_of_both, argnums=(0, 1))(X3, X3 + 1.0)
    assert not np.shares_memory(a, b)
    a += 1.0
    np.testing.assert_array_equal(b, 1.0)


# --- 12. Pullback twice ---------------------------------------------------------------------------


def cholesky(A):
    n = A.shape[0]
    L = A.copy()
    for k in range(n):
        L[k, k] = np.sqrt(L[k, k])
        L[k + 1 :, k] /= L[k, k]
        L[k, k + 1 :] = 0.0
        for j in range(k + 1, n):
            L[j:, j] -= L[j:, k] * L[j, k]
    return L


def test_trap_12_the_pullback_runs_twice():
    A = M33 @ M33.T + 2 * np.eye(3)
    L, pullback = vjp(cholesky, A)
    plain = cholesky(A)
    np.testing.assert_allclose(plain @ plain.T, A, rtol=1e-12)
    rng = np.random.default_rng(3)
    G1, G2 = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    first, second, both = pullback(G1)[0], pullback(G2)[0], pullback(G1 + G2)[0]
    np.testing.assert_array_equal(L, plain)
    np.testing.assert_array_equal(pullback(G1)[0], first)
    np.testing.assert_allclose(first + second, both, rtol=1e-10, atol=1e-12)
    V = rng.normal(size=(3, 3))
    _, tangent = jvp(cholesky, (A,), (V,))
    assert np.sum(tangent * G1) == pytest.approx(np.sum(first * V), rel=1e-10)
    assert np.sum(tangent * G2) == pytest.approx(np.sum(second * V), rel=1e-10)


# --- 13. "Never written again" --------------------------------------------------------------------


def permuted_writes(A, perm):
    A = A.copy()
    n = len(perm)
    for k in range(n):
        p = perm[k]
        A[p] = A[p] * A[(p + 1) % n] + np.sin(A[k])
    return np.sum(A * A)


@pytest.mark.parametrize("perm", [[0, 1, 2, 3], [2, 2, 0, 2], [3, 3, 3, 3]])
def test_trap_13_entries_written_again(perm, tmp_path):
    check_all(probe(permuted_writes, X4, np.array(perm)), tmp_path)


# --- 14. Overlap ----------------------------------------------------------------------------------


def diffusion(u, k, n):
    u = u.copy()
    for t in range(n):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def cascade(A, n):
    A = A.copy()
    for t in range(n):
        A[1:] += A[:-1]
        A[:-1] *= A[1:]
    return np.sum(A)


def reversed_overlap(y, a, n):
    y = y.copy()
    for k in range(1, n):
        y[:k] += a * y[:k][::-1]
        y[::-1] += y * y
    return np.sum(y * y)


def flipped_overlap(y, a, n):
    y = y.copy()
    for k in range(1, n):
        y[:k] += a * np.flip(y[:k])
    return np.sum(y * y)


@pytest.mark.parametrize(
    ("function", "args"),
    [(diffusion, (X5, 0.3, 3)), (cascade, (X4, 2)), (reversed_overlap, (X4 / 3, 0.4, 4))],
)
def test_trap_14_overlap(function, args, tmp_path):
    numbers = tuple(n for n, value in enumerate(args) if not isinstance(value, int))
    check_all(probe(function, *args, argnums=numbers), tmp_path)


def test_trap_14_flip():
    p = probe(flipped_overlap, X4, 0.4, 4, argnums=(0, 1))
    right_or_refused(lambda: check_reverse(p))
    right_or_refused(lambda: check_forward(p))


# --- 15. where ------------------------------------------------------------------------------------


def guarded_root(x):
    return np.where(x > 0, np.sqrt(x), 0.0)


def guarded_root_sum(x):
    return np.sum(np.where(x > 0, np.sqrt(x) * x, 0.0))


def zero_times_log(x):
    return 0.0 * np.log(x)


@pytest.mark.parametrize("x", [0.0, -1.0, np.float64(0.0), np.float64(-1.0)])
def test_trap_15_the_unselected_branch_does_not_poison(x):
    with np.errstate(all="ignore"):
        assert grad(guarded_root)(x) == 0.0
        value, tangent = jvp(guarded_root, (x,), (1.0,))
        assert (value, tangent) == (0.0, 0.0)
        assert grad(grad(guarded_root))(x) == 0.0
        assert jvp(grad(guarded_root), (x,), (1.0,)) == (0.0, 0.0)


def test_trap_15_in_arrays():
    x = np.array([-1.0, 0.0, 4.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(grad(guarded_root_sum)(x), [0.0, 0.0, 3.0])
        np.testing.assert_allclose(jvp(guarded_root_sum, (x,), (np.ones(3),))[1], 3.0)
        gradient, curvature = jvp(grad(guarded_root_sum), (x,), (np.ones(3),))
        np.testing.assert_allclose(curvature, [0.0, 0.0, 0.375])


def test_trap_15_nan_where_it_is_due():
    with np.errstate(all="ignore"):
        for x in (0.0, np.float64(0.0)):
            assert np.isnan(grad(zero_times_log)(x))
            assert np.isnan(jvp(zero_times_log, (x,), (1.0,))[1])


# --- 16. Dead code --------------------------------------------------------------------------------


def asserts_something_unused(x):
    unused = x - 1.0
    assert unused > 0, "x must exceed one"
    return 2.0 * x


def raises_when_negative(x):
    if x < 0:
        raise ValueError("x is negative")
    return 2.0 * x


def prints(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
        print("step", i, y)
    return y * x


def draws(x, rng):
    noise = rng.normal(size=3)
    return np.sum(noise * x)


def test_trap_16_assert_stays():
    for run in (
        lambda: grad(asserts_something_unused)(0.5),
        lambda: jvp(asserts_something_unused, (0.5,), (1.0,)),
        lambda: vjp(asserts_something_unused, 0.5),
        lambda: grad(grad(asserts_something_unused))(0.5),
    ):
        with pytest.raises(AssertionError, match="x must exceed one"):
            run()
    assert grad(asserts_something_unused)(1.5) == 2.0


def test_trap_16_raise_stays():
    def check() -> None:
        assert grad(raises_when_negative)(0.5) == 2.0
        with pytest.raises(ValueError, match="x is negative") as raised:
            grad(raises_when_negative)(-0.5)
        assert not isinstance(raised.value, ADCompileError)
        with pytest.raises(ValueError, match="x is negative"):
            jvp(raises_when_negative, (-0.5,), (1.0,))

    right_or_refused(check)


def test_trap_16_print_once_with_primal_values(capsys):
    prints(2.0, 3)
    expected = capsys.readouterr().out
    assert expected.count("step") == 3
    for run in (
        lambda: grad(prints)(2.0, 3),
        lambda: value_and_grad(prints, optimize=False)(2.0, 3),
        lambda: jvp(prints, (2.0, 3), (1.0, None)),
        lambda: vjp(prints, 2.0, 3)[1](1.0),
        lambda: grad(grad(prints))(2.0, 3),
        lambda: jvp(grad(prints), (2.0, 3), (1.0, None)),
    ):
        run()
        assert capsys.readouterr().out == expected


def test_trap_16_draws_happen_once():
    def check() -> None:
        expected = np.random.default_rng(5).normal(size=(2, 3))
        rng = np.random.default_rng(5)
        compiled = value_and_grad(draws)
        for row in expected:
            value, gradient = compiled(X3, rng)
            np.testing.assert_array_equal(gradient, row)
            assert value == np.sum(row * X3)

    right_or_refused(check)


# --- 17. First contribution -----------------------------------------------------------------------


def one_branch_constant(x, c):
    if c > 0:
        y = x * 2
    else:
        y = 1.0
    return y * y


def zero_trips(x, n):
    y = 3.0
    z = x
    for i in range(n):
        y = z * x
        z = y
    return y * y


def shared_adjoint(x, y):
    z = x + y
    a = x * 1.0
    a += z * x
    b = y * 2.0
    b += z
    return np.sum(z) + np.sum(a * b)


@pytest.mark.parametrize("c", [1.0, -1.0])
def test_trap_17_one_branch_constant(c, tmp_path):
    check_all(probe(one_branch_constant, 0.7, c, argnums=(0,)), tmp_path)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_trap_17_zero_trips(n, tmp_path):
    check_all(probe(zero_trips, 0.7, n, argnums=(0,)), tmp_path)


def test_trap_17_no_shared_buffer(tmp_path):
    check_all(probe(shared_adjoint, X3, X3 + 0.5), tmp_path)


# --- 18. Augmented names --------------------------------------------------------------------------


def augmented_alias(x):
    y = x * 1.0
    z = y
    z += x[0]
    return np.sum(y * y)


def augmented_argument(x, e):
    x += e
    x *= x
    return np.sum(x * x)


def list_mutated(a, b):
    lst = [a]
    other = lst
    lst += [b]
    return len(other) * a * b


def list_rebound(a, b):
    lst = [a]
    other = lst
    lst = lst + [b]
    return len(other) * a * b


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (augmented_alias, (X3,)),
        (augmented_argument, (X3, 0.5)),
        (augmented_argument, (0.7, 0.5)),
        (list_mutated, (0.7, 1.2)),
        (list_rebound, (0.7, 1.2)),
    ],
)
def test_trap_18_augmented_names(function, args, tmp_path):
    check_all(probe(function, *args), tmp_path)


# --- 20. Double buffering -------------------------------------------------------------------------


def double_buffering(x, n):
    u = x.copy()
    v = x * 1.0
    for t in range(n):
        v[1:-1] = u[1:-1] * (u[2:] - u[:-2])
        u, v = v, u
    return np.sum(u * u) + np.sum(v)


def outer_name_read_afterwards(x, n):
    u = x.copy()
    v = x * 1.0
    first = u
    for t in range(n):
        v[1:-1] = u[1:-1] * (u[2:] - u[:-2])
        u, v = v, u
    return np.sum(first * first)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_trap_20_double_buffering(n, tmp_path):
    check_all(probe(double_buffering, X5, n, argnums=(0,)), tmp_path)


@pytest.mark.parametrize("n", [2, 3])
def test_trap_20_reading_an_outer_name_afterwards(n):
    p = probe(outer_name_read_afterwards, X5, n, argnums=(0,))
    for check in (check_reverse, check_forward):
        try:
            check(p)
        except AmbiguousAlias as refusal:
            text = str(refusal)
            lines = [line for line in ("first = u", "u, v = v, u", "v[1:-1] =") if line in text]
            assert len(lines) >= 2 or "first * first" in text, text


# --- 21. Names that change kind -------------------------------------------------------------------


def previous_value(x):
    prev = None
    s = 0.0
    for v in x:
        if prev is not None:
            s += (v - prev) ** 2
        prev = v
    return s


def integer_then_array(A):
    acc = 0
    for r in A:
        acc += r
    return np.sum(acc * acc)


def integer_then_array_written(A):
    acc = 0
    for r in A:
        acc = acc + r * r
    acc[0] = 2.0 * acc[1]
    return np.sum(acc * acc)


def first_bound_in_branch(x):
    for i in range(3):
        if i == 0:
            best = x[0] * 2.0
        elif x[i] > best:
            best = x[i] ** 2
        last = best * x[i]
    return best * last


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (previous_value, (X5,)),
        (previous_value, (X5[:1],)),
        (integer_then_array, (M33,)),
        (integer_then_array_written, (M33,)),
        (first_bound_in_branch, (X3,)),
    ],
)
def test_trap_21_names_that_change_kind(function, args, tmp_path):
    check_all(probe(function, *args), tmp_path)


# --- 23. Read, then overwrite ---------------------------------------------------------------------


def read_then_overwrite(A, n):
    A = A.copy()
    s = 0.0
    for i in range(n):
        t = A[0] * 2
        A[0] = 5.0 * A[1]
        A[1] = t * 0.5
        s += t * 3
    return s * A[0]


def test_trap_23_read_then_overwrite(tmp_path):
    check_all(probe(read_then_overwrite, X4, 4, argnums=(0,)), tmp_path)


def test_trap_23_no_copy_of_the_array_a_step():
    """200 steps on 800 kB: with a copy a step the peak would pass 160 MB."""
    A = np.full(100_000, 0.9)
    compiled = grad(read_then_overwrite)
    compiled(A, 2)
    tracemalloc.start()
    try:
        compiled(A, 200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * A.nbytes, f"{peak / A.nbytes:.1f} times the array"


# --- 24. Ragged loops -----------------------------------------------------------------------------


def ragged(x, n):
    total = 0.0
    for i in range(n):
        t = x[i]
        for j in range(i):
            t = np.sin(t) * x[j] + t * t
        total += t * t
    return total


def while_in_for(x, n):
    s = x
    for i in range(n):
        t = s + i
        while t > 0.3:
            t = t * 0.4 + 0.01 * t * s
        s = s + t * x
    return s * s


def break_between_writes(x, limit):
    a = x.copy()
    for i in range(1, len(a)):
        a[i] = a[i] * a[i - 1]
        if a[i] > limit:
            break
        a[i - 1] = a[i] ** 2
    return np.sum(a * a)


def writes_in_ragged_loops(x):
    a = x.copy()
    n = len(a)
    for i in range(n):
        for j in range(i):
            if a[j] > 1.0:
                continue
            a[i] += a[j] * a[i] * 0.3
    return np.sum(a * a)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (ragged, (X4, 4)),
        (ragged, (X4, 1)),
        (while_in_for, (1.3, 3)),
        (break_between_writes, (X5, 0.3)),
        (break_between_writes, (X5, 1e9)),
        (writes_in_ragged_loops, (X5,)),
    ],
)
def test_trap_24_ragged_loops(function, args, tmp_path):
    check_all(probe(function, *args, argnums=(0,)), tmp_path)


# --- 26. Third order of a selection (second order of all of the above is checked above) -----------


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (repeated_store, (X3, X3 + 2.0)),
        (rows_incremented, (M23,)),
        (returned_view, (X5, 0.9)),
        (reversed_overlap, (X4 / 3, 0.4, 3)),
        (double_buffering, (X5, 3)),
        (ragged, (X4, 3)),
        (break_between_writes, (X5, 0.3)),
    ],
)
def test_trap_26_third_order(function, args, tmp_path: Path):
    check_third_order(probe(function, *args, argnums=(0,)), tmp_path)


# --- Aliases that meet only through a third name --------------------------------------------------


def rebound_on_an_inner_path(x, y, s, n):
    if s < 0.05:
        pass
    else:
        if n > 0:
            x = y
    x[0] = 5 * s
    return np.sum(y * y)


def view_and_base_rebound_apart(a, x, n):
    v = a[0]
    if n > 0:
        pass
    else:
        v = np.sin(x)
    if x[0] < -0.25:
        a = 0.5 * a
    a += 1.0
    return np.sum(v * v)


def rebound_in_a_loop(x, n):
    u = x * 1.0
    v = x * 2.0
    for i in range(n):
        if i > 0:
            u = v
        u[0] += x[1]
    return np.sum(v * v)


def view_of_what_may_be_rebound_after_it(x, y, n):
    for k in range(n):
        if k == 1:
            x[k] = np.tanh(y[0])
        x = y[::-1]
        if k == 1:
            y = np.tanh(y)
    return np.sum(np.cos(x) * x) + np.sum(y)


def view_that_the_loop_leaves(x, n):
    for _ in range(n):
        x = x * 2.0
        w = x[::-1]
    w[0] = 5.0
    return np.sum(x)


def two_names_that_the_loop_leaves(x, n):
    for k in range(n):
        v = x * k
        w = v[::-1]
    w[0] = 5.0
    return np.sum(v * x)


@pytest.mark.parametrize(
    "function, args",
    [
        (view_of_what_may_be_rebound_after_it, (X3, X3 + 1.0, 3)),
        (view_that_the_loop_leaves, (X3, 2)),
        (two_names_that_the_loop_leaves, (X3, 3)),
        (rebound_on_an_inner_path, (X3, X3 + 1.0, 0.5, 3)),
        (view_and_base_rebound_apart, (M33, X3, 1)),
        (rebound_in_a_loop, (X3, 3)),
    ],
)
def test_an_undecided_alias_is_refused_or_right(function, args):
    try:
        value, _ = value_and_grad(function)(*copy.deepcopy(args))
    except AmbiguousAlias as refusal:
        assert "\n" in str(refusal)
    else:
        assert value == function(*copy.deepcopy(args))


def writes_its_first(x, y):
    b = x.sum()
    x[1] = y[2] ** 2
    return np.sum(y * y) * b


def value_of_inner(x, y):
    return value_and_grad(writes_its_first)(x, y)[0]


def test_one_array_twice_in_an_inner_derivative():
    expected = writes_its_first(*[X3.copy()] * 2)
    assert jvp(value_of_inner, (X3, X3), (X3, X3))[0] == expected


# --- Layouts of results ---------------------------------------------------------------------------


def copy_of_transposed(x):
    t = np.array(x.T)
    w = t.reshape(-1)
    t *= 2.0
    return np.sum(w * w)


def stack_of_transposed(x):
    t = np.stack((x.T, x.T))
    w = t.reshape(-1)
    t *= 2.0
    return np.sum(w * w)


def row_of(x):
    w = x.reshape(1, -1)
    x *= 2.0
    return np.sum(w * w)


@pytest.mark.parametrize("function", [copy_of_transposed, stack_of_transposed, row_of])
@pytest.mark.parametrize("layout", [lambda m: m, lambda m: m.T, lambda m: m[::-1]])
def test_layouts_are_right_or_refused(function, layout):
    try:
        value, _ = value_and_grad(function)(layout(M23.copy()))
    except AmbiguousAlias:
        return
    assert value == function(layout(M23.copy()))


def test_an_order_that_is_not_understood_is_refused():
    def by_memory(x):
        return np.sum(x.ravel(order="K") * np.arange(6.0))

    with pytest.raises(ADCompileError, match="memory layout"):
        grad(by_memory)(np.repeat(M23, 2, axis=1)[:, ::2])


# --- found by random programs ---------------------------------------------------------------------


def written_through_reshape(A):
    a = A.copy()
    b = a.reshape(-1)
    b[0] = 5.0 * b[1]
    return a * 2.0


def written_through_reshape_in_loop(A, n):
    for k in range(n):
        b = A.reshape(-1)
        b[k] = 5.0 * b[k + 1]
    return A * 2.0


def test_trap_5_an_adjoint_of_another_layout():
    """A write through a reshape is a write to the adjoint, whatever the memory order of that."""
    weights = np.arange(1.0, 7.0).reshape(2, 3)
    for function, rest in ((written_through_reshape, ()), (written_through_reshape_in_loop, (3,))):
        _, pullback = vjp(function, M23, *rest)
        expected = pullback(weights)[0]
        np.testing.assert_array_equal(pullback(np.asfortranarray(weights))[0], expected)
        other, pullback = vjp(function, np.asfortranarray(M23), *rest)
        np.testing.assert_array_equal(other, function(np.asfortranarray(M23), *rest))


def loop_over_a_list_that_changes(x, y):
    held = [x, y]
    for r in held:
        r *= 2.0
        held[1] = x
    return np.sum(x * x) + np.sum(y * y)


def loop_over_items_that_change(x, y):
    held = {"a": x, "b": y}
    for _, v in held.items():
        held["b"] = x
        v *= 2.0
    return np.sum(x * x) + np.sum(y * y)


@pytest.mark.parametrize("function", [loop_over_a_list_that_changes, loop_over_items_that_change])
def test_trap_3_a_loop_reads_the_present_entries(function, tmp_path):
    check_all(probe(function, X3, X3 + 2.0), tmp_path)


def test_trap_3_a_list_that_grows_under_its_loop_is_refused():
    def growing(x):
        held = [x, x]
        for v in held:
            v *= 2.0
            if len(held) < 4:
                held.append(x)
        return np.sum(x)

    with pytest.raises(ADCompileError, match="changes its length"):
        grad(growing)(X3)


def either_times_written(x, y):
    def bump(a):
        a[0] = 5.0 * a[1]
        return a

    w = (x if x[0] > y[0] else y) * bump(x)
    return np.sum(w)


def test_trap_6_an_operand_that_a_later_operand_may_write():
    """The left operand was evaluated, but not read, when the call on the right writes it."""
    with pytest.raises(AmbiguousAlias):
        grad(either_times_written)(X3, X3 + 2.0)


def tangents_of_another_layout(A):
    b = A.ravel()
    b[1:] *= b[:-1]
    np.multiply(A, A, out=A)
    A.flat[2] = 3.0 * A.flat[0]
    return np.sum(A * A)


def test_trap_5_tangents_of_another_layout():
    direction = np.arange(1.0, 7.0).reshape(2, 3)
    for point in (M23, np.asfortranarray(M23)):
        expected = np.sum(grad(tangents_of_another_layout)(point) * direction)
        for tangent in (direction, np.asfortranarray(direction)):
            _, slope = jvp(tangents_of_another_layout, (point,), (tangent,))
            np.testing.assert_allclose(slope, expected, rtol=1e-12)
