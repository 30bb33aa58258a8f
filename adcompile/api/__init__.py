"""The public functions, with JAX's names and argument order."""

from adcompile import nested, programs  # noqa: F401  (importing registers)
from adcompile.api.checkpoints import checkpoint, checkpointed
from adcompile.api.checks import check_grads
from adcompile.api.custom import custom_jvp, custom_vjp, on_adjoint, stop_gradient
from adcompile.api.gradients import derivative, elementwise_grad, grad, value_and_grad
from adcompile.api.jacobians import hessian, jacfwd, jacobian, jacrev
from adcompile.api.products import hvp, jvp, linearize, vhp, vjp
from adcompile.api.pytrees import ravel_pytree, register_container
from adcompile.api.text import export, source

__all__ = [
    "check_grads",
    "checkpoint",
    "checkpointed",
    "custom_jvp",
    "custom_vjp",
    "derivative",
    "elementwise_grad",
    "export",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "on_adjoint",
    "ravel_pytree",
    "register_container",
    "source",
    "stop_gradient",
    "value_and_grad",
    "vhp",
    "vjp",
]

nested.register(__import__(__name__, fromlist=["api"]))
