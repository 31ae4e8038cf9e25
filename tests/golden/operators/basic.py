"""Matrices, diagonals, permutations, restrictions and integration."""
import itertools

import numpy as np

from golden import C, CX, Inline, R, T, case

# MatrixMult
for n, m in ((3, 4), (4, 3), (1, 5), (5, 1), (1, 1), (6, 6)):
    case(T("MatrixMult", A=R(n, m)))
    case(T("MatrixMult", A=C(n, m), **CX))
case(T("MatrixMult", A=Inline([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])))
case(T("MatrixMult", A=Inline([[1.5 - 2j, 0.5j], [3.0 + 0j, -1 + 1j]]), **CX))
case(T("MatrixMult", A=R(4, 3), **CX))
for n, m, o in ((3, 4, 2), (3, 4, 1), (2, 5, [2, 3]), (4, 2, [1, 3]), (3, 3, [3, 1]), (1, 4, 3), (5, 1, [2, 2])):
    case(T("MatrixMult", A=R(n, m), otherdims=o))
    case(T("MatrixMult", A=C(n, m), otherdims=o, **CX))
# Diagonal
for s in ((5,), (1,), (3, 4), (2, 3, 2)):
    case(T("Diagonal", diag=R(*s)))
    case(T("Diagonal", diag=C(*s), **CX))
case(T("Diagonal", diag=R(3, 2), **CX))
case(T("Diagonal", diag=Inline([1.0, -2.5, 0.25])))
case(T("Diagonal", diag=Inline([1.5 - 2j, 1j, -0.25]), **CX))
for dims, axis in (([3, 4], 0), ([3, 4], 1), ([3, 4], -1), ([3, 4], -2), ([2, 3, 4], 0), ([2, 3, 4], 1),
                   ([2, 3, 4], -1), ([1, 4], 0), ([4, 1], 0), ([5], 0)):
    case(T("Diagonal", diag=R(dims[axis]), dims=dims, axis=axis))
case(T("Diagonal", diag=C(3), dims=[2, 3, 2], axis=-2, **CX))
case(T("Diagonal", diag=C(4), dims=[3, 4], **CX))
# Identity, Zero
for n, m in ((5, None), (3, 5), (5, 3), (1, 4), (4, 1), ([2, 3], [2, 3]), ([2, 3], [3, 4]), ([3, 4], [2, 3]),
             ([2, 4], [3, 4]), ([3, 1, 4], [2, 1, 2])):
    p = {"N": n} if m is None else {"N": n, "M": m}
    case(T("Identity", **p))
    case(T("Identity", **p, **CX))
    case(T("Zero", **p))
case(T("Identity", N=4, inplace=False))
case(T("Zero", N=3, M=5, **CX))
# Transpose
for axes in itertools.permutations(range(3)):
    case(T("Transpose", dims=[2, 3, 4], axes=list(axes)))
for dims, axes in (([3, 4], [1, 0]), ([3, 4], [0, 1]), ([1, 5], [-1, 0]), ([2, 3, 4], [-1, -3, -2]), ([7], [0]),
                   ([2, 3, 1, 2], [3, 1, 0, 2])):
    case(T("Transpose", dims=dims, axes=axes))
case(T("Transpose", dims=[2, 1, 3], axes=[2, 0, 1], **CX))
# Roll, Flip
for dims, axis, shift in (([6], 0, 1), ([6], 0, -2), ([5], -1, 7), ([5], -1, -11), ([4, 5], 0, 2), ([4, 5], 1, -3),
                          ([4, 5], -2, -1), ([2, 3, 4], 1, 1), ([2, 3, 4], -1, -1), ([1, 4], 0, 1), ([4], 0, 0)):
    case(T("Roll", dims=dims, axis=axis, shift=shift))
case(T("Roll", dims=[5, 2]))
case(T("Roll", dims=[5, 2], axis=0, shift=2, **CX))
for dims, axis in (([6], 0), ([1], 0), ([4, 5], 0), ([4, 5], 1), ([4, 5], -2), ([2, 3, 4], 1), ([2, 1, 4], 1)):
    case(T("Flip", dims=dims, axis=axis))
    case(T("Symmetrize", dims=dims, axis=axis))
case(T("Flip", dims=[3, 2]))
case(T("Symmetrize", dims=[3, 2]))
case(T("Flip", dims=[3, 2], axis=0, **CX))
case(T("Symmetrize", dims=[3, 2], axis=0, **CX))
# Pad
for dims, pad in (([5], [2, 3]), ([5], [0, 0]), ([3, 4], [[1, 2], [0, 3]]), ([3, 4], [[0, 0], [0, 0]]),
                  ([2, 3, 2], [[1, 0], [0, 1], [2, 2]]), ([1, 3], [[4, 0], [1, 1]])):
    case(T("Pad", dims=dims, pad=pad))
    case(T("Pad", dims=dims, pad=pad, **CX))
# Sum (of a 1-D array: left out, G.3 row 75)
for dims in ([3, 4], [4, 1], [1, 5], [2, 3, 4], [2, 1, 3], [2, 3, 1, 2]):
    for axis in range(len(dims)):
        case(T("Sum", dims=dims, axis=axis))
case(T("Sum", dims=[3, 4]))
case(T("Sum", dims=[2, 3, 4], axis=-2))
case(T("Sum", dims=[2, 3, 4], axis=-3, **CX))
# Restriction
I64 = lambda *v: np.array(v, dtype=np.int64)
for dims, iava, axis in (([7], I64(0, 2, 3, 6), 0), ([7], I64(5, 1, 3), -1), ([6], I64(2, 2, 0, 5, 2), 0),
                         ([4, 5], I64(3, 0), 0), ([4, 5], I64(1, 4, 1), 1), ([4, 5], I64(2), -1),
                         ([2, 4, 3], I64(3, 1, 0, 2), 1), ([2, 4, 3], I64(1, 1), -3), ([1, 4], I64(0, 0), 0)):
    case(T("Restriction", dims=dims, iava=iava, axis=axis))
case(T("Restriction", dims=[6], iava=Inline([4, 0, 1])))
case(T("Restriction", dims=[3, 4], iava=Inline([3, 0, 0]), **CX))
case(T("Restriction", dims=[4, 3], iava=I64(2, 1, 3), axis=0, **CX))
# Real, Imag, Conj
for dims in ([5], [3, 2], [2, 1, 3]):
    case(T("Real", dims=dims, **CX), data="float64")
    case(T("Imag", dims=dims, **CX), data="float64")
    case(T("Conj", dims=dims, **CX))
# CausalIntegration
for kind, first in itertools.product(("full", "half", "trapezoidal"), (False, True)):
    for dims, axis, dt in (([6], 0, 1.0), ([4, 3], 0, 0.5), ([3, 5], -1, 2.0), ([2, 4, 3], 1, 0.25)):
        case(T("CausalIntegration", dims=dims, axis=axis, sampling=dt, kind=kind, removefirst=first))
    case(T("CausalIntegration", dims=[2, 5], sampling=0.5, kind=kind, removefirst=first, **CX))
case(T("CausalIntegration", dims=[5]))
for kind in ("full", "half", "trapezoidal"):
    case(T("CausalIntegration", dims=[1, 3], axis=0, kind=kind))
