"""Makes solvers.json, least-squares problems and what PyLops makes of them. Run by hand only; see README.md."""
import json
import os

import numpy as np
import pylops
import scipy

from golden import C, CX, HERE, WORDS, Inline, R, T, build, flat, quarters, generator, stored, toml

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

solvers()
with open(os.path.join(HERE, "solvers.json"), "w") as out:
    out.write("[\n%s\n]\n" % ",\n".join(SOLVES))
print("solvers.json: %d problems, %.0f kB" % (len(SOLVES), os.path.getsize(out.name) / 1e3))
