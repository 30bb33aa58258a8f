"""Checkpoints: values that a reverse sweep computes again instead of reading what was kept.

Run before residuals are planned. A region that is marked, and the regions that read its values,
have one key. Here each reader gets copies of the statements that compute these values, so it
reads its own; what the copies start from is all that is kept. Dead code then trims the copies.

A marked stretch of statements (a call) is copied to the front of each region that reads it. A
marked loop offers what it carries to `Snapshots` at each iteration; a loop that runs backwards
over its iterations restores the last snapshot, runs the iterations from there up to its own, and
then that one again; a loop that runs forwards carries along what that one carried.

What must not happen twice (draws, calls of unseen code) is recorded when it happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from adcompile.ir.absent import absent_values
from adcompile.ir.avals import Array
from adcompile.ir.nodes import (
    Atom,
    Block,
    For,
    Function,
    If,
    Let,
    Origin,
    Stmt,
    Try,
    Var,
)
from adcompile.ir.primitives import Registry
from adcompile.ir.snapshots import (
    REPLAY,
    REWIND,
    SNAPSHOTS,
)
from adcompile.ir.walk import (
    all_stmts,
    blocks,
    defined,
    inner_vars,
    map_block_atoms,
    map_blocks,
    operands,
    reads_of,
    substitute,
    use_counts,
)
from adcompile.passes.dce import eliminate_dead_code, needed_for
from adcompile.passes.replays import MarkedLoop, carrying_along, copier_of, offering, running_up


@dataclass(frozen=True)
class Note:
    """What became of a marked region.

    slots, bounds: of a loop, the number of its snapshots and its range, where that is known.
    kept: why its values are kept all the same.
    """

    origin: Origin
    slots: int | None = None
    bounds: tuple[Atom, ...] = ()
    kept: str = ""


def place_checkpoints(
    fn: Function, registry: Registry, keep_primal: bool = False, notes: list[Note] | None = None
) -> Function:
    """`fn` without marked regions. keep_primal: as in `eliminate_dead_code`. notes: gets one for
    each region whose values are read."""
    while any(True for _ in _marked_keys(fn.body)):
        work = _Outermost(fn, registry, [] if notes is None else notes)
        fn = eliminate_dead_code(work.rewritten(), keep_primal)
    return fn


class _Outermost:
    """The marked regions that are in no other, with the regions of their keys."""

    def __init__(self, fn: Function, registry: Registry, notes: list[Note]) -> None:
        self.fn = fn
        self.notes = notes
        self.registry = registry
        self.members: dict[int, list[Stmt]] = {key: [] for key in _marked_keys(fn.body)}
        self.owner: dict[Var, Stmt] = {}
        self._find(fn.body)
        self.foreign: dict[Stmt, set[Var]] = {
            stmt: {v for v in reads_of(stmt) if self.owner.get(v, stmt) is not stmt}
            for stmts in self.members.values()
            for stmt in stmts
        }
        self.absent = absent_values(fn, none_too=True)
        uses = use_counts(fn.body)
        self.only_user = {
            v: s
            for s in all_stmts(fn.body)
            if isinstance(s, Let)
            for v in operands(s)
            if uses[v] == 1
        }
        self.contexts = any(_opens_context(s) for s in all_stmts(fn.body))
        self.loops = dict(self._loops())
        self.same: dict[Var, Atom] = {}

    def _find(self, block: Block) -> None:
        for stmt in block.stmts:
            if isinstance(stmt, Let) or stmt.key not in self.members:
                for _, inner in blocks(stmt):
                    self._find(inner)
                continue
            self.members[stmt.key].append(stmt)
            for v in _inside(stmt):
                self.owner[v] = stmt

    # -- marked loops that can be run again

    def _loops(self) -> Iterator[tuple[Stmt, MarkedLoop]]:
        for stmts in self.members.values():
            for stmt in stmts:
                if isinstance(stmt, For) and stmt.checkpoint is not None:
                    readers = self.readers(stmt)
                    if not readers:
                        continue
                    made = self._loop(stmt, readers)
                    self.notes.append(_note(stmt, made))
                    if isinstance(made, MarkedLoop):
                        yield stmt, made

    def readers(self, stmt: For) -> list[Stmt]:
        """The regions that read values of a marked loop's iterations."""
        return [
            other
            for other in self.members[stmt.key]
            if any(self.owner[v] is stmt and v is not stmt.index for v in self.foreign[other])
        ]

    def _loop(self, stmt: For, readers: list[Stmt]) -> MarkedLoop | str:
        """How it can be run again, or why it cannot."""
        if self.foreign[stmt] or stmt.backward or not all(isinstance(r, For) for r in readers):
            return "it belongs to a derivative of a derivative"
        why = self.unrepeatable(stmt.body)
        if why:
            return why
        read = {v for r in readers for v in self.foreign[r] if self.owner[v] is stmt}
        needed = needed_for(_without_exit(stmt), read)
        lets = [s for s in all_stmts(stmt.body) if isinstance(s, Let) and s.out in needed]
        if any(map(_opens_context, lets)):
            return "the value of a 'with' is needed"
        once = self.recorded(lets)
        carries = tuple(k for k, c in enumerate(stmt.carries) if c.param in needed)
        if any(stmt.carries[k].param in self.absent for k in carries):
            return "a name has no value on some path"
        backward = any(isinstance(r, For) and r.backward for r in readers)
        kept = bool(once) or (backward and bool(carries))
        snapshots = Var(SNAPSHOTS, "snapshots") if kept else None
        return MarkedLoop(stmt, carries, frozenset(once), snapshots)

    def recorded(self, lets: Iterable[Stmt]) -> set[Var]:
        """The values to keep of what must not happen twice: a mask, not the draw it is made of."""
        once = [s.out for s in lets if isinstance(s, Let) and _once(s)]
        found: set[Var] = set()
        for v in once:
            while v in self.only_user and _smaller(self.only_user[v], v):
                v = self.only_user[v].out
            found.add(v)
        return found

    def unrepeatable(self, block: Block) -> str:
        """Why running a block again might take another path through a `try`, or "" if not.

        Copies run outside of the contexts that the user opened, which may say what raises.
        """
        tried = [s.then for s in all_stmts(block) if isinstance(s, Try)]
        if tried and self.contexts:
            return "there is a 'try' in it, and a 'with' in the program"
        inside = [s for then in tried for s in all_stmts(then) if isinstance(s, Let)]
        if any(map(_once, inside)):
            return "a value is drawn, or code without source called, inside of 'try'"
        return ""

    # -- the new program

    def rewritten(self) -> Function:
        body = self.block(self.fn.body)
        return replace(self.fn, body=map_block_atoms(self._resolved, body))

    def _resolved(self, atom: Atom) -> Atom:
        while isinstance(atom, Var) and atom in self.same:
            atom = self.same[atom]
        return atom

    def block(self, block: Block) -> Block:
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            if stmt not in self.foreign:
                stmts.append(map_blocks(self.block, stmt))
            elif isinstance(stmt, If):
                stmts += self.stretch(stmt)
            elif stmt in self.loops:
                stmts += offering(self.loops[stmt])
            else:
                assert isinstance(stmt, For)
                stmts += self.reading_loop(replace(stmt, checkpoint=None), self.foreign[stmt])
        return Block(tuple(stmts), block.results)

    def stretch(self, stmt: If) -> Iterable[Stmt]:
        """The statements of a marked stretch, after copies of those that it reads from."""
        sources = {stmt}
        while True:
            more = {self.owner[v] for s in sources for v in self.foreign[s]} - sources
            if not more:
                break
            sources |= more  # type: ignore[arg-type]
        members = [s for m in self.members[stmt.key] for s in _all_inside(m)]
        copier = copier_of(self.recorded(members), None, keep_keys=True)
        copies: list[Stmt] = []
        for source in self.members[stmt.key]:
            if source in sources and source is not stmt:
                assert isinstance(source, If)
                why = self.unrepeatable(source.then)
                self.notes.append(Note(source.origin, kept=why))
                copies += () if why else copier.stmts(source.then.stmts)
        own = substitute(stmt.then, copier.new)
        self.same.update(zip(stmt.outs, own.results, strict=True))
        return [*copies, *own.stmts]

    def reading_loop(self, stmt: For, foreign: set[Var]) -> Iterable[Stmt]:
        """A loop that reads values of marked ones, computing them again."""
        before: list[Stmt] = []
        for source in dict.fromkeys(self.owner[v] for v in sorted(foreign, key=lambda v: v.id)):
            loop = self.loops.get(source)
            if loop is None:
                continue
            sweep = None
            if loop.snapshots is not None:
                sweep = Var(SNAPSHOTS, "snapshots")
                kind = REWIND if stmt.backward else REPLAY
                args = (loop.snapshots,)
                before.append(Let(sweep, kind, args, (), stmt.origin.derived()))
            stmt = (
                running_up(stmt, loop, sweep, self.registry)
                if stmt.backward
                else carrying_along(stmt, loop, sweep)
            )
        return [*before, stmt]


def _note(stmt: For, made: MarkedLoop | str) -> Note:
    if isinstance(made, str):
        return Note(stmt.origin, kept=made)
    bounds = () if stmt.exits else (stmt.start, stmt.stop, stmt.step)
    return Note(stmt.origin, stmt.checkpoint if made.snapshots else None, bounds)


def _marked_keys(block: Block) -> Iterator[int]:
    """The keys of the outermost marked regions."""
    for stmt in block.stmts:
        call = isinstance(stmt, If) and stmt.checkpoint
        if call or (isinstance(stmt, For) and stmt.checkpoint is not None):
            yield stmt.key  # type: ignore[union-attr]
            continue
        for _, inner in blocks(stmt):
            yield from _marked_keys(inner)


def _inside(stmt: Stmt) -> Iterator[Var]:
    """What a region statement binds for and in its blocks."""
    yield from inner_vars(stmt)
    for _, inner in blocks(stmt):
        for s in inner.stmts:
            yield from defined(s)


def _all_inside(stmt: Stmt) -> Iterator[Stmt]:
    for _, inner in blocks(stmt):
        yield from all_stmts(inner)


def _once(stmt: Let) -> bool:
    """Whether it gives a value and must not be run twice."""
    return not stmt.op.repeatable and stmt.op.effect != "effect"


def _smaller(user: Let, value: Var) -> bool:
    """Whether an operation entry by entry gives less to keep than its operand."""
    have, made = value.aval, user.out.aval
    return (
        user.op.elementwise
        and user.op.repeatable
        and isinstance(have, Array)
        and isinstance(made, Array)
        and made.shape == have.shape
        and made.dtype.itemsize < have.dtype.itemsize
    )


def _opens_context(stmt: Stmt) -> bool:
    return isinstance(stmt, Let) and stmt.op.name == "with"


def _without_exit(stmt: For) -> For:
    body = Block(stmt.body.stmts, stmt.body.results[: len(stmt.carries)])
    return replace(stmt, body=body, exits=False, count=None)
