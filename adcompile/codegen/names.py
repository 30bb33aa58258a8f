"""Names of values, given as statements are written.

A value takes the name it prefers (the user's, its loop variable's, that of the conditional it
leaves) if no live value holds it. A write keeps the name of what it writes.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from adcompile.ir.absent import unbound_if_failed
from adcompile.ir.nodes import Atom, Block, If, Let, Lit, Try, Var

RESERVED = (
    frozenset(keyword.kwlist)
    | frozenset(dir(builtins))
    | {
        "np",
        "math",
        "scipy",
        "itertools",
        "Snapshots",
        "copied",
        "rebuilt",
        "replaced",
        "unbroadcast",
        "winners",
        "with_room",
    }
)
Alive = Callable[[Var], bool]

UNUSED = "_"
"""What the targets of loops that nobody reads are called; nothing else is."""


class Names:
    """Which name each value has, and which value holds each name at this point of the text.

    of: the name of each value that roots a chain of writes. prefer: the name a value takes if it
    is free. root: what a value shares its name with. made: the statements seen so far, by what
    they bind. constants: objects that the text refers to by name.
    """

    def __init__(
        self,
        values: Iterable[Var],
        params: Iterable[str],
        nested: Mapping[Var, Let],
        optimize: bool,
    ) -> None:
        self.of: dict[Var, str] = {}
        self.holder: dict[str, Var] = {}
        self.prefer: dict[Var, str] = {}
        self.root: dict[Var, Var] = {}
        self.made: dict[Var, Let] = {}
        self.constants: dict[str, Any] = {}
        self.taken: set[str] = set(params)
        self._nested = nested
        self._optimize = optimize
        hints = {v.hint for v in values}
        self._hints = hints if optimize else set()
        numbered = set() if optimize else {h for h in hints if h[:1] == "v" and h[1:].isdigit()}
        self._counter = max((int(h[1:]) for h in numbered), default=-1) + 1

    def base(self, var: Var) -> Var:
        """The value whose name `var` shares: the root of a chain of writes."""
        while var in self.root:
            var = self.root[var]
        return var

    def shared(self, var: Var) -> str:
        """The name of a value or of what it was written to."""
        return self.of[self.base(var)]

    def held(self, atom: Any) -> str | None:
        """The name of an operand that has one: not of a literal or a nested value."""
        if not isinstance(atom, Var) or atom in self._nested:
            return None
        return self.of.get(self.base(atom))

    def hold(self, var: Var, text: str) -> str:
        self.of[var] = text
        self.holder[text] = var
        return text

    def link(self, block: Block) -> None:
        """Let each write share the name of what it writes, and what joins a value of a Try with
        another that of the value: which is read where the Try completed."""
        tried: dict[Atom, set[Atom]] = {}
        for stmt in block.stmts:
            if isinstance(stmt, Try):
                tried[stmt.done] = {*unbound_if_failed(stmt)}
            elif isinstance(stmt, If) and stmt.cond in tried:
                for out, r in zip(stmt.outs, stmt.then.results, strict=True):
                    if r in tried[stmt.cond] and out.hint == r.hint:  # type: ignore[union-attr]
                        tried[stmt.cond].discard(r)
                        self.root[out] = r  # type: ignore[assignment]
            if isinstance(stmt, Let) and stmt.op.effect == "writes":
                base = stmt.args[0]
                assert isinstance(base, Var)
                self.root[stmt.out] = base

    def free(self, text: str, alive: Alive) -> bool:
        if text in RESERVED or text in self.constants:
            return False
        held = self.holder.get(text)
        if held is None:
            return text not in self.taken
        return not alive(held)

    def give(self, var: Var, alive: Alive, avoid: frozenset[str] = frozenset()) -> str:
        """Name a value that is bound here."""
        wish = self.prefer.get(var)
        if wish is not None and wish not in avoid and self.free(wish, alive):
            return self.hold(var, wish)
        hint = var.hint
        if hint == UNUSED or (hint and not hint.isidentifier()):
            hint = ""
        if not hint and self._optimize:
            hint = self._describe(var)
        if not hint:
            text = self._unnamed()
        else:
            text, number = hint, 2
            while text in avoid or not self.free(text, alive):
                text, number = f"{hint}_{number}", number + 1
        return self.hold(var, text)

    def constant(self, value: Any) -> str:
        """The name of an object of the user's that the text refers to."""
        text = getattr(value, "__name__", None) or type(value).__name__.lower()
        text = text if text.isidentifier() else "constant"
        if isinstance(value, type) and getattr(builtins, text, None) is value:
            return text
        for module, prefix in ((np, "np"), (np.linalg, "np.linalg")):
            if getattr(module, text, None) is value:
                return f"{prefix}.{text}"
        number = 2
        key = text
        while key in self.constants and self.constants[key] is not value:
            key, number = f"{text}_{number}", number + 1
        self.constants[key] = value
        self.taken.add(key)
        return key

    def _unnamed(self) -> str:
        while True:
            text = f"{'t' if self._optimize else 'v'}{self._counter}"
            self._counter += 1
            if not any(text in used for used in (self.taken, self._hints, self.holder)):
                return text

    def _describe(self, var: Var) -> str:
        """A name for an unnamed value, after what it is: `sin_x`, `x_i`."""
        let = self.made.get(var)
        operand = self.held(let.args[0]) if let is not None and let.args else None
        if let is None or operand is None:
            return ""
        if len(operand) > 12 or (operand[0] == "t" and operand[1:].isdigit()):
            return ""
        if let.op.name == "getitem":
            where = let.args[1]
            if isinstance(where, Var) and self.base(where) in self.of:
                return f"{operand}_{self.shared(where)}"
            if isinstance(where, Lit) and isinstance(where.value, int) and where.value >= 0:
                return f"{operand}_{where.value}"
            return ""
        if len(let.args) == 1 and let.op.shape in ("elementwise", "python") and not let.kwargs:
            return f"{let.op.rule.rpartition('.')[2]}_{operand}"
        return ""
