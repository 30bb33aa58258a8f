"""What products, linear algebra and complex numbers refuse, by name and with advice."""

from __future__ import annotations

import numpy as np
import pytest

from adcompile import ADCompileError, NotDifferentiable, grad, jvp
from tests.rules.checking import comp, real


def sign_of_complex(z):
    return np.sum(np.real(np.sign(z) * z))


def maximum_of_complex(z):
    return np.real(np.max(z))


def real_eigenvalues(a):
    return np.sum(np.real(np.linalg.eigvals(a)))


def extra_columns(a):
    q, _ = np.linalg.qr(a, mode="complete")
    return np.sum(q)


def extra_singular_vectors(a):
    u, _, _ = np.linalg.svd(a)
    return np.sum(u * u)


def residuals_of_lstsq(a):
    return np.sum(np.linalg.lstsq(a, np.ones(4), rcond=None)[1])


def raw(a):
    return np.sum(np.linalg.qr(a, mode="raw")[0])


def einsum_with_dtype(a):
    return np.einsum("ij->", a, dtype=np.float32)


def wrong_einsum(a):
    return np.einsum("ijk->", a)


def written_einsum(a):
    b = a * 1.0
    d = np.einsum("ii->i", b)
    d[:] = 0.0
    return np.sum(b * b)


def padded_by_a_function(a):
    return np.sum(np.pad(a, 1, lambda vector, pad, axis, kw: None))


def masked_without_out(a):
    return np.sum(np.exp(a, where=a > 0))


def computed_in_integers(a):
    return np.sum(np.exp(a, dtype=int))


def strided(a):
    return np.sum(np.lib.stride_tricks.as_strided(a, (2, 2), (8, 8)))


def written_windows(a):
    w = np.lib.stride_tricks.sliding_window_view(a, 2, axis=0)
    w[0] = 1.0
    return np.sum(w)


Z, A, S = (draw(np.random.default_rng(0)) for draw in (comp(3), real(4, 2), real(3, 3)))


@pytest.mark.parametrize(
    ("function", "argument", "says"),
    [
        (sign_of_complex, Z, "np.sign of complex numbers"),
        (maximum_of_complex, Z, "max of complex numbers"),
        (real_eigenvalues, S, "astype"),
        (extra_columns, A, "no derivative rule"),
        (extra_singular_vectors, A, "no derivative rule"),
        (residuals_of_lstsq, A, "no derivative rule"),
        (raw, S, "mode='raw'"),
        (einsum_with_dtype, S, "optimize="),
        (wrong_einsum, S, "rank 2"),
        (padded_by_a_function, S, "np.pad with a function"),
        (masked_without_out, S, "undefined"),
        (computed_in_integers, S, "dtype=int64"),
        (strided, S, "as_strided is not supported"),
        (written_windows, S, "cannot be written"),
    ],
)
def test_refused(function, argument, says):
    for derive in (grad(function), lambda x: jvp(function, (x,), (x,))):
        with pytest.raises(ADCompileError, match=says) as error:
            derive(argument)
        assert f"{function.__code__.co_firstlineno}" or error.value
        assert "test_refusals.py" in str(error.value)


def test_a_view_by_einsum_is_written_through():
    gradient = grad(written_einsum)(S)
    np.testing.assert_allclose(gradient, 2 * S * (1 - np.eye(3)))


def test_unused_parts_need_no_rule():
    def only_values(a):
        _, s, _ = np.linalg.svd(a)
        return np.sum(s)

    assert grad(only_values)(A).shape == A.shape


def test_integer_arrays_store_no_complex_values():
    def stored(z):
        out = np.zeros(3, dtype=int)
        out[:] = z
        return np.sum(out) * 1.0

    with pytest.raises((NotDifferentiable, TypeError)):
        grad(stored)(Z)
