"""The wrappers for other libraries that docs/interop.md shows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from adcompile import grad

PAGE = Path(__file__).resolve().parents[1] / "docs" / "interop.md"


def block(label):
    """The names that a marked block of the page defines."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {label} -->\n```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    scope: dict = {}
    exec(found.group(1), scope)
    return scope


def smoothed(u, k):
    u = u.copy()
    for _ in range(3):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return u


def energy(u, k):
    return np.sum(smoothed(u, k) ** 2)


U, K = np.array([0.3, 1.2, -0.4, 0.8, 0.5]), np.array(0.2)


def test_as_an_operation_of_torch():
    torch = pytest.importorskip("torch")
    operation = block("torch")["as_torch"](smoothed)
    u = torch.tensor(U, requires_grad=True)
    k = torch.tensor(K, requires_grad=True)
    assert torch.autograd.gradcheck(operation, (u, k))
    (operation(u, k) ** 2).sum().backward()
    for tensor, wanted in zip((u, k), grad(energy, (0, 1))(U, K), strict=True):
        np.testing.assert_allclose(tensor.grad.numpy(), wanted, rtol=1e-13)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        (first,) = torch.autograd.grad((operation(u, k) ** 2).sum(), u, create_graph=True)
        first.sum().backward()


@pytest.mark.parametrize("jitted", [False, True])
def test_as_an_operation_of_jax(jitted):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    operation = block("jax")["as_jax"](smoothed, lambda u, k: u)

    def of_jax(u, k):
        return jax.numpy.sum(operation(u, k) ** 2)

    derivative = jax.value_and_grad(of_jax, argnums=(0, 1))
    value, bars = (jax.jit(derivative) if jitted else derivative)(U, K)
    np.testing.assert_allclose(value, energy(U, K), rtol=1e-13)
    for bar, wanted in zip(bars, grad(energy, (0, 1))(U, K), strict=True):
        np.testing.assert_allclose(bar, wanted, rtol=1e-13)
