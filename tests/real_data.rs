//! Real inputs, where they are at hand: a folder with PyLops' test data and a post-stack section, named
//! by `PYLOPSD_TEST_DATA`, else `../shared/data`. Without it these tests say so and pass.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn data() -> Option<PathBuf> {
    let named = std::env::var_os("PYLOPSD_TEST_DATA").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let found = folder.canonicalize().ok();
    if found.is_none() {
        eprintln!(
            "SKIPPED: no test data in {}; set PYLOPSD_TEST_DATA to a folder that has them",
            folder.display()
        );
    }
    found
}

fn run(folder: &Path, words: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_pylopsd")).args(words).current_dir(folder).output();
    let done = done.expect("the program starts");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "pylopsd {}: {error}", words.join(" "));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn post_stack_inversion_comes_as_near_the_model_as_pylops() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| data.join("poststack").join(name).display().to_string();
    let text = format!(
        r#"
[arrays]
d = {{ file = "{}" }}
background = {{ file = "{}" }}
wav = {{ file = "{}" }}
[operators]
G = {{ type = "PoststackLinearModelling", wav = "wav", nt0 = 550, spatdims = [267] }}
L = {{ type = "Laplacian", dims = [550, 267], axes = [0, 1] }}
[solve]
operator = "G"
data = "d"
solver = "cgls"
niter = 100
tol = 0.0
x0 = "background"
[[solve.regularization]]
operator = "L"
epsilon = 1.0
[outputs]
model = "minv.npy"
[[expect]]
output = "model"
file = "{}"
rtol = 0.033
[[expect]]
quantity = "iterations"
equals = 100
"#,
        at("data_noise.npy"),
        at("background.npy"),
        at("wavelet.npy"),
        at("model.npy")
    );
    std::fs::write(folder.path().join("problem.toml"), text).expect("written");
    let mut bits = Vec::new();
    for words in [["--threads", "1"], ["--threads", "2"], ["--ranks", "3"]] {
        run(folder.path(), &["solve", "problem.toml", "--quiet", words[0], words[1]]);
        bits.push(std::fs::read(folder.path().join("minv.npy")).expect("written"));
    }
    assert!(bits.windows(2).all(|w| w[0] == w[1]), "the same bits on threads and ranks");
}

#[test]
fn members_of_an_npz_are_arrays() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = data.join("avo/poststack_model.npz").display().to_string();
    let text = run(folder.path(), &["info", &file]);
    assert!(text.contains("model") && text.contains("(550, 800)"), "{text}");
    let problem = "[operators]\nD = { type = \"FirstDerivative\", dims = [550, 800], axis = 0 }\n";
    std::fs::write(folder.path().join("problem.toml"), problem).expect("written");
    let words = ["apply", "problem.toml", "--input", &file, "--key", "model", "--output", "y.npy"];
    run(folder.path(), &words);
    let shape = run(folder.path(), &["info", "y.npy"]);
    assert!(shape.contains("(550, 800)"), "{shape}");
}

#[test]
fn the_spectrum_of_reflection_data_makes_a_convolution_and_its_adjoint() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = data.join("marchenko/input.npz").display().to_string();
    let bins: Vec<String> = (0..500).map(|k| k.to_string()).collect();
    let spectrum = format!(
        r#"
[operators]
P = {{ type = "Pad", dims = [101, 101, 800], pad = [[0, 0], [0, 0], [799, 0]] }}
F = {{ type = "FFT", dims = [101, 101, 1599], axis = 2, dtype = "float64" }}
S = {{ type = "Restriction", dims = [101, 101, 1599], iava = [{}], axis = 2, dtype = "complex128" }}
T = {{ type = "Transpose", dims = [101, 101, 500], axes = [2, 0, 1], dtype = "complex128" }}
"#,
        bins.join(", ")
    );
    let mdc = r#"
[arrays]
R = { file = "spectrum.npy" }
[operators]
M = { type = "MDC", G = "R", nt = 1599, nv = 1, dt = 0.0025, dr = 30.0 }
"#;
    std::fs::write(folder.path().join("spectrum.toml"), spectrum).expect("written");
    std::fs::write(folder.path().join("mdc.toml"), mdc).expect("written");
    let words =
        ["apply", "spectrum.toml", "--operator", "T @ S @ F @ P", "--input", &file, "--key", "R"];
    run(folder.path(), &[&words[..], &["--output", "spectrum.npy"]].concat());
    run(folder.path(), &["dottest", "mdc.toml"]);
    let x: Vec<f64> = (0..1599 * 101).map(|k| ((k * 7919) % 1013) as f64 / 1013.0 - 0.5).collect();
    let x = ndarray::Array3::from_shape_vec((1599, 101, 1), x).expect("fits");
    ndarray_npy::write_npy(folder.path().join("x.npy"), &x).expect("written");
    for (ranks, output) in [("1", "y1.npy"), ("3", "y3.npy")] {
        let words = ["apply", "mdc.toml", "--input", "x.npy", "--output", output, "--ranks", ranks];
        run(folder.path(), &words);
        run(
            folder.path(),
            &[
                "apply",
                "mdc.toml",
                "--adjoint",
                "--input",
                output,
                "--output",
                &format!("a{output}"),
                "--ranks",
                ranks,
            ],
        );
    }
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).expect("written");
    assert_eq!(bytes("y1.npy"), bytes("y3.npy"));
    assert_eq!(bytes("ay1.npy"), bytes("ay3.npy"));
}
