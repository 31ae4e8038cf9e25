"""Operators on windows."""
import golden
import numpy as np
from golden import C, CX, Inline, R, T, case
from pylops import signalprocessing

KINDS = "Sliding1D Sliding2D Sliding3D Patch2D Patch3D".split()


def maker(kind):
    def make(tapertype="hanning", **p):
        return getattr(signalprocessing, kind)(tapertype=None if tapertype == "none" else tapertype, **p)
    return make


golden.TYPES.update({kind: maker(kind) for kind in KINDS})
golden.STACKS += tuple(KINDS)

line, lines = T("MatrixMult", A=R(4, 3)), T("MatrixMult", A=R(4, 3), otherdims=3)
cline, clines = T("MatrixMult", A=C(4, 3), **CX), T("MatrixMult", A=C(4, 3), otherdims=3, **CX)
for tapertype in ("hanning", "cosine", "cosinesquare", "cosinesqrt", "none"):
    for A in (line, cline):
        case(dict(A=A, S=T("Sliding1D", Op="A", dim=15, dimd=12, nwin=4, nover=2, tapertype=tapertype)))
    case(dict(A=lines, S=T("Sliding2D", Op="A", dims=[9, 3], dimsd=[11, 3], nwin=4, nover=1, tapertype=tapertype)))
for A in (line, cline):
    # Windows side by side, windows that overlap by more than a half, samples behind the last.
    case(dict(A=A, S=T("Sliding1D", Op="A", dim=9, dimd=14, nwin=4, nover=0)))
    case(dict(A=A, S=T("Sliding1D", Op="A", dim=15, dimd=8, nwin=4, nover=3, tapertype="none")))
    case(dict(A=A, S=T("Sliding1D", Op="A", dim=6, dimd=7, nwin=4, nover=2)))
for A in (lines, clines):
    case(dict(A=A, S=T("Sliding2D", Op="A", dims=[12, 3], dimsd=[10, 3], nwin=4, nover=2)))
# Of all windows at once.
case(dict(A=T("FirstDerivative", dims=[5, 4], axis=0), S=T("Sliding1D", Op="A", dim=20, dimd=12, nwin=4, nover=2)))
case(dict(A=T("FirstDerivative", dims=[5, 4, 3], axis=0),
          S=T("Sliding2D", Op="A", dims=[20, 3], dimsd=[12, 3], nwin=4, nover=2)))
case(dict(A=T("FirstDerivative", dims=[2, 3, 4, 4, 2], axis=1),
          S=T("Sliding3D", Op="A", dims=[8, 12, 2], dimsd=[6, 8, 2], nwin=[4, 4], nover=[2, 2], nop=[4, 4])))
case(dict(A=T("FirstDerivative", dims=[2, 3, 4, 3], axis=0),
          S=T("Patch2D", Op="A", dims=[8, 9], dimsd=[6, 7], nwin=[4, 3], nover=[2, 1], nop=[4, 3])))
# Transforms of windows.
f1, f2, f3 = T("FFT", dims=4, nfft=6, **CX), T("FFT2D", dims=[4, 3], nffts=[5, 4], **CX), T("FFTND", dims=[4, 2, 2], axes=[0, 1, 2], **CX)
r1, r2 = T("FFT", dims=4, nfft=6, real=True, dtype="float64"), T("FFT2D", dims=[4, 3], nffts=[5, 4], real=True, dtype="float64")
real = dict(model="complex128", data="float64")
case(dict(F=f1, H="F.H", S=T("Sliding1D", Op="H", dim=18, dimd=8, nwin=4, nover=2)))
case(dict(F=r1, H="F.H", S=T("Sliding1D", Op="H", dim=12, dimd=8, nwin=4, nover=2)), **real)
case(dict(F=f2, H="F.H", S=T("Sliding2D", Op="H", dims=[15, 4], dimsd=[8, 3], nwin=4, nover=2)))
case(dict(F=r2, H="F.H", S=T("Sliding2D", Op="H", dims=[15, 3], dimsd=[8, 3], nwin=4, nover=2)), **real)
for tapertype in ("hanning", "cosine", "cosinesquare", "cosinesqrt", "none"):
    case(dict(F=f2, H="F.H", P=T("Patch2D", Op="H", dims=[10, 12], dimsd=[7, 7], nwin=[4, 3], nover=[2, 1], nop=[5, 4],
                                 tapertype=tapertype)))
    case(dict(F=r2, H="F.H", P=T("Patch2D", Op="H", dims=[15, 6], dimsd=[8, 6], nwin=[4, 3], nover=[2, 1], nop=[5, 3],
                                 tapertype=tapertype)), **real)
    case(dict(F=f3, H="F.H", S=T("Sliding3D", Op="H", dims=[8, 6, 2], dimsd=[7, 4, 2], nwin=[4, 2], nover=[2, 1], nop=[4, 2],
                                 tapertype=tapertype)))
    case(dict(F=f3, H="F.H", P=T("Patch3D", Op="H", dims=[8, 4, 6], dimsd=[6, 3, 4], nwin=[4, 2, 2], nover=[2, 1, 1], nop=[4, 2, 2],
                                 tapertype=tapertype)))
# One window along an axis.
case(dict(F=f2, H="F.H", P=T("Patch2D", Op="H", dims=[5, 12], dimsd=[5, 7], nwin=[4, 3], nover=[2, 1], nop=[5, 4])))
case(dict(F=f2, H="F.H", P=T("Patch2D", Op="H", dims=[10, 4], dimsd=[6, 3], nwin=[4, 3], nover=[2, 1], nop=[5, 4])))
case(dict(F=f3, H="F.H", P=T("Patch3D", Op="H", dims=[4, 4, 4], dimsd=[4, 3, 3], nwin=[4, 2, 2], nover=[2, 1, 1], nop=[4, 2, 2])))
case(dict(F=f3, H="F.H", S=T("Sliding3D", Op="H", dims=[4, 6, 2], dimsd=[4, 4, 2], nwin=[4, 2], nover=[2, 1], nop=[4, 2])))
case(dict(A=T("Diagonal", diag=R(4, 3, 2)), P=T("Patch3D", Op="A", dims=[8, 6, 4], dimsd=[6, 6, 3], nwin=[4, 3, 2], nover=[2, 0, 1], nop=[4, 3, 2])))
# Windows of windows.
case(dict(A=line, B=T("Sliding1D", Op="A", dim=9, dimd=8, nwin=4, nover=2),
          S=T("Sliding1D", Op="B", dim=27, dimd=16, nwin=8, nover=4)))


# PyLops stores `scalings`, but does not apply them.
factors = [0.5, 1.0, -2.0, 0.25, 1.5, 3.0]
A = T("Diagonal", diag=R(4, 3))
P = dict(Op="A", dims=[8, 9], dimsd=[6, 7], nwin=[4, 3], nover=[2, 1], nop=[4, 3])


def scaled(x, p):
    unscaled = signalprocessing.Patch2D(**{k: v for k, v in p.items() if k != "scalings"})
    return unscaled @ (x * np.reshape(p["scalings"], (2, 3, 1, 1)))


case(dict(A=A, P=T("Patch2D", scalings=Inline(factors), **P)), forward=scaled, adjoint="dense")
