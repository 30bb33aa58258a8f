"""Rules of numpy.linalg, for matrices and stacks of them, real and complex.

Formulas: Giles, Collected matrix derivative results (2008); Magnus and Neudecker, Matrix
Differential Calculus; Golub and Pereyra (1973) for pseudo-inverses; Murray (2016) for Cholesky;
Walter and Lehmann (2010) for QR; Townsend (2016) and Wan and Zhang (2019) for the SVD.

Conventions: cholesky, eigh and eigvalsh are functions of the symmetric (Hermitian) part of
their argument. Eigenvectors and singular vectors have derivatives where their values are
distinct; at equal ones these are inf or nan, while those of the values stay finite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.frontend import emit, static
from adcompile.frontend.calls import inlining, primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.source import function_source
from adcompile.frontend.values import PyVal
from adcompile.ir import dims
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import composition, rule, transpose
from adcompile.rules.helpers import compile_time, epsilon, lanes, unbroadcast
from adcompile.rules.reductions import kept


def mt(x: Any) -> Any:
    """The transpose of each matrix of a stack."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def mh(x: Any) -> Any:
    """The conjugate transpose of each matrix of a stack."""
    return np.conj(mt(x))


def traced(x: Any, y: Any) -> Any:
    """The trace of x @ y."""
    if y.ndim == 2:
        return np.sum(x.T * y)
    return np.sum(mt(x) * y, axis=(-2, -1))


def across(s: Any) -> Any:
    """Values as rows, one for each column of a matrix."""
    return s if s.ndim == 1 else np.expand_dims(s, -2)


def down(s: Any) -> Any:
    """Values as columns, one for each row of a matrix."""
    return s[:, None] if s.ndim == 1 else np.expand_dims(s, -1)


def hermitian_part(x: Any) -> Any:
    return 0.5 * (x + mh(x))


def at_least(m: int, n: int) -> bool:
    """Whether m >= n; the answer joins the signature."""
    return m >= n


def _at_least(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    lengths: list[Any] = []
    for a in args:
        extent = a.value if isinstance(a, Lit) else getattr(cx.aval(a), "extent", None)
        lengths.append(extent)
    if None not in lengths:
        known = cx.facts.positive(dims.add(dims.sub(*lengths), 1))
        if known is not None:
            return Lit(known)
    return emit.call(cx, "greater_equal", *args)


SPECIAL[at_least] = _at_least


# -- solving -----------------------------------------------------------------------------------


@rule("solve")
def solve(a: Any, b: Any, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    if b.ndim > 1 or a.ndim == 2:
        return np.linalg.solve(a, b_dot - a_dot @ result)
    moved = (a_dot @ np.expand_dims(result, -1))[..., 0]
    return np.linalg.solve(a, np.expand_dims(b_dot - moved, -1))[..., 0]


@transpose("solve", wrt="b")
def solve_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    if b.ndim > 1 or a.ndim == 2:
        return unbroadcast(np.linalg.solve(mt(a), result_bar), b)
    return unbroadcast(np.linalg.solve(mt(a), np.expand_dims(result_bar, -1))[..., 0], b)


@rule("inv")
def inv(a: Any, *, result: Any, a_dot: Any) -> Any:
    return -result @ a_dot @ result


@rule("pinv")
def pinv(
    a: Any,
    rcond: Any = None,
    hermitian: bool = False,
    rtol: Any = None,
    *,
    result: Any,
    a_dot: Any,
) -> Any:
    """Of constant rank."""
    if hermitian:  # of which NumPy reads one triangle
        a, a_dot = hermitian_part(a), hermitian_part(a_dot)
    turned, turned_dot = mh(result), mh(a_dot)
    columns = result @ (turned @ (turned_dot - turned_dot @ a @ result))
    rows = (turned_dot - result @ (a @ turned_dot)) @ turned @ result
    return columns + rows - result @ a_dot @ result


@rule("lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    """Of constant rank."""
    x = result[0]
    cutoff = epsilon(x.dtype) * max(a.shape[0], a.shape[1]) if rcond is None else rcond
    inverse = np.linalg.pinv(a, cutoff)
    turned, turned_dot = mh(inverse), np.conj(a_dot.T)
    into = turned_dot @ (turned @ x)
    columns = inverse @ (turned @ (turned_dot @ (b - a @ x)))
    x_dot = inverse @ (b_dot - a_dot @ x) + columns + (into - inverse @ (a @ into))
    return x_dot, None, 0, values_dot(a, a_dot)


@rule("det")
def det(a: Any, *, result: Any, a_dot: Any) -> Any:
    """The adjugate, which singular matrices have too. Near them the inverse is no way to it."""
    bound = 1e-8 * np.prod(np.linalg.norm(a, axis=-2), axis=-1)
    if np.all(np.abs(result) > bound):
        factor = result if a.ndim == 2 else np.expand_dims(result, (-2, -1))
        cofactors = factor * np.linalg.inv(a)
    else:
        cofactors = adjugate(a)
    return traced(cofactors, a_dot)


def adjugate(a: Any) -> Any:
    """By singular values: each product of the others."""
    u, s, vh = np.linalg.svd(a)
    rest = np.where(np.eye(a.shape[-1]) == 1, 1.0, across(s))
    rotation = np.linalg.det(u) * np.linalg.det(vh)
    factor = rotation if a.ndim == 2 else np.expand_dims(rotation, (-2, -1))
    return (factor * mh(vh) * across(np.prod(rest, axis=-1))) @ mh(u)


@rule("slogdet")
def slogdet(a: Any, *, result: Any, a_dot: Any) -> Any:
    rate = traced(np.linalg.inv(a), a_dot)
    if np.iscomplexobj(a):
        return 1j * result[0] * np.imag(rate), np.real(rate)
    return 0, rate


@compile_time
def tensor_order(axes: Any, ndim: int) -> tuple[int, ...]:
    """tensorsolve's order of axes: those named come last."""
    last = [a % ndim for a in axes or ()]
    return (*(i for i in range(ndim) if i not in last), *last)


def reordered(a: Any, axes: Any, ndim: int) -> Any:
    return a if axes is None else np.transpose(a, tensor_order(axes, ndim))


@rule("tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Any = None, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    moved = np.tensordot(reordered(a_dot, axes, a.ndim), result, axes=result.ndim)
    return np.linalg.tensorsolve(a, b_dot - moved, axes)


@transpose("tensorsolve", wrt="b")
def tensorsolve_b(a: Any, b: Any, axes: Any = None, *, result_bar: Any) -> Any:
    size = np.size(result_bar)
    matrix = np.reshape(reordered(a, axes, a.ndim), (size, size))
    return np.reshape(np.linalg.solve(matrix.T, np.ravel(result_bar)), b.shape)


@rule("tensorinv")
def tensorinv(a: Any, ind: int = 2, *, result: Any, a_dot: Any) -> Any:
    inner = np.tensordot(result, a_dot, axes=ind)
    return -np.tensordot(inner, result, axes=a.ndim - ind)


# -- factorisations ----------------------------------------------------------------------------


@rule("cholesky")
def cholesky(a: Any, upper: bool = False, *, result: Any, a_dot: Any) -> Any:
    lower = mh(result) if upper else result
    half = np.linalg.solve(lower, hermitian_part(a_dot))
    inner = np.linalg.solve(lower, mh(half))
    n = a.shape[-1]
    lower_dot = lower @ ((np.tri(n) - 0.5 * np.eye(n)) * inner)
    return mh(lower_dot) if upper else lower_dot


def rotation(q: Any, r: Any, a_dot: Any) -> Any:
    """a_dot @ inv(r), and the skew part of how q turns."""
    columns = a_dot if at_least(a_dot.shape[-2], a_dot.shape[-1]) else a_dot[..., : q.shape[-1]]
    square = r if at_least(a_dot.shape[-2], a_dot.shape[-1]) else r[..., : q.shape[-1]]
    moved = mt(np.linalg.solve(mt(square), mt(columns)))
    inner = mh(q) @ moved
    n = q.shape[-1]
    below = np.tri(n, n, -1) * inner
    skew = below - mh(below)
    if np.iscomplexobj(inner):  # R has a real diagonal
        skew = skew + 1j * (np.eye(n) * np.imag(inner))
    return moved, inner, skew


@rule("qr")
def qr(a: Any, mode: str = "reduced", *, result: Any, a_dot: Any) -> Any:
    q, r = result
    m, n = a.shape[-2], a.shape[-1]
    if mode == "complete" and not at_least(n, m):
        return None, None
    moved, inner, skew = rotation(q, r, a_dot)
    q_dot = q @ skew if at_least(n, m) else moved + q @ (skew - inner)
    return q_dot, mh(q) @ a_dot - skew @ r


@rule("qr_r")
def qr_r(a: Any, mode: str, *, result: Any, a_dot: Any) -> Any:
    q, r = np.linalg.qr(a)
    _, _, skew = rotation(q, r, a_dot)
    return mh(q) @ a_dot - skew @ r


def inverse_gaps(w: Any) -> Any:
    """1 / (w[j] - w[i]), zero on the diagonal."""
    one = np.eye(w.shape[-1])
    return (1 - one) / (across(w) - down(w) + one)


@rule("eigh")
def eigh(a: Any, UPLO: str = "L", *, result: Any, a_dot: Any) -> Any:
    w, v = result
    moved = hermitian_part(a_dot) @ v
    w_dot = np.real(np.sum(np.conj(v) * moved, axis=-2))
    return w_dot, v @ (inverse_gaps(w) * (mh(v) @ moved))


@rule("eigvalsh")
def eigvalsh(a: Any, UPLO: Any = "L", *, a_dot: Any) -> Any:
    _, v = np.linalg.eigh(a, UPLO)
    return np.real(np.sum(np.conj(v) * (hermitian_part(a_dot) @ v), axis=-2))


def diagonal(x: Any) -> Any:
    return np.einsum("...ii->...i", x)


@rule("eig")
def eig(a: Any, *, result: Any, a_dot: Any) -> Any:
    """LAPACK's eigenvectors have length 1 and a real largest entry, and keep them."""
    w, v = result
    inner = np.linalg.solve(v, a_dot @ v)
    v_dot = v @ (inverse_gaps(w) * inner)
    size = np.abs(v)
    largest = 1.0 * (size == np.max(size, axis=-2, keepdims=True))
    turn = np.sum(largest * np.imag(v_dot / np.where(largest == 1, v, 1.0)), axis=-2, keepdims=True)
    growth = np.sum(np.real(np.conj(v) * v_dot), axis=-2, keepdims=True)
    return diagonal(inner), v_dot - v * (growth + 1j * turn)


@rule("eigvals")
def eigvals(a: Any, *, a_dot: Any) -> Any:
    _, v = np.linalg.eig(a)
    return diagonal(np.linalg.solve(v, a_dot @ v))


@rule("svd")
def svd(
    a: Any, full_matrices: bool = True, hermitian: bool = False, *, result: Any, a_dot: Any
) -> Any:
    """The columns that only full_matrices gives are not unique, and have no derivative."""
    u, s, vh = result
    if hermitian:
        a_dot = hermitian_part(a_dot)
    m, n = a.shape[-2], a.shape[-1]
    tall, wide = at_least(m, n), at_least(n, m)
    if full_matrices and not wide:
        u = u[..., : s.shape[-1]]
    if full_matrices and not tall:
        vh = vh[..., : s.shape[-1], :]
    v = mh(vh)
    moved = a_dot @ v
    inner = mh(u) @ moved
    row, column = across(s), down(s)
    one = np.eye(s.shape[-1])
    gaps = (1 - one) / ((row - column) * (row + column) + one)
    if full_matrices and not (tall and wide):  # the other columns would enter second derivatives
        s_dot = values_dot(a, a_dot)
    else:
        s_dot = np.real(np.sum(np.conj(u) * moved, axis=-2))
    turn = gaps * (inner * row + column * mh(inner))
    if np.iscomplexobj(a):
        turn = turn + 1j * (one * np.imag(inner) / row)
    u_dot = u @ turn
    vh_dot = mh(v @ (gaps * (column * inner + mh(inner) * row)))
    if not wide:
        u_dot = u_dot + (moved - u @ inner) / row
    if not tall:
        rest = mh(u) @ a_dot
        vh_dot = vh_dot + (rest - rest @ v @ vh) / column
    return (
        None if full_matrices and not wide else u_dot,
        s_dot,
        None if full_matrices and not tall else vh_dot,
    )


def values_dot(a: Any, a_dot: Any) -> Any:
    """The tangents of the singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.real(np.sum(np.conj(u) * (a_dot @ mh(vh)), axis=-2))


@rule("svdvals")
def svdvals(x: Any, *, x_dot: Any) -> Any:
    return values_dot(x, x_dot)


def hermitian_svdvals(a: Any) -> Any:
    return np.flip(np.sort(np.abs(np.linalg.eigvalsh(a))), -1)


def _inlined(cx: Context, fn: Any, given: dict[str, PyVal]) -> PyVal:
    defaults = inlining.defaults_of(cx, fn)
    return inlining.inline(cx, function_source(fn), [], given, defaults, None)


def _lower_svd(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    """Singular values alone are a function of their own."""
    kwargs = dict(kwargs)
    names = ("a", "full_matrices", "compute_uv", "hermitian")
    given = dict(zip(names, args, strict=False)) | kwargs
    vectors = given.pop("compute_uv", Lit(True))
    if static.value(cx, vectors, "compute_uv"):
        return primitives.emit_bound(cx, cx.prim("svd"), [], given)
    given.pop("full_matrices", None)
    if static.value(cx, given.pop("hermitian", Lit(False)), "hermitian"):
        return _inlined(cx, hermitian_svdvals, {"a": given["a"]})
    return primitives.emit_bound(cx, cx.prim("svdvals"), [], {"x": given.pop("a"), **given})


def _lower_qr(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("a", "mode"), args, strict=False)) | kwargs
    if static.value(cx, given.get("mode", Lit("reduced")), "the mode") == "r":
        return primitives.emit_bound(cx, cx.prim("qr_r"), [], given)
    return primitives.emit_bound(cx, cx.prim("qr"), [], given)


def _lower_matrix_norm(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = {"ord": Lit("fro"), **kwargs, "axis": Lit((-2, -1))}
    return primitives.emit_bound(cx, cx.prim("norm"), args, given)


@composition(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    x = np.asarray(x)
    if isinstance(axis, int):
        return np.linalg.norm(x, ord, axis, keepdims)
    value = np.linalg.norm(lanes(x, axis), ord, 0)
    return np.reshape(value, np.shape(np.sum(x, axis=axis, keepdims=True))) if keepdims else value


def trace_as(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The trace, summed in a dtype."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


def _lower_trace(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("a", "offset", "axis1", "axis2", "dtype"), args, strict=False)) | kwargs
    if static.value(cx, given.get("dtype", Lit(None)), "the dtype") is None:
        given.pop("dtype", None)
        return primitives.emit_bound(cx, cx.prim("trace"), [], given)
    return _inlined(cx, trace_as, given)


def _lower_last_trace(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    """numpy.linalg's is of the last two axes."""
    given = dict(zip(("a", "offset"), args, strict=False)) | kwargs
    given["a"] = given.pop("x", given.get("a"))
    return _lower_trace(cx, [], {"axis1": Lit(-2), "axis2": Lit(-1), **given})


def _lower_transpose(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    return emit.call(cx, "swapaxes", args[0], Lit(-1), Lit(-2))


SPECIAL[np.trace] = _lower_trace
SPECIAL[np.linalg.trace] = _lower_last_trace
SPECIAL[np.linalg.matrix_transpose] = _lower_transpose
SPECIAL[np.matrix_transpose] = _lower_transpose
SPECIAL[np.linalg.matrix_norm] = _lower_matrix_norm
SPECIAL[np.linalg.svd] = _lower_svd
SPECIAL[np.linalg.qr] = _lower_qr


# -- norms -------------------------------------------------------------------------------------


def along(x: Any, x_dot: Any) -> Any:
    """The tangent of the absolute value: zero at zero."""
    if np.iscomplexobj(x):
        size = np.abs(x)
        return np.real(np.conj(x / np.where(size == 0, 1.0, size)) * x_dot)
    return np.sign(x) * x_dot


def shared(hits: Any, axis: Any) -> Any:
    """An even share for each of the entries where a maximum is."""
    return hits / np.sum(hits, axis=axis, keepdims=True)


@compile_time
def is_vector(axis: Any, ndim: int) -> bool:
    if axis is None:
        return ndim <= 1
    return not isinstance(axis, tuple) or len(axis) == 1


@compile_time
def last_two(axis: Any, ndim: int) -> tuple[int, ...]:
    """The order of axes that puts those of a matrix norm last."""
    pair = [a % ndim for a in (axis or (0, 1))]
    return (*(i for i in range(ndim) if i not in pair), *pair)


@compile_time
def one_axis(axis: Any, ndim: int, which: int) -> int:
    """The axis of rows or columns of a matrix norm."""
    return int((axis or (0, 1))[which] % ndim)


@rule("norm")
def norm(
    x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, *, result: Any, x_dot: Any
) -> Any:
    whole = kept(result, axis, keepdims, x.ndim)
    vector = is_vector(axis, x.ndim)
    if ord is None or ord == "fro" or (vector and ord == 2):
        unit = x / np.where(whole == 0, 1.0, whole)
        return np.sum(np.real(np.conj(unit) * x_dot), axis=axis, keepdims=keepdims)
    if vector:
        return np.sum(vector_slope(x, ord, axis, whole, x_dot), axis=axis, keepdims=keepdims)
    if ord == 1 or ord == -1 or ord == np.inf or ord == -np.inf:
        inside = one_axis(axis, x.ndim, 0 if abs(ord) == 1 else 1)
        sums = np.sum(np.abs(x), axis=inside, keepdims=True)
        share = shared(sums == whole, axis)
        return np.sum(share * along(x, x_dot), axis=axis, keepdims=keepdims)
    order = last_two(axis, x.ndim)
    s_dot = values_dot(np.transpose(x, order), np.transpose(x_dot, order))
    if ord != "nuc":
        s = np.linalg.svdvals(np.transpose(x, order))
        bound = np.max(s, axis=-1, keepdims=True) if ord == 2 else np.min(s, axis=-1, keepdims=True)
        s_dot = shared(s == bound, -1) * s_dot
    total = np.sum(s_dot, axis=-1)
    return np.reshape(total, np.shape(result)) if keepdims else total


def vector_slope(x: Any, ord: Any, axis: Any, whole: Any, x_dot: Any) -> Any:
    """What each entry adds to the tangent of a vector norm."""
    if ord == 0:
        return 0.0 * np.real(x_dot)
    size = np.abs(x)
    if ord == np.inf or ord == -np.inf:
        return shared(size == whole, axis) * along(x, x_dot)
    if ord == 1:
        return along(x, x_dot)
    return (size / np.where(whole == 0, 1.0, whole)) ** (ord - 1) * along(x, x_dot)


@rule("cond")
def cond(x: Any, p: Any = None, *, result: Any, x_dot: Any) -> Any:
    if p is None or p == 2 or p == -2:
        s, s_dot = np.linalg.svdvals(x), values_dot(x, x_dot)
        if p == -2:
            return (s_dot[..., -1] - result * s_dot[..., 0]) / s[..., 0]
        return (s_dot[..., 0] - result * s_dot[..., -1]) / s[..., -1]
    inverse, axes = np.linalg.inv(x), (-2, -1)
    one, two = np.linalg.norm(x, p, axes), np.linalg.norm(inverse, p, axes)
    one_dot = norm(x, p, axes, result=one, x_dot=x_dot)
    two_dot = norm(inverse, p, axes, result=two, x_dot=-inverse @ x_dot @ inverse)
    return one_dot * two + one * two_dot
