"""Makes operators.json and solvers.json, golden values from PyLops. Run by hand only; see README.md.

  python tests/golden/make.py

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
                if k not in ("engine", "fftengine", "inplace", "saveGt", "usematmul"):
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


def basic():
    # MatrixMult
    for n, m in ((3, 4), (4, 3), (1, 5), (5, 1), (1, 1), (6, 6)):
        case(T("MatrixMult", A=R(n, m)))
        case(T("MatrixMult", A=C(n, m), **CX))
    case(T("MatrixMult", A=Inline([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])))
    case(T("MatrixMult", A=Inline([[1.5 - 2j, 0.5j], [3.0 + 0j, -1 + 1j]]), **CX))
    case(T("MatrixMult", A=R(4, 3), **CX))
    for n, m, o in ((3, 4, 2), (3, 4, 1), (2, 5, [2, 3]), (4, 2, [1, 3]), (3, 3, [3, 1]), (1, 4, 3), (5, 1, [2, 2])):
        case(T("MatrixMult", A=R(n, m), otherdims=o))
        case(T("MatrixMult", A=C(n, m), otherdims=o, **CX))
    # Diagonal
    for s in ((5,), (1,), (3, 4), (2, 3, 2)):
        case(T("Diagonal", diag=R(*s)))
        case(T("Diagonal", diag=C(*s), **CX))
    case(T("Diagonal", diag=R(3, 2), **CX))
    case(T("Diagonal", diag=Inline([1.0, -2.5, 0.25])))
    case(T("Diagonal", diag=Inline([1.5 - 2j, 1j, -0.25]), **CX))
    for dims, axis in (([3, 4], 0), ([3, 4], 1), ([3, 4], -1), ([3, 4], -2), ([2, 3, 4], 0), ([2, 3, 4], 1),
                       ([2, 3, 4], -1), ([1, 4], 0), ([4, 1], 0), ([5], 0)):
        case(T("Diagonal", diag=R(dims[axis]), dims=dims, axis=axis))
    case(T("Diagonal", diag=C(3), dims=[2, 3, 2], axis=-2, **CX))
    case(T("Diagonal", diag=C(4), dims=[3, 4], **CX))
    # Identity, Zero
    for n, m in ((5, None), (3, 5), (5, 3), (1, 4), (4, 1), ([2, 3], [2, 3]), ([2, 3], [3, 4]), ([3, 4], [2, 3]),
                 ([2, 4], [3, 4]), ([3, 1, 4], [2, 1, 2])):
        p = {"N": n} if m is None else {"N": n, "M": m}
        case(T("Identity", **p))
        case(T("Identity", **p, **CX))
        case(T("Zero", **p))
    case(T("Identity", N=4, inplace=False))
    case(T("Zero", N=3, M=5, **CX))
    # Transpose
    for axes in itertools.permutations(range(3)):
        case(T("Transpose", dims=[2, 3, 4], axes=list(axes)))
    for dims, axes in (([3, 4], [1, 0]), ([3, 4], [0, 1]), ([1, 5], [-1, 0]), ([2, 3, 4], [-1, -3, -2]), ([7], [0]),
                       ([2, 3, 1, 2], [3, 1, 0, 2])):
        case(T("Transpose", dims=dims, axes=axes))
    case(T("Transpose", dims=[2, 1, 3], axes=[2, 0, 1], **CX))
    # Roll, Flip
    for dims, axis, shift in (([6], 0, 1), ([6], 0, -2), ([5], -1, 7), ([5], -1, -11), ([4, 5], 0, 2), ([4, 5], 1, -3),
                              ([4, 5], -2, -1), ([2, 3, 4], 1, 1), ([2, 3, 4], -1, -1), ([1, 4], 0, 1), ([4], 0, 0)):
        case(T("Roll", dims=dims, axis=axis, shift=shift))
    case(T("Roll", dims=[5, 2]))
    case(T("Roll", dims=[5, 2], axis=0, shift=2, **CX))
    for dims, axis in (([6], 0), ([1], 0), ([4, 5], 0), ([4, 5], 1), ([4, 5], -2), ([2, 3, 4], 1), ([2, 1, 4], 1)):
        case(T("Flip", dims=dims, axis=axis))
        case(T("Symmetrize", dims=dims, axis=axis))
    case(T("Flip", dims=[3, 2]))
    case(T("Symmetrize", dims=[3, 2]))
    case(T("Flip", dims=[3, 2], axis=0, **CX))
    case(T("Symmetrize", dims=[3, 2], axis=0, **CX))
    # Pad
    for dims, pad in (([5], [2, 3]), ([5], [0, 0]), ([3, 4], [[1, 2], [0, 3]]), ([3, 4], [[0, 0], [0, 0]]),
                      ([2, 3, 2], [[1, 0], [0, 1], [2, 2]]), ([1, 3], [[4, 0], [1, 1]])):
        case(T("Pad", dims=dims, pad=pad))
        case(T("Pad", dims=dims, pad=pad, **CX))
    # Sum (of a 1-D array: left out, G.3 row 75)
    for dims in ([3, 4], [4, 1], [1, 5], [2, 3, 4], [2, 1, 3], [2, 3, 1, 2]):
        for axis in range(len(dims)):
            case(T("Sum", dims=dims, axis=axis))
    case(T("Sum", dims=[3, 4]))
    case(T("Sum", dims=[2, 3, 4], axis=-2))
    case(T("Sum", dims=[2, 3, 4], axis=-3, **CX))
    # Restriction
    I64 = lambda *v: np.array(v, dtype=np.int64)
    for dims, iava, axis in (([7], I64(0, 2, 3, 6), 0), ([7], I64(5, 1, 3), -1), ([6], I64(2, 2, 0, 5, 2), 0),
                             ([4, 5], I64(3, 0), 0), ([4, 5], I64(1, 4, 1), 1), ([4, 5], I64(2), -1),
                             ([2, 4, 3], I64(3, 1, 0, 2), 1), ([2, 4, 3], I64(1, 1), -3), ([1, 4], I64(0, 0), 0)):
        case(T("Restriction", dims=dims, iava=iava, axis=axis))
    case(T("Restriction", dims=[6], iava=Inline([4, 0, 1])))
    case(T("Restriction", dims=[3, 4], iava=Inline([3, 0, 0]), **CX))
    case(T("Restriction", dims=[4, 3], iava=I64(2, 1, 3), axis=0, **CX))
    # Real, Imag, Conj
    for dims in ([5], [3, 2], [2, 1, 3]):
        case(T("Real", dims=dims, **CX), data="float64")
        case(T("Imag", dims=dims, **CX), data="float64")
        case(T("Conj", dims=dims, **CX))
    # CausalIntegration
    for kind, first in itertools.product(("full", "half", "trapezoidal"), (False, True)):
        for dims, axis, dt in (([6], 0, 1.0), ([4, 3], 0, 0.5), ([3, 5], -1, 2.0), ([2, 4, 3], 1, 0.25)):
            case(T("CausalIntegration", dims=dims, axis=axis, sampling=dt, kind=kind, removefirst=first))
        case(T("CausalIntegration", dims=[2, 5], sampling=0.5, kind=kind, removefirst=first, **CX))
    case(T("CausalIntegration", dims=[5]))
    for kind in ("full", "half", "trapezoidal"):
        case(T("CausalIntegration", dims=[1, 3], axis=0, kind=kind))


def derivatives():
    shapes = (([7], 0), ([5, 4], 0), ([4, 6], 1), ([3, 5, 4], 1))
    for dims, axis in shapes:
        for kind in ("forward", "backward"):
            case(T("FirstDerivative", dims=dims, axis=axis, kind=kind, sampling=2.0))
        for order, edge in itertools.product((3, 5), (False, True)):
            case(T("FirstDerivative", dims=dims, axis=axis, kind="centered", order=order, edge=edge, sampling=0.5))
        for kind in ("forward", "backward"):
            case(T("SecondDerivative", dims=dims, axis=axis, kind=kind, sampling=0.5))
        for edge in (False, True):
            case(T("SecondDerivative", dims=dims, axis=axis, kind="centered", edge=edge, sampling=2.0))
    case(T("FirstDerivative", dims=[6]))
    case(T("FirstDerivative", dims=[3, 5]))
    case(T("FirstDerivative", dims=[5, 2, 3], axis=-3))
    case(T("FirstDerivative", dims=[3, 5], axis=-1, edge=True, sampling=0.25, order=5, **CX))
    for kind in ("forward", "backward", "centered"):
        case(T("FirstDerivative", dims=[4, 3], axis=0, kind=kind, edge=True, **CX))
        case(T("SecondDerivative", dims=[4, 3], axis=0, kind=kind, edge=True, **CX))
    case(T("FirstDerivative", dims=[4], kind="forward", edge=True))
    case(T("SecondDerivative", dims=[6]))
    case(T("SecondDerivative", dims=[2, 5, 2], axis=-2, edge=True))
    case(T("SecondDerivative", dims=[2, 5], axis=-1, sampling=0.5, **CX))
    # Short axes, where PyLops has an answer that its own adjoint agrees with.
    for n in (1, 2, 3, 4, 5):
        for kind, order, edge in (("forward", 3, False), ("backward", 3, False), ("centered", 3, False),
                                  ("centered", 3, True), ("centered", 5, False), ("centered", 5, True)):
            case(T("FirstDerivative", dims=[n, 2], axis=0, kind=kind, order=order, edge=edge), skip_wrong=True)
        for kind, edge in (("forward", False), ("backward", False), ("centered", False), ("centered", True)):
            case(T("SecondDerivative", dims=[n, 2], axis=0, kind=kind, edge=edge), skip_wrong=True)
    # Laplacian
    case(T("Laplacian", dims=[5, 4]))
    case(T("Laplacian", dims=[3, 4, 5]))
    for dims, axes, weights, sampling in (([5, 4], [0, 1], [1.0, 2.0], [0.5, 2.0]), ([5, 4], [1, 0], [3.0, -1.0], [1.0, 0.5]),
                                          ([3, 4, 3], [0, 2], [1.0, 0.5], [1.0, 1.0]),
                                          ([3, 4, 3], [0, 1, 2], [1.0, 2.0, 3.0], [1.0, 0.5, 0.25]),
                                          ([4, 3], [0], [2.0], [0.5]), ([6], [0], [1.5], [1.0])):
        for kind, edge in (("centered", False), ("centered", True), ("forward", False), ("backward", False)):
            case(T("Laplacian", dims=dims, axes=axes, weights=weights, sampling=sampling, kind=kind, edge=edge))
    case(T("Laplacian", dims=[4, 5], axes=[-2, -1], weights=[1.0, 0.5], edge=True, **CX))
    case(T("Laplacian", dims=[3, 4, 3], axes=[0, 1, 2], weights=[1.0, 1.0, 1.0], sampling=[1.0, 1.0, 2.0], **CX))
    # Gradient
    for dims in ([5, 4], [3, 4, 3], [6]):
        for kind, edge in (("centered", False), ("centered", True), ("forward", False), ("backward", False)):
            case(T("Gradient", dims=dims, kind=kind, edge=edge))
    case(T("Gradient", dims=[4, 3], sampling=0.5))
    case(T("Gradient", dims=[4, 3], sampling=[0.5, 2.0], kind="forward"))
    case(T("Gradient", dims=[3, 1, 4], sampling=[1.0, 2.0, 4.0], kind="backward"))
    case(T("Gradient", dims=[4, 3], sampling=[0.5, 2.0], edge=True, **CX))


def signal():
    for n, dims, axis in ((3, [7], 0), (4, [7], 0), (5, [8], -1), (1, [5], 0), (3, [5, 4], 0), (5, [3, 6], 1), (4, [3, 6], -1),
                          (3, [2, 4, 3], 1), (2, [4, 3], 0)):
        case(T("Smoothing1D", nsmooth=n, dims=dims, axis=axis))
    case(T("Smoothing1D", nsmooth=3, dims=[3, 5]))
    case(T("Smoothing1D", nsmooth=3, dims=[4, 3], axis=0, **CX))
    for n, dims, axes in (([3, 5], [6, 7], [0, 1]), ([4, 2], [6, 7], [-2, -1]), ([3, 3], [3, 5, 4], [0, 2]),
                          ([1, 3], [5, 4], [0, 1]), ([3, 4], [6, 6], [1, 0])):
        case(T("Smoothing2D", nsmooth=n, dims=dims, axes=axes))
    case(T("Smoothing2D", nsmooth=[3, 5], dims=[4, 6]))
    case(T("Smoothing2D", nsmooth=[3, 3], dims=[4, 5], **CX))
    # Convolve1D, short filters: every offset
    for n, nh in ((7, 1), (7, 2), (7, 3), (8, 4), (8, 5), (5, 5), (4, 4)):
        for offset in range(nh):
            case(T("Convolve1D", dims=[n], h=R(nh), offset=offset))
    for dims, axis, nh, offset in (([6, 3], 0, 3, 1), ([6, 3], 0, 4, 0), ([6, 3], 0, 4, 3), ([3, 7], 1, 5, 4), ([3, 7], -1, 2, 1),
                                   ([2, 5, 3], 1, 3, 0), ([2, 5, 3], -2, 4, 2), ([1, 6], 1, 3, 1), ([6, 1], 0, 3, 2)):
        case(T("Convolve1D", dims=dims, h=R(nh), offset=offset, axis=axis))
    case(T("Convolve1D", dims=[6], h=Inline([0.5, 1.0, -0.25]), offset=1))
    case(T("Convolve1D", dims=[7], h=R(3), offset=1, method="fft"))
    case(T("Convolve1D", dims=[7], h=R(3), offset=1, method="direct"))
    case(T("Convolve1D", dims=[3, 7], h=R(3), offset=2, method="fft"))
    case(T("Convolve1D", dims=[4, 5], h=R(3), offset=1, **CX))
    # long filters
    for n, nh in ((3, 5), (4, 7), (5, 8), (4, 6)):
        for offset in range(n):
            case(T("Convolve1D", dims=[n], h=R(nh), offset=offset))
    case(T("Convolve1D", dims=[2, 3], h=R(2, 5), offset=1), adjoint="dense")
    # N-d filters
    for dims, hs, axis, offset in (([3, 6], (3, 3), 1, 1), ([3, 6], (3, 4), -1, 0), ([3, 6], (3, 4), -1, 3), ([2, 2, 5], (2, 2, 3), 2, 2)):
        case(T("Convolve1D", dims=dims, h=R(*hs), offset=offset, axis=axis))
    for dims, hs, axis, offset in (([6, 3], (3, 3), 0, 1), ([6, 3], (4, 3), 0, 2), ([2, 5, 2], (2, 3, 2), 1, 0)):
        case(T("Convolve1D", dims=dims, h=R(*hs), offset=offset, axis=axis), adjoint="dense")      # G.3 row 52
    # complex filters, G.3 row 53
    for dims, hs, axis, offset in (([7], (3,), 0, 1), ([7], (4,), 0, 3), ([3, 6], (3,), 1, 0), ([6, 3], (4,), 0, 1), ([3, 6], (3, 3), 1, 1),
                                   ([6, 3], (3, 3), 0, 2), ([4], (7,), 0, 1), ([3], (6,), 0, 2)):
        case(T("Convolve1D", dims=dims, h=C(*hs), offset=offset, axis=axis, **CX), adjoint="dense")


def interpolation():
    positions = {2: [0.0, 0.5, 0.75], 3: [1.5, 0.25, 1.0], 6: [4.75, 0.0, 2.0, 2.125, 3.5], 40: [0.25, 38.5, 19.125, 20.0, 7.75]}
    for dims, axis in (([2], 0), ([3], 0), ([6], -1), ([40], 0), ([6, 2], 0), ([2, 6], 1), ([2, 3, 2], 1)):
        p = Inline(positions[dims[axis]])
        case(T("InterpCubicSpline", dims=dims, iava=p, axis=axis))
        case(T("InterpCubicSpline", dims=dims, iava=p, axis=axis, **CX))
    case(T("InterpCubicSpline", dims=[4, 6], iava=Inline(positions[6]), bc_type="natural"))
    for kind in ("nearest", "linear", "sinc", "cubic_spline"):
        p = Inline([4.75, 0.5, 2.0, 3.5, 0.75])
        for dims, axis in (([6], -1), ([6, 2], 0), ([2, 6], 1), ([2, 6, 3], 1)):
            case(T("Interp", dims=dims, iava=p, axis=axis, kind=kind))
        case(T("Interp", dims=[6, 2], iava=p, axis=0, kind=kind, **CX))
    case(T("Interp", dims=[6], iava=Inline(positions[6])))
    case(T("Interp", dims=[40], iava=Inline(positions[40]), kind="sinc", tol=0.02))
    case(T("Interp", dims=[6, 2], iava=Inline([-1.5, 7.25, 2.5]), axis=0, kind="sinc"))
    points = Inline([[0.5, 1.25, 0.0, 2.75], [1.25, 0.0, 2.5, 0.75]])
    for dims in ([4, 4], [4, 4, 3], [5, 4, 2, 2]):
        case(T("Bilinear", iava=points, dims=dims))
        case(T("Bilinear", iava=points, dims=dims, **CX))


def fourier():
    def f(kind, /, wrong=False, **p):
        real = p.get("real", False)
        p.setdefault("dtype", "float64" if real else "complex128")
        floating = p["dtype"].startswith("f")
        case(T(kind, **p), model="float64" if floating else "complex128", data="complex128",
             adjoint="dense" if wrong else "pylops")

    for n in (6, 7):
        for norm in ("ortho", "none", "1/n"):
            f("FFT", dims=[n], norm=norm)
            f("FFT", dims=[n], norm=norm, real=True)
    for nfft in (8, 9, 4, 5):
        for norm in ("ortho", "none", "1/n"):
            f("FFT", dims=[6], nfft=nfft, norm=norm)
            f("FFT", dims=[6], nfft=nfft, norm=norm, real=True)
    for n in (5, 6):
        for before, after in ((True, False), (False, True), (True, True)):
            f("FFT", dims=[n], ifftshift_before=before, fftshift_after=after)
        f("FFT", dims=[n], ifftshift_before=True, real=True)
        f("FFT", dims=[n], ifftshift_before=True, nfft=8, real=True)
        f("FFT", dims=[n], ifftshift_before=True, fftshift_after=True, nfft=7)
        f("FFT", dims=[n], ifftshift_before=True, fftshift_after=True, nfft=4)
    for dims, axis in (([4, 3], 0), ([3, 5], 1), ([3, 5], -1), ([2, 4, 3], 1), ([1, 4], 0), ([4, 1], 0), ([1], 0), ([2], 0)):
        f("FFT", dims=dims, axis=axis)
        f("FFT", dims=dims, axis=axis, real=True)
    f("FFT", dims=[3, 4], axis=0, nfft=6, real=True, ifftshift_before=True, norm="none")
    f("FFT", dims=[3, 4], axis=-1, nfft=3, norm="1/n", fftshift_after=True)
    f("FFT", dims=[6], engine="scipy")
    f("FFT", dims=[6], engine="scipy", real=True, nfft=9, norm="none")
    f("FFT", dims=[3, 4], axis=0, engine="numpy", sampling=0.004)
    f("FFT", dims=[6], dtype="float64")                       # a real model without `real`: the adjoint's real part
    f("FFT", dims=[2, 5], nfft=8, dtype="float64", norm="1/n")
    # FFT2D
    for norm in ("ortho", "none", "1/n"):
        f("FFT2D", dims=[4, 5], norm=norm)
        f("FFT2D", dims=[5, 4], norm=norm, real=True)
        f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[5, 6], norm=norm)
        f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[6, 5], norm=norm, real=True)
        f("FFT2D", dims=[4, 3], axes=[0, 1], nffts=[3, 4], norm=norm)
    f("FFT2D", dims=[4, 3], axes=[1, 0])
    f("FFT2D", dims=[4, 3], axes=[1, 0], real=True)
    f("FFT2D", dims=[2, 4, 3], axes=[0, 2], ifftshift_before=True)
    f("FFT2D", dims=[2, 4, 3], axes=[-3, -2], real=True)
    f("FFT2D", dims=[4, 5], ifftshift_before=True, fftshift_after=True)
    f("FFT2D", dims=[4, 5], ifftshift_before=[True, False], fftshift_after=[False, True])
    f("FFT2D", dims=[4, 5], ifftshift_before=[True, True], real=True)
    f("FFT2D", dims=[4, 5], fftshift_after=[True, False], real=True)
    f("FFT2D", dims=[1, 5])
    f("FFT2D", dims=[3, 1], real=True)
    f("FFT2D", dims=[3, 4], engine="scipy")
    f("FFT2D", dims=[3, 4], engine="scipy", real=True, nffts=[4, 6])
    f("FFT2D", dims=[3, 4], engine="scipy", norm="none", wrong=True)      # G.3 row 54
    # FFTND
    for norm in ("ortho", "none", "1/n"):
        f("FFTND", dims=[2, 3, 4], norm=norm)
        f("FFTND", dims=[2, 3, 5], norm=norm, real=True)
    f("FFTND", dims=[3, 4, 2], axes=[2, 0, 1], real=True)
    f("FFTND", dims=[3, 4, 2], axes=[0, 2], nffts=[4, 3])
    f("FFTND", dims=[3, 4, 2], axes=[1], real=True, nffts=[6])
    f("FFTND", dims=[3, 4], axes=[0, 1], nffts=[2, 5], norm="1/n")
    f("FFTND", dims=[5], axes=[0])
    f("FFTND", dims=[3, 2, 3], axes=[0, 1, 2], ifftshift_before=True, fftshift_after=[True, False, True])
    f("FFTND", dims=[3, 2, 3], ifftshift_before=[True, False, False], real=True)
    f("FFTND", dims=[2, 3, 2], nffts=[3, 4, 5], engine="numpy", norm="none")
    f("FFTND", dims=[2, 2, 2, 2], axes=[0, 1, 2, 3])


def waves():
    # PyLops' squeeze stops its forward where ny = 1 and its adjoint where nx = 1 (G.3 row 55).
    def fredholm(G, nz=1, **p):
        nsl, nx, ny = G.shape
        kw = CX if G.dtype.startswith("c") else {}
        p = dict(p, nz=nz) if nz != 1 else p
        case(T("Fredholm1", G=G, **p, **kw), dims=(nsl, ny, nz), dimsd=(nsl, nx, nz),
             forward=(lambda x, q: np.matmul(q["G"], x)) if ny == 1 and nsl * nx > 1 else None,
             adjoint="dense" if nx == 1 and nsl * ny > 1 and (nsl > 1 or nz > 1) else "pylops")

    for A in (R, C):
        for nsl, nx, ny, nz in ((3, 4, 2, 1), (3, 2, 4, 1), (3, 4, 2, 3), (2, 3, 3, 2), (5, 2, 2, 2), (1, 3, 2, 2), (3, 1, 2, 2),
                                (3, 2, 1, 2), (1, 2, 3, 1), (3, 2, 1, 1), (3, 1, 2, 1), (1, 1, 3, 2), (1, 1, 1, 1)):
            fredholm(A(nsl, nx, ny), nz)
        fredholm(A(2, 3, 2), 2, saveGt=False)
        fredholm(A(2, 3, 2), 2, usematmul=False)
    # MDC
    for nt, nf, ns, nr, nv in ((7, 4, 3, 2, 1), (7, 4, 3, 2, 2), (9, 3, 2, 3, 2), (7, 2, 2, 2, 1)):
        for two in (True, False):
            case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, dt=0.5, dr=2.0))
            case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, conj=True))
            case(T("MDC", G=C(nf, ns, nr), nt=nt, nv=nv, twosided=two, prescaled=True))
    case(T("MDC", G=C(4, 3, 2), nt=6, nv=2, twosided=False))
    case(T("MDC", G=C(3, 3, 2), nt=6, nv=1, twosided=False, dt=0.25))
    case(T("MDC", G=C(4, 3, 2), nt=7, nv=2, conj=True, prescaled=True, saveGt=False))
    case(T("MDC", G=C(4, 3, 2), nt=7, nv=2, dt=0.25, dr=4.0, usematmul=True, fftengine="scipy"))
    # PoststackLinearModelling
    for wav in (3, 5):
        for kind in ("centered", "forward"):
            for explicit in (False, True):
                for spat in (None, 2, [3], [2, 2]):
                    if spat is not None and wav == 5:
                        continue
                    p = {} if spat is None else {"spatdims": spat}
                    nt0 = 7
                    d = (nt0,) if spat is None else (nt0, spat) if isinstance(spat, int) else (nt0, *spat)
                    case(T("PoststackLinearModelling", wav=R(wav), nt0=nt0, **p, explicit=explicit, kind=kind), dims=d, dimsd=d)
    for explicit in (False, True):
        for spat in (None, 3):
            p = {} if spat is None else {"spatdims": spat}
            d = (6,) if spat is None else (6, spat)
            case(T("PoststackLinearModelling", wav=R(6, 3), nt0=6, **p, explicit=explicit), dims=d, dimsd=d)
    case(T("PoststackLinearModelling", wav=R(6, 5), nt0=6, kind="forward"), dims=(6,), dimsd=(6,))
    case(T("PoststackLinearModelling", wav=Inline([0.5, 1.0, 0.5]), nt0=5))


def spreads():
    def formula(x, p):
        """the definition, with what is outside dropped"""
        table, nt = p["table"], p["dimsd"][1]
        w = p.get("dtable", np.zeros(table.shape))
        y = np.zeros((table.shape[2], nt), x.dtype)
        for i, l, j in np.ndindex(table.shape):
            for k, c in ((np.trunc(table[i, l, j]), 1 - w[i, l, j]), (np.trunc(table[i, l, j]) + 1, w[i, l, j])):
                if 0 <= k < nt:
                    y[j, int(k)] += c * x[i, l]
        return y

    rng = generator("spread tables")
    whole = rng.integers(0, 4, (2, 3, 4))
    between = whole + rng.integers(1, 8, whole.shape) / 8
    w = rng.integers(0, 8, whole.shape) / 8
    gaps = np.where(rng.random(whole.shape) < 0.3, np.nan, whole)
    d = dict(dims=[2, 3], dimsd=[4, 5])
    for name, table in (("whole", whole), ("truncated", between), ("with gaps", gaps)):
        case(T("Spread", table=Inline(table), **d), name="Spread, " + name)
        case(T("Spread", table=Inline(table), dtable=Inline(w), **d), name="Spread, %s and between" % name)
    case(T("Spread", table=whole * 1.0, dtable=w, **d, **CX), name="Spread, complex, tables from files")
    case(T("Spread", table=whole * 1.0, **d, interp=False), name="Spread, nearest by name")
    case(T("Spread", table=Inline(rng.integers(0, 5, (1, 4, 3))), dims=[1, 4], dimsd=[3, 5]), name="Spread, one row")
    case(T("Spread", table=Inline(rng.integers(0, 5, (4, 1, 1))), dims=[4, 1], dimsd=[1, 5]), name="Spread, one trace")
    # PyLops wraps negative indices to the end of the trace, and stops where one is nt (G.1 row 19).
    outside = whole.copy()
    outside[0, 0, :2], outside[1, 2, 3] = -1, -3
    case(T("Spread", table=Inline(outside), **d), name="Spread, negative indices", forward=formula, adjoint="dense")
    outside[1, 1, 1] = 5
    case(T("Spread", table=Inline(outside), **d), name="Spread, indices outside", forward=formula, adjoint="dense")
    outside[1, 0] = 4
    case(T("Spread", table=Inline(outside), dtable=Inline(w), **d), name="Spread, outside and between",
         forward=formula, adjoint="dense")


def kirchhoff():
    dt = 1 / 256.0                        # exact in single precision

    def geometry(nx=5, nz=4, ns=2, nr=5, nt=30, dx=8.0, dz=5.0, ny=0):
        p = dict(z=np.arange(nz) * dz + 5, x=np.arange(nx) * dx - 4, t=np.arange(nt) * dt)
        srcs = [np.linspace(-2, 20, ns), 1.0 + 0.5 * np.arange(ns)]
        recs = [np.linspace(1, 29, nr), 2.0 + 0.25 * np.arange(nr)]
        if ny:
            p["y"] = np.arange(ny) * 6.0
            srcs, recs = [np.arange(ns) * 7.0] + srcs, [5.0 + np.arange(nr)] + recs
        return dict(p, srcs=np.round(np.array(srcs) * 64) / 64, recs=np.round(np.array(recs) * 64) / 64)

    def distances(p, points):
        """(npoints, n)"""
        axes = [p[k] for k in ("y", "x", "z") if k in p]
        grid = [a.ravel()[:, None] for a in np.meshgrid(*axes, indexing="ij")]
        return np.sqrt(sum((g - c[None]) ** 2 for g, c in zip(grid, points)))

    taper = np.r_[1.0, np.hanning(39)[19:]]

    def taped(v, limits):
        lo, hi = (0.8 * limits, limits) if np.isscalar(limits) else limits
        step = np.floor(20 * (v - lo) / (hi - lo)).clip(0, 20).astype(int)
        return np.where(v < lo, 1.0, np.where(v < hi, taper[step], 0.0))

    def formula(m, p):
        """dynamic in 2-D: the apertures are gradual, gradients have the grid's own spacing"""
        nx, nz, nt = (len(p[k]) for k in "xzt")
        ns, nr = p["srcs"].shape[1], p["recs"].shape[1]
        dx, dz = p["x"][1] - p["x"][0], p["z"][1] - p["z"][0]
        far = [distances(p, p[k]) for k in ("srcs", "recs")]
        times = p["trav"] if "trav" in p else [f / p["vel"] for f in far]
        amp = p["amp"] if "amp" in p else [1 / np.sqrt(f + 0.01 * (far[0].max() + far[1].max())) for f in far]
        angle = []
        for a in times:
            gx, gz = np.gradient(a.reshape(nx, nz, -1), dx, dz, axis=(0, 1))
            angle.append(np.arctan2(gx, gz).reshape(nx * nz, -1))
        at = [np.floor((p[k][0] - p["x"][0]) / dx) for k in ("srcs", "recs")]
        limits = np.deg2rad(p.get("angleaperture", 90.0))
        iz = np.tile(np.arange(nz), nx)
        d = np.zeros((ns, nr, nt))
        for s, r in np.ndindex(ns, nr):
            b = [angle[0][:, s], angle[1][:, r]]
            a = 2 * np.cos((b[0] - b[1]) / 2) * amp[0][:, s] * amp[1][:, r] / np.ravel(p["vel"])
            a = a * taped(np.abs(b[0]), limits) * taped(np.abs(b[1]), limits)
            if "aperture" in p:
                a = a * taped(abs(at[0][s] - at[1][r]) / (iz + 1), p["aperture"])
            tau = (times[0][:, s] + times[1][:, r]) / dt
            k = np.floor(tau).astype(int)
            ok = (k >= 0) & (k < nt - 1)
            np.add.at(d[s, r], k[ok], ((1 - tau + k) * a * m.ravel())[ok])
            np.add.at(d[s, r], k[ok] + 1, ((tau - k) * a * m.ravel())[ok])
        c = p["wavcenter"]
        return np.apply_along_axis(lambda y: np.convolve(y, p["wav"])[c:c + nt], 2, d)

    def run(name, g, dims=None, **k):
        how = {key: k.pop(key) for key in ("forward", "adjoint") if key in k}
        wav = np.array([0.25, -1.0, 2.0, -0.5, 0.25, 0.5])
        dims = dims or (len(g["x"]), len(g["z"]))
        case(T("Kirchhoff", **g, wav=wav, wavcenter=2, engine="numba", **k), name="Kirchhoff, " + name, dims=dims, **how)

    g = geometry()
    A = dict(mode="analytic", vel=1024.0)
    run("analytic", g, **A)
    run("analytic, one receiver", geometry(nr=1, ns=3), **A)
    run("analytic, late arrivals are dropped", geometry(nt=12), **A)
    run("analytic, wavfilter", g, wavfilter=True, **A)
    run("analytic, dynamic", g, dynamic=True, **A)
    run("analytic, dynamic, wavfilter", g, dynamic=True, wavfilter=True, **A)
    run("analytic, dynamic, angleaperture", g, dynamic=True, angleaperture=50.0, **A)
    run("analytic, dynamic, angleaperture from to", g, dynamic=True, angleaperture=[20.0, 60.0], **A)
    run("analytic, complex", g, **A, **CX)
    run("byot, pair", g, mode="byot", vel=1.0, trav=tuple(distances(g, g[k]) / 900 + 0.002 for k in ("srcs", "recs")))
    both = (distances(g, g["srcs"])[:, :, None] + distances(g, g["recs"])[:, None, :]).reshape(20, -1) / 900
    run("byot, single", g, mode="byot", vel=1.0, trav=both)
    both = both.copy()
    both[3, 2], both[7] = -0.01, 1.0
    run("byot, single, outside", g, mode="byot", vel=1.0, trav=both)
    own = lambda g, f: tuple(f * np.sqrt(1 + distances(g, g[k])) for k in ("srcs", "recs"))
    # Without `aperture`, PyLops still drops pairs that are nx + 1 samples apart or more: these are nearer.
    unit = geometry(dx=1.0, dz=1.0, nt=20)
    unit["srcs"][0] /= 8
    unit["recs"][0] /= 8
    times = tuple(distances(unit, unit[k]) / 512 for k in ("srcs", "recs"))
    run("byot, dynamic, unit spacing", unit, mode="byot", vel=500.0, dynamic=True, trav=times, amp=own(unit, 0.25))
    # PyLops takes gradients with unit spacing (G.3 row 69) ...
    times = tuple(distances(g, g[k]) / 900 for k in ("srcs", "recs"))
    vel = 900.0 + 10 * np.arange(20.0).reshape(5, 4)
    run("byot, dynamic", g, mode="byot", vel=vel, dynamic=True, trav=times, amp=own(g, 0.25), forward=formula, adjoint="dense")
    # ... and its aperture has no gradual taper (row 68).
    run("analytic, dynamic, aperture", g, dynamic=True, aperture=[0.5, 2.0], **A, forward=formula, adjoint="dense")
    run("analytic, dynamic, aperture and angles", g, dynamic=True, aperture=[0.3, 1.6], angleaperture=[10.0, 70.0], **A,
        forward=formula, adjoint="dense")
    # 3-D: PyLops' model is (ny nx, nz).
    g = geometry(nx=3, nz=3, ny=2, nt=24, nr=4)
    for k in (dict(), dict(wavfilter=True), dict(dynamic=True), dict(dynamic=True, angleaperture=[20.0, 70.0])):
        run("3-D, " + " ".join("%s=%s" % v for v in k.items()), g, dims=(2, 3, 3), **A, **k)


def stacks():
    A, B, Cm = T("MatrixMult", A=R(3, 4)), T("MatrixMult", A=R(2, 4)), T("MatrixMult", A=R(3, 2))
    D, S = T("MatrixMult", A=R(2, 2)), T("MatrixMult", A=R(3, 4))
    cA, cB, cC, cD = (T("MatrixMult", A=C(*s), **CX) for s in ((3, 4), (2, 4), (3, 2), (2, 2)))
    two = dict(A=A, B=B)
    # as tables and as expressions
    for x, y, z, w in ((A, B, Cm, D), (cA, cB, cC, cD)):
        case(dict(A=x, B=y, V=T("VStack", ops=["A", "B"])))
        case(dict(A=x, B=z, H=T("HStack", ops=["A", "B"])))
        case(dict(A=x, B=z, C=y, D=w, K=T("Block", ops=[["A", "B"], ["C", "D"]])))
        case(dict(A=x, B=w, G=T("BlockDiag", ops=["A", "B"])))
        case(dict(A=x, B=w, K=T("Kronecker", Op1="A", Op2="B")))
        case(dict(A=x, B=y), "VStack([A, B])")
        case(dict(A=x, B=z), "HStack([A, B])")
        case(dict(A=x, B=z, C=y, D=w), "Block([[A, B], [C, D]])")
        case(dict(A=x, B=w), "BlockDiag([A, B])")
        case(dict(A=x, B=w), "Kronecker(A, B)")
        case(dict(A=w, B=x), "Kronecker(A, B)")
    fd = lambda axis, **k: T("FirstDerivative", dims=[3, 4], axis=axis, **k)
    for k in ({}, CX):
        case(dict(A=fd(0, **k), B=fd(1, **k), V=T("VStack", ops=["A", "B"])))
        case(dict(A=fd(0, **k), B=fd(1, **k)), "HStack([A, B])")
        case(dict(A=fd(0, **k), B=fd(1, **k)), "BlockDiag([A, B])")
        case(dict(A=fd(0, **k), B=fd(1, **k)), "Block([[A, B], [B, A]])")
    case(dict(A=fd(0), B=T("Sum", dims=[3, 4], axis=0)), "VStack([A, B])")
    case(dict(A=fd(0), B=T("Identity", N=12)), "VStack([A, B])")
    case(dict(A=fd(1), B=T("Restriction", dims=[3, 4], iava=Inline([2, 0]))), "BlockDiag([A, B])")
    case(dict(A=A, B=T("Zero", N=2, M=4), C=B), "VStack([A, B, C])")
    case(dict(A=A, B=T("Zero", N=3, M=2), C=B, D=D), "Block([[A, B], [C, D]])")
    case(dict(A=A, B=T("Zero", N=3, M=2)), "HStack([A, B])")
    case(dict(A=D, B=T("Zero", N=3, M=1), C=D), "BlockDiag([A, B, C])")
    case(dict(A=A, B=cB), "VStack([1j * B, B])")
    case(dict(A=A), "VStack([A])")
    case(dict(A=A), "HStack([A, A, A])")
    case(two, "VStack([A, eps * B])", params={"eps": 0.5})
    case(two, "VStack([A, sqrt(eps) * B, A])", params={"eps": 0.25})
    case(dict(A=D, B=S), "BlockDiag([A, B, A])")
    case(dict(A=D, B=S), "VStack([BlockDiag([A, B]), BlockDiag([A, B])])")
    case(dict(A=A, B=B), "VStack([A, B]).H @ VStack([A, B])")
    case(dict(A=T("FirstDerivative", dims=[3]), B=T("SecondDerivative", dims=[4])), "Kronecker(A, B)")
    case(dict(A=T("Identity", N=3), B=D), "Kronecker(A, B)")
    case(dict(A=D, B=T("Identity", N=3)), "Kronecker(A, B)")
    case(dict(A=T("FFT", dims=[3], dtype="complex128"), B=T("FFT", dims=[4], dtype="complex128")), "Kronecker(A, B)")
    case(dict(A=fd(0), B=T("MatrixMult", A=R(2, 3))), "Kronecker(A, B)")


def algebra():
    sq = lambda n=4, **k: T("MatrixMult", A=R(n, n))
    csq = lambda n=4: T("MatrixMult", A=C(n, n), **CX)
    ab, cab = dict(A=sq(), B=sq()), dict(A=csq(), B=csq())
    abc, cabc = dict(A=sq(), B=sq(), C=sq()), dict(A=csq(), B=csq(), C=csq())
    for e in ("A @ B", "A * B", "A + B", "A - B", "2*A - B", "-A", "-A + B", "2 * (A + B)", "A @ (B - A)", "0.5 * A @ B", "A.H", "A.T",
              "A.conj()", "A.H @ A", "A @ A.H", "(A @ B).H", "(A @ B).T", "A.T @ B.H", "2 * A.H", "(2 * A).H", "A * 3",
              "A - -B", "A.H.H", "A.T.conj()", "1e-1 * A"):
        case(ab, e)
        case(cab, e)
    for e in ("A + B @ C", "A @ B + C", "A - B - C", "A - (B - C)", "A @ B @ C", "2 * A + 3 * B - C",
              "(A + B) @ (A - C)", "A.H @ (B + C).H"):
        case(abc, e)
        case(cabc, e)
    for e in ("A**2", "A**0", "A**1", "A**3", "2 * A**2", "(2 * A)**2", "-A**2", "A**2 @ B", "A @ B**2", "(A.H)**2", "A.H**2", "(A**2).H", "A**2 + B"):
        case(ab, e)
        case(cab, e)
    for e in ("1j * A", "2j * A + B", "(1 + 2j) * A", "(1j * A).H", "(1j * A).T", "(1j * A).conj()", "1j * A.H", "-1j * A @ B", "A * 1.5j", "(1j * A)**2"):
        case(cab, e)
    case(ab, "eps * A + delta * B", params={"eps": 0.25, "delta": -2.0})
    case(ab, "sqrt(eps) * A - B", params={"eps": 4.0})
    case(ab, "2 * eps * A", params={"eps": 0.125})
    case(ab, "(eps + 1) * A", params={"eps": 0.125})
    # Real and imaginary parts of operators: a real model and real data
    rect = dict(A=T("MatrixMult", A=C(3, 4), **CX))
    for e in ("Real(A)", "Imag(A)"):
        for t in (rect, dict(A=csq()), dict(A=T("Diagonal", diag=C(5), **CX)), dict(A=T("FFT", dims=[6], **CX)), dict(A=T("FFT", dims=[5], nfft=8, **CX))):
            case(t, e, model="float64", data="float64")
        case(cab, e.replace("A", "A @ B"), model="float64", data="float64")
    case(cab, "Real(A) @ Imag(B)", model="float64", data="float64")
    case(cab, "Real(A).H", model="float64", data="float64")
    case(cab, "Imag(A).H", model="float64", data="float64")
    case(cab, "VStack([Real(A), Imag(A)])", model="float64", data="float64")
    # operators of unlike kinds
    fd = T("FirstDerivative", dims=[4, 5], axis=0, kind="forward")
    case(dict(A=fd), "A.H @ A")
    case(dict(A=fd, B=T("FirstDerivative", dims=[4, 5], axis=1, kind="forward")), "A.H @ A + B.H @ B")
    case(dict(A=fd), "A.H")
    case(dict(A=fd), "A.T")
    case(dict(A=T("FirstDerivative", dims=[4, 5], axis=0, **CX)), "A.conj()")
    case(dict(S=T("Restriction", dims=[4, 5], iava=Inline([0, 3, 1]), **CX), F=T("FFT2D", dims=[4, 5], **CX)), "S @ F.H")
    case(dict(F=T("FFT", dims=[6], real=True, dtype="float64"), D=T("Diagonal", diag=R(4), **CX)), "F.H @ D @ F", model="float64", data="float64")
    case(dict(F=T("FFT", dims=[6], real=True, nfft=8, dtype="float64"), D=T("Diagonal", diag=C(5), **CX)), "D @ F", model="float64", data="complex128")
    case(dict(F=T("FFT", dims=[6], real=True, dtype="float64")), "F.H", model="complex128", data="float64")
    case(dict(F=T("FFT", dims=[6], real=True, dtype="float64")), "F.H @ F", model="float64", data="float64")
    case(dict(F=T("FFT", dims=[3, 4], axis=0, **CX)), "F.H @ F")
    case(dict(F=T("FFT", dims=[5], **CX)), "F.conj()")
    case(dict(F=T("FFT", dims=[5], **CX)), "F.T")
    case(dict(F=T("FFT", dims=[5], norm="none", **CX)), "F**2")
    case(dict(P=T("Pad", dims=[3, 4], pad=[[1, 1], [2, 0]]), L=T("Laplacian", dims=[5, 6], axes=[0, 1])), "P.H @ L @ P")
    case(dict(T=T("Transpose", dims=[3, 4], axes=[1, 0]), G=T("Convolve1D", dims=[4, 3], h=R(3), offset=1, axis=0)), "T.H @ G @ T")
    case(dict(T=T("Transpose", dims=[3, 2, 5], axes=[2, 0, 1]), G=T("PoststackLinearModelling", wav=R(3), nt0=5, spatdims=[3, 2])), "T.H @ G @ T")
    case(dict(A=T("Sum", dims=[3, 4], axis=0), B=T("Diagonal", diag=R(3), dims=[3, 4], axis=0)), "A @ B")
    case(dict(A=T("Roll", dims=[3, 4], axis=0), B=T("Flip", dims=[3, 4], axis=1), C=T("Symmetrize", dims=[3, 4], axis=1)), "C @ (A + B)")
    case(dict(A=T("Conj", dims=[4], **CX), B=csq()), "A @ B @ A")
    case(dict(A=T("Real", dims=[4], **CX), B=csq()), "A @ B", model="complex128", data="float64")
    case(dict(A=sq(), B="A @ A", C="B + 2 * A"), "C.H @ B", name="expressions of expressions: C.H @ B with B = A @ A and C = B + 2 * A")
    case(dict(G=T("Gradient", dims=[4, 3]), L=T("Laplacian", dims=[4, 3])), "G.H @ G - L")
    case(dict(A=T("CausalIntegration", dims=[5, 2], axis=0), D=T("FirstDerivative", dims=[5, 2], axis=0, kind="backward")), "D @ A")
    case(dict(A=T("Smoothing1D", nsmooth=3, dims=[5, 4], axis=0), B=T("Smoothing1D", nsmooth=3, dims=[5, 4], axis=1)), "A @ B")



# ---- solvers --------------------------------------------------------------------------------------------------------

SOLVES = []


def solve(name, tables, text, run, *, expressions=None, m=None, d=None, x0=None, extra=None, truth=None, tolerance=1e-8, cost=True,
          iterations=True, shape=None, operator="A", dtype="float64"):
    """One problem. `run(ops, d, x0, extra)` gives (x, iterations or None, cost or None), and as fourth what else the report
    should tell of the solver; with `truth` the same arguments give the x that many iterations come to. The data are the operator on random quarters, plus random quarters / 4."""
    name_ = "solve " + name
    arrays, words, ops = {}, {}, {}
    for label, t in tables.items():
        words[label], p = t.resolve(name_, label, arrays)
        ops[label] = build(t.kind, p)
    for label, e in (expressions or {}).items():
        words[label] = toml(e)
        ops[label] = eval(e, dict(WORDS, **ops))
    op = ops[operator]
    n, nd = op.shape[1], op.shape[0]
    dims, dimsd = (tuple(int(v) for v in s) for s in (op.dims, op.dimsd))
    model = quarters(generator(name_ + "/m"), n, dtype, 8)
    data = np.asarray(op.matvec(model)) + quarters(generator(name_ + "/d"), nd, dtype, 4) / 4
    data = data.real if dtype.startswith("f") else data
    arrays["d"] = data.reshape(dimsd)
    if x0:
        x0 = quarters(generator(name_ + "/x0"), n, dtype, 8)
        arrays["x0"] = x0.reshape(dims)
        text += '\nx0 = "x0"' if "[[" not in text else ""
        if "[[" in text:
            head, rest = text.split("[[", 1)
            text = head + 'x0 = "x0"\n[[' + rest
    extra = {k: quarters(generator(name_ + "/" + k), int(np.prod(s)), dtype, 8) for k, s in (extra or {}).items()}
    arrays.update({k: v for k, v in extra.items()})
    x, it, c, *told = run(ops, data, x0.copy() if x0 is not None else None, extra)
    if truth:
        t = truth(ops, data, x0, extra)
        x, it, c = t, None, None
    head = {"name": name, "dtype": dtype, "operators": words, "solve": 'operator = "%s"\ndata = "d"\n%s' % (operator, text),
            "dims": list(dims), "iterations": int(it) if it is not None and iterations else None, "tolerance": tolerance,
            "truth": "dense" if truth else "pylops"}
    if told:
        head["told"] = told[0]
    SOLVES.append(json.dumps(head)[:-1] + ', "cost": %s, "arrays": {%s}, "x": %s}' % (
        flat(np.asarray(c, float)) if c is not None and cost else "null",
        ", ".join('"%s": %s' % (k, stored(v)) for k, v in arrays.items()), flat(np.asarray(x))))
    print("  %-52s %s iterations, |x| %.6g" % (name, it, np.linalg.norm(x)))


def dense(op):
    return op.todense() if isinstance(op, pylops.LinearOperator) else op


def ridge(a, d, damp=0.0, x0=None):
    """the minimum of ||d - a x||^2 + damp^2 ||x||^2"""
    a = dense(a)
    return np.linalg.solve(a.conj().T @ a + damp ** 2 * np.eye(a.shape[1]), a.conj().T @ d)


def spd(name, n, dtype="float64"):
    """a well conditioned symmetric (Hermitian) positive definite matrix of quarters"""
    b = quarters(generator("spd " + name), (n, n), dtype, 3)
    return b @ b.conj().T + n * np.eye(n)


def cg(**k):
    def run(o, d, x0, e):
        x, it, c = pylops.optimization.basic.cg(o["A"], d, x0=x0 if x0 is not None else np.zeros(o["A"].shape[1], d.dtype), **k)
        return x, it, c
    return run


def cgls(key="A", **k):
    def run(o, d, x0, e):
        r = pylops.optimization.basic.cgls(o[key], d, x0=x0 if x0 is not None else np.zeros(o[key].shape[1], d.dtype), **k)
        return r[0], r[2], r[5]
    return run


LSQR_STOPS = ["niter", "compatible", "least squares", "conlim", "compatible to machine precision",
              "least squares to machine precision", "condition beyond machine precision"]


def lsqr(make=lambda o: o["A"], pad=0, back=None, **k):
    """PyLops' lsqr on `make(ops)`, the data followed by `pad` zeros; `back(ops, x)` is the model of its unknown."""
    def run(o, d, x0, e):
        op = make(o)
        r = pylops.optimization.basic.lsqr(op, np.concatenate([d, np.zeros(pad, d.dtype)]), x0=x0, **k)
        names = ("r1norm", "r2norm", "anorm", "acond", "arnorm", "xnorm")
        told = {n: float("%.15g" % v) for n, v in zip(names, r[3:9])}
        return back(o, r[0]) if back else r[0], r[2], r[10], dict(told, status=LSQR_STOPS[r[1]])
    return run


LSMR_STOPS = ["niter", "compatible", "least squares", "conlim", "compatible to machine precision",
              "least squares to machine precision", "condition beyond machine precision", "niter"]


def lsmr(**k):
    """SciPy's lsmr"""
    def run(o, d, x0, e):
        r = scipy.sparse.linalg.lsmr(o["A"], d, x0=x0, **k)
        names = ("rnorm", "arnorm", "anorm", "acond", "xnorm")
        return r[0], r[2], None, dict({n: float("%.15g" % v) for n, v in zip(names, r[3:])}, status=LSMR_STOPS[r[1]])
    return run


def regularized(regs, eps, dataregs=None, weight=None, **k):
    def run(o, d, x0, e):
        r = pylops.optimization.leastsquares.regularized_inversion(
            o["A"], d, [o[g] for g in regs], x0=x0, Weight=o[weight] if weight else None,
            dataregs=[e[g] for g in dataregs] if dataregs else None, epsRs=eps, engine="pylops", **k)
        return r[0], r[2], None
    return run


def preconditioned(p, **k):
    def run(o, d, x0, e):
        r = pylops.optimization.leastsquares.preconditioned_inversion(o["A"], d, o[p], x0=x0, engine="pylops", **k)
        return r[0], r[2], None
    return run


def normal(regs, eps, dataregs=None, weight=None, **k):
    def run(o, d, x0, e):
        r = pylops.optimization.leastsquares.normal_equations_inversion(
            o["A"], d, [o[g] for g in regs] if regs else None, x0=x0, Weight=o[weight] if weight else None,
            dataregs=[e[g] for g in dataregs] if dataregs else None, epsRs=eps, engine="pylops", **k)
        return r[0], None, None
    return run


def direct(o, d, x0, e):
    a = dense(o["A"])
    return (np.linalg.solve(a, d) if a.shape[0] == a.shape[1] else np.linalg.lstsq(a, d, rcond=None)[0]), None, None


def slash(o, d, x0, e):
    """PyLops' A / d"""
    return o["A"] / d, None, None


def solvers():
    mat = lambda n, m: T("MatrixMult", A=R(n, m))
    cmat = lambda n, m: T("MatrixMult", A=C(n, m), **CX)
    keep = lambda **k: "\n".join("%s = %s" % (a, toml(b)) for a, b in k.items())
    reg = lambda op, eps, data=None: "\n[[solve.regularization]]\noperator = \"%s\"\nepsilon = %s%s" % (
        op, eps, "\ndata = \"%s\"" % data if data else "")
    cz = "complex128"

    # cg
    solve("cg, six steps", dict(A=T("MatrixMult", A=spd("a", 9))), keep(solver="cg", niter=6, tol=0.0), cg(niter=6, tol=0))
    solve("cg, to the end", dict(A=T("MatrixMult", A=spd("b", 7))), keep(solver="cg", niter=7, tol=0.0), cg(niter=7, tol=0))
    solve("cg, complex Hermitian", dict(A=T("MatrixMult", A=spd("c", 8, cz), **CX)), keep(solver="cg", niter=5, tol=0.0), cg(niter=5, tol=0), dtype=cz)
    solve("cg, x0", dict(A=T("MatrixMult", A=spd("d", 8))), keep(solver="cg", niter=5, tol=0.0), cg(niter=5, tol=0), x0=True)
    solve("cg, stopped by tol", dict(A=T("MatrixMult", A=spd("e", 12))), keep(solver="cg", niter=50, tol=1e-3), cg(niter=50, tol=1e-3))
    solve("cg, PyLops' defaults", dict(A=T("MatrixMult", A=spd("f", 20))), keep(solver="cg"), cg())
    # cgls
    solve("cgls, overdetermined", dict(A=mat(10, 6)), keep(solver="cgls", niter=5, tol=0.0), cgls(niter=5, tol=0))
    solve("cgls, underdetermined", dict(A=mat(5, 9)), keep(solver="cgls", niter=4, tol=0.0), cgls(niter=4, tol=0))
    solve("cgls, damp", dict(A=mat(10, 6)), keep(solver="cgls", niter=5, damp=0.5, tol=0.0), cgls(niter=5, damp=0.5, tol=0))
    solve("cgls, underdetermined, damp", dict(A=mat(4, 7)), keep(solver="cgls", niter=6, damp=2.0, tol=0.0), cgls(niter=6, damp=2.0, tol=0))
    solve("cgls, complex", dict(A=cmat(9, 6)), keep(solver="cgls", niter=5, tol=0.0), cgls(niter=5, tol=0), dtype=cz)
    solve("cgls, complex, damp", dict(A=cmat(9, 6)), keep(solver="cgls", niter=5, damp=1.5, tol=0.0), cgls(niter=5, damp=1.5, tol=0), dtype=cz)
    solve("cgls, x0", dict(A=mat(10, 6)), keep(solver="cgls", niter=5, tol=0.0), cgls(niter=5, tol=0), x0=True)
    solve("cgls, complex, x0", dict(A=cmat(10, 6)), keep(solver="cgls", niter=4, tol=0.0), cgls(niter=4, tol=0), x0=True, dtype=cz)
    solve("cgls, x0 and damp = 1", dict(A=mat(10, 6)), keep(solver="cgls", niter=5, damp=1.0, tol=0.0), cgls(niter=5, damp=1.0, tol=0), x0=True)
    # G.3 row 56: PyLops' first direction has damp where damp^2 belongs.
    solve("cgls, x0 and damp", dict(A=mat(10, 6)), keep(solver="cgls", niter=40, damp=0.7, tol=1e-20), cgls(niter=40, damp=0.7, tol=0), x0=True,
          truth=lambda o, d, x0, e: ridge(o["A"], d, 0.7))
    solve("cgls, complex, x0 and damp", dict(A=cmat(9, 5)), keep(solver="cgls", niter=40, damp=3.0, tol=1e-20), cgls(niter=40, damp=3.0, tol=0), x0=True,
          truth=lambda o, d, x0, e: ridge(o["A"], d, 3.0), dtype=cz)
    solve("cgls, stopped by tol", dict(A=mat(12, 8)), keep(solver="cgls", niter=50, tol=0.5), cgls(niter=50, tol=0.5))
    solve("cgls, PyLops' defaults", dict(A=mat(40, 30)), keep(solver="cgls"), cgls())
    solve("cgls, an n-d operator", dict(A=T("CausalIntegration", dims=[5, 4], axis=0, sampling=0.5, kind="half")),
          keep(solver="cgls", niter=4, tol=0.0), cgls(niter=4, tol=0))
    solve("cgls, interpolation in the Fourier domain", dict(S=T("Restriction", dims=[4, 5], iava=Inline([0, 1, 3]), **CX), F=T("FFT2D", dims=[4, 5], **CX)),
          keep(solver="cgls", niter=2, damp=0.5, tol=0.0), cgls("A", niter=2, damp=0.5, tol=0), expressions={"A": "S @ F.H"}, dtype=cz)
    solve("cgls, multi-dimensional deconvolution", dict(A=T("MDC", G=C(4, 3, 2), nt=7, nv=2, dt=0.5, dr=0.5)),
          keep(solver="cgls", niter=8, tol=0.0), cgls(niter=8, tol=0))
    solve("cgls, a stack", dict(B=T("Convolve1D", dims=[8, 3], h=Inline([0.5, 1.0, -0.25]), offset=1, axis=0), L=T("Laplacian", dims=[8, 3])),
          keep(solver="cgls", niter=8, tol=0.0), cgls("A", niter=8, tol=0), expressions={"A": "VStack([B, 0.5 * L])"})
    # regularised, on a Convolve1D that lets much through unseen
    B = lambda n=12: T("Convolve1D", dims=[n], h=Inline([0.25, 0.5, 1.0, 0.5, 0.25]), offset=2)
    D2 = lambda n=12: T("SecondDerivative", dims=[n])
    solve("regularised", dict(A=B(), L=D2()), keep(solver="cgls", niter=8, tol=0.0) + reg("L", 0.5), regularized(["L"], [0.5], niter=8, tol=0))
    solve("regularised, x0", dict(A=B(), L=D2()), keep(solver="cgls", niter=6, tol=0.0) + reg("L", 0.5), regularized(["L"], [0.5], niter=6, tol=0), x0=True)
    solve("regularised twice, with data", dict(A=B(), L=D2(), N=T("Identity", N=12)),
          keep(solver="cgls", niter=8, tol=0.0) + reg("L", 0.5, "r0") + reg("N", 0.25, "r1"),
          regularized(["L", "N"], [0.5, 0.25], ["r0", "r1"], niter=8, tol=0), extra={"r0": (12,), "r1": (12,)})
    solve("regularised, weighted", dict(A=B(), L=D2(), W=T("Diagonal", diag=np.array([1.0, 2.0, 0.5, 1.0, 1.5, 0.25, 1.0, 2.0, 1.0, 1.0, 0.5, 1.0]))),
          keep(solver="cgls", niter=8, tol=0.0, weight="W") + reg("L", 0.5), regularized(["L"], [0.5], weight="W", niter=8, tol=0))
    solve("regularised, complex, damp", dict(A=cmat(7, 9), L=T("FirstDerivative", dims=[9], kind="forward", **CX)),
          keep(solver="cgls", niter=9, damp=0.5, tol=0.0) + reg("L", 1.5), regularized(["L"], [1.5], niter=9, damp=0.5, tol=0), dtype=cz)
    solve("post-stack, Laplacian", dict(A=T("PoststackLinearModelling", wav=R(5), nt0=9, spatdims=[4]), L=T("Laplacian", dims=[9, 4], axes=[0, 1])),
          keep(solver="cgls", niter=10, tol=0.0) + reg("L", 1.0), regularized(["L"], [1.0], niter=10, tol=0), x0=True)
    # preconditioned
    solve("preconditioned", dict(A=mat(9, 6), P=T("Diagonal", diag=np.array([1.0, 0.5, 2.0, 1.0, 0.25, 1.5]))),
          keep(solver="cgls", niter=5, tol=0.0, preconditioner="P"), preconditioned("P", niter=5, tol=0))
    solve("preconditioned by smoothing", dict(A=B(10), P=T("Smoothing1D", nsmooth=3, dims=[10])),
          keep(solver="cgls", niter=6, damp=0.1, tol=0.0, preconditioner="P"), preconditioned("P", niter=6, damp=0.1, tol=0))
    solve("preconditioned, complex, a wide P", dict(A=cmat(8, 5), P=cmat(5, 7)),
          keep(solver="cgls", niter=4, tol=0.0, preconditioner="P"), preconditioned("P", niter=4, tol=0), dtype=cz)
    # normal equations
    solve("normal equations", dict(A=mat(10, 6)), keep(solver="cg", niter=5, tol=0.0, normal_equations=True), normal(None, None, niter=5, tol=0))
    solve("normal equations, regularised", dict(A=B(), L=D2()), keep(solver="cg", niter=8, tol=0.0, normal_equations=True) + reg("L", 0.5),
          normal(["L"], [0.5], niter=8, tol=0))
    solve("normal equations, weight and data", dict(A=B(), L=D2(), W=T("Diagonal", diag=np.array([1.0, 2.0, 0.5, 1.0, 1.5, 0.25, 1.0, 2.0, 1.0, 1.0, 0.5, 1.0]))),
          keep(solver="cg", niter=8, tol=0.0, normal_equations=True, weight="W") + reg("L", 0.5, "r0"),
          normal(["L"], [0.5], ["r0"], weight="W", niter=8, tol=0), extra={"r0": (12,)})
    solve("normal equations, complex", dict(A=cmat(9, 6), L=T("FirstDerivative", dims=[6], kind="forward", **CX)),
          keep(solver="cg", niter=6, tol=0.0, normal_equations=True) + reg("L", 2.0), normal(["L"], [2.0], niter=6, tol=0), dtype=cz)
    # lsqr
    tight = dict(tolerance=1e-10)
    a = np.array([[4.0, 1, 0], [1, 3, -1], [0, -1, 2], [1, 1, 1]])
    solve("lsqr, two steps", dict(A=T("MatrixMult", A=a)), keep(solver="lsqr", niter=2), lsqr(niter=2), **tight)
    solve("lsqr, two steps, damp", dict(A=T("MatrixMult", A=a)), keep(solver="lsqr", niter=2, damp=0.5), lsqr(niter=2, damp=0.5), **tight)
    solve("lsqr, overdetermined", dict(A=mat(10, 6)), keep(solver="lsqr", niter=5), lsqr(niter=5), **tight)
    solve("lsqr, underdetermined", dict(A=mat(5, 9)), keep(solver="lsqr", niter=4), lsqr(niter=4), **tight)
    solve("lsqr, underdetermined, damp", dict(A=mat(4, 7)), keep(solver="lsqr", niter=6, damp=2.0), lsqr(niter=6, damp=2.0), **tight)
    solve("lsqr, complex", dict(A=cmat(9, 6)), keep(solver="lsqr", niter=5), lsqr(niter=5), dtype=cz, **tight)
    solve("lsqr, complex, wide, damp", dict(A=cmat(6, 9)), keep(solver="lsqr", niter=5, damp=1.5), lsqr(niter=5, damp=1.5), dtype=cz, **tight)
    solve("lsqr, x0", dict(A=mat(10, 6)), keep(solver="lsqr", niter=5), lsqr(niter=5), x0=True, **tight)
    solve("lsqr, complex, x0 and damp", dict(A=cmat(10, 6)), keep(solver="lsqr", niter=4, damp=0.7), lsqr(niter=4, damp=0.7), x0=True, dtype=cz, **tight)
    solve("lsqr, stopped by atol", dict(A=mat(12, 8)), keep(solver="lsqr", niter=50, atol=1e-3), lsqr(niter=50, atol=1e-3), **tight)
    solve("lsqr, stopped by btol", dict(A=mat(5, 9)), keep(solver="lsqr", niter=50, atol=0.0, btol=1e-3), lsqr(niter=50, atol=0, btol=1e-3), **tight)
    solve("lsqr, stopped by conlim", dict(A=mat(12, 8)), keep(solver="lsqr", niter=50, conlim=4.0), lsqr(niter=50, conlim=4.0), **tight)
    solve("lsqr, stopped by damp and atol", dict(A=mat(12, 8)), keep(solver="lsqr", niter=50, damp=5.0, atol=1e-3), lsqr(niter=50, damp=5.0, atol=1e-3), **tight)
    solve("lsqr, PyLops' defaults", dict(A=mat(40, 30)), keep(solver="lsqr"), lsqr(), **tight)
    solve("lsqr, multi-dimensional deconvolution", dict(A=T("MDC", G=C(4, 3, 2), nt=7, nv=2, dt=0.5, dr=0.5)),
          keep(solver="lsqr", niter=8), lsqr(niter=8), **tight)
    stacked = lambda eps, n: dict(make=lambda o: pylops.VStack([o["A"], eps * o["L"]], dtype=o["A"].dtype), pad=n)
    solve("lsqr, regularised", dict(A=B(), L=D2()), keep(solver="lsqr", niter=8) + reg("L", 0.5), lsqr(niter=8, **stacked(0.5, 12)), **tight)
    solve("lsqr, regularised, x0", dict(A=B(), L=D2()), keep(solver="lsqr", niter=6) + reg("L", 0.5), lsqr(niter=6, **stacked(0.5, 12)), x0=True, **tight)
    solve("lsqr, regularised, complex, damp", dict(A=cmat(7, 9), L=T("FirstDerivative", dims=[9], kind="forward", **CX)),
          keep(solver="lsqr", niter=6, damp=0.5) + reg("L", 1.5), lsqr(niter=6, damp=0.5, **stacked(1.5, 9)), dtype=cz, **tight)
    through = dict(make=lambda o: o["A"] @ o["P"], back=lambda o, p: o["P"] @ p)
    solve("lsqr, preconditioned", dict(A=mat(9, 6), P=T("Diagonal", diag=np.array([1.0, 0.5, 2.0, 1.0, 0.25, 1.5]))),
          keep(solver="lsqr", niter=5, preconditioner="P"), lsqr(niter=5, **through), **tight)
    solve("lsqr, preconditioned, complex, a wide P", dict(A=cmat(8, 5), P=cmat(5, 7)),
          keep(solver="lsqr", niter=4, preconditioner="P"), lsqr(niter=4, **through), dtype=cz, **tight)
    # lsmr
    for label, t, dt, k in (("overdetermined", mat(10, 6), "float64", dict(maxiter=4)), ("underdetermined, damp", mat(4, 7), "float64", dict(maxiter=3, damp=2.0)),
                            ("complex", cmat(9, 6), cz, dict(maxiter=4)), ("stopped by atol", mat(12, 8), "float64", dict(maxiter=50, atol=0.03)),
                            ("stopped by btol", mat(5, 9), "float64", dict(maxiter=50, atol=0.0, btol=0.03)), ("stopped by conlim", mat(12, 8), "float64", dict(maxiter=50, atol=0.0, btol=0.0, conlim=2.5))):
        ours = {{"maxiter": "niter"}.get(n, n): v for n, v in k.items()}
        solve("lsmr, " + label, dict(A=t), keep(solver="lsmr", **ours), lsmr(**k), dtype=dt, cost=False, **tight)
    solve("lsmr, x0 and damp", dict(A=mat(10, 6)), keep(solver="lsmr", niter=4, damp=0.7), lsmr(maxiter=4, damp=0.7), x0=True, cost=False, **tight)
    # direct
    for label, t, dt in (("square", mat(7, 7), "float64"), ("square, complex", cmat(6, 6), cz), ("tall", mat(9, 5), "float64"),
                         ("tall, complex", cmat(8, 4), cz), ("wide", mat(4, 7), "float64")):
        solve("direct, " + label, dict(A=t), keep(solver="direct"), direct, dtype=dt)
    solve("auto, a small matrix", dict(A=mat(6, 6)), keep(solver="auto"), direct)
    solve("no solver named, a small tall matrix", dict(A=mat(8, 5)), "", direct)
    # PyLops' `/` where there is no matrix: SciPy's lsqr, 100 iterations, with another test for least squares.
    solve("no solver named, convolution", dict(A=B(41)), "", slash, tolerance=1e-6)
    solve("auto, smoothing", dict(A=T("Smoothing1D", nsmooth=5, dims=[30])), keep(solver="auto"), slash, tolerance=1e-6)
    solve("auto, integration", dict(A=T("CausalIntegration", dims=[24], sampling=0.1)), keep(solver="auto"), slash, tolerance=1e-6)
    solve("auto, x0 and damp", dict(B=mat(10, 6), I=T("Identity", N=6)), keep(solver="auto", damp=0.7), lambda *a: lsqr(niter=100, damp=0.7)(*a)[:3],
          x0=True, expressions={"A": "B @ I"}, iterations=False, cost=False)


if __name__ == "__main__":
    for part in (basic, derivatives, signal, interpolation, fourier, waves, spreads, kirchhoff, stacks, algebra):
        n = len(CASES)
        part()
        print("%-12s %d cases" % (part.__name__, len(CASES) - n))
    solvers()
    if PROBLEMS:
        sys.exit("\n".join(PROBLEMS))
    for name, rows in (("operators", CASES), ("solvers", SOLVES)):
        with open(os.path.join(HERE, name + ".json"), "w") as out:
            out.write("[\n%s\n]\n" % ",\n".join(rows))
        print("%s.json: %d cases, %.0f kB" % (name, len(rows), os.path.getsize(out.name) / 1e3))
    print("%d adjoints from the forward's matrix, %d forwards from numpy:" % (len(DENSE), len(FORWARD)))
    print("\n".join("  " + n for n in DENSE + FORWARD))
