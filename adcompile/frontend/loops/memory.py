"""What a loop's header came to, kept for the next trial of a loop around it.

Without it the trials of nested loops would double with each level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adcompile.frontend.context import Context
from adcompile.frontend.join import same_aval
from adcompile.frontend.loops.specs import ArraySpec, Correction
from adcompile.frontend.values import ArrayObj, ArrayRef
from adcompile.ir.avals import Array
from adcompile.ir.nodes import UNDEFINED


@dataclass
class Rebound:
    """An array that an iteration rebinds: to that of another name, or to another one (`end`)
    that may share memory with those of the names in `sources`."""

    partner: str | None
    end: ArrayObj
    sources: tuple[str, ...]
    aval: Array


@dataclass
class Settled:
    """What a loop's header came to: arrays that are rebound, names of arrays that are written."""

    rebound: dict[str, Rebound]
    written: list[str]


class Memory:
    """Of one loop: `specs` and `objects` are those of its header."""

    def __init__(
        self,
        cx: Context,
        correction: Correction,
        specs: dict[Any, Any],
        objects: dict[ArrayObj, None],
    ) -> None:
        self.cx = cx
        self.correction = correction
        self.node = correction.node
        self.entry = correction.entry
        self.specs = specs
        self.objects = objects
        self.expected: dict[str, ArraySpec] = {}

    def expect(self) -> None:
        """Start from what the header came to in an earlier trial of a loop around this one:
        else the trials of nested loops would double with each level."""
        known = self.cx.settled.get(id(self.node))
        if known is None:
            return
        env = self.entry.env
        for name in known.written:
            value = env.get(name, UNDEFINED)
            if isinstance(value, ArrayRef):
                self.objects[value.obj] = None
        for name, was in known.rebound.items():
            value = env.get(name, UNDEFINED)
            others = [env.get(n, UNDEFINED) for n in (was.partner or name, *was.sources)]
            arrays = [v for v in (value, *others) if isinstance(v, ArrayRef)]
            avals_now = [self.cx.ref_aval(v) for v in arrays]
            same = {(a.ndim, a.dtype) for a in (*avals_now, was.aval)}
            if len(arrays) < len(others) + 1 or len(same) > 1:
                continue
            first, partner, *sources = arrays
            if was.partner is not None:
                self.specs[name] = self.correction.spec_for(first, partner)
            elif same_aval(avals_now[0], was.aval):
                group = (first.obj, was.end, first.path, ())
                held = (first.obj, *(v.obj for v in sources))
                self.specs[name] = self.expected[name] = ArraySpec(was.aval, group, held)

    def remember(self) -> None:
        """Keep what `expect` can start from."""
        names: dict[ArrayObj, list[str]] = {}
        for name, value in self.entry.env.items():
            if isinstance(value, ArrayRef):
                names.setdefault(value.obj, []).append(name)
        known = self.cx.settled.get(id(self.node))
        rebound: dict[str, Rebound] = {}
        for name, spec in self.specs.items():
            if not isinstance(name, str) or not isinstance(spec, ArraySpec):
                continue
            if known is not None and self.expected.get(name) is spec:
                rebound[name] = known.rebound[name]
                continue
            end, path = spec.group[1], spec.group[3]
            assert isinstance(end, ArrayObj)
            sources = [names.get(o, []) for o in spec.sources[1:]]
            if not path and all(len(n) == 1 for n in sources):
                partner = names[end][0] if end in names else None
                if partner is not None or end not in self.entry.store:
                    rebound[name] = Rebound(partner, end, tuple(n[0] for n in sources), spec.aval)
        written = [n for obj in self.objects for n in names.get(obj, ())[:1]]
        self.cx.settled[id(self.node)] = Settled(rebound, written)
