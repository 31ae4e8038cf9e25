"""Makes marchenko.json: samples of what PyLops makes of its own test file. Run by hand only; see README.md.

  python tests/golden/make_marchenko.py FOLDER/marchenko/input.npz

Pinned, and checked below: pylops 2.8.0, numpy 2.4.6, scipy 1.17.1. The tutorial of PyLops-distributed in double precision,
by scipy's lsqr and by PyLops' cgls in its place, and nine points at once with the analytic direct wave. Of every output,
every STEP-th value in C order stands in the file.
"""
import json
import os
import sys
import warnings

import numpy as np
import pylops
import scipy
import pylops.waveeqprocessing.marchenko as marchenko

warnings.filterwarnings("ignore")
PINNED = {"pylops": "2.8.0", "numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {m.__name__: m.__version__ for m in (pylops, np, scipy)}
if FOUND != PINNED:
    sys.exit("golden values are pinned to %s, found %s" % (PINNED, FOUND))

STEP = 1499
NAMES = ("f1_inv_minus", "f1_inv_plus", "p0_minus", "g_inv_minus", "g_inv_plus")
file = np.load(sys.argv[1])
r, vs, t, wav = file["r"], file["vs"], file["t"], file["wav"]
R = np.swapaxes(file["R"], 0, 1)
full = lambda trace: np.convolve(trace, wav)[np.argmax(wav):][:len(t)]
G0 = np.apply_along_axis(full, 0, file["G0sub"]).T
trav = np.hypot(*(vs[:, None] - r)) / 2400.0
points = np.stack([np.hypot(x - r[0], 1060.0 - r[1]) / 2400.0 for x in range(800, 1700, 100)], axis=1)


def samples(found):
    return {n: {"dims": list(a.shape), "norm": float(np.linalg.norm(a)), "values": [float("%.12g" % v) for v in a.ravel()[::STEP]]}
            for n, a in zip(NAMES, found)}


make = lambda: marchenko.Marchenko(R, dt=0.0025, dr=30.0, nfmax=500, wav=wav, toff=0.045, nsmooth=10, dtype="float64")
exact = {"iter_lim": 10, "atol": 0, "btol": 0, "conlim": 0}
out = {"step": STEP}
out["lsqr"] = samples(make().apply_onepoint(trav, G0=G0, rtm=True, greens=True, **exact))
out["points"] = samples(make().apply_multiplepoints(points, nfft=2048, rtm=True, greens=True, **exact))
marchenko.lsqr = lambda op, d, **_: pylops.cgls(op, d, x0=np.zeros(op.shape[1]), niter=10, tol=0)
out["cgls"] = samples(make().apply_onepoint(trav, G0=G0, rtm=True, greens=True))
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "marchenko.json"), "w") as f:
    f.write(json.dumps(out, indent=0).replace(",\n", ",").replace("\n", " ").replace("} ,", "},\n") + "\n")
