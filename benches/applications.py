"""Whole problems beside PyLops 2.8: the whole command against the whole script, and one iteration of each.

    python benches/applications.py --data FOLDER --testdata FOLDER [--only TEXT] [--markdown]

Every run is a process of its own that reads the same .npy files and writes its result, the two programs
in turn; the least of each counts. The memory is the peak of the process. `--testdata` is a copy of the
`testdata` folder of PyLops' repository (marchenko/input.npz, avo/poststack_model.npz).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import pylops
from scipy.signal import filtfilt
from pylops.utils.seismicevents import hyperbolic2d
from pylops.utils.tapers import taper3d
from pylops.utils.wavelets import ricker

from problems import poststack

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--testdata", required=True)
parser.add_argument("--program", default="target/dist/pylopsd")
parser.add_argument("--only", default="")
parser.add_argument("--runs", type=int, default=3)
parser.add_argument("--markdown", action="store_true")
args = parser.parse_args()
DATA = os.path.abspath(args.data)


def path(name):
    return os.path.join(DATA, name + ".npy")


def data(name):
    return np.load(path(name))


def save(name, f):
    if not os.path.exists(path(name)):
        np.save(path(name), np.ascontiguousarray(f()))


def make_mdd():
    """W4: a kernel (300, 201, 101), complex64, of three hyperbolic events; data of 1 and of 31 virtual sources."""
    ny, nx, nt, nf, dt, dx = 201, 101, 400, 300, 0.004, 10.0
    t, x = np.arange(nt) * dt, (np.arange(nx) - nx // 2) * dx
    y = (np.arange(ny) - ny // 2) * dx
    wav = ricker(t[:41], f0=20)[0]
    late = lambda a: np.concatenate((np.zeros(a.shape[:-1] + (nt - 1,)), a), axis=-1)

    def kernel():
        G = np.array([hyperbolic2d(x - s, t, [0.2, 0.5, 0.7], [800.0, 1200.0, 1500.0], [1.0, 0.6, 0.5], wav)[1] for s in y])
        G *= taper3d(nt, [ny, nx], (5, 5), tapertype="hanning")
        return np.fft.rfft(late(G), 2 * nt - 1)[..., :nf].transpose(2, 0, 1).astype("complex64")
    save("w4_G", kernel)
    for nv in (1, 31):
        def seen():
            at = x[:: nx // nv][:nv] if nv > 1 else [0.0]
            m = np.array([late(hyperbolic2d(x - s, t, [0.2], [700.0], [1.0], wav)[1]) for s in at])
            M = pylops.waveeqprocessing.MDC(data("w4_G").astype("complex128"), nt=2 * nt - 1, nv=nv, dt=dt, dr=dx, twosided=True)
            return (M @ m.transpose(2, 1, 0).ravel()).reshape(2 * nt - 1, ny, nv).astype("float32")
        save("w4_d_nv%d" % nv, seen)


def make_marchenko():
    """W5: PyLops' test file, its response by frequency in both precisions."""
    file = np.load(os.path.join(args.testdata, "marchenko", "input.npz"))
    r, vs, t, wav = file["r"], file["vs"], file["t"], file["wav"]
    late = np.concatenate((np.zeros((101, 101, len(t) - 1)), np.swapaxes(file["R"], 0, 1)), axis=-1)
    spectrum = lambda: np.fft.rfft(late, 2 * len(t) - 1)[..., :500].transpose(2, 0, 1) / np.sqrt(2 * len(t) - 1)
    save("w5_R_float64", lambda: spectrum().astype("complex128"))
    save("w5_R_float32", lambda: spectrum().astype("complex64"))
    full = lambda trace: np.convolve(trace, wav)[np.argmax(wav):][:len(t)]
    G0 = np.apply_along_axis(full, 0, file["G0sub"]).T
    for dtype in ("float64", "float32"):
        save("w5_G0_" + dtype, lambda: G0.astype(dtype))
    save("w5_trav", lambda: np.hypot(*(vs[:, None] - r)) / 2400.0)


# Samples of x and z, sources, receivers and times of each size of W6.
LSM = {"small": (101, 101, 10, 50, 500), "large": (201, 101, 20, 100, 500)}


def make_lsm():
    for size, (nx, nz, ns, nr, nt) in LSM.items():
        x = np.arange(nx) * 4.0
        for name, n, depth in (("srcs", ns, 10.0), ("recs", nr, 20.0)):
            save("w6_%s_%s" % (size, name), lambda: np.vstack((np.linspace(40.0, x[-1] - 36.0, n), np.full(n, depth))))
        save("w6_%s_x" % size, lambda: x)
        save("w6_%s_z" % size, lambda: np.arange(nz) * 4.0)
        save("w6_%s_t" % size, lambda: np.arange(nt) * 0.004)
        save("w6_%s_wav" % size, lambda: ricker(np.arange(41) * 0.004, f0=20)[0])

        def seen():
            op = pylops.waveeqprocessing.Kirchhoff(*(data("w6_%s_%s" % (size, k)) for k in ("z", "x", "t", "srcs", "recs")),
                                                   1000.0, data("w6_%s_wav" % size), 40, mode="analytic", engine="numba")
            m = np.zeros((nx, nz))
            m[:, 30], m[:, 50] = -1.0, 0.5
            return op @ m
        save("w6_%s_d" % size, seen)


def make_poststack():
    """W9: 20 copies of PyLops' impedance section, every third trace: (20, nx, nz)."""
    if os.path.exists(path("w9_d")):
        return
    m = np.log(np.load(os.path.join(args.testdata, "avo", "poststack_model.npz"))["model"])[:, ::3]
    m = np.ascontiguousarray(np.tile(m.T, (20, 1, 1)))
    back = m
    for n, axis in ((5, 0), (30, 1), (20, 2)):
        back = filtfilt(np.ones(n) / n, 1, back, axis=axis)
    wav = ricker(np.arange(21) * 0.004, 15)[0]
    P = pylops.avo.poststack.PoststackLinearModelling(wav, nt0=m.shape[2], spatdims=m.shape[:2])
    save("w9_wav", lambda: wav)
    save("w9_mback", lambda: back)
    save("w9_d", lambda: (P @ m.transpose(2, 0, 1).ravel()).reshape(m.transpose(2, 0, 1).shape).transpose(1, 2, 0))


START = """
import json, sys, time
import numpy as np
import pylops
data = lambda name: np.load("%s/" + name + ".npy")
""" % DATA
END = """
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")][0].split()[1]
print(json.dumps([seconds, 1024 * int(peak)]))
"""


def run(words, folder):
    """Seconds of one process from its start to its end, and what it prints as JSON."""
    begin = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(done.stderr)
    return seconds, json.loads(done.stdout[done.stdout.index(words[0] == sys.executable and "[" or "{"):])


ROWS = []


def compare(name, niter, scripts, toml, result, outputs):
    """PyLops' scripts, one for each of its engines, against one problem file."""
    if not all(word in name for word in args.only.split()):
        return
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "problem.toml"), "w") as f:
            f.write(toml)
        for turn in range(args.runs):
            for script in scripts:
                seconds, (solve, peak) = run([sys.executable, "-c", START + script + END], folder)
                theirs.append((seconds, solve, peak))
            seconds, report = run([os.path.abspath(args.program), "solve", "problem.toml", "--json"], folder)
            ours.append((seconds, report["timings"]["solve"], report["memory"]["peak_bytes"], report["memory"]["planned_bytes"]))
        worst = max(np.linalg.norm(np.load(os.path.join(folder, a)) - np.load(os.path.join(folder, b))) /
                    np.linalg.norm(np.load(os.path.join(folder, a))) for a, b in zip(result, outputs))
    t, o = np.min(theirs, axis=0), np.min(ours, axis=0)
    ROWS.append((name, t[0], o[0], t[0] / o[0], t[1] / niter * 1e3, o[1] / niter * 1e3, t[1] / o[1], t[2] / 1e6, o[2] / 1e6, o[3] / 1e6, worst))
    print("%-32s whole %6.2f / %6.3f s = %5.1f x   iteration %8.2f / %7.2f ms = %4.1f x   peak %5.0f / %4.0f MB (planned %4.0f)   %.0e apart"
          % ROWS[-1], flush=True)


def file(name):
    return '{ file = "%s" }' % path(name)


os.makedirs(DATA, exist_ok=True)
make_mdd()
make_marchenko()
make_lsm()
make_poststack()

for nv in (1, 31):
    script = """
M = pylops.waveeqprocessing.MDC(data("w4_G"), nt=799, nv=%d, dt=0.004, dr=10.0, twosided=True, usematmul=True, %%s)
d = data("w4_d_nv%d")
begin = time.perf_counter()
m = pylops.cgls(M, d.ravel(), x0=np.zeros(M.shape[1], "float32"), niter=50, tol=0)[0]
seconds = time.perf_counter() - begin
np.save("theirs.npy", m.reshape(799, 101, %d))
""" % (nv, nv, nv)
    compare("W4 MDD cgls 50 nv=%d" % nv, 50, [script % e for e in ('fftengine="numpy"', 'fftengine="scipy", workers=2')], """
[arrays]
G = %s
d = %s
[operators]
M = { type = "MDC", G = "G", nt = 799, nv = %d, dt = 0.004, dr = 10.0 }
[solve]
operator = "M"
data = "d"
solver = "cgls"
niter = 50
tol = 0.0
[outputs]
model = "ours.npy"
""" % (file("w4_G"), file("w4_d_nv%d" % nv), nv), ["theirs.npy"], ["ours.npy"])

NAMES = ("f1_inv_minus", "f1_inv_plus", "p0_minus", "g_inv_minus", "g_inv_plus")
for dtype in ("float64", "float32"):
    for solver in ("lsqr", "cgls"):
        script = """
import pylops.waveeqprocessing.marchenko as marchenko
%s
R, G0, trav = data("w5_R_%s").transpose(1, 2, 0), data("w5_G0_%s"), data("w5_trav")
begin = time.perf_counter()
M = marchenko.Marchenko(R, dt=0.0025, nt=800, dr=30.0, nfmax=500, toff=0.045, nsmooth=10, dtype="%s", fftengine="scipy", kwargs_fft={"workers": 2})
found = M.apply_onepoint(trav, G0=G0, rtm=True, greens=True, usematmul=True, %s)
seconds = time.perf_counter() - begin
for name, a in zip(%r, found):
    np.save("theirs_" + name + ".npy", a)
""" % ("" if solver == "lsqr" else "marchenko.lsqr = lambda op, d, niter, **_: pylops.cgls(op, d, x0=np.zeros(op.shape[1], d.dtype), niter=niter, tol=0)",
            dtype, dtype, dtype, "iter_lim=10, show=0" if solver == "lsqr" else "niter=10", NAMES)
        compare("W5 Marchenko %s 10 %s" % (solver, dtype), 10, [script], """
dtype = "%s"
[arrays]
R = { file = "%s", transpose = [1, 2, 0] }
G0 = %s
trav = %s
[application]
type = "Marchenko"
R = "R"
nt = 800
dt = 0.0025
dr = 30.0
nfmax = 500
toff = 0.045
nsmooth = 10
trav = "trav"
G0 = "G0"
rtm = true
greens = true
[solve]
solver = "%s"
niter = 10
%s
[outputs]
%s
""" % (dtype, path("w5_R_" + dtype), file("w5_G0_" + dtype), file("w5_trav"), solver, "tol = 0.0" if solver == "cgls" else "atol = 1e-6\nbtol = 1e-6",
            "\n".join('%s = "ours_%s.npy"' % (n, n) for n in NAMES)),
            ["theirs_%s.npy" % n for n in NAMES], ["ours_%s.npy" % n for n in NAMES])

for size, (nx, nz, ns, nr, nt) in LSM.items():
    keys = ("z", "x", "t", "srcs", "recs", "wav")
    compare("W6 LSM cgls 10 %s" % size, 10, ["""
from pylops.waveeqprocessing import LSM
z, x, t, srcs, recs, wav = (data("w6_%s_" + k) for k in %r)
op = LSM(z, x, t, srcs, recs, 1000.0, wav, 40, mode="analytic", engine="numba").Demop
d = data("w6_%s_d")
op.matvec(np.zeros(op.shape[1])), op.rmatvec(np.zeros(op.shape[0]))
begin = time.perf_counter()
m = pylops.cgls(op, d.ravel(), x0=np.zeros(op.shape[1]), niter=10, tol=0)[0]
seconds = time.perf_counter() - begin
np.save("theirs.npy", m.reshape(%d, %d))
""" % (size, keys, size, nx, nz)], """
[arrays]
%s
d = %s
[application]
type = "LSM"
d = "d"
z = "z"
x = "x"
t = "t"
srcs = "srcs"
recs = "recs"
vel = 1000.0
wav = "wav"
wavcenter = 40
mode = "analytic"
[solve]
solver = "cgls"
niter = 10
tol = 0.0
[outputs]
minv = "ours.npy"
""" % ("\n".join("%s = %s" % (k, file("w6_%s_%s" % (size, k))) for k in keys), file("w6_%s_d" % size)), ["theirs.npy"], ["ours.npy"])

if not args.only or args.only.startswith("W9"):
    dims = np.load(path("w9_d"), mmap_mode="r").shape
    for name, reg in (("plain", False), ("Laplacian", True)):
        compare("W9 Poststack cgls 50 %s" % name, 50, ["""
d, back, wav = data("w9_d"), data("w9_mback"), data("w9_wav")
P = pylops.avo.poststack.PoststackLinearModelling(wav, nt0=d.shape[2], spatdims=d.shape[:2])
T = pylops.Transpose(d.shape, (2, 0, 1))
op, y = T.H @ P @ T, d.ravel()
if %r:
    op = pylops.VStack([op, 10.0 * pylops.Laplacian(d.shape, axes=(0, 1, 2), weights=(1, 1, 1), sampling=(1, 1, 1))])
    y = np.concatenate((y, np.zeros(d.size)))
begin = time.perf_counter()
m = pylops.cgls(op, y, x0=back.ravel().copy(), niter=50, tol=0)[0]
seconds = time.perf_counter() - begin
np.save("theirs.npy", m.reshape(d.shape))
""" % reg], poststack(file, dims, reg), ["theirs.npy"], ["ours.npy"])

if args.markdown:
    print("\n| problem | whole script, PyLops 2.8 (s) | whole command (s) | ratio | iteration, PyLops (ms) | iteration (ms) | ratio | peak, PyLops (MB) | peak (MB) | planned (MB) | apart |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for r in ROWS:
        print("| %s | %.2f | %.3f | %.1f | %.2f | %.2f | %.1f | %.0f | %.0f | %.0f | %.0e |" % r)
