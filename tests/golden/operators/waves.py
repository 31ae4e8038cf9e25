"""Fredholm1, MDC, PoststackLinearModelling."""
import numpy as np

from golden import C, CX, Inline, R, T, case

# PyLops' squeeze stops its forward where ny = 1 and its adjoint where nx = 1 (G.3 row 55).
def fredholm(G, nz=1, **p):
    nsl, nx, ny = G.shape
    kw = CX if G.dtype.startswith("c") else {}
    p = dict(p, nz=nz) if nz != 1 else p
    case(T("Fredholm1", G=G, **p, **kw), dims=(nsl, ny, nz), dimsd=(nsl, nx, nz),
         forward=(lambda x, q: np.matmul(q["G"], x)) if ny == 1 and nsl * nx > 1 else None,
         adjoint="dense" if nx == 1 and nsl * ny > 1 and (nsl > 1 or nz > 1) else "pylops")

for A in (R, C):
    for nsl, nx, ny, nz in ((3, 4, 2, 1), (3, 2, 4, 1), (3, 4, 2, 3), (2, 3, 3, 2), (5, 2, 2, 2), (1, 3, 2, 2), (3, 1, 2, 2),
                            (3, 2, 1, 2), (1, 2, 3, 1), (3, 2, 1, 1), (3, 1, 2, 1), (1, 1, 3, 2), (1, 1, 1, 1)):
        fredholm(A(nsl, nx, ny), nz)
    fredholm(A(2, 3, 2), 2, saveGt=False)
    fredholm(A(2, 3, 2), 2, usematmul=False)
# MDC
for nt, nf, ns, nr, nv in ((7, 4, 3, 2, 1), (7, 4, 3, 2, 2), (9, 3, 2, 3, 2), (7, 2, 2, 2, 1)):
    for two in (True, False):
        case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, dt=0.5, dr=2.0))
        case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, conj=True))
        case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, prescaled=True))
case(T("MDC", G=C(4, 3, 2), nt=6, nv=2, twosided=False))
case(T("MDC", G=C(3, 3, 2), nt=6, nv=1, twosided=False, dt=0.25))
case(T("MDC", G=C(4, 3, 2), nt=7, nv=2, conj=True, prescaled=True, saveGt=False))
case(T("MDC", G=C(4, 3, 2), nt=7, nv=2, dt=0.25, dr=4.0, usematmul=True, fftengine="scipy"))
# PoststackLinearModelling
for wav in (3, 5):
    for kind in ("centered", "forward"):
        for explicit in (False, True):
            for spat in (None, 2, [3], [2, 2]):
                if spat is not None and wav == 5:
                    continue
                p = {} if spat is None else {"spatdims": spat}
                nt0 = 7
                d = (nt0,) if spat is None else (nt0, spat) if isinstance(spat, int) else (nt0, *spat)
                case(T("PoststackLinearModelling", wav=R(wav), nt0=nt0, **p, explicit=explicit, kind=kind), dims=d, dimsd=d)
for explicit in (False, True):
    for spat in (None, 3):
        p = {} if spat is None else {"spatdims": spat}
        d = (6,) if spat is None else (6, spat)
        case(T("PoststackLinearModelling", wav=R(6, 3), nt0=6, **p, explicit=explicit), dims=d, dimsd=d)
case(T("PoststackLinearModelling", wav=R(6, 5), nt0=6, kind="forward"), dims=(6,), dimsd=(6,))
case(T("PoststackLinearModelling", wav=Inline([0.5, 1.0, 0.5]), nt0=5))
