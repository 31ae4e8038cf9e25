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
from pylops.waveeqprocessing import LSM, MDD, Marchenko
import pylops.waveeqprocessing.marchenko as marchenko_module
import pylops.waveeqprocessing.mdd as mdd_module

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


def case(name, kind, keys, solve, arrays, outputs, by="PyLops", single=1e-3):
    application = "\n".join(["[application]", 'type = "%s"' % kind] + ["%s = %s" % (k, toml(v)) for k, v in keys.items()])
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

with open(os.path.join(HERE, "applications.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print("%d cases" % len(cases))
