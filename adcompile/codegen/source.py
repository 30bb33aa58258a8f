"""AST to text, through astor: the only place that imports it.

Adds comments, keeps long lines, and hides deprecation warnings of astor's.
"""

from __future__ import annotations

import ast
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_lock = threading.Lock()


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without the warnings of astor's, one thread at a time: the filters are the process's."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@lru_cache(maxsize=1)
def _astor() -> tuple[Any, Any]:
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
    with _unwarned():
        astor, generator = _astor()
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


def _in_a_new_process() -> None:
    """After a fork: the thread that held the lock is not in this process."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_new_process)
