"""Indices and writes, views, copies, and what joins arrays. All are linear in the array."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.ir.primitives import Registry, not_here

FIRST = ((0,),)


def add_shaping(reg: Registry) -> None:
    _views(reg)
    _writes(reg)
    _copies(reg)


def _views(reg: Registry) -> None:
    def view(
        name: str,
        params: str,
        spelling: str = "",
        fn: Callable[..., Any] | None = None,
        **more: Any,
    ) -> None:
        callables = () if fn else (getattr(np, name),)
        fn = fn or getattr(np, name)
        more = {"alias": "view", "cost": 0, **more}
        reg.row(name, fn, params, spelling or f"np.{name}", name, FIRST, callables, **more)

    view("getitem", "x, index", "@getitem", operator.getitem)
    view("reshape", "a, shape, order='C'!", ".reshape", alias="layout")
    view("ravel", "a, order='C'!", ".ravel", alias="layout")
    view("asarray", "a, dtype=None!", alias="layout")
    view("transpose", "a, axes=None", "@transpose")
    view("swapaxes", "a, axis1, axis2", ".swapaxes")
    view("expand_dims", "a, axis")
    view("squeeze", "a, axis=None", ".squeeze")
    view("broadcast_to", "x, shape", readonly=True)
    view("spread", "x, count", "@spread", not_here, readonly=True)
    view("diagonal", "a, offset=0, axis1=0, axis2=1", ".diagonal", readonly=True)
    view("unbroadcast", "x, shape", "unbroadcast", not_here, alias="layout", cost=3)


def _writes(reg: Registry) -> None:
    written: dict[str, Any] = {"effect": "writes", "cost": 3}
    both = ((0, 2),)
    # unread: no one reads what it overwrites
    params = "x, index, value, unread=False"
    reg.row("setitem", _setitem, params, "@setitem", "same", both, **written)
    params = "x, index, value"
    reg.row("scatter_add", _scatter_add, params, "@scatter_add", "same", both, **written)
    params = "x, count, axis=0"
    reg.row("with_room", not_here, params, "@", "same", FIRST, effect="writes")


def _copies(reg: Registry) -> None:
    def row(name: str, fn: Any, params: str, spelling: str, **more: Any) -> None:
        reg.row(name, fn, params, spelling, name, FIRST, **more)

    row("winners", not_here, "x, index", "winners", cost=3)
    row("copy", np.copy, "a", ".copy", callables=[np.copy], ordered=True)
    # of what is None on some path; only made where the program is complete
    more: dict[str, Any] = {"ordered": True, "rule": "copy"}
    reg.row("copied", not_here, "a", "copied", "copy", FIRST, **more)
    row("astype", _astype, "a, dtype", ".astype")
    row("array", np.array, "object, dtype=None", "np.array", ordered=True)
    for fn in (np.concatenate, np.stack):
        name = fn.__name__
        row(name, fn, "arrays, axis=0", f"np.{name}", callables=[fn], cost=3)


def _setitem(x: Any, index: Any, value: Any) -> Any:
    out = x.copy()
    out[index] = value
    return out


def _scatter_add(x: Any, index: Any, value: Any) -> Any:
    out = x.copy()
    np.add.at(out, index, value)
    return out


def _astype(a: Any, dtype: Any) -> Any:
    return a.astype(dtype)
