"""Lowering of one function for one signature: Python to IR.

Abstract interpretation over the arguments' kinds. If it finds that something more must be
known (a loop to unroll, a layout), it begins again with that demand.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from adcompile.analysis.facts import Facts, Guard
from adcompile.analysis.homes import Homes
from adcompile.errors import ADCompileError, AmbiguousAlias
from adcompile.frontend import (
    attributes,
    contents,
    effects,
    emit,
    expr,
    fence,
    indexing,
    iteration,
    mutation,
    numpy_calls,  # noqa: F401 - it enters what it lowers in calls.table
    runs,
    stdlib,
    stmts,
    views,
    wording,
)
from adcompile.frontend.arguments import Leaf, Parameters
from adcompile.frontend.builtins import (
    iterables,
    kinds,
    numbers,  # noqa: F401 - likewise
    sorting,
)
from adcompile.frontend.calls import dispatch, inlining, primitives
from adcompile.frontend.context import Context, Demands, Restart
from adcompile.frontend.objects import (
    classes,
    construction,
    functions,  # noqa: F401 - likewise
    members,
    operators,
)
from adcompile.frontend.places import Place
from adcompile.frontend.source import FunctionSource, function_source
from adcompile.frontend.structure import snapshot
from adcompile.frontend.values import (
    ArrayRef,
    Container,
    ContainerRef,
    FuncVal,
    ObjectRef,
    PartialVal,
    PyVal,
    Run,
    State,
    TupleVal,
)
from adcompile.ir.avals import FLOAT, Opaque
from adcompile.ir.nodes import Atom, Block, Function, Lit, Var
from adcompile.ir.primitives import Primitive, Registry
from adcompile.ir.snapshots import regions
from adcompile.ir.trees import Node, node_leaves, with_leaves

HOOKS: dict[str, Any] = {
    "assign": stmts.assign,
    "run_body": stmts.run_body,
    "branch": stmts.branch,
    "stmts": stmts.lower_stmts,
    "binary": expr.binary,
    "getitem": indexing.get,
    "static_items": iteration.elements,
    "entries": iteration.entries,
    "inline": inlining.inline_again,
    "call": dispatch.call,
    "getter_call": stdlib.getter_call,
    "tolist": stdlib.tolist,
    "joined_by_index": stdlib.joined_by_index,
    "indexers": stdlib.INDEXERS,
    "attribute": attributes.get,
    "construct": construction.construct,
    "is_subclass": classes.is_subclass,
    "special": operators.special,
    "protocol": operators.protocol,
    "iterable": operators.iterable,
    "delete_attribute": members.delete_attribute,
    "expr": expr.lower_expr,
    "truth": expr.truth,
    "choose": expr.choose,
    "compare": expr.compare,
    "negate": expr.negate,
    "as_list": iterables.as_list,
    "as_dict": iterables.as_dict,
    "as_set": iterables.as_set,
    "sorted": sorting.in_order,
    "equal": expr.equal,
    "isinstance": kinds.isinstance_,
    "as_run": runs.run_of,
    "joined": runs.joined,
    "with_out": mutation.with_out,
    "into": mutation.into,
    "expand": mutation.expand,
    "mutating": mutation.METHODS,
    "view_methods": views.METHODS,
    "check_cast": mutation.check_cast,
}


RECURSION_LIMIT = 20_000
"""Python frames that lowering may need: recursion of the user's is inlined."""


@dataclass
class Capture:
    """A number, array or container from outside the function: read at each call.

    `variables` are its leaves as parameters. A `handle` is an object as a whole: its attributes
    or items are written.
    """

    place: Place
    name: str
    value: Any
    variables: list[Var]
    handle: bool = False


@dataclass
class Lowered:
    """A function in IR, with what its compilation rests on."""

    function: Function
    leaves: list[Leaf]
    result: Node
    captures: list[Capture]
    guards: list[Guard]
    identities: list[tuple[Place, Any]]
    layouts: dict[int, str]
    written: set[int]
    arg_leaves: dict[str, range]
    source: FunctionSource
    homes: Homes
    facts: Facts
    shared: list[tuple[Place, int]] = field(default_factory=list)
    changes: bool = False


def lower(
    registry: Registry,
    fn: types.FunctionType,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    as_float: set[str],
    same: Mapping[int, int],
    hooks: Mapping[str, Any] | None = None,
    opened: Set[str] = frozenset(),
    receiver: str | None = None,
) -> Lowered:
    """Lower `fn` for a call with these arguments.

    `as_float`: parameters whose Python ints are read as floats. `same`: leaves that are the
    same array as an earlier leaf. `hooks`: replacements among HOOKS. `opened`: arguments whose
    objects are taken apart, as they are differentiated. `receiver`: the object whose method it
    is; what the function does to it is done.
    """
    source = function_source(fn)
    fence.check(source)
    demands = Demands()
    refused: ADCompileError | None = None
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
    for _ in range(64):
        cx = Context(registry, Facts(), demands)
        cx.hooks = {**HOOKS, **hooks} if hooks else HOOKS
        try:
            return _lower_once(cx, source, fn, args, kwargs, as_float, same, opened, receiver)
        except Restart:
            continue
        except ADCompileError as exc:
            # What only one iteration of a loop knows, or a list of known length can do.
            if demands.could_unroll <= demands.unroll:
                raise fence.all_problems(source, refused or exc) from exc.__cause__
            refused = refused or exc
            demands.unroll |= demands.could_unroll
    raise ADCompileError(f"{fn.__name__} makes no progress in compilation")


def _lower_once(
    cx: Context,
    source: FunctionSource,
    fn: types.FunctionType,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    as_float: set[str],
    same: Mapping[int, int],
    opened: Set[str],
    receiver: str | None,
) -> Lowered:
    params = Parameters(cx, [], [], as_float, dict(same))
    captures: list[Capture] = []
    cx.capture = _capturing(params, captures)
    cx.enter(source)
    arg_leaves: dict[str, range] = {}

    def handle_of(place: Place, value: Any, name: str) -> Var:
        var = Var(Opaque("object"), name)
        params.variables.append(var)
        captures.append(Capture(place, name, value, [var], handle=True))
        return var

    def argument(value: Any, name: str) -> PyVal:
        hint = name if name.isidentifier() else ""
        place = Place("argument", name)
        before = len(params.leaves)
        result = params.build(value, name, hint, place, opened=name in opened)
        cx.arguments[name] = result
        arg_leaves[name] = range(before, len(params.leaves))
        return result

    names = positional_names(source, len(args))
    positional = [argument(v, n) for n, v in zip(names, args, strict=True)]
    keywords = {k: argument(v, k) for k, v in kwargs.items()}
    origin_node = source.node
    with cx.at(origin_node):
        env = inlining.bind_arguments(
            cx, source, positional, keywords, inlining.defaults_of(cx, fn)
        )
        prim = registered(cx, fn)
        if prim is not None:  # a function with a rule of its own is one operation
            value = primitives.emit_bound(cx, prim, positional, dict(keywords))
        else:
            cx.state = State(env, cx.state.store)
            slots = effects.open_slots(cx)
            value = stmts.run_body(cx, source)
            effects.write_back(cx, slots, handle_of, receiver)
        tree = result_tree(cx, value)
        if params.repeated and cx.demands.changes and not cx.demands.one_container:
            cx.demands.one_container = True
            raise Restart
    body = regions(Block(tuple(cx.stmts), tuple(node_leaves(tree))))
    tree = with_leaves(tree, body.results)
    function = Function(fn.__name__, tuple(params.variables), body)
    return Lowered(
        function,
        params.leaves,
        tree,
        captures,
        list(cx.facts.guards.values()),
        cx.guards,
        {k: cx.layouts[k] for k in cx.demands.layouts if k in cx.layouts},
        cx.written,
        arg_leaves,
        source,
        cx.homes,
        cx.facts,
        effects.shared_places(cx),
        cx.demands.changes,
    )


def _capturing(params: Parameters, captures: list[Capture]) -> Callable[..., PyVal]:
    """What reads a value from outside: its numbers become parameters.

    A list or dict is opened when its contents are asked for.
    """

    def read(cx: Context, value: Any, place: Place, name: str) -> PyVal:
        before, first = len(params.leaves), len(params.variables)
        result = params.build(value, name, name, place, opened=False)
        captures.append(Capture(place, name, snapshot(value), params.variables[first:]))
        for k in range(before, len(params.leaves)):
            cx.captured_leaves[k] = params.places[k]
        return result

    def capture(cx: Context, value: Any, place: Place, name: str) -> PyVal:
        if type(value) not in (list, dict):
            return read(cx, value, place, name)
        obj = Container(type(value), cx.origin.span)
        obj.place, obj.value = place, value

        def opening() -> Any:
            cx.demands.read(place)
            inner = read(cx, value, place, name)
            assert isinstance(inner, ContainerRef)
            held = cx.state.store[inner.obj]
            obj.opening = lambda: held
            return held

        obj.opening = opening
        ref = ContainerRef(obj)
        cx.places[place.identity] = (place, ref)
        return ref

    return capture


def positional_names(source: FunctionSource, count: int) -> list[str]:
    """The names of positional arguments; those that go to *args are numbered."""
    spec = source.node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args)][:count]
    if spec.vararg is not None:
        extra = count - len(names)
        names += [f"{spec.vararg.arg}[{i}]" for i in range(extra)]
    if len(names) < count:
        raise ADCompileError(
            f"{source.name}() takes {len(names)} positional arguments but {count} were given"
        )
    return names


def registered(cx: Context, fn: types.FunctionType) -> Primitive | None:
    """The primitive of a function that has a derivative rule."""
    prim = cx.registry.lookup(fn)
    rules = (cx.registry.tangents, cx.registry.adjoints)
    return prim if prim is not None and any(prim.rule in r for r in rules) else None


def result_tree(cx: Context, value: PyVal) -> Node:
    """The structure of a result, with the atoms of its numbers."""
    if isinstance(value, TupleVal):
        items = tuple(result_tree(cx, v) for v in value.items)
        return Node("tuple", None, items, value.kind)
    if isinstance(value, ObjectRef):
        if not isinstance(value.obj.kind, type):
            raise cx.refuse(
                f"an object of the local class {classes.name_of(value.obj.kind)} is returned",
                "Define the class outside.",
            )
        attributes_now = members.all_attributes(cx, value)
        children = tuple(result_tree(cx, v) for v in attributes_now.values())
        return Node("object", tuple(attributes_now), children, value.obj.kind)
    if isinstance(value, ContainerRef):
        held = cx.state.store[value.obj]
        if isinstance(held, Run):
            return runs.result(cx, held)
        if isinstance(held, dict):
            items = tuple(result_tree(cx, v) for v in held.values())
            return Node("dict", tuple(held), items, value.obj.kind)
        return Node("list", None, tuple(result_tree(cx, v) for v in held))
    if isinstance(value, (Var, ArrayRef)):
        return Node("leaf", emit.atom(cx, value))
    if isinstance(value, Lit):
        number = isinstance(value.value, (int, float, complex))
        if number and not isinstance(value.value, bool):
            return Node("leaf", value)
        return Node("static", value.value)
    raise wording.unusable(cx, value)


def lower_inner(
    cx: Context,
    callee: inlining.Callee,
    names: Sequence[str],
    args: Sequence[PyVal],
    kwargs: Mapping[str, PyVal],
    as_float: set[str],
    merge: bool = False,
) -> tuple[Lowered, dict[str, Any], list[Atom]]:
    """Lower a function on another's operands, as a program of its own.

    merge: operands that are one array become one parameter; needed if it is written.

    Returns it, the trees of its arguments, and the outer operand of each parameter.
    """
    source = callee.source
    fence.check(source)
    inner = Context(cx.registry, cx.facts, cx.demands)
    inner.parent = cx
    inner.hooks = cx.hooks
    inner.guards = cx.guards
    inner.loop_symbols = cx.loop_symbols
    inner.layouts = cx.layouts
    inner.attempts = cx.attempts
    params: list[Var] = []
    outer: list[Atom] = []

    arrays: list[tuple[ArrayRef, ArrayRef, tuple[PyVal, Any]]] = []

    def twin(value: PyVal) -> tuple[PyVal, Any] | None:
        """What was already made of the same array."""
        for source, _, made in arrays:
            if isinstance(value, ArrayRef) and _identical(source, value):
                return made
        return None

    def bring(value: PyVal, name: str, opened: bool = False) -> tuple[PyVal, Any]:
        """An operand of the caller as an argument here: its numbers become parameters.

        opened: objects from outside are taken apart, as they are differentiated.
        """
        if isinstance(value, TupleVal):
            parts = [bring(v, "", opened) for v in value.items]
            return TupleVal(tuple(p for p, _ in parts), value.kind), Node(
                "tuple", None, tuple(n for _, n in parts), value.kind
            )
        if isinstance(value, (FuncVal, PartialVal)):
            made = bring_function(value)
            return made, Node("static", made)
        if isinstance(value, ObjectRef):
            return bring_object(value, opened)
        if isinstance(value, ContainerRef):
            held = cx.state.store[value.obj]
            if isinstance(held, Run):
                raise cx.refuse("a list that grew in a loop cannot be passed to this", "np.array")
            if isinstance(held, dict):
                pairs = {k: bring(v, "", opened) for k, v in held.items()}
                return contents.new_dict(inner, {k: p for k, (p, _) in pairs.items()}), Node(
                    "dict", tuple(held), tuple(n for _, n in pairs.values()), value.obj.kind
                )
            parts = [bring(v, "", opened) for v in held]
            return contents.new_list(inner, [p for p, _ in parts]), Node(
                "list", None, tuple(n for _, n in parts)
            )
        number = isinstance(value, Lit) and (
            type(value.value) is float or (type(value.value) is int and name in as_float)
        )
        if isinstance(value, (Var, ArrayRef)) or number:
            shared = twin(value)
            if shared is not None and merge:
                return shared
            atom = emit.atom(cx, value)
            if isinstance(atom, Lit):
                atom = Lit(float(atom.value))
            aval = atom.aval if isinstance(atom, Var) else FLOAT
            var = Var(aval, name)
            params.append(var)
            outer.append(atom)
            inner.homes.learn(var)
            brought = inner.wrap(var)
            if isinstance(value, ArrayRef) and isinstance(brought, ArrayRef) and not value.path:
                brought.obj.leaf = value.obj.leaf
                brought.obj.layout = value.obj.layout
            result = brought, Node("leaf", var)
            if isinstance(value, ArrayRef) and isinstance(brought, ArrayRef):
                arrays.append((value, brought, result))
            return result
        return value, Node("static", value.value if isinstance(value, Lit) else value)

    def bring_function(value: FuncVal | PartialVal) -> PyVal:
        """A function made here. What it closes over is brought when it is asked for."""
        if isinstance(value, PartialVal):
            kwargs = tuple((k, bring(v, k)[0]) for k, v in value.kwargs)
            args = tuple(bring(v, "")[0] for v in value.args)
            return PartialVal(bring(value.fn, "")[0], args, kwargs)
        kw = tuple(None if d is None else bring(d, "")[0] for d in value.kw_defaults)
        defaults = tuple(bring(d, "")[0] for d in value.defaults)
        return replace(value, defaults=defaults, kw_defaults=kw)

    def bring_object(ref: ObjectRef, opened: bool) -> tuple[PyVal, Any]:
        """An object: its attributes are brought; one from outside stays there."""
        now = members.all_attributes(cx, ref) if opened else cx.state.store.get(ref.obj, {})
        held = {k: bring(v, k, opened) for k, v in now.items()}
        if ref.obj.place is not None and not opened:
            twin = contents.outside_object(inner, ref.obj.value, ref.obj.place)
            inner.state.store[twin.obj] = {k: p for k, (p, _) in held.items()}
            return twin, Node("static", ref.obj.value)
        obj = Container(ref.obj.kind, ref.obj.born)
        inner.state.store[obj] = {k: p for k, (p, _) in held.items()}
        children = tuple(n for _, n in held.values())
        return ObjectRef(obj), Node("object", tuple(held), children, ref.obj.kind)

    def capture(_: Context, value: Any, place: Place, name: str) -> PyVal:
        if place.identity not in cx.captured:
            if cx.capture is None:
                raise cx.refuse(f"{name!r} cannot be used here")
            cx.captured[place.identity] = cx.capture(cx, value, place, name)
        brought = bring(cx.captured[place.identity], name)[0]
        _stays_open(inner, brought)
        return brought

    inner.capture = capture
    inner.inner = True
    inner.captured_leaves = cx.captured_leaves
    closed: dict[int, PyVal] = {}

    def close_over(value: PyVal, name: str) -> PyVal:
        """What a name of an enclosing function is bound to."""
        if id(value) not in closed:
            first = len(arrays)
            brought = bring(value, name)[0]
            closed[id(value)] = brought
            kept.append(value)
            borrowed.extend(made for _, made, _ in arrays[first:])
            for obj in inner.state.store:
                if isinstance(obj, Container) and obj not in mine:
                    obj.closed_over = True
        return closed[id(value)]

    kept: list[PyVal] = []
    borrowed: list[ArrayRef] = []
    inner.bring = close_over
    inner.enter(source, callee.outer)
    nodes: dict[str, Any] = {}
    positional = []
    for name, value in zip(names, args, strict=True):
        brought, nodes[name] = bring(value, name, name in as_float)
        positional.append(brought)
    keywords = {}
    for name, value in kwargs.items():
        keywords[name], nodes[name] = bring(value, name, name in as_float)
    mine = set(inner.state.store)
    with inner.at(source.node):
        defaults = tuple(bring(d, "")[0] for d in callee.defaults[0])
        named = {k: bring(d, k)[0] for k, d in callee.defaults[1].items()}
        env = inlining.bind_arguments(inner, source, positional, keywords, (defaults, named))
        inner.state = State(env, inner.state.store)
        value = stmts.run_body(inner, source)
        tree = result_tree(inner, value)
    body = regions(Block(tuple(inner.stmts), tuple(node_leaves(tree))))
    tree = with_leaves(tree, body.results)
    for _, brought, (_, node) in arrays:
        if brought in borrowed and inner.state.store[brought.obj] is not node.value:
            raise cx.refuse(
                f"{source.name} writes {brought.obj.hint or 'an array'} of the enclosing function, "
                "which is not supported where a derivative is taken inside",
                "Write to a copy.",
            )
        if brought.obj.leaf is not None and inner.state.store[brought.obj] is not node.value:
            cx.written.add(brought.obj.leaf)  # its aliases matter to the caller's caller
    if _writes_shared(inner, arrays):
        if merge:
            raise cx.refuse(
                f"two arguments of {source.name} share memory, and it writes one of them",
                "Pass a copy of one of them.",
                AmbiguousAlias,
            )
        return lower_inner(cx, callee, names, args, kwargs, as_float, merge=True)
    function = Function(source.name, tuple(params), body)
    lowered = Lowered(
        function, [], tree, [], [], [], {}, set(), {}, source, inner.homes, inner.facts
    )
    return lowered, nodes, outer


def _identical(a: ArrayRef, b: ArrayRef) -> bool:
    return a.obj is b.obj and a.path == b.path


def _stays_open(cx: Context, value: PyVal) -> None:
    """What is from outside is there in every state, as it is read once, wherever the first to
    need it stands; and it cannot be changed here."""
    if isinstance(value, (ContainerRef, ArrayRef)):
        held = cx.state.store[value.obj]
        value.obj.opening = lambda: held
    if isinstance(value, ContainerRef):
        value.obj.closed_over = True
        for part in held.values() if isinstance(held, dict) else held:
            _stays_open(cx, part)


def _writes_shared(
    inner: Context, arrays: Sequence[tuple[ArrayRef, ArrayRef, tuple[PyVal, Any]]]
) -> bool:
    """Whether an array that another argument shares memory with is written."""
    for source, brought, (_, node) in arrays:
        written = inner.state.store[brought.obj] is not node.value
        if written and any(
            other is not brought and (kin.obj is source.obj or kin.obj in source.obj.maybe)
            for kin, other, _ in arrays
        ):
            return True
    return False
