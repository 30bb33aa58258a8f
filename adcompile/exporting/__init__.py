"""Generated source as text, and as modules that run without adcompile."""

from adcompile.exporting.module import KINDS, module_of
from adcompile.exporting.text import SourceText, generate, source_text

__all__ = ["KINDS", "SourceText", "generate", "module_of", "source_text"]
