"""Containers as vectors, and derivatives checked in users' tests."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import adcompile
from adcompile import check_grads, grad, hessian, jacfwd, ravel_pytree, rule

Layer = namedtuple("Layer", "w b")


@dataclass
class Model:
    """Layers with a name and a size."""

    layers: list
    scale: float
    name: str = "model"
    size: int = 3

    def __post_init__(self):
        raise AssertionError("__init__ is not run")


def model():
    made = object.__new__(Model)
    made.layers = [Layer(np.ones((2, 3)), np.zeros(2)), Layer(np.full((1, 2), 2.0), np.float32(3))]
    made.scale, made.name, made.size = 2.0, "model", 3
    return made


def loss(m, x):
    h = x
    for layer in m.layers:
        h = np.tanh(layer.w @ h + layer.b)
    return np.sum(h) * m.scale


def test_ravel_round_trip():
    m = model()
    vector, unravel = ravel_pytree(m)
    assert vector.shape == (6 + 2 + 2 + 1 + 1,) and vector.dtype == np.float64
    again = unravel(vector)
    assert type(again) is Model and again.name == "model" and again.size == 3
    assert type(again.layers[0]) is Layer and again.layers[0].w.shape == (2, 3)
    assert type(again.scale) is float and type(again.layers[1].b) is np.float32
    np.testing.assert_array_equal(ravel_pytree(again)[0], vector)
    assert "def unravel(vector):" in unravel.source
    with pytest.raises(ValueError, match="size 13"):
        unravel(np.ones(13))


def test_unravel_is_differentiable():
    m, x = model(), np.array([0.1, 0.2, 0.3])
    vector, unravel = ravel_pytree(m)
    g = grad(lambda v: loss(unravel(v), x))(vector)
    np.testing.assert_allclose(g, ravel_pytree(grad(loss)(m, x))[0], rtol=1e-6)
    assert hessian(lambda v: loss(unravel(v), x))(vector).shape == (12, 12)


def test_ravel_of_odd_containers():
    tree = OrderedDict(a=(1.0,), b=[np.zeros((0, 2)), None, "s", True, 3], c=np.array(2.0))
    vector, unravel = ravel_pytree(tree)
    again = unravel(vector * 2)
    assert (
        type(again) is OrderedDict
        and again["a"] == (2.0,)
        and again["b"][1:] == [None, "s", True, 3]
    )
    assert again["b"][0].shape == (0, 2) and again["c"].shape == () and again["c"] == 4.0
    empty, back = ravel_pytree(())
    assert empty.shape == (0,) and back(empty) == ()
    single = ravel_pytree({"w": np.ones(2, np.float32)})
    assert single[0].dtype == np.float32
    with pytest.raises(adcompile.UnsupportedInput, match=r"tree\['f'\]"):
        ravel_pytree({"f": np.sin})


# --- check_grads ----------------------------------------------------------------------------------


def right(p, x):
    return {"y": np.tanh(p["w"] @ x) * p["c"], "n": 3}


def test_check_grads_passes():
    x = np.array([0.1, 0.7])
    check_grads(right, ({"w": np.array([[1.0, 2.0], [0.5, -1.0]]), "c": 2.0, "k": 4}, x))
    check_grads(right, ({"w": np.ones((2, 2), np.float32), "c": np.float32(2.0), "k": 4}, x))
    check_grads(lambda x: x**3, (2.0,), order=3)
    check_grads(lambda x: np.sum(x), (np.ones(3),), order=1, modes=("rev",))

    def writes(x):
        x *= 2.0
        return np.sum(x * x)

    check_grads(writes, (x,))
    np.testing.assert_array_equal(x, [0.1, 0.7])


def wrong(x):
    return np.sin(x)


@rule(wrong)
def wrong_rule(x, *, result, x_dot):
    return x_dot * np.cos(x) * 1.001


def uses_wrong(p):
    return np.array([p["a"][0] * 2.0, np.sum(wrong(p["a"]) * np.array([0.0, 1.0]))])


def test_check_grads_names_what_differs():
    at = {"a": np.array([0.5, 0.25])}
    with pytest.raises(AssertionError) as caught:
        check_grads(uses_wrong, (at,))
    text = str(caught.value)
    assert "uses_wrong" in text and "p['a'][1]" in text and "result entry [1]" in text
    assert repr(np.float64(np.cos(0.25) * 1.001))[:16] in text
    with pytest.raises(AssertionError, match="rev"):
        check_grads(uses_wrong, (at,), modes=["rev"], order=1)
    check_grads(uses_wrong, (at,), order=1, rtol=1e-2)


def wrong_twice(x):
    return x * x


@rule(wrong_twice)
def first_order_only(x, *, result, x_dot):
    return x_dot * 2.0 * adcompile.stop_gradient(x)


def test_check_grads_of_second_order():
    def f(x):
        return wrong_twice(x)

    check_grads(f, (3.0,), order=1)
    with pytest.raises(AssertionError, match="fwd then fwd"):
        check_grads(f, (3.0,))


def test_check_grads_refuses():
    for bad in ({"order": 0}, {"modes": ("forward",)}, {"modes": ()}):
        with pytest.raises(adcompile.UnsupportedInput):
            check_grads(wrong, (1.0,), **bad)
    with pytest.raises(adcompile.UnsupportedInput, match="nothing to check"):
        check_grads(wrong, (1,))
    assert jacfwd(right)({"w": np.ones((1, 1)), "c": 1.0, "k": 1}, np.ones(1))["y"]["k"] is None


# -- classes that are registered -------------------------------------------------------------------


@adcompile.register_container
class Params(dict):
    """A dict by another name."""


@adcompile.register_container
class Stack(list):
    """A list by another name."""


class Wrapped:
    """Not taken apart by itself: it says that it is an array."""

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("it is read by its attributes")

    def norm(self):
        return np.sum(self.value**2)


def weighted(p):
    return np.sum(p["w"] ** 2) * p["b"]


def test_registered_classes_are_containers():
    p = Params(w=np.array([1.0, 2.0]), b=3.0, n=2)
    gradient = grad(weighted)(p)
    assert type(gradient) is Params and gradient["n"] is None and gradient["b"] == 5.0
    np.testing.assert_array_equal(gradient["w"], [6.0, 12.0])
    assert type(hessian(weighted)(p)["w"]) is Params
    value, tangent = adcompile.jvp(weighted, (p,), (Params(w=np.ones(2), b=1.0, n=None),))
    assert (value, tangent) == (15.0, 23.0)
    check_grads(weighted, (Params(w=np.array([1.0, 2.0]), b=3.0),))
    vector, unravel = ravel_pytree(p)
    assert type(unravel(vector)) is Params and unravel(vector)["n"] == 2
    stacked = grad(lambda s: s[0] * s[1])(Stack([2.0, 3.0]))
    assert type(stacked) is Stack and stacked == [3.0, 2.0]
    assert type(ravel_pytree(stacked)[1](np.ones(2))) is Stack


def test_registered_objects_are_taken_apart_by_attributes():
    with pytest.raises(adcompile.UnsupportedInput):
        grad(Wrapped.norm)(Wrapped(np.ones(2)))
    adcompile.register_container(Wrapped)
    gradient = grad(Wrapped.norm)(Wrapped(np.array([1.0, 2.0])))
    assert type(gradient) is Wrapped
    np.testing.assert_array_equal(gradient.value, [2.0, 4.0])


class Doubling(dict):
    def __getitem__(self, key):
        return 2 * dict.__getitem__(self, key)


class Filling(dict):
    def __missing__(self, key):
        return 0.0


class Twice(Doubling):
    pass


@pytest.mark.parametrize(
    ("cls", "words"),
    [
        (Doubling, "its own __getitem__"),
        (Twice, "its own __getitem__"),
        (Filling, "its own __missing__"),
        (np.ndarray, "no parts"),
        (tuple, "no parts"),
        (float, "no parts"),
        ("Params", "takes a class"),
    ],
)
def test_classes_that_cannot_be_registered(cls, words):
    with pytest.raises(adcompile.UnsupportedInput, match=words):
        adcompile.register_container(cls)


@dataclass
class Weights:
    w: np.ndarray


def test_an_object_whose_attributes_change_is_looked_at_again():
    g = grad(lambda p, x: np.sum(p.w * x))
    p, x = Weights(np.ones(3)), np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(g(p, x).w, x)
    p.w = np.ones(1)
    np.testing.assert_array_equal(g(p, x).w, [6.0])
    p.w = np.ones((2, 3), np.float32)
    assert g(p, x).w.shape == (2, 3) and g(p, x).w.dtype == np.float32
