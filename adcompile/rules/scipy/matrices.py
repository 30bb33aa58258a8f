"""Rules of scipy.linalg, continued: functions of matrices, matrices of a form, what is refused.

Formulas: Higham, Functions of Matrices (2008), chapter 3: the Fréchet derivative of f at A in the
direction E is the upper right block of f([[A, E], [0, A]]). It is linear in E, and its own
derivative is a Fréchet derivative at that block matrix, so every order follows.
"""

from __future__ import annotations

import warnings
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
from adcompile.rules.dsl import REGISTRY, composition, rule, transpose
from adcompile.rules.helpers import compile_time
from adcompile.rules.scipy.rows import add_row, refuse

SQUARE = "(n,n)->(n,n)"
PAIR = "(n,n),(n,n)->(n,n)"


def block(a: Any, e: Any) -> Any:
    """[[a, e], [0, a]]."""
    return np.block([[a, e], [np.zeros_like(a), a]])


def twice(a_dot: Any) -> Any:
    """[[a_dot, 0], [0, a_dot]]."""
    return np.kron(np.eye(2), a_dot)


# -- the exponential ---------------------------------------------------------------------------

add_row("scipy.linalg.expm", linalg.expm, "A", SQUARE)
add_row("scipy.linalg.expm_frechet", linalg.expm_frechet,
        "A, E, method=None$, compute_expm=True$, check_finite=True$", PAIR,
        linear=((1,),))  # fmt: skip


def _lower_frechet(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    given = dict(zip(("A", "E", "method", "compute_expm"), args, strict=False)) | kwargs
    both = static.value(cx, given.pop("compute_expm", Lit(True)), "compute_expm")
    prim = cx.prim("scipy.linalg.expm_frechet")
    slope = primitives.emit_bound(cx, prim, [], {**given, "compute_expm": Lit(False)})
    if not both:
        return slope
    return TupleVal((emit.primitive(cx, cx.prim("scipy.linalg.expm"), [given["A"]]), slope))


SPECIAL[linalg.expm_frechet] = _lower_frechet


@rule(linalg.expm)
def expm(A: Any, *, A_dot: Any) -> Any:
    return linalg.expm_frechet(A, A_dot, compute_expm=False)


@rule(linalg.expm_frechet)
def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, *, A_dot: Any, E_dot: Any
) -> Any:
    n = A.shape[0]
    moved = linalg.expm_frechet(block(A, E), twice(A_dot), method, False)[:n, n:]
    return linalg.expm_frechet(A, E_dot, method, False) + moved


@transpose(linalg.expm_frechet, wrt="E")
def expm_frechet_E(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, *, result_bar: Any
) -> Any:
    return linalg.expm_frechet(A.T, result_bar, method, False)


# -- other functions of matrices ---------------------------------------------------------------


def logm(A: Any) -> Any:
    """The logarithm, real for a real matrix. Raises ValueError where that is complex."""
    return _real_if_real(linalg.logm(A), A, "logarithm")


def sqrtm(A: Any) -> Any:
    """The square root, real for a real matrix. Raises ValueError where that is complex."""
    return _real_if_real(linalg.sqrtm(A), A, "square root")


def _real_if_real(value: Any, A: Any, what: str) -> Any:
    dtype = A.dtype if A.dtype.kind in "fc" else np.dtype(float)
    if np.iscomplexobj(value) and dtype.kind == "f":
        raise ValueError(
            f"the {what} of this real matrix is complex; convert it first: A.astype(complex)"
        )
    return np.asarray(value, dtype)


def _blockwise(fn: Callable[..., Any], name: str) -> Callable[..., Any]:
    def frechet(A: Any, E: Any) -> Any:
        n = len(A)
        zeros = np.zeros_like(A)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = fn(np.block([[A, E], [zeros, A]]))
        return np.asarray(whole[:n, n:], np.result_type(A, E))

    frechet.__name__ = f"{name}_frechet"
    return frechet


def _rules_of(name: str, fn: Callable[..., Any], spelling: str) -> None:
    """A function of matrices whose Fréchet derivative is taken blockwise."""
    rows = REGISTRY.by_callable
    theirs = getattr(linalg, name)
    key = f"scipy.linalg.{name}"
    prim = Primitive(key, fn, signature("A"), spelling, SQUARE, cost=3, rule=key)
    REGISTRY.add(prim, [theirs] if fn is theirs else [theirs, fn])
    frechet = _blockwise(theirs, name)
    prim = Primitive(f"{key}_frechet", frechet, signature("A, E"), f"={frechet.__name__}", PAIR,
                     ((1,),), cost=3, rule=f"{key}_frechet")  # fmt: skip
    rows[frechet] = REGISTRY.add(prim)
    FRECHET[name] = frechet


FRECHET: dict[str, Callable[..., Any]] = {}
for _name in ("sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm"):
    _rules_of(_name, getattr(linalg, _name), f"scipy.linalg.{_name}")
_rules_of("logm", logm, "=logm")
_sqrt = Primitive("scipy.linalg.sqrtm", sqrtm, signature("A"), "=sqrtm", SQUARE, cost=3,
                  rule="scipy.linalg.sqrtm")  # fmt: skip
REGISTRY.add(_sqrt, [linalg.sqrtm, sqrtm])


def _slopes(key: str, frechet: Callable[..., Any]) -> None:
    """The rules of a function of matrices by its Fréchet derivative."""

    @rule(key)
    def value(A: Any, *, A_dot: Any) -> Any:
        return frechet(A, A_dot)

    @rule(f"{key}_frechet")
    def slope(A: Any, E: Any, *, A_dot: Any, E_dot: Any) -> Any:
        n = A.shape[0]
        return frechet(A, E_dot) + frechet(block(A, E), twice(A_dot))[:n, n:]

    @transpose(f"{key}_frechet", wrt="E")
    def slope_E(A: Any, E: Any, *, result_bar: Any) -> Any:
        return frechet(A.T, result_bar)


for _name, _frechet in FRECHET.items():
    _slopes(f"scipy.linalg.{_name}", _frechet)


@rule("scipy.linalg.sqrtm")
def sqrtm_rule(A: Any, *, result: Any, A_dot: Any) -> Any:
    """result @ result = A."""
    return linalg.solve_sylvester(result, result, A_dot)


REGISTRY.complex_rules.update(
    f"scipy.linalg.{name}{more}"
    for name in ("expm", "sqrtm", *FRECHET)
    for more in ("", "_frechet")
)


# -- matrices of a form ------------------------------------------------------------------------


@composition(linalg.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    c = np.ravel(c)
    r = np.conj(c) if r is None else np.ravel(r)
    rows, columns = np.arange(len(c)), np.arange(len(r))
    return np.concatenate((r[:0:-1], c))[rows[:, None] - columns + (len(r) - 1)]


@composition(linalg.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    c = np.ravel(c)
    r = np.zeros_like(c) if r is None else np.ravel(r)
    rows, columns = np.arange(len(c)), np.arange(len(r))
    return np.concatenate((c, r[1:]))[rows[:, None] + columns]


@composition(linalg.circulant)
def circulant(c: Any) -> Any:
    c = np.ravel(c)
    order = np.arange(len(c))
    return c[(order[:, None] - order) % len(c)]


@composition(linalg.companion)
def companion(a: Any) -> Any:
    n = len(a) - 1
    first = -a[1:] / (1.0 * a[0])
    below = np.eye(n - 1, n, dtype=first.dtype)
    return np.concatenate((first[None, :], below))


@composition(linalg.leslie)
def leslie(f: Any, s: Any) -> Any:
    n = len(f)
    below = np.concatenate((np.diag(s), np.zeros((n - 1, 1), dtype=s.dtype)), axis=1)
    return np.concatenate((f[None, :], below))


@composition(linalg.fiedler)
def fiedler(a: Any) -> Any:
    return np.abs(a[:, None] - a)


@composition(linalg.block_diag)
def block_diag(*arrs: Any) -> Any:
    rows, columns = 0, 0
    for a in arrs:
        a = np.atleast_2d(a)
        rows, columns = rows + a.shape[0], columns + a.shape[1]
    kind = np.concatenate([np.ravel(a)[:0] for a in arrs]).dtype
    out = np.zeros((rows, columns), dtype=kind)
    row, column = 0, 0
    for a in arrs:
        a = np.atleast_2d(a)
        out[row : row + a.shape[0], column : column + a.shape[1]] = a
        row, column = row + a.shape[0], column + a.shape[1]
    return out


@composition(linalg.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    return np.reshape(a[:, None, :] * b[None, :, :], (-1, a.shape[1]))


@composition(linalg.diagsvd)
def diagsvd(s: Any, M: Any, N: Any) -> Any:
    if M == N:
        return np.diag(s)
    if M > N:
        return np.concatenate((np.diag(s), np.zeros((M - N, N), dtype=s.dtype)))
    return np.concatenate((np.diag(s), np.zeros((M, N - M), dtype=s.dtype)), axis=1)


# -- banded and Toeplitz systems ---------------------------------------------------------------

add_row("scipy.linalg.solve_toeplitz", linalg.solve_toeplitz, "c_or_cr&, b, check_finite=True$",
        "scipy.toeplitz_solve", linear=((1,),))  # fmt: skip
add_row("scipy.linalg.solve_banded", linalg.solve_banded, "l_and_u$, ab, b, overwrite_ab=False!, "
        "overwrite_b=False!, check_finite=True$", "scipy.banded_solve",
        linear=((2,),))  # fmt: skip


@rule("scipy.linalg.solve_toeplitz")
def solve_toeplitz(c_or_cr: Any, b: Any, *, result: Any, c_or_cr_dot: Any, b_dot: Any) -> Any:
    c, r = c_or_cr
    order = np.arange(c.shape[0])
    back = order[:, None] - order
    lower, upper = np.tril(c_or_cr_dot[0][back]), np.triu(c_or_cr_dot[1][-back], 1)
    return linalg.solve_toeplitz((c, r), b_dot - lower @ result - upper @ result)


@transpose("scipy.linalg.solve_toeplitz", wrt="b")
def solve_toeplitz_b(c_or_cr: Any, b: Any, *, result_bar: Any) -> Any:
    c, r = c_or_cr
    turned = np.concatenate((c[:1], r[1:]))
    return linalg.solve_toeplitz((turned, c), result_bar)


@compile_time
def diagonals(l_and_u: Any) -> tuple[int, ...]:
    """The offsets of the diagonals that banded storage holds, as its rows are."""
    return tuple(range(l_and_u[1], -l_and_u[0] - 1, -1))


def banded_times(offsets: Any, ab: Any, ab_dot: Any, x: Any) -> Any:
    """The matrix in banded storage times x. `ab` says the shape; ab_dot may be a zero tangent."""
    total = 0.0
    for k in range(len(offsets)):
        d = offsets[k]
        at = np.arange(ab.shape[1])
        inside = (at >= d) if d > 0 else (at < ab.shape[1] + d)
        row = ab_dot[k] * inside
        total = total + np.roll((row * x.T).T, -d, axis=0)
    return total


@rule("scipy.linalg.solve_banded")
def solve_banded(l_and_u: Any, ab: Any, b: Any, *, result: Any, ab_dot: Any, b_dot: Any) -> Any:
    moved = banded_times(diagonals(l_and_u), ab, ab_dot, result)
    return linalg.solve_banded(l_and_u, ab, b_dot - moved)


@transpose("scipy.linalg.solve_banded", wrt="b")
def solve_banded_b(l_and_u: Any, ab: Any, b: Any, *, result_bar: Any) -> Any:
    offsets = diagonals(l_and_u)
    rows: Any = ()
    for k in range(len(offsets)):
        rows = (np.roll(ab[k], -offsets[k]), *rows)
    return linalg.solve_banded((l_and_u[1], l_and_u[0]), np.stack(rows), result_bar)


# -- refused -----------------------------------------------------------------------------------

REFUSED = (
    ("The basis is not unique. Use the projector: a @ np.linalg.pinv(a).", "orth null_space"),
    ("Use scipy.linalg.eigh or eig; a Schur form is not unique.", "schur rsf2csf cdf2rdf qz ordqz"),
    ("Use scipy.linalg.qr of the reversed rows.", "rq qr_delete qr_insert qr_update qr_multiply"),
    ("Use scipy.linalg.lu or cholesky.", "ldl hessenberg"),
    ("Use scipy.linalg.solve_banded.", "solveh_banded cholesky_banded cho_solve_banded"),
    ("Use np.linalg.eigh on the full matrix.",
     "eig_banded eigvals_banded eigh_tridiagonal eigvalsh_tridiagonal"),
    ("Compute it from scipy.linalg.svd.", "orthogonal_procrustes subspace_angles cossin"),
    ("Use scipy.linalg.solve on scipy.linalg.circulant(c), or divide with numpy.fft.",
     "solve_circulant"),
    ("Use scipy.linalg.toeplitz(c, r) @ x.", "matmul_toeplitz"),
    ("Use scipy.linalg.expm or logm: expm(t * logm(A)).", "fractional_matrix_power"),
    ("Use scipy.linalg.expm, logm, sqrtm, sinm, cosm, or an eigendecomposition.",
     "funm signm expm_cond"),
    ("Balance the matrix outside of the differentiated function.", "matrix_balance"),
    ("Use solve_continuous_are with a bilinear transform.", "solve_discrete_are"),
    ("Do it outside of the differentiated function.",
     """clarkson_woodruff_transform find_best_blas_type get_blas_funcs get_lapack_funcs
     convolution_matrix fiedler_companion"""),
)  # fmt: skip

for _advice, _names in REFUSED:
    refuse(linalg, _advice, _names)
for _name in "dft hadamard helmert hilbert invhilbert invpascal pascal".split():
    REGISTRY.static.add(getattr(linalg, _name))
