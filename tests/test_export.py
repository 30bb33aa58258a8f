"""Modules that run without adcompile: what they compute, what they refuse, how they are written."""

from __future__ import annotations

import copy
import importlib.util
import shutil
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import adcompile
from adcompile import export, grad, hessian, jvp, value_and_grad, vjp
from adcompile.frontend.structure import parts_of
from tests.zoo import CASES

Layer = namedtuple("Layer", "w b")


@dataclass
class Model:
    """Layers with a name."""

    layers: list
    scale: float
    name: str = "model"

    def apply(self, x):
        for layer in self.layers:
            x = np.tanh(layer.w @ x + layer.b)
        return self.scale * x


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exported(tmp_path, f, *args, **kwargs):
    path = tmp_path / "alone.py"
    export(f, path, *args, **kwargs)
    return load(path)


def leaves(value):
    parts = parts_of(value)
    if parts is None:
        return [value] if isinstance(value, (float, np.ndarray, np.generic)) else []
    return [leaf for part in parts.values for leaf in leaves(part)]


def assert_same(got, wanted):
    got, wanted = leaves(got), leaves(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert type(a) is type(b)
        np.testing.assert_allclose(a, b, rtol=1e-13)


SOME = """
arithmetic.kinked_functions calls.helper_with_loop_and_return#2 combined.nested_parameters
comprehensions.list_comprehension control_flow.early_return growing_lists.ragged_loops_one_list
inplace.diffusion_with_step linalg_basic.lu_solve loops.ragged_loops numerics.verlet_n_body
objects.dataclass_network recursion.recursion_scalar syntax.messages
views_alias.gather_update_behind_a_view aliasing.copy_of_one_of_two
exceptions.raise_to_own_handler combined.try_with_and_errstate syntax.annotations
""".split()
CHOSEN = [c for c in CASES if c.name in SOME]


def module_of_case(case, folder):
    path = folder / f"{case.name.replace('.', '_').replace('#', '_')}.py"
    export(case.function, path, argnums=case.argnums, at=case.args())
    return path


@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_a_module_computes_what_the_library_does(case, tmp_path):
    module = load(module_of_case(case, tmp_path))
    name = case.function.__name__
    value = getattr(module, name)(*case.args())
    assert_same(value, case.plain(*case.args()))
    got = getattr(module, f"{name}_grad")(*case.args())
    assert_same(got, grad(case.function, argnums=case.argnums)(*case.args()))
    got = getattr(module, f"{name}_value_and_grad")(*case.args())
    assert_same(got, value_and_grad(case.function, argnums=case.argnums)(*case.args()))
    got = getattr(module, f"{name}_vjp")(*case.args(), 1.5)
    y, pullback = vjp(case.function, *case.args())
    bars = pullback(1.5)
    assert_same(got, (y, tuple(bars[i] for i in case.argnums)))
    tangents = [case.args()[i] for i in case.argnums]
    got = getattr(module, f"{name}_jvp")(*case.args(), *tangents)
    given = tuple(t if i in case.argnums else None for i, t in enumerate(case.args()))
    assert_same(got, jvp(case.function, case.args(), given))


def test_enough_cases_are_chosen():
    assert len(CHOSEN) >= 12


def test_checkers_accept_the_modules(tmp_path):
    """With their own defaults, not with those of this project."""
    for case in CHOSEN:
        module_of_case(case, tmp_path)
    export(model_loss, tmp_path / "model.py", at=(model(), np.ones(3)))
    for tool, *options in (("ruff", "check", "--isolated"), ("mypy", "--config-file=")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
        done = subprocess.run(
            [tool, *options, str(tmp_path)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_same_text_again(tmp_path):
    for case in CHOSEN:
        first = module_of_case(case, tmp_path).read_bytes()
        assert module_of_case(case, tmp_path).read_bytes() == first
        assert str(tmp_path).encode() not in first


# -- containers and classes ----------------------------------------------------------------------


def model():
    layers = [Layer(np.full((2, 3), 0.3), np.zeros(2)), Layer(np.full((2, 2), 0.2), np.ones(2))]
    return Model(layers, 1.5)


def model_loss(m, x):
    """The squared norm of the output."""
    return np.sum(m.apply(x) ** 2)


def test_classes_of_arguments_are_found_in_them(tmp_path):
    module = exported(tmp_path, model_loss, argnums=0, at=(model(), np.ones(3)))
    got = module.model_loss_grad(model(), np.ones(3))
    assert type(got) is Model and type(got.layers[0]) is Layer and got.name is None
    assert_same(got, grad(model_loss)(model(), np.ones(3)))
    text = (tmp_path / "alone.py").read_text()
    assert "import tests" not in text and "import adcompile" not in text
    other = namedtuple("Other", "w b")
    wrong = model()
    wrong.layers[1] = other(*wrong.layers[1])
    with pytest.raises(TypeError, match=r"layers\[1\] must be a Layer"):
        module.model_loss_grad(wrong, np.ones(3))
    wrong = model()
    wrong.layers.append(wrong.layers[1])
    with pytest.raises(ValueError, match=r"m.layers must have 2 elements"):
        module.model_loss_grad(wrong, np.ones(3))


def made_inside(x):
    return Layer(x * x, 2.0 * x)


def test_classes_that_a_module_cannot_have_are_refused(tmp_path):
    with pytest.raises(adcompile.ADCompileError, match="class Layer"):
        export(made_inside, tmp_path / "no.py", at=(2.0,))
    assert not (tmp_path / "no.py").exists()


SCALE = np.array([1.0, 2.0])
FACTOR = 3.0


def scaled(x):
    return np.sum(SCALE * x) * FACTOR


def test_what_is_outside_is_written_as_it_is(tmp_path):
    module = exported(tmp_path, scaled, at=(np.ones(2),))
    np.testing.assert_array_equal(module.scaled_grad(np.ones(2)), SCALE * FACTOR)
    assert "_SCALE = np.array([1.0, 2.0])" in (tmp_path / "alone.py").read_text()


# -- refusals of the module ----------------------------------------------------------------------


def product(x: np.ndarray, y: np.ndarray) -> float:
    return np.sum(x * y)


@pytest.mark.parametrize(
    ("args", "error", "words"),
    [
        ((np.ones(3), np.ones(1)), ValueError, "y must have no axis of length 1"),
        ((np.ones(3), 2.0), TypeError, "y must be an array of float64 with 1 axis"),
        ((np.ones(3), np.ones(3, int)), TypeError, "float64"),
        ((np.ones((3, 3)), np.ones(3)), TypeError, "1 axis"),
        ((np.ones(3), [1.0, 2.0, 3.0]), TypeError, "y must be an array"),
    ],
)
def test_other_kinds_are_refused(args, error, words, tmp_path):
    module = exported(tmp_path, product, at=(np.ones(3), np.ones(3)))
    np.testing.assert_array_equal(module.product_grad(np.ones(4), np.ones(4))[0], np.ones(4))
    with pytest.raises(error, match=words):
        module.product_grad(*args)


def written(x, y):
    x[0] = 2.0 * y[1]
    return np.sum(x * y)


def test_a_written_argument_shares_no_memory(tmp_path):
    module = exported(tmp_path, written, at=(np.ones(3), np.ones(3)))
    a = np.arange(4.0)
    assert_same(
        module.written_grad(a[:3].copy(), a[1:]), grad(written, (0, 1))(a[:3].copy(), a[1:])
    )
    with pytest.raises(ValueError, match="must not share memory"):
        module.written_grad(a[:3], a[1:])


def powered(x, n, kind):
    return x**n if kind == "power" else n * x


def test_constants_and_flags_are_checked(tmp_path):
    module = exported(tmp_path, powered, argnums="x", at={"x": 2.0, "n": 3, "kind": "power"})
    assert module.powered_grad(2.0, 3, "power") == 12.0
    assert type(module.powered_grad(2, 3, "power")) is float
    with pytest.raises(ValueError, match="kind must be 'power'"):
        module.powered_grad(2.0, 3, "times")
    with pytest.raises(TypeError, match="n must be of type int"):
        module.powered_grad(2.0, 3.0, "power")


def first_differences(x, n):
    out = np.zeros(n)
    for i in range(n):
        out[i] = x[i + 1] - x[i]
    return out


def test_seeds_must_have_the_kinds_of_their_primals(tmp_path):
    module = exported(tmp_path, first_differences, argnums=0, at=(np.arange(4.0), 3))
    assert not hasattr(module, "first_differences_grad")
    y, (x_bar,) = module.first_differences_vjp(np.arange(4.0), 3, np.array([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(x_bar, [-1.0, 1.0, -2.0, 2.0])
    with pytest.raises(TypeError, match="y_bar"):
        module.first_differences_vjp(np.arange(4.0), 3, 1.0)
    with pytest.raises(ValueError, match="y_bar"):
        module.first_differences_vjp(np.arange(4.0), 3, np.ones(2))
    with pytest.raises(ValueError, match="x_dot must have the shape of x"):
        module.first_differences_jvp(np.arange(4.0), 3, np.ones(3))


# -- what is asked for ---------------------------------------------------------------------------


def area(r: float) -> float:
    """The area of a circle."""
    return np.pi * r**2


def test_modes_and_annotations(tmp_path):
    module = exported(tmp_path, area, modes=("primal", "grad", "derivative"))
    assert sorted(module.__all__) == ["area", "area_derivative", "area_grad"]
    assert module.area.__doc__.startswith("The area of a circle.")
    assert module.area_grad.__annotations__ == {"r": float, "return": float}
    for part in ("Args:", "Returns:", "Raises:"):
        assert part in module.area_grad.__doc__
    np.testing.assert_allclose(module.area_derivative(2.0), 4 * np.pi)
    head = (tmp_path / "alone.py").read_text().splitlines()[0]
    assert head.startswith("# Generated by adcompile from area (test_export.py:")
    with pytest.raises(adcompile.UnsupportedInput, match="'backwards'"):
        export(area, tmp_path / "no.py", modes=("backwards",))
    with pytest.raises(adcompile.NonScalarOutput):
        export(first_differences, tmp_path / "no.py", modes="grad", at=(np.arange(4.0), 3))


def cubes(x):
    return np.sum(x**3)


def test_second_derivatives(tmp_path):
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    module = exported(tmp_path, cubes, ("hessian", "hvp"), at=(x,))
    np.testing.assert_allclose(module.cubes_hessian(x), hessian(cubes)(x))
    np.testing.assert_allclose(module.cubes_hvp(x, v), hessian(cubes)(x) @ v)
    module = exported(tmp_path, grad(cubes), at=(x,))
    np.testing.assert_allclose(module.cubes_grad(x), 3 * x * x)
    np.testing.assert_allclose(module.cubes_grad_jvp(x, v)[1], 6 * x * v)


def test_methods_and_partials(tmp_path):
    module = exported(tmp_path, model().apply, ("jvp",), "x", at=(np.ones(3),))
    got = module.apply_jvp(model(), np.ones(3), np.ones(3))
    assert_same(got, jvp(model().apply, (np.ones(3),), (np.ones(3),)))


def test_a_module_needs_numpy_alone(tmp_path):
    export(cubes, tmp_path / "alone.py", at=(np.ones(2),))
    program = (
        "import sys; sys.modules['adcompile'] = None\n"
        "import numpy as np, alone\n"
        "assert alone.cubes_grad(np.array([1.0, 2.0])).tolist() == [3.0, 12.0]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_arguments_stay_as_they_are(tmp_path):
    module = exported(tmp_path, written, at=(np.ones(3), np.ones(3)))
    x, y = np.arange(3.0), np.ones(3)
    before = copy.deepcopy((x, y))
    module.written_grad(x, y)
    np.testing.assert_equal((x, y), before)
