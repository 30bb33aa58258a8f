"""The table of primitives, continued: complex numbers, products, numpy.linalg, numpy.fft.

The shape of most is a signature in the manner of NumPy's generalised functions, such as
"(m,n)->(n,m)"; what stands before these axes is a stack that broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir.primitives import Primitive, Registry, signature

Linear = tuple[tuple[int, ...], ...]

COMPLEX = frozenset(
    """absolute angle arccos arccosh arcsin arcsinh arctan arctanh cos cosh divide exp exp2 expm1
    float_power log log10 log1p log2 power prod reciprocal sin sinh sqrt square tan tanh
    einsum kron inv pinv det slogdet solve lstsq cholesky qr qr_r svd svdvals eig eigh eigvals
    eigvalsh norm cond cumprod var std nanvar nanstd vander linspace logspace geomspace interp sinc
    multi_dot matrix_power tensorsolve tensorinv""".split()
)
"""Rules that hold for complex numbers. Operations without a tangent rule are linear, over the
complex numbers or (`real`, `conj`) over the real ones, which is all that transposition needs."""


def add_algebra(reg: Registry) -> None:
    _complex(reg)
    _products(reg)
    _linalg(reg)
    _fft(reg)


def _adder(reg: Registry) -> Callable[..., None]:
    def row(
        name: str,
        fn: Callable[..., Any],
        text: str,
        shape: str,
        linear: Linear = (),
        callables: tuple[Any, ...] = (),
        spelling: str = "",
        **more: Any,
    ) -> None:
        spelled = spelling or f"np.{name}"
        more = {"cost": 3, "rule": name, **more}
        prim = Primitive(name, fn, signature(text), spelled, shape, linear, **more)
        reg.add(prim, (fn, *callables))

    return row


BOTH: Linear = ((0,), (1,))


def _complex(reg: Registry) -> None:
    row = _adder(reg)
    view: dict[str, Any] = {"alias": "view", "cost": 0}
    row("real", np.real, "x", "elementwise", ((0,),), (), "@.real", **view)
    row("imag", np.imag, "x", "elementwise", ((0,),), (), "@.imag", **view)
    row("conj", np.conjugate, "x", "elementwise", ((0,),), (), ".conj", cost=1)
    row("angle", np.angle, "z, deg=False", "leading", cost=2)
    row("complex_of", _complex_of, "x, y", "elementwise", ((0, 1),), (), "complex", cost=1)


def _products(reg: Registry) -> None:
    row = _adder(reg)
    row("vdot", np.vdot, "a, b", "vdot", BOTH)
    row("inner", np.inner, "a, b", "inner", BOTH)
    row("kron", np.kron, "a, b", "kron", BOTH)
    row("tensordot", np.tensordot, "a, b, axes=2", "tensordot", BOTH, (np.linalg.tensordot,))
    row("einsum", _einsum, "subscripts, x, others, optimize=False", "einsum", ((1,),),
        spelling="@einsum")  # fmt: skip
    row("einsum_view", _einsum_view, "x, subscripts", "einsum_view", ((0,),),
        spelling="@einsum_view", alias="view", cost=0)  # fmt: skip
    row("trace", np.trace, "a, offset=0, axis1=0, axis2=1, dtype=None!, out=None!", "trace",
        ((0,),), spelling=".trace")  # fmt: skip
    row("vecdot", np.vecdot, "x, y, axis=-1", "vecdot", BOTH, (np.linalg.vecdot,))
    for name, shape in (("matvec", "(m,n),(n)->(m)"), ("vecmat", "(n),(n,m)->(m)")):
        if hasattr(np, name):  # NumPy 2.2
            row(name, getattr(np, name), "x, y", shape, BOTH)
    linalg = "np.linalg."
    row("multi_dot", np.linalg.multi_dot, "arrays", "multi_dot", spelling=f"{linalg}multi_dot")
    row("matrix_power", np.linalg.matrix_power, "a, n", "(n,n)->(n,n)",
        spelling=f"{linalg}matrix_power")  # fmt: skip


def _linalg(reg: Registry) -> None:
    row = _adder(reg)

    def linalg(name: str, text: str, shape: str, linear: Linear = (), **more: Any) -> None:
        fn = more.pop("fn", None) or getattr(np.linalg, name)
        row(name, fn, text, shape, linear, (), more.pop("spelling", f"np.linalg.{name}"), **more)

    linalg("inv", "a", "(n,n)->(n,n)")
    linalg("pinv", "a, rcond=None, hermitian=False, rtol=None", "(m,n)->(n,m)")
    linalg("det", "a", "(n,n)->()")
    linalg("slogdet", "a", "(n,n)->(),()")
    linalg("solve", "a, b", "solve", ((1,),))
    linalg("lstsq", "a, b, rcond=None", "lstsq")
    linalg("cholesky", "a, upper=False", "(n,n)->(n,n)")
    linalg("qr", "a, mode='reduced'", "qr")
    linalg("qr_r", "a, mode", "qr", fn=_qr_r, spelling="np.linalg.qr")
    linalg("svd", "a, full_matrices=True, compute_uv=True!, hermitian=False", "svd")  # fmt: skip
    linalg("svdvals", "x", "svd", spelling="np.linalg.svdvals")
    linalg("eig", "a", "eig")
    linalg("eigh", "a, UPLO='L'", "(n,n)->(n),(n,n)")
    linalg("eigvals", "a", "eig")
    linalg("eigvalsh", "a, UPLO='L'", "(n,n)->(n)")
    linalg("norm", "x, ord=None, axis=None, keepdims=False", "norm")
    linalg("cond", "x, p=None", "(m,n)->()")
    linalg("matrix_rank", "A, tol=None, hermitian=False", "(m,n)->()", differentiable=False)
    linalg("tensorsolve", "a, b, axes=None", "tensorsolve", ((1,),))
    linalg("tensorinv", "a, ind=2", "tensorinv")
    row("part_of", _item, "x, index", "part", spelling="@getitem", cost=0)


def _item(x: Any, index: int) -> Any:
    return x[index]


def _einsum(subscripts: str, x: Any, others: tuple[Any, ...], optimize: Any = False) -> Any:
    return np.einsum(subscripts, x, *others, optimize=optimize)


def _einsum_view(x: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, x)


def _qr_r(a: Any, mode: Any) -> Any:
    return np.linalg.qr(a, mode)


def _fft(reg: Registry) -> None:
    row = _adder(reg)
    one, many = (
        "a, n=None, axis=-1, norm=None, out=None!",
        "a, s=None, axes{}, norm=None, out=None!",
    )
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        fn = getattr(np.fft, name)
        row(name, fn, one, "fft", ((0,),), spelling=f"np.fft.{name}")
    for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"):
        fn = getattr(np.fft, name)
        text = many.format("=None" if name.endswith("n") else "=(-2,-1)")
        row(name, fn, text, "fft", ((0,),), spelling=f"np.fft.{name}")
    for name in ("fftshift", "ifftshift"):
        row(name, getattr(np.fft, name), "x, axes=None", "same", ((0,),),
            spelling=f"np.fft.{name}", cost=1)  # fmt: skip
    for name in ("fftfreq", "rfftfreq"):
        row(name, getattr(np.fft, name), "n, d=1.0", "fftfreq", spelling=f"np.fft.{name}", cost=1)


def _complex_of(x: Any, y: Any) -> complex:
    """complex(x, y). Older releases of NumPy let an array of one entry pass for a number."""
    if np.ndim(x) or np.ndim(y):
        raise TypeError("complex() takes numbers")
    return complex(x, y)
