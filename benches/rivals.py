"""One application of an operator, and whole CGLS runs, beside PyLops 2.8 on the same .npy files.

    python benches/rivals.py --data FOLDER [--program target/dist/pylopsd] [--only TEXT] [--markdown]

PyLops and pylopsd take turns, twice each; the least time of each counts. Limits: the copy bandwidth of
the machine in the same run for what moves data, and a matrix product's speed for what computes.
"""
import os

import numpy as np
import pylops
from pylops.signalprocessing import FFT, FFT2D, Convolve1D, Fredholm1
from pylops.waveeqprocessing import MDC, Kirchhoff

from beside import args, data, finish, least, pair, path, save, section, solve

# Samples of x, sources and receivers of each size of W6.
LSM = {"small": (101, 10, 50), "large": (201, 20, 100)}


def make():
    """Inputs, where they are missing."""
    r = np.random.default_rng(1)
    normal, single = r.standard_normal, lambda *s: r.standard_normal(s, dtype=np.float32)
    save("w1_x", lambda: normal((4096, 4096)))
    save("w2_m", lambda: normal((2000, 2000)) * (r.random((2000, 2000)) < 0.01))
    save("w2_h", lambda: pylops.utils.wavelets.ricker(np.arange(31) * 0.004, f0=15)[0])
    for axis in (0, 1):
        save("w2_d_axis%d" % axis, lambda: Convolve1D((2000, 2000), data("w2_h"), offset=30, axis=axis) @ data("w2_m"))
    save("w3_G", lambda: single(400, 201, 201) + 1j * single(400, 201, 201))
    for nv in (1, 101):
        save("w3_xf_nv%d" % nv, lambda: single(400, 201, nv) + 1j * single(400, 201, nv))
        save("w3_xt_nv%d" % nv, lambda: single(1001, 201, nv))
    for size, (nx, ns, nr) in LSM.items():
        save("w6_%s_refl" % size, lambda: np.repeat([np.eye(101)[30] * -1 + np.eye(101)[50] * 0.5], nx, axis=0))
        x = np.arange(nx) * 4.0
        for name, n, depth in (("srcs", ns, 10.0), ("recs", nr, 20.0)):
            save("w6_%s_%s" % (size, name), lambda: np.vstack((np.linspace(40.0, x[-1] - 36.0, n), np.full(n, depth))))
        save("w6_%s_x" % size, lambda: x)
    save("w6_z", lambda: np.arange(101) * 4.0)
    save("w6_t", lambda: np.arange(500) * 0.004)
    save("w6_wav", lambda: pylops.utils.wavelets.ricker(np.arange(41) * 0.004, f0=20)[0])
    save("w7_A", lambda: normal((8000, 4000)))
    save("w7_x", lambda: normal(4000))
    save("w7_y", lambda: data("w7_A") @ data("w7_x") + 0.1 * normal(8000))
    save("w8_x", lambda: normal((4096, 4096)))
    save("w8_xc", lambda: normal((4096, 4096)) + 1j * normal((4096, 4096)))


make()
n = [4096, 4096]
moved = 2 * 8 * 4096.0**2
for axis in (0, 1):
    pair("W1 FirstDerivative axis %d" % axis, pylops.FirstDerivative(n, axis=axis),
         '{ type = "FirstDerivative", dims = [4096, 4096], axis = %d }' % axis, "w1_x", "w1_x", moved=moved)
pair("W1 Laplacian", pylops.Laplacian(n, axes=(0, 1)), '{ type = "Laplacian", dims = [4096, 4096] }', "w1_x", "w1_x", moved=moved)

for axis in (0, 1):
    toml = '{ type = "Convolve1D", dims = [2000, 2000], h = "h", offset = 30, axis = %d }' % axis
    arrays = '[arrays]\nh = { file = "%s" }' % path("w2_h")
    op = Convolve1D((2000, 2000), data("w2_h"), offset=30, axis=axis)
    pair("W2 Convolve1D axis %d" % axis, op, toml, "w2_m", "w2_m", arrays, moved=2 * 8 * 2000.0**2)
    solve("W2 CGLS axis %d" % axis, op, toml, "w2_d_axis%d" % axis, arrays, 100, 1e-2)

arrays = '[arrays]\nG = { file = "%s" }' % path("w3_G")
if section("W3"):
    G = data("w3_G")
    for nv in (1, 101):
        cost = {"moved": 1.0 * G.nbytes} if nv == 1 else {"flop": 8.0 * G.size * nv}
        pair("W3 Fredholm1 nv=%d" % nv, Fredholm1(G, nz=nv, saveGt=True, usematmul=True, dtype="complex64"),
             '{ type = "Fredholm1", G = "G", nz = %d }' % nv, "w3_xf_nv%d" % nv, "w3_xf_nv%d" % nv, arrays, **cost)
        engines = [MDC(G, nt=1001, nv=nv, dt=0.004, dr=10.0, twosided=True, saveGt=True, usematmul=True, fftengine=e, **k)
                   for e, k in (("numpy", {}), ("scipy", {"workers": 2}))]
        x = data("w3_xt_nv%d" % nv).ravel()
        fast = min(engines, key=lambda op: least(lambda: op.matvec(x), 0.3))
        pair("W3 MDC nv=%d" % nv, fast, '{ type = "MDC", G = "G", nt = 1001, nv = %d, dt = 0.004, dr = 10.0 }' % nv,
             "w3_xt_nv%d" % nv, "w3_xt_nv%d" % nv, arrays, **cost)
    del G

for size in LSM if section("W6") else ():
    files = {k: "w6_%s_%s" % (size, k) for k in ("x", "srcs", "recs")}
    files.update({k: "w6_" + k for k in ("z", "t", "wav")})
    arrays = "[arrays]\n" + "\n".join('%s = { file = "%s" }' % (k, path(f)) for k, f in files.items())
    toml = '{ type = "Kirchhoff", %s, vel = 1000.0, wavcenter = 40, mode = "analytic"%%s }' % ", ".join(
        '%s = "%s"' % (k, k) for k in files)
    for kind, more, p in (("", "", {}), (" dynamic", ", dynamic = true", {"dynamic": True})):
        op = Kirchhoff(**{k: data(f) for k, f in files.items()}, vel=1000.0, wavcenter=40, mode="analytic", engine="numba", **p)
        y = "w6_%s_d%s" % (size, kind.strip())
        if not os.path.exists(path(y)):
            np.save(path(y), (op @ data("w6_%s_refl" % size).ravel()).reshape(op.dimsd))
        pair("W6 Kirchhoff %s%s" % (size, kind), op, toml % more, "w6_%s_refl" % size, y, arrays)
        solve("W6 CGLS %s%s" % (size, kind), op, toml % more, y, arrays, 10)

arrays = '[arrays]\nA = { file = "%s" }' % path("w7_A")
if section("W7"):
    op = pylops.MatrixMult(data("w7_A"))
    pair("W7 MatrixMult", op, '{ type = "MatrixMult", A = "A" }', "w7_x", "w7_y", arrays, moved=8.0 * 8000 * 4000)
    solve("W7 CGLS", op, '{ type = "MatrixMult", A = "A" }', "w7_y", arrays, 30)
    del op

for real in (False, True) if section("W8") else ():
    for axes in (0, 1, (0, 1)):
        best = None
        for engine, k in (("numpy", {}), ("scipy", {"workers": 2}), ("fftw", {"threads": 2})):
            if isinstance(axes, tuple):
                if engine == "fftw":
                    continue
                op = FFT2D(n, axes=axes, engine=engine, real=real, dtype="float64" if real else "complex128", **k)
            else:
                op = FFT(n, axis=axes, engine=engine, real=real, dtype="float64" if real else "complex128", **k)
            x = data("w8_x" if real else "w8_xc").ravel()
            t = least(lambda: op.matvec(x), 0.3) if section("W8") else 0.0
            best = min(best or (t, op), (t, op), key=lambda b: b[0])
        kind = "FFT2D" if isinstance(axes, tuple) else "FFT"
        where = "axes = [0, 1]" if kind == "FFT2D" else "axis = %d" % axes
        toml = '{ type = "%s", dims = [4096, 4096], %s%s }' % (kind, where, ', real = true, dtype = "float64"' if real else "")
        y = best[1].matvec(x) if real and section("W8") else "w8_xc"
        size = (8 + 8 if real else 16 + 16) * 4096.0**2
        name = "W8 %s %s %s" % (kind, "real" if real else "complex", "both axes" if kind == "FFT2D" else where)
        pair(name, best[1], toml, "w8_x" if real else "w8_xc", y, moved=size * (2 if kind == "FFT2D" else 1))

finish()
