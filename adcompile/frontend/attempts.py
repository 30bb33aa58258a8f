"""Lowering of `try`, `with` and `raise`.

A `try` becomes one protected block (`ir.nodes.Try`) and, after it, conditionals on which path
ran: handlers, `else` and what follows are lowered like the sides of an `if`, outside of the
protection. On the path of an exception a name or array is what it was before the block, where
nothing that may raise follows its change; otherwise it is undecided. A `with` whose context
lets exceptions pass is a pair of marks around its statements.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import textwrap
import threading
import types
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcompile.errors import ADCompileError, Span
from adcompile.frontend import emit, static, wording
from adcompile.frontend.context import Attempt, Context
from adcompile.frontend.expr import lower_expr
from adcompile.frontend.join import join_avals
from adcompile.frontend.loops.syntax import EXIT, LEFT, RESULT, RETURNED, assigned_names
from adcompile.frontend.values import (
    ArrayObj,
    ArrayRef,
    Conflict,
    ObjectRef,
    PyVal,
    Run,
    State,
    Store,
    is_atom,
    map_vars,
)
from adcompile.ir import avals
from adcompile.ir.avals import BOOL, Array, Opaque, Scalar
from adcompile.ir.nodes import UNDEFINED, Atom, Block, Let, Lit, Tree, Try, Var, new_key
from adcompile.ir.raising import may_raise
from adcompile.ir.walk import outs

Do = Callable[[], None]
DEAD = "%dead"


@dataclass
class Clause:
    """What is done about exceptions of some class; `handle` gets the exception."""

    kinds: Lit
    handle: Callable[[Var], None]
    raises: bool = False


# -- try -----------------------------------------------------------------------------------------


def lower_try(cx: Context, node: ast.Try, rest: Do) -> bool:
    """A try statement; True if it took in what follows."""
    if node.finalbody:
        _finally(cx, node)
        return False
    clauses = [_clause(cx, h) for h in node.handlers]
    return attempt(
        cx,
        lambda: cx.hooks["stmts"](cx, node.body),
        assigned_names(node.body),
        clauses,
        lambda: cx.hooks["stmts"](cx, node.orelse),
        rest,
    )


def _clause(cx: Context, node: ast.ExceptHandler) -> Clause:
    kinds = Lit(BaseException)
    if node.type is not None:
        kinds = Lit(static.value(cx, lower_expr(cx, node.type), "the class of an exception"))
    classes = kinds.value if isinstance(kinds.value, tuple) else (kinds.value,)
    if not all(isinstance(c, type) and issubclass(c, BaseException) for c in classes):
        raise cx.refuse("'except' needs a class of exceptions, or a tuple of them")

    def handle(error: Var) -> None:
        cx.handled.append(error)
        try:
            if node.name is not None:
                cx.note_change(node.name)
                error.hint = node.name
                cx.state.env[node.name] = error
            cx.hooks["stmts"](cx, node.body)
        finally:
            cx.handled.pop()
        if node.name is not None:  # Python unbinds it
            cx.state.env[node.name] = UNDEFINED

    return Clause(kinds, handle, isinstance(node.body[-1], ast.Raise))


def attempt(
    cx: Context,
    body: Do,
    assigned: Sequence[str] | dict[str, None],
    clauses: Sequence[Clause],
    orelse: Do,
    rest: Do,
) -> bool:
    """Lower `body` protected, then the clauses, `orelse` and what follows."""
    with cx.block(cx.state.fork()) as stmts:
        work = Attempt(stmts, cx.state.fork(), cx.frames[-1])
        cx.attempts.append(work)
        try:
            body()
        finally:
            cx.attempts.pop()
        end = cx.state
    if not any(map(may_raise, stmts)):
        cx.stmts.extend(stmts)
        _enter(cx, end)
        if DEAD not in end.env:
            _unless_left(cx, orelse)
        return False
    for name in assigned:
        if not _same(work.entry.env.get(name), end.env.get(name)):
            work.changed.setdefault(name, (0, None))
    for obj, held in work.entry.store.items():
        if end.store.get(obj) is not held:
            work.changed.setdefault(obj, (0, None))
    after, failed, done, caught, error = _emit(cx, work, end, clauses)

    def handle(k: int) -> None:
        if k == 0:
            _enter(cx, failed)

        def this() -> None:
            clauses[k].handle(error)
            _forget_undecided(cx)

        if k == len(clauses) - 1:
            this()
        else:
            cx.hooks["branch"](cx, caught[k], this, lambda: handle(k + 1))

    def complete() -> None:
        _enter(cx, after)
        if DEAD not in after.env:
            _unless_left(cx, orelse)

    taken: bool = cx.hooks["branch"](cx, done, complete, lambda: handle(0), rest)
    return taken


def _forget_undecided(cx: Context) -> None:
    """Where the function is over it does not matter what a name might be."""
    env = cx.state.env
    returned = env.get(RETURNED)
    if DEAD in env or (isinstance(returned, Lit) and returned.value):
        for name, value in env.items():
            if isinstance(value, Conflict) and value.why:
                env[name] = UNDEFINED


def _unless_left(cx: Context, orelse: Do) -> None:
    """The else clause: not after a `return`, `break` or `continue` of the body."""
    left = cx.state.env[LEFT]
    if isinstance(left, Lit):
        if not left.value:
            orelse()
        return

    def resume() -> None:
        cx.state.env[LEFT] = Lit(False)
        orelse()

    cx.hooks["branch"](cx, left, lambda: None, resume)


def _enter(cx: Context, state: State) -> None:
    """Go on in `state`, as the state of the block at hand."""
    env, store = dict(state.env), dict(state.store)
    cx.state.env.clear()
    cx.state.env.update(env)
    cx.state.store.clear()
    cx.state.store.update(store)


def _same(a: PyVal | None, b: PyVal | None) -> bool:
    if isinstance(a, ArrayRef) and isinstance(b, ArrayRef):
        return a.obj is b.obj and a.path == b.path
    return a is b


def _emit(
    cx: Context, work: Attempt, end: State, clauses: Sequence[Clause]
) -> tuple[State, State, Var, list[Var], Var]:
    """Emit the Try; the states after it where it completed and where it did not, its flags."""
    made = _Results(cx, work, end, all(c.raises for c in clauses))
    after, failed = made.states()
    done = Var(BOOL, "completed")
    caught = [Var(BOOL, "caught") for _ in clauses[:-1]]
    error = Var(Opaque("exception"), "error")
    cx.stmts.append(
        Try(
            tuple(made.outs),
            done,
            tuple(caught),
            error,
            tuple(c.kinds for c in clauses),
            Block(tuple(work.stmts), tuple(made.results)),
            Block((), tuple(made.fallbacks)),
            new_key(),
            cx.origin,
        )
    )
    return after, failed, done, caught, error


class _Results:
    """What a protected block hands on: values that it defines, and what they are if it fails."""

    def __init__(self, cx: Context, work: Attempt, end: State, raises: bool) -> None:
        self.cx = cx
        self.work = work
        self.end = end
        self.raises = raises
        self.inside = {v for s in work.stmts for v in outs(s)}
        self.new: dict[Var, Var] = {}
        self.outs: list[Var] = []
        self.results: list[Atom] = []
        self.fallbacks: list[Atom] = []

    def states(self) -> tuple[State, State]:
        entry, end = self.work.entry, self.end
        failed = entry.fork()
        for what, (at, span) in self.work.changed.items():
            torn = any(map(may_raise, self.work.stmts[at:]))
            if isinstance(what, ArrayObj) and what.rows:
                torn = False  # of a list's column only the rows that its count says are read
            if isinstance(what, str):
                self.name(what, failed, torn)
            elif torn and not self.raises:
                raise self.refused(what, span)
            elif isinstance(what, ArrayObj) and end.store[what] is not entry.store[what]:
                version = entry.store[what]
                out = self.export(end.store[what], UNDEFINED if torn else version)
                failed.store[what] = version if torn else out
        after = State(
            {k: map_vars(self.outward, v) for k, v in end.env.items()},
            Store({k: self.held(v) for k, v in end.store.items()}),
        )
        return after, failed

    def name(self, name: str, failed: State, torn: bool) -> None:
        """A name on the path of an exception: as before, or undecided."""
        old, new = self.work.entry.env.get(name, UNDEFINED), self.end.env.get(name, UNDEFINED)
        if torn:
            why = f"{name!r} may have been bound anew when the exception was raised, or not"
            failed.env[name] = Conflict(old, new, why=why)
            return
        failed.env[name] = old
        fresh = isinstance(new, Var) and new in self.inside and new not in self.new
        if fresh and is_atom(old) and old is not UNDEFINED:
            kinds = self.cx.aval(old), self.cx.aval(new)
            if all(isinstance(k, Scalar) for k in kinds):
                joined = join_avals(self.cx, *map(_plain, kinds))
                if joined == _plain(kinds[1]):
                    failed.env[name] = self.export(new, old)  # type: ignore[arg-type]

    def refused(self, what: Any, span: Span | None) -> ADCompileError:
        kind = "an array" if isinstance(what, ArrayObj) else f"a {what.kind.__name__}"
        if kind == "a cell":
            kind = "a name of an enclosing function"
        hint = getattr(what, "hint", "") or kind
        return self.cx.refuse(
            f"this changes {hint} in a 'try' body that may raise an exception after it",
            "Compute first and write last in the body, write it after the 'try', or write to an "
            "array made in the body.",
            span=span,
        )

    def held(self, content: Any) -> Any:
        """The content of an object after the block."""
        if isinstance(content, dict):
            return {k: map_vars(self.outward, v) for k, v in content.items()}
        if isinstance(content, Run):
            columns = content.columns
            if columns is not None:
                columns = tuple(map_vars(self.outward, c) for c in columns)  # type: ignore[misc]
            count, first = (map_vars(self.outward, v) for v in (content.count, content.first))
            return replace(content, columns=columns, count=count, first=first)
        if isinstance(content, tuple):
            return tuple(map_vars(self.outward, v) for v in content)
        return self.outward(content) if isinstance(content, Var) else content

    def outward(self, var: Var) -> Var:
        return self.export(var, UNDEFINED) if var in self.inside else var

    def export(self, var: Var, fallback: Atom) -> Var:
        """A value of the block as seen after it."""
        if var not in self.new:
            hint = var.hint
            out = Var(var.aval, hint)
            self.new[var] = out
            self.outs.append(out)
            self.results.append(var)
            self.fallbacks.append(fallback)
        return self.new[var]


def _plain(aval: avals.Aval) -> avals.Aval:
    return Scalar(aval.dtype, aval.weak) if isinstance(aval, Scalar) else aval


# -- finally -------------------------------------------------------------------------------------


def _finally(cx: Context, node: ast.Try) -> None:
    """try ... finally: the last block runs on every path, also on that of an exception, where
    only its effects matter."""
    inner = ast.copy_location(ast.Try(node.body, node.handlers, node.orelse, []), node)
    body: list[ast.stmt] = [inner] if node.handlers else [*node.body, *node.orelse]

    def unwind(error: Var) -> None:
        cx.handled.append(error)
        try:
            cx.hooks["stmts"](cx, node.finalbody)
        finally:
            cx.handled.pop()
        left = cx.state.env[LEFT]
        if not isinstance(left, Lit):
            raise cx.refuse(
                "a 'finally' that may leave the function or loop is not supported",
                "Leave it after the 'try'.",
            )
        if not left.value:
            emit.effect(cx, "raise", error)
            cx.state.env.update({DEAD: Lit(True), EXIT: Lit(True), LEFT: Lit(True)})

    before = {LEFT: cx.state.env[LEFT], EXIT: cx.state.env.get(EXIT, Lit(False))}
    if cx.attempts or _has_effects(node.finalbody):
        kinds = Clause(Lit(BaseException), unwind, True)
        attempt(
            cx,
            lambda: cx.hooks["stmts"](cx, body),
            assigned_names(body),
            [kinds],
            lambda: None,
            lambda: None,
        )
    else:
        cx.hooks["stmts"](cx, body)
    if DEAD in cx.state.env:
        return
    flags = {k: cx.state.env.get(k, Lit(False)) for k in (RETURNED, EXIT, LEFT, RESULT)}
    cx.state.env.update(before)
    cx.hooks["stmts"](cx, node.finalbody)
    left = cx.state.env[LEFT]
    if not isinstance(left, Lit):
        raise cx.refuse(
            "a 'finally' that may leave the function or loop is not supported",
            "Leave it after the 'try'.",
        )
    if not left.value:
        cx.state.env.update(flags)


def _has_effects(stmts: Sequence[ast.stmt]) -> bool:
    """Whether statements may do more than bind names: call, raise, leave, write an object."""
    busy = (ast.Call, ast.Raise, ast.Assert, ast.Return, ast.Break, ast.Continue, ast.With)
    for stmt in stmts:
        for node in ast.walk(stmt):
            if isinstance(node, busy):
                return True
    return False


# -- raise ---------------------------------------------------------------------------------------


def lower_raise(cx: Context, node: ast.Raise) -> None:
    """Every form of raise, as an effect on (what, cause or None, *arguments)."""
    if node.exc is None:
        if not cx.handled:
            raise cx.refuse("there is no exception to raise again here", "Name one.")
        emit.effect(cx, "raise", cx.handled[-1])
        return
    trees = _exception(cx, node.exc)
    if node.cause is not None:
        cause = _exception(cx, node.cause)
        if len(cause) > 1:
            raise cx.refuse("the cause of an exception must be a name or a class", "Bind it first.")
        emit.effect(cx, "raise_from", cause[0], *trees)
        return
    emit.effect(cx, "raise", *trees)


def _exception(cx: Context, node: ast.expr) -> tuple[Tree, ...]:
    """An exception as operands: its class and arguments, or the exception itself."""
    call = node if isinstance(node, ast.Call) else None
    made = lower_expr(cx, node if call is None else call.func)
    if isinstance(made, Var) and isinstance(made.aval, Opaque) and call is None:
        return (made,)
    if not isinstance(made, Lit) or (call is not None and call.keywords):
        raise cx.refuse("only 'raise SomeError(...)' with arguments by position is supported")
    args = [] if call is None else call.args
    return (made, *(emit.tree(cx, lower_expr(cx, a)) for a in args))


def exception_trees(exc: Exception) -> tuple[Lit, ...]:
    """An exception that is certain at compile time, to be raised when the program runs."""
    return (Lit(type(exc)), *map(Lit, exc.args))


# -- with ----------------------------------------------------------------------------------------

TRANSPARENT = (np.errstate, np.printoptions, warnings.catch_warnings)
LOCKS = (type(threading.Lock()), type(threading.RLock()))


def lower_with(cx: Context, node: ast.With, rest: Do) -> bool:
    """A with statement, one context around the next; True if it took in what follows."""
    return _context(cx, node.items, node.body, rest)


def _context(
    cx: Context, items: Sequence[ast.withitem], body: Sequence[ast.stmt], rest: Do
) -> bool:
    if not items:
        cx.hooks["stmts"](cx, body)
        return False
    item, more = items[0], items[1:]

    def inner() -> None:
        _context(cx, more, body, lambda: None)

    call = item.context_expr if isinstance(item.context_expr, ast.Call) else None
    manager = lower_expr(cx, call.func if call else item.context_expr)
    if isinstance(manager, ObjectRef) and manager.obj.place is not None and call is None:
        cx.guards.append((manager.obj.place, manager.obj.value))
        manager = Lit(manager.obj.value)
    if not isinstance(manager, Lit):
        raise _unknown(cx, wording.describe(cx, manager))
    fn = manager.value
    args = [lower_expr(cx, a) for a in call.args] if call else []
    if call and fn is contextlib.nullcontext:
        if item.optional_vars is not None:
            cx.hooks["assign"](cx, item.optional_vars, args[0] if args else Lit(None))
        inner()
        return False
    if call and fn is contextlib.suppress:
        classes = tuple(static.value(cx, a, "the class of an exception") for a in args)
        clause = Clause(Lit(classes[0] if len(classes) == 1 else classes), lambda _: None)
        assigned = assigned_names([*body])
        return attempt(cx, inner, assigned, [clause], lambda: None, rest)
    _check_passes(cx, fn, call is not None)
    keywords = call.keywords if call else []
    named = {k.arg or "": lower_expr(cx, k.value) for k in keywords}
    _run_inside(cx, item, fn, call is not None, args, named, inner)
    return False


def _run_inside(
    cx: Context,
    item: ast.withitem,
    fn: Any,
    called: bool,
    args: Sequence[PyVal],
    named: dict[str, PyVal],
    inner: Do,
) -> None:
    """The statements between two marks, which the program runs in the context."""
    trees = tuple(emit.tree(cx, a) for a in args)
    kwargs = tuple((k, emit.tree(cx, v)) for k, v in named.items())
    for tree in (*trees, *(t for _, t in kwargs)):
        if not isinstance(tree, Lit) and isinstance(getattr(tree, "aval", None), Array):
            raise cx.refuse(
                "a context that takes an array may keep or change it, which is not supported",
                "Enter it outside of the function.",
            )
    entered = Var(Opaque("context"))
    place = (Lit(fn), Lit(called), *trees)
    cx.stmts.append(Let(entered, cx.prim("with"), place, kwargs, cx.origin))
    if item.optional_vars is not None:
        if not isinstance(item.optional_vars, ast.Name):
            raise cx.refuse("'with ... as' needs one name here", "Unpack it in the body.")
        entered.hint = item.optional_vars.id
        cx.hooks["assign"](cx, item.optional_vars, Lit(None) if fn is np.errstate else entered)
    inner()
    emit.effect(cx, "leave", entered)


def _check_passes(cx: Context, fn: Any, called: bool) -> None:
    """Refuse a context that may swallow exceptions: what follows would not be certain."""
    if called and fn in TRANSPARENT:
        return
    generator = getattr(fn, "__wrapped__", None)
    if called and inspect.isgeneratorfunction(generator):
        if not _source_has(generator, ast.ExceptHandler):
            return
        raise _swallows(cx, fn.__name__)
    kind = fn if called and isinstance(fn, type) else type(fn)
    if called and not isinstance(fn, type):
        raise _unknown(cx, getattr(fn, "__name__", "this"))
    if kind in LOCKS:
        return
    leave = getattr(kind, "__exit__", None)
    if not hasattr(kind, "__enter__") or leave is None:
        raise _unknown(cx, kind.__name__)
    if isinstance(leave, types.FunctionType) and not _source_has(leave, ast.Return):
        return
    raise _swallows(cx, kind.__name__)


def _source_has(fn: Any, what: type[ast.AST]) -> bool:
    """Whether a function holds a return of a value, or an except clause; True if unknown."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(fn)))
    except (OSError, TypeError, SyntaxError):
        return True

    def counts(node: ast.AST) -> bool:
        if not isinstance(node, what):
            return False
        if isinstance(node, ast.Return):
            none = isinstance(node.value, ast.Constant) and not node.value.value
            return node.value is not None and not none
        return True

    return any(map(counts, ast.walk(tree)))


def _unknown(cx: Context, shown: str) -> ADCompileError:
    return cx.refuse(
        f"{shown} is no context manager that is known at compile time",
        "Use one from outside the function, a class with __enter__ and __exit__, or a function "
        "made by contextlib.contextmanager.",
    )


def _swallows(cx: Context, shown: str) -> ADCompileError:
    return cx.refuse(
        f"{shown} may swallow exceptions, which is not supported",
        "Let its __exit__ return nothing, or use 'try' or contextlib.suppress.",
    )
