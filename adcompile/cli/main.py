"""Parsing of the command line, the commands, and how errors are told.

Exit status: 0; 1 when `check` finds a mismatch; 2 for bad input.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adcompile.cli import values
from adcompile.cli.cache import cache
from adcompile.cli.check import check
from adcompile.cli.errors import BadInput
from adcompile.cli.rules import rules
from adcompile.cli.target import load_target, told
from adcompile.errors import ADCompileError
from adcompile.exporting import generate, module_of
from adcompile.frontend.binding import bind, float_arguments
from adcompile.rules.load import registry
from adcompile.tracing import trace

FUNCTION = "FILE.py:function, or package.module:function"


MODULE = {
    "primal": ("primal",),
    "forward": ("primal", "jvp"),
    "reverse": ("primal", "grad", "value_and_grad", "vjp"),
}
"""What `source -o` writes in each mode."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = parser().parse_args(argv)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        status = run(options)
    for text in dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught):
        print(f"adcompile: {text}", file=sys.stderr)
    return status


def run(options: argparse.Namespace) -> int:
    """Run the chosen command, telling what goes wrong."""
    try:
        return int(options.run(options))
    except BadInput as exc:
        return refuse(str(exc))
    except ADCompileError as exc:
        return refuse(str(exc))
    except BrokenPipeError:
        return 0
    except Exception as exc:
        span = getattr(exc, "adcompile_span", None)
        where = f"\n{span.filename}:{span.lineno}:\n{span.caret()}" if span else ""
        return refuse(f"{told(exc)}{where}")


def refuse(message: str) -> int:
    print(f"adcompile: {message}", file=sys.stderr)
    return 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="adcompile",
        description="Derivatives of ordinary NumPy Python, compiled to readable Python source.",
        epilog="Exit status: 0; 1 when check finds a mismatch; 2 for bad input.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _trace_options(commands.add_parser("trace", help="the textbook's table of a call"))
    _source_options(commands.add_parser("source", help="the generated source of a derivative"))
    one = commands.add_parser("check", help="the gradient against central finite differences")
    _function(one)
    one.set_defaults(run=run_check)
    one = commands.add_parser("rules", help="the operations that have a derivative rule")
    one.add_argument("name", nargs="?", help="one operation: sin, np.sin, multiply, ...")
    one.set_defaults(run=lambda options: rules(options.name))
    one = commands.add_parser("cache", help="the programs kept on disk")
    one.add_argument("action", choices=("list", "clear", "dir"))
    one.set_defaults(run=lambda options: cache(options.action))
    return made


def _function(one: argparse.ArgumentParser) -> None:
    one.add_argument("function", help=FUNCTION)
    one.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="x=2,W=@w.npy",
        help="the arguments: Python literals or @file.npy; may be repeated",
    )
    one.add_argument("--wrt", metavar="x,y", help="the selected arguments (default: all numeric)")


def _trace_options(one: argparse.ArgumentParser) -> None:
    _function(one)
    one.add_argument("--mode", choices=("primal", "forward", "reverse"), default="primal")
    one.add_argument("--seed", help="forward: tangent of the input; reverse: adjoint of the result")
    one.add_argument(
        "--granularity", choices=("primitive", "statement", "function"), default="primitive"
    )
    one.add_argument("--naming", choices=("v", "griewank"), default="v")
    one.add_argument("--digits", type=_count, default=6, help="significant digits")
    one.add_argument("--max-rows", type=_count, help="leave out rows in the middle")
    one.add_argument("--format", choices=("text", "markdown"), default="text")
    one.set_defaults(run=run_trace)


def _source_options(one: argparse.ArgumentParser) -> None:
    _function(one)
    one.add_argument("--mode", choices=("primal", "forward", "reverse"), default="reverse")
    one.add_argument("--no-optimize", action="store_true", help="one primitive a line")
    one.add_argument("-o", "--output", metavar="FILE", help="write a module that needs NumPy only")
    one.set_defaults(run=run_source)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def selected(options: argparse.Namespace) -> str | tuple[str, ...] | None:
    """The names that --wrt selects: one alone, or a tuple."""
    if options.wrt is None:
        return None
    names = tuple(n.strip() for n in options.wrt.split(",") if n.strip())
    return names[0] if len(names) == 1 else names


def run_trace(options: argparse.Namespace) -> int:
    fn = load_target(options.function)
    given = values.point(options.at)
    seed = None if options.seed is None else values.value(options.seed, "--seed")
    made = trace(
        fn, options.mode, selected(options), seed, options.granularity, naming=options.naming
    )(**given)
    show = made.markdown if options.format == "markdown" else made.text
    print(show(options.digits, options.max_rows))
    return 0


def run_source(options: argparse.Namespace) -> int:
    fn = load_target(options.function)
    given = values.point(options.at)
    wrt: Any = selected(options)
    if given:
        args, kwargs, names = bind(fn, (), given)
        as_float = float_arguments(registry(), fn, args, kwargs)
        passed = dict(zip(names, [*args, *kwargs.values()], strict=True))
        given = {n: float(v) if n in as_float else v for n, v in passed.items()}
    if options.output is not None:
        try:
            text = module_of(fn, MODULE[options.mode], wrt, given or None, not options.no_optimize)
        except ADCompileError as exc:
            if given:
                raise
            raise BadInput(
                f"{fn.__name__} needs a point to be compiled for: give --at\n{exc}"
            ) from None
        Path(options.output).write_text(text, encoding="utf-8", newline="\n")
        return 0
    made = generate(fn, options.mode, wrt, not options.no_optimize, (), given)
    if "def " not in made.text:
        raise BadInput(f"{fn.__name__} needs a point to be compiled for: give --at\n{made.text}")
    print(made.text.rstrip())
    return 0


def run_check(options: argparse.Namespace) -> int:
    return check(load_target(options.function), values.point(options.at), selected(options))
