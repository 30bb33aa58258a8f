"""Structured arguments and results: trees whose leaves are IR atoms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from adcompile.ir.nodes import Atom


@dataclass(frozen=True, eq=False)
class Node:
    """A tree: `kind` is leaf (value: the atom), static (value: the object), tuple, list, dict
    (value: the keys) or object (value: the attributes' names). `type`: the class of a
    container that is not plain."""

    kind: str
    value: Any = None
    children: tuple[Node, ...] = ()
    type: Any = None

    def over(self, children: Iterable[Node]) -> Node:
        """The same container of other children."""
        return Node(self.kind, self.value, tuple(children), self.type)


NONE = Node("static", None)


def tuple_node(*children: Node) -> Node:
    return Node("tuple", None, children)


def node_leaves(node: Node) -> list[Atom]:
    """The atoms of a tree, in order."""
    if node.kind == "leaf":
        return [node.value]
    return [a for c in node.children for a in node_leaves(c)]


def with_leaves(node: Node, atoms: Sequence[Any]) -> Node:
    """The same tree with other leaves, in order."""
    rest = iter(atoms)

    def walk(n: Node) -> Node:
        if n.kind == "leaf":
            return Node("leaf", next(rest))
        return n.over(map(walk, n.children))

    return walk(node)
