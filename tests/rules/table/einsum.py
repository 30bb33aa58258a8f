"""np.einsum."""

from __future__ import annotations

from tests.rules.table.row import Row, every

ROWS: list[Row] = []

ROWS += every(
    [(3,)],
    """
    np.einsum('i->', x)
    np.einsum('i->', x) * x.sum()
    np.einsum('i', x)
    np.einsum('i', x) * x.sum()
    np.einsum('i,i', x, x)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 3)],
    """
    np.einsum('ij->ji', x)
    np.einsum('ij->ji', x) * x.sum()
    np.einsum('ij', x)
    np.einsum('ij', x) * x.sum()
    np.einsum('ba', x)
    np.einsum('ba', x) * x.sum()
    np.einsum('ij->i', x)
    np.einsum('ij->i', x) * x.sum()
    np.einsum('ij->j', x)
    np.einsum('ij->j', x) * x.sum()
    np.einsum('...', x)
    np.einsum('...', x) * x.sum()
    np.einsum('...i->...', x)
    np.einsum('...i->...', x) * x.sum()
    np.einsum('i...->...', x)
    np.einsum('i...->...', x) * x.sum()
    np.einsum(' i j -> j i ', x)
    np.einsum(' i j -> j i ', x) * x.sum()
    np.einsum(x, [Ellipsis, 0], [Ellipsis])
    np.einsum(x, (0, 1), (1, 0))
    np.einsum('ij,jk->ik', x, np.ones((3, 2)))
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(3, 3)],
    """
    np.einsum('ii', x)
    np.einsum('ii', x) * x.sum()
    np.einsum('ii->i', x)
    np.einsum('ii->i', x) * x.sum()
    np.einsum(x, [0, 0])
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 2, 3)],
    """
    np.einsum('iij->j', x)
    np.einsum('iij->j', x) * x.sum()
    np.einsum('iij->ij', x)
    np.einsum('iij->ij', x) * x.sum()
    np.einsum('ii...->...', x)
    np.einsum('ii...->...', x) * x.sum()
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 2, 2)],
    """
    np.einsum('iii', x)
    np.einsum('iii', x) * x.sum()
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 3, 4)],
    """
    np.einsum('ijk->ki', x)
    np.einsum('ijk->ki', x) * x.sum()
    np.einsum('...ij->...ji', x)
    np.einsum('...ij->...ji', x) * x.sum()
    """,
    tolerance=1e-06,
)

ROWS += every(
    [(2, 3, 3)],
    """
    np.einsum('...ii->...', x)
    np.einsum('...ii->...', x) * x.sum()
    np.einsum('...ii->...i', x)
    np.einsum('...ii->...i', x) * x.sum()
    """,
    tolerance=1e-06,
)

ROWS += every(
    [()],
    """
    np.einsum('->', x)
    np.einsum('->', x) * x.sum()
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(3,), (3,)]],
    """
    np.einsum('i,i->', x, y)
    np.einsum('i,i->', x, y, optimize=True)
    np.einsum('i,i', x, y)
    np.einsum('i,i', x, y, optimize=True)
    np.einsum('ij->i', [x, y])
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(3,), (2,)]],
    """
    np.einsum('i,j', x, y)
    np.einsum('i,j', x, y, optimize=True)
    np.einsum('i,j->ji', x, y)
    np.einsum('i,j->ji', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 4)]],
    """
    np.einsum('ij,jk', x, y)
    np.einsum('ij,jk', x, y, optimize=True)
    np.einsum('ij,jk->ik', x, y)
    np.einsum('ij,jk->ik', x, y, optimize=True)
    np.einsum(x, [0, 1], y, [1, 2], [0, 2])
    np.einsum(x, [0, 1], y, [1, 2])
    np.einsum(x, [0, 1], y, [1, 2], [0, 2], optimize=True)
    s = 'ij,jk' + '->ik' ;; np.einsum(s, x, y)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (4, 3)]],
    """
    np.einsum('ij,kj->', x, y)
    np.einsum('ij,kj->', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (2, 3)]],
    """
    np.einsum('ij,ij->i', x, y)
    np.einsum('ij,ij->i', x, y, optimize=True)
    np.einsum('i...,i...->...', x, y)
    np.einsum('i...,i...->...', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3, 2), (2, 2, 3)]],
    """
    np.einsum('bij,bjk->bik', x, y)
    np.einsum('bij,bjk->bik', x, y, optimize=True)
    np.einsum('...ij,...jk->...ik', x, y)
    np.einsum('...ij,...jk->...ik', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(4, 2, 3), (3, 2)]],
    """
    np.einsum('...ij,jk->...ik', x, y)
    np.einsum('...ij,jk->...ik', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3,)]],
    """
    np.einsum('...,...', x, y)
    np.einsum('...,...', x, y, optimize=True)
    np.einsum('...i,i...', x, y)
    np.einsum('...i,i...', x, y, optimize=True)
    np.einsum('ij,j->i', x, y)
    np.einsum('ij,j->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(3, 3), (3,)]],
    """
    np.einsum('ii,i->i', x, y)
    np.einsum('ii,i->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 2), (3, 3)]],
    """
    np.einsum('ii,jj->ij', x, y)
    np.einsum('ii,jj->ij', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (4,)]],
    """
    np.einsum('ij,k->i', x, y)
    np.einsum('ij,k->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(), (3,)]],
    """
    np.einsum(',i->i', x, y)
    np.einsum(',i->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(3,), ()]],
    """
    np.einsum('i,->i', x, y)
    np.einsum('i,->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (2, 1)]],
    """
    np.einsum('ij,ij->ij', x, y)
    np.einsum('ij,ij->ij', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(1, 2, 3), (4, 2, 3)]],
    """
    np.einsum('...ij,...ij->...', x, y)
    np.einsum('...ij,...ij->...', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 2, 3, 2), (2, 2, 4, 2)]],
    """
    np.einsum('bhqd,bhkd->bhqk', x, y)
    np.einsum('bhqd,bhkd->bhqk', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 2, 3), (3, 2)]],
    """
    np.einsum('abc,cd->abd', x, y)
    np.einsum('abc,cd->abd', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3, 3), (3,)]],
    """
    np.einsum('ijj,j->i', x, y)
    np.einsum('ijj,j->i', x, y, optimize=True)
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 2), (2, 4)]],
    """
    np.einsum('ij,jk,kl->il', x, y, z)
    np.einsum('ij,jk,kl->il', x, y, z, optimize=['einsum_path', (0, 1), (0, 1)])
    """,
    tolerance=1e-06,
)

ROWS += every(
    [[(2, 3), (3, 2), (2, 2)]],
    "np.einsum('ij,jk,ki', x, y, z, optimize='optimal')",
    tolerance=1e-06,
)

ROWS += every(
    [[(3,), (3,), (3,)]], "np.einsum('i,i,i->i', x, y, z, optimize='greedy')", tolerance=1e-06
)

ROWS += every(
    [[(2, 3), (3, 4)]],
    "np.einsum('ij,jk->ik', x, y, out=np.zeros((2, 4)))",
    tolerance=1e-06,
    single=False,
)

ROWS += every([[(3,), (3, 3)]], "np.einsum('i,ij,j', x, y, x)", tolerance=1e-06)
