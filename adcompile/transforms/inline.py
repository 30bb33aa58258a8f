"""Inlining of rules: a rule's source is lowered where it applies, on the operands at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adcompile.analysis.facts import Facts
from adcompile.analysis.homes import Homes
from adcompile.analysis.operands import aval_of
from adcompile.errors import ADCompileError
from adcompile.frontend import emit, extents, static, wording
from adcompile.frontend.calls import inlining
from adcompile.frontend.context import Context, Frame
from adcompile.frontend.lower import HOOKS
from adcompile.frontend.source import FunctionSource
from adcompile.frontend.values import (
    ZERO,
    Conflict,
    Masked,
    PyVal,
    SliceVal,
    State,
    TupleVal,
    Zero,
)
from adcompile.ir import avals
from adcompile.ir.avals import Array, Aval, Scalar
from adcompile.ir.nodes import (
    NOWHERE,
    Block,
    For,
    Function,
    If,
    Lens,
    Let,
    Lit,
    Origin,
    SliceTree,
    Stmt,
    Tree,
    Var,
    While,
)
from adcompile.ir.primitives import Registry
from adcompile.ir.walk import let_trees, map_blocks, paths, tree_vars
from adcompile.rules.dsl import CustomAdjoint, CustomTangent


class Builder:
    """Emits derivative statements: a lowering context in rule mode."""

    def __init__(
        self,
        registry: Registry,
        facts: Facts,
        homes: Homes,
        np_floats: bool = False,
    ) -> None:
        self.cx = Context(registry, facts, in_rule=True)
        self.cx.hooks = HOOKS
        self.cx.np_floats = np_floats
        self.cx.homes = homes.copy()
        self.registry = registry

    @property
    def stmts(self) -> list[Stmt]:
        return self.cx.stmts

    def into(self, stmts: list[Stmt]) -> Any:
        """A context in which statements go to `stmts`."""
        return self.cx.block(self.cx.state, stmts)

    def learn_lengths(self, fn: Function, linear: set[Var]) -> None:
        """Record where each symbolic length of `fn` can be read, outside its linear part."""
        for var, path in paths(fn).items():
            if var not in linear:
                self.cx.homes.learn(var, path)

    def come_from(self, origin: Origin) -> None:
        self.cx.origin = origin.derived() if origin is not NOWHERE else Origin(None, True)

    def value(self, tree: Tree) -> PyVal:
        """An operand tree as a value that rules can work with."""
        if isinstance(tree, Var):
            return tree
        if isinstance(tree, Lit):
            return tree
        if isinstance(tree, SliceTree):
            return SliceVal(self.value(tree.start), self.value(tree.stop), self.value(tree.step))
        assert not isinstance(tree, Lens)
        return TupleVal(tuple(self.value(t) for t in tree))

    def emit(self, name: str, *args: PyVal, **kwargs: PyVal) -> PyVal:
        return emit.primitive(self.cx, self.registry.by_name[name], args, kwargs)

    def aval(self, value: PyVal) -> Aval:
        return self.cx.aval(value)

    def atom(self, value: PyVal) -> Any:
        """The value as an IR atom, masks applied."""
        return emit.atom(self.cx, value)

    def apply(
        self, made: Any, arguments: Mapping[str, PyVal], keywords: Mapping[str, PyVal]
    ) -> PyVal:
        """Inline a rule."""
        if isinstance(made, (CustomTangent, CustomAdjoint)):
            return self._custom(made, list(arguments.values()), keywords)
        kwargs = {k: v for k, v in keywords.items() if k in made.keywords}
        named = {k: v for k, v in arguments.items() if k in made.parameters}
        return self._run(made.source, made.fn, [], {**named, **kwargs})

    def _run(
        self,
        source: FunctionSource,
        fn: Any,
        args: Sequence[PyVal],
        kwargs: Mapping[str, PyVal],
    ) -> PyVal:
        """Inline a function of the rules."""
        cx = self.cx
        cx.frames.append(Frame(source))
        before = cx.state
        try:
            env = inlining.bind_arguments(
                cx, source, args, dict(kwargs), inlining.defaults_of(cx, fn)
            )
            cx.state = State(env, before.store)
            before_stmts = len(cx.stmts)
            result: PyVal = cx.hooks["run_body"](cx, source)
            mark_linear(cx.stmts, before_stmts, cx.linear)
            return result
        except ADCompileError as exc:
            raise exc.located(cx.origin.span) from None
        finally:
            cx.frames.pop()
            cx.state = before

    def _custom(
        self,
        made: CustomTangent | CustomAdjoint,
        operands: Sequence[PyVal],
        keywords: Mapping[str, PyVal],
    ) -> PyVal:
        """A rule in the form of `custom_jvp` or `custom_vjp`; of the latter the adjoints of all
        operands, None for those that have none."""
        fixed = [operands[i] for i in made.nondiff]
        free = [i for i in range(len(operands)) if i not in made.nondiff]
        if isinstance(made, CustomTangent):
            dots = TupleVal(tuple(keywords[f"{made.parameters[i]}_dot"] for i in free))
            primals = TupleVal(tuple(operands[i] for i in free))
            pair = self._run(made.source, made.fn, [*fixed, primals, dots], {})
            return self._items(pair, 2, "a jvp rule returns (value, tangent)")[1]
        pair = self._run(made.forward, made.forward_fn, operands, {})
        _, kept = self._items(pair, 2, "a forward rule returns (value, residuals)")
        bar = keywords["result_bar"]
        bar = emit.unmask(self.cx, bar) if isinstance(bar, Masked) else bar
        given = self._run(made.backward, made.backward_fn, [*fixed, kept, bar], {})
        what = f"a backward rule returns a tuple with one adjoint an argument, {len(free)} here"
        bars = dict(zip(free, self._items(given, len(free), what), strict=True))
        none = [i not in bars or _is_none(bars[i]) for i in range(len(operands))]
        return TupleVal(tuple(ZERO if n else bars[i] for i, n in enumerate(none)))

    def _items(self, value: PyVal, count: int, what: str) -> Sequence[PyVal]:
        items = value.items if isinstance(value, TupleVal) else static.items(self.cx, value)
        if items is None or len(items) != count:
            raise self.cx.refuse(what)
        return items

    # -- fitting a value to a kind ---------------------------------------------------------------

    def fit(self, value: PyVal, like: Var, kind: Aval | None = None) -> PyVal:
        """A tangent or adjoint with the shape and dtype of its primal (or the dtype of `kind`)."""
        if isinstance(value, Zero):
            return value
        if isinstance(value, Conflict):
            raise wording.unusable(self.cx, value)
        target = like.aval
        if isinstance(target, Array):
            shape = avals.shape_of(self.aval(value))
            if shape != target.shape and not self.fits(shape, target.shape):
                value = self.emit("broadcast_to", value, extents.of_shape(self.cx, like))
        return self.fit_dtype(value, kind or target)

    def fit_dtype(self, value: PyVal, target: Aval) -> PyVal:
        """The value in the target's dtype; Python numbers stay weak.

        The adjoint of a real number in a complex expression is a real part.
        """
        if avals.is_complex(self.aval(value)) and not avals.is_complex(target):
            value = self.emit("real", value)
        have = self.aval(value)
        assert not isinstance(have, avals.Opaque) and not isinstance(target, avals.Opaque)
        if have.dtype == target.dtype or (isinstance(have, Scalar) and have.weak):
            return value
        if isinstance(value, Lit):
            return value
        if isinstance(have, Array):
            return self.emit("astype", value, Lit(target.dtype))
        if target.dtype.name in self.registry.by_name:
            return self.emit(target.dtype.name, value)
        return value

    def weaken(self, value: PyVal, target: Aval) -> PyVal:
        """A NumPy scalar as a Python float, where a region declares a Python float."""
        have = self.aval(value)
        if isinstance(have, Scalar) and not have.weak and target in (avals.FLOAT, avals.COMPLEX):
            return self.emit("float" if target == avals.FLOAT else "complex", value)
        return value

    def fits(self, have: tuple[Any, ...], want: tuple[Any, ...]) -> bool:
        """Whether shapes that differ symbolically are equal whenever the primal runs."""
        if len(have) != len(want):
            return False
        for a, b in zip(have, want, strict=True):
            if a == b:
                continue
            if a == 1 or b == 1:
                return False
            one = self.cx.facts.equals(a, 1)
            if one is None or one != self.cx.facts.equals(b, 1):
                return False
        return True

    def zeros(self, like: Var | Lit) -> PyVal:
        """A zero of the kind of `like`."""
        aval = aval_of(like)
        if not isinstance(aval, Array):
            return Lit(0.0) if isinstance(aval, Scalar) and aval.dtype.kind == "f" else Lit(0)
        return self.emit("zeros_like", like)

    def add(self, a: PyVal, b: PyVal) -> PyVal:
        """The sum of two contributions of the same kind; masks are united."""
        if isinstance(a, Zero):
            return b
        if isinstance(b, Zero):
            return a
        if isinstance(a, Masked) and isinstance(b, Masked):
            if a.cond is b.cond and a.selected == b.selected:
                return Masked(self.emit("add", a.value, b.value), a.cond, a.selected)
            cond = a.cond if a.cond is b.cond else self.emit("logical_or", a.cond, b.cond)
            total = self.emit("add", emit.unmask(self.cx, a), emit.unmask(self.cx, b))
            return Masked(total, cond, selected=True)
        return self.emit("add", a, b)


def _is_none(value: PyVal) -> bool:
    return isinstance(value, Lit) and value.value is None


def mark_linear(stmts: list[Stmt], start: int, linear: set[Var]) -> None:
    """Tag what depends linearly on tangents inside the conditionals and loops of a rule."""
    if not linear or all(isinstance(s, Let) for s in stmts[start:]):
        return

    def visit(block: Block) -> Block:
        new: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                if any(v in linear for t in let_trees(s) for v in tree_vars(t)):
                    linear.add(s.out)
                    s = replace(s, linear=True)
                new.append(s)
                continue
            size = -1
            while size != len(linear):
                size = len(linear)
                if isinstance(s, (For, While)):
                    for c, r in zip(s.carries, s.body.results, strict=False):
                        if c.init in linear or r in linear or c.param in linear:
                            linear.update((c.param, c.out))
                s = map_blocks(visit, s)
            if isinstance(s, If):
                sides = zip(s.outs, s.then.results, s.orelse.results, strict=True)
                linear.update(v for v, a, b in sides if a in linear or b in linear)
            new.append(s)
        return Block(tuple(new), block.results)

    stmts[start:] = visit(Block(tuple(stmts[start:]), ())).stmts
