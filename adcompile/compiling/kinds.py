"""Kinds of numbers: a derivative in the kind of its primal, and what a message calls a kind."""

from __future__ import annotations

from typing import Any

from adcompile.ir import avals
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Atom, Let, Lit, Origin, Var
from adcompile.ir.primitives import Registry


def kind_text(aval: Any) -> str:
    """What a message calls a kind: "an int", "an array of float64"."""
    if isinstance(aval, Array):
        return f"an array of {aval.dtype}"
    kinds = {"b": "a bool", "i": "an int", "u": "an int", "c": "complex"}
    return kinds.get(aval.dtype.kind, str(aval))


def zeros(registry: Registry, var: Var, stmts: list[Any]) -> Atom:
    """The derivative of what `var` does not influence."""
    if not isinstance(var.aval, Array):
        return Lit(0.0)
    out = Var(var.aval)
    stmts.append(Let(out, registry.by_name["zeros_like"], (var,), (), Origin(None, True)))
    return out


def as_kind(
    registry: Registry, atom: Atom, like: Var, stmts: list[Any], certain: bool = False
) -> Atom:
    """A derivative in the kind of its primal: float, NumPy scalar, or array.

    certain: the abstract value of the derivative is trusted. An adjoint that accumulates may
    be a Python float where a NumPy scalar is declared.
    """
    target = like.aval
    have = (
        atom.aval
        if isinstance(atom, Var)
        else avals.of_constant(atom.value if isinstance(atom, Lit) else atom)
    )
    if isinstance(target, Scalar) and isinstance(have, (Scalar, Array)):
        if target.weak:
            if have == target:
                return atom
            name: str = "complex" if target.dtype.kind == "c" else "float"
        else:
            if certain and isinstance(have, Scalar) and have == target:
                return atom
            name = target.dtype.name
            if name not in registry.by_name:
                return atom
    elif isinstance(target, Array) and (
        not isinstance(have, Array) or not (target.shape or certain)
    ):
        name = "asarray"
    else:
        return atom
    out = Var(target, atom.hint if isinstance(atom, Var) else "")
    extra: tuple[Any, ...] = ()
    if name == "asarray":
        name = "array"
        if not certain or target.dtype != getattr(have, "dtype", None):
            extra = (("dtype", Lit(target.dtype)),)
    stmts.append(Let(out, registry.by_name[name], (atom,), extra, Origin(None, True)))
    return out
