"""Derivatives as a module that runs without adcompile.

The generated functions are written as they run, with annotations, and with docstrings that say
what they take. Each begins with a check of its arguments: generated code is right for the kinds
of arguments that it was generated for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import cleandoc
from os.path import basename
from typing import Any

from adcompile.codegen.module import library_modules
from adcompile.compiling.program import Program
from adcompile.compiling.request import Call, Transform, opened_names
from adcompile.compiling.signature import identifier
from adcompile.dispatch.compiled import Compiled
from adcompile.dispatch.naming import described, general_call
from adcompile.dispatch.state import State
from adcompile.dispatch.targets import unwrap
from adcompile.errors import NonScalarOutput, UnsupportedInput
from adcompile.exporting.checks import Checks
from adcompile.exporting.kinds import annotation, kind_of, words
from adcompile.exporting.needs import Needs
from adcompile.exporting.text import Argnums, selection, tangents_of
from adcompile.frontend.binding import bind
from adcompile.ir.trees import Node
from adcompile.pipeline import Compilation

KINDS: dict[str, tuple[str, ...]] = {
    "primal": ("primal",),
    "grad": ("grad",),
    "value_and_grad": ("value_and_grad",),
    "jvp": ("jvp",),
    "vjp": ("vjp",),
    "elementwise_grad": ("elementwise_grad",),
    "derivative": ("derivative",),
    "jacfwd": ("jacfwd",),
    "jacrev": ("jacrev",),
    "hessian": ("jacrev", "jacfwd"),
    "hvp": ("grad", "pushforward"),
}
WIDTH = 100
STYLE = (
    "B020 BLE001 E722 E741 FURB136 PLR0124 PLR1704 PLR1716 RUF034 RUF059 RUF100 SIM102 SIM113 "
    "SIM202 SIM208 TRY203 UP032 UP034"
).split()
"""Rules of style that a program may break, and then its derivatives."""
IS_ARRAY = """def _is_array(value: Any, dtype: str, ndim: int) -> bool:
    return type(value) is np.ndarray and value.dtype == dtype and value.ndim == ndim"""
USUAL = ("primal", "grad", "value_and_grad", "jvp", "vjp")
OF_NUMBERS = ("grad", "value_and_grad")


def module_of(
    f: Callable[..., Any],
    modes: Sequence[str] | None,
    argnums: Argnums,
    at: Sequence[Any] | Mapping[str, Any] | None,
    optimize: bool = True,
) -> str:
    """The text of the module that `export` writes."""
    unknown = [m for m in modes or () if m not in KINDS]
    if unknown or modes == ():
        raise UnsupportedInput(
            f"modes are {', '.join(KINDS)}; not {', '.join(map(repr, unknown)) or 'none'}"
        )
    made = []
    for mode in dict.fromkeys(modes or USUAL):
        try:
            made.append(_derivative(f, mode, argnums, at, optimize))
        except NonScalarOutput:
            if modes is not None or mode not in OF_NUMBERS:
                raise
    return _module(made)


@dataclass(frozen=True)
class Derivative:
    """A program, with the structure of its arguments and result."""

    program: Program
    name: str
    doc: str
    state: State
    call: Call
    arguments: dict[str, Node]
    seeds: list[tuple[str, Node]]
    result: Node
    mode: str


def _derivative(
    f: Callable[..., Any],
    mode: str,
    argnums: Argnums,
    at: Sequence[Any] | Mapping[str, Any] | None,
    optimize: bool,
) -> Derivative:
    state, call = _request(f, mode, argnums, at, optimize)
    args = tuple(state.as_floats(list(call.args), replace(call, kwargs={})))
    call = replace(call, args=args)
    made = Compilation.of_call(state.fn, state.transforms, call, optimize, {})
    same = state.same(call)
    written = made.lowered.written
    if any(i in written or j in written for i, j in same.items()):
        made = Compilation.of_call(state.fn, state.transforms, call, optimize, same)
    before = tuple(t for t in state.transforms if t.kind != "primal")
    name, doc = described(state.fn, before or state.transforms, call, state.selected(call))
    name = name.removesuffix("_primal")
    made.normalize_results()
    arguments, seeds, result = dict(made.arguments), list(made.extra), made.result
    program = made.program(name, doc)
    return Derivative(program, name, doc, state, call, arguments, seeds, result, mode)


def _request(
    f: Callable[..., Any],
    mode: str,
    argnums: Argnums,
    at: Sequence[Any] | Mapping[str, Any] | None,
    optimize: bool,
) -> tuple[State, Call]:
    """The programs of f under a mode, and the call to compile for."""
    target = unwrap(f)
    bound = len(target.bound)
    code = target.fn.__code__
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    if at is None:
        args = general_call(target, code.co_varnames[: code.co_argcount]).args[bound:]
    elif isinstance(at, Mapping):
        kwargs = dict(at)
    else:
        args = tuple(at)
    given = {**dict(target.keywords), **kwargs}
    positional, others, names = bind(target.fn, (*target.bound, *args), given)
    values = dict(zip(names, [*positional, *others.values()], strict=True))
    chosen, single = selection(target.fn, argnums, values, bound)
    transforms = [Transform(kind, chosen, single) for kind in KINDS[mode]]
    if mode == "primal":
        transforms = [Transform("primal", None)]
    elif mode == "jvp":
        transforms = [tangents_of(chosen, names[bound:], len(positional) - bound)]
    state = Compiled(f, transforms, optimize).state
    return state, state.bind(positional[bound:], {n: values[n] for n in others})


# -- the text ------------------------------------------------------------------------------------


def _module(made: Sequence[Derivative]) -> str:
    """The text: first the checks, then each derivative behind what checks its arguments."""
    first = made[0]
    tests: dict[str, str] = {}
    classes: dict[type, str] = {}
    checked = [_checks(one) for one in made]
    for checks in checked:
        tests.update(checks.tests)
        classes.update(checks.classes)
    needs = Needs(classes)
    functions: dict[str, str] = {}
    texts = []
    for one, checks in zip(made, checked, strict=True):
        theirs = _function(one, needs, functions)
        texts += [*_public(one, checks, bool(tests)), theirs]
    body = [*_check_function("_check", _parameters(first), tests), *functions.values(), *texts]
    if any("_is_array(" in text for text in body):
        body.insert(0, IS_ARRAY)
    return _headed(first, [one.name for one in made], needs, body)


def _checks(one: Derivative) -> Checks:
    """What the arguments of a program must be."""
    made = Checks.of_call(one.call, opened_names(one.state.transforms, one.call))
    made.program(one.program)
    return made


def _parameters(one: Derivative) -> dict[str, str]:
    """The parameters of the arguments, with their types."""
    return {identifier(label): annotation(node) for label, node in one.arguments.items()}


def _check_function(
    name: str, parameters: Mapping[str, str], tests: Mapping[str, str]
) -> list[str]:
    """A function that raises where a test does not hold."""
    if not tests:
        return []
    used = {p: t for p, t in parameters.items() if any(_names(c, p) for c in tests)}
    params = [f"{p}: {'Any' if p in used else t}" for p, t in parameters.items()]
    lines = _def(name, params, "None")
    lines.append('    """Raise for arguments that need other code."""')
    for condition, message in tests.items():
        kind = (
            "TypeError"
            if condition.startswith(("type(", "isinstance(", "_is_array("))
            else "ValueError"
        )
        lines.append(f"    if {_negated(condition)}:")
        lines.append(f"        raise {kind}({message!r})")
    return ["\n".join(lines)]


def _def(name: str, params: Sequence[str], result: str) -> list[str]:
    """The first lines of a function, as short as a person would write them."""
    line = f"def {name}({', '.join(params)}) -> {result}:"
    if len(line) <= WIDTH:
        return [line]
    return [f"def {name}(", *(f"    {p}," for p in params), f") -> {result}:"]


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _negated(condition: str) -> str:
    if condition.startswith("1 not in "):
        return condition.replace("1 not in ", "1 in ")
    if re.fullmatch(r"not [\w.]+\([^()]*\)", condition):
        return condition.removeprefix("not ")
    if " and " in condition or condition.startswith(("not ", "isinstance(", "_is_array(")):
        alone = condition.endswith(")") and condition.startswith(("isinstance(", "_is_array("))
        return f"not {condition}" if alone else f"not ({condition})"
    for sign, other in ((" is not ", " is "), (" == ", " != "), (" is ", " is not ")):
        if condition.count(sign) == 1 and " in " not in condition:
            return condition.replace(sign, other)
    return f"not ({condition})"


def _public(one: Derivative, checks: Checks, tested: bool) -> list[str]:
    """The function that users call, after the check of its tangents or adjoint."""
    types = {**_parameters(one), **{n: _seed_type(tree) for n, tree in one.seeds}}
    asked = Checks(paths=checks.paths)
    for name, tree in one.seeds:
        _seed_tests(asked, one, name, tree)
    arguments = ", ".join(_parameters(one))
    every = ", ".join(types)
    params = [f"{n}: {t}" for n, t in types.items()]
    lines = _def(one.name, params, annotation(one.result))
    lines += [f"    {line}".rstrip() for line in _doc(one)]
    if tested:
        lines.append(f"    _check({arguments})")
    if asked.tests:
        lines.append(f"    _check_{one.mode}({every})")
    numbers = {**checks.numbers, **asked.numbers}
    passed = [f"{numbers[n]}({n})" if n in numbers else n for n in types]
    lines.append(f"    return {private(one)}({', '.join(passed)})")
    return [*_check_function(f"_check_{one.mode}", types, asked.tests), "\n".join(lines)]


def private(one: Derivative) -> str:
    """The name of the generated function."""
    return f"_{one.name}"


def _function(one: Derivative, needs: Needs, functions: dict[str, str]) -> str:
    """The generated function as it runs; those that it calls join the others.

    What it reads from outside is the default of a parameter, a class of an argument is found there.
    """
    text = _brought(one, functions)
    lines = text.splitlines()
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    found = needs.names_of(node, one.program.run.__globals__)
    roots = dict(one.program.roots)
    params = [
        f"{arg.arg}={needs.constant(arg.arg, roots[arg.arg].read())}"
        if arg.arg in roots
        else arg.arg
        for arg in node.args.args
    ]
    head = [f"def {private(one)}({', '.join(params)}):"]
    head += [f"    {n} = {place}" for n, place in found.items()]
    return "\n".join([*head, *lines[node.body[0].end_lineno :]])


def _seed_type(tree: Node) -> str:
    """The type of a tangent or adjoint: any number for a number."""
    text = annotation(tree)
    number = tree.kind == "leaf" and text in ("float", "np.float64", "np.float32", "np.float16")
    return "float" if number else text


def _seed_tests(asked: Checks, one: Derivative, name: str, tree: Node) -> None:
    """The tests of a tangent or adjoint: of its numbers alone."""
    if tree.kind == "leaf":
        asked.seed(kind_of(tree.value), name, one.program)
        return
    keys = tree.value if tree.kind in ("dict", "object") else range(len(tree.children))
    for key, child in zip(keys or (), tree.children, strict=False):
        part = f"{name}.{key}" if tree.kind == "object" else f"{name}[{key!r}]"
        _seed_tests(asked, one, part, child)


def _brought(one: Derivative, functions: dict[str, str]) -> str:
    """The text of the derivative itself. Other functions of the program's text are set apart, under
    names that no other has."""
    text = one.program.text
    defs = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    lines = text.splitlines()
    starts = [n.lineno - 1 for n in defs] + [len(lines)]
    parts = {
        n.name: "\n".join(lines[a:b]).rstrip()
        for n, a, b in zip(defs, starts[:-1], starts[1:], strict=True)
    }
    for name in [n for n in parts if n != one.program.run.__name__]:
        written, number = name, 2
        while functions.get(written, parts[name]) != parts[name]:
            written, number = f"{name}_{number}", number + 1
            parts = {k: re.sub(rf"\b{name}\b", written, p) for k, p in parts.items()}
            parts[written] = parts.pop(name)
            name = written
        functions[written] = parts[name]
    return parts[one.program.run.__name__]


def _doc(one: Derivative) -> list[str]:
    """The docstring of a function."""
    doc = cleandoc(one.state.fn.__doc__ or "") if one.mode == "primal" else ""
    usable = doc and '"""' not in doc and "\\" not in doc
    lines = [f'"""{doc if usable else one.doc}', "", "Args:"]
    lines = "\n".join(lines).split("\n")
    for label, node in one.arguments.items():
        lines.append(f"    {identifier(label)}: {words(node)}")
    for name, tree in one.seeds:
        what = "the adjoint of the result" if name == "y_bar" else "a tangent"
        lines.append(f"    {name}: {what}: {words(tree)}")
    lines += ["", "Returns:", f"    {words(one.result)}", ""]
    lines += ["Raises:", "    TypeError, ValueError: for arguments that need other code.", '"""']
    return lines


def _headed(first: Derivative, names: Sequence[str], needs: Needs, body: Sequence[str]) -> str:
    """The module: what it is, its imports, what it needs, its functions."""
    parts = [*needs.parts, *body]
    whole = "\n".join(parts)
    theirs = library_modules(whole)
    if re.search(r"\bnp\.", whole):
        needs.modules["np"] = "numpy"
    code = first.state.fn.__code__
    place = f"{basename(code.co_filename)}:{code.co_firstlineno}"
    used = "NumPy and SciPy" if theirs else "NumPy only"
    head = [f"# Generated by adcompile from {first.state.fn.__name__} ({place}). Needs {used}."]
    head.append(f"# ruff: noqa: {', '.join(STYLE)}")
    listed = ", ".join(names)
    head.append(f'"""{listed}: a function and its derivatives."""')
    plain = [*needs.imports(), *(f"import {module}" for module in theirs)]
    if re.search(r"\bAny\b", whole) and "Any" not in needs.done:
        plain.append("from typing import Any")
    groups: list[list[str]] = [[], []]
    for line in sorted(plain, key=lambda line: (line.startswith("from"), line)):
        groups[line.split()[1].split(".")[0] in ("numpy", "scipy")].append(line)
    imports = "\n\n".join("\n".join(g) for g in groups if g)
    exported = f"__all__ = [{', '.join(repr(n) for n in sorted(names))}]"
    top = "\n\n".join(p for p in ("\n".join(head), imports, exported) if p)
    return "\n\n\n".join(p.strip("\n") for p in [top, *parts]) + "\n"
