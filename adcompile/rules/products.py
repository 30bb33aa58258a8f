"""Products: bilinear, so most need only transposes.

Complex numbers: transposes do not conjugate; those of products that conjugate an operand do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.analysis.shapes.products import contracted, explicit
from adcompile.frontend import emit, static
from adcompile.frontend.calls.table import SPECIAL
from adcompile.frontend.context import Context
from adcompile.frontend.values import ContainerRef, PyVal, TupleVal
from adcompile.ir import avals
from adcompile.ir.nodes import Lit
from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import compile_time, unbroadcast


def rows(x: Any) -> Any:
    """A stack of matrices as one matrix of all their rows."""
    return np.reshape(x, (-1, x.shape[-1]))


@transpose("matmul", wrt="x")
def matmul_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    if y.ndim == 1:
        if x.ndim == 1:
            return result_bar * y
        if x.ndim == 2:
            return np.outer(result_bar, y)
        return np.expand_dims(result_bar, -1) * y
    if x.ndim == 1:
        if y.ndim == 2:
            return y @ result_bar
        return unbroadcast(np.sum(y * np.expand_dims(result_bar, -2), axis=-1), x)
    if y.ndim == 2:
        return result_bar @ y.T
    return unbroadcast(result_bar @ np.swapaxes(y, -1, -2), x)


@transpose("matmul", wrt="y")
def matmul_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    if x.ndim == 1:
        if y.ndim == 1:
            return result_bar * x
        if y.ndim == 2:
            return np.outer(x, result_bar)
        return unbroadcast(np.expand_dims(x, -1) * np.expand_dims(result_bar, -2), y)
    if y.ndim == 1:
        if x.ndim == 2:
            return result_bar @ x
        return unbroadcast(np.expand_dims(result_bar, -1) * x, y)
    if x.ndim == 2 and y.ndim == 2:
        return x.T @ result_bar
    if y.ndim == 2:
        return rows(x).T @ rows(result_bar)
    return unbroadcast(np.swapaxes(x, -1, -2) @ result_bar, y)


@transpose("dot", wrt="a")
def dot_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * b, a)
    if b.ndim == 1:
        return matmul_x(a, b, result_bar=result_bar)
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul_x(a, b, result_bar=result_bar)
    return tensordot_a(a, b, ((-1,), (-2,)), result_bar=result_bar)


@transpose("dot", wrt="b")
def dot_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul_y(a, b, result_bar=result_bar)
    return tensordot_b(a, b, ((-1,), (max(-2, -b.ndim),)), result_bar=result_bar)


@transpose("outer", wrt="a")
def outer_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    return np.reshape(result_bar @ np.ravel(b), np.shape(a))


@transpose("outer", wrt="b")
def outer_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    return np.reshape(np.ravel(a) @ result_bar, np.shape(b))


@transpose("vdot", wrt="a")
def vdot_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    share = np.conj(result_bar * b)
    return share if np.ndim(a) == 1 and np.ndim(b) == 1 else np.reshape(share, np.shape(a))


@transpose("vdot", wrt="b")
def vdot_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    share = result_bar * np.conj(a)
    return share if np.ndim(a) == 1 and np.ndim(b) == 1 else np.reshape(share, np.shape(b))


@transpose("inner", wrt="a")
def inner_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * b, a)
    return tensordot_a(a, b, ((-1,), (-1,)), result_bar=result_bar)


@transpose("inner", wrt="b")
def inner_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(result_bar * a, b)
    return tensordot_b(a, b, ((-1,), (-1,)), result_bar=result_bar)


@compile_time
def contraction(axes: Any, a: int, b: int) -> tuple[Any, ...]:
    """How the adjoint of a tensordot's first operand is had from the result's and the second.

    The axes of both that are summed over, and the order of axes that follows.
    """
    left, right = contracted(axes, a, b)
    free_a = [i for i in range(a) if i not in left]
    free_b = [i for i in range(b) if i not in right]
    paired = dict(zip(right, left, strict=True))
    order = free_a + [paired[r] for r in sorted(right)]
    of_bar = tuple(range(len(free_a), len(free_a) + len(free_b)))
    return of_bar, tuple(free_b), tuple(int(i) for i in np.argsort(order))


@compile_time
def swapped(axes: Any, a: int, b: int) -> Any:
    """The axes of a tensordot with its operands exchanged."""
    left, right = contracted(axes, a, b)
    return right, left


@compile_time
def is_sorted(order: tuple[int, ...]) -> bool:
    return order == tuple(sorted(order))


@transpose("tensordot", wrt="a")
def tensordot_a(a: Any, b: Any, axes: Any = 2, *, result_bar: Any) -> Any:
    of_bar, of_b, order = contraction(axes, np.ndim(a), np.ndim(b))
    if np.ndim(result_bar) == 0:
        share = result_bar * b
    else:
        share = np.tensordot(result_bar, b, axes=(of_bar, of_b))
    return share if is_sorted(order) else np.transpose(share, order)


@transpose("tensordot", wrt="b")
def tensordot_b(a: Any, b: Any, axes: Any = 2, *, result_bar: Any) -> Any:
    """As for the first operand, of the product with its operands exchanged."""
    rank, of_a = np.ndim(a), swapped(axes, np.ndim(a), np.ndim(b))[1]
    free = rank - len(of_a)
    turned = rolled(np.ndim(result_bar), free)
    bar = result_bar if is_sorted(turned) else np.transpose(result_bar, turned)
    return tensordot_a(b, a, swapped(axes, rank, np.ndim(b)), result_bar=bar)


@compile_time
def rolled(ndim: int, first: int) -> tuple[int, ...]:
    """The order of axes that puts the `first` first axes last."""
    return (*range(first, ndim), *range(first))


@compile_time
def kron_terms(a: int, b: int) -> tuple[str, str, str]:
    """Letters for the axes of two operands, and interleaved for those of their kron."""
    rank = max(a, b)
    one = "abcdefghijklm"[:rank]
    two = "nopqrstuvwxyz"[:rank]
    both = "".join(x + y for x, y in zip(one, two, strict=True))
    return both, one[rank - a :], two[rank - b :]


def kron_parts(a: Any, b: Any, result_bar: Any) -> Any:
    """The adjoint of a kron with an axis for each axis of either operand."""
    rank = max(np.ndim(a), np.ndim(b))
    one = (1,) * (rank - np.ndim(a)) + np.shape(a)
    two = (1,) * (rank - np.ndim(b)) + np.shape(b)
    shape: Any = ()
    for i in range(rank):
        shape = (*shape, one[i], two[i])
    return np.reshape(result_bar, shape)


@transpose("kron", wrt="a")
def kron_a(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 and np.ndim(b) == 0:
        return result_bar * b
    both, one, two = kron_terms(np.ndim(a), np.ndim(b))
    return np.einsum(both + "," + two + "->" + one, kron_parts(a, b, result_bar), b)


@transpose("kron", wrt="b")
def kron_b(a: Any, b: Any, *, result_bar: Any) -> Any:
    if np.ndim(a) == 0 and np.ndim(b) == 0:
        return result_bar * a
    both, one, two = kron_terms(np.ndim(a), np.ndim(b))
    return np.einsum(both + "," + one + "->" + two, kron_parts(a, b, result_bar), a)


@transpose("vecdot", wrt="x")
def vecdot_x(x: Any, y: Any, axis: int = -1, *, result_bar: Any) -> Any:
    return unbroadcast(np.conj(np.expand_dims(result_bar, axis) * y), x)


@transpose("vecdot", wrt="y")
def vecdot_y(x: Any, y: Any, axis: int = -1, *, result_bar: Any) -> Any:
    return unbroadcast(np.expand_dims(result_bar, axis) * np.conj(x), y)


@transpose("matvec", wrt="x")
def matvec_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(np.expand_dims(result_bar, -1) * np.expand_dims(y, -2), x)


@transpose("matvec", wrt="y")
def matvec_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(np.sum(x * np.expand_dims(result_bar, -1), axis=-2), y)


@transpose("vecmat", wrt="x")
def vecmat_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(np.conj(np.sum(y * np.expand_dims(result_bar, -2), axis=-1)), x)


@transpose("vecmat", wrt="y")
def vecmat_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(np.expand_dims(np.conj(x), -1) * np.expand_dims(result_bar, -2), y)


# -- einsum ------------------------------------------------------------------------------------


def ranks(operands: Any) -> Any:
    """The ranks of several arrays."""
    return tuple(np.ndim(o) for o in operands)


@compile_time
def moved(subscripts: str, ranks: tuple[int, ...], k: int) -> str:
    """The einsum with its operand number k first."""
    terms, result = explicit(subscripts, ranks)
    return ",".join([terms[k], *terms[:k], *terms[k + 1 :]]) + "->" + result


@compile_time
def transposed(subscripts: str, ranks: tuple[int, ...]) -> tuple[Any, ...]:
    """The einsum that gives the adjoint of the first operand from that of the result.

    Also: which axes an identity matrix joins (a repeated index), and which axes of the operand
    are missing from its result (an index that is summed alone).
    """
    (term, *rest), result = explicit(subscripts, ranks)
    free = iter(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts + result + term)
    target: list[str] = []
    joined: list[tuple[int, str]] = []
    for axis, letter in enumerate(term):
        if letter in target:
            fresh = next(free)
            joined.append((axis, letter + fresh))
            letter = fresh
        target.append(letter)
    sources = [result, *rest, *(pair for _, pair in joined)]
    have = set("".join(sources))
    missing = tuple(axis for axis, letter in enumerate(target) if letter not in have)
    text = ",".join(sources) + "->" + "".join(c for c in target if c in have)
    return text, tuple(axis for axis, _ in joined), missing


@compile_time
def again(optimize: Any) -> Any:
    """How a derivative is optimised: as the einsum, except for a path of contractions."""
    return optimize if isinstance(optimize, (bool, str)) else True


@rule("einsum")
def einsum(
    subscripts: str, x: Any, others: Any, optimize: Any = False, *, x_dot: Any, others_dot: Any
) -> Any:
    total = np.einsum(subscripts, x_dot, *others, optimize=optimize)
    for k in range(len(others)):
        turned = moved(subscripts, ranks((x, *others)), k + 1)
        rest = (x, *others[:k], *others[k + 1 :])
        total = total + np.einsum(turned, others_dot[k], *rest, optimize=again(optimize))
    return total


@transpose("einsum", wrt="x")
def einsum_x(
    subscripts: str, x: Any, others: Any, optimize: Any = False, *, result_bar: Any
) -> Any:
    text, joined, missing = transposed(subscripts, ranks((x, *others)))
    sources: Any = others
    for i in range(len(joined)):
        sources = (*sources, np.eye(x.shape[joined[i]]))
    if np.ndim(result_bar) == 0 and sources:
        share = result_bar * np.einsum(text[1:], *sources, optimize=again(optimize))
    else:
        share = np.einsum(text, result_bar, *sources, optimize=again(optimize))
    return unbroadcast(np.expand_dims(share, missing) if missing else share, x)


@transpose("einsum_view", wrt="x")
def einsum_view_x(x: Any, subscripts: str, *, result_bar: Any) -> Any:
    return einsum_x(subscripts, x, (), result_bar=result_bar)


def _lower_einsum(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    """np.einsum in all its forms as one: subscripts, then operands."""
    if set(kwargs) - {"optimize"}:
        raise cx.refuse(
            "np.einsum is supported with optimize= alone", "Write it without other arguments."
        )
    optimize = static.value(cx, kwargs.get("optimize", Lit(False)), "optimize")
    optimize = tuple(optimize) if isinstance(optimize, list) else optimize
    first = args[0]
    if isinstance(first, Lit) and isinstance(first.value, str):
        subscripts, operands = first.value.replace(" ", ""), list(args[1:])
    else:
        subscripts, operands = _listed(cx, args)
    operands = [
        emit.call(cx, "array", o) if isinstance(o, (TupleVal, ContainerRef)) else o
        for o in operands
    ]
    if any(isinstance(o, Lit) for o in operands) and not cx.in_rule:
        operands = [emit.call(cx, "array", o) if isinstance(o, Lit) else o for o in operands]
    left, arrow, right = subscripts.partition("->")
    if len(operands) == 1 and not left:
        return cx.hooks["getitem"](cx, operands[0], TupleVal(()))
    if len(operands) == 1 and arrow and set(left) == set(right):
        return emit.primitive(cx, cx.prim("einsum_view"), [operands[0], Lit(subscripts)])
    extra = {"optimize": Lit(optimize)} if optimize is not False else {}
    operand, *rest = operands
    return emit.primitive(
        cx, cx.prim("einsum"), [Lit(subscripts), operand, TupleVal(tuple(rest))], extra
    )


def _listed(cx: Context, args: Any) -> tuple[str, list[PyVal]]:
    """Subscripts and operands of the form einsum(a, [0, 1], b, [1, 2], [0, 2])."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def term(value: PyVal) -> str:
        listed = static.value(cx, value, "the indices of np.einsum")
        return "".join("..." if i is Ellipsis else letters[i] for i in listed)

    pairs = len(args) // 2
    terms = ",".join(term(args[2 * k + 1]) for k in range(pairs))
    if len(args) % 2:
        terms += "->" + term(args[-1])
    return terms, [args[2 * k] for k in range(pairs)]


def _ranks(cx: Context, args: Any, kwargs: dict[str, PyVal]) -> PyVal:
    items = static.items(cx, args[0]) or ()
    return TupleVal(tuple(Lit(len(avals.shape_of(cx.aval(o)))) for o in items))


SPECIAL[np.einsum] = _lower_einsum
SPECIAL[ranks] = _ranks


# -- chains ------------------------------------------------------------------------------------


@rule("multi_dot")
def multi_dot(arrays: Any, *, arrays_dot: Any) -> Any:
    """What is left and right of each operand is multiplied first, in the best order."""
    total = 0.0
    for k in range(len(arrays)):
        term = arrays_dot[k]
        if k > 0:
            term = chain(arrays[:k]) @ term
        if k + 1 < len(arrays):
            term = term @ chain(arrays[k + 1 :])
        total = term if k == 0 else total + term
    return total


def chain(arrays: Any) -> Any:
    return arrays[0] if len(arrays) == 1 else np.linalg.multi_dot(arrays)


@rule("matrix_power")
def matrix_power(a: Any, n: int, *, a_dot: Any) -> Any:
    """By repeated squaring, as the power itself."""
    if n == 0:
        return 0.0 * a_dot
    base, base_dot = a, a_dot
    if n < 0:
        base = np.linalg.inv(a)
        base_dot = -base @ a_dot @ base
    value, value_dot = base, base_dot
    for step in steps(abs(n)):
        if step == "square":
            base_dot = base_dot @ base + base @ base_dot
            base = base @ base
        elif step == "start":
            value, value_dot = base, base_dot
        else:
            value_dot = value_dot @ base + value @ base_dot
            value = value @ base
    return value_dot


@compile_time
def steps(n: int) -> tuple[str, ...]:
    """What to do to get to the n-th power, from the lowest binary digit on."""
    digits = bin(n)[:1:-1]
    todo = []
    for k, digit in enumerate(digits[:-1]):
        if digit == "1":
            todo.append("multiply" if "1" in digits[:k] else "start")
        todo.append("square")
    return (*todo, "multiply" if "1" in digits[:-1] else "start")
