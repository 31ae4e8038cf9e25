"""Two processes of one thread beside one process of two threads, and beside PyLops-MPI 0.8 on two ranks.

    python benches/hosts.py --data FOLDER --program TARGET/pylopsd [--only TEXT] [--runs 2] [--markdown]

The program must have been built with `--features mpi`. Inputs are those that rivals.py and applications.py
make. Applications of an operator and solves, each the least of some; a solve is told as the time of one
iteration, the whole solve over their number. Whole commands and scripts are timed for solves.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from problems import poststack

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--program", default="target/dist/pylopsd")
parser.add_argument("--only", default="")
parser.add_argument("--runs", type=int, default=2)
parser.add_argument("--markdown", action="store_true")
args = parser.parse_args()
DATA = os.path.abspath(args.data)
PROGRAM = os.path.abspath(args.program)


def file(name):
    return '{ file = "%s" }' % os.path.join(DATA, name + ".npy")


RIVAL = """
import json, os, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
from mpi4py import MPI
import pylops, pylops_mpi
from pylops_mpi import DistributedArray, Partition
from pylops_mpi.DistributedArray import local_split
C = MPI.COMM_WORLD
RANK, SIZE = C.Get_rank(), C.Get_size()
data = lambda name: np.load(os.path.join(%r, name + ".npy"))
whole = lambda x: DistributedArray.to_dist(np.ascontiguousarray(x).ravel(), partition=Partition.BROADCAST)
cut = lambda x: DistributedArray.to_dist(np.ascontiguousarray(x).ravel())
def some(n):
    counts = C.allgather(local_split((n,), C, Partition.SCATTER, 0)[0])
    first = sum(counts[:RANK])
    return slice(first, first + counts[RANK])
def apply(f, seconds=1.5):
    f()
    best, begin, turns = np.inf, time.perf_counter(), 0
    while C.bcast(turns < 3 or (time.perf_counter() - begin < seconds and turns < 20)):
        C.Barrier()
        start = time.perf_counter()
        f()
        C.Barrier()
        best, turns = min(best, time.perf_counter() - start), turns + 1
    return best
def cgls(op, y, x0, niter, damp=0.0):
    op.rmatvec(op.matvec(x0))
    C.Barrier()
    start = time.perf_counter()
    pylops_mpi.cgls(op, y, x0=x0, niter=niter, tol=0, damp=damp)
    C.Barrier()
    return (time.perf_counter() - start) / niter
%s
if RANK == 0:
    print(json.dumps(seconds))
"""
DONE = []


def rival(code):
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "rival.py")
        with open(script, "w") as out:
            out.write(RIVAL % (DATA, code))
        env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1",
                   OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        begin = time.perf_counter()
        done = subprocess.run(["mpirun", "--oversubscribe", "-n", "2", sys.executable, script], env=env, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
    if done.returncode:
        return None, seconds
    return json.loads(done.stdout.strip().splitlines()[-1]), seconds


def ours(words, toml, more):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "problem.toml"), "w") as out:
            out.write(toml)
        begin = time.perf_counter()
        done = subprocess.run([PROGRAM, words[0], "problem.toml", *words[1:], *more, "--json"], cwd=folder, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout), seconds


ONE, TWO = ["--threads", "2"], ["--threads", "1", "--hosts", "localhost:2"]


def compare(name, code, toml, words, niter=0):
    if args.only and not all(w in name for w in args.only.split()):
        return
    theirs, one, two, whole = [], [], [], {}
    for _ in range(args.runs):
        seconds, total = rival(code)
        theirs.append(seconds or float("nan"))
        whole.setdefault("theirs", []).append(total)
        for times, more, key in ((one, ONE, "one"), (two, TWO, "two")):
            found, total = ours(words, toml, more)
            times.append(found["timings"]["solve"] / niter if niter else min(found["timings"]["apply"]))
            whole.setdefault(key, []).append(total)
    theirs, one, two = min(theirs), min(one), min(two)
    commands = {key: min(times) for key, times in whole.items()} if niter else None
    DONE.append((name, theirs, one, two, commands))
    print("%-32s PyLops-MPI %9.2f ms   1 x 2 %9.2f ms   2 x 1 %9.2f ms (%.2f)   %5.1f x   %s" % (
        name, theirs * 1e3, one * 1e3, two * 1e3, two / one, theirs / two,
        "" if not commands else "whole %.2f s / %.2f s" % (commands["theirs"], commands["two"])), flush=True)


def pair(name, setup, x, y, toml, arrays=""):
    """One application of an operator, and one of its adjoint."""
    text = "%s\n[operators]\nA = %s\n" % (arrays, toml)
    for adjoint in (False, True):
        code = "%s\nx = %s\ny = %s\nseconds = apply(lambda: op.%s)" % (setup, x[0], y[0], "rmatvec(y)" if adjoint else "matvec(x)")
        given = os.path.join(DATA, (y if adjoint else x)[1] + ".npy")
        words = ["apply", "--operator", "A", "--input", given, "--repeat", "20"] + (["--adjoint"] if adjoint else [])
        compare(name + (" adj" if adjoint else " fwd"), code, text, words)


def solve(name, setup, y, x0, d, toml, arrays, niter, more="", damp=0.0):
    code = "%s\nseconds = cgls(op, %s, %s, %d, %r)" % (setup, y, x0, niter, damp)
    text = '%s\nd = %s\n[operators]\nA = %s\n[solve]\noperator = "A"\ndata = "d"\nsolver = "cgls"\nniter = %d\ndamp = %r\ntol = 0\n%s' % (
        arrays, file(d), toml, niter, damp, more)
    compare(name, code, text, ["solve"], niter)


# W1: stencils.
n = "(4096, 4096)"
pair("W1 FirstDerivative axis 0", 'op = pylops_mpi.MPIFirstDerivative(%s, dtype="float64")' % n, ('cut(data("w1_x"))', "w1_x"), ('cut(data("w1_x"))', "w1_x"),
     '{ type = "FirstDerivative", dims = [4096, 4096] }')
pair("W1 Laplacian", 'op = pylops_mpi.MPILaplacian(%s, axes=(0, 1), dtype="float64")' % n, ('cut(data("w1_x"))', "w1_x"), ('cut(data("w1_x"))', "w1_x"),
     '{ type = "Laplacian", dims = [4096, 4096] }')

# W2: ranks own whole traces.
setup = 'op = pylops_mpi.MPIBlockDiag(ops=[pylops.signalprocessing.Convolve1D((2000 // SIZE, 2000), data("w2_h"), offset=30, axis=1)])'
arrays = "[arrays]\nh = %s" % file("w2_h")
toml = '{ type = "Convolve1D", dims = [2000, 2000], h = "h", offset = 30, axis = 1 }'
pair("W2 Convolve1D", setup, ('cut(data("w2_m"))', "w2_m"), ('cut(data("w2_m"))', "w2_m"), toml, arrays)
solve("W2 CGLS", setup, 'cut(data("w2_d_axis1"))', "cut(np.zeros(4000000))", "w2_d_axis1", toml, arrays, 100, damp=1e-2)

turned = toml.replace("axis = 1", "axis = 0")
pair("W2 Convolve1D axis 0", setup, ('cut(data("w2_m").T)', "w2_m"), ('cut(data("w2_m").T)', "w2_m"), turned, arrays)
solve("W2 CGLS axis 0", setup, 'cut(data("w2_d_axis0").T)', "cut(np.zeros(4000000))", "w2_d_axis0", turned, arrays, 100, damp=1e-2)

# W3: products by frequency.
for nv in (1, 101):
    local = 'G = np.load(os.path.join(%r, "w3_G.npy"), mmap_mode="r")\nG = np.ascontiguousarray(G[some(400)])\n' % DATA
    arrays = "[arrays]\nG = %s" % file("w3_G")
    x = ('whole(data("w3_xf_nv%d"))' % nv, "w3_xf_nv%d" % nv)
    pair("W3 Fredholm1 nv=%d" % nv, local + 'op = pylops_mpi.signalprocessing.MPIFredholm1(G, nz=%d, saveGt=True, usematmul=True, dtype="complex64")' % nv,
         x, x, '{ type = "Fredholm1", G = "G", nz = %d }' % nv, arrays)
    x = ('whole(data("w3_xt_nv%d"))' % nv, "w3_xt_nv%d" % nv)
    pair("W3 MDC nv=%d" % nv, local + 'op = pylops_mpi.waveeqprocessing.MPIMDC(G, nt=1001, nv=%d, nfreq=400, dt=0.004, dr=10.0, twosided=True, '
         'fftengine="scipy", saveGt=True, usematmul=True)' % nv, x, x, '{ type = "MDC", G = "G", nt = 1001, nv = %d, dt = 0.004, dr = 10.0 }' % nv, arrays)

# W4: multi-dimensional deconvolution.
for nv in (1, 31):
    setup = ('G = np.load(os.path.join(%r, "w4_G.npy"), mmap_mode="r")\nnf = G.shape[0]\nG = np.ascontiguousarray(G[some(nf)])\nd = data("w4_d_nv%d")\n'
             'op = pylops_mpi.waveeqprocessing.MPIMDC(G, nt=d.shape[0], nv=%d, nfreq=nf, dt=0.004, dr=10.0, twosided=True, fftengine="scipy", '
             'saveGt=True, usematmul=True)' % (DATA, nv, nv))
    solve("W4 MDD nv=%d" % nv, setup, "whole(d)", 'whole(np.zeros(op.shape[1], "float32"))', "w4_d_nv%d" % nv,
          '{ type = "MDC", G = "G", nt = 799, nv = %d, dt = 0.004, dr = 10.0 }' % nv, "[arrays]\nG = %s" % file("w4_G"), 50)

# W6: least-squares migration.
for size in ("small", "large"):
    keys = ("z", "x", "t", "srcs", "recs", "wav")
    setup = ('z, x, t, srcs, recs, wav = (data("w6_%s_" + k) for k in %r)\nd = data("w6_%s_d")\nown = some(srcs.shape[1])\n'
             'op = pylops_mpi.MPIVStack(ops=[pylops.waveeqprocessing.LSM(z, x, t, srcs[:, own], recs, 1000.0, wav, 40, mode="analytic", '
             'engine="numba").Demop])' % (size, keys, size))
    arrays = "[arrays]\n" + "\n".join("%s = %s" % (k, file("w6_%s_%s" % (size, k))) for k in keys)
    toml = '{ type = "Kirchhoff", %s, vel = 1000.0, wavcenter = 40, mode = "analytic" }' % ", ".join('%s = "%s"' % (k, k) for k in keys)
    pair("W6 Kirchhoff %s" % size, setup, ('whole(data("w6_%s_refl"))' % size, "w6_%s_refl" % size), ('cut(d)', "w6_%s_d" % size), toml, arrays)
    for niter in (10, 40):
        solve("W6 LSM %s, %d iterations" % (size, niter), setup, "cut(d)", "whole(np.zeros(x.size * z.size))", "w6_%s_d" % size, toml, arrays, niter)

# W7: a matrix.
setup = 'A = np.load(os.path.join(%r, "w7_A.npy"), mmap_mode="r")\nop = pylops_mpi.MPIVStack(ops=[pylops.MatrixMult(np.ascontiguousarray(A[some(8000)]))])' % DATA
arrays = "[arrays]\nA = %s" % file("w7_A")
toml = '{ type = "MatrixMult", A = "A" }'
pair("W7 MatrixMult", setup, ('whole(data("w7_x"))', "w7_x"), ('cut(data("w7_y"))', "w7_y"), toml, arrays)
solve("W7 CGLS", setup, 'cut(data("w7_y"))', "whole(np.zeros(4000))", "w7_y", toml, arrays, 30)

# W8: transforms.
for name, axes in (("FFT axis 0", (0,)), ("FFT axis 1", (1,)), ("FFT2D", (0, 1))):
    kind = "MPIFFT2D" if len(axes) == 2 else "MPIFFTND"
    toml = '{ type = "FFT2D", dims = [4096, 4096], dtype = "complex128" }' if len(axes) == 2 else \
        '{ type = "FFT", dims = [4096, 4096], axis = %d, dtype = "complex128" }' % axes[0]
    x = ('cut(data("w8_xc"))', "w8_xc")
    pair("W8 " + name, 'op = pylops_mpi.signalprocessing.%s((4096, 4096), axes=%r, dtype="complex128")' % (kind, axes), x,
         ("op.matvec(x)", "w8_xc"), toml)

# W9: post-stack inversion.
for name, reg in (("plain", False), ("Laplacian", True)):
    setup = ('d, back, wav = data("w9_d"), data("w9_mback"), data("w9_wav")\nny, nx, nz = d.shape\nnl = ny // SIZE\n'
             'P = pylops.avo.poststack.PoststackLinearModelling(wav, nt0=nz, spatdims=(nl, nx))\nT = pylops.Transpose((nl, nx, nz), (2, 0, 1))\n'
             'op = pylops_mpi.MPIBlockDiag(ops=[T.H @ P @ T])\ny = cut(d)\n')
    if reg:
        setup += ('L = pylops_mpi.MPILaplacian(dims=d.shape, axes=(0, 1, 2), weights=(1, 1, 1), sampling=(1, 1, 1), dtype=op.dtype)\n'
                  'op = pylops_mpi.MPIStackedVStack([op, 10.0 * L])\ny = pylops_mpi.StackedDistributedArray([y, cut(np.zeros(d.size))])\n')
    dims = np.load(os.path.join(DATA, "w9_d.npy"), mmap_mode="r").shape
    compare("W9 Poststack " + name, setup + "seconds = cgls(op, y, cut(back), 50)", poststack(file, dims, reg), ["solve"], 50)

# W10: a small problem, two blocks of 500.
numbers = [1.0 + k % 500 for k in range(1000)]
compare("W10 Diagonal of 1000, cgls", """
op = pylops_mpi.MPIBlockDiag(ops=[pylops.Diagonal(np.arange(1000 // SIZE) + 1.0)])
seconds = min(cgls(op, op.matvec(cut(np.ones(1000))), cut(np.zeros(1000)), 100) for _ in range(5))
""", """
[arrays]
w = { values = %r }
[operators]
A = { type = "Diagonal", diag = "w" }
[solve]
operator = "A"
data = "w"
solver = "cgls"
niter = 100
tol = 0.0
""" % numbers, ["solve"], 100)

if args.markdown:
    print("\n| workload | PyLops-MPI 0.8, 2 ranks (ms) | 1 process, 2 threads (ms) | 2 processes, 1 thread (ms) | 2 processes over 1 | over PyLops-MPI | whole script / command (s) |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for name, theirs, one, two, commands in DONE:
        print("| %s | %.2f | %.2f | %.2f | %.2f | %.1f | %s |" % (
            name, theirs * 1e3, one * 1e3, two * 1e3, two / one, theirs / two,
            "%.2f / %.2f" % (commands["theirs"], commands["two"]) if commands else ""))
