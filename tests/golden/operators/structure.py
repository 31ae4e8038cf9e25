"""Operators that follow local slopes."""
import golden
import numpy as np
import pylops
from golden import CX, R, T, case

signal = pylops.signalprocessing


def seislet(inverse=False, **p):
    forward = signal.Seislet(**p)
    if not inverse:
        return forward
    matrix = np.stack([forward.inverse(column) for column in np.eye(forward.shape[0])], axis=1)
    op = pylops.MatrixMult(matrix, dtype=forward.dtype)
    op.dims, op.dimsd = forward.dimsd, forward.dims
    return op


golden.TYPES.update(Seislet=seislet)

for kind in ("haar", "linear"):
    for dims in ((8, 5), (7, 6), (4, 1), (3, 4)):
        case(T("Seislet", slopes=R(*dims), kind=kind, sampling=[2.0, 1.5]))
        case(T("Seislet", slopes=R(*dims), kind=kind, sampling=[0.25, 1.0], level=1, **CX))
    case(T("Seislet", slopes=R(8, 4), kind=kind, level=3))
    case(T("Seislet", slopes=R(6, 5), kind=kind, sampling=[0.5, 0.75], inverse=True))
    case(T("Seislet", slopes=R(8, 4), kind=kind, level=1, inverse=True, **CX))

golden.TYPES.update(PWSprayer2D=signal.PWSprayer2D, PWSmoother2D=signal.PWSmoother2D)
for kind in ("PWSprayer2D", "PWSmoother2D"):
    for dims in ([3, 4], [1, 5], [6, 1], [5, 7]):
        case(T(kind, dims=dims, sigma=R(*dims), radius=2, alpha=0.5))
        case(T(kind, dims=dims, sigma=R(*dims)))
    case(T(kind, dims=[4, 6], sigma=R(4, 6), radius=0))
    case(T(kind, dims=[4, 6], sigma=R(4, 6), radius=3, **CX))
