"""Makes formulas.json: what NumPy makes of formulas, and SciPy of chirps and windows. Run by hand only; see README.md.

  python tests/golden/make_formulas.py

Each case is a source as it stands in a problem file, over the arrays at the top, and the values and element type that
it must give. Numbers in formulas are Python's: they do not widen arrays.
"""
import importlib.metadata
import json
import os
import sys
import warnings

import numpy as np
from scipy import signal

warnings.filterwarnings("ignore")
PINNED = {"numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {name: importlib.metadata.version(name) for name in PINNED}
if FOUND != PINNED:
    sys.exit("golden values are pinned to %s, found %s" % (PINNED, FOUND))

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20281)
cases = []


def stored(array):
    array = np.asarray(array)
    flat = array.ravel()
    if np.iscomplexobj(flat):
        flat = np.stack([flat.real, flat.imag], axis=-1).ravel()
    return {"dims": list(array.shape), "dtype": str(array.dtype), "values": [float("%.16g" % v) for v in flat]}


def complex_normal(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


# ---- formulas

arrays = {
    "x": rng.standard_normal((4, 5)),
    "y": rng.standard_normal((4, 5)),
    "pos": rng.random((4, 5)) + 0.1,
    "row": rng.standard_normal(5),
    "col": rng.standard_normal((4, 1)),
    "cube": rng.standard_normal((3, 4, 5)),
    "z": complex_normal(4, 5),
    "w": complex_normal(5),
    "s": rng.standard_normal((4, 5)).astype("float32"),
    "c": complex_normal(4, 5).astype("complex64"),
    "whole": np.round(5 * rng.standard_normal((4, 5))),
    "tiny": np.array([0.0, -0.0, 1e-300, 1.0, -2.5]),
}
names = {name: getattr(np, name) for name in
         "abs sign sqrt square exp log log10 log2 sin cos tan tanh arctan sinc floor ceil real imag conj angle "
         "maximum minimum arctan2 hypot where clip mean sum min max std cumsum sort".split()}
names.update(round=np.round, norm=lambda a, axis=None: np.linalg.norm(a.ravel() if axis is None else a, axis=axis),
             pi=np.pi, eps=0.25)


def formula(text, dtype=None):
    found = np.asarray(eval(text, {"__builtins__": {}}, {**arrays, **names}))
    if found.dtype.kind in "bi":
        found = found.astype("float64")
    cases.append({"source": "{ expr = %s }" % json.dumps(text), "want": stored(found)})


for text in [
    "0.5 * row", "x + y * 2 - x / pos", "-x ** 2", "(-x) ** 2", "2 ** -x", "pos ** 0.5", "x ** 3", "x - y - x",
    "log(pos) - mean(log(pos))", "where(abs(x) > eps, x, 0)", "where(x > 0, x, -row)", "x * row", "x * col", "col * row",
    "cube + x", "cube * col", "row - cube", "sin(x) + cos(x) * tan(x) - tanh(x)", "exp(x) * sqrt(pos)", "log10(pos) + log2(pos)",
    "sign(x) * abs(x)", "sign(tiny)", "sinc(x)", "sinc(tiny)", "arctan(x) + arctan2(x, y)", "hypot(x, y)", "floor(3 * x)",
    "ceil(3 * x)", "round(3 * x)", "round(tiny)", "x // 0.3", "x % 0.3", "-x % 2.0", "maximum(x, y)", "minimum(x, 0.1)",
    "clip(x, -0.5, 0.5)", "clip(x, col, 3)", "x > y", "(x > 0) & (y > 0)", "(x > 0) | (y <= 0)", "x == x", "x != y", "~(x > 0)",
    "1 * ((x >= 0) & ~(y < 0))", "x / max(abs(x))", "x - mean(x, axis=0)", "x - mean(x)", "sum(cube, axis=1)", "min(cube, axis=-1)",
    "max(x) - min(x) + 0 * x", "std(cube, axis=0)", "x / std(x)", "norm(cube, axis=2)", "x / norm(x)", "cumsum(cube, axis=1)",
    "cumsum(x)", "sort(x)", "sort(cube, axis=0)", "sort(whole, axis=1) + 1", "mean(cube)", "sum(x * y) * row",
    "s * 2.5", "s + x", "s / 3 + s ** 2", "exp(s)", "c * 2", "c + x", "s * 1j", "c * w", "abs(c)", "where(s > 0, s, c)",
    "z * w", "z / w", "z ** 2", "z ** -1", "z ** 0.5", "sqrt(z)", "exp(z)", "log(z)", "sin(z)", "cos(z)", "abs(z)", "angle(z)",
    "real(z) - imag(z)", "conj(z) * z", "real(x) + imag(x)", "sign(z)", "z == z", "2j * x", "exp(1j * pi * x)", "z + 1", "sum(z)",
    "mean(z, axis=1)", "norm(z)", "std(z)", "cumsum(z, axis=0)", "angle(x)", "square(z) + square(x)",
]:
    formula(text)


# ---- chirps, sines and windows

def made(source, parameters, values):
    def toml(value):
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(toml(v) for v in value) + "]"
        return json.dumps(value)
    table = "{ " + ", ".join("%s = %s" % (k, toml(v)) for k, v in parameters.items()) + " }"
    cases.append({"source": "{ %s = %s }" % (source, table), "want": stored(np.asarray(values))})


t = np.arange(60) * 0.01
for method in ["linear", "quadratic", "logarithmic", "hyperbolic"]:
    made("chirp", {"nt": 60, "dt": 0.01, "f0": 3.0, "t1": 0.5, "f1": 20.0, "method": method, "phi": 30.0},
         signal.chirp(t, 3.0, 0.5, 20.0, method=method, phi=30.0))
made("chirp", {"nt": 60, "dt": 0.01, "f0": 20.0, "f1": 3.0}, signal.chirp(t, 20.0, 0.59, 3.0))
made("chirp", {"nt": 60, "dt": 0.01, "ot": -0.2, "f0": 4.0, "f1": 4.0, "t1": 1.0, "method": "logarithmic"},
     signal.chirp(t - 0.2, 4.0, 1.0, 4.0, method="logarithmic"))
made("sines", {"nt": 60, "dt": 0.01, "f": [2.0, 5.5], "amp": [1.0, 0.5], "phase": [0.0, 1.2]},
     np.sin(2 * np.pi * 2 * t) + 0.5 * np.sin(2 * np.pi * 5.5 * t + 1.2))
made("sines", {"nt": 60, "dt": 0.01, "ot": 0.3, "f": 4.0, "amp": 2.0}, 2 * np.sin(2 * np.pi * 4 * (t + 0.3)))
plain = "boxcar triang bartlett parzen bohman barthann cosine lanczos hann hamming blackman nuttall blackmanharris flattop"
for n in [1, 2, 9, 10]:
    for sym in [True, False]:
        for name in plain.split():
            made("get_window", {"window": name, "Nx": n, "sym": sym}, getattr(signal.windows, name)(n, sym=sym))
        for name, parameters in [("general_hamming", {"alpha": 0.7}), ("tukey", {"alpha": 0.4}), ("tukey", {}),
                                 ("tukey", {"alpha": 1.5}), ("tukey", {"alpha": 0.0}), ("gaussian", {"std": 2.5}),
                                 ("general_gaussian", {"p": 1.5, "sig": 3.0}), ("exponential", {"tau": 2.0}),
                                 ("kaiser", {"beta": 8.6})]:
            made("get_window", {"window": name, "Nx": n, "sym": sym, **parameters},
                 getattr(signal.windows, name)(n, sym=sym, **parameters))
for name in ["hanning", "hamming", "blackman", "bartlett"]:
    made("get_window", {"window": name, "Nx": 11}, getattr(np, name)(11))
made("get_window", {"window": "kaiser", "Nx": 41, "beta": 100.0}, np.kaiser(41, 100.0))

with open(os.path.join(HERE, "formulas.json"), "w") as f:
    f.write('{"arrays": {\n' + ",\n".join("%s: %s" % (json.dumps(n), json.dumps(stored(a))) for n, a in arrays.items()))
    f.write('\n},\n"cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
print("%d cases" % len(cases))
