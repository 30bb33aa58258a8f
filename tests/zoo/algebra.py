"""Linear algebra, transforms and complex numbers inside loops, branches, writes and containers."""

import numpy as np

from tests.zoo.registry import case, draw


@case(draw(3, 3), draw(3))
def eigenvectors_in_a_loop(matrix, start):
    v = start
    for k in range(3):
        values, vectors = np.linalg.eigh(matrix @ matrix.T + k * np.eye(3))
        v = vectors @ (values * (vectors.T @ v))
        v = v / np.linalg.norm(v)
    return v[0] + 2.0 * v[1]


@case(draw(4, 3))
def singular_values_of_a_named_tuple(a):
    parts = np.linalg.svd(a, full_matrices=False)
    low_rank = (parts.U[:, :2] * parts.S[:2]) @ parts.Vh[:2]
    return np.sum((a - low_rank) ** 2) + parts.S[0]


@case(draw(3, 3), draw(3))
def solve_reused_in_branches(a, b):
    m = a @ a.T + 3.0 * np.eye(3)
    x = np.linalg.solve(m, b)
    if x[0] > 0:
        y = np.linalg.solve(m, x)
        s = np.linalg.slogdet(m)[1]
    else:
        y = np.linalg.inv(m) @ x
        s = np.linalg.det(m)
    return x @ y + s


@case(draw(6), draw(3))
def filtered_in_place(signal, taps):
    u = signal.copy()
    for k in range(3):
        spectrum = np.fft.rfft(u)
        spectrum[1:] *= taps[k]
        u[:] = np.fft.irfft(spectrum, len(u))
        u[k] += 1.0
    return np.sum(u**3)


@case(draw(2), draw(3, 3))
def complex_states_in_a_list(angles, h):
    psi = np.zeros(3, dtype=complex)
    psi[0] = 1.0
    history = []
    for k in range(4):
        phase = np.exp(1j * angles[k % 2])
        psi = psi * phase - 0.1j * ((h + h.T) @ psi)
        psi.imag[1] += angles[0]
        history.append(psi)
    total = 0.0
    for p in history:
        total = total + np.abs(p[0]) ** 2 + p.real[1]
    return total + np.vdot(history[1], history[3]).real


@case(draw(2, 3), draw(3, 2))
def views_by_einsum(a, b):
    m = np.einsum("ij,jk->ik", a, b)
    d = np.einsum("ii->i", m)
    d *= 2.0
    d[0] += a[0, 0]
    t = np.einsum("ij->ji", m)
    t[0, 1] = b[0, 0]
    return np.sum(m * m * np.array([[1.0, 2.0], [3.0, 4.0]]))


@case(draw(3, 3))
def factor_until_small(a):
    m = a @ a.T + np.eye(3)
    count = 0
    while np.linalg.norm(m) > 1.5 and count < 3:
        q, r = np.linalg.qr(m)
        m = 0.5 * (r @ q)
        count += 1
    return np.sum(m * m) + np.trace(m) * count


@case(draw(2, 3, 3), draw(2, 3))
def batched(a, b):
    m = np.matmul(a, a.swapaxes(-1, -2)) + 2.0 * np.eye(3)
    lower = np.linalg.cholesky(m)
    x = np.linalg.solve(m, b[..., None])[..., 0]
    return np.sum(lower[:, 2] * x) + np.sum(np.linalg.slogdet(m).logabsdet)


def factor(m):
    w, v = np.linalg.eigh(m)
    return {"values": w, "vectors": v}


@case(draw(3, 3))
def factor_in_a_helper(a):
    f = factor(a + a.T)
    g = factor(2.0 * (a + a.T))
    root = (f["vectors"] * np.exp(f["values"])) @ f["vectors"].T
    return root[0, 1] + np.sum(root[2] * g["values"])
