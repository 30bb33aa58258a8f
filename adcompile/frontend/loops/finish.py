"""The finished loop: its statement, and the state after it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from adcompile.frontend import emit
from adcompile.frontend.context import Context
from adcompile.frontend.iteration import is_number
from adcompile.frontend.loops.growing import is_false
from adcompile.frontend.loops.header import (
    Header,
    Trial,
    arrays_at,
    carried_arrays,
    ends_of,
    slot,
    user_name,
    with_slot,
)
from adcompile.frontend.loops.specs import LATE, ArraySpec, ScalarSpec, TupleSpec, plain
from adcompile.frontend.loops.syntax import DEAD_KEY, EXIT, LEFT, RETURNED, has, own_breaks
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    Container,
    ContainerRef,
    GenVal,
    ObjectRef,
    PyVal,
    Run,
    State,
    TupleVal,
    is_atom,
    leaves,
)
from adcompile.ir import avals, walk
from adcompile.ir.nodes import ENDLESS, UNDEFINED, Block, Carry, Lit, Stmt, Var


def finish(header: Header, make: Callable[..., Stmt]) -> None:
    """Solve, emit the loop through `make`, and set the state after it."""
    cx = header.cx
    trial = header.solve()
    late, exits = _close(header, trial)
    carries = tuple(
        Carry(init, param, cx.new_var(plain(param.aval), param.hint))
        for init, param in trial.params
    )
    cx.partial.update(c.out for c in carries if c.init is UNDEFINED)
    block = Block(tuple(trial.stmts), tuple(trial.results))
    _set_after(header, trial, late, {c.param: c.out for c in carries})
    cx.stmts.append(make(carries, block, trial.test, exits))
    follow(cx, header.node, carries[-1].out if exits and header.node.orelse else Lit(False))
    if _endless(header, trial) and not own_breaks(header.node.body):
        # Only a return leaves it: what follows is never reached.
        cx.state.env.update({LEFT: Lit(True), EXIT: Lit(True), RETURNED: Lit(True)})


def _close(header: Header, trial: Trial) -> tuple[dict[str, PyVal], bool]:
    """End the body: its results. Also names that are first bound in it, and whether it exits."""
    cx, end = header.cx, trial.end
    late: dict[str, PyVal] = {}
    done: set[Any] = set()
    with cx.block(end, trial.stmts):
        for key, spec in header.specs.items():
            value = end.env.get(key) if isinstance(key, str) else slot(end.store[key[0]], key[1])
            if DEAD_KEY not in end.env:
                assert value is not None or spec == LATE
                _collect(cx, trial, done, spec, value)  # type: ignore[arg-type]
        trial.results.extend(end.store[obj] for obj in trial.objects)
        for key, spec in header.specs.items():
            if spec == LATE and isinstance(key, str):
                late[key] = _late(header, trial, end.env.get(key, UNDEFINED), key)
        exits = end.env[EXIT]
        if is_false(exits):
            return late, False
        atom = emit.atom(cx, exits)
        if header.node.orelse:
            trial.params.append((Lit(False), Var(avals.BOOL)))
            trial.results.append(atom)
        trial.results.append(atom)
    return late, True


def _set_after(header: Header, trial: Trial, late: dict[str, PyVal], outs: dict[Var, Var]) -> None:
    """The state after the loop."""
    after = header.entry
    for key, value in trial.values.items():
        result = _outward(trial, late.get(key, value), outs, after)
        if isinstance(key, str):
            after.env[key] = result
        else:
            after.store[key[0]] = with_slot(after.store[key[0]], key[1], result)
    for obj, param in trial.objects.items():
        after.store[obj] = outs[param]
    after.store.update(_lasting(trial, after))
    header.growing.grown(after)
    header.cx.state = after


def follow(cx: Context, node: ast.For | ast.While, broke: PyVal) -> None:
    """The end of a loop, on whatever path: its `else`, unless it was left, and whether what
    follows is reached. What the `else` says of the loop around stays."""
    env = cx.state.env
    returned = env.get(RETURNED, Lit(False)) if has(node.body, ast.Return) else Lit(False)
    env[LEFT] = env[EXIT] = returned

    def otherwise() -> None:
        cx.state.env.update({LEFT: Lit(False), EXIT: Lit(False)})
        cx.hooks["stmts"](cx, node.orelse)

    if node.orelse:
        cx.hooks["branch"](cx, broke, lambda: None, otherwise)


def _collect(cx: Context, trial: Trial, done: set[Any], spec: Any, end: PyVal) -> None:
    """The carries' results, in the order in which `build` made their parameters."""
    if isinstance(spec, TupleSpec):
        assert isinstance(end, TupleVal)
        for s, v in zip(spec.items, end.items, strict=True):
            _collect(cx, trial, done, s, v)
    elif isinstance(spec, ScalarSpec):
        trial.results.append(emit.atom(cx, end))
    elif isinstance(spec, ArraySpec):
        if spec.group in done:
            return
        done.add(spec.group)
        trial.results.append(emit.atom(cx, end))


def _late(header: Header, trial: Trial, end: PyVal, hint: str) -> PyVal:
    """A name first bound in the body: after the loop it is what the last iteration left."""
    cx = header.cx
    if end is UNDEFINED:
        return end
    if isinstance(end, TupleVal):
        items = tuple(_late(header, trial, v, hint) for v in end.items)
        return TupleVal(items, end.kind)
    if isinstance(end, ArrayRef) or (is_atom(end) and avals.is_numeric(cx.aval(end))):
        atom = emit.atom(cx, end)
        if isinstance(atom, Lit):
            return atom
        param = Var(plain(atom.aval), user_name(hint))
        trial.params.append((UNDEFINED, param))
        trial.results.append(atom)
        if isinstance(end, ArrayRef):
            obj = ArrayObj(user_name(hint), cx.origin.span)
            for other in header.correction.held(end):
                obj.link(other)
            _link_late(trial, obj, end)
            trial.header[obj] = param
            return ArrayRef(obj)
        return param
    if isinstance(end, Conflict):  # what decides it is known in the loop only
        return Conflict(end.first, end.second, why=end.why)
    held = end.used if isinstance(end, GenVal) else end
    if isinstance(held, (ContainerRef, ObjectRef)) and held.obj not in header.entry.store:
        return Conflict(end, UNDEFINED)
    return end


def _link_late(trial: Trial, obj: ArrayObj, end: ArrayRef) -> None:
    """Link an array that the body was first to bind with the others in its memory."""
    headers = carried_arrays(trial, trial.values)
    for at, other in arrays_at(ends_of(trial)).items():
        if at in headers and end.obj.may_share(other.obj):
            obj.link(headers[at].obj)
    for made, other in trial.late:
        if end.obj.may_share(other.obj):
            obj.link(made)
    trial.late.append((obj, end))


def _outward(trial: Trial, value: PyVal, outs: dict[Var, Var], after: State) -> PyVal:
    """A header value as seen after the loop."""
    if isinstance(value, Var):
        return outs.get(value, value)
    if isinstance(value, TupleVal):
        return TupleVal(tuple(_outward(trial, v, outs, after) for v in value.items), value.kind)
    if isinstance(value, ArrayRef) and value.obj in trial.header:
        after.store[value.obj] = outs[trial.header[value.obj]]
    return value


def _lasting(trial: Trial, after: State) -> dict[Any, Any]:
    """The containers that the body made or opened, where what they hold outlives it."""
    inside = {v for s in trial.stmts for v in walk.outs(s)} | {p for _, p in trial.params}
    made = {obj: held for obj, held in trial.end.store.items() if obj not in after.store}
    kept = {obj: held for obj, held in made.items() if isinstance(obj, Container)}
    while True:
        lost = {*made} - {*kept}
        gone = [obj for obj, held in kept.items() if _held(held) & (inside | lost)]
        if not gone:
            return kept
        for obj in gone:
            del kept[obj]


def _held(content: Any) -> set[Any]:
    """The variables and objects that a container's content refers to."""
    if isinstance(content, Run):
        content = (*(content.columns or ()), content.count, content.first)
    elif isinstance(content, dict):
        content = tuple(content.values())
    parts = content if isinstance(content, tuple) else (content,)
    found: set[Any] = set()
    for part in (leaf for value in parts for leaf in leaves(value)):
        if isinstance(part, (ArrayRef, ContainerRef, ObjectRef)):
            found.add(part.obj)
        elif isinstance(part, Var):
            found.add(part)
    return found


def _endless(header: Header, trial: Trial) -> bool:
    """Whether the loop itself never comes to an end."""
    if trial.test is None:
        return header.source is not None and is_number(header.source.stop, ENDLESS)
    result = trial.test.results[0]
    return isinstance(result, Lit) and bool(result.value)
