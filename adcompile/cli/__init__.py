"""The command line: adcompile trace, source, check, rules."""

from adcompile.cli.main import main

__all__ = ["main"]
