"""The standard library's containers and iterators, and NumPy's index helpers, as lowered here."""

from __future__ import annotations

import ast
import collections
import copy
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adcompile.frontend import contents, emit, recipes, static
from adcompile.frontend.builtins.iterables import as_list, run
from adcompile.frontend.calls import dispatch
from adcompile.frontend.calls.table import SPECIAL, Args, Kwargs, Lower
from adcompile.frontend.context import Context
from adcompile.frontend.iteration import static_items
from adcompile.frontend.objects import members
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    GenVal,
    IterVal,
    ObjectRef,
    PyVal,
    SliceVal,
    TupleVal,
)
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import Lit, Var


def _listed(cx: Context, value: PyVal) -> PyVal:
    """A sequence that can be indexed."""
    indexable = isinstance(value, (ArrayRef, TupleVal)) or (
        isinstance(value, ContainerRef) and value.obj.kind is list
    )
    return value if indexable else as_list(cx, value)


def _known(cx: Context, value: PyVal) -> tuple[PyVal, ...] | None:
    """The elements of a sequence whose length is known, without unrolling a range or an array."""
    if isinstance(value, (ArrayRef, GenVal, IterVal)):
        return None
    return static_items(cx, value)


# -- itertools ---------------------------------------------------------------------------------


def _recipe(fn: Callable[..., Any], count: int | None = None) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        if kwargs or (count is not None and len(args) != count):
            raise cx.refuse(f"these arguments of itertools.{fn.__name__} are not supported")
        return run(cx, fn, *args)

    return lower


def _accumulate(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    fn = kwargs.get("func", args[1] if len(args) > 1 else Lit(None))
    if "initial" in kwargs:
        raise cx.refuse("accumulate with initial= is not supported", "Chain it in front.")
    if isinstance(fn, Lit) and fn.value in (None, operator.add):
        return run(cx, recipes.running_sum, args[0])
    return run(cx, recipes.running, args[0], fn)


def _pairwise(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return run(cx, recipes.pairs, _listed(cx, args[0]))


def _combinations(make: Callable[..., Any]) -> Lower:
    """combinations and the like: loops for pairs and triples, else of what is known."""

    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        size = static.value(cx, args[1], "the size of the combinations") if len(args) > 1 else None
        known = _known(cx, args[0])
        if known is not None:
            chosen = make(known, size) if size is not None else make(known)
            return TupleVal(tuple(TupleVal(c) for c in chosen))
        loops: dict[Any, Any] = {2: recipes.of_two, 3: recipes.of_three}
        if make is not itertools.combinations or size not in loops:
            raise cx.refuse(
                f"itertools.{make.__name__} needs a sequence whose length is known here",
                "Write the loops over its indices.",
            )
        return run(cx, loops[size], _listed(cx, args[0]))

    return lower


def _product(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    times = static.value(cx, kwargs.get("repeat", Lit(1)), "repeat")
    every = list(args) * times
    known = [_known(cx, a) for a in every]
    if all(k is not None for k in known):
        rows = itertools.product(*(k for k in known if k is not None))
        return TupleVal(tuple(TupleVal(r) for r in rows))
    loops: dict[int, Any] = {2: recipes.product_of_two, 3: recipes.product_of_three}
    if len(every) not in loops:
        raise cx.refuse(
            "itertools.product of more than three iterables needs lengths that are known",
            "Write the loops.",
        )
    return run(cx, loops[len(every)], *(_listed(cx, a) for a in every))


def _islice(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    items, *rest = args
    none = [isinstance(r, Lit) and r.value is None for r in rest]
    start, stop, step = (Lit(0), rest[0], Lit(1)) if len(rest) == 1 else (*rest, Lit(1))[:3]
    if none and none[0 if len(rest) == 1 else 1]:
        raise cx.refuse("islice without an end is not supported", "Give it a stop.")
    start = Lit(0) if isinstance(start, Lit) and start.value is None else start
    return run(cx, recipes.part, items, start, stop, step)


def _repeat(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    times = kwargs.get("times", args[1] if len(args) > 1 else None)
    if times is None:
        raise cx.refuse("itertools.repeat needs a number of times here", "Use the value itself.")
    return TupleVal((args[0],) * static.value(cx, times, "how often to repeat"))


def _count(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    given = dict(zip(("start", "step"), args, strict=False)) | kwargs
    start, step = given.get("start", Lit(0)), given.get("step", Lit(1))
    whole = all(isinstance(k, Scalar) and k.dtype.kind == "i" for k in map(cx.aval, (start, step)))
    if not whole or not isinstance(step, Lit) or step.value < 1:
        raise cx.refuse("itertools.count counts upwards in whole steps here", "Write a while loop.")
    return IterVal("count", (start, step), contents.new_iterator(cx))


# -- collections, operator, copy -----------------------------------------------------------------


def _ordered(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    made: PyVal = SPECIAL[dict](cx, args, kwargs)
    assert isinstance(made, ContainerRef)
    made.obj.kind = collections.OrderedDict
    return made


def _defaultdict(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    made: PyVal = SPECIAL[dict](cx, args[1:], kwargs)
    assert isinstance(made, ContainerRef)
    made.obj.default = args[0] if args else None
    return made


def _deque(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    if kwargs or len(args) > 1:
        raise cx.refuse("deque with maxlen is not supported", "Pop what is too old.")
    return as_list(cx, args[0]) if args else contents.new_list(cx, ())


def _static_call(fn: Any) -> Lower:
    """A call that makes a constant: everything it is given is known."""

    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        given = [static.value(cx, a, "this argument") for a in args]
        return Lit(fn(*given, **{k: static.value(cx, v, k) for k, v in kwargs.items()}))

    return lower


def getter_call(cx: Context, fn: Any, args: Args) -> PyVal:
    """A call of operator.itemgetter(...), attrgetter(...) or methodcaller(...)."""
    (owner,) = args
    made: Any = fn.__reduce__()
    if isinstance(fn, operator.methodcaller):
        name, *given = made[1]
        return dispatch.call(cx, cx.hooks["attribute"](cx, owner, name), [*map(Lit, given)], {})
    keys: tuple[Any, ...] = made[1]

    def one(key: Any) -> PyVal:
        value = owner
        if isinstance(fn, operator.itemgetter):
            return cx.hooks["getitem"](cx, value, Lit(key))
        for name in key.split("."):
            value = cx.hooks["attribute"](cx, value, name)
        return value

    found = tuple(one(k) for k in keys)
    return found[0] if len(found) == 1 else TupleVal(found)


GETTERS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)


def _copy(deep: bool) -> Lower:
    def lower(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
        return copied(cx, args[0], deep)

    return lower


def copied(cx: Context, value: PyVal, deep: bool) -> PyVal:
    """copy.copy or copy.deepcopy of a value."""

    def inner(v: PyVal) -> PyVal:
        return copied(cx, v, deep) if deep else v

    if isinstance(value, ArrayRef):
        return emit.call(cx, "copy", value)
    if isinstance(value, TupleVal):
        return TupleVal(tuple(map(inner, value.items)), value.kind)
    if isinstance(value, ObjectRef):
        held = members.all_attributes(cx, value)
        return contents.new_object(cx, value.obj.kind, {k: inner(v) for k, v in held.items()})
    if isinstance(value, ContainerRef):
        entries = cx.state.store[value.obj]
        if isinstance(entries, dict):
            made = contents.new_dict(cx, {k: inner(v) for k, v in entries.items()})
            made.obj.kind = value.obj.kind
            return made
        items = static.items(cx, value)
        if items is None:
            return as_list(cx, value)
        return contents.new_list(cx, [inner(v) for v in items])
    return value


# -- math and numpy ----------------------------------------------------------------------------


def _prod(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    return run(cx, recipes.multiplied, args[0], kwargs.get("start", Lit(1)))


def _log(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    """math.log(x) and math.log(x, base): a quotient, as in `math`."""
    parts = [emit.primitive(cx, cx.registry.by_callable[math.log], [a]) for a in args]
    if len(parts) == 1:
        return parts[0]
    quotient: PyVal = cx.hooks["binary"](cx, ast.Div(), *parts)
    return quotient


def _isclose(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    tolerances = (kwargs.get("rel_tol", Lit(1e-9)), kwargs.get("abs_tol", Lit(0.0)))
    return run(cx, recipes.close, *args, *tolerances)


def tolist(cx: Context, owner: PyVal) -> PyVal:
    """x.tolist(): nested lists of Python numbers."""
    rank = cx.ref_aval(owner).ndim if isinstance(owner, ArrayRef) else 0
    if rank == 0:
        return emit.call(cx, "item", owner)
    return run(cx, recipes.numbers_of if rank == 1 else recipes.rows_of, owner)


def _ndindex(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    first = static_items(cx, args[0]) if len(args) == 1 else None
    shape = first if first is not None else tuple(args)
    loops = (recipes.places_in_one, recipes.places_in_two, recipes.places_in_three)
    if not 1 <= len(shape) <= len(loops):
        raise cx.refuse("np.ndindex is supported for one to three axes", "Write the loops.")
    return run(cx, loops[len(shape) - 1], *shape)


def _ndenumerate(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    (x,) = args
    rank = cx.ref_aval(x).ndim if isinstance(x, ArrayRef) else 0
    if rank not in (1, 2):
        raise cx.refuse("np.ndenumerate is supported for one or two axes", "Write the loops.")
    return run(cx, recipes.numbered if rank == 1 else recipes.numbered_rows, x)


def _fromiter(cx: Context, args: Args, kwargs: Kwargs) -> PyVal:
    given = dict(zip(("iter", "dtype", "count"), args, strict=False)) | kwargs
    items = as_list(cx, given["iter"])
    made = dispatch.call_static(cx, np.array, [items], {"dtype": given["dtype"]})
    count = static.value(cx, given.get("count", Lit(-1)), "the count")
    if count == -1:
        return made
    return cx.hooks["getitem"](cx, made, SliceVal(Lit(None), Lit(count), Lit(None)))


def joined_by_index(cx: Context, owner: Any, index: PyVal) -> PyVal:
    """np.r_[...] and np.c_[...]; np.mgrid and np.ogrid of what is known; np.s_: the index."""
    if owner is np.s_ or owner is np.index_exp:
        return TupleVal((index,)) if owner.maketuple and not isinstance(index, TupleVal) else index
    if owner is not np.r_ and owner is not np.c_:
        return Lit(owner[static.value(cx, index, "an index of np.mgrid")])
    parts = []
    items = index.items if isinstance(index, TupleVal) else (index,)
    kinds = [cx.aval(i) for i in items if isinstance(i, (ArrayRef, Var))]
    strong = [
        k.dtype for k in kinds if isinstance(k, Array) or (isinstance(k, Scalar) and not k.weak)
    ]
    for item in items:
        if isinstance(item, SliceVal):
            item = Lit(np.r_[static.value(cx, item, "a slice of np.r_")])
        if isinstance(item, Lit) and isinstance(item.value, str):
            raise cx.refuse("np.r_ with a string is not supported", "Use np.concatenate.")
        parts.append(dispatch.call_static(cx, np.atleast_1d, [_in_kind(cx, item, strong)], {}))
    joined = np.concatenate if owner is np.r_ else np.column_stack
    return dispatch.call_static(cx, joined, [TupleVal(tuple(parts))], {})


def _in_kind(cx: Context, item: PyVal, strong: list[Any]) -> PyVal:
    """A Python number in the dtype that it gets among arrays."""
    aval = cx.aval(item) if isinstance(item, (Lit, Var)) else None
    if not strong or not isinstance(aval, Scalar) or not aval.weak:
        return item
    sample = {"f": 1.0, "c": 1j}.get(aval.dtype.kind, 1)
    kind = np.result_type(*strong, sample)
    return dispatch.call_static(cx, np.array, [item], {"dtype": Lit(kind)})


INDEXERS = (np.r_, np.c_, np.mgrid, np.ogrid, np.s_, np.index_exp)

SPECIAL.update(
    {
        itertools.chain: _recipe(recipes.chain),
        itertools.chain.from_iterable: _recipe(recipes.from_iterable, 1),
        itertools.accumulate: _accumulate,
        itertools.pairwise: _pairwise,
        itertools.combinations: _combinations(itertools.combinations),
        itertools.permutations: _combinations(itertools.permutations),
        itertools.combinations_with_replacement: _combinations(
            itertools.combinations_with_replacement
        ),
        itertools.product: _product,
        itertools.islice: _islice,
        itertools.repeat: _repeat,
        itertools.count: _count,
        itertools.starmap: _recipe(recipes.spread, 2),
        collections.OrderedDict: _ordered,
        collections.defaultdict: _defaultdict,
        collections.deque: _deque,
        collections.namedtuple: _static_call(collections.namedtuple),
        operator.itemgetter: _static_call(operator.itemgetter),
        operator.attrgetter: _static_call(operator.attrgetter),
        operator.methodcaller: _static_call(operator.methodcaller),
        copy.copy: _copy(False),
        copy.deepcopy: _copy(True),
        math.prod: _prod,
        math.isclose: _isclose,
        math.log: _log,
        np.ndindex: _ndindex,
        np.ndenumerate: _ndenumerate,
        np.fromiter: _fromiter,
    }
)
