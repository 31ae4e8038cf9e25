"""Operators by expression."""
from golden import C, CX, Inline, R, T, case

sq = lambda n=4, **k: T("MatrixMult", A=R(n, n))
csq = lambda n=4: T("MatrixMult", A=C(n, n), **CX)
ab, cab = dict(A=sq(), B=sq()), dict(A=csq(), B=csq())
abc, cabc = dict(A=sq(), B=sq(), C=sq()), dict(A=csq(), B=csq(), C=csq())
for e in ("A @ B", "A * B", "A + B", "A - B", "2*A - B", "-A", "-A + B", "2 * (A + B)", "A @ (B - A)", "0.5 * A @ B", "A.H", "A.T",
          "A.conj()", "A.H @ A", "A @ A.H", "(A @ B).H", "(A @ B).T", "A.T @ B.H", "2 * A.H", "(2 * A).H", "A * 3",
          "A - -B", "A.H.H", "A.T.conj()", "1e-1 * A"):
    case(ab, e)
    case(cab, e)
for e in ("A + B @ C", "A @ B + C", "A - B - C", "A - (B - C)", "A @ B @ C", "2 * A + 3 * B - C",
          "(A + B) @ (A - C)", "A.H @ (B + C).H"):
    case(abc, e)
    case(cabc, e)
for e in ("A**2", "A**0", "A**1", "A**3", "2 * A**2", "(2 * A)**2", "-A**2", "A**2 @ B", "A @ B**2", "(A.H)**2", "A.H**2", "(A**2).H", "A**2 + B"):
    case(ab, e)
    case(cab, e)
for e in ("1j * A", "2j * A + B", "(1 + 2j) * A", "(1j * A).H", "(1j * A).T", "(1j * A).conj()", "1j * A.H", "-1j * A @ B", "A * 1.5j", "(1j * A)**2"):
    case(cab, e)
case(ab, "eps * A + delta * B", params={"eps": 0.25, "delta": -2.0})
case(ab, "sqrt(eps) * A - B", params={"eps": 4.0})
case(ab, "2 * eps * A", params={"eps": 0.125})
case(ab, "(eps + 1) * A", params={"eps": 0.125})
# Real and imaginary parts of operators: a real model and real data
rect = dict(A=T("MatrixMult", A=C(3, 4), **CX))
for e in ("Real(A)", "Imag(A)"):
    for t in (rect, dict(A=csq()), dict(A=T("Diagonal", diag=C(5), **CX)), dict(A=T("FFT", dims=[6], **CX)), dict(A=T("FFT", dims=[5], nfft=8, **CX))):
        case(t, e, model="float64", data="float64")
    case(cab, e.replace("A", "A @ B"), model="float64", data="float64")
case(cab, "Real(A) @ Imag(B)", model="float64", data="float64")
case(cab, "Real(A).H", model="float64", data="float64")
case(cab, "Imag(A).H", model="float64", data="float64")
case(cab, "VStack([Real(A), Imag(A)])", model="float64", data="float64")
# operators of unlike kinds
fd = T("FirstDerivative", dims=[4, 5], axis=0, kind="forward")
case(dict(A=fd), "A.H @ A")
case(dict(A=fd, B=T("FirstDerivative", dims=[4, 5], axis=1, kind="forward")), "A.H @ A + B.H @ B")
case(dict(A=fd), "A.H")
case(dict(A=fd), "A.T")
case(dict(A=T("FirstDerivative", dims=[4, 5], axis=0, **CX)), "A.conj()")
case(dict(S=T("Restriction", dims=[4, 5], iava=Inline([0, 3, 1]), **CX), F=T("FFT2D", dims=[4, 5], **CX)), "S @ F.H")
case(dict(F=T("FFT", dims=[6], real=True, dtype="float64"), D=T("Diagonal", diag=R(4), **CX)), "F.H @ D @ F", model="float64", data="float64")
case(dict(F=T("FFT", dims=[6], real=True, nfft=8, dtype="float64"), D=T("Diagonal", diag=C(5), **CX)), "D @ F", model="float64", data="complex128")
case(dict(F=T("FFT", dims=[6], real=True, dtype="float64")), "F.H", model="complex128", data="float64")
case(dict(F=T("FFT", dims=[6], real=True, dtype="float64")), "F.H @ F", model="float64", data="float64")
case(dict(F=T("FFT", dims=[3, 4], axis=0, **CX)), "F.H @ F")
case(dict(F=T("FFT", dims=[5], **CX)), "F.conj()")
case(dict(F=T("FFT", dims=[5], **CX)), "F.T")
case(dict(F=T("FFT", dims=[5], norm="none", **CX)), "F**2")
case(dict(P=T("Pad", dims=[3, 4], pad=[[1, 1], [2, 0]]), L=T("Laplacian", dims=[5, 6], axes=[0, 1])), "P.H @ L @ P")
case(dict(T=T("Transpose", dims=[3, 4], axes=[1, 0]), G=T("Convolve1D", dims=[4, 3], h=R(3), offset=1, axis=0)), "T.H @ G @ T")
case(dict(T=T("Transpose", dims=[3, 2, 5], axes=[2, 0, 1]), G=T("PoststackLinearModelling", wav=R(3), nt0=5, spatdims=[3, 2])), "T.H @ G @ T")
case(dict(A=T("Sum", dims=[3, 4], axis=0), B=T("Diagonal", diag=R(3), dims=[3, 4], axis=0)), "A @ B")
case(dict(A=T("Roll", dims=[3, 4], axis=0), B=T("Flip", dims=[3, 4], axis=1), C=T("Symmetrize", dims=[3, 4], axis=1)), "C @ (A + B)")
case(dict(A=T("Conj", dims=[4], **CX), B=csq()), "A @ B @ A")
case(dict(A=T("Real", dims=[4], **CX), B=csq()), "A @ B", model="complex128", data="float64")
case(dict(A=sq(), B="A @ A", C="B + 2 * A"), "C.H @ B", name="expressions of expressions: C.H @ B with B = A @ A and C = B + 2 * A")
case(dict(G=T("Gradient", dims=[4, 3]), L=T("Laplacian", dims=[4, 3])), "G.H @ G - L")
case(dict(A=T("CausalIntegration", dims=[5, 2], axis=0), D=T("FirstDerivative", dims=[5, 2], axis=0, kind="backward")), "D @ A")
case(dict(A=T("Smoothing1D", nsmooth=3, dims=[5, 4], axis=0), B=T("Smoothing1D", nsmooth=3, dims=[5, 4], axis=1)), "A @ B")
