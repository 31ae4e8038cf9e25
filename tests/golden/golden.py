"""What the scripts of golden values share: arrays, tables as TOML and as PyLops operators, and `case`.

Pinned, and checked below: pylops 2.8.0, numpy 2.4.6, scipy 1.17.1 (made with Python 3.11).
Seed: 20280; each array of a case has its own generator, seeded with (20280, crc32 of "case name/array name"),
so that adding a case leaves the others as they are.

The forward is PyLops' own, except where `forward=` gives a formula in plain numpy. The adjoint is PyLops' own too,
but only after it was compared with the transpose of the forward's matrix in Re<u, v>; where PyLops is wrong (part G of
our list of PyLops' known defects) the case says `adjoint="dense"`, and the script stops if that note is missing, or no longer needed.
"""
import itertools
import json
import os
import sys
import warnings
import zlib

import numpy as np
import pylops
import scipy

warnings.filterwarnings("ignore")
PINNED = {"pylops": "2.8.0", "numpy": "2.4.6", "scipy": "1.17.1"}
FOUND = {m.__name__: m.__version__ for m in (pylops, np, scipy)}
if FOUND != PINNED:
    sys.exit("golden values are pinned to %s, found %s" % (PINNED, FOUND))

SEED = 20280
HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {n: getattr(pylops, n) for n in (
    "MatrixMult Diagonal Identity Zero Transpose Roll Flip Pad Sum Symmetrize Restriction Real Imag Conj "
    "CausalIntegration FirstDerivative SecondDerivative Laplacian Gradient Smoothing1D Smoothing2D "
    "VStack HStack Block BlockDiag Kronecker").split()}
TYPES.update({n: getattr(pylops.signalprocessing, n) for n in "Convolve1D FFT FFT2D FFTND Fredholm1 InterpCubicSpline Bilinear".split()})
TYPES["MDC"] = pylops.waveeqprocessing.MDC
TYPES["Interp"] = lambda **p: pylops.signalprocessing.Interp(**p)[0]
TYPES["Spread"] = pylops.Spread
TYPES["Kirchhoff"] = pylops.waveeqprocessing.Kirchhoff
TYPES["PoststackLinearModelling"] = pylops.avo.poststack.PoststackLinearModelling
NO_DTYPE = ("MDC", "PoststackLinearModelling")      # PyLops takes theirs from the array
STACKS = ("VStack", "HStack", "Block", "BlockDiag")


# ---- arrays -------------------------------------------------------------------------------------------------------

def generator(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def quarters(rng, shape, dtype="float64", top=12):
    """random multiples of 1/4: exact in every dtype, and short in the file"""
    a = rng.integers(-top, top + 1, shape) / 4.0
    if np.issubdtype(np.dtype(dtype), np.complexfloating):
        a = a + 1j * rng.integers(-top, top + 1, shape) / 4.0
    return a


class R:
    """an array parameter of random quarters, kept in a file"""

    def __init__(self, *shape, dtype="float64"):
        self.shape, self.dtype = shape, dtype

    def make(self, rng):
        return quarters(rng, self.shape, self.dtype)


class C(R):
    def __init__(self, *shape):
        super().__init__(*shape, dtype="complex128")


class Inline:
    """an array parameter written into the table"""

    def __init__(self, values):
        self.values = np.array(values)


def short(v):
    """15 significant digits, which is all that a sum of a few numbers deserves"""
    s = "%.15g" % v
    return "0" if s == "-0" else s


def flat(a):
    a = np.ascontiguousarray(a).ravel()
    if np.iscomplexobj(a):
        a = a.view(np.float64)
    if np.issubdtype(a.dtype, np.integer):
        return "[%s]" % ",".join(str(int(v)) for v in a)
    return "[%s]" % ",".join(short(v) for v in a)


def stored(a):
    return '{"dims":%s,"dtype":"%s","values":%s}' % (json.dumps(list(a.shape)), a.dtype.name, flat(a))


# ---- tables: one description, written as TOML and built as a PyLops operator ----------------------------------------

def toml(v):
    if isinstance(v, (bool, np.bool_)):
        return "true" if v else "false"
    if isinstance(v, str):
        return '"%s"' % v
    if isinstance(v, (list, tuple)):
        return "[%s]" % ", ".join(toml(u) for u in v)
    if isinstance(v, np.ndarray):
        return toml(v.tolist())
    if isinstance(v, complex):
        return '"%s%s%sj"' % (short(v.real), "+" if v.imag >= 0 else "-", short(abs(v.imag)))
    return repr(v)


def tuples(v):
    return tuple(tuples(u) for u in v) if isinstance(v, list) else v


class T:
    """one operator table"""

    def __init__(self, kind, /, **params):
        self.kind, self.params = kind, params

    def describe(self):
        def one(k, v):
            if isinstance(v, R):
                return "%s=%s%s" % (k, "complex" if v.dtype.startswith("c") else "", list(v.shape))
            if isinstance(v, Inline):
                return "%s=%s" % (k, v.values.tolist())
            return "%s=%s" % (k, list(v) if isinstance(v, tuple) else v)
        return self.kind + " " + " ".join(one(k, v) for k, v in self.params.items())

    def resolve(self, case, label, arrays):
        """TOML text, and the parameters with their arrays"""
        words, params = ['type = "%s"' % self.kind], {}
        for k, v in self.params.items():
            if isinstance(v, (R, np.ndarray)):
                name = {"A": "mat"}.get(k, k)
                name = name if name not in arrays else "%s_%s" % (name, label)
                a = v.make(generator("%s/%s" % (case, name))) if isinstance(v, R) else v
                arrays[name] = a
                words.append('%s = "%s"' % (k, name))
                params[k] = a
            elif isinstance(v, tuple) and all(isinstance(a, np.ndarray) for a in v):
                names = ["%s_%d" % (k, i) for i in range(len(v))]
                arrays.update(zip(names, v))
                words.append("%s = %s" % (k, toml(names)))
                params[k] = v
            elif isinstance(v, Inline):
                words.append("%s = %s" % (k, toml(v.values)))
                params[k] = v.values
            else:
                # What controls how PyLops runs an operator is no key of a problem file.
                if k not in ("engine", "fftengine", "inplace", "saveGt", "shiftall", "usematmul"):
                    words.append("%s = %s" % (k, toml(v)))
                params[k] = tuples(v)
        return "{ %s }" % ", ".join(words), params


def build(kind, params):
    p = {k: v for k, v in params.items() if not (k == "dtype" and kind in NO_DTYPE)}
    if kind == "Laplacian":
        n = len(p.get("axes", (0, 0)))
        p.setdefault("weights", (1.0,) * n)
        p.setdefault("sampling", (1.0,) * n)
    return TYPES[kind](**p)


def kron(a, b):
    return pylops.Kronecker(a, b, dtype=np.result_type(a.dtype, b.dtype))


WORDS = {"VStack": pylops.VStack, "HStack": pylops.HStack, "Block": pylops.Block, "BlockDiag": pylops.BlockDiag,
         "Kronecker": kron, "Real": lambda a: a.toreal(), "Imag": lambda a: a.toimag(), "sqrt": np.sqrt}


# ---- the true adjoint -----------------------------------------------------------------------------------------------

def parts(a, complex_):
    return np.concatenate((np.real(a), np.imag(a))) if complex_ else np.real(a)


def whole(a, complex_):
    return a[:a.size // 2] + 1j * a[a.size // 2:] if complex_ else a


def true_adjoint(forward, n, y, cm, cd):
    """the transpose in Re<u, v>, from the matrix of the forward over the real numbers"""
    basis = [np.eye(n)[:, i] for i in range(n)]
    columns = [parts(forward(b.astype(complex) if cm else b), cd) for b in basis]
    if cm:
        columns += [parts(forward(1j * b), cd) for b in basis]
    return whole(np.array(columns) @ parts(y, cd), cm)


def close(a, b):
    return np.linalg.norm(a - b) <= 1e-12 * max(1.0, np.linalg.norm(b))


# ---- cases ----------------------------------------------------------------------------------------------------------

CASES, NAMES, DENSE, FORWARD, PROBLEMS = [], set(), [], [], []


def case(tables, expression=None, *, name=None, model=None, data=None, adjoint="pylops", forward=None, dims=None,
         dimsd=None, params=None, single=True, skip_wrong=False):
    """One case. `tables` is a table, or tables by name; `expression` is over those names."""
    if isinstance(tables, T):
        tables = {"A": tables}
    name = name or (expression + ", " if expression else "") + "; ".join(
        (t.describe() if isinstance(t, T) else t) if len(tables) == 1 else
        "%s: %s" % (k, t.describe() if isinstance(t, T) else t) for k, t in tables.items())
    assert name not in NAMES, name
    arrays, text, ops = {}, {}, {}
    for label, t in tables.items():
        if isinstance(t, str):
            text[label] = toml(t)
            ops[label] = eval(t, dict(WORDS, **ops, **(params or {})))
            continue
        if t.kind in STACKS or t.kind == "Kronecker":
            text[label], p = t.resolve(name, label, arrays)
            def deep(v):
                return ops[v] if isinstance(v, str) and v in ops else \
                    [deep(u) for u in v] if isinstance(v, (list, tuple)) else v
            p = {k: deep(v) for k, v in p.items()}
            ops[label] = kron(p["Op1"], p["Op2"]) if t.kind == "Kronecker" else TYPES[t.kind](**p)
            continue
        text[label], p = t.resolve(name, label, arrays)
        try:
            ops[label] = build(t.kind, p)
        except Exception as e:
            if not skip_wrong:
                PROBLEMS.append("%s: %r" % (name, e))
            return
    op = ops[label]
    used = label
    if expression:
        op = eval(expression, dict(WORDS, **ops, **(params or {})))
        used = "E"
        text["E"] = toml(expression)
    dtype = np.dtype(op.dtype).name
    model, data = model or dtype, data or dtype
    cm, cd = model.startswith("c"), data.startswith("c")
    dims, dimsd = (tuple(int(d) for d in v) for v in (dims or op.dims, dimsd or op.dimsd))
    n, nd = int(np.prod(dims)), int(np.prod(dimsd))
    x = quarters(generator(name + "/x"), n, model, 8)
    y = quarters(generator(name + "/y"), nd, data, 8)
    p_first = {} if expression else p
    fwd = (lambda v: np.asarray(forward(v.reshape(dims), p_first)).ravel()) if forward else \
        (lambda v: np.asarray(op.matvec(v)).ravel())
    try:
        fx = fwd(x)
        assert fx.size == nd, (name, fx.size, nd)
        at = true_adjoint(fwd, n, y, cm, cd)
    except Exception as e:
        if not skip_wrong:
            PROBLEMS.append("%s: %r" % (name, e))
        return
    try:
        a = np.asarray(op.rmatvec(y)).ravel()
        right = a.size == n and close(whole(parts(a, cm), cm), at)
    except Exception:
        right = False
    if skip_wrong and not right:
        print("left out, PyLops is wrong:", name)
        return
    if right != (adjoint == "pylops"):
        PROBLEMS.append("%s: PyLops' adjoint is %s" % (name, "right" if right else "wrong"))
        return
    if forward:
        try:
            same = close(np.asarray(op.matvec(x)).ravel(), fx)
        except Exception:
            same = False
        if same:
            PROBLEMS.append("%s: PyLops' forward is right" % name)
        FORWARD.append(name)
    if not right:
        DENSE.append(name)
        a = at
    fx, a = whole(parts(fx, cd), cd), whole(parts(a, cm), cm)
    assert cd or not np.iscomplexobj(fx) or not np.any(fx.imag), name
    head = {"name": name, "operators": text, "op": used, "dtype": dtype, "dims": list(dims), "dimsd": list(dimsd),
            "model_dtype": model, "data_dtype": data, "adjoint_from": adjoint,
            "forward_from": "numpy" if forward else "pylops"}
    if params:
        head["params"] = params
    if not single:
        head["single"] = False
    NAMES.add(name)
    CASES.append(json.dumps(head)[:-1] + ', "arrays": {%s}, "x": %s, "y": %s, "forward": %s, "adjoint": %s}' % (
        ", ".join('"%s": %s' % (k, stored(v)) for k, v in arrays.items()), flat(x), flat(y), flat(fx), flat(a)))


CX = dict(dtype="complex128")


def save(path):
    """Writes the cases so far and forgets them; stops if something is wrong with them."""
    if PROBLEMS:
        sys.exit("\n".join(PROBLEMS))
    with open(path, "w") as out:
        out.write("[\n%s\n]\n" % ",\n".join(CASES))
    print("%-18s %4d cases, %4.0f kB" % (os.path.basename(path), len(CASES), os.path.getsize(path) / 1e3))
    for names, what in ((DENSE, "the adjoint is the transpose of the forward's matrix"), (FORWARD, "the forward is NumPy's")):
        if names:
            print("  %s:\n    %s" % (what, "\n    ".join(names)))
    for rows in (CASES, DENSE, FORWARD):
        rows.clear()
