"""The table of contents: from a function and a call to a compiled program, stage by stage.

lower        Python -> IR, by abstract interpretation on the call's arguments
transform    linearise, then interleave (forward) or transpose (reverse); they compose
simplify     folding, common subexpressions, dead code
plan         residuals stored or recomputed; copies where a write needs one
write        IR -> Python AST -> text
load         text registered with linecache, compiled
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adcompile.analysis.facts import Guard
from adcompile.analysis.operands import aval_of
from adcompile.codegen.lists import listed
from adcompile.codegen.load import load_text
from adcompile.codegen.source import to_source
from adcompile.codegen.spelling import name as name_of
from adcompile.codegen.writer import Signature, write_function
from adcompile.errors import BadArgnums, NonScalarOutput, NotDifferentiable, Span
from adcompile.frontend.lower import Capture, Lowered, lower
from adcompile.frontend.places import Place
from adcompile.frontend.structure import is_number, parts_of
from adcompile.ir import avals, dims
from adcompile.ir.avals import Array, Scalar
from adcompile.ir.nodes import (
    Atom,
    Block,
    Function,
    Let,
    Lit,
    Origin,
    Stmt,
    Var,
)
from adcompile.ir.primitives import Registry
from adcompile.ir.trees import NONE, Node, node_leaves, tuple_node, with_leaves
from adcompile.ir.verify import verify
from adcompile.ir.walk import (
    all_stmts,
    inner_vars,
    outs,
)
from adcompile.passes.cse import eliminate_common_subexpressions
from adcompile.passes.dce import eliminate_dead_code
from adcompile.passes.fold import fold
from adcompile.passes.halves import split_at
from adcompile.passes.ownership import make_writes_safe
from adcompile.passes.residuals import plan_residuals
from adcompile.passes.tapes import group_tapes
from adcompile.rules.load import registry as loaded_registry
from adcompile.transforms.forward import forward
from adcompile.transforms.jacobian import Jacobian, Tools, jacobian_forward, jacobian_reverse
from adcompile.transforms.reverse import reverse

CHECK = False
"""Verify the IR after every pass (set by the tests)."""


@dataclass(frozen=True)
class Transform:
    """One derivative of a function.

    kind: "grad" (adjoints of a scalar result), "value_and_grad", "elementwise_grad", "jvp"
    (value and tangent), "vjp" (value and adjoints, given the result's adjoint), "pushforward" and
    "pullback" (the same without the value), "linearize" (value and tangent, in two halves),
    "jacfwd", "jacrev", "jacobian", "derivative", "primal".
    argnums: selected parameters (positions or names), None for all. single: one selection
    that is not wrapped in a tuple. has_aux: the result is (value, aux). holomorphic: arguments
    and value are complex, and the derivative is the complex one.
    """

    kind: str
    argnums: tuple[Any, ...] | None = (0,)
    single: bool = True
    has_aux: bool = False
    perturbed: tuple[bool, ...] | None = None
    holomorphic: bool = False


GRADIENTS = ("grad", "value_and_grad", "elementwise_grad")
JACOBIANS = ("jacfwd", "jacrev", "jacobian", "derivative")
TANGENTS = ("jvp", "pushforward", "linearize")
ADJOINTS = ("vjp", "pullback")


@dataclass
class Program:
    """A compiled derivative for one signature."""

    run: Callable[..., Any]
    text: str
    guards: list[Guard]
    identities: list[tuple[Place, Any]]
    captures: list[Capture]
    roots: list[tuple[str, Place]]
    shared: list[tuple[Place, int]]
    changes: bool
    layouts: dict[int, str]
    written: set[int]
    symbols: dict[Any, tuple[int, int | None]]
    floats: bool
    has_effects: bool


def simplify(fn: Function, registry: Registry, lowered: Lowered, optimize: bool) -> Function:
    """The passes between transforms and code."""
    fn = eliminate_dead_code(fn, keep_primal=not optimize)
    checked(fn, "dead code")
    if not optimize:
        return fn
    fn = fold(fn, registry, lowered.facts)
    checked(fn, "folding")
    fn = eliminate_common_subexpressions(fn)
    checked(fn, "common subexpressions")
    fn = fold(fn, registry, lowered.facts)
    fn = eliminate_dead_code(fn)
    checked(fn, "simplification")
    return fn


def checked(fn: Function, stage: str) -> None:
    if CHECK:
        verify(fn, stage)


def finish(fn: Function, registry: Registry, optimize: bool) -> tuple[Function, Any]:
    """Residuals planned, copies placed: ready to be written."""
    fn = eliminate_dead_code(plan_residuals(fn), keep_primal=not optimize)
    if optimize:
        fn = group_tapes(fn)
    checked(fn, "residuals")
    fn, buffers = make_writes_safe(fn, registry)
    fn = eliminate_dead_code(fn, keep_primal=not optimize)
    if CHECK:
        verify(fn, "ownership", buffers)
    return fn, buffers


# -- results and arguments as trees ------------------------------------------------------------


def argument_tree(
    value: Any, leaves: list[Var], opened: bool = True, seen: set[int] | None = None
) -> Node:
    """An argument as a tree of its leaf parameters; objects are taken apart if `opened`."""
    if is_number(value):
        return Node("leaf", leaves.pop(0))
    parts = parts_of(value, opened)
    if parts is None:
        return Node("static", value)
    seen = set() if seen is None else seen
    if parts.kind == "object":
        if id(value) in seen:
            return NONE
        seen.add(id(value))
    children = tuple(argument_tree(v, leaves, opened, seen) for v in parts.values)
    keys = parts.keys if parts.kind in ("dict", "object") else None
    return Node(parts.kind, keys, children, parts.type)


# -- compilation ---------------------------------------------------------------------------------


@dataclass
class Call:
    """A call to compile for: arguments by name, in order; those given by position first.

    bound: how many of them come with the function (a method's object, the arguments of a
    partial), not with the call. receiver: the first is the object whose method it is.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: list[str]
    bound: int = 0
    receiver: bool = False

    def items(self) -> list[tuple[str, Any]]:
        positional = list(zip(self.names, self.args, strict=True))
        return [*positional, *self.kwargs.items()]


class Compilation:
    """A program in IR with the structure of its arguments and results, under transforms."""

    def __init__(
        self,
        lowered: Lowered,
        arguments: dict[str, Node],
        call: Call,
        registry: Registry,
        optimize: bool,
        np_floats: bool = False,
    ) -> None:
        self.lowered = lowered
        self.arguments = arguments
        self.call = call
        self.registry = registry
        self.optimize = optimize
        self.np_floats = np_floats
        self.name = lowered.source.name
        self.function = lowered.function
        self.simple: Function | None = None  # the function as it was last simplified
        self.captures: list[tuple[Any, Node]] = []
        self.extra: list[tuple[str, Node]] = []
        if not optimize:
            _number_values(self.function)
        checked(self.function, "lowering")
        self.result = lowered.result

    @staticmethod
    def of_call(
        fn: types.FunctionType,
        transforms: Sequence[Transform],
        call: Call,
        optimize: bool,
        same: Mapping[int, int],
        np_floats: bool = False,
    ) -> Compilation:
        """Lower `fn` for a call and apply the transforms.

        np_floats: derivative expressions of Python floats are evaluated with NumPy, which
        gives inf and nan where Python raises.
        """
        registry = loaded_registry()
        values = dict(call.items())
        as_float = {
            name
            for t in transforms
            for name in selected_names(t, call)
            if isinstance(values.get(name), int)
        }
        for t in transforms:
            if t.kind in GRADIENTS or t.kind in JACOBIANS:
                for name in selected_names(t, call):
                    if name not in values:
                        raise BadArgnums(
                            f"argnums selects {name!r}, which this call of {fn.__name__} "
                            "does not pass",
                            advice="Pass the argument; a default is a constant.",
                        )
                    check_value(fn.__name__, name, values[name])
        opened = opened_names(transforms, call)
        receiver = call.names[0] if call.receiver else None
        lowered = lower(
            registry,
            fn,
            call.args,
            call.kwargs,
            as_float,
            same,
            opened=opened,
            receiver=receiver,
        )
        leaves = list(lowered.function.params)
        seen: set[int] = set()
        arguments = {
            name: argument_tree(value, leaves, name in opened, seen) for name, value in call.items()
        }
        made = Compilation(lowered, arguments, call, registry, optimize, np_floats)
        made.captures = [
            (c, argument_tree(c.value, list(c.variables), opened=False))
            if not c.handle
            else (c, Node("leaf", c.variables[0]))
            for c in lowered.captures
        ]
        for t in transforms:
            made.apply(t)
        return made

    # -- transforms

    def apply(self, t: Transform) -> None:
        if t.kind == "primal":
            return
        self._normalize_results()
        if t.kind in GRADIENTS:
            self._grad(t)
        elif t.kind in JACOBIANS:
            self._jacobian(t)
        elif t.kind in ADJOINTS:
            self._vjp(t)
        else:
            self._jvp(t)
        self.function = self.simple = simplify(
            self.function, self.registry, self.lowered, self.optimize
        )
        self.result = with_leaves(self.result, self.function.body.results)

    def _normalize_results(self) -> None:
        """The function's results are the leaves of the result tree, in order."""
        atoms = tuple(node_leaves(self.result))
        if self.function is self.simple and atoms == self.function.body.results:
            return
        body = replace(self.function.body, results=atoms)
        self.function = self.simple = simplify(
            replace(self.function, body=body), self.registry, self.lowered, self.optimize
        )
        self.result = with_leaves(self.result, self.function.body.results)

    def selection(self, t: Transform) -> list[tuple[str, Node]]:
        """The selected arguments, with a check of their kinds."""
        chosen = []
        for name in selected_names(t, self.call):
            node = self.arguments.get(name)
            if node is None:
                raise BadArgnums(f"{self.name} has no argument {name!r} in this call")
            self._check_differentiable(name, node)
            chosen.append((name, node))
        return chosen

    def _check_differentiable(self, name: str, node: Node) -> None:
        if node.kind != "leaf":
            if node.kind == "static":
                raise NotDifferentiable(
                    f"the argument {name!r} is a {type(node.value).__name__}, which cannot be "
                    "differentiated",
                    self._def_span(),
                    "Select only numeric arguments with argnums.",
                )
            return
        aval = node.value.aval
        if not avals.is_inexact(aval):
            raise NotDifferentiable(
                f"the argument {name!r} is {_kind_text(aval)}, which has no derivative",
                self._def_span(),
                "Pass floats: x.astype(float), or leave it out of argnums.",
            )

    def _def_span(self) -> Span:
        source = self.lowered.source
        return source.span(source.node)

    def _positions(self, nodes: Sequence[Node]) -> tuple[list[int], list[Var]]:
        """The parameters that carry derivatives among the leaves of some arguments."""
        variables = [v for n in nodes for v in node_leaves(n)]
        wrt: list[int] = []
        index = {p: i for i, p in enumerate(self.function.params)}
        unique: list[Var] = []
        for v in variables:
            assert isinstance(v, Var)
            if avals.is_inexact(v.aval) and v not in unique:
                unique.append(v)
                wrt.append(index[v])
        return wrt, unique

    def _grad(self, t: Transform) -> None:
        chosen = self.selection(t)
        if t.kind == "elementwise_grad":
            self._sum_result()
        value, aux = self._value_and_aux(t)
        wrt, variables = self._positions([n for _, n in chosen])
        if t.holomorphic and not all(avals.is_complex(v.aval) for v in variables):
            raise NotDifferentiable(
                "with holomorphic=True every selected argument must be complex",
                self._def_span(),
                "Pass complex numbers, or differentiate the real and imaginary parts.",
            )
        seed_of = self._scalar(value, t.holomorphic)
        atoms = node_leaves(self.result)
        position = (
            next(i for i, a in enumerate(atoms) if a is seed_of) if isinstance(seed_of, Var) else -1
        )
        if position < 0:
            bars: list[Atom] = [Lit(0.0)] * len(variables)
            body = self.function.body
            stmts = list(body.stmts)
            bars = [_zeros(self.registry, v, stmts) for v in variables]
            self.function = replace(self.function, body=Block(tuple(stmts), body.results))
        else:
            results = self.function.body.results
            order = [position, *(i for i in range(len(results)) if i != position)]
            body = replace(self.function.body, results=tuple(results[i] for i in order))
            made = reverse(
                replace(self.function, body=body),
                wrt,
                self.registry,
                self.lowered.facts,
                self.lowered.homes,
                np_floats=self.np_floats,
                literal_seed=self.optimize,
            ).function
            checked(made, "reverse")
            count = len(results)
            bars = list(made.body.results[count:])
            back = {i: made.body.results[k] for k, i in enumerate(order)}
            self.result = with_leaves(self.result, [back[i] for i in range(count)])
            self.function = made
            if t.has_aux:
                value, aux = self.result.children
            else:
                value = self.result
        grads = self._gradient_node(chosen, dict(zip(variables, bars, strict=True)))
        gradient = grads[0] if t.single else tuple_node(*grads)
        if t.kind == "value_and_grad":
            head = tuple_node(value, aux) if aux is not None else value
            self.result = tuple_node(head, gradient)
        else:
            self.result = tuple_node(gradient, aux) if aux is not None else gradient
        self._set_results()

    def _value_and_aux(self, t: Transform) -> tuple[Node, Node | None]:
        if not t.has_aux:
            return self.result, None
        if self.result.kind != "tuple" or len(self.result.children) != 2:
            raise NonScalarOutput(
                "with has_aux the function must return a pair (value, aux)", self._def_span()
            )
        value, aux = self.result.children
        return value, aux

    def _sum_result(self) -> None:
        """The sum of an array result: its gradient is the derivative entry by entry."""
        if self.result.kind != "leaf" or not isinstance(self.result.value.aval, Array):
            return
        (atom,) = self.function.body.results
        total = Var(Scalar(self.result.value.aval.dtype, weak=False))
        stmts = (*self.function.body.stmts, Let(total, self.registry.by_name["sum"], (atom,)))
        self.function = replace(self.function, body=Block(stmts, (total,)))
        self.result = Node("leaf", total)

    def _jacobian(self, t: Transform) -> None:
        """A block for each leaf of the result and of the arguments."""
        chosen = self.selection(t)
        value, aux = self._value_and_aux(t)
        wrt, variables = self._positions([n for _, n in chosen])
        atoms = node_leaves(self.result)
        entries = atoms[: len(node_leaves(value))]
        of = [i for i, a in enumerate(entries) if isinstance(a, Var) and avals.is_inexact(a.aval)]
        if t.kind == "derivative":
            self._check_number(chosen)
        self._check_complex([*variables, *(atoms[i] for i in of)], t)
        tools = Tools(self.registry, self.lowered.facts, self.lowered.homes, self.np_floats)
        make = jacobian_reverse if self._backwards(t, variables, of) else jacobian_forward
        made = make(self.function, wrt, of, tools) if of else Jacobian(self.function, {})
        checked(made.function, t.kind)
        self.function = made.function
        self.result = with_leaves(self.result, made.function.body.results)
        stmts = list(made.function.body.stmts)
        index = dict(zip(variables, wrt, strict=True))

        def block(i: int, atom: Atom, node: Node) -> Node:
            if node.kind != "leaf":
                return (
                    NONE
                    if node.kind == "static"
                    else node.over(block(i, atom, c) for c in node.children)
                )
            j = index.get(node.value)
            if j is None or not avals.is_inexact(aval_of(atom)):
                return NONE
            if (i, j) not in made.blocks:
                return Node("leaf", _zeros(self.registry, node.value, stmts))
            found = made.blocks[i, j]
            assert isinstance(atom, Var)
            arrays = [v for v in (atom, node.value) if isinstance(v.aval, Array)]
            if len(arrays) == 2:
                return Node("leaf", found)
            like = arrays[0] if arrays else node.value
            return Node("leaf", as_kind(self.registry, found, like, stmts, certain=bool(arrays)))

        counter = iter(range(len(entries)))

        def row(node: Node) -> Node:
            if node.kind == "run":
                raise NotDifferentiable(
                    f"{self.name} returns a list whose length depends on the data, which has no "
                    "Jacobian",
                    self._return_span(),
                    "Return an array, or use jvp or vjp.",
                )
            if node.kind == "leaf":
                i = next(counter)
                blocks = [block(i, atoms[i], n) for _, n in chosen]
                return blocks[0] if t.single else tuple_node(*blocks)
            return NONE if node.kind == "static" else node.over(map(row, node.children))

        jacobian = row(value)
        self.function = replace(self.function, body=replace(self.function.body, stmts=tuple(stmts)))
        aux = self.result.children[1] if t.has_aux else None
        self.result = tuple_node(jacobian, aux) if aux is not None else jacobian
        self._set_results()

    def _backwards(self, t: Transform, inputs: Sequence[Var], of: Sequence[int]) -> bool:
        """Whether reverse mode is to be used: for "jacobian", where it takes fewer sweeps."""
        if t.kind != "jacobian":
            return t.kind == "jacrev"
        outputs = [self.function.body.results[i] for i in of]
        more = dims.sub(_entries(inputs), _entries(outputs))
        return self.lowered.facts.positive(more) is True

    def _check_number(self, chosen: Sequence[tuple[str, Node]]) -> None:
        for name, node in chosen:
            if node.kind != "leaf" or isinstance(node.value.aval, Array):
                raise NotDifferentiable(
                    f"derivative is by a number, and the argument {name!r} is "
                    + (_kind_text(node.value.aval) if node.kind == "leaf" else f"a {node.kind}"),
                    self._def_span(),
                    "Use grad, jacobian, or elementwise_grad.",
                )

    def _check_complex(self, values: Sequence[Any], t: Transform) -> None:
        """Complex values only where the function is declared holomorphic, and all of them."""
        for v in values:
            if (v.aval.dtype.kind == "c") != t.holomorphic:
                raise NotDifferentiable(
                    f"{t.kind} of {self.name} with holomorphic={t.holomorphic} needs "
                    f"{'complex' if t.holomorphic else 'real'} arguments and results, "
                    f"not {_kind_text(v.aval)}",
                    self._def_span(),
                    "Pass holomorphic=True for a holomorphic function of complex arguments.",
                )

    def _set_results(self) -> None:
        atoms = tuple(node_leaves(self.result))
        self.function = replace(self.function, body=replace(self.function.body, results=atoms))

    def _gradient_node(
        self, chosen: Sequence[tuple[str, Node]], bars: Mapping[Var, Atom]
    ) -> list[Node]:
        """Adjoints in the structure and kinds of their arguments."""
        stmts = list(self.function.body.stmts)
        made: dict[Var, Atom] = {}

        def leaf(node: Node) -> Node:
            if node.kind != "leaf":
                if node.kind == "static":
                    return NONE
                return node.over(map(leaf, node.children))
            var = node.value
            if var not in bars:
                return NONE
            if var not in made:
                made[var] = as_kind(self.registry, bars[var], var, stmts)
            return Node("leaf", made[var])

        nodes = [leaf(n) for _, n in chosen]
        body = replace(self.function.body, stmts=tuple(stmts))
        self.function = replace(self.function, body=body)
        return nodes

    def _scalar(self, value: Node, holomorphic: bool = False) -> Atom:
        """The one number that grad differentiates. Raises NonScalarOutput otherwise."""
        span = self._return_span()
        if value.kind != "leaf":
            what = (
                "None (is a return missing?)"
                if value.kind == "static" and (value.value is None)
                else f"a {value.kind}"
                if value.kind != "static"
                else type(value.value).__name__
            )
            raise NonScalarOutput(
                f"grad needs a function that returns a number, but {self.name} returns {what}",
                span,
                "Return a scalar; for several results use jacobian, or has_aux=True for extras.",
            )
        atom = value.value
        if isinstance(atom, Lit):
            return atom
        aval = atom.aval
        if isinstance(aval, Array) and not all(self.lowered.facts.equals(d, 1) for d in aval.shape):
            raise NonScalarOutput(
                f"grad needs a function that returns a number, but {self.name} returns an "
                f"array of rank {aval.ndim}",
                span,
                "Sum it, or use jacobian (or elementwise_grad) for the derivative of each entry.",
            )
        if holomorphic and aval.dtype.kind != "c":
            raise NonScalarOutput(
                f"grad with holomorphic=True needs a complex result, but {self.name} returns "
                f"{_kind_text(aval)}",
                span,
                "Leave holomorphic out.",
            )
        if aval.dtype.kind == "c" and not holomorphic:
            raise NonScalarOutput(
                f"grad needs a real result, but {self.name} returns a complex number",
                span,
                "Take the real part or the absolute value, or pass holomorphic=True.",
            )
        if aval.dtype.kind not in "fc":
            raise NonScalarOutput(
                f"grad needs a real result, but {self.name} returns {_kind_text(aval)}",
                span,
                "Return a float.",
            )
        return atom

    def _return_span(self) -> Span:
        source = self.lowered.source
        for stmt in source.body:
            for node in ast.walk(stmt):
                if isinstance(node, ast.Return):
                    return source.span(node)
        return source.span(source.node)

    def _vjp(self, t: Transform) -> None:
        chosen = self._all_arguments() if t.argnums is None else self.selection(t)
        wrt, variables = self._positions([n for _, n in chosen])
        atoms = node_leaves(self.result)
        seeded = [i for i, a in enumerate(atoms) if isinstance(a, Var) and avals.is_inexact(a.aval)]
        made = reverse(
            self.function,
            wrt,
            self.registry,
            self.lowered.facts,
            self.lowered.homes,
            seeded,
            self.np_floats,
        ).function
        checked(made, "reverse")
        seeds = made.params[len(self.function.params) :]
        by_leaf = dict(zip(seeded, seeds, strict=True))
        bars = list(made.body.results[len(atoms) :])
        self.function = made
        counter = iter(range(len(atoms)))

        def seed_node(n: Node) -> Node:
            if n.kind == "leaf":
                seed = by_leaf.get(next(counter))
                return NONE if seed is None else Node("leaf", seed)
            return n.over(map(seed_node, n.children))

        self.extra.append(("y_bar", seed_node(self.result)))
        self.result = with_leaves(self.result, made.body.results[: len(atoms)])
        grads = self._gradient_node(chosen, dict(zip(variables, bars, strict=True)))
        alone = t.kind == "pullback" and t.single
        adjoints = grads[0] if alone else tuple_node(*grads)
        self.result = adjoints if t.kind == "pullback" else tuple_node(self.result, adjoints)
        self._set_results()

    def _all_arguments(self) -> list[tuple[str, Node]]:
        return list(self.arguments.items())[self.call.bound : len(self.call.args)]

    def _jvp(self, t: Transform) -> None:
        """Tangent parameters follow the primals: one tree for each perturbed argument."""
        if t.argnums is None:
            arguments = self._all_arguments()
            perturbed = t.perturbed or (True,) * len(arguments)
            chosen = [a for a, on in zip(arguments, perturbed, strict=True) if on]
            for name, node in chosen if t.kind != "linearize" else ():
                self._check_differentiable(name, node)
        else:
            chosen = self.selection(t)
        wrt, variables = self._positions([n for _, n in chosen])
        atoms = node_leaves(self.result)
        of = [i for i, a in enumerate(atoms) if isinstance(a, Lit) or avals.is_inexact(a.aval)]
        made = forward(
            self.function,
            wrt,
            self.registry,
            self.lowered.facts,
            self.lowered.homes,
            of,
            self.np_floats,
            apart=t.kind == "linearize",
        ).function
        checked(made, "forward")
        dots = dict(zip(variables, made.params[len(self.function.params) :], strict=True))
        self.function = made

        def dot_node(n: Node) -> Node:
            if n.kind == "leaf":
                return Node("leaf", dots[n.value]) if n.value in dots else NONE
            if n.kind == "static":
                return NONE
            return n.over(map(dot_node, n.children))

        for name, node in chosen:
            self.extra.append((f"{_identifier(name)}_dot", dot_node(node)))
        values = made.body.results[: len(atoms)]
        tangents = dict(zip(of, made.body.results[len(atoms) :], strict=True))
        stmts = list(made.body.stmts)
        kinds: list[Any] = []
        for i, a in enumerate(values):
            dot = tangents.get(i)
            if dot is None:
                kinds.append(None)
            elif isinstance(a, Var):
                kinds.append(as_kind(self.registry, dot, a, stmts, certain=True))
            else:
                kinds.append(dot)
        self.function = replace(made, body=replace(made.body, stmts=tuple(stmts)))
        tangent = with_leaves(self.result, kinds)
        tangent = _without_none(tangent)
        value = with_leaves(self.result, values)
        self.result = tangent if t.kind == "pushforward" else tuple_node(value, tangent)
        self._set_results()

    # -- code

    def program(self, name: str, doc: str) -> Program:
        """The text, compiled."""
        self._normalize_results()
        function, buffers = finish(self.function, self.registry, self.optimize)
        sig = self.signature(name, doc, function)
        result = with_leaves(self.result, function.body.results)
        sig = replace(sig, result=lambda values, spell: _result_expr(result, list(values), spell))
        written = write_function(function, sig, buffers, self.optimize)
        text = module_text([written.tree], written.constants)
        run = load_text(text, name, written.constants)
        return self._packed(run, text, function)

    def _packed(self, run: Callable[..., Any], text: str, function: Function) -> Program:
        lowered = self.lowered
        floats = any(
            isinstance(v.aval, Scalar) and v.aval.weak and v.aval.dtype.kind == "f"
            for v in _all_vars(function)
        )
        effects = any(map(_once, all_stmts(function.body)))
        return Program(
            run,
            text,
            list(lowered.facts.guards.values()),
            lowered.identities,
            lowered.captures,
            list(self.roots().values()),
            lowered.shared,
            lowered.changes,
            lowered.layouts,
            lowered.written,
            _symbol_homes(lowered),
            floats,
            effects,
        )

    def pair(
        self, first_name: str, second_name: str, doc: str
    ) -> tuple[Program, Callable[..., Any], str]:
        """The two halves of a vjp or a linearisation: the value with residuals, and the linear
        function of the seeds on these."""
        self._normalize_results()
        whole = eliminate_dead_code(plan_residuals(self.function))
        if self.optimize:
            whole = group_tapes(whole)
        value, gradient = self.result.children
        values = tuple(node_leaves(with_leaves(self.result, whole.body.results).children[0]))
        bars = whole.body.results[len(values) :]
        first, second, residuals = split_at(whole, self._seeds(), values, bars, self.registry)
        first, buffers = make_writes_safe(first, self.registry, tapes_escape=True)
        first = eliminate_dead_code(first)
        fwd = self.signature(first_name, doc, first, extra=False)
        tape_names = len(values)

        def forward_result(exprs: Sequence[ast.expr], spell: Spell) -> ast.expr:
            head = _result_expr(value, list(exprs[:tape_names]), spell)
            return ast.Tuple([head, ast.Tuple(list(exprs[tape_names:]), ast.Load())], ast.Load())

        fwd = replace(fwd, result=forward_result)
        wrote = write_function(first, fwd, buffers, self.optimize)
        second, buffers = make_writes_safe(second, self.registry)
        second = eliminate_dead_code(second)
        kept = second.params[: len(residuals)]
        for k, v in enumerate(kept):
            v.hint = v.hint or f"residual_{k}"
        tree = ("tuple", tuple(kept), None)
        seeds = [(text, node) for text, node in self.extra]
        leaves = [(n.value, t) for t, n in seeds if n.kind == "leaf"]
        containers: list[tuple[str, ast.expr, Any]] = [("residuals", name_of("residuals"), tree)]
        for text, node in seeds:
            if node.kind not in ("leaf", "static"):
                _hint_leaves(node, text)
                containers.append((text, name_of(text), _unpack_tree(node)))
        names = ("residuals", *(t for t, _ in seeds))
        bwd = Signature(
            second_name,
            doc,
            names,
            tuple(leaves),
            tuple(containers),
            lambda exprs, spell: _result_expr(gradient, list(exprs), spell),
        )
        wrote_back = write_function(second, bwd, buffers, self.optimize)
        constants = {**wrote.constants, **wrote_back.constants}
        text = module_text([wrote.tree, wrote_back.tree], constants)
        run = load_text(text, first_name, constants)
        pullback = run.__globals__[second_name]
        return self._packed(run, text, first), pullback, text

    def _seeds(self) -> set[Var]:
        return {v for _, n in self.extra for v in node_leaves(n) if isinstance(v, Var)}

    def roots(self) -> dict[Hashable, tuple[str, Place]]:
        """Where values from outside come from: a name for each, and the place."""
        taken = [_identifier(n) for n in self.arguments] + [n for n, _ in self.extra]
        found: dict[Hashable, tuple[str, Place]] = {}
        for capture, _ in self.captures:
            root = capture.place.root
            if root.kind == "argument" or root.identity in found:
                continue
            label = capture.name if root is capture.place else _root_name(root)
            text = base = _identifier(label)
            number = 2
            while text in taken:
                text, number = f"{base}_{number}", number + 1
            taken.append(text)
            found[root.identity] = (text, root)
        return found

    def signature(self, name: str, doc: str, function: Function, extra: bool = True) -> Signature:
        params: list[str] = []
        leaves: list[tuple[Var, str]] = []
        containers: list[tuple[str, ast.expr, Any]] = []

        def bind(text: str, path: ast.expr, tree: Node) -> None:
            if tree.kind == "leaf" and isinstance(path, ast.Name):
                leaves.append((tree.value, text))
            elif tree.kind != "static":
                _hint_leaves(tree, text)
                containers.append((text, path, _unpack_tree(tree)))

        texts = {label: _identifier(label) for label in self.arguments}
        for label, tree in [*self.arguments.items(), *(self.extra if extra else ())]:
            text = _identifier(label)
            params.append(text)
            bind(text, name_of(text), tree)
        roots = self.roots()
        params += [text for text, _ in roots.values()]
        for capture, tree in self.captures:
            root = capture.place.root
            text = texts[root.base] if root.kind == "argument" else roots[root.identity][0]
            bind(text, _path_expr(capture.place, text), tree)
        none: Any = None
        return Signature(name, doc, tuple(params), tuple(leaves), tuple(containers), none)


def _root_name(root: Place) -> str:
    return str(root.key) if root.key is not None else type(root.base).__name__.lower()


def _path_expr(place: Place, root: str) -> ast.expr:
    """How generated code reads what is at a place, from the parameter `root`."""
    if not place.derived:
        return name_of(root)
    base = _path_expr(place.base, root)
    if place.kind == "attribute":
        return ast.Attribute(base, place.key, ast.Load())
    return ast.Subscript(base, ast.Constant(place.key), ast.Load())


def _once(stmt: Stmt) -> bool:
    """Whether a statement does what must not happen twice: prints, writes what is outside,
    enters a user's context."""
    harmless = ("assert", "raise", "raise_from", "leave")
    if (
        not isinstance(stmt, Let)
        or stmt.op.effect not in ("effect", "draw")
        or stmt.op.name in harmless
    ):
        return False
    module = getattr(stmt.args[0].value, "__module__", "") if stmt.op.name == "with" else ""  # type: ignore[union-attr]
    return module not in ("numpy", "warnings")


def _entries(values: Sequence[Any]) -> dims.Dim:
    """How many numbers some values hold."""
    total: dims.Dim = 0
    for v in values:
        size: dims.Dim = 1
        for d in avals.shape_of(v.aval):
            size = dims.mul(size, d)
        total = dims.add(total, size)
    return total


def _all_vars(function: Function) -> list[Var]:
    found = list(function.params)
    for s in all_stmts(function.body):
        found += [*outs(s), *inner_vars(s)]
    return found


def _without_none(node: Node) -> Node:
    if node.kind == "leaf":
        return NONE if node.value is None else node
    if node.kind == "static":
        return NONE
    return node.over(map(_without_none, node.children))


def selected_names(t: Transform, call: Call) -> list[str]:
    """The names of the arguments that a transform selects in a call."""
    if t.kind in (*ADJOINTS, "linearize") and t.argnums is None:
        return []
    if t.kind in TANGENTS and t.argnums is None:
        given = call.names[call.bound :]
        on = t.perturbed or (True,) * len(given)
        return [n for n, o in zip(given, on, strict=False) if o]
    if t.kind == "primal":
        return []
    names: list[str] = []
    for a in t.argnums or ():
        if isinstance(a, str):
            names.append(a)
        else:
            if not -len(call.args) <= a < len(call.args):
                raise BadArgnums(
                    f"argnums={a} selects an argument that this call does not pass by position",
                    advice=f"The call passes {len(call.args)} positional arguments.",
                )
            names.append(call.names[a % len(call.args)])
    return names


def opened_names(transforms: Sequence[Transform], call: Call) -> set[str]:
    """The arguments whose objects are taken apart: those that carry derivatives."""
    found = {n for t in transforms for n in selected_names(t, call)}
    if any(t.kind in (*ADJOINTS, "linearize") and t.argnums is None for t in transforms):
        found.update(call.names[call.bound :])
    return found


def check_value(function: str, name: str, value: Any) -> None:
    """Refuse to differentiate with respect to what holds no numbers."""
    if isinstance(value, (str, bytes, bool, type(None))):
        raise NotDifferentiable(
            f"the argument {name!r} of {function} is {value!r}, which has no derivative",
            advice="Select only numeric arguments with argnums.",
        )


def _kind_text(aval: Any) -> str:
    if isinstance(aval, Array):
        return f"an array of {aval.dtype}"
    kinds = {"b": "a bool", "i": "an int", "u": "an int", "c": "complex"}
    return kinds.get(aval.dtype.kind, str(aval))


def _zeros(registry: Registry, var: Var, stmts: list[Any]) -> Atom:
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


def _number_values(fn: Function) -> None:
    """Name every value v0, v1, ...: one primitive a line, as in a trace."""
    count = len(fn.params)
    for stmt in all_stmts(fn.body):
        for v in (*inner_vars(stmt), *outs(stmt)):
            if isinstance(v.aval, (Scalar, Array)):
                v.hint = f"v{count}"
                count += 1


def _identifier(text: str) -> str:
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in text).strip("_")
    return cleaned if cleaned.isidentifier() else f"arg_{cleaned}"


def _hint_leaves(tree: Node, base: str) -> None:
    """Leaves that the user never named are called after their place."""
    keys = tree.value if tree.kind in ("dict", "object") else range(len(tree.children))
    for k, child in zip(keys, tree.children, strict=True):
        label = _identifier(f"{base}_{k}")
        if child.kind == "leaf" and not child.value.hint:
            child.value.hint = label
        elif child.children:
            _hint_leaves(child, label)


def _unpack_tree(tree: Node) -> Any:
    if tree.kind == "leaf":
        return tree.value
    if tree.kind == "static":
        return None
    return (tree.kind, tuple(map(_unpack_tree, tree.children)), tree.value)


Spell = Callable[[Any], ast.expr]


def _result_expr(node: Node, values: list[ast.expr], spell: Spell) -> ast.expr:
    """The expression of a result tree, taking leaf expressions in order.

    `spell` gives the expression of an object of the user's: a class.
    """
    if node.kind == "leaf":
        return values.pop(0)
    if node.kind == "static":
        return spell(node.value)
    items = [_result_expr(c, values, spell) for c in node.children]
    if node.kind == "tuple":
        if node.type in (None, tuple):
            return ast.Tuple(items, ast.Load())
        return ast.Call(spell(node.type), items, [])
    if node.kind == "list":
        return ast.List(items, ast.Load())
    if node.kind == "object":
        named = [ast.keyword(k, v) for k, v in zip(node.value, items, strict=True)]
        return ast.Call(name_of("rebuilt"), [spell(node.type)], named)
    if node.kind == "run":
        return listed(node.value, items)
    made = ast.Dict([spell(k) for k in node.value], items)
    return made if node.type in (None, dict) else ast.Call(spell(node.type), [made], [])


def module_text(trees: Sequence[ast.stmt], constants: Mapping[str, Any]) -> str:
    """A module: imports, helpers, functions."""
    body = "\n\n".join(to_source(t).rstrip() + "\n" for t in trees)
    imports = []
    if "math." in body:
        imports.append("import math\n")
    if "np." in body:
        imports.append("import numpy as np\n")
    names = ("rebuilt", "replaced", "unbroadcast", "winners", "with_room")
    helpers = [h for h in names if f"{h}(" in body]
    if helpers:
        imports.append(f"from adcompile.runtime.helpers import {', '.join(helpers)}\n")
    head = "\n".join(imports)
    return f"{head}\n\n{body}" if head else body


def _symbol_homes(lowered: Lowered) -> dict[Any, tuple[int, int | None]]:
    """Where each entry symbol is found: (leaf, axis), axis None for an int."""
    homes: dict[Any, tuple[int, int | None]] = {}
    for symbol in lowered.facts.values:
        assert isinstance(symbol.key, tuple)
        kind, leaf, *axis = symbol.key
        homes[symbol] = (leaf, axis[0] if kind == "axis" else None)
    return homes
