"""Lowering of statements, with `break`, `continue` and early `return` in structured form.

Three boolean slots of the state say how control has left: `%left` (this iteration or body is
over), `%exit` (so is the loop), `%returned` (so is the function). What follows a conditional
that leaves on one side is lowered inside the other side.
"""

from __future__ import annotations

import ast
import copy
import importlib
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from adcompile.errors import ADCompileError
from adcompile.frontend import (
    attempts,
    attributes,
    containers,
    contents,
    emit,
    generators,
    indexing,
    patterns,
    runs,
    wording,
)
from adcompile.frontend.calls import dispatch
from adcompile.frontend.context import Bottom, Context
from adcompile.frontend.expr import BINARY, binary, function_value, lower_expr, truth
from adcompile.frontend.iteration import entries
from adcompile.frontend.join import join_states
from adcompile.frontend.loops.for_loops import lower_for
from adcompile.frontend.loops.while_loops import lower_while
from adcompile.frontend.names import load_name, open_scope
from adcompile.frontend.objects import definition, members, operators
from adcompile.frontend.scopes import global_writes
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import (
    ArrayRef,
    ContainerRef,
    PyVal,
    State,
    TupleVal,
    is_cell,
)
from adcompile.ir.nodes import UNDEFINED, Block, If, Lit, Stmt, Var, new_key

LEFT, EXIT, RETURNED, RESULT = "%left", "%exit", "%returned", "%result"
DEAD = "%dead"


def run_body(cx: Context, source: FunctionSource) -> PyVal:
    """Lower a function's body in the present state; its result."""
    env = cx.state.env
    env.update({LEFT: Lit(False), RETURNED: Lit(False), RESULT: UNDEFINED})
    open_scope(cx, cx.frames[-1])
    lower_stmts(cx, [*source.body, _implicit_return(source)])
    return cx.state.env[RESULT]


def _implicit_return(source: FunctionSource) -> ast.stmt:
    last = source.body[-1]
    return ast.copy_location(ast.Return(value=None), last)


def lower_stmts(cx: Context, stmts: Sequence[ast.stmt]) -> None:
    """Lower statements in order, as far as control can reach them."""
    for k, stmt in enumerate(stmts):
        left = cx.state.env[LEFT]
        if not isinstance(left, Lit):
            _guarded(cx, left, stmts[k:])
            return
        if left.value:
            return
        with cx.within(stmt), cx.at(stmt):
            cx.frames[-1].line = getattr(stmt, "lineno", None)
            try:
                if _statement(cx, stmt, stmts[k + 1 :]):
                    return
            except Bottom:  # what comes next is never reached
                leave_dead(cx)
            except ADCompileError as exc:
                if exc.raises is None or not cx.attempts:
                    raise
                emit.effect(cx, "raise", *attempts.exception_trees(exc.raises))
                leave_dead(cx)


def _statement(cx: Context, stmt: ast.stmt, rest: Sequence[ast.stmt]) -> bool:
    """Lower one statement; True if it took in the rest of its block."""
    choice = CHOICES.get(type(stmt))
    if choice is not None:
        return choice(cx, stmt, rest)
    handler = STATEMENTS.get(type(stmt))
    if handler is None:
        raise cx.refuse(f"'{_keyword(stmt)}' is not supported in a differentiated function")
    handler(cx, stmt)
    return False


def leave_dead(cx: Context) -> None:
    """Control leaves by an exception: nothing follows on this path."""
    cx.state.env.update({DEAD: Lit(True), EXIT: Lit(True), LEFT: Lit(True)})


def _keyword(stmt: ast.stmt) -> str:
    names = {
        "ClassDef": "class",
        "TryStar": "except*",
        "AsyncFunctionDef": "async def",
        "AsyncFor": "async for",
        "AsyncWith": "async with",
    }
    return names.get(type(stmt).__name__, type(stmt).__name__)


def branch(
    cx: Context,
    cond: PyVal,
    then: Callable[[], None],
    orelse: Callable[[], None],
    rest: Callable[[], None] | None = None,
) -> bool:
    """An If of statements. What comes next (`rest`) goes into the side that did not leave,
    where exactly one did; True if it was taken in so."""
    if isinstance(cond, Lit):
        (then if cond.value else orelse)()
        return False
    assert isinstance(cond, Var)
    before = cx.state
    sides: list[tuple[State, list[Stmt]]] = []
    for body in (then, orelse):
        with cx.block(before.fork()) as stmts:
            body()
            sides.append((cx.state, stmts))
    over = [_is_over(state) for state, _ in sides]
    taken = False
    if rest is not None and over.count(True) == 1:
        state, stmts = sides[over.index(False)]
        with cx.block(state, stmts):
            rest()
            sides[over.index(False)] = (cx.state, stmts)
        taken = True
    outs, first, second = join_states(cx, sides[0], sides[1], before)
    cx.stmts.append(
        If(
            outs,
            cond,
            Block(tuple(sides[0][1]), first),
            Block(tuple(sides[1][1]), second),
            new_key(),
            cx.origin,
        )
    )
    return taken or all(over)


def _is_over(state: State) -> bool:
    left = state.env[LEFT]
    return isinstance(left, Lit) and bool(left.value)


def _guarded(cx: Context, left: PyVal, rest: Sequence[ast.stmt]) -> None:
    """The statements after a point that control may or may not have left."""
    if all(isinstance(s, ast.Pass) for s in rest):
        return
    branch(cx, left, lambda: None, lambda: _resume(cx, rest))


def _resume(cx: Context, rest: Sequence[ast.stmt]) -> None:
    cx.state.env[LEFT] = Lit(False)
    lower_stmts(cx, rest)


def _if(cx: Context, node: ast.If, rest: Sequence[ast.stmt]) -> bool:
    cond = truth(cx, lower_expr(cx, node.test))
    return branch(
        cx,
        cond,
        lambda: lower_stmts(cx, node.body),
        lambda: lower_stmts(cx, node.orelse),
        lambda: lower_stmts(cx, rest),
    )


def _match(cx: Context, node: ast.Match, rest: Sequence[ast.stmt]) -> bool:
    """A match statement: its cases are tried in order, as if and elif."""
    subject = lower_expr(cx, node.subject)
    return _cases(cx, subject, node.cases, lambda: lower_stmts(cx, rest))


def _cases(
    cx: Context, subject: PyVal, cases: Sequence[ast.match_case], rest: Callable[[], None] | None
) -> bool:
    if not cases:
        return False
    case = cases[0]
    with cx.at(case.pattern):
        cond = patterns.matches(cx, case, subject)
    return branch(
        cx,
        cond,
        lambda: lower_stmts(cx, case.body),
        lambda: _discard(_cases(cx, subject, cases[1:], None)),
        rest,
    )


def _discard(_: object) -> None:
    return


# -- assignment --------------------------------------------------------------------------------


def assign(cx: Context, target: ast.expr, value: PyVal) -> None:
    """target = value."""
    if isinstance(target, ast.Name):
        bind(cx, target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(cx, target, value)
    elif isinstance(target, ast.Subscript):
        owner = lower_expr(cx, target.value)
        index = lower_expr(cx, target.slice)
        indexing.put(cx, owner, index, value)
    elif isinstance(target, ast.Attribute):
        members.set_attribute(cx, lower_expr(cx, target.value), target.attr, value)
    else:
        raise cx.refuse("this assignment is not supported")


def bind(cx: Context, name: str, value: PyVal) -> None:
    """name = value; a value without a name takes it as its hint."""
    held = cx.state.env.get(name)
    if held is not None and is_cell(held):
        cx.note_change(held.obj)  # type: ignore[union-attr]
        if held.obj.place is not None:  # type: ignore[union-attr]
            contents.demand(cx, held.obj.place, None)  # type: ignore[union-attr]
        (key,) = cx.state.store[held.obj]  # type: ignore[union-attr]
        cx.state.store[held.obj] = {key: value}  # type: ignore[union-attr]
    else:
        cx.note_change(name)
        cx.state.env[name] = value
    if cx.origin.span is not None:
        cx.bound_at[name] = cx.origin.span
    name = name.partition("@")[0]
    if cx.in_rule or cx.frames[-1].source.hidden or name.startswith("%"):
        return
    if isinstance(value, Var) and not value.hint:
        value.hint = name
    elif isinstance(value, ArrayRef) and not value.path and not value.obj.hint:
        value.obj.hint = name
        version = cx.state.store[value.obj]
        if not version.hint:
            version.hint = name


def _unpack(cx: Context, target: ast.Tuple | ast.List, value: PyVal) -> None:
    names = target.elts
    items = cx.hooks["static_items"](cx, value)
    starred = [i for i, t in enumerate(names) if isinstance(t, ast.Starred)]
    if items is None and isinstance(value, ArrayRef):
        count = None if starred else len(names)
        items = entries(cx, value, count)
        if items is None:
            raise cx.refuse("the length of what is unpacked is not known")
    if items is None:
        raise wording.cannot(cx, value, "cannot be unpacked")
    if starred:
        at = starred[0]
        after = len(names) - at - 1
        middle = items[at : len(items) - after]
        items = (*items[:at], contents.new_list(cx, middle), *items[len(items) - after :])
    if len(items) != len(names):
        raise cx.refuse(f"{len(items)} values cannot be unpacked into {len(names)} names")
    for t, v in zip(names, items, strict=True):
        assign(cx, t.value if isinstance(t, ast.Starred) else t, v)


def _assign(cx: Context, node: ast.Assign) -> None:
    value = lower_expr(cx, node.value)
    for target in node.targets:
        assign(cx, target, value)


def _annotated(cx: Context, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(cx, node.target, lower_expr(cx, node.value))


def _augmented(cx: Context, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        current = load_name(cx, target.id, target)
        value = lower_expr(cx, node.value)
        bind(cx, target.id, augmented(cx, node.op, current, value))
    elif isinstance(target, ast.Subscript):
        owner = lower_expr(cx, target.value)
        index = lower_expr(cx, target.slice)
        value = lower_expr(cx, node.value)
        if isinstance(owner, (ContainerRef, TupleVal)):
            held = indexing.get(cx, owner, index)
            indexing.put(cx, owner, index, augmented(cx, node.op, held, value))
        else:
            indexing.update(cx, owner, index, node.op, value)
    else:
        assert isinstance(target, ast.Attribute)
        owner = lower_expr(cx, target.value)
        current = attributes.get(cx, owner, target.attr)
        value = lower_expr(cx, node.value)
        result = augmented(cx, node.op, current, value)
        if result is not current or not isinstance(owner, ArrayRef):
            members.set_attribute(cx, owner, target.attr, result)


def augmented(cx: Context, op: ast.operator, current: PyVal, value: PyVal) -> PyVal:
    """current op= value: in place for arrays and lists."""
    if isinstance(current, ArrayRef):
        indexing.update(cx, current, Lit(Ellipsis), op, value)
        return current
    if isinstance(current, ContainerRef) and current.obj.kind in (dict, set):
        changed = binary(cx, op, current, value)
        contents.change(cx, current, cx.state.store[changed.obj])  # type: ignore[union-attr]
        return current
    if isinstance(current, ContainerRef) and current.obj.kind is list:
        if isinstance(op, ast.Mult):
            repeated = binary(cx, op, current, value)
            contents.change(cx, current, cx.state.store[repeated.obj])  # type: ignore[union-attr]
            return current
        items = cx.hooks["static_items"](cx, value)
        if not isinstance(op, ast.Add) or items is None:
            raise cx.refuse("a list can only be extended by a sequence of known length")
        if runs.run_of(cx, current) is not None:
            for item in items:
                runs.append(cx, current, item)
            return current
        contents.change(cx, current, (*cx.state.store[current.obj], *items))
        return current
    in_place = operators.in_place(cx, BINARY[type(op)][0], current, value)
    return binary(cx, op, current, value) if in_place is None else in_place


# -- control -----------------------------------------------------------------------------------


def _return(cx: Context, node: ast.Return) -> None:
    value = Lit(None) if node.value is None else lower_expr(cx, node.value)
    cx.state.env.update({RESULT: value, RETURNED: Lit(True), EXIT: Lit(True), LEFT: Lit(True)})


def _break(cx: Context, node: ast.Break) -> None:
    cx.state.env.update({EXIT: Lit(True), LEFT: Lit(True)})


def _continue(cx: Context, node: ast.Continue) -> None:
    cx.state.env[LEFT] = Lit(True)


def _expression(cx: Context, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Constant):
        return
    lower_expr(cx, node.value)


def _assert(cx: Context, node: ast.Assert) -> None:
    cond = truth(cx, lower_expr(cx, node.test))
    if cx.in_rule and isinstance(cond, Lit):  # what a rule asserts of shapes is decided here
        if cond.value:
            return
        raise cx.refuse("the derivative rule of this function does not cover these operands")
    message = node.msg
    if message is None or isinstance(message, ast.Constant):
        shown = [] if message is None else [emit.tree(cx, lower_expr(cx, message))]
        emit.effect(cx, "assert", emit.atom(cx, cond), *shown)
        return

    def fail() -> None:  # the message is made only where it is needed
        emit.effect(cx, "raise", Lit(AssertionError), emit.tree(cx, lower_expr(cx, message)))
        leave_dead(cx)

    branch(cx, cond, lambda: None, fail)


def _raise(cx: Context, node: ast.Raise) -> None:
    attempts.lower_raise(cx, node)
    leave_dead(cx)


def _function(cx: Context, node: ast.FunctionDef) -> None:
    decorators = [lower_expr(cx, d) for d in node.decorator_list]
    value: PyVal = function_value(cx, node)
    for place, decorator in zip(node.decorator_list[::-1], decorators[::-1], strict=True):
        with cx.at(place):
            value = dispatch.call(cx, decorator, [value], {})
    bind(cx, node.name, value)


def _class(cx: Context, node: ast.ClassDef) -> None:
    bind(cx, node.name, definition.define_class(cx, node))


def _pass(cx: Context, node: ast.Pass) -> None:
    return


def _delete(cx: Context, node: ast.Delete) -> None:
    for target in node.targets:
        _delete_target(cx, target)


def _delete_target(cx: Context, target: ast.expr) -> None:
    if isinstance(target, ast.Name):
        load_name(cx, target.id, target)
        bind(cx, target.id, UNDEFINED)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            _delete_target(cx, part)
    elif isinstance(target, ast.Subscript):
        owner = lower_expr(cx, target.value)
        index = lower_expr(cx, target.slice)
        if operators.special(cx, owner, "__delitem__", index) is None:
            containers.delete(cx, owner, index)
    else:
        assert isinstance(target, ast.Attribute)
        members.delete_attribute(cx, lower_expr(cx, target.value), target.attr)


def _nonlocal(cx: Context, node: ast.Nonlocal) -> None:
    return  # see names.open_scope


def _global(cx: Context, node: ast.Global) -> None:
    written = global_writes(cx.frames[-1].source.node)
    if set(written) & set(node.names):
        raise cx.refuse(
            "writing a global is not supported in a differentiated function",
            "Return the value, or pass it as an argument.",
        )


def _import(cx: Context, node: ast.Import) -> None:
    for alias in node.names:
        module = _module(cx, alias.name, 0)
        if alias.asname is None:
            module = sys.modules[alias.name.partition(".")[0]]
        bind(cx, alias.asname or alias.name.partition(".")[0], Lit(module))


def _import_from(cx: Context, node: ast.ImportFrom) -> None:
    module = _module(cx, node.module or "", node.level)
    for alias in node.names:
        if hasattr(module, alias.name):
            value = attributes.get(cx, Lit(module), alias.name)
        else:
            value = Lit(_module(cx, f"{module.__name__}.{alias.name}", 0))
        bind(cx, alias.asname or alias.name, value)


def _module(cx: Context, name: str, level: int) -> types.ModuleType:
    """A module that the function imports: it is imported when the function is compiled."""
    package = cx.frames[-1].source.fn.__globals__.get("__package__")
    try:
        return importlib.import_module("." * level + name, package)
    except ImportError as exc:
        raise cx.refuse(
            f"the import of {name} fails: {exc}", "Check its name, or install it.", raises=exc
        ) from None


def _for(cx: Context, node: ast.For) -> None:
    if _else_leaves(node):
        lower_stmts(cx, else_after(node))
    else:
        lower_for(cx, node)


def _while(cx: Context, node: ast.While) -> None:
    if _else_leaves(node):
        lower_stmts(cx, else_after(node))
    else:
        lower_while(cx, node)


def _else_leaves(node: ast.For | ast.While) -> bool:
    """Whether the `else` of a loop breaks or continues the loop around it."""
    return any(generators.has_own(node.orelse, k) for k in (ast.Break, ast.Continue))


def else_after(node: Any) -> list[ast.stmt]:
    """A loop whose `else` is a conditional that follows: what leaves the loop around is there."""
    if not hasattr(node, "else_after"):
        name = f"%completed {node.lineno} {node.col_offset}"

        def flag(value: bool) -> ast.stmt:
            target = ast.Name(name, ast.Store())
            return ast.Assign([target], ast.Constant(value))

        loop = copy.copy(node)
        loop.orelse = [flag(True)]
        choice = ast.If(ast.Name(name, ast.Load()), node.orelse, [])
        made = [flag(False), loop, choice]
        for stmt in (made[0], choice, loop.orelse[0]):
            ast.copy_location(stmt, node)
            ast.fix_missing_locations(stmt)
        node.else_after = made
    result: list[ast.stmt] = node.else_after
    return result


def _try(cx: Context, node: ast.Try, rest: Sequence[ast.stmt]) -> bool:
    return attempts.lower_try(cx, node, lambda: lower_stmts(cx, rest))


def _with(cx: Context, node: ast.With, rest: Sequence[ast.stmt]) -> bool:
    return attempts.lower_with(cx, node, lambda: lower_stmts(cx, rest))


CHOICES: dict[type[ast.stmt], Callable[[Context, Any, Sequence[ast.stmt]], bool]] = {
    ast.If: _if,
    ast.Match: _match,
    ast.Try: _try,
    ast.With: _with,
}
STATEMENTS: dict[type[ast.stmt], Callable[[Context, Any], None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Expr: _expression,
    ast.Assert: _assert,
    ast.Raise: _raise,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Pass: _pass,
    ast.Delete: _delete,
    ast.Nonlocal: _nonlocal,
    ast.Global: _global,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.For: _for,
    ast.While: _while,
}
