"""Lists that loops grow: runs of elements of one kind, held as the rows of arrays.

Appending writes the next row of each column (one for each number or array of an element). An
element is stored by value, although a list holds references: a column is therefore linked to
the arrays that were appended, and a write that would show on one side only is undecided, as
for any two arrays that may share memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from adcompile.errors import ADCompileError
from adcompile.frontend import contents, emit, extents, static, writes
from adcompile.frontend.context import Bottom, Context
from adcompile.frontend.join import join_kinds
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    PyVal,
    Run,
    SliceVal,
    TupleVal,
)
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Aval, Scalar
from adcompile.ir.dims import Dim
from adcompile.ir.nodes import Atom, Let, Lit, SliceTree, Tree, Var
from adcompile.ir.primitives import Primitive
from adcompile.ir.trees import Node, node_leaves

FIRST_ROOM = 16
"""Rows that a column of unknown length begins with."""


def run_of(cx: Context, value: PyVal) -> Run | None:
    """The run that a list is, else None."""
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, Run):
            return held
    return None


# -- kinds of elements --------------------------------------------------------------------------


def kind_of(cx: Context, value: PyVal) -> Node:
    """The structure of an element, its leaves abstract values. Raises LookupError for one
    that cannot be a row."""
    if isinstance(value, TupleVal):
        return Node("tuple", None, tuple(kind_of(cx, v) for v in value.items))
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, Run):
            if held.kind is None or held.columns is None:
                raise Bottom
            if held.room != "full":
                raise LookupError
            parts = [cx.ref_aval(rows(cx, held, c)) for c in held.columns]
            return Node("run", held.kind, tuple(Node("leaf", a) for a in parts))
        if isinstance(held, dict):
            return Node("dict", tuple(held), tuple(kind_of(cx, v) for v in held.values()))
        return Node("list", None, tuple(kind_of(cx, v) for v in held))
    if isinstance(value, (Var, Lit, ArrayRef)):
        aval = cx.aval(value)
        if avals.is_numeric(aval):
            return Node("leaf", _plain(aval))
        if isinstance(value, Lit):
            return Node("static", value.value)
    raise LookupError


def _plain(aval: Aval) -> Aval:
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


def flatten(cx: Context, kind: Node, value: PyVal) -> Iterator[PyVal]:
    """The numbers and arrays of an element, in the order of its kind's leaves."""
    if kind.kind == "leaf":
        yield value
    elif kind.kind == "run":
        run = run_of(cx, value)
        assert run is not None
        yield from (rows(cx, run, c) for c in known(cx, run))
    elif kind.kind != "static":
        parts = static.items(cx, value)
        if kind.kind == "dict":
            assert isinstance(value, ContainerRef)
            parts = tuple(cx.state.store[value.obj].values())
        assert parts is not None
        for k, v in zip(kind.children, parts, strict=True):
            yield from flatten(cx, k, v)


def build(cx: Context, kind: Node, leaves: Iterator[PyVal]) -> PyVal:
    """An element of this kind."""
    if kind.kind == "leaf":
        return next(leaves)
    if kind.kind == "static":
        return Lit(kind.value)
    if kind.kind == "run":
        made = of_columns(cx, kind.value, [next(leaves) for _ in kind.children])
        made.obj.frozen = True
        return made
    parts = [build(cx, k, leaves) for k in kind.children]
    if kind.kind == "tuple":
        return TupleVal(tuple(parts))
    made = (
        contents.new_dict(cx, dict(zip(kind.value, parts, strict=True)))
        if kind.kind == "dict"
        else contents.new_list(cx, parts)
    )
    made.obj.frozen = True
    return made


def of_columns(cx: Context, kind: Node, columns: Sequence[PyVal]) -> ContainerRef:
    """A list of elements of this kind, all rows of these arrays."""
    parts = tuple(c for c in columns if isinstance(c, ArrayRef))
    return _new(cx, Run(kind, parts, extents.of_axis(cx, parts[0], 0), "full"))


def _new(cx: Context, run: Run) -> ContainerRef:
    made = contents.new_list(cx, ())
    cx.state.store[made.obj] = run
    return made


# -- columns ------------------------------------------------------------------------------------


def allocate(cx: Context, kind: Node, capacity: PyVal | None, hint: str) -> tuple[ArrayRef, ...]:
    """A column for each leaf of an element, with `capacity` rows, or as many as it takes.

    Raises LookupError where the shape of a row is not known yet.
    """
    leaves = node_leaves(kind)
    if not leaves:
        raise LookupError
    made = []
    for k, leaf in enumerate(leaves):
        aval: Aval = leaf  # type: ignore[assignment]
        lengths: list[PyVal] = []
        for d in avals.shape_of(aval):
            length = extents.of_dim(cx, d, lambda: None)
            if length is None:
                raise LookupError
            lengths.append(length)
        shape = (Lit(FIRST_ROOM) if capacity is None else capacity, *lengths)
        assert isinstance(aval, (Scalar, Array))
        dtype = {} if aval.dtype == float else {"dtype": Lit(aval.dtype)}
        whole: PyVal = TupleVal(shape) if lengths else shape[0]
        column = emit.primitive(cx, cx.prim("empty"), [whole], dtype)
        assert isinstance(column, ArrayRef)
        if capacity is None:
            version = cx.state.store[column.obj]
            room = dims.fresh("room")  # at least what a prefix of it asks for
            version.aval = Array(aval.dtype, (room, *version.aval.shape[1:]))
        name = hint if len(leaves) == 1 or not hint else f"{hint}_{k}"
        column.obj.hint = cx.state.store[column.obj].hint = name
        column.obj.rows = True
        made.append(column)
    return tuple(made)


def begin(cx: Context, run: Run, initial: Run | Sequence[PyVal]) -> None:
    """Put the elements of a list from before the loop into its new columns."""
    assert run.columns is not None and run.kind is not None
    if isinstance(initial, Run):
        for column, old in zip(run.columns, known(cx, initial), strict=True):
            place = SliceVal(Lit(None), initial.count, Lit(None))
            store_row(cx, column, place, rows(cx, initial, old))
        return
    for at, item in enumerate(initial):
        for column, leaf in zip(run.columns, flatten(cx, run.kind, item), strict=True):
            store_row(cx, column, Lit(at), leaf)


def store_row(cx: Context, column: ArrayRef, at: PyVal, value: PyVal) -> None:
    """column[at] = value, of a row that nothing refers to yet."""
    if isinstance(value, ArrayRef):
        other = value.obj
        column.obj.repeats |= other is column.obj or other in column.obj.maybe
        column.obj.link(other)
    operand = emit.atom(cx, value)
    base: Var = cx.state.store[column.obj]
    out = Var(base.aval, base.hint)
    prim = cx.prim("setitem")
    unread = (("unread", Lit(True)),)
    cx.stmts.append(Let(out, prim, (base, emit.tree(cx, at), operand), unread, cx.origin))
    cx.state.store[column.obj] = out


def _grow(cx: Context, column: ArrayRef, count: Atom) -> None:
    """Room for row number `count`."""
    base: Var = cx.state.store[column.obj]
    out = Var(base.aval, base.hint)
    cx.stmts.append(Let(out, cx.prim("with_room"), (base, count), (), cx.origin))
    cx.state.store[column.obj] = out


# -- growth -------------------------------------------------------------------------------------


def append(cx: Context, owner: ContainerRef, value: PyVal) -> None:
    """owner.append(value) for a run."""
    run = run_of(cx, owner)
    assert run is not None
    try:
        kind = join_kinds(cx, run.kind, kind_of(cx, value))
    except LookupError:
        raise misfit(cx) from None
    assert kind is not None
    after = plus(cx, run.count, Lit(1))
    if run.columns is not None and kind.kind != "static":
        if run.room == "full":
            longer = _lengthened(cx, run, kind, value)
            run = replace(run, columns=longer, first=Lit(0))
        else:
            leaves = list(flatten(cx, kind, value))
            for column, leaf in zip(known(cx, run), leaves, strict=True):
                if run.room == "grows":
                    _grow(cx, column, emit.atom(cx, run.count))
                store_row(cx, column, run.count, leaf)
    contents.change(cx, owner, replace(run, kind=kind, count=after))


def _lengthened(cx: Context, run: Run, kind: Node, value: PyVal) -> tuple[ArrayRef, ...]:
    """Full columns with one more row, outside of the loop that made them."""
    made = []
    for column, leaf in zip(known(cx, run), flatten(cx, kind, value), strict=True):
        row = emit.call(cx, "array", TupleVal((leaf,)))
        longer = emit.call(cx, "concatenate", TupleVal((rows(cx, run, column), row)))
        assert isinstance(longer, ArrayRef)
        longer.obj.rows = True
        longer.obj.hint = cx.state.store[longer.obj].hint = column.obj.hint
        for other in (column, leaf):
            if isinstance(other, ArrayRef):
                longer.obj.link(other.obj)
        made.append(longer)
    return tuple(made)


def misfit(cx: Context) -> ADCompileError:
    """Elements that do not go together."""
    return cx.refuse(
        "the elements of this list differ in kind or shape, or in their lengths",
        "Append elements of one dtype and shape.",
    )


# -- reading ------------------------------------------------------------------------------------


def rows(cx: Context, run: Run, column: ArrayRef) -> ArrayRef:
    """The part of a column that is filled."""
    size = cx.ref_aval(column).shape[0]
    stop = plus(cx, run.first, run.count)
    start = Lit(None) if _is(run.first, 0) else run.first
    to_end = Lit(None) if run.room == "full" and _extent(cx, stop) == size else stop
    if isinstance(start, Lit) and start.value is None and to_end is not stop:
        return column
    part = emit.primitive(cx, cx.prim("getitem"), [column, SliceVal(start, to_end, Lit(None))])
    assert isinstance(part, ArrayRef)
    return part


def filled(cx: Context, run: Run, column: ArrayRef) -> Var:
    """The content of that part, as many rows as there are elements."""
    part = rows(cx, run, column)
    value = emit.read(cx, part)
    extent = _extent(cx, run.count)
    if part.path != column.path and extent is not None:
        assert isinstance(value.aval, Array)
        value.aval = Array(value.aval.dtype, (extent, *value.aval.shape[1:]))
    return value


def _is(value: PyVal, number: int) -> bool:
    return isinstance(value, Lit) and type(value.value) is int and value.value == number


def known(cx: Context, run: Run) -> tuple[ArrayRef, ...]:
    """The columns of a run to read from; in a trial, stand-ins of the right kind."""
    if run.columns is not None:
        return run.columns
    if run.kind is None:
        raise Bottom  # nothing has been appended on this path: the next trial knows more
    made = []
    for leaf in node_leaves(run.kind):
        aval: Aval = leaf  # type: ignore[assignment]
        assert isinstance(aval, (Scalar, Array))
        shape = (dims.fresh("room"), *avals.shape_of(aval))
        made.append(cx.new_array(Var(Array(aval.dtype, shape))))
    return tuple(made)


def element(cx: Context, run: Run, index: PyVal, inside: bool = False) -> PyVal:
    """run[index]; `inside`: the index is known to be in range."""
    columns = known(cx, run)
    assert run.kind is not None
    if not inside and not (run.room == "full" and _is(run.first, 0)):
        count = _extent(cx, run.count)
        at = _extent(cx, index)
        if isinstance(index, Lit) and isinstance(at, int) and at < 0 and count is not None:
            if at_least(cx, count, -at):
                index, inside = minus(cx, run.count, -at), True
        elif at is not None and count is not None:
            inside = at_least(cx, at, 0) and at_least(cx, dims.sub(count, at), 1)
    if inside:
        index = plus(cx, run.first, index)
    leaves = []
    for column, leaf in zip(columns, node_leaves(run.kind), strict=True):
        base = column if inside else rows(cx, run, column)
        leaves.append(as_element(cx, emit.primitive(cx, cx.prim("getitem"), [base, index]), leaf))  # type: ignore[arg-type]
    return build(cx, run.kind, iter(leaves))


def as_element(cx: Context, value: PyVal, aval: Aval) -> PyVal:
    """A number read from a column as what was appended: Python's or NumPy's."""
    if isinstance(aval, Scalar) and aval.weak:
        return emit.call(
            cx, {"b": "bool", "i": "int", "f": "float", "c": "item"}[aval.dtype.kind], value
        )
    return value


def part(cx: Context, run: Run, index: SliceVal) -> ContainerRef:
    """run[a:b:c]: a new list of the same elements."""
    columns = known(cx, run)
    bounds = _bounds(cx, run, index)
    numbers = all(isinstance(leaf, Scalar) for leaf in node_leaves(run.kind))  # type: ignore[arg-type]
    if bounds is not None and (run.room == "full" or not numbers):
        first, count = bounds
        if numbers:  # not those that a later change of this list would show in
            columns = tuple(cx.new_array(emit.read(cx, c)) for c in columns)
        made = replace(run, columns=columns, first=first, count=count, room="full")
        return _new(cx, made)
    if bounds is not None:
        first, count = bounds
        kept = replace(run, columns=columns, first=first, count=count)
        parts = [cx.new_array(filled(cx, kept, c)) for c in columns]
    else:
        views = [emit.primitive(cx, cx.prim("getitem"), [rows(cx, run, c), index]) for c in columns]
        parts = [cx.new_array(emit.read(cx, v)) if numbers else v for v in views]  # type: ignore[arg-type,misc]
        count = extents.of_axis(cx, parts[0], 0)
    return _new(cx, Run(run.kind, tuple(parts), count, "full"))


def _bounds(cx: Context, run: Run, index: SliceVal) -> tuple[PyVal, PyVal] | None:
    """The first row and the number of a slice's elements, where its bounds are literal."""
    start, stop, step = (
        p.value if isinstance(p, Lit) else "" for p in (index.start, index.stop, index.step)
    )
    extent = _extent(cx, run.count)
    if step not in (None, 1) or extent is None or not (stop is None or type(stop) is int):
        return None
    begin = 0 if start is None else start
    if type(begin) is not int or (stop is not None and stop >= 0):
        return None
    if begin < 0 and not at_least(cx, extent, -begin):  # there may be fewer
        skipped = emit.call(cx, "python_max", minus(cx, run.count, -begin), Lit(0))
        left = emit.call(cx, "subtract", run.count, skipped)
        if stop:
            left = emit.call(cx, "python_max", minus(cx, left, -stop), Lit(0))
        return plus(cx, run.first, skipped), left
    if begin < 0:
        first = plus(cx, run.first, minus(cx, run.count, -begin))
        count: PyVal = Lit(max(-begin + (stop or 0), 0))
    else:
        first = plus(cx, run.first, Lit(begin))
        fewer = begin - (stop or 0)
        count = minus(cx, run.count, fewer)
        if not at_least(cx, extent, fewer):
            count = emit.call(cx, "python_max", count, Lit(0))
    return first, count


def put(cx: Context, owner: ContainerRef, index: PyVal, value: PyVal) -> None:
    """owner[index] = value for a run: of numbers only, as an array would be another object."""
    run = run_of(cx, owner)
    assert run is not None
    columns = known(cx, run)
    try:
        kind = join_kinds(cx, run.kind, kind_of(cx, value))
    except LookupError:
        raise misfit(cx) from None
    if isinstance(value, ArrayRef) and _same_view(value, element(cx, run, index)):
        return  # h[i] += e, which wrote the element already
    if kind is None or kind.kind != "leaf" or not isinstance(kind.value, Scalar):
        raise cx.refuse(
            "an element of a list that grew in a loop is replaced",
            "Write into the element (`h[i][:] = ...`), or use an array.",
        )
    if isinstance(index, SliceVal):
        raise cx.refuse("a slice of a list that grew in a loop cannot be written", "Use an array.")
    writes.write(cx, rows(cx, run, columns[0]), index, value)
    contents.change(cx, owner, replace(run, kind=kind))


def _same_view(a: ArrayRef, b: PyVal) -> bool:
    """Whether two references are the same view, step for step."""
    if not isinstance(b, ArrayRef) or a.obj is not b.obj or len(a.path) != len(b.path):
        return False
    return all(
        x.op is y.op and all(_same_index(i, j) for i, j in zip(x.args, y.args, strict=True))
        for x, y in zip(a.path, b.path, strict=True)
    )


def _same_index(a: Tree, b: Tree) -> bool:
    if isinstance(a, SliceTree) and isinstance(b, SliceTree):
        pairs = ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))
        return all(_same_index(x, y) for x, y in pairs)
    same = isinstance(a, Lit) and isinstance(b, Lit) and type(a.value) is type(b.value)
    return a is b or (same and a.value == b.value)  # type: ignore[union-attr]


def as_array(cx: Context, run: Run) -> PyVal:
    """np.array(run)."""
    if run.kind is None:
        raise Bottom
    parts = [cx.new_array(filled(cx, run, c)) for c in known(cx, run)]
    if run.kind.kind in ("leaf", "run") and len(parts) == 1:
        return parts[0]
    if not all(c.kind == "leaf" for c in run.kind.children) or run.kind.kind == "dict":
        raise cx.refuse("a list of such elements is no array", "Make an array of each part.")
    return emit.primitive(cx, cx.prim("stack"), [TupleVal(tuple(parts))], {"axis": Lit(1)})


def joined(
    cx: Context, prim: Primitive, run: Run, args: Sequence[PyVal], kwargs: Mapping[str, PyVal]
) -> PyVal:
    """np.array, np.stack or np.concatenate of the elements of a run."""
    options = dict(zip((p.name for p in prim.params), args, strict=False), **kwargs)
    if prim.name == "array":
        whole = as_array(cx, run)
        dtype = options.get("dtype")
        return whole if dtype is None else emit.call(cx, "astype", whole, dtype)
    axis = static.value(cx, options.get("axis", Lit(0)), "the axis")
    whole = as_array(cx, run)
    rank = len(avals.shape_of(cx.aval(whole)))
    if prim.name == "stack":
        order = [*range(1, rank)]
        order.insert(axis % rank, 0)
        if order == [*range(rank)]:
            return whole
        return emit.primitive(cx, cx.prim("transpose"), [whole], {"axes": Lit(tuple(order))})
    if rank < 2:
        raise cx.refuse("numbers cannot be concatenated", "Use np.array.")
    axis %= rank - 1
    shape = list(extents.of_shape(cx, whole).items)
    order = [*range(1, rank)]
    order.insert(axis, 0)
    if order != [*range(rank)]:
        whole = emit.primitive(cx, cx.prim("transpose"), [whole], {"axes": Lit(tuple(order))})
    sizes = [shape[i] for i in order]
    sizes[axis : axis + 2] = [times(cx, sizes[axis], sizes[axis + 1])]
    return emit.call(cx, "reshape", whole, TupleVal(tuple(sizes)))


def total(cx: Context, run: Run) -> PyVal | None:
    """sum(run), of numbers or arrays; None where only its loop gives what Python does.

    The sum of nothing is the integer 0, whatever the elements would have been.
    """
    if run.kind is None:
        raise Bottom
    if run.kind.kind != "leaf":
        return None
    kind: Aval = run.kind.value
    assert isinstance(kind, (Scalar, Array))
    extent = _extent(cx, run.count)
    some = extent is not None and at_least(cx, extent, 1)
    if kind.dtype.kind == "b" or not (some or (isinstance(kind, Scalar) and not kind.weak)):
        return None
    whole = cx.new_array(filled(cx, run, known(cx, run)[0]))
    return as_element(cx, emit.primitive(cx, cx.prim("python_sum"), [whole]), kind)


# -- counts -------------------------------------------------------------------------------------


def plus(cx: Context, a: PyVal, b: PyVal) -> Atom:
    """a + b, without adding zero."""
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Lit) and x.value == 0:
            return emit.atom(cx, y)
    if isinstance(a, Lit):
        a, b = b, a
    return emit.atom(cx, emit.call(cx, "add", a, b))


def minus(cx: Context, a: PyVal, k: int) -> PyVal:
    """a - k, where a may be a sum with a number already."""
    extent = _extent(cx, a)
    if extent is not None:
        found: PyVal | None = extents.of_dim(cx, dims.sub(extent, k), lambda: None)
        if found is not None:
            return found
    return emit.call(cx, "subtract", a, Lit(k)) if k else a


def times(cx: Context, a: PyVal, b: PyVal) -> PyVal:
    """a * b, without multiplying by one."""
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Lit) and x.value == 1:
            return y
        if isinstance(x, Lit) and x.value == 0:
            return x
    return emit.call(cx, "multiply", a, b)


def _extent(cx: Context, value: PyVal) -> Dim | None:
    if isinstance(value, Lit):
        return value.value if type(value.value) is int else None
    return getattr(cx.aval(value), "extent", None)


def at_least(cx: Context, d: Dim, number: int) -> bool:
    """Whether an integer is known to be `number` or more."""
    return lowest(cx, d) >= number or cx.facts.positive(dims.sub(d, number - 1)) is True


def lowest(cx: Context, d: Dim) -> float:
    """A lower bound of an integer: lengths are not negative, nor are counts."""
    if isinstance(d, int):
        return d
    low: float = d.const
    for s, coefficient in d.terms:
        axis = isinstance(s.key, tuple) and s.key[0] == "axis"
        bound = cx.lowest.get(s, 0 if axis else None)
        if coefficient < 0 or bound is None:
            return float("-inf")
        low += coefficient * bound
    return low


def result(cx: Context, run: Run) -> Node:
    """A run that the function returns: its columns, and what is made of them."""
    if run.kind is None:
        raise Bottom
    parts = (rows(cx, run, c) for c in known(cx, run))
    return Node("run", run.kind, tuple(Node("leaf", emit.atom(cx, p)) for p in parts))
