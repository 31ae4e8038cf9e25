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

/// What `tests/golden/make_marchenko.py` writes of one output.
#[derive(serde::Deserialize)]
struct Sampled {
    dims: Vec<usize>,
    norm: f64,
    values: Vec<f64>,
}

type Samples = std::collections::BTreeMap<String, Sampled>;

#[derive(serde::Deserialize)]
struct Redatumed {
    step: usize,
    lsqr: Samples,
    cgls: Samples,
    points: Samples,
}

fn array(file: &Path) -> ndarray::ArrayD<f64> {
    ndarray_npy::read_npy(file).unwrap_or_else(|_| {
        let single: ndarray::ArrayD<f32> = ndarray_npy::read_npy(file).expect("an output");
        single.mapv(f64::from)
    })
}

fn norm<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn near_samples(folder: &Path, samples: &Samples, step: usize, tolerance: f64) {
    for (name, want) in samples {
        let found = array(&folder.join(format!("{name}.npy")));
        assert_eq!(found.shape(), want.dims, "{name}");
        let off: Vec<f64> =
            found.iter().step_by(step).zip(&want.values).map(|(a, b)| a - b).collect();
        let error = norm(&off) / norm(&want.values);
        assert!(error < tolerance, "{name} is off by {error:.1e}");
        let error = (norm(&found) / want.norm - 1.0).abs();
        assert!(error < tolerance, "the norm of {name} is off by {error:.1e}");
    }
}

#[test]
fn the_marchenko_tutorial_comes_to_what_pylops_makes_of_it() {
    let Some(data) = data() else { return };
    let want: Redatumed =
        serde_json::from_str(include_str!("golden/marchenko.json")).expect("golden values");
    let folder = tempfile::tempdir().expect("a folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/marchenko/real");
    for name in ["problem.toml", "points.toml"] {
        std::fs::copy(example.join(name), folder.path().join(name)).expect("copied");
    }
    let file = data.join("marchenko/input.npz");
    std::os::unix::fs::symlink(&file, folder.path().join("input.npz")).expect("linked");
    let solve = |more: &[&str]| {
        run(folder.path(), &[&["solve", "problem.toml", "--quiet"][..], more].concat());
    };
    let bits = |file: &str, more: &[&str]| -> Vec<Vec<u8>> {
        run(folder.path(), &[&["solve", file, "--quiet"][..], more].concat());
        let output = |name| std::fs::read(folder.path().join(format!("{name}.npy")));
        want.cgls.keys().map(|name| output(name).expect("written")).collect()
    };
    for file in ["points.toml", "problem.toml"] {
        let all = bits(file, &[]);
        for more in [["--threads", "1"], ["--ranks", "3"]] {
            assert!(bits(file, &more) == all, "{file} {more:?} gives other bits");
        }
    }
    near_samples(folder.path(), &want.cgls, want.step, 1e-5);

    // The seed's own measure: both normalised by their largest value.
    let convolve = "[arrays]\nwav = { file = \"input.npz\", key = \"wav\" }\n[operators]\n\
                    C = { type = \"Convolve1D\", dims = [800, 101], h = \"wav\", offset = 120, axis = 0 }\n";
    std::fs::write(folder.path().join("wave.toml"), convolve).expect("written");
    let words =
        ["apply", "wave.toml", "--input", "input.npz", "--key", "Gsub", "--output", "G.npy"];
    run(folder.path(), &words);
    let modelled = array(&folder.path().join("G.npy"));
    let [minus, plus] =
        ["g_inv_minus.npy", "g_inv_plus.npy"].map(|name| array(&folder.path().join(name)));
    let found = (minus + plus).slice_move(ndarray::s![.., 799..]).reversed_axes();
    let largest = |a: &ndarray::ArrayD<f64>| a.iter().fold(f64::MIN, |m, v| m.max(*v));
    let modelled = &modelled / largest(&modelled);
    let found = found.into_dyn();
    let found = &found / largest(&found);
    let error = norm(&(&found - &modelled)) / norm(&modelled);
    assert!(error < 0.1, "the Green's function is off by {error:.3}");

    let exact = ["--set", "solve.atol=0", "--set", "solve.btol=0", "--set", "solve.conlim=0"];
    let text = std::fs::read_to_string(folder.path().join("problem.toml")).expect("read");
    let text = text.replace("solver = \"cgls\"", "solver = \"lsqr\"").replace("tol = 0.0\n", "");
    std::fs::write(folder.path().join("problem.toml"), text).expect("written");
    solve(&exact);
    near_samples(folder.path(), &want.lsqr, want.step, 1e-5);
    solve(&[&exact[..], &["--set", "dtype=float32"]].concat());
    near_samples(folder.path(), &want.lsqr, want.step, 1e-3);

    run(folder.path(), &[&["solve", "points.toml", "--quiet"][..], &exact].concat());
    near_samples(folder.path(), &want.points, want.step, 1e-5);
}
