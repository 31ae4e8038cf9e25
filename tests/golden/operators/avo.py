"""AVOLinearModelling, PrestackLinearModelling, PrestackWaveletModelling."""
import numpy as np
from pylops.avo.avo import AVOLinearModelling, akirichards, fatti, ps
from pylops.avo.prestack import PrestackLinearModelling, PrestackWaveletModelling

import golden
from golden import C, Inline, R, T, case

THETA = [0.0, 5.0, 12.5, 30.0]
RATIOS = [0.5, 0.45, 0.625, 0.55, 0.4, 0.375, 0.5]
golden.TYPES.update(
    AVOLinearModelling=AVOLinearModelling,
    # PyLops' operators have the element type of angles, or of logs.
    PrestackLinearModelling=lambda theta, **p: PrestackLinearModelling(theta=theta.astype(float), **p),
    PrestackWaveletModelling=lambda theta, **p: PrestackWaveletModelling(theta=theta.astype(float), **p))
golden.NO_DTYPE += ("PrestackLinearModelling", "PrestackWaveletModelling")


def angles(n=4):
    return Inline(THETA[:n])


def factors(kind, theta, ratio, n):
    return np.stack({"akirich": akirichards, "fatti": fatti, "ps": ps}[kind](theta, ratio * np.ones(n)))


for kind in ("akirich", "fatti", "ps"):
    for spat in ((), (3,), (2, 3)):
        for ratio in ({}, {"vsvp": 0.4}, {"vsvp": Inline(RATIOS[:5])}):
            p = dict(ratio, linearization=kind, **({"spatdims": list(spat)} if spat else {}))
            if not isinstance(p.get("vsvp"), Inline):
                p["nt0"] = 5
            case(T("AVOLinearModelling", theta=angles(), **p))
    case(T("AVOLinearModelling", theta=angles(), nt0=5, linearization=kind, dtype="complex128"))
    case(T("AVOLinearModelling", theta=angles(3), vsvp=Inline(RATIOS[:4]), linearization=kind, dtype="complex128", spatdims=2))
case(T("AVOLinearModelling", theta=Inline([40.0]), vsvp=Inline(RATIOS), linearization="ps"))
case(T("AVOLinearModelling", theta=angles(3), nt0=4, spatdims=1))
# One time sample: PyLops mistakes angles for parameters, or stops.
for n in (3, 4):
    case(T("AVOLinearModelling", theta=angles(n), nt0=1, linearization="fatti"), adjoint="dense", dims=(1, 3), dimsd=(1, n),
         forward=lambda x, p: np.stack(fatti(p["theta"], 0.5)).T @ x[0])

# PrestackLinearModelling
for kind in ("akirich", "fatti", "ps"):
    for ratio in ({"vsvp": 0.4, "nt0": 7}, {"vsvp": Inline(RATIOS)}):
        for derivative in ("centered", "forward"):
            p = dict(ratio, wav=R(5), theta=angles(3), linearization=kind, kind=derivative)
            case(T("PrestackLinearModelling", **p))
            case(T("PrestackLinearModelling", **p, explicit=True), dims=(3, 7), dimsd=(3, 7))
        p = dict(ratio, wav=R(3), theta=angles(2), linearization=kind)
        case(T("PrestackLinearModelling", **p, spatdims=3))
        case(T("PrestackLinearModelling", **p, spatdims=[2, 2]))
        case(T("PrestackLinearModelling", **p, spatdims=[3], explicit=True), dims=(3, 7, 3), dimsd=(2, 7, 3))
case(T("PrestackLinearModelling", wav=R(4), theta=angles(2), nt0=6))
case(T("PrestackLinearModelling", wav=R(9), theta=angles(2), nt0=5, explicit=True), dims=(3, 5), dimsd=(2, 5))
case(T("PrestackLinearModelling", wav=R(3), theta=Inline([20.0]), nt0=6), dims=(6, 3), dimsd=(6, 1))
# A wavelet for each angle; PyLops' adjoint flips it along the wrong axis (G.3 row 52).
case(T("PrestackLinearModelling", wav=R(3, 2), theta=angles(2), nt0=6), adjoint="dense")
case(T("PrestackLinearModelling", wav=R(3, 2, 1), theta=angles(2), nt0=6, spatdims=2), adjoint="dense")
case(T("PrestackLinearModelling", wav=R(5, 2, 3), theta=angles(2), nt0=6, spatdims=3, linearization="ps"), adjoint="dense")

# PrestackWaveletModelling
for kind in ("akirich", "fatti", "ps"):
    for p in ({}, {"wavc": 0}, {"vsvp": Inline(RATIOS)}, {"vsvp": 0.4, "wavc": 3}):
        case(T("PrestackWaveletModelling", m=R(7, 3), theta=angles(3), nwav=5, linearization=kind, **p), dims=(5,), dimsd=(3, 7))
    case(T("PrestackWaveletModelling", m=R(6, 3), theta=angles(2), nwav=9, linearization=kind), dims=(9,), dimsd=(2, 6))
case(T("PrestackWaveletModelling", m=R(6, 3), theta=angles(2), nwav=9, wavc=8), dims=(9,), dimsd=(2, 6))
case(T("PrestackWaveletModelling", m=R(6, 3), theta=Inline([15.0]), nwav=1), dims=(1,), dimsd=(1, 6))
