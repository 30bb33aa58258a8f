"""Private names of classes: inside `class C`, Python reads `__x` as `_C__x`."""

from __future__ import annotations

import ast


def is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__") and "." not in name


def is_name(written: str, name: str) -> bool:
    """Whether a name in a tree of private names is `name` in the text."""
    return written == name or (is_private(name) and written.endswith(name))


def has_private_names(tree: ast.AST) -> bool:
    """Whether a class of the module mentions one."""
    return any(
        any(is_private(name) for node in ast.walk(cls) for name in _names(node))
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef)
    )


def mangled(tree: ast.Module) -> ast.Module:
    """The module with every private name in a class replaced by the one that Python uses."""
    _in_class(tree, "")
    return tree


_FIELDS = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
    ast.ExceptHandler: "name",
}


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    field = _FIELDS.get(type(node))
    name = getattr(node, field) if field else None
    return [name] if isinstance(name, str) else []


def _in_class(node: ast.AST, prefix: str) -> None:
    """Mangle what is inside of `node`; prefix: of the class around it, empty outside of any."""
    for child in ast.iter_child_nodes(node):
        inside = prefix
        if isinstance(node, ast.ClassDef) and child in node.body:
            bare = node.name.lstrip("_")
            inside = f"_{bare}" if bare else ""
        _in_class(child, inside)
        if inside:
            _mangle(child, inside)


def _mangle(node: ast.AST, prefix: str) -> None:
    def one(name: str) -> str:
        return prefix + name if is_private(name) else name

    if isinstance(node, (ast.Global, ast.Nonlocal)):
        node.names = [one(n) for n in node.names]
        return
    for name in _names(node):
        setattr(node, _FIELDS[type(node)], one(name))
