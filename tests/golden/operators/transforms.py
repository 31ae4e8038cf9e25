"""Cosine and wavelet transforms."""
import golden
import pylops
from golden import CX, T, case

signal = pylops.signalprocessing
golden.TYPES.update(DWT=signal.DWT, DWT2D=signal.DWT2D, DWTND=signal.DWTND)
golden.TYPES["DCT"] = lambda dct_type=2, **p: signal.DCT(type=dct_type, **p)

for dct_type in (1, 2, 3, 4):
    for dims, axes in (([2], None), ([7], None), ([6, 5], None), ([4, 3, 5], [0, -1]), ([3, 8], [0])):
        axes = dict(axes=axes) if axes else {}
        case(T("DCT", dims=dims, dct_type=dct_type, **axes))
        if len(dims) < 3:
            case(T("DCT", dims=dims, dct_type=dct_type, **axes, **CX))
case(T("DCT", dims=[9, 2]))
case(T("DCT", dims=[1, 3], dct_type=3))

# Every family; filters longer than the axis; axes that are padded.
for wavelet in ("haar", "db1", "db2", "db3", "db7", "db38", "sym2", "sym5", "sym20", "coif1", "coif17", "dmey", "bior1.1",
                "bior1.3", "bior2.2", "bior2.8", "bior3.1", "bior3.9", "bior4.4", "bior5.5", "bior6.8", "rbio1.5", "rbio2.4",
                "rbio3.3", "rbio4.4", "rbio5.5", "rbio6.8"):
    case(T("DWT", dims=16, wavelet=wavelet))
    case(T("DWT", dims=[13, 2], axis=0, wavelet=wavelet, level=3))
for dims, axis in (([1], 0), ([2], 0), ([5, 3], 0), ([3, 5], 1), ([2, 6, 3], 1), ([8, 2], -2)):
    for level in (0, 1, 2, 4):
        case(T("DWT", dims=dims, axis=axis, wavelet="db2", level=level))
        case(T("DWT", dims=dims, axis=axis, wavelet="bior2.2", level=level, **CX))
for dims, axes in (([4, 4], None), ([5, 6], None), ([4, 1], None), ([3, 2, 5], [0, 2]), ([6, 3], [1, 0])):
    axes = dict(axes=axes) if axes else {}
    for level in (0, 1, 2, 3):
        case(T("DWT2D", dims=dims, level=level, **axes))
    case(T("DWT2D", dims=dims, wavelet="sym4", level=2, **axes, **CX))
    case(T("DWT2D", dims=dims, wavelet="rbio2.6", level=2, **axes))
for dims, axes in (([4, 2, 3], None), ([2, 4, 4], [2, 0]), ([5], [0])):
    axes = dict(axes=axes) if axes else {}
    for level in (1, 2):
        case(T("DWTND", dims=dims, level=level, **axes))
    case(T("DWTND", dims=dims, wavelet="db3", level=2, **axes, **CX))
    case(T("DWTND", dims=dims, wavelet="bior3.5", level=2, **axes))
