"""Spread."""
import numpy as np

from golden import CX, Inline, T, case, generator

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
