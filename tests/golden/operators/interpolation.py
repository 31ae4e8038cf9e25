"""Interpolation."""
from golden import CX, Inline, T, case

positions = {2: [0.0, 0.5, 0.75], 3: [1.5, 0.25, 1.0], 6: [4.75, 0.0, 2.0, 2.125, 3.5], 40: [0.25, 38.5, 19.125, 20.0, 7.75]}
for dims, axis in (([2], 0), ([3], 0), ([6], -1), ([40], 0), ([6, 2], 0), ([2, 6], 1), ([2, 3, 2], 1)):
    p = Inline(positions[dims[axis]])
    case(T("InterpCubicSpline", dims=dims, iava=p, axis=axis))
    case(T("InterpCubicSpline", dims=dims, iava=p, axis=axis, **CX))
case(T("InterpCubicSpline", dims=[4, 6], iava=Inline(positions[6]), bc_type="natural"))
for kind in ("nearest", "linear", "sinc", "cubic_spline"):
    p = Inline([4.75, 0.5, 2.0, 3.5, 0.75])
    for dims, axis in (([6], -1), ([6, 2], 0), ([2, 6], 1), ([2, 6, 3], 1)):
        case(T("Interp", dims=dims, iava=p, axis=axis, kind=kind))
    case(T("Interp", dims=[6, 2], iava=p, axis=0, kind=kind, **CX))
case(T("Interp", dims=[6], iava=Inline(positions[6])))
case(T("Interp", dims=[40], iava=Inline(positions[40]), kind="sinc", tol=0.02))
case(T("Interp", dims=[6, 2], iava=Inline([-1.5, 7.25, 2.5]), axis=0, kind="sinc"))
points = Inline([[0.5, 1.25, 0.0, 2.75], [1.25, 0.0, 2.5, 0.75]])
for dims in ([4, 4], [4, 4, 3], [5, 4, 2, 2]):
    case(T("Bilinear", iava=points, dims=dims))
    case(T("Bilinear", iava=points, dims=dims, **CX))
