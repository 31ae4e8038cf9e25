"""Medical imaging."""
import golden
import numpy as np
import pylops
from golden import C, CX, R, T, case

golden.TYPES["MRI2D"] = pylops.medical.MRI2D

for dims in ([6, 5], [5, 8], [1, 4], [7, 1]):
    case(T("MRI2D", dims=dims, mask=R(*dims), **CX))
case(T("MRI2D", dims=[4, 5], mask=C(4, 5), **CX))
case(T("MRI2D", dims=[4, 3], mask=np.array([[1.0, 0, 0], [0, 1, 1], [0, 0, 0], [1, 0, 1]]), **CX))
for dims, nlines in (([6, 5], 2), ([5, 8], 3), ([4, 7], 7), ([3, 6], 1)):
    case(T("MRI2D", dims=dims, mask="vertical-reg", nlines=nlines, perc_center=0, **CX))
for dims, nlines in (([6, 6], 1), ([8, 8], 5), ([7, 7], 4), ([9, 6], 3), ([12, 9], 2)):
    case(T("MRI2D", dims=dims, mask="radial-reg", nlines=nlines, **CX))
