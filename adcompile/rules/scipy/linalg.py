"""Rules of scipy.linalg: solving, determinants, factorisations, matrix equations.

Formulas: those of `adcompile.rules.linalg` where the function is the same; Giles, Collected matrix
derivative results (2008); de Hoog, Anderssen and Lukas (2011) for LU; Kao and Hennequin (2020)
for matrix equations.

Conventions: a matrix that is said to be symmetric (Hermitian) is a function of its symmetric
part; of one that is said to be triangular, only the triangle counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from adcompile.frontend import emit, static
from adcompile.frontend.calls import primitives
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import PyVal, TupleVal
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules import linalg as numpy_rules
from adcompile.rules.dsl import REGISTRY, composition, rule, transpose
from adcompile.rules.helpers import epsilon, unbroadcast
from adcompile.rules.linalg import at_least, inverse_gaps, mh, mt
from adcompile.rules.scipy import matrices, shapes  # noqa: F401  (importing registers)
from adcompile.rules.scipy.rows import add_row

CHECK = "check_finite=True$"
A_KEPT, B_KEPT = "overwrite_a=False!", "overwrite_b=False!"
SQUARE = "(n,n)->(n,n)"
SECOND = ((1,),)


def _row(name: str, params: str, shape: str, **more: Any) -> None:
    if hasattr(linalg, name):
        add_row(f"scipy.linalg.{name}", getattr(linalg, name), params, shape, **more)


_row("solve", f"a, b, lower=False$, {A_KEPT}, {B_KEPT}, {CHECK}, assume_a=None$, transposed=False$",
     "solve", linear=SECOND)  # fmt: skip
_row("solve_triangular",
     f"a, b, trans=0$, lower=False$, unit_diagonal=False$, {B_KEPT}, {CHECK}",
     "solve", linear=SECOND)  # fmt: skip
_row("cho_solve", f"c_and_lower&, b, {B_KEPT}, {CHECK}", "scipy.factored_solve", linear=SECOND)
_row("lu_solve", f"lu_and_piv&, b, trans=0$, {B_KEPT}, {CHECK}", "scipy.factored_solve",
     linear=SECOND)  # fmt: skip
_row("lu_factor", f"a, {A_KEPT}, {CHECK}", "(n,n)->(n,n),(n)")
_row("cholesky", f"a, lower=False$, {A_KEPT}, {CHECK}", SQUARE)
_row("inv", f"a, {A_KEPT}, {CHECK}, assume_a=None!, lower=False!", SQUARE, rule="inv")
_row("det", f"a, {A_KEPT}, {CHECK}", "(n,n)->()")
_row("pinv", f"a, atol=None~, rtol=None~, return_rank=False!, {CHECK}", "(m,n)->(n,m)",
     rule="pinv")  # fmt: skip
_row("pinvh", f"a, atol=None~, rtol=None~, lower=True$, return_rank=False!, {CHECK}", SQUARE)
_row("lstsq", f"a, b, cond=None~, {A_KEPT}, {B_KEPT}, {CHECK}, lapack_driver=None$",
     "scipy.lstsq")  # fmt: skip
_row("qr", f"a, {A_KEPT}, lwork=None!, mode='full'$, pivoting=False$, {CHECK}", "scipy.qr")
_row("svd", f"a, full_matrices=True, compute_uv=True!, {A_KEPT}, {CHECK}, lapack_driver='gesdd'$",
     "scipy.svd", rule="svd")  # fmt: skip
_row("svdvals", f"x, {A_KEPT}, {CHECK}", "scipy.svdvals", rule="svdvals")
_EIGH = "type=1!, check_finite=True$, subset_by_index=None!, subset_by_value=None!, driver=None$"
_row("eigh", f"a, b=None, lower=True$, eigvals_only=False!, {A_KEPT}, {B_KEPT}, {_EIGH}",
     "(n,n)->(n),(n,n)")  # fmt: skip
_row("eigvalsh", f"a, b=None, lower=True$, {A_KEPT}, {B_KEPT}, {_EIGH}", "(n,n)->(n)")
_row("eig", f"a, b=None!, left=False!, right=True!, {A_KEPT}, {B_KEPT}, {CHECK}, "
     "homogeneous_eigvals=False!", "scipy.eig", rule="eig")  # fmt: skip
_row("eigvals", f"a, b=None!, {A_KEPT}, {CHECK}, homogeneous_eigvals=False!", "scipy.eig",
     rule="eigvals")  # fmt: skip
_row("norm", f"x, ord=None, axis=None, keepdims=False, {CHECK}", "norm", rule="norm")
_row("solve_sylvester", "a, b, q", "scipy.last", linear=((2,),))
_row("solve_continuous_lyapunov", "a, q", "scipy.last", linear=SECOND)
_row("solve_discrete_lyapunov", "a, q, method=None$", "scipy.last", linear=SECOND)
_row("solve_continuous_are", "a, b, q, r, e=None!, s=None!, balanced=True$", "scipy.are")
for _name in ("bandwidth", "issymmetric", "ishermitian"):
    _row(_name, "a, atol=None, rtol=None" if _name[0] == "i" else "a", "probe",
         differentiable=False)  # fmt: skip

REGISTRY.complex_rules.update(
    f"scipy.linalg.{name}"
    for name in """solve solve_triangular cho_solve lu_solve lu_factor cholesky pinvh lstsq qr eigh
    det eigvalsh solve_sylvester solve_continuous_lyapunov solve_discrete_lyapunov solve_toeplitz
    solve_banded cho_factor_part lu_parts""".split()
)


def _item_of(fn: Callable[..., Any]) -> Callable[..., Any]:
    def item(*args: Any) -> Any:
        return fn(*args[:-1])[args[-1]]

    return item


def _kept(
    name: str, fn: Callable[..., Any], params: str, shape: str, spelling: str, **more: Any
) -> Callable[..., Any]:
    """A primitive that only the compositions here call."""
    rule = f"scipy.linalg.{name}"
    prim = Primitive(rule, fn, signature(params), spelling, shape, cost=3, rule=rule, **more)
    REGISTRY.add(prim, [fn])
    return fn


def turned(x: Any, like: Any) -> Any:
    """The transpose of each matrix; `like` says the rank, for x may be a zero tangent."""
    return x.T if like.ndim == 2 else np.swapaxes(x, -1, -2)


def symmetric_part(x: Any, like: Any) -> Any:
    return 0.5 * (x + turned(x, like))


def hermitian_part(x: Any, like: Any) -> Any:
    return 0.5 * (x + np.conj(turned(x, like)))


# -- solving -----------------------------------------------------------------------------------


def counted(a_dot: Any, a: Any, assume_a: Any, lower: bool) -> Any:
    """What counts of a matrix that is said to have a structure."""
    if assume_a in ("sym", "symmetric"):
        return symmetric_part(a_dot, a)
    if assume_a in ("her", "hermitian", "pos", "positive definite"):
        return hermitian_part(a_dot, a)
    if assume_a in ("upper triangular", "lower triangular"):
        return np.triu(a_dot) if assume_a == "upper triangular" else np.tril(a_dot)
    if assume_a == "diagonal":
        return a_dot * np.eye(a.shape[-1], dtype=bool)
    if assume_a == "tridiagonal":
        return np.triu(np.tril(a_dot, 1), -1)
    return a_dot


@rule(linalg.solve)
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    assume_a: Any = None,
    transposed: bool = False,
    *,
    result: Any,
    a_dot: Any,
    b_dot: Any,
) -> Any:
    rate = counted(a_dot, a, assume_a, lower)
    moved = (turned(rate, a) if transposed else rate) @ result
    return linalg.solve(a, b_dot - moved, lower, assume_a=assume_a, transposed=transposed)


@transpose(linalg.solve, wrt="b")
def solve_b(
    a: Any,
    b: Any,
    lower: bool = False,
    assume_a: Any = None,
    transposed: bool = False,
    *,
    result_bar: Any,
) -> Any:
    if transposed:
        return unbroadcast(linalg.solve(a, result_bar, lower, assume_a=assume_a), b)
    if assume_a == "upper triangular":
        assume_a = "lower triangular"
    elif assume_a == "lower triangular":
        assume_a = "upper triangular"
    return unbroadcast(linalg.solve(mt(a), result_bar, not lower, assume_a=assume_a), b)


def transposition(trans: Any) -> int:
    """0, 1 or 2, whichever way it is said."""
    if trans in ("N", "n"):
        return 0
    if trans in ("T", "t"):
        return 1
    if trans in ("C", "c"):
        return 2
    return trans


@rule(linalg.solve_triangular)
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    *,
    result: Any,
    a_dot: Any,
    b_dot: Any,
) -> Any:
    first = 1 if unit_diagonal else 0
    rate = np.tril(a_dot, -first) if lower else np.triu(a_dot, first)
    kind = transposition(trans)
    if kind > 0:
        rate = turned(rate, a)
    if kind == 2:
        rate = np.conj(rate)
    return linalg.solve_triangular(
        a, b_dot - rate @ result, trans, lower, unit_diagonal=unit_diagonal
    )


@transpose(linalg.solve_triangular, wrt="b")
def solve_triangular_b(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    *,
    result_bar: Any,
) -> Any:
    kind = transposition(trans)
    if kind == 2:
        bar = np.conj(result_bar)
        return np.conj(linalg.solve_triangular(a, bar, 0, lower, unit_diagonal=unit_diagonal))
    share = linalg.solve_triangular(a, result_bar, 1 - kind, lower, unit_diagonal=unit_diagonal)
    return unbroadcast(share, b)


@rule(linalg.cholesky)
def cholesky(a: Any, lower: bool = False, *, result: Any, a_dot: Any) -> Any:
    factor = result if lower else mh(result)
    half = linalg.solve_triangular(factor, hermitian_part(a_dot, a), lower=True)
    inner = linalg.solve_triangular(factor, mh(half), lower=True)
    factor_dot = factor @ (0.5 * (np.tril(inner) + np.tril(inner, -1)))
    return factor_dot if lower else mh(factor_dot)


cho_factor_item = _kept(
    "cho_factor_part",
    _item_of(linalg.cho_factor),
    "a, lower$, part$",
    SQUARE,
    "scipy.linalg.cho_factor[]",
)


@composition(linalg.cho_factor)
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return cho_factor_item(a, lower, 0), lower


@rule("scipy.linalg.cho_factor_part")
def cho_factor_part(a: Any, lower: bool, part: int, *, result: Any, a_dot: Any) -> Any:
    """The other triangle keeps the entries of a."""
    if lower:
        factor_dot = cholesky(a, lower, result=np.tril(result), a_dot=a_dot)
        return factor_dot + np.triu(a_dot, 1)
    return cholesky(a, lower, result=np.triu(result), a_dot=a_dot) + np.tril(a_dot, -1)


def _lower_factored(name: str, first: str) -> Callable[[Context, Any, dict[str, PyVal]], PyVal]:
    """A call whose first argument is a pair that stays one: (factor, extra)."""

    def lower(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
        prim = cx.registry.by_name[f"scipy.linalg.{name}"]
        given = dict(zip([p.name for p in prim.params], args, strict=False)) | kwargs
        whole = given.pop(first)
        pair = whole if isinstance(whole, TupleVal) else static.items(cx, whole)
        items = pair.items if isinstance(pair, TupleVal) else pair
        if first == "c_or_cr" and items is None:
            items = (whole, emit.call(cx, "conj", whole))
        if items is None or len(items) != 2:
            raise cx.refuse(f"scipy.linalg.{name} needs its first argument as a pair")
        one, two = items
        if first == "c_and_lower":
            two = Lit(bool(static.value(cx, two, "the flag 'lower'")))
        return primitives.emit_bound(cx, prim, [TupleVal((one, two))], given)

    return lower


SPECIAL[linalg.cho_solve] = _lower_factored("cho_solve", "c_and_lower")
SPECIAL[linalg.lu_solve] = _lower_factored("lu_solve", "lu_and_piv")
SPECIAL[linalg.solve_toeplitz] = _lower_factored("solve_toeplitz", "c_or_cr")


@rule(linalg.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, *, result: Any, c_and_lower_dot: Any, b_dot: Any) -> Any:
    c, lower = c_and_lower
    rate = c_and_lower_dot[0]
    if lower:
        factor, factor_dot = np.tril(c), np.tril(rate)
    else:
        factor, factor_dot = np.conj(np.triu(c)).T, np.conj(np.triu(rate)).T
    moved = factor_dot @ (mh(factor) @ result) + factor @ (np.conj(factor_dot).T @ result)
    return linalg.cho_solve((c, lower), b_dot - moved)


@transpose(linalg.cho_solve, wrt="b")
def cho_solve_b(c_and_lower: Any, b: Any, *, result_bar: Any) -> Any:
    return np.conj(linalg.cho_solve((c_and_lower[0], c_and_lower[1]), np.conj(result_bar)))


def row_order(piv: Any) -> Any:
    """The order that a factorisation's interchanges put rows in."""
    order = np.arange(len(piv))
    for i, j in enumerate(piv):
        order[i], order[j] = order[j], order[i]
    return order


_kept("row_order", row_order, "piv", "same", "=row_order", differentiable=False)


@rule(linalg.lu_factor)
def lu_factor(a: Any, *, result: Any, a_dot: Any) -> Any:
    lu, piv = result
    inner = linalg.solve_triangular(lu, a_dot[row_order(piv)], lower=True, unit_diagonal=True)
    inner = linalg.solve_triangular(lu, inner.T, trans=1).T
    below = np.tril(inner, -1)
    return np.tril(lu, -1) @ below + below + np.triu(inner) @ np.triu(lu), 0


@rule(linalg.lu_solve)
def lu_solve(
    lu_and_piv: Any, b: Any, trans: int = 0, *, result: Any, lu_and_piv_dot: Any, b_dot: Any
) -> Any:
    lu, piv = lu_and_piv
    rate = lu_and_piv_dot[0]
    below, above = np.tril(rate, -1), np.triu(rate)
    if trans == 0:
        y = np.triu(lu) @ result
        z = above @ result
        moved = below @ y + np.tril(lu, -1) @ z + z
        still = np.arange(piv.shape[0])
        return linalg.lu_solve((lu, piv), b_dot) - linalg.lu_solve((lu, still), moved)
    x = result[row_order(piv)]
    left, right = np.tril(lu, -1), np.triu(lu)
    if trans == 2:
        left, right, below, above = np.conj(left), np.conj(right), np.conj(below), np.conj(above)
    moved = above.T @ (left.T @ x + x) + right.T @ (below.T @ x)
    return linalg.lu_solve((lu, piv), b_dot - moved, trans)


@transpose(linalg.lu_solve, wrt="b")
def lu_solve_b(lu_and_piv: Any, b: Any, trans: int = 0, *, result_bar: Any) -> Any:
    pair = (lu_and_piv[0], lu_and_piv[1])
    if trans == 2:
        return np.conj(linalg.lu_solve(pair, np.conj(result_bar)))
    return linalg.lu_solve(pair, result_bar, 1 - trans)


def _lu_parts(a: Any, p_indices: bool = False) -> Any:
    return linalg.lu(a, p_indices=p_indices)


lu_parts = _kept("lu_parts", _lu_parts, "a, p_indices=False$", "scipy.lu", "scipy.linalg.lu")


@composition(linalg.lu)
def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    p, low, up = lu_parts(a, p_indices=True)
    if permute_l:
        return low[p], up
    if p_indices:
        return p, low, up
    return np.eye(len(p), dtype=np.real(a).dtype)[p], low, up


@rule("scipy.linalg.lu_parts")
def lu_rule(a: Any, p_indices: bool = False, *, result: Any, a_dot: Any) -> Any:
    p, low, up = result
    k = up.shape[0]
    rate = a_dot[np.argsort(p)]
    first, square = low[:k], up[:, :k]
    inner = linalg.solve_triangular(first, rate[:k, :k], lower=True, unit_diagonal=True)
    inner = linalg.solve_triangular(square, inner.T, trans=1).T
    if at_least(a.shape[0], a.shape[1]):
        up_dot = np.triu(inner) @ up
        if at_least(a.shape[1], a.shape[0]):
            return None, low @ np.tril(inner, -1), up_dot
        return None, linalg.solve_triangular(up, (rate - low @ up_dot).T, trans=1).T, up_dot
    low_dot = low @ np.tril(inner, -1)
    rest = linalg.solve_triangular(low, rate - low_dot @ up, lower=True, unit_diagonal=True)
    return None, low_dot, rest


@rule(linalg.det)
def det(a: Any, *, result: Any, a_dot: Any) -> Any:
    """As numpy.linalg's, which has the dtype of the matrix; this one is wide always."""
    bound = 1e-8 * np.prod(np.linalg.norm(a, axis=-2), axis=-1)
    if np.all(np.abs(result) > bound):
        factor = result if a.ndim == 2 else np.expand_dims(result, (-2, -1))
        cofactors = factor * np.linalg.inv(a)
    else:
        cofactors = numpy_rules.adjugate(a).astype(result.dtype)
    return numpy_rules.traced(cofactors, a_dot)


@rule(linalg.pinvh)
def pinvh(
    a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, *, result: Any, a_dot: Any
) -> Any:
    return numpy_rules.pinv(a, result=result, a_dot=hermitian_part(a_dot, a))


@rule(linalg.lstsq)
def lstsq(a: Any, b: Any, cond: Any = None, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    """Of constant rank."""
    x = result[0]
    inverse = np.linalg.pinv(a, epsilon(x.dtype) if cond is None else cond)
    turned_dot = np.conj(a_dot.T)
    into = turned_dot @ (mh(inverse) @ x)
    columns = inverse @ (mh(inverse) @ (turned_dot @ (b - a @ x)))
    x_dot = inverse @ (b_dot - a_dot @ x) + columns + (into - inverse @ (a @ into))
    return x_dot, None, 0, numpy_rules.values_dot(a, a_dot)


# -- factorisations ----------------------------------------------------------------------------


@rule(linalg.qr)
def qr(a: Any, mode: str = "full", pivoting: bool = False, *, result: Any, a_dot: Any) -> Any:
    rate = a_dot[:, result[-1]] if pivoting else a_dot
    tail: Any = (None,) if pivoting else ()
    if mode == "r":
        ordered = a[:, result[-1]] if pivoting else a
        q, r = linalg.qr(ordered, mode="economic")
        r_dot = numpy_rules.qr(ordered, result=(q, r), a_dot=rate)[1]
        if at_least(a.shape[1], a.shape[0]):
            return (r_dot, *tail)
        return (padded(r_dot, a), *tail)
    if mode == "full" and not at_least(a.shape[1], a.shape[0]):
        q, r = result[0][:, : a.shape[1]], result[1][: a.shape[1]]
        r_dot = numpy_rules.qr(a, result=(q, r), a_dot=rate)[1]
        return (None, padded(r_dot, a), *tail)
    q_dot, r_dot = numpy_rules.qr(a, result=(result[0], result[1]), a_dot=rate)
    return (q_dot, r_dot, *tail)


def padded(x: Any, like: Any) -> Any:
    """With rows of zeros below, to the shape of `like`, which has more rows than columns."""
    m, n = like.shape
    return np.concatenate((x, np.zeros((m - n, n), dtype=x.dtype)))


def _lower_svd(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    """Singular values alone are a function of their own."""
    given = dict(zip(("a", "full_matrices", "compute_uv"), args, strict=False)) | kwargs
    if static.value(cx, given.pop("compute_uv", Lit(True)), "compute_uv"):
        return primitives.emit_bound(cx, cx.prim("scipy.linalg.svd"), [], given)
    given.pop("full_matrices", None)
    given.pop("lapack_driver", None)
    return primitives.emit_bound(cx, cx.prim("scipy.linalg.svdvals"), [], given)


def _lower_eigh(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("a", "b"), args, strict=False)) | kwargs
    only = static.value(cx, given.pop("eigvals_only", Lit(False)), "eigvals_only")
    name = "eigvalsh" if only else "eigh"
    return primitives.emit_bound(cx, cx.prim(f"scipy.linalg.{name}"), [], given)


def _lower_eig(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("a", "b", "left", "right"), args, strict=False)) | kwargs
    right = static.value(cx, given.pop("right", Lit(True)), "right")
    name = "eig" if right else "eigvals"
    return primitives.emit_bound(cx, cx.prim(f"scipy.linalg.{name}"), [], given)


SPECIAL[linalg.svd] = _lower_svd
SPECIAL[linalg.eigh] = _lower_eigh
SPECIAL[linalg.eig] = _lower_eig


@rule(linalg.eigh)
def eigh(a: Any, b: Any = None, lower: bool = True, *, result: Any, a_dot: Any, b_dot: Any) -> Any:
    """Generalised: a v = b v w, with v^H b v = 1."""
    w, v = result
    moved = hermitian_part(a_dot, a) @ v
    if b is None:
        w_dot = np.real(np.sum(np.conj(v) * moved, axis=-2))
        return w_dot, v @ (inverse_gaps(w) * (mh(v) @ moved))
    weight = hermitian_part(b_dot, b) @ v
    moved = moved - weight * w
    w_dot = np.real(np.sum(np.conj(v) * moved, axis=-2))
    growth = np.real(np.sum(np.conj(v) * weight, axis=-2))
    return w_dot, v @ (inverse_gaps(w) * (mh(v) @ moved)) - 0.5 * v * growth


@rule(linalg.eigvalsh)
def eigvalsh(
    a: Any, b: Any = None, lower: bool = True, *, result: Any, a_dot: Any, b_dot: Any
) -> Any:
    _, v = linalg.eigh(a, b, lower=lower)
    moved = hermitian_part(a_dot, a) @ v
    if b is not None:
        moved = moved - (hermitian_part(b_dot, b) @ v) * result
    return np.real(np.sum(np.conj(v) * moved, axis=-2))


@composition(linalg.polar)
def polar(a: Any, side: str = "right") -> Any:
    w, s, vh = linalg.svd(a, full_matrices=False)
    u = w @ vh
    if side == "right":
        return u, (mh(vh) * s) @ vh
    return u, (w * s) @ mh(w)


# -- matrix equations --------------------------------------------------------------------------


def as_complex(a: Any, like: Any) -> Any:
    """A complex matrix where `like` is complex: SciPy's solvers mix the two up."""
    return a + 0j if np.iscomplexobj(like) and not np.iscomplexobj(a) else a


@rule(linalg.solve_sylvester)
def solve_sylvester(
    a: Any, b: Any, q: Any, *, result: Any, a_dot: Any, b_dot: Any, q_dot: Any
) -> Any:
    moved = q_dot - a_dot @ result - result @ b_dot
    return linalg.solve_sylvester(as_complex(a, result), as_complex(b, result), moved)


@transpose(linalg.solve_sylvester, wrt="q")
def solve_sylvester_q(a: Any, b: Any, q: Any, *, result_bar: Any) -> Any:
    left, right = as_complex(a.T, result_bar), as_complex(b.T, result_bar)
    return linalg.solve_sylvester(left, right, result_bar)


@rule(linalg.solve_continuous_lyapunov)
def solve_continuous_lyapunov(a: Any, q: Any, *, result: Any, a_dot: Any, q_dot: Any) -> Any:
    moved = a_dot @ result + result @ np.conj(a_dot).T
    return linalg.solve_continuous_lyapunov(as_complex(a, result), q_dot - moved)


@transpose(linalg.solve_continuous_lyapunov, wrt="q")
def solve_continuous_lyapunov_q(a: Any, q: Any, *, result_bar: Any) -> Any:
    return linalg.solve_continuous_lyapunov(as_complex(a.T, result_bar), result_bar)


@rule(linalg.solve_discrete_lyapunov)
def solve_discrete_lyapunov(
    a: Any, q: Any, method: Any = None, *, result: Any, a_dot: Any, q_dot: Any
) -> Any:
    moved = a_dot @ (result @ mh(a)) + (a @ result) @ np.conj(a_dot).T
    return linalg.solve_discrete_lyapunov(a, q_dot + moved, method)


@transpose(linalg.solve_discrete_lyapunov, wrt="q")
def solve_discrete_lyapunov_q(a: Any, q: Any, method: Any = None, *, result_bar: Any) -> Any:
    return linalg.solve_discrete_lyapunov(a.T, result_bar, method)


@rule(linalg.solve_continuous_are)
def solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, *, result: Any, a_dot: Any, b_dot: Any, q_dot: Any, r_dot: Any
) -> Any:
    """a^T x + x a - x b inv(r) b^T x + q = 0; q and r count by their symmetric parts."""
    gain = linalg.solve(r, b.T @ result)
    closed = a - b @ gain
    half = result @ (a_dot - b_dot @ gain)
    weight = gain.T @ symmetric_part(r_dot, r) @ gain
    rate = half + half.T + symmetric_part(q_dot, q) + weight
    return linalg.solve_continuous_lyapunov(closed.T, -rate)
