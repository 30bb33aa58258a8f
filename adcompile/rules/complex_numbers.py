"""Complex numbers: parts, conjugates, angles.

A tangent is that of a function of two real variables; transposition pairs without conjugation,
Re(sum(z_bar * z_dot)). So the gradient of a real f(x + 1j * y) is df/dx - 1j * df/dy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcompile.rules.dsl import rule, transpose
from adcompile.rules.helpers import unbroadcast


@transpose("real", wrt="x")
def real_x(x: Any, *, result_bar: Any) -> Any:
    return result_bar


@transpose("imag", wrt="x")
def imag_x(x: Any, *, result_bar: Any) -> Any:
    return -1j * result_bar


@transpose("conj", wrt="x")
def conj_x(x: Any, *, result_bar: Any) -> Any:
    return np.conj(result_bar)


@transpose("complex_of", wrt="x")
def complex_of_x(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(result_bar, x)


@transpose("complex_of", wrt="y")
def complex_of_y(x: Any, y: Any, *, result_bar: Any) -> Any:
    return unbroadcast(1j * result_bar, y)


@rule("angle")
def angle(z: Any, deg: bool = False, *, z_dot: Any) -> Any:
    if not np.iscomplexobj(z):
        return 0.0 * z_dot
    turned = np.imag(z_dot / z)
    return np.rad2deg(turned) if deg else turned
