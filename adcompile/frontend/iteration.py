"""What loops and unpacking iterate over: known sequences, and ranges with an element an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adcompile.errors import ADCompileError
from adcompile.frontend import contents, emit, extents, generators, runs, static, wording
from adcompile.frontend.context import Context
from adcompile.frontend.indexing import flat
from adcompile.frontend.values import (
    ArrayRef,
    Conflict,
    ContainerRef,
    FlatVal,
    GenVal,
    IterVal,
    PyVal,
    TupleVal,
)
from adcompile.ir import dims
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import ENDLESS, Block, Let, Lit
from adcompile.ir.walk import all_stmts


@dataclass
class Counted:
    """A range, and the element that an index of it stands for."""

    start: PyVal
    stop: PyVal
    step: PyVal
    element: Callable[[PyVal], PyVal]
    plain: bool = False


def read_once(cx: Context, value: PyVal) -> None:
    """Iterators that a loop or a builtin is about to read give their elements once."""
    if isinstance(value, IterVal):
        if value.used is not None:
            contents.read_once(cx, value.used)
        for arg in value.args:
            read_once(cx, arg)


def elements(cx: Context, value: PyVal) -> tuple[PyVal, ...] | None:
    """Read an iterable whose length is known; None for others."""
    read_once(cx, value)
    return static_items(cx, value)


def static_items(cx: Context, value: PyVal) -> tuple[PyVal, ...] | None:
    """The elements of an iterable whose length is known at compile time, else None."""
    value = cx.hooks["iterable"](cx, value)
    if isinstance(value, GenVal):
        value = cx.hooks["as_list"](cx, value)
    if isinstance(value, ContainerRef) and value.obj.kind is set:
        raise cx.refuse("the order of a set is not defined", "Write sorted(...) around it.")
    items = static.items(cx, value)
    if items is not None:
        return items
    run = runs.run_of(cx, value)
    if run is not None and isinstance(run.count, Lit):
        return tuple(runs.element(cx, run, Lit(i), inside=True) for i in range(run.count.value))
    if isinstance(value, Lit) and isinstance(value.value, range):
        return tuple(Lit(i) for i in value.value)
    if not isinstance(value, IterVal) or value.kind == "count":
        return None
    if value.kind == "checkpointed":
        raise _not_outermost(cx)
    if value.kind == "range":
        if not all(isinstance(a, Lit) for a in value.args):
            return None
        return tuple(Lit(i) for i in range(*(a.value for a in value.args if isinstance(a, Lit))))
    if value.kind == "reversed":
        inner = static_items(cx, value.args[0])
        return None if inner is None else inner[::-1]
    if value.kind == "enumerate":
        inner = static_items(cx, value.args[0])
        first = static.value(cx, value.args[1]) if len(value.args) > 1 else 0
        if inner is None:
            return None
        return tuple(TupleVal((Lit(first + i), v)) for i, v in enumerate(inner))
    args = [collected(cx, a) for a in value.args]
    parts = [static_items(cx, a) for a in args]
    known = [len(p) for p in parts if p is not None]
    if not known:
        return None
    length = min(known)
    columns = [
        p if p is not None else _first(cx, counted(cx, a), length)
        for p, a in zip(parts, args, strict=True)
    ]
    return tuple(TupleVal(row) for row in zip(*columns, strict=False))


def entries(cx: Context, value: ArrayRef, count: int | None = None) -> tuple[PyVal, ...] | None:
    """The entries of an array whose length is known on entry; else the first `count`."""
    shape = cx.ref_aval(value).shape
    known = cx.facts.static(shape[0]) if shape else None
    number = count if known is None else known
    if number is None:
        return None
    return tuple(cx.hooks["getitem"](cx, value, Lit(i)) for i in range(number))


def collected(cx: Context, value: PyVal) -> PyVal:
    """An iterable that can be read again: generators that are zipped become lists."""
    if isinstance(value, GenVal):
        return _listed(cx, value)
    if isinstance(value, IterVal):
        return replace(value, args=tuple(collected(cx, a) for a in value.args))
    return value


def _listed(cx: Context, value: GenVal) -> PyVal:
    """The elements of a generator, collected before they are asked for, which nobody may notice."""
    start = len(cx.stmts)
    with generators.unwritten(cx):
        made: PyVal = cx.hooks["as_list"](cx, value)
    emitted = all_stmts(Block(tuple(cx.stmts[start:]), ()))
    if any(isinstance(s, Let) and s.op.effect == "effect" for s in emitted):
        raise cx.refuse(
            "a generator inside zip() raises or prints", "Make the generator a list first."
        )
    return made


def _first(cx: Context, source: Counted, length: int) -> tuple[PyVal, ...]:
    """The first `length` elements of a counted iterable that must have as many."""
    trip = trip_count(cx, source)
    known = cx.facts.static(trip) if trip is not None else None
    if known is None:
        raise cx.refuse("the lengths of what is zipped must be known on entry")
    start = static.value(cx, source.start)
    step = static.value(cx, source.step)
    return tuple(source.element(Lit(start + step * k)) for k in range(min(length, known)))


def _not_outermost(cx: Context) -> ADCompileError:
    return cx.refuse(
        "checkpointed(...) stands for the loop of a for statement",
        "Write it around all that the statement goes over: for ... in checkpointed(...).",
    )


def trip_count(cx: Context, source: Counted) -> dims.Dim | None:
    if is_number(source.stop, ENDLESS):
        return None
    ends = []
    for v in (source.start, source.stop, source.step):
        extent = getattr(cx.aval(v), "extent", None)
        if extent is None:
            return None
        ends.append(extent)
    start, stop, step = ends
    if step == 1:
        return dims.sub(stop, start)
    return dims.derived("range", start, stop, step)


def counted(cx: Context, value: PyVal) -> Counted:
    """An iterable as a range with an element for each index."""
    value = cx.hooks["iterable"](cx, value)
    run = runs.run_of(cx, value)
    if run is not None:
        held = run

        def element(i: PyVal) -> PyVal:
            return runs.element(cx, held, i, inside=True)

        return Counted(Lit(0), run.count, Lit(1), element)
    if isinstance(value, ArrayRef):
        length = extents.of_axis(cx, value, 0)
        return Counted(Lit(0), length, Lit(1), lambda i: cx.hooks["getitem"](cx, value, i))
    if isinstance(value, FlatVal):
        length = extents.of_axis(cx, flat(cx, value), 0)
        return Counted(Lit(0), length, Lit(1), lambda i: cx.hooks["getitem"](cx, value, i))
    if isinstance(value, IterVal):
        if value.kind == "checkpointed":
            raise _not_outermost(cx)
        if value.kind == "count":
            return Counted(value.args[0], Lit(ENDLESS), value.args[1], lambda i: i, plain=True)
        if value.kind == "range":
            args = value.args
            for arg in args:
                kind = cx.aval(arg)
                if isinstance(kind, (Scalar, Array)) and kind.dtype.kind not in "iub":
                    raise cx.refuse(f"range takes integers, not {kind}", "Use int(...).")
            start = args[0] if len(args) > 1 else Lit(0)
            stop = args[1] if len(args) > 1 else args[0]
            step = args[2] if len(args) > 2 else Lit(1)
            return Counted(start, stop, step, lambda i: i, plain=True)
        if value.kind == "enumerate":
            inner = _from_zero(cx, counted(cx, value.args[0]))
            first = value.args[1] if len(value.args) > 1 else Lit(0)

            def numbered(i: PyVal) -> PyVal:
                number = (
                    i
                    if isinstance(first, Lit) and first.value == 0
                    else emit.call(cx, "add", first, i)
                )
                return TupleVal((number, inner.element(i)))

            return Counted(Lit(0), inner.stop, Lit(1), numbered)
        if value.kind == "reversed":
            return _reversed(cx, counted(cx, value.args[0]))
        parts = [_from_zero(cx, counted(cx, a)) for a in value.args]
        stop = parts[0].stop
        for p in parts[1:]:
            stop = _shorter(cx, stop, p.stop)
        return Counted(Lit(0), stop, Lit(1), lambda i: TupleVal(tuple(p.element(i) for p in parts)))
    if isinstance(value, Conflict):
        raise wording.unusable(cx, value)
    raise wording.cannot(cx, value, "cannot be iterated over")


def _shorter(cx: Context, a: PyVal, b: PyVal) -> PyVal:
    """The smaller of two lengths."""
    if is_number(a, ENDLESS) or is_number(b, ENDLESS):
        return b if is_number(a, ENDLESS) else a
    x, y = (getattr(cx.aval(v), "extent", None) for v in (a, b))
    if x is not None and y is not None:
        longer = dims.sub(x, y)
        if isinstance(longer, int):
            return b if longer > 0 else a
    return emit.call(cx, "python_min", a, b)


def _from_zero(cx: Context, source: Counted) -> Counted:
    """The same elements, indexed 0, 1, 2, ..."""
    if is_number(source.start, 0) and is_number(source.step, 1):
        return source
    size = length(cx, source)

    def element(i: PyVal) -> PyVal:
        moved = i if is_number(source.step, 1) else emit.call(cx, "multiply", source.step, i)
        return source.element(emit.call(cx, "add", source.start, moved))

    return Counted(Lit(0), size, Lit(1), element)


def length(cx: Context, source: Counted) -> PyVal:
    """How many elements there are."""
    if is_number(source.stop, ENDLESS):
        return source.stop
    if is_number(source.step, 1):
        if is_number(source.start, 0):
            return source.stop
        return emit.call(
            cx, "python_max", emit.call(cx, "subtract", source.stop, source.start), Lit(0)
        )
    if is_number(source.step, -1):
        return emit.call(
            cx, "python_max", emit.call(cx, "subtract", source.start, source.stop), Lit(0)
        )
    raise cx.refuse(
        "a range with a step cannot be zipped, enumerated or reversed here",
        "Write the loop over range(n) and compute the index.",
    )


def _reversed(cx: Context, source: Counted) -> Counted:
    if is_number(source.step, 1):
        start = emit.call(cx, "subtract", source.stop, Lit(1))
        stop = emit.call(cx, "subtract", source.start, Lit(1))
        return Counted(start, stop, Lit(-1), source.element)
    if is_number(source.step, -1):
        start = emit.call(cx, "add", source.stop, Lit(1))
        stop = emit.call(cx, "add", source.start, Lit(1))
        return Counted(start, stop, Lit(1), source.element)
    raise cx.refuse("a range with this step cannot be reversed")


def is_number(value: PyVal, number: int) -> bool:
    return isinstance(value, Lit) and type(value.value) is int and value.value == number
