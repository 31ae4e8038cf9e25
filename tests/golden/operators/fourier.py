"""Fourier transforms."""
from golden import T, case

def f(kind, /, wrong=False, **p):
    real = p.get("real", False)
    p.setdefault("dtype", "float64" if real else "complex128")
    floating = p["dtype"].startswith("f")
    case(T(kind, **p), model="float64" if floating else "complex128", data="complex128",
         adjoint="dense" if wrong else "pylops")

for n in (6, 7):
    for norm in ("ortho", "none", "1/n"):
        f("FFT", dims=[n], norm=norm)
        f("FFT", dims=[n], norm=norm, real=True)
for nfft in (8, 9, 4, 5):
    for norm in ("ortho", "none", "1/n"):
        f("FFT", dims=[6], nfft=nfft, norm=norm)
        f("FFT", dims=[6], nfft=nfft, norm=norm, real=True)
for n in (5, 6):
    for before, after in ((True, False), (False, True), (True, True)):
        f("FFT", dims=[n], ifftshift_before=before, fftshift_after=after)
    f("FFT", dims=[n], ifftshift_before=True, real=True)
    f("FFT", dims=[n], ifftshift_before=True, nfft=8, real=True)
    f("FFT", dims=[n], ifftshift_before=True, fftshift_after=True, nfft=7)
    f("FFT", dims=[n], ifftshift_before=True, fftshift_after=True, nfft=4)
for dims, axis in (([4, 3], 0), ([3, 5], 1), ([3, 5], -1), ([2, 4, 3], 1), ([1, 4], 0), ([4, 1], 0), ([1], 0), ([2], 0)):
    f("FFT", dims=dims, axis=axis)
    f("FFT", dims=dims, axis=axis, real=True)
f("FFT", dims=[3, 4], axis=0, nfft=6, real=True, ifftshift_before=True, norm="none")
f("FFT", dims=[3, 4], axis=-1, nfft=3, norm="1/n", fftshift_after=True)
f("FFT", dims=[6], engine="scipy")
f("FFT", dims=[6], engine="scipy", real=True, nfft=9, norm="none")
f("FFT", dims=[3, 4], axis=0, engine="numpy", sampling=0.004)
f("FFT", dims=[6], dtype="float64")                       # a real model without `real`: the adjoint's real part
f("FFT", dims=[2, 5], nfft=8, dtype="float64", norm="1/n")
# FFT2D
for norm in ("ortho", "none", "1/n"):
    f("FFT2D", dims=[4, 5], norm=norm)
    f("FFT2D", dims=[5, 4], norm=norm, real=True)
    f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[5, 6], norm=norm)
    f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[6, 5], norm=norm, real=True)
    f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[3, 4], norm=norm)
f("FFT2D", dims=[4, 3], axes=[1, 0])
f("FFT2D", dims=[4, 3], axes=[1, 0], real=True)
f("FFT2D", dims=[2, 4, 3], axes=[0, 2], ifftshift_before=True)
f("FFT2D", dims=[2, 4, 3], axes=[-3, -2], real=True)
f("FFT2D", dims=[4, 5], ifftshift_before=True, fftshift_after=True)
f("FFT2D", dims=[4, 5], ifftshift_before=[True, False], fftshift_after=[False, True])
f("FFT2D", dims=[4, 5], ifftshift_before=[True, True], real=True)
f("FFT2D", dims=[4, 5], fftshift_after=[True, False], real=True)
f("FFT2D", dims=[1, 5])
f("FFT2D", dims=[3, 1], real=True)
f("FFT2D", dims=[3, 4], engine="scipy")
f("FFT2D", dims=[3, 4], engine="scipy", real=True, nffts=[4, 6])
f("FFT2D", dims=[3, 4], engine="scipy", norm="none", wrong=True)      # G.3 row 54
# FFTND
for norm in ("ortho", "none", "1/n"):
    f("FFTND", dims=[2, 3, 4], norm=norm)
    f("FFTND", dims=[2, 3, 5], norm=norm, real=True)
f("FFTND", dims=[3, 4, 2], axes=[2, 0, 1], real=True)
f("FFTND", dims=[3, 4, 2], axes=[0, 2], nffts=[4, 3])
f("FFTND", dims=[3, 4, 2], axes=[1], real=True, nffts=[6])
f("FFTND", dims=[3, 4], axes=[0, 1], nffts=[2, 5], norm="1/n")
f("FFTND", dims=[5], axes=[0])
f("FFTND", dims=[3, 2, 3], axes=[0, 1, 2], ifftshift_before=True, fftshift_after=[True, False, True])
f("FFTND", dims=[3, 2, 3], ifftshift_before=[True, False, False], real=True)
f("FFTND", dims=[2, 3, 2], nffts=[3, 4, 5], engine="numpy", norm="none")
f("FFTND", dims=[2, 2, 2, 2], axes=[0, 1, 2, 3])
