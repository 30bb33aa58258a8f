"""The time to compile the gradient of long functions, stage by stage, and the size of its source.

Functions of several styles are put together from distinct blocks, about 100 and 800 code lines
long (`long_functions.py`). Each sample is a new function with a new gradient, in a process that
has compiled a short one of the style before, the disk cache off; the clock covers the first call.

The size is the number of generated code lines for each primal line. A helper function is counted
at each place that calls it: it is compiled there. Comments, blank lines and docstrings do not
count on either side.

Deep and long shapes follow (nests of loops, of conditionals, many helpers), with their sizes.
"""

import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from long_functions import (
    STYLES,
    VECTOR,
    built,
    code_lines,
    executed_lines,
    long_function,
    module_of,
    nests,
)

SHORT, LONG = 100, 800
SAMPLES = {SHORT: 9, LONG: 3}
AIMS = "aims: under 1 s, under 12 times that, at most 4 lines a line"
STAGES = {
    "pipeline.lower": "lower",
    "compiling.gradients.reverse": "reverse",
    "pipeline.simplify": "simplify",
    "pipeline.plan_residuals": "residuals",
    "pipeline.make_writes_safe": "ownership",
    "pipeline.eliminate_dead_code": "simplify",
    "pipeline.write_function": "write",
    "pipeline.module_text": "print",
    "pipeline.load_text": "load",
}
"""Functions where they are called, and the stage that each counts for."""


@contextmanager
def stages(seconds: dict[str, float]) -> Iterator[None]:
    """Add up the time of each stage of the pipeline, without that of stages inside it."""
    inside = [0.0]

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            inside.append(0.0)
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - start
                seconds[stage] = seconds.get(stage, 0.0) + spent - inside.pop()
                inside[-1] += spent

        return run

    with ExitStack() as patches:
        for place, stage in STAGES.items():
            module, _, name = place.rpartition(".")
            original = getattr(import_module(f"adcompile.{module}"), name)
            patches.enter_context(patch(f"adcompile.{place}", timed(stage, original)))
        yield


def compiled(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[float, str]:
    """Seconds of the first call of a fresh gradient, and the text that it ran."""
    from adcompile import grad

    gradient = grad(function)
    start = time.perf_counter()
    gradient(*arguments)
    return time.perf_counter() - start, gradient.source


def median_time(style: str, lines: int) -> tuple[float, str]:
    """The median of several fresh compilations, and the generated text."""
    samples = [compiled(*built(style, lines)) for _ in range(SAMPLES[lines])]
    return statistics.median(s for s, _ in samples), samples[0][1]


def report_styles() -> None:
    """Time, ratio and size of each style, then the share of each stage."""
    print(f"{'style':12}{SHORT:>6} lines{LONG:>6} lines  ratio  lines a line  ({AIMS})")
    for style in STYLES:
        compiled(*built(style, 20))  # the rules it needs are loaded
        short, text = median_time(style, SHORT)
        long, long_text = median_time(style, LONG)
        sizes = [
            code_lines(t) / executed_lines(long_function(style, n))
            for t, n in ((text, SHORT), (long_text, LONG))
        ]
        print(
            f"{style:12}{1e3 * short:9.0f} ms{1e3 * long:9.0f} ms{long / short:7.1f}"
            f"{sizes[0]:8.2f}{sizes[1]:6.2f}"
        )
        for lines in (SHORT, LONG):
            seconds: dict[str, float] = {}
            with stages(seconds):
                compiled(*built(style, lines))
            parts = ", ".join(f"{s} {1e3 * t:.0f}" for s, t in seconds.items())
            print(f"    {lines} lines, ms: {parts}")


def report_nests() -> None:
    """Time and size of deep and long shapes."""
    print(f"\n{'shape':44}{'ms':>6}  lines / lines")
    for name, text in nests().items():
        function = module_of(text).program
        seconds, generated = compiled(function, (0.3, VECTOR.copy(), 1))
        print(f"{name:44}{1e3 * seconds:6.0f}{code_lines(generated):7} /{code_lines(text):4}")


def main() -> None:
    """Print both tables."""
    os.environ["ADCOMPILE_CACHE"] = "0"
    warnings.simplefilter("ignore")
    report_styles()
    report_nests()


if __name__ == "__main__":
    main()
