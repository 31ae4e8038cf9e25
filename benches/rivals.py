"""One application of an operator, and whole CGLS runs, beside PyLops 2.8 on the same .npy files.

    python benches/rivals.py --data FOLDER [--program target/dist/pylopsd] [--only TEXT] [--markdown]

PyLops and pylopsd take turns, twice each; the least time of each counts. Limits: the copy bandwidth of
the machine in the same run for what moves data, and a matrix product's speed for what computes.
"""
import json
import os

import numpy as np
import pylops
from pylops.signalprocessing import FFT, FFT2D, ChirpRadon2D, Convolve1D, FourierRadon2D, FourierRadon3D, Fredholm1, Radon2D
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
    save("r_x", lambda: normal((500, 1000)))
    save("r_x_large", lambda: normal((3000, 3000)))
    save("r_cube", lambda: normal((20, 60, 200)))
    save("ct_x", lambda: single(512, 512))
    save("ct_y", lambda: single(360, 724))
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

def axes(**values):
    """Axes as arrays of the problem, from their first value, step and number."""
    lines = ["%s = { linspace = { start = %r, stop = %r, num = %d } }" % (k, a, a + (n - 1) * d, n) for k, (a, d, n) in values.items()]
    return "[arrays]\n" + "\n".join(lines), {k: a + d * np.arange(n) for k, (a, d, n) in values.items()}


if section("R1"):
    text, a = axes(t=(0.0, 0.004, 1000), h=(-2500.0, 10.0, 500), p=(-4e-4, 1.6e-6, 500), c=(-4e-6, 1.6e-8, 500), q=(1e-4, 2e-6, 500))
    for kind, slopes in (("linear", "p"), ("parabolic", "c"), ("hyperbolic", "q")):
        # PyLops keeps a table of 3 GB.
        op = Radon2D(a["t"], a["h"], a[slopes], kind=kind, engine="numba")
        toml = '{ type = "Radon2D", taxis = "t", haxis = "h", pxaxis = "%s", kind = "%s" }' % (slopes, kind)
        pair("R1 Radon2D " + kind, op, toml, "r_x", "r_x", text, flop=4.0 * 500 * 500 * 1000)
        del op
if section("R2"):
    text, a = axes(t=(0.0, 0.004, 1000), h=(-2500.0, 10.0, 500), p=(-4e-4, 1.6e-6, 500))
    op = FourierRadon2D(a["t"], a["h"], a["p"], 1024, engine="numba")
    toml = '{ type = "FourierRadon2D", taxis = "t", haxis = "h", pxaxis = "p", nfft = 1024 }'
    pair("R2 FourierRadon2D", op, toml, "r_x", "r_x", text, flop=8.0 * 500 * 500 * 513)
    text, a = axes(t=(0.0, 0.004, 200), hy=(-100.0, 10.0, 20), hx=(-300.0, 10.0, 60), py=(-4e-4, 4e-5, 20), px=(-4e-4, 1.4e-5, 60))
    op = FourierRadon3D(a["t"], a["hy"], a["hx"], a["py"], a["px"], 256, engine="numba")
    toml = '{ type = "FourierRadon3D", taxis = "t", hyaxis = "hy", hxaxis = "hx", pyaxis = "py", pxaxis = "px", nfft = 256 }'
    pair("R2 FourierRadon3D", op, toml, "r_cube", "r_cube", text)
if section("R3"):
    for n in (500, 3000):
        text, a = axes(t=(0.0, 0.004, 2 * n if n < 1000 else n), h=(-5.0 * n, 10.0, n))
        toml = '{ type = "ChirpRadon2D", taxis = "t", haxis = "h", pmax = 1.0 }'
        pair("R3 ChirpRadon2D %d" % n, ChirpRadon2D(a["t"], a["h"], 1.0), toml, "r_x%s" % ("" if n < 1000 else "_large"),
             "r_x%s" % ("" if n < 1000 else "_large"), text)
if section("R4"):
    from pylops.medical import CT2D
    text, a = axes(theta=(0.001, np.pi / 360, 360))
    fan = dict(proj_geom_type="fanflat", source_origin_dist=1500.0, origin_detector_dist=500.0)
    for name, projector, more in (("strip", "strip", {}), ("line", "line", {}), ("linear", "linear", {}), ("strip fan", "strip", fan)):
        op = CT2D((512, 512), 1.0, 724, a["theta"], "cpu", projector_type=projector, **more)
        keys = "".join(", %s = %s" % (k, json.dumps(v)) for k, v in more.items())
        toml = '{ type = "CT2D", dims = [512, 512], det_width = 1.0, det_count = 724, thetas = "theta", projector_type = "%s", dtype = "float32"%s }' % (projector, keys)
        pair("R4 CT2D " + name, op, toml, "ct_x", "ct_y", text)

finish()
