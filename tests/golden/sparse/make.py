"""A sparse matrix as SciPy's `save_npz` writes it, in several formats."""
import os

import numpy as np
import scipy.sparse

FOLDER = os.path.dirname(os.path.abspath(__file__))
A = scipy.sparse.csr_matrix(np.array([[0, 1.5, 0, -2], [0, 0, 0, 0], [3, 0, 0.25, 0], [0, 0, 0, 1], [-1, 2, 0, 0]]))
for matrix, name, compressed in ((A, "csr", True), (A.tocsc(), "csc", False), (A.tocoo(), "coo", True)):
    scipy.sparse.save_npz(os.path.join(FOLDER, name + ".npz"), matrix, compressed)
