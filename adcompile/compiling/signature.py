"""How a generated function takes its arguments apart, and puts its result together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from adcompile.codegen.lists import listed
from adcompile.codegen.spelling import name as name_of
from adcompile.codegen.writer import Signature
from adcompile.compiling.structured import Structured
from adcompile.frontend.places import Place
from adcompile.ir.nodes import Var
from adcompile.ir.trees import Node, node_leaves

Spell = Callable[[Any], ast.expr]


def signature(made: Structured, name: str, doc: str, extra: bool = True) -> Signature:
    """The parameters of the arguments, of `extra` ones and of what is read from outside.

    Its result is to be set: it is known when the function is ready to be written.
    """
    params: list[str] = []
    leaves: list[tuple[Var, str]] = []
    containers: list[tuple[str, ast.expr, Any]] = []

    def bind(text: str, path: ast.expr, tree: Node) -> None:
        if tree.kind == "leaf" and isinstance(path, ast.Name):
            leaves.append((tree.value, text))
        elif tree.kind != "static":
            hint_leaves(tree, text)
            containers.append((text, path, unpack_tree(tree)))

    texts = {label: identifier(label) for label in made.arguments}
    for label, tree in [*made.arguments.items(), *(made.extra if extra else ())]:
        text = identifier(label)
        params.append(text)
        bind(text, name_of(text), tree)
    roots = roots_of(made)
    params += [text for text, _ in roots.values()]
    for capture, tree in made.captures:
        root = capture.place.root
        text = texts[root.base] if root.kind == "argument" else roots[root.identity][0]
        bind(text, _path_expr(capture.place, text), tree)
    none: Any = None
    return Signature(name, doc, tuple(params), tuple(leaves), tuple(containers), none)


def linear_signature(
    made: Structured, name: str, doc: str, residuals: Sequence[Var], result: Node
) -> Signature:
    """The parameters of the linear half of a pair: the residuals, then the seeds."""
    for k, v in enumerate(residuals):
        v.hint = v.hint or f"residual_{k}"
    tree = ("tuple", tuple(residuals), None)
    leaves = [(n.value, text) for text, n in made.extra if n.kind == "leaf"]
    containers: list[tuple[str, ast.expr, Any]] = [("residuals", name_of("residuals"), tree)]
    for text, node in made.extra:
        if node.kind not in ("leaf", "static"):
            hint_leaves(node, text)
            containers.append((text, name_of(text), unpack_tree(node)))
    names = ("residuals", *(text for text, _ in made.extra))
    return Signature(name, doc, names, tuple(leaves), tuple(containers), returning(result))


def returning(result: Node) -> Callable[[Sequence[ast.expr], Spell], ast.expr]:
    """How the values of `result`'s leaves become the returned expression."""
    return lambda values, spell: result_expr(result, list(values), spell)


def returning_residuals(value: Node) -> Callable[[Sequence[ast.expr], Spell], ast.expr]:
    """The same for a value, and the tuple of all values after it."""
    count = len(node_leaves(value))

    def pair(values: Sequence[ast.expr], spell: Spell) -> ast.expr:
        head = result_expr(value, list(values[:count]), spell)
        return ast.Tuple([head, ast.Tuple(list(values[count:]), ast.Load())], ast.Load())

    return pair


def roots_of(made: Structured) -> dict[Hashable, tuple[str, Place]]:
    """Where values from outside come from: a name for each, and the place."""
    taken = [identifier(n) for n in made.arguments] + [n for n, _ in made.extra]
    found: dict[Hashable, tuple[str, Place]] = {}
    for capture, _ in made.captures:
        root = capture.place.root
        if root.kind == "argument" or root.identity in found:
            continue
        label = capture.name if root is capture.place else _root_name(root)
        text = base = identifier(label)
        number = 2
        while text in taken:
            text, number = f"{base}_{number}", number + 1
        taken.append(text)
        found[root.identity] = (text, root)
    return found


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


def identifier(text: str) -> str:
    """A label of an argument (`args[0]`) as a name."""
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in text).strip("_")
    return cleaned if cleaned.isidentifier() else f"arg_{cleaned}"


def hint_leaves(tree: Node, base: str) -> None:
    """Leaves that the user never named are called after their place."""
    keys = tree.value if tree.kind in ("dict", "object") else range(len(tree.children))
    for k, child in zip(keys, tree.children, strict=True):
        label = identifier(f"{base}_{k}")
        if child.kind == "leaf" and not child.value.hint:
            child.value.hint = label
        elif child.children:
            hint_leaves(child, label)


def unpack_tree(tree: Node) -> Any:
    """A tree as the writer unpacks it: variables, and (kind, parts, keys)."""
    if tree.kind == "leaf":
        return tree.value
    if tree.kind == "static":
        return None
    return (tree.kind, tuple(map(unpack_tree, tree.children)), tree.value)


def result_expr(node: Node, values: list[ast.expr], spell: Spell) -> ast.expr:
    """The expression of a result tree, taking leaf expressions in order.

    `spell` gives the expression of an object of the user's: a class.
    """
    if node.kind == "leaf":
        return values.pop(0)
    if node.kind == "static":
        return spell(node.value)
    items = [result_expr(c, values, spell) for c in node.children]
    if node.kind == "tuple":
        if node.type in (None, tuple):
            return ast.Tuple(items, ast.Load())
        return ast.Call(spell(node.type), items, [])
    if node.kind == "list":
        made: ast.expr = ast.List(items, ast.Load())
        return made if node.type in (None, list) else ast.Call(spell(node.type), [made], [])
    if node.kind == "object":
        named = [ast.keyword(k, v) for k, v in zip(node.value, items, strict=True)]
        return ast.Call(name_of("rebuilt"), [spell(node.type)], named)
    if node.kind == "run":
        return listed(node.value, items)
    made = ast.Dict([spell(k) for k in node.value], items)
    return made if node.type in (None, dict) else ast.Call(spell(node.type), [made], [])
