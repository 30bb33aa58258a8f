"""adcompile rules: what is covered."""

from __future__ import annotations

import textwrap

from adcompile.cli.errors import BadInput
from adcompile.ir.primitives import Primitive, Registry
from adcompile.render.table import Table
from adcompile.render.text import text_table
from adcompile.rules.coverage import STATUSES, counts, coverage, listing, share
from adcompile.rules.load import NATIVE, load_libraries, registry


def rules(name: str | None) -> int:
    """Print the primitives with the rule each has; of one, the rule's source."""
    load_libraries()
    known = registry()
    if name is None:
        print(text_table(overview(known)))
        print(f"\n{functions_covered(known)}")
        return 0
    found = [p for p in known.by_name.values() if name in names_of(p)]
    if not found:
        raise BadInput(f"adcompile knows no operation {name!r}")
    rows = [row(known, p) for p in found]
    print(text_table(Table("", ("operation", "written", "derivative"), rows)))
    for text in sources(known, {p.rule for p in found}):
        print(f"\n{text}")
    return 0


def functions_covered(known: Registry) -> str:
    """NumPy's public functions by status, as the page of what is covered has them."""
    tables = coverage(known)
    covered, differentiable = share(known, tables)
    rows = [(title, *(str(counts(table)[s]) for s in STATUSES)) for title, table in tables.items()]
    note = (
        f"{covered} of {differentiable} functions of numpy, numpy.linalg and numpy.fft that have "
        "a derivative are covered"
    )
    parts = [text_table(Table("", ("namespace", *STATUSES), rows, note=note))]
    for title, status, names in listing(tables):
        listed = textwrap.fill(", ".join(names), 100, break_on_hyphens=False)
        parts.append(f"{title}: {status}\n{listed}")
    return "\n\n".join(parts)


def names_of(prim: Primitive) -> set[str]:
    bare = prim.spelling.lstrip("=.@")
    return {
        prim.name,
        prim.rule,
        prim.spelling,
        bare,
        bare.removeprefix("np."),
        bare.split(".")[-1],
    }


def overview(known: Registry) -> Table:
    shown = [p for p in known.by_name.values() if p.effect != "effect"]
    rows = [row(known, p) for p in sorted(shown, key=lambda p: p.name)]
    head = ("operation", "written", "derivative")
    return Table("", head, rows, note=f"{len(rows)} operations")


def row(known: Registry, prim: Primitive) -> tuple[str, ...]:
    written = prim.spelling.lstrip("=@") if prim.spelling != "@" else "@"
    return (
        prim.name,
        written.removeprefix("u") if written in UNARY else written,
        covered(known, prim),
    )


UNARY = ("u-", "u+", "u~")


def covered(known: Registry, prim: Primitive) -> str:
    """What is known of a primitive's derivative."""
    if not prim.differentiable:
        return "none"
    if prim.rule in NATIVE:
        return "linear, built in"
    parts = ["tangent rule"] if prim.rule in known.tangents else []
    required = [p.name for p in prim.params if p.required]
    linear = [required[i] for group in prim.linear for i in group if i < len(required)]
    if linear:
        parts.append(f"linear in {', '.join(linear)}")
    return "; ".join(parts) or "missing"


def sources(known: Registry, keys: set[str]) -> list[str]:
    """The texts of rules."""
    made = [known.tangents[k] for k in sorted(keys) if k in known.tangents]
    made += [r for (key, _), r in known.transposes.items() if key in keys]
    texts = []
    for r in dict.fromkeys(made):
        node = r.source.node
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        texts.append("".join(r.source.lines[first - 1 : node.end_lineno]).rstrip())
    return texts
