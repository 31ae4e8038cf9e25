"""Radon transforms."""
import numpy as np
import pylops

import golden
from golden import CX, Inline, T, case

SP = pylops.signalprocessing


def centered(n, d):
    """an axis around zero, in short numbers"""
    return [round((i - n // 2) * d, 12) for i in range(n)]


def slopes(n, top):
    return [round(-top + 2 * top * i / max(n - 1, 1), 12) for i in range(n)]


def arrays(p, *keys):
    return {k: np.asarray(v, dtype="float64") if k in keys else v for k, v in p.items()}


def axes(**p):
    return {k: Inline(v) for k, v in p.items()}


def curved(p):
    """PyLops' `kind` as a function that looks an array up, as a file cannot hold it"""
    kind, (h, pp) = p.pop("kind"), (p["haxis"], p["pxaxis"])
    nh = len(h)
    dpx = abs(h[1] - h[0]) / abs(p["taxis"][1] - p["taxis"][0])

    def f(x, t, px):
        row = kind[np.argmin(abs(pp * dpx - px))]
        return t + row if row.ndim == 1 else row[t]
    return SP.Radon2D(kind=f, **p)


def radon2d(**p):
    p = arrays(p, "taxis", "haxis", "pxaxis")
    return SP.Radon2D(**p) if isinstance(p.get("kind", ""), str) else curved(p)


class Inverse:
    """PyLops' method `inverse` as an operator; its adjoint is left to the script"""

    def __init__(self, op):
        self.op, self.dtype, self.dims, self.dimsd = op, op.dtype, op.dims, op.dimsd

    def matvec(self, x):
        return self.op.inverse(x)

    def rmatvec(self, y):
        raise NotImplementedError


def chirp(kind, swap=False):
    def build(inverse=False, **p):
        p = arrays(p, "taxis", "haxis", "hyaxis", "hxaxis")
        # The engine "numpy" takes the two slopes the other way round (G.3 row 79).
        op = kind(**dict(p, pmax=p["pmax"][::-1] if swap else p["pmax"]))
        return Inverse(op) if inverse else op
    return build


golden.TYPES.update({
    "Radon2D": radon2d,
    "Radon3D": lambda **p: SP.Radon3D(**arrays(p, "taxis", "hyaxis", "hxaxis", "pyaxis", "pxaxis")),
    "FourierRadon2D": lambda **p: SP.FourierRadon2D(**arrays(p, "taxis", "haxis", "pxaxis")),
    "FourierRadon3D": lambda **p: SP.FourierRadon3D(**arrays(p, "taxis", "hyaxis", "hxaxis", "pyaxis", "pxaxis")),
    "ChirpRadon2D": chirp(SP.ChirpRadon2D),
    "ChirpRadon3D": chirp(SP.ChirpRadon3D, swap=True),
})


def time(n, dt=0.004):
    return [round(i * dt, 12) for i in range(n)]


# Slopes that take samples onto samples are where rounding decides which one is meant.
for nt, nh, npx, top in ((9, 6, 5, 1.5e-3), (12, 5, 7, 8e-4), (7, 2, 1, 2e-3), (4, 11, 3, 1e-3)):
    for kind in ("linear", "parabolic", "hyperbolic"):
        p = {"linear": slopes(npx, top), "parabolic": slopes(npx, top / 2), "hyperbolic": [k * top / 2 for k in range(npx)]}[kind]
        a = axes(taxis=time(nt), haxis=centered(nh, 5.0), pxaxis=p)
        for interp in (True, False):
            case(T("Radon2D", **a, kind=kind, interp=interp))
a = axes(taxis=time(10), haxis=[0.0, 4.0, 9.0, 13.0], pxaxis=slopes(4, 9e-4))
case(T("Radon2D", **a))
for kind in ("linear", "parabolic", "hyperbolic"):
    case(T("Radon2D", **a, kind=kind, centeredh=False))
    case(T("Radon2D", **a, kind=kind, **CX))
case(T("Radon2D", **a, centeredh=False, interp=False, **CX))
case(T("Radon2D", **axes(taxis=time(21), haxis=centered(7, 3.0), pxaxis=slopes(31, 4e-3)), interp=False))
rng = golden.generator("radon curves")
moveouts = rng.integers(-12, 13, (3, 5)) / 4
every = np.arange(6)[:, None] * 0.75 + rng.integers(-6, 7, (3, 6, 5)) / 4
for kind in (moveouts, every):
    for interp in (True, False):
        a = axes(taxis=time(6), haxis=centered(5, 2.0), pxaxis=slopes(3, 1e-3))
        case(T("Radon2D", **a, kind=kind, interp=interp), name="Radon2D along a table %s interp=%s" % (list(kind.shape), interp))
        case(T("Radon2D", **a, kind=kind, interp=interp, **CX),
             name="Radon2D along a table %s interp=%s complex" % (list(kind.shape), interp))

for nt, nhy, nhx, npy, npx in ((8, 3, 4, 3, 2), (6, 2, 5, 1, 4), (11, 4, 2, 4, 1)):
    for kind in ("linear", "parabolic", "hyperbolic"):
        a = axes(taxis=time(nt), hyaxis=centered(nhy, 4.0), hxaxis=centered(nhx, 5.0),
                 pyaxis=slopes(npy, 1e-3), pxaxis=slopes(npx, 1.2e-3))
        for interp in (True, False):
            case(T("Radon3D", **a, kind=kind, interp=interp))
    case(T("Radon3D", **a, kind=kind, centeredh=False, **CX))
# Slopes along y and x that cancel.
case(T("Radon3D", **axes(taxis=time(16), hyaxis=centered(5, 1.0), hxaxis=centered(5, 1.0), pyaxis=slopes(5, 1.2e-3),
                         pxaxis=slopes(5, 1.2e-3)), interp=False))

for nt, nfft, nh, npx in ((9, 9, 6, 5), (8, 16, 3, 4), (12, 15, 2, 1), (7, 40, 4, 2)):
    for kind in ("linear", "parabolic"):
        a = axes(taxis=time(nt), haxis=[h + 1.5 for h in centered(nh, 6.0)], pxaxis=slopes(npx, 1.1e-3))
        case(T("FourierRadon2D", **a, nfft=nfft, kind=kind))
    case(T("FourierRadon2D", **a, nfft=nfft, flims=[1, nfft // 2]))
for nt, nfft, nhy, nhx, npy, npx in ((8, 9, 2, 3, 3, 2), (5, 8, 4, 2, 1, 3)):
    for ky in ("linear", "parabolic"):
        for kx in ("linear", "parabolic"):
            a = axes(taxis=time(nt), hyaxis=centered(nhy, 4.0), hxaxis=centered(nhx, 5.0), pyaxis=slopes(npy, 1e-3),
                     pxaxis=slopes(npx, 1.2e-3))
            case(T("FourierRadon3D", **a, nfft=nfft, kind=[ky, kx]))
    case(T("FourierRadon3D", **a, nfft=nfft, flims=[1, 4]))

for nt, nh, pmax in ((9, 6, 0.8), (8, 5, -1.3), (12, 2, 2.0), (10, 1 + 2, 0.25)):
    a = axes(taxis=time(nt), haxis=centered(nh, 6.0))
    case(T("ChirpRadon2D", **a, pmax=pmax))
    case(T("ChirpRadon2D", **a, pmax=pmax, inverse=True), adjoint="dense")
for nt, ny, nx, pmax in ((8, 4, 3, [0.8, 1.3]), (7, 2, 5, [1.5, -0.4])):
    a = axes(taxis=time(nt), hyaxis=centered(ny, 6.0), hxaxis=centered(nx, 5.0))
    case(T("ChirpRadon3D", **a, pmax=pmax))
    case(T("ChirpRadon3D", **a, pmax=pmax, inverse=True), adjoint="dense")
