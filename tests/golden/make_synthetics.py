"""Makes synthetics.json: what PyLops makes of the arrays' formulas. Run by hand only; see README.md.

  python tests/golden/make_synthetics.py

Pinned, and checked below: pylops 2.8.0, scikit-fmm 2025.6.23, numpy 2.4.6, scipy 1.17.1.
Each case is a source as it stands in a problem file, and the values it must give: PyLops' own, but for windows of which
PyLops makes no function (its lines are repeated here, with ends clamped) and for the eikonal equation (scikit-fmm of
second order on a grid REFINE times finer; on the case's own grid it is off by 1e-2 and more).
"""
import importlib.metadata
import json
import os
import sys
import warnings

import numpy as np
import scipy
import skfmm
from scipy.signal import filtfilt

import pylops
from pylops.utils import seismicevents, tapers, wavelets
from pylops.utils.signalprocessing import dip_estimate, pwd_slope_estimate, slope_estimate
from pylops.waveeqprocessing.kirchhoff import Kirchhoff
from pylops.waveeqprocessing.marchenko import directwave

warnings.filterwarnings("ignore")
PINNED = {"pylops": "2.8.0", "scikit-fmm": "2025.6.23", "numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {name: importlib.metadata.version(name) for name in PINNED}
if FOUND != PINNED:
    sys.exit("golden values are pinned to %s, found %s" % (PINNED, FOUND))

HERE = os.path.dirname(os.path.abspath(__file__))
REFINE = 24
rng = np.random.default_rng(20280)
cases = []


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join("%s = %s" % (k, toml(v)) for k, v in value.items()) + " }"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    return json.dumps(value)


def case(name, source, parameters, values, tolerance=1e-12):
    """`tolerance` of the 2-norm, or with "max" of the largest value"""
    values = np.asarray(values, dtype=float)
    cases.append({"name": name, "source": "{ %s = %s }" % (source, toml(parameters)), "tolerance": tolerance,
                  "dims": list(values.shape), "values": [float("%.15g" % v) for v in values.ravel()]})


# ---- wavelets

def half(nt, dt):
    return np.arange(nt) * dt


for nt in (9, 12, 1):
    case("ricker of %d" % nt, "ricker", {"f0": 20.0, "dt": 0.004, "nt": nt}, wavelets.ricker(half(nt, .004), 20.0)[0])
case("ricker by default", "ricker", {"dt": 0.01, "nt": 5}, wavelets.ricker(half(5, .01))[0])
case("tapered ricker", "ricker", {"f0": 17.0, "dt": 0.004, "nt": 11, "taper": "hanning"},
     wavelets.ricker(half(11, .004), 17.0, np.hanning)[0])
case("hamming", "ricker", {"f0": 17.0, "dt": 0.004, "nt": 7, "taper": "hamming"},
     wavelets.ricker(half(7, .004), 17.0, np.hamming)[0])
case("blackman", "ormsby", {"dt": 0.004, "nt": 7, "taper": "blackman"},
     wavelets.ormsby(half(7, .004), taper=np.blackman)[0])
case("bartlett", "klauder", {"dt": 0.004, "nt": 8, "taper": "bartlett"},
     wavelets.klauder(half(8, .004), taper=np.bartlett)[0])
for nt in (9, 12):
    case("gaussian of %d" % nt, "gaussian", {"std": 2.0, "nt": nt, "dt": 0.004},
         wavelets.gaussian(half(nt, .004), 2.0)[0])
    case("klauder of %d" % nt, "klauder", {"f": [4.0, 30.0], "dt": 0.01, "nt": nt},
         wavelets.klauder(half(nt, .01), (4.0, 30.0))[0])
    case("ormsby of %d" % nt, "ormsby", {"f": [5.0, 9.0, 25.0, 30.0], "dt": 0.01, "nt": nt},
         wavelets.ormsby(half(nt, .01), (5.0, 9.0, 25.0, 30.0))[0])
case("gaussian by default", "gaussian", {"nt": 5}, wavelets.gaussian(half(5, .004))[0])
case("klauder by default", "klauder", {"dt": 0.01, "nt": 5}, wavelets.klauder(half(5, .01))[0])

# ---- events

par = {"ox": -30.0, "dx": 10.0, "nx": 7, "ot": 0.0, "dt": 0.004, "nt": 20}
cube = {"ox": -20.0, "dx": 10.0, "nx": 4, "oy": -50.0, "dy": 25.0, "ny": 3, "ot": 0.008, "dt": 0.004, "nt": 16}
wav = np.round(wavelets.ricker(half(5, .004), 40.0)[0], 6)
even = np.array([0.5, 1.0, -0.25, 0.125])


def event(name, source, axes, own, wav=wav, spikes=False):
    t, _, x, y = seismicevents.makeaxis(axes)
    place = (x, y, t) if source.endswith("3d") else (x, t)
    many = {k: v if k == "v" or isinstance(v, list) else [v] for k, v in own.items()}
    longest = max(len(v) for k, v in many.items() if k != "v")
    many = {k: v if k == "v" else v * (longest if len(v) == 1 else 1) for k, v in many.items()}
    order = {"linear2d": ("v", "t0", "theta", "amp"), "linear3d": ("v", "t0", "theta", "phi", "amp")}
    arguments = [many[k] for k in order.get(source, own)]
    d, dwav = getattr(seismicevents, source)(*place, *arguments, wav)
    parameters = {**axes, **own, "wav": wav, **({"spikes": True} if spikes else {})}
    case(name, source, parameters, d if spikes else dwav)


hyper = {"t0": [0.02, 0.045], "vrms": [700.0, 1500.0], "amp": [1.0, -0.6]}
event("linear2d", "linear2d", par, {"v": 1500.0, "t0": [0.02, 0.04], "theta": [40.0, -25.0], "amp": [1.0, 0.5]})
event("linear2d, one angle", "linear2d", par, {"v": 1500.0, "t0": [0.02, 0.04], "theta": 30.0, "amp": [1.0, 0.5]})
event("parabolic2d", "parabolic2d", par, {"t0": [0.02, 0.05], "px": [0.0, 3e-4], "pxx": [2e-5, -1e-5], "amp": [1.0, 2.0]})
event("hyperbolic2d", "hyperbolic2d", par, hyper)
event("hyperbolic2d, one event", "hyperbolic2d", par, {"t0": 0.02, "vrms": 900.0, "amp": 2.0})
event("spikes", "hyperbolic2d", par, hyper, spikes=True)
event("even wavelet", "hyperbolic2d", par, hyper, wav=even)
event("wavelet of one", "hyperbolic2d", par, hyper, wav=np.array([2.0]))
event("late and early", "linear2d", {**par, "ot": 0.01},
      {"v": 1500.0, "t0": [0.006, 0.0075, 0.089, 0.1], "theta": [0.0, 50.0, 20.0, 0.0], "amp": [1.0, 2.0, 3.0, 4.0]})
event("late and early spikes", "linear2d", {**par, "ot": 0.01},
      {"v": 1500.0, "t0": [0.006, 0.0075, 0.089, 0.1], "theta": [0.0, 50.0, 20.0, 0.0], "amp": [1.0, 2.0, 3.0, 4.0]},
      spikes=True)
event("linear3d", "linear3d", cube, {"v": 1500.0, "t0": [0.03, 0.05], "theta": [40.0, -25.0], "phi": [0.0, 60.0], "amp": [1.0, 0.5]})
event("parabolic3d", "parabolic3d", cube, {"t0": 0.03, "px": 1e-4, "py": -2e-4, "pxx": 2e-5, "pyy": 1e-6, "amp": 1.0})
event("hyperbolic3d", "hyperbolic3d", cube, {"t0": [0.02, 0.05], "vrms_x": [800.0, 1200.0], "vrms_y": [900.0, 1500.0], "amp": [1.0, 0.6]})
event("spikes in 3-D", "hyperbolic3d", cube, {"t0": 0.02, "vrms_x": 800.0, "vrms_y": 900.0, "amp": 1.0}, wav=even, spikes=True)

# ---- tapers

KINDS = ("hanning", "cosine", "cosinesquare", "cosinesqrt", "none")
for kind in KINDS:
    for nmask, ntap in ((9, 3), (8, 4), (5, 1), (4, 0)):
        case("%s taper %d %d" % (kind, nmask, ntap), "taper", {"nmask": nmask, "ntap": ntap, "tapertype": kind},
             tapers.taper(nmask, ntap, kind))
case("taper2d", "taper", {"nmask": 7, "ntap": 3, "nt": 4}, tapers.taper2d(4, 7, 3))
case("taper2d in time too", "taper", {"nmask": 7, "ntap": [3, 2], "nt": 5, "tapertype": "cosine"},
     tapers.taper2d(5, 7, (3, 2), "cosine"))
case("taper3d", "taper", {"nmask": [6, 7], "ntap": [2, 3], "nt": 3, "tapertype": "cosinesquare"},
     tapers.taper3d(3, (6, 7), (2, 3), "cosinesquare"))
case("tapernd", "taper", {"nmask": [6, 5, 4], "ntap": [3, 2, 2], "tapertype": "cosinesqrt"},
     tapers.tapernd((6, 5, 4), (3, 2, 2), "cosinesqrt"))

# ---- windows

def window(trav, toff, dt, nt, nsmooth):
    """apply_onepoint's lines, with the ends of the windows clamped"""
    ends = np.clip(np.round((trav - toff) / dt).astype(int), 0, nt)
    w = np.zeros((len(ends), nt))
    for ir, end in enumerate(ends):
        w[ir, :end] = 1
    w = np.hstack((np.fliplr(w), w[:, 1:]))
    return (filtfilt(np.ones(nsmooth) / nsmooth, 1, w) if nsmooth > 0 else w).T


trav = np.array([0.02, 0.037, 0.046, 0.05, 0.01, 0.2])
for toff, nsmooth in ((0.0, 0), (0.012, 3), (0.012, 4), (0.03, 10)):
    case("window %g %d" % (toff, nsmooth), "window",
         {"trav": trav, "toff": toff, "dt": 0.004, "nt": 20, "nsmooth": nsmooth}, window(trav, toff, .004, 20, nsmooth))
case("window by default", "window", {"trav": trav, "dt": 0.004, "nt": 20}, window(trav, 0.0, .004, 20, 10))
two = window(trav, 0.01, .004, 9, 2)
case("window of two points", "window", {"trav": trav.reshape(3, 2), "toff": 0.01, "dt": 0.004, "nt": 9, "nsmooth": 2},
     two.reshape(-1, 3, 2))
for nsmooth in (0, 3, 4):
    P = np.ones(15)
    P[:7] = 0
    case("causal %d" % nsmooth, "causal", {"nt": 8, "nsmooth": nsmooth},
         filtfilt(np.ones(nsmooth) / nsmooth, 1, P) if nsmooth else P)

# ---- direct waves

trav, dist = np.array([0.0, 0.02, 0.03, 0.0411]), np.array([5.0, 20.0, 30.0, 41.1])
for nfft, derivative in ((None, True), (32, True), (31, False), (4, True)):
    base = {"wav": wav, "trav": trav[1:], "nt": 12, "dt": 0.004, **({"nfft": nfft} if nfft else {}),
            **({} if derivative else {"derivative": False})}
    case("direct wave %s" % nfft, "directwave", base,
         directwave(wav, trav[1:], 12, .004, nfft=nfft, derivative=derivative), 1e-11)
    case("direct wave %s in 3-D" % nfft, "directwave", {**base, "trav": trav, "dist": dist, "kind": "3d"},
         directwave(wav, trav, 12, .004, nfft=nfft, dist=dist, kind="3d", derivative=derivative), 1e-11)
case("direct wave of no time", "directwave", {"wav": wav, "trav": trav, "nt": 9, "dt": 0.004},
     directwave(wav, trav, 9, .004), 1e-11)

# ---- traveltimes

x, y, z = np.arange(4) * 10.0 - 5, np.arange(3) * 8.0, np.arange(5) * 6.0 + 2
srcs, recs = np.array([[0.0, 7.0, 20.0], [2.0, 4.5, 30.0]]), np.array([[1.0, 2.0], [3.0, 5.0]])
table = Kirchhoff._traveltime_table(z, x, srcs, recs, 1500.0, mode="analytic")
case("straight to a grid", "traveltime", {"from": srcs, "vel": 1500.0, "axes": [x, z]}, table[0].reshape(4, 5, 3))
cubic = np.array([[1.0, 9.0], [0.0, 3.0], [2.0, 4.0]])
table = Kirchhoff._traveltime_table(z, x, cubic, cubic, 1500.0, y=y, mode="analytic")
case("straight to a grid in 3-D", "traveltime", {"from": cubic, "vel": 1500.0, "axes": [y, x, z]}, table[0].reshape(3, 4, 5, 2))
apart = np.sqrt(((recs[:, :, None] - srcs[:, None, :]) ** 2).sum(axis=0)) / 1500.0
case("straight between points", "traveltime", {"from": srcs, "to": recs, "vel": 1500.0}, apart)
case("straight from one point", "traveltime", {"from": srcs[:, 1], "to": recs, "vel": 1500.0}, apart[:, 1])
case("straight to one point", "traveltime", {"from": srcs, "to": recs[:, 0], "vel": 1500.0}, apart[0])


def refined(vel, shape, steps, source):
    """first arrivals from a node by scikit-fmm on a finer grid; vel is a function of index coordinates"""
    fine = [(n - 1) * REFINE + 1 for n in shape]
    index = np.meshgrid(*[np.arange(n) / REFINE for n in fine], indexing="ij")
    phi = np.ones(fine)
    phi[tuple(s * REFINE for s in source)] = -1
    times = skfmm.travel_time(phi, vel(*index), dx=[h / REFINE for h in steps], order=2)
    return np.asarray(times)[tuple(slice(None, None, REFINE) for _ in shape)]


def bumps(i, j, k=0.0):
    return 2000.0 + 700.0 * np.sin(0.12 * i + 0.1 * k) * np.cos(0.15 * j) + 25.0 * j


shape, steps = (33, 26), (10.0, 6.0)
axes = [-50.0 + 10.0 * np.arange(33), 3.0 + 6.0 * np.arange(26)]
index = np.meshgrid(*map(np.arange, shape), indexing="ij")
sources = [(0, 0), (9, 5), (32, 25)]
times = np.stack([refined(bumps, shape, steps, s) for s in sources], axis=-1)
places = np.array([[axes[k][s[k]] for s in sources] for k in range(2)])
vel = np.round(bumps(*index), 3)
case("eikonal", "traveltime", {"from": places, "vel": vel, "axes": axes}, times, {"max": 3e-3})
case("eikonal at nodes", "traveltime",
     {"from": places, "to": [[axes[0][3], axes[0][14]], [axes[1][2], axes[1][15]]], "vel": vel, "axes": axes},
     times[[3, 14], [2, 15]], {"max": 3e-3})
shape, steps = (6, 8, 7), (10.0, 8.0, 12.0)
axes = [h * np.arange(n) for h, n in zip(steps, shape)]
index = np.meshgrid(*map(np.arange, shape), indexing="ij")
REFINE = 16
times = refined(lambda k, i, j: bumps(i, j, k), shape, steps, (2, 0, 3))
case("eikonal in 3-D", "traveltime",
     {"from": [axes[0][2], axes[1][0], axes[2][3]], "vel": np.round(bumps(index[1], index[2], index[0]), 3), "axes": axes},
     times, {"max": 1e-2})

# ---- slopes; lsqr within pwd_slope_estimate amplifies rounding, after 12 iterations to 1e-3, so there are few of them

def section(nz, nx, slope):
    z, x = np.meshgrid(np.arange(nz), np.arange(nx), indexing="ij")
    return np.round(np.sin(0.7 * (z - slope * x)) + 0.3 * np.cos(0.4 * z + 0.2 * x), 3)


d = section(14, 11, 0.6)
for name, more in (("by default", {}), ("smoothed little", {"smooth": [0.0, 1.5], "dz": 0.5, "dx": -2.0}),
                   ("with eps", {"smooth": 2.0, "eps": 0.05}), ("smoothed far", {"smooth": 9.0})):
    more = {k: tuple(v) if isinstance(v, list) else v for k, v in more.items()}
    slopes, anisotropies = slope_estimate(d, **more)
    case("slopes " + name, "slope_estimate", {"d": d, **more}, slopes)
    case("anisotropies " + name, "slope_estimate", {"d": d, **more, "anisotropies": True}, anisotropies)
    case("dips " + name, "dip_estimate", {"d": d, **more}, dip_estimate(d, **more)[0])
case("slopes as dips", "slope_estimate", {"d": d, "dips": True}, slope_estimate(d, dips=True)[0])
case("slopes of zeros", "slope_estimate", {"d": np.zeros((2, 3))}, slope_estimate(np.zeros((2, 3)))[0])
for name, more in (("of order 2", {"liter": 5}), ("of order 1", {"order": 1, "niter": 3, "liter": 5, "damp": 0.1}),
                   ("smoothed unevenly", {"nsmooth": [5, 3], "niter": 2, "liter": 5, "damp": 0.01})):
    case("pwd slopes " + name, "pwd_slope_estimate", {"d": d, **more}, pwd_slope_estimate(d, **more), 1e-8)
d3 = np.stack([section(9, 6, 0.3), section(9, 6, 0.35), section(9, 6, 0.4), section(9, 6, 0.45)], axis=-1)
for axis in (1, 2):
    more = {"axis": axis, "nsmooth": [4, 3, 2], "niter": 3, "liter": 5}
    case("pwd slopes of axis %d" % axis, "pwd_slope_estimate", {"d": d3, **more}, pwd_slope_estimate(d3, **more), 1e-8)
case("pwd slopes smoothed by a box", "pwd_slope_estimate", {"d": d3, "smoothing": "boxcar", "nsmooth": 3, "niter": 2, "liter": 5},
     pwd_slope_estimate(d3, smoothing="boxcar", nsmooth=3, niter=2, liter=5), 1e-8)

with open(os.path.join(HERE, "synthetics.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print("%d cases" % len(cases))
