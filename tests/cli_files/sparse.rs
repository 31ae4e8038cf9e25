//! Sparse matrices, from SciPy's files and from arrays.

use crate::common::{Folder, npy};
use crate::refused;

const PROBLEM: &str = r#"
[arrays]
M = { file = "m.npz" }
[operators]
A = { type = "MatrixMult", A = "M" }
"#;

fn read(folder: &Folder, name: &str) -> Vec<f64> {
    let bytes = std::fs::read(folder.path().join(name)).unwrap();
    let numbers = &bytes[128..];
    numbers.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn a_file_of_save_npz_is_a_matrix() {
    let files: [&[u8]; 2] =
        [include_bytes!("../golden/sparse/csr.npz"), include_bytes!("../golden/sparse/csc.npz")];
    for file in files {
        let folder = Folder::of(PROBLEM);
        folder.put("m.npz", file);
        folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 4.0]));
        folder.put("y.npy", &npy(&[1.0, 2.0, 3.0, 4.0, 5.0]));
        let apply = "apply problem.toml --operator A --input";
        for ranks in ["", " --ranks 2"] {
            let ran = folder.ran(&format!("{apply} x.npy --output Ax.npy{ranks}"));
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            assert_eq!(read(&folder, "Ax.npy"), [-5.0, 0.0, 3.75, 4.0, 3.0]);
            let ran = folder.ran(&format!("{apply} y.npy --adjoint --output Ay.npy{ranks}"));
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            assert_eq!(read(&folder, "Ay.npy"), [4.0, 11.5, 0.75, 2.0]);
        }
    }
}

#[test]
fn other_formats_are_refused_with_a_way_out() {
    let folder = Folder::of(PROBLEM);
    folder.put("m.npz", include_bytes!("../golden/sparse/coo.npz"));
    refused(&folder, "check problem.toml", 2, &["format coo", "matrix.tocsr()"]);
}

#[test]
fn arrays_of_entries_fit_each_other() {
    let of = |keys: &str| {
        Folder::of(&format!(
            "[arrays]\nv = {{ values = [1, 2, 3] }}\n[operators]\nA = {{ type = \"MatrixMult\", A = \"v\", {keys} }}\n"
        ))
    };
    for (keys, words) in [
        ("indices = [0, 1, 1], indptr = [0, 2, 3]", "needs `shape`, too"),
        ("indices = [0, 1], indptr = [0, 2, 3], shape = [2, 2]", "expected 3 whole numbers"),
        ("indices = [0, 1, 1], indptr = [0, 2], shape = [2, 2]", "where each of 2 starts"),
        ("indices = [0, 1, 1], indptr = [0, 3, 2], shape = [2, 2]", "rise from 0"),
        ("indices = [0, 1, 1], indptr = [0, 2, 2], shape = [2, 2]", "the number of values, 3"),
        ("indices = [0, 1, 1], indptr = [0, 2, 3], shape = [2, 0]", "has no samples"),
    ] {
        refused(&of(keys), "check problem.toml", 2, &[words]);
    }
    // A column that there is not is found when it is read.
    for (columns, found) in [("[0, 1, 2]", "2"), ("[0, -1, 1]", "-1"), ("[0, 0.5, 1]", "0.5")] {
        let folder = of(&format!("indices = {columns}, indptr = [0, 2, 3], shape = [2, 2]"));
        folder.put("x.npy", &npy(&[1.0, 2.0]));
        let said = format!("is in column {found}, of 2 from 0");
        refused(
            &folder,
            "apply problem.toml --operator A --input x.npy --output y.npy",
            1,
            &[&said],
        );
        refused(
            &folder,
            "apply problem.toml --operator A --adjoint --input x.npy --output y.npy",
            1,
            &[&said],
        );
    }
}
