"""Convolution along several axes, smoothing over boxes, directional derivatives, shifts, regression."""
import numpy as np
import pylops

import golden
from golden import C, CX, Inline, R, T, case

golden.TYPES.update({n: getattr(pylops.signalprocessing, n) for n in ("Convolve2D", "ConvolveND", "Shift")})
golden.TYPES.update({n: getattr(pylops, n) for n in (
    "SmoothingND", "FirstDirectionalDerivative", "SecondDirectionalDerivative", "Regression", "LinearRegression")})

for method in ("direct", "fft", "auto"):
    case(T("Convolve2D", dims=[6, 7], h=R(3, 3), offset=[1, 1], method=method))
    case(T("Convolve2D", dims=[2, 5, 4], h=R(2, 3), offset=[1, 0], axes=[0, 2], method=method))
    case(T("Convolve2D", dims=[4, 5], h=C(3, 2), offset=[2, 1], method=method, **CX))
case(T("Convolve2D", dims=[5, 6], h=R(3, 2)))
case(T("Convolve2D", dims=[5, 6], h=R(4, 3), offset=[3, 1]))
case(T("Convolve2D", dims=[3, 4], h=R(5, 7), offset=[2, 3]))
case(T("Convolve2D", dims=[1, 6], h=R(3, 3), offset=[1, 1]))
case(T("Convolve2D", dims=[6, 1], h=R(3, 3), offset=[1, 1]))
case(T("Convolve2D", dims=[3, 4, 3], h=R(2, 2), offset=[0, 1]))
case(T("Convolve2D", dims=[3, 4, 3], h=R(3, 2), offset=[1, 1], axes=[0, 1]))
case(T("Convolve2D", dims=[4, 5], h=R(2, 3), offset=[0, 1], **CX))
case(T("Convolve2D", dims=[3, 5], h=Inline([[0.5, 1.0], [-0.25, 0.75]]), offset=[0, 1], axes=[0, 1]))
case(T("ConvolveND", dims=[3, 4, 5], h=R(2, 3, 2), offset=[1, 1, 0]))
case(T("ConvolveND", dims=[3, 4, 5], h=R(2, 3, 2), method="direct"))
case(T("ConvolveND", dims=[3, 4, 4], h=C(3, 1, 2), offset=[1, 0, 1], **CX))
case(T("ConvolveND", dims=[3, 4, 4], h=R(3, 2), offset=[1, 1], axes=[0, 2]))
case(T("ConvolveND", dims=[3, 4, 2, 3], h=R(2, 2, 3), offset=[1, 0, 1], axes=[0, 1, 3]))
case(T("ConvolveND", dims=[2, 5, 3], h=R(3), offset=[2], axes=[1]))
case(T("ConvolveND", dims=[7], h=R(4), offset=[1], axes=[0]))
case(T("ConvolveND", dims=[6, 5], h=R(3, 3)))


def turned(x, p):
    """sum_kl h_kl x_{i-k+o,j-l+q} along axes 2 and 0 of three"""
    h, (o, q) = p["h"], p["offset"]
    y = np.zeros(x.shape, np.result_type(x, h))
    for i, j in np.ndindex(x.shape[0], x.shape[2]):
        for k, l in np.ndindex(*h.shape):
            a, b = j - k + o, i - l + q
            if 0 <= a < x.shape[2] and 0 <= b < x.shape[0]:
                y[i, :, j] += h[k, l] * x[b, :, a]
    return y


case(T("ConvolveND", dims=[3, 2, 4], h=R(3, 2), offset=[1, 1], axes=[2, 0]), forward=turned, adjoint="dense")

for n, dims, axes in (([3, 5], [6, 7], [0, 1]), ([4, 2, 3], [4, 3, 5], [0, 1, 2]), ([3, 2], [3, 5, 4], [0, 2]), ([3], [4, 5], [0]),
                      ([3, 2], [3, 5, 4], [2, 0])):
    case(T("SmoothingND", nsmooth=n, dims=dims, axes=axes))
case(T("SmoothingND", nsmooth=[3, 5], dims=[2, 4, 6]))
case(T("SmoothingND", nsmooth=[3, 3], dims=[4, 5], **CX))

for kind, edge in (("centered", False), ("centered", True), ("forward", False), ("backward", False)):
    for which in ("FirstDirectionalDerivative", "SecondDirectionalDerivative"):
        case(T(which, dims=[4, 5], v=R(2), sampling=[0.5, 2.0], edge=edge, kind=kind))
        case(T(which, dims=[3, 4, 3], v=R(3, 3, 4, 3), edge=edge, kind=kind))
for which in ("FirstDirectionalDerivative", "SecondDirectionalDerivative"):
    case(T(which, dims=[4, 3], v=R(2, 4, 3), sampling=[1.0, 0.25]))
    case(T(which, dims=[6], v=R(1)))
    case(T(which, dims=[4, 3], v=Inline([0.5, -0.75])))
    case(T(which, dims=[4, 3], v=C(2), **CX))
    case(T(which, dims=[3, 4], v=C(2, 3, 4), **CX))

for dims, axis in (([7], 0), ([8], -1), ([6, 3], 0), ([3, 7], 1), ([2, 5, 3], 1)):
    others = [n for k, n in enumerate(dims) if k != axis % len(dims)]
    for real in (False, True):
        kind = dict(real=real, dtype="float64") if real else {}
        case(T("Shift", dims=dims, shift=1.25, axis=axis, **kind))
        case(T("Shift", dims=dims, shift=-0.375, axis=axis, sampling=0.25, nfft=dims[axis] + 4, **kind))
        if others:
            case(T("Shift", dims=dims, shift=R(*others), axis=axis, sampling=0.5, nfft=dims[axis] + 5, **kind))
            case(T("Shift", dims=dims, shift=R(*others), axis=axis, **kind))
case(T("Shift", dims=[3, 5], shift=0.5))
case(T("Shift", dims=[8], shift=0.5, dtype="float64"))
case(T("Shift", dims=[3, 6], shift=Inline([0.5, -1.25, 2.0]), axis=1, real=True, dtype="float64"))

case(T("LinearRegression", taxis=R(7)), dims=(2,), dimsd=(7,))
case(T("LinearRegression", taxis=Inline([0.5, 1.0, -2.0])), dims=(2,), dimsd=(3,))
for order in (0, 1, 2, 5):
    case(T("Regression", taxis=Inline([0.5, 1.0, -1.25, 0.0, 1.5, -0.75, 0.25]), order=order), dims=(order + 1,), dimsd=(7,))
