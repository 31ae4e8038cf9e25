"""PressureToVelocity, UpDownComposition2D, UpDownComposition3D, PhaseShift, blending."""
import numpy as np
from pylops.waveeqprocessing import (BlendingContinuous, BlendingGroup, BlendingHalf, PhaseShift, PressureToVelocity,
                                     UpDownComposition2D, UpDownComposition3D)

import golden
from golden import CX, Inline, T, case


def full(make):
    """The nffts of all axes, which PyLops takes one by one."""
    def built(**p):
        if "nr" in p and isinstance(p["nr"], (list, tuple)):
            p["nr"] = tuple(p["nr"])
        return make(**p)
    return built


golden.TYPES.update(
    PressureToVelocity=full(PressureToVelocity), UpDownComposition2D=full(UpDownComposition2D),
    UpDownComposition3D=full(UpDownComposition3D), PhaseShift=PhaseShift, BlendingContinuous=BlendingContinuous,
    BlendingGroup=BlendingGroup, BlendingHalf=BlendingHalf)

# ---- two components
LINE = dict(dt=0.004, dr=5.0, rho=1.25, vel=1500.0)
AREA = dict(dt=0.004, dr=[5.0, 6.0], rho=0.75, vel=1700.0)
for to in ({}, {"topressure": True}):
    for p in (dict(ntaper=2), dict(ntaper=2, critical=80.0), dict(ntaper=2, critical=130.0), dict(ntaper=2, nffts=[9, 10])):
        case(T("PressureToVelocity", nt=7, nr=8, **LINE, **p, **to, **CX))
    case(T("PressureToVelocity", nt=9, nr=8, **LINE, ntaper=2, nffts=[7, 8], **to, **CX))
    case(T("PressureToVelocity", nt=14, nr=11, **LINE, ntaper=3, critical=60.0, **to, **CX))
case(T("PressureToVelocity", nt=7, nr=[8, 7], **AREA, ntaper=2, **CX))
case(T("PressureToVelocity", nt=2, nr=[3, 4], **AREA, ntaper=2, nffts=[7, 8, 7], critical=150.0, topressure=True, **CX))

for p in (dict(nt=7, nr=8, ntaper=2), dict(nt=8, nr=7, ntaper=2, nffts=[9, 10]),
          dict(nt=9, nr=8, ntaper=2, nffts=[7, 8], topressure=True), dict(nt=3, nr=[3, 2], ntaper=2, nffts=[7, 8, 9])):
    p.update(AREA if isinstance(p["nr"], list) else LINE)
    case(T("PressureToVelocity", **p, dtype="float64"), model="float64", data="float64")
for p in (dict(), dict(critical=80.0, scaling=2.5), dict(critical=120.0, scaling=-0.5), dict(nffts=[8, 9])):
    case(T("UpDownComposition2D", nt=7, nr=7, **LINE, ntaper=2, **p, **CX))
case(T("UpDownComposition2D", nt=9, nr=8, **LINE, ntaper=2, nffts=[7, 8], **CX))
case(T("UpDownComposition3D", nt=3, nr=[3, 4], **AREA, ntaper=2, nffts=[7, 8, 9], scaling=3.0, **CX))
case(T("UpDownComposition3D", nt=7, nr=[7, 7], **AREA, ntaper=2, **CX))


def composed(x, p):
    q = {k: v for k, v in p.items() if k != "dtype"}
    return np.real(UpDownComposition2D(**q, dtype="complex128").matvec(x.ravel().astype(complex)))


# PyLops' real operator stops.
case(T("UpDownComposition2D", nt=7, nr=8, **LINE, ntaper=2, dtype="float64"), model="float64", data="float64",
     dims=(2, 8, 7), dimsd=(2, 8, 7), forward=composed, adjoint="dense")

# ---- one-way propagation
def waves(n, d):
    return Inline(np.fft.fftshift(np.fft.fftfreq(n, d)))


for nt in (8, 9):
    for nx in (1, 5, 6):
        for dz in (20.0, -12.5, 0.0):
            case(T("PhaseShift", vel=1500.0, dz=dz, nt=nt, freq=Inline(np.fft.rfftfreq(nt, 0.004)), kx=waves(nx, 6.0)))
    case(T("PhaseShift", vel=1500.0, dz=25.0, nt=nt, freq=Inline(np.fft.rfftfreq(nt, 0.004)), kx=waves(3, 6.0), ky=waves(4, 5.0)))
# Axes of any numbers.
case(T("PhaseShift", vel=1000.0, dz=5.0, nt=5, freq=Inline([0.0, 20.0, 50.0]), kx=Inline([-0.02, -0.005, 0.01, 0.03]),
       ky=Inline([0.01, 0.0, 0.025])))

# ---- blending
DELAYS = [0.0, 0.0305, 0.008, 0.0211]
for nt in (5, 6):
    for p in ({}, {"nttot": 21}, {"shiftall": True}):
        case(T("BlendingContinuous", nt=nt, nr=2, ns=4, dt=0.004, times=Inline(DELAYS), **p))
case(T("BlendingContinuous", nt=4, nr=1, ns=1, dt=0.1, times=Inline([0.75])))
case(T("BlendingContinuous", nt=3, nr=2, ns=3, dt=0.004, times=Inline([0.008, 0.0, 0.02]), nttot=8))
case(T("BlendingContinuous", nt=3, nr=2, ns=2, dt=0.1, times=Inline([0.3, 1.0])))
TIMES = [[0.0, 0.004, 0.0101], [0.02, 0.0053, 0.017]]
for kind in ("BlendingGroup", "BlendingHalf"):
    for nt in (6, 7):
        for dtype in ({}, CX):
            case(T(kind, nt=nt, nr=2, ns=6, dt=0.004, times=Inline(TIMES), group_size=2, n_groups=3, **dtype))
    case(T(kind, nt=5, nr=1, ns=2, dt=0.004, times=Inline([[0.003], [-0.0021]]), group_size=2, n_groups=1))
    case(T(kind, nt=4, nr=3, ns=3, dt=0.004, times=Inline([[0.003, -0.0021, 0.012]]), group_size=1, n_groups=3))
