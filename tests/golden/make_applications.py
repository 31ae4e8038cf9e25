"""Makes applications.json: what PyLops' applications make of small problems. Run by hand only; see README.md.

  python tests/golden/make_applications.py

Pinned, and checked below: pylops 2.8.0, numpy 2.4.6, scipy 1.17.1.
Each case is what stands below [arrays] in a problem file, its arrays, and the outputs. PyLops' solver is scipy's lsqr;
where a case says cgls, PyLops' cgls is put in its place. `by` says where the outputs are not PyLops', `single` is the
tolerance in single precision (lsqr on normal equations loses twice the digits).
"""
import json
import os
import sys
import warnings
import zlib

import numpy as np
import pylops
import scipy
from pylops.avo.poststack import PoststackInversion, PoststackLinearModelling
from pylops.avo.prestack import PrestackInversion
from pylops.waveeqprocessing import (LSM, MDD, Deghosting, Marchenko, PhaseShift, SeismicInterpolation,
                                     UpDownComposition2D, WavefieldDecomposition)
import pylops.waveeqprocessing.marchenko as marchenko_module
import pylops.waveeqprocessing.mdd as mdd_module
import pylops.waveeqprocessing.seismicinterpolation as interpolation_module

warnings.filterwarnings("ignore")
PINNED = {"pylops": "2.8.0", "numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {m.__name__: m.__version__ for m in (pylops, np, scipy)}
if FOUND != PINNED:
    sys.exit("golden values are pinned to %s, found %s" % (PINNED, FOUND))

HERE = os.path.dirname(os.path.abspath(__file__))
cases = []


def quarters(name, *shape):
    """random multiples of 1/4, exact in every dtype"""
    return np.random.default_rng([20280, zlib.crc32(name.encode())]).integers(-12, 13, shape) / 4.0


def stored(a):
    a = np.asarray(a)
    dtype = "complex128" if np.iscomplexobj(a) else "float64"
    values = np.ascontiguousarray(a, dtype=dtype).view("float64").ravel()
    return {"dims": list(a.shape), "dtype": dtype, "values": [float("%.15g" % v) for v in values]}


def toml(value):
    if isinstance(value, str):
        return '"%s"' % value
    return json.dumps(value)


def case(name, kind, keys, solve, arrays, outputs, by="PyLops", single=1e-3, operators=None):
    application = "".join("[operators.%s]\n%s\n" % (name, "\n".join("%s = %s" % (k, toml(v)) for k, v in table.items()))
                          for name, table in (operators or {}).items())
    application += "\n".join(["[application]", 'type = "%s"' % kind] + ["%s = %s" % (k, toml(v)) for k, v in keys.items()])
    solving = "\n".join(["[solve]"] + ["%s = %s" % (k, toml(v)) for k, v in solve.items()]) if solve else ""
    cases.append({"name": name, "rest": application + "\n\n" + solving, "by": by, "single": single,
                  "arrays": {k: stored(a) for k, a in arrays.items()},
                  "outputs": {k: stored(a) for k, a in outputs.items()}})


def by_cgls(op, d, niter=10, **_):
    return pylops.cgls(op, d, x0=np.zeros(op.shape[1], d.dtype), niter=niter, tol=0)


LSQR = {"solver": "lsqr", "niter": 6, "atol": 0.0, "btol": 0.0, "conlim": 0.0}
SCIPY = {"iter_lim": 6, "atol": 0, "btol": 0, "conlim": 0}
CGLS = {"solver": "cgls", "niter": 6, "tol": 0.0}


# ---- multi-dimensional deconvolution

def mdd(name, G, d, keys, outputs, solver="lsqr", damp=None, wav=None):
    arrays = {"G": G, "d": d}
    given = {"dt": 0.004, "dr": 5.0, "twosided": True, "add_negative": True}
    given.update({k: v for k, v in keys.items()})
    call = dict(given)
    call.setdefault("smooth_precond", 0)
    call["nfmax"] = keys.get("nfmax")
    kept = mdd_module.lsqr
    if wav is not None:
        arrays["wav"] = wav
    solve = dict(LSQR if solver == "lsqr" else CGLS)
    options = dict(SCIPY) if solver == "lsqr" else {"niter": 6}
    if damp:
        solve["damp"] = options["damp"] = damp
    if solver == "cgls":
        mdd_module.lsqr = by_cgls
    found = MDD(G, d, wav=wav, adjoint="madj" in outputs, psf="psfinv" in outputs, dottest=False, **call, **options)
    mdd_module.lsqr = kept
    # PyLops returns minv, madj, psfinv, psfadj in this order, those that are asked for.
    order = ["minv"] + (["madj"] if "madj" in outputs else []) + (["psfinv"] if "psfinv" in outputs else []) \
        + (["psfadj"] if "madj" in outputs and "psfinv" in outputs else [])
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(order), (name, len(found), order)
    table = {"G": "G", "d": "d", **given}
    if wav is not None:
        table["wav"] = "wav"
    case("MDD " + name, "MDD", table, solve, arrays, dict(zip(order, found)))


G, d1, dv = quarters("mdd G", 4, 3, 7), quarters("mdd d1", 4, 7), quarters("mdd dv", 4, 2, 7)
w = quarters("mdd wav", 5)
mdd("one source", G, d1, {}, ["minv"])
mdd("one source, cgls", G, d1, {}, ["minv", "madj"], solver="cgls")
mdd("two sources, all outputs", G, dv, {"nfmax": 5}, ["minv", "madj", "psfinv"], wav=w, damp=0.1)
mdd("one source, all outputs", G, d1, {}, ["minv", "madj", "psfinv"])
mdd("wavelet", G, d1, {}, ["minv"], wav=w)
mdd("one sided", G, dv, {"twosided": False, "add_negative": False}, ["minv", "madj"])
mdd("negative times given", G, d1, {"add_negative": False}, ["minv", "madj"])
mdd("causal", G, d1, {"causality_precond": True}, ["minv", "madj"])
mdd("causal and smooth", G, dv, {"causality_precond": True, "smooth_precond": 3}, ["minv"])


# ---- Marchenko

NAMES = ("f1_inv_minus", "f1_inv_plus", "p0_minus", "g_inv_minus", "g_inv_plus")
ns, nt = 4, 16
R = quarters("marchenko R", ns, ns, nt) / 16.0
trav = 0.02 + 0.004 * np.abs(np.arange(ns) - 1.3)
travs = np.stack((trav, trav + 0.006), axis=1)
G0, G0s = quarters("marchenko G0", ns, nt), quarters("marchenko G0s", ns, 2, nt)
spectrum = np.fft.rfft(np.concatenate((np.zeros((ns, ns, nt - 1)), R), axis=-1), 2 * nt - 1) / np.sqrt(2 * nt - 1)


def marchenko(name, keys, arrays, solver="lsqr", rtm=True, greens=True):
    dt = 0.004
    make = {"dt": dt, "dr": 2.0, "nsmooth": 3, "toff": 0.004, **keys}
    nfft = make.pop("nfft", None)
    kept = marchenko_module.lsqr
    if solver == "cgls":
        marchenko_module.lsqr = by_cgls
    M = Marchenko(arrays["R"], nt=make.get("nt"), nfmax=make.get("nfmax"), wav=arrays.get("wav"), dt=dt, dr=make["dr"],
                  nsmooth=make["nsmooth"], toff=make["toff"], prescaled=make.get("prescaled", False))
    options = dict(SCIPY) if solver == "lsqr" else {"niter": 6}
    more = {} if nfft is None else {"nfft": nfft}
    direct = arrays.get("G0")
    if "dist" in arrays:  # PyLops' own function, which its Marchenko calls in two dimensions only
        direct = marchenko_module.directwave(arrays["wav"], arrays["trav"], nt, dt, nfft=nfft, dist=arrays["dist"],
                                             kind="3d", derivative=True).T
    if arrays["trav"].ndim == 1:
        found = M.apply_onepoint(arrays["trav"], G0=direct, rtm=rtm, greens=greens, **more, **options)
    else:
        found = M.apply_multiplepoints(arrays["trav"], G0=direct, rtm=rtm, greens=greens, **more, **options)
    marchenko_module.lsqr = kept
    order = NAMES[:2] + (NAMES[2:3] if rtm else ()) + (NAMES[3:] if greens else ())
    assert len(found) == len(order), name
    table = {k: k for k in arrays}
    table.update(make)
    if nfft is not None:
        table["nfft"] = nfft
    case("Marchenko " + name, "Marchenko", table, LSQR if solver == "lsqr" else CGLS, arrays, dict(zip(order, found)))


marchenko("one point", {}, {"R": R, "trav": trav, "G0": G0})
marchenko("one point, cgls", {}, {"R": R, "trav": trav, "G0": G0}, solver="cgls")
marchenko("few frequencies", {"nfmax": 9}, {"R": R, "trav": trav, "G0": G0}, rtm=False)
marchenko("by frequency", {"nt": nt}, {"R": spectrum, "trav": trav, "G0": G0}, greens=False)
marchenko("sharp window", {"nsmooth": 0, "toff": 0.0}, {"R": R, "trav": trav, "G0": G0})
marchenko("prescaled", {"prescaled": True}, {"R": R * 0.25, "trav": trav, "G0": G0})
marchenko("two points", {}, {"R": R, "trav": travs, "G0": G0s})
wav = quarters("marchenko wav", 9)
marchenko("analytic direct wave", {"nfft": 64}, {"R": R, "trav": trav, "wav": wav})
marchenko("analytic direct waves", {"nfft": 64}, {"R": R, "trav": travs, "wav": wav})
marchenko("analytic direct wave in 3-D", {"nfft": 64}, {"R": R, "trav": trav, "wav": wav, "dist": trav * 1500.0})


# ---- least-squares migration

x, z, t = np.arange(7) * 4.0, np.arange(6) * 4.0, np.arange(40) * 0.002
srcs, recs = np.array([[2.0, 20.0], [0.0, 1.0]]), np.array([[1.0, 11.0, 22.0], [2.0, 0.0, 1.0]])
wav = quarters("lsm wav", 5)
for name, keys in (("analytic", {"mode": "analytic"}), ("dynamic", {"mode": "analytic", "dynamic": True})):
    lsm = LSM(z, x, t, srcs, recs, 1500.0, wav, 2, engine="numpy", **keys)
    d = quarters("lsm d", 2, 3, 40)
    minv = lsm.solve(d.ravel(), **SCIPY)
    case("LSM " + name, "LSM", {"d": "d", "z": "z", "x": "x", "t": "t", "srcs": "srcs", "recs": "recs", "vel": 1500.0,
                                "wav": "wav", "wavcenter": 2, **keys},
         LSQR, {"d": d, "z": z, "x": x, "t": t, "srcs": srcs, "recs": recs, "wav": wav},
         {"minv": minv.reshape(7, 6), "madj": (lsm.Demop.H @ d.ravel()).reshape(7, 6)})


# ---- post-stack inversion

nt0 = 9
wav = quarters("poststack wav", 5)
waves = quarters("poststack waves", nt0, 5)
for dims in ((nt0,), (nt0, 4), (nt0, 3, 4)):
    data, m0 = quarters("poststack data %d" % len(dims), *dims), quarters("poststack m0 %d" % len(dims), *dims)
    for back in (None, m0):
        for keys in ({}, {"explicit": True}, {"explicit": True, "simultaneous": True}, {"explicit": True, "epsI": 0.5},
                     {"explicit": True, "simultaneous": True, "epsI": 0.5}, {"epsR": 0.3}, {"explicit": True, "epsR": 0.3}):
            for taps in ([wav, waves] if keys == {} and back is None else [wav]):
                iterative = not keys.get("explicit") or keys.get("simultaneous") or "epsR" in keys
                found, by = PoststackInversion(data.copy(), taps, m0=back, **keys, **(SCIPY if iterative else {})), "PyLops"
                if keys.get("simultaneous") and "epsI" in keys:
                    # PyLops takes data where A^T data is meant: scipy's lsqr on the right equations.
                    P = PoststackLinearModelling(taps, nt0=nt0, spatdims=dims[1:] or None, explicit=True)
                    d = (data if back is None else data - (P @ back.ravel()).reshape(dims)).reshape(nt0, -1)
                    N = pylops.MatrixMult(P.A.T @ P.A + keys["epsI"] * np.eye(nt0), otherdims=(d.shape[1],))
                    m = scipy.sparse.linalg.lsqr(N, (P.A.T @ d).ravel(), **SCIPY)[0].reshape(dims)
                    rest = data if back is None else data - (P @ back.ravel()).reshape(dims)
                    found, by = (m if back is None else m + back, rest - (P @ m.ravel()).reshape(dims)), "scipy"
                arrays = {"data": data, "wav": taps, **({} if back is None else {"m0": back})}
                case("Poststack %d-D%s%s%s" % (len(dims), ", m0" if back is not None else "", "".join(", %s" % k for k in keys),
                                                 ", wavelets" if taps is waves else ""),
                     "Poststack", {**{k: k for k in arrays}, **keys}, LSQR if iterative else None, arrays,
                     {"minv": found[0], "datar": found[1]}, by, 3e-2 if by == "scipy" else 1e-3)

# ---- pre-stack inversion

theta = np.array([0.0, 10.0, 20.0, 30.0])
ratios = np.array([0.5, 0.45, 0.625, 0.55, 0.4, 0.375, 0.5])
nt0, wav, wav2 = 7, quarters("prestack wav", 3), quarters("prestack wav 2", 3)
for spat in ((), (3,), (2, 2)):
    data = quarters("prestack data %d" % len(spat), nt0, 4, *spat)
    back = quarters("prestack m0 %d" % len(spat), nt0, 3, *spat)
    both = quarters("prestack both %d" % len(spat), 2, nt0, 4, *spat)
    for m0 in (None, back):
        for keys in ({}, {"explicit": True}, {"explicit": True, "simultaneous": True}, {"explicit": True, "epsI": 0.5},
                     {"explicit": True, "simultaneous": True, "epsI": 0.5}, {"epsR": 0.3}, {"epsR": 0.3, "epsI": 0.5},
                     {"epsR": 0.3, "epsI": [0.25, 0.5, 1.0]}, {"linearization": "fatti", "vsvp": True, "kind": "forward"},
                     {"linearization": ["akirich", "ps"]}, {"linearization": ["akirich", "ps"], "explicit": True},
                     {"linearization": ["akirich", "ps"], "epsR": 0.25}):
            several = isinstance(keys.get("linearization"), list)
            # PyLops takes no lists with two axes of space.
            if len(spat) == 2 and (several or len(keys) == 1 or keys.get("epsI") == 0.5):
                continue
            iterative = not keys.get("explicit") or keys.get("simultaneous") or "epsR" in keys
            given = dict(keys, **({"vsvp": ratios} if "vsvp" in keys else {}))
            d = both if several else data
            found = PrestackInversion(d.copy(), theta, [wav, wav2] if several else wav, m0=m0, returnres=True, **given,
                                      **(SCIPY if iterative else {}))
            arrays = {"data": d, "theta": theta, "wav": wav, **({"wav2": wav2} if several else {}),
                      **({} if m0 is None else {"m0": m0}), **({"vsvp": ratios} if "vsvp" in keys else {})}
            table = {**{k: k for k in arrays if k != "wav2"}, **{k: v for k, v in keys.items() if k != "vsvp"}}
            if several:
                table["wav"] = ["wav", "wav2"]
            case("Prestack %d-D%s%s" % (len(spat) + 1, ", m0" if m0 is not None else "",
                                        "".join(", %s=%s" % p for p in keys.items())),
                 "Prestack", table, LSQR if iterative else None, arrays, {"minv": found[0], "datar": found[1]},
                 single=2e-2 if "epsI" in keys and "epsR" not in keys else 3e-3)


# ---- decomposition of pressure and velocity

def decomposition(name, p, vz, keys, operators=None, solve=LSQR, single=1e-3, **more):
    pup, pdown = WavefieldDecomposition(p, vz, **{k: tuple(v) if isinstance(v, list) else v for k, v in keys.items()}, **more,
                                        **(SCIPY if keys.get("kind") != "analytical" else {}))
    table = {"p": "p", "vz": "vz", **keys, **{k: k for k in operators or {}}}
    case("WavefieldDecomposition " + name, "WavefieldDecomposition", table, solve, {"p": p, "vz": vz},
         {"pup": pup, "pdown": pdown}, operators=operators, single=single)


# With rho vel = 1, pressure and velocity are of one size, and lsqr is not sensitive to rounding.
line = dict(nt=9, nr=8, dt=0.004, dr=5.0, rho=2.0**-10, vel=1024.0, nffts=[10, 12], ntaper=2)
p, vz = quarters("wd p", 8, 9), quarters("wd vz", 8, 9)
decomposition("inverse", p, vz, dict(line, scaling=2.0))
decomposition("inverse, critical angle", p, vz, dict(line, critical=80.0))
decomposition("analytical", p, vz, dict(line, critical=90.0, kind="analytical"), solve=None)
area = dict(nt=4, nr=[3, 4], dt=0.004, dr=[5.0, 6.0], rho=2.0**-10, vel=1024.0, nffts=[7, 8, 9], ntaper=2)
p, vz = quarters("wd p 3", 3, 4, 4), quarters("wd vz 3", 3, 4, 4)
decomposition("inverse in 3-D", p, vz, area)
decomposition("analytical in 3-D", p, vz, dict(area, kind="analytical"), solve=None)
some = [0, 1, 3, 4, 6, 7]
R1 = pylops.Restriction((2, 8, 9), some, axis=1, dtype="complex128")
S1 = pylops.Smoothing1D(3, (8, 9), axis=0)
p, vz = quarters("wd some p", 6, 9), quarters("wd some vz", 6, 9)
decomposition("restricted", p, vz, line, {"restriction": dict(type="Restriction", dims=[2, 8, 9], iava=some, axis=1)},
              restriction=R1)
decomposition("restricted to traces of all waves", p, vz, line,
              {"restriction": dict(type="Restriction", dims=[16, 9], iava=some + [k + 8 for k in some], axis=0),
               "sptransf": dict(type="Smoothing1D", nsmooth=3, dims=[8, 9], axis=0)}, restriction=R1, sptransf=S1)


# ---- deghosting

def ghost(nt, nr, dt, dr, vel, zrec, npad, ntaper):
    """PyLops' operators, with zero wavenumber where they expect it"""
    pads = [(0, 0)] + [(n, n) for n in npad]
    Pad = pylops.Pad((nt, *nr), pads)
    k = [np.fft.fftshift(np.fft.fftfreq(n + 2 * m, d)) for n, m, d in zip(nr, npad, dr)]
    T = pylops.Identity(nt * int(np.prod(nr)))
    for axis, (n, m) in enumerate(zip(nr, ntaper)):
        T = T * pylops.Diagonal(pylops.utils.tapers.taper2d(1, n, m).ravel(), dims=(nt, *nr), axis=axis + 1)
    return Pad.H * PhaseShift(vel, 2 * zrec, nt, np.fft.rfftfreq(nt, dt), *k) * Pad * T


# No wave is horizontal: kz of one would be rounding.
sea = dict(nt=12, nr=6, dt=0.004, dr=5.5, vel=1480.0, zrec=7.5, npad=3, ntaper=2)
p, pd, win = quarters("dg p", 12, 6), quarters("dg pd", 12, 6), np.abs(quarters("dg win", 12, 6))
for kind in ("p", "vz"):
    for extra in ({"pd": pd}, {"win": win}):
        found = Deghosting(p, **sea, kind=kind, **extra, **SCIPY)
        case("Deghosting %s, %s" % (kind, *extra), "Deghosting", {"p": "p", **sea, "kind": kind, **{k: k for k in extra}}, LSQR,
             {"p": p, **extra}, {"pup": found[0], "pdown": found[1]})
R1 = pylops.Restriction((12, 6), [0, 1, 3, 5], axis=1)
S1 = pylops.Smoothing1D(3, (12, 6), axis=1)
some, gone = quarters("dg some", 12, 4), quarters("dg gone", 12, 4)
found = Deghosting(some, **sea, pd=gone, restriction=R1, sptransf=S1, **SCIPY)
case("Deghosting restricted", "Deghosting", {"p": "p", "pd": "pd", **sea, "restriction": "R", "sptransf": "S"}, LSQR,
     {"p": some, "pd": gone}, {"pup": found[0], "pdown": found[1]},
     operators={"R": dict(type="Restriction", dims=[12, 6], iava=[0, 1, 3, 5], axis=1),
                "S": dict(type="Smoothing1D", nsmooth=3, dims=[12, 6], axis=1)})
for name, nr, more in (("odd", (5,), dict(nr=5, dr=5.5, npad=3, ntaper=2)),
                       ("3-D", (4, 3), dict(nr=[4, 3], dr=[5.5, 6.5], npad=[2, 1], ntaper=[2, 1]))):
    each = {k: v if isinstance(v, list) else [v] for k, v in more.items() if k != "nr"}
    p, pd = quarters("dg p " + name, 10, *nr), quarters("dg pd " + name, 10, *nr)
    G = ghost(10, nr, 0.004, each["dr"], 1480.0, 7.5, each["npad"], each["ntaper"])
    pup = scipy.sparse.linalg.lsqr(pylops.Identity(p.size) - G, (p - pd).ravel(), **SCIPY)[0].reshape(p.shape)
    case("Deghosting " + name, "Deghosting", {"p": "p", "pd": "pd", "nt": 10, "dt": 0.004, "vel": 1480.0, "zrec": 7.5, **more}, LSQR,
         {"p": p, "pd": pd}, {"pup": pup, "pdown": p - pup}, by="scipy")


# ---- interpolation

def interpolation(name, data, nrec, iava, iava1=None, kind="spatial", **keys):
    dims = ((nrec,) if isinstance(nrec, int) else nrec) + data.shape[-1:]

    def receivers(dtype):
        """R; PyLops itself stops at positions between samples"""
        make = pylops.Restriction if iava.dtype == int else lambda *a, **k: pylops.signalprocessing.Interp(*a, kind="linear", **k)[0]
        R = make(dims, iava, axis=0, dtype=dtype)
        return R if iava1 is None else make((len(iava),) + dims[1:], iava1, axis=1, dtype=dtype) * R

    by = "scipy"
    axes = {k: v.tolist() for k, v in keys.items() if isinstance(v, np.ndarray)}
    if kind == "spatial" and iava.dtype == int:
        more = {} if iava1 is None else {"iava1": iava1}
        found = SeismicInterpolation(data, nrec, iava, kind=kind, epsRs=[keys.get("epsRs", 1.0)], **more, **SCIPY)
        outputs, by = {"recdata": found[0]}, "PyLops"
    elif kind == "spatial":
        L = pylops.SecondDerivative(dims, axis=0) if iava1 is None else pylops.Laplacian(dims, axes=(0, 1))
        found = pylops.optimization.leastsquares.regularized_inversion(
            receivers("float64"), data.ravel(), [L], epsRs=[keys.get("epsRs", 1.0)], **SCIPY)
        outputs = {"recdata": found[0].reshape(dims)}
    elif kind != "fk":
        # What PyLops builds, with scipy's lsqr for fista.
        found = []
        kept = interpolation_module.fista
        interpolation_module.fista = lambda op, d, **_: (found.append(op) or scipy.sparse.linalg.lsqr(op, d, **SCIPY)[0],)
        more = {} if iava1 is None else {"iava1": iava1}
        z = SeismicInterpolation(data, nrec, iava, kind=kind, engine="numpy", **more, **keys)
        interpolation_module.fista = kept
        outputs = {"recdata": z[0], "recprec": z[1]}
    else:
        R = receivers("complex128")
        F = pylops.signalprocessing.FFTND(dims, axes=tuple(range(len(dims))), nffts=keys.get("nffts", dims), dtype="complex128").H
        A = pylops.Real(data.shape, dtype="complex128") * R * F
        z = scipy.sparse.linalg.lsqr(A, data.ravel(), **SCIPY)[0]
        outputs = {"recdata": np.real(F * z).reshape(dims), "recprec": z.reshape(keys.get("nffts", dims))}
    table = {"data": "data", "nrec": list(nrec) if isinstance(nrec, tuple) else nrec, "iava": iava.tolist(),
             **({} if iava1 is None else {"iava1": iava1.tolist()}), "kind": kind, **keys, **axes}
    case("SeismicInterpolation %s %s" % (kind, name), "SeismicInterpolation", table, LSQR, {"data": data}, outputs, by=by)


whole, between = np.array([0, 2, 3, 6]), np.array([0.25, 1.0, 3.75, 5.0])
for kind, keys in (("spatial", {"epsRs": 0.5}), ("fk", {"nffts": [8, 6]}), ("fk", {})):
    plane = quarters("si plane", 4, 5)
    interpolation("whole %s" % keys, plane, 7, whole, kind=kind, **keys)
    interpolation("between %s" % keys, plane, 7, between, kind=kind, **keys)
cube, few = quarters("si cube", 4, 3, 4), quarters("si few", 4, 2, 4)
for kind in ("spatial", "fk"):
    interpolation("one axis of 3-D", cube, (7, 3), whole, kind=kind)
    interpolation("two axes", few, (7, 3), whole, np.array([0, 2]), kind=kind)
    interpolation("two axes between", few, (7, 3), between, np.array([0.5, 1.75]), kind=kind)
t, h, p = np.arange(6) * 0.5, np.arange(7) * 2.0 - 6.0, np.linspace(-0.25, 0.25, 3)
plane = quarters("si plane t", 4, 6)
line = dict(taxis=t, spataxis=h, paxis=p)
for kind in ("radon-linear", "radon-parabolic", "chirpradon-linear"):
    interpolation(kind, plane, 7, whole, kind=kind, **line)
interpolation("hyperbolic", plane, 7, whole, kind="radon-hyperbolic", **dict(line, paxis=p + 1.0), centeredh=False)
for kind in ("sliding", "chirp-sliding"):
    interpolation("windows", plane, 7, whole, kind=kind, **line, nwins=2, nwin=4, nover=1)
area = dict(line, spat1axis=np.arange(3) * 1.5, p1axis=np.linspace(0.0, 0.5, 2))
few = quarters("si few t", 4, 2, 6)
interpolation("two axes", few, (7, 3), whole, np.array([0, 2]), kind="radon-linear", **area)
interpolation("windows of two axes", few, (7, 3), whole, np.array([0, 2]), kind="sliding", **area, nwins=[2, 1], nwin=[4, 3],
              nover=[1, 0])
# PyLops exchanges the axes of chirps (row 79): they are alike here.
few = quarters("si square t", 3, 3, 4)
area = dict(taxis=t[:4], spataxis=h[:5], spat1axis=h[:5], paxis=p, p1axis=p)
interpolation("two axes", few, (5, 5), np.array([0, 2, 3]), np.array([0, 1, 4]), kind="chirpradon-linear", **area)
interpolation("windows of two axes", few, (5, 5), np.array([0, 2, 3]), np.array([0, 1, 4]), kind="chirp-sliding", **area,
              nwins=[2, 2], nwin=[3, 3], nover=[1, 1])

with open(os.path.join(HERE, "applications.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print("%d cases" % len(cases))
