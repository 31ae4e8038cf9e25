"""Problem files that several benchmarks run."""


def poststack(file, dims, regularized):
    """W9: 50 iterations of cgls on post-stack data (ny, nx, nz); `file` names an input of the benchmarks."""
    return """
[arrays]
d = %s
back = %s
wav = %s
[operators]
P = { type = "PoststackLinearModelling", wav = "wav", nt0 = %d, spatdims = [%d, %d] }
T = { type = "Transpose", dims = [%d, %d, %d], axes = [2, 0, 1] }
L = { type = "Laplacian", dims = [%d, %d, %d], axes = [0, 1, 2], weights = [1.0, 1.0, 1.0] }
[solve]
operator = "T.H @ P @ T"
data = "d"
x0 = "back"
solver = "cgls"
niter = 50
tol = 0.0
%s
[outputs]
model = "ours.npy"
""" % (file("w9_d"), file("w9_mback"), file("w9_wav"), dims[2], *dims[:2], *dims, *dims,
       '[[solve.regularization]]\noperator = "10.0 * L"' if regularized else "")
