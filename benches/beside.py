"""What the benchmarks beside PyLops share: their options, the two programs in turn, the machine's limits, rows."""
import argparse
import json
import os
import subprocess
import tempfile
import threading
import time

import numpy as np
import pylops

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--program", default="target/dist/pylopsd")
parser.add_argument("--only", default="")
parser.add_argument("--markdown", action="store_true")
args = parser.parse_args()


def wanted(name):
    return all(word in name for word in args.only.split())


def section(name):
    return not args.only or args.only.split()[0] in (name, name[:2])


def path(name):
    return os.path.join(os.path.abspath(args.data), name + ".npy")


def data(name):
    return np.load(path(name))


def least(f, seconds=1.0):
    f()
    times, start = [], time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - start < seconds and len(times) < 30):
        begin = time.perf_counter()
        f()
        times.append(time.perf_counter() - begin)
    return min(times)


def run(words, text):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "problem.toml")
        with open(file, "w") as out:
            out.write(text)
        done = subprocess.run([os.path.abspath(args.program), words[0], file, *words[1:], "--json"], cwd=folder,
                              capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


ROWS = []


def row(name, theirs, ours, limit, memory):
    planned, peak = memory["planned_bytes"] / 1e6, memory["peak_bytes"] / 1e6
    ROWS.append((name, theirs, ours, theirs / ours, limit, planned, peak))
    print("%-34s PyLops %9.2f ms   pylopsd %9.2f ms   %5.1f x   %-22s %5.0f MB planned %5.0f MB peak"
          % (name, theirs * 1e3, ours * 1e3, theirs / ours, limit, planned, peak), flush=True)


def pair(name, op, toml, x, y, arrays="", moved=0.0, flop=0.0):
    """Forward and adjoint: PyLops' operator against the TOML table, on the same files."""
    for adjoint in (False, True):
        label = name + (" adj" if adjoint else " fwd")
        if not wanted(label):
            continue
        file = y if adjoint else x
        z = (data(file) if isinstance(file, str) else file).ravel()
        if not isinstance(file, str):
            np.save(path("temporary"), file)
            file = "temporary"
        theirs, ours = [], []
        words = ["apply", "--operator", "A", "--input", path(file), "--repeat", "20"] + (["--adjoint"] if adjoint else [])
        for _ in range(2):
            theirs.append(least(lambda: op.rmatvec(z) if adjoint else op.matvec(z)))
            found = run(words, "%s\n[operators]\nA = %s\n" % (arrays, toml))
            ours.append(min(found["timings"]["apply"]))
        best = min(ours)
        limit = "%.0f %% of copy" % (100 * moved / best / COPY) if moved else \
            "%.0f %% of GEMM" % (100 * flop / best / GEMM) if flop else ""
        row(label, min(theirs), best, limit, found["memory"])


def solve(name, op, toml, d, arrays, niter, damp=0.0):
    if not wanted(name):
        return
    y = data(d).ravel()
    theirs, ours = [], []
    text = '%s\nd = { file = "%s" }\n[operators]\nA = %s\n[solve]\noperator = "A"\ndata = "d"\nsolver = "cgls"\nniter = %d\ndamp = %r\ntol = 0\n' % (
        arrays, path(d), toml, niter, damp)
    for _ in range(2):
        begin = time.perf_counter()
        pylops.cgls(op, y, x0=np.zeros(op.shape[1]), niter=niter, damp=damp, tol=0)
        theirs.append(time.perf_counter() - begin)
        found = run(["solve"], text)
        ours.append(found["timings"]["solve"])
    row(name, min(theirs), min(ours), "%d iterations" % niter, found["memory"])


big = np.ones(1 << 24)
out = np.empty_like(big)
halves = [slice(0, 1 << 23), slice(1 << 23, 1 << 24)]


def copy():
    threads = [threading.Thread(target=lambda h=h: np.copyto(out[h], big[h])) for h in halves]
    [t.start() for t in threads]
    [t.join() for t in threads]


COPY = 2 * big.nbytes / least(copy)
a = np.ones((3000, 3000), "complex64")
GEMM = 8 * 3000**3 / least(lambda: a @ a)
print("limits: copy %.1f GB/s, complex64 matrix product %.0f GFLOP/s" % (COPY / 1e9, GEMM / 1e9))


def save(name, make):
    """An input, where it is missing."""
    os.makedirs(args.data, exist_ok=True)
    if not os.path.exists(path(name)):
        np.save(path(name), np.ascontiguousarray(make()))


def finish():
    """The rows as a table for README.md, if asked."""
    if not args.markdown:
        return
    print("\n| workload | PyLops 2.8 (ms) | pylopsd (ms) | ratio | limit | planned (MB) | peak (MB) |\n|---|---|---|---|---|---|---|")
    for name, theirs, ours, ratio, limit, planned, peak in ROWS:
        print("| %s | %.2f | %.2f | %.1f | %s | %.0f | %.0f |" % (name, theirs * 1e3, ours * 1e3, ratio, limit, planned, peak))
