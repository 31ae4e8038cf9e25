"""Makes coefficients.txt, the filters of PyWavelets' discrete wavelets. Run by hand only.

  pip install pywavelets==1.8.0
  python src/operators/wavelets/make.py

A line is a name and the low-pass decomposition filter; of biorthogonal wavelets also `|` and the low-pass
reconstruction filter. What follows from these is not there, and checked here: `haar` is `db1`; the reverse
biorthogonal wavelets are the biorthogonal ones with their two filters exchanged and reversed; high-pass
filters are low-pass filters with alternating signs.
"""
import os

import numpy as np
import pywt

assert pywt.__version__ == "1.8.0", pywt.__version__
HERE = os.path.dirname(os.path.abspath(__file__))


def filters(name):
    return [np.array(f) for f in pywt.Wavelet(name).filter_bank]


def text(f):
    return " ".join(repr(float(c)) for c in f)


lines = []
for name in pywt.wavelist(kind="discrete"):
    low, high, back_low, back_high = filters(name)
    signs = (-1.0) ** np.arange(len(low))
    assert (high == -signs * back_low).all() and (back_high == signs * low).all(), name
    if name == "haar":
        assert all((a == b).all() for a, b in zip(filters(name), filters("db1")))
    elif name.startswith("rbio"):
        other = filters("bior" + name[4:])
        assert (low == other[2][::-1]).all() and (back_low == other[0][::-1]).all(), name
    elif name.startswith("bior"):
        lines.append("%s %s | %s" % (name, text(low), text(back_low)))
    else:
        assert (back_low == low[::-1]).all(), name
        lines.append("%s %s" % (name, text(low)))
with open(os.path.join(HERE, "coefficients.txt"), "w") as out:
    out.write("\n".join(lines) + "\n")
