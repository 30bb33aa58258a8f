"""The public interface: decorators, argnums, results and their kinds, dispatch, source text."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import re
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest

import adcompile
from adcompile import grad, jvp, source, value_and_grad, vjp
from tests.helpers import assert_same_structure


def product(x, y):
    """The product of both."""
    return x * y


def textbook(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def sum_of_squares(x):
    return np.sum(x * x)


def scaled(x, scale=2.0, *, power=2):
    return np.sum(scale * x**power)


def with_aux(x, y):
    z = x * y
    return np.sum(z), {"z": z, "note": "aux"}


# --- names ----------------------------------------------------------------------------------------


def test_the_public_names():
    names = "grad value_and_grad jvp vjp rule transpose adjoint nondiff trace source".split()
    errors = (
        "ADCompileError UnsupportedSyntax MissingRule NotDifferentiable AmbiguousAlias "
        "NonScalarOutput SourceUnavailable BadArgnums"
    ).split()
    for name in names + errors:
        assert hasattr(adcompile, name), name
        assert name in adcompile.__all__
    assert isinstance(adcompile.__version__, str)


def test_the_package_is_typed():
    assert (Path(adcompile.__file__).parent / "py.typed").exists()


# --- decorators -----------------------------------------------------------------------------------


@grad
def bare(x, y=3.0):
    """A docstring to keep."""
    return x * x * y


@grad(argnums=(0, 1))
def with_arguments(x: float, y: float) -> float:
    return x * x * y


@grad()
def empty_parentheses(x):
    return x * x


@value_and_grad
def bare_value(x):
    return x * x


@value_and_grad(argnums="y")
def by_name(x, y):
    return x * y


@value_and_grad(has_aux=True)
def decorated_aux(x):
    return x * x, x


def test_decorators_bare_and_with_arguments():
    assert bare(2.0) == 12.0
    assert bare(2.0, y=1.0) == 4.0
    assert with_arguments(2.0, 3.0) == (12.0, 4.0)
    assert empty_parentheses(2.0) == 4.0
    assert bare_value(3.0) == (9.0, 6.0)
    assert by_name(2.0, 3.0) == (6.0, 2.0)
    assert decorated_aux(3.0) == ((9.0, 3.0), 6.0)


def test_decorated_functions_keep_their_identity():
    assert bare.__name__ == "bare"
    assert bare.__doc__ == "A docstring to keep."
    assert bare.__module__ == __name__
    assert bare.__qualname__ == "bare"
    assert inspect.isfunction(bare.__wrapped__)
    assert bare.__wrapped__(2.0) == 12.0
    assert str(inspect.signature(bare)) == "(x, y=3.0)"
    assert list(inspect.signature(with_arguments).parameters) == ["x", "y"]
    assert callable(bare)


def test_repr_names_the_function_and_the_transform():
    assert "product" in repr(grad(product))
    assert "grad" in repr(grad(product))
    assert "value_and_grad" in repr(value_and_grad(product))
    assert " at 0x" not in repr(grad(product)), "the text must not differ from run to run"


# --- argnums and result structures ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 3.0),
        (1, 2.0),
        (-1, 2.0),
        (-2, 3.0),
        ("x", 3.0),
        ("y", 2.0),
        ((0,), (3.0,)),
        (("y",), (2.0,)),
        ((0, 1), (3.0, 2.0)),
        ((1, 0), (2.0, 3.0)),
        (("y", "x"), (2.0, 3.0)),
        ([0, "y"], (3.0, 2.0)),
        ((-1, 0), (2.0, 3.0)),
        (np.int64(1), 2.0),
    ],
)
def test_argnums(argnums, expected):
    assert grad(product, argnums=argnums)(2.0, 3.0) == expected
    assert grad(product, argnums)(2.0, 3.0) == expected
    assert value_and_grad(product, argnums=argnums)(2.0, 3.0) == (6.0, expected)
    assert type(grad(product, argnums=argnums)(2.0, 3.0)) is type(expected)


def test_argnums_default_to_the_first():
    assert grad(product)(2.0, 3.0) == 3.0


def test_argnums_of_arguments_passed_by_keyword():
    for argnums, expected in (("y", 2.0), (1, 2.0), (0, 3.0)):
        assert grad(product, argnums=argnums)(2.0, y=3.0) == expected
        assert grad(product, argnums=argnums)(x=2.0, y=3.0) == expected
        assert grad(product, argnums=argnums)(y=3.0, x=2.0) == expected


def test_argnums_of_a_keyword_only_parameter():
    assert grad(keyword_only, argnums="scale")(2.0, scale=3.0) == 4.0


def keyword_only(x, *, scale):
    return scale * x * x


def test_has_aux():
    x, y = np.array([0.5, 2.0]), np.array([3.0, -1.0])
    gradient, aux = grad(with_aux, has_aux=True)(x, y)
    np.testing.assert_array_equal(gradient, y)
    np.testing.assert_array_equal(aux["z"], x * y)
    assert aux["note"] == "aux"
    (value, aux), gradients = value_and_grad(with_aux, argnums=(0, 1), has_aux=True)(x, y)
    assert value == -0.5
    np.testing.assert_array_equal(aux["z"], x * y)
    np.testing.assert_array_equal(gradients, (y, x))


def test_has_aux_wants_a_pair():
    with pytest.raises(TypeError, match=r"has_aux|pair|aux"):
        grad(product, has_aux=True)(2.0, 3.0)


def test_value_and_grad_returns_two():
    result = value_and_grad(textbook, argnums=(0, 1))(2.0, 5.0)
    assert type(result) is tuple and len(result) == 2
    assert type(result[1]) is tuple
    assert result[0] == textbook(2.0, 5.0)


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument",
    [
        2.0,
        np.float64(2.0),
        np.float32(2.0),
        np.array(2.0),
        np.array(2.0, dtype=np.float32),
        np.array([2.0, 3.0]),
        np.array([2.0, 3.0], dtype=np.float32),
        np.ones((2, 3)),
        np.ones((2, 0)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(8.0)[::2],
        np.ones((1, 1, 2)),
    ],
    ids=lambda a: f"{type(a).__name__}-{getattr(a, 'dtype', '')}-{np.shape(a)}",
)
def test_the_gradient_has_the_kind_of_its_argument(argument):
    for optimize in (True, False):
        gradient = grad(sum_of_squares, optimize=optimize)(argument)
        assert_same_structure(gradient, argument)
        np.testing.assert_allclose(gradient, 2 * np.asarray(argument))
    (cotangent,) = vjp(sum_of_squares, argument)[1](1.0)
    assert_same_structure(cotangent, argument)


def test_a_python_int_is_read_as_a_float():
    gradient = grad(product)(3, 2.0)
    assert gradient == 2.0 and type(gradient) is float
    gradient = grad(square_of)(3)
    assert gradient == 6.0 and type(gradient) is float


def square_of(x):
    return x * x


@pytest.mark.parametrize(
    "tree",
    [
        (2.0, 3.0),
        [2.0, np.array([3.0])],
        {"b": 2.0, "a": np.float64(3.0)},
        {"w": [(np.ones(2), 2.0)], "v": (3.0,)},
        [(np.ones((2, 2)), np.ones(2, np.float32)), (np.ones((2, 2)), np.ones(2, np.float32))],
    ],
)
def test_the_gradient_has_the_structure_of_its_argument(tree):
    gradient = grad(FUNCTIONS_OF_TREES[type(tree), len(tree), str(type(first(tree)))])(tree)
    assert_same_structure(gradient, tree)


def first(tree):
    return next(iter(tree.values())) if isinstance(tree, dict) else tree[0]


def of_pair(t):
    return t[0] * t[1]


def of_list(t):
    return t[0] * np.sum(t[1] ** 2)


def of_dict(t):
    return t["a"] * t["b"]


def of_nested(t):
    s = t["v"][0]
    for w, c in t["w"]:
        s = s + np.sum(w) * c
    return s


def of_layers(t):
    s = 0.0
    for w, b in t:
        s = s + np.sum(w) * np.sum(b)
    return s


FUNCTIONS_OF_TREES = {
    (tuple, 2, str(float)): of_pair,
    (list, 2, str(float)): of_list,
    (dict, 2, str(float)): of_dict,
    (dict, 2, str(list)): of_nested,
    (list, 2, str(tuple)): of_layers,
}


def test_the_leaves_that_carry_no_derivative():
    gradient = grad(with_options)({"w": np.array([1.0, 2.0]), "n": 3, "mode": "sum", "extra": None})
    assert list(gradient) == ["w", "n", "mode", "extra"]
    np.testing.assert_array_equal(gradient["w"], [3.0, 3.0])
    assert gradient["n"] is gradient["mode"] is gradient["extra"] is None


def with_options(params):
    return np.sum(params["w"]) * params["n"]


# --- jvp and vjp ----------------------------------------------------------------------------------


def test_jvp():
    value, tangent = jvp(textbook, (2.0, 5.0), (1.0, 0.0))
    assert value == textbook(2.0, 5.0)
    assert tangent == pytest.approx(5.5)
    assert jvp(textbook, (2.0, 5.0), (1.0, None)) == (value, tangent)
    assert jvp(textbook, (2.0, 5.0), (None, None))[1] == 0.0
    assert jvp(textbook, [2.0, 5.0], [1.0, 0.0])[1] == pytest.approx(5.5)


def test_vjp_gives_one_gradient_a_primal():
    value, pullback = vjp(of_everything, 2.0, "sum", None, True, 3, np.array([1, 2]), np.ones(2))
    assert value == 36.0
    gradients = pullback(1.0)
    assert type(gradients) is tuple
    assert gradients[0] == 18.0
    assert gradients[1:4] == (None, None, None)
    assert gradients[5] is None
    np.testing.assert_array_equal(gradients[6], [12.0, 24.0])


def of_everything(x, mode, nothing, flag, n, k, w):
    if mode == "sum" and flag and nothing is None:
        return x * n * np.sum(k * w) * 2.0
    return x


def test_vjp_of_containers():
    value, pullback = vjp(several_results, np.array([1.0, 2.0]), 3.0)
    assert list(value) == ["a", "b"]
    x_bar, c_bar = pullback({"a": np.array([1.0, 0.0]), "b": (2.0,)})
    np.testing.assert_array_equal(x_bar, [3.0 + 2.0, 2.0])
    assert c_bar == 1.0


def several_results(x, c):
    return {"a": x * c, "b": (np.sum(x),)}


def test_keyword_arguments_are_passed_on():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(scaled)(x, scale=3.0, power=3), 9 * x**2)
    np.testing.assert_array_equal(grad(scaled)(x), 4 * x)
    np.testing.assert_array_equal(grad(scaled)(x, 3.0), 6 * x)
    np.testing.assert_array_equal(grad(scaled)(x=x, scale=1.0), 2 * x)
    value, tangent = jvp(scaled, (x,), (np.ones(2),), power=3, scale=1.0)
    assert (value, tangent) == (9.0, 15.0)
    value, pullback = vjp(scaled, x, power=3, scale=1.0)
    np.testing.assert_array_equal(pullback(1.0)[0], 3 * x**2)
    assert len(pullback(1.0)) == 1


# --- methods --------------------------------------------------------------------------------------


class Model:
    """A class with a differentiated method."""

    scale = 3.0

    @grad(argnums=1)
    def slope(self, x):
        return self.scale * x * x

    @staticmethod
    @grad
    def static_slope(x):
        return x * x


def test_methods_are_bound():
    model = Model()
    model.scale = 5.0
    assert model.slope(2.0) == 20.0
    assert Model.slope(model, 2.0) == 20.0
    assert Model.static_slope(2.0) == 4.0
    assert model.static_slope(2.0) == 4.0


# --- signatures and dispatch ----------------------------------------------------------------------


def test_recompiled_for_another_signature_and_back():
    compiled = grad(sum_of_squares)
    arguments = [
        2.0,
        np.array([1.0, 2.0]),
        np.float32([1.0, 2.0]),
        np.ones((2, 3)),
        np.float64(2.0),
        np.array(2.0),
        3,
        np.ones(1),
    ]
    for _ in range(2):
        for argument in arguments:
            gradient = compiled(argument)
            if isinstance(argument, int):
                assert (gradient, type(gradient)) == (6.0, float)
            else:
                assert_same_structure(gradient, argument)
                np.testing.assert_allclose(gradient, 2 * np.asarray(argument))


def test_a_second_call_does_not_compile():
    compiled = grad(sum_of_squares)
    compiled(np.ones(3))
    misses = compiled.cache_info().misses
    assert misses == 1
    for size in (3, 4, 100):
        compiled(np.ones(size))
    assert compiled.cache_info().misses == misses, "lengths are symbolic"
    compiled(np.ones((2, 2)))
    assert compiled.cache_info().misses == misses + 1
    compiled(np.ones(3))
    compiled(np.ones((5, 2)))
    assert compiled.cache_info().misses == misses + 1


def test_static_arguments_join_the_signature():
    compiled = grad(with_mode)
    assert compiled(3.0, "double") == 2.0
    assert compiled(3.0, "square") == 6.0
    assert compiled(3.0, "double") == 2.0
    assert compiled(3.0, None) == 1.0


def with_mode(x, mode):
    if mode is None:
        return x
    if mode == "double":
        return x * 2.0
    return x * x


def test_jvp_and_vjp_compile_once():
    """Both are plain calls, so that their programs must be kept somewhere; a repeat is fast."""
    import time

    jvp(textbook, (2.0, 5.0), (1.0, 0.0))
    vjp(textbook, 2.0, 5.0)[1](1.0)
    start = time.perf_counter()
    for _ in range(100):
        jvp(textbook, (2.0, 5.0), (1.0, 0.0))
        vjp(textbook, 2.0, 5.0)[1](1.0)
    # A compile takes milliseconds: a hundred of them, seconds.
    assert time.perf_counter() - start < 0.25


GLOBAL_SCALE = 2.0


def uses_a_global(x):
    return GLOBAL_SCALE * x * x


def test_globals_are_read_at_each_call(monkeypatch):
    compiled = grad(uses_a_global)
    assert compiled(3.0) == 12.0
    monkeypatch.setitem(globals(), "GLOBAL_SCALE", 5.0)
    assert compiled(3.0) == 30.0


def helper(x):
    return x * x


def calls_helper(x):
    return helper(x) + x


def other_helper(x):
    return x * x * x


def test_a_redefined_helper_recompiles(monkeypatch):
    compiled = grad(calls_helper)
    assert compiled(3.0) == 7.0
    monkeypatch.setitem(globals(), "helper", other_helper)
    assert compiled(3.0) == 28.0


def test_threads_calling_first():
    compiled = value_and_grad(textbook, argnums=(0, 1))
    count = 8
    barrier = threading.Barrier(count)
    results: list[object] = [None] * count
    rng = np.random.default_rng(0)
    shapes = [rng.uniform(1.0, 2.0, 3) if i % 2 else float(i + 1) for i in range(count)]

    def call(number: int) -> None:
        barrier.wait()
        try:
            at = shapes[number]
            results[number] = compiled(2.0, 5.0) if number % 2 == 0 else grad(summed)(at, at)
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, result in enumerate(results):
        if number % 2 == 0:
            assert result == (textbook(2.0, 5.0), (5.5, pytest.approx(1.7163378145367738)))
        else:
            np.testing.assert_allclose(result, 1 / shapes[number] + shapes[number])


def summed(x1, x2):
    return np.sum(np.log(x1) + x1 * x2 - np.sin(x2))


# --- the source text ------------------------------------------------------------------------------


def code_of(text: str) -> list[str]:
    """The lines of code: no comments, no blank ones."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_source_shows_what_ran_last():
    compiled = grad(sum_of_squares)
    compiled(np.ones(3))
    vector = compiled.source
    compiled(2.0)
    scalar = compiled.source
    assert "def sum_of_squares_grad(x)" in vector
    assert "def sum_of_squares_grad(x)" in scalar
    compiled(np.ones(5))
    assert compiled.source == vector
    assert compiled.source_for(2.0) == scalar
    assert compiled.source_for(np.ones(2)) == vector
    assert compiled.source == vector, "source_for does not run anything"


def test_source_before_any_call():
    compiled = grad(textbook, argnums=(0, 1))
    text = compiled.source
    ast.parse(text)
    assert "def textbook_grad(x1, x2)" in text
    header = text[: text.index("def textbook_grad")] + text.split('"""')[1]
    assert "general" in header.lower()
    compiled(2.0, 5.0)
    assert "general" not in compiled.source.lower()


def test_the_generated_text_runs_alone():
    compiled = grad(textbook, argnums=(0, 1))
    expected = compiled(2.0, 5.0)
    namespace: dict[str, object] = {"np": np}
    exec(compile(compiled.source, "generated", "exec"), namespace)
    assert namespace["textbook_grad"](2.0, 5.0) == expected


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_names_of_generated_functions(transform):
    compiled = transform(product)
    compiled(2.0, 3.0)
    assert f"def product_{transform.__name__}(x, y)" in compiled.source


def test_each_statement_comes_with_the_users_line():
    compiled = grad(two_statements)
    compiled(2.0)
    name = Path(__file__).name
    lines, start = inspect.getsourcelines(two_statements)
    for offset in (1, 2):
        assert f"{name}:{start + offset}" in compiled.source
        assert lines[offset].strip() in compiled.source
    assert str(Path(__file__).parent) not in compiled.source, "no path of the machine"


def two_statements(x):
    a = np.sin(x) * x
    return a * a


def test_optimised_source_nests_and_keeps_the_users_names():
    compiled = value_and_grad(two_statements)
    compiled(2.0)
    body = " ".join(code_of(compiled.source))
    assert re.search(r"\ba = ", body)
    assert "x_bar" in body or "return" in body
    assert not re.search(r"\bv\d+\b", body)


def operations(node: ast.AST) -> int:
    """Calls, operators and comparisons in an expression; a minus sign of a number is none."""
    count = 0
    for child in ast.walk(node):
        if isinstance(child, ast.UnaryOp) and isinstance(child.operand, ast.Constant):
            continue
        count += isinstance(child, (ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare))
    return count


@pytest.mark.parametrize("function", [textbook, two_statements])
def test_unoptimised_source_has_one_primitive_a_line(function):
    for make in (grad, value_and_grad):
        compiled = make(function, optimize=False)
        compiled(*(2.0, 5.0)[: function.__code__.co_argcount])
        text = compiled.source
        tree = ast.parse(text)
        assignments = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
        assert len(assignments) >= 4
        for node in assignments:
            assert operations(node.value) <= 1, ast.unparse(node)
        assert re.search(r"\bv2\b", text)
        assert re.search(r"\bv\d+_bar\b", text)


def test_source_function():
    text = source(textbook, mode="reverse", argnums=(0, 1))
    assert "def textbook_grad(x1, x2)" in str(text)
    forward = source(textbook, mode="forward", argnums=(0, 1))
    assert "def textbook_jvp(x1, x2, x1_dot, x2_dot)" in str(forward)


PROGRAM = """
import numpy as np
from adcompile import grad
from tests.test_api import of_nested, textbook
g = grad(textbook, argnums=(0, 1)); g(2.0, 5.0); print(g.source)
h = grad(of_nested)
h({"w": [(np.ones(2), 2.0), (np.ones(2), 1.0)], "v": (3.0,)}); print(h.source)
k = grad(grad(textbook)); k(2.0, 5.0); print(k.source)
"""


def test_the_text_is_the_same_in_every_process():
    root = str(Path(__file__).resolve().parents[1])
    texts = []
    for seed in ("0", "1234"):
        environment = dict(os.environ, PYTHONPATH=root, PYTHONHASHSEED=seed)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    assert texts[0].count("def ") >= 3


def test_the_text_is_the_same_for_two_compiles():
    texts = set()
    for _ in range(2):
        compiled = grad(two_statements)
        compiled(2.0)
        texts.add(compiled.source)
    assert len(texts) == 1


def fails_inside(x, i):
    y = np.sin(x)
    return y[i] * x[0]


def test_tracebacks_show_the_generated_line():
    compiled = value_and_grad(fails_inside)
    compiled(np.ones(3), 1)
    with pytest.raises(IndexError) as caught:
        compiled(np.ones(3), 9)
    frames = traceback.extract_tb(caught.value.__traceback__)
    generated = [frame for frame in frames if frame.name.startswith("fails_inside")]
    assert generated
    frame = generated[-1]
    assert frame.line
    assert frame.line in [line.strip() for line in compiled.source.splitlines()]
    text = "".join(linecache.getlines(frame.filename))
    assert compiled.source.strip() in text


def test_generated_functions_are_inspectable():
    """Whatever a debugger asks of linecache is the text that runs."""
    compiled = grad(textbook)
    compiled(2.0, 5.0)
    entries = [
        "".join(lines)
        for _, _, lines, name in (e for e in linecache.cache.values() if len(e) == 4)
        if "adcompile" in name
    ]
    assert any(compiled.source.strip() in entry for entry in entries)


# --- nesting --------------------------------------------------------------------------------------


def quartic(x):
    return x**4


def test_derivatives_of_derivatives():
    assert grad(grad(quartic))(2.0) == pytest.approx(48.0)
    assert grad(grad(grad(quartic)))(2.0) == pytest.approx(48.0)
    assert jvp(grad(quartic), (2.0,), (1.0,)) == pytest.approx((32.0, 48.0))
    assert jvp(grad(grad(quartic)), (2.0,), (1.0,)) == pytest.approx((48.0, 48.0))
    assert value_and_grad(grad(quartic))(2.0) == pytest.approx((32.0, 48.0))


slope_of_quartic = grad(quartic)


def uses_a_gradient(x):
    return slope_of_quartic(x) * x


def uses_a_tangent(x):
    _, tangent = jvp(quartic, (x,), (1.0,))
    return tangent * x


def test_a_compiled_function_inside_a_plain_one():
    assert grad(uses_a_gradient)(2.0) == pytest.approx(16 * 8.0)
    assert grad(uses_a_tangent)(2.0) == pytest.approx(16 * 8.0)
    assert jvp(uses_a_gradient, (2.0,), (1.0,))[1] == pytest.approx(16 * 8.0)
    assert jvp(uses_a_tangent, (2.0,), (1.0,))[1] == pytest.approx(16 * 8.0)


def test_a_decorated_function_inside_a_plain_one():
    assert grad(uses_a_decorated_function)(2.0) == pytest.approx(12 * 2.0)


def uses_a_decorated_function(x):
    return bare(x) * x


def _lambdas_of_one_line(b):
    # fmt: off
    return [
        (lambda x: np.sin(b * x), lambda x: np.cos(b * x), lambda x: b * x),
        (lambda x: x * 2.0, lambda x: x * 3.0, lambda x: x),
        (lambda x: x * x if x > 0 else x, lambda x, f=lambda z: 9.0 * z: x * x * x, lambda y: 1.0),
        (lambda x:
            x * x, lambda x:
            x * x * x),
    ]
    # fmt: on


def test_lambdas_of_one_line_are_told_apart():
    s, c = np.sin(6.0), np.cos(6.0)
    expected = [(3 * c, -3 * s, 3.0), (2.0, 3.0, 1.0), (4.0, 12.0, 0.0), (4.0, 12.0)]
    for row, bars in zip(_lambdas_of_one_line(3.0), expected, strict=True):
        for f, bar in zip(row, bars, strict=True):
            np.testing.assert_allclose(grad(f)(2.0), bar, rtol=1e-14)


def test_lambdas_that_cannot_be_told_apart_are_refused():
    text = "pair = lambda x: x * x, lambda x: x * x * x\n"
    names: dict = {}
    exec(compile(text, "<pair>", "exec"), names)
    linecache.cache["<pair>"] = (0, None, [text.replace("x", "longer")], "<pair>")
    try:
        with pytest.raises(adcompile.SourceUnavailable, match="several lambdas on line 1"):
            grad(names["pair"][1])(2.0)
    finally:
        del linecache.cache["<pair>"]
