"""Rules of scipy.sparse: constant matrices times dense arrays, and systems with them.

A sparse matrix is a constant: it is known by its identity, and read when the program runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from adcompile.analysis.infer import SHAPES
from adcompile.analysis.operands import InferenceError, aval_of
from adcompile.frontend import emit
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval
from adcompile.ir.nodes import Lit
from adcompile.ir.primitives import Primitive, signature
from adcompile.rules.dsl import REGISTRY, transpose
from adcompile.rules.scipy.rows import refuse

SECOND = ((1,),)
KINDS = tuple(
    getattr(sparse, f"{form}_{kind}")
    for form in "csr csc coo dia bsr lil dok".split()
    for kind in ("array", "matrix")
)
ADVICE = (
    "Make the sparse matrix outside of the differentiated function. Entries that are "
    "differentiated can be multiplied by hand: np.add.at(out, rows, data * x[columns])."
)


def _shape(prim: Primitive, args: Any, kwargs: Any, facts: Any) -> Aval:
    """Of A @ x, A.T @ x, and of the solution of A y = x or A.T y = x."""
    matrix, x = args[0].value, aval_of(args[1])
    shape = avals.shape_of(x)
    if isinstance(matrix, TransposeOf):
        raise InferenceError("needs a matrix, not the transpose of one in this format")
    if len(shape) not in (1, 2):
        raise InferenceError("needs an array of rank 1 or 2 beside a sparse matrix")
    rows, columns = matrix.shape[::-1] if prim.name.endswith("transposed") else matrix.shape
    if isinstance(shape[0], int) and shape[0] != columns:
        raise InferenceError(f"needs {columns} rows beside this sparse matrix, not {shape[0]}")
    dtype = np.result_type(matrix.dtype, x.dtype)  # type: ignore[union-attr]
    if "solve" in prim.name and dtype.kind not in "fc":
        dtype = np.dtype(float)
    return Array(dtype, (rows, *shape[1:]))


SHAPES["scipy.sparse"] = _shape


def times(A: Any, x: Any) -> Any:
    """A @ x for a constant sparse matrix."""
    return A @ x


def times_transposed(A: Any, x: Any) -> Any:
    """A.T @ x for a constant sparse matrix."""
    return A.T @ x


def solve_transposed(A: Any, b: Any) -> Any:
    """The solution of A.T x = b."""
    return linalg.spsolve(A.T.tocsc(), b)


def _row(name: str, fn: Any, params: str, spelling: str) -> None:
    key = f"scipy.sparse.{name}"
    prim = Primitive(key, fn, signature(params), spelling, "scipy.sparse", SECOND, cost=3, rule=key)
    REGISTRY.add(prim, [fn])


_row("times", times, "A, x", "@")
_row("times_transposed", times_transposed, "A, x", "@transposed")
_row("spsolve", linalg.spsolve, "A, b, permc_spec=None$, use_umfpack=True$",
     "scipy.sparse.linalg.spsolve")  # fmt: skip
_row("solve_transposed", solve_transposed, "A, b", "=solve_transposed")


@transpose("scipy.sparse.times", wrt="x")
def times_x(A: Any, x: Any, *, result_bar: Any) -> Any:
    return times_transposed(A, result_bar)


@transpose("scipy.sparse.times_transposed", wrt="x")
def times_transposed_x(A: Any, x: Any, *, result_bar: Any) -> Any:
    return times(A, result_bar)


@transpose("scipy.sparse.spsolve", wrt="b")
def spsolve_b(A: Any, b: Any, *, result_bar: Any) -> Any:
    return solve_transposed(A, result_bar)


@transpose("scipy.sparse.solve_transposed", wrt="b")
def solve_transposed_b(A: Any, b: Any, *, result_bar: Any) -> Any:
    return linalg.spsolve(A, result_bar)


# -- operators ---------------------------------------------------------------------------------


def _dense(cx: Context, value: PyVal) -> PyVal:
    if isinstance(value, (TupleVal, ContainerRef)):
        return emit.call(cx, "array", value)
    if isinstance(value, Lit):
        raise cx.refuse("a product of a sparse matrix with this is not supported", ADVICE)
    return value


def _matmul(cx: Context, args: Any, kwargs: Any) -> PyVal:
    matrix, x = args
    return emit.primitive(cx, cx.prim("scipy.sparse.times"), [matrix, _dense(cx, x)])


def _rmatmul(cx: Context, args: Any, kwargs: Any) -> PyVal:
    """x @ A is A.T @ x, of a matrix its transpose."""
    matrix, x = args
    x = _dense(cx, x)
    prim = cx.prim("scipy.sparse.times_transposed")
    if len(avals.shape_of(cx.aval(x))) < 2:
        return emit.primitive(cx, prim, [matrix, x])
    turned = emit.primitive(cx, prim, [matrix, emit.call(cx, "transpose", x)])
    return emit.call(cx, "transpose", turned)


class TransposeOf:
    """A.T of a matrix whose transpose would have entries of its own."""

    def __init__(self, matrix: Any) -> None:
        self.matrix, self.shape = matrix, matrix.shape[::-1]

    @property
    def T(self) -> Any:
        return self.matrix

    def __matmul__(self, x: Any) -> Any:
        return times_transposed(self.matrix, x)

    def __rmatmul__(self, x: Any) -> Any:
        return x @ self.matrix.T


def _transpose(cx: Context, args: Any, kwargs: Any) -> PyVal:
    (matrix,) = args
    found = matrix.value.T
    shared = np.may_share_memory(getattr(found, "data", ()), getattr(matrix.value, "data", ()))
    return Lit(found if shared else TransposeOf(matrix.value))


def _transposed_matmul(cx: Context, args: Any, kwargs: Any) -> PyVal:
    turned, x = args
    prim = cx.prim("scipy.sparse.times_transposed")
    return emit.primitive(cx, prim, [Lit(turned.value.matrix), _dense(cx, x)])


def _transposed_rmatmul(cx: Context, args: Any, kwargs: Any) -> PyVal:
    """x @ A.T is A @ x, of a matrix its transpose."""
    turned, x = args
    x = _dense(cx, x)
    matrix = Lit(turned.value.matrix)
    if len(avals.shape_of(cx.aval(x))) < 2:
        return _matmul(cx, [matrix, x], {})
    return emit.call(cx, "transpose", _matmul(cx, [matrix, emit.call(cx, "transpose", x)], {}))


def _refused(cx: Context, args: Any, kwargs: Any) -> PyVal:
    raise cx.refuse(
        "arithmetic of a sparse matrix is not supported: its entries may change from call to call",
        "Multiply with @, which gives a dense array, and go on with that: 2.0 * (A @ x). " + ADVICE,
    )


for _property in {vars(_base)["T"] for _kind in KINDS for _base in _kind.__mro__
                  if isinstance(vars(_base).get("T"), property)}:  # fmt: skip
    SPECIAL[_property] = _transpose
SPECIAL[TransposeOf.__matmul__] = _transposed_matmul
SPECIAL[TransposeOf.__rmatmul__] = _transposed_rmatmul
for _kind in KINDS:
    SPECIAL[_kind.__matmul__] = _matmul
    SPECIAL[_kind.__rmatmul__] = _rmatmul
    SPECIAL[_kind.dot] = _matmul
    for _name in "add radd sub rsub mul rmul truediv rtruediv pow".split():
        if hasattr(_kind, f"__{_name}__"):
            SPECIAL[getattr(_kind, f"__{_name}__")] = _refused
    for _name in ("multiply", "__neg__"):
        SPECIAL[getattr(_kind, _name)] = _refused
for _kind in KINDS[1::2]:
    SPECIAL[_kind.__mul__] = _matmul
    SPECIAL[_kind.__rmul__] = _rmatmul

for _name in sparse.__all__:
    if callable(getattr(sparse, _name, None)):
        refuse(sparse, ADVICE, _name)
refuse(linalg, "Use scipy.sparse.linalg.spsolve, with a constant matrix.",
       "factorized splu spilu spsolve_triangular cg cgs bicg bicgstab gmres lgmres minres "
       "qmr gcrotmk tfqmr lsqr lsmr inv")  # fmt: skip
refuse(linalg, "Use np.linalg.eigh or scipy.linalg.svd of the dense matrix.",
       "eigs eigsh lobpcg svds")  # fmt: skip
refuse(linalg, "Use scipy.linalg.expm of the dense matrix.",
       "expm expm_multiply matrix_power norm onenormest funm_multiply_krylov")  # fmt: skip
