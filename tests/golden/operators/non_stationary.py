"""Filters that vary with the sample."""
import numpy as np
import pylops

import golden
from golden import C, CX, Inline, R, T, case

golden.TYPES.update({n: getattr(pylops.signalprocessing, n) for n in (
    "NonStationaryConvolve1D NonStationaryConvolve2D NonStationaryConvolve3D NonStationaryFilters1D NonStationaryFilters2D").split()})


def at(*samples):
    return Inline(samples)


for dims, axis, hs, ih in (([9], 0, (2, 3), (2, 6)), ([9], -1, (3, 5), (0, 4, 8)), ([12], 0, (4, 3), (1, 4, 7, 10)), ([7], 0, (7, 3), range(7)),
                           ([6, 3], 0, (2, 3), (1, 4)), ([3, 7], 1, (3, 3), (1, 3, 5)), ([2, 6, 3], 1, (2, 5), (0, 3)), ([3, 9], -1, (2, 7), (2, 4)),
                           ([40], 0, (2, 3), (5, 35)), ([2, 60], 1, (3, 3), (10, 30, 50))):
    case(T("NonStationaryConvolve1D", dims=dims, hs=R(*hs), ih=at(*ih), axis=axis))
case(T("NonStationaryConvolve1D", dims=[5, 8], hs=R(2, 3), ih=at(1, 5), **CX))
# complex filters are not conjugated in the adjoint, G.3 row 53
for dims, axis in (([9], 0), ([9, 2], 0), ([2, 9], 1)):
    case(T("NonStationaryConvolve1D", dims=dims, hs=C(2, 3), ih=at(2, 6), axis=axis, **CX), adjoint="dense")

for dims, hs, ihx, ihz in (([6, 8], (2, 2, 3, 3), (1, 4), (2, 5)), ([5, 9], (2, 3, 3, 5), (0, 4), (1, 4, 7)), ([7, 4], (3, 2, 5, 1), (1, 3, 5), (0, 3)),
                           ([3, 40], (2, 2, 1, 3), (0, 1), (8, 30))):
    case(T("NonStationaryConvolve2D", dims=dims, hs=R(*hs), ihx=at(*ihx), ihz=at(*ihz)))
case(T("NonStationaryConvolve2D", dims=[5, 6], hs=R(2, 2, 3, 3), ihx=at(1, 3), ihz=at(1, 4), **CX))
case(T("NonStationaryConvolve2D", dims=[5, 6], hs=C(2, 2, 3, 3), ihx=at(1, 3), ihz=at(1, 4), **CX), adjoint="dense")
for dims, hs, ihx, ihy, ihz in (([4, 3, 5], (2, 2, 2, 3, 1, 3), (0, 2), (1, 2), (1, 3)), ([3, 4, 4], (2, 2, 3, 3, 3, 3), (1, 2), (0, 3), (0, 1, 2))):
    case(T("NonStationaryConvolve3D", dims=dims, hs=R(*hs), ihx=at(*ihx), ihy=at(*ihy), ihz=at(*ihz)))
case(T("NonStationaryConvolve3D", dims=[3, 3, 4], hs=C(2, 2, 2, 1, 3, 3), ihx=at(0, 2), ihy=at(1, 2), ihz=at(1, 2), **CX), adjoint="dense")

for n, hsize, ih in ((9, 3, (2, 6)), (12, 5, (1, 4, 7, 10)), (7, 3, range(7)), (40, 3, (5, 35))):
    case(T("NonStationaryFilters1D", inp=R(n), hsize=hsize, ih=at(*ih)))
case(T("NonStationaryFilters1D", inp=C(9), hsize=3, ih=at(2, 6), **CX), adjoint="dense")
for dims, hshape, ihx, ihz in (([6, 8], [3, 3], (1, 4), (2, 5)), ([5, 9], [3, 5], (0, 4), (1, 4, 7)), ([7, 4], [5, 1], (1, 3, 5), (0, 3))):
    case(T("NonStationaryFilters2D", inp=R(*dims), hshape=hshape, ihx=at(*ihx), ihz=at(*ihz)))
case(T("NonStationaryFilters2D", inp=C(5, 6), hshape=[3, 3], ihx=at(1, 3), ihz=at(1, 4), **CX), adjoint="dense")
