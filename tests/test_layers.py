"""The import direction: each layer knows only those before it.

errors <- ir <- analysis <- frontend <- rules <- transforms; {ir, analysis} <- {passes, codegen,
render}; all of these <- compiling <- pipeline <- dispatch <- api <- cli. `runtime` knows nothing of
the package, only codegen/source.py imports astor, and NumPy and astor are the only third-party
packages; the rules of SciPy's functions import SciPy.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "adcompile"
SCIPY = "rules/scipy/"

BASE = {"errors", "runtime"}
TRANSFORMING = {"ir", "analysis", "frontend", "rules", "transforms"}
FINISHING = {"passes", "codegen", "render"}
CALLING = {
    "compiling",
    "cache",
    "pipeline",
    "dispatch",
    "nested",
    "programs",
    "markers",
    "tracing",
    "exporting",
}

# What each top-level module or folder may import of the package (besides itself).
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "runtime": set(),
    "ir": {"errors"},
    "analysis": BASE | {"ir"},
    "frontend": BASE | {"ir", "analysis"},
    "rules": BASE | {"ir", "analysis", "frontend"},
    "transforms": BASE | TRANSFORMING - {"transforms"},
    "passes": BASE | {"ir", "analysis"},
    "codegen": BASE | {"ir", "analysis"},
    "render": BASE | {"ir", "analysis"},
    # Between the stages and the interface: each may use all stages and the ones named before it.
    "compiling": BASE | TRANSFORMING | FINISHING,
    "cache": BASE | TRANSFORMING | FINISHING | {"compiling"},
    "pipeline": BASE | TRANSFORMING | FINISHING | {"compiling", "cache"},
    "dispatch": BASE | TRANSFORMING | FINISHING | {"compiling", "cache", "pipeline"},
    "programs": BASE | TRANSFORMING | FINISHING | {"compiling", "pipeline"},
    "nested": BASE | TRANSFORMING | FINISHING | {"compiling", "pipeline", "dispatch"},
    "markers": BASE | TRANSFORMING,
    "tracing": BASE | TRANSFORMING | FINISHING | {"compiling", "cache", "pipeline", "dispatch"},
    "exporting": BASE | TRANSFORMING | FINISHING | {"compiling", "cache", "pipeline", "dispatch"},
    "api": BASE | TRANSFORMING | FINISHING | CALLING,
    "__init__": BASE | TRANSFORMING | FINISHING | CALLING | {"api"},
    "cli": BASE | TRANSFORMING | FINISHING | CALLING | {"api", "__init__"},
    "__main__": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import in a file, wherever it stands."""
    package = ["adcompile", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "adcompile":
                for alias in node.names:
                    yield node.lineno, f"adcompile.{alias.name}"
            else:
                yield node.lineno, module


def target_layer(name: str) -> str:
    """The layer that a dotted name of the package belongs to."""
    parts = name.split(".")
    if len(parts) == 1:
        return "__init__"
    exists = (PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").exists()
    return parts[1] if exists else "__init__"


def test_the_package_is_there():
    assert len(modules()) > 20
    layers = {layer_of(path) for path in modules()}
    expected = {"errors", "ir", "analysis", "frontend", "rules", "transforms", "passes"}
    expected |= {"codegen", "render", "runtime", "compiling", "pipeline", "dispatch", "api", "cli"}
    expected |= {"__init__", "__main__"}
    assert expected <= layers


def test_no_module_needs_one_that_needs_it():
    """Imports at the top of modules, those for type checkers included, have no circle."""
    names = {
        ".".join(("adcompile", *p.relative_to(PACKAGE).with_suffix("").parts)): p for p in modules()
    }
    names = {name.removesuffix(".__init__"): p for name, p in names.items()}
    needs: dict[str, set[str]] = {}
    for name, path in names.items():
        needs[name] = set()
        todo: list[ast.AST] = list(ast.parse(path.read_text(encoding="utf-8")).body)
        while todo:
            node = todo.pop()
            if isinstance(node, (ast.If, ast.Try)):
                todo.extend(ast.iter_child_nodes(node))
            if isinstance(node, ast.ImportFrom) and node.module:
                inside = {f"{node.module}.{alias.name}" for alias in node.names} & set(names)
                rest = len(inside) < len(node.names) and node.module in names
                needs[name] |= inside | ({node.module} if rest else set())
    while True:
        ready = {name for name, others in needs.items() if not others}
        if not ready:
            break
        needs = {name: others - ready for name, others in needs.items() if name not in ready}
    assert not needs, f"these import each other: {sorted(needs)}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_import_direction(path):
    layer = layer_of(path)
    assert layer in ALLOWED, f"{layer} has no place in the import order: give it one here"
    for line, name in imports_of(path):
        if name.split(".")[0] != "adcompile":
            continue
        target = target_layer(name)
        assert target == layer or target in ALLOWED[layer], (
            f"{path.relative_to(PACKAGE)}:{line} imports {name}: {layer} must not know {target}"
        )


@pytest.mark.parametrize("folder", ["compiling", "dispatch"])
def test_no_cycle_in_a_folder(folder):
    """The modules of a folder have an order, too: each imports only those before it."""
    paths = sorted((PACKAGE / folder).glob("*.py"))
    waiting = {
        f"adcompile.{folder}.{path.stem}": {
            name for _, name in imports_of(path) if name.startswith(f"adcompile.{folder}.")
        }
        for path in paths
    }
    assert len(waiting) > 3
    while waiting:
        free = {name for name, needed in waiting.items() if not needed & waiting.keys()}
        assert free, f"these import each other: {sorted(waiting)}"
        waiting = {name: needed for name, needed in waiting.items() if name not in free}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_party_imports(path):
    relative = path.relative_to(PACKAGE).as_posix()
    for line, name in imports_of(path):
        top = name.split(".")[0]
        if top == "adcompile" or top in sys.stdlib_module_names:
            continue
        allowed = ("numpy", "astor", "scipy") if relative.startswith(SCIPY) else ("numpy", "astor")
        assert top in allowed, f"{relative}:{line} imports {name}"
        if top == "astor":
            assert relative == "codegen/source.py", f"{relative}:{line} imports astor"
        if layer_of(path) == "runtime":
            assert top == "numpy"


def test_runtime_stands_alone():
    """Exported modules carry its helpers, so it may know NumPy and the standard library only."""
    for path in modules():
        if layer_of(path) == "runtime":
            for line, name in imports_of(path):
                inside = name == "adcompile.runtime" or name.startswith("adcompile.runtime.")
                assert inside or not name.startswith("adcompile"), f"{path.name}:{line}: {name}"


def test_astor_is_imported_lazily():
    """Importing the package does not import astor: it takes 30 ms and warns on new Pythons."""
    import subprocess

    program = "import sys, adcompile; sys.exit('astor' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import adcompile", []),
        ("import numpy as np, adcompile; adcompile.grad(lambda x: np.exp(x) * x)(1.0)", []),
        ("import scipy.special, adcompile; adcompile.grad(lambda x: x * x)(1.0)", []),
        (
            "import scipy.special, adcompile\n"
            "adcompile.grad(adcompile.rule(scipy.special.cosdg)(lambda x, *, x_dot: x_dot))",
            ["special"],
        ),
    ],
)
def test_rules_of_scipy_are_loaded_when_one_of_its_functions_is_met(program, loaded, tmp_path):
    """Never by importing the package, nor because SciPy is imported."""
    import subprocess

    pytest.importorskip("scipy")
    file = tmp_path / "program.py"
    check = (
        "\nimport sys\n"
        "mine = [m for m in sys.modules if m.startswith('adcompile.rules.scipy.')]\n"
        "names = sorted({m.split('.')[3] for m in mine} - {'rows'})\n"
        "theirs = 'scipy' in sys.modules and 'import scipy' not in open(__file__).readline()\n"
        "print(names, theirs)\n"
    )
    file.write_text(program + check, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{loaded} False"


def test_transforms_see_no_python_syntax_and_codegen_no_derivatives():
    for path in modules():
        names = {name.split(".")[0] for _, name in imports_of(path)}
        if layer_of(path) in ("transforms", "passes", "ir"):
            assert "ast" not in names, f"{path.name} looks at Python syntax trees"
