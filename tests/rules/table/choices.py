"""Elementwise functions in the forms beside the plain call."""

from __future__ import annotations

from tests.rules.table.row import FLOAT, SCALAR, Row, every

ROWS: list[Row] = []

ROWS += every(
    [FLOAT, SCALAR, (), (4,), (2, 3), (1,), (0,)],
    """
    np.acos(x)
    np.asin(x)
    np.atan(x)
    np.atanh(x)
    np.asinh(x)
    """,
    low=0.1,
    high=0.9,
)

ROWS += every([FLOAT, SCALAR, (), (4,), (2, 3), (1,), (0,)], "np.acosh(x)", low=1.2, high=3.0)

ROWS += every(
    [[(4,), (4,)], [(2, 1), (3,)], [FLOAT, (3,)], [(), SCALAR], [(0,), (0,)]],
    """
    np.atan2(x, y)
    np.pow(x, y)
    """,
)

ROWS += every(
    [FLOAT, SCALAR, (), (4,), (2, 3), (1,), (0,)],
    """
    np.negative(x) + np.positive(x) * 2 + np.abs(x)
    np.clip(x, None, 1.2)
    np.clip(x, 0.6, None)
    np.clip(x, a_min=0.6, a_max=1.2)
    np.clip(x, min=0.6, max=1.2)
    np.clip(x, min=0.6)
    np.interp(x, [0.0, 0.8, 1.1, 3.0], [1.0, 2.0, 0.0, 1.0])
    np.real(x) + np.imag(x)
    np.float_power(x, 3)
    np.power(2.0, x)
    2 ** x
    np.hypot(x, 2.0)
    np.logaddexp(x, 0.0)
    np.minimum(np.maximum(x, 0.5), 1.0)
    np.fmax(x, 1.0) + np.fmin(x, 0.8)
    np.exp2(x) + np.expm1(x) + np.log1p(x) + np.log2(x) + np.log10(x)
    """,
)

ROWS += every(
    [[(3,), (3,)]],
    """
    np.add(x, y, dtype=np.float64)
    np.multiply(x, y, where=np.array([True, False, True]), out=np.zeros(3))
    out = np.ones(3) ;; np.multiply(x, y, out=out) ;; out * x
    np.angle(x + 1j * y, deg=True)
    np.real(np.exp(1j * x)) * np.imag(np.sqrt(x + 1j * y))
    np.isclose(x, y) * x
    np.maximum(x, y, out=np.zeros(3))
    """,
)

ROWS += every(
    [(3,)],
    """
    out = np.zeros(3) ;; np.exp(x, out=out) ;; out * x
    out = np.zeros(3) ;; np.exp(x, where=np.array([True, False, True]), out=out) ;; out * x
    out = np.ones(3) ;; np.add(out, x, out) ;; out * x
    x.clip(min=0.5)
    np.clip(x, 0.5, 1.2, out=np.zeros(3))
    np.where(x > 1)[0] * 1.0 + np.sum(x)
    np.ldexp(x, np.array([1, 2, 3]))
    np.frexp(x)[1] * x
    np.angle(x)
    np.sign(x) * x
    np.around(x, 1) + x + x.round(1)
    x.astype(float, copy=False)
    np.square(x, dtype=np.float64)
    np.power(x, -2.0)
    np.cumulative_sum(x, include_initial=True)
    np.cumulative_sum(x, dtype=np.float64)
    np.isdtype(x.dtype, 'real floating') * x
    np.invert(x > 1) * x
    np.lcm(2, 3) * x + np.gcd(4, 6)
    np.iscomplexobj(x) + x
    np.sum(np.isnan(x)) + np.signbit(x) + x
    """,
)

ROWS += every([[(2, 3), (3,)]], "np.clip(x, y, None)")

ROWS += every(
    [(3,), (2, 3)],
    """
    np.clip(x, np.array([0.5, 0.7, 0.9]), np.array([1.0, 1.1, 1.2]))
    np.nan_to_num(x, nan=1.0, posinf=2.0, neginf=3.0)
    x.astype(np.float64) * 2
    np.power(x, np.array([1, 2, 3]))
    """,
)

ROWS += every([(3,), (2, 3), SCALAR, ()], "x.clip(0.5, 1.2)")

ROWS += every([[(3,), FLOAT]], "x.clip(max=y)")

ROWS += every([[(3,), (3,)], [(3,), FLOAT]], "np.where([True, False, True], x, y)")

ROWS += every([[(3,), (3,)], [(2, 1), (3,)]], "np.where(x > y, 1.0, y)")

ROWS += every(
    [(6,), ()],
    """
    np.select([x < 0.7, x < 1.2], [x * x, 2 * x])
    np.piecewise(x, [x < 0.7, x < 1.2], [np.sin, np.cos, np.tan])
    """,
)

ROWS += every(
    [(6,)],
    """
    np.select((x < 0.7, x < 1.2), (x * x, 2 * x), default=x)
    np.piecewise(x, [x < 0.7], [lambda t, a: t * a, 0.0], 3.0)
    np.piecewise(x, [x < 0.7], [lambda t, a: t * a, 0.0], a=3.0)
    """,
)

ROWS += every(
    [[(4,), (4,)]],
    """
    np.choose(np.array([0, 1, 1, 0]), (x, y))
    np.choose([0, 1, 2, 5], [x, y, 2 * x], mode='clip')
    np.choose(np.array([0, 3, -1, 0]), [x, y], mode='wrap')
    """,
)

ROWS += every(
    [(3, 2)],
    """
    np.choose(np.array([0, 1]), x)
    np.cumulative_sum(x, axis=0)
    a, b = np.unstack(x, axis=1) ;; a * b
    """,
)

ROWS += every([[(4,), (4,)]], "np.interp(np.array([0.2, 0.9]), np.sort(x), y)", tolerance=1e-06)

ROWS += every([[(5,), (4,)]], "np.interp(x, np.array([0.0, 0.8, 1.1, 2.0]), y, period=2.0)")

ROWS += every([[(5,), (2,)]], "np.interp(x, np.array([0.7, 1.1]), y, left=0.0)")

ROWS += every(
    [(4,)],
    """
    np.interp(0.9, np.array([0.0, 0.8, 1.1, 3.0]), x)
    np.heaviside(x - 1, 0.5) * x
    np.copysign(x, np.array([1.0, -1.0, 2.0, -0.0]))
    np.copysign(2.0, x) * x
    """,
)

ROWS += every(
    [(3,), SCALAR],
    """
    m, e = np.frexp(x) ;; m * e
    """,
    low=0.6,
    high=0.9,
)

ROWS += every(
    [(3,)],
    """
    f, w = np.modf(x) ;; f * w
    """,
    low=1.1,
    high=1.9,
)

ROWS += every(
    [[(3,), (3,)]],
    """
    q, r = np.divmod(x, y) ;; q * r
    q, r = divmod(x, y) ;; q * r
    np.fmod(-x, y)
    x % y + x // y
    """,
    low=1.1,
    high=1.9,
)

ROWS += every([(3,)], "np.divmod(x, 0.7)[1]", low=1.5, high=2.0)

ROWS += every([(6,)], "np.unwrap(x, period=3.0)", low=0, high=20)

ROWS += every([(6,)], "np.unwrap(x, discont=4.0)", low=0, high=30)

ROWS += every([(3,)], "np.spacing(x) + x", order=1, note="a staircase")

ROWS += every([(3,), SCALAR, ()], "x.real + x.imag")

ROWS += every(
    [(3,), SCALAR],
    """
    np.conj(x) + np.conjugate(x) + x.conj() + x.conjugate()
    np.rint(x) + np.floor(x) + np.ceil(x) + np.trunc(x) + np.fix(x) + np.round(x, 1) + x
    """,
)

ROWS += every([[(3,), (3,)], [SCALAR, SCALAR]], "np.angle(x + 1j * y)")

ROWS += every([[(3,), (3,)], [FLOAT, FLOAT]], "np.abs(x + 1j * y)")

ROWS += every([(2,)], "np.bitwise_and(np.array([1, 2]), 3) * x")

ROWS += every([(3,)], "np.i0(x)", low=20.0, high=60.0, tolerance=1e-05)

ROWS += every([(3,)], "np.i0(x)", low=0.001, high=0.1)

ROWS += every([(3,)], "np.sinc(x)", low=0.9, high=1.1)

ROWS += every(
    [(5,)],
    """
    np.kaiser(5, 2.0) * x
    np.bartlett(5) * np.blackman(5) * np.hamming(5) * x
    """,
)

ROWS += every(
    [(2, 3)],
    """
    np.unstack(x)[0] * np.unstack(x)[1]
    np.permute_dims(x, (1, 0))
    np.permute_dims(x)
    """,
)

ROWS += every([[(2,), (3,)]], "np.concat([x, y])")

ROWS += every([[(2, 2), (3,)]], "np.concat((x, y), axis=None)")

ROWS += every([[(2, 3), (3,)], [(4, 2, 3), (3,)], [(2, 3), (4, 3)]], "np.matvec(x, y)")

ROWS += every([[(2,), (2, 3)], [(4, 2), (4, 2, 3)]], "np.vecmat(x, y)")

ROWS += every([[(3,), (3,)], [(2, 3), (2, 3)], [(2, 1, 3), (4, 3)]], "np.vecdot(x, y)")

ROWS += every(
    [[(3, 2), (3, 2)]],
    """
    np.vecdot(x, y, axis=0)
    np.linalg.vecdot(x, y, axis=0)
    """,
)

ROWS += every([(2, 2)], "np.matrix_transpose(x) @ x.mT")

ROWS += every([(3,)], "np.remainder(x, 0.7)", low=0.8, high=1.3)

ROWS += every([(3,)], "np.nextafter(x, 2.0)")
