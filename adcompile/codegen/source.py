"""AST to text, through astor: the only place that imports it.

Adds comments, keeps long lines, and hides a deprecation warning of astor's on import.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _astor() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import astor
        from astor.code_gen import SourceGenerator

    class Generator(SourceGenerator):
        """astor's generator with comments."""

        def visit_Comment(self, node: Any) -> None:
            self.statement(node, "# ", node.text)

        def visit_Constant(self, node: ast.Constant) -> None:
            if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
                self.write(repr(node.value))
            else:
                super().visit_Constant(node)

    return astor, Generator


def to_source(tree: ast.AST) -> str:
    """The text of a module or statement."""
    astor, generator = _astor()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        text: str = astor.to_source(
            tree,
            indent_with=" " * 4,
            source_generator_class=generator,
            pretty_source=_join,
            pretty_string=_docstring,
        )
    return text


def _join(source: list[str]) -> str:
    return "".join(source)


def _docstring(text: str, embedded: Any, current_line: str, uni_lit: bool = False) -> str:
    alone = not str(current_line).strip()
    return f'"""{text}"""' if alone and '"' not in text else repr(text)
