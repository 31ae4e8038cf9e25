"""Products with sparse matrices."""
import numpy as np
import scipy.sparse
from golden import CX, T, case, generator, quarters


class S(T):
    """MatrixMult of a sparse matrix: its arrays in the file, itself for PyLops"""

    def __init__(self, n, m, density, layout="csr", kind="float64", **params):
        super().__init__("MatrixMult", **params)
        self.about = (n, m, density, layout, kind)

    def describe(self):
        return "MatrixMult sparse %s %s" % (list(self.about), self.params or "")

    def resolve(self, name, label, arrays):
        n, m, density, layout, kind = self.about
        rng = generator(name + "/" + label)
        dense = quarters(rng, (n, m), kind) * (rng.random((n, m)) < density)
        a = scipy.sparse.csr_matrix(dense) if layout == "csr" else scipy.sparse.csc_matrix(dense)
        values = "values_" + label
        arrays[values] = a.data
        words = ['type = "MatrixMult"', 'A = "%s"' % values, "indices = %s" % a.indices.tolist(),
                 "indptr = %s" % a.indptr.tolist(), "shape = [%d, %d]" % (n, m)]
        if layout == "csc":
            words.append('format = "csc"')
        words += ["%s = %s" % (k, '"%s"' % v if isinstance(v, str) else v) for k, v in self.params.items()]
        return "{ %s }" % ", ".join(words), dict(self.params, A=a)


for kind, k in (("float64", {}), ("complex128", CX)):
    for layout in ("csr", "csc"):
        for n, m, density in ((5, 4, 0.5), (1, 6, 0.7), (7, 1, 0.9), (4, 9, 0.2)):
            case(S(n, m, density, layout, kind, **k))
        case(S(4, 5, 0.4, layout, kind, otherdims=3, **k))
        case(S(3, 2, 0.8, layout, kind, otherdims=[2, 2], **k))
A, B = S(4, 3, 0.6), S(3, 4, 0.5, "csc")
case(dict(A=A, B=B), "A @ B")
case(dict(A=A, B=S(4, 3, 0.5)), "VStack([A, B])")
case(dict(A=A, B=T("FirstDerivative", dims=4)), "Kronecker(A, B)")
