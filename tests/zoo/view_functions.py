"""Functions that give views: what is written through them is written to the array."""

import numpy as np

from tests.zoo.registry import case

X = np.array([0.7, -1.2, 0.4, 1.3])
X6 = np.arange(1.0, 7.0) / 5
M = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9]])
S = np.array([[0.7, -1.2, 0.4], [1.3, -0.6, 0.9], [0.2, 0.8, -0.5]])
CUBE = np.linspace(-1.1, 1.3, 24).reshape(2, 3, 4)


@case(S)
def flipped_and_turned(a):
    b = np.flip(a)
    b[0] *= a[0, 1]
    np.fliplr(a)[1, 0] = a[2, 2] * 3.0
    np.flipud(a)[0] += a[1]
    np.flip(a, 1)[:, 0] *= 2.0
    np.rot90(a)[0] *= a[0]
    np.rot90(a, 2)[0, 0] = a[1, 1]
    np.rot90(a, -1)[2] += 1.5 * a[:, 1]
    return np.sum(a * b * np.arange(9.0).reshape(3, 3))


@case(CUBE)
def axes_moved(t):
    u = np.moveaxis(t, 0, -1)
    u[0, 1] *= u[1, 1]
    w = np.rollaxis(t, 2)
    w[1] *= 2.0
    np.swapaxes(t, 0, 2)[3] = t[:, :, 0].T
    np.moveaxis(t, (0, 1), (1, 0))[2, 1] = 0.5
    t.transpose(1, 0, 2)[0] *= t[0, 0]
    t.transpose((2, 1, 0))[0] -= 1.0
    np.expand_dims(t, 1)[0, 0, 1] *= 3.0
    np.squeeze(t[:1])[1, 1] = t[1, 1, 1]
    return np.sum(t * t * u.transpose(2, 0, 1)) + np.sum(w)


@case(X6)
def pieces_of_a_vector(x):
    a, b, c = np.split(x, 3)
    a *= b
    c[0] = a[1]
    p, q = np.split(x, [2])
    p += q[:2]
    for k, r in enumerate(np.array_split(x, 4)):
        r *= k + 1.0
    h = np.hsplit(x, 2)
    h[0][1:] += h[1][:2]
    return np.sum(x * x)


@case(CUBE)
def pieces_of_a_cube(t):
    a, b = np.vsplit(t, 2)
    a *= b
    c, d = np.dsplit(t, 2)
    d += c * c
    e, f, g = np.hsplit(t, 3)
    g[:] = e * f
    l = np.split(t, [1, 3], axis=-1)
    l[1] *= 2.0
    return np.sum(t * t)


@case(S)
def diagonals_are_views(a):
    d = np.diagonal(a)
    e = a.diagonal(1)
    s = np.sum(d * d)
    a[1, 1] = a[0, 0] * a[1, 2]
    a[1, 2] *= 2.0
    f = np.diag(a)
    a[0, 0] *= 3.0
    return (
        s
        + np.sum(d * d)
        + np.sum(e) * np.sum(f)
        + np.sum(np.diag(d[:2] * a[0, :2], 1) * np.arange(9.0).reshape(3, 3))
    )


@case(CUBE)
def diagonal_of_a_cube(t):
    d = np.diagonal(t, -1, 2, 0)
    t[0] *= 2.0
    return np.sum(d * d * d) + np.sum(np.diagonal(t, axis1=1, axis2=2) ** 2)


@case(X, 0.7)
def at_least_ranks(x, s):
    a = np.atleast_2d(x)
    a[0, 1] *= 3.0
    b = np.atleast_3d(a)
    b[0, 2, 0] = x[0] * s
    c, d = np.atleast_1d(x, s * x[1])
    c[0] *= 2.0
    z = np.array(s)
    zz = np.atleast_1d(z)
    zz[0] *= x[3]
    return np.sum(x * x) * z + np.sum(d)


@case(M)
def as_arrays(a):
    b = np.asarray(a)
    b[0, 0] *= 2.0
    c = np.ascontiguousarray(a)
    c[0, 1] *= 3.0
    d = np.asfortranarray(a)
    d[1, 1] *= 5.0
    e = np.asanyarray(a.T)
    e[2] *= 1.5
    f = a.astype(float, copy=False)
    f[0] *= a[1]
    g = a.view()
    g[1, 1] = 2.0 * g[0, 1]
    h = np.ascontiguousarray(a.T)
    h[0] = 0.0
    i = np.require(a, requirements="CW")
    i[0] += 1.0
    return np.sum(a * a) + np.sum(d * d * d) + np.sum(h)


@case(np.asfortranarray(M))
def as_arrays_of_fortran_order(a):
    c = np.ascontiguousarray(a)
    c[0, 1] *= 3.0
    d = np.asfortranarray(a)
    d[1, 1] *= 5.0
    return np.sum(a * a) + np.sum(c * d)


@case(M)
def reshape_orders(a):
    b = a.reshape(3, 2, order="F")
    b[0] *= 2.0
    c = np.ravel(a, order="F")
    c[1] = 3.0
    d = a.T.reshape((6,), order="F")
    d[0] *= a[1, 1]
    e = a.flatten("F")
    e[0] = 9.0
    f = a.reshape(-1, order="A")
    f[1] *= 4.0
    g = np.reshape(a, (3, 2))
    g[2] *= 1.2
    k = a.T.ravel("K")
    k[2] *= g[0, 0]
    return np.sum(a * a) + np.sum(b * b * b) + c @ d + e @ f


@case(np.asfortranarray(M))
def reshape_orders_of_fortran_order(a):
    b = a.reshape(3, 2, order="F")
    b[0] *= 2.0
    c = np.ravel(a, order="F")
    c[1] = 3.0 * c[0]
    d = a.T.reshape(-1)
    d[2] *= c[1]
    e = a.ravel()
    e[0] = 4.0
    f = a.reshape(-1, order="A")
    f[3] *= 4.0
    return np.sum(a * a) + np.sum(b * b * b) + c @ d + e @ f
