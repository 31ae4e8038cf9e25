"""One application of operators of signal processing beside PyLops 2.8, forward and adjoint.

    NUMBA_NUM_THREADS=2 python benches/operators.py --data FOLDER [--program target/dist/pylopsd] [--only TEXT] [--markdown]

PyLops runs with the fastest of its engines and two threads. As in rivals.py, the programs take turns and the
least time of each counts; PyLops compiles before it is timed.
"""
import numpy as np
import pylops
import scipy.sparse
from pylops.signalprocessing import (DCT, DWT2D, FFT2D, Bilinear, Convolve2D, Interp, NonStationaryConvolve2D, Patch2D,
                                     PWSprayer2D, Radon2D, Seislet, Shift, Sliding2D)
from pylops.signalprocessing.patch2d import patch2d_design
from pylops.signalprocessing.sliding2d import sliding2d_design
from pylops.waveeqprocessing import PhaseShift

from beside import finish, pair, path, wanted

R = np.random.default_rng(2)
SIDE = 4096
PLANE = 8.0 * SIDE**2
OPERATORS = {}


def operator(name):
    """A benchmark: a function that gives PyLops' operator, its table, its arrays by name, and what bounds it."""
    return lambda make: OPERATORS.setdefault(name, make)


@operator("Sliding2D of Radon2D 2000 x 1000")
def sliding():
    t, p, window, over = np.arange(1000) * 0.004, np.linspace(-4e-4, 4e-4, 61), 100, 50
    h = np.arange(window) * 5.0
    op = Radon2D(t, h, p, centeredh=True, kind="linear", engine="numba")
    windows, dims, *_ = sliding2d_design((2000, 1000), window, over, (61, 1000))
    op = Sliding2D(op, dims, (2000, 1000), window, over, tapertype="cosine")
    table = '{ type = "Sliding2D", Op = "W", dims = %s, dimsd = [2000, 1000], nwin = 100, nover = 50, tapertype = "cosine" }' % list(map(int, dims))
    return op, table + '\nW = { type = "Radon2D", taxis = "t", haxis = "h", pxaxis = "p" }', dict(t=t, h=h, p=p), {}


@operator("Patch2D of FFT2D 4000 x 3000")
def patch():
    window, over, nop = (64, 64), (32, 32), (64, 33)
    transform = FFT2D(window, real=True, engine="scipy", workers=2)
    windows, dims, *_ = patch2d_design((4000, 3000), window, over, nop)
    op = Patch2D(transform.H, dims, (4000, 3000), window, over, nop, tapertype="hanning")
    table = '{ type = "Patch2D", Op = "F.H", dims = %s, dimsd = [4000, 3000], nwin = [64, 64], nover = [32, 32], nop = [64, 33], tapertype = "hanning" }'
    return op, table % list(map(int, dims)) + '\nF = { type = "FFT2D", dims = [64, 64], real = true, dtype = "float64" }', {}, {}


@operator("Sliding2D of MatrixMult 6432 x 1000")
def sliding_matrix():
    a = R.standard_normal((64, 48))
    windows, dims, *_ = sliding2d_design((6432, 1000), 64, 32, (48, 1000))
    op = Sliding2D(pylops.MatrixMult(a, otherdims=(1000,)), dims, (6432, 1000), 64, 32)
    table = '{ type = "Sliding2D", Op = "W", dims = %s, dimsd = [6432, 1000], nwin = 64, nover = 32 }' % list(map(int, dims))
    return op, table + '\nW = { type = "MatrixMult", A = "a", otherdims = 1000 }', dict(a=a), {}


for mask, nlines, more in (("vertical-reg", 512, {"perc_center": 0.0}), ("radial-reg", 400, {})):
    @operator("MRI2D %s 2048 x 2048" % mask)
    def mri(mask=mask, nlines=nlines, more=more):
        op = pylops.medical.MRI2D((2048, 2048), mask, nlines=nlines, fft_engine="scipy", workers=2, **more)
        return op, '{ type = "MRI2D", dims = [2048, 2048], mask = "%s", nlines = %d }' % (mask, nlines), {}, {}


@operator("MatrixMult sparse, 10 million entries")
def sparse():
    a = scipy.sparse.random(1000000, 800000, 1.25e-5, "csr", rng=np.random.default_rng(3))
    table = '{ type = "MatrixMult", A = "values", indices = "indices", indptr = "indptr", shape = [1000000, 800000] }'
    return pylops.MatrixMult(a), table, dict(values=a.data, indices=a.indices, indptr=a.indptr), dict(moved=16.0 * a.nnz)


@operator("DWT2D db4, level 3, 4096 x 4096")
def dwt():
    op = DWT2D((SIDE, SIDE), wavelet="db4", level=3)
    return op, '{ type = "DWT2D", dims = [4096, 4096], wavelet = "db4", level = 3 }', {}, dict(moved=2 * PLANE)


@operator("DCT 4096 x 4096")
def dct():
    op = DCT((SIDE, SIDE), workers=2)
    return op, '{ type = "DCT", dims = [4096, 4096] }', {}, dict(moved=4 * PLANE)


@operator("Convolve2D 15 x 15 on 4096 x 4096")
def convolve():
    h = R.standard_normal((15, 15))
    op = Convolve2D((SIDE, SIDE), h, offset=(7, 7))
    return op, '{ type = "Convolve2D", dims = [4096, 4096], h = "h", offset = [7, 7] }', dict(h=h), dict(flop=2.0 * 225 * SIDE**2)


@operator("NonStationaryConvolve2D 31 x 31 on 1000 x 1000")
def varying():
    hs, ih = R.standard_normal((4, 4, 31, 31)), [100, 350, 600, 850]
    op = NonStationaryConvolve2D((1000, 1000), hs, ih, ih, engine="numba")
    table = '{ type = "NonStationaryConvolve2D", dims = [1000, 1000], hs = "hs", ihx = %s, ihz = %s }' % (ih, ih)
    return op, table, dict(hs=hs), dict(flop=2.0 * 961 * 1e6)


for kind in ("sinc", "linear", "cubic_spline"):
    for axis in (0, 1):
        @operator("Interp %s axis %d, 2000 x 2000" % (kind, axis))
        def interp(kind=kind, axis=axis):
            iava = np.sort(R.uniform(0, 1998, 1600))
            op = Interp((2000, 2000), iava, axis=axis, kind=kind)[0]
            table = '{ type = "Interp", dims = [2000, 2000], iava = "iava", axis = %d, kind = "%s" }' % (axis, kind)
            return op, table, dict(iava=iava), {}


@operator("Bilinear 10^6 points of 2000 x 2000")
def bilinear():
    iava = R.uniform(0, 1998, (2, 1000000))
    return Bilinear(iava, (2000, 2000)), '{ type = "Bilinear", dims = [2000, 2000], iava = "iava" }', dict(iava=iava), {}


@operator("PhaseShift 2048 x 512")
def phase_shift():
    freq, kx = np.fft.rfftfreq(2048, 0.004), np.fft.fftshift(np.fft.fftfreq(512, 10.0))
    op = PhaseShift(1500.0, 100.0, 2048, freq, kx, fftengine="scipy", workers=2)
    table = '{ type = "PhaseShift", vel = 1500.0, dz = 100.0, nt = 2048, freq = "freq", kx = "kx" }'
    return op, table, dict(freq=freq, kx=kx), {}


@operator("Shift, one for each of 4000 traces of 2000")
def shift():
    delay = R.uniform(-5, 5, 4000)
    op = Shift((4000, 2000), delay, axis=1, real=True, engine="scipy", workers=2)
    return op, '{ type = "Shift", dims = [4000, 2000], shift = "delay", axis = 1, real = true }', dict(delay=delay), {}


@operator("Seislet 512 x 1000")
def seislet():
    slopes = R.uniform(-0.5, 0.5, (512, 1000))
    return Seislet(slopes, sampling=(1.0, 1.0)), '{ type = "Seislet", slopes = "slopes", sampling = [1.0, 1.0] }', dict(slopes=slopes), {}


@operator("PWSprayer2D 4000 x 2500")
def sprayer():
    sigma = R.uniform(-0.7, 0.7, (4000, 2500))
    return PWSprayer2D((4000, 2500), sigma), '{ type = "PWSprayer2D", dims = [4000, 2500], sigma = "sigma" }', dict(sigma=sigma), {}


for name, make in OPERATORS.items():
    if not wanted(name + " fwd") and not wanted(name + " adj"):
        continue
    op, table, arrays, bound = make()
    for key, values in arrays.items():
        np.save(path("operators_" + key), values)
    text = "[arrays]\n" + "".join('%s = { file = "%s" }\n' % (key, path("operators_" + key)) for key in arrays)

    def random(dims, dtype):
        z = R.standard_normal(dims)
        return z + 1j * R.standard_normal(dims) if np.issubdtype(dtype, np.complexfloating) else z

    y = op.matvec(random(op.shape[1], op.dtype))
    model = op.rmatvec(y)
    pair(name, op, table, model.reshape(op.dims), y.reshape(op.dimsd), text, **bound)

finish()
