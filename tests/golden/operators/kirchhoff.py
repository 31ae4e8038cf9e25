"""Kirchhoff."""
import numpy as np

from golden import CX, T, case

dt = 1 / 256.0                        # exact in single precision

def geometry(nx=5, nz=4, ns=2, nr=5, nt=30, dx=8.0, dz=5.0, ny=0):
    p = dict(z=np.arange(nz) * dz + 5, x=np.arange(nx) * dx - 4, t=np.arange(nt) * dt)
    srcs = [np.linspace(-2, 20, ns), 1.0 + 0.5 * np.arange(ns)]
    recs = [np.linspace(1, 29, nr), 2.0 + 0.25 * np.arange(nr)]
    if ny:
        p["y"] = np.arange(ny) * 6.0
        srcs, recs = [np.arange(ns) * 7.0] + srcs, [5.0 + np.arange(nr)] + recs
    return dict(p, srcs=np.round(np.array(srcs) * 64) / 64, recs=np.round(np.array(recs) * 64) / 64)

def distances(p, points):
    """(npoints, n)"""
    axes = [p[k] for k in ("y", "x", "z") if k in p]
    grid = [a.ravel()[:, None] for a in np.meshgrid(*axes, indexing="ij")]
    return np.sqrt(sum((g - c[None]) ** 2 for g, c in zip(grid, points)))

taper = np.r_[1.0, np.hanning(39)[19:]]

def taped(v, limits):
    lo, hi = (0.8 * limits, limits) if np.isscalar(limits) else limits
    step = np.floor(20 * (v - lo) / (hi - lo)).clip(0, 20).astype(int)
    return np.where(v < lo, 1.0, np.where(v < hi, taper[step], 0.0))

def formula(m, p):
    """dynamic in 2-D: the apertures are gradual, gradients have the grid's own spacing"""
    nx, nz, nt = (len(p[k]) for k in "xzt")
    ns, nr = p["srcs"].shape[1], p["recs"].shape[1]
    dx, dz = p["x"][1] - p["x"][0], p["z"][1] - p["z"][0]
    far = [distances(p, p[k]) for k in ("srcs", "recs")]
    times = p["trav"] if "trav" in p else [f / p["vel"] for f in far]
    amp = p["amp"] if "amp" in p else [1 / np.sqrt(f + 0.01 * (far[0].max() + far[1].max())) for f in far]
    angle = []
    for a in times:
        gx, gz = np.gradient(a.reshape(nx, nz, -1), dx, dz, axis=(0, 1))
        angle.append(np.arctan2(gx, gz).reshape(nx * nz, -1))
    at = [np.floor((p[k][0] - p["x"][0]) / dx) for k in ("srcs", "recs")]
    limits = np.deg2rad(p.get("angleaperture", 90.0))
    iz = np.tile(np.arange(nz), nx)
    d = np.zeros((ns, nr, nt))
    for s, r in np.ndindex(ns, nr):
        b = [angle[0][:, s], angle[1][:, r]]
        a = 2 * np.cos((b[0] - b[1]) / 2) * amp[0][:, s] * amp[1][:, r] / np.ravel(p["vel"])
        a = a * taped(np.abs(b[0]), limits) * taped(np.abs(b[1]), limits)
        if "aperture" in p:
            a = a * taped(abs(at[0][s] - at[1][r]) / (iz + 1), p["aperture"])
        tau = (times[0][:, s] + times[1][:, r]) / dt
        k = np.floor(tau).astype(int)
        ok = (k >= 0) & (k < nt - 1)
        np.add.at(d[s, r], k[ok], ((1 - tau + k) * a * m.ravel())[ok])
        np.add.at(d[s, r], k[ok] + 1, ((tau - k) * a * m.ravel())[ok])
    c = p["wavcenter"]
    return np.apply_along_axis(lambda y: np.convolve(y, p["wav"])[c:c + nt], 2, d)

def run(name, g, dims=None, **k):
    how = {key: k.pop(key) for key in ("forward", "adjoint") if key in k}
    wav = np.array([0.25, -1.0, 2.0, -0.5, 0.25, 0.5])
    dims = dims or (len(g["x"]), len(g["z"]))
    case(T("Kirchhoff", **g, wav=wav, wavcenter=2, engine="numba", **k), name="Kirchhoff, " + name, dims=dims, **how)

g = geometry()
A = dict(mode="analytic", vel=1024.0)
run("analytic", g, **A)
run("analytic, one receiver", geometry(nr=1, ns=3), **A)
run("analytic, late arrivals are dropped", geometry(nt=12), **A)
run("analytic, wavfilter", g, wavfilter=True, **A)
run("analytic, dynamic", g, dynamic=True, **A)
run("analytic, dynamic, wavfilter", g, dynamic=True, wavfilter=True, **A)
run("analytic, dynamic, angleaperture", g, dynamic=True, angleaperture=50.0, **A)
run("analytic, dynamic, angleaperture from to", g, dynamic=True, angleaperture=[20.0, 60.0], **A)
run("analytic, complex", g, **A, **CX)
run("byot, pair", g, mode="byot", vel=1.0, trav=tuple(distances(g, g[k]) / 900 + 0.002 for k in ("srcs", "recs")))
both = (distances(g, g["srcs"])[:, :, None] + distances(g, g["recs"])[:, None, :]).reshape(20, -1) / 900
run("byot, single", g, mode="byot", vel=1.0, trav=both)
both = both.copy()
both[3, 2], both[7] = -0.01, 1.0
run("byot, single, outside", g, mode="byot", vel=1.0, trav=both)
own = lambda g, f: tuple(f * np.sqrt(1 + distances(g, g[k])) for k in ("srcs", "recs"))
# Without `aperture`, PyLops still drops pairs that are nx + 1 samples apart or more: these are nearer.
unit = geometry(dx=1.0, dz=1.0, nt=20)
unit["srcs"][0] /= 8
unit["recs"][0] /= 8
times = tuple(distances(unit, unit[k]) / 512 for k in ("srcs", "recs"))
run("byot, dynamic, unit spacing", unit, mode="byot", vel=500.0, dynamic=True, trav=times, amp=own(unit, 0.25))
# PyLops takes gradients with unit spacing (G.3 row 69) ...
times = tuple(distances(g, g[k]) / 900 for k in ("srcs", "recs"))
vel = 900.0 + 10 * np.arange(20.0).reshape(5, 4)
run("byot, dynamic", g, mode="byot", vel=vel, dynamic=True, trav=times, amp=own(g, 0.25), forward=formula, adjoint="dense")
# ... and its aperture has no gradual taper (row 68).
run("analytic, dynamic, aperture", g, dynamic=True, aperture=[0.5, 2.0], **A, forward=formula, adjoint="dense")
run("analytic, dynamic, aperture and angles", g, dynamic=True, aperture=[0.3, 1.6], angleaperture=[10.0, 70.0], **A,
    forward=formula, adjoint="dense")
# 3-D: PyLops' model is (ny nx, nz).
g = geometry(nx=3, nz=3, ny=2, nt=24, nr=4)
for k in (dict(), dict(wavfilter=True), dict(dynamic=True), dict(dynamic=True, angleaperture=[20.0, 70.0])):
    run("3-D, " + " ".join("%s=%s" % v for v in k.items()), g, dims=(2, 3, 3), **A, **k)
