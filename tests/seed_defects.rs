//! The 50 known defects of PyLops-distributed 0.2.0, the program that this one succeeds: each row of the
//! list is what its users met, and the test of its number shows that they do not meet it here.
//!
//! Row 10 is tested beside the dot test, in `src/cli/dottest.rs`. Rows without a test, since they speak of the seed's own machinery:
//! - 11, dask: results of `.compute()` are thrown away, so an operator runs twice. There is no `compute` here.
//! - 45, `np.int` and `np.float`, which NumPy has removed.
//! - 46, imports of the insides of PyLops 1 and SciPy.
//! - 47, dask clusters that are started in ways that do not fit their documentation.
#![allow(clippy::float_cmp, reason = "small whole numbers")]

mod common;

use common::{Folder, Stored};

fn reals(dims: &[usize], values: &[f64]) -> Stored {
    Stored::new(dims, "float64", values)
}

/// `0, 1, 2, ...` in a zigzag, so that no symmetry hides a mistake.
fn zigzag(dims: &[usize]) -> Stored {
    let n = dims.iter().product();
    let values: Vec<f64> = (0..n).map(|i| ((i * 7) % 11) as f64 - 4.0).collect();
    reals(dims, &values)
}

/// An operator, or its adjoint, on an array; the result has this dtype.
#[track_caller]
fn apply(problem: &str, operator: &str, x: &Stored, dtype: &str) -> Stored {
    let folder = Folder::of(problem);
    folder.write("x.npy", x);
    let arguments =
        ["apply", "problem.toml", "--operator", operator, "--input", "x.npy", "--output", "y.npy"];
    folder.run(&arguments).unwrap();
    folder.read("y.npy", dtype).unwrap()
}

/// Every operator passes its dot test.
#[track_caller]
fn adjoints_hold(problem: &str) {
    let ran = Folder::of(problem).ran("dottest problem.toml --trials 5");
    assert_eq!(ran.code, Some(0), "{}{}", ran.text(), ran.stderr);
}

/// The summary of a solve as JSON.
#[track_caller]
fn solve(problem: &str) -> serde_json::Value {
    let ran = Folder::of(problem).ran("solve problem.toml --json");
    assert_eq!(ran.code, Some(0), "{}{}", ran.text(), ran.stderr);
    ran.json()
}

/// What a problem file is refused with.
#[track_caller]
fn refused(problem: &str) -> String {
    let ran = Folder::of(problem).ran("check problem.toml");
    assert_eq!(ran.code, Some(2), "{}{}", ran.text(), ran.stderr);
    ran.stderr
}

#[track_caller]
fn near(found: &Stored, wanted: &[f64], tolerance: f64) {
    let wanted = Stored { values: wanted.to_vec(), ..found.clone() };
    assert!(found.distance(&wanted) <= tolerance, "{:?}, not {:?}", found.values, wanted.values);
}

// G.1: wrong results.

#[test]
fn row_01_derivatives_are_zero_at_the_edges_or_one_sided_and_keep_the_dtype() {
    let problem = r#"
[operators]
D = { type = "FirstDerivative", dims = 5, sampling = 0.5 }
E = { type = "FirstDerivative", dims = 5, sampling = 0.5, edge = true }
S = { type = "SecondDerivative", dims = 5 }
F = { type = "FirstDerivative", dims = 5, kind = "forward" }
single = { type = "FirstDerivative", dims = 5, dtype = "float32" }
complex = { type = "SecondDerivative", dims = 5, dtype = "complex64" }
"#;
    let x = reals(&[5], &[1.0, 2.0, 4.0, 8.0, 16.0]);
    assert_eq!(apply(problem, "D", &x, "float64").values, [0.0, 3.0, 6.0, 12.0, 0.0]);
    assert_eq!(apply(problem, "E", &x, "float64").values, [2.0, 3.0, 6.0, 12.0, 16.0]);
    assert_eq!(apply(problem, "S", &x, "float64").values, [0.0, 1.0, 2.0, 4.0, 0.0]);
    assert_eq!(apply(problem, "F", &x, "float64").values, [1.0, 2.0, 4.0, 8.0, 0.0]);
    assert_eq!(apply(problem, "single", &x, "float32").values, [0.0, 1.5, 3.0, 6.0, 0.0]);
    let z = Stored::new(&[5], "complex64", &[0.0, 1.0, 0.0, 2.0, 1.0, 4.0, 0.0, 8.0, 0.0, 16.0]);
    let y = apply(problem, "complex", &z, "complex64");
    assert_eq!(y.values, [0.0, 0.0, 1.0, 1.0, -2.0, 2.0, 1.0, 4.0, 0.0, 0.0]);
    adjoints_hold(problem);
}

#[test]
fn row_02_a_laplacian_has_any_number_of_axes() {
    let problem = r#"
[operators]
L = { type = "Laplacian", dims = [4, 5, 6], axes = [0, 1, 2], weights = [1.0, 2.0, 3.0] }
D0 = { type = "SecondDerivative", dims = [4, 5, 6], axis = 0 }
D1 = { type = "SecondDerivative", dims = [4, 5, 6], axis = 1 }
D2 = { type = "SecondDerivative", dims = [4, 5, 6], axis = 2 }
"#;
    let x = zigzag(&[4, 5, 6]);
    let sum = apply(problem, "D0 + 2 * D1 + 3 * D2", &x, "float64");
    assert_eq!(apply(problem, "L", &x, "float64"), sum);
    assert!(apply(problem, "D2", &x, "float64").values.iter().any(|v| *v != 0.0));
    let said = refused(&problem.replace("[1.0, 2.0, 3.0]", "[1.0, 2.0]"));
    assert!(said.contains("weights"), "{said}");
}

#[test]
fn row_03_a_real_fft_has_an_exact_adjoint() {
    let problem = r#"
[operators]
even = { type = "FFT", dims = [4, 8], axis = 1, real = true }
odd = { type = "FFT", dims = [9, 2], axis = 0, real = true }
padded = { type = "FFT", dims = 7, nfft = 10, real = true }
"#;
    adjoints_hold(problem);
    // It keeps the norm, as the orthonormal transform of a real signal does.
    let y = apply(problem, "even", &zigzag(&[4, 8]), "complex128");
    let norm = |s: &Stored| s.values.iter().map(|v| v * v).sum::<f64>();
    assert!((norm(&y) / norm(&zigzag(&[4, 8])) - 1.0).abs() < 1e-14);
}

#[test]
fn row_04_a_short_fft_gives_back_all_samples() {
    let problem =
        "[operators]\nF = { type = \"FFT\", dims = 10, nfft = 6, dtype = \"complex128\" }\n";
    adjoints_hold(problem);
    let x = zigzag(&[10]);
    let back = apply(problem, "F.H @ F", &x, "complex128");
    assert_eq!(back.dims, [10]);
    let wanted: Vec<f64> =
        (0..10).flat_map(|i| [if i < 6 { x.values[i] } else { 0.0 }, 0.0]).collect();
    near(&back, &wanted, 1e-14);
}

#[test]
fn row_05_a_complex_filter_is_conjugated_in_the_adjoint() {
    let problem = r#"
dtype = "complex128"
[arrays]
h = { values = ["1+2j", "0-1j", 3.0] }
[operators]
C = { type = "Convolve1D", dims = 5, h = "h", offset = 0 }
"#;
    adjoints_hold(problem);
    let delta =
        Stored::new(&[5], "complex128", &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    let y = apply(problem, "C.H", &delta, "complex128");
    near(&y, &[0.0, 0.0, 3.0, 0.0, 0.0, 1.0, 1.0, -2.0, 0.0, 0.0], 1e-14);
}

/// `min |d - m|^2 + damp^2 |m|^2`, with d = 5.
fn damped(solver: &str) -> f64 {
    let problem = format!(
        "[operators]\nI = {{ type = \"Identity\", N = 3 }}\n[arrays]\nd = {{ values = [5.0, 0.0, -5.0] }}\n\
         [solve]\noperator = \"I\"\ndata = \"d\"\nsolver = \"{solver}\"\ndamp = 0.5\n\
         [outputs]\nmodel = \"m.npy\"\n"
    );
    let folder = Folder::of(&problem);
    folder.run(&["solve", "problem.toml"]).unwrap();
    folder.read("m.npy", "float64").unwrap().values[0]
}

#[test]
fn row_06_damping_is_squared() {
    // The seed's damp without the square gives 5 / 1.5.
    for solver in ["cgls", "lsqr"] {
        assert!((damped(solver) - 5.0 / 1.25).abs() < 1e-12, "{solver}");
    }
}

/// Data of any units, and what stops the solver.
fn scaled(scale: f64, stop: &str, solver: &str) -> serde_json::Value {
    solve(&format!(
        r#"
[arrays]
A = {{ random = {{ shape = [12, 12], seed = 4 }} }}
w = {{ linspace = {{ start = {scale:e}, stop = {end:e}, num = 12 }} }}
[operators]
M = {{ type = "MatrixMult", A = "A" }}
P = "M.H @ M + 2 * M.H @ M + 8 * I"
I = {{ type = "Identity", N = 12 }}
[solve]
operator = "P"
data = "w"
solver = "{solver}"
niter = 200
{stop}
"#,
        end = 3.0 * scale
    ))
}

#[test]
fn row_07_a_relative_tolerance_does_not_depend_on_the_units() {
    for solver in ["cg", "cgls"] {
        let iterations =
            |scale: f64, stop: &str| scaled(scale, stop, solver)["solver"]["iterations"].as_u64();
        let relative = "rtol = 1e-6\ntol = 0.0";
        let wanted = iterations(1.0, relative);
        assert!(wanted > Some(2), "{solver}: {wanted:?}");
        // Powers of two change no digit.
        assert_eq!(iterations(2f64.powi(-20), relative), wanted, "{solver}");
        assert_eq!(iterations(2f64.powi(20), relative), wanted, "{solver}");
        // PyLops' own `tol` is absolute, and small data meet it at once.
        let absolute = "tol = 1e-8";
        assert!(iterations(2f64.powi(-20), absolute) < iterations(1.0, absolute), "{solver}");
    }
}

#[test]
fn row_08_the_tolerance_is_always_looked_at() {
    for solver in ["cg", "cgls"] {
        let found = scaled(1.0, "tol = 1e-12", solver);
        assert_eq!(found["solver"]["status"], "tol", "{found}");
        assert!(found["solver"]["iterations"].as_u64() < Some(200));
    }
}

#[test]
fn row_09_iterations_are_counted() {
    for solver in ["cg", "cgls"] {
        for niter in [1, 4] {
            let folder = Folder::of(&format!(
                "[operators]\nS = {{ type = \"CausalIntegration\", dims = 9 }}\nN = \"S.H @ S\"\n\
                 [arrays]\nd = {{ arange = {{ stop = 9 }} }}\n\
                 [solve]\noperator = \"N\"\ndata = \"d\"\nsolver = \"{solver}\"\nniter = {niter}\ntol = 0.0\n"
            ));
            let found = folder.ran("solve problem.toml --json").json();
            assert_eq!(found["solver"]["iterations"], niter, "{solver}");
            assert_eq!(found["solver"]["status"], "niter");
            // The cost before the first and after each.
            assert_eq!(found["solver"]["cost"].as_array().unwrap().len(), niter + 1);
        }
    }
}

#[test]
fn row_12_the_dot_test_survives_operators_whose_sums_cancel() {
    // Uniform vectors of positive numbers leave rows that add up to zero nothing to compare.
    let problem = r#"
[operators]
D = { type = "FirstDerivative", dims = [40, 30], axis = 0 }
S = { type = "SecondDerivative", dims = 200 }
Z = { type = "Zero", N = 10 }
C = "D @ D.H @ D"
"#;
    adjoints_hold(problem);
    // The tolerance is one of the vectors' norms, so it can be as small as rounding.
    let ran = Folder::of(problem).ran("dottest problem.toml --trials 20 --tol 1e-14");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
}

/// Deconvolution of random data; KEYS and what is written.
const MDD: &str = r#"
[arrays]
G = { random = { shape = [4, 3, 6], seed = 1 }, dtype = "float32" }
d = { random = { shape = [4, 2, 6], seed = 2 }, dtype = "float32" }
[application]
type = "MDD"
G = "G"
d = "d"
dt = 0.5
KEYS
[solve]
solver = "cgls"
niter = 4
[outputs]
minv = "minv.npy"
OUTPUTS
"#;

/// `minv` of that with further keys.
#[track_caller]
fn mdd(keys: &str) -> Stored {
    let folder = Folder::of(&MDD.replace("KEYS", keys).replace("OUTPUTS", ""));
    folder.run(&["solve", "problem.toml"]).unwrap();
    folder.read("minv.npy", "float32").unwrap()
}

#[test]
fn row_13_mdd_convolves_its_results_with_the_wavelet() {
    let plain = mdd("");
    assert_eq!(plain.dims, [3, 2, 11]);
    let twice: Vec<f64> = plain.values.iter().map(|v| 2.0 * v).collect();
    near(&mdd("wav = [2.0]"), &twice, 1e-6);
    // A wavelet with its one sample before the middle brings everything one sample forward.
    let early = mdd("wav = [1.0, 0.0, 0.0]");
    let wanted: Vec<f64> =
        plain.values.chunks(11).flat_map(|trace| [&trace[1..], &[0.0]].concat()).collect();
    near(&early, &wanted, 1e-6);
}

#[test]
fn row_14_mdd_keeps_the_frequencies_that_are_asked_for() {
    let plain = mdd("");
    // There are six; more are as many.
    assert_eq!(mdd("nfmax = 6"), plain);
    assert_eq!(mdd("nfmax = 1000"), plain);
    assert!(mdd("nfmax = 3").distance(&plain) > 0.1);
}

#[test]
fn row_16_a_window_that_would_end_before_time_zero_is_empty() {
    let problem = r#"
[arrays]
w = { window = { trav = [0.45, 0.2, 9.0], toff = 0.25, dt = 0.1, nt = 5, nsmooth = 0 } }
[operators]
W = { type = "Diagonal", diag = "w" }
"#;
    let found = apply(problem, "W", &reals(&[9, 3], &[1.0; 27]), "float64");
    let ones = |trace: usize| found.values.iter().skip(trace).step_by(3).sum::<f64>();
    // Python's negative index would leave all but a few samples open.
    assert_eq!(ones(1), 0.0, "{:?}", found.values);
    assert!((1.0..5.0).contains(&ones(0)), "{:?}", found.values);
    assert_eq!(ones(2), 9.0, "one that would end after the last sample is open");
}

#[test]
fn row_17_every_point_has_distances_of_its_own() {
    let problem = |trav: &str, dist: &str, slice: &str| {
        format!(
            "[arrays]\nwave = {{ directwave = {{ wav = [0.5, 1.0, 0.5], trav = {trav}, dist = {dist}, \
             nt = 16, dt = 0.1, nfft = 32, kind = \"3d\" }}{slice} }}\n\
             [operators]\nD = {{ type = \"Diagonal\", diag = \"wave\" }}\n"
        )
    };
    let both = problem(
        "[[0.4, 0.7], [0.5, 0.6]]",
        "[[10.0, 300.0], [20.0, 400.0]]",
        ", slice = \":, :, 1\"",
    );
    let one = problem("[0.7, 0.6]", "[300.0, 400.0]", "");
    let x = reals(&[16, 2], &[1.0; 32]);
    let found = apply(&one, "D", &x, "float64");
    assert!(found.values.iter().any(|v| *v != 0.0));
    near(&apply(&both, "D", &x, "float64"), &found.values, 1e-14);
}

#[test]
fn row_18_the_grid_of_an_eikonal_traveltime_may_begin_anywhere() {
    let problem = |x0: f64, z0: f64, source: f64| {
        format!(
            r#"
[arrays]
x = {{ arange = {{ start = {x0:?}, stop = {x1:?}, step = 10.0 }} }}
z = {{ arange = {{ start = {z0:?}, stop = {z1:?}, step = 5.0 }} }}
v = {{ full = {{ shape = [12, 9], value = 1000.0 }} }}
t = {{ traveltime = {{ from = [{sx:?}, {sz:?}], vel = "v", axes = ["x", "z"] }} }}
[operators]
D = {{ type = "Diagonal", diag = "t" }}
"#,
            x1 = x0 + 120.0,
            z1 = z0 + 45.0,
            sx = x0 + source,
            sz = z0 + 15.0
        )
    };
    let ones = reals(&[12, 9], &[1.0; 108]);
    let times = |x0, z0| apply(&problem(x0, z0, 40.0), "D", &ones, "float64");
    let at_origin = times(0.0, 0.0);
    near(&times(5000.0, -200.0), &at_origin.values, 1e-9);
    // The straight way to the corner, at 1000 m/s.
    let corner = (70.0f64.powi(2) + 25.0f64.powi(2)).sqrt() / 1000.0;
    assert!((at_origin.values[107] / corner - 1.0).abs() < 0.01, "{}", at_origin.values[107]);
    let folder = Folder::of(&problem(5000.0, -200.0, -400.0));
    folder.write("x.npy", &ones);
    let ran = folder.ran("apply problem.toml --input x.npy");
    assert!(ran.code != Some(0) && ran.stderr.contains("4600"), "{}", ran.stderr);
}

#[test]
fn row_15_more_frequencies_than_the_time_axis_has_are_refused_at_once() {
    let problem = r#"
[arrays]
G = { random = { shape = [6, 2, 3], seed = 1 }, dtype = "complex128" }
[operators]
R = { type = "MDC", G = "G", nt = 9, nv = 1 }
"#;
    let said = refused(problem);
    assert!(said.contains("6 frequencies, but 9 samples have 5"), "{said}");
    assert!(refused(&problem.replace("nv = 1", "nv = 1, nfmax = 5")).contains("`nfmax`"));
    adjoints_hold(&problem.replace("[6, 2, 3]", "[4, 2, 3]"));
    // MDD cuts its kernel itself.
    assert_eq!(mdd("nfmax = 2").dims, [3, 2, 11]);
}

const SPREAD: &str = r#"
[arrays]
table = { values = [[[4.0, 1.0], [-1.0, 0.0], [2.0, 9.0]]] }
[operators]
A = { type = "Spread", dims = [1, 3], dimsd = [2, 4], table = "table"KEYS }
"#;

#[test]
fn row_19_samples_beyond_a_trace_are_dropped() {
    // Index 4 of four samples, -1, 9: none of them wraps or stops the run.
    let problem = SPREAD.replace("KEYS", "");
    let x = reals(&[1, 3], &[10.0, 20.0, 30.0]);
    let y = apply(&problem, "A", &x, "float64");
    assert_eq!(y.values, [0.0, 0.0, 30.0, 0.0, 20.0, 10.0, 0.0, 0.0]);
    // With interpolation, the share of a neighbour beyond the trace is dropped, the other one stays.
    let fractions = ", dtable = [[[0.5, 0.25], [0.5, 0.5], [0.5, 0.5]]]";
    let problem = SPREAD.replace("KEYS", fractions).replace("4.0", "3.0");
    let y = apply(&problem, "A", &x, "float64");
    assert_eq!(y.values[..4], [10.0, 0.0, 15.0, 20.0]);
    adjoints_hold(&problem);
}

#[test]
fn row_20_spread_keeps_axes_of_length_1_and_imaginary_parts() {
    let problem = SPREAD.replace("KEYS", ", dtype = \"complex128\"");
    let x = Stored::new(&[1, 3], "complex128", &[0.0, 1.0, 0.0, 2.0, 3.0, -4.0]);
    let y = apply(&problem, "A", &x, "complex128");
    assert_eq!(y.dims, [2, 4]);
    assert_eq!(y.values[..8], [0.0, 0.0, 0.0, 0.0, 3.0, -4.0, 0.0, 0.0]);
    assert_eq!(apply(&problem, "A.H", &y, "complex128").dims, [1, 3]);
    adjoints_hold(&problem);
}

#[test]
fn row_21_axes_of_length_1_stay() {
    for (dims, nz) in
        [([1, 3, 4], 2), ([3, 1, 4], 2), ([3, 4, 1], 2), ([1, 1, 1], 1), ([2, 3, 4], 1)]
    {
        let [nsl, nx, ny] = dims;
        let problem = format!(
            "[arrays]\nG = {{ random = {{ shape = {dims:?}, seed = 2 }} }}\n\
             [operators]\nF = {{ type = \"Fredholm1\", G = \"G\", nz = {nz} }}\n"
        );
        adjoints_hold(&problem);
        let y = apply(&problem, "F", &zigzag(&[nsl, ny, nz]), "float64");
        assert_eq!(y.dims, [nsl, nx, nz]);
        assert_eq!(apply(&problem, "F.H", &y, "float64").dims, [nsl, ny, nz]);
    }
}

#[test]
fn row_22_an_input_of_the_wrong_length_is_refused() {
    let folder = Folder::of("[operators]\nD = { type = \"FirstDerivative\", dims = [4, 3] }\n");
    for n in [1, 4, 11, 13] {
        folder.write("x.npy", &zigzag(&[n]));
        let ran = folder.ran("apply problem.toml --operator D --input x.npy");
        ran.is(
            2,
            "",
            &format!("error: x.npy has dims ({n},), but the operator's model has (4, 3)"),
        );
    }
    let said = refused(
        "[arrays]\nd = { zeros = { shape = 11 } }\n[operators]\nD = { type = \"FirstDerivative\", dims = [4, 3] }\n\
         [solve]\noperator = \"D\"\ndata = \"d\"\n",
    );
    assert!(said.contains("(11,)") && said.contains("(4, 3)"), "{said}");
}

// G.2: crashes and rigidity.

/// The result is the same to the last bit whatever chunks are asked for.
#[track_caller]
fn any_chunks(arrays: &str, operator: &str, dims: &[usize], x: &Stored, chunks: &[&str]) {
    let problem = |chunks: &str| {
        let with = operator.replace("CHUNKS", chunks);
        format!("{arrays}\n[operators]\n{with}\n")
    };
    let plain = apply(&problem(""), "A", x, "float64");
    assert_eq!(plain.dims, dims);
    let back = apply(&problem(""), "A.H", &plain, "float64");
    for chunks in chunks {
        let with = problem(&format!(", chunks = {chunks}"));
        assert_eq!(apply(&with, "A", x, "float64"), plain, "{chunks}");
        assert_eq!(apply(&with, "A.H", &plain, "float64"), back, "{chunks}");
        adjoints_hold(&with);
    }
}

#[test]
fn row_23_stacks_fit_operators_of_other_chunks() {
    any_chunks(
        "",
        "D = { type = \"FirstDerivative\", dims = [6, 4], axis = 0CHUNKS }\n\
         S = { type = \"Smoothing1D\", nsmooth = 3, dims = [6, 4], axis = 1 }\n\
         A = \"BlockDiag([D, S]) @ VStack([S, D])\"",
        &[2, 6, 4],
        &zigzag(&[6, 4]),
        &["{ model = [6, 2], data = [2, 4] }", "{ model = [1, 3], data = [5, 1] }"],
    );
}

#[test]
fn row_24_fredholm1_has_chunks_of_its_own_for_model_and_data() {
    any_chunks(
        "[arrays]\nG = { random = { shape = [5, 3, 4], seed = 2 } }",
        "A = { type = \"Fredholm1\", G = \"G\", nz = 2CHUNKS }",
        &[5, 3, 2],
        &zigzag(&[5, 4, 2]),
        &["{ model = [2, 4, 1], data = [1, 2, 2] }", "{ model = [5, 1, 2], data = [3, 3, 1] }"],
    );
}

#[test]
fn row_25_a_kernel_is_held_once() {
    let problem = "[arrays]\nG = { random = { shape = [50, 30, 20], seed = 2 } }\n\
                   [operators]\nF = { type = \"Fredholm1\", G = \"G\" }\n";
    let plan = Folder::of(problem).ran("plan problem.toml --json").json();
    assert_eq!(plan["memory"]["constants"], 50 * 30 * 20 * 8, "{plan:#}");
    // The seed's and PyLops' `saveGt` would double it.
    let asked = Folder::of(&problem.replace("\"G\" }", "\"G\", saveGt = true }"));
    let ran = asked.ran("plan problem.toml --json");
    assert!(ran.stderr.contains("`saveGt` is ignored"), "{}", ran.stderr);
    assert_eq!(ran.json()["memory"]["constants"], 50 * 30 * 20 * 8);
}

#[test]
fn row_26_how_an_operator_runs_is_no_part_of_it() {
    for key in ["usedelayed", "compute", "todask"] {
        let problem = format!(
            "[operators]\nI = {{ type = \"Identity\", N = 3 }}\n\
             V = {{ type = \"VStack\", ops = [\"I\", \"I\"], {key} = true }}\n"
        );
        let ran = Folder::of(&problem).ran("check problem.toml");
        assert!(ran.stderr.contains(&format!("`{key}` is ignored")), "{}", ran.stderr);
        assert_eq!(ran.code, Some(0));
    }
}

#[test]
fn row_27_a_power_leaves_its_operand_alone() {
    let problem = r#"
[operators]
S = { type = "CausalIntegration", dims = 4 }
A = "S ** 3"
B = "S @ S @ S"
"#;
    let x = zigzag(&[4]);
    let once = apply(problem, "S", &x, "float64");
    assert_eq!(apply(problem, "A", &x, "float64"), apply(problem, "B", &x, "float64"));
    assert_eq!(apply(problem, "A - A + S", &x, "float64"), once);
    adjoints_hold(problem);
}

#[test]
fn row_28_algebra_shares_its_operands() {
    let problem = r#"
[arrays]
M = { random = { shape = [40, 40], seed = 1 } }
[operators]
A = { type = "MatrixMult", A = "M" }
B = "2 * A @ A + A - 3 * A.H @ (A + A)"
"#;
    let folder = Folder::of(problem);
    let constants = |operator: &str| {
        folder.ran(&format!("plan problem.toml --operator {operator} --json")).json()["memory"]["constants"]
            .clone()
    };
    assert_eq!(constants("A"), 40 * 40 * 8);
    assert_eq!(constants("B"), 40 * 40 * 8);
}

#[test]
fn row_29_composites_are_solved() {
    // `auto` is the seed's `/`; it does not take a composite for a matrix.
    let problem = r#"
[arrays]
M = { values = [[2.0, 1.0], [0.0, 3.0]] }
d = { values = [9.0, 9.0] }
[operators]
A = { type = "MatrixMult", A = "M" }
B = "A @ A"
[solve]
operator = "OPERATOR"
data = "d"
SOLVER
[outputs]
model = "m.npy"
"#;
    for (operator, solver, wanted) in [
        ("A", "", [3.0, 3.0]),
        ("B", "", [1.0, 1.0]),
        ("B", "solver = \"direct\"", [1.0, 1.0]),
        ("A.H @ A", "", [1.25, 0.75]),
    ] {
        let text = problem.replace("OPERATOR", operator).replace("SOLVER", solver);
        let folder = Folder::of(&text);
        folder.run(&["solve", "problem.toml"]).unwrap();
        let found = folder.read("m.npy", "float64").unwrap();
        let wanted = if operator == "A.H @ A" { solved_normal() } else { wanted.to_vec() };
        near(&found, &wanted, 1e-6);
    }
}

/// `[[4, 2], [2, 10]] m = [9, 9]`
fn solved_normal() -> Vec<f64> {
    vec![(9.0 * 10.0 - 2.0 * 9.0) / 36.0, (4.0 * 9.0 - 2.0 * 9.0) / 36.0]
}

#[test]
fn row_30_sums_take_operators_that_are_chunked_differently() {
    any_chunks(
        "",
        "D = { type = \"FirstDerivative\", dims = [6, 5], axis = 0CHUNKS }\n\
         S = { type = \"SecondDerivative\", dims = [6, 5], axis = 1, chunks = { model = [2, 5], data = [6, 1] } }\n\
         A = \"D + 2 * S\"",
        &[6, 5],
        &zigzag(&[6, 5]),
        &["{ model = [3, 2], data = [1, 5] }"],
    );
}

#[test]
fn row_31_a_dot_test_needs_no_chunks() {
    let folder = Folder::of("[operators]\nD = { type = \"Laplacian\", dims = [7, 5] }\n");
    let ran = folder.ran("dottest problem.toml");
    assert!(ran.text().starts_with("D  ok "), "{}", ran.text());
}

const TWO_SIDED: &str = r#"
[arrays]
G = { random = { shape = [5, 3, 2], seed = 6 }, dtype = "complex64" }
data = { random = { shape = [9, 3, 2], seed = 8 }, dtype = "float32" }
[operators]
R = { type = "MDC", G = "G", nt = 9, nv = 2, dt = 0.5CHUNKS }
"#;

#[test]
fn row_32_a_two_sided_mdc_runs_in_a_solver_and_may_be_cut_in_time() {
    let problem = format!(
        "{TWO_SIDED}\n[solve]\noperator = \"R\"\ndata = \"data\"\nsolver = \"cgls\"\nniter = 20\ntol = 0.0\n\
         [outputs]\nmodel = \"found.npy\"\n"
    );
    let found = |chunks: &str| {
        let folder = Folder::of(&problem.replace("CHUNKS", chunks));
        folder.run(&["solve", "problem.toml"]).unwrap();
        folder.read("found.npy", "float32").unwrap()
    };
    let plain = found("");
    assert!(plain.values.iter().any(|v| *v != 0.0));
    let cut = found(", chunks = { model = [2, 2, 2], data = [4, 1, 1] }");
    assert!(cut.distance(&plain) < 1e-5, "{}", cut.distance(&plain));
}

#[test]
fn row_33_single_precision_stays_single() {
    let folder = Folder::of(&TWO_SIDED.replace("CHUNKS", ""));
    folder.write("x.npy", &zigzag(&[9, 2, 2]).single());
    folder.run(&["apply", "problem.toml", "--input", "x.npy", "--output", "y.npy"]).unwrap();
    // Reading fails if the file holds anything else.
    assert_eq!(folder.read("y.npy", "float32").unwrap().dims, [9, 3, 2]);
    // MDD's zeros at negative times are of the data's type too.
    assert_eq!(mdd("add_negative = true").dtype, "float32");
}

#[test]
fn row_34_mdd_has_any_solver_point_spread_functions_and_a_causal_preconditioner() {
    let outputs = "madj = \"madj.npy\"\npsfinv = \"psfinv.npy\"\npsfadj = \"psfadj.npy\"";
    for solver in ["\"cgls\"", "\"cgls\"\ndamp = 0.1"] {
        let text = MDD
            .replace("KEYS", "causality_precond = true\nsmooth_precond = 0")
            .replace("\"cgls\"", solver)
            .replace("OUTPUTS", outputs);
        let folder = Folder::of(&text);
        folder.run(&["solve", "problem.toml"]).unwrap();
        let minv = folder.read("minv.npy", "float32").unwrap();
        // Time zero is sample 5 of 11: nothing is before it.
        assert!(minv.values.chunks(11).all(|trace| trace[..5].iter().all(|v| *v == 0.0)));
        assert!(minv.values.iter().any(|v| *v != 0.0));
        for name in ["psfinv.npy", "psfadj.npy"] {
            assert_eq!(folder.read(name, "float32").unwrap().dims, [3, 3, 11], "{name}");
        }
        assert_eq!(folder.read("madj.npy", "float32").unwrap().dims, [3, 2, 11]);
    }
}

const LSM: &str = r#"
[arrays]
z = { linspace = { start = 0.0, stop = 40.0, num = 5 } }
x = { linspace = { start = 0.0, stop = 50.0, num = 6 } }
t = { arange = { stop = 0.2, step = 0.01 } }
srcs = { values = [[10.0, 40.0], [0.0, 0.0]] }
d = { random = { shape = [2, 3, 20], seed = 1 } }
[application]
type = "LSM"
d = "d"
z = "z"
x = "x"
t = "t"
srcs = "srcs"
recs = [[0.0, 25.0, 50.0], [0.0, 5.0, 0.0]]
vel = 1000.0
wav = [-0.5, 1.0, -0.5]
wavcenter = 1
mode = "analytic"
KEYS
[solve]
solver = "cgls"
niter = 5
[outputs]
minv = "minv.npy"
madj = "madj.npy"
"#;

#[test]
fn row_35_migration_runs_on_any_number_of_threads_and_processes() {
    let folder = Folder::of(&LSM.replace("KEYS", ""));
    let mut found = Vec::new();
    for options in ["--threads 1", "--threads 3", "--threads 1 --ranks 2", ""] {
        let ran = folder.ran(&format!("solve problem.toml {options}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        found.push([folder.bytes("minv.npy"), folder.bytes("madj.npy")]);
    }
    assert!(found.iter().all(|f| *f == found[0]));
    let said = refused(&LSM.replace("KEYS", "nprocesses = 2"));
    assert!(said.contains("`nprocesses`"), "{said}");
}

#[test]
fn row_36_geometry_may_stand_in_the_file() {
    let folder = Folder::of(&LSM.replace("KEYS", ""));
    folder.run(&["solve", "problem.toml"]).unwrap();
    let named = folder.bytes("minv.npy");
    let inline =
        LSM.replace("KEYS", "").replace("srcs = \"srcs\"", "srcs = [[10.0, 40.0], [0.0, 0.0]]");
    folder.put("problem.toml", inline.as_bytes());
    folder.run(&["solve", "problem.toml"]).unwrap();
    assert_eq!(folder.bytes("minv.npy"), named);
}

#[test]
fn row_37_geometry_in_three_dimensions() {
    let text = LSM
        .replace("KEYS", "y = [0.0, 10.0, 20.0]")
        .replace("[[10.0, 40.0], [0.0, 0.0]]", "[[0.0, 20.0], [10.0, 40.0], [0.0, 0.0]]")
        .replace("[[0.0, 25.0, 50.0],", "[[10.0, 10.0, 0.0], [0.0, 25.0, 50.0],");
    let folder = Folder::of(&text);
    folder.run(&["solve", "problem.toml"]).unwrap();
    let found = folder.read("minv.npy", "float64").unwrap();
    assert_eq!(found.dims, [3, 6, 5]);
    assert!(found.values.iter().any(|v| *v != 0.0));
}

#[test]
fn row_38_an_engine_is_ignored_with_the_reason() {
    for engine in ["numba", "dask"] {
        let text = LSM.replace("KEYS", &format!("engine = \"{engine}\""));
        let ran = Folder::of(&text).ran("check problem.toml");
        assert!(ran.stderr.contains("`engine` is ignored"), "{}", ran.stderr);
        assert_eq!(ran.code, Some(0));
    }
}

#[test]
fn row_39_samples_may_be_taken_in_any_order_and_again() {
    let problem = r#"
[operators]
R = { type = "Restriction", dims = 5, iava = [3, 0, 3, -1] }
"#;
    let x = reals(&[5], &[1.0, 2.0, 4.0, 8.0, 16.0]);
    assert_eq!(apply(problem, "R", &x, "float64").values, [8.0, 1.0, 8.0, 16.0]);
    let y = reals(&[4], &[1.0, 2.0, 4.0, 8.0]);
    assert_eq!(apply(problem, "R.H", &y, "float64").values, [2.0, 0.0, 0.0, 5.0, 8.0]);
    adjoints_hold(problem);
}

#[test]
fn row_40_spread_needs_no_fractions() {
    adjoints_hold(&SPREAD.replace("KEYS", ""));
    let said = refused(&SPREAD.replace("KEYS", ", interp = true"));
    assert!(said.contains("dtable"), "{said}");
}

#[test]
fn row_41_spread_takes_any_chunks_of_model_and_data() {
    any_chunks(
        "[arrays]\ntable = { values = [[[3.0, 1.0], [2.0, 0.0], [2.0, 9.0]], [[0.0, 1.0], [1.0, 1.0], [2.0, 3.0]]] }",
        "A = { type = \"Spread\", dims = [2, 3], dimsd = [2, 4], table = \"table\"CHUNKS }",
        &[2, 4],
        &zigzag(&[2, 3]),
        &["{ model = [1, 2], data = [1, 4] }", "{ model = [2, 1], data = [2, 3] }"],
    );
}

#[test]
fn row_42_chunks_may_be_shorter_than_the_filter() {
    any_chunks(
        "[arrays]\nh = { values = [1.0, -2.0, 0.5, 3.0, 0.25, -1.0, 2.0] }",
        "A = { type = \"Convolve1D\", dims = [9, 4], h = \"h\", offset = 3, axis = 0CHUNKS }",
        &[9, 4],
        &zigzag(&[9, 4]),
        &["{ model = [1, 4], data = [2, 1] }", "{ model = [3, 2], data = [1, 1] }"],
    );
    any_chunks(
        "[arrays]\nh = { values = [1.0, -2.0, 0.5] }",
        "A = { type = \"Convolve1D\", dims = 11, h = \"h\", offset = 1CHUNKS }",
        &[11],
        &zigzag(&[11]),
        &["{ model = [1], data = [1] }", "{ model = [4], data = [2] }"],
    );
}

#[test]
fn row_43_a_transform_may_be_cut_along_its_axis_scaled_and_shifted_on_both_sides() {
    any_chunks(
        "",
        "F = { type = \"FFT\", dims = [8, 6], axis = 0, real = true, norm = \"none\", dtype = \"float64\"CHUNKS }\n\
         G = { type = \"FFT\", dims = [8, 6], axis = 0, real = true }\n\
         A = \"G.H @ F\"",
        &[8, 6],
        &zigzag(&[8, 6]),
        &["{ model = [3, 6], data = [2, 2] }"],
    );
    let problem = r#"
dtype = "complex128"
[operators]
A = { type = "FFT", dims = 5, norm = "1/n", ifftshift_before = true, fftshift_after = true }
B = { type = "FFT", dims = [3, 5] }
C = { type = "FFT", dims = [3, 5], axis = 1 }
"#;
    adjoints_hold(problem);
    // A spike in the middle is at time zero: 1/5 at each frequency.
    let spike = reals(&[5], &[0.0, 0.0, 1.0, 0.0, 0.0]);
    near(&apply(problem, "A", &spike, "complex128"), &[0.2, 0.0].repeat(5), 1e-15);
    // The default axis is the last, as everywhere.
    let x = zigzag(&[3, 5]);
    assert_eq!(apply(problem, "B", &x, "complex128"), apply(problem, "C", &x, "complex128"));
}

#[test]
fn row_44_an_even_mean_is_one_sample_longer_and_centred() {
    let problem = r#"
[operators]
even = { type = "Smoothing1D", nsmooth = 4, dims = 9 }
odd = { type = "Smoothing1D", nsmooth = 5, dims = 9 }
"#;
    let spike = reals(&[9], &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let wanted = [0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.0];
    near(&apply(problem, "even", &spike, "float64"), &wanted, 1e-15);
    assert_eq!(apply(problem, "even", &spike, "float64"), apply(problem, "odd", &spike, "float64"));
    adjoints_hold(problem);
}

#[test]
fn row_48_the_scaling_of_the_reflection_response_by_frequency_is_stated_and_true() {
    let problem = r#"
[params]
scale = 0.2773500981126146      # 1 / sqrt(2 * 7 - 1)
[arrays]
time = { random = { shape = [3, 3, 7], seed = 3 } }
frequency = { apply = { operator = "scale * F @ P", to = "time" } }
trav = { values = [0.3, 0.35, 0.4] }
G0 = { random = { shape = [3, 7], seed = 4 } }
[operators]
P = { type = "Pad", dims = [3, 3, 7], pad = [[0, 0], [0, 0], [6, 0]] }
F = { type = "FFT", dims = [3, 3, 13], real = true, norm = "none", unweighted = true }
[application]
type = "Marchenko"
R = "RESPONSE"
nt = 7
dt = 0.1
toff = 0.05
nsmooth = 1
trav = "trav"
G0 = "G0"
[solve]
solver = "cgls"
niter = 5
[outputs]
g_inv_minus = "minus.npy"
g_inv_plus = "plus.npy"
"#;
    let greens = |response: &str| {
        let folder = Folder::of(&problem.replace("RESPONSE", response));
        folder.run(&["solve", "problem.toml"]).unwrap();
        ["minus.npy", "plus.npy"].map(|name| folder.read(name, "float64").unwrap())
    };
    let (time, frequency) = (greens("time"), greens("frequency"));
    for (a, b) in time.iter().zip(&frequency) {
        assert_eq!(a.dims, [3, 13]);
        near(b, &a.values, 1e-10);
    }
}

#[test]
fn row_49_more_iterations_take_no_more_memory_and_give_the_same_beginning() {
    let problem = |niter: usize| {
        format!(
            "[operators]\nS = {{ type = \"CausalIntegration\", dims = [30, 20], axis = 0 }}\n\
             [arrays]\nd = {{ random = {{ shape = [30, 20], seed = 1 }} }}\n\
             [solve]\noperator = \"S\"\ndata = \"d\"\nsolver = \"cgls\"\nniter = {niter}\ntol = 0.0\n"
        )
    };
    let planned = |niter| {
        Folder::of(&problem(niter)).ran("plan problem.toml --json").json()["memory"]["total"]
            .clone()
    };
    assert_eq!(planned(3), planned(3000));
    let cost = |niter| solve(&problem(niter))["solver"]["cost"].as_array().unwrap().clone();
    assert_eq!(cost(3)[..], cost(12)[..4]);
}

#[test]
fn row_50_what_the_seed_lacks_is_there() {
    // Transposes, conjugates, real parts; dense matrices come from the identity's columns.
    let problem = r#"
dtype = "complex128"
[arrays]
M = { values = [["1+1j", "2-1j"], [0.5, "3j"]] }
y = { values = ["1+1j", 2.0] }
[operators]
A = { type = "MatrixMult", A = "M" }
T = "A.T"
C = "A.conj()"
H = "A.T.conj() - A.H"
X = "Real(A)"
Y = "Imag(A)"
[solve]
operator = "A"
data = "y"
solver = "cgls"
niter = 50
[[solve.regularization]]
operator = "A.H @ A"
epsilon = 0.1
[outputs]
model = "m.npy"
history = "history.csv"
"#;
    let x = Stored::new(&[2], "complex128", &[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(apply(problem, "T", &x, "complex128").values, [1.0, 1.0, 2.0, -1.0]);
    assert_eq!(apply(problem, "C", &x, "complex128").values, [1.0, -1.0, 0.5, 0.0]);
    assert_eq!(apply(problem, "H", &x, "complex128").values, [0.0; 4]);
    let x = reals(&[2], &[1.0, 0.0]);
    assert_eq!(apply(problem, "X", &x, "float64").values, [1.0, 0.5]);
    assert_eq!(apply(problem, "Y", &x, "float64").values, [1.0, 0.0]);
    adjoints_hold(problem);
    let folder = Folder::of(problem);
    folder.run(&["solve", "problem.toml"]).unwrap();
    let history = String::from_utf8(folder.bytes("history.csv")).unwrap();
    assert!(history.lines().count() > 2, "{history}");
    let graph = folder.ran("graph problem.toml --operator A --format dot");
    assert!(graph.text().starts_with("digraph"), "{}", graph.text());
}
