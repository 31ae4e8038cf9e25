"""Smoothing and convolution."""
from golden import C, CX, Inline, R, T, case

for n, dims, axis in ((3, [7], 0), (4, [7], 0), (5, [8], -1), (1, [5], 0), (3, [5, 4], 0), (5, [3, 6], 1), (4, [3, 6], -1),
                      (3, [2, 4, 3], 1), (2, [4, 3], 0)):
    case(T("Smoothing1D", nsmooth=n, dims=dims, axis=axis))
case(T("Smoothing1D", nsmooth=3, dims=[3, 5]))
case(T("Smoothing1D", nsmooth=3, dims=[4, 3], axis=0, **CX))
for n, dims, axes in (([3, 5], [6, 7], [0, 1]), ([4, 2], [6, 7], [-2, -1]), ([3, 3], [3, 5, 4], [0, 2]),
                      ([1, 3], [5, 4], [0, 1]), ([3, 4], [6, 6], [1, 0])):
    case(T("Smoothing2D", nsmooth=n, dims=dims, axes=axes))
case(T("Smoothing2D", nsmooth=[3, 5], dims=[4, 6]))
case(T("Smoothing2D", nsmooth=[3, 3], dims=[4, 5], **CX))
# Convolve1D, short filters: every offset
for n, nh in ((7, 1), (7, 2), (7, 3), (8, 4), (8, 5), (5, 5), (4, 4)):
    for offset in range(nh):
        case(T("Convolve1D", dims=[n], h=R(nh), offset=offset))
for dims, axis, nh, offset in (([6, 3], 0, 3, 1), ([6, 3], 0, 4, 0), ([6, 3], 0, 4, 3), ([3, 7], 1, 5, 4), ([3, 7], -1, 2, 1),
                               ([2, 5, 3], 1, 3, 0), ([2, 5, 3], -2, 4, 2), ([1, 6], 1, 3, 1), ([6, 1], 0, 3, 2)):
    case(T("Convolve1D", dims=dims, h=R(nh), offset=offset, axis=axis))
case(T("Convolve1D", dims=[6], h=Inline([0.5, 1.0, -0.25]), offset=1))
case(T("Convolve1D", dims=[7], h=R(3), offset=1, method="fft"))
case(T("Convolve1D", dims=[7], h=R(3), offset=1, method="direct"))
case(T("Convolve1D", dims=[3, 7], h=R(3), offset=2, method="fft"))
case(T("Convolve1D", dims=[4, 5], h=R(3), offset=1, **CX))
# long filters
for n, nh in ((3, 5), (4, 7), (5, 8), (4, 6)):
    for offset in range(n):
        case(T("Convolve1D", dims=[n], h=R(nh), offset=offset))
case(T("Convolve1D", dims=[2, 3], h=R(2, 5), offset=1), adjoint="dense")
# N-d filters
for dims, hs, axis, offset in (([3, 6], (3, 3), 1, 1), ([3, 6], (3, 4), -1, 0), ([3, 6], (3, 4), -1, 3), ([2, 2, 5], (2, 2, 3), 2, 2)):
    case(T("Convolve1D", dims=dims, h=R(*hs), offset=offset, axis=axis))
for dims, hs, axis, offset in (([6, 3], (3, 3), 0, 1), ([6, 3], (4, 3), 0, 2), ([2, 5, 2], (2, 3, 2), 1, 0)):
    case(T("Convolve1D", dims=dims, h=R(*hs), offset=offset, axis=axis), adjoint="dense")      # G.3 row 52
# complex filters, G.3 row 53
for dims, hs, axis, offset in (([7], (3,), 0, 1), ([7], (4,), 0, 3), ([3, 6], (3,), 1, 0), ([6, 3], (4,), 0, 1), ([3, 6], (3, 3), 1, 1),
                               ([6, 3], (3, 3), 0, 2), ([4], (7,), 0, 1), ([3], (6,), 0, 2)):
    case(T("Convolve1D", dims=dims, h=C(*hs), offset=offset, axis=axis, **CX), adjoint="dense")
