"""The rest of scipy.special: constants, what is refused by name, and functions whose values may
be used but not differentiated."""

from __future__ import annotations

import numpy as np
from scipy import special

from adcompile.rules.dsl import REGISTRY
from adcompile.rules.scipy.rows import add_rows, refuse
from adcompile.rules.scipy.special import (  # noqa: F401  (importing registers)
    bessel,
    elliptic,
    entropies,
    error_functions,
    exponentials,
    gammas,
    polynomials,
)

add_rows(special, ("round: x", "gammasgn: x"), "elementwise", differentiable=False)
REGISTRY.static.update(
    getattr(special, name)
    for name in special.__all__
    if name.startswith("roots_") or name.endswith(("_roots", "_zeros"))
)
REGISTRY.static.update((special.bernoulli, special.euler))


def _letters(count: int) -> str:
    return ", ".join(f"{letter}~" for letter in "abcdefgh"[:count])


for _name in special.__all__:
    _fn = getattr(special, _name)
    if isinstance(_fn, np.ufunc):
        _shape = "elementwise"
        if _fn.nout > 1:
            _shape = f"{','.join(['()'] * _fn.nin)}->{','.join(['()'] * _fn.nout)}"
        add_rows(special, (f"{_name}: {_letters(_fn.nin)}",), _shape)

OUTSIDE = "Call it outside of the differentiated function."
refuse(special, "Use the eval_ functions: scipy.special.eval_legendre(n, x) and its like.",
       """legendre chebyt chebyu chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm
       gegenbauer sh_legendre sh_chebyt sh_chebyu sh_jacobi legendre_p legendre_p_all
       assoc_legendre_p assoc_legendre_p_all sph_legendre_p sph_legendre_p_all lpn lpmn clpmn lqn
       lqmn assoc_laguerre""")  # fmt: skip
refuse(special, OUTSIDE, """errstate geterr seterr obl_cv_seq pro_cv_seq mathieu_even_coef
       mathieu_odd_coef stirling2 factorial2 factorialk""")  # fmt: skip
refuse(special, "Write it with the functions of one order: scipy.special.jv, yv, spherical_jn.",
       """riccati_jn riccati_yn lmbda pbdn_seq pbdv_seq pbvv_seq h1vp h2vp""")  # fmt: skip
refuse(special, "Write the sines: np.sin(n * x / 2) / (n * np.sin(x / 2)).", "diric")
refuse(special, "Write its polynomial in cos and sin.", """sph_harm sph_harm_y sph_harm_y_all
       ellip_harm ellip_harm_2 ellip_normal""")  # fmt: skip
